//! People, keys and rights at one moment, in memory: what the log says of them so far.
//!
//! Cloning shares everything. Fed by the same events as the registry's snapshot, so that a key that was revoked is
//! refused on every node with the next event.

mod recognise;
mod retries;

use std::sync::Arc;

use imbl::{HashMap, OrdMap};
use peerage_registry::moment::Micros;
use peerage_registry::{Action, Change, Event, Record};
use peerage_schema::tables::org;
use peerage_schema::{Resource, Status};
use unicode_normalization::UnicodeNormalization;

use crate::acts::demands;
use crate::records::{
    Application, Client, Codes, Consent, Factor, Invitation, Kept, Key, Logo, Member, Password, Policy, Proof, Rank,
    Recovery, Role, Session, Ticket, User,
};

pub use recognise::{KeyEntry, KeyFault, Recognised};
pub use retries::{LIFE as RETRY_LIFE, Landed, Noted};

/// The organization that receives suggestions, where nothing else is set (spec/write-api.md, 5.15).
pub const SUGGESTION_ORG: u32 = 20_525;

/// People, keys and rights.
#[derive(Clone)]
pub struct People {
    /// Number of the last event that may have changed somebody's rights.
    generation: u64,
    /// Tells one state of everybody's rights from every other, also from states that were judged and never written: two
    /// of those may have the same number.
    rights: Arc<()>,
    /// Verified users may suggest objects to this organization.
    pub suggestion_org: u32,
    users: OrdMap<u32, Arc<User>>,
    user_by_name: OrdMap<Box<str>, u32>,
    /// Accounts by address, and whether they have confirmed it.
    user_by_email: OrdMap<(Box<str>, u32), bool>,
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
    session_by_user: OrdMap<(u32, u32), ()>,
    /// Events that opened sessions, and that last changed what a person may do: a session gets another text then.
    session_opened: OrdMap<u32, u64>,
    rights_changed: OrdMap<u32, u64>,
    factors: OrdMap<u32, Arc<Factor>>,
    factor_by_user: OrdMap<(u32, u32), ()>,
    factor_by_credential: HashMap<Box<str>, u32>,
    codes: OrdMap<u32, Arc<Codes>>,
    tickets: OrdMap<u32, Arc<Ticket>>,
    recoveries: OrdMap<u32, Arc<Recovery>>,
    applications: OrdMap<u32, Arc<Application>>,
    invitations: OrdMap<u32, Arc<Invitation>>,
    clients: OrdMap<u32, Arc<Client>>,
    client_by_name: HashMap<Box<str>, u32>,
    consents: OrdMap<u32, Arc<Consent>>,
    consent_by_user: OrdMap<(u32, u32), ()>,
    /// Highest id of each kind that was ever seen here.
    top: OrdMap<Record, u32>,
    retries: retries::Retries,
}

impl Default for People {
    fn default() -> People {
        People {
            generation: 0,
            rights: Arc::default(),
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
            session_by_user: OrdMap::new(),
            session_opened: OrdMap::new(),
            rights_changed: OrdMap::new(),
            factors: OrdMap::new(),
            factor_by_user: OrdMap::new(),
            factor_by_credential: HashMap::new(),
            codes: OrdMap::new(),
            tickets: OrdMap::new(),
            recoveries: OrdMap::new(),
            applications: OrdMap::new(),
            invitations: OrdMap::new(),
            clients: OrdMap::new(),
            client_by_name: HashMap::new(),
            consents: OrdMap::new(),
            consent_by_user: OrdMap::new(),
            top: OrdMap::new(),
            retries: retries::Retries::default(),
        }
    }
}

/// A record that cannot be read: the log was written by another program, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", self.what())]
pub struct Unreadable {
    /// The event that says so; none if it was read from the table.
    pub event: Option<u64>,
    pub record: Record,
    pub id: u32,
    pub why: String,
}

/// An object of the registry: its kind and id.
pub type Object = (Resource, u32);

