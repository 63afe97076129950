//! Keys: list, make, change, rotate, suspend, resume, revoke, and what was found of them elsewhere.

use std::sync::Arc;

use axum::http::StatusCode;
use peerage_access::acts::keys::{self as acts, KeyOwner, KeyPatch, KeyStateChange};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::Key;
use peerage_access::usage::KeyUse;
use peerage_access::{AccessError, KeyKind, show};
use peerage_registry::ids::{KeyId, OrgId};
use serde_json::{Map, Value as Json, json};

use crate::manage::{KeyHolder, ManageRequest, data, expose, one_row, wish};
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

/// Whether a key belongs to whom the path names.
fn is_of(key: &Key, owner: KeyOwner) -> bool {
    match owner {
        KeyOwner::User(user) => key.user == Some(user) && key.kind != KeyKind::Org,
        KeyOwner::Org(org) => key.org == Some(org),
        KeyOwner::Role(role) => key.role == Some(role),
    }
}

/// Random bytes for one key.
fn entropy(asked: &ManageRequest<'_>) -> [u8; ENTROPY_BYTES] {
    let mut entropy = [0; ENTROPY_BYTES];
    asked.app.means.fill(&mut entropy);
    entropy
}

/// The organization within which rules of such keys lie.
fn org_of(asked: &ManageRequest<'_>, holder: KeyHolder) -> Option<OrgId> {
    match holder {
        KeyHolder::Own => None,
        KeyHolder::Org(org) | KeyHolder::Role(org, _) => Some(org),
    }
    .filter(|_| asked.principal().key().is_none_or(|key| key.kind != KeyKind::User) || holder != KeyHolder::Own)
}

/// Who may see the keys that a path names: their owner.
fn may_list(asked: &ManageRequest<'_>, holder: KeyHolder) -> Result<(), ApiError> {
    match holder {
        KeyHolder::Own => asked.own_user().map(drop),
        KeyHolder::Org(org) | KeyHolder::Role(org, _) if asked.principal().may_manage(org) => {
            let is_there = peerage_access::Organizations::is_alive(&*asked.state.snapshot, org);
            if is_there {
                Ok(())
            } else {
                Err(AccessError::NotFound("No Organization matches the given query.").into())
            }
        }
        KeyHolder::Role(org, role) => {
            let role = asked.state.people.role(role).filter(|role| role.org == org);
            let user = asked.principal().user();
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

/// How keys were used, by id.
pub async fn uses(
    asked: &ManageRequest<'_>,
    keys: &[KeyId],
) -> Result<std::collections::BTreeMap<KeyId, KeyUse>, ApiError> {
    let kept = asked.app.store.uses(Some(keys)).await.map_err(|_| ApiError::Unavailable)?;
    let kept: std::collections::BTreeMap<KeyId, String> = kept.into_iter().collect();
    let now = asked.app.means.now();
    let of = |id: &KeyId| (*id, asked.app.uses.with_pending(*id, kept.get(id).map(String::as_str), now));
    Ok(keys.iter().map(of).filter(|(_, used)| used.last > 0).collect())
}

/// The keys of an owner that the caller may see.
pub async fn list(asked: &ManageRequest<'_>, holder: KeyHolder) -> Result<EdgeResponse, ApiError> {
    let owner = asked.owner(holder)?;
    may_list(asked, holder)?;
    let keys: Vec<&Key> = asked.state.people.keys().map(|entry| &*entry.key).filter(|key| is_of(key, owner)).collect();
    let wants_ended = asked.params.last("ended").is_some_and(|ended| ended != "0");
    let is_shown = |key: &&Key| (wants_ended || !key.is_final()) && asked.principal().sees_key(key);
    let keys: Vec<&Key> = keys.into_iter().filter(is_shown).collect();
    let ids: Vec<KeyId> = keys.iter().map(|key| key.id).collect();
    let uses = uses(asked, &ids).await?;
    let now = asked.app.means.now();
    let rows = keys.iter().map(|key| show::key(key, uses.get(&key.id), now)).collect();
    Ok(data(StatusCode::OK, rows, Map::new()))
}

/// Makes a key. Its text stands in this answer and nowhere else.
pub async fn make(asked: &ManageRequest<'_>, holder: KeyHolder) -> Result<EdgeResponse, ApiError> {
    let owner = asked.owner(holder)?;
    let wish: KeyPatch = wish::key(&asked.body, org_of(asked, holder))?;
    if let KeyHolder::Role(org, role) = holder
        && asked.state.people.role(role).is_none_or(|role| role.org != org)
    {
        return Err(AccessError::NotFound("Role not found").into());
    }
    let entropy = entropy(asked);
    let server_key = asked.app.server_key.clone();
    let issued = asked
        .act(move |desk| {
            let issued = acts::issue(desk, owner, &wish, &server_key, &entropy)?;
            let steps = issued.steps.clone();
            Ok(((issued.key, issued.text), steps))
        })
        .await?;
    let (key, text) = issued;
    let mut row = show::key(&key, None, asked.app.means.now());
    let mut meta = Map::new();
    if asked.is_rehearsal() {
        meta.insert("dry_run".to_owned(), Json::Bool(true));
    } else {
        row["key"] = Json::from(text.as_str());
    }
    let status = if asked.is_rehearsal() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(secret(data(status, vec![row], meta)))
}

/// An answer that no cache keeps.
pub fn secret(mut reply: EdgeResponse) -> EdgeResponse {
    let no_store = axum::http::HeaderValue::from_static("no-store");
    reply.headers_mut().insert(axum::http::header::CACHE_CONTROL, no_store);
    reply
}

pub async fn show(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = asked.owner(holder)?;
    let key = readable(asked, holder, owner, public)?;
    let uses = uses(asked, &[key.id]).await?;
    Ok(one_row(StatusCode::OK, show::key(key, uses.get(&key.id), asked.app.means.now())))
}

pub async fn change(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = asked.owner(holder)?;
    let wish = wish::key(&asked.body, org_of(asked, holder))?;
    let public = public.to_owned();
    let key = asked
        .act(move |desk| {
            let before = acts::of_owner(desk, owner, &public)?.key.clone();
            Ok(acts::change(desk, &before, &wish)?)
        })
        .await?;
    Ok(one_row(StatusCode::OK, show::key(&key, None, asked.app.means.now())))
}

pub async fn revoke(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    turn(asked, holder, public, KeyStateChange::Revoke).await?;
    Ok(crate::change::empty(StatusCode::NO_CONTENT))
}

/// A key that the caller may look at: its owner, and the key itself.
fn readable<'a>(
    asked: &'a ManageRequest<'_>,
    holder: KeyHolder,
    owner: KeyOwner,
    public: &str,
) -> Result<&'a Key, ApiError> {
    let not_found = || ApiError::from(AccessError::NotFound("Key not found"));
    let is_itself = asked.principal().key().is_some_and(|own| own.public == public);
    if !is_itself {
        may_list(asked, holder)?;
    }
    let entry = asked.state.people.key(public).ok_or_else(not_found)?;
    if is_of(&entry.key, owner) && asked.principal().sees_key(&entry.key) { Ok(&entry.key) } else { Err(not_found()) }
}

async fn turn(
    asked: &ManageRequest<'_>,
    holder: KeyHolder,
    public: &str,
    turn: KeyStateChange,
) -> Result<Key, ApiError> {
    let owner = asked.owner(holder)?;
    let public = public.to_owned();
    let why = asked.body.values.get("reason").and_then(Json::as_str).unwrap_or_default().to_owned();
    let judge = move |desk: &peerage_access::AccessContext<'_>| {
        let before = acts::of_owner(desk, owner, &public)?.key.clone();
        Ok(acts::turn(desk, &before, turn, &why)?)
    };
    asked.act(judge).await
}

