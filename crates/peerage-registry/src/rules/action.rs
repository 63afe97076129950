//! Actions other than creating, updating and deleting (spec/write-api.md, 5.5 and 5.11 to 5.13).

use peerage_schema::tables::{campus, carrierfac, fac, ix, ixfac, netfac, netixlan};
use peerage_schema::{Resource, Status};

use super::campus as campuses;
use super::cell::{self, StoredCell};
use super::complaint::refuse_together;
use super::create::may_create;
use super::save::touch;
use super::steps::StepBuilder;
use super::update::find;
use super::{RowStep, WriteDecision, WriteRefusal, WriteRequest, delete};
use crate::moment::{DAY, Moment, SignedDuration};
use crate::place;
use crate::rights::Permissions;
use crate::row::Row;
use crate::snapshot::Snapshot;

fn may(write: &WriteRequest<'_>, state: &Snapshot, resource: Resource, row: &Row, needed: Permissions) -> bool {
    place::of_row(state, resource, row).is_some_and(|namespace| write.authority.may(&namespace, needed))
}

fn shows(steps: StepBuilder<'_>, resource: Resource, id: u32) -> WriteDecision {
    WriteDecision { steps: steps.finish(), shown: Some((resource, id)), ..WriteDecision::default() }
}

/// How long a request for an import stands. An older one was not made to this registry, or was forgotten.
pub const IMPORT_LIFE: SignedDuration = DAY;

/// Requests an import of the exchange's member list.
pub fn request_import(write: &WriteRequest<'_>, state: &Snapshot, id: &str) -> Result<WriteDecision, WriteRefusal> {
    let row = find(state, Resource::Ix, id)?;
    if !may(write, state, Resource::Ix, row, Permissions::CREATE) {
        return Err(WriteRefusal::NotYours);
    }
    if !may(write, state, Resource::Ix, row, Permissions::UPDATE) {
        return Err(WriteRefusal::NotPermitted);
    }
    // An import that did not end within a day never will.
    let is_recent = row.time(ix::IXF_IMPORT_REQUEST).is_none_or(|at| write.now - at < IMPORT_LIFE);
    if row.text(ix::IXF_IMPORT_REQUEST_STATUS) == Some("importing") && is_recent {
        return Err(refuse_together("Import is currently ongoing"));
    }
    let mut steps = StepBuilder::new(state, write.now);
    let request = (ix::IXF_IMPORT_REQUEST, StoredCell::Time(write.now));
    steps.change_silently(
        Resource::Ix,
        row.id(),
        &[request, (ix::IXF_IMPORT_REQUEST_STATUS, StoredCell::text("queued"))],
    );
    Ok(shows(steps, Resource::Ix, row.id()))
}

/// What is known of the import of an exchange's member list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportProgress {
    Running,
    /// The list had this many AS numbers.
    Finished {
        as_numbers: usize,
    },
    Failed,
}

/// Notes how far the import of an exchange's member list is. The exchange itself does not count as changed.
/// `is_requested`: the state of a request is part of it; the imports of every day leave that alone.
pub fn note_import(
    state: &Snapshot,
    ix: u32,
    progress: ImportProgress,
    is_requested: bool,
    now: Moment,
) -> Vec<RowStep> {
    let mut steps = StepBuilder::new(state, now);
    let status = |text: &str| (ix::IXF_IMPORT_REQUEST_STATUS, StoredCell::text(text));
    let (word, mut cells) = match progress {
        ImportProgress::Running => ("importing", Vec::new()),
        ImportProgress::Finished { as_numbers } => {
            let count = StoredCell::Int(as_numbers as i64);
            ("finished", vec![(ix::IXF_LAST_IMPORT, StoredCell::Time(now)), (ix::IXF_NET_COUNT, count)])
        }
        ImportProgress::Failed => ("error", Vec::new()),
    };
    if is_requested {
        cells.push(status(word));
    }
    if !cells.is_empty() {
        steps.change_silently(Resource::Ix, ix, &cells);
    }
    steps.finish()
}

/// Adds a facility to a campus of its own organization.
pub fn add_facility(
    write: &WriteRequest<'_>,
    state: &Snapshot,
    id: &str,
    fac: &str,
) -> Result<WriteDecision, WriteRefusal> {
    let fac = find(state, Resource::Fac, fac)?;
    if !may(write, state, Resource::Fac, fac, Permissions::UPDATE) {
        return Err(WriteRefusal::NotPermitted);
    }
    let row = find(state, Resource::Campus, id)?;
    if !may(write, state, Resource::Campus, row, Permissions::CREATE) {
        return Err(WriteRefusal::NotYours);
    }
    if fac.int(fac::ORG_ID) != row.int(campus::ORG_ID) {
        return Err(WriteRefusal::OtherOrganization);
    }
    campuses::check_bounds(state, row.id(), fac.id(), campuses::coordinates(fac)).map_err(refuse_together)?;
    Ok(moved(write, state, fac, Some(row.id())))
}

