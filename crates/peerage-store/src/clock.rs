//! The database server's clock, as it is known from its answers.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use peerage_registry::moment::Moment;

/// The offset before the first answer.
const UNKNOWN: i64 = i64::MIN;

/// The server's time, continued by this machine's monotonic clock since the last answer. It does not jump if the
/// machine's wall clock is set.
#[derive(Debug)]
pub struct DatabaseClock {
    begun: Instant,
    /// The server's time at `begun`, in microseconds, or [`UNKNOWN`].
    at_begin: AtomicI64,
}

impl DatabaseClock {
    pub fn new() -> DatabaseClock {
        DatabaseClock { begun: Instant::now(), at_begin: AtomicI64::new(UNKNOWN) }
    }

    /// Returns the server's time, or `None` if it has never been told.
    pub fn now(&self) -> Option<Moment> {
        let at_begin = self.at_begin.load(Ordering::Relaxed);
        (at_begin != UNKNOWN).then(|| Moment::from_microseconds(at_begin.saturating_add(micros(self.begun.elapsed()))))
    }

    /// Records the server's time from an answer to a question that was asked at `asked` and answered just now. The
    /// answer was made at some moment between the two, so a difference that this explains changes nothing.
    pub fn set(&self, time: Moment, asked: Instant) {
        let (asked, answered) = (asked.duration_since(self.begun), self.begun.elapsed());
        let middle = micros(asked).midpoint(micros(answered));
        let at_begin = time.as_microseconds().saturating_sub(middle);
        let known = self.at_begin.load(Ordering::Relaxed);
        let uncertain = micros(answered.saturating_sub(asked)).unsigned_abs() / 2;
        if known == UNKNOWN || at_begin.abs_diff(known) > uncertain {
            self.at_begin.store(at_begin, Ordering::Relaxed);
        }
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::SignedDuration;

    use super::*;

    #[test]
    fn the_time_of_the_server_goes_on_between_answers_and_follows_a_jump() {
        let clock = DatabaseClock::new();
        assert_eq!(clock.now(), None);
        let noon = Moment::from_seconds(1_767_268_800);
        clock.set(noon, Instant::now());
        let close = |expected: Moment| {
            let now = clock.now().expect("a time");
            let apart = now.as_microseconds().abs_diff(expected.as_microseconds());
            assert!(apart < 2_000_000, "{now:?} {expected:?}");
        };
        close(noon);
        // The answer took so long that it says nothing new.
        std::thread::sleep(Duration::from_millis(20));
        let before = clock.at_begin.load(Ordering::Relaxed);
        clock.set(clock.now().expect("a time") - SignedDuration::from_millis(5), clock.begun);
        assert_eq!(clock.at_begin.load(Ordering::Relaxed), before);
        let later = noon + SignedDuration::from_hours(1);
        clock.set(later, Instant::now());
        close(later);
        clock.set(noon, Instant::now());
        close(noon);
    }
}
