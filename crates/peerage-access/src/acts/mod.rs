//! Actions on people, keys and permissions: from a request and the state at the head of the log to steps, or to a
//! refusal. Pure: the clock comes with the [`AccessContext`], and random bytes are arguments.
//!
//! ```
//! use peerage_access::acts::{AccessError, AccessContext, users};
//! use peerage_access::{Organizations, People, Principal};
//!
//! # struct NoOrganizations;
//! # impl Organizations for NoOrganizations {
//! #     fn is_alive(&self, _: peerage_registry::ids::OrgId) -> bool { false }
//! #     fn belongs_to(&self, _: peerage_access::people::ObjectRef, _: peerage_access::people::ObjectRef) -> bool { false }
//! # }
//! let people = People::default();
//! let patch = users::UserPatch {
//!     username: Some("ann".to_owned()),
//!     email: Some("ann@example.net".to_owned()),
//!     ..users::UserPatch::default()
//! };
//! let now = peerage_registry::moment::parse("2027-01-15T08:00:00Z").expect("a time");
//!
//! let operator = Principal::operator();
//! let context = AccessContext { people: &people, organizations: &NoOrganizations, by: &operator, now };
//! let (user, steps) = users::create(&context, &patch)?;
//! assert_eq!((user.username.as_str(), steps.len()), ("ann", 1));
//!
//! let anonymous = Principal::anonymous();
//! let context = AccessContext { by: &anonymous, ..context };
//! assert!(users::create(&context, &patch).is_err());
//! # Ok::<(), AccessError>(())
//! ```

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
pub mod review;
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
use peerage_registry::letters::{LineLimit, first_fault};
use peerage_registry::moment::Moment;
use peerage_registry::rules::{FactLookup, RowStep};

use crate::people::{Organizations, People};
use crate::principal::Principal;
use crate::records::User;

pub use crate::records::RecordStep;
pub use crate::{demands, lockout};

/// Context of an action on people, keys and permissions.
pub struct AccessContext<'a> {
    pub people: &'a People,
    pub organizations: &'a dyn Organizations,
    /// The caller.
    pub by: &'a Principal,
    pub now: Moment,
}

/// Result of an action that also changes rows of the registry. Rows are written first.
#[derive(Debug, Clone, Default)]
pub struct PlannedSteps {
    pub rows: Vec<RowStep>,
    pub records: Vec<RecordStep>,
    /// The cause of the changed rows; `None`: the default of each action, see [`Cause::of`].
    pub cause: Option<Cause>,
    /// Whether it follows from facts rather than from anyone's permissions, so that the gate requires none.
    pub follows_from_facts: bool,
}

