//! Erasing personal payload from the log by law.
//!
//! The digests of what is erased stay, so that the chain still holds; the half of the salt that belongs to it goes, so
//! that nobody can find out by trying what it was. The event that tells of an erasure names each event that lost
//! something: payload that is missing without being named there was taken by someone else.

use peerage_registry::{Actor, Cause, Entry, ErasedEvents, Sequences};

use crate::cell::Cell;
use crate::error::StoreError;
use crate::judge::Appended;
use crate::sql::Sql;

/// What an erasure has come to.
#[derive(Debug)]
pub struct Erased<J> {
    pub appended: Appended<J>,
    pub counts: Counts,
    /// No trace is left in the file either. If not, because somebody was reading or the disk is full, it is tried again
    /// with the next erasure and when the registry is opened. A server is not looked into: there it is always true.
    pub is_scrubbed: bool,
}

/// Events whose payload was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of which it is no longer known who acted.
    pub actors: u64,
    /// Of which before and after are no longer known.
    pub rows: u64,
}

/// Erases payload by one statement each, within the transaction that appends the event that tells so.
pub(crate) async fn erase<S: Sql>(
    sql: &mut S,
    actors: &str,
    rows: &str,
    erasure: &ErasedEvents,
) -> Result<Counts, S::Error> {
    Ok(Counts { actors: run(sql, actors, &erasure.actors).await?, rows: run(sql, rows, &erasure.rows).await? })
}

async fn run<S: Sql>(sql: &mut S, statement: &str, sequences: &Sequences) -> Result<u64, S::Error> {
    let mut count = 0;
    for (first, last) in sequences.ranges() {
        count += sql.execute(statement, &[Cell::Int(*first as i64), Cell::Int(*last as i64)]).await?;
    }
    Ok(count)
}

/// The erasure that an actor's text names, if it names one.
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

/// Checks that what is appended tells of an erasure, while it is appended.
pub(crate) struct Witness<'a> {
    erasure: Option<&'a ErasedEvents>,
    is_named: bool,
}

impl<'a> Witness<'a> {
    pub fn new(erasure: Option<&'a ErasedEvents>) -> Witness<'a> {
        Witness { erasure, is_named: false }
    }

    pub fn look(&mut self, entry: &Entry) {
        if let Some(erasure) = self.erasure.filter(|_| !self.is_named) {
            self.is_named = named(&entry.actor).is_some_and(|named| named == *erasure);
        }
    }

    /// What is to be erased of the events up to one.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] if no entry names it, or if it names events that are not there yet.
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
