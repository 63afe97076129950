//! What only one node does at a time: a lease in the store, which a silent node loses.

use std::sync::Arc;
use std::time::Duration;

use peerage_engine::readiness::Readiness;
use peerage_registry::moment::{MINUTE, Moment, SignedDuration};
use peerage_store::{Store, StoreError};

use crate::Server;

/// Names under which the store keeps which node sends mails, and which one imports member lists.
pub const MAILS: &str = "notices.lease";
pub const IMPORTS: &str = "imports.lease";

/// The name under which the store keeps until when some node certainly runs. All nodes share it.
const RUNNING: &str = "servers.lease";

/// All leases. They belong to running nodes, so a backup does not need them.
pub const LEASES: [&str; 3] = [MAILS, IMPORTS, RUNNING];

/// How long after its last note a node counts as running, and how often it writes one.
const RUNNING_LIFE: SignedDuration = SignedDuration::from_secs(30);
const RUNNING_EVERY: Duration = Duration::from_secs(10);

/// Notes that a node runs, or begins to: what it has read from the tables must not be changed without it.
pub async fn note_running(store: &Store, now: Moment) {
    let noted = async {
        let held = store.value(RUNNING).await?;
        let text = format!("any {}", (now + RUNNING_LIFE).as_seconds());
        // Another node may have written it meanwhile, which is as good.
        store.swap_value(RUNNING, held.as_deref(), &text).await
    };
    if let Err(error) = noted.await {
        tracing::debug!(error = %error, "could not note that this node runs");
    }
}

/// Notes it again and again.
pub async fn keep_noting(app: Arc<Server>) {
    loop {
        tokio::time::sleep(RUNNING_EVERY).await;
        note_running(&app.store, app.environment.now()).await;
    }
}

/// How long a node may be silent before another one takes over.
const LIFE: SignedDuration = MINUTE;

/// A lease under a name in the store.
pub struct Lease {
    name: &'static str,
    /// Until when it is held: whole seconds, as the store has it.
    until: Option<Moment>,
}

/// Whether the node may do what only one node does: its file is sound, it can change the tables, and it has the server key
/// with which links in e-mails are made.
fn may_lead(app: &Server) -> bool {
    let readiness = &app.live.readiness;
    !readiness.is_damaged() && !readiness.has_warning(Readiness::LAYOUT_NEWER) && !app.server_key.is_behind()
}

impl Lease {
    pub fn new(name: &'static str) -> Lease {
        Lease { name, until: None }
    }

    /// Returns whether this node holds the lease, for the next minute. `own` identifies the node.
    pub async fn take(&mut self, app: &Server, own: &str) -> Result<bool, StoreError> {
        if !may_lead(app) {
            self.release(app, own).await;
            return Ok(false);
        }
        let now = app.environment.now().in_whole_seconds();
        if self.until.is_some_and(|until| until - now > LIFE / 2) {
            return Ok(true);
        }
        let held = app.store.value(self.name).await?;
        let is_free = held.as_deref().and_then(|held| held.split_once(' ')).is_none_or(|(holder, until)| {
            holder == own || until.parse().is_ok_and(|until| Moment::from_seconds(until) < now)
        });
        if !is_free {
            return Ok(false);
        }
        let until = now + LIFE;
        let text = format!("{own} {}", until.as_seconds());
        let is_taken = app.store.swap_value(self.name, held.as_deref(), &text).await?;
        self.until = is_taken.then_some(until);
        Ok(is_taken)
    }

    /// Releases the lease, so that another node, or this one after a restart, continues at once. This need not succeed,
    /// because the lease expires.
    pub async fn release(&mut self, app: &Server, own: &str) {
        let Some(until) = self.until.take() else { return };
        let held = format!("{own} {}", until.as_seconds());
        let _ = app.store.swap_value(self.name, Some(&held), &format!("{own} 0")).await;
    }
}
