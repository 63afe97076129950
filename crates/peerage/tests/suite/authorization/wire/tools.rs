//! Requests to what everyone may read, to tools, and to endpoints about the credential itself.

use serde_json::{Value as Json, json};

use super::caller::MatrixCaller;
use super::cases::{MatrixCase, case, get, if_so, read};
use crate::authorization::world::ids;

/// Addresses that anyone may read.
const PUBLIC: &[&str] = &[
    "/",
    "/apidocs",
    "/apidocs/",
    "/static/style.css",
    "/static/peerage.js",
    "/static/webauthn.js",
    "/static/icon.svg",
    "/favicon.ico",
    "/robots.txt",
    "/sitemap.xml",
    "/healthz",
    "/healthcheck",
    "/readyz",
    "/metrics",
    "/data/countries",
    "/data/countries_b",
    "/data/locales",
    "/data/asns",
    "/data/my_organizations",
    "/export/kmz/",
    "/api/",
    "/api/schema",
    "/api/schema.json",
    // This, the report of a leaked key and the confirmation of an address need no account.
    "/api/whoami",
];

pub(super) fn cases(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let first = ids(1)[0];
    if PUBLIC.contains(&pattern) {
        return Some(read(pattern));
    }
    Some(match pattern {
        // For people with a login session.
        "/data/organizations" => get(pattern, 403),
        "/data/sponsors" => get(pattern, 200),
        "/data/enum/{name}" => read("/data/enum/net_types"),
        "/data/campus_facilities" => read(&format!("/data/campus_facilities?campus={first}")),
        "/dumps/{file}" => {
            ["/dumps/poc-0.json", "/dumps/ixlan-3.json", "/dumps/net-2.json"].into_iter().flat_map(read).collect()
        }
        // No object has a logo. Invalid names get the same answer.
        "/media/logo/{file}" => get(format!("/media/logo/net-{first}-0000000000000000.png"), 404),
        "/sitemap/{part}" => read("/sitemap/net-1.xml"),
        "/api_search" => read("/api_search?q=secret"),
        "/export/ix/{id}/ixp-member-list" => read(&format!("/export/ix/{first}/ixp-member-list")),
        "/export/ixlan/{id}/ixp-member-list" => read(&format!("/export/ixlan/{first}/ixp-member-list")),
        "/export/advanced-search/{tag}/{format}" => read("/export/advanced-search/net/json?name_search=net"),
        "/api" => get(pattern, 301),
        "/api/as_set" => vec![case("GET", pattern, Json::Null, 200)],
        "/api/as_set/{asn}" => vec![case("GET", format!("/api/as_set/{}", 200_000 + first), Json::Null, 200)],
        "/api/{*search}" => get("/api/search?q=net", if_so(caller.is_anonymous, 401, 200)),
        "/api/keys/report" => vec![case("POST", pattern, json!({"key": "nobody's"}), 200)],
        "/api/keys/confirm" => vec![case("POST", pattern, json!({"id": "x", "code": "y"}), 400)],
        "/api/session" => {
            let status = if caller.is_anonymous { 401 } else { if_so(caller.is_session, 204, 404) };
            vec![case("DELETE", "/api/session?dry_run=1", Json::Null, status)]
        }
        _ => return None,
    })
}
