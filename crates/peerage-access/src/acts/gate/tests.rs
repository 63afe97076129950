mod reading;

use super::*;
use crate::acts::deciding::{self, ReviewAuthority};
use crate::acts::invitations::{self, InvitationRequest};
use crate::acts::joining::JoinContext;
use crate::acts::keys::{KeyOwner, KeyPatch, KeyStateChange};
use crate::acts::policies::{self, PolicyPatch};
use crate::acts::roles::{self, RolePatch};
use crate::acts::world::{ANN, ActsWorld, BEN, CYD, NOW, ORG};
use crate::acts::{accounts, members, recovery, sessions};
use crate::key_string::ENTROPY_BYTES;
use crate::patch::Patch;
use crate::principal::{Principal, manage, users};
use crate::records::{
    Application, ApplicationAim, ApplicationState, AuthMethod, EmailAddress, FactorProof, Password, PermissionRules,
    Policy, RecoveryEvidence, RoleKind, Session,
};
use crate::staff_ranks::StaffRank;
use peerage_registry::ids::{ApplicationId, FactorId, OrgId, RecoveryId, RoleId, UserId};
use peerage_registry::moment::{MINUTE, SignedDuration};
use peerage_registry::{LogHead, Snapshot, SnapshotLoader, rules};

const OWN: KeyId = KeyId::new(11);

fn rules_of(given: &[(String, u8)]) -> PermissionRules {
    given.iter().cloned().collect()
}

/// Stores a key, and returns its holder.
fn holder(world: &mut ActsWorld, key: &Key) -> Principal {
    let public = key.public.clone();
    world.put(key);
    Principal::clone(&world.people.principal_of(world.people.key(&public).expect("just put"), world.now))
}

fn user_key(world: &mut ActsWorld, user: UserId) -> Principal {
    holder(
        world,
        &Key { id: OWN, public: "own000000000".to_owned(), user: Some(user), ..Key::blank(KeyKind::User, NOW) },
    )
}

fn org_key(world: &mut ActsWorld, manages_members: bool) -> Principal {
    let key = Key {
        id: OWN,
        public: "own000000000".to_owned(),
        org: Some(ORG),
        grants: Some(rules_of(&[(users(ORG), 15)])),
        manages_members,
        ..Key::blank(KeyKind::Org, NOW)
    };
    holder(world, &key)
}

fn other_key() -> Key {
    Key {
        id: KeyId::new(12),
        public: "other0000000".to_owned(),
        org: Some(ORG),
        grants: Some(PermissionRules::new()),
        ..Key::blank(KeyKind::Org, NOW)
    }
}

fn stale(world: &mut ActsWorld, user: UserId) -> Principal {
    let session = world.session(user, &[AuthMethod::Pwd, AuthMethod::Otp]);
    world.put(&Session { fresh_until: Some(world.now - MINUTE), ..session });
    world.person(user)
}

fn noc_role(user: UserId, grants: PermissionRules) -> Role {
    Role {
        id: RoleId::new(1),
        org: ORG,
        kind: RoleKind::Noc,
        name: "noc".to_owned(),
        email: String::new(),
        people: vec![user],
        grants,
        created: NOW,
    }
}

