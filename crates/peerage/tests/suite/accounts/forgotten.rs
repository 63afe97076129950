//! Forgotten passwords and user names.

use peerage_access::records::{EmailAddress, User};
use peerage_registry::ids::UserId;

use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::RegistryKeeper;
use crate::server::RegistryPlace;
use crate::visitor::{Visitor, link};

pub fn a_forgotten_password_is_set_anew_once_in_the_same_browser(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, "the old password of seven");
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/reset-password").shows("name=\"email\"");
    let unknown = visitor.post("/reset-password", &[("email", "nobody@people.example")]);
    visitor.get("/reset-password");
    let known = visitor.post("/reset-password", &[("email", "User7@people.example")]);
    assert_eq!((known.status(), &known.text), (unknown.status(), &unknown.text));
    let path = link(&keeper.mail(&["user7@people.example", "/reset-password?token="]), "/reset-password");
    let word = path.split("token=").nth(1).expect("a word").to_owned();
    // The link does not work in another browser.
    let other = Visitor::new(&server);
    assert_eq!(other.get(&path).status(), 400);
    visitor.get(&path).shows("user7");
    let short = visitor.post("/reset-password", &[("token", &word), ("password", "short"), ("password_v", "short")]);
    assert_eq!(short.status(), 400);
    let new = [("token", word.as_str()), ("password", PASSWORD), ("password_v", PASSWORD)];
    let done = visitor.post("/reset-password", &new);
    assert_eq!((done.status(), done.location()), (303, "/account/login/"));
    keeper.mail(&["Your password was changed", "user7@people.example"]);
    // All sessions have ended, and the link is used up.
    assert_eq!(keeper.load().1.sessions_of(UserId::new(7)).count(), 0);
    let gone = Visitor::with_session(&server, &session).get("/profile");
    assert_eq!((gone.status(), gone.location().starts_with("/account/login/")), (303, true));
    visitor.get("/register");
    assert_eq!(visitor.post("/reset-password", &new).status(), 400);
}

pub fn n08_a_stranger_who_asks_first_does_not_keep_the_owner_from_a_reset(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, "the old password of seven");
    let server = keeper.serve(place, &flags());
    // Strangers request a link from new browsers each time. Only one mail is sent.
    let mut strangers = Vec::new();
    for _ in 0..7 {
        let stranger = Visitor::new(&server);
        stranger.get("/reset-password");
        assert_eq!(stranger.post("/reset-password", &[("email", "user7@people.example")]).status(), 200);
        strangers.push(stranger);
    }
    let path = link(&keeper.mail(&["user7@people.example", "/reset-password?token="]), "/reset-password");
    let tickets = || keeper.load().1.tickets().count();
    assert_eq!(tickets(), 1);
    // Its link works in the browser of the owner, who has requested one since, but not in other browsers.
    let (owner, elsewhere) = (Visitor::new(&server), Visitor::new(&server));
    owner.get("/reset-password");
    owner.post("/reset-password", &[("email", "USER7@people.example")]);
    elsewhere.get("/reset-password");
    elsewhere.post("/reset-password", &[("email", "user8@people.example")]);
    assert_eq!((tickets(), elsewhere.get(&path).status()), (1, 400));
    owner.get(&path).shows("user7");
    let word = path.split("token=").nth(1).expect("a word").to_owned();
    let new = [("token", word.as_str()), ("password", PASSWORD), ("password_v", PASSWORD)];
    assert_eq!(owner.post("/reset-password", &new).status(), 303);
    for stranger in &strangers {
        assert_eq!(stranger.get(&path).status(), 400, "the link is used up");
    }
}

pub fn n08_a_mailed_link_ends_with_the_address_and_the_password_that_it_rests_on(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let owner = keeper.user(7, true, false);
    let home = EmailAddress::answered("seven@home.example".to_owned());
    keeper.put(&User { emails: [vec![home], owner.emails.clone()].concat(), ..owner });
    keeper.password(7, "the old password of seven");
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    let request = |address: &str| {
        visitor.get("/reset-password");
        assert_eq!(visitor.post("/reset-password", &[("email", address)]).status(), 200);
        link(&keeper.mail(&[&format!("To: {address}"), "/reset-password?token="]), "/reset-password")
    };
    let (removed, kept) = (request("user7@people.example"), request("seven@home.example"));
    visitor.get(&removed).shows("user7");
    visitor.get(&kept).shows("user7");
    let owner = Visitor::with_session(&server, &session);
    owner.get("/profile");
    assert_eq!(owner.post("/profile/email/delete", &[("email", "user7@people.example")]).status(), 303);
    let refused = |path: &str| {
        let word = path.split("token=").nth(1).expect("a word");
        assert_eq!(visitor.get(path).status(), 400);
        visitor.get("/reset-password");
        let new = [("token", word), ("password", PASSWORD), ("password_v", PASSWORD)];
        assert_eq!(visitor.post("/reset-password", &new).status(), 400);
    };
    refused(&removed);
    visitor.get(&kept).shows("user7");
    let new = "another password of seven";
    let fields = [("password_c", "the old password of seven"), ("password", new), ("password_v", new)];
    owner.get("/profile");
    assert_eq!(owner.post("/change-password", &fields).status(), 303);
    refused(&kept);
}

