//! Decisions of admins and staff.

use peerage_access::acts::deciding::{self, ReviewAuthority};
use peerage_access::acts::effects::ApprovalEffect;
use peerage_access::acts::joining::{self, JoinRequest};
use peerage_access::acts::{members, staff};
use peerage_access::records::{ApplicationState, Member, MemberRole, User};
use peerage_access::{AccessContext, AccessError, StaffRank};
use peerage_registry::ids::{ApplicationId, OrgId, UserId};
use peerage_registry::moment::DAY;
use peerage_schema::Resource;

use crate::joining::world::{JoinWorld, NOW, message, person};

fn ask(world: &mut JoinWorld, user: u32, asn: &str, org: &str) -> u32 {
    let input = JoinRequest { asn: asn.to_owned(), org: org.to_owned() };
    let wanted =
        world.by(user, |context, join_context| joining::request(context, join_context, &input)).expect("asked");
    (wanted.application.expect("waits").id).get()
}

fn approve(world: &mut JoinWorld, by: u32, at: ReviewAuthority, id: u32) -> Result<(), AccessError> {
    world.by(by, |context, join_context| deciding::approve(context, join_context, at, ApplicationId::new(id))).map(drop)
}

fn deny(world: &mut JoinWorld, by: u32, at: ReviewAuthority, id: u32) -> Result<(), AccessError> {
    world
        .by(by, |context, join_context| {
            deciding::deny(context, join_context, at, ApplicationId::new(id), "who are you?")
        })
        .map(drop)
}

#[test]
fn an_admin_of_that_organization_decides_and_nobody_else() {
    let mut world = JoinWorld::new();
    let id = ask(&mut world, 3, "", "1");
    world.member(1, 5, MemberRole::Member);
    for (by, at, expected) in [
        (2, ReviewAuthority::Org(OrgId::new(1)), "This requires update permission on peeringdb.manage_organization.1"),
        (2, ReviewAuthority::Org(OrgId::new(10)), "Request not found"),
        (5, ReviewAuthority::Org(OrgId::new(1)), "This requires update permission"),
        (3, ReviewAuthority::Org(OrgId::new(1)), "This requires update permission"),
        (1, ReviewAuthority::Staff, "Only staff of the registry can do this."),
    ] {
        let text = message(approve(&mut world, by, at, id));
        assert!(text.starts_with(expected), "{by}: {text}");
        assert!(message(deny(&mut world, by, at, id)).starts_with(expected));
    }
    let stale = world.by_session(1, false, |context, join_context| {
        deciding::approve(context, join_context, ReviewAuthority::Org(OrgId::new(1)), ApplicationId::new(id))
    });
    assert!(matches!(stale, Err(AccessError::NeedsFreshFactor)));
    approve(&mut world, 1, ReviewAuthority::Org(OrgId::new(1)), id).expect("approved");
    assert_eq!((world.rank(1, 3), world.applications()), (Some(MemberRole::Member), 0));
    assert!(world.people.user(UserId::new(3)).expect("there").verified);
    assert_eq!(message(approve(&mut world, 1, ReviewAuthority::Org(OrgId::new(1)), id)), "Request not found", "once");
}

#[test]
fn who_was_denied_reads_why() {
    let mut world = JoinWorld::new();
    let id = ask(&mut world, 3, "", "1");
    deny(&mut world, 1, ReviewAuthority::Org(OrgId::new(1)), id).expect("denied");
    let application = world.people.application(ApplicationId::new(id)).expect("kept");
    assert_eq!((application.state, application.note.as_str()), (ApplicationState::Denied, "who are you?"));
    assert_eq!(message(approve(&mut world, 1, ReviewAuthority::Org(OrgId::new(1)), id)), "Request not found");
    assert_eq!(world.rank(1, 3), None);
}

