//! The addresses that PeeringDB's pages use.

use peerage_registry::ids::{OrgId, UserId};
use serde_json::json;

use crate::joining::fixture::{ADA, JoinFixture, MAX, VERA, ZOE, message};
use crate::server::RegistryPlace;

pub fn who_asks_is_approved_and_belongs_to_the_organization(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let (vera, ada) = (fixture.visitor(VERA, false), fixture.visitor(ADA, true));
    assert_eq!(message(&vera.post_for_json("/affiliate-to-org", &[("org", "1")])), (200, json!({"status": "ok"})));
    fixture.keeper.mail(&["user1@people.example", "wants to join Org 1"]);
    let id = fixture.keeper.load().1.applications().next().expect("a pending request").id.to_string();
    let fields = [("org_id", "1"), ("id", id.as_str())];
    let (status, told_json) = message(&ada.post_for_json("/org_admin/uoar/approve", &fields));
    assert_eq!((status, &told_json["status"], &told_json["id"]), (200, &json!("ok"), &json!(VERA)), "{told_json}");
    assert!(fixture.keeper.load().1.member(OrgId::new(1), UserId::new(VERA)).is_some());
    fixture.keeper.mail(&["user3@people.example", "Someone joined your organization"]);
    assert_eq!(message(&ada.post_for_json("/org_admin/uoar/approve", &fields)), (200, json!({"status": "ok"})));
    let (_, users) = message(&ada.send("GET", "/org_admin/users?org_id=1", &[("Accept", "application/json")], b""));
    let ids: Vec<_> = users["users"].as_array().expect("a list").iter().map(|user| user["id"].clone()).collect();
    assert_eq!(ids, [json!(MAX), json!(VERA)], "members, not admins");
    let gone = [("org_id", "1"), ("user_id", "3")];
    assert_eq!(message(&ada.post_for_json("/org_admin/manage_user/delete", &gone)), (200, json!({"status": "ok"})));
    fixture.keeper.mail(&["user3@people.example", "Someone left your organization"]);
}

pub fn refusals_are_those_that_clients_know(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let (vera, ada, max) = (fixture.visitor(VERA, true), fixture.visitor(ADA, true), fixture.visitor(MAX, true));
    let either = "Either ASN or Organization required";
    let last_admin = "This is the last admin of the organization: make someone else an admin first. It could be user2.";
    for (visitor, path, fields, expected) in [
        (&vera, "/affiliate-to-org", &[][..], (400, json!({"asn": [either], "org": [either]}))),
        (&vera, "/affiliate-to-org", &[("asn", "x")], (400, json!({"asn": ["ASN needs to be a number"]}))),
        (
            &vera,
            "/request-ownership",
            &[("id", "1")],
            (400, json!({"non_field_errors": ["Organization 'Org 1' is already under ownership"]})),
        ),
        (
            &vera,
            "/request-ownership",
            &[("id", "99")],
            (400, json!({"non_field_errors": ["Organization does not exist"]})),
        ),
        (&vera, "/cancel-affiliation-request/1/", &[], (404, json!({"non_field_errors": ["Request not found"]}))),
        (&vera, "/org_admin/manage_user/update", &[("org_id", "1"), ("user_id", "2")], (403, json!({}))),
        (&max, "/org_admin/manage_user/update", &[("org_id", "1"), ("user_id", "2")], (403, json!({}))),
        (&ada, "/org_admin/manage_user/update", &[("user_id", "2")], (400, json!({}))),
        (
            &ada,
            "/org_admin/manage_user/update",
            &[("org_id", "99"), ("user_id", "2")],
            (400, json!({"non_field_errors": ["Invalid organization specified"]})),
        ),
        (&ada, "/org_admin/manage_user/update", &[("org_id", "1"), ("user_id", "5")], (403, json!({}))),
        (
            &ada,
            "/org_admin/manage_user/update",
            &[("org_id", "1"), ("user_id", "2"), ("group", "owner")],
            (400, json!({"group": ["Needs to be member or admin"]})),
        ),
        (
            &ada,
            "/org_admin/user_permissions/update",
            &[("org_id", "1"), ("user_id", "1"), ("entity", "net"), ("perms", "3")],
            (400, json!({"non_field_errors": ["Cannot manage permissions for organization admins"]})),
        ),
        (
            &ada,
            "/org_admin/user_permissions/update",
            &[("org_id", "1"), ("user_id", "2"), ("entity", "net"), ("perms", "16")],
            (400, json!({"perms": ["Invalid permission level"]})),
        ),
        (
            &ada,
            "/org_admin/user_permissions/update",
            &[("org_id", "1"), ("user_id", "2"), ("entity", "net.50"), ("perms", "3")],
            (400, json!({"entity": ["Invalid permission id"]})),
        ),
        (&ada, "/user_keys/add", &[], (400, json!({"name": ["This field is required."]}))),
        (
            &ada,
            "/org_admin/manage_key/add",
            &[("org_id", "1"), ("name", "x")],
            (400, json!({"email": ["This field is required."]})),
        ),
        (
            &ada,
            "/org_admin/manage_key/revoke",
            &[("org_id", "1"), ("prefix", "nobody")],
            (404, json!({"non_field_errors": ["Key not found"]})),
        ),
        (
            &ada,
            "/org_admin/manage_user/update",
            &[("org_id", "1"), ("user_id", "1"), ("group", "member")],
            (400, json!({"non_field_errors": [last_admin]})),
        ),
    ] {
        assert_eq!(message(&visitor.post_for_json(path, fields)), expected, "{path} {fields:?}");
    }
}

