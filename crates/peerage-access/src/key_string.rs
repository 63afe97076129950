//! The text of an API key, which its owner keeps and presents (spec/keys.md, 1).
//!
//! ```text
//! prg_o_ 4fK2…12 letters _ 43 letters of secret, 6 letters of checksum
//! ```
//!
//! It has no dots or hyphens, so that a double click selects all of it; a prefix that people and scanners recognize;
//! and a checksum, which distinguishes a typing error from a wrong key without a lookup. Keys in the reference's
//! format, `<8>.<32>`, are read as well, since an import can contain them.
//!
//! ```
//! use peerage_access::KeyKind;
//! use peerage_access::key_string::{ENTROPY_BYTES, KEY_LETTERS, ParsedKey, make, parse};
//!
//! let entropy = [7; ENTROPY_BYTES];
//! let made = make(KeyKind::User, None, &entropy).expect("enough entropy");
//! assert!(made.text.starts_with("prg_u_") && made.text.len() == KEY_LETTERS);
//! assert_eq!(parse(&made.text), ParsedKey::Own { kind: KeyKind::User, public: &made.public });
//!
//! let cut = &made.text[..KEY_LETTERS - 1];
//! assert_eq!(parse(cut), ParsedKey::Damaged { public: Some(&made.public) });
//! ```

use zeroize::Zeroizing;

/// The kind of owner of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    User,
    Org,
    Role,
}

impl KeyKind {
    /// The kind in one word, for metrics.
    pub fn word(self) -> &'static str {
        match self {
            KeyKind::User => "user",
            KeyKind::Org => "organization",
            KeyKind::Role => "role",
        }
    }

    /// Never change these: scanners look for them.
    pub fn prefix(self) -> &'static str {
        match self {
            KeyKind::User => "prg_u_",
            KeyKind::Org => "prg_o_",
            KeyKind::Role => "prg_r_",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            KeyKind::User => "user",
            KeyKind::Org => "org",
            KeyKind::Role => "role",
        }
    }
}

/// Length of the public id.
pub const PUBLIC_LETTERS: usize = 12;
/// Length of the secret: 256 bits.
pub const SECRET_LETTERS: usize = 43;
const CHECK_LETTERS: usize = 6;
/// Length of a whole key: prefix, public id, an underscore, secret and checksum.
pub const KEY_LETTERS: usize = "prg_u_".len() + PUBLIC_LETTERS + 1 + SECRET_LETTERS + CHECK_LETTERS;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Size of the entropy that [`make`] needs.
pub const ENTROPY_BYTES: usize = 96;

/// The text of a new key, and its public id.
pub struct GeneratedKey {
    pub public: String,
    pub text: Zeroizing<String>,
}

impl std::fmt::Debug for GeneratedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Made({})", self.public)
    }
}

/// Converts random bytes to equally likely letters. Bytes that would favour some letters are skipped. `None` if too
/// many had to be.
fn letters(entropy: &mut impl Iterator<Item = u8>, count: usize, out: &mut String) -> Option<()> {
    for _ in 0..count {
        // 248 is the largest multiple of 62 that a byte holds.
        let byte = entropy.find(|byte| *byte < 248)?;
        out.push(char::from(LETTERS[usize::from(byte % 62)]));
    }
    Some(())
}

/// Creates a key, with a new public id or, for a rotation, with the existing one. `None` in the rare case that the
/// random bytes do not suffice: call it again with others.
pub fn make(kind: KeyKind, public: Option<&str>, entropy: &[u8; ENTROPY_BYTES]) -> Option<GeneratedKey> {
    let mut entropy = entropy.iter().copied();
    let mut id = String::with_capacity(PUBLIC_LETTERS);
    match public {
        Some(public) => id.push_str(public),
        None => letters(&mut entropy, PUBLIC_LETTERS, &mut id)?,
    }
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str(kind.prefix());
    text.push_str(&id);
    text.push('_');
    letters(&mut entropy, SECRET_LETTERS, &mut text)?;
    let check = checksum(&text);
    text.push_str(&check);
    Some(GeneratedKey { public: id, text })
}

