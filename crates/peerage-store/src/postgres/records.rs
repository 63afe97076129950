//! Reading records: one table for all kinds. They are written together with rows.

use std::pin::pin;
use std::sync::Arc;

use futures_util::TryStreamExt;
use peerage_registry::Record;

use crate::postgres::cells::Cell;
use crate::postgres::error::Fault;
use crate::postgres::line::Live;

pub const SELECT: &str = "SELECT \"id\", \"body\" FROM \"record\" WHERE \"kind\" = $1 ORDER BY \"id\"";
pub const INSERT: &str = "INSERT INTO \"record\" (\"kind\", \"id\", \"body\") VALUES ($1, $2, $3)";
pub const COPY: &str = "COPY \"record\" (\"kind\", \"id\", \"body\") FROM STDIN (FORMAT binary)";
pub const UPDATE: &str = "UPDATE \"record\" SET \"body\" = $3 WHERE \"kind\" = $1 AND \"id\" = $2";
pub const DELETE: &str = "DELETE FROM \"record\" WHERE \"kind\" = $1 AND \"id\" = $2";
pub const KINDS: &str = "SELECT DISTINCT \"kind\" FROM \"record\" ORDER BY \"kind\"";

/// Gives each record of a kind to `take`, ascending by id.
pub async fn read(live: &mut Live, record: Record, mut take: impl FnMut(u32, Arc<str>)) -> Result<(), Fault> {
    let statement = live.prepared(SELECT).await?;
    let rows = live.client.query_raw(&statement, [Cell::Text(record.name())]).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let (id, body) = decode(&row)?;
        take(id, body);
    }
    Ok(())
}

/// The kinds that are there.
pub async fn kinds(live: &mut Live) -> Result<Vec<String>, Fault> {
    let statement = live.prepared(KINDS).await?;
    let rows = live.client.query(&statement, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The record that an answer holds.
pub fn decode(row: &tokio_postgres::Row) -> Result<(u32, Arc<str>), Fault> {
    Ok((row.try_get::<_, i64>(0)? as u32, row.try_get::<_, &str>(1)?.into()))
}
