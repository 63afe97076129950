//! People, keys and the audit trail from the command line, for whoever runs the registry.

pub mod act;
mod audit;
mod grant;
mod key;
mod oidc;
mod org;
mod prompt;
mod read;
mod role;
mod sheet;
mod user;

pub use audit::AuditCommand;
pub use grant::GrantCommand;
pub use key::KeyCommand;
pub use oidc::OidcCommand;
pub use org::OrgCommand;
pub use role::RoleCommand;
pub use user::UserCommand;
