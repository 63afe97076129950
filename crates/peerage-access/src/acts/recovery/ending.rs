//! How a recovery ends early, and what happens to it over time.

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::UserId;
use peerage_registry::moment::{DAY, Moment};

use crate::acts::{AccessContext, AccessError, RecordStep, accounts, tickets};
use crate::people::People;
use crate::records::{Recovery, RecoveryEvidence, RecoveryState, TicketPurpose, User};
use crate::server_key::ServerKey;

use super::{BETWEEN, COOL_DOWN, LinkNonce, by_word, is_open, links, open_of, refused, standing, suffices};

fn stopped(before: &Recovery, cause: Cause) -> RecordStep {
    let after = Recovery { state: RecoveryState::Stopped, ..before.clone() };
    RecordStep::update(before, &after).caused_by(cause)
}

/// The account whose recovery a mailed link stops, to be shown before the button is pressed.
pub fn stoppable<'a>(
    context: &'a AccessContext<'_>,
    server_key: &ServerKey,
    word: &str,
) -> Result<&'a Arc<User>, AccessError> {
    let (recovery, _) = by_word(context, server_key, word, TicketPurpose::StopRecovery)?;
    context.people.user(recovery.user).ok_or(AccessError::NotFound("This account is closed."))
}

/// Stops a recovery by a mailed link. Someone with access to a mailbox of the person has tried to get in, so the
/// account is suspended until staff have talked to its owner.
pub fn stop(context: &AccessContext<'_>, server_key: &ServerKey, word: &str) -> Result<Vec<RecordStep>, AccessError> {
    let (before, ticket) = by_word(context, server_key, word, TicketPurpose::StopRecovery)?;
    let mut steps = vec![stopped(before, Cause::RecoveryStoppedByLink), tickets::used(context, ticket)];
    if let Some(user) = context.people.user(before.user).filter(|user| user.active) {
        let barred = User { active: false, ..User::clone(user) };
        steps.push(RecordStep::update(&**user, &barred).caused_by(Cause::BarredByStoppedRecovery));
        steps.extend(accounts::end_presence(context, user.id, &Cause::RecoveryStopped));
    }
    Ok(steps)
}

/// Stops the recovery of one's own account from a complete session: its person has lost nothing. The account stays
/// active.
pub fn stop_own(context: &AccessContext<'_>) -> Result<Vec<RecordStep>, AccessError> {
    let user = context.needs_person()?.id;
    let steps: Vec<RecordStep> = open_of(context.people, user, context.now)
        .map(|before| stopped(before, Cause::RecoveryStoppedBySession))
        .collect();
    if steps.is_empty() {
        return Err(refused("Your account is not being recovered."));
    }
    Ok(steps)
}

/// Steps of a login with a factor, which shows that the factor is not lost.
pub fn stopped_by_log_in(context: &AccessContext<'_>, user: UserId) -> Vec<RecordStep> {
    open_of(context.people, user, context.now).map(|before| stopped(before, Cause::RecoveryStoppedByLogIn)).collect()
}

/// A closed account can no longer be opened.
pub(crate) fn stopped_by_closing(context: &AccessContext<'_>, user: UserId, cause: &Cause) -> Vec<RecordStep> {
    open_of(context.people, user, context.now).map(|before| stopped(before, cause.clone())).collect()
}

/// Whether any timed steps are due.
pub fn is_due(people: &People, now: Moment) -> bool {
    people.recoveries().any(|recovery| {
        due_kind(recovery, now).is_some() || is_outdated(recovery, now) || has_lapsed(people, recovery, now)
    })
}

/// Whether a recovery that had enough proofs no longer has.
fn has_lapsed(people: &People, recovery: &Recovery, now: Moment) -> bool {
    let went_on = matches!(recovery.state, RecoveryState::Waiting | RecoveryState::Review);
    went_on && is_open(recovery, now) && !suffices(&standing(people, recovery))
}

/// Whether a reminder (`false`) or the final link (`true`) is due.
fn due_kind(recovery: &Recovery, now: Moment) -> Option<bool> {
    let ends = recovery.ends.filter(|_| recovery.state == RecoveryState::Waiting && recovery.told < 3)?;
    let is_over = ends <= now;
    (is_over || (recovery.told < 2 && ends - COOL_DOWN + DAY <= now)).then_some(is_over)
}

/// Whether a recovery can be forgotten: it has ended, and no longer counts towards a limit.
fn is_outdated(recovery: &Recovery, now: Moment) -> bool {
    !is_open(recovery, now) && recovery.ends.unwrap_or(recovery.begun).max(recovery.begun) + BETWEEN <= now
}

/// Timed steps: reminders after a day, the final link when the cool-down is over, and deletion of old recoveries.
pub fn due(context: &AccessContext<'_>, nonces: &[LinkNonce]) -> Vec<RecordStep> {
    for before in context.people.recoveries() {
        if has_lapsed(context.people, before, context.now) {
            return vec![stopped(before, Cause::RecoveryLapsed)];
        }
        let Some(is_over) = due_kind(before, context.now) else { continue };
        let after = Recovery { told: if is_over { 3 } else { 2 }, ..Recovery::clone(before) };
        let cause = if is_over { Cause::RecoveryReady } else { Cause::RecoveryReminder };
        let mut steps = vec![RecordStep::update(&**before, &after).caused_by(cause)];
        if is_over {
            let proved = standing(context.people, &after).into_iter().filter_map(|one| match one {
                RecoveryEvidence::Address { address } => Some((TicketPurpose::FinishRecovery, address)),
                RecoveryEvidence::Vouch { .. } => None,
            });
            let others =
                links::stoppers(context, &after).into_iter().map(|address| (TicketPurpose::StopRecovery, address));
            steps.extend(links::to(context, after.user, Some(after.id), None, proved.chain(others), nonces));
        } else {
            steps.extend(links::stops(context, &after, nonces));
        }
        // One at a time: ids of further links are free only after these are written.
        return steps;
    }
    let old = context.people.recoveries().filter(|recovery| is_outdated(recovery, context.now));
    old.map(|recovery| RecordStep::erase(&**recovery).caused_by(Cause::Lapsed)).collect()
}
