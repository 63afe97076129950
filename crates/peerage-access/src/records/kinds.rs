//! The kinds of records, defined once.
//!
//! A kind of [`Record`] that is missing here does not compile: [`with_kind`] matches all of them, and everything that
//! reads, stores, lists, erases or shows records uses it.

use std::sync::Arc;

use peerage_registry::Record;
use peerage_registry::ids::{
    ApplicationId, ClientId, ConsentId, FactorId, Id, ImportFailureId, InvitationId, KeyId, LogoId, MemberId, OrgId,
    PortProposalId, RecoveryId, RoleId, SessionId, TicketId, UserId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::personal::{self, PersonalFields};
use super::{
    Application, Client, Codes, Consent, Factor, ImportFailure, Invitation, Key, Logo, Member, Password, Policy,
    PortProposal, Recovery, Role, Session, Ticket, User,
};

/// A kind of record with its Rust type.
pub trait StoredRecord: Serialize + DeserializeOwned {
    type Id: Id;

    const RECORD: Record;

    /// What each field says about a person.
    const FIELDS: PersonalFields;

    /// Fields that are never shown in the audit log.
    const HIDDEN: &'static [&'static str];

    fn id(&self) -> Self::Id;

    /// The organization whose admins can read about changes.
    fn org(&self) -> Option<OrgId>;

    /// The stored text.
    fn to_text(&self) -> Arc<str> {
        serde_json::to_string(self).expect("records have text keys and finite numbers").into()
    }
}

macro_rules! kinds {
    ($($kind:ident $id:ident { org: $org:expr, fields: $fields:expr, hidden: $hidden:expr })*) => {
        $(
            impl StoredRecord for $kind {
                type Id = $id;

                const RECORD: Record = Record::$kind;
                const FIELDS: PersonalFields = $fields;
                const HIDDEN: &'static [&'static str] = &$hidden;

                fn id(&self) -> $id {
                    self.id
                }

                fn org(&self) -> Option<OrgId> {
                    let of: fn(&$kind) -> Option<OrgId> = $org;
                    of(self)
                }
            }
        )*
    };
}

kinds! {
    User UserId { org: |_| None, fields: personal::USER, hidden: ["places", "handle"] }
    Password UserId { org: |_| None, fields: personal::PASSWORD, hidden: ["hash"] }
    Member MemberId { org: |member| Some(member.org), fields: personal::MEMBER, hidden: [] }
    Key KeyId { org: |key| key.org, fields: personal::KEY, hidden: ["secrets", "once"] }
    Role RoleId { org: |role| Some(role.org), fields: personal::ROLE, hidden: [] }
    Policy OrgId { org: |policy| Some(policy.id), fields: personal::POLICY, hidden: [] }
    Session SessionId { org: |_| None, fields: personal::SESSION, hidden: ["secret"] }
    Logo LogoId { org: |logo| Some(logo.org), fields: personal::LOGO, hidden: ["file_data"] }
    Factor FactorId { org: |_| None, fields: personal::FACTOR, hidden: ["proof"] }
    Codes UserId { org: |_| None, fields: personal::CODES, hidden: ["codes"] }
    Ticket TicketId { org: |_| None, fields: personal::TICKET, hidden: ["nonce", "browser", "wanted"] }
    Recovery RecoveryId { org: |_| None, fields: personal::RECOVERY, hidden: [] }
    Application ApplicationId { org: |application| application.org, fields: personal::APPLICATION, hidden: [] }
    Invitation InvitationId { org: |invitation| Some(invitation.org), fields: personal::INVITATION, hidden: ["nonce"] }
    Client ClientId { org: |client| client.org, fields: personal::CLIENT, hidden: ["secrets"] }
    Consent ConsentId { org: |_| None, fields: personal::CONSENT, hidden: ["access"] }
    PortProposal PortProposalId { org: |proposal| Some(proposal.org), fields: personal::PORT_PROPOSAL, hidden: [] }
    ImportFailure ImportFailureId { org: |failure| Some(failure.org), fields: personal::IMPORT_FAILURE, hidden: [] }
}

/// Evaluates an expression with a name bound to the Rust type of a kind: `with_kind!(record, Kind => Kind::HIDDEN)`.
macro_rules! with_kind {
    ($record:expr, $kind:ident => $body:expr) => {
        $crate::records::with_kind!(@ $record, $kind, $body,
            User Password Member Key Role Policy Session Logo
            Factor Codes Ticket Recovery Application Invitation Client Consent
            PortProposal ImportFailure)
    };
    (@ $record:expr, $kind:ident, $body:expr, $($each:ident)*) => {
        match $record {
            $(::peerage_registry::Record::$each => {
                type $kind = $crate::records::$each;
                $body
            })*
        }
    };
}

pub(crate) use with_kind;

/// A record's text without what the audit log never shows: hashes of secrets.
pub fn for_readers(record: Record, text: &str) -> Json {
    let mut value: Json = serde_json::from_str(text).unwrap_or(Json::Null);
    if let Some(object) = value.as_object_mut() {
        for name in with_kind!(record, Kind => Kind::HIDDEN) {
            object.shift_remove(*name);
        }
    }
    value
}
