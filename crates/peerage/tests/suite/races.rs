//! Concurrent requests for the same thing, on one node and on two.
//!
//! `PEERAGE_RACE_ROUNDS` sets how often readers watch writers; `scripts/soak races` does it twenty times.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use crate::server::fixture::{NETS, ServerFixture, public};
use crate::server::{RegistryPlace, TestResponse, TestServer, call};
use serde_json::{Value as Json, json};

const RACERS: usize = 100;

crate::support::on_both_stores!(
    of_a_hundred_who_want_the_same_one_gets_it,
    of_a_hundred_on_two_nodes_who_want_the_same_one_gets_it,
    a_key_that_a_hundred_rotate_at_once_has_two_secrets_that_somebody_was_told,
    nothing_is_written_by_a_key_after_its_revocation,
    a_secret_that_was_replaced_without_overlap_writes_nothing_more,
    of_a_hundred_who_changed_the_same_contact_one_overwrites_nobody,
    a_precondition_is_about_the_object_and_told_only_to_who_can_change_it,
    n21_what_a_node_has_acknowledged_is_never_missing_and_no_node_goes_back,
);

/// Runs requests concurrently, each on its own thread.
fn race(count: usize, run: impl Fn(usize) -> TestResponse + Sync) -> Vec<TestResponse> {
    let barrier = Barrier::new(count);
    std::thread::scope(|scope| {
        let racers: Vec<_> = (0..count)
            .map(|number| {
                let (barrier, run) = (&barrier, &run);
                scope.spawn(move || {
                    barrier.wait();
                    run(number)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    })
}

/// What a hundred clients request, and the answer to all but one.
struct RacePrize {
    target: &'static str,
    body: fn(usize) -> Json,
    refusal: Json,
}

fn prizes() -> Vec<RacePrize> {
    vec![
        RacePrize {
            target: "/api/net",
            body: |racer| json!({"org_id": 1, "name": format!("Racer {racer}"), "asn": 64_444, "website": "https://r.example"}),
            refusal: json!({"asn": ["Network with this ASN already exists."]}),
        },
        RacePrize {
            target: "/api/netixlan",
            body: |racer| {
                json!({"net_id": 1 + racer as u32 % NETS, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.9",
                       "ipaddr6": ""})
            },
            refusal: json!({"ipaddr4": ["IP already exists"]}),
        },
        RacePrize {
            target: "/api/ixpfx",
            body: |racer| json!({"ixlan_id": 1 + racer % 2, "protocol": "IPv4", "prefix": "194.59.170.0/24"}),
            refusal: json!({"prefix": ["This field must be unique."]}),
        },
        RacePrize {
            target: "/api/fac",
            body: |racer| {
                let name = ["The Same", "THE SAME"][racer % 2];
                json!({"org_id": 1, "name": name, "address1": format!("Street {racer}"), "city": "Bern",
                       "country": "CH", "zipcode": "3000", "website": "https://f.example"})
            },
            refusal: json!({"name": ["Facility with this Name already exists."]}),
        },
    ]
}

fn all_want_the_same(fixture: &ServerFixture, nodes: &[&TestServer]) {
    for RacePrize { target, body, refusal } in prizes() {
        let answers = race(RACERS, |racer| nodes[racer % nodes.len()].call(&fixture.key, "POST", target, &body(racer)));
        let won: Vec<&TestResponse> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(won.len(), 1, "{target}: {:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        for lost in answers.iter().filter(|answer| answer.status != 201) {
            let mut said = lost.json();
            said.as_object_mut().expect("an object").remove("meta");
            assert_eq!((lost.status, &said), (400, &refusal), "{target}");
        }
        let id = won[0].ids()[0];
        for node in nodes {
            let begun = Instant::now();
            while node.call(&fixture.key, "GET", &format!("{target}/{id}"), &Json::Null).status != 200 {
                assert!(begun.elapsed() < Duration::from_secs(5), "{target}/{id} is not visible on every node");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
    fixture.check();
}

fn of_a_hundred_who_want_the_same_one_gets_it(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let node = fixture.serve(&[]);
    all_want_the_same(&fixture, &[&node]);
}

fn of_a_hundred_on_two_nodes_who_want_the_same_one_gets_it(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let nodes = [fixture.serve(&[]), fixture.serve(&[])];
    all_want_the_same(&fixture, &nodes.each_ref());
}

/// A secret that was replaced twice is refused, even to requests that began with it: the last two clients that got an
/// answer hold working secrets, and all others were refused.
fn a_key_that_a_hundred_rotate_at_once_has_two_secrets_that_somebody_was_told(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let node = fixture.serve(&[]);
    let target = format!("/api/org/1/keys/{}/rotate", public(&fixture.key));
    let answers = race(RACERS, |_| node.call(&fixture.key, "POST", &target, &json!({"overlap_hours": 1})));
    let new_keys: Vec<String> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.rows()[0]["key"].as_str().expect("a key").to_owned())
        .collect();
    assert_eq!(new_keys.len(), 2, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401)));
    let who = |key: &str| node.call(key, "GET", "/api/whoami", &Json::Null).status;
    for key in &new_keys {
        assert_eq!(who(key), 200, "an issued secret works");
        let renamed = node.call(key, "PUT", "/api/poc/1", &contact("both work"));
        assert_eq!(renamed.status, 200);
    }
    assert_eq!(who(&fixture.key), 401, "two rotations invalidate the first secret");
    fixture.check();
}

fn contact(name: &str) -> Json {
    json!({"net_id": 1, "role": "NOC", "visible": "Public", "email": "noc@net.example", "name": name})
}

/// Changes a contact, only if it still matches a validator.
fn put_if_match(node: &TestServer, key: &str, etag: &str, name: &str) -> TestResponse {
    let headers = [
        ("Authorization", format!("Api-Key {key}")),
        ("Content-Type", "application/json".to_owned()),
        ("If-Match", etag.to_owned()),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    node.send_body("PUT", "/api/poc/1", &headers, &contact(name).to_string())
}

fn etag_of(node: &TestServer, key: &str, target: &str) -> String {
    let answer = node.call(key, "GET", target, &Json::Null);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("etag").expect("a validator").to_owned()
}

fn of_a_hundred_who_changed_the_same_contact_one_overwrites_nobody(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let nodes = [fixture.serve(&[]), fixture.serve(&[])];
    let etag = etag_of(&nodes[0], &fixture.key, "/api/poc/1");
    let answers =
        race(RACERS, |racer| put_if_match(&nodes[racer % nodes.len()], &fixture.key, &etag, &format!("Racer {racer}")));
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let statuses = || answers.iter().map(|answer| answer.status).collect::<Vec<_>>();
    assert_eq!(made, 1, "{:?}", statuses());
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 412)), "{:?}", statuses());
    fixture.check();
}

fn a_precondition_is_about_the_object_and_told_only_to_who_can_change_it(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let node = fixture.serve(&[]);
    let key = &fixture.key;
    let etag = etag_of(&node, key, "/api/poc/1");
    assert_eq!(etag_of(&node, key, "/api/poc/1"), etag, "also when the answer comes from the cache");
    // The log has advanced, but not by a change of this contact.
    let other = node.call(
        key,
        "PUT",
        "/api/poc/2",
        &json!({"net_id": 2, "role": "NOC", "visible": "Public",
        "email": "noc@net.example", "name": "another"}),
    );
    assert_eq!(other.status, 200, "{other:?}");
    assert_ne!(etag_of(&node, key, "/api/poc/1"), etag);
    assert_eq!(put_if_match(&node, key, &etag, "first").status, 200);
    let refused = put_if_match(&node, key, &etag, "second");
    assert_eq!((refused.status, refused.error().contains("has changed")), (412, true), "{refused:?}");
    let names = || node.call(key, "GET", "/api/poc/1", &Json::Null).rows()[0]["name"].clone();
    assert_eq!(names(), "first", "nothing was changed");
    assert_eq!(put_if_match(&node, key, "*", "third").status, 200);
    // A text that is not a position of this log matches nothing.
    let forged = "\"1-0000000000000000-x-own\"";
    for validator in [forged, "\"\"", "W/\"1\"", "x", "\"99999999-0000000000000000-x-0\""] {
        assert_eq!(put_if_match(&node, key, validator, "fourth").status, 412, "{validator}");
    }
    let many = ["\"x\""; 5].join(", ");
    assert_eq!(put_if_match(&node, key, &many, "fourth").status, 400);
    let current = etag_of(&node, key, "/api/poc/1");
    assert_eq!(put_if_match(&node, key, &format!("{forged}, {current}"), "fifth").status, 200);
    // A caller who cannot change the object learns nothing about it.
    assert_eq!(put_if_match(&node, "nobody", &current, "sixth").status, 401);
    assert_eq!(names(), "fifth");
    fixture.check();
}

fn a_secret_that_was_replaced_without_overlap_writes_nothing_more(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let node = fixture.serve(&[]);
    let rotate = format!("/api/org/1/keys/{}/rotate", public(&fixture.key));
    let after = writes_around(&fixture, &node, || {
        let answer = node.call(&fixture.key, "POST", &rotate, &json!({"overlap_hours": 0}));
        assert_eq!(answer.status, 200, "{answer:?}");
    });
    assert_eq!(after, 0);
}

fn nothing_is_written_by_a_key_after_its_revocation(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let node = fixture.serve(&[]);
    let key = format!("/api/org/1/keys/{}", public(&fixture.key));
    let after = writes_around(&fixture, &node, || {
        assert_eq!(node.call(&fixture.key, "DELETE", &key, &Json::Null).status, 204);
    });
    assert_eq!(after, 0);
}

/// Twenty clients write with the key until it is refused, while `action` runs. Returns how many of their events follow
/// that action in the log.
fn writes_around(fixture: &ServerFixture, node: &TestServer, action: impl FnOnce()) -> usize {
    const WRITERS: u32 = 20;
    std::thread::scope(|scope| {
        let write = |writer: u32| {
            let mut written = 0;
            for number in 0.. {
                let (id, name) = (writer + 2, format!("writer {writer} {number}"));
                let body =
                    json!({"net_id": id, "role": "NOC", "visible": "Public", "email": "a@b.example", "name": name});
                let answer =
                    call(&node.address, &fixture.key, "PUT", &format!("/api/poc/{id}"), &body).expect("a connection");
                match answer.status {
                    200 => written += 1,
                    401 => return written,
                    other => panic!("{other}: {answer:?}"),
                }
            }
            written
        };
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        let seen = || node.call(&fixture.admin_key, "GET", "/api/poc/2", &Json::Null).rows()[0]["name"].clone();
        let begun = Instant::now();
        while seen().as_str().is_none_or(|name| !name.ends_with('5')) && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        action();
        let written: u32 = writers.into_iter().map(|writer| writer.join().expect("a writer")).sum();
        assert!(written >= WRITERS, "hardly anything was written before");
    });
    let target = format!("/api/org/1/audit?limit=1000&key={}", public(&fixture.key));
    let events = node.call(&fixture.admin_key, "GET", &target, &Json::Null).rows();
    let number = |event: &Json| event["sequence"].as_u64().expect("a number");
    let turned = events.iter().find(|event| event["kind"] == "key").map(number).expect("the change of the key");
    assert!(events.iter().any(|event| number(event) < turned), "writes came before");
    fixture.check();
    events.iter().filter(|event| number(event) > turned).count()
}

/// How often readers watch writers in the test suite.
const ROUNDS: u32 = 2;
const WRITERS: usize = 20;
const WRITES_EACH: usize = 10;
const READERS_OF_A_NODE: usize = 4;

/// Twenty clients write to two nodes, and four readers per node read what that node has acknowledged. Meanwhile keys
/// are created and revoked, and they work or are refused from the moment of that answer.
fn n21_what_a_node_has_acknowledged_is_never_missing_and_no_node_goes_back(place: RegistryPlace) {
    let rounds = std::env::var("PEERAGE_RACE_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("a number of rounds"));
    let fixture = ServerFixture::new(place);
    let session = fixture.open_session(1);
    let nodes = [fixture.serve(&[]), fixture.serve(&[])];
    let (mut written, mut looks) = (0, 0);
    for round in 0..rounds {
        let (is_over, acknowledged) = (AtomicBool::new(false), [(); 2].map(|()| Mutex::new(Vec::<u64>::new())));
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..nodes.len() * READERS_OF_A_NODE)
                .map(|reader| {
                    let (node, acknowledged) = (&nodes[reader % 2], &acknowledged[reader % 2]);
                    let is_over = &is_over;
                    scope.spawn(move || watch(node, acknowledged, is_over, reader))
                })
                .collect();
            let mut workers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (node, acknowledged, fixture) = (&nodes[writer % 2], &acknowledged[writer % 2], &fixture);
                    scope.spawn(move || {
                        for number in 0..WRITES_EACH {
                            let name = format!("r{round} w{writer} n{number}");
                            let body = json!({"net_id": writer + 1, "role": "NOC", "visible": "Public", "name": name,
                                              "email": "a@b.example"});
                            let answer = node.call(&fixture.key, "POST", "/api/poc", &body);
                            assert_eq!(answer.status, 201, "{}", answer.error());
                            acknowledged.lock().expect("no panic").extend(answer.ids());
                        }
                    })
                })
                .collect();
            for node in &nodes {
                let session = &session;
                workers.push(scope.spawn(move || (0..3).for_each(|_| make_and_end_a_key(node, session))));
            }
            let outcomes: Vec<_> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            is_over.store(true, Ordering::Relaxed);
            looks += readers.into_iter().map(|reader| reader.join().expect("a reader")).sum::<usize>();
            assert!(outcomes.iter().all(Result::is_ok));
        });
        written += acknowledged.iter().map(|ids| ids.lock().expect("no panic").len()).sum::<usize>();
    }
    assert_eq!(written, rounds as usize * WRITERS * WRITES_EACH);
    assert!(looks > written, "too few reads: {looks}");
    println!("{rounds} rounds, {written} acknowledged changes, {looks} reads");
    fixture.check();
}

