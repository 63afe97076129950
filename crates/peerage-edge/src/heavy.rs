//! Where work is done that takes longer than other requests should wait for.
//!
//! The threads that take connections answer most requests from memory in microseconds. A query whose budget runs out
//! there ([`peerage_registry::query::QueryWork::light`]), an export, or a long body that is made while it is sent is worked on
//! by other threads: a few at a time, and with a bounded queue.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::client::{ClientCounts, ClientNetwork, RequestClient};
use crate::content::{EdgeResponse, ResponseBody};
use crate::errors::ApiError;

/// Requests that are worked on or wait for it, and long answers that are not sent yet. One more is answered 503.
pub const PLACES_MAX: usize = 128;

/// The part of them that one client may have.
pub const PLACES_PER_CLIENT: usize = 8;

/// Bytes above which an answer that no other request shares holds its place until it is sent.
pub const SENT_FREELY_MAX: usize = 128 * 1024;

/// Answers that were made at once and are too long to be sent freely, until they are sent: in sum and of one client.
/// They are as long as [`peerage_registry::query::work::LIGHT_BYTES_MAX`], and one row more.
pub const SHORT_ANSWERS_MAX: usize = 256;
pub const SHORT_ANSWERS_PER_CLIENT: usize = 32;

/// Requests that wait for a place of their client to become free: in sum and of one client.
pub const PATIENT_MAX: usize = 512;
pub const PATIENT_PER_CLIENT: usize = 32;

/// How long they wait.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Seconds after which a request that found no place should be sent again.
pub const RETRY_AFTER_S: u64 = 5;

const BUSY: ApiError = ApiError::Busy { what: "large queries", wait_s: RETRY_AFTER_S };

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
    /// Told whenever a place becomes free.
    freed: Notify,
    turns: Mutex<TurnQueue>,
}

/// One of the things of which each client has a share.
#[derive(Debug, Clone, Copy)]
enum ClientShare {
    Place,
    ShortAnswer,
    Patience,
}

/// Who works and who waits. Clients take turns one after the other, however many requests each of them has.
struct TurnQueue {
    free: usize,
    waiting: HashMap<ClientNetwork, VecDeque<oneshot::Sender<WorkTurn>>>,
    /// The clients that wait, each of them once.
    order: VecDeque<ClientNetwork>,
}

impl TurnQueue {
    /// The request whose turn is next.
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
        // Whoever has gone takes no memory.
        requests.retain(|request| !request.is_closed());
        requests.push_back(give);
        wait
    }
}

/// The right to work, passed on when it is dropped.
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

/// A place of a client, free again when it is dropped.
pub struct HeavySlot {
    pool: Arc<PoolState>,
    client: Vec<ClientNetwork>,
    share: ClientShare,
}

impl HeavySlot {
    /// Bytes that hold the place until they are sent, if they are many and nobody else has them.
    pub fn hold(self, bytes: impl Into<Bytes>) -> Bytes {
        let bytes = bytes.into();
        if bytes.len() <= SENT_FREELY_MAX || !bytes.is_unique() {
            return bytes;
        }
        Bytes::from_owner(HeldBytes { bytes, _place: self })
    }

    /// The same for the body of an answer. One that is made while it is sent, or of shared pieces, holds nothing.
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

/// Bytes of an answer with the place that they take.
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

    /// Counts one more for a client; none if its share or all of it is taken.
    fn take(self: &Arc<Self>, share: ClientShare, client: &[ClientNetwork]) -> Option<HeavySlot> {
        let (max, per_client) = match share {
            ClientShare::Place => (self.places_max, PLACES_PER_CLIENT),
            ClientShare::ShortAnswer => (SHORT_ANSWERS_MAX, SHORT_ANSWERS_PER_CLIENT),
            ClientShare::Patience => (PATIENT_MAX, PATIENT_PER_CLIENT),
        };
        let is_free = self.counts(share).take(client, max, per_client);
        is_free.then(|| HeavySlot { pool: Arc::clone(self), client: client.to_vec(), share })
    }

