//! A machine that stops in the middle: an import leaves the old state or the new one, and what a server has
//! acknowledged stays.
//!
//! `PEERAGE_KILL_ROUNDS` says how often a server is killed; `scripts/soak kill` does it two hundred times.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::fixture::{ServerFixture, now};
use crate::server::{RegistryPlace, TestServer, call};
use crate::support::{TestRegistry, on_both, registry};
use serde_json::{Value as Json, json};

/// Networks of the registry; it has three times as many rows.
const NETWORKS: u32 = 5_000;
/// Moments at which the import is killed, as shares of the time that a whole one takes.
const MOMENTS: [f64; 5] = [0.1, 0.4, 0.7, 0.85, 0.97];

on_both! {
    fn a_killed_import_leaves_the_old_state_or_the_new_one(world) {
        let (old, new) = (world.file("old.json", registry(NETWORKS, "old")), world.file("new.json", registry(NETWORKS, "new")));
        world.import(&[&old]);
        let old_text = world.export();
        let begin = Instant::now();
        world.import(&[&new]);
        let whole = begin.elapsed();
        let new_text = world.export();
        assert_ne!(old_text, new_text);
        world.import(&[&old]);
        let mut killed = 0;
        for moment in MOMENTS {
            killed += u32::from(kill_after(world, &["import", &new], whole.mul_f64(moment)));
            let text = world.export();
            assert!(text == old_text || text == new_text, "a mixture at {moment}");
            if text == new_text {
                world.import(&[&old]);
            }
        }
        assert!(killed > 0, "no import was killed");
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
        world.import(&[&new]);
        assert_eq!(world.export(), new_text);
    }

    fn i12_18_a_killed_pruning_deletes_all_or_nothing(world) {
        let full = world.file("full.json", registry(NETWORKS, "x"));
        let kinds = ["campus", "fac", "ix", "carrier", "carrierfac", "ixfac", "ixlan", "ixpfx", "netfac", "netixlan"];
        let empty: serde_json::Map<String, Json> = kinds.into_iter().map(|kind| (kind.to_owned(), json!([]))).collect();
        let rest = world.file("rest.json", Json::Object(empty).to_string());
        let short = world.file("short.json", registry(1, "x"));
        let gone = (3 * (NETWORKS - 1)).to_string();
        let prune = ["import", "--prune", "--prune-confirm", &gone, &short, &rest];
        let deleted = || world.export().matches("\"status\":\"deleted\"").count().to_string();
        world.import(&[&full]);
        let begin = Instant::now();
        world.ok(&prune);
        let whole = begin.elapsed();
        assert_eq!(deleted(), gone);
        let mut killed = 0;
        for moment in MOMENTS {
            world.import(&[&full]);
            assert_eq!(deleted(), "0");
            killed += u32::from(kill_after(world, &prune, whole.mul_f64(moment)));
            let found = deleted();
            assert!(found == "0" || found == gone, "{found} of {gone} at {moment}");
        }
        assert!(killed > 0, "nothing was killed");
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
    }
}

/// Begins an import and kills it; whether it was still running.
fn kill_after(world: &TestRegistry, arguments: &[&str], time: Duration) -> bool {
    let mut child =
        world.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    std::thread::sleep(time);
    let running = child.try_wait().expect("a child").is_none();
    // An import that has ended cannot be killed, which is as good.
    let _ = child.kill();
    child.wait().expect("it ends");
    running
}

/// How often a server is killed in the test suite.
const ROUNDS: u32 = 5;
const WRITERS: u32 = 20;
/// Within which a killed server has to answer again.
const RESTART_MAX: Duration = Duration::from_secs(2);