#[test]
fn i12_15_one_request_is_one_card_that_lists_what_it_does() {
    let mut world = JoinWorld::new();
    world.registered(&[]);
    let id = ask(&mut world, 3, "2914", "");
    let queue = staff::queue(&world.people, &world.registry);
    assert_eq!((queue.applications.len(), queue.rows.len()), (1, 0));
    let card = staff::applicant(&world.people, &world.registry, &queue.applications[0]);
    let org = || "Holder Networks".to_owned();
    let effects = [
        ApprovalEffect::CreatesOrganization { name: org() },
        ApprovalEffect::CreatesNetwork { asn: 2914 },
        ApprovalEffect::MakesAdmin { org: org() },
    ];
    assert_eq!((card.effects, card.org_name), (effects.into(), org()));
    approve(&mut world, 9, ReviewAuthority::Staff, id).expect("approved");
    let net = world.registry.net_by_asn(2914).expect("made");
    let org = world.org_of_net(net);
    assert_eq!((world.rank(org, 3), world.name(Resource::Org, org)), (Some(MemberRole::Admin), "Holder Networks"));
    assert_eq!((world.status(Resource::Org, org), world.status(Resource::Net, net)), ("ok", "ok"));
    let queue = staff::queue(&world.people, &world.registry);
    assert!(queue.applications.is_empty() && queue.rows.is_empty());
    // A mistyped number leaves nothing behind.
    let id = ask(&mut world, 4, "2915", "");
    deny(&mut world, 9, ReviewAuthority::Staff, id).expect("denied");
    assert_eq!(world.registry.net_by_asn(2915), None);
}

#[test]
fn i12_15_what_earlier_versions_created_for_a_request_stands_on_its_card() {
    let mut world = JoinWorld::new();
    world.registered(&[]);
    let (id, org, net) = world.claim_of_old(3, 2914);
    let queue = staff::queue(&world.people, &world.registry);
    assert_eq!((queue.applications.len(), queue.rows.len()), (1, 0), "one card");
    let card = staff::applicant(&world.people, &world.registry, &queue.applications[0]);
    let name = || "AS2914".to_owned();
    let effects = [
        ApprovalEffect::Approves { resource: Resource::Org, id: org, name: name() },
        ApprovalEffect::Approves { resource: Resource::Net, id: net, name: name() },
        ApprovalEffect::MakesAdmin { org: name() },
    ];
    assert_eq!(card.effects, effects);
    approve(&mut world, 9, ReviewAuthority::Staff, id).expect("approved");
    assert_eq!((world.rank(org, 3), world.status(Resource::Org, org)), (Some(MemberRole::Admin), "ok"));
    assert_eq!(world.status(Resource::Net, net), "ok");
}

#[test]
fn staff_make_the_first_admin_of_an_organization_of_which_only_the_name_is_known() {
    let mut world = JoinWorld::new();
    let id = ask(&mut world, 4, "", "Brand new");
    approve(&mut world, 9, ReviewAuthority::Staff, id).expect("approved");
    let org = world.registry.last_id(Resource::Org);
    assert_eq!((world.rank(org, 4), world.status(Resource::Org, org)), (Some(MemberRole::Admin), "ok"));
}

#[test]
fn what_was_made_for_a_claim_that_staff_deny_goes_with_it() {
    let mut world = JoinWorld::new();
    world.registered(&[]);
    let (id, org, _) = world.claim_of_old(3, 2914);
    let (other, ..) = world.claim_of_old(4, 2914);
    deny(&mut world, 9, ReviewAuthority::Staff, id).expect("denied");
    assert_eq!(world.status(Resource::Org, org), "pending", "somebody else still asks for it");
    deny(&mut world, 9, ReviewAuthority::Staff, other).expect("denied");
    assert_eq!(world.status(Resource::Org, org), "deleted");
    let id = ask(&mut world, 3, "", "2");
    deny(&mut world, 9, ReviewAuthority::Staff, id).expect("denied");
    assert_eq!(world.status(Resource::Org, 2), "ok", "what lived before is not touched");
}

