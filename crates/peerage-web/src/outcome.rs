//! How what was done, or was not, is answered: to scripts in the reference's JSON, to people by a page.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_pages::account::Told;
use peerage_pages::parts::Errors;
use serde_json::{Map, Value as Json, json};

use crate::visit::{Visit, escaped};
use peerage_edge::caller::Denied;
use peerage_edge::errors::ApiError;

/// What scripts of the reference's panels look for in `status` of an answer (spec/accounts.md).
pub const DONE: &str = "ok";

/// What keeps a form from being done, to be shown beside its fields; or an answer that says all.
pub enum Refused {
    Errors(Errors),
    Answer(Box<Response<Body>>),
}

/// A field's name as texts are keyed by it: those of the acts are the forms' own.
fn errors_of(error: AccessError) -> Result<Errors, AccessError> {
    match error {
        AccessError::Field { field, text } => Ok(Errors::none().on(field, text)),
        AccessError::Refused(text) => Ok(Errors::none().whole(text)),
        AccessError::NotFound(text) => Ok(Errors::none().whole(text)),
        AccessError::Already => Ok(Errors::none().whole(AccessError::Already.to_string())),
        AccessError::TryAgain => Ok(Errors::none().whole("Somebody changed this at the same time. Try again.")),
        AccessError::Fields(fields) => {
            Ok(fields.into_iter().fold(Errors::none(), |errors, (field, text)| errors.on(field, text)))
        }
        AccessError::Needs(_) => Ok(Errors::none().whole(error.to_string())),
        other @ (AccessError::Forbidden(_) | AccessError::NeedsFreshFactor) => Err(other),
    }
}

impl Visit {
    /// What a form shows of a refusal. Scripts get it as JSON at once; who has to prove to be there is led to do so and
    /// comes back to `back`.
    pub fn refused(&self, denied: Denied, back: &str) -> Refused {
        let error = match denied {
            Denied::Access(error) => error,
            Denied::Api(ApiError::CredentialsMissing) => {
                return Refused::Answer(Box::new(self.go(&format!("/account/login/?next={}", escaped(back)))));
            }
            Denied::Api(error @ ApiError::Throttled { .. }) => return Refused::Answer(Box::new(self.busy(&error))),
            Denied::Api(error) => return Refused::Answer(Box::new(error.into_response())),
        };
        // Who is not there, or no longer, is asked who they are before they are told what they may not.
        if matches!(error, AccessError::Forbidden(_))
            && let Err(answer) = self.needs_person()
        {
            return Refused::Answer(Box::new(answer));
        }
        if self.wants_json() {
            return Refused::Answer(Box::new(self.json_refusal(&error)));
        }
        match errors_of(error) {
            Ok(errors) => Refused::Errors(errors),
            Err(AccessError::NeedsFreshFactor) => Refused::Answer(Box::new(self.to_prove(back))),
            Err(error) => Refused::Answer(Box::new(self.forbidden(&error))),
        }
    }

    /// The page that says what somebody may not do.
    fn forbidden(&self, error: &AccessError) -> Response<Body> {
        let frame = self.frame_without_forms("forbidden-title");
        let page = Told { text: frame.texts.message(&error.to_string()), frame, kind: "failed", links: Vec::new() };
        self.page("forbidden", StatusCode::FORBIDDEN, page.language(), page.show())
    }

    /// A refusal in the reference's words for scripts: the field with its texts, `non_field_errors` where none is at
    /// fault.
    pub fn json_refusal(&self, error: &AccessError) -> Response<Body> {
        let (status, field, text) = match error {
            AccessError::Field { field, text } => (StatusCode::BAD_REQUEST, *field, text.clone()),
            AccessError::Refused(text) => (StatusCode::BAD_REQUEST, "non_field_errors", text.clone()),
            AccessError::Forbidden(text) => (StatusCode::FORBIDDEN, "non_field_errors", text.clone()),
            AccessError::NeedsFreshFactor => (StatusCode::FORBIDDEN, "non_field_errors", error.to_string()),
            AccessError::NotFound(text) => (StatusCode::NOT_FOUND, "non_field_errors", (*text).to_owned()),
            AccessError::Already | AccessError::TryAgain => {
                (StatusCode::CONFLICT, "non_field_errors", error.to_string())
            }
            AccessError::Needs(_) => (StatusCode::SERVICE_UNAVAILABLE, "non_field_errors", error.to_string()),
            AccessError::Fields(fields) => {
                let body = fields.iter().map(|(field, text)| ((*field).to_owned(), json!([text]))).collect();
                return self.json(StatusCode::BAD_REQUEST, &Json::Object(body));
            }
        };
        let mut body = Map::new();
        if *error == AccessError::NeedsFreshFactor {
            body.insert("status".to_owned(), Json::from("reauthenticate"));
        }
        body.insert(field.to_owned(), json!([text]));
        self.json(status, &Json::Object(body))
    }

    /// It was done: scripts read `{"status": "ok"}`, people are led on and told.
    pub fn done(&self, to: &str, notice: &'static str) -> Response<Body> {
        if self.wants_json() {
            return self.json(StatusCode::OK, &json!({"status": DONE}));
        }
        self.go_telling(to, notice)
    }

    /// Complaints that were found before anything was judged.
    pub fn complaints(&self, errors: &Errors) -> Option<Response<Body>> {
        if !self.wants_json() {
            return None;
        }
        let mut body = Map::new();
        for (field, text) in errors.all() {
            let name = if field.is_empty() { "non_field_errors" } else { field };
            let texts = body.entry(name.to_owned()).or_insert_with(|| json!([]));
            if let Some(texts) = texts.as_array_mut() {
                texts.push(Json::from(text.as_str()));
            }
        }
        Some(self.json(StatusCode::BAD_REQUEST, &Json::Object(body)))
    }
}

/// Unwraps what was done, or gives the answer: the page again with its errors, made by `again`.
pub fn settle<T>(
    visit: &Visit,
    outcome: Result<T, Denied>,
    back: &str,
    again: impl FnOnce(Errors) -> Response<Body>,
) -> Result<T, Response<Body>> {
    outcome.map_err(|denied| match visit.refused(denied, back) {
        Refused::Errors(errors) => again(errors),
        Refused::Answer(answer) => *answer,
    })
}
