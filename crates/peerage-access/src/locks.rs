//! How often somebody may guess (spec/accounts.md, 21): a pause after each failure that grows, and an end for the day.
//!
//! A password is guessed at by three counts, so that a stranger who guesses does not keep its owner out:
//!
//! | who shows it | pauses | after 100 failures |
//! | --- | --- | --- |
//! | a browser that has logged in to the account before | its own | shut for that browser to the end of the day |
//! | another browser | those of its client (network) | shut for that client to the end of the day |
//! | all other browsers together | none | a second factor has to be shown first, to the end of the day |
//!
//! Codes of an app and backup codes are counted in the same three ways; a session that is open counts by itself, as a
//! known browser does. The hundredth failure of all other browsers together shuts codes for these alone.
//!
//! Passkeys are counted by none of these.
//!
//! | failures in a row | pause |
//! | --- | --- |
//! | 1–2 | 1 s |
//! | 3–8 | 3 s |
//! | 9–24 | 5 s |
//! | 25–99 | 10 s |
//! | 100 | to the end of the day (UTC) |
//!
//! Codes of an app are taken three times a step by each browser or client instead of with pauses; a key has no secret that could be guessed, and
//! pauses a second whatever was before. Names that no account has are counted like those that one has, so that the pause
//! tells nothing.
//!
//! The caller keeps the state in memory, and may share it between nodes as text. It is bounded: the oldest is forgotten.

use std::collections::HashMap;

use peerage_registry::ids::{FactorId, UserId};
use peerage_registry::moment::Micros;

use crate::factors::totp;

const SECOND: Micros = 1_000_000;
const DAY: Micros = 86_400 * SECOND;

/// Failures in a row after which a credential is shut for the day (NIST SP 800-63B-4: at most 100).
pub const FAILURES_MAX: u32 = 100;

/// Tries of codes of an app, for each step.
pub const TRIES_A_STEP: u32 = 3;

/// Second factors that are shown before the password, and wrong, for one name by all clients together, before none is
/// taken to the end of the day. More than elsewhere: whoever does not know the password can use them up.
pub const FACTORS_FIRST_MAX: u32 = 1_000;

/// Credentials that are remembered, at most.
pub const REMEMBERED_MAX: usize = 100_000;

/// Codes that are shown as a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codes {
    /// Of an app.
    Totp,
    /// Backup codes.
    Backup,
}

impl Codes {
    fn name(self) -> &'static str {
        match self {
            Codes::Totp => "totp",
            Codes::Backup => "backup",
        }
    }
}

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tried {
    /// The password of an account, by all whose browsers have never logged in to it.
    Password(UserId),
    /// The password of an account, by one client of these.
    PasswordFrom(UserId, String),
    /// The password of an account, by one browser that has logged in to it before.
    PasswordKnown(UserId, String),
    /// A password for a name that no account has, folded, by everybody.
    Nobody(String),
    /// The same by one client.
    NobodyFrom(String, String),
    /// A second factor that one client shows before the password, for a name.
    FactorFirst(String, String),
    /// The same by all clients together.
    FactorFirstOfAll(String),
    /// Codes of an account's apps or backup codes, by all whose browsers have never logged in to it.
    Code(Codes, UserId),
    /// The same by one client of these.
    CodeFrom(Codes, UserId, String),
    /// The same by one browser that has logged in to it before, or one session that is open.
    CodeKnown(Codes, UserId, String),
    /// One key.
    Key(FactorId),
}

