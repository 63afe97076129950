//! The security review and the audit log of an organization.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use peerage_access::audit_view::AuditReader;
use peerage_access::entities::GrantEntity;
use peerage_access::hygiene::{self as rules, FindingFact};
use peerage_access::records::PermissionRules;
use peerage_pages::PageFrame;
use peerage_pages::manage::{AuditPage, AuditRowView, FindingView, KeyReviewPage};
use peerage_pages::parts::{FormErrors, SelectChoice};
use peerage_pages::texts::TextArgument;
use peerage_registry::ids::{KeyId, OrgId, UserId};
use peerage_registry::moment::{self, DAY};
use peerage_registry::{EventSubject, Record};
use peerage_schema::Resource;
use peerage_store::AuditQuery;
use serde_json::Value as Json;

use super::rights::entity_word;
use super::{frame, needs_auditor, tabs};
use crate::address::escaped;
use crate::frame::{organization_name, person_and_username, person_name};
use crate::visit::Visit;
use peerage_edge::audit_log;
use peerage_edge::audit_log::{AddressVisibility, EventFile, LogSelection};
use peerage_edge::errors::ApiError;
use peerage_edge::heavy::HeavySlot;

/// Number of events on a page and in a file.
const EVENTS: usize = 50;
pub const EVENTS_OF_FILE: usize = 1_000;
/// Maximum number of keys to choose from.
const KEYS_MAX: usize = 200;

pub async fn hygiene(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_auditor(&visit, org) {
        return *answer;
    }
    let people = &visit.state.people;
    let ids: Vec<KeyId> = people.keys().map(|entry| entry.key.id).collect();
    let uses = super::keys::uses(&visit, &ids).await;
    let found = rules::report(people, &uses, org, visit.app.environment.now());
    let frame = frame(&visit, "hygiene-title", org);
    let may_act = visit.principal().may_manage(org);
    let view = |one: &rules::KeyFinding| finding(&visit, &frame, org, one, may_act);
    let page = KeyReviewPage {
        tabs: tabs(&visit, &frame, org, "hygiene"),
        org: org.get(),
        findings: found.iter().map(view).collect(),
        frame,
    };
    visit.page("organization hygiene", StatusCode::OK, page.language(), page.show())
}

/// Returns a finding with its buttons. People with read access see only the finding.
fn finding(visit: &Visit, frame: &PageFrame<'_>, org: OrgId, one: &rules::KeyFinding, may_act: bool) -> FindingView {
    let key = one.key.clone().unwrap_or_default();
    // Only its owner can change a personal key.
    let is_of_org = may_act && !key.is_empty() && one.what != "personal";
    let page = format!("/org/{org}/manage/key/{}", escaped(&key));
    let rights = || format!("/org/{org}/manage/rights?of=key.{}", escaped(&key));
    let (do_address, text) = match one.what {
        "admin-level" | "over-broad" => (rights(), "hygiene-rights"),
        "old-secret" => (page.clone(), "hygiene-secret"),
        "shared" | "personal" => (format!("/org/{org}/manage/keys#make"), "hygiene-make"),
        "no-factor" => (format!("/org/{org}/manage/people"), "hygiene-people"),
        _ => (page.clone(), "hygiene-change"),
    };
    FindingView {
        name: one
            .user
            .filter(|_| key.is_empty())
            .and_then(|user| visit.state.people.user(user))
            .map_or_else(|| one.name.clone(), |user| person_name(user)),
        text: found_text(visit, frame, org, one),
        advice: frame.text(finding_keys(one).1).into_owned(),
        address: if is_of_org { page } else { String::new() },
        may_end: is_of_org && matches!(one.what, "never-used" | "unused" | "left"),
        do_address: if may_act { do_address } else { String::new() },
        do_label: frame.text(text).into_owned(),
        key,
    }
}

/// Returns the text keys of a finding and its recommendation.
fn finding_keys(one: &rules::KeyFinding) -> (&'static str, &'static str) {
    match one.what {
        "never-used" => ("hygiene-never-used", "hygiene-never-used-do"),
        "unused" => ("hygiene-unused", "hygiene-unused-do"),
        "expiring" => ("hygiene-expiring", "hygiene-expiring-do"),
        "no-expiry" => ("hygiene-no-expiry", "hygiene-no-expiry-do"),
        "no-contact" if one.facts.is_empty() => ("hygiene-no-address", "hygiene-no-address-do"),
        "no-contact" => ("hygiene-no-contact", "hygiene-no-contact-do"),
        "left" => ("hygiene-left", "hygiene-left-do"),
        "admin-level" => ("hygiene-admin-level", "hygiene-admin-level-do"),
        "over-broad" => ("hygiene-over-broad", "hygiene-over-broad-do"),
        "shared" => ("hygiene-shared", "hygiene-shared-do"),
        "no-networks" => ("hygiene-no-networks", "hygiene-no-networks-do"),
        "old-secret" => ("hygiene-old-secret", "hygiene-old-secret-do"),
        "personal" => ("hygiene-personal", "hygiene-personal-do"),
        _ => ("hygiene-no-factor", "hygiene-no-factor-do"),
    }
}

