//! The history of an object: each change of it and of the rows in its lists, with fields, as a page and as a feed (Atom).
//!
//! Everyone may see what changed, because everyone could see it before and after; what is hidden now is hidden in the past
//! as well ([`super::past`]). Who did it is shown by name to the
//! object's organization and to staff only; others learn what kind of person or program it was. Fields that the API does
//! not show are not shown here either.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::HeaderValue;
use axum::http::{Response, StatusCode};
use peerage_pages::object::{ChangeView, ChangedPart, HistoryFeed, HistoryPage, UndoLink};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::{self, DAY, Moment};
use peerage_registry::{Action, Actor, Cause, EventSubject, Row};
use peerage_schema::{Field, FieldKind, Resource, Status};
use peerage_store::AuditEvent;
use serde_json::Value as Json;

use super::past::PastReader;
use super::words::{changed_fields, part_name};
use super::{missing, past};
use crate::frame::{organization_name, person_and_username};
use crate::page_form::{PageForm, complete, in_form, pooled, varied};
use crate::undo;
use crate::visit::Visit;
use peerage_edge::content::{JSON, TEXT};
use peerage_edge::errors::ApiError;

/// Events on a page and in a feed.
pub const EVENTS_A_PAGE: usize = 50;

/// The media type of a feed (RFC 4287).
const ATOM: HeaderValue = HeaderValue::from_static("application/atom+xml; charset=utf-8");

macro_rules! histories {
    ($($name:ident $resource:ident),*) => {$(
        pub async fn $name(Path(id): Path<String>, visit: Visit) -> Response<Body> {
            show(visit, Resource::$resource, id.parse().ok()).await
        }
    )*};
}
histories!(net Net, ix Ix, fac Fac, org Org, carrier Carrier, campus Campus);

/// Objects that are public, or were.
pub fn public_row(visit: &Visit, resource: Resource, id: Option<u32>) -> Option<&Row> {
    let snapshot = &visit.state.snapshot;
    let row = id.and_then(|id| snapshot.row(resource, id))?;
    matches!(snapshot.status(resource, row), Some(Status::Live | Status::Deleted)).then_some(row)
}

/// How often the log is read for one page, until there is a change that the reader may see.
const READS_MAX: usize = 4;

/// The last events before a position, of the object and of what is or was in its lists; and where the next page begins.
async fn events(
    visit: &Visit,
    resource: Resource,
    id: u32,
    mut before: Option<u64>,
) -> Result<(Vec<AuditEvent>, Option<u64>), ApiError> {
    let listed = past::listed_rows(&visit.state.snapshot, resource, id);
    let objects = past::log_objects(listed.into_iter().chain([(resource, id)]));
    let _read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
    for _ in 0..READS_MAX {
        // One more than shown says whether older ones follow.
        let found = visit.app.store.events_of(objects.clone(), before, EVENTS_A_PAGE + 1).await;
        let mut found = found.map_err(|_| ApiError::Unavailable)?;
        let is_cut = found.len() > EVENTS_A_PAGE;
        found.truncate(EVENTS_A_PAGE);
        before = found.last().map(|event| event.sequence).filter(|_| is_cut);
        let reader = HistoryReader::of(visit, resource, id);
        if before.is_none() || found.iter().any(|event| reader.change(event).is_some()) {
            return Ok((found, before));
        }
    }
    Ok((Vec::new(), before))
}

async fn show(visit: Visit, resource: Resource, id: Option<u32>) -> Response<Body> {
    let Some(id) = public_row(&visit, resource, id).map(Row::id) else { return missing(&visit) };
    let Ok(before) = visit.query("before").map(|text| text.parse()).transpose() else {
        return past::refused(&visit, "history-before-malformed");
    };
    match events(&visit, resource, id, before).await {
        Ok((found, older)) => pooled(visit, move |visit| complete(answer(visit, resource, id, &found, older))).await,
        Err(error) => visit.try_later(&error),
    }
}

fn answer(visit: &Visit, resource: Resource, id: u32, found: &[AuditEvent], older: Option<u64>) -> Response<Body> {
    let Some(row) = public_row(visit, resource, Some(id)) else { return missing(visit) };
    let reader = HistoryReader::of(visit, resource, id);
    let changes: Vec<ChangeView> = found.iter().filter_map(|event| reader.change(event)).collect();
    let path = format!("/{}/{id}", resource.tag());
    let name = resource.table().columns.name.map_or("", |name| row.text_or_empty(name)).to_owned();
    let frame = visit.frame_without_forms("history-title");
    let title = xml_text(&format!("{name}: {}", frame.title));
    let frame = frame.named(title);
    let feed = format!("{}{path}/history?format=atom", visit.app.settings.site);
    if visit.query("format").as_deref() == Some("atom") {
        let canonical = format!("{}{path}", visit.app.settings.site);
        let updated = changes.first().map_or_else(String::new, |change| change.time.clone());
        let changes = changes.into_iter().map(for_feed).collect();
        let page = HistoryFeed { frame, name: xml_text(&name), canonical, feed, updated, changes };
        return in_form(visit, "object", StatusCode::OK, ATOM, page.show());
    }
    match PageForm::of(visit) {
        PageForm::Text => in_form(visit, "object", StatusCode::OK, TEXT, plain(&name, &changes)),
        PageForm::Json | PageForm::Csv | PageForm::GeoJson | PageForm::Kmz => {
            in_form(visit, "object", StatusCode::OK, JSON, as_json(&changes, older).to_string())
        }
        PageForm::Html => {
            let older = older.map(|older| format!("{path}/history?before={older}"));
            let page = HistoryPage { frame, name, path, changes, older, feed };
            varied(visit.public_page("object history", StatusCode::OK, page.language(), page.show()))
        }
    }
}

