//! Ports of networks on exchange LANs: whether their addresses are free, and inside the LAN (spec/write-api.md, 5.10).

use std::net::IpAddr;

use ipnet::IpNet;
use peerage_schema::tables::netixlan;
use peerage_schema::{Column, Resource, Status};

use super::cell::{self, REQUIRED, StoredCell};
use super::complaint::{ComplaintList, ComplaintPosition, refuse, refuse_both, refuse_together};
use super::draft::RowDraft;
use super::request::SaveRequest;
use super::steps::StepBuilder;
use super::{WriteRefusal, ixpfx, net, value};
use crate::fold::fold;
use crate::snapshot::{IndexKey, Snapshot};

/// Permitted speeds of a port, in Mbit/s; 0 means unknown.
const SPEEDS: std::ops::RangeInclusive<i64> = 50..=5_000_000;

const ADDRESSES: [Column; 2] = [netixlan::IPADDR4, netixlan::IPADDR6];

/// Reads the fields that need more than the checks of their kind.
pub fn fields(request: &SaveRequest<'_>, draft: &mut RowDraft) {
    // The AS number is the network's. It is required only if there is no network from which to take it.
    if draft.get(netixlan::NET_ID).is_none() && request.body.get("asn").is_none_or(serde_json::Value::is_null) {
        draft.complain(netixlan::ASN, REQUIRED);
    }
    // The sides are set by actions of their own (5.12). Here they only have to be facilities.
    for side in [netixlan::NET_SIDE_ID, netixlan::IX_SIDE_ID] {
        let name = side.name();
        let Some(given) = request.body.get(name).filter(|given| !given.is_null() && given.as_str() != Some("")) else {
            continue;
        };
        let place = ComplaintPosition::of(side);
        match cell::reference(given) {
            Ok(id) if u32::try_from(id).is_ok_and(|id| request.state.row(Resource::Fac, id).is_some()) => {}
            Ok(_) => draft.complaints.complain(place, name, value::no_such_row(given)),
            Err(wrong) => draft.complaints.complain(place, name, wrong),
        }
    }
}

/// Checks rules across fields. Returns the deleted ports that have one of the addresses, the one with the IPv4 address
/// first.
pub fn across(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<Vec<u32>, WriteRefusal> {
    if ADDRESSES.into_iter().all(|address| draft.text(address).is_none()) {
        return Err(refuse_both(&ADDRESSES.map(Column::name), "Input required for IPv4 or IPv6"));
    }
    let number = |at: Column| draft.int(at).map_or(0, |id| id as u32);
    if !net::has_contact(request.state, number(netixlan::NET_ID)) {
        return Err(refuse_together(
            "Network must have a Technical, NOC, or Policy point of contact with valid email before adding exchange point.",
        ));
    }
    for (column, family) in ADDRESSES.into_iter().zip(["IPv4", "IPv6"]) {
        let address = draft.text(column).and_then(|text| text.parse().ok());
        if address.is_some_and(|address| !is_inside(request.state, number(netixlan::IXLAN_ID), address)) {
            return Err(refuse(column.name(), format!("{family} address outside of prefix")));
        }
    }
    let gone = holders(request, draft)?;
    match draft.int(netixlan::SPEED).filter(|speed| *speed != 0) {
        Some(speed) if speed < *SPEEDS.start() => Err(refuse("speed", "Minimum speed: 50M")),
        Some(speed) if speed > *SPEEDS.end() => Err(refuse("speed", "Maximum speed: 5T")),
        _ => Ok(gone),
    }
}

/// Whether an address is in a live prefix of the LAN, and is neither its first nor its last.
fn is_inside(state: &Snapshot, lan: u32, address: IpAddr) -> bool {
    state.prefixes_around(address).iter().filter_map(|id| state.row(Resource::Ixpfx, *id)).any(|row| {
        let place = ixpfx::place_of(row);
        state.is_live(Resource::Ixpfx, row)
            && place.is_some_and(|(network, of): (IpNet, u32)| {
                of == lan && address != network.network() && address != network.broadcast()
            })
    })
}

/// Deleted ports with one of the addresses.
///
/// # Errors
/// A port that is not deleted has one of them.
fn holders(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<Vec<u32>, WriteRefusal> {
    let mut complaints = ComplaintList::default();
    let mut gone = Vec::new();
    for column in ADDRESSES {
        let Some(address) = draft.text(column) else { continue };
        let ids = request.state.holding(column, &IndexKey::text(&fold(address))).unwrap_or_default();
        let others = ids.iter().copied().filter(|id| request.id() != Some(*id));
        let mut dead = Vec::new();
        let mut is_taken = false;
        for row in others.filter_map(|id| request.state.row(Resource::Netixlan, id)) {
            match request.state.status(Resource::Netixlan, row) {
                Some(Status::Deleted) => dead.push((row.time(netixlan::UPDATED), row.id())),
                _ => is_taken = true,
            }
        }
        if is_taken {
            complaints.complain(ComplaintPosition::of(column), column.name(), "IP already exists");
        }
        dead.sort_unstable();
        for (_, id) in dead.into_iter().rev() {
            if !gone.contains(&id) {
                gone.push(id);
            }
        }
    }
    if complaints.is_empty() { Ok(gone) } else { Err(complaints.refusal()) }
}

/// Removes the addresses from deleted ports.
pub fn release(steps: &mut StepBuilder<'_>, draft: &RowDraft, ports: &[u32]) {
    for id in ports {
        let has = |address: Column| {
            let stored = steps.row(Resource::Netixlan, *id).and_then(|row| row.text(address));
            stored.is_some() && stored == draft.text(address)
        };
        let lost = ADDRESSES.into_iter().filter(|address| has(*address));
        let cells: Vec<(Column, StoredCell)> = lost.map(|address| (address, StoredCell::Null)).collect();
        if !cells.is_empty() {
            steps.change_silently(Resource::Netixlan, *id, &cells);
        }
    }
}
