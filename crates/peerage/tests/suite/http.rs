//! The server as clients meet it, on both stores.

mod bounds;
mod document;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::keeper::now;
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestResponse, TestServer, peerage};
use bounds::{
    n01_one_client_that_asks_for_much_shuts_nobody_out, n01_probes_answer_beside_sixty_four_of_the_worst,
    n01_the_worst_requests_are_answered_or_refused_with_the_cap,
    n01_what_takes_long_is_the_same_answer_as_what_does_not,
};
use peerage_registry::moment::{HOUR, Moment, print_seconds};
use peerage_schema::Resource;

/// Makes each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$name(&super::RegistryPlace::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$name(&super::RegistryPlace::postgres()); })* }
    };
}

on_both_stores!(
    every_resource_answers_by_the_same_rules,
    an_unchanged_answer_is_not_sent_again,
    compressed_listings_hold_the_same_bytes,
    a_kept_answer_is_the_same_and_is_forgotten_with_the_next_change,
    a_second_node_shows_a_change_within_a_second,
    i12_08_dumps_are_the_listings_of_an_anonymous_caller_and_say_how_fresh_they_are,
    n01_the_worst_requests_are_answered_or_refused_with_the_cap,
    n01_what_takes_long_is_the_same_answer_as_what_does_not,
    n01_probes_answer_beside_sixty_four_of_the_worst,
    n01_one_client_that_asks_for_much_shuts_nobody_out,
);

fn demo(place: &RegistryPlace) -> TestServer {
    TestServer::start(place, &["--demo"])
}

fn every_resource_answers_by_the_same_rules(place: &RegistryPlace) {
    let server = demo(place);
    let index = server.get("/api/");
    assert_eq!(index.rows()[0]["net"], format!("http://{}/api/net", server.address));
    assert_eq!(server.get("/api").status, 301);
    for resource in Resource::ALL {
        let table = resource.table();
        let list = format!("/api/{}", table.tag);
        let all = server.get(&list);
        assert_eq!(all.status, 200, "{list}");
        assert_eq!(all.header("content-type"), Some("application/json; charset=utf-8"));
        assert!(!all.rows().is_empty(), "{list}: the demonstration has no such row");
        assert!(all.body.starts_with(b"{\"data\": [{\"id\": "), "{list}: the bytes clients grep for");
        let first = all.ids()[0];
        let names: Vec<String> = all.rows()[0].as_object().expect("a row").keys().cloned().collect();
        for field in table.fields.iter().filter(|field| field.is_shown() && !field.kind.is_relation()) {
            let may_be_missing = field.name == "ixf_ixp_member_list_url";
            assert!(may_be_missing || names.iter().any(|name| name == field.name), "{list}: {}", field.name);
        }
        let object = format!("{list}/{first}");
        assert_eq!(server.get(&format!("{object}?depth=0")).rows(), all.rows()[..1], "{object}");
        for depth in 0..=5 {
            assert_eq!(server.get(&format!("{object}?depth={depth}")).status, 200, "{object} at {depth}");
            assert_eq!(server.get(&format!("{list}?depth={depth}")).ids(), all.ids(), "{list} at {depth}");
        }
        assert_eq!(server.get(&format!("{list}.json")).body, all.body, "{list}.json");
        assert_eq!(server.get(&format!("{list}.xml")).status, 404);
        assert_eq!(server.get(&format!("{list}/")).status, 404, "{list}/");
        assert_eq!(server.get(&format!("{object}/")).status, 404, "{object}/");
        assert_eq!(
            server.get(&format!("{list}/999999")).error(),
            format!("No {} matches the given query.", table.model)
        );
        assert_eq!(server.get(&format!("{list}/abc")).error(), "Not found.");
        let unknown = server.get(&format!("{list}?id=999999"));
        assert_eq!((unknown.status, unknown.error()), (404, "Entity not found".to_owned()));
        assert!(unknown.rows().is_empty());
        let two = server.get(&format!("{list}?limit=2&skip=1"));
        // Hidden contacts are counted, so that pages do not tell where they are.
        assert!(two.rows().len() <= 2 && (resource == Resource::Poc || !two.ids().contains(&first)), "{list}");
        let pretty = server.get(&format!("{list}?id={first}&pretty"));
        assert_eq!(pretty.rows(), all.rows()[..1]);
        assert!(pretty.body.starts_with(b"{\n  \"data\": [\n    {\n      \"id\": "));
        let changed = server.get(&format!("{list}?since=1"));
        assert!(changed.rows().len() >= all.rows().len());

        let is_lan = resource == Resource::Ixlan;
        assert_eq!(server.send("HEAD", &list, &[]).status, if is_lan { 405 } else { 200 });
        assert_eq!(server.send("OPTIONS", &list, &[]).status, if is_lan { 405 } else { 200 });
        for (method, target) in [("POST", &list), ("PUT", &object), ("DELETE", &object), ("PATCH", &object)] {
            let refused = server.send(method, target, &[("Content-Length", "0")]);
            let expected = if is_lan && method != "PUT" { 405 } else { 401 };
            assert_eq!(refused.status, expected, "{method} {target}");
            assert!(!refused.error().is_empty());
        }
        assert_eq!(server.send("PUT", &list, &[]).error(), "Method \"PUT\" not allowed.");
        assert_eq!(server.send("GET", &list, &[("Accept", "text/html")]).status, 406);
        assert_eq!(server.get(&list).body, all.body, "nothing was changed");
    }
}

