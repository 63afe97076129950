//! Applying for membership, and for an organization without an admin.

use peerage_access::acts::deciding::{self, ReviewAuthority};
use peerage_access::acts::joining::{self, JoinRequest, PENDING_MAX, TAKEN_BACK_MAX};
use peerage_access::records::{ApplicationState, Key, MemberRole, Policy};
use peerage_access::{AccessError, KeyKind};
use peerage_registry::ids::{KeyId, OrgId, UserId};
use peerage_registry::moment::DAY;
use peerage_registry::rules::{FactLookup, NumberRegistration};
use peerage_schema::Resource;

use crate::joining::world::{JoinWorld, message};

fn input(asn: &str, org: &str) -> JoinRequest {
    JoinRequest { asn: asn.to_owned(), org: org.to_owned() }
}

fn ask(world: &mut JoinWorld, user: u32, asn: &str, org: &str) -> Result<joining::JoinOutcome, AccessError> {
    world.by(user, |context, join_context| joining::request(context, join_context, &input(asn, org)))
}

#[test]
fn a_wish_that_makes_no_sense_is_refused_in_the_words_that_clients_know() {
    let deleted = "Unable to affiliate as this organization has been deleted. Please reach out to support@x.example if \
                   you wish to resolve this.";
    for (asn, org, expected) in [
        ("", "", "Either ASN or Organization required"),
        ("0", "0", "Either ASN or Organization required"),
        ("abc", "", "asn: ASN needs to be a number"),
        ("99999999999", "", "asn: ASN needs to be a number"),
        ("", "3", deleted),
        ("", "Three", deleted),
        ("AS 64512", "", "asn: ASNs in this range are private or reserved"),
        ("23456", "1", "asn: ASNs in this range are private or reserved"),
        ("", "Two  words", "org: Name cannot contain consecutive whitespace characters."),
    ] {
        let mut world = JoinWorld::new();
        assert_eq!(message(ask(&mut world, 3, asn, org)), expected, "{asn:?} {org:?}");
        assert_eq!(world.applications(), 0);
    }
    let mut world = JoinWorld::new();
    let both = ask(&mut world, 3, "", "").map(|_| ());
    assert!(matches!(both, Err(AccessError::Fields(fields)) if fields.len() == 2), "on both keys");
}

#[test]
fn admins_decide_where_there_are_some() {
    for (asn, org) in [("63310", ""), ("AS63310", "1"), ("", "1"), ("", "one")] {
        let mut world = JoinWorld::new();
        let wanted = ask(&mut world, 3, asn, org).expect("asked");
        assert_eq!((wanted.state, wanted.org), (ApplicationState::Pending, Some(OrgId::new(1))), "{asn:?} {org:?}");
        assert_eq!(joining::waiting_at(&world.people, OrgId::new(1)).count(), 1);
    }
}

#[test]
fn only_a_confirmed_address_of_the_domains_counts() {
    let domains = |domains: &[&str], below| Policy {
        email_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        email_subdomains: below,
        ..Policy::unset(OrgId::new(1))
    };
    for (policy, expected) in [
        (domains(&["org3.example"], false), ApplicationState::Denied),
        (domains(&["home.example"], false), ApplicationState::Pending),
        (domains(&["example"], false), ApplicationState::Denied),
        (domains(&["example"], true), ApplicationState::Pending),
        (domains(&["ome.example"], true), ApplicationState::Denied),
    ] {
        let mut world = JoinWorld::new();
        world.demand(&policy);
        let wanted = ask(&mut world, 3, "", "1").expect("asked");
        assert_eq!(wanted.state, expected, "{policy:?}");
        let note = wanted.application.expect("kept").note;
        assert_eq!(note.contains(&policy.email_domains.join(", ")), expected == ApplicationState::Denied);
    }
}

