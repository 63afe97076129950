//! Requirements of organizations, and whom they would lock out.

use peerage_access::Patch;
use peerage_access::acts::lockout::{UnmetRequirement, lacks};
use peerage_access::acts::policies::{self, ITEMS_MAX, PolicyPatch};
use peerage_access::records::{MemberRole, Policy};
use peerage_registry::ids::{FactorId, OrgId, UserId};

use crate::joining::world::{JoinWorld, message};

#[test]
fn each_demand_names_what_a_person_lacks() {
    let passkey = Policy { requires_passkey: true, ..Policy::unset(OrgId::new(1)) };
    let no_totp = Policy { refuses_totp: true, ..Policy::unset(OrgId::new(1)) };
    let beside = Policy { wants_factor_with_passkey: true, ..Policy::unset(OrgId::new(1)) };
    let both = Policy { refuses_totp: true, wants_factor_with_passkey: true, ..Policy::unset(OrgId::new(1)) };
    for (policy, factors, expected) in [
        (&passkey, &[][..], &[UnmetRequirement::Passkey][..]),
        (&passkey, &["totp", "key"], &[UnmetRequirement::Passkey]),
        (&passkey, &["passkey"], &[]),
        (&no_totp, &[], &[]),
        (&no_totp, &["totp"], &[UnmetRequirement::OtherThanTotp]),
        (&no_totp, &["totp", "key"], &[]),
        (&no_totp, &["passkey"], &[]),
        (&beside, &["passkey"], &[UnmetRequirement::BesidePasskey]),
        (&beside, &["passkey", "totp"], &[]),
        (&beside, &["passkey", "passkey"], &[]),
        (&beside, &["totp"], &[]),
        (&both, &["passkey", "totp"], &[UnmetRequirement::BesidePasskey]),
        (&both, &["passkey", "key"], &[]),
    ] {
        let mut world = JoinWorld::new();
        for (id, kind) in (1..).zip(factors) {
            world.factor(id, 1, kind);
        }
        let user = world.people.user(UserId::new(1)).expect("there");
        assert_eq!(lacks(&world.people, user, policy, world.now), expected, "{policy:?} {factors:?}");
    }
}

#[test]
fn a_preview_says_who_would_be_locked_out_and_changes_nothing() {
    let mut world = JoinWorld::new();
    world.member(1, 3, MemberRole::Member);
    world.factor(1, 1, "passkey");
    let patch = PolicyPatch { requires_passkey: Some(true), ..PolicyPatch::default() };
    let locked_out = world
        .record(1, |context| Ok((policies::preview(context, OrgId::new(1), &patch)?.1, Vec::new())))
        .expect("told");
    assert_eq!(
        locked_out.iter().map(|one| (one.user.id, one.lacks.clone())).collect::<Vec<_>>(),
        [(UserId::new(3), vec![UnmetRequirement::Passkey])]
    );
    assert!(!world.people.has_policy(OrgId::new(1)));
    assert!(world.record(2, |context| Ok((policies::preview(context, OrgId::new(1), &patch)?.1, Vec::new()))).is_err());
}

#[test]
fn nobody_shuts_the_door_on_themselves() {
    let mut world = JoinWorld::new();
    let patch = PolicyPatch { requires_passkey: Some(true), ..PolicyPatch::default() };
    let text = message(world.record(1, |context| policies::change(context, OrgId::new(1), &patch)));
    assert_eq!(text, "This would lock you out: add a passkey that can log you in.");
    world.factor(1, 1, "passkey");
    let text = message(world.record(1, |context| policies::change(context, OrgId::new(1), &patch)));
    assert_eq!(text, "This would lock you out: log in again with the factors that the organization accepts.");
    world.passkey = Some(FactorId::new(1));
    world.record(1, |context| policies::change(context, OrgId::new(1), &patch)).expect("changed");
    assert!(world.people.policy(OrgId::new(1)).requires_passkey);
    // Existing members stay without an address in the domains.
    let patch = PolicyPatch { email_domains: Some(vec!["nobodys.example".to_owned()]), ..PolicyPatch::default() };
    world.record(1, |context| policies::change(context, OrgId::new(1), &patch)).expect("changed");
    // A person who does not meet current requirements cannot change anything there.
    world.passkey = None;
    let patch = PolicyPatch { key_days_max: Patch::Set(90), ..PolicyPatch::default() };
    assert!(
        message(world.record(1, |context| policies::change(context, OrgId::new(1), &patch)))
            .starts_with("This requires")
    );
}

#[test]
fn periods_and_domains_are_those_that_make_sense() {
    let mut world = JoinWorld::new();
    for (_, days) in policies::PERIODS {
        let patch = PolicyPatch { reconfirm_days: Patch::Set(days), ..PolicyPatch::default() };
        world.record(1, |context| policies::change(context, OrgId::new(1), &patch)).expect("changed");
    }
    for wrong in [0, 1, 31, 366] {
        let patch = PolicyPatch { reconfirm_days: Patch::Set(wrong), ..PolicyPatch::default() };
        assert!(
            message(world.record(1, |context| policies::change(context, OrgId::new(1), &patch)))
                .starts_with("reconfirm_days: ")
        );
    }
    for (domain, expected) in
        [("@Home.Example", "done"), ("nodot", "email_domains: Invalid format"), ("", "email_domains: Invalid format")]
    {
        let patch = PolicyPatch { email_domains: Some(vec![domain.to_owned()]), ..PolicyPatch::default() };
        assert_eq!(
            message(world.record(1, |context| policies::change(context, OrgId::new(1), &patch))),
            expected,
            "{domain}"
        );
    }
    assert_eq!(world.people.policy(OrgId::new(1)).email_domains, ["home.example"]);
}

#[test]
fn n08_what_an_organization_demands_is_bounded_in_bytes() {
    let mut world = JoinWorld::new();
    let long = format!("{}.{}.{}.example", "a".repeat(63), "b".repeat(63), "c".repeat(63));
    for (count, domain, expected) in [
        (ITEMS_MAX, "d.example".to_owned(), "done"),
        (ITEMS_MAX + 1, "d.example".to_owned(), "email_domains: At most 50 domains are allowed."),
        (ITEMS_MAX, long, "email_domains: The domains can have at most 8192 bytes in total."),
    ] {
        let patch = PolicyPatch { email_domains: Some(vec![domain; count]), ..PolicyPatch::default() };
        let text = world.record(1, |context| {
            policies::change(
                context,
                OrgId::new(1),
                &PolicyPatch { email_domains: Some(Vec::new()), ..patch.clone() },
            )?;
            // Whether the policy would be accepted, no matter whom it locks out.
            policies::preview(context, OrgId::new(1), &patch).map(|_| ("done".to_owned(), Vec::new()))
        });
        assert_eq!(text.unwrap_or_else(|error| error.to_string()), expected);
    }
}
