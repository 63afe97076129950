//! Complete samples of every record, so that a field without a line in the table fails.

mod samples;

use std::collections::{BTreeMap, BTreeSet};

use peerage_registry::ids::{
    ApplicationId, ClientId, ConsentId, FactorId, ImportFailureId, InvitationId, KeyId, LogoId, MemberId, OrgId,
    PortProposalId, RecoveryId, RoleId, SessionId, TicketId,
};
use peerage_registry::{Actor, Cause, ErasedEvents, IdempotentRetry};
use serde::Serialize;
use serde_json::json;

use super::*;
use crate::key_string::KeyKind;
use crate::records::*;
use crate::usage::KeyUse;
use samples::samples;

const AT: peerage_registry::moment::Moment = peerage_registry::moment::Moment::from_seconds(1_800_000_000);

fn actor() -> Actor {
    Actor {
        name: "ann".to_owned(),
        user: Some(UserId::new(5)),
        key: Some("k".to_owned()),
        session: Some(SessionId::new(1)),
        role: Some("NOC".to_owned()),
        address: Some("192.0.2.1".to_owned()),
        agent: Some("Browser".to_owned()),
        operator: Some("root".to_owned()),
        request: Some("r".to_owned()),
        retry: Some(IdempotentRetry { key: "digest".to_owned(), request: "digest".to_owned() }),
        cause: Some(Cause::Refused { why: "no".to_owned() }),
        note: Some("words".to_owned()),
    }
}

fn usage() -> Json {
    let usage = KeyUse {
        first: AT,
        last: AT,
        last_address: "192.0.2.1".to_owned(),
        last_agent: "curl/8".to_owned(),
        days: BTreeMap::from([("2027-01-15".to_owned(), 1)]),
        networks: BTreeMap::from([("192.0.2.0/24".parse().expect("a network"), AT)]),
        agents: BTreeMap::from([("curl/8".to_owned(), AT)]),
        exercised: BTreeMap::from([("peeringdb:c".to_owned(), AT)]),
        told_refused: AT,
    };
    serde_json::to_value(usage).expect("JSON")
}

/// Every path with a value, and every prefix of it.
fn paths(value: &Json, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                found.insert(path.clone());
                paths(value, &path, found);
            }
        }
        Json::Array(list) => list.iter().for_each(|value| paths(value, path, found)),
        _ => {}
    }
}

fn check(name: &str, fields: PersonalFields, samples: &[Json]) {
    let mut found = BTreeSet::new();
    for sample in samples {
        paths(sample, "", &mut found);
    }
    for path in &found {
        let is_branch = found.iter().any(|other| other.starts_with(&format!("{path}.")));
        assert!(is_branch || content(fields, path).is_some(), "{name}.{path} has no line in records/personal.rs");
    }
    for sample in samples {
        for (path, value) in sample.as_object().expect("a record") {
            let is_filled = !value.is_null() && *value != json!([]) && *value != json!({}) && *value != "";
            assert!(is_filled, "the sample of {name} leaves out {path}");
        }
    }
    let lines: Vec<&str> = fields.iter().map(|(path, _)| *path).collect();
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "{name}: two lines for one field");
    for line in lines.iter().filter(|line| !line.starts_with("cause.")) {
        assert!(found.contains(*line), "{name}.{line} is in records/personal.rs and in no record");
    }
}

#[test]
fn n16_every_field_of_every_record_says_whether_it_is_personal() {
    for record in Record::ALL {
        check(record.name(), fields(record), &samples(record));
    }
    check("actor", ACTOR, &[serde_json::to_value(actor()).expect("JSON")]);
    check("use", USE, &[usage()]);
}

#[test]
fn n16_a_person_is_found_in_every_record_that_speaks_of_them() {
    let mut ann = PersonIdentity::of(UserId::new(5));
    for user in &samples(Record::User) {
        ann.learn(Record::User, user);
    }
    assert_eq!(
        (ann.addresses.as_slice(), ann.names.as_slice()),
        (&["ann@example.net".to_owned()][..], &["ann".to_owned(), "annabel lee".to_owned()][..])
    );
    let ben = PersonIdentity {
        user: UserId::new(6),
        addresses: vec!["ben@example.net".to_owned()],
        names: vec!["ben".to_owned()],
    };
    let silent =
        [Record::Member, Record::Role, Record::Policy, Record::Logo, Record::PortProposal, Record::ImportFailure];
    for record in Record::ALL {
        for sample in samples(record) {
            assert_eq!(ann.is_in(record, &sample), !silent.contains(&record), "{}", record.name());
            assert!(!ben.is_in(record, &sample), "{}", record.name());
        }
    }
    let found = |record: Record, change: fn(&mut Json)| {
        let mut sample = samples(record).remove(0);
        change(&mut sample);
        ann.is_in(record, &sample)
    };
    // By address alone, if the record belongs to nobody or to others.
    assert!(found(Record::Ticket, |ticket| {
        ticket["user"].take();
    }));
    assert!(found(Record::Invitation, |invitation| invitation["email"] = "ANN@example.net".into()));
    assert!(found(Record::Key, |key| {
        key["kind"] = "org".into();
    }));
    assert!(!found(Record::Key, |key| {
        key["kind"] = "org".into();
        key["email"] = "noc@example.net".into();
        key["asked"] = json!([]);
    }));
    assert!(found(Record::Key, |key| {
        key["kind"] = "org".into();
        key["email"] = "noc@example.net".into();
    }));
    assert!(found(Record::Role, |role| role["email"] = "ann@example.net".into()));
    assert!(found(Record::Application, |one| {
        one["user"] = 9.into();
        one["note"] = "Annabel Lee has left".into();
    }));
    assert!(!found(Record::Application, |one| {
        one["user"] = 9.into();
        one["note"] = "Annabel Leeds has left".into();
    }));
    // A closed account contains nothing personal.
    let closed = json!({"id": 5, "username": "closed-account-5", "emails": [], "verified": false, "created": "2027-01-15T08:00:00Z"});
    let mut known = ann.clone();
    known.learn(Record::User, &closed);
    assert_eq!(known, ann);

    let actor = |change: fn(&mut Actor)| {
        let mut actor = Actor { name: "staff".to_owned(), user: Some(UserId::new(9)), note: None, ..actor() };
        change(&mut actor);
        ann.acted(&actor_value(&serde_json::to_string(&actor).expect("JSON")))
    };
    assert!(!actor(|_| ()));
    assert!(actor(|actor| actor.user = Some(UserId::new(5))));
    assert!(actor(|actor| actor.note = Some("asked by ann@example.net".to_owned())));
    assert!(actor(|actor| actor.cause = Some(Cause::Refused { why: "Annabel Lee is not of us".to_owned() })));
    assert!(!actor(|actor| actor.cause = Some(Cause::Erasure(ErasedEvents::default()))));
}

#[test]
fn n20_where_a_person_was_is_in_a_record_for_that_person_alone() {
    for record in [Record::Session, Record::Factor, Record::Codes, Record::Recovery] {
        for sample in samples(record) {
            for (reader, expected) in [(Some(5), true), (Some(6), false), (None, false)] {
                let mut shown = sample.clone();
                without_places(record, &mut shown, reader.map(UserId::new));
                let text = shown.to_string();
                assert_eq!(text.contains("192.0.2.1"), expected, "{}: {text}", record.name());
                assert_eq!(
                    text.contains("Browser") || record != Record::Session,
                    expected || record != Record::Session
                );
            }
        }
    }
    let mut key = samples(Record::Key).remove(0);
    without_places(Record::Key, &mut key, None);
    assert!(key.to_string().contains("192.0.2.0/24"));
}
