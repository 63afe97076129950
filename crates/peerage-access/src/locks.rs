//! Rate limits on guessing (spec/accounts.md, 21): a growing delay after each failure, and a daily maximum.
//!
//! Failed passwords are counted in three ways, so that guessing by others does not lock out the owner:
//!
//! | from | delay | after 100 failures |
//! | --- | --- | --- |
//! | a browser that has logged in to the account before | its own | locked for that browser until the end of the day |
//! | another browser | that of its client (network) | locked for that client until the end of the day |
//! | all other browsers together | none | a second factor is required first, until the end of the day |
//!
//! Codes of authenticator apps and backup codes are counted in the same three ways. An open session counts by itself,
//! like a known browser. The hundredth failure of all other browsers together locks codes for these only.
//!
//! Passkeys are not counted at all.
//!
//! | consecutive failures | delay |
//! | --- | --- |
//! | 1–2 | 1 s |
//! | 3–8 | 3 s |
//! | 9–24 | 5 s |
//! | 25–99 | 10 s |
//! | 100 | until the end of the day (UTC) |
//!
//! Codes of authenticator apps have no delay, but each browser or client can try three times per step. A security key
//! has no secret that could be guessed, and always has a delay of one second. Names without an account are counted like
//! those with one, so that the delay reveals nothing.
//!
//! The caller keeps the state in memory, and can share it between nodes as text. It is bounded: the oldest is
//! forgotten.

use std::collections::HashMap;
use std::time::Duration;

use peerage_registry::ids::{FactorId, UserId};
use peerage_registry::moment::{DAY, Moment, SECOND, TICK};

use crate::factors::totp;

/// Consecutive failures after which a credential is locked for the day (NIST SP 800-63B-4: at most 100).
pub const FAILURES_MAX: u32 = 100;

/// Maximum number of attempts with app codes in each step.
pub const TRIES_A_STEP: u32 = 3;

/// Maximum number of wrong second factors before the password, for one name by all clients together, before all are
/// refused until the end of the day. Higher than the others, because people who do not know the password can use it up.
pub const FACTORS_FIRST_MAX: u32 = 1_000;

/// Maximum number of credentials that are remembered.
pub const REMEMBERED_MAX: usize = 100_000;

/// Kinds of codes that are used as a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeKind {
    /// Of an authenticator app.
    Totp,
    /// Backup codes.
    Backup,
}

impl CodeKind {
    fn name(self) -> &'static str {
        match self {
            CodeKind::Totp => "totp",
            CodeKind::Backup => "backup",
        }
    }
}

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AttemptKey {
    /// The password of an account, by all browsers that have never logged in to it.
    Password(UserId),
    /// The password of an account, by one client with such browsers.
    PasswordFrom(UserId, String),
    /// The password of an account, by one browser that has logged in to it before.
    PasswordKnown(UserId, String),
    /// A password for a name without an account (folded), by everyone.
    Nobody(String),
    /// The same by one client.
    NobodyFrom(String, String),
    /// A second factor before the password, for a name by one client.
    FactorFirst(String, String),
    /// The same by all clients together.
    FactorFirstOfAll(String),
    /// App codes or backup codes of an account, by all browsers that have never logged in to it.
    Code(CodeKind, UserId),
    /// The same by one client with such browsers.
    CodeFrom(CodeKind, UserId, String),
    /// The same by one browser that has logged in to it before, or by one open session.
    CodeKnown(CodeKind, UserId, String),
    /// A security key.
    Key(FactorId),
}

impl AttemptKey {
    /// The name under which it is shared between nodes, if it is.
    pub fn name(&self) -> Option<String> {
        match self {
            AttemptKey::Password(user) => Some(format!("lock password {user}")),
            AttemptKey::PasswordKnown(user, browser) => Some(format!("lock password {user} in {browser}")),
            AttemptKey::Code(codes, user) => Some(format!("lock {} {user}", codes.name())),
            AttemptKey::CodeKnown(codes, user, browser) => Some(format!("lock {} {user} in {browser}", codes.name())),
            // There is no limit on the number of unknown names and clients, so these are not shared.
            AttemptKey::Nobody(_)
            | AttemptKey::PasswordFrom(..)
            | AttemptKey::NobodyFrom(..)
            | AttemptKey::FactorFirst(..)
            | AttemptKey::FactorFirstOfAll(_)
            | AttemptKey::CodeFrom(..)
            | AttemptKey::Key(_) => None,
        }
    }
}

impl AttemptKey {
    /// Consecutive failures after which it is locked for the day.
    fn failures_max(&self) -> u32 {
        if matches!(self, AttemptKey::FactorFirstOfAll(_)) { FACTORS_FIRST_MAX } else { FAILURES_MAX }
    }

