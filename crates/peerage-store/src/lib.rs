//! The log and the rows of a registry, kept in SQLite or PostgreSQL.
//!
//! The store knows events and rows as columns, and no rule. What is appended is decided by a [`Judge`], which is asked
//! under the lock of the log: at the very state that its entries will join. Events, rows and the head change in one
//! transaction, and nothing is answered before it is on the disk.
//!
//! Both engines hold the same tables: one for each resource, named by its tag, with a column for each stored field;
//! `record`, people, keys and rights as JSON; `event`, the log; `head`, its end; `registry`, what the store knows about
//! itself and what nodes share; `key_use`, how keys were used; `ceremony`, what was begun and waits to be ended. The last
//! three are not in the log.

mod actor;
mod aside;
mod cell;
mod chain;
mod columns;
mod definitions;
mod erase;
mod error;
mod judge;
mod layout;
mod loaded;
mod location;
mod log;
mod migrate;
mod postgres;
mod pulse;
mod records;
mod salt;
mod sql;
mod sqlite;
mod trail;
mod trouble;
mod values;
mod verify;
mod worker;

use std::path::Path;
use std::sync::Arc;

use peerage_registry::ids::KeyId;
use peerage_registry::moment::Micros;
use peerage_registry::{ErasedEvents, Event, Head, Record};
use tokio::sync::watch;

pub use erase::{Counts, Erased};
pub use error::{AppendError, Reload, StoreError, Violation};
pub use judge::{Appended, EVENTS_MISSED_MAX, EVENTS_RETURNED_MAX, Judge, Pace};
pub use layout::{Draft, LayoutError, draft};
pub use loaded::Loaded;
pub use location::{Location, LocationError};
pub use migrate::known as layout_version;
pub use trail::{KEYED_EVENTS_AT_ONCE, KeyedEvent, TRAIL_EVENTS_MAX, Told, TrailQuery};
pub use verify::{FINDINGS_MAX, Finding};

use location::Place;
use postgres::PostgresStore;
use sqlite::SqliteStore;

