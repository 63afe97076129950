//! What is kept beside the log: shared values, how keys were used, ceremonies.

use std::collections::HashMap;

use crate::postgres::append::BEGIN;
use crate::postgres::error::Fault;
use crate::postgres::line::Live;
use crate::values::check_use;

pub const READ_VALUE: &str = "SELECT \"value\" FROM \"registry\" WHERE \"key\" = $1";
pub const ADD_VALUE: &str = "INSERT INTO \"registry\" (\"key\", \"value\") VALUES ($1, $2) ON CONFLICT DO NOTHING";
pub const SWAP_VALUE: &str = "UPDATE \"registry\" SET \"value\" = $2 WHERE \"key\" = $1 AND \"value\" = $3";
pub const READ_USES: &str = "SELECT \"key\", \"body\" FROM \"key_use\" ORDER BY \"key\"";
pub const READ_SOME_USES: &str = "SELECT \"key\", \"body\" FROM \"key_use\" WHERE \"key\" = ANY($1) ORDER BY \"key\"";
pub const WRITE_USES: &str = "INSERT INTO \"key_use\" (\"key\", \"body\") SELECT * FROM unnest($1::bigint[], $2::text[]) \
     ON CONFLICT (\"key\") DO UPDATE SET \"body\" = excluded.\"body\"";

/// Nodes take turns; who only reads does not wait.
pub const LOCK_USES: &str = "LOCK TABLE \"key_use\" IN SHARE ROW EXCLUSIVE MODE";

pub const PUT_CEREMONY: &str = "INSERT INTO \"ceremony\" (\"id\", \"body\", \"until\") VALUES ($1, $2, $3) \
     ON CONFLICT (\"id\") DO NOTHING";
pub const TAKE_CEREMONY: &str = "DELETE FROM \"ceremony\" WHERE \"id\" = $1 RETURNING \"body\", \"until\"";
pub const SWEEP_CEREMONIES: &str = "DELETE FROM \"ceremony\" WHERE \"until\" <= $1";

/// `is_again`: the connection was lost when it was tried before, so that it may be there by now, as one's own.
pub async fn put_ceremony(live: &mut Live, id: &str, body: &str, until: i64, is_again: bool) -> Result<bool, Fault> {
    let statement = live.prepared(PUT_CEREMONY).await?;
    Ok(live.client.execute(&statement, &[&id, &body, &until]).await? == 1 || is_again)
}

/// If the connection is lost on the way it may be gone untaken: it is taken once at most.
pub async fn take_ceremony(live: &mut Live, id: &str, now: i64) -> Result<Option<String>, Fault> {
    let statement = live.prepared(TAKE_CEREMONY).await?;
    let Some(row) = live.client.query_opt(&statement, &[&id]).await? else { return Ok(None) };
    let (body, until): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((until > now).then_some(body))
}

pub async fn sweep_ceremonies(live: &mut Live, now: i64) -> Result<usize, Fault> {
    let statement = live.prepared(SWEEP_CEREMONIES).await?;
    Ok(live.client.execute(&statement, &[&now]).await? as usize)
}

pub async fn value(live: &mut Live, name: &str) -> Result<Option<String>, Fault> {
    let statement = live.prepared(READ_VALUE).await?;
    let found = live.client.query_opt(&statement, &[&name]).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?)
}

/// `is_again`: the connection was lost when it was tried before, so that the value that is found may be one's own.
pub async fn swap_value(
    live: &mut Live,
    name: &str,
    expected: Option<&str>,
    new: &str,
    is_again: bool,
) -> Result<bool, Fault> {
    let changed = match expected {
        None => {
            let statement = live.prepared(ADD_VALUE).await?;
            live.client.execute(&statement, &[&name, &new]).await?
        }
        Some(expected) => {
            let statement = live.prepared(SWAP_VALUE).await?;
            live.client.execute(&statement, &[&name, &new, &expected]).await?
        }
    };
    Ok(changed == 1 || (is_again && value(live, name).await?.as_deref() == Some(new)))
}

pub async fn note_use(
    live: &mut Live,
    keys: &[u32],
    body: &mut impl FnMut(u32, Option<&str>) -> String,
) -> Result<(), Fault> {
    let write = live.prepared(WRITE_USES).await?;
    live.client.batch_execute(&format!("{BEGIN}; {LOCK_USES}")).await?;
    let mut known: HashMap<u32, String> = uses(live, Some(keys)).await?.into_iter().collect();
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

pub async fn uses(live: &mut Live, keys: Option<&[u32]>) -> Result<Vec<(u32, String)>, Fault> {
    let rows = if let Some(keys) = keys {
        let keys: Vec<i64> = keys.iter().map(|key| i64::from(*key)).collect();
        let statement = live.prepared(READ_SOME_USES).await?;
        live.client.query(&statement, &[&keys]).await?
    } else {
        let statement = live.prepared(READ_USES).await?;
        live.client.query(&statement, &[]).await?
    };
    rows.iter().map(|row| Ok((row.try_get::<_, i64>(0)? as u32, row.try_get(1)?))).collect()
}
