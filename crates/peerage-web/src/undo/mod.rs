//! The pages that show what undoing earlier changes would do, and undo them: one change of an object, an import of a member
//! list, or, for staff, what one person or key changed within a day.

mod changes;
pub mod staff;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_edge::caller;
use peerage_engine::undo::{ConflictReason, ROWS_MAX, RowEvent, UndoConflict, UndoRefusal, UndoRequest, UndoneRows};
use peerage_engine::{RehearsedChange, Rejected};
use peerage_pages::edit::{EditForm, EditedObject, LeftRow, PreviewedRow, UndoPage};
use peerage_pages::parts::FormErrors;
use peerage_registry::{Cause, EventSubject, IdempotentRetry, Row, Snapshot};
use peerage_schema::{Field, Resource};

use crate::edit::{count_rows, edited_object, note, once, page_object, previewed_rows, refusal_text, summary};
use crate::objects::words::part_name;
use crate::visit::Visit;
use changes::LoggedChange;

pub use changes::is_offered;

/// Rows that a preview lists, and as many that are left as they are. Their number is always shown.
pub const LISTED_MAX: usize = 200;

/// The hidden field that says what was shown.
const SHOWN: &str = "shown";

/// What the rehearsal of an undo shows.
#[derive(Default)]
struct UndoPreview {
    rows: Vec<PreviewedRow>,
    left: Vec<LeftRow>,
    summary: String,
    /// Says how many more rows there are.
    about: String,
    /// Identifies what was shown; empty: nothing can be undone.
    mark: String,
    errors: FormErrors,
}

/// Rehearses an undo.
///
/// # Errors
/// The answer to give instead.
async fn previewed(visit: &Visit, page_of: Resource, request: UndoRequest) -> Result<UndoPreview, Box<Response<Body>>> {
    if let Some(answer) = count_rows(visit, request.events.len(), visit.here()) {
        return Err(Box::new(answer));
    }
    let rehearsed = visit.app.engine.rehearse_undo(&visit.caller(), request).await;
    let RehearsedChange { outcome: UndoneRows { left, mark }, state, entries } = match rehearsed {
        Ok(rehearsed) => rehearsed,
        Err(rejected) => return refused(visit, page_of, rejected),
    };
    let texts = visit.texts();
    let mut rows = previewed_rows(visit, &state.snapshot, page_of, &entries);
    let more = rows.len().saturating_sub(LISTED_MAX);
    rows.truncate(LISTED_MAX);
    Ok(UndoPreview {
        rows,
        left: left_rows(visit, page_of, &left),
        summary: summary(visit, &entries),
        about: if more == 0 { String::new() } else { texts.with("undo-more", &[("count", &more)]) },
        mark,
        errors: FormErrors::none(),
    })
}

/// What to show if nothing can be undone.
fn refused(
    visit: &Visit,
    page_of: Resource,
    rejected: Rejected<UndoRefusal>,
) -> Result<UndoPreview, Box<Response<Body>>> {
    let texts = visit.texts();
    let refusal = match caller::refusal(rejected) {
        Ok(refusal) => refusal,
        Err(error) => return Err(Box::new(visit.denied(error.into(), visit.here()))),
    };
    let error = match refusal {
        UndoRefusal::NeedsFreshFactor => return Err(Box::new(visit.to_prove(visit.here()))),
        UndoRefusal::Conflicts(left) => {
            let key = if left.is_empty() { "undo-nothing" } else { "undo-refused" };
            let errors = FormErrors::none().whole(texts.get(key));
            return Ok(UndoPreview { left: left_rows(visit, page_of, &left), errors, ..UndoPreview::default() });
        }
        UndoRefusal::TooMany(count) => texts.with("undo-too-many", &[("count", &count), ("most", &ROWS_MAX)]),
        UndoRefusal::HasChanged => texts.get("undo-has-changed").into_owned(),
        UndoRefusal::NeedsFacts(refusal) => refusal_text(refusal).0,
    };
    Ok(UndoPreview { errors: FormErrors::none().whole(error), ..UndoPreview::default() })
}

