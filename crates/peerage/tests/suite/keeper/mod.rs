//! A registry with people and keys: writes to its log what the server offers no request for.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use peerage_access::acts::sessions;
use peerage_access::factors::totp;
use peerage_access::key_string::{ENTROPY_BYTES, KeyKind, make};
use peerage_access::records::{
    AuthMethod, EmailAddress, Factor, Key, KeyEnd, Member, MemberRole, Password, PermissionRules, Role, RoleKind,
    Session, StoredRecord, StoredSecret, User,
};
use peerage_access::{AccessContext, Organizations, People, Principal, RecordStep, ServerKey, StaffRank, password};
use peerage_registry::ids::{FactorId, Id, KeyId, MemberId, OrgId, RoleId, UserId};
use peerage_registry::moment::{DAY, Moment, TICK};
use peerage_registry::row::Value;
use peerage_registry::{Action, Actor, Event, EventChange, LogEntry, LogHead, Snapshot, place, stored};
use peerage_schema::{Column, Resource};
use peerage_store::{AUDIT_EVENTS_MAX, AuditEvent, AuditQuery, Store, StoreLocation};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::server::{RegistryPlace, TestResponse, TestServer, peerage};

/// Disables limits. Tests of a limit set it by flag.
pub const UNBOUND: [&str; 16] = [
    "--writes-per-minute",
    "0",
    "--refusals-per-minute",
    "0",
    "--passwords-per-minute",
    "0",
    "--requests-per-second",
    "0",
    "--writes-per-minute-per-org",
    "0",
    "--rdap",
    "off",
    "--pages-per-minute",
    "0",
    "--mails-per-minute",
    "0",
];

/// Returns the current time.
pub fn now() -> Moment {
    std::time::SystemTime::now().into()
}

struct AnyOrganization;

impl Organizations for AnyOrganization {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: peerage_access::people::ObjectRef, _: peerage_access::people::ObjectRef) -> bool {
        true
    }
}

/// Direct access to a registry's database and files.
pub struct RegistryKeeper {
    runtime: tokio::runtime::Runtime,
    store: Store,
    pub server_key: ServerKey,
    database: String,
    folder: TempDir,
    counter: RefCell<u64>,
}

