//! Requests to keys, roles, members, policies and audit logs.

use peerage_access::StaffPower;
use serde_json::{Value as Json, json};

use super::caller::{MatrixCaller, public};
use super::cases::{MatrixCase, case, get, if_so};

pub(super) fn cases(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    own(pattern, caller)
        .or_else(|| keys_of_org(pattern, caller))
        .or_else(|| roles(pattern, caller))
        .or_else(|| members(pattern, caller))
        .or_else(|| audit_logs(pattern, caller))
        .or_else(|| queue(pattern, caller))
}

/// The caller's own keys.
fn own(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let key = |tail: &str| format!("/api/user/keys/0000nobody00{tail}?dry_run=1");
    let missing = caller.personal(404);
    Some(match pattern {
        "/api/user/keys" => {
            let mut all = get(pattern, caller.personal(200));
            let is_fresh =
                caller.is_session && !caller.is_key("admin-session-stale") && !caller.is_key("support-session-stale");
            let made = caller.personal(if_so(is_fresh, 200, 403));
            all.push(case("POST", "/api/user/keys?dry_run=1", json!({"name": "x"}), made));
            all
        }
        "/api/user/keys/{key}" => {
            let mut all = get(key(""), missing);
            all.push(case("PATCH", key(""), json!({"note": "x"}), missing));
            all.push(case("DELETE", key(""), Json::Null, missing));
            all
        }
        "/api/user/keys/{key}/rotate" | "/api/user/keys/{key}/suspend" | "/api/user/keys/{key}/resume" => {
            let verb = pattern.rsplit('/').next().unwrap_or_default();
            vec![case("POST", key(&format!("/{verb}")), Json::Null, missing)]
        }
        "/api/user/keys/{key}/use" => get(key("/use"), missing),
        _ => return None,
    })
}

fn keys_of_org(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let refused = caller.refused();
    let manager = if_so(caller.manages(false), 200, refused);
    let viewer = if_so(caller.views(), 200, refused);
    let fresh = if_so(caller.manages(true), 200, refused);
    let key = |tail: &str| format!("/api/org/1/keys/{}{tail}?dry_run=1", public(caller.world, "org-key-none"));
    let is_itself = caller.is_key("org-key-none");
    Some(match pattern {
        "/api/org/{org}/keys" => {
            let mut all = get("/api/org/1/keys", viewer);
            let body = json!({"name": "x", "email": "a@b.example", "grants": {"net": 1}});
            all.push(case("POST", "/api/org/1/keys?dry_run=1", body, fresh));
            all
        }
        "/api/org/{org}/keys/{key}" => {
            let mut all = get(key(""), if_so(is_itself, 200, viewer));
            all.push(case("PATCH", key(""), json!({"note": "x"}), manager));
            let done = if_so(caller.manages(false) || is_itself, 204, refused);
            all.push(case("DELETE", key(""), Json::Null, done));
            all
        }
        "/api/org/{org}/keys/{key}/rotate" => vec![case("POST", key("/rotate"), Json::Null, fresh)],
        "/api/org/{org}/keys/{key}/suspend" => {
            vec![case("POST", key("/suspend"), Json::Null, if_so(is_itself, 200, manager))]
        }
        // It is not suspended, so resuming fails.
        "/api/org/{org}/keys/{key}/resume" => vec![case("POST", key("/resume"), Json::Null, manager)],
        "/api/org/{org}/keys/{key}/use" => get(key("/use"), if_so(is_itself, 200, viewer)),
        _ => return None,
    })
}

fn roles(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let refused = caller.refused();
    let fresh = if_so(caller.manages(true), 200, refused);
    Some(match pattern {
        "/api/org/{org}/roles" => {
            let mut all = get("/api/org/1/roles", if_so(caller.belongs(), 200, refused));
            all.push(case("POST", "/api/org/1/roles?dry_run=1", json!({"kind": "noc"}), fresh));
            all
        }
        "/api/org/{org}/roles/{role}" => {
            let mut all = get("/api/org/1/roles/2", if_so(caller.belongs(), 200, refused));
            all.push(case("PATCH", "/api/org/1/roles/2?dry_run=1", json!({"name": "x"}), fresh));
            let done = if_so(caller.manages(true), 204, refused);
            all.push(case("DELETE", "/api/org/1/roles/2?dry_run=1", Json::Null, done));
            all
        }
        "/api/org/{org}/roles/{role}/keys" => {
            let (target, in_role) = ("/api/org/1/roles/2/keys", caller.user == Some(32));
            let list = if caller.is_anonymous { 401 } else { if_so(caller.views() || in_role, 200, 404) };
            let mut all = get(target, list);
            let make = if_so(in_role && caller.is_session, 200, refused);
            all.push(case("POST", format!("{target}?dry_run=1"), json!({"name": "x"}), make));
            all
        }
        _ => return None,
    })
}

fn members(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let refused = caller.refused();
    let fresh = if_so(caller.manages(true), 200, refused);
    let read = if_so(caller.people('R') || caller.views(), 200, refused);
    let mail = |user: u32| json!({"user_email": format!("user{user}@people.example")});
    let with = |letter: char, done: u16| if_so(!caller.is_anonymous && caller.people(letter), done, 403);
    Some(match pattern {
        "/api/org/{org}/members" => get("/api/org/1/members", read),
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
            let mut all = get("/api/org/1/policy", read);
            all.push(case("PATCH", "/api/org/1/policy?dry_run=1", json!({"requires_networks": false}), fresh));
            all
        }
        "/api/org/{org}/users" => get("/api/org/1/users", with('R', 200)),
        "/api/org/{org}/users/add" => vec![case("POST", "/api/org/1/users/add?dry_run=1", mail(12), with('C', 200))],
        "/api/org/{org}/users/remove" => {
            vec![case("DELETE", "/api/org/1/users/remove?dry_run=1", mail(2), with('D', 204))]
        }
        "/api/org/{org}/users/{user}" => {
            vec![case("PUT", "/api/org/1/users/2?dry_run=1", json!({"role": "member"}), with('U', 200))]
        }
        _ => return None,
    })
}

/// The queue of staff. Nothing waits in this world.
fn queue(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let is_staff = caller.expected.has_power(StaffPower::ReviewRequests);
    let seen = |found: u16| if_so(is_staff, found, caller.refused());
    Some(match pattern {
        "/api/staff/queue" => get(pattern, seen(200)),
        "/api/staff/queue/{kind}/{id}" => get("/api/staff/queue/fac/999", seen(404)),
        "/api/staff/queue/{kind}/{id}/approve" | "/api/staff/queue/{kind}/{id}/refuse" => {
            let verb = pattern.rsplit('/').next().unwrap_or_default();
            let target = format!("/api/staff/queue/application/999/{verb}?dry_run=1");
            // A key cannot decide about people, and a session only with a fresh factor.
            let decides = is_staff && caller.is_session && !caller.is_key("support-session-stale");
            vec![case("POST", target, json!({"reason": "x"}), if_so(decides, 404, caller.refused()))]
        }
        _ => return None,
    })
}

fn audit_logs(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    let refused = caller.refused();
    Some(match pattern {
        "/api/audit" => get(pattern, if_so(caller.expected.has_power(StaffPower::ReadEverything), 200, refused)),
        "/api/user/audit" => get(pattern, caller.personal(200)),
        "/api/org/{org}/audit" | "/api/org/{org}/hygiene" => {
            get(pattern.replace("{org}", "1"), if_so(caller.audits(), 200, refused))
        }
        _ => return None,
    })
}
