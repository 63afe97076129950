//! Social media entries: their format, and the identifiers that each service accepts (spec/write-api.md, 4.7).

use peerage_schema::choices::SOCIAL_SERVICES;
use serde_json::{Map, Value as Json, json};

use super::cell::{self, NOT_BLANK, NOT_NULL, REQUIRED, type_name};
use super::web;
use crate::letters::{LineLimit, first_fault};

const IDENTIFIER_CHARACTERS_MAX: usize = 255;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocialProfile {
    pub service: String,
    pub identifier: String,
}

/// Parses the list. The error is what the answer shows for the field.
pub fn read(json: &Json) -> Result<Vec<SocialProfile>, Json> {
    let Json::Array(items) = json else {
        let text = format!("Expected a list of items but got type \"{}\".", type_name(json));
        return Err(json!({"non_field_errors": [text]}));
    };
    let mut entries = Vec::with_capacity(items.len());
    let mut wrong = Vec::with_capacity(items.len());
    for item in items {
        match entry(item) {
            Ok(entry) => {
                entries.push(entry);
                wrong.push(json!({}));
            }
            Err(fields) => wrong.push(Json::Object(fields)),
        }
    }
    if entries.len() == items.len() { Ok(entries) } else { Err(Json::Array(wrong)) }
}

/// Checks that all identifiers, except those already stored, are single-line texts without invisible characters. The
/// error is what the answer shows for the field.
pub fn check_letters(entries: &[SocialProfile], stored: &str) -> Result<(), Json> {
    let known: Json = serde_json::from_str(stored).unwrap_or_default();
    let known = read(&known).unwrap_or_default();
    let fault =
        |entry: &SocialProfile| first_fault(&entry.identifier, LineLimit::One).filter(|_| !known.contains(entry));
    let wrong: Vec<Json> = entries
        .iter()
        .map(|entry| fault(entry).map_or(json!({}), |fault| json!({"identifier": [fault.to_string()]})))
        .collect();
    if entries.iter().all(|entry| fault(entry).is_none()) { Ok(()) } else { Err(Json::Array(wrong)) }
}

fn entry(item: &Json) -> Result<SocialProfile, Map<String, Json>> {
    let mut wrong = Map::new();
    let Json::Object(keys) = item else {
        let text = format!("Invalid data. Expected a dictionary, but got {}.", type_name(item));
        wrong.insert("non_field_errors".to_owned(), json!([text]));
        return Err(wrong);
    };
    let service = service(keys.get("service"));
    let identifier = identifier(keys.get("identifier"));
    match (service, identifier) {
        (Ok(service), Ok(identifier)) => Ok(SocialProfile { service, identifier }),
        (service, identifier) => {
            for (key, text) in [("service", service.err()), ("identifier", identifier.err())] {
                if let Some(text) = text {
                    wrong.insert(key.to_owned(), json!([text]));
                }
            }
            Err(wrong)
        }
    }
}

fn service(given: Option<&Json>) -> Result<String, String> {
    match given {
        None => Err(REQUIRED.to_owned()),
        Some(Json::Null) => Err(NOT_NULL.to_owned()),
        Some(given) => {
            let service = cell::quoted(given);
            let is_known = SOCIAL_SERVICES.iter().any(|known| known.value == service);
            if is_known { Ok(service) } else { Err(format!("\"{service}\" is not a valid choice.")) }
        }
    }
}

fn identifier(given: Option<&Json>) -> Result<String, String> {
    let identifier = match given {
        None => return Err(REQUIRED.to_owned()),
        Some(Json::Null) => return Err(NOT_NULL.to_owned()),
        Some(given) => cell::text(given)?,
    };
    if identifier.is_empty() {
        return Err(NOT_BLANK.to_owned());
    }
    if identifier.chars().count() > IDENTIFIER_CHARACTERS_MAX {
        return Err(format!("Ensure this field has no more than {IDENTIFIER_CHARACTERS_MAX} characters."));
    }
    Ok(identifier)
}

/// Checks that the entries do not conflict, and that each is valid for its service. Returns the first error.
pub fn check(entries: &[SocialProfile]) -> Result<(), String> {
    for (at, entry) in entries.iter().enumerate() {
        if entries[..at].iter().any(|earlier| earlier.service == entry.service) {
            return Err("Duplicate social media services set.".to_owned());
        }
    }
    entries.iter().try_for_each(|entry| match form(&entry.service) {
        IdentifierForm::Anything => Ok(()),
        IdentifierForm::Url if web::is_url(&entry.identifier, &["http", "https"]) => Ok(()),
        IdentifierForm::Url => Err(format!("Invalid {} URL!", entry.service)),
        IdentifierForm::Phone if is_international(&entry.identifier) => Ok(()),
        IdentifierForm::Phone => Err("Invalid whatsapp phone number!".to_owned()),
        IdentifierForm::Name(name) if name.admits(&entry.identifier) => Ok(()),
        IdentifierForm::Name(_) => {
            Err(format!("Invalid identifier {} for service {}!", entry.identifier, entry.service))
        }
    })
}

/// The format of an identifier.
enum IdentifierForm {
    Anything,
    Url,
    Phone,
    Name(NamePattern),
}

