//! Lets clients read what they wrote, whichever node answers next.
//!
//! Nodes follow the log with a delay of some milliseconds. The answer to a change therefore contains its position in
//! the log: programs get it in a header and send it back, browsers get it in a cookie. A node that has not reached that
//! position catches up before it answers.
//!
//! A position is signed with the server key. A forged one is refused or ignored, and no request waits for it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use peerage_access::ServerKey;
use peerage_registry::LogHead;
use peerage_registry::moment::{MINUTE, SignedDuration};
use peerage_traces::Span;

use crate::client::{ClientCounts, ClientNetwork, RequestClient};
use crate::cookies;
use crate::cookies::CookieName;
use crate::errors::ApiError;
use peerage_engine::live::{self, LiveRegistry};
use peerage_engine::readiness::Readiness;

/// The header of answers to changes, and of requests that have to see those changes.
pub const POSITION: HeaderName = HeaderName::from_static("peerage-position");

/// How long a request waits for its position.
pub const WAIT_MAX: Duration = Duration::from_secs(1);

/// The number of requests that wait at a time, in total and per client.
pub const WAITING_MAX: usize = 1_000;
pub const WAITING_PER_CLIENT: usize = 100;

/// How long a browser keeps a position. A node that is further behind is not ready.
const COOKIE_LIFE: SignedDuration = MINUTE;

/// Formats a position for clients.
pub fn print(server_key: &ServerKey, head: LogHead) -> String {
    let position = live::position(head);
    let tag = server_key.tag(&signed(&position));
    format!("{position}-{tag}")
}

/// Returns the number of the event, if this registry has signed it.
fn parse(server_key: &ServerKey, text: &str) -> Option<u64> {
    let (position, tag) = text.rsplit_once('-')?;
    let sequence = position.split('-').next()?.parse().ok()?;
    server_key.has_tagged(&signed(position), tag).then_some(sequence)
}

fn signed(position: &str) -> String {
    format!("position {position}")
}

/// A position that the answer to a request has to include.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedPosition {
    sequence: u64,
    /// Whether the client sent it in a header. A browser that only has the cookie is answered in any case.
    is_explicit: bool,
}

impl WantedPosition {
    /// Returns the position that a request names, by header or cookie.
    ///
    /// # Errors
    /// The header contains something that this registry has not issued.
    pub fn of(
        headers: &HeaderMap,
        server_key: &ServerKey,
        is_secure: bool,
    ) -> Result<Option<WantedPosition>, ApiError> {
        if let Some(value) = headers.get(POSITION) {
            let sequence = value.to_str().ok().and_then(|text| parse(server_key, text.trim()));
            let Some(sequence) = sequence else {
                let text = "Peerage-Position: this registry gave no such position. Send the header of an earlier \
                            answer back unchanged, or leave it out.";
                return Err(ApiError::BadRequest(text.to_owned()));
            };
            return Ok(Some(WantedPosition { sequence, is_explicit: true }));
        }
        let cookie = cookies::read(headers, CookieName::Position, is_secure);
        let sequence = cookie.and_then(|text| parse(server_key, &text));
        Ok(sequence.map(|sequence| WantedPosition { sequence, is_explicit: false }))
    }

    /// Whether the node shows the position already.
    pub fn is_reached(self, live: &LiveRegistry) -> bool {
        live.state().snapshot.head().sequence >= self.sequence
    }
}

/// Adds the position of a change to its answer.
pub fn announce(headers: &mut HeaderMap, server_key: &ServerKey, head: LogHead, to_browser: Option<bool>) {
    let text = print(server_key, head);
    if let Some(is_secure) = to_browser {
        let cookie = cookies::set(CookieName::Position, &text, is_secure, Some(COOKIE_LIFE));
        headers.append(axum::http::header::SET_COOKIE, cookie);
    }
    // The text consists of digits, letters and hyphens.
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(POSITION, value);
    }
}

/// The requests that wait for a position.
#[derive(Default)]
pub struct PositionWaiters {
    counts: Mutex<ClientCounts>,
}

/// A waiting request, which is counted until this is dropped.
struct PositionWaiter {
    waiters: Arc<PositionWaiters>,
    client: Vec<ClientNetwork>,
}

