//! Runs every command that README.md, docs/ and the program's own help print.
//!
//! A document's commands run in order, in one shell, on a separate registry. Commands that cannot run here are in
//! [`NOT_RUN`] and [`NO_COMMANDS`] with the reason. [`PrintedWorld::real`] replaces examples of the reader's own
//! values. An entry that is no longer found fails the test.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::{RegistryPlace, TestServer};
use peerage_access::key_string::{ENTROPY_BYTES, KeyKind, make};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// The beginnings of lines that are not run, with the reason.
const NOT_RUN: [(&str, &str); 11] = [
    ("cargo build --release", "builds what this test runs"),
    ("export PATH=", "puts the release build first"),
    ("scripts/test", "runs this test"),
    ("scripts/reproduce", "takes as long as two release builds"),
    ("scripts/soak", "takes minutes to hours"),
    ("scripts/bench", "takes minutes"),
    ("peerage serve --listen 0.0.0.0:8300", "writes into /srv and listens on every address"),
    ("peerage serve --database postgres:", "needs a PostgreSQL server with TLS"),
    ("sudo", "installs a package, or runs as its user"),
    ("peerage backup registry.gpg", "needs a key of the reader's own"),
    ("peerage oidc pkce", "needs an application of the reader's own"),
];

/// The first lines of blocks without commands, with what the blocks are.
const NO_COMMANDS: [(&str, &str); 4] = [
    ("# config.yaml of the client", "configuration of another program"),
    ("https://registry.example/oauth2/authorize/", "an address for a browser"),
    ("GET /profile/v1", "a request"),
    ("{\"id\": 1, \"given_name\"", "an answer"),
];

/// Makes the keys that encrypt the examples of `peerage backup`.
const BACKUP_KEYS: [&str; 2] = ["age-keygen --output ops.key", "age-keygen -y ops.key > ops.pub"];

