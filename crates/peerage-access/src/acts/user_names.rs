//! Which names accounts and people can have.

use peerage_registry::ids::UserId;

use crate::acts::{AccessContext, AccessError, check_visible, field, is_unchanged};

/// Maximum length of a user name, in characters.
pub const USERNAME_LETTERS_MAX: usize = 254;

/// Prefix of the user name of a closed account, followed by its id.
pub(crate) const CLOSED: &str = "closed-account-";

/// Allows ASCII letters, digits, `.`, `_` and `-`, so that a name cannot contain a link. An `@` is allowed only in one
/// of the account's confirmed `addresses`. A name must not look like that of a key or of a closed account.
pub(crate) fn username_form<'a>(text: &str, mut addresses: impl Iterator<Item = &'a str>) -> Result<(), AccessError> {
    let is_address = text.contains('@') && addresses.any(|address| address.trim().eq_ignore_ascii_case(text));
    if text.contains('@') && !is_address {
        let text = "A user name with an @ has to be one of your own confirmed addresses. Choose another name.";
        return Err(field("username", text));
    }
    // One script only, so that no name looks like another with different characters.
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

/// Checks whether an account that is imported from elsewhere can keep its user name, with which its person logs in. It
/// can contain more than a new one, but neither a link nor someone else's address.
///
/// # Errors
/// It contains something else.
pub fn check_imported_name(text: &str, address: &str) -> Result<(), AccessError> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_.-+=,|".contains(letter);
    if !text.is_empty() && text.chars().count() <= USERNAME_LETTERS_MAX && text.chars().all(is_plain) {
        return no_reserved_name(text);
    }
    username_form(text, std::iter::once(address))
}

/// Checks a user name, which must not be taken.
pub(crate) fn username_of<'a>(
    context: &AccessContext<'_>,
    text: &str,
    own: Option<UserId>,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<String, AccessError> {
    username_form(text, addresses)?;
    if context.people.user_named(text).is_some_and(|user| Some(user.id) != own) {
        return Err(field("username", "A user with that username already exists."));
    }
    Ok(text.to_owned())
}

/// Checks a part of a person's name. As for other names, an unchanged one is accepted whatever it contains.
pub(crate) fn person_name(name: &'static str, text: &str, before: &str) -> Result<String, AccessError> {
    const FORBIDDEN: &str = "<>{}[]\\;|$`\"~^@#%&=?!/:";
    if is_unchanged(text, before) {
        return Ok(before.to_owned());
    }
    let text = text.trim();
    check_visible(name, text)?;
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
        // A Cyrillic a, a Greek o, a full-width letter, a dotless i, an Arabic digit; digits alone.
        for name in ["s\u{430}m", "r\u{3bf}ot", "\u{ff53}am", "adm\u{131}n", "\u{667}", "M\u{fc}ller", "7", "007"] {
            assert!(username_form(name, address()).is_err(), "{name}");
        }
        assert!(check_imported_name("M\u{fc}ller", "m@people.example").is_ok(), "accounts from elsewhere keep theirs");
    }
}
