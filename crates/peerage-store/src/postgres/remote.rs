//! Implements the common interface for PostgreSQL.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use peerage_registry::moment::Moment;
use tokio_postgres::Row;

use crate::cell::SqlCell;
use crate::columns::Dialect;
use crate::postgres::cells::SqlTime;
use crate::postgres::error::PostgresFault;
use crate::postgres::line::LiveConnection;
use crate::sql::{ReadableColumn, SqlConnection, SqlRow};

impl SqlConnection for LiveConnection {
    const DIALECT: Dialect = Dialect::Postgres;
    type Error = PostgresFault;
    type Row<'r> = Row;

    async fn each(
        &mut self,
        sql: &str,
        values: &[SqlCell<'_>],
        mut take: impl FnMut(&Row) -> Result<(), PostgresFault>,
    ) -> Result<(), PostgresFault> {
        let statement = self.prepared(sql).await?;
        let rows = self.client.query_raw(&statement, values.iter().copied()).await?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await? {
            take(&row)?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &str, values: &[SqlCell<'_>]) -> Result<u64, PostgresFault> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.execute_raw(&statement, values.iter().copied()).await?)
    }
}

impl SqlRow for Row {
    type Error = PostgresFault;

    fn get<T: ReadableColumn>(&self, at: usize) -> Result<T, PostgresFault> {
        Ok(self.try_get(at)?)
    }

    fn text(&self, at: usize) -> Result<Arc<str>, PostgresFault> {
        Ok(self.try_get::<_, &str>(at)?.into())
    }

    fn time(&self, at: usize) -> Option<Moment> {
        self.try_get::<_, SqlTime>(at).ok().map(|time| time.0)
    }
}
