//! A small registry with people and keys, for tests that write.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use peerage_access::key_string::{ENTROPY_BYTES, KeyKind, make};
use peerage_access::{AccessContext, People, Principal, ServerKey, acts::sessions};
use peerage_registry::ids::UserId;
use peerage_registry::moment::Moment;
use peerage_registry::{Event, EventChange, LogEntry, LogHead, SnapshotLoader};
use peerage_store::{LoadedItem, Store, StoreLocation};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{RegistryPlace, TestServer, peerage};

/// Networks of the first organization, each with a contact.
pub const NETS: u32 = 100;
pub const PASSWORD: &str = "ada-Pw-2026-harbour";

/// A registry with people and keys, and the server key under which its keys are stored.
pub struct ServerFixture {
    pub place: RegistryPlace,
    pub folder: TempDir,
    /// The first organization's key, which may do everything in it.
    pub key: String,
    /// The personal key of its admin.
    pub admin_key: String,
    /// Another organization's key.
    pub foreign_key: String,
}

/// Returns a key's text, the same for the same number.
pub fn key_text(kind: KeyKind, number: u8) -> String {
    let mut entropy = [0; ENTROPY_BYTES];
    for (byte, at) in entropy.iter_mut().zip(0_u8..) {
        *byte = at.wrapping_mul(37).wrapping_add(number.wrapping_mul(83)) % 248;
    }
    make(kind, None, &entropy).expect("enough letters").text.to_string()
}

/// Returns the public part of a key's text.
pub fn public(key: &str) -> &str {
    key.split('_').nth(2).expect("a key of ours")
}

fn row(mut fields: Json) -> Json {
    for (name, value) in [("status", "ok"), ("created", "2024-01-01T00:00:00Z"), ("updated", "2024-01-01T00:00:00Z")] {
        fields[name] = json!(value);
    }
    fields
}

fn registry() -> Json {
    let org = |id: u32| row(json!({"id": id, "name": format!("Org {id}"), "website": "https://org.example"}));
    let net = |id: u32| {
        let org = if id <= NETS { 1 } else { 2 };
        row(json!({"id": id, "org_id": org, "name": format!("Net {id}"), "asn": 63_000 + id,
                   "website": "https://net.example"}))
    };
    let contact = |id: u32| {
        let visible = ["Public", "Users"][id as usize % 2];
        row(json!({"id": id, "net_id": id, "role": "NOC", "visible": visible, "name": format!("NOC {id}"),
                   "email": format!("noc{id}@net.example")}))
    };
    let fac = |id: u32| {
        row(json!({"id": id, "org_id": 1, "name": format!("Fac {id}"), "address1": "Street 1", "city": "Berlin",
                   "country": "DE", "zipcode": "10115", "latitude": 52.52, "longitude": 13.405,
                   "website": "https://fac.example"}))
    };
    let ix = |id: u32| {
        row(json!({"id": id, "org_id": 1, "name": format!("Exchange {id}"), "city": "Berlin", "country": "DE",
                   "region_continent": "Europe", "tech_email": "noc@ix.example", "website": "https://ix.example"}))
    };
    let lan = |id: u32| row(json!({"id": id, "ix_id": id, "name": ""}));
    let prefix = |id: u32, text: &str| row(json!({"id": id, "ixlan_id": id, "protocol": "IPv4", "prefix": text}));
    let port = |id: u32, net: u32, lan: u32, address: &str| {
        row(json!({"id": id, "net_id": net, "ix_id": lan, "ixlan_id": lan, "asn": 63_000 + net, "speed": 1000,
                   "ipaddr4": address, "ipaddr6": null}))
    };
    let data = |rows: Vec<Json>| json!({"data": rows});
    json!({
        "org": data((1..=2).map(org).collect()),
        "net": data((1..=NETS + 3).map(net).collect()),
        "poc": data((1..=NETS + 3).map(contact).collect()),
        "fac": data((1..=3).map(fac).collect()),
        "ix": data((1..=2).map(ix).collect()),
        "ixlan": data((1..=2).map(lan).collect()),
        "ixpfx": data(vec![prefix(1, "195.69.144.0/22"), prefix(2, "194.59.160.0/24")]),
        "netixlan": data(vec![
            port(1, 1, 1, "195.69.147.1"),
            port(2, NETS + 1, 1, "195.69.147.2"),
            port(3, NETS + 2, 2, "194.59.160.2"),
        ]),
    })
}

