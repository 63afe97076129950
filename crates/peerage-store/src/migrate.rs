//! Versions of the tables, embedded in the program.
//!
//! A migration is a file of the same name for each dialect. It never changes after its release: a change of the tables
//! is another migration with the next number, which `peerage schema migration` writes from the tables of fields
//! ([`crate::layout`]). Opening a database applies all missing migrations in one transaction.
//!
//! This is sixty lines of our own instead of a library for two reasons. Several nodes can open a database at the same
//! time, so the version must be read and raised under a lock. And a database newer than the program is refused with an
//! error that names both versions, before anything is changed.

use crate::error::StoreError;

/// One step from a version of the tables to the next.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Starts at 1, without gaps.
    pub version: u32,
    pub name: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
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
pub const READ_VERSION: &str = "SELECT coalesce(max(version), 0) FROM schema_version";

/// What a database contains, found without changing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundLayout {
    /// Nothing of a registry yet.
    Empty,
    /// Tables of this version.
    Version(u32),
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
