//! Why a node is not ready for requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Default of how long the store may fail, or not answer, before the node is not ready.
pub const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Why a node is not ready: conditions by name, each with a readable reason. The node is ready while none fails.
///
/// A name is a label of the metric `peerage_not_ready`, so there are few of them and they never change.
#[derive(Debug, Default)]
pub struct Readiness {
    /// The reason while the condition fails, or `None` once it has recovered.
    conditions: Mutex<BTreeMap<&'static str, Option<String>>>,
    /// What is wrong although the node is ready.
    warnings: Mutex<BTreeMap<&'static str, String>>,
    /// Whether [`Readiness::STORE_DAMAGED`] has failed. Every request asks, so it needs no lock.
    is_damaged: AtomicBool,
}

impl Readiness {
    /// The log has a different history from the one that this node shows.
    pub const LOG_FORKED: &str = "log_forked";
    /// An event or a record cannot be read. Nothing is written until it can.
    pub const LOG_UNREADABLE: &str = "log_unreadable";
    /// The log cannot be followed: what this node shows may be out of date.
    pub const LOG_NOT_FOLLOWED: &str = "log_not_followed";
    /// The task that sends mails cannot read an event. Mails wait.
    pub const MAIL_UNREADABLE: &str = "mail_unreadable";
    /// The database has not answered for some seconds. What this node shows may be out of date.
    pub const STORE_SILENT: &str = "store_silent";
    /// Nothing can be written: the database is gone, another one is in its place, or its disk is full or read-only.
    pub const STORE_NOT_WRITABLE: &str = "store_not_writable";
    /// Another node has used a version of the server key that this node does not have.
    pub const SERVER_KEY_OLD: &str = "server_key_old";

    /// The check of the database has found damage. Nothing is answered, because any row could be wrong.
    pub const STORE_DAMAGED: &str = "store_damaged";

    /// A newer program has changed the tables. A warning, because this node still reads.
    pub const LAYOUT_NEWER: &str = "layout_newer";
    /// The machine's clock differs from the database's. A warning, because the registry uses the database's.
    pub const CLOCK_SKEWED: &str = "clock_skewed";

    /// The newest event in the log has a time in the future. A warning, because nothing can be done about it but wait: changes
    /// get times after it.
    pub const LOG_AHEAD: &str = "log_ahead";

    /// All conditions.
    pub const CONDITIONS: [&str; 8] = [
        Readiness::LOG_FORKED,
        Readiness::LOG_UNREADABLE,
        Readiness::LOG_NOT_FOLLOWED,
        Readiness::MAIL_UNREADABLE,
        Readiness::STORE_SILENT,
        Readiness::STORE_NOT_WRITABLE,
        Readiness::SERVER_KEY_OLD,
        Readiness::STORE_DAMAGED,
    ];

    /// Marks a condition as failing. Returns whether it was not failing before, so that callers log once and not on
    /// every attempt.
    pub fn fail(&self, name: &'static str, reason: impl Into<String>) -> bool {
        let reason = Some(reason.into());
        let mut conditions = self.conditions();
        let known = conditions.entry(name).or_default();
        let is_news = *known != reason;
        *known = reason;
        is_news
    }

    /// Records that the check of the database has found damage. Only a restart ends this.
    pub fn fail_as_damaged(&self, reason: &str) {
        self.fail(Readiness::STORE_DAMAGED, reason);
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    /// Whether the check of the database has found damage.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    /// Marks a condition as recovered. Returns whether it was failing.
    pub fn recover(&self, name: &'static str) -> bool {
        self.conditions().get_mut(name).is_some_and(|reason| reason.take().is_some())
    }

    /// Returns the reason why a condition fails, or `None` if it does not fail.
    pub fn reason(&self, name: &str) -> Option<String> {
        self.conditions().get(name).cloned().flatten()
    }

    /// Whether any of these conditions fails.
    pub fn is_failing(&self, names: &[&str]) -> bool {
        let conditions = self.conditions();
        names.iter().any(|name| conditions.get(name).is_some_and(Option::is_some))
    }

    /// Returns every condition that has ever failed, with the reason if it fails now.
    pub fn all(&self) -> Vec<(&'static str, Option<String>)> {
        self.conditions().iter().map(|(name, reason)| (*name, reason.clone())).collect()
    }

    /// Sets or ends a warning: the node stays ready. Returns whether it begins or ends now.
    pub fn warn(&self, name: &'static str, reason: Option<String>) -> bool {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = reason.is_some() != warnings.contains_key(name);
        match reason {
            Some(reason) => drop(warnings.insert(name, reason)),
            None => drop(warnings.remove(name)),
        }
        is_new
    }

    pub fn has_warning(&self, name: &str) -> bool {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// Returns every warning with its reason.
    pub fn warnings(&self) -> Vec<(&'static str, String)> {
        let warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.iter().map(|(name, reason)| (*name, reason.clone())).collect()
    }

    fn conditions(&self) -> MutexGuard<'_, BTreeMap<&'static str, Option<String>>> {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
