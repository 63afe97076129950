//! Reads everything that a registry has, for backups and comparisons, in a form that no engine and no version of the
//! tables shows in.
//!
//! The log comes first, then the rows and records as of its head. If only the events after a position are wanted, only
//! the rows and records that these events are about come with them. Digests and hashes follow from the events, so an
//! event has one only for what was erased.

use std::collections::HashSet;
use std::sync::Arc;

use peerage_registry::event::{self, EventDigests, EventSalt};
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::Moment;
use peerage_registry::{Action, EventHash, EventSubject, LogHead, Record, Row};
use peerage_schema::Resource;

use crate::actor::ActorReader;
use crate::aside;
use crate::cell::SqlCell;
use crate::chain::StoredEvent;
use crate::error::StoreError;
use crate::loaded::subjects;
use crate::migrate;
use crate::sql::{SqlConnection, SqlRow, all, one};
use crate::verify::{ChainWalk, LogFinding};
use crate::{Store, StoreEngine, log, records, salt};

/// What a reading covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupStart {
    /// The id of the registry.
    pub registry: String,
    /// Only events after this one. [`LogHead::EMPTY`]: all.
    pub after: LogHead,
    /// The end of the log.
    pub head: LogHead,
}

/// An event of the log without what follows from it and from the events before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupEvent {
    pub sequence: u64,
    pub at: Moment,
    /// JSON text of an `Actor`. `None`: erased on legal request.
    pub actor: Option<String>,
    pub action: Action,
    pub subject: EventSubject,
    pub id: u32,
    pub org: Option<OrgId>,
    pub salt: EventSalt,
    /// JSON text, byte for byte.
    pub before: Option<String>,
    pub after: Option<String>,
    /// The digest of an actor that was erased.
    pub actor_digest: Option<EventHash>,
    /// The digest of rows that were erased.
    pub rows_digest: Option<EventHash>,
}

/// One item of a registry. Items come in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupItem {
    Start(BackupStart),
    Event(Box<BackupEvent>),
    /// Stored cells only.
    Row(Resource, Row),
    /// Its kind, its id, and its JSON text, byte for byte.
    Record(Record, u32, Arc<str>),
    /// How a key was used, as JSON.
    KeyUse(KeyId, String),
    /// A value that nodes share outside of the log.
    Value(String, String),
}

impl Store {
    /// Passes on everything of one state of the registry, while it is in use: the events after `after`, and the rows and
    /// records that they are about; from the beginning of the log, all rows and records. Not included are ceremonies,
    /// which live for minutes.
    ///
    /// # Errors
    /// [`StoreError::Backup`] if `after` is not in the log; [`StoreError::Broken`] if the log is damaged; what `push`
    /// returns.
    pub async fn read_everything<S: Send + 'static>(
        &self,
        after: LogHead,
        state: S,
        push: impl FnMut(&mut S, BackupItem) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<S, StoreError> {
        let id = self.id.to_string();
        match &self.engine {
            StoreEngine::Sqlite(store) => store.read_everything(id, after, state, push).await,
            StoreEngine::Postgres(store) => store.read_everything(id, after, state, push).await,
        }
    }

    /// Writes the items of a backup, and of increments that follow it, into this empty database, in one transaction.
    /// Returns the end of the log. The registry gets the id of the backup, so open it again afterwards.
    ///
    /// # Errors
    /// [`StoreError::Backup`] if the database is in use, or if an increment does not continue what is before it; what
    /// `next` returns. Nothing has changed then.
    pub async fn restore(
        &self,
        next: impl FnMut() -> Result<Option<BackupItem>, StoreError> + Send + 'static,
    ) -> Result<LogHead, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.restore(next).await,
            StoreEngine::Postgres(store) => store.restore(next).await,
        }
    }
}

