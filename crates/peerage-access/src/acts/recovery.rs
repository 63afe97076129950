//! Recovery of an account whose second factor is lost (spec/accounts.md, 24).
//!
//! The person needs two different proofs: an address that they can read, and either such an address in another domain
//! or an admin of one of their organizations. Then everyone concerned is notified, and for three days a single click
//! can stop the recovery; so does a login with a factor that was reported lost. Only after that is the account opened,
//! without any of its former credentials, and for a day it is read-only.

mod ending;
mod links;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, RecoveryId, UserId};
use peerage_registry::moment::{DAY, Moment, SignedDuration, days};

use crate::acts::tickets::{self, BrowserMark};
use crate::acts::{AccessContext, AccessError, RecordStep, accounts, members, staff};
use crate::key_string::KeyKind;
use crate::people::People;
use crate::records::{
    Key, KeyState, MemberRole, Recovery, RecoveryEvidence, RecoveryState, Ticket, TicketPurpose, User,
};
use crate::server_key::ServerKey;
use crate::staff_ranks::StaffPower;

pub(crate) use ending::stopped_by_closing;
pub use ending::{due, is_due, stop, stop_own, stoppable, stopped_by_log_in};

/// How long a recovery can be stopped once it has enough proofs.
pub const COOL_DOWN: SignedDuration = days(3);

/// How long proofs can be collected.
pub const GATHERING: SignedDuration = DAY;

/// How long the account can be opened after the cool-down.
pub const OPENING: SignedDuration = days(7);

/// How long the account is read-only afterwards.
pub const READING: SignedDuration = DAY;

/// How long someone must have been a member or an admin before a recovery began, for an admin's confirmation to count.
pub const KNOWN: SignedDuration = days(30);

/// Maximum number of recoveries of an account that one of its mailboxes can begin within a day.
pub const STARTS_MAX: usize = 3;

/// Minimum time between two recoveries of an account.
pub const BETWEEN: SignedDuration = days(30);

/// Random bytes of a mailed link.
pub type LinkNonce = [u8; 16];

/// Maximum number of links that are mailed in one step: to addresses of the person, and to admins who can stop it.
pub const LINKS_MAX: usize = 40;

/// Error for an admin who confirms without a number although one is needed.
const SEVERAL: &str = "Several browsers ask for a recovery of this account. Ask the person for the number of their \
                       request, and vouch for that one.";

/// Error for continuing a recovery whose proofs are no longer valid.
const TOO_LITTLE: &str = "Too little speaks for this recovery by now: an address was removed, or an admin who vouched \
                          is none any more. It has to be begun again.";

fn refused(text: &str) -> AccessError {
    AccessError::Refused(text.to_owned())
}

/// An account's recoveries in progress: one for each browser that requested one.
pub fn open_of(people: &People, user: UserId, now: Moment) -> impl Iterator<Item = &Arc<Recovery>> {
    people.recoveries().filter(move |recovery| recovery.user == user && is_open(recovery, now))
}

/// An account's recoveries that still need proofs, and that an admin can confirm.
pub fn vouchable(people: &People, user: UserId, now: Moment) -> impl Iterator<Item = &Arc<Recovery>> {
    open_of(people, user, now).filter(|recovery| recovery.state == RecoveryState::Open)
}

/// The recovery by which an account was opened recently, if any.
pub fn lately_done(people: &People, user: UserId) -> Option<&Arc<Recovery>> {
    people.recoveries().find(|recovery| recovery.user == user && recovery.state == RecoveryState::Done)
}

/// Whether a recovery is in progress.
pub fn is_open(recovery: &Recovery, now: Moment) -> bool {
    match recovery.state {
        RecoveryState::Open => recovery.begun + GATHERING > now,
        RecoveryState::Waiting => recovery.ends.is_none_or(|ends| ends + OPENING > now),
        RecoveryState::Review => recovery.begun + BETWEEN > now,
        RecoveryState::Done | RecoveryState::Stopped => false,
    }
}

/// Reports the loss of an account's second factor. The answer is always the same. A mail to each confirmed address says
/// how to continue. Nothing begins before one of these is answered, so someone who cannot read any of the mailboxes
/// neither uses up a limit nor obstructs the owner.
pub fn begin(context: &AccessContext<'_>, name: &str, browser: &str, nonces: &[LinkNonce]) -> Vec<RecordStep> {
    let Some(user) = crate::acts::log_in::find(context.people, name).filter(|user| user.active) else {
        return Vec::new();
    };
    if context.people.factors_of(user.id).next().is_none() || was_lately_done(context, user.id) {
        return Vec::new();
    }
    let own = links::confirmed(user).map(|address| (TicketPurpose::Recover, address.to_owned()));
    links::to(context, user.id, None, Some(browser), own, nonces)
}

