//! Challenges to security keys and passkeys.
//!
//! They are not stored: strangers ask for as many as they like, and must not use up what others need. The browser gets a
//! challenge, encrypted, and returns it with the answer of the key. Only that it was answered is stored.

use peerage_access::factors::webauthn;
use peerage_access::sealing::{self, SecretOwner};
use peerage_edge::errors::ApiError;
use peerage_registry::ids::{SessionId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::visit::Visit;

/// A challenge that the browser has.
#[derive(Serialize, Deserialize)]
pub struct KeyChallenge {
    pub state: String,
    /// The session that must answer, with its person; `None` if nobody has said yet who they are.
    pub session: Option<SessionId>,
    pub user: Option<UserId>,
    until: Moment,
}

impl KeyChallenge {
    const OWNER: SecretOwner = SecretOwner { kind: "key challenge", user: UserId::new(0) };

    pub fn new(visit: &Visit, state: String, person: Option<(UserId, SessionId)>) -> KeyChallenge {
        let (user, session) = person.unzip();
        KeyChallenge { state, session, user, until: visit.app.environment.now() + webauthn::LIFE }
    }

    /// Encrypts it.
    pub fn seal(&self, visit: &Visit) -> String {
        // Numbers and texts can always be written.
        let text = serde_json::to_vec(self).unwrap_or_default();
        let sealed = sealing::seal(&visit.app.server_key, KeyChallenge::OWNER, &text, &visit.chance());
        format!("{}.{}", sealed.version, sealed.text)
    }

    /// Opens what [`KeyChallenge::seal`] has made. `None`: it is something else, has expired, or is for another session.
    pub fn open(visit: &Visit, sealed: &str) -> Option<KeyChallenge> {
        let (version, text) = sealed.split_once('.')?;
        let opened = sealing::open(&visit.app.server_key, KeyChallenge::OWNER, text, version.parse().ok()?)?;
        let challenge: KeyChallenge = serde_json::from_slice(&opened).ok()?;
        let is_own = challenge.session.is_none_or(|session| visit.session().is_some_and(|(_, own)| own.id == session));
        (is_own && challenge.until > visit.app.environment.now()).then_some(challenge)
    }

    /// Notes that a key has answered it. Returns false if one has before.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn spend(&self, visit: &Visit, sealed: &str) -> Result<bool, ApiError> {
        // Each is encrypted with another nonce, which is at the beginning.
        let nonce = sealed.split_once('.').and_then(|(_, text)| text.get(..2 * sealing::NONCE_BYTES));
        let id = format!("spent {}", nonce.unwrap_or_default());
        visit.app.store.put_ceremony(&id, "", self.until).await.map_err(|_| ApiError::Unavailable)
    }
}
