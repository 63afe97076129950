//! Carries out a plan under the rules: what was created goes first, so that its values are free for what it replaced.

use std::collections::{BTreeMap, BTreeSet};

use peerage_access::People;
use peerage_registry::row::Value;
use peerage_registry::rules::{RequestBody, RowStep};
use peerage_registry::{Action, Cause, IdempotentRetry, Row, Snapshot, stored};
use peerage_schema::{Column, EmptyValue, Field, FieldKind, Resource, Status, ValueStorage};
use serde_json::{Map, Value as Json, json};

use super::plan::{UndoneRow, plan};
use super::{ConflictReason, ROWS_MAX, UndoConflict, UndoRefusal, UndoRequest, UndoneRows};
use crate::commit::DecisionContext;
use crate::facts::MissingFact;
use crate::object::{self, ObjectAction, ObjectChange, ObjectRefusal, side_action, side_body};
use crate::steps::CommitSteps;

/// How often refused rows are tried again after the others: a row may need another one to be there first, or to be gone.
const ROUNDS_MAX: usize = 4;

pub(super) fn decide(
    request: &UndoRequest,
    context: &DecisionContext<'_>,
) -> Result<(UndoneRows, CommitSteps), UndoRefusal> {
    if context.by.has_lapsed() {
        return Err(UndoRefusal::NeedsFreshFactor);
    }
    let plan = plan(&request.events, context.registry);
    if plan.rows.len() > ROWS_MAX {
        return Err(UndoRefusal::TooMany(plan.rows.len()));
    }
    let is_refused = |conflicts: &[UndoConflict]| !request.leaves_out && !conflicts.is_empty();
    if is_refused(&plan.conflicts) {
        return Err(UndoRefusal::Conflicts(plan.conflicts));
    }
    // Staff undo what they could not change otherwise.
    let undoing = context.by.undoing();
    let context = &DecisionContext { by: undoing.as_ref().unwrap_or(context.by), ..*context };
    let mut run = UndoRun::of(context, plan.rows);
    run.all()?;
    let mut left = plan.conflicts;
    left.extend(run.refused.into_iter().map(|((resource, id), reason)| UndoConflict { resource, id, reason }));
    if is_refused(&left) || run.rows.is_empty() {
        return Err(UndoRefusal::Conflicts(left));
    }
    let mark = mark(&run.rows, &left);
    if request.shown.as_ref().is_some_and(|shown| *shown != mark) {
        return Err(UndoRefusal::HasChanged);
    }
    Ok((UndoneRows { left, mark }, run.steps.because(&Cause::Undone)))
}

/// An undo while its rows are decided, one after the other.
struct UndoRun<'a> {
    context: &'a DecisionContext<'a>,
    open: Vec<((Resource, u32), UndoneRow)>,
    /// Rows that the events created.
    created: BTreeSet<(Resource, u32)>,
    /// The state that the rows so far leave; none: that of the context.
    state: Option<Snapshot>,
    /// The people, keys and permissions that the rows so far leave; none: those of the context.
    people: Option<People>,
    steps: CommitSteps,
    rows: Vec<RowStep>,
    refused: BTreeMap<(Resource, u32), ConflictReason>,
}

/// What has to come first: rows go before those that they point to, and come after them. Ports need the contacts of their
/// networks and the prefixes of their LANs.
fn order(resource: Resource, row: &UndoneRow) -> (u8, i16) {
    let rank = match resource {
        Resource::Netixlan => i16::MAX,
        resource => resource.index() as i16,
    };
    match row {
        UndoneRow::Delete => (0, -rank),
        UndoneRow::Replace(..) => (1, rank),
        UndoneRow::Update(_) => (2, rank),
        UndoneRow::Restore(..) => (3, rank),
    }
}

