//! The one task that writes to the log for all requests of this node.
//!
//! Requests wait in a queue. The task takes all that wait, decides each on the state that the one before it left, and
//! appends their entries in one transaction, with one flush for all. Each is answered after that flush, never before.
//! Requests that arrive during a flush are committed with the next one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use peerage_access::{People, Unreadable};
use peerage_registry::{Change, Entry, Event, Head, Snapshot};
use peerage_store::{AppendError, Judge, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;
use crate::follow;
use crate::live::{Live, State};
use crate::readiness::Readiness;
use crate::supervisor::{self, Supervisor};

/// Requests in the queue; further ones wait to enter it.
const QUEUE_MAX: usize = 1024;

/// Requests that share a transaction, at most.
const BATCH_MAX: usize = 256;

/// How often a batch is tried again after the rows had to be read anew.
const ATTEMPTS_MAX: u32 = 3;

/// The state at the head of the log, with the requests of the same batch that were decided before.
pub struct HeadState<'a> {
    pub registry: &'a Snapshot,
    pub people: &'a People,
    /// Set when the request was carried out before: its answer waits until that is confirmed to be durable.
    pub is_repeated: &'a AtomicBool,
}

/// Why nothing was written.
pub(crate) enum QueueError<E> {
    /// The decision refused it.
    Refused(E),
    Failed(Failure),
}

/// A change that is durable in the log.
pub(crate) struct Written<T> {
    pub outcome: T,
    /// A state that includes it.
    pub state: Arc<State>,
}

trait QueuedRequest: Send {
    /// Decides; returns the entries if it is to be carried out.
    fn decide(&mut self, head: &HeadState<'_>) -> Option<Vec<Entry>>;
    /// Whether the last decision was a refusal.
    fn is_refused(&self) -> bool;
    fn complete(self: Box<Self>, state: Arc<State>);
    fn fail(self: Box<Self>, failure: Failure);
    /// Discards the last decision because its entries cannot be read back.
    fn discard(&mut self);
}

struct Queued<T, E, F> {
    decide: F,
    decision: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<Written<T>, QueueError<E>>>,
}

impl<T, E, F> QueuedRequest for Queued<T, E, F>
where
    T: Send,
    E: Send,
    F: FnMut(&HeadState<'_>) -> Result<(T, Vec<Entry>), E> + Send,
{
    fn decide(&mut self, head: &HeadState<'_>) -> Option<Vec<Entry>> {
        self.decision = None;
        match (self.decide)(head) {
            Ok((outcome, entries)) => {
                self.decision = Some(Ok(outcome));
                Some(entries)
            }
            Err(refusal) => {
                self.decision = Some(Err(refusal));
                None
            }
        }
    }

    fn is_refused(&self) -> bool {
        matches!(self.decision, Some(Err(_)))
    }

    fn complete(self: Box<Self>, state: Arc<State>) {
        let outcome = match self.decision {
            Some(Ok(outcome)) => Ok(Written { outcome, state }),
            Some(Err(refusal)) => Err(QueueError::Refused(refusal)),
            None => {
                let why = "a defect of the program kept the request from being decided";
                Err(QueueError::Failed(Failure::NotNow(why.to_owned())))
            }
        };
        // The client may be gone, which changes nothing.
        let _ = self.answer.send(outcome);
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let is_stopped = matches!(failure, Failure::Stopped(_));
        let outcome = match self.decision {
            Some(Err(refusal)) if !is_stopped => Err(QueueError::Refused(refusal)),
            _ => Err(QueueError::Failed(failure)),
        };
        let _ = self.answer.send(outcome);
    }

    fn discard(&mut self) {
        self.decision = None;
    }
}

type Requests = Vec<Box<dyn QueuedRequest>>;

/// The queue to the task. Clones share it.
#[derive(Clone)]
pub(crate) struct Queue {
    requests: mpsc::Sender<Box<dyn QueuedRequest>>,
}

impl Queue {
    /// Starts the task, which ends when every handle is dropped.
    pub fn start(live: Arc<Live>, store: Store, supervisor: &Supervisor) -> Queue {
        let (requests, waiting) = mpsc::channel::<Box<dyn QueuedRequest>>(QUEUE_MAX);
        // The queue outlives a run that panics: only the requests of that batch fail.
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        supervisor.start_draining("writer", move || {
            let (live, store, waiting) = (Arc::clone(&live), store.clone(), Arc::clone(&waiting));
            async move {
                let mut waiting = waiting.lock().await;
                while let Some(first) = waiting.recv().await {
                    let _work = supervisor::working();
                    let mut batch = vec![first];
                    while batch.len() < BATCH_MAX
                        && let Ok(next) = waiting.try_recv()
                    {
                        batch.push(next);
                    }
                    write(&live, &store, batch).await;
                }
            }
        });
        Queue { requests }
    }

    /// Decides at the head of the log, and writes. `decide` may be called more than once; its last result counts.
    ///
    /// # Errors
    /// [`QueueError`]. Nothing has changed then, except perhaps after [`Failure::Unknown`].
    pub async fn write<T, E, F>(&self, decide: F) -> Result<Written<T>, QueueError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&HeadState<'_>) -> Result<(T, Vec<Entry>), E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let request = Box::new(Queued { decide, decision: None, answer });
        if self.requests.send(request).await.is_err() {
            return Err(QueueError::Failed(Failure::NotNow("the server is stopping".to_owned())));
        }
        // The task may have ended during a commit.
        let lost = |_| Err(QueueError::Failed(Failure::Unknown("the server is stopping".to_owned())));
        answered.await.unwrap_or_else(lost)
    }
}

/// Decides a batch under the lock of the log.
struct Batch {
    requests: Arc<Mutex<Requests>>,
    base: Arc<State>,
    /// The state after all decisions; its hashes are still missing.
    reached: Option<(Snapshot, People)>,
    /// Whether a request repeats one that the log holds.
    is_repeated: AtomicBool,
}

/// Why a batch is not decided at all.
enum Undecidable {
    /// An event of the log cannot be read. It may have taken away rights that the batch relies on.
    Unreadable(Unreadable),
    /// The state and the events that it has missed do not lead to the log's head.
    Elsewhere,
}

impl Judge for Batch {
    type Refusal = Undecidable;

