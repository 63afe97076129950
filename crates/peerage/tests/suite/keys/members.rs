//! The people of an organization over the API.

use peerage_access::records::{
    Application, ApplicationAim, ApplicationState, EmailAddress, MemberRole, PermissionRules, RoleKind, User,
};
use peerage_access::{KeyKind, RecordStep};
use peerage_registry::ids::{ApplicationId, KeyId, OrgId, UserId};
use peerage_registry::moment::DAY;
use serde_json::{Value as Json, json};

use crate::keeper::now;
use crate::keys::fixture::{ADA, GUS, KeysFixture, MAX, NEEDS_FACTOR, NO_KEY, ROOT, VERA, ZOE, key};
use crate::server::RegistryPlace;
use crate::visitor::Visitor;

const NOT_ADMIN: &str = "Permission denied: User is not an admin of this organization";
const NO_RIGHT: &str = "Permission denied: Insufficient permissions for this operation";
const NO_AUTH: &str = "Permission denied: Invalid authentication";

const USERS: &str = "/api/org/1/users";
const ADD: &str = "/api/org/1/users/add";
const REMOVE: &str = "/api/org/1/users/remove";

fn one(user: u32) -> String {
    format!("/api/org/1/users/{user}")
}

fn mail(user: u32) -> Json {
    json!({"user_email": format!("User{user}@people.example")})
}

fn as_member() -> Json {
    json!({"role": "member"})
}