/// Steps for everything that changes who has access.
fn changes_of_access(world: &ActsWorld) -> Vec<(&'static str, Vec<RecordStep>)> {
    let by = Principal::operator();
    let context = world.access_context(&by);
    let ben = world.people.member(ORG, BEN).expect("a member");
    let user = world.user(BEN);
    let role = noc_role(BEN, PermissionRules::new());
    let factor = Factor {
        id: FactorId::new(5),
        user: BEN,
        name: "phone".to_owned(),
        created: NOW,
        used: None,
        proof: FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 },
    };
    let invite = InvitationRequest {
        email: "x@y.example".to_owned(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: vec![],
    };
    let with = |change: &dyn Fn(&mut User)| {
        let mut after = User::clone(&user);
        change(&mut after);
        vec![RecordStep::update(&*user, &after)]
    };
    vec![
        ("add a member", members::add(&context, ORG, CYD, MemberRole::Member).expect("added").1),
        ("make an admin", members::set_rank(&context, ORG, BEN, MemberRole::Admin).expect("made").1),
        ("remove a member", members::remove(&context, ORG, BEN).expect("removed")),
        (
            "grant",
            vec![RecordStep::update(&**ben, &Member { grants: rules_of(&[(manage(ORG), 15)]), ..Member::clone(ben) })],
        ),
        ("invite", invitations::invite(&context, ORG, &invite, &[1; 16]).expect("invited").1),
        ("make a role", vec![RecordStep::create(&role)]),
        ("change a policy", vec![RecordStep::create(&Policy { requires_passkey: true, ..Policy::unset(ORG) })]),
        ("make a key", vec![RecordStep::create(&other_key())]),
        ("widen a key", vec![RecordStep::update(&Key { readonly: true, ..other_key() }, &other_key())]),
        ("resume a key", vec![RecordStep::update(&Key { state: KeyState::Suspended, ..other_key() }, &other_key())]),
        ("set a password", vec![RecordStep::create(&Password { id: BEN, hash: "x".to_owned(), changed: NOW })]),
        ("add an address", with(&|after| after.emails.push(EmailAddress::answered("ben@evil.example".to_owned())))),
        ("change a user name", with(&|after| "benn".clone_into(&mut after.username))),
        ("close an account", with(&|after| after.active = false)),
        ("add a factor", vec![RecordStep::create(&factor)]),
        ("remove a factor", vec![RecordStep::erase(&factor)]),
        ("renew codes", vec![RecordStep::create(&Codes { id: BEN, made: NOW, codes: Vec::new() })]),
    ]
}

#[test]
fn n09_no_key_and_no_stale_session_changes_who_gets_in() {
    let mut world = ActsWorld::new();
    for by in [user_key(&mut world, ANN), org_key(&mut world, false)] {
        for (what, steps) in changes_of_access(&world) {
            let refused = world.access_context(&by).admit(steps);
            assert!(matches!(refused, Err(AccessError::Forbidden(_))), "{what} by {:?}: {refused:?}", by.who);
        }
    }
    let ann = stale(&mut world, ANN);
    for (what, steps) in changes_of_access(&world) {
        assert_eq!(world.access_context(&ann).admit(steps).err(), Some(AccessError::NeedsFreshFactor), "{what}");
    }
    // A fresh one passes, if the act allows it.
    world.session(ANN, &[AuthMethod::Pwd, AuthMethod::Otp]);
    let ann = world.person(ANN);
    for (what, steps) in changes_of_access(&world) {
        assert!(world.access_context(&ann).admit(steps).is_ok(), "{what}");
    }
}

