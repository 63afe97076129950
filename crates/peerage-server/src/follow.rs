//! How a node's snapshot is made from a store and follows its log.

use std::sync::Arc;
use std::time::Duration;

use peerage_access::People;
use peerage_registry::{Loader, Snapshot};
use peerage_store::{Loaded, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::live::Live;

/// Events taken from the log at a time.
const EVENTS_AT_ONCE: usize = 5_000;

/// Events behind the head above which the rows are read anew: quicker than applying them one by one.
const EVENTS_BEFORE_RELOAD: u64 = 20_000;

/// How long an own change may take from the log to the snapshot before it counts as another's.
const OWN_CHANGES: Duration = Duration::from_millis(20);

/// How long to wait before the store is asked again after it failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// Rows and people on their way out of a store.
#[derive(Default)]
struct Loading {
    rows: Loader,
    people: People,
    fault: Option<String>,
}

/// Reads all rows and all that is kept of people, keys and rights.
pub async fn load(store: &Store) -> Result<(Snapshot, People), StoreError> {
    let push = |loading: &mut Loading, item| match item {
        Loaded::Row(resource, row) => loading.rows.push(resource, row),
        Loaded::Record(record, id, text) => {
            if let Err(error) = loading.people.put(record, id, Some(&text), 0) {
                loading.fault.get_or_insert(error.to_string());
            }
        }
    };
    let (loading, head) = store.load_into(Loading::default(), push).await?;
    if let Some(fault) = loading.fault {
        return Err(StoreError::Broken(fault));
    }
    // Indexing and encoding a full-size registry takes about a second of processor time.
    let built = tokio::task::spawn_blocking(move || loading.rows.finish(head)).await;
    match built {
        Ok(snapshot) => Ok((snapshot, loading.people)),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Follows the log until told to stop: whoever changes the registry, this node shows it within a second.
pub async fn follow(live: Arc<Live>, store: Store, stop: CancellationToken) {
    let mut moved = store.watch();
    loop {
        let pause = match catch_up(&live, &store).await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(error = %error, "cannot follow the log; answers may be out of date");
                Some(PAUSE_AFTER_ERROR)
            }
        };
        let woken = async {
            match pause {
                Some(pause) => {
                    tokio::time::sleep(pause).await;
                    true
                }
                None => others_moved(&live, &mut moved).await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            is_alive = woken => if !is_alive { return },
        }
    }
}

/// Waits until the log is where this node is not; false once the store is gone. What this node writes itself it shows
/// itself: the moment that this takes is waited for, so that no change costs a question to the store.
async fn others_moved(live: &Live, moved: &mut tokio::sync::watch::Receiver<u64>) -> bool {
    while moved.changed().await.is_ok() {
        tokio::time::sleep(OWN_CHANGES).await;
        if *moved.borrow_and_update() != live.state().snapshot.head().sequence {
            return true;
        }
    }
    false
}

/// Brings the snapshot to the head of the log in one step, so that a change that is one transaction is seen whole.
pub async fn catch_up(live: &Arc<Live>, store: &Store) -> Result<(), StoreError> {
    let head = store.head().await?;
    let current = live.full();
    let behind = head.sequence.saturating_sub(current.snapshot.head().sequence);
    if head == current.snapshot.head() {
        return Ok(());
    }
    if behind == 0 || behind > EVENTS_BEFORE_RELOAD {
        // Far behind, or another log took this one's place, as when a backup was put back.
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
        people.apply(&events).map_err(|error| StoreError::Broken(error.to_string()))?;
    }
    tracing::info!(head = next.head().sequence, events = behind, "took over changes");
    live.advance(next, people);
    Ok(())
}

/// Reads everything anew.
pub async fn reload(live: &Arc<Live>, store: &Store) -> Result<(), StoreError> {
    let (snapshot, people) = load(store).await?;
    tracing::info!(head = snapshot.head().sequence, "read the rows anew");
    live.publish(snapshot, people);
    Ok(())
}
