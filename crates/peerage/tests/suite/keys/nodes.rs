//! Two servers on one registry.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peerage_access::RecordStep;
use peerage_access::records::Key;
use peerage_registry::ids::KeyId;
use peerage_registry::{Action, Record};
use serde_json::{Value as Json, json};

use crate::keeper::{OpenConnection, UNBOUND, wait_for};
use crate::keys::fixture::{KeysFixture, key};
use crate::server::stalling::StallingProxy;
use crate::server::{RegistryPlace, TestServer, peerage};

pub fn a_key_that_one_node_ends_is_refused_on_the_other_within_a_second(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let other = fixture.keeper.serve(place, &UNBOUND);
    let there = OpenConnection::of(&other);
    let status = |text: &str| there.get("/api/net/5", &key(text)).status;
    for round in 0..5 {
        let (id, text) = fixture.made(&json!({"name": format!("round {round}")}));
        fixture.keeper.settle(&other);
        assert_eq!(status(&text), 200, "a key from one node works on the other");
        fixture.ok(204, "DELETE", &format!("/api/org/1/keys/{id}"), &fixture.ada, &Json::Null);
        let begun = Instant::now();
        while status(&text) != 401 {
            assert!(begun.elapsed() < Duration::from_secs(1), "still accepted after a second");
        }
    }
}

