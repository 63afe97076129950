//! The reach of keys: into the log, to objects that changed owners, to objects that do not exist yet, and against
//! policies.

use peerage_access::KeyKind;
use peerage_access::records::{MemberRole, PermissionRules, Policy};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{DAY, TICK};
use serde_json::{Value as Json, json};

use crate::keeper::now;
use crate::keys::fixture::{ADA, KeysFixture, MAX, ROOT, VERA, ZOE, key};
use crate::server::RegistryPlace;

/// Changes the notes of a network.
fn note(fixture: &KeysFixture, auth: &str, net: u32, notes: &str) -> u16 {
    let mut body = fixture.client.get(&format!("/api/net/{net}?depth=0"), "").rows()[0].clone();
    body["notes"] = json!(notes);
    fixture.send("PUT", &format!("/api/net/{net}"), auth, &body).status
}

fn rows(fixture: &KeysFixture, target: &str, auth: &str) -> Vec<Json> {
    let answer = fixture.client.get(target, auth);
    assert_eq!(answer.status, 200, "{target}: {}", answer.error());
    answer.rows()
}

fn rules(given: &[(&str, u8)]) -> PermissionRules {
    given.iter().map(|(namespace, bits)| ((*namespace).to_owned(), *bits)).collect()
}

pub fn n11_a_narrowed_key_sees_of_the_log_what_its_rights_reach(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.member(4, 2, ADA, MemberRole::Member, rules(&[("peeringdb.organization.2.network", 15)]));
    let make = |id: u32, given: Option<PermissionRules>| {
        fixture.keeper.key(id, KeyKind::User, |key| {
            (key.user, key.readonly, key.grants) = (Some(UserId::new(ADA)), true, given);
        })
    };
    let narrow = make(900, Some(rules(&[("peeringdb.organization.1", 1)])));
    let auditor = make(901, Some(rules(&[("peeringdb.manage_organization.1", 1)])));
    let contacts = [
        ("peeringdb.manage_organization.1", 1),
        ("peeringdb.organization.1.network.*.poc_set.private", 1),
        ("peeringdb.organization.1.network.*.poc_set.users", 1),
    ];
    let with_contacts = make(902, Some(rules(&contacts)));
    let whole = make(903, None);
    fixture.keeper.settle(&fixture.server);
    assert_eq!((note(&fixture, &fixture.ada, 5, "mine"), note(&fixture, &fixture.ada, 6, "elsewhere")), (200, 200));
    let mut contact = fixture.ok(200, "GET", "/api/poc/2", &fixture.ada, &Json::Null);
    contact["name"] = json!("Hidden Henry");
    fixture.ok(200, "PUT", "/api/poc/2", &fixture.ada, &contact);

    // The person's log: all of it for the person, and for a key with all of the person's permissions.
    for auth in [&fixture.ada, &key(&whole)] {
        let own = rows(&fixture, "/api/user/audit?limit=1000", auth);
        let kinds: Vec<&str> = own.iter().filter_map(|event| event["kind"].as_str()).collect();
        assert!(["user", "member", "key", "net", "poc"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        assert!(own.iter().any(|event| event["after"]["notes"] == "elsewhere"));
    }
    let narrowed = rows(&fixture, "/api/user/audit?limit=1000", &key(&narrow));
    assert!(narrowed.iter().any(|event| event["after"]["notes"] == "mine"), "it sees what it may read");
    for event in &narrowed {
        let is_itself = event["kind"] == "key" && event["id"] == 900;
        let is_row = event["org_id"] == 1 && matches!(event["kind"].as_str(), Some("net" | "poc" | "org"));
        assert!(is_itself || is_row, "{event}");
        assert!(is_itself || event["actor"].is_null(), "no address of its owner: {event}");
    }
    for format in ["json", "jsonl", "csv"] {
        for (target, auth) in [
            ("/api/user/audit", &narrow),
            ("/api/user/audit", &auditor),
            ("/api/org/1/audit", &auditor),
            ("/api/user/audit", &with_contacts),
        ] {
            let answer = fixture.client.get(&format!("{target}?limit=1000&format={format}"), &key(auth));
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, 200, "{target}: {text}");
            assert!(!text.contains("elsewhere"), "{target} {format}");
            let may_know = auth == &with_contacts;
            assert!(may_know || !text.contains("Hidden Henry"), "{target} {format}: {text}");
        }
    }
    // In the organization's log an auditor sees every event, and contacts according to its permissions on contacts.
    let of = |auth: &str| rows(&fixture, "/api/org/1/audit?kind=poc&id=2", auth);
    assert!(of(&key(&auditor)).iter().all(|event| event["before"].is_null() && event["after"].is_null()));
    assert!(of(&key(&with_contacts)).iter().any(|event| event["after"]["name"] == "Hidden Henry"));
    assert!(of(&fixture.ada).iter().any(|event| event["after"]["name"] == "Hidden Henry"));
    for target in ["/api/org/1/audit", "/api/org/1/hygiene", "/api/net/5/history", "/api/audit", "/api/org/2/audit"] {
        assert_eq!(fixture.client.get(target, &key(&narrow)).status, 403, "{target}");
    }
    let past = format!("/api/poc/2/history?at={}", peerage_registry::moment::print_exact(now()));
    assert_eq!(fixture.client.get(&past, &key(&auditor)).status, 403);
    assert_eq!(rows(&fixture, &past, &key(&with_contacts))[0]["name"], "Hidden Henry");
    narrowed_keys_show_little(&fixture, &narrow, &whole);
}

/// Lists of keys, and what a key sees of its owner.
fn narrowed_keys_show_little(fixture: &KeysFixture, narrow: &str, whole: &str) {
    let public = |id: u32| {
        let all = rows(fixture, "/api/user/keys", &fixture.ada);
        let name = format!("key{id}");
        all.iter().find(|key| key["name"] == name).expect("listed")["id"].as_str().expect("an id").to_owned()
    };
    assert_eq!(rows(fixture, "/api/user/keys", &key(whole)).len(), 4);
    let listed = rows(fixture, "/api/user/keys", &key(narrow));
    assert_eq!((listed.len(), &listed[0]["name"]), (1, &json!("key900")));
    for what in ["", "/use"] {
        let of = |id: u32, auth: &str| fixture.client.get(&format!("/api/user/keys/{}{what}", public(id)), auth).status;
        assert_eq!((of(903, &key(narrow)), of(900, &key(narrow)), of(900, &key(whole))), (404, 200, 200), "{what}");
    }
    let who = fixture.ok(200, "GET", "/api/whoami", &key(narrow), &Json::Null);
    assert_eq!(who["user"]["organizations"].as_array().map(Vec::len), Some(1));
    assert_eq!(fixture.client.get("/api/org/2/roles", &key(narrow)).status, 403);
    assert_eq!(fixture.client.get("/api/org/1/roles", &key(narrow)).status, 200);
}

/// Returns a port of a network at the exchange.
fn port(net: u32, more: &Json) -> Json {
    let mut body = json!({"net_id": net, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.50", "ipaddr6": ""});
    body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
    body
}

pub fn n12_history_and_content_stay_with_the_former_owner(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (zoe, staff) = (fixture.session(ZOE, true), fixture.session(ROOT, true));
    let contact = json!({"net_id": 6, "role": "NOC", "visible": "Public", "name": "z", "email": "noc@z.example"});
    fixture.ok(201, "POST", "/api/poc", &zoe, &contact);
    let full = port(5, &json!({"notes": "secret of org 1", "is_rs_peer": true, "bfd_support": true}));
    let made = fixture.ok(201, "POST", "/api/netixlan", &fixture.ada, &full);
    let id = made["id"].as_u64().expect("an id");
    let moment = peerage_registry::moment::print_exact(now());
    assert_eq!(fixture.send("DELETE", &format!("/api/netixlan/{id}"), &fixture.ada, &Json::Null).status, 204);
    let back = fixture.ok(201, "POST", "/api/netixlan", &zoe, &port(6, &json!({})));
    assert_eq!(back["id"].as_u64(), Some(id), "the port gets its row back");
    for (name, value) in
        [("notes", json!("")), ("is_rs_peer", json!(false)), ("bfd_support", json!(false)), ("net_id", json!(6))]
    {
        assert_eq!(back[name], value, "{name}");
    }
    let history = format!("/api/netixlan/{id}/history");
    let seen = |auth: &str| -> Vec<(String, bool, bool)> {
        let side = |event: &Json, side: &str| !event[side].is_null();
        let events = rows(&fixture, &format!("{history}?after=0"), auth);
        let line = |event: &Json| {
            (event["action"].as_str().unwrap_or_default().to_owned(), side(event, "before"), side(event, "after"))
        };
        events.iter().map(line).collect()
    };
    let line = |action: &str, before: bool, after: bool| (action.to_owned(), before, after);
    assert_eq!(seen(&zoe), [line("update", false, true)]);
    assert_eq!(seen(&fixture.ada), [line("create", false, true), line("delete", true, true)]);
    assert_eq!(
        seen(&staff),
        [line("create", false, true), line("delete", true, true), line("update", true, true)],
        "staff see all"
    );
    for target in [history.clone(), format!("{history}?format=jsonl"), "/api/org/2/audit?format=jsonl".to_owned()] {
        let answer = fixture.client.get(&target, &zoe);
        let text = String::from_utf8_lossy(&answer.body);
        assert!(
            answer.status == 200 && !text.contains("secret of org 1") && !text.contains("user1"),
            "{target}: {text}"
        );
    }
    let past = format!("{history}?at={moment}");
    assert_eq!(rows(&fixture, &past, &fixture.ada)[0]["notes"], "secret of org 1");
    assert_eq!(fixture.client.get(&past, &zoe).status, 403);
    let max = fixture.session(MAX, true);
    assert_eq!(fixture.client.get(&history, &max).status, 403, "a plain member sees neither");

    // A network that moves to another organization and back.
    let hand_over = |org: u32| {
        let mut net = fixture.client.get("/api/net/50?depth=0", "").rows()[0].clone();
        net["org_id"] = json!(org);
        fixture.ok(200, "PUT", "/api/net/50", &staff, &net);
    };
    assert_eq!(note(&fixture, &fixture.ada, 50, "first time of org 1"), 200);
    hand_over(2);
    assert_eq!(note(&fixture, &zoe, 50, "time of org 2"), 200);
    let texts =
        |auth: &str| String::from_utf8_lossy(&fixture.client.get("/api/net/50/history", auth).body).into_owned();
    let first_of_zoe = rows(&fixture, "/api/net/50/history?after=0", &zoe).remove(0);
    assert!(first_of_zoe["before"].is_null() && first_of_zoe["after"]["org_id"] == 2);
    assert!(!texts(&fixture.ada).contains("time of org 2") && texts(&fixture.ada).contains("first time of org 1"));
    hand_over(1);
    let last_of_ada = rows(&fixture, "/api/net/50/history", &fixture.ada).remove(0);
    assert!(last_of_ada["before"].is_null() && last_of_ada["after"]["org_id"] == 1, "{last_of_ada}");
    assert!(texts(&zoe).contains("time of org 2"));
    assert!(texts(&staff).contains("first time of org 1") && texts(&staff).contains("time of org 2"));
    // The addresses from which people acted are visible to the admins of the organization that the event concerned,
    // whoever owns the object now.
    fixture.keeper.member(9, 1, VERA, MemberRole::Admin, PermissionRules::new());
    assert_eq!(note(&fixture, &fixture.session(VERA, true), 50, "by Vera"), 200);
    hand_over(2);
    assert_eq!(note(&fixture, &zoe, 50, "by Zoe"), 200);
    for (auth, user) in [(&fixture.ada, VERA), (&zoe, ZOE)] {
        let events = rows(&fixture, "/api/net/50/history", auth);
        let own = events.iter().find(|event| event["actor"]["user"] == user).expect("an event of the organization");
        assert!(own["actor"]["address"].is_string(), "{own}");
    }
}

pub fn n13_rights_are_given_only_on_what_the_organization_has(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let staff = fixture.session(ROOT, true);
    let (id, _) = fixture.made(&json!({}));
    let role = fixture.ok(
        201,
        "POST",
        "/api/org/1/roles",
        &fixture.ada,
        &json!({"kind": "technical", "email": "noc@org1.example", "people": [MAX]}),
    );
    let role = format!("/api/org/1/roles/{}", role["id"]);
    let new = |grants: &Json| json!({"name": "x", "email": "x@org1.example", "grants": grants});
    for name in [
        "net.6",
        "net.999",
        "fac.1",
        "sessions.6",
        "peeringdb.organization.1.network.6.poc_set.private",
        "peeringdb.organization.1.network.5.ixlan.1",
    ] {
        let grants = json!({name: 15});
        for (method, target, body) in [
            ("POST", "/api/org/1/keys".to_owned(), new(&grants)),
            ("PATCH", format!("/api/org/1/keys/{id}"), json!({"grants": grants})),
            ("POST", "/api/org/1/roles".to_owned(), json!({"kind": "noc", "grants": grants})),
            ("PATCH", role.clone(), json!({"grants": grants})),
            ("PATCH", format!("/api/org/1/members/{MAX}"), json!({"grants": grants})),
        ] {
            let answer = fixture.send(method, &target, &fixture.ada, &body);
            assert_eq!(answer.status, 400, "{method} {target} {name}");
            let text = answer.json()["grants"][0].as_str().unwrap_or_default().to_owned();
            assert!(text.contains("does not exist or does not belong to"), "{method} {target} {name}: {text}");
        }
        let full = json!({"peeringdb.organization.1.network.6": 1});
        let mine = json!({"name": "mine", "grants": full});
        assert_eq!(fixture.send("POST", "/api/user/keys", &fixture.ada, &mine).status, 400, "a personal key, too");
    }
    assert_eq!(fixture.send("PATCH", &role, &fixture.ada, &json!({"grants": {"net.50": 3}})).status, 200);

    // A permission applies while the object belongs to the organization that granted it.
    let (id, text) = fixture.made(&json!({"grants": {"net.50": 3}}));
    let hand_over = |org: u32| {
        let mut net = fixture.client.get("/api/net/50?depth=0", "").rows()[0].clone();
        net["org_id"] = json!(org);
        fixture.ok(200, "PUT", "/api/net/50", &staff, &net);
    };
    assert_eq!(note(&fixture, &key(&text), 50, "by the key"), 200);
    for elsewhere in [2, 10] {
        hand_over(elsewhere);
        assert_eq!(note(&fixture, &key(&text), 50, "by the key"), 401, "{elsewhere}");
        assert_eq!(fixture.client.get("/api/net/50/history", &key(&text)).status, 403, "{elsewhere}");
    }
    // The move removed the permission: it cannot be granted again by the former owner, and does not come back with the
    // object.
    let key_path = format!("/api/org/1/keys/{id}");
    let both = json!({"grants": {"net.50": 3, "net.5": 3}});
    assert_eq!(fixture.send("PATCH", &key_path, &fixture.ada, &both).status, 400);
    assert_eq!(fixture.send("PATCH", &key_path, &fixture.ada, &json!({"grants": {"net.5": 3}})).status, 200);
    assert_eq!(note(&fixture, &key(&text), 5, "by the key"), 200);
    hand_over(1);
    assert_eq!(note(&fixture, &key(&text), 50, "by the key"), 401, "a permission does not come back with the object");
    assert_eq!(fixture.send("PATCH", &key_path, &fixture.ada, &both).status, 200);
    assert_eq!(note(&fixture, &key(&text), 50, "by the key"), 200);
}

pub fn n14_a_policy_holds_when_keys_are_used(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.member(4, 2, ADA, MemberRole::Member, rules(&[("peeringdb.organization.2.network", 15)]));
    let personal = fixture.keeper.user_key(900, ADA);
    let old = fixture.keeper.key(901, KeyKind::Org, |key| {
        (key.org, key.created) = (Some(OrgId::new(1)), now() - 100 * DAY);
        key.grants = Some(rules(&[("peeringdb.organization.1.network", 15)]));
    });
    let set = |policy: Policy| {
        fixture.keeper.put(&policy);
        fixture.keeper.settle(&fixture.server);
    };
    fixture.keeper.settle(&fixture.server);
    let put = |text: &str, net: u32| {
        let mut body = fixture.client.get(&format!("/api/net/{net}?depth=0"), "").rows()[0].clone();
        body["notes"] = json!("changed");
        let answer = fixture.send("PUT", &format!("/api/net/{net}"), &key(text), &body);
        (answer.status, if answer.status == 200 { String::new() } else { answer.error() })
    };
    let fine = (200, String::new());
    assert_eq!((put(&personal, 5), put(&personal, 6), put(&old, 5)), (fine.clone(), fine.clone(), fine.clone()));
    let no = |text: &str| (403, format!("This key has no permissions in organization 1, which {text}."));

    set(Policy { allows_user_keys: false, ..Policy::unset(OrgId::new(1)) });
    assert_eq!((put(&personal, 5), put(&personal, 6)), (no("does not accept personal keys"), fine.clone()));
    let who = fixture.ok(200, "GET", "/api/whoami", &key(&personal), &Json::Null);
    assert_eq!(who["refused_in"], json!([{"org_id": 1, "reason": "does not accept personal keys"}]));
    let audit = fixture.no(403, "GET", "/api/org/1/audit", &key(&personal), &Json::Null);
    assert!(audit.ends_with("which does not accept personal keys."), "{audit}");
    assert_eq!(put(&old, 5), fine, "the organization's own keys are not affected");

    let elsewhere = vec!["198.51.100.0/24".parse().expect("a network")];
    set(Policy { networks: elsewhere, ..Policy::unset(OrgId::new(1)) });
    assert_eq!((put(&personal, 5), put(&personal, 6)), (no("accepts keys from its own networks only"), fine.clone()));
    let refused =
        (403, "This API key is refused: its organization accepts keys from its own networks only.".to_owned());
    assert_eq!(put(&old, 5), refused);

    set(Policy { requires_networks: true, ..Policy::unset(OrgId::new(1)) });
    let rule = "requires keys to list the networks from which they are used";
    assert_eq!((put(&personal, 5), put(&personal, 6)), (no(rule), fine.clone()));
    assert_eq!(put(&old, 5), (403, format!("This API key is refused: its organization {rule}.")));
    set(Policy { requires_networks: true, key_networks_from: Some(now() + DAY), ..Policy::unset(OrgId::new(1)) });
    assert_eq!((put(&personal, 5), put(&old, 5)), (fine.clone(), fine.clone()), "the requirement does not apply yet");

    // A new maximum lifetime gives older keys time, and a mail says until when.
    set(Policy::unset(OrgId::new(1)));
    fixture.ok(200, "PATCH", "/api/org/1/policy", &fixture.ada, &json!({"key_days_max": 30}));
    assert_eq!((put(&personal, 5), put(&old, 5)), (fine.clone(), fine.clone()));
    let mail = fixture.keeper.mail(&["A key stops working soon", "key901", "at most 30 days"]);
    assert!(mail.contains("Org 1 has a new rule"), "{mail}");
    set(Policy { key_days_max: Some(30), key_days_from: Some(now() - TICK), ..Policy::unset(OrgId::new(1)) });
    assert_eq!(
        put(&old, 5),
        (403, "This API key is refused: its organization allows keys a lifetime of at most 30 days.".to_owned())
    );
    assert_eq!(put(&personal, 5), fine, "this key is new");
}
