//! How entries become links of the hash chain, and how stored events are read.

use std::borrow::Cow;
use std::sync::Arc;

use peerage_registry::event::{self, EventDigests};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::stored;
use peerage_registry::{Action, Event, EventChange, EventHash, EventSubject, LogEntry, LogHead};

use crate::actor::{ActorIds, ActorReader};
use crate::error::{ReloadReason, StoreError};
use crate::salt;

/// The end of the hash chain while it grows.
#[derive(Debug)]
pub struct HashChain {
    pub head: LogHead,
    actors: ActorReader,
}

/// What the log stores about an entry in addition to the entry itself.
#[derive(Debug)]
pub struct ChainLink {
    pub sequence: u64,
    pub before: Option<String>,
    pub after: Option<String>,
    pub who: ActorIds,
    pub actor_digest: EventHash,
    pub rows_digest: EventHash,
    pub hash: EventHash,
}

impl HashChain {
    pub fn new(head: LogHead) -> HashChain {
        HashChain { head, actors: ActorReader::default() }
    }

    /// Appends an entry.
    pub fn seal(&mut self, entry: &LogEntry) -> ChainLink {
        let (before, after) = entry.change.texts();
        let (before, after) = (before.map(Cow::into_owned), after.map(Cow::into_owned));
        let sequence = self.head.sequence + 1;
        let actor_digest = event::actor_digest(&entry.salt, &entry.actor);
        let rows_digest = event::rows_digest(&entry.salt, before.as_deref(), after.as_deref());
        let seal = EventDigests {
            sequence,
            at: entry.at,
            action: entry.action.name(),
            subject: entry.subject().name(),
            id: entry.id,
            org: entry.org,
            actor_digest,
            rows_digest,
        };
        let hash = seal.hash(&self.head.hash);
        self.head = LogHead { sequence, hash };
        let who = self.actors.read(&entry.actor).clone();
        ChainLink { sequence, before, after, who, actor_digest, rows_digest, hash }
    }
}

/// The columns of a stored event, before they are validated.
#[derive(Debug)]
pub struct StoredEvent {
    pub sequence: i64,
    /// `None`: the column does not contain a time.
    pub at: Option<Moment>,
    /// `None`: erased.
    pub actor: Option<String>,
    pub action: String,
    pub resource: String,
    pub object: i64,
    /// See [`salt::read`].
    pub salt: Option<Vec<u8>>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub actor_digest: Vec<u8>,
    pub rows_digest: Vec<u8>,
    pub hash: Vec<u8>,
    pub org: Option<i64>,
    pub person: Option<i64>,
    pub key: Option<String>,
}

/// The parsed values of the columns that are neither digests nor payload.
pub struct EventColumns {
    pub at: Moment,
    pub action: Action,
    pub subject: EventSubject,
    pub id: u32,
    pub org: Option<OrgId>,
    pub salt: event::EventSalt,
    pub hash: EventHash,
}

impl StoredEvent {
    /// Parses the columns.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a column has an invalid value.
    pub fn meaning(&self) -> Result<EventColumns, StoreError> {
        let broken = |what: &str| self.broken(what);
        Ok(EventColumns {
            at: self.at.ok_or_else(|| broken("has no time"))?,
            action: Action::from_name(&self.action).ok_or_else(|| broken("names no action"))?,
            subject: EventSubject::from_name(&self.resource).ok_or_else(|| broken("names nothing that can change"))?,
            id: u32::try_from(self.object).map_err(|_| broken("the id is out of range"))?,
            org: self.org.map(OrgId::try_from).transpose().map_err(|_| broken("the organization is out of range"))?,
            salt: salt::read(self.salt.as_deref()).ok_or_else(|| broken("the salt has another length"))?,
            hash: self.hash.as_slice().try_into().map_err(|_| broken("the hash has another length"))?,
        })
    }

    fn broken(&self, what: &str) -> StoreError {
        StoreError::Unreadable { what: format!("event {}", self.sequence), why: what.to_owned() }
    }

    /// Converts the columns to an event. If its actor was erased on legal request, the event has an empty actor.
    ///
    /// # Errors
    /// [`Reload::Erased`] if the rows were erased: the event must not look as if it had deleted them.
    /// [`StoreError::Unreadable`] if a column has an invalid value.
    pub fn into_event(self) -> Result<Event, StoreError> {
        let sequence = self.sequence as u64;
        let EventColumns { at, action, subject, id, org, salt, hash } = self.meaning()?;
        if salt::are_rows_erased(&salt) {
            return Err(ReloadReason::Erased { sequence }.into());
        }
        let change = match subject {
            EventSubject::Row(resource) => {
                let row = |text: Option<&str>| {
                    let row = text.map(|text| stored::from_json(resource, text)).transpose();
                    row.map_err(|error| self.broken(&error.to_string()))
                };
                let (before, after) = (row(self.before.as_deref())?, row(self.after.as_deref())?);
                EventChange::Row { resource, before, after }
            }
            EventSubject::Record(record) => {
                EventChange::Record { record, before: self.before.map(Arc::from), after: self.after.map(Arc::from) }
            }
        };
        let actor = self.actor.unwrap_or_default().into();
        Ok(Event { sequence, entry: LogEntry { at, actor, action, id, change, org, salt }, hash })
    }
}

/// Returns the number of events between a known position and the head.
///
/// # Errors
/// The known position is not in this log, or more than `limit` events back.
pub fn missed(known: LogHead, head: LogHead, limit: u64) -> Result<u64, ReloadReason> {
    if known.sequence > head.sequence || (known.sequence == head.sequence && known.hash != head.hash) {
        return Err(ReloadReason::Forked { sequence: known.sequence });
    }
    let missed = head.sequence - known.sequence;
    if missed > limit { Err(ReloadReason::TooFarBehind { missed }) } else { Ok(missed) }
}
