//! Limits how many requests a caller may send (by key, person, organization and client), and how often a caller may be
//! refused.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use peerage_registry::ids::{KeyId, OrgId, UserId};

use crate::client::{ClientNetwork, RequestClient, WIDER};

type KeyedLimiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;
type SingleLimiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// How often callers that were quiet are dropped.
pub const FORGET_EVERY: Duration = Duration::from_secs(30);

/// The maximum number of callers that one limit remembers. Above it, clients are counted by wide networks.
const CALLERS_MAX: usize = 100_000;

/// The number of requests after which a limit checks whether it remembers too many callers.
const LOOK_EVERY: u32 = 16_384;

/// A caller that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QuotaSubject {
    Key(KeyId),
    User(UserId),
    Org(OrgId),
    Client(ClientNetwork),
}

/// What a caller has left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaLeft {
    /// Requests per minute.
    pub limit: u32,
    pub remaining: u32,
}

/// One limit for many callers.
pub struct PerMinute {
    limiter: Option<(u32, KeyedLimiter<QuotaSubject>)>,
    clock: DefaultClock,
    /// Requests since the start, to check the size now and then.
    checks: AtomicU32,
    is_full: AtomicBool,
}

impl PerMinute {
    /// Makes a limit. 0 means no limit.
    pub fn new(limit: u32) -> PerMinute {
        PerMinute::with_quota(NonZeroU32::new(limit).map(Quota::per_minute), limit)
    }

    fn with_quota(quota: Option<Quota>, limit: u32) -> PerMinute {
        let limiter = quota
            .map(|quota| (limit, RateLimiter::dashmap_with_clock(quota, DefaultClock::default()).with_middleware()));
        PerMinute {
            limiter,
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
            is_full: AtomicBool::new(false),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait, in whole seconds, if the limit is exceeded.
    pub fn check(&self, who: &QuotaSubject) -> Result<Option<QuotaLeft>, Duration> {
        let Some((limit, limiter)) = &self.limiter else { return Ok(None) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % LOOK_EVERY == LOOK_EVERY - 1 && limiter.len() > CALLERS_MAX {
            self.forget_quiet();
        }
        let checked = match who {
            QuotaSubject::Client(network) if self.is_full.load(Ordering::Relaxed) => {
                limiter.check_key(&QuotaSubject::Client(network.coarse()))
            }
            who => limiter.check_key(who),
        };
        match checked {
            Ok(snapshot) => Ok(Some(QuotaLeft { limit: *limit, remaining: snapshot.remaining_burst_capacity() })),
            Err(not_until) => Err(in_seconds(not_until.wait_time_from(self.clock.now()))),
        }
    }

    pub fn forget_quiet(&self) {
        if let Some((_, limiter)) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
            self.is_full.store(limiter.len() > CALLERS_MAX / 2, Ordering::Relaxed);
        }
    }

    #[cfg(test)]
    pub fn callers(&self) -> usize {
        self.limiter.as_ref().map_or(0, |(_, limiter)| limiter.len())
    }
}

/// Which network around a client has a wider limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WiderNetwork {
    /// Only around IPv6 clients.
    Site,
    /// Around every client.
    Neighbourhood,
}

/// One limit for clients, and a wider one for the networks around them.
pub struct PerClient {
    own: PerMinute,
    wider: PerMinute,
    around: WiderNetwork,
}

impl PerClient {
    /// Makes a limit. 0 means no limit.
    pub fn per_minute(limit: u32) -> PerClient {
        let wider = PerMinute::new(limit.saturating_mul(WIDER));
        PerClient { own: PerMinute::new(limit), wider, around: WiderNetwork::Site }
    }

    /// Makes a limit for guesses at secrets.
    pub fn guesses(limit: u32) -> PerClient {
        PerClient { around: WiderNetwork::Neighbourhood, ..PerClient::per_minute(limit) }
    }

    /// Makes a limit of `rate` requests per second on average and `burst` at once after a pause. 0 means no limit.
    pub fn per_second(rate: u32, burst: u32) -> PerClient {
        let bound = |rate: u32, burst: u32| {
            let quota = NonZeroU32::new(rate)
                .map(|rate| Quota::per_second(rate).allow_burst(NonZeroU32::new(burst).unwrap_or(rate)));
            PerMinute::with_quota(quota, rate)
        };
        let wider = bound(rate.saturating_mul(WIDER), burst.saturating_mul(WIDER));
        PerClient { own: bound(rate, burst), wider, around: WiderNetwork::Site }
    }

