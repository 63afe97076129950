//! Parses single values of bodies: what counts as a text, a number or a flag, and the errors for everything else
//! (spec/write-api.md, 4.5 and 4.6).

use serde_json::Value as Json;

use crate::moment::Moment;
use crate::row::Value;

/// Maximum length of a text that is parsed as a number, in characters.
const NUMBER_CHARACTERS_MAX: usize = 1000;

pub const REQUIRED: &str = "This field is required.";
pub const NOT_NULL: &str = "This field may not be null.";
pub const NOT_BLANK: &str = "This field may not be blank.";
const NO_INTEGER: &str = "A valid integer is required.";
const NO_NUMBER: &str = "A valid number is required.";
const NO_FLAG: &str = "Must be a valid boolean.";
const NO_TEXT: &str = "Not a valid string.";
const TOO_LARGE: &str = "String value too large.";

/// An owned value in stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredCell {
    Null,
    /// Numbers; degrees in millionths.
    Int(i64),
    Time(Moment),
    Bool(bool),
    Text(String),
}

impl StoredCell {
    pub fn text(text: &str) -> StoredCell {
        StoredCell::Text(text.to_owned())
    }

    pub fn as_value(&self) -> Value<'_> {
        match self {
            StoredCell::Null => Value::Null,
            StoredCell::Int(number) => Value::Int(*number),
            StoredCell::Time(time) => Value::Time(*time),
            StoredCell::Bool(flag) => Value::Bool(*flag),
            StoredCell::Text(text) => Value::Text(text),
        }
    }

    pub fn from_value(value: Value<'_>) -> StoredCell {
        match value {
            Value::Null => StoredCell::Null,
            Value::Int(number) => StoredCell::Int(number),
            Value::Time(time) => StoredCell::Time(time),
            Value::Bool(flag) => StoredCell::Bool(flag),
            Value::Text(text) => StoredCell::text(text),
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            StoredCell::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            StoredCell::Int(number) => Some(*number),
            _ => None,
        }
    }
}

/// The name of a value's type in messages.
pub fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// The value as quoted in messages.
pub fn quoted(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

/// A trimmed text. Numbers are accepted as texts.
pub fn text(json: &Json) -> Result<String, &'static str> {
    match json {
        Json::String(text) => Ok(text.trim().to_owned()),
        Json::Number(number) => Ok(number.to_string()),
        _ => Err(NO_TEXT),
    }
}

/// An integer, or a text with one, possibly with an empty fraction or single underscores between digits.
pub fn integer(json: &Json) -> Result<i64, &'static str> {
    let written = match json {
        Json::Number(number) => match number.as_i64() {
            Some(number) => return Ok(number),
            None => number.to_string(),
        },
        Json::String(text) if text.chars().count() > NUMBER_CHARACTERS_MAX => return Err(TOO_LARGE),
        Json::String(text) => text.clone(),
        _ => return Err(NO_INTEGER),
    };
    let written = written.trim();
    let whole = match written.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return Err(NO_INTEGER),
        None => written,
    };
    digits(whole).ok_or(NO_INTEGER)
}

/// Parses a sign and digits. Numbers beyond 64 bits become the largest one, which exceeds every bound.
fn digits(written: &str) -> Option<i64> {
    let (is_negative, figures) = match written.as_bytes().first()? {
        b'-' => (true, &written[1..]),
        b'+' => (false, &written[1..]),
        _ => (false, written),
    };
    let is_number =
        figures.split('_').all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_number {
        return None;
    }
    let figures: String = figures.chars().filter(char::is_ascii_digit).collect();
    let number = figures.parse::<i64>().unwrap_or(i64::MAX);
    Some(if is_negative { -number } else { number })
}

/// A number with a fraction.
pub fn float(json: &Json) -> Result<f64, &'static str> {
    match json {
        Json::Number(number) => number.as_f64().ok_or(NO_NUMBER),
        Json::String(text) if text.chars().count() > NUMBER_CHARACTERS_MAX => Err(TOO_LARGE),
        Json::String(text) => text.trim().parse().map_err(|_| NO_NUMBER),
        _ => Err(NO_NUMBER),
    }
}

