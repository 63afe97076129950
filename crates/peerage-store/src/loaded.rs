//! The items that a store returns when it is loaded.

use std::sync::Arc;

use peerage_registry::{EventSubject, Record, Row};
use peerage_schema::Resource;

/// A row or record, as of the head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadedItem {
    /// Stored cells only.
    Row(Resource, Row),
    /// Its kind, its id, and its JSON text, byte for byte.
    Record(Record, u32, Arc<str>),
}

impl LoadedItem {
    pub(crate) fn id(&self) -> u32 {
        match self {
            LoadedItem::Row(_, row) => row.id(),
            LoadedItem::Record(_, id, _) => *id,
        }
    }
}

/// All kinds: those of rows come before those of records.
pub(crate) fn subjects() -> impl Iterator<Item = EventSubject> {
    Resource::ALL.into_iter().map(EventSubject::Row).chain(Record::ALL.into_iter().map(EventSubject::Record))
}
