//! The thirteen resources of an interconnection registry, as data.
//!
//! Each resource is one [`Table`]: its fields in output order with type, bounds, choices, defaults, derivation, and who
//! can see and change them. JSON, filters, `OpenAPI`, SQL and docs are functions over these tables. Only rules that are
//! truly special to one resource refer to a field by name.
//!
//! ```
//! use peerage_schema::{Resource, Storage, Write, tables::net};
//!
//! let table = Resource::Net.table();
//! let asn = &table.fields[net::ASN.position()];
//! assert_eq!((asn.name, asn.label), ("asn", "ASN"));
//! assert_eq!(asn.kind.storage(), Storage::Int);
//! assert_eq!(asn.write, Write::Create);
//! ```
//!
//! Source: spec/read-api.md, section 1.

pub mod choices;
pub mod column;
pub mod field;
pub mod resource;
mod status;
pub mod tables;

pub use column::{Column, Columns, Position};
pub use field::{Default, Derivation, Empty, Field, Filter, Index, Kind, Origin, Set, Shown, Storage, Through, Write};
pub use resource::{Resource, Table};
pub use status::Status;
