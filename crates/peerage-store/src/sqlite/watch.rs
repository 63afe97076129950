//! A thread that looks every quarter of a second whether the log has moved, and keeps the write-ahead log short.
//!
//! Another process may write to the same file: an import at the command line beside a running server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use peerage_registry::Head;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::sqlite::log;

const EVERY: Duration = Duration::from_millis(250);

/// Bytes of the write-ahead log above which it is moved into the database, readers and writers undisturbed.
const WAL_BYTES: u64 = 4 << 20;

/// Dropping it ends the thread.
pub struct Watcher {
    _stop: Sender<()>,
}

/// Starts the thread; `connection` is its own.
pub fn start(connection: Connection, path: &Path, moved: Arc<watch::Sender<Head>>) -> std::io::Result<Watcher> {
    let (stop, stopped) = channel();
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let watched = Watched { connection, wal: PathBuf::from(wal), moved, seen: None };
    std::thread::Builder::new().name("store-watch".to_owned()).spawn(move || watched.run(&stopped))?;
    Ok(Watcher { _stop: stop })
}

struct Watched {
    connection: Connection,
    wal: PathBuf,
    moved: Arc<watch::Sender<Head>>,
    /// SQLite's count of changes by other connections.
    seen: Option<i64>,
}

impl Watched {
    fn run(mut self, stopped: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
            if let Err(error) = self.look() {
                tracing::warn!(error = %error, "cannot see whether the log has moved");
            }
        }
    }

    fn look(&mut self) -> Result<(), StoreError> {
        let version = self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if self.seen == Some(version) {
            return Ok(());
        }
        let head = log::head(&self.connection)?;
        self.seen = Some(version);
        self.moved.send_if_modified(|known| std::mem::replace(known, head) != head);
        if std::fs::metadata(&self.wal).is_ok_and(|wal| wal.len() > WAL_BYTES) {
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
}
