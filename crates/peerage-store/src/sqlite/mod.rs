//! The engine for a single machine: a SQLite file with a write-ahead log, flushed at every commit.

mod append;
mod aside;
mod erase;
mod error;
mod files;
mod jobs;
mod load;
mod local;
mod log;
pub mod migrate;
mod records;
mod rows;
mod verify;
mod watch;
mod write_ahead_log;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use peerage_registry::ids::KeyId;
use peerage_registry::moment::Moment;
use peerage_registry::{ErasedEvents, Event, LogHead};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::audit_log::{self, AuditEvent, AuditQuery, KeyedEvent, KeyedTime};
use crate::decide::{AppendDecider, AppendPace, AppendedEvents, EVENTS_MISSED_MAX};
use crate::erase::ErasureResult;
use crate::error::{AppendError, StoreError};
use crate::everything::{self, BackupItem};
use crate::loaded::LoadedItem;
use crate::location::StoreLocation;
use crate::migrate::FoundLayout;
use crate::object_events::{self, ObjectIds};
use crate::pulse::ConnectionPulse;
use crate::trouble::WriteTrouble;
use crate::verify::LogFinding;
use crate::worker::{StoreWorker, blocking};
use files::DatabaseFiles;
use local::{LocalConnection, now};

/// How long imports, erasures and opening the file wait for the write lock. A change that a request waits for has the
/// deadline of the store: an import holds the lock for longer, and the client is then told to try again.
const BUSY_LONG: Duration = Duration::from_secs(30);

/// Pause before a file that other processes open at this moment is opened again.
const OPEN_AGAIN: Duration = Duration::from_millis(10);

/// Page cache of the writer, in KiB.
const WRITER_CACHE_KB: i64 = 64 << 10;

/// The same between imports: a change needs few pages, and the system keeps the others in memory as well.
const CHANGE_CACHE_KB: i64 = 8 << 10;

/// Capacity of a connection's statement cache: enough for all statements.
const STATEMENTS: usize = 64;

/// A registry in a SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    deadline: Duration,
    writer: StoreWorker<Connection>,
    reader: StoreWorker<Connection>,
    /// Connection for queries that may take longer, so that they do not delay followers of the log.
    teller: StoreWorker<Connection>,
    moved: Arc<tokio::sync::watch::Sender<LogHead>>,
    files: DatabaseFiles,
    trouble: Arc<WriteTrouble>,
    pulse: Arc<ConnectionPulse>,
    _watcher: watch::SqliteWatcher,
}

impl SqliteStore {
    /// Opens the file, or creates it, and returns the store with the id of the registry.
    pub async fn open(path: &Path, deadline: Duration, fresh_id: &str) -> Result<(SqliteStore, String), StoreError> {
        let (path, fresh_id) = (path.to_owned(), fresh_id.to_owned());
        blocking(move || SqliteStore::open_blocking(path, deadline, &fresh_id)).await
    }

