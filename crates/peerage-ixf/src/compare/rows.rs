//! Which rows of a list count on a LAN, and what is wrong with the others.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::bounds::PORT_SPEED_MBPS;
use crate::clean::{CleanList, CleanRow, RowSpeed, UnreadableEntry};
use crate::file::ConnectionState;
use crate::lan::{Lan, LanNetwork, PortIdentity, StatedValues};
use crate::path::{JsonPath, Source};
use crate::plan::{IgnoredReason, IgnoredRow, Plan, ProtocolConflict, StopReason};
use crate::problem::{Family, RowError, RowProblem};

/// A port that the list states and that the LAN should have.
#[derive(Debug, Clone)]
pub struct WantedRow {
    pub identity: PortIdentity,
    pub network: LanNetwork,
    /// `None`: not stated.
    pub speed: Option<u32>,
    pub is_rs_peer: Option<bool>,
    pub operational: bool,
    /// The facility on the exchange's side, if exactly one is stated.
    pub facility: Option<u32>,
    pub source: Source,
}

impl WantedRow {
    pub fn stated(&self) -> StatedValues {
        StatedValues {
            speed: self.speed.unwrap_or(0),
            is_rs_peer: self.is_rs_peer.unwrap_or(false),
            operational: self.operational,
        }
    }
}

/// Ports about which the list is unclear, so that they are not removed.
#[derive(Debug, Default)]
pub struct UnclearPorts {
    /// All ports of these AS numbers.
    as_numbers: BTreeSet<u32>,
    /// Ports of an AS number with an address.
    addresses: BTreeSet<(u32, IpAddr)>,
    /// Ports of any AS number with an address.
    anyone: BTreeSet<IpAddr>,
}

impl UnclearPorts {
    pub fn covers(&self, port: &PortIdentity) -> bool {
        let is_unclear =
            |address: IpAddr| self.addresses.contains(&(port.asn, address)) || self.anyone.contains(&address);
        self.as_numbers.contains(&port.asn) || port.addresses().any(is_unclear)
    }

    pub fn add(&mut self, row: &PortIdentity) {
        self.addresses.extend(row.addresses().map(|address| (row.asn, address)));
    }
}

/// The rows of a list that count on a LAN.
pub struct ConsideredRows {
    pub wanted: BTreeMap<PortIdentity, WantedRow>,
    pub unclear: UnclearPorts,
}

/// Selects the rows that count.
///
/// # Errors
/// The LAN has no prefix, or its prefixes contain several VLANs.
pub fn consider(list: &CleanList, lan: &Lan, plan: &mut Plan) -> Result<ConsideredRows, StopReason> {
    if lan.prefixes.is_empty() {
        return Err(StopReason::NoPrefix);
    }
    let is_inside = |address: IpAddr| lan.prefixes.iter().any(|prefix| prefix.contains(&address));
    let mut inside = Vec::new();
    for row in &list.rows {
        if row.addresses().any(is_inside) {
            inside.push(row);
        } else {
            plan.outside += 1;
        }
    }
    refuse_several_vlans(&inside)?;
    let facilities = list.connections.iter().map(|connection| only_live(&connection.facilities, lan)).collect();
    let rows = RowReader { list, lan, facilities };
    let mut considered = ConsideredRows { wanted: BTreeMap::new(), unclear: UnclearPorts::default() };
    for entry in &list.unreadable {
        let addresses = PortIdentity { asn: 0, ipaddr4: entry.ipaddr4, ipaddr6: entry.ipaddr6 };
        let mut known = addresses.addresses().peekable();
        if known.peek().is_none() || known.any(is_inside) {
            add_unreadable(entry, lan, &mut considered.unclear, plan);
        }
    }
    let repeated = rows.repeated(&inside);
    let mut conflicts = BTreeMap::new();
    for row in inside {
        let identity = PortIdentity { asn: row.asn, ipaddr4: row.ipaddr4, ipaddr6: row.ipaddr6 };
        match rows.read(row, identity, &repeated, &mut conflicts) {
            RowOutcome::Wanted(wanted) => {
                considered.wanted.insert(wanted.identity, wanted);
            }
            RowOutcome::Ignored { reason, is_listed } => {
                if is_listed {
                    considered.unclear.add(&identity);
                }
                plan.ignored.push(IgnoredRow { identity, reason, source: row.source });
            }
            RowOutcome::Wrong { problem, source } => {
                considered.unclear.add(&identity);
                plan.errors.push(RowError {
                    asn: Some(row.asn),
                    net_id: lan.networks.get(&row.asn).map(|network| network.net_id),
                    ipaddr4: row.ipaddr4,
                    ipaddr6: row.ipaddr6,
                    problem,
                    source,
                });
            }
        }
    }
    plan.conflicts = conflicts.into_values().collect();
    Ok(considered)
}