#[test]
fn the_same_is_asked_for_once_and_no_more_than_five_wait() {
    let mut world = JoinWorld::new();
    ask(&mut world, 3, "", "1").expect("asked");
    let double = "You already requested affiliation to this ASN/org";
    for (asn, org) in [("63310", ""), ("", "1"), ("", "One")] {
        assert_eq!(message(ask(&mut world, 3, asn, org)), double);
    }
    assert_eq!(world.applications(), 1, "a double submit leaves one");
    ask(&mut world, 3, "", "Nobody knows it").expect("asked");
    assert_eq!(message(ask(&mut world, 3, "", "NOBODY knows it")), double);
    for number in 2..PENDING_MAX {
        ask(&mut world, 3, "", &format!("Name {number}")).expect("asked");
    }
    let text = message(ask(&mut world, 3, "", "Another"));
    assert!(text.starts_with("You have too many affiliation requests pending"), "{text}");
    assert!(ask(&mut world, 4, "", "1").is_ok(), "others are not touched");
    assert_eq!(message(ask(&mut world, 1, "", "1")), "You are already affiliated with this organization.");
}

#[test]
fn what_was_denied_or_taken_back_goes_with_the_next_request() {
    let mut world = JoinWorld::new();
    let wanted = ask(&mut world, 3, "", "1").expect("asked");
    let id = wanted.application.expect("kept").id;
    assert_eq!(
        message(world.by(4, |context, join_context| joining::cancel(context, join_context, id))),
        "Request not found",
        "only one's own"
    );
    world.by(3, |context, join_context| joining::cancel(context, join_context, id)).expect("taken back");
    assert_eq!(
        message(world.by(3, |context, join_context| joining::cancel(context, join_context, id))),
        "Request not found"
    );
    assert_eq!(world.applications(), 1, "it is still shown");
    world.now += DAY;
    ask(&mut world, 3, "", "1").expect("asked again");
    assert_eq!(world.applications(), 1);
}

#[test]
fn n08_what_was_taken_back_is_not_asked_for_again_within_a_day() {
    let mut world = JoinWorld::new();
    for number in 0..TAKEN_BACK_MAX {
        let name = if number == 0 { "1".to_owned() } else { format!("Name {number}") };
        let id = ask(&mut world, 3, "", &name).expect("asked").application.expect("kept").id;
        world.by(3, |context, join_context| joining::cancel(context, join_context, id)).expect("taken back");
        if number + 1 < TAKEN_BACK_MAX {
            let text = message(ask(&mut world, 3, "", &name));
            assert!(text.starts_with("You canceled a request for this"), "{text}");
        }
    }
    let text = message(ask(&mut world, 3, "", "Another"));
    assert!(text.starts_with("You have canceled too many requests today."), "{text}");
    assert!(ask(&mut world, 4, "", "1").is_ok(), "others are not touched");
}

#[test]
fn n03_a_proven_number_gives_its_network_alone() {
    for (mails, expected) in [
        (&["USER3@home.example"][..], ApplicationState::Approved),
        (&["user3@org3.example"][..], ApplicationState::Pending),
        (&[][..], ApplicationState::Pending),
    ] {
        let mut world = JoinWorld::new();
        assert!(matches!(ask(&mut world, 3, "63311", ""), Err(AccessError::Needs(FactLookup::Autnum(63311)))));
        world.registered(mails);
        let wanted = ask(&mut world, 3, "63311", "").expect("asked");
        assert_eq!(wanted.state, expected, "{mails:?}");
        let is_proven = expected == ApplicationState::Approved;
        assert_eq!(world.rank(2, 3), None, "the former organization is not theirs");
        assert_eq!(world.people.user(UserId::new(3)).expect("there").verified, is_proven);
        assert_eq!(world.applications(), usize::from(!is_proven));
        let org = wanted.org.expect("one");
        assert_eq!((org == OrgId::new(2), world.rank(org.get(), 3).is_some()), (!is_proven, is_proven));
        assert_eq!((world.org_of_net(2), world.status(Resource::Net, 2)), (org.get(), "ok"));
        assert_eq!(world.name(Resource::Net, 2), "Net 2", "a live network keeps what it has");
        assert_eq!(world.status(Resource::Org, 2), "ok");
    }
}

