//! Records are stored byte for byte, with the same checks as rows.

use std::sync::Arc;

use peerage_registry::{Action, EventChange, EventSubject, LogEntry, LogHead, Record};
use peerage_schema::Resource;
use peerage_store::{AppendError, LoadedItem, LogFinding, StoreError};

use crate::support::{
    StoreCheck, TestDatabase, append, created, everything, is_sound, load, net, org, record, try_append, violation,
};

on_both_engines!(
    records_come_back_letter_for_letter_after_the_rows,
    records_are_checked_as_rows_are,
    many_records_are_one_transaction,
    a_note_changes_nothing_and_is_told,
    a_record_that_the_log_cannot_tell_apart_is_refused,
    a_changed_byte_in_any_column_of_a_record_is_found,
);

const AWKWARD: [&str; 4] = [
    r#"{"name":"Ærø 東京 🌍","note":"a\u0000b\n' OR 1=1; --","n":1.0e0}"#,
    r#" { "b" : 1 , "a" : [ ] } "#,
    "no JSON at all",
    "null",
];

fn records_come_back_letter_for_letter_after_the_rows(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let mut entries = vec![created(Resource::Org, &org(1, "One"))];
        for kind in Record::ALL.into_iter().rev() {
            for (id, body) in [(u32::MAX, AWKWARD[0]), (2, AWKWARD[1]), (1, AWKWARD[2]), (3, AWKWARD[3])] {
                entries.push(record(kind, id, None, Some(body)));
            }
        }
        entries.push(created(Resource::Net, &net(1, 1, "Net", 63_311)));
        let head = append(&store, entries.clone()).await;
        let (all, loaded) = load(&store).await;
        assert_eq!(loaded, head);
        assert!(matches!(&all[..2], [LoadedItem::Row(Resource::Org, _), LoadedItem::Row(Resource::Net, _)]));
        let expected: Vec<LoadedItem> = Record::ALL
            .into_iter()
            .flat_map(|kind| {
                [(1, AWKWARD[2]), (2, AWKWARD[1]), (3, AWKWARD[3]), (u32::MAX, AWKWARD[0])]
                    .map(|(id, body)| LoadedItem::Record(kind, id, Arc::from(body)))
            })
            .collect();
        assert_eq!(all[2..], expected);
        let events = store.tail(LogHead::EMPTY, 100).await.expect("the log");
        let changes: Vec<&EventChange> = events.iter().map(|event| &event.entry.change).collect();
        assert_eq!(changes, entries.iter().map(|entry| &entry.change).collect::<Vec<_>>());
        is_sound(&store).await;

        // Changed and erased, one by one, and several times in one transaction.
        let (old, new) = (AWKWARD[1], AWKWARD[0]);
        append(&store, vec![record(Record::Key, 2, Some(old), Some(new))]).await;
        append(
            &store,
            vec![
                record(Record::Key, 2, Some(new), None),
                record(Record::Key, 2, None, Some("1")),
                record(Record::Key, 2, Some("1"), Some("2")),
                record(Record::Role, 2, Some(old), None),
            ],
        )
        .await;
        assert_eq!(database.ask("SELECT body FROM record WHERE kind = 'key' AND id = 2").await, ["2"]);
        assert_eq!(database.ask("SELECT count(*) FROM record WHERE kind = 'role'").await, ["3"]);
        is_sound(&store).await;
    })
}

fn records_are_checked_as_rows_are(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        append(&store, vec![record(Record::Key, 1, None, Some("1")), record(Record::User, 2, None, Some("2"))]).await;
        for others in [0, 100] {
            let amid = |wrong: LogEntry| -> Vec<LogEntry> {
                let others = (1..=others).map(|id| record(Record::Key, 1_000 + id, None, Some("{}")));
                others.chain([wrong]).collect()
            };
            let cases = [
                (record(Record::Key, 1, None, Some("2")), "key 1 breaks record_pkey"),
                (record(Record::Key, 2, Some("2"), Some("3")), "key 2 is not in its table"),
                (record(Record::Key, 2, Some("2"), None), "key 2 is not in its table"),
            ];
            for (wrong, expected) in cases {
                let text = violation(&store, amid(wrong)).await;
                assert!(text.contains(expected), "{expected}: {text}");
            }
        }
        is_sound(&store).await;
    })
}