/// One change that the server has said is made: kind, id, and the name that the row has since; none if it is deleted.
type ConfirmedChange = (&'static str, u64, Option<String>);

#[test]
fn what_a_killed_server_has_acknowledged_is_there_on_sqlite() {
    kill_over_and_over(RegistryPlace::sqlite());
}

#[test]
fn what_a_killed_server_has_acknowledged_is_there_on_postgres() {
    kill_over_and_over(RegistryPlace::postgres());
}

fn kill_over_and_over(place: RegistryPlace) {
    let rounds = std::env::var("PEERAGE_KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("a number of rounds"));
    let fixture = ServerFixture::new(place);
    let mut node = fixture.serve(&[]);
    let mut seen = last_event(&fixture, &node);
    let (mut acknowledged, mut events, mut worst) = (0, 0, Duration::ZERO);
    for round in 0..rounds {
        let message = write_and_kill(&fixture, node, round);
        let begun = Instant::now();
        node = fixture.serve(&[]);
        let took = begun.elapsed();
        worst = worst.max(took);
        let audit_log = events_after(&fixture, &node, seen);
        seen = audit_log.last().map_or(seen, |event| event["sequence"].as_u64().expect("a number"));
        acknowledged += message.len();
        events += audit_log.len();
        check_round(&node, &fixture, &message, &audit_log);
        fixture.check();
        assert!(took < RESTART_MAX, "round {round}: the restart took {took:?}");
    }
    assert!(acknowledged > 0, "nothing was written");
    println!("{rounds} kills, {acknowledged} acknowledged changes, {events} events; slowest restart {worst:.2?}");
}

/// Twenty write until the server is gone, which happens at a moment that nobody knows; what they were told.
fn write_and_kill(fixture: &ServerFixture, node: TestServer, round: u32) -> Vec<ConfirmedChange> {
    let address = node.address.clone();
    let moment = Duration::from_millis(20 + (now().as_microseconds() as u64).wrapping_mul(2_654_435_761) % 400);
    std::thread::scope(|scope| {
        let address = &address;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write_until_gone(address, &fixture.key, round, writer)))
            .collect();
        std::thread::sleep(moment);
        node.kill();
        writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect()
    })
}

fn write_until_gone(address: &str, key: &str, round: u32, writer: u32) -> Vec<ConfirmedChange> {
    let mut message: Vec<ConfirmedChange> = Vec::new();
    for number in 0_u32.. {
        let name = format!("r{round} w{writer} n{number}");
        let contact = |net: u64| json!({"net_id": net, "role": "NOC", "email": "a@b.example", "name": name});
        let own = u64::from(writer + 1);
        let mut send = |kind: &'static str, method: &str, id: Option<u64>, body: &Json| -> Option<u64> {
            let target = id.map_or_else(|| format!("/api/{kind}"), |id| format!("/api/{kind}/{id}"));
            let answer = call(address, key, method, &target, body).ok()?;
            match answer.status {
                200 | 201 => {
                    let id = answer.ids()[0];
                    message.push((kind, id, Some(name.clone())));
                    Some(id)
                }
                204 => {
                    message.push((kind, id?, None));
                    id
                }
                // It went away while it was asked: nobody knows.
                0 => None,
                other => panic!("{method} {target}: {other} {}", answer.error()),
            }
        };
        let asn = 4_000_000 + round * 100_000 + writer * 5_000 + number;
        let net = json!({"org_id": 1, "name": name, "asn": asn, "website": "https://w.example"});
        let went_on = match writer % 4 {
            0 => send("poc", "POST", None, &contact(own)),
            1 => send("poc", "PUT", Some(own), &contact(own)),
            // An exchange, its LAN and its prefix are one change.
            2 => {
                let prefix = format!("2001:{:x}:{:x}:{:x}::/64", 0x1000 + round, writer, number + 1);
                let body = json!({"org_id": 1, "name": name, "city": "Bern", "country": "CH", "tech_email": "a@b.example",
                    "region_continent": "Europe", "website": "https://w.example", "prefix": prefix});
                send("ix", "POST", None, &body)
            }
            // A network goes with its contact.
            _ => send("net", "POST", None, &net).and_then(|id| {
                send("poc", "POST", None, &contact(id))?;
                send("net", "DELETE", Some(id), &Json::Null)
            }),
        };
        if went_on.is_none() {
            break;
        }
    }
    message
}

