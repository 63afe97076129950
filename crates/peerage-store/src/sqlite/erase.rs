//! Erases payload from the log and from the file.

use std::time::Duration;

use peerage_registry::ErasedEvents;
use rusqlite::Connection;

use crate::aside;
use crate::erase::{self, ErasureCounts};
use crate::error::StoreError;
use crate::sqlite::local::{LocalConnection, now};
use crate::sqlite::write_ahead_log;
use crate::values::SCRUB;

pub const ERASE_ACTOR: &str = "UPDATE \"event\" SET \"actor\" = NULL, \"person\" = NULL, \"key_id\" = NULL, \
     \"salt\" = CAST(zeroblob(16) || substr(\"salt\", -16) AS BLOB) WHERE \"sequence\" BETWEEN ?1 AND ?2 \
     AND \"actor\" IS NOT NULL";
pub const ERASE_ROWS: &str = "UPDATE \"event\" SET \"before\" = NULL, \"after\" = NULL, \
     \"salt\" = CAST(substr(\"salt\", 1, 16) || zeroblob(16) AS BLOB) WHERE \"sequence\" BETWEEN ?1 AND ?2 \
     AND (\"before\" IS NOT NULL OR \"after\" IS NOT NULL)";
pub const SCRUBBED: &str = "DELETE FROM \"registry\" WHERE \"key\" = ?1";

/// Attempts to empty the write-ahead log while there are readers, and the pause between them.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Erases payload, within the transaction that appends the event that records it.
pub fn erase(connection: &Connection, erasure: &ErasedEvents) -> Result<ErasureCounts, StoreError> {
    let local = &mut LocalConnection(connection);
    let counts = now(erase::erase(local, ERASE_ACTOR, ERASE_ROWS, erasure))?;
    now(aside::swap_value(local, SCRUB, None, "due", false))?;
    Ok(counts)
}

/// Removes all traces of erased payload from the file, if there may be any.
///
/// SQLite overwrites neither what it deletes nor what it moves between pages (`secure_delete` covers only the former),
/// so the whole file is rewritten. This takes about ten seconds per gigabyte on a slow disk, during which others can
/// read but not write.
pub fn scrub(connection: &Connection) -> Result<(), StoreError> {
    if now(aside::value(&mut LocalConnection(connection), SCRUB))?.is_none() {
        return Ok(());
    }
    // The copy can be larger than memory.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let vacuumed = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    vacuumed?;
    for _ in 0..ATTEMPTS {
        if write_ahead_log::empty(connection) {
            connection.prepare_cached(SCRUBBED)?.execute([SCRUB])?;
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(StoreError::Busy("while it was rewritten".to_owned()))
}

/// Scrubs, and returns whether that succeeded.
pub fn try_scrub(connection: &Connection) -> bool {
    let outcome = scrub(connection);
    if let Err(error) = &outcome {
        tracing::warn!(
            error = %error,
            "content was erased, but traces remain in the file until the registry is opened again"
        );
    }
    outcome.is_ok()
}
