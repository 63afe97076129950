//! Taking a row away: what protects it, and what goes along (spec/write-api.md, 6.4).

use peerage_schema::{Resource, Status};

use super::cell::Cell;
use super::save::{refuse_extra, touch};
use super::steps::Steps;
use super::{Judged, Refusal, Write, fac, ixpfx, poc};
use crate::place;
use crate::rights::Rights;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Most names in a reason.
const NAMES_MAX: usize = 5;

/// Judges a DELETE. What is deleted already stays so, and says so without a word.
pub fn delete(write: &Write<'_>, state: &Snapshot, id: &str) -> Result<Judged, Refusal> {
    let resource = write.resource;
    // A LAN comes and goes with its exchange.
    if resource == Resource::Ixlan {
        return Err(Refusal::Forbidden);
    }
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse_extra("Invalid id"));
    }
    let row = id.parse().ok().and_then(|id| state.row(resource, id)).ok_or(Refusal::NothingThere)?;
    let namespace = place::of_row(state, resource, row);
    if !namespace.is_some_and(|namespace| write.authority.may(&namespace, Rights::DELETE)) {
        return Err(Refusal::Forbidden);
    }
    if state.status(resource, row) == Some(Status::Deleted) {
        return Ok(Judged::default());
    }
    if let Some(reason) = protection(state, resource, row) {
        return Err(Refusal::ForbiddenBecause(format!(
            "{reason} - Please contact {} to help with the deletion of this object",
            write.policy.support_email
        )));
    }
    let mut steps = Steps::new(state, write.now);
    remove(&mut steps, resource, row.id());
    Ok(Judged { steps: steps.finish(), ..Judged::default() })
}

/// Live rows of a kind that point to a row.
fn live<'a>(state: &'a Snapshot, child: Resource, by: &str, parent: u32) -> impl Iterator<Item = &'a Row> {
    let ids = state.pointing(child, by, parent).to_vec();
    ids.into_iter().filter_map(move |id| state.row(child, id)).filter(move |row| state.is_live(child, row))
}

/// Why a row has to stay.
fn protection(state: &Snapshot, resource: Resource, row: &Row) -> Option<String> {
    let id = row.id();
    let has = |child, by| live(state, child, by, id).next().is_some();
    match resource {
        Resource::Org => {
            let is_active = [Resource::Net, Resource::Fac, Resource::Ix].into_iter().any(|child| has(child, "org_id"));
            is_active.then(|| "Organization has active objects under it.".to_owned())
        }
        Resource::Fac => presence(state, id, "exchange", Resource::Ixfac, "ix_id")
            .or_else(|| presence(state, id, "network", Resource::Netfac, "net_id")),
        Resource::Ix => {
            // By facility, as the reference's index gives them.
            let mut links: Vec<&Row> = live(state, Resource::Ixfac, "ix_id", id).collect();
            links.sort_by_key(|row| row.int(Resource::Ixfac.table().at("fac_id")));
            let facilities = names(state, links.into_iter(), Resource::Ixfac, "fac_id");
            let connected = facilities.map(|names| format!("Exchange has active facility connection(s): {names}"));
            connected.or_else(|| has(Resource::Netixlan, "ixlan_id").then(|| "Exchange has active peer(s)".to_owned()))
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

fn presence(state: &Snapshot, fac: u32, kind: &str, link: Resource, via: &str) -> Option<String> {
    let names = names(state, live(state, link, "fac_id", fac), link, via)?;
    Some(format!("Facility has active {kind} presence(s): {names}"))
}

/// The names of what link rows lead to: the first few, each once.
fn names<'a>(state: &'a Snapshot, links: impl Iterator<Item = &'a Row>, link: Resource, via: &str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for row in links {
        let Some((of, target)) = state.parent(link, row, via) else { continue };
        let name = target.text_or_empty(of.table().at("name"));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(NAMES_MAX);
    (!names.is_empty()).then(|| format!("{} ...", names.join(", ")))
}

/// What a row takes along: children and the fields by which they point to it.
fn children(resource: Resource) -> &'static [(Resource, &'static str)] {
    match resource {
        Resource::Org => &[
            (Resource::Net, "org_id"),
            (Resource::Fac, "org_id"),
            (Resource::Ix, "org_id"),
            (Resource::Carrier, "org_id"),
            (Resource::Campus, "org_id"),
        ],
        Resource::Net => &[(Resource::Poc, "net_id"), (Resource::Netfac, "net_id"), (Resource::Netixlan, "net_id")],
        Resource::Fac => &[(Resource::Ixfac, "fac_id"), (Resource::Netfac, "fac_id"), (Resource::Carrierfac, "fac_id")],
        Resource::Ix => &[(Resource::Ixfac, "ix_id"), (Resource::Ixlan, "ix_id")],
        Resource::Ixlan => &[(Resource::Ixpfx, "ixlan_id"), (Resource::Netixlan, "ixlan_id")],
        Resource::Carrier => &[(Resource::Carrierfac, "carrier_id")],
        _ => &[],
    }
}

/// Deletes a row after what it takes along, so that no child outlives its parent.
pub fn remove(steps: &mut Steps<'_>, resource: Resource, id: u32) {
    if matches!(steps.status(resource, id), None | Some(Status::Deleted)) {
        return;
    }
    remove_children(steps, resource, id);
    if resource == Resource::Campus {
        let campus = Resource::Fac.table().at("campus_id");
        for fac in steps.pointing(Resource::Fac, "campus_id", id) {
            steps.change(Resource::Fac, fac, &[(campus, Cell::Null)]);
        }
    }
    let table = resource.table();
    let number = |name: &str| steps.row(resource, id).zip(table.position(name)).and_then(|(row, at)| row.int(at));
    let (net, campus) = (number("net_id"), number("campus_id"));
    steps.delete(resource, id);
    touch(steps, resource, &[net]);
    if resource == Resource::Fac {
        fac::follow(steps, [campus, None]);
    }
}

/// Deletes what a row would take along, and leaves the row itself.
pub fn remove_children(steps: &mut Steps<'_>, resource: Resource, id: u32) {
    for (child, by) in children(resource) {
        for id in steps.pointing(*child, by, id) {
            remove(steps, *child, id);
        }
    }
}
