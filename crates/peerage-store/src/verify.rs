//! Findings of a store check, and the parts of the check that both engines share.

use std::collections::VecDeque;

use peerage_registry::event::{self, EventDigests, EventSalt};
use peerage_registry::ids::OrgId;
use peerage_registry::{Action, ErasedEvents, EventHash, EventSubject, LogHead, Record, SequenceSet, stored};

use crate::actor::ActorReader;
use crate::chain::StoredEvent;
use crate::erase;
use crate::loaded::LoadedItem;
use crate::sql::SqlConnection;
use crate::{Store, StoreEngine, StoreError, log, salt};

/// Maximum number of findings in a report. The rest is left to the next check.
pub const FINDINGS_MAX: usize = 10_000;

/// An inconsistency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFinding {
    /// Events are missing after `after`.
    Gap { after: u64, found: u64 },
    /// A column of an event has an invalid value.
    Unreadable { sequence: u64, column: &'static str },
    /// The actor or the rows do not match their digest.
    Digest { sequence: u64, of: &'static str },
    /// A column that repeats a part of the actor contradicts it.
    Actor { sequence: u64, column: &'static str },
    /// The actor or the rows are only partly erased, so their digest cannot be checked.
    HalfErased { sequence: u64 },
    /// The actor or the rows of these events are missing, and no event records their erasure.
    Unexplained { first: u64, last: u64, of: &'static str },
    /// An event records an erasure of these events' payload, but the payload is still there.
    NotErased { first: u64, last: u64, of: &'static str },
    /// The event's hash does not follow from the event before it.
    Hash { sequence: u64 },
    /// The last event is not the one that the head names.
    End { head: u64, log: u64 },
    /// The head names the last event with a wrong hash.
    HeadHash { head: u64 },
    /// The row or record is missing, though the log says it exists.
    RowMissing { subject: EventSubject, id: u32 },
    /// The row or record exists, though the log does not have it or has deleted it.
    RowExtra { subject: EventSubject, id: u32 },
    /// A column differs from the last value in the log.
    Cell { subject: EventSubject, id: u32, field: &'static str },
    /// The table has records of a kind that this program does not know.
    Kind { kind: String },
    /// A problem reported by the database engine.
    Engine(String),
    /// A row violates a constraint of its table.
    Constraint(String),
    /// There are more findings than listed.
    More,
}

impl std::fmt::Display for LogFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LogFinding::Gap { after, found } => write!(f, "log: event {after} is followed by event {found}"),
            LogFinding::Unreadable { sequence, column } => {
                write!(f, "log: event {sequence}: the column {column} holds what is no value of it")
            }
            LogFinding::Digest { sequence, of } => write!(f, "log: event {sequence}: {of} was changed"),
            LogFinding::Actor { sequence, column } => {
                write!(f, "log: event {sequence}: the column {column} differs from who acted")
            }
            LogFinding::HalfErased { sequence } => write!(f, "log: event {sequence} is erased only in part"),
            LogFinding::Unexplained { first, last, of } => {
                write!(f, "log: {}: {of} is missing, and no erasure explains it", events(*first, *last))
            }
            LogFinding::NotErased { first, last, of } => {
                write!(f, "log: {}: {of} was erased according to the log, and is still there", events(*first, *last))
            }
            LogFinding::Hash { sequence } => {
                write!(f, "log: event {sequence} or its place in the log was changed: its hash is another")
            }
            LogFinding::End { head, log } => write!(f, "log: ends with event {log}, and its head says {head}"),
            LogFinding::HeadHash { head } => write!(f, "log: its head has another hash than event {head}"),
            LogFinding::RowMissing { subject, id } => write!(f, "{} {id} is missing from its table", subject.name()),
            LogFinding::RowExtra { subject, id } => {
                write!(f, "{} {id} is in its table, and the log has no such row", subject.name())
            }
            LogFinding::Cell { subject, id, field } => {
                write!(f, "{} {id}: {field} differs from what the log says", subject.name())
            }
            LogFinding::Kind { kind } => write!(f, "there are records of a kind that is not known: {kind:?}"),
            LogFinding::Engine(text) | LogFinding::Constraint(text) => write!(f, "database: {text}"),
            LogFinding::More => f.write_str("… and more"),
        }
    }
}

fn events(first: u64, last: u64) -> String {
    if first == last { format!("event {first}") } else { format!("events {first} to {last}") }
}

impl Store {
    /// Checks an SQLite file as a start does: every page and index, each row and record against the log, and the log.
    /// Database servers check their pages themselves, so nothing is checked there.
    ///
    /// # Errors
    /// [`StoreError::Broken`] and others if the file is too damaged to be checked.
    pub async fn check_file(&self) -> Result<Vec<LogFinding>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.check_file().await,
            StoreEngine::Postgres(_) => Ok(Vec::new()),
        }
    }
}

