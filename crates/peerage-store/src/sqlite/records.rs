//! Writes records. One table holds all kinds.

use peerage_registry::{EventChange, EventSubject, LogEntry};
use rusqlite::{Connection, params};

use crate::columns::Dialect;
use crate::error::StoreError;
use crate::records::{DELETE, INSERT, UPDATE};
use crate::sqlite::error::of_entry;

/// Applies an entry to the table, if it is about a record.
///
/// # Errors
/// [`StoreError::Violation`]; [`StoreError::Missing`] if the record to be changed does not exist.
pub fn write(connection: &Connection, entry: &LogEntry) -> Result<(), StoreError> {
    let EventChange::Record { record, before, after } = &entry.change else { return Ok(()) };
    let (kind, id, subject) = (record.name(), entry.id, EventSubject::Record(*record));
    let prepared = |sql: &str| connection.prepare_cached(&Dialect::Sqlite.text(sql));
    let changed = match (before, after) {
        (None, Some(body)) => prepared(INSERT)?.execute(params![kind, id, body]),
        (Some(_), Some(body)) => prepared(UPDATE)?.execute(params![kind, id, body]),
        (Some(_), None) => prepared(DELETE)?.execute(params![kind, id]),
        (None, None) => return Ok(()),
    };
    match changed {
        Ok(0) => Err(StoreError::Missing { subject, id }),
        Ok(_) => Ok(()),
        Err(error) => Err(of_entry(error, subject, id)),
    }
}
