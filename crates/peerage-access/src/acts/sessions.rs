//! Sessions: a person who has proved to be there.
//!
//! Its text is `prs_<id>_<secret>`; what is stored of it is a keyed hash, as of keys. A session that gains or changes
//! authority is replaced by another: its old text is worth nothing then.
//!
//! How long each lasts (spec/accounts.md, 22 and 23):
//!
//! | what | ends |
//! | --- | --- |
//! | any session | [`LIFE`] after it was opened, or [`IDLE_MAX`] after it was last seen |
//! | its right to change things | [`WRITES`] after the person last proved to be there, or [`WRITES_IDLE_MAX`] after it was last seen |
//! | a fresh second factor | [`FRESH`] after it was shown; use makes it no longer |
//! | a session that waits for the second factor | [`UNFINISHED`] after the first step |

use std::sync::Arc;

use peerage_registry::Record;
use peerage_registry::moment::Micros;
use zeroize::Zeroizing;

use crate::acts::{AccessError, Desk, RecordStep};
use crate::key_string::{ENTROPY_BYTES, KeyKind, make};
use crate::people::People;
use crate::principal::Who;
use crate::records::{Secret, Session, Stage, User};
use crate::server_key::ServerKey;

/// What a session's text begins with.
pub const PREFIX: &str = "prs_";

/// How long a fresh second factor counts.
pub const FRESH: Micros = 10 * 60 * 1_000_000;

/// How long a session lives.
pub const LIFE: Micros = 30 * DAY;

/// How long a session may be idle.
pub const IDLE_MAX: Micros = 14 * DAY;

/// How long a session may change things after the person last proved to be there.
pub const WRITES: Micros = DAY;

/// How long a session may be idle before it only reads.
pub const WRITES_IDLE_MAX: Micros = HOUR;

/// How long the second step of a log-in may take.
pub const UNFINISHED: Micros = 10 * 60 * 1_000_000;

const HOUR: Micros = 3_600 * 1_000_000;
const DAY: Micros = 24 * HOUR;

/// Sessions of one person, at most: the oldest ends when one more is opened.
pub const OF_ONE_MAX: usize = 50;

/// What a session lets its person do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is over.
    Over,
    /// It is not open yet, or for nothing but setting up a factor.
    Unfinished,
    Reads,
    Writes,
}

/// What a session lets its person do, now. `seen`: when it was used last.
pub fn standing(user: &User, session: &Session, now: Micros, seen: Micros) -> Standing {
    if session.expires <= now || seen + IDLE_MAX <= now {
        return Standing::Over;
    }
    if session.stage != Stage::Open {
        return Standing::Unfinished;
    }
    let proved = session.proved.unwrap_or(session.created);
    let is_held = user.reads_until.is_some_and(|until| until > now);
    if is_held || proved + WRITES <= now || seen + WRITES_IDLE_MAX <= now {
        return Standing::Reads;
    }
    Standing::Writes
}

/// The text of a new session, and what is stored of it.
pub(crate) fn issue(
    desk: &Desk<'_>,
    id: u32,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<(Zeroizing<String>, Secret), AccessError> {
    // The letters are made as a key's are; nothing of a key's form is left but the secret.
    let made = make(KeyKind::User, Some("session"), entropy).ok_or(AccessError::TryAgain)?;
    let letters = made.text.rsplit('_').next().unwrap_or_default();
    let text = Zeroizing::new(format!("{PREFIX}{id}_{letters}"));
    let secret = Secret { hash: server_key.stamp(&text), version: server_key.newest(), made: desk.now, until: None };
    Ok((text, secret))
}

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
    let (text, secret) = issue(desk, id, server_key, entropy)?;
    let session = Session {
        id,
        user: user.id,
        secret,
        created: desk.now,
        expires: desk.now + life.clamp(1, LIFE_MAX),
        fresh_until: Some(desk.now + FRESH.min(life)),
        stage: Stage::Open,
        amr: Vec::new(),
        passkey: None,
        proved: Some(desk.now),
        address: String::new(),
        agent: "peerage".to_owned(),
    };
    Ok((text, vec![RecordStep::create(&session)]))
}

/// The session of which this is the text, with its person, while it lasts: whatever its stage. What it lets its person
/// do, [`crate::Principal::of_person`] says.
pub fn recognise<'a>(
    people: &'a People,
    server_key: &ServerKey,
    text: &str,
    now: Micros,
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

/// Ends a session: one's own, whatever its stage, or another one of one's own.
pub fn end(desk: &Desk<'_>, session: &Session) -> Result<Vec<RecordStep>, AccessError> {
    let is_this = desk.by.person().is_some_and(|(_, own)| own.id == session.id);
    let is_own = desk.by.user() == Some(session.user) && desk.by.key().is_none();
    if is_this || is_own || matches!(desk.by.who, Who::Operator) {
        return Ok(vec![RecordStep::erase(session).because("logged out")]);
    }
    Err(AccessError::NotFound("Session not found"))
}

/// Ends all sessions of the caller but this one.
pub fn end_others(desk: &Desk<'_>) -> Result<Vec<RecordStep>, AccessError> {
    let (Some((_, own)), Some(user)) = (desk.by.person(), desk.by.user()) else {
        return Err(AccessError::NotFound("Session not found"));
    };
    let others = desk.people.sessions_of(user).filter(|session| session.id != own.id);
    Ok(others.map(|session| RecordStep::erase(&**session).because("logged out everywhere else")).collect())
}

/// Steps that forget sessions whose time is over.
pub fn outdated(people: &People, now: Micros) -> Vec<RecordStep> {
    let over = people.sessions().filter(|session| session.expires <= now);
    over.map(|session| RecordStep::erase(&**session).because("its time is over")).collect()
}
