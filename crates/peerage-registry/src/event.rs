//! Events: the only way in which the registry changes.
//!
//! Each accepted change is one event in one ordered log. An event says who did what to which row and when, and contains
//! the row before and after. Its hash covers the hash of the event before it, so that any changed byte is detected.
//! What can be personal data (the actor, the rows) is hashed separately, with a salt, so that it can be erased on legal
//! request without breaking the chain.
//!
//! The hash is SHA-256 of lines of text, so that it can be verified with `sha256sum` and with `PostgreSQL`'s
//! `sha256()`:
//!
//! ```text
//! peerage event 1
//! <previous hash, hex>
//! <sequence>
//! <time, 2024-01-02T03:04:05.000006Z>
//! <action> <kind> <id>[ of org <organization>]
//! <SHA-256 of salt and actor, hex>
//! <SHA-256 of salt, before, a line feed, after; hex>
//! ```
//!
//! The object of an event is a row of one of the thirteen resources, or a [`Record`] of people, keys and permissions,
//! whose content this crate does not interpret.

use std::borrow::Cow;
use std::sync::Arc;

use peerage_schema::Resource;
use sha2::{Digest, Sha256};

use crate::cause::Cause;
use crate::ids::{OrgId, SessionId, UserId};
use crate::moment::{Moment, print_exact};
use crate::row::Row;
use crate::stored;

/// SHA-256.
pub type EventHash = [u8; 32];

/// Random bytes of one event: sixteen for the actor, sixteen for the rows.
pub type EventSalt = [u8; 32];

/// The hash before the first event.
pub const GENESIS: EventHash = [0; 32];

/// What an event does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    /// The row's status becomes `deleted`.
    Delete,
    /// The row is erased permanently.
    Erase,
    /// The row was imported unchanged.
    Import,
    /// Nothing changed. Records that something happened, such as a reminder that was due.
    Note,
}

impl Action {
    pub const ALL: [Action; 6] =
        [Action::Create, Action::Update, Action::Delete, Action::Erase, Action::Import, Action::Note];

    pub fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Erase => "erase",
            Action::Import => "import",
            Action::Note => "note",
        }
    }

    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// A kind of record, in addition to the thirteen resources: people, keys and permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Record {
    User,
    /// A user's password; its id is the user's.
    Password,
    /// A person's membership in an organization.
    Member,
    Key,
    Role,
    /// An organization's requirements for its keys and people; its id is the organization's.
    Policy,
    Session,
    /// The logo of an object, uploaded by its organization.
    Logo,
    /// A second factor of a person: a security key or an authenticator app.
    Factor,
    /// A person's backup codes; its id is the user's.
    Codes,
    /// A mailed link.
    Ticket,
    /// The recovery of an account whose second factor is lost.
    Recovery,
    /// A request to join an organization.
    Application,
    /// An invitation to join an organization.
    Invitation,
    /// An OAuth client: a site that lets people sign in with their account here.
    Client,
    /// A person's consent to share data with a client.
    Consent,
    /// A change of a port that an exchange's member list proposes, and its network decides about.
    PortProposal,
    /// Why the member list of an exchange is not imported; its id is the exchange's.
    ImportFailure,
}

impl Record {
    pub const ALL: [Record; 18] = [
        Record::User,
        Record::Password,
        Record::Member,
        Record::Key,
        Record::Role,
        Record::Policy,
        Record::Session,
        Record::Logo,
        Record::Factor,
        Record::Codes,
        Record::Ticket,
        Record::Recovery,
        Record::Application,
        Record::Invitation,
        Record::Client,
        Record::Consent,
        Record::PortProposal,
        Record::ImportFailure,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Record::User => "user",
            Record::Password => "password",
            Record::Member => "member",
            Record::Key => "key",
            Record::Role => "role",
            Record::Policy => "policy",
            Record::Session => "session",
            Record::Logo => "logo",
            Record::Factor => "factor",
            Record::Codes => "codes",
            Record::Ticket => "ticket",
            Record::Recovery => "recovery",
            Record::Application => "application",
            Record::Invitation => "invitation",
            Record::Client => "client",
            Record::Consent => "consent",
            Record::PortProposal => "port_proposal",
            Record::ImportFailure => "import_failure",
        }
    }

    pub fn from_name(name: &str) -> Option<Record> {
        Record::ALL.into_iter().find(|record| record.name() == name)
    }
}

