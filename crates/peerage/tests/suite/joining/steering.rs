//! Permission sets, the audit log, and what staff see.

use peerage_access::bundles::GrantBundle;
use peerage_access::records::{EmailAddress, MemberRole, Policy, User};
use peerage_registry::moment::DAY;

use peerage_registry::ids::{KeyId, OrgId, UserId};
use serde_json::json;

use crate::joining::fixture::{ADA, JoinFixture, MAX, ROOT, VERA, ZOE, message};
use crate::keeper::{now, row};
use crate::server::RegistryPlace;
use crate::visitor::link;

pub fn a_set_of_rights_is_given_at_once_and_an_auditor_reads_the_trail_alone(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let (ada, max) = (fixture.visitor(ADA, true), fixture.visitor(MAX, true));
    assert_eq!(max.get("/org/1/manage/audit").status(), 404);
    ada.get("/org/1/manage/rights?of=user.2").shows("auditor");
    let give = |bundle: &str| ada.post("/org/1/manage/rights", &[("of", "user.2"), ("bundle", bundle)]).status();
    assert_eq!(give("auditor"), 303);
    for (page, status) in [("audit", 200), ("hygiene", 200), ("people", 404), ("keys", 404), ("policy", 404)] {
        assert_eq!(max.get(&format!("/org/1/manage/{page}")).status(), status, "{page}");
    }
    ada.get("/org/1/manage/people").shows("auditor");
    assert_eq!(give("nothing of the kind"), 404);
    assert_eq!(give("editor"), 303);
    let member = fixture.keeper.load().1.member(OrgId::new(1), UserId::new(MAX)).expect("there").clone();
    assert_eq!(GrantBundle::of(OrgId::new(1), member.rank, &member.grants), Some(GrantBundle::Editor));
    assert_eq!(give("owner"), 303);
    assert_eq!(
        fixture.keeper.load().1.member(OrgId::new(1), UserId::new(MAX)).map(|member| member.rank),
        Some(MemberRole::Admin)
    );
    // The same sets when a request is approved.
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("org", "1")]).status(), 303);
    let id = fixture.keeper.load().1.applications().next().expect("a pending request").id.to_string();
    let fields = [("id", id.as_str()), ("preset", "contacts-only")];
    assert_eq!(ada.post("/org/1/manage/people/approve", &fields).status(), 303);
    let member = fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).expect("a member").clone();
    assert_eq!(GrantBundle::of(OrgId::new(1), member.rank, &member.grants), Some(GrantBundle::Contacts));
}

pub fn the_trail_is_filtered_by_person_and_field_and_leaves_as_lines(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let ada = fixture.visitor(ADA, true);
    assert_eq!(ada.post("/org/1/manage/policy", &[("key_days_max", "90"), ("allows_user_keys", "yes")]).status(), 303);
    let input = [("key_days_max", "90"), ("key_idle_days_max", "30"), ("allows_user_keys", "yes")];
    assert_eq!(ada.post("/org/1/manage/policy", &input).status(), 303);
    let lines = |query: &str| ada.get(&format!("/org/1/manage/audit?format=jsonl&{query}"));
    for (query, expected) in [
        ("kind=policy", 2),
        ("kind=policy&field=key_idle_days_max", 1),
        ("field=key_days_max", 1),
        ("field=key_days_max&person=user1", 1),
        ("kind=policy&person=user2", 0),
        ("kind=policy&person=1", 2),
        ("field=nothing_of_the_kind", 0),
    ] {
        let page = lines(query);
        assert_eq!(page.answer.header("content-type"), Some("application/x-ndjson"));
        assert_eq!(page.text.lines().count(), expected, "{query}: {}", page.text);
        for line in page.text.lines() {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON");
        }
    }
    ada.get("/org/1/manage/audit?field=key_idle_days_max").shows("<time datetime=\"");
}

pub fn staff_see_who_asks_and_what_is_alike(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("org", "Net 60 LLC")]).status(), 303);
    let id = fixture.keeper.load().1.applications().next().expect("a pending request").id;
    let root = fixture.visitor(ROOT, false);
    let page = root.get(&format!("/staff/look?what=application.{id}"));
    assert_eq!(page.status(), 200);
    for word in ["user3@people.example", "Account since", "<time datetime=\"", "Second factor"] {
        page.shows(word);
    }
    root.get("/staff/look?what=net.60").shows("AS63060");
    root.get("/staff").shows("/staff/look?what=net.60");
    for missing in ["net.5", "net.x", "application.99", ""] {
        assert_eq!(root.get(&format!("/staff/look?what={missing}")).status(), 404, "{missing}");
    }
    assert_eq!(fixture.visitor(ADA, true).get("/staff/look?what=net.60").status(), 404);
}

