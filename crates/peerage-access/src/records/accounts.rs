//! Records about access to an account: mailed links, recoveries.

use peerage_registry::ids::{OrgId, RecoveryId, TicketId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::text::time;

/// The purpose of a mailed link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketPurpose {
    /// Creates a requested account, once the address is proved.
    Register,
    /// Confirms an address of the person.
    ConfirmAddress,
    ResetPassword,
    /// Shows the user names of an address.
    NameOfAddress,
    /// Proves an address during a recovery.
    Recover,
    /// Stops a recovery and suspends the account.
    StopRecovery,
    /// Opens the account at the end of a recovery.
    FinishRecovery,
    /// None: counts an invitation to an organization, which is mailed with a link of its own.
    Invite,
}

/// A mailed link. It works once, for a limited time. Its code is derived from the record with the server key, so nobody
/// can use it who reads the log or the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: TicketId,
    /// `None`: a requested account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    pub purpose: TicketPurpose,
    /// The address to which it was sent.
    pub address: String,
    /// The recovery to which it belongs, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryId>,
    /// The organization on whose behalf it was mailed, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    #[serde(with = "time")]
    pub created: Moment,
    #[serde(with = "time")]
    pub expires: Moment,
    /// Random, hexadecimal.
    pub nonce: String,
    /// Hash of the identifier of the requesting browser; `None`: any browser can use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The requested account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<PendingAccount>,
    /// When the password was set that a reset replaces. The link resets no other one.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub password_set: Option<Moment>,
    /// When it was used. It no longer works.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub used: Option<Moment>,
}

/// An account before its address is proved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAccount {
    pub username: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    /// Hash of the password, as in [`super::Password`].
    pub hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

impl std::fmt::Debug for PendingAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WantedAccount({})", self.username)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecoveryState {
    /// Proofs are being collected.
    Open,
    /// Proofs suffice. Until `ends`, it can be stopped.
    Waiting,
    /// Staff have to review it: the account is the only admin of an organization with live objects.
    Review,
    Done,
    Stopped,
}

/// A proof in a recovery. Two different ones are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum RecoveryEvidence {
    /// A link to this address was opened.
    Address { address: String },
    /// Another admin of one of the person's organizations has confirmed, with a fresh factor.
    Vouch { by: UserId, org: OrgId },
}

/// The recovery of an account whose second factor is lost (spec/accounts.md, 24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    pub id: RecoveryId,
    pub user: UserId,
    pub state: RecoveryState,
    #[serde(with = "time")]
    pub begun: Moment,
    /// End of the cool-down, once proofs suffice.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub ends: Option<Moment>,
    pub evidence: Vec<RecoveryEvidence>,
    /// How often the owner was notified that it is in progress.
    #[serde(default)]
    pub told: u8,
    /// The network address from which it was requested.
    #[serde(default)]
    pub address: String,
    /// The requesting browser, as in tickets. Proofs from different browsers are never combined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
}
