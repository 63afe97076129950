//! Invitations by mail to join an organization, for people with or without an account (spec/accounts.md, 26).
//!
//! The code in an invitation's link is derived from its record with the server key, so nobody can use it who reads the
//! log or the database. It works once: accepting the invitation ends it in the same step that adds the member.

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::{InvitationId, OrgId, RoleId, UserId};
use peerage_registry::moment::{MINUTE, Moment, SignedDuration, TICK, days};
use peerage_registry::rights::Permissions;
use subtle::ConstantTimeEq;

use crate::acts::giving::{Grantor, MemberGrant, may_give};
use crate::acts::{AccessContext, AccessError, RecordStep, email_of, field, members, roles, tickets};
use crate::namespaces::{manage, users};
use crate::people::People;
use crate::records::{EmailAddress, Invitation, KeyState, Member, MemberRole, PermissionRules, Role, User};
use crate::scopes::scope_of_person;
use crate::server_key::ServerKey;

/// How long an invitation is valid.
pub const LIFE: SignedDuration = days(7);

/// Maximum number of open invitations of an organization.
pub const OPEN_MAX: usize = 100;

/// Size of an invitation's nonce, in bytes.
pub const NONCE_BYTES: usize = 16;

const GONE: AccessError = AccessError::NotFound("The invitation is invalid or has expired.");

/// Who is invited, with which role and permissions.
#[derive(Debug, Clone)]
pub struct InvitationRequest {
    pub email: String,
    pub rank: MemberRole,
    pub grants: PermissionRules,
    pub roles: Vec<RoleId>,
}

/// The part of the link after the id. Only the reader of the mail knows it.
pub fn code(server_key: &ServerKey, invitation: &Invitation) -> String {
    letters(&server_key.derive(&purpose(invitation)))
}

/// What the code of an invitation is derived from the server key for.
fn purpose(invitation: &Invitation) -> String {
    format!("invite {} {} {}", invitation.id, invitation.email.to_lowercase(), invitation.nonce)
}

fn letters(bytes: &[u8; 32]) -> String {
    data_encoding::BASE32_NOPAD.encode(&bytes[..20])
}

/// Valid invitations of an organization.
pub fn open_at(people: &People, org: OrgId, now: Moment) -> impl Iterator<Item = &Arc<Invitation>> {
    people.invitations().filter(move |one| one.org == org && one.expires > now)
}

/// Invites someone by mail. This ends an earlier invitation of the same address to the same organization.
///
/// # Errors
/// The caller cannot invite or grant this; the person already is a member; or the address was mailed recently, even if
/// that invitation has been withdrawn.
pub fn invite(
    context: &AccessContext<'_>,
    org: OrgId,
    request: &InvitationRequest,
    nonce: &[u8; NONCE_BYTES],
) -> Result<(Invitation, Vec<RecordStep>), AccessError> {
    members::may_invite(context, org)?;
    let email = email_of("email", &request.email)?;
    let known = context.people.owner_of_address(&email);
    if known.is_some_and(|user| context.people.member(org, user.id).is_some()) {
        return Err(AccessError::Refused("User is already in the organization".to_owned()));
    }
    let same = |one: &&Arc<Invitation>| one.org == org && one.email.eq_ignore_ascii_case(&email);
    let old: Vec<&Arc<Invitation>> = context.people.invitations().filter(same).collect();
    if old.is_empty() && open_at(context.people, org, context.now).count() >= OPEN_MAX {
        return Err(AccessError::Refused(format!("There are already {OPEN_MAX} invitations. Withdraw some first.")));
    }
    context.needs_to_give(org, request.rank, &request.grants, &request.roles)?;
    context.needs_targets(&PermissionRules::new(), &request.grants)?;
    let mailed = tickets::invited(context, org, &email, nonce).map_err(|until| {
        let minutes = (until - context.now + MINUTE - TICK).as_mins();
        field(
            "email",
            format!("An invitation was sent to this address recently. You can send another one in {minutes} minutes."),
        )
    })?;
    let invitation = Invitation {
        id: context.people.free_id::<Invitation>(),
        org,
        email,
        rank: request.rank,
        grants: if request.rank == MemberRole::Admin { PermissionRules::new() } else { request.grants.clone() },
        roles: request.roles.clone(),
        by: context.by.user().unwrap_or_default(),
        key: context.by.key().map(|key| key.id),
        created: context.now,
        expires: context.now + LIFE,
        nonce: data_encoding::HEXLOWER.encode(nonce),
    };
    let mut steps: Vec<RecordStep> =
        old.iter().map(|one| RecordStep::erase(&***one).caused_by(Cause::Superseded)).collect();
    steps.push(RecordStep::create(&invitation));
    steps.push(RecordStep::create(&mailed).caused_by(Cause::InvitationMailed));
    Ok((invitation, steps))
}

