//! Recoveries whose addresses or admins change meanwhile, and links that end with them.

use super::*;

/// Removes an address from Ben's account, as its owner would.
fn removed(world: &mut ActsWorld, address: &str) {
    let ben = world.person(BEN);
    let steps = accounts::remove_address(&world.access_context(&ben), address).expect("removed");
    world.take(&steps);
}

#[test]
fn n08_an_address_that_was_removed_speaks_for_no_recovery_and_its_links_end() {
    // While proofs are collected.
    let mut gathering = world();
    begun(&mut gathering);
    proved(&mut gathering, "ben@home.example");
    removed(&mut gathering, "ben@home.example");
    assert_eq!(proved(&mut gathering, "ben@example.net"), RecoveryState::Open, "one is left");
    let mut mailed = gathering.people.tickets().filter(|ticket| ticket.address == "ben@home.example");
    assert!(mailed.all(|ticket| ticket.expires <= gathering.now));
    // During the cool-down: it ends.
    let mut waiting = world();
    begun(&mut waiting);
    proved(&mut waiting, "ben@example.net");
    proved(&mut waiting, "ben@home.example");
    assert!(!is_due(&waiting.people, waiting.now));
    let stop = word(&waiting, TicketPurpose::StopRecovery, "ben@home.example");
    removed(&mut waiting, "ben@home.example");
    let (by, key) = (Principal::anonymous(), waiting.server_key.clone());
    assert!(
        stoppable(&waiting.access_context(&by), &key, &stop).is_err(),
        "a link to an address that is no longer theirs"
    );
    assert!(is_due(&waiting.people, waiting.now));
    let steps = anonymous(&mut waiting, |context| due(context, &NONCES));
    assert_eq!((steps.len(), &steps[0].cause), (1, &Cause::RecoveryLapsed));
    assert_eq!(waiting.people.recoveries().next().expect("kept").state, RecoveryState::Stopped);
    // After the cool-down, before the account is opened: at once, whether or not the timed step has run.
    for gone in ["ben@home.example", "ben@example.net"] {
        let mut ready = world();
        begun(&mut ready);
        proved(&mut ready, "ben@example.net");
        proved(&mut ready, "ben@home.example");
        ready.now += COOL_DOWN;
        anonymous(&mut ready, |context| due(context, &NONCES));
        let links = ["ben@home.example", "ben@example.net"].map(|at| word(&ready, TicketPurpose::FinishRecovery, at));
        assert!(links.iter().all(|link| finishable(&ready.access_context(&by), &key, link).is_ok()));
        let mut ben = User::clone(&ready.user(BEN));
        ben.emails.retain(|email| email.address != gone);
        ready.put(&ben);
        for link in &links {
            assert!(finish(&ready.access_context(&by), &key, link, "new".to_owned()).is_err(), "{gone}");
        }
    }
}

#[test]
fn n08_an_admin_who_is_none_any_more_speaks_for_no_recovery() {
    let mut world = world();
    begun(&mut world);
    proved(&mut world, "ben@example.net");
    let ann = world.person(ANN);
    let (_, steps) = vouch(&world.access_context(&ann), BEN, ORG, None, &NONCES).expect("vouched");
    world.take(&steps);
    assert!(!is_due(&world.people, world.now));
    let member = Member::clone(world.people.member(ORG, ANN).expect("there"));
    world.put(&Member { rank: crate::records::MemberRole::Member, ..member });
    let by = Principal::anonymous();
    assert_eq!(due(&world.access_context(&by), &NONCES)[0].cause, Cause::RecoveryLapsed);
    let stop = word(&world, TicketPurpose::StopRecovery, "ann@example.net");
    assert!(stoppable(&world.access_context(&by), &world.server_key, &stop).is_err(), "nor stops it");
}

#[test]
fn n08_a_reset_link_works_only_under_the_password_and_address_of_its_request() {
    let mut world = world();
    world.put(&Password { id: BEN, hash: "old".to_owned(), changed: world.now });
    let (by, key, browser) = (Principal::anonymous(), world.server_key.clone(), marked("mark"));
    let ask = |world: &ActsWorld, address: &str| {
        let steps = accounts::ask_reset(&world.access_context(&by), address, "mark".to_owned(), [7; 16]);
        let mut request = world.people.clone();
        request.put(Record::Ticket, steps[0].id, steps[0].after.as_deref(), 1).expect("sound");
        (steps, tickets::word(&key, request.ticket(TicketId::new(1)).expect("made")))
    };
    let works = |world: &ActsWorld, link: &str| {
        accounts::resettable(&world.access_context(&by), &key, link, Some(&browser)).is_ok()
    };
    let fresh = |address: &str| {
        let mut world = ActsWorld::new();
        let mut ben = User::clone(&world.user(BEN));
        ben.emails.push(EmailAddress::answered("ben@home.example".to_owned()));
        world.put(&ben);
        world.put(&Password { id: BEN, hash: "old".to_owned(), changed: world.now });
        let (steps, link) = ask(&world, address);
        world.take(&steps);
        assert!(works(&world, &link));
        (world, link)
    };
    // The password changes at the same time: by its owner, or by an operator.
    let (mut changed, link) = fresh("ben@example.net");
    let ben = changed.person(BEN);
    let steps =
        accounts::change_password(&changed.access_context(&ben), Some("old"), "new".to_owned()).expect("changed");
    changed.take(&steps);
    assert!(!works(&changed, &link) && changed.people.tickets().all(|ticket| ticket.used.is_some()));
    let (mut set, link) = fresh("ben@example.net");
    let (operator, user) = (Principal::operator(), User::clone(&set.user(BEN)));
    let steps = crate::acts::users::set_password(&set.access_context(&operator), &user, "new".to_owned()).expect("set");
    set.take(&steps);
    assert!(!works(&set, &link));
    // Even if nobody has ended the link.
    let (mut other, link) = fresh("ben@example.net");
    other.put(&Password { id: BEN, hash: "new".to_owned(), changed: other.now + TICK });
    assert!(!works(&other, &link));
    // The address is removed.
    let (mut gone, link) = fresh("ben@home.example");
    removed(&mut gone, "ben@home.example");
    assert!(!works(&gone, &link));
    let (mut moved, link) = fresh("ben@home.example");
    let mut ben = User::clone(&moved.user(BEN));
    ben.emails.pop();
    moved.put(&ben);
    assert!(!works(&moved, &link));
    // The link works once.
    let (mut spent, link) = fresh("ben@example.net");
    let steps = accounts::reset_password(&spent.access_context(&by), &key, &link, Some(&browser), "new".to_owned())
        .expect("reset");
    spent.take(&steps);
    assert!(!works(&spent, &link));
}
