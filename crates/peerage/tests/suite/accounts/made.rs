//! Creating an account.

use peerage_registry::ids::{SessionId, UserId};

use crate::keeper::{RegistryKeeper, UNBOUND};
use crate::server::RegistryPlace;
use crate::visitor::{Visitor, link};

pub const PASSWORD: &str = "a long walk by the river";

pub fn flags() -> Vec<&'static str> {
    UNBOUND.to_vec()
}

fn wanted<'a>(name: &'a str, email: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("username", name),
        ("email", email),
        ("password1", PASSWORD),
        ("password2", PASSWORD),
        ("first_name", "Ann"),
        ("last_name", "Lee"),
    ]
}

pub fn an_account_is_made_by_whoever_reads_its_mailbox(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/register").shows("name=\"username\"");
    let page = visitor.post("/register", &wanted("ann", "ann@people.example"));
    assert_eq!(page.status(), 200);
    let mail = keeper.mail(&["ann@people.example", "/accounts/confirm-email/"]);
    assert!(keeper.load().1.user_named("ann").is_none(), "no account is created before the address is confirmed");
    let path = link(&mail, "/accounts/confirm-email/");
    // A program that opens links in mails creates no account.
    visitor.get(&path).shows("ann@people.example");
    assert!(keeper.load().1.user_named("ann").is_none());
    let page = visitor.post(&path, &[]);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"));
    let elsewhere = Visitor::new(&server);
    let people = keeper.load().1;
    let user = people.user_named("ann").expect("made");
    assert_eq!((user.full_name().as_str(), user.verified, user.emails.len()), ("Ann Lee", false, 1));
    assert!(user.emails[0].verified && people.password(user.id).is_some());
    // The link works only once.
    assert_eq!(elsewhere.get(&path).status(), 400);
    elsewhere.get("/register");
    assert_eq!(elsewhere.post(&path, &[]).status(), 400);
}

pub fn n20_an_account_that_a_stranger_asked_for_gets_the_password_of_whoever_reads_the_mailbox(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let server = keeper.serve(place, &flags());
    let stranger = Visitor::new(&server);
    stranger.get("/register");
    assert_eq!(stranger.post("/register", &wanted("mallory", "ann@people.example")).status(), 200);
    let path = link(&keeper.mail(&["ann@people.example", "/accounts/confirm-email/"]), "/accounts/confirm-email/");
    let owner = Visitor::new(&server);
    let page = owner.get(&path);
    page.shows("mallory");
    page.shows("name=\"password1\"");
    for fields in [&[][..], &[("password1", "short"), ("password2", "short")]] {
        let page = owner.post(&path, fields);
        assert_eq!(page.status(), 400);
        page.shows("field-password1");
    }
    assert!(keeper.load().1.user_named("mallory").is_none());
    let own = "the owner of the mailbox chose it";
    let page = owner.post(&path, &[("username", "ann"), ("password1", own), ("password2", own)]);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"), "{}", page.text);
    let page = crate::accounts::log_in::log_in(&stranger, "ann", PASSWORD);
    assert_eq!(page.status(), 400, "the stranger's password does not work");
    let page = crate::accounts::log_in::log_in(&owner, "ann@people.example", own);
    assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"));
}

pub fn n04_no_user_name_is_somebody_elses_address(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, PASSWORD);
    let mallory = keeper.user(8, true, false);
    let session = keeper.session(8, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/profile");
    for name in ["user7@people.example", "nobody@people.example", "https://evil.example/x", "a:b", "a b", "a/b"] {
        let page = visitor.post("/change-username", &[("username", name), ("password", PASSWORD)]);
        assert_eq!(page.status(), 400, "{name}");
        let stranger = Visitor::new(&server);
        stranger.get("/register");
        assert_eq!(stranger.post("/register", &wanted(name, "new@people.example")).status(), 400, "{name}");
    }
    assert_eq!(keeper.load().1.user(UserId::new(8)).expect("there").username, "user8");
    visitor.get("/profile");
    let own = visitor.post("/change-username", &[("username", "user8@people.example")]);
    assert_eq!(own.status(), 303, "{}", own.text);
    // An imported name that looks like an address does not take precedence over the address, and cannot be chosen again.
    keeper.put(&peerage_access::records::User { username: "user7@people.example".to_owned(), ..mallory });
    keeper.settle(&server);
    let owner = Visitor::new(&server);
    let page = crate::accounts::log_in::log_in(&owner, "user7@people.example", PASSWORD);
    assert_eq!(page.location(), "/account/two_factor/", "{}", page.text);
    let session = owner.cookie("peerage-session").expect("a session");
    let people = keeper.load().1;
    let id: u32 = session.split('_').nth(1).and_then(|id| id.parse().ok()).expect("an id");
    assert_eq!(people.session(SessionId::new(id)).expect("open").user, UserId::new(7));
}

