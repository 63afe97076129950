//! Backup codes: ten codes of sixteen characters, with eighty random bits each, for people who have lost all devices.
//!
//! Only an HMAC with the server key is stored, so a copy of the database reveals no code. The characters are
//! Crockford's base 32, and similar ones are read alike: O as 0, I and L as 1, in upper or lower case, with or without
//! hyphens.

use peerage_registry::ids::UserId;
use peerage_registry::moment::Moment;
use zeroize::Zeroizing;

use crate::records::{BackupCode, Codes, FactorUse};
use crate::server_key::ServerKey;

/// Number of codes in a set.
pub const COUNT: usize = 10;

/// Length of a code, in characters.
const LETTERS: usize = 16;

/// Random bytes of a set: ten for each code.
pub const ENTROPY_BYTES: usize = COUNT * LETTERS * 5 / 8;

/// From this number of codes left on, people get a hint to renew them.
pub const FEW: usize = 3;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Codes as they are shown this one time: `XXXX-XXXX-XXXX-XXXX`.
pub type BackupCodeTexts = Vec<Zeroizing<String>>;

fn letters(bytes: &[u8]) -> Zeroizing<String> {
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let letter = |at: usize| char::from(ALPHABET[(number >> (5 * (LETTERS - 1 - at)) & 31) as usize]);
    Zeroizing::new((0..LETTERS).map(letter).collect())
}

/// Normalizes a code as entered; `None` if it cannot be one.
fn read(text: &str) -> Option<Zeroizing<String>> {
    let mut read = Zeroizing::new(String::with_capacity(LETTERS));
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '–' | '—' | '_'))
    {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if read.len() == LETTERS || !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        read.push(letter);
    }
    (read.len() == LETTERS).then_some(read)
}

/// The hashed text. It contains the account, so a code is valid for one account only.
fn stamped(user: UserId, letters: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("backup code {user} {letters}"))
}

/// Creates a set, and the texts to show.
pub fn make(
    server_key: &ServerKey,
    user: UserId,
    now: Moment,
    entropy: &[u8; ENTROPY_BYTES],
) -> (Codes, BackupCodeTexts) {
    let mut shown = Vec::with_capacity(COUNT);
    let codes = entropy.chunks(ENTROPY_BYTES / COUNT).map(|bytes| {
        let letters = letters(bytes);
        let groups: Vec<&str> = (0..LETTERS / 4).map(|group| &letters[group * 4..group * 4 + 4]).collect();
        shown.push(Zeroizing::new(groups.join("-")));
        let (version, hash) = server_key.stamped(&stamped(user, &letters));
        BackupCode { hash, version, used: None }
    });
    (Codes { id: user, made: now, codes: codes.collect() }, shown)
}

/// The set with this code used up, or `None` if it is not one of those left. Costs the same work in all cases.
pub fn used_up(server_key: &ServerKey, codes: &Codes, text: &str, used: FactorUse) -> Option<Codes> {
    let letters = read(text).unwrap_or_default();
    let left = codes.codes.iter().filter(|code| code.used.is_none());
    let hash = *server_key.find(left.map(|code| (code.version, &code.hash)), &stamped(codes.id, &letters))?;
    let mut after = codes.clone();
    after.codes.iter_mut().find(|code| code.hash == hash && code.used.is_none())?.used = Some(used);
    Some(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server_key() -> ServerKey {
        ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound")
    }

    fn used() -> FactorUse {
        FactorUse { at: Moment::EPOCH, address: "192.0.2.1".to_owned() }
    }

    fn entropy() -> [u8; ENTROPY_BYTES] {
        std::array::from_fn(|at| (at * 37 + 11) as u8)
    }

    #[test]
    fn a_code_works_once_however_it_is_written() {
        let (codes, shown) = make(&server_key(), UserId::new(7), Moment::EPOCH, &entropy());
        assert_eq!((codes.codes.len(), codes.left(), shown.len()), (COUNT, COUNT, COUNT));
        let plain = shown[3].to_lowercase().replace('-', " ");
        let after = used_up(&server_key(), &codes, &plain, used()).expect("taken");
        assert_eq!((after.left(), after.codes[3].used.clone()), (COUNT - 1, Some(used())));
        assert!(used_up(&server_key(), &after, &shown[3], used()).is_none(), "once");
        assert!(used_up(&server_key(), &after, &shown[4], used()).is_some(), "the others stay");
        for wrong in ["", "ZZZZ-ZZZZ-ZZZZ-ZZZZ", "UUUU-UUUU-UUUU-UUUU", &shown[0][..18], &format!("{}0", *shown[0])] {
            assert!(used_up(&server_key(), &codes, wrong, used()).is_none(), "{wrong}");
        }
        let other = Codes { id: UserId::new(8), ..codes };
        assert!(used_up(&server_key(), &other, &shown[0], used()).is_none(), "another account's");
    }

    #[test]
    fn what_is_stored_tells_no_code() {
        let (codes, shown) = make(&server_key(), UserId::new(7), Moment::EPOCH, &entropy());
        let text = serde_json::to_string(&codes).expect("JSON");
        for code in shown {
            assert!(!text.to_uppercase().contains(&code.replace('-', "")) && !text.contains(code.as_str()));
        }
        assert_eq!(format!("{:?}", codes.codes[0]), "Code");
    }

    #[test]
    fn letters_that_look_alike_are_read_alike() {
        assert_eq!(read("oOiI-lL00-1111-0000").as_deref().map(String::as_str), Some("0011110011110000"));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(bytes in any::<[u8; 10]>()) {
            let letters = letters(&bytes);
            prop_assert_eq!(read(&letters), Some(letters));
        }

        #[test]
        fn no_text_breaks_reading(text in any::<String>()) {
            let _ = read(&text);
        }
    }
}
