//! Changes whose outcome the client does not learn: a stopped node, a lost replica, a repeated request.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{WRITERS, contact, count_named, retryable};
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer, call};

fn signal(node: &TestServer, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &node.pid().to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

/// A node is stopped while twenty clients write on it. It holds the lock of the log most of the time.
#[test]
fn n22_a_stopped_node_keeps_others_from_writing_for_less_than_five_seconds_on_postgres() {
    let fixture = ServerFixture::new(RegistryPlace::postgres());
    let (first, second) = (fixture.serve(&[]), fixture.serve(&[]));
    for round in 0..3 {
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (is_over, first, fixture) = (&is_over, &first, &fixture);
                scope.spawn(move || {
                    for number in 0.. {
                        let body = contact(&format!("stopped r{round} w{writer} n{number}"));
                        let Ok(answer) = call(&first.address, &fixture.key, "POST", "/api/poc", &body) else { break };
                        assert!(matches!(answer.status, 0 | 201 | 503 | 504), "{answer:?}");
                        if is_over.load(std::sync::atomic::Ordering::Relaxed) {
                            break;
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(700));
            signal(&first, "STOP");
            let begun = Instant::now();
            let answer = second.call(&fixture.key, "POST", "/api/poc", &contact(&format!("elsewhere {round}")));
            let took = begun.elapsed();
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
            signal(&first, "CONT");
            assert!(answer.status == 201 && took < Duration::from_secs(5), "{took:?} {answer:?}");
        });
        let again = first.call(&fixture.key, "POST", "/api/poc", &contact(&format!("resumed {round}")));
        assert_eq!(again.status, 201, "writes work again: {again:?}");
    }
    let mut names: Vec<String> = second
        .call(&fixture.key, "GET", "/api/poc?net_id=1&depth=0", &Json::Null)
        .rows()
        .iter()
        .map(|row| row["name"].to_string())
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "a change was applied twice");
    fixture.check();
}

/// A database server for this test only, because its settings affect all databases.
struct CrashServer {
    url: String,
    folder: String,
}

impl CrashServer {
    fn start() -> CrashServer {
        let started = Command::new(CrashServer::script()).arg("start").output().expect("the script runs");
        let message = String::from_utf8_lossy(&started.stdout).replace('\\', "");
        let url = message.split_once("PEERAGE_TEST_POSTGRES=").expect("an address").1.trim().to_owned();
        let words = String::from_utf8_lossy(&started.stderr).into_owned();
        let folder = words.rsplit_once("stop ").expect("a folder").1.trim().to_owned();
        CrashServer { url, folder }
    }

    fn script() -> &'static str {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres-for-tests")
    }

    fn sql(&self, statement: &str) {
        let done = Command::new("psql").args([&self.url, "-qc", statement]).stdout(Stdio::null()).status();
        assert!(done.expect("psql runs").success(), "{statement}");
    }

    /// Returns a database that is dropped with the value, while the server still runs.
    fn place(&self) -> RegistryPlace {
        self.sql("CREATE DATABASE own");
        RegistryPlace::Postgres { admin: self.url.clone(), name: "own".to_owned() }
    }

    fn wait_for_replicas(&self, names: &str) {
        self.sql(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"));
        self.sql("SELECT pg_reload_conf()");
        std::thread::sleep(Duration::from_millis(300));
    }
}

impl Drop for CrashServer {
    fn drop(&mut self) {
        // The test has ended, successfully or not.
        let _ = Command::new(CrashServer::script()).args(["stop", &self.folder]).output();
    }
}

#[test]
fn n24_a_change_that_no_replica_confirms_is_answered_as_unknown_and_safe_to_repeat() {
    let server = CrashServer::start();
    let fixture = ServerFixture::new(server.place());
    let (node, other) = (fixture.serve(&[]), fixture.serve(&[]));
    server.wait_for_replicas("gone");
    let begun = Instant::now();
    let post = |node: &TestServer| retryable(node, &fixture.key, "POST", "/api/poc", "order 66", &contact("unknown"));
    let answer = post(&node);
    assert_eq!(answer.status, 504, "{answer:?}");
    assert_eq!(answer.json()["meta"]["outcome"], "unknown");
    assert!(answer.error().contains("may have been applied") && answer.error().contains("Idempotency-Key"));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    // A repetition is not acknowledged on any node either, while nobody confirms the change.
    let answer = post(&other);
    assert!(matches!(answer.status, 503 | 504), "{answer:?}");
    server.wait_for_replicas("");
    let answers = [post(&other), post(&node)];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [201, 201], "{answers:?}");
    assert_eq!(answers[0].ids(), answers[1].ids());
    assert_eq!(count_named(&other, &fixture.key, "unknown"), 1);
    fixture.check();
}

#[test]
fn n24_a_repeated_request_changes_nothing_on_sqlite() {
    repeat_requests(RegistryPlace::sqlite());
}

#[test]
fn n24_a_repeated_request_changes_nothing_on_postgres() {
    repeat_requests(RegistryPlace::postgres());
}

/// Returns the one row of an answer without the objects it belongs to, which are shown in their current state.
fn own_fields(answer: &crate::server::TestResponse) -> Json {
    let mut row = answer.rows()[0].clone();
    row.as_object_mut().expect("a row").remove("net");
    row
}

