//! People, keys and rights at one moment, in memory: what the log says of them so far.
//!
//! Cloning shares everything. Fed by the same events as the registry's snapshot, so that a key that was revoked is
//! refused on every node with the next event.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use imbl::{HashMap, OrdMap};
use peerage_registry::moment::Micros;
use peerage_registry::{Action, Change, Event, Record};
use peerage_schema::Resource;

use crate::grants::admits;
use crate::key_string::{Parsed, parse};
use crate::principal::Principal;
use crate::records::{Kept, Key, KeyState, Logo, Member, Password, Policy, Rank, Role, Secret, Session, User};
use crate::server_key::{ServerKey, Stamp};

/// The organization that receives suggestions, where nothing else is set (spec/write-api.md, 5.15).
pub const SUGGESTION_ORG: u32 = 20_525;

/// A key with what follows from it.
pub struct KeyEntry {
    pub key: Key,
    /// Made when the key is used, again whenever a right may have changed.
    resolved: ArcSwapOption<(u64, Arc<Principal>)>,
}

impl KeyEntry {
    /// Whether the secret that is stored so is one of the key's, and still accepted.
    pub fn accepts(&self, secret: &Stamp, now: Micros) -> bool {
        let accepted = self.key.secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now));
        accepted.into_iter().any(|known| known.hash == *secret)
    }
}

/// A key that somebody has shown, and which of its secrets it was.
#[derive(Clone, Copy)]
pub struct Recognised<'a> {
    pub entry: &'a Arc<KeyEntry>,
    /// As it is stored.
    pub by: &'a Stamp,
}

/// What a text is compared with where there is nothing. No text has this stamp.
static NOBODYS: [Secret; 1] = [Secret { hash: [0; 32], version: 0, made: 0, until: None }];

/// People, keys and rights.
#[derive(Clone)]
pub struct People {
    /// Number of the last event that may have changed somebody's rights.
    generation: u64,
    /// Verified users may suggest objects to this organization.
    pub suggestion_org: u32,
    users: OrdMap<u32, Arc<User>>,
    user_by_name: OrdMap<Box<str>, u32>,
    user_by_email: OrdMap<Box<str>, u32>,
    passwords: OrdMap<u32, Arc<Password>>,
    members: OrdMap<u32, Arc<Member>>,
    member_by_org: OrdMap<(u32, u32), u32>,
    member_by_user: OrdMap<(u32, u32), u32>,
    keys: OrdMap<u32, Arc<KeyEntry>>,
    key_by_public: HashMap<Box<str>, Arc<KeyEntry>>,
    roles: OrdMap<u32, Arc<Role>>,
    policies: OrdMap<u32, Arc<Policy>>,
    sessions: OrdMap<u32, Arc<Session>>,
    logos: OrdMap<u32, Arc<Logo>>,
    logo_by_object: OrdMap<(Box<str>, u32), u32>,
    /// Highest id of each kind that was ever seen here.
    top: OrdMap<Record, u32>,
}

impl Default for People {
    fn default() -> People {
        People {
            generation: 0,
            suggestion_org: SUGGESTION_ORG,
            users: OrdMap::new(),
            user_by_name: OrdMap::new(),
            user_by_email: OrdMap::new(),
            passwords: OrdMap::new(),
            members: OrdMap::new(),
            member_by_org: OrdMap::new(),
            member_by_user: OrdMap::new(),
            keys: OrdMap::new(),
            key_by_public: HashMap::new(),
            roles: OrdMap::new(),
            policies: OrdMap::new(),
            sessions: OrdMap::new(),
            logos: OrdMap::new(),
            logo_by_object: OrdMap::new(),
            top: OrdMap::new(),
        }
    }
}

/// A record that cannot be read: the log was written by another program, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("{} {id}: {why}", record.name())]
pub struct Unreadable {
    pub record: Record,
    pub id: u32,
    pub why: String,
}

