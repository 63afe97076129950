//! The versions of the server key, from a new one to the end of an old one.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{json, people, start};
use crate::server::{TestResponse, TestServer};
use crate::support::{TestRegistry, on_both};

/// Waits until a node answers so.
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn key_of(world: &TestRegistry, name: &str) -> String {
    let made = json(world, &["key", "create", "--user", "ann", "--name", name]);
    made["key"].as_str().expect("its text").to_owned()
}

fn read(server: &TestServer, key: &str) -> TestResponse {
    server.send("GET", "/api/net/1", &[("Authorization", &format!("Api-Key {key}"))])
}

fn state(world: &TestRegistry, version: usize) -> Json {
    json(world, &["server-key", "status"])[version - 1].clone()
}

/// Lets the version in use be in use for longer, so that the test need not wait.
fn age(world: &TestRegistry) {
    world.sql("UPDATE registry SET value = REPLACE(value, '\"used\":1', '\"used\":-1') WHERE key = 'server-key'");
}

on_both! {
    fn i16_01_a_version_is_added_on_one_node_after_the_other_and_used_when_all_have_it(world) {
        people(world);
        let old = key_of(world, "old");
        let first = start(world);
        assert_eq!(read(&first, &old).status, 200);
        let ready = |server: &TestServer| {
            let answer = server.get("/readyz");
            (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
        };
        // The file of the second node has the version, that of the first one does not know it yet.
        let before = std::fs::read(world.path("server.key")).expect("a file");
        let made = json(world, &["server-key", "new"]);
        assert_eq!(made["version"], 2);
        let text = std::fs::read_to_string(world.path("server.key")).expect("a file");
        assert!(text.as_bytes().starts_with(&before) && text.lines().count() == 4, "lines are added");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let rights = std::fs::metadata(world.path("server.key")).expect("a file").permissions().mode();
            assert_eq!(rights & 0o777, 0o600);
        }
        let second = start(world);
        assert_eq!(state(world, 2)["state"], "not used yet");
        let between = key_of(world, "between");
        for node in [&first, &second] {
            wait_for("what version 1 made is accepted", || read(node, &between).status == 200);
        }
        assert_eq!(ready(&first).0, 200);

        json(world, &["server-key", "use", "2"]);
        let new = key_of(world, "new");
        wait_for("the second node has the key", || read(&second, &new).status == 200);
        wait_for("the first node knows the key", || read(&first, &new).status == 503);
        let refused = read(&first, &new);
        assert_eq!(refused.status, 503, "{}", refused.error());
        assert!(refused.header("retry-after").is_some() && refused.error().contains("old server key"));
        assert_eq!(read(&first, &old).status, 200, "what it can check is answered");
        wait_for("the first node says so", || ready(&first).0 == 503);
        assert!(ready(&first).1.contains("server_key_old: this node's server key has version 1, but the registry uses version 2"));
        let metrics = String::from_utf8(first.get("/metrics").body).expect("text");
        for expected in ["peerage_server_key_version 1\n", "peerage_server_key_version_in_use 2\n", "condition=\"server_key_old\"} 1\n"] {
            assert!(metrics.contains(expected), "{expected}");
        }
        let headers = [("Authorization", &*format!("Api-Key {old}")), ("Content-Type", "application/json")];
        assert_eq!(first.send_body("POST", "/api/poc", &headers, "{}").status, 503, "it makes nothing");
        assert_eq!(ready(&second).0, 200);
        let printed = first.printed();
        drop(first);
        assert!(printed.is_empty() || !printed.contains(&new), "no secret is shown");
        // Restarted, it has the new file.
        let first = start(world);
        assert_eq!((read(&first, &new).status, read(&first, &old).status, ready(&first).0), (200, 200, 200));
    }

    fn i16_01_a_version_is_retired_when_nothing_depends_on_it(world) {
        people(world);
        let old = key_of(world, "old");
        json(world, &["server-key", "new"]);
        assert!(world.fails(1, &["server-key", "retire", "1"]).contains("version 1 is in use"));
        json(world, &["server-key", "use", "2"]);
        assert!(world.fails(1, &["server-key", "retire", "1"]).contains("less than a minute"));
        let used = json(world, &["server-key", "status"])[1]["used_since"].clone();
        assert!(used.is_string(), "{used}");
        age(world);
        let message = world.fails(1, &["server-key", "retire", "1"]);
        assert!(message.contains("version 1 is still needed by 1 API keys"), "{message}");
        let server = start(world);
        assert_eq!(read(&server, &old).status, 200);
        let public = old.split('_').nth(2).expect("its public part").to_owned();
        world.ok(&["key", "rotate", &public, "--overlap-hours", "0"]);
        assert_eq!(state(world, 1)["total"], 0);
        assert!(world.ok(&["server-key", "retire", "1"]).contains("You can remove its line"));
        assert_eq!(state(world, 1)["state"], "retired");
        assert!(world.fails(1, &["server-key", "use", "1"]).contains("retired"));
        drop(server);
        let text = std::fs::read_to_string(world.path("server.key")).expect("a file");
        let without: String = text.split_inclusive('\n').filter(|line| !line.starts_with("1 ")).collect();
        world.file("server.key", without);
        let server = start(world);
        assert_eq!(server.get("/readyz").status, 200);
        assert_eq!(read(&server, &old).status, 401, "it was replaced, and no node can ever check it");
    }

    fn i16_01_a_lost_key_is_replaced_by_a_command(world) {
        people(world);
        let old = key_of(world, "old");
        let refused = world.fails(2, &["server-key", "replace", "--yes-all-secrets-become-invalid"]);
        assert!(refused.contains("exists"), "{refused}");
        std::fs::remove_file(world.path("server.key")).expect("lost");
        world.fails(2, &["server-key", "replace"]);
        world.ok(&["server-key", "replace", "--yes-all-secrets-become-invalid"]);
        let server = start(world);
        assert_eq!(read(&server, &old).status, 401);
        let new = key_of(world, "new");
        wait_for("a new key is accepted", || read(&server, &new).status == 200);
        // A copy of the lost key that turns up later is not taken.
        world.file("server.key", format!("1 {}\n", "ab".repeat(32)));
        assert!(world.fails(2, &["key", "create", "--user", "ann", "--name", "x"]).contains("does not belong"));
    }
}