impl PositionWaiters {
    /// Waits until the node shows a position, for [`WAIT_MAX`] at most.
    ///
    /// # Errors
    /// The client sent the position in a header, and the node did not reach it in time. A position that the database
    /// does not hold was lost with its history, so this does not wait for it.
    pub async fn wait(
        self: &Arc<PositionWaiters>,
        live: &LiveRegistry,
        wanted: WantedPosition,
        address: IpAddr,
    ) -> Result<(), ApiError> {
        let is_behind = || if wanted.is_explicit { Err(ApiError::Behind) } else { Ok(()) };
        let cannot_follow = [Readiness::LOG_UNREADABLE, Readiness::LOG_NOT_FOLLOWED, Readiness::STORE_SILENT];
        if live.readiness.is_failing(&cannot_follow) {
            return is_behind();
        }
        let Some(_place) = self.join(address) else { return is_behind() };
        let span = Span::begin_inside("position wait");
        match span.within(tokio::time::timeout(WAIT_MAX, reached(live, wanted))).await {
            Ok(()) => Ok(()),
            Err(_) => is_behind(),
        }
    }

    /// Waits until the node shows everything that the log holds now: for tokens that it does not know and that another
    /// node may have just issued. Limited like [`PositionWaiters::wait`].
    pub async fn catch_up(self: &Arc<PositionWaiters>, live: &LiveRegistry, address: IpAddr) {
        let all = WantedPosition { sequence: u64::MAX, is_explicit: false };
        // A client that did not send a position gets no error.
        let _ = self.wait(live, all, address).await;
    }

    fn join(self: &Arc<PositionWaiters>, address: IpAddr) -> Option<PositionWaiter> {
        let client = RequestClient::of(address).counted();
        let is_taken = self.counts().take(&client, WAITING_MAX, WAITING_PER_CLIENT);
        is_taken.then(|| PositionWaiter { waiters: Arc::clone(self), client })
    }

    fn counts(&self) -> MutexGuard<'_, ClientCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PositionWaiter {
    fn drop(&mut self) {
        self.waiters.counts().give_back(&self.client);
    }
}

