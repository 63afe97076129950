//! What an import would change: a pure function from a list and a LAN to a plan.
//!
//! A port is identified by its AS number and both addresses. Ports that only the registry has are removed, ports that
//! only the list has are added, and a removal and an addition of one network that share an address are one modification.
//! All of this is applied if the network lets exchanges update its ports, and proposed to it otherwise.
//!
//! If a part of the list cannot be read, or a row has an error, the ports that it may stand for are not removed.
//!
//! Source: spec/ixf.md, 2, "Reading" to "Proposals".

mod pair;
mod proposals;
mod rows;

use std::collections::BTreeSet;

use crate::clean::CleanList;
use crate::lan::{Lan, LanNetwork, LanPort, PortValues};
use crate::plan::{
    Change, ChangeAction, DecidedBy, Differences, GuardDecision, GuardLimits, Noop, Plan, Proposal, Reason, StopReason,
};
use pair::Pairs;
use proposals::EarlierProposals;
use rows::WantedRow;

/// Compares a list with a LAN.
///
/// The order of members and connections in the list does not matter, except for the [`Source`](crate::Source)s. After the
/// plan's changes have been applied and its proposals stored, comparing again results in no change and no new proposal.
///
/// Cost: `n log n` in the number of rows and ports, times the LAN's number of prefixes, of which there are a few.
///
/// # Errors
/// [`StopReason`]: nothing can be imported on this LAN.
pub fn compare(list: &CleanList, lan: &Lan, limits: &GuardLimits) -> Result<Plan, StopReason> {
    let mut plan = Plan { as_numbers: list.as_numbers.len(), ..Plan::default() };
    let considered = rows::consider(list, lan, &mut plan)?;
    let pairs = pair::pair(lan, considered, &mut plan);
    let mut earlier = EarlierProposals::of(lan);
    removals(lan, &pairs, &mut plan, &mut earlier);
    for (port, row) in &pairs.renumbered {
        renumber(port, row, &mut plan, &mut earlier);
    }
    for (port, row) in &pairs.matched {
        update(port, row, &mut plan, &mut earlier);
    }
    for row in &pairs.fresh {
        add(row, &mut plan, &mut earlier);
    }
    plan.resolved = earlier.resolved(|identity| pairs.unclear.covers(identity));
    order(&mut plan);
    plan.guard = guard(lan, &plan, limits);
    Ok(plan)
}

fn order(plan: &mut Plan) {
    // The exchange's side is a field that nothing depends on. It comes last, so that all else is in order of the action.
    plan.changes.sort_by_key(|change| {
        let addresses = change.after.map(|after| (after.ipaddr4, after.ipaddr6));
        (change.decided_by == DecidedBy::ExchangeSide, change.action, change.asn, change.port_id, addresses)
    });
    plan.proposals.sort_by_key(|proposal| (proposal.action, proposal.identity, proposal.port_id));
    plan.errors.sort();
    plan.ignored.sort_by(|a, b| (a.identity, &a.reason, a.source).cmp(&(b.identity, &b.reason, b.source)));
    plan.noops.sort_by_key(|noop| (noop.asn, noop.port_id));
}

fn guard(lan: &Lan, plan: &Plan, limits: &GuardLimits) -> GuardDecision {
    let is_removal = |change: &&Change| change.action == ChangeAction::Delete;
    let mut removals: Vec<u32> = plan.changes.iter().filter(is_removal).filter_map(|change| change.port_id).collect();
    removals.sort_unstable();
    let is_proposed = |proposal: &&Proposal| {
        proposal.action == ChangeAction::Delete && proposal.is_new() && proposal.requirement_of.is_none()
    };
    let mut proposed_removals: Vec<u32> =
        plan.proposals.iter().filter(is_proposed).filter_map(|proposal| proposal.port_id).collect();
    proposed_removals.sort_unstable();
    let ports = lan.ports.len();
    GuardDecision { ports, allowed: limits.allowed(ports), removals, proposed_removals }
}

/// Ports that the list does not have, or has at another AS number.
fn removals(lan: &Lan, pairs: &Pairs<'_>, plan: &mut Plan, earlier: &mut EarlierProposals) {
    let removal = |port: &LanPort, decided_by, reason, source| Change {
        action: ChangeAction::Delete,
        asn: port.asn,
        net_id: port.net_id,
        port_id: Some(port.id),
        before: Some(port.values),
        after: None,
        decided_by,
        reason,
        source,
    };
    for lost in &pairs.reassigned {
        let reason = Reason::Reassigned { address: lost.address, asn: lost.to };
        plan.changes.push(removal(lost.port, DecidedBy::Reassignment, reason, Some(lost.source)));
    }
    for port in &pairs.gone {
        let allows_update = lan.networks.get(&port.asn).is_some_and(|network| network.allows_update);
        if allows_update {
            plan.changes.push(removal(port, DecidedBy::Consent, Reason::OnlyInRegistry, None));
            continue;
        }
        let requirement_of = port.identity().addresses().find_map(|address| pairs.needed.get(&(port.asn, address)));
        plan.proposals.push(earlier.connected(Proposal {
            action: ChangeAction::Delete,
            identity: port.identity(),
            net_id: port.net_id,
            port_id: Some(port.id),
            before: Some(port.values),
            after: None,
            stated: None,
            reason: Reason::OnlyInRegistry,
            source: None,
            requirement_of: requirement_of.copied(),
            known: None,
            is_hidden: false,
            network_is_present: true,
        }));
    }
}

