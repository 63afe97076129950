//! Writes rows and records to their tables, in the order of their entries.

use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use peerage_registry::{Action, EventChange, EventSubject, LogEntry, Row};
use peerage_schema::Resource;
use tokio_postgres::{Client, Statement};

use crate::cell::{self, SqlCell};
use crate::chain::ChainLink;
use crate::columns::{self, Dialect, event_columns};
use crate::error::StoreError;
use crate::postgres::cells::{self, CopyBuffer};
use crate::postgres::error::{PostgresFault, violation};
use crate::postgres::line::LiveConnection;
use crate::{log, records};

/// From this number of entries on, a bulk transfer is faster than statements.
const COPY_MIN: usize = 32;

/// Maximum number of statements in flight.
const PIPELINE_MAX: usize = 100;

/// A statement in flight.
type SentStatement<'a> = Pin<Box<dyn Future<Output = Result<(), PostgresFault>> + 'a>>;

/// Statements in flight. The server runs them in order, and the next is sent without waiting for the previous one.
type StatementPipeline<'a> = Vec<SentStatement<'a>>;

/// Bulk transfer of events.
pub const COPY_EVENTS: &str = concat!("COPY \"event\" (", event_columns!(), ") FROM STDIN (FORMAT binary)");

/// Bulk transfer of records.
pub const COPY_RECORDS: &str = "COPY \"record\" (\"kind\", \"id\", \"body\") FROM STDIN (FORMAT binary)";

/// Bulk transfer of rows of a resource.
pub fn copy(resource: Resource) -> String {
    let table = resource.table();
    format!("COPY \"{}\" ({}) FROM STDIN (FORMAT binary)", table.tag, columns::names(table))
}

/// Calls `take` with each row of a resource, ascending by id.
pub async fn read(
    live: &mut LiveConnection,
    resource: Resource,
    mut take: impl FnMut(Row) -> Result<(), StoreError>,
) -> Result<(), PostgresFault> {
    let plan = cell::plan(resource);
    let statement = live.prepared(&columns::select(resource.table())).await?;
    let rows = live.client.query_raw(&statement, std::iter::empty::<SqlCell<'_>>()).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        take(cells::decode(resource, &plan, &row)?)?;
    }
    Ok(())
}

/// What an entry does to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowOperation {
    Insert,
    Update,
    Delete,
}

/// Returns what an entry does to its table, or `None` if nothing.
fn step(entry: &LogEntry) -> Option<RowOperation> {
    if entry.action == Action::Note {
        return None;
    }
    let (is_before, is_after) = match &entry.change {
        EventChange::Row { before, after, .. } => (before.is_some(), after.is_some()),
        EventChange::Record { before, after, .. } => (before.is_some(), after.is_some()),
    };
    match (is_before, is_after) {
        (false, true) => Some(RowOperation::Insert),
        (true, true) => Some(RowOperation::Update),
        (true, false) => Some(RowOperation::Delete),
        (false, false) => None,
    }
}

/// Number of tables: the thirteen resources, and one for all records.
const TABLES: usize = 14;

fn table(subject: EventSubject) -> usize {
    match subject {
        EventSubject::Row(resource) => resource.index(),
        EventSubject::Record(_) => TABLES - 1,
    }
}

/// Writes a batch of the log, and its rows, to their tables.
pub async fn write(live: &mut LiveConnection, piece: &[(LogEntry, ChainLink)]) -> Result<(), PostgresFault> {
    let mut statements = PieceStatements::default();
    statements.prepare(live, piece).await?;
    let client = &live.client;
    let mut pipeline: StatementPipeline<'_> = Vec::new();
    if let Some(copy) = &statements.copy_log {
        let mut bulk = CopyBuffer::new();
        for (entry, link) in piece {
            bulk.push(log::COLUMNS, log::cells(entry, link).into_iter());
        }
        send(client, copy, bulk.finish()).await?;
    } else if let Some(insert) = &statements.insert_log {
        for (entry, link) in piece {
            let cells = log::cells(entry, link);
            pipeline.push(Box::pin(async move { Ok(client.execute_raw(insert, cells).await.map(drop)?) }));
        }
    }
    for run in runs(piece) {
        let subject = run[0].0.subject();
        let sql = &statements.tables[table(subject)];
        match &sql.copy {
            Some(copy) if run.len() >= COPY_MIN => {
                drain(&mut pipeline).await?;
                let mut bulk = CopyBuffer::new();
                for (entry, _) in run {
                    let cells = cells_after(entry);
                    bulk.push(cells.len(), cells.into_iter());
                }
                let sent = send(client, copy, bulk.finish()).await;
                sent.map_err(|error| of_entry(error, subject, None))?;
            }
            _ => run.iter().for_each(|(entry, _)| pipeline.extend(change(client, sql, entry))),
        }
    }
    drain(&mut pipeline).await
}

/// Splits a batch into runs. Consecutive new rows or records of one kind form a run; all other entries are single.
fn runs(piece: &[(LogEntry, ChainLink)]) -> impl Iterator<Item = &[(LogEntry, ChainLink)]> {
    let is_new = |entry: &LogEntry| step(entry) == Some(RowOperation::Insert);
    piece.chunk_by(move |(one, _), (next, _)| is_new(one) && is_new(next) && one.subject() == next.subject())
}