/// A flag, under any of its names. With `nullable`, the names of null are accepted, too.
pub fn flag(json: &Json, nullable: bool) -> Result<Option<bool>, &'static str> {
    let word = match json {
        Json::Bool(flag) => return Ok(Some(*flag)),
        Json::Number(number) => match number.as_f64() {
            Some(0.0) => "0".to_owned(),
            Some(1.0) => "1".to_owned(),
            _ => return Err(NO_FLAG),
        },
        Json::String(text) => text.trim().to_ascii_lowercase(),
        _ => return Err(NO_FLAG),
    };
    match word.as_str() {
        "t" | "y" | "yes" | "true" | "on" | "1" => Ok(Some(true)),
        "f" | "n" | "no" | "false" | "off" | "0" => Ok(Some(false)),
        "" | "null" if nullable => Ok(None),
        _ => Err(NO_FLAG),
    }
}

/// The id in a foreign key, whether or not the row exists.
pub fn reference(json: &Json) -> Result<i64, String> {
    let wrong = || format!("Incorrect type. Expected pk value, received {}.", type_name(json));
    match json {
        Json::Number(number) => {
            let whole = number
                .as_i64()
                .or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64));
            Ok(whole.unwrap_or(-1))
        }
        Json::String(text) => digits(text.trim()).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers() {
        let check = |given: Json, expected: Result<i64, &str>| assert_eq!(integer(&given), expected, "{given}");
        check(json!(7), Ok(7));
        check(json!(-7), Ok(-7));
        check(json!(1.0), Ok(1));
        check(json!(" 42 "), Ok(42));
        check(json!("1.0"), Ok(1));
        check(json!("1."), Ok(1));
        check(json!("+5"), Ok(5));
        check(json!("1_000"), Ok(1000));
        check(json!("99999999999999999999"), Ok(i64::MAX));
        for wrong in [json!(1.5), json!("1.5"), json!(""), json!("x"), json!("1__0"), json!("_1"), json!("0x10")] {
            check(wrong, Err(NO_INTEGER));
        }
        for wrong in [json!(true), json!([1]), json!({})] {
            check(wrong, Err(NO_INTEGER));
        }
        check(json!("1".repeat(1001)), Err(TOO_LARGE));
    }

    #[test]
    fn flags_have_many_names() {
        let check =
            |given: Json, expected: Result<Option<bool>, &str>| assert_eq!(flag(&given, false), expected, "{given}");
        for yes in [json!(true), json!(1), json!("true"), json!("Yes"), json!("ON"), json!("t"), json!("y"), json!("1")]
        {
            check(yes, Ok(Some(true)));
        }
        for no in
            [json!(false), json!(0), json!(0.0), json!("false"), json!("No"), json!("OFF"), json!("f"), json!("n")]
        {
            check(no, Ok(Some(false)));
        }
        for wrong in [json!("maybe"), json!(2), json!(""), json!([]), json!("null")] {
            check(wrong, Err(NO_FLAG));
        }
        assert_eq!(flag(&json!("null"), true), Ok(None));
        assert_eq!(flag(&json!(""), true), Ok(None));
        assert_eq!(flag(&json!("maybe"), true), Err(NO_FLAG));
    }

    #[test]
    fn texts_are_trimmed_and_numbers_are_texts() {
        assert_eq!(text(&json!("  a b ")), Ok("a b".to_owned()));
        assert_eq!(text(&json!(7)), Ok("7".to_owned()));
        for wrong in [json!(true), json!([]), json!({})] {
            assert_eq!(text(&wrong), Err(NO_TEXT), "{wrong}");
        }
    }

    #[test]
    fn numbers_with_a_fraction() {
        assert_eq!(float(&json!(52.5)), Ok(52.5));
        assert_eq!(float(&json!("52.5")), Ok(52.5));
        assert_eq!(float(&json!("north")), Err(NO_NUMBER));
        assert_eq!(float(&json!(true)), Err(NO_NUMBER));
    }

    #[test]
    fn foreign_keys() {
        let check = |given: Json, expected: Result<i64, &str>| {
            assert_eq!(
                reference(&given).as_ref().map_err(String::as_str),
                expected.as_ref().map_err(|text| *text),
                "{given}"
            );
        };
        check(json!(7), Ok(7));
        check(json!("7"), Ok(7));
        check(json!(7.0), Ok(7));
        check(json!("x"), Err("Incorrect type. Expected pk value, received str."));
        check(json!("1.0"), Err("Incorrect type. Expected pk value, received str."));
        check(json!(true), Err("Incorrect type. Expected pk value, received bool."));
        check(json!([1]), Err("Incorrect type. Expected pk value, received list."));
        check(json!({"id": 1}), Err("Incorrect type. Expected pk value, received dict."));
    }
}