    fn judge(&mut self, head: Head, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = Entry> + '_>, Undecidable> {
        let mut registry = Snapshot::clone(&self.base.snapshot);
        let mut people = People::clone(&self.base.people);
        registry.advance(&missed);
        people.apply(&missed).map_err(Undecidable::Unreadable)?;
        if registry.head() != head {
            return Err(Undecidable::Elsewhere);
        }
        let mut all = Vec::new();
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for request in requests.iter_mut() {
            let state = HeadState { registry: &registry, people: &people, is_repeated: &self.is_repeated };
            // A defect in one rule must not end the task that writes for all.
            let decided = catch_unwind(AssertUnwindSafe(|| request.decide(&state)));
            let Ok(Some(entries)) = decided else { continue };
            let events = unsealed(&entries, head.sequence + 1 + all.len() as u64);
            if events.iter().any(|event| matches!(event.entry.change, Change::Record { .. })) {
                // If it were written, no node could read the log any more.
                let mut next = People::clone(&people);
                if let Err(error) = next.apply(&events) {
                    tracing::error!(error = %error, "a change that cannot be read back was not written");
                    request.discard();
                    continue;
                }
                people = next;
            } else if let Err(error) = people.apply(&events) {
                // Only the memory of repeated requests is missing; the rows themselves can be read.
                tracing::error!(error = %error, "a change of rows cannot be read back");
            }
            registry.advance(&events);
            all.extend(entries);
        }
        self.reached = Some((registry, people));
        Ok(Box::new(all.into_iter()))
    }

