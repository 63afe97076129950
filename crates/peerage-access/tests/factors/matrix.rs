//! What organizations demand: each rule, with a password and with a passkey, for who has nothing beside, an app, a key
//! (spec/accounts.md, 4).

use peerage_access::AccessError;
use peerage_access::acts::demands::{NEEDS_FACTOR, NEEDS_PASSKEY};
use peerage_access::acts::log_in::Shown;
use peerage_access::records::{Policy, Stage};

use crate::soft_key::SoftKey;
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Beside {
    Nothing,
    App,
    Key,
}

const NO_TOTP: &str = "Example IX has disabled TOTP authentication. Please set up a different MFA method to proceed.";
const MORE: &str =
    "Your organization Example IX requires MFA after passkey authentication. Please set up an MFA method to proceed.";

/// A world in which Ann has a passkey, if she has, and what stands beside it; then the rule is made.
fn world(passkey: bool, beside: Beside, rule: fn(&mut Policy)) -> (World, SoftKey, SoftKey) {
    let (mut world, mut one, mut two) = (World::new(), SoftKey::new(1, true), SoftKey::new(2, true));
    let mut session = world.logged_in();
    if passkey {
        session = world.add_key(&session, &mut one, true).expect("added").session;
    }
    match beside {
        Beside::Nothing => {}
        Beside::App => drop(world.add_totp(&session).expect("added")),
        Beside::Key => drop(world.add_key(&session, &mut two, false).expect("added")),
    }
    world.policy(rule);
    (world, one, two)
}

/// What a log-in comes to: the stages it goes through, or why it is refused, or why it is locked.
fn outcome(passkey: bool, beside: Beside, rule: fn(&mut Policy)) -> String {
    let (mut world, mut one, mut two) = world(passkey, beside, rule);
    let first = if passkey { world.with_passkey(&mut one) } else { world.with_password() };
    let mut opened = match first {
        Ok(opened) => opened,
        Err(AccessError::Refused(text)) => return text,
        Err(other) => panic!("{other:?}"),
    };
    let mut way = String::new();
    if opened.session.stage == Stage::Factor {
        way.push_str("second, ");
        let code = world.later();
        let key = (beside == Beside::Key).then(|| world.assert_beside(&mut two).expect("sound"));
        let shown = key.as_ref().map_or(Shown::Totp(&code), Shown::Key);
        opened = match world.prove(&opened.session, shown) {
            Ok(opened) => opened,
            Err(AccessError::Refused(text)) => return text,
            Err(other) => panic!("{other:?}"),
        };
    }
    match opened.lock {
        Some(lock) => format!("{way}{lock}"),
        None => format!("{way}open"),
    }
}

#[test]
fn three_rules_two_ways_and_three_factors() {
    use Beside::{App, Key, Nothing};
    let passkey: fn(&mut Policy) = |policy| policy.requires_passkey = true;
    let no_totp: fn(&mut Policy) = |policy| policy.refuses_totp = true;
    let more: fn(&mut Policy) = |policy| policy.wants_factor_with_passkey = true;
    let none: fn(&mut Policy) = |_| {};
    let all: fn(&mut Policy) = |policy| {
        (policy.requires_passkey, policy.refuses_totp, policy.wants_factor_with_passkey) = (true, true, true);
    };
    let second_then_locked = format!("second, {NO_TOTP}");
    for (name, rule, with_passkey, beside, expected) in [
        ("none", none, false, Nothing, NEEDS_FACTOR),
        ("none", none, false, App, "second, open"),
        ("none", none, false, Key, "second, open"),
        ("none", none, true, Nothing, "open"),
        ("none", none, true, App, "open"),
        ("none", none, true, Key, "open"),
        ("require passkey", passkey, false, Nothing, NEEDS_PASSKEY),
        ("require passkey", passkey, false, App, NEEDS_PASSKEY),
        ("require passkey", passkey, false, Key, NEEDS_PASSKEY),
        ("require passkey", passkey, true, Nothing, "open"),
        ("require passkey", passkey, true, App, "open"),
        ("require passkey", passkey, true, Key, "open"),
        ("disable TOTP", no_totp, false, Nothing, NEEDS_FACTOR),
        // The app is still asked for: else whoever knows the password could add a factor of their own.
        ("disable TOTP", no_totp, false, App, second_then_locked.as_str()),
        ("disable TOTP", no_totp, false, Key, "second, open"),
        ("disable TOTP", no_totp, true, Nothing, "open"),
        ("disable TOTP", no_totp, true, App, NO_TOTP),
        ("disable TOTP", no_totp, true, Key, "open"),
        ("require MFA after passkey", more, false, Nothing, NEEDS_FACTOR),
        ("require MFA after passkey", more, false, App, "second, open"),
        ("require MFA after passkey", more, false, Key, "second, open"),
        ("require MFA after passkey", more, true, Nothing, MORE),
        ("require MFA after passkey", more, true, App, "second, open"),
        ("require MFA after passkey", more, true, Key, "second, open"),
        ("all", all, false, App, NEEDS_PASSKEY),
        ("all", all, true, Nothing, MORE),
        ("all", all, true, App, NO_TOTP),
        ("all", all, true, Key, "second, open"),
    ] {
        assert_eq!(outcome(with_passkey, beside, rule), expected, "{name}, passkey {with_passkey}, {beside:?}");
    }
}

#[test]
fn an_app_that_is_refused_is_no_second_step_where_there_is_a_key() {
    let (mut world, _, _) = world(true, Beside::App, |policy| policy.refuses_totp = true);
    let waiting = world.with_password().expect("the first step").session;
    let code = world.later();
    let refused = world.prove(&waiting, Shown::Totp(&code)).expect_err("refused");
    assert_eq!(refused, AccessError::Refused(NO_TOTP.to_owned()));
}

#[test]
fn a_lock_goes_when_what_was_demanded_is_there() {
    let (mut world, mut one, mut two) = world(true, Beside::Nothing, |policy| policy.wants_factor_with_passkey = true);
    let locked = world.with_passkey(&mut one).expect("let in").session;
    assert_eq!(locked.stage, Stage::Enrol);
    let changed = world.add_key(&locked, &mut two, false).expect("added");
    assert_eq!(changed.session.stage, Stage::Open);
}

#[test]
fn nobody_is_held_to_a_factor_who_cannot_set_one_up_or_may_do_nothing() {
    for (is_verified, is_confirmed, stage) in
        [(true, true, Stage::Enrol), (false, true, Stage::Open), (true, false, Stage::Open)]
    {
        let mut world = World::new();
        let mut user = world.user();
        user.verified = is_verified;
        user.emails[0].verified = is_confirmed;
        world.put(&user);
        assert_eq!(world.with_password().expect("let in").session.stage, stage, "{is_verified} {is_confirmed}");
    }
}
