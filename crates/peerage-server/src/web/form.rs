//! What a page's form, or a script in its place, has sent.

use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::Value as Json;

use crate::api::body::form_urlencoded;

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
    pub fn read(request: &Parts, bytes: &[u8]) -> Option<Form> {
        if bytes.is_empty() {
            return Some(Form::default());
        }
        let kind = request.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            let json: Json = serde_json::from_slice(bytes).ok()?;
            let fields = json.as_object()?.iter().map(|(name, value)| (name.clone(), text_of(value))).collect();
            return Some(Form { fields, json: Some(json) });
        }
        if kind.is_empty() || kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let fields = form_urlencoded(bytes).take(FIELDS_MAX).collect();
            return Some(Form { fields, json: None });
        }
        None
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