#[test]
fn only_admins_of_the_registry_give_and_take_staff_ranks_and_no_key_does() {
    let mut world = ActsWorld::new();
    let steps = |world: &ActsWorld| {
        let ben = world.user(BEN);
        let cyd = User { id: UserId::new(9), staff: Some(StaffRank::Queue), ..User::blank(NOW) };
        let with = |staff: Option<StaffRank>| User { staff, ..User::clone(&ben) };
        vec![
            vec![RecordStep::update(&*ben, &with(Some(StaffRank::Queue)))],
            vec![RecordStep::update(&with(Some(StaffRank::Queue)), &with(Some(StaffRank::Admin)))],
            vec![RecordStep::update(&with(Some(StaffRank::Queue)), &with(None))],
            vec![RecordStep::create(&cyd)],
        ]
    };
    let refused = |world: &ActsWorld, by: &Principal, why: &str| {
        for one in steps(world) {
            let answer = world.access_context(by).admit(one);
            assert!(matches!(answer, Err(AccessError::Forbidden(_))), "{why}: {answer:?}");
        }
    };
    refused(&world, &world.person(ANN), "an admin of an organization");
    for rank in [StaffRank::Queue, StaffRank::Support] {
        world.put(&User { staff: Some(rank), ..User::clone(&world.user(ANN)) });
        refused(&world, &world.person(ANN), rank.name());
    }
    world.put(&User { staff: Some(StaffRank::Admin), ..User::clone(&world.user(ANN)) });
    let key = user_key(&mut world, ANN);
    refused(&world, &key, "the key of an admin");
    let ann = world.person(ANN);
    for one in steps(&world) {
        assert!(world.access_context(&ann).admit(one).is_ok());
    }
    let ann = stale(&mut world, ANN);
    for one in steps(&world) {
        assert_eq!(world.access_context(&ann).admit(one).err(), Some(AccessError::NeedsFreshFactor));
    }
    // Closing one's account ends the rank.
    let before = User { staff: Some(StaffRank::Support), ..User::clone(&world.user(BEN)) };
    world.put(&before);
    let ben = world.person(BEN);
    let closing = vec![RecordStep::update(&before, &User { staff: None, active: false, ..before.clone() })];
    assert!(world.access_context(&ben).admit(closing).is_ok());
}

#[test]
fn n09_a_key_ends_suspends_and_rotates_itself_and_no_other() {
    let mut world = ActsWorld::new();
    world.put(&other_key());
    let by = user_key(&mut world, ANN);
    let own = world.people.key_by_id(OWN).expect("there").key.as_ref().clone();
    for (turn, may) in [(KeyStateChange::Suspend, true), (KeyStateChange::Revoke, true)] {
        let steps = keys::turn(&world.access_context(&by), &own, turn, "").expect("its own").1;
        assert_eq!(world.access_context(&by).admit(steps).is_ok(), may, "{turn:?}");
        assert!(matches!(
            keys::turn(&world.access_context(&by), &other_key(), turn, ""),
            Err(AccessError::Forbidden(_))
        ));
        let operator = Principal::operator();
        let steps = keys::turn(&world.access_context(&operator), &other_key(), turn, "").expect("by the operator").1;
        assert!(world.access_context(&by).admit(steps).is_err(), "{turn:?} of another key");
    }
    let renamed =
        keys::change(&world.access_context(&by), &own, &KeyPatch { name: Some("x".to_owned()), ..KeyPatch::default() });
    assert!(matches!(renamed, Err(AccessError::Forbidden(_))), "a key describes no key, itself included");
    let entropy = world.entropy();
    let made = keys::issue(
        &world.access_context(&by),
        KeyOwner::User(ANN),
        &KeyPatch { name: Some("more".to_owned()), ..KeyPatch::default() },
        &world.server_key,
        &entropy,
    );
    assert!(made.is_err(), "no key makes keys");
}

#[test]
fn n09_a_marked_organization_key_manages_plain_members_and_never_admins() {
    let mut world = ActsWorld::new();
    let by = org_key(&mut world, true);
    let context = world.access_context(&by);
    let (invitation, steps) = invitations::add(&context, ORG, CYD, MemberRole::Member, &[1; 16]).expect("invited");
    assert_eq!((invitation.key, invitation.rank), (Some(OWN), MemberRole::Member));
    assert!(context.admit(steps).is_ok());
    let removed = members::remove(&context, ORG, BEN).expect("a plain member");
    assert!(context.admit(removed).is_ok());
    assert!(matches!(
        invitations::add(&context, ORG, CYD, MemberRole::Admin, &[1; 16]),
        Err(AccessError::Forbidden(_))
    ));
    assert!(matches!(members::set_rank(&context, ORG, BEN, MemberRole::Admin), Err(AccessError::Forbidden(_))));
    assert!(matches!(members::remove(&context, ORG, ANN), Err(AccessError::Forbidden(_))));
    // The gate refuses it even if an act would allow it.
    let operator = Principal::operator();
    let (_, steps) =
        members::set_rank(&world.access_context(&operator), ORG, BEN, MemberRole::Admin).expect("by the operator");
    assert!(context.admit(steps).is_err());
    for (what, steps) in changes_of_access(&world) {
        let may = matches!(what, "remove a member" | "invite");
        assert_eq!(context.admit(steps).is_ok(), may, "{what}");
    }
}

