//! A fresh database for each test, and short functions for rows.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::row::RowBuilder;
use peerage_registry::{Action, EventChange, EventSubject, LogEntry, LogHead, Record, Row, Value, stored};
use peerage_schema::{Resource, ValueStorage};
use peerage_store::{AppendError, AppendedEvents, LoadedItem, Store, StoreError, StoreLocation};

/// 2024-01-02T03:04:05.000006Z.
pub const AT: Moment = Moment::from_microseconds(1_704_164_645_000_006);

pub type StoreCheck = Pin<Box<dyn Future<Output = ()>>>;

/// A database for this test only.
pub struct TestDatabase {
    pub url: String,
    is_server: bool,
}

impl TestDatabase {
    pub fn location(&self) -> StoreLocation {
        self.url.parse().expect("a location")
    }

    /// Opens another node.
    pub async fn open(&self) -> Store {
        self.try_open().await.expect("the database opens")
    }

    pub async fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(&self.location(), "fresh").await
    }

    pub fn is_server(&self) -> bool {
        self.is_server
    }

    /// Does something that the store would not do.
    pub async fn sql(&self, sql: &str) {
        if self.is_server {
            server_sql(&self.url, sql).await;
        } else {
            let connection = rusqlite::Connection::open(&self.url).expect("the file opens");
            connection.pragma_update(None, "foreign_keys", false).expect("a setting");
            connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }

    /// Rows of a result, each as text separated by bars.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        if self.is_server {
            let client = connect(&self.url).await;
            let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let rows = messages.iter().filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            rows.map(|row| (0..row.len()).map(|at| row.get(at).unwrap_or_default()).collect::<Vec<_>>().join("|"))
                .collect()
        } else {
            let connection = rusqlite::Connection::open(&self.url).expect("the file opens");
            let mut statement = connection.prepare(sql).expect("a statement");
            let columns = statement.column_count();
            let mut rows = statement.query([]).expect("an answer");
            let mut answer = Vec::new();
            while let Some(row) = rows.next().expect("a row") {
                let cells = (0..columns).map(|at| match row.get_ref(at).expect("a cell") {
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    _ => String::new(),
                });
                answer.push(cells.collect::<Vec<_>>().join("|"));
            }
            answer
        }
    }
}

pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client
}

