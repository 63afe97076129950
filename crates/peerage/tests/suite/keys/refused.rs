//! Keys that are refused, leaked or bound to networks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use peerage_access::KeyKind;
use peerage_access::records::{KeyState, StoredSecret};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::{Moment, SignedDuration, TICK};
use serde_json::{Value as Json, json};

use crate::keeper::{UNBOUND, now, wait_for};
use crate::keys::fixture::{ADA, KeysFixture, NEEDS_FACTOR, key};
use crate::server::{RegistryPlace, TestResponse};

fn refusal(fixture: &KeysFixture, text: &str) -> (u16, String) {
    let answer = fixture.client.get("/api/net/5", &key(text));
    (answer.status, answer.error())
}

pub fn i12_16_a_refusal_says_why_to_whoever_has_the_right_secret_and_to_nobody_else(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, text) = fixture.made(&json!({}));
    let path = format!("/api/org/1/keys/{id}");
    let refusal = |text: &str| refusal(&fixture, text);
    let stale = fixture.session(ADA, false);
    fixture.ok(200, "POST", &format!("{path}/suspend"), &stale, &Json::Null);
    let suspended = "Inactive API key: it is suspended. Its owner can reactivate it.";
    assert_eq!(refusal(&text), (401, suspended.to_owned()));
    let invalid = (401, "Invalid API key".to_owned());
    let forged = forged(&id, KeyKind::Org);
    assert_eq!(refusal(&forged), invalid, "a wrong secret learns nothing");
    assert_eq!(fixture.no(403, "POST", &format!("{path}/resume"), &stale, &Json::Null), NEEDS_FACTOR);
    fixture.ok(200, "POST", &format!("{path}/resume"), &fixture.ada, &Json::Null);
    assert_eq!(refusal(&text).0, 200);
    fixture.ok(204, "DELETE", &path, &stale, &json!({"reason": "lost laptop"}));
    fixture.ok(204, "DELETE", &path, &stale, &Json::Null);
    let (status, message) = refusal(&text);
    assert_eq!(status, 401);
    assert!(
        message.starts_with("Invalid API key: it was revoked on 20") && message.ends_with("Z. Create a new key."),
        "{message}"
    );
    assert!(!message.contains("laptop"), "the reason is only on its owner's page: {message}");
    assert_eq!(refusal(&forged), invalid);
    for verb in ["suspend", "resume", "rotate"] {
        let refused = fixture.no(400, "POST", &format!("{path}/{verb}"), &fixture.ada, &Json::Null);
        assert_eq!(refused, "The API key has been revoked, which cannot be undone.", "{verb}");
    }
    fixture.no(400, "PATCH", &path, &fixture.ada, &json!({"name": "again"}));
    assert!(fixture.client.get("/api/org/1/keys", &fixture.ada).rows().is_empty());
    let row = fixture.client.get("/api/org/1/keys?ended=1", &fixture.ada).rows()[0].clone();
    assert_eq!((row["state"].as_str(), row["ended_because"].as_str()), (Some("revoked"), Some("lost laptop")));
    let expired = fixture.keeper.key(900, KeyKind::Org, |key| {
        key.org = Some(OrgId::new(1));
        key.grants = Some([("peeringdb.organization.1".to_owned(), 15)].into());
        key.expires = Some(now() - TICK);
    });
    fixture.keeper.settle(&fixture.server);
    let (_, people) = fixture.keeper.load();
    let public = expired.split('_').nth(2).expect("a public part");
    let ended = people.key(public).and_then(|entry| entry.key.expires).expect("an expiry");
    let when = peerage_registry::moment::print_seconds(ended);
    let message = format!("Invalid API key: it expired on {when}. Extend it or create a new key.");
    assert_eq!(refusal(&expired), (401, message));
    assert_eq!(refusal(&self::forged(public, KeyKind::Org)), invalid);
    assert_eq!(refusal(public), invalid);
    let (rest, last) = text.split_at(text.len() - 1);
    let damaged = format!("{rest}{}", if last == "x" { "y" } else { "x" });
    assert_eq!(refusal(&damaged), invalid);
    // A key that expires while it is used.
    let soon = fixture.keeper.key(901, KeyKind::Org, |key| {
        key.org = Some(OrgId::new(1));
        key.grants = Some([("peeringdb.organization.1".to_owned(), 15)].into());
        key.expires = Some(now() + SignedDuration::from_millis(1_500));
    });
    fixture.keeper.settle(&fixture.server);
    assert_eq!(refusal(&soon).0, 200);
    wait_for("the key expires", || refusal(&soon).1.starts_with("Invalid API key: it expired on "));
    // A key that has leaked.
    let (_, known) = fixture.made(&json!({"name": "known"}));
    assert_eq!(fixture.send("POST", "/api/keys/report", "", &json!({"key": known})).status, 200);
    let (status, message) = refusal(&known);
    assert_eq!(status, 401);
    assert!(message.ends_with("because it was leaked. Create a new key."), "{message}");
    refuse_old_keys(&fixture);
}

