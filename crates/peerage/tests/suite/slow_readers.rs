//! Clients that read long answers slowly: what they may use, and who is cut off.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer, call, eventually};

/// Networks with long notes, and their bytes each: together more than the buffers of a connection.
const LONG: u32 = 40;
const NOTES_BYTES: usize = 60_000;

/// Letters that do not compress well.
fn notes(seed: u32) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state >> 26) as usize])
    };
    std::iter::repeat_with(letter).take(NOTES_BYTES).collect()
}

fn change(server: &TestServer, key: &str, net: u32, notes: &str) {
    let body = serde_json::json!({"org_id": 1, "name": format!("Net {net}"), "asn": 63_000 + net,
                                  "website": "https://net.example", "notes": notes});
    let answer = call(&server.address, key, "PUT", &format!("/api/net/{net}"), &body).expect("a connection");
    assert_eq!(answer.status, 200, "{}", answer.error());
}

/// A server with long listings.
fn serve(fixture: &ServerFixture, arguments: &[&str]) -> TestServer {
    let server = fixture.serve(arguments);
    for net in 1..=LONG {
        change(&server, &fixture.key, net, &notes(net));
    }
    server
}

/// Asks for a long answer and reads its head only.
fn begin(server: &TestServer, encoding: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    let head = format!("GET /api/net HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the request is sent");
    let mut begun = [0; 15];
    stream.read_exact(&mut begun).expect("an answer");
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    stream
}

/// Reads to the end. Returns whether the answer was complete.
fn is_complete(mut stream: TcpStream, encoding: &str) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
        Err(error) => panic!("{error}"),
    }
    if encoding == "identity" { bytes.ends_with(b"], \"meta\": {}}") } else { bytes.ends_with(b"\r\n0\r\n\r\n") }
}

fn answers_cut(server: &TestServer) -> u64 {
    let text = String::from_utf8(server.get("/metrics").body).expect("a text");
    let line = text.lines().find_map(|line| line.strip_prefix("peerage_http_answers_cut_total "));
    line.expect("the metric").parse().expect("a number")
}

#[test]
fn n06_slow_readers_do_not_keep_many_earlier_states() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    // One earlier state of the networks fits, two do not.
    let server = serve(&fixture, &["--earlier-state-bytes", "4000000"]);
    let first = begin(&server, "identity");
    change(&server, &fixture.key, 1, &notes(1_001));
    let second = begin(&server, "identity");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(answers_cut(&server), 0, "one earlier state is allowed");
    change(&server, &fixture.key, 2, &notes(1_002));
    let third = begin(&server, "identity");
    eventually("the earliest state is released", || answers_cut(&server) == 1);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(answers_cut(&server), 1, "no more than needed");
    let complete = [first, second, third].map(|stream| is_complete(stream, "identity"));
    assert_eq!(complete, [false, true, true]);
}

#[test]
fn n06_slow_readers_do_not_hold_many_compressors() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    // Three compressors fit.
    let server = serve(&fixture, &["--long-answer-bytes", "3500000"]);
    let slow: Vec<TcpStream> = (0..6).map(|_| begin(&server, "zstd")).collect();
    eventually("the slowest are cut off", || answers_cut(&server) == 3);
    let begun = Instant::now();
    // Each that has ended leaves its place to the next.
    for _ in 0..5 {
        assert!(is_complete(begin(&server, "identity"), "identity"), "shared pages need next to nothing");
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    let complete = slow.into_iter().map(|stream| is_complete(stream, "zstd"));
    assert_eq!(complete.filter(|complete| *complete).count(), 3);
}
