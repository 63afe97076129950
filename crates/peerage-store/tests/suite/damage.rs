//! Every change from outside of the store is found and named.

use std::sync::Arc;

use peerage_registry::{Action, Actor, Cause, ErasedEvents, EventSubject, LogEntry, Record, Value};
use peerage_schema::Resource;
use peerage_store::LogFinding;

use crate::support::{AT, StoreCheck, TestDatabase, append, changed, created, erased, is_sound, org, record, row};

on_both_engines!(
    a_changed_byte_in_any_column_of_the_log_is_found,
    a_missing_event_and_a_wrong_head_are_found,
    n17_what_is_missing_without_an_erasure_is_found,
    rows_that_differ_from_the_log_are_found,
    a_changed_value_in_any_column_of_a_row_is_found,
    progress_is_told,
);

async fn log_of_three(database: &TestDatabase) -> peerage_store::Store {
    let store = database.open().await;
    let (old, new) = (org(1, "Old"), org(1, "New"));
    append(&store, vec![created(Resource::Org, &old)]).await;
    append(&store, vec![changed(Resource::Org, &old, &new)]).await;
    append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    is_sound(&store).await;
    store
}

fn a_changed_byte_in_any_column_of_the_log_is_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        let byte = |column: &str, at: usize| {
            if database.is_server() {
                format!("set_byte({column}, {at}, get_byte({column}, {at}) # 1)")
            } else {
                // One byte in the middle is replaced; the length stays the same.
                format!(
                    "CAST(substr({column}, 1, {at}) || CASE substr({column}, {0}, 1) WHEN x'00' THEN x'01' \
                     ELSE x'00' END || substr({column}, {1}) AS BLOB)",
                    at + 1,
                    at + 2
                )
            }
        };
        let later = if database.is_server() {
            "\"at\" + interval '1 microsecond'".to_owned()
        } else {
            "substr(\"at\", 1, 25) || '7Z'".to_owned()
        };
        let changes = [
            ("sequence", "7".to_owned(), LogFinding::Gap { after: 3, found: 7 }),
            ("at", later, LogFinding::Hash { sequence: 2 }),
            ("actor", "replace(actor, 'k1', 'k2')".to_owned(), LogFinding::Digest { sequence: 2, of: "who acted" }),
            ("action", "'updatf'".to_owned(), LogFinding::Hash { sequence: 2 }),
            ("resource", "'orh'".to_owned(), LogFinding::Hash { sequence: 2 }),
            ("object", "3".to_owned(), LogFinding::Hash { sequence: 2 }),
            ("object", "4294967297".to_owned(), LogFinding::Unreadable { sequence: 2, column: "object" }),
            ("salt", byte("salt", 0), LogFinding::Digest { sequence: 2, of: "who acted" }),
            ("salt", byte("salt", 15), LogFinding::Digest { sequence: 2, of: "who acted" }),
            ("salt", byte("salt", 16), LogFinding::Digest { sequence: 2, of: "a row" }),
            ("salt", byte("salt", 31), LogFinding::Digest { sequence: 2, of: "a row" }),
            ("salt", "substr(salt, 2)".to_owned(), LogFinding::Unreadable { sequence: 2, column: "salt" }),
            ("salt", "NULL".to_owned(), LogFinding::HalfErased { sequence: 2 }),
            ("actor", "NULL".to_owned(), LogFinding::HalfErased { sequence: 2 }),
            ("actor", "''".to_owned(), LogFinding::Unreadable { sequence: 2, column: "actor" }),
            ("before", "NULL".to_owned(), LogFinding::Digest { sequence: 2, of: "a row" }),
            ("after", "''".to_owned(), LogFinding::Unreadable { sequence: 2, column: "after" }),
            ("org", "8".to_owned(), LogFinding::Hash { sequence: 2 }),
            ("org", "NULL".to_owned(), LogFinding::Hash { sequence: 2 }),
            ("org", "4294967303".to_owned(), LogFinding::Unreadable { sequence: 2, column: "org" }),
            ("person", "6".to_owned(), LogFinding::Actor { sequence: 2, column: "person" }),
            ("person", "NULL".to_owned(), LogFinding::Actor { sequence: 2, column: "person" }),
            ("person", "4294967301".to_owned(), LogFinding::Actor { sequence: 2, column: "person" }),
            ("key_id", "'k2'".to_owned(), LogFinding::Actor { sequence: 2, column: "key_id" }),
            ("key_id", "NULL".to_owned(), LogFinding::Actor { sequence: 2, column: "key_id" }),
            ("before", "replace(\"before\", 'Old', 'Olc')".to_owned(), LogFinding::Digest { sequence: 2, of: "a row" }),
            ("after", "replace(\"after\", 'New', 'Nev')".to_owned(), LogFinding::Digest { sequence: 2, of: "a row" }),
            ("actor_digest", byte("actor_digest", 5), LogFinding::Digest { sequence: 2, of: "who acted" }),
            ("rows_digest", byte("rows_digest", 5), LogFinding::Digest { sequence: 2, of: "a row" }),
            ("hash", byte("hash", 5), LogFinding::Hash { sequence: 2 }),
        ];
        for (column, change, expected) in changes {
            database.sql("CREATE TABLE kept AS SELECT * FROM event WHERE sequence = 2").await;
            database.sql(&format!("UPDATE event SET \"{column}\" = {change} WHERE sequence = 2")).await;
            let findings = store.verify_chain(|_| ()).await.expect("a check");
            assert!(findings.contains(&expected), "{column}: {findings:?}");
            database.sql("DELETE FROM event WHERE sequence IN (2, 7)").await;
            database.sql("INSERT INTO event SELECT * FROM kept; DROP TABLE kept").await;
            is_sound(&store).await;
        }
        // The same words in other columns result in the same line, and the same hash.
        let moved = "UPDATE event SET resource = 'org 1 of org', object = 7, org = NULL WHERE sequence = 2";
        database.sql(moved).await;
        let findings = store.verify_chain(|_| ()).await.expect("a check");
        assert_eq!(findings, [LogFinding::Unreadable { sequence: 2, column: "resource" }]);
        database.sql("UPDATE event SET resource = 'org', object = 1, org = 7 WHERE sequence = 2").await;
        is_sound(&store).await;
        if !database.is_server() {
            // The same time in another notation is a different text.
            database.sql("UPDATE event SET \"at\" = replace(\"at\", 'T', ' ') WHERE sequence = 2").await;
            let findings = store.verify_chain(|_| ()).await.expect("a check");
            assert!(findings.contains(&LogFinding::Unreadable { sequence: 2, column: "at" }), "{findings:?}");
        }
    })
}

