//! Reads and writes the rows of the thirteen tables.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::Occupied;

use peerage_registry::row::RowBuilder;
use peerage_registry::{EventChange, EventSubject, LogEntry, Row, Value};
use peerage_schema::{Resource, ValueStorage};
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, Statement};

use crate::cell::{self, SqlCell};
use crate::columns::{self, Dialect};
use crate::error::StoreError;
use crate::sqlite::error::{is_taken, of_entry};

/// Calls `take` with each row of a resource, ascending by id.
pub fn read(
    connection: &Connection,
    resource: Resource,
    mut take: impl FnMut(Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (plan, mut builder) = (cell::plan(resource), RowBuilder::new(resource.table()));
    let mut statement = connection.prepare_cached(&columns::select(resource.table()))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(decode(&mut builder, resource, &plan, row)?)?;
    }
    Ok(())
}

/// Decodes a row with `builder`, which must be empty.
fn decode(
    builder: &mut RowBuilder,
    resource: Resource,
    plan: &[Option<ValueStorage>],
    row: &rusqlite::Row<'_>,
) -> Result<Row, StoreError> {
    let mut column = 0;
    for storage in plan {
        let Some(storage) = storage else {
            builder.push(Value::Null);
            continue;
        };
        let value = match (row.get_ref(column)?, storage) {
            (ValueRef::Null, _) => Some(Value::Null),
            (ValueRef::Integer(number), ValueStorage::Int) => Some(Value::Int(number)),
            (ValueRef::Integer(flag), ValueStorage::Bool) => Some(Value::Bool(flag != 0)),
            (ValueRef::Real(degrees), ValueStorage::Degrees) => Some(Value::Int(cell::millionths(degrees))),
            (ValueRef::Text(text), ValueStorage::Text) => std::str::from_utf8(text).ok().map(Value::Text),
            (ValueRef::Text(text), ValueStorage::Time) => {
                std::str::from_utf8(text).ok().and_then(cell::time).map(Value::Time)
            }
            _ => None,
        };
        builder.push(value.ok_or_else(|| unreadable(resource, row, column))?);
        column += 1;
    }
    Ok(builder.finish())
}

fn unreadable(resource: Resource, row: &rusqlite::Row<'_>, column: usize) -> StoreError {
    let id = row.get::<_, i64>(0).unwrap_or_default();
    let field = resource.table().stored().nth(column).map_or("?", |(_, field)| field.name);
    StoreError::Unreadable {
        what: format!("{} {id}", resource.tag()),
        why: format!("the column {field} holds what is no value of it"),
    }
}

/// Up to this number of changed columns, an update lists only these. Above, a few statements that write all columns are
/// better than one statement for each combination.
const COLUMNS_BY_NAME_MAX: usize = 4;

fn bind(statement: &mut Statement<'_>, resource: Resource, row: &Row) -> rusqlite::Result<()> {
    for (at, (storage, value)) in cell::values(resource, row).enumerate() {
        statement.raw_bind_parameter(at + 1, SqlCell::of(storage, value))?;
    }
    Ok(())
}

/// Statements of one table, prepared on first use.
#[derive(Default)]
struct CachedStatements<'c> {
    insert: Option<CachedStatement<'c>>,
    update: Option<CachedStatement<'c>>,
    delete: Option<CachedStatement<'c>>,
}

/// Writes rows to their tables within a transaction.
///
/// SQLite checks unique indexes after each statement. So a row whose unique value still belongs to another row is held
/// back until the end of the transaction, when the other row may have given the value up. This lets two rows swap their
/// names, as on PostgreSQL.
pub struct RowWriter<'c> {
    connection: &'c Connection,
    statements: [CachedStatements<'c>; Resource::COUNT],
    waiting: BTreeMap<(Resource, u32), Row>,
}

