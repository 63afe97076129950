//! Text folded for comparison, without case and the accents of Latin letters.
//!
//! A separate crate, because filters of the registry and names of places must be folded by the same function, and neither
//! needs the rest of the other.

use std::borrow::Cow;

/// Folds case and the accents of Latin letters. In other scripts, only case is folded.
///
/// ```
/// assert_eq!(peerage_fold::fold("Zürich"), "zurich");
/// ```
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'A'..='Z' => folded.push(letter.to_ascii_lowercase()),
            '\0'..='\x7f' => folded.push(letter),
            // Combining marks follow the letter that they modify.
            '\u{300}'..='\u{36f}' => {}
            '\u{80}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => match deunicode::deunicode_char(letter) {
                Some(ascii) => folded.extend(ascii.chars().map(|plain| plain.to_ascii_lowercase())),
                None => folded.extend(letter.to_lowercase()),
            },
            _ => folded.extend(letter.to_lowercase()),
        }
    }
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_and_accents_do_not_count() {
        for (text, folded) in [
            ("Zürich", "zurich"),
            ("SÃO", "sao"),
            ("Straße", "strasse"),
            ("Ångström", "angstrom"),
            ("Łódź", "lodz"),
            ("e\u{301}", "e"),
            ("МОСКВА", "москва"),
            ("東京", "東京"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }
}
