//! The real program as a server, on either store, for tests.

pub mod fixture;
pub mod stalling;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// Where a test keeps its registry. A PostgreSQL database is dropped with the value.
pub enum RegistryPlace {
    File(tempfile::TempDir),
    Postgres { admin: String, name: String },
}

impl RegistryPlace {
    pub fn sqlite() -> RegistryPlace {
        RegistryPlace::File(tempfile::tempdir().expect("a folder"))
    }

    /// Makes a new database on the server in `PEERAGE_TEST_POSTGRES`. Without one the test fails, because a silently
    /// skipped test proves nothing.
    pub fn postgres() -> RegistryPlace {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let admin = std::env::var("PEERAGE_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!(
                "PEERAGE_TEST_POSTGRES is not set. It has to be the postgres:// address of a server where databases can \
                 be created. To start one: eval \"$(scripts/postgres-for-tests start)\""
            )
        });
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("http_{}_{number}", std::process::id());
        psql(&admin, &format!("CREATE DATABASE {name}"));
        RegistryPlace::Postgres { admin, name }
    }

    pub fn database(&self) -> String {
        match self {
            RegistryPlace::File(folder) => folder.path().join("registry.db").display().to_string(),
            RegistryPlace::Postgres { admin, name } => {
                let (base, query) = admin.split_once('?').map_or((admin.as_str(), ""), |(base, query)| (base, query));
                let (server, _) = base.rsplit_once('/').expect("a database in the URL");
                let query = if query.is_empty() { String::new() } else { format!("?{query}") };
                format!("{server}/{name}{query}")
            }
        }
    }
}

impl RegistryPlace {
    /// Runs statements without the servers, as one transaction.
    pub fn sql(&self, statements: &str) {
        match self {
            RegistryPlace::File(_) => {
                let connection = self.beside();
                let all = format!("BEGIN IMMEDIATE; {statements}; COMMIT");
                connection.execute_batch(&all).unwrap_or_else(|error| panic!("{statements}: {error}"));
            }
            RegistryPlace::Postgres { .. } => {
                psql(&self.database(), &format!("SET session_replication_role = replica; {statements}"));
            }
        }
    }

    /// Copies all tables, like a backup.
    pub fn copy_tables(&self) {
        match self {
            RegistryPlace::File(folder) => {
                let copy = folder.path().join("copy.db").display().to_string();
                self.beside().execute("VACUUM INTO ?1", [copy]).expect("a copy");
            }
            RegistryPlace::Postgres { .. } => psql(
                &self.database(),
                "CREATE SCHEMA kept; DO $$ DECLARE t text; BEGIN \
                 FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP \
                 EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', t, t); END LOOP; END $$",
            ),
        }
    }

    /// Restores the copy under running servers, and changes it in the same transaction.
    pub fn restore_tables(&self, change: &str) {
        match self {
            RegistryPlace::File(folder) => {
                let connection = self.beside();
                let copy = folder.path().join("copy.db").display().to_string();
                connection.execute("ATTACH ?1 AS kept", [copy]).expect("the copy");
                let tables = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
                let mut statement = connection.prepare(tables).expect("a statement");
                let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("tables");
                let mut put_back = String::new();
                for name in names {
                    let name = name.expect("a name");
                    put_back += &format!(
                        "DELETE FROM main.\"{name}\"; INSERT INTO main.\"{name}\" SELECT * FROM kept.\"{name}\"; "
                    );
                }
                let all = format!("BEGIN IMMEDIATE; {put_back}{change}; COMMIT");
                connection.execute_batch(&all).unwrap_or_else(|error| panic!("{all}: {error}"));
            }
            RegistryPlace::Postgres { .. } => self.sql(&format!(
                "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP \
                 EXECUTE format('DELETE FROM public.%I', t); \
                 EXECUTE format('INSERT INTO public.%I SELECT * FROM kept.%I', t, t); END LOOP; END $$; {change}"
            )),
        }
    }

    fn beside(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.database()).expect("the file opens");
        connection.busy_timeout(Duration::from_secs(30)).expect("a time-out");
        connection.pragma_update(None, "foreign_keys", false).expect("a setting");
        connection
    }
}