fn last_event(fixture: &ServerFixture, node: &TestServer) -> u64 {
    let newest = node.call(&fixture.admin_key, "GET", "/api/org/1/audit?limit=1", &Json::Null);
    newest.rows()[0]["sequence"].as_u64().expect("a number")
}

/// The organization's events after one of them, in order.
fn events_after(fixture: &ServerFixture, node: &TestServer, after: u64) -> Vec<Json> {
    let mut all: Vec<Json> = Vec::new();
    loop {
        let last = all.last().map_or(after, |event: &Json| event["sequence"].as_u64().expect("a number"));
        let target = format!("/api/org/1/audit?limit=1000&after={last}");
        let page = node.call(&fixture.admin_key, "GET", &target, &Json::Null);
        assert_eq!(page.status, 200, "{}", page.error());
        let rows = page.rows();
        if rows.is_empty() {
            return all;
        }
        all.extend(rows);
    }
}

/// All that was acknowledged is in the log and is shown, and every request is there as a whole or not at all.
fn check_round(node: &TestServer, fixture: &ServerFixture, message: &[ConfirmedChange], audit_log: &[Json]) {
    let mut there: BTreeSet<(String, u64, Option<String>)> = BTreeSet::new();
    let mut requests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in audit_log {
        let text = |value: &Json| value.as_str().expect("a text").to_owned();
        let is_deleted = event["after"]["status"] == "deleted";
        let name = event["after"]["name"].as_str().filter(|_| !is_deleted).map(str::to_owned);
        there.insert((text(&event["kind"]), event["id"].as_u64().expect("an id"), name));
        let what = format!("{} {}", text(&event["action"]), text(&event["kind"]));
        requests.entry(text(&event["actor"]["request"])).or_default().push(what);
    }
    for (kind, id, name) in message {
        assert!(there.contains(&((*kind).to_owned(), *id, name.clone())), "{kind} {id} {name:?} was acknowledged");
    }
    for parts in requests.values_mut() {
        parts.sort_unstable();
        // A contact that was to go may be one that never came to be, or is in the same state already.
        let is_whole = matches!(
            parts.iter().map(String::as_str).collect::<Vec<_>>()[..],
            ["create ix", "create ixlan", "create ixpfx"]
                | ["create net"]
                | ["create poc", "update net"]
                | ["update net", "update poc"]
                | ["delete net", "delete poc"]
                | ["delete net", "delete poc", "update net"]
        );
        assert!(is_whole, "half a change: {parts:?}");
    }
    for (kind, id, _) in message.iter().rev().take(8) {
        // A contact may have gone with its network since.
        let is_it = |event: &&Json| event["kind"] == *kind && event["id"] == *id;
        let last = audit_log.iter().rev().find(is_it).expect("it is there");
        let answer = node.call(&fixture.key, "GET", &format!("/api/{kind}/{id}"), &Json::Null);
        assert_eq!(answer.status == 200, last["after"]["status"] != "deleted", "{kind} {id}");
    }
}

