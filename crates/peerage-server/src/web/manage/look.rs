//! What admins read: what to look at, and the trail of what was done.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use peerage_access::hygiene as rules;
use peerage_pages::manage::{Audit, EventView, FindingView, Hygiene};
use peerage_pages::parts::{Choice, Errors};
use peerage_registry::moment::{self, Micros};
use peerage_registry::{Record, Subject};
use peerage_schema::Resource;
use peerage_store::TrailQuery;
use serde_json::Value as Json;

use super::{frame, needs_admin, tabs};
use crate::errors::ApiError;
use crate::trail;
use crate::web::visit::{Visit, escaped};

/// Events of one page, and of one file.
const EVENTS: usize = 50;
const EVENTS_OF_FILE: usize = 1_000;
const DAY: Micros = 86_400_000_000;

pub async fn hygiene(Path(org): Path<u32>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let people = &visit.state.people;
    let ids: Vec<u32> = people.keys().map(|entry| entry.key.id).collect();
    let uses = super::keys::uses(&visit, &ids).await;
    let found = rules::report(people, &uses, org, visit.app.means.now());
    let view = |one: &rules::Finding| FindingView {
        name: one.name.clone(),
        key: one.key.clone().unwrap_or_default(),
        text: one.text.clone(),
        advice: one.advice.clone(),
    };
    let frame = frame(&visit, "hygiene-title", org);
    let page =
        Hygiene { tabs: tabs(&visit, &frame, org, "hygiene"), org, findings: found.iter().map(view).collect(), frame };
    visit.page("organization hygiene", StatusCode::OK, page.language(), page.show())
}

/// Filters of the page, and what is wrong with them.
fn query(visit: &Visit, org: u32) -> (TrailQuery, Errors) {
    let mut errors = Errors::none();
    let said = |name: &str| visit.query(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = |name: &str| said(name).map(|text| text.parse::<u32>().map_err(|_| ()));
    let day = |name: &str| said(name).map(|text| moment::parse(&format!("{text}T00:00:00Z")).ok_or(()));
    let (person, object, from, to) = (number("person"), number("id"), day("from"), day("to"));
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
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let (mut query, errors) = query(&visit, org);
    let format = visit.query("format");
    if format.is_some() {
        query.limit = EVENTS_OF_FILE;
    }
    let Ok(events) = visit.app.store.trail(&query).await else { return ApiError::Unavailable.into_response() };
    let rows: Vec<Json> = events.iter().map(|event| trail::show(event, true)).collect();
    match format.as_deref() {
        Some("csv") => return csv(&visit, &rows),
        Some("json") => {
            let mut answer = visit.json(StatusCode::OK, &Json::Array(rows));
            let name = HeaderValue::from_static("attachment; filename=\"audit.json\"");
            answer.headers_mut().insert(CONTENT_DISPOSITION, name);
            return answer;
        }
        _ => {}
    }
    let at = format!("/org/{org}/manage/audit");
    let said = |name: &str| visit.query(name).unwrap_or_default();
    let filters: Vec<String> = ["kind", "id", "person", "key", "from", "to"]
        .into_iter()
        .filter(|name| !said(name).is_empty())
        .map(|name| format!("{name}={}", escaped(&said(name))))
        .collect();
    let with = |more: String| format!("{at}?{}", filters.iter().cloned().chain([more]).collect::<Vec<_>>().join("&"));
    let last = events.last().filter(|_| events.len() == EVENTS).map(|event| event.sequence);
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
        from: said("from"),
        to: said("to"),
        events: rows.iter().map(event).collect(),
        older: last.map(|last| with(format!("before={last}"))),
        csv: with("format=csv".to_owned()),
        json: with("format=json".to_owned()),
        at,
        errors,
        frame,
    };
    visit.page("organization audit", StatusCode::OK, page.language(), page.show())
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

fn csv(visit: &Visit, rows: &[Json]) -> Response<Body> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let written = out
        .write_record(trail::COLUMNS)
        .and_then(|()| rows.iter().try_for_each(|row| out.write_record(trail::cells(row))));
    let bytes = out.into_inner().ok().filter(|_| written.is_ok());
    let Some(bytes) = bytes else { return ApiError::Internal.into_response() };
    let mut answer = visit.json(StatusCode::OK, &Json::Null);
    *answer.body_mut() = Body::from(bytes);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\""));
    answer
}
