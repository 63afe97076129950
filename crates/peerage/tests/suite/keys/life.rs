//! Keys that are created, changed and revoked.

use peerage_access::KeyKind;
use peerage_access::records::RoleKind;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{DAY, Moment, TICK};
use serde_json::{Value as Json, json};

use crate::keeper::now;
use crate::keys::fixture::{ADA, KeysFixture, MANAGE_1, MAX, NEEDS_FACTOR, NO_KEY, VERA, key};
use crate::server::RegistryPlace;
use crate::visitor::Visitor;

pub fn a_key_is_made_shown_once_and_listed_without_its_text(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let body = json!({"name": "sync", "email": "Sync@org1.example", "note": "cron", "grants": {"net": 3, "net.5": 1}});
    let dry = fixture.ok(200, "POST", "/api/org/1/keys?dry_run=1", &fixture.ada, &body);
    assert!(dry["key"].is_null() && fixture.client.get("/api/org/1/keys", &fixture.ada).rows().is_empty());
    let answer = fixture.send("POST", "/api/org/1/keys", &fixture.ada, &body);
    assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")));
    let row = answer.rows()[0].clone();
    let (id, text) = (row["id"].as_str().expect("an id"), row["key"].as_str().expect("a text"));
    assert!(text.starts_with(&format!("prg_o_{id}_")) && text.len() == 68, "{text}");
    assert_eq!(row["entities"], json!({"net": 3, "net.5": 1}));
    assert_eq!(
        (&row["state"], &row["email_confirmed"], &row["is_readonly"]),
        (&json!("active"), &json!(false), &json!(false))
    );
    assert_eq!(fixture.status(text), 200);
    let secret = &text[19..];
    for (target, auth) in [
        ("/api/org/1/keys".to_owned(), &fixture.ada),
        (format!("/api/org/1/keys/{id}"), &fixture.ada),
        (format!("/api/org/1/keys/{id}/use"), &fixture.ada),
        ("/api/whoami".to_owned(), &key(text)),
        ("/api/org/1/audit?limit=1000".to_owned(), &fixture.ada),
        ("/api/org/1/audit?format=csv".to_owned(), &fixture.ada),
        ("/api/org/1/hygiene".to_owned(), &fixture.ada),
        ("/metrics".to_owned(), &String::new()),
    ] {
        let answer = fixture.client.get(&target, auth);
        assert_eq!(answer.status, 200, "{target}");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains(secret) && !body.contains("\"hash\": \"") || target.contains("audit"), "{target}");
        assert!(!body.contains(secret) && !body.contains("secrets"), "{target} shows what only its holder knows");
    }
    let renamed = json!({"name": "sync 2", "note": "moved"});
    let row = fixture.ok(200, "PATCH", &format!("/api/org/1/keys/{id}"), &fixture.ada, &renamed);
    assert_eq!((row["name"].as_str(), row["key"].as_str()), (Some("sync 2"), None));
    for (wrong, field, text) in [
        (json!({"email": "a@b.example"}), "name", "This field is required."),
        (json!({"name": "x"}), "email", "This field is required."),
        (json!({"name": "x", "email": "nobody"}), "email", "Enter a valid email address."),
        (
            json!({"name": "x".repeat(60), "email": "a@b.example"}),
            "name",
            "Ensure this value has at most 50 characters (it has 60).",
        ),
        (
            json!({"name": "x", "email": "a@b.example", "grants": {"net": 16}}),
            "grants",
            "net: Invalid permission level",
        ),
        (
            json!({"name": "x", "email": "a@b.example", "grants": {"peeringdb.organization.10": 1}}),
            "grants",
            "peeringdb.organization.10: is neither a short name such as net.5 nor a namespace within the organization",
        ),
        (
            json!({"name": "x", "email": "a@b.example", "expires": "2020-01-01T00:00:00Z"}),
            "expires",
            "This time is in the past.",
        ),
        (
            json!({"name": "x", "email": "a@b.example", "per_minute": 0}),
            "per_minute",
            "Ensure this value is greater than or equal to 1.",
        ),
        (
            json!({"name": "x", "email": "a@b.example", "networks": ["x"]}),
            "networks",
            "\"x\" is not a network such as 192.0.2.0/24.",
        ),
    ] {
        let answer = fixture.send("POST", "/api/org/1/keys", &fixture.ada, &wrong);
        assert_eq!((answer.status, answer.json()[field][0].as_str()), (400, Some(text)), "{wrong}");
    }
    let unknown = fixture.no(400, "POST", "/api/org/1/keys", &fixture.ada, &json!({"name": "x", "right": "all"}));
    assert!(unknown.starts_with("Unknown name \"right\""), "{unknown}");
}

