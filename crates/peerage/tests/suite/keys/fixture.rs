//! A small registry with people: ada manages organization 1, max is a member of it, zoe manages 2, vera has no
//! membership, gus is not verified, root is staff.

use peerage_access::records::{MemberRole, PermissionRules};
use serde_json::{Value as Json, json};

use crate::keeper::{OpenConnection, RegistryKeeper, UNBOUND, row};
use crate::server::{RegistryPlace, TestResponse, TestServer};

pub const ADA: u32 = 1;
pub const MAX: u32 = 2;
pub const VERA: u32 = 3;
pub const GUS: u32 = 4;
pub const ZOE: u32 = 5;
pub const ROOT: u32 = 7;

pub const MANAGE_1: &str = "This requires update permission on peeringdb.manage_organization.1, which admins of the \
                            organization have.";
pub const NEEDS_FACTOR: &str = "This requires a fresh second factor. Log in again and repeat it within ten minutes.";
pub const NO_KEY: &str = "You cannot do this with an API key. Log in with a second factor, or ask the operator of the \
    registry.";

pub struct KeysFixture {
    pub keeper: RegistryKeeper,
    pub server: TestServer,
    pub client: OpenConnection,
    /// A session of ada with a fresh factor, as `Authorization`.
    pub ada: String,
}

pub fn key(text: &str) -> String {
    format!("Api-Key {text}")
}

fn rows() -> Json {
    let org =
        |id: u32| row(id, &json!({"name": format!("Org {id}"), "website": "https://org.example", "country": "DE"}));
    let net = |id: u32, org: u32| {
        row(id, &json!({"org_id": org, "name": format!("Net {id}"), "asn": 63000 + id, "website": "https://n.example"}))
    };
    let poc = |id: u32, net: u32, visible: &str| {
        row(id, &json!({"net_id": net, "role": "NOC", "visible": visible, "name": "x", "email": "noc@x.example"}))
    };
    json!({
        "org": {"data": [org(1), org(2), org(10)]},
        "net": {"data": [net(5, 1), net(50, 1), net(6, 2)]},
        "poc": {"data": [poc(1, 5, "Public"), poc(2, 5, "Users"), poc(3, 5, "Private")]},
        "ix": {"data": [row(1, &json!({"org_id": 10, "name": "X-IX", "city": "Wien", "country": "AT",
                                       "region_continent": "Europe", "media": "Ethernet"}))]},
        "ixlan": {"data": [row(1, &json!({"ix_id": 1}))]},
        "ixpfx": {"data": [row(1, &json!({"ixlan_id": 1, "protocol": "IPv4", "prefix": "195.69.144.0/22"}))]},
    })
}

impl KeysFixture {
    pub fn of(place: &RegistryPlace) -> KeysFixture {
        KeysFixture::with(place, &UNBOUND)
    }

    pub fn with(place: &RegistryPlace, arguments: &[&str]) -> KeysFixture {
        let keeper = RegistryKeeper::of(place);
        keeper.import(&rows());
        for (id, verified, staff) in [
            (ADA, true, false),
            (MAX, true, false),
            (VERA, true, false),
            (GUS, false, false),
            (ZOE, true, false),
            (ROOT, true, true),
        ] {
            keeper.user(id, verified, staff);
        }
        keeper.member(1, 1, ADA, MemberRole::Admin, PermissionRules::new());
        keeper.member(2, 1, MAX, MemberRole::Member, PermissionRules::new());
        keeper.member(3, 2, ZOE, MemberRole::Admin, PermissionRules::new());
        let ada = format!("Bearer {}", keeper.session(ADA, true));
        let server = keeper.serve(place, arguments);
        let client = OpenConnection::of(&server);
        KeysFixture { keeper, server, client, ada }
    }

    pub fn send(&self, method: &str, target: &str, auth: &str, body: &Json) -> TestResponse {
        self.client.send(method, target, auth, if body.is_null() { None } else { Some(body) })
    }

    /// Sends a request, expects a status, and returns the first row of the answer.
    pub fn ok(&self, status: u16, method: &str, target: &str, auth: &str, body: &Json) -> Json {
        let answer = self.send(method, target, auth, body);
        assert_eq!(answer.status, status, "{method} {target} {body}: {}", String::from_utf8_lossy(&answer.body));
        answer.rows().first().cloned().unwrap_or_default()
    }

    /// Sends a request, expects a refusal, and returns its text.
    pub fn no(&self, status: u16, method: &str, target: &str, auth: &str, body: &Json) -> String {
        let answer = self.send(method, target, auth, body);
        assert_eq!(answer.status, status, "{method} {target} {body}: {}", String::from_utf8_lossy(&answer.body));
        answer.error()
    }

    /// Creates a key of organization 1. Returns its public ID and text.
    pub fn made(&self, request: &Json) -> (String, String) {
        let mut body = json!({"name": "robot", "email": "robots@org1.example", "grants": {"net": 15}});
        for (name, value) in request.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let row = self.ok(201, "POST", "/api/org/1/keys", &self.ada, &body);
        (row["id"].as_str().expect("an id").to_owned(), row["key"].as_str().expect("a text").to_owned())
    }

    pub fn session(&self, user: u32, fresh: bool) -> String {
        let text = self.keeper.session(user, fresh);
        self.keeper.settle(&self.server);
        format!("Bearer {text}")
    }

    /// Returns the status of a request with a key.
    pub fn status(&self, text: &str) -> u16 {
        self.client.get("/api/whoami", &key(text)).status
    }
}
