//! A member list as it was read: every element keeps its position and line, and nothing is interpreted beyond single
//! values. The position of an element in its vector is its position in the list.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use crate::finding::DefectFindings;
use crate::quote::Quote;

/// A value that a list should state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading<T> {
    /// Missing, null or an empty text.
    Absent,
    Value(T),
    /// Something else.
    Unreadable(Quote),
}

impl<T: Copy> Reading<T> {
    pub fn value(&self) -> Option<T> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// The ID of a VLAN or switch inside a list. `"7"` and `7` are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListedId {
    Number(u64),
    Text(Quote),
}

impl ListedId {
    /// A missing `vlan_id` counts as 0.
    pub const MISSING: Self = Self::Number(0);
}

impl std::fmt::Display for ListedId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "{text}"),
        }
    }
}

/// A list as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberFile {
    /// What the list says about its version. Nothing depends on it.
    pub version: Option<Quote>,
    pub exchanges: Vec<ListedExchange>,
    pub members: Vec<ListedMember>,
    /// What was noticed while reading.
    pub findings: DefectFindings,
}

/// An element of `ixp_list`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedExchange {
    pub line: u32,
    pub ixp_id: Option<ListedId>,
    pub ixf_id: Reading<u32>,
    pub peeringdb_id: Reading<u32>,
    pub shortname: Option<Quote>,
    pub switches: Vec<ListedSwitch>,
    pub vlans: Vec<ListedVlan>,
}

/// An element of `ixp_list[].switch`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedSwitch {
    pub line: u32,
    pub id: Option<ListedId>,
    /// `pdb_facility_id`.
    pub facility: Reading<u32>,
}

/// An element of `ixp_list[].vlan`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedVlan {
    pub line: u32,
    pub id: Option<ListedId>,
    pub ipv4: Option<Ipv4Net>,
    pub ipv6: Option<Ipv6Net>,
}

/// An element of `member_list`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedMember {
    pub line: u32,
    pub asn: Reading<u32>,
    pub asn_line: u32,
    pub has_name: bool,
    /// `member_type` in lower case.
    pub member_type: Option<Quote>,
    /// The first member with the same bytes. This one then has no connections.
    pub same_as: Option<u32>,
    pub connections: Vec<ListedConnection>,
    /// `connection_list` or one of its elements has another form than the schema says.
    pub is_malformed: bool,
}

/// `state` of a connection, without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionState {
    /// Missing, null or empty.
    Unstated,
    Active,
    Connected,
    Operational,
    Inactive,
    /// Not accepted: the connection is ignored.
    Other(Quote),
}

/// An element of `connection_list`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedConnection {
    pub line: u32,
    pub ixp_id: Option<ListedId>,
    pub state: ConnectionState,
    pub interfaces: Vec<ListedInterface>,
    pub entries: Vec<ListedEntry>,
    /// `if_list` or one of its elements has another form than the schema says: the speed is unknown.
    pub has_malformed_interfaces: bool,
    /// `vlan_list` or one of its elements has another form than the schema says.
    pub has_malformed_entries: bool,
}

/// An element of `if_list`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedInterface {
    pub line: u32,
    /// Mbit/s.
    pub speed: Reading<u64>,
    pub switch: Option<ListedId>,
    /// `pdb_facility_id`: not in the schema, but in use.
    pub facility: Reading<u32>,
}

/// An element of `vlan_list`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedEntry {
    pub line: u32,
    pub vlan: Option<ListedId>,
    pub ipv4: Option<ListedAddress<Ipv4Addr>>,
    pub ipv6: Option<ListedAddress<Ipv6Addr>>,
}

/// `ipv4` or `ipv6` of an entry. One that is null, or has no address, is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedAddress<A> {
    /// Of the address.
    pub line: u32,
    /// The address without its mask; `Err`: what stands there instead.
    pub address: Result<A, Quote>,
    /// `routeserver`, if it is stated.
    pub is_rs_peer: Option<bool>,
}
