//! Answers about the log.

use std::pin::pin;

use futures_util::TryStreamExt;
use peerage_registry::moment::Micros;
use tokio_postgres::Row;

use crate::columns::Dialect;
use crate::postgres::cells::{Cell, Time};
use crate::postgres::error::Fault;
use crate::postgres::line::Live;
use crate::postgres::log;
use crate::trail::{KEYED_EVENTS_AT_ONCE, KeyedEvent, KeyedTime, Operand, Question, Told, TrailQuery};

pub async fn trail(live: &mut Live, query: &TrailQuery) -> Result<Vec<Told>, Fault> {
    let question = Question::of(query);
    let statement = live.prepared(&question.sql(Dialect::Postgres)).await?;
    let cells: Vec<Cell<'_>> = question.values().map(cell).collect();
    let rows = live.client.query_raw(&statement, cells).await?;
    let mut rows = pin!(rows);
    let mut told = Vec::new();
    while let Some(row) = rows.try_next().await? {
        told.push(Told::of(log::stored(&row)?)?);
    }
    Ok(told)
}

/// When the requests that may be repeated were made, newest first.
pub const KEYED_TIMES: &str = "SELECT \"sequence\", \"at\" FROM \"event\" WHERE strpos(\"actor\", '\"retry\":{') > 0 \
     AND \"sequence\" <= $1 ORDER BY \"sequence\" DESC LIMIT $2";

/// Events of such requests, in the order of the log.
pub const KEYED_EVENTS: &str = "SELECT \"sequence\", \"at\", \"actor\", \"resource\", \"object\" FROM \"event\" \
     WHERE strpos(\"actor\", '\"retry\":{') > 0 AND \"sequence\" > $1 AND \"sequence\" <= $2 ORDER BY \"sequence\" LIMIT $3";

pub async fn keyed_times(live: &mut Live, until: u64) -> Result<Vec<KeyedTime>, Fault> {
    let statement = live.prepared(KEYED_TIMES).await?;
    let cells = [Cell::Int(until as i64), Cell::Int(KEYED_EVENTS_AT_ONCE as i64)];
    let rows = live.client.query_raw(&statement, cells).await?;
    let mut rows = pin!(rows);
    let mut times = Vec::new();
    while let Some(row) = rows.try_next().await? {
        times.push(KeyedTime::of(row.try_get(0)?, time(&row))?);
    }
    Ok(times)
}

pub async fn keyed_events(live: &mut Live, after: u64, until: u64) -> Result<Vec<KeyedEvent>, Fault> {
    let statement = live.prepared(KEYED_EVENTS).await?;
    let cells = [Cell::Int(after as i64), Cell::Int(until as i64), Cell::Int(KEYED_EVENTS_AT_ONCE as i64)];
    let rows = live.client.query_raw(&statement, cells).await?;
    let mut rows = pin!(rows);
    let mut events = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let when = KeyedTime::of(row.try_get(0)?, time(&row))?;
        events.push(KeyedEvent::of(when, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?)?);
    }
    Ok(events)
}

/// The time in the second column, none if it is beyond all times.
fn time(row: &Row) -> Option<Micros> {
    row.try_get::<_, Time>(1).ok().map(|time| time.0)
}

fn cell(operand: Operand<'_>) -> Cell<'_> {
    match operand {
        Operand::Number(number) => Cell::Int(number),
        Operand::Text(text) => Cell::Text(text),
        Operand::Time(micros) => Cell::Time(micros),
    }
}