pub fn narrowing_needs_no_factor_and_widening_does(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, text) =
        fixture.made(&json!({"grants": {"net": 15}, "networks": ["127.0.0.0/8"], "per_minute": 5000, "expires": null}));
    let stale = fixture.session(ADA, false);
    let path = format!("/api/org/1/keys/{id}");
    let put = |body: &Json| fixture.send("PUT", "/api/net/5", &key(&text), body);
    let mut net = fixture.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    net["notes"] = json!("one");
    assert_eq!(put(&net).status, 200);
    for narrower in [
        json!({"grants": {"net": 3}}),
        json!({"grants": {"net.50": 3}}),
        json!({"networks": ["127.0.0.1"]}),
        json!({"per_minute": 4000}),
        json!({"expires": "2099-01-01T00:00:00Z"}),
        json!({"readonly": true}),
    ] {
        fixture.ok(200, "PATCH", &path, &stale, &narrower);
    }
    assert_eq!(put(&net).status, 401, "it lost the permission on network 5 at once");
    for wider in [
        json!({"grants": {"net": 15}}),
        json!({"grants": {"net.50": 3, "peeringdb.organization.1.internetexchange.*.ixf_ixp_member_list_url.private": 1}}),
        json!({"networks": []}),
        json!({"networks": ["127.0.0.1", "10.0.0.0/8"]}),
        json!({"per_minute": null}),
        json!({"expires": null}),
        json!({"readonly": false}),
        json!({"rotates_itself": true}),
        json!({"email": "else@org1.example"}),
    ] {
        assert_eq!(fixture.no(403, "PATCH", &path, &stale, &wider), NEEDS_FACTOR, "{wider}");
        assert_eq!(fixture.no(403, "PATCH", &format!("{path}?dry_run=1"), &stale, &wider), NEEDS_FACTOR, "{wider}");
    }
    fixture.ok(200, "PATCH", &path, &fixture.ada, &json!({"grants": {"net": 15}, "readonly": false}));
    assert_eq!(put(&net).status, 200, "and has it again immediately");
    assert_eq!(fixture.no(403, "PATCH", &path, &fixture.session(MAX, true), &json!({"grants": {}})), MANAGE_1);
}

pub fn a_rotated_key_has_two_texts_until_the_overlap_ends(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, first) = fixture.made(&json!({}));
    let path = format!("/api/org/1/keys/{id}/rotate");
    assert_eq!(fixture.no(403, "POST", &path, &fixture.session(ADA, false), &Json::Null), NEEDS_FACTOR);
    let row = fixture.ok(200, "POST", &path, &fixture.ada, &json!({"overlap_hours": 1}));
    let second = row["key"].as_str().expect("a text").to_owned();
    assert_eq!((row["id"].as_str(), row["state"].as_str()), (Some(id.as_str()), Some("rotating")));
    assert!(row["old_secret_until"].is_string());
    assert_eq!((fixture.status(&first), fixture.status(&second)), (200, 200));
    // The overlap is shortened to the past: then the old secret is refused and the new one works.
    let (_, people) = fixture.keeper.load();
    let mut turned = people.key(&id).expect("a key").key.as_ref().clone();
    turned.secrets[1].until = Some(now() - TICK);
    fixture.keeper.put(&turned);
    fixture.keeper.settle(&fixture.server);
    assert_eq!((fixture.status(&first), fixture.status(&second)), (401, 200));
    let third = fixture.ok(200, "POST", &path, &fixture.ada, &json!({"overlap_hours": 0}));
    assert_eq!((fixture.status(&second), third["state"].as_str()), (401, Some("active")));
    let third = third["key"].as_str().expect("a text").to_owned();
    // Two rotations in a row: at most two secrets work at a time.
    let fourth = fixture.ok(200, "POST", &path, &fixture.ada, &Json::Null)["key"].as_str().expect("a text").to_owned();
    let fifth = fixture.ok(200, "POST", &path, &fixture.ada, &Json::Null)["key"].as_str().expect("a text").to_owned();
    assert_eq!([&third, &fourth, &fifth].map(|text| fixture.status(text)), [401, 200, 200]);
    let long = fixture.send("POST", &path, &fixture.ada, &json!({"overlap_hours": 721}));
    assert_eq!(long.json()["overlap_hours"][0], "Ensure this value is between 0 and 720.");
    let dry = fixture.ok(200, "POST", &format!("{path}?dry_run=1"), &fixture.ada, &Json::Null);
    assert!(dry["key"].is_null());
    assert_eq!(fixture.status(&fifth), 200);
}

