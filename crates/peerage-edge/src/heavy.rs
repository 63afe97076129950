//! The pool for work that takes longer than other requests should wait for.
//!
//! The threads that serve connections answer most requests from memory in microseconds. Other threads work on queries
//! that exceed their budget there ([`peerage_registry::query::QueryWork::light`]), exports, and long bodies that are
//! made while they are sent: a few at a time, and with a bounded queue.

mod paced;
mod piecewise;
mod workers;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use peerage_traces::Span;
use tokio::sync::{Notify, oneshot};

use self::paced::{PacedBody, PieceGate};
use self::piecewise::{PieceState, PiecewiseBody};
use self::workers::{WorkStopped, WorkerThreads};
use crate::client::{ClientCounts, ClientNetwork, RequestClient};
use crate::content::{EdgeResponse, ResponseBody};
use crate::errors::ApiError;

/// The number of requests that run or wait, including long answers that are not sent yet. Further requests are answered
/// with 503.
pub const PLACES_MAX: usize = 128;

/// How many of these slots one client may have.
pub const PLACES_PER_CLIENT: usize = 8;

/// The number of bytes above which an answer that no other request shares holds its slot until it is sent.
pub const SENT_FREELY_MAX: usize = 128 * 1024;

/// The number of unsent answers that were made outside the pool and are longer than [`SENT_FREELY_MAX`], in total and
/// per client. Shared ones count as well: the answer cache may drop them long before a slow client has read them. They
/// can be as long as [`peerage_registry::query::work::LIGHT_BYTES_MAX`] and one row more.
pub const SHORT_ANSWERS_MAX: usize = 256;
pub const SHORT_ANSWERS_PER_CLIENT: usize = 32;

/// The number of requests that wait for one of their client's slots, in total and per client.
pub const PATIENT_MAX: usize = 512;
pub const PATIENT_PER_CLIENT: usize = 32;

/// How long such requests wait.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Seconds after which a request that found no slot should be retried.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

const BUSY: ApiError = ApiError::Busy { what: "large queries", wait: RETRY_AFTER };

/// Marks an answer whose body is made while it is sent, for [`HeavyPool::piecewise`].
#[derive(Debug, Clone, Copy)]
pub struct MadeWhileSent;

/// The bounded pool.
#[derive(Clone)]
pub struct HeavyPool {
    shared: Arc<PoolState>,
}

struct PoolState {
    places: Mutex<ClientCounts>,
    places_max: usize,
    short_answers: Mutex<ClientCounts>,
    patient: Mutex<ClientCounts>,
    patience: Duration,
    /// Notified whenever a slot becomes free.
    freed: Notify,
    turns: Mutex<TurnQueue>,
    /// As many as there are turns.
    workers: WorkerThreads,
    gate: Arc<PieceGate>,
}

/// A resource of which each client has a share.
#[derive(Debug, Clone, Copy)]
enum ClientShare {
    Place,
    ShortAnswer,
    Patience,
}

/// The requests that run and wait. Clients take turns, however many requests each of them has.
struct TurnQueue {
    free: usize,
    waiting: HashMap<ClientNetwork, VecDeque<oneshot::Sender<WorkTurn>>>,
    /// The clients that wait, each once.
    order: VecDeque<ClientNetwork>,
}

impl TurnQueue {
    /// Returns the next request in turn.
    fn next(&mut self) -> Option<oneshot::Sender<WorkTurn>> {
        while let Some(client) = self.order.pop_front() {
            let Some(requests) = self.waiting.get_mut(&client) else { continue };
            let next = requests.pop_front();
            if requests.is_empty() {
                self.waiting.remove(&client);
            } else {
                self.order.push_back(client);
            }
            if let Some(next) = next.filter(|next| !next.is_closed()) {
                return Some(next);
            }
        }
        None
    }

    fn wait(&mut self, client: ClientNetwork) -> oneshot::Receiver<WorkTurn> {
        let (give, wait) = oneshot::channel();
        let requests = self.waiting.entry(client).or_default();
        if requests.is_empty() {
            self.order.push_back(client);
        }
        // Requests whose client has gone must not use memory.
        requests.retain(|request| !request.is_closed());
        requests.push_back(give);
        wait
    }
}

/// The right to work, which passes to the next request when this is dropped.
struct WorkTurn {
    pool: Option<Arc<PoolState>>,
}

