//! Token endpoints: exchange, revocation and introspection.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::clients;
use peerage_access::acts::consents::{self, IssuedTokens, TokenError, TokenGrant, TokenResult};
use peerage_access::oidc::{ACCESS_LIFE, ClaimsContext, IdToken, OauthScopes, TokenKind, id_claims};
use peerage_access::records::ClientKind;
use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use crate::IdentityProvider;
use crate::oauth::answer;
use crate::oauth::answer::{OauthError, shared};
use crate::oauth::names::issuer;
use crate::oauth::request::OauthRequest;
use peerage_edge::caller::ChangeDenied;

/// The grant that a client exchanges.
enum GrantExchange {
    Code { text: Zeroizing<String>, redirect_uri: Option<String>, verifier: Option<Zeroizing<String>> },
    Refresh { text: Zeroizing<String>, scopes: Option<OauthScopes> },
}

impl GrantExchange {
    fn of(call: &OauthRequest) -> Result<GrantExchange, OauthError> {
        let text = |name| call.form.get(name).map(|text| Zeroizing::new(text.to_owned()));
        match call.form.get("grant_type") {
            Some("authorization_code") => Ok(GrantExchange::Code {
                text: text("code").ok_or(OauthError::InvalidRequest("The code is missing."))?,
                redirect_uri: call.form.get("redirect_uri").map(str::to_owned),
                verifier: text("code_verifier"),
            }),
            Some("refresh_token") => {
                let scopes =
                    call.form.get("scope").map(|text| OauthScopes::parse(text).ok_or(OauthError::InvalidScope));
                Ok(GrantExchange::Refresh {
                    text: text("refresh_token").ok_or(OauthError::InvalidRequest("The refresh_token is missing."))?,
                    scopes: scopes.transpose()?,
                })
            }
            Some(_) => Err(OauthError::UnsupportedGrantType),
            None => Err(OauthError::InvalidRequest("The grant_type is missing.")),
        }
    }

    fn showing(&self) -> TokenGrant<'_> {
        match self {
            GrantExchange::Code { text, redirect_uri, verifier } => TokenGrant::Code {
                text,
                redirect_uri: redirect_uri.as_deref(),
                verifier: verifier.as_ref().map(|verifier| verifier.as_str()),
            },
            GrantExchange::Refresh { text, scopes } => TokenGrant::Refresh { text, scopes: scopes.as_ref() },
        }
    }
}

pub async fn exchange(State(app): State<Arc<IdentityProvider>>, request: Request) -> Response<Body> {
    shared(match exchanged(&app, request).await {
        Ok(body) => answer::json("oauth token", StatusCode::OK, &body),
        Err(refusal) => refusal.answer("oauth token"),
    })
}

async fn exchanged(app: &Arc<IdentityProvider>, request: Request) -> Result<Json, OauthError> {
    let call = OauthRequest::of(app, request).await?;
    let exchange = GrantExchange::of(&call)?;
    let shown = call.client()?;
    let shared = Arc::clone(app);
    let done: Result<TokenResult, ChangeDenied> = call
        .act(move |context| {
            // Computed at each call, because the decision may be repeated.
            let entropy = shared.entropy();
            consents::exchange(context, &shown, &exchange.showing(), &shared.server_key, &entropy)
        })
        .await;
    match done {
        Ok(Ok(issued)) => token_response(&call, &issued).await,
        Ok(Err(TokenError::Client)) => Err(OauthError::InvalidClient),
        Ok(Err(TokenError::Grant)) => Err(OauthError::InvalidGrant),
        Ok(Err(TokenError::Scope)) => Err(OauthError::InvalidScope),
        Err(_) => Err(OauthError::Unavailable),
    }
}

