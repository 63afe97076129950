//! Usage of keys.

use peerage_registry::ids::KeyId;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use crate::aside::READ_USES;
use crate::error::StoreError;
use crate::sql::all;
use crate::sqlite::local::{LocalConnection, now};
use crate::values::check_use;

pub const READ_USE: &str = "SELECT \"body\" FROM \"key_use\" WHERE \"key\" = ?1";
pub const WRITE_USE: &str = "INSERT INTO \"key_use\" (\"key\", \"body\") VALUES (?1, ?2) \
     ON CONFLICT (\"key\") DO UPDATE SET \"body\" = excluded.\"body\"";

pub fn note_use(
    connection: &mut Connection,
    keys: &[KeyId],
    mut body: impl FnMut(KeyId, Option<&str>) -> String,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut read = transaction.prepare_cached(READ_USE)?;
        let mut write = transaction.prepare_cached(WRITE_USE)?;
        for key in keys {
            let known: Option<String> = read.query_row([key.get()], |row| row.get(0)).optional()?;
            let body = body(*key, known.as_deref());
            check_use(&body)?;
            write.execute(params![key.get(), body])?;
        }
    }
    Ok(transaction.commit()?)
}

pub fn uses(connection: &mut Connection, keys: Option<&[KeyId]>) -> Result<Vec<(KeyId, String)>, StoreError> {
    let Some(keys) = keys else {
        let read = |row: &Row<'_>| Ok((KeyId::new(row.get(0)?), row.get(1)?));
        return now(all(&mut LocalConnection(connection), READ_USES, &[], read));
    };
    let transaction = connection.transaction()?;
    let mut statement = transaction.prepare_cached(READ_USE)?;
    let mut found = Vec::new();
    for key in keys {
        let body: Option<String> = statement.query_row([key.get()], |row| row.get(0)).optional()?;
        found.extend(body.map(|body| (*key, body)));
    }
    Ok(found)
}
