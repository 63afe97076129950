//! What people do with their factors.

use peerage_access::acts::demands::NEEDS_NEW_FACTOR;
use peerage_access::acts::factors;
use peerage_access::acts::log_in::SubmittedFactor;
use peerage_access::acts::sessions;
use peerage_access::factors::{FACTORS_MAX, backup};
use peerage_access::notices::{self, NoticeEvent};
use peerage_access::records::{Factor, Session, SessionStage, StoredRecord, User};
use peerage_access::{AccessError, RecordStep};
use peerage_registry::ids::{FactorId, SessionId, UserId};
use peerage_registry::{Cause, EventSubject};

use crate::factors::soft_key::SoftKey;
use crate::factors::world::{FactorWorld, NOW, entropy};
use crate::worded::all_english;

fn remove(world: &mut FactorWorld, session: &Session, id: u32) -> Result<factors::FactorChange, AccessError> {
    world.act(Some(session), |context, login| factors::remove(context, login, FactorId::new(id)))
}

#[test]
fn the_last_factor_is_replaced_before_it_is_removed() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let app = world.add_totp(&session).expect("added");
    let id = app.factor.expect("made");
    let refused = remove(&mut world, &app.session, id.get()).expect_err("the last");
    assert!(refused.to_string().contains("add another one first"), "{refused}");
    let key = world.add_key(&app.session, &mut SoftKey::new(1, true), false).expect("added");
    world.with_password().expect("another session waits");
    let left = remove(&mut world, &key.session, id.get()).expect("removed");
    assert_eq!(world.factors().len(), 1);
    let sessions: Vec<SessionId> = world.people.sessions_of(UserId::new(1)).map(|session| session.id).collect();
    assert_eq!(sessions, [left.session.id], "all others ended");
}

#[test]
fn who_need_not_have_a_factor_may_remove_the_last_and_its_codes_go_with_it() {
    let mut world = FactorWorld::new();
    world.excused();
    let session = world.logged_in();
    assert_eq!(session.stage, SessionStage::Open);
    let app = world.add_totp(&session).expect("added");
    assert!(world.people.codes(UserId::new(1)).is_some());
    remove(&mut world, &app.session, (app.factor.expect("made")).get()).expect("removed");
    assert!(world.people.codes(UserId::new(1)).is_none(), "codes alone are no factor");
}

#[test]
fn a_factor_that_the_registry_refuses_does_not_count_as_the_last() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let app = world.add_totp(&session).expect("added");
    let key = world.add_key(&app.session, &mut SoftKey::new(1, true), true).expect("added");
    world.requirements.refuses_totp = true;
    remove(&mut world, &key.session, (key.factor.expect("made")).get()).expect_err("the last that counts");
    world.requirements.passkey = true;
    let turned = world.act(Some(&key.session), |context, login| {
        factors::set_logs_in(context, login, key.factor.expect("made"), false)
    });
    turned.expect_err("the last passkey where passkeys are demanded");
    remove(&mut world, &key.session, (app.factor.expect("made")).get()).expect("the app may go");
}

#[test]
fn each_change_needs_a_fresh_proof_of_an_open_session() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let app = world.add_totp(&session).expect("added");
    let (open, id) = (app.session, app.factor.expect("made"));
    let waiting = world.with_password().expect("the first step").session;
    world.now = open.created + 2 * sessions::FRESH;
    for session in [&open, &waiting] {
        type FactorAct = fn(
            &peerage_access::AccessContext<'_>,
            &peerage_access::acts::log_in::LoginContext<'_>,
            FactorId,
        ) -> Result<(factors::FactorChange, Vec<RecordStep>), AccessError>;
        let wishes: [FactorAct; 4] = [
            |context, login, id| factors::rename(context, login, id, "Other"),
            |context, login, id| factors::set_logs_in(context, login, id, true),
            factors::remove,
            |context, login, _| factors::renew_codes(context, login, &[9; backup::ENTROPY_BYTES]),
        ];
        for (at, request) in wishes.into_iter().enumerate() {
            let refused = world.act(Some(session), |context, login| request(context, login, id)).expect_err("refused");
            assert!(!matches!(refused, AccessError::NotFound(_)), "{at}: {refused:?}");
        }
    }
    let code = world.later();
    let fresh = world.prove_again(&open, SubmittedFactor::Totp(&code)).expect("proved").session;
    let renamed =
        world.act(Some(&fresh), |context, login| factors::rename(context, login, id, " Old phone ")).expect("renamed");
    assert_eq!(world.factors()[0].name, "Old phone");
    let wrong = |name: String| {
        move |context: &peerage_access::AccessContext<'_>, login: &peerage_access::acts::log_in::LoginContext<'_>| {
            factors::rename(context, login, id, &name)
        }
    };
    world.act(Some(&renamed.session), wrong("x".repeat(65))).expect_err("too long");
    world.act(Some(&renamed.session), wrong("a\nb".to_owned())).expect_err("two lines");
    world.act(Some(&renamed.session), wrong(" ".to_owned())).expect_err("empty");
    let others =
        world.act(Some(&renamed.session), |context, login| factors::rename(context, login, FactorId::new(99), "x"));
    assert!(matches!(others, Err(AccessError::NotFound(_))));
}

