//! Usage of keys: collected in memory, and merged into one record for each key once a minute, because a read should not
//! cost a write. A crash loses the last minute, which is documented.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use peerage_registry::moment::{DAY, Moment, days, print_seconds};
use serde::{Deserialize, Serialize};

/// Number of days that are remembered.
pub const DAYS_KEPT: u32 = 90;
/// Maximum number of networks, clients and permissions that are remembered of a key.
const ITEMS_MAX: usize = 200;

/// Usage of one key that has not been written yet.
#[derive(Debug, Clone, Default)]
pub struct PendingUses {
    pub count: u64,
    pub last: Moment,
    pub address: Option<IpAddr>,
    pub agent: String,
    /// Networks, with the time of the last use.
    pub networks: BTreeMap<IpNet, Moment>,
    pub agents: BTreeMap<String, Moment>,
    /// `<namespace>:<right>`, with the time of the last use. Only those that changed something.
    pub exercised: BTreeMap<String, Moment>,
    /// When it was last refused because it has expired.
    pub refused: Option<Moment>,
}

impl PendingUses {
    /// Records a request.
    pub fn note(&mut self, now: Moment, address: IpAddr, agent: &str) {
        self.count += 1;
        self.last = now;
        // Most requests of a key come from the same program as the one before. Then nothing else changes.
        if self.address == Some(address) && self.agent == agent {
            return;
        }
        self.address = Some(address);
        agent.clone_into(&mut self.agent);
        if self.networks.len() < ITEMS_MAX {
            self.networks.insert(network_of(address), now);
        }
        if self.agents.len() < ITEMS_MAX {
            self.agents.insert(agent.to_owned(), now);
        }
    }

    /// Updates the times at which the current network and client were last seen.
    fn settle(&mut self) {
        if let Some(address) = self.address {
            let at = self.networks.entry(network_of(address)).or_default();
            *at = (*at).max(self.last);
            let at = self.agents.entry(self.agent.clone()).or_default();
            *at = (*at).max(self.last);
        }
    }

    /// Combines this with what was collected later.
    pub fn followed_by(mut self, newer: PendingUses) -> PendingUses {
        self.count += newer.count;
        if newer.last >= self.last {
            (self.last, self.address, self.agent) = (newer.last, newer.address, newer.agent);
        }
        take(&mut self.networks, &newer.networks);
        take(&mut self.agents, &newer.agents);
        take(&mut self.exercised, &newer.exercised);
        self.refused = self.refused.max(newer.refused);
        self
    }

    /// Records a permission that was used to change something.
    pub fn exercise(&mut self, namespace: &str, right: &str, now: Moment) {
        if self.exercised.len() < ITEMS_MAX {
            self.exercised.insert(format!("{namespace}:{right}"), now);
        }
    }
}

/// The network as which an address is counted: the size that one customer has.
///
/// ```
/// use peerage_access::usage::network_of;
///
/// assert_eq!(network_of("198.51.100.7".parse()?).to_string(), "198.51.100.0/24");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn network_of(address: IpAddr) -> IpNet {
    match address.to_canonical() {
        IpAddr::V4(address) => IpNet::V4(Ipv4Net::new_assert(address, 24).trunc()),
        IpAddr::V6(address) => IpNet::V6(Ipv6Net::new_assert(address, 48).trunc()),
    }
}

/// The stored usage of a key. Its JSON has times in microseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyUse {
    pub first: Moment,
    pub last: Moment,
    pub last_address: String,
    pub last_agent: String,
    /// Requests per day, by date: `2024-01-02`.
    pub days: BTreeMap<String, u64>,
    pub networks: BTreeMap<IpNet, Moment>,
    pub agents: BTreeMap<String, Moment>,
    pub exercised: BTreeMap<String, Moment>,
    /// When its owners were last notified that it is still used although it has expired.
    #[serde(skip_serializing_if = "is_epoch")]
    pub told_refused: Moment,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_epoch(at: &Moment) -> bool {
    *at == Moment::EPOCH
}

/// What to notify people of about the usage of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageNews {
    /// Networks from which the key was not used for ninety days, unless this is its first use ever.
    pub networks: Vec<IpNet>,
    /// Whether it was refused because it has expired, and nobody was notified for a day.
    pub is_refused: bool,
}

impl UsageNews {
    pub fn is_empty(&self) -> bool {
        *self == UsageNews::default()
    }
}

