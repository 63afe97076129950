//! Keys of an organization, and a person's own.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{self, IssuedKey, KeyOwner, KeyPatch, KeyStateChange};
use peerage_access::show;
use serde_json::json;

use super::{ok, organization, person, refused, required};
use crate::outcome::DONE;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

impl Visit {
    /// Creates a key. Its text is only in the answer.
    pub async fn issue(&self, owner: KeyOwner, patch: KeyPatch) -> Result<IssuedKey, ChangeDenied> {
        let (entropy, server_key) = (self.chance(), self.app.server_key.clone());
        self.act(move |context| {
            let issued = keys::issue(context, owner, &patch, &server_key, &entropy)?;
            let steps = issued.steps.clone();
            Ok((issued, steps))
        })
        .await
    }

    /// Suspends, resumes or revokes a key of an owner.
    pub async fn turn(&self, owner: KeyOwner, public: String, turn: KeyStateChange) -> Result<(), ChangeDenied> {
        self.act(move |context| {
            let before = keys::of_owner(context, owner, &public)?.key.clone();
            keys::turn(context, &before, turn, "").map(|(_, steps)| ((), steps))
        })
        .await
    }
}

pub async fn add(visit: Visit) -> Response<Body> {
    let org = match organization(&visit).and_then(|org| required(&visit, &["name", "email"]).map(|()| org)) {
        Ok(org) => org,
        Err(answer) => return answer,
    };
    let patch = KeyPatch {
        name: Some(visit.form.text("name").to_owned()),
        email: Some(visit.form.text("email").to_owned()),
        ..KeyPatch::default()
    };
    match visit.issue(KeyOwner::Org(org), patch).await {
        Ok(issued) => {
            let key = &issued.key;
            let is_readonly = show::key(key, None, visit.app.environment.now())["is_readonly"].clone();
            let body = json!({
                "status": DONE,
                "name": key.name,
                "email": key.email,
                "prefix": key.public,
                "org_id": org,
                "key": issued.text.as_str(),
                "is_readonly": is_readonly,
            });
            visit.json(StatusCode::OK, &body)
        }
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn update(visit: Visit) -> Response<Body> {
    let org = match organization(&visit).and_then(|org| required(&visit, &["name", "email"]).map(|()| org)) {
        Ok(org) => org,
        Err(answer) => return answer,
    };
    let public = visit.form.text("prefix").trim().to_owned();
    let patch = KeyPatch {
        name: Some(visit.form.text("name").to_owned()),
        email: Some(visit.form.text("email").to_owned()),
        ..KeyPatch::default()
    };
    let done = visit
        .act(move |context| {
            let before = keys::of_owner(context, KeyOwner::Org(org), &public)?.key.clone();
            keys::change(context, &before, &patch)
        })
        .await;
    match done {
        Ok(key) => {
            let body = json!({"status": DONE, "name": key.name, "email": key.email, "prefix": key.public});
            visit.json(StatusCode::OK, &body)
        }
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn revoke(visit: Visit) -> Response<Body> {
    let org = match organization(&visit) {
        Ok(org) => org,
        Err(answer) => return answer,
    };
    let public = visit.form.text("prefix").trim().to_owned();
    match visit.turn(KeyOwner::Org(org), public, KeyStateChange::Revoke).await {
        Ok(()) => ok(&visit),
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn add_own(visit: Visit) -> Response<Body> {
    let user = match person(&visit).and_then(|user| required(&visit, &["name"]).map(|()| user)) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let patch = KeyPatch {
        name: Some(visit.form.text("name").to_owned()),
        readonly: Some(visit.form.text("readonly").eq_ignore_ascii_case("true")),
        ..KeyPatch::default()
    };
    match visit.issue(KeyOwner::User(user), patch).await {
        Ok(issued) => {
            let key = &issued.key;
            let body = json!({
                "status": DONE,
                "name": key.name,
                "prefix": key.public,
                "readonly": key.readonly,
                "key": issued.text.as_str(),
            });
            visit.json(StatusCode::OK, &body)
        }
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn revoke_own(visit: Visit) -> Response<Body> {
    let user = match person(&visit) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let public = visit.form.text("prefix").trim().to_owned();
    match visit.turn(KeyOwner::User(user), public, KeyStateChange::Revoke).await {
        Ok(()) => ok(&visit),
        Err(denied) => refused(&visit, denied),
    }
}
