//! What people prove with, beside a password, that they are who they are (spec/accounts.md, 20).

use peerage_registry::ids::{FactorId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::{stamp, time};
use crate::server_key::Stamp;

/// When and from where something was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    #[serde(with = "time")]
    pub at: Micros,
    pub address: String,
}

/// A device or key of a person. One that is being set up is none yet: only what has proved itself is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    pub id: FactorId,
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    #[serde(with = "time")]
    pub created: Micros,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Used>,
    pub proof: Proof,
}

impl Factor {
    /// Its security key or passkey, if it is one.
    pub fn key(&self) -> Option<&Security> {
        match &self.proof {
            Proof::Key(key) => Some(key),
            Proof::Totp { .. } => None,
        }
    }
}

/// By what a factor proves itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Proof {
    /// Codes of an app (RFC 6238: SHA-1, six digits, thirty seconds).
    Totp {
        /// The seed, sealed under the server's key: hexadecimal of nonce and ciphertext.
        seed: String,
        /// Version of the server's key.
        version: u32,
        /// The last step that was accepted: neither it nor an earlier one is again.
        last_step: u64,
    },
    /// A security key or passkey.
    Key(Box<Security>),
}

/// A `WebAuthn` credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    /// As the library keeps it, and in which of its forms.
    pub credential: String,
    pub format: u8,
    /// Base64url; no two people have the same.
    pub credential_id: String,
    /// Whether it opens a session without a password.
    pub logs_in: bool,
    /// Whether it proved, when it was registered, that it knows its owner (by a PIN or a finger).
    pub verifies: bool,
    /// Whether it can be found without a user name; none: it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discoverable: Option<bool>,
    /// Whether it may be copied to other devices, and is.
    pub backup_eligible: bool,
    pub backed_up: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
    /// Its model, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aaguid: Option<String>,
    pub counter: u32,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Proof::Totp { .. } => "Totp",
            Proof::Key(_) => "Key",
        })
    }
}

/// A person's backup codes, the newest set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codes {
    /// The user's.
    pub id: UserId,
    #[serde(with = "time")]
    pub made: Micros,
    pub codes: Vec<Code>,
}

/// One backup code, as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    #[serde(with = "stamp")]
    pub hash: Stamp,
    /// Version of the server's key.
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Used>,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.used.is_some() { "Code(used)" } else { "Code" })
    }
}

impl Codes {
    /// Codes that were not used yet.
    pub fn left(&self) -> usize {
        self.codes.iter().filter(|code| code.used.is_none()).count()
    }
}
