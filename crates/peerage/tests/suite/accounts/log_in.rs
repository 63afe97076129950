//! Logging in, second factors, verification and sessions, over HTTP.

use peerage_access::factors::totp;
use peerage_registry::ids::UserId;
use peerage_registry::moment::SignedDuration;

use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{RegistryKeeper, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::{VisitedPage, Visitor};

const HALF_MINUTE: SignedDuration = SignedDuration::from_secs(30);

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = text.split_once(begin).unwrap_or_else(|| panic!("{begin} in {text}")).1;
    rest.split(end).next().unwrap_or_default()
}

pub fn log_in(visitor: &Visitor<'_>, name: &str, password: &str) -> VisitedPage {
    visitor.get("/account/login/");
    visitor.post("/account/login/", &[("auth-username", name), ("auth-password", password)])
}

pub fn show_code(visitor: &Visitor<'_>, code: &str) -> VisitedPage {
    visitor.get("/account/login/");
    visitor.post("/account/login/", &[("step", "token"), ("token-otp_token", code)])
}

/// Adds an app with the code of the previous time step, so that the current one is still unused. Returns seed and
/// backup codes.
pub fn add_app(visitor: &Visitor<'_>) -> (Vec<u8>, Vec<String>) {
    let (seed, codes, _) = add_app_then(visitor, None);
    (seed, codes)
}

/// Returns the seed and the name of the ceremony of a new form to add an app.
pub fn set_up_form(visitor: &Visitor<'_>) -> (Vec<u8>, String) {
    let page = visitor.get("/account/two_factor/setup/");
    page.shows("<svg");
    let secret: String =
        between(&page.text, "id=\"setup-secret\"", "</pre>").split('>').nth(1).expect("a text").to_owned();
    let secret: String = secret.split_whitespace().collect();
    let seed = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base 32");
    (seed, between(&page.text, "name=\"ceremony\" value=\"", "\"").to_owned())
}

/// Adds an app on the way to another page. Also returns the page that shows the codes.
pub fn add_app_then(visitor: &Visitor<'_>, next: Option<&str>) -> (Vec<u8>, Vec<String>, VisitedPage) {
    let (seed, ceremony) = set_up_form(visitor);
    let wrong =
        visitor.post("/account/two_factor/setup/", &[("ceremony", &ceremony), ("name", "Phone"), ("token", "12")]);
    assert_eq!(wrong.status(), 400);
    let code = totp::code_at(&seed, now() - HALF_MINUTE);
    let next = [("next", next.unwrap_or_default())];
    let fields = [&[("ceremony", ceremony.as_str()), ("name", "Phone"), ("token", &code)][..], &next].concat();
    let done = visitor.post("/account/two_factor/setup/", &fields);
    assert_eq!(done.status(), 303, "{}", done.text);
    let shown = done.location().to_owned();
    assert!(shown.starts_with("/account/two_factor/backup/tokens/?shown="), "{shown}");
    let page = visitor.get(&shown);
    let lines = between(&page.text, "<pre id=\"secret\"", "</pre>").split_once('>').expect("a text").1;
    let codes: Vec<String> = lines.lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10);
    assert!(!visitor.get(&shown).text.contains(&codes[0]), "shown once");
    (seed, codes, page)
}

fn person(place: &RegistryPlace) -> (RegistryKeeper, TestServer) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, PASSWORD);
    let server = keeper.serve(place, &flags());
    (keeper, server)
}

pub fn a_password_leads_to_a_factor_and_the_factor_in(place: &RegistryPlace) {
    let (keeper, server) = person(place);
    let visitor = Visitor::new(&server);
    let page = log_in(&visitor, "user7@people.example", PASSWORD);
    assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "a second factor is required");
    assert_eq!(
        visitor.get("/profile").location(),
        "/account/two_factor/?next=%2Fprofile",
        "and nothing else can be done before"
    );
    let (seed, codes) = add_app(&visitor);
    keeper.mail(&["user7@people.example", "A second factor was added"]);
    assert_eq!(visitor.get("/profile").status(), 200);
    visitor.get("/account/two_factor/").shows("Phone");
    assert_eq!(visitor.post("/logout", &[]).status(), 303);
    assert_eq!(visitor.get("/profile").location(), "/account/login/?next=%2Fprofile");

    let page = log_in(&visitor, "USER7", PASSWORD);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"));
    assert_eq!(visitor.get("/profile").status(), 303, "a password alone does not log in");
    visitor.get("/account/login/").shows("token-otp_token");
    let code = totp::code_at(&seed, now());
    assert_eq!(show_code(&visitor, "000000").status(), 400);
    let page = show_code(&visitor, &code);
    assert_eq!((page.status(), page.location()), (303, "/"), "{}", page.text);
    assert_eq!(visitor.get("/profile").status(), 200);

    let other = Visitor::new(&server);
    log_in(&other, "user7", PASSWORD);
    assert_eq!(show_code(&other, &code).status(), 400, "a code works once");
    other.get("/account/login/");
    let page = other.post("/account/login/", &[("step", "backup"), ("backup-otp_token", &codes[2].to_lowercase())]);
    assert_eq!(page.status(), 303, "{}", page.text);
    keeper.mail(&["A backup code was used", "9 are left"]);
    assert_eq!(
        other.get("/profile").location(),
        "/account/two_factor/?next=%2Fprofile",
        "another factor is required first"
    );
    other.get("/account/two_factor/").shows("You logged in with a backup code.");
    let (_, fresh) = add_app(&other);
    assert!(fresh.iter().all(|code| !codes.contains(code)), "the whole set is new");
    other.get("/account/sessions/").shows("this session");
    assert_eq!(other.post("/account/sessions/end_others", &[]).status(), 303);
    assert_eq!(visitor.get("/profile").status(), 303, "logged out from another browser");
    let third = Visitor::new(&server);
    log_in(&third, "user7", PASSWORD);
    third.get("/account/login/");
    let page = third.post("/account/login/", &[("step", "backup"), ("backup-otp_token", &codes[2])]);
    assert_eq!(page.status(), 400, "a backup code works once");
}

