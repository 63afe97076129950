//! Invalid requests, and their answers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use peerage_schema::Resource;

use super::demo;
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestResponse, TestServer};

const BAD_VALUES: [&str; 21] = [
    "",
    "x",
    "-1",
    "1.5",
    "1e400",
    "null",
    "%00",
    "%ff%fe",
    "%",
    "%zz",
    "1,,2",
    "99999999999999999999999",
    "2024-13-99",
    "1.2.3.4/99",
    "::g",
    "%F0%9F%92%A9",
    "'%20OR%201=1--",
    "..%2f..%2fetc",
    "%0d%0aX-Injected:1",
    "+",
    "a%26b",
];

/// Parameters to try with each of them.
const PARAMETERS: [&str; 57] = [
    "id",
    "id__in",
    "id__gt",
    "asn",
    "asn__gt",
    "asn__in",
    "since",
    "limit",
    "skip",
    "depth",
    "page",
    "per_page",
    "fields",
    "name_search",
    "created__gte",
    "created",
    "updated__contains",
    "updated__in",
    "latitude__lt",
    "latitude",
    "ix",
    "ix__in",
    "ix__org__x",
    "ix__nothing",
    "net",
    "net__asn",
    "fac__in",
    "fac_id",
    "not_ix",
    "not_net",
    "all_net",
    "asn_overlap",
    "org_present",
    "org_not_present",
    "capacity",
    "capacity__gt",
    "ipblock",
    "whereis",
    "info_ipv6",
    "info_ipv6__gt",
    "speed__in",
    "ipaddr6",
    "org",
    "org_id",
    "org__name",
    "country",
    "poc_set",
    "poc_set__role",
    "netixlan_set__speed__gt",
    "carrierfac_set__facility_id",
    "hide_ix_no_fac",
    "distance",
    "format",
    "mtu",
    "campus",
    "version__lt",
    "pretty",
];

#[test]
fn bad_values_are_refused_with_an_envelope_and_never_break_the_server() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &["--demo", "--requests-per-second", "0"]);
    for resource in ["org", "fac", "net", "ix", "ixlan", "ixpfx", "netixlan", "netfac", "poc", "campus", "carrier"] {
        let stream = std::cell::RefCell::new(TcpStream::connect(&server.address).expect("a connection"));
        for name in PARAMETERS {
            for value in BAD_VALUES {
                let target = format!("/api/{resource}?{name}={value}&limit=3");
                let answer = ask_on(&mut stream.borrow_mut(), &server.address, &target);
                assert!(answer.0 < 500 && answer.0 >= 200, "{target}: {}", answer.0);
                if answer.0 >= 400 {
                    let body: serde_json::Value = serde_json::from_slice(&answer.1).expect("an envelope");
                    assert!(body["meta"]["error"].as_str().is_some_and(|text| !text.is_empty()), "{target}");
                }
            }
        }
    }
    for target in ["/api/net/%00", "/api/net/1%2f2", "/api/%ff", "/api/net/99999999999999999999", "/api/as_set/x"] {
        let status = server.get(target).status;
        assert!((400..500).contains(&status), "{target}: {status}");
    }
    assert!(server.get("/metrics").body.windows(25).any(|text| *text == b"peerage_panics_total 0\n# "[..25]));
}

/// Sends one request on a connection that stays open. Only for answers with a length.
pub(super) fn ask_on(stream: &mut TcpStream, host: &str, target: &str) -> (u16, Vec<u8>) {
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).expect("the request is sent");
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65536];
    loop {
        let read = stream.read(&mut piece).expect("the server answers");
        assert!(read > 0, "{target}: the connection was closed");
        bytes.extend_from_slice(&piece[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.unwrap_or("0").trim().parse().expect("a length");
        if bytes.len() >= end + 4 + length {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
            return (status, bytes.split_off(end + 4));
        }
    }
}

#[test]
fn a_query_is_checked_before_its_rows_are_looked_up() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for (target, status) in [
        ("/api/net/999999?asn__gt=abc", 400),
        ("/api/net/abc?asn__gt=abc", 400),
        ("/api/net/1?skip=-1", 400),
        ("/api/net/1?skip=1", 404),
        ("/api/net?netfac__city=Ashburn", 400),
        ("/api/fac?net__info_type=NSP", 400),
        ("/api/net?netixlan__created=garbage", 400),
        ("/api/net?fac__latitude=x", 400),
        ("/api/as_set/9223372036854775808", 404),
        ("/api/as_set/x", 400),
        ("/api/net/self", 404),
        ("/api/net?format=xml", 404),
        ("/dumps/net-00.json", 404),
    ] {
        assert_eq!(server.get(target).status, status, "{target}");
    }
    let (net, ixlan) = (Resource::Net.table(), Resource::Ixlan.table());
    for method in ["GET", "POST", "DELETE", "OPTIONS"] {
        for (target, allowed) in [("/api/net.xml", net.list_methods), ("/api/ixlan/1.xml", ixlan.object_methods)] {
            let answer = server.send(method, target, &[("Content-Length", "0")]);
            assert_eq!((answer.status, answer.header("allow")), (404, Some(allowed)), "{method} {target}");
        }
    }
}

