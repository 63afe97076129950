//! The page that shows what would be deleted, and deletes it.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_engine::DecisionContext;
use peerage_engine::object::{self, ObjectAction, ObjectChange, ObjectRefusal};
use peerage_pages::edit::{EditForm, PreviewPage};
use peerage_pages::parts::FormErrors;
use peerage_registry::place;
use peerage_registry::rules::RequestBody;
use peerage_registry::{IdempotentRetry, LogEntry};
use peerage_schema::Resource;

use super::previewed::{previewed_rows, summary};
use super::refusals::refusal_text;
use super::{edited_object, lacks, may_delete, name_of, page_object, row_at};
use crate::visit::{DraftVisit, Visit};
use peerage_edge::caller;

/// Rows that are listed before a deletion. Their number is always shown.
pub const LISTED_MAX: usize = 200;

/// The hidden field that says what was shown.
const SHOWN: &str = "shown";

/// Identifies the rows that a deletion concerns.
fn rows_mark(entries: &[LogEntry]) -> String {
    let rows: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {} {}", entry.action.name(), entry.subject().name(), entry.id))
        .collect();
    IdempotentRetry::of("", rows.join("\n").as_bytes(), &[]).key.clone()
}

fn change(resource: Resource, id: u32) -> ObjectChange {
    ObjectChange { resource, action: ObjectAction::Delete(id.to_string()), body: RequestBody::default() }
}

pub async fn show(Path((kind, id)): Path<(String, String)>, visit: Visit) -> Response<Body> {
    page(&visit, &kind, &id, FormErrors::none(), StatusCode::OK).await
}

async fn page(visit: &Visit, kind: &str, id: &str, errors: FormErrors, status: StatusCode) -> Response<Body> {
    let snapshot = &visit.state.snapshot;
    let Some((resource, row)) = row_at(snapshot, kind, id) else { return crate::public::not_found() };
    if let Some(answer) = visit.led_to_prove() {
        return answer;
    }
    if !may_delete(visit, resource, row) {
        return lacks(visit, resource, row, "delete");
    }
    if let Err(denied) = visit.count_write() {
        return visit.denied(denied, visit.here());
    }
    let object = edited_object(visit, resource, row, "");
    let texts = visit.texts();
    let frame = visit.frame("edit-delete-title");
    let change = change(resource, row.id());
    let decide = move |context: &DecisionContext<'_>| object::decide(&change, context);
    let mut form = EditForm {
        object,
        action: format!("/delete/{}/{}", resource.tag(), row.id()),
        kept: Vec::new(),
        note: visit.form.text("note").to_owned(),
        about: String::new(),
        errors,
        is_sent: visit.is_sent(),
    };
    let (rows, summary, status) = match visit.app.engine.rehearse(&visit.caller(), decide).await {
        Ok(rehearsed) => {
            let of = page_object(snapshot, resource, row).0;
            form.kept.push((SHOWN.to_owned(), rows_mark(&rehearsed.entries)));
            let mut rows = previewed_rows(visit, snapshot, of, &rehearsed.entries);
            if rows.len() > LISTED_MAX {
                let left = rows.len() - LISTED_MAX;
                rows.truncate(LISTED_MAX);
                form.about = texts.with("edit-more-deleted", &[("count", &left)]);
            }
            (rows, summary(visit, &rehearsed.entries), status)
        }
        Err(rejected) => match caller::refusal(rejected) {
            Ok(ObjectRefusal::NeedsFreshFactor) => return visit.to_prove(visit.here()),
            Ok(refusal) => {
                form.errors = form.errors.whole(refusal_text(refusal).0);
                (Vec::new(), String::new(), StatusCode::CONFLICT)
            }
            Err(error) => return visit.denied(error.into(), visit.here()),
        },
    };
    let title = texts.with("edit-delete-named", &[("name", &name_of(resource, row))]);
    let (back, is_possible) = (form.object.path.clone(), !rows.is_empty());
    let page = PreviewPage {
        form,
        summary,
        outlook: String::new(),
        similar: Vec::new(),
        rows,
        is_danger: true,
        back: Some(back),
        is_possible,
        frame: frame.named(title),
    };
    visit.page("edit", status, page.language(), page.show())
}

pub async fn take(Path((kind, id)): Path<(String, String)>, DraftVisit(visit): DraftVisit) -> Response<Body> {
    let Some((resource, row)) = row_at(&visit.state.snapshot, &kind, &id) else { return crate::public::not_found() };
    let change = change(resource, row.id());
    let (of, object) = page_object(&visit.state.snapshot, resource, row);
    let owner = place::organization_of(resource, row, |of, id| visit.state.snapshot.row(of, id));
    // The page of a deleted object says that it is gone; its organization's page is more useful.
    let to = match owner {
        _ if of != resource => format!("/{}/{}", of.tag(), object.id()),
        Some(org) if resource != Resource::Org => format!("/org/{org}"),
        _ => "/".to_owned(),
    };
    if visit.is_stale() {
        let errors = FormErrors::none().whole(visit.texts().get("edit-stale"));
        return page(&visit, &kind, &id, errors, StatusCode::CONFLICT).await;
    }
    if let Err(denied) = visit.count_write() {
        return visit.denied(denied, visit.here());
    }
    // Rows that others added since the page was shown are not deleted unseen.
    let rehearsed = change.clone();
    let decide = move |context: &DecisionContext<'_>| object::decide(&rehearsed, context);
    if let Ok(rehearsed) = visit.app.engine.rehearse(&visit.caller(), decide).await
        && rows_mark(&rehearsed.entries) != visit.form.text(SHOWN)
    {
        let errors = FormErrors::none().whole(visit.texts().get("edit-deletion-changed"));
        return page(&visit, &kind, &id, errors, StatusCode::CONFLICT).await;
    }
    let decide = move |context: &DecisionContext<'_>| object::decide(&change, context);
    let caller = visit.caller().with_note(super::save::note(&visit));
    match visit.app.engine.commit(&caller, decide).await {
        Ok(_) => visit.go_telling(&to, "told-edit-deleted"),
        Err(rejected) => match caller::refusal(rejected) {
            Ok(ObjectRefusal::NeedsFreshFactor) => visit.to_prove(visit.here()),
            Ok(refusal) => {
                let (text, is_right) = refusal_text(refusal);
                let status = if is_right { StatusCode::FORBIDDEN } else { StatusCode::CONFLICT };
                page(&visit, &kind, &id, FormErrors::none().whole(text), status).await
            }
            Err(error) => visit.denied(error.into(), visit.here()),
        },
    }
}
