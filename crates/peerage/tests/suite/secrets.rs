//! Secrets only appear in the one answer that issues them.
//!
//! A server with the most detailed log runs through everything that handles secrets. Then its logs, its whole database,
//! its mails, audit logs and answers are searched for them.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::server::fixture::{PASSWORD, ServerFixture, key_text, public};
use crate::server::{RegistryPlace, TestResponse, TestServer, send};
use data_encoding::BASE64;
use peerage_access::key_string::{ENTROPY_BYTES, KeyKind, make};
use serde_json::{Value as Json, json};

#[test]
fn no_secret_is_found_in_sqlite_logs_mails_or_answers() {
    lead_and_search(RegistryPlace::sqlite());
}

#[test]
fn no_secret_is_found_in_postgres_logs_mails_or_answers() {
    lead_and_search(RegistryPlace::postgres());
}

#[test]
fn what_holds_a_secret_shows_none_of_it_for_debugging() {
    let made = make(KeyKind::Org, None, &std::array::from_fn::<u8, ENTROPY_BYTES, _>(|at| at as u8 * 2))
        .expect("enough letters");
    let secret = made.text.rsplit('_').next().expect("a secret").to_owned();
    assert!(!format!("{made:?}").contains(&secret[..8]));
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let text = fs::read_to_string(fixture.folder.path().join("server.key")).expect("the server key");
    let hex = text.split_whitespace().last().expect("digits");
    assert!(!format!("{:?}", fixture.server_key()).contains(&hex[..8]));
}

/// Secrets by name, and all answers that callers received.
struct SeenSecrets {
    secrets: Vec<(String, Vec<u8>)>,
    answers: Vec<(String, Vec<u8>)>,
}

impl SeenSecrets {
    fn secret(&mut self, name: &str, text: &str) {
        self.secrets.push((name.to_owned(), text.as_bytes().to_vec()));
        // In a key or a session, the part after the public one is the secret.
        let parts: Vec<&str> = text.split('_').collect();
        if let Some(secret) = parts.last().filter(|_| text.starts_with("pr") && parts.len() > 2) {
            self.secrets.push((format!("{name}, its secret part"), secret.as_bytes()[..20].to_vec()));
        }
    }

    fn received(&mut self, what: &str, answer: &TestResponse) {
        let mut bytes = format!("{:?}\n", answer.headers).into_bytes();
        bytes.extend_from_slice(&answer.body);
        self.answers.push((what.to_owned(), bytes));
    }

    fn search(&self, place: &str, bytes: &[u8]) {
        for (name, secret) in &self.secrets {
            if let Some(at) = bytes.windows(secret.len()).position(|window| window == secret) {
                let around = &bytes[at.saturating_sub(200)..(at + secret.len()).min(bytes.len())];
                panic!("{place} holds {name}: {}", String::from_utf8_lossy(around));
            }
        }
    }
}