#[test]
fn n09_only_an_admin_with_a_fresh_factor_marks_a_key() {
    let mut world = ActsWorld::new();
    let input = KeyPatch { manages_members: Some(true), ..KeyPatch::default() };
    let ann = world.person(ANN);
    assert!(keys::change(&world.access_context(&ann), &other_key(), &input).is_ok());
    let by = stale(&mut world, ANN);
    assert_eq!(
        keys::change(&world.access_context(&by), &other_key(), &input).err(),
        Some(AccessError::NeedsFreshFactor)
    );
    manager(&mut world);
    let ben = world.person(BEN);
    assert!(matches!(keys::change(&world.access_context(&ben), &other_key(), &input), Err(AccessError::Forbidden(_))));
    let own = Key { id: KeyId::new(13), user: Some(ANN), ..Key::blank(KeyKind::User, NOW) };
    world.session(ANN, &[AuthMethod::Pwd, AuthMethod::Otp]);
    let ann = world.person(ANN);
    let refused = keys::change(&world.access_context(&ann), &own, &input);
    assert!(matches!(refused, Err(AccessError::Field { field: "manages_members", .. })), "no user key");
}

/// Gives Ben everything on the organization's panels without making him an admin.
fn manager(world: &mut ActsWorld) {
    let ben = world.people.member(ORG, BEN).expect("a member").as_ref().clone();
    world.put(&Member { grants: rules_of(&[(manage(ORG), 15), (users(ORG), 15)]), ..ben });
}

fn nowhere() -> (Snapshot, rules::WritePolicy, rules::ExternalFacts) {
    let policy = rules::WritePolicy {
        support_email: String::new(),
        suggestion_org: OrgId::new(1),
        checks_rir: false,
        approves_exchanges: false,
        takes_no_power: false,
    };
    (SnapshotLoader::default().finish(LogHead::EMPTY), policy, rules::ExternalFacts::default())
}