/// A bounded list of findings.
#[derive(Debug, Default)]
pub(crate) struct FindingList {
    list: Vec<LogFinding>,
}

impl FindingList {
    pub fn push(&mut self, finding: LogFinding) {
        match self.list.len().cmp(&FINDINGS_MAX) {
            std::cmp::Ordering::Less => self.list.push(finding),
            std::cmp::Ordering::Equal => self.list.push(LogFinding::More),
            std::cmp::Ordering::Greater => {}
        }
    }

    pub fn into_list(self) -> Vec<LogFinding> {
        self.list
    }
}

/// Checks the chain, event by event.
#[derive(Debug)]
pub(crate) struct ChainWalk {
    last: LogHead,
    actors: ActorReader,
    /// Events whose payload is missing.
    missing: ErasedEvents,
    /// Events whose payload was erased, according to valid events.
    explained: ErasedEvents,
    findings: FindingList,
}

impl ChainWalk {
    pub fn new() -> ChainWalk {
        ChainWalk::after(LogHead::EMPTY)
    }

    /// Checks the events after a position.
    pub fn after(last: LogHead) -> ChainWalk {
        ChainWalk {
            last,
            actors: ActorReader::default(),
            missing: ErasedEvents::default(),
            explained: ErasedEvents::default(),
            findings: FindingList::default(),
        }
    }

    /// Checks the next event. Continues from the hash that the event itself states, so that one changed event is not
    /// reported again for all events after it.
    pub fn check(&mut self, stored: &StoredEvent) {
        let sequence = stored.sequence as u64;
        if sequence != self.last.sequence + 1 {
            self.findings.push(LogFinding::Gap { after: self.last.sequence, found: sequence });
        }
        let findings = &mut self.findings;
        let mut unreadable = |column| findings.push(LogFinding::Unreadable { sequence, column });
        let mut digest = |bytes: &[u8], column| -> EventHash {
            bytes.try_into().unwrap_or_else(|_| {
                unreadable(column);
                EventHash::default()
            })
        };
        let actor_digest = digest(&stored.actor_digest, "actor_digest");
        let rows_digest = digest(&stored.rows_digest, "rows_digest");
        let hash = digest(&stored.hash, "hash");
        if stored.at.is_none() {
            unreadable("at");
        }
        // The hash covers these as words in one line. They are unambiguous only if the names are known ones.
        if Action::from_name(&stored.action).is_none() {
            unreadable("action");
        }
        if EventSubject::from_name(&stored.resource).is_none() {
            unreadable("resource");
        }
        if u32::try_from(stored.object).is_err() {
            unreadable("object");
        }
        if stored.org.is_some_and(|org| u32::try_from(org).is_err()) {
            unreadable("org");
        }
        // The digests treat an empty text as nothing, and the log never contains one.
        for (text, column) in [(&stored.actor, "actor"), (&stored.before, "before"), (&stored.after, "after")] {
            if text.as_deref() == Some("") {
                unreadable(column);
            }
        }
        match salt::read(stored.salt.as_deref()) {
            Some(salt) => {
                self.look_at_actor(stored, &salt, actor_digest);
                self.look_at_rows(stored, &salt, rows_digest);
            }
            None => unreadable("salt"),
        }
        let seal = EventDigests {
            sequence,
            at: stored.at.unwrap_or_default(),
            action: &stored.action,
            subject: &stored.resource,
            id: stored.object as u32,
            org: stored.org.map(|org| OrgId::new(org as u32)),
            actor_digest,
            rows_digest,
        };
        if seal.hash(&self.last.hash) != hash {
            self.findings.push(LogFinding::Hash { sequence });
        }
        self.last = LogHead { sequence, hash };
    }

