//! People, and all the namespaces on which they may have permissions.

use std::sync::Arc;

use peerage_access::acts::sessions;
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::{
    EmailAddress, Key, Member, MemberRole, PermissionRules, Role, RoleKind, StoredRecord, User,
};
use peerage_access::{
    AccessContext, GrantScope, Grants, KeyKind, Organizations, People, Principal, RecordStep, ServerKey,
};
use peerage_registry::ids::{KeyId, MemberId, OrgId, RoleId, SessionId, UserId};
use peerage_registry::moment::{Moment, SECOND};
use peerage_registry::rights::Permissions;
use proptest::prelude::*;

pub const NOW: Moment = Moment::from_seconds(1_800_000_000);
pub const ORGS: [u32; 3] = [1, 10, 100];
pub const USERS: u32 = 4;

pub struct ActOrganizations;

impl Organizations for ActOrganizations {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: peerage_access::people::ObjectRef, _: peerage_access::people::ObjectRef) -> bool {
        true
    }
}

/// Every kind of namespace, in each organization. Some ids of organizations and networks are prefixes of others.
pub fn universe() -> Vec<String> {
    const BELOW: [&str; 22] = [
        "",
        ".users",
        ".network",
        ".network.5",
        ".network.50",
        ".network.5.ixlan.1",
        ".network.50.netfac.1",
        ".network.5.poc_set.public",
        ".network.5.poc_set.users",
        ".network.5.poc_set.private",
        ".network.50.poc_set.private",
        ".network.5.sessions",
        ".internetexchange",
        ".internetexchange.7",
        ".internetexchange.7.prefix.1",
        ".internetexchange.7.ixf_ixp_member_list_url.public",
        ".internetexchange.7.ixf_ixp_member_list_url.users",
        ".internetexchange.7.ixf_ixp_member_list_url.private",
        ".facility",
        ".facility.3",
        ".carrier.2.carrierfac.1",
        ".campus.4",
    ];
    let of = |org: u32| BELOW.map(|rest| format!("peeringdb.organization.{org}{rest}"));
    let mut all: Vec<String> = ORGS.into_iter().flat_map(of).collect();
    all.extend(ORGS.map(|org| peerage_access::principal::manage(OrgId::new(org))));
    all.push("peeringdb.organization".to_owned());
    all
}

/// Whether a namespace belongs to an organization.
pub fn is_of(org: u32, place: &str) -> bool {
    let below = |base: String| place == base || place.starts_with(&format!("{base}."));
    below(format!("peeringdb.organization.{org}")) || below(peerage_access::principal::manage(OrgId::new(org)))
}

/// A namespace on which one scope grants what the other does not.
pub fn beyond(wide: &GrantScope, narrow: &GrantScope) -> Option<String> {
    universe().into_iter().find(|place| {
        let named = if place.contains(".poc_set.") || place.contains("_list_url.") {
            Permissions::READ
        } else if place.ends_with(".users") {
            Permissions::ALL
        } else {
            Permissions::NONE
        };
        !wide.on(place).holds(narrow.on(place)) || !wide.exactly_on(place).holds(narrow.exactly_on(place).and(named))
    })
}

pub fn scope_of(rules: &PermissionRules) -> GrantScope {
    GrantScope::Rules(Grants::from_rules(rules).into())
}

pub fn put(people: &mut People, steps: Vec<RecordStep>) {
    for step in steps {
        people.put(step.record, step.id, step.after.as_deref(), 0).expect("our own record");
    }
}

pub fn put_one<T: StoredRecord>(people: &mut People, kept: &T) {
    put(people, vec![RecordStep::create(kept)]);
}

pub fn server_key() -> ServerKey {
    ServerKey::parse(&ServerKey::print(1, &[7; 32])).expect("a server key")
}

pub fn user(id: u32, verified: bool) -> User {
    User {
        id: UserId::new(id),
        username: format!("user{id}"),
        first_name: String::new(),
        last_name: String::new(),
        emails: vec![EmailAddress::answered(format!("user{id}@x.example"))],
        verified,
        active: true,
        ..User::blank(NOW)
    }
}

