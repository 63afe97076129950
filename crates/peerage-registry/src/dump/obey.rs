//! Import with rules: what the write API would refuse is refused here, too.
//!
//! A mirror takes rows unchanged, because older rows break newer rules. Someone who moves their own registry to this
//! one wants the rules applied. Each row is checked as if a caller with all permissions had sent it, in the order of
//! the plan, with the state after the rows before it. AS numbers are not looked up at their RIR.

use std::collections::HashMap;

use peerage_schema::{FieldKind, Resource, Status, ValueStorage};
use serde_json::{Map, Value as Json};

use crate::dump::batch::{DumpBatch, SourcePosition};
use crate::dump::complaint::{RowComplaint, shortened};
use crate::dump::plan::{ImportPlan, PlannedChange};
use crate::event::{self, Action, Event, LogEntry};
use crate::ids::OrgId;
use crate::moment::{self, Moment};
use crate::rights::{Authority, Permissions};
use crate::row::{Row, Value};
use crate::rules::{self, ExternalFacts, RequestBody, WriteAction, WritePolicy, WriteRefusal, WriteRequest};
use crate::snapshot::Snapshot;

/// A caller with all permissions.
struct FullAuthority;

impl Authority for FullAuthority {
    fn may(&self, _: &str, _: Permissions) -> bool {
        true
    }

