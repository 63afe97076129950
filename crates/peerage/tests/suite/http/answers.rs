//! Answers to reads.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use peerage_schema::Resource;

use super::refusals::ask_on;
use super::{check_page, decode, demo, import, wait_for};
use crate::server::{RegistryPlace, TestResponse, TestServer};

pub(super) fn every_resource_answers_by_the_same_rules(place: &RegistryPlace) {
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
        assert!(!all.rows().is_empty(), "{list}: the demo has no such row");
        assert!(all.body.starts_with(b"{\"data\": [{\"id\": "), "{list}: the bytes that clients search for");
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
        // Hidden contacts are counted, so that pages do not reveal where they are.
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

pub(super) fn an_unchanged_answer_is_not_sent_again(place: &RegistryPlace) {
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

pub(super) fn compressed_listings_hold_the_same_bytes(place: &RegistryPlace) {
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

pub(super) fn a_kept_answer_is_the_same_and_is_forgotten_with_the_next_change(place: &RegistryPlace) {
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
        assert!(
            status == 200 && String::from_utf8_lossy(&body).contains(&link),
            "{host}: links name the requested host"
        );
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

pub(super) fn a_second_node_shows_a_change_within_a_second(place: &RegistryPlace) {
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
    assert!(few.is_empty(), "a count of related objects is a filter");
    let page = server.get("/api/net?page=2&per_page=3");
    let keys: Vec<String> = page.json()["meta"]["pagination"].as_object().expect("an object").keys().cloned().collect();
    let expected = ["count", "has_next", "has_previous", "next", "previous", "page", "per_page", "total_pages"];
    assert_eq!(keys, expected);
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