fn a_missing_event_and_a_wrong_head_are_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        let cases = [
            ("UPDATE head SET sequence = 2", LogFinding::End { head: 2, log: 3 }),
            ("UPDATE head SET hash = (SELECT hash FROM event WHERE sequence = 1)", LogFinding::HeadHash { head: 3 }),
            ("DELETE FROM event WHERE sequence = 3", LogFinding::End { head: 3, log: 2 }),
            ("DELETE FROM event WHERE sequence = 1", LogFinding::Gap { after: 0, found: 2 }),
        ];
        for (sql, expected) in cases {
            database.sql("CREATE TABLE kept AS SELECT * FROM event; CREATE TABLE end_kept AS SELECT * FROM head").await;
            database.sql(sql).await;
            let findings = store.verify_chain(|_| ()).await.expect("a check");
            assert!(findings.contains(&expected), "{sql}: {findings:?}");
            database.sql("DELETE FROM event; INSERT INTO event SELECT * FROM kept; DROP TABLE kept").await;
            database.sql("DELETE FROM head; INSERT INTO head SELECT * FROM end_kept; DROP TABLE end_kept").await;
            is_sound(&store).await;
        }
    })
}

/// Someone with write access to the database can blank payload and its half of the salt, as an erasure does. It counts
/// as an erasure only if an event names what is gone.
fn n17_what_is_missing_without_an_erasure_is_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        let zeros = if database.is_server() { "decode(repeat('00', 16), 'hex')" } else { "zeroblob(16)" };
        let joined = |one: &str, other: &str| {
            if database.is_server() { format!("{one} || {other}") } else { format!("CAST({one} || {other} AS BLOB)") }
        };
        let no_actor =
            format!("actor = NULL, person = NULL, key_id = NULL, salt = {}", joined(zeros, "substr(salt, 17)"));
        let no_rows = format!("\"before\" = NULL, \"after\" = NULL, salt = {}", joined("substr(salt, 1, 16)", zeros));
        let (actor, row) = ("who acted", "a row");
        let gone = |first, last, of| LogFinding::Unexplained { first, last, of };
        let all = "salt = NULL, actor = NULL, person = NULL, key_id = NULL, \"before\" = NULL, \"after\" = NULL";
        let cases: Vec<(String, Vec<LogFinding>)> = vec![
            (format!("{no_actor} WHERE sequence = 2"), vec![gone(2, 2, actor)]),
            (format!("{no_rows} WHERE sequence = 2"), vec![gone(2, 2, row)]),
            (format!("{all} WHERE sequence = 2"), vec![gone(2, 2, actor), gone(2, 2, row)]),
            (all.to_owned(), vec![gone(1, 3, actor), gone(1, 3, row)]),
            (format!("{no_rows} WHERE sequence <> 2"), vec![gone(1, 1, row), gone(3, 3, row)]),
            ("\"before\" = NULL WHERE sequence = 2".to_owned(), vec![LogFinding::Digest { sequence: 2, of: row }]),
            ("\"after\" = NULL WHERE sequence = 2".to_owned(), vec![LogFinding::Digest { sequence: 2, of: row }]),
            (
                "\"before\" = NULL, \"after\" = NULL WHERE sequence = 2".to_owned(),
                vec![LogFinding::Digest { sequence: 2, of: row }],
            ),
            ("\"after\" = \"before\" WHERE sequence = 2".to_owned(), vec![LogFinding::Digest { sequence: 2, of: row }]),
            (
                "actor = NULL, person = NULL, key_id = NULL WHERE sequence = 2".to_owned(),
                vec![LogFinding::HalfErased { sequence: 2 }],
            ),
            (
                "salt = NULL, actor = NULL, person = NULL, key_id = NULL WHERE sequence = 2".to_owned(),
                vec![LogFinding::HalfErased { sequence: 2 }, gone(2, 2, actor), gone(2, 2, row)],
            ),
        ];
        let restore = "DELETE FROM event; INSERT INTO event SELECT * FROM kept; DROP TABLE kept";
        for (change, expected) in &cases {
            database.sql("CREATE TABLE kept AS SELECT * FROM event").await;
            database.sql(&format!("UPDATE event SET {change}")).await;
            assert_eq!(store.verify_chain(|_| ()).await.expect("a check"), *expected, "{change}");
            database.sql(restore).await;
            is_sound(&store).await;
        }

        // The same is not damage once an event names it. What the event does not name still is.
        let actor = |erased: &ErasedEvents| {
            let cause = Some(Cause::Erasure(erased.clone()));
            serde_json::to_string(&Actor { name: "the staff".to_owned(), cause, ..Actor::default() }).expect("JSON")
        };
        let erased = ErasedEvents { actors: [2].into_iter().collect(), rows: [1, 2].into_iter().collect() };
        let note =
            LogEntry { action: Action::Note, actor: actor(&erased).into(), ..record(Record::User, 5, None, None) };
        append(&store, vec![note]).await;
        let not_erased = |first, last, of| LogFinding::NotErased { first, last, of };
        let findings = store.verify_chain(|_| ()).await.expect("a check");
        assert_eq!(findings, [not_erased(2, 2, "who acted"), not_erased(1, 2, "a row")]);
        database.sql(&format!("UPDATE event SET {no_actor} WHERE sequence = 2")).await;
        database.sql(&format!("UPDATE event SET {no_rows} WHERE sequence <= 2")).await;
        is_sound(&store).await;
        database.sql(&format!("UPDATE event SET {no_actor} WHERE sequence = 3")).await;
        let findings = store.verify_chain(|_| ()).await.expect("a check");
        assert_eq!(findings, [gone(3, 3, "who acted")]);
        // An event that was modified to name it does not count.
        let more = ErasedEvents { actors: [2, 3].into_iter().collect(), ..erased };
        database.sql(&format!("UPDATE event SET actor = '{}' WHERE sequence = 4", actor(&more))).await;
        let findings = store.verify_chain(|_| ()).await.expect("a check");
        let digest = LogFinding::Digest { sequence: 4, of: "who acted" };
        assert_eq!(findings, [digest, gone(2, 3, "who acted"), gone(1, 2, "a row")]);
    })
}

