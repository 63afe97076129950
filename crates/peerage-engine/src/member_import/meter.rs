//! How far imports are that run on this node, for those who wait for them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What an import does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStage {
    Fetching,
    Reading,
    /// So many of its changes are decided.
    Deciding {
        done: usize,
        total: usize,
    },
    Writing,
}

/// How far an import is.
#[derive(Debug, Default)]
pub struct ImportMeter {
    stage: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl ImportMeter {
    pub fn set(&self, stage: ImportStage) {
        let number = match stage {
            ImportStage::Fetching => 0,
            ImportStage::Reading => 1,
            ImportStage::Deciding { done, total } => {
                self.done.store(done, Ordering::Relaxed);
                self.total.store(total, Ordering::Relaxed);
                2
            }
            ImportStage::Writing => 3,
        };
        self.stage.store(number, Ordering::Release);
    }

    /// One more change is decided.
    pub fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    pub fn stage(&self) -> ImportStage {
        match self.stage.load(Ordering::Acquire) {
            0 => ImportStage::Fetching,
            1 => ImportStage::Reading,
            2 => {
                let total = self.total.load(Ordering::Relaxed);
                ImportStage::Deciding { done: self.done.load(Ordering::Relaxed).min(total), total }
            }
            _ => ImportStage::Writing,
        }
    }
}

/// The imports that run on this node, by exchange.
#[derive(Debug, Clone, Default)]
pub struct RunningImports(Arc<Mutex<BTreeMap<u32, Arc<ImportMeter>>>>);

impl RunningImports {
    /// Begins an import, which is listed until the result is dropped.
    pub fn begin(&self, ix: u32) -> RunningImport {
        let meter = Arc::<ImportMeter>::default();
        self.lock().insert(ix, Arc::clone(&meter));
        RunningImport { ix, meter, imports: self.clone() }
    }

    /// What the import of an exchange does, if one runs here.
    pub fn stage(&self, ix: u32) -> Option<ImportStage> {
        self.lock().get(&ix).map(|meter| meter.stage())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Arc<ImportMeter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An import that runs.
pub struct RunningImport {
    ix: u32,
    pub meter: Arc<ImportMeter>,
    imports: RunningImports,
}

impl Drop for RunningImport {
    fn drop(&mut self) {
        self.imports.lock().remove(&self.ix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_seen_while_it_runs_and_no_longer() {
        let imports = RunningImports::default();
        let running = imports.begin(7);
        assert_eq!((imports.stage(7), imports.stage(8)), (Some(ImportStage::Fetching), None));
        running.meter.set(ImportStage::Deciding { done: 0, total: 2 });
        (0..3).for_each(|_| running.meter.advance());
        assert_eq!(imports.stage(7), Some(ImportStage::Deciding { done: 2, total: 2 }));
        drop(running);
        assert_eq!(imports.stage(7), None);
    }
}