    /// Makes a limit of events per day. 0 means no limit.
    pub fn per_day(limit: u32) -> PerClient {
        let bound = |limit: u32| {
            let quota = NonZeroU32::new(limit).and_then(|burst| {
                let period = Duration::from_hours(24) / limit;
                Quota::with_period(period).map(|quota| quota.allow_burst(burst))
            });
            PerMinute::with_quota(quota, limit)
        };
        PerClient { own: bound(limit), wider: bound(limit.saturating_mul(WIDER)), around: WiderNetwork::Site }
    }

    /// Counts a request from an address.
    ///
    /// # Errors
    /// How long to wait, in whole seconds, if the limit is exceeded.
    pub fn check(&self, address: IpAddr) -> Result<Option<QuotaLeft>, Duration> {
        let client = RequestClient::of(address);
        let left = self.own.check(&QuotaSubject::Client(client.own()))?;
        let around = match self.around {
            WiderNetwork::Site => client.site(),
            WiderNetwork::Neighbourhood => Some(client.neighbourhood()),
        };
        if let Some(around) = around {
            self.wider.check(&QuotaSubject::Client(around))?;
        }
        Ok(left)
    }

    pub fn forget_quiet(&self) {
        self.own.forget_quiet();
        self.wider.forget_quiet();
    }
}

/// Rounded up to whole seconds.
fn in_seconds(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

/// The limits that keys set for themselves.
#[derive(Default)]
pub struct OwnLimits {
    limiters: Mutex<HashMap<(KeyId, u32), Arc<SingleLimiter>>>,
}

/// The maximum number of keys with their own limit that are remembered.
const OWN_MAX: usize = 10_000;

impl OwnLimits {
    /// Counts a request of a key with its own limit.
    pub fn check(&self, key: KeyId, per_minute: u32) -> Result<Option<QuotaLeft>, Duration> {
        let Some(rate) = NonZeroU32::new(per_minute) else { return Ok(None) };
        let limiter = {
            let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
            if limiters.len() >= OWN_MAX {
                limiters.clear();
            }
            let made = || Arc::new(RateLimiter::direct(Quota::per_minute(rate)).with_middleware());
            Arc::clone(limiters.entry((key, per_minute)).or_insert_with(made))
        };
        match limiter.check() {
            Ok(snapshot) => Ok(Some(QuotaLeft { limit: per_minute, remaining: snapshot.remaining_burst_capacity() })),
            Err(not_until) => Err(in_seconds(not_until.wait_time_from(DefaultClock::default().now()))),
        }
    }
}

/// A credential as it was sent, hashed with a secret of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialHash(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum RefusalKey {
    Credential(CredentialHash),
    /// Wrong credentials from one client, or from its neighbourhood.
    Guesses(ClientNetwork),
}

/// Counts answers of 401 and 403 within a minute (spec/write-api.md, 1, step 1), by the credential that was sent. Wrong
/// credentials are also counted by client, and only further wrong ones are refused for it: nobody can get another
/// person's key, session or pages refused.
pub struct RefusalCounts {
    limit: u32,
    recent: Mutex<HashMap<RefusalKey, VecDeque<Instant>>>,
    /// How many credentials and clients are remembered. Mostly none, which needs no lock.
    remembered: AtomicUsize,
    hasher: RandomState,
}

const WINDOW: Duration = Duration::from_mins(1);
/// The maximum number of credentials and clients that are remembered.
const REFUSED_MAX: usize = 100_000;

impl RefusalCounts {
    /// Makes the counts. 0 means no limit.
    pub fn new(limit: u32) -> RefusalCounts {
        RefusalCounts { limit, recent: Mutex::default(), remembered: AtomicUsize::new(0), hasher: RandomState::new() }
    }

    /// Returns the hash of a credential.
    pub fn presented(&self, credential: &[u8]) -> CredentialHash {
        CredentialHash(self.hasher.hash_one(credential))
    }

    /// Records that a request with a credential was refused.
    pub fn note(&self, credential: CredentialHash, now: Instant) {
        self.add(&[(RefusalKey::Credential(credential), self.limit)], now);
    }

