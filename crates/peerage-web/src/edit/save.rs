//! What happens to a form that was sent: it is compared with the registry of now, previewed, and saved in one change.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_engine::object::{self, DecidedObject, ObjectAction, ObjectChange, ObjectRefusal, RefusedChanges};
use peerage_engine::precondition::UnchangedRow;
use peerage_engine::{Committed, DecisionContext, MissingFact, Rejected};
use peerage_pages::edit::{ConflictPage, ConflictView, EditForm, EditedObject, PreviewPage};
use peerage_pages::parts::FormErrors;
use peerage_registry::rules::{FactLookup, WriteRefusal};
use peerage_registry::{Action, IdempotentRetry};
use peerage_schema::{Column, Field, FieldKind, Resource, Status};

use super::entry::{FormFields, RowEntry, removal_name};
use super::fields::in_words;
use super::previewed::{outlook, previewed_rows, similar_to_new, summary};
use super::refusals::{refusal_text, said_text};
use crate::visit::Visit;
use peerage_edge::caller;

/// How often a save is tried again because the registry changed in the meantime.
const TRIES_MAX: usize = 3;

/// Rows that count as one change against the limit of a person.
const ROWS_A_WRITE: usize = 10;

/// Rows of one change that count, so that a change of a whole exchange is possible at all.
const ROWS_COUNTED_MAX: usize = 200;

/// The longest reason, in characters.
const NOTE_MAX: usize = 255;

/// A row of a form, and how the form shows it.
#[derive(Clone)]
pub struct FormRow {
    pub entry: RowEntry,
    /// The fields that the form shows.
    pub shown: Vec<&'static Field>,
    /// What it is called, if the form has several rows; else empty.
    pub label: String,
    /// The owner of a new row.
    pub owner: Option<(Column, u32)>,
}

/// A form that was sent.
pub struct EditSubmission {
    pub rows: Vec<FormRow>,
    /// What could not be read.
    pub errors: FormErrors,
    pub object: EditedObject,
    pub action: String,
    /// Where the object's lists name rows: the kind whose page it is.
    pub page_of: Resource,
    /// More names and values that the form carries unseen.
    pub kept: Vec<(String, String)>,
}

/// What to do with a form.
pub enum SubmissionOutcome {
    Answer(Response<Body>),
    /// Show the form again.
    Again(Vec<FormRow>, FormErrors, StatusCode),
    /// It was saved. The object that the first change created, or changed.
    Saved(Option<(Resource, u32)>),
}

/// Why a save is refused.
enum SaveRefusal {
    Changes(RefusedChanges),
    /// A row is no longer as the form was compared with it.
    HasChanged,
}

impl MissingFact for SaveRefusal {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let SaveRefusal::Changes(refused) = self { refused.missing_fact() } else { None }
    }
}

/// The changes of a form: removals first, so that a new row can have the address of a removed one.
struct FormChanges {
    list: Vec<ObjectChange>,
    /// The row of the form for each change.
    rows: Vec<usize>,
}

impl FormChanges {
    fn of(rows: &[FormRow]) -> FormChanges {
        let order = |change: &ObjectChange| match change.action {
            ObjectAction::Delete(_) => 0,
            ObjectAction::Update(_) => 1,
            _ => 2,
        };
        let changes = rows.iter().enumerate();
        let changes = changes.flat_map(|(at, row)| row.entry.changes(row.owner).into_iter().map(move |one| (at, one)));
        let mut changes: Vec<(usize, ObjectChange)> = changes.collect();
        changes.sort_by_key(|(_, change)| order(change));
        let (rows, list) = changes.into_iter().unzip();
        FormChanges { list, rows }
    }
}