/// Returns tokens, with an ID token if the site requested `openid`.
async fn token_response(call: &OauthRequest, issued: &IssuedTokens) -> Result<Json, OauthError> {
    let kept = issued.sign_in.narrowed.as_ref().unwrap_or(&issued.sign_in.scopes);
    let scopes = OauthScopes::of_record(kept);
    let mut body = json!({
        "access_token": *issued.access,
        "expires_in": ACCESS_LIFE.as_secs(),
        "token_type": "Bearer",
        "scope": scopes.to_string(),
        "refresh_token": *issued.refresh,
    });
    if scopes.has("openid") {
        // The state after the exchange, which this node has just committed.
        let state = call.app.live.full();
        let user = state.people.user(issued.consent.user).ok_or(OauthError::InvalidGrant)?;
        let context = ClaimsContext {
            people: &state.people,
            registry: &state.snapshot,
            user,
            consent: &issued.consent,
            scopes: &scopes,
            amr: &issued.sign_in.amr,
            authenticated: issued.sign_in.authenticated,
            now: call.app.environment.now(),
        };
        let sid = issued.sign_in.session.map(|line| peerage_access::oidc::sid(&call.app.server_key, user.id, line));
        let token = IdToken {
            issuer: &issuer(&call.base(), issued.sign_in.is_below),
            client_id: &issued.client.client_id,
            nonce: issued.nonce.as_deref(),
            sid: sid.as_deref(),
            access: &issued.access,
            now: call.app.environment.now(),
        };
        let claims = id_claims(&context, &token);
        let signed = call.app.signer.sign(call.app.around(), issued.client.signing, claims).await;
        body["id_token"] = json!(signed.map_err(|error| {
            tracing::error!(error = %error, "cannot sign an ID token");
            OauthError::Unavailable
        })?);
    }
    Ok(body)
}

/// Revokes a token (RFC 7009). The answer does not reveal whether it existed.
pub async fn give_back(State(app): State<Arc<IdentityProvider>>, request: Request) -> Response<Body> {
    shared(match given_back(&app, request).await {
        Ok(()) => answer::bytes("oauth revoke", Vec::new()),
        Err(refusal) => refusal.answer("oauth revoke"),
    })
}

async fn given_back(app: &Arc<IdentityProvider>, request: Request) -> Result<(), OauthError> {
    let call = OauthRequest::of(app, request).await?;
    let shown = call.client()?;
    // An unknown client causes no write.
    clients::recognise(&call.state.people, &app.server_key, &shown, app.environment.now())
        .ok_or(OauthError::InvalidClient)?;
    let token = call.form.get("token").ok_or(OauthError::InvalidRequest("The token is missing."))?;
    let (shared, token) = (Arc::clone(app), Zeroizing::new(token.to_owned()));
    let done = call.act(move |context| consents::give_back(context, &shown, &token, &shared.server_key)).await;
    done.map_err(|denied| match denied {
        ChangeDenied::Access(AccessError::Forbidden(_)) => OauthError::InvalidClient,
        _ => OauthError::Unavailable,
    })
}

/// Introspects a token for the client to which it was issued (RFC 7662).
pub async fn introspect(State(app): State<Arc<IdentityProvider>>, request: Request) -> Response<Body> {
    match introspected(&app, request).await {
        Ok(body) => answer::json("oauth introspect", StatusCode::OK, &Json::Object(body)),
        Err(refusal) => refusal.answer("oauth introspect"),
    }
}

async fn introspected(app: &Arc<IdentityProvider>, request: Request) -> Result<Map<String, Json>, OauthError> {
    let mut call = OauthRequest::of(app, request).await?;
    let (shown, now) = (call.client()?, app.environment.now());
    let client = clients::recognise(&call.state.people, &app.server_key, &shown, now);
    let client = client.filter(|client| client.kind == ClientKind::Confidential).ok_or(OauthError::InvalidClient)?.id;
    let token = call.form.get("token").ok_or(OauthError::InvalidRequest("The token is missing."))?;
    let token = Zeroizing::new(token.to_owned());
    call.know(&token).await;
    let known = consents::recognise(&call.state.people, &app.server_key, &token, now);
    let Some(known) = known.filter(|known| known.client.id == client) else {
        return Ok(Map::from_iter([("active".to_owned(), json!(false))]));
    };
    let kind = if known.kind == TokenKind::Refresh { "refresh_token" } else { "Bearer" };
    let body = json!({
        "active": true,
        "scope": known.scopes.to_string(),
        "client_id": known.client.client_id,
        "username": known.user.username,
        "token_type": kind,
        "exp": known.expires.as_seconds(),
        "sub": known.user.id.to_string(),
        "aud": known.client.client_id,
        "iss": issuer(&call.base(), known.sign_in.is_below),
        "auth_time": known.sign_in.authenticated.as_seconds(),
        "amr": peerage_access::oidc::words(&known.sign_in.amr),
    });
    Ok(body.as_object().cloned().unwrap_or_default())
}
