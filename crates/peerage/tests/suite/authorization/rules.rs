//! Writes, decided by the rules themselves.

use std::sync::Arc;

use peerage_access::Principal;
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::place;
use peerage_registry::query::{self, ListQuery, QueryParams, QueryWork};
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{
    ExternalFacts, RequestBody, WriteAction, WriteDecision, WritePolicy, WriteRefusal, WriteRequest, decide,
};
use peerage_registry::{Viewer, Visibility};
use peerage_schema::Resource;
use serde_json::{Value as Json, json};

use crate::authorization::cells::MatrixCells;
use crate::authorization::table::ExpectedCaller;
use crate::authorization::world::{MatrixWorld, ORGS, SUGGESTIONS, WorldRow, ids};

pub const RIGHTS: [(char, Permissions); 3] =
    [('C', Permissions::CREATE), ('U', Permissions::UPDATE), ('D', Permissions::DELETE)];

pub fn policy() -> WritePolicy {
    WritePolicy {
        support_email: "support@x.example".to_owned(),
        suggestion_org: OrgId::new(SUGGESTIONS),
        checks_rir: false,
        approves_exchanges: false,
        takes_no_power: false,
    }
}

fn ask(
    world: &MatrixWorld,
    by: &Principal,
    resource: Resource,
    act: WriteAction<'_>,
    body: &Json,
) -> Result<WriteDecision, WriteRefusal> {
    let body = RequestBody { values: body.as_object().cloned().unwrap_or_default(), is_form: false };
    let write = WriteRequest {
        resource,
        act,
        body: &body,
        authority: by,
        policy: &policy(),
        outside: &ExternalFacts::default(),
        now: Moment::from_seconds(1_800_000_000),
    };
    decide(&write, &world.snapshot)
}

/// Returns a row as a caller with full access sees it.
pub fn whole(world: &MatrixWorld, resource: Resource, id: u32) -> Json {
    let viewer = Viewer::Particular(Arc::new(Principal::operator()));
    let params = QueryParams::parse("depth=0");
    let request = ListQuery {
        snapshot: &world.snapshot,
        viewer: &viewer,
        resource,
        params: &params,
        url: "",
        work: &QueryWork::full(&world.snapshot),
    };
    let answer = query::object(&request, &id.to_string()).expect("a row of the world");
    let query::QueryBody::Whole(bytes) = answer.body else { panic!("one object is one piece") };
    let parsed: Json = serde_json::from_slice(&bytes).expect("JSON");
    parsed["data"][0].clone()
}

/// Returns the row as a body that changes nothing, as far as rules allow: private contacts are no longer accepted.
pub fn unchanged(world: &MatrixWorld, resource: Resource, id: u32) -> Json {
    let mut body = whole(world, resource, id);
    if body["visible"] == "Private" {
        body["visible"] = json!("Users");
    }
    if resource == Resource::Netixlan && body["ipaddr6"].is_null() {
        body["ipaddr6"] = json!("");
    }
    body
}

/// Returns who may read a contact after [`unchanged`] was sent.
fn visible_after(visible: Visibility) -> Visibility {
    if visible == Visibility::Private { Visibility::Users } else { visible }
}

/// Returns the body that creates a row below a parent.
pub fn made(org: u32, resource: Resource, parent: u32) -> Json {
    let spare = ids(org)[2];
    match resource {
        Resource::Org => json!({"name": "Fresh organization"}),
        Resource::Net => json!({"org_id": parent, "name": "Fresh net", "asn": 199_999, "website": "https://f.example"}),
        Resource::Ix => json!({"org_id": parent, "name": "Fresh ix", "city": "Bern", "country": "CH",
            "region_continent": "Europe", "tech_email": "n@f.example", "website": "https://f.example",
            "prefix": "194.59.200.0/24"}),
        Resource::Fac => json!({"org_id": parent, "name": "Fresh fac", "address1": "a", "city": "c", "country": "DE",
            "zipcode": "1", "website": "https://f.example"}),
        Resource::Carrier => json!({"org_id": parent, "name": "Fresh carrier", "website": "https://f.example"}),
        Resource::Campus => json!({"org_id": parent, "name": "Fresh campus", "website": "https://f.example"}),
        Resource::Poc => json!({"net_id": parent, "role": "NOC", "visible": "Public", "email": "f@f.example"}),
        Resource::Netfac => json!({"net_id": parent, "fac_id": spare}),
        Resource::Ixfac => json!({"ix_id": parent, "fac_id": spare}),
        Resource::Carrierfac => json!({"carrier_id": parent, "fac_id": spare}),
        Resource::Ixpfx => json!({"ixlan_id": parent, "protocol": "IPv4", "prefix": "194.59.201.0/24"}),
        Resource::Netixlan => {
            json!({"net_id": parent, "ixlan_id": parent, "speed": 1000,
                   "ipaddr4": format!("194.59.{}.77", third(org, parent)), "ipaddr6": ""})
        }
        Resource::Ixlan => json!({"ix_id": parent}),
    }
}

