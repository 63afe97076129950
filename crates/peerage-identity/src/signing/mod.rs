//! Signs tokens for other sites, and publishes the public keys with which sites verify them.
//!
//! Keys are made when they are first needed, and replaced every ninety days or when an operator rotates them. The nodes
//! of a registry share them as one value of the store; the private halves are encrypted under the server key. A new key
//! is published for a while before it signs, so that sites that cache the public keys have it by then. An old key is
//! published until everything that it signed has expired.

mod ring;

use std::sync::Arc;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use peerage_access::ServerKey;
use peerage_access::records::SigningAlgorithm;
use peerage_registry::moment::{Moment, SignedDuration};
use peerage_store::{Store, StoreError};
use serde_json::{Map, Value as Json, json};
use tokio::sync::Mutex;

pub use ring::{COPY_LIFE, KeyRotation};
use ring::{KeyRing, RingKey};

use peerage_engine::Environment;

/// How long a node signs with the keys that it has read. After that it knows keys that another node has made.
const RELOAD: SignedDuration = SignedDuration::from_secs(5);

/// How often an update is retried because other nodes change the value.
const ATTEMPTS: usize = 8;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error("the signing keys cannot be read or stored: {0}")]
    Store(#[from] StoreError),
    #[error("the stored signing keys are invalid: {0}")]
    Broken(String),
    #[error("the system cannot make a signing key")]
    NoKey,
    #[error("other nodes change the signing keys without a pause")]
    Busy,
    #[error("nothing was signed: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
}

/// A key that is ready to sign.
struct LoadedKey {
    kept: RingKey,
    private: EncodingKey,
}

#[derive(Default)]
struct LoadedKeys {
    keys: Vec<Arc<LoadedKey>>,
    at: Moment,
}

/// The keys of this node, as they were read last.
#[derive(Default)]
pub struct Signer {
    loaded: Mutex<LoadedKeys>,
}

/// What signing needs from its environment.
#[derive(Clone, Copy)]
pub struct SigningContext<'a> {
    pub store: &'a Store,
    pub server_key: &'a ServerKey,
    pub environment: &'a Arc<dyn Environment>,
}

impl Signer {
    /// Signs claims and returns a JWT.
    pub async fn sign(
        &self,
        around: SigningContext<'_>,
        way: SigningAlgorithm,
        claims: Map<String, Json>,
    ) -> Result<String, SigningError> {
        self.sign_as("JWT", around, way, claims).await
    }

    /// Signs claims with an explicit `typ` in the header.
    pub async fn sign_as(
        &self,
        kind: &str,
        around: SigningContext<'_>,
        way: SigningAlgorithm,
        claims: Map<String, Json>,
    ) -> Result<String, SigningError> {
        let keys = self.keys(around).await?;
        // Read the clock again: making keys may have taken a while.
        let now = around.environment.now();
        let ready = keys.iter().filter(|ready| ready.kept.way == way && ready.kept.signs_at(now));
        let ready = ready.max_by_key(|ready| ready.kept.from).ok_or(SigningError::NoKey)?;
        let mut header = Header::new(algorithm(way));
        header.typ = Some(kind.to_owned());
        header.kid = Some(ready.kept.kid.clone());
        let ready = Arc::clone(ready);
        // RSA takes a millisecond. Other requests must not wait for it.
        let signed = tokio::task::spawn_blocking(move || jsonwebtoken::encode(&header, &claims, &ready.private)).await;
        Ok(signed.map_err(|_| SigningError::NoKey)??)
    }

    /// Returns the public keys, which `/oauth2/jwks/` publishes.
    pub async fn public(&self, around: SigningContext<'_>) -> Result<Json, SigningError> {
        let keys = self.keys(around).await?;
        let now = around.environment.now();
        let shown = keys.iter().filter(|ready| ready.kept.is_shown_at(now)).map(|ready| ready.kept.public.clone());
        Ok(json!({"keys": shown.collect::<Vec<Json>>()}))
    }

    /// Returns the claims of a token that was signed here, even if it has expired, or `None` if it was not signed here.
    pub async fn claims_of(
        &self,
        around: SigningContext<'_>,
        token: &str,
        issuers: &[String],
    ) -> Option<Map<String, Json>> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let keys = self.keys(around).await.ok()?;
        let ready = keys.iter().find(|ready| Some(&ready.kept.kid) == header.kid.as_ref())?;
        let key: Jwk = serde_json::from_value(ready.kept.public.clone()).ok()?;
        let mut validation = Validation::new(algorithm(ready.kept.way));
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["iss", "sub", "aud"]);
        validation.set_issuer(issuers);
        let decoded = jsonwebtoken::decode(token, &DecodingKey::from_jwk(&key).ok()?, &validation).ok()?;
        Some(decoded.claims)
    }

    async fn keys(&self, around: SigningContext<'_>) -> Result<Vec<Arc<LoadedKey>>, SigningError> {
        let now = around.environment.now();
        let mut loaded = self.loaded.lock().await;
        if loaded.keys.is_empty() || !(loaded.at..loaded.at + RELOAD).contains(&now) {
            let ring = current(around, now).await?;
            let mut keys = Vec::with_capacity(ring.keys.len());
            for kept in ring.keys {
                // Keys that were read before need not be decrypted again.
                let known = loaded.keys.iter().find(|ready| ready.kept == kept);
                keys.push(match known {
                    Some(known) => Arc::clone(known),
                    None => Arc::new(LoadedKey { private: private(&kept, around.server_key)?, kept }),
                });
            }
            *loaded = LoadedKeys { keys, at: now };
        }
        Ok(loaded.keys.clone())
    }
}