/// A disk that takes nothing more: the server says so, goes on reading, and nothing is there by half.
#[test]
fn a_full_disk_is_told_and_leaves_nothing_by_half() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let size = std::fs::metadata(fixture.place.database()).expect("the database").len();
    let served = fixture.command(&[]);
    // A bound on the size of files stands for the disk's; the signal that goes with it is not for us.
    let mut command = Command::new("bash");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", &(size / 1024 + 200).to_string()])
        .arg(served.get_program())
        .args(served.get_args())
        .env("PEERAGE_REFUSALS_PER_MINUTE", "0");
    let node = TestServer::run(command);
    let mut kept = Vec::new();
    let refused = (0..5_000).find_map(|number| {
        let body = json!({"net_id": 1, "role": "NOC", "email": "a@b.example", "name": format!("kept {number}"),
                          "url": format!("https://w.example/{}", "x".repeat(200))});
        let answer = node.call(&fixture.key, "POST", "/api/poc", &body);
        match answer.status {
            201 => {
                kept.push(answer.ids()[0]);
                None
            }
            _ => Some(answer),
        }
    });
    let refused = refused.expect("the bound is reached");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(!refused.error().is_empty());
    let ready = node.get("/readyz");
    assert!(ready.status == 503 && ready.body.windows(18).any(|words| words == b"store_not_writable"), "{ready:?}");
    let is_there =
        |node: &TestServer, id: u64| node.call(&fixture.key, "GET", &format!("/api/poc/{id}"), &Json::Null).status;
    assert!(kept.len() > 10 && kept.iter().all(|id| is_there(&node, *id) == 200), "it goes on reading");
    assert_eq!(node.get("/healthz").status, 200);
    node.kill();
    let node = fixture.serve(&[]);
    assert!(kept.iter().all(|id| is_there(&node, *id) == 200), "what was acknowledged is there");
    let next = kept.last().expect("some") + 1;
    assert_eq!(is_there(&node, next), 404, "what was refused is not");
    let body = json!({"net_id": 1, "role": "NOC", "email": "a@b.example", "name": "room again"});
    let again = node.call(&fixture.key, "POST", "/api/poc", &body);
    assert_eq!((again.status, again.ids()), (201, vec![next]));
    fixture.check();
}

fn contact(name: &str) -> Json {
    json!({"net_id": 1, "role": "NOC", "email": "a@b.example", "name": name})
}

/// A change with an `Idempotency-Key`.
fn retryable(
    node: &TestServer,
    key: &str,
    method: &str,
    target: &str,
    retry: &str,
    body: &Json,
) -> crate::server::TestResponse {
    let authorization = format!("{} {key}", if key.starts_with("prs_") { "Bearer" } else { "Api-Key" });
    let mut headers = vec![
        ("Authorization", authorization.as_str()),
        ("Idempotency-Key", retry),
        ("Content-Type", "application/json"),
    ];
    let text = if body.is_null() { String::new() } else { body.to_string() };
    if text.is_empty() {
        headers.push(("Content-Length", "0"));
    }
    crate::server::send(&node.address, method, target, &headers, text.as_bytes()).expect("a connection")
}

/// How many contacts of the first network have a name.
fn count_named(node: &TestServer, key: &str, name: &str) -> usize {
    let found = node.call(key, "GET", "/api/poc?net_id=1&depth=0", &Json::Null);
    found.rows().iter().filter(|row| row["name"] == name).count()
}

fn signal(node: &TestServer, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &node.pid().to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

/// A node that is stopped while twenty write on it holds the lock of the log nearly always.
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
        assert_eq!(again.status, 201, "it writes again: {again:?}");
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
    assert_eq!(names.len(), all, "a change was made twice");
    fixture.check();
}

/// A server of this test alone, since what is set concerns all of its databases.
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

    /// A database, which is dropped with the value; the server has to be there then.
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
        // The test has ended, one way or the other.
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
    // A repetition is not acknowledged either while nobody confirms it, on no node.
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

