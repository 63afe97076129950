//! Finding a person in records: by id, address or name.

use peerage_registry::ids::UserId;
use peerage_registry::{Actor, Record};
use serde_json::Value as Json;

use super::PersonalContent::{Email, Name, Owner, Person, Plain, Words};
use super::{ACTOR, PersonalContent, PersonalFields, content, fields, walk};

/// The person to find in records, with all their former addresses and names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonIdentity {
    pub user: UserId,
    /// In lower case.
    pub addresses: Vec<String>,
    /// User names and full names, in lower case.
    pub names: Vec<String>,
}

/// Minimum length of a name to search for, in characters: too many words are shorter.
const NAME_LETTERS_MIN: usize = 4;

impl PersonIdentity {
    pub fn of(user: UserId) -> PersonIdentity {
        PersonIdentity { user, ..PersonIdentity::default() }
    }

    /// Learns addresses and names from a version of an account, or of a request for one.
    pub fn learn(&mut self, record: Record, value: &Json) {
        let mut add = |list: fn(&mut PersonIdentity) -> &mut Vec<String>, text: &str| {
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
        // A person only created an organization's key.
        !(record == Record::Key && value["kind"] == "org") && self.is_owner(fields(record), value) == Some(true)
    }

    /// Whether a record belongs to the person and contains personal data, or names them.
    pub fn is_in(&self, record: Record, value: &Json) -> bool {
        if self.owns(record, value) {
            let mut says_anything = false;
            walk(fields(record), "", value, &mut |content, value| {
                let is_empty = value.is_null() || value == "";
                says_anything |= !is_empty && !matches!(content, Owner | Person | Plain);
            });
            return says_anything;
        }
        // The same address in someone else's account is that person's own.
        record != Record::User && self.is_named(fields(record), value)
    }

    /// Whether the person acted, or the actor's text names them.
    pub fn acted(&self, actor: &Json) -> bool {
        self.is_owner(ACTOR, actor) == Some(true) || self.is_named(ACTOR, actor)
    }

    /// A record of others, without what names the person.
    pub fn blanked(&self, record: Record, value: &Json) -> Json {
        self.blank(fields(record), "", value)
    }

    fn blank(&self, fields: PersonalFields, path: &str, value: &Json) -> Json {
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

    /// Whether the owner is the person; `None`: the record has no owner.
    fn is_owner(&self, fields: PersonalFields, value: &Json) -> Option<bool> {
        let mut owner = None;
        walk(fields, "", value, &mut |content, value| {
            if content == Owner {
                owner = value.as_u64().or(owner);
            }
        });
        owner.map(|owner| owner == u64::from(self.user))
    }

    fn is_named(&self, fields: PersonalFields, value: &Json) -> bool {
        let mut is_named = false;
        walk(fields, "", value, &mut |content, value| {
            is_named |= value.as_str().is_some_and(|text| self.names(content, text));
        });
        is_named
    }

    /// Whether a text names the person. Names are searched in free text only: what others call their things may be
    /// equal by chance.
    fn names(&self, content: PersonalContent, text: &str) -> bool {
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

/// Whether a name occurs in a text as separate words.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// Parses the actor of an event for [`PersonIdentity::acted`].
pub fn actor_value(text: &str) -> Json {
    // An actor that cannot be parsed has no user, but its text is searched all the same.
    serde_json::from_str::<Actor>(text)
        .ok()
        .and_then(|actor| serde_json::to_value(actor).ok())
        .unwrap_or_else(|| Json::from(text))
}