fn refuse_several_vlans(inside: &[&CleanRow]) -> Result<(), StopReason> {
    let Some(first) = inside.first() else { return Ok(()) };
    let Some(second) = inside.iter().find(|row| row.vlan != first.vlan) else { return Ok(()) };
    Err(StopReason::SeveralVlans {
        first: first.source,
        first_vlan: first.vlan.to_string(),
        second: second.source,
        second_vlan: second.vlan.to_string(),
    })
}

/// The facility that a connection states, if exactly one of those that it states exists.
fn only_live(stated: &[u32], lan: &Lan) -> Option<u32> {
    let mut live = stated.iter().filter(|facility| lan.facilities.contains(facility));
    let only = live.next()?;
    live.next().is_none().then_some(*only)
}

fn add_unreadable(entry: &UnreadableEntry, lan: &Lan, unclear: &mut UnclearPorts, plan: &mut Plan) {
    match entry.asn {
        Some(asn) => {
            unclear.as_numbers.insert(asn);
        }
        None => unclear.anyone.extend(entry.ipaddr4.map(IpAddr::V4).into_iter().chain(entry.ipaddr6.map(IpAddr::V6))),
    }
    // A member without an AS number has one error, not one for each entry.
    if entry.asn.is_none() && matches!(entry.source.path, JsonPath::Entry(.., "")) {
        return;
    }
    plan.errors.push(RowError {
        asn: entry.asn,
        net_id: entry.asn.and_then(|asn| lan.networks.get(&asn)).map(|network| network.net_id),
        ipaddr4: entry.ipaddr4,
        ipaddr6: entry.ipaddr6,
        problem: entry.problem.clone(),
        source: entry.source,
    });
}

enum RowOutcome {
    Wanted(WantedRow),
    Ignored {
        reason: IgnoredReason,
        /// The list has the port all the same, so it is not removed.
        is_listed: bool,
    },
    Wrong {
        problem: RowProblem,
        source: Source,
    },
}

/// Addresses and rows that occur more than once.
struct RepeatedRows {
    /// Addresses of rows that differ.
    contested: BTreeSet<IpAddr>,
    /// Sources of rows that say the same as an earlier one.
    copies: BTreeSet<Source>,
}

struct RowReader<'a> {
    list: &'a CleanList,
    lan: &'a Lan,
    /// For each connection.
    facilities: Vec<Option<u32>>,
}

