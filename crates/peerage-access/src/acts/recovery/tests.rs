use super::*;
use peerage_registry::Record;
use peerage_registry::ids::{FactorId, KeyId, TicketId, UserId};
use peerage_registry::moment::{DAY, HOUR, MINUTE, TICK};

use crate::acts::keys::{self, KeyStateChange};
use crate::acts::world::{ANN, ActsWorld, BEN, ORG};
use crate::principal::Principal;
use crate::records::{EmailAddress, Factor, FactorProof, Member, Password};

const NONCES: [LinkNonce; LINKS_MAX] = [[7; 16]; LINKS_MAX];

fn world() -> ActsWorld {
    let mut world = ActsWorld::new();
    let proof = FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 };
    world.put(&Factor {
        id: FactorId::new(1),
        user: BEN,
        name: "phone".to_owned(),
        created: world.now,
        used: None,
        proof,
    });
    let mut ben = User::clone(&world.user(BEN));
    ben.emails.push(EmailAddress::answered("ben@home.example".to_owned()));
    world.put(&ben);
    world
}

fn anonymous(world: &mut ActsWorld, act: impl Fn(&AccessContext<'_>) -> Vec<RecordStep>) -> Vec<RecordStep> {
    let by = Principal::anonymous();
    let steps = act(&world.access_context(&by));
    world.take(&steps);
    steps
}

fn begun(world: &mut ActsWorld) {
    let steps = anonymous(world, |context| begin(context, "Ben@example.net", "mark", &NONCES));
    assert_eq!(steps.len(), 2, "a mail to each address, and nothing else");
}

fn word(world: &ActsWorld, purpose: TicketPurpose, address: &str) -> String {
    let fits = |ticket: &&Arc<Ticket>| ticket.purpose == purpose && ticket.address == address;
    tickets::word(&world.server_key, world.people.tickets().find(fits).expect("a ticket"))
}

fn marked(mark: &str) -> BrowserMark {
    BrowserMark { mark: mark.to_owned(), requests: String::new() }
}

/// A browser that has requested a recovery as well, while the mail was on its way to someone else.
fn asking(world: &ActsWorld, mark: &str, name: &str) -> BrowserMark {
    let request = tickets::request_word(&world.server_key, TicketPurpose::Recover, name, mark, world.now);
    BrowserMark { mark: mark.to_owned(), requests: request }
}

fn shown(world: &mut ActsWorld, browser: &BrowserMark, address: &str) -> Result<Recovery, AccessError> {
    let (mailed, by) = (word(world, TicketPurpose::Recover, address), Principal::anonymous());
    let key = world.server_key.clone();
    let (after, steps) = show_address(&world.access_context(&by), &key, &mailed, browser, "192.0.2.1", &NONCES)?;
    world.take(&steps);
    Ok(after)
}

fn proved(world: &mut ActsWorld, address: &str) -> RecoveryState {
    shown(world, &marked("mark"), address).expect("proved").state
}

#[test]
fn n08_a_stranger_who_asks_first_swallows_nothing() {
    let mut world = world();
    // Someone requests it again and again, in ever new browsers.
    let mut mails = 0;
    for round in 0..200 {
        let mark = format!("stranger {round}");
        mails += anonymous(&mut world, |context| begin(context, "ben", &mark, &NONCES)).len();
        world.now += 6 * MINUTE;
    }
    assert!(mails <= 2 * tickets::A_DAY_MAX, "{mails} mails");
    assert_eq!(world.people.recoveries().count(), 0, "who reads no mailbox begins nothing");
    // The owner requests it by an address: no mail is sent, but the links already in the mailboxes work in their
    // browser.
    let owner = asking(&world, "owner", "BEN@example.net");
    let sent = anonymous(&mut world, |context| begin(context, "BEN@example.net", "owner", &NONCES));
    assert_eq!(sent.len(), 0);
    let newest = |world: &ActsWorld, address: &str| {
        let fits = |ticket: &&Arc<Ticket>| ticket.address == address && ticket.expires > world.now;
        let newest = world.people.tickets().filter(fits).max_by_key(|ticket| ticket.created).expect("one works");
        tickets::word(&world.server_key, newest)
    };
    let (by, key) = (Principal::anonymous(), world.server_key.clone());
    for (address, expected) in [("ben@example.net", RecoveryState::Open), ("ben@home.example", RecoveryState::Waiting)]
    {
        let mailed = newest(&world, address);
        for other in [marked("somebody else"), asking(&world, "somebody else", "ann")] {
            let shown = show_address(&world.access_context(&by), &key, &mailed, &other, "192.0.2.1", &NONCES);
            assert!(shown.is_err(), "a browser that has not asked");
        }
        let stolen = BrowserMark { mark: "thief".to_owned(), requests: owner.requests.clone() };
        assert!(show_address(&world.access_context(&by), &key, &mailed, &stolen, "192.0.2.1", &NONCES).is_err());
        let (after, steps) =
            show_address(&world.access_context(&by), &key, &mailed, &owner, "192.0.2.1", &NONCES).expect("proved");
        world.take(&steps);
        assert_eq!(after.state, expected);
    }
    world.now += 2 * DAY;
    assert!(has_asked_no_more(&world, &owner), "it counts for a day");
}

fn has_asked_no_more(world: &ActsWorld, browser: &BrowserMark) -> bool {
    let by = Principal::anonymous();
    let steps = begin(&world.access_context(&by), "ben", "stranger", &NONCES);
    let ticket: Ticket = serde_json::from_str(steps[0].after.as_deref().expect("a ticket")).expect("sound");
    let mut people = world.people.clone();
    people.put(Record::Ticket, ticket.id.get(), steps[0].after.as_deref(), 1).expect("sound");
    let link = tickets::word(&world.server_key, &ticket);
    tickets::find(&people, &world.server_key, &link, TicketPurpose::Recover, Some(browser), world.now).is_err()
}

#[test]
fn n08_proofs_of_different_browsers_are_never_put_together() {
    let mut world = world();
    begun(&mut world);
    let (thief, owner) = (marked("mark"), asking(&world, "owner", "ben"));
    // Someone with access to one mailbox, and the owner with access to the other: each has a recovery of their own.
    let one = shown(&mut world, &thief, "ben@example.net").expect("proved");
    let other = shown(&mut world, &owner, "ben@home.example").expect("proved");
    assert!(one.id != other.id && one.state == RecoveryState::Open && other.state == RecoveryState::Open);
    let ann = world.person(ANN);
    assert!(vouch(&world.access_context(&ann), BEN, ORG, None, &NONCES).is_err(), "for which of them?");
    assert!(vouch(&world.access_context(&ann), BEN, ORG, Some(RecoveryId::new(99)), &NONCES).is_err());
    let (after, steps) = vouch(&world.access_context(&ann), BEN, ORG, Some(other.id), &NONCES).expect("vouched");
    world.take(&steps);
    assert_eq!((after.id, after.state), (other.id, RecoveryState::Waiting));
    assert_eq!(world.people.recovery(one.id).expect("there").state, RecoveryState::Open);
    // A login stops them all.
    let by = Principal::anonymous();
    assert_eq!(stopped_by_log_in(&world.access_context(&by), BEN).len(), 2);
}

#[test]
fn two_addresses_on_different_domains_begin_the_wait_and_one_does_not() {
    let mut world = world();
    begun(&mut world);
    assert_eq!(proved(&mut world, "ben@example.net"), RecoveryState::Open);
    assert_eq!(proved(&mut world, "ben@home.example"), RecoveryState::Waiting);
    let stops = world.people.tickets().filter(|ticket| ticket.purpose == TicketPurpose::StopRecovery);
    let mut told: Vec<&str> = stops.map(|ticket| ticket.address.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["ann@example.net", "ben@example.net", "ben@home.example"]);
}

#[test]
fn evidence_has_to_be_of_two_kinds() {
    let address = |text: &str| RecoveryEvidence::Address { address: text.to_owned() };
    let vouch = RecoveryEvidence::Vouch { by: ANN, org: ORG };
    for (evidence, expected) in [
        (vec![], false),
        (vec![address("a@x.example")], false),
        (vec![address("a@x.example"), address("b@X.example")], false),
        (vec![address("a@x.example"), address("a@y.example")], true),
        (vec![vouch.clone()], false),
        (vec![vouch.clone(), RecoveryEvidence::Vouch { by: UserId::new(9), org: ORG }], false),
        (vec![vouch, address("a@x.example")], true),
    ] {
        assert_eq!(suffices(&evidence), expected, "{evidence:?}");
    }
}

#[test]
fn an_admin_vouches_with_a_fresh_factor_and_nobody_for_themselves() {
    let mut world = world();
    begun(&mut world);
    let ben = world.person(BEN);
    assert!(vouch(&world.access_context(&ben), BEN, ORG, None, &NONCES).is_err(), "members do not vouch");
    let ann = world.person(ANN);
    assert!(vouch(&world.access_context(&ann), ANN, ORG, None, &NONCES).is_err());
    assert!(
        vouch(&world.access_context(&ann), BEN, ORG, None, &NONCES).is_err(),
        "nobody has shown that they read a mailbox"
    );
    assert_eq!(proved(&mut world, "ben@example.net"), RecoveryState::Open);
    let (after, steps) = vouch(&world.access_context(&ann), BEN, ORG, None, &NONCES).expect("vouched");
    world.take(&steps);
    assert_eq!(after.state, RecoveryState::Waiting);
}

#[test]
fn n02_an_admin_vouches_only_for_whom_they_have_known_for_thirty_days() {
    let ages = [(31, None, 31, true), (31, None, 29, false), (29, None, 31, false), (60, Some(29), 60, false)];
    for (admin, ranked, member, may) in ages {
        let mut world = world();
        let of = |world: &ActsWorld, user: UserId| world.people.member(ORG, user).expect("a member").as_ref().clone();
        let ranked = ranked.map(|days| world.now - days * DAY);
        world.put(&Member { since: world.now - admin * DAY, ranked, ..of(&world, ANN) });
        world.put(&Member { since: world.now - member * DAY, ..of(&world, BEN) });
        begun(&mut world);
        proved(&mut world, "ben@example.net");
        // What counts is the state before the recovery began, however long it takes.
        world.now += 20 * HOUR;
        world.session(ANN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
        let ann = world.person(ANN);
        let done = vouch(&world.access_context(&ann), BEN, ORG, None, &NONCES);
        assert_eq!(done.is_ok(), may, "admin {admin} days {ranked:?}, member {member} days: {:?}", done.err());
    }
}

#[test]
fn after_the_wait_the_account_opens_once_with_nothing_that_guarded_it_before() {
    let mut world = world();
    begun(&mut world);
    proved(&mut world, "ben@example.net");
    proved(&mut world, "ben@home.example");
    assert!(anonymous(&mut world, |context| due(context, &NONCES)).is_empty(), "nothing is due at once");
    world.now += DAY;
    assert!(!anonymous(&mut world, |context| due(context, &NONCES)).is_empty(), "a reminder");
    assert!(anonymous(&mut world, |context| due(context, &NONCES)).is_empty(), "one");
    world.now += COOL_DOWN - DAY;
    assert_eq!(anonymous(&mut world, |context| due(context, &NONCES)).len(), 6);
    let mailed = word(&world, TicketPurpose::FinishRecovery, "ben@example.net");
    let (by, key) = (Principal::anonymous(), world.server_key.clone());
    let steps = finish(&world.access_context(&by), &key, &mailed, "new".to_owned()).expect("done");
    world.take(&steps);
    let ben = world.user(BEN);
    assert_eq!(world.people.factors_of(BEN).count() + world.people.sessions_of(BEN).count(), 0);
    assert_eq!(ben.reads_until, Some(world.now + READING));
    assert!(finish(&world.access_context(&by), &key, &mailed, "newer".to_owned()).is_err(), "once");
    let again = begin(&world.access_context(&by), "ben", "mark", &NONCES);
    assert!(again.is_empty(), "once in thirty days");
}

#[test]
fn a_mailed_link_stops_it_and_bars_the_account_and_a_log_in_only_stops_it() {
    let mut world = world();
    begun(&mut world);
    proved(&mut world, "ben@example.net");
    proved(&mut world, "ben@home.example");
    let (by, key) = (Principal::anonymous(), world.server_key.clone());
    assert_eq!(stopped_by_log_in(&world.access_context(&by), BEN).len(), 1);
    let mailed = word(&world, TicketPurpose::StopRecovery, "ann@example.net");
    let steps = stop(&world.access_context(&by), &key, &mailed).expect("stopped");
    world.take(&steps);
    assert!(!world.user(BEN).active && world.people.sessions_of(BEN).count() == 0);
    assert!(stop(&world.access_context(&by), &key, &mailed).is_err());
    world.now += COOL_DOWN;
    assert!(due(&world.access_context(&by), &NONCES).is_empty(), "what was stopped is never ready");
}

#[test]
fn the_only_admin_of_an_organization_waits_for_staff() {
    let mut world = world();
    let proof = FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 };
    world.put(&Factor {
        id: FactorId::new(2),
        user: ANN,
        name: "phone".to_owned(),
        created: world.now,
        used: None,
        proof,
    });
    let mut ann = User::clone(&world.user(ANN));
    ann.emails.push(EmailAddress::answered("ann@home.example".to_owned()));
    world.put(&ann);
    anonymous(&mut world, |context| begin(context, "ann", "mark", &NONCES));
    proved(&mut world, "ann@example.net");
    assert_eq!(proved(&mut world, "ann@home.example"), RecoveryState::Review);
    let (operator, id) = (Principal::operator(), world.people.recoveries().next().expect("one").id);
    let steps = approve(&world.access_context(&operator), id, &NONCES).expect("let go on");
    world.take(&steps);
    assert_eq!(world.people.recovery(id).expect("there").state, RecoveryState::Waiting);
    assert!(refuse(&world.access_context(&operator), id, "no").is_err(), "it is in review no more");
}

#[test]
fn an_unknown_name_and_an_account_without_a_factor_begin_nothing() {
    let mut world = world();
    for name in ["nobody", "ann", ""] {
        assert!(anonymous(&mut world, |context| begin(context, name, "mark", &NONCES)).is_empty(), "{name}");
    }
    begun(&mut world);
    let second = anonymous(&mut world, |context| begin(context, "ben", "mark", &NONCES));
    assert!(second.is_empty(), "the mail is on its way already");
}

#[test]
fn within_the_cool_down_a_link_stops_it_and_locks_and_at_its_end_keys_rest_until_each_is_resumed() {
    let key = |world: &ActsWorld| world.people.key_by_id(KeyId::new(1)).expect("there").key.as_ref().clone();
    let ready = || {
        let mut world = world();
        world.put(&Key {
            id: KeyId::new(1),
            public: "laptop000000".to_owned(),
            user: Some(BEN),
            ..Key::blank(KeyKind::User, world.now)
        });
        begun(&mut world);
        proved(&mut world, "ben@example.net");
        proved(&mut world, "ben@home.example");
        world
    };
    let by = Principal::anonymous();
    let mut stopped = ready();
    let (mailed, server_key) =
        (word(&stopped, TicketPurpose::StopRecovery, "ben@home.example"), stopped.server_key.clone());
    stopped.now += COOL_DOWN - HOUR;
    let steps = stop(&stopped.access_context(&by), &server_key, &mailed).expect("stopped");
    stopped.take(&steps);
    assert!(!stopped.user(BEN).active, "the account is locked");
    assert_eq!(key(&stopped).state, KeyState::Active, "and refused with it, but not touched");

    let mut world = ready();
    world.now += COOL_DOWN;
    anonymous(&mut world, |context| due(context, &NONCES));
    let mailed = word(&world, TicketPurpose::FinishRecovery, "ben@example.net");
    let steps = finish(&world.access_context(&by), &server_key, &mailed, "new".to_owned()).expect("done");
    world.take(&steps);
    assert_eq!(key(&world).state, KeyState::Suspended);
    world.session(BEN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
    let ben = world.person(BEN);
    let context = world.access_context(&ben);
    let too_soon =
        keys::turn(&context, &key(&world), KeyStateChange::Resume, "").and_then(|(_, steps)| context.admit(steps));
    assert!(matches!(too_soon, Err(AccessError::Refused(text)) if text.contains("is read-only until")));
    world.now += READING;
    world.session(BEN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
    let ben = world.person(BEN);
    let steps = keys::turn(&world.access_context(&ben), &key(&world), KeyStateChange::Resume, "").expect("resumed").1;
    world.take(&steps);
    assert_eq!(key(&world).state, KeyState::Active);
}

#[test]
fn an_open_session_stops_it_and_keeps_the_account() {
    let mut world = world();
    let ben = world.person(BEN);
    assert!(stop_own(&world.access_context(&ben)).is_err(), "there is nothing to stop");
    begun(&mut world);
    assert!(stop_own(&world.access_context(&ben)).is_err(), "nobody has shown that they read a mailbox");
    proved(&mut world, "ben@example.net");
    let ann = world.person(ANN);
    assert!(stop_own(&world.access_context(&ann)).is_err(), "it is not hers");
    let steps = stop_own(&world.access_context(&ben)).expect("stopped");
    world.take(&steps);
    assert!(world.user(BEN).active && open_of(&world.people, BEN, world.now).next().is_none());
}

#[test]
fn n08_a_mailbox_begins_three_recoveries_a_day_and_neighbours_on_its_network_use_up_none() {
    let mut world = world();
    let shown_from = |world: &mut ActsWorld, user: UserId, mailbox: &str, mark: String, address: &str| {
        let ticket = Ticket {
            id: world.people.free_id::<Ticket>(),
            user: Some(user),
            purpose: TicketPurpose::Recover,
            address: mailbox.to_owned(),
            recovery: None,
            org: None,
            created: world.now,
            expires: world.now + DAY,
            nonce: "00".to_owned(),
            browser: Some(mark.clone()),
            wanted: None,
            password_set: None,
            used: None,
        };
        world.put(&ticket);
        let mailed = tickets::word(&world.server_key, &ticket);
        let (by, key) = (Principal::anonymous(), world.server_key.clone());
        let shown = show_address(&world.access_context(&by), &key, &mailed, &marked(&mark), address, &NONCES);
        shown.map(|(_, steps)| world.take(&steps)).is_ok()
    };
    for round in 0..4 {
        let begun = shown_from(&mut world, BEN, "ben@example.net", format!("{round}"), "192.0.2.1");
        assert_eq!(begun, round < STARTS_MAX, "round {round}");
    }
    assert!(shown_from(&mut world, BEN, "ben@home.example", "owner".to_owned(), "198.51.100.1"), "the other mailbox");
    for user in 20..32 {
        let email = EmailAddress::answered(format!("u{user}@example.net"));
        world.put(&User {
            id: UserId::new(user),
            username: format!("u{user}"),
            emails: vec![email],
            ..User::blank(world.now)
        });
    }
    for user in 20..32 {
        let begun = shown_from(
            &mut world,
            UserId::new(user),
            &format!("u{user}@example.net"),
            format!("of {user}"),
            "203.0.113.9",
        );
        assert!(begun, "{user}: who reads a mailbox is not kept out by others on the same network");
    }
}

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
        "a link to an address that is theirs no more"
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

#[test]
fn what_nobody_ends_lapses_and_is_forgotten() {
    let mut world = world();
    begun(&mut world);
    proved(&mut world, "ben@example.net");
    proved(&mut world, "ben@home.example");
    world.now += COOL_DOWN;
    anonymous(&mut world, |context| due(context, &NONCES));
    assert!(open_of(&world.people, BEN, world.now).next().is_some());
    world.now += OPENING;
    assert!(open_of(&world.people, BEN, world.now).next().is_none(), "nobody opened it");
    assert!(!is_due(&world.people, world.now));
    world.now += BETWEEN - OPENING;
    anonymous(&mut world, |context| due(context, &NONCES));
    assert_eq!(world.people.recoveries().count(), 0);
}

#[test]
fn whoever_stops_links_at_the_end_is_told_too_and_numbers_of_links_differ() {
    let mut world = world();
    begun(&mut world);
    proved(&mut world, "ben@example.net");
    proved(&mut world, "ben@home.example");
    world.now += COOL_DOWN;
    let steps = anonymous(&mut world, |context| due(context, &NONCES));
    let mut links: Vec<u32> = steps.iter().filter(|step| step.record == Record::Ticket).map(|step| step.id).collect();
    links.sort_unstable();
    links.dedup();
    assert_eq!(links.len(), 5, "two open it, three stop it");
    let (by, key) = (Principal::anonymous(), world.server_key.clone());
    let mailed = word(&world, TicketPurpose::StopRecovery, "ann@example.net");
    assert!(stoppable(&world.access_context(&by), &key, &mailed).is_ok());
}

#[test]
fn staff_who_do_not_belong_to_an_organization_do_not_vouch() {
    let mut world = world();
    world.put(&User { superuser: true, ..User::clone(&world.user(crate::acts::world::CYD)) });
    begun(&mut world);
    let cyd = world.person(crate::acts::world::CYD);
    assert!(vouch(&world.access_context(&cyd), BEN, ORG, None, &NONCES).is_err());
}
