//! Asking people by mail to belong to an organization, whether they have an account or not (spec/accounts.md, 26).
//!
//! The code of an invitation's link is worked out of its record under the server's key: whoever reads the log or the
//! database cannot use it. It works once: accepting ends the invitation in the same step that gives the place.

use std::sync::Arc;

use peerage_registry::Record;
use peerage_registry::moment::Micros;
use subtle::ConstantTimeEq;

use crate::acts::keys::DAY;
use crate::acts::{AccessError, Desk, RecordStep, email_of, field, members, roles};
use crate::people::People;
use crate::records::{Email, Invitation, Member, Rank, Role, Rules, User};
use crate::server_key::ServerKey;

/// How long an invitation is good.
pub const LIFE: Micros = 7 * DAY;

/// Invitations of an organization that are open at a time, at most.
pub const OPEN_MAX: usize = 100;

/// Random bytes of an invitation.
pub const NONCE_BYTES: usize = 16;

/// Reason of the step that ends an invitation because it was followed.
pub const ACCEPTED: &str = "accepted";

const GONE: AccessError = AccessError::NotFound("This invitation is not right, or no longer.");

/// Whom to ask, and what they shall be.
#[derive(Debug, Clone)]
pub struct InviteWish {
    pub email: String,
    pub rank: Rank,
    pub grants: Rules,
    pub roles: Vec<u32>,
}

/// What stands in the mailed link, beside the id: only who reads the mail knows it.
pub fn code(server_key: &ServerKey, invitation: &Invitation) -> String {
    let purpose = format!("invite {} {} {}", invitation.id, invitation.email.to_lowercase(), invitation.nonce);
    data_encoding::BASE32_NOPAD.encode(&server_key.derive(&purpose)[..20])
}

/// Invitations of an organization that are still good.
pub fn open_at(people: &People, org: u32, now: Micros) -> impl Iterator<Item = &Arc<Invitation>> {
    people.invitations().filter(move |one| one.org == org && one.expires > now)
}

/// Asks somebody by mail. An invitation of the same address to the same organization ends with it.
pub fn invite(
    desk: &Desk<'_>,
    org: u32,
    wish: &InviteWish,
    nonce: &[u8; NONCE_BYTES],
) -> Result<(Invitation, Vec<RecordStep>), AccessError> {
    desk.needs_manager(org)?;
    desk.needs_fresh_person()?;
    let email = email_of("email", &wish.email)?;
    let known = desk.people.user_with_email(&email);
    if known.is_some_and(|user| desk.people.member(org, user.id).is_some()) {
        return Err(AccessError::Refused("User is already in the organization".to_owned()));
    }
    let same = |one: &&Arc<Invitation>| one.org == org && one.email.eq_ignore_ascii_case(&email);
    let old: Vec<&Arc<Invitation>> = desk.people.invitations().filter(same).collect();
    if old.is_empty() && open_at(desk.people, org, desk.now).count() >= OPEN_MAX {
        return Err(AccessError::Refused(format!("There are {OPEN_MAX} invitations already: withdraw some first.")));
    }
    if let Some(outside) = wish.grants.keys().find(|namespace| !crate::entities::is_within(org, namespace)) {
        return Err(field("grants", format!("{outside} lies outside of the organization.")));
    }
    desk.needs_all(&wish.grants)?;
    for role in &wish.roles {
        desk.needs_all(&roles::of_org(desk, org, *role)?.grants)?;
    }
    let invitation = Invitation {
        id: desk.people.free_id(Record::Invitation),
        org,
        email,
        rank: wish.rank,
        grants: if wish.rank == Rank::Admin { Rules::new() } else { wish.grants.clone() },
        roles: wish.roles.clone(),
        by: desk.by.user().unwrap_or_default(),
        created: desk.now,
        expires: desk.now + LIFE,
        nonce: data_encoding::HEXLOWER.encode(nonce),
    };
    let mut steps: Vec<RecordStep> = old.iter().map(|one| RecordStep::erase(&***one).because("superseded")).collect();
    steps.push(RecordStep::create(&invitation));
    Ok((invitation, steps))
}