/// A registry's log and rows. Cloning shares the connections.
///
/// Jobs run on threads of the store: one that was begun is finished, whether or not its caller still waits.
#[derive(Clone)]
pub struct Store {
    id: Arc<str>,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl Store {
    /// Opens a registry, made if there is none, and brings its tables to the layout of this program. `fresh_id` names a
    /// registry that is made here; it should be random.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`], [`StoreError::Foreign`].
    pub async fn open(location: &Location, fresh_id: &str) -> Result<Store, StoreError> {
        match &location.place {
            Place::File(path) => {
                let (store, id) = SqliteStore::open(path, fresh_id).await?;
                Ok(Store { id: id.into(), engine: Engine::Sqlite(Arc::new(store)) })
            }
            Place::Server(server) => {
                let (store, id) = PostgresStore::open(server, location.to_string(), fresh_id).await?;
                Ok(Store { id: id.into(), engine: Engine::Postgres(Arc::new(store)) })
            }
        }
    }

    /// Names this registry, whichever node or process has opened it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The end of the log.
    pub async fn head(&self) -> Result<Head, StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.head().await,
            Engine::Postgres(store) => store.head().await,
        }
    }

    /// Whether the log holds this event: the number with this hash. The beginning is part of every log.
    pub async fn holds(&self, event: Head) -> Result<bool, StoreError> {
        if event == Head::EMPTY {
            return Ok(true);
        }
        match &self.engine {
            Engine::Sqlite(store) => store.holds(event).await,
            Engine::Postgres(store) => store.holds(event).await,
        }
    }

    /// The event with this number, told by its hash; none if the log has none. The beginning is part of every log.
    pub async fn event_at(&self, sequence: u64) -> Result<Option<Head>, StoreError> {
        let Some(before) = sequence.checked_sub(1) else { return Ok(Some(Head::EMPTY)) };
        let query = TrailQuery { after: Some(before), limit: 1, ..TrailQuery::default() };
        let found = self.trail(&query).await?;
        let event = found.first().filter(|event| event.sequence == sequence);
        Ok(event.map(|event| Head { sequence, hash: event.hash }))
    }

    /// Looks whether all kinds of records are known to this program.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] names the first that is not: a newer program has written it.
    pub async fn check_kinds(&self) -> Result<(), StoreError> {
        let kinds = match &self.engine {
            Engine::Sqlite(store) => store.kinds().await,
            Engine::Postgres(store) => store.kinds().await,
        }?;
        match kinds.into_iter().find(|kind| Record::from_name(kind).is_none()) {
            None => Ok(()),
            Some(kind) => Err(StoreError::Unreadable {
                what: format!("the records of kind {kind:?}"),
                why: "this program does not know them; a newer one has written them".to_owned(),
            }),
        }
    }

    /// Gives all rows and then all records as they are at one head of the log to `push`: kinds in the order of
    /// `Resource::ALL` and `Record::ALL`, each ascending by id.
    pub async fn load_into<S, P>(&self, state: S, push: P) -> Result<(S, Head), StoreError>
    where
        S: Send + 'static,
        P: FnMut(&mut S, Loaded) + Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(store) => store.load_into(state, push).await,
            Engine::Postgres(store) => store.load_into(state, push).await,
        }
    }

    /// Takes the lock of the log, asks the judge, and appends its entries in one transaction: all of them or none.
    /// `known` is the head that the caller has seen; the judge is told what has happened since.
    ///
    /// Entries are taken one by one as they are written, so that there may be millions. `before` and `after` of an
    /// entry hold stored cells; derived ones are not looked at.
    ///
    /// # Errors
    /// [`AppendError::Refused`] by the judge; [`StoreError::Reload`] if events do not lead from `known` to the head;
    /// [`StoreError::Violation`], [`StoreError::Unfit`] and [`StoreError::Missing`] for entries that no database takes.
    /// Nothing has changed then, nor after any other error but [`StoreError::Unknown`].
    ///
    /// # Panics
    /// When the judge panics; nothing has changed then.
    pub async fn append<J: Judge>(&self, known: Head, judge: J) -> Result<Appended<J>, AppendError<J::Refusal>> {
        match &self.engine {
            Engine::Sqlite(store) => store.append(known, judge).await,
            Engine::Postgres(store) => store.append(known, judge).await,
        }
    }

    /// Appends as [`Store::append`] does, and in the same transaction erases payload of events before it. An entry has to
    /// name exactly these, by [`peerage_registry::Cause::Erasure`]. If the judge has no entries, nothing is erased. What
    /// stands beside the log is not touched: current rows and records, and notes of use.
    ///
    /// Who was told of the events before keeps what was told. Whoever follows the log over events whose rows were
    /// erased has to load the rows anew; events of which only the actor was erased are told with an empty one. On SQLite
    /// the file is written anew, during which others cannot write; erase many at once rather than one by one. On
    /// PostgreSQL backups, replicas and what the server has not yet cleaned up are its keeper's.
    ///
    /// # Errors
    /// As those of [`Store::append`]; [`StoreError::Unsupported`] if no entry names what is erased.
    pub async fn erase_payload<J: Judge>(
        &self,
        known: Head,
        erasure: ErasedEvents,
        judge: J,
    ) -> Result<Erased<J>, AppendError<J::Refusal>> {
        match &self.engine {
            Engine::Sqlite(store) => store.erase_payload(known, erasure, judge).await,
            Engine::Postgres(store) => store.erase_payload(known, erasure, judge).await,
        }
    }

    /// The events after `after`, in order: at most `limit`, and at most [`EVENTS_MISSED_MAX`]. The actor of an event is
    /// empty if it was erased by law.
    ///
    /// # Errors
    /// [`StoreError::Reload`] if `after` is not in this log, or the rows of an event were erased.
    pub async fn tail(&self, after: Head, limit: usize) -> Result<Vec<Event>, StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.tail(after, limit).await,
            Engine::Postgres(store) => store.tail(after, limit).await,
        }
    }

    /// The events that are asked for, in the order of the log or against it. They need not lead to any state, so that
    /// events without payload are among them.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a column of an event makes no sense.
    pub async fn trail(&self, query: &TrailQuery) -> Result<Vec<Told>, StoreError> {
        let query = query.clone();
        match &self.engine {
            Engine::Sqlite(store) => store.trail(query).await,
            Engine::Postgres(store) => store.trail(query).await,
        }
    }

    /// Hands out the events up to `head` of requests that came with an `Idempotency-Key`, in the order of the log: all
    /// that are at most `life` older than the latest of them, and perhaps some that are older.
    pub async fn keyed_events(
        &self,
        head: Head,
        life: Micros,
        mut push: impl FnMut(KeyedEvent),
    ) -> Result<(), StoreError> {
        let mut after = self.before_keyed_events(head, life).await?;
        loop {
            let page = match &self.engine {
                Engine::Sqlite(store) => store.keyed_events(after, head.sequence).await,
                Engine::Postgres(store) => store.keyed_events(after, head.sequence).await,
            }?;
            let is_last = page.len() < KEYED_EVENTS_AT_ONCE;
            after = page.last().map_or(after, |event| event.sequence);
            page.into_iter().for_each(&mut push);
            if is_last {
                return Ok(());
            }
        }
    }

    /// The place in the log after which these events begin.
    async fn before_keyed_events(&self, head: Head, life: Micros) -> Result<u64, StoreError> {
        let (mut until, mut since) = (head.sequence, None);
        loop {
            let page = match &self.engine {
                Engine::Sqlite(store) => store.keyed_times(until).await,
                Engine::Postgres(store) => store.keyed_times(until).await,
            }?;
            let Some(first) = page.first() else { return Ok(0) };
            let since = *since.get_or_insert(first.at.saturating_sub(life));
            // Clocks of nodes differ a little: one event that is too old does not end it, a whole page does.
            if page.iter().all(|time| time.at < since) {
                return Ok(until);
            }
            let Some(last) = page.last().filter(|_| page.len() == KEYED_EVENTS_AT_ONCE) else { return Ok(0) };
            until = last.sequence.saturating_sub(1);
        }
    }

    /// A value that the nodes of this registry share beside the log, such as a lease or a cursor.
    pub async fn value(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        match &self.engine {
            Engine::Sqlite(store) => store.value(name).await,
            Engine::Postgres(store) => store.value(name).await,
        }
    }

    /// Sets a shared value if it is what is expected (none: it is not there yet), and says whether it was. Of several
    /// that expect the same, one succeeds.
    ///
    /// A value that names who set it is safe from one doubt: if the connection is lost on the way and the value then
    /// found is the new one, it is taken for one's own.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if the value is the store's own, as the registry's id is.
    pub async fn swap_value(&self, name: &str, expected: Option<&str>, new: &str) -> Result<bool, StoreError> {
        values::check(name, new)?;
        let (name, expected, new) = (name.to_owned(), expected.map(str::to_owned), new.to_owned());
        match &self.engine {
            Engine::Sqlite(store) => store.swap_value(name, expected, new).await,
            Engine::Postgres(store) => store.swap_value(name, expected, new).await,
        }
    }

    /// Notes how keys were used, outside of the log: `body` is given the id of each key and what is known of it, and
    /// gives what shall be known. Each key once, ascending; nobody else notes anything meanwhile.
    ///
    /// It may be asked again if the connection is lost, and what it has given before may be known then.
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
            Engine::Sqlite(store) => store.note_use(keys, body).await,
            Engine::Postgres(store) => store.note_use(keys, body).await,
        }
    }

    /// How keys were used, ascending by id: of some, or of all.
    pub async fn uses(&self, keys: Option<&[KeyId]>) -> Result<Vec<(KeyId, String)>, StoreError> {
        let mut keys = keys.map(<[KeyId]>::to_vec);
        if let Some(keys) = &mut keys {
            keys.sort_unstable();
            keys.dedup();
        }
        match &self.engine {
            Engine::Sqlite(store) => store.uses(keys).await,
            Engine::Postgres(store) => store.uses(keys).await,
        }
    }

    /// Keeps what was begun and waits for its second half, until a moment in microseconds since 1970. Says whether it
    /// was kept: not if something of that name is there, which random names never meet.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if it is longer than `CEREMONY_BYTES_MAX` or holds U+0000.
    pub async fn put_ceremony(&self, id: &str, body: &str, until: i64) -> Result<bool, StoreError> {
        values::check_ceremony(id, body)?;
        let (id, body) = (id.to_owned(), body.to_owned());
        match &self.engine {
            Engine::Sqlite(store) => store.put_ceremony(id, body, until).await,
            Engine::Postgres(store) => store.put_ceremony(id, body, until).await,
        }
    }

    /// Takes what was begun, if it is there and its time is not over. Of many who take it at once, on whatever nodes, one
    /// gets it.
    pub async fn take_ceremony(&self, id: &str, now: i64) -> Result<Option<String>, StoreError> {
        values::check_ceremony(id, "")?;
        let id = id.to_owned();
        match &self.engine {
            Engine::Sqlite(store) => store.take_ceremony(id, now).await,
            Engine::Postgres(store) => store.take_ceremony(id, now).await,
        }
    }

    /// Forgets what was begun and not ended in time; says how much.
    pub async fn sweep_ceremonies(&self, now: i64) -> Result<usize, StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.sweep_ceremonies(now).await,
            Engine::Postgres(store) => store.sweep_ceremonies(now).await,
        }
    }

    /// Changes when the log has another head, whoever wrote or restored it, also one with the same or a lower number. It
    /// wakes within a second, and may be behind or skip events; the log is the truth.
    pub fn watch(&self) -> watch::Receiver<Head> {
        match &self.engine {
            Engine::Sqlite(store) => store.watch(),
            Engine::Postgres(store) => store.watch(),
        }
    }

    /// Walks along the log: numbers without gaps, digests and hashes as they were made, the head at its end. Payload
    /// that was erased by law is passed over. `progress` is told how many events were looked at.
    pub async fn verify_chain(&self, progress: impl FnMut(u64) + Send + 'static) -> Result<Vec<Finding>, StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.verify_chain(progress).await,
            Engine::Postgres(store) => store.verify_chain(progress).await,
        }
    }

    /// Compares each row with the last that the log says about it. `progress` is told how many rows were looked at.
    pub async fn verify_rows(&self, progress: impl FnMut(u64) + Send + 'static) -> Result<Vec<Finding>, StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.verify_rows(progress).await,
            Engine::Postgres(store) => store.verify_rows(progress).await,
        }
    }

    /// Lets the engine check itself, and whether it takes every statement of this program.
    pub async fn check_engine(&self) -> Result<Vec<Finding>, StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.check_engine().await,
            Engine::Postgres(store) => store.check_engine().await,
        }
    }

    /// Copies the registry as it is at one moment into a new file, while it is being used. SQLite only.
    ///
    /// # Errors
    /// [`StoreError::Open`] if the file exists or cannot be written; [`StoreError::Unsupported`] on PostgreSQL.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(store) => store.backup(to).await,
            Engine::Postgres(_) => {
                Err(StoreError::Unsupported("backups of a PostgreSQL database are made with pg_dump"))
            }
        }
    }

    /// Why nothing can be written at present, in words for whoever runs the server; none while all is well as far as is
    /// known.
    pub fn trouble(&self) -> Option<String> {
        match &self.engine {
            Engine::Sqlite(store) => store.trouble(),
            Engine::Postgres(store) => store.trouble(),
        }
    }

    /// How long ago the database last answered the store's watcher, which asks at least twice a second.
    pub fn silence(&self) -> std::time::Duration {
        match &self.engine {
            Engine::Sqlite(store) => store.silence(),
            Engine::Postgres(store) => store.silence(),
        }
    }

    /// Waits for writes that were begun, and leaves the database in one piece: before a clean end of the program.
    pub async fn settle(&self) {
        match &self.engine {
            Engine::Sqlite(store) => store.settle().await,
            Engine::Postgres(store) => store.settle().await,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.id)
    }
}