    /// Whether it counts for many callers together, who do not wait for each other.
    fn is_of_all(&self) -> bool {
        matches!(
            self,
            AttemptKey::Password(_) | AttemptKey::Nobody(_) | AttemptKey::FactorFirstOfAll(_) | AttemptKey::Code(..)
        )
    }

    /// Whether it allows a number of attempts per code step, instead of delays.
    fn is_taken_by_step(&self) -> bool {
        matches!(
            self,
            AttemptKey::FactorFirst(..)
                | AttemptKey::CodeFrom(CodeKind::Totp, ..)
                | AttemptKey::CodeKnown(CodeKind::Totp, ..)
        )
    }
}

/// Number of consecutive failures, and the time of the last one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailureCount {
    pub count: u32,
    pub last: Moment,
    /// Attempts in the step of `last`. For codes of authenticator apps only.
    pub in_step: u32,
}

impl FailureCount {
    /// The text that is shared between nodes.
    pub fn to_text(self) -> String {
        format!("{} {} {}", self.count, self.last.as_microseconds(), self.in_step)
    }

    pub fn from_text(text: &str) -> Option<FailureCount> {
        let mut parts = text.split(' ');
        let failures = FailureCount {
            count: parts.next()?.parse().ok()?,
            last: Moment::from_microseconds(parts.next()?.parse().ok()?),
            in_step: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(failures)
    }

    /// The worse of what two nodes know.
    #[must_use]
    pub fn or_worse(self, other: FailureCount) -> FailureCount {
        if (other.count, other.last) > (self.count, self.last) { other } else { self }
    }

    /// Until when no attempt is accepted: `now` if one is accepted.
    fn until(self, tried: &AttemptKey, now: Moment) -> Moment {
        if self.count == 0 {
            return now;
        }
        // A security key has no secret that could be guessed, so it is never locked.
        if matches!(tried, AttemptKey::Key(_)) {
            return self.last + SECOND;
        }
        if self.count >= tried.failures_max() {
            return end_of_day(self.last);
        }
        if tried.is_taken_by_step() {
            let is_full = self.in_step >= TRIES_A_STEP && step(self.last) == step(now);
            return if is_full { step(self.last) + totp::STEP } else { now };
        }
        if tried.is_of_all() {
            return now;
        }
        let pause = match self.count {
            1..=2 => SECOND,
            3..=8 => 3 * SECOND,
            9..=24 => 5 * SECOND,
            _ => 10 * SECOND,
        };
        self.last + pause
    }

    /// The state after one more failure. After a day, counting starts again.
    fn and_one(self, tried: &AttemptKey, now: Moment) -> FailureCount {
        let begins_anew = self.count >= tried.failures_max() && now >= end_of_day(self.last);
        let known = if begins_anew { FailureCount::default() } else { self };
        let in_step = if step(known.last) == step(now) { known.in_step + 1 } else { 1 };
        FailureCount { count: known.count.saturating_add(1), last: now, in_step }
    }
}

/// The start of the step of an authenticator app.
fn step(at: Moment) -> Moment {
    at.start_of(totp::STEP)
}

fn end_of_day(at: Moment) -> Moment {
    at.start_of(DAY) + DAY
}

/// Recent failures.
///
/// ```
/// use peerage_access::locks::{AttemptLocks, AttemptKey};
/// use peerage_registry::moment::parse;
///
/// let now = parse("2027-01-15T08:00:00Z").expect("a time");
/// let tried = AttemptKey::NobodyFrom("ann".to_owned(), "198.51.100.0/24".to_owned());
/// let mut locks = AttemptLocks::default();
/// assert_eq!(locks.may_try(&tried, now), Ok(()));
/// locks.failed(&tried, now);
/// assert!(locks.may_try(&tried, now).is_err());
/// locks.succeeded(&tried);
/// assert_eq!(locks.may_try(&tried, now), Ok(()));
/// ```
#[derive(Debug, Default)]
pub struct AttemptLocks {
    known: HashMap<AttemptKey, FailureCount>,
}

impl AttemptLocks {
    /// Whether an attempt is accepted now; otherwise how long to wait, in whole seconds. Call this before checking anything.
    pub fn may_try(&self, tried: &AttemptKey, now: Moment) -> Result<(), Duration> {
        let until = self.known.get(tried).map_or(now, |failures| failures.until(tried, now));
        let seconds = (until - now + SECOND - TICK).as_secs();
        if until <= now { Ok(()) } else { Err(Duration::from_secs(u64::try_from(seconds).unwrap_or(1))) }
    }

