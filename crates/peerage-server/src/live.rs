//! The snapshot that answers.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::HeaderValue;
use peerage_registry::{Class, Snapshot, Viewer};
use peerage_schema::Resource;
use tokio::sync::watch;

/// The state of the registry as this node knows it. Readers take a snapshot and keep it while they need it.
pub struct Live {
    state: ArcSwap<State>,
    changed: watch::Sender<u64>,
    /// Distinguishes this registry and program in validators of cached answers.
    pub epoch: String,
}

/// A snapshot and what is derived from it once.
pub struct State {
    pub snapshot: Arc<Snapshot>,
    validators: [HeaderValue; 2],
}

impl State {
    fn new(snapshot: Snapshot, epoch: &str) -> State {
        let validator = |class: Class| {
            let text = format!("\"{}-{epoch}-{}\"", snapshot.head().sequence, class as u8);
            // Numbers, a hexadecimal id and a version are all that stands in it.
            HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
        };
        let validators = [Class::Anonymous, Class::Verified].map(validator);
        State { snapshot: Arc::new(snapshot), validators }
    }

    /// A validator from the position in the log: equal position, equal bytes. Answers for one viewer alone have none.
    pub fn validator(&self, viewer: &Viewer) -> Option<&HeaderValue> {
        viewer.class().map(|class| &self.validators[class as usize])
    }
}

impl Live {
    pub fn new(snapshot: Snapshot, epoch: String) -> Arc<Live> {
        let (changed, _) = watch::channel(snapshot.head().sequence);
        let state = ArcSwap::from_pointee(State::new(snapshot, &epoch));
        let live = Arc::new(Live { state, changed, epoch });
        live.warm();
        live
    }

    /// The current state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state.load().snapshot)
    }

    /// The current state with its validators.
    pub fn state(&self) -> arc_swap::Guard<Arc<State>> {
        self.state.load()
    }

    /// Tells each new position in the log.
    pub fn positions(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Makes a new state the current one.
    pub fn publish(self: &Arc<Live>, snapshot: Snapshot) {
        let sequence = snapshot.head().sequence;
        self.state.store(Arc::new(State::new(snapshot, &self.epoch)));
        self.changed.send_replace(sequence);
        self.warm();
    }

    /// Compresses full listings beside the requests, so that no client waits for it.
    fn warm(self: &Arc<Live>) {
        let snapshot = self.snapshot();
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let live = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            for resource in Resource::ALL {
                for (_, page) in snapshot.pages(resource) {
                    if live.state.load().snapshot.head() != snapshot.head() {
                        return;
                    }
                    snapshot.page_deflated(resource, page, Class::Anonymous);
                }
            }
        });
    }
}