fn rows_that_differ_from_the_log_are_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        append(&store, vec![erased(Resource::Org, &org(2, "Two"))]).await;
        append(&store, (10..2_500).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))).collect()).await;
        let resource = Resource::Org;
        let subject = EventSubject::Row(resource);
        let copy = |from: u32, to: u32| {
            let columns: Vec<&str> = resource.table().stored().skip(1).map(|(_, field)| field.name).collect();
            let rest = columns.join(", ").replace("name,", "'Copy' || name,");
            format!("INSERT INTO org (id, {}) SELECT {to}, {rest} FROM org WHERE id = {from}", columns.join(", "))
        };
        let cases = [
            ("DELETE FROM org WHERE id = 1".to_owned(), LogFinding::RowMissing { subject, id: 1 }),
            ("DELETE FROM org WHERE id = 2499".to_owned(), LogFinding::RowMissing { subject, id: 2499 }),
            (copy(1, 2), LogFinding::RowExtra { subject, id: 2 }),
            (copy(1, 5), LogFinding::RowExtra { subject, id: 5 }),
            (copy(1, 9_999), LogFinding::RowExtra { subject, id: 9_999 }),
            (
                "UPDATE org SET notes = 'x' WHERE id = 1500".to_owned(),
                LogFinding::Cell { subject, id: 1500, field: "notes" },
            ),
            ("UPDATE org SET logo = '' WHERE id = 1".to_owned(), LogFinding::Cell { subject, id: 1, field: "logo" }),
        ];
        for (sql, expected) in cases {
            database.sql("CREATE TABLE kept AS SELECT * FROM org").await;
            database.sql(&sql).await;
            assert_eq!(store.verify_rows(|_| ()).await.expect("a check"), [expected], "{sql}");
            database.sql("DELETE FROM org; INSERT INTO org SELECT * FROM kept; DROP TABLE kept").await;
            is_sound(&store).await;
        }
    })
}

