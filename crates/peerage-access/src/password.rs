//! Passwords: Argon2id, kept as text of the PHC form.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

/// Longest password that is looked at, in bytes: hashing shall not be made expensive by length.
pub const BYTES_MAX: usize = 1024;

/// 19 MiB, two passes, one lane: OWASP's floor.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

/// Hashes a password; `salt` is random. None if the password is too long.
///
/// Cost: some tens of milliseconds and 19 MiB.
pub fn hash(password: &str, salt: &[u8; 16]) -> Option<String> {
    if password.len() > BYTES_MAX {
        return None;
    }
    hasher().hash_password_with_salt(password.as_bytes(), salt).ok().map(|hash| hash.to_string())
}

/// Letters of a new password, at least.
pub const LETTERS_MIN: usize = 12;

/// What keeps a new password from being taken: too short, too long, or nothing but what everybody knows of the account,
/// such as the user name or an address.
pub fn fault(password: &str, words: &[&str]) -> Option<String> {
    let letters = password.chars().count();
    if letters < LETTERS_MIN {
        return Some(format!("expected at least {LETTERS_MIN} characters"));
    }
    if password.len() > BYTES_MAX {
        return Some(format!("expected at most {BYTES_MAX} bytes"));
    }
    let folded = password.to_lowercase();
    let first = folded.chars().next();
    if folded.chars().all(|letter| Some(letter) == first) {
        return Some("expected more than one character, again and again".to_owned());
    }
    if words.iter().any(|word| word.to_lowercase() == folded) {
        return Some("this is the user name or an address of the account".to_owned());
    }
    None
}

/// Whether a password is the one that was hashed. Without a hash the work is the same, and the answer no: nobody learns
/// which accounts there are.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    if password.len() > BYTES_MAX {
        return false;
    }
    let Some(parsed) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        let _ = hasher().hash_password_with_salt(password.as_bytes(), &[7; 16]);
        return false;
    };
    hasher().verify_password(password.as_bytes(), &parsed).is_ok()
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
    fn a_new_password_is_long_and_not_what_everybody_knows() {
        for (password, is_taken) in [
            ("correct horse", true),
            ("éééééééééééx", true),
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
