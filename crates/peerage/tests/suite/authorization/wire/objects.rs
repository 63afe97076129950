//! Requests to objects and lists of them.

use peerage_access::StaffPower;
use peerage_registry::Visibility;
use peerage_schema::Resource;
use serde_json::{Value as Json, json};

use super::PIXEL;
use super::caller::MatrixCaller;
use super::cases::{MatrixCase, case, get, if_so, read};
use crate::authorization::rules::{made, unchanged};
use crate::authorization::world::ids;

/// Objects, actions on them, and their history.
pub(super) fn cases(pattern: &str, caller: &MatrixCaller<'_>) -> Option<Vec<MatrixCase>> {
    Some(match pattern {
        "/api/{kind}" => lists(caller),
        "/api/{kind}/{id}" => objects(caller),
        "/api/{kind}/self" => {
            let mut own = get("/api/org/self", 302);
            for case in &mut own {
                case.status.push(404);
            }
            own
        }
        "/api/asset/{kind}/{id}/logo" => logo(caller),
        "/api/{kind}/{id}/history" => history(caller),
        "/import/net/{id}/ixf/preview" | "/import/net/{id}/ixf/postmortem" => scripts(pattern, Resource::Net, caller),
        "/import/ixlan/{id}/ixf/preview" => scripts(pattern, Resource::Ix, caller),
        "/api/net/{id}/proposals" => proposals(Resource::Net, caller),
        "/api/ix/{id}/proposals" => proposals(Resource::Ix, caller),
        _ => return action(pattern, caller).map(|action| vec![action]),
    })
}

fn logo(caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let target = format!("/api/asset/net/{}/logo", ids(1)[0]);
    let dry = format!("{target}?dry_run=1");
    let rights = caller.rights(1, Resource::Net);
    let writes = if_so(rights.contains('C') && rights.contains('U'), 200, caller.refused());
    let picture = json!({"file_type": "image/png", "file_data": PIXEL});
    let mut all = read(&target);
    for method in ["POST", "PUT"] {
        all.push(case(method, dry.clone(), picture.clone(), writes));
    }
    // There is no logo to delete.
    all.push(case("DELETE", dry, Json::Null, if_so(rights.contains('D'), 404, caller.refused())));
    all
}

fn history(caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let own = caller.audits() || caller.rights(1, Resource::Net).contains('U');
    let foreign = caller.expected.rights(10, Resource::Net, true, Visibility::Public).contains('U');
    let foreign = foreign || (caller.expected.is_at_home(10) && !caller.expected.manage.is_empty());
    let mut all = get(format!("/api/net/{}/history", ids(1)[0]), if_so(own, 200, caller.refused()));
    all.extend(get(format!("/api/net/{}/history", ids(10)[0]), if_so(foreign, 200, caller.refused())));
    all
}

/// Previews for scripts, which take keys. Who shows none is led to the login page.
fn scripts(pattern: &str, resource: Resource, caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let confirms = resource == Resource::Ix && caller.expected.has_power(StaffPower::ConfirmImports);
    let may = confirms || caller.rights(1, resource).contains('U');
    let refused = caller.expected.door_status().unwrap_or_else(|| caller.refused());
    let mut all = get(pattern.replace("{id}", &ids(1)[0].to_string()), if_so(may, 200, refused));
    for case in &mut all {
        match (may, caller.refused()) {
            // One preview a minute.
            (true, _) if resource == Resource::Ix => case.status.push(400),
            (false, 401) => case.status.push(303),
            _ => {}
        }
    }
    all
}

/// Proposals of member lists: for whoever may change the object. There are none.
fn proposals(resource: Resource, caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let may = caller.rights(1, resource).contains('U');
    let target = format!("/api/{}/{}/proposals", resource.tag(), ids(1)[0]);
    let mut all = get(target.clone(), if_so(may, 200, caller.refused()));
    if resource == Resource::Net {
        let body = json!({"action": "dismiss", "proposals": [4_000]});
        all.push(case("POST", target, body, if_so(may, 404, caller.refused())));
    }
    all
}

/// Actions on an object other than changing its fields.
fn action(pattern: &str, caller: &MatrixCaller<'_>) -> Option<MatrixCase> {
    let (first, refused) = (ids(1)[0], caller.refused());
    let last = pattern.rsplit('/').next().unwrap_or_default();
    let (target, body, status) = match pattern {
        "/api/ix/{id}/request_ixf_import" => {
            let rights = caller.rights(1, Resource::Ix);
            let status = match (rights.contains('C'), rights.contains('U')) {
                (true, true) => 200,
                (true, false) => 403,
                _ => caller.not_yours(),
            };
            (format!("/api/ix/{first}/request_ixf_import"), Json::Null, status)
        }
        "/api/campus/{id}/add-facility/{fac}" | "/api/campus/{id}/remove-facility/{fac}" => {
            let verb = if pattern.contains("add-") { "add-facility" } else { "remove-facility" };
            let may_fac = caller.rights(1, Resource::Fac).contains('U');
            let may_campus = verb == "remove-facility" || caller.rights(1, Resource::Campus).contains('C');
            let status = match (may_fac, may_campus) {
                (false, _) => refused,
                (true, true) => 200,
                (true, false) => caller.not_yours(),
            };
            (format!("/api/campus/{first}/{verb}/{first}"), Json::Null, status)
        }
        "/api/netixlan/{id}/set-net-side" | "/api/netixlan/{id}/set-ix-side" => {
            let resource = if last == "set-net-side" { Resource::Net } else { Resource::Ix };
            let status = if_so(caller.rights(1, resource).contains('C'), 200, refused);
            (format!("/api/netixlan/{first}/{last}"), json!({"fac_id": first}), status)
        }
        "/api/carrierfac/{id}/approve" | "/api/carrierfac/{id}/reject" => {
            let status = if_so(caller.rights(1, Resource::Fac).contains('C'), 200, refused);
            (format!("/api/carrierfac/{first}/{last}"), Json::Null, status)
        }
        _ => return None,
    };
    Some(case("POST", format!("{target}?dry_run=1"), body, status))
}

fn lists(caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let (refused, mut all) = (caller.refused(), Vec::new());
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

fn objects(caller: &MatrixCaller<'_>) -> Vec<MatrixCase> {
    let (refused, mut all) = (caller.refused(), Vec::new());
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
            let put = if_so(rights.contains(['U', 'F']), 200, caller.not_yours());
            all.push(case("PUT", dry.clone(), unchanged(caller.world, resource, id), put));
            all.push(case("PATCH", dry.clone(), json!({"notes": "x"}), if is_lan { 405 } else { refused }));
            // An object on which others depend may be protected even from callers who may delete it.
            let mut delete =
                case("DELETE", dry, Json::Null, if is_lan { 405 } else { if_so(rights.contains('D'), 204, refused) });
            if rights.contains('D') && !is_lan {
                // A dry run lists what would be deleted along with it.
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
