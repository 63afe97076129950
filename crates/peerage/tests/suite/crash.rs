//! Crashes: an interrupted import leaves the old state or the new one, and changes that a server has acknowledged
//! persist.
//!
//! `PEERAGE_KILL_ROUNDS` sets how often a server is killed; `scripts/soak kill` does it two hundred times.

mod outcomes;
mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::server::fixture::{ServerFixture, now};
use crate::server::{RegistryPlace, TestServer, call};
use crate::support::{TestRegistry, on_both, registry};

/// The number of networks in the registry, which has three times as many rows: enough for an import to be killed on its way.
const NETWORKS: u32 = 1_000;

/// The same in soaks.
const NETWORKS_OF_SOAK: u32 = 5_000;

fn networks() -> u32 {
    if std::env::var_os("PEERAGE_KILL_ROUNDS").is_some() { NETWORKS_OF_SOAK } else { NETWORKS }
}

/// When the import is killed, as fractions of the duration of a complete one.
const MOMENTS: [f64; 5] = [0.1, 0.4, 0.7, 0.85, 0.97];

on_both! {
    fn a_killed_import_leaves_the_old_state_or_the_new_one(world) {
        let (old, new) = (world.file("old.json", registry(networks(), "old")), world.file("new.json", registry(networks(), "new")));
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
        let full = world.file("full.json", registry(networks(), "x"));
        let kinds = ["campus", "fac", "ix", "carrier", "carrierfac", "ixfac", "ixlan", "ixpfx", "netfac", "netixlan"];
        let empty: serde_json::Map<String, Json> = kinds.into_iter().map(|kind| (kind.to_owned(), json!([]))).collect();
        let rest = world.file("rest.json", Json::Object(empty).to_string());
        let short = world.file("short.json", registry(1, "x"));
        let gone = (3 * (networks() - 1)).to_string();
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

/// Starts an import and kills it. Returns whether it was still running.
fn kill_after(world: &TestRegistry, arguments: &[&str], time: Duration) -> bool {
    let mut child =
        world.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    std::thread::sleep(time);
    let running = child.try_wait().expect("a child").is_none();
    // An import that has already ended cannot be killed, which is fine.
    let _ = child.kill();
    child.wait().expect("the program ends");
    running
}

/// How often a server is killed in the test suite.
const ROUNDS: u32 = 5;

/// How often a long test says how far it is.
const ROUNDS_PER_LINE: u32 = 20;
const WRITERS: u32 = 20;

/// How quickly a killed server has to answer again.
const RESTART_MAX: Duration = Duration::from_secs(2);

/// One acknowledged change: kind, ID, and the new name of the row, or `None` if it was deleted.
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
        let confirmed = write_and_kill(&fixture, node, round);
        let begun = Instant::now();
        node = fixture.serve(&[]);
        let took = begun.elapsed();
        worst = worst.max(took);
        let audit_log = events_after(&fixture, &node, seen);
        seen = audit_log.last().map_or(seen, |event| event["sequence"].as_u64().expect("a number"));
        acknowledged += confirmed.len();
        events += audit_log.len();
        check_round(&node, &fixture, &confirmed, &audit_log);
        fixture.check();
        assert!(took < RESTART_MAX, "round {round}: the restart took {took:?}");
        if (round + 1) % ROUNDS_PER_LINE == 0 {
            println!("{} of {rounds} kills, {acknowledged} acknowledged changes, no fault", round + 1);
        }
    }
    assert!(acknowledged > 0, "nothing was written");
    println!("{rounds} kills, {acknowledged} acknowledged changes, {events} events; slowest restart {worst:.2?}");
}

/// Twenty clients write until the server is killed at a random moment. Returns the acknowledged changes.
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
    let mut confirmed: Vec<ConfirmedChange> = Vec::new();
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
                    confirmed.push((kind, id, Some(name.clone())));
                    Some(id)
                }
                204 => {
                    confirmed.push((kind, id?, None));
                    id
                }
                // The server went away during the request: the outcome is unknown.
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
            // A network is deleted with its contact.
            _ => send("net", "POST", None, &net).and_then(|id| {
                send("poc", "POST", None, &contact(id))?;
                send("net", "DELETE", Some(id), &Json::Null)
            }),
        };
        if went_on.is_none() {
            break;
        }
    }
    confirmed
}

