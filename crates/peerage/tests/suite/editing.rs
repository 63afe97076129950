//! Every writable field of every kind: a page saves what the API would have stored, on both stores.

use peerage_schema::{Field, FieldKind, Resource, WriteAccess};
use serde_json::{Value as Json, json};

use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::Visitor;

/// The object of each kind that is edited, in two registries: in one by the API, in the other by a page.
const OBJECTS: [(Resource, u32); 7] = [
    (Resource::Net, 1),
    (Resource::Ix, 1),
    (Resource::Ixlan, 1),
    (Resource::Fac, 1),
    (Resource::Org, 1),
    (Resource::Netixlan, 1),
    (Resource::Poc, 1),
];

struct EditedRegistry {
    fixture: ServerFixture,
    server: TestServer,
}

impl EditedRegistry {
    fn of(place: RegistryPlace) -> EditedRegistry {
        let fixture = ServerFixture::new(place);
        let server = fixture.serve(&["--pages-per-minute", "0"]);
        EditedRegistry { fixture, server }
    }

    fn row(&self, kind: Resource, id: u32) -> Json {
        let answer =
            self.server.call(&self.fixture.key, "GET", &format!("/api/{}/{id}?depth=0", kind.tag()), &Json::Null);
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()["data"][0].clone()
    }

    /// The row without what every change changes.
    fn compared(&self, kind: Resource, id: u32) -> Json {
        let mut row = self.row(kind, id);
        let cells = row.as_object_mut().expect("an object");
        cells.retain(|name, _| !matches!(name.as_str(), "updated" | "created") && !name.ends_with("_updated"));
        row
    }

    fn admin(&self) -> Visitor<'_> {
        self.fixture.visitor(&self.server, 1)
    }
}

/// A new value of a field: as the API takes it, and as a form has it. `None`: covered elsewhere.
fn new_value(field: &Field) -> Option<(Json, Vec<String>)> {
    let one = |text: &str| (json!(text), vec![text.to_owned()]);
    Some(match field.kind {
        FieldKind::Bool => (json!(true), vec!["true".to_owned()]),
        FieldKind::Text { .. } if field.name == "irr_as_set" => one("RIPE::AS-TEST"),
        FieldKind::Text { .. } => one("Some text, with a comma"),
        FieldKind::Int { .. } if field.name == "speed" => (json!(20_000), vec!["20G".to_owned()]),
        FieldKind::Int { .. } => (json!(12), vec!["12".to_owned()]),
        FieldKind::Choice(choices) => {
            let closed = field.closed_choice.map(|(closed, _)| closed);
            one(choices.iter().map(|choice| choice.value).rfind(|value| !value.is_empty() && Some(*value) != closed)?)
        }
        FieldKind::Choices(choices) | FieldKind::Words(choices) => {
            let two: Vec<String> = choices.iter().take(2).map(|choice| choice.value.to_owned()).collect();
            (json!(two), two)
        }
        FieldKind::NumberChoice(numbers) => {
            let last = numbers.last()?;
            (json!(last), vec![last.to_string()])
        }
        FieldKind::Url { .. } => one("https://new.example/page"),
        FieldKind::Email => one("new@org.example"),
        FieldKind::Phone { .. } => one("+493012345678"),
        FieldKind::Country => one("FR"),
        FieldKind::Mac => one("00:11:22:33:44:55"),
        FieldKind::Social => {
            let entries = json!([{"service": "x", "identifier": "registry"}]);
            (entries, vec!["x".to_owned(), "registry".to_owned()])
        }
        // Set by the service that knows addresses, or by forms of their own.
        _ => return None,
    })
}

/// Names and values as a form sends them.
fn form_fields(field: &Field, texts: &[String]) -> Vec<(String, String)> {
    if let FieldKind::Social = field.kind {
        let name = |part: &str| format!("{}.{part}", field.name);
        return vec![(name("service"), texts[0].clone()), (name("identifier"), texts[1].clone())];
    }
    texts.iter().map(|text| (field.name.to_owned(), text.clone())).collect()
}