    fn open_blocking(path: PathBuf, deadline: Duration, fresh_id: &str) -> Result<(SqliteStore, String), StoreError> {
        let location = StoreLocation::file(&path).to_string();
        let cannot =
            |why: &dyn std::fmt::Display| StoreError::Open { location: location.clone(), why: why.to_string() };
        create(&path).map_err(|error| cannot(&error))?;
        let mut writer = open_wal(&path).map_err(|error| cannot(&error))?;
        if writer.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))? != "wal" {
            return Err(cannot(&"its file system cannot share memory between processes, which writing ahead needs"));
        }
        writer.pragma_update(None, "cache_size", -WRITER_CACHE_KB)?;
        let id = migrate::migrate(&mut writer, &location, fresh_id)?;
        erase::try_scrub(&writer);
        writer.busy_timeout(deadline)?;
        writer.pragma_update(None, "cache_size", -CHANGE_CACHE_KB)?;
        let files = DatabaseFiles::of(&path).map_err(|error| cannot(&error))?;
        let trouble = Arc::new(WriteTrouble::default());
        let pulse = Arc::new(ConnectionPulse::new());
        let teller = reader(&path)?;
        let reader = reader(&path)?;
        let head = log::head(&reader)?;
        let moved = Arc::new(tokio::sync::watch::Sender::new(head));
        let start = || -> std::io::Result<_> {
            let subject = watch::WatchedDatabase::new(
                &path,
                &id,
                Arc::clone(&moved),
                files.clone(),
                Arc::clone(&trouble),
                deadline,
            );
            let watcher = watch::start(subject.map_err(std::io::Error::other)?, Arc::clone(&pulse))?;
            let writer = StoreWorker::start("store-write", writer)?;
            let reader = StoreWorker::start("store-read", reader)?;
            Ok((writer, reader, StoreWorker::start("store-tell", teller)?, watcher))
        };
        let (writer, reader, teller, watcher) = start().map_err(|error| cannot(&error))?;
        Ok((
            SqliteStore { path, deadline, writer, reader, teller, moved, files, trouble, pulse, _watcher: watcher },
            id,
        ))
    }

    /// Reads the version of the tables, and changes nothing.
    pub async fn layout(path: &Path) -> Result<FoundLayout, StoreError> {
        let path = path.to_owned();
        blocking(move || {
            if !path.exists() {
                return Ok(FoundLayout::Empty);
            }
            let location = StoreLocation::file(&path).to_string();
            let opened =
                reader(&path).map_err(|error| StoreError::Open { location: location.clone(), why: error.to_string() });
            migrate::layout(&opened?, &location)
        })
        .await
    }

    pub async fn head(&self) -> Result<LogHead, StoreError> {
        self.reader.run(|connection| log::head(connection)).await
    }

    pub async fn holds(&self, event: LogHead) -> Result<bool, StoreError> {
        self.reader.run(move |connection| log::holds(connection, event)).await
    }

    pub async fn kinds(&self) -> Result<Vec<String>, StoreError> {
        self.reader.run(|connection| now(crate::records::kinds(&mut LocalConnection(connection)))).await
    }

    pub async fn tail(&self, after: LogHead, limit: usize) -> Result<Vec<Event>, StoreError> {
        let limit = EVENTS_MISSED_MAX.min(limit as u64);
        self.reader.run(move |connection| now(crate::log::tail(&mut LocalConnection(connection), after, limit))).await
    }

    pub async fn load_into<S, P>(&self, mut state: S, mut push: P) -> Result<(S, LogHead), StoreError>
    where
        S: Send + 'static,
        P: FnMut(&mut S, LoadedItem) + Send + 'static,
    {
        let path = self.path.clone();
        self.apart(move |connection| {
            let head = load::read_all(connection, &path, |loaded| push(&mut state, loaded))?;
            Ok((state, head))
        })
        .await
    }

    pub async fn append<J: AppendDecider>(
        &self,
        known: LogHead,
        decide: J,
    ) -> Result<AppendedEvents<J>, AppendError<J::Refusal>> {
        let (moved, pace) = (Arc::clone(&self.moved), decide.pace());
        self.write(pace, move |connection, files| {
            let (appended, _) = append::append(connection, files, known, decide, None)?;
            publish_head(&moved, appended.head);
            Ok(appended)
        })
        .await
    }

    pub async fn erase_payload<J: AppendDecider>(
        &self,
        known: LogHead,
        erasure: ErasedEvents,
        decide: J,
    ) -> Result<ErasureResult<J>, AppendError<J::Refusal>> {
        let moved = Arc::clone(&self.moved);
        self.write(AppendPace::Long, move |connection, files| {
            let (appended, counts) = append::append(connection, files, known, decide, Some(&erasure))?;
            publish_head(&moved, appended.head);
            Ok(ErasureResult { appended, counts, is_scrubbed: erase::try_scrub(connection) })
        })
        .await
    }

    pub async fn audit_log(&self, query: AuditQuery) -> Result<Vec<AuditEvent>, StoreError> {
        self.teller.run(move |connection| now(audit_log::audit_log(&mut LocalConnection(connection), &query))).await
    }

    pub async fn events_of(
        &self,
        objects: Vec<ObjectIds>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        self.teller
            .run(move |connection| {
                now(object_events::events_of(&mut LocalConnection(connection), &objects, before, limit))
            })
            .await
    }

    pub async fn states_of(&self, objects: Vec<ObjectIds>, at: Moment) -> Result<Vec<AuditEvent>, StoreError> {
        self.teller
            .run(move |connection| now(object_events::states_of(&mut LocalConnection(connection), &objects, at)))
            .await
    }

    pub async fn keyed_times(&self, until: u64) -> Result<Vec<KeyedTime>, StoreError> {
        self.teller.run(move |connection| now(audit_log::keyed_times(&mut LocalConnection(connection), until))).await
    }

    pub async fn keyed_events(&self, after: u64, until: u64) -> Result<Vec<KeyedEvent>, StoreError> {
        self.teller
            .run(move |connection| now(audit_log::keyed_events(&mut LocalConnection(connection), after, until)))
            .await
    }

    pub async fn layout_now(&self) -> Result<u32, StoreError> {
        self.reader.run(move |connection| now(crate::aside::layout(&mut LocalConnection(connection)))).await
    }

    pub async fn value(&self, name: String) -> Result<Option<String>, StoreError> {
        self.reader.run(move |connection| now(crate::aside::value(&mut LocalConnection(connection), &name))).await
    }

    pub async fn swap_value(&self, name: String, expected: Option<String>, new: String) -> Result<bool, StoreError> {
        let job = move |connection: &mut Connection, _: &DatabaseFiles| {
            now(crate::aside::swap_value(&mut LocalConnection(connection), &name, expected.as_deref(), &new, false))
        };
        self.write(AppendPace::Quick, job).await
    }

    pub async fn note_use(
        &self,
        keys: Vec<KeyId>,
        body: impl FnMut(KeyId, Option<&str>) -> String + Send + 'static,
    ) -> Result<(), StoreError> {
        self.write(AppendPace::Quick, move |connection, _| aside::note_use(connection, &keys, body)).await
    }

    pub async fn uses(&self, keys: Option<Vec<KeyId>>) -> Result<Vec<(KeyId, String)>, StoreError> {
        self.teller.run(move |connection| aside::uses(connection, keys.as_deref())).await
    }

    pub async fn put_ceremony(&self, id: String, body: String, until: Moment) -> Result<bool, StoreError> {
        self.write(AppendPace::Quick, move |connection, _| {
            now(crate::aside::put_ceremony(&mut LocalConnection(connection), &id, &body, until, false))
        })
        .await
    }

    pub async fn take_ceremony(&self, id: String, now: Moment) -> Result<Option<String>, StoreError> {
        self.write(AppendPace::Quick, move |connection, _| {
            local::now(crate::aside::take_ceremony(&mut LocalConnection(connection), &id, now))
        })
        .await
    }

    pub async fn sweep_ceremonies(&self, now: Moment) -> Result<usize, StoreError> {
        self.write(AppendPace::Quick, move |connection, _| {
            local::now(crate::aside::sweep_ceremonies(&mut LocalConnection(connection), now))
        })
        .await
    }

    pub fn watch(&self) -> tokio::sync::watch::Receiver<LogHead> {
        self.moved.subscribe()
    }

    pub async fn verify_chain(
        &self,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(move |connection| verify::chain(connection, progress)).await
    }

    pub async fn verify_rows(&self, progress: impl FnMut(u64) + Send + 'static) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(move |connection| verify::rows(connection, progress)).await
    }

    pub async fn check_engine(&self) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(verify::engine).await
    }

    pub async fn read_everything<S: Send + 'static>(
        &self,
        id: String,
        after: LogHead,
        mut state: S,
        mut push: impl FnMut(&mut S, BackupItem) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<S, StoreError> {
        self.apart(move |connection| {
            let transaction = connection.transaction()?;
            let local = &mut LocalConnection(&transaction);
            now(everything::read(local, id, after, &mut |item| push(&mut state, item)))?;
            Ok(state)
        })
        .await
    }

    /// Fills an empty database, in one transaction.
    pub async fn restore(
        &self,
        mut next: impl FnMut() -> Result<Option<BackupItem>, StoreError> + Send + 'static,
    ) -> Result<LogHead, StoreError> {
        let moved = Arc::clone(&self.moved);
        self.write(AppendPace::Long, move |connection, files| {
            let head = append::restore(connection, files, &mut next)?;
            publish_head(&moved, head);
            Ok(head)
        })
        .await
    }

    /// Moves the write-ahead log into the database.
    pub async fn settle(&self) {
        if self.files.check().is_err() && self.files.is_overwritten() {
            // The write-ahead log no longer belongs to the file, and would corrupt it.
            for worker in [&self.writer, &self.reader, &self.teller] {
                worker.run(|connection| keep_apart(connection)).await;
            }
            return;
        }
        self.writer.run(|connection| write_ahead_log::empty(connection)).await;
    }

    pub fn silence(&self) -> Duration {
        self.pulse.silence()
    }

    pub fn trouble(&self) -> Option<String> {
        self.trouble.get()
    }
}