#[test]
fn n10_nobody_gives_a_role_or_a_right_that_they_do_not_have() {
    let mut world = ActsWorld::new();
    manager(&mut world);
    for (id, wanted) in [(1, ApplicationAim::Place), (2, ApplicationAim::Ownership)] {
        world.put(&Application {
            id: ApplicationId::new(id),
            user: CYD,
            wanted,
            org: Some(ORG),
            asn: None,
            org_name: String::new(),
            state: ApplicationState::Pending,
            created: NOW,
            note: String::new(),
            decided: None,
        });
    }
    let (registry, policy, outside) = nowhere();
    let join_context = JoinContext { registry: &registry, policy: &policy, outside: &outside };
    let (ben, ann) = (world.person(BEN), world.person(ANN));
    let context = world.access_context(&ben);
    let net = format!("{}.network", peerage_registry::place::of_organization(ORG));
    let forbidden = |done: Option<AccessError>| matches!(done, Some(AccessError::Forbidden(_)));
    let approve = |context: &AccessContext<'_>, id, given: Option<(MemberRole, PermissionRules)>| {
        deciding::approve_as(context, &join_context, ReviewAuthority::Org(ORG), id, given.as_ref()).err()
    };
    assert!(forbidden(approve(&context, ApplicationId::new(2), None)), "an owner");
    assert!(
        forbidden(approve(&context, ApplicationId::new(1), Some((MemberRole::Admin, PermissionRules::new())))),
        "an admin"
    );
    let wide = approve(&context, ApplicationId::new(1), Some((MemberRole::Member, rules_of(&[(net.clone(), 15)]))));
    assert!(matches!(wide, Some(AccessError::Field { field: "grants", .. })), "rights: {wide:?}");
    assert_eq!(approve(&context, ApplicationId::new(1), None), None, "a plain member");
    let input = |rank, grants: &[(String, u8)]| InvitationRequest {
        email: "x@y.example".to_owned(),
        rank,
        grants: rules_of(grants),
        roles: vec![],
    };
    let invite = |context: &AccessContext<'_>, input: &InvitationRequest| {
        invitations::invite(context, ORG, input, &[1; 16]).err()
    };
    assert!(forbidden(invite(&context, &input(MemberRole::Admin, &[]))));
    assert!(invite(&context, &input(MemberRole::Member, &[(net.clone(), 15)])).is_some());
    assert_eq!(invite(&context, &input(MemberRole::Member, &[(manage(ORG), 15)])), None, "what Ben has himself");
    assert!(forbidden(members::set_rank(&context, ORG, BEN, MemberRole::Admin).err()), "not even to themselves");
    assert!(forbidden(members::set_rank(&context, ORG, ANN, MemberRole::Member).err()));
    assert!(forbidden(members::remove(&context, ORG, ANN).err()), "admins are removed by admins");
    assert!(members::set_grants(&context, ORG, BEN, rules_of(&[(net.clone(), 15)])).is_err());
    let role = RolePatch { kind: Some(RoleKind::Technical), people: Some(vec![BEN]), ..RolePatch::default() };
    assert!(roles::create(&context, ORG, &role).is_err());
    let key = KeyPatch {
        name: Some("key".to_owned()),
        email: Some("key@example.net".to_owned()),
        grants: Patch::Set(rules_of(&[(net.clone(), 15)])),
        ..KeyPatch::default()
    };
    assert!(keys::issue(&context, KeyOwner::Org(ORG), &key, &world.server_key, &[9; ENTROPY_BYTES]).is_err());
    // An admin can do all of it.
    let context = world.access_context(&ann);
    assert_eq!(approve(&context, ApplicationId::new(2), None), None);
    assert_eq!(invite(&context, &input(MemberRole::Admin, &[])), None);
    assert!(members::set_rank(&context, ORG, BEN, MemberRole::Admin).is_ok());
    assert!(roles::create(&context, ORG, &role).is_ok());
}

