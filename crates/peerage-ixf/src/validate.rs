//! What a list is worth, without knowing the LAN: findings with path and line.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use crate::bounds::PORT_SPEED_MBPS;
use crate::clean::{CleanList, CleanRow, RowSpeed, join, refuse_shared_addresses};
use crate::defect::{Defect, Severity};
use crate::file::{ListedEntry, ListedId, ListedMember, MemberFile, Reading};
use crate::finding::{DefectFindings, Finding};
use crate::parse::parse;
use crate::path::{JsonPath, Source};

/// What was found in a list.
///
/// As JSON: `{"is_importable":true,"version":"1.0","members":7,"connections":9,"ports":9,"findings":[…],"left_out":{}}`,
/// where `left_out` has the number of findings that are not listed, by rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// Whether the list as a whole can be imported. Rows can still have errors.
    pub is_importable: bool,
    pub version: Option<crate::Quote>,
    /// Members that count: equal ones once.
    pub members: usize,
    pub connections: usize,
    /// Rows that can be read, after joining halves.
    pub ports: usize,
    /// Sorted by line; of each rule at most [`FINDINGS_PER_DEFECT_MAX`](crate::bounds::FINDINGS_PER_DEFECT_MAX).
    pub findings: Vec<Finding>,
    pub left_out: BTreeMap<Defect, usize>,
}

impl Validation {
    /// Whether there are errors, listed or not.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.defect.severity() == Severity::Error)
    }
}

/// Validates a list. Never fails: a list that cannot be read has one finding that says why.
///
/// Cost: as [`parse`], and `n log n` in the number of entries and interfaces.
pub fn validate(bytes: &[u8]) -> Validation {
    let file = match parse(bytes) {
        Ok(file) => file,
        Err(error) => {
            let mut findings = DefectFindings::default();
            let source = Source::new(JsonPath::Top(""), error.line);
            findings.add(error.problem.defect(), source, Some(&error.to_string()));
            return finished(findings, None);
        }
    };
    let list = join(&file);
    let mut findings = file.findings.clone();
    check_exchanges(&file, &mut findings);
    check_members(&file, &mut findings);
    check_interfaces(&file, &list, &mut findings);
    check_entries(&file, &mut findings);
    check_rows(&list, &mut findings);
    finished(findings, Some((&file, &list)))
}

fn finished(mut findings: DefectFindings, read: Option<(&MemberFile, &CleanList)>) -> Validation {
    findings.sort();
    Validation {
        is_importable: read.is_some_and(|(_, list)| refuse_shared_addresses(list).is_ok()),
        version: read.and_then(|(file, _)| file.version.clone()),
        members: read.map_or(0, |(file, _)| counted(file).count()),
        connections: read.map_or(0, |(_, list)| list.connections.len()),
        ports: read.map_or(0, |(_, list)| list.rows.len()),
        left_out: findings.left_out(),
        findings: findings.listed().to_vec(),
    }
}

/// Members that count, with their position.
fn counted(file: &MemberFile) -> impl Iterator<Item = (u32, &ListedMember)> {
    let numbered = file.members.iter().enumerate().map(|(position, member)| (position as u32, member));
    numbered.filter(|(_, member)| member.same_as.is_none())
}

fn check_exchanges(file: &MemberFile, findings: &mut DefectFindings) {
    for (position, exchange) in file.exchanges.iter().enumerate() {
        let at = JsonPath::Exchange(position as u32, "");
        if !matches!(exchange.ixf_id, Reading::Value(_)) {
            findings.add(Defect::IxfIdMissing, Source::new(at.field("ixf_id"), exchange.line), None);
        }
        if position == 1 {
            findings.add(Defect::SeveralExchanges, Source::new(at, exchange.line), None);
        }
    }
}

