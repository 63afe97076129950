//! Accounts, as far as whoever runs the registry sees to them.

use peerage_registry::Record;

use crate::acts::{
    AccessError, Desk, RecordStep, accounts, clients, email_of, field, is_unchanged, joining, keys, members, recovery,
    seen,
};
use crate::principal::Who;
use crate::records::{Email, KeyState, User};

/// Letters of a user name, at most.
pub const USERNAME_LETTERS_MAX: usize = 254;

/// What is said about an account; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct UserWish {
    pub username: Option<String>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub verified: Option<bool>,
    pub active: Option<bool>,
    pub superuser: Option<bool>,
}

fn needs_operator(desk: &Desk<'_>) -> Result<(), AccessError> {
    match &desk.by.who {
        Who::Operator => Ok(()),
        Who::Person { user, .. } if user.superuser => desk.needs_fresh_person(),
        _ => Err(AccessError::Forbidden("Only staff of the registry can do this.".to_owned())),
    }
}

/// What every closed account is called, before its number.
const CLOSED: &str = "closed-account-";

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
    own: Option<u32>,
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

fn apply(desk: &Desk<'_>, user: &mut User, wish: &UserWish) -> Result<(), AccessError> {
    if let Some(address) = &wish.email {
        let address = email_of("email", address)?;
        if desk.people.owner_of_address(&address).is_some_and(|other| other.id != user.id) {
            return Err(field("email", "This email address has already been used"));
        }
        user.emails.retain(|email| !email.address.eq_ignore_ascii_case(&address));
        // An operator vouches for what they enter.
        user.emails.insert(0, Email { address, verified: true, confirmed: Some(desk.now) });
    }
    if let Some(name) = &wish.username {
        let confirmed = user.emails.iter().filter(|email| email.verified).map(|email| email.address.as_str());
        user.username = username_of(desk, name, Some(user.id), confirmed)?;
    }
    if let Some(name) = &wish.first_name {
        user.first_name = person_name("first_name", name, &user.first_name)?;
    }
    if let Some(name) = &wish.last_name {
        user.last_name = person_name("last_name", name, &user.last_name)?;
    }
    user.verified = wish.verified.unwrap_or(user.verified);
    user.active = wish.active.unwrap_or(user.active);
    user.superuser = wish.superuser.unwrap_or(user.superuser);
    Ok(())
}

/// Makes an account.
pub fn create(desk: &Desk<'_>, wish: &UserWish) -> Result<(User, Vec<RecordStep>), AccessError> {
    needs_operator(desk)?;
    if wish.username.is_none() {
        return Err(field("username", "This field is required."));
    }
    if wish.email.is_none() {
        return Err(field("email", "This field is required."));
    }
    let mut user = User { id: desk.people.free_id(Record::User), verified: true, ..User::blank(desk.now) };
    apply(desk, &mut user, wish)?;
    let steps = vec![RecordStep::create(&user)];
    Ok((user, steps))
}

/// Changes an account.
pub fn change(desk: &Desk<'_>, before: &User, wish: &UserWish) -> Result<(User, Vec<RecordStep>), AccessError> {
    needs_operator(desk)?;
    let mut after = before.clone();
    apply(desk, &mut after, wish)?;
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let mut steps = vec![RecordStep::update(before, &after)];
    if before.active && !after.active {
        // Whoever is let in again logs in again (spec/accounts.md, 22).
        steps.extend(accounts::end_presence(desk, before.id, "the account was barred"));
    }
    Ok((after, steps))
}

const WHY: &str = "the account was closed";

/// What an account is called when it is closed.
fn closed_name(id: u32) -> String {
    format!("{CLOSED}{id}")
}

/// Whether an account was closed, for good; one that was barred can be let in again.
pub fn is_closed(user: &User) -> bool {
    !user.active && user.emails.is_empty() && user.username == closed_name(user.id)
}

/// Closes an account: places, roles and keys end, name and addresses go (spec/accounts.md, 10). What the person did
/// stays in the trail under the number of the account.
pub fn close(desk: &Desk<'_>, before: &User) -> Result<Vec<RecordStep>, AccessError> {
    needs_operator(desk)?;
    Ok(closing(desk, before))
}

