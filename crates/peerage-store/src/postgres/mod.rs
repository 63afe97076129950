//! The engine for several nodes: a PostgreSQL server, or a compatible one.

mod append;
mod aside;
mod cells;
mod erase;
mod error;
mod line;
mod migrate;
mod remote;
mod rows;
mod tls;
mod verify;
mod watch;

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use peerage_registry::ids::KeyId;
use peerage_registry::moment::Moment;
use peerage_registry::{ErasedEvents, Event, EventSubject, LogHead, Record};
use peerage_schema::Resource;

use crate::audit_log::{self, AuditEvent, AuditQuery, KeyedEvent, KeyedTime};
use crate::clock::DatabaseClock;
use crate::decide::{AppendDecider, AppendPace, AppendedEvents, EVENTS_MISSED_MAX};
use crate::erase::ErasureResult;
use crate::error::{AppendError, StoreError};
use crate::everything::{self, BackupItem};
use crate::loaded::LoadedItem;
use crate::location::{ServerAddress, StoreLocation};
use crate::migrate::FoundLayout;
use crate::object_events::{self, ObjectIds};
use crate::pulse::ConnectionPulse;
use crate::repair::RepairCounts;
use crate::trouble::WriteTrouble;
use crate::verify::LogFinding;
use crate::worker::{StoreWorker, WAITED, blocking};
use crate::{log, records};
use line::{ConnectionPurpose, ConnectionTarget, LiveConnection, PostgresSession};

/// Time limit for answers to a query that reads much of the log. Waiting also ends when the server no longer answers the
/// watcher. Small queries and changes outside of the log have the deadline of the store.
const READING: Duration = Duration::from_secs(65);
const LOAD_MAX: Duration = Duration::from_hours(24);

/// A registry on a PostgreSQL server.
pub struct PostgresStore {
    target: Arc<ConnectionTarget>,
    writer: StoreWorker<PostgresSession>,
    reader: StoreWorker<PostgresSession>,
    /// Connection for changes outside of the log, so that they wait neither for changes of the log nor for long queries. It
    /// connects on first use.
    changer: StoreWorker<PostgresSession>,
    /// Connection for queries that take longer, so that they do not delay anything else. It connects on first use.
    teller: StoreWorker<PostgresSession>,
    moved: Arc<tokio::sync::watch::Sender<LogHead>>,
    trouble: Arc<WriteTrouble>,
    pulse: Arc<ConnectionPulse>,
    _watcher: watch::PostgresWatcher,
}

impl PostgresStore {
    /// Connects, and returns the store with the id of the registry.
    pub async fn open(
        server: &ServerAddress,
        location: &StoreLocation,
        fresh_id: &str,
    ) -> Result<(PostgresStore, String), StoreError> {
        let (location, deadline) = (location.to_string(), location.deadline());
        let cannot = |why: String| StoreError::Open { location: location.clone(), why };
        let pulse = Arc::new(ConnectionPulse::new());
        let target = target(server, &location, deadline, Arc::clone(&pulse))?;
        let start = |name, purpose| -> std::io::Result<_> {
            StoreWorker::start(name, PostgresSession::new(Arc::clone(&target), purpose)?)
        };
        let writer = start("store-write", ConnectionPurpose::Write).map_err(|error| cannot(error.to_string()))?;
        let reader = start("store-read", ConnectionPurpose::Ask).map_err(|error| cannot(error.to_string()))?;
        let changer = start("store-change", ConnectionPurpose::Change).map_err(|error| cannot(error.to_string()))?;
        let teller = start("store-tell", ConnectionPurpose::Ask).map_err(|error| cannot(error.to_string()))?;
        let id = {
            let (location, fresh_id) = (location.clone(), fresh_id.to_owned());
            let migrated =
                writer.run(move |session| session.run(async |line| migrate::migrate(line, &location, &fresh_id).await));
            migrated.await?
        };
        target.registry.get_or_init(|| id.clone());
        let known = Arc::clone(&target);
        let look = async move |live: &mut LiveConnection| {
            let asked = Instant::now();
            let row = live.client.query_one(watch::LOOK, &[]).await?;
            known.clock.set(row.try_get::<_, cells::SqlTime>(2)?.0, asked);
            log::head_of(Some(&row))
        };
        let head = ask(&reader, deadline, look).await?;
        let moved = Arc::new(tokio::sync::watch::Sender::new(head));
        let trouble = Arc::new(WriteTrouble::default());
        let watcher = watch::start(Arc::clone(&target), Arc::clone(&moved), Arc::clone(&trouble))
            .map_err(|error| cannot(error.to_string()))?;
        Ok((PostgresStore { target, writer, reader, changer, teller, moved, trouble, pulse, _watcher: watcher }, id))
    }