fn lead_and_search(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let folder = fixture.folder.path().to_owned();
    let mut seen = SeenSecrets { secrets: Vec::new(), answers: Vec::new() };
    let server_key = fs::read_to_string(folder.join("server.key")).expect("the server key");
    seen.secret("the server key", server_key.split_whitespace().last().expect("digits"));
    seen.secret("the organization's key", &fixture.key);
    seen.secret("the admin's key", &fixture.admin_key);
    seen.secret("another organization's key", &fixture.foreign_key);
    seen.secret("the password", PASSWORD);
    seen.secret("the password as it is sent", &BASE64.encode(format!("ada:{PASSWORD}").as_bytes())[..24]);
    let mut logs = Vec::new();
    for format in ["text", "json"] {
        let log = folder.join(format!("log.{format}"));
        let mails = format!("file:{}", folder.join("mails").display());
        // The fixture only logs errors, and a flag can be given only once.
        let quiet = fixture.command(&["--log-format", format, "--mail", &mails]);
        let mut loud = Command::new(quiet.get_program());
        let arguments = quiet.get_args().map(|argument| if argument == "error" { "trace".as_ref() } else { argument });
        loud.args(arguments).env("PEERAGE_REFUSALS_PER_MINUTE", "0").stderr(File::create(&log).expect("a file"));
        let node = TestServer::run(loud);
        let session = fixture.open_session(1);
        seen.secret("the session", &session);
        wait_for_session(&node, &session);
        lead(&fixture, &node, &session, &mut seen, format);
        read_all(&fixture, &node, &mut seen);
        wait_for_mails(&folder.join("mails"));
        let metrics = node.get("/metrics");
        seen.received("/metrics", &metrics);
        // The database is at its largest while the server runs, with pages that are still in the write-ahead log.
        search_store(&fixture, &seen);
        drop(node);
        logs.push(log);
    }
    for log in logs {
        let bytes = fs::read(&log).expect("a log");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("TRACE") || text.contains("DEBUG"), "the log has details: {} bytes", bytes.len());
        seen.search(&log.display().to_string(), &bytes);
    }
    for entry in fs::read_dir(folder.join("mails")).expect("mails") {
        let path = entry.expect("a mail").path();
        seen.search(&path.display().to_string(), &fs::read(&path).expect("a mail"));
    }
    for (what, bytes) in &seen.answers {
        seen.search(&format!("the answer to {what}"), bytes);
    }
    search_store(&fixture, &seen);
    fixture.check();
}