#[test]
fn n03_a_live_network_of_an_organization_with_admins_is_never_seized() {
    let mut world = JoinWorld::new();
    world.registered(&["user3@home.example"]);
    let wanted = ask(&mut world, 3, "63310", "").expect("asked");
    assert_eq!((wanted.state, wanted.org, world.org_of_net(1)), (ApplicationState::Pending, Some(OrgId::new(1)), 1));
    assert_eq!(world.rank(1, 3), None);
    // Nor by giving one's own organization, nor by a claim that is reviewed again.
    let wanted = ask(&mut world, 2, "63310", "10");
    assert_eq!(message(wanted), "You are already affiliated with this organization.");
    let id = joining::claims(&world.people, UserId::new(3))[0];
    assert!(!world.by(3, |context, join_context| joining::prove(context, join_context, id)).expect("looked at"));
    assert_eq!(world.org_of_net(1), 1);
}

#[test]
fn n03_the_holder_picks_an_organization_of_their_own() {
    let mut world = JoinWorld::new();
    world.registered(&[]);
    let text = message(ask(&mut world, 2, "63311", "10"));
    assert_eq!(text, "asn: No confirmed address of the person stands in the registration of the AS number.");
    world.registered(&["user2@home.example"]);
    for (asn, net) in [("63311", 2), ("63312", 4)] {
        let wanted = ask(&mut world, 2, asn, "Ten").expect("asked");
        assert_eq!(
            (wanted.state, wanted.org, world.org_of_net(net)),
            (ApplicationState::Approved, Some(OrgId::new(10)), 10)
        );
        assert_eq!(world.status(Resource::Net, net), "ok");
    }
    let wanted = ask(&mut world, 2, "2914", "10").expect("asked");
    assert_eq!((wanted.state, wanted.org), (ApplicationState::Approved, Some(OrgId::new(10))));
    assert_eq!(world.registry.net_by_asn(2914).map(|net| world.org_of_net(net)), Some(10));
    assert_eq!((world.rank(2, 2), world.rank(4, 2)), (None, None));
    // The request goes to someone else's organization, as always.
    let wanted = ask(&mut world, 4, "63311", "1").expect("asked");
    assert_eq!((wanted.state, wanted.org), (ApplicationState::Pending, Some(OrgId::new(1))));
}

#[test]
fn n03_a_suggested_number_is_taken_over_and_its_collection_stays_nobodys() {
    let mut world = JoinWorld::new();
    let suggestions = world.suggest(2914);
    let net = world.registry.net_by_asn(2914).expect("suggested");
    world.registered(&["noc@other.example"]);
    let wanted = ask(&mut world, 3, "2914", "").expect("asked");
    assert_eq!((wanted.state, wanted.org), (ApplicationState::Pending, None), "staff decide about the network");
    let id = wanted.application.expect("kept").id;
    for (asn, org) in [("", "Suggested Entities"), ("63311", "Suggested Entities")] {
        assert!(message(ask(&mut world, 4, asn, org)).starts_with("This organization collects suggestions"));
    }
    let own =
        world.by(4, |context, join_context| joining::ask_for_ownership(context, join_context, OrgId::new(suggestions)));
    assert!(message(own).starts_with("This organization collects suggestions"));
    // The first to prove it gets it; the other claim comes too late.
    world.registered(&["user4@home.example"]);
    let wanted = ask(&mut world, 4, "2914", "").expect("asked");
    let org = wanted.org.expect("made");
    assert_eq!((wanted.state, world.rank(org.get(), 4)), (ApplicationState::Approved, Some(MemberRole::Admin)));
    assert_eq!((world.org_of_net(net), world.status(Resource::Net, net)), (org.get(), "ok"));
    assert_eq!(world.name(Resource::Net, net), "Holder Networks", "what strangers wrote is gone");
    assert_eq!(world.name(Resource::Org, org.get()), "Holder Networks");
    assert_eq!((world.rank(suggestions, 4), world.status(Resource::Org, suggestions)), (None, "ok"));
    let late =
        world.by(9, |context, join_context| deciding::approve(context, join_context, ReviewAuthority::Staff, id));
    assert_eq!(message(late), "Request not found");
    assert_eq!(world.people.application(id).map(|one| one.state), Some(ApplicationState::Denied));
    assert_eq!((world.rank(suggestions, 3), world.org_of_net(net)), (None, org.get()));
    // A decision of staff replaces the proof, and also gives the network only.
    let mut world = JoinWorld::new();
    world.suggest(2914);
    world.registered(&[]);
    let id = ask(&mut world, 3, "2914", "").expect("asked").application.expect("kept").id;
    world
        .by(9, |context, join_context| deciding::approve(context, join_context, ReviewAuthority::Staff, id))
        .expect("approved");
    let org = world.org_of_net(net);
    assert_eq!((world.rank(org, 3), world.rank(suggestions, 3)), (Some(MemberRole::Admin), None));
    assert_eq!((world.status(Resource::Net, net), world.applications()), ("ok", 0));
}