/// A secret for a given name, with a checksum over both: 49 letters. `None` as for [`make`].
pub fn secret_under(name: &str, entropy: &[u8; ENTROPY_BYTES]) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(name.len() + SECRET_LETTERS + CHECK_LETTERS));
    text.push_str(name);
    letters(&mut entropy.iter().copied(), SECRET_LETTERS, &mut text)?;
    let check = checksum(&text);
    text.push_str(&check);
    Some(text)
}

/// A random public name. `None` as for [`make`].
pub fn public_name(entropy: &[u8; ENTROPY_BYTES]) -> Option<String> {
    let mut name = String::with_capacity(PUBLIC_LETTERS);
    letters(&mut entropy.iter().copied(), PUBLIC_LETTERS, &mut name)?;
    Some(name)
}

/// CRC-32 in base 62, most significant digit first.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut letters = [b'0'; CHECK_LETTERS];
    for letter in letters.iter_mut().rev() {
        *letter = LETTERS[(rest % 62) as usize];
        rest /= 62;
    }
    letters.iter().copied().map(char::from).collect()
}

/// The result of parsing a text that may be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParsedKey<'a> {
    /// An intact key of ours.
    Own { kind: KeyKind, public: &'a str },
    /// A key in the reference's format.
    Old { public: &'a str },
    /// Meant to be a key of ours, with missing or wrong characters.
    Damaged { public: Option<&'a str> },
    /// Not a key.
    Other,
}

impl<'a> ParsedKey<'a> {
    /// The public part.
    pub fn public(&self) -> Option<&'a str> {
        match self {
            ParsedKey::Own { public, .. } | ParsedKey::Old { public } => Some(public),
            ParsedKey::Damaged { public } => *public,
            ParsedKey::Other => None,
        }
    }
}

/// Prefixes of secrets that can occur in other texts, and the number of parts before the secret one.
const MARKS: [(&str, usize); 6] = [("prg_", 3), ("prs_", 2), ("pra_", 3), ("prf_", 4), ("prd_", 3), ("prc_", 2)];

/// A text for a log: keys, sessions, tokens and other secrets in it are reduced to their public part.
///
/// ```
/// use peerage_access::key_string::masked;
///
/// assert_eq!(masked("GET /?key=prg_u_abc"), "GET /?key=prg_…");
/// assert_eq!(masked("GET /api/net"), "GET /api/net");
/// ```
pub fn masked(text: &str) -> std::borrow::Cow<'_, str> {
    if !MARKS.iter().any(|(mark, _)| text.contains(mark)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    for piece in text.split_inclusive(|letter| !is_letter(letter)) {
        let word = piece.trim_end_matches(|letter| !is_letter(letter));
        let found = MARKS.iter().filter_map(|(mark, least)| Some((word.find(mark)?, *least))).min();
        // What follows the last `_` is the secret. If parts are missing, any of the rest could be.
        match found.map(|(begin, least)| (begin, least, word[begin..].matches('_').count())) {
            None => out.push_str(word),
            Some((begin, least, count)) => {
                let kept = if count < least { begin + 4 } else { word.rfind('_').map_or(begin, |at| at + 1) };
                out.push_str(&word[..kept]);
                out.push('…');
            }
        }
        out.push_str(&piece[word.len()..]);
    }
    out.into()
}

/// Parses the text of a key, without a lookup.
pub fn parse(text: &str) -> ParsedKey<'_> {
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    for kind in [KeyKind::User, KeyKind::Org, KeyKind::Role] {
        let Some(rest) = text.strip_prefix(kind.prefix()) else { continue };
        let Some((public, secret)) = rest.split_once('_') else { return ParsedKey::Damaged { public: None } };
        if public.len() != PUBLIC_LETTERS || !is_word(public) {
            return ParsedKey::Damaged { public: None };
        }
        if secret.len() != SECRET_LETTERS + CHECK_LETTERS || !is_word(secret) {
            return ParsedKey::Damaged { public: Some(public) };
        }
        let (body, check) = text.split_at(text.len() - CHECK_LETTERS);
        return if checksum(body) == check {
            ParsedKey::Own { kind, public }
        } else {
            ParsedKey::Damaged { public: Some(public) }
        };
    }
    match text.split_once('.') {
        Some((public, secret)) if public.len() == 8 && secret.len() == 32 && is_word(public) && is_word(secret) => {
            ParsedKey::Old { public }
        }
        _ => ParsedKey::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(seed: u8) -> GeneratedKey {
        let mut entropy = [0; ENTROPY_BYTES];
        for (at, byte) in entropy.iter_mut().enumerate() {
            *byte = (at as u8).wrapping_mul(37).wrapping_add(seed);
        }
        make(KeyKind::Org, None, &entropy).expect("enough entropy")
    }

    #[test]
    fn a_key_has_the_published_form_and_is_read_back() {
        let key = made(3);
        assert_eq!(key.text.len(), 6 + 12 + 1 + 43 + 6);
        assert!(key.text.starts_with("prg_o_"));
        assert_eq!(parse(&key.text), ParsedKey::Own { kind: KeyKind::Org, public: &key.public });
        assert_eq!(format!("{key:?}"), format!("Made({})", key.public), "no secret in Debug");
    }

    #[test]
    fn every_slip_of_one_letter_is_noticed() {
        let key = made(9);
        for at in 6..key.text.len() {
            let mut bytes = key.text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let slipped = String::from_utf8(bytes).expect("letters");
            assert!(matches!(parse(&slipped), ParsedKey::Damaged { .. }), "{at}");
        }
        for length in 6..key.text.len() {
            assert!(matches!(parse(&key.text[..length]), ParsedKey::Damaged { .. }), "{length}");
        }
    }

    #[test]
    fn the_references_form_is_known_and_other_texts_are_no_keys() {
        assert_eq!(parse("1XZaTNoy.NPrWHdSVrRLznEGcpgFk9MhpJ4pL9KLq"), ParsedKey::Old { public: "1XZaTNoy" });
        for other in ["", "a.b", "1XZaTNoy.NPrWHdSVrRLznEGcpgFk9MhpJ4pL9KL", "prg_", "prg_x_a_b", "hello"] {
            assert_eq!(parse(other), ParsedKey::Other, "{other}");
        }
    }

    #[test]
    fn a_rotated_key_keeps_its_id() {
        let key = make(KeyKind::User, Some("abcdefghijkl"), &[7; ENTROPY_BYTES]).expect("enough");
        assert_eq!(key.public, "abcdefghijkl");
        assert!(matches!(parse(&key.text), ParsedKey::Own { kind: KeyKind::User, public: "abcdefghijkl" }));
    }

    #[test]
    fn poor_entropy_makes_no_key() {
        assert!(make(KeyKind::User, None, &[255; ENTROPY_BYTES]).is_none());
    }

    #[test]
    fn in_logs_only_the_public_part_of_a_key_is_left() {
        for (text, expected) in [
            ("/api/net/1", "/api/net/1"),
            ("/api/org/1/keys/prg_o_4fK2ab_secret/use", "/api/org/1/keys/prg_o_4fK2ab_…/use"),
            ("prs_12_secret prg_u_a_b", "prs_12_… prg_u_a_…"),
            ("xprg_o_secret", "xprg_…"),
            ("token=prf_1_abc_2_secret&x=pra_secret", "token=prf_1_abc_2_…&x=pra_…"),
            ("prd_1_abc_secret prc_abc_secret prc_secret", "prd_1_abc_… prc_abc_… prc_…"),
            ("é/prg_/ü", "é/prg_…/ü"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }
}
