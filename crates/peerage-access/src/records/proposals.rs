//! What imports of member lists leave behind: changes of ports that networks decide about, and failures (spec/ixf.md).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use peerage_registry::ids::{ImportFailureId, OrgId, PortProposalId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::text::time;

/// What a proposal does with a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposedAction {
    Delete,
    Modify,
    Add,
}

impl ProposedAction {
    pub fn name(self) -> &'static str {
        match self {
            ProposedAction::Delete => "delete",
            ProposedAction::Modify => "modify",
            ProposedAction::Add => "add",
        }
    }
}

/// The addresses of a port. At least one is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortAddresses {
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
}

impl PortAddresses {
    pub fn all(self) -> impl Iterator<Item = IpAddr> {
        self.ipaddr4.map(IpAddr::V4).into_iter().chain(self.ipaddr6.map(IpAddr::V6))
    }
}

/// The fields of a port that member lists state and renumberings set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortFields {
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
    /// Mbit/s; 0: unknown.
    pub speed: u32,
    pub is_rs_peer: bool,
    pub operational: bool,
}

impl PortFields {
    pub fn addresses(self) -> PortAddresses {
        PortAddresses { ipaddr4: self.ipaddr4, ipaddr6: self.ipaddr6 }
    }
}

/// What a list states, whether the network takes it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedPort {
    pub speed: u32,
    pub is_rs_peer: bool,
    pub operational: bool,
}

/// A change of a port that an exchange's member list proposes. Its network decides about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortProposal {
    pub id: PortProposalId,
    pub ix: u32,
    pub lan: u32,
    pub net: u32,
    /// Of the network, when the proposal was made.
    pub org: OrgId,
    pub asn: u32,
    pub action: ProposedAction,
    /// Of the row in the list; for a deletion, of the port.
    pub row: PortAddresses,
    /// The port; none for an addition.
    pub port: Option<u32>,
    pub before: Option<PortFields>,
    pub after: Option<PortFields>,
    pub stated: Option<StatedPort>,
    /// Where the list has it, as path and line.
    pub source: Option<String>,
    /// For a deletion: the row of another proposal that needs an address of this port, and includes this one.
    pub needed_by: Option<PortAddresses>,
    #[serde(default, with = "time::maybe")]
    pub dismissed: Option<Moment>,
    /// When it ended. It is kept for a while, so that a list that changes back and forth sends no mails.
    #[serde(default, with = "time::maybe")]
    pub resolved: Option<Moment>,
    #[serde(with = "time")]
    pub created: Moment,
    #[serde(with = "time")]
    pub updated: Moment,
}

/// Why the member list of an exchange is not imported. Kept for a day after an import that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFailure {
    /// Of the exchange.
    pub id: ImportFailureId,
    pub org: OrgId,
    pub why: String,
    /// The guard against mass changes stopped it, so that somebody has to look at the preview.
    pub needs_confirmation: bool,
    #[serde(with = "time")]
    pub since: Moment,
    /// When the exchange was last told.
    #[serde(with = "time")]
    pub told: Moment,
    /// When an import did not fail.
    #[serde(default, with = "time::maybe")]
    pub ended: Option<Moment>,
}
