//! What a store gives to whoever loads it.

use std::sync::Arc;

use peerage_registry::{Record, Row, Subject};
use peerage_schema::Resource;

/// One thing of a registry as it is at the head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// Stored cells only.
    Row(Resource, Row),
    /// Its kind, its id, and its JSON text letter for letter.
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

/// Everything that is loaded, in that order.
pub(crate) fn subjects() -> impl Iterator<Item = Subject> {
    Resource::ALL.into_iter().map(Subject::Row).chain(Record::ALL.into_iter().map(Subject::Record))
}
