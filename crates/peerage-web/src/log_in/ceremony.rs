//! Ceremonies that wait for their second half: stored on the server, taken once, bound to the person who started them.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use peerage_access::sealing::{self, SecretOwner};
use peerage_registry::ids::{SessionId, UserId};
use peerage_registry::moment::{Moment, SignedDuration};
use serde::{Deserialize, Serialize};

use crate::WebPages;
use crate::visit::Visit;
use peerage_edge::errors::ApiError;

/// A pending ceremony.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ceremony {
    /// The encrypted seed of an authenticator app that is being added.
    SetUp { user: UserId, seed: String, version: u32, until: Moment },
    /// A form that waits for a fresh second factor.
    Form(KeptForm),
    /// Encrypted backup codes that will be shown once.
    Codes { user: UserId, codes: String, version: u32 },
}

/// An encrypted form with its sender: the person and the family of their session.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeptForm {
    pub user: UserId,
    pub line: SessionId,
    pub form: String,
    pub version: u32,
}

/// Ten minutes, for people who have to get their phone.
pub const SET_UP_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Maximum number of pending ceremonies, in total and of one person. Each is a row until it expires.
const PENDING_MAX: usize = 10_000;
const PENDING_PER_PERSON: usize = 20;

/// Maximum number of forms that wait for a fresh second factor, in total and of one session. They have separate
/// counters, because each can be long: someone who sends many must not keep others from using a security key.
pub const FORMS_MAX: usize = 1_000;
pub const FORMS_PER_SESSION: usize = 5;

/// The unexpired ceremonies that this node has started, by who started them.
#[derive(Default)]
pub struct PendingCeremonies {
    people: Mutex<PendingCounts<UserId>>,
    /// Forms that this node keeps, by the family of the session that sent them.
    forms: Mutex<PendingCounts<SessionId>>,
}

/// What waits, by who started it.
struct PendingCounts<K> {
    counts: HashMap<K, usize>,
    total: usize,
    /// Who started them, by expiry.
    ends: BTreeMap<Moment, Vec<K>>,
}

impl<K> Default for PendingCounts<K> {
    fn default() -> PendingCounts<K> {
        PendingCounts { counts: HashMap::new(), total: 0, ends: BTreeMap::new() }
    }
}

impl<K: Copy + Eq + Hash> PendingCounts<K> {
    /// Counts one more until the expiry. Returns false if there are too many, of this one or in total.
    fn add(&mut self, by: K, (own_max, total_max): (usize, usize), now: Moment, until: Moment) -> bool {
        self.forget_ended(now);
        let own = self.counts.get(&by).copied().unwrap_or(0);
        // Each has started at least one, so there are no more entries than the total.
        if own >= own_max || self.total >= total_max {
            return false;
        }
        self.counts.insert(by, own + 1);
        self.total += 1;
        self.ends.entry(until).or_default().push(by);
        true
    }

    fn forget_ended(&mut self, now: Moment) {
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() <= now) {
            for by in first.remove() {
                self.total -= 1;
                match self.counts.get_mut(&by) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => drop(self.counts.remove(&by)),
                }
            }
        }
    }
}

impl PendingCeremonies {
    /// Counts one more of a person until the expiry. Returns false if there are too many.
    fn add(&self, user: UserId, now: Moment, until: Moment) -> bool {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.add(user, (PENDING_PER_PERSON, PENDING_MAX), now, until)
    }

    /// Counts one more form of a session until the expiry. Returns false if there are too many.
    fn add_form(&self, line: SessionId, now: Moment, until: Moment) -> bool {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        forms.add(line, (FORMS_PER_SESSION, FORMS_MAX), now, until)
    }

    /// Removes expired entries.
    pub fn forget_ended(&self, now: Moment) {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).forget_ended(now);
        self.people.lock().unwrap_or_else(PoisonError::into_inner).forget_ended(now);
    }
}

