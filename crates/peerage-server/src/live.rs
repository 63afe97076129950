//! The snapshot that answers.

use std::sync::Arc;

use arc_swap::ArcSwap;
use peerage_registry::{Class, Snapshot};
use peerage_schema::Resource;
use tokio::sync::watch;

/// The state of the registry as this node knows it. Readers take a snapshot and keep it while they need it.
pub struct Live {
    snapshot: ArcSwap<Snapshot>,
    changed: watch::Sender<u64>,
    /// Distinguishes this registry and program in validators of cached answers.
    pub epoch: String,
}

impl Live {
    pub fn new(snapshot: Snapshot, epoch: String) -> Arc<Live> {
        let (changed, _) = watch::channel(snapshot.head().sequence);
        let live = Arc::new(Live { snapshot: ArcSwap::from_pointee(snapshot), changed, epoch });
        live.warm();
        live
    }

    /// The current state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Tells each new position in the log.
    pub fn positions(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Makes a new state the current one.
    pub fn publish(self: &Arc<Live>, snapshot: Snapshot) {
        let sequence = snapshot.head().sequence;
        self.snapshot.store(Arc::new(snapshot));
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
                    if live.snapshot.load().head() != snapshot.head() {
                        return;
                    }
                    snapshot.page_deflated(resource, page, Class::Anonymous);
                }
            }
        });
    }
}
