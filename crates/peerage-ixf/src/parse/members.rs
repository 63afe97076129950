//! `member_list`: members, connections, interfaces and entries of VLANs.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::raw::is_null;
use super::value::{ListedFamily, listed_id, short_text};
use super::{Counted, ParseError, Reader};
use crate::file::{
    ConnectionState, ListedAddress, ListedConnection, ListedEntry, ListedInterface, ListedMember, Reading,
};
use crate::path::JsonPath;
use crate::quote::Quote;

impl<'a> Reader<'a> {
    pub(super) fn members(&mut self, listed: &[&'a RawValue]) -> Result<Vec<ListedMember>, ParseError> {
        let mut members = Vec::with_capacity(listed.len());
        let mut first_with: BTreeMap<&'a str, u32> = BTreeMap::new();
        for (position, raw) in listed.iter().enumerate() {
            let position = position as u32;
            let first = *first_with.entry(raw.get()).or_insert(position);
            members.push(self.member(position, raw, (first != position).then_some(first))?);
        }
        Ok(members)
    }

    fn member(&mut self, position: u32, raw: &'a RawValue, same_as: Option<u32>) -> Result<ListedMember, ParseError> {
        let at = JsonPath::Member(position, "");
        let line = self.source.line(raw);
        let mut member = ListedMember {
            line,
            asn: Reading::Absent,
            asn_line: line,
            has_name: false,
            member_type: None,
            same_as,
            connections: Vec::new(),
            is_malformed: false,
        };
        // The first one was read already. Its findings are not repeated.
        if same_as.is_some() {
            return Ok(member);
        }
        let names = ["asnum", "name", "member_type", "connection_list"];
        let Some([asn, name, member_type, connections]) = self.object(raw, at, &names) else {
            member.asn = Reading::Unreadable(Quote::of(&super::raw::shown(raw)));
            return Ok(member);
        };
        member.asn = self.as_number(asn, at.field("asnum"), line);
        member.asn_line = asn.map_or(line, |raw| self.source.line(raw));
        member.has_name = short_text(name).is_some();
        member.member_type = short_text(member_type).map(|text| Quote::of(&text.as_str().to_lowercase()));
        match self.list(connections, Counted::Connections, at.field("connection_list"))? {
            Ok(connections) => {
                for (index, raw) in connections.into_iter().enumerate() {
                    let connection = self.connection(position, index as u32, raw, &mut member.is_malformed)?;
                    member.connections.push(connection);
                }
            }
            Err(()) => member.is_malformed = true,
        }
        Ok(member)
    }

    fn connection(
        &mut self,
        member: u32,
        position: u32,
        raw: &'a RawValue,
        is_malformed: &mut bool,
    ) -> Result<ListedConnection, ParseError> {
        let at = JsonPath::Connection(member, position, "");
        let mut connection = ListedConnection {
            line: self.source.line(raw),
            ixp_id: None,
            state: ConnectionState::Unstated,
            interfaces: Vec::new(),
            entries: Vec::new(),
            has_malformed_interfaces: false,
            has_malformed_entries: false,
        };
        if is_null(raw) {
            return Ok(connection);
        }
        let Some([ixp_id, state, interfaces, entries]) =
            self.object(raw, at, &["ixp_id", "state", "if_list", "vlan_list"])
        else {
            *is_malformed = true;
            return Ok(connection);
        };
        connection.ixp_id = listed_id(ixp_id);
        connection.state = self.state(state, at.field("state"));
        match self.list(interfaces, Counted::Interfaces, at.field("if_list"))? {
            Ok(interfaces) => {
                connection.interfaces.reserve_exact(interfaces.len());
                for (index, raw) in interfaces.into_iter().enumerate() {
                    let at = JsonPath::Interface(member, position, index as u32, "");
                    let interface = self.interface(at, raw, &mut connection.has_malformed_interfaces);
                    connection.interfaces.push(interface);
                }
            }
            Err(()) => connection.has_malformed_interfaces = true,
        }
        match self.list(entries, Counted::Entries, at.field("vlan_list"))? {
            Ok(entries) => {
                connection.entries.reserve_exact(entries.len());
                for (index, raw) in entries.into_iter().enumerate() {
                    let at = JsonPath::Entry(member, position, index as u32, "");
                    let entry = self.entry(at, raw, &mut connection.has_malformed_entries);
                    connection.entries.push(entry);
                }
            }
            Err(()) => connection.has_malformed_entries = true,
        }
        Ok(connection)
    }

    fn interface(&mut self, at: JsonPath, raw: &'a RawValue, is_malformed: &mut bool) -> ListedInterface {
        let line = self.source.line(raw);
        let absent = ListedInterface { line, speed: Reading::Absent, switch: None, facility: Reading::Absent };
        if is_null(raw) {
            return absent;
        }
        let Some([switch, speed, facility]) = self.object(raw, at, &["switch_id", "if_speed", "pdb_facility_id"])
        else {
            *is_malformed = true;
            return absent;
        };
        ListedInterface {
            line,
            speed: self.speed(speed, at.field("if_speed")),
            switch: listed_id(switch),
            facility: self.facility(facility, at.field("pdb_facility_id")),
        }
    }

    fn entry(&mut self, at: JsonPath, raw: &'a RawValue, is_malformed: &mut bool) -> ListedEntry {
        let mut entry = ListedEntry { line: self.source.line(raw), vlan: None, ipv4: None, ipv6: None };
        if is_null(raw) {
            return entry;
        }
        let Some([vlan, ipv4, ipv6]) = self.object(raw, at, &["vlan_id", "ipv4", "ipv6"]) else {
            *is_malformed = true;
            return entry;
        };
        entry.vlan = listed_id(vlan);
        entry.ipv4 = self.family(ipv4, at, ["ipv4", "ipv4.address", "ipv4.routeserver"], is_malformed);
        entry.ipv6 = self.family(ipv6, at, ["ipv6", "ipv6.address", "ipv6.routeserver"], is_malformed);
        entry
    }

    /// `ipv4` or `ipv6` of an entry.
    fn family<A: ListedFamily>(
        &mut self,
        raw: Option<&'a RawValue>,
        at: JsonPath,
        [family, address, routeserver]: [&'static str; 3],
        is_malformed: &mut bool,
    ) -> Option<ListedAddress<A>> {
        let raw = raw.filter(|raw| !is_null(raw))?;
        let Some([written, flag]) = self.object(raw, at.field(family), &["address", "routeserver"]) else {
            *is_malformed = true;
            return None;
        };
        let (line, address) = self.address(written, at.field(address))?;
        Some(ListedAddress { line, address, is_rs_peer: self.flag(flag, at.field(routeserver)) })
    }
}
