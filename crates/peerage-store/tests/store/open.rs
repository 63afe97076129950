//! Opening: tables are made once, and only by a program that knows them.

use std::sync::Arc;

use peerage_registry::{Action, Actor, Cause, Entry, ErasedEvents, Head, Record};
use peerage_schema::{Empty, Resource, Storage, VERSION};
use peerage_store::{Store, StoreError, TrailQuery};

use crate::support::{Check, Database, append, changed, created, everything, is_sound, org, record};

on_both_engines!(
    opening_again_changes_nothing,
    nodes_may_open_at_the_same_moment,
    a_newer_database_is_refused,
    somebody_elses_tables_are_left_alone,
    tables_are_what_the_fields_say,
    a_log_of_the_first_layout_is_taken_over,
);

fn opening_again_changes_nothing(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let location = database.location();
        let store = Store::open(&location, "first").await.expect("opened");
        append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        let rows = everything(&store).await;
        drop(store);
        let again = Store::open(&location, "second").await.expect("opened");
        assert_eq!(again.id(), "first");
        assert_eq!(everything(&again).await, rows);
        let versions = database.ask("SELECT version, name FROM schema_version").await;
        assert_eq!(versions, ["1|registry", "2|people", "3|ceremonies"]);
        assert_eq!(again.check_engine().await.expect("a check"), []);
    })
}

fn nodes_may_open_at_the_same_moment(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let nodes: Vec<_> = (0..8)
            .map(|node| {
                let location = database.location();
                tokio::spawn(async move { Store::open(&location, &format!("node {node}")).await.expect("opened") })
            })
            .collect();
        let mut ids = Vec::new();
        for node in nodes {
            ids.push(node.await.expect("a node").id().to_owned());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "all have the id of the one that came first: {ids:?}");
    })
}

fn a_newer_database_is_refused(database: Arc<Database>) -> Check {
    Box::pin(async move {
        drop(database.open().await);
        database.sql("INSERT INTO schema_version (version, name) VALUES (7, 'future')").await;
        let error = database.try_open().await.expect_err("refused");
        assert!(matches!(error, StoreError::Newer { found: 7, known: VERSION, .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("layout 7") && text.contains(&format!("up to {VERSION}")), "{text}");
    })
}

fn somebody_elses_tables_are_left_alone(database: Arc<Database>) -> Check {
    Box::pin(async move {
        database.sql("CREATE TABLE event (id INTEGER)").await;
        let error = database.try_open().await.expect_err("refused");
        assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
        let tables = if database.is_server() {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        } else {
            "SELECT name FROM sqlite_schema"
        };
        assert_eq!(database.ask(tables).await, ["event"]);
    })
}

fn tables_are_what_the_fields_say(database: Arc<Database>) -> Check {
    Box::pin(async move {
        drop(database.open().await);
        for resource in Resource::ALL {
            let table = resource.table();
            let expected: Vec<String> = table
                .stored()
                .map(|(_, field)| {
                    let storage = field.kind.storage();
                    let of = match (database.is_server(), storage) {
                        (true, Storage::Int) => "bigint",
                        (true, Storage::Bool) => "boolean",
                        (true, Storage::Degrees) => "double precision",
                        (true, Storage::Text) => "text",
                        (true, Storage::Time) => "timestamp with time zone",
                        (false, Storage::Int | Storage::Bool) => "INTEGER",
                        (false, Storage::Degrees) => "REAL",
                        (false, Storage::Text | Storage::Time) => "TEXT",
                        (_, Storage::None) => panic!("a relation is stored"),
                    };
                    let is_blank = field.empty == Empty::Blank;
                    let is_needed = is_blank && matches!(storage, Storage::Int | Storage::Bool | Storage::Text);
                    // SQLite does not say so of a primary key.
                    let is_needed = is_needed && (database.is_server() || field.name != "id");
                    format!("{}|{of}|{}", field.name, u8::from(is_needed))
                })
                .collect();
            let sql = if database.is_server() {
                format!(
                    "SELECT column_name, data_type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END \
                     FROM information_schema.columns WHERE table_name = '{}' ORDER BY ordinal_position",
                    table.tag
                )
            } else {
                format!("SELECT name, type, \"notnull\" FROM pragma_table_info('{}') ORDER BY cid", table.tag)
            };
            let mut found = database.ask(&sql).await;
            let mut expected = expected;
            // A column that a later migration has added stands last, wherever its field does.
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{}", table.tag);
        }
    })
}

/// What the first layout had not.
const DOWNGRADE: [&str; 11] = [
    "UPDATE event SET salt = substr(salt, 1, 16)",
    "DROP INDEX event_org_idx",
    "DROP INDEX event_person_idx",
    "DROP INDEX event_key_id_idx",
    "DROP INDEX event_retry_idx",
    "ALTER TABLE event DROP COLUMN org",
    "ALTER TABLE event DROP COLUMN person",
    "ALTER TABLE event DROP COLUMN key_id",
    "DROP TABLE record",
    "DROP TABLE key_use",
    "DROP TABLE ceremony",
];

fn a_log_of_the_first_layout_is_taken_over(database: Arc<Database>) -> Check {
    Box::pin(async move {
        let store = database.open().await;
        let old = |entry: Entry, key: &str| {
            let actor = format!("{{\"name\":\"someone\"{key}}}").into();
            Entry { salt: *b"0123456789abcdef0123456789abcdef", org: None, actor, ..entry }
        };
        let (one, two) = (org(1, "One"), org(1, "Two"));
        append(&store, vec![old(created(Resource::Org, &one), "")]).await;
        let head = append(&store, vec![old(changed(Resource::Org, &one, &two), ",\"key\":\"k9\"")]).await;
        drop(store);
        database.sql(&DOWNGRADE.join("; ")).await;
        database.sql("DELETE FROM schema_version WHERE version >= 2").await;

        let store = database.open().await;
        is_sound(&store).await;
        let events = store.tail(Head::EMPTY, 10).await.expect("the log");
        assert_eq!((events.len(), events[1].hash, events[1].entry.salt), (2, head.hash, events[0].entry.salt));
        let by_key = TrailQuery { key: Some("k9".to_owned()), ..TrailQuery::default() };
        assert_eq!(store.trail(&by_key).await.expect("a trail")[0].sequence, 2);
        append(&store, vec![changed(Resource::Org, &two, &one)]).await;
        is_sound(&store).await;

        // Sixteen bytes of salt are both halves: the one that stays still holds its digest.
        let erasure = ErasedEvents { rows: (1..=3).collect(), ..ErasedEvents::default() };
        let cause = Some(Cause::Erasure(erasure.clone()));
        let actor = serde_json::to_string(&Actor { cause, ..Actor::default() }).expect("JSON");
        let note = Entry { action: Action::Note, actor: actor.into(), ..record(Record::User, 1, None, None) };
        let judge = move |_: Head, _| Ok::<_, ()>([note.clone(), changed(Resource::Org, &one, &two)]);
        let known = store.head().await.expect("a head");
        let erased = store.erase_payload(known, erasure, judge).await.expect("erased");
        assert_eq!(erased.counts.rows, 3);
        let told = store.trail(&by_key).await.expect("a trail");
        assert!(told[0].is_erased && told[0].actor.is_some());
        is_sound(&store).await;
    })
}
