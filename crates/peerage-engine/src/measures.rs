//! What the engine counts for the server's metrics.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::failure::EngineFailure;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LookupLabels {
    service: &'static str,
    outcome: &'static str,
}

/// Counters of the engine. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct EngineMeasures {
    changes: Counter,
    failed: Family<ReasonLabels, Counter>,
    lookups: Family<LookupLabels, Counter>,
}

impl EngineMeasures {
    /// Adds the counters to the metrics of the server. Each has the value zero from the start, because alerts compare it.
    pub fn register(&self, registry: &mut Registry) {
        for reason in EngineFailure::REASONS {
            drop(self.failed.get_or_create(&ReasonLabels { reason }));
        }
        for service in ["rdap", "member_list"] {
            for outcome in ["answered", "failed"] {
                drop(self.lookups.get_or_create(&LookupLabels { service, outcome }));
            }
        }
        registry.register("changes", "Requests that were written to the log", self.changes.clone());
        registry.register(
            "changes_failed",
            "Requests that were allowed and could not be written, by reason",
            self.failed.clone(),
        );
        registry.register("lookups", "Requests to external services", self.lookups.clone());
    }

    pub(crate) fn changed(&self) {
        self.changes.inc();
    }

    pub(crate) fn failed(&self, failure: &EngineFailure) {
        self.failed.get_or_create(&ReasonLabels { reason: failure.reason() }).inc();
    }

    pub(crate) fn looked_up(&self, service: &'static str, is_answered: bool) {
        let outcome = if is_answered { "answered" } else { "failed" };
        self.lookups.get_or_create(&LookupLabels { service, outcome }).inc();
    }
}
