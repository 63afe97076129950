//! When to try again.

use std::time::Duration;

/// The delays between attempts to deliver something to an external service.
///
/// They grow, so that a server that was down for a moment gets its mail soon, and one that is down for a day is not
/// overloaded. After the last one, delivery is given up (RFC 5321, 4.5.4.1: retries of mail go on for days, not
/// minutes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPauses {
    pauses: Vec<Duration>,
}

impl Default for RetryPauses {
    /// 1 minute, 5 minutes, 30 minutes, 2 hours, 6 hours, 24 hours: seven attempts within 33 hours.
    fn default() -> Self {
        let minutes = [1, 5, 30].map(Duration::from_mins);
        let hours = [2, 6, 24].map(Duration::from_hours);
        Self { pauses: [minutes, hours].concat() }
    }
}

impl RetryPauses {
    /// Other delays, in order.
    pub fn with_pauses(pauses: Vec<Duration>) -> Self {
        Self { pauses }
    }

    /// How long to wait after this number of failed attempts; `None`: give up.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use peerage_outbound::RetryPauses;
    /// assert_eq!(RetryPauses::default().pause(0), Some(Duration::ZERO));
    /// assert_eq!(RetryPauses::default().pause(1), Some(Duration::from_secs(60)));
    /// assert_eq!(RetryPauses::default().pause(7), None);
    /// ```
    pub fn pause(&self, attempts_failed: u32) -> Option<Duration> {
        match attempts_failed.checked_sub(1) {
            None => Some(Duration::ZERO),
            Some(index) => self.pauses.get(usize::try_from(index).unwrap_or(usize::MAX)).copied(),
        }
    }

    /// Maximum number of attempts.
    ///
    /// ```
    /// assert_eq!(peerage_outbound::RetryPauses::default().attempts_max(), 7);
    /// ```
    pub fn attempts_max(&self) -> u32 {
        u32::try_from(self.pauses.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempts_failed: u32, minutes: Option<u64>) {
        let expected = minutes.map(Duration::from_mins);
        assert_eq!(RetryPauses::default().pause(attempts_failed), expected, "{attempts_failed}");
    }

    #[test]
    fn pauses_grow_until_it_is_given_up() {
        check(0, Some(0));
        check(1, Some(1));
        check(2, Some(5));
        check(3, Some(30));
        check(4, Some(120));
        check(5, Some(360));
        check(6, Some(1440));
        check(7, None);
        check(u32::MAX, None);
        assert_eq!(RetryPauses::default().attempts_max(), 7);
    }

    #[test]
    fn without_pauses_there_is_one_attempt() {
        let once = RetryPauses::with_pauses(Vec::new());
        assert_eq!((once.pause(0), once.pause(1), once.attempts_max()), (Some(Duration::ZERO), None, 1));
    }
}
