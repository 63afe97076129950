//! Who is notified of what.

use peerage_access::acts::deciding::{self, ReviewAuthority};
use peerage_access::acts::invitations::{self, InvitationRequest};
use peerage_access::acts::joining::{self, JoinContext, JoinRequest};
use peerage_access::acts::roles::{self, RolePatch};
use peerage_access::acts::{PlannedSteps, members};
use peerage_access::notices::{self, NoticeEvent, WordedMail};
use peerage_access::records::{MemberRole, PermissionRules, Policy, RoleKind, User};
use peerage_access::{AccessContext, AccessError, RecordStep, ServerKey, reconfirm};
use peerage_registry::ids::{ApplicationId, OrgId, UserId};
use peerage_registry::moment::DAY;
use peerage_registry::{Actor, EventSubject};

use crate::joining::world::{JoinWorld, NOW, person};
use crate::worded::all_english;

fn server_key() -> ServerKey {
    ServerKey::parse(&ServerKey::print(1, &[3; 32])).expect("sound")
}

/// The mails about these steps.
fn mails(world: &JoinWorld, steps: &[RecordStep]) -> Vec<WordedMail> {
    let of = |step: &RecordStep| {
        let actor = Actor { name: "user1".to_owned(), cause: Some(step.cause.clone()), ..Actor::default() };
        let actor = serde_json::to_string(&actor).expect("JSON");
        let what = NoticeEvent {
            sequence: 7,
            at: NOW,
            action: step.action,
            subject: EventSubject::Record(step.record),
            id: step.id,
            before: step.before.as_deref(),
            after: step.after.as_deref(),
            actor: Some(&actor),
            author: None,
        };
        all_english(&notices::of(
            notices::NoticeContext {
                people: &world.people,
                organizations: &world.registry,
                server_key: &server_key(),
                site: "https://x.example",
            },
            &what,
        ))
    };
    steps.iter().flat_map(of).collect()
}

/// Runs an action, and returns the mails about it.
fn message<T>(
    world: &mut JoinWorld,
    user: u32,
    act: impl FnOnce(&AccessContext<'_>, &JoinContext<'_>) -> Result<(T, PlannedSteps), AccessError>,
) -> Vec<WordedMail> {
    let mut records = Vec::new();
    let done = world.by(user, |context, join_context| {
        let (message, planned) = act(context, join_context)?;
        records.clone_from(&planned.records);
        Ok((message, planned))
    });
    done.map(drop).expect("done");
    mails(world, &records)
}

/// Subjects, with the local parts of the recipients.
fn to(notices: &[WordedMail]) -> Vec<(&str, Vec<&str>)> {
    fn name(notice: &WordedMail) -> &str {
        notice.to.split('@').next().unwrap_or_default()
    }
    let runs = notices.chunk_by(|one, next| one.subject == next.subject);
    runs.map(|run| (run[0].subject.as_str(), run.iter().map(name).collect())).collect()
}

