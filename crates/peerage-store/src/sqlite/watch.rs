//! A thread that checks four times a second whether the log has moved, and keeps the write-ahead log short.
//!
//! Another process can write to the same file: an import at the command line while a server runs. Somebody can also
//! remove or replace the file, which the thread notices too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use peerage_registry::LogHead;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::aside;
use crate::error::StoreError;
use crate::pulse::ConnectionPulse;
use crate::sqlite::files::DatabaseFiles;
use crate::sqlite::local::{LocalConnection, now};
use crate::sqlite::{connect, keep_apart, log, reader};
use crate::trouble::WriteTrouble;

const EVERY: Duration = Duration::from_millis(250);

/// Handle of the watching thread. Dropping it ends the thread.
pub struct SqliteWatcher {
    _stop: Sender<()>,
}

/// Starts the thread.
pub fn start(watched: WatchedDatabase, pulse: Arc<ConnectionPulse>) -> std::io::Result<SqliteWatcher> {
    let (stop, stopped) = channel();
    std::thread::Builder::new().name("store-watch".to_owned()).spawn(move || watched.run(&stopped, &pulse))?;
    Ok(SqliteWatcher { _stop: stop })
}

/// Number of checks of the files between two checks of their content with a new connection.
const LOOKS_BETWEEN: u32 = 4;

pub struct WatchedDatabase {
    connection: Connection,
    path: PathBuf,
    /// Id of the registry that was opened.
    id: String,
    moved: Arc<watch::Sender<LogHead>>,
    files: DatabaseFiles,
    trouble: Arc<WriteTrouble>,
    /// SQLite's counter of changes by other connections.
    seen: Option<i64>,
    looks: u32,
}

impl WatchedDatabase {
    /// Opens a connection for the thread.
    pub fn new(
        path: &Path,
        id: &str,
        moved: Arc<watch::Sender<LogHead>>,
        files: DatabaseFiles,
        trouble: Arc<WriteTrouble>,
        deadline: Duration,
    ) -> rusqlite::Result<WatchedDatabase> {
        let connection = connect(path)?;
        connection.busy_timeout(deadline)?;
        Ok(WatchedDatabase {
            connection,
            path: path.to_owned(),
            id: id.to_owned(),
            moved,
            files,
            trouble,
            seen: None,
            looks: 0,
        })
    }

    fn run(mut self, stopped: &Receiver<()>, pulse: &ConnectionPulse) {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
            match self.poll() {
                Ok(()) => pulse.beat(),
                Err(error @ StoreError::Gone(_)) => self.trouble.set(&error.to_string()),
                Err(StoreError::Broken(why)) => {
                    self.files.set_overwritten(&why);
                    if let Err(error) = self.files.check() {
                        self.trouble.set(&error.to_string());
                    }
                }
                Err(error) => tracing::warn!(error = %error, "cannot check the log for new events"),
            }
        }
        if self.files.is_overwritten() {
            keep_apart(&self.connection);
        }
    }

    fn poll(&mut self) -> Result<(), StoreError> {
        self.files.check()?;
        self.looks += 1;
        if self.looks.is_multiple_of(LOOKS_BETWEEN) {
            self.check_content()?;
            self.try_to_write();
        }
        let version = self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if self.seen == Some(version) {
            return Ok(());
        }
        let head = log::head(&self.connection)?;
        self.seen = Some(version);
        self.moved.send_if_modified(|known| std::mem::replace(known, head) != head);
        Ok(self.files.wal().move_into(&self.connection)?)
    }

    /// Opens a new connection to check whether another registry was copied over the file. Connections that are already
    /// open may still see what they have in memory.
    fn check_content(&self) -> Result<(), StoreError> {
        let look = || {
            let known = log::head(&self.connection)?;
            let fresh = reader(&self.path)?;
            if now(aside::value(&mut LocalConnection(&fresh), "id"))?.as_ref() != Some(&self.id) {
                return Ok(Some("it holds another registry"));
            }
            // If a backup is restored by statements, both connections see the change. If a file is copied over, only
            // the new one does.
            let is_held = known.sequence == 0 || log::head(&fresh)? == known || log::holds(&fresh, known)?;
            let is_older = !is_held && log::head(&self.connection)? == known;
            Ok(is_older.then_some("it no longer holds the latest events"))
        };
        match look() {
            Ok(Some(why)) => {
                self.files.set_overwritten(why);
                self.files.check()
            }
            Err(StoreError::Broken(why)) => {
                self.files.set_overwritten(&why);
                self.files.check()
            }
            // Nothing is wrong, or it could not be checked this time and will be checked again.
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// Checks whether the disk accepts writes again after a write has failed.
    fn try_to_write(&self) {
        if self.trouble.get().is_some()
            && self.connection.execute("UPDATE \"head\" SET \"sequence\" = \"sequence\"", []).is_ok()
        {
            self.trouble.clear();
        }
    }
}
