//! Sites that let people sign in with their account here, and what people let them know (spec/accounts.md, 15 and 28).

use peerage_registry::ids::{ClientId, ConsentId, OrgId, SessionId, UserId};
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

use super::{Amr, Secret, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// It can keep a secret.
    Confidential,
    /// It cannot: an app, or a page.
    Public,
}

/// How what is said to a client is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signing {
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
    /// What it is called on the wire.
    pub client_id: String,
    pub name: String,
    /// Its owner: one of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    pub kind: ClientKind,
    /// The newest first; none of a public client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Compared letter for letter.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after they have logged out there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logout_uris: Vec<String>,
    /// Who is told when a person who came from here logs out (`OpenID` Connect Back-Channel Logout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_uri: Option<String>,
    #[serde(default)]
    pub signing: Signing,
    /// It was written before PKCE and goes without: only whoever runs the registry lets one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_pkce: bool,
    #[serde(with = "time")]
    pub created: Micros,
}

/// What a person lets a client know, and the tokens that tell so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub id: ConsentId,
    pub user: UserId,
    /// The client's record.
    pub client: ClientId,
    pub scopes: Vec<String>,
    /// Whether the person was told that `profile` has their user name, too: it did not always.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_username: bool,
    /// Networks that are told of; none: all of the person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<u32>>,
    #[serde(with = "time")]
    pub created: Micros,
    /// When the person signed in there, or the client renewed its tokens, last.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub used: Option<Micros>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<Access>,
}

/// What came of one sign-in: first a code, then a token for asking and one for renewing it, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Stands in the texts of all that came of it; random, no secret.
    pub family: String,
    /// Stays when it was exchanged: whoever shows it again has stolen it, or was robbed.
    pub code: Secret,
    /// What the code was given for; none: it was exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Secret>,
    /// How often it was renewed: stands in the text of the token for renewing.
    #[serde(default)]
    pub generation: u32,
    /// The end of the code, and then that of the token.
    #[serde(with = "time")]
    pub expires: Micros,
    #[serde(with = "time")]
    pub refresh_expires: Micros,
    pub scopes: Vec<String>,
    /// What the newest token tells, where its client asked for less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed: Option<Vec<String>>,
    /// Whether the site knows this registry by the path `/oauth2`, which its tokens name then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_below: bool,
    /// How the person proved to be there, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<Amr>,
    #[serde(with = "time")]
    pub authenticated: Micros,
    /// The line of sessions by which the person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

/// What a code is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub redirect_uri: String,
    /// Of PKCE, by S256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}
