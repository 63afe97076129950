//! "Sign in with Peerage": the claims that clients get about a person, and the texts of codes and tokens
//! (spec/accounts.md, 15 and 28; OAuth 2.1, `OpenID` Connect Core).
//!
//! Signing is elsewhere, since it needs randomness. What is signed is here.

mod amr;
mod claims;
mod logout;
mod pkce;
mod redirect;
mod scopes;
mod token;

pub use amr::{is_strong, words};
pub use claims::{ClaimsContext, IdToken, id_claims, networks_of, profile, userinfo};
pub use logout::{LogoutNotice, logout_claims, of as logouts, sid};
pub use pkce::{is_challenge, is_proof};
pub use redirect::{UriError, check_uri, is_registered};
pub use scopes::{OauthScopes, SCOPES};
pub use token::{ParsedToken, TokenKind, make, parse, was_made_here};

use peerage_registry::moment::{HOUR, MINUTE, SignedDuration, days};

/// How long a code is valid.
pub const CODE_LIFE: SignedDuration = MINUTE;
/// How long an access token is valid.
pub const ACCESS_LIFE: SignedDuration = HOUR;
/// How long an ID token is valid, and so how long a public key is published after its last signature.
pub const ID_TOKEN_LIFE: SignedDuration = HOUR;
/// How long a refresh token is valid. Each use restarts the time.
pub const REFRESH_LIFE: SignedDuration = days(30);
