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
mod sessions;
mod step;
mod text;
mod users;

use std::collections::BTreeMap;

use text::{stamp, time};

pub use accounts::{Evidence, Purpose, Recovery, RecoveryState, Ticket, WantedAccount};
pub use clients::{Access, Client, ClientKind, Consent, Pending, Signing};
pub use factors::{Code, Codes, Factor, Proof, Security, Used};
pub use joining::{Application, ApplicationState, Invitation, Wanted};
pub use keys::{AddressQuestion, Ended, Key, KeyState, Secret};
pub(crate) use kinds::with_kind;
pub use kinds::{Kept, for_readers};
pub use logos::Logo;
pub use members::{Member, Rank, Role, RoleKind};
pub use policies::Policy;
pub use sessions::{Amr, Session, Stage};
pub use step::RecordStep;
pub use users::{Email, Password, User};

/// Permission bits by namespace.
pub type Rules = BTreeMap<String, u8>;
