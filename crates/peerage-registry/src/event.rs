//! Events: the one thing that changes the registry.
//!
//! Each accepted change is one event in one ordered log. An event names who did what to which row, when, and holds the
//! row before and after. Its hash covers the hash of the event before it, so that a changed byte anywhere shows. What
//! may be personal (who acted, the rows) is hashed apart, with a salt: it can be erased by law and the chain still
//! holds.
//!
//! The hash is SHA-256 over lines of text, so that it can be checked with `sha256sum` and with `PostgreSQL`'s `sha256()`:
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
//! What an event is about is a row of one of the thirteen resources, or a [`Record`] of people, keys and rights, whose
//! meaning this crate does not know.

use std::borrow::Cow;
use std::sync::Arc;

use peerage_schema::Resource;
use sha2::{Digest, Sha256};

use crate::cause::Cause;
use crate::ids::{OrgId, SessionId, UserId};
use crate::moment::{Micros, print_exact};
use crate::row::Row;
use crate::stored;

/// SHA-256.
pub type Hash = [u8; 32];

/// Random bytes of one event: sixteen for the actor, sixteen for the rows.
pub type Salt = [u8; 32];

/// The hash that the first event follows.
pub const GENESIS: Hash = [0; 32];

/// What an event does to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    Update,
    /// The row's status becomes `deleted`.
    Delete,
    /// The row is erased for good.
    Erase,
    /// The row was taken over from elsewhere as it is.
    Import,
    /// Nothing changed; something happened that has to be remembered, such as a notice that was due.
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

/// A kind of record beside the thirteen resources: people, keys and rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Record {
    User,
    /// What proves a user's identity; its id is the user's.
    Password,
    /// A person's place and rights in an organization.
    Member,
    Key,
    Role,
    /// What an organization demands of its keys and people; its id is the organization's.
    Policy,
    Session,
    /// A picture of an object; the organization's own word about it.
    Logo,
    /// A device or key by which a person proves to be there.
    Factor,
    /// A person's backup codes; its id is the user's.
    Codes,
    /// A link that was mailed.
    Ticket,
    /// The way back into an account whose second factor is lost.
    Recovery,
    /// Somebody wants to belong to an organization.
    Application,
    /// Somebody is asked to.
    Invitation,
    /// A site that lets people sign in with their account here.
    Client,
    /// What a person lets a client know.
    Consent,
}

impl Record {
    pub const ALL: [Record; 16] = [
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
        }
    }

    pub fn from_name(name: &str) -> Option<Record> {
        Record::ALL.into_iter().find(|record| record.name() == name)
    }
}

/// What kind of thing an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Row(Resource),
    Record(Record),
}

impl Subject {
    /// The name on the wire and in SQL: `net`, `key` …
    pub fn name(self) -> &'static str {
        match self {
            Subject::Row(resource) => resource.tag(),
            Subject::Record(record) => record.name(),
        }
    }

    ///
    /// ```
    /// use peerage_registry::{Record, Subject};
    /// use peerage_schema::Resource;
    ///
    /// assert_eq!(Subject::from_name("net"), Some(Subject::Row(Resource::Net)));
    /// assert_eq!(Subject::from_name("key"), Some(Subject::Record(Record::Key)));
    /// ```
    pub fn from_name(name: &str) -> Option<Subject> {
        let row = Resource::from_tag(name).map(Subject::Row);
        row.or_else(|| Record::from_name(name).map(Subject::Record))
    }
}

/// What an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Stored cells; derived ones are null. No row after: it is erased for good.
    Row { resource: Resource, before: Option<Row>, after: Option<Row> },
    /// JSON text, to be kept letter for letter.
    Record { record: Record, before: Option<Arc<str>>, after: Option<Arc<str>> },
}

impl Change {
    pub fn subject(&self) -> Subject {
        match self {
            Change::Row { resource, .. } => Subject::Row(*resource),
            Change::Record { record, .. } => Subject::Record(*record),
        }
    }

    /// Before and after as the texts that are kept and hashed.
    pub fn texts(&self) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
        match self {
            Change::Row { resource, before, after } => {
                let text = |row: &Option<Row>| row.as_ref().map(|row| Cow::Owned(stored::to_json(*resource, row)));
                (text(before), text(after))
            }
            Change::Record { before, after, .. } => {
                (before.as_deref().map(Cow::Borrowed), after.as_deref().map(Cow::Borrowed))
            }
        }
    }
}