/// Why a key lets nobody in (spec/write-api.md, 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFault {
    /// Unknown, wrong, revoked or exposed: nobody learns which.
    Invalid,
    /// Expired. Whoever asks is told no more than of [`KeyFault::Invalid`]; the key's owner hears of it.
    Expired { key: u32 },
    /// Suspended, or its organization is no more.
    Inactive,
    /// The account of its owner is barred or closed.
    OwnerInactive,
    /// Used from elsewhere than it may be.
    Elsewhere,
}

/// A registry in which organizations live and die.
pub trait Organizations {
    /// Whether the organization is there and not deleted.
    fn is_alive(&self, org: u32) -> bool;
}

impl Organizations for peerage_registry::Snapshot {
    fn is_alive(&self, org: u32) -> bool {
        let org = self.row(Resource::Org, org);
        org.is_some_and(|row| self.status(Resource::Org, row) != "deleted")
    }
}

fn folded(text: &str) -> Box<str> {
    text.to_lowercase().into()
}

impl People {
    /// Takes what events say. Events about rows are passed over.
    ///
    /// # Errors
    /// [`Unreadable`]; what came before it is taken.
    pub fn apply(&mut self, events: &[Event]) -> Result<(), Unreadable> {
        for event in events {
            if let Change::Record { record, after, .. } = &event.entry.change
                && event.entry.action != Action::Note
            {
                self.put(*record, event.entry.id, after.as_deref(), event.sequence)?;
            }
        }
        Ok(())
    }

    /// Replaces one record. `sequence` is the event that says so; rights are worked out anew after it.
    pub fn put(&mut self, record: Record, id: u32, text: Option<&str>, sequence: u64) -> Result<(), Unreadable> {
        let top = self.top.get(&record).copied().unwrap_or(0);
        self.top.insert(record, top.max(id));
        if !matches!(record, Record::Session | Record::Logo | Record::Password) {
            self.generation = sequence.max(self.generation + 1);
        }
        match record {
            Record::User => self.put_user(id, read(record, id, text)?),
            Record::Password => replace(&mut self.passwords, id, read(record, id, text)?),
            Record::Member => self.put_member(id, read(record, id, text)?),
            Record::Key => self.put_key(id, read(record, id, text)?),
            Record::Role => replace(&mut self.roles, id, read(record, id, text)?),
            Record::Policy => replace(&mut self.policies, id, read(record, id, text)?),
            Record::Session => replace(&mut self.sessions, id, read(record, id, text)?),
            Record::Logo => {
                let logo: Option<Logo> = read(record, id, text)?;
                if let Some(old) = self.logos.get(&id) {
                    self.logo_by_object.remove(&(old.kind.as_str().into(), old.object));
                }
                if let Some(logo) = &logo {
                    self.logo_by_object.insert((logo.kind.as_str().into(), logo.object), id);
                }
                replace(&mut self.logos, id, logo);
            }
        }
        Ok(())
    }

    fn put_user(&mut self, id: u32, user: Option<User>) {
        if let Some(old) = self.users.get(&id) {
            self.user_by_name.remove(&folded(&old.username));
            for email in &old.emails {
                self.user_by_email.remove(&folded(&email.address));
            }
        }
        if let Some(user) = &user {
            self.user_by_name.insert(folded(&user.username), id);
            for email in &user.emails {
                self.user_by_email.insert(folded(&email.address), id);
            }
        }
        replace(&mut self.users, id, user);
    }

    fn put_member(&mut self, id: u32, member: Option<Member>) {
        if let Some(old) = self.members.get(&id) {
            self.member_by_org.remove(&(old.org, old.user));
            self.member_by_user.remove(&(old.user, old.org));
        }
        if let Some(member) = &member {
            self.member_by_org.insert((member.org, member.user), id);
            self.member_by_user.insert((member.user, member.org), id);
        }
        replace(&mut self.members, id, member);
    }

    fn put_key(&mut self, id: u32, key: Option<Key>) {
        if let Some(old) = self.keys.remove(&id) {
            self.key_by_public.remove(old.key.public.as_str());
        }
        if let Some(key) = key {
            let entry = Arc::new(KeyEntry { key, resolved: ArcSwapOption::empty() });
            self.key_by_public.insert(entry.key.public.as_str().into(), Arc::clone(&entry));
            self.keys.insert(id, entry);
        }
    }