/// Handles a form that was sent.
pub async fn take(visit: &mut Visit, mut sent: EditSubmission) -> SubmissionOutcome {
    if visit.is_stale() {
        sent.errors = sent.errors.whole(visit.texts().get("edit-stale"));
    }
    if !sent.errors.is_empty() {
        return SubmissionOutcome::Again(sent.rows, sent.errors, StatusCode::BAD_REQUEST);
    }
    let step = visit.form.text("step").to_owned();
    if step == "edit" {
        return SubmissionOutcome::Again(sent.rows, FormErrors::none(), StatusCode::OK);
    }
    choose(visit, &mut sent.rows);
    for _ in 0..TRIES_MAX {
        let conflicts = match follow(visit, &mut sent.rows) {
            Ok(conflicts) => conflicts,
            Err(errors) => return SubmissionOutcome::Again(sent.rows, errors, StatusCode::CONFLICT),
        };
        if !conflicts.is_empty() {
            return SubmissionOutcome::Answer(conflict_page(visit, &sent, conflicts));
        }
        let changes = FormChanges::of(&sent.rows);
        if changes.list.is_empty() {
            return SubmissionOutcome::Answer(visit.go_telling(&sent.object.path, "told-edit-nothing"));
        }
        let refusal = if step == "save" {
            match commit(visit, &sent, &changes).await {
                Ok(outcome) => return outcome,
                Err(refusal) => refusal,
            }
        } else {
            match preview(visit, &sent, &changes).await {
                Ok(outcome) => return outcome,
                Err(refusal) => refusal,
            }
        };
        match refusal {
            SaveRefusal::HasChanged => visit.state = visit.app.live.full(),
            SaveRefusal::Changes(refused) => return refused_form(visit, sent, &changes, refused),
        }
    }
    let errors = FormErrors::none().whole("Someone else changed this at the same time. Try again.");
    SubmissionOutcome::Again(sent.rows, errors, StatusCode::CONFLICT)
}

/// Applies what the person chose between their own value and that of others.
fn choose(visit: &Visit, rows: &mut [FormRow]) {
    let form = FormFields::of(&visit.form);
    for row in rows {
        for field in &row.shown {
            if form.text(&format!("choose.{}{}", row.entry.prefix, field.name)) == "theirs"
                && let Some(base) = row.entry.base.get(field.name).cloned()
            {
                row.entry.entered.insert(field.name, base);
            }
        }
    }
}

/// Takes what others changed in the meantime. Returns the fields that both changed.
///
/// # Errors
/// Rows that are gone.
fn follow(visit: &Visit, rows: &mut Vec<FormRow>) -> Result<Vec<ConflictView>, FormErrors> {
    let (texts, snapshot) = (visit.texts(), &visit.state.snapshot);
    let (mut conflicts, mut errors) = (Vec::new(), FormErrors::none());
    let mut gone = Vec::new();
    for (at, row) in rows.iter_mut().enumerate() {
        let (resource, Some(id)) = (row.entry.resource, row.entry.id) else { continue };
        let found = snapshot.row(resource, id);
        let is_there = |status: Option<Status>| matches!(status, Some(Status::Live | Status::Pending));
        let Some(now) = found.filter(|now| is_there(snapshot.status(resource, now))) else {
            if row.entry.is_changed() && !row.entry.is_removed {
                let label = if row.label.is_empty() { String::new() } else { format!("{}: ", row.label) };
                errors = errors.whole(format!("{label}{}", texts.get("edit-gone")));
            }
            gone.push(at);
            continue;
        };
        for conflict in row.entry.follow(now) {
            let Some(field) = resource.table().field(conflict.field) else { continue };
            let label = texts.message(field.label);
            let label = if row.label.is_empty() { label } else { format!("{}: {label}", row.label) };
            conflicts.push(ConflictView {
                name: format!("{}{}", row.entry.prefix, field.name),
                label,
                theirs: in_words(texts, snapshot, field, &conflict.now),
                mine: in_words(texts, snapshot, field, row.entry.entered.get(field.name).map_or(&[], Vec::as_slice)),
            });
        }
    }
    for at in gone.into_iter().rev() {
        rows.remove(at);
    }
    if errors.is_empty() { Ok(conflicts) } else { Err(errors) }
}