/// The kind of object of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventSubject {
    Row(Resource),
    Record(Record),
}

impl EventSubject {
    /// The name in the API and in SQL: `net`, `key`, …
    pub fn name(self) -> &'static str {
        match self {
            EventSubject::Row(resource) => resource.tag(),
            EventSubject::Record(record) => record.name(),
        }
    }

    /// Returns the subject with this name.
    ///
    /// ```
    /// use peerage_registry::{Record, EventSubject};
    /// use peerage_schema::Resource;
    ///
    /// assert_eq!(EventSubject::from_name("net"), Some(EventSubject::Row(Resource::Net)));
    /// assert_eq!(EventSubject::from_name("key"), Some(EventSubject::Record(Record::Key)));
    /// ```
    pub fn from_name(name: &str) -> Option<EventSubject> {
        let row = Resource::from_tag(name).map(EventSubject::Row);
        row.or_else(|| Record::from_name(name).map(EventSubject::Record))
    }
}

/// The content of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventChange {
    /// Stored cells; derived ones are null. Without `after`, the row is erased permanently.
    Row { resource: Resource, before: Option<Row>, after: Option<Row> },
    /// JSON text, stored byte for byte.
    Record { record: Record, before: Option<Arc<str>>, after: Option<Arc<str>> },
}

impl EventChange {
    pub fn subject(&self) -> EventSubject {
        match self {
            EventChange::Row { resource, .. } => EventSubject::Row(*resource),
            EventChange::Record { record, .. } => EventSubject::Record(*record),
        }
    }

    /// Before and after as texts, as they are stored and hashed.
    pub fn texts(&self) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
        match self {
            EventChange::Row { resource, before, after } => {
                let text = |row: &Option<Row>| row.as_ref().map(|row| Cow::Owned(stored::to_json(*resource, row)));
                (text(before), text(after))
            }
            EventChange::Record { before, after, .. } => {
                (before.as_deref().map(Cow::Borrowed), after.as_deref().map(Cow::Borrowed))
            }
        }
    }
}

/// Who made a change, and by what means. Stored as JSON text with the fields in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    /// `command line`, or the name of a user, an organization or a key.
    pub name: String,
    /// Id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Public id of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Id of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Name of the role account through which the key or person acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Who ran a command on the registry's own machine, by their login name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Id of the request, or of the run of a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Identifies retries of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<IdempotentRetry>,
    /// Why. Programs act on it, and readers of the log see [`Cause::wording`].
    #[serde(default, deserialize_with = "crate::cause::lenient", skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The actor's own comment. It has no effect and is not mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What the events of a request with an `Idempotency-Key` contain about it.
///
/// ```
/// use peerage_registry::IdempotentRetry;
///
/// let first = IdempotentRetry::of("key 1", b"order-7", &[b"POST", b"/api/net", b"{}"]);
/// assert_eq!(first, IdempotentRetry::of("key 1", b"order-7", &[b"POST", b"/api/net", b"{}"]));
/// assert_ne!(first.key, IdempotentRetry::of("key 2", b"order-7", &[b"POST", b"/api/net", b"{}"]).key);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IdempotentRetry {
    /// Digest of the caller and the key.
    pub key: String,
    /// Digest of the request's method, address and body.
    pub request: String,
}

/// Length of the digests in a [`IdempotentRetry`], in bytes.
const RETRY_BYTES: usize = 16;

