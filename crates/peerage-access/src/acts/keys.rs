//! Creating, changing and revoking keys (spec/keys.md, 3 and 7).

mod ending;
mod rotating;

use ipnet::IpNet;
use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::moment::{self, DAY, Moment, SignedDuration, days};
use zeroize::Zeroizing;

use crate::acts::{AccessContext, AccessError, NO_KEY, RecordStep, email_of, field, name_of, note_of};
use crate::grants::{GrantScope, Grants, beyond};
use crate::key_string::{ENTROPY_BYTES, KeyKind, make};
use crate::namespaces::gate;
use crate::patch::Patch;
use crate::people::KeyEntry;
use crate::principal::PrincipalKind;
use crate::records::{AddressConfirmation, Key, MemberRole, PermissionRules, StoredSecret};
use crate::server_key::ServerKey;

pub use ending::{
    KeyStateChange, confirm_address, confirmation_code, expose, is_confirmation_code, key_of_contact, turn,
};
pub(crate) use ending::{end, end_role_keys};
pub use rotating::{rotate, rotate_once};

/// How long the old secret of a rotated key is accepted by default.
pub const OVERLAP_DEFAULT: SignedDuration = DAY;
/// Maximum overlap of a rotation.
pub const OVERLAP_MAX: SignedDuration = days(30);

/// Default life of a new key, unless its organization has a shorter maximum.
pub const LIFE_DEFAULT: SignedDuration = days(365);

/// Maximum number of networks of a key.
pub const NETWORKS_MAX: usize = 100;
/// Maximum number of rules of a key.
pub const RULES_MAX: usize = 1_000;
/// Maximum number of new contact addresses of an owner's keys that get a request for confirmation in a day.
pub const QUESTIONS_MAX: usize = 5;
/// Maximum number of keys of an owner. Revoked ones do not count.
pub const KEYS_MAX: usize = 1_000;

/// The owner of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner {
    User(UserId),
    Org(OrgId),
    Role(RoleId),
}

/// Properties of a key. Those that are not set stay as they are, or get their default.
#[derive(Debug, Clone, Default)]
pub struct KeyPatch {
    pub name: Option<String>,
    pub email: Option<String>,
    pub note: Option<String>,
    pub readonly: Option<bool>,
    /// Rules by namespace. `None`: a user or role key is not restricted.
    pub grants: Patch<PermissionRules>,
    pub networks: Option<Vec<IpNet>>,
    pub per_minute: Patch<u32>,
    pub rotates_itself: Option<bool>,
    /// Organization keys only; can be set by admins only.
    pub manages_members: Option<bool>,
    pub expires: Patch<Moment>,
    /// Identifies the form that was submitted: submitting it again creates no second key.
    pub once: Option<String>,
}

/// A key that was created or rotated. This is the only time when its text is known.
pub struct IssuedKey {
    pub key: Key,
    pub text: Zeroizing<String>,
    pub steps: Vec<RecordStep>,
}

fn not_found() -> AccessError {
    AccessError::NotFound("Key not found")
}

/// A key of an organization, of one of its role accounts, or of a person. A key of another owner is reported as
/// missing.
pub fn of_owner<'a>(
    context: &'a AccessContext<'_>,
    owner: KeyOwner,
    public: &str,
) -> Result<&'a KeyEntry, AccessError> {
    let entry = context.people.key(public).ok_or_else(not_found)?;
    let key = &*entry.key;
    let is_theirs = match owner {
        KeyOwner::User(user) => key.user == Some(user) && key.kind != KeyKind::Org,
        KeyOwner::Org(org) => key.org == Some(org),
        KeyOwner::Role(role) => key.role == Some(role),
    };
    if is_theirs { Ok(entry) } else { Err(not_found()) }
}