/// Keys in PeeringDB's format are answered with its recorded texts, as far as it has one.
fn refuse_old_keys(fixture: &KeysFixture) {
    let old = |id: u32, state: KeyState, expires: Option<Moment>| {
        let text = format!("abcdef{id}.{}", "0123456789abcdef".repeat(2));
        fixture.keeper.key(id, KeyKind::Org, |key| {
            (key.org, key.state, key.expires, key.public) = (Some(OrgId::new(1)), state, expires, text[..8].to_owned());
            let hash = fixture.keeper.server_key.stamp(&text);
            key.secrets = vec![StoredSecret { hash, version: 1, made: now(), until: None }];
        });
        text
    };
    let texts = [
        old(10, KeyState::Suspended, None),
        old(11, KeyState::Revoked, None),
        old(12, KeyState::Active, Some(now() - TICK)),
    ];
    fixture.keeper.settle(&fixture.server);
    assert_eq!(refusal(fixture, &texts[0]), (401, "Inactive API key".to_owned()));
    assert_eq!(refusal(fixture, &texts[1]), (401, "Invalid API key".to_owned()));
    assert!(
        refusal(fixture, &texts[2]).1.starts_with("Invalid API key: it expired on "),
        "{:?}",
        refusal(fixture, &texts[2])
    );
}

/// Makes a well-formed key with another key's public part and its own secret.
fn forged(public: &str, kind: KeyKind) -> String {
    let entropy = [11; peerage_access::key_string::ENTROPY_BYTES];
    peerage_access::key_string::make(kind, Some(public), &entropy).expect("enough letters").text.to_string()
}

