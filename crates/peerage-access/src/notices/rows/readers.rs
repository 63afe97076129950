//! Who gets a mail, and how often.

use super::*;

#[test]
fn mails_name_the_language_that_their_reader_chose() {
    let mut world = world();
    world.put(&User { locale: Some("de".to_owned()), ..User::clone(&world.user(BEN)) });
    let languages = |world: &ActsWorld, steps: &[RecordStep]| -> Vec<(String, Option<String>)> {
        let organizations = Snapshot::default();
        let known = NoticeContext {
            people: &world.people,
            organizations: &organizations,
            server_key: &world.server_key,
            site: SITE,
        };
        let tell = |step: &RecordStep| {
            let actor = Actor { cause: Some(step.cause.clone()), ..Actor::default() };
            let actor = serde_json::to_string(&actor).expect("JSON");
            let what = NoticeEvent {
                sequence: 1,
                at: world.now,
                action: step.action,
                subject: EventSubject::Record(step.record),
                id: step.id,
                before: step.before.as_deref(),
                after: step.after.as_deref(),
                actor: Some(&actor),
                author: None,
            };
            of(known, &what).into_iter().map(|notice| (notice.to, notice.language)).collect::<Vec<_>>()
        };
        steps.iter().flat_map(tell).collect()
    };
    let german = || Some("de".to_owned());
    // A member and the admins, each in a mail of their own.
    let member = crate::records::Member::clone(world.people.member(ORG, BEN).expect("a member"));
    let mails = languages(&world, &[RecordStep::update(&member, &member).caused_by(Cause::MemberRights)]);
    assert_eq!(mails, [("ben@example.net".to_owned(), german()), ("ann@example.net".to_owned(), None)]);
    // An address that does not belong to the account yet, and one that no longer does.
    let request = {
        let by = world.person(BEN);
        accounts::add_address(&world.access_context(&by), "b@new.example", [4; 16]).expect("asked")
    };
    assert_eq!(languages(&world, &request), [("b@new.example".to_owned(), german())]);
    let before = User::clone(&world.user(BEN));
    let mut after = before.clone();
    after.emails.retain(|email| email.address != "ben@home.example");
    world.put(&after);
    let mails = languages(&world, &[RecordStep::update(&before, &after).caused_by(Cause::AddressRemoved)]);
    let both = [("ben@example.net".to_owned(), german()), ("ben@home.example".to_owned(), german())];
    assert_eq!(mails, both);
}