impl RegistryKeeper {
    pub fn of(place: &RegistryPlace) -> RegistryKeeper {
        let folder = tempfile::tempdir().expect("a folder");
        let text = ServerKey::print(1, &[7; 32]);
        std::fs::write(folder.path().join("server.key"), &text).expect("written");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let location: StoreLocation = place.database().parse().expect("a location");
        let store = runtime.block_on(Store::open(&location, "a-test")).expect("the store opens");
        let server_key = ServerKey::parse(&text).expect("a server key");
        RegistryKeeper { runtime, store, server_key, database: place.database(), folder, counter: RefCell::new(0) }
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Starts a server on this registry, with mails in the folder `mails`.
    pub fn serve(&self, place: &RegistryPlace, arguments: &[&str]) -> TestServer {
        let (key, mails) = (self.path("server.key"), format!("file:{}", self.path("mails")));
        TestServer::start(place, &[&["--server-key-file", &key, "--mail", &mails], arguments].concat())
    }

    /// Imports rows with the program's own import.
    pub fn import(&self, document: &Json) {
        let mut child = peerage()
            .args(["import", "-", "--strict", "--database", &self.database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        child
            .stdin
            .take()
            .expect("its input")
            .write_all(document.to_string().as_bytes())
            .expect("the program reads its input");
        assert!(child.wait().expect("the program ends").success());
    }

    /// Loads the registry as a server sees it.
    pub fn load(&self) -> (Arc<Snapshot>, People) {
        let (snapshot, people) = self.runtime.block_on(peerage_engine::load(&self.store)).expect("loaded");
        (Arc::new(snapshot), people)
    }

    /// Returns the events of the log after a position.
    pub fn events_after(&self, sequence: u64) -> Vec<AuditEvent> {
        let query = AuditQuery { after: Some(sequence), limit: AUDIT_EVENTS_MAX, ..AuditQuery::default() };
        self.runtime.block_on(self.store.audit_log(&query)).expect("read")
    }

    /// Sets a value that nodes share.
    pub fn share(&self, name: &str, text: &str) {
        let known = self.runtime.block_on(self.store.value(name)).expect("read");
        assert!(self.runtime.block_on(self.store.swap_value(name, known.as_deref(), text)).expect("written"));
    }

    pub fn uses(&self, key: u32, text: &str) {
        let text = text.to_owned();
        let noted = self.store.note_use(vec![KeyId::new(key)], move |_, _| text.clone());
        self.runtime.block_on(noted).expect("noted");
    }

    /// Changes a text of a network on behalf of a person, and returns the new head.
    pub fn change_net(&self, net: u32, column: Column, text: &str, user: u32) -> u64 {
        let (registry, _) = self.load();
        let table = Resource::Net.table();
        let before = stored::stored_cells(table, registry.row(Resource::Net, net).expect("a network"));
        let after = before.with(table, &[(column, Value::Text(text))]);
        let actor = Actor { name: "somebody".to_owned(), user: Some(UserId::new(user)), ..Actor::default() };
        let entry = LogEntry {
            at: now(),
            actor: serde_json::to_string(&actor).expect("text keys").into(),
            action: Action::Update,
            id: net,
            change: EventChange::Row { resource: Resource::Net, before: Some(before), after: Some(after.clone()) },
            org: place::organization_of(Resource::Net, &after, |of, id| registry.row(of, id)),
            salt: [3; 32],
        };
        self.write(vec![entry])
    }

    fn write(&self, entries: Vec<LogEntry>) -> u64 {
        let head = self.runtime.block_on(self.store.head()).expect("a head");
        let decide = move |_: LogHead, _: Vec<Event>| Ok::<_, Infallible>(entries.clone());
        self.runtime.block_on(self.store.append(head, decide)).expect("appended").head.sequence
    }

    /// Appends steps and returns the new head.
    pub fn append(&self, steps: Vec<RecordStep>) -> u64 {
        let actor: Arc<str> =
            serde_json::to_string(&Actor { name: "keeper".to_owned(), ..Actor::default() }).expect("text keys").into();
        let entries: Vec<LogEntry> = steps
            .into_iter()
            .map(|step| LogEntry {
                at: now(),
                actor: Arc::clone(&actor),
                action: step.action,
                id: step.id,
                change: EventChange::Record { record: step.record, before: step.before, after: step.after },
                org: step.org,
                salt: [3; 32],
            })
            .collect();
        self.write(entries)
    }

    /// Replaces a record.
    pub fn put<T: StoredRecord>(&self, kept: &T) -> u64 {
        let standing =
            self.load().1.texts().into_iter().find(|(record, id, _)| (*record, *id) == (T::RECORD, kept.id().get()));
        let step = RecordStep::create(kept);
        self.append(vec![match standing {
            Some((_, _, before)) => RecordStep { action: Action::Update, before: Some(before), ..step },
            None => step,
        }])
    }

    pub fn user(&self, id: u32, verified: bool, is_admin: bool) -> User {
        self.staff(id, verified, is_admin.then_some(StaffRank::Admin))
    }

    /// Makes a person with a staff rank.
    pub fn staff(&self, id: u32, verified: bool, staff: Option<StaffRank>) -> User {
        let user = User {
            id: UserId::new(id),
            username: format!("user{id}"),
            first_name: "First".to_owned(),
            last_name: "Last".to_owned(),
            emails: vec![EmailAddress::answered(format!("user{id}@people.example"))],
            verified,
            active: true,
            staff,
            ..User::blank(now())
        };
        self.put(&user);
        user
    }

    pub fn password(&self, user: u32, text: &str) {
        let hash = password::hash(text, &[5; 16]).expect("a hash");
        self.put(&Password { id: UserId::new(user), hash, changed: now() });
    }

    pub fn member(&self, id: u32, org: u32, user: u32, rank: MemberRole, grants: PermissionRules) -> u64 {
        self.put(&Member {
            id: MemberId::new(id),
            org: OrgId::new(org),
            user: UserId::new(user),
            rank,
            grants,
            since: now() - 60 * DAY,
            ranked: None,
            reconfirm_due: None,
        })
    }

    pub fn role(&self, id: u32, org: u32, kind: RoleKind, people: &[u32]) -> Role {
        let role = Role {
            id: RoleId::new(id),
            org: OrgId::new(org),
            kind,
            name: kind.name().to_owned(),
            email: format!("{}@org{org}.example", kind.name()),
            people: people.iter().copied().map(UserId::new).collect(),
            grants: kind.rules(OrgId::new(org)),
            created: now(),
        };
        self.put(&role);
        role
    }

    fn entropy(&self) -> [u8; ENTROPY_BYTES] {
        let mut state = self.counter.borrow_mut();
        std::array::from_fn(|_| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*state >> 40) as u8
        })
    }

    /// Makes a key, changed by `shape` before it is stored, and returns its text.
    pub fn key(&self, id: u32, kind: KeyKind, shape: impl FnOnce(&mut Key)) -> String {
        let made = make(kind, None, &self.entropy()).expect("enough letters");
        let secret = StoredSecret { hash: self.server_key.stamp(&made.text), version: 1, made: now(), until: None };
        let mut key = Key {
            id: KeyId::new(id),
            public: made.public.clone(),
            name: format!("key{id}"),
            email: format!("key{id}@keys.example"),
            email_confirmed: true,
            secrets: vec![secret],
            ..Key::blank(kind, now())
        };
        shape(&mut key);
        self.put(&key);
        made.text.to_string()
    }

    /// Makes an organization's key.
    pub fn org_key(&self, id: u32, org: u32, rules: &[(&str, u8)]) -> String {
        let rules = rules.iter().map(|(name, bits)| ((*name).to_owned(), *bits)).collect();
        self.key(id, KeyKind::Org, |key| {
            key.org = Some(OrgId::new(org));
            key.grants = Some(rules);
        })
    }

    pub fn user_key(&self, id: u32, user: u32) -> String {
        self.key(id, KeyKind::User, |key| key.user = Some(UserId::new(user)))
    }

    /// Makes a session of a person. `fresh` means that a second factor was just shown.
    pub fn session(&self, user: u32, fresh: bool) -> String {
        self.sessions(user, 1, |session| {
            if !fresh {
                session.fresh_until = Some(now() - TICK);
            }
        })
        .remove(0)
    }

    /// Makes several sessions at once, each changed by `shape` before it is stored.
    pub fn sessions(&self, user: u32, count: usize, shape: impl Fn(&mut Session)) -> Vec<String> {
        let (_, mut people) = self.load();
        let operator = Principal::operator();
        let (mut texts, mut steps) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let context = AccessContext { people: &people, organizations: &AnyOrganization, by: &operator, now: now() };
            let person = people.user(UserId::new(user)).expect("a user");
            let opened = sessions::open(&context, person, sessions::LIFE_MAX, &self.server_key, &self.entropy());
            let (text, opened) = opened.expect("a session");
            let made = opened[0].after.as_deref().expect("the session exists");
            let mut session: Session = serde_json::from_str(made).expect("a session");
            shape(&mut session);
            let step = RecordStep::create(&session);
            let sequence = people.generation() + 1;
            people.put(step.record, step.id, step.after.as_deref(), sequence).expect("the record can be read");
            steps.push(step);
            texts.push(text.to_string());
        }
        self.append(steps);
        texts
    }

