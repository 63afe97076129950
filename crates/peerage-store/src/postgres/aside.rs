//! Usage of keys.

use std::collections::HashMap;

use peerage_registry::ids::KeyId;
use tokio_postgres::Row;

use crate::aside::READ_USES;
use crate::postgres::append::BEGIN;
use crate::postgres::error::PostgresFault;
use crate::postgres::line::LiveConnection;
use crate::sql::all;
use crate::values::check_use;

pub const READ_SOME_USES: &str = "SELECT \"key\", \"body\" FROM \"key_use\" WHERE \"key\" = ANY($1) ORDER BY \"key\"";
pub const WRITE_USES: &str = "INSERT INTO \"key_use\" (\"key\", \"body\") SELECT * FROM unnest($1::bigint[], $2::text[]) \
     ON CONFLICT (\"key\") DO UPDATE SET \"body\" = excluded.\"body\"";

/// Lets one node write at a time, without blocking readers.
pub const LOCK_USES: &str = "LOCK TABLE \"key_use\" IN SHARE ROW EXCLUSIVE MODE";

pub async fn note_use(
    live: &mut LiveConnection,
    keys: &[KeyId],
    body: &mut impl FnMut(KeyId, Option<&str>) -> String,
) -> Result<(), PostgresFault> {
    let write = live.prepared(WRITE_USES).await?;
    live.client.batch_execute(&format!("{BEGIN}; {LOCK_USES}")).await?;
    let mut known: HashMap<KeyId, String> = uses(live, Some(keys)).await?.into_iter().collect();
    for key in keys {
        let body = body(*key, known.get(key).map(String::as_str));
        check_use(&body)?;
        known.insert(*key, body);
    }
    let (keys, bodies): (Vec<i64>, Vec<String>) = known.into_iter().map(|(key, body)| (i64::from(key), body)).unzip();
    live.client.execute(&write, &[&keys, &bodies]).await?;
    live.client.batch_execute("COMMIT").await?;
    Ok(())
}

pub async fn uses(live: &mut LiveConnection, keys: Option<&[KeyId]>) -> Result<Vec<(KeyId, String)>, PostgresFault> {
    let read = |row: &Row| Ok((KeyId::new(row.try_get::<_, i64>(0)? as u32), row.try_get(1)?));
    let Some(keys) = keys else { return all(live, READ_USES, &[], read).await };
    let keys: Vec<i64> = keys.iter().map(|key| i64::from(*key)).collect();
    let statement = live.prepared(READ_SOME_USES).await?;
    live.client.query(&statement, &[&keys]).await?.iter().map(read).collect()
}
