//! IDs of people, organizations, keys and the other records: a type for each kind, so that they cannot be mixed up.
//!
//! IDs count from 1 within their kind. The default, 0, belongs to nothing. The log, SQL, addresses and answers hold the
//! plain number, so conversions ([`Id::new`], [`Id::get`], `of_json`) belong where one of these is read or written.
//!
//! ```
//! use peerage_registry::ids::OrgId;
//!
//! let org: OrgId = "7".parse().expect("a number");
//! assert_eq!(org, OrgId::new(7));
//! assert_eq!(org.to_string(), "7");
//! assert_eq!(serde_json::to_string(&org).expect("JSON"), "7");
//! ```
//!
//! IDs of different kinds cannot be compared, even if the numbers are equal:
//!
//! ```compile_fail
//! # use peerage_registry::ids::{OrgId, UserId};
//! assert!(OrgId::new(7) == UserId::new(7));
//! ```
//!
//! Rows of the thirteen resources keep plain numbers next to their [`Resource`](peerage_schema::Resource), because tables,
//! rules and queries treat all resources alike. Only organizations have a type, since people, keys and permissions refer
//! to them. Events and steps hold the plain number next to the [`Record`](crate::Record) or resource that they are about.

use std::fmt::{Debug, Display};
use std::hash::Hash;

/// An ID of one kind.
pub trait Id: Copy + Ord + Hash + Debug + Display + Send + Sync + 'static {
    const MIN: Self;
    const MAX: Self;

    fn new(number: u32) -> Self;

    fn get(self) -> u32;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct $name(u32);

            impl $name {
                pub const MIN: $name = $name(0);
                pub const MAX: $name = $name(u32::MAX);

                pub const fn new(number: u32) -> $name {
                    $name(number)
                }

                pub const fn get(self) -> u32 {
                    self.0
                }

                /// Reads an ID in a JSON document. Returns `None` if the value is not an ID.
                pub fn of_json(value: &serde_json::Value) -> Option<$name> {
                    $name::try_from(value.as_u64()?).ok()
                }
            }

            impl Id for $name {
                const MIN: $name = $name::MIN;
                const MAX: $name = $name::MAX;

                fn new(number: u32) -> $name {
                    $name(number)
                }

                fn get(self) -> u32 {
                    self.0
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    std::fmt::Display::fmt(&self.0, f)
                }
            }

            /// The same as for the number, so printed structures stay short.
            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    std::fmt::Debug::fmt(&self.0, f)
                }
            }

            impl std::str::FromStr for $name {
                type Err = std::num::ParseIntError;

                fn from_str(text: &str) -> Result<$name, std::num::ParseIntError> {
                    text.parse().map($name)
                }
            }

            /// Reads an ID in a cell of a row.
            impl TryFrom<i64> for $name {
                type Error = std::num::TryFromIntError;

                fn try_from(number: i64) -> Result<$name, std::num::TryFromIntError> {
                    u32::try_from(number).map($name)
                }
            }

            /// Reads an ID in JSON.
            impl TryFrom<u64> for $name {
                type Error = std::num::TryFromIntError;

                fn try_from(number: u64) -> Result<$name, std::num::TryFromIntError> {
                    u32::try_from(number).map($name)
                }
            }

            impl From<$name> for i64 {
                fn from(id: $name) -> i64 {
                    i64::from(id.0)
                }
            }

            impl From<$name> for u64 {
                fn from(id: $name) -> u64 {
                    u64::from(id.0)
                }
            }
        )*
    };
}

ids! {
    /// A person; of their password and backup codes, too.
    UserId
    /// An organization; of its policy, too.
    OrgId
    /// A person's place in an organization.
    MemberId
    KeyId
    /// A role account.
    RoleId
    SessionId
    /// An organization's logo of an object.
    LogoId
    /// A second factor.
    FactorId
    /// A mailed link.
    TicketId
    /// An account recovery.
    RecoveryId
    /// A request to join an organization.
    ApplicationId
    InvitationId
    /// A site that lets people sign in.
    ClientId
    /// What a person lets a client know.
    ConsentId
    /// A change of a port that a member list proposes.
    PortProposalId
    /// The failed import of a member list; of its exchange, too.
    ImportFailureId
}
