//! What a page's form, or a script in its place, has sent.

use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::Value as Json;

use crate::Web;
use peerage_edge::body::{form_urlencoded, has_more_values, parse_in_place};
use peerage_edge::errors::ApiError;

/// Bytes of a form, at most: longer ones are no form of ours.
pub const BYTES_MAX: usize = 256 * 1024;

/// Fields of a form, at most. The matrix of rights has the most.
pub const FIELDS_MAX: usize = 10_000;

/// Names with texts, in the order in which they came.
#[derive(Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// The same, where it came as JSON.
    pub json: Option<Json>,
}

impl std::fmt::Debug for Form {
    /// Names alone: passwords and codes stand in forms.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

impl Form {
    /// Reads JSON objects and urlencoded forms. None for anything else that is not empty.
    pub async fn read(app: &Web, request: &Parts, bytes: &Bytes) -> Result<Option<Form>, ApiError> {
        let kind = request.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        parse_in_place(app, request, bytes, move |bytes| Form::parse(&kind, bytes)).await?
    }

    fn parse(kind: &str, bytes: &[u8]) -> Result<Option<Form>, ApiError> {
        if bytes.is_empty() {
            return Ok(Some(Form::default()));
        }
        if kind.eq_ignore_ascii_case("application/json") {
            if has_more_values(bytes, FIELDS_MAX) {
                return Err(ApiError::BadRequest(format!(
                    "The form is too long; at most {FIELDS_MAX} values are taken."
                )));
            }
            let Ok(json) = serde_json::from_slice::<Json>(bytes) else { return Ok(None) };
            let Some(object) = json.as_object() else { return Ok(None) };
            let fields = object.iter().map(|(name, value)| (name.clone(), text_of(value))).collect();
            return Ok(Some(Form { fields, json: Some(json) }));
        }
        if kind.is_empty() || kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let fields = form_urlencoded(bytes).take(FIELDS_MAX).collect();
            return Ok(Some(Form { fields, json: None }));
        }
        Ok(None)
    }

    /// The text of a field, trimmed of nothing; empty if it did not come. Of several the last.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().rev().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }

    /// Whether the field came at all: an unticked box does not.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Whether a box is ticked, or its value means yes.
    pub fn is_on(&self, name: &str) -> bool {
        self.has(name) && !matches!(self.text(name), "" | "0" | "false" | "False" | "off" | "no")
    }

    /// A number; none if it is no number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.text(name).trim().parse().ok()
    }

    /// All texts of a field that may come several times.
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
        assert!(matches!(Form::parse("application/json", with(9).as_bytes()), Ok(Some(_))));
        let text = "The form is too long; at most 10000 values are taken.";
        let refused = Form::parse("application/json", with(FIELDS_MAX).as_bytes());
        assert!(matches!(refused, Err(ApiError::BadRequest(said)) if said == text));
    }
}
