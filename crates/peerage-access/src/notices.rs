//! What people are told by mail: worked out of events, so that whatever changed a key's or a person's rights, by
//! whatever way, is told alike (spec/keys.md, 6; spec/write-api.md, 7).

mod accounts;
mod clients;
mod factors;
mod joining;
mod recovery;
#[cfg(test)]
mod rows;

use peerage_registry::moment::{Micros, print_seconds};
use peerage_registry::{Action, Actor, Record, Subject};

use crate::acts::RecordStep;
use crate::acts::keys::DAY;
use crate::key_string::KeyKind;
use crate::people::People;
use crate::reconfirm::DUE;
use crate::records::{Kept, Key, Member, Rank};
use crate::server_key::ServerKey;

/// A mail to be sent. `reference` is the same whenever it is made again, so that a mail that comes twice is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
    pub reference: String,
}

/// Days before its end at which a key's owners are told.
const TOLD_DAYS: [i64; 3] = [30, 7, 1];

/// Something that the log tells.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    pub sequence: u64,
    pub at: Micros,
    pub action: Action,
    pub subject: Subject,
    pub id: u32,
    /// JSON texts.
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub actor: Option<&'a str>,
}

/// The mails that something asks for. `site` is where the registry is reached.
pub fn of(people: &People, server_key: &ServerKey, what: &Happening<'_>, site: &str) -> Vec<Notice> {
    let actor: Actor = what.actor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    // What follows from the change itself comes first; whoever made it may have said more.
    let reason = actor.reason.as_deref().unwrap_or_default();
    let reason = reason.split_once(": ").map_or(reason, |(word, _)| word).to_owned();
    let about = About { people, server_key, sequence: what.sequence, at: what.at, actor: &actor, site };
    let record = match what.subject {
        Subject::Record(record) => record,
        // Only what staff decide is told of rows, and they say why.
        Subject::Row(_) if actor.reason.is_none() => return Vec::new(),
        Subject::Row(resource) => {
            let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            return about.row(resource, what.id, &read(what.before), &read(what.after));
        }
    };
    match record {
        Record::Key => {
            let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Key>(text).ok());
            let key = read(what.after).or_else(|| people.key_by_id(what.id).map(|entry| entry.key.clone()));
            let Some(key) = key else { return Vec::new() };
            let mut notices = about.key(&key, what.action, &reason);
            let has_new_address = read(what.before).is_none_or(|before| !before.email.eq_ignore_ascii_case(&key.email));
            if matches!(what.action, Action::Create | Action::Update) && has_new_address {
                notices.extend(about.address(&key));
            }
            notices
        }
        Record::Member => {
            let text = what.after.or(what.before);
            let member: Option<Member> = text.and_then(|text| serde_json::from_str(text).ok());
            match member {
                Some(member) if what.action == Action::Update && reason == DUE => about.reconfirmation(&member),
                Some(member) => about.member(&member, what.action, &reason),
                None => Vec::new(),
            }
        }
        Record::Ticket | Record::User | Record::Password => accounts::of(&about, record, what, &reason),
        Record::Client | Record::Consent => clients::of(&about, record, what, &reason),
        Record::Factor | Record::Codes | Record::Session => factors::of(&about, record, what, &reason),
        Record::Application => {
            let (before, after) = (parsed(what.before), parsed(what.after));
            about.application(before.as_ref(), after.as_ref(), what.action, &reason)
        }
        Record::Invitation if what.action == Action::Create => {
            parsed(what.after).map(|invitation| about.invitation(&invitation)).unwrap_or_default()
        }
        Record::Policy => {
            let before = parsed(what.before);
            parsed(what.after).map(|after| about.policy(before.as_ref(), &after)).unwrap_or_default()
        }
        Record::Recovery => recovery::of(&about, what, actor.reason.as_deref().unwrap_or_default()),
        Record::Role => about.role(parsed(what.before).as_ref(), parsed(what.after).as_ref()),
        _ => Vec::new(),
    }
}

fn parsed<T: Kept>(text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?).ok()
}

/// Reason of the note that an expired key is still used.
pub const REFUSED: &str = "refused because it has expired";

struct About<'a> {
    people: &'a People,
    server_key: &'a ServerKey,
    sequence: u64,
    at: Micros,
    actor: &'a Actor,
    site: &'a str,
}

