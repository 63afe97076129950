//! Defines what counts as one client. Every limit uses this definition.
//!
//! | | one client | its neighbourhood |
//! | --- | --- | --- |
//! | IPv4 | the address | /24, only for guesses, because unrelated users share it |
//! | IPv6 | /64, which one customer has | /48, which one site has |
//!
//! A neighbourhood may do [`WIDER`] times as much as one client.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

/// How many times the limit of one client applies to its neighbourhood.
pub const WIDER: u32 = 10;

/// The divisor for the share of a total that one site may have.
const SITE_SHARE: usize = 4;

/// A network whose addresses are counted together. Only [`RequestClient`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientNetwork {
    first: IpAddr,
    bits: u8,
}

impl ClientNetwork {
    fn of(address: IpAddr, bits_v4: u8, bits_v6: u8) -> ClientNetwork {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits_v4)).unwrap_or(0);
                ClientNetwork { first: IpAddr::V4((address.to_bits() & mask).into()), bits: bits_v4 }
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits_v6)).unwrap_or(0);
                ClientNetwork { first: IpAddr::V6((address.to_bits() & mask).into()), bits: bits_v6 }
            }
        }
    }

    /// Returns a much wider network around this one. Clients are counted by it while a table is full.
    pub fn coarse(self) -> ClientNetwork {
        ClientNetwork::of(self.first, self.bits.min(16), self.bits.min(32))
    }
}

impl std::fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// The origin of a request, for limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestClient {
    address: IpAddr,
}

impl RequestClient {
    pub fn of(address: IpAddr) -> RequestClient {
        RequestClient { address: address.to_canonical() }
    }

    /// Returns the client's own network.
    pub fn own(self) -> ClientNetwork {
        ClientNetwork::of(self.address, 32, 64)
    }

    /// Returns the network around an IPv6 client. Unrelated users share IPv4 networks, so these are not limited
    /// together.
    pub fn site(self) -> Option<ClientNetwork> {
        self.address.is_ipv6().then(|| self.neighbourhood())
    }

    /// Returns the networks in which the client is counted: its own, then its site.
    pub fn counted(self) -> Vec<ClientNetwork> {
        std::iter::once(self.own()).chain(self.site()).collect()
    }

    /// Returns the network around the client, for limiting guesses at secrets.
    pub fn neighbourhood(self) -> ClientNetwork {
        ClientNetwork::of(self.address, 24, 48)
    }
}

/// Counts how many of something exist at a time, in total and per client or other key.
#[derive(Debug)]
pub struct ClientCounts<K = ClientNetwork> {
    total: usize,
    by_network: HashMap<K, usize>,
}

impl<K> Default for ClientCounts<K> {
    fn default() -> ClientCounts<K> {
        ClientCounts { total: 0, by_network: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> ClientCounts<K> {
    /// Adds one for a client (see [`RequestClient::counted`]), unless there are already `max` in total or `per_client`
    /// for the client. Its site has the wider limit, but at most a quarter of the total. `per_client` 0 means no limit
    /// per client.
    pub fn take(&mut self, client: &[K], max: usize, per_client: usize) -> bool {
        let of_site = per_client.saturating_mul(WIDER as usize).min((max / SITE_SHARE).max(per_client));
        let limits = [per_client, of_site];
        let has_all = |(network, limit): (&K, usize)| {
            per_client > 0 && self.by_network.get(network).is_some_and(|count| *count >= limit)
        };
        if self.total >= max || client.iter().zip(limits).any(has_all) {
            return false;
        }
        self.total += 1;
        for network in client {
            *self.by_network.entry(*network).or_default() += 1;
        }
        true
    }

    /// Whether anything is counted for the network.
    pub fn has(&self, network: K) -> bool {
        self.by_network.contains_key(&network)
    }

    /// Subtracts what was counted for a client.
    pub fn give_back(&mut self, client: &[K]) {
        self.total -= 1;
        for network in client {
            if let Some(count) = self.by_network.get_mut(network) {
                *count -= 1;
                if *count == 0 {
                    self.by_network.remove(network);
                }
            }
        }
    }

    #[cfg(test)]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.total == 0 && self.by_network.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> RequestClient {
        RequestClient::of(text.parse().expect("an address"))
    }

    #[test]
    fn n05_one_client_is_an_ipv4_address_or_an_ipv6_64() {
        for (one, other, is_same, is_near) in [
            ("192.0.2.1", "192.0.2.1", true, true),
            ("192.0.2.1", "192.0.2.2", false, true),
            ("192.0.2.1", "192.0.3.1", false, false),
            ("192.0.2.1", "::ffff:192.0.2.1", true, true),
            ("2001:db8:1:1::1", "2001:db8:1:1:ffff::9", true, true),
            ("2001:db8:1:1::1", "2001:db8:1:2::1", false, true),
            ("2001:db8:1:1::1", "2001:db8:2:1::1", false, false),
        ] {
            let (one, other) = (client(one), client(other));
            assert_eq!(one.own() == other.own(), is_same, "{one:?} {other:?}");
            assert_eq!(one.neighbourhood() == other.neighbourhood(), is_near, "{one:?} {other:?}");
            assert_eq!(one.site().is_some(), one.address.is_ipv6());
        }
        assert_ne!(client("2001:db8:1:0::").own(), client("2001:db8:1:0::").neighbourhood());
        assert_eq!(client("192.0.2.1").own().coarse(), client("192.0.99.1").own().coarse());
        assert_eq!(client("2001:db8:1::").own().coarse(), client("2001:db8:2::").own().coarse());
    }
}
