//! Requirements of organizations: each rule, with a password and with a passkey, for people with nothing else, an app,
//! or a key (spec/accounts.md, 4).

use std::sync::Arc;

use peerage_access::AccessError;
use peerage_access::Principal;
use peerage_access::acts::demands::{
    self, FactorRequirement, NEEDS_FACTOR, NEEDS_PASSKEY, RegistryRequirements, UpcomingRequirement,
};
use peerage_access::acts::lockout::UnmetRequirement;
use peerage_access::acts::log_in::SubmittedFactor;
use peerage_access::records::{Member, Policy, Session, SessionStage};
use peerage_registry::ids::{MemberId, OrgId, UserId};
use peerage_registry::moment::{DAY, HOUR};
use peerage_registry::rights::{Authority, Permissions};

use crate::factors::soft_key::SoftKey;
use crate::factors::world::{FactorOrganizations, FactorWorld, ORG};

#[derive(Debug, Clone, Copy, PartialEq)]
enum OtherFactor {
    Nothing,
    App,
    Key,
}

const NO_TOTP: &str = "The registry has disabled TOTP authentication. Please set up a different MFA method to proceed.";
const MORE: &str =
    "Your organization The registry requires MFA after passkey authentication. Please set up an MFA method to proceed.";

/// A world in which Ann has a passkey (if `passkey`) and the factor `beside`. The rule is set afterwards.
fn world(passkey: bool, beside: OtherFactor, rule: fn(&mut RegistryRequirements)) -> (FactorWorld, SoftKey, SoftKey) {
    let (mut world, mut one, mut two) = (FactorWorld::new(), SoftKey::new(1, true), SoftKey::new(2, true));
    let mut session = world.logged_in();
    if passkey {
        session = world.add_key(&session, &mut one, true).expect("added").session;
    }
    match beside {
        OtherFactor::Nothing => {}
        OtherFactor::App => drop(world.add_totp(&session).expect("added")),
        OtherFactor::Key => drop(world.add_key(&session, &mut two, false).expect("added")),
    }
    rule(&mut world.requirements);
    (world, one, two)
}

/// The outcome of a login: its stages, or why it is refused, or why it is restricted.
fn outcome(passkey: bool, beside: OtherFactor, rule: fn(&mut RegistryRequirements)) -> String {
    let (world, one, two) = world(passkey, beside, rule);
    outcome_in(world, one, two, passkey, beside)
}

