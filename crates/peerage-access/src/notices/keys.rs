//! Mails about keys.

use peerage_registry::ids::KeyId;
use peerage_registry::moment::{self, Moment};
use peerage_registry::{Action, Cause};

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, PageLink, main_address, parsed, plain};
use crate::acts::RecordStep;
use crate::acts::keys::confirmation_code;
use crate::key_string::KeyKind;
use crate::people::People;
use crate::records::{Key, KeyState};

/// Numbers of days before the end of a key at which its owners are reminded.
const TOLD_DAYS: [u16; 3] = [30, 7, 1];

/// A key before and after an event.
struct KeyChange {
    action: Action,
    before: Option<Key>,
    key: Key,
}

impl KeyChange {
    fn was(&self, state: KeyState) -> bool {
        self.before.as_ref().is_some_and(|before| before.state == state)
    }

    fn has_ended(&self) -> bool {
        let was_final = self.before.as_ref().is_some_and(Key::is_final);
        self.action == Action::Update && self.key.is_final() && !was_final
    }

    /// Whether a mail reports this change.
    fn is_told_by(&self, mail: MailKind) -> bool {
        let is_update = self.action == Action::Update && !self.has_ended();
        match mail {
            MailKind::KeyMade => self.action == Action::Create,
            MailKind::KeyNewNetwork | MailKind::KeyExpiredUsed => self.action == Action::Note,
            MailKind::KeyExposed => self.has_ended() && self.key.state == KeyState::Exposed,
            MailKind::KeyRevoked => self.has_ended() && self.key.state != KeyState::Exposed,
            MailKind::KeySuspended => is_update && self.key.state == KeyState::Suspended && self.was(KeyState::Active),
            MailKind::KeyResumed => is_update && self.key.state == KeyState::Active && self.was(KeyState::Suspended),
            _ => is_update,
        }
    }
}