/// Makes what the examples of `peerage restore` restore.
const BACKUPS: [&str; 5] = [
    "peerage backup full.age --recipient $(cat ops.pub) --checkpoint full.json",
    "peerage backup next.age --recipient $(cat ops.pub) --after full.json",
    "peerage backup registry.backup",
    "peerage backup monday.backup --after registry.backup",
    "peerage backup tuesday.backup --after monday.backup",
];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(top().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The entries of the lists above that were found.
#[derive(Default)]
struct MetEntries(RefCell<BTreeSet<&'static str>>);

impl MetEntries {
    fn is_in(&self, list: &[(&'static str, &'static str)], line: &str) -> bool {
        let entry = list.iter().find(|(begin, _)| line.starts_with(begin));
        self.0.borrow_mut().extend(entry.map(|(begin, _)| *begin));
        entry.is_some()
    }

    fn is_run(&self, line: &str) -> bool {
        !self.is_in(&NOT_RUN, line)
    }

    /// Returns the commands of a document: lines of code blocks, which are indented by four spaces after an empty line.
    fn commands(&self, text: &str) -> Vec<String> {
        let mut commands = Vec::new();
        let (mut before_is_empty, mut is_code, mut has_commands) = (true, false, false);
        for line in text.lines() {
            let begins = line.starts_with("    ") && before_is_empty;
            is_code = begins || (is_code && line.starts_with("    "));
            if begins {
                has_commands = !self.is_in(&NO_COMMANDS, &line[4..]);
            }
            if is_code && has_commands && self.is_run(&line[4..]) {
                commands.push(line[4..].to_owned());
            }
            before_is_empty = line.is_empty();
        }
        commands
    }
}

/// Returns the commands in the examples of a help text, without their descriptions.
fn examples(help: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut is_continued = false;
    for line in help.lines() {
        let Some(text) = line.strip_prefix("  ") else { continue };
        let is_command = ["peerage ", "curl ", "sqlite3 ", "pg_dump "].iter().any(|program| text.starts_with(program));
        // A description is separated by two or more spaces.
        let command = text.trim_start().split("  ").next().unwrap_or_default();
        if is_continued {
            let last = commands.last_mut().expect("the line before");
            last.truncate(last.len() - 1);
            last.push_str(command);
        } else if is_command {
            commands.push(command.to_owned());
        } else {
            continue;
        }
        is_continued = command.ends_with('\\');
    }
    commands
}

/// Returns the demo with the objects that documents name by number.
fn rows() -> Json {
    let mut rows: Json = serde_json::from_str(&read("crates/peerage/demo/demo.json")).expect("the demonstration");
    let mut add = |kind: &str, at: usize, change: &dyn Fn(&mut Json)| {
        let list = rows[kind]["data"].as_array_mut().expect("rows");
        let mut row = list[at].clone();
        change(&mut row);
        match list.iter().position(|known| known["id"] == row["id"]) {
            Some(known) => list[known] = row,
            None => list.push(row),
        }
    };
    add("net", 4, &|net| net["org_id"] = json!(7));
    add("net", 4, &|net| {
        (net["id"], net["org_id"], net["name"], net["asn"]) = (json!(42), json!(7), json!("Forty-two"), json!(63_542));
    });
    add("ix", 6, &|ix| (ix["id"], ix["name"]) = (json!(9), json!("Ninth")));
    for id in 90..=92 {
        let change = |fac: &mut Json| {
            (fac["id"], fac["name"], fac["status"]) = (json!(id), json!(format!("Hall {id}")), json!("pending"));
        };
        add("fac", 0, &change);
    }
    rows
}

fn key_text(kind: KeyKind, public: &str) -> String {
    let entropy: [u8; ENTROPY_BYTES] = std::array::from_fn(|at| at as u8);
    make(kind, Some(public), &entropy).expect("a key").text.to_string()
}

const PASSWORD: &str = "a long walk by the river";

/// The accounts that exist before a document's commands run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PrintedPeople {
    /// The accounts of the demo, which is served.
    Demo,
    /// Only root. The document creates the others.
    Root,
    /// Ann, with her role in organization 7, and two other members.
    Ann(Option<&'static str>),
}

/// A home folder with a registry at its default path. Commands run in the folder of the registry.
struct PrintedWorld {
    // It must stop before its files are removed.
    server: Option<TestServer>,
    home: TempDir,
    place: RegistryPlace,
    /// A database without a registry.
    fresh: RegistryPlace,
    key: String,
    session: String,
}

impl PrintedWorld {
    fn new(people: PrintedPeople) -> PrintedWorld {
        let key = key_text(KeyKind::User, "7aaaaaaaaaaa");
        let mut users = vec![json!({"id": 1, "username": "root", "email": "root@example.net", "verified": true,
                                    "password": PASSWORD, "superuser": true})];
        if let PrintedPeople::Ann(role) = people {
            let all = [(2, "ann", role), (3, "bob", Some("member")), (4, "eve", Some("admin"))];
            users.extend(all.map(|(id, name, role)| {
                let orgs = role.map_or(json!([]), |role| json!([{"org_id": 7, "role": role}]));
                json!({"id": id, "username": name, "email": format!("{name}@example.net"), "password": PASSWORD,
                       "verified": true, "orgs": orgs})
            }));
        }
        let accounts = json!({"users": users, "keys": [
            {"identity": "script", "kind": "user", "owner": "root", "status": "active", "key": key},
            {"identity": "ports", "kind": "org", "org_id": 7, "status": "active", "email": "noc@example.net",
             "grants": {"peeringdb.organization.7": 15}, "key": key_text(KeyKind::Org, "4fK2abcdefgh")},
        ]});
        let home = tempfile::tempdir().expect("a folder");
        let world = PrintedWorld {
            home,
            place: RegistryPlace::postgres(),
            fresh: RegistryPlace::postgres(),
            server: None,
            key,
            session: String::new(),
        };
        std::fs::create_dir_all(world.path("bin")).expect("a folder");
        std::fs::create_dir_all(world.path("data/peerage")).expect("a folder");
        let program = env!("CARGO_BIN_EXE_peerage");
        // A server is stopped once it has printed its welcome message. An answer of 400 or more fails its command.
        let serve = format!(
            "#!/bin/bash\n[ \"$1\" = serve ] && [[ \"$*\" != *--print-config* && \"$*\" != *--check* ]] || exec {program} \"$@\"\n\
             coproc {program} \"$@\" --listen 127.0.0.1:0\n\
             while read -r line <&\"${{COPROC[0]}}\"; do echo \"$line\"; [[ $line != *Ctrl-C* ]] || break; done\n\
             kill $COPROC_PID; wait $COPROC_PID || true\n"
        );
        world.program("peerage", &serve);
        world.program("curl", "#!/bin/bash\nexec env PATH=\"${PATH#*:}\" curl --fail-with-body -S \"$@\"\n");
        world.program("uuidgen", "#!/bin/bash\ncat /proc/sys/kernel/random/uuid\n");
        world.program("less", "#!/bin/bash\ncat\n");
        for (name, text) in [
            ("dump.json", rows().to_string()),
            ("accounts.json", accounts.to_string()),
            ("words", "password\nletmein\n".to_owned()),
            ("leaked.log", format!("Authorization: Api-Key {}\n", world.key)),
        ] {
            std::fs::write(world.path("data/peerage").join(name), text).expect("written");
        }
        world.shell(
            "peerage import dump.json --accounts accounts.json\npeerage import dump.json --database \"$POSTGRES\"\n\
             peerage export dump\ncp -r dump FOLDER\ngzip -k dump.json\npeerage export peeringdb.json.zst\n\
             ssh-keygen -q -t ed25519 -N '' -f key\n",
        );
        world
    }

    /// Makes the world with a server, and a session of root.
    fn served(people: PrintedPeople) -> PrintedWorld {
        let world = PrintedWorld::new(people);
        if people == PrintedPeople::Demo {
            let server = world.serve(&["--demo"]);
            return PrintedWorld { server: Some(server), ..world };
        }
        let message = world.shell("peerage user session root");
        let session = message.split_whitespace().find(|word| word.starts_with("prs_")).expect("a session").to_owned();
        let server = world.serve(&["--rdap", "off"]);
        let mut contact = server.call(&world.key, "GET", "/api/poc/7?depth=0", &Json::Null).rows()[0].clone();
        // Private contacts can only be read.
        contact["visible"] = json!("Users");
        std::fs::write(world.path("data/peerage/contact.json"), contact.to_string()).expect("written");
        PrintedWorld { server: Some(server), session, ..world }
    }

    fn serve(&self, arguments: &[&str]) -> TestServer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peerage"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error"])
            // Scripts wait for a key by trying it.
            .args(["--refusals-per-minute", "0"])
            .args(arguments)
            .env("XDG_DATA_HOME", self.path("data"));
        TestServer::run(command)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its owner may");
    }

    fn url(&self) -> String {
        self.server.as_ref().map(|server| format!("http://{}", server.address)).unwrap_or_default()
    }

    /// Runs a script and returns its output. Password prompts get a password.
    fn shell(&self, script: &str) -> String {
        let mut command = Command::new("bash");
        let path = std::env::var("PATH").unwrap_or_default();
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PEERAGE_")) {
            command.env_remove(name);
        }
        command
            .args(["-eo", "pipefail", "-c", script])
            .current_dir(self.path("data/peerage"))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("POSTGRES", self.place.database())
            // A check of the settings must not ask anyone.
            .env("PEERAGE_RDAP", "off")
            .env("REGISTRY", self.url())
            .env("KEY", &self.key)
            .env("SESSION", &self.session)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("bash runs");
        // The script may read nothing.
        let _ = child.stdin.take().expect("its input").write_all(format!("{PASSWORD}\n{PASSWORD}\n").as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        let message = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{script}\n{message}\n{}", String::from_utf8_lossy(&output.stderr));
        message
    }

    /// Replaces the examples in a line with real values.
    fn real(&self, line: &str) -> String {
        let dump = format!("file://{}", self.path("data/peerage/dump.json").display());
        let examples = [
            ("http://127.0.0.1:8300", self.url()),
            ("https://example.net/dump.json", dump.clone()),
            ("https://dump.example/all.json", dump),
            ("postgres://peerage@db.example.net/peerage", self.place.database()),
            ("postgres://peerage@db.example.net/new", self.fresh.database()),
            ("$PEERAGE_DATABASE", "$POSTGRES".to_owned()),
            ("key=4fK2…", "key=4fK2abcdefgh".to_owned()),
            // The role account that was just created.
            ("role change 3", "role change 1".to_owned()),
            // The registry may be less than a second old.
            ("2026-01-31T00:00:00Z", "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)".to_owned()),
            ("2026-01-31T12:00:00Z", "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)".to_owned()),
            // The last event of the previous export.
            (
                "--after 120345",
                "--after $(tail -n 1 audit.jsonl | grep -o '\"sequence\": *[0-9]*' | grep -o '[0-9]*$')".to_owned(),
            ),
            // The server does not know the key at once.
            (
                "read -rs KEY",
                "KEY=$(grep -o 'prg_u_[0-9A-Za-z_]*' output | tail -n 1); for _ in {1..300}; do curl -s -H \
                 \"Authorization: Api-Key $KEY\" \"$REGISTRY/api/whoami\" &>/dev/null && break; sleep 0.1; done"
                    .to_owned(),
            ),
        ];
        examples.iter().fold(line.to_owned(), |line, (example, real)| line.replace(example, real))
    }

    /// Runs the lines of a document in one shell.
    fn run(&self, source: &str, lines: &[String]) {
        assert!(!lines.is_empty(), "{source}: no command was found");
        let script = lines.iter().map(|line| self.real(line)).collect::<Vec<_>>().join("\n");
        // `-v` prints the line that failed, the trap prints its output.
        self.shell(&format!("echo {source}\nexec >output\ntrap 'tail -c 2000 output >&2' ERR\nset -v\n{script}"));
    }
}

