//! From a list as it was read to rows, one for each port that it states.
//!
//! Source: spec/ixf.md, 2, "Cleaning":
//!
//! 1. Members with the same bytes count once.
//! 2. Null counts as missing, and an entry without an address as nothing.
//! 3. In one connection, entries of one VLAN that have one family each are joined, in their order.
//! 4. Across the connections of a member, the same is done if state and speeds agree. If there are several, the lowest
//!    IPv4 address is joined with the lowest IPv6 address, and so on, so that the order of connections does not matter;
//!    if there are more of one family than of the other, none is joined.
//! 5. If an address is in two connections, the list is refused. As in PeeringDB, only the first row of each connection
//!    is compared here; [`compare`](crate::compare) refuses other rows that share an address, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::file::{ConnectionState, ListedConnection, ListedId, ListedMember, MemberFile, Reading};
use crate::path::{JsonPath, Source};
use crate::problem::{Family, RowProblem};
use crate::quote::Quote;

/// Why a list is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CleanError {
    #[error("{address} is in two connections: {first} and {second}. Remove one of them.")]
    AddressTwice { address: IpAddr, first: Source, second: Source },
}

/// The speed of a connection, in Mbit/s: the sum of its interfaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowSpeed {
    /// No interface states a speed, or all state 0.
    Unstated,
    Stated(u64),
    Unreadable {
        value: Quote,
        source: Source,
    },
    /// `if_list` or one of its elements has the wrong type.
    Malformed,
}

/// What all rows of a connection share.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionFacts {
    pub state: ConnectionState,
    pub speed: RowSpeed,
    /// Facilities of its interfaces, each once, sorted. Whether they exist is for the registry to say.
    pub facilities: Vec<u32>,
    pub source: Source,
}

/// A port, as the list states it. It has at least one address.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanRow {
    pub asn: u32,
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
    /// IPv4's flag if it is stated, else IPv6's.
    pub is_rs_peer: Option<bool>,
    pub vlan: ListedId,
    /// Position in [`CleanList::connections`]. After joining two connections: of the IPv4 address.
    pub connection: usize,
    /// The entry; after joining: of the IPv4 address.
    pub source: Source,
    /// The IPv6 address, if it is in another entry.
    pub source6: Option<Source>,
}

impl CleanRow {
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        self.ipaddr4.map(IpAddr::V4).into_iter().chain(self.ipaddr6.map(IpAddr::V6))
    }

    /// Where an address of the row stands.
    pub fn source_of(&self, address: IpAddr) -> Source {
        let entry = if address.is_ipv6() { self.source6.unwrap_or(self.source) } else { self.source };
        let field = if address.is_ipv6() { "ipv6.address" } else { "ipv4.address" };
        Source::new(entry.path.field(field), entry.line)
    }
}

/// A part of the list that cannot be read, so that it is unclear which ports it states.
#[derive(Debug, Clone, PartialEq)]
pub struct UnreadableEntry {
    pub asn: Option<u32>,
    /// Addresses of the entry that can be read.
    pub ipaddr4: Option<Ipv4Addr>,
    pub ipaddr6: Option<Ipv6Addr>,
    pub problem: RowProblem,
    pub source: Source,
}

/// A cleaned list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CleanList {
    /// In the order of the list.
    pub rows: Vec<CleanRow>,
    pub connections: Vec<ConnectionFacts>,
    pub unreadable: Vec<UnreadableEntry>,
    /// AS numbers of all members.
    pub as_numbers: BTreeSet<u32>,
}

/// Cleans a list.
///
/// Cost: `n log n` in the number of entries and interfaces.
///
/// # Errors
/// An address is in two connections.
pub fn clean(file: &MemberFile) -> Result<CleanList, CleanError> {
    let list = join(file);
    refuse_shared_addresses(&list)?;
    Ok(list)
}

/// Applies rule 5.
pub(crate) fn refuse_shared_addresses(list: &CleanList) -> Result<(), CleanError> {
    let mut first_of: BTreeMap<IpAddr, &CleanRow> = BTreeMap::new();
    let mut last_connection = None;
    for row in &list.rows {
        if last_connection == Some(row.connection) {
            continue;
        }
        last_connection = Some(row.connection);
        for address in row.addresses() {
            if let Some(first) = first_of.insert(address, row) {
                let (first, second) = (first.source_of(address), row.source_of(address));
                return Err(CleanError::AddressTwice { address, first, second });
            }
        }
    }
    Ok(())
}

