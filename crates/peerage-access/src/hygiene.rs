//! The security review: what an organization should check about its keys and people, each with what to do
//! (spec/keys.md, 6). It is a list, not a score.

use std::collections::BTreeMap;

use peerage_registry::ids::{KeyId, OrgId, UserId};
use peerage_registry::moment::{DAY, Moment, print_seconds};
use peerage_registry::rights::Permissions;

use crate::key_string::KeyKind;
use crate::namespaces::{manage, users};
use crate::people::People;
use crate::records::Key;
use crate::usage::KeyUse;

/// Minimum number of networks or clients from which a key is unlikely to be used by a single program.
const SHARED_FROM: usize = 4;

/// An item to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFinding {
    /// Machine-readable kind. Pages have a text for each, with the values in `facts`.
    pub what: &'static str,
    /// Public id of the key.
    pub key: Option<String>,
    pub name: String,
    pub user: Option<UserId>,
    pub facts: Vec<(&'static str, FindingFact)>,
    /// The same in English, for programs and operators.
    pub text: String,
    pub advice: String,
    /// A command for the operator.
    pub command: Option<String>,
}

/// A value that differs between findings of the same kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingFact {
    Text(String),
    Count(usize),
    Namespace(String),
}

/// The parts of a finding.
#[derive(Default)]
struct FindingText {
    facts: Vec<(&'static str, FindingFact)>,
    text: String,
    advice: &'static str,
    command: Option<String>,
}

/// Findings about an organization's keys, the keys of its role accounts, and personal keys that work for it.
pub fn report(people: &People, uses: &BTreeMap<KeyId, KeyUse>, org: OrgId, now: Moment) -> Vec<KeyFinding> {
    let mut findings = Vec::new();
    let keys = people.keys().map(|entry| &*entry.key);
    for key in keys.filter(|key| !key.is_final() && people.key_ends(key).is_none_or(|end| end > now)) {
        if key.org == Some(org) {
            review_key(people, key, uses.get(&key.id), org, now, &mut findings);
        } else if key.kind == KeyKind::User {
            let works_here = uses.get(&key.id).is_some_and(|used| {
                let prefix = format!("{}.", peerage_registry::place::of_organization(org));
                used.exercised.keys().any(|exercised| exercised.starts_with(&prefix))
            });
            let is_member = key.user.is_some_and(|user| people.member(org, user).is_some());
            if works_here && is_member {
                let said = FindingText {
                    text: "a person's key changes the organization's objects".to_owned(),
                    advice: "make an organization key, or a role and a role key, for this work",
                    ..FindingText::default()
                };
                findings.push(finding(key, "personal", said));
            }
        }
    }
    for member in people.members_of(org) {
        let Some(person) = people.user(member.user).filter(|person| person.active) else { continue };
        if people.factors_of(person.id).next().is_none() {
            findings.push(KeyFinding {
                what: "no-factor",
                key: None,
                name: person.username.clone(),
                user: Some(person.id),
                facts: Vec::new(),
                text: "belongs to the organization and has no second factor".to_owned(),
                advice: "ask them to set one up; until then, only a password protects their account".to_owned(),
                command: None,
            });
        }
    }
    findings
}

fn finding(key: &Key, what: &'static str, said: FindingText) -> KeyFinding {
    let FindingText { facts, text, advice, command } = said;
    let (key, name, user) = (Some(key.public.clone()), key.name.clone(), key.user);
    KeyFinding { what, key, name, user, facts, text, advice: advice.to_owned(), command }
}

fn review_key(people: &People, key: &Key, used: Option<&KeyUse>, org: OrgId, now: Moment, out: &mut Vec<KeyFinding>) {
    let mut tell = |what, said: FindingText| out.push(finding(key, what, said));
    review_life(people, key, used, now, &mut tell);
    review_owner(people, key, org, &mut tell);
    review_permissions(key, used, org, now, &mut tell);
    if let Some(used) = used {
        review_use(key, used, &mut tell);
    }
    if key.secrets.first().is_some_and(|secret| now - secret.made > 365 * DAY) {
        let (text, command) =
            ("its secret is more than a year old".to_owned(), format!("peerage key rotate {}", key.public));
        tell(
            "old-secret",
            FindingText { text, advice: "replace its secret", command: Some(command), ..FindingText::default() },
        );
    }
}

/// Whether the key is used, and when it expires.
fn review_life(
    people: &People,
    key: &Key,
    used: Option<&KeyUse>,
    now: Moment,
    tell: &mut impl FnMut(&'static str, FindingText),
) {
    let id = &key.public;
    let revoke = || Some(format!("peerage key revoke {id}"));
    let day = |at: Moment| print_seconds(at)[..10].to_owned();
    let on = |day: &str| vec![("day", FindingFact::Text(day.to_owned()))];
    match used {
        None if now - key.created > 30 * DAY => {
            let since = day(key.created);
            let text = format!("created on {since} and never used");
            tell("never-used", FindingText { facts: on(&since), text, advice: "revoke it", command: revoke() });
        }
        Some(used) if now - used.last > 90 * DAY => {
            let (last, advice) = (day(used.last), "revoke it, or suspend it first");
            tell(
                "unused",
                FindingText { facts: on(&last), text: format!("last used on {last}"), advice, command: revoke() },
            );
        }
        _ => {}
    }
    match people.key_ends(key) {
        Some(expires) if expires - now <= 30 * DAY => {
            let end = day(expires);
            let advice = "extend it, or create the key that replaces it";
            let command = Some(format!("peerage key change {id} --expires +365d"));
            tell("expiring", FindingText { facts: on(&end), text: format!("expires on {end}"), advice, command });
        }
        None => tell(
            "no-expiry",
            FindingText {
                text: "never expires".to_owned(),
                advice: "set an expiry date, so that someone reviews the key by then",
                command: Some(format!("peerage key change {id} --expires +365d")),
                ..FindingText::default()
            },
        ),
        Some(_) => {}
    }
}

/// Whether somebody is responsible for the key.
fn review_owner(people: &People, key: &Key, org: OrgId, tell: &mut impl FnMut(&'static str, FindingText)) {
    let id = &key.public;
    if key.kind != KeyKind::User && key.email.is_empty() {
        tell(
            "no-contact",
            FindingText {
                text: "has no contact address".to_owned(),
                advice: "add the address of a mailbox that someone reads",
                command: Some(format!("peerage key change {id} --email ADDRESS")),
                ..FindingText::default()
            },
        );
    } else if key.kind != KeyKind::User && !key.email_confirmed {
        tell(
            "no-contact",
            FindingText {
                facts: vec![("address", FindingFact::Text(key.email.clone()))],
                text: format!("nobody has confirmed the contact address {}", key.email),
                advice: "open the link in the e-mail that was sent there, or enter a mailbox that someone reads",
                command: Some(format!("peerage key change {id} --email ADDRESS")),
            },
        );
    }
    if let Some(maker) = key.user
        && people.member(org, maker).is_none()
    {
        let text = "belongs to a person who has left the organization".to_owned();
        tell(
            "left",
            FindingText {
                text,
                advice: "revoke it",
                command: Some(format!("peerage key revoke {id}")),
                ..FindingText::default()
            },
        );
    }
}

/// Whether the key may do more than it does.
fn review_permissions(
    key: &Key,
    used: Option<&KeyUse>,
    org: OrgId,
    now: Moment,
    tell: &mut impl FnMut(&'static str, FindingText),
) {
    let rules = key.grants.iter().flatten();
    let is_admin = rules.clone().any(|(namespace, bits)| {
        Permissions::from_bits(*bits).is_some_and(Permissions::writes)
            && (*namespace == peerage_registry::place::of_organization(org)
                || *namespace == manage(org)
                || *namespace == users(org))
    });
    if is_admin {
        let advice = "limit its permissions to what it changes; its page lists what it has used";
        let text = "can change everything in the organization".to_owned();
        tell("admin-level", FindingText { text, advice, ..FindingText::default() });
    }
    if let Some(used) = used
        && now - key.created > 90 * DAY
    {
        for (namespace, bits) in rules {
            let rights = Permissions::from_bits(*bits).unwrap_or(Permissions::NONE);
            let is_under = |exercised: &String| {
                exercised.strip_prefix(namespace.as_str()).is_some_and(|rest| rest.starts_with(['.', ':']))
            };
            if rights.writes() && !used.exercised.keys().any(is_under) {
                let said = FindingText {
                    facts: vec![("where", FindingFact::Namespace(namespace.clone()))],
                    text: format!("{namespace}: has write permission, not used in 90 days"),
                    advice: "make it read-only there",
                    command: Some(format!("peerage key change {} --grant {namespace}=r", key.public)),
                };
                tell("over-broad", said);
            }
        }
    }
}

/// From where the key is used.
fn review_use(key: &Key, used: &KeyUse, tell: &mut impl FnMut(&'static str, FindingText)) {
    let id = &key.public;
    let (networks, clients) = (used.networks.len(), used.agents.len());
    if networks >= SHARED_FROM || clients >= SHARED_FROM * 2 {
        let said = FindingText {
            facts: vec![("networks", FindingFact::Count(networks)), ("clients", FindingFact::Count(clients))],
            text: format!("used from {networks} networks and by {clients} clients"),
            advice: "give each program its own key, and note what it is for",
            command: None,
        };
        tell("shared", said);
    }
    if key.networks.is_empty() && networks == 1 && used.count() >= 100 {
        let network = used.networks.keys().next().map(ToString::to_string).unwrap_or_default();
        let said = FindingText {
            facts: vec![("network", FindingFact::Text(network.clone()))],
            text: format!("always used from {network}, but accepted from anywhere"),
            advice: "restrict it to this network",
            command: Some(format!("peerage key change {id} --network {network}")),
        };
        tell("no-networks", said);
    }
}
