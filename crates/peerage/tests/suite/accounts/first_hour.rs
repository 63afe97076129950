//! The first hour of a new user: where they were going, what they typed, and the texts that they read.

use peerage_access::factors::totp;
use peerage_registry::ids::UserId;

use crate::accounts::log_in::add_app_then;
use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{RegistryKeeper, now};
use crate::server::RegistryPlace;
use crate::visitor::{VisitedPage, Visitor};

const NEXT: &str = "/oauth2/applications/?from=another%20site";
const NEXT_ESCAPED: &str = "%2Foauth2%2Fapplications%2F%3Ffrom%3Danother%2520site";

/// Returns the hidden fields of a page's forms.
fn hidden(page: &VisitedPage) -> Vec<(String, String)> {
    let plain = |text: &str| text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"");
    let inputs = page.text.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .filter_map(|input| {
            let (name, rest) = input.split_once("\" value=\"")?;
            Some((plain(name), plain(rest.split('"').next()?)))
        })
        .collect()
}

pub fn i12_06_where_somebody_was_going_survives_every_step_of_logging_in(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, PASSWORD);
    let server = keeper.serve(place, &flags());
    // A required setup.
    let visitor = Visitor::new(&server);
    visitor.get("/account/login/");
    let begun = [("auth-username", "user7"), ("auth-password", PASSWORD), ("auth-next", NEXT)];
    let page = visitor.post("/account/login/", &begun);
    let set_up = format!("/account/two_factor/?next={NEXT_ESCAPED}");
    assert_eq!((page.status(), page.location()), (303, set_up.as_str()));
    visitor.get(&set_up).shows(&format!("/account/two_factor/setup/?next={NEXT_ESCAPED}"));
    assert_eq!(visitor.get(&format!("/account/login/?next={NEXT_ESCAPED}")).location(), set_up);
    let (seed, codes, shown) = add_app_then(&visitor, Some(NEXT));
    shown.shows(&format!("href=\"{NEXT}\""));
    // A code from an app.
    visitor.post("/logout", &[]);
    visitor.get("/account/login/");
    let page = visitor.post("/account/login/", &begun);
    assert_eq!(page.location(), format!("/account/login/?next={NEXT_ESCAPED}"));
    visitor.get(page.location()).shows(&format!("name=\"next\" value=\"{NEXT}\""));
    let code = totp::code_at(&seed, now());
    let page = visitor.post("/account/login/", &[("step", "token"), ("token-otp_token", &code), ("next", NEXT)]);
    assert_eq!(page.location(), NEXT, "{}", page.text);
    // A backup code: a new factor is required first.
    let other = Visitor::new(&server);
    other.get("/account/login/");
    other.post("/account/login/", &begun);
    other.get("/account/login/");
    let page = other.post("/account/login/", &[("step", "backup"), ("backup-otp_token", &codes[0]), ("next", NEXT)]);
    assert_eq!((page.status(), page.location()), (303, set_up.as_str()), "{}", page.text);
    let (_, _, shown) = add_app_then(&other, Some(NEXT));
    shown.shows(&format!("href=\"{NEXT}\""));
    // Redirects only lead to this site.
    let third = Visitor::new(&server);
    third.get("/account/login/");
    let page = third.post("/account/login/", &[&begun[..2], &[("auth-next", "//evil.example/")]].concat());
    assert_eq!(page.location(), "/account/login/");
}

