//! Roles of an organization.

use axum::http::StatusCode;
use peerage_access::acts::roles as acts;
use peerage_access::{AccessError, KeyKind, People, Principal, show};
use peerage_registry::ids::{OrgId, RoleId};
use serde_json::Map;

use crate::manage::{ManageRequest, data, one_row, wish};
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

/// Members may see what roles there are; others learn nothing.
pub fn may_see(people: &People, by: &Principal, org: OrgId) -> Result<(), ApiError> {
    let user = by.user();
    let is_member = user.is_some_and(|user| people.member(org, user).is_some())
        && by.reads_by_own_rules(people, &peerage_registry::place::of_organization(org));
    // A role key goes by its maker's place.
    let is_own_key = by.key().is_some_and(|key| key.kind == KeyKind::Org && key.org == Some(org));
    if is_member || is_own_key || by.may_manage(org) {
        return Ok(());
    }
    Err(AccessError::Forbidden("Only members of the organization can see its role accounts.".to_owned()).into())
}

pub fn list(asked: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    may_see(&asked.state.people, asked.principal(), org)?;
    let rows = asked.state.people.roles_of(org).map(|role| show::role(role)).collect();
    Ok(data(StatusCode::OK, rows, Map::new()))
}

pub async fn make(asked: &ManageRequest<'_>, org: OrgId) -> Result<EdgeResponse, ApiError> {
    let wish = wish::role(&asked.body, org)?;
    let role = asked.act(move |desk| Ok(acts::create(desk, org, &wish)?)).await?;
    let status = if asked.is_rehearsal() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(one_row(status, show::role(&role)))
}

pub fn show(asked: &ManageRequest<'_>, org: OrgId, id: RoleId) -> Result<EdgeResponse, ApiError> {
    may_see(&asked.state.people, asked.principal(), org)?;
    let desk = asked.access_context();
    Ok(one_row(StatusCode::OK, show::role(acts::of_org(&desk, org, id)?)))
}

pub async fn change(asked: &ManageRequest<'_>, org: OrgId, id: RoleId) -> Result<EdgeResponse, ApiError> {
    let wish = wish::role(&asked.body, org)?;
    let role = asked
        .act(move |desk| {
            let before = acts::of_org(desk, org, id)?.clone();
            Ok(acts::change(desk, &before, &wish)?)
        })
        .await?;
    Ok(one_row(StatusCode::OK, show::role(&role)))
}

pub async fn erase(asked: &ManageRequest<'_>, org: OrgId, id: RoleId) -> Result<EdgeResponse, ApiError> {
    asked
        .act(move |desk| {
            let before = acts::of_org(desk, org, id)?.clone();
            Ok(((), acts::erase(desk, &before)?))
        })
        .await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}