pub fn of_many_who_show_one_code_at_once_one_is_let_in(place: &RegistryPlace) {
    let (_keeper, server) = person(place);
    let visitor = Visitor::new(&server);
    log_in(&visitor, "user7", PASSWORD);
    let (seed, _) = add_app(&visitor);
    visitor.post("/logout", &[]);
    log_in(&visitor, "user7", PASSWORD);
    let session = visitor.cookie("peerage-session").expect("a pending session");
    let code = totp::code_at(&seed, now());
    let outcomes: Vec<(u16, String)> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..12)
            .map(|_| {
                let (server, session, code) = (&server, &session, &code);
                scope.spawn(move || {
                    let page = show_code(&Visitor::with_session(server, session), code);
                    (page.status(), page.location().to_owned())
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    });
    // Later attempts find that the session has changed, and are redirected to the login page.
    let won = outcomes.iter().filter(|(status, location)| *status == 303 && location == "/").count();
    assert_eq!(won, 1, "{outcomes:?}");
}

pub fn wrong_names_and_passwords_are_told_alike_and_slow_down(place: &RegistryPlace) {
    let (_keeper, server) = person(place);
    let visitor = Visitor::new(&server);
    let text = "Please enter a correct username and password. Note that password is case-sensitive.";
    for name in ["user7", "nobody"] {
        let page = log_in(&visitor, name, "wrong but long enough");
        assert_eq!(page.status(), 400);
        page.shows(text);
        let page = log_in(&visitor, name, "wrong but long enough");
        assert!([400, 429].contains(&page.status()));
        for _ in 0..3 {
            log_in(&visitor, name, "wrong but long enough");
        }
        assert_eq!(log_in(&visitor, name, "wrong but long enough").status(), 429, "{name}");
    }
}

pub fn n08_guesses_of_strangers_keep_no_owner_out(place: &RegistryPlace) {
    let (keeper, server) = person(place);
    let known = Visitor::new(&server);
    log_in(&known, "user7", PASSWORD);
    let (seed, codes) = add_app(&known);
    known.post("/logout", &[]);
    // The state after a hundred wrong passwords from many clients.
    keeper.share("lock password 7", &format!("100 {} 1", now().as_microseconds()));
    let page = log_in(&known, "user7", PASSWORD);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"), "a browser that has logged in before");
    let stranger = Visitor::new(&server);
    for name in ["user7", "user7@people.example"] {
        let page = log_in(&stranger, name, PASSWORD);
        assert_eq!(page.status(), 429, "{name}");
        page.shows("name=\"auth-code\"");
    }
    let with_code = |visitor: &Visitor<'_>, name: &str, password: &str, code: &str| {
        visitor.get("/account/login/");
        visitor.post("/account/login/", &[("auth-username", name), ("auth-password", password), ("auth-code", code)])
    };
    // A new browser verifies a factor first, and is asked for it again as always.
    let owner = Visitor::new(&server);
    let wrong = with_code(&owner, "user7", PASSWORD, "000000");
    assert_eq!(wrong.status(), 400);
    wrong.shows("name=\"auth-code\"");
    let code = totp::code_at(&seed, now());
    let wrong = with_code(&owner, "user7", "a guess at the password", &code);
    assert_eq!(wrong.status(), 400);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let page = with_code(&owner, "user7", PASSWORD, &codes[3]);
    assert_eq!((page.status(), page.location()), (303, "/account/login/"), "{}", page.text);
    assert_eq!(owner.get("/profile").status(), 303, "nobody is logged in yet");
    let code = totp::code_at(&seed, now());
    assert_eq!(show_code(&owner, &code).location(), "/");
}

