//! Several nodes on one database.

use std::sync::Arc;
use std::time::Duration;

use peerage_registry::Head;
use peerage_schema::Resource;

use crate::support::{Check, Database, append, created, org};

on_both_engines!(what_one_node_appends_wakes_another, a_write_that_nobody_waits_for_is_finished);

fn what_one_node_appends_wakes_another(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let (writer, follower) = (database.open().await, database.open().await);
        let mut moved = follower.watch();
        let mut own = writer.watch();
        let mut known = Head::EMPTY;
        for id in 1..=3 {
            let head = append(&writer, vec![created(Resource::Org, &org(id, &format!("Org {id}")))]).await;
            let woken = tokio::time::timeout(Duration::from_secs(1), moved.wait_for(|seen| *seen == head.sequence));
            woken.await.expect("it wakes within a second").expect("the store lives");
            assert_eq!(*own.borrow_and_update(), head.sequence);
            let events = follower.tail(known, 100).await.expect("the log");
            assert_eq!(events.iter().map(|event| event.entry.id).collect::<Vec<_>>(), [id]);
            known = head;
        }
        assert_eq!(follower.tail(Head::EMPTY, 2).await.expect("the log").len(), 2);
        assert_eq!(follower.tail(known, 2).await.expect("the log").len(), 0);
    })
}

fn a_write_that_nobody_waits_for_is_finished(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = database.open().await;
        let (begun, has_begun) = std::sync::mpsc::channel();
        let writer = {
            let store = store.clone();
            tokio::spawn(async move {
                let judge = move |_: Head, _| {
                    begun.send(()).expect("a listener");
                    std::thread::sleep(Duration::from_millis(100));
                    Ok::<_, ()>([created(Resource::Org, &org(1, "One"))])
                };
                store.append(Head::EMPTY, judge).await.map(|_| ())
            })
        };
        tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("a thread").expect("it begins");
        writer.abort();
        store.settle().await;
        assert_eq!(store.head().await.expect("a head").sequence, 1);
    })
}
