//! Campuses: their status depends on their facilities, which must be close together (spec/write-api.md, 5.11).

use peerage_schema::tables::{campus, fac};
use peerage_schema::{Column, Resource, Status};

use super::cell::StoredCell;
use super::steps::StepBuilder;
use crate::query::kilometres;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Minimum number of live facilities of a live campus.
const FACILITIES_LEAST: usize = 2;
/// Maximum distance between two facilities of a campus, in km.
const APART_KM_MAX: f64 = 50.0;

/// The status that a campus should have, given its facilities.
pub fn status(steps: &StepBuilder<'_>, campus: u32) -> Status {
    let facilities = steps.pointing(fac::CAMPUS_ID, campus);
    let live = facilities.iter().filter(|id| steps.status(Resource::Fac, **id) == Some(Status::Live)).count();
    if live < FACILITIES_LEAST { Status::Pending } else { Status::Live }
}

/// Updates a campus's status after one of its facilities was saved.
pub fn follow(steps: &mut StepBuilder<'_>, campus: u32) {
    if matches!(steps.status(Resource::Campus, campus), None | Some(Status::Deleted)) {
        return;
    }
    let status = (campus::STATUS, StoredCell::text(status(steps, campus).text()));
    steps.change(Resource::Campus, campus, &[status]);
}

/// Latitude and longitude, in degrees.
pub fn coordinates(row: &Row) -> Option<(f64, f64)> {
    let degrees = |at: Column| row.int(at).map(|millionths| millionths as f64 / 1e6);
    degrees(fac::LATITUDE).zip(degrees(fac::LONGITUDE))
}

/// Checks that a facility at this position can be in a campus. `but` is the facility itself.
pub fn check_bounds(state: &Snapshot, campus: u32, but: u32, at: Option<(f64, f64)>) -> Result<(), String> {
    let Some(at) = at else {
        return Err("Facility cannot be made part of a campus as it is missing its geolocation coordinates".to_owned());
    };
    let members = state.pointing(fac::CAMPUS_ID, campus);
    let members = members.iter().filter(|id| **id != but).filter_map(|id| state.row(Resource::Fac, *id));
    let mut places =
        members.filter(|row| state.status(Resource::Fac, row) != Some(Status::Deleted)).filter_map(coordinates);
    if places.any(|place| kilometres(place, at) > APART_KM_MAX) {
        return Err(format!("Facility out of campus bounds (max. {APART_KM_MAX}km)"));
    }
    Ok(())
}
