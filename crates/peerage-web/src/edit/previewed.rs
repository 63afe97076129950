//! What a form would change, as its preview shows it.

use std::collections::BTreeMap;

use peerage_engine::RehearsedChange;
use peerage_engine::object::DecidedObject;
use peerage_pages::edit::PreviewedRow;
use peerage_pages::parts::SimilarView;
use peerage_registry::{Action, EventChange, LogEntry, Row, Snapshot, stored};
use peerage_schema::{Field, Resource, Status};
use serde_json::Value as Json;

use super::is_owner;
use crate::objects::words::{changed_fields, part_name};
use crate::similar::{ComparedObject, similar_to_each, views};
use crate::visit::Visit;

/// The object that entries create, if there is one.
fn created(entries: &[LogEntry]) -> Option<(Resource, u32, &Row)> {
    entries.iter().find_map(|entry| match &entry.change {
        EventChange::Row { resource, after: Some(after), .. } if entry.action == Action::Create => {
            Resource::ROOTS.contains(resource).then_some((*resource, entry.id, after))
        }
        _ => None,
    })
}

/// Whether a new object will be public at once, or what it waits for. Empty if nothing is created.
pub fn outlook(visit: &Visit, rehearsed: &RehearsedChange<Vec<DecidedObject>>) -> String {
    let Some((resource, _, row)) = created(&rehearsed.entries) else { return String::new() };
    let texts = visit.texts();
    if rehearsed.state.snapshot.status(resource, row) != Some(Status::Pending) {
        return texts.get("outlook-live").into_owned();
    }
    let owner = resource.table().owner.and_then(|owner| row.int(owner));
    if owner == Some(i64::from(visit.state.people.suggestion_org)) {
        return texts.get("outlook-staff").into_owned();
    }
    let extras = rehearsed.outcome.iter().flat_map(|decided| &decided.decision.extra);
    let reason = extras.filter(|(name, _)| *name == "ixf_pending_reason").find_map(|(_, reason)| reason.as_str());
    match (resource, reason) {
        (Resource::Ix, Some(reason)) => texts.with("outlook-ix-because", &[("reason", &texts.message(reason))]),
        (Resource::Ix, None) => texts.get("outlook-ix").into_owned(),
        (Resource::Campus, _) => texts.get("outlook-campus").into_owned(),
        _ => texts.get("outlook-staff").into_owned(),
    }
}

/// Public objects that look like the one that entries create.
pub async fn similar_to_new(visit: &Visit, entries: &[LogEntry]) -> Vec<SimilarView> {
    let Some((resource, id, row)) = created(entries) else { return Vec::new() };
    let table = resource.table();
    let text = |name: &str| table.position(name).map_or("", |at| row.text_or_empty(at)).to_owned();
    let org = table.columns.org_id.and_then(|at| row.int(at));
    let compared = vec![ComparedObject::of(resource, Some(id), org, text)];
    let snapshot = &visit.state.snapshot;
    let found = similar_to_each(&visit.app.heavy, visit.source.address, snapshot, compared).await;
    found.first().map_or_else(Vec::new, |found| views(visit.texts(), snapshot, found))
}

/// What entries change, in words. Rows of which only bookkeeping changes are left out.
pub fn previewed_rows(
    visit: &Visit,
    after_all: &Snapshot,
    page_of: Resource,
    entries: &[LogEntry],
) -> Vec<PreviewedRow> {
    let (texts, viewer) = (visit.texts(), visit.principal().viewer());
    let mut rows = Vec::new();
    for entry in entries {
        let EventChange::Row { resource, before, after } = &entry.change else { continue };
        let json = |row: &Option<peerage_registry::Row>| {
            row.as_ref()
                .map_or(Json::Null, |row| serde_json::from_str(&stored::to_json(*resource, row)).unwrap_or_default())
        };
        let (before, after) = (json(before), json(after));
        let is_deletion = entry.action == Action::Delete;
        // To whom a new row belongs is what the form is about.
        let is_listed = |field: &Field| !before.is_null() || !is_owner(*resource, field);
        let fields =
            if is_deletion { Vec::new() } else { changed_fields(visit, *resource, [&before, &after], is_listed) };
        if fields.is_empty() && entry.action == Action::Update {
            continue;
        }
        // The name of a contact that the reader may not see is not shown either.
        let row = visit.state.snapshot.row(*resource, entry.id);
        let is_hidden = row.is_some_and(|row| !visit.state.snapshot.may_read(&viewer, *resource, row));
        let listed = part_name(after_all, page_of, *resource, entry.id).shown_text();
        let own = || {
            let row = if after.is_null() { &before } else { &after };
            let name = resource.table().columns.name.and_then(|name| row[name.name()].as_str());
            name.filter(|name| !name.is_empty()).map_or_else(|| format!("#{}", entry.id), str::to_owned)
        };
        rows.push(PreviewedRow {
            what: texts.get(action_key(entry.action)).into_owned(),
            kind: texts.get(&format!("kind-{}", resource.tag())).into_owned(),
            name: match (is_hidden, listed.is_empty()) {
                (true, _) => format!("#{}", entry.id),
                (false, true) => own(),
                (false, false) => listed,
            },
            is_new: before.is_null(),
            notes: if is_hidden { Vec::new() } else { super::markdown::rendered(*resource, &fields) },
            fields: if is_hidden { Vec::new() } else { fields },
        });
    }
    rows
}

fn action_key(action: Action) -> &'static str {
    match action {
        Action::Create => "history-create",
        Action::Delete => "history-delete",
        _ => "history-update",
    }
}

/// How many rows are created, changed and deleted, in one sentence.
pub fn summary(visit: &Visit, entries: &[LogEntry]) -> String {
    let texts = visit.texts();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries {
        let EventChange::Row { resource, before, after } = &entry.change else { continue };
        let key = match entry.action {
            Action::Create => "edit-count-created",
            Action::Delete => "edit-count-deleted",
            _ => {
                let json = |row: &Option<peerage_registry::Row>| {
                    row.as_ref().and_then(|row| serde_json::from_str(&stored::to_json(*resource, row)).ok())
                };
                let (before, after): (Option<Json>, Option<Json>) = (json(before), json(after));
                let pair = [&before.unwrap_or_default(), &after.unwrap_or_default()];
                if changed_fields(visit, *resource, pair, |_| true).is_empty() {
                    continue;
                }
                "edit-count-changed"
            }
        };
        *counts.entry(key).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(key, count)| texts.with(key, &[("count", count)])).collect();
    texts.with("edit-summary", &[("parts", &parts.join(", "))])
}
