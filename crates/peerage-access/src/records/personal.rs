//! What each field of each record says about a person, so that an erasure finds all of it.
//!
//! Every field of every kind of record has a line here, nested ones with their path. A test fails for a field without
//! one. Events contain records as they were, so the same table is used to find personal data in the log.

mod identity;

use peerage_registry::Record;
use peerage_registry::ids::UserId;
use serde_json::Value as Json;

use super::{StoredRecord, with_kind};

pub use identity::{PersonIdentity, actor_value};

/// What a field says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalContent {
    /// The id of the person whom the record is about.
    Owner,
    /// The id of another person, which means nothing once that person's account is erased.
    Person,
    /// A mail address.
    Email,
    /// A network address, or its location.
    Address,
    /// A browser or program.
    Agent,
    /// The name of a person, or one that a person chose.
    Name,
    /// Free text, which can contain anything.
    Words,
    /// What a person authenticates with, or is recognized by.
    Mark,
    /// Numbers, times, states and permissions: nothing personal.
    Plain,
}

use PersonalContent::{Address, Agent, Email, Mark, Name, Owner, Person, Plain, Words};

/// Paths and the kind of their content. Names of fields are joined by dots; lists add nothing. Everything below a path
/// is treated like the path itself, unless it has a line of its own.
pub type PersonalFields = &'static [(&'static str, PersonalContent)];

/// The fields of a kind of record.
pub fn fields(record: Record) -> PersonalFields {
    with_kind!(record, Kind => Kind::FIELDS)
}

pub(super) const USER: PersonalFields = &[
    ("id", Owner),
    ("username", Name),
    ("first_name", Name),
    ("last_name", Name),
    ("emails.address", Email),
    ("emails.verified", Plain),
    ("emails.confirmed", Plain),
    ("verified", Plain),
    ("active", Plain),
    ("superuser", Plain),
    ("locale", Mark),
    ("primary_org", Plain),
    ("handle", Mark),
    ("places", Mark),
    ("reads_until", Plain),
    ("created", Plain),
];

pub(super) const PASSWORD: PersonalFields = &[("id", Owner), ("hash", Mark), ("changed", Plain)];

pub(super) const MEMBER: PersonalFields = &[
    ("id", Plain),
    ("org", Plain),
    ("user", Owner),
    ("rank", Plain),
    ("grants", Plain),
    ("since", Plain),
    ("ranked", Plain),
    ("reconfirm_due", Plain),
];

pub(super) const KEY: PersonalFields = &[
    ("id", Plain),
    ("public", Plain),
    ("kind", Plain),
    ("user", Owner),
    ("org", Plain),
    ("role", Plain),
    ("name", Name),
    ("email", Email),
    ("email_confirmed", Plain),
    ("asked.address", Email),
    ("asked.at", Plain),
    ("note", Words),
    ("readonly", Plain),
    ("grants", Plain),
    ("networks", Address),
    ("per_minute", Plain),
    ("rotates_itself", Plain),
    ("manages_members", Plain),
    ("state", Plain),
    ("ended.at", Plain),
    ("ended.why", Words),
    ("expires", Plain),
    ("told_days", Plain),
    ("once", Mark),
    ("idle_since", Plain),
    ("created", Plain),
    ("secrets.hash", Mark),
    ("secrets.version", Plain),
    ("secrets.made", Plain),
    ("secrets.until", Plain),
];

pub(super) const ROLE: PersonalFields = &[
    ("id", Plain),
    ("org", Plain),
    ("kind", Plain),
    ("name", Name),
    ("email", Email),
    ("people", Person),
    ("grants", Plain),
    ("created", Plain),
];

pub(super) const POLICY: PersonalFields = &[
    ("id", Plain),
    ("key_days_max", Plain),
    ("key_days_from", Plain),
    ("key_idle_days_max", Plain),
    ("allows_user_keys", Plain),
    ("requires_networks", Plain),
    ("key_networks_from", Plain),
    ("keys_told", Plain),
    ("networks", Plain),
    ("email_domains", Plain),
    ("email_subdomains", Plain),
    ("requires_passkey", Plain),
    ("refuses_totp", Plain),
    ("wants_factor_with_passkey", Plain),
    ("grace_days", Plain),
    ("passkey_from", Plain),
    ("totp_from", Plain),
    ("beside_from", Plain),
    ("reconfirm_days", Plain),
];

