//! The log and its head in SQLite.

use peerage_registry::{Event, LogEntry, LogHead};
use rusqlite::{CachedStatement, Connection, params_from_iter};

use crate::chain::ChainLink;
use crate::error::StoreError;
use crate::log;
use crate::sql::SqlConnection;
use crate::sqlite::local::{LocalConnection, now};

pub fn head(connection: &Connection) -> Result<LogHead, StoreError> {
    now(log::head(&mut LocalConnection(connection)))
}

pub fn set_head(connection: &Connection, head: LogHead) -> Result<(), StoreError> {
    let changed = now(LocalConnection(connection).execute(log::WRITE_HEAD, &log::head_cells(&head)))?;
    if changed == 1 { Ok(()) } else { Err(log::no_head()) }
}

pub fn missed(connection: &Connection, known: LogHead, head: LogHead, limit: u64) -> Result<Vec<Event>, StoreError> {
    now(log::missed(&mut LocalConnection(connection), known, head, limit))
}

pub fn holds(connection: &Connection, head: LogHead) -> Result<bool, StoreError> {
    now(log::holds(&mut LocalConnection(connection), head))
}

/// Inserts an event with [`log::INSERT`], already prepared.
pub fn insert(statement: &mut CachedStatement<'_>, entry: &LogEntry, link: &ChainLink) -> rusqlite::Result<()> {
    statement.execute(params_from_iter(log::cells(entry, link))).map(drop)
}
