//! Names as they are compared: the same key for every way to write a name that means the same.

use peerage_fold::fold;

/// The maximum length of a name in characters. Longer texts match no place.
pub const NAME_CHARS_MAX: usize = 255;

/// The maximum length of a key in the data. `scripts/make-places` leaves out names that are longer.
pub const KEY_BYTES_MAX: usize = 96;

/// Returns the key of a name: folded, without punctuation, with one space between words, and with abbreviations of
/// "saint" written out. Returns `None` if nothing remains, or if the text is longer than any name.
///
/// Signs that writers often leave out are dropped: apostrophes, vowel marks of Arabic and Hebrew, the Greek tonos.
///
/// ```
/// use peerage_places::place_key;
///
/// assert_eq!(place_key("ST. Pölten").as_deref(), Some("saint polten"));
/// assert_eq!(place_key("Sankt-Pölten"), place_key("St Polten"));
/// assert_eq!(place_key("  "), None);
/// ```
pub fn place_key(name: &str) -> Option<String> {
    if name.chars().nth(NAME_CHARS_MAX).is_some() {
        return None;
    }
    let mut letters = String::with_capacity(name.len());
    for letter in fold(name).chars() {
        match plain_letter(letter) {
            PlainLetter::Kept(letter) => letters.push(letter),
            PlainLetter::Dropped => {}
            PlainLetter::Space => letters.push(' '),
        }
    }
    let mut key = String::with_capacity(letters.len());
    for word in letters.split_ascii_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(match word {
            "st" | "sankt" => "saint",
            "ste" => "sainte",
            "mt" => "mount",
            "ft" => "fort",
            word => word,
        });
    }
    (!key.is_empty()).then_some(key)
}

enum PlainLetter {
    Kept(char),
    Dropped,
    Space,
}

fn plain_letter(letter: char) -> PlainLetter {
    use PlainLetter::{Dropped, Kept, Space};
    match letter {
        'a'..='z' | '0'..='9' => Kept(letter),
        // Apostrophes; joiners, direction marks, variation selectors, byte order mark; Hebrew points, but not the hyphen
        // between them; Arabic vowel marks, and the stroke that stretches a word.
        '\''
        | '`'
        | '\u{b4}'
        | '\u{2b0}'..='\u{2ff}'
        | '\u{2018}'..='\u{201b}'
        | '\u{2032}'
        | '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{591}'..='\u{5bd}'
        | '\u{5bf}'
        | '\u{5c1}'
        | '\u{5c2}'
        | '\u{5c4}'
        | '\u{5c5}'
        | '\u{5c7}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{640}' => Dropped,
        '\u{622}' | '\u{623}' | '\u{625}' | '\u{671}' => Kept('\u{627}'),
        '\u{649}' | '\u{6cc}' => Kept('\u{64a}'),
        '\u{6a9}' => Kept('\u{643}'),
        '\u{629}' => Kept('\u{647}'),
        'ё' => Kept('е'),
        'ά' => Kept('α'),
        'έ' => Kept('ε'),
        'ή' => Kept('η'),
        'ί' | 'ϊ' | 'ΐ' => Kept('ι'),
        'ό' => Kept('ο'),
        'ύ' | 'ϋ' | 'ΰ' => Kept('υ'),
        'ώ' => Kept('ω'),
        'ς' => Kept('σ'),
        // The dot between words in Japanese, full-width punctuation and the Arabic comma come last.
        '\0'..='\x7f'
        | '\u{80}'..='\u{bf}'
        | '\u{5be}'
        | '\u{2000}'..='\u{206f}'
        | '\u{3000}'..='\u{303f}'
        | '\u{30fb}'
        | '\u{ff00}'..='\u{ff0f}'
        | '\u{60c}' => Space,
        letter if letter.is_whitespace() || letter.is_control() => Space,
        letter => Kept(letter),
    }
}

/// Returns other keys under which the same place may be listed, best first: umlauts written with an e, words such as
/// "city" that people add, and characters that only say what kind of place it is. Not for keys that are found as they
/// are: "Essen" would lose letters.
pub(crate) fn other_keys(key: &str) -> impl Iterator<Item = String> {
    let plain = key.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    let begun = ["greater ", "city of ", "downtown ", "metro ", "the "].iter().find_map(|word| key.strip_prefix(word));
    let ended =
        [" city", " area", " metro", " region", " metropolitan area", " stadt", "市", "都", "县", "區", "区", "시"]
            .iter()
            .find_map(|word| key.strip_suffix(word));
    let shorter = [begun, ended].into_iter().flatten().map(str::to_owned);
    (plain != key).then_some(plain).into_iter().chain(shorter).filter(|other| !other.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_write_a_name_have_one_key() {
        let check = |names: &[&str]| {
            let keys: Vec<_> = names.iter().map(|name| place_key(name)).collect();
            assert!(keys.windows(2).all(|pair| pair[0].is_some() && pair[0] == pair[1]), "{names:?}: {keys:?}");
        };
        check(&["St. Petersburg", "Saint Petersburg", "saint-petersburg", " SAINT  Petersburg "]);
        check(&["Frankfurt/Main", "Frankfurt (Main)", "frankfurt main"]);
        check(&["Sant'Antonio", "Sant’Antonio", "SantAntonio"]);
        check(&["Αθήνα", "ΑΘΗΝΑ", "αθηνα"]);
        check(&["Королёв", "КОРОЛЕВ"]);
        check(&["القاهرة", "القاهره"]);
        check(&["Zu\u{308}rich", "Zürich", "zurich"]);
    }

    #[test]
    fn texts_without_letters_or_too_long_have_no_key() {
        assert_eq!(place_key(""), None);
        assert_eq!(place_key(" -.,'\u{301}"), None);
        assert_eq!(place_key(&"a".repeat(256)), None);
        assert!(place_key(&"Ö".repeat(255)).is_some());
    }

    #[test]
    fn other_spellings_are_tried() {
        assert!(other_keys("muenchen").eq(["munchen".to_owned()]));
        assert!(other_keys("greater london").eq(["london".to_owned()]));
        assert!(other_keys("大阪市").eq(["大阪".to_owned()]));
        assert_eq!(other_keys("paris").count(), 0);
    }
}
