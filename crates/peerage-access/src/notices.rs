//! What people are told by mail: worked out of events, so that whatever changed a key's or a person's rights, by
//! whatever way, is told alike (spec/keys.md, 6; spec/write-api.md, 7).

mod accounts;
mod clients;
mod factors;
mod joining;
mod key_rules;
pub mod links;
mod plain;
mod presence;
mod recovery;
#[cfg(test)]
mod rows;

use peerage_registry::moment::{DAY, Micros, print_seconds};
use peerage_registry::{Action, Actor, Cause, Record, Subject};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::acts::RecordStep;
use crate::key_string::KeyKind;
use crate::people::{Organizations, People};
use crate::records::{Kept, Key, KeyState, Member, Rank, User};
use crate::server_key::ServerKey;

pub use crate::acts::keys::confirmation_code;
pub use links::Link;
pub use plain::{plain, plain_words};

/// A mail to be sent, to one address. `reference` is the same whenever it is made again, so that a mail that comes twice
/// is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub to: String,
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
    /// Who made the row, where that was looked up: see [`needs_author`].
    pub author: Option<u32>,
}

/// What mails are made from.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub people: &'a People,
    pub organizations: &'a dyn Organizations,
    pub server_key: &'a ServerKey,
    /// Where the registry is reached.
    pub site: &'a str,
}

