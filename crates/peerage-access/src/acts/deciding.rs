//! Decisions about applications: by the organization's admins, or by the registry's staff if there are none
//! (spec/accounts.md, 11).

use peerage_registry::Cause;
use peerage_registry::ids::{ApplicationId, OrgId};
use peerage_registry::moment::{Moment, SignedDuration, days};
use peerage_registry::rules;

use crate::acts::joining::{JoinContext, is_guarded, take_number, waiting_rows, withdrawn};
use crate::acts::{AccessContext, AccessError, PlannedSteps, RecordStep, members, staff};
use crate::people::People;
use crate::records::{Application, ApplicationAim, ApplicationState, MemberRole, PermissionRules, User};
use crate::staff_ranks::StaffPower;

/// How long an application waits for a decision before it expires.
const WAITS: SignedDuration = days(90);

/// Who decides about an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewAuthority {
    /// An admin of this organization.
    Org(OrgId),
    Staff,
}

/// A pending application that the caller can decide about.
fn waiting<'a>(
    context: &'a AccessContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
) -> Result<&'a Application, AccessError> {
    let found = context.people.application(id).filter(|one| one.state == ApplicationState::Pending);
    match at {
        ReviewAuthority::Org(org) => {
            context.needs_manager(org)?;
            context.needs_fresh_person()?;
            let found = found.filter(|one| one.org == Some(org));
            found.map(AsRef::as_ref).ok_or(AccessError::NotFound("Request not found"))
        }
        ReviewAuthority::Staff => {
            staff::needs_power(context, StaffPower::ReviewRequests)?;
            let is_own = found.is_some_and(|one| Some(one.user) == context.by.user());
            // Admins can also decide what is not in the queue.
            if context.by.has_power(StaffPower::ChangeEverything) {
                return found.map(AsRef::as_ref).ok_or(AccessError::NotFound("Request not found"));
            }
            if is_own {
                return Err(AccessError::Refused("You cannot decide about your own request.".to_owned()));
            }
            let found = found.filter(|one| staff::is_application_for_staff(context.people, one));
            let found = found.ok_or(AccessError::NotFound("Request not found"))?;
            // Whoever can suspend the admins of an organization must not be able to make others its admins.
            if found.org.is_some_and(|org| context.people.has_suspended_admin(org)) {
                staff::needs_power(context, StaffPower::ChangeEverything)?;
            }
            Ok(found)
        }
    }
}

/// Approves an application. The person becomes a member of the organization, or its first admin if it has none.
pub fn approve(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
) -> Result<(User, PlannedSteps), AccessError> {
    approve_as(context, join_context, at, id, None)
}

/// The same, with a role and permissions that an admin grants at the same time.
pub fn approve_as(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
    given: Option<&(MemberRole, PermissionRules)>,
) -> Result<(User, PlannedSteps), AccessError> {
    let application = waiting(context, at, id)?;
    let given = given.filter(|_| matches!(at, ReviewAuthority::Org(_)));
    let user = context.people.user(application.user).filter(|user| user.active);
    let user = user.ok_or_else(|| AccessError::Refused("The account has been closed in the meantime.".to_owned()))?;
    if application.org == Some(join_context.policy.suggestion_org) {
        let text = "The organization that collects suggestions cannot have members. Deny this request.";
        return Err(AccessError::Refused(text.to_owned()));
    }
    // The network with this AS number has no organization of its own: the decision of staff replaces the proof.
    if let (None, Some(asn)) = (application.org, application.asn) {
        if is_guarded(context, join_context, asn) {
            let text = format!("AS{asn} now belongs to an organization with admins. Deny this request.");
            return Err(AccessError::Refused(text));
        }
        let name = Some(application.org_name.as_str()).filter(|name| !name.is_empty());
        let (_, mut planned) = take_number(context, join_context, user, asn, None, name, Some(application.id))?;
        planned.records.push(RecordStep::erase(application).caused_by(Cause::Approved));
        return Ok((User::clone(user), planned));
    }
    let mut planned = PlannedSteps::default();
    let org = if let Some(org) = application.org {
        org
    } else {
        let (org, steps) = rules::found_organization(join_context.registry, &application.org_name, context.now);
        planned.rows = steps;
        org
    };
    if application.org.is_some() && !context.organizations.is_alive(org) {
        return Err(AccessError::NotFound("No Organization matches the given query."));
    }
    let is_first = context.people.admins_of(org).next().is_none();
    let is_owner = is_first
        || application.wanted == ApplicationAim::Ownership
        || given.is_some_and(|(rank, _)| *rank == MemberRole::Admin);
    let rank = if is_owner { MemberRole::Admin } else { MemberRole::Member };
    let grants = given.map(|(_, grants)| grants.clone()).unwrap_or_default();
    // Staff decide about an organization without being able to change it.
    if at != ReviewAuthority::Staff {
        context.needs_to_give(org, rank, &grants, &[])?;
    }
    match context.people.member(org, user.id) {
        Some(member) if rank == MemberRole::Admin && member.rank != MemberRole::Admin => {
            let after = crate::records::Member {
                rank,
                ranked: Some(context.now),
                grants: PermissionRules::new(),
                ..crate::records::Member::clone(member)
            };
            planned.records.push(RecordStep::update(&**member, &after).caused_by(Cause::MadeAdmin));
        }
        Some(_) => {}
        None => {
            let (_, steps) = members::admit(context, org, user, rank, grants)?;
            planned.records.extend(steps);
            planned.records.extend(members::verify(user));
        }
    }
    if at == ReviewAuthority::Staff && application.org.is_some() {
        planned.rows.extend(rules::approve(
            join_context.registry,
            &waiting_rows(join_context.registry, org),
            context.now,
        ));
    }
    planned.records.push(RecordStep::erase(application).caused_by(Cause::Approved));
    Ok((User::clone(user), planned))
}

/// Denies an application. Objects that were created for it, and that nobody else uses, are deleted.
pub fn deny(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
    why: &str,
) -> Result<(Application, PlannedSteps), AccessError> {
    let before = waiting(context, at, id)?;
    let note = crate::acts::refusal_of(why)?;
    let after = Application { state: ApplicationState::Denied, decided: Some(context.now), note, ..before.clone() };
    let mut planned = PlannedSteps {
        records: vec![RecordStep::update(before, &after).caused_by(Cause::ApplicationDenied)],
        ..PlannedSteps::default()
    };
    if at == ReviewAuthority::Staff {
        planned.rows = withdrawn(context.people, join_context.registry, &[id], context.now);
    }
    Ok((after, planned))
}

/// Steps that end applications nobody has decided about for too long.
pub fn unanswered(people: &People, now: Moment) -> Vec<RecordStep> {
    let old = people.applications().filter(|one| one.state == ApplicationState::Pending && one.created + WAITS <= now);
    old.map(|one| RecordStep::erase(&**one).caused_by(Cause::Unanswered)).collect()
}
