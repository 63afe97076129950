//! What may be done to people, keys and rights: from a wish and the state at the head of the log to steps, or to a
//! refusal. Pure: the clock and random bytes come with the [`Desk`].

pub mod accounts;
pub mod clients;
pub mod consents;
pub mod deciding;
pub mod effects;
pub mod erasing;
pub mod factors;
pub mod gate;
pub mod giving;
mod grant_targets;
pub mod invitations;
pub mod joining;
pub mod keys;
pub mod log_in;
pub mod members;
pub mod moving;
pub mod policies;
pub mod presences;
pub mod recovery;
pub mod roles;
pub mod sessions;
pub mod staff;
pub mod tickets;
pub mod user_names;
pub mod users;
#[cfg(test)]
pub(crate) mod world;

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::OrgId;
use peerage_registry::letters::{Lines, first_fault};
use peerage_registry::moment::Micros;
use peerage_registry::rules::{Lookup, Step};

use crate::people::{Organizations, People};
use crate::principal::Principal;
use crate::records::User;

pub use crate::records::RecordStep;
pub use crate::{demands, lockout};

/// What a judge of people, keys and rights has before them.
pub struct Desk<'a> {
    pub people: &'a People,
    pub organizations: &'a dyn Organizations,
    /// Who wants it.
    pub by: &'a Principal,
    pub now: Micros,
}

/// What an act comes to that changes rows of the registry, too: these come first.
#[derive(Debug, Clone, Default)]
pub struct Deeds {
    pub rows: Vec<Step>,
    pub records: Vec<RecordStep>,
    /// Why the rows are changed; none where each change says it itself, as [`Cause::of`] has it.
    pub cause: Option<Cause>,
    /// Whether it follows from what is known and from nobody's rights, so that the gate asks for none.
    pub follows_from_facts: bool,
}

