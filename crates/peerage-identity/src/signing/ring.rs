//! The signing keys as they are stored: which key signs from when, and until when each is published.

use peerage_access::ServerKey;
use peerage_access::oidc::ID_TOKEN_LIFE;
use peerage_access::records::SigningAlgorithm;
use peerage_access::sealing::{NONCE_BYTES, SecretOwner, open, seal};
use peerage_registry::ids::UserId;
use peerage_registry::moment::{MINUTE, Moment, SignedDuration, days};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use zeroize::Zeroizing;

/// The name of the store's value.
pub const NAME: &str = "signing-keys";

/// How long a new key is published before it signs: longer than anyone may cache the public keys.
const LEAD: SignedDuration = SignedDuration::from_mins(10);

/// How long the public keys may be cached.
pub const COPY_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// How long other nodes may keep signing with a key after it was replaced.
const LAG: SignedDuration = MINUTE;

/// The age at which a key is replaced automatically.
const AGE_MAX: SignedDuration = days(90);

/// The owner under which these secrets are encrypted: no person.
const OWNER: SecretOwner = SecretOwner { kind: "signing key", user: UserId::new(0) };

/// How an operator replaces keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyRotation {
    /// The new keys sign at once, even if sites have cached public keys without them.
    pub at_once: bool,
    /// The old keys are no longer published, because they may have leaked.
    pub distrusts_old: bool,
}

/// One key. The private half is encrypted, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingKey {
    pub kid: String,
    pub way: SigningAlgorithm,
    pub made: Moment,
    /// When the key starts to sign.
    pub from: Moment,
    /// Until when the key is published; `None` if it has not been replaced.
    pub until: Option<Moment>,
    pub public: Json,
    sealed: String,
    version: u32,
}

impl RingKey {
    pub fn new(
        kid: String,
        way: SigningAlgorithm,
        now: Moment,
        public: Json,
        server_key: &ServerKey,
        pem: &[u8],
        nonce: &[u8; NONCE_BYTES],
    ) -> RingKey {
        let sealed = seal(server_key, OWNER, pem, nonce);
        RingKey { kid, way, made: now, from: now, until: None, public, sealed: sealed.text, version: sealed.version }
    }

    /// Decrypts the private half. Returns `None` if that version of the server key is gone.
    pub fn open(&self, server_key: &ServerKey) -> Option<Zeroizing<Vec<u8>>> {
        open(server_key, OWNER, &self.sealed, self.version)
    }

    /// The version of the server key under which the private half is encrypted.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Encrypts the private half with the current version of the server key. Returns whether that changed anything.
    ///
    /// # Errors
    /// The private half cannot be decrypted.
    pub fn reseal(&mut self, server_key: &ServerKey, nonce: &[u8; NONCE_BYTES]) -> Result<bool, String> {
        if self.version == server_key.current() {
            return Ok(false);
        }
        let pem = self.open(server_key).ok_or_else(|| format!("{} cannot be opened", self.kid))?;
        let sealed = seal(server_key, OWNER, &pem, nonce);
        (self.sealed, self.version) = (sealed.text, sealed.version);
        Ok(true)
    }

    pub fn signs_at(&self, now: Moment) -> bool {
        self.from <= now && self.is_shown_at(now)
    }

    pub fn is_shown_at(&self, now: Moment) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl std::fmt::Debug for RingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({})", self.kid)
    }
}

/// All keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeyRing {
    pub keys: Vec<RingKey>,
}

impl KeyRing {
    pub const WAYS: [SigningAlgorithm; 3] = [SigningAlgorithm::RS256, SigningAlgorithm::ES256, SigningAlgorithm::EdDSA];