pub fn the_same_asked_for_at_once_by_ten_leaves_one_row(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let visitors: Vec<_> = (0..10).map(|_| fixture.visitor(VERA, false)).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asks: Vec<_> = visitors
            .into_iter()
            .map(|visitor| scope.spawn(move || visitor.post_for_json("/affiliate-to-org", &[("org", "1")]).status()))
            .collect();
        asks.into_iter().map(|ask| ask.join().expect("an answer")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(fixture.keeper.load().1.applications().count(), 1);
}

pub fn rights_are_given_by_short_names_and_touch_no_other_organization(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    fixture.keeper.member(
        4,
        10,
        MAX,
        peerage_access::records::MemberRole::Member,
        peerage_access::records::PermissionRules::new(),
    );
    let (ada, zoe) = (fixture.visitor(ADA, true), fixture.visitor(ZOE, true));
    let give = |visitor: &crate::visitor::Visitor<'_>, org: &str, entity: &str, perms: &str| {
        let fields = [("org_id", org), ("user_id", "2"), ("entity", entity), ("perms", perms)];
        assert_eq!(message(&visitor.post_for_json("/org_admin/user_permissions/update", &fields)).0, 200);
    };
    give(&zoe, "10", "net.50", "15");
    give(&ada, "1", "net.5", "2");
    give(&ada, "1", "org.1.users", "1");
    let read = |visitor: &crate::visitor::Visitor<'_>, org: &str| {
        let path = format!("/org_admin/user_permissions?org_id={org}");
        message(&visitor.send("GET", &path, &[("Accept", "application/json")], b"")).1["user_permissions"]["2"].clone()
    };
    assert_eq!(read(&ada, "1"), json!({"net.5": 3, "org.1.users": 1}));
    let fields = [("org_id", "1"), ("user_id", "2"), ("entity", "net.5")];
    assert_eq!(message(&ada.post_for_json("/org_admin/user_permissions/remove", &fields)).0, 200);
    assert_eq!(read(&ada, "1"), json!({"org.1.users": 1}));
    assert_eq!(read(&zoe, "10"), json!({"net.50": 15}), "permissions in organization 10 stay separate");
}

pub fn a_key_is_made_shown_once_and_never_reached_from_another_organization(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let (ada, zoe) = (fixture.visitor(ADA, true), fixture.visitor(ZOE, true));
    let fields = [("org_id", "1"), ("name", "robot"), ("email", "robots@org1.example")];
    let (status, made) = message(&ada.post_for_json("/org_admin/manage_key/add", &fields));
    let (prefix, key) = (made["prefix"].as_str().expect("an id"), made["key"].as_str().expect("a text"));
    assert_eq!((status, &made["org_id"], &made["is_readonly"]), (200, &json!(1), &json!(true)), "{made}");
    assert!(key.starts_with("prg_o_") && key.contains(prefix));
    let stranger = [
        ("org_id", "10"),
        ("prefix", prefix),
        ("key_prefix", prefix),
        ("entity", "net"),
        ("perms", "15"),
        ("name", "mine"),
        ("email", "z@org10.example"),
    ];
    for path in [
        "/org_admin/manage_key/update",
        "/org_admin/manage_key/revoke",
        "/org_admin/key_permissions/update",
        "/org_admin/key_permissions/remove",
    ] {
        let expected = (404, json!({"non_field_errors": ["Key not found"]}));
        assert_eq!(message(&zoe.post_for_json(path, &stranger)), expected, "{path}");
    }
    let own = [("org_id", "1"), ("key_prefix", prefix), ("entity", "net.5"), ("perms", "2")];
    let told_json = message(&ada.post_for_json("/org_admin/key_permissions/update", &own));
    assert_eq!(told_json, (200, json!({"status": "ok", "is_readonly": false})));
    let (_, rights) =
        message(&ada.send("GET", "/org_admin/key_permissions?org_id=1", &[("Accept", "application/json")], b""));
    assert_eq!(rights["key_permissions"][prefix], json!({"net.5": 3}));
    assert_eq!(
        message(&ada.post_for_json("/org_admin/manage_key/revoke", &[("org_id", "1"), ("prefix", prefix)])).0,
        200
    );
}

pub fn what_needs_a_fresh_factor_says_so_and_changes_nothing(place: &RegistryPlace) {
    let fixture = JoinFixture::of(place);
    let ada = fixture.visitor(ADA, false);
    let before = fixture.server.position();
    for (path, fields) in [
        ("/org_admin/manage_key/add", &[("org_id", "1"), ("name", "robot"), ("email", "r@org1.example")][..]),
        ("/org_admin/manage_user/update", &[("org_id", "1"), ("user_id", "2"), ("group", "admin")]),
        ("/org_admin/manage_user/delete", &[("org_id", "1"), ("user_id", "2")]),
        ("/org_admin/user_permissions/update", &[("org_id", "1"), ("user_id", "2"), ("entity", "net"), ("perms", "3")]),
        ("/org_admin/user_options", &[("org_id", "1")]),
        ("/user_keys/add", &[("name", "laptop")]),
    ] {
        let (status, answer) = message(&ada.post_for_json(path, fields));
        assert_eq!((status, &answer["status"]), (403, &json!("reauthenticate")), "{path}: {answer}");
    }
    assert_eq!(fixture.server.position(), before);
}
