//! A key with its cached permissions.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use peerage_registry::moment::Moment;

use crate::key_rules::{PersonalKeyRules, RefusedIn};
use crate::principal::Principal;
use crate::records::Key;
use crate::server_key::SecretHash;

/// A key with what was computed from it.
pub struct KeyEntry {
    pub key: Arc<Key>,
    /// Computed when the key is used, and again whenever permissions may have changed.
    pub(crate) resolved: ArcSwapOption<ResolvedHolder>,
}

/// The computed permissions of a key's holder.
pub(crate) struct ResolvedHolder {
    /// The state of permissions from which they were computed.
    pub rights: Arc<()>,
    /// When they may change without an event.
    pub until: Moment,
    pub rules: PersonalKeyRules,
    pub principal: Arc<Principal>,
    /// The last result for an address outside of an organization's networks, with the organizations that refuse it.
    pub outside: ArcSwapOption<(Vec<RefusedIn>, Arc<Principal>)>,
}

impl KeyEntry {
    pub(super) fn new(key: Arc<Key>) -> KeyEntry {
        KeyEntry { key, resolved: ArcSwapOption::empty() }
    }

    /// Whether the stored secret is one of the key's, and still accepted.
    pub fn accepts(&self, secret: &SecretHash, now: Moment) -> bool {
        let accepted = self.key.secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now));
        accepted.into_iter().any(|known| known.hash == *secret)
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyEntry({})", self.key.public)
    }
}
