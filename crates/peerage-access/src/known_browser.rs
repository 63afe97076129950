//! Browsers that have logged in to an account before. They are not locked out when others guess its password.
//!
//! A browser stores a word for each account that was used in it. The server creates the word and stores nothing. It is
//! valid for one account, and grants no access. Someone who steals it can guess as often as any single browser.

use peerage_registry::ids::UserId;
use subtle::ConstantTimeEq;

use crate::server_key::ServerKey;

/// Maximum number of accounts for which a browser is known. The one that was used longest ago is forgotten.
pub const ACCOUNTS_MAX: usize = 6;

/// Size of a word's nonce, in bytes.
pub const NONCE_BYTES: usize = 9;

fn purpose(user: UserId, nonce: &str) -> String {
    format!("known browser {user} {nonce}")
}

fn letters(bytes: &[u8; 32]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&bytes[..16])
}

/// The name of the browser with these words, if it is known for the account.
pub fn name_of(server_key: &ServerKey, words: &str, user: UserId) -> Option<String> {
    let parts = words.split('~').take(ACCOUNTS_MAX).filter_map(|word| {
        let mut parts = word.splitn(3, '.');
        Some((parts.next()?.parse::<UserId>().ok()?, parts.next()?, parts.next()?))
    });
    let mut own = parts.filter(|(id, _, _)| *id == user);
    let is_right = |nonce: &str, shown: &str| {
        server_key.has_derived(&purpose(user, nonce), |bytes| letters(bytes).as_bytes().ct_eq(shown.as_bytes()).into())
    };
    own.find(|(_, nonce, shown)| is_right(nonce, shown)).map(|(_, nonce, _)| nonce.to_owned())
}

/// The words of a browser after a login to the account.
pub fn with_account(server_key: &ServerKey, words: &str, user: UserId, nonce: &[u8; NONCE_BYTES]) -> String {
    let nonce = name_of(server_key, words, user).unwrap_or_else(|| data_encoding::BASE64URL_NOPAD.encode(nonce));
    let own = format!("{user}.{nonce}.{}", letters(&server_key.derive(&purpose(user, &nonce))));
    let others = words.split('~').filter(|word| !word.is_empty() && word.split('.').next() != Some(&user.to_string()));
    let others = others.take(ACCOUNTS_MAX - 1).map(str::to_owned);
    std::iter::once(own).chain(others).collect::<Vec<_>>().join("~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n08_a_browser_is_known_for_the_accounts_that_were_opened_in_it_alone() {
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        let other_key = ServerKey::parse(&ServerKey::print(1, &[2; 32])).expect("sound");
        let words = with_account(&server_key, "", UserId::new(7), &[1; NONCE_BYTES]);
        let name = name_of(&server_key, &words, UserId::new(7)).expect("known");
        assert_eq!(name_of(&server_key, &words, UserId::new(8)), None);
        assert_eq!(name_of(&other_key, &words, UserId::new(7)), None);
        assert_eq!(
            name_of(&server_key, &words.replacen('7', "8", 1), UserId::new(8)),
            None,
            "a word is for one account"
        );
        let more = with_account(&server_key, &words, UserId::new(8), &[2; NONCE_BYTES]);
        assert_eq!(name_of(&server_key, &more, UserId::new(7)), Some(name.clone()), "both are known");
        let again = with_account(&server_key, &more, UserId::new(7), &[3; NONCE_BYTES]);
        assert_eq!(name_of(&server_key, &again, UserId::new(7)), Some(name), "it keeps its name");
        let mut words = again;
        for user in 10..30 {
            words = with_account(&server_key, &words, UserId::new(user), &[4; NONCE_BYTES]);
        }
        assert_eq!((words.split('~').count(), name_of(&server_key, &words, UserId::new(7))), (ACCOUNTS_MAX, None));
        for nonsense in ["", "~", "7", "7.", "7..", "x.y.z", "7.a.b.c"] {
            assert_eq!(name_of(&server_key, nonsense, UserId::new(7)), None, "{nonsense}");
        }
    }
}
