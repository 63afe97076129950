//! The headers of JSON answers, prepared once.
//!
//! An answer has a dozen headers, and for a small body they are most of the work. Copying a finished map costs a
//! fraction of filling one.

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use peerage_engine::RegistryState;
use peerage_registry::Viewer;

use crate::content::{EdgeResponse, JSON, ResponseBody};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub const AUTH_STATUS: HeaderName = HeaderName::from_static("x-auth-status");
const APP_VERSION: HeaderName = HeaderName::from_static("x-app-version");

/// Headers of every answer (spec/read-api.md, 2.5).
static EVERYWHERE: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
    (APP_VERSION, HeaderValue::from_static(crate::VERSION)),
    (AUTH_STATUS, HeaderValue::from_static("unauthenticated")),
];

/// `Vary` of every answer below `/api/`.
const API_VARY: HeaderValue =
    HeaderValue::from_static("Authorization, Accept-Language, origin, Accept-Encoding, Cookie");

/// How long a shared cache may give the answer to other anonymous callers.
const FRESH: HeaderValue = HeaderValue::from_static("s-maxage=10");
/// An answer to a request with credentials is for its caller only.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// The headers of an answer to an anonymous caller's GET of JSON. `Allow`, `ETag` and the request ID are placeholders
/// that are replaced later, which costs less than adding.
static JSON_HEADERS: LazyLock<[HeaderMap; 2]> = LazyLock::new(|| {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(header::CACHE_CONTROL, FRESH);
    for later in [header::ALLOW, REQUEST_ID] {
        headers.insert(later, HeaderValue::from_static(""));
    }
    headers.insert(header::VARY, API_VARY);
    add(&mut headers);
    let without_validator = headers.clone();
    headers.insert(header::ETAG, HeaderValue::from_static(""));
    [without_validator, headers]
});

fn add(headers: &mut HeaderMap) {
    for (name, value) in &EVERYWHERE {
        // Logged-in callers already have this header.
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

/// Makes a JSON answer below `/api/`, for a GET until [`finish_api`] says otherwise.
pub fn prepared(content: ResponseBody, validator: Option<&HeaderValue>) -> EdgeResponse {
    let mut answer = EdgeResponse::new(content);
    *answer.headers_mut() = JSON_HEADERS[usize::from(validator.is_some())].clone();
    if let Some(validator) = validator {
        answer.headers_mut().insert(header::ETAG, validator.clone());
    }
    answer
}

/// Returns the validator of answers for a class of viewers, or `None` for a viewer whose answers are individual.
pub fn etag(state: &RegistryState, viewer: &Viewer) -> Option<HeaderValue> {
    state.validator(viewer).and_then(|bytes| HeaderValue::from_maybe_shared(bytes.clone()).ok())
}

/// Marks an object that is shown to one viewer only with the position at which it was read, unless it is marked
/// already.
pub fn mark_position(answer: &mut EdgeResponse, state: &RegistryState) {
    if answer.status().is_success()
        && !answer.headers().contains_key(header::ETAG)
        && let Ok(validator) = HeaderValue::from_maybe_shared(state.own_validator().clone())
    {
        answer.headers_mut().insert(header::ETAG, validator);
    }
}

/// Sets the headers of an answer below `/api/` that was not prepared.
pub fn finish_api(headers: &mut HeaderMap, request: &Parts) {
    headers.entry(header::VARY).or_insert(API_VARY);
    // An answer that contains a secret sets its own.
    if headers.get(header::CACHE_CONTROL).is_some_and(|control| control == "no-store") {
        return;
    }
    if request.method != Method::GET {
        headers.remove(header::CACHE_CONTROL);
    } else if [header::AUTHORIZATION, header::COOKIE].iter().any(|name| request.headers.contains_key(name)) {
        headers.insert(header::CACHE_CONTROL, PRIVATE);
    } else {
        headers.entry(header::CACHE_CONTROL).or_insert(FRESH);
    }
}

/// Keeps the answer to a request that names a position out of shared caches. `Vary` does not name the header, because
/// that would change every other answer.
pub fn keep_from_shared_caches(headers: &mut HeaderMap) {
    let is_private = |control: &HeaderValue| {
        let control = control.to_str().unwrap_or_default();
        control.split(',').any(|word| matches!(word.trim(), "private" | "no-store"))
    };
    if !headers.get(header::CACHE_CONTROL).is_some_and(is_private) {
        headers.insert(header::CACHE_CONTROL, PRIVATE);
    }
}

/// Sets the headers that every answer has.
pub fn finish(headers: &mut HeaderMap) {
    if !headers.contains_key(APP_VERSION) {
        add(headers);
    }
}
