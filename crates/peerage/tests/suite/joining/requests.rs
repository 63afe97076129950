//! Following one's own requests, suggestions, and similar objects in the preview of a new one.

use serde_json::{Value as Json, json};

use super::fixture::{ADA, JoinFixture, MAX, ROOT, VERA, ZOE};
use super::steering::{holder, place_network, registry_of_numbers};
use crate::keeper::row;
use crate::server::RegistryPlace;
use crate::visitor::{VisitedPage, Visitor};

/// Adds a live facility of organization 1, and the organization that collects suggestions.
fn with_suggestions(place: &RegistryPlace) -> JoinFixture {
    let fixture = JoinFixture::with(place, &["--rdap", "off"]);
    let fac = json!({"org_id": 1, "name": "Zürich Hall", "website": "https://hall.example", "address1": "Way 5",
        "city": "Zürich", "country": "CH", "zipcode": "8000"});
    let org = row(20525, &json!({"name": "Suggested Entities", "website": "https://s.example"}));
    fixture.keeper.import(&json!({"org": [org], "fac": [row(70, &fac)]}));
    fixture.keeper.settle(&fixture.server);
    fixture
}

const HALL: [(&str, &str); 6] = [
    ("name", "Zurich Hall North"),
    ("website", "http://www.hall.example/"),
    ("address1", "Way 5"),
    ("city", "Zürich"),
    ("country", "CH"),
    ("zipcode", "8000"),
];

fn sent<'a>(fields: &[(&'a str, &'a str)], step: &'a str) -> Vec<(&'a str, &'a str)> {
    [fields, &[("step", step)]].concat()
}

fn decide(fixture: &JoinFixture, item: &str, verb: &str, body: &Json) {
    let root = fixture.keeper.session(ROOT, true);
    fixture.keeper.settle(&fixture.server);
    let answer = fixture.server.call(&root, "POST", &format!("/api/staff/queue/{item}/{verb}"), body);
    assert_eq!(answer.status, 200, "{item}: {}", answer.json());
    fixture.keeper.settle(&fixture.server);
}

pub fn a_request_is_followed_from_the_preview_to_the_decision(place: &RegistryPlace) {
    let fixture = with_suggestions(place);
    let zoe = fixture.visitor(ZOE, false);
    zoe.get("/requests").shows("None of your new objects had to be approved.");
    zoe.get("/add/10/fac");
    let preview = zoe.post("/add/10/fac", &sent(&HALL, "preview"));
    assert_eq!(preview.status(), 200);
    for text in ["Staff of the registry will review it", "These objects look similar", "href=\"/fac/70\"", "similar"] {
        preview.shows(text);
    }
    // Something else is like nothing.
    let other = [
        ("name", "Geneva Vault"),
        ("website", "https://vault.example"),
        ("address1", "Quai 1"),
        ("city", "Genève"),
        ("country", "CH"),
        ("zipcode", "1200"),
    ];
    let preview = zoe.post("/add/10/fac", &sent(&other, "preview"));
    assert!(!preview.text.contains("These objects look similar"));
    assert_eq!(zoe.post("/add/10/fac", &sent(&HALL, "save")).location(), "/requests");
    let page = zoe.get("/requests");
    for text in [
        "Zurich Hall North",
        "pending",
        "Staff of the registry decides.",
        "Admins of the organization",
        "href=\"/fac/70\"",
        "/edit/fac/71",
    ] {
        page.shows(text);
    }
    assert_eq!(zoe.post("/add/10/fac", &sent(&other, "save")).location(), "/requests");
    // Nobody else sees it, and other admins of the organization would.
    for user in [MAX, VERA, ADA] {
        assert!(!fixture.visitor(user, false).get("/requests").text.contains("Zurich Hall"), "{user}");
    }
    decide(&fixture, "fac/71", "refuse", &json!({"reason": "This is fac 70."}));
    decide(&fixture, "fac/72", "approve", &Json::Null);
    let page = zoe.get("/requests");
    for text in ["rejected", "This is fac 70.", "approved", "href=\"/fac/72\""] {
        page.shows(text);
    }
    assert_eq!(Visitor::new(&fixture.server).get("/requests").status(), 303);
    // Requests of people are on the page, too.
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "63999"), ("org", "Vera Net")]).status(), 303);
    let page = vera.get("/requests");
    page.shows("Vera Net");
    page.shows("Staff of the registry decides.");
}

/// An exchange that somebody suggests.
const EXCHANGE: [(&str, &str); 6] = [
    ("name", "Far-IX"),
    ("website", "https://far-ix.example"),
    ("city", "Genève"),
    ("country", "CH"),
    ("region_continent", "Europe"),
    ("tech_email", "noc@far-ix.example"),
];