/// Who made a change, and by what. Kept as JSON text in this field order.
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
    /// Name of the role in which the key or person acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Request id, or the id of the run of a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// By what a repetition of the request is recognized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Why. Programs go by it, and readers of the log are told [`Cause::wording`].
    #[serde(default, deserialize_with = "crate::cause::lenient", skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What the actor wrote about it. Nothing goes by these words, and they are not mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a request with an `Idempotency-Key` leaves in its events.
///
/// ```
/// use peerage_registry::Retry;
///
/// let first = Retry::of("key 1", b"order-7", &[b"POST", b"/api/net", b"{}"]);
/// assert_eq!(first, Retry::of("key 1", b"order-7", &[b"POST", b"/api/net", b"{}"]));
/// assert_ne!(first.key, Retry::of("key 2", b"order-7", &[b"POST", b"/api/net", b"{}"]).key);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Retry {
    /// Digest of the caller and the key.
    pub key: String,
    /// Digest of what was asked for: method, address and body.
    pub request: String,
}

/// Bytes of the digests that a [`Retry`] keeps.
const RETRY_BYTES: usize = 16;

impl Retry {
    /// The digests of a key in the hands of its caller, and of the parts of a request.
    pub fn of(caller: &str, key: &[u8], request: &[&[u8]]) -> Retry {
        let digest = |parts: &[&[u8]]| {
            let mut hash = Sha256::new();
            // With their lengths, so that no parts are taken for others.
            for part in parts {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
            hex(&hash.finalize()[..RETRY_BYTES])
        };
        Retry { key: digest(&[caller.as_bytes(), key]), request: digest(request) }
    }
}

/// A change that was judged and waits to be appended.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Micros,
    /// [`Actor`] as JSON text, shared by all entries of one request.
    pub actor: Arc<str>,
    pub action: Action,
    pub id: u32,
    pub change: Change,
    /// The organization that the change concerns, whose admins may read of it.
    pub org: Option<OrgId>,
    /// Random; makes the digests of erased payload unguessable. The first half is the actor's, the other the rows', so
    /// that each can be erased for itself.
    pub salt: Salt,
}

impl Entry {
    /// The kind of thing that changes.
    pub fn subject(&self) -> Subject {
        self.change.subject()
    }
}

/// A committed entry: its place in the log and its seal.
#[derive(Debug, Clone)]
pub struct Event {
    /// From 1, without gaps.
    pub sequence: u64,
    pub entry: Entry,
    pub hash: Hash,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 0: nothing ever happened.
    pub sequence: u64,
    pub hash: Hash,
}

impl Head {
    pub const EMPTY: Head = Head { sequence: 0, hash: GENESIS };
}

/// What is hashed of an event beside its payload, as kept by a store.
#[derive(Debug, Clone, Copy)]
pub struct Seal<'a> {
    pub sequence: u64,
    pub at: Micros,
    pub action: &'a str,
    /// Name of the [`Subject`].
    pub subject: &'a str,
    pub id: u32,
    pub org: Option<OrgId>,
    pub actor_digest: Hash,
    pub rows_digest: Hash,
}

impl Seal<'_> {
    /// The hash of the event that follows `previous`.
    ///
    /// ```
    /// use peerage_registry::event::{GENESIS, Seal, actor_digest, rows_digest};
    /// use peerage_registry::ids::OrgId;
    ///
    /// let salt = [7; 32];
    /// let mut seal = Seal {
    ///     sequence: 1,
    ///     at: 1_700_000_000_000_000,
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
    pub fn hash(&self, previous: &Hash) -> Hash {
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

/// Digest of who acted.
pub fn actor_digest(salt: &Salt, actor: &str) -> Hash {
    Sha256::new().chain_update(&salt[..16]).chain_update(actor.as_bytes()).finalize().into()
}

/// Digest of the rows, each as the JSON text that [`crate::stored::to_json`] gives; a missing row is empty.
pub fn rows_digest(salt: &Salt, before: Option<&str>, after: Option<&str>) -> Hash {
    Sha256::new()
        .chain_update(&salt[16..])
        .chain_update(before.unwrap_or_default().as_bytes())
        .chain_update(b"\n")
        .chain_update(after.unwrap_or_default().as_bytes())
        .finalize()
        .into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
