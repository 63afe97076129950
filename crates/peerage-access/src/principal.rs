//! Who asks, and all that they may do.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use peerage_registry::moment::Micros;
use peerage_registry::place::{ROOT, of_organization};
use peerage_registry::rights::{Authority, Rights};
use peerage_registry::viewer::{Sight, Viewer, Visibility};

use crate::acts::demands;
use crate::acts::sessions::{Seen, Standing, has_lapsed, standing};
use crate::grants::{Grants, Scope};
use crate::key_rules::RefusedIn;
use crate::key_string::KeyKind;
use crate::people::{KeyEntry, People};
use crate::reconfirm::is_resting;
use crate::records::{Key, Member, Rank, Session, Stage, User};

/// Who asks.
#[derive(Debug, Clone)]
pub enum Who {
    Anonymous,
    Person {
        user: Arc<User>,
        session: Arc<Session>,
    },
    Key(Arc<KeyEntry>),
    /// Whoever runs the program on its own machine.
    Operator,
}

/// Who asks, with all that they may do.
#[derive(Debug, Clone)]
pub struct Principal {
    pub who: Who,
    pub scope: Scope,
    /// Addresses that are proven to be theirs.
    mails: Vec<String>,
    /// Whether answers are those of a class that others share.
    class: Option<Viewer>,
    /// Whether somebody vouches for the person, or an organization for the key.
    is_verified: bool,
    /// Whether the person has to prove again to be there before anything is changed.
    has_lapsed: bool,
    /// Organizations in which a personal key has no rights because of their rules.
    refused_in: Vec<RefusedIn>,
    auth_id: Option<String>,
}

/// Rights that everybody has (spec/write-api.md, 3.3).
fn add_guest(grants: &mut Grants) {
    grants.add(&format!("{ROOT}.organization"), Rights::READ);
    grants.add(&format!("{ROOT}.organization.*.network.*.poc_set.public"), Rights::READ);
    grants.add(&format!("{ROOT}.organization.*.internetexchange.*.{LIST_URL}.public"), Rights::READ);
}

/// Rights of a verified user, and of every organization's key.
fn add_verified(grants: &mut Grants, suggestion_org: u32) {
    add_guest(grants);
    grants.add(&format!("{ROOT}.organization.*.network.*.poc_set.users"), Rights::READ);
    grants.add(&format!("{ROOT}.organization.*.internetexchange.*.{LIST_URL}.users"), Rights::READ);
    grants.add(&of_organization(suggestion_org), Rights::CREATE);
}

pub(crate) const LIST_URL: &str = "ixf_ixp_member_list_url";

/// Rights that go with a place in an organization.
fn add_rank(grants: &mut Grants, org: u32, rank: Rank) {
    let rights = match rank {
        Rank::Member => Rights::READ,
        Rank::Admin => Rights::ALL,
    };
    let namespace = of_organization(org);
    grants.add(&namespace, rights);
    grants.add(&format!("{namespace}.network.*.poc_set.private"), rights);
    grants.add(&format!("{namespace}.internetexchange.*.{LIST_URL}.private"), rights);
    if rank == Rank::Admin {
        grants.add(&manage(org), Rights::ALL);
        grants.add(&users(org), Rights::ALL);
    }
}

/// What goes with being an admin or a member of an organization.
pub(crate) fn scope_of_rank(org: u32, rank: Rank) -> Scope {
    let mut grants = Grants::default();
    add_rank(&mut grants, org, rank);
    Scope::Rules(Arc::new(grants))
}

/// Namespace of an organization's panels.
pub fn manage(org: u32) -> String {
    format!("{ROOT}.manage_organization.{org}")
}

/// Namespace of the sites that sign in for an organization.
pub fn applications(org: u32) -> String {
    format!("{}.applications", manage(org))
}

/// The rights on a namespace that a rule has to give by name: what is inherited does not count there.
pub(crate) fn gate(namespace: &str) -> Rights {
    let mut keys = namespace.rsplit('.');
    match (keys.next(), keys.next()) {
        (_, Some("poc_set" | LIST_URL)) => Rights::READ,
        (Some("users"), _) => Rights::ALL,
        _ => Rights::NONE,
    }
}

