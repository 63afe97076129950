//! A thread that looks every quarter of a second whether the log has moved, and keeps the write-ahead log short.
//!
//! Another process may write to the same file: an import at the command line beside a running server. And somebody may
//! remove the file or put another in its place, which the thread notices too.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use peerage_registry::Head;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::aside;
use crate::error::StoreError;
use crate::pulse::Pulse;
use crate::sqlite::files::Files;
use crate::sqlite::local::{Local, now};
use crate::sqlite::{BUSY, connect, keep_apart, log, reader};
use crate::trouble::Trouble;

const EVERY: Duration = Duration::from_millis(250);

/// Bytes of the write-ahead log above which it is moved into the database, readers and writers undisturbed.
const WAL_BYTES: u64 = 4 << 20;

/// Dropping it ends the thread.
pub struct Watcher {
    _stop: Sender<()>,
}

/// Starts the thread.
pub fn start(watched: Watched, pulse: Arc<Pulse>) -> std::io::Result<Watcher> {
    let (stop, stopped) = channel();
    std::thread::Builder::new().name("store-watch".to_owned()).spawn(move || watched.run(&stopped, &pulse))?;
    Ok(Watcher { _stop: stop })
}

/// Looks at files between two looks at what a new connection finds in them.
const LOOKS_BETWEEN: u32 = 4;

pub struct Watched {
    connection: Connection,
    path: PathBuf,
    wal: PathBuf,
    /// Names the registry that was opened.
    id: String,
    moved: Arc<watch::Sender<Head>>,
    files: Files,
    trouble: Arc<Trouble>,
    /// SQLite's count of changes by other connections.
    seen: Option<i64>,
    looks: u32,
}

impl Watched {
    /// What the thread needs, with a connection of its own.
    pub fn new(
        path: &Path,
        id: &str,
        moved: Arc<watch::Sender<Head>>,
        files: Files,
        trouble: Arc<Trouble>,
    ) -> rusqlite::Result<Watched> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let connection = connect(path)?;
        connection.busy_timeout(BUSY)?;
        Ok(Watched {
            connection,
            path: path.to_owned(),
            wal: PathBuf::from(wal),
            id: id.to_owned(),
            moved,
            files,
            trouble,
            seen: None,
            looks: 0,
        })
    }

    fn run(mut self, stopped: &Receiver<()>, pulse: &Pulse) {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
            match self.look() {
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

    fn look(&mut self) -> Result<(), StoreError> {
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
        if std::fs::metadata(&self.wal).is_ok_and(|wal| wal.len() > WAL_BYTES) {
            self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Looks with a new connection whether another registry was copied over the file: connections that are open may go on
    /// seeing what they have in memory.
    fn check_content(&self) -> Result<(), StoreError> {
        let look = || {
            let known = log::head(&self.connection)?;
            let fresh = reader(&self.path)?;
            if now(aside::value(&mut Local(&fresh), "id"))?.as_ref() != Some(&self.id) {
                return Ok(Some("it holds another registry"));
            }
            // Whoever restores a backup by statements moves what both connections see; a file that is copied over does
            // not.
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
            // Nothing is wrong, or it could not be looked at now and is looked at again.
            Ok(None) | Err(_) => Ok(()),
        }
    }

    /// After a write has failed: looks whether the disk takes one again.
    fn try_to_write(&self) {
        if self.trouble.get().is_some()
            && self.connection.execute("UPDATE \"head\" SET \"sequence\" = \"sequence\"", []).is_ok()
        {
            self.trouble.clear();
        }
    }
}