fn was_lately_done(context: &AccessContext<'_>, user: UserId) -> bool {
    let is_done = |recovery: &&Arc<Recovery>| recovery.user == user && recovery.state == RecoveryState::Done;
    context.people.recoveries().filter(is_done).any(|recovery| opened(recovery) + BETWEEN > context.now)
}

/// Whether the reader of a mailbox can begin a recovery now. Requests of others from the same network do not count:
/// they limit how often a mail is sent, and nobody opens a link that was not mailed to them.
fn may_start(context: &AccessContext<'_>, user: UserId, evidence: &RecoveryEvidence) -> bool {
    let today = context.people.recoveries().filter(|recovery| recovery.begun + DAY > context.now);
    let of_mailbox =
        today.filter(|recovery| recovery.user == user && recovery.evidence.first() == Some(evidence)).count();
    of_mailbox < STARTS_MAX && !was_lately_done(context, user)
}

/// The earliest time at which a completed recovery can have opened its account.
fn opened(recovery: &Recovery) -> Moment {
    recovery.ends.unwrap_or(recovery.begun)
}

/// The recovery that a mailed word belongs to, with its ticket.
fn by_word<'a>(
    context: &'a AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    purpose: TicketPurpose,
) -> Result<(&'a Recovery, &'a Ticket), AccessError> {
    let ticket = tickets::find(context.people, server_key, word, purpose, None, context.now)?;
    let recovery = ticket.recovery.and_then(|id| context.people.recovery(id));
    let recovery = recovery.filter(|recovery| is_open(recovery, context.now));
    Ok((recovery.ok_or_else(|| refused("This recovery has ended. Start again if you need to."))?, ticket))
}

/// Proves an address of the account in a browser. The first proof begins a recovery for that browser.
pub fn show_address(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    browser: &BrowserMark,
    address: &str,
    nonces: &[LinkNonce],
) -> Result<(Recovery, Vec<RecordStep>), AccessError> {
    let ticket = tickets::find(context.people, server_key, word, TicketPurpose::Recover, Some(browser), context.now)?;
    let user = ticket.user.and_then(|user| context.people.user(user)).filter(|user| user.active);
    let user = user.ok_or(AccessError::NotFound("This account is closed."))?;
    let evidence = RecoveryEvidence::Address { address: ticket.address.clone() };
    let is_its = |recovery: &&Arc<Recovery>| recovery.browser.as_deref() == Some(browser.mark.as_str());
    let known = open_of(context.people, user.id, context.now).find(is_its);
    let (after, mut steps) = if let Some(before) = known {
        with_evidence(context, before, evidence, nonces)
    } else {
        if !may_start(context, user.id, &evidence) {
            return Err(refused("Too many recoveries have been started recently. Try again in a day."));
        }
        let recovery = Recovery {
            id: context.people.free_id::<Recovery>(),
            user: user.id,
            state: RecoveryState::Open,
            begun: context.now,
            ends: None,
            evidence: vec![evidence],
            told: 0,
            address: address.to_owned(),
            browser: Some(browser.mark.clone()),
        };
        let step = RecordStep::create(&recovery).caused_by(Cause::RecoveryBegun);
        (recovery, vec![step])
    };
    steps.push(tickets::used(context, ticket));
    Ok((after, steps))
}

/// Records that an admin confirms the person's identity. It must be another admin of an organization to which the
/// person belongs, with a factor that was just verified. `request`: the number of the recovery, which the person sees;
/// needed if several browsers have requested one for the same account.
pub fn vouch(
    context: &AccessContext<'_>,
    user: UserId,
    org: OrgId,
    request: Option<RecoveryId>,
    nonces: &[LinkNonce],
) -> Result<(Recovery, Vec<RecordStep>), AccessError> {
    members::may_give(context, org)?;
    let by = context.needs_person()?.id;
    if by == user {
        return Err(refused("You cannot vouch for yourself."));
    }
    let asking: Vec<&Arc<Recovery>> = vouchable(context.people, user, context.now).collect();
    let before = match (request, &asking[..]) {
        (None, [one]) => Some(*one),
        (None, [_, _, ..]) => return Err(refused(SEVERAL)),
        (request, _) => asking.iter().copied().find(|recovery| Some(recovery.id) == request),
    };
    let before = before.ok_or(AccessError::NotFound("This person has not requested a recovery."))?;
    if let Some(fault) = voucher_fault(context.people, before, by, user, org) {
        return Err(fault);
    }
    let (after, mut steps) = with_evidence(context, before, RecoveryEvidence::Vouch { by, org }, nonces);
    if !steps.is_empty() {
        steps
            .extend(context.people.member(org, user).map(|member| RecordStep::note(&**member, Cause::RecoveryVouched)));
    }
    Ok((after, steps))
}

