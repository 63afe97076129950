//! Turns requests into committed events.
//!
//! The engine owns the state at the head of the log and the one way to change it ([`Engine::commit`]). Pages, the API,
//! the command line, background tasks, importers and tests all use it. It has no HTTP and no SQL, and receives its
//! clock, its random source and its source of external facts from its caller.

pub mod bulk;
pub mod caller;
mod commit;
pub mod cursor;
pub mod environment;
pub mod facts;
mod failure;
pub mod follow;
pub mod live;
mod load;
mod measures;
pub mod member_import;
pub mod object;
pub mod precondition;
pub mod presence;
mod queue;
pub mod readiness;
pub mod renumber;
mod steps;
pub mod supervisor;
pub mod undo;
pub mod written;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use peerage_access::acts::demands::RegistryRequirements;
use peerage_access::acts::sessions::SessionActivity;
use peerage_access::records::{Session, User};
use peerage_access::{People, Principal};
use peerage_registry::Snapshot;
use peerage_registry::moment::Moment;
use peerage_registry::rules::{ExternalFacts, FactLookup, WritePolicy};
use peerage_store::Store;

pub use caller::{Caller, CallerCredential, CallerError, ShownKey};
pub use commit::{Committed, DecisionContext, RehearsedChange, Rejected};
pub use environment::Environment;
pub use facts::{FactFuture, FactSource, MissingFact};
pub use failure::EngineFailure;
pub use live::{LiveRegistry, RegistryState};
pub use load::{LoadedState, load, load_readable, load_with_faults};
pub use measures::EngineMeasures;
pub use presence::SessionPresence;
pub use steps::CommitSteps;
pub use supervisor::Supervisor;

use caller::SessionRules;
use member_import::meter::RunningImports;
use queue::CommitQueue;

/// Default support address.
pub const SUPPORT_EMAIL: &str = "support@localhost";

/// The operator's settings for decisions.
#[derive(Debug, Clone)]
pub struct EngineRules {
    pub policy: WritePolicy,
    /// Which second factors are required.
    pub factors: RegistryRequirements,
}

impl Default for EngineRules {
    fn default() -> EngineRules {
        EngineRules {
            policy: WritePolicy {
                support_email: SUPPORT_EMAIL.to_owned(),
                suggestion_org: peerage_access::people::SUGGESTION_ORG,
                checks_rir: true,
                approves_exchanges: false,
                takes_no_power: false,
            },
            factors: RegistryRequirements::default(),
        }
    }
}

/// The state at the head of the log, and the one way to change it. Clones share the state.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<EngineParts>,
}

struct EngineParts {
    live: Arc<LiveRegistry>,
    store: Store,
    queue: CommitQueue,
    environment: Arc<dyn Environment>,
    facts: Arc<dyn FactSource>,
    presence: Arc<SessionPresence>,
    rules: EngineRules,
    imports: RunningImports,
    measures: EngineMeasures,
    /// Whether each change is logged.
    logs_changes: AtomicBool,
}

impl Engine {
    /// Starts the task that writes. If other processes write too, also run [`follow::follow`].
    pub fn start(
        live: Arc<LiveRegistry>,
        store: Store,
        environment: Arc<dyn Environment>,
        facts: Arc<dyn FactSource>,
        rules: EngineRules,
        supervisor: &Supervisor,
    ) -> Engine {
        let measures = EngineMeasures::default();
        let queue = CommitQueue::start(Arc::clone(&live), store.clone(), measures.clone(), supervisor);
        let presence = Arc::default();
        let logs_changes = AtomicBool::new(false);
        let parts = EngineParts {
            live,
            store,
            queue,
            environment,
            facts,
            presence,
            rules,
            imports: RunningImports::default(),
            measures,
            logs_changes,
        };
        Engine { parts: Arc::new(parts) }
    }

    /// Logs each change from now on, as servers do. Commands print their own results.
    pub fn log_changes(&self) {
        self.parts.logs_changes.store(true, Ordering::Relaxed);
    }

    pub fn live(&self) -> &Arc<LiveRegistry> {
        &self.parts.live
    }

    /// Returns what the engine counts.
    pub fn measures(&self) -> &EngineMeasures {
        &self.parts.measures
    }

    /// Returns the number of changes that wait to be written.
    pub fn waiting_changes(&self) -> usize {
        self.parts.queue.length()
    }

    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    pub fn environment(&self) -> &Arc<dyn Environment> {
        &self.parts.environment
    }

    /// Imports of member lists that run on this node.
    pub fn imports(&self) -> &RunningImports {
        &self.parts.imports
    }

    /// The operator's settings for writing.
    pub fn policy(&self) -> &WritePolicy {
        &self.parts.rules.policy
    }

    /// Looks up a fact for a page that shows it, as for a decision.
    pub async fn look_up(&self, lookup: &FactLookup) -> ExternalFacts {
        let mut facts = ExternalFacts::default();
        facts::look_up(self.facts(), lookup, &mut facts, self.measures()).await;
        facts
    }

    /// The source of external facts, for pages that show them.
    pub fn facts(&self) -> &dyn FactSource {
        &*self.parts.facts
    }

    /// Returns when sessions were used.
    pub fn presence(&self) -> &Arc<SessionPresence> {
        &self.parts.presence
    }

    /// Returns the caller with their permissions in a state.
    ///
    /// # Errors
    /// The same errors as for a new request with this credential.
    pub fn recognise(
        &self,
        caller: &Caller,
        people: &People,
        registry: &Snapshot,
        now: Moment,
    ) -> Result<Arc<Principal>, CallerError> {
        let seen = |session: &Session| self.parts.presence.activity_of(session);
        caller.recognise(people, registry, &SessionRules { factors: self.parts.rules.factors, seen: &seen }, now)
    }

    /// Returns a session with its current state, and what its owner can do with it.
    pub fn counted(
        &self,
        people: &People,
        user: &Arc<User>,
        session: &Arc<Session>,
        now: Moment,
        seen: SessionActivity,
    ) -> (Arc<Session>, Principal) {
        caller::counted(self.parts.rules.factors, people, user, session, now, seen)
    }
}