/// A change whose texts can be in a feed.
fn for_feed(mut change: ChangeView) -> ChangeView {
    change.who = xml_text(&change.who);
    if let Some(part) = &mut change.part {
        part.cell.text = xml_text(&part.cell.text);
    }
    for field in &mut change.fields {
        (field.before, field.after) = (xml_text(&field.before), xml_text(&field.after));
    }
    change
}

/// A text without the characters that XML 1.0 cannot have: imported rows can have control characters.
fn xml_text(text: &str) -> String {
    let is_allowed = |letter: &char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r');
    text.chars().filter(is_allowed).filter(|letter| !matches!(letter, '\u{fffe}' | '\u{ffff}')).collect()
}

/// The changes as JSON. `older`: pass it as `before` for the next page.
fn as_json(changes: &[ChangeView], older: Option<u64>) -> Json {
    let fields = |change: &ChangeView| -> Vec<Json> {
        let each = change.fields.iter();
        each.map(|field| serde_json::json!({"field": field.key, "before": field.values[0], "after": field.values[1]}))
            .collect()
    };
    // The row of a list that changed; null: the object itself.
    let object = |change: &ChangeView| {
        change.part.as_ref().map(|part| serde_json::json!({"type": part.tag, "id": part.id, "name": part.cell.plain()}))
    };
    let rows: Vec<Json> = changes
        .iter()
        .map(|change| {
            serde_json::json!({
                "sequence": change.sequence, "time": change.time, "action": change.action, "by": change.who,
                "key": change.key, "note": change.note, "object": object(change), "fields": fields(change),
            })
        })
        .collect();
    serde_json::json!({"data": rows, "meta": {"before": older}})
}

fn plain(name: &str, changes: &[ChangeView]) -> String {
    let mut out = format!("{name}\n");
    for change in changes {
        let part =
            change.part.as_ref().map(|part| format!("  {} {}", part.kind, part.cell.plain())).unwrap_or_default();
        out.push_str(&format!("\n{}  {}{part}  {}\n", change.time, change.what, change.who));
        for field in &change.fields {
            out.push_str(&format!("  {}: {} -> {}\n", field.label, field.before, field.after));
        }
    }
    out
}

/// What a reader sees of an object's changes.
struct HistoryReader<'a> {
    visit: &'a Visit,
    past: PastReader<'a>,
    /// The object.
    resource: Resource,
    id: u32,
}