fn many_records_are_one_transaction(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let kinds = [Record::User, Record::Key];
        let entries = kinds
            .into_iter()
            .flat_map(|kind| (1..=1_300).map(move |id| record(kind, id, None, Some(&format!("{{\"id\":{id}}}")))));
        append(&store, entries.collect()).await;
        assert_eq!(everything(&store).await.len(), 2_600);
        is_sound(&store).await;
    })
}

fn a_note_changes_nothing_and_is_told(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let note = |mut entry: LogEntry| {
            entry.action = Action::Note;
            entry
        };
        append(&store, vec![created(Resource::Org, &org(1, "One")), record(Record::Key, 1, None, Some("1"))]).await;
        let before = everything(&store).await;
        let notes = vec![
            note(record(Record::Key, 1, None, None)),
            note(record(Record::Key, 1, Some("1"), Some("told"))),
            note(record(Record::Key, 9, Some("1"), None)),
            note(created(Resource::Org, &org(1, "Told"))),
            note(created(Resource::Org, &org(2, "Told"))),
        ];
        for note in &notes {
            append(&store, vec![note.clone()]).await;
        }
        append(&store, (0..20).flat_map(|_| notes.clone()).collect()).await;
        assert_eq!(everything(&store).await, before);
        let events = store.tail(LogHead::EMPTY, 7).await.expect("the log");
        assert!(events.iter().skip(2).map(|event| &event.entry.change).eq(notes.iter().map(|note| &note.change)));
        is_sound(&store).await;
    })
}

fn a_record_that_the_log_cannot_tell_apart_is_refused(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let zeros = |half: std::ops::Range<usize>| {
            let mut entry = record(Record::Key, 1, None, Some("1"));
            entry.salt[half].fill(0);
            entry
        };
        let mut silent = record(Record::Key, 1, None, Some("1"));
        silent.actor = "".into();
        let wrong = [
            record(Record::Key, 1, None, Some("")),
            record(Record::Key, 1, None, Some("a\nb")),
            record(Record::Key, 1, Some("a\0b"), None),
            zeros(0..16),
            zeros(16..32),
            silent,
        ];
        for entry in wrong {
            match try_append(&store, vec![entry]).await {
                Err(AppendError::Store(StoreError::Unfit { subject, id: 1, .. })) => {
                    assert_eq!(subject, EventSubject::Record(Record::Key));
                }
                other => panic!("it cannot be kept: {other:?}"),
            }
        }
        assert_eq!(store.head().await.expect("a head"), LogHead::EMPTY);
    })
}

fn a_changed_byte_in_any_column_of_a_record_is_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let entries = (1..=1_500).map(|id| record(Record::Key, id, None, Some(r#"{"name":"one"}"#)));
        append(&store, entries.collect()).await;
        append(&store, vec![record(Record::Key, 9, Some(r#"{"name":"one"}"#), None)]).await;
        let key = |id| (EventSubject::Record(Record::Key), id);
        let missing = |(subject, id)| LogFinding::RowMissing { subject, id };
        let extra = |(subject, id)| LogFinding::RowExtra { subject, id };
        let cases = [
            (
                "UPDATE record SET body = replace(body, 'one', 'onf') WHERE id = 1400",
                vec![LogFinding::Cell { subject: EventSubject::Record(Record::Key), id: 1400, field: "body" }],
            ),
            ("UPDATE record SET id = 2001 WHERE id = 5", vec![missing(key(5)), extra(key(2001))]),
            (
                "UPDATE record SET kind = 'kez' WHERE id = 5",
                vec![missing(key(5)), LogFinding::Kind { kind: "kez".into() }],
            ),
            (
                "UPDATE record SET kind = 'user' WHERE id = 5",
                vec![extra((EventSubject::Record(Record::User), 5)), missing(key(5))],
            ),
            ("DELETE FROM record WHERE id = 1500", vec![missing(key(1500))]),
            ("INSERT INTO record (kind, id, body) VALUES ('key', 9, '{}')", vec![extra(key(9))]),
        ];
        for (sql, expected) in cases {
            database.sql("CREATE TABLE kept AS SELECT * FROM record").await;
            database.sql(sql).await;
            assert_eq!(store.verify_rows(|_| ()).await.expect("a check"), expected, "{sql}");
            database.sql("DELETE FROM record; INSERT INTO record SELECT * FROM kept; DROP TABLE kept").await;
        }
        is_sound(&store).await;
    })
}
