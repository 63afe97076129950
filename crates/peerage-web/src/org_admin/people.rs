//! Members, requests and requirements of an organization.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::deciding::{self, ReviewAuthority};
use peerage_access::acts::members;
use peerage_access::acts::policies::{self, PERIODS, PolicyPatch};
use peerage_access::records::{ApplicationState, MemberRole, User};
use peerage_access::{AccessError, show};
use peerage_registry::ids::{ApplicationId, OrgId};
use serde_json::json;

use super::{AdminResult, answer, empty, form_value, member, ok, organization, refused};
use crate::outcome::DONE;
use crate::visit::Visit;

fn display_name(user: &User) -> String {
    let email = user.primary_email().map_or("", |email| email.address.as_str());
    format!("{} <{email}, {}>", user.full_name(), user.username)
}

pub async fn list(visit: Visit) -> Response<Body> {
    answer(organization(&visit).map(|org| {
        let people = &visit.state.people;
        let members = people.members_of(org).filter(|member| member.rank == MemberRole::Member);
        let users = members.filter_map(|member| people.user(member.user));
        let rows: Vec<_> = users.map(|user| json!({"id": user.id, "name": display_name(user)})).collect();
        visit.json(StatusCode::OK, &json!({"users": rows, "status": DONE}))
    }))
}

/// Returns the named request, or `ok` if nobody is waiting any more.
fn application(visit: &Visit, org: OrgId) -> AdminResult<ApplicationId> {
    let id = form_value(visit, "id").and_then(|id| id.parse::<ApplicationId>().ok());
    let known = id.and_then(|id| visit.state.people.application(id));
    let Some(known) = known.filter(|one| one.state == ApplicationState::Pending) else {
        return Err(ok(visit));
    };
    if known.org == Some(org) { Ok(known.id) } else { Err(empty(visit, StatusCode::FORBIDDEN)) }
}

pub async fn approve(visit: Visit) -> Response<Body> {
    let (org, id) = match organization(&visit).and_then(|org| Ok((org, application(&visit, org)?))) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let done = visit
        .act_on_rows(move |context, join_context| {
            deciding::approve(context, join_context, ReviewAuthority::Org(org), id)
        })
        .await;
    match done {
        Ok(user) => {
            let email = user.primary_email().map(|email| email.address.clone());
            let body = json!({"status": DONE, "full_name": user.full_name(), "id": user.id, "email": email});
            visit.json(StatusCode::OK, &body)
        }
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn deny(visit: Visit) -> Response<Body> {
    let (org, id) = match organization(&visit).and_then(|org| Ok((org, application(&visit, org)?))) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    // PeeringDB's clients have no field for a reason.
    let why = match visit.form.text("reason").trim() {
        "" => "Enter a reason.".to_owned(),
        why => why.to_owned(),
    };
    let done = visit
        .act_on_rows(move |context, join_context| {
            deciding::deny(context, join_context, ReviewAuthority::Org(org), id, &why)
        })
        .await;
    match done {
        Ok(_) => ok(&visit),
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn update(visit: Visit) -> Response<Body> {
    let (org, user) = match organization(&visit).and_then(|org| Ok((org, member(&visit, org)?))) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Some(rank) = MemberRole::from_name(visit.form.text("group")) else {
        return visit
            .json_refusal(&AccessError::Field { field: "group", text: "Needs to be member or admin".to_owned() });
    };
    let done = visit
        .act(move |context| {
            members::may_give(context, org)?;
            members::set_rank(context, org, user, rank)
        })
        .await;
    match done {
        Ok(_) => ok(&visit),
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn delete(visit: Visit) -> Response<Body> {
    let (org, user) = match organization(&visit).and_then(|org| Ok((org, member(&visit, org)?))) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let done = visit
        .act(move |context| {
            members::may_give(context, org)?;
            members::remove(context, org, user).map(|steps| ((), steps))
        })
        .await;
    match done {
        Ok(()) => ok(&visit),
        Err(denied) => refused(&visit, denied),
    }
}

/// PeeringDB's names of requirements. An unticked box is not sent and means off.
pub async fn options(visit: Visit) -> Response<Body> {
    let org = match organization(&visit) {
        Ok(org) => org,
        Err(answer) => return answer,
    };
    let patch = match read_patch(&visit) {
        Ok(patch) => patch,
        Err(error) => return visit.json_refusal(&error),
    };
    let done = visit.act(move |context| policies::change(context, org, &patch)).await;
    match done {
        Ok(policy) => visit.json(StatusCode::OK, &json!({"status": DONE, "options": show::policy(&policy)})),
        Err(denied) => refused(&visit, denied),
    }
}

fn read_patch(visit: &Visit) -> Result<PolicyPatch, AccessError> {
    let form = &visit.form;
    let domains: Vec<String> = form
        .text("email_domains")
        .split(['\n', '\r', ',', ' '])
        .map(str::trim)
        .filter(|domain| !domain.is_empty())
        .map(str::to_owned)
        .collect();
    let period = form.text("periodic_reauth_period");
    let days = match PERIODS.iter().find(|(name, _)| *name == period) {
        Some((_, days)) => *days,
        // The default is three months.
        None if period.is_empty() => 90,
        None => {
            let text = format!("Select a valid choice. {period} is not one of the available choices.");
            return Err(AccessError::Field { field: "periodic_reauth_period", text });
        }
    };
    Ok(PolicyPatch {
        email_domains: Some(if form.is_on("restrict_user_emails") { domains } else { Vec::new() }),
        reconfirm_days: form.is_on("periodic_reauth").then_some(days).into(),
        requires_passkey: Some(form.is_on("require_passkey")),
        refuses_totp: Some(form.is_on("disable_totp")),
        wants_factor_with_passkey: Some(form.is_on("require_mfa_after_passkey")),
        ..PolicyPatch::default()
    })
}
