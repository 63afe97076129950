//! What undoing events means for each row, without the rules.

use std::collections::BTreeMap;

use peerage_registry::row::Value;
use peerage_registry::stored::stored_cells;
use peerage_registry::{Row, Snapshot};
use peerage_schema::{Field, Resource, Status};

use super::{ConflictReason, RowEvent, UndoConflict};
use crate::object::side_action;

/// The fields that an undo sets back, with their positions. The others follow from them or are bookkeeping.
fn undone_fields(resource: Resource) -> impl Iterator<Item = (usize, &'static Field)> {
    let fields = resource.table().fields.iter().enumerate();
    fields.filter(move |(position, field)| field.is_entered() || side_action(resource, *position).is_some())
}

/// What a row becomes.
#[derive(Debug, Clone)]
pub enum UndoneRow {
    /// It was created by the events.
    Delete,
    Update(Row),
    /// It was deleted by the events.
    Restore(Row, Status),
    /// It was deleted and created again as something else.
    Replace(Row, Status),
}

/// What becomes of each row.
#[derive(Debug, Clone, Default)]
pub struct UndoPlan {
    pub rows: BTreeMap<(Resource, u32), UndoneRow>,
    /// Rows that are left as they are.
    pub conflicts: Vec<UndoConflict>,
}

/// Returns what undoing events does to each row in a state of the registry.
pub fn plan(events: &[RowEvent], registry: &Snapshot) -> UndoPlan {
    let mut by_row: BTreeMap<(Resource, u32), Vec<&RowEvent>> = BTreeMap::new();
    for event in events {
        by_row.entry((event.resource, event.id)).or_default().push(event);
    }
    let mut plan = UndoPlan::default();
    for ((resource, id), mut events) in by_row {
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.sequence));
        match undone_row(resource, registry.row(resource, id), &events) {
            Ok(Some(row)) => drop(plan.rows.insert((resource, id), row)),
            Ok(None) => {}
            Err(reasons) => {
                plan.conflicts.extend(reasons.into_iter().map(|reason| UndoConflict { resource, id, reason }));
            }
        }
    }
    plan
}

/// A row while its events are undone.
struct UnwoundRow {
    row: Row,
    /// `None`: it is not there.
    status: Option<Status>,
    /// Whether it was not there in between.
    was_gone: bool,
}

/// The status of a row that is there.
fn standing(resource: Resource, row: &Row) -> Option<Status> {
    let status = Status::from_text(row.text_or_empty(resource.table().columns.status));
    status.filter(|status| *status != Status::Deleted)
}

fn value<'a>(row: &'a Row, position: usize, field: &Field) -> Value<'a> {
    row.value(position, field.kind.storage())
}

impl UnwoundRow {
    /// Undoes one event.
    fn step_back(&mut self, event: &RowEvent) -> Result<(), Vec<ConflictReason>> {
        let resource = event.resource;
        let Some(after) = &event.after else { return Err(vec![ConflictReason::Erased]) };
        let (was, is) = (event.before.as_ref().and_then(|row| standing(resource, row)), standing(resource, after));
        match (is, self.status) {
            (Some(_), None) => return Err(vec![ConflictReason::Gone]),
            (None, Some(_)) => return Err(vec![ConflictReason::Restored]),
            _ => {}
        }
        let is_lasting = was.is_some() && is.is_some();
        let mut changed = Vec::new();
        for (position, field) in undone_fields(resource) {
            let (old, new) =
                (event.before.as_ref().map(|row| value(row, position, field)), value(after, position, field));
            // A row that comes or goes must be as it was then; of one that stays, only what the event changed.
            if is_lasting && old == Some(new) {
                continue;
            }
            if value(&self.row, position, field) != new {
                // What happens to deleted rows is of no concern.
                if was.is_none() && is.is_none() {
                    continue;
                }
                changed.push(ConflictReason::Field(field.name));
            }
        }
        if !changed.is_empty() {
            return Err(changed);
        }
        if let Some(before) = &event.before {
            let table = resource.table();
            let cells = undone_fields(resource).filter_map(|(position, field)| {
                let (old, new) = (value(before, position, field), value(after, position, field));
                let is_own = value(&self.row, position, field) == new;
                (old != new && is_own).then_some((position, old))
            });
            let cells: Vec<(usize, Value<'_>)> = cells.collect();
            self.row = self.row.with(table, &cells);
        }
        if was.is_some() != is.is_some() {
            self.status = was;
            self.was_gone |= was.is_none();
        }
        Ok(())
    }
}

/// What a row becomes; `None`: it stays as it is.
fn undone_row(
    resource: Resource,
    current: Option<&Row>,
    events: &[&RowEvent],
) -> Result<Option<UndoneRow>, Vec<ConflictReason>> {
    let Some(current) = current else { return Err(vec![ConflictReason::Gone]) };
    let begun = standing(resource, current);
    let row = stored_cells(resource.table(), current);
    let mut unwound = UnwoundRow { row, status: begun, was_gone: false };
    for event in events {
        unwound.step_back(event)?;
    }
    let is_changed =
        || undone_fields(resource).any(|(at, field)| value(current, at, field) != value(&unwound.row, at, field));
    Ok(match (begun, unwound.status) {
        (None, None) => None,
        (Some(_), None) => Some(UndoneRow::Delete),
        (None, Some(status)) => Some(UndoneRow::Restore(unwound.row, status)),
        (Some(_), Some(status)) if unwound.was_gone => Some(UndoneRow::Replace(unwound.row, status)),
        (Some(_), Some(_)) => is_changed().then_some(UndoneRow::Update(unwound.row)),
    })
}
