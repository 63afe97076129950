//! What people and keys can do, computed from their memberships, role accounts and rules.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::place::{ROOT, of_organization};
use peerage_registry::rights::Permissions;
use peerage_registry::viewer::Viewer;

use crate::demands;
use crate::grants::{GrantScope, Grants};
use crate::key_rules::RefusedIn;
use crate::key_string::KeyKind;
use crate::namespaces::{manage, users};
use crate::people::People;
use crate::principal::{Principal, PrincipalKind};
use crate::reconfirm::is_resting;
use crate::records::{Key, Member, MemberRole, Session, User};
use crate::session_life::{SessionActivity, SessionStanding, has_lapsed, standing};
use crate::staff_ranks::{StaffPower, StaffRank};
use crate::standard_grants::{add_guest, add_rank, add_verified};

/// What a person can do now, regardless of how they have logged in.
pub fn scope_of_person(people: &People, user: &User, now: Moment) -> GrantScope {
    scope_of_user(people, user, None, now, &|_| true)
}

/// Whether a person's permissions in an organization are suspended: an address has to be confirmed again, or the
/// organization's requirements are not met.
pub fn rests(people: &People, member: &Member, user: &User, session: Option<&Session>, now: Moment) -> bool {
    let policy = people.policy(member.org);
    is_resting(member, user, &policy) || !demands::unmet(people, user, &policy, session, now).is_empty()
}

/// What a person can do now. `reaches` says in which organizations: personal keys are not accepted in all.
fn scope_of_user(
    people: &People,
    user: &User,
    session: Option<&Session>,
    now: Moment,
    reaches: &dyn Fn(&Member) -> bool,
) -> GrantScope {
    if !user.active {
        return GrantScope::none();
    }
    if user.has_power(StaffPower::ChangeEverything) {
        return GrantScope::All;
    }
    let own = scope_of_memberships(people, user, session, now, reaches);
    if user.has_power(StaffPower::ReadEverything) {
        let all = GrantScope::Only(Permissions::READ, Box::new(GrantScope::All));
        return GrantScope::Any(vec![own, all]);
    }
    own
}

/// What a person can do now, apart from a staff rank.
fn scope_of_memberships(
    people: &People,
    user: &User,
    session: Option<&Session>,
    now: Moment,
    reaches: &dyn Fn(&Member) -> bool,
) -> GrantScope {
    let mut grants = Grants::default();
    if !user.verified {
        add_guest(&mut grants);
        return GrantScope::Rules(Arc::new(grants));
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
    let mut parts = vec![GrantScope::Rules(Arc::new(grants))];
    for member in &members {
        let held = people.roles_of(member.org).filter(|role| role.people.contains(&user.id));
        parts.extend(held.map(|role| GrantScope::Rules(Arc::new(Grants::from_rules(&role.grants)))));
    }
    if parts.len() == 1 { parts.swap_remove(0) } else { GrantScope::Any(parts) }
}

/// What the holder of a key can do now (spec/keys.md, 3).
fn scope_of_key(people: &People, key: &Key, refused_in: &[RefusedIn], now: Moment) -> GrantScope {
    let cut = |scope: GrantScope| match &key.grants {
        Some(rules) => {
            GrantScope::Both(Box::new(GrantScope::Rules(Arc::new(Grants::from_rules(rules)))), Box::new(scope))
        }
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
                // A rule can also restrict what everyone has; this applies even where the organization refuses personal
                // keys.
                cut(GrantScope::Both(Box::new(whole), Box::new(scope_of_user(people, user, None, now, &is_open))))
            }
        }
        (KeyKind::Org, _, Some(org)) => {
            let mut grants = Grants::default();
            grants.extend(key.grants.as_ref().unwrap_or(&BTreeMap::default()));
            add_rank(&mut grants, org, MemberRole::Member);
            add_verified(&mut grants, people.suggestion_org);
            GrantScope::Rules(Arc::new(grants))
        }
        (KeyKind::Role, Some(user), Some(org)) => {
            let role = key.role.and_then(|role| people.role(role));
            let role = role.filter(|role| role.org == org && role.people.contains(&user.id));
            let is_member = people.member(org, user.id).is_some();
            match role.filter(|_| is_member) {
                Some(role) => {
                    let rules = GrantScope::Rules(Arc::new(Grants::from_rules(&role.grants)));
                    let person = scope_of_user(people, user, None, now, &|_| true);
                    cut(GrantScope::Both(Box::new(rules), Box::new(person)))
                }
                None => GrantScope::none(),
            }
        }
        _ => GrantScope::none(),
    };
    // Read-only takes precedence over everything, including the permissions of staff.
    let scope = if key.readonly { GrantScope::Only(Permissions::READ, Box::new(scope)) } else { scope };
    with_guest(scope)
}

/// A restricted key can see what everyone can see.
fn with_guest(scope: GrantScope) -> GrantScope {
    let mut guest = Grants::default();
    add_guest(&mut guest);
    GrantScope::Any(vec![scope, GrantScope::Rules(Arc::new(guest))])
}

impl Principal {
    /// Returns what a person can do now, whoever the caller is.
    pub fn scope_of_person(people: &People, user: &User, now: Moment) -> GrantScope {
        scope_of_person(people, user, now)
    }

    /// A person with a session that is used now.
    pub fn of_person(people: &People, user: &Arc<User>, session: &Arc<Session>, now: Moment) -> Principal {
        Principal::of_person_seen(people, user, session, now, SessionActivity { last: now, unbroken: now })
    }

