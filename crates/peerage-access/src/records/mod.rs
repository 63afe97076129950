//! What is kept of people, keys and rights, one record each, as JSON text in the log and in SQL.
//!
//! Fields are only ever added, each with a default, so that an older log stays readable. Times are UTC with
//! microseconds.

mod accounts;
mod clients;
mod factors;
mod joining;
pub mod personal;

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;
use peerage_registry::Record;
use peerage_registry::moment::Micros;
use serde::{Deserialize, Serialize};

pub use accounts::{Amr, Evidence, Purpose, Recovery, RecoveryState, Stage, Ticket, WantedAccount};
pub use clients::{Access, Client, ClientKind, Consent, Pending, Signing};
pub use factors::{Code, Codes, Factor, Proof, Security, Used};
pub use joining::{Application, ApplicationState, Invitation, Wanted};

use crate::key_string::KeyKind;
use crate::server_key::Stamp;

/// Namespace → bits.
pub type Rules = BTreeMap<String, u8>;

/// A kind of record with its Rust type.
pub trait Kept: Serialize + for<'a> Deserialize<'a> {
    const RECORD: Record;

    fn id(&self) -> u32;

    /// The organization whose admins may read of changes.
    fn org(&self) -> Option<u32>;

    /// As it is kept.
    fn to_text(&self) -> Arc<str> {
        serde_json::to_string(self).expect("records have text keys and finite numbers").into()
    }
}

macro_rules! kept {
    ($type:ident, $org:expr) => {
        impl Kept for $type {
            const RECORD: Record = Record::$type;

            fn id(&self) -> u32 {
                self.id
            }

            fn org(&self) -> Option<u32> {
                let of: fn(&$type) -> Option<u32> = $org;
                of(self)
            }
        }
    };
}

/// Times as text.
mod time {
    use peerage_registry::moment::{self, Micros};
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
    pub fn serialize<S: Serializer>(micros: &Micros, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&moment::print_exact(*micros))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment::parse(&text).ok_or_else(|| serde::de::Error::custom("is no time"))
    }

    pub mod maybe {
        use super::{Deserialize, Deserializer, Micros, Serializer, moment};

        #[expect(clippy::ref_option, reason = "the form that serde calls")]
        pub fn serialize<S: Serializer>(micros: &Option<Micros>, serializer: S) -> Result<S::Ok, S::Error> {
            match micros {
                Some(micros) => serializer.serialize_str(&moment::print_exact(*micros)),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Micros>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| moment::parse(&text).ok_or_else(|| serde::de::Error::custom("is no time"))).transpose()
        }
    }
}

/// Stamps as hexadecimal text.
mod stamp {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Stamp;

    pub fn serialize<S: Serializer>(stamp: &Stamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(stamp))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Stamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map_err(|_| serde::de::Error::custom("has another length"))
    }
}

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: u32,
    pub username: String,
    #[serde(default)]
    pub first_name: String,
    #[serde(default)]
    pub last_name: String,
    /// The first is the main one.
    pub emails: Vec<Email>,
    /// Whether somebody has vouched for the person: only then do rights beyond a guest's count.
    pub verified: bool,
    /// An account that was closed or barred lets nobody in, nor do its keys.
    #[serde(default = "yes")]
    pub active: bool,
    /// The registry's staff may do everything.
    #[serde(default)]
    pub superuser: bool,
    /// The language of pages and mails; none: what the browser asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The organization that `self` addresses mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_org: Option<u32>,
    /// What authenticators know the account by: 64 random bytes, hexadecimal. None while it never had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Networks and programs that it was logged in from, as marks that tell nothing without the server's key; the newest
    /// last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Rights reach no further than reading until then: somebody lost a factor lately.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub reads_until: Option<Micros>,
    #[serde(with = "time")]
    pub created: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    pub address: String,
    /// Whether a mail to it was answered.
    pub verified: bool,
    /// When it was answered last, where that is known.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Micros>,
}