/// Takes an invitation back.
pub fn withdraw(desk: &Desk<'_>, org: u32, id: u32) -> Result<Vec<RecordStep>, AccessError> {
    desk.needs_manager(org)?;
    let invitation = desk.people.invitation(id).filter(|one| one.org == org);
    let invitation = invitation.ok_or(AccessError::NotFound("Invitation not found"))?;
    Ok(vec![RecordStep::erase(&**invitation).because("withdrawn")])
}

/// The invitation of which this is the id and the code, while it is good. The work is the same if there is none.
pub fn find<'a>(
    people: &'a People,
    server_key: &ServerKey,
    id: u32,
    given: &str,
    now: Micros,
) -> Result<&'a Arc<Invitation>, AccessError> {
    let invitation = people.invitation(id);
    let nobodys = Invitation {
        id,
        org: 0,
        email: String::new(),
        rank: Rank::Member,
        grants: Rules::new(),
        roles: Vec::new(),
        by: 0,
        created: 0,
        expires: 0,
        nonce: String::new(),
    };
    let right = code(server_key, invitation.map_or(&nobodys, AsRef::as_ref));
    let is_right = bool::from(right.as_bytes().ct_eq(given.trim().to_ascii_uppercase().as_bytes()));
    invitation.filter(|one| is_right && one.expires > now && still_asks(people, one)).ok_or(GONE)
}

/// Whether whoever has asked may still ask: who has left, or is no admin any more, takes nobody in.
fn still_asks(people: &People, invitation: &Invitation) -> bool {
    let is_admin = people.member(invitation.org, invitation.by).is_some_and(|member| member.rank == Rank::Admin);
    let is_staff = people.user(invitation.by).is_some_and(|user| user.active && user.superuser);
    let is_active = people.user(invitation.by).is_some_and(|user| user.active);
    // Nobody's number is that of whoever runs the registry.
    invitation.by == 0 || is_staff || (is_admin && is_active)
}

/// Follows an invitation: the person who is logged in belongs to the organization, with the rights and roles that were
/// meant for them. An own address to which it was mailed is confirmed by that.
pub fn accept(
    desk: &Desk<'_>,
    server_key: &ServerKey,
    id: u32,
    given: &str,
) -> Result<(Member, Vec<RecordStep>), AccessError> {
    let user = desk.needs_person()?;
    let invitation = find(desk.people, server_key, id, given, desk.now)?;
    if !desk.organizations.is_alive(invitation.org) {
        return Err(GONE);
    }
    let mut person = User::clone(user);
    for email in person.emails.iter_mut().filter(|email| email.address.eq_ignore_ascii_case(&invitation.email)) {
        *email = Email { address: email.address.clone(), verified: true, confirmed: Some(desk.now) };
    }
    let (member, mut steps) =
        members::admit(desk, invitation.org, &person, invitation.rank, invitation.grants.clone())?;
    person.verified = true;
    if person != **user {
        steps.push(RecordStep::update(&**user, &person).because("followed an invitation"));
    }
    for role in invitation.roles.iter().filter_map(|role| desk.people.role(*role)) {
        if role.org == invitation.org && role.people.len() < roles::PEOPLE_MAX {
            let mut after = Role::clone(role);
            after.people.push(user.id);
            after.people.sort_unstable();
            after.people.dedup();
            steps.push(RecordStep::update(&**role, &after).because("followed an invitation"));
        }
    }
    steps.push(RecordStep::erase(&**invitation).because(ACCEPTED));
    Ok((member, steps))
}

/// Invitations that nobody has followed in time, as steps that end them.
pub fn expired(people: &People, now: Micros) -> Vec<RecordStep> {
    let old = people.invitations().filter(|one| one.expires <= now);
    old.map(|one| RecordStep::erase(&**one).because("expired")).collect()
}
