//! Logging in, step by step.

use peerage_access::acts::log_in::{self, SubmittedFactor, TIMED_OUT, WRONG, WRONG_CODE};
use peerage_access::acts::sessions::{self, SessionActivity, SessionStanding};
use peerage_access::acts::{AccessError, factors};
use peerage_access::factors::webauthn::KeyError;
use peerage_access::records::{AuthMethod, RecoveryState, SessionStage, User};
use peerage_access::{Principal, RecordStep};
use peerage_registry::ids::{OrgId, RecoveryId, SessionId, UserId};
use peerage_registry::moment::{DAY, HOUR, SECOND, SignedDuration, TICK};
use peerage_registry::{Action, Cause, Record};

use crate::factors::soft_key::SoftKey;
use crate::factors::world::{FactorWorld, NOW};

fn refusal<T: std::fmt::Debug>(result: Result<T, AccessError>) -> String {
    match result {
        Err(AccessError::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

fn principal(world: &FactorWorld, session: u32) -> Principal {
    let session = world.people.session(SessionId::new(session)).expect("a session");
    Principal::of_person(&world.people, world.people.user(UserId::new(1)).expect("ann"), session, world.now)
}

#[test]
fn a_password_alone_counts_for_nothing_where_there_is_a_factor() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    assert_eq!(
        (session.stage, session.amr.clone()),
        (SessionStage::Enrol, vec![AuthMethod::Pwd]),
        "a factor is demanded"
    );
    let changed = world.add_totp(&session).expect("added");
    assert_eq!(
        (changed.session.stage, changed.session.amr),
        (SessionStage::Open, vec![AuthMethod::Pwd, AuthMethod::Otp, AuthMethod::Mfa])
    );
    assert_eq!(changed.codes.map(|codes| codes.len()), Some(10), "backup codes come with the first factor");
    assert!(world.people.session(session.id).is_none(), "its old token no longer works");

    let opened = world.with_password().expect("the first step");
    assert_eq!(opened.session.stage, SessionStage::Factor);
    let waiting = principal(&world, opened.session.id.get());
    assert_eq!(
        (waiting.user(), waiting.is_fresh(world.now), waiting.may_manage(OrgId::new(crate::factors::world::ORG))),
        (None, false, false)
    );
    assert_eq!(waiting.auth_id(), None);
    let code = world.later();
    let open = world.prove(&opened.session, SubmittedFactor::Totp(&code)).expect("the second step").session;
    assert_eq!(
        (open.stage, open.amr.clone()),
        (SessionStage::Open, vec![AuthMethod::Pwd, AuthMethod::Otp, AuthMethod::Mfa])
    );
    let whole = principal(&world, open.id.get());
    assert_eq!(
        (whole.user(), whole.is_fresh(world.now), whole.may_manage(OrgId::new(crate::factors::world::ORG))),
        (Some(UserId::new(1)), true, true)
    );
    assert!(world.people.session(opened.session.id).is_none());
}

#[test]
fn of_a_hundred_who_show_one_code_of_an_app_one_is_let_in() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    let waiting: Vec<_> =
        (0..sessions::UNFINISHED_MAX).map(|_| world.with_password().expect("the first step").session).collect();
    let code = world.later();
    let mut won = 0;
    for attempt in 0..100 {
        match world.prove(&waiting[attempt % waiting.len()], SubmittedFactor::Totp(&code)) {
            Ok(_) => won += 1,
            Err(AccessError::Refused(text)) => assert!(text == WRONG_CODE || text == TIMED_OUT, "{text}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[test]
fn of_a_hundred_who_show_one_backup_code_one_is_let_in() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let codes = world.add_totp(&session).expect("added").codes.expect("made");
    let waiting: Vec<_> =
        (0..sessions::UNFINISHED_MAX).map(|_| world.with_password().expect("the first step").session).collect();
    let mut won = Vec::new();
    for attempt in 0..100 {
        won.extend(world.prove(&waiting[attempt % waiting.len()], SubmittedFactor::Backup(&codes[4])).ok());
    }
    assert_eq!(won.len(), 1);
    assert_eq!(
        (won[0].codes_left, won[0].session.amr.clone()),
        (Some(9), vec![AuthMethod::Pwd, AuthMethod::Otp, AuthMethod::Mfa])
    );
    let used = world.people.codes(UserId::new(1)).expect("a set").codes[4].used.clone().expect("marked");
    assert_eq!((used.at, used.address.as_str()), (world.now, "192.0.2.1"));
}

#[test]
fn clocks_may_differ_by_thirty_seconds_and_not_by_ninety() {
    for (skew, is_let_in) in [(0, true), (30, true), (-30, true), (90, false), (-90, false)] {
        let mut world = FactorWorld::new();
        let session = world.logged_in();
        world.add_totp(&session).expect("added");
        world.now += 300 * SECOND;
        let waiting = world.with_password().expect("the first step").session;
        let code = peerage_access::factors::totp::code_at(&crate::factors::world::SEED, world.now + skew * SECOND);
        assert_eq!(world.prove(&waiting, SubmittedFactor::Totp(&code)).is_ok(), is_let_in, "{skew} s");
    }
}

#[test]
fn a_code_that_set_the_app_up_or_an_older_one_does_not_log_in() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    let waiting = world.with_password().expect("the first step").session;
    let (same, older) =
        (world.code(), peerage_access::factors::totp::code_at(&crate::factors::world::SEED, world.now - 30 * SECOND));
    assert_eq!(refusal(world.prove(&waiting, SubmittedFactor::Totp(&same))), WRONG_CODE);
    assert_eq!(refusal(world.prove(&waiting, SubmittedFactor::Totp(&older))), WRONG_CODE);
    assert_eq!(refusal(world.prove(&waiting, SubmittedFactor::Password(&FactorWorld::checked()))), WRONG);
}

#[test]
fn a_passkey_logs_in_alone_and_counts_as_two() {
    let mut world = FactorWorld::new();
    let (session, mut key) = (world.logged_in(), SoftKey::new(1, true));
    let changed = world.add_key(&session, &mut key, true).expect("added");
    assert_eq!(changed.session.amr, [AuthMethod::Pwd, AuthMethod::Swk, AuthMethod::Mfa]);
    let factor = world.factors().swap_remove(0);
    let known = factor.key().expect("a key").clone();
    assert_eq!(known.aaguid.as_deref(), Some("09090909-0909-0909-0909-090909090909"));
    assert_eq!((known.logs_in, known.verifies, known.discoverable), (true, true, Some(true)));
    assert_eq!(known.transports, ["usb", "something-new"]);
    let opened = world.with_passkey(&mut key).expect("let in");
    assert_eq!(
        (opened.session.stage, opened.session.amr.clone()),
        (SessionStage::Open, vec![AuthMethod::Swk, AuthMethod::User, AuthMethod::Mfa])
    );
    assert_eq!(opened.session.passkey, Some(factor.id));
    let used = world.factors().swap_remove(0);
    assert_eq!(used.key().map(|key| key.counter), Some(1));
    assert!(used.used.is_some());
}

#[test]
fn a_passkey_that_does_not_know_its_owner_is_no_sole_factor() {
    let mut world = FactorWorld::new();
    let (session, mut key) = (world.logged_in(), SoftKey::new(1, false));
    let text = refusal(world.add_key(&session, &mut key, true));
    assert_eq!(text, KeyError::Unverified.to_string(), "it is not registered as one");
    let changed = world.add_key(&session, &mut key, false).expect("but beside a password it is");
    let turned = world.act(Some(&changed.session), |context, login| {
        factors::set_logs_in(context, login, changed.factor.expect("made"), true)
    });
    assert!(refusal(turned).contains("Register it again"));
    assert_eq!(world.assert_alone(&mut key).expect_err("refused"), KeyError::Failed);
    // A key that verified its user at registration but no longer does is refused as well.
    let mut lapsed = SoftKey::new(2, true);
    world.add_key(&changed.session, &mut lapsed, true).expect("added");
    lapsed.verifies = false;
    assert_eq!(world.assert_alone(&mut lapsed).expect_err("refused"), KeyError::Unverified);
    let beside = world.assert_beside(&mut lapsed).expect("touch is enough beside a password");
    assert!(!beside.is_verified && !beside.is_alone);
    let waiting = world.with_password().expect("the first step").session;
    let open = world.prove(&waiting, SubmittedFactor::Key(&beside)).expect("let in").session;
    assert_eq!(open.amr, [AuthMethod::Pwd, AuthMethod::Swk, AuthMethod::Mfa]);
}

#[test]
fn the_passkey_of_the_first_step_does_not_count_as_the_second() {
    let mut world = FactorWorld::new();
    world.requirements.factor_with_passkey = true;
    let (session, mut one, mut two) = (world.logged_in(), SoftKey::new(1, true), SoftKey::new(2, true));
    let changed = world.add_key(&session, &mut one, true).expect("added");
    world.add_key(&changed.session, &mut two, true).expect("added");
    let waiting = world.with_passkey(&mut one).expect("the first step").session;
    assert_eq!(waiting.stage, SessionStage::Factor);
    let again = world.assert_beside(&mut one).expect("a sound answer");
    assert_eq!(refusal(world.prove(&waiting, SubmittedFactor::Key(&again))), "Security key authentication failed");
    let alone = world.assert_alone(&mut two).expect("a sound answer");
    assert!(world.prove(&waiting, SubmittedFactor::Key(&alone)).is_err(), "of another ceremony");
    let other = world.assert_beside(&mut two).expect("a sound answer");
    let open = world.prove(&waiting, SubmittedFactor::Key(&other)).expect("let in").session;
    assert_eq!(
        (open.stage, open.amr),
        (SessionStage::Open, vec![AuthMethod::Swk, AuthMethod::User, AuthMethod::Swk, AuthMethod::Mfa])
    );
}

#[test]
fn a_key_that_counts_backwards_is_refused_and_told_of() {
    let mut world = FactorWorld::new();
    let (session, mut key) = (world.logged_in(), SoftKey::new(1, true));
    world.add_key(&session, &mut key, true).expect("added");
    world.with_passkey(&mut key).expect("let in");
    key.counter = 0;
    let factor = world.factors()[0].id;
    let error = world.assert_alone(&mut key).expect_err("refused");
    assert_eq!(error, KeyError::MayBeCopied { factor });
    world.act(None, |context, _| Ok(((), log_in::flag(context, factor)))).expect("noted");
    let noted = world.steps.last().expect("a step");
    assert_eq!((noted.action, &noted.cause), (Action::Note, &Cause::MayBeCopied));
    // Two responses with the same counter that were both valid when they were checked: the second comes too late.
    key.counter = 5;
    let first = world.assert_alone(&mut key).expect("sound");
    key.counter = 5;
    let second = world.assert_alone(&mut key).expect("sound");
    world.act(None, |context, login| log_in::with_passkey(context, login, &first)).expect("let in");
    refusal(world.act(None, |context, login| log_in::with_passkey(context, login, &second)));
}

#[test]
fn a_ceremony_ends_as_what_it_was_begun() {
    let mut world = FactorWorld::new();
    let (session, mut key) = (world.logged_in(), SoftKey::new(1, true));
    let text = world.add_key(&session, &mut key, true).expect("added");
    let known = world.factors();
    let beside = world.relying.ask_beside(UserId::new(1), &known.iter().collect::<Vec<_>>()).expect("begun");
    let alone = world.relying.ask_alone().expect("begun");
    for (state, options, user) in [
        (&beside.state, &alone.options, Some(1)),
        (&alone.state, &beside.options, None),
        (&beside.state, &beside.options, Some(2)),
    ] {
        let answer = key.get(options);
        assert!(world.relying.asserted(&world.people, state, &answer, user.map(UserId::new)).is_err());
    }
    let registering = world.relying.register(&world.user(), &[], &"ab".repeat(64), false).expect("begun");
    let answer = SoftKey::new(3, true).create(&registering.options);
    assert!(world.relying.registered(&registering.state, UserId::new(2), &answer).is_err(), "another's ceremony");
    assert!(world.relying.registered(&beside.state, UserId::new(1), &answer).is_err(), "another kind of ceremony");
    assert_eq!(registering.options["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(alone.options["userVerification"], "required");
    assert_eq!(beside.options["userVerification"], "discouraged");
    assert!(text.codes.is_some());
}

#[test]
fn unknown_disabled_and_changed_accounts_are_refused_alike() {
    let mut world = FactorWorld::new();
    let gone = log_in::VerifiedPassword { user: UserId::new(9), ..FactorWorld::checked() };
    assert_eq!(refusal(world.act(None, |context, login| log_in::with_password(context, login, &gone))), WRONG);
    let old = log_in::VerifiedPassword { hash: "an older hash".to_owned(), ..FactorWorld::checked() };
    assert_eq!(refusal(world.act(None, |context, login| log_in::with_password(context, login, &old))), WRONG);
    let barred = User { active: false, ..world.user() };
    world.put(&barred);
    assert_eq!(refusal(world.with_password()), WRONG);
}

#[test]
fn names_and_confirmed_addresses_find_an_account() {
    let mut world = FactorWorld::new();
    let mut user = world.user();
    user.emails.push(peerage_access::records::EmailAddress::unanswered("new@example.net".to_owned()));
    world.put(&user);
    for (name, is_found) in [
        ("ann", true),
        (" ANN ", true),
        ("Ann@Example.net", true),
        ("new@example.net", false),
        ("bob", false),
        ("", false),
    ] {
        assert_eq!(log_in::find(&world.people, name).is_some(), is_found, "{name}");
    }
}

#[test]
fn the_second_step_comes_within_ten_minutes() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    let waiting = world.with_password().expect("the first step").session;
    world.now += sessions::UNFINISHED;
    let code = world.code();
    assert_eq!(refusal(world.prove(&waiting, SubmittedFactor::Totp(&code))), TIMED_OUT);
    let open = world.logged_in();
    let code = world.later();
    assert_eq!(refusal(world.prove(&open, SubmittedFactor::Totp(&code))), TIMED_OUT, "it is open already");
}

#[test]
fn a_fresh_proof_lasts_ten_minutes_and_its_session_a_day_for_changes() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    let open = world.logged_in();
    let user = world.user();
    let seen_at = |at: SignedDuration| SessionActivity { last: open.created + at, unbroken: open.created + at };
    let at = |after, seen| sessions::standing(&user, &open, open.created + after, seen_at(seen));
    assert_eq!(at(23 * HOUR, 23 * HOUR), SessionStanding::Writes);
    assert_eq!(at(DAY, DAY), SessionStanding::Reads);
    assert_eq!(at(2 * HOUR, HOUR + TICK), SessionStanding::Writes);
    assert_eq!(at(2 * HOUR, HOUR), SessionStanding::Reads, "idle for an hour");
    assert_eq!(at(15 * DAY, DAY), SessionStanding::Over, "idle for two weeks");
    assert_eq!(at(30 * DAY, 30 * DAY), SessionStanding::Over);
    let held = User { reads_until: Some(open.created + HOUR), ..user.clone() };
    assert_eq!(sessions::standing(&held, &open, open.created, seen_at(SignedDuration::ZERO)), SessionStanding::Reads);

    world.now = open.created + DAY;
    let lapsed = principal(&world, open.id.get());
    assert!(!lapsed.may_manage(OrgId::new(crate::factors::world::ORG)) && !lapsed.is_fresh(world.now));
    assert_eq!(lapsed.user(), Some(UserId::new(1)), "it still reads");
    let code = world.later();
    let again = world.prove_again(&open, SubmittedFactor::Totp(&code)).expect("proved").session;
    assert!(world.people.session(open.id).is_none(), "its old token no longer works");
    let whole = principal(&world, again.id.get());
    assert!(whole.may_manage(OrgId::new(crate::factors::world::ORG)) && whole.is_fresh(world.now));
    assert!(!whole.is_fresh(world.now + sessions::FRESH), "use makes it no longer");
    assert_eq!((again.created, again.expires), (open.created, open.expires), "nor does it live longer");
}

#[test]
fn a_password_proves_again_only_while_there_is_no_factor() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.now += sessions::FRESH;
    assert!(matches!(world.add_totp(&session), Err(AccessError::NeedsFreshFactor)));
    let again = world.prove_again(&session, SubmittedFactor::Password(&FactorWorld::checked())).expect("proved");
    assert!(again.lock.is_some(), "a factor is still demanded");
    let open = world.add_totp(&again.session).expect("added").session;
    assert!(
        refusal(world.prove_again(&open, SubmittedFactor::Password(&FactorWorld::checked()))).contains("second factor")
    );
}

#[test]
fn a_log_in_from_somewhere_new_is_told_and_the_first_is_not() {
    let mut world = FactorWorld::new();
    let told = |steps: &[RecordStep]| steps.iter().filter(|step| step.cause == Cause::NewPlace).count();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    world.logged_in();
    assert_eq!(told(&world.steps), 0);
    "198.51.100.9".clone_into(&mut world.address);
    world.logged_in();
    assert_eq!(told(&world.steps), 1);
    "198.51.100.77".clone_into(&mut world.address);
    world.logged_in();
    assert_eq!(told(&world.steps), 1, "the same network");
    let created = world.steps.iter().find(|step| step.cause == Cause::NewPlace).expect("one");
    assert_eq!((created.record, created.action), (Record::Session, Action::Create));
    assert!(!peerage_access::records::StoredRecord::to_text(&world.user()).contains("198.51"), "marks tell nothing");
}

#[test]
fn a_log_in_with_a_factor_stops_a_recovery() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    let recovery = peerage_access::records::Recovery {
        id: RecoveryId::new(1),
        user: UserId::new(1),
        state: RecoveryState::Waiting,
        begun: NOW,
        ends: None,
        evidence: Vec::new(),
        told: 0,
        address: String::new(),
        browser: None,
    };
    world.put(&recovery);
    world.logged_in();
    assert_eq!(world.people.recovery(RecoveryId::new(1)).expect("kept").state, RecoveryState::Stopped);
}

#[test]
fn sessions_of_one_person_are_bounded_and_end_one_by_one() {
    let mut world = FactorWorld::new();
    let first = world.logged_in();
    for _ in 0..sessions::OF_ONE_MAX + 5 {
        world.logged_in();
    }
    assert_eq!(world.people.sessions_of(UserId::new(1)).count(), sessions::OF_ONE_MAX);
    assert!(world.people.session(first.id).is_none());
    let own = world.logged_in();
    let open = world.add_totp(&own).expect("added").session;
    let other =
        world.people.sessions_of(UserId::new(1)).find(|session| session.id != open.id).expect("another").clone();
    world.act(Some(&open), |context, _| Ok(((), sessions::end(context, &other)?))).expect("ended");
    assert!(world.people.session(other.id).is_none());
    world.act(Some(&open), |context, _| Ok(((), sessions::end_others(context)?))).expect("ended");
    assert_eq!(world.people.sessions_of(UserId::new(1)).map(|session| session.id).collect::<Vec<_>>(), [open.id]);
    let waiting = world.with_password().expect("the first step").session;
    let refused = world.act(Some(&waiting), |context, _| Ok(((), sessions::end(context, &open)?)));
    assert!(refused.is_err(), "who has shown a password alone ends no other session");
    world.act(Some(&waiting), |context, _| Ok(((), sessions::end(context, &waiting)?))).expect("but their own");
}

#[test]
fn n08_log_ins_by_the_password_alone_end_no_session_that_is_open() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let open = world.add_totp(&session).expect("added").session;
    for _ in 0..3 * sessions::OF_ONE_MAX {
        world.with_password().expect("the first step");
        world.now += SECOND;
    }
    assert!(world.people.session(open.id).is_some(), "its owner is there still");
    let waiting = world.people.sessions_of(UserId::new(1)).filter(|one| one.stage == SessionStage::Factor);
    assert_eq!(waiting.count(), sessions::UNFINISHED_MAX);
}
