//! Tests of servers only: the connection can be lost and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use peerage_registry::LogHead;
use peerage_schema::Resource;
use peerage_store::{AppendError, Store, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{
    StoreCheck, TestDatabase, append, connect, created, everything, is_sound, on_postgres, org, try_append,
};

#[test]
fn connections_that_the_server_has_ended_come_back() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            let mut moved = store.watch();
            append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
            database.sql(END_ALL).await;
            assert_eq!(store.head().await.expect("a head").sequence, 1);
            append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
            database.sql(END_ALL).await;
            append(&store, vec![created(Resource::Org, &org(3, "Three"))]).await;
            // The watcher has reconnected as well, and notices what another node has done.
            let other = database.open().await;
            append(&other, vec![created(Resource::Org, &org(4, "Four"))]).await;
            let woken =
                tokio::time::timeout(std::time::Duration::from_secs(5), moved.wait_for(|seen| seen.sequence == 4));
            woken.await.expect("it wakes").expect("the store lives");
            is_sound(&store).await;
        })
    });
}

const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'peerage'";

#[test]
fn a_transaction_that_was_aborted_is_decided_again() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            let calls = Arc::new(AtomicU32::new(0));
            let (url, counted) = (database.url.clone(), Arc::clone(&calls));
            let decide = move |head: LogHead, _| {
                assert_eq!(head, LogHead::EMPTY);
                if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                    // The decider runs on a thread of the store, which must not wait for another runtime.
                    let url = url.clone();
                    let ended = std::thread::spawn(move || {
                        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                        runtime.expect("a runtime").block_on(async {
                            connect(&url).await.batch_execute(END_ALL).await.expect("the connections end");
                        });
                    });
                    ended.join().expect("a thread");
                }
                Ok::<_, ()>((1..=1_500).map(|id| created(Resource::Org, &org(id, &format!("Org {id}")))))
            };
            let appended = store.append(LogHead::EMPTY, decide).await.expect("appended");
            assert_eq!((appended.head.sequence, calls.load(Ordering::Relaxed)), (1_500, 2));
            assert_eq!(everything(&store).await.len(), 1_500);
            is_sound(&store).await;
        })
    });
}

#[test]
fn a_server_that_became_a_replica_is_not_written_to_until_it_is_primary_again() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            let name = database.url.rsplit_once('/').expect("a name").1.to_owned();
            database.sql(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
            database.sql(END_ALL).await;
            let refused = try_append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
            assert!(matches!(refused, Err(AppendError::Store(StoreError::Unreachable(_)))), "{refused:?}");
            let client = connect(&database.url).await;
            client.batch_execute("SET default_transaction_read_only = off").await.expect("a setting");
            client.batch_execute(&format!("ALTER DATABASE {name} RESET ALL")).await.expect("a setting");
            append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
        })
    });
}

#[tokio::test]
async fn an_error_names_the_server_and_no_password() {
    let location = "postgres://registry:s3cret@127.0.0.1:1/peerage?connect_timeout=2".parse().expect("a location");
    let error = Store::open(&location, "fresh").await.expect_err("nobody listens there");
    let text = format!("{error} {error:?}");
    assert!(text.contains("postgres://registry@127.0.0.1:1/peerage") && !text.contains("s3cret"), "{text}");
}

