//! What an import would change.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::lan::{PortIdentity, PortValues, StatedValues};
use crate::path::Source;
use crate::problem::{Family, RowError};
use crate::quote::Quote;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeAction {
    Delete,
    Modify,
    Add,
}

/// Why a change is made without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// The network has `allow_ixp_update`.
    Consent,
    /// The list states the port's address at another AS number. Only the network that loses it is told.
    Reassignment,
    /// The facility on the exchange's side is the exchange's to state. Nobody is told.
    ExchangeSide,
}

/// Why something is changed, proposed or left as it is. Printed as an English sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Reason {
    #[error("The exchange's member list has this port, and the registry does not.")]
    OnlyInList,
    #[error("The exchange's member list does not have this port.")]
    OnlyInRegistry,
    #[error("The exchange's member list has {address} at AS{asn}.")]
    Reassigned { address: IpAddr, asn: u32 },
    #[error("The exchange's member list has another address for this port: {0}.")]
    Renumbered(Differences),
    #[error("The exchange's member list has other values: {0}.")]
    ValuesDiffer(Differences),
    #[error("The registry agrees with the exchange's member list.")]
    Equal,
    #[error("The network does not let exchanges change this: {0}.")]
    DifferencesNotTaken(Differences),
}

impl Reason {
    /// A key for translations.
    pub fn key(&self) -> &'static str {
        match self {
            Self::OnlyInList => "only-in-list",
            Self::OnlyInRegistry => "only-in-registry",
            Self::Reassigned { .. } => "reassigned",
            Self::Renumbered(_) => "renumbered",
            Self::ValuesDiffer(_) => "values-differ",
            Self::Equal => "equal",
            Self::DifferencesNotTaken(_) => "differences-not-taken",
        }
    }
}

/// Values before and after. Printed as `speed 1000 → 10000, operational true → false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Differences {
    pub before: PortValues,
    pub after: PortValues,
}

impl fmt::Display for Differences {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn optional(value: Option<impl ToString>) -> String {
            value.map_or_else(|| "none".to_owned(), |value| value.to_string())
        }
        let (before, after) = (&self.before, &self.after);
        let pairs = [
            ("IPv4 address", optional(before.ipaddr4), optional(after.ipaddr4)),
            ("IPv6 address", optional(before.ipaddr6), optional(after.ipaddr6)),
            ("speed", before.speed.to_string(), after.speed.to_string()),
            ("route server peer", before.is_rs_peer.to_string(), after.is_rs_peer.to_string()),
            ("operational", before.operational.to_string(), after.operational.to_string()),
            ("exchange side", optional(before.ix_side_id), optional(after.ix_side_id)),
        ];
        let mut separator = "";
        for (name, before, after) in pairs.into_iter().filter(|(_, before, after)| before != after) {
            write!(formatter, "{separator}{name} {before} → {after}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// A change that is applied without asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub action: ChangeAction,
    pub asn: u32,
    pub net_id: u32,
    /// The port; `None` for an addition.
    pub port_id: Option<u32>,
    pub before: Option<PortValues>,
    pub after: Option<PortValues>,
    pub decided_by: DecidedBy,
    pub reason: Reason,
    /// `None` if the list does not have the port.
    pub source: Option<Source>,
}

/// A change that the network decides about.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub action: ChangeAction,
    /// Of the row in the list; for a deletion, of the port. Together with the action, it identifies the proposal over
    /// several imports.
    pub identity: PortIdentity,
    pub net_id: u32,
    /// The port; `None` for an addition.
    pub port_id: Option<u32>,
    pub before: Option<PortValues>,
    pub after: Option<PortValues>,
    /// What the list states; `None` for a deletion. Store it with the proposal ([`KnownProposal::stated`]).
    ///
    /// [`KnownProposal::stated`]: crate::KnownProposal::stated
    pub stated: Option<StatedValues>,
    pub reason: Reason,
    pub source: Option<Source>,
    /// For a deletion: another proposal, a modification or addition, needs an address of this port, so accepting that one
    /// includes this one. It is not shown on its own.
    pub requirement_of: Option<PortIdentity>,
    /// The proposal of an earlier import that this one continues.
    pub known: Option<u64>,
    /// It was dismissed, and the list still says the same.
    pub is_hidden: bool,
    /// The network has a port on this LAN. An addition concerns the exchange only then.
    pub network_is_present: bool,
}

impl Proposal {
    /// Whether nobody has been told about it yet.
    pub fn is_new(&self) -> bool {
        self.known.is_none()
    }
}

/// A port that stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Noop {
    pub asn: u32,
    pub net_id: u32,
    pub port_id: u32,
    pub values: PortValues,
    pub reason: Reason,
    pub source: Source,
}

