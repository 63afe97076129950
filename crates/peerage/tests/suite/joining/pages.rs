//! Our own pages.

use peerage_registry::ids::{OrgId, UserId};

use crate::joining::fixture::{ADA, JoinFixture, MAX, ROOT, VERA, ZOE};
use crate::server::RegistryPlace;
use crate::visitor::link;

pub fn an_invitation_is_followed_by_whoever_reads_the_mail(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let ada = fixture.visitor(ADA, true);
    ada.get("/org/1/manage/people").shows("user2");
    let fields = [("email", "new@org1.example"), ("rank", "member"), ("preset", "networks")];
    let page = ada.post("/org/1/manage/people/invite", &fields);
    assert_eq!((page.status(), page.location()), (303, "/org/1/manage/people"), "{}", page.text);
    ada.get("/org/1/manage/people").shows("new@org1.example");
    let mail = fixture.keeper.mail(&["new@org1.example", "/invitation/"]);
    let path = link(&mail, "/invitation/");
    let vera = fixture.visitor(VERA, false);
    vera.get(&path).shows("Org 1");
    assert!(
        fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).is_none(),
        "opening the invitation does nothing"
    );
    assert!(vera.post(&path, &[]).location().starts_with("/account/confirm/"), "accepting needs a fresh factor");
    assert!(fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).is_none());
    let vera = fixture.visitor(VERA, true);
    assert_eq!(vera.post(&path, &[]).status(), 303);
    let people = fixture.keeper.load().1;
    let member = people.member(OrgId::new(1), UserId::new(VERA)).expect("a member");
    assert_eq!(member.grants.get("peeringdb.organization.1.network"), Some(&7));
    let zoe = fixture.visitor(ZOE, true);
    assert_eq!(zoe.get(&path).status(), 404, "the invitation works once");
    assert!(
        zoe.post(&path, &[]).status() >= 400
            && fixture.keeper.load().1.member(OrgId::new(1), UserId::new(ZOE)).is_none()
    );
}

const PANELS: [&str; 8] = ["", "/people", "/rights", "/roles", "/keys", "/hygiene", "/audit", "/policy"];

pub fn every_panel_is_there_for_admins_and_for_nobody_else(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let (ada, max, zoe) = (fixture.visitor(ADA, false), fixture.visitor(MAX, true), fixture.visitor(ZOE, true));
    for panel in PANELS {
        let path = format!("/org/1/manage{panel}");
        let page = ada.get(&path);
        assert_eq!(page.status(), 200, "{path}: {}", page.text);
        page.shows("Org 1");
        assert_eq!(zoe.get(&path).status(), 404, "{path}");
        assert_eq!(max.get(&path).status(), if panel == "/roles" { 200 } else { 404 }, "{path}");
    }
    ada.get("/org/1/manage/rights?of=user.2&q=Net").shows("net.5:2");
    for file in ["csv", "json"] {
        assert_eq!(ada.get(&format!("/org/1/manage/audit?format={file}")).status(), 200, "{file}");
    }
    for path in ["/staff", "/staff/users", "/staff/recoveries"] {
        assert_eq!(ada.get(path).status(), 404, "{path}");
        let root = fixture.visitor(ROOT, false);
        assert_eq!(root.get(path).status(), 200, "{path}");
    }
    assert_eq!(ada.get("/profile/keys").status(), 200);
    assert_eq!(ada.get("/remove-affiliation/?org_id=1").status(), 200);
    assert_eq!(ada.get("/request-ownership?id=2").status(), 200);
}

