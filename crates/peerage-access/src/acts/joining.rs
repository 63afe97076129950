//! Applications: how people ask to join an organization, or to own one without an admin (spec/accounts.md, 11).
//!
//! An organization's admins decide who joins it; if there are none, the registry's staff decide. A person who proves
//! that they hold an AS number, by a confirmed address in its registration, gets its network at once and nothing else:
//! it moves to an organization of theirs. If the network is live and its organization has admins, it stays there and
//! they decide.

mod claiming;
mod ownership;
mod registered;
mod target;

use peerage_registry::ids::{ApplicationId, OrgId, UserId};
use peerage_registry::moment::DAY;
use peerage_registry::rules::{self, ExternalFacts, NumberRegistration};
use peerage_registry::{Cause, Snapshot};

use crate::acts::{AccessContext, AccessError, PlannedSteps, RecordStep, field, members};
use crate::people::{Organizations, People};
use crate::records::{Application, ApplicationAim, ApplicationState, User};

use claiming::claim;
use registered::{describe, holder_of, registered};
use target::{JoinTarget, NAME_LETTERS_MAX};

pub use claiming::{claims, prove, withdrawn};
pub(crate) use claiming::{is_guarded, is_made_for_claim, take_number, waiting_rows};
pub use ownership::{ask_for_ownership, matches_domain};

/// Maximum number of pending applications of a person.
pub const PENDING_MAX: usize = 5;

/// Maximum number of applications that a person can withdraw within a day.
pub const TAKEN_BACK_MAX: usize = 10;

const TOO_MANY: &str = "You have too many affiliation requests pending, please wait for them to be resolved before \
                        opening more.";
const DOUBLE: &str = "You already requested affiliation to this ASN/org";
const AGAIN: &str = "You canceled a request for this within the last day. Wait a day before you send another one.";
const TOO_MANY_TAKEN_BACK: &str = "You have canceled too many requests today. Try again tomorrow.";
const SUGGESTIONS: &str = "This organization collects suggestions and has no members. Ask by the AS number of your \
                           network instead.";
/// Reason of the step that ends an approved application.
pub const APPROVED: &str = "approved";
/// Context of a decision about joining: the registry, the operator's settings, and results of external services.
#[derive(Clone, Copy)]
pub struct JoinContext<'a> {
    pub registry: &'a Snapshot,
    pub policy: &'a rules::WritePolicy,
    pub outside: &'a ExternalFacts,
}

/// The input of an application: an AS number, and the id or name of an organization.
#[derive(Debug, Clone, Default)]
pub struct JoinRequest {
    pub asn: String,
    pub org: String,
}

/// Result of an application.
#[derive(Debug, Clone)]
pub struct JoinOutcome {
    pub state: ApplicationState,
    pub org: Option<OrgId>,
    /// `None` if it was approved at once.
    pub application: Option<Application>,
}

/// A person's applications, oldest first.
pub fn of_user(people: &People, user: UserId) -> impl Iterator<Item = &Application> {
    people.applications().map(AsRef::as_ref).filter(move |application| application.user == user)
}

/// Pending applications to an organization, oldest first.
pub fn waiting_at(people: &People, org: OrgId) -> impl Iterator<Item = &Application> {
    let waits = move |one: &&Application| one.org == Some(org) && one.state == ApplicationState::Pending;
    people.applications().map(AsRef::as_ref).filter(waits)
}

fn pending<'a>(context: &'a AccessContext<'_>, user: UserId) -> impl Iterator<Item = &'a Application> {
    of_user(context.people, user).filter(|application| application.state == ApplicationState::Pending)
}

/// Applications that were withdrawn within a day. They cannot be repeated, so that nobody mails admins in a loop.
fn taken_back<'a>(context: &'a AccessContext<'_>, user: UserId) -> impl Iterator<Item = &'a Application> {
    let now = context.now;
    of_user(context.people, user).filter(move |one| {
        one.state == ApplicationState::Canceled && one.decided.is_some_and(|decided| decided + DAY > now)
    })
}

/// Deletes applications that were denied, or withdrawn more than a day ago.
fn flush(context: &AccessContext<'_>, user: UserId) -> Vec<RecordStep> {
    let kept: Vec<ApplicationId> = taken_back(context, user).map(|one| one.id).collect();
    let old =
        of_user(context.people, user).filter(|one| one.state != ApplicationState::Pending && !kept.contains(&one.id));
    old.map(|application| RecordStep::erase(application).caused_by(Cause::Superseded)).collect()
}

