//! The log and its head in SQLite.

use peerage_registry::{Entry, Event, Head};
use rusqlite::{CachedStatement, Connection, params_from_iter};

use crate::chain::Link;
use crate::error::StoreError;
use crate::log;
use crate::sql::Sql;
use crate::sqlite::local::{Local, now};

pub fn head(connection: &Connection) -> Result<Head, StoreError> {
    now(log::head(&mut Local(connection)))
}

pub fn set_head(connection: &Connection, head: Head) -> Result<(), StoreError> {
    let changed = now(Local(connection).execute(log::WRITE_HEAD, &log::head_cells(&head)))?;
    if changed == 1 { Ok(()) } else { Err(log::no_head()) }
}

pub fn missed(connection: &Connection, known: Head, head: Head, limit: u64) -> Result<Vec<Event>, StoreError> {
    now(log::missed(&mut Local(connection), known, head, limit))
}

pub fn holds(connection: &Connection, head: Head) -> Result<bool, StoreError> {
    now(log::holds(&mut Local(connection), head))
}

/// Inserts an event with [`log::INSERT`], already prepared.
pub fn insert(statement: &mut CachedStatement<'_>, entry: &Entry, link: &Link) -> rusqlite::Result<()> {
    statement.execute(params_from_iter(log::cells(entry, link))).map(drop)
}
