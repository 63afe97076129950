//! Forms sent by pages or scripts.

use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::Value as Json;

use crate::WebPages;
use peerage_edge::body::{has_more_values, parse_in_place};
use peerage_edge::errors::ApiError;

/// Maximum size of a form in bytes. Our forms are never longer.
pub const BYTES_MAX: usize = 256 * 1024;

/// Maximum number of fields. The permissions form has the most.
pub const FIELDS_MAX: usize = 10_000;

/// Names and values, in the order received.
#[derive(Default)]
pub struct WebForm {
    fields: Vec<(String, String)>,
    /// The form as received in JSON.
    pub json: Option<Json>,
}

impl std::fmt::Debug for WebForm {
    /// Only the names are printed, because forms contain passwords and codes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

impl WebForm {
    /// Parses JSON objects and urlencoded forms. Returns `None` for anything else that is not empty.
    pub async fn read(app: &WebPages, request: &Parts, bytes: &Bytes) -> Result<Option<WebForm>, ApiError> {
        let kind = request.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        parse_in_place(app, request, bytes, move |bytes| WebForm::parse(&kind, bytes)).await?
    }

    fn parse(kind: &str, bytes: &[u8]) -> Result<Option<WebForm>, ApiError> {
        if bytes.is_empty() {
            return Ok(Some(WebForm::default()));
        }
        if kind.eq_ignore_ascii_case("application/json") {
            if has_more_values(bytes, FIELDS_MAX) {
                return Err(ApiError::BadRequest(format!(
                    "The form is too long; at most {FIELDS_MAX} values are allowed."
                )));
            }
            let Ok(json) = serde_json::from_slice::<Json>(bytes) else { return Ok(None) };
            let Some(object) = json.as_object() else { return Ok(None) };
            let fields = object.iter().map(|(name, value)| (name.clone(), text_of(value))).collect();
            return Ok(Some(WebForm { fields, json: Some(json) }));
        }
        if kind.is_empty() || kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let fields = form_urlencoded::parse(bytes).into_owned().take(FIELDS_MAX).collect();
            return Ok(Some(WebForm { fields, json: None }));
        }
        Ok(None)
    }

    /// Makes a form with these fields.
    #[cfg(test)]
    pub fn of_fields(fields: Vec<(String, String)>) -> WebForm {
        WebForm { fields, json: None }
    }

    /// Returns the untrimmed text of a field, or an empty text. If it occurs several times, the last one counts.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().rev().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }

    /// Whether the field was sent at all: an unticked box is not.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Whether a box is ticked or has a value that means yes.
    pub fn is_on(&self, name: &str) -> bool {
        self.has(name) && !matches!(self.text(name), "" | "0" | "false" | "False" | "off" | "no")
    }

    /// Returns a number, or `None` if it is not a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).trim().parse().ok()
    }

    /// Replaces the values of a field.
    pub fn set(&mut self, name: &str, text: &str) {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), text.to_owned()));
    }

    /// Returns all values of a field that can occur several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n01_a_form_in_json_has_no_more_values_than_another() {
        let with = |count: usize| format!("{{\"a\": [{}]}}", vec!["1"; count].join(","));
        assert!(matches!(WebForm::parse("application/json", with(9).as_bytes()), Ok(Some(_))));
        let text = "The form is too long; at most 10000 values are allowed.";
        let refused = WebForm::parse("application/json", with(FIELDS_MAX).as_bytes());
        assert!(matches!(refused, Err(ApiError::BadRequest(message)) if message == text));
    }
}
