//! Members of organizations (spec/write-api.md, 7.2 and 7.3).

use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::rights::Permissions;

use crate::acts::{AccessContext, AccessError, NO_KEY, RecordStep, field, keys};
use crate::key_string::KeyKind;
use crate::namespaces::users;
use crate::principal::PrincipalKind;
use crate::records::{Key, KeyState, Member, MemberRole, PermissionRules, Policy, Role, User};

/// Requires a permission on an organization's members. Admins have it, and so do keys that were granted it on exactly
/// this namespace. Granting roles and permissions requires a person with a fresh second factor; the reference's own
/// endpoint for members accepts keys (spec/write-api.md, 7.3).
fn needs(context: &AccessContext<'_>, org: OrgId, right: Permissions) -> Result<(), AccessError> {
    if !context.organizations.is_alive(org) {
        return Err(AccessError::NotFound("No Organization matches the given query."));
    }
    let namespace = users(org);
    let is_given = match &context.by.who {
        // Neither inherited permissions nor those of membership count: the key must have been granted this one
        // explicitly.
        PrincipalKind::Key(key) if key.kind == KeyKind::Org => {
            let rules = key.grants.as_ref();
            let bits = rules.and_then(|rules| rules.get(&namespace)).copied().unwrap_or(0);
            !key.readonly && Permissions::from_bits(bits).is_some_and(|bits| bits.holds(right))
                || (right == Permissions::READ && bits & 1 == 1)
        }
        // Everyone can read organizations, so inherited permissions must not count here either.
        _ => context.by.scope.exactly_on(&namespace).holds(right),
    };
    if is_given {
        return if right == Permissions::READ { Ok(()) } else { needs_to_change(context) };
    }
    Err(AccessError::Forbidden("Permission denied: Insufficient permissions for this operation".to_owned()))
}

/// Keys can read who belongs to an organization. Changing it requires a person with a fresh factor, or an organization
/// key that an admin has allowed to manage plain members. The gate ensures that it does no more.
fn needs_to_change(context: &AccessContext<'_>) -> Result<(), AccessError> {
    match context.by.key() {
        Some(key) if key.kind == KeyKind::Org && key.manages_members => Ok(()),
        Some(key) if key.kind == KeyKind::Org => Err(AccessError::Forbidden(format!(
            "{NO_KEY} An admin can allow an organization key to manage members (manages_members)."
        ))),
        _ => context.needs_fresh_person(),
    }
}

fn user<'a>(context: &'a AccessContext<'_>, id: UserId) -> Result<&'a User, AccessError> {
    context.people.user(id).map(AsRef::as_ref).ok_or(AccessError::NotFound("No User matches the given query."))
}

fn member<'a>(context: &'a AccessContext<'_>, org: OrgId, user: UserId) -> Result<&'a Member, AccessError> {
    context.people.member(org, user).map(AsRef::as_ref).ok_or(AccessError::NotFound("User is not in the organization"))
}

/// Requires that the caller can list the members.
pub fn may_list(context: &AccessContext<'_>, org: OrgId) -> Result<(), AccessError> {
    needs(context, org, Permissions::READ)
}

/// Requires that the caller can add members.
pub fn may_add(context: &AccessContext<'_>, org: OrgId) -> Result<(), AccessError> {
    needs(context, org, Permissions::CREATE)
}

/// Requires that the caller can invite people: those who manage the organization, or can add members through the API.
pub(crate) fn may_invite(context: &AccessContext<'_>, org: OrgId) -> Result<(), AccessError> {
    let may_add = context.by.scope.exactly_on(&users(org)).holds(Permissions::CREATE);
    let asks_panel = context.by.key().is_none() && (context.by.may_manage(org) || !may_add);
    if asks_panel { may_give(context, org) } else { needs(context, org, Permissions::CREATE) }
}

/// Requires that the caller can change roles.
pub fn may_change(context: &AccessContext<'_>, org: OrgId) -> Result<(), AccessError> {
    needs(context, org, Permissions::UPDATE)
}

/// Requires that the caller can remove members.
pub fn may_remove(context: &AccessContext<'_>, org: OrgId) -> Result<(), AccessError> {
    needs(context, org, Permissions::DELETE)
}

/// Requires a recently verified person who manages the organization. What they can grant is checked separately.
pub fn may_give(context: &AccessContext<'_>, org: OrgId) -> Result<(), AccessError> {
    context.needs_manager(org)?;
    context.needs_fresh_person()
}