pub fn who_has_to_confirm_again_does_so_by_a_mailed_link_and_only_that_organization_is_closed(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let max = fixture.keeper.load().1.user(UserId::new(MAX)).map(|user| User::clone(user)).expect("there");
    let late = EmailAddress { confirmed: Some(now() - 40 * DAY), ..max.emails[0].clone() };
    fixture.keeper.put(&User { emails: vec![late], ..max });
    fixture.keeper.member(9, 10, MAX, MemberRole::Admin, peerage_access::records::PermissionRules::new());
    fixture.keeper.member(2, 1, MAX, MemberRole::Admin, peerage_access::records::PermissionRules::new());
    fixture.keeper.put(&Policy { reconfirm_days: Some(30), ..Policy::unset(OrgId::new(1)) });
    fixture.keeper.mail(&["user2@people.example", "Confirm your address again"]);
    let max = fixture.visitor(MAX, false);
    assert_eq!(max.get("/org/1/manage/people").status(), 404, "permissions in 1 are suspended");
    assert_eq!(max.get("/org/10/manage/people").status(), 200, "permissions in 10 stay");
    let profile = max.get("/profile");
    assert_eq!(profile.status(), 200, "no second factor is required again");
    profile.shows("Confirm your address again. Org 1");
    let reply = max.post("/resend_email_confirmation", &[("email", "user2@people.example")]);
    assert_eq!((reply.status(), reply.location()), (303, "/profile"), "{}", reply.text);
    let path = link(&fixture.keeper.mail(&["user2@people.example", "confirm-email"]), "/accounts/confirm-email/");
    max.get(&path);
    assert_eq!(max.post(&path, &[]).status(), 303);
    assert_eq!(max.get("/org/1/manage/people").status(), 200, "at once");
    assert!(!max.get("/profile").text.contains("Confirm your address again."));
    let anothers = max.post_for_json("/resend_email_confirmation", &[("email", "user1@people.example")]);
    assert_eq!(message(&anothers).0, 403, "a new address needs a fresh factor");
}

pub fn an_account_that_is_closed_waits_for_nothing(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let vera = fixture.visitor(VERA, true);
    assert_eq!(vera.post("/affiliate-to-org", &[("org", "1")]).status(), 303);
    fixture.keeper.user_key(1, VERA);
    fixture.keeper.settle(&fixture.server);
    assert_eq!(vera.post("/profile/close", &[]).status(), 303);
    let people = fixture.keeper.load().1;
    let user = people.user(UserId::new(VERA)).expect("the account still exists");
    assert!(!user.active && user.emails.is_empty() && user.username.starts_with("closed-account"));
    assert!(people.applications().next().is_none(), "the request of a closed account is gone");
    assert!(people.key_by_id(KeyId::new(1)).is_some_and(|entry| entry.key.is_final()));
    // The same for an account that is not verified yet.
    fixture.keeper.user(20, false, false);
    let guest = fixture.visitor(20, true);
    assert_eq!(guest.post("/affiliate-to-org", &[("org", "1")]).status(), 303);
    assert_eq!(guest.post("/profile/close", &[]).status(), 303);
    let people = fixture.keeper.load().1;
    let user = people.user(UserId::new(20)).expect("the ID is not reused");
    assert!(user.emails.is_empty() && people.applications().next().is_none());
}

pub fn an_address_that_is_confirmed_later_proves_a_claim(place: &RegistryPlace) {
    let (rdap, requests) = registry_of_numbers();
    let fixture = JoinFixture::with(place, &["--rdap", &rdap]);
    let vera = fixture.visitor(VERA, true);
    let page = vera.post("/affiliate-to-org", &[("asn", "63060")]);
    assert_eq!(page.status(), 303, "{}", page.text);
    assert!(
        fixture.keeper.load().1.member(OrgId::new(2), UserId::new(VERA)).is_none(),
        "the registration has none of her addresses yet"
    );
    vera.get("/profile");
    assert_eq!(vera.post("/profile/email/add", &[("email", "noc@net60.example")]).status(), 303);
    let path = link(&fixture.keeper.mail(&["noc@net60.example", "confirm-email"]), "/accounts/confirm-email/");
    vera.get(&path);
    assert_eq!(vera.post(&path, &[]).status(), 303);
    let (registry, people) = fixture.keeper.load();
    let org = peerage_registry::rules::organization_of_network(&registry, 60).expect("a network");
    assert_eq!(people.member(org, UserId::new(VERA)).map(|member| member.rank), Some(MemberRole::Admin));
    assert!(
        org != OrgId::new(2) && people.member(OrgId::new(2), UserId::new(VERA)).is_none(),
        "she does not get the former organization"
    );
    assert!(people.applications().next().is_none());
    assert!(requests.load(std::sync::atomic::Ordering::Relaxed) >= 1);
}

/// Makes a person whose second address is in the registration of AS63060.
pub(super) fn holder(fixture: &JoinFixture, user: u32) {
    let person = fixture.keeper.load().1.user(UserId::new(user)).map(|user| User::clone(user)).expect("there");
    let more = EmailAddress::answered("noc@net60.example".to_owned());
    fixture.keeper.put(&User { emails: [person.emails.clone(), vec![more]].concat(), ..person });
}

/// Moves AS63060 to another organization.
pub(super) fn place_network(fixture: &JoinFixture, org: u32, status: &str) {
    let mut net = row(60, &json!({"org_id": org, "name": "Net 60", "asn": 63060, "website": "https://n.example"}));
    net["status"] = json!(status);
    let suggestions = row(20_525, &json!({"name": "Suggested Entities", "website": "https://org.example"}));
    fixture.keeper.import(&json!({"org": {"data": [suggestions]}, "net": {"data": [net]}}));
    fixture.keeper.settle(&fixture.server);
}

