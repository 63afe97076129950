//! Security keys and passkeys: a thin wrapper around the library that verifies them (`WebAuthn` Level 2).
//!
//! Every ceremony has two halves. The first returns options for the browser and a state. The caller stores the state on
//! the server, to be used once, and for no longer than [`LIFE`]. The second half takes the state and the browser's
//! response. Challenges are created by the library: 32 random bytes for each ceremony.
//!
//! - Keys of every make can be registered (`attestation: none`). One for login without a password must verify its user.
//! - Alone, without a user name, a key must verify its user (by a PIN or biometrics) and be enabled for login.
//! - In addition to a password or another passkey, a touch is enough.
//! - If the signature counter does not increase, the key is assumed to have been copied: it is refused and reported.

use peerage_registry::ids::{FactorId, UserId};
use peerage_registry::moment::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use webauthn_rs::prelude::{
    AuthenticationResult, CredentialID, DiscoverableAuthentication, DiscoverableKey, Passkey, PublicKeyCredential,
    RegisterPublicKeyCredential, SecurityKey, SecurityKeyAuthentication, SecurityKeyRegistration, Url, Uuid, Webauthn,
    WebauthnBuilder, WebauthnError,
};

use crate::people::People;
use crate::records::{Factor, FactorProof, SecurityKeyProof, User};

/// Time limit of a ceremony.
pub const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Size of a user handle, in bytes (spec/accounts.md, 20).
pub const HANDLE_BYTES: usize = 64;

/// The format in which the library serializes credentials. It is stored with each, because another major version may
/// use another.
pub const FORMAT: u8 = 1;

/// The relying party: how browsers and people know this site in ceremonies.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    webauthn: Webauthn,
}

/// The first half of a ceremony.
#[derive(Clone)]
pub struct StartedCeremony {
    /// For the browser: input of `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: Json,
    /// For the second half. It never leaves the server.
    pub state: String,
}

/// Why a response is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Wrong, of another ceremony, or of an unknown key: the caller cannot tell which.
    #[error("Security key authentication failed")]
    Failed,
    /// The signature counter did not increase, so there may be a copy of the key. The owner must be notified.
    #[error("Security key authentication failed")]
    MayBeCopied { factor: FactorId },
    /// It should have verified its user, but did not.
    #[error("This key did not ask for a PIN or biometrics, so it cannot replace your password.")]
    Unverified,
}

/// A registered key that has not been stored yet.
#[derive(Clone)]
pub struct RegisteredCredential {
    pub security: SecurityKeyProof,
    /// The user handle of the account, in hexadecimal.
    pub handle: String,
}

/// A valid response of a key.
#[derive(Clone)]
pub struct Assertion {
    pub factor: FactorId,
    /// Whether the key has verified its user.
    pub is_verified: bool,
    /// Whether it was used alone: only then does it replace a password, and then it counts as nothing else.
    pub is_alone: bool,
    result: AuthenticationResult,
}

/// State between the halves. A ceremony can end only with the purpose for which it began.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ceremony", rename_all = "lowercase")]
enum CeremonyState {
    Register { user: UserId, handle: String, logs_in: bool, state: SecurityKeyRegistration },
    Beside { user: UserId, state: SecurityKeyAuthentication },
    Alone { state: DiscoverableAuthentication },
}

/// The part of the library's credential that is used here.
#[derive(Deserialize)]
struct StoredCredential {
    cred: CredentialParts,
}

#[derive(Deserialize)]
struct CredentialParts {
    counter: u32,
    user_verified: bool,
    backup_eligible: bool,
    backup_state: bool,
}

/// Encodes an id in Base64url, as browsers do.
pub fn id_text(id: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(id)
}