/// A proxy between a store and the server. It cuts the first connection on which a transaction is committed.
struct CuttingProxy {
    port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CutPoint {
    /// The server never receives the commit.
    Before,
    /// The server commits, but the answer is lost.
    After,
    /// The same, and the proxy stops working.
    AfterForGood,
}

impl CuttingProxy {
    async fn start(server: u16, cut: CutPoint) -> CuttingProxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let is_cut = Arc::new(AtomicBool::new(false));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if cut == CutPoint::AfterForGood && is_cut.load(Ordering::Relaxed) {
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", server)).await.expect("the server listens");
                tokio::spawn(pass(client, server, cut, Arc::clone(&is_cut)));
            }
        });
        CuttingProxy { port }
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, cut: CutPoint, is_cut: Arc<AtomicBool>) {
    let (mut request, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(count @ 1..) = read else { return };
                let bytes = &request[..count];
                // The commit with events, not that of the migration.
                let is_commit = bytes.windows(14).any(|window| window == b"_head; COMMIT\0");
                if is_commit && !is_cut.swap(true, Ordering::Relaxed) {
                    if cut != CutPoint::Before {
                        server.write_all(bytes).await.expect("the server takes it");
                        // The answer comes when the server has committed.
                        let _ = server.read(&mut answered).await;
                    }
                    return;
                }
                server.write_all(bytes).await.expect("the server takes it");
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// A connection breaks during a commit: the store finds out whether it took effect, and nothing is appended twice.
fn cut_while_committing(database: Arc<TestDatabase>, cut: CutPoint, expected_calls: u32) -> StoreCheck {
    Box::pin(async move {
        let config: tokio_postgres::Config = database.url.parse().expect("an address");
        let server = *config.get_ports().first().expect("the test server has a TCP port");
        let cutter = CuttingProxy::start(server, cut).await;
        let url = database.url.replace(&format!(":{server}/"), &format!(":{}/", cutter.port));
        assert_ne!(url, database.url);
        let store = Store::open(&url.parse().expect("a location"), "fresh").await.expect("opened");
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let decide = move |head: LogHead, _| {
            assert_eq!(head, LogHead::EMPTY);
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, ()>([created(Resource::Org, &org(1, "One"))])
        };
        let appended = store.append(LogHead::EMPTY, decide).await.expect("appended");
        assert_eq!((appended.head.sequence, calls.load(Ordering::Relaxed)), (1, expected_calls));
        assert_eq!(store.head().await.expect("a head"), appended.head);
        append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
        is_sound(&store).await;
    })
}

#[test]
fn a_commit_that_was_lost_on_the_way_is_made_again() {
    on_postgres(|database| cut_while_committing(database, CutPoint::Before, 2));
}

#[test]
fn a_commit_whose_answer_was_lost_is_not_made_again() {
    on_postgres(|database| cut_while_committing(database, CutPoint::After, 1));
}

/// A node that has stopped during a transaction, and holds the lock of the log.
async fn hung(database: &TestDatabase, amid_a_transfer: bool) -> tokio_postgres::Client {
    let client = connect(&database.url).await;
    client.batch_execute("BEGIN; SELECT FROM \"head\" FOR UPDATE").await.expect("the lock");
    if amid_a_transfer {
        let sink: tokio_postgres::CopyInSink<bytes::Bytes> =
            client.copy_in("COPY \"key_use\" FROM STDIN").await.expect("it begins");
        // No data arrives, and the transfer does not end.
        std::mem::forget(sink);
    }
    client
}

async fn waits_for_no_hung_node(database: Arc<TestDatabase>, amid_a_transfer: bool) {
    let store = database.open().await;
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    let _hung = hung(&database, amid_a_transfer).await;
    let begun = Instant::now();
    append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    is_sound(&store).await;
}

#[test]
fn n22_a_node_that_hangs_in_a_transaction_is_waited_for_a_few_seconds() {
    on_postgres(|database| Box::pin(waits_for_no_hung_node(database, false)));
}

#[test]
fn n22_a_node_that_hangs_amid_a_bulk_transfer_is_waited_for_a_few_seconds() {
    on_postgres(|database| Box::pin(waits_for_no_hung_node(database, true)));
}

#[test]
fn n22_a_slow_decision_is_aborted_and_repeated() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            // A decision that takes longer than three quarters of the deadline is aborted if others wait.
            let location = database.location().with_deadline(Duration::from_secs(4));
            let slow = Store::open(&location, "fresh").await.expect("opened");
            let quick = Store::open(&location, "fresh").await.expect("opened");
            let calls = Arc::new(AtomicU32::new(0));
            let counted = Arc::clone(&calls);
            let (begun, has_begun) = std::sync::mpsc::channel();
            let decide = move |_: LogHead, _| {
                if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                    begun.send(()).expect("a listener");
                    std::thread::sleep(Duration::from_millis(3_300));
                }
                Ok::<_, ()>([created(Resource::Org, &org(1, "One"))])
            };
            let first = tokio::spawn(async move { slow.append(LogHead::EMPTY, decide).await.map(|_| ()) });
            tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("a thread").expect("it begins");
            let begun = Instant::now();
            append(&quick, vec![created(Resource::Org, &org(2, "Two"))]).await;
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            first.await.expect("a task").expect("appended in the end");
            assert_eq!(calls.load(Ordering::Relaxed), 2);
            assert_eq!(quick.head().await.expect("a head").sequence, 2);
            is_sound(&quick).await;
        })
    });
}

