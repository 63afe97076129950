//! Reads the value of a field, according to its kind in the table (spec/write-api.md, 4.5 and 4.6).

use peerage_schema::choices::{COUNTRIES, FieldChoice};
use peerage_schema::{EmptyValue, Field, FieldKind, Resource};
use serde_json::Value as Json;

use super::cell::{self, NOT_BLANK, NOT_NULL, StoredCell};
use super::request::SaveRequest;
use super::{address, social, web};
use crate::letters::{LineLimit, first_fault};

/// Why a value is invalid.
pub enum ValueFault {
    Texts(Vec<String>),
    /// An error that is not a list of texts.
    Whole(Json),
}

impl<T: Into<String>> From<T> for ValueFault {
    fn from(text: T) -> ValueFault {
        ValueFault::Texts(vec![text.into()])
    }
}

/// The value of a field that is in the body.
pub fn present(request: &SaveRequest<'_>, field: &Field, given: &Json) -> Result<StoredCell, ValueFault> {
    let is_nullable = field.empty != EmptyValue::Blank && !field.required && !field.named;
    if given.is_null() {
        return match field.kind {
            _ if is_nullable => Ok(StoredCell::Null),
            FieldKind::Choices(_) => Ok(StoredCell::Text(String::new())),
            _ => Err(NOT_NULL.into()),
        };
    }
    match field.kind {
        FieldKind::Int { min, max } => int(field, given, min, max),
        FieldKind::Asn => int(field, given, 0, i64::from(u32::MAX)),
        FieldKind::Bool => Ok(cell::flag(given, is_nullable)?.map_or(StoredCell::Null, StoredCell::Bool)),
        FieldKind::Degrees => Ok(StoredCell::Int((cell::float(given)? * 1e6).round() as i64)),
        FieldKind::Ref(of) => reference(request, of, given, is_nullable),
        FieldKind::Choice(choices) => choice(field, choices, given),
        FieldKind::Country => choice(field, COUNTRIES, given),
        FieldKind::NumberChoice(numbers) => {
            let shown = cell::quoted(given);
            let number = numbers.iter().find(|number| number.to_string() == shown);
            number.map(|number| StoredCell::Int(*number)).ok_or_else(|| no_choice(&shown))
        }
        FieldKind::Choices(choices) => list_of(choices, given),
        FieldKind::Words(choices) => words(choices, given),
        FieldKind::Social => match social::read(given) {
            Ok(entries) => match social::check_letters(&entries, stored(request, field).unwrap_or_default()) {
                Ok(()) => Ok(StoredCell::Text(social::stored(&entries))),
                Err(said) => Err(ValueFault::Whole(said)),
            },
            Err(said) => Err(ValueFault::Whole(said)),
        },
        FieldKind::Ip4 => addressed(given, |text| address::ipv4(text).map(|address| address.to_string())),
        FieldKind::Ip6 => addressed(given, |text| address::ipv6(text).map(|address| address.to_string())),
        FieldKind::Prefix => prefix(given),
        _ => text(field, given, stored(request, field)),
    }
}

/// The current text of the field.
fn stored<'a>(request: &SaveRequest<'a>, field: &Field) -> Option<&'a str> {
    request.before?.text(request.resource().table().position(field.name)?)
}

fn int(field: &Field, given: &Json, min: i64, max: i64) -> Result<StoredCell, ValueFault> {
    if field.limit.is_some() && given.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(StoredCell::Null);
    }
    let number = cell::integer(given)?;
    match field.limit {
        Some(_) if number < min => Err("Negative value not allowed".into()),
        Some(limit) if number > limit => Err(format!("Maximum value allowed {limit}").into()),
        None if number < min => Err(format!("Ensure this value is greater than or equal to {min}.").into()),
        None if number > max => Err(format!("Ensure this value is less than or equal to {max}.").into()),
        _ => Ok(StoredCell::Int(number)),
    }
}

fn reference(
    request: &SaveRequest<'_>,
    of: Resource,
    given: &Json,
    is_nullable: bool,
) -> Result<StoredCell, ValueFault> {
    if given.as_str() == Some("") {
        return if is_nullable { Ok(StoredCell::Null) } else { Err(NOT_NULL.into()) };
    }
    let id = cell::reference(given)?;
    let exists = u32::try_from(id).is_ok_and(|id| request.state.row(of, id).is_some());
    if exists { Ok(StoredCell::Int(id)) } else { Err(no_such_row(given).into()) }
}

/// The error for a foreign key without a target.
pub fn no_such_row(given: &Json) -> String {
    format!("Invalid pk \"{}\" - object does not exist.", cell::quoted(given))
}

fn no_choice(shown: &str) -> ValueFault {
    format!("\"{shown}\" is not a valid choice.").into()
}

fn choice(field: &Field, choices: &[FieldChoice], given: &Json) -> Result<StoredCell, ValueFault> {
    let shown = cell::quoted(given);
    let is_blank = shown.is_empty() && !field.required && !field.has_default();
    if is_blank || choices.iter().any(|choice| choice.value == shown) {
        return Ok(StoredCell::Text(shown));
    }
    Err(no_choice(&shown))
}

fn no_list(given: &Json) -> ValueFault {
    format!("Expected a list of items but got type \"{}\".", cell::type_name(given)).into()
}

