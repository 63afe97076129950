//! Sessions: how far one has come, and by what its person proved to be there.

use peerage_registry::ids::{FactorId, SessionId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::Secret;
use super::text::time;

/// How far the opening of a session has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is open.
    #[default]
    Open,
    /// The password was right; a second factor has to follow.
    Factor,
    /// It is open for nothing but setting up a factor: the registry or an organization demands one.
    Enrol,
}

/// A way to prove that one is there (RFC 8176).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amr {
    /// A password.
    Pwd,
    /// A code of an app, or a backup code.
    Otp,
    /// A key, in software or hardware.
    Swk,
    /// A key that proved to know its owner.
    User,
    /// More than one.
    Mfa,
}

/// A person who has proved to be there, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub secret: Secret,
    #[serde(with = "time")]
    pub created: Micros,
    #[serde(with = "time")]
    pub expires: Micros,
    /// Until then the second factor counts as fresh.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<Micros>,
    /// Whether a backup code opened it: its person adds a factor before anything else (spec/accounts.md, 24).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_backup: bool,
    /// The session that this one has followed, in place after place; none: it is the first of its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<SessionId>,
    /// What the person has still to do before it counts for anything else.
    #[serde(default)]
    pub stage: Stage,
    /// How the person proved to be there, in the words of RFC 8176 (spec/accounts.md, 15).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<Amr>,
    /// The passkey that opened it, which does not count again as a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<FactorId>,
    /// When the person last proved to be there.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub proved: Option<Micros>,
    /// Where it was opened from, and by what program.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub agent: String,
}

impl Session {
    /// What stays the same while one session is replaced by the next, from log-in to log-out.
    pub fn line(&self) -> SessionId {
        self.line.unwrap_or(self.id)
    }

    /// Whether whoever runs the program has opened it, on their word: its person has shown nothing.
    pub fn is_operators(&self) -> bool {
        self.amr.is_empty()
    }
}
