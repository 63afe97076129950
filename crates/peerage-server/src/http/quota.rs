//! How many requests a caller may send: by key, person, organization and address, and how often a caller may be refused.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::http::throttle::network_of;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;
type Single = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counted {
    Key(u32),
    User(u32),
    Org(u32),
    Address(IpAddr),
}

/// What a bound leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Requests a minute.
    pub limit: u32,
    pub remaining: u32,
}

/// One bound for many callers.
pub struct PerMinute {
    limiter: Option<(u32, Keyed<Counted>)>,
    clock: DefaultClock,
}

impl PerMinute {
    /// 0: no bound.
    pub fn new(limit: u32) -> PerMinute {
        let limiter = NonZeroU32::new(limit).map(|rate| {
            let limiter = RateLimiter::dashmap_with_clock(Quota::per_minute(rate), DefaultClock::default());
            (limit, limiter.with_middleware())
        });
        PerMinute { limiter, clock: DefaultClock::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The seconds to wait if it is one too many.
    pub fn check(&self, who: &Counted) -> Result<Option<Left>, u64> {
        let Some((limit, limiter)) = &self.limiter else { return Ok(None) };
        match limiter.check_key(who) {
            Ok(snapshot) => Ok(Some(Left { limit: *limit, remaining: snapshot.remaining_burst_capacity() })),
            Err(not_until) => Err(seconds(not_until.wait_time_from(self.clock.now()))),
        }
    }

    pub fn forget_quiet(&self) {
        if let Some((_, limiter)) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Bounds that keys bring themselves.
#[derive(Default)]
pub struct OwnLimits {
    limiters: Mutex<HashMap<(u32, u32), Arc<Single>>>,
}

/// Keys with bounds of their own that are remembered at a time.
const OWN_MAX: usize = 10_000;

impl OwnLimits {
    /// Counts a request of a key with a bound of its own.
    pub fn check(&self, key: u32, per_minute: u32) -> Result<Option<Left>, u64> {
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
            Ok(snapshot) => Ok(Some(Left { limit: per_minute, remaining: snapshot.remaining_burst_capacity() })),
            Err(not_until) => Err(seconds(not_until.wait_time_from(DefaultClock::default().now()))),
        }
    }
}

/// Answers of 401 and 403 to one address within a minute (spec/write-api.md, 1, step 1).
pub struct Refusals {
    limit: u32,
    recent: Mutex<HashMap<IpAddr, VecDeque<Instant>>>,
    /// How many addresses are remembered: mostly none, which costs no lock.
    addresses: AtomicUsize,
}

const WINDOW: Duration = Duration::from_mins(1);
/// Addresses that are remembered at a time.
const ADDRESSES_MAX: usize = 100_000;

impl Refusals {
    /// 0: no bound.
    pub fn new(limit: u32) -> Refusals {
        Refusals { limit, recent: Mutex::default(), addresses: AtomicUsize::new(0) }
    }

    /// Notes that a request was refused.
    pub fn note(&self, address: IpAddr, now: Instant) {
        if self.limit == 0 {
            return;
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() < ADDRESSES_MAX || recent.contains_key(&network_of(address)) {
            let times = recent.entry(network_of(address)).or_default();
            times.push_back(now);
            if times.len() > self.limit as usize + 1 {
                times.pop_front();
            }
        }
        self.addresses.store(recent.len(), Ordering::Relaxed);
    }

    /// Seconds to wait if the address was refused too often.
    pub fn check(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        if self.limit == 0 || self.addresses.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = recent.get(&network_of(address)) else { return Ok(()) };
        let within = times.iter().filter(|time| now.duration_since(**time) < WINDOW);
        let count = within.clone().count();
        if count <= self.limit as usize {
            return Ok(());
        }
        let oldest = within.min().copied().unwrap_or(now);
        Err(seconds(WINDOW.saturating_sub(now.duration_since(oldest))).max(1))
    }

    pub fn forget_quiet(&self, now: Instant) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < WINDOW));
        recent.shrink_to_fit();
        self.addresses.store(recent.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_bound_and_is_told_what_is_left() {
        let bound = PerMinute::new(2);
        let (one, other) = (Counted::Key(1), Counted::Key(2));
        assert_eq!(bound.check(&one), Ok(Some(Left { limit: 2, remaining: 1 })));
        assert_eq!(bound.check(&one), Ok(Some(Left { limit: 2, remaining: 0 })));
        assert!(bound.check(&one).is_err_and(|wait| (1..=60).contains(&wait)));
        assert!(bound.check(&other).is_ok());
        assert_eq!(PerMinute::new(0).check(&one), Ok(None));
        let own = OwnLimits::default();
        assert!(own.check(7, 1).is_ok());
        assert!(own.check(7, 1).is_err());
        assert!(own.check(7, 5).is_ok(), "a new bound counts anew");
    }

    #[test]
    fn more_refusals_than_the_bound_close_the_door_for_the_rest_of_the_minute() {
        let refusals = Refusals::new(10);
        let (address, now) = (IpAddr::from([192, 0, 2, 1]), Instant::now());
        for _ in 0..10 {
            refusals.note(address, now);
        }
        assert_eq!(refusals.check(address, now), Ok(()), "ten are allowed");
        refusals.note(address, now);
        assert_eq!(refusals.check(address, now), Err(60));
        assert_eq!(refusals.check([192, 0, 2, 2].into(), now), Ok(()));
        let later = now + WINDOW;
        assert_eq!(refusals.check(address, later), Ok(()));
        refusals.forget_quiet(later);
        assert_eq!(refusals.addresses.load(Ordering::Relaxed), 0);
        let off = Refusals::new(0);
        off.note(address, now);
        assert_eq!(off.check(address, now), Ok(()));
    }
}