impl Unreadable {
    /// What cannot be read.
    pub fn what(&self) -> String {
        let record = format!("{} {}", self.record.name(), self.id);
        self.event.map_or(record.clone(), |event| format!("event {event} ({record})"))
    }
}

/// A registry in which organizations live and die.
pub trait Organizations {
    /// Whether the organization is there and not deleted.
    fn is_alive(&self, org: u32) -> bool;

    /// Whether an object is there, not deleted, and belongs to another.
    fn belongs_to(&self, object: Object, owner: Object) -> bool;

    /// What people call it.
    fn name(&self, org: u32) -> String {
        format!("Organization {org}")
    }

    /// The organization that has an object, and what people call the object; none if nobody knows.
    fn object(&self, _: Object) -> Option<(u32, String)> {
        None
    }
}

impl Organizations for peerage_registry::Snapshot {
    fn is_alive(&self, org: u32) -> bool {
        let org = self.row(Resource::Org, org);
        org.is_some_and(|row| self.status(Resource::Org, row) != Some(Status::Deleted))
    }

    fn belongs_to(&self, (resource, id): Object, owner: Object) -> bool {
        let row = self.row(resource, id).filter(|row| self.status(resource, row) != Some(Status::Deleted));
        row.is_some_and(|row| peerage_registry::place::owner_of(resource, row) == Some(owner))
    }

    fn name(&self, org: u32) -> String {
        let row = self.row(Resource::Org, org);
        row.map_or_else(|| format!("Organization {org}"), |row| row.text_or_empty(org::NAME).to_owned())
    }

    fn object(&self, (resource, id): Object) -> Option<(u32, String)> {
        let row = self.row(resource, id)?;
        let org = peerage_registry::place::organization_of(resource, row, |of, id| self.row(of, id))?;
        let name = resource.table().columns.name.map_or("", |at| row.text_or_empty(at));
        Some((org, name.to_owned()))
    }
}

/// Whether somebody's rights may be others after a record of this kind has changed. Rights of the rest are worked out
/// when they are asked for.
fn changes_rights(record: Record) -> bool {
    matches!(record, Record::User | Record::Member | Record::Key | Record::Role | Record::Policy)
}

/// Keeps an index by user true.
fn index(map: &mut OrdMap<(u32, u32), ()>, before: Option<u32>, after: Option<u32>, id: u32) {
    if before != after {
        if let Some(user) = before {
            map.remove(&(user, id));
        }
        if let Some(user) = after {
            map.insert((user, id), ());
        }
    }
}

fn of_user<'a, T>(
    index: &'a OrdMap<(u32, u32), ()>,
    kept: &'a OrdMap<u32, Arc<T>>,
    user: u32,
) -> impl Iterator<Item = &'a Arc<T>> {
    index.range((user, 0)..=(user, u32::MAX)).filter_map(|((_, id), ())| kept.get(id))
}

/// A user name as it is compared: without case, and with letters that look alike in one form.
fn folded(text: &str) -> Box<str> {
    text.nfkc().collect::<String>().to_lowercase().into()
}

/// An address as it is compared.
fn folded_address(text: &str) -> Box<str> {
    text.trim().to_ascii_lowercase().into()
}

impl People {
    /// Takes what events say. Events about rows are passed over.
    ///
    /// # Errors
    /// [`Unreadable`]; what came before it is taken.
    pub fn apply(&mut self, events: &[Event]) -> Result<(), Unreadable> {
        for event in events {
            self.note_retry(Noted {
                sequence: event.sequence,
                at: event.entry.at,
                actor: &event.entry.actor,
                subject: event.entry.subject(),
                id: event.entry.id,
            });
            if let Change::Record { record, after, .. } = &event.entry.change
                && event.entry.action != Action::Note
            {
                let put = self.put(*record, event.entry.id, after.as_deref(), event.sequence);
                put.map_err(|error| Unreadable { event: Some(event.sequence), ..error })?;
            }
        }
        Ok(())
    }

    /// Remembers an event of a request that may be repeated; others are passed over.
    pub fn note_retry(&mut self, noted: Noted<'_>) {
        self.retries.note(noted);
    }

