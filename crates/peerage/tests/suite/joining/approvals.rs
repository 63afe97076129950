//! Approval by the API and on the command line: the same decisions as on the staff pages, and who can make them.

use peerage_schema::{Resource, Status};
use serde_json::{Value as Json, json};

use super::fixture::{ADA, JoinFixture, ROOT, VERA};
use crate::keeper::row;
use crate::server::{RegistryPlace, peerage};

/// Adds a pending organization with a network, and two facilities.
fn with_queue(place: &RegistryPlace) -> JoinFixture {
    let fixture = JoinFixture::with(place, &["--rdap", "off"]);
    let pending = |id: u32, fields: Json| {
        let mut row = row(id, &fields);
        row["status"] = json!("pending");
        row
    };
    let fac = |id: u32| {
        let fields = json!({"org_id": 10, "name": format!("Hall {id}"), "website": "https://f.example",
            "address1": "Way 1", "city": "Zürich", "country": "CH", "zipcode": "8000"});
        pending(id, fields)
    };
    let org = pending(30, json!({"name": "New Org", "website": "https://new.example"}));
    let net = pending(31, json!({"org_id": 30, "name": "New Net", "asn": 63031, "website": "https://n.example"}));
    fixture.keeper.import(&json!({"org": [org], "net": [net], "fac": [fac(40), fac(41), fac(42)]}));
    fixture.keeper.settle(&fixture.server);
    fixture
}

fn status_of(fixture: &JoinFixture, kind: &str, id: u32) -> &'static str {
    let resource = Resource::from_tag(kind).expect("a kind");
    let (registry, _) = fixture.keeper.load();
    registry.row(resource, id).and_then(|row| registry.status(resource, row)).map_or("gone", Status::text)
}