impl Tried {
    /// What it is called where it is shared.
    pub fn name(&self) -> Option<String> {
        match self {
            Tried::Password(user) => Some(format!("lock password {user}")),
            Tried::PasswordKnown(user, browser) => Some(format!("lock password {user} in {browser}")),
            Tried::Code(codes, user) => Some(format!("lock {} {user}", codes.name())),
            Tried::CodeKnown(codes, user, browser) => Some(format!("lock {} {user} in {browser}", codes.name())),
            // There is no end of names that nobody has, and of clients: these are shared with nobody.
            Tried::Nobody(_)
            | Tried::PasswordFrom(..)
            | Tried::NobodyFrom(..)
            | Tried::FactorFirst(..)
            | Tried::FactorFirstOfAll(_)
            | Tried::CodeFrom(..)
            | Tried::Key(_) => None,
        }
    }
}

impl Tried {
    /// Failures in a row after which it is shut for the day.
    fn failures_max(&self) -> u32 {
        if matches!(self, Tried::FactorFirstOfAll(_)) { FACTORS_FIRST_MAX } else { FAILURES_MAX }
    }

    /// Whether it is counted for many together, who do not wait for each other.
    fn is_of_all(&self) -> bool {
        matches!(self, Tried::Password(_) | Tried::Nobody(_) | Tried::FactorFirstOfAll(_) | Tried::Code(..))
    }

    /// Whether it is taken so many times a step of codes, without pauses.
    fn is_taken_by_step(&self) -> bool {
        matches!(self, Tried::FactorFirst(..) | Tried::CodeFrom(Codes::Totp, ..) | Tried::CodeKnown(Codes::Totp, ..))
    }
}

/// How often something failed in a row, and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    pub count: u32,
    pub last: Micros,
    /// Tries in the step of `last`; of codes of an app only.
    pub in_step: u32,
}

impl Failures {
    /// As it is shared between nodes.
    pub fn to_text(self) -> String {
        format!("{} {} {}", self.count, self.last, self.in_step)
    }

    pub fn from_text(text: &str) -> Option<Failures> {
        let mut parts = text.split(' ');
        let failures = Failures {
            count: parts.next()?.parse().ok()?,
            last: parts.next()?.parse().ok()?,
            in_step: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(failures)
    }

    /// Of what two nodes know, what is worse.
    #[must_use]
    pub fn or_worse(self, other: Failures) -> Failures {
        if (other.count, other.last) > (self.count, self.last) { other } else { self }
    }

    /// Until when no try is taken.
    fn until(self, tried: &Tried, now: Micros) -> Micros {
        if self.count == 0 {
            return 0;
        }
        // A key has no secret that could be guessed: it is never shut.
        if matches!(tried, Tried::Key(_)) {
            return self.last + SECOND;
        }
        if self.count >= tried.failures_max() {
            return (self.last / DAY + 1) * DAY;
        }
        if tried.is_taken_by_step() {
            let is_full = self.in_step >= TRIES_A_STEP && step(self.last) == step(now);
            return if is_full { (step(self.last) + 1) * STEP } else { 0 };
        }
        if tried.is_of_all() {
            return 0;
        }
        let pause = match self.count {
            1..=2 => 1,
            3..=8 => 3,
            9..=24 => 5,
            _ => 10,
        };
        self.last + pause * SECOND
    }

    /// After one more failure. A day later it begins anew.
    fn and_one(self, tried: &Tried, now: Micros) -> Failures {
        let begins_anew = self.count >= tried.failures_max() && now >= (self.last / DAY + 1) * DAY;
        let known = if begins_anew { Failures::default() } else { self };
        let in_step = if step(known.last) == step(now) { known.in_step + 1 } else { 1 };
        Failures { count: known.count.saturating_add(1), last: now, in_step }
    }
}

const STEP: Micros = totp::STEP_SECONDS as Micros * SECOND;

fn step(at: Micros) -> Micros {
    at / STEP
}

/// What was tried lately, and failed.
#[derive(Debug, Default)]
pub struct Locks {
    known: HashMap<Tried, Failures>,
}

impl Locks {
    /// Whether a try is taken now; else how many seconds to wait. To be asked before anything is looked at.
    pub fn may_try(&self, tried: &Tried, now: Micros) -> Result<(), u64> {
        let until = self.known.get(tried).map_or(0, |failures| failures.until(tried, now));
        if until <= now { Ok(()) } else { Err(u64::try_from((until - now + SECOND - 1) / SECOND).unwrap_or(1)) }
    }