impl EventContext<'_> {
    fn change_of_key(&self, what: &NoticeEvent<'_>) -> Option<KeyChange> {
        let before = parsed(what.before);
        let known = || self.people.key_by_id(KeyId::new(what.id)).map(|entry| Key::clone(&entry.key));
        let key = parsed(what.after).or_else(known)?;
        Some(KeyChange { action: what.action, before, key })
    }

    /// The page of a key.
    pub(super) fn key_page(&self, key: &Key) -> String {
        match key.org {
            Some(org) => self.link(PageLink::OrgKey(org, &key.public)),
            None => self.link(PageLink::OwnKey(&key.public)),
        }
    }

    /// The key's confirmed contact, its person, and the admins of its organization. An unconfirmed address may belong
    /// to a stranger, so it gets one request and no details.
    pub(super) fn owners(&self, key: &Key) -> Vec<String> {
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

    /// To everyone who is notified about a key, each with the page that they can see.
    pub(super) fn key(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(change) = self.change_of_key(what).filter(|change| change.is_told_by(mail)) else {
            return Vec::new();
        };
        let key = &change.key;
        // The person of a role key sees it among their own keys; the others see it among the organization's.
        let person = key.role.and(key.user).and_then(|user| self.people.user(user)).and_then(|user| main_address(user));
        let (own, others): (Vec<String>, Vec<String>) =
            self.owners(key).into_iter().partition(|address| Some(address) == person.as_ref());
        let mut notices = self.one(others, mail, &self.key_parts(mail, key, &self.key_page(key)));
        let own_page = self.link(PageLink::OwnKey(&key.public));
        notices.extend(self.one(own, mail, &self.key_parts(mail, key, &own_page)));
        notices
    }

    fn key_parts(&self, mail: MailKind, key: &Key, page: &str) -> Vec<MailPart> {
        let mut phrase = named(Phrase::new(mail.key()), key).ours("page", page);
        let mut more: Vec<MailPart> = Vec::new();
        match mail {
            MailKind::KeyNewNetwork => {
                let networks = match &self.actor.cause {
                    Some(Cause::KeyUsedFrom { networks }) => &networks[..],
                    _ => &[],
                };
                let shown = |network: &String| match network.parse::<ipnet::IpNet>() {
                    Ok(network) => network.to_string(),
                    Err(_) => plain(network),
                };
                phrase = phrase.ours("networks", networks.iter().map(shown).collect::<Vec<_>>().join(", "));
            }
            MailKind::KeyExpires => {
                let days = match self.actor.cause {
                    Some(Cause::KeyExpires { days }) => days,
                    _ => 0,
                };
                phrase = phrase.number("days", days);
                phrase = match self.people.key_ends(key) {
                    Some(end) => phrase.moment("end", end),
                    None => phrase.ours("end", ""),
                };
            }
            MailKind::KeyNewSecret => {
                let until = key.secrets.get(1).and_then(|old| old.until);
                let old = match until {
                    Some(until) => Phrase::new("mail-key-old-secret-until").moment("until", until),
                    None => Phrase::new("mail-key-old-secret-ended"),
                };
                phrase = phrase.with("old", old);
            }
            MailKind::KeyRevoked => {
                // An operator's reason is for the log. A reason given by the key's own people is shown as theirs.
                let is_by_people = self.actor.user.is_some() || self.actor.key.is_some();
                let why = key.ended.as_ref().map(|ended| ended.why.clone());
                if let Some(why) = why.filter(|why| is_by_people && !plain(why).is_empty()) {
                    more.push(Phrase::new("mail-reason").with("why", PhraseArg::Message(why)).into());
                }
            }
            _ => {}
        }
        if matches!(
            mail,
            MailKind::KeyMade
                | MailKind::KeyNewNetwork
                | MailKind::KeyResumed
                | MailKind::KeyWidened
                | MailKind::KeyNewSecret
        ) {
            more.push(Phrase::new("mail-key-unexpected").ours("page", page).into());
        }
        more.insert(0, phrase.into());
        more
    }

    /// Requests confirmation of a key's contact address, if that was not requested before.
    pub(super) fn key_address(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(KeyChange { action, before, key }) = self.change_of_key(what) else { return Vec::new() };
        let is_asked = key
            .confirmations
            .last()
            .is_some_and(|request| before.as_ref().is_none_or(|before| !before.confirmations.contains(request)));
        let waits = !key.email.is_empty() && !key.email_confirmed && !key.is_final();
        if !matches!(action, Action::Create | Action::Update) || !is_asked || !waits {
            return Vec::new();
        }
        let code = confirmation_code(self.server_key, &key);
        let body = [
            named(Phrase::new(MailKind::KeyAddress.key()), &key).ours("site", self.site).into(),
            MailPart::Link(self.link(PageLink::ConfirmKey(&key.public, &code))),
            Phrase::new("mail-key-address-else").into(),
        ];
        vec![self.unsigned(&key.email, MailKind::KeyAddress, body.to_vec())]
    }
}

/// A phrase that names a key by kind, name and public id.
pub(super) fn named(phrase: Phrase, key: &Key) -> Phrase {
    let kind = match key.kind {
        KeyKind::User => "mail-key-kind-user",
        KeyKind::Org => "mail-key-kind-org",
        KeyKind::Role => "mail-key-kind-role",
    };
    phrase.with("kind", Phrase::new(kind)).name("name", &key.name).ours("id", &*key.public)
}

/// Keys that will end soon and whose owners have to be reminded, as steps that record it.
pub fn expiring(people: &People, now: Moment) -> Vec<RecordStep> {
    let keys = people.keys().map(|entry| &*entry.key).filter(|key| !key.is_final());
    keys.filter_map(|key| {
        let left = people.key_ends(key)? - now;
        let is_near = |days: &u16| left.is_positive() && left <= moment::days(u32::from(*days));
        let days = TOLD_DAYS.into_iter().rev().find(is_near)?;
        if key.told_days.is_some_and(|earlier| earlier <= days) {
            return None;
        }
        let after = Key { told_days: Some(days), ..key.clone() };
        let cause = Cause::KeyExpires { days };
        Some(RecordStep::update(key, &after).caused_by(cause))
    })
    .collect()
}
