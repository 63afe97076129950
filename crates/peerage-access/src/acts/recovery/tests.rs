mod addresses;
mod stopping;

use peerage_registry::Record;
use peerage_registry::ids::{FactorId, KeyId, TicketId, UserId};
use peerage_registry::moment::{DAY, HOUR, MINUTE, TICK};

use super::*;
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
    assert!(refuse(&world.access_context(&operator), id, "no").is_err(), "it is no longer in review");
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

#[test]
fn staff_who_do_not_belong_to_an_organization_do_not_vouch() {
    let mut world = world();
    let cyd = world.user(crate::acts::world::CYD);
    world.put(&User { staff: Some(crate::staff_ranks::StaffRank::Admin), ..User::clone(&cyd) });
    begun(&mut world);
    let cyd = world.person(crate::acts::world::CYD);
    assert!(vouch(&world.access_context(&cyd), BEN, ORG, None, &NONCES).is_err());
}
