//! Trails: of an organization, of the whole registry, of oneself, of one object.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use peerage_access::hygiene as hygiene_rules;
use peerage_access::{AccessError, show};
use peerage_registry::moment::{self, print_exact};
use peerage_registry::place;
use peerage_registry::rights::Rights;
use peerage_registry::{Record, Subject, Viewer, stored};
use peerage_schema::Resource;
use peerage_store::{Told, TrailQuery};
use serde_json::{Map, Value as Json};

use crate::api::manage::{Asked, data, keys};
use crate::errors::ApiError;
use crate::http::content::{Content, Reply};
use crate::live::{HASH_BYTES, position};
use crate::trail::{self, PlaceSight};

/// Events of one answer, where nothing is said, and at most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// `/api/org/<o>/audit` for its admins, `/api/audit` for the registry's staff.
pub async fn of_org_or_all(asked: &Asked<'_>, org: Option<u32>) -> Result<Reply, ApiError> {
    let is_staff = asked.principal().scope.may(place::ROOT, Rights::UPDATE);
    let may = match org {
        Some(org) => asked.principal().may_audit(org),
        None => is_staff,
    };
    if !may {
        return Err(AccessError::Forbidden(match org {
            Some(org) => format!(
                "This needs the right to read {}, which admins of the organization have.",
                peerage_access::principal::manage(org)
            ),
            None => "Only the registry's staff see the whole trail.".to_owned(),
        })
        .into());
    }
    let query = TrailQuery { org, ..query(asked)? };
    let events = asked.app.store.trail(&query).await.map_err(|_| ApiError::Unavailable)?;
    let places = places(asked, org);
    let rows = events.iter().map(|event| places.hide(trail::show(event, true))).collect();
    tell(asked, &query, rows, events.len() == query.limit)
}

/// From where people acted, as far as the caller is told it.
fn places<'a>(asked: &'a Asked<'_>, org: Option<u32>) -> PlaceSight<'a> {
    let principal = asked.principal();
    PlaceSight {
        people: &asked.state.people,
        reader: principal.user(),
        org,
        sees_all: principal.scope.may(place::ROOT, Rights::UPDATE),
    }
}

/// `/api/user/audit`: what one has done oneself.
pub async fn own(asked: &Asked<'_>) -> Result<Reply, ApiError> {
    let user = asked.own_user()?;
    let query = query(asked)?;
    let people = &asked.state.people;
    // What the person did, and what was done to the account, to its places and to its keys.
    let mut queries = vec![TrailQuery { person: Some(user), ..query.clone() }];
    let mut about = |record: Record, id: u32| {
        let subject = Subject::Record(record);
        if query.subject.is_none_or(|asked| asked == subject) && query.object.is_none_or(|asked| asked == id) {
            queries.push(TrailQuery { subject: Some(subject), object: Some(id), ..query.clone() });
        }
    };
    about(Record::User, user);
    about(Record::Password, user);
    people.memberships_of(user).for_each(|member| about(Record::Member, member.id));
    let keys = people.keys().map(|entry| &entry.key).filter(|key| key.user == Some(user)).take(OWN_KEYS_MAX);
    keys.for_each(|key| about(Record::Key, key.id));
    let mut events: BTreeMap<u64, Told> = BTreeMap::new();
    for query in &queries {
        let found = asked.app.store.trail(query).await.map_err(|_| ApiError::Unavailable)?;
        events.extend(found.into_iter().map(|event| (event.sequence, event)));
    }
    let mut events: Vec<Told> = events.into_values().collect();
    if query.newest_first {
        events.reverse();
    }
    events.truncate(query.limit);
    let is_full = events.len() == query.limit;
    let places = places(asked, None);
    let rows = events.iter().map(|event| places.hide(trail::show(event, true))).collect();
    tell(asked, &query, rows, is_full)
}

/// Keys of a person of which the own trail tells what others did to them.
const OWN_KEYS_MAX: usize = 50;