/// Creates a key.
///
/// # Errors
/// The caller is not a person with a fresh second factor, or lacks the permission; a value is missing or out of bounds;
/// or the key could do more than its creator.
pub fn issue(
    context: &AccessContext<'_>,
    owner: KeyOwner,
    input: &KeyPatch,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<IssuedKey, AccessError> {
    let mut key = blank(context, owner)?;
    if input.once.is_some() && context.people.keys().any(|entry| entry.key.once == input.once) {
        return Err(AccessError::Already);
    }
    context.needs_fresh_person()?;
    let standing = context.people.keys().filter(|entry| {
        let other = &*entry.key;
        !other.is_final() && (other.kind, other.user, other.org) == (key.kind, key.user, key.org)
    });
    if standing.count() >= KEYS_MAX {
        return Err(AccessError::Refused(format!("There are already {KEYS_MAX} keys. Revoke some first.")));
    }
    if input.name.is_none() {
        return Err(field("name", "This field is required."));
    }
    if key.kind != KeyKind::User && input.email.is_none() && key.email.is_empty() {
        return Err(field("email", "This field is required."));
    }
    key.expires = Some(context.now + life_default(context, key.org));
    apply(context, &mut key, input)?;
    ask_contact(context, &mut key)?;
    check_policy(context, &key)?;
    check_reach(context, &key)?;
    context.needs_targets(&PermissionRules::new(), key.grants.as_ref().unwrap_or(&PermissionRules::new()))?;
    let made = make(key.kind, None, entropy).ok_or(AccessError::TryAgain)?;
    if context.people.key(&made.public).is_some() {
        return Err(AccessError::TryAgain);
    }
    key.public.clone_from(&made.public);
    key.secrets = vec![StoredSecret::of(server_key, &made.text, context.now)];
    key.once.clone_from(&input.once);
    let steps = vec![RecordStep::create(&key)];
    Ok(IssuedKey { key, text: made.text, steps })
}

/// Default life of a new key.
pub fn life_default(context: &AccessContext<'_>, org: Option<OrgId>) -> SignedDuration {
    let most = org.and_then(|org| context.people.policy(org).key_days_max);
    most.map_or(LIFE_DEFAULT, |most| days(most).min(LIFE_DEFAULT))
}

/// An empty key of this owner, if the caller can create one.
fn blank(context: &AccessContext<'_>, owner: KeyOwner) -> Result<Key, AccessError> {
    let mut key = Key { id: context.people.free_id::<Key>(), ..Key::blank(KeyKind::User, context.now) };
    match owner {
        KeyOwner::User(user) => {
            context.people.user(user).ok_or(AccessError::NotFound("No User matches the given query."))?;
            if context.by.user() != Some(user) && !matches!(context.by.who, PrincipalKind::Operator) {
                return Err(AccessError::Forbidden("Only the person can create keys for this account.".to_owned()));
            }
            key.user = Some(user);
        }
        KeyOwner::Org(org) => {
            context.needs_manager(org)?;
            key.kind = KeyKind::Org;
            key.org = Some(org);
            key.grants = Some(PermissionRules::new());
        }
        KeyOwner::Role(role) => {
            let role = context.people.role(role).ok_or(AccessError::NotFound("Role not found"))?;
            let maker = context.by.user().filter(|user| role.people.contains(user));
            let Some(maker) = maker else {
                return Err(AccessError::Forbidden("Each person in a role account creates their own key.".to_owned()));
            };
            key.kind = KeyKind::Role;
            (key.org, key.role, key.user) = (Some(role.org), Some(role.id), Some(maker));
            key.email.clone_from(&role.email);
        }
    }
    Ok(key)
}

/// Applies the changes.
fn apply(context: &AccessContext<'_>, key: &mut Key, input: &KeyPatch) -> Result<(), AccessError> {
    if let Some(name) = &input.name {
        key.name = name_of("name", name, &key.name)?;
    }
    if let Some(email) = &input.email {
        let email = if email.trim().is_empty() && key.kind == KeyKind::User {
            String::new()
        } else {
            email_of("email", email)?
        };
        key.email = email;
    }
    if let Some(note) = &input.note {
        key.note = note_of("note", note)?;
    }
    if let Some(readonly) = input.readonly {
        key.readonly = readonly;
    }
    let rules = input.grants.value().map_or(0, PermissionRules::len);
    if rules > RULES_MAX {
        return Err(field("grants", format!("At most {RULES_MAX} permissions are allowed, but there are {rules}.")));
    }
    key.grants = match (&input.grants, key.kind) {
        (Patch::Clear, KeyKind::Org) => Some(PermissionRules::new()),
        (grants, _) => grants.clone().over(key.grants.take()),
    };
    if let Some(networks) = &input.networks {
        if networks.len() > NETWORKS_MAX {
            return Err(field("networks", format!("At most {NETWORKS_MAX} networks are allowed.")));
        }
        key.networks = networks.iter().map(IpNet::trunc).collect();
    }
    if input.per_minute == Patch::Set(0) {
        return Err(field("per_minute", "Ensure this value is greater than or equal to 1."));
    }
    key.per_minute = input.per_minute.over(key.per_minute);
    if let Some(rotates_itself) = input.rotates_itself {
        key.rotates_itself = rotates_itself;
    }
    if let Some(manages_members) = input.manages_members {
        if manages_members && !key.manages_members {
            let org = key.org.filter(|_| key.kind == KeyKind::Org);
            let org = org.ok_or_else(|| field("manages_members", "Only an organization key can manage members."))?;
            context.needs_to_give(org, MemberRole::Admin, &PermissionRules::new(), &[])?;
        }
        key.manages_members = manages_members;
    }
    if input.expires.value().is_some_and(|expires| *expires <= context.now) {
        return Err(field("expires", "This time is in the past."));
    }
    let expires = input.expires.over(key.expires);
    if key.expires != expires {
        key.told_days = None;
    }
    key.expires = expires;
    Ok(())
}

/// Whether two keys have the same owner: an organization, or else a person.
fn is_same_owner(one: &Key, other: &Key) -> bool {
    one.org == other.org && (one.org.is_some() || one.user == other.user)
}

/// Determines whether a new contact address is already confirmed, and if not, whether to ask for confirmation. Each
/// address of an owner gets a request at most once a day, and only a few of them.
fn ask_contact(context: &AccessContext<'_>, key: &mut Key) -> Result<(), AccessError> {
    let is_it = |address: &str| address.eq_ignore_ascii_case(&key.email);
    let others = || context.people.keys().map(|entry| &*entry.key).filter(|other| is_same_owner(other, key));
    let speaker = context.by.user().and_then(|user| context.people.user(user));
    let admins = key.org.into_iter().flat_map(|org| context.people.admins_of(org));
    let is_confirmed = speaker.into_iter().chain(admins).any(|user| user.has_confirmed(&key.email))
        || others().any(|other| other.email_confirmed && !other.is_final() && is_it(&other.email));
    let is_recent = |question: &&AddressConfirmation| question.at > context.now - DAY;
    // The key's own questions count as they are in `key`, even before it is stored.
    let stored = others().filter(|other| other.id != key.id).flat_map(|other| &other.confirmations);
    let open_confirmations: Vec<&AddressConfirmation> = stored.chain(&key.confirmations).filter(is_recent).collect();
    let is_asked = open_confirmations.iter().any(|question| is_it(&question.address));
    let needs_question = !is_confirmed && !is_asked && !key.email.is_empty();
    if needs_question && open_confirmations.len() >= QUESTIONS_MAX && !matches!(context.by.who, PrincipalKind::Operator)
    {
        return Err(field(
            "email",
            format!(
                "At most {QUESTIONS_MAX} new addresses can be confirmed per day. Confirm one of those, or try \
                again tomorrow."
            ),
        ));
    }
    key.email_confirmed = is_confirmed;
    key.confirmations.retain(|question| is_recent(&question));
    if needs_question {
        key.confirmations.push(AddressConfirmation { address: key.email.clone(), at: context.now });
    }
    Ok(())
}

/// Checks the organization's requirements for keys.
fn check_policy(context: &AccessContext<'_>, key: &Key) -> Result<(), AccessError> {
    let Some(org) = key.org else { return Ok(()) };
    let policy = context.people.policy(org);
    if let Some(days) = policy.key_days_max {
        let latest = key.created + moment::days(days);
        if key.expires.is_none_or(|expires| expires > latest) {
            return Err(field("expires", format!("The organization allows keys a lifetime of at most {days} days.")));
        }
    }
    if policy.requires_networks && key.networks.is_empty() {
        return Err(field("networks", "The organization requires keys to list the networks from which they are used."));
    }
    Ok(())
}

/// Checks that a key's rules are within its organization, and that none grants more than the caller has now.
fn check_reach(context: &AccessContext<'_>, key: &Key) -> Result<(), AccessError> {
    for namespace in key.grants.iter().flatten().map(|(namespace, _)| namespace) {
        let org = key.org.filter(|_| key.kind != KeyKind::User);
        if org.is_some_and(|org| !crate::entities::is_within(org, namespace)) {
            return Err(field("grants", format!("{namespace} is outside the organization.")));
        }
    }
    match &key.grants {
        Some(rules) if key.kind == KeyKind::Org => context.needs_all(rules),
        _ => Ok(()),
    }
}

/// Whether a change allows a key to do something that it could not do before.
pub(crate) fn is_wider(before: &Key, after: &Key) -> bool {
    let grants = match (&before.grants, &after.grants) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => !is_narrower(before, after),
    };
    let networks = match (before.networks.is_empty(), after.networks.is_empty()) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => !after.networks.iter().all(|new| before.networks.iter().any(|old| old.contains(new))),
    };
    let expires = match (before.expires, after.expires) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(before), Some(after)) => after > before,
    };
    grants
        || networks
        || expires
        || (before.readonly && !after.readonly)
        || (after.rotates_itself && !before.rotates_itself)
        || (after.manages_members && !before.manages_members)
        || match (before.per_minute, after.per_minute) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(before), Some(after)) => after > before,
        }
        || !before.email.eq_ignore_ascii_case(&after.email)
}

