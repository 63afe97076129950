//! `Idempotency-Key`, which makes it safe to retry a request whose outcome is unknown.
//!
//! The events of the request store the key, as a digest with its caller. A node that decides the same request again
//! finds it there and changes nothing; the answer is made again from the log.

use axum::http::header::{HeaderName, HeaderValue};
use axum::http::request::Parts;
use peerage_registry::IdempotentRetry;

use crate::content::EdgeResponse;
use crate::errors::ApiError;

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Marks an answer to a repetition.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The maximum length of a key in characters.
const LENGTH_MAX: usize = 255;

/// Reads the key of a request, if it has one.
///
/// # Errors
/// 400 if it is empty, too long or contains anything but printable ASCII, or if there are several.
pub fn read(request: &Parts, caller: &str, body: &[u8]) -> Result<Option<IdempotentRetry>, ApiError> {
    let mut keys = request.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let is_sound =
        (1..=LENGTH_MAX).contains(&key.len()) && key.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte));
    if !is_sound || keys.next().is_some() {
        let text = format!("Idempotency-Key: expected one key of 1 to {LENGTH_MAX} printable ASCII characters.");
        return Err(ApiError::BadRequest(text));
    }
    let address = request.uri.path_and_query().map_or("/", |address| address.as_str());
    let parts = [request.method.as_str().as_bytes(), address.as_bytes(), body];
    Ok(Some(IdempotentRetry::of(caller, key.as_bytes(), &parts)))
}

/// Marks the answer to a repetition.
pub fn replayed(mut reply: EdgeResponse) -> EdgeResponse {
    reply.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    reply
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn retry(keys: &[&str], caller: &str, path: &str, body: &str) -> Result<Option<IdempotentRetry>, ApiError> {
        let mut request = Request::builder().method("POST").uri(path);
        for key in keys {
            request = request.header(IDEMPOTENCY_KEY, *key);
        }
        read(&request.body(()).expect("a request").into_parts().0, caller, body.as_bytes())
    }

    #[test]
    fn n24_keys_are_bounded_and_belong_to_their_caller() {
        assert_eq!(retry(&[], "key a", "/api/net", "{}"), Ok(None));
        for bad in [&[""][..], &["a", "b"], &[&"x".repeat(256)], &["tab\there"]] {
            assert!(matches!(retry(bad, "key a", "/api/net", "{}"), Err(ApiError::BadRequest(_))), "{bad:?}");
        }
        let of = |caller, path, body| retry(&["one"], caller, path, body).expect("sound").expect("a key");
        let first = of("key a", "/api/net", "{}");
        assert_eq!(of("key a", "/api/net", "{}"), first);
        assert_ne!(of("key b", "/api/net", "{}").key, first.key);
        for (path, body) in [("/api/net", "{ }"), ("/api/ix", "{}"), ("/api/net?depth=1", "{}")] {
            let other = of("key a", path, body);
            assert!(other.key == first.key && other.request != first.request, "{path} {body}");
        }
    }
}