/// `/api/<tag>/<id>/history`: for whoever may change the object, and its organization's admins.
pub async fn history(asked: &Asked<'_>, resource: Resource, id: u32) -> Result<Reply, ApiError> {
    let snapshot = &asked.state.snapshot;
    let namespace = place::of_id(snapshot, resource, id);
    let not_found = || ApiError::NotFoundBecause(format!("No {} matches the given query.", resource.table().model));
    let namespace = namespace.ok_or_else(not_found)?;
    let row = snapshot.row(resource, id).ok_or_else(not_found)?;
    let org = place::organization_of(resource, row, |of, id| snapshot.row(of, id));
    let may_manage = org.is_some_and(|org| asked.principal().may_manage(org));
    if !may_manage && !asked.principal().scope.may(&namespace, Rights::UPDATE) {
        return Err(AccessError::Forbidden(format!("This needs the right to update on {namespace}.")).into());
    }
    let query = TrailQuery { subject: Some(Subject::Row(resource)), object: Some(id), ..query(asked)? };
    if let Some(at) = asked.params.last("at") {
        return state_at(asked, query, resource, id, at).await;
    }
    let events = asked.app.store.trail(&query).await.map_err(|_| ApiError::Unavailable)?;
    let viewer = asked.principal().viewer();
    let places = places(asked, org);
    let shown = |event: &Told| {
        let mut event = event.clone();
        for text in [&mut event.before, &mut event.after] {
            *text = text.take().and_then(|text| readable(asked, &viewer, resource, &text));
        }
        places.hide(trail::show(&event, may_manage))
    };
    let rows = events.iter().map(shown).collect();
    tell(asked, &query, rows, events.len() == query.limit)
}

/// A past version as far as the caller may read it: a contact may have been hidden when another thing was not.
fn readable(asked: &Asked<'_>, viewer: &Viewer, resource: Resource, text: &str) -> Option<String> {
    if !matches!(resource, Resource::Poc | Resource::Ixlan) {
        return Some(text.to_owned());
    }
    let row = stored::from_json(resource, text).ok()?;
    let snapshot = &asked.state.snapshot;
    if resource == Resource::Poc {
        return snapshot.may_read(viewer, resource, &row).then(|| text.to_owned());
    }
    if snapshot.may_read_restricted(viewer, resource, &row) {
        return Some(text.to_owned());
    }
    let mut version: Json = serde_json::from_str(text).ok()?;
    version.as_object_mut()?.shift_remove("ixf_ixp_member_list_url");
    Some(version.to_string())
}

/// The object as it was at a past moment.
async fn state_at(
    asked: &Asked<'_>,
    query: TrailQuery,
    resource: Resource,
    id: u32,
    at: &str,
) -> Result<Reply, ApiError> {
    let bad = || ApiError::Field("at", "Expected a moment such as 2026-01-31T00:00:00Z.".to_owned());
    let moment = moment::parse(at).ok_or_else(bad)?;
    let query = TrailQuery { to: Some(moment.saturating_add(1)), newest_first: true, limit: 50, ..query };
    let events = asked.app.store.trail(&query).await.map_err(|_| ApiError::Unavailable)?;
    let last = events.into_iter().find(|event| event.action != peerage_registry::Action::Note);
    let Some(event) = last else {
        return Err(ApiError::NotFoundBecause(format!("{} {id} was not there yet at {at}.", resource.tag())));
    };
    if event.is_erased {
        return Err(ApiError::NotFoundBecause("This version was erased on request.".to_owned()));
    }
    let Some(after) = &event.after else {
        return Err(ApiError::NotFoundBecause(format!("{} {id} was erased by then.", resource.tag())));
    };
    let after = readable(asked, &asked.principal().viewer(), resource, after);
    let after: Option<Json> = after.and_then(|text| serde_json::from_str(&text).ok());
    let after = after.ok_or(ApiError::Forbidden)?;
    let meta = Map::from_iter([
        ("sequence".to_owned(), Json::from(event.sequence)),
        ("since".to_owned(), Json::from(print_exact(event.at))),
    ]);
    Ok(data(StatusCode::OK, vec![after], meta))
}

/// Looks whether the log still holds the event that a cursor names, if it names one with its hash.
///
/// # Errors
/// 400 if a restored backup or a failover has lost it: whoever went on would miss what took its place.
pub async fn confirm_cursor(asked: &Asked<'_>) -> Result<(), ApiError> {
    let Some(cursor) = asked.params.last("after").filter(|text| text.contains('-')) else { return Ok(()) };
    let bad = || ApiError::Field("after", "Expected the number of an event, or a cursor from an answer.".to_owned());
    let sequence = cursor.split('-').next().and_then(|text| text.parse().ok()).ok_or_else(bad)?;
    let found = asked.app.store.event_at(sequence).await.map_err(|_| ApiError::Unavailable)?;
    if found.is_some_and(|head| position(head) == cursor) {
        return Ok(());
    }
    let text = format!("Event {cursor} is not in the log any more: go on from an earlier event.");
    Err(ApiError::Field("after", text))
}