#[test]
fn n03_a_suggestion_is_also_proved_by_an_address_that_is_confirmed_later() {
    let mut world = JoinWorld::new();
    world.suggest(2914);
    world.registered(&["user3@org3.example"]);
    let id = ask(&mut world, 3, "2914", "").expect("asked").application.expect("kept").id;
    let mut user = peerage_access::records::User::clone(world.people.user(UserId::new(3)).expect("there"));
    user.emails[1].verified = true;
    world.put(&user);
    assert!(world.by(3, |context, join_context| joining::prove(context, join_context, id)).expect("looked at"));
    let net = world.registry.net_by_asn(2914).expect("there");
    assert_eq!(world.rank(world.org_of_net(net), 3), Some(MemberRole::Admin));
}

#[test]
fn n03_rights_that_the_former_organization_gave_on_the_network_end() {
    let mut world = JoinWorld::new();
    world.member(2, 5, MemberRole::Member);
    let mut member =
        peerage_access::records::Member::clone(world.people.member(OrgId::new(2), UserId::new(5)).expect("there"));
    let on = |org: u32, tail: &str| (format!("peeringdb.organization.{org}.{tail}"), 15);
    member.grants = [on(2, "network.2"), on(2, "network.2.poc_set.private"), on(2, "network.22")].into();
    world.put(&member);
    let key = |id, org, tail: &str| Key {
        id,
        public: format!("key{id}"),
        org: Some(org),
        grants: Some([on(org.get(), tail)].into()),
        ..Key::blank(KeyKind::Org, world.now)
    };
    for key in [
        key(KeyId::new(1), OrgId::new(2), "network.2"),
        key(KeyId::new(2), OrgId::new(10), "network.2"),
        key(KeyId::new(3), OrgId::new(2), "network"),
    ] {
        world.put(&key);
    }
    world.registered(&["user3@home.example"]);
    ask(&mut world, 3, "63311", "").expect("asked");
    let kept: Vec<&String> = world.people.member(OrgId::new(2), UserId::new(5)).expect("there").grants.keys().collect();
    assert_eq!(kept, ["peeringdb.organization.2.network.22"]);
    let left = |id| world.people.key_by_id(id).expect("there").key.grants.as_ref().map(std::collections::BTreeMap::len);
    assert_eq!(
        (left(KeyId::new(1)), left(KeyId::new(2)), left(KeyId::new(3))),
        (Some(0), Some(0), Some(1)),
        "a rule about all networks names none"
    );
}

#[test]
fn a_number_proves_nothing_about_an_organization_that_it_does_not_belong_to() {
    let mut world = JoinWorld::new();
    world.registered(&["user3@home.example"]);
    let wanted = ask(&mut world, 3, "63311", "4").expect("asked");
    assert_eq!((wanted.state, wanted.org), (ApplicationState::Pending, Some(OrgId::new(4))));
    let wanted = ask(&mut world, 3, "2914", "2").expect("asked");
    assert_eq!((wanted.state, wanted.org), (ApplicationState::Pending, Some(OrgId::new(2))));
    assert_eq!((world.rank(2, 3), world.rank(4, 3)), (None, None));
}

