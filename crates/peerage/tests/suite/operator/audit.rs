//! The audit log from the command line, and erasure.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::keys::{answers, org_key};
use super::{json, people, start};
use crate::support::on_both;

on_both! {
    fn the_trail_is_asked_by_who_what_and_when(world) {
        people(world);
        let made = org_key(world, &[]);
        let kinds = |arguments: &[&str]| -> Vec<String> {
            let rows = json(world, &[&["audit", "list"], arguments].concat());
            rows.as_array().expect("a list").iter().map(|row| format!("{} {}", row["action"], row["kind"]).replace('"', "")).collect()
        };
        assert_eq!(kinds(&["--org", "1", "--kind", "member"]), ["create member", "create member"]);
        assert_eq!(kinds(&["--kind", "key", "--id", "1"]), ["create key"]);
        assert_eq!(kinds(&["--kind", "key", "--to", "2020-01-01"]), [""; 0]);
        assert_eq!(kinds(&["--kind", "user", "--from", "2020-01-01", "--limit", "2"]), ["create user", "create user"]);
        assert_eq!(kinds(&["--person", "ann"]), [""; 0], "the command line is not a person");
        let server = start(world);
        let bearer = format!("Bearer {}", json(world, &["user", "session", "ann"])["session"].as_str().expect("a text"));
        let path = format!("/api/org/1/keys/{}/suspend", made["id"].as_str().expect("an id"));
        let begun = Instant::now();
        while server.send_body("POST", &path, &[("Authorization", &bearer)], "{}").status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(5), "the key is never suspended");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(kinds(&["--person", "ann"]), ["update key"]);
        let table = world.ok(&["audit", "list", "--person", "ann"]);
        assert!(table.contains("ann") && table.contains("suspended"), "{table}");
        let now = json(world, &["audit", "show", "key", "1", "--at", "+1d"]);
        assert_eq!(now["state"]["state"], "suspended");
        assert!(world.ok(&["audit", "show", "key", "1"]).contains("state: \"active\" → \"suspended\""));
    }

    fn i16_02_staff_see_who_ran_a_command_and_organizations_do_not(world) {
        people(world);
        let output = world.command(&["org", "add", "root", "--org", "1", "--without-consent"]).env("SUDO_USER", "carol").output();
        assert!(output.expect("the program runs").status.success());
        let told = json(world, &["audit", "list", "--kind", "member", "--limit", "1"])[0]["actor"].clone();
        let operator = told["operator"].as_str().expect("a name").to_owned();
        assert!(operator.starts_with("carol, as ") && told["name"] == "command line", "{told}");
        assert!(world.ok(&["audit", "list", "--limit", "1"]).contains("command line (carol, as "));
        let imported = json(world, &["audit", "list", "--kind", "net", "--limit", "1"])[0]["actor"]["operator"].clone();
        assert!(imported.is_string(), "an import, too");
        let server = start(world);
        for (person, path, sees) in [("root", "/api/audit", true), ("ann", "/api/org/1/audit", false)] {
            let session = json(world, &["user", "session", person])["session"].as_str().expect("a text").to_owned();
            for form in ["json", "csv"] {
                let target = format!("{path}?limit=100&kind=member&format={form}");
                let begun = Instant::now();
                let text = loop {
                    let answer = server.send("GET", &target, &[("Authorization", &format!("Bearer {session}"))]);
                    if answer.status == 200 {
                        break String::from_utf8(answer.body).expect("text");
                    }
                    assert!(begun.elapsed() < Duration::from_secs(5), "{}", answer.status);
                    std::thread::sleep(Duration::from_millis(20));
                };
                assert_eq!(text.contains("carol"), sees, "{person} {form}: {text}");
                assert!(text.contains("command line"), "{text}");
            }
        }
        world.ok(&["audit", "verify"]);
    }

    fn an_export_that_goes_on_is_the_export_in_one(world) {
        people(world);
        for (name, heads) in [("whole.jsonl", 0), ("whole.csv", 1)] {
            let part = name.replace("whole", "part");
            world.ok(&["audit", "export", name]);
            let whole = std::fs::read_to_string(world.path(name)).expect("a file");
            let lines: Vec<&str> = whole.split_inclusive('\n').collect();
            assert!(lines.len() > 340, "{}", lines.len());
            for cut in [0, 1, 100, lines.len() - 1 - heads] {
                let file = world.file(&part, lines[..cut + if cut > 0 { heads } else { 0 }].concat());
                world.ok(&["audit", "export", &file, "--after", &cut.to_string()]);
                assert_eq!(std::fs::read_to_string(&file).expect("a file"), whole, "{name} after {cut}");
            }
            let message = world.fails(2, &["audit", "export", name]);
            assert!(message.contains("the file exists"), "{message}");
            let file = world.file(&part, &whole[..whole.len() - 5]);
            let message = world.fails(2, &["audit", "export", &file, "--after", "10"]);
            assert!(message.contains("last line is incomplete"), "{message}");
            let form = if heads > 0 { "csv" } else { "jsonl" };
            assert_eq!(world.ok(&["audit", "export", "-", "--format", form]), whole);
        }
        let of_one = world.ok(&["audit", "export", "-", "--kind", "member"]);
        assert_eq!(of_one.lines().count(), 2);
    }

    fn one_flipped_byte_is_found(world) {
        people(world);
        assert_eq!(json(world, &["audit", "verify"])["holds"], true);
        world.sql("UPDATE event SET after = replace(after, 'ann@example.net', 'anm@example.net') WHERE resource = 'user' AND object = 2");
        let output = world.run(&["audit", "verify", "--json"]);
        assert_eq!(output.status.code(), Some(1));
        let report: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["holds"], false);
        assert!(report["findings"].to_string().contains("was changed"), "{report}");
        let message = String::from_utf8(world.run(&["audit", "verify"]).stdout).expect("UTF-8");
        assert!(message.contains("is NOT valid"), "{message}");
    }

    fn n16_what_is_erased_is_gone_and_the_chain_holds(world) {
        people(world);
        let server = start(world);
        let key = json(world, &["key", "create", "--user", "bob", "--name", "bobs-laptop", "--email", "bob@example.net"]);
        answers(&server, key["key"].as_str().expect("a text"), 200);
        let bearer = format!("Bearer {}", json(world, &["user", "session", "bob"])["session"].as_str().expect("a text"));
        let begun = Instant::now();
        let headers = [("Authorization", bearer.as_str()), ("User-Agent", "bobs-browser/1")];
        let own = |body: &str| server.send_body("POST", "/api/user/keys", &headers, body).status;
        while own(r#"{"name": "bobs-phone"}"#) != 201 {
            assert!(begun.elapsed() < Duration::from_secs(5), "no key was created");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Records of others that contain his address or name.
        let shared = json(world, &["key", "create", "--org", "1", "--name", "shared", "--email", "bob@example.net"]);
        let words = "because bob@example.net asked for it";
        json(world, &["key", "change", shared["id"].as_str().expect("an id"), "--note", words, "--reason", words]);
        world.ok(&["user", "close", "bob"]);
        let before = world.ok(&["audit", "export", "-"]);
        for there in ["bob@example.net", "bobs-browser", words] {
            assert!(before.contains(there), "{there}");
        }
        let erased = json(world, &["audit", "erase", "--person", "3", "--yes-erase-for-good", "--reason", "request 17"]);
        assert_eq!((&erased["erased"], &erased["is_scrubbed"]), (&"user 3".into(), &true.into()));
        assert!(erased["events_without_actor"].as_u64() >= Some(1), "{erased}");
        world.ok(&["audit", "erase", "--object", "poc", "1", "--yes-erase-for-good", "--reason", "request 18"]);

        let all = world.ok(&["audit", "export", "-"]);
        for gone in ["bob@example.net", "bobs-laptop", "bobs-phone", "bobs-browser", "\"bob\"", words] {
            assert!(!all.contains(gone), "{gone}");
            assert!(!world.holds(gone), "{gone} is in the database");
        }
        assert!(all.contains("erased from the log: request 17"), "the erasure is recorded");
        assert_eq!(json(world, &["audit", "verify"])["holds"], true);
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
        let history = json(world, &["audit", "show", "user", "3"]);
        assert_eq!((&history[0]["is_erased"], &history[0]["after"]), (&true.into(), &Json::Null));
        assert!(world.fails(1, &["audit", "show", "user", "3", "--at", "+1d"]).contains("erased on request"));
        // Restoring erased data by hand is detected, and so is data that was wiped without the program.
        world.sql("UPDATE event SET actor = NULL, person = NULL, key_id = NULL, before = NULL, after = NULL, salt = NULL WHERE resource = 'user' AND object = 2");
        let wiped = world.run(&["audit", "verify", "--json"]);
        assert_eq!(wiped.status.code(), Some(1), "only an erasure explains what is missing");
        assert!(String::from_utf8_lossy(&wiped.stdout).contains("no erasure explains it"));
        // The organization's key stays, and the remaining people can log in as before.
        answers(&server, shared["key"].as_str().expect("a text"), 200);
        let ann = json(world, &["key", "create", "--user", "ann", "--name", "x"]);
        answers(&server, ann["key"].as_str().expect("a text"), 200);
    }

    fn n19_an_operators_words_are_a_note_and_no_cause(world) {
        people(world);
        let words = "from a new device or network";
        json(world, &["user", "session", "ann", "--reason", words]);
        let made = json(world, &["audit", "list", "--kind", "session", "--limit", "1"])[0].clone();
        assert_eq!((&made["actor"]["note"], &made["actor"]["cause"]), (&words.into(), &"created".into()));
        assert_eq!(made["reason"], words, "readers of the log see it");
        let id = org_key(world, &[])["id"].as_str().expect("an id").to_owned();
        json(world, &["key", "change", &id, "--note", "x", "--reason", "widened"]);
        let changed = json(world, &["audit", "list", "--kind", "key", "--limit", "1"])[0].clone();
        assert_eq!((&changed["actor"]["cause"], &changed["reason"]), (&"key_changed".into(), &"changed: widened".into()));
    }

    fn a_history_that_was_rewritten_shows_against_a_checkpoint(world) {
        people(world);
        world.ok(&["audit", "checkpoint", "early.json"]);
        world.ok(&["user", "create", "--username", "cy", "--email", "cy@example.net"]);
        let report = json(world, &["audit", "verify", "--from-checkpoint", "early.json"]);
        assert_eq!(report["holds"], true);
        let checkpoint = std::fs::read_to_string(world.path("early.json")).expect("a file");
        let checkpoint: Json = serde_json::from_str(&checkpoint).expect("JSON");

        // Another history of the same length, valid in itself, with the ID of the first.
        let other = world.another();
        people(&other);
        other.ok(&["user", "create", "--username", "cy", "--email", "cy@example.net"]);
        assert_eq!(json(&other, &["audit", "verify"])["holds"], true);
        let named = checkpoint["registry"].as_str().expect("an id");
        let file = world.path("early.json").display().to_string();
        let message = String::from_utf8(other.run(&["audit", "verify", "--from-checkpoint", &file]).stdout).expect("UTF-8");
        assert!(message.contains(&format!("belongs to registry {named}")), "{message}");
        other.sql(&format!("UPDATE registry SET value = '{named}' WHERE key = 'id'"));
        let output = other.run(&["audit", "verify", "--from-checkpoint", &file]);
        let message = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("history up to it was rewritten") && !message.contains("belongs to registry"), "{message}");
        let long = json!({"registry": named, "sequence": 100_000, "hash": "0".repeat(64), "time": "2026-01-01T00:00:00Z"});
        let output = world.run(&["audit", "verify", "--from-checkpoint", &world.file("long.json", long.to_string())]);
        assert!(String::from_utf8_lossy(&output.stdout).contains("event 100000 is missing from the log"));
    }
}
