//! One task that writes to the log, for all requests of this node.
//!
//! Requests wait in a queue. The task takes all that wait, judges each at the state that the one before it left, and
//! appends their entries as one transaction: one flush for all. Each is answered after that flush, never before. Who
//! comes while a flush is under way joins the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use peerage_access::{People, Unreadable};
use peerage_registry::{Change, Entry, Event, Head, Snapshot};
use peerage_store::{AppendError, Judge, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::Supervisor;
use crate::follow;
use crate::health::Readiness;
use crate::http::position;
use crate::live::{Live, State};
use crate::supervisor;

/// Requests that wait at a time; more wait to wait.
const QUEUE: usize = 1024;

/// Requests that share a transaction, at most.
const BATCH_MAX: usize = 256;

/// How often a batch is tried again after the rows had to be read anew.
const ATTEMPTS: u32 = 3;

/// The state that a judge looks at: that of the log's head, with what was judged just before.
pub struct Standing<'a> {
    pub registry: &'a Snapshot,
    pub people: &'a People,
    /// Set by a judge whose request was carried out before: its answer waits until that is confirmed to be durable.
    pub repeats: &'a AtomicBool,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError<E> {
    /// The judge said no.
    Refused(E),
    /// The store could not.
    Failed(Failure),
    /// Nothing is written while something in the log cannot be read; says what.
    Stopped(String),
}

/// What came of a change that was not refused and is not known to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was changed, and the same request may succeed later; the text is for the log.
    NotNow(String),
    /// Nothing was changed: another process writes at the moment.
    Busy,
    /// Nothing was changed, and nothing will be until somebody mends the database: in words for everybody.
    Stopped(String),
    /// It may have been made or not; the text is for the log.
    Unknown(String),
}

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Failure {
        match error {
            StoreError::Unknown(why) => Failure::Unknown(why.clone()),
            StoreError::Busy(_) => Failure::Busy,
            StoreError::Gone(_) => Failure::Stopped("The registry's database was removed or replaced".to_owned()),
            other => Failure::NotNow(other.to_string()),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NotNow(why) | Failure::Stopped(why) => f.write_str(why),
            Failure::Busy => f.write_str("another process writes to the database"),
            Failure::Unknown(why) => write!(f, "it is not known whether the change was made: {why}"),
        }
    }
}

/// What was written, durably.
pub struct Written<T> {
    /// What the judge wanted to be told.
    pub told: T,
    /// A state that has it.
    pub state: Arc<State>,
}