impl<'a> UndoRun<'a> {
    fn of(context: &'a DecisionContext<'a>, rows: BTreeMap<(Resource, u32), UndoneRow>) -> UndoRun<'a> {
        let is_created = |row: &UndoneRow| matches!(row, UndoneRow::Delete);
        let created = rows.iter().filter(|(_, row)| is_created(row)).map(|(key, _)| *key).collect();
        let mut open: Vec<((Resource, u32), UndoneRow)> = rows.into_iter().collect();
        open.sort_by_key(|((resource, _), row)| order(*resource, row));
        let (steps, rows, refused) = (CommitSteps::default(), Vec::new(), BTreeMap::new());
        UndoRun { context, open, created, state: None, people: None, steps, rows, refused }
    }

    fn all(&mut self) -> Result<(), UndoRefusal> {
        for _ in 0..ROUNDS_MAX {
            let open = std::mem::take(&mut self.open);
            let count = open.len();
            for (key, row) in open {
                match self.one(key, &row) {
                    Ok(()) => drop(self.refused.remove(&key)),
                    Err(ConflictReason::Refused(ObjectRefusal::NeedsFreshFactor)) => {
                        return Err(UndoRefusal::NeedsFreshFactor);
                    }
                    Err(ConflictReason::Refused(refusal)) if refusal.missing_fact().is_some() => {
                        return Err(UndoRefusal::NeedsFacts(refusal));
                    }
                    Err(reason) => {
                        self.refused.insert(key, reason);
                        self.open.push((key, row));
                    }
                }
            }
            if self.open.is_empty() || self.open.len() == count {
                break;
            }
        }
        Ok(())
    }

    /// Decides all changes of one row, or none.
    fn one(&mut self, (resource, id): (Resource, u32), row: &UndoneRow) -> Result<(), ConflictReason> {
        let mut state: Option<Snapshot> = None;
        let mut people: Option<People> = None;
        let (mut steps, mut rows) = (CommitSteps::default(), Vec::new());
        for turn in 0.. {
            let registry = state.as_ref().or(self.state.as_ref()).unwrap_or(self.context.registry);
            let Some(change) = next_change(registry, (resource, id), row, turn) else { break };
            let people_now = people.as_ref().or(self.people.as_ref()).unwrap_or(self.context.people);
            let context = DecisionContext { registry, people: people_now, ..*self.context };
            let (decided, of_change) = object::decide(&change, &context).map_err(ConflictReason::Refused)?;
            let made = decided.decision.steps;
            let is_other = |step: &RowStep| {
                let key = (step.resource, step.id);
                step.action == Action::Delete && key != (resource, id) && !self.created.contains(&key)
            };
            if made.iter().any(is_other) {
                return Err(ConflictReason::Grown);
            }
            let after = object::after(registry, &made);
            state = Some(after);
            people = of_change.people_after(people_now).or(people);
            steps = steps.and(of_change);
            rows.extend(made);
        }
        if let Some(state) = state {
            self.state = Some(state);
            self.people = people.or(self.people.take());
            self.steps = std::mem::take(&mut self.steps).and(steps);
            self.rows.extend(rows);
        }
        Ok(())
    }
}

