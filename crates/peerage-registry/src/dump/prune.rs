//! Pruning: rows that a complete dump no longer contains become deleted, as they were at its source.
//!
//! A truncated dump looks like one whose rows have vanished. So pruning requires all kinds, refuses if rows cannot be
//! identified, and stops if many rows would be deleted, unless the operator confirms the exact number.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use peerage_schema::{EmptyValue, FieldKind, Resource, ResourceTable, Status};

use crate::dump::batch::DumpBatch;
use crate::dump::complaint::{ImportReport, RowComplaint};
use crate::dump::plan::{ImportMode, ImportPlan, PlannedChange, plan};
use crate::event::{self, Action, Event, LogEntry};
use crate::moment::Moment;
use crate::place::organization_of;
use crate::row::{Row, Value};
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// Rows of one kind that are deleted without confirmation: a tenth of them, or ten, but not more than half.
const SHARE: usize = 10;
const FEW: usize = 10;

/// Why nothing is pruned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPruned {
    /// The documents have no list of these kinds.
    Incomplete(Vec<Resource>),
    /// This number of rows of a kind have no readable id, so the missing ones cannot be determined.
    Nameless(Resource, u64),
    /// Many rows would be deleted: for each kind how many of how many, and the total.
    TooMany { kinds: Vec<(Resource, usize, usize)>, total: usize },
}

impl fmt::Display for NotPruned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotPruned::Incomplete(kinds) => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.tag()).collect();
                write!(formatter, "--prune needs a whole dump, and these kinds are missing: {}", kinds.join(", "))
            }
            NotPruned::Nameless(kind, count) => write!(
                formatter,
                "--prune needs the id of every row, and {count} {} have none that can be read",
                kind.table().title_plural.to_lowercase()
            ),
            NotPruned::TooMany { kinds, total } => {
                let kinds: Vec<String> =
                    kinds.iter().map(|(kind, gone, of)| format!("{gone} of {of} {}", kind.tag())).collect();
                write!(
                    formatter,
                    "--prune would delete many rows: {}. If the dump is complete, confirm it with --prune-confirm {total}",
                    kinds.join(", ")
                )
            }
        }
    }
}

/// Plans an import like [`plan`], and also the deletion of live rows that are not in the documents, children before
/// their parents, together with all that depends on them. Rows that wait for approval are deleted only if the documents
/// were written by an export, which contains such rows; public lists do not.
///
/// `confirmed`: the total number of rows that may be deleted, if that is more than usual.
///
/// # Errors
/// The report of the import without pruning, and why nothing is pruned.
pub fn plan_pruning(
    existing: &Snapshot,
    batch: &DumpBatch,
    confirmed: Option<usize>,
    now: Moment,
) -> Result<ImportPlan, (ImportReport, NotPruned)> {
    if let Err(why) = check(batch) {
        return Err((plan(existing, batch, ImportMode::Merge).report, why));
    }
    // Delete first, to make room: an address or a name may have moved to another row.
    let mut gone = missing(existing, batch);
    let mut state = existing.clone();
    let first = state.head().sequence + 1;
    let events = deletions(existing, &gone, now).into_iter().zip(first..);
    let events: Vec<Event> = events.map(|(change, sequence)| event(change, sequence, now)).collect();
    state.advance(&events);
    let mut plan = plan(&state, batch, ImportMode::Merge);
    take_dependents(&state, batch, &mut plan, &mut gone);
    let kinds = Resource::ALL.map(|kind| (kind, gone[kind.index()].len(), existing.count_live(kind)));
    let too_many = kinds.into_iter().filter(|(_, gone, of)| *gone > (of / SHARE).max(FEW.min(of / 2)));
    let kinds: Vec<(Resource, usize, usize)> = too_many.collect();
    let total = gone.iter().map(HashSet::len).sum();
    for (kind, gone, _) in Resource::ALL.map(|kind| (kind, gone[kind.index()].len(), 0)) {
        plan.report.counts[kind.index()].deleted = gone as u64;
    }
    if !kinds.is_empty() && confirmed != Some(total) {
        return Err((plan.report, NotPruned::TooMany { kinds, total }));
    }
    let mut changes = deletions(existing, &gone, now);
    changes.append(&mut plan.changes);
    plan.changes = changes;
    Ok(plan)
}

fn check(batch: &DumpBatch) -> Result<(), NotPruned> {
    let missing: Vec<Resource> = Resource::ALL.into_iter().filter(|kind| !batch.named[kind.index()]).collect();
    if !missing.is_empty() {
        return Err(NotPruned::Incomplete(missing));
    }
    let nameless = Resource::ALL.into_iter().find(|kind| batch.nameless[kind.index()] > 0);
    nameless.map_or(Ok(()), |kind| Err(NotPruned::Nameless(kind, batch.nameless[kind.index()])))
}

/// Ids of rows, by kind.
type IdsByKind = [HashSet<u32>; Resource::COUNT];

