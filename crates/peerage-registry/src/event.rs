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
//! <action> <resource> <id>
//! <SHA-256 of salt and actor, hex>
//! <SHA-256 of salt, before, a line feed, after; hex>
//! ```

use peerage_schema::Resource;
use sha2::{Digest, Sha256};

use crate::moment::{Micros, print_exact};
use crate::row::Row;

/// SHA-256.
pub type Hash = [u8; 32];

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
}

impl Action {
    pub const ALL: [Action; 5] = [Action::Create, Action::Update, Action::Delete, Action::Erase, Action::Import];

    pub fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Erase => "erase",
            Action::Import => "import",
        }
    }

    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// Who made a change, and by what. Kept as JSON text in this field order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    /// `command line`, or a user or organization.
    pub name: String,
    /// Public id of the key or session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Request id, or the id of the run of a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// A change that was judged and waits to be appended.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Micros,
    /// [`Actor`] as JSON text, shared by all entries of one request.
    pub actor: std::sync::Arc<str>,
    pub action: Action,
    pub resource: Resource,
    pub id: u32,
    /// Stored cells; derived ones are null.
    pub before: Option<Row>,
    /// None: the row is erased for good.
    pub after: Option<Row>,
    /// Random; makes the digests of erased payload unguessable.
    pub salt: [u8; 16],
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
    pub resource: &'a str,
    pub id: u32,
    pub actor_digest: Hash,
    pub rows_digest: Hash,
}

impl Seal<'_> {
    /// The hash of the event that follows `previous`.
    pub fn hash(&self, previous: &Hash) -> Hash {
        use std::fmt::Write;
        let mut text = String::with_capacity(320);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "peerage event 1\n{}\n{}\n{}\n{} {} {}\n{}\n{}\n",
            hex(previous),
            self.sequence,
            print_exact(self.at),
            self.action,
            self.resource,
            self.id,
            hex(&self.actor_digest),
            hex(&self.rows_digest)
        );
        Sha256::digest(text.as_bytes()).into()
    }
}

/// Digest of who acted.
pub fn actor_digest(salt: &[u8; 16], actor: &str) -> Hash {
    Sha256::new().chain_update(salt).chain_update(actor.as_bytes()).finalize().into()
}

/// Digest of the rows, each as the JSON text that [`crate::stored::to_json`] gives; a missing row is empty.
pub fn rows_digest(salt: &[u8; 16], before: Option<&str>, after: Option<&str>) -> Hash {
    Sha256::new()
        .chain_update(salt)
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
