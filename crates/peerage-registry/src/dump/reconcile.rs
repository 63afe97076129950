//! Interprets a row of a document in the light of the existing row: a listing shows less than is stored.

use peerage_schema::choices::RIR_OK_STATES;
use peerage_schema::tables::org;
use peerage_schema::{DisplayForm, Field, Resource, ResourceTable};
use serde_json::Value as Json;

use crate::dump::batch::IncomingRow;
use crate::row::{Row, Value};

/// Whether the stored cells of two rows are equal.
pub fn same_stored(resource: Resource, one: &Row, other: &Row) -> bool {
    is_same(resource.table(), one, other)
}

pub(super) fn is_same(table: &ResourceTable, one: &Row, other: &Row) -> bool {
    table.stored().all(|(position, field)| {
        let storage = field.kind.storage();
        one.value(position, storage) == other.value(position, storage)
    })
}

/// The row to store: what the document says, or the existing value where the document does not contradict it.
///
/// `organization` is the row that `org_id` points to in the resulting state.
pub(super) fn reconcile(
    resource: Resource,
    incoming: &IncomingRow,
    before: Option<&Row>,
    organization: Option<&Row>,
) -> Row {
    let table = resource.table();
    if incoming.exact {
        return incoming.row.clone();
    }
    let row = &incoming.row;
    let mut changes = Vec::new();
    if let Some(website) = borrowed_website(table, incoming, organization) {
        changes.push((website, Value::Text("")));
    }
    if let Some(before) = before.filter(|before| !is_same(table, before, row)) {
        for (position, field) in table.stored() {
            let kept = before.value(position, field.kind.storage());
            let given = row.value(position, field.kind.storage());
            let is_named = incoming.named & (1 << position) != 0;
            if kept != given && (!is_named || shows_as(field, kept, given)) {
                changes.push((position, kept));
            }
        }
    }
    if changes.is_empty() { row.clone() } else { row.with(table, &changes) }
}

/// Whether a listing would show the stored value as the given one.
fn shows_as(field: &Field, kept: Value<'_>, given: Value<'_>) -> bool {
    match (kept, given) {
        // Listings show whole seconds.
        (Value::Time(kept), Value::Time(given)) => kept.in_whole_seconds() == given,
        (Value::Text(kept), Value::Text(given)) if field.shown == DisplayForm::RirOk => {
            RIR_OK_STATES.contains(&kept) && RIR_OK_STATES.contains(&given)
        }
        _ => false,
    }
}

/// Position of the website, if it is the organization's: a row with its own website repeats it in its social media; a
/// row without one shows its organization's and does not repeat it (spec/read-api.md, 1.0).
fn borrowed_website(table: &ResourceTable, incoming: &IncomingRow, organization: Option<&Row>) -> Option<usize> {
    let (website, _) = table.stored().find(|(_, field)| field.shown == DisplayForm::OrOrganization)?;
    let (social, _) = table.stored().find(|(_, field)| field.shown == DisplayForm::WithWebsite)?;
    let both = 1 << website | 1 << social;
    let shown = incoming.row.text_or_empty(website);
    if incoming.named & both != both || shown.is_empty() {
        return None;
    }
    let theirs = organization?.text_or_empty(org::WEBSITE);
    let is_borrowed = theirs == shown && !names_website(incoming.row.text_or_empty(social), shown);
    is_borrowed.then_some(website)
}

fn names_website(social: &str, website: &str) -> bool {
    let entries: Vec<Json> = serde_json::from_str(social).unwrap_or_default();
    let is = |entry: &Json, key: &str, value: &str| entry.get(key).and_then(Json::as_str) == Some(value);
    entries.iter().any(|entry| is(entry, "service", "website") && is(entry, "identifier", website))
}
