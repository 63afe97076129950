//! JSON of keys, role accounts and people, the same over HTTP and on the command line.

use peerage_schema::Status;
use std::collections::BTreeMap;

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{Moment, print_seconds};
use serde_json::{Map, Value as Json, json};

use crate::entities::GrantEntity;
use crate::hygiene::KeyFinding;
use crate::key_string::KeyKind;
use crate::people::People;
use crate::records::{Invitation, Key, Member, PermissionRules, Policy, Role, User};
use crate::staff_ranks::StaffRank;
use crate::usage::KeyUse;

pub(crate) fn time(time: Option<Moment>) -> Json {
    time.map_or(Json::Null, |time| Json::from(print_seconds(time)))
}

/// Rules by short name, if they have one.
pub fn entities(org: OrgId, rules: &PermissionRules) -> Json {
    let named = GrantEntity::of_rules(org, rules).into_iter();
    named.map(|(entity, rights)| (entity.name(org), Json::from(rights.bits()))).collect::<Map<_, _>>().into()
}

/// A key, without its secrets.
pub fn key(key: &Key, used: Option<&KeyUse>, now: Moment) -> Json {
    let old = key.secrets.get(1).and_then(|secret| secret.until).filter(|until| *until > now);
    let is_readonly =
        key.readonly || (key.kind == KeyKind::Org && key.grants.iter().flatten().all(|(_, bits)| bits & !1 == 0));
    json!({
        "id": key.public,
        "kind": key.kind.name(),
        "name": key.name,
        "email": key.email,
        "email_confirmed": key.email_confirmed,
        "note": key.note,
        "org_id": key.org,
        "role_id": key.role,
        "user_id": key.user,
        "state": key.state_at(now),
        "readonly": key.readonly,
        "is_readonly": is_readonly,
        "grants": key.grants,
        "entities": key.org.zip(key.grants.as_ref()).map(|(org, rules)| entities(org, rules)),
        "networks": key.networks,
        "per_minute": key.per_minute,
        "rotates_itself": key.rotates_itself,
        "manages_members": key.manages_members,
        "expires": time(key.expires),
        "created": time(Some(key.created)),
        "secret_made": time(key.secrets.first().map(|secret| secret.made)),
        "old_secret_until": time(old),
        "ended": time(key.ended.as_ref().map(|ended| ended.at)),
        "ended_because": key.ended.as_ref().map(|ended| ended.why.clone()),
        "last_used": time(used.map(|used| used.last).filter(|last| *last > Moment::EPOCH)),
        "last_address": used.map(|used| used.last_address.clone()).filter(|address| !address.is_empty()),
        "last_client": used.map(|used| used.last_agent.clone()).filter(|agent| !agent.is_empty()),
    })
}

/// The usage of a key.
pub fn used(used: &KeyUse) -> Json {
    fn times<K: ToString>(map: &BTreeMap<K, Moment>) -> Map<String, Json> {
        map.iter().map(|(name, last)| (name.to_string(), time(Some(*last)))).collect()
    }
    json!({
        "first_used": time((used.first > Moment::EPOCH).then_some(used.first)),
        "last_used": time((used.last > Moment::EPOCH).then_some(used.last)),
        "last_address": used.last_address,
        "last_client": used.last_agent,
        "requests": used.count(),
        "days": used.days,
        "networks": times(&used.networks),
        "clients": times(&used.agents),
        "exercised": times(&used.exercised),
    })
}

pub fn role(role: &Role) -> Json {
    json!({
        "id": role.id,
        "org_id": role.org,
        "kind": role.kind.name(),
        "name": role.name,
        "email": role.email,
        "people": role.people,
        "grants": role.grants,
        "created": time(Some(role.created)),
    })
}

pub fn member(people: &People, member: &Member) -> Json {
    let user = people.user(member.user);
    let roles = people.roles_of(member.org).filter(|role| role.people.contains(&member.user));
    json!({
        "user_id": member.user,
        "username": user.map(|user| user.username.clone()),
        "full_name": user.map(|user| user.full_name()),
        "is_active": user.map(|user| user.active),
        "role": member.rank.name(),
        "roles": roles.map(|role| role.id).collect::<Vec<_>>(),
        "grants": member.grants,
        "entities": entities(member.org, &member.grants),
        "since": time(Some(member.since)),
    })
}

/// A person in the format of the reference's endpoint for members (spec/write-api.md, 7.3).
pub fn user(user: &User, member: &Member) -> Json {
    json!({
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": user.full_name(),
        "is_active": user.active,
        "date_joined": print_seconds(user.created),
        "status": if user.verified { Status::Live } else { Status::Pending }.text(),
        "role": member.rank.name(),
    })
}

/// An added person who has not accepted yet, in the same format. Shows only what was entered.
pub fn invited(user: UserId, invitation: &Invitation) -> Json {
    json!({
        "id": user,
        "first_name": "",
        "last_name": "",
        "full_name": "",
        "is_active": true,
        "date_joined": print_seconds(invitation.created),
        "status": Status::Pending.text(),
        "role": invitation.rank.name(),
    })
}

pub fn policy(policy: &Policy) -> Json {
    json!({
        "org_id": policy.id,
        "key_days_max": policy.key_days_max,
        "key_days_from": policy.key_days_from.map(print_seconds),
        "allows_user_keys": policy.allows_user_keys,
        "key_idle_days_max": policy.key_idle_days_max,
        "requires_networks": policy.requires_networks,
        "key_networks_from": policy.key_networks_from.map(print_seconds),
        "networks": policy.networks,
        "email_domains": policy.email_domains,
        "email_subdomains": policy.email_subdomains,
        "requires_passkey": policy.requires_passkey,
        "refuses_totp": policy.refuses_totp,
        "wants_factor_with_passkey": policy.wants_factor_with_passkey,
        "grace_days": policy.grace_days,
        "passkey_from": policy.passkey_from.map(print_seconds),
        "totp_from": policy.totp_from.map(print_seconds),
        "beside_from": policy.beside_from.map(print_seconds),
        "reconfirm_days": policy.reconfirm_days,
    })
}

/// A finding of the security review.
pub fn finding(finding: &KeyFinding) -> Json {
    json!({
        "what": finding.what,
        "key": finding.key,
        "name": finding.name,
        "user_id": finding.user,
        "text": finding.text,
        "advice": finding.advice,
    })
}

/// An account, for the registry's staff.
pub fn account(people: &People, user: &User) -> Json {
    let orgs = people
        .memberships_of(user.id)
        .map(|member| json!({"org_id": member.org, "role": member.rank.name(), "grants": member.grants}));
    let emails = user.emails.iter().map(|email| json!({"address": email.address, "verified": email.verified}));
    let keys = people.keys().filter(|entry| entry.key.user == Some(user.id) && !entry.key.is_final());
    json!({
        "id": user.id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": user.full_name(),
        "emails": emails.collect::<Vec<_>>(),
        "is_verified": user.verified,
        "is_active": user.active,
        "is_staff": user.staff.is_some(),
        "staff_rank": user.staff.map(StaffRank::name),
        "has_password": people.password(user.id).is_some(),
        "organizations": orgs.collect::<Vec<_>>(),
        "keys": keys.count(),
        "created": time(Some(user.created)),
    })
}
