//! Versions of the tables, embedded in the program.
//!
//! A migration is a file of the same name for each dialect. It is never changed once released: a change of the tables
//! is one more migration, under the next number, which `peerage schema migration` writes from the tables of fields
//! ([`crate::layout`]). All that a database lacks are applied in one transaction when it is opened.
//!
//! Sixty lines of our own in place of a library: several nodes may open one database at the same moment, so the version
//! must be read and raised under a lock; and a database that is newer than the program is refused with both versions
//! named, before anything is touched.

use crate::error::StoreError;

/// One step from a version of the tables to the next.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// From 1, without gaps.
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

/// The version of the tables that this program works with.
pub fn known() -> u32 {
    ALL.last().map_or(0, |last| last.version)
}

/// The table that remembers which migrations were applied, in words that both dialects understand.
pub const CREATE_VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL)";

/// The version of a database.
pub const READ_VERSION: &str = "SELECT coalesce(max(version), 0) FROM schema_version";

/// What a database of this version lacks.
///
/// # Errors
/// [`StoreError::Newer`] if the program lacks something that the database has.
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
