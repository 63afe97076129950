//! The callers of the world, in the order of their keys.

use std::collections::BTreeMap;

use peerage_access::records::{Key, KeyState, MemberRole, PermissionRules, Policy, RoleKind};
use peerage_access::{KeyKind, StaffRank};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::moment::TICK;

use super::{DEAD, WorldCredential, ids};
use crate::keeper::{RegistryKeeper, ended, now};

fn rules(given: &[(&str, u8)]) -> PermissionRules {
    let full = |name: &str| match name {
        "" => "peeringdb.organization.1".to_owned(),
        rest => format!("peeringdb.organization.1.{rest}"),
    };
    given.iter().map(|(name, bits)| (full(name), *bits)).collect()
}

/// Permissions as the pages write them, with those that they imply.
const CRUD: u8 = 15;
const RU: u8 = 3;

/// A change to a key.
type KeyTurn = fn(&mut Key);

/// The namespace of contacts that only an organization sees, for all its networks.
const PRIVATE: &str = "network.*.poc_set.private";

const ADMIN: u32 = 1;
const MEMBER: u32 = 2;
const VERIFIED: u32 = 3;
const GUEST: u32 = 4;
const STAFF: u32 = 7;
const QUEUE: u32 = 8;
const SUPPORT: u32 = 9;

/// Collects callers.
struct CallerList<'a> {
    keeper: &'a RegistryKeeper,
    all: BTreeMap<&'static str, WorldCredential>,
    next: u32,
}

impl CallerList<'_> {
    fn add(&mut self, name: &'static str, kind: KeyKind, shape: &dyn Fn(&mut Key)) {
        self.next += 1;
        let text = self.keeper.key(self.next, kind, |key| {
            name.clone_into(&mut key.name);
            shape(key);
        });
        assert!(self.all.insert(name, WorldCredential::Key(text)).is_none(), "{name}");
    }
}

pub(super) fn callers(keeper: &RegistryKeeper) -> BTreeMap<&'static str, WorldCredential> {
    let all = BTreeMap::from([("anonymous", WorldCredential::Nothing)]);
    let mut list = CallerList { keeper, all, next: 100 };
    people(keeper);
    keys_of_people(&mut list);
    keys_of_org(&mut list);
    keys_of_other_orgs(&mut list);
    role_keys(&mut list);
    keys_that_were_left(&mut list);
    refused_keys(&mut list);
    sessions(&mut list);
    list.all
}

fn whole(bits: u8) -> PermissionRules {
    rules(&[("", bits), (PRIVATE, bits)])
}

/// Returns the namespaces of the first network and of its contacts.
fn first_network() -> (String, String) {
    let first = ids(1)[0];
    (format!("network.{first}"), format!("network.{first}.poc_set.private"))
}

fn first_network_rules() -> PermissionRules {
    let (net1, net1_private) = first_network();
    rules(&[(&net1, CRUD), (&net1_private, CRUD)])
}

fn people(keeper: &RegistryKeeper) {
    for (id, is_verified, is_staff) in [
        (ADMIN, true, false),
        (MEMBER, true, false),
        (VERIFIED, true, false),
        (GUEST, false, false),
        (STAFF, true, true),
    ] {
        keeper.user(id, is_verified, is_staff);
    }
    keeper.staff(QUEUE, true, Some(StaffRank::Queue));
    keeper.staff(SUPPORT, true, Some(StaffRank::Support));
    keeper.member(1, 1, ADMIN, MemberRole::Admin, PermissionRules::new());
    keeper.member(2, 1, MEMBER, MemberRole::Member, PermissionRules::new());
    for (id, org) in [(12, 2), (13, 10), (14, 100)] {
        keeper.user(id, true, false);
        keeper.member(id, org, id, MemberRole::Admin, PermissionRules::new());
    }
    keeper.put(&Policy { allows_user_keys: false, ..Policy::unset(OrgId::new(100)) });
    for (id, grants) in [
        (20, rules(&[("", RU), (PRIVATE, RU)])),
        (21, rules(&[("", CRUD), (PRIVATE, CRUD)])),
        (22, first_network_rules()),
        (23, rules(&[("facility", CRUD)])),
    ] {
        keeper.user(id, true, false);
        keeper.member(id, 1, id, MemberRole::Member, grants);
    }
}