fn third(org: u32, id: u32) -> usize {
    let at = ORGS.iter().position(|known| *known == org).expect("an organization");
    160 + at * 3 + ids(org).iter().position(|known| *known == id).expect("an object of it")
}

fn was_allowed(result: &Result<WriteDecision, WriteRefusal>) -> bool {
    !matches!(result, Err(WriteRefusal::NotPermitted | WriteRefusal::NotYours))
        && !matches!(result, Err(WriteRefusal::NotPermittedBecause(text)) if text.starts_with("Only admins of"))
}

/// Tries every row × every permission, every change, every parent.
pub fn check_all(world: &MatrixWorld, expected: &ExpectedCaller, by: &Principal, cells: &mut MatrixCells) {
    for row in &world.things {
        let WorldRow { resource, id, org, is_first, visible } = *row;
        let rights = expected.rights(org, resource, is_first, visible);
        let name = |what: &str| format!("{}: {what} {} {id} of org {org}", expected.name, resource.tag());
        let namespace = place::of_id(&world.snapshot, resource, id).expect("a place");
        for (letter, right) in RIGHTS {
            cells.check(by.may(&namespace, right) == rights.contains(letter), || name(&format!("right {letter} on")));
        }
        let text = id.to_string();
        let body = unchanged(world, resource, id);
        let update = ask(world, by, resource, WriteAction::Update(&text), &body);
        let has_some = rights.contains('F');
        if has_some {
            cells.check(update.is_ok(), || name(&format!("the result of GET is not accepted: {update:?}")));
            let mut beyond = body.clone();
            let (field, value) = if resource == Resource::Poc { ("role", "Abuse") } else { ("name", "Another name") };
            beyond[field] = json!(value);
            let refused = ask(world, by, resource, WriteAction::Update(&text), &beyond);
            cells.check(matches!(refused, Err(WriteRefusal::NotPermittedBecause(_))), || {
                name(&format!("PUT with another {field} {refused:?}"))
            });
        } else if !rights.contains('U') {
            cells.check(matches!(update, Err(WriteRefusal::NotYours)), || name(&format!("PUT {update:?}")));
        } else if expected.rights(org, resource, is_first, visible_after(visible)).contains('U') {
            cells.check(update.is_ok(), || name(&format!("the result of GET is not accepted: {update:?}")));
        } else {
            cells.check(matches!(update, Err(WriteRefusal::NotPermitted)), || name(&format!("PUT {update:?}")));
        }
        let empty = ask(world, by, resource, WriteAction::Update(&text), &json!({}));
        cells.check(has_some || rights.contains('U') || matches!(empty, Err(WriteRefusal::NotYours)), || {
            name("PUT reveals something before it checks permissions")
        });
        let delete = ask(world, by, resource, WriteAction::Delete(&text), &Json::Null);
        let may_delete = rights.contains('D') && resource != Resource::Ixlan;
        cells.check(was_allowed(&delete) == may_delete, || name(&format!("DELETE {delete:?}")));
        moves(world, expected, by, row, &body, cells);
    }
    makings(world, expected, by, cells);
    actions(world, expected, by, cells);
}

/// Moving a row to another parent needs the permission there, too.
fn moves(
    world: &MatrixWorld,
    expected: &ExpectedCaller,
    by: &Principal,
    row: &WorldRow,
    body: &Json,
    cells: &mut MatrixCells,
) {
    let WorldRow { resource, id, org, is_first, visible } = *row;
    let (field, is_org) = match resource {
        Resource::Org => return,
        Resource::Net | Resource::Ix | Resource::Fac | Resource::Carrier | Resource::Campus => ("org_id", true),
        Resource::Poc | Resource::Netixlan | Resource::Netfac => ("net_id", false),
        Resource::Ixlan | Resource::Ixfac => ("ix_id", false),
        Resource::Ixpfx => ("ixlan_id", false),
        Resource::Carrierfac => ("carrier_id", false),
    };
    for to in ORGS {
        for (number, other) in ids(to).into_iter().enumerate() {
            let parent = if is_org { to } else { other };
            if body[field] == json!(parent) || (is_org && number > 0) {
                continue;
            }
            let mut body = body.clone();
            body[field] = json!(parent);
            let result = ask(world, by, resource, WriteAction::Update(&id.to_string()), &body);
            let rights = expected.rights(org, resource, is_first, visible);
            let releases = rights.contains('U');
            // After a move, a row is only the first of its kind below a first parent, or by its own ID.
            let visible = visible_after(visible);
            let is_first_of_all = if is_org { ids(to)[0] == id } else { number == 0 };
            let accepts = expected.rights(to, resource, is_first_of_all, visible).contains('U')
                // A permission on the kind applies to all objects whose number is not named.
                || (is_org && expected.rights(to, resource, false, visible).contains('U'));
            let name = || format!("{}: PUT {} {id} to {field} {parent}: {result:?}", expected.name, resource.tag());
            if rights.contains('F') {
                cells.check(matches!(result, Err(WriteRefusal::NotPermittedBecause(_))), name);
                continue;
            }
            if !releases {
                cells.check(matches!(result, Err(WriteRefusal::NotYours)), name);
                continue;
            }
            let has_moved = result.as_ref().is_ok_and(|decided| {
                let step = decided.steps.iter().find(|step| (step.resource, step.id) == (resource, id));
                let at = resource.table().column(field);
                step.and_then(|step| step.after.as_ref()?.int(at)) == Some(i64::from(parent))
            });
            cells.check(accepts || !has_moved, name);
            // None of its steps, whatever else it changes, is in a namespace without permission.
            let steps = result.as_ref().map(|decided| decided.steps.as_slice()).unwrap_or_default();
            let strays = steps.iter().any(|step| {
                step.resource == resource
                    && step.org.is_some_and(|org| org != OrgId::new(to) && !expected.is_at_home(org.get()))
            });
            cells.check(!strays, name);
        }
    }
}