    /// Records that a credential was wrong.
    pub fn note_guess(&self, address: IpAddr, credential: CredentialHash, now: Instant) {
        let client = RequestClient::of(address);
        let subjects = [
            (RefusalKey::Credential(credential), self.limit),
            (RefusalKey::Guesses(client.own()), self.limit),
            (RefusalKey::Guesses(client.neighbourhood()), self.limit.saturating_mul(WIDER)),
        ];
        self.add(&subjects, now);
    }

    /// Checks whether a credential was refused too often.
    ///
    /// # Errors
    /// How long to wait, in whole seconds.
    pub fn check(&self, credential: CredentialHash, now: Instant) -> Result<(), Duration> {
        self.check_counts(&[(RefusalKey::Credential(credential), self.limit)], now)
    }

    /// Checks whether too many wrong credentials came from a client.
    ///
    /// # Errors
    /// How long to wait, in whole seconds.
    pub fn check_guess(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let client = RequestClient::of(address);
        let around = (RefusalKey::Guesses(client.neighbourhood()), self.limit.saturating_mul(WIDER));
        self.check_counts(&[(RefusalKey::Guesses(client.own()), self.limit), around], now)
    }

    fn add(&self, subjects: &[(RefusalKey, u32)], now: Instant) {
        if self.limit == 0 {
            return;
        }
        let mut recent = self.recent();
        for (subject, limit) in subjects {
            if recent.len() < REFUSED_MAX || recent.contains_key(subject) {
                let times = recent.entry(*subject).or_default();
                times.push_back(now);
                if times.len() > *limit as usize + 1 {
                    times.pop_front();
                }
            }
        }
        self.remembered.store(recent.len(), Ordering::Relaxed);
    }

    fn check_counts(&self, subjects: &[(RefusalKey, u32)], now: Instant) -> Result<(), Duration> {
        if self.limit == 0 || self.remembered.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let recent = self.recent();
        for (subject, limit) in subjects {
            let Some(times) = recent.get(subject) else { continue };
            let within = times.iter().filter(|time| now.duration_since(**time) < WINDOW);
            if within.clone().count() > *limit as usize {
                let oldest = within.min().copied().unwrap_or(now);
                return Err(in_seconds(WINDOW.saturating_sub(now.duration_since(oldest))).max(Duration::from_secs(1)));
            }
        }
        Ok(())
    }

