//! What both engines can do with a statement, so that whatever is asked of both is written once.
//!
//! A statement of both engines is written as PostgreSQL has it, see [`Dialect::text`]. SQLite answers without waiting: its
//! futures are ready when they are first polled.

use std::sync::Arc;

use peerage_registry::moment::Micros;
use peerage_schema::Resource;

use crate::cell::Cell;
use crate::columns::{self, Dialect};
use crate::error::StoreError;
use crate::{aside, log, records, trail};

/// A type of a column that both engines can read.
pub trait Readable: rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a> {}

impl<T: rusqlite::types::FromSql + for<'a> tokio_postgres::types::FromSql<'a>> Readable for T {}

/// A row of an answer.
pub trait Answer {
    type Error: From<StoreError>;

    /// The value of a column, from 0.
    fn get<T: Readable>(&self, at: usize) -> Result<T, Self::Error>;

    /// A text that is kept for long.
    fn text(&self, at: usize) -> Result<Arc<str>, Self::Error>;

    /// A time. None: the column holds no time in the form of the store.
    fn time(&self, at: usize) -> Option<Micros>;
}

/// A connection to a database.
pub trait Sql {
    const DIALECT: Dialect;
    type Error: From<StoreError>;
    type Row<'r>: Answer<Error = Self::Error>;

    /// Runs a statement, and gives each row of its answer to `take`.
    async fn each(
        &mut self,
        sql: &str,
        values: &[Cell<'_>],
        take: impl FnMut(&Self::Row<'_>) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;

    /// Runs a statement that changes rows, and gives their number.
    async fn execute(&mut self, sql: &str, values: &[Cell<'_>]) -> Result<u64, Self::Error>;
}

/// Runs a statement whose answer has one row at most, and reads it.
pub async fn one<S: Sql, T>(
    sql: &mut S,
    statement: &str,
    values: &[Cell<'_>],
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

/// Runs a statement, and reads each row of its answer.
pub async fn all<S: Sql, T>(
    sql: &mut S,
    statement: &str,
    values: &[Cell<'_>],
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

/// Every statement that both engines have, as one of them takes it.
pub fn statements(dialect: Dialect) -> Vec<String> {
    let written = [log::STATEMENTS, records::STATEMENTS, aside::STATEMENTS, trail::STATEMENTS].into_iter().flatten();
    let mut statements: Vec<String> = written.map(|sql| dialect.text(sql).into_owned()).collect();
    statements.extend(trail::questions(dialect));
    for table in Resource::ALL.map(Resource::table) {
        statements.push(columns::select(table));
        statements.push(columns::insert(dialect, table));
        statements.push(columns::update(dialect, table));
        statements.push(columns::delete(dialect, table));
    }
    statements
}
