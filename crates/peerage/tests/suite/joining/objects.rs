//! What owners manage of their objects: carriers that request to be listed at a facility, and logos.

use peerage_registry::ids::UserId;
use serde_json::{Value as Json, json};

use crate::joining::fixture::{ADA, JoinFixture, MAX, ROOT, VERA, ZOE};
use crate::keeper::{OpenConnection, row};
use crate::server::RegistryPlace;

/// A picture of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn key(text: &str) -> String {
    format!("Api-Key {text}")
}

pub fn i12_06_a_carrier_that_waits_for_a_facility_is_shown_and_decided(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let mut link = row(1, &json!({"carrier_id": 1, "fac_id": 1}));
    link["status"] = json!("deleted");
    let fac = json!({"org_id": 1, "name": "Hall One", "address1": "Street 1", "city": "Zürich", "country": "CH",
        "zipcode": "8005", "website": "https://n.example"});
    fixture.keeper.import(&json!({
        "fac": [row(1, &fac)],
        "carrier": [row(1, &json!({"org_id": 10, "name": "Waves", "website": "https://n.example"}))],
        "carrierfac": [link],
    }));
    let (ada_key, zoe_key) = (key(&fixture.keeper.user_key(1, ADA)), key(&fixture.keeper.user_key(2, ZOE)));
    fixture.keeper.settle(&fixture.server);
    let client = OpenConnection::of(&fixture.server);
    let status = || {
        let registry = fixture.keeper.load().0;
        let link = registry.row(peerage_schema::Resource::Carrierfac, 1).expect("there");
        registry.status(peerage_schema::Resource::Carrierfac, link).map_or("none", peerage_schema::Status::text)
    };
    let ask = || {
        let answer = client.send("POST", "/api/carrierfac", &zoe_key, Some(&json!({"carrier_id": 1, "fac_id": 1})));
        assert_eq!((answer.status, status()), (201, "pending"));
    };
    ask();
    let mail = fixture.keeper.mail(&["user1@people.example", "A carrier asks to be listed at your facility"]);
    assert!(mail.contains("Waves") && mail.contains("Hall One") && mail.contains("/org/1/manage/people"), "{mail}");
    let ada = fixture.visitor(ADA, false);
    let page = ada.get("/org/1/manage/people");
    for text in ["Waves", "Hall One", "Org 10", "Carriers at your facilities"] {
        page.shows(text);
    }
    // The requester, and people of other organizations, cannot decide.
    for (user, org, expected) in [(ZOE, 1, 404), (ZOE, 10, 400), (MAX, 1, 404), (VERA, 1, 404)] {
        let visitor = fixture.visitor(user, true);
        let path = format!("/org/{org}/manage/presences/approve");
        assert_eq!(visitor.post(&path, &[("id", "1")]).status(), expected, "{user} {org}");
    }
    assert_eq!(status(), "pending");
    let rejected = ada.post("/org/1/manage/presences/reject", &[("id", "1"), ("reason", " ")]);
    assert_eq!((rejected.status(), status()), (400, "pending"), "a reason is needed");
    let reject = [("id", "1"), ("reason", "Not in our meet-me room.")];
    assert_eq!(ada.post("/org/1/manage/presences/reject", &reject).status(), 303);
    assert_eq!(status(), "deleted");
    ada.get("/org/1/manage/people").shows("Request rejected.");
    let mail = fixture.keeper.mail(&["user5@people.example", "Your carrier is not listed at a facility"]);
    assert!(mail.contains("Not in our meet-me room."), "{mail}");
    assert!(!ada.get("/org/1/manage/people").text.contains("Waves"));
    ask();
    assert_eq!(ada.post("/org/1/manage/presences/approve", &[("id", "1")]).status(), 303);
    assert_eq!(status(), "ok");
    fixture.keeper.mail(&["user5@people.example", "Your carrier is listed at a facility"]);
    // A decision over the API is also mailed.
    let count = |subject: &str| fixture.keeper.mails().iter().filter(|mail| mail.contains(subject)).count();
    let before = count("Your carrier is not listed at a facility");
    assert_eq!(client.send("DELETE", "/api/carrierfac/1", &zoe_key, None).status, 204);
    ask();
    assert_eq!(client.send("POST", "/api/carrierfac/1/reject", &ada_key, None).status, 200);
    crate::keeper::wait_for("the mail", || count("Your carrier is not listed at a facility") > before);
    // People are not notified when they remove their own object.
    let before = count("Your carrier is not listed at a facility");
    ask();
    assert_eq!(client.send("DELETE", "/api/carrierfac/1", &zoe_key, None).status, 204);
    ask();
    assert_eq!(client.send("POST", "/api/carrierfac/1/approve", &ada_key, None).status, 200);
    crate::keeper::wait_for("the mail", || count("Your carrier is listed at a facility") > 1);
    assert_eq!(count("Your carrier is not listed at a facility"), before);
    assert_eq!(
        count("A carrier asks to be listed at your facility"),
        1,
        "repeating a request within a day sends no second mail"
    );
}

