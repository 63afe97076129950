//! How a person has authenticated, in the values that clients know (RFC 8176; spec/accounts.md, 15 and 20).

use crate::records::AuthMethod;

/// The values in the order of the proofs: `pwd` or `swk` for the first, `otp` or `swk` for each that follows. `mfa`
/// comes last if there is more than one. A passkey alone is `swk` without `mfa`, as in the reference, unless it
/// verified its user: then `user` and `mfa` follow, because it counts as two.
///
/// ```
/// use peerage_access::oidc::{is_strong, words};
/// use peerage_access::records::AuthMethod;
///
/// assert_eq!(words(&[AuthMethod::Pwd, AuthMethod::Otp]), ["pwd", "otp", "mfa"]);
/// assert!(is_strong(&[AuthMethod::Pwd, AuthMethod::Otp]) && !is_strong(&[AuthMethod::Pwd]));
/// ```
pub fn words(amr: &[AuthMethod]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = amr
        .iter()
        .filter_map(|proof| match proof {
            AuthMethod::Pwd => Some("pwd"),
            AuthMethod::Otp => Some("otp"),
            AuthMethod::Swk => Some("swk"),
            AuthMethod::User | AuthMethod::Mfa => None,
        })
        .collect();
    if amr.contains(&AuthMethod::User) {
        words.push("user");
    }
    if is_strong(amr) {
        words.push("mfa");
    }
    words
}

/// Whether there was more than one proof, which `acr` reports as `aal2`.
pub fn is_strong(amr: &[AuthMethod]) -> bool {
    let proofs = amr.iter().filter(|proof| !matches!(proof, AuthMethod::User | AuthMethod::Mfa)).count();
    proofs > 1 || amr.contains(&AuthMethod::User) || amr.contains(&AuthMethod::Mfa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_in_has_the_references_words() {
        use AuthMethod::{Mfa, Otp, Pwd, Swk, User};
        for (amr, expected) in [
            (&[][..], ""),
            (&[Pwd], "pwd"),
            (&[Swk], "swk"),
            (&[Pwd, Otp], "pwd otp mfa"),
            (&[Pwd, Otp, Mfa], "pwd otp mfa"),
            (&[Pwd, Swk], "pwd swk mfa"),
            (&[Pwd, Otp, Swk], "pwd otp swk mfa"),
            (&[Swk, Swk], "swk swk mfa"),
            (&[Swk, Otp], "swk otp mfa"),
            (&[Swk, User, Mfa], "swk user mfa"),
            (&[Swk, User, Otp], "swk otp user mfa"),
        ] {
            assert_eq!(words(amr).join(" "), expected, "{amr:?}");
            assert_eq!(is_strong(amr), expected.contains("mfa"), "{amr:?}");
        }
    }
}