/// Rows that are left as they are, and why. Of rows that the reader may not see, only the number is shown.
fn left_rows(visit: &Visit, page_of: Resource, left: &[UndoConflict]) -> Vec<LeftRow> {
    let (texts, snapshot, viewer) = (visit.texts(), &visit.state.snapshot, visit.principal().viewer());
    let row_of = |conflict: &UndoConflict| {
        let (resource, id) = (conflict.resource, conflict.id);
        // Personal data does not outlive its row.
        let is_shown = |row: &Row| Snapshot::is_public(resource) || snapshot.is_live(resource, row);
        let row = snapshot.row(resource, id);
        let is_seen = row.is_some_and(|row| is_shown(row) && snapshot.may_read(&viewer, resource, row));
        let name = if is_seen { part_name(snapshot, page_of, resource, id).shown_text() } else { String::new() };
        let own = || {
            let column = resource.table().columns.name.filter(|_| is_seen)?;
            row?.text(column).filter(|name| !name.is_empty()).map(str::to_owned)
        };
        LeftRow {
            kind: texts.get(&format!("kind-{}", resource.tag())).into_owned(),
            name: if name.is_empty() { own().unwrap_or_else(|| format!("#{id}")) } else { name },
            reason: reason(visit, resource, &conflict.reason),
        }
    };
    left.iter().take(LISTED_MAX).map(row_of).collect()
}

fn reason(visit: &Visit, resource: Resource, reason: &ConflictReason) -> String {
    let texts = visit.texts();
    let key = match reason {
        ConflictReason::Field(name) => {
            let label =
                resource.table().field(name).map(|field: &Field| texts.message(field.label)).unwrap_or_default();
            return texts.with("undo-left-field", &[("field", &label)]);
        }
        ConflictReason::Refused(refusal) => return texts.message(&refusal_text(refusal.clone()).0),
        ConflictReason::Gone => "undo-left-gone",
        ConflictReason::Restored => "undo-left-restored",
        ConflictReason::Grown => "undo-left-grown",
        ConflictReason::Erased => "undo-left-erased",
    };
    texts.get(key).into_owned()
}

/// Undoes what was shown.
///
/// # Errors
/// What to show instead.
async fn commit(visit: &Visit, page_of: Resource, request: UndoRequest) -> Result<(), UndoFailure> {
    if let Some(answer) = count_rows(visit, request.events.len(), visit.here()) {
        return Err(UndoFailure::Answer(Box::new(answer)));
    }
    let who = visit.person().map(|(user, _)| format!("user {}", user.id)).unwrap_or_default();
    let mark = format!("{} {:?}", once(visit), visit.form.fields().collect::<Vec<_>>());
    let retry = IdempotentRetry::of(&who, mark.as_bytes(), &[visit.here().as_bytes()]);
    let caller = visit.caller().with_note(note(visit)).with_retry(Some(retry));
    let shown = Some(visit.form.text(SHOWN).to_owned());
    match visit.app.engine.undo(&caller, UndoRequest { shown, ..request }).await {
        Ok(_) | Err(Rejected::Repeated { .. }) => Ok(()),
        Err(rejected) => match refused(visit, page_of, rejected) {
            Ok(preview) => Err(UndoFailure::Refused(preview.errors)),
            Err(answer) => Err(UndoFailure::Answer(answer)),
        },
    }
}

/// Why nothing was undone.
enum UndoFailure {
    Answer(Box<Response<Body>>),
    /// To be shown with what can be undone now.
    Refused(FormErrors),
}

/// A change that the visitor can undo, and the object whose history shows it.
struct OfferedUndo {
    change: LoggedChange,
    page_of: Resource,
    object: EditedObject,
    events: Vec<RowEvent>,
    leaves_out: bool,
}

