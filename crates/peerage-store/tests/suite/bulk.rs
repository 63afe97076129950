//! Many entries in one transaction.

use std::sync::Arc;
use std::time::Duration;

use peerage_registry::{LogEntry, LogHead};
use peerage_schema::Resource;
use peerage_store::Store;

use crate::support::{
    StoreCheck, TestDatabase, append, changed, created, erased, everything, is_sound, net, org, violation,
};

on_both_engines!(thousands_of_entries_are_one_transaction, events_come_back_as_long_as_they_are_few);

fn thousands_of_entries_are_one_transaction(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let orgs: Vec<_> = (1..=2_300).map(|id| org(id, &format!("Org {id} ❄"))).collect();
        let nets: Vec<_> = (1..=1_200).map(|id| net(id, id, &format!("Net {id}"), i64::from(63_000 + id))).collect();
        let mut entries: Vec<LogEntry> = nets.iter().map(|row| created(Resource::Net, row)).collect();
        entries.extend(orgs.iter().map(|row| created(Resource::Org, row)));
        let head = append(&store, entries).await;
        assert_eq!(head.sequence, 3_500);
        assert_eq!(everything(&store).await.len(), 3_500);

        // Changed, erased and created, in turns.
        let mut entries = Vec::new();
        for (at, row) in nets.iter().enumerate() {
            match at % 3 {
                0 => entries.push(erased(Resource::Net, row)),
                1 => {
                    let after = net(row.id(), row.id(), &format!("NET {at}"), i64::from(63_000 + row.id()));
                    entries.push(changed(Resource::Net, row, &after));
                }
                _ => {
                    let id = 10_000 + row.id();
                    entries.push(created(Resource::Net, &net(id, 1, &format!("New {id}"), i64::from(100_000 + id))));
                }
            }
        }
        append(&store, entries).await;
        assert_eq!(database.ask("SELECT count(*) FROM net").await, ["1200"]);
        is_sound(&store).await;

        // The very last one is invalid, and none of them is stored.
        let mut entries: Vec<LogEntry> =
            (1..=2_500).map(|id| created(Resource::Org, &org(100_000 + id, &format!("Late {id}")))).collect();
        entries.push(created(Resource::Org, &org(200_000, "late 1")));
        let text = violation(&store, entries).await;
        assert!(text.contains("org 200000 breaks org_name_key"), "{text}");
    })
}

fn events_come_back_as_long_as_they_are_few(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        // Ten thousand events in one quick change.
        let location = database.location().with_deadline(Duration::from_secs(20));
        let store = Store::open(&location, "fresh").await.expect("opened");
        let mut known = LogHead::EMPTY;
        for (count, is_few) in [(10_000, true), (10_001, false)] {
            let first = 1 + known.sequence as u32;
            let appended = store
                .append(known, move |_: LogHead, _| {
                    let ids = first..first + count;
                    Ok::<_, ()>(ids.map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))))
                })
                .await
                .expect("appended");
            assert_eq!(appended.events.map(|events| events.len()), is_few.then_some(10_000));
            known = appended.head;
        }
        assert_eq!(store.tail(LogHead::EMPTY, usize::MAX).await.expect("the log").len(), 20_000);
        // More events behind than are returned at once.
        let late = store.append(LogHead::EMPTY, |_: LogHead, _| Ok::<Vec<LogEntry>, ()>(Vec::new())).await;
        let text = late.map(|_| ()).expect_err("too far behind").to_string();
        assert!(text.contains("20001 events behind"), "{text}");
    })
}
