//! Answers for success and errors: PeeringDB's JSON for scripts, pages for people.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_pages::account::MessagePage;
use peerage_pages::parts::FormErrors;
use serde_json::{Map, Value as Json, json};

use crate::address::escaped;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::errors::ApiError;

/// The values of `status` that PeeringDB's scripts expect (spec/accounts.md).
pub const DONE: &str = "ok";

/// The errors of a form, to be shown next to its fields, or a complete answer.
pub enum FormRefusal {
    Errors(FormErrors),
    Answer(Box<Response<Body>>),
}

/// Returns the name of a field in forms for a field of an act.
fn errors_of(error: AccessError) -> Result<FormErrors, AccessError> {
    match error {
        AccessError::Field { field, text } => Ok(FormErrors::none().on(field, text)),
        AccessError::Refused(text) => Ok(FormErrors::none().whole(text)),
        AccessError::NotFound(text) => Ok(FormErrors::none().whole(text)),
        AccessError::Already => Ok(FormErrors::none().whole(AccessError::Already.to_string())),
        AccessError::TryAgain => Ok(FormErrors::none().whole("Someone else changed this at the same time. Try again.")),
        AccessError::Fields(fields) => {
            Ok(fields.into_iter().fold(FormErrors::none(), |errors, (field, text)| errors.on(field, text)))
        }
        AccessError::Needs(_) => Ok(FormErrors::none().whole(error.to_string())),
        other @ (AccessError::Forbidden(_) | AccessError::NeedsFreshFactor) => Err(other),
    }
}

impl Visit {
    /// Converts an error for a form. Scripts get JSON immediately. People who must verify again are redirected and
    /// return to `back`.
    pub fn refused(&self, denied: ChangeDenied, back: &str) -> FormRefusal {
        let error = match denied {
            ChangeDenied::Access(error) => error,
            ChangeDenied::Api(ApiError::CredentialsMissing) => {
                return FormRefusal::Answer(Box::new(
                    self.redirect_to(&format!("/account/login/?next={}", escaped(back))),
                ));
            }
            ChangeDenied::Api(error) => return FormRefusal::Answer(Box::new(self.try_later(&error))),
        };
        // Anonymous users are asked to log in before they learn that something is not allowed.
        if matches!(error, AccessError::Forbidden(_))
            && let Err(answer) = self.needs_person()
        {
            return FormRefusal::Answer(Box::new(answer));
        }
        if self.wants_json() {
            return FormRefusal::Answer(Box::new(self.json_refusal(&error)));
        }
        match errors_of(error) {
            Ok(errors) => FormRefusal::Errors(errors),
            Err(AccessError::NeedsFreshFactor) => FormRefusal::Answer(Box::new(self.to_prove(back))),
            Err(error) => FormRefusal::Answer(Box::new(self.forbidden(&error))),
        }
    }

    /// Answers a change that is denied for another reason than what the form contains.
    pub fn denied(&self, denied: ChangeDenied, back: &str) -> Response<Body> {
        match self.refused(denied, back) {
            FormRefusal::Answer(answer) => *answer,
            FormRefusal::Errors(errors) => {
                let text = errors.all().first().map(|(_, text)| text.clone()).unwrap_or_default();
                self.forbidden(&AccessError::Forbidden(text))
            }
        }
    }

    /// The page for refused actions.
    pub fn forbidden(&self, error: &AccessError) -> Response<Body> {
        let frame = self.frame_without_forms("forbidden-title");
        let page =
            MessagePage { text: frame.texts.message(&error.to_string()), frame, kind: "failed", links: Vec::new() };
        self.page("forbidden", StatusCode::FORBIDDEN, page.language(), page.show())
    }

    /// Returns an error in PeeringDB's format for scripts: the field with its texts, or `non_field_errors`.
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

    /// Answers a success: scripts get `{"status": "ok"}`, people are redirected with a message.
    pub fn success(&self, to: &str, notice: &'static str) -> Response<Body> {
        if self.wants_json() {
            return self.json(StatusCode::OK, &json!({"status": DONE}));
        }
        self.go_telling(to, notice)
    }

    /// Returns errors that were found before the decision.
    pub fn complaints(&self, errors: &FormErrors) -> Option<Response<Body>> {
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

/// Unwraps the result, or returns the page again with its errors, rendered by `again`.
pub fn settle<T>(
    visit: &Visit,
    outcome: Result<T, ChangeDenied>,
    back: &str,
    again: impl FnOnce(FormErrors) -> Response<Body>,
) -> Result<T, Response<Body>> {
    outcome.map_err(|denied| match visit.refused(denied, back) {
        FormRefusal::Errors(errors) => again(errors),
        FormRefusal::Answer(answer) => *answer,
    })
}