/// A list of choices, stored in the order given, without duplicates.
fn list_of(choices: &[FieldChoice], given: &Json) -> Result<StoredCell, ValueFault> {
    let Json::Array(items) = given else { return Err(no_list(given)) };
    let mut list: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let shown = cell::quoted(item);
        if !choices.iter().any(|choice| choice.value == shown) {
            return Err(no_choice(&shown));
        }
        if !list.contains(&shown) {
            list.push(shown);
        }
    }
    Ok(StoredCell::Text(list.join(",")))
}

/// A list of words, stored in the order given, without duplicates.
fn words(choices: &[FieldChoice], given: &Json) -> Result<StoredCell, ValueFault> {
    let Json::Array(items) = given else { return Err("Must be a list.".into()) };
    let mut list: Vec<String> = items.iter().map(cell::quoted).collect();
    let is_known = |word: &String| choices.iter().any(|choice| choice.value == *word);
    let mut unknown: Vec<&str> = list.iter().filter(|word| !is_known(word)).map(String::as_str).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        unknown.dedup();
        let mut known: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
        known.sort_unstable();
        return Err(format!("Invalid field(s): {}. Valid values: {}", unknown.join(", "), known.join(", ")).into());
    }
    let mut seen = Vec::new();
    list.retain(|word| {
        !seen.contains(word) && {
            seen.push(word.clone());
            true
        }
    });
    Ok(StoredCell::Text(Json::from(list).to_string()))
}

/// An IP address in its shortest form. The empty text means none.
fn addressed(given: &Json, read: impl Fn(&str) -> Result<String, String>) -> Result<StoredCell, ValueFault> {
    let given = cell::text(given)?;
    if given.is_empty() { Ok(StoredCell::Null) } else { Ok(StoredCell::Text(read(&given)?)) }
}

fn prefix(given: &Json) -> Result<StoredCell, ValueFault> {
    let given = cell::text(given)?;
    if given.is_empty() {
        return Err(NOT_BLANK.into());
    }
    match address::network(&given) {
        Ok(network) => Ok(StoredCell::Text(network.to_string())),
        Err(wrong) => Err(ValueFault::Texts(vec![format!("Invalid prefix: {given}"), wrong])),
    }
}

/// An unchanged text is accepted as it is: imported rows can have values that no rule accepts, and a client that sends
/// a row back unchanged should not get errors about fields that it did not touch.
fn text(field: &Field, given: &Json, stored: Option<&str>) -> Result<StoredCell, ValueFault> {
    let text = cell::text(given)?;
    if text.is_empty() {
        return match field.kind {
            _ if field.required => Err(NOT_BLANK.into()),
            FieldKind::Mac => Ok(StoredCell::Null),
            _ => Ok(StoredCell::Text(text)),
        };
    }
    let mut wrong = Vec::new();
    let most = longest(field);
    if most > 0 && text.chars().count() > most as usize {
        wrong.push(format!("Ensure this field has no more than {most} characters."));
    }
    if text.contains('\0') {
        wrong.push("Null characters are not allowed.".to_owned());
    }
    // The text in the body has been trimmed; an imported one may not be.
    let is_new = stored.map(str::trim) != Some(text.as_str());
    let lines = if field.has_lines() { LineLimit::Many } else { LineLimit::One };
    if let Some(fault) = first_fault(&text, lines).filter(|fault| is_new && fault.letter != '\0') {
        wrong.push(fault.to_string());
    }
    match field.kind {
        FieldKind::Url { any_scheme, .. } => {
            let schemes = if any_scheme { &web::GLASS_SCHEMES } else { &web::PAGE_SCHEMES };
            if !web::is_url(&text, schemes) {
                wrong.push("Enter a valid URL.".to_owned());
            }
        }
        FieldKind::Email if is_new && !web::is_email(&text) => wrong.push("Enter a valid email address.".to_owned()),
        FieldKind::Mac if is_new => match mac(&text) {
            Some(mac) => return Ok(StoredCell::Text(mac)),
            None => wrong = vec!["Enter a valid value.".to_owned()],
        },
        _ => {}
    }
    if wrong.is_empty() { Ok(StoredCell::Text(text)) } else { Err(ValueFault::Texts(wrong)) }
}

/// Maximum length of the field, in characters; 0 means unbounded.
fn longest(field: &Field) -> u32 {
    const EMAIL_MAX: u32 = 254;
    match field.kind {
        FieldKind::Text { max } | FieldKind::Url { max, .. } | FieldKind::Phone { max } => max,
        FieldKind::Email => EMAIL_MAX,
        _ => 0,
    }
}

/// A MAC address in the form in which it is stored and compared: `00:11:22:aa:bb:cc`. Accepts six pairs of hexadecimal
/// digits, in any case, separated by colons or hyphens.
pub fn mac(text: &str) -> Option<String> {
    let pairs: Vec<&str> = text.split([':', '-']).collect();
    let is_mac = pairs.len() == 6
        && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_mac.then(|| pairs.join(":").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::mac;

    #[test]
    fn i12_03_hardware_addresses_have_one_form() {
        for (text, expected) in [
            ("00:11:22:33:44:55", "00:11:22:33:44:55"),
            ("aa-bb-cc-dd-ee-ff", "aa:bb:cc:dd:ee:ff"),
            ("AA:BB-CC:DD:EE:FF", "aa:bb:cc:dd:ee:ff"),
        ] {
            assert_eq!(mac(text).as_deref(), Some(expected));
        }
        for bad in ["bad", "00:11:22:33:44", "00:11:22:33:44:5g", "001122334455", "00:11:22:33:44:055"] {
            assert_eq!(mac(bad), None, "{bad}");
        }
    }
}
