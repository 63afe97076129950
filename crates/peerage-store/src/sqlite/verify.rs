//! Checks of the file's content.

use std::collections::BTreeMap;

use peerage_registry::EventSubject;
use rusqlite::{Connection, params};

use crate::columns::Dialect;
use crate::error::StoreError;
use crate::loaded::subjects;
use crate::migrate::{self, FoundLayout};
use crate::sqlite::local::{LocalConnection, now};
use crate::sqlite::{SqliteStore, aside, erase, load, migrate as migrate_sqlite};
use crate::verify::{self, FindingList, LastState, LogFinding, RecordedState, STEP, TableComparison, look_at_kinds};
use crate::{records, sql};

/// Finds the last event about each object. Notes do not change their object, so they are left out.
const LAST_EVENTS: &str = "SELECT \"object\", max(\"sequence\") FROM \"event\" WHERE \"resource\" = ?1 \
     AND \"action\" <> 'note' GROUP BY \"object\" ORDER BY \"object\"";
const LAST_WORD: &str = "SELECT \"action\", \"salt\", \"after\" FROM \"event\" WHERE \"sequence\" = ?1";

pub fn chain(connection: &mut Connection, mut progress: impl FnMut(u64)) -> Result<Vec<LogFinding>, StoreError> {
    let transaction = connection.transaction()?;
    now(verify::chain(&mut LocalConnection(&transaction), &mut progress))
}

pub fn rows(connection: &mut Connection, mut progress: impl FnMut(u64)) -> Result<Vec<LogFinding>, StoreError> {
    let transaction = connection.transaction()?;
    let mut findings = FindingList::default();
    let mut done = 0;
    let mut tell = || {
        done += 1;
        if done % STEP == 0 {
            progress(done);
        }
    };
    for subject in subjects() {
        compare(&transaction, subject, &mut findings, &mut tell)?;
    }
    look_at_kinds(now(records::kinds(&mut LocalConnection(&transaction)))?, &mut findings);
    progress(done);
    Ok(findings.into_list())
}

/// Compares a table with the last events about its rows.
fn compare(
    connection: &Connection,
    subject: EventSubject,
    findings: &mut FindingList,
    tell: &mut impl FnMut(),
) -> Result<(), StoreError> {
    let mut comparison = TableComparison::new(subject, findings);
    let mut last_events = connection.prepare(LAST_EVENTS)?;
    let mut last_word = connection.prepare(LAST_WORD)?;
    let mut events = last_events.query([subject.name()])?;
    let mut next_word = || -> Result<Option<LastState>, StoreError> {
        let Some(event) = events.next()? else { return Ok(None) };
        let (id, sequence) = (event.get(0)?, event.get::<_, i64>(1)?);
        let state = last_word.query_row(params![sequence], |row| {
            Ok(RecordedState::of(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_blob_or_null()?, row.get(2)?))
        })?;
        Ok(Some(LastState { id, sequence: sequence as u64, state }))
    };
    let mut word = next_word()?;
    load::read(connection, subject, |row| {
        let id = row.id();
        comparison.rows.push_back(row);
        while let Some(before) = word.take_if(|word| word.id <= id) {
            comparison.words.push_back(before);
            word = next_word()?;
        }
        comparison.advance(true, true);
        tell();
        Ok(())
    })?;
    while let Some(rest) = word.take() {
        comparison.words.push_back(rest);
        comparison.advance(true, true);
        word = next_word()?;
    }
    Ok(())
}

pub fn engine(connection: &mut Connection) -> Result<Vec<LogFinding>, StoreError> {
    let mut findings = Vec::new();
    for sql in statements() {
        if let Err(error) = connection.prepare(&sql) {
            findings.push(LogFinding::Engine(format!("{error}, in: {sql}")));
        }
    }
    pages(connection, &mut findings)?;
    Ok(findings)
}

/// Checks every page and index, and compares the definitions of the tables with those of this program.
fn pages(connection: &Connection, findings: &mut Vec<LogFinding>) -> Result<(), StoreError> {
    definitions(connection, findings)?;
    values(connection, findings)?;
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            findings.push(LogFinding::Engine(text));
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, id, of): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        findings.push(LogFinding::Constraint(format!("{table} {id} points to {of} that is not there")));
    }
    Ok(())
}

/// Checks that what is outside of the log is text. It has no digest.
fn values(connection: &Connection, findings: &mut Vec<LogFinding>) -> Result<(), StoreError> {
    for (table, columns) in [("registry", "key, value"), ("key_use", "body, body"), ("ceremony", "id, body")] {
        let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get_ref(0)?.as_str().is_err() || row.get_ref(1)?.as_str().is_err() {
                findings.push(LogFinding::Engine(format!("a value in {table} is not text")));
            }
        }
    }
    Ok(())
}

/// Compares the definitions of tables and indexes with those that the migrations make: a damaged one can lose a
/// constraint without an error. The file may have more, such as the statistics of SQLite.
fn definitions(connection: &Connection, findings: &mut Vec<LogFinding>) -> Result<(), StoreError> {
    // A newer program has other definitions, and has applied the same migrations first.
    let is_newer = migrate_sqlite::layout(connection, "")? != FoundLayout::Version(migrate::known());
    let mut expected = Connection::open_in_memory()?;
    migrate_sqlite::migrate(&mut expected, "", "")?;
    let found = defined(connection)?;
    for (name, definition) in defined(&expected)?.into_iter().filter(|((of, _), _)| !is_newer || of == "migration") {
        if !found.get(&name).is_some_and(|found| is_continued(&definition, found)) {
            findings.push(LogFinding::Engine(format!("the definition of {} {} was changed", name.0, name.1)));
        }
    }
    Ok(())
}

/// Whether a definition is the expected one, or has columns that were added to it. SQLite puts them into its text, before
/// the constraints. Damage does not change the length.
fn is_continued(expected: &str, found: &str) -> bool {
    let (expected, found) = (expected.as_bytes(), found.as_bytes());
    let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(one, other)| one == other).count();
    let before = same(&mut expected.iter().zip(found));
    let after = same(&mut expected.iter().rev().zip(found.iter().rev()));
    expected == found || (found.len() > expected.len() && before + after >= expected.len())
}

/// Definitions by type and name, and the names of the migrations.
fn defined(connection: &Connection) -> rusqlite::Result<BTreeMap<(String, String), String>> {
    let sql = "SELECT \"type\", \"name\", concat_ws(' ', \"tbl_name\", \"sql\") FROM sqlite_schema WHERE \"sql\" IS NOT NULL \
               UNION ALL SELECT 'migration', \"version\" || '', \"name\" FROM schema_version";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    rows.collect()
}

impl SqliteStore {
    /// Checks everything that damage of the file can change.
    pub async fn check_file(&self) -> Result<Vec<LogFinding>, StoreError> {
        self.apart(|connection| {
            let mut findings = Vec::new();
            pages(connection, &mut findings)?;
            findings.extend(rows(connection, |_| ())?);
            findings.extend(chain(connection, |_| ())?);
            Ok(findings)
        })
        .await
    }
}

/// All statements that the store uses on this engine.
fn statements() -> Vec<String> {
    let own = [
        LAST_EVENTS,
        LAST_WORD,
        aside::READ_USE,
        aside::WRITE_USE,
        erase::ERASE_ACTOR,
        erase::ERASE_ROWS,
        erase::SCRUBBED,
    ];
    let mut statements = sql::statements(Dialect::Sqlite);
    statements.extend(own.map(str::to_owned));
    statements
}
