//! Sessions: their stage, and how their person has authenticated.

use peerage_registry::ids::{FactorId, SessionId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::StoredSecret;
use super::text::time;

/// How far a login has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStage {
    /// It is open.
    #[default]
    Open,
    /// The password was correct, and a second factor must follow.
    Factor,
    /// It can only be used to set up a factor, because the registry or an organization requires one.
    Enrol,
}

/// An authentication method (RFC 8176).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMethod {
    /// A password.
    Pwd,
    /// A code of an authenticator app, or a backup code.
    Otp,
    /// A security key or passkey.
    Swk,
    /// A key that has verified its user.
    User,
    /// More than one.
    Mfa,
}

/// A person's session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub secret: StoredSecret,
    #[serde(with = "time")]
    pub created: Moment,
    #[serde(with = "time")]
    pub expires: Moment,
    /// Until when the second factor counts as fresh.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<Moment>,
    /// Whether it was opened with a backup code: its person has to add a factor first (spec/accounts.md, 24).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_backup: bool,
    /// The first session of its line, of which this is a replacement; `None`: this is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<SessionId>,
    /// What the person has to do before the session is complete.
    #[serde(default)]
    pub stage: SessionStage,
    /// How the person authenticated, in the values of RFC 8176 (spec/accounts.md, 15).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<AuthMethod>,
    /// The passkey that opened it, which does not count again as a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<FactorId>,
    /// When the person was last verified.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub proved: Option<Moment>,
    /// Network address and program of the client that opened it.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub agent: String,
}

impl Session {
    /// Stays the same while sessions replace one another, from login to logout.
    pub fn line(&self) -> SessionId {
        self.line.unwrap_or(self.id)
    }

    /// Whether the operator has opened it on a person's behalf: the person has shown nothing.
    pub fn is_operators(&self) -> bool {
        self.amr.is_empty()
    }
}
