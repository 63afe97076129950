//! Keys: list, create, change, rotate, suspend, resume, revoke, and report leaked ones.

use std::sync::Arc;

use axum::http::StatusCode;
use peerage_access::acts::keys::{self as acts, KeyOwner, KeyPatch, KeyStateChange};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::Key;
use peerage_access::usage::KeyUse;
use peerage_access::{AccessError, KeyKind, show};
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::Moment;
use serde_json::{Map, Value as Json, json};

use crate::manage::{KeyHolder, ManageRequest, data, expose, one_row, patch};
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

/// Whether a key belongs to the owner that the path names.
fn is_of(key: &Key, owner: KeyOwner) -> bool {
    match owner {
        KeyOwner::User(user) => key.user == Some(user) && key.kind != KeyKind::Org,
        KeyOwner::Org(org) => key.org == Some(org),
        KeyOwner::Role(role) => key.role == Some(role),
    }
}

/// Returns random bytes for one key.
fn entropy(request: &ManageRequest<'_>) -> [u8; ENTROPY_BYTES] {
    let mut entropy = [0; ENTROPY_BYTES];
    request.app.environment.fill(&mut entropy);
    entropy
}

/// Returns the organization to which the permissions of such keys are limited.
fn org_of(request: &ManageRequest<'_>, holder: KeyHolder) -> Option<OrgId> {
    match holder {
        KeyHolder::Own => None,
        KeyHolder::Org(org) | KeyHolder::Role(org, _) => Some(org),
    }
    .filter(|_| request.principal().key().is_none_or(|key| key.kind != KeyKind::User) || holder != KeyHolder::Own)
}

/// Checks that the caller may see the keys that a path names.
fn may_list(request: &ManageRequest<'_>, holder: KeyHolder) -> Result<(), ApiError> {
    match holder {
        KeyHolder::Own => request.own_user().map(drop),
        KeyHolder::Org(org) | KeyHolder::Role(org, _) if request.principal().may_manage(org) => {
            let is_there = peerage_access::Organizations::is_alive(&*request.state.snapshot, org);
            if is_there {
                Ok(())
            } else {
                Err(AccessError::NotFound("No Organization matches the given query.").into())
            }
        }
        KeyHolder::Role(org, role) => {
            let role = request.state.people.role(role).filter(|role| role.org == org);
            let user = request.principal().user();
            match role.filter(|role| user.is_some_and(|user| role.people.contains(&user))) {
                Some(_) => Ok(()),
                None => Err(AccessError::NotFound("Role not found").into()),
            }
        }
        KeyHolder::Org(org) => Err(ApiError::ForbiddenBecause(format!(
            "This requires update permission on {}, which admins of the organization have.",
            peerage_access::principal::manage(org)
        ))),
    }
}

/// Returns how keys were used, by ID.
pub async fn uses(
    request: &ManageRequest<'_>,
    keys: &[KeyId],
) -> Result<std::collections::BTreeMap<KeyId, KeyUse>, ApiError> {
    let kept = request.app.store.uses(Some(keys)).await.map_err(|_| ApiError::Unavailable)?;
    let kept: std::collections::BTreeMap<KeyId, String> = kept.into_iter().collect();
    let now = request.app.environment.now();
    let of = |id: &KeyId| (*id, request.app.uses.with_pending(*id, kept.get(id).map(String::as_str), now));
    Ok(keys.iter().map(of).filter(|(_, used)| used.last > Moment::EPOCH).collect())
}

/// Lists the keys of an owner that the caller may see.
pub async fn list(request: &ManageRequest<'_>, holder: KeyHolder) -> Result<EdgeResponse, ApiError> {
    let owner = request.owner(holder)?;
    may_list(request, holder)?;
    let keys: Vec<&Key> =
        request.state.people.keys().map(|entry| &*entry.key).filter(|key| is_of(key, owner)).collect();
    let wants_ended = request.params.last("ended").is_some_and(|ended| ended != "0");
    let is_shown = |key: &&Key| (wants_ended || !key.is_final()) && request.principal().sees_key(key);
    let keys: Vec<&Key> = keys.into_iter().filter(is_shown).collect();
    let ids: Vec<KeyId> = keys.iter().map(|key| key.id).collect();
    let uses = uses(request, &ids).await?;
    let now = request.app.environment.now();
    let rows = keys.iter().map(|key| show::key(key, uses.get(&key.id), now)).collect();
    Ok(data(StatusCode::OK, rows, Map::new()))
}

/// Creates a key. Its text is only in this answer.
pub async fn make(request: &ManageRequest<'_>, holder: KeyHolder) -> Result<EdgeResponse, ApiError> {
    let owner = request.owner(holder)?;
    let patch: KeyPatch = patch::key(&request.body, org_of(request, holder))?;
    if let KeyHolder::Role(org, role) = holder
        && request.state.people.role(role).is_none_or(|role| role.org != org)
    {
        return Err(AccessError::NotFound("Role not found").into());
    }
    let entropy = entropy(request);
    let server_key = request.app.server_key.clone();
    let issued = request
        .act(move |context| {
            let issued = acts::issue(context, owner, &patch, &server_key, &entropy)?;
            let steps = issued.steps.clone();
            Ok(((issued.key, issued.text), steps))
        })
        .await?;
    let (key, text) = issued;
    let mut row = show::key(&key, None, request.app.environment.now());
    let mut meta = Map::new();
    if request.is_rehearsal() {
        meta.insert("dry_run".to_owned(), Json::Bool(true));
    } else {
        row["key"] = Json::from(text.as_str());
    }
    let status = if request.is_rehearsal() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(secret(data(status, vec![row], meta)))
}

