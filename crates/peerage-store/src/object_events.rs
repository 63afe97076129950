//! The log of some objects: what changed of them, and what they were at a time. Both use the index on objects, so their
//! cost depends on the events of these objects, and not on the length of the log.

use peerage_registry::moment::{Moment, TICK};
use peerage_registry::{Action, EventSubject};

use crate::audit_log::{AUDIT_EVENTS_MAX, AuditEvent};
use crate::cell::{self, SqlCell};
use crate::columns::{Dialect, event_columns};
use crate::log;
use crate::sql::{SqlConnection, SqlRow, all};

/// Objects of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectIds {
    pub subject: EventSubject,
    pub ids: Vec<u32>,
}

impl ObjectIds {
    fn text(&self) -> String {
        list(&self.ids)
    }
}

/// Numbers as a JSON array.
fn list(numbers: &[impl ToString]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// The numbers in the `n`th parameter, a JSON array.
fn numbers(dialect: Dialect, n: usize) -> String {
    match dialect {
        Dialect::Sqlite => format!("SELECT \"value\" FROM json_each(?{n})"),
        Dialect::Postgres => format!("SELECT \"value\"::bigint FROM json_array_elements_text(${n}::text::json)"),
    }
}

/// The positions of the last events of objects before a position, without notes, which change nothing. Sorting by an
/// expression keeps both engines from reading the whole log backwards.
fn last_positions(dialect: Dialect) -> String {
    let [subject, before, limit] = [1, 3, 4].map(|n| dialect.value(n));
    format!(
        "SELECT \"sequence\" FROM \"event\" WHERE \"resource\" = {subject} AND \"object\" IN ({}) \
         AND \"sequence\" < {before} AND \"action\" <> '{}' ORDER BY \"sequence\" + 0 DESC LIMIT {limit}",
        numbers(dialect, 2),
        Action::Note.name(),
    )
}

/// The events at some positions, newest first.
fn events_at(dialect: Dialect) -> String {
    format!(
        "SELECT {} FROM \"event\" WHERE \"sequence\" IN ({}) ORDER BY \"sequence\" DESC",
        event_columns!(),
        numbers(dialect, 1),
    )
}

/// The last event of each object before a time that made it what it was, without its actor and what was before: notes change
/// nothing.
fn last_states(dialect: Dialect) -> String {
    let [subject, time] = [1, 3].map(|n| dialect.value(n));
    // Who did it, and what was before, is not needed and can be long.
    let nothing = "CAST(NULL AS TEXT),";
    let columns = event_columns!().replace("\"actor\",", nothing).replace("\"before\",", nothing);
    format!(
        "SELECT {} FROM \"event\" WHERE \"sequence\" IN (SELECT MAX(\"sequence\") FROM \"event\" WHERE \"resource\" = \
         {subject} AND \"object\" IN ({}) AND \"at\" < {time} \
         AND \"action\" <> '{}' GROUP BY \"object\")",
        columns,
        numbers(dialect, 2),
        Action::Note.name(),
    )
}

/// For the check that the database accepts all statements.
pub(crate) fn statements(dialect: Dialect) -> [String; 3] {
    [last_positions(dialect), events_at(dialect), last_states(dialect)]
}

/// The last events of all these objects before a position, newest first, without notes.
pub(crate) async fn events_of<S: SqlConnection>(
    sql: &mut S,
    objects: &[ObjectIds],
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<AuditEvent>, S::Error> {
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    let limit = limit.min(AUDIT_EVENTS_MAX);
    let statement = last_positions(S::DIALECT);
    let mut found: Vec<i64> = Vec::new();
    for kind in objects {
        let ids = kind.text();
        let values =
            [SqlCell::Text(kind.subject.name()), SqlCell::Text(&ids), SqlCell::Int(before), SqlCell::Int(limit as i64)];
        found.extend(all(sql, &statement, &values, |row| row.get::<i64>(0)).await?);
    }
    found.sort_unstable_by_key(|position| std::cmp::Reverse(*position));
    found.truncate(limit);
    all(sql, &events_at(S::DIALECT), &[SqlCell::Text(&list(&found))], |row| Ok(AuditEvent::of(log::stored(row)?)?))
        .await
}

/// The last event of each of these objects before a time, in any order. Objects without one are left out.
pub(crate) async fn states_of<S: SqlConnection>(
    sql: &mut S,
    objects: &[ObjectIds],
    at: Moment,
) -> Result<Vec<AuditEvent>, S::Error> {
    let at = at.clamp(cell::TIME_MIN, cell::TIME_MAX + TICK);
    let statement = last_states(S::DIALECT);
    let mut found = Vec::new();
    for kind in objects {
        let ids = kind.text();
        let values = [SqlCell::Text(kind.subject.name()), SqlCell::Text(&ids), SqlCell::Time(at)];
        found.extend(all(sql, &statement, &values, |row| Ok(AuditEvent::of(log::stored(row)?)?)).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::migrate;

    #[test]
    fn the_log_is_read_by_objects() {
        let connection = Connection::open_in_memory().expect("a database");
        for migration in migrate::ALL {
            connection.execute_batch(migration.sqlite).expect("the migration");
        }
        for sql in statements(Dialect::Sqlite) {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
            let count = statement.parameter_count();
            let values = rusqlite::params_from_iter((0..count).map(|_| rusqlite::types::Null));
            let lines = statement.query_map(values, |row| row.get::<_, String>(3)).expect("a plan");
            let plan: Vec<String> = lines.map(|line| line.expect("a line")).collect();
            let plan = plan.join("; ");
            let by_object = plan.contains("event_object_idx (resource=? AND object=?");
            let by_position = plan.contains("SEARCH event USING INTEGER PRIMARY KEY (rowid=?)");
            assert!((by_object || by_position) && !plan.contains("SCAN event"), "{plan}");
        }
    }
}
