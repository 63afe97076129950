//! A person's data for sites with a token: `userinfo`, and PeeringDB's profile.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use peerage_access::acts::consents;
use peerage_access::oidc::{ClaimsContext, TokenKind, profile as profile_of, userinfo as userinfo_of};
use peerage_registry::json::{pretty, push_value};
use serde_json::{Map, Value as Json};

use crate::IdentityProvider;
use crate::oauth::answer;
use crate::oauth::answer::{OauthError, shared};
use crate::oauth::request::OauthRequest;

pub async fn userinfo(State(app): State<Arc<IdentityProvider>>, request: Request) -> Response<Body> {
    answer_by(&app, request, "openid", "userinfo", userinfo_of).await
}

pub async fn profile(State(app): State<Arc<IdentityProvider>>, request: Request) -> Response<Body> {
    answer_by(&app, request, "profile", "profile", profile_of).await
}

async fn answer_by(
    app: &Arc<IdentityProvider>,
    request: Request,
    scope: &'static str,
    route: &'static str,
    tell: fn(&ClaimsContext<'_>) -> Map<String, Json>,
) -> Response<Body> {
    shared(match userinfo_response(app, request, scope, tell).await {
        Ok(body) => answer::bytes(route, body),
        Err(refusal) => refusal.answer(route),
    })
}

async fn userinfo_response(
    app: &Arc<IdentityProvider>,
    request: Request,
    scope: &'static str,
    tell: fn(&ClaimsContext<'_>) -> Map<String, Json>,
) -> Result<Vec<u8>, OauthError> {
    let mut call = OauthRequest::of(app, request).await?;
    let token = call.bearer()?.to_owned();
    let token = zeroize::Zeroizing::new(token);
    call.know(&token).await;
    let known = consents::recognise(&call.state.people, &app.server_key, &token, app.environment.now());
    let known = known.filter(|known| known.kind == TokenKind::Access).ok_or(OauthError::InvalidToken)?;
    if !known.scopes.has(scope) {
        return Err(OauthError::InsufficientScope(scope));
    }
    let context = ClaimsContext {
        people: &call.state.people,
        registry: &call.state.snapshot,
        user: known.user,
        consent: known.consent,
        scopes: &known.scopes,
        amr: &known.sign_in.amr,
        authenticated: known.sign_in.authenticated,
        now: app.environment.now(),
    };
    let mut body = Vec::with_capacity(512);
    push_value(&mut body, &Json::Object(tell(&context)));
    let query = call.parts.uri.query().unwrap_or_default();
    let is_pretty = query.split('&').any(|pair| pair.split('=').next() == Some("pretty"));
    Ok(if is_pretty { pretty(&body) } else { body })
}
