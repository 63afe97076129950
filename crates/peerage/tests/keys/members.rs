//! People of an organization over the API.

use peerage_access::records::{Email, Rank, Rules, User};
use serde_json::{Value as Json, json};

use crate::desk::{ADA, Desk, GUS, MAX, VERA, ZOE, key};
use crate::keeper::now;
use crate::server::Place;

const NOT_ADMIN: &str = "Permission denied: User is not an admin of this organization";
const NO_RIGHT: &str = "Permission denied: Insufficient permissions for this operation";
const NO_KEY: &str = "Permission denied: Invalid authentication";

pub fn members_are_managed_by_keys_with_every_refusal(place: &Place) {
    let desk = Desk::of(place);
    let users = "peeringdb.organization.1.users";
    let admin = key(&desk.keeper.user_key(900, ADA));
    let readonly = key(&desk.keeper.key(901, peerage_access::KeyKind::User, |key| {
        (key.user, key.readonly) = (Some(ADA), true);
    }));
    let member = key(&desk.keeper.user_key(902, MAX));
    let stranger = key(&desk.keeper.user_key(903, VERA));
    let other_admin = key(&desk.keeper.user_key(904, ZOE));
    let org = |id: u32, bits: u8| key(&desk.keeper.org_key(id, 1, &[(users, bits)]));
    let (reads, makes, changes, removes) = (org(910, 1), org(911, 5), org(912, 3), org(913, 9));
    let whole = key(&desk.keeper.org_key(914, 1, &[("peeringdb.organization.1", 15)]));
    let foreign = key(&desk.keeper.org_key(
        915,
        10,
        &[("peeringdb.organization.10", 15), ("peeringdb.organization.10.users", 15)],
    ));
    desk.keeper.put(&User {
        emails: vec![
            Email::unanswered("main@people.example".to_owned()),
            Email::answered("second@people.example".to_owned()),
        ],
        ..desk.keeper.user(30, true, false)
    });
    desk.keeper.settle(&desk.server);
    let (list, add, remove) = ("/api/org/1/users", "/api/org/1/users/add", "/api/org/1/users/remove");
    let put = |user: u32| format!("/api/org/1/users/{user}");
    let body = |user: u32| json!({"user_email": format!("User{user}@people.example")});
    let member_role = json!({"role": "member"});
    let calls = [
        ("GET", list.to_owned(), Json::Null),
        ("POST", add.to_owned(), body(VERA)),
        ("PUT", put(MAX), member_role.clone()),
        ("DELETE", remove.to_owned(), body(MAX)),
    ];
    // Who may not, may nothing of it: the bodies are sound.
    for (method, target, body) in &calls {
        for auth in ["", &desk.ada] {
            assert_eq!(desk.no(403, method, target, auth, body), NO_KEY, "{method} {target}");
        }
        for auth in [&member, &stranger, &other_admin] {
            assert_eq!(desk.no(403, method, target, auth, body), NOT_ADMIN, "{method} {target}");
        }
        for auth in [&whole, &foreign] {
            assert_eq!(desk.no(403, method, target, auth, body), NO_RIGHT, "{method} {target}");
            assert_eq!(desk.no(403, method, target, auth, &Json::Null), NO_RIGHT, "{method} {target} without a body");
        }
    }
    for (auth, allowed) in
        [(&readonly, "GET"), (&reads, "GET"), (&makes, "GET POST"), (&changes, "GET PUT"), (&removes, "GET DELETE")]
    {
        for (method, target, body) in &calls {
            let answer = desk.send(method, &format!("{target}?dry_run=1"), auth, body);
            let expected = allowed.contains(method);
            assert_eq!(answer.status < 300, expected, "{method} with {allowed}: {}", answer.error());
            assert!(expected || answer.error() == NO_RIGHT, "{method} with {allowed}: {}", answer.error());
        }
    }
    let no = |status: u16, method: &str, target: &str, body: &Json| desk.no(status, method, target, &admin, body);
    assert_eq!(no(400, "POST", add, &json!({})), "user_email is required");
    assert_eq!(no(404, "POST", add, &json!({"user_email": "nobody@x.example"})), "No User matches the given query.");
    assert_eq!(
        no(404, "POST", add, &json!({"user_email": "second@people.example"})),
        "No User matches the given query."
    );
    assert_eq!(no(400, "POST", add, &json!({"user_email": "main@people.example"})), "User email is not verified");
    assert_eq!(no(400, "POST", add, &body(MAX)), "User is already in the organization");
    let owner = json!({"user_email": format!("user{VERA}@people.example"), "role": "owner"});
    assert_eq!(no(400, "POST", add, &owner), "Invalid role. Must be admin or member");
    assert_eq!(no(400, "PUT", &put(MAX), &json!({})), "role is required");
    assert_eq!(no(400, "PUT", &put(MAX), &json!({"role": "x"})), "Invalid role. Must be admin or member");
    assert_eq!(no(404, "PUT", &put(VERA), &member_role), "User is not in the organization");
    assert_eq!(no(404, "PUT", "/api/org/1/users/x", &member_role), "User is not in the organization");
    assert_eq!(no(400, "DELETE", remove, &json!({})), "user_email is required");
    assert_eq!(no(404, "DELETE", remove, &body(VERA)), "User is not in the organization");
    assert_eq!(no(404, "GET", "/api/org/777/users", &Json::Null), "No Organization matches the given query.");
    let lone = "This is the last admin of the organization: make somebody else an admin first.";
    assert!(no(400, "PUT", &put(ADA), &member_role).starts_with(lone));
    assert!(no(400, "DELETE", remove, &body(ADA)).starts_with(lone));
    // And what is done, by each key that may.
    let row = desk.ok(201, "POST", add, &makes, &body(GUS));
    assert_eq!((row["id"].as_u64(), row["role"].as_str()), (Some(u64::from(GUS)), Some("member")));
    let names: Vec<&String> = row.as_object().expect("a row").keys().collect();
    assert_eq!(names, ["id", "first_name", "last_name", "full_name", "is_active", "date_joined", "status", "role"]);
    let row = desk.ok(200, "PUT", &put(GUS), &changes, &json!({"role": "admin"}));
    assert_eq!((row["role"].as_str(), row["status"].as_str()), (Some("admin"), Some("ok")), "members are vouched for");
    desk.ok(204, "DELETE", remove, &removes, &body(GUS));
    assert_eq!(desk.client.get("/api/org/1/users/", &reads).ids(), [u64::from(ADA), u64::from(MAX)]);
    for address in ["user4@people.example", "user1@people.example"] {
        desk.keeper.mail(&["Somebody was taken into your organization", &format!("To: {address}")]);
    }
    desk.keeper.mail(&["Somebody has left your organization"]);
    desk.ok(200, "PATCH", "/api/org/1/policy", &desk.ada, &json!({"email_domains": ["org1.example"]}));
    let refused = desk.send("POST", add, &admin, &body(VERA));
    let domains = "The organization takes people with a confirmed address of: org1.example";
    assert_eq!((refused.status, refused.json()["user_email"][0].as_str()), (400, Some(domains)));
}

