//! How a node's snapshot is made from a store and follows its log.

use std::sync::Arc;
use std::time::Duration;

use peerage_registry::{Loader, Snapshot};
use peerage_store::{Loaded, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::live::Live;

/// Events taken from the log at a time.
const EVENTS_AT_ONCE: usize = 5_000;

/// Events behind the head above which the rows are read anew: quicker than applying them one by one.
const EVENTS_BEFORE_RELOAD: u64 = 20_000;

/// How long to wait before the store is asked again after it failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// Reads all rows of a store.
pub async fn load(store: &Store) -> Result<Snapshot, StoreError> {
    let push = |loader: &mut Loader, loaded| match loaded {
        Loaded::Row(resource, row) => loader.push(resource, row),
        // People, keys and rights are no part of this snapshot.
        Loaded::Record(..) => {}
    };
    let (loader, head) = store.load_into(Loader::default(), push).await?;
    // Indexing and encoding a full-size registry takes about a second of processor time.
    let built = tokio::task::spawn_blocking(move || loader.finish(head)).await;
    match built {
        Ok(snapshot) => Ok(snapshot),
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
                None => moved.changed().await.is_ok(),
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            is_alive = woken => if !is_alive { return },
        }
    }
}

/// Brings the snapshot to the head of the log in one step, so that a change that is one transaction is seen whole.
pub async fn catch_up(live: &Arc<Live>, store: &Store) -> Result<(), StoreError> {
    let head = store.head().await?;
    let current = live.snapshot();
    let behind = head.sequence.saturating_sub(current.head().sequence);
    if head == current.head() {
        return Ok(());
    }
    if behind == 0 || behind > EVENTS_BEFORE_RELOAD {
        // Far behind, or another log took this one's place, as when a backup was put back.
        return reload(live, store).await;
    }
    let mut next = Snapshot::clone(&current);
    while next.head().sequence < head.sequence {
        let left = (head.sequence - next.head().sequence) as usize;
        let events = match store.tail(next.head(), left.min(EVENTS_AT_ONCE)).await {
            Err(StoreError::Reload(_)) => return reload(live, store).await,
            events => events?,
        };
        if events.is_empty() {
            break;
        }
        next.apply(&events);
    }
    tracing::info!(head = next.head().sequence, events = behind, "took over changes");
    live.publish(next);
    Ok(())
}

async fn reload(live: &Arc<Live>, store: &Store) -> Result<(), StoreError> {
    let snapshot = load(store).await?;
    tracing::info!(head = snapshot.head().sequence, "read the rows anew");
    live.publish(snapshot);
    Ok(())
}
