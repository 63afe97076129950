//! Where objects are on the globe.

use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{carrierfac, fac, ixfac, org};
use peerage_schema::{Column, Resource};

use crate::compare::sets::GeoPoint;

/// The places of a live object: its own coordinates, or those of its facilities with their IDs. Networks are placed by
/// their facilities as well. Linear in its facilities.
pub fn places(snapshot: &Snapshot, resource: Resource, id: u32) -> Vec<(u32, GeoPoint)> {
    let facilities = |by: Column, to: Column| {
        let links = snapshot.pointing(by, id);
        let live = links.iter().filter_map(|link| snapshot.row(by.resource(), *link));
        let ids = live.filter(|row| snapshot.is_live(by.resource(), row)).filter_map(|row| row.int(to));
        ids.map(|id| id as u32).collect::<Vec<_>>()
    };
    let ids = match resource {
        Resource::Fac => vec![id],
        Resource::Org => {
            return place(snapshot, Resource::Org, id, (org::LATITUDE, org::LONGITUDE)).into_iter().collect();
        }
        Resource::Ix => facilities(ixfac::IX_ID, ixfac::FAC_ID),
        Resource::Net => facilities(peerage_schema::tables::netfac::NET_ID, peerage_schema::tables::netfac::FAC_ID),
        Resource::Carrier => facilities(carrierfac::CARRIER_ID, carrierfac::FAC_ID),
        Resource::Campus => snapshot.pointing(fac::CAMPUS_ID, id).to_vec(),
        _ => Vec::new(),
    };
    let at = |id: u32| place(snapshot, Resource::Fac, id, (fac::LATITUDE, fac::LONGITUDE));
    ids.into_iter().filter_map(at).collect()
}

fn place(snapshot: &Snapshot, resource: Resource, id: u32, at: (Column, Column)) -> Option<(u32, GeoPoint)> {
    let row = snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row))?;
    let degrees = |row: &Row, column: Column| row.int(column).map(|millionths| millionths as f64 / 1e6);
    Some((id, (degrees(row, at.0)?, degrees(row, at.1)?)))
}