/// The reason for a change.
pub fn note(visit: &Visit) -> Option<String> {
    let text: String = visit.form.text("note").chars().filter(|letter| !letter.is_control()).take(NOTE_MAX).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The hidden fields of a form: all that it was sent with, compared with the registry of now.
fn kept(visit: &Visit, sent: &EditSubmission) -> Vec<(String, String)> {
    let mut kept = sent.kept.clone();
    kept.push(("once".to_owned(), once(visit)));
    // New rows are kept even if they are empty, since a box that is ticked from the start would be unticked without it.
    let is_kept = |row: &&FormRow| row.entry.id.is_none() || row.entry.is_changed();
    for row in sent.rows.iter().filter(is_kept) {
        kept.extend(row.entry.base_field());
        if row.entry.is_removed {
            kept.push((removal_name(&row.entry.prefix), "yes".to_owned()));
        }
        for field in &row.shown {
            let name = format!("{}{}", row.entry.prefix, field.name);
            let texts = row.entry.entered.get(field.name).map_or(&[][..], Vec::as_slice);
            if let FieldKind::Social = field.kind {
                for pair in texts.chunks(2) {
                    kept.push((format!("{name}.service"), pair[0].clone()));
                    kept.push((format!("{name}.identifier"), pair.get(1).cloned().unwrap_or_default()));
                }
            } else {
                kept.extend(texts.iter().map(|text| (name.clone(), text.clone())));
            }
        }
    }
    kept
}

/// The mark of a form by which a save that is sent twice is carried out once.
pub fn once(visit: &Visit) -> String {
    let sent = visit.form.text("once");
    let is_mark = (16..=64).contains(&sent.len())
        && sent.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_mark { sent.to_owned() } else { data_encoding::BASE64URL_NOPAD.encode(&visit.chance::<18>()) }
}

fn form_of(visit: &Visit, sent: &EditSubmission) -> EditForm {
    EditForm {
        object: sent.object.clone(),
        action: sent.action.clone(),
        kept: kept(visit, sent),
        note: note(visit).unwrap_or_default(),
        about: String::new(),
        errors: FormErrors::none(),
        is_sent: visit.is_sent(),
    }
}

fn conflict_page(visit: &Visit, sent: &EditSubmission, conflicts: Vec<ConflictView>) -> Response<Body> {
    let frame = visit.frame("edit-conflict-title");
    let page = ConflictPage { form: form_of(visit, sent), conflicts, frame };
    visit.page("edit", StatusCode::CONFLICT, page.language(), page.show())
}

/// Counts changed rows against the limit of changes: a preview costs as much as a save. Returns the answer if it is too
/// much.
pub fn count_rows(visit: &Visit, rows: usize, here: &str) -> Option<Response<Body>> {
    let mut writes = 0..rows.min(ROWS_COUNTED_MAX).div_ceil(ROWS_A_WRITE).max(1);
    writes.find_map(|_| visit.count_write().err()).map(|denied| visit.denied(denied, here))
}

async fn preview(
    visit: &Visit,
    sent: &EditSubmission,
    changes: &FormChanges,
) -> Result<SubmissionOutcome, SaveRefusal> {
    if let Some(answer) = count_rows(visit, changes.list.len(), &sent.object.path) {
        return Ok(SubmissionOutcome::Answer(answer));
    }
    let list = changes.list.clone();
    let decide = move |context: &DecisionContext<'_>| object::decide_all(&list, context).map_err(SaveRefusal::Changes);
    match visit.app.engine.rehearse(&visit.caller(), decide).await {
        Ok(rehearsed) => {
            let rows = previewed_rows(visit, &rehearsed.state.snapshot, sent.page_of, &rehearsed.entries);
            if rows.is_empty() {
                return Ok(SubmissionOutcome::Answer(visit.go_telling(&sent.object.path, "told-edit-nothing")));
            }
            let summary = summary(visit, &rehearsed.entries);
            let is_danger = rehearsed.entries.iter().any(|entry| entry.action == Action::Delete);
            let frame = visit.frame("edit-preview-title");
            let page = PreviewPage {
                form: form_of(visit, sent),
                summary,
                outlook: outlook(visit, &rehearsed),
                similar: similar_to_new(visit, &rehearsed.entries).await,
                rows,
                is_danger,
                back: None,
                is_possible: true,
                frame,
            };
            Ok(SubmissionOutcome::Answer(visit.page("edit", StatusCode::OK, page.language(), page.show())))
        }
        Err(rejected) => refused(visit, rejected),
    }
}

async fn commit(visit: &Visit, sent: &EditSubmission, changes: &FormChanges) -> Result<SubmissionOutcome, SaveRefusal> {
    if let Some(answer) = count_rows(visit, changes.list.len(), &sent.object.path) {
        return Ok(SubmissionOutcome::Answer(answer));
    }
    let snapshot = &visit.state.snapshot;
    let rows = sent.rows.iter().filter(|row| row.entry.is_changed());
    let unchanged = rows.filter_map(|row| UnchangedRow::of(snapshot, row.entry.resource, row.entry.id?));
    let unchanged: Vec<UnchangedRow> = unchanged.collect();
    let list = changes.list.clone();
    let decide = move |context: &DecisionContext<'_>| {
        if !unchanged.iter().all(|row| row.holds_in(context.registry)) {
            return Err(SaveRefusal::HasChanged);
        }
        object::decide_all(&list, context).map_err(SaveRefusal::Changes)
    };
    let who = visit.person().map(|(user, _)| format!("user {}", user.id)).unwrap_or_default();
    // What was sent, not what is left to do: the same form with other values is another save, and sent again it is none.
    let mark = format!("{} {:?}", once(visit), visit.form.fields().collect::<Vec<_>>());
    let retry = IdempotentRetry::of(&who, mark.as_bytes(), &[visit.here().as_bytes()]);
    let caller = visit.caller().with_note(note(visit)).with_retry(Some(retry));
    match visit.app.engine.commit(&caller, decide).await {
        Ok(Committed { outcome, .. }) => Ok(SubmissionOutcome::Saved(first_shown(&outcome))),
        // The same form was saved before.
        Err(Rejected::Repeated { .. }) => {
            Ok(SubmissionOutcome::Answer(visit.go_telling(&sent.object.path, "told-edit-saved")))
        }
        Err(rejected) => refused(visit, rejected),
    }
}