    /// Reads the version of the tables, and changes nothing.
    pub async fn layout(server: &ServerAddress, location: &StoreLocation) -> Result<FoundLayout, StoreError> {
        let (location, deadline) = (location.to_string(), location.deadline());
        let target = target(server, &location, deadline, Arc::new(ConnectionPulse::new()))?;
        blocking(move || {
            let mut session = PostgresSession::new(target, ConnectionPurpose::Ask)
                .map_err(|error| StoreError::Engine(error.to_string()))?;
            session.run(async |line| Ok(migrate::layout(line, &location).await?))
        })
        .await
    }

    pub async fn head(&self) -> Result<LogHead, StoreError> {
        ask(&self.reader, self.target.deadline, async |live| log::head(live).await).await
    }

    pub async fn holds(&self, event: LogHead) -> Result<bool, StoreError> {
        ask(&self.reader, self.target.deadline, async move |live| log::holds(live, event).await).await
    }

    pub async fn kinds(&self) -> Result<Vec<String>, StoreError> {
        ask(&self.reader, self.target.deadline, async |live| records::kinds(live).await).await
    }

    pub async fn tail(&self, after: LogHead, limit: usize) -> Result<Vec<Event>, StoreError> {
        let limit = EVENTS_MISSED_MAX.min(limit as u64);
        ask(&self.reader, READING, async move |live| log::tail(live, after, limit).await).await
    }

    pub async fn load_into<S, P>(&self, mut state: S, mut push: P) -> Result<(S, LogHead), StoreError>
    where
        S: Send + 'static,
        P: FnMut(&mut S, LoadedItem) + Send + 'static,
    {
        let pulse = Arc::clone(&self.pulse);
        // Run once only: rows that were passed to `push` cannot be taken back.
        self.apart(move |session| {
            session.run(async |line| {
                let loaded = async {
                    let live = line.live().await?;
                    live.client.batch_execute(verify::READ_ONE_MOMENT).await.map_err(error::PostgresFault::from)?;
                    let head = log::head(live).await?;
                    for resource in Resource::ALL {
                        let push = |row| {
                            push(&mut state, LoadedItem::Row(resource, row));
                            Ok(())
                        };
                        rows::read(live, resource, push).await?;
                    }
                    for record in Record::ALL {
                        let push = |id, body| {
                            push(&mut state, LoadedItem::Record(record, id, body));
                            Ok(())
                        };
                        records::read(live, record, push).await?;
                    }
                    Ok((state, head))
                };
                pulse.wait(LOAD_MAX, loaded).await.unwrap_or_else(|| Err(line::no_answer()))
            })
        })
        .await
    }

    pub async fn append<J: AppendDecider>(
        &self,
        known: LogHead,
        decide: J,
    ) -> Result<AppendedEvents<J>, AppendError<J::Refusal>> {
        let (moved, trouble) = (Arc::clone(&self.moved), Arc::clone(&self.trouble));
        let pace = decide.pace();
        let job = move |session: &mut PostgresSession| {
            let appended = session.run(async |line| append::append(line, known, decide, None).await);
            let (appended, _) = note(&trouble, appended)?;
            publish_head(&moved, appended.head);
            Ok(appended)
        };
        match pace {
            AppendPace::Long => self.writer.run(job).await,
            AppendPace::Quick => {
                let appended = self.writer.run_within(self.target.deadline, job).await;
                appended.unwrap_or_else(|| Err(StoreError::Busy(WAITED.to_owned()).into()))
            }
        }
    }

    pub async fn erase_payload<J: AppendDecider>(
        &self,
        known: LogHead,
        erasure: ErasedEvents,
        decide: J,
    ) -> Result<ErasureResult<J>, AppendError<J::Refusal>> {
        let (moved, trouble) = (Arc::clone(&self.moved), Arc::clone(&self.trouble));
        self.writer
            .run(move |session| {
                let appended = session.run(async |line| append::append(line, known, decide, Some(&erasure)).await);
                let (appended, counts) = note(&trouble, appended)?;
                publish_head(&moved, appended.head);
                Ok(ErasureResult { appended, counts, is_scrubbed: true })
            })
            .await
    }

