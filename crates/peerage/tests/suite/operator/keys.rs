//! Keys and policies from the command line.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{json, people, start};
use crate::server::TestServer;
use crate::support::{TestRegistry, on_both};

pub(super) fn org_key(world: &TestRegistry, more: &[&str]) -> Json {
    let base = ["key", "create", "--org", "1", "--name", "sync", "--email", "noc@example.net"];
    json(world, &[&base, more].concat())
}

/// Waits until a request with a key gets this status.
pub(super) fn answers(server: &TestServer, key: &str, expected: u16) {
    let begun = Instant::now();
    loop {
        let status = server.send("GET", "/api/whoami", &[("Authorization", &format!("Api-Key {key}"))]).status;
        if status == expected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{status}, expected {expected}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes a role key, which only the person can create.
fn role_key(world: &TestRegistry, server: &TestServer, user: &str, role: &str) -> Json {
    let session = json(world, &["user", "session", user]);
    let bearer = format!("Bearer {}", session["session"].as_str().expect("a text"));
    let body = r#"{"name": "mine", "email": "noc@example.net"}"#;
    let target = format!("/api/org/1/roles/{role}/keys");
    let begun = Instant::now();
    loop {
        let made = server.send_body("POST", &target, &[("Authorization", &bearer)], body);
        if made.status == 201 {
            return made.rows()[0].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{}: {}", made.status, made.json());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn state(world: &TestRegistry, key: &Json) -> String {
    let shown = json(world, &["key", "show", key["id"].as_str().expect("an id")]);
    shown["state"].as_str().expect("a state").to_owned()
}

on_both! {
    fn a_key_lives_and_ends_beside_a_running_server(world) {
        people(world);
        let server = start(world);
        let made = org_key(world, &["--grant", "net=cru", "--expires", "+90d"]);
        let (id, text) = (made["id"].as_str().expect("an id"), made["key"].as_str().expect("a text"));
        assert!(text.starts_with("prg_o_") && text.contains(id), "{made}");
        assert_eq!(made["entities"], json!({"net": 7}));
        answers(&server, text, 200);
        let shown = json(world, &["key", "show", id]);
        assert!(shown.get("key").is_none() && !shown.to_string().contains("secrets"), "{shown}");

        let rotated = json(world, &["key", "rotate", id, "--overlap-hours", "1"]);
        let new = rotated["key"].as_str().expect("a text");
        assert_eq!((&rotated["id"], &rotated["state"]), (&made["id"], &"rotating".into()));
        answers(&server, new, 200);
        answers(&server, text, 200);
        json(world, &["key", "rotate", id, "--overlap-hours", "0"]);
        answers(&server, new, 401);

        let other = org_key(world, &[]);
        let (id, text) = (other["id"].as_str().expect("an id"), other["key"].as_str().expect("a text"));
        answers(&server, text, 200);
        json(world, &["key", "suspend", id]);
        answers(&server, text, 401);
        json(world, &["key", "resume", id]);
        answers(&server, text, 200);
        let changed = json(world, &["key", "change", id, "--network", "192.0.2.0/24", "--readonly", "--note", "cron"]);
        assert_eq!((&changed["networks"], &changed["readonly"]), (&json!(["192.0.2.0/24"]), &true.into()));
        answers(&server, text, 403);
        json(world, &["key", "change", id, "--any-network", "--readonly=false"]);
        answers(&server, text, 200);
        let ended = json(world, &["key", "revoke", id, "--reason", "no longer needed"]);
        assert_eq!((&ended["state"], &ended["ended_because"]), (&"revoked".into(), &"no longer needed".into()));
        answers(&server, text, 401);
        let message = world.fails(1, &["key", "resume", id]);
        assert!(message.contains("cannot be undone"), "{message}");

        let audit_log = json(world, &["audit", "show", "key", "2"]);
        let reasons: Vec<&str> = audit_log.as_array().expect("a list").iter().filter_map(|row| row["reason"].as_str()).collect();
        assert_eq!(reasons, ["suspended", "resumed", "changed", "widened", "revoked: no longer needed"]);
        let by = &audit_log[0]["actor"];
        assert_eq!(by["name"], "command line");
        assert!(by["agent"].as_str().is_some_and(|agent| agent.ends_with(" key create")), "{by}");
        assert!(by["request"].is_string());
        let all = world.ok(&["audit", "export", "-"]);
        assert!(!all.contains("\"secrets\"") && !all.contains(&text[20..60]), "no secret in the audit log");
        assert_eq!(json(world, &["key", "list", "--all"]).as_array().map(Vec::len), Some(1));
        assert_eq!(json(world, &["key", "list", "--org", "1", "--ended"]).as_array().map(Vec::len), Some(2));
        assert!(json(world, &["key", "use", id])["requests"].is_number());
        let advice = json(world, &["key", "hygiene", "--org", "1"]);
        assert!(advice.as_array().expect("a list").iter().any(|found| found["what"] == "no-contact"), "{advice}");
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
    }

    fn a_key_that_was_found_is_ended_wherever_it_stood(world) {
        people(world);
        let made = org_key(world, &[]);
        let text = made["key"].as_str().expect("a text").to_owned();
        let log = world.file("access.log", format!("GET /?k={text} 200\nprg_o_aaaaaaaaaaaa_{}\n", "b".repeat(49)));
        let found = json(world, &["key", "report", &log, "--found-at", "a public log"]);
        assert_eq!((&found[0]["id"], found.as_array().map(Vec::len)), (&made["id"], Some(1)));
        assert_eq!(state(world, &made), "exposed");
        let shown = json(world, &["key", "show", made["id"].as_str().expect("an id")]);
        assert_eq!(shown["ended_because"], "reported as found at a public log");
        let message = world.ok_with_input(&["key", "report", "-"], text.as_bytes());
        assert!(message.contains("no active key of this registry") && !message.contains(&text[20..]), "{message}");
        let message = world.fails(2, &["key", "report", &world.file("empty.log", "nothing")]);
        assert!(message.contains("nothing in the file looks like a key"), "{message}");
    }

    fn a_contact_is_confirmed_by_word_or_by_code(world) {
        people(world);
        let made = org_key(world, &[]);
        let id = made["id"].as_str().expect("an id");
        let message = world.fails(2, &["key", "confirm", id, "--code", "ABC"]);
        assert!(message.contains("code: "), "{message}");
        assert_eq!(json(world, &["key", "show", id])["email_confirmed"], false);
        json(world, &["key", "confirm", id]);
        assert_eq!(json(world, &["key", "show", id])["email_confirmed"], true);
    }

    fn role_keys_end_with_the_place_in_the_role_and_the_organization(world) {
        people(world);
        let role = json(world, &["role", "create", "--org", "1", "--kind", "noc", "--person", "ann", "--person", "bob"]);
        let role = role["id"].to_string();
        let message = world.fails(1, &["key", "create", "--role", &role, "--name", "x"]);
        assert!(message.contains("creates their own key"), "{message}");
        let server = start(world);
        let (of_ann, of_bob) = (role_key(world, &server, "ann", &role), role_key(world, &server, "bob", &role));
        json(world, &["role", "change", &role, "--org", "1", "--person", "ann"]);
        assert_eq!((state(world, &of_ann).as_str(), state(world, &of_bob).as_str()), ("active", "revoked"));
        answers(&server, of_bob["key"].as_str().expect("a text"), 401);
        let gone = json(world, &["org", "remove", "ann", "--org", "1", "--even-last-admin"]);
        assert_eq!(gone["role_keys_ended"], 1);
        assert_eq!(state(world, &of_ann), "revoked");
        answers(&server, of_ann["key"].as_str().expect("a text"), 401);
        json(world, &["role", "erase", &role, "--org", "1"]);
        assert_eq!(json(world, &["role", "list", "--org", "1"]), json!([]));
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
    }

    fn a_policy_holds_for_new_keys(world) {
        people(world);
        let policy = json(world, &["org", "policy", "1", "--key-days-max", "30", "--requires-networks", "true"]);
        assert_eq!((&policy["key_days_max"], &policy["requires_networks"]), (&30.into(), &true.into()));
        let base = ["key", "create", "--org", "1", "--name", "x", "--email", "noc@example.net", "--network", "192.0.2.1"];
        assert!(world.fails(2, &[&base[..], &["--expires", "never"]].concat()).contains("expires: "));
        json(world, &base);
        assert!(world.fails(2, &[&base[..], &["--expires", "+31d"]].concat()).contains("at most 30 days"));
        assert!(world.fails(2, &[&base[..8], &["--expires", "+30d"]].concat()).contains("networks: "));
        json(world, &[&base[..], &["--expires", "+30d"]].concat());
        assert_eq!(json(world, &["org", "policy", "1", "--key-days-max", "0"])["key_days_max"], Json::Null);
    }
}