/// Reads what the node has acknowledged, the latest and others, until the round is over. Returns the number of reads.
fn watch(node: &TestServer, acknowledged: &Mutex<Vec<u64>>, is_over: &AtomicBool, reader: usize) -> usize {
    let (mut at, mut looks) = (0, 0);
    while !is_over.load(Ordering::Relaxed) {
        let chosen = {
            let ids = acknowledged.lock().expect("no panic");
            let back = if looks % 2 == 0 { reader % 3 } else { looks * 7 % ids.len().max(1) };
            ids.len().checked_sub(back + 1).map(|index| ids[index])
        };
        let target = chosen.map_or("/api/net/1".to_owned(), |id| format!("/api/poc/{id}"));
        let answer = node.get(&target);
        assert_eq!(answer.status, 200, "{target} was acknowledged and is missing, at {at}");
        let position = answer.header("etag").and_then(|etag| etag.trim_matches('"').split('-').next()?.parse().ok());
        let position: u64 = position.expect("a position in the validator");
        assert!(position >= at, "the node went back from {at} to {position}");
        at = position;
        looks += 1;
    }
    looks
}

fn make_and_end_a_key(node: &TestServer, session: &str) {
    let body = json!({"name": "short-lived", "email": "noc@org.example", "grants": {"net": 1}});
    let made = node.call(session, "POST", "/api/org/1/keys", &body);
    assert_eq!(made.status, 201, "{}", made.error());
    let (row, looks) = (made.rows()[0].clone(), 5);
    let (id, key) = (row["id"].as_str().expect("an id"), row["key"].as_str().expect("a text"));
    let who = || node.call(key, "GET", "/api/whoami", &Json::Null).status;
    assert!((0..looks).all(|_| who() == 200), "a created key is missing");
    let ended = node.call(session, "DELETE", &format!("/api/org/1/keys/{id}"), &Json::Null);
    assert_eq!(ended.status, 204, "{}", ended.error());
    assert!((0..looks).all(|_| who() == 401), "a key that was revoked works again");
}
