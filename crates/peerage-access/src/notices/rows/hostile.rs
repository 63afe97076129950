//! Names that try to smuggle something into a mail.

use super::super::plain::{NASTY, has_link};
use super::*;
use crate::records::ApplicationState::{Denied, Pending};
use crate::records::{
    Application, ApplicationAim, ApplicationState, Invitation, KeyEnd, KeyState, Member, Role, Session,
};

/// Organizations that all have this name.
struct HostileNames(&'static str);

impl crate::people::Organizations for HostileNames {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: crate::people::ObjectRef, _: crate::people::ObjectRef) -> bool {
        true
    }

    fn name(&self, _: OrgId) -> String {
        self.0.to_owned()
    }
}

/// Steps on keys, roles and requests whose texts are all this name.
fn steps_of_organizations(world: &ActsWorld, name: &str) -> Vec<RecordStep> {
    let at = world.now;
    let key =
        Key { name: name.to_owned(), note: name.to_owned(), org: Some(ORG), ..Key::blank(crate::KeyKind::Org, at) };
    let ended = Key { state: KeyState::Revoked, ended: Some(KeyEnd { at, why: name.to_owned() }), ..key.clone() };
    let exposed = Key { state: KeyState::Exposed, ..ended.clone() };
    let application = |state: ApplicationState| Application {
        id: ApplicationId::new(1),
        user: BEN,
        wanted: ApplicationAim::Place,
        org: None,
        asn: None,
        org_name: name.to_owned(),
        state,
        created: at,
        note: name.to_owned(),
        decided: None,
    };
    let invitation = Invitation {
        id: InvitationId::new(1),
        org: ORG,
        email: "x@example.net".to_owned(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: Vec::new(),
        by: ANN,
        key: None,
        created: at,
        expires: at,
        nonce: "00".to_owned(),
    };
    let role = Role {
        id: RoleId::new(1),
        org: ORG,
        kind: RoleKind::Noc,
        name: name.to_owned(),
        email: String::new(),
        people: vec![BEN],
        grants: PermissionRules::new(),
        created: at,
    };
    vec![
        RecordStep::create(&key),
        RecordStep::update(&key, &ended),
        RecordStep::update(&key, &exposed),
        RecordStep::create(&application(Pending)),
        RecordStep::update(&application(Pending), &application(Denied)),
        RecordStep::create(&invitation),
        RecordStep::create(&role),
    ]
}

/// Steps on the account of Ben, whose texts are all this name.
fn steps_of_accounts(world: &ActsWorld, name: &str) -> Vec<RecordStep> {
    let factor =
        Factor { name: name.to_owned(), ..Factor::clone(world.people.factor(FactorId::new(1)).expect("there")) };
    let member = Member::clone(world.people.member(ORG, BEN).expect("a member"));
    let session = Session {
        user: BEN,
        agent: name.to_owned(),
        ..Session::clone(world.people.sessions_of(BEN).next().expect("a session"))
    };
    let password = Password { id: BEN, hash: "other".to_owned(), changed: world.now };
    let ben = world.user(BEN);
    vec![
        RecordStep::create(&factor),
        RecordStep::create(&member),
        RecordStep::erase(&member),
        RecordStep::create(&session).caused_by(Cause::NewPlace),
        RecordStep::update(&password, &password),
        RecordStep::update(&*ben, &User { username: format!("{name}2"), ..User::clone(&ben) }),
    ]
}

/// The mails about a step by an actor whose texts are all this name; there has to be one.
fn mails_about(
    world: &ActsWorld,
    name: &'static str,
    step: &RecordStep,
    subject: EventSubject,
    cause: Cause,
) -> Vec<WordedMail> {
    let actor = Actor {
        name: name.to_owned(),
        user: Some(ANN),
        cause: Some(cause),
        note: Some(name.to_owned()),
        ..Actor::default()
    };
    let actor = serde_json::to_string(&actor).expect("JSON");
    let event = NoticeEvent {
        sequence: 1,
        at: world.now,
        action: step.action,
        subject,
        id: step.id,
        before: step.before.as_deref(),
        after: step.after.as_deref(),
        actor: Some(&actor),
        author: Some(BEN),
    };
    let organizations = HostileNames(name);
    let known = NoticeContext {
        people: &world.people,
        organizations: &organizations,
        server_key: &world.server_key,
        site: SITE,
    };
    let made = all_english(&of(known, &event));
    assert!(!made.is_empty(), "{subject:?} {:?}", step.action);
    made
}

fn check(notice: &WordedMail) {
    assert!(!notice.subject.chars().any(char::is_control), "{notice:?}");
    assert!(!has_link(&notice.subject) && !has_link(&notice.body), "{notice:?}");
    let allowed = |letter: char| letter == '\n' || !letter.is_control();
    assert!(notice.body.chars().all(allowed), "{notice:?}");
    // Every URL that a mail program would find is one of ours.
    for word in notice.body.split_whitespace().filter(|word| word.contains("://")) {
        assert!(word.starts_with(SITE), "{word}: {notice:?}");
    }
}

#[test]
fn n18_no_name_smuggles_a_link_or_a_line_into_a_mail() {
    for name in NASTY {
        let mut world = world();
        for user in [ANN, BEN] {
            let user = User {
                username: name.to_owned(),
                first_name: name.to_owned(),
                last_name: name.to_owned(),
                ..User::clone(&world.user(user))
            };
            world.put(&user);
        }
        let steps = [steps_of_organizations(&world, name), steps_of_accounts(&world, name)].concat();
        let mut notices = Vec::new();
        for step in &steps {
            notices.extend(mails_about(&world, name, step, EventSubject::Record(step.record), step.cause.clone()));
        }
        let row = serde_json::json!({"id": 1, "org_id": ORG, "name": name, "status": "pending"}).to_string();
        let refused = row.replace("pending", "deleted");
        let decided = RecordStep { before: Some(row.into()), after: Some(refused.into()), ..steps[1].clone() };
        let why = Cause::Refused { why: name.to_owned() };
        notices.extend(mails_about(&world, name, &decided, EventSubject::Row(peerage_schema::Resource::Net), why));
        notices.iter().for_each(check);
    }
}
