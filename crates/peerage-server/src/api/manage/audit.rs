//! Trails: of an organization, of the whole registry, of oneself, of one object.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use peerage_access::hygiene as hygiene_rules;
use peerage_access::{AccessError, Scope, show};
use peerage_registry::Subject;
use peerage_registry::moment::{self, print_exact};
use peerage_registry::place;
use peerage_registry::rights::Rights;
use peerage_schema::Resource;
use peerage_store::TrailQuery;
use serde_json::{Map, Value as Json};

use crate::api::manage::{Asked, data, keys};
use crate::errors::ApiError;
use crate::http::content::{Content, Reply};
use crate::trail;

/// Events of one answer, where nothing is said, and at most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// `/api/org/<o>/audit` for its admins, `/api/audit` for the registry's staff.
pub async fn of_org_or_all(asked: &Asked<'_>, org: Option<u32>) -> Result<Reply, ApiError> {
    let is_staff = matches!(asked.principal().scope, Scope::All);
    let may = match org {
        Some(org) => asked.principal().may_manage(org),
        None => is_staff,
    };
    if !may {
        return Err(AccessError::Forbidden(match org {
            Some(org) => format!(
                "This needs the right to update on {}, which admins of the organization have.",
                peerage_access::principal::manage(org)
            ),
            None => "Only the registry's staff see the whole trail.".to_owned(),
        })
        .into());
    }
    let query = TrailQuery { org, ..query(asked)? };
    tell(asked, query, true).await
}

/// `/api/user/audit`: what one has done oneself.
pub async fn own(asked: &Asked<'_>) -> Result<Reply, ApiError> {
    let user = asked.own_user()?;
    let query = TrailQuery { person: Some(user), ..query(asked)? };
    tell(asked, query, true).await
}

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
    tell(asked, query, may_manage).await
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
    let Some(after) = event.after.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok()) else {
        return Err(ApiError::NotFoundBecause(format!("{} {id} was erased by then.", resource.tag())));
    };
    let meta = Map::from_iter([
        ("sequence".to_owned(), Json::from(event.sequence)),
        ("since".to_owned(), Json::from(print_exact(event.at))),
    ]);
    Ok(data(StatusCode::OK, vec![after], meta))
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
    let after = number("after")?;
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

async fn tell(asked: &Asked<'_>, query: TrailQuery, names_actors: bool) -> Result<Reply, ApiError> {
    let events = asked.app.store.trail(&query).await.map_err(|_| ApiError::Unavailable)?;
    let rows: Vec<Json> = events.iter().map(|event| trail::show(event, names_actors)).collect();
    match asked.params.last("format") {
        None | Some("json") => {
            let mut meta = Map::new();
            if events.len() == query.limit
                && let Some(last) = events.last()
            {
                let name = if query.newest_first { "next_before" } else { "next_after" };
                meta.insert(name.to_owned(), Json::from(last.sequence));
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
    if !asked.principal().may_manage(org) {
        return Err(AccessError::Forbidden(format!(
            "This needs the right to update on {}, which admins of the organization have.",
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
