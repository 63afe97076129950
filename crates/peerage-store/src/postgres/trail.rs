//! Answers about the log.

use std::pin::pin;

use futures_util::TryStreamExt;

use crate::columns::Dialect;
use crate::postgres::cells::Cell;
use crate::postgres::error::Fault;
use crate::postgres::line::Live;
use crate::postgres::log;
use crate::trail::{Operand, Question, Told, TrailQuery};

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

fn cell(operand: Operand<'_>) -> Cell<'_> {
    match operand {
        Operand::Number(number) => Cell::Int(number),
        Operand::Text(text) => Cell::Text(text),
        Operand::Time(micros) => Cell::Time(micros),
    }
}
