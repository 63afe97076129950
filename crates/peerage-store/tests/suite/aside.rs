//! What is stored outside of the log: shared values, and the usage of keys.

use std::sync::Arc;

use peerage_registry::ids::KeyId;
use peerage_registry::moment::Moment;
use peerage_registry::{LogHead, Record};
use peerage_store::StoreError;

use crate::support::{StoreCheck, TestDatabase, append, is_sound, record};

on_both_engines!(
    a_value_is_swapped_only_for_what_is_expected,
    of_many_that_swap_one_wins_each_time,
    what_is_the_stores_own_is_not_swapped,
    use_is_noted_and_told,
    notes_of_several_nodes_add_up,
    notes_and_values_are_not_in_the_log,
    of_many_that_take_a_ceremony_one_gets_it,
    a_ceremony_is_forgotten_when_its_time_is_over,
);

fn a_value_is_swapped_only_for_what_is_expected(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let (store, other) = (database.open().await, database.open().await);
        assert_eq!(store.value("lease").await.expect("a value"), None);
        for (expected, new, is_swapped, found) in [
            (Some("a"), "b", false, None),
            (None, "a", true, Some("a")),
            (None, "b", false, Some("a")),
            (Some("b"), "c", false, Some("a")),
            (Some("a"), "ä '\" 🌍", true, Some("ä '\" 🌍")),
            (Some("ä '\" 🌍"), "", true, Some("")),
            (None, "x", false, Some("")),
            (Some(""), "x", true, Some("x")),
            (Some("x"), "x", true, Some("x")),
        ] {
            assert_eq!(store.swap_value("lease", expected, new).await.expect("an answer"), is_swapped, "{new}");
            assert_eq!(other.value("lease").await.expect("a value").as_deref(), found, "{new}");
        }
        assert_eq!(store.value("other").await.expect("a value"), None);
    })
}

fn of_many_that_swap_one_wins_each_time(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let nodes = [database.open().await, database.open().await, database.open().await];
        let mut expected: Option<String> = None;
        for round in 0..10 {
            let rivals: Vec<_> = (0..9)
                .map(|rival| {
                    let (store, expected) = (nodes[rival % 3].clone(), expected.clone());
                    tokio::spawn(async move {
                        let new = format!("round {round} of rival {rival}");
                        let won = store.swap_value("lease", expected.as_deref(), &new).await.expect("an answer");
                        won.then_some(new)
                    })
                })
                .collect();
            let mut winners = Vec::new();
            for rival in rivals {
                winners.extend(rival.await.expect("a rival"));
            }
            assert_eq!(winners.len(), 1, "{winners:?}");
            expected = winners.pop();
            assert_eq!(nodes[0].value("lease").await.expect("a value"), expected);
        }
    })
}

fn what_is_the_stores_own_is_not_swapped(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        for (name, new) in [("id", "other"), ("scrub", "due"), ("a\0b", "x"), ("x", "a\0b")] {
            for expected in [None, Some("fresh")] {
                let refused = store.swap_value(name, expected, new).await;
                assert!(matches!(refused, Err(StoreError::Unsupported(_))), "{name:?}: {refused:?}");
            }
        }
        assert_eq!(store.value("id").await.expect("a value").as_deref(), Some("fresh"));
    })
}

fn use_is_noted_and_told(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        assert_eq!(store.uses(None).await.expect("uses"), []);
        store.note_use(Vec::new(), |_, _| panic!("there is no key")).await.expect("noted");
        let note = |key: KeyId, known: Option<&str>| format!("{key} after {}", known.unwrap_or("nothing"));
        store
            .note_use(vec![KeyId::new(7), KeyId::new(3), KeyId::new(u32::MAX), KeyId::new(7)], note)
            .await
            .expect("noted");
        store.note_use(vec![KeyId::new(3), KeyId::new(5)], note).await.expect("noted");
        let message = |key: u32, body: &str| (KeyId::new(key), body.to_owned());
        let three = message(3, "3 after 3 after nothing");
        let (five, seven, last) = (
            message(5, "5 after nothing"),
            message(7, "7 after nothing"),
            message(u32::MAX, "4294967295 after nothing"),
        );
        assert_eq!(store.uses(None).await.expect("uses"), [three.clone(), five, seven.clone(), last]);
        assert_eq!(
            store.uses(Some(&[KeyId::new(7), KeyId::new(4), KeyId::new(3), KeyId::new(7)])).await.expect("uses"),
            [three.clone(), seven]
        );
        assert_eq!(store.uses(Some(&[])).await.expect("uses"), []);
        // All or nothing.
        let wrong =
            |key: KeyId, _: Option<&str>| if key == KeyId::new(7) { "a\0b".to_owned() } else { "gone".to_owned() };
        let refused = store.note_use(vec![KeyId::new(3), KeyId::new(7)], wrong).await;
        assert!(matches!(refused, Err(StoreError::Unsupported(_))), "{refused:?}");
        assert_eq!(store.uses(Some(&[KeyId::new(3)])).await.expect("uses"), [three]);
    })
}

