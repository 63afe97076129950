//! The history of an object: each change with its fields, as a page, as a feed (Atom), and the object as it was at a time.
//!
//! Everyone may see what changed, because everyone could see it before and after. Who did it is shown by name to the
//! object's organization and to staff only; others learn what kind of person or program it was. Fields that the API does
//! not show are not shown here either.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::HeaderValue;
use axum::http::{Response, StatusCode};
use peerage_access::audit_view::AuditReader;
use peerage_pages::object::{ChangeView, FieldChange, HistoryFeed, HistoryPage};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::{self, DAY, Moment};
use peerage_registry::{Action, Actor, Cause, EventSubject, Row};
use peerage_schema::{Field, Resource, Status};
use peerage_store::{AuditEvent, AuditQuery};
use serde_json::Value as Json;

use super::{facts, missing};
use crate::frame::{organization_name, person_and_username};
use crate::page_form::{PageForm, in_form, varied};
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
            show(&visit, Resource::$resource, id.parse().ok()).await
        }
    )*};
}
histories!(net Net, ix Ix, fac Fac, org Org, carrier Carrier, campus Campus);

/// Objects that are public, or were.
fn public_row(visit: &Visit, resource: Resource, id: Option<u32>) -> Option<&Row> {
    let snapshot = &visit.state.snapshot;
    let row = id.and_then(|id| snapshot.row(resource, id))?;
    matches!(snapshot.status(resource, row), Some(Status::Live | Status::Deleted)).then_some(row)
}

async fn events(visit: &Visit, query: &AuditQuery) -> Result<Vec<AuditEvent>, ApiError> {
    let read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
    let found = visit.app.store.audit_log(query).await.map_err(|_| ApiError::Unavailable);
    drop(read);
    found
}

fn query_of(resource: Resource, id: u32, limit: usize) -> AuditQuery {
    AuditQuery {
        subject: Some(EventSubject::Row(resource)),
        object: Some(id),
        newest_first: true,
        limit,
        ..AuditQuery::default()
    }
}

async fn show(visit: &Visit, resource: Resource, id: Option<u32>) -> Response<Body> {
    let Some(row) = public_row(visit, resource, id) else { return missing(visit) };
    let before = visit.query("before").and_then(|text| text.parse().ok());
    // One more than shown says whether older ones follow.
    let query = AuditQuery { before, ..query_of(resource, row.id(), EVENTS_A_PAGE + 1) };
    let mut found = match events(visit, &query).await {
        Ok(found) => found,
        Err(error) => return visit.busy(&error),
    };
    let is_cut = found.len() > EVENTS_A_PAGE;
    found.truncate(EVENTS_A_PAGE);
    let last = found.last().map(|event| event.sequence).filter(|_| is_cut);
    let reader = HistoryReader::of(visit, resource, row);
    let changes: Vec<ChangeView> = found.iter().filter_map(|event| reader.change(event)).collect();
    let path = format!("/{}/{}", resource.tag(), row.id());
    let name = resource.table().columns.name.map_or("", |name| row.text_or_empty(name)).to_owned();
    let frame = visit.frame_without_forms("history-title");
    let title = format!("{name}: {}", frame.title);
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
            in_form(visit, "object", StatusCode::OK, JSON, as_json(&changes).to_string())
        }
        PageForm::Html => {
            let older = last.map(|last| format!("{path}/history?before={last}"));
            let page = HistoryPage { frame, name, path, changes, older, feed };
            varied(visit.public_page("object history", StatusCode::OK, page.language(), page.show()))
        }
    }
}

/// A change whose texts can be in a feed.
fn for_feed(mut change: ChangeView) -> ChangeView {
    change.who = xml_text(&change.who);
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

fn as_json(changes: &[ChangeView]) -> Json {
    let fields = |change: &ChangeView| -> Vec<Json> {
        let each = change.fields.iter();
        each.map(|field| serde_json::json!({"field": field.key, "before": field.before, "after": field.after}))
            .collect()
    };
    let rows: Vec<Json> = changes
        .iter()
        .map(|change| {
            serde_json::json!({
                "sequence": change.sequence, "time": change.time, "action": change.action, "by": change.who,
                "key": change.key, "fields": fields(change),
            })
        })
        .collect();
    serde_json::json!({"data": rows})
}

fn plain(name: &str, changes: &[ChangeView]) -> String {
    let mut out = format!("{name}\n");
    for change in changes {
        out.push_str(&format!("\n{}  {}  {}\n", change.time, change.what, change.who));
        for field in &change.fields {
            out.push_str(&format!("  {}: {} -> {}\n", field.label, field.before, field.after));
        }
    }
    out
}

/// What a reader sees of an object's changes.
struct HistoryReader<'a> {
    visit: &'a Visit,
    reader: AuditReader<'a>,
    /// Fields that the API shows to this reader.
    shown: Vec<&'static Field>,
}

