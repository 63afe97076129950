//! Requests to pages and to the endpoints of the identity provider.

use peerage_server::endpoints::methods;
use serde_json::{Value as Json, json};

use super::cases::{MatrixCase, case};

/// Pages, and the endpoints of the identity provider.
pub(super) fn cases(pattern: &str) -> Option<Vec<MatrixCase>> {
    if let Some((_, read)) = ACCOUNT_PAGES.iter().find(|(known, _)| *known == pattern) {
        return Some(account_page(pattern, *read));
    }
    let is_panel = PANELS.iter().any(|begin| pattern.starts_with(begin));
    if OBJECTS.iter().any(|begin| pattern.starts_with(begin)) && !is_panel {
        return Some(object_page(pattern));
    }
    if let Some((_, queries)) = FINDERS.iter().find(|(known, _)| *known == pattern) {
        return Some(finder(pattern, queries));
    }
    if pattern == "/ixf/validate" {
        let form = json!({"list": "{}"});
        return Some(vec![
            case("GET", pattern, Json::Null, 200),
            case("HEAD", pattern, Json::Null, 200),
            case("POST", pattern, form, 403),
        ]);
    }
    if is_panel {
        return Some(panel(pattern));
    }
    let signs_in = pattern.starts_with("/oauth2/") || pattern.starts_with("/.well-known/") || pattern == "/profile/v1";
    signs_in.then(|| sign_in(pattern))
}

/// Prefixes of pages that identify people only by a session cookie: no header gives access.
const PANELS: [&str; 23] = [
    "/ix/{id}/renumber",
    "/ix/{id}/import",
    "/ix/{id}/proposals",
    "/net/{id}/proposals",
    "/net/{id}/dismiss-ixf-proposal/",
    "/net/{id}/reset-ixf-proposals",
    "/edit/",
    "/delete/",
    "/undo/",
    "/add/",
    "/suggest/",
    "/requests",
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

/// Beginnings of the pages of objects, of the search, of pictures and
/// of guides. They are open to all, and no header makes them show more.
const OBJECTS: [&str; 17] = [
    "/map",
    "/statistics",
    "/net",
    "/about",
    "/terms",
    "/aup",
    "/privacy",
    "/imprint",
    "/search",
    "/docs",
    "/net/",
    "/asn/",
    "/ix/",
    "/fac/",
    "/org/",
    "/carrier/",
    "/campus/",
];

/// Pages that find and compare objects, with queries for which each form has an answer.
const FINDERS: [(&str, &[&str]); 2] = [
    ("/advanced_search", &["", "?reftag=ix&sort=-city", "?reftag=fac&format=text", "?reftag=net&format=csv&raw=1"]),
    ("/compare", &["", "?asn=200011", "?ix=11&format=csv", "?fac=11&format=text", "?net=11&ix=11&format=json"]),
];

/// A page that finds or compares objects. Contacts are in none of them.
fn finder(pattern: &str, queries: &[&str]) -> Vec<MatrixCase> {
    let mut all: Vec<MatrixCase> =
        queries.iter().map(|query| case("GET", format!("{pattern}{query}"), Json::Null, 200)).collect();
    all.push(case("HEAD", pattern, Json::Null, 200));
    all
}

/// The page of an object in each of its forms, with every list that it can be a file of.
fn object_page(pattern: &str) -> Vec<MatrixCase> {
    let filled = [("{org}", "1"), ("{id}", "11"), ("{asn}", "200011"), ("{name}", "keys")];
    let target = filled.iter().fold(pattern.to_owned(), |target, (place, value)| target.replace(place, value));
    let status = match pattern {
        // The operator has no such pages.
        "/terms" | "/aup" | "/privacy" | "/imprint" => 404,
        _ if pattern.contains("/self") => 302,
        _ => 200,
    };
    let target = if pattern == "/net" { "/net?asn=200011".to_owned() } else { target };
    let begin = if target.contains('?') { "&" } else { "?" };
    let get = |more: &str| case("GET", format!("{target}{}", more.replacen('?', begin, 1)), Json::Null, status);
    let mut all = vec![get(""), case("HEAD", target.clone(), Json::Null, status)];
    all.extend(["?format=html", "?format=text", "?format=json"].map(get));
    if pattern.ends_with("/history") {
        all.push(get("?format=atom"));
        return all;
    }
    if pattern.starts_with("/docs") || pattern == "/about" || status == 404 {
        all.push(get("?q=key"));
        return all;
    }
    if pattern.starts_with("/search") {
        all.extend(
            ["?q=secret", "?q=secret&format=text", "?q=11&typed=1&format=json", "?q=net&format=csv&raw=1"].map(get),
        );
    }
    all.push(get("?format=csv"));
    if !pattern.starts_with("/statistics") && !pattern.contains("/self") {
        all.extend(["?format=geojson", "?format=kmz"].map(get));
    }
    if pattern.starts_with("/net/{") || pattern.starts_with("/asn/") {
        all.extend(
            ["?format=csv&table=contacts&raw=1", "?table=contacts&q=secret", "?format=text&table=contacts"].map(get),
        );
    }
    all
}

/// Requests without a cookie are redirected to the login page, and a form that none of our pages sent is refused.
fn panel(pattern: &str) -> Vec<MatrixCase> {
    let filled = [
        ("{org}", "1"),
        ("{role}", "1"),
        ("{verb}", "suspend"),
        ("{id}", "1"),
        ("{code}", "AAAA"),
        ("{key}", "0000nobody00"),
        ("{kind}", "net"),
        ("{list}", "ports"),
        ("{lan}", "1"),
        ("{sequence}", "1"),
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

/// Pages of accounts, and their answers to a GET without a cookie, whatever headers it has. A form that none of our
/// pages sent is refused, except the choice of theme and language.
const ACCOUNT_PAGES: &[(&str, u16)] = &[
    ("/register", 200),
    // A token that was never mailed.
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

/// Requests of sign-in: a key or session in a header does not count as a person at a page, nor as an application.
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
        // People are not asked on behalf of an unknown application.
        "/oauth2/authorize" | "/oauth2/openid/authorize" => all.extend(get(400).into_iter().chain([post(403)])),
        // Nobody is logged in: redirects to the home page or the login page.
        "/oauth2/logout" | "/oauth2/applications/register" => all.extend(get(303).into_iter().chain([post(403)])),
        "/oauth2/applications" | "/oauth2/authorized_tokens" | "/oauth2/applications/{client}" => all.extend(get(303)),
        form if form.ends_with("/update") || form.ends_with("/rotate") || form.ends_with("/delete") => {
            all.push(post(403));
        }
        _ => all.extend(get(200).into_iter().chain([options()])),
    }
    all
}