impl OfferedUndo {
    /// # Errors
    /// The answer to give instead.
    async fn of(visit: &Visit, sequence: &str) -> Result<OfferedUndo, Box<Response<Body>>> {
        let missing = || Box::new(crate::public::not_found());
        visit.needs_person().map_err(Box::new)?;
        if let Some(answer) = visit.led_to_prove() {
            return Err(Box::new(answer));
        }
        let sequence = sequence.parse().map_err(|_| missing())?;
        let change = LoggedChange::around(visit, sequence).await.map_err(|error| Box::new(visit.try_later(&error)))?;
        let change = change.filter(|change| change.may_undo(visit)).ok_or_else(missing)?;
        let snapshot = &visit.state.snapshot;
        let chosen = change.events.iter().find(|event| event.sequence == sequence).ok_or_else(missing)?;
        let (resource, id) = match (&change.actor.cause, chosen.subject) {
            (Some(Cause::MemberListImported { ix }), _) => (Resource::Ix, *ix),
            (_, EventSubject::Row(resource)) => (resource, chosen.id),
            (_, EventSubject::Record(_)) => return Err(missing()),
        };
        let row = snapshot.row(resource, id).ok_or_else(missing)?;
        let object = edited_object(visit, resource, row, "undo");
        let (events, leaves_out) = (change.row_events(), changes::undoes_all(visit));
        Ok(OfferedUndo { page_of: page_object(snapshot, resource, row).0, object, events, leaves_out, change })
    }

    fn request(&self) -> UndoRequest {
        UndoRequest { events: self.events.clone(), leaves_out: self.leaves_out, shown: None }
    }

    fn title(&self) -> &'static str {
        match self.change.actor.cause {
            Some(Cause::MemberListImported { .. }) => "undo-import-title",
            _ => "undo-title",
        }
    }

    async fn page(self, visit: &Visit, action: &str, errors: FormErrors) -> Response<Body> {
        let preview = match previewed(visit, self.page_of, self.request()).await {
            Ok(preview) => preview,
            Err(answer) => return *answer,
        };
        self.shown(visit, action, preview, errors)
    }

    fn shown(self, visit: &Visit, action: &str, preview: UndoPreview, errors: FormErrors) -> Response<Body> {
        let title = visit.texts().with(self.title(), &[("name", &self.object.name)]);
        let frame = visit.frame("undo-do").named(title);
        let is_possible = !preview.mark.is_empty();
        let is_fine = is_possible && errors.is_empty();
        let form = EditForm {
            object: self.object,
            action: action.to_owned(),
            kept: vec![(SHOWN.to_owned(), preview.mark), ("once".to_owned(), once(visit))],
            note: visit.form.text("note").to_owned(),
            about: preview.about,
            errors: if errors.is_empty() { preview.errors } else { errors },
            is_sent: visit.is_sent(),
        };
        let page =
            UndoPage { form, summary: preview.summary, rows: preview.rows, left: preview.left, is_possible, frame };
        let status = if is_fine { StatusCode::OK } else { StatusCode::CONFLICT };
        visit.page("undo", status, page.language(), page.show())
    }
}

pub async fn show(Path(sequence): Path<String>, visit: Visit) -> Response<Body> {
    match OfferedUndo::of(&visit, &sequence).await {
        Ok(offered) => offered.page(&visit, &format!("/undo/{sequence}"), FormErrors::none()).await,
        Err(answer) => *answer,
    }
}

pub async fn take(Path(sequence): Path<String>, visit: Visit) -> Response<Body> {
    let offered = match OfferedUndo::of(&visit, &sequence).await {
        Ok(offered) => offered,
        Err(answer) => return *answer,
    };
    let history = format!("{}/history", offered.object.path);
    match commit(&visit, offered.page_of, offered.request()).await {
        Ok(()) => visit.go_telling(&history, "told-undone"),
        Err(UndoFailure::Answer(answer)) => *answer,
        Err(UndoFailure::Refused(errors)) => offered.page(&visit, &format!("/undo/{sequence}"), errors).await,
    }
}

/// The staff pages, in place of an object.
fn staff_pages(visit: &Visit) -> EditedObject {
    let title = visit.texts().get("staff-pages").into_owned();
    let crumbs = vec![(title, Some("/staff".to_owned()))];
    EditedObject { name: String::new(), path: "/staff/undo".to_owned(), crumbs, tabs: Vec::new() }
}

/// An undo of staff is not about one object.
fn staff_form(visit: &Visit, preview: &UndoPreview) -> EditForm {
    EditForm {
        object: staff_pages(visit),
        action: "/staff/undo".to_owned(),
        kept: vec![(SHOWN.to_owned(), preview.mark.clone()), ("once".to_owned(), once(visit))],
        note: visit.form.text("note").to_owned(),
        about: preview.about.clone(),
        errors: FormErrors::none(),
        is_sent: visit.is_sent(),
    }
}
