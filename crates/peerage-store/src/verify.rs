//! What a check of a store finds, and the parts of it that no engine needs to know.

use std::collections::VecDeque;

use peerage_registry::event::{self, Seal};
use peerage_registry::{Hash, Head, Row, stored};
use peerage_schema::Resource;

use crate::chain::Stored;

/// Findings that are listed; what comes after them is left to the next check.
pub const FINDINGS_MAX: usize = 10_000;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Events are missing between two.
    Gap { after: u64, found: u64 },
    /// A column of an event holds what is no value of it.
    Unreadable { sequence: u64, column: &'static str },
    /// Who acted, or the rows, are not those that were appended.
    Digest { sequence: u64, of: &'static str },
    /// The payload is neither whole nor erased as a whole, so that its digests cannot be checked.
    HalfErased { sequence: u64 },
    /// The event is not the one that was appended after the one before it.
    Hash { sequence: u64 },
    /// The log ends elsewhere than its head says.
    End { head: u64, log: u64 },
    /// The head names the last event, with another hash.
    HeadHash { head: u64 },
    /// The log's last word on a row is that it is there.
    RowMissing { resource: Resource, id: u32 },
    /// The log does not know the row, or has erased it.
    RowExtra { resource: Resource, id: u32 },
    /// A column differs from the log's last word on the row.
    Cell { resource: Resource, id: u32, field: &'static str },
    /// What the engine itself complains about.
    Engine(String),
    /// There is more; the list ends here.
    More,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Gap { after, found } => write!(f, "log: event {after} is followed by event {found}"),
            Finding::Unreadable { sequence, column } => {
                write!(f, "log: event {sequence}: the column {column} holds what is no value of it")
            }
            Finding::Digest { sequence, of } => write!(f, "log: event {sequence}: {of} was changed"),
            Finding::HalfErased { sequence } => write!(f, "log: event {sequence} is erased only in part"),
            Finding::Hash { sequence } => {
                write!(f, "log: event {sequence} or its place in the log was changed: its hash is another")
            }
            Finding::End { head, log } => write!(f, "log: ends with event {log}, and its head says {head}"),
            Finding::HeadHash { head } => write!(f, "log: its head has another hash than event {head}"),
            Finding::RowMissing { resource, id } => write!(f, "{} {id} is missing from its table", resource.tag()),
            Finding::RowExtra { resource, id } => {
                write!(f, "{} {id} is in its table, and the log has no such row", resource.tag())
            }
            Finding::Cell { resource, id, field } => {
                write!(f, "{} {id}: {field} differs from what the log says", resource.tag())
            }
            Finding::Engine(text) => write!(f, "database: {text}"),
            Finding::More => f.write_str("… and more"),
        }
    }
}

/// A list of findings that does not grow without end.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    pub fn push(&mut self, finding: Finding) {
        match self.list.len().cmp(&FINDINGS_MAX) {
            std::cmp::Ordering::Less => self.list.push(finding),
            std::cmp::Ordering::Equal => self.list.push(Finding::More),
            std::cmp::Ordering::Greater => {}
        }
    }

    pub fn into_list(self) -> Vec<Finding> {
        self.list
    }
}

/// Walks along the chain, event by event.
#[derive(Debug)]
pub(crate) struct Walk {
    last: Head,
    findings: Findings,
}

impl Walk {
    pub fn new() -> Walk {
        Walk { last: Head::EMPTY, findings: Findings::default() }
    }

    /// Looks at the next event. The walk goes on from what the event says of itself, so that one change is not told
    /// again of all that follow.
    pub fn look(&mut self, stored: &Stored) {
        let sequence = stored.sequence as u64;
        if sequence != self.last.sequence + 1 {
            self.findings.push(Finding::Gap { after: self.last.sequence, found: sequence });
        }
        let findings = &mut self.findings;
        let mut unreadable = |column| findings.push(Finding::Unreadable { sequence, column });
        let mut digest = |bytes: &[u8], column| -> Hash {
            bytes.try_into().unwrap_or_else(|_| {
                unreadable(column);
                Hash::default()
            })
        };
        let actor_digest = digest(&stored.actor_digest, "actor_digest");
        let rows_digest = digest(&stored.rows_digest, "rows_digest");
        let hash = digest(&stored.hash, "hash");
        if stored.at.is_none() {
            unreadable("at");
        }
        if u32::try_from(stored.object).is_err() {
            unreadable("object");
        }
        if stored.salt.as_ref().is_some_and(|salt| salt.len() != 16) {
            unreadable("salt");
        }
        self.look_at_payload(stored, actor_digest, rows_digest);
        let seal = Seal {
            sequence,
            at: stored.at.unwrap_or_default(),
            action: &stored.action,
            resource: &stored.resource,
            id: stored.object as u32,
            actor_digest,
            rows_digest,
        };
        if seal.hash(&self.last.hash) != hash {
            self.findings.push(Finding::Hash { sequence });
        }
        self.last = Head { sequence, hash };
    }

