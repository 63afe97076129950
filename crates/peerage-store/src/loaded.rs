//! The items that a store returns when it is loaded.

use std::sync::Arc;

use peerage_registry::{Record, Row, Subject};
use peerage_schema::Resource;

/// A row or record, as of the head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// Stored cells only.
    Row(Resource, Row),
    /// Its kind, its id, and its JSON text, byte for byte.
    Record(Record, u32, Arc<str>),
}

impl Loaded {
    pub(crate) fn id(&self) -> u32 {
        match self {
            Loaded::Row(_, row) => row.id(),
            Loaded::Record(_, id, _) => *id,
        }
    }
}

/// All kinds, in the order in which they are loaded.
pub(crate) fn subjects() -> impl Iterator<Item = Subject> {
    Resource::ALL.into_iter().map(Subject::Row).chain(Record::ALL.into_iter().map(Subject::Record))
}