fn actor_of(what: &Happening<'_>) -> Actor {
    what.actor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Whether the mails about something depend on who made the row: whoever suggested it is told what staff decide.
pub fn needs_author(what: &Happening<'_>) -> bool {
    let is_row = matches!(what.subject, Subject::Row(_)) && what.action != Action::Create;
    is_row && matches!(actor_of(what).cause, Some(Cause::Approved | Cause::Refused { .. }))
}

/// The mails that something asks for.
pub fn of(known: Known<'_>, what: &Happening<'_>) -> Vec<Notice> {
    let actor = actor_of(what);
    // For members, passwords and applications, what the program says of the change; never what somebody wrote.
    let reason = actor.reason.clone().unwrap_or_default();
    let Known { people, organizations, server_key, site } = known;
    let about = About { people, organizations, server_key, sequence: what.sequence, at: what.at, actor: &actor, site };
    // What was taken out by law is no news.
    if actor.cause == Some(Cause::Emptied) {
        return Vec::new();
    }
    let record = match what.subject {
        Subject::Record(record) => record,
        Subject::Row(resource) => {
            let is_by_staff = actor.user.and_then(|user| people.user(user)).is_some_and(|user| user.superuser);
            if resource == peerage_schema::Resource::Carrierfac {
                return about.presence(what);
            }
            let may_move = what.action == Action::Update && resource.table().columns.org_id.is_some();
            if actor.cause.is_none() && !is_by_staff && !may_move {
                return Vec::new();
            }
            let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let (before, after): (Json, Json) = (read(what.before), read(what.after));
            if may_move && before["org_id"] != after["org_id"] {
                return about.moved(resource, &before, &after);
            }
            if actor.cause.is_none() && !is_by_staff {
                return Vec::new();
            }
            return about.row(resource, what, &before, &after);
        }
    };
    match record {
        Record::Key => {
            let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Key>(text).ok());
            let before = read(what.before);
            let key = read(what.after).or_else(|| people.key_by_id(what.id).map(|entry| Key::clone(&entry.key)));
            let Some(key) = key else { return Vec::new() };
            let mut notices = about.key(before.as_ref(), &key, what.action);
            let asked = key.asked.last();
            let is_asked = asked.is_some_and(|asked| before.is_none_or(|before| !before.asked.contains(asked)));
            if matches!(what.action, Action::Create | Action::Update) && is_asked {
                notices.extend(about.address(&key));
            }
            notices
        }
        Record::Member => {
            let text = what.after.or(what.before);
            let member: Option<Member> = text.and_then(|text| serde_json::from_str(text).ok());
            match member {
                Some(member) if actor.cause == Some(Cause::ReconfirmDue) => about.reconfirmation(&member),
                Some(member) => about.member(&member, what.action, &reason),
                None => Vec::new(),
            }
        }
        Record::Ticket | Record::User | Record::Password => accounts::of(&about, record, what, &reason),
        Record::Client | Record::Consent => clients::of(&about, record, what, &reason),
        Record::Factor | Record::Codes | Record::Session => factors::of(&about, record, what),
        Record::Application => {
            let (before, after) = (parsed(what.before), parsed(what.after));
            about.application(before.as_ref(), after.as_ref(), what.action)
        }
        Record::Invitation if what.action == Action::Create => {
            parsed(what.after).map(|invitation| about.invitation(&invitation)).unwrap_or_default()
        }
        Record::Policy => {
            let before = parsed(what.before);
            let Some(after) = parsed(what.after) else { return Vec::new() };
            let mut notices = about.policy(before.as_ref(), &after);
            notices.extend(about.keys_that_end(before.as_ref(), &after));
            notices
        }
        Record::Recovery => recovery::of(&about, what, &reason),
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
    organizations: &'a dyn Organizations,
    server_key: &'a ServerKey,
    sequence: u64,
    at: Micros,
    actor: &'a Actor,
    site: &'a str,
}

/// The name of a person as mails show it.
fn name_of(user: &User) -> String {
    let full = user.full_name();
    let username = plain(&user.username);
    if full.is_empty() { username } else { format!("{} ({username})", plain(&full)) }
}

fn main_address(user: &User) -> Option<String> {
    user.primary_email().map(|email| email.address.clone())
}

impl About<'_> {
    /// The address of a page.
    fn link(&self, link: Link<'_>) -> String {
        format!("{}{}", self.site, link.path())
    }

    /// An organization by its name.
    fn org(&self, org: u32) -> String {
        let name = plain(&self.organizations.name(org));
        if name.is_empty() { "An organization without a name".to_owned() } else { name }
    }

    /// The page of a key.
    fn key_page(&self, key: &Key) -> String {
        match key.org {
            Some(org) => self.link(Link::OrgKey(org, &key.public)),
            None => self.link(Link::OwnKey(&key.public)),
        }
    }

    /// Who did it and when. From where is told to whoever did it alone.
    fn signature(&self, to: &str) -> String {
        let name = plain(&self.actor.name);
        let by = match &self.actor.key {
            Some(key) => format!("the key {} ({name})", plain(key)),
            None if name.is_empty() => "nobody in particular".to_owned(),
            None => name,
        };
        let own = self.actor.user.and_then(|user| self.people.user(user));
        let is_own = own.is_some_and(|user| {
            user.emails.iter().any(|email| email.verified && email.address.eq_ignore_ascii_case(to))
        });
        let address = self.actor.address.as_ref().filter(|_| is_own);
        let from = address.map(|address| format!(" from {address}")).unwrap_or_default();
        format!("Done by {by}{from} at {}.\n", print_seconds(self.at))
    }

    /// Contact of the key if it is confirmed, its person, and the admins of its organization. An address that nobody has
    /// confirmed may be a stranger's: it is asked once, and told nothing.
    fn owners(&self, key: &Key) -> Vec<String> {
        let mut to = Vec::new();
        if key.email_confirmed && !key.email.is_empty() {
            to.push(key.email.clone());
        }
        let person = key.user.and_then(|user| self.people.user(user));
        to.extend(person.and_then(|user| main_address(user)));
        if let Some(org) = key.org {
            to.extend(self.people.admins_of(org).filter_map(|admin| main_address(admin)));
        }
        to
    }

    /// To everybody who hears of a key, each with the page that they can see.
    fn key(&self, before: Option<&Key>, key: &Key, action: Action) -> Vec<Notice> {
        let Some((subject, text)) = self.key_text(before, key, action, &self.key_page(key)) else { return Vec::new() };
        // The person of a role key sees it among their own keys, where the rest see the organization's.
        let person = key.role.and(key.user).and_then(|user| self.people.user(user)).and_then(|user| main_address(user));
        let (own, others): (Vec<String>, Vec<String>) =
            self.owners(key).into_iter().partition(|address| Some(address) == person.as_ref());
        let mut notices = self.one(others, subject, &text);
        if !own.is_empty()
            && let Some((subject, text)) = self.key_text(before, key, action, &self.link(Link::OwnKey(&key.public)))
        {
            notices.extend(self.one(own, subject, &text));
        }
        notices
    }

    /// Subject and text of what happened to a key; none if nobody is told.
    fn key_text(&self, before: Option<&Key>, key: &Key, action: Action, page: &str) -> Option<(&'static str, String)> {
        let name = format!("{} key \"{}\" ({})", kind(key.kind), plain(&key.name), key.public);
        let revoke = format!("If you did not expect this, revoke the key at once: {page}\n");
        let was = |state: KeyState| before.is_some_and(|before| before.state == state);
        let has_ended = key.is_final() && before.is_none_or(|before| !before.is_final());
        let (subject, text) = match (action, &self.actor.cause) {
            (Action::Create, _) => ("A key was made", format!("The {name} was made.\n\n{revoke}")),
            (Action::Note, Some(Cause::KeyUsedFrom { networks })) => (
                "A key was used from a new network",
                format!(
                    "The {name} was used from {}, where it was not seen in the last 90 days.\n\n{revoke}",
                    plain_words(&networks.join(", ")).replace('\u{2024}', ".").replace('\u{a789}', ":")
                ),
            ),
            (Action::Note, Some(Cause::KeyExpired)) => (
                "An expired key is still used",
                format!("The {name} has expired, and something still uses it. See its page: {page}\n"),
            ),
            (Action::Update, _) if has_ended && key.state == KeyState::Exposed => (
                "A key was found in the open and ended",
                format!(
                    "The text of the {name} was found where others could read it. The key is refused from now on, for \
                     good. Make a new one, and look at the log for what was done with it.\n\nWhere it was found: {page}\n"
                ),
            ),
            (Action::Update, _) if has_ended => {
                // An operator's words are for the log. Those of the key's own people are told as theirs.
                let is_by_people = self.actor.user.is_some() || self.actor.key.is_some();
                let why = key
                    .ended
                    .as_ref()
                    .map(|ended| plain_words(&ended.why))
                    .filter(|why| is_by_people && !why.is_empty());
                let why = why.map(|why| format!(" The reason that was given: \"{why}\".")).unwrap_or_default();
                ("A key was revoked", format!("The {name} was revoked, for good.{why} Its page: {page}\n"))
            }
            (Action::Update, Some(Cause::KeyIdle)) => (
                "A key that is not used was suspended",
                format!(
                    "The {name} was not used for as long as your organization lets keys rest, so it was suspended. Resume \
                     it if something needs it, and revoke it if not: {page}\n"
                ),
            ),
            (Action::Update, _) if key.state == KeyState::Suspended && was(KeyState::Active) => (
                "A key was suspended",
                format!("The {name} was suspended and is refused until somebody resumes it: {page}\n"),
            ),
            (Action::Update, _) if key.state == KeyState::Active && was(KeyState::Suspended) => {
                ("A key was resumed", format!("The {name} is accepted again.\n\n{revoke}"))
            }
            (Action::Update, Some(Cause::KeyWidened)) => {
                ("A key may do more", format!("The {name} may do more than before.\n\n{revoke}"))
            }
            (Action::Update, Some(Cause::KeyRotated)) => {
                let until = key.secrets.get(1).and_then(|old| old.until);
                let until = until.map_or_else(
                    || "The old one is refused from now on.".to_owned(),
                    |until| format!("The old one is accepted until {}.", print_seconds(until)),
                );
                ("A key has a new secret", format!("The {name} has a new secret. {until}\n\n{revoke}"))
            }
            (Action::Update, Some(Cause::KeyExpires { days })) => (
                "A key expires soon",
                format!(
                    "The {name} expires in {days} {}, on {}. Whatever uses it will be refused then. Give it more time, or \
                     make the one that comes after: {page}\n",
                    if *days == 1 { "day" } else { "days" },
                    self.people.key_ends(key).map(print_seconds).unwrap_or_default()
                ),
            ),
            _ => return None,
        };
        Some((subject, text))
    }

    /// Asks whether a key's contact address is right.
    fn address(&self, key: &Key) -> Option<Notice> {
        if key.email.is_empty() || key.email_confirmed || key.is_final() {
            return None;
        }
        let code = confirmation_code(self.server_key, key);
        let body = format!(
            "This address was named as the contact of the {} key \"{}\" ({}) at {site}.\n\nIf that is right, open this \
             page and confirm it:\n\n  {confirm}\n\nIf not, do nothing: mails about the key are sent only to an \
             address that was confirmed.\n",
            kind(key.kind),
            plain(&key.name),
            key.public,
            site = self.site,
            confirm = self.link(Link::ConfirmKey(&key.public, &code)),
        );
        Some(self.unsigned(&key.email, "Is this the right address for a key?", body))
    }

    /// To the person and to the admins, each with the page that they can see.
    fn member(&self, member: &Member, action: Action, reason: &str) -> Vec<Notice> {
        let Some(user) = self.people.user(member.user) else { return Vec::new() };
        let (name, org) = (name_of(user), self.org(member.org));
        let because = if reason.is_empty() { String::new() } else { format!(" ({})", plain(reason)) };
        let (subject, text) = match action {
            Action::Create => {
                let rank = if member.rank == Rank::Admin { "an admin" } else { "a member" };
                let how = match self.actor.cause {
                    Some(Cause::AddedWithoutConsent) => " Whoever runs the registry added them without asking.",
                    _ => "",
                };
                ("Somebody was taken into your organization", format!("{name} is {rank} of {org} now.{how}\n"))
            }
            Action::Erase => {
                ("Somebody has left your organization", format!("{name} belongs to {org} no more{because}.\n"))
            }
            Action::Update => (
                "Rights in your organization were changed",
                format!("What {name} may do in {org} was changed{because}.\n"),
            ),
            _ => return Vec::new(),
        };
        let text = |page: Link<'_>| format!("{text}\nIf you did not expect this, look at it: {}\n", self.link(page));
        let own: Vec<String> = main_address(user).into_iter().collect();
        let is_own = |address: &String| own.iter().any(|one| one.eq_ignore_ascii_case(address));
        let mut admins = self.admins(member.org);
        admins.retain(|address| !is_own(address));
        let mut notices = self.one(own.clone(), subject, &text(Link::Profile));
        notices.extend(self.one(admins, subject, &text(Link::OrgPeople(member.org))));
        notices
    }

    /// The same mail to each of these addresses, in a letter of their own.
    fn one(&self, to: Vec<String>, subject: &str, text: &str) -> Vec<Notice> {
        let letter = |to: &String| self.unsigned(to, subject, format!("{text}\n{}", self.signature(to)));
        unique(to).iter().map(letter).collect()
    }

    fn unsigned(&self, to: &str, subject: &str, body: String) -> Notice {
        // Others get mails about the same event: whose it is and what it is about tells them apart.
        let mark = Sha256::digest(format!("{}\n{subject}", to.to_lowercase()));
        let reference = format!("event-{}-{}", self.sequence, data_encoding::HEXLOWER.encode(&mark[..6]));
        Notice { to: to.to_owned(), subject: subject.to_owned(), body, reference }
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

/// All that is due by the clock, as steps that remember it.
pub fn due(people: &People, now: Micros) -> Vec<RecordStep> {
    let mut steps = expiring(people, now);
    steps.extend(crate::reconfirm::due(people, now));
    steps.extend(crate::acts::invitations::expired(people, now));
    steps
}

/// Keys whose owners have to be told that they end soon, as steps that remember it.
pub fn expiring(people: &People, now: Micros) -> Vec<RecordStep> {
    let keys = people.keys().map(|entry| &*entry.key).filter(|key| !key.is_final());
    keys.filter_map(|key| {
        let left = people.key_ends(key)? - now;
        let days = TOLD_DAYS.into_iter().rev().find(|days| (1..=days * DAY).contains(&left))?;
        if key.told_days.is_some_and(|told| i64::from(told) <= days) {
            return None;
        }
        let after = Key { told_days: Some(days as u16), ..key.clone() };
        let unit = if days == 1 { "day" } else { "days" };
        let cause = Cause::KeyExpires { days: days as u16 };
        Some(RecordStep::update(key, &after).because(format!("expires in {days} {unit}")).caused_by(cause))
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

    fn mails(before: &Key, after: &Key, actor: &Actor) -> Vec<Notice> {
        let (people, server_key, _) = world();
        let text = |key: &Key| crate::records::Kept::to_text(key);
        let (actor, before, after) = (serde_json::to_string(actor).expect("JSON"), text(before), text(after));
        let what = Happening {
            sequence: 2,
            at: NOW,
            action: Action::Update,
            subject: Subject::Record(Record::Key),
            id: 1,
            before: Some(&before),
            after: Some(&after),
            actor: Some(&actor),
            author: None,
        };
        let organizations = peerage_registry::Snapshot::default();
        let known =
            Known { people: &people, organizations: &organizations, server_key: &server_key, site: "https://x" };
        of(known, &what)
    }

    #[test]
    fn n19_a_notice_goes_by_what_was_done_and_not_by_what_was_said_of_it() {
        let (_, _, key) = world();
        let said = |cause: Option<Cause>, words: &str| Actor {
            name: "command line".to_owned(),
            cause,
            reason: Some(words.to_owned()),
            note: Some(words.to_owned()),
            ..Actor::default()
        };
        let subjects = |mails: Vec<Notice>| mails.into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
        for words in
            ["widened", "rotated", "suspended", "exposed", "expires in 1 day", "refused because it has expired"]
        {
            assert_eq!(subjects(mails(&key, &key, &said(None, words))), [""; 0], "{words}");
            let widened = mails(&key, &key, &said(Some(Cause::KeyWidened), words));
            assert_eq!(subjects(widened), ["A key may do more"], "{words}");
        }
        let mut ended = key.clone();
        ended.state = KeyState::Revoked;
        ended.ended = Some(Ended { at: NOW, why: "open https://evil.example".to_owned() });
        let found = mails(&key, &ended, &said(None, "resumed"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "A key was revoked");
        assert!(!found[0].body.contains("evil") && !found[0].body.contains("resumed"), "{}", found[0].body);
        assert!(found[0].body.contains("https://x/profile/key/abcdefghijkl"), "{}", found[0].body);
        assert!(mails(&key, &ended, &said(Some(Cause::Emptied), "request 17")).is_empty());
    }
}