async fn server_sql(url: &str, sql: &str) {
    connect(url).await.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

pub fn on_sqlite(check: fn(Arc<TestDatabase>) -> StoreCheck) {
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("registry.db");
    let url = path.to_str().expect("a path in UTF-8").to_owned();
    runtime().block_on(check(Arc::new(TestDatabase { url, is_server: false })));
}

pub fn on_postgres(check: fn(Arc<TestDatabase>) -> StoreCheck) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var("PEERAGE_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "PEERAGE_TEST_POSTGRES is not set. It has to be the postgres:// address of a server where databases can \
             be created. To start one: eval \"$(scripts/postgres-for-tests start)\""
        )
    });
    let name = format!("peerage_store_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let (address, options) = server
        .split_once('?')
        .map_or((server.as_str(), String::new()), |(address, options)| (address, format!("?{options}")));
    let (host, _) = address
        .rsplit_once('/')
        .filter(|(host, _)| host.contains("//") && !host.ends_with('/'))
        .unwrap_or((address, ""));
    let url = format!("{host}/{name}{options}");
    let drop_it = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    let runtime = runtime();
    runtime.block_on(server_sql(&server, &drop_it));
    runtime.block_on(server_sql(&server, &format!("CREATE DATABASE {name}")));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(check(Arc::new(TestDatabase { url, is_server: true })));
    }));
    runtime.block_on(server_sql(&server, &drop_it));
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// A row with empty values, except for the given ones.
pub fn row(resource: Resource, id: u32, values: &[(&str, Value<'_>)]) -> Row {
    let table = resource.table();
    for (name, _) in values {
        assert!(table.field(name).is_some_and(peerage_schema::Field::is_stored), "{name} is no column");
    }
    let mut builder = RowBuilder::new(table);
    for field in table.fields {
        let given = values.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value);
        builder.push(match given {
            Some(value) => value,
            None if !field.is_stored() => Value::Null,
            None if field.name == "id" => Value::Int(i64::from(id)),
            None if field.kind.storage() == ValueStorage::Time && field.name != "created" => Value::Null,
            None if field.name == "created" => Value::Time(AT),
            None => stored::empty(field),
        });
    }
    builder.finish()
}

pub fn org(id: u32, name: &str) -> Row {
    row(Resource::Org, id, &[("name", Value::Text(name))])
}

pub fn net(id: u32, org: u32, name: &str, asn: i64) -> Row {
    let values = [("org_id", Value::Int(i64::from(org))), ("name", Value::Text(name)), ("asn", Value::Int(asn))];
    row(Resource::Net, id, &values)
}

fn action<T>(before: Option<&T>, after: Option<&T>) -> Action {
    match (before, after) {
        (None, _) => Action::Create,
        (Some(_), Some(_)) => Action::Update,
        (Some(_), None) => Action::Erase,
    }
}

pub fn entry(resource: Resource, before: Option<Row>, after: Option<Row>) -> LogEntry {
    let action = action(before.as_ref(), after.as_ref());
    let id = before.as_ref().or(after.as_ref()).map_or(0, Row::id);
    let change = EventChange::Row { resource, before, after };
    LogEntry { at: AT, actor: Arc::from(ACTOR), action, id, change, org: Some(OrgId::new(7)), salt: *SALT }
}

pub const ACTOR: &str = "{\"name\":\"Ærøskøbing\",\"user\":5,\"key\":\"k1\"}";

pub const SALT: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

pub fn record(record: Record, id: u32, before: Option<&str>, after: Option<&str>) -> LogEntry {
    let action = action(before.as_ref(), after.as_ref());
    let change = EventChange::Record { record, before: before.map(Arc::from), after: after.map(Arc::from) };
    LogEntry { at: AT, actor: Arc::from(ACTOR), action, id, change, org: None, salt: *SALT }
}

pub fn created(resource: Resource, row: &Row) -> LogEntry {
    entry(resource, None, Some(row.clone()))
}

pub fn changed(resource: Resource, before: &Row, after: &Row) -> LogEntry {
    entry(resource, Some(before.clone()), Some(after.clone()))
}

pub fn erased(resource: Resource, row: &Row) -> LogEntry {
    entry(resource, Some(row.clone()), None)
}

/// Appends at the current head.
pub async fn try_append(store: &Store, entries: Vec<LogEntry>) -> Result<LogHead, AppendError<()>> {
    let known = store.head().await?;
    let appended: AppendedEvents<_> = store.append(known, move |_: LogHead, _| Ok(entries.clone())).await?;
    Ok(appended.head)
}

pub async fn append(store: &Store, entries: Vec<LogEntry>) -> LogHead {
    try_append(store, entries).await.expect("the entries are appended")
}

/// Appends what violates a constraint, checks that nothing has changed, and returns the error as text.
pub async fn violation(store: &Store, entries: Vec<LogEntry>) -> String {
    let before = (store.head().await.expect("a head"), everything(store).await);
    let error = match try_append(store, entries).await {
        Err(AppendError::Store(error @ (StoreError::Violation(_) | StoreError::Missing { .. }))) => error,
        other => panic!("it was to break a constraint: {other:?}"),
    };
    assert_eq!((store.head().await.expect("a head"), everything(store).await), before, "nothing has changed");
    error.to_string()
}

/// Everything in the store, in the order of `Resource::ALL` and `Record::ALL`.
pub async fn everything(store: &Store) -> Vec<(EventSubject, u32, String)> {
    let (mut all, _) = load(store).await;
    all.sort_by_key(|loaded| match loaded {
        LoadedItem::Row(resource, _) => (0, Resource::ALL.iter().position(|other| other == resource)),
        LoadedItem::Record(record, ..) => (1, Record::ALL.iter().position(|other| other == record)),
    });
    all.into_iter()
        .map(|loaded| match loaded {
            LoadedItem::Row(resource, row) => (EventSubject::Row(resource), row.id(), stored::to_json(resource, &row)),
            LoadedItem::Record(record, id, body) => (EventSubject::Record(record), id, body.to_string()),
        })
        .collect()
}

pub async fn load(store: &Store) -> (Vec<LoadedItem>, LogHead) {
    let push = |all: &mut Vec<LoadedItem>, loaded| all.push(loaded);
    store.load_into(Vec::new(), push).await.expect("the rows are loaded")
}

/// Asserts that the store is consistent.
pub async fn is_sound(store: &Store) {
    assert_eq!(store.verify_chain(|_| ()).await.expect("a check"), []);
    assert_eq!(store.verify_rows(|_| ()).await.expect("a check"), []);
    assert_eq!(store.check_engine().await.expect("a check"), []);
}
