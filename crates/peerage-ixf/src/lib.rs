//! Member lists of exchanges in the format of the IX-F (Euro-IX JSON schema, versions 0.3 to 1.0): what a list says, and
//! what importing it would change on an exchange LAN.
//!
//! Pure: no HTTP, no SQL, no I/O, no clock, no randomness, and no type of the registry. The caller fetches the list,
//! describes the LAN ([`Lan`]) and applies the [`Plan`].
//!
//! ```text
//! bytes ── parse ──▶ MemberFile ── clean ──▶ CleanList ── compare(Lan) ──▶ Plan ── report ──▶ preview
//!                        └── validate ──▶ Validation
//! ```
//!
//! Everything that is said about a list has a [`Source`]: the JSON path and the line. Messages repeat at most
//! [`QUOTE_CHARS_MAX`] characters of the list. Source of the rules: spec/ixf.md.
//!
//! ```
//! use peerage_ixf::{GuardLimits, Lan, clean, compare, parse};
//!
//! let list = br#"{"version":"1.0","timestamp":"2026-01-01T00:00:00Z","ixp_list":[],"member_list":[{"asnum":64500,
//!   "connection_list":[{"ixp_id":1,"if_list":[{"if_speed":10000}],
//!     "vlan_list":[{"vlan_id":1,"ipv4":{"address":"192.0.2.5"}}]}]}]}"#;
//! let lan = Lan { prefixes: vec!["192.0.2.0/24".parse()?], ..Lan::default() };
//! let plan = compare(&clean(&parse(list)?)?, &lan, &GuardLimits::default())?;
//! // The registry of this example has no network with this AS number.
//! assert_eq!(plan.ignored[0].to_string(), "AS64500: No network has this AS number.");
//! assert_eq!(plan.as_numbers, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bounds;
mod clean;
mod compare;
mod defect;
mod file;
mod finding;
mod lan;
mod lines;
mod parse;
mod path;
mod plan;
mod problem;
mod quote;
mod report;
mod validate;

pub use clean::{CleanError, CleanList, CleanRow, ConnectionFacts, RowSpeed, UnreadableEntry, clean};
pub use compare::compare;
pub use defect::{Defect, Severity};
pub use file::{
    ConnectionState, ListedAddress, ListedConnection, ListedEntry, ListedExchange, ListedId, ListedInterface,
    ListedMember, ListedSwitch, ListedVlan, MemberFile, Reading,
};
pub use finding::{DefectFindings, Finding};
pub use lan::{ExcludedFields, KnownProposal, Lan, LanNetwork, LanPort, PortIdentity, PortValues, StatedValues};
pub use parse::{ParseError, ParseProblem, parse};
pub use path::{JsonPath, Source};
pub use plan::{
    Change, ChangeAction, DecidedBy, Differences, GuardDecision, GuardLimits, IgnoredReason, IgnoredRow, Noop, Plan,
    Proposal, ProtocolConflict, Reason, StopReason,
};
pub use problem::{Concerned, Family, RowError, RowProblem};
pub use quote::{QUOTE_CHARS_MAX, Quote};
pub use report::{ExchangeLabel, Preview, PreviewPeer, PreviewPort, PreviewRow, network_preview, preview};
pub use validate::{Validation, validate};
