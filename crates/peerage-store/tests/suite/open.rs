//! Opening: tables are created once, and only by a program that knows them.

use std::sync::Arc;

use peerage_registry::LogHead;
use peerage_schema::field::{email, flag, integer, reference, text, time};
use peerage_schema::{EmptyValue, Field, FieldIndex, FieldKind, Resource, ResourceTable, ValueStorage};
use peerage_store::{AppendError, FoundLayout, Store, StoreError, StoreLocation, draft, layout_version};

use crate::support::{StoreCheck, TestDatabase, append, changed, created, everything, is_sound, net, org, try_append};

on_both_engines!(
    opening_again_changes_nothing,
    nodes_may_open_at_the_same_moment,
    a_newer_database_is_refused,
    a_database_of_the_next_version_is_read_and_not_changed,
    somebody_elses_tables_are_left_alone,
    tables_are_what_the_fields_say,
    indexes_and_constraints_are_what_the_fields_say,
    a_written_migration_adds_fields_to_a_registry_in_use,
);

fn opening_again_changes_nothing(database: Arc<TestDatabase>) -> StoreCheck {
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
        assert_eq!((versions.len(), versions[0].as_str()), (layout_version() as usize, "1|registry"));
        assert_eq!(again.check_engine().await.expect("a check"), []);
    })
}

fn nodes_may_open_at_the_same_moment(database: Arc<TestDatabase>) -> StoreCheck {
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

/// Without a second attempt, SQLite refuses a node in about every fifteenth round.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_may_be_opened_by_many_nodes_in_every_round() {
    for round in 0..60 {
        let folder = tempfile::tempdir().expect("a folder");
        let location = StoreLocation::file(folder.path().join("registry.db"));
        let nodes: Vec<_> = (0..8)
            .map(|node| {
                let location = location.clone();
                tokio::spawn(async move { Store::open(&location, &format!("node {node}")).await.map(drop) })
            })
            .collect();
        for node in nodes {
            node.await.expect("a node").unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
    }
}

fn a_newer_database_is_refused(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        drop(database.open().await);
        let (ours, next) = (layout_version(), layout_version() + 1);
        database.sql(&format!("INSERT INTO schema_version (version, name) VALUES ({next}, 'future')")).await;
        database.sql(&format!("UPDATE registry SET value = '{next}' WHERE key = 'readable-since'")).await;
        let error = database.try_open().await.expect_err("refused");
        let StoreError::Newer { found, known, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*found, *known), (next, ours));
        let text = error.to_string();
        assert!(text.contains(&format!("layout {next}")) && text.contains(&format!("up to {ours}")), "{text}");
    })
}

/// What a newer program does to a database that older programs can still read.
async fn migrate_to_next(database: &TestDatabase) {
    let next = layout_version() + 1;
    for sql in [
        format!("INSERT INTO schema_version (version, name) VALUES ({next}, 'colour')"),
        format!("UPDATE registry SET value = '{}' WHERE key = 'readable-since'", layout_version()),
        "ALTER TABLE org ADD COLUMN colour INTEGER NOT NULL DEFAULT 7".to_owned(),
    ] {
        database.sql(&sql).await;
    }
}

fn a_database_of_the_next_version_is_read_and_not_changed(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let running = database.open().await;
        append(&running, vec![created(Resource::Org, &org(1, "One"))]).await;
        let before = (running.head().await.expect("a head"), everything(&running).await);
        migrate_to_next(&database).await;
        let (next, ours) = (layout_version() + 1, layout_version());
        let found = Store::layout(&database.location()).await.expect("a layout");
        assert_eq!(found, FoundLayout::Readable(next));
        let started = database.open().await;
        // A node that runs while another one is updated, and one that starts afterwards.
        for store in [&running, &started] {
            assert_eq!((store.head().await.expect("a head"), everything(store).await), before);
            match try_append(store, vec![created(Resource::Org, &org(2, "Two"))]).await {
                Err(AppendError::Store(StoreError::Outdated { found, known })) => {
                    assert_eq!((found, known), (next, ours));
                }
                other => panic!("it was to be refused: {other:?}"),
            }
            // A backup would lack what this program does not know.
            let backup = store.read_everything(LogHead::EMPTY, (), |(), _| Ok(())).await;
            assert!(matches!(backup, Err(StoreError::Outdated { .. })), "{backup:?}");
            // Values outside of the log are shared by all versions.
            assert!(store.value("lease").await.expect("a value").is_none());
            is_sound(store).await;
        }
        // The newer program writes a row with its column, a field that this program does not know.
        database.sql("UPDATE org SET colour = 9").await;
        is_sound(&running).await;
        assert_eq!(everything(&started).await, before.1);
    })
}

