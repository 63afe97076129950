//! What each field of each record says about a person, so that an erasure finds all of it.
//!
//! Every field of every kind of record has a line here, nested ones by their path; a test fails for a field that has
//! none. Events hold records as they were, so the same table finds what the log says of a person.

use peerage_registry::{Actor, Record};
use serde_json::Value as Json;

/// What a field says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The number of the person whom the record is about.
    Owner,
    /// The number of another person, which tells nothing once that person's account is erased.
    Person,
    /// A mail address.
    Email,
    /// A network address, or where it belongs.
    Address,
    /// A browser or program.
    Agent,
    /// A name of a person, or one that a person made up.
    Name,
    /// Words that someone wrote: they may say anything.
    Words,
    /// What a person proves with, or is recognized by.
    Mark,
    /// Numbers, times, states and rights: nothing personal.
    Plain,
}

use Content::{Address, Agent, Email, Mark, Name, Owner, Person, Plain, Words};

/// A path and what stands there. Names of fields are joined by dots; lists add nothing. What stands below a path counts
/// as the path does unless it has a line of its own.
pub type Fields = &'static [(&'static str, Content)];

/// The fields of a kind of record.
pub fn fields(record: Record) -> Fields {
    match record {
        Record::User => USER,
        Record::Password => &[("id", Owner), ("hash", Mark), ("changed", Plain)],
        Record::Member => MEMBER,
        Record::Key => KEY,
        Record::Role => ROLE,
        Record::Policy => POLICY,
        Record::Session => SESSION,
        Record::Logo => LOGO,
        Record::Factor => FACTOR,
        Record::Codes => CODES,
        Record::Ticket => TICKET,
        Record::Recovery => RECOVERY,
        Record::Application => APPLICATION,
        Record::Invitation => INVITATION,
        Record::Client => CLIENT,
        Record::Consent => CONSENT,
    }
}

