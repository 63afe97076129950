//! Loads the state from a store.

use peerage_access::people::{RETRY_LIFE, RetryEvent};
use peerage_access::{People, UnreadableRecord};
use peerage_registry::moment::Moment;
use peerage_registry::{LogHead, Snapshot, SnapshotLoader};
use peerage_store::{AuditQuery, KeyedEvent, LoadedItem, Store, StoreError};

use crate::cursor::{Cursor, MAIL_CURSOR};
use crate::follow::unreadable;

/// The number of events at the end of the log that must be readable before a node serves requests.
const EVENTS_CHECKED: u64 = 1_000;

/// Everything that can be read, and the faults of everything else.
pub struct LoadedState {
    pub snapshot: Snapshot,
    pub people: People,
    pub faults: Vec<UnreadableRecord>,
}

/// Rows and records while they are loaded from a store.
#[derive(Default)]
struct StateLoader {
    rows: SnapshotLoader,
    people: People,
    faults: Vec<UnreadableRecord>,
    count: u64,
}

/// Loads everything that can be read. `on_row` is called with the number of rows so far.
///
/// # Errors
/// The store cannot be read.
pub async fn load_with_faults(store: &Store, on_row: impl Fn(u64) + Send + 'static) -> Result<LoadedState, StoreError> {
    let push = move |loading: &mut StateLoader, item| match item {
        LoadedItem::Row(resource, row) => {
            loading.count += 1;
            on_row(loading.count);
            loading.rows.push(resource, row);
        }
        LoadedItem::Record(record, id, text) => {
            if let Err(error) = loading.people.put(record, id, Some(&text), 0) {
                loading.faults.push(error);
            }
        }
    };
    let (loading, head) = store.load_into(StateLoader::default(), push).await?;
    let StateLoader { rows, people, faults, .. } = loading;
    let latest = time_of(store, head).await?;
    // Indexing and encoding a full-size registry takes about a second of processor time.
    match tokio::task::spawn_blocking(move || rows.finish(head)).await {
        Ok(mut snapshot) => {
            if let Some(at) = latest {
                snapshot.note_time(at);
            }
            Ok(LoadedState { snapshot, people, faults })
        }
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Returns the time of an event, or `None` if it is not there or has none that can be read.
async fn time_of(store: &Store, event: LogHead) -> Result<Option<Moment>, StoreError> {
    let Some(before) = event.sequence.checked_sub(1) else { return Ok(None) };
    let query = AuditQuery { after: Some(before), limit: 1, ..AuditQuery::default() };
    match store.audit_log(&query).await {
        Ok(events) => Ok(events.first().map(|event| event.at)),
        // Whoever needs the event itself reports this.
        Err(StoreError::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Loads all rows, and all records of people, keys and permissions.
///
/// # Errors
/// The store cannot be read, or holds something that this program does not know.
pub async fn load_readable(
    store: &Store,
    on_row: impl Fn(u64) + Send + 'static,
) -> Result<(Snapshot, People), StoreError> {
    let loaded = load_with_faults(store, on_row).await?;
    store.check_kinds().await?;
    match loaded.faults.into_iter().next() {
        Some(fault) => Err(unreadable(store, fault).await),
        None => Ok((loaded.snapshot, loaded.people)),
    }
}

/// Loads the state of a node that serves requests, with recent `Idempotency-Key`s. Fails if an event that is still
/// needed cannot be read.
///
/// # Errors
/// The same as [`load_readable`].
pub async fn load(store: &Store) -> Result<(Snapshot, People), StoreError> {
    let (snapshot, mut people) = load_readable(store, |_| ()).await?;
    let head = snapshot.head();
    check_events(store, head).await?;
    let remember = |event: KeyedEvent| {
        people.note_retry(RetryEvent {
            sequence: event.sequence,
            at: event.at,
            actor: &event.actor,
            subject: event.subject,
            id: event.id,
        });
    };
    store.keyed_events(head, RETRY_LIFE, remember).await?;
    Ok((snapshot, people))
}

/// Checks that the events that are still needed can be read: the latest, and those about which e-mails are still to be
/// sent.
async fn check_events(store: &Store, head: LogHead) -> Result<(), StoreError> {
    let latest = head.sequence.saturating_sub(EVENTS_CHECKED);
    let sent = store.value(MAIL_CURSOR).await?;
    let sent = sent
        .as_deref()
        .and_then(|text| Cursor::parse(text).map(|cursor| cursor.latest.sequence).or_else(|| text.parse().ok()));
    for after in sent.filter(|sent| *sent < latest).into_iter().chain([latest]) {
        // If many mails are queued, the rest of their events is read when they are sent.
        store.audit_log(&AuditQuery { after: Some(after), ..AuditQuery::default() }).await?;
    }
    Ok(())
}