pub fn staff_decide_by_api_with_a_fresh_factor(place: &RegistryPlace) {
    let fixture = with_queue(place);
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "63999"), ("org", "Vera Net")]).status(), 303);
    let (_, people) = fixture.keeper.load();
    let claim = people.applications().next().expect("a pending request").id;
    let (root, stale) = (fixture.keeper.session(ROOT, true), fixture.keeper.session(ROOT, false));
    fixture.keeper.settle(&fixture.server);
    let call = |who: &str, method: &str, path: &str, body: Json| fixture.server.call(who, method, path, &body);
    let list = call(&stale, "GET", "/api/staff/queue", Json::Null);
    assert_eq!(list.status, 200);
    let rows = list.json()["data"].as_array().expect("rows").clone();
    let named: Vec<String> =
        rows.iter().map(|row| format!("{}.{}", row["kind"].as_str().unwrap_or_default(), row["id"])).collect();
    let expected = [
        format!("application.{claim}"),
        "org.30".into(),
        "net.31".into(),
        "net.60".into(),
        "fac.40".into(),
        "fac.41".into(),
        "fac.42".into(),
    ];
    let mut sorted = named.clone();
    sorted.sort();
    assert_eq!(sorted, {
        let mut all = expected.to_vec();
        all.sort();
        all
    });
    assert_eq!((&rows[0]["username"], &rows[0]["asn"]), (&json!("user3"), &json!(63999)), "{}", rows[0]);
    // Pages of the list.
    let part = call(&stale, "GET", "/api/staff/queue?limit=2&skip=2", Json::Null).json();
    assert_eq!(part["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(part["meta"], json!({"count": 7, "next_skip": 4}));
    assert_eq!(call(&stale, "GET", "/api/staff/queue?limit=x", Json::Null).status, 400);
    let one = call(&stale, "GET", "/api/staff/queue/fac/40", Json::Null).json()["data"][0].clone();
    assert_eq!((&one["name"], &one["org_name"]), (&json!("Hall 40"), &json!("Org 10")));
    assert_eq!(one["effects"], json!([{"effect": "approves", "kind": "fac", "id": 40, "name": "Hall 40"}]));
    assert_eq!(call(&stale, "GET", "/api/staff/queue/fac/1", Json::Null).status, 404);
    // Without a fresh factor, nothing is decided.
    assert_eq!(call(&stale, "POST", "/api/staff/queue/fac/40/approve", Json::Null).status, 403);
    let dry = call(&root, "POST", "/api/staff/queue/fac/40/approve?dry_run=1", Json::Null);
    assert_eq!(dry.status, 200);
    assert_eq!(status_of(&fixture, "fac", 40), "pending");
    let done = call(&root, "POST", "/api/staff/queue/fac/40/approve", Json::Null);
    assert_eq!((done.status, &done.json()["data"][0]["decision"]), (200, &json!("approved")));
    assert_eq!(status_of(&fixture, "fac", 40), "ok");
    // A decision is made once.
    assert_eq!(call(&root, "POST", "/api/staff/queue/fac/40/approve", Json::Null).status, 404);
    // A refusal needs a reason, which the requester gets.
    assert_eq!(call(&root, "POST", "/api/staff/queue/fac/41/refuse", json!({})).status, 400);
    assert_eq!(
        call(&root, "POST", "/api/staff/queue/fac/41/refuse", json!({"reason": "a double", "x": 1})).status,
        400
    );
    assert_eq!(call(&root, "POST", "/api/staff/queue/fac/41/refuse", json!({"reason": "a double"})).status, 200);
    assert_eq!(status_of(&fixture, "fac", 41), "deleted");
    fixture.keeper.mail(&["user5@people.example", "a double"]);
    // An organization goes live with its network.
    assert_eq!(call(&root, "POST", "/api/staff/queue/net/31/approve", Json::Null).status, 200);
    assert_eq!((status_of(&fixture, "org", 30), status_of(&fixture, "net", 31)), ("ok", "ok"));
    let done = call(&root, "POST", &format!("/api/staff/queue/application/{claim}/approve"), Json::Null);
    assert_eq!(done.status, 200, "{}", done.json());
    assert!(fixture.keeper.load().0.net_by_asn(63999).is_some());
}

pub fn nobody_else_decides_and_a_key_decides_about_objects_alone(place: &RegistryPlace) {
    let fixture = with_queue(place);
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "63999"), ("org", "Vera Net")]).status(), 303);
    let (_, people) = fixture.keeper.load();
    let claim = format!("application/{}", people.applications().next().expect("a pending request").id);
    let keeper = &fixture.keeper;
    let own = keeper.user_key(1, ROOT);
    let readonly = keeper.key(2, peerage_access::KeyKind::User, |key| {
        key.user = Some(peerage_registry::ids::UserId::new(ROOT));
        key.readonly = true;
    });
    let others = [keeper.user_key(3, ADA), keeper.org_key(4, 10, &[("peeringdb.organization.10", 15)]), readonly];
    let admin = keeper.session(ADA, true);
    keeper.settle(&fixture.server);
    let call = |who: &str, method: &str, path: &str, body: Json| fixture.server.call(who, method, path, &body);
    let why = || json!({"reason": "no"});
    for who in others.iter().chain([&admin]) {
        assert_eq!(call(who, "GET", "/api/staff/queue", Json::Null).status, 403);
        assert_eq!(call(who, "GET", "/api/staff/queue/fac/40", Json::Null).status, 403);
        for item in ["fac/40", "org/30", claim.as_str(), "fac/999"] {
            assert_eq!(
                call(who, "POST", &format!("/api/staff/queue/{item}/approve"), Json::Null).status,
                403,
                "{item}"
            );
            assert_eq!(call(who, "POST", &format!("/api/staff/queue/{item}/refuse"), why()).status, 403, "{item}");
        }
    }
    let anonymous = fixture.server.get("/api/staff/queue");
    assert_eq!(anonymous.status, 401);
    // A key of staff sees everything. It decides about objects, and not about who gets in.
    assert_eq!(call(&own, "GET", "/api/staff/queue", Json::Null).status, 200);
    for item in ["org/30", "net/31", claim.as_str()] {
        let refused = call(&own, "POST", &format!("/api/staff/queue/{item}/approve"), Json::Null);
        assert_eq!(refused.status, 403, "{item}");
        assert!(
            refused.json()["meta"]["error"].as_str().is_some_and(|text| text.contains("API key")),
            "{}",
            refused.json()
        );
        assert_eq!(call(&own, "POST", &format!("/api/staff/queue/{item}/refuse"), why()).status, 403, "{item}");
    }
    assert_eq!(call(&own, "POST", "/api/staff/queue/fac/40/approve", Json::Null).status, 200);
    assert_eq!(call(&own, "POST", "/api/staff/queue/fac/41/refuse", why()).status, 200);
    assert_eq!((status_of(&fixture, "fac", 40), status_of(&fixture, "fac", 41)), ("ok", "deleted"));
    assert_eq!((status_of(&fixture, "org", 30), status_of(&fixture, "net", 31)), ("pending", "pending"));
}