fn an_unchanged_answer_is_not_sent_again(place: &RegistryPlace) {
    let server = demo(place);
    for target in ["/api/net", "/api/net/1", "/api/net?name__contains=a&depth=1", "/dumps/net-0.json"] {
        let first = server.get(target);
        let etag = first.header("etag").expect("a validator").to_owned();
        let again = server.send("GET", target, &[("If-None-Match", &etag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{target}");
        assert_eq!(again.header("etag"), Some(etag.as_str()));
        let gzip = server.send("GET", target, &[("Accept-Encoding", "gzip")]);
        let encoded = gzip.header("etag").expect("a validator");
        assert!(gzip.header("content-encoding").is_none() || encoded != etag, "{target}: bytes differ, validators too");
        let held = server.send("GET", target, &[("If-None-Match", encoded), ("Accept-Encoding", "gzip")]);
        assert_eq!((held.status, held.header("etag")), (304, Some(encoded)), "{target}");
        assert_eq!(server.send("GET", target, &[("If-None-Match", "\"other\"")]).status, 200);
    }
    let etag = server.get("/api/net").header("etag").expect("a validator").to_owned();
    import(
        place,
        r#"{"org": {"data": [{"id": 9001, "name": "Fresh", "status": "ok", "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z"}]}}"#,
    );
    wait_for(|| server.get("/api/org/9001").status == 200);
    assert_eq!(server.send("GET", "/api/net", &[("If-None-Match", &etag)]).status, 200);
}

fn compressed_listings_hold_the_same_bytes(place: &RegistryPlace) {
    let server = demo(place);
    for resource in Resource::ALL {
        for query in ["", "?depth=1", "?since=1"] {
            let target = format!("/api/{}{query}", resource.tag());
            let plain = server.get(&target);
            let answer = server.send("GET", &target, &[("Accept-Encoding", "gzip, deflate, br, zstd")]);
            let body = decode(&answer);
            assert_eq!(body, plain.body, "{target} as {:?}", answer.header("content-encoding"));
            let zstd = server.send("GET", &target, &[("Accept-Encoding", "zstd")]);
            assert_eq!(decode(&zstd), plain.body, "{target} as zstd");
            let brotli = server.send("GET", &target, &[("Accept-Encoding", "br")]);
            assert!(brotli.header("content-encoding").is_none_or(|encoding| encoding == "br"));
        }
    }
    let gzip = server.send("GET", "/api/net", &[("Accept-Encoding", "gzip")]);
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.header("content-length"), Some(gzip.body.len().to_string().as_str()));
}

fn decode(answer: &TestResponse) -> Vec<u8> {
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        Some("gzip") => {
            let mut reader = flate2::bufread::GzDecoder::new(answer.body.as_slice());
            reader.read_to_end(&mut plain).expect("valid gzip");
            assert!(reader.into_inner().is_empty(), "one member");
        }
        Some("zstd") => plain = zstd::decode_all(answer.body.as_slice()).expect("valid zstd"),
        None => plain.clone_from(&answer.body),
        Some(other) => panic!("{other} was not preferred"),
    }
    plain
}

fn a_kept_answer_is_the_same_and_is_forgotten_with_the_next_change(place: &RegistryPlace) {
    let server = demo(place);
    for target in ["/api/org/2?depth=0", "/api/org?name__startswith=nord", "/api/as_set/63500", "/api/net/1"] {
        let [first, second, third] = [0, 1, 2].map(|_| server.get(target));
        assert_eq!((first.status, &first.body), (200, &second.body), "{target}");
        assert_eq!((third.status, &first.body), (200, &third.body), "{target}");
        let bare = |answer: &TestResponse| {
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| name != "x-request-id" && name != "date");
            headers.sort();
            headers
        };
        assert_eq!(bare(&first), bare(&third), "{target}");
    }
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    for host in ["one.example", "one.example", "one.example", "two.example"] {
        let (status, body) = ask_on(&mut stream, host, "/api/net?page=1&per_page=1");
        let link = format!("http://{host}/api/net?");
        assert!(status == 200 && String::from_utf8_lossy(&body).contains(&link), "{host}: links name the host asked");
    }
    import(
        place,
        r#"{"org": {"data": [{"id": 2, "name": "Nordwind", "status": "ok", "created": "2026-01-01T00:00:00Z", "updated": "2026-11-01T00:00:00Z"}]}}"#,
    );
    wait_for(|| server.get("/api/org/2?depth=0").rows()[0]["name"] == "Nordwind");
    for target in ["/api/org?name__startswith=nord", "/api/org?id=2"] {
        assert_eq!(server.get(target).rows()[0]["name"], "Nordwind", "{target}");
    }
}