fn outcome_in(
    mut world: FactorWorld,
    mut one: SoftKey,
    mut two: SoftKey,
    passkey: bool,
    beside: OtherFactor,
) -> String {
    let first = if passkey { world.with_passkey(&mut one) } else { world.with_password() };
    let mut opened = match first {
        Ok(opened) => opened,
        Err(AccessError::Refused(text)) => return text,
        Err(other) => panic!("{other:?}"),
    };
    let mut way = String::new();
    if opened.session.stage == SessionStage::Factor {
        way.push_str("second, ");
        let code = world.later();
        let key = (beside == OtherFactor::Key).then(|| world.assert_beside(&mut two).expect("sound"));
        let shown = key.as_ref().map_or(SubmittedFactor::Totp(&code), SubmittedFactor::Key);
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
    use OtherFactor::{App, Key, Nothing};
    let passkey: fn(&mut RegistryRequirements) = |requirements| requirements.passkey = true;
    let no_totp: fn(&mut RegistryRequirements) = |requirements| requirements.refuses_totp = true;
    let more: fn(&mut RegistryRequirements) = |requirements| requirements.factor_with_passkey = true;
    let none: fn(&mut RegistryRequirements) = |_| {};
    let all: fn(&mut RegistryRequirements) = |requirements| {
        (requirements.passkey, requirements.refuses_totp, requirements.factor_with_passkey) = (true, true, true);
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
        // The app is still asked for: otherwise someone who knows the password could add a factor of their own.
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
        ("all", all, false, Nothing, NEEDS_PASSKEY),
        ("all", all, false, App, NEEDS_PASSKEY),
        ("all", all, false, Key, NEEDS_PASSKEY),
        ("all", all, true, Nothing, MORE),
        ("all", all, true, App, NO_TOTP),
        ("all", all, true, Key, "second, open"),
    ] {
        assert_eq!(outcome(with_passkey, beside, rule), expected, "{name}, passkey {with_passkey}, {beside:?}");
    }
}

#[test]
fn an_app_that_is_refused_is_no_second_step_where_there_is_a_key() {
    let (mut world, _, _) = world(true, OtherFactor::App, |requirements| requirements.refuses_totp = true);
    let waiting = world.with_password().expect("the first step").session;
    let code = world.later();
    let refused = world.prove(&waiting, SubmittedFactor::Totp(&code)).expect_err("refused");
    assert_eq!(refused, AccessError::Refused(NO_TOTP.to_owned()));
}

#[test]
fn a_lock_goes_when_what_was_demanded_is_there() {
    let (mut world, mut one, mut two) =
        world(true, OtherFactor::Nothing, |requirements| requirements.factor_with_passkey = true);
    let locked = world.with_passkey(&mut one).expect("let in").session;
    assert_eq!(locked.stage, SessionStage::Enrol);
    let changed = world.add_key(&locked, &mut two, false).expect("added");
    assert_eq!(changed.session.stage, SessionStage::Open);
}

#[test]
fn everybody_who_can_set_one_up_has_a_factor_or_only_writers_if_the_operator_says_so() {
    for (held, is_verified, is_confirmed, stage) in [
        (FactorRequirement::Everyone, true, true, SessionStage::Enrol),
        (FactorRequirement::Everyone, false, true, SessionStage::Enrol),
        (FactorRequirement::Everyone, true, false, SessionStage::Open),
        (FactorRequirement::Everyone, false, false, SessionStage::Open),
        (FactorRequirement::Writers, true, true, SessionStage::Enrol),
        (FactorRequirement::Writers, false, true, SessionStage::Open),
        (FactorRequirement::Writers, true, false, SessionStage::Open),
    ] {
        let mut world = FactorWorld::new();
        world.requirements.factor = held;
        let mut user = world.user();
        user.verified = is_verified;
        user.emails[0].verified = is_confirmed;
        world.put(&user);
        let stage_now = world.with_password().expect("let in").session.stage;
        assert_eq!(stage_now, stage, "{held:?} {is_verified} {is_confirmed}");
    }
}

#[test]
fn an_open_session_is_bound_once_its_person_has_to_have_a_factor() {
    let mut world = FactorWorld::new();
    let mut user = world.user();
    user.emails[0].verified = false;
    world.put(&user);
    let session = Arc::new(world.with_password().expect("let in").session);
    let counted = |world: &FactorWorld, session: &Arc<Session>| {
        demands::counted(&world.people, world.requirements, world.people.user(UserId::new(1)).expect("ann"), session)
            .stage
    };
    assert_eq!(counted(&world, &session), SessionStage::Open, "there is no address to be sure of");
    user.emails[0].verified = true;
    world.put(&user);
    assert_eq!(counted(&world, &session), SessionStage::Enrol);
    let opened = Arc::new(Session { amr: Vec::new(), ..Session::clone(&session) });
    assert_eq!(counted(&world, &opened), SessionStage::Open, "the operator counts as the verification");
    let added = world.add_totp(&session).expect("added").session;
    assert_eq!((added.stage, counted(&world, &Arc::new(added.clone()))), (SessionStage::Open, SessionStage::Open));
}

#[test]
fn a_new_demand_with_grace_is_announced_and_holds_when_its_time_is_over() {
    let (mut world, _, _) = world(false, OtherFactor::App, |_| {});
    let from = world.now + 10 * DAY;
    world.policy(|policy| (policy.requires_passkey, policy.passkey_from) = (true, Some(from)));
    let coming = |world: &FactorWorld| {
        let user = world.people.user(UserId::new(1)).expect("ann");
        demands::of(&world.people, &FactorOrganizations, world.requirements, user, world.now)
    };
    let message = coming(&world);
    let expected = UpcomingRequirement { lack: UnmetRequirement::Passkey, organization: "Example IX".to_owned(), from };
    assert_eq!((message.passkey, message.coming), (false, vec![expected]));
    world.logged_in();
    world.now = from;
    let message = coming(&world);
    assert_eq!((message.passkey, message.coming), (false, Vec::new()));
    let opened = world.with_password().expect("no organization keeps anybody out of their account");
    assert_eq!(limits(&world, &opened.session), [UnmetRequirement::Passkey]);
}

#[test]
fn a_lack_of_a_factor_has_no_grace_and_what_is_met_is_not_announced() {
    let mut world = FactorWorld::new();
    let from = world.now + HOUR;
    world.policy(|policy| (policy.refuses_totp, policy.totp_from) = (true, Some(from)));
    let session = world.with_password().expect("let in").session;
    assert_eq!(session.stage, SessionStage::Enrol);
    let user = world.user();
    assert!(demands::of(&world.people, &FactorOrganizations, world.requirements, &user, world.now).coming.is_empty());
    world.add_totp(&session).expect("an app counts as yet");
}

/// What keeps Ann from working in her organization with a session.
fn limits(world: &FactorWorld, session: &Session) -> Vec<UnmetRequirement> {
    let user = world.people.user(UserId::new(1)).expect("ann");
    let all = demands::limits(&world.people, &FactorOrganizations, user, session, world.now);
    let principal = Principal::of_person(&world.people, user, &Arc::new(session.clone()), world.now);
    // Permissions there change accordingly, and those elsewhere stay the same.
    let may = |org: u32| principal.may(&format!("peeringdb.organization.{org}.network"), Permissions::CREATE);
    assert_eq!(may(ORG), all.is_empty() && session.stage == SessionStage::Open, "{all:?}");
    assert!(session.stage != SessionStage::Open || may(ORG + 1), "another organization is not touched");
    all.into_iter().map(|limit| limit.lack).collect()
}

#[test]
fn n02_a_demand_of_an_organization_bounds_rights_in_it_and_never_the_account() {
    use OtherFactor::{App, Key, Nothing};
    let passkey: fn(&mut Policy) = |policy| policy.requires_passkey = true;
    let no_totp: fn(&mut Policy) = |policy| policy.refuses_totp = true;
    let more: fn(&mut Policy) = |policy| policy.wants_factor_with_passkey = true;
    for (name, rule, with_passkey, beside, expected) in [
        ("require passkey", passkey, false, App, &[UnmetRequirement::Passkey][..]),
        ("require passkey", passkey, false, Key, &[UnmetRequirement::Passkey]),
        ("require passkey", passkey, true, Nothing, &[]),
        ("disable TOTP", no_totp, false, App, &[UnmetRequirement::OtherThanTotp]),
        ("disable TOTP", no_totp, false, Key, &[]),
        ("disable TOTP", no_totp, true, App, &[]),
        ("require MFA after passkey", more, true, Nothing, &[UnmetRequirement::BesidePasskey]),
        ("require MFA after passkey", more, true, App, &[UnmetRequirement::NotShown]),
        ("require MFA after passkey", more, false, App, &[]),
    ] {
        let (mut world, mut one, mut two) = world(with_passkey, beside, |_| {});
        world.policy(rule);
        let other = Member {
            id: MemberId::new(2),
            org: OrgId::new(ORG + 1),
            ..world.people.member(OrgId::new(ORG), UserId::new(1)).expect("a member").as_ref().clone()
        };
        world.put(&other);
        let first = if with_passkey { world.with_passkey(&mut one) } else { world.with_password() };
        let mut session = first.unwrap_or_else(|error| panic!("{name}: {error}")).session;
        if session.stage == SessionStage::Factor {
            let code = world.later();
            let key = (beside == Key).then(|| world.assert_beside(&mut two).expect("sound"));
            let shown = key.as_ref().map_or(SubmittedFactor::Totp(&code), SubmittedFactor::Key);
            session = world.prove(&session, shown).expect("let in").session;
        }
        assert_eq!(session.stage, SessionStage::Open, "{name}: the account is open");
        assert_eq!(limits(&world, &session), expected, "{name}, passkey {with_passkey}, {beside:?}");
    }
}

#[test]
fn n02_who_has_a_passkey_and_came_in_by_a_password_works_on_elsewhere() {
    let (mut world, _, mut two) = world(true, OtherFactor::Key, |_| {});
    world.policy(|policy| policy.requires_passkey = true);
    let other = Member {
        id: MemberId::new(2),
        org: OrgId::new(ORG + 1),
        ..world.people.member(OrgId::new(ORG), UserId::new(1)).expect("a member").as_ref().clone()
    };
    world.put(&other);
    let waiting = world.with_password().expect("the first step").session;
    let key = world.assert_beside(&mut two).expect("sound");
    let session = world.prove(&waiting, SubmittedFactor::Key(&key)).expect("let in").session;
    assert_eq!(limits(&world, &session), [UnmetRequirement::NotShown]);
}