/// Adds a person to an organization without asking them. For the operator only; everyone else invites. Members of an
/// organization are verified.
pub fn add(
    context: &AccessContext<'_>,
    org: OrgId,
    id: UserId,
    rank: MemberRole,
) -> Result<(Member, Vec<RecordStep>), AccessError> {
    if !matches!(context.by.who, PrincipalKind::Operator) {
        return Err(AccessError::Forbidden(
            "Only an operator of the registry can add people without an invitation.".to_owned(),
        ));
    }
    needs(context, org, Permissions::CREATE)?;
    let person = user(context, id)?;
    let (member, steps) = admit(context, org, person, rank, PermissionRules::new())?;
    let mut steps: Vec<RecordStep> = steps.into_iter().map(|step| step.caused_by(Cause::AddedWithoutConsent)).collect();
    steps.extend(verify(person));
    Ok((member, steps))
}

/// The step that makes a person a member, without checking who adds them.
pub(crate) fn admit(
    context: &AccessContext<'_>,
    org: OrgId,
    person: &User,
    rank: MemberRole,
    grants: PermissionRules,
) -> Result<(Member, Vec<RecordStep>), AccessError> {
    if context.people.member(org, person.id).is_some() {
        return Err(AccessError::Refused("User is already in the organization".to_owned()));
    }
    check_domains(context, org, person)?;
    let member = Member {
        id: context.people.free_id::<Member>(),
        org,
        user: person.id,
        rank,
        // An admin has no permissions of their own: they would only restrict.
        grants: if rank == MemberRole::Admin { PermissionRules::new() } else { grants },
        since: context.now,
        ranked: None,
        reconfirm_due: None,
    };
    let steps = vec![RecordStep::create(&member)];
    Ok((member, steps))
}

/// Marks a person as verified, because they belong to an organization.
pub(crate) fn verify(person: &User) -> Option<RecordStep> {
    if person.verified {
        return None;
    }
    let after = User { verified: true, ..person.clone() };
    Some(RecordStep::update(person, &after).caused_by(Cause::MemberVerified))
}

/// An organization can require an address in its own domains.
pub(crate) fn check_domains(context: &AccessContext<'_>, org: OrgId, person: &User) -> Result<(), AccessError> {
    let policy = context.people.policy(org);
    if policy.accepts_person(person) { Ok(()) } else { Err(wrong_domain(&policy)) }
}

/// The same for a single address.
pub(crate) fn check_address(policy: &Policy, address: &str) -> Result<(), AccessError> {
    if policy.accepts_address(address) { Ok(()) } else { Err(wrong_domain(policy)) }
}

fn wrong_domain(policy: &Policy) -> AccessError {
    let domains = policy.email_domains.join(", ");
    field("user_email", format!("The organization accepts only people with a confirmed address in: {domains}"))
}

/// Whether nobody else could manage the organization.
pub fn is_last_admin(context: &AccessContext<'_>, member: &Member) -> bool {
    member.rank == MemberRole::Admin && !context.people.admins_of(member.org).any(|admin| admin.id != member.user)
}

fn refuse_last_admin(context: &AccessContext<'_>, member: &Member) -> Result<(), AccessError> {
    if is_last_admin(context, member) && !matches!(context.by.who, PrincipalKind::Operator) {
        let hint = successor_hint(context, member);
        return Err(AccessError::Refused(format!("This is the last admin of the organization: {hint}")));
    }
    Ok(())
}

/// Maximum number of members that are suggested as successors.
const SUCCESSORS_MAX: usize = 3;

/// What the last admin can do: who could become an admin, or whom to ask if there is nobody.
pub(crate) fn successor_hint(context: &AccessContext<'_>, member: &Member) -> String {
    let others = context.people.members_of(member.org).filter(|other| other.user != member.user);
    let active = others.filter_map(|other| context.people.user(other.user)).filter(|user| user.active);
    let names: Vec<&str> = active.take(SUCCESSORS_MAX).map(|user| user.username.as_str()).collect();
    let first = "make someone else an admin first.";
    if names.is_empty() {
        return format!(
            "{first} Nobody else belongs to it: invite somebody, or ask the registry's staff to take it back."
        );
    }
    format!("{first} It could be {}.", names.join(" or "))
}

