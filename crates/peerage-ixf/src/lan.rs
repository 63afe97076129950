//! What the registry has about an exchange LAN, as far as an import depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::plan::ChangeAction;

/// A LAN and what surrounds it.
///
/// Only live rows count. `networks` needs at least those whose AS number is in the list
/// ([`CleanList::as_numbers`](crate::CleanList)) or on a port of the LAN; `elsewhere` at least the addresses of the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lan {
    pub id: u32,
    pub prefixes: Vec<IpNet>,
    pub ports: Vec<LanPort>,
    /// By AS number. A network without its entry counts as unknown.
    pub networks: BTreeMap<u32, LanNetwork>,
    /// IDs of facilities.
    pub facilities: BTreeSet<u32>,
    /// Addresses of ports on other LANs, with the LAN's ID.
    pub elsewhere: BTreeMap<IpAddr, u32>,
    /// Proposals of earlier imports on this LAN, also dismissed ones.
    pub proposals: Vec<KnownProposal>,
}

/// What identifies a port in an import. At least one address is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortIdentity {
    pub asn: u32,
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
}

impl PortIdentity {
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        self.ipaddr4.map(IpAddr::V4).into_iter().chain(self.ipaddr6.map(IpAddr::V6))
    }
}

/// The fields of a port that an import reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortValues {
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
    /// Mbit/s; 0: unknown.
    pub speed: u32,
    pub is_rs_peer: bool,
    pub operational: bool,
    /// The facility on the exchange's side.
    pub ix_side_id: Option<u32>,
}

/// A port of the LAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LanPort {
    pub id: u32,
    pub net_id: u32,
    pub asn: u32,
    pub values: PortValues,
}

impl LanPort {
    pub fn identity(&self) -> PortIdentity {
        PortIdentity { asn: self.asn, ipaddr4: self.values.ipaddr4, ipaddr6: self.values.ipaddr6 }
    }
}

/// Fields that an import never takes for a network (`ixp_update_exclude`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExcludedFields {
    pub speed: bool,
    pub is_rs_peer: bool,
    pub operational: bool,
}

/// A network, and what it permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LanNetwork {
    pub net_id: u32,
    /// Its status is `ok`.
    pub is_ok: bool,
    /// `allow_ixp_update`: imports are applied without asking.
    pub allows_update: bool,
    pub excluded: ExcludedFields,
    /// `info_unicast` and `info_ipv6`. If neither is set, both count as spoken.
    pub speaks_ipv4: bool,
    pub speaks_ipv6: bool,
}

impl LanNetwork {
    pub fn speaks(&self, address: IpAddr) -> bool {
        let is_silent = !self.speaks_ipv4 && !self.speaks_ipv6;
        is_silent || if address.is_ipv6() { self.speaks_ipv6 } else { self.speaks_ipv4 }
    }
}

/// A proposal of an earlier import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownProposal {
    pub id: u64,
    pub action: ChangeAction,
    /// Of the row in the list; for a deletion, of the port.
    pub identity: PortIdentity,
    /// What the list stated then; `None` for a deletion.
    pub stated: Option<StatedValues>,
    pub is_dismissed: bool,
}

/// What a list states about a port, whether the network takes it or not. A dismissed proposal stays hidden until one of
/// these changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedValues {
    /// Mbit/s; 0: not stated.
    pub speed: u32,
    /// `false` also if it is not stated.
    pub is_rs_peer: bool,
    pub operational: bool,
}
