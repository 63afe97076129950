//! The one way to change the registry: a request is decided at the head of the log, and its entries are committed.
//!
//! For every request the engine recognises the caller again at the head, checks whether the request is a repetition,
//! collects the facts that the decision needs, turns steps into entries, and publishes the resulting state.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use peerage_access::acts::joining::JoinContext;
use peerage_access::people::CommittedRequest;
use peerage_access::{AccessContext, People, Principal};
use peerage_registry::ids::UserId;
use peerage_registry::moment::Moment;
use peerage_registry::rules::{ExternalFacts, WritePolicy};
use peerage_registry::{Actor, LogEntry, Snapshot};
use peerage_traces::SpanHandle;

use crate::caller::{Caller, CallerError};
use crate::facts::{self, MissingFact};
use crate::failure::EngineFailure;
use crate::live::RegistryState;
use crate::queue::{HeadState, QueueError, WrittenChange, unsealed};
use crate::steps::CommitSteps;
use crate::{Engine, written};

#[cfg(test)]
mod tests;

/// How often one request looks up facts: a registration, address space, a member list, and once more in case the
/// registry changed during the lookups.
const LOOKUPS_MAX: usize = 4;

/// The input of a decision.
pub struct DecisionContext<'a> {
    pub registry: &'a Snapshot,
    pub people: &'a People,
    /// The caller, with their permissions in this state.
    pub by: &'a Principal,
    pub now: Moment,
    /// The facts that were collected so far.
    pub facts: &'a ExternalFacts,
    pub policy: &'a WritePolicy,
}

impl DecisionContext<'_> {
    /// Returns this context in the form that acts on people, keys and permissions take.
    pub fn access_context(&self) -> AccessContext<'_> {
        AccessContext { people: self.people, organizations: self.registry, by: self.by, now: self.now }
    }

    /// Returns what decisions about joining and about pending objects need besides.
    pub fn join_context(&self) -> JoinContext<'_> {
        JoinContext { registry: self.registry, policy: self.policy, outside: self.facts }
    }
}

/// A change that is durable in the log.
#[derive(Clone)]
pub struct Committed<T> {
    pub outcome: T,
    /// A state that includes it.
    pub state: Arc<RegistryState>,
}

/// The result that a change would have, without making it.
pub struct RehearsedChange<T> {
    pub outcome: T,
    /// The state after the change.
    pub state: RegistryState,
    pub entries: Vec<LogEntry>,
}

/// Why a request was not carried out, or was not carried out again.
pub enum Rejected<E> {
    /// The credential is not valid, or no longer valid.
    Caller(CallerError),
    /// The decision refused it.
    Refused(E),
    /// The same request was carried out before. The state includes it.
    Repeated {
        landed: Arc<CommittedRequest>,
        state: Arc<RegistryState>,
    },
    /// Facts were still missing after all lookups.
    FactsMissing,
    Failed(EngineFailure),
}

/// Why a request is refused at the head of the log.
enum HeadRejection<E> {
    Caller(CallerError),
    Refused(E),
}

/// The result of a request that is not refused.
enum DecidedOutcome<T> {
    Done(T),
    Repeated(Arc<CommittedRequest>),
}

/// What a change was, for its log line: its first event stands for the others.
struct ChangeSummary {
    subject: &'static str,
    id: u32,
    action: &'static str,
    events: usize,
}

impl ChangeSummary {
    fn of(entries: &[LogEntry]) -> Option<ChangeSummary> {
        let first = entries.first()?;
        let (subject, action) = (first.subject().name(), first.action.name());
        Some(ChangeSummary { subject, id: first.id, action, events: entries.len() })
    }

    /// Logs who made the change. `position` is one that includes it. Names and addresses are in the audit log only.
    fn log(&self, actor: &Actor, position: u64) {
        let ChangeSummary { subject, id, action, events } = *self;
        let user = actor.user.map(UserId::get);
        let (request, key) = (actor.request.as_deref(), actor.key.as_deref());
        tracing::info!(request.id = request, user, key, subject, id, action, events, position, "changed");
    }
}

