//! Histories of objects with their lists, and pages of the past, on both stores.

use peerage_registry::moment::print_exact;
use serde_json::{Value as Json, json};

use crate::server::fixture::{ServerFixture, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::Visitor;

/// A registry whose network 1 has changed a port, and got and lost a facility; whose contact of network 2 is no longer
/// public; and whose network 3 is gone.
struct ChangedRegistry {
    fixture: ServerFixture,
    server: TestServer,
    /// A time before the changes.
    before: String,
}

impl ChangedRegistry {
    fn of(place: RegistryPlace) -> ChangedRegistry {
        let fixture = ServerFixture::new(place);
        let server = fixture.serve(&["--pages-per-minute", "0"]);
        let before = print_exact(now());
        let changed = ChangedRegistry { fixture, server, before };
        changed.change("netixlan", 1, "speed", &json!(10_000));
        let link = changed.call("POST", "/api/netfac", &json!({"net_id": 1, "fac_id": 1}));
        changed.call("DELETE", &format!("/api/netfac/{}", link["id"]), &Json::Null);
        changed.change("poc", 2, "visible", &json!("Users"));
        changed.call("DELETE", "/api/poc/3", &Json::Null);
        changed.call("DELETE", "/api/net/3", &Json::Null);
        changed
    }

    fn call(&self, method: &str, path: &str, body: &Json) -> Json {
        let answer = self.server.call(&self.fixture.key, method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.json());
        answer.json()["data"][0].clone()
    }

    fn change(&self, kind: &str, id: u32, field: &str, value: &Json) {
        let path = format!("/api/{kind}/{id}");
        let mut row = self.call("GET", &format!("{path}?depth=0"), &Json::Null);
        row[field] = value.clone();
        if row["ipaddr6"].is_null() && kind == "netixlan" {
            row["ipaddr6"] = json!("");
        }
        self.call("PUT", &path, &row);
    }

    /// The admin of the organization of all these networks.
    fn admin(&self) -> Visitor<'_> {
        self.fixture.visitor(&self.server, 1)
    }

    fn then(&self, path: &str) -> String {
        format!("{path}{}at={}", if path.contains('?') { '&' } else { '?' }, self.before)
    }
}

fn changes(visitor: &Visitor<'_>, path: &str) -> Vec<Json> {
    let page = visitor.get(&format!("{path}/history?format=json"));
    assert_eq!(page.status(), 200, "{path}: {}", page.text);
    let answer: Json = serde_json::from_str(&page.text).expect("JSON");
    answer["data"].as_array().expect("changes").clone()
}

/// What was done to which row of a list, newest first.
fn parts(changes: &[Json]) -> Vec<(String, String, String)> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let of_lists = changes.iter().filter(|change| !change["object"].is_null());
    of_lists
        .map(|change| (text(&change["action"]), text(&change["object"]["type"]), text(&change["object"]["name"])))
        .collect()
}

fn a_history_has_the_changes_of_lists(place: RegistryPlace) {
    let changed = ChangedRegistry::of(place);
    let (anonymous, admin) = (Visitor::new(&changed.server), changed.admin());
    let part = |action: &str, kind: &str, name: &str| (action.to_owned(), kind.to_owned(), name.to_owned());
    let of_network = changes(&anonymous, "/net/1");
    assert_eq!(
        parts(&of_network)[..3],
        [
            part("delete", "netfac", "Fac 1"),
            part("create", "netfac", "Fac 1"),
            part("update", "netixlan", "Exchange 1")
        ]
    );
    let speed = of_network.iter().find(|change| change["object"]["type"] == "netixlan").expect("the port's change");
    assert_eq!(speed["fields"], json!([{"field": "speed", "before": 1_000, "after": 10_000}]));
    assert_eq!(parts(&changes(&anonymous, "/ix/1"))[0], part("update", "netixlan", "Net 1"));
    assert_eq!(parts(&changes(&anonymous, "/fac/1"))[0], part("delete", "netfac", "Net 1"));
    assert_eq!(parts(&changes(&anonymous, "/org/1"))[0], part("delete", "net", "Net 3"));
    // Pages of a history are the history.
    let all = changes(&anonymous, "/org/1");
    let next = changes_before(&anonymous, "/org/1", &all[0]["sequence"]);
    assert_eq!(next[..10], all[1..11]);

    // A contact that is hidden now is hidden in the past, from those who do not see it now.
    for net in ["/net/2", "/net/3"] {
        for form in ["json", "text", "atom", "html"] {
            let text = anonymous.get(&format!("{net}/history?format={form}")).text;
            assert!(!text.contains("@net.example") && !text.contains("NOC"), "{net} {form}: {text}");
        }
    }
    let seen = parts(&changes(&admin, "/net/2"));
    assert_eq!(seen[0], part("update", "poc", "NOC"));
    assert!(admin.get("/net/3/history").text.contains("noc3@net.example"));

    // More changes than fit on a page, none of them for everyone: what is older is shown all the same.
    for round in 0..30 {
        changed.change("poc", 2, "name", &json!(format!("NOC {round}")));
    }
    let seen = changes(&anonymous, "/net/2");
    assert!(seen.iter().any(|change| change["action"] == "import"), "{seen:?}");
    assert!(!changes(&admin, "/net/2").iter().any(|change| change["action"] == "import"));
}