/// Returns the requests about members, with valid bodies.
fn member_calls() -> [(&'static str, String, Json); 4] {
    [
        ("GET", USERS.to_owned(), Json::Null),
        ("POST", ADD.to_owned(), mail(VERA)),
        ("PUT", one(MAX), as_member()),
        ("DELETE", REMOVE.to_owned(), mail(MAX)),
    ]
}

/// Makes a key of organization 1 with these bits on its people.
fn people_key(fixture: &KeysFixture, id: u32, bits: u8, manages: bool) -> String {
    let grants = [("peeringdb.organization.1.users".to_owned(), bits)].into();
    key(&fixture.keeper.key(id, KeyKind::Org, |key| {
        (key.org, key.grants, key.manages_members) = (Some(OrgId::new(1)), Some(grants), manages);
    }))
}

pub fn members_are_managed_by_keys_with_every_refusal(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let of = |id: u32, bits: u8| people_key(&fixture, id, bits, true);
    let [reads, makes, changes, removes] = [of(910, 1), of(911, 5), of(912, 3), of(913, 9)];
    let admin = key(&fixture.keeper.user_key(900, ADA));
    let readonly = key(&fixture.keeper.key(901, KeyKind::User, |key| {
        (key.user, key.readonly) = (Some(UserId::new(ADA)), true);
    }));
    let unmarked = people_key(&fixture, 916, 15, false);
    let stale = fixture.session(ADA, false);
    fixture.keeper.settle(&fixture.server);
    outsiders_manage_nobody(&fixture);
    for (auth, allowed, why) in [
        (&readonly, "GET", NO_RIGHT),
        (&reads, "GET", NO_RIGHT),
        (&makes, "GET POST", NO_RIGHT),
        (&changes, "GET PUT", NO_RIGHT),
        (&removes, "GET DELETE", NO_RIGHT),
        (&admin, "GET", NO_KEY),
        (&unmarked, "GET", NO_KEY),
        (&stale, "GET", NEEDS_FACTOR),
        (&fixture.ada, "GET POST PUT DELETE", ""),
    ] {
        for (method, target, body) in &member_calls() {
            let answer = fixture.send(method, &format!("{target}?dry_run=1"), auth, body);
            let expected = allowed.contains(method);
            assert_eq!(answer.status < 300, expected, "{method} with {allowed}: {}", answer.error());
            assert!(expected || answer.error().starts_with(why), "{method} with {allowed}: {}", answer.error());
        }
    }
    wrong_requests_about_members_are_refused(&fixture);
    members_change_as_each_key_may(&fixture, [&reads, &makes, &changes, &removes]);
}

/// Callers without permission are refused everything, although the bodies are valid.
fn outsiders_manage_nobody(fixture: &KeysFixture) {
    let [member, stranger, other_admin] =
        [(902, MAX), (903, VERA), (904, ZOE)].map(|(id, user)| key(&fixture.keeper.user_key(id, user)));
    let sessions = [fixture.session(MAX, true), fixture.session(ZOE, true)];
    let whole = key(&fixture.keeper.org_key(914, 1, &[("peeringdb.organization.1", 15)]));
    let foreign = [("peeringdb.organization.10", 15), ("peeringdb.organization.10.users", 15)];
    let foreign = key(&fixture.keeper.org_key(915, 10, &foreign));
    fixture.keeper.settle(&fixture.server);
    for (method, target, body) in &member_calls() {
        assert_eq!(fixture.no(403, method, target, "", body), NO_AUTH, "{method} {target}");
        for auth in [&member, &stranger, &other_admin, &sessions[0], &sessions[1]] {
            assert_eq!(fixture.no(403, method, target, auth, body), NOT_ADMIN, "{method} {target}");
        }
        for auth in [&whole, &foreign] {
            assert_eq!(fixture.no(403, method, target, auth, body), NO_RIGHT, "{method} {target}");
            let without_body = fixture.no(403, method, target, auth, &Json::Null);
            assert_eq!(without_body, NO_RIGHT, "{method} {target} without a body");
        }
    }
}

fn wrong_requests_about_members_are_refused(fixture: &KeysFixture) {
    fixture.keeper.put(&User {
        emails: vec![
            EmailAddress::unanswered("main@people.example".to_owned()),
            EmailAddress::answered("second@people.example".to_owned()),
        ],
        ..fixture.keeper.user(30, true, false)
    });
    fixture.keeper.settle(&fixture.server);
    let email = |address: &str| json!({"user_email": address});
    let owner = json!({"user_email": format!("user{VERA}@people.example"), "role": "owner"});
    let lone = "This is the last admin of the organization: make someone else an admin first.";
    for (status, method, target, body, expected) in [
        (400, "POST", ADD, json!({}), "user_email is required"),
        (404, "POST", ADD, email("nobody@x.example"), "No User matches the given query."),
        (404, "POST", ADD, email("second@people.example"), "No User matches the given query."),
        (400, "POST", ADD, email("main@people.example"), "User email is not verified"),
        (400, "POST", ADD, mail(MAX), "User is already in the organization"),
        (400, "POST", ADD, owner, "Invalid role. Must be admin or member"),
        (400, "PUT", &one(MAX), json!({}), "role is required"),
        (400, "PUT", &one(MAX), json!({"role": "x"}), "Invalid role. Must be admin or member"),
        (404, "PUT", &one(VERA), as_member(), "User is not in the organization"),
        (404, "PUT", "/api/org/1/users/x", as_member(), "User is not in the organization"),
        (400, "DELETE", REMOVE, json!({}), "user_email is required"),
        (404, "DELETE", REMOVE, mail(VERA), "User is not in the organization"),
        (404, "GET", "/api/org/777/users", Json::Null, "No Organization matches the given query."),
    ] {
        assert_eq!(fixture.no(status, method, target, &fixture.ada, &body), expected, "{method} {target} {body}");
    }
    for (method, target, body) in [("PUT", one(ADA), as_member()), ("DELETE", REMOVE.to_owned(), mail(ADA))] {
        assert!(fixture.no(400, method, &target, &fixture.ada, &body).starts_with(lone), "{method} {target}");
    }
}

/// Each permitted key makes its change. Adding is an invitation.
fn members_change_as_each_key_may(fixture: &KeysFixture, [reads, makes, changes, removes]: [&str; 4]) {
    let row = fixture.ok(201, "POST", ADD, makes, &mail(GUS));
    assert_eq!((row["id"].as_u64(), row["role"].as_str()), (Some(u64::from(GUS)), Some("member")));
    assert_eq!((row["status"].as_str(), row["full_name"].as_str()), (Some("pending"), Some("")));
    let names: Vec<&String> = row.as_object().expect("a row").keys().collect();
    assert_eq!(names, ["id", "first_name", "last_name", "full_name", "is_active", "date_joined", "status", "role"]);
    assert_eq!(fixture.client.get("/api/org/1/users/", reads).ids(), [u64::from(ADA), u64::from(MAX)]);
    fixture.keeper.mail(&["You are invited to an organization", "user4@people.example"]);
    fixture.ok(200, "PUT", &one(MAX), changes, &as_member());
    let admin_role = json!({"user_email": "user4@people.example", "role": "admin"});
    let refused = fixture.no(403, "POST", ADD, makes, &admin_role);
    assert_eq!(refused, "Only an admin of the organization can make someone an admin.");
    fixture.no(403, "PUT", &one(MAX), changes, &json!({"role": "admin"}));
    fixture.no(403, "DELETE", REMOVE, removes, &mail(ADA));
    fixture.ok(204, "DELETE", REMOVE, removes, &mail(MAX));
    assert_eq!(fixture.client.get("/api/org/1/users/", reads).ids(), [u64::from(ADA)]);
    fixture.keeper.mail(&["Someone left your organization"]);
    fixture.ok(200, "PATCH", "/api/org/1/policy", &fixture.ada, &json!({"email_domains": ["org1.example"]}));
    let refused = fixture.send("POST", ADD, &fixture.ada, &mail(VERA));
    let domains = "The organization accepts only people with a confirmed address in: org1.example";
    assert_eq!((refused.status, refused.json()["user_email"][0].as_str()), (400, Some(domains)));
}

/// Returns the page of an invitation's mail.
fn invitation_page(fixture: &KeysFixture) -> String {
    let people = fixture.keeper.load().1;
    let invitation = people.invitations().last().expect("an invitation");
    let code = peerage_access::acts::invitations::code(&fixture.keeper.server_key, invitation);
    format!("/invitation/{}/{code}", invitation.id)
}

pub fn n02_membership_needs_consent_with_a_fresh_factor(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let vera_key = key(&fixture.keeper.user_key(900, VERA));
    let vera = User::clone(fixture.keeper.load().1.user(UserId::new(VERA)).expect("there"));
    fixture.keeper.put(&User { first_name: "Veronika".to_owned(), ..vera });
    fixture.keeper.settle(&fixture.server);
    fixture.ok(200, "PATCH", "/api/org/1/policy", &fixture.ada, &json!({"allows_user_keys": false}));
    let body = json!({"user_email": "user3@people.example", "role": "admin"});
    let row = fixture.ok(201, "POST", "/api/org/1/users/add", &fixture.ada, &body);
    assert_eq!((row["status"].as_str(), row["role"].as_str()), (Some("pending"), Some("admin")));
    assert_eq!((row["first_name"].as_str(), row["full_name"].as_str()), (Some(""), Some("")));
    let again = fixture.ok(201, "POST", "/api/org/1/users/add", &fixture.ada, &body);
    assert_eq!(row, again, "a repetition is the same invitation");
    // People become members only when they accept.
    let people = fixture.keeper.load().1;
    assert!(people.member(OrgId::new(1), UserId::new(VERA)).is_none() && people.invitations().count() == 1);
    assert!(!String::from_utf8_lossy(&fixture.client.get("/api/org/1/members", &fixture.ada).body).contains("user3"));
    let whoami = fixture.client.get("/api/whoami", &vera_key).rows()[0].clone();
    assert!(!whoami.to_string().contains("organization.1"), "{whoami}");
    let ada = Visitor::with_session(&fixture.server, fixture.ada.trim_start_matches("Bearer "));
    let panel = ada.get("/org/1/manage/people");
    panel.shows("user3@people.example");
    assert!(!panel.text.contains("Veronika"), "only what was typed is shown: {}", panel.text);
    assert_eq!(ada.post("/org/1/manage/people/vouch", &[("user_id", "3")]).status(), 400, "nobody to vouch for");
    // The person accepts, and has just shown a factor.
    let path = invitation_page(&fixture);
    let bearer = fixture.session(VERA, false);
    let stale = Visitor::with_session(&fixture.server, bearer.trim_start_matches("Bearer "));
    stale.get(&path);
    let led = stale.post(&path, &[]);
    assert!(led.location().starts_with("/account/confirm/"), "{} {}", led.status(), led.location());
    assert!(fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).is_none());
    let bearer = fixture.session(VERA, true);
    let fresh = Visitor::with_session(&fixture.server, bearer.trim_start_matches("Bearer "));
    fresh.get(&path);
    assert_eq!(fresh.post(&path, &[]).status(), 303);
    assert_eq!(
        fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).map(|member| member.rank),
        Some(MemberRole::Admin)
    );
    assert!(String::from_utf8_lossy(&fixture.client.get("/api/org/1/members", &fixture.ada).body).contains("user3"));
}

