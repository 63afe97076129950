//! Audit logs and security reviews.

use std::collections::BTreeSet;

use peerage_access::KeyKind;
use peerage_access::records::MemberRole;
use peerage_access::usage::KeyUse;
use peerage_registry::ids::{KeyId, OrgId, RoleId, UserId};
use peerage_registry::moment::{DAY, Moment};
use serde_json::{Value as Json, json};

use crate::keeper::now;
use crate::keys::fixture::{ADA, KeysFixture, MAX, ROOT, VERA, ZOE, key};
use crate::server::RegistryPlace;
use crate::visitor::Visitor;

fn numbers(rows: &[Json]) -> Vec<u64> {
    rows.iter().map(|row| row["sequence"].as_u64().expect("a number")).collect()
}

pub fn a_trail_is_filtered_paged_and_exported(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (id, text) = fixture.made(&json!({}));
    let begun = peerage_registry::moment::print_exact(now());
    let mut net = fixture.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    for note in ["=cmd|' /C calc'!A0", "two", "three"] {
        net["notes"] = json!(note);
        assert_eq!(fixture.send("PUT", "/api/net/5", &key(&text), &net).status, 200);
    }
    fixture.ok(200, "PATCH", &format!("/api/org/1/keys/{id}"), &fixture.ada, &json!({"name": "=HYPERLINK(1)"}));
    let ask = |query: &str| {
        let answer = fixture.client.get(&format!("/api/org/1/audit?{query}"), &fixture.ada);
        assert_eq!(answer.status, 200, "{query}: {}", answer.error());
        answer
    };
    let all = ask("limit=1000").rows();
    assert!(numbers(&all).windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    assert!(all.iter().all(|event| event["org_id"] == 1));
    for (query, expected) in [
        (format!("key={id}"), 3),
        ("kind=net&id=5".to_owned(), 4),
        (format!("kind=net&from={begun}"), 3),
        ("kind=key".to_owned(), 2),
        (format!("person={ADA}"), 2),
        (format!("person={ADA}&kind=net"), 0),
        ("to=2020-01-01T00:00:00Z".to_owned(), 0),
    ] {
        assert_eq!(ask(&query).rows().len(), expected, "{query}");
    }
    let event = &ask(&format!("key={id}&limit=1")).rows()[0];
    assert_eq!((event["changed"].clone(), event["after"]["notes"].as_str()), (json!(["notes"]), Some("three")));
    assert_eq!(
        (event["actor"]["key"].as_str(), event["actor"]["address"].as_str()),
        (Some(id.as_str()), Some("127.0.0.1"))
    );
    assert!(event["actor"]["request"].is_string() && event["hash"].as_str().is_some_and(|hash| hash.len() == 64));
    // Pages together, backwards and forwards, are the whole log.
    for (first, name, cursor) in [("", "next_before", "before"), ("after=0&", "next_after", "after")] {
        let (mut seen, mut at) = (Vec::new(), first.to_owned());
        loop {
            let page = ask(&format!("{at}limit=3"));
            seen.extend(numbers(&page.rows()));
            let Some(place) = page.json()["meta"][name].as_u64() else { break };
            at = format!("{cursor}={place}&");
        }
        let (seen_once, whole): (BTreeSet<u64>, BTreeSet<u64>) =
            (seen.iter().copied().collect(), numbers(&all).into_iter().collect());
        assert_eq!((seen.len(), seen_once), (all.len(), whole), "{name}");
    }
    let lines = ask("format=jsonl&limit=1000");
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    let parsed: Vec<Json> =
        String::from_utf8_lossy(&lines.body).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(parsed, all);
    let table = ask("format=csv&limit=1000");
    assert_eq!(table.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
    let mut reader = csv::Reader::from_reader(table.body.as_slice());
    let cells: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a record")).collect();
    assert_eq!(cells.len(), all.len());
    assert!(cells.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "no cell is a formula");
    for (wrong, field) in
        [("kind=x", "kind"), ("from=yesterday", "from"), ("format=xml", "format"), ("limit=x", "limit")]
    {
        let answer = fixture.client.get(&format!("/api/org/1/audit?{wrong}"), &fixture.ada);
        assert!(answer.status == 400 && answer.json()[field][0].is_string(), "{wrong}");
    }
}

pub fn n20_where_somebody_was_is_told_to_them_their_admins_and_staff(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let max = fixture.session(MAX, true);
    let own = fixture.ok(201, "POST", "/api/user/keys", &max, &json!({"name": "mine"}));
    let own = own["id"].as_str().expect("an id").to_owned();
    // An admin and a staff member change something about Max, who sees who it was, but not their address.
    let rights = json!({"grants": {"net": 1}});
    fixture.ok(200, "PATCH", &format!("/api/org/1/members/{MAX}"), &fixture.ada, &rights);
    let address = |path: &str, who: &str, kind: &str| -> Vec<(Option<u64>, Option<String>, bool)> {
        let rows = fixture.client.get(path, who).rows();
        let of_kind = rows.iter().filter(|row| row["kind"] == kind);
        of_kind
            .map(|row| {
                let actor = &row["actor"];
                let address = actor["address"].as_str().map(str::to_owned);
                (actor["user"].as_u64(), address, actor.get("agent").is_some())
            })
            .collect()
    };
    let here = || Some("127.0.0.1".to_owned());
    let mine = address("/api/user/audit?limit=100", &max, "key");
    assert!(
        !mine.is_empty()
            && mine.iter().all(|(user, address, _)| (*user, address.clone()) == (Some(u64::from(MAX)), here())),
        "{mine:?}"
    );
    let theirs = address("/api/user/audit?limit=100", &max, "member");
    let by_ada: Vec<_> = theirs.iter().filter(|(user, ..)| *user == Some(u64::from(ADA))).collect();
    assert!(
        !by_ada.is_empty() && by_ada.iter().all(|(_, address, has_agent)| address.is_none() && !has_agent),
        "{theirs:?}"
    );
    // Admins of their organization see the addresses of their own people, and none of staff from outside.
    let of_org = address("/api/org/1/audit?limit=100", &fixture.ada, "member");
    assert!(
        of_org.iter().any(|(user, address, _)| (*user, address.clone()) == (Some(u64::from(ADA)), here())),
        "{of_org:?}"
    );
    let root = fixture.session(ROOT, true);
    fixture.ok(200, "PATCH", "/api/org/1/policy", &root, &json!({"key_days_max": 100}));
    let by_root = address("/api/org/1/audit?limit=100", &fixture.ada, "policy");
    assert!(
        !by_root.is_empty() && by_root.iter().all(|(_, address, has_agent)| address.is_none() && !has_agent),
        "{by_root:?}"
    );
    let seen_by_staff = address("/api/audit?limit=100", &root, "policy");
    assert!(seen_by_staff.iter().any(|(_, address, _)| *address == here()), "{seen_by_staff:?}");
    assert!(!own.is_empty());
}

pub fn an_object_has_a_history_and_a_past(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (_, text) = fixture.made(&json!({}));
    let mut net = fixture.client.get("/api/net/5?depth=0", "").rows()[0].clone();
    let mut moments = Vec::new();
    for note in ["one", "two"] {
        net["notes"] = json!(note);
        assert_eq!(fixture.send("PUT", "/api/net/5", &key(&text), &net).status, 200);
        moments.push(peerage_registry::moment::print_exact(now()));
    }
    let history = fixture.client.get("/api/net/5/history?after=0", &key(&text)).rows();
    let notes: Vec<&str> = history.iter().filter_map(|event| event["after"]["notes"].as_str()).collect();
    assert_eq!(notes, ["", "one", "two"]);
    assert!(history.iter().all(|event| event["actor"].is_null()), "only admins see the actor");
    let named = fixture.client.get("/api/net/5/history", &fixture.ada).rows();
    assert!(named[0]["actor"]["key"].is_string());
    for (moment, note) in moments.iter().zip(["one", "two"]) {
        let past = fixture.ok(200, "GET", &format!("/api/net/5/history?at={moment}"), &fixture.ada, &Json::Null);
        assert_eq!(past["notes"], note);
    }
    let early = fixture.no(404, "GET", "/api/net/5/history?at=2020-01-01T00:00:00Z", &fixture.ada, &Json::Null);
    assert_eq!(early, "net 5 did not exist yet at 2020-01-01T00:00:00Z.");
    assert_eq!(
        fixture.no(404, "GET", "/api/net/999/history", &fixture.ada, &Json::Null),
        "No Network matches the given query."
    );
    let vera = fixture.session(VERA, true);
    fixture.no(403, "GET", "/api/net/5/history", &vera, &Json::Null);
    // A permission to change a contact that is public now shows nothing of the time when it was not.
    let narrow = fixture.keeper.key(900, KeyKind::Role, |key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(77)), Some(UserId::new(MAX)));
    });
    let mut role = fixture.keeper.role(77, 1, peerage_access::records::RoleKind::Sales, &[MAX]);
    role.grants = [("peeringdb.organization.1.network".to_owned(), 3)].into();
    fixture.keeper.put(&role);
    fixture.keeper.member(2, 1, MAX, MemberRole::Member, role.grants.clone());
    fixture.keeper.settle(&fixture.server);
    let mut contact = fixture.ok(200, "GET", "/api/poc/3", &fixture.ada, &Json::Null);
    contact["visible"] = json!("Public");
    fixture.ok(200, "PUT", "/api/poc/3", &fixture.ada, &contact);
    let versions = fixture.client.get("/api/poc/3/history?after=0", &key(&narrow));
    assert_eq!(versions.status, 200, "{}", versions.error());
    let seen: Vec<Json> = versions.rows().iter().map(|event| event["after"]["visible"].clone()).collect();
    assert_eq!(seen, [Json::Null, json!("Public")]);
    assert!(versions.rows()[1]["before"].is_null());
}