fn changes_before(visitor: &Visitor<'_>, path: &str, sequence: &Json) -> Vec<Json> {
    let page = visitor.get(&format!("{path}/history?format=json&before={sequence}"));
    let answer: Json = serde_json::from_str(&page.text).expect("JSON");
    answer["data"].as_array().expect("changes").clone()
}

fn a_page_of_the_past_has_its_lists(place: RegistryPlace) {
    let changed = ChangedRegistry::of(place);
    let (anonymous, admin) = (Visitor::new(&changed.server), changed.admin());
    let ports = "/net/1?format=csv&table=ports";
    assert!(anonymous.get(ports).text.contains("10000"));
    let then = anonymous.get(&changed.then(ports)).text;
    assert!(then.contains("195.69.147.1") && then.contains("1000") && !then.contains("10000"), "{then}");
    let page = anonymous.get(&changed.then("/net/1"));
    assert_eq!(page.status(), 200);
    page.shows("This page shows the object as it was on");
    page.shows("195.69.147.1");
    // Links of tables stay in the past.
    page.shows("?at=");
    page.shows("&#38;table=ports&#38;sort=speed#ports");
    let text = anonymous.get(&changed.then("/net/1?format=text")).text;
    assert!(text.contains("Exchange 1"), "{text}");
    let row: Json = serde_json::from_str(&anonymous.get(&changed.then("/net/1?format=json")).text).expect("JSON");
    assert_eq!(row["data"][0]["ix_count"], 1);
    assert_eq!(row["data"][0]["netixlan_set"][0]["speed"], 1_000);

    // What is gone can be seen as it was.
    assert_eq!(anonymous.get("/net/3").status(), 410);
    anonymous.get(&changed.then("/net/3")).shows("Net 3");

    // A contact that is hidden now is hidden in the past.
    for form in ["json", "text", "csv", "html"] {
        for net in [2, 3] {
            let path = changed.then(&format!("/net/{net}?table=contacts&format={form}"));
            let page = anonymous.get(&path);
            assert_eq!(page.status(), 200, "{path}");
            assert!(!page.text.contains("@net.example"), "{path}: {}", page.text);
        }
    }
    assert!(admin.get(&changed.then("/net/2?format=csv&table=contacts")).text.contains("noc2@net.example"));

    // Only the object itself is known with all that belongs to it.
    assert!(row["data"][0]["org"]["name"].is_string(), "{row}");
    let of_org: Json = serde_json::from_str(&anonymous.get(&changed.then("/org/1?format=json")).text).expect("JSON");
    assert!(
        of_org["data"][0]["net_set"][0]["name"].is_string() && !of_org.to_string().contains("ix_count"),
        "{of_org}"
    );

    for (at, status) in [("nonsense", 400), ("2026-13-01", 400), ("1990-01-01", 404)] {
        assert_eq!(anonymous.get(&format!("/net/1?at={at}")).status(), status, "{at}");
    }
    assert_eq!(anonymous.get("/net/1/history?before=x").status(), 400);
}

fn pages_that_are_kept_are_never_older_than_the_registry(place: RegistryPlace) {
    let changed = ChangedRegistry::of(place);
    let anonymous = Visitor::new(&changed.server);
    for round in 0..3 {
        let name = format!("Tower {round}");
        changed.change("fac", 1, "name", &json!(name));
        for path in ["/", "/map", "/fac/1", "/org/1", "/advanced_search?reftag=fac", "/search?q=tower"] {
            // The second one is kept.
            let pages = [anonymous.get(path), anonymous.get(path)];
            for page in &pages {
                assert_eq!(page.status(), 200, "{path}");
                assert!(page.text.contains(&name), "{path} does not show {name}");
            }
        }
    }
}

crate::support::on_both_stores!(
    a_history_has_the_changes_of_lists,
    a_page_of_the_past_has_its_lists,
    pages_that_are_kept_are_never_older_than_the_registry,
);
