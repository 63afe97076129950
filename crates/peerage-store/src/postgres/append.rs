//! Appending in one transaction: lock the head, decide, write events and rows, commit.

use std::time::Duration;

use futures_util::future;
use peerage_registry::{ErasedEvents, Event, EventSubject, LogEntry, LogHead};
use peerage_schema::Resource;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Error;

use crate::cell;
use crate::chain::{ChainLink, HashChain};
use crate::columns::{self, Dialect};
use crate::decide::{AppendDecider, AppendPace, AppendedEvents, EVENTS_MISSED_MAX, ReturnedEvents};
use crate::erase::{ErasureCounts, ErasureWitness};
use crate::error::{AppendError, ConstraintViolation, StoreError};
use crate::everything::BackupItem;
use crate::log;
use crate::migrate;
use crate::postgres::error::{PostgresFault, detail, is_conflict, is_lock_timeout, is_lost};
use crate::postgres::line::{BEGIN_LONG, LiveConnection, PostgresConnection, hung_after, no_answer};
use crate::postgres::watch::CHANNEL;
use crate::postgres::{erase, rows};
use crate::repair::{self, RepairCounts};
use crate::restore;

pub const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Checks all deferred constraints, with a savepoint to return to in order to find the row at fault.
const SETTLE: &str = "SAVEPOINT settle; SET CONSTRAINTS ALL IMMEDIATE";

/// Maximum number of attempts if the server aborts the transaction because of a conflict.
const ATTEMPTS: u32 = 5;

/// Delay before the second attempt; doubles with each further one.
const WAIT: Duration = Duration::from_millis(50);

/// Entries, and bytes of their JSON, that are collected before they are sent.
const PIECE_ENTRIES: usize = 1_000;
const PIECE_BYTES: usize = 4 << 20;

/// Time limits of imports and erasures: until the commit is answered, and for finding out whether a commit took effect if
/// its answer was lost. A change that a request waits for has the deadline of the store, and then half of it.
const LONG: Duration = Duration::from_hours(24);
const LONG_DOUBT: Duration = Duration::from_mins(1);

/// A change is refused at once if the database has not answered the watcher for at least this long.
const SILENCE_MIN: Duration = Duration::from_secs(3);

/// Advisory lock that marks a long transaction for those who wait for it.
const MARK: u32 = 0x7065_6572;

/// Ends the connections of nodes that hang while they hold the lock of the log: they are in a transaction, idle for the
/// given milliseconds, and the server waits for them. The server's own timeouts do not end one that hangs during a bulk
/// transfer.
pub const END_HUNG: &str = "SELECT count(*) FILTER (WHERE \"ended\") FROM (SELECT pg_terminate_backend(a.pid) AS \
    \"ended\" \
     FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() \
     AND a.wait_event_type = 'Client' AND a.xact_start < clock_timestamp() - $1::bigint * interval '1 ms' \
     AND a.state_change < clock_timestamp() - $1::bigint * interval '1 ms' AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid \
     AND l.granted AND l.relation = 'head'::regclass AND l.mode IN ('RowShareLock', 'RowExclusiveLock')) \
     AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' \
     AND l.objid = 1885693298)) AS \"hung\"";

/// What will be in the log once its commit is done.
struct PendingAppend {
    before: LogHead,
    head: LogHead,
    events: Option<Vec<Event>>,
    counts: ErasureCounts,
}

enum AppendStop<E> {
    Refused(E),
    Fault(PostgresFault),
}

impl<E, F: Into<PostgresFault>> From<F> for AppendStop<E> {
    fn from(fault: F) -> AppendStop<E> {
        AppendStop::Fault(fault.into())
    }
}

