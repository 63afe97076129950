//! What ends with an account, and reminders to owners over time, with a simulated clock.

use peerage_access::acts::users;
use peerage_access::notices::{self, NoticeEvent};
use peerage_access::records::{Key, KeyState, Member, MemberRole, PermissionRules, Role, RoleKind};
use peerage_access::{KeyKind, People, Principal, RecordStep};
use peerage_registry::ids::{KeyId, MemberId, OrgId, RoleId, UserId};
use peerage_registry::moment::DAY;
use peerage_registry::{Action, Cause, EventSubject, Record};

use crate::never_more::world::{NOW, blank, context, put, put_one, server_key, user};
use crate::worded::all_english;

fn people() -> People {
    let mut people = People::default();
    for id in [1, 2] {
        put_one(&mut people, &user(id, true));
        put_one(
            &mut people,
            &Member {
                id: MemberId::new(id),
                org: OrgId::new(1),
                user: UserId::new(id),
                rank: MemberRole::Admin,
                grants: PermissionRules::new(),
                since: NOW,
                ranked: None,
                reconfirm_due: None,
            },
        );
    }
    let (kind, people_of_role) = (RoleKind::Noc, vec![UserId::new(1), UserId::new(2)]);
    let role = Role {
        id: RoleId::new(1),
        org: OrgId::new(1),
        kind,
        name: "noc".to_owned(),
        email: String::new(),
        people: people_of_role,
        grants: kind.rules(OrgId::new(1)),
        created: NOW,
    };
    put_one(&mut people, &role);
    for (id, kind, user) in [(1, KeyKind::Role, 1), (2, KeyKind::Role, 2), (3, KeyKind::User, 1), (4, KeyKind::User, 2)]
    {
        let role = (kind == KeyKind::Role).then_some(RoleId::new(1));
        let org = role.map(|_| OrgId::new(1));
        put_one(
            &mut people,
            &Key {
                id: KeyId::new(id),
                public: format!("key{id}"),
                user: Some(UserId::new(user)),
                org,
                role,
                ..blank(kind)
            },
        );
    }
    put_one(
        &mut people,
        &Key { id: KeyId::new(5), public: "key5".to_owned(), org: Some(OrgId::new(1)), ..blank(KeyKind::Org) },
    );
    people
}

fn state(people: &People, id: u32) -> KeyState {
    people.key_by_id(KeyId::new(id)).expect("a key").key.state
}

#[test]
fn closing_an_account_ends_its_keys_in_one_and_no_other() {
    let mut people = people();
    let operator = Principal::operator();
    let account = people.user(UserId::new(1)).expect("an account").clone();
    let steps = users::close(&context(&people, &operator), &account).expect("closed");
    put(&mut people, steps);
    let ended = [1, 2, 3, 4, 5].map(|id| state(&people, id) == KeyState::Revoked);
    assert_eq!(ended, [true, false, true, false, false]);
    assert_eq!(people.role(RoleId::new(1)).expect("a role").people, [UserId::new(2)]);
    assert!(people.member(OrgId::new(1), UserId::new(1)).is_none() && people.user_named("user1").is_none());
    let closed = people.user(UserId::new(1)).expect("its number stays");
    assert!(!closed.active && closed.emails.is_empty());
}

fn message(people: &People, step: &RecordStep) -> Vec<(String, String, String)> {
    let actor = serde_json::json!({"name": "peerage", "cause": step.cause}).to_string();
    let what = NoticeEvent {
        sequence: 7,
        at: NOW,
        action: step.action,
        subject: EventSubject::Record(Record::Key),
        id: step.id,
        before: step.before.as_deref(),
        after: step.after.as_deref(),
        actor: Some(&actor),
        author: None,
    };
    let mails = all_english(&notices::of(
        notices::NoticeContext {
            people,
            organizations: &peerage_registry::Snapshot::default(),
            server_key: &server_key(),
            site: "https://registry.example",
        },
        &what,
    ));
    mails.into_iter().map(|mail| (mail.to, mail.subject, mail.body)).collect()
}

#[test]
fn an_end_that_comes_near_is_told_three_times_and_each_once() {
    let mut people = people();
    let expires = NOW + 40 * DAY;
    let key = Key {
        expires: Some(expires),
        email: "robots@x.example".to_owned(),
        email_confirmed: true,
        ..people.key_by_id(KeyId::new(5)).expect("a key").key.as_ref().clone()
    };
    put_one(&mut people, &key);
    let mut received = Vec::new();
    // Checked four times a day.
    for quarter in 0..=160 {
        let now = NOW + quarter * DAY / 4;
        let steps = notices::expiring(&people, now);
        for step in &steps {
            let mails = message(&people, step);
            let to: Vec<&str> = mails.iter().map(|(to, ..)| to.as_str()).collect();
            assert_eq!(to, ["robots@x.example", "user1@x.example", "user2@x.example"]);
            for (_, subject, body) in &mails {
                assert_eq!(subject, "A key expires soon");
                assert!(!body.is_empty());
            }
            received.push(((expires - now).as_hours() / 24, step.cause.wording().unwrap_or_default().into_owned()));
        }
        put(&mut people, steps);
    }
    let expected = [(30, "expires in 30 days"), (7, "expires in 7 days"), (1, "expires in 1 day")];
    assert_eq!(received, expected.map(|(days, text)| (days, text.to_owned())));
}

#[test]
fn a_new_network_is_told_and_what_only_narrows_is_not() {
    let people = people();
    let key = people.key_by_id(KeyId::new(5)).expect("a key").key.as_ref().clone();
    let cause = Cause::KeyUsedFrom { networks: vec!["192.0.2.0/24".to_owned()] };
    let note = RecordStep::note(&key, cause);
    assert_eq!(note.action, Action::Note);
    let mails = message(&people, &note);
    assert_eq!(mails.first().map(|mail| mail.1.as_str()), Some("A key was used from a new network"));
    assert!(mails[0].2.contains("192.0.2.0/24"));
    let narrower = Key { readonly: true, ..key.clone() };
    assert!(message(&people, &RecordStep::update(&key, &narrower).caused_by(Cause::KeyChanged)).is_empty());
    let refused = message(&people, &RecordStep::note(&key, Cause::KeyExpired));
    assert_eq!(refused[0].1, "An expired key is still in use");
}
