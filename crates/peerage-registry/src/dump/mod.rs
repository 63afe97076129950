//! Rows as the API shows them, taken over from files and written to files.
//!
//! Reading goes in two steps. A [`Batch`] takes documents and keeps what each row says, as a [`Row`](crate::Row) of
//! stored cells; what a row cannot say for itself (does its network exist, is its name free) waits for [`plan`], which
//! judges the final state and gives the smallest list of changes that leads there. So an import that is repeated
//! changes nothing.
//!
//! Real registries hold what no rule would admit today: null beside an empty text, choices that left their list,
//! addresses outside every prefix of their LAN. All that is taken as it is. What cannot be taken is a [`Complaint`],
//! which names file, row, field and reason; the other rows are taken all the same.
//!
//! # Documents
//!
//! ```text
//! {"data": [{"id": 1, …}, …], "meta": …}          rows of one kind, which the file's name says: net.json, net-0.json
//! [{"id": 1, …}, …]                               the same without an envelope
//! {"org": {"data": [ … ]}, "net": {"data": [ … ]}, …}     the public daily dump
//! ```
//!
//! Keys stand in any order. Keys that no field has, derived fields and relations are passed over, so that listings of
//! any depth can be read.
//!
//! # What the API hides
//!
//! A listing shows less than a registry keeps: whole seconds, `ok` for every state in which an AS number is assigned,
//! the organization's website where a row has none, no [`version`](peerage_schema::field::version). Where a listing
//! shows just what an existing row would show, the existing value stays. [`push_row`] writes everything; a row with a
//! key that the API never shows was written by it, and is taken to the letter.

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

pub use batch::Batch;
pub use complaint::{Complaint, Count, Report};
pub use obey::obey;
pub use plan::{Change, Mode, Plan, plan};
pub use prune::{NotPruned, plan_pruning};
pub use read::{ReadError, Reading, depth_of_file, kind_of_file};
pub use reconcile::same_stored;
pub use unique::{clashes_within, dangling_within};
pub use write::{push_row, write_kind};