#[test]
fn n10_what_a_key_or_role_may_do_is_handed_out_by_those_who_have_it() {
    let mut world = ActsWorld::new();
    manager(&mut world);
    let net = format!("{}.network", peerage_registry::place::of_organization(ORG));
    let role = noc_role(ANN, rules_of(&[(net.clone(), 15)]));
    world.put(&role);
    let key = |id: u32, kind, user, grants: &[(String, u8)]| Key {
        id: KeyId::new(id),
        public: format!("other{id:07}"),
        org: Some(ORG),
        user,
        role: user.map(|_| RoleId::new(1)),
        readonly: true,
        email: "old@example.net".to_owned(),
        networks: vec!["192.0.2.0/24".parse().expect("a network")],
        expires: Some(NOW + 100 * MINUTE),
        grants: Some(rules_of(grants)),
        ..Key::blank(kind, NOW)
    };
    let wide = key(21, KeyKind::Org, None, &[(net.clone(), 15)]);
    let marked = Key { manages_members: true, ..key(22, KeyKind::Org, None, &[]) };
    let of_ann = key(23, KeyKind::Role, Some(ANN), &[(net, 1)]);
    let narrow = key(24, KeyKind::Org, None, &[]);
    let widened = [
        KeyPatch { readonly: Some(false), ..KeyPatch::default() },
        KeyPatch { networks: Some(vec![]), ..KeyPatch::default() },
        KeyPatch { expires: Patch::Clear, ..KeyPatch::default() },
        KeyPatch { email: Some("new@example.net".to_owned()), ..KeyPatch::default() },
    ];
    let entropy = world.entropy();
    // Who could rotate, resume and extend the key in each way.
    let handed_out = |by: &Principal, key: &Key| {
        let context = world.access_context(by);
        let suspended = Key { state: KeyState::Suspended, ..key.clone() };
        let mut done = vec![
            keys::rotate(&context, key, SignedDuration::ZERO, &world.server_key, &entropy).map(drop),
            keys::rotate_once(&context, key, SignedDuration::ZERO, "form", &world.server_key, &entropy).map(drop),
            keys::turn(&context, &suspended, KeyStateChange::Resume, "").map(drop),
        ];
        done.extend(widened.iter().map(|input| keys::change(&context, key, input).map(drop)));
        done
    };
    let (ben, ann, operator) = (world.person(BEN), world.person(ANN), Principal::operator());
    for key in [&wide, &marked, &of_ann] {
        let by_ben = handed_out(&ben, key);
        assert!(by_ben.iter().all(Result::is_err), "{}: {by_ben:?}", key.id);
        assert!(handed_out(&ann, key).iter().all(Result::is_ok), "{}: {:?}", key.id, handed_out(&ann, key));
        assert!(handed_out(&operator, key).iter().all(Result::is_ok), "{}", key.id);
        // Anyone who manages the organization can still remove access.
        let context = world.access_context(&ben);
        assert!(
            keys::turn(&context, key, KeyStateChange::Suspend, "").is_ok()
                && keys::turn(&context, key, KeyStateChange::Revoke, "").is_ok()
        );
        let narrower = KeyPatch { grants: Patch::Set(PermissionRules::new()), ..KeyPatch::default() };
        assert!(keys::change(&context, key, &narrower).is_ok(), "{}", key.id);
    }
    assert!(handed_out(&ben, &narrow).iter().all(Result::is_ok), "{:?}", handed_out(&ben, &narrow));
    // Not even an admin gets the text of someone else's role key.
    let of_ben = Key { user: Some(BEN), ..of_ann };
    assert!(handed_out(&ann, &of_ben).iter().all(Result::is_err));
    assert!(handed_out(&ben, &of_ben).iter().all(Result::is_ok));
    // Nor does a manager remove a role account from people with more permissions.
    for input in [
        RolePatch { people: Some(vec![]), ..RolePatch::default() },
        RolePatch { grants: Patch::Set(PermissionRules::new()), ..RolePatch::default() },
        RolePatch { name: Some("other".to_owned()), ..RolePatch::default() },
    ] {
        assert!(
            matches!(roles::change(&world.access_context(&ben), &role, &input), Err(AccessError::Forbidden(_))),
            "{input:?}"
        );
        assert!(roles::change(&world.access_context(&ann), &role, &input).is_ok());
    }
    assert!(matches!(roles::erase(&world.access_context(&ben), &role), Err(AccessError::Forbidden(_))));
    assert!(roles::erase(&world.access_context(&ann), &role).is_ok());
}

#[test]
fn n10_an_invitation_ends_with_the_rights_of_whoever_sent_it() {
    let mut world = ActsWorld::new();
    manager(&mut world);
    let input = InvitationRequest {
        email: "cyd@example.net".to_owned(),
        rank: MemberRole::Member,
        grants: rules_of(&[(manage(ORG), 15)]),
        roles: vec![],
    };
    let ben = world.person(BEN);
    let (invitation, steps) = invitations::invite(&world.access_context(&ben), ORG, &input, &[1; 16]).expect("invited");
    world.take(&steps);
    let code = invitations::code(&world.server_key, &invitation);
    assert!(invitations::find(&world.people, &world.server_key, invitation.id, &code, world.now).is_ok());
    let member = world.people.member(ORG, BEN).expect("a member").as_ref().clone();
    world.put(&Member { grants: rules_of(&[(manage(ORG), 3)]), ..member });
    assert!(invitations::find(&world.people, &world.server_key, invitation.id, &code, world.now).is_err());
}
