//! Turns errors into answers. This is the only place that knows status codes and texts.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use peerage_access::people::CommittedRequest;
use peerage_access::{AccessError, Principal};
use peerage_registry::json::push_value;
use peerage_registry::query::QueryError;
use peerage_registry::rules::{BodyComplaints, WriteRefusal};
use serde_json::{Map, Value as Json, json};

use crate::content::{EdgeResponse, JSON, JSON_EARLY, ResponseBody};

pub const AUTH_ID: HeaderName = HeaderName::from_static("x-auth-id");
const THROTTLED: HeaderName = HeaderName::from_static("x-throttled-response");

/// Marks an answer to a wrong credential, which may have been a guess.
#[derive(Debug, Clone, Copy)]
pub struct WrongCredential;

/// PeeringDB's text for its search.
const KEY_MISSING: &str = "No API key provided. Please include an Authorization header with your API key.";

/// Where second factors are set up.
pub const SET_UP: &str = "/account/two_factor/";

/// An answer that reports an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    Query(QueryError),
    /// 400 with a text.
    BadRequest(String),
    /// 400 before the resource is known.
    BadRequestEarly(&'static str),
    /// 400 for one field.
    Field(&'static str, String),
    /// 401 before the resource is known, and the name that the client claimed.
    Unauthenticated {
        text: Cow<'static, str>,
        claimed: Option<HeaderValue>,
    },
    /// 403 with a text.
    ForbiddenBecause(String),
    /// 403 before the resource is known.
    ForbiddenEarly(&'static str),
    /// 403 without a body.
    Forbidden,
    /// 400 without a body.
    BadRequestEmpty,
    /// 400 with these fields and `meta`.
    Fields(Map<String, Json>),
    /// 401 for a key that may not update the row, 403 for a person (spec/write-api.md, 4.3).
    NotYours {
        is_logged_in: bool,
    },
    /// 404 with a text.
    NotFoundBecause(String),
    /// 204: the object to delete does not exist.
    AlreadyGone,
    /// 415.
    UnsupportedMedia(String),
    /// 413.
    BodyTooLarge {
        max: usize,
    },
    /// 429 for a caller that was refused too often.
    RefusedTooOften {
        wait: Duration,
    },
    /// A fresh second factor is needed.
    NeedsFreshFactor,
    /// 302 to the page of second factors: one has to be set up first.
    NeedsSetUp,
    /// 503: the store cannot be written to. Nothing was changed.
    Unavailable,
    /// 503: too many requests need the same thing.
    Busy {
        what: &'static str,
        wait: Duration,
    },
    /// 501: the body has a transfer coding besides `chunked`.
    UnknownTransferCoding,
    /// 415: the body is compressed.
    UnknownContentCoding(String),
    /// 503: the database has been silent for so long that this node can no longer check credentials.
    Stale {
        wait: Duration,
    },
    /// 503: the server key of this node is older than that of another node.
    OldServerKey,
    /// 503: the node waits for its database.
    Starting,
    /// 503: the check of the database has found damage.
    Damaged,
    /// 503: this node has not yet seen the change whose position the request names.
    Behind,
    /// 408: the body arrived too slowly.
    BodyTooSlow,
    /// 503: nothing is written while something in the log cannot be read, which the text names.
    WritesStopped(String),
    /// 503: another process is writing. Nothing was changed.
    OtherWriter,
    /// 503: nothing is written until the database is repaired, for a reason. Nothing was changed.
    Stopped(String),
    /// 412: the object has changed since the version in `If-Match`. Nothing was changed.
    HasChanged,
    /// 422: the `Idempotency-Key` was used in another request.
    KeyOfAnotherRequest,
    /// The request was carried out before. Its handler answers as it did then.
    Repeated(Arc<CommittedRequest>),
    /// 504: it is unknown whether the change was made.
    OutcomeUnknown,
    /// 401 of the search, which has its own envelope (spec/read-api.md, 12).
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
    /// 429: too many requests.
    Throttled {
        wait: Duration,
    },
    Internal,
}

impl From<WriteRefusal> for ApiError {
    fn from(refusal: WriteRefusal) -> ApiError {
        match refusal {
            WriteRefusal::Invalid(complaints) => ApiError::Fields(with_meta(complaints)),
            WriteRefusal::Impossible(text) => ApiError::BadRequest(text),
            WriteRefusal::OtherOrganization => ApiError::BadRequestEmpty,
            WriteRefusal::NotYours => ApiError::NotYours { is_logged_in: false },
            WriteRefusal::NotPermitted => ApiError::Forbidden,
            WriteRefusal::NotPermittedBecause(text) | WriteRefusal::StillNeeded(text) => {
                ApiError::ForbiddenBecause(text)
            }
            WriteRefusal::NotFound(text) => ApiError::NotFoundBecause(text),
            WriteRefusal::AlreadyGone => ApiError::AlreadyGone,
            // Facts are collected before a refusal becomes an error.
            WriteRefusal::NeedsFacts(_) => ApiError::Internal,
        }
    }
}

/// Formats complaints as a body: the fields at the top level, then `meta`.
fn with_meta(complaints: BodyComplaints) -> Map<String, Json> {
    let mut body = complaints.fields;
    let meta = if complaints.concerns_caller {
        // A text instead of a boolean, because clients compare it (spec/write-api.md, 9).
        json!({"ignore_field_error": "True", "error": "Bad Request"})
    } else {
        json!({"error": "Bad Request"})
    };
    body.insert("meta".to_owned(), meta);
    body
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> ApiError {
        match error {
            AccessError::Field { field, text } => ApiError::Field(field, text),
            AccessError::Refused(text) => ApiError::BadRequest(text),
            AccessError::Forbidden(text) => ApiError::ForbiddenBecause(text),
            AccessError::NeedsFreshFactor => ApiError::NeedsFreshFactor,
            AccessError::NotFound(text) => ApiError::NotFoundBecause(text.to_owned()),
            AccessError::Fields(fields) => {
                let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), json!([text])));
                ApiError::Fields(with_meta(BodyComplaints { fields: fields.collect(), concerns_caller: false }))
            }
            // Callers that need external facts collect them before this becomes an error.
            AccessError::Already => ApiError::BadRequest("This has already been done.".to_owned()),
            AccessError::TryAgain | AccessError::Needs(_) => ApiError::Unavailable,
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> ApiError {
        ApiError::Query(error)
    }
}

impl ApiError {
    /// Makes the error for a session or key that lacks permissions for a reason its owner can fix. A session that was
    /// idle or is a day old has to verify again; a personal key may be refused by an organization's rule. The error
    /// says so.
    pub fn of_lapsed(self, principal: &Principal) -> ApiError {
        let is_for_rights = matches!(
            self,
            ApiError::Forbidden | ApiError::ForbiddenBecause(_) | ApiError::NotYours { is_logged_in: true }
        );
        if is_for_rights && principal.has_lapsed() {
            return ApiError::NeedsFreshFactor;
        }
        match (&self, principal.refusing_rules()) {
            (ApiError::Forbidden, Some(rules)) => ApiError::ForbiddenBecause(rules),
            (ApiError::ForbiddenBecause(text), Some(rules)) => ApiError::ForbiddenBecause(format!("{text} {rules}")),
            _ => self,
        }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::BadRequest(_)
            | ApiError::BadRequestEarly(_)
            | ApiError::Field(..)
            | ApiError::Fields(_)
            | ApiError::BadRequestEmpty
            | ApiError::Query(QueryError::Malformed(_) | QueryError::Fields(_) | QueryError::TooMuchWork) => {
                StatusCode::BAD_REQUEST
            }
            ApiError::Unauthenticated { .. }
            | ApiError::CredentialsMissing
            | ApiError::KeyMissing
            | ApiError::NotYours { is_logged_in: false } => StatusCode::UNAUTHORIZED,
            ApiError::Query(QueryError::Refused(_) | QueryError::Unreadable)
            | ApiError::ForbiddenBecause(_)
            | ApiError::ForbiddenEarly(_)
            | ApiError::Forbidden
            | ApiError::NeedsFreshFactor
            | ApiError::NotYours { is_logged_in: true } => StatusCode::FORBIDDEN,
            ApiError::NeedsSetUp => StatusCode::FOUND,
            ApiError::NotFoundBecause(_)
            | ApiError::NotFound
            | ApiError::NotFoundEmpty
            | ApiError::Query(QueryError::NotFound(_) | QueryError::NoEntity) => StatusCode::NOT_FOUND,
            ApiError::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            ApiError::UriTooLong { .. } => StatusCode::URI_TOO_LONG,
            ApiError::HeadersTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            ApiError::Throttled { .. } | ApiError::RefusedTooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            ApiError::UnsupportedMedia(_) | ApiError::UnknownContentCoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ApiError::UnknownTransferCoding => StatusCode::NOT_IMPLEMENTED,
            ApiError::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::Unavailable
            | ApiError::WritesStopped(_)
            | ApiError::OtherWriter
            | ApiError::Busy { .. }
            | ApiError::Stale { .. }
            | ApiError::OldServerKey
            | ApiError::Starting
            | ApiError::Damaged
            | ApiError::Behind
            | ApiError::Stopped(_) => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            ApiError::OutcomeUnknown => StatusCode::GATEWAY_TIMEOUT,
            ApiError::HasChanged => StatusCode::PRECONDITION_FAILED,
            ApiError::KeyOfAnotherRequest => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::Repeated(_) => StatusCode::OK,
            ApiError::AlreadyGone => StatusCode::NO_CONTENT,
            ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the body, or `None` for refusals that clients know as empty.
    #[expect(clippy::too_many_lines, reason = "one arm for each error, which makes a table")]
    fn body(&self) -> Option<Json> {
        let text = match self {
            ApiError::Query(QueryError::Unreadable)
            | ApiError::NotFoundEmpty
            | ApiError::Forbidden
            | ApiError::AlreadyGone
            | ApiError::BadRequestEmpty => return None,
            ApiError::Fields(fields) => return Some(Json::Object(fields.clone())),
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
            ApiError::KeyMissing => return Some(json!({"error": KEY_MISSING})),
            ApiError::Throttled { wait } => {
                let message = format!("Request was throttled. Expected available in {}.", waiting_time(*wait));
                return Some(json!({"message": message, "meta": {"error": "Too Many Requests"}}));
            }
            ApiError::Query(error) => error.to_string(),
            ApiError::BadRequest(text) | ApiError::ForbiddenBecause(text) | ApiError::NotFoundBecause(text) => {
                text.clone()
            }
            ApiError::BadRequestEarly(text) | ApiError::ForbiddenEarly(text) => (*text).to_owned(),
            ApiError::Unauthenticated { text, .. } => text.clone().into_owned(),
            ApiError::NotYours { is_logged_in: true } => {
                "You do not have permission to perform this action.".to_owned()
            }
            ApiError::UnsupportedMedia(kind) => format!("Unsupported media type \"{kind}\" in request."),
            ApiError::BodyTooLarge { max } => format!("The body is too large; at most {max} bytes are allowed."),
            ApiError::Busy { what, wait } => {
                format!("The server has too many {what} at the moment. Try again in {} seconds.", wait.as_secs())
            }
            ApiError::UnknownTransferCoding => {
                "The request body has a Transfer-Encoding that this server does not know. Only chunked is supported."
                    .to_owned()
            }
            ApiError::UnknownContentCoding(coding) => {
                format!("The request body has the Content-Encoding \"{coding}\". Send it without a Content-Encoding.")
            }
            ApiError::Stale { wait } => format!(
                "This server has lost contact with its database, so it can neither check credentials nor make changes. \
                 Public data can be read without credentials. Try again in {} seconds.",
                wait.as_secs()
            ),
            ApiError::OldServerKey => {
                "This node has an old server key, so it can neither check this credential nor make changes. Nothing was \
                 changed, and the credential may be right. Try again in 5 seconds; another node can answer."
                    .to_owned()
            }
            ApiError::Damaged => {
                "The database of this server is damaged, so the server does not answer. Its log says what was found."
                    .to_owned()
            }
            ApiError::Starting => {
                "The server is starting and waits for its database. Try again in 5 seconds.".to_owned()
            }
            ApiError::Behind => {
                "This node does not have the change at Peerage-Position yet. Try again in 1 second.".to_owned()
            }
            ApiError::BodyTooSlow => "The request body arrived too slowly.".to_owned(),
            ApiError::RefusedTooOften { .. } => "Too many requests that resulted in 401 or 403 responses".to_owned(),
            ApiError::NeedsFreshFactor => {
                "This requires a fresh second factor. Log in again and repeat it within ten minutes.".to_owned()
            }
            ApiError::NeedsSetUp => "Set up a second factor to continue: /account/two_factor/".to_owned(),
            ApiError::Unavailable => "The registry cannot be changed at the moment. Try again later.".to_owned(),
            ApiError::WritesStopped(why) => {
                format!("No change is accepted at the moment, and nothing was changed: {why}. Try again later.")
            }
            ApiError::OtherWriter => {
                "Another process is writing to the registry, for example an import. Nothing was changed; try again \
                 later."
                    .to_owned()
            }
            ApiError::HasChanged => {
                "The object has changed since you read it, or is not there. Nothing was changed: get it again, and \
                 repeat your change."
                    .to_owned()
            }
            ApiError::KeyOfAnotherRequest => {
                "This Idempotency-Key was used within the last 24 hours for another request. Use a new key for each \
                 request, and the same key only to repeat one."
                    .to_owned()
            }
            ApiError::Repeated(_) => "This request has already been applied.".to_owned(),
            ApiError::Stopped(why) => format!("{why}, so the registry cannot be changed. Nothing was changed."),
            ApiError::OutcomeUnknown => {
                let text = "The database did not say in time whether the change was made. It may have been applied: \
                            look, or send the same request again with the same Idempotency-Key.";
                return Some(json!({"meta": {"error": text, "outcome": "unknown"}}));
            }
            ApiError::NotYours { is_logged_in: false } | ApiError::CredentialsMissing => {
                "Authentication credentials were not provided.".to_owned()
            }
            ApiError::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed."),
            ApiError::NotAcceptable => "Could not satisfy the request Accept header.".to_owned(),
            ApiError::NotFound => "Not found.".to_owned(),
            ApiError::UriTooLong { max } => format!("The query string is too long; at most {max} bytes are allowed."),
            ApiError::HeadersTooLarge { max } => format!("The headers are too large; at most {max} bytes are allowed."),
            ApiError::Internal => "Internal error. It has been logged with the ID in X-Request-Id.".to_owned(),
        };
        Some(json!({"meta": {"error": text}}))
    }

    pub fn into_reply(self) -> EdgeResponse {
        self.into_response().map(ResponseBody::Other)
    }

    pub fn into_response(self) -> Response<Body> {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status();
        if let ApiError::Throttled { wait }
        | ApiError::RefusedTooOften { wait }
        | ApiError::Stale { wait }
        | ApiError::Busy { wait, .. } = self
        {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        if self == ApiError::Behind {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(1));
        }
        if let ApiError::Unauthenticated { .. } = self {
            answer.extensions_mut().insert(WrongCredential);
        }
        if let ApiError::UnknownContentCoding(_) = self {
            answer.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if matches!(self, ApiError::BodyTooSlow | ApiError::UnknownTransferCoding) {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let ApiError::RefusedTooOften { .. } = self {
            answer.headers_mut().insert(THROTTLED, HeaderValue::from_static("True"));
        }
        if self == ApiError::NeedsSetUp {
            answer.headers_mut().insert(LOCATION, HeaderValue::from_static(SET_UP));
        }
        if matches!(
            self,
            ApiError::Unavailable
                | ApiError::WritesStopped(_)
                | ApiError::OtherWriter
                | ApiError::Starting
                | ApiError::OldServerKey
        ) {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let ApiError::Unauthenticated { claimed: Some(claimed), .. } = &self {
            answer.headers_mut().insert(AUTH_ID, claimed.clone());
        }
        if let Some(body) = self.body() {
            // Answers that are made before a resource is known have the bare type, as on the reference server.
            let is_early = matches!(
                self,
                ApiError::Unauthenticated { .. }
                    | ApiError::BadRequestEarly(_)
                    | ApiError::ForbiddenEarly(_)
                    | ApiError::RefusedTooOften { .. }
            );
            answer.headers_mut().insert(CONTENT_TYPE, if is_early { JSON_EARLY } else { JSON });
            let mut text = Vec::with_capacity(128);
            push_value(&mut text, &shortened(body));
            *answer.body_mut() = Body::from(text);
        }
        answer
    }
}

/// The maximum length of an error's text. A longer one repeats an input.
const TEXT_MAX: usize = 600;

/// How many letters are kept of the beginning and the end of a text that is too long.
const TEXT_KEPT: usize = 200;

/// Shortens long texts in an error's body: errors may repeat what was sent, but not all of it.
fn shortened(body: Json) -> Json {
    match body {
        Json::String(text) => Json::String(shortened_text(text)),
        Json::Array(items) => items.into_iter().map(shortened).collect(),
        Json::Object(fields) => {
            fields.into_iter().map(|(name, value)| (shortened_text(name), shortened(value))).collect()
        }
        other => other,
    }
}

fn shortened_text(text: String) -> String {
    // A text has at least as many bytes as letters.
    if text.len() <= TEXT_MAX || text.chars().nth(TEXT_MAX).is_none() {
        return text;
    }
    let begin = text.char_indices().nth(TEXT_KEPT).map_or(text.len(), |(at, _)| at);
    let end = text.char_indices().rev().nth(TEXT_KEPT - 1).map_or(0, |(at, _)| at);
    format!("{}…{}", &text[..begin], &text[end..])
}

/// Formats a time: `n seconds` below a minute, `n minutes` below an hour, otherwise `n hours` (spec/read-api.md, 10).
fn waiting_time(wait: Duration) -> String {
    let seconds = wait.as_secs();
    match seconds {
        0..60 => format!("{seconds} seconds"),
        60..3600 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

#[cfg(test)]
mod tests;