fn check_members(file: &MemberFile, findings: &mut DefectFindings) {
    if file.members.is_empty() {
        findings.add(Defect::NoMembers, Source::new(JsonPath::Top("member_list"), 1), None);
        return;
    }
    if counted(file).all(|(_, member)| !member.has_name) {
        findings.add(Defect::NamesMissing, Source::new(JsonPath::Top("member_list"), file.members[0].line), None);
    }
    let mut first_of: BTreeMap<u32, Source> = BTreeMap::new();
    for (position, member) in file.members.iter().enumerate() {
        let at = JsonPath::Member(position as u32, "");
        let source = Source::new(at, member.line);
        if let Some(first) = member.same_as {
            let first = Source::new(JsonPath::Member(first, ""), file.members[first as usize].line);
            findings.add_with(Defect::MemberTwice, source, None, Some(first));
            continue;
        }
        if let Some(asn) = member.asn.value() {
            let source = Source::new(at.field("asnum"), member.asn_line);
            match first_of.get(&asn) {
                Some(first) => {
                    findings.add_with(Defect::AsnTwice, source, Some(&format!("AS{asn}")), Some(*first));
                }
                None => {
                    first_of.insert(asn, source);
                }
            }
        }
        let kind = member.member_type.as_ref().map_or("", |kind| kind.as_str());
        if matches!(kind, "routeserver" | "route server" | "route_server" | "ixrouteserver") {
            findings.add(Defect::RouteServerMember, source, None);
        }
        let mut entries = member.connections.iter().flat_map(|connection| &connection.entries);
        if !member.is_malformed && !entries.any(has_address) {
            findings.add(Defect::MemberWithoutAddress, source, None);
        }
    }
}

fn has_address(entry: &ListedEntry) -> bool {
    entry.ipv4.is_some() || entry.ipv6.is_some()
}

/// Speeds and switches.
fn check_interfaces(file: &MemberFile, list: &CleanList, findings: &mut DefectFindings) {
    let exchanges = file.exchanges.iter();
    let switches: BTreeSet<&ListedId> =
        exchanges.flat_map(|exchange| &exchange.switches).filter_map(|switch| switch.id.as_ref()).collect();
    let connections = counted(file).flat_map(|(member, listed)| {
        listed.connections.iter().enumerate().map(move |(position, listed)| (member, position as u32, listed))
    });
    // The cleaned list has the same connections in the same order.
    for ((member, position, connection), facts) in connections.zip(&list.connections) {
        let at = JsonPath::Connection(member, position, "");
        let source = Source::new(at.field("if_list"), connection.line);
        for (index, interface) in connection.interfaces.iter().enumerate() {
            let at = JsonPath::Interface(member, position, index as u32, "");
            if interface.speed == Reading::Value(0) {
                findings.add(Defect::SpeedZero, Source::new(at.field("if_speed"), interface.line), None);
            }
            if let Some(id) = interface.switch.as_ref().filter(|id| !switches.is_empty() && !switches.contains(id)) {
                let source = Source::new(at.field("switch_id"), interface.line);
                findings.add(Defect::SwitchUnknown, source, Some(&id.to_string()));
            }
        }
        let states_none = connection.interfaces.iter().all(|interface| interface.speed.is_absent());
        match facts.speed {
            RowSpeed::Unstated if states_none && connection.entries.iter().any(has_address) => {
                findings.add(Defect::SpeedMissing, source, None);
            }
            RowSpeed::Stated(speed) if speed < *PORT_SPEED_MBPS.start() => {
                findings.add(Defect::SpeedGbit, source, Some(&speed.to_string()));
            }
            RowSpeed::Stated(speed) if speed > *PORT_SPEED_MBPS.end() => {
                findings.add(Defect::SpeedTooHigh, source, Some(&speed.to_string()));
            }
            _ => {}
        }
    }
}

