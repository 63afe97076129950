//! Runs the programs of docs/examples as readers do.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer};
use serde_json::{Value as Json, json};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples")
}

/// A server, and a file with the key of its first organization.
struct ExampleWorld {
    fixture: ServerFixture,
    node: TestServer,
    key_file: PathBuf,
}

impl ExampleWorld {
    fn new() -> ExampleWorld {
        let message = Command::new("python3").args(["-c", "import requests"]).output();
        let message = message.expect("python3 is missing: install Python 3.9 or newer");
        assert!(message.status.success(), "the Python package requests is missing: python3 -m pip install requests");
        let fixture = ServerFixture::new(RegistryPlace::sqlite());
        let node = fixture.serve(&[]);
        let key_file = fixture.folder.path().join("key");
        std::fs::write(&key_file, format!("{}\n", fixture.key)).expect("written");
        ExampleWorld { fixture, node, key_file }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let shell = if program.ends_with(".sh") { "bash" } else { "python3" };
        Command::new(shell)
            .arg(examples().join(program))
            .args(arguments)
            .env("PEERAGE_URL", format!("http://{}", self.node.address))
            .env("PEERAGE_KEY_FILE", &self.key_file)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PEERAGE_KEY")
            .output()
            .expect("bash and python3 run")
    }