fn a_changed_value_in_any_column_of_a_row_is_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let resource = Resource::Org;
        let subject = EventSubject::Row(resource);
        let before = row(resource, 1, &[("updated", Value::Time(AT)), ("latitude", Value::Int(52_370_216))]);
        append(&store, vec![created(resource, &before)]).await;
        for (_, field) in resource.table().stored().skip(1) {
            let name = field.name;
            let change = match name {
                "status" => "'pending'".to_owned(),
                "version" => "version + 1".to_owned(),
                "latitude" => "latitude + 0.000001".to_owned(),
                "longitude" => "0.0".to_owned(),
                "created" if database.is_server() => "created + interval '1 microsecond'".to_owned(),
                "created" => "'2024-01-02T03:04:05.000007Z'".to_owned(),
                "updated" => "NULL".to_owned(),
                _ => format!("coalesce({name}, '') || 'x'"),
            };
            database.sql("CREATE TABLE kept AS SELECT * FROM org").await;
            database.sql(&format!("UPDATE org SET {name} = {change}")).await;
            let findings = store.verify_rows(|_| ()).await.expect("a check");
            assert_eq!(findings, [LogFinding::Cell { subject, id: 1, field: name }]);
            database.sql("DELETE FROM org; INSERT INTO org SELECT * FROM kept; DROP TABLE kept").await;
        }
        is_sound(&store).await;
    })
}

fn progress_is_told(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        append(&store, (1..=2_100).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))).collect()).await;
        let (tell, message) = std::sync::mpsc::channel();
        let tell_rows = tell.clone();
        store.verify_chain(move |done| tell.send(done).expect("a listener")).await.expect("a check");
        let steps: Vec<u64> = message.try_iter().collect();
        assert!(steps.len() >= 3 && steps.is_sorted() && steps.last() == Some(&2_100), "{steps:?}");
        store.verify_rows(move |done| tell_rows.send(done).expect("a listener")).await.expect("a check");
        let steps: Vec<u64> = message.iter().collect();
        assert!(steps.len() >= 3 && steps.is_sorted() && steps.last() == Some(&2_100), "{steps:?}");
    })
}
