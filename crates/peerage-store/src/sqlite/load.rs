//! Reads rows and records.

use std::path::Path;

use peerage_registry::{EventSubject, LogHead, SnapshotLoader};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::loaded::{LoadedItem, subjects};
use crate::records;
use crate::sqlite::local::{LocalConnection, now};
use crate::sqlite::{log, reader, rows};

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

/// Calls `take` with all rows and then all records, as of one position in the log, which it returns. A second thread
/// reads the largest tables with a connection of its own.
pub fn read_all(
    connection: &mut Connection,
    path: &Path,
    mut take: impl FnMut(LoadedItem),
) -> Result<LogHead, StoreError> {
    // A single transaction sees a single state, whatever is written meanwhile.
    let transaction = connection.transaction()?;
    let head = log::head(&transaction)?;
    let read_here = |subject: EventSubject, take: &mut dyn FnMut(LoadedItem)| {
        read(&transaction, subject, |loaded| {
            take(loaded);
            Ok(())
        })
    };
    let is_large = |subject: &EventSubject| SnapshotLoader::LARGE.map(EventSubject::Row).contains(subject);
    let (large, mut rest): (Vec<_>, Vec<_>) = subjects().partition(is_large);
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| read_large(path, head));
        let records = rest.split_off(rest.partition_point(|subject| matches!(subject, EventSubject::Row(_))));
        rest.into_iter().try_for_each(|subject| read_here(subject, &mut take))?;
        match beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))? {
            Some(read) => read.into_iter().for_each(&mut take),
            None => large.into_iter().try_for_each(|subject| read_here(subject, &mut take))?,
        }
        records.into_iter().try_for_each(|subject| read_here(subject, &mut take))
    })?;
    Ok(head)
}

/// Reads the largest tables. Returns `None` if they no longer show this position in the log.
fn read_large(path: &Path, head: LogHead) -> Result<Option<Vec<LoadedItem>>, StoreError> {
    let mut connection = reader(path)?;
    let transaction = connection.transaction()?;
    if log::head(&transaction)? != head {
        return Ok(None);
    }
    let mut all = Vec::new();
    for resource in SnapshotLoader::LARGE {
        rows::read(&transaction, resource, |row| {
            all.push(LoadedItem::Row(resource, row));
            Ok(())
        })?;
    }
    Ok(Some(all))
}