fn first_shown(decided: &[DecidedObject]) -> Option<(Resource, u32)> {
    decided.iter().find_map(|one| one.decision.shown)
}

fn refused(visit: &Visit, rejected: Rejected<SaveRefusal>) -> Result<SubmissionOutcome, SaveRefusal> {
    match caller::refusal(rejected) {
        Ok(refusal) => Err(refusal),
        Err(error) => Ok(SubmissionOutcome::Answer(visit.denied(error.into(), visit.here()))),
    }
}

/// Shows the form again with the errors of the rules, at the fields that they are about.
fn refused_form(
    visit: &Visit,
    sent: EditSubmission,
    changes: &FormChanges,
    refused: RefusedChanges,
) -> SubmissionOutcome {
    let texts = visit.texts();
    let mut errors = FormErrors::none();
    let mut is_allowed = true;
    for (at, refusal) in refused.0 {
        let row = changes.rows.get(at).and_then(|row| sent.rows.get(*row));
        let Some(row) = row else { continue };
        let named = |text: String| if row.label.is_empty() { text } else { format!("{}: {text}", row.label) };
        match refusal {
            ObjectRefusal::NeedsFreshFactor => return SubmissionOutcome::Answer(visit.to_prove(&sent.action)),
            ObjectRefusal::Rules(WriteRefusal::Invalid(complaints)) => {
                for (name, said) in &complaints.fields {
                    let text = said_text(said);
                    let field = row.shown.iter().find(|field| field.name == name);
                    errors = match (field, row.entry.resource.table().field(name)) {
                        (Some(field), _) => errors.on(format!("{}{}", row.entry.prefix, field.name), text),
                        (None, Some(field)) => errors.whole(named(format!("{}: {text}", texts.message(field.label)))),
                        (None, None) => errors.whole(named(text)),
                    };
                }
            }
            refusal => {
                let (text, is_right) = refusal_text(refusal);
                is_allowed &= !is_right;
                errors = errors.whole(named(text));
            }
        }
    }
    let status = if is_allowed { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
    SubmissionOutcome::Again(sent.rows, errors, status)
}