    /// A try was taken, and failed. Gives what is known now, to be shared.
    ///
    /// To be noted before the outcome is known and taken back by [`Locks::succeeded`]: many tries at once count as many.
    pub fn failed(&mut self, tried: &Tried, now: Micros) -> Failures {
        if self.known.len() >= REMEMBERED_MAX && !self.known.contains_key(tried) {
            self.forget(now);
        }
        let failures = self.known.entry(tried.clone()).or_default();
        *failures = failures.and_one(tried, now);
        *failures
    }

    /// A try was right.
    pub fn succeeded(&mut self, tried: &Tried) {
        self.known.remove(tried);
    }

    /// Takes what another node knows.
    pub fn learn(&mut self, tried: &Tried, told: Failures) {
        let failures = self.known.entry(tried.clone()).or_default();
        *failures = failures.or_worse(told);
    }

    /// Makes room: first what is a day old, then the older half of what nobody owns.
    fn forget(&mut self, now: Micros) {
        self.known.retain(|_, failures| failures.last + DAY > now);
        if self.known.len() < REMEMBERED_MAX {
            return;
        }
        let mut times: Vec<Micros> = self.known.values().map(|failures| failures.last).collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        self.known.retain(|_, failures| failures.last > middle || failures.count >= FAILURES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = 1_800_000_000 * SECOND;

    #[test]
    fn pauses_grow_and_end_with_the_day() {
        let (mut locks, tried, mut now) =
            (Locks::default(), Tried::PasswordFrom(UserId::new(1), "192.0.2.1".to_owned()), NOW);
        let mut pauses = Vec::new();
        for _ in 0..FAILURES_MAX {
            assert_eq!(locks.may_try(&tried, now), Ok(()));
            locks.failed(&tried, now);
            let pause = locks.may_try(&tried, now).expect_err("a pause");
            pauses.push(pause);
            assert!(locks.may_try(&tried, now + (pause as Micros) * SECOND - 1).is_err());
            now += (pause as Micros) * SECOND;
        }
        let count = |pause: u64| pauses.iter().filter(|own| **own == pause).count();
        assert_eq!((count(1), count(3), count(5), count(10)), (2, 6, 16, 75));
        let last = *pauses.last().expect("some");
        assert!(last > 3_600 && last <= 86_400, "{last}");
        assert_eq!((now / SECOND) % 86_400, 0, "it is midnight");
        assert_eq!(locks.may_try(&tried, now), Ok(()));
        locks.failed(&tried, now);
        assert_eq!(locks.may_try(&tried, now), Err(1), "the next day begins anew");
    }

    #[test]
    fn failures_of_a_password_block_neither_passkeys_nor_other_accounts() {
        let mut locks = Locks::default();
        for at in 0..200 {
            locks.failed(&Tried::Password(UserId::new(1)), NOW + at);
        }
        assert!(locks.may_try(&Tried::Password(UserId::new(1)), NOW + 3_600 * SECOND).is_err());
        for other in [
            Tried::Key(FactorId::new(1)),
            Tried::Code(Codes::Totp, UserId::new(1)),
            Tried::Code(Codes::Backup, UserId::new(1)),
            Tried::Password(UserId::new(2)),
            Tried::Nobody("1".to_owned()),
        ] {
            assert_eq!(locks.may_try(&other, NOW), Ok(()), "{other:?}");
        }
        locks.failed(&Tried::Key(FactorId::new(1)), NOW);
        assert_eq!(locks.may_try(&Tried::Key(FactorId::new(1)), NOW), Err(1));
        assert_eq!(locks.may_try(&Tried::Key(FactorId::new(1)), NOW + SECOND), Ok(()));
    }

    #[test]
    fn n08_what_strangers_guess_counts_neither_for_a_known_browser_nor_for_another_client() {
        let mut locks = Locks::default();
        let (all, client) =
            (Tried::Password(UserId::new(1)), Tried::PasswordFrom(UserId::new(1), "192.0.2.1".to_owned()));
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
            Tried::PasswordKnown(UserId::new(1), "ab".to_owned()),
            Tried::PasswordFrom(UserId::new(1), "192.0.2.2".to_owned()),
            Tried::FactorFirst("ann".to_owned(), "192.0.2.1".to_owned()),
        ] {
            assert_eq!(locks.may_try(&open, now), Ok(()), "{open:?}");
        }
        assert_eq!(
            Tried::PasswordKnown(UserId::new(1), "ab".to_owned()).name().as_deref(),
            Some("lock password 1 in ab")
        );
    }

    #[test]
    fn n08_codes_that_strangers_guess_shut_neither_a_known_browser_nor_an_open_session_nor_a_passkey() {
        for codes in [Codes::Totp, Codes::Backup] {
            let (mut locks, all) = (Locks::default(), Tried::Code(codes, UserId::new(1)));
            for round in 0..FAILURES_MAX {
                assert_eq!(locks.may_try(&all, NOW), Ok(()), "{round}: all together never pause");
                locks.failed(&all, NOW);
                locks.failed(&Tried::CodeFrom(codes, UserId::new(1), format!("192.0.2.{round}")), NOW);
                locks.failed(&Tried::Key(FactorId::new(1)), NOW);
            }
            assert!(locks.may_try(&all, NOW + SECOND).is_err(), "many clients are bounded together");
            for open in [
                Tried::CodeKnown(codes, UserId::new(1), "ab".to_owned()),
                Tried::CodeFrom(codes, UserId::new(1), "192.0.2.200".to_owned()),
            ] {
                assert_eq!(locks.may_try(&open, NOW), Ok(()), "{open:?}");
            }
            assert_eq!(locks.may_try(&Tried::Key(FactorId::new(1)), NOW + SECOND), Ok(()), "a passkey is never shut");
        }
    }

    #[test]
    fn a_step_takes_three_codes_and_success_forgets() {
        let (mut locks, tried) = (Locks::default(), Tried::CodeKnown(Codes::Totp, UserId::new(1), "ab".to_owned()));
        for _ in 0..TRIES_A_STEP {
            assert_eq!(locks.may_try(&tried, NOW), Ok(()));
            locks.failed(&tried, NOW);
        }
        assert_eq!(locks.may_try(&tried, NOW + SECOND), Err(29));
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
        let mut locks = Locks::default();
        for at in 0..REMEMBERED_MAX + 10 {
            locks.failed(&Tried::Nobody(at.to_string()), NOW + at as Micros);
        }
        assert!(locks.known.len() <= REMEMBERED_MAX);
        let failures = Failures { count: 7, last: NOW, in_step: 1 };
        assert_eq!(Failures::from_text(&failures.to_text()), Some(failures));
        for nonsense in ["", "1", "1 2", "1 2 3 4", "a b c"] {
            assert_eq!(Failures::from_text(nonsense), None);
        }
        locks.learn(&Tried::CodeKnown(Codes::Backup, UserId::new(9), "ab".to_owned()), failures);
        assert_eq!(locks.may_try(&Tried::CodeKnown(Codes::Backup, UserId::new(9), "ab".to_owned()), NOW), Err(3));
        locks.learn(
            &Tried::CodeKnown(Codes::Backup, UserId::new(9), "ab".to_owned()),
            Failures { count: 2, last: NOW + 1, in_step: 1 },
        );
        assert_eq!(
            locks.may_try(&Tried::CodeKnown(Codes::Backup, UserId::new(9), "ab".to_owned()), NOW),
            Err(3),
            "what is worse stays"
        );
    }
}
