//! Queries on the log for people: who did what, to what, when.
//!
//! A query has up to nine conditions, which must all match. Those on organization, person, key and object have an
//! index; the others are checked event by event. Results come in the order of the log and are paginated by sequence
//! number, so a page stays the same however much is written meanwhile.

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{Moment, TICK};
use peerage_registry::{Action, EventHash, EventSubject};

use crate::cell::{self, SqlCell};
use crate::chain::{EventColumns, StoredEvent};
use crate::columns::{Dialect, event_columns};
use crate::error::StoreError;
use crate::sql::{SqlConnection, SqlRow, all};
use crate::{log, salt};

/// Maximum number of events in a page.
pub const AUDIT_EVENTS_MAX: usize = 10_000;

/// Which events to return. Conditions that are not set match everything, and the default matches all events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// The organization concerned.
    pub org: Option<OrgId>,
    /// The person who acted.
    pub person: Option<UserId>,
    /// Public id of the key that was used.
    pub key: Option<String>,
    /// The kind of the object.
    pub subject: Option<EventSubject>,
    /// The id of the object. Together with `subject`, this selects the object's history.
    pub object: Option<u32>,
    /// What was done.
    pub action: Option<Action>,
    /// At or after this time.
    pub from: Option<Moment>,
    /// Before this time.
    pub to: Option<Moment>,
    /// Only events after this one.
    pub after: Option<u64>,
    /// Only events before this one.
    pub before: Option<u64>,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// Maximum number of events, capped at [`AUDIT_EVENTS_MAX`].
    pub limit: usize,
}

impl Default for AuditQuery {
    fn default() -> AuditQuery {
        AuditQuery {
            org: None,
            person: None,
            key: None,
            subject: None,
            object: None,
            action: None,
            from: None,
            to: None,
            after: None,
            before: None,
            newest_first: false,
            limit: AUDIT_EVENTS_MAX,
        }
    }
}

/// An event of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    pub sequence: u64,
    pub at: Moment,
    /// JSON text of an `Actor`. `None`: erased on legal request.
    pub actor: Option<String>,
    pub action: Action,
    pub subject: EventSubject,
    pub id: u32,
    pub org: Option<OrgId>,
    /// JSON text, byte for byte.
    pub before: Option<String>,
    pub after: Option<String>,
    /// Whether before and after were erased on legal request.
    pub is_erased: bool,
    pub hash: EventHash,
}

impl AuditEvent {
    pub(crate) fn of(stored: StoredEvent) -> Result<AuditEvent, StoreError> {
        let EventColumns { at, action, subject, id, org, salt, hash } = stored.meaning()?;
        Ok(AuditEvent {
            sequence: stored.sequence as u64,
            at,
            actor: stored.actor,
            action,
            subject,
            id,
            org,
            before: stored.before,
            after: stored.after,
            is_erased: salt::are_rows_erased(&salt),
            hash,
        })
    }
}

/// Number of events with an `Idempotency-Key` that are read at a time.
pub const KEYED_EVENTS_AT_ONCE: usize = 2_000;

/// Time of such an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyedTime {
    pub sequence: u64,
    pub at: Moment,
}

impl KeyedTime {
    pub fn of(sequence: i64, at: Option<Moment>) -> Result<KeyedTime, StoreError> {
        let at = at.ok_or_else(|| unreadable(sequence, "has no time"))?;
        Ok(KeyedTime { sequence: sequence as u64, at })
    }
}

/// An event whose request had an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedEvent {
    pub sequence: u64,
    pub at: Moment,
    /// JSON text of an `Actor`.
    pub actor: String,
    pub subject: EventSubject,
    pub id: u32,
}

impl KeyedEvent {
    pub(crate) fn of(when: KeyedTime, actor: String, subject: &str, id: i64) -> Result<KeyedEvent, StoreError> {
        let KeyedTime { sequence, at } = when;
        let broken = |why| unreadable(sequence as i64, why);
        let subject = EventSubject::from_name(subject).ok_or_else(|| broken("names nothing that can change"))?;
        let id = u32::try_from(id).map_err(|_| broken("the id is out of range"))?;
        Ok(KeyedEvent { sequence, at, actor, subject, id })
    }
}

fn unreadable(sequence: i64, why: &str) -> StoreError {
    StoreError::Unreadable { what: format!("event {sequence}"), why: why.to_owned() }
}

/// Times of the requests that can be retried, newest first.
const KEYED_TIMES: &str = "SELECT \"sequence\", \"at\" FROM \"event\" WHERE strpos(\"actor\", '\"retry\":{') > 0 \
     AND \"sequence\" <= $1 ORDER BY \"sequence\" DESC LIMIT $2";

/// Events of these requests, in the order of the log.
const KEYED_EVENTS: &str = "SELECT \"sequence\", \"at\", \"actor\", \"resource\", \"object\" FROM \"event\" \
     WHERE strpos(\"actor\", '\"retry\":{') > 0 AND \"sequence\" > $1 AND \"sequence\" <= $2 ORDER BY \"sequence\" LIMIT $3";

/// For the check that the database accepts all statements; see also [`questions`].
pub(crate) const STATEMENTS: &[&str] = &[KEYED_TIMES, KEYED_EVENTS];

pub(crate) async fn audit_log<S: SqlConnection>(sql: &mut S, query: &AuditQuery) -> Result<Vec<AuditEvent>, S::Error> {
    let question = AuditOperands::of(query);
    let values: Vec<SqlCell<'_>> = question.values().collect();
    all(sql, &question.sql(S::DIALECT), &values, |row| Ok(AuditEvent::of(log::stored(row)?)?)).await
}

