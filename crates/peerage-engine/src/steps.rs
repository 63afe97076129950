//! The result of a decision: steps on rows and records, and the one conversion of steps into entries of the log.

use std::sync::Arc;

use peerage_access::acts::Deeds;
use peerage_access::acts::gate::Admitted;
use peerage_access::{AccessError, Desk};
use peerage_registry::moment::Micros;
use peerage_registry::rules::Step;
use peerage_registry::{Cause, Change, Entry};

use crate::caller::Caller;
use crate::means::Means;

/// Steps that may be written: those on rows were decided by the rules of the registry, those on people, keys and permissions
/// have passed the gate.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    rows: Vec<(Step, Cause)>,
    records: Admitted,
}

impl Steps {
    /// Steps on rows, each with its cause.
    pub fn of_rows(rows: Vec<Step>, cause: impl Fn(&Step) -> Cause) -> Steps {
        let with_cause = |step: Step| {
            let cause = cause(&step);
            (step, cause)
        };
        Steps { rows: rows.into_iter().map(with_cause).collect(), ..Steps::default() }
    }

    /// Steps on people, keys and permissions.
    pub fn of_records(records: Admitted) -> Steps {
        Steps { records, ..Steps::default() }
    }

    /// Passes the steps of an act through the gate.
    ///
    /// # Errors
    /// The caller lacks a permission or a fresh second factor.
    pub fn admitted(desk: &Desk<'_>, deeds: Deeds) -> Result<Steps, AccessError> {
        let cause = deeds.cause.clone();
        let (rows, records) = desk.admit_deeds(deeds)?;
        let of_step = |step: &Step| cause.clone().unwrap_or_else(|| Cause::of(step.action));
        Ok(Steps::of_rows(rows, of_step).and_records(records))
    }

    /// Adds steps on people, keys and permissions.
    #[must_use]
    pub fn and_records(mut self, records: Admitted) -> Steps {
        self.records.append(records);
        self
    }

    /// The entries of the log, rows first. Entries of rows that follow each other with the same cause share their actor.
    pub(crate) fn into_entries(self, caller: &Caller, now: Micros, means: &dyn Means) -> Vec<Entry> {
        let mut last: Option<(Cause, Arc<str>)> = None;
        let rows = self.rows.into_iter().map(|(step, cause)| {
            let actor = match &last {
                Some((known, actor)) if *known == cause => Arc::clone(actor),
                _ => {
                    let actor = caller.actor_because(cause.clone());
                    last = Some((cause, Arc::clone(&actor)));
                    actor
                }
            };
            Entry {
                at: now,
                actor,
                action: step.action,
                id: step.id,
                change: Change::Row { resource: step.resource, before: step.before, after: step.after },
                org: step.org,
                salt: means.salt(),
            }
        });
        let mut entries: Vec<Entry> = rows.collect();
        entries.extend(self.records.into_steps().into_iter().map(|step| Entry {
            at: now,
            actor: caller.actor_because(step.cause),
            action: step.action,
            id: step.id,
            change: Change::Record { record: step.record, before: step.before, after: step.after },
            org: step.org,
            salt: means.salt(),
        }));
        entries
    }
}