/// Whether one set of rules grants nothing that the other does not.
fn is_narrower(before: &PermissionRules, after: &PermissionRules) -> bool {
    let scope = |rules: &PermissionRules| GrantScope::Rules(Grants::from_rules(rules).into());
    beyond(&scope(before), &scope(after), gate).is_none()
}

/// A new secret, a resumption and additional permissions all give the key's permissions to the caller. So the caller
/// needs every permission of an organization's key. A role key acts in its person's name and is theirs alone. The
/// operator can do everything.
fn needs_to_hand_out(context: &AccessContext<'_>, key: &Key) -> Result<(), AccessError> {
    match (key.kind, &context.by.who) {
        (_, PrincipalKind::Operator) | (KeyKind::User, _) => Ok(()),
        (KeyKind::Org, _) => {
            if let Some(place) = context.place_beyond(key.grants.as_ref().unwrap_or(&PermissionRules::new())) {
                return Err(AccessError::Forbidden(format!(
                    "{place}: this key has permissions that you do not have. You can restrict, suspend or revoke it."
                )));
            }
            match key.org.filter(|_| key.manages_members) {
                Some(org) => context.needs_to_give(org, MemberRole::Admin, &PermissionRules::new(), &[]),
                None => Ok(()),
            }
        }
        (KeyKind::Role, _) if context.by.user().is_some() && context.by.user() == key.user => Ok(()),
        (KeyKind::Role, _) => Err(AccessError::Forbidden(
            "Only the owner of this role key can rotate, resume or extend it. You can restrict, suspend or revoke it."
                .to_owned(),
        )),
    }
}

