//! The presences of the compared objects, read from a snapshot.

use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{netfac, netixlan};
use peerage_schema::{Column, Resource};

use super::sets::{MatrixLine, ObjectPresence, matrix};

/// How link rows connect objects with the rows of a matrix.
#[derive(Clone, Copy, Debug)]
pub struct PresenceLink {
    /// Foreign key of the link rows to the compared objects.
    pub here: Column,
    /// Foreign key to the rows of the matrix.
    pub there: Column,
}

impl PresenceLink {
    pub const NETWORKS_AT_EXCHANGES: PresenceLink = PresenceLink { here: netixlan::NET_ID, there: netixlan::IX_ID };
    pub const NETWORKS_AT_FACILITIES: PresenceLink = PresenceLink { here: netfac::NET_ID, there: netfac::FAC_ID };
    pub const EXCHANGES_OF_NETWORKS: PresenceLink = PresenceLink { here: netixlan::IX_ID, there: netixlan::NET_ID };
    pub const FACILITIES_OF_NETWORKS: PresenceLink = PresenceLink { here: netfac::FAC_ID, there: netfac::NET_ID };

    /// Whether presences are ports, which have a speed.
    pub fn has_speed(self) -> bool {
        self.here.resource() == Resource::Netixlan
    }

    /// The live link rows of one object.
    pub fn of(self, snapshot: &Snapshot, id: u32) -> impl Iterator<Item = &Row> {
        let link = self.here.resource();
        let ids = snapshot.pointing(self.here, id).to_vec();
        ids.into_iter().filter_map(move |id| snapshot.row(link, id)).filter(move |row| snapshot.is_live(link, row))
    }

    /// The matrix of these objects. Linear in their presences.
    pub fn matrix(self, snapshot: &Snapshot, objects: &[u32]) -> Vec<MatrixLine> {
        let there = self.there.target().unwrap_or(self.there.resource());
        let presences = objects.iter().enumerate().flat_map(|(object, id)| {
            self.of(snapshot, *id).filter_map(move |row| {
                let mbit = if self.has_speed() { row.int(netixlan::SPEED).unwrap_or(0) } else { 0 };
                Some(ObjectPresence { object, row: row.int(self.there)? as u32, mbit })
            })
        });
        let mut lines = matrix(objects.len(), presences);
        lines.retain(|line| snapshot.row(there, line.id).is_some_and(|row| snapshot.is_live(there, row)));
        lines
    }
}
