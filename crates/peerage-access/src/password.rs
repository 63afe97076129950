//! Passwords: Argon2id, stored in PHC format. They are normalized to NFC, so that they compare equal if they look the
//! same, whatever the keyboard sends.

mod guess;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroizing;

/// Maximum length of a password, in bytes, so that long ones do not make hashing expensive.
pub const BYTES_MAX: usize = 1024;

/// 19 MiB, two passes, one lane: OWASP's minimum.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

/// Hashes a password with a random salt. `None` if the password is too long.
///
/// Cost: some tens of milliseconds and 19 MiB.
///
/// ```
/// use peerage_access::password::{hash, verify};
///
/// let stored = hash("correct horse battery", &[7; 16]).expect("not too long");
/// assert!(verify("correct horse battery", Some(&stored)));
/// assert!(!verify("wrong horse battery", Some(&stored)));
/// ```
pub fn hash(password: &str, salt: &[u8; 16]) -> Option<String> {
    if password.len() > BYTES_MAX {
        return None;
    }
    hasher().hash_password_with_salt(normal(password).as_bytes(), salt).ok().map(|hash| hash.to_string())
}

/// Normalizes a password to NFC.
pub fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(if is_nfc(password) { password.to_owned() } else { password.nfc().collect() })
}

/// Minimum length of a new password, in characters.
pub const LETTERS_MIN: usize = 12;

/// Why a new password is refused: too short, too long, or easy to guess. `words`: public facts about the account, such
/// as the user name, addresses and organizations.
///
/// ```
/// use peerage_access::password::fault;
///
/// assert!(fault("short", &[]).is_some());
/// assert!(fault("password1234", &[]).is_some());
/// assert_eq!(fault("vim tundra 83 kelp", &["ann"]), None);
/// ```
pub fn fault(password: &str, words: &[&str]) -> Option<String> {
    let letters = normal(password).chars().count();
    if letters < LETTERS_MIN {
        return Some(format!("expected at least {LETTERS_MIN} characters"));
    }
    if password.len() > BYTES_MAX {
        return Some(format!("expected at most {BYTES_MAX} bytes"));
    }
    guess::is_guessed(password, words).then(|| GUESSED.to_owned())
}

/// Error for a password that is easy to guess.
const GUESSED: &str = "this password is easy to guess: it is made of common words, rows of keys, repetitions, or what is \
                       known about you";

/// Error for a password from a list of stolen ones.
pub const STOLEN: &str = "this password is in lists of stolen passwords, so it is easy to guess";

/// Whether a password matches a hash. Without a hash, the work is the same and the result is `false`, so that the time
/// does not reveal which accounts exist.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    if password.len() > BYTES_MAX {
        return false;
    }
    let Some(parsed) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        for _ in 0..if is_nfc(password) { 1 } else { 2 } {
            let _ = hasher().hash_password_with_salt(password.as_bytes(), &[7; 16]);
        }
        return false;
    };
    let is_right = |text: &str| hasher().verify_password(text.as_bytes(), &parsed).is_ok();
    // Passwords that were hashed before normalization was introduced are compared as typed.
    is_right(&normal(password)) || (!is_nfc(password) && is_right(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let hash = hash("correct horse", &[1; 16]).expect("short enough");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("correct horsf", Some(&hash)));
        assert!(!verify("correct horse", None));
        assert!(super::hash(&"x".repeat(BYTES_MAX + 1), &[1; 16]).is_none());
    }

    #[test]
    fn letters_are_the_same_whatever_a_keyboard_makes_them_of() {
        let (one, two) = ("caf\u{e9} by the river", "cafe\u{301} by the river");
        let hash = hash(two, &[1; 16]).expect("short enough");
        assert!(verify(one, Some(&hash)) && verify(two, Some(&hash)));
        assert!(!verify("cafe by the river", Some(&hash)));
        let before = hasher().hash_password_with_salt(two.as_bytes(), &[1; 16]).expect("hashed").to_string();
        assert!(verify(two, Some(&before)));
    }

    #[test]
    fn who_is_not_there_costs_as_much_as_a_wrong_password_whatever_its_letters() {
        let hash = hash("correct horse", &[1; 16]).expect("short enough");
        for text in ["another one", "cafe\u{301} by the river"] {
            let once = |hash: Option<&str>| {
                let begun = std::time::Instant::now();
                assert!(!verify(text, hash));
                begun.elapsed().as_secs_f64()
            };
            // In turns, so that a machine that is busy for a while slows both.
            let pairs: Vec<(f64, f64)> = (0..15).map(|_| (once(None), once(Some(&hash)))).collect();
            let least = |each: fn(&(f64, f64)) -> f64| pairs.iter().map(each).fold(f64::INFINITY, f64::min);
            let ratio = least(|pair| pair.0) / least(|pair| pair.1);
            assert!((0.6..1.6).contains(&ratio), "{text}: {ratio}");
        }
    }

    #[test]
    fn a_new_password_is_long_and_not_what_everybody_knows() {
        for (password, is_taken) in [
            ("correct horse", true),
            ("éèêëçàôûïöüx", true),
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", false),
            ("correct", false),
            ("", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("ANN@example.NET", false),
        ] {
            assert_eq!(fault(password, &["ann", "ann@example.net"]).is_none(), is_taken, "{password}");
        }
        assert!(fault(&"xy".repeat(BYTES_MAX), &[]).is_some());
    }
}