pub fn registering_a_known_address_answers_the_same_and_tells_its_owner(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/register");
    let known = visitor.post("/register", &wanted("someone", "USER7@people.example"));
    visitor.get("/register");
    let unknown = visitor.post("/register", &wanted("someone", "new@people.example"));
    assert_eq!((known.status(), &known.text), (unknown.status(), &unknown.text));
    let mail = keeper.mail(&["user7@people.example", "You already have an account"]);
    assert!(!mail.contains("confirm-email"), "{mail}");
    keeper.mail(&["new@people.example", "/accounts/confirm-email/"]);
}

pub fn a_taken_name_is_told_to_whoever_has_proved_the_mailbox(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/register");
    assert_eq!(visitor.post("/register", &wanted("USER7", "new@people.example")).status(), 200);
    let path = link(&keeper.mail(&["new@people.example"]), "/accounts/confirm-email/");
    visitor.get(&path);
    let page = visitor.post(&path, &[]);
    assert_eq!(page.status(), 400);
    page.shows("A user with that username already exists.");
    page.shows("name=\"username\"");
    let page = visitor.post(&path, &[("username", "seven")]);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"));
    assert!(keeper.load().1.user_named("seven").is_some());
}

pub fn forms_with_faults_name_each_field(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::new(&server);
    visitor.get("/register");
    let faulty = [("username", "apikey1"), ("email", "nobody"), ("password1", "short"), ("first_name", "<b>")];
    let page = visitor.post("/register", &faulty);
    assert_eq!(page.status(), 400);
    for part in ["Username cannot start with", "Enter a valid email address.", "role=\"alert\"", "field-password1"] {
        page.shows(part);
    }
    assert!(!page.text.contains("<b>"), "input is shown as text");
    let answer = visitor.post_for_json("/register", &faulty).answer;
    let body = answer.json();
    assert_eq!(answer.status, 400);
    for field in ["username", "email", "password1", "first_name"] {
        assert!(body[field][0].is_string(), "{field}: {body}");
    }
    assert_eq!(keeper.load().1.tickets().count(), 0);
    // If people need an invitation, nobody can register.
    drop(server);
    let server = keeper.serve(place, &[flags(), vec!["--registration", "false"]].concat());
    let visitor = Visitor::new(&server);
    visitor.get("/account/login/");
    visitor.get("/reset-password");
    assert_eq!(visitor.post("/register", &wanted("ann", "ann@people.example")).status(), 403);
}

pub fn n05_registrations_from_one_64_are_bounded(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    let mut limits = flags();
    limits[15] = "2";
    limits.extend(["--trusted-proxies", "127.0.0.0/8"]);
    let server = keeper.serve(place, &limits);
    let visitor = Visitor::new(&server);
    let ask = |number: usize, address: &str| {
        visitor.get("/register");
        let token = visitor.token();
        let (name, email) = (format!("ann{number}"), format!("ann{number}@people.example"));
        let fields = [&[("csrf", token.as_str())], &wanted(&name, &email)[..]].concat();
        visitor.post_raw("/register", &fields, &[("X-Forwarded-For", address)]).status()
    };
    let taken = (1..=12).filter(|number| ask(*number, &format!("2001:db8:1:1::{number:x}")) == 200).count();
    assert_eq!(taken, 2, "the others have to wait");
    assert_eq!(ask(13, "2001:db8:1:2::1"), 200, "another /64");
    for name in ["ann1@people.example", "ann2@people.example", "ann13@people.example"] {
        keeper.mail(&[name, "/accounts/confirm-email/"]);
    }
    assert_eq!(keeper.load().1.tickets().count(), 3, "nothing is stored for refused requests");
}
