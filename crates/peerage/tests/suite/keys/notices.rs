//! Mails to owners of keys.

use peerage_access::KeyKind;
use peerage_access::records::RoleKind;
use peerage_registry::ids::OrgId;
use peerage_registry::moment::DAY;
use serde_json::{Value as Json, json};

use crate::keeper::now;
use crate::keys::fixture::{ADA, KeysFixture, MAX};
use crate::server::RegistryPlace;
use crate::visitor::Visitor;

pub fn owners_are_mailed_about_all_that_happens_to_keys(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    // The contact was confirmed for an earlier key.
    fixture.keeper.key(950, KeyKind::Org, |key| {
        (key.org, key.grants, key.email) = (Some(OrgId::new(1)), Some([].into()), "robots@org1.example".to_owned());
    });
    fixture.keeper.settle(&fixture.server);
    let (id, text) = fixture.made(&json!({"name": "watched", "grants": {"net": 1}}));
    let path = format!("/api/org/1/keys/{id}");
    // To the contact and the admins. The first mails are sent after the server has set its mail cursor.
    for (one, other) in
        [("robots@org1.example", "user1@people.example"), ("user1@people.example", "robots@org1.example")]
    {
        let made = fixture.keeper.mail(&[
            "A key was created",
            "watched",
            &id,
            &format!("To: {one}"),
            &format!("/org/1/manage/key/{id}"),
        ]);
        assert!(!made.contains(other), "one mail per person: {made}");
    }
    fixture.ok(200, "PATCH", &path, &fixture.ada, &json!({"grants": {"net": 3}}));
    fixture.keeper.mail(&["A key has more permissions", &id]);
    fixture.ok(200, "POST", &format!("{path}/rotate"), &fixture.ada, &json!({"overlap_hours": 2}));
    fixture.keeper.mail(&["A key has a new secret", &id, "The old one is accepted until"]);
    fixture.ok(200, "POST", &format!("{path}/suspend"), &fixture.ada, &Json::Null);
    fixture.keeper.mail(&["A key was suspended", &id]);
    fixture.ok(200, "POST", &format!("{path}/resume"), &fixture.ada, &Json::Null);
    fixture.keeper.mail(&["A key was resumed", &id]);
    fixture.ok(204, "DELETE", &path, &fixture.ada, &json!({"reason": "no longer used"}));
    fixture.keeper.mail(&["A key was revoked", &id, "no longer used"]);
    // Narrowing a key sends no mail, and no mail contains a key's text.
    let (quiet, _) = fixture.made(&json!({"name": "quiet", "grants": {"net": 3}}));
    fixture.ok(200, "PATCH", &format!("/api/org/1/keys/{quiet}"), &fixture.ada, &json!({"grants": {"net": 1}}));
    let last = fixture.made(&json!({"name": "last"})).0;
    fixture.keeper.mail(&["A key was created", &last]);
    let about_quiet =
        fixture.keeper.mails().into_iter().filter(|mail| mail.contains(&quiet) && !mail.contains("Is this the right"));
    assert_eq!(about_quiet.count(), 2, "one for the contact and one for the admin");
    assert!(fixture.keeper.mails().iter().all(|mail| !mail.contains(&text[19..])));
    // Keys that expire soon.
    for (number, days, words) in
        [(900, 30, "expires in 30 days"), (901, 7, "expires in 7 days"), (902, 1, "expires in 1 day")]
    {
        fixture.keeper.key(number, KeyKind::Org, |key| {
            key.org = Some(OrgId::new(1));
            key.grants = Some([("peeringdb.organization.1.network".to_owned(), 1)].into());
            key.expires = Some(now() + days * DAY - DAY / 4);
        });
        fixture.keeper.mail(&["A key expires soon", words, &format!("key{number}")]);
    }
    // Mails about a personal key go to its owner.
    let max = fixture.session(MAX, true);
    let own = fixture.ok(201, "POST", "/api/user/keys", &max, &json!({"name": "mine"}));
    fixture.keeper.mail(&[
        "A key was created",
        own["id"].as_str().expect("an id"),
        &format!("user{MAX}@people.example"),
    ]);
}

