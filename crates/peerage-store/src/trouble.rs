//! Why a registry cannot be written to, for health checks.

use std::sync::{Mutex, PoisonError};

/// Why writing has stopped. Empty while it works.
#[derive(Debug, Default)]
pub struct WriteTrouble {
    why: Mutex<Option<String>>,
}

impl WriteTrouble {
    pub fn get(&self) -> Option<String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records why writing has stopped, and logs it once.
    pub fn set(&self, why: &str) {
        let mut known = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_deref() != Some(why) {
            tracing::error!(why, "the database cannot be written to");
            *known = Some(why.to_owned());
        }
    }

    pub fn clear(&self) {
        let mut known = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        if known.take().is_some() {
            tracing::info!("the database can be written to again");
        }
    }
}
