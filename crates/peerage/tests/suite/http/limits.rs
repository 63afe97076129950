//! Requests that are too many, too large or too slow.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::wait_for;
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestResponse, TestServer};

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
        stream.write_all(sent.as_bytes()).expect("the request is sent");
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
        stream.write_all(head.as_bytes()).expect("the request is sent");
        let (begun, mut bytes, mut piece) = (Instant::now(), Vec::new(), [0; 4096]);
        // Single bytes do not extend the timeout.
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
            stream
                .write_all(b"POST /look HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na")
                .expect("the request is sent");
            stream
        });
        held.collect()
    };
    // A request that was just answered may still be counted. Then a connection that was meant to take its slot is in
    // the reserve, and one more is needed.
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
    // The client's share of the reserve is used up, too: the rest are closed at once.
    let more: Vec<TcpStream> = (0..6).map(|_| TcpStream::connect(&server.address).expect("a connection")).collect();
    let is_closed = |mut stream: &TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a time-out");
        let read = stream.read(&mut [0; 100]);
        !read.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    };
    assert!(more.iter().filter(|stream| is_closed(stream)).count() >= 4);
    drop((held, more));
    wait_for(|| server.get("/api/net/1").status == 200);
    // Behind a trusted proxy, the same number of connections is not too many for anyone.
    let place = RegistryPlace::sqlite();
    let behind = TestServer::start(&place, &[&limits[..], &["--trusted-proxies", "127.0.0.0/8"]].concat());
    let mut held = silent(&behind, 7);
    wait_for(|| behind.get("/api/net/1").status == 200);
    fill(&behind, &mut held);
    assert_eq!(behind.get("/healthz").status, 200, "the reserve is for every client");
    drop(held);
}
