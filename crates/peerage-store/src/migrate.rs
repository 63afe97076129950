//! Versions of the tables, embedded in the program.
//!
//! A version covers the tables and what is in them: a program that adds a field to a row, a record or an event, or a kind
//! of them, also has a migration, even one without statements. A program therefore knows when a newer one has written to
//! its database. It then changes nothing, because it would drop what it does not know; it can still read if the newer
//! program says so ([`Migration::readable_since`]). So nodes of a registry can be updated one after the other.
//!
//! A migration is a file of the same name for each dialect. It never changes after its release: a change of the tables
//! is another migration with the next number, which `peerage schema migration` writes from the tables of fields
//! ([`crate::layout`]). Opening a database applies all missing migrations in one transaction.
//!
//! This is sixty lines of our own instead of a library for two reasons. Several nodes can open a database at the same
//! time, so the version must be read and raised under a lock. And a database newer than the program is refused with an
//! error that names both versions, before anything is changed.

use crate::error::StoreError;
use crate::{Store, StoreEngine};

/// One step from a version of the tables to the next.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Starts at 1, without gaps.
    pub version: u32,
    pub name: &'static str,
    /// The oldest version whose programs can read the database after this migration. The version before, if the migration
    /// only adds columns or fields; its own version, if it adds a kind of rows, records or actions.
    pub readable_since: u32,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal, readable_since $readable_since:literal) => {
        Migration {
            version: $version,
            name: $name,
            readable_since: $readable_since,
            sqlite: migration!(@text "sqlite", $version, $name),
            postgres: migration!(@text "postgres", $version, $name),
        }
    };
    (@text $dialect:literal, $version:literal, $name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/migrations/",
            $dialect,
            "/V",
            $version,
            "__",
            $name,
            ".sql"
        ))
    };
}

/// All migrations, in order.
pub static ALL: &[Migration] = &include!("migrations/list.rs");

/// Returns the version of the tables that this program works with.
pub fn known() -> u32 {
    ALL.last().map_or(0, |last| last.version)
}

/// Creates the table of applied migrations. Valid in both dialects.
pub const CREATE_VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)";

/// Reads the version of a database.
pub const READ_VERSION: &str = "SELECT CAST(coalesce(max(version), 0) AS BIGINT) FROM schema_version";

/// The key of [`readable_since`] in the table of shared values.
pub const READABLE_SINCE: &str = "readable-since";

/// Reads the oldest version whose programs can read a database. Databases of the first programs do not say it.
pub const READ_READABLE_SINCE: &str = "SELECT value FROM registry WHERE key = 'readable-since'";

/// Sets it.
pub const WRITE_READABLE_SINCE: &str = "INSERT INTO registry (key, value) VALUES ('readable-since', $1) \
     ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// The oldest version whose programs can read a database that has these migrations.
pub fn readable_since(all: &[Migration]) -> u32 {
    all.iter().map(|migration| migration.readable_since).max().unwrap_or_default()
}

/// What a database contains, found without changing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundLayout {
    /// Nothing of a registry yet.
    Empty,
    /// Tables of this version.
    Version(u32),
    /// Tables of a newer program, which this program can read, but not write.
    Readable(u32),
}

impl FoundLayout {
    /// Tables of a version, with what the database says about older programs.
    pub fn of(version: u32, readable_since: Option<&str>, known: u32) -> FoundLayout {
        let readable_since = readable_since.and_then(|text| text.parse().ok()).unwrap_or(version);
        if version > known && readable_since <= known {
            FoundLayout::Readable(version)
        } else {
            FoundLayout::Version(version)
        }
    }
}

/// Checks in a transaction that no newer program has migrated the tables: what this program writes would lack what it
/// does not know.
///
/// # Errors
/// [`StoreError::Outdated`].
pub fn check_writable(found: i64) -> Result<(), StoreError> {
    let (found, known) = (found as u32, known());
    if found > known { Err(StoreError::Outdated { found, known }) } else { Ok(()) }
}

impl Store {
    /// Returns why this program can only read: a newer one has changed the table layout since it was opened.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn outdated(&self) -> Result<Option<StoreError>, StoreError> {
        let found = match &self.engine {
            StoreEngine::Sqlite(store) => store.layout_now().await,
            StoreEngine::Postgres(store) => store.layout_now().await,
        }?;
        Ok(check_writable(found.into()).err())
    }
}

/// Logs that this program only reads the database.
pub fn warn_outdated(location: &str, found: u32) {
    let error = StoreError::Outdated { found, known: known() };
    tracing::warn!(location, "all changes are refused: {error}");
}

/// Returns the migrations that a database of version `found` lacks.
///
/// # Errors
/// [`StoreError::Newer`] if the database has migrations that the program does not know.
pub fn pending<'a>(all: &'a [Migration], location: &str, found: u32) -> Result<&'a [Migration], StoreError> {
    all.get(found as usize..).ok_or_else(|| {
        let known = all.len() as u32;
        StoreError::Newer { location: location.to_owned(), found, known }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &str) -> Vec<String> {
        let path = format!("{}/src/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(path).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn both_dialects_have_the_same_migrations_and_each_is_embedded() {
        assert_eq!(files("sqlite"), files("postgres"));
        let embedded: Vec<String> =
            ALL.iter().map(|migration| format!("V{}__{}.sql", migration.version, migration.name)).collect();
        assert_eq!(files("sqlite"), embedded);
        for (at, migration) in ALL.iter().enumerate() {
            assert_eq!(migration.version as usize, at + 1);
        }
    }

    #[test]
    fn a_newer_database_is_refused_with_both_versions() {
        let message = pending(ALL, "registry.db", known() + 1).expect_err("refused").to_string();
        assert!(message.contains(&format!("layout {}", known() + 1)), "{message}");
        assert!(message.contains(&format!("up to {}", known())), "{message}");
    }
}
