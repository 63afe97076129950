//! Which port of the registry is which row of the list.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::rows::{ConsideredRows, UnclearPorts, WantedRow};
use crate::lan::{Lan, LanPort, PortIdentity};
use crate::path::Source;
use crate::plan::Plan;
use crate::problem::{RowError, RowProblem};

/// A port whose address the list has at another AS number.
pub struct LostPort<'a> {
    pub port: &'a LanPort,
    pub address: IpAddr,
    /// The other AS number.
    pub to: u32,
    pub source: Source,
}

/// Ports and rows. A port or row is in one of the vectors, or the list is unclear about it.
pub struct Pairs<'a> {
    /// AS number and both addresses agree.
    pub matched: Vec<(&'a LanPort, WantedRow)>,
    pub reassigned: Vec<LostPort<'a>>,
    /// AS number and one address agree.
    pub renumbered: Vec<(&'a LanPort, WantedRow)>,
    /// Only in the registry.
    pub gone: Vec<&'a LanPort>,
    /// Only in the list.
    pub fresh: Vec<WantedRow>,
    /// Addresses of rows in `renumbered` and `fresh`, by AS number.
    pub needed: BTreeMap<(u32, IpAddr), PortIdentity>,
    pub unclear: UnclearPorts,
}

/// Finds the row for each port.
pub fn pair<'a>(lan: &'a Lan, considered: ConsideredRows, plan: &mut Plan) -> Pairs<'a> {
    let ConsideredRows { mut wanted, mut unclear } = considered;
    let stated: BTreeMap<IpAddr, (u32, Source)> = wanted
        .values()
        .flat_map(|row| row.identity.addresses().map(|address| (address, (row.identity.asn, row.source))))
        .collect();
    let mut ports: Vec<&LanPort> = lan.ports.iter().collect();
    ports.sort_by_key(|port| port.id);
    let (mut matched, mut reassigned) = (Vec::new(), Vec::new());
    let (mut gone, mut kept) = (BTreeMap::new(), Vec::new());
    for port in ports {
        let identity = port.identity();
        if let Some(row) = wanted.remove(&identity) {
            matched.push((port, row));
            continue;
        }
        let lost = identity.addresses().find_map(|address| {
            let (to, source) = *stated.get(&address)?;
            (to != port.asn).then_some(LostPort { port, address, to, source })
        });
        match lost {
            Some(lost) => reassigned.push(lost),
            None if unclear.covers(&identity) => kept.push(port),
            None => {
                gone.insert(port.id, port);
            }
        }
    }
    hold_back(kept, &mut gone, &mut wanted, &mut unclear, plan);
    let needed = wanted
        .values()
        .flat_map(|row| row.identity.addresses().map(|address| ((row.identity.asn, address), row.identity)))
        .collect();
    let (renumbered, fresh) = renumber(&mut gone, wanted);
    Pairs { matched, reassigned, renumbered, gone: gone.into_values().collect(), fresh, needed, unclear }
}

/// Holds back rows with an address that stands on a port of the same network which is kept because the list is unclear
/// about it. Other ports that such a row may stand for are then kept, too, and so on.
fn hold_back<'a>(
    mut kept: Vec<&'a LanPort>,
    gone: &mut BTreeMap<u32, &'a LanPort>,
    wanted: &mut BTreeMap<PortIdentity, WantedRow>,
    unclear: &mut UnclearPorts,
    plan: &mut Plan,
) {
    if kept.is_empty() {
        return;
    }
    let row_of: BTreeMap<(u32, IpAddr), PortIdentity> =
        wanted.keys().flat_map(|row| row.addresses().map(|address| ((row.asn, address), *row))).collect();
    let port_of: BTreeMap<(u32, IpAddr), u32> = by_address(gone);
    while let Some(port) = kept.pop() {
        for address in port.identity().addresses() {
            let Some(row) = row_of.get(&(port.asn, address)).and_then(|identity| wanted.remove(identity)) else {
                continue;
            };
            unclear.add(&row.identity);
            plan.errors.push(RowError {
                asn: Some(row.identity.asn),
                ipaddr4: row.identity.ipaddr4,
                ipaddr6: row.identity.ipaddr6,
                problem: RowProblem::HeldByUnclearPort(address),
                net_id: Some(row.network.net_id),
                source: row.source,
            });
            let others = row.identity.addresses().filter_map(|address| port_of.get(&(port.asn, address)));
            kept.extend(others.filter_map(|id| gone.remove(id)));
        }
    }
}

fn by_address(ports: &BTreeMap<u32, &LanPort>) -> BTreeMap<(u32, IpAddr), u32> {
    let of = |port: &LanPort| {
        let (id, asn) = (port.id, port.asn);
        port.identity().addresses().map(move |address| ((asn, address), id))
    };
    ports.values().flat_map(|port| of(port)).collect()
}

/// Rows for which the registry has the port with another address.
type RenumberedPorts<'a> = Vec<(&'a LanPort, WantedRow)>;

/// Makes one modification of a removal and an addition that share an address. If both addresses of a row are on different
/// ports, the one with its IPv4 address is modified, and the other one stays gone.
fn renumber<'a>(
    gone: &mut BTreeMap<u32, &'a LanPort>,
    wanted: BTreeMap<PortIdentity, WantedRow>,
) -> (RenumberedPorts<'a>, Vec<WantedRow>) {
    let port_of = by_address(gone);
    let mut fresh = Vec::new();
    let mut pairs: RenumberedPorts<'a> = Vec::new();
    for row in wanted.into_values() {
        let mut ports = row.identity.addresses().filter_map(|address| port_of.get(&(row.identity.asn, address)));
        match ports.find_map(|id| gone.remove(id)) {
            Some(port) => pairs.push((port, row)),
            None => fresh.push(row),
        }
    }
    // Modifications are applied one after the other, so none can need an address that another one frees.
    let mut modified: BTreeSet<u32> = pairs.iter().map(|(port, _)| port.id).collect();
    let mut renumbered = Vec::new();
    for (port, row) in pairs {
        let is_held = |address: IpAddr| {
            let holder = port_of.get(&(port.asn, address));
            holder.is_some_and(|holder| *holder != port.id && modified.contains(holder))
        };
        if row.network.allows_update && row.identity.addresses().any(is_held) {
            modified.remove(&port.id);
            gone.insert(port.id, port);
            fresh.push(row);
        } else {
            renumbered.push((port, row));
        }
    }
    (renumbered, fresh)
}