fn found_text(visit: &Visit, frame: &PageFrame<'_>, org: OrgId, one: &rules::KeyFinding) -> String {
    let word = |fact: &FindingFact| match fact {
        FindingFact::Text(text) => text.clone(),
        FindingFact::Count(count) => frame.texts.number(*count),
        FindingFact::Namespace(namespace) => {
            let only = PermissionRules::from([(namespace.clone(), 1)]);
            let found = GrantEntity::of_rules(org, &only);
            found.first().map_or_else(|| namespace.clone(), |(entity, _)| entity_word(visit, frame, *entity))
        }
    };
    let facts: Vec<(&'static str, String)> = one.facts.iter().map(|(name, fact)| (*name, word(fact))).collect();
    let facts: Vec<(&'static str, &dyn TextArgument)> =
        facts.iter().map(|(name, text)| (*name, text as &dyn TextArgument)).collect();
    frame.texts.with(finding_keys(one).0, &facts)
}

/// The filters of the page, and their errors.
fn query(visit: &Visit, org: OrgId) -> (AuditQuery, FormErrors) {
    let mut errors = FormErrors::none();
    let param = |name: &str| visit.query(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let day = |name: &str| param(name).map(|text| moment::parse(&format!("{text}T00:00:00Z")).ok_or(()));
    // People are given by user name, address or ID.
    let named = param("person").and_then(|name| visit.state.people.user_to_give(&name).map(|user| Ok(user.id)));
    let (person, object, from, to) = (
        named.or_else(|| param("person").map(|text| text.parse().map_err(|_| ()))),
        param("id").map(|text| text.parse().map_err(|_| ())),
        day("from"),
        day("to"),
    );
    for (name, is_bad) in [("person", person == Some(Err(()))), ("id", object == Some(Err(())))] {
        if is_bad {
            let key = if name == "person" { "audit-person-unknown" } else { "audit-object-number" };
            errors = errors.on(name, visit.texts().get(key));
        }
    }
    for (name, is_bad) in [("from", from == Some(Err(()))), ("to", to == Some(Err(())))] {
        if is_bad {
            errors = errors.on(name, visit.texts().get("day-expected"));
        }
    }
    let query = AuditQuery {
        org: Some(org),
        person: person.and_then(Result::ok),
        key: param("key"),
        subject: param("kind").and_then(|name| EventSubject::from_name(&name)),
        object: object.and_then(Result::ok),
        from: from.and_then(Result::ok),
        // The date includes the whole day.
        to: to.and_then(Result::ok).map(|to| to + DAY),
        before: param("before").and_then(|text| text.parse().ok()),
        newest_first: true,
        limit: EVENTS,
        ..AuditQuery::default()
    };
    (query, errors)
}

pub async fn audit(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_auditor(&visit, org) {
        return *answer;
    }
    let (mut query, errors) = query(&visit, org);
    let format = visit.query("format");
    if format.is_some() {
        query.limit = EVENTS_OF_FILE;
    }
    let field = visit.query("field").map(|field| field.trim().to_owned()).filter(|field| !field.is_empty());
    let read = match visit.app.log_reads.begin(visit.principal(), visit.source.address) {
        Ok(read) => read,
        Err(busy) => return visit.try_later(&busy),
    };
    let found = found(&visit, query, field).await;
    drop(read);
    let (rows, last) = match found {
        Ok(found) => found,
        Err(error) => return visit.try_later(&error),
    };
    if let Some(file) = format.as_deref().and_then(EventFile::from_name) {
        let write = move |place: HeavySlot| file.write(&rows).map(|bytes| place.hold(bytes));
        let bytes = visit.app.heavy.run_holding(visit.source.address, write).await.flatten();
        return bytes.map_or_else(|error| visit.try_later(&error), |bytes| file_answer(&visit, file, bytes));
    }
    let at = format!("/org/{org}/manage/audit");
    let param = |name: &str| visit.query(name).unwrap_or_default();
    let filters: Vec<String> = ["kind", "id", "person", "key", "field", "from", "to"]
        .into_iter()
        .filter(|name| !param(name).is_empty())
        .map(|name| format!("{name}={}", escaped(&param(name))))
        .collect();
    let with = |more: String| format!("{at}?{}", filters.iter().cloned().chain([more]).collect::<Vec<_>>().join("&"));
    let frame = frame(&visit, "audit-title", org);
    let chosen = param("kind");
    let any = SelectChoice::new("", frame.text("audit-any"), chosen.is_empty());
    let subjects =
        Resource::ALL.into_iter().map(EventSubject::Row).chain(Record::ALL.into_iter().map(EventSubject::Record));
    let word = |subject: EventSubject| frame.text(kind_key(subject));
    let names = subjects.map(|subject| SelectChoice::new(subject.name(), word(subject), subject.name() == chosen));
    let chosen_key = param("key");
    let any_key = SelectChoice::new("", frame.text("audit-any-key"), chosen_key.is_empty());
    let keys = visit.state.people.keys().map(|entry| &*entry.key).filter(|key| key.org == Some(org)).take(KEYS_MAX);
    let keys: Vec<SelectChoice> = keys
        .map(|key| SelectChoice::new(&*key.public, format!("{} ({})", key.name, key.public), key.public == chosen_key))
        .collect();
    let is_listed = chosen_key.is_empty() || keys.iter().any(|key| key.is_chosen);
    let other = (!is_listed).then(|| SelectChoice::new(&*chosen_key, &*chosen_key, true));
    let page = AuditPage {
        tabs: tabs(&visit, &frame, org, "audit"),
        kinds: std::iter::once(any).chain(names).collect(),
        person: param("person"),
        keys: std::iter::once(any_key).chain(keys).chain(other).collect(),
        object: param("id"),
        field: param("field"),
        from: param("from"),
        to: param("to"),
        events: rows.iter().map(|row| event(&visit, &frame, row)).collect(),
        older: last.map(|last| with(format!("before={last}"))),
        csv: with("format=csv".to_owned()),
        json: with("format=json".to_owned()),
        lines: with("format=jsonl".to_owned()),
        at,
        errors,
        frame,
    };
    visit.page("organization audit", StatusCode::OK, page.language(), page.show())
}

/// Maximum number of events that are searched for a field before the reader must continue.
const LOOKED_AT_MAX: usize = 5_000;

/// Returns the events of a page or file, and the event after which older ones follow, if any. The store does not know
/// fields, so which events changed a field is determined when they are read.
async fn found(
    visit: &Visit,
    mut query: AuditQuery,
    field: Option<String>,
) -> Result<(Vec<Json>, Option<u64>), ApiError> {
    let wanted = query.limit;
    if field.is_some() {
        query.limit = EVENTS_OF_FILE;
    }
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let field: Arc<Option<String>> = Arc::new(field);
    loop {
        let events = visit.app.store.audit_log(&query).await.map_err(|_| ApiError::Unavailable)?;
        looked_at += events.len();
        let last = events.last().map(|event| event.sequence).filter(|_| events.len() == query.limit);
        let (principal, state, field) = (Arc::clone(visit.principal()), Arc::clone(&visit.state), Arc::clone(&field));
        let log = query.org.map_or(LogSelection::Other, LogSelection::Organization);
        let missing = wanted - rows.len();
        let show = move || {
            let reader = AuditReader::new(&principal, &state.people, &state.snapshot);
            let places = AddressVisibility::of(&principal, &state.people, log);
            let seen = events.iter().filter_map(|event| Some((event.sequence, audit_log::visible_to(&reader, event)?)));
            let seen = seen.map(|(sequence, row)| (sequence, places.hide(row)));
            let is_meant = |(_, row): &(u64, Json)| (*field).as_deref().is_none_or(|field| has_changed(row, field));
            seen.filter(is_meant).take(missing).collect::<Vec<_>>()
        };
        let more = visit.app.heavy.run(visit.source.address, show).await?;
        let end = more.last().map(|(sequence, _)| *sequence);
        rows.extend(more.into_iter().map(|(_, row)| row));
        if rows.len() == wanted {
            return Ok((rows, end));
        }
        if last.is_none() || looked_at >= LOOKED_AT_MAX {
            return Ok((rows, last));
        }
        query.before = last;
    }
}

/// Whether an event changed, set or removed a field.
fn has_changed(row: &Json, field: &str) -> bool {
    let value = |side: &str| row[side].get(field).filter(|value| !value.is_null());
    value("before") != value("after")
}

fn file_answer(visit: &Visit, file: EventFile, bytes: Bytes) -> Response<Body> {
    let mut answer = visit.json(StatusCode::OK, &Json::Null);
    *answer.body_mut() = Body::from(bytes);
    file.mark(answer.headers_mut());
    answer
}

/// Returns the text key of a kind of object.
fn kind_key(subject: EventSubject) -> &'static str {
    match subject {
        EventSubject::Row(resource) => match resource {
            Resource::Org => "kind-org",
            Resource::Net => "kind-net",
            Resource::Ix => "kind-ix",
            Resource::Fac => "kind-fac",
            Resource::Carrier => "kind-carrier",
            Resource::Campus => "kind-campus",
            Resource::Poc => "kind-poc",
            Resource::Ixlan => "kind-ixlan",
            Resource::Ixpfx => "kind-ixpfx",
            Resource::Ixfac => "kind-ixfac",
            Resource::Netixlan => "kind-netixlan",
            Resource::Netfac => "kind-netfac",
            Resource::Carrierfac => "kind-carrierfac",
        },
        EventSubject::Record(record) => match record {
            Record::User => "kind-user",
            Record::Password => "kind-password",
            Record::Member => "kind-member",
            Record::Key => "kind-key",
            Record::Role => "kind-role",
            Record::Policy => "kind-policy",
            Record::Session => "kind-session",
            Record::Logo => "kind-logo",
            Record::Factor => "kind-factor",
            Record::Codes => "kind-codes",
            Record::Ticket => "kind-ticket",
            Record::Recovery => "kind-recovery",
            Record::Application => "kind-application",
            Record::Invitation => "kind-invitation",
            Record::Client => "kind-client",
            Record::Consent => "kind-consent",
            Record::PortProposal => "kind-port-proposal",
            Record::ImportFailure => "kind-import-failure",
        },
    }
}

/// Returns the text key of an action.
fn action_key(action: &str) -> &'static str {
    match action {
        "create" => "audit-create",
        "update" => "audit-update",
        "delete" => "audit-delete",
        "erase" => "audit-erase",
        "import" => "audit-import",
        _ => "audit-note",
    }
}

/// Returns the present or former name of an event's object, or `None` if the reader cannot see a name.
fn object_name(visit: &Visit, subject: EventSubject, row: &Json) -> Option<String> {
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let value = if row["after"].is_object() { &row["after"] } else { &row["before"] };
    let text = |name: &str| value[name].as_str().map(str::to_owned).filter(|text| !text.is_empty());
    let number = |name: &str| value[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let named = |resource: Resource, id: u32| {
        let row = snapshot.row(resource, id)?;
        Some(row.text_or_empty(resource.table().columns.name?).to_owned()).filter(|name| !name.is_empty())
    };
    let id = row["id"].as_u64().and_then(|id| u32::try_from(id).ok());
    let person = |id: UserId| people.user(id).map(|user| person_and_username(user));
    match subject {
        EventSubject::Record(Record::User | Record::Password | Record::Codes) => id.map(UserId::new).and_then(person),
        EventSubject::Record(Record::Policy) => id.map(|org| organization_name(snapshot, OrgId::new(org))),
        EventSubject::Record(_) => ["name", "email", "address"]
            .into_iter()
            .find_map(text)
            .or_else(|| UserId::of_json(&value["user"]).and_then(person))
            .or_else(|| {
                id.filter(|_| subject == EventSubject::Record(Record::Key))
                    .and_then(|id| people.key_by_id(KeyId::new(id)))
                    .map(|entry| entry.key.name.clone())
            }),
        EventSubject::Row(resource) => {
            text("name").or_else(|| id.and_then(|id| named(resource, id))).or_else(|| text("prefix")).or_else(|| {
                let owners = [
                    ("net_id", Resource::Net),
                    ("carrier_id", Resource::Carrier),
                    ("ix_id", Resource::Ix),
                    ("fac_id", Resource::Fac),
                ];
                owners.into_iter().find_map(|(field, resource)| named(resource, number(field)?))
            })
        }
    }
}

fn event(visit: &Visit, frame: &PageFrame<'_>, row: &Json) -> AuditRowView {
    let people = &visit.state.people;
    let [_, time, action, kind, id, _, actor, user, key, role, address, _, reason, changed, operator] =
        audit_log::cells(row);
    let user = user.parse().ok().and_then(|user| people.user(user)).map(|user| person_and_username(user));
    let key = people.key(&key).map_or(key.clone(), |entry| format!("{} ({key})", entry.key.name));
    let role = role.parse().ok().and_then(|role| people.role(role)).map_or(role, |role| role.name.clone());
    // A key acts under its own name, which the log has as the actor's.
    let actor = user.unwrap_or_else(|| if key.is_empty() { frame.texts.message(&actor) } else { String::new() });
    let subject = EventSubject::from_name(&kind);
    let word = subject.map_or_else(|| kind.clone(), |subject| frame.text(kind_key(subject)).into_owned());
    let name = subject.and_then(|subject| object_name(visit, subject, row)).unwrap_or_else(|| format!("#{id}"));
    let what = format!("{word} {name}");
    AuditRowView {
        sequence: row["sequence"].as_u64().unwrap_or_default(),
        time,
        actor: [actor, key, role, address, operator]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        what: frame.text_with(action_key(&action), &[("what", &what)]),
        reason: frame.texts.message(&reason),
        changed,
    }
}