impl Engine {
    /// Decides a request at the head of the log and commits it. `decide` may be called more than once; its last result
    /// counts.
    ///
    /// # Errors
    /// [`Rejected`]. Nothing has changed then, except perhaps after [`EngineFailure::Unknown`].
    pub async fn commit<T, E, D>(&self, caller: &Caller, decide: D) -> Result<Committed<T>, Rejected<E>>
    where
        T: Send + 'static,
        E: MissingFact + Send + 'static,
        D: FnMut(&DecisionContext<'_>) -> Result<(T, CommitSteps), E> + Send + 'static,
    {
        let decide = Arc::new(Mutex::new(decide));
        let mut facts = ExternalFacts::default();
        for _ in 0..LOOKUPS_MAX {
            let (engine, caller, decide, known) = (self.clone(), caller.clone(), Arc::clone(&decide), facts.clone());
            let made = Arc::new(Mutex::new(None));
            let (told, actor) = (Arc::clone(&made), caller.actor().clone());
            let queued = self.parts.queue.write(move |head| {
                let mut decide = decide.lock().unwrap_or_else(PoisonError::into_inner);
                let decided = engine.decide_at(head, &caller, &known, &mut *decide)?;
                *told.lock().unwrap_or_else(PoisonError::into_inner) = ChangeSummary::of(&decided.1);
                Ok(decided)
            });
            match queued.await {
                Ok(WrittenChange { outcome, state }) => {
                    written::note(state.snapshot.head());
                    if self.parts.logs_changes.load(Ordering::Relaxed)
                        && let Some(summary) = made.lock().unwrap_or_else(PoisonError::into_inner).take()
                    {
                        summary.log(&actor, state.snapshot.head().sequence);
                    }
                    return match outcome {
                        DecidedOutcome::Done(outcome) => Ok(Committed { outcome, state }),
                        DecidedOutcome::Repeated(landed) => Err(Rejected::Repeated { landed, state }),
                    };
                }
                Err(QueueError::Failed(failure)) => return Err(Rejected::Failed(failure)),
                Err(QueueError::Refused(HeadRejection::Caller(fault))) => return Err(Rejected::Caller(fault)),
                Err(QueueError::Refused(HeadRejection::Refused(refusal))) => match refusal.missing_fact() {
                    Some(lookup) => facts::look_up(&*self.parts.facts, lookup, &mut facts, &self.parts.measures).await,
                    None => return Err(Rejected::Refused(refusal)),
                },
            }
        }
        Err(Rejected::FactsMissing)
    }

    /// Returns the result that a request would have, and changes nothing.
    ///
    /// # Errors
    /// The same as [`Engine::commit`].
    pub async fn rehearse<T, E, D>(&self, caller: &Caller, mut decide: D) -> Result<RehearsedChange<T>, Rejected<E>>
    where
        E: MissingFact,
        D: FnMut(&DecisionContext<'_>) -> Result<(T, CommitSteps), E>,
    {
        let mut facts = ExternalFacts::default();
        for _ in 0..LOOKUPS_MAX {
            let state = self.live().full();
            let is_repeated = AtomicBool::new(false);
            let head = HeadState { registry: &state.snapshot, people: &state.people, is_repeated: &is_repeated };
            match self.decide_at(&head, caller, &facts, &mut decide) {
                Ok((DecidedOutcome::Done(outcome), entries)) => {
                    let mut snapshot = Snapshot::clone(&state.snapshot);
                    let mut people = People::clone(&state.people);
                    let events = unsealed(&entries, snapshot.head().sequence + 1);
                    snapshot.advance(&events);
                    people.apply(&events).map_err(|fault| {
                        tracing::error!(error = %fault, "the result of a dry run cannot be read back");
                        Rejected::Failed(EngineFailure::NotNow(fault.to_string()))
                    })?;
                    return Ok(RehearsedChange { outcome, state: RegistryState::new(snapshot, people, ""), entries });
                }
                Ok((DecidedOutcome::Repeated(landed), _)) => return Err(Rejected::Repeated { landed, state }),
                Err(HeadRejection::Caller(fault)) => return Err(Rejected::Caller(fault)),
                Err(HeadRejection::Refused(refusal)) => match refusal.missing_fact() {
                    Some(lookup) => facts::look_up(&*self.parts.facts, lookup, &mut facts, &self.parts.measures).await,
                    None => return Err(Rejected::Refused(refusal)),
                },
            }
        }
        Err(Rejected::FactsMissing)
    }

    /// Does the same away from the threads that answer requests: for changes of many rows, which may take a second.
    ///
    /// # Errors
    /// As for [`Engine::rehearse`].
    pub async fn rehearse_apart<T, E, D>(&self, caller: &Caller, decide: D) -> Result<RehearsedChange<T>, Rejected<E>>
    where
        T: Send + 'static,
        E: MissingFact + Send + 'static,
        D: FnMut(&DecisionContext<'_>) -> Result<(T, CommitSteps), E> + Send + 'static,
    {
        let (engine, caller, runtime) = (self.clone(), caller.clone(), tokio::runtime::Handle::current());
        let span = SpanHandle::current();
        let rehearse = move || {
            let _entered = span.enter();
            runtime.block_on(engine.rehearse(&caller, decide))
        };
        let unfinished = |_| Rejected::Failed(EngineFailure::NotNow("the change could not be decided".to_owned()));
        tokio::task::spawn_blocking(rehearse).await.map_err(unfinished)?
    }

    fn decide_at<T, E>(
        &self,
        head: &HeadState<'_>,
        caller: &Caller,
        facts: &ExternalFacts,
        decide: &mut impl FnMut(&DecisionContext<'_>) -> Result<(T, CommitSteps), E>,
    ) -> Result<(DecidedOutcome<T>, Vec<LogEntry>), HeadRejection<E>> {
        let parts = &*self.parts;
        let now = parts.environment.now();
        let by = self.recognise(caller, head.people, head.registry, now).map_err(HeadRejection::Caller)?;
        if let Some(landed) = caller.landed(head.people, now).map_err(HeadRejection::Caller)? {
            head.is_repeated.store(true, Ordering::Relaxed);
            return Ok((DecidedOutcome::Repeated(landed), Vec::new()));
        }
        let (registry, people, policy) = (head.registry, head.people, &parts.rules.policy);
        let context = DecisionContext { registry, people, by: &by, now, facts, policy };
        let (outcome, steps) = decide(&context).map_err(HeadRejection::Refused)?;
        let at = registry.stamp(now);
        Ok((DecidedOutcome::Done(outcome), steps.into_entries(caller, at, &*parts.environment)))
    }
}