trait Job: Send {
    /// Judges; the entries if it is to be done.
    fn judge(&mut self, head: &Standing<'_>) -> Option<Vec<Entry>>;
    /// Whether the last judgement was a refusal.
    fn is_refused(&self) -> bool;
    fn done(self: Box<Self>, state: Arc<State>);
    fn failed(self: Box<Self>, why: Failure);
    fn stopped(self: Box<Self>, why: String);
    /// Takes the last judgement back: what it was to write makes no sense.
    fn discard(&mut self);
}

struct Request<T, E, F> {
    judge: F,
    verdict: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<Written<T>, WriteError<E>>>,
}

impl<T, E, F> Job for Request<T, E, F>
where
    T: Send,
    E: Send,
    F: FnMut(&Standing<'_>) -> Result<(T, Vec<Entry>), E> + Send,
{
    fn judge(&mut self, head: &Standing<'_>) -> Option<Vec<Entry>> {
        self.verdict = None;
        match (self.judge)(head) {
            Ok((told, entries)) => {
                self.verdict = Some(Ok(told));
                Some(entries)
            }
            Err(refusal) => {
                self.verdict = Some(Err(refusal));
                None
            }
        }
    }

    fn is_refused(&self) -> bool {
        matches!(self.verdict, Some(Err(_)))
    }

    fn done(self: Box<Self>, state: Arc<State>) {
        let outcome = match self.verdict {
            Some(Ok(told)) => Ok(Written { told, state }),
            Some(Err(refusal)) => Err(WriteError::Refused(refusal)),
            None => {
                let why = "a defect of the program kept it from being judged";
                Err(WriteError::Failed(Failure::NotNow(why.to_owned())))
            }
        };
        // Whoever asked may have gone, which changes nothing.
        let _ = self.answer.send(outcome);
    }

    fn failed(self: Box<Self>, why: Failure) {
        let outcome = match self.verdict {
            Some(Err(refusal)) => Err(WriteError::Refused(refusal)),
            _ => Err(WriteError::Failed(why)),
        };
        let _ = self.answer.send(outcome);
    }

    fn stopped(self: Box<Self>, why: String) {
        let _ = self.answer.send(Err(WriteError::Stopped(why)));
    }

    fn discard(&mut self) {
        self.verdict = None;
    }
}

type Jobs = Vec<Box<dyn Job>>;

/// Writes to the log. Cloning shares the queue.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the task, which ends when every handle is dropped.
    pub fn start(live: Arc<Live>, store: Store, supervisor: &Supervisor) -> Writer {
        let (queue, waiting) = mpsc::channel::<Box<dyn Job>>(QUEUE);
        // The queue outlives a run that panics: only the requests of that batch are answered 503.
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        supervisor.start_draining("writer", move || {
            let (live, store, waiting) = (Arc::clone(&live), store.clone(), Arc::clone(&waiting));
            async move {
                let mut waiting = waiting.lock().await;
                while let Some(first) = waiting.recv().await {
                    let _work = supervisor::working();
                    let mut jobs = vec![first];
                    while jobs.len() < BATCH_MAX
                        && let Ok(next) = waiting.try_recv()
                    {
                        jobs.push(next);
                    }
                    write(&live, &store, jobs).await;
                }
            }
        });
        Writer { queue }
    }

    /// Has a change judged at the head of the log, and written. The judge may be asked more than once; only its last
    /// word counts.
    ///
    /// # Errors
    /// [`WriteError`]. Nothing has changed then, but perhaps after [`Failure::Unknown`].
    pub async fn write<T, E, F>(&self, judge: F) -> Result<Written<T>, WriteError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&Standing<'_>) -> Result<(T, Vec<Entry>), E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Request { judge, verdict: None, answer });
        if self.queue.send(job).await.is_err() {
            return Err(WriteError::Failed(Failure::NotNow("the server is stopping".to_owned())));
        }
        // The task may have ended amid a commit.
        let lost = |_| Err(WriteError::Failed(Failure::Unknown("the server is stopping".to_owned())));
        let outcome = answered.await.unwrap_or_else(lost);
        if let Ok(written) = &outcome {
            position::note(written.state.snapshot.head());
        }
        outcome
    }
}

/// Judges a batch under the lock of the log.
struct Batch {
    jobs: Arc<Mutex<Jobs>>,
    base: Arc<State>,
    /// The state after all that was judged, its hashes still missing.
    reached: Option<(Snapshot, People)>,
    /// Whether a request repeats one that the log holds.
    repeats: AtomicBool,
}

/// Why a batch is not judged at all.
enum Unfit {
    /// An event of the log, which may have taken away rights that the batch relies on.
    Unreadable(Unreadable),
    /// The state and the events it has missed do not lead to the log's head.
    Elsewhere,
}

impl Judge for Batch {
    type Refusal = Unfit;

    fn judge(&mut self, head: Head, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = Entry> + '_>, Unfit> {
        let mut registry = Snapshot::clone(&self.base.snapshot);
        let mut people = People::clone(&self.base.people);
        registry.advance(&missed);
        people.apply(&missed).map_err(Unfit::Unreadable)?;
        if registry.head() != head {
            return Err(Unfit::Elsewhere);
        }
        let mut all = Vec::new();
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        for job in jobs.iter_mut() {
            let standing = Standing { registry: &registry, people: &people, repeats: &self.repeats };
            // A defect in one rule must not end the task that writes for all.
            let judged = catch_unwind(AssertUnwindSafe(|| job.judge(&standing)));
            let Ok(Some(entries)) = judged else { continue };
            let first = head.sequence + 1 + all.len() as u64;
            let events: Vec<Event> = entries
                .iter()
                .zip(first..)
                .map(|(entry, sequence)| Event { sequence, entry: entry.clone(), hash: Default::default() })
                .collect();
            if events.iter().any(|event| matches!(event.entry.change, Change::Record { .. })) {
                // Nobody could read the log any more, this node neither.
                let mut next = People::clone(&people);
                if let Err(error) = next.apply(&events) {
                    tracing::error!(error = %error, "a change was not written because it cannot be read back");
                    job.discard();
                    continue;
                }
                people = next;
            } else if let Err(error) = people.apply(&events) {
                // Changes of rows alone leave nothing to be read; what they remember of their request is taken in.
                tracing::error!(error = %error, "a change of rows cannot be read back");
            }
            registry.advance(&events);
            all.extend(entries);
        }
        self.reached = Some((registry, people));
        Ok(Box::new(all.into_iter()))
    }