impl Drop for WorkTurn {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.turns().free += 1;
            pool.pass_turns();
        }
    }
}

/// A slot of a client, which is free again when this is dropped.
pub struct HeavySlot {
    pool: Arc<PoolState>,
    client: Vec<ClientNetwork>,
    share: ClientShare,
}

impl HeavySlot {
    /// Keeps the slot until the bytes are sent, if they are many. A slot of the pool is only kept for bytes that are not
    /// shared.
    pub fn hold(self, bytes: impl Into<Bytes>) -> Bytes {
        let bytes = bytes.into();
        let is_shared = matches!(self.share, ClientShare::Place) && !bytes.is_unique();
        if bytes.len() <= SENT_FREELY_MAX || is_shared {
            return bytes;
        }
        Bytes::from_owner(HeldBytes { bytes, _place: self })
    }

    /// Does the same for the body of an answer. A body that is made while it is sent, or that consists of shared
    /// pieces, holds nothing.
    pub fn hold_reply(self, reply: EdgeResponse) -> EdgeResponse {
        reply.map(|content| match content {
            ResponseBody::Whole(bytes) => ResponseBody::Whole(self.hold(bytes)),
            other @ ResponseBody::Other(_) => other,
        })
    }
}

impl Drop for HeavySlot {
    fn drop(&mut self) {
        self.pool.counts(self.share).give_back(&self.client);
        if matches!(self.share, ClientShare::Place) {
            self.pool.freed.notify_waiters();
        }
    }
}

/// Bytes of an answer, with the slot that they hold.
struct HeldBytes {
    bytes: Bytes,
    _place: HeavySlot,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl PoolState {
    fn counts(&self, share: ClientShare) -> MutexGuard<'_, ClientCounts> {
        let counts = match share {
            ClientShare::Place => &self.places,
            ClientShare::ShortAnswer => &self.short_answers,
            ClientShare::Patience => &self.patient,
        };
        counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more for a client. Returns `None` if the client's share or the total is used up.
    fn take(self: &Arc<Self>, share: ClientShare, client: &[ClientNetwork]) -> Option<HeavySlot> {
        let (max, per_client) = match share {
            ClientShare::Place => (self.places_max, PLACES_PER_CLIENT),
            ClientShare::ShortAnswer => (SHORT_ANSWERS_MAX, SHORT_ANSWERS_PER_CLIENT),
            ClientShare::Patience => (PATIENT_MAX, PATIENT_PER_CLIENT),
        };
        let is_free = self.counts(share).take(client, max, per_client);
        is_free.then(|| HeavySlot { pool: Arc::clone(self), client: client.to_vec(), share })
    }

    /// Waits until one of the client's slots is free. Returns `None` if too many requests wait or it takes too long.
    async fn wait_for_place(self: &Arc<Self>, client: &[ClientNetwork]) -> Option<HeavySlot> {
        let _waits = self.take(ClientShare::Patience, client)?;
        let taken = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                // Before the attempt, so that a slot that becomes free in between wakes this request.
                freed.as_mut().enable();
                if let Some(place) = self.take(ClientShare::Place, client) {
                    return place;
                }
                freed.await;
            }
        };
        tokio::time::timeout(self.patience, taken).await.ok()
    }

    fn turns(&self) -> MutexGuard<'_, TurnQueue> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free turns to waiting requests.
    fn pass_turns(self: &Arc<Self>) {
        loop {
            let mut turns = self.turns();
            if turns.free == 0 {
                return;
            }
            let Some(next) = turns.next() else { return };
            turns.free -= 1;
            drop(turns);
            if let Err(mut refused) = next.send(WorkTurn { pool: Some(Arc::clone(self)) }) {
                // The request has gone in the meantime.
                refused.pool = None;
                self.turns().free += 1;
            }
        }
    }

    /// Waits for the turn of a client. Returns `None` if it never comes, which does not happen in a server.
    async fn turn(self: &Arc<Self>, client: &[ClientNetwork]) -> Option<WorkTurn> {
        // All clients of a site share a turn.
        let site = *client.last()?;
        let wait = self.turns().wait(site);
        self.pass_turns();
        wait.await.ok()
    }
}

impl Default for HeavyPool {
    /// All cores but one work on heavy requests, and two of two: the threads that answer light ones come first.
    fn default() -> HeavyPool {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        HeavyPool::new((cores - 1).max(cores.min(2)), PLACES_MAX, PATIENCE)
    }
}