fn yes() -> bool {
    true
}

impl Email {
    /// A mail to it was answered.
    pub fn answered(address: String) -> Email {
        Email { address, verified: true, confirmed: None }
    }

    /// Nobody has answered a mail to it yet.
    pub fn unanswered(address: String) -> Email {
        Email { address, verified: false, confirmed: None }
    }
}

impl User {
    /// An account of which nothing is known yet, active and not verified.
    pub fn blank(created: Micros) -> User {
        User {
            id: 0,
            username: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            emails: Vec::new(),
            verified: false,
            active: true,
            superuser: false,
            locale: None,
            primary_org: None,
            handle: None,
            places: Vec::new(),
            reads_until: None,
            created,
        }
    }

    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    pub fn primary_email(&self) -> Option<&Email> {
        self.emails.first()
    }
}

/// What proves a user's identity by a password: Argon2id, as text of the PHC form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The user's.
    pub id: u32,
    pub hash: String,
    #[serde(with = "time")]
    pub changed: Micros,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Password(user {})", self.id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rank {
    Member,
    Admin,
}

impl Rank {
    pub fn name(self) -> &'static str {
        match self {
            Rank::Member => "member",
            Rank::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Rank> {
        [Rank::Member, Rank::Admin].into_iter().find(|rank| rank.name() == name)
    }
}

/// A person's place and rights in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: u32,
    pub org: u32,
    pub user: u32,
    pub rank: Rank,
    /// Rights of this person, beside those of the rank; all within the organization.
    #[serde(default)]
    pub grants: Rules,
    #[serde(with = "time")]
    pub since: Micros,
    /// When the person got this rank, if that was later.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub ranked: Option<Micros>,
    /// When it was found that the person has to confirm their address again: rights in the organization rest until the
    /// address was confirmed later than that.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub reconfirm_due: Option<Micros>,
}

/// Whether a key may be used, as far as somebody has decided about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    Active,
    /// By its owner; it can come back.
    Suspended,
    /// For good.
    Revoked,
    /// It was found where others could read it. For good.
    Exposed,
}

/// One secret of a key, as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    #[serde(with = "stamp")]
    pub hash: Stamp,
    /// Version of the server's key.
    pub version: u32,
    #[serde(with = "time")]
    pub made: Micros,
    /// A secret that was replaced is accepted until then.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub until: Option<Micros>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub id: u32,
    /// What it is called in lists, logs and headers; no secret.
    pub public: String,
    pub kind: KeyKind,
    /// The owner of a user key; the maker of a role key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// The owner of an organization key; the organization of a role key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<u32>,
    pub name: String,
    /// Whom to tell what happens to it. Every organization and role key has one.
    #[serde(default)]
    pub email: String,
    /// Whether a mail to the address was answered.
    #[serde(default)]
    pub email_confirmed: bool,
    /// Addresses that were asked within a day whether they are right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AddressQuestion>,
    /// What uses it, in its owner's words.
    #[serde(default)]
    pub note: String,
    /// It reads and never writes, whatever else it may.
    #[serde(default)]
    pub readonly: bool,
    /// An organization key's rights; what cuts a user or role key's rights, if anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Rules>,
    /// Addresses that it may be used from; none named: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Requests a minute; none: the server's own limits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Whether the key may replace its own secret.
    #[serde(default)]
    pub rotates_itself: bool,
    /// Whether an organization key may invite and remove plain members. Only an admin switches it on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manages_members: bool,
    pub state: KeyState,
    /// When and why it ended, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub expires: Option<Micros>,
    /// Days before its end that its owners were told of last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_days: Option<u16>,
    /// What marks the form that asked for its newest secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once: Option<String>,
    /// From when on it counts that it is not used, if that is later than its making: it was resumed then.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<Micros>,
    #[serde(with = "time")]
    pub created: Micros,
    /// The newest first.
    pub secrets: Vec<Secret>,
}

