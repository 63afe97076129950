//! What a decision comes to: steps on rows and records, and the one conversion of steps into entries of the log.

use std::sync::Arc;

use peerage_access::acts::Deeds;
use peerage_access::acts::gate::Admitted;
use peerage_access::{AccessError, Desk};
use peerage_registry::moment::Micros;
use peerage_registry::rules::Step;
use peerage_registry::{Cause, Change, Entry};

use crate::caller::Caller;
use crate::means::Means;

/// Steps that may be written: those on rows were decided by the rules of the registry, those on people, keys and rights
/// have passed the gate.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    rows: Vec<Step>,
    records: Admitted,
    /// Why the rows change.
    reason: Option<String>,
    cause: Option<Cause>,
}

impl Steps {
    /// Steps on rows.
    pub fn of_rows(rows: Vec<Step>) -> Steps {
        Steps { rows, ..Steps::default() }
    }

    /// Steps on people, keys and rights.
    pub fn of_records(records: Admitted) -> Steps {
        Steps { records, ..Steps::default() }
    }

    /// Has steps of an act pass the gate.
    ///
    /// # Errors
    /// The caller needs another or a fresher right.
    pub fn admitted(desk: &Desk<'_>, deeds: Deeds) -> Result<Steps, AccessError> {
        let (reason, cause) = (deeds.reason.clone(), deeds.cause.clone());
        let (rows, records) = desk.admit_deeds(deeds)?;
        Ok(Steps { rows, records, reason, cause })
    }

    /// Names the cause of the steps on rows.
    #[must_use]
    pub fn caused_by(mut self, cause: Option<Cause>) -> Steps {
        self.cause = cause;
        self
    }

    /// Adds steps on people, keys and rights.
    #[must_use]
    pub fn and_records(mut self, records: Admitted) -> Steps {
        self.records.append(records);
        self
    }

    /// The entries of the log, rows first.
    pub(crate) fn into_entries(self, caller: &Caller, now: Micros, means: &dyn Means) -> Vec<Entry> {
        let by = caller.actor_because(self.reason.as_deref(), self.cause.as_ref());
        let rows = self.rows.into_iter().map(|step| Entry {
            at: now,
            actor: Arc::clone(&by),
            action: step.action,
            id: step.id,
            change: Change::Row { resource: step.resource, before: step.before, after: step.after },
            org: step.org,
            salt: means.salt(),
        });
        let records = self.records.into_steps().into_iter().map(|step| Entry {
            at: now,
            actor: caller.actor_because(step.reason.as_deref(), step.cause.as_ref()),
            action: step.action,
            id: step.id,
            change: Change::Record { record: step.record, before: step.before, after: step.after },
            org: step.org,
            salt: means.salt(),
        });
        rows.chain(records).collect()
    }
}