pub fn a_forgotten_name_is_shown_once_in_the_same_browser(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/username-retrieve");
    visitor.post("/username-retrieve/initiate", &[("email", "user7@people.example")]);
    let path = link(&keeper.mail(&["user7@people.example", "secret="]), "/username-retrieve/complete");
    let word = path.split("secret=").nth(1).expect("a word").to_owned();
    assert_eq!(Visitor::new(&server).get(&path).status(), 400);
    visitor.get(&path);
    visitor.post("/username-retrieve/complete", &[("secret", &word)]).shows("<code>user7</code>");
    assert_eq!(visitor.get(&path).status(), 400);
}

pub fn of_many_who_follow_one_link_at_once_one_is_served(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/reset-password");
    visitor.post("/reset-password", &[("email", "user7@people.example")]);
    let path = link(&keeper.mail(&["user7@people.example", "token="]), "/reset-password");
    let word = path.split("token=").nth(1).expect("a word");
    visitor.get(&path);
    let mark = visitor.cookie("peerage-browser").expect("a mark");
    let winners: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..30)
            .map(|number| {
                let (server, mark, word, path) = (&server, mark.as_str(), word, path.as_str());
                scope.spawn(move || {
                    let racer = Visitor::new(server);
                    racer.set_cookie("peerage-browser", mark);
                    racer.get(path);
                    let password = format!("password of racer {number}");
                    let fields = [("token", word), ("password", password.as_str()), ("password_v", &password)];
                    usize::from(racer.post("/reset-password", &fields).status() == 303)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).sum()
    });
    assert_eq!(winners, 1);
}

/// Acceptance test 7.
pub fn a_reset_password_leaves_the_second_factor_demanded_and_ends_all_sessions(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, "the old password of seven");
    keeper.app(1, 7, &[3; 20]);
    let sessions = [keeper.session(7, true), keeper.session(7, false)];
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/reset-password");
    visitor.post("/reset-password", &[("email", "user7@people.example")]);
    let path = link(&keeper.mail(&["user7@people.example", "/reset-password?token="]), "/reset-password");
    let word = path.split("token=").nth(1).expect("a word").to_owned();
    visitor.get(&path);
    let new = [("token", word.as_str()), ("password", PASSWORD), ("password_v", PASSWORD)];
    assert_eq!(visitor.post("/reset-password", &new).status(), 303);
    for session in sessions {
        assert_eq!(Visitor::with_session(&server, &session).get("/profile").status(), 303);
    }
    let page = crate::accounts::log_in::log_in(&visitor, "user7", PASSWORD);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"), "the second step");
    visitor.get("/account/login/").shows("token-otp_token");
    assert_eq!(visitor.get("/profile").status(), 303, "nobody is logged in yet");
    assert_eq!(keeper.load().1.factors_of(UserId::new(7)).count(), 1);
}

pub fn i12_06_where_somebody_was_going_survives_a_reset_and_a_registration(place: &RegistryPlace) {
    const NEXT: &str = "/oauth2/applications/?from=site";
    const TO_LOG_IN: &str = "/account/login/?next=%2Foauth2%2Fapplications%2F%3Ffrom%3Dsite";
    let keeper = RegistryKeeper::of(place);
    for user in [7, 8] {
        keeper.user(user, true, false);
        keeper.password(user, "the old password of somebody");
    }
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    let page = visitor.get(TO_LOG_IN);
    for way in ["/reset-password", "/register"] {
        page.shows(&format!("href=\"{way}?next=%2Foauth2%2Fapplications%2F%3Ffrom%3Dsite\""));
    }
    visitor.get(&format!("/reset-password?next={}", &TO_LOG_IN["/account/login/?next=".len()..]));
    let request = |address: &str, next: &str| {
        visitor.post("/reset-password", &[("email", address), ("next", next)]);
        let mail = keeper.mail(&[&format!("To: {address}"), "/reset-password?token="]);
        assert!(!mail.contains("next="), "no mail contains the next page: {mail}");
        link(&mail, "/reset-password").split("token=").nth(1).expect("a word").to_owned()
    };
    let set = |word: &str| {
        visitor.get(&format!("/reset-password?token={word}"));
        let fields = [("token", word), ("password", PASSWORD), ("password_v", PASSWORD)];
        visitor.post("/reset-password", &fields).location().to_owned()
    };
    let (seven, eight) = (request("user7@people.example", "//evil.example/"), request("user8@people.example", NEXT));
    assert_eq!(set(&seven), "/account/login/", "it belongs to the address for which it was requested");
    assert_eq!(set(&eight), TO_LOG_IN);
    assert_eq!(visitor.cookie("peerage-next"), None, "the cookie is used once");
    // A registration, in the same browser.
    let other = Visitor::new(&server);
    other
        .get("/register?next=%2Foauth2%2Fapplications%2F%3Ffrom%3Dsite")
        .shows(&format!("name=\"next\" value=\"{NEXT}\""));
    let fields = [
        ("username", "newton"),
        ("email", "newton@people.example"),
        ("password1", PASSWORD),
        ("password2", PASSWORD),
        ("next", NEXT),
    ];
    assert_eq!(other.post("/register", &fields).status(), 200);
    let mail = keeper.mail(&["To: newton@people.example", "/accounts/confirm-email/"]);
    assert!(!mail.contains("next="), "{mail}");
    let path = link(&mail, "/accounts/confirm-email/");
    other.get(&path);
    assert_eq!(other.post(&path, &[]).location(), TO_LOG_IN);
}
