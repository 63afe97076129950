//! The result of a decision: steps on rows and records, and their conversion into log entries.

use std::sync::Arc;

use peerage_access::acts::PlannedSteps;
use peerage_access::acts::gate::AdmittedSteps;
use peerage_access::{AccessContext, AccessError, People};
use peerage_registry::moment::Moment;
use peerage_registry::rules::RowStep;
use peerage_registry::{Action, Cause, EventChange, LogEntry};

use crate::caller::Caller;
use crate::environment::Environment;

/// Steps that may be written. Steps on rows were decided by the rules of the registry; steps on people, keys and
/// permissions have passed the gate.
#[derive(Debug, Clone, Default)]
pub struct CommitSteps {
    rows: Vec<(RowStep, Cause)>,
    records: AdmittedSteps,
}

impl CommitSteps {
    /// Makes steps on rows, each with its cause.
    pub fn of_rows(rows: Vec<RowStep>, cause: impl Fn(&RowStep) -> Cause) -> CommitSteps {
        let with_cause = |step: RowStep| {
            let cause = cause(&step);
            (step, cause)
        };
        CommitSteps { rows: rows.into_iter().map(with_cause).collect(), ..CommitSteps::default() }
    }

    /// Makes steps on people, keys and permissions.
    pub fn of_records(records: AdmittedSteps) -> CommitSteps {
        CommitSteps { records, ..CommitSteps::default() }
    }

    /// Passes the steps of an act through the gate.
    ///
    /// # Errors
    /// The caller lacks a permission or a fresh second factor.
    pub fn admitted(context: &AccessContext<'_>, planned: PlannedSteps) -> Result<CommitSteps, AccessError> {
        let cause = planned.cause.clone();
        let (rows, records) = context.admit_deeds(planned)?;
        let of_step = |step: &RowStep| cause.clone().unwrap_or_else(|| Cause::of(step.action));
        Ok(CommitSteps::of_rows(rows, of_step).and_records(records))
    }

    /// Adds steps on people, keys and permissions.
    #[must_use]
    pub fn and_records(mut self, records: AdmittedSteps) -> CommitSteps {
        self.records.append(records);
        self
    }

    /// Gives all steps on rows the same cause.
    #[must_use]
    pub fn because(mut self, cause: &Cause) -> CommitSteps {
        for (_, of_step) in &mut self.rows {
            *of_step = cause.clone();
        }
        self
    }

    /// Adds the steps of another change of the same request.
    #[must_use]
    pub fn and(mut self, other: CommitSteps) -> CommitSteps {
        self.rows.extend(other.rows);
        self.and_records(other.records)
    }

    /// The steps on rows.
    #[cfg(test)]
    pub(crate) fn row_steps(&self) -> Vec<RowStep> {
        self.rows.iter().map(|(step, _)| step.clone()).collect()
    }

    /// The people, keys and permissions that the steps leave, or `None` if they leave them as they are.
    pub(crate) fn people_after(&self, people: &People) -> Option<People> {
        let steps = self.records.steps().iter().filter(|step| step.action != Action::Note);
        let mut after = None;
        for step in steps {
            let after: &mut People = after.get_or_insert_with(|| people.clone());
            let sequence = after.generation() + 1;
            if let Err(error) = after.put(step.record, step.id, step.after.as_deref(), sequence) {
                tracing::error!(error = %error, "a decided step cannot be read");
            }
        }
        after
    }

    /// Converts the steps into log entries with a time, rows first. Consecutive rows with the same cause share their actor.
    pub(crate) fn into_entries(self, caller: &Caller, at: Moment, environment: &dyn Environment) -> Vec<LogEntry> {
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
            LogEntry {
                at,
                actor,
                action: step.action,
                id: step.id,
                change: EventChange::Row { resource: step.resource, before: step.before, after: step.after },
                org: step.org,
                salt: environment.salt(),
            }
        });
        let mut entries: Vec<LogEntry> = rows.collect();
        entries.extend(self.records.into_steps().into_iter().map(|step| LogEntry {
            at,
            actor: caller.actor_because(step.cause),
            action: step.action,
            id: step.id,
            change: EventChange::Record { record: step.record, before: step.before, after: step.after },
            org: step.org,
            salt: environment.salt(),
        }));
        entries
    }
}
