//! The snapshot that answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::http::HeaderValue;
use peerage_access::People;
use peerage_registry::{Class, Snapshot, Viewer};
use peerage_schema::Resource;
use tokio::sync::watch;

use crate::health::Readiness;

/// How long the registry has to be unchanged before work is done ahead for its readers.
const QUIET: Duration = Duration::from_millis(200);

/// The state of the registry as this node knows it. Readers take a snapshot and keep it while they need it.
pub struct Live {
    state: ArcSwap<State>,
    changed: watch::Sender<u64>,
    /// Two come to publish: who follows the log, and who writes to it.
    publishing: Mutex<()>,
    /// Distinguishes this registry and program in validators of cached answers.
    pub epoch: String,
    /// Whether this node should get requests.
    pub readiness: Readiness,
}

/// The registry and its people at one position in the log, and what is derived from them once.
pub struct State {
    pub snapshot: Arc<Snapshot>,
    pub people: Arc<People>,
    validators: [HeaderValue; 2],
}

impl State {
    pub(crate) fn new(snapshot: Snapshot, people: People, epoch: &str) -> State {
        let validator = |class: Class| {
            let text = format!("\"{}-{epoch}-{}\"", snapshot.head().sequence, class as u8);
            // Numbers, a hexadecimal id and a version are all that stands in it.
            HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""))
        };
        let validators = [Class::Anonymous, Class::Verified].map(validator);
        State { snapshot: Arc::new(snapshot), people: Arc::new(people), validators }
    }

    /// A validator from the position in the log: equal position, equal bytes. Answers for one viewer alone have none.
    pub fn validator(&self, viewer: &Viewer) -> Option<&HeaderValue> {
        viewer.class().map(|class| &self.validators[class as usize])
    }
}

impl Live {
    pub fn new(snapshot: Snapshot, people: People, epoch: String) -> Arc<Live> {
        let (changed, _) = watch::channel(snapshot.head().sequence);
        let state = ArcSwap::from_pointee(State::new(snapshot, people, &epoch));
        let readiness = Readiness::default();
        Arc::new(Live { state, changed, epoch, readiness, publishing: Mutex::new(()) })
    }

    /// The current state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.state.load().snapshot)
    }

    /// The current state, to be kept.
    pub fn full(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// The current state with its validators.
    pub fn state(&self) -> arc_swap::Guard<Arc<State>> {
        self.state.load()
    }

    /// Tells each new position in the log.
    pub fn positions(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Makes a new state the current one, whatever that is: the rows were read anew.
    pub fn publish(self: &Arc<Live>, snapshot: Snapshot, people: People) {
        let _turn = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.replace(snapshot, people);
    }

    /// Makes a state the current one that follows from it by events, unless the current one is as new already. Gives
    /// the state that is current then.
    pub fn advance(self: &Arc<Live>, snapshot: Snapshot, people: People) -> Arc<State> {
        let _turn = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshot.head().sequence > self.state.load().snapshot.head().sequence {
            self.replace(snapshot, people);
        }
        self.state.load_full()
    }

    fn replace(self: &Arc<Live>, snapshot: Snapshot, people: People) {
        let sequence = snapshot.head().sequence;
        self.state.store(Arc::new(State::new(snapshot, people, &self.epoch)));
        self.changed.send_replace(sequence);
    }

    /// Makes JSON and compressed listings beside the requests, so that no client waits for them: once the registry has
    /// been quiet for a moment, since under a stream of changes it would be work for nobody. Never ends.
    pub async fn warm(self: Arc<Live>) {
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
            for (_, page) in snapshot.pages(resource) {
                if !self.is_current(snapshot) {
                    return;
                }
                snapshot.page_deflated(resource, page, Class::Anonymous);
            }
        }
    }

    fn is_current(&self, snapshot: &Snapshot) -> bool {
        self.state.load().snapshot.head() == snapshot.head()
    }
}
