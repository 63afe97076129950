//! What the nodes of a registry agree on about the versions of their server key. It contains no secret.

use std::collections::BTreeMap;

use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::ServerKey;

/// The versions of a registry's server key, as its nodes share them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLedger {
    /// The version with which new secrets are made.
    pub in_use: u32,
    pub versions: BTreeMap<u32, LedgerVersion>,
    /// Which version was taken into use when, in this order: an operator can also go back to one. Earlier programs stored
    /// only the last time of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<(Moment, u32)>,
}

/// How many switches are kept: far more than an operator makes while an unused link is valid.
const SWITCHES_MAX: usize = 32;

/// One version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerVersion {
    /// Nodes with another secret under this number are refused.
    pub fingerprint: String,
    /// When it was last taken into use for new secrets; `None`: not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Moment>,
    /// Since when no secret is accepted that was made with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Moment>,
}

/// Why a file of server keys is not the one of the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    #[error("does not belong to this registry, so every API key would be refused")]
    Foreign,
    #[error(
        "has another secret as version {0} than this registry. Copy the line from a node whose key is right, or give \
         the secret a higher version"
    )]
    OtherSecret(u32),
    #[error("has no version {0}, which this registry still uses. Put its line back, or retire the version first")]
    Missing(u32),
}

impl KeyLedger {
    /// The ledger of a registry whose first node has this key.
    pub fn first(key: &ServerKey) -> KeyLedger {
        let mut ledger = KeyLedger { in_use: key.newest(), versions: BTreeMap::new(), switches: Vec::new() };
        ledger.register(key);
        for known in ledger.versions.values_mut() {
            known.used = Some(Moment::EPOCH);
        }
        ledger
    }

    /// Reads what [`KeyLedger::print`] wrote. `None` if it is unreadable.
    pub fn read(text: &str) -> Option<KeyLedger> {
        serde_json::from_str(text).ok()
    }

    /// Reads a stored value of any age. Earlier versions stored only the fingerprint of the first version.
    pub fn of_stored(text: &str) -> KeyLedger {
        KeyLedger::read(text).unwrap_or_else(|| {
            let first = LedgerVersion { fingerprint: text.to_owned(), used: Some(Moment::EPOCH), retired: None };
            KeyLedger { in_use: 1, versions: BTreeMap::from([(1, first)]), switches: Vec::new() }
        })
    }

    pub fn print(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Adds the versions of a file that are not known yet. They are not used before an operator says so.
    pub fn register(&mut self, key: &ServerKey) {
        for version in key.versions() {
            let fingerprint = key.fingerprint(version);
            self.versions.entry(version).or_insert(LedgerVersion { fingerprint, used: None, retired: None });
        }
    }

    /// Checks that a file is one of this registry. It may lack a version that is newer than all in the file: its node waits
    /// for an update.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn check(&self, key: &ServerKey) -> Result<(), LedgerFault> {
        let live = || self.versions.iter().filter(|(_, known)| known.retired.is_none());
        let is_same = |version: u32, known: &LedgerVersion| key.fingerprint(version) == known.fingerprint;
        let shared = || live().filter(|(version, _)| key.has(**version));
        if !shared().any(|(version, known)| is_same(*version, known)) {
            return Err(LedgerFault::Foreign);
        }
        if let Some((version, _)) = shared().find(|(version, known)| !is_same(**version, known)) {
            return Err(LedgerFault::OtherSecret(*version));
        }
        let needed = live().filter(|(version, known)| known.used.is_some() && **version < key.newest());
        match needed.map(|(version, _)| *version).find(|version| !key.has(*version)) {
            Some(version) => Err(LedgerFault::Missing(version)),
            None => Ok(()),
        }
    }

    /// Makes new secrets with this version from now on.
    pub fn take_into_use(&mut self, version: u32, now: Moment) {
        if !self.versions.contains_key(&version) {
            return;
        }
        if self.switches.is_empty() {
            let used = self.versions.iter().filter_map(|(version, known)| Some((known.used?, *version)));
            self.switches = used.collect();
            self.switches.sort_unstable();
        }
        self.switches.push((now, version));
        self.switches.drain(..self.switches.len().saturating_sub(SWITCHES_MAX));
        if let Some(known) = self.versions.get_mut(&version) {
            known.used = Some(now);
        }
        self.in_use = version;
    }

    /// Accepts no secret any more that was made with this version.
    pub fn retire(&mut self, version: u32, now: Moment) {
        if let Some(known) = self.versions.get_mut(&version) {
            known.retired = Some(now);
        }
    }

    /// The version with which new secrets were made at a time.
    pub fn in_use_at(&self, at: Moment) -> u32 {
        let last = self.versions.iter().filter_map(|(version, known)| Some((known.used?, *version)));
        let switches = self.switches.iter().copied().chain(last);
        switches.filter(|(since, _)| *since <= at).max().map_or(self.in_use, |(_, version)| version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(lines: &[(u32, u8)]) -> ServerKey {
        let text: String = lines.iter().map(|(version, byte)| ServerKey::print(*version, &[*byte; 32])).collect();
        ServerKey::parse(&text).expect("sound")
    }

    #[test]
    fn i16_01_a_file_is_compared_with_what_the_registry_knows() {
        let mut ledger = KeyLedger::first(&key(&[(1, 1)]));
        ledger.register(&key(&[(1, 1), (2, 2), (3, 3)]));
        let check = |ledger: &KeyLedger, lines: &[(u32, u8)]| ledger.check(&key(lines));
        assert_eq!(check(&ledger, &[(1, 1)]), Ok(()), "an older file");
        assert_eq!(check(&ledger, &[(1, 1), (3, 3)]), Ok(()), "version 2 was never used");
        assert_eq!(check(&ledger, &[(1, 9)]), Err(LedgerFault::Foreign));
        assert_eq!(check(&ledger, &[(7, 7)]), Err(LedgerFault::Foreign));
        assert_eq!(check(&ledger, &[(1, 1), (2, 9)]), Err(LedgerFault::OtherSecret(2)));
        ledger.take_into_use(2, Moment::from_seconds(10));
        assert_eq!(check(&ledger, &[(1, 1)]), Ok(()), "its node waits for an update");
        assert_eq!(check(&ledger, &[(2, 2)]), Err(LedgerFault::Missing(1)));
        assert_eq!((ledger.in_use_at(Moment::from_seconds(9)), ledger.in_use_at(Moment::from_seconds(10))), (1, 2));
        ledger.take_into_use(1, Moment::from_seconds(12));
        ledger.take_into_use(2, Moment::from_seconds(14));
        let used = [1, 9, 10, 11, 12, 13, 14, 15].map(|second| ledger.in_use_at(Moment::from_seconds(second)));
        assert_eq!(used, [1, 1, 2, 2, 1, 1, 2, 2], "also after going back");
        ledger.retire(1, Moment::from_seconds(20));
        assert_eq!(check(&ledger, &[(2, 2)]), Ok(()));
        assert_eq!(KeyLedger::read(&ledger.print()), Some(ledger.clone()));
        assert_eq!(KeyLedger::read("0123456789abcdef"), None, "a fingerprint, as earlier versions stored it");
    }
}
