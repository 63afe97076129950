//! Changes of rows in words, for histories and for previews of what a form would change.

use peerage_pages::object::{FieldChange, ObjectCell, speed};
use peerage_registry::Snapshot;
use peerage_schema::tables::{ixlan, netixlan};
use peerage_schema::{Field, FieldKind, Resource};
use serde_json::Value as Json;

use super::history::public_row;
use super::{facts, lists};
use crate::visit::Visit;

/// Whether a field says only that its row has changed, and when.
fn is_bookkeeping(kind: Resource, field: &Field) -> bool {
    matches!(field.kind, FieldKind::Id | FieldKind::Time) || field.name == kind.table().columns.version.name()
}

/// The fields that differ between two versions of a row as it is stored; null: the row is new. `is_listed`: which of them.
/// The status of a new row says no more than that it is new.
pub fn changed_fields(
    visit: &Visit,
    kind: Resource,
    [before, after]: [&Json; 2],
    is_listed: impl Fn(&Field) -> bool,
) -> Vec<FieldChange> {
    let status = kind.table().columns.status.name();
    let is_said = |field: &Field| is_bookkeeping(kind, field) || field.name == status && before.is_null();
    let fields = kind.table().fields.iter().filter(|field| field.is_shown_as_stored());
    let listed = fields.filter(|field| !is_said(field) && is_listed(field));
    let differing = listed.filter(|field| before.get(field.name) != after.get(field.name));
    let changed = |field: &'static Field| FieldChange {
        key: field.name,
        label: visit.texts().message(field.label),
        before: value(visit, field, &before[field.name]),
        after: value(visit, field, &after[field.name]),
        values: [before[field.name].clone(), after[field.name].clone()],
    };
    differing.map(changed).filter(|change| change.before != change.after).collect()
}

/// A stored value in words.
pub fn value(visit: &Visit, field: &Field, value: &Json) -> String {
    let number = value.as_i64();
    if let (FieldKind::Ref(of), Some(id)) = (&field.kind, number) {
        let mut row = public_row(visit, *of, u32::try_from(id).ok());
        let mut of = *of;
        if of == Resource::Ixlan {
            // A LAN is called by its exchange.
            let ix = row.and_then(|lan| u32::try_from(lan.int(ixlan::IX_ID)?).ok());
            (of, row) = (Resource::Ix, public_row(visit, Resource::Ix, ix));
        }
        let name = row.zip(of.table().columns.name).map(|(row, name)| row.text_or_empty(name));
        return name.filter(|name| !name.is_empty()).map_or_else(|| id.to_string(), str::to_owned);
    }
    if field.name == netixlan::SPEED.name() {
        return speed(number.unwrap_or(0));
    }
    facts::fact(visit.texts(), field, value).map_or_else(String::new, |(_, cell)| cell.shown_text())
}

/// What a list of an object calls one of its rows.
pub fn part_name(snapshot: &Snapshot, resource: Resource, kind: Resource, id: u32) -> ObjectCell {
    let named = lists::of(resource).iter().find(|list| list.of == kind).and_then(|list| list.columns.first());
    let cell = named.zip(snapshot.row(kind, id)).map(|(column, row)| (column.cell)(snapshot, row));
    ObjectCell { badge: None, ..cell.unwrap_or_default() }
}
