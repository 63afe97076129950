//! JSON as Python's default writer produces it, byte for byte: `", "` and `": "` as separators, ASCII with lower-case
//! `\u` escapes, surrogate pairs beyond the BMP, floats in their shortest form. Clients grep it
//! (conformance/README.md).

use crate::moment::{Moment, print_seconds};

/// Appends a text with its quotes.
///
/// ```
/// let mut out = Vec::new();
/// peerage_registry::json::push_text(&mut out, "Zürich \"IX\"");
/// assert_eq!(out, br#""Z\u00fcrich \"IX\"""#);
/// ```
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let is_plain = (0x20..0x7f).contains(byte) && *byte != b'"' && *byte != b'\\';
        // `at < done`: inside a character of several bytes.
        if is_plain || at < done {
            continue;
        }
        out.extend_from_slice(&bytes[done..at]);
        done = at + push_escape(out, text, at);
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

/// Escapes the character that starts at `at`. Returns its length in bytes.
fn push_escape(out: &mut Vec<u8>, text: &str, at: usize) -> usize {
    let Some(letter) = text[at..].chars().next() else { return 0 };
    match letter {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\x08' => out.extend_from_slice(b"\\b"),
        '\x0c' => out.extend_from_slice(b"\\f"),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u");
                out.extend([12, 8, 4, 0].map(|shift| DIGITS[usize::from(*unit >> shift & 15)]));
            }
        }
    }
    letter.len_utf8()
}

/// Appends an integer.
pub fn push_int(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends degrees, given in millionths, as Python prints the float: `52.52`, `8.0`, `1.2e-05`.
///
/// ```
/// let mut out = Vec::new();
/// peerage_registry::json::push_degrees(&mut out, 52_520_000);
/// assert_eq!(out, b"52.52");
/// ```
pub fn push_degrees(out: &mut Vec<u8>, millionths: i64) {
    let magnitude = millionths.unsigned_abs();
    if millionths < 0 {
        out.push(b'-');
    }
    if (1..100).contains(&magnitude) {
        // Below 0.0001, Python uses exponents.
        let (lead, rest, exponent) =
            if magnitude >= 10 { (magnitude / 10, magnitude % 10, "e-05") } else { (magnitude, 0, "e-06") };
        push_int(out, lead as i64);
        if rest > 0 {
            out.push(b'.');
            push_int(out, rest as i64);
        }
        out.extend_from_slice(exponent.as_bytes());
        return;
    }
    push_int(out, (magnitude / 1_000_000) as i64);
    out.push(b'.');
    let fraction = format!("{:06}", magnitude % 1_000_000);
    let shortest = fraction.trim_end_matches('0');
    out.extend_from_slice(if shortest.is_empty() { b"0" } else { shortest.as_bytes() });
}

/// Appends a time in whole seconds, with quotes: `"2024-01-02T03:04:05Z"`.
pub fn push_moment(out: &mut Vec<u8>, moment: Moment) {
    out.push(b'"');
    out.extend_from_slice(print_seconds(moment).as_bytes());
    out.push(b'"');
}

/// Appends any JSON value with these separators. Objects have serde's order, which is sorted by key unless the value
/// came from sorted text.
pub fn push_value(out: &mut Vec<u8>, value: &serde_json::Value) {
    use serde_json::Value as Json;
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Json::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Json::String(text) => push_text(out, text),
        Json::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                push_value(out, item);
            }
            out.push(b']');
        }
        Json::Object(members) => {
            out.push(b'{');
            for (at, (key, item)) in members.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                push_text(out, key);
                out.extend_from_slice(b": ");
                push_value(out, item);
            }
            out.push(b'}');
        }
    }
}

/// Reformats JSON with line breaks and two spaces per level, like Python's `indent=2`.
pub fn pretty(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let mut level = 0_usize;
    let mut at = 0;
    let line = |out: &mut Vec<u8>, level: usize| {
        out.push(b'\n');
        out.resize(out.len() + level * 2, b' ');
    };
    while let Some(byte) = compact.get(at) {
        match byte {
            b'"' => {
                let end = end_of_text(compact, at);
                out.extend_from_slice(&compact[at..end]);
                at = end;
                continue;
            }
            b'{' | b'[' => {
                out.push(*byte);
                if compact.get(at + 1).is_some_and(|next| matches!(next, b'}' | b']')) {
                    out.push(compact[at + 1]);
                    at += 1;
                } else {
                    level += 1;
                    line(&mut out, level);
                }
            }
            b'}' | b']' => {
                level = level.saturating_sub(1);
                line(&mut out, level);
                out.push(*byte);
            }
            b',' => {
                out.push(b',');
                line(&mut out, level);
            }
            b':' => out.extend_from_slice(b": "),
            b' ' => {}
            _ => out.push(*byte),
        }
        at += 1;
    }
    out
}

/// Position after the text that starts at `start`.
fn end_of_text(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut out = Vec::new();
        push_text(&mut out, value);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn texts_are_escaped_as_python_does() {
        assert_eq!(text("Zürich"), r#""Z\u00fcrich""#);
        assert_eq!(text("a\"b\\c\n\u{1}\u{7f}/"), "\"a\\\"b\\\\c\\n\\u0001\\u007f/\"");
        assert_eq!(text("東😀!"), r#""\u6771\ud83d\ude00!""#);
        assert_eq!(text(""), "\"\"");
    }

    #[test]
    fn numbers_are_printed_as_python_does() {
        let degrees = |value| {
            let mut out = Vec::new();
            push_degrees(&mut out, value);
            String::from_utf8(out).expect("ASCII")
        };
        for (millionths, printed) in [
            (52_520_000, "52.52"),
            (8_000_000, "8.0"),
            (-77_487_400, "-77.4874"),
            (0, "0.0"),
            (12, "1.2e-05"),
            (-7, "-7e-06"),
            (100, "0.0001"),
            (-180_000_000, "-180.0"),
        ] {
            assert_eq!(degrees(millionths), printed);
        }
        let mut out = Vec::new();
        push_int(&mut out, i64::MIN);
        assert_eq!(out, i64::MIN.to_string().as_bytes());
    }

    #[test]
    fn pretty_is_pythons_indent_of_two() {
        let compact = br#"{"data": [{"id": 1, "a": "x, [y]: \"z\"", "l": [], "o": {}}], "meta": {}}"#;
        let expected = "{\n  \"data\": [\n    {\n      \"id\": 1,\n      \"a\": \"x, [y]: \\\"z\\\"\",\n      \"l\": [],\n      \"o\": {}\n    }\n  ],\n  \"meta\": {}\n}";
        assert_eq!(String::from_utf8(pretty(compact)).expect("ASCII"), expected);
    }
}
