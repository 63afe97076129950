//! Member lists of exchanges in the format of the IX-F (Euro-IX JSON schema, versions 0.3 to 1.0): what a list says, and
//! what importing it would change on an exchange LAN.
//!
//! Pure: no HTTP, no SQL, no I/O, no clock, no randomness, and no type of the registry. The caller fetches the list,
//! applies what follows from it.
//!
//! ```text
//! bytes ── parse ──▶ MemberFile ── clean ──▶ CleanList
//!                        └── validate ──▶ Validation
//! ```
//!
//! Everything that is said about a list has a [`Source`]: the JSON path and the line. Messages repeat at most
//! [`QUOTE_CHARS_MAX`] characters of the list. Source of the rules: spec/ixf.md.

pub mod bounds;
mod clean;
mod defect;
mod file;
mod finding;
mod lines;
mod parse;
mod path;
mod problem;
mod quote;
mod validate;

pub use clean::{CleanError, CleanList, CleanRow, ConnectionFacts, RowSpeed, UnreadableEntry, clean};
pub use defect::{Defect, Severity};
pub use file::{
    ConnectionState, ListedAddress, ListedConnection, ListedEntry, ListedExchange, ListedId, ListedInterface,
    ListedMember, ListedSwitch, ListedVlan, MemberFile, Reading,
};
pub use finding::{Finding, FindingList};
pub use parse::{ParseError, ParseProblem, parse};
pub use path::{JsonPath, Source};
pub use problem::{Concerned, Family, RowError, RowProblem};
pub use quote::{QUOTE_CHARS_MAX, Quote};
pub use validate::{Validation, validate};