/// A mail that asked whether an address is the right one for a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressQuestion {
    pub address: String,
    #[serde(with = "time")]
    pub at: Micros,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    #[serde(with = "time")]
    pub at: Micros,
    pub why: String,
}

impl Key {
    /// A key about which nothing is said yet: active, nobody's, without a secret.
    pub fn blank(kind: KeyKind, created: Micros) -> Key {
        Key {
            id: 0,
            public: String::new(),
            kind,
            user: None,
            org: None,
            role: None,
            name: String::new(),
            email: String::new(),
            email_confirmed: false,
            asked: Vec::new(),
            note: String::new(),
            readonly: false,
            grants: None,
            networks: Vec::new(),
            per_minute: None,
            rotates_itself: false,
            manages_members: false,
            state: KeyState::Active,
            ended: None,
            expires: None,
            told_days: None,
            once: None,
            idle_since: None,
            created,
            secrets: Vec::new(),
        }
    }

    pub fn is_final(&self) -> bool {
        matches!(self.state, KeyState::Revoked | KeyState::Exposed)
    }

    pub fn is_expired(&self, now: Micros) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// The word for lists: what decides about it now.
    pub fn state_at(&self, now: Micros) -> &'static str {
        match self.state {
            KeyState::Revoked => "revoked",
            KeyState::Exposed => "exposed",
            _ if self.is_expired(now) => "expired",
            KeyState::Suspended => "suspended",
            KeyState::Active if self.secrets.iter().any(|secret| secret.until.is_some_and(|until| until > now)) => {
                "rotating"
            }
            KeyState::Active => "active",
        }
    }
}

/// What a role is for (spec/keys.md, 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    Admin,
    Technical,
    Routing,
    Policy,
    Noc,
    Abuse,
    Sales,
    PublicRelations,
    ReadOnly,
}

/// A matter of an organization, the people who see to it, and what they may do in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub id: u32,
    pub org: u32,
    pub kind: RoleKind,
    pub name: String,
    /// The shared mailbox.
    #[serde(default)]
    pub email: String,
    /// Users, ascending.
    pub people: Vec<u32>,
    pub grants: Rules,
    #[serde(with = "time")]
    pub created: Micros,
}

/// What an organization demands of its keys and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The organization's.
    pub id: u32,
    /// Longest life of a key, from its making.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_days_max: Option<u32>,
    /// Until when keys may be older than the longest life, because they existed when it was set.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub key_days_from: Option<Micros>,
    /// Days after which a key that is not used is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_idle_days_max: Option<u32>,
    /// Whether keys of persons reach into the organization.
    #[serde(default = "yes")]
    pub allows_user_keys: bool,
    /// Whether each key has to name the networks that it is used from.
    #[serde(default)]
    pub requires_networks: bool,
    /// Until when keys need name none, because they existed when it was demanded.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub key_networks_from: Option<Micros>,
    /// When owners of keys were last told that a new rule ends their keys.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub keys_told: Option<Micros>,
    /// Keys are refused from elsewhere, whatever they say themselves; none named: no bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// Domains of which members must have a confirmed address; none named: no bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// Whether an address of a domain below one of these counts, too.
    #[serde(default)]
    pub email_subdomains: bool,
    /// Members log in with a passkey, and no password lets them in.
    #[serde(default)]
    pub requires_passkey: bool,
    /// Codes of an app do not count as members' second factor.
    #[serde(default)]
    pub refuses_totp: bool,
    /// A passkey needs another factor beside it.
    #[serde(default)]
    pub wants_factor_with_passkey: bool,
    /// Days that members have to meet what is newly demanded of their factors.
    #[serde(default)]
    pub grace_days: u32,
    /// From when on a passkey is demanded; none: it is, if it is at all.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub passkey_from: Option<Micros>,
    /// From when on codes of an app do not count.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub totp_from: Option<Micros>,
    /// From when on a passkey needs another factor beside it.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub beside_from: Option<Micros>,
    /// Days after which members confirm their address again, else they lose their rights in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconfirm_days: Option<u32>,
}