/// The numbers of a member's recoveries that an admin can confirm.
pub fn may_vouch(people: &People, by: UserId, user: UserId, org: OrgId, now: Moment) -> Vec<RecoveryId> {
    let fits = |recovery: &&Arc<Recovery>| by != user && voucher_fault(people, recovery, by, user, org).is_none();
    vouchable(people, user, now).filter(fits).map(|recovery| recovery.id).collect()
}

/// Why an admin's confirmation does not count. Both the admin and the member must have had their roles for a while
/// before the recovery began, so that nobody is made a member or an admin for this purpose.
fn voucher_fault(people: &People, recovery: &Recovery, by: UserId, user: UserId, org: OrgId) -> Option<AccessError> {
    let is_known = |since: Moment| since + KNOWN <= recovery.begun;
    let admin = people.member(org, by).filter(|member| member.rank == MemberRole::Admin);
    match (admin, people.member(org, user)) {
        (None, _) => Some(refused("Only an admin of the organization can vouch for its members.")),
        (_, None) => Some(AccessError::NotFound("User is not in the organization")),
        (Some(admin), _) if !is_known(admin.ranked.unwrap_or(admin.since)) => {
            Some(refused("You can vouch only if you were an admin for at least 30 days before the recovery started."))
        }
        (_, Some(member)) if !is_known(member.since) => Some(refused(
            "You can vouch only for someone who was a member for at least 30 days before the recovery \
                started.",
        )),
        _ => None,
    }
}

fn with_evidence(
    context: &AccessContext<'_>,
    before: &Recovery,
    evidence: RecoveryEvidence,
    nonces: &[LinkNonce],
) -> (Recovery, Vec<RecordStep>) {
    let mut after = before.clone();
    if before.state != RecoveryState::Open || before.evidence.contains(&evidence) {
        return (after, Vec::new());
    }
    after.evidence.push(evidence);
    let mut steps = Vec::new();
    if suffices(&standing(context.people, &after)) {
        let is_only_admin = context
            .people
            .memberships_of(after.user)
            .any(|member| context.organizations.is_alive(member.org) && members::is_last_admin(context, member));
        if is_only_admin {
            after.state = RecoveryState::Review;
        } else {
            steps.extend(wait(context, &mut after, nonces));
        }
    }
    steps.insert(0, RecordStep::update(before, &after).caused_by(Cause::RecoveryProof));
    (after, steps)
}

/// Whether the proofs suffice: an address and an admin, or addresses in different domains.
pub fn suffices(evidence: &[RecoveryEvidence]) -> bool {
    let has_vouch = evidence.iter().any(|one| matches!(one, RecoveryEvidence::Vouch { .. }));
    let mut domains: Vec<String> = evidence
        .iter()
        .filter_map(|one| match one {
            RecoveryEvidence::Address { address } => address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()),
            RecoveryEvidence::Vouch { .. } => None,
        })
        .collect();
    domains.sort();
    domains.dedup();
    domains.len() > 1 || (has_vouch && !domains.is_empty())
}

/// The proofs of a recovery that are still valid: addresses that the account still has, and admins who could confirm
/// now.
fn standing(people: &People, recovery: &Recovery) -> Vec<RecoveryEvidence> {
    let user = people.user(recovery.user);
    let stands = |one: &&RecoveryEvidence| match one {
        RecoveryEvidence::Address { address } => user.is_some_and(|user| user.has_confirmed(address)),
        RecoveryEvidence::Vouch { by, org } => {
            people.user(*by).is_some_and(|by| by.active)
                && voucher_fault(people, recovery, *by, recovery.user, *org).is_none()
        }
    };
    recovery.evidence.iter().filter(stands).cloned().collect()
}

/// Begins the cool-down.
fn wait(context: &AccessContext<'_>, recovery: &mut Recovery, nonces: &[LinkNonce]) -> Vec<RecordStep> {
    recovery.state = RecoveryState::Waiting;
    recovery.ends = Some(context.now + COOL_DOWN);
    recovery.told = 1;
    links::stops(context, recovery, nonces)
}