    /// A person with a session that was used before as `seen` says.
    ///
    /// A session that is not complete has the permissions of anonymous users; its person is known only by
    /// [`Principal::person`]. A session whose right to make changes has lapsed is read-only.
    pub fn of_person_seen(
        people: &People,
        user: &Arc<User>,
        session: &Arc<Session>,
        now: Moment,
        seen: SessionActivity,
    ) -> Principal {
        let who = PrincipalKind::Person { user: Arc::clone(user), session: Arc::clone(session) };
        let standing = standing(user, session, now, seen);
        let writes = matches!(standing, SessionStanding::Writes);
        let scope = match standing {
            SessionStanding::Over | SessionStanding::Unfinished => return Principal { who, ..Principal::anonymous() },
            SessionStanding::Reads => GrantScope::Only(
                Permissions::READ,
                Box::new(scope_of_user(people, user, Some(session), now, &|_| true)),
            ),
            SessionStanding::Writes => scope_of_user(people, user, Some(session), now, &|_| true),
        };
        Principal {
            who,
            scope,
            mails: mails_of(user),
            class: class_of(people, user),
            staff: user.staff.filter(|_| writes),
            is_verified: user.verified,
            has_lapsed: has_lapsed(session, now, seen),
            refused_in: Vec::new(),
            auth_id: Some(format!("u{}", user.id)),
        }
    }

    /// `refused_in`: organizations whose rules deny permissions to a personal key.
    pub(crate) fn of_key(people: &People, key: &Arc<Key>, refused_in: Vec<RefusedIn>, now: Moment) -> Principal {
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
        let class = user.filter(|_| is_plain).and_then(|user| class_of(people, user));
        let is_verified = key.kind == KeyKind::Org || user.is_some_and(|user| user.verified);
        Principal {
            who: PrincipalKind::Key(Arc::clone(key)),
            scope: scope_of_key(people, key, &refused_in, now),
            mails,
            class,
            staff: user.and_then(|user| rank_of_key(key, user)),
            is_verified,
            has_lapsed: false,
            refused_in,
            auth_id: Some(auth_id_of_key(key)),
        }
    }

    /// The rules of this principal, except for those that everyone has.
    pub fn rules(&self, people: &People) -> BTreeMap<String, u8> {
        let mut rules = BTreeMap::new();
        if matches!(self.scope, GrantScope::All) {
            rules.insert(ROOT.to_owned(), Permissions::ALL.bits());
            return rules;
        }
        let mut add = |more: &BTreeMap<String, u8>| {
            for (namespace, bits) in more {
                *rules.entry(namespace.clone()).or_insert(0) |= bits;
            }
        };
        let rank = |org: OrgId, rank: MemberRole| {
            let mut own = BTreeMap::new();
            let bits = if rank == MemberRole::Admin { Permissions::ALL } else { Permissions::READ }.bits();
            own.insert(of_organization(org), bits);
            if rank == MemberRole::Admin {
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
            if people.user(user).is_some_and(|user| user.has_power(StaffPower::ReadEverything)) {
                add(&[(ROOT.to_owned(), Permissions::READ.bits())].into());
            }
            for member in people.memberships_of(user) {
                add(&member.grants);
                add(&rank(member.org, member.rank));
                for role in people.roles_of(member.org).filter(|role| role.people.contains(&user)) {
                    add(&role.grants);
                }
            }
        }
        // Only effective rules are listed: a rule of a role account that its creator no longer has is not.
        rules.retain(|namespace, bits| {
            *bits &= self.scope.on(namespace).bits();
            *bits > 0
        });
        rules
    }

    /// Whether the caller can read a namespace by permissions of its own. For a restricted key, what everyone can read
    /// does not count: its rules must grant it.
    pub fn reads_by_own_rules(&self, people: &People, namespace: &str) -> bool {
        let is_given = match self.key().filter(|_| self.is_narrowed_key()) {
            None => true,
            Some(key) => {
                let of_role = key.role.and_then(|role| people.role(role)).map(|role| &role.grants);
                let rules = key.grants.as_ref().or(of_role);
                rules.is_some_and(|rules| {
                    GrantScope::Rules(Arc::new(Grants::from_rules(rules))).may(namespace, Permissions::READ)
                })
            }
        };
        is_given && self.scope.may(namespace, Permissions::READ)
    }
}

/// `u<user>`, with the public id of the key if there is one; `o<org>` for an organization's key.
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

/// The class of a person without private permissions of their own.
fn class_of(people: &People, user: &User) -> Option<Viewer> {
    let has_place = people.memberships_of(user.id).next().is_some();
    let is_plain = user.verified && !user.has_power(StaffPower::ReadEverything);
    (is_plain && !has_place).then_some(Viewer::Verified)
}

/// The staff rank with which a key acts: that of its owner, if the key is not restricted.
pub(crate) fn rank_of_key(key: &Key, user: &User) -> Option<StaffRank> {
    let is_whole = key.grants.as_ref().is_none_or(|rules| {
        let bits = rules.get(ROOT).copied().unwrap_or_default();
        Permissions::from_bits(bits).is_some_and(|held| held.holds(Permissions::UPDATE))
    });
    user.staff.filter(|_| user.active && key.kind == KeyKind::User && !key.readonly && is_whole)
}

fn mails_of(user: &User) -> Vec<String> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect()
}
