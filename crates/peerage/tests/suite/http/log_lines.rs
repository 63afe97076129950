//! A server whose log output nobody reads.

use std::time::Duration;

use super::{import, wait_for};
use crate::server::{RegistryPlace, TestServer};

/// Writes to the registry without the server, and waits until the server shows it.
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
    let status = server.wait_for(Duration::from_secs(20)).expect("it stops when requested");
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
    // Far more than fits into a pipe.
    let long = "x".repeat(4_000);
    for _ in 0..60 {
        assert_eq!(server.get(&format!("/{long}")).status, 404);
    }
    check_follows(&place, &server, 9001);
    stops_when_told(server, "-TERM");
    drop(reader);
}
