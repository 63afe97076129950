//! Signs what is said to other sites (ID tokens), and shows the keys by which that is checked.
//!
//! Keys are made when they are first needed, and anew every ninety days or when an operator says so. The nodes of a
//! registry share them as one value of the store, the private halves sealed under the server's key. A new key is shown
//! for a while before it signs, so that whoever keeps a copy of the public halves has it by then; an old one is shown
//! until all that it signed has ended.

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

/// For how long a node signs by what it has read: a key that another has made is known after that.
const RELOAD: SignedDuration = SignedDuration::from_secs(5);

/// How often the value is looked at again because others change it.
const ATTEMPTS: usize = 8;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error("the signing keys cannot be read or kept: {0}")]
    Store(#[from] StoreError),
    #[error("the signing keys that are kept make no sense: {0}")]
    Broken(String),
    #[error("the system gives no signing key")]
    NoKey,
    #[error("others change the signing keys without a pause")]
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

/// What signing needs of its surroundings.
#[derive(Clone, Copy)]
pub struct SigningContext<'a> {
    pub store: &'a Store,
    pub server_key: &'a ServerKey,
    pub environment: &'a Arc<dyn Environment>,
}

impl Signer {
    /// Signs claims: a JWT.
    pub async fn sign(
        &self,
        around: SigningContext<'_>,
        way: SigningAlgorithm,
        claims: Map<String, Json>,
    ) -> Result<String, SigningError> {
        self.sign_as("JWT", around, way, claims).await
    }

    /// The same with what it is in its head.
    pub async fn sign_as(
        &self,
        kind: &str,
        around: SigningContext<'_>,
        way: SigningAlgorithm,
        claims: Map<String, Json>,
    ) -> Result<String, SigningError> {
        let keys = self.keys(around).await?;
        // Looked at after keys may have been made, which takes a while.
        let now = around.environment.now();
        let ready = keys.iter().filter(|ready| ready.kept.way == way && ready.kept.signs_at(now));
        let ready = ready.max_by_key(|ready| ready.kept.from).ok_or(SigningError::NoKey)?;
        let mut header = Header::new(algorithm(way));
        header.typ = Some(kind.to_owned());
        header.kid = Some(ready.kept.kid.clone());
        let ready = Arc::clone(ready);
        // RSA takes a millisecond, which no other request shall wait for.
        let signed = tokio::task::spawn_blocking(move || jsonwebtoken::encode(&header, &claims, &ready.private)).await;
        Ok(signed.map_err(|_| SigningError::NoKey)??)
    }

    /// The public halves: what `/oauth2/jwks/` answers.
    pub async fn public(&self, around: SigningContext<'_>) -> Result<Json, SigningError> {
        let keys = self.keys(around).await?;
        let now = around.environment.now();
        let shown = keys.iter().filter(|ready| ready.kept.is_shown_at(now)).map(|ready| ready.kept.public.clone());
        Ok(json!({"keys": shown.collect::<Vec<Json>>()}))
    }

    /// The claims of a token that was signed here, also of one that has ended. None if it was not.
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
                // What was read before needs not be opened again.
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

/// The keys that are kept, with those made that are missing or too old.
async fn current(around: SigningContext<'_>, now: Moment) -> Result<KeyRing, SigningError> {
    change(around, |ring| ring.wanting(now), KeyRotation::default(), now).await
}

/// Makes new keys for every way of signing, on an operator's word.
///
/// # Errors
/// [`SigningError`]. Nothing has changed then.
pub async fn rotate(around: SigningContext<'_>, rotation: KeyRotation) -> Result<Vec<String>, SigningError> {
    let now = around.environment.now();
    let ring = change(around, |_| KeyRing::WAYS.to_vec(), rotation, now).await?;
    Ok(ring.keys.into_iter().filter(|kept| kept.made == now).map(|kept| kept.kid).collect())
}

/// Makes the keys that are wanted, and keeps them; of several nodes that do so at a time, one succeeds and the others
/// take over what it has made.
async fn change(
    around: SigningContext<'_>,
    wanted: impl Fn(&KeyRing) -> Vec<SigningAlgorithm>,
    rotation: KeyRotation,
    now: Moment,
) -> Result<KeyRing, SigningError> {
    for _ in 0..ATTEMPTS {
        let before = around.store.value(ring::NAME).await?;
        let mut ring = match &before {
            Some(text) => KeyRing::read(text).map_err(SigningError::Broken)?,
            None => KeyRing::default(),
        };
        let wanted = wanted(&ring);
        if wanted.is_empty() {
            return Ok(ring);
        }
        for way in wanted {
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