fn a_page_saves_what_the_api_stores(place: (RegistryPlace, RegistryPlace)) {
    let (by_api, by_page) = (EditedRegistry::of(place.0), EditedRegistry::of(place.1));
    let admin = by_page.admin();
    let mut tried = 0;
    for (kind, id) in OBJECTS {
        let table = kind.table();
        let is_tried = |field: &&Field| {
            field.is_stored()
                && matches!(field.write, WriteAccess::Yes | WriteAccess::Update)
                && field.retired.is_empty()
        };
        for field in table.fields.iter().filter(is_tried) {
            let Some((value, texts)) = new_value(field) else { continue };
            let context = format!("{}.{}", kind.tag(), field.name);
            let mut body = by_api.row(kind, id);
            if body["ipaddr6"].is_null() && kind == Resource::Netixlan {
                body["ipaddr6"] = json!("");
            }
            body[field.name] = value;
            let path = format!("/api/{}/{id}", kind.tag());
            let api = by_api.server.call(&by_api.fixture.key, "PUT", &path, &body);

            let path = format!("/edit/{}/{id}", kind.tag());
            let page = admin.get(&path);
            assert_eq!(page.status(), 200, "{context}");
            let mut fields = page.form_fields();
            fields.retain(|(name, _)| name != field.name && !name.starts_with(&format!("{}.", field.name)));
            fields.extend(form_fields(field, &texts));
            fields.push(("step".to_owned(), "save".to_owned()));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let saved = admin.post_raw(&path, &fields, &[]);
            assert_eq!(api.status == 200, saved.status() == 303, "{context}: {} {}", api.status, saved.status());
            assert_eq!(by_page.compared(kind, id), by_api.compared(kind, id), "{context}");
            tried += usize::from(api.status == 200);
        }
    }
    assert!(tried > 80, "{tried} fields were saved");
}

fn rows(registry: &EditedRegistry, query: &str) -> Vec<Json> {
    let answer = registry.server.call(&registry.fixture.key, "GET", query, &Json::Null);
    answer.json()["data"].as_array().expect("rows").clone()
}

fn a_list_changes_what_was_changed_and_nothing_else(place: RegistryPlace) {
    let registry = EditedRegistry::of(place);
    let admin = registry.admin();
    // One port changes; the empty row below it is no port.
    let ports = "/edit/net/1/ports";
    let form = admin.get(ports);
    let preview = admin.send_form(ports, &form, "preview", &[("row-1-speed", "25G")]);
    preview.shows("25G");
    assert_eq!(admin.send_form(ports, &preview, "save", &[]).status(), 303);
    let saved = rows(&registry, "/api/netixlan?net_id=1");
    assert_eq!((saved.len(), &saved[0]["speed"]), (1, &json!(25_000)));

    // A contact changes and another is added. The same form once more adds nothing.
    let contacts = "/edit/net/1/contacts";
    let form = admin.get(contacts);
    let values = [("row-1-name", "Night shift"), ("new-0-role", "Policy"), ("new-0-email", "policy@net.example")];
    let preview = admin.send_form(contacts, &form, "preview", &values);
    for _ in 0..2 {
        assert_eq!(admin.send_form(contacts, &preview, "save", &[]).status(), 303);
        assert_eq!(rows(&registry, "/api/poc?net_id=1").len(), 2);
    }

    // Who edits a row that is gone is told.
    let form = admin.get(contacts);
    let gone = rows(&registry, "/api/poc?net_id=1&role=Policy")[0]["id"].as_u64().expect("an ID");
    let deleted = registry.server.call(&registry.fixture.key, "DELETE", &format!("/api/poc/{gone}"), &Json::Null);
    assert_eq!(deleted.status, 204);
    let name = format!("row-{gone}-name");
    let page = admin.send_form(contacts, &form, "preview", &[(&name, "Somebody")]);
    assert_eq!(page.status(), 400);
    page.shows("This was deleted after you opened the form.");

    // Rows that were typed stay when others are pasted.
    let form = admin.get(contacts);
    let more = admin.send_form(contacts, &form, "more", &[]);
    let values = [("new-2-role", "Sales"), ("new-2-name", "Typed"), ("pasted", "NOC\tPasted\nNOC\tAlso pasted")];
    let page = admin.send_form(contacts, &more, "paste", &values);
    let fields = page.form_fields();
    let names = |name: &str| fields.iter().filter(|(known, _)| known == name).map(|(_, text)| text.as_str()).collect();
    let typed: Vec<Vec<&str>> = ["new-0-name", "new-1-name", "new-2-name"].map(names).to_vec();
    assert_eq!(typed.concat().len(), 3, "{typed:?}");
    assert!(typed.concat().contains(&"Typed"), "{typed:?}");
}

#[test]
fn a_list_changes_what_was_changed_and_nothing_else_on_sqlite() {
    a_list_changes_what_was_changed_and_nothing_else(RegistryPlace::sqlite());
}

#[test]
fn a_list_changes_what_was_changed_and_nothing_else_on_postgres() {
    a_list_changes_what_was_changed_and_nothing_else(RegistryPlace::postgres());
}

#[test]
fn a_page_saves_what_the_api_stores_on_sqlite() {
    a_page_saves_what_the_api_stores((RegistryPlace::sqlite(), RegistryPlace::sqlite()));
}

#[test]
fn a_page_saves_what_the_api_stores_on_postgres() {
    a_page_saves_what_the_api_stores((RegistryPlace::postgres(), RegistryPlace::postgres()));
}
