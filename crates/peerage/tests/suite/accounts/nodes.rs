//! Two nodes on one registry, behind a load balancer that alternates between them.

use std::time::{Duration, Instant};

use peerage_access::factors::totp;
use peerage_access::records::{MemberRole, PermissionRules};
use peerage_registry::moment::SignedDuration;
use serde_json::json;

use crate::accounts::log_in::{add_app, log_in, show_code};
use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{OpenConnection, RegistryKeeper, UNBOUND, now, row};
use crate::server::{RegistryPlace, TestResponse};
use crate::visitor::Visitor;

const HALF_MINUTE: SignedDuration = SignedDuration::from_secs(30);

pub fn an_account_that_was_made_elsewhere_logs_in_at_once(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let server = keeper.serve(place, &flags());
    for user in 1..=5 {
        let visitor = Visitor::new(&server);
        visitor.get("/account/login/");
        keeper.user(user, true, false);
        keeper.password(user, PASSWORD);
        let name = format!("user{user}");
        let page = visitor.post("/account/login/", &[("auth-username", &name), ("auth-password", PASSWORD)]);
        assert_eq!(page.status(), 303, "{}", page.text);
    }
}

pub fn a_key_that_was_made_elsewhere_works_at_once(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&json!({"org": {"data": [row(1, &json!({"name": "One", "website": "https://one.example"}))]}}));
    let server = keeper.serve(place, &UNBOUND);
    keeper.settle(&server);
    for id in 1..=3 {
        let key = |number: u32| {
            format!("Api-Key {}", keeper.org_key(10 * id + number, 1, &[("peeringdb.organization.1", 15)]))
        };
        let answer = OpenConnection::of(&server).get("/api/org/1", &key(1));
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = json!({"name": format!("One {id}"), "website": "https://one.example"});
        let answer = OpenConnection::of(&server).send("PUT", "/api/org/1", &key(2), Some(&body));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

pub fn i12_13_people_log_in_and_send_forms_through_alternating_nodes(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let rounds = 5;
    for user in 1..=rounds {
        keeper.user(user, true, false);
        keeper.password(user, PASSWORD);
    }
    let (one, other) = (keeper.serve(place, &flags()), keeper.serve(place, &flags()));
    keeper.settle(&one);
    keeper.settle(&other);
    for user in 1..=rounds {
        let name = format!("user{user}");
        // Each node takes each step in turn.
        let nodes = if user % 2 == 0 { [&one, &other] } else { [&other, &one] };
        let visitor = Visitor::of_nodes(&nodes);
        let page = log_in(&visitor, &name, PASSWORD);
        assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "{}", page.text);
        assert_eq!(visitor.get("/account/two_factor/").status(), 200, "the session is known");
        let (seed, _) = add_app(&visitor);
        assert_eq!(visitor.get("/profile").status(), 200, "the factor is known");
        visitor.get("/account/two_factor/").shows("Phone");
        // Two requests in a row may reach the same node, so make an odd one in between.
        visitor.get("/look");
        let address = format!("second{user}@people.example");
        assert_eq!(visitor.post("/profile/email/add", &[("email", &address)]).status(), 303);
        visitor.get("/profile").shows(&address);
        assert_eq!(visitor.post("/logout", &[]).status(), 303);
        assert_eq!(visitor.get("/profile").location(), "/account/login/?next=%2Fprofile", "logged out everywhere");

        let page = log_in(&visitor, &name, PASSWORD);
        assert_eq!((page.status(), page.location()), (303, "/account/login/"), "{}", page.text);
        visitor.get("/account/login/").shows("token-otp_token");
        let page = show_code(&visitor, &totp::code_at(&seed, now()));
        assert_eq!(page.status(), 303, "{}", page.text);
        assert_eq!(visitor.get("/profile").status(), 200);
        visitor.get("/account/sessions/").shows("this session");
        let new = [("password", "another-Pw-2026-lantern"), ("password_v", "another-Pw-2026-lantern")];
        visitor.get("/profile");
        let changed = visitor.post("/change-password", &[&[("password_c", PASSWORD)], &new[..]].concat());
        assert_eq!((changed.status(), changed.location()), (303, "/account/login/"), "{}", changed.text);
        let page = log_in(&visitor, &name, "another-Pw-2026-lantern");
        assert_eq!((page.status(), page.location()), (303, "/account/login/"), "{}", page.text);
        visitor.get("/account/login/").shows("token-otp_token");
        assert_eq!(show_code(&visitor, &totp::code_at(&seed, now() + HALF_MINUTE)).status(), 303);
        assert_eq!(visitor.get("/profile").status(), 200);
    }
}

