//! Tests of traces against the real program, which needs the feature `opentelemetry`:
//!
//!     cargo nextest run --workspace --locked --features peerage/opentelemetry --test traces

mod collector;
#[allow(dead_code, reason = "shared with the tests of the program, which use all of it")]
#[path = "../suite/server/mod.rs"]
mod server;
#[allow(dead_code, reason = "as above")]
#[path = "../suite/visitor/mod.rs"]
mod visitor;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::collector::{ReceivedSpan, TestCollector};
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer};

const SERVER: u64 = 2;
const CLIENT: u64 = 3;
const FAILED: u64 = 2;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Returns the command that serves the registry and exports traces to this address.
fn exporting(fixture: &ServerFixture, collector: &str, arguments: &[&str]) -> Command {
    let mut command = TestServer::command(&fixture.place);
    command
        .arg("--server-key-file")
        .arg(fixture.folder.path().join("server.key"))
        .args(arguments)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"))
        .env("OTEL_BSP_SCHEDULE_DELAY", "50");
    command
}

fn is_of_request(id: &str) -> impl Fn(&ReceivedSpan) -> bool {
    move |span| span.attributes.get("peerage.request.id").is_some_and(|known| known == id)
}

fn attributes(span: &ReceivedSpan) -> Vec<(&str, &str)> {
    span.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn opentelemetry_a_request_is_a_span_with_its_route_and_status() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let collector = TestCollector::start();
    let mut command = exporting(&fixture, &collector.address, &["--rdap", "off"]);
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20abc");
    let server = TestServer::run(command);
    for (id, method, target, status, name, route) in [
        ("one", "GET", "/api/net/1?depth=0", "200", "GET /api/net/{id}", Some("/api/net/{id}")),
        ("none", "GET", "/api/net/99999", "404", "GET /api/net/{id}", Some("/api/net/{id}")),
        ("list", "HEAD", "/api/fac?limit=1", "200", "HEAD /api/fac", Some("/api/fac")),
        ("page", "GET", "/net/1", "200", "GET /net/{id}", Some("/net/{id}")),
        ("nowhere", "GET", "/nowhere", "404", "GET", None),
        ("method", "SECRETMETHOD", "/api/net/1", "405", "HTTP /api/net/{id}", Some("/api/net/{id}")),
    ] {
        let answer = server.send(method, target, &[("X-Request-Id", id)]);
        assert_eq!(answer.status.to_string(), status, "{target}");
        let span = collector.span(target, is_of_request(id));
        let shown = if method == "SECRETMETHOD" { "_OTHER" } else { method };
        let mut expected =
            vec![("http.request.method", shown), ("http.response.status_code", status), ("peerage.request.id", id)];
        expected.extend(route.map(|route| ("http.route", route)));
        expected.push(("url.scheme", "http"));
        expected.sort_unstable();
        assert_eq!(attributes(&span), expected, "{target}");
        assert_eq!(
            (span.name.as_str(), span.kind, span.status, span.parent.as_str()),
            (name, SERVER, 0, ""),
            "{target}"
        );
    }
    let resource = collector.resource();
    assert_eq!(resource.get("service.name").map(String::as_str), Some("peerage"), "{resource:?}");
    assert_eq!(resource.get("service.version").map(String::as_str), Some(env!("CARGO_PKG_VERSION")));
    assert!(resource.contains_key("service.instance.id"));
    assert!(collector.holds("authorization: Basic abc\r\n"), "the headers of the environment are sent");
}

#[test]
fn opentelemetry_a_change_shows_where_its_time_goes() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let collector = TestCollector::start();
    // The collector's answer is not one of an RDAP server, so the lookup fails.
    let rdap = format!("http://{}/rdap", collector.address);
    let server = TestServer::run(exporting(&fixture, &collector.address, &["--rdap", &rdap]));
    let mut net = server.call(&fixture.key, "GET", "/api/net/1", &json!(null)).rows().remove(0);
    net["aka"] = json!("changed");
    let answer = server.call(&fixture.key, "PUT", "/api/net/1", &net);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let request = collector.span("the request", is_of_request(answer.header("x-request-id").expect("an ID")));
    assert_eq!(request.name, "PUT /api/net/{id}");
    let commit = collector.span("its commit", |span| span.name == "commit" && span.parent == request.id);
    let append = collector.span("its append", |span| span.name == "append" && span.parent == commit.id);
    assert_eq!((&commit.trace, &append.trace), (&request.trace, &request.trace));
    assert_eq!(attributes(&append), [("peerage.changes", "1")]);
    assert_eq!((commit.status, append.status, append.links), (0, 0, 0));

    let body = json!({"org_id": 1, "name": "Looked up", "asn": 63_900});
    let answer = server.call(&fixture.key, "POST", "/api/net", &body);
    let request = collector.span("the request", is_of_request(answer.header("x-request-id").expect("an ID")));
    let lookup = collector.span("its lookup", |span| span.name == "rdap" && span.parent == request.id);
    assert_eq!((lookup.kind, lookup.status), (CLIENT, FAILED));
    assert_eq!(attributes(&lookup), [("error.type", "unavailable")]);
}