fn algorithm(way: SigningAlgorithm) -> Algorithm {
    match way {
        SigningAlgorithm::RS256 => Algorithm::RS256,
        SigningAlgorithm::ES256 => Algorithm::ES256,
        SigningAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

fn private(kept: &RingKey, server_key: &ServerKey) -> Result<EncodingKey, SigningError> {
    let pem = kept.open(server_key).ok_or_else(|| SigningError::Broken(format!("{} cannot be opened", kept.kid)))?;
    encoding_key(kept.way, &pem)
}

fn encoding_key(way: SigningAlgorithm, pem: &[u8]) -> Result<EncodingKey, SigningError> {
    Ok(match way {
        SigningAlgorithm::RS256 => EncodingKey::from_rsa_pem(pem)?,
        SigningAlgorithm::ES256 => EncodingKey::from_ec_pem(pem)?,
        SigningAlgorithm::EdDSA => EncodingKey::from_ed_pem(pem)?,
    })
}

/// Returns the stored keys. Makes those that are missing or too old.
async fn current(around: SigningContext<'_>, now: Moment) -> Result<KeyRing, SigningError> {
    change(around, |ring| ring.wanting(now), KeyRotation::default(), now).await
}

/// Makes new keys for every signing algorithm when an operator asks for it.
///
/// # Errors
/// [`SigningError`]. Nothing has changed then.
pub async fn rotate(around: SigningContext<'_>, rotation: KeyRotation) -> Result<Vec<String>, SigningError> {
    let now = around.environment.now();
    let ring = change(around, |_| KeyRing::WAYS.to_vec(), rotation, now).await?;
    Ok(ring.keys.into_iter().filter(|kept| kept.made == now).map(|kept| kept.kid).collect())
}

/// Returns the versions of the server key under which the published keys are encrypted, one for each key.
///
/// # Errors
/// [`SigningError`].
pub async fn versions(store: &Store, now: Moment) -> Result<Vec<u32>, SigningError> {
    let ring = stored(store).await?.1;
    Ok(ring.keys.iter().filter(|kept| kept.is_shown_at(now)).map(RingKey::version).collect())
}

/// Encrypts all keys with the current version of the server key. Returns how many were encrypted with another one.
///
/// # Errors
/// [`SigningError`]. Nothing has changed then.
pub async fn reseal(around: SigningContext<'_>) -> Result<usize, SigningError> {
    for _ in 0..ATTEMPTS {
        let (before, mut ring) = stored(around.store).await?;
        ring.forget_ended(around.environment.now());
        let mut changed = 0;
        for kept in &mut ring.keys {
            let mut nonce = [0; peerage_access::sealing::NONCE_BYTES];
            around.environment.fill(&mut nonce);
            changed += usize::from(kept.reseal(around.server_key, &nonce).map_err(SigningError::Broken)?);
        }
        if changed == 0 || around.store.swap_value(ring::NAME, before.as_deref(), &ring.print()).await? {
            return Ok(changed);
        }
    }
    Err(SigningError::Busy)
}

/// Forgets all keys, because the server key that encrypts them is lost. New ones are made when they are needed.
///
/// # Errors
/// [`SigningError`].
pub async fn forget(store: &Store) -> Result<(), SigningError> {
    for _ in 0..ATTEMPTS {
        let Some(before) = store.value(ring::NAME).await? else { return Ok(()) };
        if store.swap_value(ring::NAME, Some(&before), &KeyRing::default().print()).await? {
            return Ok(());
        }
    }
    Err(SigningError::Busy)
}

/// Returns the stored keys, as text and as they are understood.
async fn stored(store: &Store) -> Result<(Option<String>, KeyRing), SigningError> {
    let text = store.value(ring::NAME).await?;
    let ring = text.as_deref().map_or(Ok(KeyRing::default()), KeyRing::read).map_err(SigningError::Broken)?;
    Ok((text, ring))
}

/// Makes the keys that are needed, and stores them. If several nodes do so at once, one succeeds and the others use its
/// keys.
async fn change(
    around: SigningContext<'_>,
    missing: impl Fn(&KeyRing) -> Vec<SigningAlgorithm>,
    rotation: KeyRotation,
    now: Moment,
) -> Result<KeyRing, SigningError> {
    for _ in 0..ATTEMPTS {
        let (before, mut ring) = stored(around.store).await?;
        let missing = missing(&ring);
        if missing.is_empty() {
            return Ok(ring);
        }
        for way in missing {
            let made = make(around, way, now).await?;
            ring.take(made, rotation, now);
        }
        ring.forget_ended(now);
        let text = ring.print();
        if around.store.swap_value(ring::NAME, before.as_deref(), &text).await? {
            let kids: Vec<&str> = ring.keys.iter().map(|kept| kept.kid.as_str()).collect();
            tracing::info!(keys = kids.join(" "), "new signing keys were created");
            return Ok(ring);
        }
    }
    Err(SigningError::Busy)
}

async fn make(around: SigningContext<'_>, way: SigningAlgorithm, now: Moment) -> Result<RingKey, SigningError> {
    let environment = Arc::clone(around.environment);
    let pem = tokio::task::spawn_blocking(move || environment.signing_key(way)).await.ok().flatten();
    let pem = pem.ok_or(SigningError::NoKey)?;
    let key = encoding_key(way, pem.as_bytes())?;
    let public = Jwk::from_encoding_key(&key, algorithm(way))?;
    let kid = public.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)?;
    let mut public = serde_json::to_value(public).map_err(|error| SigningError::Broken(error.to_string()))?;
    public["kid"] = json!(kid);
    public["use"] = json!("sig");
    let mut nonce = [0; peerage_access::sealing::NONCE_BYTES];
    around.environment.fill(&mut nonce);
    Ok(RingKey::new(kid, way, now, public, around.server_key, pem.as_bytes(), &nonce))
}
