//! The headers of JSON answers, put together once.
//!
//! An answer bears a dozen headers, which for a small body is most of the work; a copy of a finished map costs a
//! fraction of filling one.

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::http::content::{Content, JSON, Reply};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const APP_VERSION: HeaderName = HeaderName::from_static("x-app-version");

/// Headers of every answer (spec/read-api.md, 2.5).
static EVERYWHERE: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
    (APP_VERSION, HeaderValue::from_static(crate::VERSION)),
];

/// Headers of every answer below `/api/`.
static API: [(HeaderName, HeaderValue); 2] = [
    (header::VARY, HeaderValue::from_static("Authorization, Accept-Language, origin, Accept-Encoding")),
    (HeaderName::from_static("x-auth-status"), HeaderValue::from_static("unauthenticated")),
];

/// How long a cache between may give the answer to other anonymous callers.
const FRESH: HeaderValue = HeaderValue::from_static("s-maxage=10");

/// What an anonymous caller's GET of JSON is answered with. `Allow`, `ETag` and the request's id stand for values that
/// are put in later: replacing costs less than adding.
static JSON_HEADERS: LazyLock<[HeaderMap; 2]> = LazyLock::new(|| {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(header::CACHE_CONTROL, FRESH);
    for later in [header::ALLOW, REQUEST_ID] {
        headers.insert(later, HeaderValue::from_static(""));
    }
    add(&mut headers, &API);
    add(&mut headers, &EVERYWHERE);
    let without_validator = headers.clone();
    headers.insert(header::ETAG, HeaderValue::from_static(""));
    [without_validator, headers]
});

fn add(headers: &mut HeaderMap, all: &[(HeaderName, HeaderValue)]) {
    headers.extend(all.iter().map(|(name, value)| (name.clone(), value.clone())));
}

/// A JSON answer below `/api/`, for a GET until [`finish_api`] says otherwise.
pub fn prepared(content: Content, validator: Option<&HeaderValue>) -> Reply {
    let mut answer = Reply::new(content);
    *answer.headers_mut() = JSON_HEADERS[usize::from(validator.is_some())].clone();
    if let Some(validator) = validator {
        answer.headers_mut().insert(header::ETAG, validator.clone());
    }
    answer
}

/// Headers of an answer below `/api/` that was not prepared.
pub fn finish_api(headers: &mut HeaderMap, method: &Method) {
    if !headers.contains_key(header::VARY) {
        add(headers, &API);
    }
    match *method {
        Method::GET => _ = headers.entry(header::CACHE_CONTROL).or_insert(FRESH),
        _ => _ = headers.remove(header::CACHE_CONTROL),
    }
}

/// Headers that every answer bears, whatever it is.
pub fn finish(headers: &mut HeaderMap) {
    if !headers.contains_key(APP_VERSION) {
        add(headers, &EVERYWHERE);
    }
}
