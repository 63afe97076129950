//! Erases what the registry still has about a person whose account is closed, on legal request.

use std::sync::Arc;

use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::{Action, Cause, Record};
use serde_json::Value as Json;

use super::{AccessContext, RecordStep};
use crate::key_string::KeyKind;
use crate::records::Key;
use crate::records::personal::PersonIdentity;

/// Removes a person's data from all records of people, keys and permissions. Records that belong to the person are
/// deleted; records of others stay, without the person's address or name.
pub fn emptied(context: &AccessContext<'_>, person: &PersonIdentity) -> Vec<RecordStep> {
    let mut steps = Vec::new();
    for (record, id, text) in context.people.texts() {
        let Ok(value) = serde_json::from_str::<Json>(&text) else { continue };
        if !person.is_in(record, &value) {
            continue;
        }
        let after = match record {
            // Closing the account has emptied it. The record stays so that its id is never reused.
            Record::User => continue,
            Record::Key if person.owns(record, &value) => {
                let Some(entry) = context.people.key_by_id(KeyId::new(id)) else { continue };
                let bare = bare(&entry.key);
                if bare == *entry.key {
                    continue;
                }
                steps.push(RecordStep::update(&*entry.key, &bare).caused_by(Cause::Emptied));
                continue;
            }
            // Useless without its address.
            Record::Ticket | Record::Invitation => None,
            _ if person.owns(record, &value) => None,
            _ => {
                let mut after = person.blanked(record, &value);
                if record == Record::Key && after["email"] == "" {
                    after["email_confirmed"] = false.into();
                }
                Some(Arc::from(after.to_string()))
            }
        };
        let org = OrgId::of_json(&value["org"]);
        steps.push(RecordStep {
            action: if after.is_some() { Action::Update } else { Action::Erase },
            record,
            id,
            before: Some(text),
            after,
            org,
            cause: Cause::Emptied,
        });
    }
    steps
}

/// A personal key without what it says about the person. It stays, so that its id is not reused and its end is known.
fn bare(key: &Key) -> Key {
    debug_assert_ne!(key.kind, KeyKind::Org);
    let mut bare = Key {
        name: String::new(),
        email: String::new(),
        email_confirmed: false,
        confirmations: Vec::new(),
        note: String::new(),
        networks: Vec::new(),
        once: None,
        ..key.clone()
    };
    if let Some(ended) = &mut bare.ended {
        ended.why.clear();
    }
    bare
}
