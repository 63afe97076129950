//! How long callers wait for a database that does not answer, is busy, or is no longer the primary.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peerage_registry::LogHead;
use peerage_schema::Resource;
use peerage_store::{AppendError, DEADLINE, Store, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::StoreServer;
use crate::support::{StoreCheck, TestDatabase, append, connect, created, is_sound, on_postgres, org, try_append};

/// No caller waits longer than this: for its turn, for the change, and to find out whether it was made.
const LONGEST: Duration = Duration::from_secs(5);

/// A proxy that can stop forwarding. A connection that has stalled stays stalled.
async fn stalling_proxy(server: u16) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let stalls = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&stalls);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", server)).await.expect("the server listens");
            tokio::spawn(forward(client, server, Arc::clone(&shared)));
        }
    });
    (port, stalls)
}

async fn forward(mut client: TcpStream, mut server: TcpStream, stalls: Arc<AtomicBool>) {
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let (into, bytes) = tokio::select! {
            read = client.read(&mut request) => match read {
                Ok(count @ 1..) => (&mut server, &request[..count]),
                _ => return,
            },
            read = server.read(&mut answer) => match read {
                Ok(count @ 1..) => (&mut client, &answer[..count]),
                _ => return,
            },
        };
        if stalls.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if into.write_all(bytes).await.is_err() {
            return;
        }
    }
}

fn port_of(database: &TestDatabase) -> u16 {
    let config: tokio_postgres::Config = database.url.parse().expect("an address");
    *config.get_ports().first().expect("the test server has a TCP port")
}

#[test]
fn nobody_waits_longer_than_the_deadlines_for_a_server_that_hangs() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let server = port_of(&database);
            let (port, stalls) = stalling_proxy(server).await;
            let url = database.url.replace(&format!(":{server}/"), &format!(":{port}/"));
            let store = Store::open(&url.parse().expect("a location"), "fresh").await.expect("opened");
            append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
            stalls.store(true, Ordering::Relaxed);
            let mut waiting = tokio::task::JoinSet::new();
            // Some come at once, others while those are waited for.
            for number in 0..24_u64 {
                let store = store.clone();
                waiting.spawn(async move {
                    tokio::time::sleep(Duration::from_millis(number * 250)).await;
                    let begun = Instant::now();
                    let refused = match number % 3 {
                        0 => store.swap_value("x", None, "1").await.map(|_| ()),
                        1 => store.head().await.map(|_| ()),
                        _ => match try_append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await {
                            Err(AppendError::Store(error)) => Err(error),
                            other => panic!("{other:?}"),
                        },
                    };
                    let error = refused.expect_err("nothing can be done");
                    (number, begun.elapsed(), error)
                });
            }
            let mut last = Duration::ZERO;
            while let Some(outcome) = waiting.join_next().await {
                let (number, waited, error) = outcome.expect("a task");
                assert!(waited < LONGEST, "{number}: {waited:?} {error}");
                let is_told =
                    matches!(error, StoreError::Busy(_) | StoreError::Unreachable(_) | StoreError::Unknown(_));
                assert!(is_told, "{number}: {error:?}");
                if number >= 21 {
                    last = last.max(waited);
                }
            }
            assert!(last < DEADLINE + Duration::from_secs(1), "it is known by now: {last:?}");
            stalls.store(false, Ordering::Relaxed);
            let begun = Instant::now();
            while try_append(&store, vec![created(Resource::Org, &org(3, "Three"))]).await.is_err() {
                assert!(begun.elapsed() < LONGEST, "it does not recover");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            is_sound(&store).await;
        })
    });
}

#[test]
fn changes_beside_an_import_are_told_within_the_deadline() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
            // What an import of another node holds, and the mark by which it is not taken for one that hangs.
            let import = connect(&database.url).await;
            let lock = "BEGIN; SELECT FROM \"head\" FOR UPDATE; SELECT pg_advisory_xact_lock_shared(1885693298)";
            import.batch_execute(lock).await.expect("the lock");
            let mut waiting = tokio::task::JoinSet::new();
            for _ in 0..4 {
                let beside = store.clone();
                waiting.spawn(async move {
                    let begun = Instant::now();
                    let refused = try_append(&beside, vec![created(Resource::Org, &org(2, "Two"))]).await;
                    assert!(matches!(refused, Err(AppendError::Store(StoreError::Busy(_)))), "{refused:?}");
                    assert!(begun.elapsed() < DEADLINE * 2, "{:?}", begun.elapsed());
                });
                // Sessions, logins and leases do not wait for the log.
                assert!(store.value("x").await.expect("an answer").is_none());
            }
            while let Some(outcome) = waiting.join_next().await {
                outcome.expect("a task");
            }
            import.batch_execute("ROLLBACK").await.expect("the import ends");
            append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
            is_sound(&store).await;
        })
    });
}

#[test]
fn a_long_query_delays_no_login() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            // Reading the log waits for this lock; logins do not read the log.
            let other = connect(&database.url).await;
            other.batch_execute("BEGIN; LOCK TABLE \"event\" IN ACCESS EXCLUSIVE MODE").await.expect("the lock");
            let reading = {
                let store = store.clone();
                tokio::spawn(async move { store.audit_log(&peerage_store::AuditQuery::default()).await.map(|_| ()) })
            };
            tokio::time::sleep(Duration::from_millis(100)).await;
            let begun = Instant::now();
            assert!(store.swap_value("lease", None, "mine").await.expect("it is set"));
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
            other.batch_execute("ROLLBACK").await.expect("the lock is released");
            reading.await.expect("a task").expect("an answer");
        })
    });
}

