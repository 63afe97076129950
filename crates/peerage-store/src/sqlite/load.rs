//! Reads rows and records.

use peerage_registry::Subject;
use rusqlite::Connection;

use crate::error::StoreError;
use crate::loaded::Loaded;
use crate::records;
use crate::sqlite::local::{Local, now};
use crate::sqlite::rows;

/// Calls `take` with each row of a resource, or each record of a kind, ascending by id.
pub fn read(
    connection: &Connection,
    subject: Subject,
    mut take: impl FnMut(Loaded) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    match subject {
        Subject::Row(resource) => rows::read(connection, resource, |row| take(Loaded::Row(resource, row))),
        Subject::Record(record) => {
            let take = |id, body| take(Loaded::Record(record, id, body));
            now(records::read(&mut Local(connection), record, take))
        }
    }
}