    fn confirms(&self) -> bool {
        self.is_repeated.load(Ordering::Relaxed)
    }
}

/// Events as they would be if the entries were appended now, without hashes.
pub(crate) fn unsealed(entries: &[Entry], first: u64) -> Vec<Event> {
    let event = |(entry, sequence): (&Entry, u64)| Event { sequence, entry: entry.clone(), hash: Default::default() };
    entries.iter().zip(first..).map(event).collect()
}

async fn write(live: &Arc<Live>, store: &Store, requests: Requests) {
    let requests = Arc::new(Mutex::new(requests));
    if let Some(why) = live.readiness.reason(Readiness::LOG_UNREADABLE) {
        return fail_all(&requests, &Failure::Stopped(why));
    }
    for _ in 0..ATTEMPTS_MAX {
        let base = live.full();
        let batch = Batch { requests: Arc::clone(&requests), base, reached: None, is_repeated: AtomicBool::new(false) };
        match store.append(batch.base.snapshot.head(), batch).await {
            Ok(appended) => {
                let is_repeated = appended.judge.confirms();
                let Batch { base, reached, .. } = appended.judge;
                let state = match reached {
                    Some((mut snapshot, people)) if appended.head != appended.before => {
                        snapshot.seal(appended.head);
                        publish(live, store, &base, snapshot, people).await
                    }
                    // The first request may have been carried out by another node just now.
                    Some((snapshot, people)) if is_repeated => publish(live, store, &base, snapshot, people).await,
                    _ => live.full(),
                };
                for request in take(&requests) {
                    request.complete(Arc::clone(&state));
                }
                return;
            }
            Err(AppendError::Refused(Undecidable::Unreadable(fault))) => {
                return give_up(live, &requests, &follow::unreadable(store, fault).await);
            }
            Err(AppendError::Refused(Undecidable::Elsewhere) | AppendError::Store(StoreError::Reload(_))) => {
                if let Err(error) = follow::reload(live, store).await {
                    return give_up(live, &requests, &error);
                }
            }
            Err(AppendError::Store(error @ StoreError::Unreadable { .. })) => return give_up(live, &requests, &error),
            Err(AppendError::Store(error)) => {
                let left = take(&requests);
                if left.len() > 1 && is_about_a_value(&error) {
                    // One of them cannot be stored; the others are tried without it.
                    for request in left {
                        Box::pin(write(live, store, vec![request])).await;
                    }
                } else {
                    fail(&Arc::new(Mutex::new(left)), &error);
                }
                return;
            }
        }
    }
    fail(&requests, &StoreError::Busy("others write without a pause".to_owned()));
}

/// Publishes what was just written, and returns a state that includes it.
async fn publish(live: &Arc<Live>, store: &Store, base: &State, snapshot: Snapshot, people: People) -> Arc<State> {
    let written = snapshot.head();
    let state = live.advance(base, snapshot, people);
    if state.timeline == base.timeline && state.snapshot.head().sequence >= written.sequence {
        return state;
    }
    // The rows were read anew meanwhile, from a log with another history.
    if let Err(error) = follow::catch_up(live, store).await {
        tracing::error!(error = %error, "what was just written is shown later");
    }
    live.full()
}

/// Answers requests that cannot be decided.
fn give_up(live: &Live, requests: &Mutex<Requests>, error: &StoreError) {
    if follow::stop_writing(live, error) {
        fail_all(requests, &Failure::Stopped(error.to_string()));
    } else {
        fail(requests, error);
    }
}

fn is_about_a_value(error: &StoreError) -> bool {
    matches!(error, StoreError::Violation(_) | StoreError::Unfit { .. } | StoreError::Missing { .. })
}

fn take(requests: &Mutex<Requests>) -> Requests {
    std::mem::take(&mut *requests.lock().unwrap_or_else(PoisonError::into_inner))
}

fn fail(requests: &Mutex<Requests>, error: &StoreError) {
    let unwritten = requests.lock().unwrap_or_else(PoisonError::into_inner);
    let count = unwritten.iter().filter(|request| !request.is_refused()).count();
    drop(unwritten);
    tracing::error!(error = %error, requests = count, "a change could not be written");
    fail_all(requests, &Failure::from(error));
}

fn fail_all(requests: &Mutex<Requests>, failure: &Failure) {
    for request in take(requests) {
        request.fail(failure.clone());
    }
}
