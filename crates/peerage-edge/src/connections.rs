//! Limits the number of connections, in total and per client.
//!
//! A connection above either limit gets a slot in a small reserve, where only probes are answered and connections are
//! short. Half of the reserve is for clients, and IPv6 networks, that have no other connection. Above the reserve a
//! connection is closed at once. Taking a connection never waits. Trusted proxies are not counted as clients, because
//! they carry the connections of many.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;

use crate::client::{ClientCounts, ClientNetwork, RequestClient};
use crate::settings::EdgeLimits;

/// How long a connection in the reserve lasts.
pub const RESERVE_LIFE: Duration = Duration::from_secs(5);

/// The divisor for the share of the reserve that one client may have.
const RESERVE_SHARE: usize = 8;

/// The maximum number of connections in the reserve for a client that has other connections.
const RESERVE_OF_HOLDER: usize = 2;

/// The connection slots of one node.
pub struct ConnectionSlots {
    max: usize,
    per_client: usize,
    reserved: usize,
    trusted: Vec<IpNet>,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    usual: ClientCounts,
    reserve: ClientCounts,
    /// Slots in the reserve whose clients had other connections.
    holders: usize,
}

/// A slot, which is free again when this is dropped.
pub struct ConnectionSlot {
    places: Arc<ConnectionSlots>,
    client: Vec<ClientNetwork>,
    /// Whether only probes are answered.
    pub is_reserve: bool,
    is_holder: bool,
}

impl ConnectionSlots {
    pub fn new(limits: &EdgeLimits, trusted: &[IpNet]) -> Arc<ConnectionSlots> {
        Arc::new(ConnectionSlots {
            max: limits.connections_max,
            per_client: limits.connections_per_client,
            reserved: limits.connections_reserved,
            trusted: trusted.to_vec(),
            open: Mutex::default(),
        })
    }

    /// Takes a slot for a connection. Returns `None` if there is none, not even in the reserve.
    pub fn take(self: &Arc<ConnectionSlots>, peer: IpAddr) -> Option<ConnectionSlot> {
        let address = peer.to_canonical();
        let is_proxy = self.trusted.iter().any(|network| network.contains(&address));
        let client = if is_proxy { Vec::new() } else { RequestClient::of(peer).counted() };
        let share = (self.reserved / RESERVE_SHARE).max(1);
        let mut open = self.open();
        let is_usual = open.usual.take(&client, self.max, self.per_client);
        // Clients that hold the regular slots must not keep out other clients' probes, too.
        let is_holder = !is_usual && client.iter().any(|network| open.usual.has(*network));
        if !is_usual {
            let share = if is_holder { share.min(RESERVE_OF_HOLDER) } else { share };
            if is_holder && open.holders >= self.reserved / 2 || !open.reserve.take(&client, self.reserved, share) {
                return None;
            }
            open.holders += usize::from(is_holder);
        }
        drop(open);
        Some(ConnectionSlot { places: Arc::clone(self), client, is_reserve: !is_usual, is_holder })
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut open = self.places.open();
        open.holders -= usize::from(self.is_holder);
        let open = &mut *open;
        let counts = if self.is_reserve { &mut open.reserve } else { &mut open.usual };
        counts.give_back(&self.client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn n06_one_client_cannot_take_every_connection_and_probes_have_a_reserve() {
        let limits = EdgeLimits {
            connections_max: 10,
            connections_per_client: 3,
            connections_reserved: 16,
            ..EdgeLimits::default()
        };
        let places = ConnectionSlots::new(&limits, &["10.0.0.0/8".parse().expect("a network")]);
        let take = |text: &str| places.take(address(text));
        let mut taken: Vec<Option<ConnectionSlot>> = (0..8).map(|_| take("192.0.2.1")).collect();
        let kinds: Vec<Option<bool>> = taken.iter().map(|place| place.as_ref().map(|place| place.is_reserve)).collect();
        assert_eq!(kinds[..3], [Some(false); 3]);
        assert_eq!(kinds[3..5], [Some(true); 2], "one client gets an eighth of the reserve");
        assert_eq!(kinds[5..], [None; 3], "closed at once");
        assert!(take("192.0.2.2").is_some_and(|place| !place.is_reserve), "other clients have their own limit");
        taken.extend((0..7).map(|_| take("10.1.2.3")));
        assert!(taken[8..].iter().flatten().all(|place| !place.is_reserve), "a trusted proxy brings many clients");
        assert!(
            take("192.0.2.2").is_some_and(|place| place.is_reserve),
            "all ten slots are taken, but a probe is still answered"
        );
        taken.clear();
        let open = places.open();
        assert!(open.usual.is_empty() && open.reserve.is_empty(), "all counts are released");
    }

    #[test]
    fn n06_who_holds_the_usual_places_cannot_have_the_reserve_too() {
        let limits = EdgeLimits {
            connections_max: 100,
            connections_per_client: 10,
            connections_reserved: 64,
            ..EdgeLimits::default()
        };
        let places = ConnectionSlots::new(&limits, &[]);
        let mut held: Vec<ConnectionSlot> = Vec::new();
        for host in 0..50 {
            held.extend((0..20).filter_map(|_| places.take(address(&format!("192.0.2.{}", host % 10)))));
        }
        assert_eq!(held.iter().filter(|place| !place.is_reserve).count(), 100);
        assert_eq!(held.iter().filter(|place| place.is_reserve).count(), 20, "two for each of ten clients");
        let probes: Vec<ConnectionSlot> =
            (0..4).filter_map(|host| places.take(address(&format!("198.51.100.{host}")))).collect();
        assert!(probes.len() == 4 && probes.iter().all(|place| place.is_reserve));
        held.clear();
        // A hundred clients with one connection each take at most half of the reserve.
        for host in 0..100 {
            held.extend((0..1).filter_map(|_| places.take(address(&format!("192.0.2.{host}")))));
        }
        drop(probes);
        for host in 0..100 {
            held.extend((0..4).filter_map(|_| places.take(address(&format!("192.0.2.{host}")))));
        }
        assert_eq!(held.iter().filter(|place| place.is_reserve).count(), 32);
        assert!(places.take(address("198.51.100.1")).is_some_and(|place| place.is_reserve));
        held.clear();
        let open = places.open();
        assert!(open.usual.is_empty() && open.reserve.is_empty() && open.holders == 0, "all counts are released");
        drop(open);
        // A site has at most a quarter of the slots, and of the reserve.
        let site: Vec<ConnectionSlot> =
            (0..200).filter_map(|net| places.take(address(&format!("2001:db8:1:{net:x}::1")))).collect();
        assert_eq!(site.iter().filter(|place| !place.is_reserve).count(), 25);
        assert!(site.len() <= 25 + 16, "{}", site.len());
    }

    #[test]
    fn n06_an_ipv6_client_is_a_64_and_its_site_has_a_wider_limit() {
        let limits = EdgeLimits { connections_per_client: 2, connections_reserved: 0, ..EdgeLimits::default() };
        let places = ConnectionSlots::new(&limits, &[]);
        let taken: Vec<ConnectionSlot> =
            (0..4).filter_map(|host| places.take(address(&format!("2001:db8:1:1::{host:x}")))).collect();
        assert_eq!(taken.len(), 2);
        let others: Vec<ConnectionSlot> =
            (2..64).filter_map(|net| places.take(address(&format!("2001:db8:1:{net:x}::1")))).collect();
        assert_eq!(taken.len() + others.len(), 20);
    }
}
