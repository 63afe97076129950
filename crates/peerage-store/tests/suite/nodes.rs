//! Several nodes on one database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use peerage_registry::{Event, LogEntry, LogHead};
use peerage_schema::Resource;
use peerage_store::{AppendDecider, AppendError, AppendPace, ReloadReason, StoreError};

use crate::support::{StoreCheck, TestDatabase, append, created, is_sound, org, try_append};

on_both_engines!(
    what_one_node_appends_wakes_another,
    a_write_that_nobody_waits_for_is_finished,
    n23_another_history_wakes_whoever_watches_and_is_never_appended_to_unseen,
    n22_an_import_may_take_long_and_others_are_told_so_within_seconds,
);

/// An import that takes a long time while it holds the lock.
struct SlowImport {
    begun: std::sync::mpsc::Sender<()>,
}

impl AppendDecider for SlowImport {
    type Refusal = ();

    fn decide(&mut self, _: LogHead, _: Vec<Event>) -> Result<Box<dyn Iterator<Item = LogEntry> + '_>, ()> {
        self.begun.send(()).map_err(drop)?;
        std::thread::sleep(Duration::from_secs(5));
        Ok(Box::new([created(Resource::Org, &org(1, "One"))].into_iter()))
    }

    fn pace(&self) -> AppendPace {
        AppendPace::Long
    }
}

fn n22_an_import_may_take_long_and_others_are_told_so_within_seconds(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let (importer, other) = (database.open().await, database.open().await);
        let (begun, has_begun) = std::sync::mpsc::channel();
        let import =
            tokio::spawn(async move { importer.append(LogHead::EMPTY, SlowImport { begun }).await.map(|_| ()) });
        tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("a thread").expect("it begins");
        let request = Instant::now();
        let refused = try_append(&other, vec![created(Resource::Org, &org(2, "Two"))]).await;
        assert!(matches!(refused, Err(AppendError::Store(StoreError::Busy(_)))), "{refused:?}");
        assert!(request.elapsed() < Duration::from_millis(4_500), "{:?}", request.elapsed());
        import.await.expect("a task").expect("the import is not broken off");
        append(&other, vec![created(Resource::Org, &org(2, "Two"))]).await;
        assert_eq!(other.head().await.expect("a head").sequence, 2);
        is_sound(&other).await;
    })
}

fn what_one_node_appends_wakes_another(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let (writer, follower) = (database.open().await, database.open().await);
        let mut moved = follower.watch();
        let mut own = writer.watch();
        let mut known = LogHead::EMPTY;
        for id in 1..=3 {
            let head = append(&writer, vec![created(Resource::Org, &org(id, &format!("Org {id}")))]).await;
            let woken = tokio::time::timeout(Duration::from_secs(1), moved.wait_for(|seen| *seen == head));
            woken.await.expect("it wakes within a second").expect("the store lives");
            assert_eq!(*own.borrow_and_update(), head);
            let events = follower.tail(known, 100).await.expect("the log");
            assert_eq!(events.iter().map(|event| event.entry.id).collect::<Vec<_>>(), [id]);
            known = head;
        }
        assert_eq!(follower.tail(LogHead::EMPTY, 2).await.expect("the log").len(), 2);
        assert_eq!(follower.tail(known, 2).await.expect("the log").len(), 0);
    })
}

fn a_write_that_nobody_waits_for_is_finished(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let (begun, has_begun) = std::sync::mpsc::channel();
        let writer = {
            let store = store.clone();
            tokio::spawn(async move {
                let decide_at_head = move |_: LogHead, _| {
                    begun.send(()).expect("a listener");
                    std::thread::sleep(Duration::from_millis(100));
                    Ok::<_, ()>([created(Resource::Org, &org(1, "One"))])
                };
                store.append(LogHead::EMPTY, decide_at_head).await.map(|_| ())
            })
        };
        tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("a thread").expect("it begins");
        writer.abort();
        store.settle().await;
        assert_eq!(store.head().await.expect("a head").sequence, 1);
    })
}

/// A head with another hash is another head, both with the same and with a lower number.
fn n23_another_history_wakes_whoever_watches_and_is_never_appended_to_unseen(
    database: Arc<TestDatabase>,
) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let first = append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        let second = append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
        let mut moved = store.watch();
        assert_eq!(*moved.borrow_and_update(), second);
        let hash = if database.is_server() {
            "decode(repeat('ab', 32), 'hex')"
        } else {
            "unhex(replace(hex(zeroblob(32)), '00', 'ab'))"
        };
        let other = LogHead { sequence: 2, hash: [0xab; 32] };
        database
            .sql(&format!("UPDATE event SET hash = {hash} WHERE sequence = 2; UPDATE head SET hash = {hash}"))
            .await;
        let woken = tokio::time::timeout(Duration::from_secs(1), moved.wait_for(|seen| *seen == other)).await;
        woken.expect("it wakes within a second").expect("the store lives");
        assert!(store.holds(other).await.expect("an answer") && store.holds(LogHead::EMPTY).await.expect("an answer"));
        assert!(!store.holds(second).await.expect("an answer"));
        database
            .sql("DELETE FROM event WHERE sequence = 2; UPDATE head SET sequence = 1, hash = (SELECT hash FROM event)")
            .await;
        let woken = tokio::time::timeout(Duration::from_secs(1), moved.wait_for(|seen| *seen == first)).await;
        woken.expect("it wakes within a second").expect("the store lives");
        for ghost in [second, other] {
            let decide_at_head =
                |_: LogHead, _| -> Result<Vec<peerage_registry::LogEntry>, ()> { panic!("decided at a lost head") };
            let outcome = store.append(ghost, decide_at_head).await;
            let Err(AppendError::Store(StoreError::Reload(ReloadReason::Forked { sequence: 2 }))) = outcome else {
                panic!("appended at a ghost");
            };
        }
    })
}
