//! How long sessions last, and what one lets its person do at a moment (spec/accounts.md, 22 and 23):
//!
//! | what | ends |
//! | --- | --- |
//! | any session | [`LIFE`] after it was opened, or [`IDLE_MAX`] after it was last seen |
//! | its right to change things | [`WRITES`] after the person last proved to be there, or once it was idle for [`WRITES_IDLE_MAX`] since |
//! | a fresh second factor | [`FRESH`] after it was shown; use makes it no longer |
//! | a session that waits for the second factor | [`UNFINISHED`] after the first step |

use peerage_registry::moment::{DAY, Micros};

use crate::records::{Session, Stage, User};

/// How long a fresh second factor counts.
pub const FRESH: Micros = 10 * 60 * 1_000_000;

/// How long a session lives.
pub const LIFE: Micros = 30 * DAY;

/// How long a session may be idle.
pub const IDLE_MAX: Micros = 14 * DAY;

/// How long a session may change things after the person last proved to be there.
pub const WRITES: Micros = DAY;

/// How long a session may be idle before it only reads.
pub const WRITES_IDLE_MAX: Micros = HOUR;

/// How long the second step of a log-in may take.
pub const UNFINISHED: Micros = 10 * 60 * 1_000_000;

const HOUR: Micros = 3_600 * 1_000_000;

/// What a session lets its person do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is over.
    Over,
    /// It is not open yet, or for nothing but setting up a factor.
    Unfinished,
    Reads,
    Writes,
}

/// When a session was used. What is not known makes it older than it is, never younger: a registry that starts anew
/// prolongs nobody's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When it was used last.
    pub last: Micros,
    /// The last use before which it was never idle for [`WRITES_IDLE_MAX`] since its person proved to be there. It does
    /// not come nearer once it is that long ago: only another proof, which opens another session, brings the right to
    /// change things back.
    pub unbroken: Micros,
}

impl Seen {
    /// What the session itself tells.
    pub fn of(session: &Session) -> Seen {
        let proved = session.proved.unwrap_or(session.created);
        Seen { last: proved.max(session.created), unbroken: proved }
    }

    /// After a use.
    #[must_use]
    pub fn and_now(self, now: Micros) -> Seen {
        let is_broken = self.unbroken + WRITES_IDLE_MAX <= now;
        Seen { last: self.last.max(now), unbroken: if is_broken { self.unbroken } else { self.unbroken.max(now) } }
    }

    /// What two who saw it know together.
    #[must_use]
    pub fn with(self, other: Seen) -> Seen {
        Seen { last: self.last.max(other.last), unbroken: self.unbroken.max(other.unbroken) }
    }
}

/// What a session lets its person do, now; `seen`: when it was used before.
pub fn standing(user: &User, session: &Session, now: Micros, seen: Seen) -> Standing {
    if session.expires <= now || seen.last + IDLE_MAX <= now {
        return Standing::Over;
    }
    if session.stage != Stage::Open {
        return Standing::Unfinished;
    }
    let is_held = user.reads_until.is_some_and(|until| until > now);
    if is_held || has_lapsed(session, now, seen) { Standing::Reads } else { Standing::Writes }
}

/// Whether its person has to prove again to be there before it changes anything.
pub fn has_lapsed(session: &Session, now: Micros, seen: Seen) -> bool {
    let proved = session.proved.unwrap_or(session.created);
    proved + WRITES <= now || seen.unbroken + WRITES_IDLE_MAX <= now
}
