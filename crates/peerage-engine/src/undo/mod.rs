//! Undoing earlier events.
//!
//! Each row gets back what it was before the events, newest first, as long as it still is what they left: a field that
//! somebody changed since is a conflict, and its row is left as it is. What remains goes through the rules of the API like
//! any other change, all of it in one change of the log. So an undo can itself be undone.

mod decide;
mod plan;
#[cfg(test)]
mod tests;

use peerage_registry::rules::FactLookup;
use peerage_registry::{Action, EventSubject, Row, stored};
use peerage_schema::Resource;
use peerage_store::AuditEvent;

use crate::caller::Caller;
use crate::commit::{Committed, RehearsedChange, Rejected};
use crate::facts::MissingFact;
use crate::member_import::CHANGES_MAX;
use crate::object::ObjectRefusal;
use crate::{CommitSteps, DecisionContext, Engine};

pub use plan::{UndoPlan, plan};

/// Rows that one undo changes at most: as many as one import.
pub const ROWS_MAX: usize = CHANGES_MAX;

/// A change of a row that can be undone.
#[derive(Debug, Clone)]
pub struct RowEvent {
    pub sequence: u64,
    pub resource: Resource,
    pub id: u32,
    /// `None`: the row is new.
    pub before: Option<Row>,
    /// `None`: the content was erased from the log.
    pub after: Option<Row>,
}

impl RowEvent {
    /// Reads an event of the log. Records of people and keys, notes, and rows that were imported unchanged are not undone.
    pub fn of(event: &AuditEvent) -> Option<RowEvent> {
        let EventSubject::Row(resource) = event.subject else { return None };
        if !matches!(event.action, Action::Create | Action::Update | Action::Delete) {
            return None;
        }
        let row = |text: &Option<String>| text.as_deref().and_then(|text| stored::from_json(resource, text).ok());
        let after = row(&event.after).filter(|_| !event.is_erased);
        Some(RowEvent { sequence: event.sequence, resource, id: event.id, before: row(&event.before), after })
    }
}

/// Why a row is left as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum ConflictReason {
    /// Somebody changed this field since.
    Field(&'static str),
    /// The row was deleted since.
    Gone,
    /// The deleted row is there again.
    Restored,
    /// Other rows were added to the created one since.
    Grown,
    /// The content of the event was erased from the log.
    Erased,
    /// The rules refuse the change.
    Refused(ObjectRefusal),
}

/// A row that is left as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoConflict {
    pub resource: Resource,
    pub id: u32,
    pub reason: ConflictReason,
}

/// A request to undo events.
#[derive(Debug, Clone)]
pub struct UndoRequest {
    /// In any order.
    pub events: Vec<RowEvent>,
    /// Whether rows with conflicts are left out. Otherwise nothing is undone if there are any.
    pub leaves_out: bool,
    /// The mark of what the caller was shown, if the undo must be the same. See [`UndoneRows::mark`].
    pub shown: Option<String>,
}

/// What an undo does.
#[derive(Debug, Clone)]
pub struct UndoneRows {
    /// Rows that are left as they are.
    pub left: Vec<UndoConflict>,
    /// Identifies what changes and what is left.
    pub mark: String,
}

/// Why nothing is undone.
#[derive(Debug, Clone, PartialEq)]
pub enum UndoRefusal {
    /// The caller's session must verify a second factor first.
    NeedsFreshFactor,
    /// Rows that cannot be undone. They can be none, if the events change nothing.
    Conflicts(Vec<UndoConflict>),
    /// More rows than [`ROWS_MAX`].
    TooMany(usize),
    /// The undo would do something other than what was shown.
    HasChanged,
    /// External facts are needed first.
    NeedsFacts(ObjectRefusal),
}

impl MissingFact for UndoRefusal {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let UndoRefusal::NeedsFacts(refusal) = self { refusal.missing_fact() } else { None }
    }
}

impl UndoRequest {
    /// Decides in a state.
    ///
    /// # Errors
    /// [`UndoRefusal`].
    pub fn decide(&self, context: &DecisionContext<'_>) -> Result<(UndoneRows, CommitSteps), UndoRefusal> {
        decide::decide(self, context)
    }
}

impl Engine {
    /// Returns what an undo would do, and changes nothing.
    ///
    /// # Errors
    /// The same as [`Engine::undo`].
    pub async fn rehearse_undo(
        &self,
        caller: &Caller,
        request: UndoRequest,
    ) -> Result<RehearsedChange<UndoneRows>, Rejected<UndoRefusal>> {
        self.rehearse_apart(caller, move |context| request.decide(context)).await
    }

    /// Undoes events in one change.
    ///
    /// # Errors
    /// Nothing was undone.
    pub async fn undo(
        &self,
        caller: &Caller,
        request: UndoRequest,
    ) -> Result<Committed<UndoneRows>, Rejected<UndoRefusal>> {
        self.commit(caller, move |context| request.decide(context)).await
    }
}
