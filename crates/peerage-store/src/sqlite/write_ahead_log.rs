//! Moves the write-ahead log into the database, and keeps it short.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// Size of the write-ahead log, in bytes, above which it is moved into the database.
const MOVED_BYTES: u64 = 4 << 20;

/// Size from which a writer moves the rest.
const RESTARTED_BYTES: u64 = 32 << 20;

/// How long readers are waited for. Writers wait meanwhile.
const EMPTY_BUSY: Duration = Duration::from_secs(1);
const RESTART_BUSY: Duration = Duration::from_millis(50);

/// How long a reader that prevented a restart is left alone.
const RESTART_PAUSE: Duration = Duration::from_secs(2);

/// Moves the write-ahead log into the database and empties it. Returns whether that succeeded. Readers can prevent it,
/// which is harmless: it is retried.
pub fn empty(connection: &Connection) -> bool {
    run(connection, "PRAGMA wal_checkpoint(TRUNCATE)", EMPTY_BUSY)
}

fn run(connection: &Connection, statement: &str, busy: Duration) -> bool {
    let Ok(usual) = busy_timeout(connection) else { return false };
    let outcome = connection
        .busy_timeout(busy.min(usual))
        .and_then(|()| connection.query_row(statement, [], |row| row.get::<_, i64>(0)));
    let outcome = connection.busy_timeout(usual).and(outcome);
    if let Err(error) = &outcome {
        tracing::debug!(error = %error, "could not move the write-ahead log into the database");
    }
    matches!(outcome, Ok(0))
}

/// How long the connection waits for locks.
pub fn busy_timeout(connection: &Connection) -> rusqlite::Result<Duration> {
    connection
        .query_row("PRAGMA busy_timeout", [], |row| row.get::<_, u32>(0))
        .map(|limit| Duration::from_millis(limit.into()))
}

/// The write-ahead log of a database. It begins again from the start of its file when all of it has been moved into the
/// database. While changes come without a pause, the watcher never finds that so. Then it says that a restart is due,
/// and the thread that writes does it between two changes.
#[derive(Debug)]
pub struct WriteAheadLog {
    path: PathBuf,
    is_due: AtomicBool,
    /// When readers last prevented it.
    prevented: Mutex<Option<Instant>>,
}

impl WriteAheadLog {
    pub fn new(path: PathBuf) -> WriteAheadLog {
        WriteAheadLog { path, is_due: AtomicBool::new(false), prevented: Mutex::new(None) }
    }

    /// The length of its file, if that is there.
    pub fn bytes(&self) -> Option<u64> {
        std::fs::metadata(&self.path).ok().map(|found| found.len())
    }

    /// Moves it into the database if it is long, without disturbing readers or writers.
    pub fn move_into(&self, connection: &Connection) -> rusqlite::Result<()> {
        if self.bytes().is_none_or(|bytes| bytes <= MOVED_BYTES) {
            return Ok(());
        }
        // The file keeps its length, so the pages in use are counted.
        let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
        let page_bytes: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let is_long = u64::try_from(pages).unwrap_or(0) * u64::from(page_bytes) > RESTARTED_BYTES;
        let prevented = *self.prevented.lock().unwrap_or_else(PoisonError::into_inner);
        let may_try = prevented.is_none_or(|at| at.elapsed() > RESTART_PAUSE);
        self.is_due.store(is_long && may_try, Ordering::Relaxed);
        Ok(())
    }

    /// Whether a restart is due. Whoever is told so does it.
    pub fn take_due(&self) -> bool {
        self.is_due.load(Ordering::Relaxed) && self.is_due.swap(false, Ordering::Relaxed)
    }

    /// Moves the rest into the database and begins again from the start.
    pub fn restart(&self, connection: &Connection) {
        let is_done = run(connection, "PRAGMA wal_checkpoint(RESTART)", RESTART_BUSY);
        *self.prevented.lock().unwrap_or_else(PoisonError::into_inner) = (!is_done).then(Instant::now);
    }
}