#[test]
fn n03_what_was_made_for_a_claim_goes_with_it_however_it_ends() {
    let mut world = JoinWorld::new();
    world.registered(&[]);
    // Withdrawn: nothing of others is deleted, and the number can be requested again.
    let (id, org, net) = world.claim_of_old(3, 2914);
    let (other, ..) = world.claim_of_old(4, 2914);
    world
        .by(3, |context, join_context| joining::cancel(context, join_context, ApplicationId::new(id)))
        .expect("taken back");
    assert_eq!(world.status(Resource::Org, org), "pending", "somebody else still asks for it");
    world
        .by(4, |context, join_context| joining::cancel(context, join_context, ApplicationId::new(other)))
        .expect("taken back");
    assert_eq!((world.status(Resource::Org, org), world.status(Resource::Net, net)), ("deleted", "deleted"));
    let input = JoinRequest { asn: "2914".to_owned(), org: String::new() };
    let refused = message(world.by(4, |context, join_context| joining::request(context, join_context, &input)));
    assert_eq!(refused, "You canceled a request for this within the last day. Wait a day before you send another one.");
    let again = ask(&mut world, 5, "2914", "");
    approve(&mut world, 9, ReviewAuthority::Staff, again).expect("approved");
    assert_eq!(world.status(Resource::Net, net), "ok");
    assert_eq!(world.rank(world.org_of_net(net), 5), Some(MemberRole::Admin));
    // However often somebody applies and withdraws, nothing stays pending, and there is a daily limit.
    world.put(&person(6));
    for asn in 3000..3000 + joining::TAKEN_BACK_MAX {
        let id = ask(&mut world, 6, &asn.to_string(), "");
        world
            .by(6, |context, join_context| joining::cancel(context, join_context, ApplicationId::new(id)))
            .expect("taken back");
    }
    let input = JoinRequest { asn: "3100".to_owned(), org: String::new() };
    let refused = message(world.by(6, |context, join_context| joining::request(context, join_context, &input)));
    assert_eq!(refused, "You have canceled too many requests today. Try again tomorrow.");
    assert_eq!(staff::queue(&world.people, &world.registry).rows.len(), 0);
    // Not decided in time, and closed together with the account.
    let (first, org, _) = world.claim_of_old(3, 2915);
    let ids = [first, world.claim_of_old(5, 2915).0, ask(&mut world, 3, "", "2")].map(ApplicationId::new);
    assert!(joining::withdrawn(&world.people, &world.registry, &ids[..1], NOW).is_empty());
    assert_eq!(joining::waiting_of(&world.people, UserId::new(3)), [ids[0], ids[2]]);
    let rows = joining::withdrawn(&world.people, &world.registry, &ids, NOW);
    world.take(&peerage_access::acts::PlannedSteps { rows, ..Default::default() });
    assert_eq!((world.status(Resource::Org, org), world.status(Resource::Org, 2)), ("deleted", "ok"));
}

#[test]
fn staff_approve_and_refuse_what_waits_and_say_why() {
    let mut world = JoinWorld::new();
    world.registered(&[]);
    let (_, org, net) = world.claim_of_old(3, 2914);
    let say = |world: &mut JoinWorld, by, resource, id, why: &'static str| {
        world.by(by, |context, join_context| {
            staff::refuse(context, join_context.registry, resource, id, why).map(|planned| ((), planned))
        })
    };
    let nod = |world: &mut JoinWorld, by, resource, id| {
        world.by(by, |context, join_context| {
            staff::approve(context, join_context.registry, resource, id).map(|planned| ((), planned))
        })
    };
    assert!(message(nod(&mut world, 1, Resource::Net, net)).starts_with("Only staff of the registry"));
    assert_eq!(message(say(&mut world, 9, Resource::Net, net, " ")), "reason: This field is required.");
    say(&mut world, 9, Resource::Net, net, "not theirs").expect("refused");
    assert_eq!((world.status(Resource::Net, net), world.status(Resource::Org, org)), ("deleted", "pending"));
    nod(&mut world, 9, Resource::Org, org).expect("approved");
    assert_eq!(world.status(Resource::Org, org), "ok");
    assert_eq!(message(nod(&mut world, 9, Resource::Org, org)), "This is no longer in the queue.");
    assert_eq!(message(nod(&mut world, 9, Resource::Poc, 1)), "This is not in the queue.");
}

#[test]
fn i12_06_staff_decide_about_a_carrier_at_a_facility_of_an_organization_without_admins() {
    let mut world = JoinWorld::new();
    let times = [("created", "2024-01-01T00:00:00Z"), ("updated", "2024-01-01T00:00:00Z")];
    let set = |world: &mut JoinWorld, resource: Resource, mut fields: serde_json::Value| {
        let all = fields.as_object_mut().expect("fields");
        all.extend(times.map(|(name, time)| (name.to_owned(), time.into())));
        all.insert("version".to_owned(), 1.into());
        all.entry("status").or_insert("ok".into());
        world.set(resource, &fields);
    };
    set(&mut world, Resource::Carrier, serde_json::json!({"id": 1, "org_id": 10, "name": "Waves"}));
    for (id, org) in [(1, 1), (2, 2)] {
        set(&mut world, Resource::Fac, serde_json::json!({"id": id, "org_id": org, "name": format!("Hall {id}")}));
        let link = serde_json::json!({"id": id, "carrier_id": 1, "fac_id": id, "status": "pending"});
        set(&mut world, Resource::Carrierfac, link);
    }
    let queue = staff::queue(&world.people, &world.registry);
    assert_eq!(queue.rows, [(Resource::Carrierfac, 2)], "the first is decided by the admin of organization 1");
    let card = staff::described(&world.people, &world.registry, &queue.rows).pop().expect("a card");
    assert_eq!((card.name.as_str(), card.org), ("Waves – Hall 2", Some(OrgId::new(2))));
    let effect =
        ApprovalEffect::Approves { resource: Resource::Carrierfac, id: 2, name: "Waves – Hall 2".to_owned() };
    assert_eq!(card.effects, [effect]);
    let nod = |world: &mut JoinWorld, by, id| {
        world.by(by, |context, join_context| {
            staff::approve(context, join_context.registry, Resource::Carrierfac, id).map(|planned| ((), planned))
        })
    };
    assert_eq!(message(nod(&mut world, 9, 1)), "This is no longer in the queue.");
    assert!(message(nod(&mut world, 2, 2)).starts_with("Only staff of the registry"));
    nod(&mut world, 9, 2).expect("approved");
    let status = |id| world.status(Resource::Carrierfac, id);
    assert_eq!((status(1), status(2)), ("pending", "ok"));
    assert_eq!(staff::queue(&world.people, &world.registry).rows.len(), 0);
}

