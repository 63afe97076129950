//! What admins read: what to look at, and the trail of what was done.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use peerage_access::audit_view::AuditReader;
use peerage_access::hygiene as rules;
use peerage_pages::Frame;
use peerage_pages::manage::{Audit, EventView, FindingView, Hygiene};
use peerage_pages::parts::{Choice, Errors};
use peerage_registry::moment::{self, Micros};
use peerage_registry::{Record, Subject};
use peerage_schema::Resource;
use peerage_store::TrailQuery;
use serde_json::Value as Json;

use super::{frame, needs_auditor, tabs};
use crate::errors::ApiError;
use crate::http::heavy::HeavyPlace;
use crate::trail::{self, EventFile, PlaceSight, ShownLog};
use crate::web::visit::{Visit, escaped};

/// Events of one page, and of one file.
const EVENTS: usize = 50;
const EVENTS_OF_FILE: usize = 1_000;
const DAY: Micros = 86_400_000_000;

pub async fn hygiene(Path(org): Path<u32>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_auditor(&visit, org) {
        return *answer;
    }
    let people = &visit.state.people;
    let ids: Vec<u32> = people.keys().map(|entry| entry.key.id).collect();
    let uses = super::keys::uses(&visit, &ids).await;
    let found = rules::report(people, &uses, org, visit.app.means.now());
    let frame = frame(&visit, "hygiene-title", org);
    let may_act = visit.principal().may_manage(org);
    let view = |one: &rules::Finding| finding(&frame, org, one, may_act);
    let page =
        Hygiene { tabs: tabs(&visit, &frame, org, "hygiene"), org, findings: found.iter().map(view).collect(), frame };
    visit.page("organization hygiene", StatusCode::OK, page.language(), page.show())
}

/// A finding with what can be done about it at once; who only reads is shown the finding alone.
fn finding(frame: &Frame<'_>, org: u32, one: &rules::Finding, may_act: bool) -> FindingView {
    let key = one.key.clone().unwrap_or_default();
    // A person's own key is the person's to change.
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
        name: one.name.clone(),
        text: one.text.clone(),
        advice: one.advice.clone(),
        address: if is_of_org { page } else { String::new() },
        may_end: is_of_org && matches!(one.what, "never-used" | "unused" | "left"),
        do_address: if may_act { do_address } else { String::new() },
        do_label: frame.text(text).into_owned(),
        key,
    }
}

