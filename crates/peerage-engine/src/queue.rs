//! The one task that writes to the log for all requests of this node.
//!
//! Requests wait in a queue. The task takes all waiting requests, decides each on the state that the previous one left,
//! and appends their entries in one transaction with one flush. Each request is answered after that flush, never
//! before. Requests that arrive during a flush are committed with the next one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use peerage_access::{People, UnreadableRecord};
use peerage_registry::{Event, EventChange, LogEntry, LogHead, Snapshot};
use peerage_store::{AppendDecider, AppendError, AppendedEvents, JobClaim, Store, StoreError};
use peerage_traces::{Span, SpanHandle};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::failure::EngineFailure;
use crate::follow;
use crate::live::{LiveRegistry, RegistryState};
use crate::measures::EngineMeasures;
use crate::readiness::Readiness;
use crate::supervisor::{self, Supervisor};

/// The maximum number of requests in the queue. Further requests wait to enter it.
const QUEUE_MAX: usize = 1024;

/// The maximum number of requests in one transaction.
const BATCH_MAX: usize = 256;

/// Why a request was not decided.
const TOO_LATE: &str = "changes before it took too long";

/// How often a batch is retried after the rows had to be reloaded.
const ATTEMPTS_MAX: u32 = 3;

/// The state at the head of the log, including earlier requests of the same batch.
pub struct HeadState<'a> {
    pub registry: &'a Snapshot,
    pub people: &'a People,
    /// Set if the request was carried out before. Its answer then waits until the earlier change is confirmed to be
    /// durable.
    pub is_repeated: &'a AtomicBool,
}

/// Why nothing was written.
pub(crate) enum QueueError<E> {
    /// The decision refused it.
    Refused(E),
    Failed(EngineFailure),
}

/// A change that is durable in the log.
pub(crate) struct WrittenChange<T> {
    pub outcome: T,
    /// A state that includes it.
    pub state: Arc<RegistryState>,
}

trait QueuedRequest: Send {
    /// Returns whether somebody still waits for it. It is in no batch otherwise.
    fn begin(&self) -> bool;
    /// Decides the request. Returns its entries if it is accepted.
    fn decide(&mut self, head: &HeadState<'_>) -> Option<Vec<LogEntry>>;
    /// Whether the last decision was a refusal.
    fn is_refused(&self) -> bool;
    fn complete(self: Box<Self>, state: Arc<RegistryState>);
    fn fail(self: Box<Self>, failure: EngineFailure);
    /// Discards the last decision because its entries cannot be read back.
    fn discard(&mut self);
    /// Returns the span of the request.
    fn span(&self) -> SpanHandle;
}

struct QueuedDecision<T, E, F> {
    decide: F,
    decision: Option<Result<T, E>>,
    claim: Arc<JobClaim>,
    span: SpanHandle,
    answer: oneshot::Sender<Result<WrittenChange<T>, QueueError<E>>>,
}

impl<T, E, F> QueuedRequest for QueuedDecision<T, E, F>
where
    T: Send,
    E: Send,
    F: FnMut(&HeadState<'_>) -> Result<(T, Vec<LogEntry>), E> + Send,
{
    fn begin(&self) -> bool {
        self.claim.begin()
    }

    fn decide(&mut self, head: &HeadState<'_>) -> Option<Vec<LogEntry>> {
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

    fn complete(self: Box<Self>, state: Arc<RegistryState>) {
        let outcome = match self.decision {
            Some(Ok(outcome)) => Ok(WrittenChange { outcome, state }),
            Some(Err(refusal)) => Err(QueueError::Refused(refusal)),
            None => {
                let why = "a bug in the program prevented a decision on the request";
                Err(QueueError::Failed(EngineFailure::NotNow(why.to_owned())))
            }
        };
        // The client may have disconnected. The change remains.
        let _ = self.answer.send(outcome);
    }

    fn fail(self: Box<Self>, failure: EngineFailure) {
        let is_stopped = matches!(failure, EngineFailure::Stopped(_));
        let outcome = match self.decision {
            Some(Err(refusal)) if !is_stopped => Err(QueueError::Refused(refusal)),
            _ => Err(QueueError::Failed(failure)),
        };
        let _ = self.answer.send(outcome);
    }

    fn discard(&mut self) {
        self.decision = None;
    }

    fn span(&self) -> SpanHandle {
        self.span.clone()
    }
}

type QueuedRequests = Vec<Box<dyn QueuedRequest>>;

/// The queue to the task. Clones share it.
#[derive(Clone)]
pub(crate) struct CommitQueue {
    /// How long a request waits for its turn.
    deadline: Duration,
    measures: EngineMeasures,
    requests: mpsc::Sender<Box<dyn QueuedRequest>>,
}

impl CommitQueue {
    /// Starts the task. It ends when every handle is dropped.
    pub fn start(
        live: Arc<LiveRegistry>,
        store: Store,
        measures: EngineMeasures,
        supervisor: &Supervisor,
    ) -> CommitQueue {
        let deadline = store.deadline();
        let (requests, waiting) = mpsc::channel::<Box<dyn QueuedRequest>>(QUEUE_MAX);
        // The queue survives a panic: only the requests of that batch fail.
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
                    batch.retain(|request| request.begin());
                    if !batch.is_empty() {
                        write(&live, &store, batch).await;
                    }
                }
            }
        });
        CommitQueue { deadline, measures, requests }
    }

    /// Decides a request at the head of the log, and writes its entries. `decide` may be called more than once; its
    /// last result counts. A request whose turn does not come in time is not decided at all.
    ///
    /// # Errors
    /// [`QueueError`]. Nothing has changed then, except perhaps after [`EngineFailure::Unknown`].
    pub async fn write<T, E, F>(&self, decide: F) -> Result<WrittenChange<T>, QueueError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&HeadState<'_>) -> Result<(T, Vec<LogEntry>), E> + Send + 'static,
    {
        let span = Span::begin("commit");
        let written = span.within(self.write_in_turn(decide, span.handle())).await;
        match &written {
            Ok(_) => self.measures.changed(),
            Err(QueueError::Failed(failure)) => {
                span.fail("not committed");
                self.measures.failed(failure);
            }
            Err(QueueError::Refused(_)) => {}
        }
        written
    }

    /// Returns the number of requests that wait for their turn.
    pub fn length(&self) -> usize {
        self.requests.max_capacity() - self.requests.capacity()
    }

    async fn write_in_turn<T, E, F>(&self, decide: F, span: SpanHandle) -> Result<WrittenChange<T>, QueueError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&HeadState<'_>) -> Result<(T, Vec<LogEntry>), E> + Send + 'static,
    {
        let until = Instant::now() + self.deadline;
        let (answer, mut answered) = oneshot::channel();
        let claim = Arc::new(JobClaim::default());
        let request = Box::new(QueuedDecision { decide, decision: None, claim: Arc::clone(&claim), span, answer });
        let not_now = |why: &str| Err(QueueError::Failed(EngineFailure::NotNow(why.to_owned())));
        match timeout_at(until, self.requests.send(request)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return not_now("the server is stopping"),
            Err(_) => return not_now(TOO_LATE),
        }
        // The task may have ended during a commit.
        let lost = |_| Err(QueueError::Failed(EngineFailure::Unknown("the server is stopping".to_owned())));
        match timeout_at(until, &mut answered).await {
            Ok(answer) => answer.unwrap_or_else(lost),
            Err(_) if claim.give_up() => not_now(TOO_LATE),
            // It is being written, which has a time limit of its own.
            Err(_) => answered.await.unwrap_or_else(lost),
        }
    }
}