impl Drop for RegistryPlace {
    fn drop(&mut self) {
        if let RegistryPlace::Postgres { admin, name } = self {
            psql(admin, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, statement: &str) {
    let done = Command::new("psql").args([server, "-qc", statement]).status().expect("psql runs");
    assert!(done.success(), "{statement}");
}

/// A running server, which stops when the value is dropped.
pub struct TestServer {
    child: Child,
    pub address: String,
    /// The welcome message.
    pub message: String,
    /// Its later output.
    printed: Arc<Mutex<String>>,
}

pub fn peerage() -> Command {
    Command::new(env!("CARGO_BIN_EXE_peerage"))
}

impl TestServer {
    pub fn start(place: &RegistryPlace, arguments: &[&str]) -> TestServer {
        TestServer::start_at(&place.database(), arguments)
    }

    pub fn start_at(database: &str, arguments: &[&str]) -> TestServer {
        let mut command = TestServer::command_at(database);
        command.args(arguments);
        TestServer::run(command)
    }

    /// Returns the command that serves a registry.
    pub fn command(place: &RegistryPlace) -> Command {
        TestServer::command_at(&place.database())
    }

    fn command_at(database: &str) -> Command {
        let mut command = peerage();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
            // Tests are refused often. Tests of the limit set it by flag.
            .env("PEERAGE_REFUSALS_PER_MINUTE", "0")
            // Rows change only when a test changes them. Tests of imports set it by flag.
            .env("PEERAGE_MEMBER_LISTS", "off")
            .stderr(Stdio::inherit());
        command
    }

    /// Runs it, and waits until it answers.
    pub fn run(mut command: Command) -> TestServer {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut message = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            message.push_str(&line);
            message.push('\n');
            if line.contains("Ctrl-C") {
                break;
            }
        }
        let address = message.split_once("http://").and_then(|(_, rest)| rest.split('/').next());
        let address = address.expect("the program says where it listens").to_owned();
        let printed = Arc::new(Mutex::new(String::new()));
        let printing = Arc::clone(&printed);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                printing.lock().expect("no thread panics while it holds the lock").push_str(&format!("{line}\n"));
            }
        });
        let server = TestServer { child, address, message, printed };
        let begun = Instant::now();
        while server.get("/readyz").status != 200 {
            assert!(begun.elapsed() < Duration::from_secs(30), "not ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// Returns its output after the start.
    pub fn printed(&self) -> String {
        self.printed.lock().expect("no thread panics while it holds the lock").clone()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("the program ends")
    }

    /// Returns its exit status, if it ends in time.
    pub fn wait_for(&mut self, time: Duration) -> Option<std::process::ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < time {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// Returns the position in the log that it shows.
    pub fn position(&self) -> Option<u64> {
        let ready = self.get("/readyz").body;
        let text = String::from_utf8_lossy(&ready);
        text.lines().next()?.rsplit(' ').next()?.parse().ok()
    }

    pub fn get(&self, target: &str) -> TestResponse {
        self.send("GET", target, &[])
    }

    /// Sends one request over a new connection.
    pub fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> TestResponse {
        send(&self.address, method, target, headers, b"").expect("a connection")
    }

    /// Sends a request with a JSON body.
    pub fn send_body(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> TestResponse {
        let length = body.len().to_string();
        let more = [("Content-Type", "application/json"), ("Content-Length", length.as_str())];
        send(&self.address, method, target, &[headers, &more].concat(), body.as_bytes()).expect("a connection")
    }

    /// Sends a request with a JSON body and a key or session.
    pub fn call(&self, key: &str, method: &str, target: &str, body: &Json) -> TestResponse {
        call(&self.address, key, method, target, body).expect("a connection")
    }

    /// Kills it like a power failure would.
    pub fn kill(mut self) {
        self.child.kill().expect("the program runs");
        self.child.wait().expect("the program ends");
    }
}

/// Sends one request over a new connection, possibly to a server that is gone: status 0 if it goes away meanwhile.
pub fn send(
    address: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<TestResponse> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(&[request.as_bytes(), body].concat());
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    Ok(TestResponse::read(&bytes))
}

/// Sends a request with a JSON body and a key or session. Null sends no body.
pub fn call(address: &str, key: &str, method: &str, target: &str, body: &Json) -> std::io::Result<TestResponse> {
    let scheme = if key.starts_with("prs_") { "Bearer" } else { "Api-Key" };
    let authorization = format!("{scheme} {key}");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut headers = vec![("Authorization", authorization.as_str())];
    if !text.is_empty() {
        headers.push(("Content-Type", "application/json"));
    } else if method != "GET" {
        headers.push(("Content-Length", "0"));
    }
    send(address, method, target, &headers, text.as_bytes())
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a condition holds.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// An answer. Status 0 means that there was none.
#[derive(Debug, Clone)]
pub struct TestResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl TestResponse {
    pub fn read(bytes: &[u8]) -> TestResponse {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return TestResponse { status: 0, headers: Vec::new(), body: Vec::new() };
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let raw = &bytes[end + 4..];
        let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if is_chunked { unchunk(raw) } else { raw.to_vec() };
        TestResponse { status: status.unwrap_or(0), headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or(Json::Null)
    }

    pub fn error(&self) -> String {
        self.json()["meta"]["error"].as_str().unwrap_or_default().to_owned()
    }

    pub fn rows(&self) -> Vec<Json> {
        self.json()["data"].as_array().cloned().unwrap_or_default()
    }

    pub fn ids(&self) -> Vec<u64> {
        self.rows().iter().filter_map(|row| row["id"].as_u64()).collect()
    }
}

fn unchunk(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&raw[..end]), 16).unwrap_or(0);
        if size == 0 || raw.len() < end + 2 + size {
            break;
        }
        body.extend_from_slice(&raw[end + 2..end + 2 + size]);
        raw = raw.get(end + 4 + size..).unwrap_or_default();
    }
    body
}
