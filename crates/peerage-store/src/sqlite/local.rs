//! Implements the common interface for SQLite.

use std::sync::Arc;

use futures_util::FutureExt;
use peerage_registry::moment::{self, Micros};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use crate::cell::{self, Cell};
use crate::columns::Dialect;
use crate::error::StoreError;
use crate::sql::{Answer, Readable, Sql};

/// A connection to a SQLite file.
pub struct Local<'c>(pub &'c Connection);

/// Returns the result of a future of SQLite, which is ready at the first poll.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("SQLite answers within the call")
}

impl Sql for Local<'_> {
    const DIALECT: Dialect = Dialect::Sqlite;
    type Error = StoreError;
    type Row<'r> = Row<'r>;

    async fn each(
        &mut self,
        sql: &str,
        values: &[Cell<'_>],
        mut take: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(&Dialect::Sqlite.text(sql))?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &str, values: &[Cell<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.0.prepare_cached(&Dialect::Sqlite.text(sql))?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }
}

impl Answer for Row<'_> {
    type Error = StoreError;

    fn get<T: Readable>(&self, at: usize) -> Result<T, StoreError> {
        Ok(Row::get(self, at)?)
    }

    fn text(&self, at: usize) -> Result<Arc<str>, StoreError> {
        Ok(Row::get(self, at)?)
    }

    fn time(&self, at: usize) -> Option<Micros> {
        self.get_ref(at).ok()?.as_bytes().ok().and_then(cell::written)
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Int(number) => number.into(),
            Cell::Bool(flag) => flag.into(),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Time(micros) => moment::print_exact(micros).into(),
            Cell::Degrees(millionths) => cell::degrees(millionths).into(),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
