//! Whatever is changed by another hand is found and named.

use std::sync::Arc;

use peerage_registry::Value;
use peerage_schema::Resource;
use peerage_store::Finding;

use crate::support::{AT, Check, Database, append, changed, created, erased, is_sound, org, row};

on_both_engines!(
    a_changed_byte_in_any_column_of_the_log_is_found,
    a_missing_event_and_a_wrong_head_are_found,
    erasure_by_law_is_no_damage_and_half_of_it_is,
    rows_that_differ_from_the_log_are_found,
    a_changed_value_in_any_column_of_a_row_is_found,
    progress_is_told,
);

async fn log_of_three(database: &Database) -> peerage_store::Store {
    let store = database.open().await;
    let (old, new) = (org(1, "Old"), org(1, "New"));
    append(&store, vec![created(Resource::Org, &old)]).await;
    append(&store, vec![changed(Resource::Org, &old, &new)]).await;
    append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    is_sound(&store).await;
    store
}

fn a_changed_byte_in_any_column_of_the_log_is_found(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        let bytes = |column: &str| {
            if database.is_server() {
                format!("set_byte({column}, 5, get_byte({column}, 5) # 1)")
            } else {
                // One byte in the middle is another one; the length stays.
                format!(
                    "CAST(substr({column}, 1, 5) || CASE substr({column}, 6, 1) WHEN x'00' THEN x'01' ELSE x'00' END \
                     || substr({column}, 7) AS BLOB)"
                )
            }
        };
        let later = if database.is_server() {
            "\"at\" + interval '1 microsecond'".to_owned()
        } else {
            "substr(\"at\", 1, 25) || '7Z'".to_owned()
        };
        let changes = [
            ("sequence", "7".to_owned(), Finding::Gap { after: 3, found: 7 }),
            ("at", later, Finding::Hash { sequence: 2 }),
            ("actor", "replace(actor, 'k1', 'k2')".to_owned(), Finding::Digest { sequence: 2, of: "who acted" }),
            ("action", "'updatf'".to_owned(), Finding::Hash { sequence: 2 }),
            ("resource", "'orh'".to_owned(), Finding::Hash { sequence: 2 }),
            ("object", "3".to_owned(), Finding::Hash { sequence: 2 }),
            ("object", "4294967297".to_owned(), Finding::Unreadable { sequence: 2, column: "object" }),
            ("salt", bytes("salt"), Finding::Digest { sequence: 2, of: "a row" }),
            ("before", "replace(\"before\", 'Old', 'Olc')".to_owned(), Finding::Digest { sequence: 2, of: "a row" }),
            ("after", "replace(\"after\", 'New', 'Nev')".to_owned(), Finding::Digest { sequence: 2, of: "a row" }),
            ("actor_digest", bytes("actor_digest"), Finding::Digest { sequence: 2, of: "who acted" }),
            ("rows_digest", bytes("rows_digest"), Finding::Digest { sequence: 2, of: "a row" }),
            ("hash", bytes("hash"), Finding::Hash { sequence: 2 }),
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
        if !database.is_server() {
            // The same moment in another spelling is another text.
            database.sql("UPDATE event SET \"at\" = replace(\"at\", 'T', ' ') WHERE sequence = 2").await;
            let findings = store.verify_chain(|_| ()).await.expect("a check");
            assert!(findings.contains(&Finding::Unreadable { sequence: 2, column: "at" }), "{findings:?}");
        }
    })
}

fn a_missing_event_and_a_wrong_head_are_found(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        let cases = [
            ("UPDATE head SET sequence = 2", Finding::End { head: 2, log: 3 }),
            ("UPDATE head SET hash = (SELECT hash FROM event WHERE sequence = 1)", Finding::HeadHash { head: 3 }),
            ("DELETE FROM event WHERE sequence = 3", Finding::End { head: 3, log: 2 }),
            ("DELETE FROM event WHERE sequence = 1", Finding::Gap { after: 0, found: 2 }),
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

fn erasure_by_law_is_no_damage_and_half_of_it_is(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        database.sql("UPDATE event SET salt = NULL, actor = NULL, \"before\" = NULL, \"after\" = NULL").await;
        is_sound(&store).await;
        database.sql("UPDATE event SET actor = 'someone' WHERE sequence = 2").await;
        let findings = store.verify_chain(|_| ()).await.expect("a check");
        assert_eq!(findings, [Finding::HalfErased { sequence: 2 }]);
    })
}

fn rows_that_differ_from_the_log_are_found(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = log_of_three(&database).await;
        append(&store, vec![erased(Resource::Org, &org(2, "Two"))]).await;
        append(&store, (10..2_500).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))).collect()).await;
        let resource = Resource::Org;
        let copy = |from: u32, to: u32| {
            let columns: Vec<&str> = resource.table().stored().skip(1).map(|(_, field)| field.name).collect();
            let rest = columns.join(", ").replace("name,", "'Copy' || name,");
            format!("INSERT INTO org (id, {}) SELECT {to}, {rest} FROM org WHERE id = {from}", columns.join(", "))
        };
        let cases = [
            ("DELETE FROM org WHERE id = 1".to_owned(), Finding::RowMissing { resource, id: 1 }),
            ("DELETE FROM org WHERE id = 2499".to_owned(), Finding::RowMissing { resource, id: 2499 }),
            (copy(1, 2), Finding::RowExtra { resource, id: 2 }),
            (copy(1, 5), Finding::RowExtra { resource, id: 5 }),
            (copy(1, 9_999), Finding::RowExtra { resource, id: 9_999 }),
            (
                "UPDATE org SET notes = 'x' WHERE id = 1500".to_owned(),
                Finding::Cell { resource, id: 1500, field: "notes" },
            ),
            ("UPDATE org SET logo = '' WHERE id = 1".to_owned(), Finding::Cell { resource, id: 1, field: "logo" }),
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

fn a_changed_value_in_any_column_of_a_row_is_found(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = database.open().await;
        let resource = Resource::Org;
        let before = row(resource, 1, &[("updated", Value::Int(AT)), ("latitude", Value::Int(52_370_216))]);
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
            assert_eq!(findings, [Finding::Cell { resource, id: 1, field: name }]);
            database.sql("DELETE FROM org; INSERT INTO org SELECT * FROM kept; DROP TABLE kept").await;
        }
        is_sound(&store).await;
    })
}

fn progress_is_told(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = database.open().await;
        append(&store, (1..=2_100).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))).collect()).await;
        let (tell, told) = std::sync::mpsc::channel();
        let tell_rows = tell.clone();
        store.verify_chain(move |done| tell.send(done).expect("a listener")).await.expect("a check");
        let steps: Vec<u64> = told.try_iter().collect();
        assert!(steps.len() >= 3 && steps.is_sorted() && steps.last() == Some(&2_100), "{steps:?}");
        store.verify_rows(move |done| tell_rows.send(done).expect("a listener")).await.expect("a check");
        let steps: Vec<u64> = told.iter().collect();
        assert!(steps.len() >= 3 && steps.is_sorted() && steps.last() == Some(&2_100), "{steps:?}");
    })
}
