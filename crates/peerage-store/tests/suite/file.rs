//! Tests of SQLite files only.

use std::path::Path;
use std::sync::Arc;

use peerage_registry::Value;
use peerage_registry::{LogEntry, LogHead};
use peerage_schema::Resource;
use peerage_store::{AppendError, Store, StoreError, StoreLocation};

use crate::support::{append, created, everything, is_sound, org, row, try_append};

async fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&StoreLocation::file(path), "fresh").await
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_made_with_its_folders_and_only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("var/lib/registry.db");
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    let mut seen = 0;
    for entry in std::fs::read_dir(path.parent().expect("a folder")).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        seen += 1;
    }
    assert!(seen >= 2, "the write-ahead log stands beside the file");
}

#[tokio::test]
async fn what_is_no_registry_is_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = open(folder.path()).await.expect_err("a directory").to_string();
    assert!(text.contains("it is a directory"), "{text}");
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear reader, this is no database, and it is long enough to be seen as none.".repeat(50))
        .expect("a file");
    let text = open(&path).await.expect_err("a letter").to_string();
    assert!(text.contains("letter.txt") && text.contains("not a database"), "{text}");
}

#[tokio::test]
async fn what_is_read_is_one_state_while_the_registry_is_being_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder.path().join("registry.db")).await.expect("opened");
    append(&store, (1..=3_000).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))).collect()).await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (written, is_written) = std::sync::mpsc::channel::<()>();
    let mut first = Some((begun, is_written));
    let read = store.read_everything(LogHead::EMPTY, Vec::new(), move |items, item| {
        items.push(item);
        if let Some((begun, is_written)) = first.take() {
            begun.send(()).expect("the writer waits");
            is_written.recv().expect("the writer is done");
        }
        Ok(())
    });
    let write = async {
        has_begun.await.expect("the reading has begun");
        append(&store, vec![created(Resource::Org, &org(9_999, "Later"))]).await;
        written.send(()).expect("the reader waits");
    };
    let (items, ()) = tokio::join!(read, write);
    let items = items.expect("everything");
    let copy = open(&folder.path().join("copy.db")).await.expect("opened");
    let mut left = items.into_iter();
    let head = copy.restore(move || Ok(left.next())).await.expect("restored");
    assert_eq!((head.sequence, store.head().await.expect("a head").sequence), (3_000, 3_001));
    drop(copy);
    let copy = open(&folder.path().join("copy.db")).await.expect("opened");
    assert_eq!((copy.id(), copy.head().await.expect("a head")), (store.id(), head));
    assert_eq!(everything(&copy).await.len(), 3_000);
    is_sound(&copy).await;
    let text = copy.restore(|| Ok(None)).await.expect_err("it is in use").to_string();
    assert!(text.contains("the database is in use"), "{text}");
}

#[tokio::test]
async fn a_settled_registry_is_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    store.settle().await;
    let alone = folder.path().join("alone.db");
    std::fs::copy(&path, &alone).expect("a copy");
    let copy = open(&alone).await.expect("opened");
    assert_eq!(copy.head().await.expect("a head"), store.head().await.expect("a head"));
}

/// A process that dies during a transaction leaves the state before it.
#[tokio::test]
async fn a_death_amid_a_transaction_leaves_the_old_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    let before = append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    let dead = folder.path().join("dead.db");
    let (from, to) = (path.clone(), dead.clone());
    // The files are copied as they are on disk while the transaction is incomplete.
    let decide = move |_: LogHead, _| {
        let (from, to) = (from.clone(), to.clone());
        Ok::<_, ()>((2..=20_000).map(move |id| -> LogEntry {
            if id == 20_000 {
                for beside in ["", "-wal"] {
                    let name = |path: &Path| format!("{}{beside}", path.display());
                    std::fs::copy(name(&from), name(&to)).expect("a copy");
                }
            }
            created(Resource::Org, &org(id, &format!("Org {id}")))
        }))
    };
    store.append(before, decide).await.expect("appended");
    let found = open(&dead).await.expect("opened");
    assert_eq!(found.head().await.expect("a head"), before);
    is_sound(&found).await;
}

async fn is_refused_as_gone(store: &Store, words: &str) {
    let before = store.head().await;
    match try_append(store, vec![created(Resource::Org, &org(77, "Nowhere"))]).await {
        Err(AppendError::Store(StoreError::Gone(text))) => assert!(text.contains(words), "{text}"),
        other => panic!("it was to be refused: {other:?}"),
    }
    assert!(store.trouble().is_some_and(|why| why.contains(words)), "{:?}", store.trouble());
    assert!(store.swap_value("lease", None, "mine").await.is_err(), "values are not written into nowhere either");
    if let (Ok(before), Ok(after)) = (before, store.head().await) {
        assert_eq!(before, after, "nothing was changed");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn n25_a_removed_file_is_not_written_to_until_it_is_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    assert_eq!(store.trouble(), None);
    let aside = folder.path().join("aside.db");
    std::fs::rename(&path, &aside).expect("moved");
    is_refused_as_gone(&store, "registry.db was removed").await;
    std::fs::rename(&aside, &path).expect("moved back");
    append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    assert_eq!(store.trouble(), None);
    is_sound(&store).await;
}

#[cfg(unix)]
#[tokio::test]
async fn n25_a_file_that_another_registrys_was_put_in_place_of_is_not_written_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, other) = (folder.path().join("registry.db"), folder.path().join("other.db"));
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    {
        let another = Store::open(&StoreLocation::file(&other), "another").await.expect("opened");
        append(&another, vec![created(Resource::Org, &org(9, "Nine"))]).await;
        another.settle().await;
    }
    std::fs::rename(&other, &path).expect("replaced");
    is_refused_as_gone(&store, "registry.db was replaced").await;
}

