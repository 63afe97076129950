//! Compares people, keys and permissions in memory with the stored records, and checks that their owners exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerage_access::{KeyKind, People};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::{Record, Snapshot};
use peerage_schema::Resource;
use serde_json::Value as Json;

/// The records in memory, to be compared with the stored ones.
pub struct MemoryRecords {
    known: BTreeMap<(Record, u32), Arc<str>>,
    /// Whether a newer program may have written fields that this one does not know.
    is_outdated: bool,
    findings: Vec<String>,
}

impl MemoryRecords {
    pub fn of(people: &People, is_outdated: bool) -> MemoryRecords {
        let known = people.texts().into_iter().map(|(record, id, text)| ((record, id), text)).collect();
        MemoryRecords { known, is_outdated, findings: Vec::new() }
    }

    /// Compares one stored record. A record that cannot be read was reported when it was loaded.
    pub fn compare(&mut self, record: Record, id: u32, text: &str) {
        let Some(known) = self.known.remove(&(record, id)) else { return };
        let is_same = match (serde_json::from_str::<Json>(text), serde_json::from_str::<Json>(&known)) {
            (Ok(Json::Object(kept)), Ok(Json::Object(known))) => {
                // An older record lacks newer fields. All fields that it has must be in memory, too.
                kept.iter().all(|(name, value)| match known.get(name) {
                    Some(known) => known == value,
                    None => value.is_null() || self.is_outdated,
                })
            }
            _ => false,
        };
        if !is_same {
            self.findings.push(format!("{} {id} differs between memory and store", record.name()));
        }
    }

    pub fn into_findings(mut self) -> Vec<String> {
        let left = std::mem::take(&mut self.known).into_keys();
        self.findings.extend(left.map(|(record, id)| format!("{} {id} is in memory but not stored", record.name())));
        self.findings
    }
}

/// Finds owners of people and keys that do not exist.
pub fn dangling(people: &People, snapshot: &Snapshot) -> Vec<String> {
    let mut findings = Vec::new();
    let has_user = |id: UserId| people.user(id).is_some();
    let has_org = |id: OrgId| snapshot.row(Resource::Org, id.get()).is_some();
    for key in people.keys().map(|entry| &*entry.key).filter(|key| !key.is_final()) {
        let mut lacks = |what: &str| findings.push(format!("key {} ({}): {what}", key.id, key.public));
        let (needs_user, needs_org) = match key.kind {
            KeyKind::User => (true, false),
            KeyKind::Org => (false, true),
            KeyKind::Role => (true, true),
        };
        match key.user {
            None if needs_user => lacks("it has no owner"),
            Some(user) if !has_user(user) => lacks(&format!("there is no user {user}")),
            _ => {}
        }
        match key.org {
            None if needs_org => lacks("it has no organization"),
            Some(org) if !has_org(org) => lacks(&format!("there is no org {org}")),
            _ => {}
        }
        match key.role {
            None if key.kind == KeyKind::Role => lacks("it has no role account"),
            Some(role) if people.role(role).is_none() => lacks(&format!("there is no role account {role}")),
            _ => {}
        }
    }
    for role in people.roles() {
        if !has_org(role.org) {
            findings.push(format!("role {}: there is no org {}", role.id, role.org));
        }
        for user in role.people.iter().filter(|user| people.member(role.org, **user).is_none()) {
            findings.push(format!("role {}: user {user} is not in org {}", role.id, role.org));
        }
    }
    for user in people.users() {
        for member in people.memberships_of(user.id).filter(|member| !has_org(member.org)) {
            findings.push(format!("member {}: there is no org {}", member.id, member.org));
        }
    }
    for (record, id, text) in people.texts() {
        let user = match record {
            Record::Password => Some(UserId::new(id)),
            Record::Member | Record::Session => {
                serde_json::from_str::<Json>(&text).ok().and_then(|kept| UserId::of_json(&kept["user"]))
            }
            _ => None,
        };
        if let Some(user) = user.filter(|user| !has_user(*user)) {
            findings.push(format!("{} {id}: there is no user {user}", record.name()));
        }
    }
    findings
}
