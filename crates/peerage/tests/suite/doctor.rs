//! `peerage doctor` finds changes that were made without the program.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value as Json;

use crate::keeper::wait_for;
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, call};
use crate::support::{TestRegistry, demo, on_both};

/// Imports the demo, runs the statement, and expects this finding in this check.
fn finds(world: &TestRegistry, statement: &str, check: &str, expected: &str) {
    world.import(&[&world.file("demo.json", demo())]);
    world.sql(statement);
    let output = world.run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["healthy"], false);
    let checks = report["checks"].as_array().expect("a list");
    let found = checks.iter().find(|found| found["check"] == check).expect("the check ran");
    let findings = found["findings"].to_string();
    assert!(findings.contains(expected), "{findings}");
    let message = String::from_utf8(world.run(&["doctor"]).stdout).expect("UTF-8");
    assert!(message.contains("NOT healthy") && message.contains(expected), "{message}");
}

/// Waits until a server has taken a lease, by which the command line knows that it runs.
fn wait_for_lease(world: &TestRegistry) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    world.sql("UPDATE net SET notes = 'y' WHERE id = 3");
    while !String::from_utf8_lossy(&world.run(&["doctor", "--repair"]).stderr).contains("a server is running") {
        assert!(std::time::Instant::now() < until, "the server takes no lease");
    }
}

on_both! {
    fn a_sound_registry_is_healthy(world) {
        world.import(&[&world.file("demo.json", demo())]);
        let report: serde_json::Value = serde_json::from_str(&world.ok(&["doctor", "--json"])).expect("JSON");
        assert_eq!((&report["healthy"], report["checks"].as_array().map(Vec::len)), (&true.into(), Some(7)));
        assert!(world.ok(&["doctor"]).ends_with("\nhealthy\n"));
    }

    fn a_row_that_was_changed_is_found(world) {
        finds(world, "UPDATE net SET notes = 'x' WHERE id = 3", "rows", "net 3: notes differs from what the log says");
    }

    fn a_row_that_was_removed_is_found(world) {
        finds(world, "DELETE FROM poc WHERE id = 3", "rows", "poc 3 is missing from its table");
    }

    fn an_event_that_was_changed_is_found(world) {
        finds(world, "UPDATE event SET action = 'delete' WHERE sequence = 5", "log", "event 5 or its place in the log");
    }

    fn an_event_that_was_removed_is_found(world) {
        finds(world, "DELETE FROM event WHERE sequence = 5", "log", "event 4 is followed by event 6");
    }

    fn a_record_that_cannot_be_read_is_found(world) {
        world.import(&[&world.file("demo.json", demo())]);
        world.ok(&["user", "create", "--username", "ann", "--email", "ann@example.net"]);
        finds(world, "UPDATE record SET body = '{}' WHERE kind = 'user'", "people", "user 1: missing field");
    }

    fn a_key_without_an_owner_is_found(world) {
        world.import(&[&world.file("demo.json", demo())]);
        world.ok(&["user", "create", "--username", "ann", "--email", "ann@example.net"]);
        world.ok(&["key", "create", "--user", "ann", "--name", "laptop"]);
        finds(world, "DELETE FROM record WHERE kind = 'user'", "people", "there is no user 1");
    }

    fn i16_03_what_differs_from_the_log_is_made_again_from_it(world) {
        world.import(&[&world.file("demo.json", demo())]);
        world.ok(&["user", "create", "--username", "ann", "--email", "ann@example.net"]);
        world.ok(&["user", "create", "--username", "bob", "--email", "bob@example.net"]);
        let before = world.export();
        let people = world.ok(&["user", "list", "--json"]);
        let server = crate::server::TestServer::start_at(world.database(), &[]);
        wait_for_lease(world);
        world.sql(
            "UPDATE net SET notes = 'x' WHERE id = 3; DELETE FROM poc WHERE id = 3; \
             UPDATE org SET name = 'x' WHERE id = 1; DELETE FROM record WHERE kind = 'user' AND id = 2; \
             UPDATE record SET body = '{}' WHERE kind = 'user' AND id = 1; \
             INSERT INTO record (kind, id, body) VALUES ('user', 77, '{}')",
        );
        let message = world.fails(1, &["doctor", "--repair", "--yes"]);
        assert!(message.contains("a server is running"), "{message}");
        drop(server);
        world.sql("DELETE FROM registry WHERE key LIKE '%.lease'");
        let damaged = world.run(&["doctor", "--json"]).stdout;
        let message = world.fails(2, &["doctor", "--repair"]);
        assert!(message.contains("pass --yes") && message.contains("net 3: notes differs"), "{message}");
        assert_eq!(world.run(&["doctor", "--json"]).stdout, damaged, "nothing was changed");
        let output = world.run(&["doctor", "--repair", "--yes"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stdout));
        assert!(told.contains("5 made again from the log, 1 removed"), "{told}");
        assert!(world.ok(&["doctor"]).ends_with("\nhealthy\n"));
        assert_eq!((world.export(), world.ok(&["user", "list", "--json"])), (before, people));
        assert!(String::from_utf8_lossy(&world.run(&["doctor", "--repair", "--yes"]).stderr).contains("nothing was repaired"));
        let server = crate::server::TestServer::start_at(world.database(), &[]);
        assert_eq!(server.get("/api/poc/3").status, 200);
        assert_ne!(server.get("/api/org/1").rows()[0]["name"], "x");
    }

    fn i16_03_nothing_is_repaired_from_a_log_that_is_damaged(world) {
        world.import(&[&world.file("demo.json", demo())]);
        world.sql("UPDATE net SET notes = 'x' WHERE id = 3; UPDATE event SET action = 'delete' WHERE sequence = 5");
        let message = world.fails(1, &["doctor", "--repair", "--yes"]);
        assert!(message.contains("event 5") && message.contains("Restore a backup"), "{message}");
        let report: serde_json::Value = serde_json::from_slice(&world.run(&["doctor", "--json"]).stdout).expect("JSON");
        assert!(report.to_string().contains("net 3: notes differs"), "nothing was changed");
    }

    fn names_that_differ_only_in_case_are_found(world) {
        let twice = "UPDATE org SET name = 'ДНІПРО Мережа' WHERE id = 1";
        finds(world, twice, "unique", "org 4 has the name of org 1");
    }
}