impl Policy {
    /// What holds while an organization has said nothing.
    pub fn unset(org: u32) -> Policy {
        Policy {
            id: org,
            key_days_max: None,
            key_days_from: None,
            key_idle_days_max: None,
            allows_user_keys: true,
            requires_networks: false,
            key_networks_from: None,
            keys_told: None,
            networks: Vec::new(),
            email_domains: Vec::new(),
            email_subdomains: false,
            requires_passkey: false,
            refuses_totp: false,
            wants_factor_with_passkey: false,
            grace_days: 0,
            passkey_from: None,
            totp_from: None,
            beside_from: None,
            reconfirm_days: None,
        }
    }
}

/// A person who has proved to be there, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: u32,
    pub user: u32,
    pub secret: Secret,
    #[serde(with = "time")]
    pub created: Micros,
    #[serde(with = "time")]
    pub expires: Micros,
    /// Until then the second factor counts as fresh.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<Micros>,
    /// Whether a backup code opened it: its person adds a factor before anything else (spec/accounts.md, 24).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_backup: bool,
    /// The session that this one has followed, in place after place; none: it is the first of its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What the person has still to do before it counts for anything else.
    #[serde(default)]
    pub stage: Stage,
    /// How the person proved to be there, in the words of RFC 8176 (spec/accounts.md, 15).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<Amr>,
    /// The passkey that opened it, which does not count again as a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<u32>,
    /// When the person last proved to be there.
    #[serde(default, with = "time::maybe", skip_serializing_if = "Option::is_none")]
    pub proved: Option<Micros>,
    /// Where it was opened from, and by what program.
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub agent: String,
}

impl Session {
    /// What stays the same while one session is replaced by the next, from log-in to log-out.
    pub fn line(&self) -> u32 {
        self.line.unwrap_or(self.id)
    }

    /// Whether whoever runs the program has opened it, on their word: its person has shown nothing.
    pub fn is_operators(&self) -> bool {
        self.amr.is_empty()
    }
}

/// A picture of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    pub id: u32,
    /// `net`, `ix` …
    pub kind: String,
    pub object: u32,
    pub org: u32,
    pub file_type: String,
    /// Base 64.
    pub file_data: String,
    #[serde(with = "time")]
    pub created: Micros,
    #[serde(with = "time")]
    pub updated: Micros,
}

kept!(User, |_| None);
kept!(Password, |_| None);
kept!(Member, |member| Some(member.org));
kept!(Key, |key| key.org);
kept!(Role, |role| Some(role.org));
kept!(Policy, |policy| Some(policy.id));
kept!(Session, |_| None);
kept!(Logo, |logo| Some(logo.org));
kept!(Factor, |_| None);
kept!(Codes, |_| None);
kept!(Ticket, |_| None);
kept!(Recovery, |_| None);
kept!(Application, |application| application.org);
kept!(Invitation, |invitation| Some(invitation.org));
kept!(Client, |client| client.org);
kept!(Consent, |_| None);

/// A record's text without what no reader of the trail may see: hashes of secrets.
pub fn for_readers(record: Record, text: &str) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
    let hidden: &[&str] = match record {
        Record::Password => &["hash"],
        Record::Key => &["secrets", "once"],
        Record::Client => &["secrets"],
        Record::Session => &["secret"],
        Record::User => &["places", "handle"],
        Record::Member | Record::Role | Record::Policy | Record::Recovery | Record::Application => &[],
        Record::Logo => &["file_data"],
        Record::Factor => &["proof"],
        Record::Codes => &["codes"],
        Record::Ticket => &["nonce", "browser", "wanted"],
        Record::Invitation => &["nonce"],
        Record::Consent => &["access"],
    };
    if let Some(object) = value.as_object_mut() {
        for name in hidden {
            object.shift_remove(*name);
        }
    }
    value
}
