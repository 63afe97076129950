//! OAuth clients, where people sign in with their account here, and consents (spec/accounts.md, 15 and 28).

use peerage_registry::ids::{ClientId, ConsentId, OrgId, SessionId, UserId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::{AuthMethod, StoredSecret, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// It can keep a secret.
    Confidential,
    /// It cannot keep a secret: an app, or a page.
    Public,
}

/// How tokens for a client are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    #[default]
    RS256,
    ES256,
    /// By Ed25519.
    EdDSA,
}

/// A site or program that was registered by a person or an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    /// The client id in the protocol.
    pub client_id: String,
    pub name: String,
    /// Its owner: either a user or an organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    pub kind: ClientKind,
    /// Newest first; empty for a public client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<StoredSecret>,
    /// Compared exactly.
    pub redirect_uris: Vec<String>,
    /// Addresses to which people can be redirected after they have logged out there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logout_uris: Vec<String>,
    /// Address that is notified when a person logs out (`OpenID` Connect Back-Channel Logout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_uri: Option<String>,
    #[serde(default)]
    pub signing: SigningAlgorithm,
    /// Whether it can omit PKCE, because it predates it. Only the operator can allow this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_pkce: bool,
    #[serde(with = "time")]
    pub created: Moment,
}

/// A person's consent to a client, and the tokens that are based on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub id: ConsentId,
    pub user: UserId,
    /// Id of the client's record.
    pub client: ClientId,
    pub scopes: Vec<String>,
    /// Whether the person was informed that `profile` includes their user name, which it did not always do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_username: bool,
    /// Shared networks; `None`: all of the person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<u32>>,
    #[serde(with = "time")]
    pub created: Moment,
    /// When the person last signed in there, or the client last refreshed its tokens.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub used: Option<Moment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<SignInTokens>,
}

/// The result of one sign-in: first a code, then an access token and a refresh token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInTokens {
    /// Part of all texts from this sign-in. Random, not secret.
    pub family: String,
    /// Kept after it was exchanged: if it is used again, it was stolen, by this caller or by the earlier one.
    pub code: StoredSecret,
    /// The pending exchange of the code; `None`: it was exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<StoredSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<StoredSecret>,
    /// How often it was refreshed. Part of the text of the refresh token.
    #[serde(default)]
    pub generation: u32,
    /// Expiry of the code, and later of the access token.
    #[serde(with = "time")]
    pub expires: Moment,
    #[serde(with = "time")]
    pub refresh_expires: Moment,
    pub scopes: Vec<String>,
    /// The scopes of the newest token, if the client asked for less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed: Option<Vec<String>>,
    /// Whether the client uses the issuer with the path `/oauth2`, which its tokens then contain.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_below: bool,
    /// How the person authenticated, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<AuthMethod>,
    #[serde(with = "time")]
    pub authenticated: Moment,
    /// The line of sessions with which the person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

/// What a code is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCode {
    pub redirect_uri: String,
    /// The PKCE challenge (S256).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}
