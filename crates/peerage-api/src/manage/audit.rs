//! Audit logs: of an organization, of the whole registry, of the caller, of one object.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use peerage_access::audit_view::AuditReader;
use peerage_access::hygiene as hygiene_rules;
use peerage_access::{AccessError, StaffPower, show};
use peerage_registry::ids::{KeyId, OrgId, UserId};
use peerage_registry::moment::{self, Moment, TICK, print_exact};
use peerage_registry::place;
use peerage_registry::{EventSubject, Record};
use peerage_schema::Resource;
use peerage_store::{AuditEvent, AuditQuery};
use serde_json::{Map, Value as Json};

use crate::manage::{ManageRequest, data, keys};
use peerage_edge::audit_log;
use peerage_edge::audit_log::{AddressVisibility, EventFile, LogSelection};
use peerage_edge::content::{EdgeResponse, ResponseBody};
use peerage_edge::errors::ApiError;
use peerage_edge::heavy::HeavySlot;
use peerage_engine::live::{HASH_BYTES, position};

/// The number of events in one answer: the default and the maximum.
const LIMIT_DEFAULT: usize = 100;
pub const LIMIT_MAX: usize = 1_000;

/// Returns the audit log of an organization, for its admins.
pub async fn of_org(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    of_org_or_all(request, Some(org)).await
}

/// Returns the complete audit log, for staff.
pub async fn of_all(request: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    of_org_or_all(request, None).await
}

async fn of_org_or_all(request: &ManageRequest<'_>, org: Option<OrgId>) -> Result<EdgeResponse, ApiError> {
    let may = match org {
        Some(org) => request.principal().may_audit(org),
        None => request.principal().has_power(StaffPower::ReadEverything),
    };
    if !may {
        return Err(AccessError::Forbidden(match org {
            Some(org) => format!(
                "This requires read permission on {}, which admins of the organization have.",
                peerage_access::principal::manage(org)
            ),
            None => format!("Only {} can read the complete audit log.", StaffPower::ReadEverything.holders()),
        })
        .into());
    }
    let query = AuditQuery { org, ..query(request)? };
    let events = request.app.store.audit_log(&query).await.map_err(|_| ApiError::Unavailable)?;
    render_events(request, org.map_or(LogSelection::Other, LogSelection::Organization), query, events).await
}

/// Returns the caller as a reader of the log.
fn reader<'a>(request: &'a ManageRequest<'_>) -> AuditReader<'a> {
    AuditReader::new(request.principal(), &request.state.people, &request.state.snapshot)
}

/// Returns the events that match any of the queries, in their common order and up to their common limit.
async fn any_of(
    request: &ManageRequest<'_>,
    queries: &[AuditQuery],
    query: &AuditQuery,
) -> Result<Vec<AuditEvent>, ApiError> {
    let mut events: BTreeMap<u64, AuditEvent> = BTreeMap::new();
    for query in queries {
        let found = request.app.store.audit_log(query).await.map_err(|_| ApiError::Unavailable)?;
        events.extend(found.into_iter().map(|event| (event.sequence, event)));
    }
    let mut events: Vec<AuditEvent> = events.into_values().collect();
    if query.newest_first {
        events.reverse();
    }
    events.truncate(query.limit);
    Ok(events)
}

/// `/api/user/audit`: returns the caller's own actions.
pub async fn own(request: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    let user = request.own_user()?;
    let query = query(request)?;
    let people = &request.state.people;
    // What the person did, and what was done to the account, its memberships and its keys.
    let mut queries = vec![AuditQuery { person: Some(user), ..query.clone() }];
    let mut about = |record: Record, id: u32| {
        let subject = EventSubject::Record(record);
        if query.subject.is_none_or(|request| request == subject) && query.object.is_none_or(|request| request == id) {
            queries.push(AuditQuery { subject: Some(subject), object: Some(id), ..query.clone() });
        }
    };
    about(Record::User, user.get());
    about(Record::Password, user.get());
    people.memberships_of(user).for_each(|member| about(Record::Member, member.id.get()));
    let keys = people.keys().map(|entry| &*entry.key).filter(|key| key.user == Some(user)).take(OWN_KEYS_MAX);
    keys.for_each(|key| about(Record::Key, key.id.get()));
    let events = any_of(request, &queries, &query).await?;
    render_events(request, LogSelection::Other, query, events).await
}

/// The maximum number of a person's keys whose changes by others appear in their own audit log.
const OWN_KEYS_MAX: usize = 50;

