//! Objects and lists of a document as slices of its text, one level at a time.
//!
//! Nothing here recurses: `serde_json` skips nested values in a loop, so nesting costs one byte of memory a level, and
//! only levels that the schema has are ever opened.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The first character of a value tells its type.
pub fn first_byte(raw: &RawValue) -> u8 {
    raw.get().as_bytes().first().copied().unwrap_or_default()
}

pub fn is_null(raw: &RawValue) -> bool {
    first_byte(raw) == b'n'
}

/// Returns the named fields of an object, or `None` if the value is not an object that can be read. If a name is repeated,
/// the last one counts, as in most readers.
pub fn fields<'a, const N: usize>(raw: &'a RawValue, names: &[&'static str; N]) -> Option<[Option<&'a RawValue>; N]> {
    if first_byte(raw) != b'{' {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    deserializer.deserialize_map(FieldsVisitor { names }).ok()
}

struct FieldsVisitor<'n, const N: usize> {
    names: &'n [&'static str; N],
}

impl<'de, const N: usize> Visitor<'de> for FieldsVisitor<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(position) = object.next_key_seed(NameSeed(self.names))? {
            match position {
                Some(position) => found[position] = Some(object.next_value::<&RawValue>()?),
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// Finds the position of a name, without keeping the name.
struct NameSeed<'n>(&'n [&'static str]);

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

/// The elements of a list, at most a number of them.
pub enum Elements<'a> {
    All(Vec<&'a RawValue>),
    TooMany,
    NotAList,
}

/// Returns the elements of a list. Stops reading as soon as there are more than `most`.
pub fn elements(raw: &RawValue, most: usize) -> Elements<'_> {
    if first_byte(raw) != b'[' {
        return Elements::NotAList;
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    let mut found = Vec::new();
    let outcome = deserializer.deserialize_seq(ElementsVisitor { found: &mut found, most });
    if found.len() > most {
        return Elements::TooMany;
    }
    if outcome.is_ok() { Elements::All(found) } else { Elements::NotAList }
}

struct ElementsVisitor<'v, 'de> {
    found: &'v mut Vec<&'de RawValue>,
    most: usize,
}

impl<'de> Visitor<'de> for ElementsVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.found.len() <= self.most {
            let Some(element) = list.next_element::<&RawValue>()? else { return Ok(()) };
            self.found.push(element);
        }
        Ok(())
    }
}

/// Returns the content of a text, or `None` if the value is not a text that can be read.
pub fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inside = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inside))
    }
}

/// Returns a whole number that is not negative, in any notation that JSON has for it.
pub fn whole_number(digits: &str) -> Option<u64> {
    if let Ok(number) = digits.parse::<u64>() {
        return digits.starts_with(|letter: char| letter.is_ascii_digit()).then_some(number);
    }
    // `10000.0` and `1e4`. Above 2^53 not every whole number has a notation of its own.
    if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    (number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}

/// What a value says, for messages: the content of a text, or the beginning of anything else.
pub fn shown(raw: &RawValue) -> Cow<'_, str> {
    match first_byte(raw) {
        b'"' => text(raw).unwrap_or(Cow::Borrowed("a text with invalid escapes")),
        b'{' => Cow::Borrowed("an object"),
        b'[' => Cow::Borrowed("a list"),
        _ => Cow::Borrowed(raw.get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn fields_are_slices_and_the_last_of_a_name_counts() {
        let found = fields(raw(r#"{"a":1,"b":{"a":2},"a": [3] ,"c":null}"#), &["a", "c", "d"]).unwrap();
        assert_eq!(found.map(|value| value.map(RawValue::get)), [Some("[3]"), Some("null"), None]);
        assert!(fields(raw("[]"), &["a"]).is_none());
        assert!(fields(raw(r#"{"\ud800":1}"#), &["a"]).is_none());
    }

    #[test]
    fn lists_are_read_up_to_a_limit() {
        assert!(matches!(elements(raw("[1,2]"), 2), Elements::All(found) if found.len() == 2));
        assert!(matches!(elements(raw("[1,2,3]"), 2), Elements::TooMany));
        assert!(matches!(elements(raw("{}"), 2), Elements::NotAList));
    }

    #[test]
    fn whole_numbers_in_any_notation() {
        let check = |digits: &str, expected: Option<u64>| assert_eq!(whole_number(digits), expected, "{digits}");
        check("10000", Some(10000));
        check("0", Some(0));
        check("10000.0", Some(10000));
        check("1e4", Some(10000));
        for wrong in ["", "-1", "+1", "1.5", "1e999", "inf", "NaN", "10G", " 1", "99999999999999999999"] {
            check(wrong, None);
        }
    }
}