/// Why something is not done. Nothing changes then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// A value that makes no sense, by field.
    #[error("{field}: {text}")]
    Field { field: &'static str, text: String },
    /// Several values that make no sense, by field.
    #[error("{}", .0.first().map_or("", |(_, text)| text))]
    Fields(Vec<(&'static str, String)>),
    /// What was asked for makes no sense as a whole.
    #[error("{0}")]
    Refused(String),
    /// The caller may not do that; the text names the right that is missing.
    #[error("{0}")]
    Forbidden(String),
    /// The same form was sent before, and was done then.
    #[error("This has already been done.")]
    Already,
    /// A second factor has to be shown first.
    #[error("This requires a fresh second factor. Log in again and repeat it within ten minutes.")]
    NeedsFreshFactor,
    #[error("{0}")]
    NotFound(&'static str),
    /// The answer depends on what strangers say: look it up, and judge again.
    #[error("The AS number must be looked up first.")]
    Needs(Lookup),
    /// Random bytes did not suffice, which happens once in a very long time.
    #[error("Try again.")]
    TryAgain,
}

/// Why a key changes nothing about who gets in.
pub(crate) const NO_KEY: &str =
    "You cannot do this with an API key. Log in with a second factor, or ask the operator of the registry.";

pub(crate) fn field(field: &'static str, text: impl Into<String>) -> AccessError {
    AccessError::Field { field, text: text.into() }
}

impl Desk<'_> {
    /// The caller may see to the organization.
    pub(crate) fn needs_manager(&self, org: OrgId) -> Result<(), AccessError> {
        if !self.organizations.is_alive(org) {
            return Err(AccessError::NotFound("No Organization matches the given query."));
        }
        if self.by.may_manage(org) {
            return Ok(());
        }
        Err(AccessError::Forbidden(format!(
            "This requires update permission on {}, which admins of the organization have.",
            crate::namespaces::manage(org)
        )))
    }

    /// The caller may change anything at all: a session that was idle or is a day old only reads until its person proves
    /// again to be there.
    pub fn needs_standing(&self) -> Result<(), AccessError> {
        if self.by.has_lapsed() { Err(AccessError::NeedsFreshFactor) } else { Ok(()) }
    }

    /// The caller is a person with a fresh second factor, or runs the program: no key creates, widens or revives keys
    /// and rights.
    pub(crate) fn needs_fresh_person(&self) -> Result<(), AccessError> {
        if self.by.key().is_some() {
            return Err(AccessError::Forbidden(NO_KEY.to_owned()));
        }
        if self.by.is_fresh(self.now) { Ok(()) } else { Err(AccessError::NeedsFreshFactor) }
    }
}

impl Desk<'_> {
    /// The caller is a person who is logged in, and no key; as the log has them now, which may be newer than the session.
    pub(crate) fn needs_person(&self) -> Result<&Arc<User>, AccessError> {
        let user = self.by.user().filter(|_| self.by.key().is_none());
        let Some(user) = user else {
            return Err(AccessError::Forbidden(
                "Only a logged-in person can do this. You cannot use an API \
                key."
                    .to_owned(),
            ));
        };
        self.people.user(user).filter(|user| user.active).ok_or(AccessError::NotFound("This account is closed."))
    }
}

/// Letters of names, at most.
pub const NAME_LETTERS_MAX: usize = 50;
/// Letters of notes, at most.
pub const NOTE_LETTERS_MAX: usize = 500;

/// A name: trimmed, not empty, in one line. One that stays as it is stored is taken whatever it holds: forms send it
/// along with what else they change. `before`: empty for something new.
pub(crate) fn name_of(name: &'static str, text: &str, before: &str) -> Result<String, AccessError> {
    if is_unchanged(text, before) {
        return Ok(before.to_owned());
    }
    let text = text.trim();
    let letters = text.chars().count();
    if text.is_empty() {
        return Err(field(name, "This field is required."));
    }
    if letters > NAME_LETTERS_MAX {
        return Err(field(
            name,
            format!("Ensure this value has at most {NAME_LETTERS_MAX} characters (it has {letters})."),
        ));
    }
    seen(name, text)?;
    Ok(text.to_owned())
}

/// Whether a name is the one that is stored, but for blanks at its ends. Forms send line breaks as CR LF.
pub(crate) fn is_unchanged(text: &str, before: &str) -> bool {
    let plain = |text: &str| text.trim().replace("\r\n", "\n");
    !before.is_empty() && plain(text) == plain(before)
}

/// A text of one line, all of which is seen.
pub(crate) fn seen(name: &'static str, text: &str) -> Result<(), AccessError> {
    first_fault(text, Lines::One).map_or(Ok(()), |fault| Err(field(name, fault.to_string())))
}

/// Free text, trimmed and bounded.
pub(crate) fn note_of(name: &'static str, text: &str) -> Result<String, AccessError> {
    let text = text.trim();
    let letters = text.chars().count();
    if letters > NOTE_LETTERS_MAX {
        return Err(field(
            name,
            format!("Ensure this value has at most {NOTE_LETTERS_MAX} characters (it has {letters})."),
        ));
    }
    Ok(text.to_owned())
}

/// The reason that somebody gives for a refusal: whoever asked is told it, so there has to be one.
pub(crate) fn refusal_of(why: &str) -> Result<String, AccessError> {
    let why = note_of("reason", why)?;
    if why.is_empty() {
        return Err(field("reason", "This field is required."));
    }
    Ok(why)
}

/// A mail address, as far as its form tells.
pub(crate) fn email_of(name: &'static str, text: &str) -> Result<String, AccessError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(field(name, "This field is required."));
    }
    if peerage_registry::rules::is_email(text) {
        Ok(text.to_owned())
    } else {
        Err(field(name, "Enter a valid email address."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::roles::{RoleWish, change};
    use crate::acts::world::{ANN, MINUTE, ORG, World};
    use crate::records::{Role, RoleKind, Rules, User};
    use peerage_registry::ids::RoleId;

    const STORED: &str = "Night\nshift\u{202e}";

    #[test]
    fn i12_03_a_name_that_was_stored_before_the_rule_keeps_nothing_else_from_being_changed() {
        assert_eq!(name_of("name", STORED, STORED), Ok(STORED.to_owned()));
        assert_eq!(name_of("name", " Night\r\nshift\u{202e}", STORED), Ok(STORED.to_owned()), "as a form sends it");
        for (text, before) in [(STORED, ""), (STORED, "Night shift"), ("Night\nshift\u{202d}", STORED), ("", STORED)] {
            assert!(name_of("name", text, before).is_err(), "{text:?} after {before:?}");
        }
        let mut world = World::new();
        world.put(&User { first_name: STORED.to_owned(), ..User::clone(&world.user(ANN)) });
        let role = Role {
            id: RoleId::new(1),
            org: ORG,
            kind: RoleKind::Noc,
            name: STORED.to_owned(),
            email: String::new(),
            people: Vec::new(),
            grants: Rules::new(),
            created: world.now - MINUTE,
        };
        world.put(&role);
        let person = world.person(ANN);
        let desk = world.desk(&person);
        let wish = RoleWish {
            name: Some(STORED.to_owned()),
            email: Some("noc@example.net".to_owned()),
            ..RoleWish::default()
        };
        let (after, _) = change(&desk, &role, &wish).expect("changed");
        assert_eq!((after.name.as_str(), after.email.as_str()), (STORED, "noc@example.net"));
        let steps = accounts::change_name(&desk, STORED, "Other").expect("changed");
        assert!(steps[0].after.as_deref().is_some_and(|after| after.contains("Other")));
        assert!(accounts::change_name(&desk, "Ann\u{202e}", "Other").is_err());
    }
}
