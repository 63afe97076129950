//! API keys and their secrets.

use ipnet::IpNet;
use peerage_registry::ids::{KeyId, OrgId, RoleId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::PermissionRules;
use super::text::{stamp, time};
use crate::key_string::KeyKind;
use crate::server_key::{SecretHash, ServerKey};

/// Whether a key can be used, according to decisions about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    Active,
    /// Suspended by its owner. It can be resumed.
    Suspended,
    /// Revoked permanently.
    Revoked,
    /// Leaked, and therefore revoked permanently.
    Exposed,
}

/// A stored secret of a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSecret {
    #[serde(with = "stamp")]
    pub hash: SecretHash,
    /// Version of the server key.
    pub version: u32,
    #[serde(with = "time")]
    pub made: Moment,
    /// Until when a secret that was replaced is still accepted.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl StoredSecret {
    /// The stored form of a new secret.
    pub fn of(server_key: &ServerKey, text: &str, now: Moment) -> StoredSecret {
        let (version, hash) = server_key.stamped(text);
        StoredSecret { hash, version, made: now, until: None }
    }
}

impl std::fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub id: KeyId,
    /// The public id, for lists, logs and headers.
    pub public: String,
    pub kind: KeyKind,
    /// The owner of a user key; the creator of a role key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The owner of an organization key; the organization of a role key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    pub name: String,
    /// Contact address for notifications. Every organization and role key has one.
    #[serde(default)]
    pub email: String,
    /// Whether the address was confirmed by mail.
    #[serde(default)]
    pub email_confirmed: bool,
    /// Addresses that were asked for confirmation within a day.
    #[serde(rename = "asked", default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<AddressConfirmation>,
    /// What uses the key, in its owner's words.
    #[serde(default)]
    pub note: String,
    /// Whether it can only read, whatever else it is granted.
    #[serde(default)]
    pub readonly: bool,
    /// The permissions of an organization key; the restriction of a user or role key, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<PermissionRules>,
    /// Allowed networks; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Requests per minute; `None`: only the server's own limits apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Whether the key can replace its own secret.
    #[serde(default)]
    pub rotates_itself: bool,
    /// Whether an organization key can invite and remove plain members. Only an admin can enable it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manages_members: bool,
    pub state: KeyState,
    /// When and why it was revoked permanently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<KeyEnd>,
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// The last reminder sent to its owners, in days before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_days: Option<u16>,
    /// Identifies the form that requested its newest secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<String>,
    /// When counting its idle time began, if later than its creation: when it was resumed.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Moment>,
    #[serde(with = "time")]
    pub created: Moment,
    /// Newest first, at most [`crate::server_key::SECRETS_MAX`].
    pub secrets: Vec<StoredSecret>,
}

/// A mail that asked to confirm a key's contact address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressConfirmation {
    pub address: String,
    #[serde(with = "time")]
    pub at: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEnd {
    #[serde(with = "time")]
    pub at: Moment,
    pub why: String,
}

impl Key {
    /// An empty key: active, without owner and secret.
    pub fn blank(kind: KeyKind, created: Moment) -> Key {
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
            confirmations: Vec::new(),
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

    pub fn is_expired(&self, now: Moment) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Its state at a time, as a word for lists.
    pub fn state_at(&self, now: Moment) -> &'static str {
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
