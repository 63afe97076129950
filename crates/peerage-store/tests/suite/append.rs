//! Transactions: all or nothing, decided at the head, and consistent whatever the conflict.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use peerage_registry::moment::{Moment, SignedDuration};
use peerage_registry::{Event, LogEntry, LogHead, Value};
use peerage_schema::Resource;
use peerage_store::{AppendDecider, AppendError, ReloadReason, StoreError};

use crate::support::{
    AT, StoreCheck, TestDatabase, append, changed, created, entry, erased, everything, is_sound, net, org, row,
    try_append, violation,
};

on_both_engines!(
    the_decider_sees_the_head_and_what_was_missed,
    a_refusal_leaves_everything_as_it_was,
    a_decider_that_panics_leaves_everything_as_it_was,
    a_decider_lends_its_entries_and_comes_back,
    nothing_to_append_is_no_event,
    a_violation_names_the_row_and_the_constraint,
    rows_may_swap_what_is_unique,
    what_is_unique_among_the_living_ends_with_death,
    a_child_may_come_before_its_parent,
    a_row_may_be_made_changed_and_erased_at_once,
    what_no_engine_can_keep_is_refused,
    another_history_is_seen,
    erased_payload_is_not_taken_for_an_erased_row,
    concurrent_writers_get_consecutive_places,
);

fn the_decider_sees_the_head_and_what_was_missed(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let first = append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        let second = append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
        let third = vec![created(Resource::Org, &org(3, "Three"))];
        let appended = store
            .append(first, move |head: LogHead, missed: Vec<Event>| {
                assert_eq!(head, second);
                assert_eq!(missed.iter().map(|event| event.sequence).collect::<Vec<_>>(), [2]);
                assert_eq!(missed[0].entry.change, created(Resource::Org, &org(2, "Two")).change);
                Ok::<_, ()>(third.clone())
            })
            .await
            .expect("appended");
        assert_eq!((appended.before, appended.head.sequence), (second, 3));
        let events = appended.events.expect("few events come back");
        assert_eq!((events.len(), events[0].sequence, events[0].hash), (1, 3, appended.head.hash));
        assert_eq!(store.head().await.expect("a head"), appended.head);
    })
}

fn a_refusal_leaves_everything_as_it_was(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let refused = store.append(LogHead::EMPTY, |_: LogHead, _| Err::<Vec<LogEntry>, _>("no")).await;
        assert!(matches!(refused, Err(AppendError::Refused("no"))));
        assert_eq!(store.head().await.expect("a head"), LogHead::EMPTY);
        append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    })
}

fn a_decider_that_panics_leaves_everything_as_it_was(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let other = database.open().await;
        for before_panic in [0, 1, 40, 1_500] {
            let panicking = {
                let store = store.clone();
                tokio::spawn(async move {
                    store
                        .append(LogHead::EMPTY, move |_: LogHead, _| {
                            Ok::<_, ()>((1..).map(move |id| {
                                assert!(id <= before_panic, "the decider panics after {before_panic} entries");
                                created(Resource::Org, &org(id, &format!("Org {id}")))
                            }))
                        })
                        .await
                        .map(|_| ())
                })
            };
            assert!(panicking.await.expect_err("the caller panics too").is_panic());
            assert_eq!(store.head().await.expect("a head"), LogHead::EMPTY);
            assert_eq!(everything(&store).await, []);
            // No lock was left behind, for this node or another.
            let refused = other.append(LogHead::EMPTY, |_: LogHead, _| Err::<Vec<LogEntry>, _>(())).await;
            assert!(matches!(refused, Err(AppendError::Refused(()))));
        }
        append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        is_sound(&store).await;
    })
}

/// Owns its entries and lends them.
struct OwnedImport {
    entries: Vec<LogEntry>,
    calls: u32,
}

impl AppendDecider for OwnedImport {
    type Refusal = ();