    fn look_at_payload(&mut self, stored: &Stored, actor_digest: Hash, rows_digest: Hash) {
        let sequence = stored.sequence as u64;
        let (before, after) = (stored.before.as_deref(), stored.after.as_deref());
        let Some(salt) = &stored.salt else {
            if stored.actor.is_some() || before.is_some() || after.is_some() {
                self.findings.push(Finding::HalfErased { sequence });
            }
            return;
        };
        let Ok(salt) = salt.as_slice().try_into() else { return };
        if event::actor_digest(salt, stored.actor.as_deref().unwrap_or_default()) != actor_digest {
            self.findings.push(Finding::Digest { sequence, of: "who acted" });
        }
        if event::rows_digest(salt, before, after) != rows_digest {
            self.findings.push(Finding::Digest { sequence, of: "a row" });
        }
    }

    /// Compares the end of the walk with the head, and gives what was found.
    pub fn end(mut self, head: Head) -> Vec<Finding> {
        if head.sequence != self.last.sequence {
            self.findings.push(Finding::End { head: head.sequence, log: self.last.sequence });
        } else if head.hash != self.last.hash {
            self.findings.push(Finding::HeadHash { head: head.sequence });
        }
        self.findings.into_list()
    }
}

/// The log's last word on a row.
#[derive(Debug)]
pub(crate) struct LastWord {
    pub id: u32,
    pub sequence: u64,
    pub state: State,
}

#[derive(Debug)]
pub(crate) enum State {
    /// The row as JSON text.
    There(String),
    Gone,
    /// It is there, and its values were erased from the log.
    Unknown,
}

impl State {
    /// Reads the columns of an event.
    pub fn of(action: &str, is_erased: bool, after: Option<String>) -> State {
        match after {
            Some(after) => State::There(after),
            None if is_erased && action != event::Action::Erase.name() => State::Unknown,
            None => State::Gone,
        }
    }
}

/// Compares the log's last words on the rows of one resource with its table. Both come ascending by id, in pieces;
/// memory is bounded by the pieces.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    resource: Resource,
    pub words: VecDeque<LastWord>,
    pub rows: VecDeque<Row>,
    findings: &'a mut Findings,
}

impl<'a> Comparison<'a> {
    pub fn new(resource: Resource, findings: &'a mut Findings) -> Comparison<'a> {
        Comparison { resource, words: VecDeque::new(), rows: VecDeque::new(), findings }
    }

    /// Compares what both sides have in hand. A side that is done has nothing more than it has in hand.
    pub fn advance(&mut self, words_done: bool, rows_done: bool) {
        loop {
            let order = match (self.words.front(), self.rows.front()) {
                (Some(word), Some(row)) => word.id.cmp(&row.id()),
                (Some(_), None) if rows_done => std::cmp::Ordering::Less,
                (None, Some(_)) if words_done => std::cmp::Ordering::Greater,
                _ => return,
            };
            let word = order.is_le().then(|| self.words.pop_front()).flatten();
            let row = order.is_ge().then(|| self.rows.pop_front()).flatten();
            self.compare(word, row);
        }
    }

    fn compare(&mut self, word: Option<LastWord>, row: Option<Row>) {
        let resource = self.resource;
        match (word, row) {
            (None | Some(LastWord { state: State::Gone, .. }), Some(row)) => {
                self.findings.push(Finding::RowExtra { resource, id: row.id() });
            }
            (Some(LastWord { id, state: State::There(_) | State::Unknown, .. }), None) => {
                self.findings.push(Finding::RowMissing { resource, id });
            }
            (Some(LastWord { id, sequence, state: State::There(text) }), Some(row)) => {
                let Ok(known) = stored::from_json(resource, &text) else {
                    self.findings.push(Finding::Unreadable { sequence, column: "after" });
                    return;
                };
                for (position, field) in resource.table().stored() {
                    let storage = field.kind.storage();
                    if known.value(position, storage) != row.value(position, storage) {
                        self.findings.push(Finding::Cell { resource, id, field: field.name });
                    }
                }
            }
            (Some(LastWord { state: State::Unknown, .. }), Some(_)) | (Some(_) | None, None) => {}
        }
    }
}