    fn look_at_actor(&mut self, stored: &StoredEvent, salt: &EventSalt, digest: EventHash) {
        let sequence = stored.sequence as u64;
        if salt::is_actor_erased(salt) {
            self.missing.actors.insert(sequence);
            if stored.actor.is_some() || stored.person.is_some() || stored.key.is_some() {
                self.findings.push(LogFinding::HalfErased { sequence });
            }
            return;
        }
        let Some(actor) = &stored.actor else {
            self.findings.push(LogFinding::HalfErased { sequence });
            return;
        };
        if event::actor_digest(salt, actor) != digest {
            self.findings.push(LogFinding::Digest { sequence, of: "who acted" });
        } else if let Some(named) = erase::named(actor).filter(|named| named.last() < sequence) {
            self.explained.actors.extend(&named.actors);
            self.explained.rows.extend(&named.rows);
        }
        let who = self.actors.read_text(actor);
        if who.person.map(i64::from) != stored.person {
            self.findings.push(LogFinding::Actor { sequence, column: "person" });
        }
        if who.key.as_deref() != stored.key.as_deref() {
            self.findings.push(LogFinding::Actor { sequence, column: "key_id" });
        }
    }

    fn look_at_rows(&mut self, stored: &StoredEvent, salt: &EventSalt, digest: EventHash) {
        let sequence = stored.sequence as u64;
        let (before, after) = (stored.before.as_deref(), stored.after.as_deref());
        if salt::are_rows_erased(salt) {
            self.missing.rows.insert(sequence);
            if before.is_some() || after.is_some() {
                self.findings.push(LogFinding::HalfErased { sequence });
            }
        } else if event::rows_digest(salt, before, after) != digest {
            self.findings.push(LogFinding::Digest { sequence, of: "a row" });
        }
    }

    /// Compares the last event with the head, and returns the findings. The walk has to have begun with the log.
    pub fn end(mut self, head: LogHead) -> Vec<LogFinding> {
        self.compare_erasures();
        self.end_of_part(head)
    }

    /// The same for a walk that has begun later: its erasures may concern events before it.
    pub fn end_of_part(mut self, head: LogHead) -> Vec<LogFinding> {
        if head.sequence != self.last.sequence {
            self.findings.push(LogFinding::End { head: head.sequence, log: self.last.sequence });
        } else if head.hash != self.last.hash {
            self.findings.push(LogFinding::HeadHash { head: head.sequence });
        }
        self.findings.into_list()
    }
}

