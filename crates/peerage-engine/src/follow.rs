//! Keeps a node's state at the head of the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use peerage_access::{People, UnreadableRecord};
use peerage_registry::{EventSubject, LogHead, Snapshot};
use peerage_store::{AuditQuery, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::live::{LiveRegistry, RegistryState};
use crate::load::load;
use crate::readiness::{Readiness, SILENCE_MAX};
use crate::supervisor;

/// The number of events read from the log at a time.
const EVENTS_AT_ONCE: usize = 5_000;

/// If a node is further behind the head than this, it reloads the rows, which is quicker than applying events one by
/// one.
const EVENTS_BEFORE_RELOAD: u64 = 20_000;

/// How long the node's own change may take from the log to the snapshot before the node assumes another node made it.
const OWN_CHANGES: Duration = Duration::from_millis(20);

/// How long to wait after the store failed. Doubled with each failure, up to the maximum.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);
const PAUSE_AFTER_ERROR_MAX: Duration = Duration::from_secs(5);

/// How often the node compares its position with the store's, even if nothing woke it.
const COMPARE_EVERY: Duration = Duration::from_secs(1);

/// How often rows are reloaded if the log changes its history during the load.
const ATTEMPTS: u32 = 3;

/// Returns the error for a record that cannot be read. It names the last event about that record.
pub async fn unreadable(store: &Store, fault: UnreadableRecord) -> StoreError {
    let subject = Some(EventSubject::Record(fault.record));
    let query = AuditQuery { subject, object: Some(fault.id), newest_first: true, limit: 1, ..AuditQuery::default() };
    // If the log does not name the event, the record's own name has to do.
    let last = match fault.event {
        None => store.audit_log(&query).await.ok().and_then(|events| events.first().map(|event| event.sequence)),
        event => event,
    };
    let fault = UnreadableRecord { event: last, ..fault };
    StoreError::Unreadable { what: fault.describe(), why: fault.why }
}

/// Follows the log until the node stops: this node shows every change within a second, whichever node made it.
pub async fn follow(live: Arc<LiveRegistry>, store: Store, stop: CancellationToken) {
    let mut moved = store.watch();
    let mut pause = PAUSE_AFTER_ERROR;
    let mut failing_since: Option<Instant> = None;
    loop {
        let work = supervisor::working();
        let begun = Instant::now();
        let caught_up = catch_up(&live, &store).await;
        drop(work);
        if caught_up.is_ok() {
            live.note_read(begun);
            failing_since = None;
            live.readiness.recover(Readiness::LOG_NOT_FOLLOWED);
        }
        let is_behind = caught_up.is_err();
        match caught_up {
            Ok(()) => {
                pause = PAUSE_AFTER_ERROR;
                if live.readiness.recover(Readiness::LOG_UNREADABLE) {
                    tracing::info!("the log can be read again; accepting changes");
                }
                if live.readiness.recover(Readiness::LOG_FORKED) {
                    tracing::info!(
                        head = live.snapshot().head().sequence,
                        "following the history of the database \
                        again"
                    );
                }
            }
            Err(error) if stop_writing(&live, &error) => {}
            Err(error) => {
                tracing::error!(error = %error, "cannot follow the log; answers may be out of date");
                if failing_since.get_or_insert_with(Instant::now).elapsed() >= SILENCE_MAX {
                    live.readiness.fail(Readiness::LOG_NOT_FOLLOWED, error.to_string());
                }
            }
        }
        let woken = async {
            if is_behind {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_AFTER_ERROR_MAX);
                true
            } else {
                others_moved(&live, &mut moved).await
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            is_alive = woken => if !is_alive { return },
        }
    }
}

/// Refuses changes while something in the log cannot be read, and says so. Without that event a decision might allow
/// what the event forbids.
pub(crate) fn stop_writing(live: &LiveRegistry, error: &StoreError) -> bool {
    let StoreError::Unreadable { .. } = error else { return false };
    if live.readiness.fail(Readiness::LOG_UNREADABLE, error.to_string()) {
        tracing::error!(error = %error, "changes are refused until this can be read; reads show the state before it");
    }
    true
}

/// Waits until the log and this node differ. Returns false once the store is gone. The node publishes its own changes
/// itself, so this waits the moment that takes: then no change costs a query to the store.
async fn others_moved(live: &LiveRegistry, moved: &mut tokio::sync::watch::Receiver<LogHead>) -> bool {
    loop {
        let waited = tokio::select! {
            waited = tokio::time::timeout(COMPARE_EVERY, moved.changed()) => waited,
            () = live.wake.notified() => return true,
        };
        match waited {
            Ok(Err(_)) => return false,
            Ok(Ok(())) => {
                // A request is waiting for another node's change.
                tokio::select! {
                    () = tokio::time::sleep(OWN_CHANGES) => {}
                    () = live.wake.notified() => return true,
                }
            }
            Err(_) => {}
        }
        let is_elsewhere = *moved.borrow_and_update() != live.state().snapshot.head();
        // The writer may have found an unreadable record, or another history, before this task did.
        if is_elsewhere || live.readiness.is_failing(&[Readiness::LOG_UNREADABLE, Readiness::LOG_FORKED]) {
            return true;
        }
    }
}

/// Brings the snapshot to the head of the log in one step, so that a change that is one transaction appears as a whole.
pub async fn catch_up(live: &Arc<LiveRegistry>, store: &Store) -> Result<(), StoreError> {
    // Read the state first: a head that is read after it can only be further along, or of another history.
    let current = live.full();
    let known = current.snapshot.head();
    let head = store.head().await?;
    if head == known {
        return Ok(());
    }
    if head.sequence <= known.sequence {
        let is_held = store.holds(known).await?;
        return if is_held { Ok(()) } else { reload(live, store).await };
    }
    let behind = head.sequence - known.sequence;
    if behind > EVENTS_BEFORE_RELOAD {
        return reload(live, store).await;
    }
    let mut next = Snapshot::clone(&current.snapshot);
    let mut people = People::clone(&current.people);
    while next.head().sequence < head.sequence {
        let left = (head.sequence - next.head().sequence) as usize;
        let events = match store.tail(next.head(), left.min(EVENTS_AT_ONCE)).await {
            Err(StoreError::Reload(_)) => return reload(live, store).await,
            events => events?,
        };
        if events.is_empty() {
            break;
        }
        next.advance(&events);
        if let Err(fault) = people.apply(&events) {
            return Err(unreadable(store, fault).await);
        }
    }
    let reached = next.head().sequence;
    tracing::info!(head = reached, events = behind, "applied changes");
    live.advance(&current, next, people);
    if reached < head.sequence {
        let why = format!("its head says {}, and the log ends with event {reached}", head.sequence);
        return Err(StoreError::Broken(why));
    }
    Ok(())
}

/// Reloads everything. The node never goes back within one history: rows older than what it shows are dropped. If the
/// log has lost what this node shows, the node reports that until it shows the log's history.
pub async fn reload(live: &Arc<LiveRegistry>, store: &Store) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        announce_fork(live, store, &live.full()).await?;
        let (snapshot, people) = load(store).await?;
        let (loaded, seen) = (snapshot.head(), live.full());
        // Check the log as it is now: it may have changed while the rows were read.
        let is_continued = announce_fork(live, store, &seen).await?;
        if store.holds(loaded).await? {
            tracing::info!(head = loaded.sequence, "reloaded the rows");
            live.publish(&seen, is_continued, snapshot, people);
            return Ok(());
        }
    }
    Err(StoreError::Busy("its history changes again and again".to_owned()))
}

/// Checks whether the log holds what this node shows, and reports if it does not.
async fn announce_fork(live: &LiveRegistry, store: &Store, shown: &RegistryState) -> Result<bool, StoreError> {
    let known = shown.snapshot.head();
    if store.holds(known).await? {
        return Ok(true);
    }
    let head = store.head().await?;
    let reason = format!(
        "this node shows events up to {}, and the database, which ends with event {}, has another history: it was \
         restored or failed over",
        known.sequence, head.sequence
    );
    if live.readiness.fail(Readiness::LOG_FORKED, reason.clone()) {
        tracing::error!(known = known.sequence, head = head.sequence, "{reason}; reloading the rows");
    }
    Ok(false)
}