fn org_of_net(fixture: &JoinFixture) -> u32 {
    (peerage_registry::rules::organization_of_network(&fixture.keeper.load().0, 60).expect("a network")).get()
}

pub fn n03_a_suggested_number_goes_to_its_holder_by_page_and_by_api(place: &RegistryPlace) {
    let (rdap, _) = registry_of_numbers();
    let fixture = JoinFixture::with(place, &["--rdap", &rdap]);
    place_network(&fixture, 20_525, "pending");
    let vera = fixture.visitor(VERA, true);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "63060")]).status(), 303);
    assert_eq!(org_of_net(&fixture), 20_525, "the registration has none of her addresses");
    let (status, text) = message(&vera.post_for_json("/request-ownership", &[("id", "20525")]));
    assert_eq!(status, 400, "{text}");
    holder(&fixture, ZOE);
    let session = fixture.keeper.session(ZOE, true);
    fixture.keeper.settle(&fixture.server);
    let body = json!({"org_id": 10, "asn": 63060, "name": "Net 60", "website": "https://net60.example"});
    let client = crate::keeper::OpenConnection::of(&fixture.server);
    let made = client.send("POST", "/api/net", &format!("Bearer {session}"), Some(&body));
    assert_eq!(made.status, 201, "{}", made.error());
    assert_eq!((made.rows()[0]["id"].as_u64(), made.rows()[0]["org_id"].as_u64()), (Some(60), Some(10)));
    let people = fixture.keeper.load().1;
    assert_eq!((org_of_net(&fixture), people.members_of(OrgId::new(20_525)).count()), (10, 0));
    // A claim that came too late gives no membership.
    let id = people.applications().next().expect("a pending request").id.to_string();
    let root = fixture.visitor(ROOT, true);
    let what = format!("application.{id}");
    assert_eq!(root.post("/staff/approve", &[("what", what.as_str())]).status(), 400);
    assert!(fixture.keeper.load().1.memberships_of(UserId::new(VERA)).next().is_none());
}

pub fn n03_a_deleted_network_comes_back_alone_and_its_former_organization_is_told(place: &RegistryPlace) {
    let (rdap, _) = registry_of_numbers();
    let fixture = JoinFixture::with(place, &["--rdap", &rdap]);
    place_network(&fixture, 1, "deleted");
    holder(&fixture, VERA);
    let vera = fixture.visitor(VERA, true);
    assert_eq!(vera.post("/affiliate-to-org", &[("asn", "AS63060")]).status(), 303);
    let org = org_of_net(&fixture);
    let people = fixture.keeper.load().1;
    assert!(
        org > 10
            && people.member(OrgId::new(org), UserId::new(VERA)).is_some_and(|member| member.rank == MemberRole::Admin)
    );
    assert!(
        people.member(OrgId::new(1), UserId::new(VERA)).is_none()
            && people.member(OrgId::new(1), UserId::new(ADA)).is_some()
    );
    let mail = fixture.keeper.mail(&["user1@people.example", "An object moved to another organization"]);
    assert!(mail.contains("AS63060"), "{mail}");
    fixture.visitor(ADA, true).get("/org/1/manage/audit").shows("net");
}

/// Starts a local registry of AS numbers that names one address for each.
pub(super) fn registry_of_numbers() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let requests = std::sync::Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes);
            requests.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let body = serde_json::json!({
                "objectClassName": "autnum", "handle": "AS63060", "startAutnum": 63060, "endAutnum": 63060,
                "name": "NET60", "entities": [{
                    "objectClassName": "entity", "handle": "E1", "roles": ["registrant", "technical"],
                    "vcardArray": ["vcard", [
                        ["version", {}, "text", "4.0"], ["fn", {}, "text", "Net 60"],
                        ["email", {}, "text", "noc@net60.example"]
                    ]]
                }]
            })
            .to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nConnection: close\r\n";
            let _ = stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        }
    });
    (address, count)
}

pub fn a_fourth_request_within_a_minute_waits(place: &RegistryPlace) {
    let fixture = JoinFixture::with(place, &["--mails-per-minute", "100"]);
    let vera = fixture.visitor(VERA, false);
    for round in 0..3 {
        let (status, _) = message(&vera.post_for_json("/affiliate-to-org", &[("asn", "x")]));
        assert_eq!(status, 400, "round {round}");
    }
    let (status, text) = message(&vera.post_for_json("/affiliate-to-org", &[("org", "1")]));
    let wait = "Please wait a bit before requesting affiliation again.";
    assert_eq!((status, text["non_field_errors"][0].as_str()), (400, Some(wait)));
    let (status, text) = message(&vera.post_for_json("/request-ownership", &[("id", "2")]));
    let wait = "Please wait a bit before requesting ownership again.";
    assert_eq!((status, text["non_field_errors"][0].as_str()), (400, Some(wait)));
    assert!(fixture.keeper.load().1.applications().next().is_none());
}
