//! Asking for a place, and for an organization that nobody sees to.

use peerage_access::AccessError;
use peerage_access::acts::joining::{self, JoinWish, PENDING_MAX};
use peerage_access::records::{ApplicationState, Policy, Rank};
use peerage_registry::rules::{Lookup, Registration};
use peerage_schema::Resource;

use crate::world::{World, told};

fn wish(asn: &str, org: &str) -> JoinWish {
    JoinWish { asn: asn.to_owned(), org: org.to_owned() }
}

fn ask(world: &mut World, user: u32, asn: &str, org: &str) -> Result<joining::Asked, AccessError> {
    world.by(user, |desk, ground| joining::ask(desk, ground, &wish(asn, org)))
}

#[test]
fn a_wish_that_makes_no_sense_is_refused_in_the_words_that_clients_know() {
    let deleted = "Unable to affiliate as this organization has been deleted. Please reach out to PeeringDB support if \
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
        let mut world = World::new();
        assert_eq!(told(ask(&mut world, 3, asn, org)), expected, "{asn:?} {org:?}");
        assert_eq!(world.applications(), 0);
    }
    let mut world = World::new();
    let both = ask(&mut world, 3, "", "").map(|_| ());
    assert!(matches!(both, Err(AccessError::Fields(fields)) if fields.len() == 2), "on both keys");
}

#[test]
fn admins_decide_where_there_are_some() {
    for (asn, org) in [("63310", ""), ("AS63310", "1"), ("", "1"), ("", "one")] {
        let mut world = World::new();
        let asked = ask(&mut world, 3, asn, org).expect("asked");
        assert_eq!((asked.state, asked.org), (ApplicationState::Pending, Some(1)), "{asn:?} {org:?}");
        assert_eq!(joining::waiting_at(&world.people, 1).count(), 1);
    }
}

#[test]
fn only_a_confirmed_address_of_the_domains_counts() {
    let domains = |domains: &[&str], below| Policy {
        email_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        email_subdomains: below,
        ..Policy::unset(1)
    };
    for (policy, expected) in [
        (domains(&["org3.example"], false), ApplicationState::Denied),
        (domains(&["home.example"], false), ApplicationState::Pending),
        (domains(&["example"], false), ApplicationState::Denied),
        (domains(&["example"], true), ApplicationState::Pending),
        (domains(&["ome.example"], true), ApplicationState::Denied),
    ] {
        let mut world = World::new();
        world.demand(&policy);
        let asked = ask(&mut world, 3, "", "1").expect("asked");
        assert_eq!(asked.state, expected, "{policy:?}");
        let note = asked.application.expect("kept").note;
        assert_eq!(note.contains(&policy.email_domains.join(", ")), expected == ApplicationState::Denied);
    }
}

#[test]
fn the_same_is_asked_for_once_and_no_more_than_five_wait() {
    let mut world = World::new();
    ask(&mut world, 3, "", "1").expect("asked");
    let double = "You already requested affiliation to this ASN/org";
    for (asn, org) in [("63310", ""), ("", "1"), ("", "One")] {
        assert_eq!(told(ask(&mut world, 3, asn, org)), double);
    }
    assert_eq!(world.applications(), 1, "a double submit leaves one");
    ask(&mut world, 3, "", "Nobody knows it").expect("asked");
    assert_eq!(told(ask(&mut world, 3, "", "NOBODY knows it")), double);
    for number in 2..PENDING_MAX {
        ask(&mut world, 3, "", &format!("Name {number}")).expect("asked");
    }
    let text = told(ask(&mut world, 3, "", "Another"));
    assert!(text.starts_with("You have too many affiliation requests pending"), "{text}");
    assert!(ask(&mut world, 4, "", "1").is_ok(), "others are not touched");
    assert_eq!(told(ask(&mut world, 1, "", "1")), "You are already affiliated with this organization.");
}

#[test]
fn what_was_denied_or_taken_back_goes_with_the_next_request() {
    let mut world = World::new();
    let asked = ask(&mut world, 3, "", "1").expect("asked");
    let id = asked.application.expect("kept").id;
    assert_eq!(told(world.record(4, |desk| joining::cancel(desk, id))), "Request not found", "only one's own");
    world.record(3, |desk| joining::cancel(desk, id)).expect("taken back");
    assert_eq!(told(world.record(3, |desk| joining::cancel(desk, id))), "Request not found");
    assert_eq!(world.applications(), 1, "it is still shown");
    ask(&mut world, 3, "", "1").expect("asked again");
    assert_eq!(world.applications(), 1);
}

#[test]
fn whoever_stands_in_the_registration_is_the_first_admin() {
    for (mails, expected) in [
        (&["USER3@home.example"][..], ApplicationState::Approved),
        (&["user3@org3.example"][..], ApplicationState::Pending),
        (&[][..], ApplicationState::Pending),
    ] {
        let mut world = World::new();
        assert!(matches!(ask(&mut world, 3, "63311", ""), Err(AccessError::Needs(Lookup::Autnum(63311)))));
        world.registered(mails);
        let asked = ask(&mut world, 3, "63311", "").expect("asked");
        assert_eq!((asked.state, asked.org), (expected, Some(2)), "{mails:?}");
        let is_admin = expected == ApplicationState::Approved;
        assert_eq!(world.rank(2, 3), is_admin.then_some(Rank::Admin));
        assert_eq!(world.people.user(3).expect("there").verified, is_admin);
        assert_eq!(world.applications(), usize::from(!is_admin));
    }
}