    /// An id that no record of this kind has had.
    pub fn free_id(&self, record: Record) -> u32 {
        self.top.get(&record).copied().unwrap_or(0) + 1
    }

    pub fn user(&self, id: u32) -> Option<&Arc<User>> {
        self.users.get(&id)
    }

    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// By user name, without regard to case.
    pub fn user_named(&self, name: &str) -> Option<&Arc<User>> {
        self.user(*self.user_by_name.get(&*folded(name))?)
    }

    /// By any of the addresses, without regard to case.
    pub fn user_with_email(&self, address: &str) -> Option<&Arc<User>> {
        self.user(*self.user_by_email.get(&*folded(address))?)
    }

    pub fn password(&self, user: u32) -> Option<&Arc<Password>> {
        self.passwords.get(&user)
    }

    pub fn member(&self, org: u32, user: u32) -> Option<&Arc<Member>> {
        self.members.get(self.member_by_org.get(&(org, user))?)
    }

    /// An organization's people, by user id.
    pub fn members_of(&self, org: u32) -> impl Iterator<Item = &Arc<Member>> {
        let ids = self.member_by_org.range((org, 0)..=(org, u32::MAX)).map(|(_, id)| id);
        ids.filter_map(|id| self.members.get(id))
    }

    /// A person's places in organizations, by organization.
    pub fn memberships_of(&self, user: u32) -> impl Iterator<Item = &Arc<Member>> {
        let ids = self.member_by_user.range((user, 0)..=(user, u32::MAX)).map(|(_, id)| id);
        ids.filter_map(|id| self.members.get(id))
    }

    pub fn admins_of(&self, org: u32) -> impl Iterator<Item = &Arc<User>> {
        let admins = self.members_of(org).filter(|member| member.rank == Rank::Admin);
        admins.filter_map(|member| self.user(member.user)).filter(|user| user.active)
    }

    pub fn keys(&self) -> impl Iterator<Item = &Arc<KeyEntry>> {
        self.keys.values()
    }

    pub fn key(&self, public: &str) -> Option<&Arc<KeyEntry>> {
        self.key_by_public.get(public)
    }

    pub fn key_by_id(&self, id: u32) -> Option<&Arc<KeyEntry>> {
        self.keys.get(&id)
    }

    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    pub fn role(&self, id: u32) -> Option<&Arc<Role>> {
        self.roles.get(&id)
    }