/// Why something is refused. Nothing changes then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// An invalid value, with its field.
    #[error("{field}: {text}")]
    Field { field: &'static str, text: String },
    /// Several invalid values, with their fields.
    #[error("{}", .0.first().map_or("", |(_, text)| text))]
    Fields(Vec<(&'static str, String)>),
    /// The request is invalid as a whole.
    #[error("{0}")]
    Refused(String),
    /// The caller lacks a permission, which the text names.
    #[error("{0}")]
    Forbidden(String),
    /// The same form was submitted before and has taken effect.
    #[error("This has already been done.")]
    Already,
    /// A fresh second factor is required.
    #[error("This requires a fresh second factor. Log in again and repeat it within ten minutes.")]
    NeedsFreshFactor,
    #[error("{0}")]
    NotFound(&'static str),
    /// The result depends on an external service: look it up, and decide again.
    #[error("The AS number must be looked up first.")]
    Needs(FactLookup),
    /// The random bytes did not suffice, which is extremely rare.
    #[error("Try again.")]
    TryAgain,
}

/// Error for a key that tries to change who has access.
pub(crate) const NO_KEY: &str =
    "You cannot do this with an API key. Log in with a second factor, or ask the operator of the registry.";

pub(crate) fn field(field: &'static str, text: impl Into<String>) -> AccessError {
    AccessError::Field { field, text: text.into() }
}

impl AccessContext<'_> {
    /// Requires that the caller can manage the organization.
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

    /// Requires a session that can change things: one that was idle, or is a day old, is read-only until its person
    /// verifies again.
    pub fn needs_standing(&self) -> Result<(), AccessError> {
        if self.by.has_lapsed() { Err(AccessError::NeedsFreshFactor) } else { Ok(()) }
    }

    /// Requires a person with a fresh second factor, or the operator: keys cannot create, extend or resume keys and
    /// permissions.
    pub(crate) fn needs_fresh_person(&self) -> Result<(), AccessError> {
        if self.by.key().is_some() {
            return Err(AccessError::Forbidden(NO_KEY.to_owned()));
        }
        if self.by.is_fresh(self.now) { Ok(()) } else { Err(AccessError::NeedsFreshFactor) }
    }
}

impl AccessContext<'_> {
    /// Requires a logged-in person, not a key. Returns their current account, which may be newer than the session.
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

/// Maximum length of names, in characters.
pub const NAME_LETTERS_MAX: usize = 50;
/// Maximum length of notes, in characters.
pub const NOTE_LETTERS_MAX: usize = 500;

/// Checks a name: trimmed, not empty, a single line. An unchanged name is accepted whatever it contains, because forms
/// send it together with other changes. `before`: empty for something new.
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
    check_visible(name, text)?;
    Ok(text.to_owned())
}

/// Whether a name is the stored one, except for spaces at its ends. Forms send line breaks as CR LF.
pub(crate) fn is_unchanged(text: &str, before: &str) -> bool {
    let plain = |text: &str| text.trim().replace("\r\n", "\n");
    !before.is_empty() && plain(text) == plain(before)
}

/// Checks that a text is a single line without invisible characters.
pub(crate) fn check_visible(name: &'static str, text: &str) -> Result<(), AccessError> {
    first_fault(text, LineLimit::One).map_or(Ok(()), |fault| Err(field(name, fault.to_string())))
}

/// Trims a free text, and checks its length.
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

/// Checks the reason for a refusal. It is required, because the applicant receives it.
pub(crate) fn refusal_of(why: &str) -> Result<String, AccessError> {
    let why = note_of("reason", why)?;
    if why.is_empty() {
        return Err(field("reason", "This field is required."));
    }
    Ok(why)
}

/// Checks the format of a mail address.
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
    use crate::acts::roles::{RolePatch, change};
    use crate::acts::world::{ANN, ActsWorld, ORG};
    use crate::records::{PermissionRules, Role, RoleKind, User};
    use peerage_registry::ids::RoleId;
    use peerage_registry::moment::MINUTE;

    const STORED: &str = "Night\nshift\u{202e}";

    #[test]
    fn i12_03_a_name_that_was_stored_before_the_rule_keeps_nothing_else_from_being_changed() {
        assert_eq!(name_of("name", STORED, STORED), Ok(STORED.to_owned()));
        assert_eq!(name_of("name", " Night\r\nshift\u{202e}", STORED), Ok(STORED.to_owned()), "as a form sends it");
        for (text, before) in [(STORED, ""), (STORED, "Night shift"), ("Night\nshift\u{202d}", STORED), ("", STORED)] {
            assert!(name_of("name", text, before).is_err(), "{text:?} after {before:?}");
        }
        let mut world = ActsWorld::new();
        world.put(&User { first_name: STORED.to_owned(), ..User::clone(&world.user(ANN)) });
        let role = Role {
            id: RoleId::new(1),
            org: ORG,
            kind: RoleKind::Noc,
            name: STORED.to_owned(),
            email: String::new(),
            people: Vec::new(),
            grants: PermissionRules::new(),
            created: world.now - MINUTE,
        };
        world.put(&role);
        let person = world.person(ANN);
        let context = world.access_context(&person);
        let patch = RolePatch {
            name: Some(STORED.to_owned()),
            email: Some("noc@example.net".to_owned()),
            ..RolePatch::default()
        };
        let (after, _) = change(&context, &role, &patch).expect("changed");
        assert_eq!((after.name.as_str(), after.email.as_str()), (STORED, "noc@example.net"));
        let steps = accounts::change_name(&context, STORED, "Other").expect("changed");
        assert!(steps[0].after.as_deref().is_some_and(|after| after.contains("Other")));
        assert!(accounts::change_name(&context, "Ann\u{202e}", "Other").is_err());
    }
}
