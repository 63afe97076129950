//! Prefixes of exchange LANs: their address space, and the ports in them (spec/write-api.md, 5.8).

use std::net::IpAddr;

use ipnet::IpNet;
use peerage_schema::Resource;
use peerage_schema::tables::{ix, ixlan, ixpfx, netixlan};

use super::WriteRefusal;
use super::address::overlap;
use super::complaint::{refuse, refuse_together};
use super::draft::RowDraft;
use super::request::SaveRequest;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Checks rules across fields.
pub fn across(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    if draft.flag(ixpfx::IN_DFZ) == Some(false) {
        return Err(refuse_together(
            "The `in_dfz` property has been deprecated and setting it to `False` is no longer supported",
        ));
    }
    let Ok(network) = draft.text_over(request.before, ixpfx::PREFIX).parse::<IpNet>() else { return Ok(()) };
    if draft.text_over(request.before, ixpfx::PROTOCOL) != protocol_of(network) {
        return Err(refuse_together("Prefix address invalid, needs to be valid according to the selected protocol"));
    }
    let lan = draft.int_over(request.before, ixpfx::IXLAN_ID).map(|lan| lan as u32);
    if let Some(text) = overlapping(request.state, network, lan, request.id()) {
        return Err(refuse_together(text));
    }
    match request.before {
        Some(before) => check_change(request.state, before, network, lan),
        None => Ok(()),
    }
}

/// `IPv4` or `IPv6`.
pub fn protocol_of(network: IpNet) -> &'static str {
    match network {
        IpNet::V4(_) => "IPv4",
        IpNet::V6(_) => "IPv6",
    }
}

/// The error for a network that overlaps a live prefix of a LAN other than `lan`. The prefix `but` is not considered.
pub fn overlapping(state: &Snapshot, network: IpNet, lan: Option<u32>, but: Option<u32>) -> Option<String> {
    let row = state.rows(Resource::Ixpfx).filter(|row| state.is_live(Resource::Ixpfx, row)).find(|row| {
        let of = row.int(ixpfx::IXLAN_ID).map(|of| of as u32);
        (lan.is_none() || of != lan)
            && but != Some(row.id())
            && row.text(ixpfx::PREFIX).and_then(|text| text.parse().ok()).is_some_and(|other| overlap(network, other))
    })?;
    let exchange = state
        .parent(row, ixpfx::IXLAN_ID)
        .and_then(|(_, lan)| state.parent(lan, ixlan::IX_ID))
        .map_or("", |(_, exchange)| exchange.text_or_empty(ix::NAME));
    Some(format!("Prefix overlaps with prefix {} on IXP '{exchange}'", row.text_or_empty(ixpfx::PREFIX)))
}

/// A live port with an address in a network.
pub struct PortAddress<'a> {
    pub address: IpAddr,
    pub row: &'a Row,
}

/// Live ports of a LAN with an address in the network, by id.
pub fn peers(state: &Snapshot, lan: u32, network: IpNet) -> Vec<PortAddress<'_>> {
    let field = if matches!(network, IpNet::V4(_)) { netixlan::IPADDR4 } else { netixlan::IPADDR6 };
    let ids = state.pointing(netixlan::IXLAN_ID, lan);
    let rows = ids.iter().filter_map(|id| state.row(Resource::Netixlan, *id));
    rows.filter(|row| state.is_live(Resource::Netixlan, row))
        .filter_map(|row| Some(PortAddress { address: row.text(field)?.parse().ok()?, row }))
        .filter(|peer| network.contains(&peer.address))
        .collect()
}

/// The error for deleting a prefix with ports.
pub fn in_use(network: IpNet, peer: &PortAddress<'_>) -> String {
    let asn = peer.row.int(netixlan::ASN).unwrap_or_default();
    format!(
        "Cannot delete prefix {network}: IP address {} from network ASN {asn} is still using this prefix",
        peer.address
    )
}

/// The network and the LAN of a prefix.
pub fn place_of(row: &Row) -> Option<(IpNet, u32)> {
    Some((row.text(ixpfx::PREFIX)?.parse().ok()?, row.int(ixpfx::IXLAN_ID)? as u32))
}

/// A prefix with ports can grow, and can shrink as long as it contains them all, but cannot move to another LAN.
/// Networks are compared rather than texts, so that an unchanged one can be saved.
fn check_change(state: &Snapshot, before: &Row, network: IpNet, to: Option<u32>) -> Result<(), WriteRefusal> {
    let Some((old, lan)) = place_of(before) else { return Ok(()) };
    let stays = to == Some(lan);
    if stays && network.contains(&old) {
        return Ok(());
    }
    let peers = peers(state, lan, old);
    let Some(first) = peers.first() else { return Ok(()) };
    if !stays || !old.contains(&network) {
        return Err(refuse_together(in_use(old, first)));
    }
    if let Some(peer) = peers.iter().find(|peer| is_edge(state, lan, before.id(), old, network, peer.address)) {
        let asn = peer.row.int(netixlan::ASN).unwrap_or_default();
        let which = if peer.address == network.network() { "first" } else { "last" };
        return Err(refuse(
            "prefix",
            format!(
                "Cannot change prefix to {network}: IP address {} from network ASN {asn} would be its {which} address, \
                 which no port can have.",
                peer.address
            ),
        ));
    }
    if peers.iter().any(|peer| !network.contains(&peer.address)) {
        return Err(refuse_together(
            "Cannot change prefix because at least one peer still uses an IP address in the original block.",
        ));
    }
    Ok(())
}

/// Whether an address would become the first or last of a network, unless it already is or is inside another prefix of
/// the LAN.
fn is_edge(state: &Snapshot, lan: u32, own: u32, old: IpNet, network: IpNet, address: IpAddr) -> bool {
    let is_at_edge = |network: IpNet| address == network.network() || address == network.broadcast();
    let is_inside_another = || {
        state.prefixes_around(address).iter().filter(|id| **id != own).any(|id| {
            let row = state.row(Resource::Ixpfx, *id).filter(|row| state.is_live(Resource::Ixpfx, row));
            row.and_then(place_of).is_some_and(|(other, of)| of == lan && !is_at_edge(other))
        })
    };
    is_at_edge(network) && !is_at_edge(old) && !is_inside_another()
}
