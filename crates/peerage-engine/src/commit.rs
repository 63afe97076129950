//! The one way to change the registry: a request is decided at the head of the log, and its entries are committed.
//!
//! For every request the engine recognises the caller again at the head, finds out whether the request is a repetition,
//! collects the facts that the decision asks for, turns steps into entries, and publishes the state that they lead to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use peerage_access::people::Landed;
use peerage_access::{Desk, People, Principal};
use peerage_registry::moment::Micros;
use peerage_registry::rules::{Outside, Policy};
use peerage_registry::{Entry, Snapshot};

use crate::caller::{Caller, CallerFault};
use crate::facts::{self, MissingFact};
use crate::failure::Failure;
use crate::live::State;
use crate::queue::{HeadState, QueueError, Written, unsealed};
use crate::steps::Steps;
use crate::{Engine, written};

/// How often one request looks up facts: a registration, address space and a member list, and once more in case the
/// registry changed during the lookups.
const LOOKUPS_MAX: usize = 4;

/// The input of a decision.
pub struct Context<'a> {
    pub registry: &'a Snapshot,
    pub people: &'a People,
    /// The caller, with their permissions in this state.
    pub by: &'a Principal,
    pub now: Micros,
    /// The facts that were collected so far.
    pub facts: &'a Outside,
    pub policy: &'a Policy,
}

impl Context<'_> {
    /// The same, as acts on people, keys and permissions take it.
    pub fn desk(&self) -> Desk<'_> {
        Desk { people: self.people, organizations: self.registry, by: self.by, now: self.now }
    }
}

/// A change that is durable in the log.
#[derive(Clone)]
pub struct Committed<T> {
    pub outcome: T,
    /// A state that includes it.
    pub state: Arc<State>,
}

/// The result that a change would have.
pub struct Rehearsed<T> {
    pub outcome: T,
    /// The state as it would be.
    pub state: State,
    pub entries: Vec<Entry>,
}

/// Why a request was not carried out, or not again.
pub enum Rejected<E> {
    /// The credential is not valid, or no longer.
    Caller(CallerFault),
    /// The decision refused it.
    Refused(E),
    /// The same request was carried out before; the state includes it.
    Repeated {
        landed: Arc<Landed>,
        state: Arc<State>,
    },
    /// Facts were still missing after all lookups.
    FactsMissing,
    Failed(Failure),
}

/// Why a request is refused at the head of the log.
enum AtHead<E> {
    Caller(CallerFault),
    Refused(E),
}

/// The result of a request that is not refused.
enum Decided<T> {
    Done(T),
    Repeated(Arc<Landed>),
}

impl Engine {
    /// Decides a request at the head of the log and commits it. `decide` may be called more than once; its last result
    /// counts.
    ///
    /// # Errors
    /// [`Rejected`]. Nothing has changed then, except perhaps after [`Failure::Unknown`].
    pub async fn commit<T, E, D>(&self, caller: &Caller, decide: D) -> Result<Committed<T>, Rejected<E>>
    where
        T: Send + 'static,
        E: MissingFact + Send + 'static,
        D: FnMut(&Context<'_>) -> Result<(T, Steps), E> + Send + 'static,
    {
        let decide = Arc::new(Mutex::new(decide));
        let mut facts = Outside::default();
        for _ in 0..LOOKUPS_MAX {
            let (engine, caller, decide, known) = (self.clone(), caller.clone(), Arc::clone(&decide), facts.clone());
            let queued = self.parts.queue.write(move |head| {
                let mut decide = decide.lock().unwrap_or_else(PoisonError::into_inner);
                engine.decide_at(head, &caller, &known, &mut *decide)
            });
            match queued.await {
                Ok(Written { outcome, state }) => {
                    written::note(state.snapshot.head());
                    return match outcome {
                        Decided::Done(outcome) => Ok(Committed { outcome, state }),
                        Decided::Repeated(landed) => Err(Rejected::Repeated { landed, state }),
                    };
                }
                Err(QueueError::Failed(failure)) => return Err(Rejected::Failed(failure)),
                Err(QueueError::Refused(AtHead::Caller(fault))) => return Err(Rejected::Caller(fault)),
                Err(QueueError::Refused(AtHead::Refused(refusal))) => match refusal.missing_fact() {
                    Some(lookup) => facts::ask(&*self.parts.facts, lookup, &mut facts).await,
                    None => return Err(Rejected::Refused(refusal)),
                },
            }
        }
        Err(Rejected::FactsMissing)
    }

    /// Returns the result that a request would have, and changes nothing.
    ///
    /// # Errors
    /// As [`Engine::commit`].
    pub async fn rehearse<T, E, D>(&self, caller: &Caller, mut decide: D) -> Result<Rehearsed<T>, Rejected<E>>
    where
        E: MissingFact,
        D: FnMut(&Context<'_>) -> Result<(T, Steps), E>,
    {
        let mut facts = Outside::default();
        for _ in 0..LOOKUPS_MAX {
            let state = self.live().full();
            let is_repeated = AtomicBool::new(false);
            let head = HeadState { registry: &state.snapshot, people: &state.people, is_repeated: &is_repeated };
            match self.decide_at(&head, caller, &facts, &mut decide) {
                Ok((Decided::Done(outcome), entries)) => {
                    let mut snapshot = Snapshot::clone(&state.snapshot);
                    let mut people = People::clone(&state.people);
                    let events = unsealed(&entries, snapshot.head().sequence + 1);
                    snapshot.advance(&events);
                    people.apply(&events).map_err(|fault| {
                        tracing::error!(error = %fault, "the result of a dry run cannot be read back");
                        Rejected::Failed(Failure::NotNow(fault.to_string()))
                    })?;
                    return Ok(Rehearsed { outcome, state: State::new(snapshot, people, ""), entries });
                }
                Ok((Decided::Repeated(landed), _)) => return Err(Rejected::Repeated { landed, state }),
                Err(AtHead::Caller(fault)) => return Err(Rejected::Caller(fault)),
                Err(AtHead::Refused(refusal)) => match refusal.missing_fact() {
                    Some(lookup) => facts::ask(&*self.parts.facts, lookup, &mut facts).await,
                    None => return Err(Rejected::Refused(refusal)),
                },
            }
        }
        Err(Rejected::FactsMissing)
    }

    fn decide_at<T, E>(
        &self,
        head: &HeadState<'_>,
        caller: &Caller,
        facts: &Outside,
        decide: &mut impl FnMut(&Context<'_>) -> Result<(T, Steps), E>,
    ) -> Result<(Decided<T>, Vec<Entry>), AtHead<E>> {
        let parts = &*self.parts;
        let now = parts.means.now();
        let by = self.recognise(caller, head.people, head.registry, now).map_err(AtHead::Caller)?;
        if let Some(landed) = caller.landed(head.people, now).map_err(AtHead::Caller)? {
            head.is_repeated.store(true, Ordering::Relaxed);
            return Ok((Decided::Repeated(landed), Vec::new()));
        }
        let (registry, people, policy) = (head.registry, head.people, &parts.rules.policy);
        let context = Context { registry, people, by: &by, now, facts, policy };
        let (outcome, steps) = decide(&context).map_err(AtHead::Refused)?;
        Ok((Decided::Done(outcome), steps.into_entries(caller, now, &*parts.means)))
    }
}