pub fn n08_codes_that_strangers_guess_keep_no_owner_out(place: &RegistryPlace) {
    let (keeper, server) = person(place);
    let known = Visitor::new(&server);
    log_in(&known, "user7", PASSWORD);
    let (seed, codes) = add_app(&known);
    known.post("/logout", &[]);
    // The state after a hundred wrong codes, from many clients that know the password.
    for name in ["lock totp 7", "lock backup 7"] {
        keeper.share(name, &format!("100 {} 1", now().as_microseconds()));
    }
    let stranger = Visitor::new(&server);
    log_in(&stranger, "user7", PASSWORD);
    assert_eq!(show_code(&stranger, "000000").status(), 429, "unknown browsers share one limit");
    let page = stranger.post("/account/login/", &[("step", "backup"), ("backup-otp_token", "AAAAAAAAAA")]);
    assert_eq!(page.status(), 429);
    log_in(&known, "user7", PASSWORD);
    let page = show_code(&known, &totp::code_at(&seed, now()));
    assert_eq!((page.status(), page.location()), (303, "/"), "a browser that has logged in before: {}", page.text);
    let open = Visitor::with_session(&server, &keeper.session(7, false));
    keeper.settle(&server);
    open.get("/account/confirm/");
    let page = open.post("/account/confirm/", &[("step", "backup"), ("backup-otp_token", &codes[1])]);
    assert_eq!(page.status(), 303, "an open session: {}", page.text);
    // Logins that stop after the first step end no open session.
    for _ in 0..20 {
        log_in(&Visitor::new(&server), "user7", PASSWORD);
    }
    assert_eq!(known.get("/profile").status(), 200);
}

pub fn n08_changes_by_pages_are_counted_and_what_changes_nothing_is_not_written(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    let mut arguments = flags();
    let at = arguments.iter().position(|flag| *flag == "--writes-per-minute").expect("a flag");
    arguments[at + 1] = "30";
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &arguments);
    let visitor = Visitor::with_session(&server, &session);
    visitor.get("/profile");
    let send = |locale: &str| visitor.post("/set-user-locale", &[("locale", locale)]).status();
    assert_eq!(send("de"), 303);
    let before = keeper.head();
    for _ in 0..5 {
        assert_eq!(send("de"), 303);
    }
    assert_eq!(keeper.head(), before, "repeating it writes no event");
    let outcomes: Vec<u16> = (0..40).map(|round| send(if round % 2 == 0 { "en" } else { "de" })).collect();
    assert_eq!(outcomes[0], 303);
    assert_eq!(outcomes.last(), Some(&429), "{outcomes:?}");
    assert_eq!(visitor.post("/account/sessions/not_me", &[]).status(), 303, "sessions can be ended at any time");
}

pub fn what_touches_who_gets_in_asks_for_a_fresh_proof(place: &RegistryPlace) {
    let (keeper, server) = person(place);
    let visitor = Visitor::new(&server);
    log_in(&visitor, "user7", PASSWORD);
    let (seed, _) = add_app(&visitor);
    let stale = Visitor::with_session(&server, &keeper.session(7, false));
    keeper.settle(&server);
    stale.get("/account/two_factor/");
    let id = keeper.load().1.factors_of(UserId::new(7)).next().expect("an app").id.to_string();
    let page = stale.post("/account/two_factor/rename/", &[("id", &id), ("name", "Other")]);
    assert!(page.location().starts_with("/account/confirm/?next="), "{} {}", page.status(), page.location());
    let path = page.location().to_owned();
    stale.get(&path).shows("token-otp_token");
    let before = stale.cookie("peerage-session");
    let code = totp::code_at(&seed, now());
    let page = stale
        .post("/account/confirm/", &[("step", "token"), ("token-otp_token", &code), ("next", "/account/two_factor/")]);
    assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "{}", page.text);
    assert_ne!(stale.cookie("peerage-session"), before, "a new token");
    stale.get("/account/two_factor/");
    assert_eq!(stale.post("/account/two_factor/rename/", &[("id", &id), ("name", "Other")]).status(), 303);
    stale.get("/account/two_factor/").shows("Other");
    let page = stale.post("/account/two_factor/remove/", &[("id", &id)]);
    assert_eq!(page.status(), 400);
    page.shows("add another one first");
    let away =
        stale.post("/account/confirm/", &[("step", "token"), ("token-otp_token", "1"), ("next", "//evil.example")]);
    assert!(!away.location().contains("evil"));
}

pub fn people_of_the_demonstration_log_in_by_what_it_says(place: &RegistryPlace) {
    let server = TestServer::start(place, &[&["--demo"], &flags()[..]].concat());
    let password = between(&server.message, "their password is ", ",").to_owned();
    for name in ["ann", "ben", "sam"] {
        let visitor = Visitor::new(&server);
        let page = log_in(&visitor, name, &password);
        assert_eq!(
            (page.status(), page.location()),
            (303, "/account/two_factor/"),
            "{name} must set up a factor first"
        );
    }
    let stranger = Visitor::new(&server);
    assert_eq!(log_in(&stranger, "ann", "another password altogether").status(), 400);
}