pub fn a_write_in_flight_does_not_commit_after_the_revocation(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let other = fixture.keeper.serve(place, &UNBOUND);
    let (id, text) = fixture.made(&json!({"name": "racing"}));
    fixture.keeper.settle(&other);
    let net = fixture.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Clients that write on the node that learns of the revocation last.
        for writer in 0..3 {
            let (stop, text, net, other) = (&stop, &text, &net, &other);
            scope.spawn(move || {
                let client = OpenConnection::of(other);
                let mut body = net.clone();
                for number in 0.. {
                    body["notes"] = json!(format!("{writer} {number}"));
                    let status = client.send("PUT", "/api/net/5", &key(text), Some(&body)).status;
                    assert!(matches!(status, 200 | 401), "{status}");
                    if status == 401 || stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        crate::keeper::wait_for("writes are under way", || {
            fixture.client.get("/api/net/5?depth=0", "").rows()[0]["notes"]
                .as_str()
                .is_some_and(|notes| notes.len() > 3)
        });
        fixture.ok(204, "DELETE", &format!("/api/org/1/keys/{id}"), &fixture.ada, &Json::Null);
        stop.store(true, Ordering::Relaxed);
    });
    fixture.keeper.settle(&fixture.server);
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let page = fixture.client.get(&format!("/api/org/1/audit?limit=1000&after={after}"), &fixture.ada);
        events.extend(page.rows());
        let Some(cursor) = page.json()["meta"]["next_after"].as_u64() else { break };
        after = cursor;
    }
    let sequence = |event: &Json| event["sequence"].as_u64().expect("a number");
    let ended = events.iter().find(|event| event["kind"] == "key" && event["reason"] == "revoked");
    let ended = sequence(ended.expect("the revocation of the key"));
    let by_key: Vec<u64> = events.iter().filter(|event| event["actor"]["key"] == json!(id)).map(sequence).collect();
    assert!(!by_key.is_empty());
    assert!(by_key.iter().all(|at| *at < ended), "a write of the key follows its revocation: {by_key:?}, {ended}");
}

/// Returns a node's readiness: status and text.
fn readiness(server: &TestServer) -> (u16, String) {
    let answer = server.get("/readyz");
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

fn is_ready_at(server: &TestServer, position: u64) -> bool {
    let (status, said) = readiness(server);
    status == 200 && said.starts_with(&format!("ready at {position}\n"))
}

fn metric(server: &TestServer, line: &str) -> bool {
    String::from_utf8_lossy(&server.get("/metrics").body).lines().any(|known| known == line)
}

fn notes(server: &TestServer) -> String {
    server.get("/api/net/5?depth=0").rows()[0]["notes"].as_str().expect("a text").to_owned()
}

fn etag(server: &TestServer) -> String {
    server.get("/api/net/5?depth=0").header("etag").expect("a validator").to_owned()
}

fn position(etag: &str) -> u64 {
    etag.trim_matches('"').split('-').next().and_then(|at| at.parse().ok()).expect("a position")
}

impl KeysFixture {
    fn note(&self, server: &TestServer, by: &str, notes: &str) -> u16 {
        let mut body = self.client.get("/api/net/5?depth=0", "").rows()[0].clone();
        body["notes"] = json!(notes);
        OpenConnection::of(server).send("PUT", "/api/net/5", by, Some(&body)).status
    }
}

/// A backup is restored under two running nodes. Without any new event, both drop what the log has lost. When the log
/// is as long again, nothing that was cached by its number is served for the new history.
pub fn n23_a_restored_database_is_noticed_and_nothing_of_the_lost_history_stays(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let other = fixture.keeper.serve(place, &UNBOUND);
    let nodes = [&fixture.server, &other];
    let settle = || nodes.iter().for_each(|node| fixture.keeper.settle(node));
    assert_eq!(fixture.note(&fixture.server, &fixture.ada, "kept"), 200);
    settle();
    place.copy_tables();
    let kept = etag(&fixture.server);
    let follow = |after: &str| fixture.client.get(&format!("/api/org/1/audit?after={after}"), &fixture.ada);
    let cursor =
        |answer: &crate::server::TestResponse| answer.json()["meta"]["cursor"].as_str().expect("a cursor").to_owned();
    let cursor_kept = cursor(&follow("0"));
    let (ghost, ghost_text) = fixture.made(&json!({"name": "ghost"}));
    assert_eq!(fixture.note(&other, &fixture.ada, "ghost"), 200);
    settle();
    fixture.keeper.mail(&["A key was created", &ghost]);
    let lost = nodes.map(etag);
    assert_eq!(lost[0], lost[1], "two nodes with the same history");
    let cursor_lost = cursor(&follow(&cursor_kept));
    // An answer is cached when its request comes for the second time.
    let plain = || nodes.map(notes);
    assert_eq!([plain(), plain()], [["ghost", "ghost"]; 2]);

    place.restore_tables("");
    let begun = Instant::now();
    // Immediately, before the node may have noticed: a permission from the lost history allows no write.
    assert_eq!(fixture.note(&other, &key(&ghost_text), "by a ghost"), 401);
    wait_for("both nodes drop what the log has lost", || plain() == ["kept", "kept"]);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "noticed after {took:?}");
    for node in nodes {
        wait_for("the node is ready again", || is_ready_at(node, position(&kept)));
        assert!(
            metric(node, "peerage_log_forks_total 1") && metric(node, "peerage_not_ready{condition=\"log_forked\"} 0")
        );
        assert_eq!(OpenConnection::of(node).get("/api/whoami", &key(&ghost_text)).status, 401);
        assert_eq!(etag(node), kept, "the same bytes as before");
    }

    // The log becomes as long as it was.
    let (new, _) = fixture.made(&json!({"name": "new"}));
    let mut number = 0;
    while position(&etag(&fixture.server)) < position(&lost[0]) {
        number += 1;
        assert_eq!(fixture.note(&other, &fixture.ada, &format!("new {number}")), 200);
        settle();
    }
    assert_eq!(position(&etag(&fixture.server)), position(&lost[0]));
    for node in nodes {
        let held = node.send("GET", "/api/net/5?depth=0", &[("If-None-Match", &lost[0])]);
        assert_eq!(
            (held.status, notes(node)),
            (200, format!("new {number}")),
            "different bytes have a different validator"
        );
    }
    assert_eq!(etag(&fixture.server), etag(&other));
    // Readers who follow the audit log by cursor get an error that its event is gone.
    let refused = follow(&cursor_lost);
    assert!(refused.status == 400 && refused.json()["after"][0].is_string(), "{refused:?}");
    assert_eq!(
        follow(&cursor_kept).rows().len(),
        follow(cursor_kept.split('-').next().expect("a number")).rows().len()
    );
    let file = fixture.keeper.path("log.jsonl");
    let export = |after: &str| {
        let arguments = ["audit", "export", &file, "--after", after, "--database", &place.database()];
        let output = peerage().args(arguments).output().expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (status, said) = export(&cursor_kept);
    assert!(status == Some(0) && said.contains("--after "), "{said}");
    assert!(matches!(export(&cursor_lost), (Some(2), said) if said.contains("is no longer in the log")));
    // Mails of the new history are sent with new message IDs.
    fixture.keeper.mail(&["A key was created", &new]);
    fixture.keeper.mail(&["A key was created", &ghost]);
    let mails = fixture.keeper.mails();
    let id = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID")).map(str::to_owned);
    let ids: std::collections::BTreeSet<String> = mails.iter().map(|mail| id(mail).expect("an id")).collect();
    assert_eq!(ids.len(), mails.len(), "no Message-ID is used twice");
    let healthy = peerage().args(["doctor", "--database", &place.database()]).output().expect("the program runs");
    assert!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stdout));
}

