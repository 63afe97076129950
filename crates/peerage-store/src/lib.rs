//! Stores the log and the rows of a registry in SQLite or PostgreSQL.
//!
//! The store knows events and rows as columns, and no rules. What is appended is decided by a [`AppendDecider`], which is
//! called under the lock of the log: with the exact state that its entries will follow. Events, rows and the head
//! change in one transaction, and no call returns before the transaction is on disk.
//!
//! Both engines have the same tables: one for each resource, named by its tag, with a column for each stored field;
//! `record`, which holds people, keys and permissions as JSON; `event`, the log; `head`, its end; `registry`, the
//! store's own settings and values that nodes share; `key_use`, the usage of keys; `ceremony`, ceremonies in progress.
//! The last three are not in the log.

mod actor;
mod aside;
mod audit_log;
mod cell;
mod chain;
mod clock;
mod columns;
mod decide;
mod definitions;
mod erase;
mod error;
mod everything;
mod layout;
mod loaded;
mod location;
mod log;
mod migrate;
mod object_events;
mod postgres;
mod pulse;
mod records;
mod repair;
mod restore;
mod salt;
mod sql;
mod sqlite;
mod trouble;
mod values;
mod verify;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use peerage_registry::ids::KeyId;
use peerage_registry::moment::{Moment, SignedDuration};
use peerage_registry::{ErasedEvents, Event, LogHead, Record};
use tokio::sync::watch;

pub use audit_log::{AUDIT_EVENTS_MAX, AuditEvent, AuditQuery, KEYED_EVENTS_AT_ONCE, KeyedEvent};
pub use decide::{AppendDecider, AppendPace, AppendedEvents, EVENTS_MISSED_MAX, EVENTS_RETURNED_MAX};
pub use erase::{ErasureCounts, ErasureResult};
pub use error::{AppendError, ConstraintViolation, ReloadReason, StoreError};
pub use everything::{BackupChain, BackupEvent, BackupItem, BackupStart};
pub use layout::{LayoutError, MigrationDraft, draft};
pub use loaded::LoadedItem;
pub use location::{DEADLINE, LocationError, StoreLocation};
pub use migrate::{FoundLayout, known as layout_version};
pub use object_events::ObjectIds;
pub use repair::{RepairCounts, objects_of as objects_to_repair};
pub use verify::{FINDINGS_MAX, LogFinding};
pub use worker::JobClaim;

use location::LocationKind;
use postgres::PostgresStore;
use sqlite::SqliteStore;

/// A registry's log and rows. Clones share the connections.
///
/// Jobs run on threads of the store. A job that has started is finished, even if its caller no longer waits.
#[derive(Clone)]
pub struct Store {
    id: Arc<str>,
    deadline: Duration,
    engine: StoreEngine,
}

#[derive(Clone)]
enum StoreEngine {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl Store {
    /// Opens a registry, or creates it, and migrates its tables to the layout of this program. A new registry gets the
    /// id `fresh_id`, which should be random.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`], [`StoreError::Foreign`].
    pub async fn open(location: &StoreLocation, fresh_id: &str) -> Result<Store, StoreError> {
        let deadline = location.deadline();
        match &location.place {
            LocationKind::File(path) => {
                let (store, id) = SqliteStore::open(path, deadline, fresh_id).await?;
                Ok(Store { id: id.into(), deadline, engine: StoreEngine::Sqlite(Arc::new(store)) })
            }
            LocationKind::Server(server) => {
                let (store, id) = PostgresStore::open(server, location, fresh_id).await?;
                Ok(Store { id: id.into(), deadline, engine: StoreEngine::Postgres(Arc::new(store)) })
            }
        }
    }

    /// Reads which layout the tables of a database have. Unlike [`Store::open`], this changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Unreachable`], [`StoreError::Foreign`].
    pub async fn layout(location: &StoreLocation) -> Result<FoundLayout, StoreError> {
        match &location.place {
            LocationKind::File(path) => SqliteStore::layout(path).await,
            LocationKind::Server(server) => PostgresStore::layout(server, location).await,
        }
    }

    /// The id of this registry, which is the same for all nodes and processes that open it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How long a change or a short query waits for the database.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Returns the database server's time. `None` for SQLite, whose nodes share the machine's clock, and before the
    /// first answer. While the server does not answer, the time since its last answer is added.
    pub fn database_time(&self) -> Option<Moment> {
        match &self.engine {
            StoreEngine::Sqlite(_) => None,
            StoreEngine::Postgres(store) => store.database_time(),
        }
    }