/// Passes on everything of one state. The connection must be in a transaction that sees a single state.
///
/// # Errors
/// [`StoreError::Broken`] if an event does not follow from those before it, and whatever `push` returns.
pub(crate) async fn read<S: SqlConnection>(
    sql: &mut S,
    registry: String,
    after: LogHead,
    push: &mut (impl FnMut(BackupItem) -> Result<(), StoreError> + Send),
) -> Result<(), S::Error> {
    // A backup by this program would lack what it does not know.
    if let Some(found) = one(sql, migrate::READ_VERSION, &[], |row| row.get::<i64>(0)).await? {
        migrate::check_writable(found)?;
    }
    let head = log::head(sql).await?;
    if after != LogHead::EMPTY && !log::holds(sql, after).await? {
        let why = format!("event {} of the earlier backup is not in this log", after.sequence);
        return Err(StoreError::Backup(why.into()).into());
    }
    push(BackupItem::Start(BackupStart { registry, after, head }))?;
    let (touched, finding) = read_events(sql, after, head, push).await?;
    let is_wanted = |subject: EventSubject, id| touched.as_ref().is_none_or(|ids| ids.contains(&(subject.name(), id)));
    for subject in subjects() {
        match subject {
            EventSubject::Row(resource) => {
                let take =
                    |row: Row| if is_wanted(subject, row.id()) { push(BackupItem::Row(resource, row)) } else { Ok(()) };
                sql.each_row(resource, take).await?;
            }
            EventSubject::Record(record) => {
                let take =
                    |id, body| if is_wanted(subject, id) { push(BackupItem::Record(record, id, body)) } else { Ok(()) };
                records::read(sql, record, take).await?;
            }
        }
    }
    let number = |row: &S::Row<'_>| Ok((row.get::<i64>(0)?, row.get::<String>(1)?));
    for (key, body) in all(sql, aside::READ_USES, &[], number).await? {
        let key = KeyId::try_from(key).map_err(|_| StoreError::Broken(format!("{key} is the id of no key")))?;
        push(BackupItem::KeyUse(key, body))?;
    }
    let named = |row: &S::Row<'_>| Ok((row.get::<String>(0)?, row.get::<String>(1)?));
    let mut values = all(sql, aside::READ_VALUES, &[], named).await?;
    // Each server sorts texts in its own way.
    values.sort_unstable();
    for (name, value) in values {
        push(BackupItem::Value(name, value))?;
    }
    // Only now, so that a comparison of two registries sees everything of a damaged one.
    match finding {
        None => Ok(()),
        Some(finding) => Err(StoreError::Broken(finding.to_string()).into()),
    }
}

/// The rows and records that events are about. `None`: all.
type TouchedObjects = Option<HashSet<(&'static str, u32)>>;

/// Passes on the events. Returns the objects that they are about, and what is wrong with the log.
async fn read_events<S: SqlConnection>(
    sql: &mut S,
    after: LogHead,
    head: LogHead,
    push: &mut (impl FnMut(BackupItem) -> Result<(), StoreError> + Send),
) -> Result<(TouchedObjects, Option<LogFinding>), S::Error> {
    let mut touched = (after != LogHead::EMPTY).then(HashSet::new);
    let mut walk = ChainWalk::after(after);
    let values = [SqlCell::Int(after.sequence as i64), SqlCell::Int(i64::MAX)];
    let take = |row: &S::Row<'_>| {
        let stored = log::stored(row)?;
        walk.check(&stored);
        let event = BackupEvent::of(stored)?;
        if let Some(touched) = &mut touched
            && event.action != Action::Note
        {
            touched.insert((event.subject.name(), event.id));
        }
        Ok(push(BackupItem::Event(Box::new(event)))?)
    };
    sql.each(log::TAIL, &values, take).await?;
    let findings = if after == LogHead::EMPTY { walk.end(head) } else { walk.end_of_part(head) };
    Ok((touched, findings.into_iter().next()))
}