/// `/api/<tag>/<id>/history`: for everyone who may change the object, and for admins of the organizations that it
/// belongs to or belonged to. Each admin sees the events from the time of their own organization.
pub async fn history(request: &ManageRequest<'_>, resource: Resource, id: u32) -> Result<EdgeResponse, ApiError> {
    let snapshot = &request.state.snapshot;
    let namespace = place::of_id(snapshot, resource, id);
    let not_found = || ApiError::NotFoundBecause(format!("No {} matches the given query.", resource.table().model));
    let namespace = namespace.ok_or_else(not_found)?;
    let row = snapshot.row(resource, id).ok_or_else(not_found)?;
    let refused = || ApiError::from(AccessError::Forbidden(format!("This requires update permission on {namespace}.")));
    let at = request.params.last("at");
    let whole = AuditQuery { subject: Some(EventSubject::Row(resource)), object: Some(id), ..query(request)? };
    let whole = match at {
        None => whole,
        Some(at) => {
            let bad = || ApiError::Field("at", "Expected a time such as 2026-01-31T00:00:00Z.".to_owned());
            let moment = moment::parse(at).ok_or_else(bad)?;
            AuditQuery { to: Some(moment + TICK), newest_first: true, limit: 50, ..whole }
        }
    };
    let queries = match reader(request).organizations_of_history(resource, row) {
        None => vec![whole.clone()],
        Some(orgs) => orgs.into_iter().map(|org| AuditQuery { org: Some(org), ..whole.clone() }).collect(),
    };
    let events = any_of(request, &queries, &whole).await?;
    let current = place::organization_of(resource, row, |of, id| snapshot.row(of, id));
    let is_current =
        current.is_some_and(|org| queries.iter().any(|query| query.org.is_none_or(|request| request == org)));
    if events.is_empty() && !is_current {
        return Err(refused());
    }
    match at {
        None => render_events(request, LogSelection::Object, whole, events).await,
        Some(at) => state_at(request, &whole, &events, resource, id, at).await,
    }
}

/// Returns the object as it was at a past moment (the events end there), as far as the caller may see it.
async fn state_at(
    request: &ManageRequest<'_>,
    query: &AuditQuery,
    events: &[AuditEvent],
    resource: Resource,
    id: u32,
    at: &str,
) -> Result<EdgeResponse, ApiError> {
    let is_change = |event: &&AuditEvent| event.action != peerage_registry::Action::Note;
    let not_there = || ApiError::NotFoundBecause(format!("{} {id} did not exist yet at {at}.", resource.tag()));
    let event = events.iter().find(is_change);
    // The caller may not be allowed to see the version of that moment. An older version is not the state at that
    // moment.
    let newest = request.app.store.audit_log(query).await.map_err(|_| ApiError::Unavailable)?;
    let newest = newest.iter().find(is_change).ok_or_else(not_there)?;
    let hidden = || ApiError::ForbiddenBecause("At that time, it belonged to another organization.".to_owned());
    let event = event.filter(|event| event.sequence == newest.sequence).ok_or_else(hidden)?;
    if event.is_erased {
        return Err(ApiError::NotFoundBecause("This version was erased on request.".to_owned()));
    }
    if event.after.is_none() {
        return Err(ApiError::NotFoundBecause(format!("{} {id} had been erased by then.", resource.tag())));
    }
    let seen = audit_log::visible_to(&reader(request), event).map(|row| row["after"].clone());
    let after = seen.filter(|after| !after.is_null()).ok_or(ApiError::Forbidden)?;
    let meta = Map::from_iter([
        ("sequence".to_owned(), Json::from(event.sequence)),
        ("since".to_owned(), Json::from(print_exact(event.at))),
    ]);
    Ok(data(StatusCode::OK, vec![after], meta))
}

/// Checks that the log still holds the event that a cursor names, if the cursor includes its hash.
///
/// # Errors
/// 400 if a restored backup or a failover has lost it: a reader who continued would miss what replaced it.
pub async fn confirm_cursor(request: &ManageRequest<'_>) -> Result<(), ApiError> {
    let Some(cursor) = request.params.last("after").filter(|text| text.contains('-')) else { return Ok(()) };
    let bad = || ApiError::Field("after", "Expected an event number, or a cursor from an answer.".to_owned());
    let sequence = cursor.split('-').next().and_then(|text| text.parse().ok()).ok_or_else(bad)?;
    let found = request.app.store.event_at(sequence).await.map_err(|_| ApiError::Unavailable)?;
    if found.is_some_and(|head| position(head) == cursor) {
        return Ok(());
    }
    let text = format!("Event {cursor} is no longer in the log. Continue from an earlier event.");
    Err(ApiError::Field("after", text))
}