/// Namespace of an organization's people.
pub fn users(org: u32) -> String {
    format!("{}.users", of_organization(org))
}

/// What a person may do, now, without regard to how they are there.
pub fn scope_of_person(people: &People, user: &User, now: Micros) -> Scope {
    scope_of_user(people, user, None, now, &|_| true)
}

/// Whether a person's rights in an organization rest: an address has to be confirmed again, or what the organization
/// demands is not met.
pub fn rests(people: &People, member: &Member, user: &User, session: Option<&Session>, now: Micros) -> bool {
    let policy = people.policy(member.org);
    is_resting(member, user, &policy) || !demands::unmet(people, user, &policy, session, now).is_empty()
}

/// What a person may do, now. `reaches` says for which organizations; keys of persons do not reach into all.
fn scope_of_user(
    people: &People,
    user: &User,
    session: Option<&Session>,
    now: Micros,
    reaches: &dyn Fn(&Member) -> bool,
) -> Scope {
    if !user.active {
        return Scope::none();
    }
    if user.superuser {
        return Scope::All;
    }
    let mut grants = Grants::default();
    if !user.verified {
        add_guest(&mut grants);
        return Scope::Rules(Arc::new(grants));
    }
    let members: Vec<&Arc<Member>> = people
        .memberships_of(user.id)
        .filter(|member| reaches(member) && !rests(people, member, user, session, now))
        .collect();
    for member in &members {
        grants.extend(&member.grants);
    }
    for member in &members {
        add_rank(&mut grants, member.org, member.rank);
    }
    add_verified(&mut grants, people.suggestion_org);
    let mut parts = vec![Scope::Rules(Arc::new(grants))];
    for member in &members {
        let held = people.roles_of(member.org).filter(|role| role.people.contains(&user.id));
        parts.extend(held.map(|role| Scope::Rules(Arc::new(Grants::from_rules(&role.grants)))));
    }
    if parts.len() == 1 { parts.swap_remove(0) } else { Scope::Any(parts) }
}

/// What the holder of a key may do, now (spec/keys.md, 3).
fn scope_of_key(people: &People, key: &Key, refused_in: &[RefusedIn], now: Micros) -> Scope {
    let cut = |scope: Scope| match &key.grants {
        Some(rules) => Scope::Both(Box::new(Scope::Rules(Arc::new(Grants::from_rules(rules)))), Box::new(scope)),
        None => scope,
    };
    let user = key.user.and_then(|user| people.user(user));
    let scope = match (key.kind, user, key.org) {
        (KeyKind::User, Some(user), _) => {
            let is_open = |member: &Member| refused_in.iter().all(|refused| refused.org != member.org);
            let whole = scope_of_user(people, user, None, now, &|_| true);
            if refused_in.is_empty() {
                cut(whole)
            } else {
                // A rule may also take away what everybody has: it holds where the organization is not reached, too.
                cut(Scope::Both(Box::new(whole), Box::new(scope_of_user(people, user, None, now, &is_open))))
            }
        }
        (KeyKind::Org, _, Some(org)) => {
            let mut grants = Grants::default();
            grants.extend(key.grants.as_ref().unwrap_or(&BTreeMap::default()));
            add_rank(&mut grants, org, Rank::Member);
            add_verified(&mut grants, people.suggestion_org);
            Scope::Rules(Arc::new(grants))
        }
        (KeyKind::Role, Some(user), Some(org)) => {
            let role = key.role.and_then(|role| people.role(role));
            let role = role.filter(|role| role.org == org && role.people.contains(&user.id));
            let is_member = people.member(org, user.id).is_some();
            match role.filter(|_| is_member) {
                Some(role) => {
                    let rules = Scope::Rules(Arc::new(Grants::from_rules(&role.grants)));
                    let person = scope_of_user(people, user, None, now, &|_| true);
                    cut(Scope::Both(Box::new(rules), Box::new(person)))
                }
                None => Scope::none(),
            }
        }
        _ => Scope::none(),
    };
    // Read-only comes before everything, also before what staff may do.
    let scope = if key.readonly { Scope::Only(Rights::READ, Box::new(scope)) } else { scope };
    with_guest(scope)
}