/// Applies rules 1 to 4.
pub(crate) fn join(file: &MemberFile) -> CleanList {
    let facilities = SwitchFacilities::of(file);
    let mut list = CleanList::default();
    for (position, member) in file.members.iter().enumerate().filter(|(_, member)| member.same_as.is_none()) {
        let position = position as u32;
        let asn = member.asn.value();
        list.as_numbers.extend(asn);
        add_problem_of_member(&mut list, position, member);
        let mut halves = Vec::new();
        for (index, connection) in member.connections.iter().enumerate() {
            let place = ConnectionPlace { member: position, connection: index as u32, asn };
            add_connection(&mut list, &mut halves, &facilities, connection, place);
        }
        join_connections(&mut list, halves, member);
    }
    list.rows.sort_by_key(|row| (row.connection, row.source.path));
    list
}

fn add_problem_of_member(list: &mut CleanList, position: u32, member: &ListedMember) {
    let at = JsonPath::Member(position, "");
    let mut add = |problem, source| {
        let asn = member.asn.value();
        list.unreadable.push(UnreadableEntry { asn, ipaddr4: None, ipaddr6: None, problem, source });
    };
    let source = Source::new(at.field("asnum"), member.asn_line);
    match &member.asn {
        Reading::Value(_) => {}
        Reading::Absent => add(RowProblem::AsnMissing, source),
        Reading::Unreadable(value) => add(RowProblem::AsnUnreadable(value.clone()), source),
    }
    if member.is_malformed {
        add(RowProblem::Malformed, Source::new(at.field("connection_list"), member.line));
    }
}

/// Facilities of switches, by the switch's ID. If several exchanges have a switch of the same ID in different facilities,
/// it is unclear which is meant.
struct SwitchFacilities<'a>(BTreeMap<&'a ListedId, Option<u32>>);

impl<'a> SwitchFacilities<'a> {
    fn of(file: &'a MemberFile) -> Self {
        let mut of: BTreeMap<&ListedId, Option<u32>> = BTreeMap::new();
        for switch in file.exchanges.iter().flat_map(|exchange| &exchange.switches) {
            let Some(id) = &switch.id else { continue };
            let facility = switch.facility.value();
            of.entry(id)
                .and_modify(|known| *known = known.filter(|known| facility == Some(*known)))
                .or_insert(facility);
        }
        Self(of)
    }

