//! Implements the common interface for PostgreSQL.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use peerage_registry::moment::Micros;
use tokio_postgres::Row;

use crate::cell::Cell;
use crate::columns::Dialect;
use crate::postgres::cells::Time;
use crate::postgres::error::Fault;
use crate::postgres::line::Live;
use crate::sql::{Answer, Readable, Sql};

impl Sql for Live {
    const DIALECT: Dialect = Dialect::Postgres;
    type Error = Fault;
    type Row<'r> = Row;

    async fn each(
        &mut self,
        sql: &str,
        values: &[Cell<'_>],
        mut take: impl FnMut(&Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let statement = self.prepared(sql).await?;
        let rows = self.client.query_raw(&statement, values.iter().copied()).await?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await? {
            take(&row)?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &str, values: &[Cell<'_>]) -> Result<u64, Fault> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.execute_raw(&statement, values.iter().copied()).await?)
    }
}

impl Answer for Row {
    type Error = Fault;

    fn get<T: Readable>(&self, at: usize) -> Result<T, Fault> {
        Ok(self.try_get(at)?)
    }

    fn text(&self, at: usize) -> Result<Arc<str>, Fault> {
        Ok(self.try_get::<_, &str>(at)?.into())
    }

    fn time(&self, at: usize) -> Option<Micros> {
        self.try_get::<_, Time>(at).ok().map(|time| time.0)
    }
}
