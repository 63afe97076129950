//! Second factors: what people use in addition to a password (spec/accounts.md, 20).

use peerage_registry::ids::{FactorId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::{stamp, time};
use crate::server_key::SecretHash;

/// When and from where something was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorUse {
    #[serde(with = "time")]
    pub at: Moment,
    pub address: String,
}

/// A second factor of a person. It is stored only after it has been verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    pub id: FactorId,
    pub user: UserId,
    /// The owner's name for it.
    pub name: String,
    #[serde(with = "time")]
    pub created: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<FactorUse>,
    pub proof: FactorProof,
}

impl Factor {
    /// Its security key or passkey, if it is one.
    pub fn key(&self) -> Option<&SecurityKeyProof> {
        match &self.proof {
            FactorProof::Key(key) => Some(key),
            FactorProof::Totp { .. } => None,
        }
    }
}

/// What a factor is verified with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum FactorProof {
    /// An authenticator app (RFC 6238: SHA-1, six digits, thirty seconds).
    Totp {
        /// The seed, encrypted with the server key: hexadecimal of nonce and ciphertext.
        seed: String,
        /// Version of the server key.
        version: u32,
        /// The last accepted step. Neither it nor an earlier one is accepted again.
        last_step: u64,
    },
    /// A security key or passkey.
    Key(Box<SecurityKeyProof>),
}

/// A `WebAuthn` credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityKeyProof {
    /// The credential as serialized by the library, and the format of that.
    pub credential: String,
    pub format: u8,
    /// Base64url. Unique among all people.
    pub credential_id: String,
    /// Whether it can open a session without a password.
    pub logs_in: bool,
    /// Whether it verified its user (by a PIN or biometrics) when it was registered.
    pub verifies: bool,
    /// Whether it can be found without a user name; `None`: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discoverable: Option<bool>,
    /// Whether it can be copied to other devices, and whether it is.
    pub backup_eligible: bool,
    pub backed_up: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
    /// Its model, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aaguid: Option<String>,
    pub counter: u32,
}

impl std::fmt::Debug for FactorProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            FactorProof::Totp { .. } => "Totp",
            FactorProof::Key(_) => "Key",
        })
    }
}

/// A person's backup codes, the newest set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codes {
    /// The id of the user.
    pub id: UserId,
    #[serde(with = "time")]
    pub made: Moment,
    pub codes: Vec<BackupCode>,
}

/// A stored backup code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupCode {
    #[serde(with = "stamp")]
    pub hash: SecretHash,
    /// Version of the server key.
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<FactorUse>,
}

impl std::fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.used.is_some() { "Code(used)" } else { "Code" })
    }
}

impl Codes {
    /// Number of unused codes.
    pub fn left(&self) -> usize {
        self.codes.iter().filter(|code| code.used.is_none()).count()
    }
}
