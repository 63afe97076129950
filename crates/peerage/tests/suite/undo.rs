//! Undoing changes on the pages: one's own last change of an object, an import, and what a key did in a day, on both stores.

use std::time::{Duration, Instant};

use peerage_registry::moment::print_seconds;
use serde_json::{Value as Json, json};

use crate::server::fixture::{ServerFixture, now};
use crate::server::{RegistryPlace, TestServer, peerage};
use crate::support::list_server::ListServer;
use crate::visitor::{VisitedPage, Visitor};

struct UndoWorld {
    fixture: ServerFixture,
    server: TestServer,
}

impl UndoWorld {
    fn of(place: RegistryPlace) -> UndoWorld {
        let fixture = ServerFixture::new(place);
        let made = peerage()
            .args(["user", "create", "--username", "sam", "--email", "sam@registry.example", "--staff"])
            .args(["--database", &fixture.place.database(), "--server-key-file"])
            .arg(fixture.folder.path().join("server.key"))
            .output()
            .expect("the program runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = fixture.serve(&[
            "--allow-private",
            "true",
            "--pages-per-minute",
            "0",
            "--member-lists",
            "requested",
            "--member-lists-delay-ms",
            "0",
        ]);
        UndoWorld { fixture, server }
    }

    fn call(&self, method: &str, path: &str, body: &Json) -> Json {
        let answer = self.server.call(&self.fixture.key, method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.json());
        answer.json()["data"][0].clone()
    }

    /// A row without what every change changes; null: it is not there.
    fn row(&self, kind: &str, id: u64) -> Json {
        let answer = self.server.call(&self.fixture.key, "GET", &format!("/api/{kind}/{id}?depth=0"), &Json::Null);
        if answer.status == 404 {
            return Json::Null;
        }
        let mut row = answer.json()["data"][0].clone();
        row.as_object_mut().expect("a row").retain(|name, _| !name.ends_with("updated"));
        row
    }

    fn change(&self, kind: &str, id: u64, field: &str, value: &Json) {
        let mut row = self.row(kind, id);
        row[field] = value.clone();
        if kind == "netixlan" && row["ipaddr6"].is_null() {
            row["ipaddr6"] = json!("");
        }
        self.call("PUT", &format!("/api/{kind}/{id}"), &row);
    }

    fn visitor(&self, user: u32) -> Visitor<'_> {
        self.fixture.visitor(&self.server, user)
    }

    fn admin(&self) -> Visitor<'_> {
        self.visitor(1)
    }

    fn staff(&self) -> Visitor<'_> {
        self.visitor(3)
    }
}

/// The position in the log of the newest change that a history shows.
fn newest(visitor: &Visitor<'_>, path: &str) -> u64 {
    let history: Json = serde_json::from_str(&visitor.get(&format!("{path}/history?format=json")).text).expect("JSON");
    history["data"][0]["sequence"].as_u64().expect("a number")
}