pub fn an_operator_decides_on_the_command_line(place: &RegistryPlace) {
    let fixture = with_queue(place);
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "63999"), ("org", "Vera Net")]).status(), 303);
    let database = place.database();
    let run = |arguments: &[&str]| {
        let output = peerage().args(arguments).args(["--database", &database]).output().expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (status, table, _) = run(&["queue"]);
    assert_eq!(status, Some(0));
    for text in ["application", "Vera Net", "user3", "Hall 40", "New Org"] {
        assert!(table.contains(text), "{table}");
    }
    let (_, list, _) = run(&["queue", "--json"]);
    let rows: Json = serde_json::from_str(&list).expect("JSON");
    assert_eq!(rows.as_array().map(Vec::len), Some(7));
    let claim = rows[0]["id"].to_string();
    let before = fixture.keeper.head();
    assert_eq!(run(&["approve", "fac", "40", "--dry-run"]).0, Some(0));
    assert_eq!(fixture.keeper.head(), before);
    let (status, shown, error) = run(&["approve", "fac", "40", "--reason", "seen on site", "--json"]);
    assert_eq!(status, Some(0), "{error}");
    assert_eq!(serde_json::from_str::<Json>(&shown).expect("JSON")["decision"], "approved");
    let event = fixture.keeper.events_after(before).remove(0);
    let actor = event.actor.expect("an actor");
    assert!(actor.contains("command line") && actor.contains("approve") && actor.contains("seen on site"), "{actor}");
    // Nothing without a reason, and nothing that does not wait.
    for (expected, arguments) in [
        (2, &["refuse", "fac", "41"][..]),
        (2, &["refuse", "fac", "41", "--reason", " "]),
        (2, &["approve", "poc", "1"]),
        (2, &["approve", "fac", "x"]),
        (1, &["approve", "fac", "40"]),
        (1, &["refuse", "application", "999", "--reason", "x"]),
    ] {
        let (status, _, error) = run(arguments);
        assert_eq!(status, Some(expected), "{arguments:?}: {error}");
    }
    assert_eq!(run(&["refuse", "fac", "41", "--reason", "a double"]).0, Some(0));
    fixture.keeper.mail(&["user5@people.example", "a double"]);
    assert_eq!(run(&["approve", "application", &claim]).0, Some(0));
    assert!(fixture.keeper.load().0.net_by_asn(63999).is_some());
    assert_eq!(run(&["reject", "org", "30", "--reason", "not an operator"]).0, Some(0));
    assert_eq!((status_of(&fixture, "fac", 41), status_of(&fixture, "org", 30)), ("deleted", "deleted"));
    let mut actors = fixture.keeper.events_after(before).into_iter().filter_map(|event| event.actor);
    assert!(actors.any(|actor| actor.contains("command line") && actor.contains("a double")));
}