#[test]
fn opentelemetry_heavy_work_is_inside_of_its_request() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let collector = TestCollector::start();
    let server = TestServer::run(exporting(&fixture, &collector.address, &["--rdap", "off"]));
    let answer = server.send("GET", "/export/advanced-search/net/csv", &[("X-Request-Id", "export")]);
    assert_eq!(answer.status, 200);
    let request = collector.span("the request", is_of_request("export"));
    for name in ["turn wait", "heavy work"] {
        collector.span(name, |span| span.name == name && span.trace == request.trace && span.parent == request.id);
    }
}

#[test]
fn opentelemetry_no_span_has_a_secret_or_what_a_client_sent() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let collector = TestCollector::start();
    let proxies = ["--rdap", "off", "--trusted-proxies", "127.0.0.0/8"];
    let server = TestServer::run(exporting(&fixture, &collector.address, &proxies));
    let visitor = fixture.visitor(&server, 1);
    assert_eq!(visitor.get("/profile?next=SECRETNEXT").status(), 200);
    for target in [
        "/api/net?name=SECRETQUERY",
        "/SECRETPATH",
        "/api/SECRETKIND",
        "/api/net/SECRETNUMBER",
        "/accounts/confirm-email/SECRETLINK/",
        "/api/org/1/keys/SECRETKEY",
    ] {
        let key = format!("Api-Key {}", fixture.key);
        let sent = [
            ("Authorization", key.as_str()),
            ("User-Agent", "SECRETAGENT"),
            ("Referer", "https://SECRETREFERER"),
            ("X-Forwarded-For", "203.0.113.77"),
            ("traceparent", "00-SECRETPARENT-SECRETPARENT-01"),
            ("tracestate", "vendor=SECRETSTATE"),
            ("baggage", "user=SECRETBAGGAGE"),
        ];
        server.send("GET", target, &sent);
    }
    server.call(&fixture.key, "PUT", "/api/net/1", &json!({"org_id": 1, "name": "SECRETBODY", "asn": 63_001}));
    let last = server.send("GET", "/api/net/1", &[("X-Request-Id", "SECRET-but-an-id")]);
    assert_eq!(last.status, 200);
    collector.span("the last request", is_of_request("SECRET-but-an-id"));
    assert!(collector.spans().len() > 8, "all requests are recorded");
    for text in [
        "SECRETNEXT",
        "SECRETQUERY",
        "SECRETPATH",
        "SECRETKIND",
        "SECRETNUMBER",
        "SECRETLINK",
        "SECRETKEY",
        "SECRETAGENT",
        "SECRETREFERER",
        "SECRETPARENT",
        "SECRETSTATE",
        "SECRETBAGGAGE",
        "SECRETBODY",
        "203.0.113.77",
        "ada@org.example",
    ] {
        assert!(!collector.holds(text), "{text}");
    }
    assert!(!collector.holds(&fixture.key) && !collector.holds(server::fixture::public(&fixture.key)));
}

#[test]
fn opentelemetry_only_a_trusted_proxy_continues_a_trace() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    let unsampled = format!("00-{TRACE}-{PARENT}-00");
    for is_trusted in [true, false] {
        let collector = TestCollector::start();
        let arguments: &[&str] = if is_trusted { &["--trusted-proxies", "127.0.0.0/8"] } else { &[] };
        let server = TestServer::run(exporting(&fixture, &collector.address, arguments));
        for (id, parent) in [("left-out", &unsampled), ("continued", &sampled)] {
            server.send("GET", "/api/net/1", &[("traceparent", parent), ("X-Request-Id", id)]);
        }
        server.send("GET", "/api/net/1", &[("X-Request-Id", "last")]);
        let continued = collector.span("continued", is_of_request("continued"));
        let last = collector.span("last", is_of_request("last"));
        assert_eq!(continued.trace == TRACE, is_trusted);
        assert_eq!(continued.parent, if is_trusted { PARENT } else { "" });
        assert_eq!((last.parent.as_str(), last.trace == TRACE), ("", false));
        // The proxy has decided that this trace is not recorded. Nobody else decides that.
        let is_left_out = !collector.spans().iter().any(is_of_request("left-out"));
        assert_eq!(is_left_out, is_trusted);
    }
}