    /// The facilities of a connection's interfaces: each one's own, else its switch's.
    fn of_connection(&self, connection: &ListedConnection) -> Vec<u32> {
        let of_switch = |id: &ListedId| self.0.get(id).copied().flatten();
        let interfaces = connection.interfaces.iter();
        let mut found: Vec<u32> = interfaces
            .filter_map(|interface| interface.facility.value().or_else(|| of_switch(interface.switch.as_ref()?)))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[derive(Clone, Copy)]
struct ConnectionPlace {
    member: u32,
    connection: u32,
    asn: Option<u32>,
}

fn speed_of(connection: &ListedConnection, place: ConnectionPlace) -> RowSpeed {
    if connection.has_malformed_interfaces {
        return RowSpeed::Malformed;
    }
    let mut sum = 0_u64;
    for (index, interface) in connection.interfaces.iter().enumerate() {
        match &interface.speed {
            Reading::Absent => {}
            Reading::Value(speed) => sum = sum.saturating_add(*speed),
            Reading::Unreadable(value) => {
                let path = JsonPath::Interface(place.member, place.connection, index as u32, "if_speed");
                return RowSpeed::Unreadable { value: value.clone(), source: Source::new(path, interface.line) };
            }
        }
    }
    if sum == 0 { RowSpeed::Unstated } else { RowSpeed::Stated(sum) }
}

/// Adds a connection and its rows. Rows with one family that have found no partner in the connection are added to
/// `halves`.
fn add_connection(
    list: &mut CleanList,
    halves: &mut Vec<HalfRow>,
    facilities: &SwitchFacilities<'_>,
    connection: &ListedConnection,
    place: ConnectionPlace,
) {
    let index = list.connections.len();
    let at = JsonPath::Connection(place.member, place.connection, "");
    list.connections.push(ConnectionFacts {
        state: connection.state.clone(),
        speed: speed_of(connection, place),
        facilities: facilities.of_connection(connection),
        source: Source::new(at, connection.line),
    });
    if connection.has_malformed_entries {
        let source = Source::new(at.field("vlan_list"), connection.line);
        let (asn, problem) = (place.asn, RowProblem::Malformed);
        list.unreadable.push(UnreadableEntry { asn, ipaddr4: None, ipaddr6: None, problem, source });
    }
    let mut lone: BTreeMap<ListedId, [Vec<CleanRow>; 2]> = BTreeMap::new();
    for (entry_index, entry) in connection.entries.iter().enumerate() {
        let path = JsonPath::Entry(place.member, place.connection, entry_index as u32, "");
        let ipv4 = entry.ipv4.as_ref().map(|listed| &listed.address);
        let ipv6 = entry.ipv6.as_ref().map(|listed| &listed.address);
        let (ipaddr4, ipaddr6) =
            (ipv4.and_then(|address| address.as_ref().ok()), ipv6.and_then(|address| address.as_ref().ok()));
        let (ipaddr4, ipaddr6) = (ipaddr4.copied(), ipaddr6.copied());
        let problem = match (ipv4, ipv6, place.asn) {
            (None, None, _) => continue,
            (Some(Err(value)), ..) => Some(("ipv4.address", RowProblem::AddressUnreadable(Family::V4, value.clone()))),
            (_, Some(Err(value)), _) => {
                Some(("ipv6.address", RowProblem::AddressUnreadable(Family::V6, value.clone())))
            }
            // The member has this error already. The addresses tell which ports are not to be removed.
            (.., None) => Some(("", RowProblem::AsnMissing)),
            _ => None,
        };
        if let Some((field, problem)) = problem {
            let listed = if field == "ipv6.address" {
                entry.ipv6.as_ref().map(|listed| listed.line)
            } else {
                entry.ipv4.as_ref().map(|listed| listed.line)
            };
            let source = Source::new(path.field(field), listed.unwrap_or(entry.line));
            list.unreadable.push(UnreadableEntry { asn: place.asn, ipaddr4, ipaddr6, problem, source });
            continue;
        }
        let flag = |flag: Option<Option<bool>>| flag.flatten();
        let row = CleanRow {
            asn: place.asn.unwrap_or_default(),
            ipaddr4,
            ipaddr6,
            is_rs_peer: flag(entry.ipv4.as_ref().map(|listed| listed.is_rs_peer))
                .or(flag(entry.ipv6.as_ref().map(|listed| listed.is_rs_peer))),
            vlan: entry.vlan.clone().unwrap_or(ListedId::MISSING),
            connection: index,
            source: Source::new(path, entry.line),
            source6: None,
        };
        if ipaddr4.is_some() && ipaddr6.is_some() {
            list.rows.push(row);
        } else {
            lone.entry(row.vlan.clone()).or_default()[usize::from(ipaddr6.is_some())].push(row);
        }
    }
    for [fours, sixes] in lone.into_values() {
        let mut sixes = sixes.into_iter();
        for four in fours {
            match sixes.next() {
                Some(six) => list.rows.push(joined(four, &six)),
                None => halves.push(HalfRow { row: four, place: place.connection }),
            }
        }
        halves.extend(sixes.map(|row| HalfRow { row, place: place.connection }));
    }
}

/// A row with one family, and the position of its connection in the member.
struct HalfRow {
    row: CleanRow,
    place: u32,
}

fn joined(four: CleanRow, six: &CleanRow) -> CleanRow {
    CleanRow { ipaddr6: six.ipaddr6, is_rs_peer: four.is_rs_peer.or(six.is_rs_peer), source6: Some(six.source), ..four }
}

/// Rule 4.
fn join_connections(list: &mut CleanList, halves: Vec<HalfRow>, member: &ListedMember) {
    if halves.len() < 2 {
        list.rows.extend(halves.into_iter().map(|half| half.row));
        return;
    }
    let speeds: Vec<Vec<&Reading<u64>>> = member
        .connections
        .iter()
        .map(|connection| {
            let mut speeds: Vec<_> = connection.interfaces.iter().map(|interface| &interface.speed).collect();
            speeds.sort_unstable();
            speeds
        })
        .collect();
    // Equal lists of speeds get the same number, so that the long lists are compared once for each connection.
    let mut numbers: BTreeMap<&[&Reading<u64>], usize> = BTreeMap::new();
    let speed_number: Vec<usize> = speeds
        .iter()
        .map(|speeds| {
            let next = numbers.len();
            *numbers.entry(speeds.as_slice()).or_insert(next)
        })
        .collect();
    let mut groups: BTreeMap<(ListedId, &ConnectionState, usize), [Vec<CleanRow>; 2]> = BTreeMap::new();
    for half in halves {
        let connection = half.place as usize;
        let key = (half.row.vlan.clone(), &member.connections[connection].state, speed_number[connection]);
        groups.entry(key).or_default()[usize::from(half.row.ipaddr6.is_some())].push(half.row);
    }
    for [mut fours, mut sixes] in groups.into_values() {
        if fours.len() != sixes.len() {
            list.rows.extend(fours.into_iter().chain(sixes));
            continue;
        }
        fours.sort_by_key(|row| row.ipaddr4);
        sixes.sort_by_key(|row| row.ipaddr6);
        list.rows.extend(fours.into_iter().zip(&sixes).map(|(four, six)| joined(four, six)));
    }
}
