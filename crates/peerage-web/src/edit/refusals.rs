//! Refusals of the rules as texts of a form.

use peerage_engine::object::ObjectRefusal;
use peerage_registry::rules::WriteRefusal;
use serde_json::Value as Json;

/// What the rules say of a caller without the permission.
const NOT_PERMITTED: &str = "You do not have permission to perform this action.";

/// The text of a refusal that is not about fields, and whether a permission is missing.
pub fn refusal_text(refusal: ObjectRefusal) -> (String, bool) {
    match refusal {
        ObjectRefusal::KeyRule(text) | ObjectRefusal::Rules(WriteRefusal::NotPermittedBecause(text)) => (text, true),
        ObjectRefusal::NeedsFreshFactor | ObjectRefusal::Rules(WriteRefusal::NotYours | WriteRefusal::NotPermitted) => {
            (NOT_PERMITTED.to_owned(), true)
        }
        ObjectRefusal::Rules(WriteRefusal::Invalid(complaints)) => {
            (complaints.fields.values().map(said_text).collect::<Vec<_>>().join(" "), false)
        }
        ObjectRefusal::Rules(
            WriteRefusal::Impossible(text) | WriteRefusal::StillNeeded(text) | WriteRefusal::NotFound(text),
        ) => (text, false),
        ObjectRefusal::Rules(WriteRefusal::OtherOrganization) => {
            ("A facility can only join a campus of its own organization.".to_owned(), false)
        }
        ObjectRefusal::Rules(WriteRefusal::AlreadyGone) => ("This was already deleted.".to_owned(), false),
        ObjectRefusal::Rules(WriteRefusal::NeedsFacts(_)) => {
            ("An external service that is needed for this did not answer. Try again later.".to_owned(), false)
        }
    }
}

/// The texts in an error of the API, in one line.
pub fn said_text(said: &Json) -> String {
    match said {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let texts: Vec<String> = items.iter().map(said_text).filter(|text| !text.is_empty()).collect();
            texts.join(" ")
        }
        Json::Object(fields) => {
            let texts: Vec<String> = fields.values().map(said_text).filter(|text| !text.is_empty()).collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}
