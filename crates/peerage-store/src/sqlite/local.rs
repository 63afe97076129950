//! Implements the common interface for SQLite.

use std::sync::Arc;

use futures_util::FutureExt;
use peerage_registry::moment::{self, Moment};
use peerage_schema::Resource;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use crate::cell::{self, SqlCell};
use crate::columns::Dialect;
use crate::error::StoreError;
use crate::restore::FilledTable;
use crate::sql::{ReadableColumn, SqlConnection, SqlRow};
use crate::sqlite::rows;
use crate::{aside, columns, log, records};

/// A connection to a SQLite file.
pub struct LocalConnection<'c>(pub &'c Connection);

/// Returns the result of a future of SQLite, which is ready at the first poll.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("SQLite answers within the call")
}

impl SqlConnection for LocalConnection<'_> {
    const DIALECT: Dialect = Dialect::Sqlite;
    type Error = StoreError;
    type Row<'r> = Row<'r>;

    async fn each(
        &mut self,
        sql: &str,
        values: &[SqlCell<'_>],
        mut take: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(&Dialect::Sqlite.text(sql))?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &str, values: &[SqlCell<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.0.prepare_cached(&Dialect::Sqlite.text(sql))?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }

    async fn each_row(
        &mut self,
        resource: Resource,
        take: impl FnMut(peerage_registry::Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        rows::read(self.0, resource, take)
    }

    async fn fill(&mut self, table: FilledTable, rows: &[Vec<SqlCell<'_>>]) -> Result<(), StoreError> {
        let insert = match table {
            FilledTable::Events => log::INSERT.into(),
            FilledTable::Rows(resource) => columns::insert(Dialect::Sqlite, resource.table()),
            FilledTable::Records => records::INSERT.into(),
            FilledTable::KeyUses => aside::ADD_USE.into(),
            FilledTable::Values => aside::ADD_VALUE.into(),
        };
        let mut statement = self.0.prepare_cached(&Dialect::Sqlite.text(&insert))?;
        for row in rows {
            statement.execute(params_from_iter(row))?;
        }
        Ok(())
    }
}

impl SqlRow for Row<'_> {
    type Error = StoreError;

    fn get<T: ReadableColumn>(&self, at: usize) -> Result<T, StoreError> {
        Ok(Row::get(self, at)?)
    }

    fn text(&self, at: usize) -> Result<Arc<str>, StoreError> {
        Ok(Row::get(self, at)?)
    }

    fn time(&self, at: usize) -> Option<Moment> {
        self.get_ref(at).ok()?.as_bytes().ok().and_then(cell::written)
    }
}

impl ToSql for SqlCell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            SqlCell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            SqlCell::Int(number) => number.into(),
            SqlCell::Bool(flag) => flag.into(),
            SqlCell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            SqlCell::Time(time) => moment::print_exact(time).into(),
            SqlCell::Degrees(millionths) => cell::degrees(millionths).into(),
            SqlCell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
