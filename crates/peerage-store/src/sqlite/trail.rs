//! Answers about the log.

use peerage_registry::moment::{self, Micros};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params, params_from_iter};

use crate::cell;
use crate::columns::Dialect;
use crate::error::StoreError;
use crate::sqlite::log;
use crate::trail::{KEYED_EVENTS_AT_ONCE, KeyedEvent, KeyedTime, Operand, Question, Told, TrailQuery};

pub fn trail(connection: &Connection, query: &TrailQuery) -> Result<Vec<Told>, StoreError> {
    let question = Question::of(query);
    let mut statement = connection.prepare_cached(&question.sql(Dialect::Sqlite))?;
    let mut rows = statement.query(params_from_iter(question.values()))?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        told.push(Told::of(log::stored(row)?)?);
    }
    Ok(told)
}

/// When the requests that may be repeated were made, newest first.
pub const KEYED_TIMES: &str = "SELECT \"sequence\", \"at\" FROM \"event\" WHERE instr(\"actor\", '\"retry\":{') > 0 \
     AND \"sequence\" <= ?1 ORDER BY \"sequence\" DESC LIMIT ?2";

/// Events of such requests, in the order of the log.
pub const KEYED_EVENTS: &str = "SELECT \"sequence\", \"at\", \"actor\", \"resource\", \"object\" FROM \"event\" \
     WHERE instr(\"actor\", '\"retry\":{') > 0 AND \"sequence\" > ?1 AND \"sequence\" <= ?2 ORDER BY \"sequence\" LIMIT ?3";

pub fn keyed_times(connection: &Connection, until: u64) -> Result<Vec<KeyedTime>, StoreError> {
    let mut statement = connection.prepare_cached(KEYED_TIMES)?;
    let mut rows = statement.query(params![until as i64, KEYED_EVENTS_AT_ONCE as i64])?;
    let mut times = Vec::new();
    while let Some(row) = rows.next()? {
        times.push(KeyedTime::of(row.get(0)?, time(row)?)?);
    }
    Ok(times)
}

pub fn keyed_events(connection: &Connection, after: u64, until: u64) -> Result<Vec<KeyedEvent>, StoreError> {
    let mut statement = connection.prepare_cached(KEYED_EVENTS)?;
    let mut rows = statement.query(params![after as i64, until as i64, KEYED_EVENTS_AT_ONCE as i64])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let when = KeyedTime::of(row.get(0)?, time(row)?)?;
        events.push(KeyedEvent::of(when, row.get(2)?, &row.get::<_, String>(3)?, row.get(4)?)?);
    }
    Ok(events)
}

/// The time in the second column, none if it holds another form than the store's.
fn time(row: &rusqlite::Row<'_>) -> Result<Option<Micros>, StoreError> {
    Ok(row.get_ref(1)?.as_bytes().ok().and_then(cell::written))
}

impl ToSql for Operand<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Operand::Number(number) => (*number).into(),
            Operand::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Operand::Time(micros) => moment::print_exact(*micros).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::{Record, Subject};

    use super::*;
    use crate::migrate;

    fn plan(connection: &Connection, query: &TrailQuery) -> String {
        let question = Question::of(query);
        let sql = format!("EXPLAIN QUERY PLAN {}", question.sql(Dialect::Sqlite));
        let mut statement = connection.prepare(&sql).expect("a statement");
        let lines = statement.query_map(params_from_iter(question.values()), |row| row.get::<_, String>(3));
        lines.expect("a plan").map(|line| line.expect("a line")).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_question_has_its_index_and_nothing_is_sorted() {
        let connection = Connection::open_in_memory().expect("a database");
        for migration in migrate::ALL {
            connection.execute_batch(migration.sqlite).expect("the migration");
        }
        let object = TrailQuery { subject: Some(Subject::Record(Record::Key)), object: Some(1), ..Default::default() };
        for (query, index) in [
            (TrailQuery { org: Some(1), ..Default::default() }, "event_org_idx"),
            (TrailQuery { person: Some(1), ..Default::default() }, "event_person_idx"),
            (TrailQuery { key: Some("k1".to_owned()), ..Default::default() }, "event_key_id_idx"),
            (object, "event_object_idx"),
            (TrailQuery::default(), "INTEGER PRIMARY KEY"),
        ] {
            for newest_first in [false, true] {
                let page =
                    TrailQuery { newest_first, from: Some(0), after: Some(5), before: Some(500), ..query.clone() };
                let plan = plan(&connection, &page);
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{page:?}: {plan}");
            }
        }
    }
}