    /// Waits until a place of the client is free; none if too many wait or it takes too long.
    async fn wait_for_place(self: &Arc<Self>, client: &[ClientNetwork]) -> Option<HeavySlot> {
        let _waits = self.take(ClientShare::Patience, client)?;
        let taken = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                // Before it is tried: what becomes free in between wakes this one.
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

    /// Gives turns that are free to whoever waits.
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
                // The request has gone meanwhile.
                refused.pool = None;
                self.turns().free += 1;
            }
        }
    }

    /// Waits for the turn of a client; none if it never comes, which no server does.
    async fn turn(self: &Arc<Self>, client: &[ClientNetwork]) -> Option<WorkTurn> {
        // A site takes turns as one.
        let site = *client.last()?;
        let wait = self.turns().wait(site);
        self.pass_turns();
        wait.await.ok()
    }
}

impl Default for HeavyPool {
    /// All cores but one work on heavy requests, and two of two: the threads that answer light ones sleep most of the
    /// time, and the scheduler of the system lets such threads go first.
    fn default() -> HeavyPool {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        HeavyPool::new((cores - 1).max(cores.min(2)), PLACES_MAX, PATIENCE)
    }
}

impl HeavyPool {
    fn new(turns: usize, places_max: usize, patience: Duration) -> HeavyPool {
        let turns = TurnQueue { free: turns, waiting: HashMap::new(), order: VecDeque::new() };
        let shared = PoolState {
            places: Mutex::default(),
            places_max,
            short_answers: Mutex::default(),
            patient: Mutex::default(),
            patience,
            freed: Notify::new(),
            turns: Mutex::new(turns),
        };
        HeavyPool { shared: Arc::new(shared) }
    }

    /// An answer that was made at once. A long one that no other request shares counts as its client's until it is sent.
    ///
    /// # Errors
    /// The client's share of such answers is taken: the same question has to be asked in the pool.
    pub fn hold_short(&self, address: IpAddr, reply: EdgeResponse) -> Result<EdgeResponse, EdgeResponse> {
        let is_free = match reply.body() {
            ResponseBody::Whole(bytes) => bytes.len() <= SENT_FREELY_MAX || !bytes.is_unique(),
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

    /// Does the work of a client when it is its turn, waiting a while for a place where the client's are taken: many
    /// requests at a time are no fault of a script or of those behind one address. A panic goes on as if it had happened
    /// here.
    ///
    /// # Errors
    /// Too many requests wait already, in sum or of this client, or no place became free in time.
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

    /// The same for work that makes a long answer, which may hold the place until it is sent.
    ///
    /// # Errors
    /// As [`HeavyPool::run`].
    pub async fn run_holding<T: Send + 'static>(
        &self,
        address: IpAddr,
        work: impl FnOnce(HeavySlot) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let client = RequestClient::of(address).counted();
        let place = match self.shared.take(ClientShare::Place, &client) {
            Some(place) => place,
            None => self.shared.wait_for_place(&client).await.ok_or(BUSY)?,
        };
        self.work_at(place, work).await
    }

    /// The same for work on something large that the request has brought, which must not pile up: it never waits for a
    /// place.
    ///
    /// # Errors
    /// The client's places, or all of them, are taken.
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
        let turn = self.shared.turn(&place.client).await.ok_or(ApiError::Internal)?;
        let working = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(place)
        });
        match working.await {
            Ok(done) => Ok(done),
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(ApiError::Internal),
            },
        }
    }

    /// The same body, each piece of it made in the pool at a turn of its client. What is sent slowly holds no turn
    /// between two pieces, and what has begun is never refused.
    pub fn piecewise(&self, address: IpAddr, body: Body) -> Body {
        let client = RequestClient::of(address).counted();
        Body::new(PiecewiseBody { pool: Arc::clone(&self.shared), client, state: PieceState::Idle(body) })
    }
}

type BodyPiece = Option<Result<Frame<Bytes>, axum::Error>>;

