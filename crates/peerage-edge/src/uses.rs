//! Collects how keys are used, and stores it once a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use peerage_access::usage::{KeyUse, PendingUses, UsageNews};
use peerage_registry::ids::KeyId;
use peerage_registry::moment::Moment;
use peerage_store::{Store, StoreError};

/// How often uses are stored. A crash loses only those since the last time.
pub const WRITE_EVERY: Duration = Duration::from_mins(1);

/// Uses that are not stored yet, by key.
#[derive(Default)]
pub struct UseCounts {
    pending: Mutex<HashMap<KeyId, PendingUses>>,
    /// The history to which the keys belong.
    timeline: AtomicU64,
}

impl UseCounts {
    /// Drops what was collected under another history of the log, in which other keys may have the same numbers.
    pub fn follow(&self, timeline: u64) {
        if self.timeline.swap(timeline, Ordering::Relaxed) != timeline {
            self.pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Records one request.
    pub fn note(&self, key: KeyId, now: Moment, address: IpAddr, agent: &str) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().note(now, address, agent);
    }

    /// Records a permission that was used for a change.
    pub fn exercise(&self, key: KeyId, namespace: &str, right: &str, now: Moment) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.entry(key).or_default().exercise(namespace, right, now);
    }

    /// Records a request that was refused because the key has expired.
    pub fn note_expired(&self, key: KeyId, now: Moment) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().refused = Some(now);
    }

    /// Adds what is not stored yet about a key to what is.
    pub fn with_pending(&self, key: KeyId, kept: Option<&str>, now: Moment) -> KeyUse {
        let mut used = KeyUse::read(kept);
        if let Some(pending) = self.pending.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            used.merge(pending, now);
        }
        used
    }

    /// Stores what was collected. Returns keys with the news for their owners.
    ///
    /// # Errors
    /// The store fails. What was collected is kept for the next time.
    pub async fn write(&self, store: &Store, now: Moment) -> Result<Vec<(KeyId, UsageNews)>, StoreError> {
        let gathered = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        if gathered.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<KeyId> = gathered.keys().copied().collect();
        let (news, merging) = (std::sync::Arc::new(Mutex::new(Vec::new())), gathered.clone());
        let noted = std::sync::Arc::clone(&news);
        let merge = move |key: KeyId, kept: Option<&str>| {
            let mut used = KeyUse::read(kept);
            if let Some(pending) = merging.get(&key) {
                let new = used.merge(pending, now);
                if !new.is_empty() {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).push((key, new));
                }
            }
            used.print()
        };
        if let Err(error) = store.note_use(keys, merge).await {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, old) in gathered {
                let newer = pending.remove(&key);
                pending.insert(key, newer.map_or(old.clone(), |newer| old.followed_by(newer)));
            }
            return Err(error);
        }
        let news = std::mem::take(&mut *news.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(news)
    }
}