    /// Records a failed attempt. Returns the new state, to be shared.
    ///
    /// Call this before the outcome is known, and undo it with [`AttemptLocks::succeeded`], so that concurrent attempts all
    /// count.
    pub fn failed(&mut self, tried: &AttemptKey, now: Moment) -> FailureCount {
        if self.known.len() >= REMEMBERED_MAX && !self.known.contains_key(tried) {
            self.forget(now);
        }
        let failures = self.known.entry(tried.clone()).or_default();
        *failures = failures.and_one(tried, now);
        *failures
    }

    /// Records a successful attempt.
    pub fn succeeded(&mut self, tried: &AttemptKey) {
        self.known.remove(tried);
    }

    /// Merges the state of another node.
    pub fn learn(&mut self, tried: &AttemptKey, count: FailureCount) {
        let failures = self.known.entry(tried.clone()).or_default();
        *failures = failures.or_worse(count);
    }

    /// Makes room: removes what is a day old, then the older half of what belongs to no account.
    fn forget(&mut self, now: Moment) {
        self.known.retain(|_, failures| failures.last + DAY > now);
        if self.known.len() < REMEMBERED_MAX {
            return;
        }
        let mut times: Vec<Moment> = self.known.values().map(|failures| failures.last).collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        self.known.retain(|_, failures| failures.last > middle || failures.count >= FAILURES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::SignedDuration;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    #[test]
    fn pauses_grow_and_end_with_the_day() {
        let (mut locks, tried, mut now) =
            (AttemptLocks::default(), AttemptKey::PasswordFrom(UserId::new(1), "192.0.2.1".to_owned()), NOW);
        let mut pauses = Vec::new();
        for _ in 0..FAILURES_MAX {
            assert_eq!(locks.may_try(&tried, now), Ok(()));
            locks.failed(&tried, now);
            let pause = locks.may_try(&tried, now).expect_err("a pause");
            pauses.push(pause.as_secs());
            let end = now + SignedDuration::from_secs(pause.as_secs() as i64);
            assert!(locks.may_try(&tried, end - TICK).is_err());
            now = end;
        }
        let count = |pause: u64| pauses.iter().filter(|own| **own == pause).count();
        assert_eq!((count(1), count(3), count(5), count(10)), (2, 6, 16, 75));
        let last = *pauses.last().expect("some");
        assert!(last > 3_600 && last <= 86_400, "{last}");
        assert_eq!(now, now.start_of(DAY), "it is midnight");
        assert_eq!(locks.may_try(&tried, now), Ok(()));
        locks.failed(&tried, now);
        assert_eq!(locks.may_try(&tried, now), Err(Duration::from_secs(1)), "the next day starts from zero");
    }

    #[test]
    fn failures_of_a_password_block_neither_passkeys_nor_other_accounts() {
        let mut locks = AttemptLocks::default();
        for at in 0..200 {
            locks.failed(&AttemptKey::Password(UserId::new(1)), NOW + at * TICK);
        }
        assert!(locks.may_try(&AttemptKey::Password(UserId::new(1)), NOW + 3_600 * SECOND).is_err());
        for other in [
            AttemptKey::Key(FactorId::new(1)),
            AttemptKey::Code(CodeKind::Totp, UserId::new(1)),
            AttemptKey::Code(CodeKind::Backup, UserId::new(1)),
            AttemptKey::Password(UserId::new(2)),
            AttemptKey::Nobody("1".to_owned()),
        ] {
            assert_eq!(locks.may_try(&other, NOW), Ok(()), "{other:?}");
        }
        locks.failed(&AttemptKey::Key(FactorId::new(1)), NOW);
        assert_eq!(locks.may_try(&AttemptKey::Key(FactorId::new(1)), NOW), Err(Duration::from_secs(1)));
        assert_eq!(locks.may_try(&AttemptKey::Key(FactorId::new(1)), NOW + SECOND), Ok(()));
    }

    #[test]
    fn n08_what_strangers_guess_counts_neither_for_a_known_browser_nor_for_another_client() {
        let mut locks = AttemptLocks::default();
        let (all, client) =
            (AttemptKey::Password(UserId::new(1)), AttemptKey::PasswordFrom(UserId::new(1), "192.0.2.1".to_owned()));
        let mut now = NOW;
        for round in 0..FAILURES_MAX {
            assert_eq!(locks.may_try(&all, now), Ok(()), "{round}: all together never pause");
            locks.failed(&all, now);
            locks.failed(&client, now);
            now += 10 * SECOND;
        }
        for shut in [&all, &client] {
            assert!(locks.may_try(shut, now).is_err(), "{shut:?}");
        }
        for open in [
            AttemptKey::PasswordKnown(UserId::new(1), "ab".to_owned()),
            AttemptKey::PasswordFrom(UserId::new(1), "192.0.2.2".to_owned()),
            AttemptKey::FactorFirst("ann".to_owned(), "192.0.2.1".to_owned()),
        ] {
            assert_eq!(locks.may_try(&open, now), Ok(()), "{open:?}");
        }
        assert_eq!(
            AttemptKey::PasswordKnown(UserId::new(1), "ab".to_owned()).name().as_deref(),
            Some("lock password 1 in ab")
        );
    }

    #[test]
    fn n08_codes_that_strangers_guess_shut_neither_a_known_browser_nor_an_open_session_nor_a_passkey() {
        for codes in [CodeKind::Totp, CodeKind::Backup] {
            let (mut locks, all) = (AttemptLocks::default(), AttemptKey::Code(codes, UserId::new(1)));
            for round in 0..FAILURES_MAX {
                assert_eq!(locks.may_try(&all, NOW), Ok(()), "{round}: all together never pause");
                locks.failed(&all, NOW);
                locks.failed(&AttemptKey::CodeFrom(codes, UserId::new(1), format!("192.0.2.{round}")), NOW);
                locks.failed(&AttemptKey::Key(FactorId::new(1)), NOW);
            }
            assert!(locks.may_try(&all, NOW + SECOND).is_err(), "many clients are bounded together");
            for open in [
                AttemptKey::CodeKnown(codes, UserId::new(1), "ab".to_owned()),
                AttemptKey::CodeFrom(codes, UserId::new(1), "192.0.2.200".to_owned()),
            ] {
                assert_eq!(locks.may_try(&open, NOW), Ok(()), "{open:?}");
            }
            assert_eq!(
                locks.may_try(&AttemptKey::Key(FactorId::new(1)), NOW + SECOND),
                Ok(()),
                "a passkey is never shut"
            );
        }
    }

    #[test]
    fn a_step_takes_three_codes_and_success_forgets() {
        let (mut locks, tried) =
            (AttemptLocks::default(), AttemptKey::CodeKnown(CodeKind::Totp, UserId::new(1), "ab".to_owned()));
        for _ in 0..TRIES_A_STEP {
            assert_eq!(locks.may_try(&tried, NOW), Ok(()));
            locks.failed(&tried, NOW);
        }
        assert_eq!(locks.may_try(&tried, NOW + SECOND), Err(Duration::from_secs(29)));
        assert_eq!(locks.may_try(&tried, NOW + 30 * SECOND), Ok(()));
        locks.failed(&tried, NOW + 30 * SECOND);
        assert_eq!(locks.may_try(&tried, NOW + 30 * SECOND), Ok(()), "one of three");
        locks.succeeded(&tried);
        assert_eq!(locks.known.len(), 0);
        let mut now = NOW;
        while locks.known.get(&tried).is_none_or(|known| known.count < FAILURES_MAX) {
            locks.failed(&tried, now);
            now += 10 * SECOND;
        }
        assert!(locks.may_try(&tried, now + 60 * SECOND).is_err(), "a hundred are enough for a day");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_shared_as_text() {
        let mut locks = AttemptLocks::default();
        for at in 0..REMEMBERED_MAX + 10 {
            locks.failed(&AttemptKey::Nobody(at.to_string()), NOW + SignedDuration::from_micros(at as i64));
        }
        assert!(locks.known.len() <= REMEMBERED_MAX);
        let failures = FailureCount { count: 7, last: NOW, in_step: 1 };
        assert_eq!(FailureCount::from_text(&failures.to_text()), Some(failures));
        for nonsense in ["", "1", "1 2", "1 2 3 4", "a b c"] {
            assert_eq!(FailureCount::from_text(nonsense), None);
        }
        locks.learn(&AttemptKey::CodeKnown(CodeKind::Backup, UserId::new(9), "ab".to_owned()), failures);
        assert_eq!(
            locks.may_try(&AttemptKey::CodeKnown(CodeKind::Backup, UserId::new(9), "ab".to_owned()), NOW),
            Err(Duration::from_secs(3))
        );
        locks.learn(
            &AttemptKey::CodeKnown(CodeKind::Backup, UserId::new(9), "ab".to_owned()),
            FailureCount { count: 2, last: NOW + TICK, in_step: 1 },
        );
        assert_eq!(
            locks.may_try(&AttemptKey::CodeKnown(CodeKind::Backup, UserId::new(9), "ab".to_owned()), NOW),
            Err(Duration::from_secs(3)),
            "what is worse stays"
        );
    }
}