pub fn no_key_makes_widens_or_resumes_keys(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, _) = fixture.made(&json!({"name": "other", "grants": {"net": 1}}));
    let admin = fixture.keeper.user_key(900, ADA);
    let staff = fixture.keeper.user_key(901, crate::keys::fixture::ROOT);
    let manager =
        fixture.keeper.org_key(902, 1, &[("peeringdb.organization.1", 15), ("peeringdb.manage_organization.1", 15)]);
    fixture.keeper.settle(&fixture.server);
    fixture.ok(200, "POST", &format!("/api/org/1/keys/{id}/suspend"), &fixture.ada, &Json::Null);
    let path = format!("/api/org/1/keys/{id}");
    let body = json!({"name": "x", "email": "a@b.example"});
    for text in [&admin, &staff, &manager] {
        let auth = key(text);
        for (method, target, body) in [
            ("POST", "/api/org/1/keys", &body),
            ("POST", "/api/org/1/roles", &json!({"kind": "noc"})),
            ("PATCH", "/api/org/1/policy", &json!({"key_days_max": 5})),
            ("PATCH", "/api/org/1/members/2", &json!({"role": "admin"})),
            ("PATCH", &path, &json!({"grants": {"net": 15}})),
            ("POST", &format!("{path}/resume"), &Json::Null),
            ("POST", &format!("{path}/rotate"), &Json::Null),
        ] {
            assert_eq!(fixture.no(403, method, target, &auth, body), NO_KEY, "{method} {target}");
        }
    }
    assert_eq!(fixture.no(403, "POST", "/api/user/keys", &key(&admin), &json!({"name": "x"})), NO_KEY);
    let own = fixture.no(403, "POST", "/api/user/keys", &key(&manager), &json!({"name": "x"}));
    assert_eq!(own, "Only a person or a person's key can do this.");
    assert_eq!(
        fixture.no(403, "PATCH", &path, &key(&admin), &json!({"grants": {}})),
        NO_KEY,
        "a key cannot narrow them"
    );
    assert_eq!(fixture.no(403, "DELETE", &path, &key(&manager), &Json::Null), NO_KEY, "a key cannot revoke them");
    fixture.ok(200, "GET", &path, &key(&admin), &Json::Null);
}

pub fn a_key_may_end_itself_and_rotates_itself_only_if_it_was_made_so(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (fixed, fixed_text) = fixture.made(&json!({"name": "fixed"}));
    let (turning, text) = fixture.made(&json!({"name": "turning", "rotates_itself": true}));
    let path = |id: &str| format!("/api/org/1/keys/{id}");
    let refused = fixture.no(403, "POST", &format!("{}/rotate", path(&fixed)), &key(&fixed_text), &Json::Null);
    assert_eq!(refused, "This key cannot replace its own secret.");
    assert_eq!(fixture.no(403, "POST", &format!("{}/rotate", path(&fixed)), &key(&text), &Json::Null), MANAGE_1);
    let row = fixture.ok(200, "POST", &format!("{}/rotate", path(&turning)), &key(&text), &json!({"overlap_hours": 0}));
    let newer = row["key"].as_str().expect("a text").to_owned();
    assert_eq!((fixture.status(&text), fixture.status(&newer)), (401, 200));
    fixture.ok(200, "GET", &path(&turning), &key(&newer), &Json::Null);
    assert_eq!(fixture.no(403, "GET", &path(&fixed), &key(&newer), &Json::Null), MANAGE_1);
    for other in [("DELETE", path(&fixed)), ("POST", format!("{}/suspend", path(&fixed)))] {
        assert_eq!(fixture.no(403, other.0, &other.1, &key(&newer), &Json::Null), MANAGE_1, "{other:?}");
    }
    fixture.ok(200, "POST", &format!("{}/suspend?dry_run=1", path(&turning)), &key(&newer), &Json::Null);
    fixture.ok(204, "DELETE", &path(&turning), &key(&newer), &Json::Null);
    assert_eq!((fixture.status(&newer), fixture.status(&fixed_text)), (401, 200));
}