/// Appends. Also erases payload, if any is specified and an appended entry records it.
pub async fn append<J: AppendDecider>(
    line: &mut PostgresConnection,
    known: LogHead,
    mut decide_at_head: J,
    erasure: Option<&ErasedEvents>,
) -> Result<(AppendedEvents<J>, ErasureCounts), AppendError<J::Refusal>> {
    let pace = if erasure.is_some() { AppendPace::Long } else { decide_at_head.pace() };
    let limit = line.target().deadline;
    let (time, doubt) = match pace {
        AppendPace::Quick => (limit, limit / 2),
        AppendPace::Long => (LONG, LONG_DOUBT),
    };
    if pace == AppendPace::Quick && line.target().pulse.silence() >= limit.max(SILENCE_MIN) {
        return Err(no_answer().into());
    }
    let deadline = Instant::now() + time;
    let mut has_ended_hung = false;
    let mut wait = WAIT;
    for turn in 1.. {
        // The head that was being committed, and when the commit was sent.
        let mut sent = None;
        let tried = async {
            let connection = line.live().await.map_err(PostgresFault::Store)?;
            attempt(connection, known, &mut decide_at_head, erasure, pace, &mut sent).await
        };
        let fault = match timeout_at(deadline, tried).await {
            Ok(Ok(PendingAppend { before, head, events, counts })) => {
                return Ok((AppendedEvents { decide_at_head, before, head, events }, counts));
            }
            Ok(Err(AppendStop::Refused(refusal))) => {
                line.roll_back().await;
                return Err(AppendError::Refused(refusal));
            }
            Ok(Err(AppendStop::Fault(fault))) => fault,
            Err(_) => {
                line.hang_up().await;
                PostgresFault::Store(StoreError::Busy("it took too long".to_owned()))
            }
        };
        if let PostgresFault::Server(error) = &fault {
            line.target().renew_after(error);
        }
        if let Some(PendingAppend { before, head, events, counts }) = sent.take_if(|_| is_doubtful(&fault)) {
            line.hang_up().await;
            match has_landed(line, head, Instant::now() + doubt).await {
                Some(true) => return Ok((AppendedEvents { decide_at_head, before, head, events }, counts)),
                Some(false) => {}
                None => return Err(StoreError::Unknown(StoreError::from(fault).to_string()).into()),
            }
        } else {
            line.roll_back().await;
        }
        let is_passing = match &fault {
            PostgresFault::Server(error) if is_lock_timeout(error) => {
                !std::mem::replace(&mut has_ended_hung, true) && end_hung(line, deadline).await
            }
            PostgresFault::Server(error) => is_conflict(error) || is_lost(error),
            PostgresFault::Store(error) => matches!(error, StoreError::Unreachable(_)),
        };
        if !is_passing || turn == ATTEMPTS || Instant::now() + wait >= deadline {
            return Err(StoreError::from(fault).into());
        }
        line.hang_up().await;
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    unreachable!("the last turn returns")
}

/// Whether a commit that was sent can have taken effect despite this error.
fn is_doubtful(fault: &PostgresFault) -> bool {
    match fault {
        // The server has reported that it did not.
        PostgresFault::Server(error) => is_lost(error),
        PostgresFault::Store(_) => true,
    }
}

/// Ends connections that hang while they hold the lock. Returns whether there were any.
async fn end_hung(line: &mut PostgresConnection, deadline: Instant) -> bool {
    let limit = line.target().deadline;
    let idle = hung_after(limit).as_millis() as i64;
    let request =
        line.ask(limit, async |live| Ok(live.client.query_one(END_HUNG, &[&idle]).await?.try_get::<_, i64>(0)?));
    match timeout_at(deadline, request).await {
        Ok(Ok(0)) => false,
        Ok(Ok(ended)) => {
            tracing::warn!(ended, "a node hung while it held the lock of the log; its connection was closed");
            true
        }
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "could not close connections that hang with the lock of the log");
            false
        }
        Err(_) => {
            line.hang_up().await;
            false
        }
    }
}

