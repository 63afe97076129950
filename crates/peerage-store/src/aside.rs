//! What is stored outside of the log: shared values and ceremonies. The usage of keys is implemented by each engine.

use peerage_registry::moment::Moment;

use crate::cell::SqlCell;
use crate::migrate;
use crate::sql::{SqlConnection, SqlRow, one};

const READ_VALUE: &str = "SELECT \"value\" FROM \"registry\" WHERE \"key\" = $1";
pub const ADD_VALUE: &str = "INSERT INTO \"registry\" (\"key\", \"value\") VALUES ($1, $2) ON CONFLICT DO NOTHING";
const SWAP_VALUE: &str = "UPDATE \"registry\" SET \"value\" = $2 WHERE \"key\" = $1 AND \"value\" = $3";
pub const READ_USES: &str = "SELECT \"key\", \"body\" FROM \"key_use\" ORDER BY \"key\"";
pub const ADD_USE: &str = "INSERT INTO \"key_use\" (\"key\", \"body\") VALUES ($1, $2)";
pub const CLEAR_USES: &str = "DELETE FROM \"key_use\"";
/// All values that nodes share. The others are the store's own.
pub const READ_VALUES: &str = "SELECT \"key\", \"value\" FROM \"registry\" WHERE \"key\" NOT IN ('id', 'scrub', 'readable-since') ORDER BY \"key\"";
pub const CLEAR_VALUES: &str = "DELETE FROM \"registry\" WHERE \"key\" NOT IN ('id', 'scrub', 'readable-since')";
const PUT_CEREMONY: &str = "INSERT INTO \"ceremony\" (\"id\", \"body\", \"until\") VALUES ($1, $2, $3) \
     ON CONFLICT (\"id\") DO NOTHING";
const TAKE_CEREMONY: &str = "DELETE FROM \"ceremony\" WHERE \"id\" = $1 RETURNING \"body\", \"until\"";
const SWEEP_CEREMONIES: &str = "DELETE FROM \"ceremony\" WHERE \"until\" <= $1";

/// For the check that the database accepts all statements.
pub const STATEMENTS: &[&str] = &[
    READ_VALUE,
    ADD_VALUE,
    SWAP_VALUE,
    READ_USES,
    ADD_USE,
    CLEAR_USES,
    READ_VALUES,
    CLEAR_VALUES,
    PUT_CEREMONY,
    TAKE_CEREMONY,
    SWEEP_CEREMONIES,
];

/// `is_again`: an earlier attempt lost its connection, so a ceremony that is found may be our own.
pub async fn put_ceremony<S: SqlConnection>(
    sql: &mut S,
    id: &str,
    body: &str,
    until: Moment,
    is_again: bool,
) -> Result<bool, S::Error> {
    Ok(sql
        .execute(PUT_CEREMONY, &[SqlCell::Text(id), SqlCell::Text(body), SqlCell::Int(until.as_microseconds())])
        .await?
        == 1
        || is_again)
}

/// If the connection is lost, the ceremony may be gone without having been returned: it is taken at most once.
pub async fn take_ceremony<S: SqlConnection>(sql: &mut S, id: &str, now: Moment) -> Result<Option<String>, S::Error> {
    let read = |row: &S::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let taken: Option<(String, i64)> = one(sql, TAKE_CEREMONY, &[SqlCell::Text(id)], read).await?;
    Ok(taken.filter(|(_, until)| *until > now.as_microseconds()).map(|(body, _)| body))
}

pub async fn sweep_ceremonies<S: SqlConnection>(sql: &mut S, now: Moment) -> Result<usize, S::Error> {
    Ok(sql.execute(SWEEP_CEREMONIES, &[SqlCell::Int(now.as_microseconds())]).await? as usize)
}

/// Returns the version of the table layout.
pub async fn layout<S: SqlConnection>(sql: &mut S) -> Result<u32, S::Error> {
    let found: Option<i64> = one(sql, migrate::READ_VERSION, &[], |row| row.get(0)).await?;
    Ok(found.unwrap_or_default() as u32)
}

pub async fn value<S: SqlConnection>(sql: &mut S, name: &str) -> Result<Option<String>, S::Error> {
    one(sql, READ_VALUE, &[SqlCell::Text(name)], |row| row.get(0)).await
}

/// `is_again`: an earlier attempt lost its connection, so the value that is found may be our own.
pub async fn swap_value<S: SqlConnection>(
    sql: &mut S,
    name: &str,
    expected: Option<&str>,
    new: &str,
    is_again: bool,
) -> Result<bool, S::Error> {
    let (name_cell, new_cell) = (SqlCell::Text(name), SqlCell::Text(new));
    let changed = match expected {
        None => sql.execute(ADD_VALUE, &[name_cell, new_cell]).await?,
        Some(expected) => sql.execute(SWAP_VALUE, &[name_cell, new_cell, SqlCell::Text(expected)]).await?,
    };
    Ok(changed == 1 || (is_again && value(sql, name).await?.as_deref() == Some(new)))
}
