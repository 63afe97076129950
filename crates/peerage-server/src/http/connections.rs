//! How many connections there may be: in sum, and of one client.
//!
//! Beyond either limit a connection gets a place in a small reserve, where only probes are answered and which is left
//! quickly; beyond the reserve it is closed at once. Taking a connection never waits. Proxies that are trusted are not
//! counted as clients: they bring many.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;

use crate::http::client::{Client, ClientCounts, ClientNetwork};
use crate::settings::Limits;

/// How long a connection in the reserve lasts.
pub const RESERVE_LIFE: Duration = Duration::from_secs(5);

/// The part of the reserve that one client may have.
const RESERVE_SHARE: usize = 8;

/// The places for connections of one node.
pub struct Places {
    max: usize,
    per_client: usize,
    reserved: usize,
    trusted: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    usual: ClientCounts,
    reserve: ClientCounts,
}

/// A place that is free again when it is dropped.
pub struct Place {
    places: Arc<Places>,
    client: Vec<ClientNetwork>,
    /// Whether only probes are answered.
    pub is_reserve: bool,
}

impl Places {
    pub fn new(limits: &Limits, trusted: &[IpNet]) -> Arc<Places> {
        Arc::new(Places {
            max: limits.connections_max,
            per_client: limits.connections_per_client,
            reserved: limits.connections_reserved,
            trusted: trusted.to_vec(),
            open: Mutex::default(),
        })
    }

    /// A place for a connection. None: there is no place, not even in the reserve.
    pub fn take(self: &Arc<Places>, peer: IpAddr) -> Option<Place> {
        let address = peer.to_canonical();
        let is_proxy = self.trusted.iter().any(|network| network.contains(&address));
        let client = if is_proxy { Vec::new() } else { Client::of(peer).counted() };
        let share = (self.reserved / RESERVE_SHARE).max(1);
        let mut open = self.open();
        let is_usual = open.usual.take(&client, self.max, self.per_client);
        if !is_usual && !open.reserve.take(&client, self.reserved, share) {
            return None;
        }
        drop(open);
        Some(Place { places: Arc::clone(self), client, is_reserve: !is_usual })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.open();
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
        let limits =
            Limits { connections_max: 10, connections_per_client: 3, connections_reserved: 16, ..Limits::default() };
        let places = Places::new(&limits, &["10.0.0.0/8".parse().expect("a network")]);
        let take = |text: &str| places.take(address(text));
        let mut taken: Vec<Option<Place>> = (0..8).map(|_| take("192.0.2.1")).collect();
        let kinds: Vec<Option<bool>> = taken.iter().map(|place| place.as_ref().map(|place| place.is_reserve)).collect();
        assert_eq!(kinds[..3], [Some(false); 3]);
        assert_eq!(kinds[3..5], [Some(true); 2], "an eighth of the reserve");
        assert_eq!(kinds[5..], [None; 3], "closed at once");
        assert!(take("192.0.2.2").is_some_and(|place| !place.is_reserve), "others have their own");
        taken.extend((0..7).map(|_| take("10.1.2.3")));
        assert!(taken[8..].iter().flatten().all(|place| !place.is_reserve), "a trusted proxy brings many clients");
        assert!(take("192.0.2.2").is_some_and(|place| place.is_reserve), "all ten are taken; a probe still gets in");
        taken.clear();
        let open = places.open();
        assert!(open.usual.is_empty() && open.reserve.is_empty(), "memory returns");
    }

    #[test]
    fn n06_an_ipv6_client_is_a_64_and_its_site_has_a_wider_limit() {
        let limits = Limits { connections_per_client: 2, connections_reserved: 0, ..Limits::default() };
        let places = Places::new(&limits, &[]);
        let taken: Vec<Place> =
            (0..4).filter_map(|host| places.take(address(&format!("2001:db8:1:1::{host:x}")))).collect();
        assert_eq!(taken.len(), 2);
        let others: Vec<Place> =
            (2..64).filter_map(|net| places.take(address(&format!("2001:db8:1:{net:x}::1")))).collect();
        assert_eq!(taken.len() + others.len(), 20);
    }
}