/// A port whose other address changes.
fn renumber(port: &LanPort, row: &WantedRow, plan: &mut Plan, earlier: &mut EarlierProposals) {
    let after = PortValues {
        ipaddr4: row.identity.ipaddr4,
        ipaddr6: row.identity.ipaddr6,
        ix_side_id: row.facility.or(port.values.ix_side_id),
        ..taken(&port.values, row)
    };
    let reason = Reason::Renumbered(Differences { before: port.values, after });
    modify(port, row, after, reason, plan, earlier);
}

/// A port that both have.
fn update(port: &LanPort, row: &WantedRow, plan: &mut Plan, earlier: &mut EarlierProposals) {
    let before = port.values;
    let mut after = taken(&before, row);
    if !row.network.allows_update {
        // Speed and the route server's flag are taken only with consent. Proposing them would bother most networks.
        after = PortValues { speed: before.speed, is_rs_peer: before.is_rs_peer, ..after };
    }
    // What the exchange's side is set on: the port as the changes before this one leave it.
    let base = if row.network.allows_update { after } else { before };
    let with_side = PortValues { ix_side_id: row.facility.or(base.ix_side_id), ..base };
    let has_other_side = with_side != base;
    if has_other_side {
        plan.changes.push(Change {
            action: ChangeAction::Modify,
            asn: port.asn,
            net_id: port.net_id,
            port_id: Some(port.id),
            before: Some(base),
            after: Some(with_side),
            decided_by: DecidedBy::ExchangeSide,
            reason: Reason::ValuesDiffer(Differences { before: base, after: with_side }),
            source: Some(row.source),
        });
    }
    if after != before {
        let reason = Reason::ValuesDiffer(Differences { before, after });
        modify(port, row, after, reason, plan, earlier);
    } else if !has_other_side {
        let stated = PortValues {
            speed: row.speed.unwrap_or(before.speed),
            is_rs_peer: row.is_rs_peer.unwrap_or(before.is_rs_peer),
            operational: row.operational,
            ..before
        };
        let reason = if stated == before {
            Reason::Equal
        } else {
            Reason::DifferencesNotTaken(Differences { before, after: stated })
        };
        let (asn, net_id, port_id, source) = (port.asn, port.net_id, port.id, row.source);
        plan.noops.push(Noop { asn, net_id, port_id, values: before, reason, source });
    }
}

fn modify(
    port: &LanPort,
    row: &WantedRow,
    after: PortValues,
    reason: Reason,
    plan: &mut Plan,
    earlier: &mut EarlierProposals,
) {
    let (action, net_id, source) = (ChangeAction::Modify, port.net_id, Some(row.source));
    let (port_id, before, after) = (Some(port.id), Some(port.values), Some(after));
    if row.network.allows_update {
        let decided_by = DecidedBy::Consent;
        plan.changes.push(Change { action, asn: port.asn, net_id, port_id, before, after, decided_by, reason, source });
        return;
    }
    plan.proposals.push(earlier.connected(Proposal {
        action,
        identity: row.identity,
        net_id,
        port_id,
        before,
        after,
        stated: Some(row.stated()),
        reason,
        source,
        requirement_of: None,
        known: None,
        is_hidden: false,
        network_is_present: true,
    }));
}

/// A port that only the list has.
fn add(row: &WantedRow, plan: &mut Plan, earlier: &mut EarlierProposals) {
    let LanNetwork { excluded, net_id, .. } = row.network;
    // Fields that the network keeps for itself get the values that they have in a new row.
    let after = PortValues {
        ipaddr4: row.identity.ipaddr4,
        ipaddr6: row.identity.ipaddr6,
        speed: row.speed.filter(|_| !excluded.speed).unwrap_or(0),
        is_rs_peer: row.is_rs_peer.filter(|_| !excluded.is_rs_peer).unwrap_or(false),
        operational: excluded.operational || row.operational,
        ix_side_id: row.facility,
    };
    let (action, reason, source) = (ChangeAction::Add, Reason::OnlyInList, Some(row.source));
    let (asn, port_id, before, after) = (row.identity.asn, None, None, Some(after));
    if row.network.allows_update {
        let decided_by = DecidedBy::Consent;
        plan.changes.push(Change { action, asn, net_id, port_id, before, after, decided_by, reason, source });
        return;
    }
    let network_is_present = earlier.is_present(asn);
    plan.proposals.push(earlier.connected(Proposal {
        action,
        identity: row.identity,
        net_id,
        port_id,
        before,
        after,
        stated: Some(row.stated()),
        reason,
        source,
        requirement_of: None,
        known: None,
        is_hidden: false,
        network_is_present,
    }));
}

/// The values of a port after taking what the list states, but for fields that the network keeps for itself.
fn taken(before: &PortValues, row: &WantedRow) -> PortValues {
    let excluded = row.network.excluded;
    PortValues {
        speed: row.speed.filter(|_| !excluded.speed).unwrap_or(before.speed),
        is_rs_peer: row.is_rs_peer.filter(|_| !excluded.is_rs_peer).unwrap_or(before.is_rs_peer),
        operational: if excluded.operational { before.operational } else { row.operational },
        ..*before
    }
}

/// AS numbers with a port on the LAN.
fn present(lan: &Lan) -> BTreeSet<u32> {
    lan.ports.iter().map(|port| port.asn).collect()
}
