//! Sessions that a login opens or replaces, and the limits on their number.

use peerage_registry::Cause;
use peerage_registry::ids::FactorId;
use peerage_registry::moment::SignedDuration;
use zeroize::Zeroizing;

use super::LoginContext;
use super::places::network_of;
use crate::acts::sessions::{self, FRESH, OF_ONE_MAX, UNFINISHED_MAX};
use crate::acts::{AccessContext, AccessError, RecordStep};
use crate::records::{AuthMethod, Session, SessionStage, User};

/// Appends `mfa` if there is more than one proof (spec/accounts.md, 15).
pub(crate) fn with_mfa(mut amr: Vec<AuthMethod>) -> Vec<AuthMethod> {
    amr.retain(|way| *way != AuthMethod::Mfa);
    if amr.len() > 1 {
        amr.push(AuthMethod::Mfa);
    }
    amr
}

pub(super) fn opened(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    user: &User,
    amr: Vec<AuthMethod>,
    passkey: Option<FactorId>,
    stage: SessionStage,
    life: SignedDuration,
) -> Result<(Zeroizing<String>, Session), AccessError> {
    let id = context.people.free_id::<Session>();
    let (text, secret) = sessions::issue(context, id, login.server_key, login.entropy)?;
    let is_done = stage != SessionStage::Factor;
    let session = Session {
        id,
        user: user.id,
        secret,
        created: context.now,
        expires: context.now + life,
        fresh_until: is_done.then_some(context.now + FRESH),
        by_backup: false,
        line: None,
        stage,
        amr,
        passkey,
        proved: is_done.then_some(context.now),
        address: login.address.to_owned(),
        agent: login.agent.to_owned(),
    };
    Ok((text, session))
}

/// Replaces a session by one with a new text and more authority.
pub(crate) fn rotated(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    before: &Session,
    stage: SessionStage,
    shown: Option<AuthMethod>,
) -> Result<(Zeroizing<String>, Session, [RecordStep; 2]), AccessError> {
    rotated_with(context, login, before, stage, shown, false)
}

/// The same; `is_another`: a second key was used in addition to the passkey that opened the session.
pub(super) fn rotated_with(
    context: &AccessContext<'_>,
    login: &LoginContext<'_>,
    before: &Session,
    stage: SessionStage,
    shown: Option<AuthMethod>,
    is_another: bool,
) -> Result<(Zeroizing<String>, Session, [RecordStep; 2]), AccessError> {
    let id = context.people.free_id::<Session>();
    let (text, secret) = sessions::issue(context, id, login.server_key, login.entropy)?;
    let mut amr = before.amr.clone();
    let keys = amr.iter().filter(|way| **way == AuthMethod::Swk).count();
    amr.extend(shown.filter(|way| !before.amr.contains(way) || (is_another && keys < 2)));
    let after = Session {
        id,
        secret,
        line: Some(before.line()),
        by_backup: before.by_backup && stage == SessionStage::Enrol,
        stage,
        amr: with_mfa(amr),
        fresh_until: if shown.is_some() { Some(context.now + FRESH) } else { before.fresh_until },
        proved: if shown.is_some() { Some(context.now) } else { before.proved },
        address: login.address.to_owned(),
        agent: login.agent.to_owned(),
        ..before.clone()
    };
    let steps = [
        RecordStep::erase(before).caused_by(Cause::SessionReplaced),
        RecordStep::create(&after).caused_by(Cause::SessionReplacing),
    ];
    Ok((text, after, steps))
}

/// Ends the oldest sessions of a person who has the maximum number. Those that wait for a second factor do not count,
/// so somebody who only knows the password cannot end a complete session.
pub(super) fn room(context: &AccessContext<'_>, user: &User) -> Vec<RecordStep> {
    let sessions: Vec<_> =
        context.people.sessions_of(user.id).filter(|one| one.stage != SessionStage::Factor).collect();
    let over = (sessions.len() + 1).saturating_sub(OF_ONE_MAX);
    let own = context.by.person().map(|(_, session)| session.id);
    let oldest = sessions.into_iter().filter(|session| Some(session.id) != own).take(over);
    oldest.map(|session| RecordStep::erase(&**session).caused_by(Cause::SessionSurplus)).collect()
}

/// Ends sessions that wait for a second factor if a new one would exceed the maximum: the oldest from the network with
/// the most, so that somebody who only knows the password cannot end the owner's login.
pub(super) fn room_to_wait(context: &AccessContext<'_>, new: &Session) -> Vec<RecordStep> {
    let mut waiting: Vec<_> =
        context.people.sessions_of(new.user).filter(|one| one.stage == SessionStage::Factor).collect();
    let mut steps = Vec::new();
    while waiting.len() >= UNFINISHED_MAX {
        let network = |session: &Session| network_of(&session.address);
        let of_network = |one: &Session| {
            let all = waiting.iter().map(|other| &***other).chain([new]);
            all.filter(|other| network(other) == network(one)).count()
        };
        // The first one of that network, which is the oldest.
        let Some(at) = (0..waiting.len()).rev().max_by_key(|at| of_network(waiting[*at])) else { break };
        steps.push(RecordStep::erase(&**waiting.remove(at)).caused_by(Cause::SessionSurplusWaiting));
    }
    steps
}
