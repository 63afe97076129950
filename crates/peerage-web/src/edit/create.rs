//! Forms on which people add objects to an organization: networks, exchanges, facilities, carriers and campuses.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_pages::edit::{EditField, EditForm, EditInput, EditPage, EditedObject};
use peerage_pages::parts::FormErrors;
use peerage_registry::place;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{self, ExtraName};
use peerage_registry::{Row, Snapshot};
use peerage_schema::{Column, Resource, Status};

use super::entry::RowEntry;
use super::save::{self, EditSubmission, FormRow, SubmissionOutcome};
use super::{fields, is_owner, name_of, read, row_at, values};
use crate::objects::crumbs;
use crate::visit::{DraftVisit, Visit};

/// What is added, and to which organization.
struct NewObject<'a> {
    resource: Resource,
    org: &'a Row,
    owner: Column,
}

impl<'a> NewObject<'a> {
    fn find(snapshot: &'a Snapshot, org: &str, kind: &str) -> Option<NewObject<'a>> {
        let resource = Resource::ROOTS.into_iter().find(|resource| resource.tag() == kind)?;
        let (_, org) = row_at(snapshot, Resource::Org.tag(), org)?;
        Some(NewObject { resource, org, owner: resource.table().owner? })
    }

    fn row(&self) -> FormRow {
        let entered = values::entered_fields(self.resource, true).map(|(_, field)| field);
        FormRow {
            entry: RowEntry::of_new(self.resource, "", &[]),
            shown: entered.filter(|field| !is_owner(self.resource, field)).collect(),
            label: String::new(),
            owner: Some((self.owner, self.org.id())),
        }
    }

    fn action(&self) -> String {
        format!("/add/{}/{}", self.org.id(), self.resource.tag())
    }

    /// Keys of the API that are not fields, but that a new object needs: texts only.
    fn extras(&self) -> impl Iterator<Item = &'static ExtraName> {
        rules::extras(self.resource).iter().filter(|extra| extra.is_text)
    }

    fn object(&self, visit: &Visit) -> EditedObject {
        let path = format!("/org/{}", self.org.id());
        let mut crumbs = crumbs(&visit.state.snapshot, Resource::Org, self.org, visit.texts());
        crumbs.pop();
        crumbs.push((name_of(Resource::Org, self.org), Some(path.clone())));
        EditedObject { name: name_of(Resource::Org, self.org), path, crumbs, tabs: Vec::new() }
    }

    /// Whether the person can add it.
    ///
    /// # Errors
    /// The page that says which permission is missing.
    fn allowed(&self, visit: &Visit) -> Result<(), Box<Response<Body>>> {
        if let Some(answer) = visit.led_to_prove() {
            return Err(Box::new(answer));
        }
        let kind = place::of_kind(&visit.state.snapshot, self.resource, self.org.id());
        let namespace = kind.map(|kind| format!("{kind}.*")).unwrap_or_default();
        if visit.principal().may(&namespace, Permissions::CREATE) {
            return Ok(());
        }
        let text = format!("This requires create permission on {namespace}.");
        Err(Box::new(visit.forbidden(&AccessError::Forbidden(text))))
    }
}

/// The keys of what adding an object is called, and of what happens to the new object.
pub fn texts_of(kind: Resource) -> (&'static str, &'static str) {
    match kind {
        Resource::Ix => ("edit-add-ix", "edit-new-ix"),
        Resource::Fac => ("edit-add-fac", "edit-new-fac"),
        Resource::Carrier => ("edit-add-carrier", "edit-new-carrier"),
        Resource::Campus => ("edit-add-campus", "edit-new-campus"),
        _ => ("edit-add-net", "edit-new-net"),
    }
}

/// The kinds of objects that a person can add to an organization.
pub fn addable(visit: &Visit, org: u32) -> Vec<Resource> {
    if visit.person().is_none() {
        return Vec::new();
    }
    let may = |resource: &Resource| {
        let kind = place::of_kind(&visit.state.snapshot, *resource, org);
        kind.is_some_and(|kind| visit.principal().may(&format!("{kind}.*"), Permissions::CREATE))
    };
    Resource::ROOTS.into_iter().filter(may).collect()
}

pub async fn show(Path((org, kind)): Path<(String, String)>, visit: Visit) -> Response<Body> {
    let Some(new) = NewObject::find(&visit.state.snapshot, &org, &kind) else { return crate::public::not_found() };
    if let Err(answer) = new.allowed(&visit) {
        return *answer;
    }
    page(&visit, &new, &new.row(), FormErrors::none(), StatusCode::OK)
}

fn page(visit: &Visit, new: &NewObject<'_>, row: &FormRow, errors: FormErrors, status: StatusCode) -> Response<Body> {
    let texts = visit.texts();
    let mut groups = fields::groups(visit, &row.entry, None, None);
    for group in &mut groups {
        group.fields.retain(|field| field.name != new.owner.name());
    }
    groups.retain(|group| !group.fields.is_empty());
    if let Some(first) = groups.first_mut() {
        first.fields.extend(new.extras().map(|extra| EditField {
            name: extra.name.to_owned(),
            label: texts.message(extra.label),
            help: texts.message(extra.about),
            value: visit.form.text(extra.name).to_owned(),
            input: EditInput::Line { kind: "text", is_code: true },
            is_required: false,
            longest: 0,
        }));
    }
    let (title, about) = texts_of(new.resource);
    let title = texts.get(title);
    let frame = visit.frame("edit-preview-title").named(title);
    let form = EditForm {
        object: new.object(visit),
        action: new.action(),
        kept: vec![("once".to_owned(), save::once(visit))],
        note: visit.form.text("note").to_owned(),
        about: texts.get(about).into_owned(),
        errors,
        is_sent: visit.is_sent(),
    };
    let page = EditPage { form, groups, deletion: None, frame };
    visit.page("edit", status, page.language(), page.show())
}

pub async fn take(Path((org, kind)): Path<(String, String)>, DraftVisit(mut visit): DraftVisit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let Some(new) = NewObject::find(&state.snapshot, &org, &kind) else { return crate::public::not_found() };
    if let Err(answer) = new.allowed(&visit) {
        return *answer;
    }
    let mut row = new.row();
    let extras: Vec<(String, String)> = new
        .extras()
        .map(|extra| (extra.name.to_owned(), visit.form.text(extra.name).trim().to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    row.entry.extras.clone_from(&extras);
    let (rows, errors) = read(&visit, vec![row]);
    let sent = EditSubmission {
        rows,
        errors,
        object: new.object(&visit),
        action: new.action(),
        page_of: Resource::Org,
        kept: extras,
    };
    match save::take(&mut visit, sent).await {
        SubmissionOutcome::Answer(answer) => answer,
        SubmissionOutcome::Saved(made) => {
            let snapshot = &visit.app.live.full().snapshot;
            let live = made.filter(|(of, id)| {
                snapshot.row(*of, *id).is_some_and(|row| snapshot.status(*of, row) == Some(Status::Live))
            });
            match (live, made) {
                (Some((of, id)), _) => visit.go_telling(&format!("/{}/{id}", of.tag()), "told-edit-created"),
                (None, Some((of, id))) => visit.go_telling(&format!("/edit/{}/{id}", of.tag()), "told-edit-pending"),
                (None, None) => visit.go_telling(&format!("/org/{org}"), "told-edit-created"),
            }
        }
        SubmissionOutcome::Again(rows, errors, status) => match rows.first() {
            Some(row) => page(&visit, &new, row, errors, status),
            None => crate::public::not_found(),
        },
    }
}
