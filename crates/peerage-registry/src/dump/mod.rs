//! Reads rows from files in the format of the API, and writes them.
//!
//! Reading has two steps. A [`DumpBatch`] parses documents and holds each row as a [`Row`](crate::Row) of stored cells.
//! [`plan`] then checks what a row alone does not show (does its network exist, is its name free) against the final
//! state, and computes the shortest list of changes that leads there. So repeating an import changes nothing.
//!
//! Real registries contain values that no rule would accept today: null as well as empty texts, choices that are no
//! longer on their list, addresses outside of every prefix of their LAN. All of that is imported unchanged. What cannot
//! be imported results in a [`RowComplaint`], which names file, row, field and reason; the other rows are imported all the
//! same.
//!
//! # Documents
//!
//! ```text
//! {"data": [{"id": 1, …}, …], "meta": …}          rows of the kind in the file's name: net.json, net-0.json
//! [{"id": 1, …}, …]                               the same without an envelope
//! {"org": {"data": [ … ]}, "net": {"data": [ … ]}, …}     the public daily dump
//! ```
//!
//! Keys can come in any order. Unknown keys, derived fields and relations are ignored, so listings of any depth can be
//! read.
//!
//! # What the API hides
//!
//! A listing shows less than a registry stores: whole seconds, `ok` for every state in which an AS number is assigned,
//! the organization's website for a row without one, no [`version`](peerage_schema::field::version). If a listing shows
//! exactly what an existing row would show, the existing value is kept. [`push_row`] writes everything. A row with a
//! key that the API never shows was written by it, and is taken literally.

mod batch;
mod cells;
mod complaint;
mod convert;
mod obey;
mod plan;
mod prune;
mod read;
mod reconcile;
#[cfg(test)]
mod tests;
mod unique;
mod write;

pub use batch::DumpBatch;
pub use complaint::{ImportReport, RowComplaint, RowCounts};
pub use obey::obey;
pub use plan::{ImportMode, ImportPlan, PlannedChange, plan};
pub use prune::{NotPruned, plan_pruning};
pub use read::{DumpReader, ReadError, depth_of_file, kind_of_file};
pub use reconcile::same_stored;
pub use unique::{clashes_within, dangling_within};
pub use write::{push_row, write_kind};
