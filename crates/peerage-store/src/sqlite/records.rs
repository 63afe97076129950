//! Reading and writing records: one table for all kinds.

use std::sync::Arc;

use peerage_registry::{Change, Entry, Record, Subject};
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::sqlite::error::of_entry;

pub const SELECT: &str = "SELECT \"id\", \"body\" FROM \"record\" WHERE \"kind\" = ?1 ORDER BY \"id\"";
pub const INSERT: &str = "INSERT INTO \"record\" (\"kind\", \"id\", \"body\") VALUES (?1, ?2, ?3)";
pub const UPDATE: &str = "UPDATE \"record\" SET \"body\" = ?3 WHERE \"kind\" = ?1 AND \"id\" = ?2";
pub const DELETE: &str = "DELETE FROM \"record\" WHERE \"kind\" = ?1 AND \"id\" = ?2";
pub const KINDS: &str = "SELECT DISTINCT \"kind\" FROM \"record\" ORDER BY \"kind\"";

/// Gives each record of a kind to `take`, ascending by id.
pub fn read(
    connection: &Connection,
    record: Record,
    mut take: impl FnMut(u32, Arc<str>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(SELECT)?;
    let mut rows = statement.query([record.name()])?;
    while let Some(row) = rows.next()? {
        take(row.get(0)?, row.get(1)?)?;
    }
    Ok(())
}

/// The kinds that are there.
pub fn kinds(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(KINDS)?;
    let kinds = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(kinds)
}

/// Makes the table say what the entry says, if it is about a record.
///
/// # Errors
/// [`StoreError::Violation`]; [`StoreError::Missing`] if the record to be changed is not there.
pub fn write(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let Change::Record { record, before, after } = &entry.change else { return Ok(()) };
    let (kind, id, subject) = (record.name(), entry.id, Subject::Record(*record));
    let changed = match (before, after) {
        (None, Some(body)) => connection.prepare_cached(INSERT)?.execute(params![kind, id, body]),
        (Some(_), Some(body)) => connection.prepare_cached(UPDATE)?.execute(params![kind, id, body]),
        (Some(_), None) => connection.prepare_cached(DELETE)?.execute(params![kind, id]),
        (None, None) => return Ok(()),
    };
    match changed {
        Ok(0) => Err(StoreError::Missing { subject, id }),
        Ok(_) => Ok(()),
        Err(error) => Err(of_entry(error, subject, id)),
    }
}