#[test]
fn a_number_that_nobody_has_registered_makes_an_organization_and_a_network() {
    let mut world = JoinWorld::new();
    world.registered(&["user3@home.example"]);
    let wanted = ask(&mut world, 3, "AS2914", "").expect("asked");
    let org = wanted.org.expect("made");
    assert_eq!((wanted.state, world.rank(org.get(), 3)), (ApplicationState::Approved, Some(MemberRole::Admin)));
    assert_eq!(world.status(Resource::Org, org.get()), "ok");
    let net = world.registry.net_by_asn(2914).expect("made");
    assert_eq!(world.status(Resource::Net, net), "ok");
    let name = Resource::Org.table().column("name");
    assert_eq!(world.registry.row(Resource::Org, org.get()).expect("made").text(name), Some("Holder Networks"));

    // A claim that is not proved creates nothing, since the number may be mistyped.
    let mut world = JoinWorld::new();
    world.registered(&["noc@other.example"]);
    let wanted = ask(&mut world, 3, "2914", "Own name").expect("asked");
    let kept = wanted.application.expect("kept");
    assert_eq!((wanted.state, kept.org, kept.asn), (ApplicationState::Pending, None, Some(2914)));
    assert_eq!((kept.org_name.as_str(), world.registry.net_by_asn(2914)), ("Own name", None), "i12_15");
    assert_eq!(message(ask(&mut world, 3, "2914", "")), "You already requested affiliation to this ASN/org");
    // The person who proves it gets the network in an organization with the registered name, and the other claim ends.
    world.registered(&["user4@home.example"]);
    let wanted = ask(&mut world, 4, "2914", "").expect("asked");
    let own = wanted.org.expect("made");
    assert_eq!((wanted.state, world.name(Resource::Org, own.get())), (ApplicationState::Approved, "Holder Networks"));
    assert_eq!(world.status(Resource::Org, own.get()), "ok");
    assert_eq!(joining::claims(&world.people, UserId::new(3)), []);
    // What the registration says about a block or a reserved number is for staff.
    for (registration, note) in [
        (
            NumberRegistration::Block { first: 2900, last: 2999, mails: Vec::new() },
            "The registration covers the block AS2900 to AS2999",
        ),
        (NumberRegistration::Reserved, "The registry of AS numbers keeps this number reserved."),
    ] {
        let mut world = JoinWorld::new();
        world.outside.autnum = Some(registration);
        let wanted = ask(&mut world, 3, "2914", "").expect("asked");
        let kept = wanted.application.expect("kept");
        assert!(kept.note.starts_with(note) && kept.state == ApplicationState::Pending, "i12_03: {}", kept.note);
    }

    // Someone who is named in a block holds it.
    let mut world = JoinWorld::new();
    let mails = vec!["user3@home.example".to_owned()];
    world.outside.autnum = Some(NumberRegistration::Block { first: 2900, last: 2999, mails });
    assert_eq!(ask(&mut world, 3, "2914", "").expect("asked").state, ApplicationState::Approved, "i12_03");

    for (registration, expected) in [
        (NumberRegistration::Unassigned, "asn: This ASN is not assigned by any RIR"),
        (NumberRegistration::Refused("no such thing".to_owned()), "asn: no such thing"),
        (
            NumberRegistration::Unavailable,
            "asn: Unable to retrieve RDAP data. If the issue persists, please contact support@x.example.",
        ),
    ] {
        let mut world = JoinWorld::new();
        world.outside.autnum = Some(registration);
        assert_eq!(message(ask(&mut world, 3, "2914", "")), expected);
        assert_eq!(world.registry.net_by_asn(2914), None);
    }
}