impl<'c> RowWriter<'c> {
    pub fn new(connection: &'c Connection) -> RowWriter<'c> {
        RowWriter { connection, statements: Default::default(), waiting: BTreeMap::new() }
    }

    /// Applies an entry to its table, if it is about a row.
    ///
    /// # Errors
    /// [`StoreError::Violation`]; [`StoreError::Missing`] if the row to be changed does not exist.
    pub fn write(&mut self, entry: &LogEntry) -> Result<(), StoreError> {
        let EventChange::Row { resource, before, after } = &entry.change else { return Ok(()) };
        let (resource, subject, id) = (*resource, EventSubject::Row(*resource), entry.id);
        let place = (resource, id);
        if let Occupied(mut waiting) = self.waiting.entry(place) {
            match after {
                Some(row) => drop(waiting.insert(row.clone())),
                None => drop(waiting.remove()),
            }
            return Ok(());
        }
        match (before, after) {
            (None, Some(row)) => match self.insert(resource, row) {
                Err(error) if is_taken(&error) => self.waiting.insert(place, row.clone()),
                outcome => return outcome.map_err(|error| of_entry(error, subject, id)),
            },
            (Some(before), Some(row)) => match self.update(resource, before, row) {
                Err(error) if is_taken(&error) => {
                    self.delete(resource, id)?;
                    self.waiting.insert(place, row.clone())
                }
                Ok(0) => return Err(StoreError::Missing { subject, id }),
                outcome => return outcome.map(drop).map_err(|error| of_entry(error, subject, id)),
            },
            (Some(_), None) => match self.delete(resource, id) {
                Ok(0) => return Err(StoreError::Missing { subject, id }),
                outcome => return outcome.map(drop).map_err(|error| of_entry(error, subject, id)),
            },
            (None, None) => return Ok(()),
        };
        Ok(())
    }

    /// Writes the rows that were held back.
    pub fn finish(mut self) -> Result<(), StoreError> {
        for ((resource, id), row) in std::mem::take(&mut self.waiting) {
            self.insert(resource, &row).map_err(|error| of_entry(error, EventSubject::Row(resource), id))?;
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, resource: Resource, row: &Row) -> rusqlite::Result<()> {
        let statement = &mut self.statements[resource.index()].insert;
        let statement = prepared(self.connection, statement, || columns::insert(Dialect::Sqlite, resource.table()))?;
        bind(statement, resource, row)?;
        statement.raw_execute().map(drop)
    }

    /// Writes only the columns that differ, because SQLite updates every index that contains a written column.
    fn update(&mut self, resource: Resource, before: &Row, row: &Row) -> rusqlite::Result<usize> {
        let values = || cell::values(resource, row).enumerate();
        let pairs = cell::values(resource, before).zip(values());
        let changed: Vec<usize> =
            pairs.filter(|((_, before), (at, (_, after)))| *at > 0 && before != after).map(|(_, (at, _))| at).collect();
        if (1..=COLUMNS_BY_NAME_MAX).contains(&changed.len()) {
            let sql = columns::update_some(Dialect::Sqlite, resource.table(), &changed);
            let mut statement = self.connection.prepare_cached(&sql)?;
            for (at, (storage, value)) in values().filter(|(at, _)| *at == 0 || changed.contains(at)) {
                statement.raw_bind_parameter(at + 1, SqlCell::of(storage, value))?;
            }
            return statement.raw_execute();
        }
        let statement = &mut self.statements[resource.index()].update;
        let statement = prepared(self.connection, statement, || columns::update(Dialect::Sqlite, resource.table()))?;
        bind(statement, resource, row)?;
        statement.raw_execute()
    }

    fn delete(&mut self, resource: Resource, id: u32) -> rusqlite::Result<usize> {
        let statement = &mut self.statements[resource.index()].delete;
        prepared(self.connection, statement, || columns::delete(Dialect::Sqlite, resource.table()))?.execute([id])
    }
}

fn prepared<'a, 'c>(
    connection: &'c Connection,
    statement: &'a mut Option<CachedStatement<'c>>,
    sql: impl FnOnce() -> String,
) -> rusqlite::Result<&'a mut CachedStatement<'c>> {
    let found = match statement.take() {
        Some(found) => found,
        None => connection.prepare_cached(&sql())?,
    };
    Ok(statement.insert(found))
}