    fn decide(&mut self, _: LogHead, _: Vec<Event>) -> Result<Box<dyn Iterator<Item = LogEntry> + '_>, ()> {
        self.calls += 1;
        Ok(Box::new(self.entries.iter().cloned()))
    }
}

fn a_decider_lends_its_entries_and_comes_back(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let import = OwnedImport { entries: vec![created(Resource::Org, &org(1, "One"))], calls: 0 };
        let appended = store.append(LogHead::EMPTY, import).await.expect("appended");
        assert_eq!((appended.decide_at_head.calls, appended.head.sequence), (1, 1));
    })
}

fn nothing_to_append_is_no_event(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let appended =
            store.append(LogHead::EMPTY, |_: LogHead, _| Ok::<Vec<LogEntry>, ()>(Vec::new())).await.expect("fine");
        assert_eq!((appended.before, appended.head), (LogHead::EMPTY, LogHead::EMPTY));
        assert!(appended.events.is_some_and(|events| events.is_empty()));
        append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    })
}

fn netfac(id: u32, net: i64, fac: i64) -> LogEntry {
    let values = [("net_id", Value::Int(net)), ("fac_id", Value::Int(fac))];
    created(Resource::Netfac, &row(Resource::Netfac, id, &values))
}

fn a_violation_names_the_row_and_the_constraint(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let hall = row(Resource::Fac, 1, &[("org_id", Value::Int(1)), ("name", Value::Text("Hall"))]);
        let start = vec![
            created(Resource::Org, &org(1, "Acme")),
            created(Resource::Org, &org(2, "")),
            created(Resource::Org, &org(3, "")),
            created(Resource::Net, &net(1, 1, "Acme Net", 63_311)),
            created(Resource::Fac, &hall),
            netfac(1, 1, 1),
        ];
        append(&store, start).await;
        // One by one, and together with so many others that they are sent in bulk.
        for others in [0, 100] {
            let amid = |wrong: LogEntry| -> Vec<LogEntry> {
                let others = (1..=others).map(|id| created(Resource::Org, &org(1_000 + id, &format!("Other {id}"))));
                let mut entries: Vec<LogEntry> = others.collect();
                entries.push(wrong);
                entries
            };
            let cases = [
                (created(Resource::Org, &org(9, "aCME")), "org 9 breaks org_name_key"),
                (created(Resource::Org, &org(1, "Other")), "org 1 breaks org_pkey"),
                (created(Resource::Net, &net(9, 1, "Other", 63_311)), "net 9 breaks net_asn_key"),
                (created(Resource::Net, &net(9, 77, "Other", 63_312)), "net 9 breaks net_org_id_fkey"),
                (netfac(9, 1, 1), "netfac 9 breaks netfac_net_id_fac_id_key"),
                (changed(Resource::Org, &org(2, ""), &org(2, "ACME")), "org 2 breaks org_name_key"),
                (erased(Resource::Org, &org(1, "Acme")), "breaks "),
                (changed(Resource::Org, &org(8, "Eight"), &org(8, "8")), "org 8 is not in its table"),
                (erased(Resource::Org, &org(8, "Eight")), "org 8 is not in its table"),
                (
                    created(Resource::Org, &row(Resource::Org, 9, &[("status", Value::Text("gone"))])),
                    "org 9 breaks org_status_check",
                ),
                (
                    created(Resource::Org, &row(Resource::Org, 9, &[("name", Value::Null)])),
                    "org 9 breaks org.name NOT NULL",
                ),
            ];
            for (wrong, expected) in cases {
                let text = violation(&store, amid(wrong)).await;
                assert!(text.contains(expected), "{expected}: {text}");
            }
        }
        is_sound(&store).await;
    })
}