pub fn n23_a_node_that_cannot_show_the_restored_history_says_so(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.settle(&fixture.server);
    place.copy_tables();
    assert_eq!(fixture.note(&fixture.server, &fixture.ada, "ghost"), 200);
    let ahead = position(&etag(&fixture.server));
    place.restore_tables("UPDATE record SET body = '{\"id\": 2}' WHERE kind = 'member' AND id = 2");
    wait_for("the node says why it is not ready", || {
        let (status, said) = readiness(&fixture.server);
        status == 503
            && said.starts_with(&format!("not ready at {ahead}\nlog_forked: this node shows events up to {ahead}, "))
            && said.contains("(member 2) cannot be read: ")
    });
    assert!(metric(&fixture.server, "peerage_not_ready{condition=\"log_forked\"} 1"));
    assert_eq!(notes(&fixture.server), "ghost", "reads continue");
    assert_eq!(fixture.note(&fixture.server, &fixture.ada, "at a ghost"), 503);
    place.restore_tables("");
    wait_for("the node is ready again", || readiness(&fixture.server).0 == 200);
    assert_eq!(notes(&fixture.server), "");
    assert_eq!(fixture.note(&fixture.server, &fixture.ada, "at the log"), 200);
}

/// An event that these programs cannot read, followed by the revocation of a key: no node writes as if the key were
/// still valid, every node names the event, and everything continues once it can be read.
pub fn n26_an_unreadable_event_stops_writes_until_it_can_be_read(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let other = fixture.keeper.serve(place, &UNBOUND);
    let nodes = [&fixture.server, &other];
    let (public, text) = fixture.made(&json!({"name": "to be revoked"}));
    for node in &nodes {
        fixture.keeper.settle(node);
    }
    assert_eq!(fixture.note(&other, &key(&text), "before"), 200);
    for node in &nodes {
        fixture.keeper.settle(node);
    }
    let (_, people) = fixture.keeper.load();
    let before = people.key(&public).expect("the key").key.as_ref().clone();
    let revoked = Key {
        ended: Some(crate::keeper::ended("stolen")),
        state: peerage_access::records::KeyState::Revoked,
        ..before.clone()
    };
    let strange = RecordStep {
        record: Record::Key,
        id: 900,
        action: Action::Create,
        before: None,
        after: Some("{\"id\": 900, \"name\": [\"hush\"]}".into()),
        org: None,
        cause: peerage_registry::Cause::Created,
    };
    let last = fixture.keeper.append(vec![strange, RecordStep::update(&before, &revoked)]);
    let named = format!("event {} (key 900) cannot be read: ", last - 1);
    for node in nodes {
        wait_for("the node names the event", || {
            let (status, said) = readiness(node);
            status == 503 && said.contains(&format!("log_unreadable: {named}")) && !said.contains("hush")
        });
        assert!(metric(node, "peerage_not_ready{condition=\"log_unreadable\"} 1"));
        for by in [&fixture.ada, &key(&text)] {
            let mut body = json!({"net_id": 5, "role": "NOC", "visible": "Public", "email": "a@b.example"});
            body["name"] = json!("after");
            let answer = OpenConnection::of(node).send("POST", "/api/poc", by, Some(&body));
            assert_eq!(answer.status, 503, "{}", answer.error());
            assert!(answer.error().contains(&named) && answer.header("retry-after").is_some(), "{}", answer.error());
        }
        assert_eq!(notes(node), "before", "reads continue");
    }
    // A starting server and the command line give the same error.
    let says = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(&named), "{command:?}: {said}");
    };
    let (database, server_key) = (place.database(), fixture.keeper.path("server.key"));
    let at = ["--database", &database, "--server-key-file", &server_key];
    says(peerage().args(["serve", "--listen", "127.0.0.1:0"]).args(at));
    says(peerage().args(["key", "list", "--all", "--database", &database]));
    let file = fixture.keeper.path("rows.json");
    std::fs::write(&file, "{\"org\": {\"data\": []}}").expect("written");
    says(peerage().args(["import", &file, "--database", &database]));

    let readable =
        serde_json::to_string(&Key { id: KeyId::new(900), public: "readableagai".to_owned(), ..before }).expect("JSON");
    place.sql(&format!(
        "UPDATE event SET \"after\" = '{readable}' WHERE sequence = {}; \
         UPDATE record SET body = '{readable}' WHERE kind = 'key' AND id = 900",
        last - 1
    ));
    for node in nodes {
        wait_for("the node continues by itself", || is_ready_at(node, last));
        assert!(metric(node, "peerage_not_ready{condition=\"log_unreadable\"} 0"));
    }
    for node in nodes {
        assert_eq!(fixture.note(node, &key(&text), "after its revocation"), 401);
        assert_eq!(fixture.note(node, &fixture.ada, "after"), 200);
        for node in &nodes {
            fixture.keeper.settle(node);
        }
    }
}

