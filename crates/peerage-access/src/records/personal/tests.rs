//! Complete samples of every record, so that a field without a line in the table fails.

use std::collections::{BTreeMap, BTreeSet};

use peerage_registry::ids::{
    ApplicationId, ClientId, ConsentId, FactorId, InvitationId, KeyId, LogoId, MemberId, OrgId, RecoveryId, RoleId,
    SessionId, TicketId,
};
use peerage_registry::{Actor, Cause, ErasedEvents, IdempotentRetry};
use serde::Serialize;
use serde_json::json;

use super::*;
use crate::key_string::KeyKind;
use crate::records::*;
use crate::usage::KeyUse;

const AT: peerage_registry::moment::Moment = peerage_registry::moment::Moment::from_seconds(1_800_000_000);

fn secret() -> StoredSecret {
    StoredSecret { hash: [1; 32], version: 1, made: AT, until: Some(AT) }
}

fn rules() -> PermissionRules {
    BTreeMap::from([("peeringdb.organization.7.network".to_owned(), 1)])
}

fn used() -> FactorUse {
    FactorUse { at: AT, address: "192.0.2.1".to_owned() }
}

/// Samples in which every field has a value. They do not use `..`, so that a new field has to be added here.
fn samples(record: Record) -> Vec<Json> {
    fn value(kept: &impl Serialize) -> Json {
        serde_json::to_value(kept).expect("JSON")
    }
    match record {
        Record::User => vec![value(&User {
            id: UserId::new(5),
            username: "ann".to_owned(),
            first_name: "Annabel".to_owned(),
            last_name: "Lee".to_owned(),
            emails: vec![crate::records::EmailAddress {
                address: "ann@example.net".to_owned(),
                verified: true,
                confirmed: Some(AT),
            }],
            verified: true,
            active: true,
            superuser: true,
            locale: Some("de".to_owned()),
            primary_org: Some(OrgId::new(7)),
            handle: Some("00".to_owned()),
            places: vec!["mark".to_owned()],
            reads_until: Some(AT),
            created: AT,
        })],
        Record::Password => vec![value(&Password { id: UserId::new(5), hash: "$argon2id$".to_owned(), changed: AT })],
        Record::Member => vec![value(&Member {
            id: MemberId::new(1),
            org: OrgId::new(7),
            user: UserId::new(5),
            rank: MemberRole::Admin,
            grants: rules(),
            since: AT,
            ranked: Some(AT),
            reconfirm_due: Some(AT),
        })],
        Record::Key => vec![value(&Key {
            id: KeyId::new(1),
            public: "abcdefghijkl".to_owned(),
            kind: KeyKind::Role,
            user: Some(UserId::new(5)),
            org: Some(OrgId::new(7)),
            role: Some(RoleId::new(2)),
            name: "laptop".to_owned(),
            email: "ann@example.net".to_owned(),
            email_confirmed: true,
            confirmations: vec![AddressConfirmation { address: "ann@example.net".to_owned(), at: AT }],
            note: "nightly".to_owned(),
            readonly: true,
            grants: Some(rules()),
            networks: vec!["192.0.2.0/24".parse().expect("a network")],
            per_minute: Some(1),
            rotates_itself: true,
            manages_members: true,
            state: KeyState::Revoked,
            ended: Some(KeyEnd { at: AT, why: "stolen".to_owned() }),
            expires: Some(AT),
            told_days: Some(7),
            once: Some("once".to_owned()),
            idle_since: Some(AT),
            created: AT,
            secrets: vec![secret()],
        })],
        Record::Role => vec![value(&Role {
            id: RoleId::new(2),
            org: OrgId::new(7),
            kind: RoleKind::Noc,
            name: "NOC".to_owned(),
            email: "noc@example.net".to_owned(),
            people: vec![UserId::new(5)],
            grants: rules(),
            created: AT,
        })],
        Record::Policy => vec![value(&Policy {
            id: OrgId::new(7),
            key_days_max: Some(1),
            key_days_from: Some(AT),
            key_idle_days_max: Some(1),
            allows_user_keys: true,
            requires_networks: true,
            key_networks_from: Some(AT),
            keys_told: Some(AT),
            networks: vec!["192.0.2.0/24".parse().expect("a network")],
            email_domains: vec!["example.net".to_owned()],
            email_subdomains: true,
            requires_passkey: true,
            refuses_totp: true,
            wants_factor_with_passkey: true,
            grace_days: 1,
            passkey_from: Some(AT),
            totp_from: Some(AT),
            beside_from: Some(AT),
            reconfirm_days: Some(1),
        })],
        Record::Session => vec![value(&Session {
            id: SessionId::new(1),
            user: UserId::new(5),
            secret: secret(),
            created: AT,
            expires: AT,
            fresh_until: Some(AT),
            by_backup: true,
            line: Some(SessionId::new(1)),
            stage: SessionStage::Factor,
            amr: vec![AuthMethod::Pwd],
            passkey: Some(FactorId::new(1)),
            proved: Some(AT),
            address: "192.0.2.1".to_owned(),
            agent: "Browser".to_owned(),
        })],
        Record::Logo => vec![value(&Logo {
            id: LogoId::new(1),
            kind: "net".to_owned(),
            object: 1,
            org: OrgId::new(7),
            file_type: "image/png".to_owned(),
            file_data: "AAAA".to_owned(),
            created: AT,
            updated: AT,
        })],
        Record::Factor => {
            let factor = |proof| {
                value(&Factor {
                    id: FactorId::new(1),
                    user: UserId::new(5),
                    name: "Phone".to_owned(),
                    created: AT,
                    used: Some(used()),
                    proof,
                })
            };
            let key = SecurityKeyProof {
                credential: "{}".to_owned(),
                format: 1,
                credential_id: "id".to_owned(),
                logs_in: true,
                verifies: true,
                discoverable: Some(true),
                backup_eligible: true,
                backed_up: true,
                transports: vec!["usb".to_owned()],
                aaguid: Some("model".to_owned()),
                counter: 1,
            };
            vec![
                factor(FactorProof::Totp { seed: "seed".to_owned(), version: 1, last_step: 1 }),
                factor(FactorProof::Key(Box::new(key))),
            ]
        }
        Record::Codes => {
            vec![value(&Codes {
                id: UserId::new(5),
                made: AT,
                codes: vec![BackupCode { hash: [1; 32], version: 1, used: Some(used()) }],
            })]
        }
        Record::Ticket => vec![value(&Ticket {
            id: TicketId::new(1),
            user: Some(UserId::new(5)),
            purpose: TicketPurpose::Register,
            address: "ann@example.net".to_owned(),
            recovery: Some(RecoveryId::new(1)),
            org: Some(OrgId::new(7)),
            created: AT,
            expires: AT,
            nonce: "00".to_owned(),
            browser: Some("mark".to_owned()),
            wanted: Some(PendingAccount {
                username: "ann".to_owned(),
                first_name: "Annabel".to_owned(),
                last_name: "Lee".to_owned(),
                hash: "$argon2id$".to_owned(),
                locale: Some("de".to_owned()),
            }),
            password_set: Some(AT),
            used: Some(AT),
        })],
        Record::Recovery => vec![value(&Recovery {
            id: RecoveryId::new(1),
            user: UserId::new(5),
            state: RecoveryState::Waiting,
            begun: AT,
            ends: Some(AT),
            evidence: vec![
                RecoveryEvidence::Address { address: "ann@example.net".to_owned() },
                RecoveryEvidence::Vouch { by: UserId::new(6), org: OrgId::new(7) },
            ],
            told: 1,
            address: "192.0.2.1".to_owned(),
            browser: Some("mark".to_owned()),
        })],
        Record::Application => vec![value(&Application {
            id: ApplicationId::new(1),
            user: UserId::new(5),
            wanted: ApplicationAim::Ownership,
            org: Some(OrgId::new(7)),
            asn: Some(64_500),
            org_name: "Acme".to_owned(),
            state: ApplicationState::Denied,
            created: AT,
            note: "no".to_owned(),
            decided: Some(AT),
        })],
        Record::Invitation => vec![value(&Invitation {
            id: InvitationId::new(1),
            org: OrgId::new(7),
            email: "ann@example.net".to_owned(),
            rank: MemberRole::Member,
            grants: rules(),
            roles: vec![RoleId::new(2)],
            by: UserId::new(6),
            key: Some(KeyId::new(1)),
            created: AT,
            expires: AT,
            nonce: "00".to_owned(),
        })],
        Record::Client => vec![value(&Client {
            id: ClientId::new(1),
            client_id: "client".to_owned(),
            name: "Portal".to_owned(),
            user: Some(UserId::new(5)),
            org: Some(OrgId::new(7)),
            kind: ClientKind::Public,
            secrets: vec![secret()],
            redirect_uris: vec!["https://portal.example/".to_owned()],
            logout_uris: vec!["https://portal.example/".to_owned()],
            backchannel_uri: Some("https://portal.example/".to_owned()),
            signing: SigningAlgorithm::ES256,
            without_pkce: true,
            created: AT,
        })],
        Record::Consent => vec![value(&Consent {
            id: ConsentId::new(1),
            user: UserId::new(5),
            client: ClientId::new(1),
            scopes: vec!["openid".to_owned()],
            has_username: true,
            networks: Some(vec![1]),
            created: AT,
            used: Some(AT),
            access: vec![SignInTokens {
                family: "family".to_owned(),
                code: secret(),
                pending: Some(PendingCode {
                    redirect_uri: "https://portal.example/".to_owned(),
                    challenge: Some("x".to_owned()),
                    nonce: Some("y".to_owned()),
                }),
                token: Some(secret()),
                refresh: Some(secret()),
                generation: 1,
                expires: AT,
                refresh_expires: AT,
                scopes: vec!["openid".to_owned()],
                narrowed: Some(vec!["openid".to_owned()]),
                is_below: true,
                amr: vec![AuthMethod::Pwd],
                authenticated: AT,
                session: Some(SessionId::new(1)),
            }],
        })],
    }
}

fn actor() -> Actor {
    Actor {
        name: "ann".to_owned(),
        user: Some(UserId::new(5)),
        key: Some("k".to_owned()),
        session: Some(SessionId::new(1)),
        role: Some("NOC".to_owned()),
        address: Some("192.0.2.1".to_owned()),
        agent: Some("Browser".to_owned()),
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
    let silent = [Record::Member, Record::Role, Record::Policy, Record::Logo];
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
