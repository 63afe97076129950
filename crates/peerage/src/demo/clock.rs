//! A clock for the demo, whose log spans months.

use std::sync::atomic::{AtomicU32, Ordering};

use peerage_access::records::SigningAlgorithm;
use peerage_engine::Environment;
use peerage_registry::moment::{Moment, days};
use peerage_store::Store;
use zeroize::Zeroizing;

use crate::parts::SystemEnvironment;

/// The system's clock, set back by days.
pub struct SetBackClock {
    system: SystemEnvironment,
    behind: AtomicU32,
}

impl SetBackClock {
    pub fn new(store: Store, behind: u32) -> anyhow::Result<SetBackClock> {
        Ok(SetBackClock { system: SystemEnvironment::new(store)?, behind: AtomicU32::new(behind) })
    }

    /// Sets how many days it is behind.
    pub fn set(&self, behind: u32) {
        self.behind.store(behind, Ordering::Relaxed);
    }
}

impl Environment for SetBackClock {
    fn now(&self) -> Moment {
        self.system.now() - days(self.behind.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.system.fill(bytes);
    }

    fn signing_key(&self, way: SigningAlgorithm) -> Option<Zeroizing<String>> {
        self.system.signing_key(way)
    }
}
