//! Actions other than creating, updating and deleting (spec/write-api.md, 5.5 and 5.11 to 5.13).

use peerage_schema::tables::{campus, carrierfac, fac, ix, ixfac, netfac, netixlan};
use peerage_schema::{Resource, Status};

use super::campus as campuses;
use super::cell::{self, Cell};
use super::complaint::refuse_together;
use super::save::touch;
use super::steps::Steps;
use super::update::find;
use super::{Judged, Refusal, Write, delete};
use crate::place;
use crate::rights::Rights;
use crate::row::Row;
use crate::snapshot::Snapshot;

fn may(write: &Write<'_>, state: &Snapshot, resource: Resource, row: &Row, needed: Rights) -> bool {
    place::of_row(state, resource, row).is_some_and(|namespace| write.authority.may(&namespace, needed))
}

fn shows(steps: Steps<'_>, resource: Resource, id: u32) -> Judged {
    Judged { steps: steps.finish(), shown: Some((resource, id)), ..Judged::default() }
}

/// Requests an import of the exchange's member list.
pub fn request_import(write: &Write<'_>, state: &Snapshot, id: &str) -> Result<Judged, Refusal> {
    let row = find(state, Resource::Ix, id)?;
    if !may(write, state, Resource::Ix, row, Rights::CREATE) {
        return Err(Refusal::NotYours);
    }
    if !may(write, state, Resource::Ix, row, Rights::UPDATE) {
        return Err(Refusal::NotPermitted);
    }
    if row.text(ix::IXF_IMPORT_REQUEST_STATUS) == Some("importing") {
        return Err(refuse_together("Import is currently ongoing"));
    }
    let mut steps = Steps::new(state, write.now);
    let request = (ix::IXF_IMPORT_REQUEST, Cell::Int(write.now));
    steps.change_silently(Resource::Ix, row.id(), &[request, (ix::IXF_IMPORT_REQUEST_STATUS, Cell::text("queued"))]);
    Ok(shows(steps, Resource::Ix, row.id()))
}

/// Adds a facility to a campus of its own organization.
pub fn add_facility(write: &Write<'_>, state: &Snapshot, id: &str, fac: &str) -> Result<Judged, Refusal> {
    let fac = find(state, Resource::Fac, fac)?;
    if !may(write, state, Resource::Fac, fac, Rights::UPDATE) {
        return Err(Refusal::NotPermitted);
    }
    let row = find(state, Resource::Campus, id)?;
    if !may(write, state, Resource::Campus, row, Rights::CREATE) {
        return Err(Refusal::NotYours);
    }
    if fac.int(fac::ORG_ID) != row.int(campus::ORG_ID) {
        return Err(Refusal::OtherOrganization);
    }
    campuses::check_bounds(state, row.id(), fac.id(), campuses::coordinates(fac)).map_err(refuse_together)?;
    Ok(moved(write, state, fac, Some(row.id())))
}

/// Removes a facility from its campus.
pub fn remove_facility(write: &Write<'_>, state: &Snapshot, id: &str, fac: &str) -> Result<Judged, Refusal> {
    let fac = find(state, Resource::Fac, fac)?;
    if !may(write, state, Resource::Fac, fac, Rights::UPDATE) {
        return Err(Refusal::NotPermitted);
    }
    let row = find(state, Resource::Campus, id)?;
    if fac.int(fac::CAMPUS_ID) != Some(i64::from(row.id())) {
        return Err(Refusal::NotFound("No Facility matches the given query.".to_owned()));
    }
    Ok(moved(write, state, fac, None))
}

/// Moves the facility to another campus, or to none. The status of both campuses is updated.
fn moved(write: &Write<'_>, state: &Snapshot, fac: &Row, to: Option<u32>) -> Judged {
    let to = to.map(i64::from);
    let mut steps = Steps::new(state, write.now);
    steps.change(Resource::Fac, fac.id(), &[(fac::CAMPUS_ID, to.map_or(Cell::Null, Cell::Int))]);
    super::fac::follow(&mut steps, [fac.int(fac::CAMPUS_ID), to]);
    shows(steps, Resource::Fac, fac.id())
}