pub(crate) async fn keyed_times<S: SqlConnection>(sql: &mut S, until: u64) -> Result<Vec<KeyedTime>, S::Error> {
    let values = [SqlCell::Int(until as i64), SqlCell::Int(KEYED_EVENTS_AT_ONCE as i64)];
    all(sql, KEYED_TIMES, &values, |row| Ok(KeyedTime::of(row.get(0)?, row.time(1))?)).await
}

pub(crate) async fn keyed_events<S: SqlConnection>(
    sql: &mut S,
    after: u64,
    until: u64,
) -> Result<Vec<KeyedEvent>, S::Error> {
    let values = [SqlCell::Int(after as i64), SqlCell::Int(until as i64), SqlCell::Int(KEYED_EVENTS_AT_ONCE as i64)];
    let read = |row: &S::Row<'_>| {
        let when = KeyedTime::of(row.get(0)?, row.time(1))?;
        Ok(KeyedEvent::of(when, row.get(2)?, &row.get::<String>(3)?, row.get(4)?)?)
    };
    all(sql, KEYED_EVENTS, &values, read).await
}

/// The conditions that a query can have, each with one parameter.
const CONDITIONS: [&str; 8] = [
    "\"org\" =",
    "\"person\" =",
    "\"key_id\" =",
    "\"resource\" =",
    "\"object\" =",
    "\"action\" =",
    "\"at\" >=",
    "\"at\" <",
];

/// A query as a statement with its parameters.
#[derive(Debug)]
pub(crate) struct AuditOperands<'a> {
    /// By position among the conditions.
    operands: [Option<SqlCell<'a>>; CONDITIONS.len()],
    after: i64,
    before: i64,
    newest_first: bool,
    limit: i64,
}

impl<'a> AuditOperands<'a> {
    pub fn of(query: &'a AuditQuery) -> AuditOperands<'a> {
        // As far as both engines support, and one step beyond all events.
        let time = |at: Moment| at.clamp(cell::TIME_MIN, cell::TIME_MAX + TICK);
        let place = |sequence: u64| i64::try_from(sequence).unwrap_or(i64::MAX);
        AuditOperands {
            operands: [
                query.org.map(|org| SqlCell::Int(org.into())),
                query.person.map(|person| SqlCell::Int(person.into())),
                query.key.as_deref().map(SqlCell::Text),
                query.subject.map(|subject| SqlCell::Text(subject.name())),
                query.object.map(|object| SqlCell::Int(object.into())),
                query.action.map(|action| SqlCell::Text(action.name())),
                query.from.map(|from| SqlCell::Time(time(from))),
                query.to.map(|to| SqlCell::Time(time(to))),
            ],
            after: query.after.map_or(0, place),
            before: query.before.map_or(i64::MAX, place),
            newest_first: query.newest_first,
            limit: query.limit.min(AUDIT_EVENTS_MAX) as i64,
        }
    }

    /// The parameters of the statement, in order.
    pub fn values(&self) -> impl Iterator<Item = SqlCell<'a>> {
        let range = [self.after, self.before, self.limit].map(SqlCell::Int);
        range.into_iter().chain(self.operands.into_iter().flatten())
    }

    pub fn sql(&self, dialect: Dialect) -> String {
        sql(dialect, self.operands.map(|operand| operand.is_some()), self.newest_first)
    }
}

fn sql(dialect: Dialect, is_asked: [bool; CONDITIONS.len()], newest_first: bool) -> String {
    let value = |n| dialect.value(n);
    let mut conditions = format!("\"sequence\" > {} AND \"sequence\" < {}", value(1), value(2));
    let request = CONDITIONS.iter().zip(is_asked).filter(|(_, is_asked)| *is_asked);
    for ((condition, _), n) in request.zip(4..) {
        conditions.push_str(&format!(" AND {condition} {}", value(n)));
    }
    let order = if newest_first { " DESC" } else { "" };
    format!(
        "SELECT {} FROM \"event\" WHERE {conditions} ORDER BY \"sequence\"{order} LIMIT {}",
        event_columns!(),
        value(3)
    )
}

/// Every statement that a query can result in.
pub(crate) fn questions(dialect: Dialect) -> impl Iterator<Item = String> {
    (0..1_u32 << CONDITIONS.len()).flat_map(move |request| {
        let is_asked = std::array::from_fn(|at| request >> at & 1 == 1);
        [false, true].map(|newest_first| sql(dialect, is_asked, newest_first))
    })
}

#[cfg(test)]
mod tests {
    use peerage_registry::{EventSubject, Record};
    use rusqlite::{Connection, params_from_iter};

    use super::*;
    use crate::migrate;

    fn plan(connection: &Connection, query: &AuditQuery) -> String {
        let question = AuditOperands::of(query);
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
        let object =
            AuditQuery { subject: Some(EventSubject::Record(Record::Key)), object: Some(1), ..Default::default() };
        for (query, index) in [
            (AuditQuery { org: Some(OrgId::new(1)), ..Default::default() }, "event_org_idx"),
            (AuditQuery { person: Some(UserId::new(1)), ..Default::default() }, "event_person_idx"),
            (AuditQuery { key: Some("k1".to_owned()), ..Default::default() }, "event_key_id_idx"),
            (object, "event_object_idx"),
            (AuditQuery::default(), "INTEGER PRIMARY KEY"),
        ] {
            for newest_first in [false, true] {
                let from = Some(Moment::EPOCH);
                let page = AuditQuery { newest_first, from, after: Some(5), before: Some(500), ..query.clone() };
                let plan = plan(&connection, &page);
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{page:?}: {plan}");
            }
        }
    }
}
