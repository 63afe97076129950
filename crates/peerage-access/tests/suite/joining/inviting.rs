//! Invitations.

use peerage_access::acts::invitations::{self, InvitationRequest, LIFE};
use peerage_access::acts::members;
use peerage_access::acts::tickets::{A_DAY_MAX, PAUSES};
use peerage_access::records::{Invitation, MemberRole, PermissionRules, Policy, Role, RoleKind, User};
use peerage_access::{AccessError, ServerKey};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::moment::MINUTE;

use crate::joining::world::{JoinWorld, NOW, message, person};

fn server_key() -> ServerKey {
    ServerKey::parse(&ServerKey::print(1, &[3; 32])).expect("sound")
}

fn request(email: &str) -> InvitationRequest {
    InvitationRequest {
        email: email.to_owned(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: Vec::new(),
    }
}

fn invite(world: &mut JoinWorld, by: u32, org: u32, request: &InvitationRequest) -> Result<Invitation, AccessError> {
    world.record(by, |context| invitations::invite(context, OrgId::new(org), request, &[7; 16]))
}

fn accept(world: &mut JoinWorld, user: u32, invitation: &Invitation, code: &str) -> Result<(), AccessError> {
    let id = invitation.id;
    world.record(user, |context| invitations::accept(context, &server_key(), id, code)).map(drop)
}

#[test]
fn whoever_reads_the_mail_comes_in_with_what_was_meant_for_them() {
    let mut world = JoinWorld::new();
    let role = Role {
        id: RoleId::new(1),
        org: OrgId::new(1),
        kind: RoleKind::Noc,
        name: "noc".to_owned(),
        email: String::new(),
        people: vec![UserId::new(1)],
        grants: RoleKind::Noc.rules(OrgId::new(1)),
        created: NOW,
    };
    world.put(&role);
    let grants: PermissionRules = [("peeringdb.organization.1.network.1".to_owned(), 3)].into();
    let request =
        InvitationRequest { grants: grants.clone(), roles: vec![RoleId::new(1)], ..request("user3@org3.example") };
    let invitation = invite(&mut world, 1, 1, &request).expect("invited");
    let code = invitations::code(&server_key(), &invitation);
    for wrong in ["", "AAAA", &code[1..], &code.replace(&code[..1], "0")] {
        assert_eq!(message(accept(&mut world, 3, &invitation, wrong)), "The invitation is invalid or has expired.");
    }
    accept(&mut world, 3, &invitation, &code.to_lowercase()).expect("taken in");
    let member = world.people.member(OrgId::new(1), UserId::new(3)).expect("taken in");
    assert_eq!((member.rank, &member.grants), (MemberRole::Member, &grants));
    assert_eq!(world.people.role(RoleId::new(1)).expect("there").people, [1, 3].map(UserId::new));
    let user = world.people.user(UserId::new(3)).expect("there");
    assert!(user.verified && user.emails[1].verified, "the address to which it was mailed is proven");
    assert_eq!(
        message(accept(&mut world, 4, &invitation, &code)),
        "The invitation is invalid or has expired.",
        "it works once"
    );
}

#[test]
fn an_invitation_ends_when_its_time_is_over_or_its_maker_is_no_admin() {
    for case in ["expired", "withdrawn", "maker left", "maker demoted", "asked again"] {
        let mut world = JoinWorld::new();
        world.put(&User { verified: true, ..person(4) });
        world.member(1, 4, MemberRole::Admin);
        let invitation = invite(&mut world, 1, 1, &request("x@new.example")).expect("invited");
        let code = invitations::code(&server_key(), &invitation);
        match case {
            "expired" => world.now = NOW + LIFE,
            "withdrawn" => {
                let id = invitation.id;
                assert_eq!(
                    message(world.record(2, |context| {
                        invitations::withdraw(context, OrgId::new(10), id).map(|steps| ((), steps))
                    })),
                    "Invitation not found",
                    "of another organization"
                );
                world
                    .record(4, |context| invitations::withdraw(context, OrgId::new(1), id).map(|steps| ((), steps)))
                    .expect("withdrawn");
            }
            "maker left" => {
                world
                    .record(4, |context| {
                        members::remove(context, OrgId::new(1), UserId::new(1)).map(|steps| ((), steps))
                    })
                    .expect("removed");
            }
            "maker demoted" => drop(
                world
                    .record(4, |context| members::set_rank(context, OrgId::new(1), UserId::new(1), MemberRole::Member))
                    .expect("done"),
            ),
            _ => {
                world.now += PAUSES[0];
                drop(invite(&mut world, 4, 1, &request("X@new.example")).expect("invited"));
            }
        }
        let text = message(accept(&mut world, 3, &invitation, &code));
        assert_eq!(text, "The invitation is invalid or has expired.", "{case}");
        assert_eq!(world.rank(1, 3), None);
    }
}

#[test]
fn the_domains_are_looked_at_when_it_is_followed() {
    let mut world = JoinWorld::new();
    world.demand(&Policy { email_domains: vec!["org3.example".to_owned()], ..Policy::unset(OrgId::new(1)) });
    let elsewhere = invite(&mut world, 1, 1, &request("x@gmail.example")).expect("invited");
    let code = invitations::code(&server_key(), &elsewhere);
    assert!(message(accept(&mut world, 3, &elsewhere, &code)).contains("confirmed address in: org3.example"));
    let own = invite(&mut world, 1, 1, &request("user3@org3.example")).expect("invited");
    let code = invitations::code(&server_key(), &own);
    accept(&mut world, 3, &own, &code).expect("the mail proves the address");
}

#[test]
fn nobody_gives_away_more_than_they_have() {
    let mut world = JoinWorld::new();
    world.member(1, 5, MemberRole::Member);
    let text = |world: &mut JoinWorld, by, request: &InvitationRequest| message(invite(world, by, 1, request));
    assert!(text(&mut world, 5, &request("x@new.example")).starts_with("This requires update permission"));
    assert!(text(&mut world, 2, &request("x@new.example")).starts_with("This requires update permission"));
    let outside = InvitationRequest {
        grants: [("peeringdb.organization.10.network".to_owned(), 1)].into(),
        ..request("x@new.example")
    };
    assert!(text(&mut world, 1, &outside).ends_with("is outside the organization."));
    assert_eq!(
        text(&mut world, 1, &InvitationRequest { roles: vec![RoleId::new(8)], ..request("x@new.example") }),
        "Role not found"
    );
    assert_eq!(text(&mut world, 1, &request("user5@home.example")), "User is already in the organization");
    assert_eq!(text(&mut world, 1, &request("nobody")), "email: Enter a valid email address.");
    let stale = world.by_session(1, false, |context, _| {
        invitations::invite(context, OrgId::new(1), &request("x@new.example"), &[7; 16])
            .map(|(one, _)| (one, peerage_access::acts::PlannedSteps::default()))
    });
    assert!(matches!(stale, Err(AccessError::NeedsFreshFactor)));
}

#[test]
fn the_code_stands_in_no_record_and_differs_for_each() {
    let mut world = JoinWorld::new();
    let one = invite(&mut world, 1, 1, &request("x@new.example")).expect("invited");
    let other = invite(&mut world, 1, 1, &request("y@new.example")).expect("invited");
    let codes = [invitations::code(&server_key(), &one), invitations::code(&server_key(), &other)];
    assert_ne!(codes[0], codes[1]);
    let text = serde_json::to_string(&one).expect("JSON");
    assert!(!text.contains(&codes[0]));
    let steps = invitations::expired(&world.people, NOW + LIFE);
    assert_eq!(steps.len(), 2);
}

#[test]
fn n08_one_address_is_mailed_few_invitations_a_day_also_if_they_are_withdrawn() {
    let mut world = JoinWorld::new();
    let start = world.now;
    let mut sent = 0;
    while world.now < start + PAUSES[A_DAY_MAX - 1] {
        match invite(&mut world, 1, 1, &request("X@new.example")) {
            Ok(invitation) => {
                sent += 1;
                let id = invitation.id;
                world
                    .record(1, |context| invitations::withdraw(context, OrgId::new(1), id).map(|steps| ((), steps)))
                    .expect("withdrawn");
                let text = message(invite(&mut world, 1, 1, &request("x@new.example")));
                assert!(text.starts_with("email: An invitation was sent to this address recently."), "{text}");
            }
            Err(error) => assert!(error.to_string().contains("can send another one in"), "{error}"),
        }
        world.now += MINUTE;
    }
    assert_eq!(sent, A_DAY_MAX);
    invite(&mut world, 1, 1, &request("y@new.example")).expect("another address has counts of its own");
}
