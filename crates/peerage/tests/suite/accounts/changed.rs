//! Changes that people make to their accounts.

use peerage_access::records::{MemberRole, PermissionRules};
use peerage_registry::ids::UserId;

use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::RegistryKeeper;
use crate::server::RegistryPlace;
use crate::visitor::{Visitor, link};

pub fn n20_an_address_is_added_by_proof_in_the_own_session_made_main_and_removed(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.user(8, true, false);
    let (fresh, stale, anothers) = (keeper.session(7, true), keeper.session(7, false), keeper.session(8, true));
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &fresh);
    visitor.get("/profile").shows("user7@people.example");
    let page = visitor.post("/profile/email/add", &[("email", "seven@people.example")]);
    assert_eq!((page.status(), page.location()), (303, "/profile"));
    visitor.get("/profile").shows("seven@people.example");
    assert_eq!(
        keeper.load().1.user(UserId::new(7)).expect("there").emails.len(),
        1,
        "the address is not theirs before they confirm it"
    );
    // Another person's address gets the same answer, and its owner is notified.
    assert_eq!(visitor.post("/profile/email/add", &[("email", "user8@people.example")]).status(), 303);
    let warning = keeper.mail(&["user8@people.example", "entered for another account"]);
    assert!(!warning.contains("confirm-email"));
    let path = link(&keeper.mail(&["seven@people.example", "confirm-email"]), "/accounts/confirm-email/");
    // In another browser the link says which account it is for, and confirms nothing.
    let elsewhere = Visitor::new(&server);
    let page = elsewhere.get(&path);
    assert_eq!(page.status(), 403);
    page.shows("user7");
    page.shows("seven@people.example");
    elsewhere.get("/register");
    assert_eq!(elsewhere.post(&path, &[]).status(), 403);
    let other = Visitor::with_session(&server, &anothers);
    other.get("/profile");
    assert_eq!((other.get(&path).status(), other.post(&path, &[]).status()), (403, 403));
    assert_eq!(keeper.load().1.user(UserId::new(7)).expect("there").emails.len(), 1);
    visitor.get(&path).shows("user7");
    assert_eq!(visitor.post(&path, &[]).status(), 303);
    for address in ["user7@people.example", "seven@people.example"] {
        keeper.mail(&["An address was added to your account", &format!("To: {address}")]);
    }
    let emails = |keeper: &RegistryKeeper| -> Vec<String> {
        keeper.load().1.user(UserId::new(7)).expect("there").emails.iter().map(|email| email.address.clone()).collect()
    };
    assert_eq!(emails(&keeper), ["user7@people.example", "seven@people.example"]);
    visitor.get("/profile");
    assert_eq!(visitor.post("/profile/email/primary", &[("email", "seven@people.example")]).status(), 303);
    assert_eq!(emails(&keeper), ["seven@people.example", "user7@people.example"]);
    let main = visitor.post_for_json("/profile/email/delete", &[("email", "seven@people.example")]);
    assert_eq!(main.answer.json()["email"][0], "Cannot remove primary email");
    // Without a recent verification nothing changes: the page asks for one and returns here.
    let old = Visitor::with_session(&server, &stale);
    old.get("/profile");
    let reply = old.post("/profile/email/delete", &[("email", "user7@people.example")]);
    assert!(reply.location().starts_with("/account/confirm/?next="), "{}", reply.location());
    assert_eq!(emails(&keeper).len(), 2);
    assert_eq!(visitor.post("/profile/email/delete", &[("email", "user7@people.example")]).status(), 303);
    assert_eq!(emails(&keeper), ["seven@people.example"]);
    keeper.mail(&["An address was removed from your account", "user7@people.example"]);
}

pub fn another_password_ends_every_session(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, "the old password of seven");
    let (session, other) = (keeper.session(7, true), keeper.session(7, true));
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/profile");
    let new = [("password", PASSWORD), ("password_v", PASSWORD)];
    let wrong = visitor.post("/change-password", &[&[("password_c", "a guess at the password")], &new[..]].concat());
    assert_eq!(wrong.status(), 400);
    wrong.shows("Wrong password");
    let right = [&[("password_c", "the old password of seven")], &new[..]].concat();
    let done = visitor.post("/change-password", &right);
    assert_eq!((done.status(), done.location()), (303, "/account/login/"));
    assert_eq!(visitor.cookie("peerage-session"), None);
    for text in [session, other] {
        assert_eq!(Visitor::with_session(&server, &text).get("/profile").status(), 303);
    }
    keeper.mail(&["Your password was changed", "user7@people.example"]);
}

pub fn the_last_admin_does_not_close_the_account(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&serde_json::json!({"org": {"data": [{"id": 1, "name": "One", "status": "ok"}]}}));
    keeper.user(7, true, false);
    keeper.user(8, true, false);
    keeper.member(1, 1, 7, MemberRole::Admin, PermissionRules::new());
    keeper.member(2, 1, 8, MemberRole::Member, PermissionRules::new());
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/profile");
    let page = visitor.post("/profile/close", &[]);
    assert_eq!(page.status(), 400);
    page.shows("last admin of organization 1");
    assert!(keeper.load().1.user(UserId::new(7)).expect("there").active);
}

pub fn a_closed_account_leaves_nothing_that_lets_in(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, "the old password of seven");
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/profile");
    let wrong = visitor.post_for_json("/profile/close", &[("password", "a guess")]);
    assert_eq!((wrong.status(), wrong.answer.json()["password"][0].as_str()), (400, Some("Incorrect password")));
    let done = visitor.post("/profile/close", &[("password", "the old password of seven")]);
    assert_eq!((done.status(), done.location()), (303, "/"));
    let people = keeper.load().1;
    let user = people.user(UserId::new(7)).expect("the account still exists");
    assert!(!user.active && user.emails.is_empty() && people.password(UserId::new(7)).is_none());
    assert_eq!(Visitor::with_session(&server, &session).get("/profile").status(), 303);
    keeper.mail(&["Your account was closed", "user7@people.example"]);
}

/// Acceptance test 18. The ID stays in both cases, so that the audit log keeps its meaning.
pub fn a_closed_account_tells_nothing_whether_it_was_pending_or_verified_and_its_keys_are_gone(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    for (user, is_verified) in [(7, true), (8, false)] {
        keeper.user(user, is_verified, false);
        keeper.password(user, "the old password of both");
    }
    let keys = [keeper.user_key(1, 7), keeper.user_key(2, 8)];
    let sessions = [keeper.session(7, true), keeper.session(8, true)];
    let server = keeper.serve(place, &flags());
    for ((user, session), key) in [7, 8].into_iter().zip(&sessions).zip(&keys) {
        let visitor = Visitor::with_session(&server, session);
        visitor.get("/profile");
        let done = visitor.post("/profile/close", &[("password", "the old password of both")]);
        assert_eq!(done.status(), 303, "{user}: {}", done.text);
        let people = keeper.load().1;
        let account = people.user(UserId::new(user)).expect("the account still exists");
        let text = serde_json::to_string(&**account).expect("JSON");
        assert!(!text.contains(&format!("user{user}")) && !text.contains("First") && !account.active, "{text}");
        let client = crate::keeper::OpenConnection::of(&server);
        assert_eq!(client.get("/api/net", &format!("Api-Key {key}")).status, 401);
        assert!(people.user_named(&format!("user{user}")).is_none(), "the name is available again");
        assert!(people.user_with_email(&format!("user{user}@people.example")).is_none());
    }
}
