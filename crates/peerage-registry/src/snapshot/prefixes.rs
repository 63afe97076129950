//! Which LAN prefixes contain an address.

use std::net::IpAddr;

use imbl::{OrdMap, OrdSet};
use ipnet::IpNet;
use peerage_schema::tables::ixpfx;

use crate::row::Row;

/// Prefixes by network and length. A lookup makes one query for each length that occurs, at most 162.
#[derive(Clone, Default)]
pub struct PrefixIndex {
    rows: OrdSet<(IpNet, u32)>,
    /// Number of rows with each length; `true` for IPv6.
    lengths: OrdMap<(bool, u8), usize>,
}

impl PrefixIndex {
    pub fn replace(&mut self, id: u32, old: Option<&Row>, new: Option<&Row>) {
        let network =
            |row: Option<&Row>| -> Option<IpNet> { Some(row?.text(ixpfx::PREFIX)?.parse::<IpNet>().ok()?.trunc()) };
        let (old, new) = (network(old), network(new));
        if old == new {
            return;
        }
        if let Some(network) = old {
            self.rows.remove(&(network, id));
            self.count(network, -1);
        }
        if let Some(network) = new {
            self.rows.insert((network, id));
            self.count(network, 1);
        }
    }

    fn count(&mut self, network: IpNet, by: isize) {
        let key = (matches!(network, IpNet::V6(_)), network.prefix_len());
        let count = self.lengths.get(&key).copied().unwrap_or(0).saturating_add_signed(by);
        if count == 0 {
            self.lengths.remove(&key);
        } else {
            self.lengths.insert(key, count);
        }
    }

    /// Prefixes that are the same or longer, ascending.
    pub fn within(&self, network: IpNet) -> impl Iterator<Item = u32> {
        let network = network.trunc();
        let longest = if network.network().is_ipv6() { 128 } else { 32 };
        let last = IpNet::new(network.broadcast(), longest).unwrap_or(network);
        let rows = self.rows.range((network, 0)..=(last, u32::MAX));
        rows.filter(move |(other, _)| network.contains(other)).map(|(_, id)| *id)
    }

    pub fn around(&self, address: IpAddr) -> Vec<u32> {
        let mut found = Vec::new();
        for (_, length) in self.lengths.keys().filter(|(is_v6, _)| *is_v6 == address.is_ipv6()) {
            if let Ok(network) = IpNet::new(address, *length) {
                let network = network.trunc();
                found.extend(self.rows.range((network, 0)..=(network, u32::MAX)).map(|(_, id)| *id));
            }
        }
        found.sort_unstable();
        found
    }
}