impl<'a> HistoryReader<'a> {
    fn of(visit: &'a Visit, resource: Resource, id: u32) -> HistoryReader<'a> {
        HistoryReader { visit, past: PastReader::of(&visit.state, visit.principal()), resource, id }
    }

    fn change(&self, event: &AuditEvent) -> Option<ChangeView> {
        let EventSubject::Row(kind) = event.subject else { return None };
        if event.action == Action::Note {
            return None;
        }
        let texts = self.visit.texts();
        let state = |text: &Option<String>| self.past.state(kind, event, text.as_deref());
        let (before, after) = (state(&event.before), state(&event.after));
        if before.is_none() && after.is_none() && !(event.is_erased && kind == self.resource) {
            return None;
        }
        let is_first = before.is_none();
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let is_listed = |field: &Field| !self.is_object(field, &after);
        // A deletion changes nothing else.
        let fields = match event.action {
            Action::Delete => Vec::new(),
            _ => changed_fields(self.visit, kind, [&before, &after], is_listed),
        };
        let is_change = !is_first && matches!(event.action, Action::Update | Action::Import);
        if is_change && fields.is_empty() && !event.is_erased {
            return None;
        }
        let actor: Option<Actor> = event.actor.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let (who, key, note) = self.who(event, actor.as_ref());
        let action = if is_first && event.action == Action::Update { Action::Create } else { event.action };
        let is_undo = actor.as_ref().is_some_and(|actor| actor.cause == Some(Cause::Undone));
        let what = texts.get(action_key(action));
        let what = if is_undo { texts.with("history-undone", &[("what", &what)]).into() } else { what };
        Some(ChangeView {
            sequence: event.sequence,
            time: moment::print_seconds(event.at),
            exact: moment::print_exact(event.at),
            action: action.name(),
            what: what.into_owned(),
            is_first,
            part: self.part(kind, event.id),
            who,
            key,
            note,
            is_erased: event.is_erased,
            fields,
            undo: actor.as_ref().and_then(|actor| self.undo(event, actor)),
        })
    }

    fn undo(&self, event: &AuditEvent, actor: &Actor) -> Option<UndoLink> {
        let key = match actor.cause {
            Some(Cause::MemberListImported { .. }) => "undo-import-link",
            _ => "undo-link",
        };
        let path = format!("/undo/{}", event.sequence);
        undo::is_offered(self.visit, event, actor).then_some(UndoLink { path, key })
    }

    /// Whether a field only says that a row is in a list of the object.
    fn is_object(&self, field: &Field, row: &Json) -> bool {
        matches!(field.kind, FieldKind::Ref(of) if of == self.resource) && row[field.name] == self.id
    }

    /// What a row of a list is called: its kind, and the object that its list names it by. Nothing for the object itself.
    fn part(&self, kind: Resource, id: u32) -> Option<ChangedPart> {
        if kind == self.resource {
            return None;
        }
        let cell = part_name(&self.visit.state.snapshot, self.resource, kind, id);
        let kind_name = self.visit.texts().get(&format!("kind-{}", kind.tag())).into_owned();
        Some(ChangedPart { tag: kind.tag(), id, kind: kind_name, cell })
    }

    /// Who did it, by which key, and why, as far as the reader may know.
    fn who(&self, event: &AuditEvent, actor: Option<&Actor>) -> (String, String, String) {
        let (texts, people) = (self.visit.texts(), &self.visit.state.people);
        let Some(actor) = actor else {
            return (texts.get("history-erased").into_owned(), String::new(), String::new());
        };
        let is_import = matches!(actor.cause, Some(Cause::Imported | Cause::Pruned | Cause::MemberListImported { .. }))
            || event.action == Action::Import;
        let person = actor.user.and_then(|user| people.user(user));
        let audits = self.past.audits(event);
        let reader = self.visit.person().map(|(user, _)| user.id);
        let is_colleague = |org: OrgId| reader.is_some_and(|reader| people.member(org, reader).is_some());
        let sees_name = audits || event.org.is_some_and(is_colleague);
        let key = actor.key.clone().filter(|_| audits).unwrap_or_default();
        let note = actor.note.clone().filter(|_| sees_name).unwrap_or_default();
        let who = match person {
            _ if is_import => texts.get("history-import").into_owned(),
            Some(person) if sees_name => person_and_username(person),
            _ if sees_name => match actor.operator.as_ref().filter(|_| self.past.sees_all()) {
                Some(operator) => format!("{} ({operator})", texts.message(&actor.name)),
                None => texts.message(&actor.name),
            },
            Some(person) => match event.org.filter(|org| people.member(*org, person.id).is_some()) {
                Some(org) => {
                    let name = organization_name(&self.visit.state.snapshot, org);
                    texts.with("history-member", &[("org", &name)])
                }
                None if person.staff.is_some() => texts.get("history-staff").into_owned(),
                None => texts.get("history-person").into_owned(),
            },
            None if actor.key.is_some() => {
                let name = event.org.map(|org| organization_name(&self.visit.state.snapshot, org)).unwrap_or_default();
                texts.with("history-key", &[("org", &name)])
            }
            None => texts.get("history-staff").into_owned(),
        };
        (who, key, note)
    }
}

fn action_key(action: Action) -> &'static str {
    match action {
        Action::Create => "history-create",
        Action::Update => "history-update",
        Action::Delete => "history-delete",
        Action::Erase => "history-erase",
        Action::Import => "history-imported",
        Action::Note => "history-note",
    }
}

/// A time in an address: a day, which means its end, or a moment.
pub fn moment_of(text: &str) -> Option<Moment> {
    match text.len() {
        10 => moment::parse(&format!("{text}T00:00:00Z")).map(|day| day + DAY),
        // A time without a fraction means the whole second.
        _ => moment::parse(text).map(|at| at + if text.contains('.') { moment::TICK } else { moment::SECOND }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_and_a_second_all_of_it() {
        let at = |text: &str| moment_of(text).map(moment::print_exact);
        assert_eq!(at("2026-01-01").as_deref(), Some("2026-01-02T00:00:00.000000Z"));
        assert_eq!(at("2026-01-01T10:00:00Z").as_deref(), Some("2026-01-01T10:00:01.000000Z"));
        assert_eq!(at("2026-01-01T10:00:00.5Z").as_deref(), Some("2026-01-01T10:00:00.500001Z"));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn a_feed_has_only_characters_that_xml_can_have() {
        assert_eq!(xml_text("a\u{b}b\u{0}c\td\u{ffff}e"), "abc\tde");
    }
}