pub fn strangers_see_nobody_of_an_organization(place: &Place) {
    let desk = Desk::of(place);
    // Somebody who may change all of the organization's objects, and nothing of its people.
    let rules: Rules = [("peeringdb.organization.1".to_owned(), 15)].into();
    desk.keeper.user(31, true, false);
    desk.keeper.member(31, 1, 31, Rank::Member, rules);
    let auths = [
        String::new(),
        key(&desk.keeper.user_key(900, VERA)),
        key(&desk.keeper.user_key(901, GUS)),
        key(&desk.keeper.user_key(902, ZOE)),
        key(&desk.keeper.user_key(903, 31)),
        key(&desk.keeper.org_key(904, 2, &[("peeringdb.organization.2", 15)])),
        key(&desk.keeper.org_key(905, 10, &[("peeringdb.organization.10.users", 15)])),
        desk.session(ZOE, true),
        desk.session(31, true),
    ];
    desk.keeper.settle(&desk.server);
    let before = desk.keeper.load().1.texts().len();
    for auth in &auths {
        for (method, target, body) in [
            ("GET", "/api/org/1/members", Json::Null),
            ("GET", "/api/org/1/users", Json::Null),
            ("GET", "/api/org/1/policy", Json::Null),
            ("GET", "/api/org/1/keys", Json::Null),
            ("GET", "/api/org/1/audit", Json::Null),
            ("GET", "/api/org/1/hygiene", Json::Null),
            ("PATCH", "/api/org/1/members/31", json!({"role": "admin"})),
            ("PATCH", "/api/org/1/members/2", json!({"grants": {"net": 15}})),
            ("DELETE", "/api/org/1/members/1", Json::Null),
            ("POST", "/api/org/1/keys", json!({"name": "x", "email": "a@b.example"})),
            ("POST", "/api/org/1/roles", json!({"kind": "admin", "people": [31]})),
            ("PATCH", "/api/org/1/policy", json!({"key_days_max": 1})),
        ] {
            let answer = desk.send(method, target, auth, &body);
            assert!(matches!(answer.status, 401 | 403), "{method} {target} by {auth}: {}", answer.status);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("user1") && !text.contains("Last"), "{method} {target} tells of people");
        }
    }
    assert_eq!(desk.keeper.load().1.texts().len(), before, "nothing was changed");
    let _ = now();
}
