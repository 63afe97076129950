//! What sites read about a person by a token: `userinfo`, and the profile that sites of the reference read.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use peerage_access::acts::consents;
use peerage_access::oidc::{Kind, Told, profile as profile_of, userinfo as userinfo_of};
use peerage_registry::json::{pretty, push_value};
use serde_json::{Map, Value as Json};

use crate::Provider;
use crate::oauth::answer;
use crate::oauth::answer::{Refusal, shared};
use crate::oauth::asked::Asked;

pub async fn userinfo(State(app): State<Arc<Provider>>, request: Request) -> Response<Body> {
    answer_by(&app, request, "openid", "userinfo", userinfo_of).await
}

pub async fn profile(State(app): State<Arc<Provider>>, request: Request) -> Response<Body> {
    answer_by(&app, request, "profile", "profile", profile_of).await
}

async fn answer_by(
    app: &Arc<Provider>,
    request: Request,
    scope: &'static str,
    route: &'static str,
    tell: fn(&Told<'_>) -> Map<String, Json>,
) -> Response<Body> {
    shared(match told(app, request, scope, tell).await {
        Ok(body) => answer::bytes(route, body),
        Err(refusal) => refusal.answer(route),
    })
}

async fn told(
    app: &Arc<Provider>,
    request: Request,
    scope: &'static str,
    tell: fn(&Told<'_>) -> Map<String, Json>,
) -> Result<Vec<u8>, Refusal> {
    let mut asked = Asked::of(app, request).await?;
    let token = asked.bearer()?.to_owned();
    let token = zeroize::Zeroizing::new(token);
    asked.know(&token).await;
    let known = consents::recognise(&asked.state.people, &app.server_key, &token, app.means.now());
    let known = known.filter(|known| known.kind == Kind::Access).ok_or(Refusal::InvalidToken)?;
    if !known.scopes.has(scope) {
        return Err(Refusal::InsufficientScope(scope));
    }
    let told = Told {
        people: &asked.state.people,
        registry: &asked.state.snapshot,
        user: known.user,
        consent: known.consent,
        scopes: &known.scopes,
        amr: &known.sign_in.amr,
        authenticated: known.sign_in.authenticated,
        now: app.means.now(),
    };
    let mut body = Vec::with_capacity(512);
    push_value(&mut body, &Json::Object(tell(&told)));
    let question = asked.parts.uri.query().unwrap_or_default();
    let is_pretty = question.split('&').any(|pair| pair.split('=').next() == Some("pretty"));
    Ok(if is_pretty { pretty(&body) } else { body })
}