/// Returns the answer of a node that may be behind, once it has caught up.
fn caught_up(ask: impl Fn() -> TestResponse) -> TestResponse {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if answer.status != 503 {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "the node stays behind: {}", answer.error());
    }
}

pub fn i12_13_a_change_on_one_node_is_read_on_the_other(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&json!({
        "org": {"data": [row(1, &json!({"name": "One", "website": "https://org.example"}))]},
        "net": {"data": [row(5, &json!({"org_id": 1, "name": "Net", "asn": 63005, "website": "https://n.example"}))]},
    }));
    keeper.user(1, true, false);
    keeper.member(1, 1, 1, MemberRole::Admin, PermissionRules::new());
    let key = format!("Api-Key {}", keeper.org_key(1, 1, &[("peeringdb.organization.1", 15)]));
    let session = format!("Bearer {}", keeper.session(1, true));
    let (one, other) = (keeper.serve(place, &UNBOUND), keeper.serve(place, &UNBOUND));
    keeper.settle(&one);
    keeper.settle(&other);
    let nodes = [OpenConnection::of(&one), OpenConnection::of(&other)];
    let mut net = nodes[0].get("/api/net/5?depth=0", "").rows()[0].clone();
    for round in 0..20 {
        let (here, there) = (&nodes[round % 2], &nodes[(round + 1) % 2]);
        net["notes"] = json!(format!("round {round}"));
        let written = here.send("PUT", "/api/net/5", &key, Some(&net));
        assert_eq!(written.status, 200, "{}", written.error());
        let position = written.header("peerage-position").expect("a position").to_owned();
        assert!(written.header("set-cookie").is_none(), "programs get no cookie");
        for target in ["/api/net/5?depth=0", "/api/net?name__contains=Net&depth=0"] {
            let read = caught_up(|| there.send_with("GET", target, "", None, &[("Peerage-Position", &position)]));
            assert_eq!((read.status, &read.rows()[0]["notes"]), (200, &net["notes"]), "{target}");
            assert!(read.header("peerage-position").is_none(), "nothing was changed");
            assert_eq!(read.header("cache-control"), Some("private, no-cache"), "a shared cache must not store it");
        }
        // A key that is created on one node works on the other.
        let request = json!({"name": format!("key {round}"), "email": "noc@org.example", "grants": {"net": 15}});
        let made = here.send("POST", "/api/org/1/keys", &session, Some(&request));
        assert_eq!(made.status, 201, "{}", made.error());
        let text = made.rows()[0]["key"].as_str().expect("a text").to_owned();
        let position = made.header("peerage-position").expect("a position").to_owned();
        let auth = format!("Api-Key {text}");
        let known =
            caught_up(|| there.send_with("GET", "/api/whoami", &auth, None, &[("Peerage-Position", &position)]));
        assert_eq!(known.status, 200, "{}", known.error());
    }
}

pub fn i12_13_forged_positions_hold_up_nobody(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(1, true, false);
    let server = keeper.serve(place, &UNBOUND);
    let client = OpenConnection::of(&server);
    let tag = "0".repeat(32);
    let far = format!("999999999-{}-{tag}", "0".repeat(16));
    for _ in 0..20 {
        for position in [far.as_str(), "999999999", "x"] {
            let refused = client.send_with("GET", "/api/net", "", None, &[("Peerage-Position", position)]);
            assert!(refused.status == 400 && refused.error().starts_with("Peerage-Position: "), "{}", refused.error());
            let visitor = Visitor::new(&server);
            visitor.set_cookie("peerage-position", position);
            assert_eq!(visitor.get("/account/login/").status(), 200, "an invalid cookie");
        }
    }
    // The position of a change that the database has lost is signed, but no request waits for it.
    let text = format!("1000000-{}", "09".repeat(8));
    let lost = format!("{text}-{}", keeper.server_key.tag(&format!("position {text}")));
    let answer = client.send_with("GET", "/api/net", "", None, &[("Peerage-Position", &lost)]);
    assert_eq!(answer.status, 200, "waiting in vain is answered with 503: {}", answer.error());
}