/// The one row of an answer without what it belongs to, which is told as it is now.
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
    // Made once, and told alike by every node, also by one that starts later.
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
        assert_eq!(own_fields(&again), own_fields(&first), "the row as it was made, whatever happened since");
        let again = send(node, "PUT", &target, "change", &changed);
        assert_eq!((again.status, own_fields(&again)), (200, own_fields(&put)));
    }
    assert_eq!(count_named(&later, &fixture.key, "once"), 0, "nothing was made twice");
    // Another body, path or method under the same key is another request.
    for (method, target, body) in [
        ("POST", "/api/poc".to_owned(), contact("something else")),
        ("PUT", target.clone(), contact("once")),
        ("DELETE", target.clone(), Json::Null),
    ] {
        let refused = send(&other, method, &target, "make", &body);
        assert_eq!(refused.status, 422, "{method} {target}: {refused:?}");
        assert!(refused.error().contains("Idempotency-Key"));
    }
    // Another caller's key of the same text is theirs.
    let theirs = json!({"net_id": 101, "role": "NOC", "email": "a@b.example", "name": "theirs"});
    assert_eq!(retryable(&node, &fixture.foreign_key, "POST", "/api/poc", "make", &theirs).status, 201);
    // What was refused is judged anew, and what cannot be a key is refused.
    let bad = json!({"net_id": 1, "role": "NOC", "name": "no address", "email": "nonsense"});
    assert_eq!(send(&node, "POST", "/api/poc", "refused", &bad).status, 400);
    assert_eq!(send(&node, "POST", "/api/poc", "refused", &contact("allowed")).status, 201);
    let long = "x".repeat(256);
    let answer = send(&node, "POST", "/api/poc", &long, &contact("never"));
    assert!(answer.status == 400 && answer.error().contains("255"), "{answer:?}");
    // Of many at once, on three nodes, one makes it.
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
    // What is deleted is deleted once: a repetition does not take what came in its place.
    for status in [204, 204] {
        assert_eq!(send(&node, "DELETE", &target, "delete", &Json::Null).status, status);
    }
    let gone = send(&other, "POST", "/api/poc", "make", &contact("once"));
    assert_eq!((gone.status, gone.ids()), (201, vec![id]), "the first answer");
    repeat_key_management(&fixture, &node, &other);
    fixture.check();
}

/// A key is made once, and its text is shown once.
fn repeat_key_management(fixture: &ServerFixture, node: &TestServer, other: &TestServer) {
    let session = fixture.open_session(1);
    let body = json!({"name": "nightly", "email": "noc@org.example", "grants": {"net": 1}});
    let begun = Instant::now();
    // A session is known as soon as the log was followed.
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

#[test]
fn n25_a_removed_database_file_stops_writing_and_is_not_made_anew() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let database = std::path::PathBuf::from(fixture.place.database());
    let aside = fixture.folder.path().join("aside.db");
    let node = fixture.serve(&[]);
    std::fs::rename(&database, &aside).expect("moved");
    let refused = node.call(&fixture.key, "POST", "/api/poc", &contact("nowhere"));
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.error().contains("removed or replaced") && refused.error().contains("Nothing was changed"));
    let ready = node.get("/readyz");
    let text = String::from_utf8_lossy(&ready.body).into_owned();
    assert!(ready.status == 503 && text.contains("store_not_writable") && text.contains("was removed"), "{text}");
    assert_eq!(node.get("/api/net/1").status, 200, "it goes on reading");
    std::fs::rename(&aside, &database).expect("moved back");
    let taken = node.call(&fixture.key, "POST", "/api/poc", &contact("back again"));
    assert_eq!(taken.status, 201, "{taken:?}");
    assert_eq!(node.get("/readyz").status, 200);
    assert_eq!(count_named(&node, &fixture.key, "nowhere"), 0);
    node.kill();
    fixture.check();

    // A key lies beside the database, which is gone.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", database.display()));
    }
    let key = format!("{}.key", database.display());
    std::fs::copy(fixture.folder.path().join("server.key"), &key).expect("a key");
    let name = database.to_str().expect("a path in UTF-8");
    let rows = fixture.folder.path().join("registry.json").display().to_string();
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["import", &rows]] {
        let refused =
            crate::server::peerage().args(arguments).args(["--database", name]).output().expect("the program runs");
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && text.contains("--new-registry") && text.contains(".key"), "{text}");
        assert!(!database.exists(), "nothing was made");
    }
    // An empty file is none either.
    std::fs::write(&database, "").expect("a file");
    let refused = crate::server::peerage()
        .args(["serve", "--listen", "127.0.0.1:0", "--database", name])
        .output()
        .expect("it runs");
    assert!(!refused.status.success(), "{refused:?}");
    let node = TestServer::start(&fixture.place, &["--new-registry"]);
    assert_eq!(node.get("/api/net/1").status, 404, "a new registry is empty");
}