pub fn each_sees_their_own_trail_and_no_other(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (_, text) = fixture.made(&json!({}));
    let max = fixture.session(MAX, true);
    let own = fixture.ok(201, "POST", "/api/user/keys", &max, &json!({"name": "mine"}));
    fixture.ok(200, "PATCH", "/api/org/1/members/2", &fixture.ada, &json!({"grants": {"net.5": 3}}));
    let staff = fixture.session(ROOT, true);
    let id = own["id"].as_str().expect("an id");
    let audit_log = fixture.client.get("/api/user/audit?limit=1000", &max).rows();
    let about: Vec<(&str, &str)> = audit_log
        .iter()
        .map(|event| (event["kind"].as_str().unwrap_or_default(), event["action"].as_str().unwrap_or_default()))
        .collect();
    assert!(about.contains(&("key", "create")), "one's own actions: {about:?}");
    assert!(about.contains(&("member", "update")), "and changes to one's membership: {about:?}");
    assert!(about.contains(&("user", "create")), "and to one's account: {about:?}");
    assert!(
        audit_log.iter().all(|event| event["actor"]["user"] == MAX || event["id"] == MAX || event["kind"] == "key")
    );
    assert!(audit_log.iter().all(|event| event["after"]["name"] != "robot"), "nothing about others' keys");
    let first = fixture.client.get("/api/user/audit?limit=1", &max);
    assert_eq!(numbers(&first.rows())[0], numbers(&audit_log)[0]);
    assert!(first.json()["meta"]["next_before"].is_u64());
    assert_eq!(fixture.client.get(&format!("/api/user/keys/{id}"), &fixture.session(VERA, true)).status, 404);
    for (auth, org, whole) in [
        (&fixture.ada, 200, 403),
        (&max, 403, 403),
        (&fixture.session(ZOE, true), 403, 403),
        (&key(&text), 403, 403),
        (&staff, 200, 200),
        (&String::new(), 401, 401),
    ] {
        assert_eq!(fixture.client.get("/api/org/1/audit", auth).status, org);
        assert_eq!(fixture.client.get("/api/audit", auth).status, whole);
    }
    assert_eq!(fixture.client.get("/api/user/audit", &key(&text)).status, 403);
}

