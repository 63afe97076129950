//! `peerage schema migration`: makes the tables follow the fields.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use peerage_schema::Resource;
use peerage_store::MigrationDraft;

use crate::failure::usage;

/// The folder of migrations in the program's source.
const FOLDER: &str = "crates/peerage-store/src/migrations";

/// Write a migration that adds new fields of the program to the tables, in its source.
///
/// Writes one file for each store and adds them to the list of migrations. Build the program again afterwards: it
/// applies the migration when it opens a database.
#[derive(Debug, Args)]
pub struct MigrationArgs {
    /// Name of the migration: lower-case letters, digits and underscores.
    #[arg(value_parser = name)]
    name: String,
    /// Folder of the migrations. [default: crates/peerage-store/src/migrations in this folder or in one above it]
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

fn name(text: &str) -> Result<String, &'static str> {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if text.is_empty() || !text.chars().all(is_letter) {
        return Err("expected lower-case letters, digits and underscores");
    }
    Ok(text.to_owned())
}

impl MigrationArgs {
    /// Runs the command and returns its output.
    pub fn run(&self) -> anyhow::Result<String> {
        let Some(draft) = peerage_store::draft(&Resource::ALL.map(Resource::table))? else {
            return Ok("The tables have all fields. No migration is needed.\n".to_owned());
        };
        let folder = match &self.into {
            Some(folder) => folder.clone(),
            None => folder()?,
        };
        let written = write(&folder, &self.name, &draft)?;
        let lines: Vec<String> = written.iter().map(|path| format!("{}\n", path.display())).collect();
        Ok(format!("{}Build the program again: it applies the migration when it opens a database.\n", lines.concat()))
    }
}

/// Returns the migrations folder of the source tree in which the program was started.
fn folder() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("cannot determine the current folder")?;
    let found = here.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| folder.is_dir());
    found.ok_or_else(|| {
        usage(format!(
            "{} is not in Peerage's source: run this command there, or pass the folder as --into",
            here.display()
        ))
    })
}

/// Writes the files of a migration and returns their paths.
fn write(folder: &Path, name: &str, draft: &MigrationDraft) -> anyhow::Result<Vec<PathBuf>> {
    let version = draft.version;
    let list = folder.join("list.rs");
    let text = std::fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let end = text.rfind(']').with_context(|| format!("{} is not a list", list.display()))?;
    let mut written = Vec::new();
    for (store, sql) in [("sqlite", &draft.sqlite), ("postgres", &draft.postgres)] {
        let path = folder.join(store).join(format!("V{version}__{name}.sql"));
        let made = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(sql.as_bytes()));
        made.with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
    }
    let since = draft.readable_since;
    let line = format!("    migration!({version}, \"{name}\", readable_since {since}),\n");
    std::fs::write(&list, format!("{}{line}{}", &text[..end], &text[end..]))
        .with_context(|| format!("cannot write {}", list.display()))?;
    written.push(list);
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_one_file_for_each_store_and_a_line_in_the_list() {
        let folder = tempfile::tempdir().expect("a folder");
        for store in ["sqlite", "postgres"] {
            std::fs::create_dir(folder.path().join(store)).expect("a folder");
        }
        let list = folder.path().join("list.rs");
        std::fs::write(&list, "// All.\n[\n    migration!(1, \"registry\", readable_since 1),\n]\n").expect("written");
        let draft =
            MigrationDraft { version: 2, readable_since: 1, sqlite: "one".to_owned(), postgres: "two".to_owned() };
        let written = write(folder.path(), "colour", &draft).expect("written");
        let names: Vec<_> = written.iter().filter_map(|path| path.strip_prefix(folder.path()).ok()).collect();
        assert_eq!(names, ["sqlite/V2__colour.sql", "postgres/V2__colour.sql", "list.rs"].map(Path::new));
        assert_eq!(std::fs::read_to_string(&written[1]).expect("a file"), "two");
        let line = |version, name| format!("    migration!({version}, \"{name}\", readable_since 1),\n");
        let expected = format!("// All.\n[\n{}{}]\n", line(1, "registry"), line(2, "colour"));
        assert_eq!(std::fs::read_to_string(&list).expect("a file"), expected);
        // The files that were written before stay.
        let error = write(folder.path(), "colour", &draft).expect_err("the migration exists").to_string();
        assert!(error.contains("V2__colour.sql"), "{error}");
        assert_eq!(std::fs::read_to_string(&list).expect("a file"), expected);
        assert!(name("Colour").is_err() && name("").is_err() && name("colour_2").is_ok());
    }
}