/// Stores a ceremony of a person and returns its name.
///
/// # Errors
/// Too many are pending, or the store does not answer.
pub async fn put(visit: &Visit, user: UserId, ceremony: &Ceremony, life: SignedDuration) -> Result<String, ApiError> {
    let now = visit.app.environment.now();
    if !visit.app.pending.add(user, now, now + life) {
        return Err(ApiError::Busy { what: "unfinished changes of second factors", wait: Duration::from_mins(1) });
    }
    let id = data_encoding::BASE64URL_NOPAD.encode(&visit.chance::<24>());
    put_as(visit, &id, ceremony, now + life).await?;
    Ok(id)
}

/// Stores a form under its name. Returns false if too many are pending or the store does not answer.
pub async fn keep(app: &WebPages, id: &str, kept: KeptForm, life: SignedDuration) -> bool {
    let (now, session_line) = (app.environment.now(), kept.line);
    let Ok(body) = serde_json::to_string(&Ceremony::Form(kept)) else { return false };
    app.pending.add_form(session_line, now, now + life)
        && matches!(app.store.put_ceremony(id, &body, now + life).await, Ok(true))
}

/// Stores a ceremony under its name.
///
/// # Errors
/// The store does not answer.
pub async fn put_as(visit: &Visit, id: &str, ceremony: &Ceremony, until: Moment) -> Result<(), ApiError> {
    let Ok(body) = serde_json::to_string(ceremony) else { return Err(ApiError::Internal) };
    match visit.app.store.put_ceremony(id, &body, until).await {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(ApiError::Unavailable),
    }
}

/// Takes a ceremony, so that nobody else gets it. `None` if it has expired or was taken.
///
/// # Errors
/// The store does not answer.
pub async fn take(visit: &Visit, id: &str) -> Result<Option<Ceremony>, ApiError> {
    let taken = visit.app.store.take_ceremony(id, visit.app.environment.now()).await;
    let body = taken.map_err(|_| ApiError::Unavailable)?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()))
}

/// Encrypts a secret for a ceremony.
pub fn seal(visit: &Visit, kind: &'static str, user: UserId, secret: &[u8]) -> sealing::EncryptedSecret {
    sealing::seal(&visit.app.server_key, SecretOwner { kind, user }, secret, &visit.chance())
}

pub fn open(
    visit: &Visit,
    kind: &'static str,
    user: UserId,
    text: &str,
    version: u32,
) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    sealing::open(&visit.app.server_key, SecretOwner { kind, user }, text, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(seconds)
    }

    #[test]
    fn i12_12_forms_that_wait_are_bounded_by_session_and_in_sum_and_leave_room_for_keys() {
        let pending = PendingCeremonies::default();
        let taken = (0..20).filter(|_| pending.add_form(SessionId::new(1), at(0), at(10))).count();
        assert_eq!(taken, FORMS_PER_SESSION);
        assert!(pending.add_form(SessionId::new(2), at(5), at(15)), "another session");
        assert!(pending.add_form(SessionId::new(1), at(10), at(20)), "the others have expired");
        let taken =
            (3..FORMS_MAX * 2).filter(|line| pending.add_form(SessionId::new(*line as u32), at(10), at(20))).count();
        assert_eq!(taken, FORMS_MAX - 2, "the total limit");
        assert!(pending.add(UserId::new(1), at(10), at(20)), "a security key still works");
        pending.forget_ended(at(30));
        let forms = pending.forms.lock().expect("one test");
        assert!(forms.counts.is_empty() && forms.ends.is_empty(), "all counts are released");
    }

    #[test]
    fn n05_ceremonies_that_wait_are_bounded_by_person_and_in_sum_and_are_forgotten() {
        let pending = PendingCeremonies::default();
        let add = |user: usize, now| pending.add(UserId::new(user as u32), at(now), at(now + 10));
        assert_eq!((0..200).filter(|_| add(1, 0)).count(), PENDING_PER_PERSON);
        assert!(add(2, 5));
        assert!(add(1, 10), "the others have expired");
        let taken = (3..PENDING_MAX * 2).filter(|user| add(*user, 11)).count();
        assert_eq!(taken, PENDING_MAX - 2, "the total limit");
        assert!(!add(1, 11));
        pending.forget_ended(at(30));
        let people = pending.people.lock().expect("one test");
        assert!(people.counts.is_empty() && people.ends.is_empty() && people.total == 0, "all counts are released");
    }
}