/// Marks an answer that no cache may store.
pub fn secret(mut reply: EdgeResponse) -> EdgeResponse {
    let no_store = axum::http::HeaderValue::from_static("no-store");
    reply.headers_mut().insert(axum::http::header::CACHE_CONTROL, no_store);
    reply
}

pub async fn show(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = request.owner(holder)?;
    let key = readable(request, holder, owner, public)?;
    let uses = uses(request, &[key.id]).await?;
    Ok(one_row(StatusCode::OK, show::key(key, uses.get(&key.id), request.app.environment.now())))
}

pub async fn change(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = request.owner(holder)?;
    let patch = patch::key(&request.body, org_of(request, holder))?;
    let public = public.to_owned();
    let key = request
        .act(move |context| {
            let before = acts::of_owner(context, owner, &public)?.key.clone();
            Ok(acts::change(context, &before, &patch)?)
        })
        .await?;
    Ok(one_row(StatusCode::OK, show::key(&key, None, request.app.environment.now())))
}

pub async fn revoke(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    turn(request, holder, public, KeyStateChange::Revoke).await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}

/// Returns a key that the caller may view.
fn readable<'a>(
    request: &'a ManageRequest<'_>,
    holder: KeyHolder,
    owner: KeyOwner,
    public: &str,
) -> Result<&'a Key, ApiError> {
    let not_found = || ApiError::from(AccessError::NotFound("Key not found"));
    let is_itself = request.principal().key().is_some_and(|own| own.public == public);
    if !is_itself {
        may_list(request, holder)?;
    }
    let entry = request.state.people.key(public).ok_or_else(not_found)?;
    if is_of(&entry.key, owner) && request.principal().sees_key(&entry.key) { Ok(&entry.key) } else { Err(not_found()) }
}

async fn turn(
    request: &ManageRequest<'_>,
    holder: KeyHolder,
    public: &str,
    turn: KeyStateChange,
) -> Result<Key, ApiError> {
    let owner = request.owner(holder)?;
    let public = public.to_owned();
    let why = request.body.values.get("reason").and_then(Json::as_str).unwrap_or_default().to_owned();
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        let before = acts::of_owner(context, owner, &public)?.key.clone();
        Ok(acts::turn(context, &before, turn, &why)?)
    };
    request.act(decide).await
}

pub async fn suspend(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let key = turn(request, holder, public, KeyStateChange::Suspend).await?;
    Ok(one_row(StatusCode::OK, show::key(&key, None, request.app.environment.now())))
}

pub async fn resume(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let key = turn(request, holder, public, KeyStateChange::Resume).await?;
    Ok(one_row(StatusCode::OK, show::key(&key, None, request.app.environment.now())))
}

/// Returns how a key is used.
pub async fn usage(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = request.owner(holder)?;
    let key = readable(request, holder, owner, public)?;
    let uses = uses(request, &[key.id]).await?;
    Ok(one_row(StatusCode::OK, show::used(uses.get(&key.id).unwrap_or(&KeyUse::default()))))
}

pub async fn rotate(request: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = request.owner(holder)?;
    let overlap = patch::overlap(&request.body)?;
    let (entropy, server_key, public) = (entropy(request), request.app.server_key.clone(), public.to_owned());
    let (key, text) = request
        .act(move |context| {
            let before = acts::of_owner(context, owner, &public)?.key.clone();
            let issued = acts::rotate(context, &before, overlap, &server_key, &entropy)?;
            let steps = issued.steps.clone();
            Ok(((issued.key, issued.text), steps))
        })
        .await?;
    let mut row = show::key(&key, None, request.app.environment.now());
    if !request.is_rehearsal() {
        row["key"] = Json::from(text.as_str());
    }
    Ok(secret(one_row(StatusCode::OK, row)))
}

/// Takes the text of a leaked key, and revokes the key if it is genuine. The answer is the same either way.
pub async fn report(request: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    let text = request.body.values.get("key").and_then(Json::as_str).map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err(ApiError::Field("key", "This field is required.".to_owned()));
    }
    let found_at: String = request
        .body
        .values
        .get("found_at")
        .and_then(Json::as_str)
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(300)
        .collect();
    let why =
        if found_at.is_empty() { "reported as found".to_owned() } else { format!("reported as found at {found_at}") };
    if !request.is_rehearsal() {
        expose(request.app, text, &why, request.request, request.identity, request.source).await;
    }
    let row = json!({"text": "Thank you. If this is a key of this registry, it has been revoked and its owners are \
            notified."});
    Ok(one_row(StatusCode::OK, row))
}

/// Confirms a key's contact address with the code from the mail.
pub async fn confirm(request: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    let text =
        |name: &str| request.body.values.get(name).and_then(Json::as_str).map(str::trim).unwrap_or_default().to_owned();
    let (public, code) = (text("id"), text("code"));
    let app = Arc::clone(request.app);
    let confirmed = request
        .act(move |context| {
            let key = acts::key_of_contact(context, &app.server_key, &public, &code)?;
            Ok((key.public.clone(), acts::confirm_address(context.people, key)))
        })
        .await?;
    Ok(one_row(StatusCode::OK, json!({"id": confirmed, "email_confirmed": true})))
}
