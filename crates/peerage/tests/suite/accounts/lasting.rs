//! What sessions may do at which age (spec/accounts.md, 22).

use peerage_access::acts::sessions::{FRESH, IDLE_MAX, WRITES, WRITES_IDLE_MAX};
use peerage_access::factors::totp;
use peerage_access::records::{MemberRole, PermissionRules, Session};
use peerage_registry::ids::UserId;
use peerage_registry::moment::{SECOND, SignedDuration};
use serde_json::json;

use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{OpenConnection, RegistryKeeper, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::Visitor;

const SEED: [u8; 20] = [3; 20];
const HINT: &str = "This requires a fresh second factor. Log in again and repeat it within ten minutes.";

/// Makes an admin with an app, and a session that was opened and verified that long ago.
fn admin(place: &RegistryPlace, ago: SignedDuration) -> (RegistryKeeper, TestServer, String) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&json!({
        "org": {"data": [{"id": 1, "name": "One", "status": "ok"}]},
        "net": {"data": [{"id": 5, "org_id": 1, "name": "Net", "asn": 63005, "status": "ok"}]},
    }));
    keeper.user(7, true, false);
    keeper.password(7, PASSWORD);
    keeper.member(1, 1, 7, MemberRole::Admin, PermissionRules::new());
    keeper.app(1, 7, &SEED);
    let session = aged(&keeper, ago);
    let server = keeper.serve(place, &flags());
    (keeper, server, session)
}

fn aged(keeper: &RegistryKeeper, ago: SignedDuration) -> String {
    let shape = |session: &mut Session| {
        (session.created, session.proved, session.fresh_until) = (now() - ago, Some(now() - ago), None);
    };
    keeper.own_session(7, shape).0
}

fn changes(server: &TestServer, session: &str) -> (u16, String) {
    let auth = format!("Bearer {session}");
    let body = json!({"name": "Net", "asn": 63005, "org_id": 1, "website": "https://n.example", "info_type": "NSP"});
    let answer = OpenConnection::of(server).send("PUT", "/api/net/5", &auth, Some(&body));
    (answer.status, answer.error())
}

pub fn a_session_that_was_idle_or_is_a_day_old_reads_until_its_person_proves_again(place: &RegistryPlace) {
    let (keeper, server, idle) = admin(place, WRITES_IDLE_MAX + SECOND);
    let old = aged(&keeper, WRITES + SECOND);
    let other_seed = [5; 20];
    keeper.app(2, 7, &other_seed);
    keeper.settle(&server);
    for (session, seed, name) in [(idle, SEED, "Ann"), (old, other_seed, "Bea")] {
        assert_eq!(changes(&server, &session), (403, HINT.to_owned()));
        let client = OpenConnection::of(&server);
        let auth = format!("Bearer {session}");
        assert_eq!(client.get("/api/net/5", &auth).status, 200, "it can still read");
        assert_eq!(client.get("/api/org/1/keys", &auth).error(), HINT, "what admins manage needs a fresh factor");
        let made = client.send("POST", "/api/org/1/keys", &auth, Some(&json!({"name": "x", "email": "a@b.example"})));
        assert_eq!((made.status, made.error()), (403, HINT.to_owned()));
        // Pages redirect to the verification and back.
        let visitor = Visitor::with_session(&server, &session);
        visitor.get("/profile");
        let page = visitor.post("/change-name", &[("first_name", "A"), ("last_name", "B")]);
        assert_eq!(page.status(), 303);
        assert!(page.location().starts_with("/account/confirm/?next=%2Faccount%2Fresume"), "{}", page.location());
        let script = visitor.post_for_json("/change-name", &[("first_name", "A"), ("last_name", "B")]);
        assert_eq!((script.status(), script.answer.json()["status"].as_str()), (403, Some("reauthenticate")));
        assert_ne!(keeper.load().1.user(UserId::new(7)).expect("there").first_name, "A", "nothing was changed");
        let page = visitor.get("/org/1/manage/policy");
        assert_eq!(page.location(), "/account/confirm/?next=%2Forg%2F1%2Fmanage%2Fpolicy");
        visitor.get("/account/confirm/?next=/profile").shows("token-otp_token");
        let code = totp::code_at(&seed, now());
        let proof = [("step", "token"), ("token-otp_token", code.as_str()), ("next", "/profile")];
        let page = visitor.post("/account/confirm/", &proof);
        assert_eq!((page.status(), page.location()), (303, "/profile"), "{}", page.text);
        let text = visitor.cookie("peerage-session").expect("a new token");
        assert_ne!(text, session);
        visitor.get("/profile");
        assert_eq!(visitor.post("/change-name", &[("first_name", name), ("last_name", "B")]).status(), 303);
        assert_eq!(keeper.load().1.user(UserId::new(7)).expect("there").first_name, name);
        assert_eq!(changes(&server, &text).0, 200);
        assert_eq!(visitor.get("/org/1/manage/policy").status(), 200);
        assert_eq!(
            Visitor::with_session(&server, &session).get("/profile").status(),
            303,
            "the old token no longer works"
        );
    }
}