#[test]
fn n18_each_mail_has_one_reader_and_tells_nobody_elses_address() {
    let mut world = world();
    let added = mails(&mut world, ANN, |context, _| {
        members::set_rank(context, ORG, BEN, MemberRole::Admin).expect("changed").1
    });
    assert_eq!(added.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ben@example.net", "ann@example.net"]);
    assert!(!added[0].body.contains("192.0.2.7"), "Ben sees nothing of where Ann was: {}", added[0].body);
    assert!(added[1].body.contains("from 192.0.2.7"), "Ann sees where she was: {}", added[1].body);
    assert_ne!(added[0].reference, added[1].reference);
    assert!(added.iter().all(|mail| mail.reference.len() <= 64));
    assert!(added[0].body.contains("/profile") && !added[0].body.contains("/manage/"), "{}", added[0].body);
    assert!(added[1].body.contains(&format!("{SITE}/org/{ORG}/manage/people")), "{}", added[1].body);
    for mail in &added {
        assert!(!mail.body.contains("organization 7"), "by name: {}", mail.body);
    }
}

/// `peerage user session --reason "from a new device or network"`
#[test]
fn n19_a_session_by_an_operator_is_mailed_as_one_whatever_was_said() {
    let mut world = world();
    let session = {
        let by_person = world.people.sessions_of(BEN).next().expect("a session");
        crate::records::Session { amr: Vec::new(), ..crate::records::Session::clone(by_person) }
    };
    for cause in [Cause::Created, Cause::SessionReplacing] {
        let mailed = mails(&mut world, CYD, |_, _| vec![RecordStep::create(&session).caused_by(cause.clone())]);
        assert_eq!(subjects(&mailed), ["An operator opened a session for your account: ben, ben+home"]);
    }
}

#[test]
fn n18_whoever_suggested_a_row_is_told_what_became_of_it() {
    let world = world();
    let tell = |cause: Option<Cause>, status: &str, by: UserId| {
        let row =
            |status: &str| serde_json::json!({"id": 9, "org_id": 99, "name": "Example", "status": status}).to_string();
        let is_decided = cause.is_some();
        let (before, after) = (row(if is_decided { "pending" } else { "ok" }), row(status));
        let actor = Actor { name: "cyd".to_owned(), user: Some(by), cause, ..Actor::default() };
        let actor = serde_json::to_string(&actor).expect("JSON");
        let what = NoticeEvent {
            sequence: 1,
            at: world.now,
            action: if is_decided { Action::Update } else { Action::Delete },
            subject: EventSubject::Row(peerage_schema::Resource::Net),
            id: 9,
            before: Some(&before),
            after: Some(&after),
            actor: Some(&actor),
            author: Some(BEN),
        };
        let organizations = Snapshot::default();
        let known = NoticeContext {
            people: &world.people,
            organizations: &organizations,
            server_key: &world.server_key,
            site: SITE,
        };
        all_english(&of(known, &what))
    };
    let approved = tell(Some(Cause::Approved), "ok", CYD);
    assert_eq!(subjects(&approved), ["Your registration was approved: ben"]);
    assert!(approved[0].body.contains(&format!("{SITE}/api/net/9")), "{}", approved[0].body);
    let refused = tell(Some(Cause::Refused { why: "It exists as AS64500.".to_owned() }), "deleted", CYD);
    assert_eq!(subjects(&refused), ["Your registration was refused: ben"]);
    assert!(refused[0].body.contains("It exists as AS64500."), "{}", refused[0].body);
    assert_eq!(subjects(&tell(None, "deleted", CYD)), ["Staff deleted an object of your organization: ben"]);
    assert_eq!(subjects(&tell(None, "deleted", ANN)), [""; 0], "who is no staff deletes their own");
}

#[test]
fn n18_an_address_that_nobody_confirmed_gets_one_question_and_nothing_else() {
    const STRANGER: &str = "stranger@elsewhere.example";
    let mut world = world();
    let input = |email: &str| KeyPatch {
        name: Some("laptop".to_owned()),
        email: Some(email.to_owned()),
        ..KeyPatch::default()
    };
    let to = |mails: &[WordedMail], to: &str| mails.iter().filter(|mail| mail.to == to).count();
    let mut all = Vec::new();
    let mut made = Vec::new();
    for _ in 0..30 {
        all.extend(mails(&mut world, BEN, |context, login| {
            let issued = keys::issue(context, KeyOwner::User(BEN), &input(STRANGER), login.server_key, login.entropy);
            let issued = issued.expect("made");
            made.push(issued.key);
            issued.steps
        }));
    }
    let revoked = mails(&mut world, BEN, |context, _| {
        keys::turn(context, &made[29], KeyStateChange::Revoke, "win a prize at once").expect("revoked").1
    });
    all.extend(revoked);
    assert_eq!(to(&all, STRANGER), 1);
    let question = all.iter().find(|mail| mail.to == STRANGER).expect("a question");
    assert_eq!(question.subject, "Is this the right address for a key?");
    // Changing the address back and forth sends no further mails, and other addresses are limited per day.
    let mut request = 0;
    for round in 0..20 {
        let email = format!("stranger{}@elsewhere.example", round % 10);
        world.session(BEN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
        let ben = world.person(BEN);
        let before = world.people.key(&made[0].public).expect("there").key.as_ref().clone();
        let change = KeyPatch { email: Some(email.clone()), ..KeyPatch::default() };
        if let Err(refused) = keys::change(&world.access_context(&ben), &before, &change) {
            assert!(matches!(refused, crate::acts::AccessError::Field { field: "email", .. }), "{refused:?}");
            continue;
        }
        let sent = mails(&mut world, BEN, |context, _| keys::change(context, &before, &change).expect("changed").1);
        request += to(&sent, &email);
    }
    assert_eq!(request, keys::QUESTIONS_MAX - 1);
    // One answer confirms the address for all keys of the person, which then gets their mails.
    let key = |world: &ActsWorld, at: usize| world.people.key(&made[at].public).expect("there").key.as_ref().clone();
    let first = key(&world, 1);
    let steps = keys::confirm_address(&world.people, &first);
    assert_eq!(steps.len(), 28, "all but the one that ended and the one with another address");
    world.take(&steps);
    let before = key(&world, 2);
    let suspended = mails(&mut world, BEN, |context, _| {
        keys::turn(context, &before, KeyStateChange::Suspend, "").expect("turned").1
    });
    assert_eq!(to(&suspended, STRANGER), 1);
    let next = mails(&mut world, BEN, |context, login| {
        keys::issue(context, KeyOwner::User(BEN), &input(STRANGER), login.server_key, login.entropy)
            .expect("made")
            .steps
    });
    assert!(next.iter().all(|mail| mail.subject == "A key was created"), "{next:?}");
}

#[test]
fn n18_a_role_mailbox_is_told_only_once_it_is_confirmed_or_an_admins() {
    const DESK: &str = "noc@elsewhere.example";
    for (address, expected) in
        [(DESK, ["Is this the right address for a key?"]), ("ann@example.net", ["A key was created"])]
    {
        let mut world = world();
        let role = roles::RolePatch {
            kind: Some(RoleKind::Noc),
            email: Some(address.to_owned()),
            people: Some(vec![BEN]),
            ..RolePatch::default()
        };
        mails(&mut world, ANN, |context, _| roles::create(context, ORG, &role).expect("made").1);
        let id = world.people.roles_of(ORG).next().expect("a role").id;
        let input = KeyPatch { name: Some("robot".to_owned()), ..KeyPatch::default() };
        let made = mails(&mut world, BEN, |context, login| {
            keys::issue(context, KeyOwner::Role(id), &input, login.server_key, login.entropy).expect("made").steps
        });
        let found: Vec<&str> =
            made.iter().filter(|mail| mail.to == address).map(|mail| mail.subject.as_str()).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn n18_ends_by_policy_are_announced_once_a_day() {
    let mut world = world();
    let key = Key {
        id: KeyId::new(40),
        public: "robot0000040".to_owned(),
        org: Some(ORG),
        ..Key::blank(crate::key_string::KeyKind::Org, world.now)
    };
    world.put(&key);
    let mut sent = 0;
    let mut bound = |world: &mut ActsWorld, days: Option<u32>| {
        let input = PolicyPatch { key_days_max: Patch::from(days), ..PolicyPatch::default() };
        let mails = mails(world, ANN, |context, _| policies::change(context, ORG, &input).expect("set").1);
        sent += mails.iter().filter(|mail| mail.subject == "A key stops working soon").count();
        sent
    };
    for days in (90..110).rev() {
        bound(&mut world, Some(days));
        bound(&mut world, None);
    }
    assert_eq!(bound(&mut world, Some(80)), 1);
    world.now += DAY;
    assert_eq!(bound(&mut world, Some(70)), 2);
}
