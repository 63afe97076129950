//! How entries become links of the log's chain, and how stored events are read.

use std::sync::Arc;

use peerage_registry::event::{self, Seal};
use peerage_registry::moment::Micros;
use peerage_registry::stored;
use peerage_registry::{Action, Entry, Event, Hash, Head};
use peerage_schema::Resource;

use crate::error::{Reload, StoreError};

/// The end of the chain while it grows.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    pub head: Head,
}

/// An entry's place in the chain: what the log keeps of it beside the entry itself.
#[derive(Debug)]
pub struct Link {
    pub sequence: u64,
    pub before: Option<String>,
    pub after: Option<String>,
    pub actor_digest: Hash,
    pub rows_digest: Hash,
    pub hash: Hash,
}

impl Chain {
    /// Adds an entry.
    pub fn seal(&mut self, entry: &Entry) -> Link {
        let text = |row: &Option<_>| row.as_ref().map(|row| stored::to_json(entry.resource, row));
        let (before, after) = (text(&entry.before), text(&entry.after));
        let sequence = self.head.sequence + 1;
        let actor_digest = event::actor_digest(&entry.salt, &entry.actor);
        let rows_digest = event::rows_digest(&entry.salt, before.as_deref(), after.as_deref());
        let seal = Seal {
            sequence,
            at: entry.at,
            action: entry.action.name(),
            resource: entry.resource.tag(),
            id: entry.id,
            actor_digest,
            rows_digest,
        };
        let hash = seal.hash(&self.head.hash);
        self.head = Head { sequence, hash };
        Link { sequence, before, after, actor_digest, rows_digest, hash }
    }
}

/// An event as its columns hold it, before anything is believed.
#[derive(Debug)]
pub struct Stored {
    pub sequence: i64,
    /// None: the column holds no time.
    pub at: Option<Micros>,
    /// None: erased.
    pub actor: Option<String>,
    pub action: String,
    pub resource: String,
    pub object: i64,
    /// None: the rows were erased.
    pub salt: Option<Vec<u8>>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub actor_digest: Vec<u8>,
    pub rows_digest: Vec<u8>,
    pub hash: Vec<u8>,
}

impl Stored {
    /// The event.
    ///
    /// # Errors
    /// [`Reload::Erased`] if its rows are gone, so that nobody takes them for erased by the event itself;
    /// [`StoreError::Broken`] if a column makes no sense.
    pub fn into_event(self) -> Result<Event, StoreError> {
        let sequence = self.sequence as u64;
        let broken = |what: &str| StoreError::Broken(format!("event {sequence}: {what}"));
        let Some(salt) = &self.salt else { return Err(Reload::Erased { sequence }.into()) };
        let salt = salt.as_slice().try_into().map_err(|_| broken("the salt has another length"))?;
        let resource = Resource::from_tag(&self.resource).ok_or_else(|| broken("names no resource"))?;
        let row = |text: Option<&str>| {
            let row = text.map(|text| stored::from_json(resource, text)).transpose();
            row.map_err(|error| broken(&error.to_string()))
        };
        let entry = Entry {
            at: self.at.ok_or_else(|| broken("has no time"))?,
            actor: Arc::from(self.actor.as_deref().unwrap_or_default()),
            action: Action::from_name(&self.action).ok_or_else(|| broken("names no action"))?,
            resource,
            id: u32::try_from(self.object).map_err(|_| broken("the id is out of range"))?,
            before: row(self.before.as_deref())?,
            after: row(self.after.as_deref())?,
            salt,
        };
        let hash = self.hash.as_slice().try_into().map_err(|_| broken("the hash has another length"))?;
        Ok(Event { sequence, entry, hash })
    }
}

/// How many events lie between what is known and the head.
///
/// # Errors
/// What is known is not in this log, or too far back.
pub fn missed(known: Head, head: Head, limit: u64) -> Result<u64, Reload> {
    if known.sequence > head.sequence || (known.sequence == head.sequence && known.hash != head.hash) {
        return Err(Reload::Forked { sequence: known.sequence });
    }
    let missed = head.sequence - known.sequence;
    if missed > limit { Err(Reload::TooFarBehind { missed }) } else { Ok(missed) }
}