#[test]
fn i12_06_two_authorization_headers_are_refused_at_every_door() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&[]);
    let (one, other) = (format!("Api-Key {}", fixture.key), format!("Api-Key {}", fixture.foreign_key));
    for target in ["/api/net/1", "/api/whoami", "/api/org/1/keys", "/oauth2/userinfo", "/", "/api//net"] {
        for second in [&one, &other] {
            let two = [("Authorization", one.as_str()), ("Authorization", second.as_str())];
            let answer = node.send("GET", target, &two);
            assert_eq!((answer.status, answer.error().as_str()), (400, TWO), "{target}");
        }
    }
    assert_eq!(node.send("DELETE", "/api/poc/2", &[("Authorization", &one), ("Authorization", &other)]).status, 400);
    assert_eq!(node.get("/api/poc/2").status, 200);
}

const TWO: &str = "More than one Authorization header was sent. Send only one.";

/// Sends one request as given, byte by byte.
fn raw(server: &TestServer, text: &[u8]) -> TestResponse {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(text);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    TestResponse::read(&bytes)
}

#[test]
fn i12_16_whatever_is_wrong_below_api_is_said_in_json() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&["--body-timeout-ms", "500"]);
    let check = |what: &str, answer: &TestResponse, status: u16| {
        assert_eq!(answer.status, status, "{what}: {}", String::from_utf8_lossy(&answer.body));
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json") && !answer.error().is_empty(), "{what}: {kind} {:?}", answer.body);
    };
    for target in ["/api/zzz", "/api/net/", "/api/net/1/", "/api/net/1/2/3", "/api/org/abc/keys", "/api/org/1/keys/x/y"]
    {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            check(&format!("{method} {target}"), &node.send(method, target, &[("Content-Length", "0")]), 404);
        }
    }
    check("405", &node.send("PUT", "/api/net", &[("Content-Length", "0")]), 405);
    check("405", &node.send("BREW", "/api/net/1", &[]), 405);
    check("406", &node.send("GET", "/api/net", &[("Accept", "text/html")]), 406);
    let auth = format!("Api-Key {}", fixture.key);
    let body = |kind: &str, length: &str| {
        let text = format!(
            "POST /api/poc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {auth}\r\nContent-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n{{\"a\":1}}"
        );
        raw(&node, text.as_bytes())
    };
    check("415", &body("text/xml", "7"), 415);
    check("413", &body("application/json", "99999999"), 413);
    check("408", &body("application/json", "8"), 408);
    check("414", &node.get(&format!("/api/net?id__in={}", "1,".repeat(20_000))), 414);
    check("431", &node.send("GET", "/api/net", &[("X-Long", &"x".repeat(33_000))]), 431);
    check("401", &node.send("GET", "/api/net", &[("Authorization", "Api-Key x.y")]), 401);
    // Bytes that never become a request.
    let long = format!("GET /api/net?id__in={} HTTP/1.1\r\nHost: x\r\n\r\n", "1,".repeat(35_000));
    check("a very long address", &raw(&node, long.as_bytes()), 414);
    let head = format!("GET /api/net HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    check("a very long head", &raw(&node, head.as_bytes()), 431);
    for no_http in ["hello\r\n\r\n", "GET /api/net HTTP/9\r\n\r\n", "GET /api/net\0 HTTP/1.1\r\n\r\n"] {
        check(no_http, &raw(&node, no_http.as_bytes()), 400);
    }
    // Also on a connection that has already answered.
    let two = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned();
    let mut stream = TcpStream::connect(&node.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream.write_all(two.as_bytes()).expect("the request is sent");
    let mut first = [0; 4096];
    let read = stream.read(&mut first).expect("an answer");
    assert!(first[..read].starts_with(b"HTTP/1.1 200"));
    stream.write_all(b"bad\r\n\r\n").expect("the request is sent");
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.ends_with("{\"meta\": {\"error\": \"The request is not valid HTTP.\"}}"), "{text}");
}