    pub fn read(text: &str) -> Result<KeyRing, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    pub fn print(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the signing algorithms whose key is missing or too old.
    pub fn wanting(&self, now: Moment) -> Vec<SigningAlgorithm> {
        let is_new = |kept: &RingKey| kept.until.is_none() && kept.made + AGE_MAX > now;
        let lacks = |way: &SigningAlgorithm| !self.keys.iter().any(|kept| kept.way == *way && is_new(kept));
        KeyRing::WAYS.into_iter().filter(lacks).collect()
    }

    /// Adds a new key. The keys that it replaces stay published until everything that they signed has expired.
    pub fn take(&mut self, mut new: RingKey, rotation: KeyRotation, now: Moment) {
        let is_first = !self.keys.iter().any(|kept| kept.way == new.way && kept.is_shown_at(now));
        new.from = if is_first || rotation.at_once || rotation.distrusts_old { now } else { now + LEAD };
        let end = if rotation.distrusts_old { now } else { new.from + LAG + ID_TOKEN_LIFE };
        for old in self.keys.iter_mut().filter(|kept| kept.way == new.way) {
            old.until = Some(old.until.map_or(end, |until| until.min(end)));
        }
        self.keys.push(new);
    }

    pub fn forget_ended(&mut self, now: Moment) {
        self.keys.retain(|kept| kept.is_shown_at(now));
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::TICK;

    use super::*;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn key(kid: &str, now: Moment) -> RingKey {
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        RingKey::new(
            kid.to_owned(),
            SigningAlgorithm::RS256,
            now,
            Json::Null,
            &server_key,
            b"private",
            &[1; NONCE_BYTES],
        )
    }

    fn signing(ring: &KeyRing, now: Moment) -> Option<&str> {
        let keys = ring.keys.iter().filter(|kept| kept.signs_at(now));
        keys.max_by_key(|kept| kept.from).map(|kept| kept.kid.as_str())
    }

    fn published_ids(ring: &KeyRing, now: Moment) -> Vec<&str> {
        ring.keys.iter().filter(|kept| kept.is_shown_at(now)).map(|kept| kept.kid.as_str()).collect()
    }

    #[test]
    fn a_new_key_is_shown_before_it_signs_and_an_old_one_until_all_that_it_signed_has_ended() {
        let mut ring = KeyRing::default();
        assert_eq!(ring.wanting(NOW), KeyRing::WAYS);
        ring.take(key("one", NOW), KeyRotation::default(), NOW);
        assert_eq!(
            (signing(&ring, NOW), ring.wanting(NOW)),
            (Some("one"), vec![SigningAlgorithm::ES256, SigningAlgorithm::EdDSA])
        );
        assert!(ring.wanting(NOW + AGE_MAX).contains(&SigningAlgorithm::RS256));
        ring.take(key("two", NOW), KeyRotation::default(), NOW);
        assert_eq!((signing(&ring, NOW), published_ids(&ring, NOW)), (Some("one"), vec!["one", "two"]));
        let later = NOW + LEAD;
        assert_eq!((signing(&ring, later), published_ids(&ring, later)), (Some("two"), vec!["one", "two"]));
        let last_token_ends = later + LAG + ID_TOKEN_LIFE;
        assert_eq!(published_ids(&ring, last_token_ends - TICK), ["one", "two"]);
        assert_eq!(published_ids(&ring, last_token_ends), ["two"]);
        ring.forget_ended(last_token_ends);
        assert_eq!(ring.keys.len(), 1);
        let read = KeyRing::read(&ring.print()).expect("a printed ring can be read");
        assert_eq!(read.keys, ring.keys);
        assert!(!ring.print().contains("private") && !format!("{ring:?}").contains("sealed"));
        assert!(COPY_LIFE < LEAD);
    }

    #[test]
    fn keys_that_others_may_have_are_shown_no_more() {
        let mut ring = KeyRing::default();
        ring.take(key("one", NOW), KeyRotation::default(), NOW);
        ring.take(key("two", NOW), KeyRotation { at_once: true, ..KeyRotation::default() }, NOW);
        assert_eq!((signing(&ring, NOW), published_ids(&ring, NOW).len()), (Some("two"), 2));
        ring.take(key("three", NOW), KeyRotation { distrusts_old: true, ..KeyRotation::default() }, NOW);
        assert_eq!((signing(&ring, NOW), published_ids(&ring, NOW)), (Some("three"), vec!["three"]));
    }
}