/// What everybody may see, a key that was narrowed may see too.
fn with_guest(scope: Scope) -> Scope {
    let mut guest = Grants::default();
    add_guest(&mut guest);
    Scope::Any(vec![scope, Scope::Rules(Arc::new(guest))])
}

impl Principal {
    pub fn anonymous() -> Principal {
        let mut grants = Grants::default();
        add_guest(&mut grants);
        Principal {
            who: Who::Anonymous,
            scope: Scope::Rules(Arc::new(grants)),
            mails: Vec::new(),
            class: Some(Viewer::Anonymous),
            is_verified: false,
            has_lapsed: false,
            refused_in: Vec::new(),
            auth_id: None,
        }
    }

    /// Whoever runs the program may do everything.
    pub fn operator() -> Principal {
        Principal {
            who: Who::Operator,
            scope: Scope::All,
            mails: Vec::new(),
            class: None,
            is_verified: true,
            has_lapsed: false,
            refused_in: Vec::new(),
            auth_id: None,
        }
    }

    /// What a person may do, now, whoever asks about it.
    pub fn scope_of_person(people: &People, user: &User, now: Micros) -> Scope {
        scope_of_person(people, user, now)
    }

    /// A person with a session that is used now.
    pub fn of_person(people: &People, user: &Arc<User>, session: &Arc<Session>, now: Micros) -> Principal {
        Principal::of_person_seen(people, user, session, now, Seen { last: now, unbroken: now })
    }

    /// A person with a session that was used before as `seen` says.
    ///
    /// A session that is not open gives what everybody has: its person is known by [`Principal::person`] alone. One
    /// whose right to change things has lapsed reads.
    pub fn of_person_seen(
        people: &People,
        user: &Arc<User>,
        session: &Arc<Session>,
        now: Micros,
        seen: Seen,
    ) -> Principal {
        let who = Who::Person { user: Arc::clone(user), session: Arc::clone(session) };
        let scope = match standing(user, session, now, seen) {
            Standing::Over | Standing::Unfinished => return Principal { who, ..Principal::anonymous() },
            Standing::Reads => {
                Scope::Only(Rights::READ, Box::new(scope_of_user(people, user, Some(session), now, &|_| true)))
            }
            Standing::Writes => scope_of_user(people, user, Some(session), now, &|_| true),
        };
        Principal {
            who,
            scope,
            mails: mails_of(user),
            class: class_of(people, user.verified && !user.superuser, user.id),
            is_verified: user.verified,
            has_lapsed: has_lapsed(session, now, seen),
            refused_in: Vec::new(),
            auth_id: Some(format!("u{}", user.id)),
        }
    }

    /// `refused_in`: organizations whose rules keep a personal key from having rights there.
    pub(crate) fn of_key(people: &People, entry: &Arc<KeyEntry>, refused_in: Vec<RefusedIn>, now: Micros) -> Principal {
        let key = &entry.key;
        let user = key.user.and_then(|user| people.user(user));
        let mut mails = Vec::new();
        // An address that nobody has confirmed proves nothing.
        if key.kind != KeyKind::User && key.email_confirmed {
            mails.push(key.email.clone());
        }
        if let Some(user) = user {
            mails.extend(mails_of(user));
        }
        let is_plain = key.kind == KeyKind::User && key.grants.is_none();
        let is_verified = user.is_some_and(|user| user.verified && !user.superuser);
        let class = user.filter(|_| is_plain).and_then(|user| class_of(people, is_verified, user.id));
        let is_verified = key.kind == KeyKind::Org || user.is_some_and(|user| user.verified);
        Principal {
            who: Who::Key(Arc::clone(entry)),
            scope: scope_of_key(people, key, &refused_in, now),
            mails,
            class,
            is_verified,
            has_lapsed: false,
            refused_in,
            auth_id: Some(auth_id_of_key(key)),
        }
    }

    /// Who looks, for the registry's queries.
    pub fn viewer(self: &Arc<Principal>) -> Viewer {
        match &self.class {
            Some(class) => class.clone(),
            None => Viewer::Particular(Arc::clone(self) as Arc<dyn Sight>),
        }
    }

    /// Organizations in which this personal key has no rights, whatever its owner has there.
    pub fn refused_in(&self) -> &[RefusedIn] {
        &self.refused_in
    }

