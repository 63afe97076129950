//! What was begun and waits for its second half: kept on the server, taken once, bound to whoever began it.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use peerage_access::sealing::{self, Owner};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use crate::Web;
use crate::visit::Visit;
use peerage_edge::client::{Client, ClientCounts, ClientNetwork};
use peerage_edge::errors::ApiError;

/// What waits.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ceremony {
    /// A challenge to a key. `session`: of whoever has to answer it; none: nobody has said who they are.
    Key { state: String, session: Option<u32>, user: Option<u32> },
    /// The seed of an app that is to be added, sealed.
    SetUp { user: u32, seed: String, version: u32, until: Micros },
    /// A form that waits for a fresh factor.
    Form(Kept),
    /// Backup codes that are to be shown once, sealed.
    Codes { user: u32, codes: String, version: u32 },
}

/// A form, sealed, with whoever sent it: the person, and the line of their session.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    pub user: u32,
    pub line: u32,
    pub form: String,
    pub version: u32,
}

/// Ten minutes, for people who have to fetch a phone.
pub const SET_UP_LIFE: Micros = 10 * 60 * 1_000_000;

/// Ceremonies that wait at a time, in sum and of one client: each is a row until its time is over.
const PENDING_MAX: usize = 10_000;
const PENDING_PER_CLIENT: usize = 100;

/// Forms that wait for a fresh factor at a time, in sum and of one session. They have counters of their own: each may be
/// long, and whoever sends many keeps nobody from a security key.
pub const FORMS_MAX: usize = 1_000;
pub const FORMS_PER_SESSION: usize = 5;

/// The ceremonies that this node has begun, by client, until their time is over.
#[derive(Default)]
pub struct PendingCeremonies {
    pending: Mutex<Pending>,
    forms: Mutex<PendingForms>,
}

/// Forms that this node keeps, by the line of the session that sent them.
#[derive(Default)]
struct PendingForms {
    counts: HashMap<u32, usize>,
    /// Their lines, by when their time is over.
    ends: BTreeMap<Micros, Vec<u32>>,
}

impl PendingForms {
    fn add(&mut self, line: u32, now: Micros, until: Micros) -> bool {
        self.forget_ended(now);
        let own = self.counts.get(&line).copied().unwrap_or(0);
        // A line that counts has one form at least, so there are no more lines than forms.
        if own >= FORMS_PER_SESSION || self.counts.values().sum::<usize>() >= FORMS_MAX {
            return false;
        }
        self.counts.insert(line, own + 1);
        self.ends.entry(until).or_default().push(line);
        true
    }

    fn forget_ended(&mut self, now: Micros) {
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
struct Pending {
    counts: ClientCounts,
    /// Their clients, by when their time is over.
    ends: BTreeMap<Micros, Vec<Vec<ClientNetwork>>>,
}

impl PendingCeremonies {
    /// Counts one more until a time; false if there are too many.
    fn add(&self, address: IpAddr, now: Micros, until: Micros) -> bool {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.forget_ended(now);
        let client = Client::of(address).counted();
        let is_taken = pending.counts.take(&client, PENDING_MAX, PENDING_PER_CLIENT);
        if is_taken {
            pending.ends.entry(until).or_default().push(client);
        }
        is_taken
    }

    /// Counts one more form of a session until a time; false if there are too many.
    fn add_form(&self, line: u32, now: Micros, until: Micros) -> bool {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).add(line, now, until)
    }

    /// Forgets those whose time is over.
    pub fn forget_ended(&self, now: Micros) {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).forget_ended(now);
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).forget_ended(now);
    }
}

impl Pending {
    fn forget_ended(&mut self, now: Micros) {
        while let Some(first) = self.ends.first_entry().filter(|first| *first.key() <= now) {
            for client in first.remove() {
                self.counts.give_back(&client);
            }
        }
    }
}