    pub fn forget_quiet(&self, now: Instant) {
        let mut recent = self.recent();
        recent.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < WINDOW));
        recent.shrink_to_fit();
        self.remembered.store(recent.len(), Ordering::Relaxed);
    }

    fn recent(&self) -> MutexGuard<'_, HashMap<RefusalKey, VecDeque<Instant>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_caller_has_a_bound_and_is_told_what_is_left() {
        let bound = PerMinute::new(2);
        let (one, other) = (QuotaSubject::Key(KeyId::new(1)), QuotaSubject::Key(KeyId::new(2)));
        assert_eq!(bound.check(&one), Ok(Some(QuotaLeft { limit: 2, remaining: 1 })));
        assert_eq!(bound.check(&one), Ok(Some(QuotaLeft { limit: 2, remaining: 0 })));
        assert!(bound.check(&one).is_err_and(|wait| (1..=60).contains(&wait.as_secs())));
        assert!(bound.check(&other).is_ok());
        assert_eq!(PerMinute::new(0).check(&one), Ok(None));
        let own = OwnLimits::default();
        assert!(own.check(KeyId::new(7), 1).is_ok());
        assert!(own.check(KeyId::new(7), 1).is_err());
        assert!(own.check(KeyId::new(7), 5).is_ok(), "a new limit starts from zero");
    }

    #[test]
    fn a_burst_is_taken_and_then_refused_with_a_time_to_wait() {
        let bound = PerClient::per_second(1, 3);
        let (one, same, other) = ("2001:db8:1:1::1", "2001:db8:1:1:9::9", "2001:db8:1:2::1");
        assert!([one, same, one].iter().all(|text| bound.check(address(text)).is_ok()));
        assert_eq!(bound.check(address(same)), Err(Duration::from_secs(1)));
        assert!(bound.check(address(other)).is_ok());
        bound.forget_quiet();
        assert_eq!(bound.check(address(one)), Err(Duration::from_secs(1)));
        let unbound = PerClient::per_second(0, 1);
        assert!((0..100_000).all(|_| unbound.check(address(one)).is_ok()));
    }

    #[test]
    fn n05_a_site_of_ipv6_has_a_wider_limit_and_ipv4_neighbours_have_none() {
        let bound = PerClient::per_minute(2);
        let allowed = (0..100).filter(|net| bound.check(address(&format!("2001:db8:1:{net:x}::1"))).is_ok()).count();
        assert_eq!(allowed, 20, "one /48 may send ten times as many");
        assert!(bound.check(address("2001:db8:2::1")).is_ok());
        assert!((1..200).all(|host| bound.check(address(&format!("192.0.2.{host}"))).is_ok()));
        let guesses = PerClient::guesses(2);
        let allowed = (1..100).filter(|host| guesses.check(address(&format!("192.0.2.{host}"))).is_ok()).count();
        assert_eq!(allowed, 20, "guesses are also limited by /24");
        let daily = PerClient::per_day(3);
        assert_eq!((0..9).filter(|_| daily.check(address("192.0.2.1")).is_ok()).count(), 3);
    }

    /// Returns an address in a /48 of its own.
    fn scattered(number: u32) -> IpAddr {
        address(&format!("2001:{:x}:{:x}::1", 0xd00 + (number >> 16), number & 0xffff))
    }

    #[test]
    fn n05_the_memory_of_a_limit_is_bounded_and_returns() {
        let most = CALLERS_MAX + LOOK_EVERY as usize * 2;
        // Each caller is remembered for a minute, so the table fills up.
        let slow = PerMinute::new(1);
        for number in 0..250_000 {
            let _ = slow.check(&QuotaSubject::Client(RequestClient::of(scattered(number)).own()));
        }
        assert!(slow.callers() > CALLERS_MAX && slow.callers() <= most, "{}", slow.callers());
        assert!(
            slow.check(&QuotaSubject::Client(RequestClient::of(address("192.0.2.1")).own())).is_ok(),
            "other callers are served"
        );
        // Here each caller is dropped after a millisecond.
        let quick = PerClient::per_second(1_000, 1_000);
        for number in 0..50_000 {
            let _ = quick.check(scattered(number));
        }
        std::thread::sleep(Duration::from_millis(20));
        quick.forget_quiet();
        assert_eq!((quick.own.callers(), quick.wider.callers()), (0, 0));
    }

    #[test]
    fn n07_refusals_are_counted_by_credential_and_guesses_by_client() {
        let refusals = RefusalCounts::new(10);
        let (here, now) = (address("192.0.2.1"), Instant::now());
        let (known, wrong) = (refusals.presented(b"a key"), refusals.presented(b"a wrong key"));
        for _ in 0..10 {
            refusals.note(known, now);
        }
        assert_eq!(refusals.check(known, now), Ok(()), "ten are allowed");
        refusals.note(known, now);
        assert_eq!(refusals.check(known, now), Err(Duration::from_mins(1)));
        assert_eq!(refusals.check_guess(here, now), Ok(()), "a known key is not a guess");
        for _ in 0..11 {
            refusals.note_guess(here, wrong, now);
        }
        assert_eq!(
            (refusals.check(wrong, now), refusals.check_guess(here, now)),
            (Err(Duration::from_mins(1)), Err(Duration::from_mins(1)))
        );
        assert_eq!(refusals.check_guess(address("192.0.2.2"), now), Ok(()));
        assert_eq!(refusals.check(refusals.presented(b"another key"), now), Ok(()));
        let later = now + WINDOW;
        assert_eq!(refusals.check(known, later), Ok(()));
        refusals.forget_quiet(later);
        assert_eq!(refusals.remembered.load(Ordering::Relaxed), 0);
        let off = RefusalCounts::new(0);
        off.note(known, now);
        assert_eq!(off.check(known, now), Ok(()));
    }

    #[test]
    fn n07_guesses_from_many_addresses_of_one_network_are_bounded_together() {
        let refusals = RefusalCounts::new(10);
        let now = Instant::now();
        for host in 0..101_u32 {
            let guess = refusals.presented(&host.to_be_bytes());
            refusals.note_guess(address(&format!("2001:db8:1:{host:x}::1")), guess, now);
        }
        assert_eq!(refusals.check_guess(address("2001:db8:1:ffff::1"), now), Err(Duration::from_mins(1)));
        assert_eq!(refusals.check_guess(address("2001:db8:2::1"), now), Ok(()));
    }
}
