//! Records of people, keys and permissions, each stored as JSON text in the log and in SQL.
//!
//! Fields are only ever added, each with a default, so that older logs stay readable. Times are UTC with microseconds.

mod accounts;
mod clients;
mod factors;
mod joining;
mod keys;
mod kinds;
mod logos;
mod members;
pub mod personal;
mod policies;
mod proposals;
mod sessions;
mod step;
mod text;
mod users;

use std::collections::BTreeMap;

use text::{stamp, time};

pub use accounts::{PendingAccount, Recovery, RecoveryEvidence, RecoveryState, Ticket, TicketPurpose};
pub use clients::{Client, ClientKind, Consent, PendingCode, SignInTokens, SigningAlgorithm};
pub use factors::{BackupCode, Codes, Factor, FactorProof, FactorUse, SecurityKeyProof};
pub use joining::{Application, ApplicationAim, ApplicationState, Invitation};
pub use keys::{AddressConfirmation, Key, KeyEnd, KeyState, StoredSecret};
pub(crate) use kinds::with_kind;
pub use kinds::{StoredRecord, for_readers};
pub use logos::Logo;
pub use members::{Member, MemberRole, Role, RoleKind};
pub use policies::Policy;
pub use proposals::{ImportFailure, PortAddresses, PortFields, PortProposal, ProposedAction, StatedPort};
pub use sessions::{AuthMethod, Session, SessionStage};
pub use step::RecordStep;
pub use users::{EmailAddress, Password, User};

/// Permission bits by namespace.
pub type PermissionRules = BTreeMap<String, u8>;
