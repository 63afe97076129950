//! API keys and their secrets.

use ipnet::IpNet;
use peerage_registry::ids::{KeyId, OrgId, RoleId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::text::{stamp, time};
use crate::key_string::KeyKind;
use crate::server_key::Stamp;

/// Whether a key may be used, as far as somebody has decided about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    Active,
    /// By its owner; it can come back.
    Suspended,
    /// For good.
    Revoked,
    /// It was found where others could read it. For good.
    Exposed,
}

/// One secret of a key, as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    #[serde(with = "stamp")]
    pub hash: Stamp,
    /// Version of the server's key.
    pub version: u32,
    #[serde(with = "time")]
    pub made: Micros,
    /// A secret that was replaced is accepted until then.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub until: Option<Micros>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub id: KeyId,
    /// What it is called in lists, logs and headers; no secret.
    pub public: String,
    pub kind: KeyKind,
    /// The owner of a user key; the maker of a role key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The owner of an organization key; the organization of a role key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    pub name: String,
    /// Whom to tell what happens to it. Every organization and role key has one.
    #[serde(default)]
    pub email: String,
    /// Whether a mail to the address was answered.
    #[serde(default)]
    pub email_confirmed: bool,
    /// Addresses that were asked within a day whether they are right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AddressQuestion>,
    /// What uses it, in its owner's words.
    #[serde(default)]
    pub note: String,
    /// It reads and never writes, whatever else it may.
    #[serde(default)]
    pub readonly: bool,
    /// An organization key's rights; what cuts a user or role key's rights, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Rules>,
    /// Addresses that it may be used from; none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Requests a minute; none: the server's own limits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Whether the key may replace its own secret.
    #[serde(default)]
    pub rotates_itself: bool,
    /// Whether an organization key may invite and remove plain members. Only an admin switches it on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manages_members: bool,
    pub state: KeyState,
    /// When and why it ended, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub expires: Option<Micros>,
    /// Days before its end that its owners were told of last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_days: Option<u16>,
    /// What marks the form that asked for its newest secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<String>,
    /// From when on it counts that it is not used, if that is later than its making: it was resumed then.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Micros>,
    #[serde(with = "time")]
    pub created: Micros,
    /// The newest first.
    pub secrets: Vec<Secret>,
}

/// A mail that asked whether an address is the right one for a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressQuestion {
    pub address: String,
    #[serde(with = "time")]
    pub at: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    #[serde(with = "time")]
    pub at: Micros,
    pub why: String,
}

impl Key {
    /// A key about which nothing is said yet: active, nobody's, without a secret.
    pub fn blank(kind: KeyKind, created: Micros) -> Key {
        Key {
            id: KeyId::new(0),
            public: String::new(),
            kind,
            user: None,
            org: None,
            role: None,
            name: String::new(),
            email: String::new(),
            email_confirmed: false,
            asked: Vec::new(),
            note: String::new(),
            readonly: false,
            grants: None,
            networks: Vec::new(),
            per_minute: None,
            rotates_itself: false,
            manages_members: false,
            state: KeyState::Active,
            ended: None,
            expires: None,
            told_days: None,
            once: None,
            idle_since: None,
            created,
            secrets: Vec::new(),
        }
    }

    pub fn is_final(&self) -> bool {
        matches!(self.state, KeyState::Revoked | KeyState::Exposed)
    }

    pub fn is_expired(&self, now: Micros) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// The word for lists: what decides about it now.
    pub fn state_at(&self, now: Micros) -> &'static str {
        match self.state {
            KeyState::Revoked => "revoked",
            KeyState::Exposed => "exposed",
            _ if self.is_expired(now) => "expired",
            KeyState::Suspended => "suspended",
            KeyState::Active if self.secrets.iter().any(|secret| secret.until.is_some_and(|until| until > now)) => {
                "rotating"
            }
            KeyState::Active => "active",
        }
    }
}