    /// The rules of organizations that may be why this key is refused something, for people; none if there are none.
    pub fn refusing_rules(&self) -> Option<String> {
        let line = |refused: &RefusedIn| {
            format!("This key has no permissions in organization {}, which {}.", refused.org, refused.rule.text())
        };
        (!self.refused_in.is_empty()).then(|| self.refused_in.iter().map(line).collect::<Vec<_>>().join(" "))
    }

    pub fn is_anonymous(&self) -> bool {
        matches!(self.who, Who::Anonymous)
    }

    pub fn key(&self) -> Option<&Key> {
        match &self.who {
            Who::Key(entry) => Some(&entry.key),
            _ => None,
        }
    }

    /// The person of a session, whatever its stage: somebody who has shown no more than a password is among them.
    pub fn person(&self) -> Option<(&Arc<User>, &Arc<Session>)> {
        match &self.who {
            Who::Person { user, session } => Some((user, session)),
            _ => None,
        }
    }

    /// The person who acts; of a user or role key, its owner or maker. None of a session that is not open.
    pub fn user(&self) -> Option<u32> {
        match &self.who {
            Who::Person { user, session } => (session.stage == Stage::Open).then_some(user.id),
            Who::Key(entry) => entry.key.user,
            Who::Anonymous | Who::Operator => None,
        }
    }

    /// Whether a second factor was shown lately; an operator needs none.
    pub fn is_fresh(&self, now: Micros) -> bool {
        match &self.who {
            Who::Person { session, .. } => {
                session.stage == Stage::Open && session.fresh_until.is_some_and(|until| until > now)
            }
            Who::Operator => true,
            Who::Anonymous | Who::Key(_) => false,
        }
    }

    /// Whether the session only reads until its person proves again to be there: it was opened or proved too long ago,
    /// or was idle (spec/accounts.md, 22).
    pub fn has_lapsed(&self) -> bool {
        self.has_lapsed
    }

    /// `X-Auth-ID` (spec/write-api.md, 2.1).
    pub fn auth_id(&self) -> Option<&str> {
        self.auth_id.as_deref()
    }

    /// The rules by which this principal is judged, as far as they are its own: not those that everybody has.
    pub fn rules(&self, people: &People) -> BTreeMap<String, u8> {
        let mut rules = BTreeMap::new();
        if matches!(self.scope, Scope::All) {
            rules.insert(ROOT.to_owned(), Rights::ALL.bits());
            return rules;
        }
        let mut add = |more: &BTreeMap<String, u8>| {
            for (namespace, bits) in more {
                *rules.entry(namespace.clone()).or_insert(0) |= bits;
            }
        };
        let rank = |org: u32, rank: Rank| {
            let mut own = BTreeMap::new();
            let bits = if rank == Rank::Admin { Rights::ALL } else { Rights::READ }.bits();
            own.insert(of_organization(org), bits);
            if rank == Rank::Admin {
                own.insert(manage(org), bits);
                own.insert(users(org), bits);
            }
            own
        };
        let key = self.key();
        if let Some(own) = key.and_then(|key| key.grants.as_ref()) {
            add(own);
        } else if let Some(role) = key.and_then(|key| key.role).and_then(|role| people.role(role)) {
            add(&role.grants);
        } else if let Some(user) = self.user() {
            for member in people.memberships_of(user) {
                add(&member.grants);
                add(&rank(member.org, member.rank));
                for role in people.roles_of(member.org).filter(|role| role.people.contains(&user)) {
                    add(&role.grants);
                }
            }
        }
        // What is told is what holds: a role's rule that its maker no longer has is none.
        rules.retain(|namespace, bits| {
            *bits &= self.scope.on(namespace).bits();
            *bits > 0
        });
        rules
    }

    /// Whether this principal may see to an organization's keys, people and rules.
    pub fn may_manage(&self, org: u32) -> bool {
        self.scope.may(&manage(org), Rights::UPDATE)
    }

    /// Whether this principal may read an organization's trail and what there is to look at.
    pub fn may_audit(&self, org: u32) -> bool {
        self.scope.may(&manage(org), Rights::READ)
    }