/// Lets the recovery of an organization's only admin continue after review by staff. Staff cannot open the account: the
/// cool-down begins as for everyone else.
pub fn approve(
    context: &AccessContext<'_>,
    id: RecoveryId,
    nonces: &[LinkNonce],
) -> Result<Vec<RecordStep>, AccessError> {
    let before = reviewed(context, id)?;
    if context.by.user() == Some(before.user) {
        return Err(refused("You cannot approve your own recovery."));
    }
    if !suffices(&standing(context.people, before)) {
        return Err(refused(TOO_LITTLE));
    }
    let mut after = before.clone();
    let mut steps = wait(context, &mut after, nonces);
    steps.insert(0, RecordStep::update(before, &after).caused_by(Cause::RecoveryLetGoOn));
    Ok(steps)
}

/// Refuses a recovery on behalf of staff, with a reason.
pub fn refuse(context: &AccessContext<'_>, id: RecoveryId, why: &str) -> Result<Vec<RecordStep>, AccessError> {
    let before = reviewed(context, id)?;
    let why = crate::acts::refusal_of(why)?;
    let after = Recovery { state: RecoveryState::Stopped, ..before.clone() };
    Ok(vec![RecordStep::update(before, &after).caused_by(Cause::RecoveryRefused { why })])
}

/// A recovery about which the caller can decide.
fn reviewed<'a>(context: &'a AccessContext<'_>, id: RecoveryId) -> Result<&'a Recovery, AccessError> {
    staff::needs_power(context, StaffPower::ReviewRecoveries)?;
    let found = in_review(context, id)?;
    staff::needs_rank_of(context, found.user)?;
    Ok(found)
}

fn in_review<'a>(context: &'a AccessContext<'_>, id: RecoveryId) -> Result<&'a Recovery, AccessError> {
    let found =
        context.people.recovery(id).filter(|one| one.state == RecoveryState::Review && is_open(one, context.now));
    found.map(AsRef::as_ref).ok_or(AccessError::NotFound("There is no recovery with this number that you can approve."))
}

/// The account that a mailed word opens.
pub fn finishable<'a>(
    context: &'a AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
) -> Result<&'a Arc<User>, AccessError> {
    let (recovery, _) = by_word(context, server_key, word, TicketPurpose::FinishRecovery)?;
    if !suffices(&standing(context.people, recovery)) {
        return Err(refused(TOO_LITTLE));
    }
    let is_over = recovery.ends.is_some_and(|ends| ends <= context.now);
    let user = context.people.user(recovery.user).filter(|user| user.active && is_over);
    user.ok_or_else(|| refused("This recovery is still in progress."))
}

/// Opens the account with a new password and without factors, so that the next login sets one up. Sessions and consents
/// to other sites end, keys are suspended until their owner resumes them one by one, and the account is read-only for a
/// day.
pub fn finish(
    context: &AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
    hash: String,
) -> Result<Vec<RecordStep>, AccessError> {
    let user = finishable(context, server_key, word)?;
    let (before, ticket) = by_word(context, server_key, word, TicketPurpose::FinishRecovery)?;
    let done = Recovery { state: RecoveryState::Done, ..before.clone() };
    let mut steps =
        vec![RecordStep::update(before, &done).caused_by(Cause::RecoveryDone), tickets::used(context, ticket)];
    steps.extend(
        context
            .people
            .factors_of(user.id)
            .map(|factor| RecordStep::erase(&**factor).caused_by(Cause::AccountRecovered)),
    );
    steps.extend(
        context.people.codes(user.id).map(|codes| RecordStep::erase(&**codes).caused_by(Cause::AccountRecovered)),
    );
    steps.extend(accounts::replace_password(context, user, hash, Cause::AccountRecovered));
    // Other requests for the same account come too late.
    let others = open_of(context.people, user.id, context.now).filter(|other| other.id != before.id);
    for other in others {
        let stopped = Recovery { state: RecoveryState::Stopped, ..Recovery::clone(other) };
        steps.push(RecordStep::update(&**other, &stopped).caused_by(Cause::AccountRecovered));
    }
    let own = context.people.keys().map(|entry| &*entry.key);
    let own = own.filter(|key| key.kind != KeyKind::Org && key.user == Some(user.id) && key.state == KeyState::Active);
    for key in own {
        let after = Key { state: KeyState::Suspended, ..key.clone() };
        steps.push(RecordStep::update(key, &after).caused_by(Cause::KeySuspendedByRecovery));
    }
    // Also recorded in the audit log of each organization that the person belongs to.
    steps.extend(
        context.people.memberships_of(user.id).map(|member| RecordStep::note(&**member, Cause::AccountRecovered)),
    );
    let after = User { reads_until: Some(context.now + READING), ..User::clone(user) };
    steps.push(RecordStep::update(&**user, &after).caused_by(Cause::AccountRecovered));
    Ok(steps)
}
