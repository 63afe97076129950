//! People, keys and the audit log from the command line, on both engines, while a server runs.

mod audit;
mod keys;
mod server_keys;

use std::time::{Duration, Instant};

use keys::org_key;
use serde_json::{Value as Json, json};

use crate::server::{TestServer, eventually};
use crate::support::{TestRegistry, demo, on_both};

/// The password in these tests.
const PASSWORD: &str = "horse battery staple";

/// Runs a command with `--json` and returns the value.
fn json(world: &TestRegistry, arguments: &[&str]) -> Json {
    let text = world.ok(&[arguments, &["--json"]].concat());
    serde_json::from_str(&text).expect("one JSON value")
}

/// Makes a registry with the demo, an administrator, and ann and bob in organization 1.
fn people(world: &TestRegistry) {
    world.import(&[&world.file("demo.json", demo())]);
    world.ok(&["user", "create", "--username", "root", "--email", "root@example.net", "--staff"]);
    for name in ["ann", "bob"] {
        world.ok(&["user", "create", "--username", name, "--email", &format!("{name}@example.net")]);
    }
    world.ok(&["org", "add", "ann", "--org", "1", "--admin", "--without-consent"]);
    world.ok(&["org", "add", "bob@example.net", "--org", "1", "--without-consent"]);
}

fn start(world: &TestRegistry) -> TestServer {
    let key = world.path("server.key").display().to_string();
    // Tests wait by repeating requests, which would look like guessing.
    TestServer::start_at(world.database(), &["--server-key-file", &key, "--refusals-per-minute", "100000"])
}