/// Keeps a ceremony and gives its name.
///
/// # Errors
/// Too many wait already, or the store does not answer.
pub async fn put(visit: &Visit, ceremony: &Ceremony, life: Micros) -> Result<String, ApiError> {
    let now = visit.app.means.now();
    if !visit.app.pending.add(visit.source.address, now, now + life) {
        return Err(ApiError::Busy { what: "unfinished security key requests", wait_s: 60 });
    }
    let id = data_encoding::BASE64URL_NOPAD.encode(&visit.chance::<24>());
    if put_as(visit, &id, ceremony, now + life).await { Ok(id) } else { Err(ApiError::Unavailable) }
}

/// Keeps a form under its name; false if too many wait already, or the store does not answer.
pub async fn keep(app: &Web, id: &str, kept: Kept, life: Micros) -> bool {
    let (now, session_line) = (app.means.now(), kept.line);
    let Ok(body) = serde_json::to_string(&Ceremony::Form(kept)) else { return false };
    app.pending.add_form(session_line, now, now + life)
        && matches!(app.store.put_ceremony(id, &body, now + life).await, Ok(true))
}

pub async fn put_as(visit: &Visit, id: &str, ceremony: &Ceremony, until: Micros) -> bool {
    let Ok(body) = serde_json::to_string(ceremony) else { return false };
    matches!(visit.app.store.put_ceremony(id, &body, until).await, Ok(true))
}

/// Takes a ceremony: nobody else gets it.
pub async fn take(visit: &Visit, id: &str) -> Option<Ceremony> {
    let body = visit.app.store.take_ceremony(id, visit.app.means.now()).await.ok()??;
    serde_json::from_str(&body).ok()
}

/// Seals a secret that a ceremony carries.
pub fn seal(visit: &Visit, kind: &'static str, user: u32, secret: &[u8]) -> sealing::Sealed {
    sealing::seal(&visit.app.server_key, Owner { kind, user }, secret, &visit.chance())
}

pub fn open(
    visit: &Visit,
    kind: &'static str,
    user: u32,
    text: &str,
    version: u32,
) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    sealing::open(&visit.app.server_key, Owner { kind, user }, text, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_12_forms_that_wait_are_bounded_by_session_and_in_sum_and_leave_room_for_keys() {
        let pending = PendingCeremonies::default();
        let taken = (0..20).filter(|_| pending.add_form(1, 0, 10)).count();
        assert_eq!(taken, FORMS_PER_SESSION);
        assert!(pending.add_form(2, 5, 15), "another session");
        assert!(pending.add_form(1, 10, 20), "the time of the others is over");
        let taken = (3..FORMS_MAX * 2).filter(|line| pending.add_form(*line as u32, 10, 20)).count();
        assert_eq!(taken, FORMS_MAX - 2, "in sum");
        assert!(pending.add("192.0.2.1".parse().expect("an address"), 10, 20), "a key is still asked");
        pending.forget_ended(30);
        let forms = pending.forms.lock().expect("one test");
        assert!(forms.counts.is_empty() && forms.ends.is_empty(), "memory returns");
    }

    #[test]
    fn n05_ceremonies_that_wait_are_bounded_by_client_and_in_sum_and_are_forgotten() {
        let pending = PendingCeremonies::default();
        let add = |text: &str, now| pending.add(text.parse().expect("an address"), now, now + 10);
        let taken = (0..200).filter(|host| add(&format!("2001:db8:1:1::{host:x}"), 0)).count();
        assert_eq!(taken, PENDING_PER_CLIENT, "one /64");
        assert!(add("192.0.2.1", 5));
        assert!(add("2001:db8:1:1::1", 10), "the time of the others is over");
        for net in 0..PENDING_MAX * 2 {
            add(&format!("2001:db9:{net:x}::1"), 11);
        }
        assert!(!add("198.51.100.1", 11), "in sum");
        pending.forget_ended(30);
        assert!(pending.pending.lock().expect("one test").counts.is_empty(), "memory returns");
    }
}
