//! Steps: changes of records that have been decided.

use std::sync::Arc;

use peerage_registry::{Action, Cause, Record};

use super::Kept;

/// One change of a record, judged.
#[derive(Debug, Clone)]
pub struct RecordStep {
    pub action: Action,
    pub record: Record,
    pub id: u32,
    pub before: Option<Arc<str>>,
    pub after: Option<Arc<str>>,
    pub org: Option<u32>,
    /// Why, for readers of the log, where it does not follow from the change itself.
    pub reason: Option<String>,
    /// Why, as notices and other programs go by it.
    pub cause: Option<Cause>,
}

impl RecordStep {
    pub fn create<T: Kept>(kept: &T) -> RecordStep {
        RecordStep {
            action: Action::Create,
            record: T::RECORD,
            id: kept.id(),
            before: None,
            after: Some(kept.to_text()),
            org: kept.org(),
            reason: None,
            cause: None,
        }
    }

    pub fn update<T: Kept>(before: &T, after: &T) -> RecordStep {
        RecordStep {
            action: Action::Update,
            record: T::RECORD,
            id: after.id(),
            before: Some(before.to_text()),
            after: Some(after.to_text()),
            org: after.org(),
            reason: None,
            cause: None,
        }
    }

    pub fn erase<T: Kept>(before: &T) -> RecordStep {
        RecordStep {
            action: Action::Erase,
            record: T::RECORD,
            id: before.id(),
            before: Some(before.to_text()),
            after: None,
            org: before.org(),
            reason: None,
            cause: None,
        }
    }

    /// Something that happened to a record and changed nothing.
    pub fn note<T: Kept>(kept: &T, reason: &str) -> RecordStep {
        RecordStep {
            action: Action::Note,
            record: T::RECORD,
            id: kept.id(),
            before: None,
            after: None,
            org: kept.org(),
            reason: Some(reason.to_owned()),
            cause: None,
        }
    }

    pub fn because(mut self, reason: impl Into<String>) -> RecordStep {
        self.reason = Some(reason.into());
        self
    }

    /// Names the cause, by which notices go.
    pub fn caused_by(mut self, cause: Cause) -> RecordStep {
        self.cause = Some(cause);
        self
    }
}
