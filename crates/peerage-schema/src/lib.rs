//! The thirteen resources of an interconnection registry, as data.
//!
//! Each resource is one [`ResourceTable`]: its fields in output order with type, bounds, choices, defaults, derivation, and who
//! can see and change them. JSON, filters, `OpenAPI`, SQL and docs are functions over these tables. Only rules that are
//! truly special to one resource refer to a field by name.
//!
//! ```
//! use peerage_schema::{Resource, ValueStorage, WriteAccess, tables::net};
//!
//! let table = Resource::Net.table();
//! let asn = &table.fields[net::ASN.position()];
//! assert_eq!((asn.name, asn.label), ("asn", "ASN"));
//! assert_eq!(asn.kind.storage(), ValueStorage::Int);
//! assert_eq!(asn.write, WriteAccess::Create);
//! ```
//!
//! Source: spec/read-api.md, section 1.

pub mod choices;
pub mod column;
pub mod field;
pub mod resource;
mod status;
pub mod tables;

pub use column::{CellPosition, Column, CommonColumns};
pub use field::{
    DefaultValue, Derivation, DisplayForm, EmptyValue, Field, FieldIndex, FieldKind, FilterSupport, RelatedSet,
    SetRelation, ValueOrigin, ValueStorage, WriteAccess,
};
pub use resource::{Resource, ResourceTable};
pub use status::Status;
