//! Sessions: a person who has proved to be there.
//!
//! Its text is `prs_<id>_<secret>`; what is stored of it is a keyed hash, as of keys.

use peerage_registry::Record;
use peerage_registry::moment::Micros;
use zeroize::Zeroizing;

use crate::acts::{AccessError, Desk, RecordStep};
use crate::key_string::{ENTROPY_BYTES, KeyKind, make};
use crate::people::People;
use crate::principal::Who;
use crate::records::{Secret, Session, User};
use crate::server_key::ServerKey;

/// What a session's text begins with.
pub const PREFIX: &str = "prs_";

/// How long a fresh second factor counts.
pub const FRESH: Micros = 10 * 60 * 1_000_000;

/// Longest life of a session that an operator opens.
pub const LIFE_MAX: Micros = 12 * 3_600_000_000;

/// Opens a session for a person on the word of whoever runs the program. It counts as fresh.
pub fn open(
    desk: &Desk<'_>,
    user: &User,
    life: Micros,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<(Zeroizing<String>, Vec<RecordStep>), AccessError> {
    if !matches!(desk.by.who, Who::Operator) {
        return Err(AccessError::Forbidden("Only whoever runs the registry opens sessions for others.".to_owned()));
    }
    if !user.active {
        return Err(AccessError::Refused("This account is inactive.".to_owned()));
    }
    let id = desk.people.free_id(Record::Session);
    // The letters are made as a key's are; nothing of a key's form is left but the secret.
    let made = make(KeyKind::User, Some("session"), entropy).ok_or(AccessError::TryAgain)?;
    let letters = made.text.rsplit('_').next().unwrap_or_default();
    let text = Zeroizing::new(format!("{PREFIX}{id}_{letters}"));
    let secret = Secret { hash: server_key.stamp(&text), version: server_key.newest(), made: desk.now, until: None };
    let session = Session {
        id,
        user: user.id,
        secret,
        created: desk.now,
        expires: desk.now + life.clamp(1, LIFE_MAX),
        fresh_until: Some(desk.now + FRESH.min(life)),
    };
    Ok((text, vec![RecordStep::create(&session)]))
}

/// The session of which this is the text, with its person, while it lasts.
pub fn recognise<'a>(
    people: &'a People,
    server_key: &ServerKey,
    text: &str,
    now: Micros,
) -> Option<(&'a std::sync::Arc<User>, &'a std::sync::Arc<Session>)> {
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

/// Ends a session.
pub fn end(desk: &Desk<'_>, session: &Session) -> Result<Vec<RecordStep>, AccessError> {
    let is_own = desk.by.user() == Some(session.user) && desk.by.key().is_none();
    if is_own || matches!(desk.by.who, Who::Operator) {
        return Ok(vec![RecordStep::erase(session)]);
    }
    Err(AccessError::NotFound("Session not found"))
}