#[test]
fn an_account_has_at_most_twenty_factors_and_a_key_one_account() {
    let mut world = FactorWorld::new();
    let mut session = world.logged_in();
    for seed in 1..=FACTORS_MAX as u8 {
        session = world.add_key(&session, &mut SoftKey::new(seed, true), true).expect("added").session;
    }
    let more = world.add_key(&session, &mut SoftKey::new(99, true), true).expect_err("one too many");
    assert!(more.to_string().contains("at most 20"), "{more}");
    let (user, handle) = (world.user(), world.user().handle.expect("made with the first key"));
    assert_eq!(handle.len(), 128);
    let known = world.factors();
    let known: Vec<&Factor> = known.iter().collect();
    let begun = world.relying.register(&user, &known, &handle, true).expect("begun");
    assert_eq!(begun.options["excludeCredentials"].as_array().map(Vec::len), Some(FACTORS_MAX));
    // A browser that ignores this gets no further.
    let begun = world.relying.register(&user, &[], &handle, true).expect("begun");
    let registered =
        world.relying.registered(&begun.state, UserId::new(1), &SoftKey::new(1, true).create(&begun.options));
    let registered = registered.expect("sound in itself");
    let last = world.factors().pop().expect("a key").id;
    let left = remove(&mut world, &session, last.get()).expect("removed").session;
    let again =
        world.act(Some(&left), |context, login| factors::add_key(context, login, "Again", &registered, &entropy()));
    assert_eq!(again.expect_err("twice").to_string(), "This key is already registered.");
}

#[test]
fn a_copy_of_the_database_tells_no_backup_code() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let codes = world.add_totp(&session).expect("added").codes.expect("made");
    let kept = world.people.codes(UserId::new(1)).expect("a set").to_text();
    for code in &codes {
        let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        assert!(!kept.contains(code.as_str()) && !kept.to_uppercase().contains(&bare.to_uppercase()), "{kept}");
    }
}

#[test]
fn renewed_codes_end_the_old_ones() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let app = world.add_totp(&session).expect("added");
    let old = app.codes.expect("made");
    let renewed = world
        .act(Some(&app.session), |context, login| factors::renew_codes(context, login, &[9; backup::ENTROPY_BYTES]))
        .expect("renewed");
    let new = renewed.codes.expect("shown");
    let waiting = world.with_password().expect("the first step").session;
    world.prove(&waiting, SubmittedFactor::Backup(&old[0])).expect_err("an old one");
    world.prove(&waiting, SubmittedFactor::Backup(&new[0])).expect("a new one");
    assert_eq!(world.people.codes(UserId::new(1)).expect("a set").left(), backup::COUNT - 1);
}

#[test]
fn nobody_sets_a_factor_up_before_the_address_is_confirmed() {
    let mut world = FactorWorld::new();
    let mut user = world.user();
    user.emails[0].verified = false;
    world.put(&user);
    let session = world.logged_in();
    let refused = world.add_totp(&session).expect_err("refused");
    assert_eq!(refused.to_string(), "Your email must be confirmed before enabling two-factor authentication.");
}

#[test]
fn a_seed_is_stored_so_that_a_copy_of_the_database_tells_nothing() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    world.add_totp(&session).expect("added");
    let text = peerage_access::records::StoredRecord::to_text(&world.factors()[0]);
    assert!(!text.contains(&data_encoding::HEXLOWER.encode(&crate::factors::world::SEED)), "{text}");
    let shown = peerage_access::records::for_readers(peerage_registry::Record::Factor, &text);
    assert_eq!((shown.get("proof"), shown["name"].as_str()), (None, Some("Phone")));
}

/// The mails about a step.
fn mails(world: &FactorWorld, step: &RecordStep) -> Vec<(String, Vec<String>)> {
    let actor = serde_json::json!({"name": "ann", "cause": step.cause}).to_string();
    let what = NoticeEvent {
        sequence: 5,
        at: NOW,
        action: step.action,
        subject: EventSubject::Record(step.record),
        id: step.id,
        before: step.before.as_deref(),
        after: step.after.as_deref(),
        actor: Some(&actor),
        author: None,
    };
    let notices = all_english(&notices::of(
        notices::NoticeContext {
            people: &world.people,
            organizations: &peerage_registry::Snapshot::default(),
            server_key: &world.server_key,
            site: "https://peerage.example",
        },
        &what,
    ));
    let runs = notices.chunk_by(|one, next| one.subject == next.subject);
    runs.map(|run| (run[0].subject.clone(), run.iter().map(|notice| notice.to.clone()).collect())).collect()
}

