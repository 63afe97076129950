//! How a recovery is stopped, and by whom.

use super::*;

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