    fn confirms(&self) -> bool {
        self.repeats.load(Ordering::Relaxed)
    }
}

async fn write(live: &Arc<Live>, store: &Store, jobs: Jobs) {
    let jobs = Arc::new(Mutex::new(jobs));
    if let Some(why) = live.readiness.reason(Readiness::LOG_UNREADABLE) {
        return stop(&jobs, &why);
    }
    for _ in 0..ATTEMPTS {
        let base = live.full();
        let batch = Batch { jobs: Arc::clone(&jobs), base, reached: None, repeats: AtomicBool::new(false) };
        match store.append(batch.base.snapshot.head(), batch).await {
            Ok(appended) => {
                let repeats = appended.judge.confirms();
                let Batch { base, reached, .. } = appended.judge;
                let state = match reached {
                    Some((mut snapshot, people)) if appended.head != appended.before => {
                        snapshot.seal(appended.head);
                        shown(live, store, &base, snapshot, people).await
                    }
                    // What is repeated may be what another node has just done.
                    Some((snapshot, people)) if repeats => shown(live, store, &base, snapshot, people).await,
                    _ => live.full(),
                };
                for job in take(&jobs) {
                    job.done(Arc::clone(&state));
                }
                return;
            }
            Err(AppendError::Refused(Unfit::Unreadable(fault))) => {
                return give_up(live, &jobs, &follow::unreadable(store, fault).await);
            }
            Err(AppendError::Refused(Unfit::Elsewhere) | AppendError::Store(StoreError::Reload(_))) => {
                if let Err(error) = follow::reload(live, store).await {
                    return give_up(live, &jobs, &error);
                }
            }
            Err(AppendError::Store(error @ StoreError::Unreadable { .. })) => return give_up(live, &jobs, &error),
            Err(AppendError::Store(error)) => {
                let left = take(&jobs);
                if left.len() > 1 && is_about_a_value(&error) {
                    // One of them cannot be kept; the others shall not suffer for it.
                    for job in left {
                        Box::pin(write(live, store, vec![job])).await;
                    }
                } else {
                    fail(&Arc::new(Mutex::new(left)), &error);
                }
                return;
            }
        }
    }
    fail(&jobs, &StoreError::Busy("others write without a pause".to_owned()));
}

/// Publishes what was just written, and gives a state that has it.
async fn shown(live: &Arc<Live>, store: &Store, base: &State, snapshot: Snapshot, people: People) -> Arc<State> {
    let written = snapshot.head();
    let state = live.advance(base, snapshot, people);
    if state.timeline == base.timeline && state.snapshot.head().sequence >= written.sequence {
        return state;
    }
    // The rows were read anew meanwhile, from a log with another history.
    if let Err(error) = follow::catch_up(live, store).await {
        tracing::error!(error = %error, "a change was written but is not visible yet");
    }
    live.full()
}

/// Answers requests that cannot be judged.
fn give_up(live: &Live, jobs: &Mutex<Jobs>, error: &StoreError) {
    if follow::stop_writing(live, error) { stop(jobs, &error.to_string()) } else { fail(jobs, error) }
}

fn stop(jobs: &Mutex<Jobs>, why: &str) {
    for job in take(jobs) {
        job.stopped(why.to_owned());
    }
}

fn is_about_a_value(error: &StoreError) -> bool {
    matches!(error, StoreError::Violation(_) | StoreError::Unfit { .. } | StoreError::Missing { .. })
}

fn take(jobs: &Mutex<Jobs>) -> Jobs {
    std::mem::take(&mut *jobs.lock().unwrap_or_else(PoisonError::into_inner))
}

fn fail(jobs: &Mutex<Jobs>, error: &StoreError) {
    let jobs = take(jobs);
    let written = jobs.iter().filter(|job| !job.is_refused()).count();
    tracing::error!(error = %error, requests = written, "could not write a change");
    for job in jobs {
        job.failed(Failure::from(error));
    }
}