fn rows_may_swap_what_is_unique(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let (a, b, c) = (org(1, "A"), org(2, "B"), org(3, "C"));
        let network = net(1, 1, "Net", 63_311);
        append(&store, [&a, &b, &c].map(|row| created(Resource::Org, row)).into()).await;
        append(&store, vec![created(Resource::Net, &network)]).await;
        let turned = [(&a, org(1, "b")), (&b, org(2, "C")), (&c, org(3, "a"))];
        let mut entries: Vec<LogEntry> = turned.iter().map(|(old, new)| changed(Resource::Org, old, new)).collect();
        // And again, for one that is held back.
        entries.push(changed(Resource::Org, &org(1, "b"), &org(1, "B")));
        // A new row takes what another gives up after it.
        entries.push(created(Resource::Net, &net(2, 1, "net", 63_312)));
        entries.push(erased(Resource::Net, &network));
        append(&store, entries).await;
        let names: Vec<String> = database.ask("SELECT id, name FROM org ORDER BY id").await;
        assert_eq!(names, ["1|B", "2|C", "3|a"]);
        assert_eq!(database.ask("SELECT id, name FROM net").await, ["2|net"]);
        is_sound(&store).await;
    })
}

fn what_is_unique_among_the_living_ends_with_death(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let ix = row(Resource::Ix, 1, &[("org_id", Value::Int(1)), ("name", Value::Text("IX"))]);
        let lan = row(Resource::Ixlan, 1, &[("ix_id", Value::Int(1))]);
        let port = |id: u32, status| {
            let address = ("ipaddr4", Value::Text("198.51.100.7"));
            let at = [("net_id", Value::Int(1)), ("ixlan_id", Value::Int(1)), address, ("status", Value::Text(status))];
            row(Resource::Netixlan, id, &at)
        };
        let start = vec![
            created(Resource::Org, &org(1, "Acme")),
            created(Resource::Net, &net(1, 1, "Net", 63_311)),
            created(Resource::Ix, &ix),
            created(Resource::Ixlan, &lan),
            created(Resource::Netixlan, &port(1, "ok")),
        ];
        append(&store, start).await;
        let text = violation(&store, vec![created(Resource::Netixlan, &port(2, "ok"))]).await;
        assert!(text.contains("netixlan_ipaddr4_key"), "{text}");
        append(&store, vec![changed(Resource::Netixlan, &port(1, "ok"), &port(1, "deleted"))]).await;
        append(&store, vec![created(Resource::Netixlan, &port(2, "ok"))]).await;
        append(&store, vec![created(Resource::Netixlan, &port(3, "deleted"))]).await;
    })
}

fn a_child_may_come_before_its_parent(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let (parent, child) = (org(1, "Acme"), net(1, 1, "Net", 63_311));
        append(&store, vec![created(Resource::Net, &child), created(Resource::Org, &parent)]).await;
        append(&store, vec![erased(Resource::Org, &parent), erased(Resource::Net, &child)]).await;
        assert_eq!(everything(&store).await, []);
        is_sound(&store).await;
    })
}

fn a_row_may_be_made_changed_and_erased_at_once(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let mut entries = Vec::new();
        for id in 1..=200 {
            let (one, two) = (org(id, &format!("One {id}")), org(id, &format!("Two {id}")));
            entries.push(created(Resource::Org, &one));
            entries.push(changed(Resource::Org, &one, &two));
            if id % 2 == 0 {
                entries.push(erased(Resource::Org, &two));
                entries.push(created(Resource::Org, &one));
            }
        }
        append(&store, entries).await;
        let names = database.ask("SELECT name FROM org ORDER BY id").await;
        assert_eq!((names.len(), names[0].as_str(), names[1].as_str()), (200, "Two 1", "One 2"));
        is_sound(&store).await;
    })
}