#[test]
fn a_registry_that_is_not_there_is_not_made() {
    let world = TestRegistry::sqlite();
    let message = world.fails(1, &["doctor"]);
    assert!(message.contains("there is no registry"), "{message}");
    assert!(!world.path("registry.db").exists());
}

#[test]
fn a_damaged_file_is_not_served() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    fixture.place.sql("UPDATE net SET notes = 'x' WHERE id = 3");
    let refused = fixture.command(&[]).stderr(Stdio::piped()).output().expect("the program runs");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(
        message.contains("damaged: net 3: notes differs from what the log says; run `peerage doctor`"),
        "{message}"
    );

    // A large file is served before its check has ended. Then nothing is answered but probes.
    let mut node = fixture.command(&["--check-at-start", "background"]);
    let mut node = node.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut lines = BufReader::new(node.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once("http://")?.1.split('/').next()?.to_owned()));
    let ask = |target| call(address.as_deref().expect("an address"), &fixture.key, "GET", target, &Json::Null);
    wait_for("the damage is found", || ask("/readyz").is_ok_and(|ready| ready.status == 503));
    let ready = String::from_utf8_lossy(&ask("/readyz").expect("an answer").body).into_owned();
    assert!(ready.contains("store_damaged: the database is damaged: net 3"), "{ready}");
    for target in ["/api/net/3", "/api/net", "/net/3", "/"] {
        assert_eq!(ask(target).expect("an answer").status, 503, "{target}");
    }
    assert_eq!(ask("/healthz").expect("an answer").status, 200);
    node.kill().expect("it runs");
    node.wait().expect("it ends");

    let node = fixture.serve(&["--check-at-start", "off"]);
    assert_eq!(node.get("/api/net/3").status, 200);
}

#[test]
fn a_changed_definition_of_a_table_is_found() {
    let world = TestRegistry::sqlite();
    finds(&world, "DROP INDEX net_asn_key", "engine", "the definition of index net_asn_key was changed");
}
