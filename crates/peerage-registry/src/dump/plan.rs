//! Computes the changes that lead from the existing rows to those that were read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use peerage_schema::tables::ixlan;
use peerage_schema::{EmptyValue, FieldKind, Resource, ResourceTable};

use crate::dump::batch::{DumpBatch, IncomingRow, SourcePosition};
use crate::dump::complaint::{ImportReport, RowComplaint, shortened};
use crate::dump::reconcile::{is_same, reconcile};
use crate::dump::unique::{UniqueCandidate, UniqueClash, clashes};
use crate::event::{Action, EventSalt, LogEntry};
use crate::ids::OrgId;
use crate::moment::{self, Moment};
use crate::place::organization_of;
use crate::row::{Row, Value};
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// What happens to existing rows that are not in the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// They stay.
    Merge,
    /// They are erased permanently, as are rows that are refused: the registry ends up with the rows of the documents.
    Replace,
}

/// A change of one row.
#[derive(Debug, Clone)]
pub struct PlannedChange {
    pub resource: Resource,
    pub id: u32,
    /// Stored cells; `None` if the row is new.
    pub before: Option<Row>,
    /// `None`: the row is erased.
    pub after: Option<Row>,
    /// The organization that the row belongs to, as far as the rows of the plan show.
    pub org: Option<OrgId>,
    /// Whether the row is deleted because the documents do not contain it.
    pub is_pruned: bool,
}

/// The changes of an import, in an order in which they can be made one by one: erased rows first, children before
/// parents; then the others, parents before children.
#[derive(Debug, Default)]
pub struct ImportPlan {
    pub changes: Vec<PlannedChange>,
    pub report: ImportReport,
}

impl ImportPlan {
    /// The changes as entries of the log. `actor` returns who makes a change, including the cause for a pruned row;
    /// `salt` is called once for each change.
    pub fn entries(
        &self,
        at: Moment,
        actor: impl Fn(&PlannedChange) -> Arc<str>,
        mut salt: impl FnMut() -> EventSalt,
    ) -> impl Iterator<Item = LogEntry> {
        self.changes.iter().map(move |change| LogEntry {
            at,
            actor: actor(change),
            action: match &change.after {
                Some(_) if change.is_pruned => Action::Delete,
                Some(_) => Action::Import,
                None => Action::Erase,
            },
            id: change.id,
            change: crate::event::EventChange::Row {
                resource: change.resource,
                before: change.before.clone(),
                after: change.after.clone(),
            },
            org: change.org,
            salt: salt(),
        })
    }
}

/// Plans an import of the batch into the existing rows.
///
/// Foreign keys must point to rows, and unique values must be unique, in the resulting state. If two rows are in
/// conflict, the later one is refused, and with it everything that depends on it.
///
/// Cost: proportional to the rows in the batch, and in [`ImportMode::Replace`] to the existing rows as well.
///
/// ```
/// use peerage_registry::Snapshot;
/// use peerage_registry::dump::{DumpBatch, ImportMode, DumpReader, plan};
///
/// let file = r#"{"org": {"data": [{"id": 7, "name": "Example", "status": "ok"}]}}"#;
/// let mut batch = DumpBatch::new();
/// let reading = DumpReader { file: "dump.json", kind: None, progress: &mut |_| {} };
/// batch.read(file.as_bytes(), reading).expect("a dump");
/// let plan = plan(&Snapshot::default(), &batch, ImportMode::Merge);
/// assert_eq!(plan.changes.len(), 1);
/// ```
pub fn plan(existing: &Snapshot, batch: &DumpBatch, mode: ImportMode) -> ImportPlan {
    let mut planner = ImportPlanner { existing, batch, mode, kept: Default::default(), plan: ImportPlan::default() };
    planner.plan.report.complaints.clone_from(&batch.complaints);
    for resource in Resource::ALL {
        planner.decide_rows(resource);
    }
    if mode == ImportMode::Replace {
        planner.erase_others();
    }
    planner.plan
}

