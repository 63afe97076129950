//! One transaction: lock the head, judge, write events and rows, commit.

use std::time::Duration;

use futures_util::future;
use peerage_registry::{Entry, ErasedEvents, Event, Head, Subject};
use peerage_schema::Resource;
use tokio_postgres::Error;

use crate::cell;
use crate::chain::{Chain, Link};
use crate::columns::{self, Dialect};
use crate::erase::{Counts, Witness};
use crate::error::{AppendError, StoreError, Violation};
use crate::judge::{Appended, EVENTS_MISSED_MAX, Judge, Returned};
use crate::postgres::cells::Cell;
use crate::postgres::error::{Fault, describe, detail, is_conflict, is_lost};
use crate::postgres::line::{Line, Live};
use crate::postgres::watch::CHANNEL;
use crate::postgres::{erase, log, rows};

pub const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Looks at everything that was put off to the end of the transaction, while there is a way back to ask which row it is.
const SETTLE: &str = "SAVEPOINT settle; SET CONSTRAINTS ALL IMMEDIATE";

/// How often a transaction is tried that was broken off for no fault of its own.
const ATTEMPTS: u32 = 5;

/// Wait before the second attempt; doubled before each further one.
const WAIT: Duration = Duration::from_millis(50);

/// Entries, and bytes of their JSON, that are gathered before they are sent.
const PIECE_ENTRIES: usize = 1_000;
const PIECE_BYTES: usize = 4 << 20;

/// What an attempt has come to.
enum Outcome {
    Done {
        before: Head,
        head: Head,
        events: Option<Vec<Event>>,
        counts: Counts,
    },
    /// The connection broke while the server committed.
    Uncertain {
        before: Head,
        head: Head,
        events: Option<Vec<Event>>,
        counts: Counts,
        error: Error,
    },
}

enum Stop<E> {
    Refused(E),
    Fault(Fault),
}

impl<E, F: Into<Fault>> From<F> for Stop<E> {
    fn from(fault: F) -> Stop<E> {
        Stop::Fault(fault.into())
    }
}