pub fn anyone_suggests_a_facility_an_exchange_or_a_network(place: &RegistryPlace) {
    let fixture = with_suggestions(place);
    let vera = fixture.visitor(VERA, false);
    vera.get("/requests").shows("href=\"/suggest/fac\"");
    vera.get("/suggest/fac").shows("Suggest a facility");
    vera.post("/suggest/fac", &sent(&HALL, "preview")).shows("href=\"/fac/70\"");
    assert_eq!(vera.post("/suggest/fac", &sent(&HALL, "save")).location(), "/requests");
    vera.get("/suggest/net").shows("Suggest a network");
    let net = [("name", "Far Net"), ("asn", "63777"), ("website", "https://far.example")];
    assert_eq!(vera.post("/suggest/net", &sent(&net, "save")).location(), "/requests");
    // An exchange only on its page: the API refuses it, as the reference does.
    vera.get("/suggest/ix").shows("Suggest an exchange");
    assert_eq!(vera.post("/suggest/ix", &sent(&EXCHANGE, "save")).location(), "/requests");
    let page = vera.get("/requests");
    for text in ["Zurich Hall North", "Far Net", "Far-IX"] {
        page.shows(text);
    }
    assert!(!page.text.contains("/edit/"), "it belongs to others");
    let root = fixture.keeper.session(ROOT, false);
    fixture.keeper.settle(&fixture.server);
    for (kind, name) in [("fac", "Zurich Hall North"), ("net", "Far Net"), ("ix", "Far-IX")] {
        let queue = fixture.server.call(&root, "GET", "/api/staff/queue", &Json::Null).json();
        let rows = queue["data"].as_array().cloned().unwrap_or_default();
        let found = rows.iter().find(|row| row["kind"] == kind && row["name"] == name).expect("it waits");
        assert_eq!(found["org_id"], 20525);
    }
    // Once it is approved, those who may suggest objects still do not run it.
    let queue = fixture.server.call(&root, "GET", "/api/staff/queue", &Json::Null).json();
    let rows = queue["data"].as_array().cloned().unwrap_or_default();
    let exchange = rows.iter().find(|row| row["kind"] == "ix").expect("it waits")["id"].clone();
    decide(&fixture, &format!("ix/{exchange}"), "approve", &Json::Null);
    let session = fixture.keeper.session(VERA, true);
    fixture.keeper.settle(&fixture.server);
    for (path, body) in [
        ("/api/ixpfx", json!({"ixlan_id": exchange, "protocol": "IPv4", "prefix": "194.59.162.0/24", "status": "ok"})),
        ("/api/ixfac", json!({"ix_id": exchange, "fac_id": 70, "status": "ok"})),
    ] {
        let answer = fixture.server.call(&session, "POST", path, &body);
        assert_eq!(answer.status, 403, "{path}: {}", answer.json());
    }
    assert_eq!(vera.get("/suggest/carrier").status(), 404);
    assert_eq!(Visitor::new(&fixture.server).get("/suggest/fac").status(), 303);
}

pub fn a_new_network_is_looked_up_while_its_form_is_filled_in(place: &RegistryPlace) {
    let (rdap, lookups) = registry_of_numbers();
    let fixture = JoinFixture::with(place, &["--rdap", &rdap, "--writes-per-minute", "30"]);
    place_network(&fixture, 20_525, "pending");
    let lookups = || lookups.load(std::sync::atomic::Ordering::Relaxed);
    let zoe = fixture.visitor(ZOE, true);
    let value = |page: &VisitedPage, name: &str| {
        let fields = page.form_fields();
        fields.into_iter().find(|(known, _)| known == name).map(|(_, text)| text).unwrap_or_default()
    };
    // Who types a name is told what looks like it, and no address registry is asked.
    let page = zoe.post("/add/10/net", &sent(&[("asn", "AS63060"), ("name", "Net 50")], "similar"));
    assert_eq!((page.status(), value(&page, "name"), lookups()), (200, "Net 50".to_owned(), 0));
    page.shows("These objects look similar");
    // A number without a name gets that of its holder, and what was entered stays.
    let page = zoe.post("/add/10/net", &sent(&[("asn", "AS63060"), ("website", "https://n.example")], "look"));
    assert_eq!(page.status(), 200);
    page.shows("AS63060 is registered to Net 60, without a confirmed address of yours.");
    assert_eq!((value(&page, "name"), value(&page, "website")), ("Net 60".to_owned(), "https://n.example".to_owned()));
    assert!(lookups() > 0);
    assert!(fixture.keeper.load().0.net_by_asn(63_060).is_some_and(|id| id == 60), "nothing was created");
    holder(&fixture, ZOE);
    fixture.keeper.settle(&fixture.server);
    let page = zoe.post("/add/10/net", &sent(&[("asn", "63060"), ("name", "Mine")], "look"));
    page.shows("with an address of yours");
    assert_eq!(value(&page, "name"), "Mine");
    for (number, text) in [("63005", "which is registered already"), ("64512", "private or reserved")] {
        let page = zoe.post("/add/10/net", &sent(&[("asn", number)], "look"));
        page.shows(text);
        page.shows("Nothing similar is registered.");
    }
    let page = zoe.post("/suggest/net", &sent(&[("asn", "63060")], "look"));
    page.shows("AS63060 is registered to Net 60.");
    // A client looks up a few numbers a minute.
    zoe.post("/add/10/net", &sent(&[("asn", "63060")], "look")).shows("Too many lookups.");
    zoe.post("/add/10/net", &sent(&[("name", "Net 50")], "similar")).shows("These objects look similar");
    assert_eq!(Visitor::new(&fixture.server).post("/add/10/net", &sent(&[], "look")).status(), 403);
}