pub fn n09_a_stolen_key_of_an_admin_changes_no_access(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.member(9, 1, VERA, MemberRole::Admin, PermissionRules::new());
    let (admin, staff) = (key(&fixture.keeper.user_key(900, ADA)), key(&fixture.keeper.user_key(901, ROOT)));
    let role = fixture.keeper.role(9, 1, RoleKind::Admin, &[ADA]);
    let of_role = key(&fixture.keeper.key(902, peerage_access::KeyKind::Role, |key| {
        (key.user, key.org, key.role) = (Some(UserId::new(ADA)), Some(OrgId::new(1)), Some(role.id));
    }));
    let everything = [
        ("peeringdb.organization.1", 15),
        ("peeringdb.organization.1.users", 15),
        ("peeringdb.manage_organization.1", 15),
    ];
    let of_org = key(&fixture.keeper.org_key(903, 1, &everything));
    let other = fixture.made(&json!({"name": "other"})).0;
    fixture.keeper.settle(&fixture.server);
    let before = fixture.keeper.load().1.texts();
    for auth in [&admin, &staff, &of_role, &of_org] {
        for (method, target, body) in [
            ("DELETE", "/api/org/1/members/3".to_owned(), Json::Null),
            ("DELETE", "/api/org/1/members/2".to_owned(), Json::Null),
            ("PATCH", "/api/org/1/members/2".to_owned(), json!({"role": "admin"})),
            ("PATCH", "/api/org/1/members/2".to_owned(), json!({"grants": {"net": 15}})),
            ("POST", "/api/org/1/users/add".to_owned(), json!({"user_email": "user5@people.example", "role": "admin"})),
            ("PUT", "/api/org/1/users/2".to_owned(), json!({"role": "admin"})),
            ("DELETE", "/api/org/1/users/remove".to_owned(), json!({"user_email": "user2@people.example"})),
            ("PATCH", "/api/org/1/policy".to_owned(), json!({"key_days_max": 5})),
            ("POST", "/api/org/1/roles".to_owned(), json!({"kind": "admin", "people": [2]})),
            ("PATCH", "/api/org/1/roles/9".to_owned(), json!({"people": [1, 2]})),
            ("DELETE", "/api/org/1/roles/9".to_owned(), Json::Null),
            ("POST", "/api/org/1/keys".to_owned(), json!({"name": "x", "email": "a@b.example"})),
            ("PATCH", format!("/api/org/1/keys/{other}"), json!({"manages_members": true})),
            ("PATCH", format!("/api/org/1/keys/{other}"), json!({"note": "x"})),
            ("POST", format!("/api/org/1/keys/{other}/suspend"), Json::Null),
            ("POST", format!("/api/org/1/keys/{other}/rotate"), Json::Null),
            ("DELETE", format!("/api/org/1/keys/{other}"), Json::Null),
        ] {
            let answer = fixture.send(method, &target, auth, &body);
            assert_eq!(answer.status, 403, "{method} {target}: {}", String::from_utf8_lossy(&answer.body));
            assert_eq!(
                fixture.send(method, &format!("{target}?dry_run=1"), auth, &body).status,
                403,
                "{method} {target}"
            );
        }
        fixture.ok(200, "GET", "/api/org/1/users", auth, &Json::Null);
    }
    let after = fixture.keeper.load().1.texts();
    assert_eq!(before, after, "nothing has changed");
}