/// Sends many requests and stops the server. Returns its log.
fn work_without_collector(address: &str) -> String {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let log = fixture.folder.path().join("log");
    let mut command = exporting(&fixture, &format!("user:SECRETPASSWORD@{address}"), &["--requests-per-second", "0"]);
    command
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=SECRETHEADER")
        .env("OTEL_BSP_MAX_QUEUE_SIZE", "64")
        .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "32")
        .stderr(std::fs::File::create(&log).expect("a file"));
    let mut server = TestServer::run(command);
    let begun = Instant::now();
    for _ in 0..500 {
        let sent = Instant::now();
        assert_eq!(server.get("/api/net/1").status, 200);
        assert!(sent.elapsed() < Duration::from_secs(2), "a request waits for the collector");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "requests wait for the collector");
    let begun = Instant::now();
    let signal = Command::new("kill").arg(server.pid().to_string()).status().expect("kill runs");
    assert!(signal.success());
    let status = server.wait_for(Duration::from_secs(20)).expect("it stops");
    assert!(status.success() && begun.elapsed() < Duration::from_secs(8), "{status} after {:?}", begun.elapsed());
    let log = std::fs::read_to_string(&log).expect("the log");
    assert!(!log.contains("SECRET"), "{log}");
    log
}

#[test]
fn opentelemetry_a_collector_that_is_away_delays_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let log = work_without_collector(&address);
    assert_eq!(log.matches("traces cannot be exported").count(), 1, "failures are logged once: {log}");
    assert!(log.contains("Connection refused"), "the reason is logged: {log}");
}

#[test]
fn opentelemetry_a_collector_that_hangs_delays_nothing() {
    let collector = TestCollector::hanging();
    let log = work_without_collector(&collector.address);
    assert!(collector.requests() > 0, "spans were sent");
    assert!(log.contains("not all traces could be exported before the end"), "{log}");
}

#[test]
fn opentelemetry_spans_that_are_left_are_sent_at_the_end() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let collector = TestCollector::start();
    let mut command = exporting(&fixture, &collector.address, &[]);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    let mut server = TestServer::run(command);
    assert_eq!(server.send("GET", "/api/net/1", &[("X-Request-Id", "last")]).status, 200);
    assert_eq!(collector.spans().len(), 0);
    Command::new("kill").arg(server.pid().to_string()).status().expect("kill runs");
    assert!(server.wait_for(Duration::from_secs(10)).expect("it stops").success());
    assert!(collector.spans().iter().any(is_of_request("last")));
}

#[test]
fn opentelemetry_without_a_collector_nothing_is_exported() {
    for (variables, message) in [
        (vec![], None),
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], None),
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:1"), ("OTEL_SDK_DISABLED", "true")], None),
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:1"), ("OTEL_TRACES_EXPORTER", "none")], None),
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "SECRETUSER:SECRET@collector:4318")],
            Some("OTEL_EXPORTER_OTLP_ENDPOINT does not begin with http:// or https://"),
        ),
        (
            vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://SECRET SECRET")],
            Some("the address of the collector is not"),
        ),
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1]:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
            Some("OTEL_EXPORTER_OTLP_PROTOCOL: \"grpc\" is not supported"),
        ),
    ] {
        let place = RegistryPlace::sqlite();
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let mut command = TestServer::command(&place);
        command.envs(variables.clone()).stderr(std::fs::File::create(&log).expect("a file"));
        let server = TestServer::run(command);
        assert_eq!(server.get("/api/net").status, 200);
        let log = std::fs::read_to_string(&log).expect("the log");
        assert!(!log.contains("exporting traces") && !log.contains("SECRET"), "{variables:?}: {log}");
        match message {
            Some(message) => assert!(log.contains(message), "{variables:?}: {log}"),
            None => assert!(!log.contains("traces"), "{variables:?}: {log}"),
        }
    }
}