    pub async fn audit_log(&self, query: AuditQuery) -> Result<Vec<AuditEvent>, StoreError> {
        ask(&self.teller, READING, async move |live| audit_log::audit_log(live, &query).await).await
    }

    pub async fn events_of(
        &self,
        objects: Vec<ObjectIds>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        ask(&self.teller, READING, async move |live| object_events::events_of(live, &objects, before, limit).await)
            .await
    }

    pub async fn states_of(&self, objects: Vec<ObjectIds>, at: Moment) -> Result<Vec<AuditEvent>, StoreError> {
        ask(&self.teller, READING, async move |live| object_events::states_of(live, &objects, at).await).await
    }

    pub async fn keyed_times(&self, until: u64) -> Result<Vec<KeyedTime>, StoreError> {
        ask(&self.teller, READING, async move |live| audit_log::keyed_times(live, until).await).await
    }

    pub async fn keyed_events(&self, after: u64, until: u64) -> Result<Vec<KeyedEvent>, StoreError> {
        ask(&self.teller, READING, async move |live| audit_log::keyed_events(live, after, until).await).await
    }

    pub async fn layout_now(&self) -> Result<u32, StoreError> {
        ask(&self.reader, self.target.deadline, async move |live| crate::aside::layout(live).await).await
    }

    pub async fn value(&self, name: String) -> Result<Option<String>, StoreError> {
        ask(&self.reader, self.target.deadline, async move |live| crate::aside::value(live, &name).await).await
    }

    pub async fn swap_value(&self, name: String, expected: Option<String>, new: String) -> Result<bool, StoreError> {
        let mut is_again = false;
        ask(&self.changer, self.target.deadline, async move |live| {
            let was_tried = std::mem::replace(&mut is_again, true);
            crate::aside::swap_value(live, &name, expected.as_deref(), &new, was_tried).await
        })
        .await
    }

    pub async fn note_use(
        &self,
        keys: Vec<KeyId>,
        mut body: impl FnMut(KeyId, Option<&str>) -> String + Send + 'static,
    ) -> Result<(), StoreError> {
        ask(&self.changer, self.target.deadline, async move |live| aside::note_use(live, &keys, &mut body).await).await
    }

    pub async fn uses(&self, keys: Option<Vec<KeyId>>) -> Result<Vec<(KeyId, String)>, StoreError> {
        ask(&self.teller, READING, async move |live| aside::uses(live, keys.as_deref()).await).await
    }

    pub async fn put_ceremony(&self, id: String, body: String, until: Moment) -> Result<bool, StoreError> {
        let mut is_again = false;
        ask(&self.changer, self.target.deadline, async move |live| {
            let was_tried = std::mem::replace(&mut is_again, true);
            crate::aside::put_ceremony(live, &id, &body, until, was_tried).await
        })
        .await
    }

    pub async fn take_ceremony(&self, id: String, now: Moment) -> Result<Option<String>, StoreError> {
        ask(&self.changer, self.target.deadline, async move |live| crate::aside::take_ceremony(live, &id, now).await)
            .await
    }

    pub async fn sweep_ceremonies(&self, now: Moment) -> Result<usize, StoreError> {
        ask(&self.changer, self.target.deadline, async move |live| crate::aside::sweep_ceremonies(live, now).await)
            .await
    }

    pub fn watch(&self) -> tokio::sync::watch::Receiver<LogHead> {
        self.moved.subscribe()
    }

    pub async fn verify_chain(
        &self,
        mut progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(move |session| session.run(async |line| Ok(verify::chain(line.live().await?, &mut progress).await?)))
            .await
    }

    pub async fn verify_rows(
        &self,
        mut progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(move |session| session.run(async |line| Ok(verify::rows(line.live().await?, &mut progress).await?)))
            .await
    }