impl HeavyPool {
    fn new(turns: usize, places_max: usize, patience: Duration) -> HeavyPool {
        let workers = WorkerThreads::start(turns);
        let turns = TurnQueue { free: turns, waiting: HashMap::new(), order: VecDeque::new() };
        let shared = PoolState {
            places: Mutex::default(),
            places_max,
            short_answers: Mutex::default(),
            patient: Mutex::default(),
            patience,
            freed: Notify::new(),
            turns: Mutex::new(turns),
            workers,
            gate: Arc::new(PieceGate::new()),
        };
        HeavyPool { shared: Arc::new(shared) }
    }

    /// Holds an answer that was made outside the pool. A long one counts for its client until it is sent.
    ///
    /// # Errors
    /// The client's share of such answers is used up. Answer the same request in the pool instead.
    pub fn hold_short(&self, address: IpAddr, reply: EdgeResponse) -> Result<EdgeResponse, EdgeResponse> {
        let is_free = match reply.body() {
            ResponseBody::Whole(bytes) => bytes.len() <= SENT_FREELY_MAX,
            ResponseBody::Other(_) => true,
        };
        if is_free {
            return Ok(reply);
        }
        match self.shared.take(ClientShare::ShortAnswer, &RequestClient::of(address).counted()) {
            Some(place) => Ok(place.hold_reply(reply)),
            None => Err(reply),
        }
    }

    /// Does work when it is the client's turn. If all of the client's slots are taken, it waits a while: scripts, and
    /// clients behind one address, may send many requests at once. A panic in the work continues in the caller.
    ///
    /// # Errors
    /// Too many requests wait already, in total or for this client, or no slot became free in time.
    pub async fn run<T: Send + 'static>(
        &self,
        address: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let in_place = move |place: HeavySlot| {
            let _held = place;
            work()
        };
        self.run_holding(address, in_place).await
    }

    /// Does work that makes a long answer, which may hold the slot until it is sent.
    ///
    /// # Errors
    /// The same as [`HeavyPool::run`].
    pub async fn run_holding<T: Send + 'static>(
        &self,
        address: IpAddr,
        work: impl FnOnce(HeavySlot) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let client = RequestClient::of(address).counted();
        let place = if let Some(place) = self.shared.take(ClientShare::Place, &client) {
            place
        } else {
            let span = Span::begin_inside("slot wait");
            span.within(self.shared.wait_for_place(&client)).await.ok_or(BUSY)?
        };
        self.work_at(place, work).await
    }

    /// Does work on something large that the request contains. Such requests must not pile up, so this never waits for
    /// a slot.
    ///
    /// # Errors
    /// The client's slots, or all of them, are taken.
    pub async fn run_at_once<T: Send + 'static>(
        &self,
        address: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.shared.take(ClientShare::Place, &RequestClient::of(address).counted()).ok_or(BUSY)?;
        let in_place = move |place: HeavySlot| {
            let _held = place;
            work()
        };
        self.work_at(place, in_place).await
    }

    async fn work_at<T: Send + 'static>(
        &self,
        place: HeavySlot,
        work: impl FnOnce(HeavySlot) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = {
            let span = Span::begin_inside("turn wait");
            span.within(self.shared.turn(&place.client)).await.ok_or(ApiError::Internal)?
        };
        let span = Span::begin_inside("heavy work");
        let handle = span.handle();
        let working = move || {
            let (_turn, _entered) = (turn, handle.enter());
            work(place)
        };
        match self.shared.workers.run(working).await {
            Ok(done) => Ok(done),
            Err(WorkStopped::Panic(panic)) => std::panic::resume_unwind(panic),
            Err(WorkStopped::Ended) => Err(ApiError::Internal),
        }
    }

    /// Returns the same body, which leaves other requests their part of the processor while it is sent.
    pub fn paced(&self, body: Body) -> Body {
        Body::new(PacedBody::new(body, Arc::clone(&self.shared.gate)))
    }

    /// Returns the same body, with each piece made in the pool in its client's turn. A slow client holds no turn
    /// between two pieces, and a body that has begun is never refused.
    pub fn piecewise(&self, address: IpAddr, body: Body) -> Body {
        let client = RequestClient::of(address).counted();
        Body::new(PiecewiseBody { pool: Arc::clone(&self.shared), client, state: PieceState::Idle(body) })
    }
}

#[cfg(test)]
mod tests;
