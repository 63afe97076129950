//! Sessions of logged-in people.
//!
//! A session's text is `prs_<id>_<secret>`; as for keys, only a keyed hash is stored. A session that gains or changes
//! authority is replaced by another, which makes its old text invalid.
//!
//! For their life, see [`session_life`](crate::session_life).

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::SessionId;
use peerage_registry::moment::{Moment, SignedDuration, TICK};
use zeroize::Zeroizing;

use crate::acts::{AccessContext, AccessError, RecordStep, consents};
use crate::key_string::{ENTROPY_BYTES, KeyKind, make};
use crate::people::People;
use crate::principal::PrincipalKind;
use crate::records::{Key, KeyState, Session, SessionStage, StoredSecret, User};
use crate::server_key::ServerKey;

pub use crate::session_life::{
    FRESH, IDLE_MAX, LIFE, SessionActivity, SessionStanding, UNFINISHED, WRITES, WRITES_IDLE_MAX, has_lapsed, standing,
};

/// Prefix of a session's text.
pub const PREFIX: &str = "prs_";

/// Maximum number of a person's sessions, except those that wait for a second factor. A new one ends the oldest.
pub const OF_ONE_MAX: usize = 50;

/// Maximum number of a person's sessions that wait for a second factor.
pub const UNFINISHED_MAX: usize = 10;