impl BackupEvent {
    fn of(stored: StoredEvent) -> Result<BackupEvent, StoreError> {
        let columns = stored.meaning()?;
        let digest = |bytes: Vec<u8>| bytes.try_into().map_err(|_| StoreError::Broken("a digest is cut".to_owned()));
        let actor_digest = salt::is_actor_erased(&columns.salt).then(|| digest(stored.actor_digest)).transpose()?;
        let rows_digest = salt::are_rows_erased(&columns.salt).then(|| digest(stored.rows_digest)).transpose()?;
        Ok(BackupEvent {
            sequence: stored.sequence as u64,
            at: columns.at,
            actor: stored.actor,
            action: columns.action,
            subject: columns.subject,
            id: columns.id,
            org: columns.org,
            salt: columns.salt,
            before: stored.before,
            after: stored.after,
            actor_digest,
            rows_digest,
        })
    }
}

/// The chain of a log that is read from events without digests.
#[derive(Debug)]
pub struct BackupChain {
    head: LogHead,
    actors: ActorReader,
}

impl BackupChain {
    /// A chain that continues after a position.
    pub fn after(head: LogHead) -> BackupChain {
        BackupChain { head, actors: ActorReader::default() }
    }

    /// The last event.
    pub fn head(&self) -> LogHead {
        self.head
    }

    /// Appends an event.
    ///
    /// # Errors
    /// [`StoreError::Backup`] if it is not the next one, or neither has something nor its digest.
    pub fn append(&mut self, event: &BackupEvent) -> Result<(), StoreError> {
        self.seal(event).map(drop)
    }

    /// Appends an event, and returns its columns.
    pub(crate) fn seal(&mut self, event: &BackupEvent) -> Result<SealedEvent, StoreError> {
        let sequence = self.head.sequence + 1;
        if event.sequence != sequence {
            let why = format!("event {} of the backup comes where event {sequence} is due", event.sequence);
            return Err(StoreError::Backup(why.into()));
        }
        let lacking = |what: &str| StoreError::Backup(format!("event {sequence} of the backup lacks {what}").into());
        let actor_digest = match (&event.actor, event.actor_digest) {
            (Some(actor), None) => event::actor_digest(&event.salt, actor),
            (None, Some(digest)) => digest,
            _ => return Err(lacking("its actor")),
        };
        let rows_digest = match event.rows_digest {
            None => event::rows_digest(&event.salt, event.before.as_deref(), event.after.as_deref()),
            Some(digest) if event.before.is_none() && event.after.is_none() => digest,
            Some(_) => return Err(lacking("its digest")),
        };
        let digests = EventDigests {
            sequence,
            at: event.at,
            action: event.action.name(),
            subject: event.subject.name(),
            id: event.id,
            org: event.org,
            actor_digest,
            rows_digest,
        };
        let hash = digests.hash(&self.head.hash);
        self.head = LogHead { sequence, hash };
        let who = event.actor.as_deref().map(|actor| self.actors.read_text(actor).clone()).unwrap_or_default();
        Ok(SealedEvent { who, actor_digest, rows_digest, hash })
    }
}

/// What follows from an event and from those before it.
#[derive(Debug)]
pub(crate) struct SealedEvent {
    pub who: crate::actor::ActorIds,
    pub actor_digest: EventHash,
    pub rows_digest: EventHash,
    pub hash: EventHash,
}

impl SealedEvent {
    /// Columns of the event in the log.
    pub fn cells<'a>(&'a self, event: &'a BackupEvent) -> [SqlCell<'a>; log::COLUMNS] {
        [
            SqlCell::Int(event.sequence as i64),
            SqlCell::Time(event.at),
            SqlCell::text_or_null(event.actor.as_deref()),
            SqlCell::Text(event.action.name()),
            SqlCell::Text(event.subject.name()),
            SqlCell::Int(i64::from(event.id)),
            SqlCell::Bytes(&event.salt),
            SqlCell::text_or_null(event.before.as_deref()),
            SqlCell::text_or_null(event.after.as_deref()),
            SqlCell::Bytes(&self.actor_digest),
            SqlCell::Bytes(&self.rows_digest),
            SqlCell::Bytes(&self.hash),
            SqlCell::id_or_null(event.org),
            SqlCell::id_or_null(self.who.person),
            SqlCell::text_or_null(self.who.key.as_deref()),
        ]
    }
}
