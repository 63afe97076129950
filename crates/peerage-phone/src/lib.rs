//! Phone numbers in E.164.
//!
//! A separate crate, because the numbering plans pull a parser generator into the build: this way it is compiled once,
//! and the library can be replaced in one place. Pure: the plans are part of the program.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

/// Returns the number as `+` and digits, or `None` if the text cannot be read as a number.
///
/// `country` is the ISO 3166-1 code of the country in which a number without `+` is dialled. With any other text,
/// including the empty one, only numbers with `+` can be read. Extensions are dropped. Whether the number can be
/// assigned is not checked: `123` in the United States gives `+1123` (spec/write-api.md, 5.16).
///
/// ```
/// use peerage_phone::e164;
///
/// assert_eq!(e164("(212) 555-0123", "US").as_deref(), Some("+12125550123"));
/// assert_eq!(e164("+44 20 7946 0018", "").as_deref(), Some("+442079460018"));
/// assert_eq!(e164("none", "DE"), None);
/// ```
pub fn e164(number: &str, country: &str) -> Option<String> {
    let region = country.parse::<Region>().ok();
    let parsed = PHONE_NUMBER_UTIL.parse(number, region).ok()?;
    Some(PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::E164).into_owned())
}

#[cfg(test)]
mod tests {
    use super::e164;

    #[test]
    fn numbers_are_read_with_the_country_that_they_are_dialled_in() {
        let check = |number: &str, country: &str, expected: Option<&str>| {
            assert_eq!(e164(number, country).as_deref(), expected, "{number} in {country}");
        };
        check("030 123456", "DE", Some("+4930123456"));
        check("123", "DE", Some("+49123"));
        check("123", "US", Some("+1123"));
        check("+4930123456", "", Some("+4930123456"));
        check("+49 (30) 12 34-56", "US", Some("+4930123456"));
        check("+49 30 123456 ext. 5", "", Some("+4930123456"));
        check("+4930123456", "XX", Some("+4930123456"));
        check("123", "", None);
        check("030", "", None);
        check("030 123456", "XX", None);
        check("nonsense", "DE", None);
        check("+", "DE", None);
        check("", "DE", None);
    }
}