/// Adds a person who has an account, on behalf of someone else: sends an invitation to their primary address, which
/// takes effect when they accept it. Repeating the same request changes nothing and sends no second mail.
///
/// # Errors
/// The person already is a member, has no confirmed address, or has none that the organization accepts; and those of
/// [`invite`].
pub fn add(
    context: &AccessContext<'_>,
    org: OrgId,
    user: UserId,
    rank: MemberRole,
    nonce: &[u8; NONCE_BYTES],
) -> Result<(Invitation, Vec<RecordStep>), AccessError> {
    let person = context.people.user(user).ok_or(AccessError::NotFound("No User matches the given query."))?;
    if context.people.member(org, user).is_some() {
        return Err(AccessError::Refused("User is already in the organization".to_owned()));
    }
    let main = person.primary_email().filter(|main| main.verified);
    let main = main.ok_or_else(|| AccessError::Refused("User email is not verified".to_owned()))?;
    // This address only: the person's other addresses are not disclosed before they accept.
    members::check_address(&context.people.policy(org), &main.address)?;
    let request =
        InvitationRequest { email: main.address.clone(), rank, grants: PermissionRules::new(), roles: Vec::new() };
    members::may_invite(context, org)?;
    context.needs_to_give(org, rank, &request.grants, &request.roles)?;
    let same = open_at(context.people, org, context.now).find(|one| {
        one.email.eq_ignore_ascii_case(&request.email)
            && one.rank == rank
            && one.grants.is_empty()
            && one.roles.is_empty()
            && still_asks(context.people, one, context.now)
    });
    match same {
        Some(same) => Ok((Invitation::clone(same), Vec::new())),
        None => invite(context, org, &request, nonce),
    }
}

/// Withdraws an invitation.
pub fn withdraw(context: &AccessContext<'_>, org: OrgId, id: InvitationId) -> Result<Vec<RecordStep>, AccessError> {
    members::may_invite(context, org)?;
    let invitation = context.people.invitation(id).filter(|one| one.org == org);
    let invitation = invitation.ok_or(AccessError::NotFound("Invitation not found"))?;
    Ok(vec![RecordStep::erase(&**invitation).caused_by(Cause::InvitationWithdrawn)])
}

/// The valid invitation with this id and code. Costs the same work if there is none.
pub fn find<'a>(
    people: &'a People,
    server_key: &ServerKey,
    id: InvitationId,
    given: &str,
    now: Moment,
) -> Result<&'a Arc<Invitation>, AccessError> {
    let invitation = people.invitation(id);
    let nobodys = Invitation {
        id,
        org: OrgId::new(0),
        email: String::new(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: Vec::new(),
        by: UserId::new(0),
        key: None,
        created: Moment::EPOCH,
        expires: Moment::EPOCH,
        nonce: String::new(),
    };
    let given = given.trim().to_ascii_uppercase();
    let purpose = purpose(invitation.map_or(&nobodys, AsRef::as_ref));
    let is_right = server_key.has_derived(&purpose, |bytes| letters(bytes).as_bytes().ct_eq(given.as_bytes()).into());
    invitation.filter(|one| is_right && one.expires > now && still_asks(people, one, now)).ok_or(GONE)
}

/// Whether the inviter could still send this invitation: people who have left, or who have fewer permissions now,
/// cannot.
fn still_asks(people: &People, invitation: &Invitation, now: Moment) -> bool {
    let org = invitation.org;
    let scope = match (invitation.key, invitation.by) {
        (Some(key), _) => {
            let entry = people.keys().find(|entry| entry.key.id == key);
            let entry = entry.filter(|entry| entry.key.state == KeyState::Active && entry.key.manages_members);
            entry.map(|entry| people.principal_of(entry, now).scope.clone())
        }
        // No user id: the invitation comes from the operator.
        (None, by) if by == UserId::default() => return true,
        (None, by) => people.user(by).filter(|user| user.active).map(|user| scope_of_person(people, user, now)),
    };
    scope.is_some_and(|scope| {
        let may_ask =
            scope.may(&manage(org), Permissions::UPDATE) || scope.exactly_on(&users(org)).holds(Permissions::CREATE);
        let Invitation { org, rank, ref grants, ref roles, .. } = *invitation;
        let giver = Grantor { user: Some(invitation.by).filter(|by| *by != UserId::default()), scope: &scope };
        may_ask && may_give(people, giver, MemberGrant { org, rank, grants, roles })
    })
}

/// Accepts an invitation: the logged-in person joins the organization with the permissions and role accounts in it. If
/// it was mailed to one of their addresses, that address is confirmed.
pub fn accept(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    id: InvitationId,
    given: &str,
) -> Result<(Member, Vec<RecordStep>), AccessError> {
    let user = context.needs_person()?;
    context.needs_fresh_person()?;
    let invitation = find(context.people, server_key, id, given, context.now)?;
    if !context.organizations.is_alive(invitation.org) {
        return Err(GONE);
    }
    let mut person = User::clone(user);
    for email in person.emails.iter_mut().filter(|email| email.address.eq_ignore_ascii_case(&invitation.email)) {
        *email = EmailAddress { address: email.address.clone(), verified: true, confirmed: Some(context.now) };
    }
    let (member, mut steps) =
        members::admit(context, invitation.org, &person, invitation.rank, invitation.grants.clone())?;
    person.verified = true;
    if person != **user {
        steps.push(RecordStep::update(&**user, &person).caused_by(Cause::InvitationFollowed));
    }
    for role in invitation.roles.iter().filter_map(|role| context.people.role(*role)) {
        if role.org == invitation.org && role.people.len() < roles::PEOPLE_MAX {
            let mut after = Role::clone(role);
            after.people.push(user.id);
            after.people.sort_unstable();
            after.people.dedup();
            steps.push(RecordStep::update(&**role, &after).caused_by(Cause::InvitationFollowed));
        }
    }
    steps.push(RecordStep::erase(&**invitation).caused_by(Cause::InvitationAccepted));
    Ok((member, steps))
}

/// Steps that end invitations nobody has accepted in time.
pub fn expired(people: &People, now: Moment) -> Vec<RecordStep> {
    let old = people.invitations().filter(|one| one.expires <= now);
    old.map(|one| RecordStep::erase(&**one).caused_by(Cause::InvitationExpired)).collect()
}
