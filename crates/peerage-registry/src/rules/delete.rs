//! Deleting a row: what protects it, and what is deleted with it (spec/write-api.md, 6.4).

use peerage_schema::tables::{self, campus, carrier, carrierfac, ix, ixfac, ixlan, net, netfac, netixlan};
use peerage_schema::{Column, Resource, Status};

use super::cell::StoredCell;
use super::save::{refuse_extra, touch};
use super::steps::StepBuilder;
use super::{WriteDecision, WriteRefusal, WriteRequest, fac, ixpfx, poc};
use crate::place;
use crate::rights::Permissions;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Maximum number of names in a reason.
const NAMES_MAX: usize = 5;

/// Decides about a DELETE. Deleting a deleted row succeeds without doing anything.
pub fn delete(write: &WriteRequest<'_>, state: &Snapshot, id: &str) -> Result<WriteDecision, WriteRefusal> {
    let resource = write.resource;
    // A LAN is created and deleted together with its exchange.
    if resource == Resource::Ixlan {
        return Err(WriteRefusal::NotPermitted);
    }
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse_extra("Invalid id"));
    }
    let row = id.parse().ok().and_then(|id| state.row(resource, id)).ok_or(WriteRefusal::AlreadyGone)?;
    let namespace = place::of_row(state, resource, row);
    if !namespace.is_some_and(|namespace| write.authority.may(&namespace, Permissions::DELETE)) {
        return Err(WriteRefusal::NotPermitted);
    }
    if state.status(resource, row) == Some(Status::Deleted) {
        return Ok(WriteDecision::default());
    }
    if let Some(reason) = protection(state, resource, row) {
        return Err(WriteRefusal::StillNeeded(format!(
            "{reason} - Please contact {} to help with the deletion of this object",
            write.policy.support_email
        )));
    }
    let mut steps = StepBuilder::new(state, write.now);
    remove(&mut steps, resource, row.id());
    Ok(WriteDecision { steps: steps.finish(), ..WriteDecision::default() })
}

/// Live rows that point to a row.
fn live(state: &Snapshot, by: Column, parent: u32) -> impl Iterator<Item = &Row> {
    let (child, ids) = (by.resource(), state.pointing(by, parent).to_vec());
    ids.into_iter().filter_map(move |id| state.row(child, id)).filter(move |row| state.is_live(child, row))
}

/// Why a row cannot be deleted.
fn protection(state: &Snapshot, resource: Resource, row: &Row) -> Option<String> {
    let id = row.id();
    let has = |by| live(state, by, id).next().is_some();
    match resource {
        Resource::Org => {
            let is_active = [net::ORG_ID, tables::fac::ORG_ID, ix::ORG_ID].into_iter().any(has);
            is_active.then(|| "Organization has active objects under it.".to_owned())
        }
        Resource::Fac => presence(state, id, "exchange", ixfac::FAC_ID, ixfac::IX_ID)
            .or_else(|| presence(state, id, "network", netfac::FAC_ID, netfac::NET_ID)),
        Resource::Ix => {
            // Ordered by facility, as the reference's index returns them.
            let mut links: Vec<&Row> = live(state, ixfac::IX_ID, id).collect();
            links.sort_by_key(|row| row.int(ixfac::FAC_ID));
            let facilities = names(state, links.into_iter(), ixfac::FAC_ID);
            let connected = facilities.map(|names| format!("Exchange has active facility connection(s): {names}"));
            connected.or_else(|| has(netixlan::IXLAN_ID).then(|| "Exchange has active peer(s)".to_owned()))
        }
        Resource::Ixpfx => {
            let (network, lan) = ixpfx::place_of(row)?;
            ixpfx::peers(state, lan, network).first().map(|peer| ixpfx::in_use(network, peer))
        }
        Resource::Poc => {
            poc::is_last(state, row).then(|| "Last technical contact point for network with active peers".to_owned())
        }
        _ => None,
    }
}

fn presence(state: &Snapshot, fac: u32, kind: &str, by: Column, via: Column) -> Option<String> {
    let names = names(state, live(state, by, fac), via)?;
    Some(format!("Facility has active {kind} presence(s): {names}"))
}

/// The names of the targets of link rows: the first few, without duplicates.
fn names<'a>(state: &'a Snapshot, links: impl Iterator<Item = &'a Row>, via: Column) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for row in links {
        let Some((of, target)) = state.parent(row, via) else { continue };
        let name = of.table().columns.name.map_or("", |at| target.text_or_empty(at));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(NAMES_MAX);
    (!names.is_empty()).then(|| format!("{} ...", names.join(", ")))
}

/// The foreign keys of the rows that are deleted together with a row.
fn children(resource: Resource) -> &'static [Column] {
    match resource {
        Resource::Org => &[net::ORG_ID, tables::fac::ORG_ID, ix::ORG_ID, carrier::ORG_ID, campus::ORG_ID],
        Resource::Net => &[tables::poc::NET_ID, netfac::NET_ID, netixlan::NET_ID],
        Resource::Fac => &[ixfac::FAC_ID, netfac::FAC_ID, carrierfac::FAC_ID],
        Resource::Ix => &[ixfac::IX_ID, ixlan::IX_ID],
        Resource::Ixlan => &[tables::ixpfx::IXLAN_ID, netixlan::IXLAN_ID],
        Resource::Carrier => &[carrierfac::CARRIER_ID],
        Resource::Campus
        | Resource::Carrierfac
        | Resource::Ixfac
        | Resource::Ixpfx
        | Resource::Netfac
        | Resource::Netixlan
        | Resource::Poc => &[],
    }
}

/// Deletes a row, and before it everything that belongs to it, so that no child outlives its parent.
pub fn remove(steps: &mut StepBuilder<'_>, resource: Resource, id: u32) {
    if matches!(steps.status(resource, id), None | Some(Status::Deleted)) {
        return;
    }
    remove_children(steps, resource, id);
    if resource == Resource::Campus {
        for fac in steps.pointing(tables::fac::CAMPUS_ID, id) {
            steps.change(Resource::Fac, fac, &[(tables::fac::CAMPUS_ID, StoredCell::Null)]);
        }
    }
    let number = |at: Option<Column>| steps.row(resource, id).zip(at).and_then(|(row, at)| row.int(at));
    let net = number(resource.table().columns.net_id);
    let campus = number((resource == Resource::Fac).then_some(tables::fac::CAMPUS_ID));
    steps.delete(resource, id);
    touch(steps, resource, &[net]);
    if resource == Resource::Fac {
        fac::follow(steps, [campus, None]);
    }
}

/// Deletes what belongs to a row, but not the row itself.
pub fn remove_children(steps: &mut StepBuilder<'_>, resource: Resource, id: u32) {
    for by in children(resource) {
        for id in steps.pointing(*by, id) {
            remove(steps, by.resource(), id);
        }
    }
}