fn notes_of_several_nodes_add_up(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let nodes = [database.open().await, database.open().await, database.open().await];
        let writers: Vec<_> = (0..12_u32)
            .map(|n| {
                let store = nodes[n as usize % 3].clone();
                tokio::spawn(async move {
                    let add = |_, known: Option<&str>| {
                        let known: u32 = known.map_or(0, |known| known.parse().expect("a number"));
                        (known + 1).to_string()
                    };
                    let keys = if n % 2 == 0 { [1, 2, 3] } else { [3, 2, 4] };
                    let keys = keys.map(KeyId::new).to_vec();
                    store.note_use(keys, add).await.expect("noted");
                })
            })
            .collect();
        for writer in writers {
            writer.await.expect("a writer");
        }
        let sums = nodes[0].uses(None).await.expect("uses");
        assert_eq!(
            sums,
            [(1, "6"), (2, "12"), (3, "12"), (4, "6")].map(|(key, sum)| (KeyId::new(key), sum.to_owned()))
        );
    })
}

fn notes_and_values_are_not_in_the_log(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        store.note_use(vec![KeyId::new(1)], |_, _| "used".to_owned()).await.expect("noted");
        assert!(store.swap_value("cursor", None, "1").await.expect("swapped"));
        assert_eq!(store.head().await.expect("a head"), LogHead::EMPTY);
        append(&store, vec![record(Record::Key, 1, None, Some("{}"))]).await;
        is_sound(&store).await;
        // They outlive a node.
        drop(store);
        let store = database.open().await;
        assert_eq!(store.uses(None).await.expect("uses"), [(KeyId::new(1), "used".to_owned())]);
        assert_eq!(store.value("cursor").await.expect("a value").as_deref(), Some("1"));
    })
}

fn at(seconds: i64) -> Moment {
    Moment::from_seconds(seconds)
}

fn of_many_that_take_a_ceremony_one_gets_it(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let nodes = [database.open().await, database.open().await, database.open().await];
        for round in 0..5 {
            let (id, body) = (format!("round {round}"), format!("ä '\" 🌍 {round}"));
            assert!(nodes[round % 3].put_ceremony(&id, &body, at(100)).await.expect("an answer"));
            assert!(!nodes[0].put_ceremony(&id, "another", at(100)).await.expect("an answer"), "it is there");
            let rivals: Vec<_> = (0..30)
                .map(|rival| {
                    let (store, id) = (nodes[rival % 3].clone(), id.clone());
                    tokio::spawn(async move { store.take_ceremony(&id, at(99)).await.expect("an answer") })
                })
                .collect();
            let mut taken = Vec::new();
            for rival in rivals {
                taken.extend(rival.await.expect("a rival"));
            }
            assert_eq!(taken, [body]);
        }
        assert_eq!(nodes[0].take_ceremony("never there", at(0)).await.expect("an answer"), None);
    })
}

fn a_ceremony_is_forgotten_when_its_time_is_over(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        for (id, until) in [("early", 10), ("late", 20), ("last", 30)] {
            assert!(store.put_ceremony(id, "body", at(until)).await.expect("kept"));
        }
        assert_eq!(store.take_ceremony("late", at(20)).await.expect("an answer"), None, "too late");
        assert_eq!(store.take_ceremony("late", at(0)).await.expect("an answer"), None, "and gone");
        assert_eq!(store.sweep_ceremonies(at(10)).await.expect("swept"), 1);
        assert_eq!(store.sweep_ceremonies(at(10)).await.expect("swept"), 0);
        assert_eq!(store.take_ceremony("early", at(0)).await.expect("an answer"), None);
        assert_eq!(store.take_ceremony("last", at(29)).await.expect("an answer").as_deref(), Some("body"));
        let long = "x".repeat(64 * 1024);
        for (id, body) in [("a\0b", "x"), ("x", "a\0b"), ("x", long.as_str())] {
            let refused = store.put_ceremony(id, body, at(10)).await;
            assert!(matches!(refused, Err(StoreError::Unsupported(_))), "{refused:?}");
        }
        assert_eq!(store.head().await.expect("a head"), LogHead::EMPTY);
        is_sound(&store).await;
    })
}
