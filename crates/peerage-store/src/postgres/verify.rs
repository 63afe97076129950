//! Checks of what stands in the database.

use std::pin::pin;

use futures_util::TryStreamExt;
use peerage_schema::{Resource, Storage};
use tokio_postgres::{Portal, Transaction};

use crate::cell;
use crate::columns::{self, Dialect};
use crate::postgres::cells::{self, Cell};
use crate::postgres::error::{Fault, describe};
use crate::postgres::line::Live;
use crate::postgres::{append, log, rows};
use crate::verify::{Comparison, Finding, Findings, LastWord, State, Walk};

const ALL_EVENTS: &str = "SELECT \"sequence\", \"at\", \"actor\", \"action\", \"resource\", \"object\", \"salt\", \
     \"before\", \"after\", \"actor_digest\", \"rows_digest\", \"hash\" FROM \"event\" ORDER BY \"sequence\"";
const LAST_WORDS: &str = "SELECT \"last\".\"object\", \"last\".\"sequence\", \"event\".\"action\", \
     \"event\".\"salt\" IS NULL, \"event\".\"after\" FROM (SELECT \"object\", max(\"sequence\") AS \"sequence\" \
     FROM \"event\" WHERE \"resource\" = $1 GROUP BY \"object\") AS \"last\" \
     JOIN \"event\" ON \"event\".\"sequence\" = \"last\".\"sequence\" ORDER BY \"last\".\"object\"";

/// Everything that is compared is of one moment.
pub const READ_ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Rows that are fetched at a time, and how often progress is told.
const STEP: i32 = 1_000;

pub async fn chain(live: &mut Live, progress: &mut impl FnMut(u64)) -> Result<Vec<Finding>, Fault> {
    live.client.batch_execute(READ_ONE_MOMENT).await?;
    let head = log::head(live).await?;
    let statement = live.prepared(ALL_EVENTS).await?;
    let rows = live.client.query_raw(&statement, std::iter::empty::<Cell<'_>>()).await?;
    let mut rows = pin!(rows);
    let mut walk = Walk::new();
    let mut done = 0;
    while let Some(row) = rows.try_next().await? {
        walk.look(&log::stored(&row)?);
        done += 1;
        if done % STEP as u64 == 0 {
            progress(done);
        }
    }
    progress(done);
    live.roll_back().await?;
    Ok(walk.end(head))
}

pub async fn rows(live: &mut Live, progress: &mut impl FnMut(u64)) -> Result<Vec<Finding>, Fault> {
    let mut findings = Findings::default();
    let mut done = 0;
    let last_words = live.prepared(LAST_WORDS).await?;
    let mut selects = Vec::new();
    for resource in Resource::ALL {
        selects.push((resource, live.prepared(&columns::select(resource.table())).await?));
    }
    let transaction = live
        .client
        .build_transaction()
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    for (resource, select) in selects {
        let plan = cell::plan(resource);
        let words = transaction.bind(&last_words, &[&resource.tag()]).await?;
        let table = transaction.bind(&select, &[]).await?;
        let mut comparison = Comparison::new(resource, &mut findings);
        let (mut words_done, mut rows_done) = (false, false);
        while !words_done || !rows_done {
            if comparison.words.is_empty() && !words_done {
                words_done = fetch_words(&transaction, &words, &mut comparison).await?;
            }
            if comparison.rows.is_empty() && !rows_done {
                let before = comparison.rows.len();
                rows_done = fetch_rows(&transaction, &table, resource, &plan, &mut comparison).await?;
                done += (comparison.rows.len() - before) as u64;
                progress(done);
            }
            comparison.advance(words_done, rows_done);
        }
    }
    transaction.rollback().await?;
    Ok(findings.into_list())
}

/// Whether these were the last.
async fn fetch_words(
    transaction: &Transaction<'_>,
    portal: &Portal,
    comparison: &mut Comparison<'_>,
) -> Result<bool, Fault> {
    let rows = transaction.query_portal(portal, STEP).await?;
    for row in &rows {
        let (id, sequence): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let state = State::of(row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        comparison.words.push_back(LastWord { id: id as u32, sequence: sequence as u64, state });
    }
    Ok(rows.len() < STEP as usize)
}

async fn fetch_rows(
    transaction: &Transaction<'_>,
    portal: &Portal,
    resource: Resource,
    plan: &[Option<Storage>],
    comparison: &mut Comparison<'_>,
) -> Result<bool, Fault> {
    let rows = transaction.query_portal(portal, STEP).await?;
    for row in &rows {
        comparison.rows.push_back(cells::decode(resource, plan, row)?);
    }
    Ok(rows.len() < STEP as usize)
}

pub async fn engine(live: &mut Live) -> Result<Vec<Finding>, Fault> {
    let mut findings = Findings::default();
    for sql in statements() {
        if let Err(error) = live.client.prepare(&sql).await {
            findings.push(Finding::Engine(format!("{}, in: {sql}", describe(&error))));
        }
    }
    let unchecked = "SELECT conrelid::regclass::text, conname::text FROM pg_constraint \
         WHERE connamespace = current_schema()::regnamespace AND NOT convalidated";
    for row in live.client.query(unchecked, &[]).await? {
        let (table, constraint): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        findings.push(Finding::Engine(format!("{constraint} of {table} was never checked")));
    }
    for (constraint, question) in questions() {
        if let Some(row) = live.client.query_opt(&question, &[]).await? {
            let id: i64 = row.try_get(0)?;
            findings.push(Finding::Engine(format!("{constraint} does not hold for id {id}")));
        }
    }
    Ok(findings.into_list())
}

/// What the constraints promise, asked of the rows: an index that does not fit its table keeps no promise.
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

/// Every statement that the store has prepared for this engine.
fn statements() -> Vec<String> {
    let fixed = [
        log::READ_HEAD,
        log::LOCK_HEAD,
        log::WRITE_HEAD,
        log::READ_HASH,
        log::INSERT,
        log::COPY,
        log::TAIL,
        ALL_EVENTS,
        LAST_WORDS,
        append::BEGIN,
        READ_ONE_MOMENT,
    ];
    let mut statements: Vec<String> = fixed.map(str::to_owned).to_vec();
    for resource in Resource::ALL {
        let table = resource.table();
        statements.push(columns::select(table));
        statements.push(rows::copy(resource));
        statements.push(columns::insert(Dialect::Postgres, table));
        statements.push(columns::update(Dialect::Postgres, table));
        statements.push(columns::delete(Dialect::Postgres, table));
    }
    statements
}