/// Filters as parameters say them.
fn query(asked: &Asked<'_>) -> Result<TrailQuery, ApiError> {
    let params = &asked.params;
    let number = |name: &'static str| -> Result<Option<u64>, ApiError> {
        let bad = |_| ApiError::Field(name, "A valid integer is required.".to_owned());
        params.last(name).map(|text| text.parse().map_err(bad)).transpose()
    };
    let time = |name: &'static str| -> Result<Option<i64>, ApiError> {
        let bad = || ApiError::Field(name, "Expected a moment such as 2026-01-31T00:00:00Z.".to_owned());
        params.last(name).map(|text| moment::parse(text).ok_or_else(bad)).transpose()
    };
    let subject = match params.last("kind") {
        None => None,
        Some(name) => match Subject::from_name(name) {
            Some(subject) => Some(subject),
            None => return Err(ApiError::Field("kind", format!("\"{name}\" is not a valid choice."))),
        },
    };
    let small = |name| Ok::<_, ApiError>(number(name)?.map(|id| u32::try_from(id).unwrap_or(u32::MAX)));
    let limit = number("limit")?.map_or(LIMIT_DEFAULT, |limit| limit as usize).clamp(1, LIMIT_MAX);
    let after = match params.last("after").and_then(|text| text.split_once('-')) {
        // The hash was compared before.
        Some((text, _)) => text.parse().ok(),
        None => number("after")?,
    };
    Ok(TrailQuery {
        org: None,
        person: small("person")?,
        key: params.last("key").map(str::to_owned),
        subject,
        object: small("id")?,
        from: time("from")?,
        to: time("to")?,
        after,
        before: number("before")?,
        // Who follows the trail goes forward from where they were; others want the latest.
        newest_first: after.is_none(),
        limit,
    })
}

/// The answer; `is_full` if more may follow.
fn tell(asked: &Asked<'_>, query: &TrailQuery, rows: Vec<Json>, is_full: bool) -> Result<Reply, ApiError> {
    match asked.params.last("format") {
        None | Some("json") => {
            let mut meta = Map::new();
            if let Some(last) = rows.last().filter(|_| is_full) {
                let name = if query.newest_first { "next_before" } else { "next_after" };
                meta.insert(name.to_owned(), last["sequence"].clone());
            }
            // Whoever follows the log goes on from here, and is told if the event is gone by then.
            if let Some(last) = rows.last().filter(|_| !query.newest_first) {
                let digits = last["hash"].as_str().and_then(|hash| hash.get(..HASH_BYTES * 2)).unwrap_or_default();
                meta.insert("cursor".to_owned(), Json::from(format!("{}-{digits}", last["sequence"])));
            }
            Ok(data(StatusCode::OK, rows, meta))
        }
        Some("jsonl") => {
            let mut lines = Vec::new();
            for row in &rows {
                lines.extend_from_slice(row.to_string().as_bytes());
                lines.push(b'\n');
            }
            Ok(file(lines, "application/x-ndjson", "attachment; filename=\"audit.jsonl\""))
        }
        Some("csv") => Ok(file(as_csv(&rows)?, "text/csv; charset=utf-8", "attachment; filename=\"audit.csv\"")),
        Some(other) => Err(ApiError::Field("format", format!("\"{other}\" is not a valid choice."))),
    }
}

fn file(bytes: Vec<u8>, kind: &'static str, disposition: &'static str) -> Reply {
    let mut reply = Reply::new(Content::from(bytes));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    reply
}

fn as_csv(rows: &[Json]) -> Result<Vec<u8>, ApiError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let failed = |_| ApiError::Internal;
    out.write_record(trail::COLUMNS).map_err(failed)?;
    for row in rows {
        out.write_record(trail::cells(row)).map_err(failed)?;
    }
    out.into_inner().map_err(|_| ApiError::Internal)
}

/// `/api/org/<o>/hygiene`
pub async fn hygiene(asked: &Asked<'_>, org: u32) -> Result<Reply, ApiError> {
    if !asked.principal().may_audit(org) {
        return Err(AccessError::Forbidden(format!(
            "This needs the right to read {}, which admins of the organization have.",
            peerage_access::principal::manage(org)
        ))
        .into());
    }
    let people = &asked.state.people;
    let ids: Vec<u32> = people.keys().map(|entry| entry.key.id).collect();
    let uses: BTreeMap<u32, _> = keys::uses(asked, &ids).await?;
    let found = hygiene_rules::report(people, &uses, org, asked.app.means.now());
    Ok(data(StatusCode::OK, found.iter().map(show::finding).collect(), Map::new()))
}