    /// The request that was carried out under this digest of a caller and a key within the last day.
    pub fn landed(&self, key: &str, now: Micros) -> Option<&Arc<Landed>> {
        self.retries.get(key, now)
    }

    /// Replaces one record. `sequence` is the event that says so; rights are worked out anew after it.
    pub fn put(&mut self, record: Record, id: u32, text: Option<&str>, sequence: u64) -> Result<(), Unreadable> {
        let top = self.top.get(&record).copied().unwrap_or(0);
        self.top.insert(record, top.max(id));
        if changes_rights(record) {
            self.generation = sequence.max(self.generation + 1);
            self.rights = Arc::default();
        }
        match record {
            Record::User => self.put_user(id, read(record, id, text)?, sequence),
            Record::Password => replace(&mut self.passwords, id, read(record, id, text)?),
            Record::Member => self.put_member(id, read(record, id, text)?, sequence),
            Record::Key => self.put_key(id, read(record, id, text)?),
            Record::Role => self.put_role(id, read(record, id, text)?, sequence),
            Record::Policy => replace(&mut self.policies, id, read(record, id, text)?),
            Record::Session => {
                let session: Option<Session> = read(record, id, text)?;
                index(
                    &mut self.session_by_user,
                    self.sessions.get(&id).map(|old| old.user),
                    session.as_ref().map(|new| new.user),
                    id,
                );
                match &session {
                    Some(_) if !self.sessions.contains_key(&id) => drop(self.session_opened.insert(id, sequence)),
                    Some(_) => {}
                    None => drop(self.session_opened.remove(&id)),
                }
                replace(&mut self.sessions, id, session);
            }
            Record::Factor => self.put_factor(id, read(record, id, text)?, sequence),
            Record::Codes => replace(&mut self.codes, id, read(record, id, text)?),
            Record::Ticket => replace(&mut self.tickets, id, read(record, id, text)?),
            Record::Recovery => replace(&mut self.recoveries, id, read(record, id, text)?),
            Record::Application => replace(&mut self.applications, id, read(record, id, text)?),
            Record::Invitation => replace(&mut self.invitations, id, read(record, id, text)?),
            Record::Client => {
                let client: Option<Client> = read(record, id, text)?;
                if let Some(old) = self.clients.get(&id) {
                    self.client_by_name.remove(old.client_id.as_str());
                }
                if let Some(client) = &client {
                    self.client_by_name.insert(client.client_id.as_str().into(), id);
                }
                replace(&mut self.clients, id, client);
            }
            Record::Consent => {
                let consent: Option<Consent> = read(record, id, text)?;
                index(
                    &mut self.consent_by_user,
                    self.consents.get(&id).map(|old| old.user),
                    consent.as_ref().map(|new| new.user),
                    id,
                );
                replace(&mut self.consents, id, consent);
            }
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

    fn put_role(&mut self, id: u32, role: Option<Role>, sequence: u64) {
        let has = |role: Option<&Role>, user: u32| {
            role.filter(|role| role.people.contains(&user)).map(|role| role.grants.clone())
        };
        let before = self.roles.get(&id).cloned();
        let people: Vec<u32> = before
            .iter()
            .flat_map(|role| role.people.clone())
            .chain(role.iter().flat_map(|role| role.people.clone()))
            .collect();
        for user in people {
            if has(before.as_deref(), user) != has(role.as_ref(), user) {
                self.rights_changed.insert(user, sequence);
            }
        }
        replace(&mut self.roles, id, role);
    }

    fn put_user(&mut self, id: u32, user: Option<User>, sequence: u64) {
        let rank = |user: &User| (user.verified, user.superuser);
        if self.users.get(&id).map(|user| rank(user)) != user.as_ref().map(rank) {
            self.rights_changed.insert(id, sequence);
        }
        if let Some(old) = self.users.get(&id) {
            let name = folded(&old.username);
            // Imported names may have been taken twice.
            if self.user_by_name.get(&name) == Some(&id) {
                self.user_by_name.remove(&name);
            }
            for email in &old.emails {
                self.user_by_email.remove(&(folded_address(&email.address), id));
            }
        }
        if let Some(user) = &user {
            self.user_by_name.insert(folded(&user.username), id);
            for email in &user.emails {
                self.user_by_email.insert((folded_address(&email.address), id), email.verified);
            }
        }
        replace(&mut self.users, id, user);
    }

    fn put_factor(&mut self, id: u32, factor: Option<Factor>, sequence: u64) {
        let credential = |factor: &Factor| match &factor.proof {
            Proof::Key(key) => Some(key.credential_id.as_str().into()),
            Proof::Totp { .. } => None,
        };
        let old = self.factors.get(&id).cloned();
        // What an organization demands of factors decides about rights in it: of keys, too.
        let kind = |factor: &Factor| (factor.user, demands::key_of(factor).map(|key| key.logs_in));
        if old.as_deref().map(kind) != factor.as_ref().map(kind) {
            self.generation = sequence.max(self.generation + 1);
        }
        if let Some(name) = old.as_deref().and_then(credential) {
            self.factor_by_credential.remove::<Box<str>>(&name);
        }
        if let Some(name) = factor.as_ref().and_then(credential) {
            self.factor_by_credential.insert(name, id);
        }
        index(&mut self.factor_by_user, old.map(|old| old.user), factor.as_ref().map(|new| new.user), id);
        replace(&mut self.factors, id, factor);
    }

    fn put_member(&mut self, id: u32, member: Option<Member>, sequence: u64) {
        let rights = |member: &Member| (member.org, member.rank, member.grants.clone());
        let before = self.members.get(&id).cloned();
        if before.as_deref().map(rights) != member.as_ref().map(rights) {
            let people = before.iter().map(|member| member.user).chain(member.iter().map(|member| member.user));
            for user in people.collect::<Vec<_>>() {
                self.rights_changed.insert(user, sequence);
            }
        }
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
            let entry = Arc::new(KeyEntry::new(key));
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

    fn having_address(&self, address: &str) -> impl Iterator<Item = (u32, bool)> {
        let address = folded_address(address);
        let all = self.user_by_email.range((address.clone(), 0)..=(address, u32::MAX));
        all.map(|((_, id), is_confirmed)| (*id, *is_confirmed))
    }

    /// By any of the addresses, without regard to case: whoever has confirmed it comes first.
    pub fn user_with_email(&self, address: &str) -> Option<&Arc<User>> {
        let unconfirmed = || self.having_address(address).next().and_then(|(id, _)| self.user(id));
        self.owner_of_address(address).or_else(unconfirmed)
    }

    /// The account that has confirmed an address.
    pub fn owner_of_address(&self, address: &str) -> Option<&Arc<User>> {
        self.having_address(address).find(|(_, is_confirmed)| *is_confirmed).and_then(|(id, _)| self.user(id))
    }

    /// The account that a text means for whoever proves to be its owner next: by the confirmed address, else by the user
    /// name. The owner of an address comes before an imported user name that looks like it.
    pub fn user_meant(&self, text: &str) -> Option<&Arc<User>> {
        let text = text.trim();
        let owner = if text.contains('@') { self.owner_of_address(text) } else { None };
        owner.or_else(|| self.user_named(text))
    }

    /// The account that a text means where something is given to it: an address means whoever has confirmed it, and
    /// nobody else.
    pub fn user_to_give(&self, text: &str) -> Option<&Arc<User>> {
        let text = text.trim();
        if text.contains('@') { self.owner_of_address(text) } else { self.user_named(text) }
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

    /// What organizations demand that have said so.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies.values()
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

    /// A person's sessions, the oldest first.
    pub fn sessions_of(&self, user: u32) -> impl Iterator<Item = &Arc<Session>> {
        of_user(&self.session_by_user, &self.sessions, user)
    }

    /// Whether what its person may do has changed since a session was opened.
    pub fn has_new_rights(&self, session: &Session) -> bool {
        let opened = self.session_opened.get(&session.id).copied().unwrap_or(0);
        self.rights_changed.get(&session.user).is_some_and(|changed| *changed > opened)
    }

    pub fn factor(&self, id: u32) -> Option<&Arc<Factor>> {
        self.factors.get(&id)
    }

    /// A person's factors, the oldest first.
    pub fn factors_of(&self, user: u32) -> impl Iterator<Item = &Arc<Factor>> {
        of_user(&self.factor_by_user, &self.factors, user)
    }

    /// By the id of a `WebAuthn` credential, base64url.
    pub fn factor_with_credential(&self, credential_id: &str) -> Option<&Arc<Factor>> {
        self.factor(*self.factor_by_credential.get(credential_id)?)
    }

    pub fn codes(&self, user: u32) -> Option<&Arc<Codes>> {
        self.codes.get(&user)
    }

    pub fn ticket(&self, id: u32) -> Option<&Arc<Ticket>> {
        self.tickets.get(&id)
    }

    pub fn tickets(&self) -> impl Iterator<Item = &Arc<Ticket>> {
        self.tickets.values()
    }

    pub fn recovery(&self, id: u32) -> Option<&Arc<Recovery>> {
        self.recoveries.get(&id)
    }

    pub fn recoveries(&self) -> impl Iterator<Item = &Arc<Recovery>> {
        self.recoveries.values()
    }

    pub fn application(&self, id: u32) -> Option<&Arc<Application>> {
        self.applications.get(&id)
    }

    pub fn applications(&self) -> impl Iterator<Item = &Arc<Application>> {
        self.applications.values()
    }

    pub fn invitation(&self, id: u32) -> Option<&Arc<Invitation>> {
        self.invitations.get(&id)
    }

    pub fn invitations(&self) -> impl Iterator<Item = &Arc<Invitation>> {
        self.invitations.values()
    }

    pub fn client(&self, id: u32) -> Option<&Arc<Client>> {
        self.clients.get(&id)
    }

    pub fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients.values()
    }

    /// By what it is called on the wire.
    pub fn client_named(&self, client_id: &str) -> Option<&Arc<Client>> {
        self.client(*self.client_by_name.get(client_id)?)
    }

    pub fn consent(&self, id: u32) -> Option<&Arc<Consent>> {
        self.consents.get(&id)
    }

    pub fn consents(&self) -> impl Iterator<Item = &Arc<Consent>> {
        self.consents.values()
    }

    pub fn consents_of(&self, user: u32) -> impl Iterator<Item = &Arc<Consent>> {
        of_user(&self.consent_by_user, &self.consents, user)
    }

    pub fn logos(&self) -> impl Iterator<Item = &Arc<Logo>> {
        self.logos.values()
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
            .chain(of(&self.factors))
            .chain(of(&self.codes))
            .chain(of(&self.tickets))
            .chain(of(&self.recoveries))
            .chain(of(&self.applications))
            .chain(of(&self.invitations))
            .chain(of(&self.clients))
            .chain(of(&self.consents))
            .collect()
    }
}

fn read<T: Kept>(record: Record, id: u32, text: Option<&str>) -> Result<Option<T>, Unreadable> {
    let Some(text) = text else { return Ok(None) };
    let unreadable = |why: String| Unreadable { event: None, record, id, why };
    let kept: T = serde_json::from_str(text).map_err(|error| unreadable(without_values(&error.to_string())))?;
    if kept.id() == id { Ok(Some(kept)) } else { Err(unreadable("names another id".to_owned())) }
}

/// A parser's message without the values that it quotes: a record holds secrets, and the message is shown to everybody.
fn without_values(message: &str) -> String {
    let mut parts = message.split('"');
    let mut text = parts.next().unwrap_or_default().to_owned();
    // A value may hold quotes itself, so everything from the first to the last one goes.
    if let Some(rest) = parts.next_back() {
        text.push_str("\"…\"");
        text.push_str(rest);
    }
    text
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