pub fn a_contact_is_confirmed_by_a_mailed_code(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, _) = fixture.made(&json!({"email": "new@org1.example"}));
    let mail = fixture.keeper.mail(&["Is this the right address for a key?", &id]);
    let word = mail.split("key-contact?token=").nth(1).expect("a link").split_whitespace().next().expect("a word");
    let code = word.strip_prefix(&format!("{id}.")).expect("the key's id").to_owned();
    let confirm =
        |id: &str, code: &str| fixture.send("POST", "/api/keys/confirm", "", &json!({"id": id, "code": code}));
    let wrong = "The code is wrong or has expired.";
    let flipped = format!("{}{}", if code.starts_with('A') { 'B' } else { 'A' }, &code[1..]);
    for (id, code) in [(id.as_str(), flipped.as_str()), ("nobody", &code), (&id, ""), (&id, "x")] {
        let refused = confirm(id, code);
        assert_eq!((refused.status, refused.json()["code"][0].as_str()), (400, Some(wrong)));
    }
    let is_confirmed = || {
        fixture.ok(200, "GET", &format!("/api/org/1/keys/{id}"), &fixture.ada, &Json::Null)["email_confirmed"] == true
    };
    assert!(!is_confirmed());
    assert_eq!(confirm(&id, &code.to_lowercase()).status, 200);
    assert!(is_confirmed());
    assert_eq!(confirm(&id, &code).status, 200, "confirming twice is fine");
    // Another address needs another confirmation; a confirmed address of one's own needs none.
    fixture.ok(200, "PATCH", &format!("/api/org/1/keys/{id}"), &fixture.ada, &json!({"email": "newer@org1.example"}));
    assert!(!is_confirmed());
    assert_eq!(confirm(&id, &code).status, 400);
    fixture.ok(200, "PATCH", &format!("/api/org/1/keys/{id}"), &fixture.ada, &json!({"email": "user1@people.example"}));
    assert!(is_confirmed());
}

pub fn i12_14_a_contact_is_confirmed_on_a_page(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, _) = fixture.made(&json!({"email": "new@org1.example"}));
    let mail = fixture.keeper.mail(&["Is this the right address for a key?", &id]);
    assert!(!mail.contains("curl"), "{mail}");
    let path = crate::visitor::link(&mail, "/account/key-contact?token=");
    let reader = Visitor::new(&fixture.server);
    let page = reader.get(&path);
    assert_eq!(page.status(), 200, "{}", page.text);
    page.shows("new@org1.example");
    let is_confirmed = || {
        fixture.ok(200, "GET", &format!("/api/org/1/keys/{id}"), &fixture.ada, &Json::Null)["email_confirmed"] == true
    };
    assert!(!is_confirmed(), "viewing the page confirms nothing");
    let word = path.split("token=").nth(1).expect("a word");
    let flipped = format!("{id}.{}", if word.ends_with('A') { "AAAA-AAAB" } else { "AAAA-AAAA" });
    assert_eq!(reader.get(&format!("/account/key-contact?token={flipped}")).status(), 400);
    assert_eq!(reader.post("/account/key-contact", &[("token", &flipped)]).status(), 400);
    assert!(!is_confirmed());
    reader.get(&path);
    let done = reader.post("/account/key-contact", &[("token", word)]);
    assert_eq!(done.status(), 200, "{}", done.text);
    done.shows("Contact confirmed.");
    fixture.keeper.settle(&fixture.server);
    assert!(is_confirmed());
}

pub fn i12_06_mails_lead_each_reader_to_a_page_of_the_key(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    // The owner of a role key sees it among their own keys, an admin among the organization's.
    fixture.keeper.role(1, 1, RoleKind::Noc, &[MAX]);
    fixture.keeper.settle(&fixture.server);
    let max = fixture.session(MAX, true);
    let made = fixture.ok(201, "POST", "/api/org/1/roles/1/keys", &max, &json!({"name": "for the role"}));
    let id = made["id"].as_str().expect("an id").to_owned();
    let own = fixture.keeper.mail(&["A key was created", &id, &format!("user{MAX}@people.example")]);
    let admins = fixture.keeper.mail(&["A key was created", &id, &format!("user{ADA}@people.example")]);
    for (mail, user, path) in
        [(own, MAX, format!("/profile/key/{id}")), (admins, ADA, format!("/org/1/manage/key/{id}"))]
    {
        assert_eq!(crate::visitor::link(&mail, "/key/"), path);
        let session = fixture.keeper.session(user, true);
        fixture.keeper.settle(&fixture.server);
        let visitor = Visitor::with_session(&fixture.server, &session);
        visitor.get(&path).shows("for the role");
        let stranger = Visitor::new(&fixture.server);
        assert!(
            stranger.get(&path).location().starts_with("/account/login/?next=%2F"),
            "and the login page returns there"
        );
    }
}
