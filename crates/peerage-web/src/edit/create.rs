//! Forms on which people add objects to an organization: networks, exchanges, facilities, carriers and campuses.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_pages::edit::{EditField, EditForm, EditInput, EditPage, EditedObject, ObjectHints};
use peerage_pages::parts::FormErrors;
use peerage_registry::place;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{self, ExtraName};
use peerage_registry::{Row, Snapshot};
use peerage_schema::{Column, Resource, Status};

use super::entry::RowEntry;
use super::hints::{self, HintRequest, KnownObject};
use super::save::{self, EditSubmission, FormRow, SubmissionOutcome};
use super::{fields, is_owner, name_of, read, row_at, values};
use crate::objects::crumbs;
use crate::visit::{DraftVisit, Visit};

/// What is added, and to which organization.
struct NewObject<'a> {
    resource: Resource,
    org: &'a Row,
    owner: Column,
    /// Whether it is suggested to the registry, and belongs to the organization that collects suggestions.
    is_suggested: bool,
}

impl<'a> NewObject<'a> {
    fn find(snapshot: &'a Snapshot, org: &str, kind: &str) -> Option<NewObject<'a>> {
        let resource = Resource::ROOTS.into_iter().find(|resource| resource.tag() == kind)?;
        let (_, org) = row_at(snapshot, Resource::Org.tag(), org)?;
        Some(NewObject { resource, org, owner: resource.table().owner?, is_suggested: false })
    }

    /// The same for a suggestion. `None` also if the registry has no organization that collects them.
    fn suggested(visit: &Visit, snapshot: &'a Snapshot, kind: &str) -> Option<NewObject<'a>> {
        SUGGESTED.iter().find(|resource| resource.tag() == kind)?;
        let org = visit.state.people.suggestion_org.to_string();
        Some(NewObject { is_suggested: true, ..NewObject::find(snapshot, &org, kind)? })
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
        if self.is_suggested {
            return format!("/suggest/{}", self.resource.tag());
        }
        format!("/add/{}/{}", self.org.id(), self.resource.tag())
    }

    /// Keys of the API that are not fields, but that a new object needs: texts only.
    fn extras(&self) -> impl Iterator<Item = &'static ExtraName> {
        // Who suggests an exchange says nothing about its LAN.
        let has_some = !(self.is_suggested && self.resource == Resource::Ix);
        rules::extras(self.resource).iter().filter(move |extra| has_some && extra.is_text)
    }

    fn object(&self, visit: &Visit) -> EditedObject {
        if self.is_suggested {
            let (name, path) = (visit.texts().get("requests-title").into_owned(), "/requests".to_owned());
            let crumbs = vec![(name.clone(), Some(path.clone()))];
            return EditedObject { name, path, crumbs, tabs: Vec::new() };
        }
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

/// The kinds that anyone with a confirmed account can suggest.
const SUGGESTED: [Resource; 3] = [Resource::Fac, Resource::Ix, Resource::Net];

/// The kinds that the person can suggest.
pub fn suggestible(visit: &Visit) -> impl Iterator<Item = Resource> {
    let org = visit.state.people.suggestion_org.get();
    let is_there = row_at(&visit.state.snapshot, Resource::Org.tag(), &org.to_string()).is_some();
    let addable = if is_there { addable(visit, org) } else { Vec::new() };
    SUGGESTED.into_iter().filter(move |resource| addable.contains(resource))
}

/// The keys of what suggesting an object is called, and of what happens to the suggestion.
pub fn suggestion_texts(kind: Resource) -> (&'static str, &'static str) {
    match kind {
        Resource::Fac => ("suggest-fac", "suggest-about-fac"),
        Resource::Ix => ("suggest-ix", "suggest-about-ix"),
        _ => ("suggest-net", "suggest-about-net"),
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
    page(&visit, &new, &new.row(), ObjectHints::default(), FormErrors::none(), StatusCode::OK)
}

fn page(
    visit: &Visit,
    new: &NewObject<'_>,
    row: &FormRow,
    hints: ObjectHints,
    errors: FormErrors,
    status: StatusCode,
) -> Response<Body> {
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
    let (title, about) = if new.is_suggested { suggestion_texts(new.resource) } else { texts_of(new.resource) };
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
    let page = EditPage { form, groups, hints: Some(hints), deletion: None, frame };
    visit.page("edit", status, page.language(), page.show())
}

pub async fn take(Path((org, kind)): Path<(String, String)>, DraftVisit(visit): DraftVisit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    match NewObject::find(&state.snapshot, &org, &kind) {
        Some(new) => take_object(visit, new).await,
        None => crate::public::not_found(),
    }
}

pub async fn show_suggestion(Path(kind): Path<String>, visit: Visit) -> Response<Body> {
    let Some(new) = NewObject::suggested(&visit, &visit.state.snapshot, &kind) else {
        return crate::public::not_found();
    };
    if let Err(answer) = new.allowed(&visit) {
        return *answer;
    }
    page(&visit, &new, &new.row(), ObjectHints::default(), FormErrors::none(), StatusCode::OK)
}

pub async fn take_suggestion(Path(kind): Path<String>, DraftVisit(visit): DraftVisit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    match NewObject::suggested(&visit, &state.snapshot, &kind) {
        Some(new) => take_object(visit, new).await,
        None => crate::public::not_found(),
    }
}

async fn take_object(mut visit: Visit, new: NewObject<'_>) -> Response<Body> {
    let look = HintRequest::of(visit.form.text("step"));
    // What a form asks by itself is not kept for after a login, as a form that somebody sends is.
    if look.is_some() && visit.principal().has_lapsed() {
        return visit.forbidden(&AccessError::NeedsFreshFactor);
    }
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
    row.entry.is_suggested = new.is_suggested;
    let (mut rows, errors) = read(&visit, vec![row]);
    if let (Some(look), Some(row)) = (look, rows.first_mut()) {
        let known = KnownObject { entry: &mut row.entry, org: new.org.id(), is_suggested: new.is_suggested };
        let hints = hints::look(&visit, look, known).await;
        return page(&visit, &new, row, hints, FormErrors::none(), StatusCode::OK);
    }
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
                (None, Some(_)) => visit.go_telling("/requests", "told-edit-pending"),
                (None, None) => visit.go_telling(&new.object(&visit).path, "told-edit-created"),
            }
        }
        SubmissionOutcome::Again(rows, errors, status) => match rows.first() {
            Some(row) => page(&visit, &new, row, ObjectHints::default(), errors, status),
            None => crate::public::not_found(),
        },
    }
}
