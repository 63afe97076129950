//! Recovery after a lost second factor (spec/accounts.md, 24).

use peerage_access::KeyKind;
use peerage_access::acts::recovery::COOL_DOWN;
use peerage_access::acts::tickets;
use peerage_access::records::{
    EmailAddress, Factor, FactorProof, KeyState, MemberRole, PermissionRules, Recovery, RecoveryEvidence,
    RecoveryState, Ticket, TicketPurpose, User,
};
use peerage_registry::ids::{FactorId, KeyId, RecoveryId, TicketId, UserId};
use peerage_registry::moment::{DAY, HOUR, Moment, TICK};
use serde_json::json;

use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{RegistryKeeper, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::{Visitor, link};

const OWNER: u32 = 7;
const ADMIN: u32 = 8;
const ROOT: u32 = 9;

/// User 7 has a factor, two addresses, a key and a membership in organization 1, which user 8 manages. User 9 is staff.
fn registry(place: &RegistryPlace) -> RegistryKeeper {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&json!({"org": {"data": [{"id": 1, "name": "One", "status": "ok"}]}}));
    let owner = keeper.user(OWNER, true, false);
    let home = EmailAddress::answered("seven@home.example".to_owned());
    keeper.put(&User { emails: [owner.emails.clone(), vec![home]].concat(), ..owner });
    keeper.user(ADMIN, true, false);
    keeper.user(ROOT, true, true);
    keeper.member(1, 1, OWNER, MemberRole::Member, PermissionRules::new());
    keeper.member(2, 1, ADMIN, MemberRole::Admin, PermissionRules::new());
    let proof = FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 };
    keeper.put(&Factor {
        id: FactorId::new(1),
        user: UserId::new(OWNER),
        name: "phone".to_owned(),
        created: now(),
        used: None,
        proof,
    });
    keeper.key(1, KeyKind::User, |key| key.user = Some(UserId::new(OWNER)));
    keeper
}

fn recovery(state: RecoveryState, ends: Option<Moment>) -> Recovery {
    Recovery {
        id: RecoveryId::new(1),
        user: UserId::new(OWNER),
        state,
        begun: now() - DAY,
        ends,
        evidence: ["seven@home.example", "user7@people.example"]
            .map(|address| RecoveryEvidence::Address { address: address.to_owned() })
            .to_vec(),
        told: 3,
        address: "192.0.2.1".to_owned(),
        browser: None,
    }
}

/// Returns the token of a mailed recovery link.
fn mailed(keeper: &RegistryKeeper, purpose: TicketPurpose) -> String {
    let ticket = Ticket {
        id: TicketId::new(1),
        user: Some(UserId::new(OWNER)),
        purpose,
        address: "seven@home.example".to_owned(),
        recovery: Some(RecoveryId::new(1)),
        org: None,
        created: now(),
        expires: now() + DAY,
        nonce: "00".repeat(16),
        browser: None,
        wanted: None,
        password_set: None,
        used: None,
    };
    keeper.put(&ticket);
    tickets::word(&keeper.server_key, &ticket)
}

fn state(keeper: &RegistryKeeper) -> RecoveryState {
    keeper.load().1.recoveries().next().expect("a recovery").state
}

fn person<'a>(keeper: &RegistryKeeper, server: &'a TestServer, user: u32, fresh: bool) -> Visitor<'a> {
    let session = keeper.session(user, fresh);
    keeper.settle(server);
    let visitor = Visitor::with_session(server, &session);
    visitor.get("/profile");
    visitor
}

