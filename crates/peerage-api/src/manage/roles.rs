//! Role accounts of an organization.

use axum::http::StatusCode;
use peerage_access::acts::roles as acts;
use peerage_access::{AccessError, KeyKind, People, Principal, show};
use peerage_registry::ids::{OrgId, RoleId};
use serde_json::Map;

use crate::manage::{ManageRequest, data, one_row, patch};
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

/// Checks that the caller may see role accounts: members may, others learn nothing.
pub fn may_see(people: &People, by: &Principal, org: OrgId) -> Result<(), ApiError> {
    let user = by.user();
    let is_member = user.is_some_and(|user| people.member(org, user).is_some())
        && by.reads_by_own_rules(people, &peerage_registry::place::of_organization(org));
    // A role key counts as the person who created it.
    let is_own_key = by.key().is_some_and(|key| key.kind == KeyKind::Org && key.org == Some(org));
    if is_member || is_own_key || by.may_manage(org) {
        return Ok(());
    }
    Err(AccessError::Forbidden("Only members of the organization can see its role accounts.".to_owned()).into())
}

pub fn list(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    may_see(&request.state.people, request.principal(), org)?;
    let rows = request.state.people.roles_of(org).map(|role| show::role(role)).collect();
    Ok(data(StatusCode::OK, rows, Map::new()))
}

pub async fn make(request: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    let input = patch::role(&request.body, org)?;
    let role = request.act(move |context| Ok(acts::create(context, org, &input)?)).await?;
    let status = if request.is_rehearsal() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(one_row(status, show::role(&role)))
}

pub fn show(request: &ManageRequest<'_>, org: OrgId, id: RoleId) -> Result<EdgeResponse, ApiError> {
    may_see(&request.state.people, request.principal(), org)?;
    let context = request.access_context();
    Ok(one_row(StatusCode::OK, show::role(acts::of_org(&context, org, id)?)))
}

pub async fn change(request: &ManageRequest<'_>, org: OrgId, id: RoleId) -> Result<EdgeResponse, ApiError> {
    let input = patch::role(&request.body, org)?;
    let role = request
        .act(move |context| {
            let before = acts::of_org(context, org, id)?.clone();
            Ok(acts::change(context, &before, &input)?)
        })
        .await?;
    Ok(one_row(StatusCode::OK, show::role(&role)))
}

pub async fn erase(request: &ManageRequest<'_>, org: OrgId, id: RoleId) -> Result<EdgeResponse, ApiError> {
    request
        .act(move |context| {
            let before = acts::of_org(context, org, id)?.clone();
            Ok(((), acts::erase(context, &before)?))
        })
        .await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}