#[test]
fn each_change_of_factors_is_told_to_every_confirmed_address_and_to_no_other() {
    let mut world = FactorWorld::new();
    let mut user = world.user();
    user.emails.push(peerage_access::records::EmailAddress::answered("second@example.net".to_owned()));
    user.emails.push(peerage_access::records::EmailAddress::unanswered("new@example.net".to_owned()));
    world.put(&user);
    let session = world.logged_in();
    let app = world.add_totp(&session).expect("added");
    let mut key = SoftKey::new(1, true);
    let added = world.add_key(&app.session, &mut key, false).expect("added");
    let id = added.factor.expect("made");
    let turned =
        world.act(Some(&added.session), |context, login| factors::set_logs_in(context, login, id, true)).expect("set");
    let renewed = world
        .act(Some(&turned.session), |context, login| factors::renew_codes(context, login, &[9; backup::ENTROPY_BYTES]))
        .expect("renewed");
    let waiting = world.with_password().expect("the first step").session;
    world.prove(&waiting, SubmittedFactor::Backup(&renewed.codes.expect("shown")[0])).expect("let in");
    "2001:db8::1".clone_into(&mut world.address);
    let last = world.with_passkey(&mut key).expect("let in").session;
    remove(&mut world, &last, (app.factor.expect("made")).get()).expect("removed");
    let steps = std::mem::take(&mut world.steps);
    let mails: Vec<(String, Vec<String>)> = steps.iter().flat_map(|step| mails(&world, step)).collect();
    let subjects: Vec<&str> = mails.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(
        subjects,
        [
            "A second factor was added to your account",
            "A second factor was added to your account",
            "A key can now log in without your password",
            "Your backup codes were renewed",
            "A backup code was used",
            "New log-in to your account",
            "A second factor was removed from your account",
        ]
    );
    for (subject, to) in &mails {
        assert_eq!(to, &["ann@example.net", "second@example.net"], "{subject}");
    }
    assert!(steps.iter().any(|step| step.cause == Cause::FactorLogsIn));
}

#[test]
fn an_account_without_a_password_keeps_a_key_that_logs_in() {
    let mut world = FactorWorld::new();
    world.excused();
    let session = world.logged_in();
    let key = world.add_key(&session, &mut SoftKey::new(1, true), true).expect("added");
    world.people.put(peerage_registry::Record::Password, 1, None, 3).expect("gone");
    let id = key.factor.expect("made");
    let off = world.act(Some(&key.session), |context, login| factors::set_logs_in(context, login, id, false));
    assert!(off.expect_err("the only way in").to_string().contains("no password"));
    remove(&mut world, &key.session, id.get()).expect_err("the only way in");
    let user = User { verified: true, ..world.user() };
    assert!(user.handle.is_some());
}

#[test]
fn who_came_in_by_a_backup_code_adds_a_factor_before_anything_else_and_gets_new_codes() {
    let mut world = FactorWorld::new();
    let session = world.logged_in();
    let app = world.add_totp(&session).expect("added");
    let old = app.codes.expect("made with the first factor");
    let waiting = world.with_password().expect("the first step").session;
    let opened = world.prove(&waiting, SubmittedFactor::Backup(&old[0])).expect("let in");
    assert_eq!((opened.session.stage, opened.lock.as_deref()), (SessionStage::Enrol, Some(NEEDS_NEW_FACTOR)));
    // Neither new codes nor removing a factor opens it.
    let renewed = world
        .act(Some(&opened.session), |context, login| factors::renew_codes(context, login, &[9; backup::ENTROPY_BYTES]))
        .expect("renewed");
    assert_eq!(renewed.session.stage, SessionStage::Enrol);
    let renewed_codes = renewed.codes.expect("shown");
    let mut key = SoftKey::new(1, true);
    let added = world.add_key(&renewed.session, &mut key, false).expect("added");
    assert_eq!((added.session.stage, added.session.by_backup), (SessionStage::Open, false));
    let new = added.codes.expect("a whole new set");
    remove(&mut world, &added.session, (app.factor.expect("made")).get()).expect("what was lost is removed");
    let waiting = world.with_password().expect("the first step").session;
    world.prove(&waiting, SubmittedFactor::Backup(&renewed_codes[0])).expect_err("an old one");
    world.prove(&waiting, SubmittedFactor::Backup(&new[0])).expect("a new one");
}