fn keys_of_people(list: &mut CallerList<'_>) {
    let (net1, _) = first_network();
    for (name, user, readonly) in [
        ("guest-key", GUEST, false),
        ("verified-key", VERIFIED, false),
        ("member-key", MEMBER, false),
        ("admin-key", ADMIN, false),
        ("admin-readonly-key", ADMIN, true),
        ("staff-key", STAFF, false),
        ("staff-readonly-key", STAFF, true),
        ("queue-key", QUEUE, false),
        ("support-key", SUPPORT, false),
        ("support-readonly-key", SUPPORT, true),
        ("admin-of-2-key", 12, false),
        ("admin-of-10-key", 13, false),
        ("admin-of-100-key", 14, false),
        ("member-org-ru-key", 20, false),
        ("member-org-crud-key", 21, false),
        ("member-net1-crud-key", 22, false),
        ("member-fac-crud-key", 23, false),
    ] {
        list.add(name, KeyKind::User, &|key| (key.user, key.readonly) = (Some(UserId::new(user)), readonly));
    }
    let of_10: PermissionRules = [("peeringdb.organization.10".to_owned(), CRUD)].into();
    for (name, user, cut) in [
        ("admin-key-cut-net1", ADMIN, rules(&[(&net1, CRUD)])),
        ("admin-key-cut-to-10", ADMIN, of_10),
        ("staff-key-cut-net1", STAFF, rules(&[(&net1, CRUD)])),
    ] {
        list.add(name, KeyKind::User, &|key| (key.user, key.grants) = (Some(UserId::new(user)), Some(cut.clone())));
    }
}

fn keys_of_org(list: &mut CallerList<'_>) {
    let first = ids(1)[0];
    let (net1, net1_private) = first_network();
    let networks = |bits| rules(&[("network", bits), (PRIVATE, bits)]);
    for (name, grants) in [
        ("org-key-none", PermissionRules::new()),
        ("org-key-r", whole(1)),
        ("org-key-ru", whole(RU)),
        ("org-key-crud", whole(CRUD)),
        ("org-key-net-ru", networks(RU)),
        ("org-key-net-crud", networks(CRUD)),
        ("org-key-net1-crud", first_network_rules()),
        ("org-key-net1-r-net-crud", rules(&[("network", CRUD), (PRIVATE, CRUD), (&net1, 1), (&net1_private, CRUD)])),
        ("org-key-ix-crud", rules(&[("internetexchange", CRUD)])),
        ("org-key-ix1-crud", rules(&[(&format!("internetexchange.{first}"), CRUD)])),
        ("org-key-fac-crud", rules(&[("facility", CRUD)])),
        ("org-key-fac1-ru", rules(&[(&format!("facility.{first}"), RU)])),
        ("org-key-carrier-crud", rules(&[("carrier", CRUD)])),
        ("org-key-campus-crud", rules(&[("campus", CRUD)])),
        ("org-key-users", rules(&[("users", CRUD)])),
        ("org-key-users-r", rules(&[("users", 1)])),
        ("org-key-sessions", rules(&[("network.*.sessions", CRUD)])),
        ("org-key-links-only", rules(&[("network.*.ixlan", CRUD), ("network.*.netfac", CRUD)])),
        ("org-key-create-only", rules(&[("", 5)])),
        ("org-key-delete-only", rules(&[("", 9)])),
    ] {
        list.add(name, KeyKind::Org, &|key| {
            (key.org, key.grants) = (Some(OrgId::new(1)), Some(grants.clone()));
            key.manages_members = name == "org-key-users";
        });
    }
    list.add("org-key-readonly", KeyKind::Org, &|key| {
        (key.org, key.grants, key.readonly) = (Some(OrgId::new(1)), Some(whole(CRUD)), true);
    });
}

/// Keys of an organization whose ID begins with that of the first, of another one, and of a deleted one.
fn keys_of_other_orgs(list: &mut CallerList<'_>) {
    let of = |org: u32, rest: &str| -> PermissionRules {
        let base = format!("peeringdb.organization.{org}{rest}");
        [(format!("{base}.poc_set.private"), CRUD), (base, CRUD)].into()
    };
    for (name, org, grants) in [
        ("org-10-key-crud", 10, of(10, "")),
        ("org-100-key-crud", 100, of(100, "")),
        ("org-2-key-crud", 2, of(2, "")),
        ("org-10-key-net1-crud", 10, of(10, &format!(".network.{}", ids(10)[0]))),
        ("org-10-key-users", 10, [("peeringdb.organization.10.users".to_owned(), CRUD)].into()),
        ("deleted-org-key", DEAD, of(DEAD, "")),
    ] {
        let private = format!("peeringdb.organization.{org}.network.*.poc_set.private");
        list.add(name, KeyKind::Org, &|key| {
            let mut grants: PermissionRules = grants.clone();
            if name.ends_with("key-crud") {
                grants.insert(private.clone(), CRUD);
            }
            (key.org, key.grants) = (Some(OrgId::new(org)), Some(grants));
        });
    }
}