pub fn i12_04_a_logo_is_served_as_a_picture_and_as_nothing_else(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let ada = key(&fixture.keeper.user_key(1, ADA));
    fixture.keeper.settle(&fixture.server);
    let client = OpenConnection::of(&fixture.server);
    let net = || client.get("/api/net/5?depth=0", "").rows()[0].clone();
    let updated = net()["updated"].clone();
    assert_eq!(net()["logo"], Json::Null);
    let send = |data: &str| {
        let body = json!({"file_type": "image/png", "file_data": data});
        client.send("POST", "/api/asset/net/5/logo", &ada, Some(&body))
    };
    let bytes = data_encoding::BASE64.decode(PIXEL.as_bytes()).expect("base 64");
    for wrong in [&bytes[..bytes.len() - 10], &bytes[..40], &[&bytes[..], b"<script>"].concat()] {
        let answer = send(&data_encoding::BASE64.encode(wrong));
        let text = "The image is incomplete or damaged. Export it again and upload the new file.";
        assert_eq!((answer.status, answer.json()["file_data"][0].as_str()), (400, Some(text)));
    }
    let svg = data_encoding::BASE64.encode(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let text = "Unsupported file type. Only PNG and JPEG are allowed";
    assert_eq!(send(&svg).json()["file_data"][0].as_str(), Some(text));
    assert_eq!(net()["logo"], Json::Null);
    assert_eq!(send(PIXEL).status, 201);
    let shown = net();
    assert_eq!(shown["updated"], updated, "a logo does not count as an update");
    let address = shown["logo"].as_str().expect("an address").to_owned();
    let path = &address[address.find("/media/logo/net-5-").expect("below /media/logo/")..];
    assert!(address.starts_with("http") && path.ends_with(".png"), "{address}");
    let answer = client.get(path, "");
    assert_eq!((answer.status, &answer.body[..]), (200, &bytes[..]));
    for (name, expected) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "public, max-age=86400"),
    ] {
        assert_eq!(answer.header(name), Some(expected), "{name}");
    }
    let etag = answer.header("etag").expect("a validator").to_owned();
    let again = client.send_with("GET", path, "", None, &[("if-none-match", &etag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = path.replace(".png", ".jpg");
    for missing in
        [other.as_str(), "/media/logo/net-5-0000000000000000.png", "/media/logo/x", "/media/logo/net-x-0.png"]
    {
        assert_eq!(client.get(missing, "").status, 404, "{missing}");
    }
    // Setting the same picture again does not change the row. Other clients see the same address at any depth.
    assert_eq!(client.get("/api/org/1?depth=2", "").rows()[0]["net_set"][0]["logo"], shown["logo"]);
    assert_eq!(client.send("DELETE", "/api/asset/net/5/logo", &ada, None).status, 204);
    assert_eq!((net()["logo"].clone(), client.get(path, "").status), (Json::Null, 404));
    // The logo of a deleted object is not served.
    assert_eq!(send(PIXEL).status, 201);
    assert_eq!(client.get(path, "").status, 200);
    assert_eq!(client.send("DELETE", "/api/net/5", &ada, None).status, 204);
    assert_eq!(client.get(path, "").status, 404);
}

pub fn i12_15_a_card_of_the_staff_queue_says_what_approving_does(place: &RegistryPlace) {
    let fixture = JoinFixture::with(place, &["--rdap", "off"]);
    let mut waiting = row(
        9,
        &json!({"org_id": 10, "name": "New IX", "city": "Zürich", "country": "CH",
        "region_continent": "Europe", "tech_email": "noc@ix.example", "website": "https://n.example"}),
    );
    waiting["status"] = json!("pending");
    fixture.keeper.import(&json!({"ix": [waiting]}));
    fixture.keeper.settle(&fixture.server);
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "63999"), ("org", "Vera Net")]).status(), 303);
    let (registry, people) = fixture.keeper.load();
    assert_eq!(registry.net_by_asn(63999), None, "nothing is created for a number that may be mistyped");
    let what = format!("application.{}", people.applications().next().expect("a pending request").id);
    let root = fixture.visitor(ROOT, true);
    let queue = root.get("/staff");
    assert_eq!(queue.text.matches("aria-labelledby=\"waiting-application.").count(), 1);
    assert_eq!(queue.text.matches("aria-labelledby=\"waiting-").count(), 3, "and the pending network and exchange");
    for text in [
        "Approving this request will:",
        "create the organization Vera Net",
        "create the network AS63999 in it",
        "an admin of Vera Net",
        "publish Exchange New IX",
        "Org 10",
    ] {
        queue.shows(text);
    }
    assert_eq!(root.post("/staff/approve", &[("what", what.as_str())]).status(), 303);
    root.get("/staff").shows("The organization and its network were created, and the person is an admin.");
    let (registry, people) = fixture.keeper.load();
    let net = registry.net_by_asn(63999).expect("made");
    let org = peerage_registry::rules::organization_of_network(&registry, net).expect("an organization");
    assert!(people.member(org, UserId::new(VERA)).is_some());
    assert_eq!(root.post("/staff/approve", &[("what", "ix.9")]).status(), 303);
    root.get("/staff").shows("Request approved. The object is now public.");
}
