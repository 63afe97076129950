//! The same over HTTP: every caller at every route by every method. Writes are rehearsed, so that the world stays.

use std::collections::{BTreeMap, BTreeSet};

use peerage_access::KeyKind;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::{Actor, Cause, Visibility};
use peerage_schema::Resource;
use peerage_server::endpoints::{methods, routes};
use serde_json::{Value as Json, json};

use crate::authorization::cells::MatrixCells;
use crate::authorization::rules::{made, unchanged};
use crate::authorization::table::{self, ExpectedCaller};
use crate::authorization::world::{MatrixWorld, WorldCredential, ids};
use crate::keeper::{OpenConnection, UNBOUND};
use crate::server::{RegistryPlace, TestResponse};

/// A picture of one pixel.
pub const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// Who is asking, and where.
pub struct MatrixCaller<'a> {
    pub world: &'a MatrixWorld,
    pub client: &'a OpenConnection,
    pub expected: &'a ExpectedCaller,
    pub header: String,
    pub is_anonymous: bool,
    pub is_session: bool,
    user: Option<u32>,
    is_org_key: bool,
}

impl<'a> MatrixCaller<'a> {
    pub fn of(world: &'a MatrixWorld, client: &'a OpenConnection, expected: &'a ExpectedCaller) -> MatrixCaller<'a> {
        let credential = &world.callers[expected.name.as_str()];
        let principal = world.principal(&expected.name);
        let key = principal.as_ref().and_then(|principal| principal.key());
        MatrixCaller {
            world,
            client,
            expected,
            header: credential.header(),
            is_anonymous: matches!(credential, WorldCredential::Nothing),
            is_session: matches!(credential, WorldCredential::Session(_)),
            user: principal.as_ref().and_then(|principal| principal.user()).map(UserId::get),
            is_org_key: key.is_some_and(|key| key.kind == KeyKind::Org),
        }
    }

    /// Sees to organization 1; `fresh`: with a second factor shown lately.
    fn manages(&self, fresh: bool) -> bool {
        let letters = &self.expected.manage;
        self.expected.is_at_home(1) && (letters == "m" || (letters == "r" && !fresh))
    }

    /// Reads the keys, roles and people of organization 1.
    fn views(&self) -> bool {
        self.manages(false) || (self.expected.is_at_home(1) && self.expected.manage == "k")
    }

    /// Reads the trail of organization 1.
    fn audits(&self) -> bool {
        self.expected.is_at_home(1) && !self.expected.manage.is_empty()
    }

    fn people(&self, letter: char) -> bool {
        self.expected.is_at_home(1) && self.expected.people.contains(letter)
    }

    fn rights(&self, org: u32, resource: Resource) -> &str {
        self.expected.rights(org, resource, true, Visibility::Public)
    }

    fn is_key(&self, name: &str) -> bool {
        self.expected.name == name
    }

    /// Has a place in organization 1, or is its key. A key that was narrowed does not stand for its owner's place.
    fn belongs(&self) -> bool {
        let is_narrowed = self.expected.name.contains("-cut-");
        let has_place = !is_narrowed
            && self.user.is_some_and(|user| self.world.people.member(OrgId::new(1), UserId::new(user)).is_some());
        let is_key_of_1 = self.is_org_key
            && self
                .world
                .principal(&self.expected.name)
                .is_some_and(|principal| principal.key().is_some_and(|key| key.org == Some(OrgId::new(1))));
        has_place || is_key_of_1 || self.views()
    }
}

/// One request with what it must come to.
struct MatrixCase {
    method: &'static str,
    target: String,
    body: Json,
    /// Statuses that are right.
    status: Vec<u16>,
}

fn case(method: &'static str, target: impl Into<String>, body: Json, status: u16) -> MatrixCase {
    MatrixCase { method, target: target.into(), body, status: vec![status] }
}

/// 200 or the other.
fn if_so(may: bool, yes: u16, no: u16) -> u16 {
    if may { yes } else { no }
}

/// Beginnings of pages that know nobody but by a session's cookie: no header opens them.
const PANELS: [&str; 11] = [
    "/affiliate",
    "/cancel-affiliation-request/",
    "/request-ownership",
    "/remove-affiliation/",
    "/invitation/",
    "/org_admin/",
    "/user_keys/",
    "/org/{org}/manage",
    "/profile/key",
    "/staff",
    "/staff/",
];

/// Whoever comes without a cookie is led to the log-in page, and a form that none of our pages has sent is refused.
fn panel(pattern: &str) -> Vec<MatrixCase> {
    let filled = [
        ("{org}", "1"),
        ("{role}", "1"),
        ("{verb}", "suspend"),
        ("{id}", "1"),
        ("{code}", "AAAA"),
        ("{key}", "0000nobody00"),
    ];
    let target = filled.iter().fold(pattern.to_owned(), |target, (place, value)| target.replace(place, value));
    let taken = methods(pattern).unwrap_or_default();
    let one = |method: &str| match method {
        "GET" => Some(case("GET", target.clone(), Json::Null, 303)),
        "HEAD" => Some(case("HEAD", target.clone(), Json::Null, 303)),
        "POST" => Some(case("POST", target.clone(), json!({"org_id": 1}), 403)),
        _ => None,
    };
    taken.split(", ").filter_map(one).collect()
}

/// Pages of accounts, and what they answer to a GET without a cookie, whatever header comes with it. A form that none of
/// our pages has sent is refused; only how pages look is chosen without one.
const ACCOUNT_PAGES: &[(&str, u16)] = &[
    ("/register", 200),
    // A word that was never mailed.
    ("/accounts/confirm-email/{word}/", 400),
    ("/reset-password", 200),
    ("/username-retrieve", 200),
    ("/username-retrieve/initiate", 0),
    ("/username-retrieve/complete", 400),
    ("/account/recover/", 200),
    ("/account/recover/address", 400),
    ("/account/key-contact", 400),
    ("/account/recover/stop", 400),
    ("/account/recover/end", 0),
    ("/account/recover/finish", 400),
    ("/profile", 303),
    ("/verify", 303),
    ("/profile/email/add", 0),
    ("/profile/email/delete", 0),
    ("/profile/email/primary", 0),
    ("/profile/close", 0),
    ("/resend_email_confirmation", 0),
    ("/change-password", 0),
    ("/change-username", 0),
    ("/change-name", 0),
    ("/set-user-locale", 0),
    ("/set-organization/", 0),
    ("/look", 0),
    ("/login", 301),
    ("/logout", 0),
    ("/account/login/", 200),
    ("/account/confirm/", 303),
    ("/account/resume/", 303),
    ("/account/two_factor/", 303),
    ("/account/two_factor/rename/", 0),
    ("/account/two_factor/log_in_on/", 0),
    ("/account/two_factor/log_in_off/", 0),
    ("/account/two_factor/remove/", 0),
    ("/account/two_factor/setup/", 303),
    ("/account/two_factor/backup/tokens/", 303),
    ("/account/sessions/", 303),
    ("/account/sessions/end", 0),
    ("/account/sessions/end_others", 0),
    ("/account/sessions/not_me", 0),
    ("/security_keys/request_registration", 0),
    ("/security_keys/add", 0),
    ("/security_keys/update-security-key", 0),
    ("/security_keys/remove", 0),
    ("/security_keys/request_authentication", 0),
    ("/security_keys/verify_authentication", 0),
];

fn account_page(pattern: &str, read: u16) -> Vec<MatrixCase> {
    let target = pattern.replace("{word}", "1-aaaa");
    let taken = methods(pattern).unwrap_or_default();
    let one = |method: &str| match method {
        "GET" | "HEAD" => case(if method == "GET" { "GET" } else { "HEAD" }, target.clone(), Json::Null, read),
        _ => case("POST", target.clone(), json!({"x": 1}), if pattern == "/look" { 303 } else { 403 }),
    };
    taken.split(", ").map(one).collect()
}

/// What is asked of a route, and what each caller must be answered. Panics for a route that nobody has thought of.
fn cases(pattern: &str, caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let first = ids(1)[0];
    // A stranger without any credentials is told to show some; others that it may not.
    let refused = if caller.is_anonymous { 401 } else { 403 };
    let read = |target: &str| vec![case("GET", target, Json::Null, 200), case("HEAD", target, Json::Null, 200)];
    let manager = if_so(caller.manages(false), 200, refused);
    let viewer = if_so(caller.views(), 200, refused);
    let fresh = if_so(caller.manages(true), 200, refused);
    let get = |target: String, status: u16| {
        vec![case("GET", target.clone(), Json::Null, status), case("HEAD", target, Json::Null, status)]
    };
    let personal = |status: u16| match (caller.is_anonymous, caller.user) {
        (true, _) => 401,
        (_, None) => 403,
        (_, Some(_)) => status,
    };
    let victim = || public(caller.world, "org-key-none");
    let own_key = |tail: &str| format!("/api/user/keys/0000nobody00{tail}?dry_run=1");
    let org_key = |tail: &str| format!("/api/org/1/keys/{}{tail}?dry_run=1", victim());
    let itself = caller.is_key("org-key-none");
    let mail = |user: u32| json!({"user_email": format!("user{user}@people.example")});
    let member_call = |letter: char, done: u16| if_so(!caller.is_anonymous && caller.people(letter), done, 403);
    let in_role = caller.user == Some(32);
    if let Some((_, read)) = ACCOUNT_PAGES.iter().find(|(known, _)| *known == pattern) {
        return account_page(pattern, *read);
    }
    if PANELS.iter().any(|begin| pattern.starts_with(begin)) {
        return panel(pattern);
    }
    match pattern {
        "/"
        | "/apidocs"
        | "/apidocs/"
        | "/static/style.css"
        | "/static/peerage.js"
        | "/static/webauthn.js"
        | "/static/icon.svg"
        | "/favicon.ico"
        | "/robots.txt"
        | "/healthz"
        | "/healthcheck"
        | "/readyz"
        | "/metrics"
        | "/data/countries"
        | "/data/countries_b"
        | "/data/locales"
        | "/data/asns"
        | "/data/my_organizations"
        | "/export/kmz/"
        | "/api/"
        | "/api/schema"
        | "/api/schema.json"
        // This, the report of a found key and the confirming of an address ask for no account.
        | "/api/whoami" => read(pattern),
        // For people who are logged in to pages.
        "/data/organizations" => get(pattern.to_owned(), 403),
        "/data/sponsors" => get(pattern.to_owned(), 200),
        "/data/enum/{name}" => read("/data/enum/net_types"),
        "/data/campus_facilities" => read(&format!("/data/campus_facilities?campus={first}")),
        "/dumps/{file}" => {
            [read("/dumps/poc-0.json"), read("/dumps/ixlan-3.json"), read("/dumps/net-2.json")].concat_all()
        }
        // No object has a logo; names that are none are treated alike.
        "/media/logo/{file}" => get(format!("/media/logo/net-{first}-0000000000000000.png"), 404),
        "/api_search" => read("/api_search?q=secret"),
        "/export/ix/{id}/ixp-member-list" => read(&format!("/export/ix/{first}/ixp-member-list")),
        "/export/ixlan/{id}/ixp-member-list" => read(&format!("/export/ixlan/{first}/ixp-member-list")),
        "/export/advanced-search/{tag}/{format}" => read("/export/advanced-search/net/json?name_search=net"),
        path if path.starts_with("/oauth2/") || path.starts_with("/.well-known/") || path == "/profile/v1" => {
            sign_in(pattern)
        }
        "/api" => get(pattern.to_owned(), 301),
                "/api/as_set" => vec![case("GET", pattern, Json::Null, 200)],
        "/api/as_set/{asn}" => vec![case("GET", format!("/api/as_set/{}", 200_000 + first), Json::Null, 200)],
        "/api/{*search}" => get("/api/search?q=net".to_owned(), if_so(caller.is_anonymous, 401, 200)),
        "/api/{kind}" => lists(caller, refused),
        "/api/{kind}/{id}" => objects(caller, refused),
        "/api/{kind}/self" => {
            let mut own = get("/api/org/self".to_owned(), 302);
            for case in &mut own {
                case.status.push(404);
            }
            own
        }
        "/api/asset/{kind}/{id}/logo" => {
            let target = format!("/api/asset/net/{first}/logo");
            let rights = caller.rights(1, Resource::Net);
            let writes = if_so(rights.contains('C') && rights.contains('U'), 200, refused);
            let picture = json!({"file_type": "image/png", "file_data": PIXEL});
            let mut all = read(&target);
            for method in ["POST", "PUT"] {
                all.push(case(method, format!("{target}?dry_run=1"), picture.clone(), writes));
            }
            // There is none to be deleted.
            all.push(case(
                "DELETE",
                format!("{target}?dry_run=1"),
                Json::Null,
                if_so(rights.contains('D'), 404, refused),
            ));
            all
        }
        "/api/ix/{id}/request_ixf_import" => {
            let rights = caller.rights(1, Resource::Ix);
            let status = match (rights.contains('C'), rights.contains('U')) {
                (true, true) => 200,
                (true, false) => 403,
                _ => not_yours(caller),
            };
            vec![case("POST", format!("/api/ix/{first}/request_ixf_import?dry_run=1"), Json::Null, status)]
        }
        "/api/campus/{id}/add-facility/{fac}" | "/api/campus/{id}/remove-facility/{fac}" => {
            let verb = if pattern.contains("add-") { "add-facility" } else { "remove-facility" };
            let may_fac = caller.rights(1, Resource::Fac).contains('U');
            let may_campus = verb == "remove-facility" || caller.rights(1, Resource::Campus).contains('C');
            let status = match (may_fac, may_campus) {
                (false, _) => refused,
                (true, true) => 200,
                (true, false) => not_yours(caller),
            };
            vec![case("POST", format!("/api/campus/{first}/{verb}/{first}?dry_run=1"), Json::Null, status)]
        }
        "/api/netixlan/{id}/set-net-side" | "/api/netixlan/{id}/set-ix-side" => {
            let (verb, resource) = if pattern.ends_with("net-side") {
                ("set-net-side", Resource::Net)
            } else {
                ("set-ix-side", Resource::Ix)
            };
            let status = if_so(caller.rights(1, resource).contains('C'), 200, refused);
            vec![case("POST", format!("/api/netixlan/{first}/{verb}?dry_run=1"), json!({"fac_id": first}), status)]
        }
        "/api/carrierfac/{id}/approve" | "/api/carrierfac/{id}/reject" => {
            let verb = pattern.rsplit('/').next().unwrap_or_default();
            let status = if_so(caller.rights(1, Resource::Fac).contains('C'), 200, refused);
            vec![case("POST", format!("/api/carrierfac/{first}/{verb}?dry_run=1"), Json::Null, status)]
        }
        "/api/keys/report" => vec![case("POST", pattern, json!({"key": "nobody's"}), 200)],
        "/api/keys/confirm" => vec![case("POST", pattern, json!({"id": "x", "code": "y"}), 400)],
        "/api/session" => {
            let status = if caller.is_anonymous { 401 } else { if_so(caller.is_session, 204, 404) };
            vec![case("DELETE", "/api/session?dry_run=1", Json::Null, status)]
        }
        "/api/audit" => {
            get(pattern.to_owned(), if_so(caller.views() && caller.expected.is_at_home(0), 200, refused))
        }
        "/api/user/audit" => get(pattern.to_owned(), personal(200)),
        "/api/user/keys" => {
            let mut all = get(pattern.to_owned(), personal(200));
            let is_fresh = caller.is_session && !caller.is_key("admin-session-stale");
            all.push(case(
                "POST",
                "/api/user/keys?dry_run=1",
                json!({"name": "x"}),
                personal(if_so(is_fresh, 200, 403)),
            ));
            all
        }
        "/api/user/keys/{key}" => {
            let mut all = get(own_key(""), personal(404));
            all.push(case("PATCH", own_key(""), json!({"note": "x"}), personal(404)));
            all.push(case("DELETE", own_key(""), Json::Null, personal(404)));
            all
        }
        "/api/user/keys/{key}/rotate" | "/api/user/keys/{key}/suspend" | "/api/user/keys/{key}/resume" => {
            let verb = pattern.rsplit('/').next().unwrap_or_default();
            vec![case("POST", own_key(&format!("/{verb}")), Json::Null, personal(404))]
        }
        "/api/user/keys/{key}/use" => get(own_key("/use"), personal(404)),
        "/api/org/{org}/keys" => {
            let mut all = get("/api/org/1/keys".to_owned(), viewer);
            let body = json!({"name": "x", "email": "a@b.example", "grants": {"net": 1}});
            all.push(case("POST", "/api/org/1/keys?dry_run=1", body, fresh));
            all
        }
        "/api/org/{org}/keys/{key}" => {
            let mut all = get(org_key(""), if itself { 200 } else { viewer });
            all.push(case("PATCH", org_key(""), json!({"note": "x"}), manager));
            let done = if_so(caller.manages(false) || itself, 204, refused);
            all.push(case("DELETE", org_key(""), Json::Null, done));
            all
        }
        "/api/org/{org}/keys/{key}/rotate" => vec![case("POST", org_key("/rotate"), Json::Null, fresh)],
        "/api/org/{org}/keys/{key}/suspend" => vec![case("POST", org_key("/suspend"), Json::Null, if itself { 200 } else { manager })],
        // It is not suspended, so nothing is revived.
        "/api/org/{org}/keys/{key}/resume" => vec![case("POST", org_key("/resume"), Json::Null, manager)],
        "/api/org/{org}/keys/{key}/use" => get(org_key("/use"), if itself { 200 } else { viewer }),
        "/api/org/{org}/roles" => {
            let mut all = get("/api/org/1/roles".to_owned(), if_so(caller.belongs(), 200, refused));
            all.push(case("POST", "/api/org/1/roles?dry_run=1", json!({"kind": "noc"}), fresh));
            all
        }
        "/api/org/{org}/roles/{role}" => {
            let mut all = get("/api/org/1/roles/2".to_owned(), if_so(caller.belongs(), 200, refused));
            all.push(case("PATCH", "/api/org/1/roles/2?dry_run=1", json!({"name": "x"}), fresh));
            all.push(case(
                "DELETE",
                "/api/org/1/roles/2?dry_run=1",
                Json::Null,
                if fresh == 200 { 204 } else { fresh },
            ));
            all
        }
        "/api/org/{org}/roles/{role}/keys" => {
            let target = "/api/org/1/roles/2/keys";
            let list = if caller.is_anonymous { 401 } else { if_so(caller.views() || in_role, 200, 404) };
            let mut all = get(target.to_owned(), list);
            let make = if_so(in_role && caller.is_session, 200, refused);
            all.push(case("POST", format!("{target}?dry_run=1"), json!({"name": "x"}), make));
            all
        }
        "/api/org/{org}/members" => {
            get("/api/org/1/members".to_owned(), if_so(caller.people('R') || caller.views(), 200, refused))
        }
        "/api/org/{org}/members/{user}" => {
            let target = "/api/org/1/members/2?dry_run=1";
            let leaves = caller.user == Some(2) && caller.is_session;
            let removes = caller.people('D') || caller.manages(true) || leaves;
            vec![
                case("PATCH", target, json!({"role": "member"}), fresh),
                case("DELETE", target, Json::Null, if_so(removes, 204, refused)),
            ]
        }
        "/api/org/{org}/policy" => {
            let status = if_so(caller.people('R') || caller.views(), 200, refused);
            let mut all = get("/api/org/1/policy".to_owned(), status);
            all.push(case("PATCH", "/api/org/1/policy?dry_run=1", json!({"requires_networks": false}), fresh));
            all
        }
        "/api/org/{org}/audit" | "/api/org/{org}/hygiene" => {
            get(pattern.replace("{org}", "1"), if_so(caller.audits(), 200, refused))
        }
        "/api/org/{org}/users" => get("/api/org/1/users".to_owned(), member_call('R', 200)),
        "/api/org/{org}/users/add" => {
            vec![case("POST", "/api/org/1/users/add?dry_run=1", mail(12), member_call('C', 200))]
        }
        "/api/org/{org}/users/remove" => {
            vec![case("DELETE", "/api/org/1/users/remove?dry_run=1", mail(2), member_call('D', 204))]
        }
        "/api/org/{org}/users/{user}" => {
            vec![case("PUT", "/api/org/1/users/2?dry_run=1", json!({"role": "member"}), member_call('U', 200))]
        }
        "/api/{kind}/{id}/history" => {
            let own = caller.audits() || caller.rights(1, Resource::Net).contains('U');
            let foreign = caller.expected.rights(10, Resource::Net, true, Visibility::Public).contains('U');
            let foreign = foreign || (caller.expected.is_at_home(10) && !caller.expected.manage.is_empty());
            let mut all = get(format!("/api/net/{first}/history"), if_so(own, 200, refused));
            all.extend(get(format!("/api/net/{}/history", ids(10)[0]), if_so(foreign, 200, refused)));
            all
        }
        other => panic!("nobody has said who may use the route {other}"),
    }
}

/// What signing in elsewhere asks: no key and no session in a header is a person at a page, nor an application.
fn sign_in(pattern: &str) -> Vec<MatrixCase> {
    let target = pattern.replace("{client}", "0000nobody00").replace("{id}", "1");
    let get =
        |status| [case("GET", target.clone(), Json::Null, status), case("HEAD", target.clone(), Json::Null, status)];
    let post = |status| case("POST", target.clone(), Json::Null, status);
    let options = || case("OPTIONS", target.clone(), Json::Null, 204);
    let mut all = Vec::new();
    match pattern.trim_end_matches('/') {
        "/oauth2/token" => all.extend([post(400), options()]),
        "/oauth2/revoke_token" => all.extend([post(401), options()]),
        "/oauth2/introspect" => all.push(post(401)),
        "/oauth2/userinfo" => all.extend(get(401).into_iter().chain([post(401), options()])),
        "/profile/v1" => all.extend(get(401).into_iter().chain([options()])),
        // Nobody is asked in the name of an application that is not there.
        "/oauth2/authorize" | "/oauth2/openid/authorize" => all.extend(get(400).into_iter().chain([post(403)])),
        // Nobody is logged in: home, or to the log-in page.
        "/oauth2/logout" | "/oauth2/applications/register" => all.extend(get(303).into_iter().chain([post(403)])),
        "/oauth2/applications" | "/oauth2/authorized_tokens" | "/oauth2/applications/{client}" => all.extend(get(303)),
        form if form.ends_with("/update") || form.ends_with("/rotate") || form.ends_with("/delete") => {
            all.push(post(403));
        }
        _ => all.extend(get(200).into_iter().chain([options()])),
    }
    all
}

trait ConcatAll<T> {
    fn concat_all(self) -> Vec<T>;
}

impl<T, const N: usize> ConcatAll<T> for [Vec<T>; N] {
    fn concat_all(self) -> Vec<T> {
        self.into_iter().flatten().collect()
    }
}

fn not_yours(caller: &MatrixCaller<'_>) -> u16 {
    if caller.is_session { 403 } else { 401 }
}

/// Public id of a caller's key.
pub fn public(world: &MatrixWorld, name: &str) -> String {
    let principal = world.principal(name).expect("a key that works");
    principal.key().expect("a key").public.clone()
}

fn lists(caller: &MatrixCaller<'_>, refused: u16) -> Vec<MatrixCase> {
    let mut all = Vec::new();
    for resource in Resource::ALL {
        let list = format!("/api/{}", resource.tag());
        all.push(case("GET", list.clone(), Json::Null, 200));
        let is_lan = resource == Resource::Ixlan;
        all.push(case("HEAD", list.clone(), Json::Null, if is_lan { 405 } else { 200 }));
        for org in [1, 10] {
            let is_below_org =
                matches!(resource, Resource::Net | Resource::Ix | Resource::Fac | Resource::Carrier | Resource::Campus);
            let parent = if is_below_org || resource == Resource::Org { org } else { ids(org)[0] };
            let may = match resource {
                _ if is_below_org || resource == Resource::Org => caller.expected.may_make(org, resource),
                Resource::Poc => caller.rights(org, Resource::Net).contains('C'),
                other => caller.rights(org, other).contains('C'),
            };
            let status = if is_lan { 405 } else { if_so(may, 200, refused) };
            all.push(case("POST", format!("{list}?dry_run=1"), made(org, resource, parent), status));
        }
    }
    all
}

fn objects(caller: &MatrixCaller<'_>, refused: u16) -> Vec<MatrixCase> {
    let mut all = Vec::new();
    for resource in Resource::ALL {
        let is_lan = resource == Resource::Ixlan;
        for org in [1, 10] {
            let id = match resource {
                Resource::Org => org,
                Resource::Poc => ids(org)[0] * 10 + 1,
                _ => ids(org)[0],
            };
            let target = format!("/api/{}/{id}", resource.tag());
            all.push(case("GET", target.clone(), Json::Null, 200));
            all.push(case("HEAD", target.clone(), Json::Null, if is_lan { 405 } else { 200 }));
            let rights = caller.rights(org, resource);
            let dry = format!("{target}?dry_run=1");
            let put = if_so(rights.contains(['U', 'F']), 200, not_yours(caller));
            all.push(case("PUT", dry.clone(), unchanged(caller.world, resource, id), put));
            all.push(case("PATCH", dry.clone(), json!({"notes": "x"}), if is_lan { 405 } else { refused }));
            // What others depend on may be protected from whoever may delete it.
            let mut delete =
                case("DELETE", dry, Json::Null, if is_lan { 405 } else { if_so(rights.contains('D'), 204, refused) });
            if rights.contains('D') && !is_lan {
                // A rehearsal tells what would go along.
                delete.status = vec![200, 403];
            }
            all.push(delete);
        }
    }
    for org in [1, 10] {
        for (at, visible) in crate::authorization::world::VISIBLE.into_iter().enumerate() {
            let target = format!("/api/poc/{}", ids(org)[0] * 10 + at as u32 + 1);
            all.push(case("GET", target, Json::Null, if_so(caller.expected.sees_contact(org, visible), 200, 403)));
        }
    }
    all
}

/// Every route × every method × every caller; gives the number of requests by caller.
pub fn try_all(place: &RegistryPlace) -> (MatrixCells, BTreeMap<String, usize>) {
    let world = MatrixWorld::of(place);
    let server = world.keeper.serve(place, &UNBOUND);
    let client = OpenConnection::of(&server);
    let before = world.keeper.load().0.head().sequence;
    let (mut cells, mut requests) = (MatrixCells::default(), BTreeMap::new());
    let mut tried: BTreeSet<(&str, &str)> = BTreeSet::new();
    let all_routes = routes();
    for expected in &table::read() {
        let caller = MatrixCaller::of(&world, &client, expected);
        let count = cells.count;
        for (pattern, methods) in &all_routes {
            let is_api = pattern.starts_with("/api/");
            let all = cases(pattern, &caller);
            for case in &all {
                tried.insert((pattern, case.method));
                let answer = client.send(case.method, &case.target, &caller.header, body_of(case));
                let door_status = expected.door_status().filter(|_| is_api);
                let right = door_status
                    .map_or(case.status.contains(&answer.status), |door_status| answer.status == door_status);
                cells.check(right, || {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    format!(
                        "{}: {} {}: {}, not {:?} {door_status:?} {text}",
                        expected.name, case.method, case.target, answer.status, case.status
                    )
                });
                check_secrets(&caller, case, &answer, &mut cells);
            }
            check_others(&caller, pattern, methods, &all, &mut tried, &mut cells);
        }
        requests.insert(expected.name.clone(), cells.count - count);
    }
    for (pattern, methods) in all_routes.iter().filter(|(_, methods)| !methods.is_empty()) {
        for method in methods.split(", ") {
            cells.check(tried.contains(&(*pattern, method)), || format!("{method} {pattern} was never tried"));
        }
    }
    check_unchanged(&world, before, &mut cells);
    (cells, requests)
}

fn body_of(case: &MatrixCase) -> Option<&Json> {
    (!case.body.is_null()).then_some(&case.body)
}

/// Whatever was asked, nothing hidden stands in the answer; and who is refused learns nothing at all.
fn check_secrets(caller: &MatrixCaller<'_>, case: &MatrixCase, answer: &TestResponse, cells: &mut MatrixCells) {
    let text = String::from_utf8_lossy(&answer.body);
    for hidden in &caller.world.hidden {
        let may = match hidden.resource {
            Resource::Poc => caller.expected.sees_contact(hidden.org, hidden.visible),
            _ => caller.expected.sees_list(hidden.org, hidden.visible),
        };
        // Pages, files and tools show what an anonymous caller sees, whoever asks.
        let may = if case.target.starts_with("/api/") { may } else { hidden.visible == Visibility::Public };
        if text.contains(&hidden.mark) && !may {
            cells.check(false, || {
                format!("{}: {} {} shows {}", caller.expected.name, case.method, case.target, hidden.mark)
            });
        }
    }
    let is_refused = matches!(answer.status, 401 | 403 | 404) && case.target.starts_with("/api/");
    let tells = text.contains("@people.example") || text.contains("\"data\": [{");
    cells.check(!is_refused || !tells, || {
        format!("{}: {} {} tells: {text}", caller.expected.name, case.method, case.target)
    });
}

/// Methods that the route does not take, and OPTIONS, which tells nothing.
fn check_others<'a>(
    caller: &MatrixCaller<'_>,
    pattern: &'a str,
    methods: &str,
    all: &[MatrixCase],
    tried: &mut BTreeSet<(&'a str, &'static str)>,
    cells: &mut MatrixCells,
) {
    let Some(target) = all.first().map(|case| case.target.clone()) else { return };
    let is_api = pattern.starts_with("/api/");
    for method in METHODS {
        if !is_api || methods.is_empty() || pattern == "/api/{*search}" && method == "POST" {
            continue;
        }
        let takes = methods.split(", ").any(|known| known == method);
        if takes && method != "OPTIONS" {
            continue;
        }
        tried.insert((pattern, method));
        let answer = caller.client.send(method, &target, &caller.header, None);
        let expected = match caller.expected.door_status() {
            Some(door_status) => vec![door_status],
            None if takes => vec![200],
            // What stands for all, 401 or 403 as clients know it.
            None if pattern.starts_with("/api/as_set") && !matches!(method, "OPTIONS" | "HEAD") => vec![401, 403],
            None => vec![405],
        };
        cells.check(expected.contains(&answer.status), || {
            format!("{}: {method} {target}: {}, not {expected:?}", caller.expected.name, answer.status)
        });
        check_secrets(caller, &case(method, target.clone(), Json::Null, 0), &answer, cells);
    }
}

/// No request wrote to the log. The server itself notes about once a minute that an expired key is still used, or one from
/// a new network.
fn check_unchanged(world: &MatrixWorld, before: u64, cells: &mut MatrixCells) {
    for event in world.keeper.events_after(before) {
        let actor: Actor = serde_json::from_str(event.actor.as_deref().unwrap_or("null")).expect("an actor");
        let is_note = matches!(actor.cause, Some(Cause::KeyExpired | Cause::KeyUsedFrom { .. }));
        cells.check(is_note, || format!("a request changed something: {event:?}"));
    }
}