/// Removes a facility from its campus.
pub fn remove_facility(
    write: &WriteRequest<'_>,
    state: &Snapshot,
    id: &str,
    fac: &str,
) -> Result<WriteDecision, WriteRefusal> {
    let fac = find(state, Resource::Fac, fac)?;
    if !may(write, state, Resource::Fac, fac, Permissions::UPDATE) {
        return Err(WriteRefusal::NotPermitted);
    }
    let row = find(state, Resource::Campus, id)?;
    if fac.int(fac::CAMPUS_ID) != Some(i64::from(row.id())) {
        return Err(WriteRefusal::NotFound("No Facility matches the given query.".to_owned()));
    }
    Ok(moved(write, state, fac, None))
}

/// Moves the facility to another campus, or to none. The status of both campuses is updated.
fn moved(write: &WriteRequest<'_>, state: &Snapshot, fac: &Row, to: Option<u32>) -> WriteDecision {
    let to = to.map(i64::from);
    let mut steps = StepBuilder::new(state, write.now);
    steps.change(Resource::Fac, fac.id(), &[(fac::CAMPUS_ID, to.map_or(StoredCell::Null, StoredCell::Int))]);
    super::fac::follow(&mut steps, [fac.int(fac::CAMPUS_ID), to]);
    shows(steps, Resource::Fac, fac.id())
}

/// A side of a port.
#[derive(Clone, Copy)]
pub enum PortSide {
    Net,
    Ix,
}

/// Sets the facility of one side of a port: one of its network's, or one of its exchange's.
pub fn set_side(
    write: &WriteRequest<'_>,
    state: &Snapshot,
    id: &str,
    side: PortSide,
) -> Result<WriteDecision, WriteRefusal> {
    let (column, owner, via, link, at) = match side {
        PortSide::Net => (netixlan::NET_SIDE_ID, Resource::Net, netixlan::NET_ID, netfac::NET_ID, netfac::FAC_ID),
        PortSide::Ix => (netixlan::IX_SIDE_ID, Resource::Ix, netixlan::IX_ID, ixfac::IX_ID, ixfac::FAC_ID),
    };
    let row = find(state, Resource::Netixlan, id)
        .map_err(|_| WriteRefusal::NotFound("NetworkIXLan not found.".to_owned()))?;
    let owner_id = row.int(via).map(|id| id as u32);
    let namespace = owner_id.and_then(|id| place::of_id(state, owner, id));
    if !namespace.is_some_and(|namespace| may_create(write, &namespace)) {
        let tag = owner.tag();
        return Err(WriteRefusal::NotPermittedBecause(format!("Only admins of {tag} can set or unset the {tag}_side")));
    }
    let cell = match write.body.values.get("fac_id") {
        None | Some(serde_json::Value::Null) => StoredCell::Null,
        Some(given) if given.as_str() == Some("") => StoredCell::Null,
        Some(given) => {
            let fac =
                cell::reference(given).map_err(|_| WriteRefusal::Impossible("['invalid facility']".to_owned()))?;
            let links = state.pointing(link, owner_id.unwrap_or_default());
            let leads = |id: &u32| {
                let row = state.row(link.resource(), *id).filter(|row| state.is_live(link.resource(), row));
                row.and_then(|row| row.int(at)) == Some(fac)
            };
            if !links.iter().any(leads) {
                return Err(WriteRefusal::NotFound("Facility not found.".to_owned()));
            }
            StoredCell::Int(fac)
        }
    };
    let mut steps = StepBuilder::new(state, write.now);
    steps.change(Resource::Netixlan, row.id(), &[(column, cell)]);
    touch(&mut steps, Resource::Netixlan, &[row.int(netixlan::NET_ID)]);
    Ok(shows(steps, Resource::Netixlan, row.id()))
}

/// The presence of a carrier, for callers who can create objects in its facility.
fn presence<'a>(write: &WriteRequest<'_>, state: &'a Snapshot, id: &str) -> Result<&'a Row, WriteRefusal> {
    let row = find(state, Resource::Carrierfac, id)?;
    let fac = state.parent(row, carrierfac::FAC_ID).map(|(_, fac)| fac);
    let may = fac.is_some_and(|fac| may(write, state, Resource::Fac, fac, Permissions::CREATE));
    if may { Ok(row) } else { Err(WriteRefusal::NotPermitted) }
}

/// Approves a carrier's presence on behalf of the facility.
pub fn approve(write: &WriteRequest<'_>, state: &Snapshot, id: &str) -> Result<WriteDecision, WriteRefusal> {
    let row = presence(write, state, id)?;
    let mut steps = StepBuilder::new(state, write.now);
    steps.change(Resource::Carrierfac, row.id(), &[(carrierfac::STATUS, StoredCell::text(Status::Live.text()))]);
    Ok(shows(steps, Resource::Carrierfac, row.id()))
}

/// Rejects a carrier's presence on behalf of the facility. The answer shows the presence as it was.
pub fn reject(write: &WriteRequest<'_>, state: &Snapshot, id: &str) -> Result<WriteDecision, WriteRefusal> {
    let row = presence(write, state, id)?;
    let mut steps = StepBuilder::new(state, write.now);
    delete::remove(&mut steps, Resource::Carrierfac, row.id());
    Ok(WriteDecision { as_it_was: true, ..shows(steps, Resource::Carrierfac, row.id()) })
}
