//! Events that a clock far ahead has written: they are named, and no other registry takes them over by mistake.

use crate::server::{TestServer, eventually};
use crate::support::{TestRegistry, demo, preload_library};

/// A registry whose newest event is one day ahead of the clock. On PostgreSQL the database's clock counts.
fn registry_ahead() -> TestRegistry {
    let world = TestRegistry::sqlite();
    world.import(&[&world.file("demo.json", demo())]);
    let library = preload_library(&world.path(""), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/ahead.c"));
    let mut command = world.command(&["user", "create", "--username", "eve", "--email", "eve@example.net"]);
    let output = command.env("LD_PRELOAD", library).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world
}

#[test]
fn i16_06_an_event_from_the_future_is_named_by_doctor_and_by_the_node() {
    let world = registry_ahead();
    let output = world.run(&["doctor"]);
    let message = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("which is in the future; all later changes get times after it"), "{message}");
    let key = world.path("server.key").display().to_string();
    let server = TestServer::start_at(world.database(), &["--server-key-file", &key]);
    let shown = || String::from_utf8(server.get("/readyz").body).expect("UTF-8");
    eventually("the node warns", || shown().contains("log_ahead"));
    assert_eq!(server.get("/readyz").status, 200, "a warning does not take a node away: {}", shown());
}

#[test]
fn i16_06_a_backup_with_times_from_the_future_is_restored_only_if_the_operator_says_so() {
    let world = registry_ahead();
    let backup = world.path("ahead.backup").display().to_string();
    world.ok(&["backup", &backup]);
    let fresh = world.another();
    let message = fresh.fails(1, &["restore", &backup]);
    assert!(message.contains("--accept-future-times") && message.contains("nothing was changed"), "{message}");
    assert!(!std::path::Path::new(fresh.database()).exists(), "no database is left");
    fresh.ok(&["restore", &backup, "--accept-future-times"]);
    assert_eq!(world.export(), fresh.export());
}