/// Letters, digits, some other characters, and a maximum length.
struct NamePattern {
    signs: &'static str,
    least: usize,
    most: usize,
    /// Dots cannot be at the start, at the end, or next to each other.
    single_dots: bool,
    /// The same for hyphens.
    single_hyphens: bool,
}

impl NamePattern {
    fn admits(&self, identifier: &str) -> bool {
        let is_sign = |letter: char| letter.is_ascii_alphanumeric() || self.signs.contains(letter);
        let stands_between = |sign: &str| {
            !identifier.starts_with(sign) && !identifier.ends_with(sign) && !identifier.contains(&sign.repeat(2))
        };
        (self.least..=self.most).contains(&identifier.len())
            && identifier.chars().all(is_sign)
            && (!self.single_dots || stands_between("."))
            && (!self.single_hyphens || stands_between("-"))
    }
}

const fn name(signs: &'static str, least: usize, most: usize) -> IdentifierForm {
    IdentifierForm::Name(NamePattern { signs, least, most, single_dots: false, single_hyphens: false })
}

const fn dotted(signs: &'static str, least: usize, most: usize) -> IdentifierForm {
    IdentifierForm::Name(NamePattern { signs, least, most, single_dots: true, single_hyphens: false })
}

fn form(service: &str) -> IdentifierForm {
    match service {
        "website" | "mastodon" | "qq" => IdentifierForm::Url,
        "whatsapp" => IdentifierForm::Phone,
        "x" => name("_", 4, 15),
        "instagram" | "threads" => dotted("._", 1, 30),
        "facebook" => dotted(".", 5, usize::MAX),
        "youtube" => dotted("._", 3, 30),
        "tiktok" => name("._", 2, 24),
        "linkedin" => name("-", 5, 100),
        "pinterest" => name("_-", 3, 30),
        "reddit" => name("_", 3, 20),
        "snapchat" => name("-", 3, 15),
        "telegram" => name("_", 5, 32),
        "bluesky" => IdentifierForm::Name(NamePattern {
            signs: "-",
            least: 1,
            most: 32,
            single_dots: false,
            single_hyphens: true,
        }),
        "douyin" | "kuaishou" | "weibo" => name("._-", 4, 30),
        _ => IdentifierForm::Anything,
    }
}

/// `+` and up to fifteen digits, not starting with zero (E.164).
fn is_international(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The entries in stored form.
pub fn stored(entries: &[SocialProfile]) -> String {
    let entries = entries.iter().map(|entry| json!({"service": entry.service, "identifier": entry.identifier}));
    Json::Array(entries.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_list() {
        let check = |given: Json, expected: Json| assert_eq!(read(&given).err(), Some(expected), "{given}");
        check(json!("x"), json!({"non_field_errors": ["Expected a list of items but got type \"str\"."]}));
        check(json!([{"identifier": "nln"}]), json!([{"service": ["This field is required."]}]));
        check(
            json!([{"service": "x", "identifier": "nlnx"}, {"service": "myspace"}]),
            json!([{}, {"service": ["\"myspace\" is not a valid choice."], "identifier": ["This field is required."]}]),
        );
        check(json!([{"service": "x", "identifier": " "}]), json!([{"identifier": ["This field may not be blank."]}]));
        check(json!([7]), json!([{"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}]));
        let entries = read(&json!([{"identifier": "nlnx", "service": "x", "more": 1}])).expect("a list");
        assert_eq!(stored(&entries), r#"[{"service":"x","identifier":"nlnx"}]"#);
    }

    #[test]
    fn identifiers_by_service() {
        let check = |service: &str, identifier: &str, is_good: bool| {
            let entry = SocialProfile { service: service.to_owned(), identifier: identifier.to_owned() };
            assert_eq!(super::check(&[entry]).is_ok(), is_good, "{service} {identifier}");
        };
        check("x", "nln_", true);
        check("x", "nln", false);
        check("x", "sixteen_letters_", false);
        check("facebook", "nln.net", true);
        check("facebook", "nln", false);
        check("facebook", "nln..net", false);
        check("instagram", ".nln", false);
        check("instagram", "n", true);
        check("youtube", "nl", false);
        check("tiktok", "..", true);
        check("linkedin", "north-light", true);
        check("linkedin", "n_l_n", false);
        check("bluesky", "a-b", true);
        check("bluesky", "a--b", false);
        check("bluesky", "a.b", false);
        check("bluesky", "-a", false);
        check("mastodon", "https://social.example.com/@nln", true);
        check("mastodon", "@nln", false);
        check("website", "ftp://x.example.com", false);
        check("whatsapp", "+4930123456", true);
        check("whatsapp", "030123456", false);
        check("wechat", "any thing", true);
    }

    #[test]
    fn reasons() {
        let entry = |service: &str, identifier: &str| SocialProfile {
            service: service.to_owned(),
            identifier: identifier.to_owned(),
        };
        let check = |entries: &[SocialProfile], expected: &str| {
            assert_eq!(super::check(entries).err().as_deref(), Some(expected));
        };
        check(&[entry("x", "nlnx"), entry("x", "nlny")], "Duplicate social media services set.");
        check(&[entry("facebook", "nln")], "Invalid identifier nln for service facebook!");
        check(&[entry("qq", "nln")], "Invalid qq URL!");
        check(&[entry("whatsapp", "1")], "Invalid whatsapp phone number!");
    }
}