fn id_of(text: &str) -> Option<CredentialID> {
    data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

fn security(factor: &Factor) -> Option<&SecurityKeyProof> {
    match &factor.proof {
        FactorProof::Key(security) if security.format == FORMAT => Some(security),
        _ => None,
    }
}

impl RelyingParty {
    /// Creates the relying party of a site, given the address at which people reach the registry. `None` if keys cannot
    /// work there: they require a host name rather than an IP address, and TLS, or `localhost`.
    pub fn new(site: &str, name: &str) -> Option<RelyingParty> {
        let origin = Url::parse(site).ok()?;
        let domain = origin.domain()?.to_owned();
        let builder = WebauthnBuilder::new(&domain, &origin).ok()?.rp_name(name);
        let builder = builder.danger_set_user_presence_only_security_keys(true);
        Some(RelyingParty { webauthn: builder.build().ok()? })
    }

    /// Begins the registration of a key. `handle` is the account's user handle, existing or new. `logs_in`: whether the
    /// key is for login without a password.
    pub fn register(
        &self,
        user: &User,
        others: &[&Factor],
        handle: &str,
        logs_in: bool,
    ) -> Result<StartedCeremony, KeyError> {
        let bytes = data_encoding::HEXLOWER.decode(handle.as_bytes()).map_err(|_| KeyError::Failed)?;
        let others = others.iter().filter_map(|factor| id_of(&security(factor)?.credential_id)).collect();
        let full_name = user.full_name();
        let shown = if full_name.is_empty() { &user.username } else { &full_name };
        // The library uses its own kind of handle, and asks for a touch only. The options for the browser ask for more.
        let begun =
            self.webauthn.start_securitykey_registration(Uuid::nil(), &user.username, shown, Some(others), None, None);
        let (options, state) = begun.map_err(|_| KeyError::Failed)?;
        let mut options = options_of(&options)?;
        options["user"]["id"] = json!(id_text(&bytes));
        options["authenticatorSelection"] = json!({
            "residentKey": "preferred",
            "requireResidentKey": false,
            "userVerification": if logs_in { "required" } else { "preferred" },
        });
        options["extensions"] = json!({"credProps": true});
        options["hints"] = if logs_in { json!([]) } else { json!(["security-key"]) };
        let state = CeremonyState::Register { user: user.id, handle: handle.to_owned(), logs_in, state };
        Ok(StartedCeremony { options, state: text(&state)? })
    }

    /// Completes the registration of a key.
    pub fn registered(&self, state: &str, user: UserId, response: &str) -> Result<RegisteredCredential, KeyError> {
        let CeremonyState::Register { user: begun_by, handle, logs_in, state } = read(state)? else {
            return Err(KeyError::Failed);
        };
        if begun_by != user {
            return Err(KeyError::Failed);
        }
        let shown: RegisterPublicKeyCredential = read(response)?;
        let credential = self.webauthn.finish_securitykey_registration(&shown, &state).map_err(|_| KeyError::Failed)?;
        let credential_text = text(&credential)?;
        let parts = read::<StoredCredential>(&credential_text)?.cred;
        if logs_in && !parts.user_verified {
            return Err(KeyError::Unverified);
        }
        let outside: Json = read(response)?;
        let words = outside["response"]["transports"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let transports = words.filter(|word| word.len() <= 20).take(8).map(str::to_owned).collect();
        let security = SecurityKeyProof {
            credential_id: id_text(credential.cred_id()),
            credential: credential_text,
            format: FORMAT,
            logs_in,
            verifies: parts.user_verified,
            discoverable: outside["clientExtensionResults"]["credProps"]["rk"].as_bool(),
            backup_eligible: parts.backup_eligible,
            backed_up: parts.backup_state,
            transports,
            aaguid: aaguid(&shown.response.attestation_object),
            counter: parts.counter,
        };
        Ok(RegisteredCredential { security, handle })
    }

    /// Asks for one of a person's keys, in addition to something else that they have shown.
    pub fn ask_beside(&self, user: UserId, factors: &[&Factor]) -> Result<StartedCeremony, KeyError> {
        let keys = factors.iter().filter_map(|factor| read::<SecurityKey>(&security(factor)?.credential).ok());
        let keys: Vec<SecurityKey> = keys.collect();
        if keys.is_empty() {
            return Err(KeyError::Failed);
        }
        let (options, state) = self.webauthn.start_securitykey_authentication(&keys).map_err(|_| KeyError::Failed)?;
        let mut options = options_of(&options)?;
        // A key in addition to a password can be of any kind: a phone as well as a key on a key ring.
        options["hints"] = json!([]);
        Ok(StartedCeremony { options, state: text(&CeremonyState::Beside { user, state })? })
    }

    /// Asks for any passkey, without knowing the person. Also for the browser's autofill.
    pub fn ask_alone(&self) -> Result<StartedCeremony, KeyError> {
        let (options, state) = self.webauthn.start_discoverable_authentication().map_err(|_| KeyError::Failed)?;
        let mut options = options_of(&options)?;
        options["extensions"] = json!({});
        Ok(StartedCeremony { options, state: text(&CeremonyState::Alone { state })? })
    }

    /// Verifies the response of a key. `user`: its required owner, if known.
    pub fn asserted(
        &self,
        people: &People,
        state: &str,
        response: &str,
        user: Option<UserId>,
    ) -> Result<Assertion, KeyError> {
        let shown: PublicKeyCredential = read(response)?;
        let factor = people.factor_with_credential(&id_text(shown.get_credential_id())).ok_or(KeyError::Failed)?;
        let known = security(factor).ok_or(KeyError::Failed)?;
        let message = |error| match error {
            WebauthnError::CredentialPossibleCompromise => KeyError::MayBeCopied { factor: factor.id },
            WebauthnError::UserNotVerified => KeyError::Unverified,
            _ => KeyError::Failed,
        };
        let handle = people.user(factor.user).and_then(|user| user.handle.as_deref()).ok_or(KeyError::Failed)?;
        let shown_handle = shown.get_user_unique_id().map(|bytes| data_encoding::HEXLOWER.encode(bytes));
        let is_owners =
            user.is_none_or(|user| user == factor.user) && shown_handle.as_deref().is_none_or(|shown| shown == handle);
        if !is_owners {
            return Err(KeyError::Failed);
        }
        let (result, is_alone) = match read(state)? {
            CeremonyState::Beside { user: request, state } if request == factor.user => {
                (self.webauthn.finish_securitykey_authentication(&shown, &state).map_err(message)?, false)
            }
            // Without a user name, a key must say whose it is.
            CeremonyState::Alone { state } if known.logs_in && shown_handle.is_some() => {
                let key: DiscoverableKey = read(&known.credential)?;
                (self.webauthn.finish_discoverable_authentication_v2(&shown, state, &key).map_err(message)?, true)
            }
            _ => return Err(KeyError::Failed),
        };
        let is_verified = result.user_verified();
        if is_alone && !is_verified {
            return Err(KeyError::Unverified);
        }
        Ok(Assertion { factor: factor.id, is_verified, is_alone, result })
    }
}

impl Assertion {
    /// The key after its use. Fails if the key has been used again meanwhile: then this response is outdated.
    pub fn applied(&self, known: &SecurityKeyProof) -> Result<SecurityKeyProof, KeyError> {
        let mut key: Passkey = read(&known.credential)?;
        let counter = self.result.counter();
        if (counter > 0 || known.counter > 0) && counter <= known.counter {
            return Err(KeyError::MayBeCopied { factor: self.factor });
        }
        key.update_credential(&self.result).ok_or(KeyError::Failed)?;
        Ok(SecurityKeyProof {
            credential: text(&key)?,
            counter: counter.max(known.counter),
            backed_up: self.result.backup_state(),
            backup_eligible: known.backup_eligible || self.result.backup_eligible(),
            ..known.clone()
        })
    }
}

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Assertion(factor {})", self.factor)
    }
}

fn text<T: Serialize>(value: &T) -> Result<String, KeyError> {
    serde_json::to_string(value).map_err(|_| KeyError::Failed)
}

fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, KeyError> {
    serde_json::from_str(text).map_err(|_| KeyError::Failed)
}

/// Converts the options for the browser's own parsers: without the outer object.
fn options_of<T: Serialize>(challenge: &T) -> Result<Json, KeyError> {
    let mut whole = serde_json::to_value(challenge).map_err(|_| KeyError::Failed)?;
    Ok(whole["publicKey"].take())
}

/// The model of a key, if it says so. It is at a fixed position in the authenticator data (`WebAuthn`, 6.1 and 6.5.1),
/// which the library does not return. Used for display only.
fn aaguid(attestation_object: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\x68authData";
    let at = attestation_object.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let data = match attestation_object.get(at)? {
        0x58 => attestation_object.get(at + 2..)?,
        0x59 => attestation_object.get(at + 3..)?,
        _ => return None,
    };
    let id = data.get(37..53)?;
    id.iter().any(|byte| *byte != 0).then(|| Uuid::from_slice(id).map(|id| id.to_string()).ok())?
}
