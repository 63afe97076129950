//! PKCE: proof that a code is exchanged by the client that requested it (RFC 7636). S256 only: a plain challenge proves
//! nothing to someone who has seen the request.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Length of a verifier (RFC 7636, 4.1).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// Whether a text can be a challenge: SHA-256 as base64url without padding.
pub fn is_challenge(text: &str) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether a verifier matches a challenge.
///
/// ```
/// use peerage_access::oidc::is_proof;
///
/// // RFC 7636, appendix B.
/// let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// assert!(is_proof(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
/// ```
pub fn is_proof(challenge: &str, verifier: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_sound = VERIFIER.contains(&verifier.len()) && verifier.bytes().all(is_letter);
    let own = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
    is_sound && bool::from(own.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_is_proven_and_nothing_else() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge(challenge) && is_proof(challenge, verifier));
        assert!(!is_proof(challenge, &verifier.replace('d', "e")));
        assert!(!is_proof(verifier, verifier), "plain");
        assert!(!is_proof(challenge, ""));
        let short = "a".repeat(42);
        let of_short = BASE64URL_NOPAD.encode(&Sha256::digest(short.as_bytes()));
        assert!(!is_proof(&of_short, &short), "too short to be safe");
        for nonsense in ["", "abc", &"a".repeat(44), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="] {
            assert!(!is_challenge(nonsense), "{nonsense}");
        }
    }
}
