//! "Sign in with Peerage": what other sites learn of a person, in which words, and the texts that prove it
//! (spec/accounts.md, 15 and 28; OAuth 2.1, `OpenID` Connect Core).
//!
//! Signing is not here: it needs chance. What is signed is.

mod amr;
mod claims;
mod logout;
mod pkce;
mod redirect;
mod scopes;
mod token;

pub use amr::{is_strong, words};
pub use claims::{IdToken, Told, id_claims, networks_of, profile, userinfo};
pub use logout::{Logout, logout_claims, of as logouts, sid};
pub use pkce::{is_challenge, is_proof};
pub use redirect::{UriError, check_uri, is_registered};
pub use scopes::{SCOPES, Scopes};
pub use token::{Kind, Parsed, make, parse, was_made_here};

use peerage_registry::moment::Micros;

const SECOND: Micros = 1_000_000;

/// How long a code waits to be exchanged.
pub const CODE_LIFE: Micros = 60 * SECOND;
/// How long a token for asking is good.
pub const ACCESS_LIFE: Micros = 3_600 * SECOND;
/// How long an ID token is good, and so a key's public half is shown after it has signed the last.
pub const ID_TOKEN_LIFE: Micros = 3_600 * SECOND;
/// How long a token for renewing waits for its use; each use begins anew.
pub const REFRESH_LIFE: Micros = 30 * 86_400 * SECOND;