fn last_event(fixture: &ServerFixture, node: &TestServer) -> u64 {
    let newest = node.call(&fixture.admin_key, "GET", "/api/org/1/audit?limit=1", &Json::Null);
    newest.rows()[0]["sequence"].as_u64().expect("a number")
}

/// Returns the organization's events after one of them, in order.
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

/// Checks that every acknowledged change is in the log and visible, and that every request was applied completely or
/// not at all.
fn check_round(node: &TestServer, fixture: &ServerFixture, confirmed: &[ConfirmedChange], audit_log: &[Json]) {
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
    for (kind, id, name) in confirmed {
        assert!(there.contains(&((*kind).to_owned(), *id, name.clone())), "{kind} {id} {name:?} was acknowledged");
    }
    for parts in requests.values_mut() {
        parts.sort_unstable();
        // The contact to delete may never have been created, or may already be deleted.
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
    for (kind, id, _) in confirmed.iter().rev().take(8) {
        // The contact may have been deleted with its network since.
        let is_it = |event: &&Json| event["kind"] == *kind && event["id"] == *id;
        let last = audit_log.iter().rev().find(is_it).expect("its event exists");
        let answer = node.call(&fixture.key, "GET", &format!("/api/{kind}/{id}"), &Json::Null);
        assert_eq!(answer.status == 200, last["after"]["status"] != "deleted", "{kind} {id}");
    }
}

/// On a full disk, the server reports it, continues to read, and leaves no partial change.
#[test]
fn a_full_disk_is_told_and_leaves_nothing_by_half() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let size = std::fs::metadata(fixture.place.database()).expect("the database").len();
    let served = fixture.command(&[]);
    // A limit on file size simulates a full disk. The process ignores the signal for it.
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
    let refused = refused.expect("the limit is reached");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(!refused.error().is_empty());
    let ready = node.get("/readyz");
    assert!(ready.status == 503 && ready.body.windows(18).any(|words| words == b"store_not_writable"), "{ready:?}");
    let is_there =
        |node: &TestServer, id: u64| node.call(&fixture.key, "GET", &format!("/api/poc/{id}"), &Json::Null).status;
    assert!(kept.len() > 10 && kept.iter().all(|id| is_there(&node, *id) == 200), "reads continue");
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

/// Sends a change with an `Idempotency-Key`.
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

/// Counts the contacts of the first network with a name.
fn count_named(node: &TestServer, key: &str, name: &str) -> usize {
    let found = node.call(key, "GET", "/api/poc?net_id=1&depth=0", &Json::Null);
    found.rows().iter().filter(|row| row["name"] == name).count()
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
    assert_eq!(node.get("/api/net/1").status, 200, "reads continue");
    std::fs::rename(&aside, &database).expect("moved back");
    let taken = node.call(&fixture.key, "POST", "/api/poc", &contact("back again"));
    assert_eq!(taken.status, 201, "{taken:?}");
    assert_eq!(node.get("/readyz").status, 200);
    assert_eq!(count_named(&node, &fixture.key, "nowhere"), 0);
    node.kill();
    fixture.check();

    // The server key exists, but the database next to it is gone.
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
        assert!(!database.exists(), "no database was created");
    }
    // An empty file does not count as a database either.
    std::fs::write(&database, "").expect("a file");
    let refused = crate::server::peerage()
        .args(["serve", "--listen", "127.0.0.1:0", "--database", name])
        .output()
        .expect("the program runs");
    assert!(!refused.status.success(), "{refused:?}");
    let node = TestServer::start(&fixture.place, &["--new-registry"]);
    assert_eq!(node.get("/api/net/1").status, 404, "a new registry is empty");
}