const USER: Fields = &[
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

const MEMBER: Fields = &[
    ("id", Plain),
    ("org", Plain),
    ("user", Owner),
    ("rank", Plain),
    ("grants", Plain),
    ("since", Plain),
    ("ranked", Plain),
    ("reconfirm_due", Plain),
];

const KEY: Fields = &[
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

const ROLE: Fields = &[
    ("id", Plain),
    ("org", Plain),
    ("kind", Plain),
    ("name", Name),
    ("email", Email),
    ("people", Person),
    ("grants", Plain),
    ("created", Plain),
];

const POLICY: Fields = &[
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

const SESSION: Fields = &[
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

const LOGO: Fields = &[
    ("id", Plain),
    ("kind", Plain),
    ("object", Plain),
    ("org", Plain),
    ("file_type", Plain),
    ("file_data", Plain),
    ("created", Plain),
    ("updated", Plain),
];

const FACTOR: Fields = &[
    ("id", Plain),
    ("user", Owner),
    ("name", Name),
    ("created", Plain),
    ("used.at", Plain),
    ("used.address", Address),
    // Seeds, credentials, and what model of key it is.
    ("proof", Mark),
    ("proof.kind", Plain),
];

const CODES: Fields = &[
    ("id", Owner),
    ("made", Plain),
    ("codes.hash", Mark),
    ("codes.version", Plain),
    ("codes.used.at", Plain),
    ("codes.used.address", Address),
];

const TICKET: Fields = &[
    ("id", Plain),
    ("user", Owner),
    ("purpose", Plain),
    ("address", Email),
    ("recovery", Plain),
    ("created", Plain),
    ("expires", Plain),
    ("nonce", Mark),
    ("browser", Mark),
    ("wanted.username", Name),
    ("wanted.first_name", Name),
    ("wanted.last_name", Name),
    ("wanted.hash", Mark),
    ("wanted.locale", Mark),
    ("used", Plain),
];

const RECOVERY: Fields = &[
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

const APPLICATION: Fields = &[
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

const INVITATION: Fields = &[
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

const CLIENT: Fields = &[
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

const CONSENT: Fields = &[
    ("id", Plain),
    ("user", Owner),
    ("client", Plain),
    ("scopes", Plain),
    ("has_username", Plain),
    ("networks", Plain),
    ("created", Plain),
    ("used", Plain),
    // Hashes of tokens, and to which of a person's sessions they belong.
    ("access", Mark),
];

/// The fields of what an event says about who acted.
pub const ACTOR: Fields = &[
    ("name", Name),
    ("user", Owner),
    ("key", Plain),
    ("session", Plain),
    ("role", Plain),
    ("address", Address),
    ("agent", Agent),
    ("request", Plain),
    // Digests of a word that a program made up.
    ("retry", Plain),
    ("cause", Plain),
    // Networks are where a person was; a refusal is words, and so is what somebody called an application.
    ("cause.key_used_from.networks", Address),
    ("cause.refused.why", Words),
    ("cause.recovery_refused.why", Words),
    ("cause.agreed.client", Words),
    ("cause.signed_in.client", Words),
    ("cause.code_exchanged.client", Words),
    ("cause.token_renewed.client", Words),
    ("note", Words),
];

/// The fields of how a key was used. All of it goes with its person.
pub const USE: Fields = &[
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

/// What stands at a path, by its own line or by that of what it lies in.
fn content(fields: Fields, path: &str) -> Option<Content> {
    let mut path = path;
    loop {
        if let Some((_, content)) = fields.iter().find(|(known, _)| *known == path) {
            return Some(*content);
        }
        path = path.rsplit_once('.')?.0;
    }
}

/// Calls `look` with each value of a record that is neither object nor list, and with what it says about a person.
/// What the table does not know counts as words, so that nothing escapes.
fn walk<'a>(fields: Fields, path: &str, value: &'a Json, look: &mut impl FnMut(Content, &'a Json)) {
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

/// Takes out of a record from where and by what program its person was here, unless the reader is that person. Where a
/// key may be used from is a setting, which stays.
pub fn without_places(record: Record, value: &mut Json, reader: Option<u32>) {
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

fn strip_places(fields: Fields, path: &str, value: &mut Json) {
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

/// Who is looked for in records: a person, by all that they were ever called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    pub user: u32,
    /// In lower case.
    pub addresses: Vec<String>,
    /// User names and full names, in lower case.
    pub names: Vec<String>,
}

/// Letters of a name below which it is not looked for: too many words are that short.
const NAME_LETTERS_MIN: usize = 4;

impl Identity {
    pub fn of(user: u32) -> Identity {
        Identity { user, ..Identity::default() }
    }

    /// Learns addresses and names from what an account, or a wish for one, was.
    pub fn learn(&mut self, record: Record, value: &Json) {
        let mut add = |list: fn(&mut Identity) -> &mut Vec<String>, text: &str| {
            let (text, list) = (text.trim().to_lowercase(), list(self));
            if !text.is_empty() && !list.contains(&text) {
                list.push(text);
            }
        };
        let account = match record {
            Record::User => value,
            Record::Ticket => &value["wanted"],
            _ => return,
        };
        for email in account["emails"].as_array().into_iter().flatten() {
            add(|identity| &mut identity.addresses, email["address"].as_str().unwrap_or_default());
        }
        if record == Record::Ticket {
            add(|identity| &mut identity.addresses, value["address"].as_str().unwrap_or_default());
        }
        let part = |name: &str| account[name].as_str().unwrap_or_default();
        if !part("username").starts_with("closed-account-") {
            add(|identity| &mut identity.names, part("username"));
        }
        if !part("first_name").is_empty() && !part("last_name").is_empty() {
            add(|identity| &mut identity.names, &format!("{} {}", part("first_name"), part("last_name")));
        }
    }

    /// Whether the record belongs to the person.
    pub fn owns(&self, record: Record, value: &Json) -> bool {
        // An organization's key was only made by its person.
        !(record == Record::Key && value["kind"] == "org") && self.is_owner(fields(record), value) == Some(true)
    }

    /// Whether a record is the person's and says anything personal, or names them.
    pub fn is_in(&self, record: Record, value: &Json) -> bool {
        if self.owns(record, value) {
            let mut says_anything = false;
            walk(fields(record), "", value, &mut |content, value| {
                let is_empty = value.is_null() || value == "";
                says_anything |= !is_empty && !matches!(content, Owner | Person | Plain);
            });
            return says_anything;
        }
        // The same address in somebody else's account is theirs.
        record != Record::User && self.is_named(fields(record), value)
    }

    /// Whether who acted is the person, or what is said of the act names them.
    pub fn acted(&self, actor: &Json) -> bool {
        self.is_owner(ACTOR, actor) == Some(true) || self.is_named(ACTOR, actor)
    }

    /// A record of others without what names the person.
    pub fn blanked(&self, record: Record, value: &Json) -> Json {
        self.blank(fields(record), "", value)
    }

    fn blank(&self, fields: Fields, path: &str, value: &Json) -> Json {
        match value {
            Json::Object(object) => {
                let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                object.iter().map(|(name, value)| (name.clone(), self.blank(fields, &inner(name), value))).collect()
            }
            Json::Array(list) => list.iter().map(|value| self.blank(fields, path, value)).collect(),
            Json::String(text) if self.names(content(fields, path).unwrap_or(Words), text) => Json::from(""),
            other => other.clone(),
        }
    }

    /// Whether the owner is the person; none: nobody is named as owner.
    fn is_owner(&self, fields: Fields, value: &Json) -> Option<bool> {
        let mut owner = None;
        walk(fields, "", value, &mut |content, value| {
            if content == Owner {
                owner = value.as_u64().or(owner);
            }
        });
        owner.map(|owner| owner == u64::from(self.user))
    }

    fn is_named(&self, fields: Fields, value: &Json) -> bool {
        let mut is_named = false;
        walk(fields, "", value, &mut |content, value| {
            is_named |= value.as_str().is_some_and(|text| self.names(content, text));
        });
        is_named
    }

    /// Whether a text names the person. Names are looked for in free words alone: what others call their things may be
    /// the same by chance.
    fn names(&self, content: Content, text: &str) -> bool {
        if !matches!(content, Email | Name | Words) || text.is_empty() {
            return false;
        }
        let text = text.to_lowercase();
        let is_long = |name: &&String| name.chars().count() >= NAME_LETTERS_MIN;
        match content {
            Email => self.addresses.contains(&text),
            Name => self.addresses.iter().any(|address| has_word(&text, address)),
            _ => {
                let names = self.names.iter().filter(is_long);
                self.addresses.iter().chain(names).any(|name| has_word(&text, name))
            }
        }
    }
}

/// Whether a name stands in a text as words of its own.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// What an event says about who acted, as [`Identity::acted`] takes it.
pub fn actor_value(text: &str) -> Json {
    // An actor that cannot be read has no user, and its words are looked at all the same.
    serde_json::from_str::<Actor>(text)
        .ok()
        .and_then(|actor| serde_json::to_value(actor).ok())
        .unwrap_or_else(|| Json::from(text))
}

#[cfg(test)]
mod tests;
