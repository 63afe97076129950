//! The snapshot from which requests are answered.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use peerage_access::People;
use peerage_registry::event::hex;
use peerage_registry::{LogHead, Snapshot, Viewer, ViewerClass};
use peerage_schema::Resource;
use tokio::sync::{Notify, watch};

use crate::readiness::Readiness;

/// How long the registry must be unchanged before JSON is prepared for readers.
const QUIET: Duration = Duration::from_millis(200);

/// The state of the registry as this node knows it. Readers take a snapshot and keep it while they need it.
pub struct LiveRegistry {
    state: ArcSwap<RegistryState>,
    changed: watch::Sender<LogHead>,
    /// Two tasks publish: the one that follows the log, and the one that writes to it.
    publishing: Mutex<()>,
    /// Distinguishes this registry and program in validators of cached answers.
    pub epoch: String,
    /// Whether this node should get requests.
    pub readiness: Readiness,
    /// Wakes the task that follows the log, because a request waits for an event.
    pub wake: Notify,
    /// When that task last started a read of the log that succeeded.
    last_read: watch::Sender<Option<Instant>>,
}

/// The registry and its people at one position in the log, and what is derived from them.
pub struct RegistryState {
    pub snapshot: Arc<Snapshot>,
    pub people: Arc<People>,
    /// Counts the histories that this node has seen. A restored database or a failover that lost events begins the next
    /// one. Event numbers can only be compared within one history.
    pub timeline: u64,
    /// Validators by class of viewers, as `ETag` shows them.
    validators: [Bytes; 2],
    /// The validator of answers that depend on one viewer.
    own_validator: Bytes,
}

/// The number of bytes of the head's hash in a validator.
pub const HASH_BYTES: usize = 8;

impl RegistryState {
    /// Returns the timeline, and the position there.
    pub fn number(&self) -> (u64, u64) {
        (self.timeline, self.snapshot.head().sequence)
    }

    pub fn new(snapshot: Snapshot, people: People, epoch: &str) -> RegistryState {
        let validator =
            |class: ViewerClass| Bytes::from(format!("\"{}-{epoch}-{}\"", position(snapshot.head()), class as u8));
        let validators = [ViewerClass::Anonymous, ViewerClass::Verified].map(validator);
        let own_validator = Bytes::from(format!("\"{}-{epoch}-own\"", position(snapshot.head())));
        RegistryState { snapshot: Arc::new(snapshot), people: Arc::new(people), timeline: 0, validators, own_validator }
    }

    /// Returns the validator for this position in the log: the same number and hash mean the same bytes. Answers that
    /// depend on one viewer have none.
    pub fn validator(&self, viewer: &Viewer) -> Option<&Bytes> {
        viewer.class().map(|class| &self.validators[class as usize])
    }

    /// Returns the validator of an object for one viewer. It names the position at which the object was read, for
    /// `If-Match`. `If-None-Match` never compares it, because whether the viewer may still read it is decided each
    /// time.
    pub fn own_validator(&self) -> &Bytes {
        &self.own_validator
    }
}

impl LiveRegistry {
    pub fn new(snapshot: Snapshot, people: People, epoch: String) -> Arc<LiveRegistry> {
        let (changed, _) = watch::channel(snapshot.head());
        let state = ArcSwap::from_pointee(RegistryState::new(snapshot, people, &epoch));
        let readiness = Readiness::default();
        let (last_read, _) = watch::channel(None);
        let (publishing, wake) = (Mutex::new(()), Notify::new());
        Arc::new(LiveRegistry { state, changed, publishing, epoch, readiness, wake, last_read })
    }

    /// Returns the current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state.load().snapshot)
    }

    /// Returns the current state, for callers that keep it.
    pub fn full(&self) -> Arc<RegistryState> {
        self.state.load_full()
    }

    /// Returns the current state with its validators.
    pub fn state(&self) -> arc_swap::Guard<Arc<RegistryState>> {
        self.state.load()
    }

    /// Reports each new position in the log.
    pub fn positions(&self) -> watch::Receiver<LogHead> {
        self.changed.subscribe()
    }

    /// Reports each time the log was read to its end. The node then shows everything that the log held at that time.
    pub fn reads(&self) -> watch::Receiver<Option<Instant>> {
        self.last_read.subscribe()
    }

    /// Notes that the log was read to its end. `begun` is when the read began.
    pub fn note_read(&self, begun: Instant) {
        self.last_read.send_replace(Some(begun));
    }

    /// Makes reloaded rows the current state. `seen` was current when the store was asked whether its log holds
    /// `seen`'s head, and `is_continued` is the answer. If true, rows older than the current ones are dropped. If
    /// false, everything derived from `seen` is gone, and the rows begin a new timeline.
    pub(crate) fn publish(
        self: &Arc<LiveRegistry>,
        seen: &RegistryState,
        is_continued: bool,
        mut snapshot: Snapshot,
        mut people: People,
    ) {
        let _turn = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.state.load_full();
        // Settings are not part of the log.
        people.suggestion_org = current.people.suggestion_org;
        let is_newer = !is_continued || snapshot.head().sequence > current.snapshot.head().sequence;
        if current.timeline == seen.timeline && is_newer {
            snapshot.replace(&current.snapshot);
            self.replace(snapshot, people, current.timeline + u64::from(!is_continued));
        }
    }

    /// Makes a state current that follows from `base` by events, unless the current one is at least as new or belongs
    /// to another timeline. Returns the state that is current afterwards.
    pub fn advance(
        self: &Arc<LiveRegistry>,
        base: &RegistryState,
        snapshot: Snapshot,
        people: People,
    ) -> Arc<RegistryState> {
        let _turn = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.state.load_full();
        if current.timeline == base.timeline && snapshot.head().sequence > current.snapshot.head().sequence {
            self.replace(snapshot, people, current.timeline);
        }
        self.state.load_full()
    }

    fn replace(self: &Arc<LiveRegistry>, snapshot: Snapshot, people: People, timeline: u64) {
        let head = snapshot.head();
        self.state.store(Arc::new(RegistryState { timeline, ..RegistryState::new(snapshot, people, &self.epoch) }));
        self.changed.send_replace(head);
    }

    /// Prepares JSON and compressed listings in the background, so that no client waits for them. It starts once the
    /// registry has been unchanged for a moment: during a stream of changes nobody would use the result. Never returns.
    pub async fn warm(self: Arc<LiveRegistry>) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let snapshot = self.snapshot();
            tokio::time::sleep(QUIET).await;
            if !self.is_current(&snapshot) {
                continue;
            }
            let live = Arc::clone(&self);
            let made = tokio::task::spawn_blocking(move || live.encode(&snapshot)).await;
            if let Err(error) = made {
                std::panic::resume_unwind(error.into_panic());
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    fn encode(&self, snapshot: &Snapshot) {
        snapshot.encode();
        for resource in Resource::ALL {
            snapshot.join_listing(resource, ViewerClass::Anonymous, || self.is_current(snapshot));
        }
    }

    fn is_current(&self, snapshot: &Snapshot) -> bool {
        self.state.load().snapshot.head() == snapshot.head()
    }
}

/// Formats a position for validators: its number and the beginning of its hash, because after a restore or a failover
/// another event may have the same number.
pub fn position(head: LogHead) -> String {
    format!("{}-{}", head.sequence, hex(&head.hash[..HASH_BYTES]))
}