/// Why a row of the list is not considered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum IgnoredReason {
    #[error("No network has this AS number.")]
    UnknownNetwork,
    #[error("The network is not approved, or deleted.")]
    NetworkNotOk,
    #[error("The connection has the unknown state {0}.")]
    StateUnknown(Quote),
    #[error("The network says that it does not speak the protocols of this port's addresses.")]
    NoFamilyLeft,
    #[error("The same port is listed before.")]
    ListedBefore,
}

impl IgnoredReason {
    /// A key for translations.
    pub fn key(&self) -> &'static str {
        match self {
            Self::UnknownNetwork => "unknown-network",
            Self::NetworkNotOk => "network-not-ok",
            Self::StateUnknown(_) => "state-unknown",
            Self::NoFamilyLeft => "no-family-left",
            Self::ListedBefore => "listed-before",
        }
    }
}

/// A row of the list that is not considered.
#[derive(Debug, Clone, PartialEq)]
pub struct IgnoredRow {
    pub identity: PortIdentity,
    pub reason: IgnoredReason,
    pub source: Source,
}

impl fmt::Display for IgnoredRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AS{}: {}", self.identity.asn, self.reason)
    }
}

/// The list has an address of a family that the network says it does not speak. One for each network and family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProtocolConflict {
    pub asn: u32,
    pub net_id: u32,
    pub family: Family,
    /// The lowest such address.
    pub address: IpAddr,
    pub source: Source,
}

/// Limits of the guard against mass changes.
///
/// The limit is `share_percent` of the LAN's ports, and at most `rows_max`. On a small LAN this would stop every single
/// removal, so at least `rows_floor` are permitted, but never more than half of the ports: on a LAN with one port, its
/// removal needs a confirmation, and so does emptying any LAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardLimits {
    /// Default: 5.
    pub share_percent: u8,
    /// Default: 50.
    pub rows_max: usize,
    /// Default: 3, which is 5 % of 60 ports.
    pub rows_floor: usize,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self { share_percent: 5, rows_max: 50, rows_floor: 3 }
    }
}

impl GuardLimits {
    /// The most ports that an import can remove from a LAN with `ports` ports, without a confirmation.
    pub fn allowed(&self, ports: usize) -> usize {
        let share = ports.saturating_mul(usize::from(self.share_percent)) / 100;
        share.min(self.rows_max).max(self.rows_floor.min(ports / 2))
    }
}

/// What the guard against mass changes says about a plan. The plan itself stays complete, so that it can be shown, and
/// applied after a confirmation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardDecision {
    /// Ports of the LAN before the import.
    pub ports: usize,
    /// The most ports that can be removed without a confirmation. The same number holds for new proposals.
    pub allowed: usize,
    /// IDs of ports that the import would remove, sorted.
    pub removals: Vec<u32>,
    /// IDs of ports that the import would newly propose to remove, sorted. A half-empty list would otherwise send a mail
    /// to every network of the LAN.
    pub proposed_removals: Vec<u32>,
}

impl GuardDecision {
    /// Too many ports would be removed.
    pub fn stops_removals(&self) -> bool {
        self.removals.len() > self.allowed
    }

    /// Too many removals would be proposed.
    pub fn stops_proposals(&self) -> bool {
        self.proposed_removals.len() > self.allowed
    }

    /// Whether the import has to be confirmed.
    pub fn stops(&self) -> bool {
        self.stops_removals() || self.stops_proposals()
    }
}

/// Why nothing at all can be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    #[error("The LAN has no prefix.")]
    NoPrefix,
    #[error(
        "The LAN's prefixes contain addresses of several VLANs: {first} has vlan_id {first_vlan}, and {second} has \
         vlan_id {second_vlan}. A LAN can be one VLAN only."
    )]
    SeveralVlans { first: Source, first_vlan: String, second: Source, second_vlan: String },
}

/// What an import would do on a LAN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// In the order in which they are to be applied: deletions, modifications, additions, and then the exchange's side
    /// of ports. In this order, no address is ever on two ports, and each change begins with the values that the ones
    /// before it leave.
    pub changes: Vec<Change>,
    /// Sorted by action, network and port.
    pub proposals: Vec<Proposal>,
    /// Proposals of earlier imports that no longer apply: to be deleted.
    pub resolved: Vec<u64>,
    pub conflicts: Vec<ProtocolConflict>,
    pub errors: Vec<RowError>,
    pub ignored: Vec<IgnoredRow>,
    pub noops: Vec<Noop>,
    /// Number of rows with addresses outside of the LAN's prefixes: they belong to another LAN.
    pub outside: usize,
    /// `ixf_net_count`: the number of different AS numbers in the list, known or not.
    pub as_numbers: usize,
    pub guard: GuardDecision,
}
