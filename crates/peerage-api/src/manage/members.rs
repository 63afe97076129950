//! The people of an organization, with PeeringDB's calls (spec/write-api.md, 7.3) and with ours. Keys may read them. A
//! change needs a session with a fresh second factor, or a key with the permission to manage members.

use axum::http::StatusCode;
use peerage_access::acts::{invitations, members as acts, policies};
use peerage_access::records::MemberRole;
use peerage_access::{AccessContext, AccessError, KeyKind, Organizations, Principal, PrincipalKind, StaffPower, show};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::rights::Permissions;
use serde_json::{Map, Value as Json};

use crate::manage::{ManageRequest, data, one_row, patch};
use peerage_edge::caller::ChangeDenied;
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;
use peerage_edge::quota::QuotaSubject;

/// Whether a path is one of PeeringDB's for members.
pub fn is_reference_path(pattern: &str) -> bool {
    pattern.starts_with("/api/org/{org}/users")
}

/// Admits callers who may manage members by PeeringDB's paths, within the limit for such requests.
fn admit_user_request(request: &ManageRequest<'_>, org: OrgId) -> Result<(), ApiError> {
    let principal = request.principal();
    let (counted, is_of_org) = match (&principal.who, principal.user()) {
        (PrincipalKind::Key(key), _) => (QuotaSubject::Key(key.id), key.kind == KeyKind::Org),
        (PrincipalKind::Person { .. }, Some(user)) => (QuotaSubject::User(user), false),
        _ => return Err(denied("Permission denied: Invalid authentication")),
    };
    request.app.quotas.members.check(&counted).map_err(|wait| ApiError::Throttled { wait })?;
    let snapshot = &request.state.snapshot;
    if !snapshot.is_alive(org) || !is_ok(request, org) {
        return Err(AccessError::NotFound("No Organization matches the given query.").into());
    }
    // A person's key reads what its owner may read as an admin. A plain member's key never does.
    let reads = may_only_read(principal, org) || principal.has_power(StaffPower::ReadEverything);
    if !is_of_org && !principal.may_manage(org) && !reads {
        return Err(denied("Permission denied: User is not an admin of this organization"));
    }
    Ok(())
}

/// Lists members in PeeringDB's format.
pub fn list_users(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    admit_user_request(request, org)?;
    acts::may_list(&request.access_context(), org)?;
    let people = &request.state.people;
    let rows = people.members_of(org).filter_map(|member| Some(show::user(people.user(member.user)?, member)));
    Ok(data(StatusCode::OK, rows.collect(), Map::new()))
}

/// Whether a caller may view the people of an organization by PeeringDB's calls.
pub fn may_look(context: &AccessContext<'_>, org: OrgId) -> bool {
    let is_of_org = context.by.key().is_some_and(|key| key.kind == KeyKind::Org);
    (is_of_org || context.by.may_manage(org) || may_only_read(context.by, org)) && acts::may_list(context, org).is_ok()
}

fn denied(text: &str) -> ApiError {
    ApiError::ForbiddenBecause(text.to_owned())
}

fn is_ok(request: &ManageRequest<'_>, org: OrgId) -> bool {
    let snapshot = &request.state.snapshot;
    let resource = peerage_schema::Resource::Org;
    snapshot.row(resource, org.get()).is_some_and(|row| snapshot.is_live(resource, row))
}

/// An admin's read-only key or session may list, and nothing else.
fn may_only_read(principal: &Principal, org: OrgId) -> bool {
    let only_reads = principal.key().is_none_or(|key| key.readonly);
    only_reads && principal.scope.exactly_on(&peerage_access::principal::users(org)).holds(Permissions::READ)
}