#[cfg(unix)]
#[tokio::test]
async fn n25_a_removed_write_ahead_log_stops_writing_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    for end in ["-wal", "-shm"] {
        let beside = folder.path().join(format!("registry.db{end}"));
        let aside = folder.path().join("aside");
        std::fs::rename(&beside, &aside).expect("moved");
        is_refused_as_gone(&store, &format!("registry.db{end} was removed")).await;
        std::fs::rename(&aside, &beside).expect("moved back");
    }
    std::fs::remove_file(folder.path().join("registry.db-wal")).expect("removed");
    is_refused_as_gone(&store, "registry.db-wal was removed").await;
    // What was confirmed is in the file when the program ends.
    store.settle().await;
    let alone = folder.path().join("alone.db");
    std::fs::copy(&path, &alone).expect("a copy");
    assert_eq!(open(&alone).await.expect("opened").head().await.expect("a head").sequence, 1);
}

#[tokio::test]
async fn n25_a_file_that_was_overwritten_in_place_is_not_written_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, other) = (folder.path().join("registry.db"), folder.path().join("other.db"));
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    store.settle().await;
    {
        let another = Store::open(&StoreLocation::file(&other), "another").await.expect("opened");
        append(&another, vec![created(Resource::Org, &org(9, "Nine"))]).await;
        another.settle().await;
    }
    std::fs::copy(&other, &path).expect("overwritten");
    let begun = std::time::Instant::now();
    while store.trouble().is_none() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "nobody notices");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    is_refused_as_gone(&store, "was overwritten").await;
}

#[tokio::test]
async fn n22_another_writer_is_waited_for_a_few_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    let hung = rusqlite::Connection::open(&path).expect("a connection");
    hung.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let begun = std::time::Instant::now();
    let refused = try_append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    assert!(matches!(refused, Err(AppendError::Store(StoreError::Busy(_)))), "{refused:?}");
    assert!(begun.elapsed() < std::time::Duration::from_millis(4_500), "{:?}", begun.elapsed());
    hung.execute_batch("ROLLBACK").expect("let go");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
}

async fn trouble_comes(store: &Store) {
    let begun = std::time::Instant::now();
    while store.trouble().is_none() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "nobody notices");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn n25_an_older_backup_copied_over_the_file_stops_writing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, backup) = (folder.path().join("registry.db"), folder.path().join("backup.db"));
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    let connection = rusqlite::Connection::open(&path).expect("a connection");
    connection.execute("VACUUM INTO ?1", [backup.to_str()]).expect("a copy");
    drop(connection);
    append(&store, (2..=900).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))).collect()).await;
    store.settle().await;
    // The watcher sees the new events first.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    std::fs::copy(&backup, &path).expect("overwritten");
    trouble_comes(&store).await;
    is_refused_as_gone(&store, "was overwritten").await;
    store.settle().await;
    drop(store);
    let restored = open(&path).await.expect("the backup is whole");
    assert_eq!(restored.head().await.expect("a head").sequence, 1);
    is_sound(&restored).await;
}

#[tokio::test]
async fn n24_a_write_ahead_log_that_was_cut_off_stops_writing_and_leaves_the_file_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    store.settle().await;
    append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    let wal = folder.path().join("registry.db-wal");
    std::fs::OpenOptions::new().write(true).open(&wal).expect("opened").set_len(0).expect("cut off");
    // Immediately: nothing is confirmed that would be lost.
    match store.swap_value("lease", None, "mine").await {
        Err(StoreError::Gone(text)) => assert!(text.contains("was cut off"), "{text}"),
        other => panic!("it was to be refused: {other:?}"),
    }
    assert!(store.trouble().is_some_and(|why| why.contains("was cut off")), "{:?}", store.trouble());
    let refused = try_append(&store, vec![created(Resource::Org, &org(77, "Nowhere"))]).await;
    assert!(refused.is_err(), "{refused:?}");
    store.settle().await;
    drop(store);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let found = open(&path).await.expect("the file is sound");
    assert_eq!(found.head().await.expect("a head").sequence, 1);
    is_sound(&found).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_ahead_log_stays_short_while_writers_do_not_pause() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = Arc::new(open(&path).await.expect("opened"));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                // Each event and its row have this text.
                let notes = "n".repeat(250_000);
                for id in (1..=100).map(|number| writer * 100 + number) {
                    let name = format!("Org {id}");
                    let org = row(Resource::Org, id, &[("name", Value::Text(&name)), ("notes", Value::Text(&notes))]);
                    append(&store, vec![created(Resource::Org, &org)]).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    let file = |path: &Path| std::fs::metadata(path).expect("a file").len() >> 20;
    let (wal, database) = (file(&path.with_file_name("registry.db-wal")), file(&path));
    assert!(database > 150, "too little was written: {database} MiB");
    assert!(wal < 100, "the write-ahead log has {wal} MiB beside {database} MiB");
}