/// An empty key.
pub fn blank(kind: KeyKind) -> Key {
    Key { id: KeyId::new(999_999), public: "blank".to_owned(), name: "blank".to_owned(), ..Key::blank(kind, NOW) }
}

pub fn context<'a>(people: &'a People, by: &'a Principal) -> AccessContext<'a> {
    AccessContext { people, organizations: &ActOrganizations, by, now: NOW }
}

/// A person with a fresh second factor.
pub fn person(people: &mut People, id: u32, entropy: u8) -> Principal {
    let (operator, user) = (Principal::operator(), Arc::clone(people.user(UserId::new(id)).expect("a user")));
    let opened = sessions::open(&context(people, &operator), &user, SECOND, &server_key(), &[entropy; ENTROPY_BYTES]);
    let (_, steps) = opened.expect("a session");
    let session = steps[0].id;
    put(people, steps);
    Principal::of_person(people, &user, people.session(SessionId::new(session)).expect("just made"), NOW)
}

pub fn any_rules(org: u32) -> impl Strategy<Value = PermissionRules> {
    let places = vec![
        "",
        ".users",
        ".network",
        ".network.5",
        ".network.50",
        ".network.*.poc_set.private",
        ".network.5.poc_set.private",
        ".network.*.poc_set.users",
        ".network.*.ixlan",
        ".internetexchange",
        ".internetexchange.7",
        ".internetexchange.*.ixf_ixp_member_list_url.private",
        ".facility.3",
        "manage",
    ];
    prop::collection::btree_map(prop::sample::select(places), 1_u8..16, 0..6).prop_map(move |rules| {
        let name = |place: &str| match place {
            "manage" => peerage_access::principal::manage(OrgId::new(org)),
            rest => format!("peeringdb.organization.{org}{rest}"),
        };
        rules.into_iter().map(|(place, bits)| (name(place), bits)).collect()
    })
}

pub fn any_org() -> impl Strategy<Value = u32> {
    prop::sample::select(ORGS.to_vec())
}

pub fn rank(is_admin: bool) -> MemberRole {
    if is_admin { MemberRole::Admin } else { MemberRole::Member }
}

/// Some people with different memberships, and role accounts of all kinds.
pub fn any_people() -> impl Strategy<Value = People> {
    let place = any_org().prop_flat_map(|org| (any::<bool>(), Just(org), any_rules(org), 1..=USERS));
    let role = (0_usize..9, any_org(), prop::collection::vec(1..=USERS, 0..3));
    (prop::collection::vec(place, 1..8), prop::collection::vec(role, 5)).prop_map(|(places, roles)| {
        let mut people = People::default();
        for id in 1..=USERS {
            put_one(&mut people, &user(id, true));
        }
        for (at, (is_admin, org, grants, user)) in places.into_iter().enumerate() {
            if people.member(OrgId::new(org), UserId::new(user)).is_none() {
                let grants = if is_admin { PermissionRules::new() } else { grants };
                let id = at as u32 + 1;
                put_one(
                    &mut people,
                    &Member {
                        id: MemberId::new(id),
                        org: OrgId::new(org),
                        user: UserId::new(user),
                        rank: rank(is_admin),
                        grants,
                        since: NOW,
                        ranked: None,
                        reconfirm_due: None,
                    },
                );
            }
        }
        for (at, (kind, org, users)) in roles.into_iter().enumerate() {
            let kind = RoleKind::ALL[kind];
            let users = users.into_iter().map(UserId::new);
            let mut users: Vec<UserId> = users.filter(|user| people.member(OrgId::new(org), *user).is_some()).collect();
            users.sort_unstable();
            users.dedup();
            let (id, name, email) = (at as u32 + 1, kind.name().to_owned(), String::new());
            let grants = kind.rules(OrgId::new(org));
            put_one(
                &mut people,
                &Role {
                    id: RoleId::new(id),
                    org: OrgId::new(org),
                    kind,
                    name,
                    email,
                    people: users,
                    grants,
                    created: NOW,
                },
            );
        }
        people
    })
}
