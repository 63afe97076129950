//! Access control: principals, grants, roles and keys.
//!
//! Pure: the clock and random bytes are arguments. People and keys are a second snapshot ([`People`]) next to the
//! registry's, fed by the same log. Everything that a caller can do is reduced to one [`GrantScope`], and one function of it
//! answers whether they may do something.

// Lets tests share helpers with integration tests, which see the crate from outside.
#[cfg(test)]
extern crate self as peerage_access;

pub mod acts;
pub mod audit_view;
pub mod bundles;
pub mod demands;
pub mod entities;
pub mod factors;
pub mod grants;
pub mod hygiene;
pub mod idle;
pub mod key_rules;
pub mod key_string;
pub mod known_browser;
pub mod lockout;
pub mod locks;
pub mod namespaces;
pub mod notices;
pub mod oidc;
pub mod password;
mod patch;
pub mod people;
pub mod principal;
pub mod recognise;
pub mod reconfirm;
pub mod records;
pub mod scopes;
pub mod sealing;
pub mod server_key;
pub mod session_life;
pub mod show;
pub mod staff_ranks;
mod standard_grants;
pub mod usage;
pub mod version_uses;

pub use acts::{AccessContext, AccessError, RecordStep};
pub use grants::{GrantScope, Grants};
pub use key_string::KeyKind;
pub use patch::Patch;
pub use people::{KeyEntry, Organizations, People, UnreadableRecord};
pub use principal::{Principal, PrincipalKind};
pub use recognise::{KeyRejection, RecognisedKey};
pub use server_key::{SecretHash, ServerKey};
pub use staff_ranks::{StaffPower, StaffRank};