/// Runs a document. `people` exist before.
fn run_document(met: &MetEntries, name: &str, people: PrintedPeople) {
    PrintedWorld::served(people).run(name, &met.commands(&read(name)));
}

#[test]
fn i12_05_every_command_of_the_documents_and_of_the_help_works_as_printed() {
    let met = MetEntries::default();
    let documents = [
        ("README.md", PrintedPeople::Demo),
        ("docs/api.md", PrintedPeople::Demo),
        ("docs/import.md", PrintedPeople::Root),
        ("docs/keys.md", PrintedPeople::Ann(Some("admin"))),
        ("docs/mirror.md", PrintedPeople::Root),
        ("docs/operations.md", PrintedPeople::Root),
        ("docs/organizations.md", PrintedPeople::Root),
        ("docs/sign-in.md", PrintedPeople::Root),
        ("docs/writing.md", PrintedPeople::Root),
        ("docs/examples/README.md", PrintedPeople::Root),
    ];
    for (name, people) in documents {
        run_document(&met, name, people);
    }
    // The other documents only have commands that are not run.
    for file in std::fs::read_dir(top().join("docs")).expect("a folder") {
        let name = format!("docs/{}", file.expect("a file").file_name().to_string_lossy());
        if !name.ends_with(".md") || documents.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let left = met.commands(&read(&name));
        assert!(left.is_empty(), "{name} has commands that no test runs: {left:#?}");
    }
    let help = |command: &str| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_peerage")).args(command.split_whitespace()).arg("--help").output();
        String::from_utf8_lossy(&output.expect("the program runs").stdout).into_owned()
    };
    for (command, people) in [
        ("", PrintedPeople::Root),
        ("serve", PrintedPeople::Root),
        ("import", PrintedPeople::Root),
        ("export", PrintedPeople::Root),
        ("backup", PrintedPeople::Root),
        ("restore", PrintedPeople::Root),
        ("user", PrintedPeople::Root),
        ("org", PrintedPeople::Ann(None)),
        ("role", PrintedPeople::Ann(Some("admin"))),
        ("grant", PrintedPeople::Ann(Some("member"))),
        ("key", PrintedPeople::Ann(Some("admin"))),
        ("oidc", PrintedPeople::Root),
        ("audit", PrintedPeople::Ann(Some("admin"))),
        ("queue", PrintedPeople::Root),
        ("approve", PrintedPeople::Root),
        ("refuse", PrintedPeople::Root),
    ] {
        let mut lines: Vec<String> = examples(&help(command)).into_iter().filter(|line| met.is_run(line)).collect();
        let first: &[&str] = if command == "restore" { &BACKUPS } else { &[] };
        let keys: &[&str] = if matches!(command, "backup" | "restore") { &BACKUP_KEYS } else { &[] };
        lines.splice(..0, keys.iter().chain(first).map(|line| (*line).to_owned()));
        PrintedWorld::new(people).run(&format!("peerage {command} --help"), &lines);
    }
    let met = met.0.into_inner();
    let unmet: Vec<_> = NOT_RUN.iter().chain(&NO_COMMANDS).filter(|(begin, _)| !met.contains(begin)).collect();
    assert!(unmet.is_empty(), "no document has these any more: {unmet:#?}");
}
