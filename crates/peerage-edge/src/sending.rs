//! Long answers while they are sent, and which of them are cut off because their clients read too slowly.
//!
//! An answer that is longer than the buffers of its connection uses memory until its client has read it: of its own (the
//! numbers of its rows, the state of a compressor), or of the registry, whose earlier state lives as long as an answer
//! shows it. Both are bounded. Above a bound, connections are closed in the middle of their answers: those of the client
//! that uses most, the slowest first, or those that show the earliest states.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_ENCODING;
use http_body::Body as _;

use crate::client::ClientNetwork;
use crate::connection::Connection;
use crate::content::UnsentPieces;
use crate::heavy::MadeWhileSent;
use crate::settings::EdgeLimits;

/// The memory that one compressor needs, in bytes.
const COMPRESSOR_BYTES: usize = 1024 * 1024;

/// How often earlier states are measured while answers show them.
pub const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long closed connections have to release what they used, before others are closed as well.
const RELEASE_TIME: Duration = Duration::from_millis(100);

/// How often a node looks whether they have.
const RELEASE_LOOK: Duration = Duration::from_millis(5);

/// An answer is as slow as if it had taken this long at least, because every answer begins slowly.
const BEGINNING: Duration = Duration::from_secs(2);

/// A state of the registry: its timeline, and its position there.
pub type StateNumber = (u64, u64);

/// What a long answer uses, as an extension of the answer.
#[derive(Debug, Clone, Default)]
pub struct LongAnswer {
    /// Memory of its own.
    pub own_bytes: usize,
    /// What it shares with the registry and has not sent yet. Released as soon as it is cut off: until a busy connection
    /// notices that, others replace as many pages again.
    pub unsent: Option<Arc<UnsentPieces>>,
    /// The state that it shows.
    pub state: Option<StateNumber>,
    /// Who gets it. Set by [`crate::edge`].
    pub client: Option<ClientNetwork>,
}

/// The long answers of a node.
pub struct LongAnswers {
    own_bytes_max: usize,
    earlier_bytes_max: usize,
    sent: Mutex<SentAnswers>,
}

#[derive(Default)]
struct SentAnswers {
    next: u64,
    own_bytes: usize,
    answers: HashMap<u64, SentAnswer>,
    by_client: HashMap<Option<ClientNetwork>, ClientAnswers>,
    /// Answers that were cut off and still use what they used.
    releasing: HashSet<u64>,
}

/// The answers of one client, by number.
#[derive(Default)]
struct ClientAnswers {
    own_bytes: usize,
    numbers: BTreeSet<u64>,
}

struct SentAnswer {
    long: LongAnswer,
    begun: Instant,
    sent: Arc<AtomicU64>,
    connection: Arc<Connection>,
}

impl SentAnswer {
    /// Bytes a second.
    fn rate(&self, now: Instant) -> u64 {
        let took = now.duration_since(self.begun).max(BEGINNING);
        self.sent.load(Ordering::Relaxed).saturating_mul(1_000) / took.as_millis() as u64
    }
}

impl SentAnswers {
    fn add(&mut self, answer: SentAnswer) -> u64 {
        let number = self.next;
        self.next += 1;
        self.own_bytes += answer.long.own_bytes;
        let of_client = self.by_client.entry(answer.long.client).or_default();
        of_client.own_bytes += answer.long.own_bytes;
        of_client.numbers.insert(number);
        self.answers.insert(number, answer);
        number
    }

    fn remove(&mut self, number: u64) -> Option<SentAnswer> {
        let removed = self.answers.remove(&number)?;
        self.own_bytes -= removed.long.own_bytes;
        if let Entry::Occupied(mut of_client) = self.by_client.entry(removed.long.client) {
            of_client.get_mut().own_bytes -= removed.long.own_bytes;
            of_client.get_mut().numbers.remove(&number);
            if of_client.get().numbers.is_empty() {
                of_client.remove();
            }
        }
        Some(removed)
    }

    /// Cuts an answer off. Returns what to release.
    fn cut(&mut self, number: u64) -> Option<Arc<UnsentPieces>> {
        let removed = self.remove(number)?;
        removed.connection.cut();
        self.releasing.insert(number);
        removed.long.unsent
    }

    /// Returns the slowest answer of the client that uses most, of several the latest.
    fn most_expensive(&self, now: Instant) -> Option<u64> {
        let of_client = self.by_client.values().max_by_key(|of_client| of_client.own_bytes)?;
        let rated = of_client.numbers.iter().filter_map(|number| Some((self.answers.get(number)?.rate(now), *number)));
        rated.min_by_key(|(rate, number)| (*rate, u64::MAX - number)).map(|(_, number)| number)
    }
}

/// An answer that is being sent. It has ended when this is dropped.
pub struct SendingAnswer {
    all: Arc<LongAnswers>,
    number: u64,
    sent: Arc<AtomicU64>,
}