#[test]
fn a_number_proves_nothing_about_an_organization_that_it_does_not_belong_to() {
    let mut world = World::new();
    world.registered(&["user3@home.example"]);
    let asked = ask(&mut world, 3, "63311", "4").expect("asked");
    assert_eq!((asked.state, asked.org), (ApplicationState::Pending, Some(4)));
    let asked = ask(&mut world, 3, "2914", "2").expect("asked");
    assert_eq!((asked.state, asked.org), (ApplicationState::Pending, Some(2)));
    assert_eq!((world.rank(2, 3), world.rank(4, 3)), (None, None));
}

#[test]
fn a_number_that_nobody_has_registered_makes_an_organization_and_a_network() {
    let mut world = World::new();
    world.registered(&["user3@home.example"]);
    let asked = ask(&mut world, 3, "AS2914", "").expect("asked");
    let org = asked.org.expect("made");
    assert_eq!((asked.state, world.rank(org, 3)), (ApplicationState::Approved, Some(Rank::Admin)));
    assert_eq!(world.status(Resource::Org, org), "ok");
    let net = world.registry.net_by_asn(2914).expect("made");
    assert_eq!(world.status(Resource::Net, net), "ok");
    let name = Resource::Org.table().at("name");
    assert_eq!(world.registry.row(Resource::Org, org).expect("made").text(name), Some("Holder Networks"));

    let mut world = World::new();
    world.registered(&["noc@other.example"]);
    let asked = ask(&mut world, 3, "2914", "Own name").expect("asked");
    let org = asked.org.expect("made");
    assert_eq!((asked.state, world.rank(org, 3)), (ApplicationState::Pending, None));
    assert_eq!(world.status(Resource::Org, org), "pending");
    assert_eq!(world.registry.row(Resource::Org, org).expect("made").text(name), Some("Own name"));
    assert_eq!(told(ask(&mut world, 3, "2914", "")), "You already requested affiliation to this ASN/org");
    // Whoever is proven later comes in at once, and what waits is live then.
    world.registered(&["user4@home.example"]);
    let asked = ask(&mut world, 4, "2914", "").expect("asked");
    assert_eq!((asked.state, asked.org), (ApplicationState::Approved, Some(org)));
    assert_eq!(world.status(Resource::Org, org), "ok");

    for (registration, expected) in [
        (Registration::Unassigned, "asn: This ASN is not assigned by any RIR"),
        (Registration::Refused("no such thing".to_owned()), "asn: no such thing"),
        (
            Registration::Unavailable,
            "asn: Unable to retrieve RDAP data. If the issue persists, please contact support@x.example.",
        ),
    ] {
        let mut world = World::new();
        world.outside.autnum = Some(registration);
        assert_eq!(told(ask(&mut world, 3, "2914", "")), expected);
        assert_eq!(world.registry.net_by_asn(2914), None);
    }
}

#[test]
fn a_deleted_network_comes_back_for_whoever_speaks_for_it_alone() {
    let mut world = World::new();
    world.registered(&["noc@other.example"]);
    let asked = ask(&mut world, 3, "63312", "").expect("asked");
    assert_eq!(asked.state, ApplicationState::Denied);
    assert_eq!(world.status(Resource::Net, 4), "deleted");
    world.registered(&["user3@home.example"]);
    let asked = ask(&mut world, 3, "63312", "").expect("asked");
    assert_eq!((asked.state, world.rank(4, 3)), (ApplicationState::Approved, Some(Rank::Admin)));
    assert_eq!(world.status(Resource::Net, 4), "ok");
}

#[test]
fn a_claim_is_looked_at_again_when_an_address_was_confirmed() {
    let mut world = World::new();
    world.registered(&["user3@org3.example"]);
    let asked = ask(&mut world, 3, "63311", "").expect("asked");
    let id = asked.application.expect("kept").id;
    assert_eq!(joining::claims(&world.people, 3), [id]);
    let is_proven = world.by(3, |desk, ground| joining::prove(desk, ground, id)).expect("looked at");
    assert!(!is_proven && world.rank(2, 3).is_none());
    let mut user = peerage_access::records::User::clone(world.people.user(3).expect("there"));
    user.emails[1].verified = true;
    world.put(&user);
    let is_proven = world.by(3, |desk, ground| joining::prove(desk, ground, id)).expect("looked at");
    assert!(is_proven);
    assert_eq!((world.rank(2, 3), world.applications()), (Some(Rank::Admin), 0));
}

#[test]
fn an_organization_without_admins_can_be_asked_for() {
    let own =
        |world: &mut World, user, org| world.by(user, |desk, ground| joining::ask_for_ownership(desk, ground, org));
    let mut world = World::new();
    world.registered(&[]);
    assert_eq!(told(own(&mut world, 3, 99)), "Organization does not exist");
    assert_eq!(told(own(&mut world, 3, 3)), "Organization does not exist");
    assert_eq!(told(own(&mut world, 3, 1)), "Organization 'One' is already under ownership");
    let mut nobody = crate::world::person(4);
    nobody.emails[0].verified = false;
    world.put(&nobody);
    assert_eq!(told(own(&mut world, 4, 2)), "Only verified users may request ownership to an organization");
    assert_eq!(own(&mut world, 3, 2).expect("asked").state, ApplicationState::Pending);
    assert_eq!(told(own(&mut world, 3, 2)), "You already have an ownership request pending for this organization");
    world.registered(&["user5@home.example"]);
    assert_eq!(own(&mut world, 5, 2).expect("asked").state, ApplicationState::Approved);
    assert_eq!(world.rank(2, 5), Some(Rank::Admin));
}

#[test]
fn a_website_speaks_for_whoever_has_an_address_of_its_domain() {
    let world = World::new();
    let mut user = crate::world::person(2);
    assert!(!joining::matches_domain(&world.registry, 2, &user), "it is not confirmed");
    user.emails[1].verified = true;
    assert!(joining::matches_domain(&world.registry, 2, &user));
    assert!(!joining::matches_domain(&world.registry, 1, &user));
}