#[test]
fn nobody_waits_for_an_answer_longer_than_ninety_days() {
    let mut world = JoinWorld::new();
    ask(&mut world, 3, "", "1");
    assert!(deciding::unanswered(&world.people, NOW + 89 * DAY).is_empty());
    let steps = deciding::unanswered(&world.people, NOW + 90 * DAY);
    world.steps(&steps);
    assert_eq!((steps.len(), world.applications()), (1, 0));
}

#[test]
fn the_last_admin_stays_until_somebody_else_is_one() {
    let mut world = JoinWorld::new();
    let hint = "This is the last admin of the organization: make someone else an admin first. \
                Nobody else belongs to it: invite somebody, or ask the registry's staff to take it back.";
    let remove =
        |context: &AccessContext<'_>| members::remove(context, OrgId::new(1), UserId::new(1)).map(|steps| ((), steps));
    let demote =
        |context: &AccessContext<'_>| members::set_rank(context, OrgId::new(1), UserId::new(1), MemberRole::Member);
    assert_eq!(message(world.record(1, remove)), hint);
    assert_eq!(message(world.record(1, demote)), hint);
    world.member(1, 3, MemberRole::Admin);
    world.record(1, remove).expect("another is there");
    assert_eq!(world.rank(1, 1), None);
}

#[test]
fn rights_in_one_organization_leave_those_in_others_whose_number_begins_alike() {
    let mut world = JoinWorld::new();
    for org in [1, 10] {
        world.member(org, 5, MemberRole::Member);
        let mut member = Member::clone(world.people.member(OrgId::new(org), UserId::new(5)).expect("there"));
        member.grants = [(format!("peeringdb.organization.{org}.network"), 15)].into();
        world.put(&member);
    }
    world
        .record(1, |context| {
            members::set_grants(context, OrgId::new(1), UserId::new(5), peerage_access::records::PermissionRules::new())
        })
        .expect("cleared");
    assert!(world.people.member(OrgId::new(1), UserId::new(5)).expect("there").grants.is_empty());
    assert_eq!(world.people.member(OrgId::new(10), UserId::new(5)).expect("there").grants.len(), 1);
    world
        .record(1, |context| members::remove(context, OrgId::new(1), UserId::new(5)).map(|steps| ((), steps)))
        .expect("removed");
    assert_eq!(world.people.member(OrgId::new(10), UserId::new(5)).expect("there").grants.len(), 1);
}

#[test]
fn a_person_with_the_rank_queue_decides_what_is_in_the_queue_and_nothing_else() {
    let mut world = JoinWorld::new();
    world.put(&User { staff: Some(StaffRank::Queue), ..person(4) });
    world.put(&User { staff: Some(StaffRank::Support), ..person(5) });
    let there = ask(&mut world, 3, "", "1");
    assert_eq!(message(approve(&mut world, 4, ReviewAuthority::Staff, there)), "Request not found", "it has an admin");
    assert_eq!(message(deny(&mut world, 5, ReviewAuthority::Staff, there)), "Request not found");
    let own = ask(&mut world, 4, "", "2");
    let text = message(approve(&mut world, 4, ReviewAuthority::Staff, own));
    assert_eq!(text, "You cannot decide about your own request.");
    deny(&mut world, 5, ReviewAuthority::Staff, own).expect("denied");
    let owner = ask(&mut world, 3, "", "2");
    approve(&mut world, 4, ReviewAuthority::Staff, owner).expect("approved");
    assert_eq!(world.rank(2, 3), Some(MemberRole::Admin));
    // Admins decide what is not in the queue, too.
    approve(&mut world, 9, ReviewAuthority::Staff, there).expect("approved");
}
