//! Formats events of the audit log for readers, as JSON and as rows of a table. HTTP and the command line use the same
//! format.

use std::borrow::Cow;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue};
use peerage_access::audit_view::{AuditReader, LoggedEvent};
use peerage_access::records::for_readers;
use peerage_access::records::personal::without_places;
use peerage_access::{People, Principal, StaffPower};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::print_exact;
use peerage_registry::{Actor, Cause, EventSubject, Record};
use peerage_store::AuditEvent;
use serde_json::{Value as Json, json};

use crate::errors::ApiError;

/// Returns an event as far as a reader may see it, or `None` if the reader may not see it at all.
pub fn visible_to(reader: &AuditReader<'_>, event: &AuditEvent) -> Option<Json> {
    let actor: Option<Actor> = event.actor.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let logged = LoggedEvent {
        subject: event.subject,
        id: event.id,
        org: event.org,
        actor: actor.as_ref(),
        before: event.before.as_deref(),
        after: event.after.as_deref(),
    };
    let view = reader.view(&logged)?;
    let seen = AuditEvent { before: view.before, after: view.after, ..event.clone() };
    let mut row = show(&seen, view.names_actor);
    if !view.names_actor {
        row["reason"] = Json::Null;
    }
    Some(row)
}

/// Formats one event for readers, without hashes of secrets.
pub fn show(event: &AuditEvent, names_actors: bool) -> Json {
    let value = |text: &Option<String>| match (event.subject, text) {
        (_, None) => Json::Null,
        (EventSubject::Row(_), Some(text)) => serde_json::from_str(text).unwrap_or(Json::Null),
        (EventSubject::Record(record), Some(text)) => for_readers(record, text),
    };
    let (before, after) = (value(&event.before), value(&event.after));
    let actor: Option<Actor> = event.actor.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let reason = actor.as_ref().and_then(reason);
    json!({
        "sequence": event.sequence,
        "time": print_exact(event.at),
        "action": event.action.name(),
        "kind": event.subject.name(),
        "id": event.id,
        "org_id": event.org,
        "actor": actor.filter(|_| names_actors),
        "reason": reason,
        "changed": changed(&before, &after),
        "before": before,
        "after": after,
        "is_erased": event.is_erased,
        "hash": peerage_registry::event::hex(&event.hash),
    })
}

/// Returns why something was done: the program's cause and what the actor wrote.
fn reason(actor: &Actor) -> Option<String> {
    let words = actor.cause.as_ref().and_then(Cause::words).or(actor.note.as_deref());
    let words = words.filter(|words| !words.is_empty());
    match (actor.cause.as_ref().and_then(Cause::wording), words) {
        (Some(reason), Some(words)) => Some(format!("{reason}: {words}")),
        (reason, words) => reason.map(Cow::into_owned).or_else(|| words.map(str::to_owned)),
    }
}

/// Who sees the network addresses from which people acted: those people themselves, the admins of an organization for
/// its own members and keys, and the registry's staff (docs/keys.md, "Audit log").
pub struct AddressVisibility<'a> {
    pub people: &'a People,
    pub reader: Option<UserId>,
    pub log: LogSelection,
    pub sees_all: bool,
}

/// Whose events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSelection {
    /// The events of one organization, for its admins.
    Organization(OrgId),
    /// The events of one object. It may have belonged to several organizations; each event concerns the one that it had
    /// at the time.
    Object,
    /// The events of a person, or all events.
    Other,
}

impl<'a> AddressVisibility<'a> {
    /// Returns what a caller who may read the log sees of addresses.
    pub fn of(principal: &Principal, people: &'a People, log: LogSelection) -> AddressVisibility<'a> {
        let sees_all = principal.has_power(StaffPower::ReadEverything);
        AddressVisibility { people, reader: principal.user(), log, sees_all }
    }
}

impl AddressVisibility<'_> {
    fn can_see(&self, row: &Json) -> bool {
        let (actor, user) = (&row["actor"], UserId::of_json(&row["actor"]["user"]));
        let is_self = user.is_some() && user == self.reader;
        let org = match self.log {
            LogSelection::Organization(org) => Some(org),
            // A reader who sees the actor of such an event audits its organization.
            LogSelection::Object => OrgId::of_json(&row["org_id"]),
            LogSelection::Other => None,
        };
        let is_of_org = org.is_some_and(|org| {
            let key = actor["key"].as_str().and_then(|key| self.people.key(key));
            key.is_some_and(|entry| entry.key.org == Some(org))
                || user.is_some_and(|user| self.people.member(org, user).is_some())
        });
        self.sees_all || is_self || is_of_org
    }