/// A body whose pieces are made in the pool, one at a time.
struct PiecewiseBody {
    pool: Arc<PoolState>,
    client: Vec<ClientNetwork>,
    state: PieceState,
}

enum PieceState {
    Idle(Body),
    /// The body comes back with its next piece; without one if it waits for something.
    Busy(JoinHandle<(Body, Option<BodyPiece>)>),
    Ended,
}

impl http_body::Body for PiecewiseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<BodyPiece> {
        loop {
            match std::mem::replace(&mut self.state, PieceState::Ended) {
                PieceState::Ended => return Poll::Ready(None),
                PieceState::Idle(mut body) => {
                    let (pool, client) = (Arc::clone(&self.pool), self.client.clone());
                    self.state = PieceState::Busy(tokio::spawn(async move {
                        // The queue never ends; without a turn the piece is made all the same.
                        let turn = pool.turn(&client).await;
                        let made = tokio::task::spawn_blocking(move || {
                            let _turn = turn;
                            let piece = body.frame().now_or_never();
                            (body, piece)
                        });
                        made.await.unwrap_or_else(|_| (Body::empty(), Some(Some(Err(broken())))))
                    }));
                }
                PieceState::Busy(mut making) => match making.poll_unpin(context) {
                    Poll::Pending => {
                        self.state = PieceState::Busy(making);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((body, Some(piece)))) => {
                        if matches!(piece, Some(Ok(_))) {
                            self.state = PieceState::Idle(body);
                        }
                        return Poll::Ready(piece);
                    }
                    Poll::Ready(Ok((mut body, None))) => {
                        // It waits for something: then this task has to be the one that is woken.
                        let piece = match body.frame().poll_unpin(context) {
                            Poll::Ready(piece) => piece,
                            Poll::Pending => {
                                self.state = PieceState::Idle(body);
                                return Poll::Pending;
                            }
                        };
                        if matches!(piece, Some(Ok(_))) {
                            self.state = PieceState::Idle(body);
                        }
                        return Poll::Ready(piece);
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(Some(Err(broken()))),
                },
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            PieceState::Idle(body) => body.is_end_stream(),
            PieceState::Busy(_) => false,
            PieceState::Ended => true,
        }
    }
}

fn broken() -> axum::Error {
    axum::Error::new(std::io::Error::other("the answer could not be made to its end"))
}

impl Drop for PiecewiseBody {
    fn drop(&mut self) {
        if let PieceState::Busy(making) = &self.state {
            making.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::Ipv4Addr;

    use futures_util::stream;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

    type TestGate = Arc<Mutex<std::sync::mpsc::Receiver<()>>>;

    /// Work that waits for the gate and then writes down its name.
    fn wait_at(pool: &HeavyPool, address: IpAddr, gate: &TestGate, done: &Arc<Mutex<Vec<IpAddr>>>) -> JoinHandle<()> {
        let (pool, gate, done) = (pool.clone(), Arc::clone(gate), Arc::clone(done));
        tokio::spawn(async move {
            let work = move || {
                let _ = gate.lock().expect("the lock").recv();
                done.lock().expect("the lock").push(address);
            };
            pool.run(address, work).await.expect("a place");
        })
    }

    async fn until(is_so: impl Fn() -> bool) {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn waiting(pool: &HeavyPool) -> usize {
        pool.shared.turns().waiting.values().map(VecDeque::len).sum()
    }

    #[tokio::test]
    async fn n01_one_client_takes_its_share_of_the_pool_and_every_second_turn() {
        let pool = HeavyPool::new(1, PLACES_MAX, Duration::ZERO);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (gate, done) = (Arc::new(Mutex::new(gate)), Arc::default());
        let mut all = Vec::new();
        for number in 0..PLACES_PER_CLIENT {
            all.push(wait_at(&pool, ONE, &gate, &done));
            // The first works, the others wait.
            until(|| waiting(&pool) == number && pool.shared.turns().free == 0).await;
        }
        assert_eq!(pool.run(ONE, || 7).await, Err(BUSY), "the client's share is taken");
        for number in 0..2 {
            all.push(wait_at(&pool, OTHER, &gate, &done));
            until(|| waiting(&pool) == PLACES_PER_CLIENT + number).await;
        }
        for _ in &all {
            open.send(()).expect("somebody waits");
        }
        for one in all {
            one.await.expect("no panic");
        }
        // One worked and another was next before the other client came.
        assert_eq!(done.lock().expect("the lock")[..5], [ONE, ONE, OTHER, ONE, OTHER]);
        assert_eq!(pool.run(ONE, || 7).await, Ok(7));
        assert!(
            pool.shared.counts(ClientShare::Place).is_empty() && pool.shared.turns().order.is_empty(),
            "memory returns"
        );
        assert_eq!(pool.shared.turns().free, 1);
    }

    #[tokio::test]
    async fn n01_work_beyond_the_queue_is_refused_and_whoever_goes_leaves_nothing() {
        let pool = HeavyPool::new(1, 3, Duration::ZERO);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (gate, done) = (Arc::new(Mutex::new(gate)), Arc::default());
        let first = wait_at(&pool, ONE, &gate, &done);
        until(|| pool.shared.turns().free == 0).await;
        let second = wait_at(&pool, ONE, &gate, &done);
        let third = wait_at(&pool, OTHER, &gate, &done);
        until(|| waiting(&pool) == 2).await;
        assert_eq!(pool.run(OTHER, || 7).await, Err(BUSY));
        second.abort();
        assert!(second.await.is_err_and(|stopped| stopped.is_cancelled()));
        let fourth = wait_at(&pool, ONE, &gate, &done);
        for _ in 0..3 {
            open.send(()).expect("somebody waits");
        }
        for one in [first, third, fourth] {
            one.await.expect("no panic");
        }
        assert_eq!(pool.run(OTHER, || 7).await, Ok(7));
        assert!(
            pool.shared.counts(ClientShare::Place).is_empty() && pool.shared.turns().waiting.is_empty(),
            "memory returns"
        );
    }

    #[tokio::test]
    async fn n01_a_long_answer_holds_its_place_until_the_last_byte_is_gone() {
        let pool = HeavyPool::new(1, PLACES_MAX, Duration::ZERO);
        let answer = |address, bytes| pool.run_holding(address, move |place| place.hold(vec![b'x'; bytes]));
        let mut unread = Vec::new();
        for _ in 0..PLACES_PER_CLIENT {
            unread.push(answer(ONE, SENT_FREELY_MAX + 1).await.expect("a place"));
        }
        assert_eq!(answer(ONE, 1).await, Err(BUSY), "the client reads nothing");
        assert!(answer(OTHER, SENT_FREELY_MAX + 1).await.is_ok(), "another does");
        let mut last = unread.pop().expect("an answer");
        let end = last.split_off(SENT_FREELY_MAX);
        drop(last);
        assert_eq!(answer(ONE, 1).await, Err(BUSY), "its last byte keeps all of it");
        assert_eq!(end.len(), 1);
        drop(end);
        for _ in 0..PLACES_PER_CLIENT * 2 {
            let small = answer(ONE, SENT_FREELY_MAX).await.expect("short answers hold nothing");
            assert_eq!(small.len(), SENT_FREELY_MAX);
        }
        let shared = Bytes::from(vec![b'x'; SENT_FREELY_MAX + 1]);
        let of_others = shared.clone();
        let sent = pool.run_holding(ONE, move |place| place.hold(of_others)).await.expect("a place");
        let more = pool.run_holding(ONE, |place| place.hold(shared)).await.expect("shared bytes hold nothing");
        assert_eq!(sent, more);
        drop(unread);
        assert!(pool.shared.counts(ClientShare::Place).is_empty(), "memory returns");
    }

    #[tokio::test]
    async fn n01_a_request_waits_a_while_for_a_place_and_no_longer() {
        let pool = HeavyPool::new(1, PLACES_MAX, Duration::from_millis(50));
        let hold = |address| pool.run_holding(address, |place| place.hold(vec![b'x'; SENT_FREELY_MAX + 1]));
        let mut unread = Vec::new();
        for _ in 0..PLACES_PER_CLIENT {
            unread.push(hold(ONE).await.expect("a place"));
        }
        assert_eq!(hold(ONE).await, Err(BUSY), "nothing becomes free");
        let begun = std::time::Instant::now();
        assert_eq!(pool.run_at_once(ONE, || 7).await, Err(BUSY));
        assert_eq!((pool.run_at_once(OTHER, || 7).await, begun.elapsed() < Duration::from_millis(50)), (Ok(7), true));
        let pool = HeavyPool::new(1, PLACES_MAX, Duration::from_mins(1));
        let hold = |address| pool.run_holding(address, |place| place.hold(vec![b'x'; SENT_FREELY_MAX + 1]));
        let mut unread = Vec::new();
        for _ in 0..PLACES_PER_CLIENT {
            unread.push(hold(ONE).await.expect("a place"));
        }
        let read_one = async {
            until(|| !pool.shared.counts(ClientShare::Patience).is_empty()).await;
            drop(unread.pop());
        };
        let ((), more) = tokio::join!(read_one, hold(ONE));
        unread.push(more.expect("the place that became free"));
        // More than may wait are refused at once.
        let waiting = (0..=PATIENT_PER_CLIENT).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run_holding(ONE, |_| ()).await })
        });
        let waiting: Vec<_> = waiting.collect();
        until(|| waiting.iter().any(JoinHandle::is_finished)).await;
        unread.clear();
        let mut refused = 0;
        for one in waiting {
            refused += usize::from(one.await.expect("no panic").is_err());
        }
        assert_eq!(refused, 1);
        assert!(
            pool.shared.counts(ClientShare::Patience).is_empty() && pool.shared.counts(ClientShare::Place).is_empty()
        );
    }

