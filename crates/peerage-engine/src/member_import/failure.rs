//! Imports that fail: remembered until the next one, and mailed now and then.

use peerage_access::People;
use peerage_access::acts::gate::AdmittedSteps;
use peerage_access::records::{ImportFailure, RecordStep};
use peerage_registry::ids::ImportFailureId;
use peerage_registry::moment::{DAY, Moment, SignedDuration};
use peerage_registry::rules::{self, ImportProgress};
use peerage_registry::{Cause, place};
use peerage_schema::Resource;

use crate::CommitSteps;
use crate::commit::DecisionContext;

/// When the same failure is mailed again.
const SAME_AGAIN: SignedDuration = SignedDuration::from_hours(15 * 24);

/// When another failure is mailed, or one of a list that is imported now and then.
const OTHER_AGAIN: SignedDuration = DAY;

/// Why an import failed.
pub struct FailedImport<'a> {
    pub ix: u32,
    pub why: &'a str,
    pub needs_confirmation: bool,
}

impl FailedImport<'_> {
    pub fn steps(&self, context: &DecisionContext<'_>, is_requested: bool) -> CommitSteps {
        let (registry, now) = (context.registry, context.now);
        let noted = rules::note_import(registry, self.ix, ImportProgress::Failed, is_requested, now);
        let cause = Cause::MemberListImported { ix: self.ix };
        let steps = CommitSteps::of_rows(noted, |_| cause.clone());
        steps.and_records(AdmittedSteps::by_fact(self.record(context).into_iter().collect()))
    }

    /// The step that remembers it; none if it is known and needs no mail.
    fn record(&self, context: &DecisionContext<'_>) -> Option<RecordStep> {
        let (registry, now) = (context.registry, context.now);
        let row = registry.row(Resource::Ix, self.ix)?;
        let org = place::organization_of(Resource::Ix, row, |of, id| registry.row(of, id))?;
        let told = Cause::MemberListFailed { ix: self.ix };
        let why = self.why.to_owned();
        let fresh = ImportFailure {
            id: ImportFailureId::new(self.ix),
            org,
            why,
            needs_confirmation: self.needs_confirmation,
            since: now,
            told: now,
            ended: None,
        };
        let Some(before) = context.people.import_failure(self.ix) else {
            return Some(RecordStep::create(&fresh).caused_by(told));
        };
        // What the guard stops differs by numbers only.
        let is_same = before.ended.is_none()
            && before.needs_confirmation == self.needs_confirmation
            && (self.needs_confirmation || before.why == self.why);
        let is_told = now - before.told >= if is_same { SAME_AGAIN } else { OTHER_AGAIN };
        let after = ImportFailure {
            since: if is_same { before.since } else { now },
            told: if is_told { now } else { before.told },
            ..fresh
        };
        match (is_told, after == **before) {
            (true, _) => Some(RecordStep::update(&**before, &after).caused_by(told)),
            (false, true) => None,
            (false, false) => Some(RecordStep::update(&**before, &after)),
        }
    }
}

/// The step after an import that did not fail. The failure is kept for a day, so that lists that fail now and then send
/// few mails.
pub fn end(people: &People, ix: u32, now: Moment) -> Option<RecordStep> {
    let before = people.import_failure(ix)?;
    match before.ended {
        None => Some(RecordStep::update(&**before, &ImportFailure { ended: Some(now), ..(**before).clone() })),
        Some(at) if now - at >= OTHER_AGAIN => Some(RecordStep::erase(&**before)),
        Some(_) => None,
    }
}
