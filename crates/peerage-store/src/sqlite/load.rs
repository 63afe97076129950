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
    read_beside(&transaction, || read_large(path, head), &mut take)?;
    Ok(head)
}

/// Reads everything, the largest tables by `read_large` in a second thread, or else here if it returns `None`.
fn read_beside(
    transaction: &Connection,
    read_large: impl FnOnce() -> Result<Option<Vec<LoadedItem>>, StoreError> + Send,
    mut take: impl FnMut(LoadedItem),
) -> Result<(), StoreError> {
    let read_here = |subject: EventSubject, take: &mut dyn FnMut(LoadedItem)| {
        read(transaction, subject, |loaded| {
            take(loaded);
            Ok(())
        })
    };
    let is_large = |subject: &EventSubject| SnapshotLoader::LARGE.map(EventSubject::Row).contains(subject);
    let (large, mut rest): (Vec<_>, Vec<_>) = subjects().partition(is_large);
    std::thread::scope(|scope| {
        let beside = scope.spawn(read_large);
        let records = rest.split_off(rest.partition_point(|subject| matches!(subject, EventSubject::Row(_))));
        rest.into_iter().try_for_each(|subject| read_here(subject, &mut take))?;
        match beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))? {
            Some(read) => read.into_iter().for_each(&mut take),
            None => large.into_iter().try_for_each(|subject| read_here(subject, &mut take))?,
        }
        records.into_iter().try_for_each(|subject| read_here(subject, &mut take))
    })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use peerage_registry::{Row, stored};
    use peerage_schema::Resource;

    use super::*;
    use crate::sqlite::SqliteStore;
    use crate::sqlite::rows::RowWriter;

    #[tokio::test]
    async fn the_largest_tables_are_read_beside_the_others_at_the_same_head_or_here() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("registry.db");
        let (store, _) = SqliteStore::open(&path, Duration::from_secs(5), "id").await.expect("a new file");
        let head = store.head().await.expect("the head");
        let mut connection = crate::sqlite::connect(&path).expect("a connection");
        let row = |resource: Resource, json: &str| -> Row { stored::from_json(resource, json).expect("a row") };
        let mut writer = RowWriter::new(&connection);
        for (resource, json) in [
            (Resource::Org, r#"{"id": 1, "name": "Example", "status": "ok"}"#),
            (Resource::Net, r#"{"id": 2, "org_id": 1, "asn": 64500, "name": "Example", "status": "ok"}"#),
            (Resource::Net, r#"{"id": 3, "org_id": 1, "asn": 64501, "name": "Sample", "status": "ok"}"#),
        ] {
            writer.insert(resource, &row(resource, json)).expect("a row is written");
        }
        drop(writer);
        let mut beside = Vec::new();
        assert_eq!(read_all(&mut connection, &path, |loaded| beside.push(loaded)).expect("all is read"), head);
        let mut here = Vec::new();
        read_beside(&connection, || Ok(None), |loaded| here.push(loaded)).expect("all is read");
        assert_eq!((beside.len(), &beside), (3, &here));
        let large = read_large(&path, head).expect("the tables are read").expect("the head is the same");
        assert_eq!(large[..], beside[1..]);
        let later = LogHead { sequence: head.sequence + 1, ..head };
        assert!(matches!(read_large(&path, later), Ok(None)));
        let failing = read_beside(&connection, || Err(StoreError::Busy("a test".to_owned())), drop);
        assert!(matches!(failing, Err(StoreError::Busy(_))));
    }
}
