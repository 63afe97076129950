//! The files of a registry, and whether they are still the ones that were opened.
//!
//! If a file is removed or replaced, SQLite goes on writing to the old one, which no longer has a name, and everything
//! written is lost when the process ends. So each write checks the names first, which takes less than a microsecond
//! each.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use peerage_registry::LogHead;

use crate::error::StoreError;
use crate::sqlite::write_ahead_log::WriteAheadLog;
use crate::sqlite::{log, reader};

/// A file as the operating system identifies it, regardless of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity {
    device: u64,
    inode: u64,
}

fn identity(path: &Path) -> std::io::Result<FileIdentity> {
    let found = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok(FileIdentity { device: found.dev(), inode: found.ino() })
    }
    #[cfg(not(unix))]
    {
        // On systems without inode numbers, only a removal is noticed.
        let _ = found;
        Ok(FileIdentity { device: 0, inode: 0 })
    }
}

/// What SQLite adds to the name of a database for that of its write-ahead log.
const WAL_END: &str = "-wal";

/// The database, and the two files that SQLite keeps next to it.
#[derive(Debug, Clone)]
pub struct DatabaseFiles {
    database: PathBuf,
    known: Vec<(PathBuf, FileIdentity)>,
    /// Why the content is no longer that of the registry, once that was noticed. It is never reset: the state in memory
    /// and the content of the file no longer belong together.
    overwritten: Arc<OnceLock<String>>,
    /// The last head that was written.
    head: Arc<Mutex<Option<LogHead>>>,
    /// Size of the write-ahead log after our last commit, in bytes.
    wal_bytes: Arc<AtomicU64>,
    wal: Arc<WriteAheadLog>,
}

impl DatabaseFiles {
    /// Records the files as they are now. Called after the database was opened and written to.
    pub fn of(database: &Path) -> std::io::Result<DatabaseFiles> {
        let mut known = Vec::new();
        let beside = |end: &str| {
            let mut path = database.as_os_str().to_owned();
            path.push(end);
            PathBuf::from(path)
        };
        for path in ["", WAL_END, "-shm"].map(beside) {
            let found = identity(&path)?;
            known.push((path, found));
        }
        Ok(DatabaseFiles {
            database: database.to_owned(),
            known,
            overwritten: Arc::default(),
            head: Arc::default(),
            wal_bytes: Arc::default(),
            wal: Arc::new(WriteAheadLog::new(beside(WAL_END))),
        })
    }

    pub fn wal(&self) -> &WriteAheadLog {
        &self.wal
    }

    /// Records that something else was copied over the database.
    pub fn set_overwritten(&self, why: &str) {
        self.overwritten.get_or_init(|| {
            format!(
                "{} was overwritten or damaged while it was in use: {why}. Stop the server, and restore a backup.",
                self.database.display()
            )
        });
    }

    /// Whether the files no longer contain what was written to them. If so, no checkpoint may be made.
    pub fn is_overwritten(&self) -> bool {
        self.overwritten.get().is_some()
    }

    /// Records the head that a commit has written.
    pub fn note_head(&self, head: LogHead) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    /// Records the size of the write-ahead log after a commit.
    pub fn note_wal(&self) {
        if let Some(bytes) = self.wal_bytes_now() {
            self.wal_bytes.store(bytes, Ordering::Relaxed);
        }
    }

    fn wal_bytes_now(&self) -> Option<u64> {
        self.wal.bytes()
    }

    /// Checks the write-ahead log. If it has become shorter, either another process has moved it into the database, or
    /// it was truncated and its pages are lost.
    fn check_wal(&self) {
        let known = self.wal_bytes.load(Ordering::Relaxed);
        let Some(bytes) = self.wal_bytes_now().filter(|bytes| *bytes < known) else { return };
        let read = || {
            let fresh = reader(&self.database)?;
            let head = match *self.head.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(head) => head,
                None => log::head(&fresh)?,
            };
            Ok(head.sequence == 0 || log::holds(&fresh, head)?)
        };
        match read() {
            Ok(true) => {
                let _ = self.wal_bytes.compare_exchange(known, bytes, Ordering::Relaxed, Ordering::Relaxed);
            }
            Ok(false) => self.set_overwritten("its write-ahead log was cut off"),
            Err(StoreError::Busy(_)) => {}
            Err(error) => self.set_overwritten(&format!("its write-ahead log was cut off ({error})")),
        }
    }

    /// Checks that all files are still there.
    ///
    /// # Errors
    /// [`StoreError::Gone`].
    pub fn check(&self) -> Result<(), StoreError> {
        if let Some(why) = self.overwritten.get() {
            return Err(StoreError::Gone(why.clone()));
        }
        for (path, known) in &self.known {
            let what = match identity(path) {
                Ok(found) if found == *known => continue,
                Ok(_) => "was replaced by another file",
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => "was removed",
                Err(error) => return Err(StoreError::Gone(format!("{} cannot be looked at: {error}", path.display()))),
            };
            let advice = if *path == self.database {
                "Put the file back, or restart the server with the file that you want."
            } else {
                "Stop the server, which writes what it still holds into the database, and start it again."
            };
            return Err(StoreError::Gone(format!("{} {what} while it was in use. {advice}", path.display())));
        }
        self.check_wal();
        if let Some(why) = self.overwritten.get() {
            return Err(StoreError::Gone(why.clone()));
        }
        Ok(())
    }
}
