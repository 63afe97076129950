//! Checks of the database content.

use peerage_registry::EventSubject;
use peerage_schema::{Resource, ValueStorage};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Portal, Transaction};

use crate::cell;
use crate::columns::{self, Dialect};
use crate::loaded::{LoadedItem, subjects};
use crate::postgres::cells;
use crate::postgres::error::{PostgresFault, describe};
use crate::postgres::line::LiveConnection;
use crate::postgres::{append, aside, erase, rows, watch};
use crate::verify::{self, FindingList, LastState, LogFinding, RecordedState, STEP, TableComparison, look_at_kinds};
use crate::{records, sql};

/// Reads the last event about each object. Notes do not change their object, so they are left out.
const LAST_WORDS: &str = "SELECT \"last\".\"object\", \"last\".\"sequence\", \"event\".\"action\", \
     \"event\".\"salt\", \"event\".\"after\" FROM (SELECT \"object\", max(\"sequence\") AS \"sequence\" \
     FROM \"event\" WHERE \"resource\" = $1 AND \"action\" <> 'note' GROUP BY \"object\") AS \"last\" \
     JOIN \"event\" ON \"event\".\"sequence\" = \"last\".\"sequence\" ORDER BY \"last\".\"object\"";

/// Makes all comparisons see the same state.
pub const READ_ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Rows fetched at a time.
const PIECE: i32 = STEP as i32;

pub async fn chain(
    live: &mut LiveConnection,
    progress: &mut impl FnMut(u64),
) -> Result<Vec<LogFinding>, PostgresFault> {
    live.client.batch_execute(READ_ONE_MOMENT).await?;
    let findings = verify::chain(live, progress).await?;
    live.roll_back().await?;
    Ok(findings)
}

pub async fn rows(live: &mut LiveConnection, progress: &mut impl FnMut(u64)) -> Result<Vec<LogFinding>, PostgresFault> {
    let mut findings = FindingList::default();
    let mut done = 0;
    let last_words = live.prepared(LAST_WORDS).await?;
    let mut selects = Vec::new();
    for subject in subjects() {
        let (sql, plan) = match subject {
            EventSubject::Row(resource) => (columns::select(resource.table()), cell::plan(resource)),
            EventSubject::Record(_) => (records::SELECT.to_owned(), Vec::new()),
        };
        selects.push((subject, live.prepared(&sql).await?, plan));
    }
    let kinds = live.prepared(records::KINDS).await?;
    let transaction = live
        .client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    for (subject, select, plan) in selects {
        let name = subject.name();
        let words = transaction.bind(&last_words, &[&name]).await?;
        let kind: &[&(dyn ToSql + Sync)] = if matches!(subject, EventSubject::Record(_)) { &[&name] } else { &[] };
        let table = transaction.bind(&select, kind).await?;
        let mut comparison = TableComparison::new(subject, &mut findings);
        let (mut words_done, mut rows_done) = (false, false);
        while !words_done || !rows_done {
            if comparison.words.is_empty() && !words_done {
                words_done = fetch_words(&transaction, &words, &mut comparison).await?;
            }
            if comparison.rows.is_empty() && !rows_done {
                let before = comparison.rows.len();
                rows_done = fetch_rows(&transaction, &table, subject, &plan, &mut comparison).await?;
                done += (comparison.rows.len() - before) as u64;
                progress(done);
            }
            comparison.advance(words_done, rows_done);
        }
    }
    let kinds = transaction.query(&kinds, &[]).await?;
    let kinds = kinds.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    look_at_kinds(kinds, &mut findings);
    transaction.rollback().await?;
    Ok(findings.into_list())
}

/// Fetches the next batch. Returns whether it was the last.
async fn fetch_words(
    transaction: &Transaction<'_>,
    portal: &Portal,
    comparison: &mut TableComparison<'_>,
) -> Result<bool, PostgresFault> {
    let rows = transaction.query_portal(portal, PIECE).await?;
    for row in &rows {
        let (id, sequence): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let state = RecordedState::of(row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        comparison.words.push_back(LastState { id: id as u32, sequence: sequence as u64, state });
    }
    Ok(rows.len() < PIECE as usize)
}

async fn fetch_rows(
    transaction: &Transaction<'_>,
    portal: &Portal,
    subject: EventSubject,
    plan: &[Option<ValueStorage>],
    comparison: &mut TableComparison<'_>,
) -> Result<bool, PostgresFault> {
    let rows = transaction.query_portal(portal, PIECE).await?;
    for row in &rows {
        comparison.rows.push_back(match subject {
            EventSubject::Row(resource) => LoadedItem::Row(resource, cells::decode(resource, plan, row)?),
            EventSubject::Record(record) => {
                let (id, body) = records::decode(row)?;
                LoadedItem::Record(record, id, body)
            }
        });
    }
    Ok(rows.len() < PIECE as usize)
}

pub async fn engine(live: &mut LiveConnection) -> Result<Vec<LogFinding>, PostgresFault> {
    let mut findings = FindingList::default();
    for sql in statements() {
        if let Err(error) = live.client.prepare(&sql).await {
            findings.push(LogFinding::Engine(format!("{}, in: {sql}", describe(&error))));
        }
    }
    let unchecked = "SELECT conrelid::regclass::text, conname::text FROM pg_constraint \
         WHERE connamespace = current_schema()::regnamespace AND NOT convalidated";
    for row in live.client.query(unchecked, &[]).await? {
        let (table, constraint): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        findings.push(LogFinding::Engine(format!("{constraint} of {table} was never checked")));
    }
    for (constraint, question) in questions() {
        if let Some(row) = live.client.query_opt(&question, &[]).await? {
            let id: i64 = row.try_get(0)?;
            findings.push(LogFinding::Constraint(format!("{constraint} does not hold for id {id}")));
        }
    }
    Ok(findings.into_list())
}

/// Queries that check the constraints against the rows themselves: an index that is corrupt does not enforce anything.
fn questions() -> Vec<(String, String)> {
    let mut questions = Vec::new();
    for table in Resource::ALL.map(Resource::table) {
        for unique in columns::uniques(table) {
            let question = columns::doubled(Dialect::Postgres, table, &unique);
            questions.push((unique.constraint, question));
        }
        for (constraint, field, of) in columns::references(table) {
            questions.push((constraint, columns::dangling(table, field, of)));
        }
    }
    questions
}

/// All statements that the store uses on this engine.
fn statements() -> Vec<String> {
    let own = [
        LAST_WORDS,
        READ_ONE_MOMENT,
        append::LOCK_HEAD,
        append::BEGIN,
        append::END_HUNG,
        watch::LOOK,
        append::CONFIRM_HEAD,
        rows::COPY_EVENTS,
        rows::COPY_RECORDS,
        aside::READ_SOME_USES,
        aside::WRITE_USES,
        aside::LOCK_USES,
        erase::ERASE_ACTOR,
        erase::ERASE_ROWS,
    ];
    let mut statements = sql::statements(Dialect::Postgres);
    statements.extend(own.map(str::to_owned));
    statements.extend(Resource::ALL.map(rows::copy));
    statements
}
