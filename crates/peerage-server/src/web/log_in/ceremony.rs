//! What was begun and waits for its second half: kept on the server, taken once, bound to whoever began it.

use peerage_access::sealing::{self, Owner};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use crate::web::visit::Visit;

/// What waits.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ceremony {
    /// A challenge to a key. `session`: of whoever has to answer it; none: nobody has said who they are.
    Key { state: String, session: Option<u32>, user: Option<u32> },
    /// The seed of an app that is to be added, sealed.
    SetUp { user: u32, seed: String, version: u32, until: Micros },
    /// Backup codes that are to be shown once, sealed.
    Codes { user: u32, codes: String, version: u32 },
}

/// Ten minutes, for people who have to fetch a phone.
pub const SET_UP_LIFE: Micros = 10 * 60 * 1_000_000;

/// Keeps a ceremony and gives its name; none if the store does not answer.
pub async fn put(visit: &Visit, ceremony: &Ceremony, life: Micros) -> Option<String> {
    let id = data_encoding::BASE64URL_NOPAD.encode(&visit.chance::<24>());
    put_as(visit, &id, ceremony, visit.app.means.now() + life).await.then_some(id)
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