struct ImportPlanner<'a> {
    existing: &'a Snapshot,
    batch: &'a DumpBatch,
    mode: ImportMode,
    /// Rows of the resulting state: those that change, and in [`ImportMode::Replace`] all.
    kept: [HashMap<u32, Row>; Resource::COUNT],
    plan: ImportPlan,
}

/// A row that is being planned.
struct PlannedRow<'a> {
    incoming: &'a IncomingRow,
    before: Option<&'a Row>,
    after: Row,
}

impl<'a> ImportPlanner<'a> {
    /// The row in the resulting state, as far as that is known.
    fn settled(&self, resource: Resource, id: u32) -> Option<&Row> {
        let kept = self.kept[resource.index()].get(&id);
        kept.or_else(|| if self.mode == ImportMode::Merge { self.existing.row(resource, id) } else { None })
    }

    fn decide_rows(&mut self, resource: Resource) {
        let table = resource.table();
        let (existing, mode) = (self.existing, self.mode);
        let mut drafts = Vec::new();
        for incoming in self.in_order(resource) {
            let id = incoming.row.id();
            let before = existing.row(resource, id);
            let known = before.filter(|_| mode == ImportMode::Merge);
            let organization = table.columns.org_id.and_then(|org| incoming.row.int(org));
            let organization = organization.and_then(|id| self.settled(Resource::Org, id as u32));
            let after = reconcile(resource, incoming, known, organization);
            if let Some(after) = self.with_targets(table, incoming.place, after) {
                let is_settled = known.is_some_and(|before| is_same(table, before, &after));
                if is_settled {
                    self.plan.report.counts[resource.index()].unchanged += 1;
                } else {
                    drafts.push(PlannedRow { incoming, before, after });
                }
            }
        }
        self.refuse_clashes(resource, &mut drafts);
        for PlannedRow { before, after, .. } in drafts {
            let id = after.id();
            self.kept[resource.index()].insert(id, after.clone());
            let count = &mut self.plan.report.counts[resource.index()];
            match before {
                Some(before) if is_same(table, before, &after) => {
                    count.unchanged += 1;
                    continue;
                }
                Some(_) => count.changed += 1,
                None => count.new += 1,
            }
            let before = before.map(|row| stored_cells(table, row));
            let org = organization_of(resource, &after, |of, id| self.settled(of, id));
            self.plan.changes.push(PlannedChange { resource, id, before, after: Some(after), org, is_pruned: false });
        }
        let count = &mut self.plan.report.counts[resource.index()];
        count.read = self.batch.read[resource.index()];
        count.refused = count.read - count.new - count.changed - count.unchanged;
    }

