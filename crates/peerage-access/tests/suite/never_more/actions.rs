//! What people may try to do to keys, role accounts and each other.

use peerage_access::Patch;
use peerage_access::acts::keys::{self, KeyOwner, KeyPatch, KeyStateChange};
use peerage_access::acts::members;
use peerage_access::acts::policies::{self, PolicyPatch};
use peerage_access::acts::roles::{self, RolePatch};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::{Key, PermissionRules, Role};
use peerage_access::{AccessError, People, Principal, RecordStep};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use proptest::prelude::*;

use crate::never_more::world::{USERS, any_org, any_rules, context, rank, server_key, user};

#[derive(Debug, Clone)]
pub enum RandomAct {
    MakeOrgKey(u32, PermissionRules),
    MakeRoleKey(u32, Option<PermissionRules>),
    MakeUserKey(Option<PermissionRules>, bool),
    ChangeRole(u32, PermissionRules),
    PeopleOfRole(u32, Vec<u32>),
    EndRole(u32),
    Leave(u32, u32),
    Join(u32, u32, bool),
    Promote(u32, u32, bool),
    Grant(u32, u32, PermissionRules),
    Policy(u32, bool),
    Verify(u32, bool),
    ChangeKey(usize, PermissionRules),
    Suspend(usize),
}

pub fn any_deed() -> impl Strategy<Value = RandomAct> {
    let rules = || any_org().prop_flat_map(|org| (Just(org), any_rules(org)));
    let cut = || prop::option::of(rules().prop_map(|(_, rules)| rules));
    let (user, role, key) = (|| 1..=USERS, || 1_u32..6, || 0_usize..20);
    prop_oneof![
        3 => rules().prop_map(|(org, rules)| RandomAct::MakeOrgKey(org, rules)),
        3 => (role(), cut()).prop_map(|(role, cut)| RandomAct::MakeRoleKey(role, cut)),
        2 => (cut(), any::<bool>()).prop_map(|(cut, readonly)| RandomAct::MakeUserKey(cut, readonly)),
        2 => (role(), rules()).prop_map(|(role, (_, rules))| RandomAct::ChangeRole(role, rules)),
        2 => (role(), prop::collection::vec(user(), 0..4)).prop_map(|(role, users)| RandomAct::PeopleOfRole(role, users)),
        1 => role().prop_map(RandomAct::EndRole),
        2 => (any_org(), user()).prop_map(|(org, user)| RandomAct::Leave(org, user)),
        2 => (any_org(), user(), any::<bool>()).prop_map(|(org, user, admin)| RandomAct::Join(org, user, admin)),
        2 => (any_org(), user(), any::<bool>()).prop_map(|(org, user, admin)| RandomAct::Promote(org, user, admin)),
        2 => (user(), rules()).prop_map(|(user, (org, rules))| RandomAct::Grant(org, user, rules)),
        1 => (any_org(), any::<bool>()).prop_map(|(org, allows)| RandomAct::Policy(org, allows)),
        1 => (user(), any::<bool>()).prop_map(|(user, verified)| RandomAct::Verify(user, verified)),
        2 => (key(), rules()).prop_map(|(key, (_, rules))| RandomAct::ChangeKey(key, rules)),
        1 => key().prop_map(RandomAct::Suspend),
    ]
}

fn entropy(seed: u8) -> [u8; ENTROPY_BYTES] {
    std::array::from_fn(|at| seed.wrapping_mul(37).wrapping_add(at as u8).wrapping_mul(11) % 248)
}

/// The steps of an action, or why it is refused.
pub fn steps(people: &People, by: &Principal, action: &RandomAct, seed: u8) -> Result<Vec<RecordStep>, AccessError> {
    let context = context(people, by);
    let named = |grants: Option<PermissionRules>| KeyPatch {
        name: Some("key".to_owned()),
        email: Some("x@x.example".to_owned()),
        grants: Patch::from(grants),
        ..KeyPatch::default()
    };
    let issue = |owner, patch: &KeyPatch| {
        keys::issue(&context, owner, patch, &server_key(), &entropy(seed)).map(|issued| issued.steps)
    };
    let role_of =
        |id: u32| people.role(RoleId::new(id)).map(|role| Role::clone(role)).ok_or(AccessError::NotFound("role"));
    let key_at = |at: usize| {
        let key: Option<Key> = people.keys().nth(at).map(|entry| Key::clone(&entry.key));
        key.ok_or(AccessError::NotFound("key"))
    };
    match action {
        RandomAct::MakeOrgKey(org, rules) => issue(KeyOwner::Org(OrgId::new(*org)), &named(Some(rules.clone()))),
        RandomAct::MakeRoleKey(role, cut) => issue(KeyOwner::Role(RoleId::new(*role)), &named(cut.clone())),
        RandomAct::MakeUserKey(cut, readonly) => {
            let user = by.user().ok_or(AccessError::NotFound("user"))?;
            issue(KeyOwner::User(user), &KeyPatch { readonly: Some(*readonly), ..named(cut.clone()) })
        }
        RandomAct::ChangeRole(role, rules) => {
            let patch = RolePatch { grants: Patch::Set(rules.clone()), ..RolePatch::default() };
            roles::change(&context, &role_of(*role)?, &patch).map(|done| done.1)
        }
        RandomAct::PeopleOfRole(role, users) => {
            let patch =
                RolePatch { people: Some(users.iter().copied().map(UserId::new).collect()), ..RolePatch::default() };
            roles::change(&context, &role_of(*role)?, &patch).map(|done| done.1)
        }
        RandomAct::EndRole(role) => roles::erase(&context, &role_of(*role)?),
        RandomAct::Leave(org, user) => members::remove(&context, OrgId::new(*org), UserId::new(*user)),
        RandomAct::Join(org, user, admin) => {
            members::add(&context, OrgId::new(*org), UserId::new(*user), rank(*admin)).map(|done| done.1)
        }
        RandomAct::Promote(org, user, admin) => {
            members::set_rank(&context, OrgId::new(*org), UserId::new(*user), rank(*admin)).map(|done| done.1)
        }
        RandomAct::Grant(org, user, rules) => {
            members::set_grants(&context, OrgId::new(*org), UserId::new(*user), rules.clone()).map(|done| done.1)
        }
        RandomAct::Policy(org, allows) => {
            let patch = PolicyPatch { allows_user_keys: Some(*allows), ..PolicyPatch::default() };
            policies::change(&context, OrgId::new(*org), &patch).map(|done| done.1)
        }
        RandomAct::Verify(id, verified) => {
            let before = people.user(UserId::new(*id)).ok_or(AccessError::NotFound("user"))?;
            Ok(vec![RecordStep::update(&**before, &user(*id, *verified))])
        }
        RandomAct::ChangeKey(at, rules) => {
            let patch = KeyPatch { grants: Patch::Set(rules.clone()), ..KeyPatch::default() };
            keys::change(&context, &key_at(*at)?, &patch).map(|done| done.1)
        }
        RandomAct::Suspend(at) => keys::turn(&context, &key_at(*at)?, KeyStateChange::Suspend, "").map(|done| done.1),
    }
}
