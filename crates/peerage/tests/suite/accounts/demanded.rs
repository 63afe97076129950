//! Who needs a second factor, and what else the operator and organizations may require (spec/accounts.md, 6).

use peerage_access::records::{MemberRole, PermissionRules, Policy, User};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{DAY, TICK};

use crate::accounts::log_in::{add_app, log_in, show_code};
use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{OpenConnection, RegistryKeeper, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::Visitor;

const NEEDS_PASSKEY: &str = "Your organization requires passkey authentication. Please log in using a passkey.";

/// Makes one person without a membership and one who is verified, both with a password.
fn people(place: &RegistryPlace) -> RegistryKeeper {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.user(8, false, false);
    for user in [7, 8] {
        keeper.password(user, PASSWORD);
    }
    keeper
}

fn serve(keeper: &RegistryKeeper, place: &RegistryPlace, more: &[&'static str]) -> TestServer {
    keeper.serve(place, &[&flags()[..], more].concat())
}

const SET_UP: &str = "/account/two_factor/";

/// Returns the page to which people without a second factor are redirected, with the way back.
fn set_up_then(path: &str) -> String {
    let next = path.replace('/', "%2F").replace('-', "%2D").replace('_', "%5F");
    if path == "/" || path.starts_with("/api/") { SET_UP.to_owned() } else { format!("{SET_UP}?next={next}") }
}

/// Acceptance test 1.
pub fn whoever_has_no_factor_is_led_to_set_one_up_from_everywhere_and_keys_go_on_working(place: &RegistryPlace) {
    let keeper = people(place);
    let keys = [keeper.user_key(1, 7), keeper.user_key(2, 8)];
    let server = serve(&keeper, place, &[]);
    for (user, key) in [("user7", &keys[0]), ("user8", &keys[1])] {
        let visitor = Visitor::new(&server);
        let page = log_in(&visitor, user, PASSWORD);
        assert_eq!((page.status(), page.location()), (303, "/account/two_factor/"), "{user}");
        for path in
            ["/", "/profile", "/profile/keys", "/affiliate-to-org", "/oauth2/applications/", "/api/net", "/api/"]
        {
            let page = visitor.get(path);
            assert_eq!((page.status(), page.location()), (302, set_up_then(path).as_str()), "{user} {path}");
        }
        visitor.get("/account/two_factor/").shows("Set up a second factor to continue");
        let page = visitor.post("/change-name", &[("first_name", "A"), ("last_name", "B")]);
        assert_eq!((page.status(), page.location()), (302, "/account/two_factor/"), "{user}");
        let page = visitor.post_for_json("/user_keys/add", &[("name", "x")]);
        assert_eq!((page.status(), page.location()), (302, "/account/two_factor/"), "{user}");
        let client = OpenConnection::of(&server);
        let cookie = visitor.cookie("peerage-session").expect("a session");
        assert_eq!(client.get("/api/net", &format!("Bearer {cookie}")).status, 302, "{user}");
        let answer = client.get("/api/whoami", &format!("Api-Key {key}"));
        assert_eq!((answer.status, answer.rows()[0]["kind"].as_str()), (200, Some("key")), "{user}");
        add_app(&visitor);
        assert_eq!(visitor.get("/profile").status(), 200);
        assert_eq!(visitor.get("/api/net").status(), 200);
    }
}

pub fn a_session_is_bound_once_its_address_is_confirmed_and_an_unconfirmed_account_only_reads(place: &RegistryPlace) {
    let keeper = people(place);
    let user = keeper.load().1.user(UserId::new(7)).map(|user| User::clone(user)).expect("there");
    let mut unconfirmed = user.clone();
    unconfirmed.emails[0].verified = false;
    keeper.put(&unconfirmed);
    let server = serve(&keeper, place, &[]);
    let visitor = Visitor::new(&server);
    assert_eq!(log_in(&visitor, "user7", PASSWORD).location(), "/");
    assert_eq!(visitor.get("/profile").status(), 200);
    keeper.put(&user);
    keeper.settle(&server);
    assert_eq!(visitor.get("/profile").location(), set_up_then("/profile"));
    let page = visitor.post("/change-name", &[("first_name", "A"), ("last_name", "B")]);
    assert_eq!((page.status(), page.location()), (302, "/account/two_factor/"));
    assert_eq!(keeper.load().1.user(UserId::new(7)).expect("there").first_name, "First");
}

pub fn the_operator_may_demand_a_factor_of_writers_alone(place: &RegistryPlace) {
    let keeper = people(place);
    let server = serve(&keeper, place, &["--second-factor", "writers"]);
    assert_eq!(log_in(&Visitor::new(&server), "user7", PASSWORD).location(), "/account/two_factor/");
    let visitor = Visitor::new(&server);
    assert_eq!(log_in(&visitor, "user8", PASSWORD).location(), "/");
    assert_eq!(visitor.get("/profile").status(), 200);
}

pub fn the_operator_may_demand_passkeys(place: &RegistryPlace) {
    let keeper = people(place);
    let server = serve(&keeper, place, &["--require-passkey"]);
    let page = log_in(&Visitor::new(&server), "user7", PASSWORD);
    assert_eq!(page.status(), 400);
    page.shows(NEEDS_PASSKEY);
}

pub fn the_operator_may_refuse_codes_of_apps(place: &RegistryPlace) {
    let keeper = people(place);
    let seed = [3; 20];
    keeper.app(1, 7, &seed);
    let server = serve(&keeper, place, &["--refuse-totp", "true"]);
    let visitor = Visitor::new(&server);
    assert_eq!(log_in(&visitor, "user7", PASSWORD).location(), "/account/login/");
    let code = peerage_access::factors::totp::code_at(&seed, now());
    assert_eq!(
        show_code(&visitor, &code).location(),
        "/account/two_factor/",
        "it identifies the person but is not sufficient"
    );
    visitor.get("/account/two_factor/").shows("The registry has disabled TOTP authentication.");
    visitor.get("/account/two_factor/setup/");
    assert_eq!(visitor.get("/profile").location(), set_up_then("/profile"));
}

pub fn the_operator_may_want_a_factor_beside_a_passkey(place: &RegistryPlace) {
    // The effects are tested with keys in the browser and in the table of requirements. This only tests that the flags
    // are accepted.
    let keeper = people(place);
    let _server = serve(&keeper, place, &["--factor-with-passkey"]);
    let config = crate::server::peerage().args(["serve", "--print-config", "--factor-with-passkey"]).output();
    let text = String::from_utf8(config.expect("the program runs").stdout).expect("UTF-8");
    assert!(text.contains("factor_with_passkey = true") && text.contains("second_factor = \"everyone\""), "{text}");
}

pub fn n02_a_demand_of_an_organization_is_announced_and_then_bounds_that_organization_alone(place: &RegistryPlace) {
    let keeper = people(place);
    keeper.import(&serde_json::json!({"org": {"data": [{"id": 1, "name": "Example IX", "status": "ok"}, {"id": 2, "name": "Two", "status": "ok"}]}}));
    keeper.member(1, 1, 7, MemberRole::Member, PermissionRules::new());
    let seed = [3; 20];
    keeper.app(1, 7, &seed);
    let from = now() + 10 * DAY + DAY / 2;
    keeper.put(&Policy {
        requires_passkey: true,
        grace_days: 14,
        passkey_from: Some(from),
        ..Policy::unset(OrgId::new(1))
    });
    let server = serve(&keeper, place, &[]);
    let visitor = Visitor::new(&server);
    log_in(&visitor, "user7", PASSWORD);
    let page = show_code(&visitor, &peerage_access::factors::totp::code_at(&seed, now()));
    assert_eq!((page.status(), page.location()), (303, "/"), "{}", page.text);
    visitor.get("/account/two_factor/").shows("your organization Example IX requires a passkey");
    let page = visitor.get("/account/two_factor/");
    let day = peerage_registry::moment::print_seconds(from);
    page.shows(&format!("From {}, your organization", &day[..10]));
    page.shows("10 days are left.");
    keeper.put(&Policy { requires_passkey: true, passkey_from: Some(now() - TICK), ..Policy::unset(OrgId::new(1)) });
    keeper.settle(&server);
    // Once it applies, the account stays usable and only the organization is blocked.
    keeper.member(2, 2, 7, MemberRole::Admin, PermissionRules::new());
    keeper.app(1, 7, &seed);
    keeper.settle(&server);
    let visitor = Visitor::new(&server);
    log_in(&visitor, "user7", PASSWORD);
    let page = show_code(&visitor, &peerage_access::factors::totp::code_at(&seed, now()));
    assert_eq!((page.status(), page.location()), (303, "/"), "{}", page.text);
    visitor.get("/").shows("Your access to one of your organizations is limited");
    let shut = visitor.get("/org/1/manage/people");
    assert_eq!(shut.status(), 403);
    shut.shows("Your access to Example IX is limited until you add a passkey");
    visitor.get("/account/two_factor/").shows("Your access to Example IX is limited until you add a passkey");
    assert_eq!(visitor.get("/org/2/manage/people").status(), 200, "another organization is not affected");
    assert_eq!(visitor.get("/profile").status(), 200);
}
