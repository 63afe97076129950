//! How a node's snapshot is made from a store and follows its log.

use std::sync::Arc;

use peerage_registry::{Loader, Snapshot};
use peerage_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::live::Live;

/// Events taken from the log at a time.
const EVENTS_AT_ONCE: usize = 5_000;

/// Events behind the head above which the rows are read anew: quicker than applying them one by one.
const EVENTS_BEFORE_RELOAD: u64 = 20_000;

/// Reads all rows of a store.
pub async fn load(store: &Store) -> Result<Snapshot, StoreError> {
    let (loader, head) = store.load_into(Loader::default(), |loader, resource, row| loader.push(resource, row)).await?;
    // Indexing and encoding a full-size registry takes about a second of processor time.
    let built = tokio::task::spawn_blocking(move || loader.finish(head)).await;
    built.map_err(|_| StoreError::Broken("the snapshot could not be built from the rows".to_owned()))
}

/// Follows the log until told to stop: whoever changes the registry, this node shows it within a second.
pub async fn follow(live: Arc<Live>, store: Store, stop: CancellationToken) {
    let mut moved = store.watch();
    loop {
        if let Err(error) = catch_up(&live, &store).await {
            tracing::error!(error = %error, "cannot follow the log; answers may be out of date");
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = moved.changed() => if changed.is_err() { return },
        }
    }
}

/// Brings the snapshot to the head of the log in one step, so that a change that is one transaction is seen whole.
pub async fn catch_up(live: &Arc<Live>, store: &Store) -> Result<(), StoreError> {
    let head = store.head().await?;
    let current = live.snapshot();
    let behind = head.sequence.saturating_sub(current.head().sequence);
    if behind == 0 {
        return Ok(());
    }
    if behind > EVENTS_BEFORE_RELOAD {
        live.publish(load(store).await?);
        return Ok(());
    }
    let mut next = Snapshot::clone(&current);
    while next.head().sequence < head.sequence {
        let left = (head.sequence - next.head().sequence) as usize;
        let events = store.tail(next.head().sequence, left.min(EVENTS_AT_ONCE)).await?;
        if events.is_empty() {
            break;
        }
        next.apply(&events);
    }
    tracing::info!(head = next.head().sequence, events = behind, "took over changes");
    live.publish(next);
    Ok(())
}
