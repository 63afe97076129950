//! How a person has proved to be there, in the words that sites know (RFC 8176; spec/accounts.md, 15 and 20).

use crate::records::Amr;

/// The words, in the order in which the proofs were given: `pwd` or `swk` for the first, `otp` or `swk` for each that
/// followed. `mfa` ends the list when there is more than one. A passkey alone is `swk` without `mfa`, as in the
/// reference, unless it proved to know its owner: then `user` and `mfa` follow, for it counts as two.
pub fn words(amr: &[Amr]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = amr
        .iter()
        .filter_map(|proof| match proof {
            Amr::Pwd => Some("pwd"),
            Amr::Otp => Some("otp"),
            Amr::Swk => Some("swk"),
            Amr::User | Amr::Mfa => None,
        })
        .collect();
    if amr.contains(&Amr::User) {
        words.push("user");
    }
    if is_strong(amr) {
        words.push("mfa");
    }
    words
}

/// Whether it was more than one proof, which `acr` tells as `aal2`.
pub fn is_strong(amr: &[Amr]) -> bool {
    let proofs = amr.iter().filter(|proof| !matches!(proof, Amr::User | Amr::Mfa)).count();
    proofs > 1 || amr.contains(&Amr::User) || amr.contains(&Amr::Mfa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_in_has_the_references_words() {
        use Amr::{Mfa, Otp, Pwd, Swk, User};
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
