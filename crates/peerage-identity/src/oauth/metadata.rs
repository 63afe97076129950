//! Discovery documents for sites (`OpenID` Connect Discovery; RFC 8414).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderValue, PRAGMA};
use axum::http::{Response, StatusCode};
use peerage_access::oidc::SCOPES;
use serde_json::{Value as Json, json};

use crate::IdentityProvider;
use crate::oauth::answer;
use crate::oauth::answer::{OauthError, shared};
use crate::oauth::names::{AUTHORIZE, AUTHORIZE_BELOW, BELOW, issuer};
use crate::oauth::request::OauthRequest;
use crate::signing::COPY_LIFE;

const ROUTE: &str = "oauth metadata";

/// Lets clients cache the answer for five minutes. A new key is published for longer than that before it signs.
fn cacheable(mut answer: Response<Body>) -> Response<Body> {
    if let Ok(control) = HeaderValue::from_str(&format!("public, max-age={}", COPY_LIFE.as_secs())) {
        answer.headers_mut().insert(CACHE_CONTROL, control);
    }
    answer.headers_mut().remove(PRAGMA);
    shared(answer)
}

/// The document names the issuer under whose address it was found, because libraries check that.
pub async fn discovery(State(app): State<Arc<IdentityProvider>>, request: Request) -> Response<Body> {
    match OauthRequest::of(&app, request).await {
        Ok(call) => {
            // RFC 8414 puts the issuer's path after the well-known path, OpenID Connect before it.
            let path = call.parts.uri.path();
            let is_below = path.starts_with(&format!("{BELOW}/")) || path.ends_with(BELOW);
            cacheable(answer::json(ROUTE, StatusCode::OK, &document(&call.base(), is_below)))
        }
        Err(refusal) => refusal.answer(ROUTE),
    }
}

pub async fn keys(State(app): State<Arc<IdentityProvider>>) -> Response<Body> {
    match app.signer.public(app.around()).await {
        Ok(keys) => cacheable(answer::json("jwks", StatusCode::OK, &keys)),
        Err(error) => {
            tracing::error!(error = %error, "cannot publish the signing keys");
            OauthError::Unavailable.answer("jwks")
        }
    }
}

fn document(base: &str, is_below: bool) -> Json {
    let at = |path: &str| format!("{base}{BELOW}/{path}/");
    // A request to this address is answered by the issuer of the document that contains it.
    let authorize = if is_below { AUTHORIZE_BELOW } else { AUTHORIZE };
    let methods = json!(["client_secret_basic", "client_secret_post", "none"]);
    let secret_methods = json!(["client_secret_basic", "client_secret_post"]);
    json!({
        "issuer": issuer(base, is_below),
        "authorization_endpoint": format!("{base}{authorize}"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "revocation_endpoint": at("revoke_token"),
        "introspection_endpoint": at("introspect"),
        "end_session_endpoint": at("logout"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": secret_methods,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": ["aal1", "aal2"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash", "name", "given_name",
            "family_name",
            "preferred_username", "id", "verified_user", "email", "email_verified", "networks",
        ],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    })
}
