//! `ixp_list`: exchanges with their switches and VLANs.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use serde_json::value::RawValue;

use super::raw::{fields, is_null, text, whole_number};
use super::value::{listed_id, registry_id, short_text};
use super::{Counted, ParseError, Reader};
use crate::file::{ListedExchange, ListedSwitch, ListedVlan};
use crate::path::JsonPath;

impl<'a> Reader<'a> {
    /// `ixp_list`, or in version 0.3 `ixp_info`, a single exchange.
    pub(super) fn exchanges(
        &mut self,
        list: Option<&'a RawValue>,
        single: Option<&'a RawValue>,
    ) -> Result<Vec<ListedExchange>, ParseError> {
        let listed = match (list, single) {
            (None, Some(single)) if !is_null(single) => Ok(vec![single]),
            _ => self.list(list, Counted::Exchanges, JsonPath::Top("ixp_list"))?,
        };
        let mut exchanges = Vec::new();
        for (position, raw) in listed.unwrap_or_default().into_iter().enumerate() {
            exchanges.push(self.exchange(position as u32, raw)?);
        }
        Ok(exchanges)
    }

    fn exchange(&mut self, position: u32, raw: &'a RawValue) -> Result<ListedExchange, ParseError> {
        let at = JsonPath::Exchange(position, "");
        let names = ["ixp_id", "ixf_id", "peeringdb_id", "shortname", "switch", "vlan"];
        let [own_id, ixf_id, peeringdb_id, shortname, switches, vlans] =
            self.object(raw, at, &names).unwrap_or_default();
        let mut exchange = ListedExchange {
            line: self.source.line(raw),
            ixp_id: listed_id(own_id),
            ixf_id: registry_id(ixf_id),
            peeringdb_id: registry_id(peeringdb_id),
            shortname: short_text(shortname),
            switches: Vec::new(),
            vlans: Vec::new(),
        };
        let switches = self.list(switches, Counted::Switches, at.field("switch"))?;
        for (index, raw) in switches.unwrap_or_default().into_iter().enumerate() {
            let at = JsonPath::Switch(position, index as u32, "");
            let [id, facility] = self.object(raw, at, &["id", "pdb_facility_id"]).unwrap_or_default();
            let facility = self.facility(facility, at.field("pdb_facility_id"));
            exchange.switches.push(ListedSwitch { line: self.source.line(raw), id: listed_id(id), facility });
        }
        let vlans = self.list(vlans, Counted::Vlans, at.field("vlan"))?;
        for (index, raw) in vlans.unwrap_or_default().into_iter().enumerate() {
            let at = JsonPath::Vlan(position, index as u32, "");
            let [id, ipv4, ipv6] = self.object(raw, at, &["id", "ipv4", "ipv6"]).unwrap_or_default();
            exchange.vlans.push(ListedVlan {
                line: self.source.line(raw),
                id: listed_id(id),
                ipv4: prefix::<Ipv4Addr>(ipv4).and_then(|(address, length)| Ipv4Net::new(address, length).ok()),
                ipv6: prefix::<Ipv6Addr>(ipv6).and_then(|(address, length)| Ipv6Net::new(address, length).ok()),
            });
        }
        Ok(exchange)
    }
}

/// `{"prefix":"192.0.2.0","mask_length":24}`. Only findings depend on it, so anything else is not a prefix.
fn prefix<A: std::str::FromStr>(raw: Option<&RawValue>) -> Option<(A, u8)> {
    let [prefix, length] = fields(raw?, &["prefix", "mask_length"])?;
    let prefix = text(prefix?)?;
    let (address, inline) =
        prefix.trim().split_once('/').map_or((prefix.trim(), None), |(a, length)| (a, Some(length)));
    let written = length.filter(|raw| !is_null(raw)).map(|raw| text(raw).unwrap_or_else(|| raw.get().into()));
    let length = whole_number(written.as_deref().or(inline)?.trim())?;
    Some((address.parse().ok()?, u8::try_from(length).ok()?))
}