fn wait_for_session(node: &TestServer, session: &str) {
    let begun = Instant::now();
    while node.call(session, "GET", "/api/whoami", &Json::Null).rows().first().is_none_or(|row| row["kind"] != "person")
    {
        assert!(begun.elapsed() < Duration::from_secs(10), "the session is not known");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for_mails(folder: &Path) {
    let begun = Instant::now();
    while fs::read_dir(folder).map_or(0, Iterator::count) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(10), "no mails");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs everything that handles secrets, with valid and invalid requests.
fn lead(fixture: &ServerFixture, node: &TestServer, session: &str, seen: &mut SeenSecrets, mark: &str) {
    let made = make_keys(node, session, seen, mark);
    use_and_end_keys(fixture, node, session, seen, &made);
    follow_links(node, seen, mark);
    guess_keys(fixture, node, seen);
    send_wrong_credentials(fixture, node, session, seen);
}

/// The keys of one round.
struct MadeKeys {
    request: Json,
    own: String,
    rotated: String,
    users: String,
    second_users: String,
    role_key: String,
}

fn make_keys(node: &TestServer, session: &str, seen: &mut SeenSecrets, mark: &str) -> MadeKeys {
    let mut issue = |target: &str, body: &Json| -> String {
        let answer = node.call(session, "POST", target, body);
        let text = String::from_utf8_lossy(&answer.body);
        assert!(matches!(answer.status, 200 | 201), "{target}: {} {text}", answer.status);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{target}");
        let text = answer.rows()[0]["key"].as_str().expect("a key").to_owned();
        seen.secret(target, &text);
        text
    };
    let request = json!({"name": format!("made {mark}"), "email": "noc@org.example", "grants": {"net": 3}});
    let own = issue("/api/org/1/keys", &request);
    let rotated = issue(&format!("/api/org/1/keys/{}/rotate", public(&own)), &json!({"overlap_hours": 2}));
    let users = issue("/api/user/keys", &json!({"name": format!("script {mark}")}));
    let second_users = issue("/api/user/keys", &json!({"name": format!("script 2 {mark}")}));
    let role = json!({"kind": "noc", "name": format!("NOC {mark}"), "email": "noc@org.example", "people": [1]});
    let role = node.call(session, "POST", "/api/org/1/roles", &role);
    assert_eq!(role.status, 201, "{}", String::from_utf8_lossy(&role.body));
    let role_keys = format!("/api/org/1/roles/{}/keys", role.rows()[0]["id"]);
    let role_key = issue(&role_keys, &json!({"name": format!("role {mark}")}));
    MadeKeys { request, own, rotated, users, second_users, role_key }
}

/// Sends a request whose answer is searched later.
fn say(node: &TestServer, seen: &mut SeenSecrets, who: &str, (method, target): (&str, &str), body: &Json, status: u16) {
    let answer = node.call(who, method, target, body);
    assert_eq!(answer.status, status, "{method} {target}: {}", answer.error());
    seen.received(&format!("{method} {target}"), &answer);
}

fn use_and_end_keys(
    fixture: &ServerFixture,
    node: &TestServer,
    session: &str,
    seen: &mut SeenSecrets,
    made: &MadeKeys,
) {
    let MadeKeys { request, own, rotated, users, second_users, role_key } = made;
    let mut say = |who: &str, method: &str, target: &str, body: &Json, status: u16| {
        say(node, seen, who, (method, target), body, status);
    };
    say(rotated, "PUT", "/api/poc/1", &json!({"net_id": 1, "role": "NOC", "email": "x@y.example"}), 200);
    say(own, "GET", "/api/net/1", &Json::Null, 200);
    say(session, "POST", "/api/org/1/keys?dry_run=1", request, 200);
    let one = format!("/api/org/1/keys/{}", public(own));
    say(session, "PATCH", &one, &json!({"grants": {"net": 7}, "note": "widened"}), 200);
    say(session, "POST", &format!("{one}/suspend"), &Json::Null, 200);
    say(rotated, "GET", "/api/net/1", &Json::Null, 401);
    say(session, "POST", &format!("{one}/resume"), &Json::Null, 200);
    say(session, "DELETE", &one, &Json::Null, 204);
    say(rotated, "PUT", "/api/net/1", &json!({"name": "x"}), 401);
    // A key in a query, in a path, and in a report of a leaked key.
    say(&fixture.admin_key, "GET", &format!("/api/net?api_key={users}"), &Json::Null, 400);
    say(users, "GET", "/api/whoami", &Json::Null, 401);
    say(&slip_of(&fixture.key), "GET", &format!("/api/net?a={second_users}"), &Json::Null, 400);
    say(second_users, "GET", "/api/whoami", &Json::Null, 401);
    say(&fixture.admin_key, "GET", &format!("/api/org/1/keys/{role_key}"), &Json::Null, 400);
    say(&fixture.admin_key, "GET", &format!("/api/{role_key}"), &Json::Null, 400);
    let found = json!({"key": role_key, "found_at": "https://paste.example/1"});
    say(&fixture.foreign_key, "POST", "/api/keys/report", &found, 200);
    say(role_key, "GET", "/api/whoami", &Json::Null, 401);
    say(session, "POST", "/api/keys/confirm", &json!({"id": public(own), "code": "AAAA-AAAA"}), 400);
}

/// n20: tokens of mailed links, in every part of a link, and where mistakes may put them.
fn follow_links(node: &TestServer, seen: &mut SeenSecrets, mark: &str) {
    let word = format!("n20linkword{mark}");
    for path in [
        "/accounts/confirm-email/WORD/",
        "/accounts/confirm-email/WORD",
        "/invitation/5/WORD",
        "/invitation/5/WORD/",
        "/reset-password?token=WORD",
        "/reset-password/WORD",
        "/username-retrieve/complete?secret=WORD",
        "/account/recover/address?token=WORD",
        "/account/recover/stop?token=WORD",
        "/account/recover/finish?token=WORD",
        "/oauth2/authorize/?state=WORD",
        "/WORD",
        "/api/net/WORD",
        "/api/net?name=WORD&nosuch=1",
    ] {
        for method in ["GET", "POST"] {
            send(&node.address, method, &path.replace("WORD", &word), &[], b"").expect("a connection");
        }
    }
    // Pages contain tokens of mailed links in a form, so only the logs and the store are searched for them.
    seen.secret("a mailed link's token", &word);
}

/// Sends mistyped and guessed keys.
fn guess_keys(fixture: &ServerFixture, node: &TestServer, seen: &mut SeenSecrets) {
    let slip = slip_of(&fixture.key);
    let stranger = key_text(KeyKind::Org, 9);
    let mut say = |who: &str, method: &str, body: &Json| say(node, seen, who, (method, "/api/net/1"), body, 401);
    say(&slip, "GET", &Json::Null);
    say(&format!("{slip}!"), "GET", &Json::Null);
    say(&stranger, "PUT", &json!({"name": "x"}));
    say(&fixture.foreign_key, "PUT", &json!({"org_id": 1, "name": "x", "asn": 63_001}));
    seen.secret("a guessed key", &stranger);
}

fn send_wrong_credentials(fixture: &ServerFixture, node: &TestServer, session: &str, seen: &mut SeenSecrets) {
    for (authorization, expected) in [
        (format!("Basic {}", BASE64.encode(format!("ada:{PASSWORD}").as_bytes())), 403),
        (format!("Basic {}", BASE64.encode(format!("ada:{PASSWORD}x").as_bytes())), 401),
        (format!("Basic {}", BASE64.encode(format!("{}:", fixture.key).as_bytes())), 401),
        (format!("Api-Key  {}", fixture.key), 401),
        (format!("Bearer {}", fixture.key), 200),
        (format!("Bearer {session}x"), 400),
        (format!("Token {}", fixture.key), 400),
        ("Api-Key abcdefgh.0123456789abcdefghijklmnopqrstuv".to_owned(), 401),
    ] {
        let headers = [("Authorization", authorization.as_str())];
        let answer = send(&node.address, "GET", "/api/net/1", &headers, b"").expect("a connection");
        assert_eq!(answer.status, expected, "{}", &authorization[..9]);
        seen.received("wrong credentials", &answer);
    }
    seen.secret("a guessed key of the old form", "0123456789abcdefghijklmnopqrstuv");
    let headers = [("Authorization", &*format!("Api-Key {}", fixture.key)), ("Content-Type", "application/json")];
    let broken = format!("{{\"name\": \"{}\", ", fixture.key);
    let answer = send(&node.address, "PUT", "/api/net/1", &headers, broken.as_bytes()).expect("a connection");
    assert_eq!(answer.status, 400);
    seen.received("an invalid body", &answer);
}

/// Returns a key without its last letter.
fn slip_of(key: &str) -> String {
    key[..key.len() - 1].to_owned()
}

/// Reads everything that admins may read of keys, people and the audit log.
fn read_all(fixture: &ServerFixture, node: &TestServer, seen: &mut SeenSecrets) {
    for target in [
        "/api/whoami",
        "/api/org/1/keys?ended=1",
        "/api/user/keys?ended=1",
        "/api/org/1/roles",
        "/api/org/1/members",
        "/api/org/1/audit?limit=1000",
        "/api/org/1/audit?limit=1000&format=csv",
        "/api/org/1/audit?limit=1000&format=jsonl",
        "/api/user/audit?limit=1000",
        "/api/org/1/hygiene",
        "/api/poc/1/history",
        "/api/org/1/policy",
        "/api/org/1/users",
    ] {
        let answer = node.call(&fixture.admin_key, "GET", target, &Json::Null);
        assert_eq!(answer.status, 200, "{target}: {}", answer.error());
        assert!(!answer.body.is_empty(), "{target}");
        seen.received(target, &answer);
    }
}

/// Searches the whole database.
fn search_store(fixture: &ServerFixture, seen: &SeenSecrets) {
    match &fixture.place {
        RegistryPlace::File(folder) => {
            let mut files = 0;
            for entry in fs::read_dir(folder.path()).expect("a folder") {
                let path = entry.expect("a file").path();
                let bytes = fs::read(&path).expect("a file");
                assert!(!path.ends_with("registry.db") || bytes.len() > 10_000);
                seen.search(&path.display().to_string(), &bytes);
                files += 1;
            }
            assert!(files > 0, "no database");
        }
        RegistryPlace::Postgres { .. } => {
            let dump = Command::new("pg_dump").arg(fixture.place.database()).output();
            let dump = dump.expect("pg_dump is missing: install PostgreSQL's client programs (postgresql-client)");
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            assert!(String::from_utf8_lossy(&dump.stdout).contains("made text"), "the dump holds the keys' records");
            seen.search("the dump", &dump.stdout);
        }
    }
}