#[test]
fn those_who_decide_and_those_who_asked_are_told() {
    let mut world = JoinWorld::new();
    let patch = |org: &str| JoinRequest { asn: String::new(), org: org.to_owned() };
    let wanted = message(&mut world, 3, |context, join_context| joining::request(context, join_context, &patch("1")));
    assert_eq!(to(&wanted), [("Someone wants to join an organization", vec!["user1"])]);
    assert!(wanted[0].body.contains("user3@home.example (confirmed)"), "{}", wanted[0].body);
    assert!(!wanted[0].body.contains("user3@org3.example"), "other addresses are not told: {}", wanted[0].body);
    let wanted = message(&mut world, 3, |context, join_context| joining::request(context, join_context, &patch("2")));
    assert_eq!(to(&wanted), [("Someone wants to join an organization", vec!["user9"])], "nobody sees to it");
    let ids: Vec<ApplicationId> = world.people.applications().map(|one| one.id).collect();
    let denied = message(&mut world, 1, |context, join_context| {
        deciding::deny(context, join_context, ReviewAuthority::Org(OrgId::new(1)), ids[0], "who are you?")
    });
    assert_eq!(to(&denied), [("A request to join was denied", vec!["user3", "user1"])]);
    assert!(denied[0].body.contains("who are you?"));
    let approved = message(&mut world, 9, |context, join_context| {
        deciding::approve(context, join_context, ReviewAuthority::Staff, ids[1])
    });
    assert_eq!(to(&approved), [("Someone joined your organization", vec!["user3"])]);
    message(&mut world, 4, |context, join_context| joining::request(context, join_context, &patch("1")));
    let over = mails(&world, &deciding::unanswered(&world.people, NOW + 90 * DAY));
    assert_eq!(to(&over), [("A request to join has expired", vec!["user4", "user1"])]);
    world.demand(&Policy { email_domains: vec!["nobodys.example".to_owned()], ..Policy::unset(OrgId::new(1)) });
    let denied = message(&mut world, 5, |context, join_context| joining::request(context, join_context, &patch("1")));
    assert_eq!(to(&denied), [("A request to join was denied", vec!["user5"])]);
    assert!(denied[0].body.contains("nobodys\u{2024}example"), "named, and no link: {}", denied[0].body);
}

#[test]
fn an_invitation_goes_to_its_address_with_the_code_and_to_nobody_else() {
    let mut world = JoinWorld::new();
    let request = InvitationRequest {
        email: "x@new.example".to_owned(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: Vec::new(),
    };
    let mails = message(&mut world, 1, |context, _| {
        let (one, records) = invitations::invite(context, OrgId::new(1), &request, &[7; 16])?;
        Ok((one, PlannedSteps { records, ..PlannedSteps::default() }))
    });
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "x@new.example");
    let invitation = world.people.invitations().next().expect("made");
    let link =
        format!("https://x.example/invitation/{}/{}", invitation.id, invitations::code(&server_key(), invitation));
    assert!(mails[0].body.contains(&link), "{}", mails[0].body);
}

#[test]
fn ranks_roles_demands_and_lateness_are_told_to_whom_they_touch() {
    let mut world = JoinWorld::new();
    world.put(&User { verified: true, ..person(4) });
    world.member(1, 4, MemberRole::Member);
    let records = |records| PlannedSteps { records, ..PlannedSteps::default() };
    let promoted = message(&mut world, 1, |context, _| {
        members::set_rank(context, OrgId::new(1), UserId::new(4), MemberRole::Admin)
            .map(|(one, steps)| (one, records(steps)))
    });
    assert_eq!(to(&promoted), [("Permissions in your organization changed", vec!["user4", "user1"])]);
    let patch = RolePatch { kind: Some(RoleKind::Noc), people: Some(vec![UserId::new(4)]), ..RolePatch::default() };
    let role = message(&mut world, 1, |context, _| {
        roles::create(context, OrgId::new(1), &patch).map(|(one, steps)| (one, records(steps)))
    });
    assert_eq!(to(&role), [("A role was changed", vec!["user4", "user1"])]);
    let removed = message(&mut world, 1, |context, _| {
        members::remove(context, OrgId::new(1), UserId::new(4)).map(|steps| ((), records(steps)))
    });
    let expected =
        [("Someone left your organization", vec!["user4", "user1"]), ("A role was changed", vec!["user4", "user1"])];
    assert_eq!(to(&removed), expected, "who was removed hears of it");
    let policy = Policy { reconfirm_days: Some(7), ..Policy::unset(OrgId::new(1)) };
    let changed = mails(&world, &[RecordStep::create(&policy)]);
    assert_eq!(to(&changed), [("Your organization's requirements changed", vec!["user1"])]);
    world.demand(&policy);
    let late = mails(&world, &reconfirm::due(&world.people, NOW + 8 * DAY));
    assert_eq!(to(&late), [("Confirm your address again", vec!["user1"])]);
}