pub fn a_policy_bounds_the_keys_of_an_organization(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let policy = |body: &Json| fixture.ok(200, "PATCH", "/api/org/1/policy", &fixture.ada, body);
    let user_key = fixture.keeper.user_key(900, ADA);
    fixture.keeper.settle(&fixture.server);
    let mut net = fixture.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    net["notes"] = json!("by ada");
    assert_eq!(fixture.send("PUT", "/api/net/5", &key(&user_key), &net).status, 200);
    policy(&json!({"key_days_max": 30, "requires_networks": true, "allows_user_keys": false}));
    assert_eq!(
        fixture.send("PUT", "/api/net/5", &key(&user_key), &net).status,
        403,
        "personal keys no longer have access"
    );
    assert_eq!(fixture.send("PUT", "/api/net/5", &fixture.ada, &net).status, 200, "people do");
    let request = |more: Json| {
        let mut body = json!({"name": "x", "email": "a@b.example"});
        body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        fixture.send("POST", "/api/org/1/keys", &fixture.ada, &body)
    };
    let days = "The organization allows keys a lifetime of at most 30 days.";
    assert_eq!(request(json!({"networks": ["127.0.0.1"], "expires": null})).json()["expires"][0], days);
    let made = request(json!({"networks": ["127.0.0.1"]}));
    let end = made.rows()[0]["expires"].as_str().and_then(peerage_registry::moment::parse).expect("an expiry");
    let month = 30 * DAY;
    assert!((now() + month - DAY..=now() + month).contains(&end), "the organization's maximum lifetime");
    let late = peerage_registry::moment::print_seconds(now() + 31 * DAY);
    assert_eq!(request(json!({"networks": ["127.0.0.1"], "expires": late})).json()["expires"][0], days);
    let soon = peerage_registry::moment::print_seconds(now() + 29 * DAY);
    let networks = "The organization requires keys to list the networks from which they are used.";
    assert_eq!(request(json!({"expires": soon})).json()["networks"][0], networks);
    assert_eq!(request(json!({"expires": soon, "networks": ["127.0.0.1"]})).status, 201);
    for (wrong, field) in [
        (json!({"key_days_max": 0}), "key_days_max"),
        (json!({"email_domains": ["nodot"]}), "email_domains"),
        (json!({"networks": ["x"]}), "networks"),
    ] {
        let answer = fixture.send("PATCH", "/api/org/1/policy", &fixture.ada, &wrong);
        assert!(answer.status == 400 && answer.json()[field][0].is_string(), "{wrong}");
    }
    assert_eq!(fixture.no(403, "PATCH", "/api/org/1/policy", &fixture.session(ADA, false), &json!({})), NEEDS_FACTOR);
}