#[test]
fn a_host_that_accepts_connections_and_says_nothing_does_not_hide_the_primary() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let port = silent.local_addr().expect("an address").port();
            let server = port_of(&database);
            let both = format!("127.0.0.1:{port},127.0.0.1:{server}/");
            let url = database.url.replace(&format!("127.0.0.1:{server}/"), &both);
            assert_ne!(url, database.url);
            let begun = Instant::now();
            let store = Store::open(&url.parse().expect("a location"), "fresh").await.expect("opened");
            append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
            assert!(begun.elapsed() < DEADLINE * 2, "{:?}", begun.elapsed());
        })
    });
}

/// All connections to the old primary are alive, and new ones reach the new primary: what a planned switchover behind a
/// proxy looks like.
#[tokio::test(flavor = "multi_thread")]
async fn all_connections_follow_when_one_learns_of_a_new_primary() {
    let server = StoreServer::start();
    let store = Store::open(&server.url.parse().expect("a location"), "fresh").await.expect("opened");
    append(&store, vec![created(Resource::Org, &org(1, "One"))]).await;
    store.swap_value("x", None, "1").await.expect("set");
    store.audit_log(&peerage_store::AuditQuery::default()).await.expect("read");
    let operator = connect(&server.url).await;
    let old = "SELECT coalesce(string_agg(query, '; '), '') FROM pg_stat_activity \
         WHERE application_name = 'peerage' AND backend_start < $1";
    let now = operator.query_one("SELECT clock_timestamp()::text", &[]).await.expect("a time");
    let (switched, name) = (now.get::<_, String>(0), server.url.rsplit('/').next().expect("a name"));
    let name = name.split('?').next().expect("a name");
    // Existing sessions follow the server's setting, new ones that of the database.
    for change in [
        format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = off"),
        "ALTER SYSTEM SET default_transaction_read_only = on".to_owned(),
        "SELECT pg_reload_conf()".to_owned(),
    ] {
        operator.batch_execute(&change).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
    }
    let begun = Instant::now();
    append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
    assert!(begun.elapsed() < DEADLINE, "the writer finds the new primary: {:?}", begun.elapsed());
    let old = old.replace("$1", &format!("'{switched}'"));
    for round in 0.. {
        // The others notice it with their next question at the latest.
        store.swap_value(&format!("y{round}"), None, "1").await.expect("set");
        store.head().await.expect("a head");
        store.audit_log(&peerage_store::AuditQuery::default()).await.expect("read");
        try_append(&store, Vec::new()).await.expect("nothing to append");
        let left = operator.query_one(&old, &[]).await.expect("an answer").get::<_, String>(0);
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < LONGEST, "connections stay with the old primary: {left}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut moved = store.watch();
    let other = Store::open(&server.url.parse().expect("a location"), "fresh").await.expect("opened");
    append(&other, vec![created(Resource::Org, &org(3, "Three"))]).await;
    let woken = tokio::time::timeout(Duration::from_secs(3), moved.wait_for(|seen| seen.sequence == 3)).await;
    woken.expect("it wakes").expect("the store lives");
    is_sound(&store).await;
}

/// A decision of this node that is slow delays the others no longer than the deadline.
#[test]
fn a_slow_change_of_this_node_is_not_waited_for_longer_than_the_deadline() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
            let (begun, has_begun) = std::sync::mpsc::channel::<()>();
            let slow = {
                let store = store.clone();
                let decide = move |_: LogHead, _| {
                    let _ = begun.send(());
                    let _ = may_go_on.recv();
                    Ok::<_, Infallible>([created(Resource::Org, &org(1, "One"))])
                };
                tokio::spawn(async move { store.append(LogHead::EMPTY, decide).await.map(|_| ()) })
            };
            tokio::task::spawn_blocking(move || has_begun.recv()).await.expect("a thread").expect("it begins");
            let begun = Instant::now();
            let refused = try_append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
            assert!(matches!(refused, Err(AppendError::Store(StoreError::Busy(_)))), "{refused:?}");
            let waited = begun.elapsed();
            assert!(waited >= DEADLINE && waited < DEADLINE + Duration::from_secs(1), "{waited:?}");
            drop(go_on);
            // Its transaction was idle for too long.
            let outcome = slow.await.expect("a task");
            assert!(outcome.is_err(), "{outcome:?}");
            append(&store, vec![created(Resource::Org, &org(2, "Two"))]).await;
            assert_eq!(store.head().await.expect("a head").sequence, 1, "what was given up is never done");
        })
    });
}

#[test]
fn the_time_of_the_server_is_known_from_the_start() {
    on_postgres(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            let known = store.database_time().expect("a time");
            let of_server = database.ask("SELECT extract(epoch FROM clock_timestamp())::bigint").await;
            let of_server: i64 = of_server[0].parse().expect("a number");
            assert!((of_server - known.as_seconds()).abs() <= 2, "{of_server} {known:?}");
        })
    });
}
