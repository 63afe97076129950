//! Ceremonies that wait for their second half: stored on the server, taken once, bound to the person who started them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use peerage_access::sealing::{self, SecretOwner};
use peerage_registry::ids::{SessionId, UserId};
use peerage_registry::moment::{Moment, SignedDuration};
use serde::{Deserialize, Serialize};

use crate::WebPages;
use crate::visit::Visit;
use peerage_edge::client::{ClientCounts, ClientNetwork, RequestClient};
use peerage_edge::errors::ApiError;

/// A pending ceremony.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ceremony {
    /// A challenge to a security key. `session`: the session that must answer; `None` if nobody has identified
    /// themselves yet.
    Key { state: String, session: Option<SessionId>, user: Option<UserId> },
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

/// Maximum number of pending ceremonies, in total and of one client. Each is a row until it expires.
const PENDING_MAX: usize = 10_000;
const PENDING_PER_CLIENT: usize = 100;

/// Maximum number of forms that wait for a fresh second factor, in total and of one session. They have separate
/// counters, because each can be long: someone who sends many must not keep others from using a security key.
pub const FORMS_MAX: usize = 1_000;
pub const FORMS_PER_SESSION: usize = 5;

/// The unexpired ceremonies that this node has started, by client.
#[derive(Default)]
pub struct PendingCeremonies {
    pending: Mutex<PendingCounts>,
    forms: Mutex<PendingForms>,
}

/// Forms that this node keeps, by the family of the session that sent them.
#[derive(Default)]
struct PendingForms {
    counts: HashMap<SessionId, usize>,
    /// Their session families, by expiry.
    ends: BTreeMap<Moment, Vec<SessionId>>,
}

impl PendingForms {
    fn add(&mut self, line: SessionId, now: Moment, until: Moment) -> bool {
        self.forget_ended(now);
        let own = self.counts.get(&line).copied().unwrap_or(0);
        // Each counted family has at least one form, so there are no more families than forms.
        if own >= FORMS_PER_SESSION || self.counts.values().sum::<usize>() >= FORMS_MAX {
            return false;
        }
        self.counts.insert(line, own + 1);
        self.ends.entry(until).or_default().push(line);
        true
    }

    fn forget_ended(&mut self, now: Moment) {
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() <= now) {
            for line in first.remove() {
                match self.counts.get_mut(&line) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => drop(self.counts.remove(&line)),
                }
            }
        }
    }
}

#[derive(Default)]
struct PendingCounts {
    counts: ClientCounts,
    /// Their clients, by expiry.
    ends: BTreeMap<Moment, Vec<Vec<ClientNetwork>>>,
}

impl PendingCeremonies {
    /// Counts one more until the expiry. Returns false if there are too many.
    fn add(&self, address: IpAddr, now: Moment, until: Moment) -> bool {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.forget_ended(now);
        let client = RequestClient::of(address).counted();
        let is_taken = pending.counts.take(&client, PENDING_MAX, PENDING_PER_CLIENT);
        if is_taken {
            pending.ends.entry(until).or_default().push(client);
        }
        is_taken
    }

    /// Counts one more form of a session until the expiry. Returns false if there are too many.
    fn add_form(&self, line: SessionId, now: Moment, until: Moment) -> bool {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).add(line, now, until)
    }

    /// Removes expired entries.
    pub fn forget_ended(&self, now: Moment) {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).forget_ended(now);
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).forget_ended(now);
    }
}

impl PendingCounts {
    fn forget_ended(&mut self, now: Moment) {
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() <= now) {
            for client in first.remove() {
                self.counts.give_back(&client);
            }
        }
    }
}

/// Stores a ceremony and returns its name.
///
/// # Errors
/// Too many are pending, or the store does not answer.
pub async fn put(visit: &Visit, ceremony: &Ceremony, life: SignedDuration) -> Result<String, ApiError> {
    let now = visit.app.environment.now();
    if !visit.app.pending.add(visit.source.address, now, now + life) {
        return Err(ApiError::Busy { what: "unfinished security key requests", wait: Duration::from_mins(1) });
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
        assert!(pending.add("192.0.2.1".parse().expect("an address"), at(10), at(20)), "a security key still works");
        pending.forget_ended(at(30));
        let forms = pending.forms.lock().expect("one test");
        assert!(forms.counts.is_empty() && forms.ends.is_empty(), "all counts are released");
    }

    #[test]
    fn n05_ceremonies_that_wait_are_bounded_by_client_and_in_sum_and_are_forgotten() {
        let pending = PendingCeremonies::default();
        let add = |text: &str, now| pending.add(text.parse().expect("an address"), at(now), at(now + 10));
        let taken = (0..200).filter(|host| add(&format!("2001:db8:1:1::{host:x}"), 0)).count();
        assert_eq!(taken, PENDING_PER_CLIENT, "one /64");
        assert!(add("192.0.2.1", 5));
        assert!(add("2001:db8:1:1::1", 10), "the others have expired");
        for net in 0..PENDING_MAX * 2 {
            add(&format!("2001:db9:{net:x}::1"), 11);
        }
        assert!(!add("198.51.100.1", 11), "the total limit");
        pending.forget_ended(at(30));
        assert!(pending.pending.lock().expect("one test").counts.is_empty(), "all counts are released");
    }
}