impl SendingAnswer {
    /// Notes that the connection has taken bytes.
    pub fn note(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for SendingAnswer {
    fn drop(&mut self) {
        let mut sent = self.all.sent();
        sent.remove(self.number);
        sent.releasing.remove(&self.number);
    }
}

impl LongAnswers {
    pub fn new(limits: &EdgeLimits) -> Arc<LongAnswers> {
        Arc::new(LongAnswers {
            own_bytes_max: limits.long_answer_bytes_max,
            earlier_bytes_max: limits.earlier_bytes_max,
            sent: Mutex::default(),
        })
    }

    fn sent(&self) -> MutexGuard<'_, SentAnswers> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to send an answer. If all together use too much memory now, the most expensive are cut off, which may be
    /// this one.
    pub fn begin(self: &Arc<Self>, long: LongAnswer, connection: &Arc<Connection>) -> SendingAnswer {
        let bytes = Arc::<AtomicU64>::default();
        let answer =
            SentAnswer { long, begun: Instant::now(), sent: Arc::clone(&bytes), connection: Arc::clone(connection) };
        let mut sent = self.sent();
        let now = answer.begun;
        let number = sent.add(answer);
        let mut unsent = Vec::new();
        while sent.own_bytes > self.own_bytes_max
            && let Some(slowest) = sent.most_expensive(now)
        {
            unsent.extend(sent.cut(slowest));
        }
        drop(sent);
        for pieces in unsent {
            pieces.release();
        }
        SendingAnswer { all: Arc::clone(self), number, sent: bytes }
    }

    /// Whether some answer shows another state than this one.
    fn shows_earlier(&self, current: StateNumber) -> bool {
        self.sent().answers.values().any(|answer| answer.long.state.is_some_and(|state| state != current))
    }

    /// Cuts off the answers that show the earliest states: as large a part of all states before the current one as `earlier`
    /// bytes are too many. Returns whether there were any. One state at a time would be slower than readers that begin
    /// again.
    fn cut_earliest(&self, current: StateNumber, earlier: usize) -> bool {
        let mut sent = self.sent();
        let states = sent.answers.values().filter_map(|answer| answer.long.state).filter(|state| *state != current);
        let states: BTreeSet<StateNumber> = states.collect();
        let share = earlier.saturating_sub(self.earlier_bytes_max) as f64 / earlier.max(1) as f64;
        let count = (states.len() as f64 * share).ceil() as usize;
        let Some(last) = states.iter().take(count).next_back() else { return false };
        let is_cut = |answer: &SentAnswer| answer.long.state.is_some_and(|state| state != current && state <= *last);
        let numbers = sent.answers.iter().filter(|(_, answer)| is_cut(answer)).map(|(number, _)| *number);
        let numbers: Vec<u64> = numbers.collect();
        let unsent: Vec<_> = numbers.into_iter().filter_map(|number| sent.cut(number)).collect();
        drop(sent);
        for pieces in unsent {
            pieces.release();
        }
        true
    }

    /// Cuts answers off until earlier states use no more than the settings allow. `measure` returns the current state
    /// and how many bytes earlier ones use.
    pub async fn bound_earlier(&self, current: StateNumber, measure: impl Fn() -> (StateNumber, usize)) {
        if !self.shows_earlier(current) {
            return;
        }
        loop {
            let (current, earlier) = measure();
            if earlier <= self.earlier_bytes_max || !self.cut_earliest(current, earlier) {
                return;
            }
            let cut_at = Instant::now();
            while !self.sent().releasing.is_empty() && cut_at.elapsed() < RELEASE_TIME {
                tokio::time::sleep(RELEASE_LOOK).await;
            }
        }
    }
}

/// The number of bytes above which a body is compressed by other threads.
const COMPRESSED_AT_ONCE_MAX: u64 = 64 * 1024;

/// Marks a body that would take long to compress.
#[derive(Debug, Clone, Copy)]
struct LongToCompress;

/// Marks a body that would take long to compress. A body that is already compressed passes unchanged.
pub async fn mark_long(mut answer: Response<Body>) -> Response<Body> {
    let is_long = answer.body().size_hint().exact().is_none_or(|bytes| bytes > COMPRESSED_AT_ONCE_MAX);
    if is_long && !answer.headers().contains_key(CONTENT_ENCODING) {
        answer.extensions_mut().insert(LongToCompress);
    }
    answer
}

/// Has a long body compressed by the pool, if the client wants it compressed.
pub fn compress_in_pool(mut answer: Response<Body>) -> Response<Body> {
    let is_marked = answer.extensions_mut().remove::<LongToCompress>().is_some();
    if is_marked && answer.headers().contains_key(CONTENT_ENCODING) {
        answer.extensions_mut().insert(MadeWhileSent);
        answer.extensions_mut().get_or_insert_default::<LongAnswer>().own_bytes += COMPRESSOR_BYTES;
    }
    answer
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use peerage_registry::ListingFrames;

    use super::*;
    use crate::client::RequestClient;
    use crate::content::SharedPieces;

    const LIMITS: EdgeLimits = EdgeLimits::DEFAULT;

    fn connection(all: &Arc<LongAnswers>) -> Arc<Connection> {
        Connection::new(([192, 0, 2, 1], 1).into(), 0, false, Arc::clone(all))
    }

    fn long(address: &str, own_bytes: usize, state: u64) -> LongAnswer {
        let client = RequestClient::of(address.parse().expect("an address")).own();
        LongAnswer { own_bytes, unsent: None, state: Some((0, state)), client: Some(client) }
    }

    #[test]
    fn n06_the_slowest_answer_of_the_client_with_most_is_cut_off() {
        let all = LongAnswers::new(&LIMITS);
        let part = LIMITS.long_answer_bytes_max / 4;
        let begin = |address: &str, bytes: usize| {
            let connection = connection(&all);
            (all.begin(long(address, bytes, 1), &connection), connection)
        };
        let modest = begin("192.0.2.1", part);
        let (fast, slow) = (begin("192.0.2.2", part), begin("192.0.2.2", part));
        fast.0.note(1_000_000);
        let last = begin("192.0.2.2", part);
        last.0.note(500_000);
        let cut = |another: &Arc<Connection>| {
            [&modest.1, &fast.1, &slow.1, &last.1, another].map(|connection| connection.is_cut())
        };
        assert_eq!(cut(&last.1), [false; 5], "all fit");
        let another = begin("192.0.2.3", 1);
        assert_eq!(cut(&another.1), [false, false, true, false, false]);
        drop(slow);
        assert_eq!(all.sent().own_bytes, 3 * part + 1, "an answer is released once");
        drop((modest, fast, last, another));
        assert_eq!(all.sent().own_bytes, 0);
        assert!(all.sent().answers.is_empty() && all.sent().by_client.is_empty());
    }

    #[test]
    fn n06_what_an_answer_shares_is_released_when_it_is_cut_off() {
        let all = LongAnswers::new(&LIMITS);
        let page = Arc::new([1_u8; 8]);
        let begin = |own_bytes: usize| {
            let piece = || Bytes::from_owner(SharedPage(Arc::clone(&page)));
            let pieces = ListingFrames::new(piece(), Arc::from([piece()]), piece());
            let (body, unsent) = SharedPieces::body(pieces);
            let long = LongAnswer { unsent: Some(unsent), ..long("192.0.2.1", own_bytes, 1) };
            (body, all.begin(long, &connection(&all)))
        };
        let sent = begin(1);
        assert_eq!(Arc::strong_count(&page), 4);
        let cut = begin(LIMITS.long_answer_bytes_max + 1);
        assert_eq!(Arc::strong_count(&page), 4, "its body still waits for its connection");
        drop((sent, cut));
        assert_eq!(Arc::strong_count(&page), 1);
    }

    struct SharedPage(Arc<[u8; 8]>);

    impl AsRef<[u8]> for SharedPage {
        fn as_ref(&self) -> &[u8] {
            &*self.0
        }
    }

    #[test]
    fn n06_an_answer_that_is_too_expensive_is_cut_off_itself() {
        let all = LongAnswers::new(&LIMITS);
        let connection = connection(&all);
        let _answer = all.begin(long("192.0.2.1", LIMITS.long_answer_bytes_max + 1, 1), &connection);
        assert!(connection.is_cut());
    }

    #[tokio::test]
    async fn n06_the_earliest_states_are_released_first_and_the_current_one_never() {
        let all = LongAnswers::new(&LIMITS);
        let sent: Vec<_> = [3, 1, 2, 1, 4].map(|state| (state, connection(&all))).into_iter().collect();
        let _held: Vec<_> =
            sent.iter().map(|(state, connection)| all.begin(long("192.0.2.1", 0, *state), connection)).collect();
        let measure = |cut: u64| {
            let left = AtomicU64::new(cut);
            move || {
                let is_too_much = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
                ((0, 4), if is_too_much.is_ok() { LIMITS.earlier_bytes_max + 1 } else { LIMITS.earlier_bytes_max })
            }
        };
        let cut = || sent.iter().map(|(_, connection)| connection.is_cut()).collect::<Vec<_>>();
        all.bound_earlier((0, 4), measure(0)).await;
        assert_eq!(cut(), [false; 5]);
        all.bound_earlier((0, 4), measure(1)).await;
        assert_eq!(cut(), [false, true, false, true, false]);
        all.bound_earlier((0, 4), measure(9)).await;
        assert_eq!(cut(), [true, true, true, true, false], "the current state costs nothing");
    }
}