    /// Removes the network addresses and programs that the reader may not see from a row of [`show`]. Only staff see which
    /// operator ran a command.
    pub fn hide(&self, mut row: Json) -> Json {
        if self.sees_all {
            return row;
        }
        if let Some(actor) = row["actor"].as_object_mut() {
            actor.shift_remove("operator");
        }
        if !self.can_see(&row)
            && let Some(actor) = row["actor"].as_object_mut()
        {
            actor.shift_remove("address");
            actor.shift_remove("agent");
        }
        let kind = row["kind"].as_str().and_then(Record::from_name);
        if let Some(record) = kind {
            for name in ["before", "after"] {
                without_places(record, &mut row[name], self.reader);
            }
        }
        row
    }
}

/// Returns the names of fields that differ, except those that every change updates.
fn changed(before: &Json, after: &Json) -> Vec<String> {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return Vec::new() };
    let names = after.keys().chain(before.keys().filter(|name| !after.contains_key(*name)));
    let differs =
        |name: &&String| before.get(*name) != after.get(*name) && !matches!(name.as_str(), "updated" | "version");
    names.filter(differs).cloned().collect()
}

/// The headings of the columns of [`cells`].
pub const COLUMNS: [&str; 15] = [
    "sequence", "time", "action", "kind", "id", "org_id", "actor", "user_id", "key", "role", "address", "request",
    "reason", "changed", "operator",
];

/// Converts a row of [`show`] into cells.
pub fn cells(row: &Json) -> [String; COLUMNS.len()] {
    let actor = |name: &str| text(&row["actor"][name]);
    let changed = row["changed"].as_array().into_iter().flatten().filter_map(Json::as_str).collect::<Vec<_>>();
    let cells = [
        text(&row["sequence"]),
        text(&row["time"]),
        text(&row["action"]),
        text(&row["kind"]),
        text(&row["id"]),
        text(&row["org_id"]),
        actor("name"),
        actor("user"),
        actor("key"),
        actor("role"),
        actor("address"),
        actor("request"),
        text(&row["reason"]),
        changed.join(" "),
        actor("operator"),
    ];
    // Escape cells that begin like a formula, so that spreadsheets do not run them.
    cells.map(|cell| if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell })
}

/// The format of a file of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventFile {
    Csv,
    Json,
    /// One event per line.
    Lines,
}

impl EventFile {
    /// Returns the format that a request names.
    pub fn from_name(name: &str) -> Option<EventFile> {
        match name {
            "csv" => Some(EventFile::Csv),
            "json" => Some(EventFile::Json),
            "jsonl" => Some(EventFile::Lines),
            _ => None,
        }
    }

    /// Writes rows of [`show`] as a file.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if a row cannot be written, which does not happen with rows of this program.
    pub fn write(self, rows: &[Json]) -> Result<Vec<u8>, ApiError> {
        match self {
            EventFile::Json => serde_json::to_vec(rows).map_err(|_| ApiError::Internal),
            EventFile::Lines => Ok(rows.iter().flat_map(|row| format!("{row}\n").into_bytes()).collect()),
            EventFile::Csv => {
                let mut out = csv::Writer::from_writer(Vec::new());
                let written = out
                    .write_record(COLUMNS)
                    .and_then(|()| rows.iter().try_for_each(|row| out.write_record(cells(row))));
                written.map_err(|_| ApiError::Internal)?;
                out.into_inner().map_err(|_| ApiError::Internal)
            }
        }
    }

    /// Marks an answer as a file of this format.
    pub fn mark(self, headers: &mut HeaderMap) {
        let (kind, disposition) = match self {
            EventFile::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
            EventFile::Json => ("application/json; charset=utf-8", "attachment; filename=\"audit.json\""),
            EventFile::Lines => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    }
}

fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