impl ChainWalk {
    /// Missing payload is legitimate only if the log records its erasure.
    fn compare_erasures(&mut self) {
        let (missing, explained) = (&self.missing, &self.explained);
        let both: [(&'static str, &SequenceSet, &SequenceSet); 2] =
            [("who acted", &missing.actors, &explained.actors), ("a row", &missing.rows, &explained.rows)];
        for (of, missing, explained) in both {
            for &(first, last) in missing.without(explained).ranges() {
                self.findings.push(LogFinding::Unexplained { first, last, of });
            }
            for &(first, last) in explained.without(missing).ranges() {
                self.findings.push(LogFinding::NotErased { first, last, of });
            }
        }
    }
}

/// Progress is reported each time this many events or rows were checked.
pub(crate) const STEP: u64 = 1_000;

/// Checks the whole log. Consistent if the connection is in a repeatable-read transaction.
pub(crate) async fn chain<S: SqlConnection>(
    sql: &mut S,
    progress: &mut impl FnMut(u64),
) -> Result<Vec<LogFinding>, S::Error> {
    let head = log::head(sql).await?;
    let mut walk = ChainWalk::new();
    let mut done = 0;
    let look = |row: &S::Row<'_>| {
        walk.check(&log::stored(row)?);
        done += 1;
        if done % STEP == 0 {
            progress(done);
        }
        Ok(())
    };
    sql.each(log::ALL_EVENTS, &[], look).await?;
    progress(done);
    Ok(walk.end(head))
}

/// The last event about a row.
#[derive(Debug)]
pub(crate) struct LastState {
    pub id: u32,
    pub sequence: u64,
    pub state: RecordedState,
}

#[derive(Debug)]
pub(crate) enum RecordedState {
    /// The row as JSON text.
    There(String),
    Gone,
    /// The row exists, and its values were erased from the log.
    Unknown,
}

impl RecordedState {
    /// Derives the state from the columns of an event.
    pub fn of(action: &str, salt: Option<&[u8]>, after: Option<String>) -> RecordedState {
        let is_erased = salt::read(salt).is_some_and(|salt| salt::are_rows_erased(&salt));
        match after {
            Some(after) => RecordedState::There(after),
            None if is_erased && action != Action::Erase.name() => RecordedState::Unknown,
            None => RecordedState::Gone,
        }
    }
}

/// Compares the last events about the rows of a resource, or the records of a kind, with their table. Both are read in
/// batches, ascending by id, so memory is bounded by the batch size.
#[derive(Debug)]
pub(crate) struct TableComparison<'a> {
    subject: EventSubject,
    pub words: VecDeque<LastState>,
    pub rows: VecDeque<LoadedItem>,
    findings: &'a mut FindingList,
}

impl<'a> TableComparison<'a> {
    pub fn new(subject: EventSubject, findings: &'a mut FindingList) -> TableComparison<'a> {
        TableComparison { subject, words: VecDeque::new(), rows: VecDeque::new(), findings }
    }

    /// Compares the current batches. A side that is done has no rows after its current batch.
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

    fn compare(&mut self, word: Option<LastState>, row: Option<LoadedItem>) {
        let subject = self.subject;
        match (word, row) {
            (None | Some(LastState { state: RecordedState::Gone, .. }), Some(row)) => {
                self.findings.push(LogFinding::RowExtra { subject, id: row.id() });
            }
            (Some(LastState { id, state: RecordedState::There(_) | RecordedState::Unknown, .. }), None) => {
                self.findings.push(LogFinding::RowMissing { subject, id });
            }
            (Some(LastState { id, sequence, state: RecordedState::There(text) }), Some(row)) => {
                self.compare_values(id, sequence, &text, &row);
            }
            (Some(LastState { state: RecordedState::Unknown, .. }), Some(_)) | (Some(_) | None, None) => {}
        }
    }

    fn compare_values(&mut self, id: u32, sequence: u64, text: &str, row: &LoadedItem) {
        let subject = self.subject;
        match row {
            LoadedItem::Row(resource, row) => {
                let Ok(known) = stored::from_json(*resource, text) else {
                    self.findings.push(LogFinding::Unreadable { sequence, column: "after" });
                    return;
                };
                for (position, field) in resource.table().stored() {
                    let storage = field.kind.storage();
                    if known.value(position, storage) != row.value(position, storage) {
                        self.findings.push(LogFinding::Cell { subject, id, field: field.name });
                    }
                }
            }
            LoadedItem::Record(_, _, body) => {
                if **body != *text {
                    self.findings.push(LogFinding::Cell { subject, id, field: "body" });
                }
            }
        }
    }
}

/// Adds a finding for each unknown kind of record.
pub(crate) fn look_at_kinds(kinds: impl IntoIterator<Item = String>, findings: &mut FindingList) {
    for kind in kinds.into_iter().filter(|kind| Record::from_name(kind).is_none()) {
        findings.push(LogFinding::Kind { kind });
    }
}
