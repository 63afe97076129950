//! Permissions of an organization's people and keys, by short names with bits.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{self, KeyOwner, KeyPatch};
use peerage_access::acts::members;
use peerage_access::entities::{GrantEntity, with_entity};
use peerage_access::records::MemberRole;
use peerage_access::{AccessError, KeyKind, Organizations, Patch, show};
use peerage_registry::Snapshot;
use peerage_registry::ids::OrgId;
use peerage_registry::rights::Permissions;
use peerage_schema::Resource;
use serde_json::{Map, Value as Json, json};

use super::{AdminResult, answer, member, ok, organization, refused, required};
use crate::outcome::DONE;
use crate::visit::Visit;

/// The objects with permissions, with the names used in lists.
const KINDS: [(Resource, &str); 5] = [
    (Resource::Net, "Network"),
    (Resource::Ix, "Exchange"),
    (Resource::Fac, "Facility"),
    (Resource::Carrier, "Carrier"),
    (Resource::Campus, "Campus"),
];

/// Returns everything in an organization that can have permissions, by short name.
pub fn places(snapshot: &Snapshot, org: OrgId) -> Vec<(GrantEntity, String)> {
    let mut places = vec![
        (GrantEntity::Org, "Organization and all Entities it owns".to_owned()),
        (GrantEntity::Users, "Manage users of the organization".to_owned()),
    ];
    for (resource, word) in KINDS {
        places.push((GrantEntity::Any(resource), format!("Any {word}")));
        for id in snapshot.owned(resource, org.get()).iter() {
            let row = snapshot.row(resource, *id).filter(|row| snapshot.is_live(resource, row));
            if let Some((row, name)) = row.zip(resource.table().columns.name) {
                places.push((GrantEntity::One(resource, *id), format!("{word} - {}", row.text_or_empty(name))));
            }
        }
    }
    places
}

pub async fn grantable(visit: Visit) -> Response<Body> {
    answer(organization(&visit).map(|org| {
        let mut rows: Vec<(String, String)> =
            places(&visit.state.snapshot, org).into_iter().map(|(entity, name)| (name, entity.name(org))).collect();
        rows.sort();
        let rows: Vec<Json> = rows.into_iter().map(|(name, id)| json!({"id": id, "name": name})).collect();
        visit.json(StatusCode::OK, &json!({"status": DONE, "permissions": rows}))
    }))
}

pub async fn of_people(visit: Visit) -> Response<Body> {
    answer(organization(&visit).map(|org| {
        let members = visit.state.people.members_of(org).filter(|member| member.rank == MemberRole::Member);
        let rows: Map<String, Json> =
            members.map(|member| (member.user.to_string(), show::entities(org, &member.grants))).collect();
        visit.json(StatusCode::OK, &json!({"status": DONE, "user_permissions": rows}))
    }))
}

pub async fn of_keys(visit: Visit) -> Response<Body> {
    answer(organization(&visit).map(|org| {
        let keys = visit.state.people.keys().map(|entry| &*entry.key);
        let keys = keys.filter(|key| key.kind == KeyKind::Org && key.org == Some(org) && !key.is_final());
        let rows: Map<String, Json> =
            keys.filter_map(|key| Some((key.public.clone(), show::entities(org, key.grants.as_ref()?)))).collect();
        visit.json(StatusCode::OK, &json!({"status": DONE, "key_permissions": rows}))
    }))
}

/// Returns the named object, and the permissions if some are given.
fn read_change(visit: &Visit, org: OrgId, gives: bool) -> AdminResult<(GrantEntity, Option<Permissions>)> {
    required(visit, if gives { &["entity", "perms"] } else { &["entity"] })?;
    let complain =
        |field: &'static str, text: &str| visit.json_refusal(&AccessError::Field { field, text: text.to_owned() });
    let entity = GrantEntity::parse(org, visit.form.text("entity").trim());
    let entity = entity.ok_or_else(|| complain("entity", "Invalid permission id"))?;
    if let GrantEntity::One(resource, id) = entity {
        // A permission on an object of another organization, or of none, cannot be stored.
        let is_theirs = visit.state.snapshot.belongs_to((resource, id), (Resource::Org, org.get()));
        if gives && !is_theirs {
            return Err(complain("entity", "Invalid permission id"));
        }
    }
    if !gives {
        return Ok((entity, None));
    }
    let bits = visit.form.text("perms").trim().parse::<u8>().ok().filter(|bits| (1..=15).contains(bits));
    let rights = bits.and_then(Permissions::from_bits).ok_or_else(|| complain("perms", "Invalid permission level"))?;
    Ok((entity, Some(rights.or(Permissions::READ))))
}

async fn of_person(visit: Visit, gives: bool) -> Response<Body> {
    let found = organization(&visit).and_then(|org| Ok((org, member(&visit, org)?, read_change(&visit, org, gives)?)));
    let (org, user, (entity, rights)) = match found {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let done = visit
        .act(move |context| {
            let member =
                context.people.member(org, user).ok_or(AccessError::NotFound("User is not in the organization"))?;
            members::set_grants(context, org, user, with_entity(org, &member.grants, entity, rights))
        })
        .await;
    match done {
        Ok(_) => ok(&visit),
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn update_person(visit: Visit) -> Response<Body> {
    of_person(visit, true).await
}

pub async fn remove_person(visit: Visit) -> Response<Body> {
    of_person(visit, false).await
}

async fn of_key(visit: Visit, gives: bool) -> Response<Body> {
    let found = organization(&visit).and_then(|org| Ok((org, read_change(&visit, org, gives)?)));
    let (org, (entity, rights)) = match found {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let public = visit.form.text("key_prefix").trim().to_owned();
    let done = visit
        .act(move |context| {
            // The key is looked up within the organization (D2).
            let before = keys::of_owner(context, KeyOwner::Org(org), &public)?.key.clone();
            let rules = with_entity(org, &before.grants.clone().unwrap_or_default(), entity, rights);
            keys::change(context, &before, &KeyPatch { grants: Patch::Set(rules), ..KeyPatch::default() })
        })
        .await;
    match done {
        Ok(key) => {
            let is_readonly = show::key(&key, None, visit.app.environment.now())["is_readonly"].clone();
            visit.json(StatusCode::OK, &json!({"status": DONE, "is_readonly": is_readonly}))
        }
        Err(denied) => refused(&visit, denied),
    }
}

pub async fn update_key(visit: Visit) -> Response<Body> {
    of_key(visit, true).await
}

pub async fn remove_key(visit: Visit) -> Response<Body> {
    of_key(visit, false).await
}