#[test]
fn n03_a_deleted_network_comes_back_for_whoever_proves_its_number_and_nothing_else_does() {
    let mut world = JoinWorld::new();
    world.registered(&["noc@other.example"]);
    let wanted = ask(&mut world, 3, "63312", "").expect("asked");
    assert_eq!(wanted.state, ApplicationState::Denied);
    assert_eq!(world.status(Resource::Net, 4), "deleted");
    world.registered(&["user3@home.example"]);
    let wanted = ask(&mut world, 3, "63312", "").expect("asked");
    let org = wanted.org.expect("made");
    assert_eq!(
        (wanted.state, world.rank(4, 3), world.rank(org.get(), 3)),
        (ApplicationState::Approved, None, Some(MemberRole::Admin))
    );
    assert_eq!((world.status(Resource::Net, 4), world.org_of_net(4)), ("ok", org.get()));
    assert_eq!(world.name(Resource::Net, 4), "Holder Networks");
    // Neither the admins of the former organization nor its deletion prevent this.
    for delete_org in [false, true] {
        let mut world = JoinWorld::new();
        world.member(4, 1, MemberRole::Admin);
        if delete_org {
            world.set_status(Resource::Org, 4, "deleted");
        }
        world.registered(&["user3@home.example"]);
        let wanted = ask(&mut world, 3, "63312", "").expect("asked");
        let org = wanted.org.expect("made");
        assert_eq!((wanted.state, world.org_of_net(4)), (ApplicationState::Approved, org.get()), "{delete_org}");
        assert_eq!((org > OrgId::new(10), world.rank(4, 3)), (true, None), "{delete_org}");
    }
    // An admin moves the network of their own organization back to it.
    let mut world = JoinWorld::new();
    world.member(4, 3, MemberRole::Admin);
    world.registered(&["user3@home.example"]);
    let wanted = ask(&mut world, 3, "63312", "").expect("asked");
    assert_eq!((wanted.org, world.org_of_net(4), world.status(Resource::Net, 4)), (Some(OrgId::new(4)), 4, "ok"));
}

#[test]
fn a_claim_is_looked_at_again_when_an_address_was_confirmed() {
    let mut world = JoinWorld::new();
    world.registered(&["user3@org3.example"]);
    let wanted = ask(&mut world, 3, "63311", "").expect("asked");
    let id = wanted.application.expect("kept").id;
    assert_eq!(joining::claims(&world.people, UserId::new(3)), [id]);
    let is_proven = world.by(3, |context, join_context| joining::prove(context, join_context, id)).expect("looked at");
    assert!(!is_proven && world.rank(2, 3).is_none());
    let mut user = peerage_access::records::User::clone(world.people.user(UserId::new(3)).expect("there"));
    user.emails[1].verified = true;
    world.put(&user);
    let is_proven = world.by(3, |context, join_context| joining::prove(context, join_context, id)).expect("looked at");
    assert!(is_proven);
    let org = world.org_of_net(2);
    assert_eq!((world.rank(2, 3), world.rank(org, 3), world.applications()), (None, Some(MemberRole::Admin), 0));
}

#[test]
fn an_organization_without_admins_can_be_asked_for() {
    let own = |world: &mut JoinWorld, user, org| {
        world.by(user, |context, join_context| joining::ask_for_ownership(context, join_context, org))
    };
    let mut world = JoinWorld::new();
    world.registered(&[]);
    assert_eq!(message(own(&mut world, 3, OrgId::new(99))), "Organization does not exist");
    assert_eq!(message(own(&mut world, 3, OrgId::new(3))), "Organization does not exist");
    assert_eq!(message(own(&mut world, 3, OrgId::new(1))), "Organization 'One' is already under ownership");
    let mut nobody = crate::joining::world::person(4);
    nobody.emails[0].verified = false;
    world.put(&nobody);
    assert_eq!(
        message(own(&mut world, 4, OrgId::new(2))),
        "Only verified users may request ownership to an organization"
    );
    assert_eq!(own(&mut world, 3, OrgId::new(2)).expect("asked").state, ApplicationState::Pending);
    assert_eq!(
        message(own(&mut world, 3, OrgId::new(2))),
        "You already have an ownership request pending for this organization"
    );
    // An AS number proves nothing about the rest of the organization. Staff see that it is proved, and decide.
    world.registered(&["user5@home.example"]);
    let wanted = own(&mut world, 5, OrgId::new(2)).expect("asked");
    assert_eq!((wanted.state, world.rank(2, 5)), (ApplicationState::Pending, None));
    assert!(wanted.application.expect("kept").note.starts_with("A confirmed address of the person stands in"));
}

#[test]
fn a_website_speaks_for_whoever_has_an_address_of_its_domain() {
    let world = JoinWorld::new();
    let mut user = crate::joining::world::person(2);
    assert!(!joining::matches_domain(&world.registry, OrgId::new(2), &user), "it is not confirmed");
    user.emails[1].verified = true;
    assert!(joining::matches_domain(&world.registry, OrgId::new(2), &user));
    assert!(!joining::matches_domain(&world.registry, OrgId::new(1), &user));
}