/// Sends the form of a page, with a reason.
fn send(visitor: &Visitor<'_>, path: &str, page: &VisitedPage) -> VisitedPage {
    let mut fields = page.form_fields();
    fields.retain(|(name, _)| name != "note");
    fields.push(("note".to_owned(), "by mistake".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    visitor.post_raw(path, &fields, &[])
}

/// Undoes the newest change of an object, after its preview.
#[track_caller]
fn undo_newest(visitor: &Visitor<'_>, object: &str) {
    let path = format!("/undo/{}", newest(visitor, object));
    visitor.get(&format!("{object}/history")).shows(&path);
    let preview = visitor.get(&path);
    assert_eq!(preview.status(), 200, "{}", preview.text);
    let done = send(visitor, &path, &preview);
    assert_eq!((done.status(), done.location()), (303, format!("{object}/history").as_str()), "{}", done.text);
}

fn a_change_is_undone_and_the_undo_as_well(place: RegistryPlace) {
    let world = UndoWorld::of(place);
    let admin = world.admin();
    let before = world.row("net", 1);
    world.change("net", 1, "aka", &json!("Other name"));
    let changed = world.row("net", 1);
    let path = format!("/undo/{}", newest(&admin, "/net/1"));
    let preview = admin.get(&path);
    preview.shows("Other name");
    undo_newest(&admin, "/net/1");
    assert_eq!(world.row("net", 1), before);
    let history = admin.get("/net/1/history");
    history.shows("Changed by an undo");
    history.shows("by mistake");
    // The first event was undone, so it cannot be undone again. The form that was sent is not carried out twice.
    let again = admin.get(&path);
    assert_eq!(again.status(), 409);
    again.shows("was changed since");
    assert!(!admin.get("/net/1/history").text.contains(&path), "the history does not offer it");
    let position = newest(&admin, "/net/1");
    send(&admin, &path, &preview);
    assert_eq!((newest(&admin, "/net/1"), world.row("net", 1)), (position, before));
    undo_newest(&admin, "/net/1");
    assert_eq!(world.row("net", 1), changed);
    world.fixture.check();
}

fn what_others_changed_since_stays(place: RegistryPlace) {
    let world = UndoWorld::of(place);
    let admin = world.admin();
    world.change("net", 1, "aka", &json!("Other name"));
    let path = format!("/undo/{}", newest(&admin, "/net/1"));
    let preview = admin.get(&path);
    // Another field may change, but then the preview is shown again.
    world.change("net", 1, "notes", &json!("Notes"));
    let shown = send(&admin, &path, &preview);
    assert_eq!(shown.status(), 409);
    shown.shows("has changed since");
    world.change("net", 1, "aka", &json!("Third name"));
    let refused = send(&admin, &path, &shown);
    assert_eq!(refused.status(), 409);
    refused.shows("was changed since");
    assert_eq!((&world.row("net", 1)["aka"], &world.row("net", 1)["notes"]), (&json!("Third name"), &json!("Notes")));
}

fn rows_come_and_go(place: RegistryPlace) {
    let world = UndoWorld::of(place);
    let admin = world.admin();
    // A created port goes.
    let port = json!({"net_id": 2, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.9", "ipaddr6": ""});
    let made = world.call("POST", "/api/netixlan", &port);
    let id = made["id"].as_u64().expect("an ID");
    undo_newest(&admin, "/net/2");
    assert_eq!(world.row("netixlan", id), Json::Null);
    // A deleted port comes back, as does a contact.
    for (kind, net) in [("netixlan", 1), ("poc", 5)] {
        let row_id = if kind == "poc" { 5 } else { 1 };
        let before = world.row(kind, row_id);
        world.call("DELETE", &format!("/api/{kind}/{row_id}"), &Json::Null);
        undo_newest(&admin, &format!("/net/{net}"));
        assert_eq!(world.row(kind, row_id), before, "{kind}");
    }
    // A network comes back with all its rows.
    let rows = |world: &UndoWorld| [world.row("net", 1), world.row("poc", 1), world.row("netixlan", 1)];
    let before = rows(&world);
    world.call("DELETE", "/api/net/1", &Json::Null);
    assert_eq!(rows(&world), [Json::Null, Json::Null, Json::Null]);
    undo_newest(&admin, "/net/1");
    assert_eq!(rows(&world), before);
    // An address that was given away stays with its new port.
    world.call("DELETE", "/api/netixlan/1", &Json::Null);
    let path = format!("/undo/{}", newest(&admin, "/net/1"));
    let other = json!({"net_id": 3, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.1", "ipaddr6": ""});
    world.call("POST", "/api/netixlan", &other);
    let refused = admin.get(&path);
    assert_eq!(refused.status(), 409, "{}", refused.text);
    world.fixture.check();
}

fn others_cannot_undo(place: RegistryPlace) {
    let world = UndoWorld::of(place);
    world.change("net", 1, "aka", &json!("Other name"));
    world.change("poc", 1, "name", &json!("Secret name"));
    let (admin, member) = (world.admin(), world.visitor(2));
    let path = format!("/undo/{}", newest(&admin, "/net/1"));
    let anonymous = Visitor::new(&world.server);
    for visitor in [&anonymous, &member] {
        assert!(!visitor.get("/net/1/history").text.contains("/undo/"));
    }
    assert_eq!(anonymous.get(&path).status(), 303);
    let refused = member.get(&path);
    assert_eq!(refused.status(), 404);
    assert!(!refused.text.contains("Secret name"));
    assert_eq!(member.post(&path, &[("shown", "")]).status(), 404);
    for nothing in ["/undo/0", "/undo/1", "/undo/99999999", "/undo/18446744073709551615", "/undo/x"] {
        assert_eq!(admin.get(nothing).status(), 404, "{nothing}");
    }
    // Of another organization.
    let foreign = json!({"net_id": 101, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.77", "ipaddr6": ""});
    let made = world.server.call(&world.fixture.foreign_key, "POST", "/api/netixlan", &foreign);
    assert_eq!(made.status, 201, "{}", made.json());
    let path = format!("/undo/{}", newest(&admin, "/net/101"));
    assert_eq!(admin.get(&path).status(), 404);
    assert_eq!(admin.get("/staff/undo").status(), 404);
    // A form without what was shown changes nothing.
    let path = format!("/undo/{}", newest(&admin, "/net/1"));
    assert_eq!(admin.post(&path, &[]).status(), 409);
    assert_eq!(world.row("poc", 1)["name"], "Secret name");
}

fn staff_undo_an_import_in_one_step(place: RegistryPlace) {
    let world = UndoWorld::of(place);
    let lists = ListServer::start();
    world.change("ixlan", 1, "ixf_ixp_member_list_url", &json!(lists.url));
    world.change("net", 1, "allow_ixp_update", &json!(true));
    world.change("net", 2, "allow_ixp_update", &json!(true));
    lists.lists(&[
        (63_001, "195.69.147.1", 10_000),
        (63_002, "195.69.147.9", 100_000),
        (63_101, "195.69.147.2", 1_000),
    ]);
    let ports = |world: &UndoWorld| {
        let answer =
            world.server.call(&world.fixture.key, "GET", "/api/netixlan?ixlan_id=1&fields=id,speed", &Json::Null);
        answer.json()["data"].clone()
    };
    let before = ports(&world);
    world.call("POST", "/api/ix/1/request_ixf_import", &Json::Null);
    let begun = Instant::now();
    while ports(&world).as_array().map_or(0, Vec::len) != 3 {
        assert!(begun.elapsed().as_secs() < 30, "the import does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (admin, staff) = (world.admin(), world.staff());
    let link = |visitor: &Visitor<'_>| {
        let history = visitor.get("/ix/1/history").text;
        let at = history.find("/undo/").map(|at| &history[at..]);
        at.map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
    };
    let path = link(&staff).expect("a link");
    assert_eq!(admin.get(&path).status(), 404, "an import is not the organization's own change");
    let preview = staff.get(&path);
    assert_eq!(preview.status(), 200, "{}", preview.text);
    let done = send(&staff, &path, &preview);
    assert_eq!((done.status(), done.location()), (303, "/ix/1/history"), "{}", done.text);
    assert_eq!(ports(&world), before);
    staff.get("/ix/1/history").shows("by an undo");
    world.fixture.check();
}

fn staff_undo_what_a_key_did_in_a_day(place: RegistryPlace) {
    let world = UndoWorld::of(place);
    let before = [world.row("net", 1), world.row("net", 2), world.row("poc", 4)];
    world.change("net", 1, "aka", &json!("One"));
    world.change("net", 1, "aka", &json!("Two"));
    world.change("net", 2, "aka", &json!("Two"));
    world.change("net", 3, "aka", &json!("Three"));
    world.call("DELETE", "/api/poc/4", &Json::Null);
    // Somebody else changed one of them since.
    let mut third = world.row("net", 3);
    third["aka"] = json!("Mine");
    let changed = world.server.call(&world.fixture.admin_key, "PUT", "/api/net/3", &third);
    assert_eq!(changed.status, 200, "{}", changed.json());
    let staff = world.staff();
    let day = print_seconds(now())[..10].to_owned();
    staff.get("/staff/undo").shows("Name or public ID");
    for (query, error) in [
        (format!("?day={day}"), "either a person or a key"),
        (format!("?key=nobody&day={day}"), "No key has this name"),
        ("?key=automation&day=x".to_owned(), "Enter a date"),
        (format!("?key=automation&day={day}&from=12:00&to=11:00"), "after the beginning"),
        (format!("?person=nobody&day={day}"), "No one has this"),
    ] {
        let page = staff.get(&format!("/staff/undo{query}"));
        assert_eq!(page.status(), 400, "{query}");
        page.shows(error);
    }
    let nothing = staff.get("/staff/undo?key=automation&day=2020-01-01");
    assert_eq!(nothing.status(), 409);
    nothing.shows("nothing that can be undone");
    let preview = staff.get(&format!("/staff/undo?key=automation&day={day}"));
    assert_eq!(preview.status(), 200, "{}", preview.text);
    preview.shows("Left as it is");
    preview.shows("Net 3");
    let done = send(&staff, "/staff/undo", &preview);
    assert_eq!((done.status(), done.location()), (303, "/staff/undo"), "{}", done.text);
    assert_eq!([world.row("net", 1), world.row("net", 2), world.row("poc", 4)], before);
    assert_eq!(world.row("net", 3)["aka"], "Mine");
    world.fixture.check();
}

crate::support::on_both_stores!(
    a_change_is_undone_and_the_undo_as_well,
    what_others_changed_since_stays,
    rows_come_and_go,
    others_cannot_undo,
    staff_undo_an_import_in_one_step,
    staff_undo_what_a_key_did_in_a_day,
);
