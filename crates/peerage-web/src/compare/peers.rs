//! Whom a network would meet at an exchange, and whom of them it meets nowhere else.

use std::collections::BTreeSet;

use peerage_registry::Snapshot;

use super::presences::PresenceLink;
use super::sets::{MatrixLine, PresenceSum};

/// The networks at an exchange, without one of them. Their cells: the port here, the exchanges and the facilities where
/// both networks are otherwise. Linear in the presences of the networks at the exchange.
pub fn lines(snapshot: &Snapshot, net: u32, ix: u32) -> Vec<MatrixLine> {
    let places = |link: PresenceLink, of: u32| -> BTreeSet<u32> {
        link.of(snapshot, of).filter_map(|row| row.int(link.there)).map(|id| id as u32).collect()
    };
    let (at_exchanges, at_facilities) = (PresenceLink::NETWORKS_AT_EXCHANGES, PresenceLink::NETWORKS_AT_FACILITIES);
    let (mut exchanges, facilities) = (places(at_exchanges, net), places(at_facilities, net));
    exchanges.remove(&ix);
    let common = |link: PresenceLink, mine: &BTreeSet<u32>, of: u32| {
        let presences = places(link, of).intersection(mine).count();
        (presences > 0).then_some(PresenceSum { presences, mbit: 0 })
    };
    let mut lines = PresenceLink::EXCHANGES_OF_NETWORKS.matrix(snapshot, &[ix]);
    lines.retain(|line| line.id != net);
    for line in &mut lines {
        line.cells.push(common(at_exchanges, &exchanges, line.id));
        line.cells.push(common(at_facilities, &facilities, line.id));
    }
    lines
}

/// Whether the network meets this one nowhere else.
pub fn is_new(line: &MatrixLine) -> bool {
    line.cells.iter().skip(1).all(Option::is_none)
}
