//! How many requests an address may send.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::settings::Limits;

/// Counts requests by address; IPv6 by /64, which is what one customer has.
pub struct Throttle {
    limiter: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
}

/// How often addresses that were quiet are forgotten.
pub const FORGET_EVERY: Duration = Duration::from_mins(1);

impl Throttle {
    pub fn new(limits: &Limits) -> Throttle {
        let quota = NonZeroU32::new(limits.requests_per_second).map(|rate| {
            let burst = NonZeroU32::new(limits.requests_burst).unwrap_or(rate);
            Quota::per_second(rate).allow_burst(burst)
        });
        Throttle { limiter: quota.map(RateLimiter::keyed), clock: DefaultClock::default() }
    }

    /// Counts a request. The seconds to wait if it is one too many.
    pub fn check(&self, address: IpAddr) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check_key(&network_of(address)).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        })
    }

    /// Forgets addresses that have been quiet, so that the table does not grow.
    pub fn forget_quiet(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            segments[4..].fill(0);
            IpAddr::V6(segments.into())
        }
    }
}

/// The network that addresses near each other share, as they are handed out to one place: /24 and /56 (spec/accounts.md,
/// 21).
pub fn wide_network_of(address: IpAddr) -> IpAddr {
    match network_of(address) {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            segments[3] &= 0xff00;
            IpAddr::V6(segments.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_refused_with_a_time_to_wait() {
        let throttle = Throttle::new(&Limits { requests_per_second: 1, requests_burst: 3, ..Limits::default() });
        let (one, other) = ([2001, 1, 1, 1, 0, 0, 0, 1].into(), [2001, 1, 1, 2, 0, 0, 0, 1].into());
        let same_network: IpAddr = [2001, 1, 1, 1, 9, 9, 9, 9].into();
        assert_eq!([one, same_network, one].map(|address| throttle.check(address)), [Ok(()); 3]);
        assert_eq!(throttle.check(same_network), Err(1));
        assert_eq!(throttle.check(other), Ok(()));
        throttle.forget_quiet();
        assert_eq!(throttle.check(one), Err(1));
    }

    #[test]
    fn zero_means_no_bound() {
        let throttle = Throttle::new(&Limits { requests_per_second: 0, ..Limits::default() });
        assert!((0..100_000).all(|_| throttle.check(IpAddr::from([192, 0, 2, 1])).is_ok()));
    }
}
