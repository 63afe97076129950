//! Rows, snapshots, queries, rules and JSON of the registry.
//!
//! Pure: no async, no clock, no SQL, no HTTP, no I/O. The only thing that can fail is a caller's input, and such
//! failures are returned as values.

pub mod cause;
pub mod dump;
pub mod erased;
pub mod event;
pub mod fold;
pub mod ids;
pub mod json;
pub mod letters;
pub mod moment;
pub mod place;
pub mod query;
pub mod rights;
pub mod row;
pub mod rules;
pub mod snapshot;
pub mod stored;
pub mod viewer;

pub use cause::Cause;
pub use erased::{ErasedEvents, SequenceSet};
pub use event::{
    Action, Actor, Event, EventChange, EventHash, EventSubject, IdempotentRetry, LogEntry, LogHead, Record,
};
pub use row::{Row, RowBuilder, Value};
pub use snapshot::{ListingFrames, Snapshot, SnapshotLoader};
pub use viewer::{Viewer, ViewerClass, Visibility};