pub fn a_key_stands_on_one_page_and_on_no_other(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let ada = fixture.visitor(ADA, true);
    let fields = [("name", "robot"), ("email", "r@org1.example"), ("preset", "networks"), ("networks", "127.0.0.0/8")];
    let page = ada.post("/org/1/manage/keys", &fields);
    assert_eq!(page.status(), 200, "{}", page.text);
    let text = page.text.split("prg_o_").nth(1).expect("a key");
    let text: String = text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    let key = format!("Api-Key prg_o_{text}");
    page.shows("curl -H");
    let whoami = |key: &str| {
        crate::server::send(&fixture.server.address, "GET", "/api/whoami", &[("Authorization", key)], b"")
            .expect("a connection")
            .status
    };
    assert_eq!(whoami(&key), 200);
    let list = ada.get("/org/1/manage/keys");
    list.shows("robot");
    assert!(!list.text.contains(&text), "the key is shown once");
    let public = &text[..12];
    assert_eq!(ada.post("/org/1/manage/keys/suspend", &[("key", public)]).status(), 303);
    assert_eq!(whoami(&key), 401);
    assert_eq!(ada.post("/org/1/manage/keys/resume", &[("key", public)]).status(), 303);
    let rotated = ada.post("/org/1/manage/keys/rotate", &[("key", public)]);
    assert_eq!((rotated.status(), whoami(&key)), (200, 200), "the old secret works for a day");
    assert_eq!(ada.post("/org/1/manage/keys/revoke", &[("key", public)]).status(), 303);
    assert_eq!(whoami(&key), 401);
    let bad = ada.post("/org/1/manage/keys", &[("name", ""), ("email", "r@org1.example"), ("networks", "x")]);
    assert_eq!(bad.status(), 400);
    bad.shows("x is not a network");
}

pub fn a_policy_is_previewed_before_it_is_saved(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let ada = fixture.visitor(ADA, true);
    let request =
        [("email_domains", "people.example\nother.example"), ("requires_passkey", "yes"), ("allows_user_keys", "yes")];
    let preview = ada.post("/org/1/manage/policy", &[&request[..], &[("preview", "yes")]].concat());
    assert_eq!(preview.status(), 200);
    preview.shows("No passkey");
    assert!(!fixture.keeper.load().1.has_policy(OrgId::new(1)), "the policy was not saved");
    let page = ada.post("/org/1/manage/policy", &request);
    assert_eq!(page.status(), 400);
    page.shows("This would lock you out");
    let saved = ada.post("/org/1/manage/policy", &[request[0], request[2], ("reconfirm_days", "90")]);
    assert_eq!(saved.status(), 303, "{}", saved.text);
    let policy = fixture.keeper.load().1.policy(OrgId::new(1));
    assert_eq!((policy.email_domains.len(), policy.reconfirm_days), (2, Some(90)));
    fixture.keeper.mail(&["user1@people.example", "Your organization's requirements changed"]);
}

pub fn staff_refuse_and_say_why(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let vera = fixture.visitor(VERA, false);
    assert_eq!(vera.post("/affiliate-to-org", &[("org", "2")]).status(), 303);
    fixture.keeper.mail(&["user7@people.example", "wants to join Org 2"]);
    let root = fixture.visitor(ROOT, true);
    let queue = root.get("/staff");
    queue.shows("Net 60");
    queue.shows("Org 2");
    let page = root.post("/staff/refuse", &[("what", "net.60"), ("reason", "")]);
    assert_eq!(page.status(), 400);
    page.shows("This field is required.");
    assert_eq!(root.post("/staff/refuse", &[("what", "net.60"), ("reason", "not theirs")]).status(), 303);
    assert!(!root.get("/staff").text.contains("Net 60"));
    let id = fixture.keeper.load().1.applications().next().expect("a pending request").id;
    let what = format!("application.{id}");
    assert_eq!(root.post("/staff/approve", &[("what", what.as_str())]).status(), 303);
    let member = fixture.keeper.load().1.member(OrgId::new(2), UserId::new(VERA)).map(|member| member.rank);
    assert_eq!(member, Some(peerage_access::records::MemberRole::Admin), "its first member is its admin");
    let stale = fixture.visitor(ROOT, false);
    assert_eq!(stale.post("/staff/users/bar", &[("user_id", "3")]).status(), 303);
    assert!(fixture.keeper.load().1.user(UserId::new(VERA)).expect("there").active, "a fresh factor is required first");
    assert_eq!(root.post("/staff/users/bar", &[("user_id", "3")]).status(), 303);
    assert!(!fixture.keeper.load().1.user(UserId::new(VERA)).expect("there").active);
}
