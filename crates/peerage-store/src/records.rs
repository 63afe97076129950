//! Reads records. One table holds all kinds. Each engine writes them together with rows.

use std::sync::Arc;

use peerage_registry::Record;

use crate::cell::SqlCell;
use crate::error::StoreError;
use crate::sql::{SqlConnection, SqlRow, all};

pub const SELECT: &str = "SELECT \"id\", \"body\" FROM \"record\" WHERE \"kind\" = $1 ORDER BY \"id\"";
pub const INSERT: &str = "INSERT INTO \"record\" (\"kind\", \"id\", \"body\") VALUES ($1, $2, $3)";
pub const UPDATE: &str = "UPDATE \"record\" SET \"body\" = $3 WHERE \"kind\" = $1 AND \"id\" = $2";
pub const DELETE: &str = "DELETE FROM \"record\" WHERE \"kind\" = $1 AND \"id\" = $2";
pub const KINDS: &str = "SELECT DISTINCT \"kind\" FROM \"record\" ORDER BY \"kind\"";

/// For the check that the database accepts all statements.
pub const STATEMENTS: &[&str] = &[SELECT, INSERT, UPDATE, DELETE, KINDS];

/// Calls `take` with each record of a kind, ascending by id.
pub async fn read<S: SqlConnection>(
    sql: &mut S,
    record: Record,
    mut take: impl FnMut(u32, Arc<str>) -> Result<(), StoreError>,
) -> Result<(), S::Error> {
    let take = |row: &S::Row<'_>| {
        let (id, body) = decode(row)?;
        Ok(take(id, body)?)
    };
    sql.each(SELECT, &[SqlCell::Text(record.name())], take).await
}

/// Reads a record from its row.
pub fn decode<A: SqlRow>(row: &A) -> Result<(u32, Arc<str>), A::Error> {
    let id: i64 = row.get(0)?;
    let id = u32::try_from(id).map_err(|_| StoreError::Engine(format!("a record has the id {id}, which is none")))?;
    Ok((id, row.text(1)?))
}

/// Returns the kinds that the table contains.
pub async fn kinds<S: SqlConnection>(sql: &mut S) -> Result<Vec<String>, S::Error> {
    all(sql, KINDS, &[], |row| row.get(0)).await
}