fn a_second_node_shows_a_change_within_a_second(place: &RegistryPlace) {
    let (one, other) = (demo(place), TestServer::start(place, &[]));
    assert_eq!(one.get("/api/netixlan").body, other.get("/api/netixlan").body);
    import(
        place,
        r#"{"org": {"data": [{"id": 9001, "name": "Fresh", "status": "ok", "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z"}]}}"#,
    );
    let begun = Instant::now();
    for node in [&one, &other] {
        wait_for(|| node.get("/api/org/9001").status == 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "it took {:?}", begun.elapsed());
    assert_eq!(one.get("/api/org?since=1").body, other.get("/api/org?since=1").body);
}

fn i12_08_dumps_are_the_listings_of_an_anonymous_caller_and_say_how_fresh_they_are(place: &RegistryPlace) {
    let server = demo(place);
    for resource in Resource::ALL {
        for depth in 0..4 {
            let dump = server.get(&format!("/dumps/{}-{depth}.json", resource.tag()));
            assert_eq!(dump.status, 200);
            assert_eq!(dump.rows(), server.get(&format!("/api/{}?depth={depth}", resource.tag())).rows());
            // The moment of the last change, in seconds since 1970.
            let generated = dump.json()["meta"]["generated"].as_f64().expect("a number");
            assert!((1_500_000_000.0..5_000_000_000.0).contains(&generated), "{generated}");
            let packed =
                server.send("GET", &format!("/dumps/{}-{depth}.json", resource.tag()), &[("Accept-Encoding", "gzip")]);
            assert_eq!(decode(&packed), dump.body);
        }
    }
    let generated = || server.get("/dumps/net-0.json").json()["meta"]["generated"].as_f64().expect("a number");
    let fresh = |id: u32, updated: Moment| {
        let updated = print_seconds(updated);
        import(
            place,
            &format!(
                r#"{{"org": {{"data": [{{"id": {id}, "name": "Fresh {id}", "status": "ok", "created": "2026-01-01T00:00:00Z", "updated": "{updated}"}}]}}}}"#
            ),
        );
        wait_for(|| server.get(&format!("/api/org/{id}")).status == 200);
    };
    let begun = now().in_whole_seconds();
    // A change of this moment counts, one in the future does not.
    fresh(9001, begun);
    assert!((generated() - begun.as_seconds_f64()).abs() < 0.5, "it follows the registry: {}", generated());
    fresh(9002, begun + HOUR);
    assert!(generated() <= (now().as_seconds() + 1) as f64, "it lies in the future: {}", generated());
    let since = server.get(&format!("/api/org?since={}", generated() as i64));
    assert!(since.ids().contains(&9002), "whoever asks for what changed since then misses nothing");
    for missing in ["/dumps/net-4.json", "/dumps/foo-0.json", "/dumps/", "/dumps/net-0.json/x"] {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
}

fn import(place: &RegistryPlace, document: &str) {
    let mut child = peerage()
        .args(["import", "-", "--strict", "--database", &place.database()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its input").write_all(document.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success());
}

fn wait_for(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn bad_values_are_refused_with_an_envelope_and_never_break_the_server() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &["--demo", "--requests-per-second", "0"]);
    let values = [
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
    let names = [
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
    for resource in ["org", "fac", "net", "ix", "ixlan", "ixpfx", "netixlan", "netfac", "poc", "campus", "carrier"] {
        let stream = std::cell::RefCell::new(TcpStream::connect(&server.address).expect("a connection"));
        for name in names {
            for value in values {
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

/// One request on a connection that stays open; only answers with a length.
fn ask_on(stream: &mut TcpStream, host: &str, target: &str) -> (u16, Vec<u8>) {
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).expect("it sends");
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65536];
    loop {
        let read = stream.read(&mut piece).expect("it answers");
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
fn a_question_is_judged_before_its_rows_are_looked_for() {
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
fn the_same_question_in_other_words_has_the_same_answer() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let all = server.get("/api/netixlan").ids().len();
    for (one, other) in [
        ("/api/net/1?depth=0", "/api/net/%31?depth=0"),
        ("/api/net/1?depth=0", "/api/%6eet/1.json?depth=0"),
        ("/api/net?asn=63501", "/api/net?asn_id=63501"),
        ("/api/netixlan?name__contains=SAKURA", "/api/netixlan?name__contains=sakura"),
        ("/api/netixlan", "/api/netixlan?created__lt=9999-12-31"),
        ("/api/org", "/api/org?name__startswith="),
        ("/api/carrierfac?carrier__fac_count__gt=0", "/api/carrierfac?carrier__fac_count__gte=1"),
    ] {
        assert_eq!(server.get(one).body, server.get(other).body, "{one} and {other}");
    }
    let at_sakura = server.get("/api/netixlan?name__contains=sakura").ids().len();
    assert!(at_sakura > 0 && at_sakura < all);
    let few = server.get("/api/carrierfac?carrier__fac_count__lt=0").ids();
    assert!(few.is_empty(), "the counter of a neighbour is a filter");
    let page = server.get("/api/net?page=2&per_page=3");
    let keys: Vec<String> = page.json()["meta"]["pagination"].as_object().expect("an object").keys().cloned().collect();
    let expected = ["count", "has_next", "has_previous", "next", "previous", "page", "per_page", "total_pages"];
    assert_eq!(keys, expected);
}

#[test]
fn answers_to_credentials_are_private_and_name_what_is_public_of_them() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for (sent, claimed) in [
        ("Api-Key abcdefgh.0123456789", Some("apikey_abcdefgh")),
        ("Api-Key 0123456789012345678901234567", None),
        ("Basic YSBiOndyb25n", Some("a_b")),
    ] {
        let answer = server.send("GET", "/api/net", &[("Authorization", sent)]);
        assert_eq!((answer.status, answer.header("x-auth-id")), (401, claimed), "{sent}");
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        assert!(!String::from_utf8_lossy(&answer.body).contains("0123456789"));
    }
    assert_eq!(server.get("/api/net").header("cache-control"), Some("s-maxage=10"));
    assert_eq!(server.get("/").header("x-auth-status"), Some("unauthenticated"));
}

#[test]
fn browsers_of_other_origins_may_read_and_nothing_else() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let origin = ("Origin", "https://tool.example");
    let read = server.send("GET", "/api/net/1", &[origin]);
    assert_eq!(read.header("access-control-allow-origin"), Some("https://tool.example"));
    assert!(read.header("access-control-allow-credentials").is_none());
    let ahead = [origin, ("Access-Control-Request-Method", "GET")];
    let preflight = server.send("OPTIONS", "/api/net", &ahead);
    assert_eq!((preflight.status, preflight.body.len()), (200, 0));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, OPTIONS"));
    let write = server.send("POST", "/api/net", &[origin, ("Content-Length", "0")]);
    assert!(write.header("access-control-allow-origin").is_none());
    assert!(server.send("GET", "/healthz", &[origin]).header("access-control-allow-origin").is_none());
}

#[test]
fn too_many_requests_are_told_when_to_come_back_and_probes_never_are() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &["--demo", "--requests-per-second", "1", "--requests-burst", "5"]);
    let answers: Vec<TestResponse> = (0..10).map(|_| server.get("/api/net/1")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
    assert!(refused.header("retry-after").and_then(|wait| wait.parse::<u64>().ok()).is_some_and(|wait| wait >= 1));
    let body = refused.json();
    assert_eq!(body["meta"]["error"], "Too Many Requests");
    assert!(
        body["message"].as_str().is_some_and(|text| text.starts_with("Request was throttled. Expected available in "))
    );
    for probe in ["/healthz", "/readyz", "/metrics"] {
        assert!((0..20).all(|_| server.get(probe).status == 200), "{probe}");
    }
}

#[test]
fn what_is_too_large_or_too_slow_is_refused() {
    let place = RegistryPlace::sqlite();
    let arguments = ["--demo", "--header-timeout-ms", "400", "--query-bytes", "1000", "--header-bytes", "4000"];
    let server = TestServer::start(&place, &arguments);
    let long = "x".repeat(1100);
    assert_eq!(server.get(&format!("/api/net?name={long}")).status, 414);
    let large = "x".repeat(5000);
    assert_eq!(server.send("GET", "/api/net/1", &[("X-Large", &large)]).status, 431);
    let many = "a=&".repeat(150);
    assert_eq!(server.get(&format!("/api/net?{many}")).status, 400);
    let whole = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for sent in ["", "GET /api/net HTTP/1.1\r\nHost: x\r\nX-", whole] {
        let mut stream = TcpStream::connect(&server.address).expect("a connection");
        stream.write_all(sent.as_bytes()).expect("it sends");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        let begun = Instant::now();
        let _ = stream.read_to_end(&mut Vec::new());
        assert!(begun.elapsed() < Duration::from_secs(3), "a silent client held a connection after {sent:?}");
    }
}

#[test]
fn n06_a_slow_body_is_ended_and_says_why() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let server = fixture.serve(&["--body-timeout-ms", "800"]);
    let key = format!("Authorization: Api-Key {}\r\n", fixture.key);
    for (target, header, kind) in [
        ("/api/net", key.as_str(), "application/json"),
        ("/look", "", "application/x-www-form-urlencoded"),
        ("/oauth2/token/", "", "application/x-www-form-urlencoded"),
    ] {
        let mut stream = TcpStream::connect(&server.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a time-out");
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\n{header}Content-Type: {kind}\r\nContent-Length: 1000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("it sends");
        let (begun, mut bytes, mut piece) = (Instant::now(), Vec::new(), [0; 4096]);
        // A byte now and then prolongs nothing.
        loop {
            assert!(begun.elapsed() < Duration::from_secs(10), "{target}: a slow body held a connection");
            let _ = stream.write_all(b"a");
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => break,
            }
        }
        let answer = TestResponse::read(&bytes);
        let text = String::from_utf8_lossy(&answer.body);
        let status = if target == "/oauth2/token/" { 400 } else { 408 };
        assert!(answer.status == status && text.contains("arrived too slowly"), "{target}: {} {text}", answer.status);
    }
}

#[test]
fn n06_one_client_cannot_shut_out_probes_or_others() {
    let place = RegistryPlace::sqlite();
    let limits = ["--demo", "--connections", "8", "--connections-per-client", "4", "--connections-reserved", "16"];
    let server = TestServer::start(&place, &limits);
    let silent = |server: &TestServer, count: usize| -> Vec<TcpStream> {
        let held = (0..count).map(|_| {
            let mut stream = TcpStream::connect(&server.address).expect("a connection");
            stream.write_all(b"POST /look HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na").expect("it sends");
            stream
        });
        held.collect()
    };
    // A request that was answered just now may still be counted: then a connection that was meant to take its place
    // stands in the reserve, and one more is needed.
    let fill = |server: &TestServer, held: &mut Vec<TcpStream>| {
        let is_full = || {
            std::thread::sleep(Duration::from_millis(50));
            server.get("/api/net/1").status == 503
        };
        for _ in 0..10 {
            if (0..3).all(|_| is_full()) {
                return;
            }
            held.extend(silent(server, 1));
        }
    };
    let mut held = silent(&server, 4);
    fill(&server, &mut held);
    for probe in ["/healthz", "/readyz", "/metrics", "/healthcheck"] {
        let begun = Instant::now();
        assert_eq!(server.get(probe).status, 200, "{probe}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{probe}");
    }
    let refused = server.get("/api/net/1");
    assert_eq!(
        (refused.status, refused.header("connection"), refused.header("retry-after")),
        (503, Some("close"), Some("5"))
    );
    assert_eq!(refused.error(), "The server has too many connections at the moment. Try again in 5 seconds.");
    // The client's share of the reserve is taken, too: the rest is closed at once.
    let more: Vec<TcpStream> = (0..6).map(|_| TcpStream::connect(&server.address).expect("a connection")).collect();
    let is_closed = |mut stream: &TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a time-out");
        let read = stream.read(&mut [0; 100]);
        !read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    };
    assert!(more.iter().filter(|stream| is_closed(stream)).count() >= 4);
    drop((held, more));
    wait_for(|| server.get("/api/net/1").status == 200);
    // Behind a proxy that is trusted, the same number of connections is nobody's too many.
    let place = RegistryPlace::sqlite();
    let behind = TestServer::start(&place, &[&limits[..], &["--trusted-proxies", "127.0.0.0/8"]].concat());
    let mut held = silent(&behind, 7);
    wait_for(|| behind.get("/api/net/1").status == 200);
    fill(&behind, &mut held);
    assert_eq!(behind.get("/healthz").status, 200, "the reserve is for every client");
    drop(held);
}

#[test]
fn a_request_carries_its_id_and_the_client_may_give_one() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let (one, other) = (server.get("/api/net/1"), server.get("/api/net/1"));
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    assert_eq!(server.send("GET", "/nothing", &[("X-Request-Id", "abc-1")]).header("x-request-id"), Some("abc-1"));
    let bad = server.send("GET", "/nothing", &[("X-Request-Id", "a b\tc")]);
    assert_ne!(bad.header("x-request-id"), Some("a b\tc"));
}

#[test]
fn a_stopped_server_ends_what_it_began() {
    let place = RegistryPlace::sqlite();
    let mut server = demo(&place);
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    let request = format!("GET /api/netixlan?depth=0 HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).expect("it sends");
    let mut first = [0; 1];
    stream.read_exact(&mut first).expect("it begins to answer");
    let message = std::process::Command::new("kill").args(["-TERM", &server.pid().to_string()]).status();
    assert!(message.expect("kill runs").success());
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the whole answer");
    assert!(rest.ends_with(b"\"meta\": {}}"), "the answer was cut off");
    assert!(server.wait().success());
    assert!(TcpStream::connect(&server.address).is_err());
}

fn check_page(page: &TestResponse) {
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    assert_eq!(page.header("content-language"), Some("en"));
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
}

#[test]
fn i12_08_dumps_lie_at_the_root_where_they_are_told_to() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &["--demo", "--dump-path", "/"]);
    for resource in Resource::ALL {
        let dump = server.get(&format!("/{}-0.json", resource.tag()));
        assert_eq!((dump.status, dump.rows()), (200, server.get(&format!("/api/{}", resource.tag())).rows()));
    }
    assert_eq!(server.get("//org-0.json").status, 200);
    for (target, status) in [
        ("/", 200),
        ("/robots.txt", 200),
        ("/healthz", 200),
        ("/apidocs/", 200),
        ("/login", 301),
        ("/net-4.json", 404),
        ("/nothing", 404),
        ("/dumps/net-0.json", 404),
    ] {
        assert_eq!(server.get(target).status, status, "{target}");
    }
    check_page(&server.get("/nothing"));
    let home = String::from_utf8(server.get("/").body).expect("text");
    assert!(home.contains("\"/net-0.json\""), "{home}");
    assert!(server.get("/api/schema").json()["paths"].get("/{file}").is_some());
    let bad = peerage().args(["serve", "--dump-path", "dumps/"]).output().expect("it runs");
    assert_eq!(bad.status.code(), Some(2));
}

#[test]
fn i12_08_pk_is_another_name_of_id() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for (wanted, same) in [
        ("/api/net?pk=25", "/api/net?id=25"),
        ("/api/net?pk=25&depth=2", "/api/net?id=25&depth=2"),
        ("/api/fac?pk__in=1,2", "/api/fac?id__in=1,2"),
        ("/api/org?pk__gt=5&pk__lte=7", "/api/org?id__gt=5&id__lte=7"),
        ("/api/netixlan?net__pk=25", "/api/netixlan?net_id=25"),
        ("/api/net?ix__pk=1", "/api/net?ix=1"),
        ("/api/net?pk=999999", "/api/net?id=999999"),
        ("/api/net?pk__gt=x", "/api/net?id__gt=x"),
    ] {
        let (one, other) = (server.get(wanted), server.get(same));
        assert_eq!((one.status, one.rows()), (other.status, other.rows()), "{wanted}");
    }
    assert_eq!(server.get("/api/net?pk=25").ids(), [25]);
    assert_eq!(server.get("/api/net?pk=999999").status, 404);
}

/// What two addresses answer: the status, the bytes, and the headers that are decided by the path.
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
fn i12_01_doubled_slashes_in_a_path_are_single_ones_for_whatever_judges_a_request() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&[]);
    for (doubled, single) in [
        // What pathvector and peeringdb-py 1.5 send.
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
    assert!(statuses.contains(&429), "they count against the same bound: {statuses:?}");
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

/// One request as it is, byte by byte.
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
    // What never becomes a request.
    let long = format!("GET /api/net?id__in={} HTTP/1.1\r\nHost: x\r\n\r\n", "1,".repeat(35_000));
    check("a very long address", &raw(&node, long.as_bytes()), 414);
    let head = format!("GET /api/net HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    check("a very long head", &raw(&node, head.as_bytes()), 431);
    for no_http in ["hello\r\n\r\n", "GET /api/net HTTP/9\r\n\r\n", "GET /api/net\0 HTTP/1.1\r\n\r\n"] {
        check(no_http, &raw(&node, no_http.as_bytes()), 400);
    }
    // On a connection that has answered before, too.
    let two = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned();
    let mut stream = TcpStream::connect(&node.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    stream.write_all(two.as_bytes()).expect("it sends");
    let mut first = [0; 4096];
    let read = stream.read(&mut first).expect("an answer");
    assert!(first[..read].starts_with(b"HTTP/1.1 200"));
    stream.write_all(b"bad\r\n\r\n").expect("it sends");
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
        assert!(call("PUT", &format!("/api/net/1{dry}"), &net).get("ignored").is_none(), "what a GET gave is known");
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
    // The same request again is answered the same.
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
        // requests.put(url, data=row): texts and numbers as they are, a list of objects as the names of their keys.
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

#[test]
fn i12_05_the_document_says_what_the_server_answers() {
    document::walk();
}

#[test]
fn i12_05_every_route_of_the_api_stands_in_the_document() {
    document::every_route_is_described();
}

#[test]
fn i12_05_closed_lists_of_the_document_are_what_is_taken() {
    document::closed_lists_are_what_is_taken();
}

#[test]
fn pages_and_probes_answer() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for (target, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/apidocs/", "text/html; charset=utf-8"),
        ("/static/style.css", "text/css; charset=utf-8"),
        ("/api/schema", "application/json; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/readyz", "text/plain; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
    ] {
        let answer = server.get(target);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{target}");
        assert!(!answer.body.is_empty());
        if kind.starts_with("text/html") {
            check_page(&answer);
        }
    }
    let missing = server.get("/no/such/page");
    check_page(&missing);
    assert_eq!((missing.status, missing.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let metrics = String::from_utf8(server.get("/metrics").body).expect("text");
    assert!(
        metrics.contains("peerage_http_requests_total{route=\"home\",method=\"GET\",status=\"200\"} 1"),
        "{metrics}"
    );
    assert!(metrics.contains("peerage_rows{resource=\"net\"}"));
}

/// Writes to the registry past the server, and waits until it shows that.
fn check_follows(place: &RegistryPlace, server: &TestServer, id: u32) {
    import(
        place,
        &format!(
            r#"{{"org": {{"data": [{{"id": {id}, "name": "Fresh {id}", "status": "ok", "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z"}}]}}}}"#
        ),
    );
    wait_for(|| server.get(&format!("/api/org/{id}")).status == 200);
}

fn metric(server: &TestServer, name: &str) -> u64 {
    let text = String::from_utf8(server.get("/metrics").body).expect("text");
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("{name} is missing: {text}"))
}

fn stops_when_told(mut server: TestServer, signal: &str) {
    let message = std::process::Command::new("kill").args([signal, &server.pid().to_string()]).status();
    assert!(message.expect("kill runs").success());
    let status = server.wait_for(Duration::from_secs(20)).expect("it ends when it is told to");
    assert!(status.success(), "{status}");
}

#[test]
fn n27_a_closed_pipe_for_log_lines_stops_nothing() {
    let place = RegistryPlace::sqlite();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = TestServer::command(&place);
    command.args(["--demo", "--log-level", "debug"]).stderr(writer);
    let server = TestServer::run(command);
    drop(reader);
    check_follows(&place, &server, 9001);
    check_follows(&place, &server, 9002);
    assert!(metric(&server, "peerage_log_lines_lost_total") > 0);
    assert_eq!(server.get("/readyz").status, 200);
    for task in ["accept", "follow", "limits", "notify", "presence", "signals", "uses", "warm", "writer"] {
        assert_eq!(metric(&server, &format!("peerage_task_up{{task=\"{task}\"}}")), 1, "{task}");
        assert_eq!(metric(&server, &format!("peerage_task_restarts_total{{task=\"{task}\"}}")), 0, "{task}");
    }
    stops_when_told(server, "-TERM");
}

#[test]
fn n27_a_full_disk_for_log_lines_stops_nothing() {
    let place = RegistryPlace::sqlite();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let mut command = TestServer::command(&place);
    command.args(["--demo", "--log-level", "debug", "--log-format", "json"]).stderr(full);
    let server = TestServer::run(command);
    check_follows(&place, &server, 9001);
    check_follows(&place, &server, 9002);
    assert!(metric(&server, "peerage_log_lines_lost_total") > 0);
    assert_eq!(server.get("/readyz").status, 200);
    stops_when_told(server, "-INT");
}

#[test]
fn n27_a_log_reader_that_hangs_stops_nothing() {
    let place = RegistryPlace::sqlite();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = TestServer::command(&place);
    command.args(["--demo", "--log-level", "debug"]).stderr(writer);
    let server = TestServer::run(command);
    // Far more than a pipe holds.
    let long = "x".repeat(4_000);
    for _ in 0..60 {
        assert_eq!(server.get(&format!("/{long}")).status, 404);
    }
    check_follows(&place, &server, 9001);
    stops_when_told(server, "-TERM");
    drop(reader);
}
