//! How a recovery ends before its time, and what becomes of it by the clock.

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::UserId;
use peerage_registry::moment::Micros;

use crate::acts::{AccessError, Desk, RecordStep, accounts, tickets};
use crate::people::People;
use crate::records::{Evidence, Purpose, Recovery, RecoveryState, User};
use crate::server_key::ServerKey;

use super::{BETWEEN, COOL_DOWN, DAY, Nonce, by_word, is_open, links, open_of, refused, standing, suffices};

fn stopped(before: &Recovery, cause: Cause) -> RecordStep {
    let after = Recovery { state: RecoveryState::Stopped, ..before.clone() };
    RecordStep::update(before, &after).caused_by(cause)
}

/// What a mailed link stops, to be shown before the button is pressed.
pub fn stoppable<'a>(desk: &'a Desk<'_>, server_key: &ServerKey, word: &str) -> Result<&'a Arc<User>, AccessError> {
    let (recovery, _) = by_word(desk, server_key, word, Purpose::StopRecovery)?;
    desk.people.user(recovery.user).ok_or(AccessError::NotFound("This account is closed."))
}

/// Stops a recovery by a mailed link. Somebody who reads a mailbox of the person's has tried to get in, so the account
/// is barred until staff have spoken with its owner.
pub fn stop(desk: &Desk<'_>, server_key: &ServerKey, word: &str) -> Result<Vec<RecordStep>, AccessError> {
    let (before, ticket) = by_word(desk, server_key, word, Purpose::StopRecovery)?;
    let mut steps = vec![stopped(before, Cause::RecoveryStoppedByLink), tickets::used(desk, ticket)];
    if let Some(user) = desk.people.user(before.user).filter(|user| user.active) {
        let barred = User { active: false, ..User::clone(user) };
        steps.push(RecordStep::update(&**user, &barred).caused_by(Cause::BarredByStoppedRecovery));
        steps.extend(accounts::end_presence(desk, user.id, &Cause::RecoveryStopped));
    }
    Ok(steps)
}

/// Stops the recovery of one's own account from a session that is open: whoever has one has lost nothing. The account
/// stays open to them.
pub fn stop_own(desk: &Desk<'_>) -> Result<Vec<RecordStep>, AccessError> {
    let user = desk.needs_person()?.id;
    let steps: Vec<RecordStep> =
        open_of(desk.people, user, desk.now).map(|before| stopped(before, Cause::RecoveryStoppedBySession)).collect();
    if steps.is_empty() {
        return Err(refused("Your account is not being recovered."));
    }
    Ok(steps)
}

/// Who logs in with a factor has not lost it: steps that a log-in takes with it.
pub fn stopped_by_log_in(desk: &Desk<'_>, user: UserId) -> Vec<RecordStep> {
    open_of(desk.people, user, desk.now).map(|before| stopped(before, Cause::RecoveryStoppedByLogIn)).collect()
}

/// An account that is closed is opened by nothing any more.
pub(crate) fn stopped_by_closing(desk: &Desk<'_>, user: UserId, cause: &Cause) -> Vec<RecordStep> {
    open_of(desk.people, user, desk.now).map(|before| stopped(before, cause.clone())).collect()
}

/// Whether anything is due by the clock.
pub fn is_due(people: &People, now: Micros) -> bool {
    people.recoveries().any(|recovery| {
        due_kind(recovery, now).is_some() || is_outdated(recovery, now) || has_lapsed(people, recovery, now)
    })
}

/// Whether a recovery that had enough to go on has too little by now.
fn has_lapsed(people: &People, recovery: &Recovery, now: Micros) -> bool {
    let went_on = matches!(recovery.state, RecoveryState::Waiting | RecoveryState::Review);
    went_on && is_open(recovery, now) && !suffices(&standing(people, recovery))
}

/// Whether a reminder or the last link is due: none, a reminder, or the end.
fn due_kind(recovery: &Recovery, now: Micros) -> Option<bool> {
    let ends = recovery.ends.filter(|_| recovery.state == RecoveryState::Waiting && recovery.told < 3)?;
    let is_over = ends <= now;
    (is_over || (recovery.told < 2 && ends - COOL_DOWN + DAY <= now)).then_some(is_over)
}

/// Whether nothing has to be known of it any more: it ended, and counts no longer against another.
fn is_outdated(recovery: &Recovery, now: Micros) -> bool {
    !is_open(recovery, now) && recovery.ends.unwrap_or(recovery.begun).max(recovery.begun) + BETWEEN <= now
}

/// What is due by the clock: reminders after a day, the last link when the cool-down is over, and forgetting what is
/// past.
pub fn due(desk: &Desk<'_>, nonces: &[Nonce]) -> Vec<RecordStep> {
    for before in desk.people.recoveries() {
        if has_lapsed(desk.people, before, desk.now) {
            return vec![stopped(before, Cause::RecoveryLapsed)];
        }
        let Some(is_over) = due_kind(before, desk.now) else { continue };
        let after = Recovery { told: if is_over { 3 } else { 2 }, ..Recovery::clone(before) };
        let cause = if is_over { Cause::RecoveryReady } else { Cause::RecoveryReminder };
        let mut steps = vec![RecordStep::update(&**before, &after).caused_by(cause)];
        if is_over {
            let proved = standing(desk.people, &after).into_iter().filter_map(|one| match one {
                Evidence::Address { address } => Some((Purpose::FinishRecovery, address)),
                Evidence::Vouch { .. } => None,
            });
            let others = links::stoppers(desk, &after).into_iter().map(|address| (Purpose::StopRecovery, address));
            steps.extend(links::to(desk, after.user, Some(after.id), None, proved.chain(others), nonces));
        } else {
            steps.extend(links::stops(desk, &after, nonces));
        }
        // One at a time: numbers of links are free only once these are written.
        return steps;
    }
    let old = desk.people.recoveries().filter(|recovery| is_outdated(recovery, desk.now));
    old.map(|recovery| RecordStep::erase(&**recovery).caused_by(Cause::Lapsed)).collect()
}
