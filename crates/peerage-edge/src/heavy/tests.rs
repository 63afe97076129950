use std::convert::Infallible;
use std::net::Ipv4Addr;

use futures_util::stream;
use http_body_util::BodyExt;
use tokio::task::JoinHandle;

use super::*;

const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

type TestGate = Arc<Mutex<std::sync::mpsc::Receiver<()>>>;

/// Runs work that waits at the gate and then records its name.
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
        // The first one works, the others wait.
        until(|| waiting(&pool) == number && pool.shared.turns().free == 0).await;
    }
    assert_eq!(pool.run(ONE, || 7).await, Err(BUSY), "the client's share is used up");
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
    // One was running and another was next before the other client arrived.
    assert_eq!(done.lock().expect("the lock")[..5], [ONE, ONE, OTHER, ONE, OTHER]);
    assert_eq!(pool.run(ONE, || 7).await, Ok(7));
    assert!(
        pool.shared.counts(ClientShare::Place).is_empty() && pool.shared.turns().order.is_empty(),
        "all counts are released"
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
        "all counts are released"
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
    assert_eq!(answer(ONE, 1).await, Err(BUSY), "the client does not read its answers");
    assert!(answer(OTHER, SENT_FREELY_MAX + 1).await.is_ok(), "another client does");
    let mut last = unread.pop().expect("an answer");
    let end = last.split_off(SENT_FREELY_MAX);
    drop(last);
    assert_eq!(answer(ONE, 1).await, Err(BUSY), "the last unsent byte keeps the slot");
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
    assert!(pool.shared.counts(ClientShare::Place).is_empty(), "all counts are released");
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
    // Requests above the limit are refused at once.
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
    assert!(pool.shared.counts(ClientShare::Patience).is_empty() && pool.shared.counts(ClientShare::Place).is_empty());
}

#[tokio::test]
async fn n01_answers_made_at_once_are_held_by_their_clients_share_until_they_are_sent() {
    let pool = HeavyPool::new(1, PLACES_MAX, Duration::ZERO);
    let answer = |bytes: usize| EdgeResponse::new(ResponseBody::Whole(vec![b'x'; bytes].into()));
    let unread: Vec<EdgeResponse> = (0..SHORT_ANSWERS_PER_CLIENT)
        .map(|_| pool.hold_short(ONE, answer(SENT_FREELY_MAX + 1)).map_err(drop).expect("within the share"))
        .collect();
    assert!(pool.hold_short(ONE, answer(SENT_FREELY_MAX + 1)).is_err());
    assert!(pool.hold_short(ONE, answer(SENT_FREELY_MAX)).is_ok(), "short answers do not count");
    assert!(pool.hold_short(OTHER, answer(SENT_FREELY_MAX + 1)).is_ok());
    let cached = Bytes::from(vec![b'x'; SENT_FREELY_MAX + 1]);
    let again = EdgeResponse::new(ResponseBody::Whole(cached.clone()));
    assert!(pool.hold_short(ONE, again).is_err(), "the cache may drop what a client has not read");
    drop(unread);
    let again = EdgeResponse::new(ResponseBody::Whole(cached.clone()));
    let sent = pool.hold_short(ONE, again).map_err(drop).expect("within the share");
    assert!(!pool.shared.counts(ClientShare::ShortAnswer).is_empty(), "shared bytes count");
    drop(sent);
    assert!(pool.shared.counts(ClientShare::ShortAnswer).is_empty(), "all counts are released");
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