on_both! {
    fn n04_a_text_means_one_account_or_the_command_refuses_it(world) {
        people(world);
        for command in [
            &["user", "create", "--username", "ann@example.net", "--email", "mallory@example.net"][..],
            &["user", "change", "bob", "--username", "ann@example.net"],
            &["user", "change", "bob", "--username", "nobody@example.net"],
            &["user", "change", "bob", "--username", "https://evil.example/"],
        ] {
            let message = world.fails(2, command);
            assert!(message.contains("username"), "{message}");
        }
        world.ok(&["user", "change", "bob", "--username", "bob@example.net"]);
        assert_eq!(json(world, &["user", "show", "bob@example.net"])["id"], 3);
        // A name of digits would look like another account's ID.
        let message = world.fails(2, &["user", "create", "--username", "2", "--email", "two@example.net"]);
        assert!(message.contains("digits alone"), "{message}");
    }

    fn staff_ranks_are_given_and_the_last_admin_keeps_theirs_unless_a_flag_says_so(world) {
        people(world);
        let rank = |user: &str| json(world, &["user", "show", user])["staff_rank"].clone();
        assert_eq!((rank("root"), rank("ann")), (json!("admin"), Json::Null));
        world.ok(&["user", "create", "--username", "eve", "--email", "eve@example.net", "--staff", "support"]);
        assert_eq!(rank("eve"), "support");
        // Scripts from before the ranks pass true and false.
        for (given, expected) in [("queue", json!("queue")), ("true", json!("admin")), ("false", Json::Null), ("none", Json::Null)] {
            world.ok(&["user", "change", "ann", "--staff", given]);
            assert_eq!(rank("ann"), expected, "{given}");
        }
        world.fails(2, &["user", "change", "ann", "--staff", "king"]);
        for command in [
            &["user", "change", "root", "--staff", "support"][..],
            &["user", "change", "root", "--active", "false"],
            &["user", "close", "root"],
        ] {
            let message = world.fails(1, command);
            assert!(message.contains("--even-last-admin"), "{message}");
        }
        assert_eq!(rank("root"), "admin");
        world.ok(&["user", "change", "root", "--staff", "none", "--even-last-admin"]);
        assert_eq!(rank("root"), Json::Null);
    }

    fn i16_05_an_account_is_suspended_and_let_in_again(world) {
        people(world);
        let (server, session) = (start(world), json(world, &["user", "session", "ann"]));
        let bearer = format!("Bearer {}", session["session"].as_str().expect("a text"));
        let status = || server.send("GET", "/api/whoami", &[("Authorization", &bearer)]).status;
        eventually("the session is known", || status() == 200);
        world.ok(&["user", "suspend", "ann", "--reason", "asked by phone"]);
        assert_eq!(json(world, &["user", "show", "ann"])["is_active"], false);
        eventually("the session has ended", || status() != 200);
        let message = world.fails(1, &["user", "suspend", "ann"]);
        assert!(message.contains("is suspended already"), "{message}");
        world.ok(&["user", "unsuspend", "ann"]);
        assert_eq!(json(world, &["user", "show", "ann"])["is_active"], true);
        let message = world.fails(1, &["user", "unsuspend", "ann"]);
        assert!(message.contains("is not suspended"), "{message}");
        assert_eq!(json(world, &["user", "factors", "ann"]), json!([]));
        let message = world.fails(1, &["user", "suspend", "root"]);
        assert!(message.contains("--even-last-admin"), "{message}");
        world.ok(&["user", "suspend", "root", "--even-last-admin"]);
        world.ok(&["user", "close", "bob"]);
        let message = world.fails(1, &["user", "unsuspend", "3"]);
        assert!(message.contains("closed for good"), "{message}");
    }

    fn n04_imported_names_that_look_like_addresses_are_refused_by_row(world) {
        let account = |id: u32, username: &str, email: &str| serde_json::json!({"id": id, "username": username, "email": email});
        let import = |users: &[Json]| {
            let file = world.file("accounts.json", serde_json::json!({"users": users, "keys": []}).to_string());
            let demo = world.file("demo.json", demo());
            world.run(&["import", &demo, "--accounts", &file])
        };
        let ann = || account(5, "ann", "ann@example.net");
        for (users, message) in [
            (vec![ann(), account(6, "ann@example.net", "eve@example.net")], "row 2 (id 6)"),
            (vec![ann(), account(6, "http://evil.example", "eve@example.net")], "row 2 (id 6)"),
            (vec![ann(), account(6, "ANN", "eve@example.net")], "row 2 (id 6): username"),
            (vec![ann(), account(6, "eve", "Ann@example.net")], "row 2 (id 6): email"),
        ] {
            let output = import(&users);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && text.contains(message), "{text}");
        }
        // Harmless names stay, and so does a name that is the account's own address.
        let users = [ann(), account(6, "eve+old,name", "eve@example.net"), account(7, "max@example.net", "max@example.net")];
        let output = import(&users);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(json(world, &["user", "show", "eve+old,name"])["id"], 6);
    }

    fn i12_14_a_secret_that_could_not_be_printed_is_said_and_a_printed_command_holds_none(world) {
        people(world);
        let key = org_key(world, &[])["id"].as_str().expect("an id").to_owned();
        let create = ["key", "create", "--user", "ann", "--name", "laptop"];
        for (command, remedy) in [
            (&create[..], "peerage key revoke "),
            (&["key", "rotate", &key], format!("peerage key rotate {key}").as_str()),
            (&["user", "session", "ann"], "peerage user password ann"),
        ] {
            for more in [&[][..], &["--json"]] {
                let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
                let (closed, output) = std::io::pipe().expect("a pipe");
                drop(closed);
                for stdout in [std::process::Stdio::from(full), output.into()] {
                    let command = [command, more].concat();
                    let output = world.command(&command).stdout(stdout).output().expect("the program runs");
                    let message = String::from_utf8_lossy(&output.stderr).into_owned();
                    assert_eq!(output.status.code(), Some(1), "{command:?}: {message}");
                    assert!(message.contains("the new secret could not be shown") && message.contains(remedy), "{command:?}: {message}");
                }
            }
        }
        let count = |text: &str, mark: &str| text.matches(mark).count();
        let key = world.ok(&create);
        assert_eq!((count(&key, "prg_u_"), count(&key, "Api-Key $PEERAGE_KEY")), (1, 1), "{key}");
        let session = world.ok(&["user", "session", "ann"]);
        assert_eq!((count(&session, "prs_"), count(&session, "Bearer $PEERAGE_SESSION")), (1, 1), "{session}");
    }

    fn rights_stay_within_the_organization(world) {
        people(world);
        let made = org_key(world, &["--grant", "net.1=r"]);
        let id = made["id"].as_str().expect("an id");
        let outside = "peeringdb.organization.10.network=crud";
        for (arguments, expected) in [
            (vec!["key", "change", id, "--grant", outside], "within the organization"),
            (vec!["key", "change", id, "--grant", "org.10=r"], "within the organization"),
            (vec!["grant", "give", "bob", outside, "--org", "1"], "within the organization"),
            (vec!["grant", "give", id, "org.2=r", "--org", "1"], "within the organization"),
            (vec!["role", "create", "--org", "1", "--kind", "noc", "--grant", outside], "within the organization"),
            // Permissions on another organization's objects, or on missing ones, cannot be granted either.
            (vec!["key", "change", id, "--grant", "net.5=r"], "net.5 does not exist or does not belong to org.1"),
            (vec!["grant", "give", id, "net.999=r", "--org", "1"], "net.999 does not exist or does not belong to org.1"),
            (vec!["role", "create", "--org", "1", "--kind", "noc", "--grant", "net.5=r"], "net.5 does not exist"),
            (vec!["key", "create", "--user", "bob", "--name", "x", "--grant", "net.1=r"], "full namespaces"),
        ] {
            let message = world.fails(2, &arguments);
            assert!(message.contains("grant") && message.contains(expected), "{arguments:?}: {message}");
        }
        // The key belongs to organization 1, and root to no organization.
        for (arguments, expected) in [
            (vec!["grant", "give", id, "net=r", "--org", "2"], "no such account, and no such key of organization 2"),
            (vec!["grant", "give", "root", "net=r", "--org", "1"], "is not a member of organization 1"),
            (vec!["grant", "give", "ann", "net=r", "--org", "1"], "every permission"),
            (vec!["grant", "take", "bob", "net.1", "--org", "1"], "net.1: not granted"),
            (vec!["role", "create", "--org", "1", "--kind", "noc", "--person", "root"], "not in the organization"),
        ] {
            let message = world.fails(if arguments[0] == "role" { 2 } else { 1 }, &arguments);
            assert!(message.contains(expected), "{arguments:?}: {message}");
        }
        let given = json(world, &["grant", "give", "bob", "net.1=cru", "fac=r", "--org", "1"]);
        assert_eq!(given["rights"], json!({"fac": "r", "net.1": "cru"}));
        let taken = json(world, &["grant", "take", "bob", "net.1", "--org", "1"]);
        assert_eq!(taken["grants"], json!({"peeringdb.organization.1.facility": 1}));
        let given = json(world, &["grant", "give", id, "net=u", "--org", "1"]);
        assert_eq!(given["rights"], json!({"net": "ru", "net.1": "r"}));
        assert_eq!(json(world, &["grant", "list", "--org", "1"]).as_array().map(Vec::len), Some(3));
        let before = json(world, &["audit", "list", "--limit", "1"])[0]["sequence"].clone();
        json(world, &["grant", "take", id, "net", "--org", "1", "--dry-run"]);
        assert_eq!(json(world, &["audit", "list", "--limit", "1"])[0]["sequence"], before, "--dry-run changes nothing");
    }

    fn an_organization_keeps_an_admin_unless_an_operator_means_it(world) {
        people(world);
        for arguments in [
            &["org", "remove", "ann", "--org", "1"][..],
            &["org", "rank", "ann", "member", "--org", "1"],
            &["user", "close", "ann"],
        ] {
            let message = world.fails(1, arguments);
            assert!(message.contains("last admin of organization 1"), "{arguments:?}: {message}");
        }
        json(world, &["org", "rank", "bob", "admin", "--org", "1"]);
        json(world, &["org", "remove", "ann", "--org", "1"]);
        json(world, &["org", "remove", "bob", "--org", "1", "--even-last-admin"]);
        assert_eq!(json(world, &["org", "show", "1"])["people"], json!([]));
    }

    fn a_password_is_read_and_never_shown(world) {
        people(world);
        let message = world.ok_with_input(&["user", "password", "ann"], format!("{PASSWORD}\n").as_bytes());
        assert!(message.contains("password_set") && !message.contains(PASSWORD), "{message}");
        let session = json(world, &["user", "session", "ann", "--hours", "2"]);
        let text = session["session"].as_str().expect("a text");
        let server = start(world);
        let me = server.send("GET", "/api/whoami", &[("Authorization", &format!("Bearer {text}"))]);
        assert_eq!((me.status, &me.rows()[0]["user"]["username"]), (200, &"ann".into()));
        // A new password ends the session.
        let again = world.ok_with_input(&["user", "password", "ann", "--json"], b"another horse battery\r\n");
        assert!(again.contains("\"sessions_ended\":1"), "{again}");
        let begun = Instant::now();
        while server.send("GET", "/api/whoami", &[("Authorization", &format!("Bearer {text}"))]).status == 200 {
            assert!(begun.elapsed() < Duration::from_secs(5), "the session still works");
            std::thread::sleep(Duration::from_millis(20));
        }
        for (input, expected) in [("short", "at least 12"), ("", "at least 12"), ("ann@example.net", "easy to guess")] {
            let message = world.fails_with_input(2, &["user", "password", "ann"], input.as_bytes());
            assert!(message.contains("password: ") && message.contains(expected), "{message}");
            assert!(input.is_empty() || !message.contains(input), "{message}");
        }
        let message = world.fails(2, &["user", "password", "ann", PASSWORD]);
        assert!(message.contains("unexpected argument"), "no argument accepts a password");
        let everything = world.ok(&["audit", "export", "-"]) + &world.ok(&["user", "show", "ann", "--json"]);
        for secret in [PASSWORD, "$argon2", text] {
            assert!(!everything.contains(secret), "{secret}");
        }
    }

    fn what_makes_no_sense_is_refused_by_name(world) {
        people(world);
        let made = org_key(world, &[]);
        let id = made["id"].as_str().expect("an id");
        let end = json(world, &["audit", "list", "--limit", "1"])[0]["sequence"].clone();
        for (status, arguments, expected) in [
            (2, vec!["user"], "Usage"),
            (2, vec!["user", "create", "--username", "cy"], "--email"),
            (2, vec!["user", "create", "--username", "cy", "--email", "nonsense"], "email: Enter a valid email"),
            (2, vec!["user", "create", "--username", "a b", "--email", "cy@example.net"], "username: Enter a valid"),
            (2, vec!["user", "create", "--username", "ANN", "--email", "cy@example.net"], "username: A user with that"),
            (2, vec!["user", "create", "--username", "cy", "--email", "ann@example.net"], "email: This email"),
            (2, vec!["user", "change", "ann", "--first-name", "<b>"], "first_name: "),
            (1, vec!["user", "show", "nobody"], "user: there is no account \"nobody\""),
            (1, vec!["user", "session", "nobody"], "user: there is no account"),
            (2, vec!["user", "session", "ann", "--hours", "13"], "13"),
            (1, vec!["org", "show", "999"], "org: there is no organization 999"),
            (1, vec!["org", "add", "ann", "--org", "1"], "already in the organization"),
            (2, vec!["org", "rank", "ann", "owner", "--org", "1"], "expected admin or member"),
            (1, vec!["org", "remove", "root", "--org", "1"], "not in the organization"),
            (2, vec!["org", "policy", "1", "--network", "x"], "expected a network"),
            (2, vec!["org", "policy", "1", "--email-domain", "nodot"], "email_domains: "),
            (2, vec!["key", "list"], "--org"),
            (2, vec!["key", "create", "--name", "x"], "--org"),
            (2, vec!["key", "create", "--org", "1", "--name", "x"], "email: This field is required"),
            (2, vec!["key", "create", "--org", "1", "--user", "ann", "--name", "x"], "cannot be used with"),
            (2, vec!["key", "create", "--user", "ann", "--name", " "], "name: This field is required"),
            (2, vec!["key", "create", "--user", "ann", "--name", "x", "--expires", "soon"], "expected a time"),
            (2, vec!["key", "create", "--user", "ann", "--name", "x", "--expires", "2020-01-01"], "expires: "),
            (2, vec!["key", "change", id, "--grant", "net.5"], "such as net.5=cru"),
            (2, vec!["key", "change", id, "--grant", "net.5=x"], "letters of crud"),
            (2, vec!["key", "change", id, "--network", "x"], "expected a network"),
            (2, vec!["key", "rotate", id, "--overlap-hours", "721"], "overlap_hours: "),
            (1, vec!["key", "show", "abcdefghijkl"], "key: there is no key"),
            (1, vec!["key", "use", "abcdefghijkl"], "key: there is no key"),
            (1, vec!["key", "suspend", "abcdefghijkl"], "key: there is no key"),
            (1, vec!["key", "hygiene", "--org", "999"], "there is no organization 999"),
            (2, vec!["key", "report", "missing.log"], "missing.log: No such file"),
            (2, vec!["role", "create", "--org", "1", "--kind", "boss"], "expected one of admin"),
            (1, vec!["role", "change", "7", "--org", "1"], "Role not found"),
            (1, vec!["role", "erase", "7", "--org", "1"], "Role not found"),
            (2, vec!["grant", "give", "bob", "--org", "1"], "WHAT=RIGHTS"),
            (2, vec!["grant", "take", "bob", "poc", "--org", "1"], "grant: poc: "),
            (2, vec!["audit", "list", "--kind", "nat"], "unknown kind"),
            (2, vec!["audit", "list", "--limit", "0"], "0"),
            (2, vec!["audit", "list", "--from", "x"], "expected a time"),
            (1, vec!["audit", "show", "net", "999999"], "net 999999: there are no events"),
            (1, vec!["audit", "show", "net", "1", "--at", "1999-01-01"], "did not exist yet"),
            (2, vec!["audit", "export", "-", "--after", "99999999"], "after: the log ends"),
            (2, vec!["audit", "verify", "--from-checkpoint", "missing.json"], "missing.json: No such file"),
            (2, vec!["audit", "erase", "--person", "ann", "--reason", "x"], "--yes-erase-for-good"),
            (2, vec!["audit", "erase", "--person", "ann", "--yes-erase-for-good"], "--reason"),
            (2, vec!["audit", "erase", "--object", "nat", "1", "--yes-erase-for-good", "--reason", "x"], "unknown kind"),
            (1, vec!["audit", "erase", "--person", "ann", "--yes-erase-for-good", "--reason", "x"], "Close it first"),
            (1, vec!["audit", "erase", "--object", "user", "2", "--yes-erase-for-good", "--reason", "x"], "Close it first"),
        ] {
            let message = world.fails(status, &arguments);
            assert!(message.contains(expected), "{arguments:?}: {message}");
        }
        assert_eq!(json(world, &["audit", "list", "--limit", "1"])[0]["sequence"], end, "nothing was changed");
    }

}