/// Checks what a caller can do to an existing key.
fn needs_tender(context: &AccessContext<'_>, key: &Key, is_itself_enough: bool) -> Result<(), AccessError> {
    let is_itself = context.by.key().is_some_and(|own| own.id == key.id);
    if is_itself && is_itself_enough {
        return Ok(());
    }
    let is_own = context.by.user().is_some_and(|user| Some(user) == key.user);
    match (is_own && key.kind != KeyKind::Org, &context.by.who, key.org) {
        (true, ..) | (_, PrincipalKind::Operator, _) => {}
        (false, _, Some(org)) => context.needs_manager(org)?,
        (false, _, None) => return Err(not_found()),
    }
    // A key can suspend, revoke and rotate itself, and change nothing about others.
    if context.by.key().is_some() { Err(AccessError::Forbidden(NO_KEY.to_owned())) } else { Ok(()) }
}

/// Changes a key. Extending its permissions requires a fresh second factor.
pub fn change(
    context: &AccessContext<'_>,
    before: &Key,
    input: &KeyPatch,
) -> Result<(Key, Vec<RecordStep>), AccessError> {
    needs_tender(context, before, false)?;
    refuse_final(before)?;
    let mut after = before.clone();
    apply(context, &mut after, input)?;
    if !after.email.eq_ignore_ascii_case(&before.email) {
        ask_contact(context, &mut after)?;
    }
    let none = PermissionRules::new();
    context.needs_targets(before.grants.as_ref().unwrap_or(&none), after.grants.as_ref().unwrap_or(&none))?;
    let wider = is_wider(before, &after);
    if wider {
        context.needs_fresh_person()?;
        needs_to_hand_out(context, before)?;
        check_policy(context, &after)?;
        check_reach(context, &after)?;
    }
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let cause = if wider { Cause::KeyWidened } else { Cause::KeyChanged };
    let step = RecordStep::update(before, &after).caused_by(cause);
    Ok((after, vec![step]))
}