impl About<'_> {
    fn signature(&self) -> String {
        let by = match (&self.actor.key, self.actor.name.as_str()) {
            (Some(key), name) => format!("the key {key} ({name})"),
            (None, "") => "nobody in particular".to_owned(),
            (None, name) => name.to_owned(),
        };
        let from = self.actor.address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
        format!("Done by {by}{from} at {}.\n", print_seconds(self.at))
    }

    /// Contact of the key, its person, and the admins of its organization.
    fn owners(&self, key: &Key) -> Vec<String> {
        let mut to = Vec::new();
        if !key.email.is_empty() {
            to.push(key.email.clone());
        }
        let person = key.user.and_then(|user| self.people.user(user));
        to.extend(person.and_then(|user| user.primary_email()).map(|email| email.address.clone()));
        if let Some(org) = key.org {
            let admins = self.people.admins_of(org).filter_map(|admin| admin.primary_email());
            to.extend(admins.map(|email| email.address.clone()));
        }
        unique(to)
    }

    fn key(&self, key: &Key, action: Action, reason: &str) -> Vec<Notice> {
        let name = format!("{} key \"{}\" ({})", kind(key.kind), key.name, key.public);
        let revoke = format!("If you did not expect this, revoke the key at once: {}\n", self.site);
        let (subject, text) = match (action, reason) {
            (Action::Create, _) => ("A key was made", format!("The {name} was made.\n\n{revoke}")),
            (Action::Update, "widened") => {
                ("A key may do more", format!("The {name} may do more than before.\n\n{revoke}"))
            }
            (Action::Update, "rotated") => {
                let until = key.secrets.get(1).and_then(|old| old.until);
                let until = until.map_or_else(
                    || "The old one is refused from now on.".to_owned(),
                    |until| format!("The old one is accepted until {}.", print_seconds(until)),
                );
                ("A key has a new secret", format!("The {name} has a new secret. {until}\n\n{revoke}"))
            }
            (Action::Update, "suspended") => {
                ("A key was suspended", format!("The {name} was suspended and is refused until somebody resumes it.\n"))
            }
            (Action::Update, crate::idle::IDLE) => (
                "A key that is not used was suspended",
                format!(
                    "The {name} was not used for as long as your organization lets keys rest, so it was suspended. Resume \
                     it if something needs it; revoke it if not.\n"
                ),
            ),
            (Action::Update, "resumed") => ("A key was resumed", format!("The {name} is accepted again.\n\n{revoke}")),
            (Action::Update, "exposed") => (
                "A key was found in the open and ended",
                format!(
                    "The text of the {name} was found where others could read it ({}). The key is refused from now on, \
                     for good. Make a new one, and look at the trail for what was done with it.\n",
                    key.ended.as_ref().map(|ended| ended.why.as_str()).unwrap_or_default()
                ),
            ),
            (Action::Update, told) if told.starts_with("expires in") => (
                "A key expires soon",
                format!(
                    "The {name} {told}, on {}. Whatever uses it will be refused then. Give it more time, or make the \
                     one that comes after.\n",
                    key.expires.map(print_seconds).unwrap_or_default()
                ),
            ),
            (Action::Note, told) if told.starts_with("used from") => (
                "A key was used from a new network",
                format!("The {name} was {told}, where it was not seen in the last 90 days.\n\n{revoke}"),
            ),
            (Action::Note, REFUSED) => {
                ("An expired key is still used", format!("The {name} has expired, and something still uses it.\n"))
            }
            // What an ended key said of a person was taken out, which is no news.
            (Action::Update, "emptied") => return Vec::new(),
            (Action::Update, _) if key.is_final() => {
                let why = key.ended.as_ref().map_or("", |ended| ended.why.as_str());
                ("A key was revoked", format!("The {name} was revoked, for good: {why}.\n"))
            }
            _ => return Vec::new(),
        };
        self.one(self.owners(key), subject, &text)
    }

    /// Asks whether a key's contact address is right.
    fn address(&self, key: &Key) -> Option<Notice> {
        if key.email.is_empty() || key.email_confirmed || key.is_final() {
            return None;
        }
        let code = confirmation_code(self.server_key, key);
        let body = format!(
            "This address was named as the contact of the {} key \"{}\" ({}) at {site}.\n\nIf that is right, confirm \
             it:\n\n  curl {site}/api/keys/confirm -d id={} -d code={code}\n\nIf not, do nothing: an address that nobody \
             confirms counts for nothing.\n",
            kind(key.kind),
            key.name,
            key.public,
            key.public,
            site = self.site,
        );
        let subject = "Is this the right address for a key?".to_owned();
        let reference = format!("event-{}-address", self.sequence);
        Some(Notice { to: vec![key.email.clone()], subject, body, reference })
    }

    fn member(&self, member: &Member, action: Action, reason: &str) -> Vec<Notice> {
        let Some(user) = self.people.user(member.user) else { return Vec::new() };
        let name = if user.full_name().is_empty() { user.username.clone() } else { user.full_name() };
        let org = member.org;
        let (subject, text) = match action {
            Action::Create => {
                let rank = if member.rank == Rank::Admin { "an admin" } else { "a member" };
                ("Somebody was taken into your organization", format!("{name} is {rank} of organization {org} now.\n"))
            }
            Action::Erase => (
                "Somebody has left your organization",
                format!("{name} belongs to organization {org} no more ({reason}).\n"),
            ),
            Action::Update => (
                "Rights in your organization were changed",
                format!("What {name} may do in organization {org} was changed ({reason}).\n"),
            ),
            _ => return Vec::new(),
        };
        let mut to: Vec<String> = user.primary_email().map(|email| email.address.clone()).into_iter().collect();
        to.extend(
            self.people.admins_of(org).filter_map(|admin| admin.primary_email()).map(|email| email.address.clone()),
        );
        let text = format!("{text}\nIf you did not expect this, look at it: {}/org/{org}\n", self.site);
        self.one(unique(to), subject, &text)
    }

    fn one(&self, to: Vec<String>, subject: &str, text: &str) -> Vec<Notice> {
        if to.is_empty() {
            return Vec::new();
        }
        let body = format!("{text}\n{}", self.signature());
        vec![Notice { to, subject: subject.to_owned(), body, reference: format!("event-{}", self.sequence) }]
    }
}

fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::User => "personal",
        KeyKind::Org => "organization",
        KeyKind::Role => "role",
    }
}

fn unique(addresses: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !kept.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            kept.push(address);
        }
    }
    kept
}

/// The code that confirms a key's contact address: only who reads the mail knows it, and it stands in no record.
pub fn confirmation_code(server_key: &ServerKey, key: &Key) -> String {
    let bytes = server_key.derive(&format!("confirm {} {}", key.public, key.email.to_lowercase()));
    data_encoding::BASE32_NOPAD.encode(&bytes[..15])
}

/// All that is due by the clock, as steps that remember it.
pub fn due(people: &People, now: Micros) -> Vec<RecordStep> {
    let mut steps = expiring(people, now);
    steps.extend(crate::reconfirm::due(people, now));
    steps.extend(crate::acts::deciding::unanswered(people, now));
    steps.extend(crate::acts::invitations::expired(people, now));
    steps
}

/// Keys whose owners have to be told that they end soon, as steps that remember it.
pub fn expiring(people: &People, now: Micros) -> Vec<RecordStep> {
    let keys = people.keys().map(|entry| &entry.key).filter(|key| !key.is_final());
    keys.filter_map(|key| {
        let left = key.expires? - now;
        let days = TOLD_DAYS.into_iter().rev().find(|days| (1..=days * DAY).contains(&left))?;
        if key.told_days.is_some_and(|told| i64::from(told) <= days) {
            return None;
        }
        let after = Key { told_days: Some(days as u16), ..key.clone() };
        let unit = if days == 1 { "day" } else { "days" };
        Some(RecordStep::update(key, &after).because(format!("expires in {days} {unit}")))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::{Email, Ended, KeyState, User};

    const NOW: Micros = 1_800_000_000_000_000;

    fn world() -> (People, ServerKey, Key) {
        let mut people = People::default();
        let user = User {
            id: 1,
            username: "ann".to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            emails: vec![Email::answered("ann@example.net".to_owned())],
            verified: true,
            active: true,
            ..User::blank(NOW)
        };
        people.put(Record::User, 1, Some(&crate::records::Kept::to_text(&user)), 1).expect("sound");
        let text = json!({
            "id": 1, "public": "abcdefghijkl", "kind": "user", "user": 1, "name": "laptop", "state": "active",
            "created": "2027-01-01T00:00:00Z", "secrets": [],
        });
        let key = serde_json::from_value(text).expect("a key");
        (people, ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound"), key)
    }

    fn subjects(key: &Key, reason: &str) -> Vec<(String, String)> {
        let (people, server_key, _) = world();
        let actor = Actor { name: "command line".to_owned(), reason: Some(reason.to_owned()), ..Actor::default() };
        let (actor, text) = (serde_json::to_string(&actor).expect("JSON"), crate::records::Kept::to_text(key));
        let what = Happening {
            sequence: 2,
            at: NOW,
            action: Action::Update,
            subject: Subject::Record(Record::Key),
            id: key.id,
            before: Some(&text),
            after: Some(&text),
            actor: Some(&actor),
        };
        of(&people, &server_key, &what, "https://x").into_iter().map(|notice| (notice.subject, notice.body)).collect()
    }

    #[test]
    fn a_notice_goes_by_what_was_done_and_not_by_what_was_said_of_it() {
        let (_, _, mut key) = world();
        for reason in ["widened", "widened: the port moved", "widened: rotated: x"] {
            let found = subjects(&key, reason);
            assert_eq!(found.first().map(|(subject, _)| subject.as_str()), Some("A key may do more"), "{reason}");
        }
        assert!(subjects(&key, "changed: widened").is_empty());
        key.state = KeyState::Revoked;
        key.ended = Some(Ended { at: NOW, why: "laptop was stolen".to_owned() });
        let found = subjects(&key, "revoked: laptop was stolen");
        assert_eq!(found[0].0, "A key was revoked");
        assert!(found[0].1.contains("for good: laptop was stolen."), "{}", found[0].1);
        assert!(subjects(&key, "emptied: request 17").is_empty());
    }
}
