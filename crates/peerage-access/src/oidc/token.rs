//! The texts of codes and tokens: opaque, but recognizable for people and scanners.
//!
//! ```text
//! pra_ <consent> _ <family> _ 49 letters                             access token
//! prf_ <consent> _ <family> _ <generation> _ 49 letters and a tag    refresh token
//! prd_ <consent> _ <family> _ 49 letters                             code
//! ```
//!
//! Only a keyed hash of each is stored. A refresh token contains a tag that proves that it was issued here. So one that
//! was exchanged long ago can still be distinguished from an invented one, without storing anything about it.

use peerage_registry::ids::ConsentId;
use zeroize::Zeroizing;

use crate::key_string::{ENTROPY_BYTES, secret_under};
use crate::server_key::ServerKey;

/// Length of a tag, in hexadecimal digits.
const TAG_LETTERS: usize = 32;

/// The kind of a text. Never change the prefixes: scanners look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
    Code,
}

impl TokenKind {
    pub const ALL: [TokenKind; 3] = [TokenKind::Access, TokenKind::Refresh, TokenKind::Code];

    pub fn prefix(self) -> &'static str {
        match self {
            TokenKind::Access => "pra_",
            TokenKind::Refresh => "prf_",
            TokenKind::Code => "prd_",
        }
    }
}

/// The parts of a text. Whether it is valid is known only from the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsedToken<'a> {
    pub kind: TokenKind,
    pub consent: ConsentId,
    pub family: &'a str,
    /// For a refresh token; otherwise 0.
    pub generation: u32,
}

/// Parses a text, without a lookup.
pub fn parse(text: &str) -> Option<ParsedToken<'_>> {
    let kind = TokenKind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    let mut parts = text[kind.prefix().len()..].split('_');
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    let (consent, family) = (number(parts.next()?)?, parts.next()?);
    let generation = if kind == TokenKind::Refresh { number(parts.next()?)? } else { 0 };
    let is_whole = parts.next().is_some_and(|secret| secret.len() >= 40) && parts.next().is_none();
    is_whole.then_some(ParsedToken { kind, consent: ConsentId::new(consent), family, generation })
}

/// Creates a text. `None` in the rare case that the random bytes do not suffice.
pub fn make(
    kind: TokenKind,
    consent: ConsentId,
    family: &str,
    generation: u32,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Option<Zeroizing<String>> {
    let name = match kind {
        TokenKind::Refresh => format!("{}{consent}_{family}_{generation}_", kind.prefix()),
        TokenKind::Access | TokenKind::Code => format!("{}{consent}_{family}_", kind.prefix()),
    };
    let mut text = secret_under(&name, entropy)?;
    if kind == TokenKind::Refresh {
        let tag = server_key.tag(&text);
        text.push_str(&tag);
    }
    Some(text)
}

/// Whether a refresh token was issued here, even if nothing is stored about it any more.
pub fn was_made_here(server_key: &ServerKey, text: &str) -> bool {
    let at = text.len().saturating_sub(TAG_LETTERS);
    text.is_char_boundary(at) && server_key.has_tagged(&text[..at], &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read_back_and_slips_are_noticed() {
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        for kind in TokenKind::ALL {
            let text = make(kind, ConsentId::new(12), "abc", 7, &server_key, &[9; ENTROPY_BYTES]).expect("enough");
            let generation = if kind == TokenKind::Refresh { 7 } else { 0 };
            assert_eq!(
                parse(&text),
                Some(ParsedToken { kind, consent: ConsentId::new(12), family: "abc", generation })
            );
            assert_eq!(was_made_here(&server_key, &text), kind == TokenKind::Refresh);
            assert!(!was_made_here(&server_key, &text.replace("abc", "abd")));
        }
        for nonsense in ["", "pra_", "pra_1_a", "pra_1_a_short", "prs_1_x", "prf_1_a_x_", "pra_-1_a_b", "prä_"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
            assert!(!was_made_here(&server_key, nonsense));
        }
    }
}
