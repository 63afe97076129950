//! How much of a row a caller can change: all of it, some of its fields, or contacts with some roles (spec/keys.md, 4).
//! The latter two have namespaces below the object: `….network.5.field.policy_url` and `….network.5.contact.abuse`.

use peerage_schema::tables::poc;
use peerage_schema::{Field, Resource, WriteAccess};
use serde_json::Value as Json;

use super::WriteRefusal;
use super::cell::StoredCell;
use super::draft::RowDraft;
use super::request::SaveRequest;
use crate::place;
use crate::rights::{Authority, Permissions};
use crate::row::{Row, Value};
use crate::snapshot::Snapshot;

/// What the caller can change of a row.
pub enum EditScope {
    Whole,
    /// Fields below this namespace, each with a permission of its own.
    Fields(String),
    /// Contacts of a network, by role.
    Contacts(String),
}

/// What a caller can change of a row, or `None` if nothing.
pub fn edit_scope(authority: &dyn Authority, state: &Snapshot, resource: Resource, row: &Row) -> Option<EditScope> {
    let namespace = place::of_row(state, resource, row)?;
    let may = |namespace: &str| authority.may(namespace, Permissions::UPDATE);
    if may(&namespace) {
        return Some(EditScope::Whole);
    }
    match resource {
        Resource::Poc => {
            let net = row.int(poc::NET_ID).and_then(|net| u32::try_from(net).ok())?;
            let contacts = format!("{}.contact", place::of_id(state, Resource::Net, net)?);
            may(&format!("{contacts}.{}", role(row))).then_some(EditScope::Contacts(contacts))
        }
        Resource::Net | Resource::Ix | Resource::Fac => {
            let fields = format!("{namespace}.field");
            let writable = resource.table().fields.iter().filter(|field| field.write != WriteAccess::No);
            let mut names = writable.map(|field| field.name);
            names.any(|name| may(&format!("{fields}.{name}"))).then_some(EditScope::Fields(fields))
        }
        _ => None,
    }
}

/// Converts `Public Relations` to `public_relations`.
fn role(row: &Row) -> String {
    row.text_or_empty(poc::ROLE).to_lowercase().replace(' ', "_")
}

impl EditScope {
    /// Whether the caller can change a field of the row.
    pub fn allows(&self, authority: &dyn Authority, field: &Field) -> bool {
        match self {
            EditScope::Whole | EditScope::Contacts(_) => true,
            EditScope::Fields(fields) => authority.may(&format!("{fields}.{}", field.name), Permissions::UPDATE),
        }
    }

    /// Checks that a change is within reach. A value that a GET shows in place of an empty one does not count as a
    /// change.
    ///
    /// # Errors
    /// Names the field or role that is out of reach.
    pub fn check(
        &self,
        request: &SaveRequest<'_>,
        before: &Row,
        draft: &mut RowDraft,
        after: &Row,
    ) -> Result<(), WriteRefusal> {
        let may = |namespace: &str| request.may(namespace, Permissions::UPDATE);
        match self {
            EditScope::Whole => Ok(()),
            EditScope::Contacts(contacts) => {
                let namespace = format!("{contacts}.{}", role(after));
                let has_moved = place::owner_of(Resource::Poc, before) != place::owner_of(Resource::Poc, after);
                if may(&namespace) && !has_moved {
                    return Ok(());
                }
                Err(WriteRefusal::NotPermittedBecause(format!("This requires update permission on {namespace}.")))
            }
            EditScope::Fields(fields) => {
                let table = request.write.resource.table();
                let changes: Vec<(usize, StoredCell)> = draft.changes();
                for (at, cell) in changes {
                    let field = &table.fields[at];
                    let stored = before.value(at, field.kind.storage());
                    // For a missing value, no reader can tell empty from null.
                    let is_blank = |value: Value<'_>| matches!(value, Value::Null | Value::Text(""));
                    if cell.as_value() == stored
                        || (is_blank(cell.as_value()) && is_blank(stored))
                        || may(&format!("{fields}.{}", field.name))
                    {
                        continue;
                    }
                    if is_inherited(field.name, before.text_or_empty(at), &cell) {
                        draft.set(at, StoredCell::text(before.text_or_empty(at)));
                        continue;
                    }
                    let namespace = format!("{fields}.{}", field.name);
                    return Err(WriteRefusal::NotPermittedBecause(format!(
                        "{}: this requires update permission on {namespace}.",
                        field.name
                    )));
                }
                Ok(())
            }
        }
    }
}

/// Whether a value is what a GET shows without being stored: the organization's website, also in social media.
fn is_inherited(name: &str, stored: &str, sent: &StoredCell) -> bool {
    let others = |text: &str| -> Option<Vec<Json>> {
        let list: Vec<Json> = serde_json::from_str(if text.is_empty() { "[]" } else { text }).ok()?;
        Some(list.into_iter().filter(|entry| entry["service"] != "website").collect())
    };
    match name {
        "website" => stored.is_empty(),
        "social_media" => sent.as_text().is_some_and(|sent| others(sent).is_some() && others(sent) == others(stored)),
        _ => false,
    }
}