/// The next change that makes a row what it has to become; `None`: it is that.
fn next_change(
    registry: &Snapshot,
    (resource, id): (Resource, u32),
    row: &UndoneRow,
    turn: usize,
) -> Option<ObjectChange> {
    let current = registry.row(resource, id)?;
    let is_there = registry.status(resource, current) != Some(Status::Deleted);
    let change = |action: ObjectAction, values: Map<String, Json>| {
        Some(ObjectChange { resource, action, body: RequestBody { values, is_form: false } })
    };
    let id = id.to_string();
    let (wanted, status) = match row {
        // The LAN of an exchange goes with it.
        UndoneRow::Delete if !is_there || resource == Resource::Ixlan => return None,
        UndoneRow::Delete => return change(ObjectAction::Delete(id), Map::new()),
        UndoneRow::Replace(..) if turn == 0 => return change(ObjectAction::Delete(id), Map::new()),
        UndoneRow::Update(wanted) => (wanted, None),
        UndoneRow::Restore(wanted, status) | UndoneRow::Replace(wanted, status) => (wanted, Some(*status)),
    };
    match status.filter(|_| !is_there) {
        Some(status) => return change(ObjectAction::Restore(id, status), body(resource, wanted)),
        None if !is_there => return None,
        None => {}
    }
    let same =
        |at: usize, field: &Field| current.value(at, field.kind.storage()) == wanted.value(at, field.kind.storage());
    let fields = || resource.table().fields.iter().enumerate();
    if turn == 0 && fields().any(|(at, field)| field.is_entered() && !same(at, field)) {
        return change(ObjectAction::Update(id), body(resource, wanted));
    }
    let mut sides = fields().filter(|(at, field)| !same(*at, field));
    let (at, action) = sides.find_map(|(at, _)| Some((at, side_action(resource, at)?)))?;
    // Whatever the rules make of it: each side is set once.
    if turn > 3 {
        return None;
    }
    let body = side_body(wanted.int(at).map_or(Json::Null, Json::from));
    Some(ObjectChange { resource, action: action(id), body })
}

/// A row as a body of the API has it.
pub(super) fn body(resource: Resource, row: &Row) -> Map<String, Json> {
    let table = resource.table();
    let entered = table.fields.iter().enumerate().filter(|(_, field)| field.is_entered());
    entered.map(|(at, _)| (table.fields[at].name.to_owned(), body_value(table.column_at(at), row))).collect()
}

fn body_value(column: Column, row: &Row) -> Json {
    let field = column.field();
    match (field.kind, row.value(column.position(), field.kind.storage())) {
        (FieldKind::Choices(_), Value::Text(text)) => {
            Json::from(text.split(',').filter(|item| !item.is_empty()).collect::<Vec<_>>())
        }
        (FieldKind::Words(_) | FieldKind::Social, Value::Text(text)) => serde_json::from_str(text).unwrap_or(json!([])),
        (FieldKind::Degrees, Value::Int(millionths)) => json!(millionths as f64 / 1e6),
        (FieldKind::Ip4 | FieldKind::Ip6, Value::Null) => json!(""),
        (FieldKind::Choices(_) | FieldKind::Words(_) | FieldKind::Social, Value::Null) => json!([]),
        (FieldKind::Bool, Value::Null) if field.empty == EmptyValue::Blank => json!(false),
        (_, Value::Null) if field.kind.storage() == ValueStorage::Text && field.empty == EmptyValue::Blank => json!(""),
        (_, Value::Null | Value::Time(_)) => Json::Null,
        (_, Value::Bool(flag)) => json!(flag),
        (_, Value::Int(number)) => json!(number),
        (_, Value::Text(text)) => json!(text),
    }
}

/// Identifies what is done. Times and versions, which differ with every attempt, are left out.
fn mark(rows: &[RowStep], left: &[UndoConflict]) -> String {
    let mut text = String::new();
    for step in rows {
        let values = step.after.as_ref().and_then(|row| {
            let mut values: Map<String, Json> = serde_json::from_str(&stored::to_json(step.resource, row)).ok()?;
            let table = step.resource.table();
            let is_fleeting = |field: &Field| {
                field.kind.storage() == ValueStorage::Time || field.name == table.columns.version.name()
            };
            values.retain(|name, _| !table.field(name).is_some_and(is_fleeting));
            Some(Json::Object(values).to_string())
        });
        let values = values.unwrap_or_default();
        text.push_str(&format!("{} {} {} {values}\n", step.action.name(), step.resource.tag(), step.id));
    }
    for conflict in left {
        text.push_str(&format!("left {} {}\n", conflict.resource.tag(), conflict.id));
    }
    IdempotentRetry::of("", text.as_bytes(), &[]).key
}
