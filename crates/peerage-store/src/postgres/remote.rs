//! Implements the common interface for PostgreSQL.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use peerage_registry::moment::Moment;
use peerage_schema::Resource;
use tokio_postgres::Row;

use crate::aside;
use crate::cell::SqlCell;
use crate::columns::Dialect;
use crate::error::StoreError;
use crate::postgres::cells::{CopyBuffer, SqlTime};
use crate::postgres::error::PostgresFault;
use crate::postgres::line::LiveConnection;
use crate::postgres::rows;
use crate::restore::FilledTable;
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

    async fn each_row(
        &mut self,
        resource: Resource,
        take: impl FnMut(peerage_registry::Row) -> Result<(), StoreError>,
    ) -> Result<(), PostgresFault> {
        rows::read(self, resource, take).await
    }

    async fn fill(&mut self, table: FilledTable, rows: &[Vec<SqlCell<'_>>]) -> Result<(), PostgresFault> {
        let copy = match table {
            FilledTable::Events => rows::COPY_EVENTS.to_owned(),
            FilledTable::Rows(resource) => rows::copy(resource),
            FilledTable::Records => rows::COPY_RECORDS.to_owned(),
            FilledTable::KeyUses => return self.insert_each(aside::ADD_USE, rows).await,
            FilledTable::Values => return self.insert_each(aside::ADD_VALUE, rows).await,
        };
        let copy = self.prepared(&copy).await?;
        let mut bulk = CopyBuffer::new();
        for row in rows {
            bulk.push(row.len(), row.iter().copied());
        }
        Ok(rows::send(&self.client, &copy, bulk.finish()).await?)
    }
}

impl LiveConnection {
    async fn insert_each(&mut self, insert: &str, rows: &[Vec<SqlCell<'_>>]) -> Result<(), PostgresFault> {
        for row in rows {
            self.execute(insert, row).await?;
        }
        Ok(())
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