/// The server has committed, the answer is lost, and it can no longer be reached.
#[test]
fn n24_a_commit_whose_outcome_cannot_be_found_out_is_said_to_be_unknown() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let config: tokio_postgres::Config = database.url.parse().expect("an address");
            let server = *config.get_ports().first().expect("the test server has a TCP port");
            let cutter = CuttingProxy::start(server, CutPoint::AfterForGood).await;
            let url = database.url.replace(&format!(":{server}/"), &format!(":{}/", cutter.port));
            let store = Store::open(&url.parse().expect("a location"), "fresh").await.expect("opened");
            let begun = Instant::now();
            let outcome = try_append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
            assert!(matches!(outcome, Err(AppendError::Store(StoreError::Unknown(_)))), "{outcome:?}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            // Another node sees the outcome.
            let other = database.open().await;
            assert_eq!(other.head().await.expect("a head").sequence, 1);
        })
    });
}

/// A server for this test only.
pub struct StoreServer {
    pub url: String,
    folder: String,
}

impl StoreServer {
    pub fn start() -> StoreServer {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres-for-tests");
        let started = std::process::Command::new(script).arg("start").output().expect("the script runs");
        let message = String::from_utf8_lossy(&started.stdout).into_owned();
        let url = message.split_once("PEERAGE_TEST_POSTGRES=").map(|(_, url)| url.trim().replace('\\', ""));
        let words = String::from_utf8_lossy(&started.stderr).into_owned();
        let folder = words.rsplit_once("stop ").map(|(_, folder)| folder.trim().to_owned());
        StoreServer { url: url.expect("an address"), folder: folder.expect("a folder") }
    }
}

impl Drop for StoreServer {
    fn drop(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres-for-tests");
        // The test has ended, with or without success.
        let _ = std::process::Command::new(script).args(["stop", &self.folder]).output();
    }
}

/// A standby that must confirm each commit, and does not.
#[tokio::test(flavor = "multi_thread")]
async fn n24_what_a_synchronous_standby_has_not_confirmed_is_never_acknowledged() {
    let server = StoreServer::start();
    let store = Store::open(&server.url.parse().expect("a location"), "fresh").await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    let operator = connect(&server.url).await;
    let set = async |names: &str| {
        operator.batch_execute(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'")).await.expect("set");
        operator.batch_execute("SELECT pg_reload_conf()").await.expect("reloaded");
        // The checkpointer notifies those who wait.
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    set("gone").await;
    let begun = Instant::now();
    let outcome = try_append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    assert!(matches!(outcome, Err(AppendError::Store(StoreError::Unknown(_)))), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    // A backend that is terminated while it waits has committed here and nowhere else.
    let ended = Arc::new(AtomicBool::new(false));
    let ending = {
        let (url, ended) = (server.url.clone(), Arc::clone(&ended));
        tokio::spawn(async move {
            let client = connect(&url).await;
            while !ended.load(Ordering::Relaxed) {
                let wait = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
                client.batch_execute(wait).await.expect("asked");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
    };
    let outcome = try_append(&store, vec![created(Resource::Org, &org(3, "Three"))]).await;
    assert!(matches!(outcome, Err(AppendError::Store(StoreError::Unknown(_)))), "{outcome:?}");
    ended.store(true, Ordering::Relaxed);
    ending.await.expect("a task");
    // An existing commit is acknowledged as soon as it is confirmed.
    let append_it = {
        let store = store.clone();
        tokio::spawn(async move { try_append(&store, vec![created(Resource::Org, &org(4, "Four"))]).await })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    set("").await;
    append_it.await.expect("a task").expect("confirmed");
    is_sound(&store).await;
}