/// Makes a member an admin, or an admin a member. An admin has no permissions of their own: they would only restrict.
pub fn set_rank(
    context: &AccessContext<'_>,
    org: OrgId,
    id: UserId,
    rank: MemberRole,
) -> Result<(Member, Vec<RecordStep>), AccessError> {
    needs(context, org, Permissions::UPDATE)?;
    let before = member(context, org, id)?;
    let mut after = before.clone();
    if before.rank != rank {
        context.needs_to_give(org, MemberRole::Admin, &PermissionRules::new(), &[])?;
        if rank == MemberRole::Member {
            refuse_last_admin(context, before)?;
        } else {
            after.grants.clear();
        }
        after.rank = rank;
        after.ranked = Some(context.now);
    }
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let cause = if rank == MemberRole::Admin { Cause::MadeAdmin } else { Cause::MadeMember };
    let step = RecordStep::update(before, &after).caused_by(cause);
    Ok((after, vec![step]))
}

/// Replaces a member's own permissions.
pub fn set_grants(
    context: &AccessContext<'_>,
    org: OrgId,
    id: UserId,
    grants: PermissionRules,
) -> Result<(Member, Vec<RecordStep>), AccessError> {
    context.needs_manager(org)?;
    context.needs_fresh_person()?;
    let before = member(context, org, id)?;
    if before.rank == MemberRole::Admin {
        return Err(AccessError::Refused("Cannot manage permissions for organization admins".to_owned()));
    }
    context.needs_to_give(org, before.rank, &grants, &[])?;
    context.needs_targets(&before.grants, &grants)?;
    let after = Member { grants, ..before.clone() };
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let step = RecordStep::update(before, &after).caused_by(Cause::MemberRights);
    Ok((after, vec![step]))
}

/// Removes a person from an organization: membership, permissions, role accounts and role keys end together.
pub fn remove(context: &AccessContext<'_>, org: OrgId, id: UserId) -> Result<Vec<RecordStep>, AccessError> {
    if context.by.user() == Some(id) && context.by.key().is_none() {
        context.needs_fresh_person()?;
    } else {
        needs(context, org, Permissions::DELETE)?;
    }
    let before = member(context, org, id)?;
    context.needs_over(before)?;
    refuse_last_admin(context, before)?;
    Ok(leave(context, before, &Cause::MemberLeft))
}

/// The steps by which a person leaves, without any checks.
pub(crate) fn leave(context: &AccessContext<'_>, before: &Member, cause: &Cause) -> Vec<RecordStep> {
    let mut steps = vec![RecordStep::erase(before).caused_by(cause.clone())];
    for role in context.people.roles_of(before.org).filter(|role| role.people.contains(&before.user)) {
        let mut after = Role::clone(role);
        after.people.retain(|user| *user != before.user);
        steps.push(RecordStep::update(&**role, &after).caused_by(cause.clone()));
        steps.extend(keys::end_role_keys(context, role, |user| user == before.user, cause));
    }
    steps
}

/// Suspends the keys of an organization that is restored, and ends its invitations: it has no members, and whoever
/// becomes its admin decides what its keys may do.
pub fn on_organization_restored(context: &AccessContext<'_>, org: OrgId) -> Vec<RecordStep> {
    let people = context.people;
    let active =
        people.keys().map(|entry| &*entry.key).filter(|key| key.org == Some(org) && key.state == KeyState::Active);
    let suspended = active.map(|key| {
        let after = Key { state: KeyState::Suspended, ..key.clone() };
        RecordStep::update(key, &after).caused_by(Cause::KeySuspended)
    });
    let open = people.invitations().filter(|invitation| invitation.org == org);
    let ended = open.map(|invitation| RecordStep::erase(&**invitation).caused_by(Cause::InvitationWithdrawn));
    suspended.chain(ended).collect()
}

/// Removes all members of a deleted organization. Its keys are refused because the organization is deleted.
pub fn on_organization_deleted(context: &AccessContext<'_>, org: OrgId) -> Vec<RecordStep> {
    let members = context.people.members_of(org).cloned().collect::<Vec<_>>();
    // Role accounts are deleted as a whole, so that no step refers to a record that an earlier one has changed.
    let mut steps: Vec<RecordStep> =
        members.iter().map(|member| RecordStep::erase(&**member).caused_by(Cause::OrganizationDeleted)).collect();
    for role in context.people.roles_of(org) {
        steps.push(RecordStep::erase(&**role).caused_by(Cause::OrganizationDeleted));
        steps.extend(keys::end_role_keys(context, role, |_| true, &Cause::OrganizationDeleted));
    }
    steps
}
