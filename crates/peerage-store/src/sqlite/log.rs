//! The log and its head.

use peerage_registry::moment;
use peerage_registry::{Entry, Event, Head};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::cell;
use crate::chain::{self, Link, Stored};
use crate::columns::event_columns;
use crate::error::{Reload, StoreError};

pub const READ_HEAD: &str = "SELECT \"sequence\", \"hash\" FROM \"head\"";
pub const WRITE_HEAD: &str = "UPDATE \"head\" SET \"sequence\" = ?1, \"hash\" = ?2";
pub const READ_HASH: &str = "SELECT \"hash\" FROM \"event\" WHERE \"sequence\" = ?1";
pub const INSERT: &str = concat!(
    "INSERT INTO \"event\" (",
    event_columns!(),
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
);
pub const TAIL: &str =
    concat!("SELECT ", event_columns!(), " FROM \"event\" WHERE \"sequence\" > ?1 ORDER BY \"sequence\" LIMIT ?2");

pub fn head(connection: &Connection) -> Result<Head, StoreError> {
    let mut statement = connection.prepare_cached(READ_HEAD)?;
    let found = statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).optional()?;
    let Some((sequence, hash)) = found else { return Err(StoreError::Broken("the log has no head".to_owned())) };
    let hash = hash.try_into().map_err(|_| StoreError::Broken("the head's hash has another length".to_owned()))?;
    Ok(Head { sequence: sequence as u64, hash })
}

pub fn set_head(connection: &Connection, head: Head) -> Result<(), StoreError> {
    let changed = connection.prepare_cached(WRITE_HEAD)?.execute(params![head.sequence as i64, head.hash])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Broken("the log has no head".to_owned())) }
}

/// The events after `known`, at most `limit`.
///
/// # Errors
/// [`Reload`] if `known` is not in this log, or the rows of an event are erased.
pub fn tail(connection: &Connection, known: Head, limit: u64) -> Result<Vec<Event>, StoreError> {
    confirm(connection, known)?;
    let mut statement = connection.prepare_cached(TAIL)?;
    let mut rows = statement.query(params![known.sequence as i64, limit.min(i64::MAX as u64) as i64])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(stored(row)?.into_event()?);
    }
    Ok(events)
}

/// The events between what is known and the head.
pub fn missed(connection: &Connection, known: Head, head: Head, limit: u64) -> Result<Vec<Event>, StoreError> {
    match chain::missed(known, head, limit)? {
        0 => Ok(Vec::new()),
        missed => tail(connection, known, missed),
    }
}

/// Looks whether the log holds what is known.
fn confirm(connection: &Connection, known: Head) -> Result<(), StoreError> {
    if known == Head::EMPTY || holds(connection, known)? {
        return Ok(());
    }
    Err(Reload::Forked { sequence: known.sequence }.into())
}

/// Whether an event with this number and hash is in the log.
pub fn holds(connection: &Connection, head: Head) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(READ_HASH)?;
    let hash: Option<Vec<u8>> = statement.query_row([head.sequence as i64], |row| row.get(0)).optional()?;
    Ok(hash.as_deref() == Some(&head.hash))
}

/// An event as its columns hold it. A time in any other form than the store's comes as none: no byte may change
/// unnoticed.
pub fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        sequence: row.get(0)?,
        at: row.get_ref(1)?.as_bytes().ok().and_then(cell::written),
        actor: row.get(2)?,
        action: row.get(3)?,
        resource: row.get(4)?,
        object: row.get(5)?,
        salt: row.get(6)?,
        before: row.get(7)?,
        after: row.get(8)?,
        actor_digest: row.get(9)?,
        rows_digest: row.get(10)?,
        hash: row.get(11)?,
        org: row.get(12)?,
        person: row.get(13)?,
        key: row.get(14)?,
    })
}

/// Adds an event.
pub fn insert(statement: &mut CachedStatement<'_>, entry: &Entry, link: &Link) -> rusqlite::Result<()> {
    statement
        .execute(params![
            link.sequence as i64,
            moment::print_exact(entry.at),
            entry.actor,
            entry.action.name(),
            entry.subject().name(),
            entry.id,
            entry.salt,
            link.before,
            link.after,
            link.actor_digest,
            link.rows_digest,
            link.hash,
            entry.org,
            link.who.person,
            link.who.key,
        ])
        .map(drop)
}