/// Creates the text of a new session, and its stored form.
pub(crate) fn issue(
    context: &AccessContext<'_>,
    id: SessionId,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<(Zeroizing<String>, StoredSecret), AccessError> {
    // Generated like the text of a key, of which only the secret is used.
    let made = make(KeyKind::User, Some("session"), entropy).ok_or(AccessError::TryAgain)?;
    let letters = made.text.rsplit('_').next().unwrap_or_default();
    let text = Zeroizing::new(format!("{PREFIX}{id}_{letters}"));
    let secret = StoredSecret::of(server_key, &text, context.now);
    Ok((text, secret))
}

/// Maximum life of a session that an operator opens.
pub const LIFE_MAX: SignedDuration = SignedDuration::from_hours(12);

/// Opens a session for a person on behalf of the operator. It counts as fresh.
pub fn open(
    context: &AccessContext<'_>,
    user: &User,
    life: SignedDuration,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<(Zeroizing<String>, Vec<RecordStep>), AccessError> {
    if !matches!(context.by.who, PrincipalKind::Operator) {
        return Err(AccessError::Forbidden(
            "Only an operator of the registry can create sessions for \
            others."
                .to_owned(),
        ));
    }
    if !user.active {
        return Err(AccessError::Refused("This account is inactive.".to_owned()));
    }
    let id = context.people.free_id::<Session>();
    let (text, secret) = issue(context, id, server_key, entropy)?;
    let session = Session {
        id,
        user: user.id,
        secret,
        created: context.now,
        expires: context.now + life.clamp(TICK, LIFE_MAX),
        fresh_until: Some(context.now + FRESH.min(life)),
        by_backup: false,
        line: None,
        stage: SessionStage::Open,
        amr: Vec::new(),
        passkey: None,
        proved: Some(context.now),
        address: String::new(),
        agent: "peerage".to_owned(),
    };
    Ok((text, vec![RecordStep::create(&session)]))
}

/// The valid session with this text, and its person, whatever its stage. [`crate::Principal::of_person`] says what the
/// person can do with it.
pub fn recognise<'a>(
    people: &'a People,
    server_key: &ServerKey,
    text: &str,
    now: Moment,
) -> Option<(&'a Arc<User>, &'a Arc<Session>)> {
    let (id, _) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let session = id.parse().ok().and_then(|id| people.session(id));
    let Some(session) = session else {
        std::hint::black_box(server_key.matches(server_key.newest(), &[0; 32], text));
        return None;
    };
    let is_genuine = server_key.matches(session.secret.version, &session.secret.hash, text);
    let user = people.user(session.user).filter(|user| user.active)?;
    (is_genuine && session.expires > now).then_some((user, session))
}

/// The version of the server key with which a stored session was made.
pub fn version_of(people: &People, text: &str) -> Option<u32> {
    let (id, _) = text.strip_prefix(PREFIX)?.split_once('_')?;
    people.session(id.parse().ok()?).map(|session| session.secret.version)
}

/// Ends one of the caller's own sessions: the current one, whatever its stage, or another one.
pub fn end(context: &AccessContext<'_>, session: &Session) -> Result<Vec<RecordStep>, AccessError> {
    let is_this = context.by.person().is_some_and(|(_, own)| own.id == session.id);
    let is_own = context.by.user() == Some(session.user) && context.by.key().is_none();
    if is_this || is_own || matches!(context.by.who, PrincipalKind::Operator) {
        return Ok(vec![RecordStep::erase(session).caused_by(Cause::LoggedOut)]);
    }
    Err(AccessError::NotFound("Session not found"))
}

/// Ends all sessions of the caller except the current one.
pub fn end_others(context: &AccessContext<'_>) -> Result<Vec<RecordStep>, AccessError> {
    let (Some((_, own)), Some(user)) = (context.by.person(), context.by.user()) else {
        return Err(AccessError::NotFound("Session not found"));
    };
    let others = context.people.sessions_of(user).filter(|session| session.id != own.id);
    Ok(others.map(|session| RecordStep::erase(&**session).caused_by(Cause::LoggedOutElsewhere)).collect())
}

/// For a person who was notified of something that they did not do: ends every other session and all consents to other
/// sites, and suspends their keys until they resume them one by one. This only removes access, so a read-only session
/// can do it.
pub fn end_all_but_this(context: &AccessContext<'_>) -> Result<Vec<RecordStep>, AccessError> {
    let mut steps = end_others(context)?;
    let Some(user) = context.by.user() else { return Err(AccessError::NotFound("Session not found")) };
    steps.extend(consents::end_of_user(context.people, user, &Cause::NotByOwner));
    let own = context.people.keys().map(|entry| &*entry.key);
    let own = own.filter(|key| {
        key.kind != KeyKind::Org
            && key.user == Some(user)
            && key.state == KeyState::Active
            && !key.is_expired(context.now)
    });
    for key in own {
        let after = Key { state: KeyState::Suspended, ..key.clone() };
        steps.push(RecordStep::update(key, &after).caused_by(Cause::KeySuspendedByOwner));
    }
    Ok(steps)
}

/// Steps that delete sessions that have expired or were idle for too long.
pub fn outdated(people: &People, now: Moment, seen: impl Fn(&Session) -> SessionActivity) -> Vec<RecordStep> {
    let is_over = |session: &Session| session.expires <= now || seen(session).last + IDLE_MAX <= now;
    let over = people.sessions().filter(|session| is_over(session));
    over.map(|session| RecordStep::erase(&**session).caused_by(Cause::Lapsed)).collect()
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::MINUTE;

    use super::*;
    use crate::acts::world::{ANN, ActsWorld};
    use crate::principal::Principal;

    /// Uses the session at these times, in minutes after the proof. Returns its standing at the last.
    fn after(uses: &[i32]) -> SessionStanding {
        let world = ActsWorld::new();
        let by = Principal::operator();
        let (_, steps) =
            open(&world.access_context(&by), &world.user(ANN), LIFE_MAX, &world.server_key, &[9; ENTROPY_BYTES])
                .expect("open");
        let text = steps[0].after.clone().expect("a session");
        let session: Session = serde_json::from_str(&text).expect("sound");
        let session = Session { expires: session.created + LIFE, ..session };
        let (mut seen, mut standing_now) = (SessionActivity::of(&session), SessionStanding::Writes);
        for minutes in uses {
            let now = session.created + *minutes * MINUTE;
            standing_now = standing(&world.user(ANN), &session, now, seen);
            seen = seen.and_now(now);
        }
        standing_now
    }

    #[test]
    fn a_session_that_was_idle_for_an_hour_reads_and_goes_on_reading() {
        for (uses, expected) in [
            (&[0][..], SessionStanding::Writes),
            (&[59], SessionStanding::Writes),
            (&[60], SessionStanding::Reads),
            (&[59, 118, 177], SessionStanding::Writes),
            (&[59, 118, 178], SessionStanding::Reads),
            (&[60, 61, 62], SessionStanding::Reads),
        ] {
            assert_eq!(after(uses), expected, "{uses:?}");
        }
    }

    #[test]
    fn a_day_after_the_proof_it_reads_and_two_weeks_unused_or_a_month_end_it() {
        let every_half_hour = |until: i32| (0..=until).step_by(30).collect::<Vec<_>>();
        let day = 24 * 60;
        assert_eq!(after(&every_half_hour(day - 30)), SessionStanding::Writes);
        assert_eq!(after(&every_half_hour(day)), SessionStanding::Reads);
        assert_eq!(after(&[14 * day - 1]), SessionStanding::Reads);
        assert_eq!(after(&[14 * day]), SessionStanding::Over);
        assert_eq!(after(&[13 * day, 26 * day]), SessionStanding::Reads);
        assert_eq!(after(&[13 * day, 26 * day, 30 * day]), SessionStanding::Over);
    }

    #[test]
    fn what_is_known_of_its_use_only_grows_together() {
        let seen = |last, unbroken| SessionActivity {
            last: Moment::from_seconds(last),
            unbroken: Moment::from_seconds(unbroken),
        };
        let (one, two) = (seen(5, 5), seen(9, 2));
        assert_eq!(one.with(two), two.with(one));
        assert_eq!(one.with(two), seen(9, 5));
    }
}