pub(super) const SESSION: PersonalFields = &[
    ("id", Plain),
    ("user", Owner),
    ("secret", Mark),
    ("secret.version", Plain),
    ("secret.made", Plain),
    ("secret.until", Plain),
    ("created", Plain),
    ("expires", Plain),
    ("fresh_until", Plain),
    ("by_backup", Plain),
    ("line", Plain),
    ("stage", Plain),
    ("amr", Plain),
    ("passkey", Plain),
    ("proved", Plain),
    ("address", Address),
    ("agent", Agent),
];

pub(super) const LOGO: PersonalFields = &[
    ("id", Plain),
    ("kind", Plain),
    ("object", Plain),
    ("org", Plain),
    ("file_type", Plain),
    ("file_data", Plain),
    ("created", Plain),
    ("updated", Plain),
];

pub(super) const PORT_PROPOSAL: PersonalFields = &[
    ("id", Plain),
    ("ix", Plain),
    ("lan", Plain),
    ("net", Plain),
    ("org", Plain),
    ("asn", Plain),
    ("action", Plain),
    ("row", Plain),
    ("port", Plain),
    ("before", Plain),
    ("after", Plain),
    ("stated", Plain),
    ("source", Plain),
    ("needed_by", Plain),
    ("dismissed", Plain),
    ("resolved", Plain),
    ("created", Plain),
    ("updated", Plain),
];

pub(super) const IMPORT_FAILURE: PersonalFields = &[
    ("id", Plain),
    ("org", Plain),
    ("why", Plain),
    ("needs_confirmation", Plain),
    ("since", Plain),
    ("told", Plain),
    ("ended", Plain),
];

pub(super) const FACTOR: PersonalFields = &[
    ("id", Plain),
    ("user", Owner),
    ("name", Name),
    ("created", Plain),
    ("used.at", Plain),
    ("used.address", Address),
    // Seeds, credentials, and the model of the key.
    ("proof", Mark),
    ("proof.kind", Plain),
];

pub(super) const CODES: PersonalFields = &[
    ("id", Owner),
    ("made", Plain),
    ("codes.hash", Mark),
    ("codes.version", Plain),
    ("codes.used.at", Plain),
    ("codes.used.address", Address),
];

pub(super) const TICKET: PersonalFields = &[
    ("id", Plain),
    ("user", Owner),
    ("purpose", Plain),
    ("address", Email),
    ("recovery", Plain),
    ("org", Plain),
    ("created", Plain),
    ("expires", Plain),
    ("nonce", Mark),
    ("browser", Mark),
    ("wanted.username", Name),
    ("wanted.first_name", Name),
    ("wanted.last_name", Name),
    ("wanted.hash", Mark),
    ("wanted.locale", Mark),
    ("password_set", Plain),
    ("used", Plain),
];

pub(super) const RECOVERY: PersonalFields = &[
    ("id", Plain),
    ("user", Owner),
    ("state", Plain),
    ("begun", Plain),
    ("ends", Plain),
    ("evidence.kind", Plain),
    ("evidence.address", Email),
    ("evidence.by", Person),
    ("evidence.org", Plain),
    ("told", Plain),
    ("address", Address),
    ("browser", Mark),
];

pub(super) const APPLICATION: PersonalFields = &[
    ("id", Plain),
    ("user", Owner),
    ("wanted", Plain),
    ("org", Plain),
    ("asn", Plain),
    ("org_name", Name),
    ("state", Plain),
    ("created", Plain),
    ("note", Words),
    ("decided", Plain),
];

pub(super) const INVITATION: PersonalFields = &[
    ("id", Plain),
    ("org", Plain),
    ("email", Email),
    ("rank", Plain),
    ("grants", Plain),
    ("roles", Plain),
    ("by", Person),
    ("key", Plain),
    ("created", Plain),
    ("expires", Plain),
    ("nonce", Mark),
];

