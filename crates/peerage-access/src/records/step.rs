//! Steps: changes of records that have been decided.

use std::sync::Arc;

use peerage_registry::ids::{Id, OrgId};
use peerage_registry::{Action, Cause, Record};

use super::StoredRecord;

/// A decided change of a record.
#[derive(Debug, Clone)]
pub struct RecordStep {
    pub action: Action,
    pub record: Record,
    /// The record's own id, as a number: a step may be about any kind.
    pub id: u32,
    pub before: Option<Arc<str>>,
    pub after: Option<Arc<str>>,
    pub org: Option<OrgId>,
    /// Why.
    pub cause: Cause,
}

impl RecordStep {
    pub fn create<T: StoredRecord>(kept: &T) -> RecordStep {
        RecordStep {
            action: Action::Create,
            record: T::RECORD,
            id: kept.id().get(),
            before: None,
            after: Some(kept.to_text()),
            org: kept.org(),
            cause: Cause::Created,
        }
    }

    pub fn update<T: StoredRecord>(before: &T, after: &T) -> RecordStep {
        RecordStep {
            action: Action::Update,
            record: T::RECORD,
            id: after.id().get(),
            before: Some(before.to_text()),
            after: Some(after.to_text()),
            org: after.org(),
            cause: Cause::Changed,
        }
    }

    pub fn erase<T: StoredRecord>(before: &T) -> RecordStep {
        RecordStep {
            action: Action::Erase,
            record: T::RECORD,
            id: before.id().get(),
            before: Some(before.to_text()),
            after: None,
            org: before.org(),
            cause: Cause::Deleted,
        }
    }

    /// Records that something happened, without a change.
    pub fn note<T: StoredRecord>(kept: &T, cause: Cause) -> RecordStep {
        RecordStep {
            action: Action::Note,
            record: T::RECORD,
            id: kept.id().get(),
            before: None,
            after: None,
            org: kept.org(),
            cause,
        }
    }

    /// Sets the cause, if it is more specific than created, changed or deleted.
    #[must_use]
    pub fn caused_by(mut self, cause: Cause) -> RecordStep {
        self.cause = cause;
        self
    }
}
