//! Parses numbers like the reference's language, so that the same values are refused.

use crate::query::QueryError;

/// Parses an integer. Surrounding spaces, a sign, and single underscores between digits are allowed. Beyond 64 bits,
/// the result is the nearest bound, which no stored number reaches.
///
/// ```
/// use peerage_registry::query::integer;
///
/// assert_eq!(integer("64500"), Some(64_500));
/// assert_eq!(integer("64.5"), None);
/// ```
pub fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let is_spelled = digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_spelled {
        return None;
    }
    let mut number = 0_i64;
    for digit in digits.bytes().filter(u8::is_ascii_digit) {
        number = number.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    }
    Some(if negative { -number } else { number })
}

/// Parses a number with a fraction. Infinity and not-a-number are refused.
pub fn float(text: &str) -> Option<f64> {
    let number: f64 = text.trim().replace('_', "").parse().ok()?;
    number.is_finite().then_some(number)
}

/// Parses an integer for a column.
pub fn expected(column: &str, text: &str) -> Result<i64, QueryError> {
    integer(text).ok_or_else(|| not_a_number(column, text))
}

pub fn not_a_number(column: &str, text: &str) -> QueryError {
    QueryError::Malformed(format!("Field '{column}' expected a number but got '{}'.", shorten(text)))
}

/// Truncates a value for messages, since parameters can be long.
pub fn shorten(text: &str) -> String {
    const LETTERS_MAX: usize = 80;
    match text.char_indices().nth(LETTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_reference_reads_them() {
        for (text, number) in [("1", 1), (" 01 ", 1), ("-5", -5), ("+7", 7), ("1_000", 1000)] {
            assert_eq!(integer(text), Some(number), "{text:?}");
        }
        for text in ["", " ", "abc", "1.0", "1__0", "_1", "1_", "0x1", "--1", "١"] {
            assert_eq!(integer(text), None, "{text:?}");
        }
        assert_eq!(integer("99999999999999999999"), Some(i64::MAX));
        assert_eq!(float("1e2"), Some(100.0));
        assert_eq!(float("nan"), None);
        assert_eq!(float("inf"), None);
    }
}