/// If an event cannot be read but its row and record can, starting fails like a running node does.
pub fn n26_an_unreadable_event_keeps_a_node_from_starting_too(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.settle(&fixture.server);
    assert_eq!(fixture.note(&fixture.server, &fixture.ada, "an event"), 200);
    fixture.keeper.settle(&fixture.server);
    let last = position(&etag(&fixture.server));
    place.sql(&format!("UPDATE event SET action = 'frobnicate' WHERE sequence = {last}"));
    let (database, server_key) = (place.database(), fixture.keeper.path("server.key"));
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", &database, "--server-key-file", &server_key];
    let output = peerage().args(arguments).stdin(Stdio::null()).output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(&format!("event {last}")) && said.contains("cannot be read"));
}

pub fn n26_a_log_that_ends_before_its_head_is_told_by_readiness(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.settle(&fixture.server);
    assert_eq!(readiness(&fixture.server).0, 200);
    place.sql("UPDATE head SET sequence = sequence + 5");
    wait_for("the node says that it cannot follow", || {
        let (status, said) = readiness(&fixture.server);
        status == 503 && said.contains("log_not_followed: the database is damaged: ")
    });
    place.sql("UPDATE head SET sequence = sequence - 5");
    wait_for("the node is ready again", || readiness(&fixture.server).0 == 200);
    assert!(metric(&fixture.server, "peerage_not_ready{condition=\"log_not_followed\"} 0"));
}

pub fn n21_a_node_whose_database_hangs_says_so_and_recovers_by_itself(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let proxy = StallingProxy::before(place);
    let server_key = fixture.keeper.path("server.key");
    let mut other = TestServer::start_at(&proxy.database, &["--server-key-file", &server_key]);
    let (id, text) = fixture.made(&json!({"name": "to be revoked"}));
    fixture.keeper.settle(&other);
    proxy.stall(true);
    fixture.ok(204, "DELETE", &format!("/api/org/1/keys/{id}"), &fixture.ada, &Json::Null);
    let begun = Instant::now();
    wait_for("the node says that its database is silent", || {
        let (status, said) = readiness(&other);
        status == 503 && said.contains("store_silent: ")
    });
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    assert!(metric(&other, "peerage_not_ready{condition=\"store_silent\"} 1"));
    let public = other.get("/api/net/5");
    let age = public.header("peerage-data-age").and_then(|age| age.parse::<u64>().ok());
    assert!(public.status == 200 && age.is_some_and(|age| age >= 5), "public reads continue and say their age");
    // The key was revoked on the other node, which this one cannot know.
    for (method, credential) in [("GET", key(&text)), ("GET", fixture.ada.clone()), ("POST", String::new())] {
        let mut headers = vec![("Content-Type", "application/json")];
        if !credential.is_empty() {
            headers.push(("Authorization", credential.as_str()));
        }
        let refused = other.send(method, "/api/net/5", &headers);
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")), "{method}");
        assert!(refused.error().starts_with("This server has lost contact with its database"), "{}", refused.error());
    }
    proxy.stall(false);
    let status = || OpenConnection::of(&other).get("/api/net/5", &key(&text)).status;
    wait_for("the node follows again, on another connection", || readiness(&other).0 == 200 && status() == 401);
    assert_eq!(other.get("/api/net/5").header("peerage-data-age"), None);
    proxy.stall(true);
    wait_for("the node is silent again", || readiness(&other).0 == 503);
    let message = Command::new("kill").arg(other.pid().to_string()).status().expect("a signal");
    assert!(
        message.success() && other.wait_for(Duration::from_secs(10)).is_some(),
        "a hung database does not keep it from stopping"
    );
}