    /// Runs a program, expects success, and returns its output.
    fn ok(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{program}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    fn row(&self, target: &str) -> Json {
        let answer = self.node.call(&self.fixture.admin_key, "GET", target, &Json::Null);
        assert_eq!(answer.status, 200, "{target}: {}", answer.error());
        answer.rows()[0].clone()
    }

    fn head(&self) -> u64 {
        self.row("/api/org/1/audit?limit=1")["sequence"].as_u64().expect("a number")
    }
}

#[test]
fn a_facility_is_renamed_with_curl_by_form_and_by_json() {
    let world = ExampleWorld::new();
    let before = world.row("/api/fac/1?depth=0");
    let message = world.ok("rename_facility.sh", &["1", "Häuser & Höfe"]);
    assert_eq!(message, "before: Fac 1\nafter: Häuser & Höfe\n");
    let versions = world.row("/api/fac/1/history?limit=1")["before"]["name"].clone();
    assert_eq!(versions, "Häuser & Höfe (by form)");
    let after = world.row("/api/fac/1?depth=0");
    for field in ["address1", "city", "zipcode", "latitude", "longitude", "website", "org_id"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    let refused = world.run("rename_facility.sh", &["999", "Nobody"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("No Facility matches"));
}

#[test]
fn a_facility_is_renamed_with_requests_by_form_and_by_json() {
    let world = ExampleWorld::new();
    assert_eq!(world.ok("rename_facility.py", &["2", "By JSON"]), "Fac 2 is now By JSON\n");
    assert_eq!(world.ok("rename_facility.py", &["--form", "2", "By form"]), "By JSON is now By form\n");
    let row = world.row("/api/fac/2?depth=0");
    assert_eq!((&row["name"], &row["city"], &row["latitude"]), (&json!("By form"), &json!("Berlin"), &json!(52.52)));
    let refused = world.run("rename_facility.py", &["2", "Fac 1"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && message.contains("Facility with this Name already exists."), "{message}");
}

#[test]
fn a_network_is_registered_with_its_organizations_website() {
    let world = ExampleWorld::new();
    let head = world.head();
    let planned = world.ok("new_network.py", &["1", "AS65001", "Fresh", "--dry-run"]);
    assert!(planned.starts_with("would be net ") && world.head() == head, "{planned}");
    let message = world.ok("new_network.py", &["1", "AS65001", "Fresh"]);
    assert_eq!(message, planned.replace("would be", "is"));
    assert!(message.ends_with(": AS65001 Fresh, https://org.example\n"), "{message}");
}

#[test]
fn i12_17_contacts_and_connections_are_made_as_a_file_says_and_each_is_reported() {
    let place = RegistryPlace::sqlite();
    let folder = tempfile::tempdir().expect("a folder");
    let node = TestServer::start(&place, &["--demo"]);
    // As an admin of the organization creates it.
    let command = ["key", "create", "--user", "ann", "--name", "ensure", "--database", &place.database()];
    let output = Command::new(env!("CARGO_BIN_EXE_peerage")).args(command).output().expect("the program runs");
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    let key = message.split_whitespace().find(|word| word.starts_with("prg_u_")).expect("a key").to_owned();
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, &key).expect("written");
    let begun = std::time::Instant::now();
    while node.call(&key, "GET", "/api/whoami", &Json::Null).status != 200 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the key works");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let head = || node.call(&key, "GET", "/api/org/1/audit?limit=1", &Json::Null).rows()[0]["sequence"].as_u64();
    let run = |file: &Path, arguments: &[&str]| {
        let output = Command::new("python3")
            .arg(examples().join("ensure.py"))
            .arg(file)
            .args(arguments)
            .env("PEERAGE_URL", format!("http://{}", node.address))
            .env("PEERAGE_KEY_FILE", &key_file)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PEERAGE_KEY")
            .output()
            .expect("python3 runs");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), errors)
    };
    let wanted = examples().join("wanted.json");
    let before = head();
    let (code, planned, errors) = run(&wanted, &[]);
    assert_eq!(code, Some(2), "{planned}{errors}");
    assert_eq!(head(), before, "a plan changes nothing");
    assert_eq!(
        planned,
        "~ poc 25, Technical, peering@glex.example: visible 'Users' -> 'Public'\n\
         + poc 25, NOC, noc@glex.example\n\
         ~ netixlan 25, 1, 11.250.4.13, 2f00:dec0:1::118: speed 1000 -> 10000\n\
         + netixlan 25, 2, 11.250.8.50\n"
    );
    assert_eq!(run(&wanted, &["--apply"]), (Some(0), planned.clone(), String::new()));
    let (before, all) = (head(), planned.lines().count());
    for arguments in [&["--apply"][..], &[]] {
        let (code, message, errors) = run(&wanted, arguments);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{message}");
        assert!(message.lines().count() == all && message.lines().all(|line| line.starts_with("= ")), "{message}");
    }
    assert_eq!(head(), before, "the second time changes nothing");
    // A refused item is reported; the others are applied.
    let other = folder.path().join("other.json");
    let text = std::fs::read_to_string(&wanted).expect("the file");
    let text =
        text.replace("10000", "100000").replace("Night watch", "Night  watch").replace("11.250.8.50", "11.251.8.50");
    std::fs::write(&other, text).expect("written");
    let (code, message, errors) = run(&other, &["--apply"]);
    assert_eq!(code, Some(1), "{message}{errors}");
    assert_eq!(
        message,
        "= poc 25, Technical, peering@glex.example\n\
         ! poc 25, NOC, noc@glex.example: 400 name: Name cannot contain consecutive whitespace characters.\n\
         ~ netixlan 25, 1, 11.250.4.13, 2f00:dec0:1::118: speed 10000 -> 100000\n\
         ! netixlan 25, 2, 11.251.8.50: 400 ipaddr4: IPv4 address outside of prefix\n"
    );
}

#[test]
fn a_key_gets_a_new_secret_and_the_old_one_works_on() {
    let world = ExampleWorld::new();
    let who = |key: &str| world.node.call(key, "GET", "/api/whoami", &Json::Null).status;
    let message = world.ok("rotate_key.py", &["--overlap", "2"]);
    assert!(message.contains("the old one works for 2 hours"), "{message}");
    let first = std::fs::read_to_string(&world.key_file).expect("the key").trim().to_owned();
    assert_ne!(first, world.fixture.key);
    assert_eq!((who(&first), who(&world.fixture.key)), (200, 200));
    let mode = std::fs::metadata(&world.key_file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner can read it");
    world.ok("rotate_key.py", &[]);
    let second = std::fs::read_to_string(&world.key_file).expect("the key").trim().to_owned();
    assert_eq!((who(&second), who(&first), who(&world.fixture.key)), (200, 200, 401));
    std::fs::write(&world.key_file, &world.fixture.admin_key).expect("written");
    let refused = world.run("rotate_key.py", &[]);
    assert!(!refused.status.success(), "a key that cannot rotate itself");
    let kept = std::fs::read_to_string(&world.key_file).expect("the key");
    assert_eq!(kept, world.fixture.admin_key, "the file has not changed");
    assert!(!String::from_utf8_lossy(&refused.stderr).contains(&world.fixture.admin_key));
    let files = std::fs::read_dir(world.fixture.folder.path()).expect("a folder");
    let left = files.filter_map(Result::ok).filter(|file| file.file_name().to_string_lossy().starts_with(".key-"));
    assert_eq!(left.count(), 0, "no temporary files are left");
}

#[test]
fn new_peers_are_found_with_contacts_that_the_key_may_see() {
    let world = ExampleWorld::new();
    let message = world.ok("find_peers.py", &["63001"]);
    // The network's contact is visible to users, and so to the key.
    assert_eq!(message, "asn,name,policy,exchanges,contacts\n63101,Net 101,,Exchange 1,NOC noc101@net.example\n");
    std::fs::write(&world.key_file, "").expect("written");
    assert!(world.ok("find_peers.py", &["63001"]).ends_with("63101,Net 101,,Exchange 1,\n"), "without a key");
    let sessions = world.fixture.folder.path().join("sessions");
    std::fs::write(&sessions, "63101\n").expect("written");
    let message = world.ok("find_peers.py", &["63001", "--sessions", &sessions.display().to_string()]);
    assert_eq!(message, "asn,name,policy,exchanges,contacts\n");
}