    /// The rows of this kind in the batch, by id. If several rows have the same id, the first is taken; the others are
    /// refused unless they are equal to it.
    fn in_order(&mut self, resource: Resource) -> Vec<&'a IncomingRow> {
        let mut rows: Vec<&'a IncomingRow> = self.batch.rows[resource.index()].iter().collect();
        rows.sort_by_key(|incoming| incoming.row.id());
        let mut taken: Vec<&'a IncomingRow> = Vec::with_capacity(rows.len());
        for incoming in rows {
            match taken.last() {
                Some(first) if first.row.id() == incoming.row.id() => {
                    if first.row == incoming.row {
                        self.plan.report.counts[resource.index()].unchanged += 1;
                    } else {
                        let file = &self.batch.files[first.place.file as usize];
                        let reason = format!("stands also in row {} of {file}, with other values", first.place.row);
                        self.complain(resource, incoming, "id", reason, incoming.row.id().to_string(), true);
                    }
                }
                _ => taken.push(incoming),
            }
        }
        taken
    }

    /// The row, if all that it needs exists. Optional references to missing rows are set to null.
    fn with_targets(&mut self, table: &'static ResourceTable, place: SourcePosition, mut row: Row) -> Option<Row> {
        let resource = table.resource;
        let id = row.id();
        for (position, field) in table.stored() {
            let FieldKind::Ref(of) = field.kind else { continue };
            let Some(target) = row.int(position) else { continue };
            if self.settled(of, target as u32).is_some() {
                continue;
            }
            let is_needed = field.empty == EmptyValue::Blank;
            let reason =
                format!("names no {} that is there{}", of.tag(), if is_needed { "" } else { "; taken as null" });
            self.complain_at(resource, place, id, field.name, reason, target.to_string(), is_needed);
            if is_needed {
                return None;
            }
            row = row.with(table, &[(position, Value::Null)]);
        }
        if resource == Resource::Ixlan {
            let exchange = row.int(ixlan::IX_ID).unwrap_or_default();
            if exchange != i64::from(id) {
                let reason = "is not the id of its exchange, as it should be; taken as it is".to_owned();
                self.complain_at(resource, place, id, "ix_id", reason, exchange.to_string(), false);
            }
        }
        Some(row)
    }

    fn refuse_clashes(&mut self, resource: Resource, drafts: &mut Vec<PlannedRow<'a>>) {
        let candidates: Vec<UniqueCandidate<'_>> =
            drafts.iter().map(|draft| UniqueCandidate { id: draft.after.id(), row: &draft.after }).collect();
        let standing = (self.mode == ImportMode::Merge).then_some(self.existing);
        let found = clashes(resource, &candidates, standing);
        let table = resource.table();
        for UniqueClash { candidate, field, with, holder } in &found {
            let PlannedRow { incoming, after, .. } = &drafts[*candidate];
            let show = |name: &str| {
                let column = table.column(name);
                match after.value(column, column.field().kind.storage()) {
                    Value::Text(text) => shortened(&serde_json::Value::from(text).to_string()),
                    Value::Int(number) => number.to_string(),
                    Value::Time(time) => moment::print_exact(time),
                    Value::Bool(_) | Value::Null => String::new(),
                }
            };
            let (value, reason) = match with {
                Some(with) => {
                    let reason = format!("with {with} {} is already {} {holder}", show(with), resource.tag());
                    (show(field), reason)
                }
                None => (show(field), format!("is already that of {} {holder}", resource.tag())),
            };
            self.complain(resource, incoming, field, reason, value, true);
        }
        let gone: HashSet<usize> = found.iter().map(|clash| clash.candidate).collect();
        let mut at = 0;
        drafts.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
    }

    fn erase_others(&mut self) {
        let mut changes = Vec::new();
        for resource in Resource::ALL.into_iter().rev() {
            let table = resource.table();
            for row in self.existing.rows(resource) {
                let id = row.id();
                if !self.kept[resource.index()].contains_key(&id) {
                    let before = Some(stored_cells(table, row));
                    let org = organization_of(resource, row, |of, id| self.existing.row(of, id));
                    changes.push(PlannedChange { resource, id, before, after: None, org, is_pruned: false });
                    self.plan.report.counts[resource.index()].erased += 1;
                }
            }
        }
        changes.append(&mut self.plan.changes);
        self.plan.changes = changes;
    }

    fn complain(
        &mut self,
        resource: Resource,
        incoming: &IncomingRow,
        field: &'static str,
        reason: String,
        value: String,
        refused: bool,
    ) {
        self.complain_at(resource, incoming.place, incoming.row.id(), field, reason, value, refused);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one complaint")]
    fn complain_at(
        &mut self,
        resource: Resource,
        place: SourcePosition,
        id: u32,
        field: &'static str,
        reason: String,
        value: String,
        refused: bool,
    ) {
        let file = Arc::clone(&self.batch.files[place.file as usize]);
        let (kind, row, id) = (resource.tag(), place.row, Some(id));
        self.plan.report.complaints.push(RowComplaint { file, kind, row, id, field, reason, value, refused });
    }
}
