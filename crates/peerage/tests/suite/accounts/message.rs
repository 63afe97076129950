//! Every change to logins or permissions is mailed and recorded in the audit log (spec/accounts.md, 23; acceptance test
//! 20). Tests next to the notices cover who is notified of what, row by row. These tests cover that changes by pages
//! and API lead there.

use peerage_access::factors::totp;
use peerage_access::records::{MemberRole, PermissionRules};
use peerage_registry::ids::UserId;
use serde_json::{Value as Json, json};

use crate::accounts::log_in::{add_app, log_in, show_code};
use crate::accounts::made::{PASSWORD, flags};
use crate::keeper::{OpenConnection, RegistryKeeper, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::{Visitor, link};

const SEED: [u8; 20] = [3; 20];

struct MailFixture {
    keeper: RegistryKeeper,
    server: TestServer,
    /// Sessions of an admin and of staff, as `Authorization`.
    admin: String,
    staff: String,
}

impl MailFixture {
    fn of(place: &RegistryPlace) -> MailFixture {
        let keeper = RegistryKeeper::of(place);
        keeper.import(&json!({"org": {"data": [{"id": 1, "name": "One", "status": "ok"}]}}));
        for (id, staff) in [(7, false), (8, false), (9, true), (10, true)] {
            keeper.user(id, true, staff);
        }
        keeper.member(1, 1, 7, MemberRole::Admin, PermissionRules::new());
        keeper.member(2, 1, 8, MemberRole::Member, PermissionRules::new());
        keeper.password(8, PASSWORD);
        let (admin, staff) = (keeper.session(7, true), keeper.session(9, true));
        let server = keeper.serve(place, &flags());
        MailFixture { keeper, server, admin: format!("Bearer {admin}"), staff: format!("Bearer {staff}") }
    }

    /// Returns the latest entry of the audit log about a kind of record.
    fn last(&self, kind: &str) -> Json {
        let target = format!("/api/audit?kind={kind}&limit=1");
        OpenConnection::of(&self.server).get(&target, &self.staff).rows().first().cloned().unwrap_or_default()
    }

    /// Expects a mail with this subject to this person, and an entry of this kind and action.
    #[track_caller]
    fn tells(&self, subject: &str, to: u32, kind: &str, action: &str) {
        self.keeper.mail(&[subject, &format!("user{to}@people.example")]);
        let last = self.last(kind);
        assert_eq!((last["kind"].as_str(), last["action"].as_str()), (Some(kind), Some(action)), "{subject}: {last}");
        assert!(last["actor"].is_object() && last["time"].is_string(), "{last}");
    }

    fn api(&self, method: &str, target: &str, body: &Json) -> Json {
        let body = if body.is_null() { None } else { Some(body) };
        let answer = OpenConnection::of(&self.server).send(method, target, &self.admin, body);
        assert!(answer.status < 300, "{method} {target}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        answer.rows().first().cloned().unwrap_or_default()
    }
}

fn done(visitor: &Visitor<'_>, from: &str, to: &str, fields: &[(&str, &str)]) {
    visitor.get(from);
    let page = visitor.post(to, fields);
    assert_eq!(page.status(), 303, "{to}: {}", page.text);
    assert!(!page.location().starts_with("/account/confirm"), "{to}: {}", page.location());
}

pub fn keys_and_rights_in_an_organization_are_told_and_kept(place: &RegistryPlace) {
    let fixture = MailFixture::of(place);
    let key = json!({"name": "robot", "email": "user7@people.example", "grants": {"net": 1}});
    let made = fixture.api("POST", "/api/org/1/keys", &key);
    let path = format!("/api/org/1/keys/{}", made["id"].as_str().expect("an id"));
    fixture.tells("A key was created", 7, "key", "create");
    fixture.api("PATCH", &path, &json!({"grants": {"net": 3}}));
    fixture.tells("A key has more permissions", 7, "key", "update");
    fixture.api("POST", &format!("{path}/rotate"), &Json::Null);
    fixture.tells("A key has a new secret", 7, "key", "update");
    fixture.api("DELETE", &path, &Json::Null);
    fixture.tells("A key was revoked", 7, "key", "update");
    fixture.api("PATCH", "/api/org/1/members/8", &json!({"grants": {"net": 7}}));
    fixture.tells("Permissions in your organization changed", 8, "member", "update");
    fixture.api("POST", "/api/org/1/roles", &json!({"kind": "noc", "people": [8]}));
    fixture.tells("A role was changed", 8, "role", "create");
    fixture.api("PATCH", "/api/org/1/policy", &json!({"key_days_max": 90}));
    fixture.tells("Your organization's requirements changed", 7, "policy", "create");
    fixture.api("DELETE", "/api/org/1/members/8", &Json::Null);
    fixture.tells("Someone left your organization", 8, "member", "erase");
    fixture.keeper.mail(&["Someone left your organization", "user7@people.example"]);
}

pub fn what_people_do_with_their_accounts_is_told_and_kept(place: &RegistryPlace) {
    let fixture = MailFixture::of(place);
    let visitor = Visitor::new(&fixture.server);
    log_in(&visitor, "user8", PASSWORD);
    add_app(&visitor);
    fixture.tells("A second factor was added to your account", 8, "factor", "create");
    done(&visitor, "/account/two_factor/", "/account/two_factor/backup/tokens/", &[]);
    fixture.tells("Your backup codes were renewed", 8, "codes", "update");
    done(&visitor, "/profile", "/change-username", &[("username", "eight")]);
    fixture.tells("Your user name was changed", 8, "user", "update");
    done(&visitor, "/profile", "/profile/email/add", &[("email", "eight@people.example")]);
    let path = link(&fixture.keeper.mail(&["eight@people.example", "confirm-email"]), "/accounts/confirm-email/");
    done(&visitor, &path, &path, &[]);
    fixture.tells("An address was added to your account", 8, "user", "update");
    done(&visitor, "/profile", "/profile/email/primary", &[("email", "eight@people.example")]);
    fixture.tells("The main address of your account changed", 8, "user", "update");
    done(&visitor, "/profile", "/profile/email/delete", &[("email", "user8@people.example")]);
    fixture.tells("An address was removed from your account", 8, "user", "update");
    let fields = [("name", "Portal"), ("redirect_uris", "https://portal.example/back"), ("kind", "confidential")];
    visitor.get("/oauth2/applications/register/");
    let page = visitor.post("/oauth2/applications/register/", &fields);
    assert!(page.status() < 400, "{}", page.text);
    fixture.keeper.mail(&["An application was registered", "eight@people.example"]);
    assert_eq!(fixture.last("client")["action"], "create");
    let new = "another long walk home";
    done(&visitor, "/profile", "/change-password", &[("password_c", PASSWORD), ("password", new), ("password_v", new)]);
    fixture.keeper.mail(&["Your password was changed", "eight@people.example"]);
    assert_eq!(fixture.last("password")["action"], "update");
}

pub fn who_comes_in_from_somewhere_new_and_says_that_it_was_somebody_else_ends_it_all(place: &RegistryPlace) {
    let fixture = MailFixture::of(place);
    let keeper = &fixture.keeper;
    keeper.app(1, 8, &SEED);
    let mut user =
        keeper.load().1.user(UserId::new(8)).map(|user| peerage_access::records::User::clone(user)).expect("there");
    user.places = vec!["elsewhere".to_owned()];
    keeper.put(&user);
    let key = keeper.user_key(1, 8);
    keeper.settle(&fixture.server);
    let visitor = Visitor::new(&fixture.server);
    log_in(&visitor, "user8", PASSWORD);
    assert_eq!(show_code(&visitor, &totp::code_at(&SEED, now())).location(), "/");
    let mail = keeper.mail(&["New log-in to your account", "user8@people.example"]);
    for part in ["127.0.0.1", "/account/sessions/#not-me", "If this was not you"] {
        assert!(mail.replace("=\n", "").contains(part), "{part}: {mail}");
    }
    let other = keeper.session(8, true);
    keeper.settle(&fixture.server);
    visitor.get("/account/sessions/").shows("id=\"not-me\"");
    assert_eq!(visitor.post("/account/sessions/not_me", &[]).location(), "/account/sessions/");
    let client = OpenConnection::of(&fixture.server);
    assert_eq!(client.get("/api/whoami", &format!("Api-Key {key}")).status, 401, "the key is suspended");
    assert_eq!(Visitor::with_session(&fixture.server, &other).get("/profile").status(), 303);
    assert_eq!(visitor.get("/profile").status(), 200);
    fixture.tells("A key was suspended", 8, "key", "update");
}

pub fn what_staff_do_to_an_account_is_told_to_its_owner_and_to_the_other_staff(place: &RegistryPlace) {
    let fixture = MailFixture::of(place);
    let staff = Visitor::with_session(&fixture.server, &fixture.keeper.session(9, true));
    fixture.keeper.settle(&fixture.server);
    done(&staff, "/staff/users", "/staff/users/bar", &[("user_id", "8")]);
    fixture.tells("Your account was suspended", 8, "user", "update");
    fixture.keeper.mail(&["An account was suspended", "user10@people.example"]);
    done(&staff, "/staff/users", "/staff/users/let-in", &[("user_id", "8")]);
    fixture.tells("Your account was reactivated", 8, "user", "update");
}
