//! Changes that are made only if the object is still as its editor saw it.

use peerage_registry::{EventSubject, Row, Snapshot};
use peerage_schema::Resource;
use peerage_store::{AuditQuery, StoreError};

use crate::live::position;
use crate::{Engine, RegistryState};

/// A row that must not have changed when a change is decided at the head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnchangedRow {
    resource: Resource,
    id: u32,
    row: Row,
}

impl UnchangedRow {
    /// Returns a row as a state shows it, or `None` if it shows no such row.
    pub fn of(registry: &Snapshot, resource: Resource, id: u32) -> Option<UnchangedRow> {
        registry.row(resource, id).map(|row| UnchangedRow { resource, id, row: row.clone() })
    }

    /// Whether the row is the same in another state.
    pub fn holds_in(&self, registry: &Snapshot) -> bool {
        registry.row(self.resource, self.id) == Some(&self.row)
    }
}

impl Engine {
    /// Returns the row in `state`, if no event has changed it after a position (`<sequence>-<hash>`, the beginning of a
    /// validator). Returns `None` if it has changed or does not exist, or if the position is not in the log.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn unchanged_since(
        &self,
        state: &RegistryState,
        resource: Resource,
        id: u32,
        seen: &str,
    ) -> Result<Option<UnchangedRow>, StoreError> {
        let head = state.snapshot.head();
        let Some(row) = UnchangedRow::of(&state.snapshot, resource, id) else { return Ok(None) };
        if position(head) == seen {
            return Ok(Some(row));
        }
        let sequence = seen.split('-').next().and_then(|text| text.parse::<u64>().ok());
        let Some(sequence) = sequence.filter(|sequence| *sequence < head.sequence) else { return Ok(None) };
        let known = self.store().event_at(sequence).await?;
        if known.is_none_or(|known| position(known) != seen) {
            return Ok(None);
        }
        let later = AuditQuery {
            subject: Some(EventSubject::Row(resource)),
            object: Some(id),
            after: Some(sequence),
            before: Some(head.sequence + 1),
            limit: 1,
            ..AuditQuery::default()
        };
        let is_unchanged = self.store().audit_log(&later).await?.is_empty();
        Ok(is_unchanged.then_some(row))
    }
}