/// VLANs, and addresses outside of their prefixes.
fn check_entries(file: &MemberFile, findings: &mut DefectFindings) {
    let mut prefixes: BTreeMap<&ListedId, Vec<IpNet>> = BTreeMap::new();
    for vlan in file.exchanges.iter().flat_map(|exchange| &exchange.vlans) {
        let Some(id) = &vlan.id else { continue };
        let known = prefixes.entry(id).or_default();
        // An ID that many VLANs share says nothing, and comparing with each of them would take long.
        if known.len() < 8 {
            known.extend(vlan.ipv4.map(IpNet::V4).into_iter().chain(vlan.ipv6.map(IpNet::V6)));
        }
    }
    let entries = counted(file).flat_map(|(member, listed)| {
        listed.connections.iter().enumerate().flat_map(move |(connection, listed)| {
            let at = move |entry: usize| JsonPath::Entry(member, connection as u32, entry as u32, "");
            listed.entries.iter().enumerate().map(move |(entry, listed)| (at(entry), listed))
        })
    });
    let mut first: Option<(&ListedId, Source)> = None;
    let mut has_several = false;
    for (at, entry) in entries.filter(|(_, entry)| has_address(entry)) {
        let source = Source::new(at.field("vlan_id"), entry.line);
        if entry.vlan.is_none() {
            findings.add(Defect::VlanIdMissing, source, None);
        }
        let vlan = entry.vlan.as_ref().unwrap_or(&ListedId::MISSING);
        let (first_vlan, first_source) = *first.get_or_insert((vlan, source));
        if first_vlan != vlan && !has_several {
            has_several = true;
            findings.add_with(Defect::SeveralVlans, source, Some(&vlan.to_string()), Some(first_source));
        }
        let Some(known) = prefixes.get(vlan) else { continue };
        let ipv4 =
            entry.ipv4.as_ref().and_then(|listed| Some((IpAddr::V4(*listed.address.as_ref().ok()?), listed.line)));
        let ipv6 =
            entry.ipv6.as_ref().and_then(|listed| Some((IpAddr::V6(*listed.address.as_ref().ok()?), listed.line)));
        for (address, line) in ipv4.into_iter().chain(ipv6) {
            let mut of_family = known.iter().filter(|prefix| prefix.addr().is_ipv4() == address.is_ipv4()).peekable();
            if of_family.peek().is_some() && !of_family.any(|prefix| prefix.contains(&address)) {
                let field = if address.is_ipv4() { "ipv4.address" } else { "ipv6.address" };
                let source = Source::new(at.field(field), line);
                findings.add(Defect::AddressOutsidePrefix, source, Some(&address.to_string()));
            }
        }
    }
}

/// Halves of ports, and addresses that are listed twice.
fn check_rows(list: &CleanList, findings: &mut DefectFindings) {
    let mut first_of: BTreeMap<IpAddr, Source> = BTreeMap::new();
    for row in &list.rows {
        if let Some(six) = row.source6 {
            let defect = if connection_of(six) == connection_of(row.source) {
                Defect::FamiliesInTwoEntries
            } else {
                Defect::FamiliesInTwoConnections
            };
            findings.add_with(defect, row.source, None, Some(six));
        }
        for address in row.addresses() {
            let source = row.source_of(address);
            match first_of.get(&address) {
                Some(first) => {
                    findings.add_with(Defect::AddressTwice, source, Some(&address.to_string()), Some(*first));
                }
                None => {
                    first_of.insert(address, source);
                }
            }
        }
    }
    for rows in list.rows.chunk_by(|one, next| one.connection == next.connection) {
        let lone = |is_four: bool| {
            rows.iter()
                .find(move |row: &&CleanRow| row.ipaddr4.is_some() == is_four && row.ipaddr6.is_some() != is_four)
        };
        if let (Some(four), Some(six)) = (lone(true), lone(false))
            && four.vlan != six.vlan
        {
            let vlans = format!("{} and {}", four.vlan, six.vlan);
            findings.add_with(Defect::FamiliesInTwoVlans, six.source, Some(&vlans), Some(four.source));
        }
    }
}

fn connection_of(source: Source) -> Option<(u32, u32)> {
    match source.path {
        JsonPath::Entry(member, connection, ..) => Some((member, connection)),
        _ => None,
    }
}
