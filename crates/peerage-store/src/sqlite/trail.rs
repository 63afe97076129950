//! Answers about the log.

use peerage_registry::{Head, moment};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params, params_from_iter};

use crate::columns::{Dialect, event_columns};
use crate::error::StoreError;
use crate::sqlite::log;
use crate::trail::{Operand, Question, TRAIL_EVENTS_MAX, Told, TrailQuery};

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

pub const RETRIED: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM \"event\" WHERE instr(\"actor\", '\"retry\":{') > 0 AND \"sequence\" <= ?1 ORDER BY \"sequence\" DESC LIMIT ?2"
);

/// The latest events of requests that may be repeated.
pub fn retried(connection: &Connection, head: Head) -> Result<Vec<Told>, StoreError> {
    let mut statement = connection.prepare_cached(RETRIED)?;
    let mut rows = statement.query(params![head.sequence as i64, TRAIL_EVENTS_MAX as i64])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        told.push(Told::of(log::stored(row)?)?);
    }
    told.reverse();
    Ok(told)
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
