//! Keys that a new rule of an organization ends are announced to their owners before it does.

use peerage_registry::moment::print_seconds;

use super::{About, Notice, kind, plain};
use crate::key_string::KeyKind;
use crate::records::{Key, Policy};

impl About<'_> {
    /// One mail for each key that works now and that a new rule ends sooner than what held before.
    pub(super) fn keys_that_end(&self, before: Option<&Policy>, after: &Policy) -> Vec<Notice> {
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
        let keys = self.people.keys().map(|entry| &entry.key).filter(|key| !key.is_final() && reaches(key));
        keys.flat_map(|key| {
            let end = after.ends(key).filter(|end| key.expires.is_none_or(|expires| *end < expires));
            let was = before.and_then(|before| before.ends(key));
            end.filter(|end| was.is_none_or(|was| *end < was))
                .map_or_else(Vec::new, |end| self.key_that_ends(key, after, end))
        })
        .collect()
    }

    fn key_that_ends(&self, key: &Key, policy: &Policy, end: i64) -> Vec<Notice> {
        let mut rules = Vec::new();
        if policy.end_of_life(key.created).is_some_and(|moment| moment <= end) {
            rules.push(format!("allows keys a lifetime of at most {} days", policy.key_days_max.unwrap_or_default()));
        }
        if policy.requires_networks && key.networks.is_empty() {
            rules.push("requires keys to list the networks from which they are used".to_owned());
        }
        let name = format!("{} key \"{}\" ({})", kind(key.kind), plain(&key.name), key.public);
        let (org, page) = (self.org(policy.id), self.key_page(key));
        let what = match key.kind {
            KeyKind::User => format!("has no rights in {org} any more"),
            KeyKind::Org | KeyKind::Role => "is refused".to_owned(),
        };
        let text = format!(
            "{org} has a new rule: it {}. From {} on the {name} {what}. Create a new key before then, and change \
                whatever \
             uses this one. Its page: {page}\n",
            rules.join(", and it "),
            print_seconds(end)
        );
        let mut notices = self.one(self.owners(key), "A key stops working soon", &text);
        for notice in &mut notices {
            notice.reference = format!("{}-key-{}", notice.reference, key.id);
        }
        notices
    }
}
