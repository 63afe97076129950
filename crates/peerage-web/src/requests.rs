//! `/requests`: what a person has asked for, what is known about it, what happens next, and how it was decided.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::staff::{self, ReviewFact};
use peerage_edge::errors::ApiError;
use peerage_pages::PageFrame;
use peerage_pages::requests::{CheckView, RequestedObjectView, RequestsPage};
use peerage_registry::ids::UserId;
use peerage_registry::moment::{Moment, days, print_seconds};
use peerage_registry::{Action, Actor, Cause, EventSubject, Row, Snapshot};
use peerage_schema::{Resource, Status};
use peerage_store::AuditQuery;
use serde_json::Value as Json;

use crate::edit::suggestible;
use crate::joining::own_requests;
use crate::similar::{self, ComparedObject, SimilarObject};
use crate::visit::Visit;

/// New objects of each kind that are looked up in the log, the latest first.
const CREATED_MAX: usize = 20;

/// Objects on the page.
pub const OBJECTS_MAX: usize = 50;

/// Pending objects on the page for which similar ones are searched.
const COMPARED_MAX: usize = 10;

/// How long decided requests are shown.
const SHOWN_DAYS: u32 = 90;

/// An object that was pending when it was created.
struct RequestedObject {
    resource: Resource,
    id: u32,
    name: String,
    created: Moment,
}

/// What has become of an object.
enum RequestState {
    Pending(Vec<ReviewFact>),
    Approved,
    /// It was deleted; with a reason if staff refused it.
    Ended(Option<String>),
}

pub async fn show(visit: Visit) -> Response<Body> {
    let user = match visit.needs_person() {
        Ok((user, _)) => user.id,
        Err(answer) => return answer,
    };
    let objects = match decided(&visit, user).await {
        Ok(objects) => objects,
        Err(error) => return visit.try_later(&error),
    };
    let is_pending = |(_, state): &&(RequestedObject, RequestState)| matches!(state, RequestState::Pending(_));
    let pending = objects.iter().filter(is_pending).take(COMPARED_MAX);
    let compared = pending.filter_map(|(object, _)| of_stored(&visit.state.snapshot, object.resource, object.id));
    let compared: Vec<ComparedObject> = compared.collect();
    let keys: Vec<(Resource, Option<u32>)> = compared.iter().map(|one| (one.resource, one.id)).collect();
    let heavy = &visit.app.heavy;
    let found = similar::similar_to_each(heavy, visit.source.address, &visit.state.snapshot, compared).await;
    let similar_to = |object: &RequestedObject| {
        let at = keys.iter().position(|key| *key == (object.resource, Some(object.id)));
        at.and_then(|at| found.get(at)).map_or(&[][..], Vec::as_slice)
    };
    let frame = visit.frame("requests-title");
    let views = objects.iter().map(|(object, state)| view(&visit, &frame, object, state, similar_to(object)));
    let suggestions = suggestible(&visit).map(|kind| {
        let text = frame.text(crate::edit::suggestion_texts(kind).0).into_owned();
        (text, format!("/suggest/{}", kind.tag()))
    });
    let page = RequestsPage {
        claims: own_requests(&visit, &frame, user),
        objects: views.collect(),
        suggestions: suggestions.collect(),
        frame,
    };
    visit.page("requests", StatusCode::OK, page.language(), page.show())
}

/// The objects with what has become of them: pending ones first, then the latest.
async fn decided(visit: &Visit, user: UserId) -> Result<Vec<(RequestedObject, RequestState)>, ApiError> {
    let _read = visit.app.log_reads.begin(visit.principal(), visit.source.address)?;
    let mut objects = managed(visit, user);
    for resource in Resource::ROOTS {
        objects.extend(created_by(visit, user, resource).await?);
    }
    let mut known = BTreeSet::new();
    objects.retain(|object| known.insert((object.resource.tag(), object.id)));
    let snapshot = &visit.state.snapshot;
    let status = |object: &RequestedObject| {
        snapshot.row(object.resource, object.id).and_then(|row| snapshot.status(object.resource, row))
    };
    objects.sort_by_key(|object| (status(object) != Some(Status::Pending), std::cmp::Reverse(object.created)));
    objects.truncate(OBJECTS_MAX);
    let mut decided = Vec::new();
    for object in objects {
        let state = match status(&object) {
            Some(Status::Pending) => {
                RequestState::Pending(staff::checks_of(&visit.state.people, snapshot, object.resource, object.id))
            }
            Some(Status::Live) => RequestState::Approved,
            _ => RequestState::Ended(refusal(visit, &object).await?),
        };
        decided.push((object, state));
    }
    Ok(decided)
}