impl KeyUse {
    /// Parses a stored record. Invalid text counts as no usage.
    pub fn read(text: Option<&str>) -> KeyUse {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub fn print(&self) -> String {
        serde_json::to_string(self).expect("a use has text keys")
    }

    /// Merges what was collected.
    pub fn merge(&mut self, pending: &PendingUses, now: Moment) -> UsageNews {
        let is_refused = pending.refused.is_some_and(|refused| refused - self.told_refused >= DAY);
        if is_refused {
            self.told_refused = now;
        }
        // A refusal is not a use.
        let networks = if pending.count > 0 { self.add(pending, now) } else { Vec::new() };
        UsageNews { networks, is_refused }
    }

    fn add(&mut self, pending: &PendingUses, now: Moment) -> Vec<IpNet> {
        let mut pending = pending.clone();
        pending.settle();
        let is_first = self.first == Moment::EPOCH;
        if is_first {
            self.first = pending.last;
        }
        let horizon = now - days(DAYS_KEPT);
        self.networks.retain(|_, last| *last > horizon);
        self.agents.retain(|_, last| *last > horizon);
        self.exercised.retain(|_, last| *last > horizon);
        if pending.last >= self.last {
            self.last = pending.last;
            self.last_address = pending.address.map_or_else(String::new, |address| address.to_string());
            self.last_agent.clone_from(&pending.agent);
        }
        let oldest = print_seconds(horizon)[..10].to_owned();
        self.days.retain(|day, _| *day >= oldest);
        *self.days.entry(print_seconds(pending.last)[..10].to_owned()).or_default() += pending.count;
        let new = pending.networks.keys().filter(|network| !self.networks.contains_key(network)).copied().collect();
        take(&mut self.networks, &pending.networks);
        take(&mut self.agents, &pending.agents);
        take(&mut self.exercised, &pending.exercised);
        if is_first { Vec::new() } else { new }
    }

    /// Number of requests in the last ninety days.
    pub fn count(&self) -> u64 {
        self.days.values().sum()
    }
}

fn take<K: Ord + Clone>(kept: &mut BTreeMap<K, Moment>, new: &BTreeMap<K, Moment>) {
    for (key, last) in new {
        if kept.len() < ITEMS_MAX || kept.contains_key(key) {
            let at = kept.entry(key.clone()).or_default();
            *at = (*at).max(*last);
        }
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::TICK;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn pending(address: [u8; 4], at: Moment) -> PendingUses {
        let mut pending = PendingUses::default();
        pending.note(at, address.into(), "curl/8");
        pending
    }

    #[test]
    fn uses_add_up_and_new_networks_are_told_but_the_first() {
        let mut kept = KeyUse::default();
        let mut merge = |pending: &PendingUses, now| kept.merge(pending, now).networks;
        assert!(merge(&pending([192, 0, 2, 1], NOW), NOW).is_empty(), "first use ever");
        assert!(merge(&pending([192, 0, 2, 99], NOW + TICK), NOW).is_empty(), "the same network");
        let new = merge(&pending([198, 51, 100, 7], NOW + 2 * TICK), NOW);
        assert_eq!(new, ["198.51.100.0/24".parse::<IpNet>().expect("a network")]);
        assert_eq!((kept.count(), kept.last_address.as_str()), (3, "198.51.100.7"));
        assert_eq!(KeyUse::read(Some(&kept.print())), kept);
        let later = NOW + 91 * DAY;
        let again = kept.merge(&pending([192, 0, 2, 1], later), later).networks;
        assert_eq!(again.len(), 1, "not seen for ninety days");
        assert_eq!(kept.count(), 1);
    }

    #[test]
    fn the_use_of_an_expired_key_is_told_once_a_day_and_counts_as_none() {
        let refused = |at| PendingUses { refused: Some(at), ..PendingUses::default() };
        let mut kept = KeyUse::default();
        assert!(kept.merge(&refused(NOW), NOW).is_refused);
        assert!(!kept.merge(&refused(NOW + DAY - TICK), NOW + DAY - TICK).is_refused);
        let kept_text = kept.print();
        let mut kept = KeyUse::read(Some(&kept_text));
        assert!(kept.merge(&refused(NOW + DAY), NOW + DAY).is_refused);
        assert_eq!((kept.count(), kept.first, kept.last), (0, Moment::EPOCH, Moment::EPOCH));
        let both = refused(NOW).followed_by(refused(NOW + TICK));
        assert_eq!(both.refused, Some(NOW + TICK));
    }
}