pub fn i12_12_a_form_that_needs_a_fresh_factor_is_carried_out_after_the_code(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    for user in [7, 8] {
        keeper.user(user, true, false);
        keeper.password(user, PASSWORD);
        keeper.app(user, user, &[3; 20]);
    }
    let server = keeper.serve(place, &flags());
    let stale = Visitor::with_session(&server, &keeper.session(7, false));
    let other = Visitor::with_session(&server, &keeper.session(8, true));
    keeper.settle(&server);
    stale.get("/profile/keys");
    let input = [("name", "Nightly & \"weekly\""), ("note", "two\nlines"), ("preset", "readonly"), ("expires", "")];
    let confirming = stale.post("/profile/keys", &input);
    assert_eq!(confirming.status(), 303);
    assert!(
        confirming.location().starts_with("/account/confirm/?next=%2Faccount%2Fresume"),
        "{}",
        confirming.location()
    );
    assert!(!confirming.location().contains("Nightly"), "addresses contain nothing that was typed");
    let confirm = stale.get(confirming.location());
    let next = hidden(&confirm).into_iter().find(|(name, _)| name == "next").expect("a way on").1;
    // The form is not available to another person, nor to the same person before they verify. It can be taken once.
    let code = totp::code_at(&[3; 20], now());
    let proof = [("step", "token"), ("token-otp_token", code.as_str()), ("next", next.as_str())];
    let page = stale.post("/account/confirm/", &proof);
    assert_eq!((page.status(), page.location()), (303, next.as_str()), "{}", page.text);
    let page = stale.get(&next);
    page.shows("action=\"/profile/keys\"");
    let sent = hidden(&page);
    for (name, text) in input {
        assert!(sent.contains(&(name.to_owned(), text.to_owned())), "{name}: {sent:?}");
    }
    let fields: Vec<(&str, &str)> = sent
        .iter()
        .filter(|(name, _)| input.iter().any(|(known, _)| known == name))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let made = stale.post("/profile/keys", &fields);
    assert_eq!(made.status(), 200, "{}", made.text);
    made.shows("$PEERAGE_KEY");
    assert_eq!(keeper.load().1.keys().filter(|entry| entry.key.user == Some(UserId::new(7))).count(), 1);
    assert_eq!(stale.get(&next).location(), "/profile/keys", "the form can be taken once");
    // A kept form belongs to its sender only.
    let confirming = Visitor::with_session(&server, &keeper.session(7, false));
    keeper.settle(&server);
    confirming.get("/profile/keys");
    let led = confirming.post("/profile/keys", &input);
    let next =
        hidden(&confirming.get(led.location())).into_iter().find(|(name, _)| name == "next").expect("a way on").1;
    assert_eq!(other.get(&next).location(), "/profile/keys");
    // Passwords are not kept: people who sent one are asked to send the form again.
    let confirming = Visitor::with_session(&server, &keeper.session(7, false));
    keeper.settle(&server);
    confirming.get("/profile");
    let led = confirming.post("/change-username", &[("username", "another"), ("password", PASSWORD)]);
    assert!(led.location().starts_with("/account/confirm/?next=%2Faccount%2Fresume%2F%3Fback"), "{}", led.location());
    let next =
        hidden(&confirming.get(led.location())).into_iter().find(|(name, _)| name == "next").expect("a way on").1;
    let page = confirming.get(&next);
    assert_eq!(page.location(), "/profile");
    confirming.get("/profile").shows("Submit the form again");
}

pub fn i12_06_a_german_page_refuses_in_german(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.password(7, PASSWORD);
    keeper.app(7, 7, &[3; 20]);
    let server = keeper.serve(place, &flags());
    let stranger = Visitor::new(&server);
    stranger.set_cookie("language", "de");
    stranger.get("/account/login/");
    let page = stranger.post("/account/login/", &[("auth-username", "user7"), ("auth-password", "wrong")]);
    page.shows("Benutzername oder Passwort ist falsch.");
    assert!(!page.text.contains("Please enter"), "{}", page.text);
    let person = Visitor::with_session(&server, &keeper.session(7, true));
    keeper.settle(&server);
    person.set_cookie("language", "de");
    person.get("/profile/keys");
    let page = person.post("/profile/keys", &[("name", ""), ("expires", "soon"), ("networks", "")]);
    page.shows("Geben Sie ein Datum wie 2027-01-31 ein.");
    let page = person.post("/profile/keys", &[("name", "x"), ("expires", "2020-01-31")]);
    page.shows("Dieser Zeitpunkt liegt in der Vergangenheit.");
    let page = person.post("/profile/keys", &[("name", &"x".repeat(200))]);
    page.shows("Zeichen sind möglich");
    let page = person.post_raw("/profile/keys", &[("csrf", "x")], &[]);
    assert_eq!(page.status(), 403);
    page.shows("Ihre Sitzung ist abgelaufen");
}