    #[tokio::test]
    async fn n01_answers_made_at_once_are_held_by_their_clients_share_until_they_are_sent() {
        let pool = HeavyPool::new(1, PLACES_MAX, Duration::ZERO);
        let answer = |bytes: usize| EdgeResponse::new(ResponseBody::Whole(vec![b'x'; bytes].into()));
        let unread: Vec<EdgeResponse> = (0..SHORT_ANSWERS_PER_CLIENT)
            .map(|_| pool.hold_short(ONE, answer(SENT_FREELY_MAX + 1)).map_err(drop).expect("within the share"))
            .collect();
        assert!(pool.hold_short(ONE, answer(SENT_FREELY_MAX + 1)).is_err());
        assert!(pool.hold_short(ONE, answer(SENT_FREELY_MAX)).is_ok(), "short ones are free");
        assert!(pool.hold_short(OTHER, answer(SENT_FREELY_MAX + 1)).is_ok());
        drop(unread);
        assert!(pool.shared.counts(ClientShare::ShortAnswer).is_empty(), "memory returns");
    }

    #[tokio::test]
    async fn a_body_made_in_pieces_is_the_same_body() {
        let pool = HeavyPool::new(1, 1, Duration::ZERO);
        let pieces = (0..50_u8).map(|number| Ok::<_, Infallible>(Bytes::from(vec![number; 100])));
        let body = pool.piecewise(ONE, Body::from_stream(stream::iter(pieces)));
        let whole = body.collect().await.expect("the body").to_bytes();
        assert_eq!(whole.len(), 5_000);
        assert!(whole.chunks(100).enumerate().all(|(at, piece)| piece.iter().all(|byte| usize::from(*byte) == at)));
        let slow = stream::unfold(0_u8, |number| async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            (number < 3).then(|| (Ok::<_, Infallible>(Bytes::from(vec![number])), number + 1))
        });
        let body = pool.piecewise(ONE, Body::from_stream(slow));
        assert_eq!(body.collect().await.expect("the body").to_bytes(), vec![0, 1, 2]);
    }
}
