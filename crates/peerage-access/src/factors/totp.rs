//! Codes of authenticator apps: RFC 6238 with SHA-1, six digits and steps of thirty seconds, which every app supports.
//!
//! A code is accepted one step early or late, because clocks differ. Once a step has been accepted, neither it nor an
//! earlier one is accepted again (RFC 6238, 5.2): the step is stored in the factor's record, and updated in the same
//! transaction that logs the person in.

use peerage_registry::ids::UserId;
use peerage_registry::moment::{Moment, SignedDuration};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::records::{Factor, FactorProof};
use crate::sealing::{self, NONCE_BYTES, SecretOwner};
use crate::server_key::ServerKey;

/// Size of a seed: 160 bits, as RFC 4226 recommends.
pub const SEED_BYTES: usize = 20;

/// Length of a step.
pub const STEP: SignedDuration = SignedDuration::from_secs(30);

/// Number of steps by which clocks can differ.
const SKEW: u16 = 1;

const KIND: &str = "totp";

/// The secret that an app and the server share.
pub type TotpSeed = Zeroizing<Vec<u8>>;

fn totp(seed: &[u8]) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(SKEW)
        .with_step_duration(STEP.unsigned_abs().as_secs())
        .with_secret(Secret::new(seed.into()))
        .build_noncompliant()
}

/// The same seed, encrypted with the current version of the server key. `None` if it already is, or is no seed of an app.
///
/// # Errors
/// The version with which it is encrypted: the seed cannot be decrypted.
pub fn resealed(
    server_key: &ServerKey,
    factor: &Factor,
    nonce: &[u8; NONCE_BYTES],
) -> Result<Option<FactorProof>, u32> {
    let FactorProof::Totp { seed, version, last_step } = &factor.proof else { return Ok(None) };
    if *version == server_key.current() {
        return Ok(None);
    }
    let opened =
        sealing::open(server_key, SecretOwner { kind: KIND, user: factor.user }, seed, *version).ok_or(*version)?;
    Ok(Some(seal(server_key, factor.user, &opened, nonce, *last_step)))
}

/// The step of a code, if it is one of the steps around now. Spaces are ignored.
pub fn step_of(seed: &[u8], code: &str, now: Moment) -> Option<u64> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    totp(seed).check(&digits, u64::try_from(now.as_seconds()).ok()?)
}

/// The code that the app shows at this time.
///
/// ```
/// use peerage_access::factors::totp::{code_at, step_of};
/// use peerage_registry::moment::parse;
///
/// // RFC 6238, appendix B.
/// let (seed, time) = (b"12345678901234567890", parse("1970-01-01T00:00:59Z").expect("a time"));
/// assert_eq!(code_at(seed, time).as_str(), "287082");
/// assert_eq!(step_of(seed, "287 082", time), Some(1));
/// assert_eq!(step_of(seed, "287083", time), None);
/// ```
pub fn code_at(seed: &[u8], now: Moment) -> Zeroizing<String> {
    Zeroizing::new(totp(seed).generate(u64::try_from(now.as_seconds()).unwrap_or(0)).to_string())
}

/// The text of the QR code: `otpauth://totp/<issuer>:<account>?secret=…&issuer=…`.
///
/// Written here because the library refuses names with a colon; ours can be any text.
///
/// ```
/// let uri = peerage_access::factors::totp::uri(b"12345678901234567890", "Peerage", "ann");
/// assert!(uri.starts_with("otpauth://totp/Peerage:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Peerage"));
/// ```
pub fn uri(seed: &[u8], issuer: &str, account: &str) -> Zeroizing<String> {
    let plain = |text: &str| {
        let quoted = url::form_urlencoded::byte_serialize(text.replace(':', " ").as_bytes()).collect::<String>();
        quoted.replace('+', "%20")
    };
    let (issuer, account) = (plain(issuer), plain(account));
    let secret = secret_text(seed);
    Zeroizing::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period={}",
        secret.as_str(),
        STEP.as_secs()
    ))
}

/// The seed for typing: base 32.
pub fn secret_text(seed: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(data_encoding::BASE32_NOPAD.encode(seed))
}

/// A seed in stored form, encrypted.
pub fn seal(
    server_key: &ServerKey,
    user: UserId,
    seed: &[u8],
    nonce: &[u8; NONCE_BYTES],
    last_step: u64,
) -> FactorProof {
    let sealed = sealing::seal(server_key, SecretOwner { kind: KIND, user }, seed, nonce);
    FactorProof::Totp { seed: sealed.text, version: sealed.version, last_step }
}

/// The step of a code, if the factor accepts it: a correct code, of a later step than the last one.
pub fn accepted(server_key: &ServerKey, factor: &Factor, code: &str, now: Moment) -> Option<u64> {
    let FactorProof::Totp { seed, version, last_step } = &factor.proof else { return None };
    let seed = sealing::open(server_key, SecretOwner { kind: KIND, user: factor.user }, seed, *version)?;
    step_of(&seed, code, now).filter(|step| step > last_step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of the eight digits.
        for (at, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(code_at(b"12345678901234567890", Moment::from_seconds(at)).as_str(), code, "{at}");
            assert_eq!(step_of(b"12345678901234567890", code, Moment::from_seconds(at)), Some(at as u64 / 30), "{at}");
        }
    }

    #[test]
    fn a_clock_may_differ_by_one_step_and_no_more() {
        // NOW is the beginning of a step.
        for (skew_s, is_taken) in [
            (0, true),
            (29, true),
            (30, true),
            (59, true),
            (60, false),
            (90, false),
            (-1, true),
            (-30, true),
            (-31, false),
            (-90, false),
        ] {
            let code = code_at(&[7; 20], NOW + SignedDuration::from_secs(skew_s));
            assert_eq!(step_of(&[7; 20], &code, NOW).is_some(), is_taken, "{skew_s} s");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        let code = code_at(&[7; 20], NOW);
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert!(step_of(&[7; 20], &spaced, NOW).is_some());
        for text in ["", "12345", "1234567", "１２３４５６", "abcdef", "-12345", &"9".repeat(10_000)] {
            assert!(step_of(&[7; 20], text, NOW).is_none(), "{text}");
        }
    }

    #[test]
    fn the_uri_takes_any_name() {
        let uri = uri(&[7; 20], "Peerage: a & b", "ann+x@example.net");
        assert!(uri.starts_with("otpauth://totp/Peerage%20%20a%20%26%20b:ann%2Bx%40example.net?secret="), "{}", *uri);
        assert!(uri.ends_with("&issuer=Peerage%20%20a%20%26%20b&algorithm=SHA1&digits=6&period=30"), "{}", *uri);
        assert_eq!(secret_text(&[7; 20]).len(), 32);
    }
}
