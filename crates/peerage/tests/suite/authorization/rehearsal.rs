//! A dry run returns exactly what the request then does, and changes nothing.

use peerage_schema::Resource;
use serde_json::{Value as Json, json};

use crate::authorization::cells::MatrixCells;
use crate::authorization::rules::{made, unchanged};
use crate::authorization::wire::public;
use crate::authorization::world::{MatrixWorld, ids};
use crate::keeper::{OpenConnection, UNBOUND};
use crate::server::{RegistryPlace, TestResponse};

/// Removes what differs when the same request is sent again: times, numbers, and the texts of new things.
fn settled(value: &Json) -> Json {
    const VOLATILE: [&str; 11] = [
        "created",
        "updated",
        "netixlan_updated",
        "netfac_updated",
        "poc_updated",
        "key",
        "id",
        "secret_made",
        "since",
        "date_joined",
        "ixf_import_request",
    ];
    match value {
        Json::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !VOLATILE.contains(&name.as_str()));
            Json::Object(kept.map(|(name, value)| (name.clone(), settled(value))).collect())
        }
        Json::Array(items) => items.iter().map(settled).collect(),
        other => other.clone(),
    }
}

fn requests(world: &MatrixWorld) -> Vec<(&'static str, String, Json)> {
    let first = ids(1)[0];
    let mut net = unchanged(world, Resource::Net, first);
    net["notes"] = json!("rehearsed");
    let mut moved = net.clone();
    moved["org_id"] = json!(10);
    let key = public(world, "org-key-sessions");
    vec![
        ("PUT", format!("/api/net/{first}"), net),
        ("PUT", format!("/api/net/{first}"), moved),
        ("PUT", format!("/api/net/{first}"), json!({"name": ""})),
        ("PUT", "/api/net/999999".to_owned(), json!({})),
        ("PUT", format!("/api/ixlan/{first}"), unchanged(world, Resource::Ixlan, first)),
        ("PATCH", format!("/api/net/{first}"), json!({"notes": "x"})),
        ("POST", "/api/poc".to_owned(), made(1, Resource::Poc, first)),
        ("POST", "/api/net".to_owned(), made(1, Resource::Net, 1)),
        ("POST", "/api/fac".to_owned(), made(1, Resource::Fac, 1)),
        ("POST", "/api/fac".to_owned(), json!({"org_id": 1})),
        ("POST", "/api/ix".to_owned(), made(1, Resource::Ix, 1)),
        ("POST", "/api/carrier".to_owned(), made(1, Resource::Carrier, 1)),
        ("POST", "/api/campus".to_owned(), made(1, Resource::Campus, 1)),
        ("POST", "/api/netfac".to_owned(), made(1, Resource::Netfac, first)),
        ("POST", "/api/org".to_owned(), made(1, Resource::Org, 1)),
        ("POST", format!("/api/netixlan/{first}/set-net-side"), json!({"fac_id": first})),
        ("POST", format!("/api/ix/{first}/request_ixf_import"), Json::Null),
        ("POST", format!("/api/campus/{first}/remove-facility/{first}"), Json::Null),
        ("POST", format!("/api/campus/{first}/add-facility/{first}"), Json::Null),
        ("POST", format!("/api/asset/net/{first}/logo"), json!({"file_type": "image/gif", "file_data": "x"})),
        (
            "POST",
            format!("/api/asset/net/{first}/logo"),
            json!({"file_type": "image/png", "file_data": crate::authorization::wire::PIXEL}),
        ),
        ("DELETE", format!("/api/asset/net/{first}/logo"), Json::Null),
        ("DELETE", format!("/api/fac/{first}"), Json::Null),
        ("DELETE", format!("/api/carrierfac/{first}"), Json::Null),
        ("DELETE", "/api/net/abc".to_owned(), Json::Null),
        ("DELETE", "/api/net/999999".to_owned(), Json::Null),
        ("PATCH", "/api/org/1/policy".to_owned(), json!({"key_days_max": 3650})),
        ("PATCH", "/api/org/1/policy".to_owned(), json!({"key_days_max": 0})),
        ("POST", "/api/org/1/roles".to_owned(), json!({"kind": "noc", "people": [2]})),
        ("PATCH", "/api/org/1/members/2".to_owned(), json!({"grants": {"net": 3}})),
        ("PATCH", format!("/api/org/1/keys/{key}"), json!({"note": "rehearsed"})),
        ("PATCH", format!("/api/org/1/keys/{key}"), json!({"grants": {"fac": 15}})),
        ("POST", format!("/api/org/1/keys/{key}/suspend"), Json::Null),
        ("POST", format!("/api/org/1/keys/{key}/resume"), Json::Null),
        ("POST", format!("/api/org/1/keys/{key}/rotate"), json!({"overlap_hours": 800})),
        ("POST", "/api/org/1/users/add".to_owned(), json!({"user_email": "user3@people.example"})),
        ("PUT", "/api/org/1/users/3".to_owned(), json!({"role": "member"})),
        ("DELETE", "/api/org/1/users/remove".to_owned(), json!({"user_email": "user3@people.example"})),
    ]
}

pub fn compare(place: &RegistryPlace) -> MatrixCells {
    let world = MatrixWorld::of(place);
    let server = world.keeper.serve(place, &UNBOUND);
    let client = OpenConnection::of(&server);
    let mut cells = MatrixCells::default();
    let head = || server.position();
    let text = |answer: &TestResponse| String::from_utf8_lossy(&answer.body).into_owned();
    // Callers without permissions first, because changes by others do not affect them.
    for name in [
        "anonymous",
        "suspended-key",
        "verified-key",
        "member-session",
        "org-10-key-crud",
        "admin-readonly-key",
        "org-key-net-ru",
        "admin-session-stale",
        "org-key-users",
        "role-technical",
        "org-key-crud",
        "admin-session-fresh",
        "admin-key",
        "staff-session",
    ] {
        let header = world.callers[name].header();
        for (method, target, body) in requests(&world) {
            let body = (!body.is_null()).then_some(&body);
            let before = head();
            let dry = client.send(method, &format!("{target}?dry_run=1"), &header, body);
            cells.check(head() == before, || format!("{name}: {method} {target}: the dry run changed something"));
            let real = client.send(method, &target, &header, body);
            let name = || {
                format!(
                    "{name}: {method} {target}: {} {}, then {} {}",
                    dry.status,
                    text(&dry),
                    real.status,
                    text(&real)
                )
            };
            if real.status >= 300 {
                cells.check((dry.status, &dry.body) == (real.status, &real.body), name);
                cells.check(head() == before, name);
                continue;
            }
            cells.check((200..300).contains(&dry.status), name);
            cells.check(real.status == 204 || settled(&dry.json()["data"]) == settled(&real.json()["data"]), name);
        }
    }
    cells
}
