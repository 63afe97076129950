//! A key with what was worked out about it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use peerage_registry::moment::Micros;

use crate::key_rules::{PersonalKeyRules, RefusedIn};
use crate::principal::Principal;
use crate::records::Key;
use crate::server_key::Stamp;

/// A key with what follows from it.
pub struct KeyEntry {
    pub key: Arc<Key>,
    /// Made when the key is used, again whenever a right may have changed.
    pub(crate) resolved: ArcSwapOption<Resolved>,
}

/// What the holder of a key may do, as worked out once.
pub(crate) struct Resolved {
    /// The state of everybody's rights that it was made of.
    pub rights: Arc<()>,
    /// From when on it may be another without any change.
    pub until: Micros,
    pub rules: PersonalKeyRules,
    pub principal: Arc<Principal>,
    /// The last one that was worked out for an address outside of an organization's networks, with the organizations
    /// that refuse it.
    pub outside: ArcSwapOption<(Vec<RefusedIn>, Arc<Principal>)>,
}

impl KeyEntry {
    pub(super) fn new(key: Arc<Key>) -> KeyEntry {
        KeyEntry { key, resolved: ArcSwapOption::empty() }
    }

    /// Whether the secret that is stored so is one of the key's, and still accepted.
    pub fn accepts(&self, secret: &Stamp, now: Micros) -> bool {
        let accepted = self.key.secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now));
        accepted.into_iter().any(|known| known.hash == *secret)
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyEntry({})", self.key.public)
    }
}