pub fn a_lost_factor_is_recovered_by_two_mailboxes_and_three_days(place: &RegistryPlace) {
    let keeper = registry(place);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/account/recover/");
    let unknown = visitor.post("/account/recover/", &[("email", "nobody@people.example")]);
    // A stranger requests a recovery just before. Its mails also serve the owner.
    let stranger = Visitor::new(&server);
    stranger.get("/account/recover/");
    assert_eq!(stranger.post("/account/recover/", &[("email", "user7")]).status(), 200);
    keeper.mail(&["seven@home.example", "/account/recover/address?"]);
    visitor.get("/account/recover/");
    let known = visitor.post("/account/recover/", &[("email", "user7")]);
    assert_eq!((known.status(), &known.text), (unknown.status(), &unknown.text), "the answer reveals nothing");
    let path = |address: &str| link(&keeper.mail(&[address, "/account/recover/address?"]), "/account/recover/address");
    let (first, second) = (path("user7@people.example"), path("seven@home.example"));
    let word = |path: &str| path.split("token=").nth(1).expect("a word").to_owned();
    let elsewhere = Visitor::new(&server).get(&first);
    assert_eq!(elsewhere.status(), 400);
    elsewhere.shows("only in the browser in which it was requested");
    visitor.get(&first);
    visitor
        .post("/account/recover/address", &[("token", &word(&first))])
        .shows("has number 1. The admin who vouches for you needs it");
    let again = visitor.post("/account/recover/address", &[("token", &word(&first))]);
    assert_eq!(again.status(), 400);
    again.shows("It has already been used");
    assert_eq!(state(&keeper), RecoveryState::Open);
    visitor.get(&second);
    visitor.post("/account/recover/address", &[("token", &word(&second))]).shows("In three days");
    for address in ["user7@people.example", "seven@home.example", "user8@people.example"] {
        keeper.mail(&[address, "/account/recover/stop?token="]);
    }
    // Three days later.
    let waiting = Recovery::clone(keeper.load().1.recovery(RecoveryId::new(1)).expect("there"));
    assert!(waiting.ends.is_some_and(|ends| ends > now() + COOL_DOWN - HOUR));
    keeper.put(&Recovery { ends: Some(now() - TICK), ..waiting });
    let finish = link(&keeper.mail(&["seven@home.example", "/account/recover/finish?"]), "/account/recover/finish");
    let session = keeper.session(OWNER, true);
    keeper.settle(&server);
    let other = Visitor::new(&server);
    other.get(&finish).shows("user7");
    let fields = [("token", word(&finish)), ("password", PASSWORD.to_owned()), ("password_v", PASSWORD.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = other.post("/account/recover/finish", &fields);
    assert_eq!((done.status(), done.location()), (303, "/account/login/"), "{}", done.text);
    keeper.mail(&["user8@people.example", "An account was recovered"]);
    let people = keeper.load().1;
    assert_eq!((people.factors_of(UserId::new(OWNER)).count(), people.sessions_of(UserId::new(OWNER)).count()), (0, 0));
    assert_eq!(people.key_by_id(KeyId::new(1)).expect("there").key.state, KeyState::Suspended);
    assert_eq!(Visitor::with_session(&server, &session).get("/profile").status(), 303);
    other.get("/account/login/");
    let again = other.post("/account/recover/finish", &fields);
    assert_eq!(again.status(), 400);
    again.shows("It has already been used");
    // The owner's keys are suspended, and none that can write can be resumed for a day.
    let owner = person(&keeper, &server, OWNER, true);
    owner.get("/profile/keys").shows("Your account was recovered");
    let public = keeper.load().1.key_by_id(KeyId::new(1)).expect("there").key.public.clone();
    let soon = owner.post("/profile/keys/resume", &[("key", &public)]);
    assert_eq!(soon.status(), 400);
    soon.shows("is read-only until");
    let user = User::clone(keeper.load().1.user(UserId::new(OWNER)).expect("there"));
    keeper.put(&User { reads_until: Some(now() - TICK), ..user });
    keeper.settle(&server);
    owner.get("/profile/keys");
    assert_eq!(owner.post("/profile/keys/resume", &[("key", &public)]).status(), 303);
    assert_eq!(keeper.load().1.key_by_id(KeyId::new(1)).expect("there").key.state, KeyState::Active);
}

pub fn n15_while_an_account_only_reads_no_endpoint_changes_it(place: &RegistryPlace) {
    let keeper = registry(place);
    let owner = User::clone(keeper.load().1.user(UserId::new(OWNER)).expect("there"));
    keeper.put(&User { reads_until: Some(now() + DAY), ..owner.clone() });
    keeper.member(1, 1, OWNER, MemberRole::Admin, PermissionRules::new());
    let server = keeper.serve(place, &flags());
    let visitor = person(&keeper, &server, OWNER, true);
    let before = keeper.load().1.texts();
    for (path, fields) in [
        ("/change-name", &[("first_name", "Another"), ("last_name", "Name")][..]),
        ("/change-username", &[("username", "another")]),
        ("/change-password", &[("password", PASSWORD), ("password_v", PASSWORD)]),
        ("/profile/email/add", &[("email", "more@people.example")]),
        ("/profile/email/delete", &[("email", "seven@home.example")]),
        ("/profile/email/primary", &[("email", "seven@home.example")]),
        ("/set-organization/", &[("organization", "1")]),
        ("/affiliate-to-org", &[("asn", "63310")]),
        ("/request-ownership", &[("id", "1")]),
        ("/user_keys/add", &[("name", "robot")]),
        ("/org/1/manage/people/invite", &[("email", "x@y.example")]),
        ("/org/1/manage/people/promote", &[("user_id", "8")]),
        ("/org/1/manage/policy", &[("requires_passkey", "yes")]),
        ("/profile/close", &[]),
    ] {
        let answer = visitor.post_for_json(path, fields);
        assert!(answer.status() >= 400, "{path}: {} {}", answer.status(), answer.text);
    }
    assert_eq!(keeper.load().1.texts(), before, "nothing has changed");
    visitor.get("/profile");
    visitor.post("/change-name", &[("first_name", "Another"), ("last_name", "Name")]).shows("is read-only until");
    // Still possible: ending sessions, revoking keys, and logging out.
    let public = keeper.load().1.key_by_id(KeyId::new(1)).expect("there").key.public.clone();
    assert_eq!(visitor.post("/profile/keys/suspend", &[("key", &public)]).status(), 303);
    assert_eq!(visitor.post("/logout", &[]).status(), 303);
    assert_eq!(keeper.load().1.sessions_of(UserId::new(OWNER)).count(), 0);
}

pub fn of_a_hundred_who_follow_one_recovery_link_at_once_one_is_served(place: &RegistryPlace) {
    let keeper = registry(place);
    keeper.put(&recovery(RecoveryState::Waiting, Some(now() - TICK)));
    let word = mailed(&keeper, TicketPurpose::FinishRecovery);
    let server = keeper.serve(place, &flags());
    let path = format!("/account/recover/finish?token={word}");
    let winners: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..100)
            .map(|number| {
                let (server, word, path) = (&server, word.as_str(), path.as_str());
                scope.spawn(move || {
                    let racer = Visitor::new(server);
                    racer.get(path);
                    let password = format!("password of racer {number}");
                    let fields = [("token", word), ("password", password.as_str()), ("password_v", &password)];
                    usize::from(racer.post("/account/recover/finish", &fields).status() == 303)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).sum()
    });
    assert_eq!(winners, 1);
    assert_eq!(state(&keeper), RecoveryState::Done);
}

pub fn within_the_cool_down_a_mailed_link_stops_it_and_locks_the_account(place: &RegistryPlace) {
    let keeper = registry(place);
    keeper.put(&recovery(RecoveryState::Waiting, Some(now() + 2 * DAY)));
    let word = mailed(&keeper, TicketPurpose::StopRecovery);
    let session = keeper.session(OWNER, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    let path = format!("/account/recover/stop?token={word}");
    visitor.get(&path).shows("Stop recovery and suspend account");
    assert_eq!(state(&keeper), RecoveryState::Waiting, "opening the link does nothing");
    visitor.post("/account/recover/stop", &[("token", &word)]).shows("The recovery has been stopped");
    let people = keeper.load().1;
    assert_eq!(state(&keeper), RecoveryState::Stopped);
    assert!(
        !people.user(UserId::new(OWNER)).expect("there").active
            && people.sessions_of(UserId::new(OWNER)).next().is_none()
    );
    assert_eq!(Visitor::with_session(&server, &session).get("/profile").status(), 303);
    keeper.mail(&["user8@people.example", "A recovery was stopped"]);
    let again = visitor.get(&path);
    assert_eq!(again.status(), 400);
    again.shows("It has already been used");
    // Only staff can reactivate the account. The owner and other staff are notified.
    let root = person(&keeper, &server, ROOT, true);
    assert_eq!(root.post("/staff/users/let-in", &[("user_id", "7")]).status(), 303);
    keeper.mail(&["user7@people.example", "Your account was reactivated"]);
    assert!(keeper.load().1.user(UserId::new(OWNER)).expect("there").active);
}

pub fn an_open_session_stops_it_on_any_page(place: &RegistryPlace) {
    let keeper = registry(place);
    let server = keeper.serve(place, &flags());
    let owner = person(&keeper, &server, OWNER, false);
    assert!(!owner.get("/profile").text.contains("/account/recover/end"));
    keeper.put(&recovery(RecoveryState::Open, None));
    keeper.put(&Recovery { begun: now(), ..recovery(RecoveryState::Open, None) });
    keeper.settle(&server);
    owner.get("/profile").shows("/account/recover/end");
    let admin = person(&keeper, &server, ADMIN, false);
    assert!(!admin.get("/profile").text.contains("/account/recover/end"), "it is not their recovery");
    admin.post("/account/recover/end", &[]);
    assert_eq!(state(&keeper), RecoveryState::Open);
    assert_eq!(owner.post("/account/recover/end", &[]).status(), 303);
    assert_eq!(state(&keeper), RecoveryState::Stopped);
    assert!(
        keeper.load().1.user(UserId::new(OWNER)).expect("there").active,
        "a recovery that a session stops does not suspend the account"
    );
    keeper.mail(&["seven@home.example", "A recovery was stopped"]);
}

pub fn an_admin_vouches_with_a_fresh_factor_for_who_asks_and_for_nobody_else(place: &RegistryPlace) {
    let keeper = registry(place);
    keeper.put(&Recovery { begun: now(), ..recovery(RecoveryState::Open, None) });
    let server = keeper.serve(place, &flags());
    let stale = person(&keeper, &server, ADMIN, false);
    let people = stale.get("/org/1/manage/people");
    people.shows("/org/1/manage/people/vouch");
    assert_eq!(people.text.matches("/org/1/manage/people/vouch").count(), 1, "only for the person who requested it");
    let reply = stale.post("/org/1/manage/people/vouch", &[("user_id", "7")]);
    assert!(reply.location().starts_with("/account/confirm/?next="), "{}", reply.location());
    assert_eq!(state(&keeper), RecoveryState::Open);
    let admin = person(&keeper, &server, ADMIN, true);
    assert_eq!(admin.post("/org/1/manage/people/vouch", &[("user_id", "8")]).status(), 400);
    let done = admin.post("/org/1/manage/people/vouch", &[("user_id", "7")]);
    assert_eq!((done.status(), done.location()), (303, "/org/1/manage/people"), "{}", done.text);
    assert_eq!(state(&keeper), RecoveryState::Waiting, "an address and an admin are two confirmations");
    keeper.mail(&["user7@people.example", "/account/recover/stop?token="]);
    assert!(!admin.get("/org/1/manage/people").text.contains("/org/1/manage/people/vouch"));
    admin.get("/org/1/manage/audit").shows("vouched for in a recovery");
}

pub fn staff_let_the_only_admin_go_on_or_refuse_and_say_why(place: &RegistryPlace) {
    let keeper = registry(place);
    keeper.put(&recovery(RecoveryState::Review, None));
    let server = keeper.serve(place, &flags());
    let admin = person(&keeper, &server, ADMIN, true);
    assert_eq!(admin.post("/staff/recoveries/approve", &[("id", "1")]).status(), 404);
    let stale = person(&keeper, &server, ROOT, false);
    stale.get("/staff/recoveries").shows("awaiting your approval");
    stale.post("/staff/recoveries/approve", &[("id", "1")]);
    assert_eq!(state(&keeper), RecoveryState::Review, "a fresh factor is required first");
    let root = person(&keeper, &server, ROOT, true);
    root.get("/staff/recoveries");
    assert_eq!(root.post("/staff/recoveries/refuse", &[("id", "1"), ("reason", " ")]).status(), 400);
    assert_eq!(root.post("/staff/recoveries/approve", &[("id", "1")]).status(), 303);
    let people = keeper.load().1;
    let going = people.recovery(RecoveryId::new(1)).expect("there");
    assert!(going.state == RecoveryState::Waiting && going.ends.is_some_and(|ends| ends > now() + 2 * DAY));
    keeper.mail(&["user8@people.example", "/account/recover/stop?token="]);
    keeper.put(&recovery(RecoveryState::Review, None));
    keeper.settle(&server);
    root.get("/staff/recoveries");
    let refused = [("id", "1"), ("reason", "no word from the office")];
    assert_eq!(root.post("/staff/recoveries/refuse", &refused).status(), 303);
    assert_eq!(state(&keeper), RecoveryState::Stopped);
    keeper.mail(&["seven@home.example", "no word from the office"]);
}