pub fn n10_a_manager_gives_no_more_than_they_have(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let rules: PermissionRules =
        [("peeringdb.manage_organization.1".to_owned(), 15), ("peeringdb.organization.1.users".to_owned(), 15)].into();
    fixture.keeper.member(2, 1, MAX, MemberRole::Member, rules);
    let application = Application {
        id: ApplicationId::new(1),
        user: UserId::new(VERA),
        wanted: ApplicationAim::Ownership,
        org: Some(OrgId::new(1)),
        asn: None,
        org_name: String::new(),
        state: ApplicationState::Pending,
        created: now(),
        note: String::new(),
        decided: None,
    };
    fixture.keeper.put(&application);
    let bearer = fixture.session(MAX, true);
    let max = Visitor::with_session(&fixture.server, bearer.trim_start_matches("Bearer "));
    max.get("/org/1/manage/people");
    for (path, fields) in [
        ("/org_admin/uoar/approve", &[("org_id", "1"), ("id", "1")][..]),
        ("/org_admin/manage_user/update", &[("org_id", "1"), ("user_id", "2"), ("group", "admin")]),
        ("/org_admin/manage_user/update", &[("org_id", "1"), ("user_id", "1"), ("group", "member")]),
        ("/org_admin/manage_user/delete", &[("org_id", "1"), ("user_id", "1")]),
        (
            "/org_admin/user_permissions/update",
            &[("org_id", "1"), ("user_id", "2"), ("entity", "net"), ("perms", "15")],
        ),
        ("/org/1/manage/people/approve", &[("id", "1")]),
        ("/org/1/manage/people/invite", &[("email", "x@y.example"), ("rank", "admin")]),
        ("/org/1/manage/people/promote", &[("user_id", "2")]),
        ("/org/1/manage/people/remove", &[("user_id", "1")]),
    ] {
        let answer = max.post_for_json(path, fields);
        assert!(matches!(answer.status(), 400 | 403), "{path}: {} {}", answer.status(), answer.text);
    }
    fixture.no(
        403,
        "POST",
        "/api/org/1/users/add",
        &bearer,
        &json!({"user_email": "user3@people.example", "role": "admin"}),
    );
    fixture.no(403, "PUT", "/api/org/1/users/2", &bearer, &json!({"role": "admin"}));
    fixture.no(403, "DELETE", "/api/org/1/users/remove", &bearer, &json!({"user_email": "user1@people.example"}));
    let people = fixture.keeper.load().1;
    assert!(
        people.member(OrgId::new(1), UserId::new(VERA)).is_none()
            && people.application(ApplicationId::new(1)).is_some()
    );
    assert_eq!(people.member(OrgId::new(1), UserId::new(MAX)).map(|member| member.rank), Some(MemberRole::Member));
    assert_eq!(people.member(OrgId::new(1), UserId::new(ADA)).map(|member| member.rank), Some(MemberRole::Admin));
    // They may add plain members.
    fixture.keeper.put(&Application { wanted: ApplicationAim::Place, ..application });
    fixture.keeper.settle(&fixture.server);
    let done = max.post_for_json("/org_admin/uoar/approve", &[("org_id", "1"), ("id", "1")]);
    assert_eq!(done.status(), 200, "{}", done.text);
    assert_eq!(
        fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).map(|member| member.rank),
        Some(MemberRole::Member)
    );
}

