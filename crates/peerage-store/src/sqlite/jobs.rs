//! How the store runs its jobs on the file.

use std::sync::Arc;

use rusqlite::Connection;

use crate::decide::AppendPace;
use crate::error::{AppendError, StoreError};
use crate::sqlite::files::DatabaseFiles;
use crate::sqlite::{CHANGE_CACHE_KB, SqliteStore, WRITER_CACHE_KB, reader};
use crate::worker::{WAITED, blocking};

impl SqliteStore {
    /// Runs a write, if the files are still those that were opened.
    pub(super) async fn write<T, E>(
        &self,
        pace: AppendPace,
        job: impl FnOnce(&mut Connection, &DatabaseFiles) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + StoreFailure + Send + 'static,
    {
        let (files, trouble) = (self.files.clone(), Arc::clone(&self.trouble));
        let job = move |connection: &mut Connection| {
            if pace == AppendPace::Long {
                set_cache(connection, WRITER_CACHE_KB);
            }
            let outcome = files.check().map_err(E::from).and_then(|()| job(connection, &files));
            if pace == AppendPace::Long {
                set_cache(connection, CHANGE_CACHE_KB);
            }
            if outcome.is_ok() {
                files.note_wal();
            }
            match outcome.as_ref().err().and_then(StoreFailure::store_error) {
                Some(error @ StoreError::Broken(why)) => {
                    files.set_overwritten(why);
                    trouble.set(&error.to_string());
                }
                Some(error @ (StoreError::Gone(_) | StoreError::Engine(_))) => trouble.set(&error.to_string()),
                None if outcome.is_ok() => trouble.clear(),
                _ => {}
            }
            outcome
        };
        let outcome = match pace {
            AppendPace::Long => self.writer.run(job).await,
            AppendPace::Quick => {
                let written = self.writer.run_within(self.deadline, job).await;
                written.unwrap_or_else(|| Err(StoreError::Busy(WAITED.to_owned()).into()))
            }
        };
        if self.files.wal().take_due() {
            let files = self.files.clone();
            self.writer.add(move |connection| {
                if files.check().is_ok() {
                    files.wal().restart(connection);
                }
            });
        }
        outcome
    }

    /// Runs a long job on a connection of its own, so that it does not delay short ones.
    pub(super) async fn apart<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let path = self.path.clone();
        blocking(move || job(&mut reader(&path)?)).await
    }
}

/// Sets how many KiB of pages a connection keeps.
fn set_cache(connection: &Connection, kilobytes: i64) {
    if let Err(error) = connection.pragma_update(None, "cache_size", -kilobytes) {
        tracing::debug!(error = %error, "the size of a cache stays as it was");
    }
}

/// An error that can be one of the store.
pub(super) trait StoreFailure {
    fn store_error(&self) -> Option<&StoreError>;
}

impl StoreFailure for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl<E> StoreFailure for AppendError<E> {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            AppendError::Refused(_) => None,
            AppendError::Store(error) => Some(error),
        }
    }
}
