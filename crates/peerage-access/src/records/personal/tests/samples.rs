//! Samples in which every field has a value.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

fn value(kept: &impl Serialize) -> Json {
    serde_json::to_value(kept).expect("JSON")
}

fn secret() -> StoredSecret {
    StoredSecret { hash: [1; 32], version: 1, made: AT, until: Some(AT) }
}

fn rules() -> PermissionRules {
    BTreeMap::from([("peeringdb.organization.7.network".to_owned(), 1)])
}

fn used() -> FactorUse {
    FactorUse { at: AT, address: "192.0.2.1".to_owned() }
}

/// Samples of a record. They do not use `..`, so that a new field has to be added here.
pub(super) fn samples(record: Record) -> Vec<Json> {
    match record {
        Record::User => user(),
        Record::Password => password(),
        Record::Member => member(),
        Record::Key => key(),
        Record::Role => role(),
        Record::Policy => policy(),
        Record::Session => session(),
        Record::Logo => logo(),
        Record::Factor => factor(),
        Record::Codes => codes(),
        Record::Ticket => ticket(),
        Record::Recovery => recovery(),
        Record::Application => application(),
        Record::Invitation => invitation(),
        Record::Client => client(),
        Record::Consent => consent(),
        Record::PortProposal => port_proposal(),
        Record::ImportFailure => import_failure(),
    }
}

fn user() -> Vec<Json> {
    vec![value(&User {
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
        staff: Some(crate::staff_ranks::StaffRank::Admin),
        locale: Some("de".to_owned()),
        primary_org: Some(OrgId::new(7)),
        handle: Some("00".to_owned()),
        places: vec!["mark".to_owned()],
        reads_until: Some(AT),
        created: AT,
    })]
}

fn password() -> Vec<Json> {
    vec![value(&Password { id: UserId::new(5), hash: "$argon2id$".to_owned(), changed: AT })]
}

fn member() -> Vec<Json> {
    vec![value(&Member {
        id: MemberId::new(1),
        org: OrgId::new(7),
        user: UserId::new(5),
        rank: MemberRole::Admin,
        grants: rules(),
        since: AT,
        ranked: Some(AT),
        reconfirm_due: Some(AT),
    })]
}

fn key() -> Vec<Json> {
    vec![value(&Key {
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
    })]
}

fn role() -> Vec<Json> {
    vec![value(&Role {
        id: RoleId::new(2),
        org: OrgId::new(7),
        kind: RoleKind::Noc,
        name: "NOC".to_owned(),
        email: "noc@example.net".to_owned(),
        people: vec![UserId::new(5)],
        grants: rules(),
        created: AT,
    })]
}

fn policy() -> Vec<Json> {
    vec![value(&Policy {
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
    })]
}

fn session() -> Vec<Json> {
    vec![value(&Session {
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
    })]
}

fn logo() -> Vec<Json> {
    vec![value(&Logo {
        id: LogoId::new(1),
        kind: "net".to_owned(),
        object: 1,
        org: OrgId::new(7),
        file_type: "image/png".to_owned(),
        file_data: "AAAA".to_owned(),
        created: AT,
        updated: AT,
    })]
}

fn port_proposal() -> Vec<Json> {
    let row = PortAddresses { ipaddr4: Some(Ipv4Addr::new(192, 0, 2, 1)), ipaddr6: Some(Ipv6Addr::LOCALHOST) };
    let PortAddresses { ipaddr4, ipaddr6 } = row;
    let port = PortFields { ipaddr4, ipaddr6, speed: 1000, is_rs_peer: false, operational: true };
    vec![value(&PortProposal {
        id: PortProposalId::new(1),
        ix: 1,
        lan: 1,
        net: 1,
        org: OrgId::new(7),
        asn: 64_500,
        action: ProposedAction::Modify,
        row,
        port: Some(1),
        before: Some(port),
        after: Some(port),
        stated: Some(StatedPort { speed: 1000, is_rs_peer: false, operational: true }),
        source: Some("member_list[0] (line 1)".to_owned()),
        needed_by: Some(row),
        dismissed: Some(AT),
        resolved: Some(AT),
        created: AT,
        updated: AT,
    })]
}

fn import_failure() -> Vec<Json> {
    vec![value(&ImportFailure {
        id: ImportFailureId::new(1),
        org: OrgId::new(7),
        why: "The list cannot be fetched.".to_owned(),
        needs_confirmation: false,
        since: AT,
        told: AT,
        ended: Some(AT),
    })]
}

fn factor() -> Vec<Json> {
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

fn codes() -> Vec<Json> {
    vec![value(&Codes {
        id: UserId::new(5),
        made: AT,
        codes: vec![BackupCode { hash: [1; 32], version: 1, used: Some(used()) }],
    })]
}

fn ticket() -> Vec<Json> {
    vec![value(&Ticket {
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
    })]
}

fn recovery() -> Vec<Json> {
    vec![value(&Recovery {
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
    })]
}

fn application() -> Vec<Json> {
    vec![value(&Application {
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
    })]
}

fn invitation() -> Vec<Json> {
    vec![value(&Invitation {
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
    })]
}

fn client() -> Vec<Json> {
    vec![value(&Client {
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
    })]
}

fn consent() -> Vec<Json> {
    vec![value(&Consent {
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
    })]
}
