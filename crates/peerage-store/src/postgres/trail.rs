//! Answers about the log.

use std::pin::pin;

use futures_util::TryStreamExt;
use peerage_registry::Head;

use crate::columns::{Dialect, event_columns};
use crate::postgres::cells::Cell;
use crate::postgres::error::Fault;
use crate::postgres::line::Live;
use crate::postgres::log;
use crate::trail::{Operand, Question, TRAIL_EVENTS_MAX, Told, TrailQuery};

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

pub const RETRIED: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM \"event\" WHERE strpos(\"actor\", '\"retry\":{') > 0 AND \"sequence\" <= $1 ORDER BY \"sequence\" DESC LIMIT $2"
);

/// The latest events of requests that may be repeated.
pub async fn retried(live: &mut Live, head: Head) -> Result<Vec<Told>, Fault> {
    let statement = live.prepared(RETRIED).await?;
    let cells = [Cell::Int(head.sequence as i64), Cell::Int(TRAIL_EVENTS_MAX as i64)];
    let rows = live.client.query_raw(&statement, cells).await?;
    let mut rows = pin!(rows);
    let mut told = Vec::new();
    while let Some(row) = rows.try_next().await? {
        told.push(Told::of(log::stored(&row)?)?);
    }
    told.reverse();
    Ok(told)
}

fn cell(operand: Operand<'_>) -> Cell<'_> {
    match operand {
        Operand::Number(number) => Cell::Int(number),
        Operand::Text(text) => Cell::Text(text),
        Operand::Time(micros) => Cell::Time(micros),
    }
}
