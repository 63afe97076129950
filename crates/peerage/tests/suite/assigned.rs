//! Forms that set a single field of rows of others, and of contacts alone, on both stores.

use serde_json::{Value as Json, json};

use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer, peerage};
use crate::support::on_both_stores;
use crate::visitor::{VisitedPage, Visitor};

on_both_stores!(
    sides_of_ports_are_set_by_those_whose_they_are,
    a_campus_gets_facilities_of_its_organization,
    who_may_change_contacts_changes_them_in_the_list_and_no_more,
);

fn create(fixture: &ServerFixture, server: &TestServer, path: &str, body: &Json) -> u64 {
    let answer = server.call(&fixture.key, "POST", path, body);
    assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.json());
    answer.json()["data"][0]["id"].as_u64().unwrap_or_default()
}

fn row(fixture: &ServerFixture, server: &TestServer, path: &str) -> Json {
    server.call(&fixture.key, "GET", path, &Json::Null).json()["data"][0].clone()
}

/// Sends the form at a path with some fields replaced: to its preview, and from there to be saved.
fn save(visitor: &Visitor<'_>, path: &str, values: &[(&str, &str)]) -> VisitedPage {
    let form = visitor.get(path);
    assert_eq!(form.status(), 200, "{path}");
    let preview = visitor.send_form(path, &form, "preview", values);
    if preview.status() != 200 {
        return preview;
    }
    visitor.send_form(path, &preview, "save", &[])
}

fn sides_of_ports_are_set_by_those_whose_they_are(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let server = fixture.serve(&["--pages-per-minute", "0"]);
    create(&fixture, &server, "/api/netfac", &json!({"net_id": 1, "fac_id": 2, "status": "ok"}));
    create(&fixture, &server, "/api/ixfac", &json!({"ix_id": 1, "fac_id": 3, "status": "ok"}));
    let admin = fixture.visitor(&server, 1);
    let port = |id: u32| row(&fixture, &server, &format!("/api/netixlan/{id}"));

    // A network says where its port is, together with other fields, and only one of its facilities.
    let ports = "/edit/net/1/ports";
    let saved = save(&admin, ports, &[("row-1-net_side_id", "2"), ("row-1-speed", "25G")]);
    assert_eq!(saved.status(), 303);
    assert_eq!((&port(1)["net_side_id"], &port(1)["speed"]), (&json!(2), &json!(25_000)));
    let refused = save(&admin, ports, &[("row-1-net_side_id", "1")]);
    assert_eq!(refused.status(), 400);
    refused.shows("Facility not found.");
    assert_eq!(save(&admin, "/edit/netixlan/1", &[("net_side_id", "")]).status(), 303);
    assert_eq!(port(1)["net_side_id"], Json::Null);

    // An exchange does so for all its ports, and changes nothing else of them.
    let peers = "/edit/ix/1/peers";
    let values = [("row-1-ix_side_id", "3"), ("row-2-ix_side_id", "3"), ("row-2-speed", "1"), ("row-1-remove", "yes")];
    assert_eq!(save(&admin, peers, &values).status(), 303);
    assert_eq!((&port(1)["ix_side_id"], &port(1)["status"]), (&json!(3), &json!("ok")));
    assert_eq!((&port(2)["ix_side_id"], &port(2)["speed"]), (&json!(3), &json!(1000)));
    assert_eq!(save(&admin, peers, &[("row-2-ix_side_id", "2")]).status(), 400);

    // Others may not.
    let other = fixture.visitor(&server, 2);
    assert_eq!((other.get(peers).status(), other.get(ports).status()), (403, 403));
}

fn a_campus_gets_facilities_of_its_organization(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let server = fixture.serve(&["--pages-per-minute", "0"]);
    let campus = create(&fixture, &server, "/api/campus", &json!({"org_id": 1, "name": "Campus", "status": "ok"}));
    let admin = fixture.visitor(&server, 1);
    let path = format!("/edit/campus/{campus}/facilities");
    let (of, none) = (campus.to_string(), String::new());
    let fac = |id: u32| row(&fixture, &server, &format!("/api/fac/{id}"))["campus_id"].clone();
    assert_eq!(save(&admin, &path, &[("row-1-campus_id", &of), ("row-2-campus_id", &of)]).status(), 303);
    assert_eq!((fac(1), fac(2), fac(3)), (json!(campus), json!(campus), Json::Null));
    assert_eq!(row(&fixture, &server, &format!("/api/campus/{campus}"))["status"], json!("ok"), "it has two");
    assert_eq!(save(&admin, &path, &[("row-1-campus_id", &none), ("row-3-campus_id", &of)]).status(), 303);
    assert_eq!((fac(1), fac(2), fac(3)), (Json::Null, json!(campus), json!(campus)));
    assert_eq!(fixture.visitor(&server, 2).get(&path).status(), 403);
    // Nobody would find it in the campus of another organization.
    let made = json!({"org_id": 2, "name": "Foreign", "status": "ok"});
    let foreign = server.call(&fixture.foreign_key, "POST", "/api/campus", &made).json();
    let foreign = foreign["data"][0]["id"].to_string();
    let refused = save(&admin, "/edit/fac/1", &[("campus_id", &foreign)]);
    assert_eq!((refused.status(), fac(1)), (400, Json::Null));
    refused.shows("The campus belongs to another organization.");
}

fn who_may_change_contacts_changes_them_in_the_list_and_no_more(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let server = fixture.serve(&["--pages-per-minute", "0"]);
    create(
        &fixture,
        &server,
        "/api/poc",
        &json!({"net_id": 2, "role": "Abuse", "email": "abuse@net.example",
        "visible": "Public", "status": "ok"}),
    );
    let grant = "peeringdb.organization.1.network.2.contact.noc=u";
    let given = peerage()
        .args(["grant", "give", "max", grant, "--org", "1", "--database", &fixture.place.database()])
        .arg("--server-key-file")
        .arg(fixture.folder.path().join("server.key"))
        .output()
        .expect("the program runs");
    assert!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
    let max = fixture.visitor(&server, 2);
    max.get("/net/2").shows("/edit/net/2/contacts");
    let path = "/edit/net/2/contacts";
    let form = max.get(path);
    assert!(form.form_fields().iter().all(|(name, _)| !name.starts_with("new-0")), "none can be added");
    let values = [("row-2-name", "Night shift"), ("new-0-role", "Policy"), ("new", "1"), ("row-2-remove", "yes")];
    assert_eq!(save(&max, path, &values).status(), 303);
    let contacts = server.call(&fixture.key, "GET", "/api/poc?net_id=2&depth=0", &Json::Null).json()["data"].clone();
    let contacts = contacts.as_array().expect("rows").clone();
    let names: Vec<&str> = contacts.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!((contacts.len(), names.contains(&"Night shift")), (2, true), "{names:?}");
    for path in ["/edit/net/2", "/edit/net/2/ports", "/edit/net/3/contacts"] {
        assert_eq!(max.get(path).status(), 403, "{path}");
    }
}