/// Notifies watchers of the end of the log.
fn publish_head(moved: &tokio::sync::watch::Sender<LogHead>, head: LogHead) {
    moved.send_if_modified(|known| std::mem::replace(known, head) != head);
}

/// Creates an empty file that only its owner can read, and its parent folders. SQLite gives the files next to it the
/// same mode.
fn create(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Err(std::io::Error::other("it is a directory; name a file in it"));
    }
    if path.exists() {
        return Ok(());
    }
    let path = std::path::absolute(path)?;
    let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|folder| !folder.exists()).collect();
    if let Some(folder) = missing.first() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.sync_all()?;
    path.ancestors().take(missing.len() + 1).try_for_each(flush_entry)
}

/// Ensures that the name of a file or folder survives a power failure.
fn flush_entry(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Connects, and switches the file to a write-ahead log if its file system can have one.
///
/// While several processes do this to a new file at once, SQLite refuses some of them immediately, without the wait of
/// `busy_timeout`, since two of them could wait for each other. So they begin again.
fn open_wal(path: &Path) -> rusqlite::Result<Connection> {
    let until = Instant::now() + BUSY_LONG;
    loop {
        let opened = connect(path).and_then(|connection| {
            connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
            Ok(connection)
        });
        match opened {
            Err(error) if error::is_busy(&error) && Instant::now() < until => std::thread::sleep(OPEN_AGAIN),
            opened => return opened,
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // The path is used literally, never as a URI or as the name of an in-memory database.
    let path = if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) };
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_LONG)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A confirmed commit must survive a power failure.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The watcher makes checkpoints, so that no commit waits for one.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Prevents a checkpoint when the connection is closed.
fn keep_apart(connection: &Connection) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::warn!(error = %error, "the write-ahead log may be moved into the file");
    }
}

fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