fn makings(world: &MatrixWorld, expected: &ExpectedCaller, by: &Principal, cells: &mut MatrixCells) {
    for resource in Resource::ALL {
        for org in ORGS {
            let is_below_org =
                matches!(resource, Resource::Net | Resource::Ix | Resource::Fac | Resource::Carrier | Resource::Campus);
            let parents = if is_below_org || resource == Resource::Org { vec![org] } else { ids(org)[..2].to_vec() };
            for parent in parents {
                let is_first = parent == ids(org)[0];
                let may = match resource {
                    Resource::Ixlan => false,
                    Resource::Org => expected.may_make(org, resource),
                    _ if is_below_org => expected.may_make(org, resource),
                    // A contact needs the permission on its network.
                    Resource::Poc => expected.rights(org, Resource::Net, is_first, Visibility::Public).contains('C'),
                    other => expected.rights(org, other, is_first, Visibility::Public).contains('C'),
                };
                let body = made(org, resource, parent);
                let result = ask(world, by, resource, WriteAction::Create, &body);
                let name = || format!("{}: POST {} below {parent}: {result:?}", expected.name, resource.tag());
                cells.check(result.is_ok() == may, name);
                cells.check(may || matches!(result, Err(WriteRefusal::NotPermitted)), name);
            }
        }
    }
    for resource in [Resource::Net, Resource::Fac] {
        let mut body = made(1, resource, 1);
        body["suggest"] = json!(true);
        let result = ask(world, by, resource, WriteAction::Create, &body);
        let name = || format!("{}: suggest {}: {result:?}", expected.name, resource.tag());
        cells.check(result.is_ok() == expected.may_suggest(), name);
    }
}

fn actions(world: &MatrixWorld, expected: &ExpectedCaller, by: &Principal, cells: &mut MatrixCells) {
    let public = Visibility::Public;
    for org in ORGS {
        let campus = ids(org)[0].to_string();
        for (number, id) in ids(org).into_iter().enumerate() {
            let is_first = number == 0;
            let has = |resource, letter| expected.rights(org, resource, is_first, public).contains(letter);
            let text = id.to_string();
            let mut check = |resource: Resource, act: WriteAction<'_>, body: &Json, may: bool| {
                let result = ask(world, by, resource, act, body);
                cells.check(was_allowed(&result) == may, || format!("{}: {act:?}: {result:?}", expected.name));
            };
            check(
                Resource::Ix,
                WriteAction::RequestImport(&text),
                &Json::Null,
                has(Resource::Ix, 'C') && has(Resource::Ix, 'U'),
            );
            let campus_c = expected.rights(org, Resource::Campus, true, public).contains('C');
            check(
                Resource::Campus,
                WriteAction::AddFacility(&campus, &text),
                &Json::Null,
                has(Resource::Fac, 'U') && campus_c,
            );
            check(Resource::Campus, WriteAction::RemoveFacility(&campus, &text), &Json::Null, has(Resource::Fac, 'U'));
            if number < 2 {
                check(
                    Resource::Netixlan,
                    WriteAction::SetNetSide(&text),
                    &json!({"fac_id": id}),
                    has(Resource::Net, 'C'),
                );
                check(
                    Resource::Netixlan,
                    WriteAction::SetIxSide(&text),
                    &json!({"fac_id": id}),
                    has(Resource::Ix, 'C'),
                );
                check(Resource::Carrierfac, WriteAction::Approve(&text), &Json::Null, has(Resource::Fac, 'C'));
                check(Resource::Carrierfac, WriteAction::Reject(&text), &Json::Null, has(Resource::Fac, 'C'));
            }
        }
    }
}