pub fn a_role_key_is_the_role_and_its_maker_and_ends_with_either(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let role = fixture.ok(
        201,
        "POST",
        "/api/org/1/roles",
        &fixture.ada,
        &json!({"kind": "technical", "email": "noc@org1.example", "people": [MAX]}),
    );
    let id = role["id"].as_u64().expect("an id");
    let stranger = fixture.send("PATCH", &format!("/api/org/1/roles/{id}"), &fixture.ada, &json!({"people": [VERA]}));
    assert_eq!(stranger.json()["people"][0], format!("User {VERA} is not in the organization."));
    let max = fixture.session(MAX, true);
    let keys = format!("/api/org/1/roles/{id}/keys");
    let refused = fixture.no(403, "POST", &keys, &fixture.ada, &json!({"name": "for max"}));
    assert_eq!(refused, "Each person in a role account creates their own key.");
    let made = fixture.ok(201, "POST", &keys, &max, &json!({"name": "mine"}));
    let text = made["key"].as_str().expect("a text").to_owned();
    assert!(text.starts_with("prg_r_"));
    assert_eq!((made["email"].as_str(), made["kind"].as_str()), (Some("noc@org1.example"), Some("role")));
    let mut net = fixture.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    net["notes"] = json!("by the role");
    let put = || fixture.send("PUT", "/api/net/5", &key(&text), &net).status;
    assert_eq!(put(), 200);
    assert_eq!(fixture.send("DELETE", "/api/net/5", &key(&text), &Json::Null).status, 403);
    let who = fixture.ok(200, "GET", "/api/whoami", &key(&text), &Json::Null);
    assert_eq!((&who["role"]["kind"], &who["user"]["id"]), (&json!("technical"), &json!(MAX)));
    let event = fixture.client.get("/api/org/1/audit?kind=net&limit=1", &fixture.ada).rows()[0].clone();
    assert_eq!(
        (event["actor"]["role"].as_str(), event["actor"]["user"].as_u64()),
        (Some("technical"), Some(u64::from(MAX)))
    );
    // The key loses and regains permissions together with its role account, at once.
    let role_path = format!("/api/org/1/roles/{id}");
    fixture.ok(200, "PATCH", &role_path, &fixture.ada, &json!({"grants": {"fac": 7}}));
    assert_eq!(put(), 401);
    fixture.ok(200, "PATCH", &role_path, &fixture.ada, &json!({"grants": null}));
    assert_eq!(put(), 200);
    // People who leave the role account lose the key in the same event, permanently.
    fixture.ok(200, "PATCH", &role_path, &fixture.ada, &json!({"people": []}));
    assert_eq!(fixture.status(&text), 401);
    fixture.ok(200, "PATCH", &role_path, &fixture.ada, &json!({"people": [MAX]}));
    assert_eq!(fixture.status(&text), 401, "coming back does not restore the key");
    let text =
        fixture.ok(201, "POST", &keys, &max, &json!({"name": "second"}))["key"].as_str().expect("a text").to_owned();
    assert_eq!(fixture.status(&text), 200);
    let before =
        fixture.client.get("/api/org/1/audit?limit=1", &fixture.ada).rows()[0]["sequence"].as_u64().expect("a number");
    fixture.ok(204, "DELETE", &format!("/api/org/1/members/{MAX}"), &fixture.ada, &Json::Null);
    assert_eq!(fixture.status(&text), 401, "the key ends with the membership");
    let after = fixture.client.get(&format!("/api/org/1/audit?after={before}"), &fixture.ada).rows();
    let kinds: Vec<&str> = after.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["member", "role", "key"], "membership, role account and key end in one change");
    // Deleting a role account revokes all its keys.
    let noc = fixture.keeper.role(50, 1, RoleKind::Noc, &[ADA]);
    let own = fixture.keeper.key(950, KeyKind::Role, |key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(noc.id), Some(UserId::new(ADA)));
    });
    fixture.keeper.settle(&fixture.server);
    assert_eq!(fixture.status(&own), 200);
    fixture.ok(204, "DELETE", "/api/org/1/roles/50", &fixture.ada, &Json::Null);
    assert_eq!(fixture.status(&own), 401);
}

pub fn i12_06_a_new_key_expires_in_a_year_unless_somebody_says_otherwise(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let max = fixture.session(MAX, true);
    let end = |made: &Json| made["expires"].as_str().and_then(peerage_registry::moment::parse);
    let year = 365 * DAY;
    let is_year = |at: Option<Moment>| at.is_some_and(|at| (now() + year - DAY..=now() + year).contains(&at));
    let org = json!({"name": "x", "email": "a@b.example"});
    assert!(is_year(end(&fixture.ok(201, "POST", "/api/org/1/keys", &fixture.ada, &org))));
    assert!(is_year(end(&fixture.ok(201, "POST", "/api/user/keys", &max, &json!({"name": "x"})))));
    let forever = fixture.ok(201, "POST", "/api/user/keys", &max, &json!({"name": "y", "expires": null}));
    assert_eq!(forever["expires"], Json::Null, "an explicit null is accepted");
    // The page has a date in its form. If it is emptied, the key never expires.
    let session = fixture.keeper.session(ADA, true);
    fixture.keeper.settle(&fixture.server);
    let visitor = Visitor::with_session(&fixture.server, &session);
    let day = &peerage_registry::moment::print_seconds(now() + year)[..10];
    visitor.get("/org/1/manage/keys").shows(&format!("value=\"{day}\""));
    for (name, expires) in [("dated", day), ("endless", "")] {
        visitor.get("/org/1/manage/keys");
        let fields =
            [("name", name), ("email", "a@b.example"), ("preset", "none"), ("expires", expires), ("networks", "")];
        let made = visitor.post("/org/1/manage/keys", &fields);
        assert_eq!(made.status(), 200, "{}", made.text);
        let people = fixture.keeper.load().1;
        let key = people.keys().find(|entry| entry.key.name == name).expect("made");
        assert_eq!(key.key.expires.is_some(), !expires.is_empty(), "{name}");
    }
}