impl ServerFixture {
    pub fn new(place: RegistryPlace) -> ServerFixture {
        let folder = tempfile::tempdir().expect("a folder");
        let [key, foreign_key] = [1, 2].map(|number| key_text(KeyKind::Org, number));
        let admin_key = key_text(KeyKind::User, 3);
        let accounts = json!({
            "users": [
                {"id": 1, "username": "ada", "email": "ada@org.example", "password": PASSWORD, "verified": true,
                 "orgs": [{"org_id": 1, "role": "admin"}]},
                {"id": 2, "username": "max", "email": "max@org.example", "password": "max-Pw-2026-window",
                 "verified": true, "orgs": [{"org_id": 1, "role": "member"}]},
            ],
            "keys": [
                {"identity": "automation", "kind": "org", "org_id": 1, "status": "active", "email": "noc@org.example",
                 "rotates_itself": true, "grants": {"peeringdb.organization.1": 15}, "key": key},
                {"identity": "foreign", "kind": "org", "org_id": 2, "status": "active", "email": "noc@two.example",
                 "grants": {"peeringdb.organization.2": 15}, "key": foreign_key},
                {"identity": "ada's", "kind": "user", "owner": "ada", "status": "active", "key": admin_key},
            ],
        });
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("registry.json"), registry().to_string()).expect("written");
        std::fs::write(path("accounts.json"), accounts.to_string()).expect("written");
        let imported = peerage()
            .args(["import", "--strict", "--database", &place.database()])
            .arg("--server-key-file")
            .arg(path("server.key"))
            .arg("--accounts")
            .arg(path("accounts.json"))
            .arg(path("registry.json"))
            .output()
            .expect("the program runs");
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        ServerFixture { place, folder, key, admin_key, foreign_key }
    }

    /// Starts a node without limits and external services.
    pub fn serve(&self, arguments: &[&str]) -> TestServer {
        TestServer::run(self.command(arguments))
    }

    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = TestServer::command(&self.place);
        command
            .arg("--server-key-file")
            .arg(self.folder.path().join("server.key"))
            .args(["--writes-per-minute", "0", "--writes-per-minute-per-org", "0", "--requests-per-second", "0"])
            .args(["--passwords-per-minute", "0", "--rdap", "off", "--log-level", "error"])
            .args(arguments);
        command
    }

    pub fn server_key(&self) -> ServerKey {
        let text = std::fs::read_to_string(self.folder.path().join("server.key")).expect("the server key");
        ServerKey::parse(&text).expect("a server key")
    }

    /// Checks the log, the rows and the derived state.
    pub fn check(&self) {
        let message =
            peerage().args(["doctor", "--database", &self.place.database()]).output().expect("the program runs");
        let text = String::from_utf8_lossy(&message.stdout).into_owned();
        assert!(
            message.status.success() && text.contains("\nhealthy"),
            "{text}{}",
            String::from_utf8_lossy(&message.stderr)
        );
    }

    /// A person with a fresh second factor, whom the server knows.
    pub fn visitor<'s>(&self, server: &'s TestServer, user: u32) -> crate::visitor::Visitor<'s> {
        let visitor = crate::visitor::Visitor::with_session(server, &self.open_session(user));
        let begun = std::time::Instant::now();
        while visitor.get("/profile").status() != 200 {
            assert!(begun.elapsed().as_secs() < 10, "the session is not known");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        visitor
    }

    /// Opens a session with a fresh second factor, as the operator does. A running server knows it as soon as it has
    /// followed the log.
    pub fn open_session(&self, user: u32) -> String {
        let location: StoreLocation = self.place.database().parse().expect("a place");
        let server_key = self.server_key();
        let message = Arc::new(Mutex::new(String::new()));
        let handed = Arc::clone(&message);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let store = Store::open(&location, "unused").await.expect("the store opens");
            let take = |people: &mut People, item| {
                if let LoadedItem::Record(record, id, text) = item {
                    people.put(record, id, Some(&text), 0).expect("a record");
                }
            };
            let (people, head) = store.load_into(People::default(), take).await.expect("people");
            let decide = move |_: LogHead, missed: Vec<Event>| {
                let mut people = people.clone();
                people.apply(&missed).expect("records");
                let now = now();
                let organizations = SnapshotLoader::default().finish(LogHead::EMPTY);
                let operator = Principal::operator();
                let context = AccessContext { people: &people, organizations: &organizations, by: &operator, now };
                let user = people.user(UserId::new(user)).expect("the user");
                let mut entropy = [0; ENTROPY_BYTES];
                for (byte, at) in entropy.iter_mut().zip(0_i64..) {
                    *byte = ((now.as_microseconds() >> (at % 8)) + at * 31).rem_euclid(248) as u8;
                }
                let (text, steps) =
                    sessions::open(&context, user, sessions::LIFE_MAX, &server_key, &entropy).expect("a session");
                let actor: Arc<str> = "{\"name\":\"test\"}".into();
                let entry = |step: peerage_access::RecordStep| LogEntry {
                    at: now,
                    actor: Arc::clone(&actor),
                    action: step.action,
                    id: step.id,
                    change: EventChange::Record { record: step.record, before: step.before, after: step.after },
                    org: step.org,
                    salt: [7; 32],
                };
                text.as_str().clone_into(&mut handed.lock().expect("no thread panics while it holds the lock"));
                Ok::<_, std::convert::Infallible>(steps.into_iter().map(entry).collect::<Vec<_>>())
            };
            store.append(head, decide).await.expect("written");
            store.settle().await;
        });
        message.lock().expect("no thread panics while it holds the lock").clone()
    }
}

pub fn now() -> Moment {
    SystemTime::now().into()
}