    pub fn roles_of(&self, org: u32) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values().filter(move |role| role.org == org)
    }

    /// What an organization demands, also where it never said so.
    pub fn policy(&self, org: u32) -> Arc<Policy> {
        self.policies.get(&org).cloned().unwrap_or_else(|| Arc::new(Policy::unset(org)))
    }

    pub fn has_policy(&self, org: u32) -> bool {
        self.policies.contains_key(&org)
    }

    pub fn sessions(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.sessions.values()
    }

    pub fn session(&self, id: u32) -> Option<&Arc<Session>> {
        self.sessions.get(&id)
    }

    pub fn logo(&self, kind: &str, object: u32) -> Option<&Arc<Logo>> {
        self.logos.get(self.logo_by_object.get(&(kind.into(), object))?)
    }

    /// Changes whenever somebody's rights may have.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Every record's text, for exports and comparisons.
    pub fn texts(&self) -> Vec<(Record, u32, Arc<str>)> {
        fn of<T: Kept>(map: &OrdMap<u32, Arc<T>>) -> impl Iterator<Item = (Record, u32, Arc<str>)> {
            map.iter().map(|(id, kept)| (T::RECORD, *id, kept.to_text()))
        }
        let keys = self.keys.iter().map(|(id, entry)| (Record::Key, *id, entry.key.to_text()));
        of(&self.users)
            .chain(of(&self.passwords))
            .chain(of(&self.members))
            .chain(keys)
            .chain(of(&self.roles))
            .chain(of(&self.policies))
            .chain(of(&self.sessions))
            .chain(of(&self.logos))
            .collect()
    }

    /// Whose key a text is, and whether it lets its holder in: parse, look up, one HMAC, compare; then state, expiry,
    /// owner and network. An unknown id costs the same work as a wrong secret.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn recognise(
        &self,
        server_key: &ServerKey,
        text: &str,
        now: Micros,
        address: IpAddr,
        organizations: &impl Organizations,
    ) -> Result<Recognised<'_>, KeyFault> {
        let known = self.genuine(server_key, text, now).ok_or(KeyFault::Invalid)?;
        self.standing(known.entry, now, address, organizations).map(|()| known)
    }

    /// Whether a key may be used, now and from an address.
    pub fn standing(
        &self,
        entry: &KeyEntry,
        now: Micros,
        address: IpAddr,
        organizations: &impl Organizations,
    ) -> Result<(), KeyFault> {
        let key = &entry.key;
        if key.is_final() {
            return Err(KeyFault::Invalid);
        }
        if key.is_expired(now) {
            return Err(KeyFault::Expired { key: key.id });
        }
        if key.state == KeyState::Suspended || key.org.is_some_and(|org| !organizations.is_alive(org)) {
            return Err(KeyFault::Inactive);
        }
        let owner = key.user.map(|user| self.user(user));
        if owner.is_some_and(|user| user.is_none_or(|user| !user.active)) {
            return Err(KeyFault::OwnerInactive);
        }
        let is_expected = admits(&key.networks, address)
            && key.org.and_then(|org| self.policies.get(&org)).is_none_or(|policy| admits(&policy.networks, address));
        if is_expected { Ok(()) } else { Err(KeyFault::Elsewhere) }
    }

    /// The key of which this is the text, whatever its state.
    pub fn genuine(&self, server_key: &ServerKey, text: &str, now: Micros) -> Option<Recognised<'_>> {
        let parsed = parse(text);
        let public = match parsed {
            Parsed::Own { public, .. } | Parsed::Old { public } => public,
            Parsed::Damaged { .. } | Parsed::Other => return None,
        };
        // A key that is not there, or has no secret any more, is looked at like one that is, so that the time does not
        // tell which ids exist.
        let entry = self.key(public);
        let secrets = entry.map_or(&NOBODYS[..], |entry| &entry.key.secrets);
        let secrets = if secrets.is_empty() { &NOBODYS } else { secrets };
        let accepted = secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now));
        let by = server_key.find(accepted.map(|secret| (secret.version, &secret.hash)), text)?;
        Some(Recognised { entry: entry?, by })
    }

    /// What the holder of a key may do, worked out once for each change of anybody's rights.
    pub fn principal_of(&self, entry: &Arc<KeyEntry>) -> Arc<Principal> {
        if let Some(resolved) = &*entry.resolved.load()
            && resolved.0 == self.generation
        {
            return Arc::clone(&resolved.1);
        }
        let principal = Arc::new(Principal::of_key(self, entry));
        entry.resolved.store(Some(Arc::new((self.generation, Arc::clone(&principal)))));
        principal
    }
}

fn read<T: Kept>(record: Record, id: u32, text: Option<&str>) -> Result<Option<T>, Unreadable> {
    let Some(text) = text else { return Ok(None) };
    let kept: T = serde_json::from_str(text).map_err(|error| Unreadable { record, id, why: error.to_string() })?;
    if kept.id() == id { Ok(Some(kept)) } else { Err(Unreadable { record, id, why: "names another id".to_owned() }) }
}

fn replace<T>(map: &mut OrdMap<u32, Arc<T>>, id: u32, value: Option<T>) {
    match value {
        Some(value) => map.insert(id, Arc::new(value)),
        None => map.remove(&id),
    };
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "People({} users, {} keys)", self.users.len(), self.keys.len())
    }
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyEntry({})", self.key.public)
    }
}
