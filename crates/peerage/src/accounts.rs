//! People and keys of a test registry: a file with plain passwords and complete key strings.
//!
//! ```json
//! {"users": [{"id", "username", "email", "password", "first_name", "last_name", "verified", "superuser",
//!             "orgs": [{"org_id", "role"}], "grants": {namespace: bits}}],
//!  "keys":  [{"identity", "kind": "user"|"org", "owner"|"org_id", "readonly", "rotates_itself", "status", "email",
//!             "grants", "key"}]}
//! ```
//!
//! Key strings are imported as they are, including those in PeeringDB's format; this is the only way to import them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use peerage_access::StaffRank;
use peerage_access::acts::users::check_imported_name;
use peerage_access::key_string::{KeyKind, parse};
use peerage_access::people::People;
use peerage_access::records::{
    EmailAddress, Key, KeyEnd, KeyState, Member, MemberRole, Password, PermissionRules, StoredRecord, StoredSecret,
    User,
};
use peerage_access::{ServerKey, password};
use peerage_registry::ids::{Id, KeyId, MemberId, OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_registry::{Action, Record};
use serde::Deserialize;

use crate::chance::{SystemRandom, now};
use crate::failure::usage;

/// The file.
#[derive(Deserialize)]
pub struct AccountsFile {
    users: Vec<AccountEntry>,
    keys: Vec<ApiKeyEntry>,
}

#[derive(Deserialize)]
struct AccountEntry {
    id: UserId,
    username: String,
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    superuser: bool,
    #[serde(default)]
    orgs: Vec<MembershipEntry>,
    #[serde(default)]
    grants: BTreeMap<String, u8>,
}

#[derive(Deserialize)]
struct MembershipEntry {
    org_id: OrgId,
    role: MemberRole,
}

#[derive(Deserialize)]
struct ApiKeyEntry {
    identity: String,
    kind: KeyKind,
    owner: Option<String>,
    org_id: Option<OrgId>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    readonly: bool,
    #[serde(default)]
    rotates_itself: bool,
    status: String,
    #[serde(default)]
    grants: BTreeMap<String, u8>,
    key: String,
}

/// Parses the file.
///
/// # Errors
/// It cannot be read or is invalid. The error contains no secret.
pub fn read(path: &Path) -> anyhow::Result<AccountsFile> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    // The parser's message could contain a value, which may be a secret.
    serde_json::from_str(&text).map_err(|error| usage(format!("{}: invalid at line {}", path.display(), error.line())))
}

/// The records to import.
pub struct AccountRecords {
    records: Vec<(Record, u32, Option<OrgId>, Arc<str>)>,
}

/// A changed record: kind, ID, organization, before and after.
pub struct RecordChange {
    pub action: Action,
    pub record: Record,
    pub id: u32,
    pub org: Option<OrgId>,
    pub before: Option<Arc<str>>,
    pub after: Option<Arc<str>>,
}

impl AccountRecords {
    fn push<T: StoredRecord>(&mut self, kept: &T) {
        self.records.push((T::RECORD, kept.id().get(), kept.org(), kept.to_text()));
    }

    /// Returns the changes. With `erases_others`, records that are not in the file are erased.
    pub fn changes(&self, existing: &People, erases_others: bool) -> Vec<RecordChange> {
        let mut standing: BTreeMap<(Record, u32), Arc<str>> =
            existing.texts().into_iter().map(|(record, id, text)| ((record, id), text)).collect();
        let mut changes = Vec::new();
        for (record, id, org, text) in &self.records {
            let before = standing.remove(&(*record, *id));
            if before.as_ref() != Some(text) {
                let action = Action::Import;
                let after = Some(Arc::clone(text));
                changes.push(RecordChange { action, record: *record, id: *id, org: *org, before, after });
            }
        }
        if erases_others {
            changes.extend(standing.into_iter().map(|((record, id), text)| RecordChange {
                action: Action::Erase,
                record,
                id,
                org: None,
                before: Some(text),
                after: None,
            }));
        }
        changes
    }
}

