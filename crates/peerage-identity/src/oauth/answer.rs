//! Answers of the endpoints for programs: uncached JSON with OAuth's errors.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, WWW_AUTHENTICATE,
};
use axum::http::{Response, StatusCode};
use serde_json::{Value as Json, json};

use peerage_edge::content::JSON_EARLY;
use peerage_edge::edge::MatchedRoute;

/// Errors for clients (RFC 6749, 5.2; RFC 6750, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OauthError {
    InvalidRequest(&'static str),
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnsupportedGrantType,
    /// No token was sent.
    NoToken,
    /// The token is invalid.
    InvalidToken,
    /// The token lacks the required scope.
    InsufficientScope(&'static str),
    Unavailable,
}

impl OauthError {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            OauthError::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            OauthError::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "The application is unknown, or its secret is wrong. Send both as Basic or in the form, not as both.",
            ),
            OauthError::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The code or token is unknown, used up, expired, or another application's; or its proof is missing.",
            ),
            OauthError::InvalidScope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "A scope is unknown, or was not granted before.")
            }
            OauthError::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "Use authorization_code or refresh_token.")
            }
            OauthError::NoToken => (StatusCode::UNAUTHORIZED, "", "Send an access token: Authorization: Bearer …"),
            OauthError::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "The token is unknown or expired."),
            OauthError::InsufficientScope(_) => {
                (StatusCode::FORBIDDEN, "insufficient_scope", "The token lacks the required scope.")
            }
            OauthError::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Try again in a moment.")
            }
        }
    }

    pub fn answer(self, route: &'static str) -> Response<Body> {
        let (status, word, why) = self.parts();
        // Without a token, the answer says how to authenticate, but names no error (RFC 6750, 3.1).
        let body =
            if word.is_empty() { json!({"detail": why}) } else { json!({"error": word, "error_description": why}) };
        let mut answer = json(route, status, &body);
        let how = match self {
            OauthError::InvalidClient => Some("Basic realm=\"oauth2\"".to_owned()),
            OauthError::NoToken => Some("Bearer realm=\"oauth2\"".to_owned()),
            OauthError::InvalidToken => Some("Bearer error=\"invalid_token\"".to_owned()),
            OauthError::InsufficientScope(scope) => {
                Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            _ => None,
        };
        if let Some(how) = how.and_then(|how| HeaderValue::from_str(&how).ok()) {
            answer.headers_mut().insert(WWW_AUTHENTICATE, how);
        }
        answer
    }
}

/// Returns JSON that must not be cached.
pub fn json(route: &'static str, status: StatusCode, value: &Json) -> Response<Body> {
    let mut answer = bytes(route, peerage_json(value));
    *answer.status_mut() = status;
    answer
}

fn peerage_json(value: &Json) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    peerage_registry::json::push_value(&mut out, value);
    out
}

/// Returns JSON that is already serialized and must not be cached.
pub fn bytes(route: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, JSON_EARLY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer.extensions_mut().insert(MatchedRoute(route));
    answer
}

/// Lets pages of every site read the answer: it depends on what they sent, not on a cookie.
pub fn shared(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// Answers CORS preflight requests.
pub async fn preflight() -> Response<Body> {
    let mut answer = shared(Response::new(Body::empty()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "3600"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