fn text(request: &ManageRequest<'_>, name: &str) -> Option<String> {
    let text = request.body.values.get(name).and_then(Json::as_str).map(str::trim)?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn rank(text: &str) -> Result<MemberRole, ApiError> {
    let bad = || ApiError::BadRequest("Invalid role. Must be admin or member".to_owned());
    MemberRole::from_name(text).ok_or_else(bad)
}

/// Returns the account with this primary address.
fn by_main_address(context: &AccessContext<'_>, address: &str) -> Result<UserId, ChangeDenied> {
    let user = context.people.user_with_email(address);
    let main = user.filter(|user| user.primary_email().is_some_and(|main| main.address.eq_ignore_ascii_case(address)));
    let user = main.ok_or(AccessError::NotFound("No User matches the given query."))?;
    Ok(user.id)
}

/// Invites the person with an address.
pub async fn add_user(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    admit_user_request(request, org)?;
    acts::may_add(&request.access_context(), org)?;
    let address =
        text(request, "user_email").ok_or_else(|| ApiError::BadRequest("user_email is required".to_owned()))?;
    let role_text = text(request, "role").unwrap_or_else(|| "member".to_owned());
    let mut nonce = [0; invitations::NONCE_BYTES];
    request.app.environment.fill(&mut nonce);
    let row = request
        .act(move |context| {
            acts::may_add(context, org)?;
            let id = by_main_address(context, &address)?;
            let (invitation, steps) = invitations::add(context, org, id, rank(&role_text)?, &nonce)?;
            Ok((show::invited(id, &invitation), steps))
        })
        .await?;
    let status = if request.is_rehearsal() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(one_row(status, row))
}

/// Removes the member with an address.
pub async fn remove_user(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    admit_user_request(request, org)?;
    acts::may_remove(&request.access_context(), org)?;
    let address =
        text(request, "user_email").ok_or_else(|| ApiError::BadRequest("user_email is required".to_owned()))?;
    request
        .act(move |context| {
            acts::may_remove(context, org)?;
            let gone = AccessError::NotFound("User is not in the organization");
            let id = by_main_address(context, &address).map_err(|_| gone)?;
            Ok(((), acts::remove(context, org, id)?))
        })
        .await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}

/// Makes a member an admin, or an admin a member.
pub async fn change_user(request: &ManageRequest<'_>, org: OrgId, user: &str) -> Result<EdgeResponse, ApiError> {
    admit_user_request(request, org)?;
    acts::may_change(&request.access_context(), org)?;
    let role_text = text(request, "role").ok_or_else(|| ApiError::BadRequest("role is required".to_owned()))?;
    let id = user.parse::<UserId>().map_err(|_| AccessError::NotFound("User is not in the organization"))?;
    let row = request
        .act(move |context| {
            acts::may_change(context, org)?;
            let rank = rank(&role_text)?;
            let (member, steps) = acts::set_rank(context, org, id, rank)?;
            let user = context.people.user(id).ok_or(AccessError::NotFound("No User matches the given query."))?;
            Ok((show::user(user, &member), steps))
        })
        .await?;
    Ok(one_row(StatusCode::OK, row))
}

/// `/api/org/<o>/members`: lists members with permissions and role accounts, for admins of the organization.
pub fn list(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    acts::may_list(&request.access_context(), org)?;
    let people = &request.state.people;
    let rows = people.members_of(org).map(|member| show::member(people, member)).collect();
    Ok(data(StatusCode::OK, rows, Map::new()))
}

/// Removes a member. Members can remove themselves.
pub async fn remove(request: &ManageRequest<'_>, org: OrgId, id: UserId) -> Result<EdgeResponse, ApiError> {
    request.act(move |context| Ok(((), acts::remove(context, org, id)?))).await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}

/// Changes a member's role or permissions.
pub async fn change(request: &ManageRequest<'_>, org: OrgId, id: UserId) -> Result<EdgeResponse, ApiError> {
    let (role_text, grants) = patch::member(&request.body, org)?;
    let new_rank = role_text.as_deref().map(rank).transpose()?;
    if new_rank.is_some() && grants.is_some() {
        return Err(ApiError::BadRequest("Change either the role or the grants, not both.".to_owned()));
    }
    let row = request
        .act(move |context| {
            let (member, steps) = match (new_rank, &grants) {
                (Some(rank), _) => {
                    acts::may_give(context, org)?;
                    acts::set_rank(context, org, id, rank)?
                }
                (None, Some(grants)) => acts::set_grants(context, org, id, grants.clone())?,
                (None, None) => return Err(AccessError::Refused("Set role or grants.".to_owned()).into()),
            };
            Ok((show::member(context.people, &member), steps))
        })
        .await?;
    Ok(one_row(StatusCode::OK, row))
}

/// Returns what the organization requires of its keys and people.
pub fn policy(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    acts::may_list(&request.access_context(), org)?;
    Ok(one_row(StatusCode::OK, show::policy(&request.state.people.policy(org))))
}

pub async fn change_policy(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    let input = patch::policy(&request.body)?;
    let policy = request.act(move |context| Ok(policies::change(context, org, &input)?)).await?;
    Ok(one_row(StatusCode::OK, show::policy(&policy)))
}
