//! Compares the `OpenAPI` document with a real server.

use std::collections::BTreeSet;

use peerage_schema::Resource;
use peerage_server::endpoints::routes;
use serde_json::{Map, Value as Json, json};

use crate::server::fixture::{ServerFixture, public};
use crate::server::{RegistryPlace, TestResponse, TestServer};

/// A server, its document, and the callers.
struct DocumentWorld {
    fixture: ServerFixture,
    node: TestServer,
    document: Json,
    session: String,
}

impl DocumentWorld {
    fn new() -> DocumentWorld {
        let fixture = ServerFixture::new(RegistryPlace::sqlite());
        let node = fixture.serve(&[]);
        let session = fixture.open_session(1);
        let begun = std::time::Instant::now();
        while node.call(&session, "GET", "/api/user/keys", &Json::Null).status != 200 {
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the session is known");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let document = node.get("/api/schema").json();
        DocumentWorld { fixture, node, document, session }
    }

    fn callers(&self) -> [(&'static str, &str); 4] {
        [
            ("anonymous", ""),
            ("key", &self.fixture.key),
            ("foreign key", &self.fixture.foreign_key),
            ("session", &self.session),
        ]
    }

    fn target(&self, path: &str) -> String {
        let org = if path.contains("/org/") { "1" } else { "2" };
        path.replace("{file}", "net-0.json")
            .replace("{kind}", "net")
            .replace("{asn}", "63001")
            .replace("{org}", org)
            .replace("{role}", "1")
            .replace("{user}", "2")
            .replace("{key}", public(&self.fixture.key))
            .replace("{id}", "1")
            .replace("{fac}", "1")
    }

    fn ask(&self, key: &str, method: &str, target: &str, more: &[(&str, &str)], body: &Json) -> TestResponse {
        let authorization = format!("{} {key}", if key.starts_with("prs_") { "Bearer" } else { "Api-Key" });
        let mut headers = more.to_vec();
        if !key.is_empty() {
            headers.push(("Authorization", &authorization));
        }
        if body.is_null() {
            headers.extend((method != "GET").then_some(("Content-Length", "0")));
            return self.node.send(method, target, &headers);
        }
        self.node.send_body(method, target, &headers, &body.to_string())
    }

    /// Resolves a reference of the document.
    fn resolved<'a>(&'a self, part: &'a Json) -> &'a Json {
        match part["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).expect("a valid reference"),
            None => part,
        }
    }

    /// Returns how an answer deviates from the document's description of its operation.
    fn complaint(&self, operation: &Json, answer: &TestResponse) -> Option<String> {
        let status = answer.status.to_string();
        let Some(response) = operation["responses"].get(&status) else {
            return Some(format!("{status} is not listed"));
        };
        let response = self.resolved(response);
        if answer.body.is_empty() {
            return None;
        }
        let kind = answer.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default();
        let Some(content) = response["content"].get(kind) else {
            return Some(format!("{status} with a body of {kind:?} is not listed"));
        };
        let body = answer.json();
        let schema = self.resolved(&content["schema"]);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let missing: Vec<&Json> =
            required.iter().filter(|name| body.get(name.as_str().unwrap_or_default()).is_none()).collect();
        (kind == "application/json" && !missing.is_empty()).then(|| format!("{status} lacks {missing:?}: {body}"))
    }
}

/// Returns bodies to try: nothing, something invalid, and an unchanged row.
fn bodies(world: &DocumentWorld, method: &str, target: &str) -> Vec<Json> {
    if !matches!(method, "POST" | "PUT" | "PATCH") {
        return vec![Json::Null];
    }
    let row = world.node.call(&world.fixture.key, "GET", &format!("{target}?depth=0"), &Json::Null).rows();
    let contact = json!({"net_id": 1, "role": "NOC", "visible": "Public", "email": "new@net.example"});
    [Json::Null, json!({"x": 1}), contact].into_iter().chain(row).collect()
}

/// An address, headers and a body.
type DocumentTry = (String, Vec<(&'static str, &'static str)>, Json);

pub fn walk() {
    let world = DocumentWorld::new();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let paths = world.document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        let target = world.target(path);
        for (method, operation) in
            item.as_object().expect("operations").iter().filter(|(name, _)| *name != "parameters")
        {
            let method = method.to_uppercase();
            for (name, key) in world.callers() {
                let mut tries: Vec<DocumentTry> = Vec::new();
                if method == "GET" {
                    for query in ["", "?distance=10", "?limit=x&depth=x", "?page=99&per_page=1", "?id=999999"] {
                        tries.push((format!("{target}{query}"), vec![], Json::Null));
                    }
                    tries.push((target.clone(), vec![("If-None-Match", "*")], Json::Null));
                } else {
                    for body in bodies(&world, &method, &target) {
                        tries.push((format!("{target}?dry_run=1"), vec![], body));
                    }
                    tries.push((format!("{target}?dry_run=1"), vec![("Content-Type", "text/xml")], Json::Null));
                }
                tries.push((format!("{target}?dry_run=1"), vec![("Accept", "text/html")], Json::Null));
                for (target, headers, body) in tries {
                    // The session is still needed.
                    if path == "/api/session" && key == world.session {
                        continue;
                    }
                    let answer = world.ask(key, &method, &target, &headers, &body);
                    if answer.status < 400 {
                        seen.insert((path.as_str(), method.clone(), answer.status));
                    }
                    if let Some(complaint) = world.complaint(operation, &answer) {
                        wrong.push(format!("{method} {target} {headers:?} {body:.60} as {name}: {complaint}"));
                    }
                    let needs_key = operation["security"].as_array().is_some_and(|any| !any.contains(&json!({})));
                    let is_known = answer.status != 401 && answer.status != 403;
                    if key.is_empty() && needs_key && is_known && ![404, 406, 400].contains(&answer.status) {
                        wrong.push(format!(
                            "{method} {target}: {} without a key, although the document requires one",
                            answer.status
                        ));
                    }
                    if key.is_empty() && !needs_key && answer.status == 401 {
                        wrong.push(format!("{method} {target}: 401, although the document requires no key"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for (path, method, status) in [
        ("/api/poc", "POST", 200),
        ("/api/poc/{id}", "PUT", 200),
        ("/api/netixlan/{id}", "DELETE", 200),
        ("/api/net", "GET", 304),
        ("/api/whoami", "GET", 200),
        ("/api/schema.json", "GET", 200),
        ("/dumps/{file}", "GET", 200),
    ] {
        assert!(seen.contains(&(path, method.to_owned(), status)), "{method} {path} never answered {status}");
    }
    // Make these changes instead of dry runs.
    for (path, method, target, status) in
        [("/api/poc", "POST", "/api/poc", 201), ("/api/poc/{id}", "DELETE", "/api/poc/2", 204)]
    {
        let body = if method == "POST" { bodies(&world, "POST", target)[2].clone() } else { Json::Null };
        let answer = world.ask(&world.fixture.key, method, target, &[], &body);
        assert_eq!(answer.status, status, "{}", answer.error());
        assert_eq!(world.complaint(&paths[path][method.to_lowercase()], &answer), None);
    }
    assert_eq!(world.node.get("/api/schema.json").body, world.node.get("/api/schema").body);
}

/// Every route of the API is in the document, with all of its methods.
pub fn every_route_is_described() {
    let world = DocumentWorld::new();
    let paths = world.document["paths"].as_object().expect("paths");
    for (pattern, methods) in routes().into_iter().filter(|(pattern, _)| pattern.starts_with("/api/")) {
        let described = match pattern {
            "/api/{kind}" | "/api/{kind}/{id}" => continue,
            "/api/{kind}/self" => "/api/net/self",
            "/api/{*search}" => "/api/search",
            other => other,
        };
        for method in methods.split(", ").filter(|method| !matches!(*method, "HEAD" | "OPTIONS")) {
            let operation = paths.get(described).and_then(|item| item.get(method.to_lowercase()));
            assert!(operation.is_some(), "{method} {pattern} is not described");
        }
    }
    for resource in Resource::ALL {
        for path in [format!("/api/{}", resource.tag()), format!("/api/{}/{{id}}", resource.tag())] {
            assert!(paths.contains_key(&path), "{path}");
        }
    }
}

/// A closed list in a body contains exactly the accepted values.
pub fn closed_lists_are_what_is_taken() {
    let world = DocumentWorld::new();
    let key = &world.fixture.key;
    let mut tried = 0;
    for resource in Resource::ALL {
        let tag = resource.tag();
        let rows = world.node.call(key, "GET", &format!("/api/{tag}?depth=0&limit=1"), &Json::Null).rows();
        let Some(row) = rows.into_iter().next() else { continue };
        let mut row: Map<String, Json> = row.as_object().expect("a row").clone();
        // A null in an answer is sent as an empty text.
        for name in ["ipaddr4", "ipaddr6"] {
            if row.get(name).is_some_and(Json::is_null) {
                row.insert(name.to_owned(), json!(""));
            }
        }
        let target = format!("/api/{tag}/{}?dry_run=1", row["id"]);
        let refuses = |name: &str, value: &Json| {
            let mut body = row.clone();
            body.insert(name.to_owned(), value.clone());
            let answer = world.node.call(key, "PUT", &target, &Json::Object(body));
            assert!(matches!(answer.status, 200 | 400), "{target} {name}: {} {}", answer.status, answer.error());
            answer.status == 400 && answer.json().get(name).is_some()
        };
        let schema = &world.document["components"]["schemas"][format!("{tag}_new")]["properties"];
        for (name, field) in schema.as_object().expect("fields") {
            let is_list = field["type"] == "array";
            let closed = if is_list { &field["items"]["enum"] } else { &field["enum"] };
            let Some(closed) = closed.as_array() else { continue };
            let sent = |value: &Json| if is_list { json!([value]) } else { value.clone() };
            for value in closed.iter().take(25) {
                assert!(!refuses(name, &sent(value)), "{tag}.{name} does not accept {value}");
                tried += 1;
            }
            // The server would accept an unknown type of old clients for the list.
            assert!(refuses(name, &sent(&json!("no such value"))), "{tag}.{name} accepts anything");
        }
    }
    assert!(tried > 100, "{tried} values");
    let visible = &world.document["components"]["schemas"]["poc_new"]["properties"]["visible"]["enum"];
    assert_eq!(*visible, json!(["Users", "Public"]));
}