fn repeat_requests(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let node = fixture.serve(&[]);
    let other = fixture.serve(&[]);
    let send = |node: &TestServer, method: &str, target: &str, retry: &str, body: &Json| {
        retryable(node, &fixture.key, method, target, retry, body)
    };
    // Created once, and every node answers the same, even one that starts later.
    let first = send(&node, "POST", "/api/poc", "make", &contact("once"));
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None), "{first:?}");
    let id = first.ids()[0];
    let target = format!("/api/poc/{id}");
    let changed = json!({"net_id": 1, "role": "NOC", "email": "a@b.example", "name": "once, changed"});
    let put = send(&node, "PUT", &target, "change", &changed);
    assert_eq!(put.status, 200, "{put:?}");
    let later = fixture.serve(&[]);
    for node in [&node, &other, &later] {
        let again = send(node, "POST", "/api/poc", "make", &contact("once"));
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{again:?}");
        assert_eq!(own_fields(&again), own_fields(&first), "the row as it was created, regardless of later changes");
        let again = send(node, "PUT", &target, "change", &changed);
        assert_eq!((again.status, own_fields(&again)), (200, own_fields(&put)));
    }
    assert_eq!(count_named(&later, &fixture.key, "once"), 0, "nothing was created twice");
    // Another body, path or method with the same key is another request.
    for (method, target, body) in [
        ("POST", "/api/poc".to_owned(), contact("something else")),
        ("PUT", target.clone(), contact("once")),
        ("DELETE", target.clone(), Json::Null),
    ] {
        let refused = send(&other, method, &target, "make", &body);
        assert_eq!(refused.status, 422, "{method} {target}: {refused:?}");
        assert!(refused.error().contains("Idempotency-Key"));
    }
    // The same key from another caller is a different key.
    let theirs = json!({"net_id": 101, "role": "NOC", "email": "a@b.example", "name": "theirs"});
    assert_eq!(retryable(&node, &fixture.foreign_key, "POST", "/api/poc", "make", &theirs).status, 201);
    // A refused request is decided again, and an invalid key is refused.
    let bad = json!({"net_id": 1, "role": "NOC", "name": "no address", "email": "nonsense"});
    assert_eq!(send(&node, "POST", "/api/poc", "refused", &bad).status, 400);
    assert_eq!(send(&node, "POST", "/api/poc", "refused", &contact("allowed")).status, 201);
    let long = "x".repeat(256);
    let answer = send(&node, "POST", "/api/poc", &long, &contact("never"));
    assert!(answer.status == 400 && answer.error().contains("255"), "{answer:?}");
    // Of many concurrent requests on three nodes, one creates it.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let racers: Vec<_> = [&node, &other, &later]
            .into_iter()
            .cycle()
            .take(18)
            .map(|node| scope.spawn(|| send(node, "POST", "/api/poc", "race", &contact("raced"))))
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    });
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.ids() == answers[0].ids()), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count(), 1);
    // A deletion happens once: its repetition does not delete what replaced the object.
    for status in [204, 204] {
        assert_eq!(send(&node, "DELETE", &target, "delete", &Json::Null).status, status);
    }
    let gone = send(&other, "POST", "/api/poc", "make", &contact("once"));
    assert_eq!((gone.status, gone.ids()), (201, vec![id]), "the first answer");
    repeat_key_management(&fixture, &node, &other);
    fixture.check();
}

/// An API key is created once, and its text is shown once.
fn repeat_key_management(fixture: &ServerFixture, node: &TestServer, other: &TestServer) {
    let session = fixture.open_session(1);
    let body = json!({"name": "nightly", "email": "noc@org.example", "grants": {"net": 1}});
    let begun = Instant::now();
    // A session works as soon as the node has followed the log.
    let knows = |node: &TestServer| node.call(&session, "GET", "/api/org/1/keys", &Json::Null).status == 200;
    while !(knows(node) && knows(other)) {
        assert!(begun.elapsed() < Duration::from_secs(5), "the session is not known");
        std::thread::sleep(Duration::from_millis(20));
    }
    let first = retryable(node, &session, "POST", "/api/org/1/keys", "new key", &body);
    assert_eq!(first.status, 201, "{first:?}");
    let made = first.rows()[0].clone();
    assert!(made["key"].is_string());
    for node in [node, other] {
        let again = retryable(node, &session, "POST", "/api/org/1/keys", "new key", &body);
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{again:?}");
        let row = again.rows()[0].clone();
        assert_eq!(row["id"], made["id"]);
        assert!(row["key"].is_null(), "a secret is shown once");
        assert!(again.json()["meta"]["note"].as_str().is_some_and(|note| note.contains("shown once")));
    }
    let target = format!("/api/org/1/keys/{}", made["id"].as_str().expect("an id"));
    for status in [204, 204] {
        assert_eq!(retryable(node, &session, "DELETE", &target, "end it", &Json::Null).status, status);
    }
    let other_body = json!({"name": "weekly", "email": "noc@org.example"});
    assert_eq!(retryable(node, &session, "POST", "/api/org/1/keys", "new key", &other_body).status, 422);
}
