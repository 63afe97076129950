//! What accounts and people may be called.

use peerage_registry::ids::UserId;

use crate::acts::{AccessError, Desk, field, is_unchanged, seen};

/// Letters of a user name, at most.
pub const USERNAME_LETTERS_MAX: usize = 254;

/// What every closed account is called, before its number.
pub(crate) const CLOSED: &str = "closed-account-";

/// ASCII letters, digits, `.`, `_` and `-`: a name can hold no link. An `@` stands only in an own confirmed address, which is
/// one of `addresses`. No name may look like a key's or like that of a closed account.
pub(crate) fn username_form<'a>(text: &str, mut addresses: impl Iterator<Item = &'a str>) -> Result<(), AccessError> {
    let is_address = text.contains('@') && addresses.any(|address| address.trim().eq_ignore_ascii_case(text));
    if text.contains('@') && !is_address {
        let text = "A user name with an @ has to be one of your own confirmed addresses. Choose another name.";
        return Err(field("username", text));
    }
    // One script: no name looks like another that is written with other letters.
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    let letters = text.chars().count();
    if letters == 0 || letters > USERNAME_LETTERS_MAX || !(is_address || text.chars().all(is_letter)) {
        return Err(field(
            "username",
            "Enter a valid username. It can contain the letters a to z, digits and the characters . _ -",
        ));
    }
    if text.chars().all(|letter| letter.is_ascii_digit()) {
        return Err(field(
            "username",
            "A user name of digits alone looks like the number of an account. Add a letter.",
        ));
    }
    no_reserved_name(text)
}

fn no_reserved_name(text: &str) -> Result<(), AccessError> {
    if text.to_lowercase().starts_with("apikey") {
        return Err(field("username", "Username cannot start with 'apikey'"));
    }
    if text.to_lowercase().starts_with(CLOSED) {
        return Err(field("username", format!("Username cannot start with '{CLOSED}'")));
    }
    Ok(())
}

/// Whether the user name of an account that comes from elsewhere can stay: its person logs in with it. It may hold more
/// than a new one, but neither a link nor somebody else's address.
///
/// # Errors
/// It holds something else.
pub fn check_imported_name(text: &str, address: &str) -> Result<(), AccessError> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_.-+=,|".contains(letter);
    if !text.is_empty() && text.chars().count() <= USERNAME_LETTERS_MAX && text.chars().all(is_plain) {
        return no_reserved_name(text);
    }
    username_form(text, std::iter::once(address))
}

/// A user name that nobody else has.
pub(crate) fn username_of<'a>(
    desk: &Desk<'_>,
    text: &str,
    own: Option<UserId>,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<String, AccessError> {
    username_form(text, addresses)?;
    if desk.people.user_named(text).is_some_and(|user| Some(user.id) != own) {
        return Err(field("username", "A user with that username already exists."));
    }
    Ok(text.to_owned())
}

/// A part of a person's name. As with other names, one that stays as it is stored is taken whatever it holds.
pub(crate) fn person_name(name: &'static str, text: &str, before: &str) -> Result<String, AccessError> {
    const FORBIDDEN: &str = "<>{}[]\\;|$`\"~^@#%&=?!/:";
    if is_unchanged(text, before) {
        return Ok(before.to_owned());
    }
    let text = text.trim();
    seen(name, text)?;
    if text.chars().any(|letter| FORBIDDEN.contains(letter) || letter.is_ascii_digit()) {
        return Err(field(
            name,
            "Names cannot contain special characters such as < > { } [ ] \\ ; | $ ` \" ~ ^ @ # % & = ? ! / : or \
             numbers.",
        ));
    }
    if text.chars().count() > 150 {
        return Err(field(name, "Ensure this value has at most 150 characters."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n04_a_user_name_looks_like_no_other_and_like_no_number() {
        let address = || std::iter::once("7@people.example");
        for name in ["sam", "SAM-2", "a.b_c", "7a", "7@people.example"] {
            assert!(username_form(name, address()).is_ok(), "{name}");
        }
        // A Cyrillic a, a Greek o, letters of full width, a dotless i, Arabic digits; digits alone.
        for name in ["s\u{430}m", "r\u{3bf}ot", "\u{ff53}am", "adm\u{131}n", "\u{667}", "M\u{fc}ller", "7", "007"] {
            assert!(username_form(name, address()).is_err(), "{name}");
        }
        assert!(check_imported_name("M\u{fc}ller", "m@people.example").is_ok(), "accounts from elsewhere keep theirs");
    }
}
