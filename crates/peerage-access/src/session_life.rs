//! How long sessions last, and what a session allows at a given time (spec/accounts.md, 22 and 23):
//!
//! | what | ends |
//! | --- | --- |
//! | any session | [`LIFE`] after it was opened, or [`IDLE_MAX`] after it was last seen |
//! | its right to make changes | [`WRITES`] after the person was last verified, or once it was idle for [`WRITES_IDLE_MAX`] since |
//! | a fresh second factor | [`FRESH`] after it was verified; use does not extend it |
//! | a session that waits for the second factor | [`UNFINISHED`] after the first step |

use peerage_registry::moment::{DAY, HOUR, Moment, SignedDuration, days};

use crate::records::{Session, SessionStage, User};

/// How long a second factor counts as fresh.
pub const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Maximum life of a session.
pub const LIFE: SignedDuration = days(30);

/// How long a session can be idle.
pub const IDLE_MAX: SignedDuration = days(14);

/// How long a session can make changes after the person was last verified.
pub const WRITES: SignedDuration = DAY;

/// How long a session can be idle before it becomes read-only.
pub const WRITES_IDLE_MAX: SignedDuration = HOUR;

/// Time limit of the second step of a login.
pub const UNFINISHED: SignedDuration = SignedDuration::from_mins(10);

/// What a session allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionStanding {
    /// It has ended.
    Over,
    /// It is not complete yet, or can only be used to set up a factor.
    Unfinished,
    Reads,
    Writes,
}

/// When a session was used. Unknown times make it older, never younger: a restart of the registry does not prolong
/// sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionActivity {
    /// Time of the last use.
    pub last: Moment,
    /// The last use up to which it was never idle for [`WRITES_IDLE_MAX`] since its person was verified. Once that is
    /// too long ago it no longer advances: only a new verification, which opens another session, restores the right to
    /// make changes.
    pub unbroken: Moment,
}

impl SessionActivity {
    /// What is known from the session itself.
    pub fn of(session: &Session) -> SessionActivity {
        let proved = session.proved.unwrap_or(session.created);
        SessionActivity { last: proved.max(session.created), unbroken: proved }
    }

    /// The state after a use.
    #[must_use]
    pub fn and_now(self, now: Moment) -> SessionActivity {
        let is_broken = self.unbroken + WRITES_IDLE_MAX <= now;
        SessionActivity {
            last: self.last.max(now),
            unbroken: if is_broken { self.unbroken } else { self.unbroken.max(now) },
        }
    }

    /// Combines what two observers know.
    #[must_use]
    pub fn with(self, other: SessionActivity) -> SessionActivity {
        SessionActivity { last: self.last.max(other.last), unbroken: self.unbroken.max(other.unbroken) }
    }
}

/// What a session allows now; `seen`: when it was used before.
pub fn standing(user: &User, session: &Session, now: Moment, seen: SessionActivity) -> SessionStanding {
    if session.expires <= now || seen.last + IDLE_MAX <= now {
        return SessionStanding::Over;
    }
    if session.stage != SessionStage::Open {
        return SessionStanding::Unfinished;
    }
    let is_held = user.reads_until.is_some_and(|until| until > now);
    if is_held || has_lapsed(session, now, seen) { SessionStanding::Reads } else { SessionStanding::Writes }
}

/// Whether its person has to verify again before they can change anything.
pub fn has_lapsed(session: &Session, now: Moment, seen: SessionActivity) -> bool {
    let proved = session.proved.unwrap_or(session.created);
    proved + WRITES <= now || seen.unbroken + WRITES_IDLE_MAX <= now
}