/// Pending objects of the organizations that the person manages, whoever created them.
fn managed(visit: &Visit, user: UserId) -> Vec<RequestedObject> {
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let orgs = people.memberships_of(user).map(|member| member.org).filter(|org| visit.principal().may_manage(*org));
    let mut objects = Vec::new();
    for org in orgs {
        for resource in Resource::ROOTS {
            let owned = snapshot.owned(resource, org.get());
            let rows = owned.iter().filter_map(|id| snapshot.row(resource, *id));
            let pending = rows.filter(|row| snapshot.status(resource, row) == Some(Status::Pending));
            objects.extend(pending.take(OBJECTS_MAX).map(|row| RequestedObject {
                resource,
                id: row.id(),
                name: text_of(resource, row, "name"),
                created: row.time(resource.table().columns.created).unwrap_or_default(),
            }));
        }
    }
    objects
}

/// The objects of a kind that the person created lately and that had to wait.
async fn created_by(visit: &Visit, user: UserId, resource: Resource) -> Result<Vec<RequestedObject>, ApiError> {
    let query = AuditQuery {
        person: Some(user),
        action: Some(Action::Create),
        subject: Some(EventSubject::Row(resource)),
        from: Some(visit.app.environment.now() - days(SHOWN_DAYS)),
        newest_first: true,
        limit: CREATED_MAX,
        ..AuditQuery::default()
    };
    let events = visit.app.store.audit_log(&query).await.map_err(|_| ApiError::Unavailable)?;
    let waited = events.into_iter().filter_map(|event| {
        let after: Json = serde_json::from_str(event.after.as_deref()?).ok()?;
        let is_pending = after["status"] == Status::Pending.text();
        is_pending.then(|| RequestedObject {
            resource,
            id: event.id,
            name: after["name"].as_str().unwrap_or_default().to_owned(),
            created: event.at,
        })
    });
    Ok(waited.collect())
}

/// Why staff refused an object; `None` if somebody else deleted it.
async fn refusal(visit: &Visit, object: &RequestedObject) -> Result<Option<String>, ApiError> {
    let query = AuditQuery {
        subject: Some(EventSubject::Row(object.resource)),
        object: Some(object.id),
        action: Some(Action::Delete),
        newest_first: true,
        limit: 1,
        ..AuditQuery::default()
    };
    let events = visit.app.store.audit_log(&query).await.map_err(|_| ApiError::Unavailable)?;
    let actor = events.first().and_then(|event| event.actor.as_deref());
    let actor = actor.and_then(|text| serde_json::from_str::<Actor>(text).ok());
    Ok(actor.and_then(|actor| match actor.cause {
        Some(Cause::Refused { why }) => Some(why),
        _ => None,
    }))
}

fn text_of(resource: Resource, row: &Row, name: &str) -> String {
    resource.table().position(name).map_or("", |at| row.text_or_empty(at)).to_owned()
}

/// What a stored object is compared by.
fn of_stored(snapshot: &Snapshot, resource: Resource, id: u32) -> Option<ComparedObject> {
    let row = snapshot.row(resource, id)?;
    let org = resource.table().columns.org_id.and_then(|at| row.int(at));
    Some(ComparedObject::of(resource, Some(id), org, |name| text_of(resource, row, name)))
}

fn view(
    visit: &Visit,
    frame: &PageFrame<'_>,
    object: &RequestedObject,
    state: &RequestState,
    similar: &[SimilarObject],
) -> RequestedObjectView {
    let (kind, path) = (object.resource.tag(), format!("/{}/{}", object.resource.tag(), object.id));
    let (key, mood) = match state {
        RequestState::Pending(_) => ("request-pending", "plain"),
        RequestState::Approved => ("request-approved", "good"),
        RequestState::Ended(Some(_)) => ("request-refused", "bad"),
        RequestState::Ended(None) => ("request-deleted", "plain"),
    };
    let next = match (state, object.resource) {
        (RequestState::Pending(_), Resource::Campus) => frame.text("request-next-campus").into_owned(),
        (RequestState::Pending(_), _) => frame.text("request-next-staff").into_owned(),
        _ => String::new(),
    };
    let facts = if let RequestState::Pending(facts) = state { &facts[..] } else { &[] };
    let row = visit.state.snapshot.row(object.resource, object.id);
    let may_edit = row.is_some_and(|row| crate::edit::may_edit(visit, object.resource, row));
    RequestedObjectView {
        id: format!("{kind}-{}", object.id),
        name: if object.name.is_empty() { format!("#{}", object.id) } else { object.name.clone() },
        kind: frame.text(&format!("kind-{kind}")).into_owned(),
        page: matches!(state, RequestState::Approved).then(|| path.clone()),
        form: (matches!(state, RequestState::Pending(_)) && may_edit).then(|| format!("/edit{path}")),
        requested: print_seconds(object.created),
        state: frame.text(key).into_owned(),
        mood,
        reason: if let RequestState::Ended(Some(why)) = state { why.clone() } else { String::new() },
        next,
        checks: facts
            .iter()
            .map(|fact| CheckView { label: fact.what.to_owned(), text: fact.text.clone(), is_doubt: fact.is_doubt })
            .collect(),
        similar: similar::views(frame.texts, &visit.state.snapshot, similar),
    }
}
