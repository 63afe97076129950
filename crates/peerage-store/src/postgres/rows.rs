//! Writing the rows of the thirteen tables, in the order of their entries.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use futures_util::{SinkExt, TryStreamExt};
use peerage_registry::{Entry, Row};
use peerage_schema::Resource;
use tokio_postgres::{Client, Statement};

use crate::cell;
use crate::chain::Link;
use crate::columns::{self, Dialect};
use crate::error::StoreError;
use crate::postgres::cells::{self, Cell, Copy};
use crate::postgres::error::{Fault, violation};
use crate::postgres::line::Live;
use crate::postgres::log;

/// Entries from which on a bulk transfer is quicker than statements.
const COPY_MIN: usize = 32;

/// Statements that are on their way at once.
const PIPELINE_MAX: usize = 100;

/// A statement on its way.
type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + 'a>>;

/// Statements on their way; the server does them in order, and nobody waits for one before the next is sent.
type Pipeline<'a> = Vec<Sent<'a>>;

/// How rows of a resource are transferred in bulk.
pub fn copy(resource: Resource) -> String {
    let table = resource.table();
    format!("COPY \"{}\" ({}) FROM STDIN (FORMAT binary)", table.tag, columns::names(table))
}

/// Gives each row of a resource to `take`, ascending by id.
pub async fn read(live: &mut Live, resource: Resource, mut take: impl FnMut(Row)) -> Result<(), Fault> {
    let plan = cell::plan(resource);
    let statement = live.prepared(&columns::select(resource.table())).await?;
    let rows = live.client.query_raw(&statement, std::iter::empty::<Cell<'_>>()).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        take(cells::decode(resource, &plan, &row)?);
    }
    Ok(())
}

/// Brings a piece of the log and its rows into their tables.
pub async fn write(live: &mut Live, piece: &[(Entry, Link)]) -> Result<(), Fault> {
    let mut statements = Statements::default();
    statements.prepare(live, piece).await?;
    let client = &live.client;
    let mut pipeline: Pipeline<'_> = Vec::new();
    if let Some(copy) = &statements.copy_log {
        let mut bulk = Copy::new();
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
        let resource = run[0].0.resource;
        let sql = &statements.rows[resource.index()];
        match &sql.copy {
            Some(copy) if run.len() >= COPY_MIN => {
                drain(&mut pipeline).await?;
                let mut bulk = Copy::new();
                let columns = resource.table().stored().count();
                for row in run.iter().filter_map(|(entry, _)| entry.after.as_ref()) {
                    bulk.push(columns, row_cells(resource, row));
                }
                let sent = send(client, copy, bulk.finish()).await;
                sent.map_err(|error| of_row(error, resource, None))?;
            }
            _ => run.iter().for_each(|(entry, _)| pipeline.extend(change(client, sql, entry))),
        }
    }
    drain(&mut pipeline).await
}

/// Consecutive rows of one resource that are new, together; all else one by one.
fn runs(piece: &[(Entry, Link)]) -> impl Iterator<Item = &[(Entry, Link)]> {
    let is_new = |entry: &Entry| entry.before.is_none() && entry.after.is_some();
    piece.chunk_by(move |(one, _), (next, _)| is_new(one) && is_new(next) && one.resource == next.resource)
}

/// Sends all statements in their order, and waits for all. One after another for certain: a row that is made and changed
/// in one transaction must be made first.
async fn drain(pipeline: &mut Pipeline<'_>) -> Result<(), Fault> {
    while !pipeline.is_empty() {
        let mut sent: Pipeline<'_> = pipeline.drain(..pipeline.len().min(PIPELINE_MAX)).collect();
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

/// What brings one row into its table.
fn change<'a>(client: &'a Client, sql: &'a RowStatements, entry: &'a Entry) -> Option<Sent<'a>> {
    let (resource, id) = (entry.resource, entry.id);
    let (statement, cells): (_, Vec<Cell<'_>>) = match (&entry.before, &entry.after) {
        (None, Some(row)) => (sql.insert.as_ref()?, row_cells(resource, row).collect()),
        (Some(_), Some(row)) => (sql.update.as_ref()?, row_cells(resource, row).collect()),
        (Some(_), None) => (sql.delete.as_ref()?, vec![Cell::Int(i64::from(id))]),
        (None, None) => return None,
    };
    Some(Box::pin(async move {
        match client.execute_raw(statement, cells).await {
            Ok(0) => Err(StoreError::Missing { resource, id }.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(of_row(error, resource, Some(id))),
        }
    }))
}

fn row_cells(resource: Resource, row: &Row) -> impl Iterator<Item = Cell<'_>> {
    cell::values(resource, row).map(|(storage, value)| Cell::of(storage, value))
}

async fn send(client: &Client, copy: &Statement, bytes: Bytes) -> Result<(), tokio_postgres::Error> {
    let sink = client.copy_in(copy).await?;
    let mut sink = pin!(sink);
    sink.send(bytes).await?;
    sink.finish().await.map(drop)
}

fn of_row(error: tokio_postgres::Error, resource: Resource, id: Option<u32>) -> Fault {
    match violation(&error, resource, id) {
        Some(violation) => violation.into(),
        None => error.into(),
    }
}

/// The statements that a piece needs, prepared before the first is sent: a statement that waits for its preparation
/// would be overtaken.
#[derive(Default)]
struct Statements {
    copy_log: Option<Statement>,
    insert_log: Option<Statement>,
    rows: [RowStatements; 13],
}

#[derive(Default)]
struct RowStatements {
    copy: Option<Statement>,
    insert: Option<Statement>,
    update: Option<Statement>,
    delete: Option<Statement>,
}

impl Statements {
    async fn prepare(&mut self, live: &mut Live, piece: &[(Entry, Link)]) -> Result<(), Fault> {
        if piece.len() >= COPY_MIN {
            self.copy_log = Some(live.prepared(log::COPY).await?);
        } else {
            self.insert_log = Some(live.prepared(log::INSERT).await?);
        }
        for run in runs(piece) {
            let entry = &run[0].0;
            let table = entry.resource.table();
            let sql = &mut self.rows[entry.resource.index()];
            let (statement, text) = match (&entry.before, &entry.after) {
                (None, Some(_)) if run.len() >= COPY_MIN => (&mut sql.copy, copy(entry.resource)),
                (None, Some(_)) => (&mut sql.insert, columns::insert(Dialect::Postgres, table)),
                (Some(_), Some(_)) => (&mut sql.update, columns::update(Dialect::Postgres, table)),
                (Some(_), None) => (&mut sql.delete, columns::delete(Dialect::Postgres, table)),
                (None, None) => continue,
            };
            if statement.is_none() {
                *statement = Some(live.prepared(&text).await?);
            }
        }
        Ok(())
    }
}