async fn attempt<J: AppendDecider>(
    live: &mut LiveConnection,
    known: LogHead,
    decide_at_head: &mut J,
    erasure: Option<&ErasedEvents>,
    pace: AppendPace,
    sent: &mut Option<PendingAppend>,
) -> Result<PendingAppend, AppendStop<J::Refusal>> {
    let before = lock(live, pace).await?;
    let missed = log::missed(live, known, before, EVENTS_MISSED_MAX).await?;
    let mut chain = HashChain::new(before);
    let mut returned = ReturnedEvents::new();
    let mut witness = ErasureWitness::new(erasure);
    let mut piece: Vec<(LogEntry, ChainLink)> = Vec::new();
    let mut bytes = 0;
    let entries = decide_at_head.decide(before, missed).map_err(AppendStop::Refused)?;
    for entry in entries {
        cell::check(&entry)?;
        witness.observe(&entry);
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
    if head == before && !decide_at_head.confirms() {
        live.roll_back().await?;
        return Ok(PendingAppend { before, head, events, counts: ErasureCounts::default() });
    }
    if !piece.is_empty() {
        rows::write(live, &piece).await?;
    }
    let counts = match witness.erasure(before.sequence)? {
        Some(erasure) if head != before => {
            crate::erase::erase(live, erase::ERASE_ACTOR, erase::ERASE_ROWS, erasure).await?
        }
        _ => ErasureCounts::default(),
    };
    settle(live, head).await?;
    *sent = Some(PendingAppend { before, head, events, counts });
    // Listeners are notified with the commit: a separate notification would cost another flush.
    if live.commit(&format!("NOTIFY {CHANNEL}; COMMIT")).await? {
        sent.take().ok_or_else(|| PostgresFault::Store(StoreError::Broken("a commit was lost".to_owned())).into())
    } else {
        Err(PostgresFault::Store(StoreError::Unreachable(UNCONFIRMED.to_owned())).into())
    }
}

/// Error text for a commit that was not confirmed by the replicas.
const UNCONFIRMED: &str = "the replicas that have to confirm a commit did not";

/// Takes the lock of the log.
pub const LOCK_HEAD: &str = "SELECT \"sequence\", \"hash\" FROM \"head\" FOR UPDATE";

/// Begins a transaction and takes the lock of the log.
async fn lock(live: &mut LiveConnection, pace: AppendPace) -> Result<LogHead, PostgresFault> {
    let statement = live.prepared(LOCK_HEAD).await?;
    let layout = live.prepared(migrate::READ_VERSION).await?;
    let long = format!("{BEGIN_LONG}; SELECT pg_advisory_xact_lock_shared({MARK})");
    let begun = live.client.batch_execute(match pace {
        AppendPace::Quick => BEGIN,
        AppendPace::Long => &long,
    });
    let locked = live.client.query_opt(&statement, &[]);
    // A statement of its own sees what was committed while the other one waited for the lock.
    let layout = live.client.query_one(&layout, &[]);
    let ((), row, layout) = future::try_join3(begun, locked, layout).await?;
    migrate::check_writable(layout.try_get(0)?)?;
    log::head_of(row.as_ref())
}

/// Updates the head, and has the server check the deferred constraints.
async fn settle(live: &mut LiveConnection, head: LogHead) -> Result<(), PostgresFault> {
    let statement = live.prepared(log::WRITE_HEAD).await?;
    let moved = live.client.execute_raw(&statement, log::head_cells(&head));
    let settled = live.client.batch_execute(SETTLE);
    match future::join(moved, settled).await {
        (Ok(1), Ok(())) => Ok(()),
        (Ok(1), Err(error)) => Err(named(live, error).await),
        (Ok(_), _) => Err(log::no_head()),
        (Err(error), _) => Err(error.into()),
    }
}

/// Fills an empty database, in one transaction.
pub async fn restore(
    line: &mut PostgresConnection,
    next: &mut (impl FnMut() -> Result<Option<BackupItem>, StoreError> + Send),
) -> Result<LogHead, StoreError> {
    let connection = line.live().await?;
    let written = async {
        lock(connection, AppendPace::Long).await?;
        let erasing = [erase::ERASE_ACTOR, erase::ERASE_ROWS];
        let head = restore::write(connection, erasing, next).await?.head;
        settle(connection, head).await?;
        Ok::<_, PostgresFault>(head)
    };
    let written = written.await;
    commit(line, written).await
}

/// Makes rows and records again from the log, in one transaction.
pub async fn repair(
    line: &mut PostgresConnection,
    checked: LogHead,
    objects: &[(EventSubject, u32)],
) -> Result<Option<RepairCounts>, StoreError> {
    let connection = line.live().await?;
    let written = async {
        lock(connection, AppendPace::Long).await?;
        let counts = repair::write(connection, checked, objects).await?;
        if counts.is_some() {
            settle(connection, checked).await?;
        }
        Ok::<_, PostgresFault>(counts)
    };
    let written = written.await;
    commit(line, written).await
}

/// Ends a transaction that an operator has begun.
async fn commit<T>(line: &mut PostgresConnection, written: Result<T, PostgresFault>) -> Result<T, StoreError> {
    let result = match written {
        Ok(result) => result,
        Err(fault) => {
            line.roll_back().await;
            return Err(fault.into());
        }
    };
    // The connection is lost or the server says that it did: only the operator can look.
    let unknown = |why: String| StoreError::Unknown(why);
    match line.live().await?.commit(&format!("NOTIFY {CHANNEL}; COMMIT")).await {
        Ok(true) => Ok(result),
        Ok(false) => Err(unknown(UNCONFIRMED.to_owned())),
        Err(error) if is_lost(&error) => Err(unknown(error.to_string())),
        Err(error) => Err(PostgresFault::from(error).into()),
    }
}

/// Finds the row that violates a constraint, since the server does not name it.
async fn named(live: &mut LiveConnection, error: Error) -> PostgresFault {
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
    ConstraintViolation { subject: EventSubject::Row(resource), id, constraint: constraint.to_owned(), detail }.into()
}

/// The resource of a constraint, and a query that finds a row that violates it.
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

/// Whether the log contains what a lost connection was about to commit. `None` if that cannot be found out in time. The
/// query takes the lock, so the lost transaction has ended by then, either way. A commit that is found counts only once
/// a later commit has been confirmed: then it is on every disk that has to have it.
async fn has_landed(line: &mut PostgresConnection, head: LogHead, until: Instant) -> Option<bool> {
    let mut wait = WAIT;
    loop {
        let request = line.ask(until.saturating_duration_since(Instant::now()), async |live| {
            lock(live, AppendPace::Quick).await?;
            if !log::holds(live, head).await? {
                live.roll_back().await?;
                return Ok(false);
            }
            if live.commit(&format!("{CONFIRM_HEAD}; COMMIT")).await? {
                return Ok(true);
            }
            Err(PostgresFault::Store(StoreError::Unreachable(UNCONFIRMED.to_owned())))
        });
        match timeout_at(until, request).await {
            Ok(Ok(has_landed)) => return Some(has_landed),
            Ok(Err(error)) => tracing::warn!(error = %error, "cannot determine yet whether a change was committed"),
            Err(_) => {}
        }
        // The connection may be waiting for the answer to anything.
        line.hang_up().await;
        if Instant::now() + wait >= until {
            return None;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(1));
    }
}

/// Changes nothing, but is written and confirmed like any change.
pub const CONFIRM_HEAD: &str = "UPDATE \"head\" SET \"sequence\" = \"sequence\"";