pub async fn suspend(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let key = turn(asked, holder, public, KeyStateChange::Suspend).await?;
    Ok(one_row(StatusCode::OK, show::key(&key, None, asked.app.means.now())))
}

pub async fn resume(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let key = turn(asked, holder, public, KeyStateChange::Resume).await?;
    Ok(one_row(StatusCode::OK, show::key(&key, None, asked.app.means.now())))
}

/// How a key is used.
pub async fn usage(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = asked.owner(holder)?;
    let key = readable(asked, holder, owner, public)?;
    let uses = uses(asked, &[key.id]).await?;
    Ok(one_row(StatusCode::OK, show::used(uses.get(&key.id).unwrap_or(&KeyUse::default()))))
}

pub async fn rotate(asked: &ManageRequest<'_>, holder: KeyHolder, public: &str) -> Result<EdgeResponse, ApiError> {
    let owner = asked.owner(holder)?;
    let overlap = wish::overlap(&asked.body)?;
    let (entropy, server_key, public) = (entropy(asked), asked.app.server_key.clone(), public.to_owned());
    let (key, text) = asked
        .act(move |desk| {
            let before = acts::of_owner(desk, owner, &public)?.key.clone();
            let issued = acts::rotate(desk, &before, overlap, &server_key, &entropy)?;
            let steps = issued.steps.clone();
            Ok(((issued.key, issued.text), steps))
        })
        .await?;
    let mut row = show::key(&key, None, asked.app.means.now());
    if !asked.is_rehearsal() {
        row["key"] = Json::from(text.as_str());
    }
    Ok(secret(one_row(StatusCode::OK, row)))
}

/// Takes the text of a key that somebody found, and ends the key if it is genuine. The answer is the same either way.
pub async fn report(asked: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    let text = asked.body.values.get("key").and_then(Json::as_str).map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err(ApiError::Field("key", "This field is required.".to_owned()));
    }
    let found_at: String = asked
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
    if !asked.is_rehearsal() {
        expose(asked.app, text, &why, asked.request, asked.identity, asked.source).await;
    }
    let row = json!({"text": "Thank you. If this is a key of this registry, it has been revoked and its owners are \
            notified."});
    Ok(one_row(StatusCode::OK, row))
}

/// Confirms a key's contact address with the code that was mailed to it.
pub async fn confirm(asked: &ManageRequest<'_>) -> Result<EdgeResponse, ApiError> {
    let text =
        |name: &str| asked.body.values.get(name).and_then(Json::as_str).map(str::trim).unwrap_or_default().to_owned();
    let (public, code) = (text("id"), text("code"));
    let app = Arc::clone(asked.app);
    let confirmed = asked
        .act(move |desk| {
            let key = acts::key_of_contact(desk, &app.server_key, &public, &code)?;
            Ok((key.public.clone(), acts::confirm_address(desk.people, key)))
        })
        .await?;
    Ok(one_row(StatusCode::OK, json!({"id": confirmed, "email_confirmed": true})))
}
