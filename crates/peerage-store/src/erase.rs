//! Erases personal data from the log on legal request.
//!
//! The digests of erased data stay, so that the chain remains valid. The half of the salt that belongs to the data is
//! erased as well, so that nobody can recover the data by guessing. The event that records an erasure lists each event
//! that lost something: missing payload that is not listed was removed by someone else.

use peerage_registry::{Actor, Cause, ErasedEvents, LogEntry, SequenceSet};

use crate::cell::SqlCell;
use crate::decide::AppendedEvents;
use crate::error::StoreError;
use crate::sql::SqlConnection;

/// Result of an erasure.
#[derive(Debug)]
pub struct ErasureResult<J> {
    pub appended: AppendedEvents<J>,
    pub counts: ErasureCounts,
    /// Whether the file contains no trace either. If it does, because of a reader or a full disk, this is tried again
    /// with the next erasure and when the registry is opened. Always true for a server, which is not inspected.
    pub is_scrubbed: bool,
}

/// Numbers of events whose payload was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasureCounts {
    /// Events that lost their actor.
    pub actors: u64,
    /// Events that lost before and after.
    pub rows: u64,
}

/// Erases payload with one statement each, within the transaction that appends the event that records it.
pub(crate) async fn erase<S: SqlConnection>(
    sql: &mut S,
    actors: &str,
    rows: &str,
    erasure: &ErasedEvents,
) -> Result<ErasureCounts, S::Error> {
    Ok(ErasureCounts { actors: run(sql, actors, &erasure.actors).await?, rows: run(sql, rows, &erasure.rows).await? })
}

async fn run<S: SqlConnection>(sql: &mut S, statement: &str, sequences: &SequenceSet) -> Result<u64, S::Error> {
    let mut count = 0;
    for (first, last) in sequences.ranges() {
        count += sql.execute(statement, &[SqlCell::Int(*first as i64), SqlCell::Int(*last as i64)]).await?;
    }
    Ok(count)
}

/// The erasure that an actor's text names, if any.
pub(crate) fn named(actor: &str) -> Option<ErasedEvents> {
    // Cheap for the millions of events that name none.
    if !actor.contains("\"erasure\"") {
        return None;
    }
    match serde_json::from_str::<Actor>(actor).ok()?.cause? {
        Cause::Erasure(events) => Some(events),
        _ => None,
    }
}

/// Checks, while entries are appended, that one of them records the erasure.
pub(crate) struct ErasureWitness<'a> {
    erasure: Option<&'a ErasedEvents>,
    is_named: bool,
}

impl<'a> ErasureWitness<'a> {
    pub fn new(erasure: Option<&'a ErasedEvents>) -> ErasureWitness<'a> {
        ErasureWitness { erasure, is_named: false }
    }

    pub fn observe(&mut self, entry: &LogEntry) {
        if let Some(erasure) = self.erasure.filter(|_| !self.is_named) {
            self.is_named = named(&entry.actor).is_some_and(|named| named == *erasure);
        }
    }

    /// Returns what is to be erased of the events up to `up_to`.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if no entry names it, or if it names events that do not exist yet.
    pub fn erasure(&self, up_to: u64) -> Result<Option<&'a ErasedEvents>, StoreError> {
        let Some(erasure) = self.erasure else { return Ok(None) };
        if !self.is_named {
            return Err(StoreError::Unsupported("an erasure needs an event that names what is erased"));
        }
        if erasure.last() > up_to {
            return Err(StoreError::Unsupported("only payload of earlier events can be erased"));
        }
        Ok(Some(erasure))
    }
}
