//! What only one node does at a time: a lease in the store, which a silent node loses.

use peerage_engine::readiness::Readiness;
use peerage_registry::moment::{MINUTE, Moment, SignedDuration};
use peerage_store::StoreError;

use crate::Server;

/// Names under which the store keeps which node sends mails, and which one imports member lists.
pub const MAILS: &str = "notices.lease";
pub const IMPORTS: &str = "imports.lease";

/// All leases. They belong to running nodes, so a backup does not need them.
pub const LEASES: [&str; 2] = [MAILS, IMPORTS];

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
