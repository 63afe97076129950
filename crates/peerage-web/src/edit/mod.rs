//! Forms on which people change objects of the registry: all fields of one object, or the rows of one of its lists.
//!
//! A form is made from the table of fields, and its values go through the rules of the API, so that both accept the same and
//! complain in the same words. Nothing is saved before its preview was seen, and one save is one change of the log.

mod assigned;
mod create;
mod delete;
mod entry;
mod fields;
mod grid;
mod hints;
mod markdown;
mod paste;
mod previewed;
mod reference;
mod refusals;
mod save;
mod values;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_pages::edit::{EditForm, EditPage, EditedObject};
use peerage_pages::parts::{FormErrors, PageTab};
use peerage_registry::place;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{EditScope, edit_scope};
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{ixlan, poc};
use peerage_schema::{Column, Field, Resource, Status};

use crate::objects::{crumbs, lists, words};
use crate::visit::{DraftVisit, Visit};
use assigned::is_foreign_campus;
use entry::{FormFields, RowEntry};
use fields::FieldReach;
use reference::ReferenceFinder;
use save::{EditSubmission, FormRow, SubmissionOutcome};

pub use create::{
    addable, show as show_new, show_suggestion, suggestible, suggestion_texts, take as take_new, take_suggestion,
    texts_of,
};
pub use delete::{LISTED_MAX, show as show_deletion, take as take_deletion};
pub use grid::{NEW_ROWS_MAX, ROWS_A_PAGE};
pub use grid::{show as show_list, take as take_list};
pub use markdown::{TEXT_BYTES_MAX, show as show_markdown};
pub use previewed::{previewed_rows, summary};
pub use refusals::refusal_text;
pub use save::{count_rows, note, once};

/// The prefix of the fields of an exchange's LAN on the exchange's form.
const LAN_PREFIX: &str = "lan-";

/// Returns the row that a path names, if it can be edited at all.
fn row_at<'a>(snapshot: &'a Snapshot, kind: &str, id: &str) -> Option<(Resource, &'a Row)> {
    let resource = Resource::from_tag(kind)?;
    let row = snapshot.row(resource, id.parse().ok()?)?;
    is_there(snapshot, resource, row).then_some((resource, row))
}

/// Whether a row is live or waits for approval.
fn is_there(snapshot: &Snapshot, resource: Resource, row: &Row) -> bool {
    matches!(snapshot.status(resource, row), Some(Status::Live | Status::Pending))
}

/// What the person can change of a row.
///
/// # Errors
/// The page that says which permission is missing.
pub fn scope_of(visit: &Visit, resource: Resource, row: &Row) -> Result<EditScope, Box<Response<Body>>> {
    if let Some(answer) = visit.led_to_prove() {
        return Err(Box::new(answer));
    }
    let snapshot = &visit.state.snapshot;
    let viewer = visit.principal().viewer();
    let scope = edit_scope(&**visit.principal(), snapshot, resource, row);
    let may_read = snapshot.may_read(&viewer, resource, row) && snapshot.may_read_restricted(&viewer, resource, row);
    let scope = scope.filter(|_| may_read);
    scope.ok_or_else(|| Box::new(lacks_update(visit, resource, row)))
}

/// The same for somebody who wants to change lists of an object, for which the whole of it must be theirs to change.
///
/// # Errors
/// The page that says which permission is missing.
pub fn whole_scope(visit: &Visit, resource: Resource, row: &Row) -> Result<(), Box<Response<Body>>> {
    match scope_of(visit, resource, row)? {
        EditScope::Whole => Ok(()),
        EditScope::Fields(_) | EditScope::Contacts(_) => Err(Box::new(lacks_update(visit, resource, row))),
    }
}

fn lacks_update(visit: &Visit, resource: Resource, row: &Row) -> Response<Body> {
    lacks(visit, resource, row, "update")
}