/// Reads the filters from parameters.
fn query(request: &ManageRequest<'_>) -> Result<AuditQuery, ApiError> {
    let params = &request.params;
    let number = |name: &'static str| -> Result<Option<u64>, ApiError> {
        let bad = |_| ApiError::Field(name, "A valid integer is required.".to_owned());
        params.last(name).map(|text| text.parse().map_err(bad)).transpose()
    };
    let time = |name: &'static str| -> Result<Option<Moment>, ApiError> {
        let bad = || ApiError::Field(name, "Expected a time such as 2026-01-31T00:00:00Z.".to_owned());
        params.last(name).map(|text| moment::parse(text).ok_or_else(bad)).transpose()
    };
    let subject = match params.last("kind") {
        None => None,
        Some(name) => match EventSubject::from_name(name) {
            Some(subject) => Some(subject),
            None => return Err(ApiError::Field("kind", format!("\"{name}\" is not a valid choice."))),
        },
    };
    let small = |name| Ok::<_, ApiError>(number(name)?.map(|id| u32::try_from(id).unwrap_or(u32::MAX)));
    let limit = number("limit")?.map_or(LIMIT_DEFAULT, |limit| limit as usize).clamp(1, LIMIT_MAX);
    let after = match params.last("after").and_then(|text| text.split_once('-')) {
        // The hash has been compared already.
        Some((text, _)) => text.parse().ok(),
        None => number("after")?,
    };
    Ok(AuditQuery {
        org: None,
        person: small("person")?.map(UserId::new),
        key: params.last("key").map(str::to_owned),
        subject,
        object: small("id")?,
        action: None,
        from: time("from")?,
        to: time("to")?,
        after,
        before: number("before")?,
        // Readers who follow the log continue from their position; others want the latest events.
        newest_first: after.is_none(),
        limit,
    })
}

/// Answers with the events that were found, as far as the caller sees them. Written in the pool for heavy requests.
async fn render_events(
    request: &ManageRequest<'_>,
    log: LogSelection,
    query: AuditQuery,
    events: Vec<AuditEvent>,
) -> Result<EdgeResponse, ApiError> {
    let (principal, state) = (Arc::clone(request.principal()), Arc::clone(request.state));
    let format = request.params.last("format").map(str::to_owned);
    let write = move |place: HeavySlot| {
        let reader = AuditReader::new(&principal, &state.people, &state.snapshot);
        let places = AddressVisibility::of(&principal, &state.people, log);
        let rows = events.iter().filter_map(|event| audit_log::visible_to(&reader, event));
        let rows: Vec<Json> = rows.map(|row| places.hide(row)).collect();
        written(format.as_deref(), &query, &events, rows).map(|reply| place.hold_reply(reply))
    };
    request.app.heavy.run_holding(request.source.address, write).await?
}

/// Writes the rows of an answer in the requested form.
fn written(
    format: Option<&str>,
    query: &AuditQuery,
    events: &[AuditEvent],
    rows: Vec<Json>,
) -> Result<EdgeResponse, ApiError> {
    match format {
        None | Some("json") => {
            let mut meta = Map::new();
            // More events may follow, even if all of these are hidden.
            if let Some(last) = events.last().filter(|_| events.len() == query.limit) {
                let name = if query.newest_first { "next_before" } else { "next_after" };
                meta.insert(name.to_owned(), Json::from(last.sequence));
            }
            // Readers who follow the log continue from here, and get an error if the event is gone by then.
            if let Some(last) = rows.last().filter(|_| !query.newest_first) {
                let digits = last["hash"].as_str().and_then(|hash| hash.get(..HASH_BYTES * 2)).unwrap_or_default();
                meta.insert("cursor".to_owned(), Json::from(format!("{}-{digits}", last["sequence"])));
            }
            Ok(data(StatusCode::OK, rows, meta))
        }
        Some(other) => {
            let unknown = || ApiError::Field("format", format!("\"{other}\" is not a valid choice."));
            let file = EventFile::from_name(other).ok_or_else(unknown)?;
            let mut reply = EdgeResponse::new(ResponseBody::from(file.write(&rows)?));
            file.mark(reply.headers_mut());
            Ok(reply)
        }
    }
}

/// `/api/org/<o>/hygiene`: returns the security review.
pub async fn hygiene(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    if !request.principal().may_audit(org) {
        return Err(AccessError::Forbidden(format!(
            "This requires read permission on {}, which admins of the organization have.",
            peerage_access::principal::manage(org)
        ))
        .into());
    }
    let people = &request.state.people;
    let ids: Vec<KeyId> = people.keys().map(|entry| entry.key.id).collect();
    let uses: BTreeMap<KeyId, _> = keys::uses(request, &ids).await?;
    let found = hygiene_rules::report(people, &uses, org, request.app.environment.now());
    Ok(data(StatusCode::OK, found.iter().map(show::finding).collect(), Map::new()))
}
