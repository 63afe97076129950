//! Indexes for everything that is found other than by id, and what follows from a change of a record.

use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use peerage_registry::ids::{
    ClientId, ConsentId, FactorId, KeyId, LogoId, MemberId, OrgId, PortProposalId, SessionId, UserId,
};
use unicode_normalization::UnicodeNormalization;

use super::KeyEntry;
use super::tables::TableRecord;
use crate::records::{
    Application, Client, Codes, Consent, Factor, FactorProof, ImportFailure, Invitation, Key, Logo, Member, Password,
    Policy, PortProposal, Recovery, Role, Session, StoredRecord, Ticket, User,
};

#[derive(Clone, Default)]
pub struct PeopleIndexes {
    pub rights: PermissionVersions,
    pub user_by_name: OrdMap<Box<str>, UserId>,
    /// Accounts by address, and whether the address is confirmed.
    pub user_by_email: OrdMap<(Box<str>, UserId), bool>,
    pub member_by_org: OrdMap<(OrgId, UserId), MemberId>,
    pub member_by_user: OrdMap<(UserId, OrgId), MemberId>,
    pub keys: OrdMap<KeyId, Arc<KeyEntry>>,
    pub key_by_public: HashMap<Box<str>, Arc<KeyEntry>>,
    pub logo_by_object: OrdMap<(Box<str>, u32), LogoId>,
    pub session_by_user: OrdMap<(UserId, SessionId), ()>,
    /// Events that opened sessions.
    pub session_opened: OrdMap<SessionId, u64>,
    pub factor_by_user: OrdMap<(UserId, FactorId), ()>,
    pub factor_by_credential: HashMap<Box<str>, FactorId>,
    pub client_by_name: HashMap<Box<str>, ClientId>,
    pub consent_by_user: OrdMap<(UserId, ConsentId), ()>,
    /// By LAN.
    pub proposal_by_lan: OrdMap<(u32, PortProposalId), ()>,
    /// By network.
    pub proposal_by_net: OrdMap<(u32, PortProposalId), ()>,
}

/// When permissions have changed.
#[derive(Clone, Default)]
pub struct PermissionVersions {
    /// Number of the last event that may have changed somebody's permissions.
    pub generation: u64,
    /// Identifies a state of all permissions, including states that were decided but never written: two of those can
    /// have the same number.
    pub state: Arc<()>,
    /// Events that last changed what a person can do: their session then gets another text.
    pub changed: OrdMap<UserId, u64>,
}

impl PermissionVersions {
    /// Records that somebody's permissions may have changed.
    pub fn renew(&mut self, sequence: u64) {
        self.generation = sequence.max(self.generation + 1);
        self.state = Arc::default();
    }
}

/// A record before and after a change.
pub struct ReplacedRecord<'a, T: StoredRecord> {
    pub id: T::Id,
    pub before: Option<&'a Arc<T>>,
    pub after: Option<&'a Arc<T>>,
    /// Number of the event.
    pub sequence: u64,
}

impl<T: StoredRecord> ReplacedRecord<'_, T> {
    /// Updates an index by user.
    fn index(&self, map: &mut OrdMap<(UserId, T::Id), ()>, user: fn(&T) -> UserId) {
        let (before, after) = (self.before.map(|kept| user(kept)), self.after.map(|kept| user(kept)));
        if before != after {
            if let Some(user) = before {
                map.remove(&(user, self.id));
            }
            if let Some(user) = after {
                map.insert((user, self.id), ());
            }
        }
    }
}

/// A kind of record, with what changes when one of its records does.
pub trait IndexedRecord: TableRecord {
    /// Whether a change of a record of this kind can change somebody's permissions. Other permissions are computed on
    /// demand.
    const CHANGES_RIGHTS: bool = false;

    fn index(_: &mut PeopleIndexes, _: &ReplacedRecord<'_, Self>) {}
}

/// A user name for comparison: without case, and with similar characters unified.
pub fn folded(text: &str) -> Box<str> {
    text.nfkc().collect::<String>().to_lowercase().into()
}

/// An address for comparison.
pub fn folded_address(text: &str) -> Box<str> {
    text.trim().to_ascii_lowercase().into()
}

impl IndexedRecord for User {
    const CHANGES_RIGHTS: bool = true;

    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, User>) {
        let rank = |user: &Arc<User>| (user.verified, user.staff);
        let id = change.id;
        if change.before.map(rank) != change.after.map(rank) {
            indexes.rights.changed.insert(id, change.sequence);
        }
        if let Some(old) = change.before {
            let name = folded(&old.username);
            // Two imported accounts may have the same name.
            if indexes.user_by_name.get(&name) == Some(&id) {
                indexes.user_by_name.remove(&name);
            }
            for email in &old.emails {
                indexes.user_by_email.remove(&(folded_address(&email.address), id));
            }
        }
        if let Some(user) = change.after {
            indexes.user_by_name.insert(folded(&user.username), id);
            for email in &user.emails {
                indexes.user_by_email.insert((folded_address(&email.address), id), email.verified);
            }
        }
    }
}

