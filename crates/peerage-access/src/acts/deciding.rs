//! Decisions about applications: by the organization's admins, or by the registry's staff if there are none
//! (spec/accounts.md, 11).

use peerage_registry::Cause;
use peerage_registry::ids::{ApplicationId, OrgId};
use peerage_registry::moment::{DAY, Micros};
use peerage_registry::rules;

use crate::acts::joining::{JoinContext, is_guarded, take_number, waiting_rows, withdrawn};
use crate::acts::staff::needs_staff;
use crate::acts::{AccessContext, AccessError, PlannedSteps, RecordStep, members};
use crate::people::People;
use crate::records::{Application, ApplicationAim, ApplicationState, MemberRole, PermissionRules, User};

/// Days after which an application expires.
const WAITS_DAYS: Micros = 90;

/// Who decides about an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewAuthority {
    /// An admin of this organization.
    Org(OrgId),
    Staff,
}

/// A pending application that the caller can decide about.
fn waiting<'a>(
    desk: &'a AccessContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
) -> Result<&'a Application, AccessError> {
    let found = desk.people.application(id).filter(|one| one.state == ApplicationState::Pending);
    match at {
        ReviewAuthority::Org(org) => {
            desk.needs_manager(org)?;
            desk.needs_fresh_person()?;
            let found = found.filter(|one| one.org == Some(org));
            found.map(AsRef::as_ref).ok_or(AccessError::NotFound("Request not found"))
        }
        ReviewAuthority::Staff => {
            needs_staff(desk)?;
            found.map(AsRef::as_ref).ok_or(AccessError::NotFound("Request not found"))
        }
    }
}

/// Approves an application. The person becomes a member of the organization, or its first admin if it has none.
pub fn approve(
    desk: &AccessContext<'_>,
    ground: &JoinContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
) -> Result<(User, PlannedSteps), AccessError> {
    approve_as(desk, ground, at, id, None)
}

/// The same, with a role and permissions that an admin grants at the same time.
pub fn approve_as(
    desk: &AccessContext<'_>,
    ground: &JoinContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
    given: Option<&(MemberRole, PermissionRules)>,
) -> Result<(User, PlannedSteps), AccessError> {
    let application = waiting(desk, at, id)?;
    let given = given.filter(|_| matches!(at, ReviewAuthority::Org(_)));
    let user = desk.people.user(application.user).filter(|user| user.active);
    let user = user.ok_or_else(|| AccessError::Refused("The account has been closed in the meantime.".to_owned()))?;
    if application.org == Some(ground.policy.suggestion_org) {
        let text = "The organization that collects suggestions cannot have members. Deny this request.";
        return Err(AccessError::Refused(text.to_owned()));
    }
    // The network with this AS number has no organization of its own: the decision of staff replaces the proof.
    if let (None, Some(asn)) = (application.org, application.asn) {
        if is_guarded(desk, ground, asn) {
            let text = format!("AS{asn} now belongs to an organization with admins. Deny this request.");
            return Err(AccessError::Refused(text));
        }
        let name = Some(application.org_name.as_str()).filter(|name| !name.is_empty());
        let (_, mut deeds) = take_number(desk, ground, user, asn, None, name, Some(application.id))?;
        deeds.records.push(RecordStep::erase(application).caused_by(Cause::Approved));
        return Ok((User::clone(user), deeds));
    }
    let mut deeds = PlannedSteps::default();
    let org = if let Some(org) = application.org {
        org
    } else {
        let (org, steps) = rules::found_organization(ground.registry, &application.org_name, desk.now);
        deeds.rows = steps;
        org
    };
    if application.org.is_some() && !desk.organizations.is_alive(org) {
        return Err(AccessError::NotFound("No Organization matches the given query."));
    }
    let is_first = desk.people.admins_of(org).next().is_none();
    let is_owner = is_first
        || application.wanted == ApplicationAim::Ownership
        || given.is_some_and(|(rank, _)| *rank == MemberRole::Admin);
    let rank = if is_owner { MemberRole::Admin } else { MemberRole::Member };
    let grants = given.map(|(_, grants)| grants.clone()).unwrap_or_default();
    desk.needs_to_give(org, rank, &grants, &[])?;
    match desk.people.member(org, user.id) {
        Some(member) if rank == MemberRole::Admin && member.rank != MemberRole::Admin => {
            let after = crate::records::Member {
                rank,
                ranked: Some(desk.now),
                grants: PermissionRules::new(),
                ..crate::records::Member::clone(member)
            };
            deeds.records.push(RecordStep::update(&**member, &after).caused_by(Cause::MadeAdmin));
        }
        Some(_) => {}
        None => {
            let (_, steps) = members::admit(desk, org, user, rank, grants)?;
            deeds.records.extend(steps);
            deeds.records.extend(members::verify(user));
        }
    }
    if at == ReviewAuthority::Staff && application.org.is_some() {
        deeds.rows.extend(rules::approve(ground.registry, &waiting_rows(ground.registry, org), desk.now));
    }
    deeds.records.push(RecordStep::erase(application).caused_by(Cause::Approved));
    Ok((User::clone(user), deeds))
}

/// Denies an application. Objects that were created for it, and that nobody else uses, are deleted.
pub fn deny(
    desk: &AccessContext<'_>,
    ground: &JoinContext<'_>,
    at: ReviewAuthority,
    id: ApplicationId,
    why: &str,
) -> Result<(Application, PlannedSteps), AccessError> {
    let before = waiting(desk, at, id)?;
    let note = crate::acts::refusal_of(why)?;
    let after = Application { state: ApplicationState::Denied, decided: Some(desk.now), note, ..before.clone() };
    let mut deeds = PlannedSteps {
        records: vec![RecordStep::update(before, &after).caused_by(Cause::ApplicationDenied)],
        ..PlannedSteps::default()
    };
    if at == ReviewAuthority::Staff {
        deeds.rows = withdrawn(desk.people, ground.registry, &[id], desk.now);
    }
    Ok((after, deeds))
}

/// Steps that end applications nobody has decided about for too long.
pub fn unanswered(people: &People, now: Micros) -> Vec<RecordStep> {
    let old = people
        .applications()
        .filter(|one| one.state == ApplicationState::Pending && one.created + WAITS_DAYS * DAY <= now);
    old.map(|one| RecordStep::erase(&**one).caused_by(Cause::Unanswered)).collect()
}
