//! What is kept beside the log: shared values, how keys were used, ceremonies.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::error::StoreError;
use crate::values::check_use;

pub const READ_VALUE: &str = "SELECT \"value\" FROM \"registry\" WHERE \"key\" = ?1";
pub const ADD_VALUE: &str = "INSERT INTO \"registry\" (\"key\", \"value\") VALUES (?1, ?2) ON CONFLICT DO NOTHING";
pub const SWAP_VALUE: &str = "UPDATE \"registry\" SET \"value\" = ?2 WHERE \"key\" = ?1 AND \"value\" = ?3";
pub const READ_USE: &str = "SELECT \"body\" FROM \"key_use\" WHERE \"key\" = ?1";
pub const READ_USES: &str = "SELECT \"key\", \"body\" FROM \"key_use\" ORDER BY \"key\"";
pub const WRITE_USE: &str = "INSERT INTO \"key_use\" (\"key\", \"body\") VALUES (?1, ?2) \
     ON CONFLICT (\"key\") DO UPDATE SET \"body\" = excluded.\"body\"";

pub const PUT_CEREMONY: &str = "INSERT INTO \"ceremony\" (\"id\", \"body\", \"until\") VALUES (?1, ?2, ?3) \
     ON CONFLICT (\"id\") DO NOTHING";
pub const TAKE_CEREMONY: &str = "DELETE FROM \"ceremony\" WHERE \"id\" = ?1 RETURNING \"body\", \"until\"";
pub const SWEEP_CEREMONIES: &str = "DELETE FROM \"ceremony\" WHERE \"until\" <= ?1";

pub fn put_ceremony(connection: &Connection, id: &str, body: &str, until: i64) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(PUT_CEREMONY)?.execute(params![id, body, until])? == 1)
}

pub fn take_ceremony(connection: &Connection, id: &str, now: i64) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached(TAKE_CEREMONY)?;
    let taken: Option<(String, i64)> = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(taken.filter(|(_, until)| *until > now).map(|(body, _)| body))
}

pub fn sweep_ceremonies(connection: &Connection, now: i64) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(SWEEP_CEREMONIES)?.execute([now])?)
}

pub fn value(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached(READ_VALUE)?.query_row([name], |row| row.get(0)).optional()?)
}

pub fn swap_value(connection: &Connection, name: &str, expected: Option<&str>, new: &str) -> Result<bool, StoreError> {
    let changed = match expected {
        None => connection.prepare_cached(ADD_VALUE)?.execute(params![name, new])?,
        Some(expected) => connection.prepare_cached(SWAP_VALUE)?.execute(params![name, new, expected])?,
    };
    Ok(changed == 1)
}

pub fn note_use(
    connection: &mut Connection,
    keys: &[u32],
    mut body: impl FnMut(u32, Option<&str>) -> String,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut read = transaction.prepare_cached(READ_USE)?;
        let mut write = transaction.prepare_cached(WRITE_USE)?;
        for key in keys {
            let known: Option<String> = read.query_row([key], |row| row.get(0)).optional()?;
            let body = body(*key, known.as_deref());
            check_use(&body)?;
            write.execute(params![key, body])?;
        }
    }
    Ok(transaction.commit()?)
}

pub fn uses(connection: &mut Connection, keys: Option<&[u32]>) -> Result<Vec<(u32, String)>, StoreError> {
    let Some(keys) = keys else {
        let mut statement = connection.prepare_cached(READ_USES)?;
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        return Ok(found.collect::<Result<_, _>>()?);
    };
    let transaction = connection.transaction()?;
    let mut statement = transaction.prepare_cached(READ_USE)?;
    let mut found = Vec::new();
    for key in keys {
        let body: Option<String> = statement.query_row([key], |row| row.get(0)).optional()?;
        found.extend(body.map(|body| (*key, body)));
    }
    Ok(found)
}