    /// Makes a session that a person has opened with a password, changed by `shape` before it is stored. Returns its
    /// token and ID.
    pub fn own_session(&self, user: u32, shape: impl FnOnce(&mut Session)) -> (String, u32) {
        let text = self.session(user, true);
        let id = text.split('_').nth(1).and_then(|id| id.parse().ok()).expect("a number");
        let (_, people) = self.load();
        let before = people.session(id).expect("just made");
        let mut after = Session { amr: vec![AuthMethod::Pwd], expires: now() + sessions::LIFE, ..(**before).clone() };
        shape(&mut after);
        self.append(vec![RecordStep::update(&**before, &after)]);
        (text, id.get())
    }

    /// Makes a second factor of a person: an app with this seed.
    pub fn app(&self, id: u32, user: u32, seed: &[u8]) {
        let proof = totp::seal(&self.server_key, UserId::new(user), seed, &[4; 12], 0);
        self.put(&Factor {
            id: FactorId::new(id),
            user: UserId::new(user),
            name: "Phone".to_owned(),
            created: now(),
            used: None,
            proof,
        });
    }

    /// Returns the number of the last event of the log.
    pub fn head(&self) -> u64 {
        self.runtime.block_on(self.store.head()).expect("a head").sequence
    }

    /// Waits until a server shows everything that the log has.
    pub fn settle(&self, server: &TestServer) {
        let head = self.runtime.block_on(self.store.head()).expect("a head").sequence;
        wait_for("the server follows the log", || server.position().is_some_and(|at| at >= head));
    }