fn may_wait(context: &AccessContext<'_>, user: UserId) -> Result<(), AccessError> {
    if pending(context, user).count() >= PENDING_MAX {
        return Err(AccessError::Refused(TOO_MANY.to_owned()));
    }
    if taken_back(context, user).count() >= TAKEN_BACK_MAX {
        return Err(AccessError::Refused(TOO_MANY_TAKEN_BACK.to_owned()));
    }
    Ok(())
}

/// Applies to join an organization, by its AS number, id or name.
///
/// # Errors
/// The input is invalid, or the same application is already pending; or an external service has to be asked first.
pub fn request(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    input: &JoinRequest,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    let user = context.needs_person()?;
    may_wait(context, user.id)?;
    let target = JoinTarget::read(join_context.registry, input)?;
    let refused = |text: &str| AccessError::Refused(text.to_owned());
    let is_double = |one: &Application| {
        (one.org.is_some() && one.org == target.org)
            || (one.asn.is_some() && one.asn == target.asn)
            || (!target.name.is_empty() && one.org_name.to_lowercase() == target.name.to_lowercase())
    };
    if pending(context, user.id).any(is_double) {
        return Err(refused(DOUBLE));
    }
    if let Some((org, planned)) = claim(context, join_context, user, &target)? {
        return Ok((JoinOutcome { state: ApplicationState::Approved, org: Some(org), application: None }, planned));
    }
    if taken_back(context, user.id).any(is_double) {
        return Err(refused(AGAIN));
    }
    if target.org == Some(join_context.policy.suggestion_org) {
        return ask_suggested(context, join_context, user, target);
    }
    let is_dead = |org: OrgId| !join_context.registry.is_alive(org);
    // The number of a deleted network can be requested again, for instance after a claim was withdrawn.
    let is_free = !target.is_named && target.net.is_some_and(|(_, is_deleted)| is_deleted);
    if let Some(asn) = target.asn.filter(|_| is_free && target.org.is_some_and(is_dead)) {
        return ask_number(context, join_context, user, target, asn);
    }
    if target.org.is_some_and(is_dead) {
        return Err(AccessError::Refused(deleted_org(&join_context.policy.support_email)));
    }
    if target.org.is_some_and(|org| context.people.member(org, user.id).is_some()) {
        return Err(refused("You are already affiliated with this organization."));
    }
    if target.asn.is_some_and(|asn| rules::is_reserved(i64::from(asn))) && join_context.policy.checks_rir {
        return Err(field("asn", "ASNs in this range are private or reserved"));
    }
    match (target.org, target.asn) {
        (Some(org), _) if context.people.admins_of(org).next().is_some() => ask_admins(context, user, &target),
        (Some(_), _) => ask_unowned(context, join_context, user, &target),
        (None, Some(asn)) => ask_unknown(context, join_context, user, target, asn),
        (None, None) => {
            let note = "No organization has this name.".to_owned();
            Ok(wait(context, user, &target, ApplicationState::Pending, note, PlannedSteps::default()))
        }
    }
}

fn wait(
    context: &AccessContext<'_>,
    user: &User,
    target: &JoinTarget,
    state: ApplicationState,
    note: String,
    mut planned: PlannedSteps,
) -> (JoinOutcome, PlannedSteps) {
    let application = Application {
        id: context.people.free_id::<Application>(),
        user: user.id,
        wanted: ApplicationAim::Place,
        org: target.org,
        asn: target.asn,
        org_name: target.name.clone(),
        state,
        created: context.now,
        note,
        decided: (state != ApplicationState::Pending).then_some(context.now),
    };
    planned.records.extend(flush(context, user.id));
    planned.records.push(RecordStep::create(&application));
    (JoinOutcome { state, org: target.org, application: Some(application) }, planned)
}

/// Lets the organization's admins decide. A person without an address in its domains is denied at once.
fn ask_admins(
    context: &AccessContext<'_>,
    user: &User,
    target: &JoinTarget,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    let org = target.org.unwrap_or_default();
    let (state, note) = match members::check_domains(context, org, user) {
        Ok(()) if target.net.is_some_and(|(_, is_deleted)| is_deleted) => {
            (ApplicationState::Pending, "The network with this AS number was deleted.".to_owned())
        }
        Ok(()) => (ApplicationState::Pending, String::new()),
        Err(AccessError::Field { text, .. }) => (ApplicationState::Denied, text),
        Err(other) => return Err(other),
    };
    Ok(wait(context, user, target, state, note, PlannedSteps::default()))
}