/// The page that says which permission is missing. Of what the person cannot see, not even that it exists.
fn lacks(visit: &Visit, resource: Resource, row: &Row, verb: &str) -> Response<Body> {
    let snapshot = &visit.state.snapshot;
    let is_public = snapshot.is_live(resource, row);
    if !is_public || !snapshot.may_read(&visit.principal().viewer(), resource, row) {
        return crate::public::not_found();
    }
    let namespace = place::of_row(snapshot, resource, row).unwrap_or_default();
    visit.forbidden(&AccessError::Forbidden(format!("This requires {verb} permission on {namespace}.")))
}

/// Whether a person can change something of an object on a form.
pub fn may_edit(visit: &Visit, resource: Resource, row: &Row) -> bool {
    visit.person().is_some() && edit_scope(&**visit.principal(), &visit.state.snapshot, resource, row).is_some()
}

/// The first form of an object that the person can use, if there is one: of the object, or of its contacts.
pub fn form_of(visit: &Visit, resource: Resource, row: &Row) -> Option<String> {
    let form = format!("/edit/{}/{}", resource.tag(), row.id());
    if may_edit(visit, resource, row) {
        return Some(form);
    }
    may_edit_contacts(visit, resource, row).then(|| format!("{form}/contacts"))
}

/// Whether the person can change a contact of a network on a form.
fn may_edit_contacts(visit: &Visit, resource: Resource, row: &Row) -> bool {
    let snapshot = &visit.state.snapshot;
    let contacts =
        if resource == Resource::Net { snapshot.pointing(poc::NET_ID, row.id()).to_vec() } else { Vec::new() };
    let mut rows = contacts.into_iter().filter_map(|id| snapshot.row(Resource::Poc, id));
    rows.any(|row| is_there(snapshot, Resource::Poc, row) && is_within_reach(visit, Resource::Poc, row))
}

/// Whether the person can read a row and change something of it on a form.
fn is_within_reach(visit: &Visit, resource: Resource, row: &Row) -> bool {
    may_edit(visit, resource, row) && visit.state.snapshot.may_read(&visit.principal().viewer(), resource, row)
}

/// Whether the person can delete a row.
fn may_delete(visit: &Visit, resource: Resource, row: &Row) -> bool {
    let namespace = place::of_row(&visit.state.snapshot, resource, row);
    resource != Resource::Ixlan
        && visit.state.snapshot.may_read(&visit.principal().viewer(), resource, row)
        && namespace.is_some_and(|namespace| visit.principal().may(&namespace, Permissions::DELETE))
}

/// The object whose page shows a row, and that row.
pub fn page_object<'a>(snapshot: &'a Snapshot, resource: Resource, row: &'a Row) -> (Resource, &'a Row) {
    let (mut resource, mut row) = (resource, row);
    while resource != Resource::Org && !Resource::ROOTS.contains(&resource) {
        let owner = place::owner_of(resource, row);
        let Some((of, parent)) = owner.and_then(|(of, id)| Some((of, snapshot.row(of, id)?))) else { break };
        (resource, row) = (of, parent);
    }
    (resource, row)
}

/// The name of an object.
fn name_of(resource: Resource, row: &Row) -> String {
    let name = resource.table().columns.name.map_or("", |name| row.text_or_empty(name));
    if name.is_empty() { format!("#{}", row.id()) } else { name.to_owned() }
}

/// What a form is about: the object's name, its page, and its other forms. `current`: the list, or an empty text.
pub fn edited_object(visit: &Visit, resource: Resource, row: &Row, current: &str) -> EditedObject {
    let (texts, snapshot) = (visit.texts(), &*visit.state.snapshot);
    let (of, object) = page_object(snapshot, resource, row);
    let path = format!("/{}/{}", of.tag(), object.id());
    let mut crumbs = crumbs(snapshot, of, object, texts);
    crumbs.pop();
    crumbs.push((name_of(of, object), Some(path.clone())));
    let form = format!("/edit{path}");
    let mut tabs = vec![PageTab::new(texts.get("edit-facts"), form.clone(), of == resource && current.is_empty())];
    let scope = edit_scope(&**visit.principal(), snapshot, of, object);
    if !matches!(scope, Some(EditScope::Whole)) {
        if scope.is_none() {
            tabs.clear();
        }
        if let Some(list) = lists::of(of).iter().find(|list| list.of == Resource::Poc)
            && may_edit_contacts(visit, of, object)
        {
            tabs.push(PageTab::new(texts.get(list.title), format!("{form}/{}", list.key), current == list.key));
        }
        return EditedObject { name: name_of(of, object), path, crumbs, tabs };
    }
    for list in lists::of(of).iter().filter(|list| grid::is_edited(list)) {
        tabs.push(PageTab::new(texts.get(list.title), format!("{form}/{}", list.key), current == list.key));
    }
    if matches!(of, Resource::Ix | Resource::Net) {
        let label = texts.get("proposals-title");
        tabs.push(PageTab::new(label, format!("{path}/proposals"), current == "proposals"));
    }
    if of == Resource::Ix {
        tabs.push(PageTab::new(texts.get("import-title"), format!("{path}/import"), current == "import"));
    }
    EditedObject { name: name_of(of, object), path, crumbs, tabs }
}