/// Decides a batch while the log is locked.
struct RequestBatch {
    requests: Arc<Mutex<QueuedRequests>>,
    base: Arc<RegistryState>,
    /// The state after all decisions, without hashes.
    reached: Option<(Snapshot, People)>,
    /// Whether a request repeats one that is in the log.
    is_repeated: AtomicBool,
}

/// Why a batch is not decided at all.
enum BatchError {
    /// An event of the log cannot be read. It may have revoked permissions that the batch relies on.
    Unreadable(UnreadableRecord),
    /// The state and the events that it missed do not lead to the head of the log.
    Elsewhere,
}

impl AppendDecider for RequestBatch {
    type Refusal = BatchError;

    fn decide(
        &mut self,
        head: LogHead,
        missed: Vec<Event>,
    ) -> Result<Box<dyn Iterator<Item = LogEntry> + '_>, BatchError> {
        let mut registry = Snapshot::clone(&self.base.snapshot);
        let mut people = People::clone(&self.base.people);
        registry.advance(&missed);
        people.apply(&missed).map_err(BatchError::Unreadable)?;
        if registry.head() != head {
            return Err(BatchError::Elsewhere);
        }
        let mut all = Vec::new();
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for request in requests.iter_mut() {
            let state = HeadState { registry: &registry, people: &people, is_repeated: &self.is_repeated };
            // A bug in one rule must not end the task that writes for everyone.
            let decided = catch_unwind(AssertUnwindSafe(|| request.decide(&state)));
            let Ok(Some(entries)) = decided else { continue };
            let events = unsealed(&entries, head.sequence + 1 + all.len() as u64);
            if events.iter().any(|event| matches!(event.entry.change, EventChange::Record { .. })) {
                // If this were written, no node could read the log any more.
                let mut next = People::clone(&people);
                if let Err(error) = next.apply(&events) {
                    tracing::error!(error = %error, "a change that cannot be read back was not written");
                    request.discard();
                    continue;
                }
                people = next;
            } else if let Err(error) = people.apply(&events) {
                // Only the record of repeated requests is lost; the rows themselves can be read.
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

/// Returns the events that the entries would become if they were appended now, without hashes.
pub(crate) fn unsealed(entries: &[LogEntry], first: u64) -> Vec<Event> {
    let event =
        |(entry, sequence): (&LogEntry, u64)| Event { sequence, entry: entry.clone(), hash: Default::default() };
    entries.iter().zip(first..).map(event).collect()
}

async fn write(live: &Arc<LiveRegistry>, store: &Store, requests: QueuedRequests) {
    let requests = Arc::new(Mutex::new(requests));
    let stops = [Readiness::LOG_UNREADABLE, Readiness::STORE_DAMAGED];
    if let Some(why) = stops.iter().find_map(|condition| live.readiness.reason(condition)) {
        return fail_all(&requests, &EngineFailure::Stopped(why));
    }
    for _ in 0..ATTEMPTS_MAX {
        let base = live.full();
        let batch =
            RequestBatch { requests: Arc::clone(&requests), base, reached: None, is_repeated: AtomicBool::new(false) };
        match append(store, batch).await {
            Ok(appended) => {
                let is_repeated = appended.decide_at_head.confirms();
                let RequestBatch { base, reached, .. } = appended.decide_at_head;
                let state = match reached {
                    Some((mut snapshot, people)) if appended.head != appended.before => {
                        snapshot.seal(appended.head);
                        publish(live, store, &base, snapshot, people).await
                    }
                    // Another node may have carried out the first request just now.
                    Some((snapshot, people)) if is_repeated => publish(live, store, &base, snapshot, people).await,
                    _ => live.full(),
                };
                for request in take(&requests) {
                    request.complete(Arc::clone(&state));
                }
                return;
            }
            Err(AppendError::Refused(BatchError::Unreadable(fault))) => {
                return give_up(live, &requests, &follow::unreadable(store, fault).await);
            }
            Err(AppendError::Refused(BatchError::Elsewhere) | AppendError::Store(StoreError::Reload(_))) => {
                if let Err(error) = follow::reload(live, store).await {
                    return give_up(live, &requests, &error);
                }
            }
            Err(AppendError::Store(error @ (StoreError::Unreadable { .. } | StoreError::Outdated { .. }))) => {
                return give_up(live, &requests, &error);
            }
            Err(AppendError::Store(error)) => {
                let left = take(&requests);
                if left.len() > 1 && is_about_a_value(&error) {
                    // One of them cannot be stored. Try the others without it.
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
    fail(&requests, &StoreError::Busy("other processes write without a pause".to_owned()));
}

/// Appends the entries of a batch, as a span of all its requests.
async fn append(store: &Store, batch: RequestBatch) -> Result<AppendedEvents<RequestBatch>, AppendError<BatchError>> {
    let spans: Vec<SpanHandle> =
        batch.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|request| request.span()).collect();
    let span = Span::begin_for("append", &spans);
    span.count("peerage.changes", spans.len());
    let appended = span.within(store.append(batch.base.snapshot.head(), batch)).await;
    if let Err(AppendError::Store(_)) = appended {
        span.fail("store");
    }
    appended
}

/// Publishes what was just written, and returns a state that includes it.
async fn publish(
    live: &Arc<LiveRegistry>,
    store: &Store,
    base: &RegistryState,
    snapshot: Snapshot,
    people: People,
) -> Arc<RegistryState> {
    let written = snapshot.head();
    let state = live.advance(base, snapshot, people);
    if state.timeline == base.timeline && state.snapshot.head().sequence >= written.sequence {
        return state;
    }
    // The rows were reloaded in the meantime, from a log with another history.
    if let Err(error) = follow::catch_up(live, store).await {
        tracing::error!(error = %error, "what was just written is shown later");
    }
    live.full()
}

/// Answers requests that cannot be decided.
fn give_up(live: &LiveRegistry, requests: &Mutex<QueuedRequests>, error: &StoreError) {
    let is_outdated = matches!(error, StoreError::Outdated { .. });
    if is_outdated && live.readiness.warn(Readiness::LAYOUT_NEWER, Some(error.to_string())) {
        tracing::error!(error = %error, "changes are refused until this program is updated; reads continue");
    }
    if follow::stop_writing(live, error) {
        fail_all(requests, &EngineFailure::Stopped(error.to_string()));
    } else {
        fail(requests, error);
    }
}

fn is_about_a_value(error: &StoreError) -> bool {
    matches!(error, StoreError::Violation(_) | StoreError::Unfit { .. } | StoreError::Missing { .. })
}

fn take(requests: &Mutex<QueuedRequests>) -> QueuedRequests {
    std::mem::take(&mut *requests.lock().unwrap_or_else(PoisonError::into_inner))
}

fn fail(requests: &Mutex<QueuedRequests>, error: &StoreError) {
    let unwritten = requests.lock().unwrap_or_else(PoisonError::into_inner);
    let count = unwritten.iter().filter(|request| !request.is_refused()).count();
    drop(unwritten);
    tracing::error!(error = %error, requests = count, "a change could not be written");
    fail_all(requests, &EngineFailure::from(error));
}

fn fail_all(requests: &Mutex<QueuedRequests>, failure: &EngineFailure) {
    for request in take(requests) {
        request.fail(failure.clone());
    }
}