pub fn use_keeps_a_session_and_two_weeks_without_it_end_it(place: &RegistryPlace) {
    let (keeper, server, young) = admin(place, WRITES_IDLE_MAX - 20 * SECOND);
    let old = aged(&keeper, IDLE_MAX + SECOND);
    keeper.settle(&server);
    assert_eq!(changes(&server, &young).0, 200);
    assert_eq!(Visitor::with_session(&server, &old).get("/profile").location(), "/account/login/?next=%2Fprofile");
    assert_eq!(changes(&server, &old).0, 400, "it is not a session");
    // Logging out removes everything.
    let visitor = Visitor::with_session(&server, &young);
    visitor.get("/account/sessions/");
    assert_eq!(visitor.post("/logout", &[]).status(), 303);
    assert_ne!(changes(&server, &young).0, 200);
}

pub fn a_session_that_only_reads_may_still_be_ended(place: &RegistryPlace) {
    let (keeper, server, session) = admin(place, WRITES_IDLE_MAX + SECOND);
    let other = aged(&keeper, SignedDuration::ZERO);
    keeper.settle(&server);
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/account/sessions/").shows("this session");
    assert_eq!(visitor.post("/account/sessions/end_others", &[]).status(), 303);
    assert_ne!(changes(&server, &other).0, 200);
    let auth = format!("Bearer {session}");
    assert_eq!(OpenConnection::of(&server).send("DELETE", "/api/session", &auth, None).status, 204);
    assert_eq!(keeper.load().1.sessions_of(UserId::new(7)).count(), 0);
}

pub fn a_session_gets_another_text_when_its_person_may_do_other_things(place: &RegistryPlace) {
    let (keeper, server, session) = admin(place, SignedDuration::ZERO);
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/profile");
    assert_eq!(visitor.cookie("peerage-session").as_deref(), Some(session.as_str()), "nothing has changed");
    keeper.member(1, 1, 7, MemberRole::Member, PermissionRules::new());
    keeper.settle(&server);
    visitor.get("/profile").shows("user7");
    let renewed = visitor.cookie("peerage-session").expect("a session");
    assert_ne!(renewed, session);
    assert_eq!(Visitor::with_session(&server, &session).get("/profile").status(), 303, "the old token no longer works");
    assert_eq!(visitor.post("/change-name", &[("first_name", "Cho"), ("last_name", "B")]).status(), 303);
    visitor.get("/profile");
    assert_eq!(visitor.cookie("peerage-session"), Some(renewed), "once");
}

/// Acceptance test 9.
pub fn a_proof_older_than_ten_minutes_makes_no_key(place: &RegistryPlace) {
    let (keeper, server, _) = admin(place, SignedDuration::ZERO);
    let proved = |ago: SignedDuration| {
        let shape = |session: &mut Session| {
            (session.proved, session.fresh_until) = (Some(now() - ago), Some(now() - ago + FRESH));
        };
        keeper.own_session(7, shape).0
    };
    let (fresh, stale) = (proved(SignedDuration::ZERO), proved(FRESH + SECOND));
    keeper.settle(&server);
    let body = json!({"name": "robot", "email": "a@b.example", "grants": {"net": 1}});
    let make = |session: &str, target: &str| {
        OpenConnection::of(&server).send("POST", target, &format!("Bearer {session}"), Some(&body))
    };
    let refused = make(&stale, "/api/org/1/keys");
    assert_eq!((refused.status, refused.error()), (403, HINT.to_owned()));
    assert_eq!(keeper.load().1.keys().count(), 0, "no key was created");
    let visitor = Visitor::with_session(&server, &stale);
    visitor.get("/profile");
    let script = visitor.post_for_json("/user_keys/add", &[("name", "x")]);
    assert_eq!((script.status(), script.answer.json()["status"].as_str()), (403, Some("reauthenticate")));
    assert_eq!(keeper.load().1.keys().count(), 0);
    assert_eq!(make(&fresh, "/api/org/1/keys").status, 201);
}