    /// Whether this is a key that may do less than whoever it belongs to: a role or organization key, or a personal key
    /// with rules of its own.
    pub fn is_narrowed_key(&self) -> bool {
        self.key().is_some_and(|key| key.kind != KeyKind::User || key.grants.is_some())
    }

    /// Whether the caller may read a namespace by rights of its own. For a narrowed key what everybody may read does not
    /// count: its rules have to give it.
    pub fn reads_by_own_rules(&self, people: &People, namespace: &str) -> bool {
        let is_given = match self.key().filter(|_| self.is_narrowed_key()) {
            None => true,
            Some(key) => {
                let of_role = key.role.and_then(|role| people.role(role)).map(|role| &role.grants);
                let rules = key.grants.as_ref().or(of_role);
                rules
                    .is_some_and(|rules| Scope::Rules(Arc::new(Grants::from_rules(rules))).may(namespace, Rights::READ))
            }
        };
        is_given && self.scope.may(namespace, Rights::READ)
    }

    /// Whether the caller sees a key in lists: people see their own keys and those of organizations that they manage. A
    /// narrowed key sees itself, and organization and role keys if it may manage their organization.
    pub fn sees_key(&self, key: &Key) -> bool {
        let manages = || key.kind != KeyKind::User && key.org.is_some_and(|org| self.may_manage(org));
        match &self.who {
            Who::Operator => true,
            Who::Key(own) if own.key.id == key.id => true,
            Who::Key(_) if self.is_narrowed_key() => manages(),
            _ => (key.kind != KeyKind::Org && key.user.is_some() && key.user == self.user()) || manages(),
        }
    }

    fn reads(&self, middle: [&str; 2], ids: [u32; 2], last: [&str; 2]) -> bool {
        let (mut org, mut object) = ([0; 10], [0; 10]);
        let path =
            [ROOT, middle[0], decimal(ids[0], &mut org), middle[1], decimal(ids[1], &mut object), last[0], last[1]];
        self.scope.exactly_on_path(&path).holds(Rights::READ)
    }
}

/// `u<user>`, with the key's public id if it is one; `o<org>` for an organization's key.
fn auth_id_of_key(key: &Key) -> String {
    let mut id = String::new();
    // Writing to a String cannot fail.
    let _ = match (key.kind, key.user, key.org) {
        (KeyKind::Org, _, Some(org)) => write!(id, "o{org}"),
        (_, Some(user), _) => write!(id, "u{user}"),
        _ => Ok(()),
    };
    let _ = write!(id, "_apikey_{}", key.public);
    id
}

/// The class of a person without private rights of their own.
fn class_of(people: &People, is_verified: bool, user: u32) -> Option<Viewer> {
    let has_place = people.memberships_of(user).next().is_some();
    (is_verified && !has_place).then_some(Viewer::Verified)
}

fn mails_of(user: &User) -> Vec<String> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect()
}

fn word(visible: Visibility) -> &'static str {
    match visible {
        Visibility::Public => "public",
        Visibility::Users => "users",
        Visibility::Private => "private",
    }
}

/// A number as text, without an allocation: this is asked for every contact of a listing.
fn decimal(number: u32, buffer: &mut [u8; 10]) -> &str {
    let mut at = buffer.len();
    let mut rest = number;
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

impl Sight for Principal {
    fn may_read_contact(&self, org: u32, net: u32, visible: Visibility) -> bool {
        self.reads(["organization", "network"], [org, net], ["poc_set", word(visible)])
    }

    fn may_read_member_list(&self, org: u32, ix: u32, visible: Visibility) -> bool {
        self.reads(["organization", "internetexchange"], [org, ix], [LIST_URL, word(visible)])
    }

    fn may_search_by_distance(&self) -> Result<(), &'static str> {
        match &self.who {
            Who::Anonymous => Err("Please authenticate to use the `distance` filter"),
            _ if !self.is_verified => Err("Please verify your account to use the `distance` filter"),
            _ => Ok(()),
        }
    }
}

impl Authority for Principal {
    fn may(&self, namespace: &str, needed: Rights) -> bool {
        self.scope.may(namespace, needed)
    }

    fn mail_addresses(&self) -> Vec<String> {
        self.mails.clone()
    }

    fn is_key(&self) -> bool {
        matches!(self.who, Who::Key(_) | Who::Anonymous)
    }
}
