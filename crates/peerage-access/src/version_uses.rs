//! What still depends on each version of the server key.

use std::collections::BTreeMap;

use peerage_registry::moment::Moment;
use serde::Serialize;

use crate::people::People;
use crate::records::{Codes, Factor, FactorProof, StoredSecret};
use crate::server_key::KeyLedger;

/// How many secrets depend on one version. Those that are expired or revoked do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VersionUses {
    pub api_keys: usize,
    /// Applications that sign people in.
    pub applications: usize,
    pub sessions: usize,
    /// Codes and tokens of applications.
    pub sign_ins: usize,
    /// Accounts with unused backup codes.
    pub backup_codes: usize,
    /// Seeds of authenticator apps.
    pub authenticator_apps: usize,
    pub signing_keys: usize,
    /// Links and codes in e-mails that have not been used.
    pub mailed_links: usize,
}

impl VersionUses {
    /// The counts by name, in the order of the fields.
    pub fn named(&self) -> [(&'static str, usize); 8] {
        [
            ("API keys", self.api_keys),
            ("applications", self.applications),
            ("sessions", self.sessions),
            ("sign-ins of applications", self.sign_ins),
            ("sets of backup codes", self.backup_codes),
            ("authenticator apps", self.authenticator_apps),
            ("signing keys", self.signing_keys),
            ("mailed links", self.mailed_links),
        ]
    }

    pub fn total(&self) -> usize {
        self.named().iter().map(|(_, count)| count).sum()
    }
}

/// Counts the uses of each version, without signing keys, which are not records.
pub fn version_uses(people: &People, ledger: &KeyLedger, now: Moment) -> BTreeMap<u32, VersionUses> {
    let mut uses: BTreeMap<u32, VersionUses> = BTreeMap::new();
    let mut count = |version: u32, field: fn(&mut VersionUses) -> &mut usize| {
        *field(uses.entry(version).or_default()) += 1;
    };
    let is_live = |secret: &&StoredSecret| secret.until.is_none_or(|until| until > now);
    for key in people.keys().map(|entry| &entry.key).filter(|key| !key.is_final() && !key.is_expired(now)) {
        key.secrets.iter().filter(is_live).for_each(|secret| count(secret.version, |uses| &mut uses.api_keys));
        if !key.email.is_empty() && !key.email_confirmed {
            let asked = key.confirmations.iter().map(|asked| asked.at).max().unwrap_or(key.created);
            count(ledger.in_use_at(asked), |uses| &mut uses.mailed_links);
        }
    }
    for client in people.clients() {
        client.secrets.iter().filter(is_live).for_each(|secret| count(secret.version, |uses| &mut uses.applications));
    }
    for session in people.sessions().filter(|session| session.expires > now) {
        count(session.secret.version, |uses| &mut uses.sessions);
    }
    for sign_in in people.consents().flat_map(|consent| &consent.access) {
        let code = Some(&sign_in.code).filter(|_| sign_in.pending.is_some());
        let live = [(code, sign_in.expires), (sign_in.token.as_ref(), sign_in.expires)];
        let live = live.into_iter().chain([(sign_in.refresh.as_ref(), sign_in.refresh_expires)]);
        for secret in live.filter(|(_, expires)| *expires > now).filter_map(|(secret, _)| secret) {
            count(secret.version, |uses| &mut uses.sign_ins);
        }
    }
    for codes in people.all::<Codes>() {
        if let Some(code) = codes.codes.iter().find(|code| code.used.is_none()) {
            count(code.version, |uses| &mut uses.backup_codes);
        }
    }
    for factor in people.all::<Factor>() {
        if let FactorProof::Totp { version, .. } = &factor.proof {
            count(*version, |uses| &mut uses.authenticator_apps);
        }
    }
    let tickets = people.tickets().filter(|ticket| ticket.used.is_none() && ticket.expires > now);
    let invitations = people.invitations().filter(|invitation| invitation.expires > now);
    for created in tickets.map(|ticket| ticket.created).chain(invitations.map(|invitation| invitation.created)) {
        count(ledger.in_use_at(created), |uses| &mut uses.mailed_links);
    }
    uses
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::{HOUR, MINUTE};

    use super::*;
    use crate::acts::world::{ActsWorld, BEN, NOW};
    use crate::factors::{backup, totp};
    use crate::key_string::KeyKind;
    use crate::records::{Key, KeyState};
    use peerage_registry::ids::{FactorId, KeyId};

    #[test]
    fn i16_01_only_what_could_still_be_used_depends_on_a_version() {
        let mut world = ActsWorld::new();
        let ledger = KeyLedger::first(&world.server_key);
        let secret = StoredSecret::of(&world.server_key, "text", NOW);
        let replaced = StoredSecret { until: Some(NOW - MINUTE), ..secret.clone() };
        let key = Key {
            id: KeyId::new(1),
            public: "personal0001".to_owned(),
            user: Some(BEN),
            secrets: vec![secret, replaced],
            ..Key::blank(KeyKind::User, NOW)
        };
        world.put(&key);
        world.put(&Key { id: KeyId::new(2), state: KeyState::Revoked, ..key.clone() });
        world.put(&Key { id: KeyId::new(3), expires: Some(NOW - HOUR), ..key });
        let proof = totp::seal(&world.server_key, BEN, b"seed", &[1; 12], 0);
        let name = "Phone".to_owned();
        world.put(&Factor { id: FactorId::new(1), user: BEN, name, created: NOW, used: None, proof });
        let entropy = std::array::from_fn(|at| at as u8);
        world.put(&backup::make(&world.server_key, BEN, NOW, &entropy).0);
        let uses = version_uses(&world.people, &ledger, NOW);
        let sessions = world.people.sessions().filter(|session| session.expires > NOW).count();
        let expected =
            VersionUses { api_keys: 1, sessions, backup_codes: 1, authenticator_apps: 1, ..VersionUses::default() };
        assert_eq!(uses.get(&1), Some(&expected));
        assert_eq!(uses.len(), 1);
    }
}
