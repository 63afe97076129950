//! Where errors become answers: the only place that knows status codes and their wording.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use peerage_registry::json::push_value;
use peerage_registry::query::QueryError;
use serde_json::{Map, Value as Json, json};

use crate::http::content::{Content, JSON, JSON_EARLY, Reply};

const AUTH_ID: HeaderName = HeaderName::from_static("x-auth-id");

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    Query(QueryError),
    /// 400 with a text.
    BadRequest(String),
    /// 400 before the resource is looked at.
    BadRequestEarly(&'static str),
    /// 400 for one field.
    Field(&'static str, String),
    /// 401 before the resource is looked at, and whom the client said it was.
    Unauthenticated {
        text: &'static str,
        claimed: Option<HeaderValue>,
    },
    /// 401 of the search, which has an envelope of its own (spec/read-api.md, 12).
    KeyMissing,
    /// 401 of a method that needs an identity.
    CredentialsMissing,
    MethodNotAllowed(String),
    NotAcceptable,
    /// 404 `Not found.`
    NotFound,
    /// 404 without a body.
    NotFoundEmpty,
    UriTooLong {
        max: usize,
    },
    HeadersTooLarge {
        max: usize,
    },
    /// Too many requests; seconds to wait.
    Throttled {
        wait_s: u64,
    },
    Internal,
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> ApiError {
        ApiError::Query(error)
    }
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::BadRequest(_)
            | ApiError::BadRequestEarly(_)
            | ApiError::Field(..)
            | ApiError::Query(QueryError::Malformed(_) | QueryError::Fields(_)) => StatusCode::BAD_REQUEST,
            ApiError::Unauthenticated { .. } | ApiError::CredentialsMissing | ApiError::KeyMissing => {
                StatusCode::UNAUTHORIZED
            }
            ApiError::Query(QueryError::Refused(_) | QueryError::Unreadable) => StatusCode::FORBIDDEN,
            ApiError::NotFound
            | ApiError::NotFoundEmpty
            | ApiError::Query(QueryError::NotFound(_) | QueryError::NoEntity) => StatusCode::NOT_FOUND,
            ApiError::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            ApiError::UriTooLong { .. } => StatusCode::URI_TOO_LONG,
            ApiError::HeadersTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            ApiError::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The body; none for the refusals that clients know as empty.
    fn body(&self) -> Option<Json> {
        let text = match self {
            ApiError::Query(QueryError::Unreadable) | ApiError::NotFoundEmpty => return None,
            ApiError::Query(QueryError::NoEntity) => {
                return Some(json!({"data": [], "meta": {"error": "Entity not found"}}));
            }
            ApiError::Query(QueryError::Fields(fields)) => {
                let mut body: Map<String, Json> =
                    fields.iter().map(|(name, reason)| ((*name).to_owned(), Json::from(*reason))).collect();
                body.insert("meta".to_owned(), json!({"error": "Bad Request"}));
                return Some(Json::Object(body));
            }
            ApiError::Field(name, reason) => return Some(json!({*name: [reason], "meta": {"error": "Bad Request"}})),
            ApiError::KeyMissing => {
                let text = "No API key provided. Please include an Authorization header with your API key.";
                return Some(json!({"error": text}));
            }
            ApiError::Throttled { wait_s } => {
                let message = format!("Request was throttled. Expected available in {}.", waiting_time(*wait_s));
                return Some(json!({"message": message, "meta": {"error": "Too Many Requests"}}));
            }
            ApiError::Query(error) => error.to_string(),
            ApiError::BadRequest(text) => text.clone(),
            ApiError::BadRequestEarly(text) | ApiError::Unauthenticated { text, .. } => (*text).to_owned(),
            ApiError::CredentialsMissing => "Authentication credentials were not provided.".to_owned(),
            ApiError::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed."),
            ApiError::NotAcceptable => "Could not satisfy the request Accept header.".to_owned(),
            ApiError::NotFound => "Not found.".to_owned(),
            ApiError::UriTooLong { max } => format!("The query string is too long; at most {max} bytes are taken."),
            ApiError::HeadersTooLarge { max } => format!("The headers are too large; at most {max} bytes are taken."),
            ApiError::Internal => "Internal error. It has been logged under the id in X-Request-Id.".to_owned(),
        };
        Some(json!({"meta": {"error": text}}))
    }

    pub fn into_reply(self) -> Reply {
        self.into_response().map(Content::Other)
    }

    pub fn into_response(self) -> Response<Body> {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status();
        if let ApiError::Throttled { wait_s } = self {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
        }
        if let ApiError::Unauthenticated { claimed: Some(claimed), .. } = &self {
            answer.headers_mut().insert(AUTH_ID, claimed.clone());
        }
        if let Some(body) = self.body() {
            // Answers that come before a resource is looked at carry the bare type, as in the reference.
            let is_early = matches!(self, ApiError::Unauthenticated { .. } | ApiError::BadRequestEarly(_));
            answer.headers_mut().insert(CONTENT_TYPE, if is_early { JSON_EARLY } else { JSON });
            let mut text = Vec::with_capacity(128);
            push_value(&mut text, &body);
            *answer.body_mut() = Body::from(text);
        }
        answer
    }
}

/// `n seconds` below a minute, `n minutes` below an hour, else `n hours` (spec/read-api.md, 10).
fn waiting_time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} seconds"),
        60..3600 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_a_client_or_server_error_and_says_what_is_wrong() {
        let all = [
            ApiError::Query(QueryError::Malformed("'limit' needs to be a number".into())),
            ApiError::Query(QueryError::Fields(vec![("city", "Required for distance filtering")])),
            ApiError::Query(QueryError::Refused("no")),
            ApiError::Query(QueryError::NotFound("Invalid page.".into())),
            ApiError::Query(QueryError::NoEntity),
            ApiError::BadRequest("Invalid ASN".into()),
            ApiError::BadRequestEarly("Invalid Input."),
            ApiError::Field("ref_tag", "no".into()),
            ApiError::Unauthenticated { text: "Invalid API key", claimed: None },
            ApiError::CredentialsMissing,
            ApiError::MethodNotAllowed("PUT".into()),
            ApiError::NotAcceptable,
            ApiError::NotFound,
            ApiError::UriTooLong { max: 1 },
            ApiError::HeadersTooLarge { max: 1 },
            ApiError::Throttled { wait_s: 60 },
            ApiError::Internal,
        ];
        for error in all {
            assert!(error.status().as_u16() >= 400);
            let body = error.body().expect("an envelope");
            assert!(body["meta"]["error"].as_str().is_some_and(|text| !text.is_empty()), "{error:?}");
        }
        for empty in [ApiError::Query(QueryError::Unreadable), ApiError::NotFoundEmpty] {
            assert!(empty.body().is_none());
        }
    }

    #[test]
    fn waiting_times_never_say_zero_of_the_next_unit() {
        for (seconds, text) in [(1, "1 seconds"), (59, "59 seconds"), (60, "1 minutes"), (3600, "1 hours")] {
            assert_eq!(waiting_time(seconds), text);
        }
    }
}