/// Sends all statements in order, and waits for all of them. Strict order matters: a row that is created and changed in
/// the same transaction must be created first.
async fn drain(pipeline: &mut StatementPipeline<'_>) -> Result<(), PostgresFault> {
    while !pipeline.is_empty() {
        let mut sent: StatementPipeline<'_> = pipeline.drain(..pipeline.len().min(PIPELINE_MAX)).collect();
        poll_fn(|context| {
            let mut failed = None;
            sent.retain_mut(|statement| match statement.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(outcome) => {
                    failed = failed.take().or(outcome.err());
                    false
                }
            });
            match failed {
                Some(fault) => Poll::Ready(Err(fault)),
                None if sent.is_empty() => Poll::Ready(Ok(())),
                None => Poll::Pending,
            }
        })
        .await?;
    }
    Ok(())
}

/// The statement that applies one entry to its table.
fn change<'a>(client: &'a Client, sql: &'a TableStatements, entry: &'a LogEntry) -> Option<SentStatement<'a>> {
    let (subject, id) = (entry.subject(), entry.id);
    let (statement, cells) = match step(entry)? {
        RowOperation::Insert => (sql.insert.as_ref()?, cells_after(entry)),
        RowOperation::Update => (sql.update.as_ref()?, cells_after(entry)),
        RowOperation::Delete => (sql.delete.as_ref()?, key_cells(entry)),
    };
    Some(Box::pin(async move {
        match client.execute_raw(statement, cells).await {
            Ok(0) => Err(StoreError::Missing { subject, id }.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(of_entry(error, subject, Some(id))),
        }
    }))
}

/// The primary key of an entry's row or record.
fn key_cells(entry: &LogEntry) -> Vec<SqlCell<'_>> {
    let id = SqlCell::Int(i64::from(entry.id));
    match &entry.change {
        EventChange::Row { .. } => vec![id],
        EventChange::Record { record, .. } => vec![SqlCell::Text(record.name()), id],
    }
}

/// The columns of an entry's row or record after the change.
fn cells_after(entry: &LogEntry) -> Vec<SqlCell<'_>> {
    match &entry.change {
        EventChange::Row { resource, after, .. } => after
            .iter()
            .flat_map(|row| cell::values(*resource, row))
            .map(|(storage, value)| SqlCell::of(storage, value))
            .collect(),
        EventChange::Record { after, .. } => {
            key_cells(entry).into_iter().chain([SqlCell::text_or_null(after.as_deref())]).collect()
        }
    }
}

pub async fn send(client: &Client, copy: &Statement, bytes: Bytes) -> Result<(), tokio_postgres::Error> {
    let sink = client.copy_in(copy).await?;
    let mut sink = pin!(sink);
    sink.send(bytes).await?;
    sink.finish().await.map(drop)
}

fn of_entry(error: tokio_postgres::Error, subject: EventSubject, id: Option<u32>) -> PostgresFault {
    match violation(&error, subject, id) {
        Some(violation) => violation.into(),
        None => error.into(),
    }
}

/// The SQL of a step.
fn text(subject: EventSubject, step: RowOperation, is_bulk: bool) -> Cow<'static, str> {
    match (subject, step) {
        (EventSubject::Row(resource), RowOperation::Insert) if is_bulk => copy(resource).into(),
        (EventSubject::Row(resource), RowOperation::Insert) => {
            columns::insert(Dialect::Postgres, resource.table()).into()
        }
        (EventSubject::Row(resource), RowOperation::Update) => {
            columns::update(Dialect::Postgres, resource.table()).into()
        }
        (EventSubject::Row(resource), RowOperation::Delete) => {
            columns::delete(Dialect::Postgres, resource.table()).into()
        }
        (EventSubject::Record(_), RowOperation::Insert) if is_bulk => COPY_RECORDS.into(),
        (EventSubject::Record(_), RowOperation::Insert) => records::INSERT.into(),
        (EventSubject::Record(_), RowOperation::Update) => records::UPDATE.into(),
        (EventSubject::Record(_), RowOperation::Delete) => records::DELETE.into(),
    }
}

/// The statements of a batch. They are prepared before the first is sent, because a statement that waits for its
/// preparation would be overtaken by later ones.
#[derive(Default)]
struct PieceStatements {
    copy_log: Option<Statement>,
    insert_log: Option<Statement>,
    tables: [TableStatements; TABLES],
}

#[derive(Default)]
struct TableStatements {
    copy: Option<Statement>,
    insert: Option<Statement>,
    update: Option<Statement>,
    delete: Option<Statement>,
}

impl PieceStatements {
    async fn prepare(
        &mut self,
        live: &mut LiveConnection,
        piece: &[(LogEntry, ChainLink)],
    ) -> Result<(), PostgresFault> {
        if piece.len() >= COPY_MIN {
            self.copy_log = Some(live.prepared(COPY_EVENTS).await?);
        } else {
            self.insert_log = Some(live.prepared(log::INSERT).await?);
        }
        for run in runs(piece) {
            let entry = &run[0].0;
            let Some(step) = step(entry) else { continue };
            let is_bulk = run.len() >= COPY_MIN;
            let sql = &mut self.tables[table(entry.subject())];
            let statement = match step {
                RowOperation::Insert if is_bulk => &mut sql.copy,
                RowOperation::Insert => &mut sql.insert,
                RowOperation::Update => &mut sql.update,
                RowOperation::Delete => &mut sql.delete,
            };
            if statement.is_none() {
                *statement = Some(live.prepared(&text(entry.subject(), step, is_bulk)).await?);
            }
        }
        Ok(())
    }
}
