//! The files that a registry lies in, and whether they are still the ones that were opened.
//!
//! A file that is removed or replaced stays open: SQLite goes on writing to what no longer has a name, and all of that is
//! gone when the process ends. So each write looks at the names first, which costs less than a microsecond each.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use peerage_registry::Head;

use crate::error::StoreError;
use crate::sqlite::{log, reader};

/// A file as the system knows it, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

fn identity(path: &Path) -> std::io::Result<Identity> {
    let found = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok(Identity { device: found.dev(), inode: found.ino() })
    }
    #[cfg(not(unix))]
    {
        // Without such numbers only a removal is seen.
        let _ = found;
        Ok(Identity { device: 0, inode: 0 })
    }
}

/// The database and the two files that SQLite keeps beside it.
#[derive(Debug, Clone)]
pub struct Files {
    database: PathBuf,
    known: Vec<(PathBuf, Identity)>,
    /// Why the content is no longer that of the registry, once that was seen. It stays so: what is in memory and what is
    /// in the file no longer belong together.
    overwritten: Arc<OnceLock<String>>,
    /// The head that was written last.
    head: Arc<Mutex<Option<Head>>>,
    /// Bytes of the write-ahead log after our last commit.
    wal_bytes: Arc<AtomicU64>,
}

impl Files {
    /// Remembers the files as they are now, when the database has been opened and written to.
    pub fn of(database: &Path) -> std::io::Result<Files> {
        let mut known = Vec::new();
        for end in ["", "-wal", "-shm"] {
            let mut path = database.as_os_str().to_owned();
            path.push(end);
            let path = PathBuf::from(path);
            let found = identity(&path)?;
            known.push((path, found));
        }
        Ok(Files {
            database: database.to_owned(),
            known,
            overwritten: Arc::default(),
            head: Arc::default(),
            wal_bytes: Arc::default(),
        })
    }

    /// Remembers that something else was copied over the database.
    pub fn set_overwritten(&self, why: &str) {
        self.overwritten.get_or_init(|| {
            format!(
                "{} was overwritten or damaged while it was in use: {why}. Stop the server, and restore a backup.",
                self.database.display()
            )
        });
    }

    /// Whether what is in the files is no longer what was written to them: nothing more may be moved between them.
    pub fn is_overwritten(&self) -> bool {
        self.overwritten.get().is_some()
    }

    /// Remembers the head that a commit has written.
    pub fn note_head(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    /// Remembers how long the write-ahead log is after a commit.
    pub fn note_wal(&self) {
        if let Some(bytes) = self.wal_bytes_now() {
            self.wal_bytes.store(bytes, Ordering::Relaxed);
        }
    }

    fn wal_bytes_now(&self) -> Option<u64> {
        self.known.get(1).and_then(|(path, _)| std::fs::metadata(path).ok()).map(|found| found.len())
    }

    /// A write-ahead log that has become shorter was emptied by a process that moved it into the database, or was cut
    /// off: then its pages cannot be read.
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

    /// Looks whether all are still there.
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