/// A side of a port.
#[derive(Clone, Copy)]
pub enum Side {
    Net,
    Ix,
}

/// Sets the facility of one side of a port: one of its network's, or one of its exchange's.
pub fn set_side(write: &Write<'_>, state: &Snapshot, id: &str, side: Side) -> Result<Judged, Refusal> {
    let (column, owner, via, link, at) = match side {
        Side::Net => (netixlan::NET_SIDE_ID, Resource::Net, netixlan::NET_ID, netfac::NET_ID, netfac::FAC_ID),
        Side::Ix => (netixlan::IX_SIDE_ID, Resource::Ix, netixlan::IX_ID, ixfac::IX_ID, ixfac::FAC_ID),
    };
    let row =
        find(state, Resource::Netixlan, id).map_err(|_| Refusal::NotFound("NetworkIXLan not found.".to_owned()))?;
    let owner_id = row.int(via).map(|id| id as u32);
    let namespace = owner_id.and_then(|id| place::of_id(state, owner, id));
    if !namespace.is_some_and(|namespace| write.authority.may(&namespace, Rights::CREATE)) {
        let tag = owner.tag();
        return Err(Refusal::NotPermittedBecause(format!("Only admins of {tag} can set or unset the {tag}_side")));
    }
    let cell = match write.body.values.get("fac_id") {
        None | Some(serde_json::Value::Null) => Cell::Null,
        Some(given) if given.as_str() == Some("") => Cell::Null,
        Some(given) => {
            let fac = cell::reference(given).map_err(|_| Refusal::Impossible("['invalid facility']".to_owned()))?;
            let links = state.pointing(link, owner_id.unwrap_or_default());
            let leads = |id: &u32| {
                let row = state.row(link.resource(), *id).filter(|row| state.is_live(link.resource(), row));
                row.and_then(|row| row.int(at)) == Some(fac)
            };
            if !links.iter().any(leads) {
                return Err(Refusal::NotFound("Facility not found.".to_owned()));
            }
            Cell::Int(fac)
        }
    };
    let mut steps = Steps::new(state, write.now);
    steps.change(Resource::Netixlan, row.id(), &[(column, cell)]);
    touch(&mut steps, Resource::Netixlan, &[row.int(netixlan::NET_ID)]);
    Ok(shows(steps, Resource::Netixlan, row.id()))
}

/// The presence of a carrier, for callers who can create objects in its facility.
fn presence<'a>(write: &Write<'_>, state: &'a Snapshot, id: &str) -> Result<&'a Row, Refusal> {
    let row = find(state, Resource::Carrierfac, id)?;
    let fac = state.parent(row, carrierfac::FAC_ID).map(|(_, fac)| fac);
    let may = fac.is_some_and(|fac| may(write, state, Resource::Fac, fac, Rights::CREATE));
    if may { Ok(row) } else { Err(Refusal::NotPermitted) }
}

/// Approves a carrier's presence on behalf of the facility.
pub fn approve(write: &Write<'_>, state: &Snapshot, id: &str) -> Result<Judged, Refusal> {
    let row = presence(write, state, id)?;
    let mut steps = Steps::new(state, write.now);
    steps.change(Resource::Carrierfac, row.id(), &[(carrierfac::STATUS, Cell::text(Status::Live.text()))]);
    Ok(shows(steps, Resource::Carrierfac, row.id()))
}

/// Rejects a carrier's presence on behalf of the facility. The answer shows the presence as it was.
pub fn reject(write: &Write<'_>, state: &Snapshot, id: &str) -> Result<Judged, Refusal> {
    let row = presence(write, state, id)?;
    let mut steps = Steps::new(state, write.now);
    delete::remove(&mut steps, Resource::Carrierfac, row.id());
    Ok(Judged { as_it_was: true, ..shows(steps, Resource::Carrierfac, row.id()) })
}