impl RowReader<'_> {
    fn state(&self, row: &CleanRow) -> &ConnectionState {
        &self.list.connections[row.connection].state
    }

    fn says_the_same(&self, one: &CleanRow, other: &CleanRow) -> bool {
        let facts = |row: &CleanRow| {
            let is_inactive = *self.state(row) == ConnectionState::Inactive;
            (row.asn, row.ipaddr4, row.ipaddr6, row.is_rs_peer, is_inactive, self.facilities[row.connection])
        };
        let speed = |row: &CleanRow| &self.list.connections[row.connection].speed;
        facts(one) == facts(other) && speed(one) == speed(other)
    }

    fn repeated(&self, inside: &[&CleanRow]) -> RepeatedRows {
        let mut found = RepeatedRows { contested: BTreeSet::new(), copies: BTreeSet::new() };
        let mut first_of: BTreeMap<IpAddr, &CleanRow> = BTreeMap::new();
        for row in inside.iter().filter(|row| !matches!(self.state(row), ConnectionState::Other(_))) {
            for address in row.addresses() {
                let first = *first_of.entry(address).or_insert(row);
                if std::ptr::eq(first, *row) {
                    continue;
                }
                if self.says_the_same(first, row) {
                    found.copies.insert(row.source);
                } else {
                    found.contested.insert(address);
                }
            }
        }
        found
    }

    fn read(
        &self,
        row: &CleanRow,
        mut identity: PortIdentity,
        repeated: &RepeatedRows,
        conflicts: &mut BTreeMap<(u32, Family), ProtocolConflict>,
    ) -> RowOutcome {
        let wrong = |problem, source| RowOutcome::Wrong { problem, source };
        let Some(network) = self.lan.networks.get(&row.asn) else {
            return RowOutcome::Ignored { reason: IgnoredReason::UnknownNetwork, is_listed: true };
        };
        if !network.is_ok {
            return RowOutcome::Ignored { reason: IgnoredReason::NetworkNotOk, is_listed: true };
        }
        if let ConnectionState::Other(state) = self.state(row) {
            return RowOutcome::Ignored { reason: IgnoredReason::StateUnknown(state.clone()), is_listed: false };
        }
        if let Some(address) = row.addresses().find(|address| repeated.contested.contains(address)) {
            return wrong(RowProblem::AddressTwice(address), row.source_of(address));
        }
        if repeated.copies.contains(&row.source) {
            return RowOutcome::Ignored { reason: IgnoredReason::ListedBefore, is_listed: true };
        }
        let speed = match self.speed(row) {
            Ok(speed) => speed,
            Err((problem, source)) => return wrong(problem, source),
        };
        for address in row.addresses().filter(|address| !network.speaks(*address)) {
            let family = if address.is_ipv6() { Family::V6 } else { Family::V4 };
            let source = row.source_of(address);
            let found = ProtocolConflict { asn: row.asn, net_id: network.net_id, family, address, source };
            let known = conflicts.entry((row.asn, family)).or_insert(found);
            *known = (*known).min(found);
            match family {
                Family::V4 => identity.ipaddr4 = None,
                Family::V6 => identity.ipaddr6 = None,
            }
        }
        if identity.addresses().next().is_none() {
            return RowOutcome::Ignored { reason: IgnoredReason::NoFamilyLeft, is_listed: true };
        }
        for address in identity.addresses() {
            if let Some(problem) = self.problem_of(address) {
                return wrong(problem, row.source_of(address));
            }
        }
        RowOutcome::Wanted(WantedRow {
            identity,
            network: *network,
            speed,
            is_rs_peer: row.is_rs_peer,
            operational: *self.state(row) != ConnectionState::Inactive,
            facility: self.facilities[row.connection],
            source: row.source,
        })
    }

    fn speed(&self, row: &CleanRow) -> Result<Option<u32>, (RowProblem, Source)> {
        let connection = &self.list.connections[row.connection];
        match &connection.speed {
            RowSpeed::Unstated => Ok(None),
            RowSpeed::Stated(speed) if *speed < *PORT_SPEED_MBPS.start() => {
                Err((RowProblem::SpeedTooLow(*speed), connection.source))
            }
            RowSpeed::Stated(speed) if *speed > *PORT_SPEED_MBPS.end() => {
                Err((RowProblem::SpeedTooHigh(*speed), connection.source))
            }
            RowSpeed::Stated(speed) => Ok(Some(*speed as u32)),
            RowSpeed::Unreadable { value, source } => Err((RowProblem::SpeedUnreadable(value.clone()), *source)),
            RowSpeed::Malformed => Err((RowProblem::SpeedMalformed, connection.source)),
        }
    }

    fn problem_of(&self, address: IpAddr) -> Option<RowProblem> {
        let around: Vec<&IpNet> = self.lan.prefixes.iter().filter(|prefix| prefix.contains(&address)).collect();
        if around.is_empty() {
            return Some(RowProblem::OutsidePrefix(address));
        }
        // The registry's rule for ports: spec/write-api.md, 5.10.
        if around.iter().all(|prefix| address == prefix.network() || address == prefix.broadcast()) {
            return Some(RowProblem::EdgeOfPrefix(address));
        }
        let lan_id = *self.lan.elsewhere.get(&address)?;
        Some(RowProblem::InAnotherLan { address, lan_id })
    }
}