impl IdempotentRetry {
    /// Computes the digests of a caller's key and of the parts of a request.
    pub fn of(caller: &str, key: &[u8], request: &[&[u8]]) -> IdempotentRetry {
        let digest = |parts: &[&[u8]]| {
            let mut hash = Sha256::new();
            // The lengths are hashed as well, so that different parts never result in the same input.
            for part in parts {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
            hex(&hash.finalize()[..RETRY_BYTES])
        };
        IdempotentRetry { key: digest(&[caller.as_bytes(), key]), request: digest(request) }
    }
}

/// A change that has been accepted but not yet appended.
#[derive(Debug, Clone)]
pub struct LogEntry {
    pub at: Moment,
    /// [`Actor`] as JSON text, shared by all entries of one request.
    pub actor: Arc<str>,
    pub action: Action,
    pub id: u32,
    pub change: EventChange,
    /// The organization concerned. Its admins can read the event.
    pub org: Option<OrgId>,
    /// Random, so that the digests of erased payload cannot be guessed. One half is for the actor, the other for the
    /// rows, so that each can be erased separately.
    pub salt: EventSalt,
}

impl LogEntry {
    /// The kind of object that changes.
    pub fn subject(&self) -> EventSubject {
        self.change.subject()
    }
}

/// An appended entry, with its position in the log and its hash.
#[derive(Debug, Clone)]
pub struct Event {
    /// Starts at 1, without gaps.
    pub sequence: u64,
    pub entry: LogEntry,
    pub hash: EventHash,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// 0: the log is empty.
    pub sequence: u64,
    pub hash: EventHash,
}

impl LogHead {
    pub const EMPTY: LogHead = LogHead { sequence: 0, hash: GENESIS };
}

/// The hashed parts of an event, as a store has them: digests in place of the payload.
#[derive(Debug, Clone, Copy)]
pub struct EventDigests<'a> {
    pub sequence: u64,
    pub at: Moment,
    pub action: &'a str,
    /// Name of the [`EventSubject`].
    pub subject: &'a str,
    pub id: u32,
    pub org: Option<OrgId>,
    pub actor_digest: EventHash,
    pub rows_digest: EventHash,
}

impl EventDigests<'_> {
    /// Computes the hash of the event that follows `previous`.
    ///
    /// ```
    /// use peerage_registry::event::{GENESIS, EventDigests, actor_digest, rows_digest};
    /// use peerage_registry::ids::OrgId;
    /// use peerage_registry::moment::Moment;
    ///
    /// let salt = [7; 32];
    /// let mut seal = EventDigests {
    ///     sequence: 1,
    ///     at: Moment::from_seconds(1_700_000_000),
    ///     action: "create",
    ///     subject: "net",
    ///     id: 5,
    ///     org: Some(OrgId::new(7)),
    ///     actor_digest: actor_digest(&salt, "{}"),
    ///     rows_digest: rows_digest(&salt, None, Some(r#"{"id":5}"#)),
    /// };
    /// let first = seal.hash(&GENESIS);
    /// // Whatever changes in an entry, or before it, changes its hash.
    /// seal.id = 6;
    /// assert_ne!(seal.hash(&GENESIS), first);
    /// assert_ne!(seal.hash(&first), seal.hash(&GENESIS));
    /// ```
    pub fn hash(&self, previous: &EventHash) -> EventHash {
        use std::fmt::Write;
        let mut text = String::with_capacity(320);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "peerage event 1\n{}\n{}\n{}\n{} {} {}{}\n{}\n{}\n",
            hex(previous),
            self.sequence,
            print_exact(self.at),
            self.action,
            self.subject,
            self.id,
            self.org.map_or_else(String::new, |org| format!(" of org {org}")),
            hex(&self.actor_digest),
            hex(&self.rows_digest)
        );
        Sha256::digest(text.as_bytes()).into()
    }
}

/// Digest of the actor.
pub fn actor_digest(salt: &EventSalt, actor: &str) -> EventHash {
    Sha256::new().chain_update(&salt[..16]).chain_update(actor.as_bytes()).finalize().into()
}

/// Digest of the rows, each as the JSON text of [`crate::stored::to_json`]. A missing row counts as an empty text.
pub fn rows_digest(salt: &EventSalt, before: Option<&str>, after: Option<&str>) -> EventHash {
    Sha256::new()
        .chain_update(&salt[16..])
        .chain_update(before.unwrap_or_default().as_bytes())
        .chain_update(b"\n")
        .chain_update(after.unwrap_or_default().as_bytes())
        .finalize()
        .into()
}

/// Encodes bytes in lower-case hexadecimal.
///
/// ```
/// assert_eq!(peerage_registry::event::hex(&[0, 171]), "00ab");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