/// The LAN of an exchange.
fn lan_of<'a>(snapshot: &'a Snapshot, resource: Resource, row: &Row) -> Option<&'a Row> {
    let lan = (resource == Resource::Ix).then(|| snapshot.pointing(ixlan::IX_ID, row.id()).first().copied()).flatten();
    lan.and_then(|lan| snapshot.row(Resource::Ixlan, lan))
}

/// The rows of an object's form: its own, and the LAN of an exchange if the person can change all of that.
fn rows_of(visit: &Visit, resource: Resource, row: &Row) -> Vec<FormRow> {
    let snapshot = &visit.state.snapshot;
    let all = |resource: Resource| values::form_fields(resource).map(|(_, field)| field).collect();
    let own =
        FormRow { entry: RowEntry::of_row(resource, row, ""), shown: all(resource), label: String::new(), owner: None };
    let may = |lan: &&Row| {
        let viewer = visit.principal().viewer();
        let scope = edit_scope(&**visit.principal(), snapshot, Resource::Ixlan, lan);
        matches!(scope, Some(EditScope::Whole)) && snapshot.may_read_restricted(&viewer, Resource::Ixlan, lan)
    };
    let lan = lan_of(snapshot, resource, row).filter(may).map(|lan| FormRow {
        entry: RowEntry::of_row(Resource::Ixlan, lan, LAN_PREFIX),
        shown: all(Resource::Ixlan).into_iter().filter(|field: &&Field| !is_owner(Resource::Ixlan, field)).collect(),
        label: String::new(),
        owner: None,
    });
    std::iter::once(own).chain(lan).collect()
}

/// Whether a field says to whom a row belongs.
fn is_owner(resource: Resource, field: &Field) -> bool {
    resource.table().owner.map(Column::name) == Some(field.name)
}

/// Removes the fields that the person cannot change: a form that was made by hand does not set them either.
fn within_reach(visit: &Visit, scope: &EditScope, rows: &mut [FormRow]) {
    for row in rows {
        row.shown.retain(|field| scope.allows(&**visit.principal(), field));
    }
}

pub async fn show(Path((kind, id)): Path<(String, String)>, visit: Visit) -> Response<Body> {
    let Some((resource, row)) = row_at(&visit.state.snapshot, &kind, &id) else { return crate::public::not_found() };
    let scope = match scope_of(&visit, resource, row) {
        Ok(scope) => scope,
        Err(answer) => return *answer,
    };
    let rows = rows_of(&visit, resource, row);
    page(&visit, (resource, row), &scope, &rows, FormErrors::none(), StatusCode::OK)
}

