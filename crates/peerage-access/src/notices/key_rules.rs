//! Announces to their owners that keys will end because of an organization's new rule.

use super::keys::named;
use super::mail::MailKind;
use super::words::{MailNotice, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, parsed};
use peerage_registry::moment::Moment;

use crate::key_string::KeyKind;
use crate::records::{Key, Policy};

impl EventContext<'_> {
    /// One mail for each working key that a new rule ends earlier than the rule before.
    pub(super) fn keys_that_end(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let before: Option<Policy> = parsed(what.before);
        let Some(after): Option<Policy> = parsed(what.after) else { return Vec::new() };
        let before = before.as_ref();
        // Once a day, however often the rule is changed.
        if after.keys_told.is_none() || before.and_then(|before| before.keys_told) == after.keys_told {
            return Vec::new();
        }
        let reaches = |key: &Key| match key.kind {
            KeyKind::User => {
                let is_member = key.user.is_some_and(|user| self.people.member(after.id, user).is_some());
                is_member && after.allows_user_keys
            }
            KeyKind::Org | KeyKind::Role => key.org == Some(after.id),
        };
        let keys = self.people.keys().map(|entry| &*entry.key).filter(|key| !key.is_final() && reaches(key));
        keys.flat_map(|key| {
            let end = after.ends(key).filter(|end| key.expires.is_none_or(|expires| *end < expires));
            let was = before.and_then(|before| before.ends(key));
            end.filter(|end| was.is_none_or(|was| *end < was))
                .map_or_else(Vec::new, |end| self.key_that_ends(key, &after, end))
        })
        .collect()
    }

    fn key_that_ends(&self, key: &Key, policy: &Policy, end: Moment) -> Vec<MailNotice> {
        let mut rules = Vec::new();
        if policy.end_of_life(key.created).is_some_and(|moment| moment <= end) {
            let days = policy.key_days_max.unwrap_or_default();
            rules.push(Phrase::new("mail-key-rule-days").number("days", days));
        }
        if policy.requires_networks && key.networks.is_empty() {
            rules.push(Phrase::new("mail-key-rule-networks"));
        }
        let org = self.org(policy.id);
        let stops = match key.kind {
            KeyKind::User => Phrase::new("mail-key-stops-in-org").with("org", org.clone()),
            KeyKind::Org | KeyKind::Role => Phrase::new("mail-key-stops-everywhere"),
        };
        let phrase = named(Phrase::new(MailKind::KeyStops.key()), key)
            .with("org", org)
            .with("rules", PhraseArg::All(rules))
            .with("stops", named(stops.moment("end", end), key))
            .ours("page", self.key_page(key));
        let mut notices = self.one(self.owners(key), MailKind::KeyStops, &[phrase.into()]);
        for notice in &mut notices {
            notice.reference = format!("{}-key-{}", notice.reference, key.id);
        }
        notices
    }
}
