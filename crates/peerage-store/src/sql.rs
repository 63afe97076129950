//! A common interface to both engines, so that shared queries are written once.
//!
//! Statements for both engines are written in PostgreSQL's syntax, see [`Dialect::text`]. SQLite does not wait: its
//! futures are ready at the first poll.

use std::sync::Arc;

use peerage_registry::Row;
use peerage_registry::moment::Moment;
use peerage_schema::Resource;

use crate::cell::SqlCell;
use crate::columns::{self, Dialect};
use crate::error::StoreError;
use crate::restore::FilledTable;
use crate::{aside, audit_log, log, object_events, records, repair, restore};

/// A column type that both engines can read.
pub trait ReadableColumn: rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a> {}

impl<T: rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a>> ReadableColumn for T {}

/// A row of a result.
pub trait SqlRow {
    type Error: From<StoreError>;

    /// Returns the value of a column, counted from 0.
    fn get<T: ReadableColumn>(&self, at: usize) -> Result<T, Self::Error>;

    /// Returns a text that will be kept for a long time.
    fn text(&self, at: usize) -> Result<Arc<str>, Self::Error>;

    /// Returns a time, or `None` if the column does not contain a time in the store's format.
    fn time(&self, at: usize) -> Option<Moment>;
}

/// A connection to a database.
pub trait SqlConnection {
    const DIALECT: Dialect;
    type Error: From<StoreError>;
    type Row<'r>: SqlRow<Error = Self::Error>;

    /// Runs a query, and calls `take` with each row of its result.
    async fn each(
        &mut self,
        sql: &str,
        values: &[SqlCell<'_>],
        take: impl FnMut(&Self::Row<'_>) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;

    /// Runs a statement that changes rows, and returns how many it changed.
    async fn execute(&mut self, sql: &str, values: &[SqlCell<'_>]) -> Result<u64, Self::Error>;

    /// Calls `take` with each row of a resource, ascending by id.
    async fn each_row(
        &mut self,
        resource: Resource,
        take: impl FnMut(Row) -> Result<(), StoreError>,
    ) -> Result<(), Self::Error>;

    /// Inserts many rows into a table. Each has all columns, in order.
    async fn fill(&mut self, table: FilledTable, rows: &[Vec<SqlCell<'_>>]) -> Result<(), Self::Error>;
}

/// Runs a query that returns at most one row, and reads it.
pub async fn one<S: SqlConnection, T>(
    sql: &mut S,
    statement: &str,
    values: &[SqlCell<'_>],
    read: impl Fn(&S::Row<'_>) -> Result<T, S::Error>,
) -> Result<Option<T>, S::Error> {
    let mut found = None;
    let take = |row: &S::Row<'_>| {
        found = Some(read(row)?);
        Ok(())
    };
    sql.each(statement, values, take).await?;
    Ok(found)
}

/// Runs a query, and reads each row.
pub async fn all<S: SqlConnection, T>(
    sql: &mut S,
    statement: &str,
    values: &[SqlCell<'_>],
    read: impl Fn(&S::Row<'_>) -> Result<T, S::Error>,
) -> Result<Vec<T>, S::Error> {
    let mut found = Vec::new();
    let take = |row: &S::Row<'_>| {
        found.push(read(row)?);
        Ok(())
    };
    sql.each(statement, values, take).await?;
    Ok(found)
}

/// All shared statements, in the syntax of one engine.
pub fn statements(dialect: Dialect) -> Vec<String> {
    let written = [
        log::STATEMENTS,
        records::STATEMENTS,
        aside::STATEMENTS,
        audit_log::STATEMENTS,
        restore::STATEMENTS,
        repair::STATEMENTS,
    ];
    let written = written.into_iter().flatten();
    let mut statements: Vec<String> = written.map(|sql| dialect.text(sql).into_owned()).collect();
    statements.extend(audit_log::questions(dialect));
    statements.extend(object_events::statements(dialect));
    for table in Resource::ALL.map(Resource::table) {
        statements.push(columns::select(table));
        statements.push(columns::insert(dialect, table));
        statements.push(columns::update(dialect, table));
        statements.push(columns::delete(dialect, table));
    }
    statements
}
