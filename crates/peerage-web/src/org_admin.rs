//! The endpoints with which PeeringDB's pages manage an organization (spec/accounts.md, 12). They answer as PeeringDB
//! does, in JSON. All lookups are within the named organization.

pub mod keys;
pub mod people;
pub mod rights;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_registry::ids::{OrgId, UserId};
use peerage_schema::Resource;
use serde_json::json;

use crate::manage::manages_org;
use crate::outcome::DONE;
use crate::outcome::FormRefusal;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

/// A value, or the answer instead.
type AdminResult<T> = Result<T, Response<Body>>;

fn empty(visit: &Visit, status: StatusCode) -> Response<Body> {
    visit.json(status, &json!({}))
}

/// Requires a logged-in person.
fn person(visit: &Visit) -> AdminResult<UserId> {
    match visit.needs_person() {
        Ok((user, _)) => Ok(user.id),
        Err(answer) => Err(answer),
    }
}

/// Returns a value of the form or of the query.
fn form_value(visit: &Visit, name: &str) -> Option<String> {
    let sent = visit.form.text(name).trim().to_owned();
    if sent.is_empty() { visit.query(name).filter(|text| !text.is_empty()) } else { Some(sent) }
}

/// Returns the named organization, if the caller manages it.
fn organization(visit: &Visit) -> AdminResult<OrgId> {
    person(visit)?;
    let Some(text) = form_value(visit, "org_id") else { return Err(empty(visit, StatusCode::BAD_REQUEST)) };
    let snapshot = &visit.state.snapshot;
    let org = text.parse::<OrgId>().ok().filter(|org| snapshot.row(Resource::Org, org.get()).is_some());
    let Some(org) = org else {
        let text = json!({"non_field_errors": ["Invalid organization specified"]});
        return Err(visit.json(StatusCode::BAD_REQUEST, &text));
    };
    if visit.principal().may_manage(org) {
        return Ok(org);
    }
    let is_lapsed = visit.principal().has_lapsed() && manages_org(visit, org);
    Err(if is_lapsed {
        visit.json_refusal(&AccessError::NeedsFreshFactor)
    } else {
        empty(visit, StatusCode::FORBIDDEN)
    })
}

/// Returns the named person, who must be a member of the organization.
fn member(visit: &Visit, org: OrgId) -> AdminResult<UserId> {
    let Some(text) = form_value(visit, "user_id") else { return Err(empty(visit, StatusCode::BAD_REQUEST)) };
    let user = text.parse::<UserId>().ok().filter(|user| visit.state.people.user(*user).is_some());
    let Some(user) = user else { return Err(empty(visit, StatusCode::BAD_REQUEST)) };
    match visit.state.people.member(org, user) {
        Some(_) => Ok(user),
        None => Err(empty(visit, StatusCode::FORBIDDEN)),
    }
}

/// Returns an error as JSON, even if the caller did not request JSON.
fn refused(visit: &Visit, denied: ChangeDenied) -> Response<Body> {
    match denied {
        ChangeDenied::Access(error) => visit.json_refusal(&error),
        other @ ChangeDenied::Api(_) => match visit.refused(other, "/") {
            FormRefusal::Answer(answer) => *answer,
            FormRefusal::Errors(_) => empty(visit, StatusCode::BAD_REQUEST),
        },
    }
}

fn required(visit: &Visit, names: &[&'static str]) -> AdminResult<()> {
    let missing: Vec<(&'static str, String)> = names
        .iter()
        .filter(|name| visit.form.text(name).trim().is_empty())
        .map(|name| (*name, "This field is required.".to_owned()))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(visit.json_refusal(&AccessError::Fields(missing))) }
}

fn answer(message: AdminResult<Response<Body>>) -> Response<Body> {
    message.unwrap_or_else(|answer| answer)
}

fn ok(visit: &Visit) -> Response<Body> {
    visit.json(StatusCode::OK, &json!({"status": DONE}))
}