pub(super) const CLIENT: PersonalFields = &[
    ("id", Plain),
    ("client_id", Plain),
    ("name", Name),
    ("user", Owner),
    ("org", Plain),
    ("kind", Plain),
    ("secrets.hash", Mark),
    ("secrets.version", Plain),
    ("secrets.made", Plain),
    ("secrets.until", Plain),
    ("redirect_uris", Words),
    ("logout_uris", Words),
    ("backchannel_uri", Words),
    ("signing", Plain),
    ("without_pkce", Plain),
    ("created", Plain),
];

pub(super) const CONSENT: PersonalFields = &[
    ("id", Plain),
    ("user", Owner),
    ("client", Plain),
    ("scopes", Plain),
    ("has_username", Plain),
    ("networks", Plain),
    ("created", Plain),
    ("used", Plain),
    // Hashes of tokens, and the person's sessions to which they belong.
    ("access", Mark),
];

/// The fields of an event's actor.
pub const ACTOR: PersonalFields = &[
    ("name", Name),
    ("user", Owner),
    ("key", Plain),
    ("session", Plain),
    ("role", Plain),
    ("address", Address),
    ("agent", Agent),
    // The login name of an operator on the registry's own machine. It says nothing about an account of the registry, even if
    // that has the same name.
    ("operator", Agent),
    ("request", Plain),
    // Digests of a value that a program made up.
    ("retry", Plain),
    ("cause", Plain),
    // Networks show where a person was. Reasons for a refusal are free text, and so are names of applications.
    ("cause.key_used_from.networks", Address),
    ("cause.refused.why", Words),
    ("cause.recovery_refused.why", Words),
    ("cause.agreed.client", Words),
    ("cause.signed_in.client", Words),
    ("cause.code_exchanged.client", Words),
    ("cause.token_renewed.client", Words),
    ("note", Words),
];

/// The fields of a key's usage. All of it is erased with the person.
pub const USE: PersonalFields = &[
    ("first", Plain),
    ("last", Plain),
    ("last_address", Address),
    ("last_agent", Agent),
    ("days", Plain),
    ("networks", Address),
    ("agents", Agent),
    ("exercised", Plain),
    ("told_refused", Plain),
];

/// The kind of content at a path, by its own line or by that of an enclosing path.
fn content(fields: PersonalFields, path: &str) -> Option<PersonalContent> {
    let mut path = path;
    loop {
        if let Some((_, content)) = fields.iter().find(|(known, _)| *known == path) {
            return Some(*content);
        }
        path = path.rsplit_once('.')?.0;
    }
}

/// Calls `look` with each value of a record that is neither an object nor a list, and with its kind of content. Unknown
/// fields are treated as free text, so that nothing is missed.
fn walk<'a>(fields: PersonalFields, path: &str, value: &'a Json, look: &mut impl FnMut(PersonalContent, &'a Json)) {
    match value {
        Json::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(fields, &path, value, look);
            }
        }
        Json::Array(list) => list.iter().for_each(|value| walk(fields, path, value, look)),
        value => look(content(fields, path).unwrap_or(Words), value),
    }
}

/// Removes network addresses and programs of a record's person, unless the reader is that person. Allowed networks of a
/// key are a setting, and stay.
pub fn without_places(record: Record, value: &mut Json, reader: Option<UserId>) {
    if matches!(record, Record::Key | Record::Policy) {
        return;
    }
    let mut is_readers = false;
    walk(fields(record), "", value, &mut |content, value| {
        is_readers |= content == Owner && reader.is_some_and(|reader| value.as_u64() == Some(u64::from(reader)));
    });
    if !is_readers {
        strip_places(fields(record), "", value);
    }
}

fn strip_places(fields: PersonalFields, path: &str, value: &mut Json) {
    match value {
        Json::Object(object) => {
            let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            object.retain(|name, _| !matches!(content(fields, &inner(name)), Some(Address | Agent)));
            object.iter_mut().for_each(|(name, value)| strip_places(fields, &inner(name), value));
        }
        Json::Array(list) => list.iter_mut().for_each(|value| strip_places(fields, path, value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