impl AccountsFile {
    /// Returns the records, with hashed passwords and keys.
    pub fn into_records(self, server_key: &ServerKey, chance: &mut SystemRandom) -> anyhow::Result<AccountRecords> {
        let at = now();
        let mut records = AccountRecords { records: Vec::new() };
        let mut members = 0;
        let mut names: BTreeMap<String, UserId> = BTreeMap::new();
        for (row, person) in self.users.iter().enumerate() {
            let wrong = |why: &str| usage(format!("users, row {} (id {}): {why}", row + 1, person.id));
            check_imported_name(&person.username, &person.email).map_err(|error| wrong(&error.to_string()))?;
            for (kind, text) in [("username", &person.username), ("email", &person.email)] {
                let is_taken = names.insert(format!("{kind} {}", text.to_lowercase()), person.id).is_some();
                if is_taken && !text.is_empty() {
                    return Err(wrong(&format!("{kind}: another row has the same value")));
                }
            }
            records.push(&User {
                id: person.id,
                username: person.username.clone(),
                first_name: person.first_name.clone(),
                last_name: person.last_name.clone(),
                emails: vec![EmailAddress::answered(person.email.clone())],
                verified: person.verified,
                active: true,
                staff: person.superuser.then_some(StaffRank::Admin),
                ..User::blank(at)
            });
            if !person.password.is_empty() {
                let salt = chance.salt();
                let salt: [u8; 16] = salt[..16].try_into().context("half a salt")?;
                let hash = password::hash(&person.password, &salt)
                    .ok_or_else(|| usage(format!("{}: the password is too long", person.username)))?;
                records.push(&Password { id: person.id, hash, changed: at });
            }
            for place in &person.orgs {
                members += 1;
                let prefix = peerage_registry::place::of_organization(place.org_id);
                let is_within = |namespace: &String| {
                    namespace.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                let grants: PermissionRules = person
                    .grants
                    .iter()
                    .filter(|(namespace, _)| is_within(namespace))
                    .map(|(namespace, bits)| (namespace.clone(), *bits))
                    .collect();
                let (org, user, rank) = (place.org_id, person.id, place.role);
                records.push(&Member {
                    id: MemberId::new(members),
                    org,
                    user,
                    rank,
                    grants,
                    since: at,
                    ranked: None,
                    reconfirm_due: None,
                });
            }
        }
        for (number, key) in self.keys.iter().enumerate() {
            records.push(&self.key(KeyId::new(number as u32 + 1), key, server_key, at)?);
        }
        Ok(records)
    }

    fn key(&self, id: KeyId, key: &ApiKeyEntry, server_key: &ServerKey, at: Moment) -> anyhow::Result<Key> {
        let wrong = |what: &str| usage(format!("the key {}: {what}", key.identity));
        let public = parse(&key.key).public().ok_or_else(|| wrong("its format is unknown"))?;
        let user = match (&key.owner, key.kind) {
            (Some(owner), KeyKind::User) => {
                let owner = self.users.iter().find(|user| user.username == *owner);
                Some(owner.ok_or_else(|| wrong("its owner does not exist"))?.id)
            }
            (None, KeyKind::User) => return Err(wrong("it has no owner")),
            _ => None,
        };
        if key.kind != KeyKind::User && key.org_id.is_none() {
            return Err(wrong("it has no org_id"));
        }
        let state = match key.status.as_str() {
            "active" => KeyState::Active,
            "inactive" => KeyState::Suspended,
            "revoked" => KeyState::Revoked,
            _ => return Err(wrong("its status is not active, inactive or revoked")),
        };
        let secret = StoredSecret::of(server_key, &key.key, at);
        let is_ended = state == KeyState::Revoked;
        Ok(Key {
            id,
            public: public.to_owned(),
            user,
            org: key.org_id,
            name: key.identity.clone(),
            email: key.email.clone(),
            email_confirmed: !key.email.is_empty(),
            readonly: key.readonly,
            grants: (key.kind == KeyKind::Org).then(|| key.grants.clone()),
            rotates_itself: key.rotates_itself,
            // In the registries that such files come from, every key with these permissions can manage members.
            manages_members: manages_members(key),
            state,
            ended: is_ended.then(|| KeyEnd { at, why: "imported".to_owned() }),
            secrets: if is_ended { Vec::new() } else { vec![secret] },
            ..Key::blank(key.kind, at)
        })
    }
}

/// Whether an organization key has more than read permission on the organization's people.
fn manages_members(key: &ApiKeyEntry) -> bool {
    let users = key.org_id.map(peerage_access::principal::users);
    let rights = users.and_then(|users| key.grants.get(&users)).copied().unwrap_or(0);
    key.kind == KeyKind::Org && rights & !1 != 0
}