fn somebody_elses_tables_are_left_alone(database: Arc<TestDatabase>) -> StoreCheck {
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

/// What to do if the tables do not have what the fields need.
const WRITE_MIGRATION: &str = "write the missing migration with `cargo run -p peerage -- schema migration NAME`";

/// The columns that the fields require: name, type, and whether they are never null.
fn columns_of(table: &ResourceTable, is_server: bool) -> Vec<String> {
    let column = |(_, field): (usize, &Field)| {
        let storage = field.kind.storage();
        let of = match (is_server, storage) {
            (true, ValueStorage::Int) => "bigint",
            (true, ValueStorage::Bool) => "boolean",
            (true, ValueStorage::Degrees) => "double precision",
            (true, ValueStorage::Text) => "text",
            (true, ValueStorage::Time) => "timestamp with time zone",
            (false, ValueStorage::Int | ValueStorage::Bool) => "INTEGER",
            (false, ValueStorage::Degrees) => "REAL",
            (false, ValueStorage::Text | ValueStorage::Time) => "TEXT",
            (_, ValueStorage::None) => panic!("a relation is stored"),
        };
        let is_blank = field.empty == EmptyValue::Blank;
        let is_needed = is_blank && matches!(storage, ValueStorage::Int | ValueStorage::Bool | ValueStorage::Text);
        // SQLite does not report it for a primary key.
        let is_needed = is_needed && (is_server || field.name != "id");
        format!("{}|{of}|{}", field.name, u8::from(is_needed))
    };
    let mut columns: Vec<String> = table.stored().map(column).collect();
    // A column that a later migration added comes last, wherever its field is.
    columns.sort_unstable();
    columns
}

/// The columns of the database.
async fn columns_in(database: &TestDatabase, table: &ResourceTable) -> Vec<String> {
    let sql = if database.is_server() {
        format!(
            "SELECT column_name, data_type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END \
             FROM information_schema.columns WHERE table_name = '{}'",
            table.tag
        )
    } else {
        format!("SELECT name, type, \"notnull\" FROM pragma_table_info('{}')", table.tag)
    };
    let mut columns = database.ask(&sql).await;
    columns.sort_unstable();
    columns
}

fn tables_are_what_the_fields_say(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        drop(database.open().await);
        for table in Resource::ALL.map(Resource::table) {
            let (found, needed) = (columns_in(&database, table).await, columns_of(table, database.is_server()));
            assert_eq!(found, needed, "the columns of {}: {WRITE_MIGRATION}", table.tag);
        }
    })
}

/// The indexes and constraints that the fields require, by name.
fn names_of(table: &ResourceTable, is_server: bool) -> Vec<String> {
    let tag = table.tag;
    let mut names = Vec::new();
    for (_, field) in table.stored() {
        if matches!(field.index, FieldIndex::Unique | FieldIndex::UniqueLive) {
            names.push(format!("{tag}_{}_key", field.name));
        }
        if let FieldKind::Ref(of) = field.kind {
            names.push(format!("{tag}_{}_idx", field.name));
            // SQLite does not report the names of references.
            let fkey = format!("{tag}_{}_fkey", field.name);
            names.push(if is_server { fkey } else { format!("{} to {}", field.name, of.tag()) });
        }
    }
    names.extend(table.unique_pair.map(|(one, other)| format!("{tag}_{one}_{other}_key")));
    names.extend(table.field("updated").map(|_| format!("{tag}_updated_idx")));
    names.sort_unstable();
    names
}

/// The indexes and constraints of the database.
async fn names_in(database: &TestDatabase, tag: &str) -> Vec<String> {
    let sql = if database.is_server() {
        format!(
            "SELECT conname FROM pg_constraint WHERE conrelid = '\"{tag}\"'::regclass AND contype IN ('f', 'u', 'x') \
             UNION SELECT indexname FROM pg_indexes WHERE tablename = '{tag}' AND indexname NOT LIKE '%pkey'"
        )
    } else {
        format!(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = '{tag}' \
             UNION SELECT \"from\" || ' to ' || \"table\" FROM pragma_foreign_key_list('{tag}')"
        )
    };
    let mut names = database.ask(&sql).await;
    names.sort_unstable();
    names
}

fn indexes_and_constraints_are_what_the_fields_say(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        drop(database.open().await);
        for table in Resource::ALL.map(Resource::table) {
            let (found, needed) = (names_in(&database, table.tag).await, names_of(table, database.is_server()));
            assert_eq!(found, needed, "the indexes and constraints of {}: {WRITE_MIGRATION}", table.tag);
        }
    })
}

/// The tables of a program with additional fields of networks.
fn tables_with(more: &[Field]) -> (&'static ResourceTable, Vec<&'static ResourceTable>) {
    let table = Resource::Net.table();
    let fields: Vec<Field> = table.fields.iter().chain(more).copied().collect();
    let wider: &'static ResourceTable = Box::leak(Box::new(ResourceTable { fields: fields.leak(), ..*table }));
    let mut tables = Resource::ALL.map(Resource::table);
    tables[Resource::Net.index()] = wider;
    (wider, tables.to_vec())
}

fn a_written_migration_adds_fields_to_a_registry_in_use(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let (one, two) = (net(1, 1, "One", 63_311), net(1, 1, "Two", 63_311));
        append(&store, vec![created(Resource::Org, &org(1, "Org")), created(Resource::Net, &one)]).await;
        drop(store);

        let (wider, tables) = tables_with(&[
            text("test_text", 20, "Text").default_text("it's"),
            email("test_email", "E-mail").nullable().unique_live(),
            integer("test_number", 0, 99, "Number"),
            flag("test_flag", "Flag").default_true(),
            time("test_time", "Time"),
            reference("test_fac_id", Resource::Fac, "Facility").nullable(),
        ]);
        let draft = draft(&tables).expect("a migration that the program can write").expect("fields are missing");
        let is_server = database.is_server();
        database.sql(if is_server { &draft.postgres } else { &draft.sqlite }).await;
        assert_eq!(columns_in(&database, wider).await, columns_of(wider, is_server));
        assert_eq!(names_in(&database, wider.tag).await, names_of(wider, is_server));
        let flag = if is_server { "test_flag::int" } else { "test_flag" };
        let values = format!("SELECT test_text, test_email, test_number, {flag}, test_time, test_fac_id FROM net");
        assert_eq!(database.ask(&values).await, ["it's||0|1||"]);

        // The registry is unchanged, and still works.
        let store = database.open().await;
        is_sound(&store).await;
        append(&store, vec![changed(Resource::Net, &one, &two)]).await;
        append(&store, vec![created(Resource::Net, &net(2, 1, "Three", 63_312))]).await;
        is_sound(&store).await;
        assert_eq!(database.ask(&values).await, ["it's||0|1||", "it's||0|1||"]);
    })
}
