//! What an organization should look at about its keys and people, each with what to do (spec/keys.md, 6). No score is
//! given: a list is.

use std::collections::BTreeMap;

use peerage_registry::moment::{Micros, print_seconds};
use peerage_registry::rights::Rights;

use crate::acts::keys::DAY;
use crate::key_string::KeyKind;
use crate::people::People;
use crate::principal::{manage, users};
use crate::records::Key;
use crate::usage::Use;

/// Networks or clients from which one key is hardly used by one program alone.
const SHARED_FROM: usize = 4;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A word for programs.
    pub what: &'static str,
    /// Public id of the key.
    pub key: Option<String>,
    pub name: String,
    pub user: Option<u32>,
    pub text: String,
    pub advice: String,
}

/// Findings about an organization's keys, those of its roles, and keys of its people that do its work.
pub fn report(people: &People, uses: &BTreeMap<u32, Use>, org: u32, now: Micros) -> Vec<Finding> {
    let mut findings = Vec::new();
    let keys = people.keys().map(|entry| &entry.key);
    for key in keys.filter(|key| !key.is_final() && people.key_ends(key).is_none_or(|end| end > now)) {
        if key.org == Some(org) {
            look(people, key, uses.get(&key.id), org, now, &mut findings);
        } else if key.kind == KeyKind::User {
            let works_here = uses.get(&key.id).is_some_and(|used| {
                let prefix = format!("{}.", peerage_registry::place::of_organization(org));
                used.exercised.keys().any(|exercised| exercised.starts_with(&prefix))
            });
            let is_member = key.user.is_some_and(|user| people.member(org, user).is_some());
            if works_here && is_member {
                findings.push(finding(
                    key,
                    "personal",
                    "a person's key changes the organization's objects".to_owned(),
                    "make an organization key, or a role and a role key, for this work".to_owned(),
                ));
            }
        }
    }
    for member in people.members_of(org) {
        let Some(person) = people.user(member.user).filter(|person| person.active) else { continue };
        if people.factors_of(person.id).next().is_none() {
            findings.push(Finding {
                what: "no-factor",
                key: None,
                name: person.username.clone(),
                user: Some(person.id),
                text: "belongs to the organization and has no second factor".to_owned(),
                advice: "ask them to set one up: until then nothing but a password guards what they may do".to_owned(),
            });
        }
    }
    findings
}

fn finding(key: &Key, what: &'static str, text: String, advice: String) -> Finding {
    Finding { what, key: Some(key.public.clone()), name: key.name.clone(), user: key.user, text, advice }
}

fn look(people: &People, key: &Key, used: Option<&Use>, org: u32, now: Micros, out: &mut Vec<Finding>) {
    let id = &key.public;
    let mut tell = |what, text: String, advice: String| out.push(finding(key, what, text, advice));
    let revoke = || format!("peerage key revoke {id}");
    match used {
        None if now - key.created > 30 * DAY => {
            let since = &print_seconds(key.created)[..10];
            tell("never-used", format!("made on {since} and never used"), format!("revoke it: {}", revoke()));
        }
        Some(used) if now - used.last > 90 * DAY => {
            let last = &print_seconds(used.last)[..10];
            tell("unused", format!("last used on {last}"), format!("revoke it, or suspend it first: {}", revoke()));
        }
        _ => {}
    }
    match people.key_ends(key) {
        Some(expires) if expires - now <= 30 * DAY => {
            let day = &print_seconds(expires)[..10];
            let advice =
                format!("give it more time, or rotate it into what comes after: peerage key change {id} --expires …");
            tell("expiring", format!("expires on {day}"), advice);
        }
        None => tell(
            "no-expiry",
            "never expires".to_owned(),
            format!("set a day on which somebody has to look at it: peerage key change {id} --expires …"),
        ),
        Some(_) => {}
    }
    if key.kind != KeyKind::User && (key.email.is_empty() || !key.email_confirmed) {
        let advice =
            format!("name a mailbox that somebody reads, and answer the mail: peerage key change {id} --email …");
        tell("no-contact", format!("nobody has confirmed the contact address {:?}", key.email), advice);
    }
    if let Some(maker) = key.user
        && people.member(org, maker).is_none()
    {
        tell(
            "left",
            "belongs to a person who has left the organization".to_owned(),
            format!("revoke it: {}", revoke()),
        );
    }
    let rules = key.grants.iter().flatten();
    let is_admin = rules.clone().any(|(namespace, bits)| {
        Rights::from_bits(*bits).is_some_and(Rights::writes)
            && (*namespace == peerage_registry::place::of_organization(org)
                || *namespace == manage(org)
                || *namespace == users(org))
    });
    if is_admin {
        let advice = "give it rights on just what it changes; see what it really used under `use`".to_owned();
        tell("admin-level", "may change everything of the organization".to_owned(), advice);
    }
    if let Some(used) = used
        && now - key.created > 90 * DAY
    {
        for (namespace, bits) in rules {
            let rights = Rights::from_bits(*bits).unwrap_or(Rights::NONE);
            let is_under = |exercised: &String| {
                exercised.strip_prefix(namespace.as_str()).is_some_and(|rest| rest.starts_with(['.', ':']))
            };
            if rights.writes() && !used.exercised.keys().any(is_under) {
                let text = format!("{namespace}: rights to write, none used in 90 days");
                tell(
                    "over-broad",
                    text,
                    format!("leave it reading alone: peerage key change {id} --grant {namespace}=r"),
                );
            }
        }
    }
    if let Some(used) = used {
        if used.networks.len() >= SHARED_FROM || used.agents.len() >= SHARED_FROM * 2 {
            let text = format!("used from {} networks and by {} clients", used.networks.len(), used.agents.len());
            tell("shared", text, "one key for each program: make more, and name what each is for".to_owned());
        }
        if key.networks.is_empty() && used.networks.len() == 1 && used.count() >= 100 {
            let network = used.networks.keys().next().map(ToString::to_string).unwrap_or_default();
            tell(
                "no-networks",
                format!("always used from {network}, and would work from anywhere"),
                format!("bind it: peerage key change {id} --network {network}"),
            );
        }
    }
    if key.secrets.first().is_some_and(|secret| now - secret.made > 365 * DAY) {
        tell("old-secret", "its secret is older than a year".to_owned(), format!("peerage key rotate {id}"));
    }
}
