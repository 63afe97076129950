//! The commands with which an operator manages people, keys, pending requests and the audit log.

pub mod act;
mod audit;
mod grant;
mod key;
mod login;
mod oidc;
mod org;
mod prompt;
mod queue;
mod read;
mod role;
mod server_key;
mod standing;
mod table;
mod user;

pub use audit::{AuditCommand, CheckpointFile};
pub use grant::GrantCommand;
pub use key::KeyCommand;
pub use oidc::OidcCommand;
pub use org::OrgCommand;
pub use queue::{ApproveArgs, QueueArgs, RefuseArgs};
pub use role::RoleCommand;
pub use server_key::ServerKeyCommand;
pub use user::UserCommand;