fn what_no_engine_can_keep_is_refused(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let unfit = [
            ("notes", Value::Text("a\0b")),
            ("updated", Value::Time(Moment::MAX)),
            ("latitude", Value::Int(i64::MIN)),
            ("id", Value::Int(2)),
        ];
        for (field, value) in unfit {
            let mut wrong = created(Resource::Org, &row(Resource::Org, 1, &[(field, value)]));
            wrong.id = 1;
            match try_append(&store, vec![wrong]).await {
                Err(AppendError::Store(StoreError::Unfit { field: named, id: 1, .. })) => assert_eq!(named, field),
                other => panic!("{field} cannot be kept: {other:?}"),
            }
        }
        let mut timeless = created(Resource::Org, &org(1, "One"));
        timeless.at = Moment::MIN;
        assert!(matches!(try_append(&store, vec![timeless]).await, Err(AppendError::Store(StoreError::Unfit { .. }))));
        assert_eq!(store.head().await.expect("a head"), LogHead::EMPTY);
    })
}

fn another_history_is_seen(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
        let elsewhere = [LogHead { sequence: 1, hash: [7; 32] }, LogHead { sequence: 2, hash: [7; 32] }];
        for known in elsewhere.into_iter().chain([LogHead { sequence: 9, hash: [7; 32] }]) {
            let forked = ReloadReason::Forked { sequence: known.sequence };
            let appended = store.append(known, |_: LogHead, _| Ok::<Vec<LogEntry>, ()>(Vec::new())).await;
            match appended {
                Err(AppendError::Store(StoreError::Reload(reload))) => assert_eq!(reload, forked),
                other => panic!("{known:?} is not in the log: {:?}", other.map(|_| ())),
            }
            match store.tail(known, 10).await {
                Err(StoreError::Reload(reload)) => assert_eq!(reload, forked),
                other => panic!("{known:?} is not in the log: {other:?}"),
            }
        }
    })
}

fn erased_payload_is_not_taken_for_an_erased_row(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
        let erase = "UPDATE event SET salt = NULL, actor = NULL, person = NULL, key_id = NULL, \"before\" = NULL, \"after\" = NULL \
             WHERE sequence = 1";
        database.sql(erase).await;
        let erased = store.tail(LogHead::EMPTY, 10).await;
        assert!(matches!(erased, Err(StoreError::Reload(ReloadReason::Erased { sequence: 1 }))), "{erased:?}");
        // These rows do not count as erased either. The check of the chain finds that their absence is not explained.
        assert_eq!(store.verify_rows(|_| ()).await.expect("a check"), []);
        assert_eq!(store.verify_chain(|_| ()).await.expect("a check").len(), 2);
    })
}

fn concurrent_writers_get_consecutive_places(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        // Three nodes with their own connections, each used by several tasks at once.
        let nodes = [database.open().await, database.open().await, database.open().await];
        let calls = Arc::new(AtomicU32::new(0));
        let writers: Vec<_> = (1..=20_u32)
            .map(|id| {
                let (store, calls) = (nodes[id as usize % 3].clone(), Arc::clone(&calls));
                tokio::spawn(async move {
                    let appended = store
                        .append(LogHead::EMPTY, move |head: LogHead, missed: Vec<Event>| {
                            calls.fetch_add(1, Ordering::Relaxed);
                            assert_eq!(missed.len() as u64, head.sequence);
                            let mut entry = entry(Resource::Org, None, Some(org(id, &format!("Org {id}"))));
                            entry.at = AT + SignedDuration::from_micros(i64::from(id));
                            Ok::<_, ()>([entry])
                        })
                        .await
                        .expect("appended");
                    (appended.before.sequence, appended.head.sequence)
                })
            })
            .collect();
        let mut places = Vec::new();
        for writer in writers {
            let (before, after) = writer.await.expect("a writer");
            assert_eq!(before + 1, after);
            places.push(after);
        }
        places.sort_unstable();
        assert_eq!(places, (1..=20).collect::<Vec<_>>());
        assert_eq!(calls.load(Ordering::Relaxed), 20);
        is_sound(&nodes[0]).await;
    })
}