pub fn every_finding_of_the_hygiene_report_is_provoked(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let net = "peeringdb.organization.1.network".to_owned();
    let make = |id: u32, shape: &dyn Fn(&mut peerage_access::records::Key)| {
        fixture.keeper.key(id, KeyKind::Org, |key| {
            key.org = Some(OrgId::new(1));
            key.grants = Some([(net.clone(), 1)].into());
            key.expires = Some(now() + 100 * DAY);
            shape(key);
        });
    };
    let day = |days: i32| now() - days * DAY;
    make(901, &|key| key.created = day(40));
    make(902, &|key| key.created = day(200));
    make(903, &|key| key.expires = Some(now() + 20 * DAY));
    make(904, &|key| key.expires = None);
    make(905, &|key| key.email_confirmed = false);
    make(906, &|key| key.grants = Some([("peeringdb.organization.1".to_owned(), 15)].into()));
    make(907, &|key| {
        key.created = day(200);
        key.grants = Some([(net.clone(), 3)].into());
    });
    make(908, &|_| {});
    make(909, &|_| {});
    make(910, &|key| key.secrets[0].made = day(400));
    make(911, &|_| {});
    fixture.keeper.key(912, KeyKind::User, |key| key.user = Some(UserId::new(ADA)));
    fixture.keeper.key(913, KeyKind::Role, |key| {
        (key.org, key.role, key.user, key.expires) =
            (Some(OrgId::new(1)), Some(RoleId::new(1)), Some(UserId::new(VERA)), Some(now() + 100 * DAY));
    });
    let uses = |key: u32, last: Moment, networks: u8, count: u64, exercised: &str| {
        let mut used = KeyUse { first: last, last, ..KeyUse::default() };
        for number in 0..networks {
            used.networks.insert(format!("192.0.{number}.0/24").parse().expect("a network"), last);
        }
        used.days.insert(peerage_registry::moment::print_seconds(last)[..10].to_owned(), count);
        if !exercised.is_empty() {
            used.exercised.insert(exercised.to_owned(), last);
        }
        fixture.keeper.uses(key, &used.print());
    };
    uses(902, day(100), 1, 1, "");
    uses(907, day(1), 1, 1, "");
    uses(908, day(1), 5, 10, "");
    uses(909, day(1), 1, 500, "");
    uses(911, day(1), 1, 5, "");
    uses(912, day(1), 1, 5, "peeringdb.organization.1.network.5:update");
    fixture.keeper.settle(&fixture.server);
    let found = fixture.client.get("/api/org/1/hygiene", &fixture.ada).rows();
    let of: BTreeSet<(&str, &str)> = found
        .iter()
        .map(|row| (row["name"].as_str().unwrap_or_default(), row["what"].as_str().unwrap_or_default()))
        .collect();
    let expected = BTreeSet::from([
        ("key901", "never-used"),
        ("key902", "unused"),
        ("key903", "expiring"),
        ("key904", "no-expiry"),
        ("key905", "no-contact"),
        ("key906", "admin-level"),
        ("key907", "over-broad"),
        ("key908", "shared"),
        ("key909", "no-networks"),
        ("key910", "old-secret"),
        ("key912", "personal"),
        ("key913", "left"),
        ("user1", "no-factor"),
        ("user2", "no-factor"),
    ]);
    assert_eq!(of, expected, "each finding once, and none for a good key");
    assert!(found.iter().all(|row| row["advice"].as_str().is_some_and(|advice| !advice.is_empty())));
    fixture.no(403, "GET", "/api/org/1/hygiene", &fixture.session(MAX, true), &Json::Null);
}