pub fn n10_a_manager_gets_no_key_that_may_do_more(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let rules: PermissionRules =
        [("peeringdb.manage_organization.1".to_owned(), 15), ("peeringdb.organization.1.users".to_owned(), 15)].into();
    fixture.keeper.member(2, 1, MAX, MemberRole::Member, rules);
    fixture.keeper.org_key(920, 1, &[("peeringdb.organization.1", 15)]);
    fixture.keeper.key(921, KeyKind::Org, |key| {
        (key.org, key.grants, key.manages_members) = (Some(OrgId::new(1)), Some(PermissionRules::new()), true);
    });
    let role = fixture.keeper.role(1, 1, RoleKind::Noc, &[ADA]);
    fixture.keeper.key(922, KeyKind::Role, |key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(role.id), Some(UserId::new(ADA)));
        (key.readonly, key.networks) = (true, vec!["192.0.2.0/24".parse().expect("a network")]);
        // Far enough away that no expiry notice is recorded while the test runs.
        key.expires = Some(now() + 300 * DAY);
    });
    let bearer = fixture.session(MAX, true);
    let max = Visitor::with_session(&fixture.server, bearer.trim_start_matches("Bearer "));
    max.get("/org/1/manage/keys");
    let before = fixture.keeper.load().1.texts();
    let public = |id: u32| fixture.keeper.load().1.key_by_id(KeyId::new(id)).expect("a key").key.public.clone();
    for id in [920, 921, 922] {
        let path = format!("/api/org/1/keys/{}", public(id));
        fixture.no(403, "POST", &format!("{path}/rotate"), &bearer, &json!({"overlap_hours": 1}));
        fixture.no(403, "PATCH", &path, &bearer, &json!({"email": "max@elsewhere.example"}));
        let answer = max.post_for_json("/org/1/manage/keys/rotate", &[("key", &public(id)), ("overlap_hours", "1")]);
        assert!(matches!(answer.status(), 400 | 403), "{id}: {} {}", answer.status(), answer.text);
    }
    let of_role = format!("/api/org/1/keys/{}", public(922));
    for input in [json!({"readonly": false}), json!({"networks": []}), json!({"expires": null})] {
        fixture.no(403, "PATCH", &of_role, &bearer, &input);
        fixture.no(403, "PATCH", &format!("{of_role}?dry_run=1"), &bearer, &input);
    }
    fixture.no(403, "PATCH", "/api/org/1/roles/1", &bearer, &json!({"people": []}));
    fixture.no(403, "DELETE", "/api/org/1/roles/1", &bearer, &Json::Null);
    assert_eq!(before, fixture.keeper.load().1.texts(), "nothing has changed");
    for id in [920, 921, 922] {
        let path = format!("/api/org/1/keys/{}", public(id));
        fixture.ok(200, "POST", &format!("{path}/suspend"), &bearer, &Json::Null);
        fixture.no(403, "POST", &format!("{path}/resume"), &bearer, &Json::Null);
    }
    // A caller with the permissions grants them.
    fixture.ok(200, "POST", &format!("{of_role}/resume"), &fixture.ada, &Json::Null);
    fixture.ok(200, "POST", &format!("/api/org/1/keys/{}/resume", public(921)), &fixture.ada, &Json::Null);
}