impl IndexedRecord for Member {
    const CHANGES_RIGHTS: bool = true;

    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Member>) {
        let rights = |member: &Arc<Member>| (member.org, member.rank, member.grants.clone());
        if change.before.map(rights) != change.after.map(rights) {
            for member in change.before.into_iter().chain(change.after) {
                indexes.rights.changed.insert(member.user, change.sequence);
            }
        }
        if let Some(old) = change.before {
            indexes.member_by_org.remove(&(old.org, old.user));
            indexes.member_by_user.remove(&(old.user, old.org));
        }
        if let Some(member) = change.after {
            indexes.member_by_org.insert((member.org, member.user), change.id);
            indexes.member_by_user.insert((member.user, member.org), change.id);
        }
    }
}

impl IndexedRecord for Key {
    const CHANGES_RIGHTS: bool = true;

    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Key>) {
        if let Some(old) = change.before {
            indexes.keys.remove(&change.id);
            indexes.key_by_public.remove(old.public.as_str());
        }
        if let Some(key) = change.after {
            let entry = Arc::new(KeyEntry::new(Arc::clone(key)));
            indexes.key_by_public.insert(key.public.as_str().into(), Arc::clone(&entry));
            indexes.keys.insert(change.id, entry);
        }
    }
}

impl IndexedRecord for Role {
    const CHANGES_RIGHTS: bool = true;

    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Role>) {
        let has = |role: Option<&Arc<Role>>, user: UserId| {
            role.filter(|role| role.people.contains(&user)).map(|role| role.grants.clone())
        };
        for user in change.before.into_iter().chain(change.after).flat_map(|role| &role.people) {
            if has(change.before, *user) != has(change.after, *user) {
                indexes.rights.changed.insert(*user, change.sequence);
            }
        }
    }
}

impl IndexedRecord for Policy {
    const CHANGES_RIGHTS: bool = true;
}

impl IndexedRecord for Session {
    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Session>) {
        change.index(&mut indexes.session_by_user, |session| session.user);
        match (change.before, change.after) {
            (None, Some(_)) => drop(indexes.session_opened.insert(change.id, change.sequence)),
            (Some(_), Some(_)) => {}
            (_, None) => drop(indexes.session_opened.remove(&change.id)),
        }
    }
}

impl IndexedRecord for Factor {
    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Factor>) {
        let credential = |factor: &Arc<Factor>| match &factor.proof {
            FactorProof::Key(key) => Some(Box::<str>::from(key.credential_id.as_str())),
            FactorProof::Totp { .. } => None,
        };
        // An organization's requirements on factors affect permissions in it, including those of keys.
        let kind = |factor: &Arc<Factor>| (factor.user, factor.key().map(|key| key.logs_in));
        if change.before.map(kind) != change.after.map(kind) {
            indexes.rights.renew(change.sequence);
        }
        if let Some(name) = change.before.and_then(credential) {
            indexes.factor_by_credential.remove(&name);
        }
        if let Some(name) = change.after.and_then(credential) {
            indexes.factor_by_credential.insert(name, change.id);
        }
        change.index(&mut indexes.factor_by_user, |factor| factor.user);
    }
}

impl IndexedRecord for Client {
    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Client>) {
        if let Some(old) = change.before {
            indexes.client_by_name.remove(old.client_id.as_str());
        }
        if let Some(client) = change.after {
            indexes.client_by_name.insert(client.client_id.as_str().into(), change.id);
        }
    }
}

impl IndexedRecord for Consent {
    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Consent>) {
        change.index(&mut indexes.consent_by_user, |consent| consent.user);
    }
}

impl IndexedRecord for Logo {
    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, Logo>) {
        if let Some(old) = change.before {
            indexes.logo_by_object.remove(&(old.kind.as_str().into(), old.object));
        }
        if let Some(logo) = change.after {
            indexes.logo_by_object.insert((logo.kind.as_str().into(), logo.object), change.id);
        }
    }
}

impl IndexedRecord for PortProposal {
    fn index(indexes: &mut PeopleIndexes, change: &ReplacedRecord<'_, PortProposal>) {
        if let Some(old) = change.before {
            indexes.proposal_by_lan.remove(&(old.lan, change.id));
            indexes.proposal_by_net.remove(&(old.net, change.id));
        }
        if let Some(proposal) = change.after {
            indexes.proposal_by_lan.insert((proposal.lan, change.id), ());
            indexes.proposal_by_net.insert((proposal.net, change.id), ());
        }
    }
}

impl IndexedRecord for ImportFailure {}
impl IndexedRecord for Password {}
impl IndexedRecord for Codes {}
impl IndexedRecord for Ticket {}
impl IndexedRecord for Recovery {}
impl IndexedRecord for Application {}
impl IndexedRecord for Invitation {}
