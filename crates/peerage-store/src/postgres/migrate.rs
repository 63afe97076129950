//! Brings a database to the layout of the program.

use peerage_schema::Resource;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::error::StoreError;
use crate::migrate::{
    self, ALL, CREATE_VERSIONS, FoundLayout, READ_READABLE_SINCE, READ_VERSION, WRITE_READABLE_SINCE, pending,
    readable_since, warn_outdated,
};
use crate::postgres::error::{PostgresFault, is_conflict, is_lost};
use crate::postgres::line::{BEGIN_LONG, LiveConnection, PostgresConnection, no_answer};

/// The oldest supported server version, as a number and as a name.
const SERVER_MIN: (i32, &str) = (120_000, "12");

/// Attempts when several nodes start at the same time: the first one creates the tables, the others find them done.
const TURNS: u32 = 20;

/// Applies the missing migrations in one transaction. Returns the id of the registry: its own, or `fresh_id` if it is
/// new.
pub async fn migrate(line: &mut PostgresConnection, location: &str, fresh_id: &str) -> Result<String, StoreError> {
    let cannot = |error: StoreError| match error {
        StoreError::Unreachable(why) => StoreError::Away { location: location.to_owned(), why },
        StoreError::Engine(why) => StoreError::Open { location: location.to_owned(), why },
        other => other,
    };
    for turn in 1.. {
        let deadline = line.target().deadline;
        let connection = line.live().await.map_err(cannot)?;
        let checked = timeout(deadline, check_server(connection)).await;
        let tried = match checked.unwrap_or_else(|_| Err(no_answer().into())) {
            Ok(()) => attempt(connection, location, fresh_id).await,
            Err(fault) => Err(fault),
        };
        let fault = match tried {
            Ok(id) => return Ok(id),
            Err(fault) => fault,
        };
        line.hang_up().await;
        match fault {
            PostgresFault::Server(error) if turn < TURNS && (is_conflict(&error) || is_outrun(&error)) => {}
            PostgresFault::Server(error) => {
                let is_lost = is_lost(&error);
                let error = PostgresFault::Server(error).into();
                return Err(if is_lost { cannot(error) } else { error });
            }
            PostgresFault::Store(error) => return Err(cannot(error)),
        }
    }
    unreachable!("the last turn returns")
}

/// Reads the version of the tables, and changes nothing.
pub async fn layout(line: &mut PostgresConnection, location: &str) -> Result<FoundLayout, PostgresFault> {
    let client = &line.live().await?.client;
    let (tables, versions) = count_tables(client).await?;
    match (tables, versions) {
        (0, 0) => Ok(FoundLayout::Empty),
        (_, 0) => Err(StoreError::Foreign { location: location.to_owned() }.into()),
        _ => {
            let found: i64 = client.query_one(READ_VERSION, &[]).await?.try_get(0)?;
            found_layout(client, found as u32).await
        }
    }
}

async fn found_layout(client: &Client, version: u32) -> Result<FoundLayout, PostgresFault> {
    let readable = client.query_opt(READ_READABLE_SINCE, &[]).await?;
    let readable: Option<String> = readable.map(|row| row.try_get(0)).transpose()?;
    Ok(FoundLayout::of(version, readable.as_deref(), migrate::known()))
}

/// Counts tables with the names of ours, and those that hold a version.
async fn count_tables(client: &Client) -> Result<(i64, i64), PostgresFault> {
    let names: Vec<&str> = Resource::ALL
        .map(Resource::tag)
        .into_iter()
        .chain(["event", "head", "registry", "record", "key_use", "ceremony"])
        .collect();
    let row = client
        .query_one(
            "SELECT count(*) FILTER (WHERE table_name = ANY($1)), \
             count(*) FILTER (WHERE table_name = 'schema_version') \
             FROM information_schema.tables WHERE table_schema = current_schema()",
            &[&names],
        )
        .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Whether another node has just created the same table.
fn is_outrun(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::DUPLICATE_TABLE || *code == SqlState::DUPLICATE_OBJECT
    })
}

/// Checks that the server is one that this program can use.
async fn check_server(live: &LiveConnection) -> Result<(), PostgresFault> {
    let row = live
        .client
        .query_one("SELECT current_setting('server_version_num')::int, current_setting('server_encoding')", &[])
        .await?;
    let (version, encoding): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    if version < SERVER_MIN.0 {
        return Err(StoreError::Engine(format!("PostgreSQL {} or later is needed", SERVER_MIN.1)).into());
    }
    if encoding != "UTF8" {
        let why = format!("its encoding is {encoding}; create the database with ENCODING 'UTF8' TEMPLATE template0");
        return Err(StoreError::Engine(why).into());
    }
    Ok(())
}

async fn attempt(live: &LiveConnection, location: &str, fresh_id: &str) -> Result<String, PostgresFault> {
    let client = &live.client;
    client.batch_execute(BEGIN_LONG).await?;
    let (tables, versions) = count_tables(client).await?;
    if tables > 0 && versions == 0 {
        return Err(StoreError::Foreign { location: location.to_owned() }.into());
    }
    if versions == 0 {
        client.batch_execute(CREATE_VERSIONS).await?;
    }
    client.batch_execute("LOCK TABLE schema_version IN SHARE ROW EXCLUSIVE MODE").await?;
    let found: i64 = client.query_one(READ_VERSION, &[]).await?.try_get(0)?;
    let is_readable = found > 0 && matches!(found_layout(client, found as u32).await?, FoundLayout::Readable(_));
    if is_readable {
        warn_outdated(location, found as u32);
    }
    for migration in if is_readable { &[] } else { pending(ALL, location, found as u32)? } {
        client.batch_execute(migration.postgres).await?;
        let sql = "INSERT INTO schema_version (version, name) VALUES ($1, $2)";
        client.execute(sql, &[&(migration.version as i32), &migration.name]).await?;
    }
    if !is_readable {
        client.execute(WRITE_READABLE_SINCE, &[&readable_since(ALL).to_string()]).await?;
    }
    let sql = "INSERT INTO registry (key, value) VALUES ('id', $1) ON CONFLICT DO NOTHING";
    client.execute(sql, &[&fresh_id]).await?;
    let id = client.query_one("SELECT value FROM registry WHERE key = 'id'", &[]).await?.try_get(0)?;
    client.batch_execute("COMMIT").await?;
    Ok(id)
}
