//! What stands between a person and their account: mailed links, recoveries.

use peerage_registry::ids::{OrgId, RecoveryId, TicketId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::text::time;

/// What a mailed link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An account is wanted; it is made once the mailbox is proved.
    Register,
    /// The address is the person's.
    ConfirmAddress,
    ResetPassword,
    /// Tells the user names of an address.
    NameOfAddress,
    /// Proves an address within a recovery.
    Recover,
    /// Stops a recovery and bars the account.
    StopRecovery,
    /// Opens the account at the end of a recovery.
    FinishRecovery,
    /// Nothing: it counts an invitation to an organization, which is mailed with a link of its own.
    Invite,
}

/// A link that was mailed: it works once, for a while. Its code is worked out from the record under the server's key,
/// so that whoever reads the log or the database cannot use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub id: TicketId,
    /// None: an account that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    pub purpose: Purpose,
    /// Where it was sent.
    pub address: String,
    /// The recovery that it belongs to, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryId>,
    /// The organization that has it mailed, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    #[serde(with = "time")]
    pub created: Micros,
    #[serde(with = "time")]
    pub expires: Micros,
    /// Random, hexadecimal.
    pub nonce: String,
    /// What marks the browser in which it was asked for, hashed; none: any browser may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The account that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<WantedAccount>,
    /// When the password was set under which a reset was asked for: the link sets no other one anew.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub password_set: Option<Micros>,
    /// When it was followed: it works no more.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub used: Option<Micros>,
}

/// An account before its mailbox is proved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedAccount {
    pub username: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    /// Of the password, as [`super::Password`] has it.
    pub hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

impl std::fmt::Debug for WantedAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WantedAccount({})", self.username)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecoveryState {
    /// Proofs are gathered.
    Open,
    /// Proofs suffice; it is waited for `ends`, for somebody to stop it.
    Waiting,
    /// Staff have to look at it: the account is the only admin of an organization with live objects.
    Review,
    Done,
    Stopped,
}

/// What speaks for whoever asks for a recovery. Two different ones are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Evidence {
    /// A link to this address was opened.
    Address { address: String },
    /// Another admin of an organization of the person has vouched, with a fresh factor.
    Vouch { by: UserId, org: OrgId },
}

/// The way back into an account whose second factor is lost (spec/accounts.md, 24).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    pub id: RecoveryId,
    pub user: UserId,
    pub state: RecoveryState,
    #[serde(with = "time")]
    pub begun: Micros,
    /// End of the cool-down, once proofs suffice.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub ends: Option<Micros>,
    pub evidence: Vec<Evidence>,
    /// How often the owner was told that it is under way.
    #[serde(default)]
    pub told: u8,
    /// Where it was asked for from.
    #[serde(default)]
    pub address: String,
    /// The browser that asks, as tickets name it: proofs of different ones are never put together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
}
