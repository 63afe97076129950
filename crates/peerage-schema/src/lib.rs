//! What the thirteen resources of an interconnection registry are, as data.
//!
//! Each resource is one [`Table`]: its fields in output order with type, bounds, choices, defaults, derivation, who may
//! see and change them. JSON, filters, `OpenAPI`, SQL and docs are functions over these tables; nothing else knows a
//! field's name but the rules that are truly special to one resource.
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