impl<'a> HistoryReader<'a> {
    fn of(visit: &'a Visit, resource: Resource, row: &Row) -> HistoryReader<'a> {
        let facts = facts::shown_row(visit, &visit.principal().viewer(), resource, row.id());
        // A deleted object has no row in the API's answer to this; its fields are those that the API has at all.
        let is_shown = |field: &&Field| field.is_shown() && (facts.is_null() || facts.get(field.name).is_some());
        // These say nothing that the change itself does not.
        let unlisted = ["id", "updated", "version", "created"];
        let fields = resource.table().fields.iter();
        let shown = fields.filter(is_shown).filter(|field| !unlisted.contains(&field.name)).collect();
        let reader = AuditReader::new(visit.principal(), &visit.state.people, &visit.state.snapshot);
        HistoryReader { visit, reader, shown }
    }

    fn change(&self, event: &AuditEvent) -> Option<ChangeView> {
        if event.action == Action::Note {
            return None;
        }
        let texts = self.visit.texts();
        let read = |text: &Option<String>| {
            text.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok()).unwrap_or(Json::Null)
        };
        let audits = self.audits(event);
        let (before, after) = (known(read(&event.before), audits), known(read(&event.after), audits));
        if before.is_null() && after.is_null() && !event.is_erased {
            return None;
        }
        let is_first = before.is_null();
        let differs = |field: &&&Field| before.get(field.name) != after.get(field.name);
        let value = |field: &Field, row: &Json| {
            facts::fact(texts, field, &row[field.name]).map_or_else(String::new, |(_, cell)| cell.shown_text())
        };
        let changed = |field: &&'static Field| FieldChange {
            key: field.name,
            label: texts.message(field.label),
            before: value(field, &before),
            after: value(field, &after),
        };
        let fields: Vec<FieldChange> =
            self.shown.iter().filter(differs).map(changed).filter(|change| change.before != change.after).collect();
        let actor: Option<Actor> = event.actor.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let (who, key) = self.who(event, actor.as_ref());
        let action = if is_first && event.action == Action::Update { Action::Create } else { event.action };
        Some(ChangeView {
            sequence: event.sequence,
            time: moment::print_seconds(event.at),
            exact: moment::print_exact(event.at),
            action: action.name(),
            what: texts.get(action_key(action)).into_owned(),
            who,
            key,
            is_erased: event.is_erased,
            fields,
        })
    }

    /// Whether the reader sees everything about an event: staff, and people who audit its organization.
    fn audits(&self, event: &AuditEvent) -> bool {
        self.reader.is_staff() || event.org.is_some_and(|org| self.visit.principal().may_audit(org))
    }

    /// Who did it, and by which key, as far as the reader may know.
    fn who(&self, event: &AuditEvent, actor: Option<&Actor>) -> (String, String) {
        let (texts, people) = (self.visit.texts(), &self.visit.state.people);
        let Some(actor) = actor else { return (texts.get("history-erased").into_owned(), String::new()) };
        let is_import = matches!(actor.cause, Some(Cause::Imported | Cause::Pruned)) || event.action == Action::Import;
        let person = actor.user.and_then(|user| people.user(user));
        let audits = self.audits(event);
        let reader = self.visit.person().map(|(user, _)| user.id);
        let is_colleague = |org: OrgId| reader.is_some_and(|reader| people.member(org, reader).is_some());
        let sees_name = audits || event.org.is_some_and(is_colleague);
        let key = actor.key.clone().filter(|_| audits).unwrap_or_default();
        let who = match person {
            _ if is_import => texts.get("history-import").into_owned(),
            Some(person) if sees_name => person_and_username(person),
            _ if sees_name => texts.message(&actor.name),
            Some(person) => match event.org.filter(|org| people.member(*org, person.id).is_some()) {
                Some(org) => {
                    let name = organization_name(&self.visit.state.snapshot, org);
                    texts.with("history-member", &[("org", &name)])
                }
                None if person.superuser => texts.get("history-staff").into_owned(),
                None => texts.get("history-person").into_owned(),
            },
            None if actor.key.is_some() => {
                let name = event.org.map(|org| organization_name(&self.visit.state.snapshot, org)).unwrap_or_default();
                texts.with("history-key", &[("org", &name)])
            }
            None => texts.get("history-staff").into_owned(),
        };
        (who, key)
    }
}

/// A state of an object, or null if the reader may not know it. Before its approval, an object is shown only to those who
/// audit its organization; for others it begins then.
fn known(state: Json, audits: bool) -> Json {
    if audits || state["status"] != Status::Pending.text() { state } else { Json::Null }
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

/// The fields of an object as they were before a moment, with the time of the change that made them so.
///
/// # Errors
/// The log cannot be read now.
pub async fn facts_at(
    visit: &Visit,
    resource: Resource,
    id: u32,
    at: Moment,
) -> Result<Option<(Json, String)>, ApiError> {
    let query = AuditQuery { to: Some(at), ..query_of(resource, id, 1) };
    let found = events(visit, &query).await?;
    let state = found.first().and_then(|event| Some((event.after.as_deref()?, moment::print_seconds(event.at))));
    Ok(state.and_then(|(text, at)| {
        let stored: Json = serde_json::from_str(text).ok()?;
        let was_live = stored["status"].as_str() == Some(Status::Live.text());
        let mut facts = facts::shown_row(visit, &visit.principal().viewer(), resource, id);
        for (name, value) in facts.as_object_mut()? {
            *value = stored.get(name).cloned().unwrap_or(Json::Null);
        }
        was_live.then_some((facts, at))
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_object_was_before_its_approval_is_for_those_who_audit_it() {
        let state = |status: &str| json!({"status": status, "notes": "draft"});
        assert_eq!(known(state("pending"), false), Json::Null);
        assert_eq!(known(state("pending"), true), state("pending"));
        for status in ["ok", "deleted"] {
            assert_eq!(known(state(status), false), state(status));
        }
    }

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