pub(crate) fn closing(desk: &Desk<'_>, before: &User) -> Vec<RecordStep> {
    let mut steps = Vec::new();
    for member in desk.people.memberships_of(before.id) {
        steps.extend(members::leave(desk, member, WHY));
    }
    let own = desk.people.keys().map(|entry| &entry.key);
    for key in own.filter(|key| key.kind == crate::KeyKind::User && key.user == Some(before.id) && !key.is_final()) {
        let mut after = key.clone();
        keys::end(&mut after, desk.now, KeyState::Revoked, WHY);
        steps.push(RecordStep::update(key, &after).because(WHY));
    }
    steps.extend(accounts::end_presence(desk, before.id, WHY));
    steps.extend(joining::of_user(desk.people, before.id).map(|one| RecordStep::erase(one).because(WHY)));
    steps.extend(recovery::stopped_by_closing(desk, before.id, WHY));
    let links = desk.people.tickets().filter(|ticket| ticket.user == Some(before.id));
    steps.extend(links.map(|ticket| RecordStep::erase(&**ticket).because(WHY)));
    for factor in desk.people.factors_of(before.id) {
        steps.push(RecordStep::erase(&**factor).because(WHY));
    }
    if let Some(codes) = desk.people.codes(before.id) {
        steps.push(RecordStep::erase(&**codes).because(WHY));
    }
    steps.extend(clients::end_of_user(desk.people, before.id, WHY));
    if let Some(password) = desk.people.password(before.id) {
        steps.push(RecordStep::erase(&**password).because(WHY));
    }
    let after = User {
        username: closed_name(before.id),
        first_name: String::new(),
        last_name: String::new(),
        emails: Vec::new(),
        verified: false,
        active: false,
        superuser: false,
        locale: None,
        handle: None,
        places: Vec::new(),
        primary_org: None,
        reads_until: None,
        ..before.clone()
    };
    steps.push(RecordStep::update(before, &after).because(WHY));
    steps
}

/// Sets a password, of which the caller gives the hash. Whoever came in by the one before is out: all sessions end.
pub fn set_password(desk: &Desk<'_>, user: &User, hash: String) -> Result<Vec<RecordStep>, AccessError> {
    needs_operator(desk)?;
    Ok(accounts::replace_password(desk, user, hash, "set by an operator"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::{Organizations, People};
    use crate::principal::Principal;
    use crate::records::Kept;
    use crate::{ServerKey, acts::sessions};

    struct Nowhere;

    impl Organizations for Nowhere {
        fn is_alive(&self, _: u32) -> bool {
            false
        }

        fn belongs_to(&self, _: crate::people::Object, _: crate::people::Object) -> bool {
            true
        }
    }

    fn take(people: &mut People, steps: &[RecordStep]) {
        for step in steps {
            people.put(step.record, step.id, step.after.as_deref(), 1).expect("readable");
        }
    }

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

    #[test]
    fn another_password_and_a_bar_end_all_sessions_and_a_closed_account_is_known() {
        let (mut people, by) = (People::default(), Principal::operator());
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        let wish = UserWish {
            username: Some("ann".to_owned()),
            email: Some("ann@example.net".to_owned()),
            ..UserWish::default()
        };
        let desk = |people: &People, act: &dyn Fn(&Desk<'_>) -> Vec<RecordStep>| {
            act(&Desk { people, organizations: &Nowhere, by: &by, now: 1 })
        };
        let steps = desk(&people, &|desk| create(desk, &wish).expect("made").1);
        take(&mut people, &steps);
        let user = User::clone(people.user(1).expect("made"));
        let open = |desk: &Desk<'_>| sessions::open(desk, &user, 1_000, &server_key, &[7; 96]).expect("opened").1;
        let steps = desk(&people, &open);
        take(&mut people, &steps);
        assert_eq!(people.sessions().count(), 1);
        let steps = desk(&people, &|desk| set_password(desk, &user, "hash".to_owned()).expect("set"));
        take(&mut people, &steps);
        assert_eq!((people.sessions().count(), people.password(1).is_some()), (0, true));
        assert!(!is_closed(&user));
        let steps = desk(&people, &open);
        take(&mut people, &steps);
        for (active, sessions) in [(false, 0), (true, 0)] {
            let wish = UserWish { active: Some(active), ..UserWish::default() };
            let steps =
                desk(&people, &|desk| change(desk, desk.people.user(1).expect("made"), &wish).expect("changed").1);
            take(&mut people, &steps);
            assert_eq!(people.sessions().count(), sessions, "a session does not come back with the account");
        }
        let steps = desk(&people, &|desk| close(desk, &user).expect("closed"));
        take(&mut people, &steps);
        let user = people.user(1).expect("the number stays");
        assert!(is_closed(user) && !user.to_text().contains("ann"));
    }
}