pub fn n24_a_repeated_request_shows_nothing_to_whoever_may_not_read_any_more(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.member(2, 1, MAX, MemberRole::Admin, PermissionRules::new());
    fixture.keeper.member(9, 1, VERA, MemberRole::Member, PermissionRules::new());
    let max = fixture.session(MAX, true);
    let requests = [
        ("PATCH", "/api/org/1/policy", json!({"grace_days": 7}), "once-0001", 200),
        ("POST", "/api/org/1/roles", json!({"kind": "noc", "email": "noc@org1.example"}), "once-0002", 201),
        ("POST", "/api/org/1/keys", json!({"name": "robot", "email": "r@org1.example"}), "once-0003", 201),
        ("PATCH", "/api/org/1/members/3", json!({"grants": {"net": 15}}), "once-0004", 200),
    ];
    let send = |(method, target, body, once, _): &(&str, &str, Json, &str, u16)| {
        fixture.client.send_with(method, target, &max, Some(body), &[("Idempotency-Key", *once)])
    };
    for request in &requests {
        for _ in 0..2 {
            let answer = send(request);
            assert_eq!((answer.status, answer.rows().len()), (request.4, 1), "{}: {}", request.1, answer.error());
        }
    }
    let (_, people) = fixture.keeper.load();
    let gone = people.member(OrgId::new(1), UserId::new(MAX)).expect("a member");
    fixture.keeper.append(vec![RecordStep::erase(&**gone)]);
    fixture.keeper.settle(&fixture.server);
    for request in &requests {
        let answer = send(request);
        assert_eq!((answer.status, answer.rows()), (request.4, Vec::new()), "{}", request.1);
    }
}

pub fn strangers_see_nobody_of_an_organization(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    // A person who may change all of the organization's objects, but nothing about its people.
    let rules: PermissionRules = [("peeringdb.organization.1".to_owned(), 15)].into();
    fixture.keeper.user(31, true, false);
    fixture.keeper.member(31, 1, 31, MemberRole::Member, rules);
    let auths = [
        String::new(),
        key(&fixture.keeper.user_key(900, VERA)),
        key(&fixture.keeper.user_key(901, GUS)),
        key(&fixture.keeper.user_key(902, ZOE)),
        key(&fixture.keeper.user_key(903, 31)),
        key(&fixture.keeper.org_key(904, 2, &[("peeringdb.organization.2", 15)])),
        key(&fixture.keeper.org_key(905, 10, &[("peeringdb.organization.10.users", 15)])),
        fixture.session(ZOE, true),
        fixture.session(31, true),
    ];
    fixture.keeper.settle(&fixture.server);
    let before = fixture.keeper.load().1.texts().len();
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
            let answer = fixture.send(method, target, auth, &body);
            assert!(matches!(answer.status, 401 | 403), "{method} {target} by {auth}: {}", answer.status);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("user1") && !text.contains("Last"), "{method} {target} reveals people");
        }
    }
    assert_eq!(fixture.keeper.load().1.texts().len(), before, "nothing was changed");
    let _ = now();
}