    pub async fn check_engine(&self) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(|session| session.run(async |line| Ok(verify::engine(line.live().await?).await?))).await
    }

    pub async fn read_everything<S: Send + 'static>(
        &self,
        id: String,
        after: LogHead,
        mut state: S,
        mut push: impl FnMut(&mut S, BackupItem) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<S, StoreError> {
        self.apart(move |session| {
            session.run(async |line| {
                let live = line.live().await?;
                live.client.batch_execute(verify::READ_ONE_MOMENT).await.map_err(error::PostgresFault::from)?;
                everything::read(live, id, after, &mut |item| push(&mut state, item)).await?;
                Ok(state)
            })
        })
        .await
    }

    /// Fills an empty database, in one transaction.
    pub async fn restore(
        &self,
        mut next: impl FnMut() -> Result<Option<BackupItem>, StoreError> + Send + 'static,
    ) -> Result<LogHead, StoreError> {
        let moved = Arc::clone(&self.moved);
        self.apart(move |session| {
            let restored = session.run(async |line| append::restore(line, &mut next).await);
            let head = restored?;
            publish_head(&moved, head);
            Ok(head)
        })
        .await
    }

    /// Makes rows and records again from the log, in one transaction.
    pub async fn repair(
        &self,
        checked: LogHead,
        objects: Vec<(EventSubject, u32)>,
    ) -> Result<Option<RepairCounts>, StoreError> {
        self.apart(move |session| session.run(async |line| append::repair(line, checked, &objects).await)).await
    }

    pub fn database_time(&self) -> Option<Moment> {
        self.target.clock.now()
    }

    pub fn silence(&self) -> Duration {
        self.pulse.silence()
    }

    pub fn trouble(&self) -> Option<String> {
        self.trouble.get()
    }

    /// Waits until all started writes are done.
    pub async fn settle(&self) {
        self.writer.run(|_| ()).await;
        self.changer.run(|_| ()).await;
        self.teller.run(|_| ()).await;
    }

    /// Runs a long job on a connection of its own, so that it does not delay short ones.
    async fn apart<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut PostgresSession) -> Result<T, StoreError> + Send + 'static,
    {
        let target = Arc::clone(&self.target);
        blocking(move || {
            let mut session = PostgresSession::new(target, ConnectionPurpose::Long)
                .map_err(|error| StoreError::Engine(error.to_string()))?;
            job(&mut session)
        })
        .await
    }
}

fn target(
    server: &ServerAddress,
    location: &str,
    deadline: Duration,
    pulse: Arc<ConnectionPulse>,
) -> Result<Arc<ConnectionTarget>, StoreError> {
    let tls = tls::connector(server).map_err(|why| StoreError::Open { location: location.to_owned(), why })?;
    Ok(Arc::new(ConnectionTarget {
        hosts: server.hosts(),
        last_primary: AtomicUsize::new(0),
        tls,
        deadline,
        generation: AtomicU64::new(0),
        renewed: tokio::sync::Notify::new(),
        clock: DatabaseClock::new(),
        registry: OnceLock::new(),
        pulse,
    }))
}

/// Remembers whether the database accepts changes. If not, the watcher checks when it does again.
fn note<T, R>(trouble: &WriteTrouble, outcome: Result<T, AppendError<R>>) -> Result<T, AppendError<R>> {
    use StoreError::{Broken, Engine, Gone, Unknown, Unreachable};
    match &outcome {
        Ok(_) => trouble.clear(),
        Err(AppendError::Store(error @ (Broken(_) | Engine(_) | Gone(_) | Unknown(_) | Unreachable(_)))) => {
            trouble.set(&error.to_string());
        }
        Err(_) => {}
    }
    outcome
}

/// Notifies watchers of the end of the log.
fn publish_head(moved: &tokio::sync::watch::Sender<LogHead>, head: LogHead) {
    moved.send_if_modified(|known| std::mem::replace(known, head) != head);
}

/// Runs a query with a time limit, in which it also waits for earlier ones.
async fn ask<T: Send + 'static>(
    reader: &StoreWorker<PostgresSession>,
    limit: Duration,
    question: impl AsyncFnMut(&mut LiveConnection) -> Result<T, error::PostgresFault> + Send + 'static,
) -> Result<T, StoreError> {
    let until = Instant::now() + limit;
    let asked = reader.run_within(limit, move |session| {
        let left = until.saturating_duration_since(Instant::now());
        session.run(async |line| line.ask(left, question).await)
    });
    asked.await.unwrap_or_else(|| Err(StoreError::Busy(WAITED.to_owned())))
}