    fn mail_addresses(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_key(&self) -> bool {
        false
    }
}

/// Removes the changes that break a rule from a plan, and those that depend on them, with a complaint for each.
///
/// Cost: that of deciding as many requests one by one.
pub fn obey(existing: &Snapshot, batch: &DumpBatch, plan: &mut ImportPlan, now: Moment) {
    let mut state = existing.clone();
    let mut places: HashMap<(Resource, u32), SourcePosition> = HashMap::new();
    for resource in Resource::ALL {
        for incoming in &batch.rows[resource.index()] {
            places.entry((resource, incoming.row.id())).or_insert(incoming.place);
        }
    }
    let changes = std::mem::take(&mut plan.changes);
    for change in changes {
        let complaints = check_change(&state, &change, now);
        if complaints.is_empty() {
            let sequence = state.head().sequence + 1;
            state.advance(&[Event { sequence, entry: entry(&change, now), hash: event::GENESIS }]);
            plan.changes.push(change);
            continue;
        }
        let place = places.get(&(change.resource, change.id)).copied();
        let table = change.resource.table();
        for (name, reason) in complaints {
            let field = table.field(&name).map_or("", |field| field.name);
            let value =
                change.after.as_ref().zip(table.position(field)).map_or_else(String::new, |(row, at)| {
                    match row.value(at, table.fields[at].kind.storage()) {
                        Value::Text(text) => shortened(&Json::from(text).to_string()),
                        Value::Int(number) => number.to_string(),
                        Value::Time(time) => moment::print_exact(time),
                        Value::Bool(flag) => flag.to_string(),
                        Value::Null => String::new(),
                    }
                });
            let (file, row) =
                place.map_or_else(|| ("".into(), 0), |place| (batch.files[place.file as usize].clone(), place.row));
            let (kind, id) = (change.resource.tag(), Some(change.id));
            plan.report.complaints.push(RowComplaint { file, kind, row, id, field, reason, value, refused: true });
        }
        let count = &mut plan.report.counts[change.resource.index()];
        count.refused += 1;
        if change.before.is_some() { count.changed -= 1 } else { count.new -= 1 }
    }
}

fn entry(change: &PlannedChange, now: Moment) -> LogEntry {
    LogEntry {
        at: now,
        actor: "{}".into(),
        action: Action::Import,
        id: change.id,
        change: event::EventChange::Row {
            resource: change.resource,
            before: change.before.clone(),
            after: change.after.clone(),
        },
        org: change.org,
        salt: [1; 32],
    }
}

/// What the rules say against a change: fields and reasons.
fn check_change(state: &Snapshot, change: &PlannedChange, now: Moment) -> Vec<(String, String)> {
    let (resource, table) = (change.resource, change.resource.table());
    let Some(after) = &change.after else { return Vec::new() };
    let status = table.columns.status;
    // Deleted rows are history, and a LAN is created with its exchange, so no rule applies to either.
    if after.text(status) == Some(Status::Deleted.text()) || (resource == Resource::Ixlan && change.before.is_none()) {
        return Vec::new();
    }
    let existing = state.row(resource, change.id).filter(|row| row.text(status) != Some(Status::Deleted.text()));
    let id = change.id.to_string();
    let act = if existing.is_some() { WriteAction::Update(&id) } else { WriteAction::Create };
    let body = RequestBody { values: body(resource, after, existing), is_form: false };
    let policy = WritePolicy {
        support_email: String::new(),
        suggestion_org: OrgId::new(0),
        checks_rir: false,
        approves_exchanges: false,
        takes_no_power: true,
    };
    let write = WriteRequest {
        resource,
        act,
        body: &body,
        authority: &FullAuthority,
        policy: &policy,
        outside: &ExternalFacts::default(),
        now,
    };
    match rules::decide(&write, state) {
        Ok(_) => Vec::new(),
        Err(WriteRefusal::Invalid(complaints)) => {
            // In an import, the first prefix of a new exchange is a row of its own.
            let complaints =
                complaints.fields.into_iter().filter(|(name, _)| !(resource == Resource::Ix && name == "prefix"));
            complaints.flat_map(|(name, said)| texts(&said).into_iter().map(move |text| (name.clone(), text))).collect()
        }
        Err(
            WriteRefusal::Impossible(text)
            | WriteRefusal::NotPermittedBecause(text)
            | WriteRefusal::StillNeeded(text)
            | WriteRefusal::NotFound(text),
        ) => {
            vec![(String::new(), text)]
        }
        Err(_) => vec![(String::new(), "the rules of writing refuse it".to_owned())],
    }
}

fn texts(said: &Json) -> Vec<String> {
    match said {
        Json::String(text) => vec![text.clone()],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Object(members) => members.values().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

/// The body with which a client would send the row. For an existing row: required fields, and those that differ.
fn body(resource: Resource, after: &Row, existing: Option<&Row>) -> Map<String, Json> {
    let table = resource.table();
    let mut values = Map::new();
    for (at, field) in table.stored() {
        if field.write == peerage_schema::WriteAccess::No && !field.required {
            continue;
        }
        let storage = field.kind.storage();
        let is_same = existing.is_some_and(|existing| existing.value(at, storage) == after.value(at, storage));
        if is_same && !field.required && !field.has_default() {
            continue;
        }
        let value = match (after.value(at, storage), field.kind) {
            // In the API, a missing address of a port is an empty text.
            (Value::Null, FieldKind::Ip4 | FieldKind::Ip6) => Json::from(""),
            (Value::Null, _) => continue,
            (Value::Int(millionths), _) if storage == ValueStorage::Degrees => Json::from(millionths as f64 / 1e6),
            (Value::Int(number), _) => Json::from(number),
            (Value::Time(time), _) => Json::from(moment::print_exact(time)),
            (Value::Bool(flag), _) => Json::from(flag),
            // A client leaves out a field that has no value.
            (Value::Text(""), _) if !field.required && existing.is_none() => continue,
            (Value::Text(text), FieldKind::Social | FieldKind::Words(_)) => {
                serde_json::from_str(text).unwrap_or(Json::Array(Vec::new()))
            }
            (Value::Text(text), FieldKind::Choices(_)) => {
                text.split(',').filter(|item| !item.is_empty()).map(Json::from).collect()
            }
            (Value::Text(text), _) => Json::from(text),
        };
        values.insert(field.name.to_owned(), value);
    }
    // Both addresses of a port are required, even if one is missing.
    if resource == Resource::Netixlan {
        for name in ["ipaddr4", "ipaddr6"] {
            values.entry(name).or_insert_with(|| Json::from(""));
        }
    }
    values
}
