//! Brings a file to the layout of the program.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::error::StoreError;
use crate::migrate::{
    self, CREATE_VERSIONS, FoundLayout, Migration, READ_READABLE_SINCE, READ_VERSION, WRITE_READABLE_SINCE, pending,
    readable_since, warn_outdated,
};

/// The id of the registry, if its tables have the layout of the program.
fn current(all: &[Migration], connection: &Connection, location: &str) -> Result<Option<String>, StoreError> {
    match layout_of(all, connection, location)? {
        FoundLayout::Version(found) if found as usize == all.len() => {}
        FoundLayout::Readable(found) => warn_outdated(location, found),
        _ => return Ok(None),
    }
    Ok(connection.query_row(READ_ID, [], |row| row.get(0)).optional()?)
}

/// Reads the version of the tables, and changes nothing.
pub fn layout(connection: &Connection, location: &str) -> Result<FoundLayout, StoreError> {
    layout_of(migrate::ALL, connection, location)
}

fn layout_of(all: &[Migration], connection: &Connection, location: &str) -> Result<FoundLayout, StoreError> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let versions = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'";
    match (tables, connection.query_row(versions, [], |row| row.get::<_, i64>(0))?) {
        (0, _) => Ok(FoundLayout::Empty),
        (_, 0) => Err(StoreError::Foreign { location: location.to_owned() }),
        _ => {
            let version = connection.query_row(READ_VERSION, [], |row| row.get(0))?;
            let readable = connection.query_row(READ_READABLE_SINCE, [], |row| row.get::<_, String>(0)).optional()?;
            Ok(FoundLayout::of(version, readable.as_deref(), all.len() as u32))
        }
    }
}

const READ_ID: &str = "SELECT value FROM registry WHERE key = 'id'";

/// Applies the missing migrations in one transaction. Returns the id of the registry: its own, or `fresh_id` if it is
/// new.
pub fn migrate(connection: &mut Connection, location: &str, fresh_id: &str) -> Result<String, StoreError> {
    migrate_to(migrate::ALL, connection, location, fresh_id)
}

/// The same for a program that has the migrations `all`.
pub fn migrate_to(
    all: &[Migration],
    connection: &mut Connection,
    location: &str,
    fresh_id: &str,
) -> Result<String, StoreError> {
    // Most of the time nothing is to be done, and nobody has to wait until others have written.
    if let Some(id) = current(all, connection, location)? {
        return Ok(id);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let versions = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'";
    let is_ours = transaction.query_row(versions, [], |row| Ok(row.get::<_, i64>(0)? > 0))?;
    if tables > 0 && !is_ours {
        return Err(StoreError::Foreign { location: location.to_owned() });
    }
    transaction.execute_batch(CREATE_VERSIONS)?;
    let found = transaction.query_row(READ_VERSION, [], |row| row.get(0))?;
    for migration in pending(all, location, found)? {
        transaction.execute_batch(migration.sqlite)?;
        let sql = "INSERT INTO schema_version (version, name) VALUES (?1, ?2)";
        transaction.execute(sql, params![migration.version, migration.name])?;
    }
    transaction.execute(WRITE_READABLE_SINCE, [readable_since(all).to_string()])?;
    transaction.execute("INSERT INTO registry (key, value) VALUES ('id', ?1) ON CONFLICT DO NOTHING", [fresh_id])?;
    let id = transaction
        .query_row(READ_ID, [], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::Broken("the registry has no id".to_owned()))?;
    transaction.commit()?;
    Ok(id)
}
