//! Answers of the endpoints that programs ask: JSON, kept by nobody, in the words of OAuth.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, WWW_AUTHENTICATE,
};
use axum::http::{Response, StatusCode};
use serde_json::{Value as Json, json};

use peerage_edge::content::JSON_EARLY;
use peerage_edge::edge::Route;

/// Why a client gets nothing (RFC 6749, 5.2; RFC 6750, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    InvalidRequest(&'static str),
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnsupportedGrantType,
    /// No token came.
    NoToken,
    /// A token that does not stand.
    InvalidToken,
    /// The token does not tell that.
    InsufficientScope(&'static str),
    Unavailable,
}

impl Refusal {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Refusal::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            Refusal::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "The application is unknown, or its secret is wrong. Send both as Basic or in the form, not as both.",
            ),
            Refusal::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The code or token is unknown, used up, expired, or another application's; or its proof is missing.",
            ),
            Refusal::InvalidScope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "A scope is unknown, or was not given before.")
            }
            Refusal::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "Taken are authorization_code and refresh_token.")
            }
            Refusal::NoToken => (StatusCode::UNAUTHORIZED, "", "Send an access token: Authorization: Bearer …"),
            Refusal::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "The token is unknown or expired."),
            Refusal::InsufficientScope(_) => {
                (StatusCode::FORBIDDEN, "insufficient_scope", "The token does not reach that far.")
            }
            Refusal::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Try again in a moment.")
            }
        }
    }

    pub fn answer(self, route: &'static str) -> Response<Body> {
        let (status, word, why) = self.parts();
        // Who sent no token is told how to ask, and of no error (RFC 6750, 3.1).
        let body =
            if word.is_empty() { json!({"detail": why}) } else { json!({"error": word, "error_description": why}) };
        let mut answer = json(route, status, &body);
        let how = match self {
            Refusal::InvalidClient => Some("Basic realm=\"oauth2\"".to_owned()),
            Refusal::NoToken => Some("Bearer realm=\"oauth2\"".to_owned()),
            Refusal::InvalidToken => Some("Bearer error=\"invalid_token\"".to_owned()),
            Refusal::InsufficientScope(scope) => {
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

/// JSON that nobody keeps.
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

/// The same, made already.
pub fn bytes(route: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, JSON_EARLY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer.extensions_mut().insert(Route(route));
    answer
}

/// Lets pages of every site read the answer: it follows from what they have sent, and from no cookie.
pub fn shared(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// What a browser asks before it lets a page of another site ask.
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