    /// Returns the texts of all mails so far.
    pub fn mails(&self) -> Vec<String> {
        crate::support::mail_folder::mails_in(self.path("mails").as_ref())
    }

    /// Waits for a mail that contains all these words.
    pub fn mail(&self, words: &[&str]) -> String {
        let has = |text: &String| words.iter().all(|word| text.contains(word));
        // A new mail is renamed after it was written, and a listing in between can miss it.
        let found = RefCell::new(None);
        wait_for(&format!("a mail with {words:?}"), || {
            let mail = self.mails().into_iter().find(has);
            let is_found = mail.is_some();
            found.replace(mail);
            is_found
        });
        found.into_inner().expect("it was found")
    }
}

pub fn ended(why: &str) -> KeyEnd {
    KeyEnd { at: now(), why: why.to_owned() }
}

/// Waits until a condition is met.
pub fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never happened: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A connection that stays open.
pub struct OpenConnection {
    stream: RefCell<Option<TcpStream>>,
    address: String,
}

impl OpenConnection {
    pub fn of(server: &TestServer) -> OpenConnection {
        OpenConnection { stream: RefCell::default(), address: server.address.clone() }
    }

    pub fn get(&self, target: &str, auth: &str) -> TestResponse {
        self.send("GET", target, auth, None)
    }

    /// Sends a request with `auth` as the whole `Authorization` header, or without one if it is empty.
    pub fn send(&self, method: &str, target: &str, auth: &str, body: Option<&Json>) -> TestResponse {
        self.send_with(method, target, auth, body, &[])
    }

    pub fn send_with(
        &self,
        method: &str,
        target: &str,
        auth: &str,
        body: Option<&Json>,
        headers: &[(&str, &str)],
    ) -> TestResponse {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !auth.is_empty() {
            request.push_str(&format!("Authorization: {auth}\r\n"));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = body.map(Json::to_string).unwrap_or_default();
        if !body.is_empty() {
            request.push_str("Content-Type: application/json\r\n");
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut kept = self.stream.borrow_mut();
        let connect = || {
            let stream = TcpStream::connect(&self.address).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
            stream.set_nodelay(true).expect("an option");
            stream
        };
        let mut stream = kept.take().unwrap_or_else(connect);
        let mut bytes = Vec::new();
        let is_whole = stream.write_all(request.as_bytes()).is_ok() && read(&mut stream, method, &mut bytes);
        if !is_whole && bytes.is_empty() {
            // The server had closed the connection.
            stream = connect();
            stream.write_all(request.as_bytes()).expect("the request is sent");
            assert!(read(&mut stream, method, &mut bytes), "{method} {target}: no answer");
        }
        let answer = TestResponse::read(&bytes);
        if answer.header("connection") != Some("close") {
            *kept = Some(stream);
        }
        answer
    }
}

/// Reads one answer. Returns whether it was complete.
fn read(stream: &mut TcpStream, method: &str, bytes: &mut Vec<u8>) -> bool {
    let mut piece = vec![0; 65536];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let status = head.split(' ').nth(1).unwrap_or_default();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            let is_chunked = head.contains("transfer-encoding: chunked");
            let is_done = method == "HEAD"
                || matches!(status, "204" | "304")
                || (is_chunked && bytes.ends_with(b"0\r\n\r\n"))
                || (!is_chunked && bytes.len() >= end + 4 + length);
            if is_done {
                return true;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return false,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// Returns a row for an import with the fields that every row has.
pub fn row(id: u32, fields: &Json) -> Json {
    let mut row =
        json!({"id": id, "status": "ok", "created": "2024-01-02T00:00:00Z", "updated": "2024-01-03T00:00:00Z"});
    for (name, value) in fields.as_object().expect("fields") {
        row[name] = value.clone();
    }
    row
}
