//! What people may try to do to keys, role accounts and each other.

use peerage_access::Patch;
use peerage_access::acts::keys::{self, KeyWish, Owner, Turn};
use peerage_access::acts::members;
use peerage_access::acts::policies::{self, PolicyWish};
use peerage_access::acts::roles::{self, RoleWish};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::{Key, Role, Rules};
use peerage_access::{AccessError, People, Principal, RecordStep};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use proptest::prelude::*;

use crate::never_more::world::{USERS, any_org, any_rules, desk, rank, server_key, user};

#[derive(Debug, Clone)]
pub enum Deed {
    MakeOrgKey(u32, Rules),
    MakeRoleKey(u32, Option<Rules>),
    MakeUserKey(Option<Rules>, bool),
    ChangeRole(u32, Rules),
    PeopleOfRole(u32, Vec<u32>),
    EndRole(u32),
    Leave(u32, u32),
    Join(u32, u32, bool),
    Promote(u32, u32, bool),
    Grant(u32, u32, Rules),
    Policy(u32, bool),
    Verify(u32, bool),
    ChangeKey(usize, Rules),
    Suspend(usize),
}

pub fn any_deed() -> impl Strategy<Value = Deed> {
    let rules = || any_org().prop_flat_map(|org| (Just(org), any_rules(org)));
    let cut = || prop::option::of(rules().prop_map(|(_, rules)| rules));
    let (user, role, key) = (|| 1..=USERS, || 1_u32..6, || 0_usize..20);
    prop_oneof![
        3 => rules().prop_map(|(org, rules)| Deed::MakeOrgKey(org, rules)),
        3 => (role(), cut()).prop_map(|(role, cut)| Deed::MakeRoleKey(role, cut)),
        2 => (cut(), any::<bool>()).prop_map(|(cut, readonly)| Deed::MakeUserKey(cut, readonly)),
        2 => (role(), rules()).prop_map(|(role, (_, rules))| Deed::ChangeRole(role, rules)),
        2 => (role(), prop::collection::vec(user(), 0..4)).prop_map(|(role, users)| Deed::PeopleOfRole(role, users)),
        1 => role().prop_map(Deed::EndRole),
        2 => (any_org(), user()).prop_map(|(org, user)| Deed::Leave(org, user)),
        2 => (any_org(), user(), any::<bool>()).prop_map(|(org, user, admin)| Deed::Join(org, user, admin)),
        2 => (any_org(), user(), any::<bool>()).prop_map(|(org, user, admin)| Deed::Promote(org, user, admin)),
        2 => (user(), rules()).prop_map(|(user, (org, rules))| Deed::Grant(org, user, rules)),
        1 => (any_org(), any::<bool>()).prop_map(|(org, allows)| Deed::Policy(org, allows)),
        1 => (user(), any::<bool>()).prop_map(|(user, verified)| Deed::Verify(user, verified)),
        2 => (key(), rules()).prop_map(|(key, (_, rules))| Deed::ChangeKey(key, rules)),
        1 => key().prop_map(Deed::Suspend),
    ]
}

fn entropy(seed: u8) -> [u8; ENTROPY_BYTES] {
    std::array::from_fn(|at| seed.wrapping_mul(37).wrapping_add(at as u8).wrapping_mul(11) % 248)
}

/// The steps of an action, or why it is refused.
pub fn steps(people: &People, by: &Principal, deed: &Deed, seed: u8) -> Result<Vec<RecordStep>, AccessError> {
    let desk = desk(people, by);
    let named = |grants: Option<Rules>| KeyWish {
        name: Some("key".to_owned()),
        email: Some("x@x.example".to_owned()),
        grants: Patch::from(grants),
        ..KeyWish::default()
    };
    let issue = |owner, wish: &KeyWish| {
        keys::issue(&desk, owner, wish, &server_key(), &entropy(seed)).map(|issued| issued.steps)
    };
    let role_of =
        |id: u32| people.role(RoleId::new(id)).map(|role| Role::clone(role)).ok_or(AccessError::NotFound("role"));
    let key_at = |at: usize| {
        let key: Option<Key> = people.keys().nth(at).map(|entry| Key::clone(&entry.key));
        key.ok_or(AccessError::NotFound("key"))
    };
    match deed {
        Deed::MakeOrgKey(org, rules) => issue(Owner::Org(OrgId::new(*org)), &named(Some(rules.clone()))),
        Deed::MakeRoleKey(role, cut) => issue(Owner::Role(RoleId::new(*role)), &named(cut.clone())),
        Deed::MakeUserKey(cut, readonly) => {
            let user = by.user().ok_or(AccessError::NotFound("user"))?;
            issue(Owner::User(user), &KeyWish { readonly: Some(*readonly), ..named(cut.clone()) })
        }
        Deed::ChangeRole(role, rules) => {
            let wish = RoleWish { grants: Patch::Set(rules.clone()), ..RoleWish::default() };
            roles::change(&desk, &role_of(*role)?, &wish).map(|done| done.1)
        }
        Deed::PeopleOfRole(role, users) => {
            let wish =
                RoleWish { people: Some(users.iter().copied().map(UserId::new).collect()), ..RoleWish::default() };
            roles::change(&desk, &role_of(*role)?, &wish).map(|done| done.1)
        }
        Deed::EndRole(role) => roles::erase(&desk, &role_of(*role)?),
        Deed::Leave(org, user) => members::remove(&desk, OrgId::new(*org), UserId::new(*user)),
        Deed::Join(org, user, admin) => {
            members::add(&desk, OrgId::new(*org), UserId::new(*user), rank(*admin)).map(|done| done.1)
        }
        Deed::Promote(org, user, admin) => {
            members::set_rank(&desk, OrgId::new(*org), UserId::new(*user), rank(*admin)).map(|done| done.1)
        }
        Deed::Grant(org, user, rules) => {
            members::set_grants(&desk, OrgId::new(*org), UserId::new(*user), rules.clone()).map(|done| done.1)
        }
        Deed::Policy(org, allows) => {
            let wish = PolicyWish { allows_user_keys: Some(*allows), ..PolicyWish::default() };
            policies::change(&desk, OrgId::new(*org), &wish).map(|done| done.1)
        }
        Deed::Verify(id, verified) => {
            let before = people.user(UserId::new(*id)).ok_or(AccessError::NotFound("user"))?;
            Ok(vec![RecordStep::update(&**before, &user(*id, *verified))])
        }
        Deed::ChangeKey(at, rules) => {
            let wish = KeyWish { grants: Patch::Set(rules.clone()), ..KeyWish::default() };
            keys::change(&desk, &key_at(*at)?, &wish).map(|done| done.1)
        }
        Deed::Suspend(at) => keys::turn(&desk, &key_at(*at)?, Turn::Suspend, "").map(|done| done.1),
    }
}
