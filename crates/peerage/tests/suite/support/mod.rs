//! The real program on a separate registry.

pub mod list_server;
pub mod mail_folder;

use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// The address of a PostgreSQL server on which databases may be created.
const POSTGRES: &str = "PEERAGE_TEST_POSTGRES";

/// Distinguishes the databases of this process.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A registry and a folder for files. Both are removed when this is dropped.
pub struct TestRegistry {
    pub folder: TempDir,
    database: String,
    /// Server and name of the database to drop.
    postgres: Option<(String, String)>,
}

impl TestRegistry {
    pub fn sqlite() -> TestRegistry {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("registry.db").display().to_string();
        TestRegistry { folder, database, postgres: None }
    }

    /// Makes a registry in PostgreSQL. Panics without a server, because a silently skipped test proves nothing.
    pub fn postgres() -> TestRegistry {
        let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
            panic!(
                "{POSTGRES} is not set. It has to be the postgres:// address of a server where databases can be created. \
                 To start one: eval \"$(scripts/postgres-for-tests start)\""
            )
        });
        let name = format!("peerage_cli_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        run_sql(&server, &[format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")]);
        let (address, query) = server.split_once('?').map_or((server.as_str(), None), |(a, q)| (a, Some(q)));
        let (scheme, rest) = address.split_once("://").expect("an address such as postgres://user@host/name");
        let host = rest.split('/').next().unwrap_or_default();
        let mut database = format!("{scheme}://{host}/{name}");
        if let Some(query) = query {
            database = format!("{database}?{query}");
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        TestRegistry { folder, database, postgres: Some((server, name)) }
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    /// Runs SQL without the program.
    pub fn sql(&self, statement: &str) {
        if self.postgres.is_some() {
            run_sql(&self.database, &[statement.to_owned()]);
        } else {
            let connection = rusqlite::Connection::open(&self.database).expect("a database");
            connection.execute_batch(statement).expect("a statement that SQLite accepts");
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder");
        }
        std::fs::write(&path, content).expect("written");
        path.display().to_string()
    }

    /// Returns the program with this registry, without the caller's environment variables.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.env("PEERAGE_DATABASE", &self.database).current_dir(self.folder.path());
        command.env("PEERAGE_SERVER_KEY_FILE", self.path("server.key"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Runs a command, expects success, and returns standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", message(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a command, expects this exit status, and returns standard error.
    pub fn fails(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", message(&output));
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    /// Imports and returns the summary of `--json`.
    pub fn import(&self, arguments: &[&str]) -> serde_json::Value {
        let text = self.ok(&[&["import", "--json"], arguments].concat());
        serde_json::from_str(&text).expect("one JSON object")
    }

    /// Returns the whole registry as text.
    pub fn export(&self) -> String {
        self.ok(&["export", "-"])
    }

    /// Makes another registry on the same engine.
    pub fn another(&self) -> TestRegistry {
        if self.postgres.is_some() { TestRegistry::postgres() } else { TestRegistry::sqlite() }
    }

    /// Whether the registry contains a text: in the bytes of its file, or in any row of the server.
    pub fn holds(&self, text: &str) -> bool {
        if self.postgres.is_none() {
            let begins = ["", "-wal"].map(|end| std::fs::read(format!("{}{end}", self.database)).unwrap_or_default());
            return begins.iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()));
        }
        ["event", "record", "key_use"].into_iter().any(|table| {
            let count = format!("SELECT count(*) FROM {table} t WHERE strpos(t::text, $1) > 0");
            count_rows(&self.database, &count, text) > 0
        })
    }

    /// Runs a command with bytes on standard input.
    pub fn ok_with_input(&self, arguments: &[&str], input: &[u8]) -> String {
        let output = self.run_with_input(arguments, input);
        assert!(output.status.success(), "{}", message(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a command with input, expects this exit status, and returns standard error.
    pub fn fails_with_input(&self, status: i32, arguments: &[&str], input: &[u8]) -> String {
        let output = self.run_with_input(arguments, input);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", message(&output));
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        child.stdin.take().expect("piped").write_all(input).expect("the program reads its input");
        child.wait_with_output().expect("the program ends")
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.postgres {
            run_sql(server, &[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]);
        }
    }
}

/// Compiles a C file into a library that `LD_PRELOAD` puts between a program and the system.
pub fn preload_library(folder: &Path, source: &str) -> PathBuf {
    let library = folder.join(Path::new(source).with_extension("so").file_name().expect("the name of a file"));
    let compiled =
        Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).args([source, "-ldl"]).status();
    assert!(compiled.expect("a C compiler").success());
    library
}

pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peerage"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PEERAGE_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn message(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn run_sql(server: &str, statements: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(server, tokio_postgres::NoTls).await.expect("PostgreSQL answers");
        let connection = tokio::spawn(connection);
        for statement in statements {
            client.batch_execute(statement).await.expect("a statement that PostgreSQL accepts");
        }
        drop(client);
        let _ = connection.await;
    });
}

fn count_rows(server: &str, statement: &str, text: &str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(server, tokio_postgres::NoTls).await.expect("PostgreSQL answers");
        let connection = tokio::spawn(connection);
        let count = client.query_one(statement, &[&text]).await.expect("a count").get(0);
        drop(client);
        let _ = connection.await;
        count
    })
}

/// Returns the demo registry that is built into the program.
pub fn demo() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/demo.json");
    std::fs::read_to_string(path).expect("the demo is there")
}

/// Makes a registry of `networks` networks, each with an organization, a contact and its share of notes. `mark` is in
/// every name, so that another mark gives another registry with the same rows.
pub fn registry(networks: u32, mark: &str) -> String {
    let mut orgs = Vec::new();
    let mut nets = Vec::new();
    let mut contacts = Vec::new();
    for id in 1..=networks {
        let times = format!(
            r#""created":"2020-01-01T00:00:00.{id:06}Z","updated":"2024-01-0{}T00:00:00Z","status":"ok""#,
            id % 9 + 1
        );
        orgs.push(format!(r#"{{"id":{id},"name":"Org {id} {mark}",{times}}}"#));
        let notes = "n".repeat((id % 97) as usize * 8);
        let asn = 1_000_000 + id;
        nets.push(format!(
            r#"{{"id":{id},"org_id":{id},"asn":{asn},"name":"Net {id} {mark}","notes":"{notes}",{times}}}"#
        ));
        contacts.push(format!(r#"{{"id":{id},"net_id":{id},"role":"NOC","name":"{mark}",{times}}}"#));
    }
    let mut out = String::new();
    let lists = [("org", orgs), ("net", nets), ("poc", contacts)];
    for (kind, rows) in lists {
        out.push(if out.is_empty() { '{' } else { ',' });
        write!(out, r#""{kind}":{{"data":[{}]}}"#, rows.join(",\n")).expect("in memory");
    }
    out.push('}');
    out
}

/// Runs a test on a registry in SQLite and on one in PostgreSQL.
macro_rules! on_both {
    ($(fn $name:ident($world:ident) $body:block)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&$crate::support::TestRegistry::sqlite()) })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&$crate::support::TestRegistry::postgres()) })*
        }
        $(fn $name($world: &$crate::support::TestRegistry) $body)*
    };
}
pub(crate) use on_both;

/// Runs tests of a server on a registry in SQLite and on one in PostgreSQL.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite { $(#[test] fn $name() { super::$name(crate::server::RegistryPlace::sqlite()); })* }
        mod on_postgres { $(#[test] fn $name() { super::$name(crate::server::RegistryPlace::postgres()); })* }
    };
}
pub(crate) use on_both_stores;
