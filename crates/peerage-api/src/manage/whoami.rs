//! Shows the caller, its key and its permissions.

use axum::http::StatusCode;
use peerage_access::acts::sessions;
use peerage_access::key_rules::RefusedIn;
use peerage_access::{AccessError, PrincipalKind, StaffRank, show};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::print_seconds;
use peerage_registry::place;
use serde_json::{Value as Json, json};

use crate::manage::{ManageRequest, keys, one_row};
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

/// Returns everything that determines what the caller may do. An anonymous caller learns that it is anonymous.
pub fn answer(request: &ManageRequest<'_>) -> EdgeResponse {
    let (principal, people) = (request.principal(), &request.state.people);
    let now = request.app.environment.now();
    let kind = match &principal.who {
        PrincipalKind::Anonymous => "anonymous",
        PrincipalKind::Person { .. } => "person",
        PrincipalKind::Key(_) => "key",
        PrincipalKind::Operator => "operator",
    };
    let user = principal.user().and_then(|user| people.user(user)).map(|user| {
        // A narrowed key reveals nothing about organizations outside its rules.
        let reached = |org: OrgId| principal.reads_by_own_rules(people, &place::of_organization(org));
        let orgs = people
            .memberships_of(user.id)
            .filter(|member| reached(member.org))
            .map(|member| json!({"org_id": member.org, "role": member.rank.name(), "grants": member.grants}));
        json!({
            "id": user.id,
            "username": user.username,
            "full_name": user.full_name(),
            "is_verified": user.verified,
            "is_staff": user.staff.is_some(),
            "staff_rank": user.staff.map(StaffRank::name),
            "organizations": orgs.collect::<Vec<_>>(),
        })
    });
    let role = principal.key().and_then(|key| key.role).and_then(|role| people.role(role)).map(|role| show::role(role));
    let session = match &principal.who {
        PrincipalKind::Person { session, .. } => json!({
            "expires": print_seconds(session.expires),
            "fresh_until": session.fresh_until.filter(|until| *until > now).map(print_seconds),
        }),
        _ => Json::Null,
    };
    let limits = &request.app.settings.limits;
    let row = json!({
        "kind": kind,
        "auth_id": principal.auth_id(),
        "address": request.source.address.to_string(),
        "user": user,
        "key": principal.key().map(|key| show::key(key, None, now)),
        "role": role,
        "session": session,
        "grants": principal.rules(people),
        "refused_in": principal.refused_in().iter().map(refused_in).collect::<Vec<_>>(),
        "limits": {
            "writes_per_minute": limits.writes_per_minute,
            "requests_per_minute": principal.key().and_then(|key| key.per_minute),
            "requests_per_second_per_address": limits.requests_per_second,
        },
    });
    keys::secret(one_row(StatusCode::OK, row))
}

/// Shows an organization in which a personal key has no permissions.
fn refused_in(refused: &RefusedIn) -> Json {
    json!({"org_id": refused.org, "reason": refused.rule.text()})
}

/// Ends the session of the request.
pub async fn log_out(request: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    let PrincipalKind::Person { session, .. } = &request.principal().who else {
        return Err(AccessError::NotFound("Session not found").into());
    };
    let id = session.id;
    request
        .act(move |context| {
            let session = context.people.session(id).ok_or(AccessError::NotFound("Session not found"))?;
            Ok(((), sessions::end(context, session)?))
        })
        .await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}