fn page(
    visit: &Visit,
    (resource, row): (Resource, &Row),
    scope: &EditScope,
    rows: &[FormRow],
    errors: FormErrors,
    status: StatusCode,
) -> Response<Body> {
    let object = edited_object(visit, resource, row, "");
    let reach = FieldReach { scope, authority: &**visit.principal() };
    let mut groups = Vec::new();
    for form_row in rows {
        let of = form_row.entry.resource;
        let title = match of {
            Resource::Ixlan if of != resource => Some("object-lan".to_owned()),
            _ if of == Resource::Org || Resource::ROOTS.contains(&of) => None,
            _ => Some(format!("kind-{}", of.tag())),
        };
        let mut of_row = fields::groups(visit, &form_row.entry, Some(reach), title.as_deref());
        if of != resource {
            let owner = of.table().owner.map(|owner| format!("{}{}", form_row.entry.prefix, owner.name()));
            for group in &mut of_row {
                group.fields.retain(|field| Some(&field.name) != owner.as_ref());
            }
        }
        groups.extend(of_row);
    }
    let mut kept: Vec<(String, String)> = rows.iter().filter_map(|row| row.entry.base_field()).collect();
    kept.push(("once".to_owned(), save::once(visit)));
    let name = match page_object(&visit.state.snapshot, resource, row) {
        (of, _) if of == resource => object.name.clone(),
        (of, _) => {
            let part = words::part_name(&visit.state.snapshot, of, resource, row.id()).shown_text();
            format!("{} {part}", visit.texts().get(&format!("kind-{}", resource.tag())))
        }
    };
    let title = visit.texts().with("edit-title", &[("name", &name)]);
    let frame = visit.frame("edit-preview-title").named(title);
    let address = format!("{}/{}", resource.tag(), row.id());
    let page = EditPage {
        form: EditForm {
            object,
            action: format!("/edit/{address}"),
            kept,
            note: visit.form.text("note").to_owned(),
            about: String::new(),
            errors,
            is_sent: visit.is_sent(),
        },
        groups,
        hints: None,
        deletion: may_delete(visit, resource, row).then(|| format!("/delete/{address}")),
        frame,
    };
    visit.page("edit", status, page.language(), page.show())
}

pub async fn take(Path((kind, id)): Path<(String, String)>, DraftVisit(mut visit): DraftVisit) -> Response<Body> {
    let state = std::sync::Arc::clone(&visit.state);
    let Some((resource, row)) = row_at(&state.snapshot, &kind, &id) else { return crate::public::not_found() };
    let scope = match scope_of(&visit, resource, row) {
        Ok(scope) => scope,
        Err(answer) => return *answer,
    };
    let mut rows = rows_of(&visit, resource, row);
    within_reach(&visit, &scope, &mut rows);
    let (rows, errors) = read(&visit, rows);
    let object = edited_object(&visit, resource, row, "");
    let sent = EditSubmission {
        rows,
        errors,
        action: format!("/edit/{}/{}", resource.tag(), row.id()),
        page_of: page_object(&state.snapshot, resource, row).0,
        kept: Vec::new(),
        object,
    };
    let done = sent.object.path.clone();
    match save::take(&mut visit, sent).await {
        SubmissionOutcome::Answer(answer) => answer,
        SubmissionOutcome::Saved(_) => visit.go_telling(&done, "told-edit-saved"),
        SubmissionOutcome::Again(rows, errors, status) => {
            // The row may have changed since.
            let Some((_, row)) = row_at(&visit.state.snapshot, &kind, &id) else { return crate::public::not_found() };
            page(&visit, (resource, row), &scope, &rows, errors, status)
        }
    }
}

/// Reads the rows of a form, and what could not be read.
fn read(visit: &Visit, rows: Vec<FormRow>) -> (Vec<FormRow>, FormErrors) {
    let form = FormFields::of(&visit.form);
    let mut errors = FormErrors::none();
    let mut finder = ReferenceFinder::new(&visit.state.snapshot);
    let rows = rows
        .into_iter()
        .map(|row| {
            let (entry, unknown) = RowEntry::read(&form, row.entry, &row.shown, &mut finder);
            for field in row.shown.iter().filter(|field| is_foreign_campus(&visit.state.snapshot, &entry, field)) {
                let why = "The campus belongs to another organization.";
                errors = std::mem::take(&mut errors).on(format!("{}{}", entry.prefix, field.name), why);
            }
            for (field, why) in unknown {
                errors = std::mem::take(&mut errors).on(format!("{}{field}", entry.prefix), why);
            }
            FormRow { entry, ..row }
        })
        .collect();
    (rows, errors)
}
