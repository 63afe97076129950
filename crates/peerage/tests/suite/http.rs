//! The server from the client's point of view, on both stores.

mod answers;
mod bounds;
mod document;
mod dumps;
mod limits;
mod log_lines;
mod refusals;
mod slashes;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use answers::{
    a_kept_answer_is_the_same_and_is_forgotten_with_the_next_change, a_second_node_shows_a_change_within_a_second,
    an_unchanged_answer_is_not_sent_again, compressed_listings_hold_the_same_bytes,
    every_resource_answers_by_the_same_rules,
};
use bounds::{
    n01_one_client_that_asks_for_much_shuts_nobody_out, n01_probes_answer_beside_sixty_four_of_the_worst,
    n01_the_worst_requests_are_answered_or_refused_with_the_cap,
    n01_what_takes_long_is_the_same_answer_as_what_does_not,
};
use dumps::i12_08_dumps_are_the_listings_of_an_anonymous_caller_and_say_how_fresh_they_are;

use crate::server::{RegistryPlace, TestResponse, TestServer, peerage};

/// Runs each test twice: on SQLite and on PostgreSQL.
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
        Some(other) => panic!("{other} was not requested"),
    }
    plain
}

fn import(place: &RegistryPlace, document: &str) {
    let mut child = peerage()
        .args(["import", "-", "--strict", "--database", &place.database()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its input").write_all(document.as_bytes()).expect("the program reads its input");
    assert!(child.wait().expect("the program ends").success());
}

fn wait_for(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the condition was never met");
        std::thread::sleep(Duration::from_millis(5));
    }
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
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let mut first = [0; 1];
    stream.read_exact(&mut first).expect("the answer begins");
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
