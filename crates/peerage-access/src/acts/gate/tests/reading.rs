//! Accounts that only read.

use super::*;

/// Whether it was refused because the account only reads.
fn says(done: Result<AdmittedSteps, AccessError>) -> bool {
    matches!(done, Err(AccessError::Refused(text)) if text.contains("is read-only until"))
}

fn place_request() -> Application {
    Application {
        id: ApplicationId::new(1),
        user: ANN,
        wanted: ApplicationAim::Place,
        org: None,
        asn: Some(64500),
        org_name: String::new(),
        state: ApplicationState::Pending,
        created: NOW,
        note: String::new(),
        decided: None,
    }
}

#[test]
fn n15_an_account_that_only_reads_changes_nothing_but_what_is_listed() {
    let mut world = ActsWorld::new();
    let mut ann = User::clone(&world.user(ANN));
    ann.reads_until = Some(world.now + 60 * MINUTE);
    world.put(&ann);
    world.put(&other_key());
    let own = Key {
        id: KeyId::new(14),
        public: "mine00000000".to_owned(),
        user: Some(ANN),
        ..Key::blank(KeyKind::User, NOW)
    };
    world.put(&own);
    world.session(ANN, &[AuthMethod::Pwd, AuthMethod::Otp]);
    let by = world.person(ANN);
    let context = world.access_context(&by);
    for (what, steps) in changes_of_access(&world) {
        assert!(says(context.admit(steps)), "{what}");
    }
    let admitted = |done: Result<Vec<RecordStep>, AccessError>| done.and_then(|steps| context.admit(steps));
    assert!(says(admitted(accounts::change_name(&context, "Ann", "Other"))), "name");
    assert!(says(admitted(accounts::change_username(&context, "other"))), "user name");
    assert!(says(admitted(accounts::add_address(&context, "more@example.net", [1; 16]))), "address");
    assert!(says(admitted(accounts::set_locale(&context, Some("de"), &["de"]))), "language");
    assert!(
        says(admitted(crate::acts::users::close_own(&context))) || crate::acts::users::close_own(&context).is_err(),
        "closing"
    );
    assert!(admitted(accounts::change_password(&context, None, "x".to_owned())).is_err(), "password");
    let application = place_request();
    assert!(says(context.admit(vec![RecordStep::create(&application)])), "asking for a place");
    let row = PlannedSteps { records: vec![RecordStep::create(&application)], ..PlannedSteps::default() };
    assert!(context.admit_deeds(row).is_err());
    let vouched = Recovery {
        id: RecoveryId::new(1),
        user: BEN,
        state: RecoveryState::Open,
        begun: NOW,
        ends: None,
        evidence: Vec::new(),
        told: 0,
        address: String::new(),
        browser: None,
    };
    let after = Recovery { evidence: vec![RecoveryEvidence::Vouch { by: ANN, org: ORG }], ..vouched.clone() };
    assert!(says(context.admit(vec![RecordStep::update(&vouched, &after)])), "vouching");
    // What is still possible: ending sessions, suspending keys, setting up factors, stopping a recovery.
    assert!(admitted(sessions::end_all_but_this(&context)).is_ok());
    assert!(admitted(keys::turn(&context, &own, KeyStateChange::Revoke, "").map(|done| done.1)).is_ok());
    let factor = Factor {
        id: FactorId::new(6),
        user: ANN,
        name: "phone".to_owned(),
        created: NOW,
        used: None,
        proof: FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 },
    };
    assert!(context.admit(vec![RecordStep::create(&factor)]).is_ok());
    world.put(&Recovery { user: ANN, ..vouched });
    let context = world.access_context(&by);
    assert!(recovery::stop_own(&context).and_then(|steps| context.admit(steps)).is_ok());
    // A read-only person cannot change a policy, whatever their role.
    assert!(
        policies::change(&context, ORG, &PolicyPatch { refuses_totp: Some(true), ..PolicyPatch::default() }).is_err()
    );
}
