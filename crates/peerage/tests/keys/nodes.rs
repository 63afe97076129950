//! Two servers on one registry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::desk::{Desk, key};
use crate::keeper::{Client, UNBOUND};
use crate::server::Place;

pub fn a_key_that_one_node_ends_is_refused_on_the_other_within_a_second(place: &Place) {
    let desk = Desk::of(place);
    let other = desk.keeper.serve(place, &UNBOUND);
    let there = Client::of(&other);
    let status = |text: &str| there.get("/api/net/5", &key(text)).status;
    for round in 0..5 {
        let (id, text) = desk.made(&json!({"name": format!("round {round}")}));
        desk.keeper.settle(&other);
        assert_eq!(status(&text), 200, "what one node makes the other knows");
        desk.ok(204, "DELETE", &format!("/api/org/1/keys/{id}"), &desk.ada, &Json::Null);
        let begun = Instant::now();
        while status(&text) != 401 {
            assert!(begun.elapsed() < Duration::from_secs(1), "still accepted after a second");
        }
    }
}

pub fn a_write_in_flight_does_not_commit_after_the_revocation(place: &Place) {
    let desk = Desk::of(place);
    let other = desk.keeper.serve(place, &UNBOUND);
    let (id, text) = desk.made(&json!({"name": "racing"}));
    desk.keeper.settle(&other);
    let net = desk.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Writers on the node that learns of the end last.
        for writer in 0..3 {
            let (stop, text, net, other) = (&stop, &text, &net, &other);
            scope.spawn(move || {
                let client = Client::of(other);
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
            desk.client.get("/api/net/5?depth=0", "").rows()[0]["notes"].as_str().is_some_and(|notes| notes.len() > 3)
        });
        desk.ok(204, "DELETE", &format!("/api/org/1/keys/{id}"), &desk.ada, &Json::Null);
        stop.store(true, Ordering::Relaxed);
    });
    desk.keeper.settle(&desk.server);
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let page = desk.client.get(&format!("/api/org/1/audit?limit=1000&after={after}"), &desk.ada);
        events.extend(page.rows());
        let Some(cursor) = page.json()["meta"]["next_after"].as_u64() else { break };
        after = cursor;
    }
    let sequence = |event: &Json| event["sequence"].as_u64().expect("a number");
    let ended = events.iter().find(|event| event["kind"] == "key" && event["reason"] == "revoked");
    let ended = sequence(ended.expect("the end of the key"));
    let by_key: Vec<u64> = events.iter().filter(|event| event["actor"]["key"] == json!(id)).map(sequence).collect();
    assert!(!by_key.is_empty());
    assert!(by_key.iter().all(|at| *at < ended), "a write of the key stands behind its end: {by_key:?}, {ended}");
}