pub fn i12_14_the_review_and_the_log_of_an_organization_speak_of_names(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    fixture.keeper.key(901, KeyKind::Org, |key| {
        (key.org, key.name) = (Some(OrgId::new(1)), "Nightly port sync".to_owned());
        key.grants = Some([("peeringdb.organization.1.network.5".to_owned(), 3)].into());
        key.created = now() - 200 * DAY;
    });
    fixture.keeper.key(902, KeyKind::Org, |key| {
        (key.org, key.name) = (Some(OrgId::new(1)), "Log reader".to_owned());
        key.grants = Some(peerage_access::bundles::GrantBundle::Auditor.rules(OrgId::new(1)));
    });
    fixture.keeper.settle(&fixture.server);
    let public = fixture.keeper.load().1.key_by_id(KeyId::new(901)).expect("there").key.public.clone();
    fixture.ok(200, "PATCH", &format!("/api/org/1/keys/{public}"), &fixture.ada, &json!({"note": "for the routers"}));
    let session = fixture.keeper.session(ADA, true);
    fixture.keeper.settle(&fixture.server);
    for language in ["en", "de"] {
        let visitor = Visitor::with_session(&fixture.server, &session);
        visitor.set_cookie("language", language);
        let review = visitor.get("/org/1/manage/hygiene");
        review.shows("Nightly port sync");
        assert!(!review.text.contains("peerage key"), "commands are only for operators: {}", review.text);
        let log = visitor.get("/org/1/manage/audit");
        log.shows(if language == "de" {
            "Schlüssel Nightly port sync geändert"
        } else {
            "Key Nightly port sync changed"
        });
        // People with the same name can be told apart.
        log.shows(&format!("First Last (user{ADA})"));
        let keys = visitor.get("/org/1/manage/keys");
        keys.shows("Net 5 ");
        keys.shows(if language == "de" { "Prüfer" } else { "auditor" });
        for page in [review, log, keys] {
            assert!(!page.text.contains("{$") && !page.text.contains("{ $"), "{}", page.text);
        }
    }
    let report = fixture.client.get("/api/org/1/hygiene", &fixture.ada).rows();
    assert!(report.iter().all(|row| !row["advice"].as_str().unwrap_or_default().contains("peerage key")), "{report:?}");
}