fn role_keys(list: &mut CallerList<'_>) {
    let (net1, _) = first_network();
    // One person has a key in each role account, and no other permissions.
    for (at, (name, kind)) in [
        ("role-admin", RoleKind::Admin),
        ("role-technical", RoleKind::Technical),
        ("role-routing", RoleKind::Routing),
        ("role-policy", RoleKind::Policy),
        ("role-noc", RoleKind::Noc),
        ("role-abuse", RoleKind::Abuse),
        ("role-sales", RoleKind::Sales),
        ("role-public-relations", RoleKind::PublicRelations),
        ("role-read-only", RoleKind::ReadOnly),
    ]
    .into_iter()
    .enumerate()
    {
        let id = at as u32 + 1;
        list.keeper.user(30 + id, true, false);
        list.keeper.member(30 + id, 1, 30 + id, MemberRole::Member, PermissionRules::new());
        list.keeper.role(id, 1, kind, &[30 + id]);
        list.add(name, KeyKind::Role, &|key| {
            (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(id)), Some(UserId::new(30 + id)));
        });
    }
    list.add("role-admin-readonly", KeyKind::Role, &|key| {
        (key.org, key.role, key.user, key.readonly) =
            (Some(OrgId::new(1)), Some(RoleId::new(1)), Some(UserId::new(31)), true);
    });
    list.add("role-technical-cut-net1", KeyKind::Role, &|key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(2)), Some(UserId::new(32)));
        key.grants = Some(rules(&[(&net1, CRUD)]));
    });
}

fn keys_that_were_left(list: &mut CallerList<'_>) {
    list.add("role-left", KeyKind::Role, &|key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(2)), Some(UserId::new(MEMBER)));
    });
    // A person in a role account who is no longer a member of the organization.
    list.keeper.role(20, 1, RoleKind::Admin, &[VERIFIED]);
    list.add("role-left-org", KeyKind::Role, &|key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(20)), Some(UserId::new(VERIFIED)));
    });
}

fn refused_keys(list: &mut CallerList<'_>) {
    let states: [(&'static str, KeyTurn); 5] = [
        ("suspended-key", |key| key.state = KeyState::Suspended),
        ("revoked-key", |key| (key.state, key.ended) = (KeyState::Revoked, Some(ended("by request")))),
        ("exposed-key", |key| (key.state, key.ended) = (KeyState::Exposed, Some(ended("found")))),
        ("expired-key", |key| key.expires = Some(now() - TICK)),
        ("wrong-network-key", |key| key.networks = vec!["192.0.2.0/24".parse().expect("a network")]),
    ];
    for (name, state) in states {
        list.add(name, KeyKind::Org, &|key| {
            (key.org, key.grants) = (Some(OrgId::new(1)), Some(whole(CRUD)));
            state(key);
        });
    }
    let mut barred = list.keeper.user(40, true, true);
    list.add("barred-user-key", KeyKind::User, &|key| key.user = Some(UserId::new(40)));
    barred.active = false;
    list.keeper.put(&barred);
    let sound = match &list.all["org-key-crud"] {
        WorldCredential::Key(text) => text.clone(),
        _ => unreachable!("the caller is a key"),
    };
    list.all.insert("damaged-key", WorldCredential::Key(format!("{}_", &sound[..sound.len() - 1])));
    list.all.insert("unknown-key", WorldCredential::Key("abcdefgh.01234567890123456789012345678901".to_owned()));
}

fn sessions(list: &mut CallerList<'_>) {
    for (name, user, fresh) in [
        ("guest-session", GUEST, true),
        ("verified-session", VERIFIED, true),
        ("member-session", MEMBER, true),
        ("admin-session-stale", ADMIN, false),
        ("admin-session-fresh", ADMIN, true),
        ("staff-session", STAFF, true),
        ("queue-session", QUEUE, true),
        ("support-session", SUPPORT, true),
        ("support-session-stale", SUPPORT, false),
        ("admin-of-100-session", 14, true),
        ("member-org-crud-session", 21, true),
        ("technical-person-session", 32, true),
    ] {
        list.all.insert(name, WorldCredential::Session(list.keeper.session(user, fresh)));
    }
}