/// A change is decided twice: when it arrives, and when it is committed. A key that is revoked between the two is
/// refused with the text of any later request, whichever format it has.
pub fn i12_16_a_key_that_ends_while_its_request_comes_is_refused_in_the_same_words(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let old = "abcdefgh.0123456789abcdefghijklmnopqrstuv";
    let grants = Some([("peeringdb.organization.1".to_owned(), 15)].into());
    fixture.keeper.key(900, KeyKind::Org, |key| {
        (key.org, key.grants) = (Some(OrgId::new(1)), grants.clone());
        "abcdefgh".clone_into(&mut key.public);
        key.secrets[0].hash = fixture.keeper.server_key.stamp(old);
    });
    let own =
        fixture.keeper.key(901, KeyKind::Org, |key| (key.org, key.grants) = (Some(OrgId::new(1)), grants.clone()));
    fixture.keeper.settle(&fixture.server);
    let public = own.split('_').nth(2).expect("a public part");
    for (text, id) in [(old, "abcdefgh"), (own.as_str(), public)] {
        assert_eq!(fixture.status(text), 200, "{id}");
        let body = r#"{"name": "Other"}"#;
        let mut stream = TcpStream::connect(&fixture.server.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a limit");
        let head = format!(
            "PUT /api/net/5 HTTP/1.1\r\nHost: x\r\nAuthorization: Api-Key {text}\r\nConnection: close\r\nExpect: \
             100-continue\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("sent");
        // The server asks for the body once it has recognised the key.
        let mut begin = [0; 25];
        stream.read_exact(&mut begin).expect("an answer");
        assert!(begin.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&begin));
        fixture.ok(200, "POST", &format!("/api/org/1/keys/{id}/suspend"), &fixture.ada, &Json::Null);
        let later = fixture.client.get("/api/net/5", &key(text));
        stream.write_all(body.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let refused = TestResponse::read(&bytes);
        assert_eq!((refused.status, refused.error()), (401, later.error()), "{id}");
        assert_eq!(later.error() == "Inactive API key", id == "abcdefgh", "recorded words: {}", later.error());
    }
}

pub fn a_key_works_from_its_networks_alone(place: &RegistryPlace) {
    let fixture = KeysFixture::with(place, &[&UNBOUND[..], &["--trusted-proxies", "127.0.0.0/8,::1/128"]].concat());
    let (_, text) = fixture.made(&json!({"networks": ["192.0.2.7/24", "2001:db8::/32"]}));
    let from = |address: &str| {
        let answer = fixture.client.send_with("GET", "/api/net/5", &key(&text), None, &[("X-Forwarded-For", address)]);
        (answer.status, answer.error())
    };
    let elsewhere = "This API key cannot be used from this address. Its owner can change the allowed networks.";
    for (address, status) in [
        ("192.0.2.200", 200),
        ("2001:db8:7::1", 200),
        ("::ffff:192.0.2.1", 200),
        ("192.0.3.1", 403),
        ("2001:db9::1", 403),
        ("127.0.0.1", 403),
    ] {
        let refused = from(address);
        assert_eq!(refused.0, status, "{address}");
        assert!(status == 200 || refused.1 == elsewhere, "{refused:?}");
    }
    fixture.ok(200, "PATCH", "/api/org/1/policy", &fixture.ada, &json!({"networks": ["192.0.2.0/25"]}));
    assert_eq!((from("192.0.2.1").0, from("192.0.2.200").0), (200, 403), "the organization's networks apply, too");
}

pub fn a_found_key_ends_and_the_answer_is_the_same_for_any_text(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, text) = fixture.made(&json!({}));
    let (_, other) = fixture.made(&json!({"name": "other"}));
    let report = |text: &str| {
        let answer =
            fixture.send("POST", "/api/keys/report", "", &json!({"key": text, "found_at": "https://paste.example/1"}));
        (answer.status, answer.body, answer.headers.len())
    };
    let dry = fixture.send("POST", "/api/keys/report?dry_run=1", "", &json!({"key": text}));
    assert_eq!((dry.status, fixture.status(&text)), (200, 200), "a dry run revokes nothing");
    let genuine = report(&text);
    let damaged = format!("{}x", &text[..text.len() - 1]);
    for strange in [text.as_str(), "hello", "prg_o_abc", &damaged, "abcdefgh.0123456789"] {
        assert_eq!(report(strange), genuine, "{strange}");
    }
    assert_eq!((fixture.status(&text), fixture.status(&other)), (401, 200));
    let row = fixture.client.get(&format!("/api/org/1/keys/{id}"), &fixture.ada).rows()[0].clone();
    assert_eq!(row["state"], "exposed");
    assert_eq!(row["ended_because"], "reported as found at https://paste.example/1");
    // The location is a stranger's claim: the key's page shows it, mails do not.
    let mail = fixture.keeper.mail(&["A key was exposed and has been revoked", &format!("/org/1/manage/key/{id}")]);
    assert!(!mail.contains("paste.example"), "{mail}");
    assert_eq!(fixture.send("POST", "/api/keys/report", "", &json!({})).json()["key"][0], "This field is required.");
}

pub fn i12_06_a_key_in_a_path_or_query_is_refused_and_ends(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (keep, kept) = fixture.made(&json!({"name": "kept"}));
    for (at, target) in [
        "/api/net?api_key=KEY",
        "/api/net/5?x=KEY",
        "/api/whoami?key=KEY",
        "/api/org/1/audit?KEY",
        "/api/nothing?key=KEY",
        "/api_search?q=KEY",
        "/data/asns?key=KEY",
        "/export/kmz/?key=KEY",
        "/dumps/net-0.json?key=KEY",
        "/?token=KEY",
        "/no/such/page?k=KEY",
        // Also in the path.
        "/api/net/KEY",
        "/api//net//KEY",
        "/api/KEY",
        "/api/org/1/keys/KEY",
        "/api/net/KEY.json?depth=0",
        "/org/1/manage/key/KEY",
        "/dumps/KEY",
        "/KEY",
        "/no/such/page/KEY/x",
    ]
    .into_iter()
    .enumerate()
    {
        let (id, text) = fixture.made(&json!({"name": format!("shown {at}")}));
        let auth = if at % 2 == 0 { String::new() } else { key(&text) };
        let answer = fixture.client.get(&target.replace("KEY", &text), &auth);
        assert_eq!(answer.status, 400, "{target}");
        assert!(answer.error().starts_with("A key in an address is written into logs"), "{target}");
        assert_eq!(fixture.status(&text), 401, "{target}: the key is still accepted");
        let row = fixture.client.get(&format!("/api/org/1/keys/{id}"), &fixture.ada).rows()[0].clone();
        assert_eq!(row["state"], "exposed", "{target}");
    }
    assert_eq!(fixture.status(&kept), 200);
    assert_eq!(
        fixture.client.get("/api/net?name__contains=prg_", "").status,
        200,
        "a text that is not a key has no effect"
    );
    assert_eq!(fixture.client.get(&format!("/api/net?name__contains={keep}"), "").status, 200);
}