/// Returns once the node shows the position, or has caught up with a database that does not hold it.
async fn reached(live: &LiveRegistry, wanted: WantedPosition) {
    let begun = Instant::now();
    let (mut positions, mut reads) = (live.positions(), live.reads());
    live.wake.notify_one();
    loop {
        positions.mark_unchanged();
        let last_read = *reads.borrow_and_update();
        if wanted.is_reached(live) || last_read.is_some_and(|last_read| last_read > begun) {
            return;
        }
        // Both senders live as long as the node.
        tokio::select! {
            _ = positions.changed() => {}
            _ = reads.changed() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use peerage_access::People;
    use peerage_registry::{Snapshot, SnapshotLoader};

    use super::*;
    use peerage_engine::live::RegistryState;

    fn server_key() -> ServerKey {
        ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("a key")
    }

    fn head(sequence: u64) -> LogHead {
        LogHead { sequence, hash: [sequence as u8; 32] }
    }

    fn with_header(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(POSITION, HeaderValue::from_str(text).expect("ASCII"))])
    }

    fn with_cookie(text: &str) -> HeaderMap {
        let cookie = HeaderValue::from_str(&format!("peerage-position={text}")).expect("ASCII");
        HeaderMap::from_iter([(axum::http::header::COOKIE, cookie)])
    }

    fn live() -> Arc<LiveRegistry> {
        LiveRegistry::new(Snapshot::default(), People::default(), "epoch".to_owned())
    }

    fn advance(live: &Arc<LiveRegistry>, sequence: u64) {
        let base: Arc<RegistryState> = live.full();
        live.advance(&base, SnapshotLoader::default().finish(head(sequence)), People::default());
    }

    /// A timeout for what should happen at once, even on a slow machine.
    const LONG: Duration = Duration::from_mins(1);
    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const EXPLICIT: WantedPosition = WantedPosition { sequence: 5, is_explicit: true };
    const BY_COOKIE: WantedPosition = WantedPosition { sequence: 5, is_explicit: false };

    #[test]
    fn i12_13_a_position_comes_back_and_a_forged_one_does_not() {
        let key = server_key();
        let text = print(&key, head(7));
        let wanted = |headers: &HeaderMap| WantedPosition::of(headers, &key, false);
        assert_eq!(wanted(&with_header(&text)), Ok(Some(WantedPosition { sequence: 7, is_explicit: true })));
        assert_eq!(wanted(&with_cookie(&text)), Ok(Some(WantedPosition { sequence: 7, is_explicit: false })));
        assert_eq!(wanted(&HeaderMap::new()), Ok(None));
        let (position, tag) = text.rsplit_once('-').expect("a tag");
        let further = position.replacen('7', "900", 1);
        for forged in [format!("{further}-{tag}"), position.to_owned(), "7".to_owned(), "x".to_owned(), String::new()] {
            assert!(matches!(wanted(&with_header(&forged)), Err(ApiError::BadRequest(_))), "{forged}");
            assert_eq!(wanted(&with_cookie(&forged)), Ok(None), "{forged}");
        }
    }

    /// Returns a waiting request after it was counted.
    async fn waiting(
        live: &Arc<LiveRegistry>,
        waiters: &Arc<PositionWaiters>,
        wanted: WantedPosition,
    ) -> tokio::task::JoinHandle<Result<(), ApiError>> {
        let (live, own) = (Arc::clone(live), Arc::clone(waiters));
        let counted = waiters.counts().total();
        let waiting = tokio::spawn(async move { own.wait(&live, wanted, ADDRESS).await });
        while waiters.counts().total() == counted {
            tokio::task::yield_now().await;
        }
        waiting
    }

    #[tokio::test]
    async fn i12_13_a_node_that_is_behind_waits_for_a_second_at_most() {
        let (live, waiters) = (live(), Arc::new(PositionWaiters::default()));
        let begun = Instant::now();
        let (program, browser) = (waiting(&live, &waiters, EXPLICIT).await, waiting(&live, &waiters, BY_COOKIE).await);
        assert_eq!(program.await.expect("no panic"), Err(ApiError::Behind));
        assert_eq!(browser.await.expect("no panic"), Ok(()), "a browser is answered in any case");
        assert!(begun.elapsed() >= WAIT_MAX, "{:?}", begun.elapsed());
        assert!(waiters.counts().is_empty());
        let mut waiting = Box::pin(reached(&live, EXPLICIT));
        for sequence in [3, 4] {
            assert!(waiting.as_mut().now_or_never().is_none(), "the node is behind");
            advance(&live, sequence);
        }
        advance(&live, 5);
        tokio::time::timeout(LONG, waiting).await.expect("as soon as the event is there");
    }

    #[tokio::test]
    async fn i12_13_a_position_that_the_database_lost_is_not_waited_for() {
        let (live, waiters) = (live(), Arc::new(PositionWaiters::default()));
        let mut waiting = Box::pin(reached(&live, EXPLICIT));
        assert!(waiting.as_mut().now_or_never().is_none());
        live.wake.notified().await;
        live.note_read(Instant::now());
        tokio::time::timeout(LONG, waiting).await.expect("the database does not hold it");
        live.readiness.fail(Readiness::LOG_NOT_FOLLOWED, "the database is gone");
        assert_eq!(waiters.wait(&live, EXPLICIT, ADDRESS).now_or_never(), Some(Err(ApiError::Behind)), "at once");
    }

    #[tokio::test]
    async fn i12_13_waiters_are_bounded_by_client_and_in_sum() {
        let waiters = Arc::new(PositionWaiters::default());
        let join = |address: [u8; 4]| waiters.join(address.into());
        let one: Vec<PositionWaiter> = (0..WAITING_PER_CLIENT * 2).filter_map(|_| join([192, 0, 2, 1])).collect();
        assert_eq!(one.len(), WAITING_PER_CLIENT);
        let others: Vec<PositionWaiter> =
            (0..2_000_u16).filter_map(|n| join([198, 51, (n >> 8) as u8, n as u8])).collect();
        assert_eq!(one.len() + others.len(), WAITING_MAX);
        let live = live();
        assert_eq!(waiters.wait(&live, EXPLICIT, ADDRESS).await, Err(ApiError::Behind));
        assert_eq!(waiters.wait(&live, BY_COOKIE, ADDRESS).await, Ok(()));
        drop((one, others));
        assert!(waiters.counts().is_empty());
    }
}
