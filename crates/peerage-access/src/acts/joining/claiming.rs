//! Claims: a person who proves an AS number gets its network.

use peerage_registry::ids::{ApplicationId, OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_registry::rules::{self, NumberHolder, RowStep, organization_of_network};
use peerage_registry::{Cause, Snapshot};
use peerage_schema::tables::net;
use peerage_schema::{Resource, Status};

use super::registered::{describe, holder_of, registered, speaks_for};
use super::target::JoinTarget;
use super::{JoinContext, flush, of_user, waiting_at};
use crate::acts::moving::{self, organization_of_number};
use crate::acts::{AccessContext, AccessError, PlannedSteps, RecordStep, field, members};
use crate::people::{Organizations, People};
use crate::records::{Application, ApplicationState, MemberRole, PermissionRules, User};

/// Note on a claim that came too late.
const TAKEN: &str = "Someone else has proved that they hold this AS number.";

fn is_admin(people: &People, org: OrgId, user: UserId) -> bool {
    people.member(org, user).is_some_and(|member| member.rank == MemberRole::Admin)
}

/// Whether the admins of its organization decide about a network: it is live, and there are admins. A suggestion has
/// none.
pub(crate) fn is_guarded(context: &AccessContext<'_>, join_context: &JoinContext<'_>, asn: u32) -> bool {
    let Some(net) = join_context.registry.net_by_asn(i64::from(asn)) else { return false };
    let is_deleted = join_context
        .registry
        .row(Resource::Net, net)
        .is_none_or(|row| join_context.registry.status(Resource::Net, row) == Some(Status::Deleted));
    let org = organization_of_network(join_context.registry, net);
    let org = org.filter(|org| *org != join_context.policy.suggestion_org && join_context.registry.is_alive(*org));
    !is_deleted && org.is_some_and(|org| context.people.admins_of(org).next().is_some())
}

/// Gives the caller the network with the AS number, if they prove it and no admins decide about it. `None`: they do not
/// prove it, or request something else.
pub(super) fn claim(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    user: &User,
    target: &JoinTarget,
) -> Result<Option<(OrgId, PlannedSteps)>, AccessError> {
    let Some(asn) = target.asn else { return Ok(None) };
    let picked = target.org.filter(|org| target.is_named && is_admin(context.people, *org, user.id));
    let is_claim = !target.is_named || target.is_of_number(join_context.registry) || picked.is_some();
    if !is_claim || is_guarded(context, join_context, asn) {
        return Ok(None);
    }
    let registration = registered(join_context, asn)?;
    if !speaks_for(user, registration) {
        return match picked {
            Some(org) if organization_of_number(join_context.registry, asn) != Some(org) => {
                Err(field("asn", describe(registration, false)))
            }
            _ => Ok(None),
        };
    }
    if let Some(org) = picked
        && join_context
            .registry
            .row(Resource::Org, org.get())
            .is_none_or(|row| !join_context.registry.is_live(Resource::Org, row))
    {
        return Err(field("org", "This organization has not been approved yet, or was deleted."));
    }
    let name = holder_of(registration).or(Some(target.name.as_str()).filter(|name| !name.is_empty()));
    take_number(context, join_context, user, asn, picked, name, None).map(Some)
}

/// Moves the network with an AS number, and nothing else, to an organization of a person: the one that they have
/// selected and are an admin of, or else a new one. Permissions on the network from its former organization end.
///
/// `claim`: the application that this answers. The caller ends it.
pub(crate) fn take_number(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    user: &User,
    asn: u32,
    picked: Option<OrgId>,
    name: Option<&str>,
    claim: Option<ApplicationId>,
) -> Result<(OrgId, PlannedSteps), AccessError> {
    let former = organization_of_number(join_context.registry, asn);
    let is_own = |org: &OrgId| {
        is_admin(context.people, *org, user.id)
            && join_context
                .registry
                .row(Resource::Org, org.get())
                .is_some_and(|row| join_context.registry.is_live(Resource::Org, row))
    };
    let org = picked.or_else(|| former.filter(|org| *org != join_context.policy.suggestion_org).filter(is_own));
    let holder = NumberHolder { asn, org, name };
    let taken = rules::take_number(join_context.registry, &holder, join_context.policy.suggestion_org, context.now);
    let mut planned = match org {
        Some(_) => PlannedSteps { records: flush(context, user.id), ..PlannedSteps::default() },
        None => first_admin(context, taken.org, user)?,
    };
    if former.is_some_and(|former| former != taken.org) {
        planned.records.extend(moving::end_grants_on(context, Resource::Net, taken.net));
    }
    // Other applicants for the number come too late.
    let is_late = |one: &&Application| {
        let is_for_number = one.org.is_none() && one.asn == Some(asn);
        let is_at_removed = taken.removed_org.is_some() && one.org == taken.removed_org;
        one.state == ApplicationState::Pending && (is_for_number || is_at_removed)
    };
    let late = context.people.applications().map(AsRef::as_ref).filter(is_late);
    for before in late.filter(|one| Some(one.id) != claim) {
        let (state, note) = (ApplicationState::Denied, TAKEN.to_owned());
        let after = Application { state, decided: Some(context.now), note, ..before.clone() };
        planned.records.push(RecordStep::update(before, &after).caused_by(Cause::ApplicationDenied));
    }
    planned.rows = taken.steps;
    planned.cause = Some(Cause::NumberTaken { asn });
    Ok((taken.org, planned))
}

/// Makes a person the first admin of an organization.
fn first_admin(context: &AccessContext<'_>, org: OrgId, user: &User) -> Result<PlannedSteps, AccessError> {
    let (_, mut records) = members::admit(context, org, user, MemberRole::Admin, PermissionRules::new())?;
    records.extend(members::verify(user));
    let mut all = flush(context, user.id);
    all.append(&mut records);
    Ok(PlannedSteps { records: all, ..PlannedSteps::default() })
}

/// The same for an organization that was created for the person's own claim: it and its network become live.
fn own(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    org: OrgId,
    user: &User,
) -> Result<PlannedSteps, AccessError> {
    let mut planned = first_admin(context, org, user)?;
    planned.rows = rules::approve(join_context.registry, &waiting_rows(join_context.registry, org), context.now);
    Ok(planned)
}

/// An organization and its networks, if they are pending.
pub(crate) fn waiting_rows(registry: &Snapshot, org: OrgId) -> Vec<(Resource, u32)> {
    let nets = registry.pointing(net::ORG_ID, org.get());
    std::iter::once((Resource::Org, org.get())).chain(nets.iter().map(|net| (Resource::Net, *net))).collect()
}

/// Steps that delete what was created for applications that end without approval: the organization and network of a
/// claim, as long as they are pending, nobody belongs to them, and no other application refers to them. Since nothing
/// is left behind, the limit on a person's applications also limits what is created for them.
pub fn withdrawn(people: &People, registry: &Snapshot, ending: &[ApplicationId], now: Moment) -> Vec<RowStep> {
    let applications = ending.iter().filter_map(|id| people.application(*id));
    let mut orgs: Vec<OrgId> = applications.filter_map(|one| one.org).collect();
    orgs.sort_unstable();
    orgs.dedup();
    let is_left = |org: &OrgId| {
        is_made_for_claim(registry, *org)
            && people.members_of(*org).next().is_none()
            && waiting_at(people, *org).all(|one| ending.contains(&one.id))
    };
    let rows: Vec<(Resource, u32)> = orgs.into_iter().filter(is_left).map(|org| (Resource::Org, org.get())).collect();
    rules::refuse(registry, &rows, now)
}

/// A person's claims that a newly confirmed address may prove. Call [`prove`] for each of them whenever an address is
/// confirmed.
pub fn claims(people: &People, user: UserId) -> Vec<ApplicationId> {
    let waits = |one: &&Application| one.state == ApplicationState::Pending && one.asn.is_some();
    of_user(people, user).filter(waits).map(|one| one.id).collect()
}

/// Reviews a claim, no matter who the caller is: what counts is what its applicant has proved and what is registered.
/// Does nothing if it is not proved.
///
/// # Errors
/// It does not exist; or an external service has to be asked first.
pub fn prove(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    id: ApplicationId,
) -> Result<(bool, PlannedSteps), AccessError> {
    let claim = context.people.application(id).filter(|one| one.state == ApplicationState::Pending);
    let claim = claim.ok_or(AccessError::NotFound("Request not found"))?;
    let user = context.people.user(claim.user).filter(|user| user.active);
    let user = user.ok_or(AccessError::NotFound("This account is closed."))?;
    context.refuse_reader_of(Some(user.id))?;
    let Some(asn) = claim.asn else { return Ok((false, PlannedSteps::default())) };
    let former = organization_of_number(join_context.registry, asn);
    let is_number = claim.org.is_none_or(|org| former == Some(org));
    if !is_number || is_guarded(context, join_context, asn) {
        return Ok((false, PlannedSteps::default()));
    }
    let registration = registered(join_context, asn)?;
    if !speaks_for(user, registration) {
        return Ok((false, PlannedSteps::default()));
    }
    let mut planned = if let Some(org) = claim.org.filter(|org| is_made_for_claim(join_context.registry, *org)) {
        own(context, join_context, org, user)?
    } else {
        let typed = Some(claim.org_name.as_str()).filter(|name| !name.is_empty());
        take_number(context, join_context, user, asn, None, holder_of(registration).or(typed), Some(claim.id))?.1
    };
    planned.records.push(RecordStep::erase(&**claim).caused_by(Cause::Approved));
    // The applicant asked for this, and has confirmed by a mailed link an address that they added with a fresh factor.
    // It does not matter in whose session the link was opened.
    planned.follows_from_facts = true;
    Ok((true, planned))
}

/// Whether an organization is pending and has nothing except one network, like those that earlier versions created for
/// a claim.
pub(crate) fn is_made_for_claim(registry: &Snapshot, org: OrgId) -> bool {
    let is_waiting = registry
        .row(Resource::Org, org.get())
        .is_some_and(|row| registry.status(Resource::Org, row) == Some(Status::Pending));
    let expected = |kind: Resource| usize::from(kind == Resource::Net);
    is_waiting && Resource::ROOTS.into_iter().all(|kind| registry.owned(kind, org.get()).len() == expected(kind))
}