#[test]
fn a_registry_that_is_not_there_is_not_made() {
    let world = TestRegistry::sqlite();
    for arguments in [&["user", "list"][..], &["key", "list", "--all"], &["audit", "verify"], &["org", "list"]] {
        let message = world.fails(1, arguments);
        assert!(message.contains("there is no registry"), "{arguments:?}: {message}");
    }
    assert!(!world.path("registry.db").exists());
}

#[test]
fn a_list_needs_no_server_key_and_a_lost_one_is_not_made_anew() {
    let world = TestRegistry::sqlite();
    people(&world);
    world.ok(&["key", "list", "--all"]);
    assert!(!world.path("server.key").exists(), "listing creates no server key");
    org_key(&world, &[]);
    std::fs::remove_file(world.path("server.key")).expect("it was created");
    let message = world.fails(2, &["key", "create", "--user", "ann", "--name", "x"]);
    assert!(message.contains("server.key") && message.contains("is missing"), "{message}");
    assert!(!world.path("server.key").exists(), "a new key would be in the way of the right one");
}

#[test]
fn what_is_typed_on_a_terminal_is_not_shown() {
    use std::io::{Read, Write};
    use std::process::Stdio;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let world = TestRegistry::sqlite();
    people(&world);
    for (first, second, status) in [(PASSWORD, PASSWORD, 0), (PASSWORD, "another horse battery", 2)] {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("a terminal");
        let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("UTF-8");
        let slave = std::fs::OpenOptions::new().read(true).write(true).open(name).expect("its other side");
        let mut child = world
            .command(&["user", "password", "ann"])
            .stdin(slave.try_clone().expect("a handle"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut terminal = std::fs::File::from(master);
        let mut stderr = child.stderr.take().expect("piped");
        for (question, answer) in [("New password: ", first), ("Repeat password: ", second)] {
            // Type it after the prompt, not before.
            let mut request = vec![0; question.len()];
            stderr.read_exact(&mut request).expect("a question");
            assert_eq!(String::from_utf8_lossy(&request), question);
            terminal.write_all(format!("{answer}\n").as_bytes()).expect("typed");
        }
        let mut message = String::new();
        stderr.read_to_string(&mut message).expect("UTF-8");
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(status), "{message}");
        // A marker after everything that the terminal has shown. The echo is on again.
        terminal.write_all(b"MARK\n").expect("typed");
        let mut shown = Vec::new();
        while !String::from_utf8_lossy(&shown).contains("MARK") {
            let mut part = [0; 256];
            let count = terminal.read(&mut part).expect("terminal output");
            shown.extend_from_slice(&part[..count]);
        }
        let shown = String::from_utf8_lossy(&shown) + String::from_utf8_lossy(&output.stdout) + message.as_str();
        assert!(!shown.contains("horse"), "{shown}");
        drop(slave);
    }
}

#[test]
fn every_command_shows_how_it_is_called() {
    for command in ["user", "org", "role", "grant", "key", "audit"] {
        let output = crate::support::program(&[command, "--help"]).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success() && text.contains("Examples:"), "{command}: {text}");
    }
}