fn deleted_org(support: &str) -> String {
    format!(
        "Unable to affiliate as this organization has been deleted. Please reach out to {support} if you wish to \
         resolve this."
    )
}

fn deleted_net(support: &str) -> String {
    format!(
        "Unable to affiliate as this network has been deleted. Please reach out to {support} if you wish to resolve \
         this."
    )
}

/// Sends a request for an organization without admins.
fn ask_unowned(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    user: &User,
    target: &JoinTarget,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    let number = target.asn.filter(|_| target.is_of_number(join_context.registry));
    let registration = number.map(|asn| registered(join_context, asn)).transpose()?.flatten();
    if number.is_some() && target.net.is_some_and(|(_, is_deleted)| is_deleted) {
        let note = deleted_net(&join_context.policy.support_email);
        return Ok(wait(context, user, target, ApplicationState::Denied, note, PlannedSteps::default()));
    }
    let note = match (number, target.asn) {
        (Some(_), _) => describe(registration, false),
        (None, Some(asn)) => format!("AS{asn} is not the number of a network of this organization."),
        (None, None) => String::new(),
    };
    Ok(wait(context, user, target, ApplicationState::Pending, note, PlannedSteps::default()))
}

/// Lets staff decide about a suggested network whose number the applicant has not proved. Nobody becomes a member of
/// the organization that collects suggestions.
fn ask_suggested(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    user: &User,
    target: JoinTarget,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    let Some(asn) = target.asn.filter(|_| target.is_of_number(join_context.registry)) else {
        return Err(AccessError::Refused(SUGGESTIONS.to_owned()));
    };
    ask_number(context, join_context, user, target, asn)
}

/// Lets staff decide about the network with an AS number that does not belong to any live organization with members.
fn ask_number(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    user: &User,
    mut target: JoinTarget,
    asn: u32,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    target.org = None;
    let note = describe(registered(join_context, asn)?, false);
    Ok(wait(context, user, &target, ApplicationState::Pending, note, PlannedSteps::default()))
}

/// The number is not registered here. Nothing is created before staff approve, since the number may be mistyped.
fn ask_unknown(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    user: &User,
    mut target: JoinTarget,
    asn: u32,
) -> Result<(JoinOutcome, PlannedSteps), AccessError> {
    let registration = registered(join_context, asn)?;
    match registration {
        None
        | Some(NumberRegistration::Found { .. } | NumberRegistration::Block { .. } | NumberRegistration::Reserved) => {}
        Some(NumberRegistration::Unassigned) => return Err(field("asn", "This ASN is not assigned by any RIR")),
        Some(NumberRegistration::Refused(why)) => return Err(field("asn", why.as_str())),
        Some(NumberRegistration::Unavailable) => {
            let support = &join_context.policy.support_email;
            let text = format!("Unable to retrieve RDAP data. If the issue persists, please contact {support}.");
            return Err(field("asn", text));
        }
    }
    if target.name.is_empty() {
        let holder = holder_of(registration).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        target.name = holder.chars().take(NAME_LETTERS_MAX).collect();
    }
    ask_number(context, join_context, user, target, asn)
}

/// The ids of a person's pending applications.
pub fn waiting_of(people: &People, user: UserId) -> Vec<ApplicationId> {
    let waits = |one: &&Application| one.state == ApplicationState::Pending;
    of_user(people, user).filter(waits).map(|one| one.id).collect()
}

/// Withdraws the caller's own application, and deletes what was created for it.
pub fn cancel(
    context: &AccessContext<'_>,
    join_context: &JoinContext<'_>,
    id: ApplicationId,
) -> Result<(Application, PlannedSteps), AccessError> {
    let user = context.needs_person()?;
    let before = pending(context, user.id).find(|application| application.id == id);
    let before = before.ok_or(AccessError::NotFound("Request not found"))?;
    let after = Application { state: ApplicationState::Canceled, decided: Some(context.now), ..before.clone() };
    let records = vec![RecordStep::update(before, &after).caused_by(Cause::ApplicationCanceled)];
    let rows = withdrawn(context.people, join_context.registry, &[id], context.now);
    Ok((after, PlannedSteps { rows, records, cause: Some(Cause::RequestTakenBack), ..PlannedSteps::default() }))
}