/// Erases payload too, if any is named and anything is appended that tells so.
pub async fn append<J: Judge>(
    line: &mut Line,
    known: Head,
    mut judge: J,
    erasure: Option<&ErasedEvents>,
) -> Result<(Appended<J>, Counts), AppendError<J::Refusal>> {
    let mut wait = WAIT;
    for turn in 1.. {
        let fault = match line.live().await {
            Err(error) => Fault::Store(error),
            Ok(connection) => match attempt(connection, known, &mut judge, erasure).await {
                Ok(Outcome::Done { before, head, events, counts }) => {
                    return Ok((Appended { judge, before, head, events }, counts));
                }
                Ok(Outcome::Uncertain { before, head, events, counts, error }) => {
                    line.hang_up().await;
                    match has_landed(line, head).await {
                        Ok(true) => return Ok((Appended { judge, before, head, events }, counts)),
                        Ok(false) => Fault::Server(error),
                        Err(_) => return Err(StoreError::Unknown(describe(&error)).into()),
                    }
                }
                Err(Stop::Refused(refusal)) => {
                    line.roll_back().await;
                    return Err(AppendError::Refused(refusal));
                }
                Err(Stop::Fault(fault)) => {
                    line.roll_back().await;
                    fault
                }
            },
        };
        let is_passing = match &fault {
            Fault::Server(error) => is_conflict(error) || is_lost(error),
            Fault::Store(error) => matches!(error, StoreError::Unreachable(_)),
        };
        if !is_passing || turn == ATTEMPTS {
            return Err(StoreError::from(fault).into());
        }
        line.hang_up().await;
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    unreachable!("the last turn returns")
}

async fn attempt<J: Judge>(
    live: &mut Live,
    known: Head,
    judge: &mut J,
    erasure: Option<&ErasedEvents>,
) -> Result<Outcome, Stop<J::Refusal>> {
    let before = lock(live).await?;
    let missed = log::missed(live, known, before, EVENTS_MISSED_MAX).await?;
    let mut chain = Chain::new(before);
    let mut returned = Returned::new();
    let mut witness = Witness::new(erasure);
    let mut piece: Vec<(Entry, Link)> = Vec::new();
    let mut bytes = 0;
    let entries = judge.judge(before, missed).map_err(Stop::Refused)?;
    for entry in entries {
        cell::check(&entry)?;
        witness.look(&entry);
        let link = chain.seal(&entry);
        returned.push(|| Event { sequence: link.sequence, entry: entry.clone(), hash: link.hash });
        bytes += link.before.as_ref().map_or(0, String::len) + link.after.as_ref().map_or(0, String::len);
        piece.push((entry, link));
        if piece.len() == PIECE_ENTRIES || bytes > PIECE_BYTES {
            rows::write(live, &piece).await?;
            piece.clear();
            bytes = 0;
        }
    }
    let head = chain.head;
    let events = returned.into_events();
    if head == before {
        live.roll_back().await?;
        return Ok(Outcome::Done { before, head, events, counts: Counts::default() });
    }
    if !piece.is_empty() {
        rows::write(live, &piece).await?;
    }
    let counts = match witness.erasure(before.sequence)? {
        Some(erasure) => erase::erase(live, erasure).await?,
        None => Counts::default(),
    };
    settle(live, head).await?;
    // Whoever listens is told with the commit: a notice of its own would cost a flush of its own.
    let committed = live.client.batch_execute(&format!("NOTIFY {CHANNEL}; COMMIT")).await;
    match committed {
        Ok(()) => Ok(Outcome::Done { before, head, events, counts }),
        Err(error) if is_lost(&error) => Ok(Outcome::Uncertain { before, head, events, counts, error }),
        Err(error) => Err(error.into()),
    }
}

/// Begins a transaction and takes the head's lock.
async fn lock(live: &mut Live) -> Result<Head, Fault> {
    let statement = live.prepared(log::LOCK_HEAD).await?;
    let begun = live.client.batch_execute(BEGIN);
    let locked = live.client.query_opt(&statement, &[]);
    let ((), row) = future::try_join(begun, locked).await?;
    log::head_of(row.as_ref())
}

/// Moves the head and lets the server look at what was put off.
async fn settle(live: &mut Live, head: Head) -> Result<(), Fault> {
    let statement = live.prepared(log::WRITE_HEAD).await?;
    let cells = [Cell::Int(head.sequence as i64), Cell::Bytes(&head.hash)];
    let moved = live.client.execute_raw(&statement, cells);
    let settled = live.client.batch_execute(SETTLE);
    match future::join(moved, settled).await {
        (Ok(1), Ok(())) => Ok(()),
        (Ok(1), Err(error)) => Err(named(live, error).await),
        (Ok(_), _) => Err(StoreError::Broken("the log has no head".to_owned()).into()),
        (Err(error), _) => Err(error.into()),
    }
}

/// Finds the row that breaks a constraint, as the server itself does not tell.
async fn named(live: &mut Live, error: Error) -> Fault {
    let Some((code, constraint)) = error.as_db_error().map(|error| (error.code().code(), error.constraint())) else {
        return error.into();
    };
    let Some(constraint) = constraint.filter(|_| code.starts_with("23")) else { return error.into() };
    let Some((resource, question)) = question(constraint) else { return error.into() };
    let id = match live.client.batch_execute("ROLLBACK TO SAVEPOINT settle").await {
        Ok(()) => live.client.query_opt(&question, &[]).await.ok().flatten(),
        Err(_) => None,
    };
    let id = id.and_then(|row| row.try_get::<_, i64>(0).ok()).map(|id| id as u32);
    let detail = error.as_db_error().map(detail).unwrap_or_default();
    Violation { subject: Subject::Row(resource), id, constraint: constraint.to_owned(), detail }.into()
}

/// Whose constraint it is, and what finds a row that breaks it.
fn question(constraint: &str) -> Option<(Resource, String)> {
    Resource::ALL.into_iter().find_map(|resource| {
        let table = resource.table();
        let doubled = columns::uniques(table)
            .iter()
            .find(|unique| unique.constraint == constraint)
            .map(|unique| columns::doubled(Dialect::Postgres, table, unique));
        let question = doubled.or_else(|| {
            let (_, field, of) = columns::references(table).find(|(name, _, _)| name == constraint)?;
            Some(columns::dangling(table, field, of))
        });
        question.map(|question| (resource, question))
    })
}

/// Whether the log holds what a lost connection was to commit. Asked under the lock, so that the lost transaction has
/// ended before, one way or the other.
async fn has_landed(line: &mut Line, head: Head) -> Result<bool, StoreError> {
    let mut wait = WAIT;
    for turn in 1.. {
        let asked = line.ask(async |live| {
            lock(live).await?;
            let holds = log::holds(live, head).await?;
            live.roll_back().await?;
            Ok(holds)
        });
        match asked.await {
            Err(StoreError::Unreachable(_)) if turn < ATTEMPTS * 2 => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            outcome => return outcome,
        }
    }
    unreachable!("the last turn returns")
}