    /// Returns the end of the log.
    pub async fn head(&self) -> Result<LogHead, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.head().await,
            StoreEngine::Postgres(store) => store.head().await,
        }
    }

    /// Whether the log contains this event: the number with this hash. Every log contains the beginning.
    pub async fn holds(&self, event: LogHead) -> Result<bool, StoreError> {
        if event == LogHead::EMPTY {
            return Ok(true);
        }
        match &self.engine {
            StoreEngine::Sqlite(store) => store.holds(event).await,
            StoreEngine::Postgres(store) => store.holds(event).await,
        }
    }

    /// Returns the position of the event with this number, or `None` if there is none. Every log contains the
    /// beginning.
    pub async fn event_at(&self, sequence: u64) -> Result<Option<LogHead>, StoreError> {
        let Some(before) = sequence.checked_sub(1) else { return Ok(Some(LogHead::EMPTY)) };
        let query = AuditQuery { after: Some(before), limit: 1, ..AuditQuery::default() };
        let found = self.audit_log(&query).await?;
        let event = found.first().filter(|event| event.sequence == sequence);
        Ok(event.map(|event| LogHead { sequence, hash: event.hash }))
    }

    /// Checks that this program knows all kinds of records in the store.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] names the first unknown one, which a newer program has written.
    pub async fn check_kinds(&self) -> Result<(), StoreError> {
        let kinds = match &self.engine {
            StoreEngine::Sqlite(store) => store.kinds().await,
            StoreEngine::Postgres(store) => store.kinds().await,
        }?;
        match kinds.into_iter().find(|kind| Record::from_name(kind).is_none()) {
            None => Ok(()),
            Some(kind) => Err(StoreError::Unreadable {
                what: format!("the records of kind {kind:?}"),
                why: "this program does not know them; a newer one has written them".to_owned(),
            }),
        }
    }

    /// Calls `push` with all rows and then all records, as of one head of the log. Those of one kind come together, ascending
    /// by id.
    pub async fn load_into<S, P>(&self, state: S, push: P) -> Result<(S, LogHead), StoreError>
    where
        S: Send + 'static,
        P: FnMut(&mut S, LoadedItem) + Send + 'static,
    {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.load_into(state, push).await,
            StoreEngine::Postgres(store) => store.load_into(state, push).await,
        }
    }

    /// Takes the lock of the log, calls the decider, and appends its entries in one transaction: all of them or none.
    /// `known` is a head that the caller has seen; the decider gets the events since then.
    ///
    /// Entries are consumed one by one as they are written, so there may be millions. `before` and `after` of an entry
    /// contain stored cells; derived ones are ignored.
    ///
    /// # Errors
    /// [`AppendError::Refused`] by the decider; [`StoreError::Reload`] if no events lead from `known` to the head;
    /// [`StoreError::Violation`], [`StoreError::Unfit`] and [`StoreError::Missing`] for entries that the database does
    /// not accept. After any error except [`StoreError::Unknown`], nothing has changed.
    ///
    /// # Panics
    /// If the decider panics. Nothing has changed then.
    pub async fn append<J: AppendDecider>(
        &self,
        known: LogHead,
        decide: J,
    ) -> Result<AppendedEvents<J>, AppendError<J::Refusal>> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.append(known, decide).await,
            StoreEngine::Postgres(store) => store.append(known, decide).await,
        }
    }

    /// Appends like [`Store::append`], and erases payload of earlier events in the same transaction. An entry has to
    /// name exactly these events in a [`peerage_registry::Cause::Erasure`]. If the decider returns no entries, nothing is
    /// erased. Current rows, current records and usage are outside of the log and stay.
    ///
    /// Anyone who has already read the events keeps what they have read. A follower that reaches events whose rows were
    /// erased has to load the rows again; events whose actor alone was erased are returned with an empty actor. On
    /// SQLite the file is rewritten, which blocks other writers, so erase many events at once rather than one by one.
    /// On PostgreSQL, the operator of the server is responsible for backups, replicas and dead row versions.
    ///
    /// # Errors
    /// Those of [`Store::append`]; [`StoreError::Unsupported`] if no entry names what is erased.
    pub async fn erase_payload<J: AppendDecider>(
        &self,
        known: LogHead,
        erasure: ErasedEvents,
        decide: J,
    ) -> Result<ErasureResult<J>, AppendError<J::Refusal>> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.erase_payload(known, erasure, decide).await,
            StoreEngine::Postgres(store) => store.erase_payload(known, erasure, decide).await,
        }
    }

    /// Returns the events after `after`, in order: at most `limit`, and at most [`EVENTS_MISSED_MAX`]. The actor of an
    /// event is empty if it was erased on legal request.
    ///
    /// # Errors
    /// [`StoreError::Reload`] if `after` is not in this log, or if the rows of an event were erased.
    pub async fn tail(&self, after: LogHead, limit: usize) -> Result<Vec<Event>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.tail(after, limit).await,
            StoreEngine::Postgres(store) => store.tail(after, limit).await,
        }
    }

    /// Returns the matching events, in the order of the log or newest first. Since they need not lead to a state,
    /// events without payload are included.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a column of an event has an invalid value.
    pub async fn audit_log(&self, query: &AuditQuery) -> Result<Vec<AuditEvent>, StoreError> {
        let query = query.clone();
        match &self.engine {
            StoreEngine::Sqlite(store) => store.audit_log(query).await,
            StoreEngine::Postgres(store) => store.audit_log(query).await,
        }
    }

    /// The last events of all these objects before a position, newest first, without notes.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a column of an event has an invalid value.
    pub async fn events_of(
        &self,
        objects: Vec<ObjectIds>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.events_of(objects, before, limit).await,
            StoreEngine::Postgres(store) => store.events_of(objects, before, limit).await,
        }
    }

    /// The last event of each of these objects before a time, in any order, without its actor and what was before. Objects
    /// without one are left out.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a column of an event has an invalid value.
    pub async fn states_of(&self, objects: Vec<ObjectIds>, at: Moment) -> Result<Vec<AuditEvent>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.states_of(objects, at).await,
            StoreEngine::Postgres(store) => store.states_of(objects, at).await,
        }
    }

    /// Passes on, in the order of the log, the events up to `head` whose requests had an `Idempotency-Key`: all that
    /// are at most `life` older than the latest one, and possibly some older ones.
    pub async fn keyed_events(
        &self,
        head: LogHead,
        life: SignedDuration,
        mut push: impl FnMut(KeyedEvent),
    ) -> Result<(), StoreError> {
        let mut after = self.before_keyed_events(head, life).await?;
        loop {
            let page = match &self.engine {
                StoreEngine::Sqlite(store) => store.keyed_events(after, head.sequence).await,
                StoreEngine::Postgres(store) => store.keyed_events(after, head.sequence).await,
            }?;
            let is_last = page.len() < KEYED_EVENTS_AT_ONCE;
            after = page.last().map_or(after, |event| event.sequence);
            page.into_iter().for_each(&mut push);
            if is_last {
                return Ok(());
            }
        }
    }

    /// The position in the log after which these events begin.
    async fn before_keyed_events(&self, head: LogHead, life: SignedDuration) -> Result<u64, StoreError> {
        let (mut until, mut since) = (head.sequence, None);
        loop {
            let page = match &self.engine {
                StoreEngine::Sqlite(store) => store.keyed_times(until).await,
                StoreEngine::Postgres(store) => store.keyed_times(until).await,
            }?;
            let Some(first) = page.first() else { return Ok(0) };
            let since = *since.get_or_insert(first.at - life);
            // The clocks of nodes differ slightly: a single event that is too old does not end the search, a whole page
            // does.
            if page.iter().all(|time| time.at < since) {
                return Ok(until);
            }
            let Some(last) = page.last().filter(|_| page.len() == KEYED_EVENTS_AT_ONCE) else { return Ok(0) };
            until = last.sequence.saturating_sub(1);
        }
    }

    /// Returns a value that the nodes of this registry share outside of the log, such as a lease or a cursor.
    pub async fn value(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        match &self.engine {
            StoreEngine::Sqlite(store) => store.value(name).await,
            StoreEngine::Postgres(store) => store.value(name).await,
        }
    }

    /// Sets a shared value if it still has the expected value (`None`: does not exist yet). Returns whether it was set.
    /// If several callers expect the same value, one of them succeeds.
    ///
    /// Let the value name who set it: if the connection is lost and the new value is found afterwards, it is assumed to
    /// be the caller's own.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if the name is reserved for the store, as the registry's id is.
    pub async fn swap_value(&self, name: &str, expected: Option<&str>, new: &str) -> Result<bool, StoreError> {
        values::check(name, new)?;
        let (name, expected, new) = (name.to_owned(), expected.map(str::to_owned), new.to_owned());
        match &self.engine {
            StoreEngine::Sqlite(store) => store.swap_value(name, expected, new).await,
            StoreEngine::Postgres(store) => store.swap_value(name, expected, new).await,
        }
    }

    /// Stores the usage of keys, outside of the log: `body` gets the id of each key and its stored usage, and returns
    /// the usage to store. Each key once, ascending. No other node writes usage meanwhile.
    ///
    /// `body` may be called again if the connection is lost, and may then get what it returned before.
    pub async fn note_use(
        &self,
        mut keys: Vec<KeyId>,
        body: impl FnMut(KeyId, Option<&str>) -> String + Send + 'static,
    ) -> Result<(), StoreError> {
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(());
        }
        match &self.engine {
            StoreEngine::Sqlite(store) => store.note_use(keys, body).await,
            StoreEngine::Postgres(store) => store.note_use(keys, body).await,
        }
    }

    /// Returns the usage of the given keys, or of all, ascending by id.
    pub async fn uses(&self, keys: Option<&[KeyId]>) -> Result<Vec<(KeyId, String)>, StoreError> {
        let mut keys = keys.map(<[KeyId]>::to_vec);
        if let Some(keys) = &mut keys {
            keys.sort_unstable();
            keys.dedup();
        }
        match &self.engine {
            StoreEngine::Sqlite(store) => store.uses(keys).await,
            StoreEngine::Postgres(store) => store.uses(keys).await,
        }
    }

    /// Stores the state of a ceremony until a point in time. Returns whether it was stored:
    /// it is not if the id is already in use, which does not happen with random ids.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if the state is longer than `CEREMONY_BYTES_MAX` or contains U+0000.
    pub async fn put_ceremony(&self, id: &str, body: &str, until: Moment) -> Result<bool, StoreError> {
        values::check_ceremony(id, body)?;
        let (id, body) = (id.to_owned(), body.to_owned());
        match &self.engine {
            StoreEngine::Sqlite(store) => store.put_ceremony(id, body, until).await,
            StoreEngine::Postgres(store) => store.put_ceremony(id, body, until).await,
        }
    }

    /// Removes and returns the state of a ceremony, if it exists and has not expired. If many callers on any nodes do
    /// so at once, one of them gets it.
    pub async fn take_ceremony(&self, id: &str, now: Moment) -> Result<Option<String>, StoreError> {
        values::check_ceremony(id, "")?;
        let id = id.to_owned();
        match &self.engine {
            StoreEngine::Sqlite(store) => store.take_ceremony(id, now).await,
            StoreEngine::Postgres(store) => store.take_ceremony(id, now).await,
        }
    }

    /// Deletes expired ceremonies. Returns how many.
    pub async fn sweep_ceremonies(&self, now: Moment) -> Result<usize, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.sweep_ceremonies(now).await,
            StoreEngine::Postgres(store) => store.sweep_ceremonies(now).await,
        }
    }

    /// Changes when the log has another head, no matter who wrote or restored it, even if the number is the same or
    /// lower. It changes within a second, and may lag behind or skip events; the log is the truth.
    pub fn watch(&self) -> watch::Receiver<LogHead> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.watch(),
            StoreEngine::Postgres(store) => store.watch(),
        }
    }

    /// Checks the log: numbers without gaps, digests and hashes that match, and the head at its end. Skips payload that
    /// was erased on legal request. `progress` gets the number of events checked so far.
    pub async fn verify_chain(
        &self,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Vec<LogFinding>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.verify_chain(progress).await,
            StoreEngine::Postgres(store) => store.verify_chain(progress).await,
        }
    }

    /// Compares each row with the last event about it. `progress` gets the number of rows checked so far.
    pub async fn verify_rows(&self, progress: impl FnMut(u64) + Send + 'static) -> Result<Vec<LogFinding>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.verify_rows(progress).await,
            StoreEngine::Postgres(store) => store.verify_rows(progress).await,
        }
    }

    /// Has the engine check itself, and checks that it accepts every statement of this program.
    pub async fn check_engine(&self) -> Result<Vec<LogFinding>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.check_engine().await,
            StoreEngine::Postgres(store) => store.check_engine().await,
        }
    }

    /// Why nothing can be written at present, in words for the operator. `None` while all is well, as far as is known.
    pub fn trouble(&self) -> Option<String> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.trouble(),
            StoreEngine::Postgres(store) => store.trouble(),
        }
    }

    /// Time since the database last answered the store's watcher, which asks at least twice a second.
    pub fn silence(&self) -> Duration {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.silence(),
            StoreEngine::Postgres(store) => store.silence(),
        }
    }

    /// Waits for writes in progress, and leaves the database in a clean state. Call it before the program ends.
    pub async fn settle(&self) {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.settle().await,
            StoreEngine::Postgres(store) => store.settle().await,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.id)
    }
}