/// Filters of the page, and what is wrong with them.
fn query(visit: &Visit, org: u32) -> (TrailQuery, Errors) {
    let mut errors = Errors::none();
    let said = |name: &str| visit.query(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = |name: &str| said(name).map(|text| text.parse::<u32>().map_err(|_| ()));
    let day = |name: &str| said(name).map(|text| moment::parse(&format!("{text}T00:00:00Z")).ok_or(()));
    // People are named as others know them, or by number.
    let named = said("person").and_then(|name| visit.state.people.user_to_give(&name).map(|user| Ok(user.id)));
    let (person, object, from, to) = (named.or_else(|| number("person")), number("id"), day("from"), day("to"));
    for (name, is_bad) in [("person", person == Some(Err(()))), ("id", object == Some(Err(())))] {
        if is_bad {
            errors = errors.on(name, "A valid integer is required.");
        }
    }
    for (name, is_bad) in [("from", from == Some(Err(()))), ("to", to == Some(Err(())))] {
        if is_bad {
            errors = errors.on(name, "Expected a day such as 2027-01-31.");
        }
    }
    let query = TrailQuery {
        org: Some(org),
        person: person.and_then(Result::ok),
        key: said("key"),
        subject: said("kind").and_then(|name| Subject::from_name(&name)),
        object: object.and_then(Result::ok),
        from: from.and_then(Result::ok),
        // The day is meant whole.
        to: to.and_then(Result::ok).map(|to| to + DAY),
        before: said("before").and_then(|text| text.parse().ok()),
        newest_first: true,
        limit: EVENTS,
        ..TrailQuery::default()
    };
    (query, errors)
}

pub async fn audit(Path(org): Path<u32>, visit: Visit) -> Response<Body> {
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
        Err(busy) => return busy.into_response(),
    };
    let found = found(&visit, query, field).await;
    drop(read);
    let (rows, last) = match found {
        Ok(found) => found,
        Err(error) => return error.into_response(),
    };
    if let Some(file) = format.as_deref().and_then(EventFile::from_name) {
        let write = move |place: HeavyPlace| file.write(&rows).map(|bytes| place.hold(bytes));
        let bytes = visit.app.heavy.run_holding(visit.source.address, write).await.flatten();
        return bytes.map_or_else(ApiError::into_response, |bytes| file_answer(&visit, file, bytes));
    }
    let at = format!("/org/{org}/manage/audit");
    let said = |name: &str| visit.query(name).unwrap_or_default();
    let filters: Vec<String> = ["kind", "id", "person", "key", "field", "from", "to"]
        .into_iter()
        .filter(|name| !said(name).is_empty())
        .map(|name| format!("{name}={}", escaped(&said(name))))
        .collect();
    let with = |more: String| format!("{at}?{}", filters.iter().cloned().chain([more]).collect::<Vec<_>>().join("&"));
    let frame = frame(&visit, "audit-title", org);
    let chosen = said("kind");
    let any = Choice::new("", frame.text("audit-any"), chosen.is_empty());
    let subjects = Resource::ALL.into_iter().map(Subject::Row).chain(Record::ALL.into_iter().map(Subject::Record));
    let names = subjects.map(|subject| Choice::new(subject.name(), subject.name(), subject.name() == chosen));
    let page = Audit {
        tabs: tabs(&visit, &frame, org, "audit"),
        kinds: std::iter::once(any).chain(names).collect(),
        person: said("person"),
        key: said("key"),
        object: said("id"),
        field: said("field"),
        from: said("from"),
        to: said("to"),
        events: rows.iter().map(event).collect(),
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

/// Events that are looked through for a field, at most, before the reader is asked to go on.
const LOOKED_AT_MAX: usize = 5_000;

/// The events that a page or a file shows, and the one after which older ones follow, if there are any. The store knows
/// no fields: which of them an event has changed is seen when it is read.
async fn found(
    visit: &Visit,
    mut query: TrailQuery,
    field: Option<String>,
) -> Result<(Vec<Json>, Option<u64>), ApiError> {
    let wanted = query.limit;
    if field.is_some() {
        query.limit = EVENTS_OF_FILE;
    }
    let (mut rows, mut looked_at) = (Vec::new(), 0);
    let field: Arc<Option<String>> = Arc::new(field);
    loop {
        let events = visit.app.store.trail(&query).await.map_err(|_| ApiError::Unavailable)?;
        looked_at += events.len();
        let last = events.last().map(|event| event.sequence).filter(|_| events.len() == query.limit);
        let (principal, state, field) = (Arc::clone(visit.principal()), Arc::clone(&visit.state), Arc::clone(&field));
        let log = query.org.map_or(ShownLog::Other, ShownLog::Organization);
        let missing = wanted - rows.len();
        let show = move || {
            let reader = AuditReader::new(&principal, &state.people, &state.snapshot);
            let places = PlaceSight::of(&principal, &state.people, log);
            let seen = events.iter().filter_map(|event| Some((event.sequence, trail::seen_by(&reader, event)?)));
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

/// Whether an event gave a field another value, or its first or last one.
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

fn event(row: &Json) -> EventView {
    let [_, time, action, kind, id, _, actor, user, key, role, address, _, reason, changed] = trail::cells(row);
    let by = [key, role, address].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let user = if user.is_empty() { String::new() } else { format!(" ({user})") };
    EventView {
        sequence: row["sequence"].as_u64().unwrap_or_default(),
        time,
        actor: if by.is_empty() { format!("{actor}{user}") } else { format!("{actor}{user}, {by}") },
        what: format!("{action} {kind} {id}"),
        reason,
        changed,
    }
}