fn refuse_final(key: &Key) -> Result<(), AccessError> {
    if key.is_final() {
        return Err(AccessError::Refused("The API key has been revoked, which cannot be undone.".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(given: &[(&str, u8)]) -> PermissionRules {
        given.iter().map(|(name, bits)| ((*name).to_owned(), *bits)).collect()
    }

    #[test]
    fn narrower_means_that_nothing_is_gained_anywhere() {
        let check = |before: &[(&str, u8)], after: &[(&str, u8)], expected: bool| {
            assert_eq!(is_narrower(&rules(before), &rules(after)), expected, "{before:?} to {after:?}");
        };
        check(&[("a", 15)], &[("a", 3)], true);
        check(&[("a", 3)], &[("a", 15)], false);
        check(&[("a", 15)], &[("a.b", 15)], true);
        check(&[("a", 15), ("a.b", 1)], &[("a", 15)], false);
        check(&[("a", 15)], &[("a", 15), ("a.b", 1)], true);
        check(&[("a.*.x", 1), ("a", 15)], &[("a.5.x", 1), ("a", 15)], false);
        check(&[("a.*.x", 1), ("a.5", 15)], &[("a.5", 15), ("a.*.x", 1)], true);
        check(&[], &[("a", 1)], false);
        // Access to hidden data is granted by an explicit rule only; inherited permissions do not count.
        let private = "peeringdb.organization.1.network.*.poc_set.private";
        check(&[("peeringdb.organization.1", 15)], &[("peeringdb.organization.1", 1), (private, 1)], false);
        let one = "peeringdb.organization.1.network.5.poc_set.private";
        check(&[("peeringdb.organization.1", 1), (private, 1)], &[("peeringdb.organization.1", 1), (one, 1)], true);
    }
}