#[test]
fn i12_16_what_nobody_reads_in_a_body_is_told() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&[]);
    let get = |target: &str| node.call(&fixture.key, "GET", target, &serde_json::Value::Null).rows()[0].clone();
    let call = |method: &str, target: &str, body: &serde_json::Value| {
        let answer = node.call(&fixture.key, method, target, body);
        assert!(matches!(answer.status, 200 | 201), "{method} {target}: {}", answer.error());
        answer.json()["meta"].clone()
    };
    let mut net = get("/api/net/1?depth=2");
    for dry in ["?dry_run=1", ""] {
        assert!(
            call("PUT", &format!("/api/net/1{dry}"), &net).get("ignored").is_none(),
            "all fields from GET are known"
        );
    }
    net["nmae"] = "Typo".into();
    for dry in ["?dry_run=1", ""] {
        assert_eq!(call("PUT", &format!("/api/net/1{dry}"), &net)["ignored"], serde_json::json!(["nmae"]));
    }
    let contact =
        serde_json::json!({"net_id": 1, "role": "NOC", "email": "a@net.example", "phnoe": "1", "vsible": "Users"});
    for dry in ["?dry_run=1", ""] {
        let ignored = call("POST", &format!("/api/poc{dry}"), &contact)["ignored"].clone();
        assert_eq!(ignored, serde_json::json!(["phnoe", "vsible"]), "{dry}");
    }
    // Repeating the request gives the same answer.
    let headers = |body: &str| {
        let auth = format!("Api-Key {}", fixture.key);
        let all = [("Authorization", auth.as_str()), ("Idempotency-Key", "once")];
        node.send_body("PUT", "/api/net/1", &all, body)
    };
    let body = net.to_string();
    let (first, again) = (headers(&body), headers(&body));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json()["meta"]["ignored"], again.json()["meta"]["ignored"]);
    let refused = node.call(&fixture.key, "PUT", "/api/net/1", &serde_json::json!({"nmae": "x"}));
    assert_eq!(refused.status, 400);
}

#[test]
fn i12_17_a_form_as_requests_makes_it_leaves_social_media_and_says_so() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&[]);
    let auth = format!("Api-Key {}", fixture.key);
    for (target, kind) in [("/api/fac/1", "fac"), ("/api/net/1", "net"), ("/api/org/1", "org")] {
        let mut row =
            node.call(&fixture.key, "GET", &format!("{target}?depth=0"), &serde_json::Value::Null).rows()[0].clone();
        row["social_media"] = serde_json::json!([{"service": "x", "identifier": "peerage_x"}]);
        let stored = node.call(&fixture.key, "PUT", target, &row);
        assert_eq!(stored.status, 200, "{target}: {}", stored.error());
        let before = stored.rows()[0]["social_media"].clone();
        assert!(before.to_string().contains("peerage_x"));
        // The form that `requests.put(url, data=row)` sends: texts and numbers unchanged, a list of objects as the
        // names of their keys.
        let mut pairs: Vec<String> = Vec::new();
        for (name, value) in row.as_object().expect("fields") {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Bool(flag) => {
                    if *flag {
                        "True".to_owned()
                    } else {
                        "False".to_owned()
                    }
                }
                serde_json::Value::Number(number) => number.to_string(),
                _ => continue,
            };
            pairs.push(format!("{name}={}", text.replace('&', "%26").replace('+', "%2B")));
        }
        pairs.push("social_media=service&social_media=identifier".to_owned());
        let form = pairs.join("&");
        let headers = [("Authorization", auth.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let answer =
            crate::server::send(&node.address, "PUT", target, &headers, form.as_bytes()).expect("a connection");
        assert_eq!(answer.status, 200, "{kind}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.rows()[0]["social_media"], before, "{kind}");
        assert_eq!(answer.json()["meta"]["ignored"], serde_json::json!(["social_media"]), "{kind}");
    }
}
