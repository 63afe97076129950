//! Reads rows and records.

use peerage_registry::EventSubject;
use rusqlite::Connection;

use crate::error::StoreError;
use crate::loaded::LoadedItem;
use crate::records;
use crate::sqlite::local::{LocalConnection, now};
use crate::sqlite::rows;

/// Calls `take` with each row of a resource, or each record of a kind, ascending by id.
pub fn read(
    connection: &Connection,
    subject: EventSubject,
    mut take: impl FnMut(LoadedItem) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    match subject {
        EventSubject::Row(resource) => rows::read(connection, resource, |row| take(LoadedItem::Row(resource, row))),
        EventSubject::Record(record) => {
            let take = |id, body| take(LoadedItem::Record(record, id, body));
            now(records::read(&mut LocalConnection(connection), record, take))
        }
    }
}