/// Live rows that are not in the documents.
fn missing(existing: &Snapshot, batch: &DumpBatch) -> IdsByKind {
    let is_export = batch.is_export();
    Resource::ALL.map(|resource| {
        let read = batch.rows[resource.index()].iter().map(|incoming| incoming.row.id());
        let held: HashSet<u32> = read.chain(batch.refused[resource.index()].iter().copied()).collect();
        let goes = |row: &&Row| match existing.status(resource, row) {
            Some(Status::Live) => !held.contains(&row.id()),
            Some(Status::Pending) => is_export && !held.contains(&row.id()),
            Some(Status::Deleted) | None => false,
        };
        existing.rows(resource).filter(goes).map(Row::id).collect()
    })
}

/// Also deletes the rows that would be live below a deleted one: a dump that was made during a change may still contain
/// them. Rows that the plan would create or change are refused with a complaint.
fn take_dependents(state: &Snapshot, batch: &DumpBatch, plan: &mut ImportPlan, gone: &mut IdsByKind) {
    let mut planned: HashMap<(Resource, u32), Row> =
        plan.changes.iter().filter_map(|change| Some(((change.resource, change.id), change.after.clone()?))).collect();
    let mut refused: HashSet<(Resource, u32)> = HashSet::new();
    for resource in Resource::ALL {
        let (table, status) = (resource.table(), resource.table().columns.status);
        let hangs =
            |row: &Row, gone: &IdsByKind| row.text(status) != Some(Status::Deleted.text()) && depends(table, row, gone);
        let made: Vec<u32> = planned
            .iter()
            .filter(|((kind, _), row)| *kind == resource && hangs(row, gone))
            .map(|((_, id), _)| *id)
            .collect();
        for id in made {
            planned.remove(&(resource, id));
            refused.insert((resource, id));
            if state.row(resource, id).is_some_and(|row| state.status(resource, row) != Some(Status::Deleted)) {
                gone[resource.index()].insert(id);
            }
        }
        let stays = |row: &&Row| !planned.contains_key(&(resource, row.id()));
        let more: Vec<u32> = state.rows(resource).filter(stays).filter(|row| hangs(row, gone)).map(Row::id).collect();
        gone[resource.index()].extend(more);
    }
    plan.changes.retain(|change| {
        let is_kept = !refused.contains(&(change.resource, change.id));
        if !is_kept {
            let count = &mut plan.report.counts[change.resource.index()];
            count.refused += 1;
            if change.before.is_some() { count.changed -= 1 } else { count.new -= 1 }
        }
        is_kept
    });
    for resource in Resource::ALL {
        let lost = |id: u32| refused.contains(&(resource, id));
        for incoming in batch.rows[resource.index()].iter().filter(|incoming| lost(incoming.row.id())) {
            plan.report.complaints.push(RowComplaint {
                file: Arc::clone(&batch.files[incoming.place.file as usize]),
                kind: resource.tag(),
                row: incoming.place.row,
                id: Some(incoming.row.id()),
                field: "",
                reason: "belongs to a row that the dump does not hold".to_owned(),
                value: String::new(),
                refused: true,
            });
        }
    }
}

/// Whether a row cannot exist without one that is deleted.
fn depends(table: &ResourceTable, row: &Row, gone: &IdsByKind) -> bool {
    table.stored().any(|(position, field)| match field.kind {
        FieldKind::Ref(of) if field.empty == EmptyValue::Blank => {
            row.int(position).and_then(|id| u32::try_from(id).ok()).is_some_and(|id| gone[of.index()].contains(&id))
        }
        _ => false,
    })
}

/// Changes that delete rows, children before their parents.
fn deletions(existing: &Snapshot, gone: &IdsByKind, now: Moment) -> Vec<PlannedChange> {
    let mut changes = Vec::new();
    for resource in Resource::ALL.into_iter().rev() {
        let table = resource.table();
        let version = table.columns.version;
        let mut ids: Vec<u32> = gone[resource.index()].iter().copied().collect();
        ids.sort_unstable();
        for row in ids.into_iter().filter_map(|id| existing.row(resource, id)) {
            let before = stored_cells(table, row);
            let cells = [
                (table.columns.status, Value::Text(Status::Deleted.text())),
                (table.columns.updated, Value::Time(now)),
                (version, Value::Int(before.int(version).unwrap_or(0) + 1)),
            ];
            let after = Some(before.with(table, &cells));
            let org = organization_of(resource, row, |of, id| existing.row(of, id));
            changes.push(PlannedChange { resource, id: row.id(), before: Some(before), after, org, is_pruned: true });
        }
    }
    changes
}

fn event(change: PlannedChange, sequence: u64, now: Moment) -> Event {
    let PlannedChange { resource, id, before, after, org, .. } = change;
    let entry = LogEntry {
        at: now,
        actor: "{}".into(),
        action: Action::Delete,
        id,
        change: event::EventChange::Row { resource, before, after },
        org,
        salt: [0; 32],
    };
    Event { sequence, entry, hash: event::GENESIS }
}
