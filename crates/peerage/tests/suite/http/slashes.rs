//! Doubled slashes in paths.

use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer};

/// Returns what the path determines of an answer: the status, the bytes, and some headers.
fn decided(node: &TestServer, key: &str, method: &str, target: &str) -> (u16, Vec<u8>, Option<String>, Option<String>) {
    let bare: &[(&str, &str)] = if method == "GET" { &[] } else { &[("Content-Length", "0")] };
    let answer = if key.is_empty() {
        node.send(method, target, bare)
    } else {
        node.call(key, method, target, &serde_json::Value::Null)
    };
    let header = |name: &str| answer.header(name).map(str::to_owned);
    (answer.status, answer.body.clone(), header("allow"), header("location"))
}

#[test]
fn i12_01_doubled_slashes_in_a_path_count_as_one_everywhere() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&[]);
    for (doubled, single) in [
        // The requests of pathvector and peeringdb-py 1.5.
        ("/api//net?asn=63001", "/api/net?asn=63001"),
        ("/api//netixlan?asn=63001", "/api/netixlan?asn=63001"),
        ("//api/net/1", "/api/net/1"),
        ("/api//net/1?depth=2", "/api/net/1?depth=2"),
        ("/api/net//1", "/api/net/1"),
        ("/api//", "/api/"),
        ("///api", "/api"),
        ("/api//net/self", "/api/net/self"),
        ("/api//net?page=1&per_page=1", "/api/net?page=1&per_page=1"),
        ("/api//org//1//keys", "/api/org/1/keys"),
        ("/api//org/1/audit?limit=1", "/api/org/1/audit?limit=1"),
        ("//api//user/keys", "/api/user/keys"),
        ("/api//as_set/63001", "/api/as_set/63001"),
        ("/api//net/1//history", "/api/net/1/history"),
        ("//dumps//net-0.json", "/dumps/net-0.json"),
        ("/api//nothing", "/api/nothing"),
        ("/api/net//", "/api/net/"),
    ] {
        for key in ["", fixture.key.as_str(), fixture.foreign_key.as_str()] {
            assert_eq!(decided(&node, key, "GET", doubled), decided(&node, key, "GET", single), "{doubled} {key:.6}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(decided(&node, "", method, doubled), decided(&node, "", method, single), "{method} {doubled}");
        }
    }
    assert_eq!(node.get("/api//net?asn=63001").ids(), [1]);
    let mut contact = node.call(&fixture.key, "GET", "/api/poc/2", &serde_json::Value::Null).rows()[0].clone();
    contact["name"] = "By two slashes".into();
    for (key, status) in [(&fixture.foreign_key, 401), (&fixture.key, 200)] {
        assert_eq!(node.call(key, "PUT", "//api//poc//2", &contact).status, status);
    }
    assert_eq!(node.get("/api/poc/2").rows()[0]["name"], "By two slashes");
    let limits = ["--requests-per-second", "1", "--requests-burst", "3"];
    let bounded = TestServer::start(&RegistryPlace::sqlite(), &limits);
    let statuses: Vec<u16> = (0..8).map(|_| bounded.get("/api//net").status).collect();
    assert!(statuses.contains(&429), "they count towards the same limit: {statuses:?}");
}
