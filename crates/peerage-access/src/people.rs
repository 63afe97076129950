//! People, keys and permissions at one point in time, in memory: the state after the events so far.
//!
//! Cloning shares everything. It is fed by the same events as the registry's snapshot, so a revoked key is refused on
//! every node with the next event.
//!
//! All kinds of records are stored in the same way: one table for each kind (`tables`), and indexes for everything that
//! is found other than by id (`indexes`).

mod indexes;
mod key_entry;
mod look_up;
mod organizations;
mod retries;
mod tables;

use std::sync::Arc;

use peerage_registry::ids::{Id, OrgId};
use peerage_registry::moment::Moment;
use peerage_registry::{Action, Event, EventChange, Record};

use crate::records::{StoredRecord, User, with_kind};
use indexes::{IndexedRecord, PeopleIndexes, ReplacedRecord};
use tables::{RecordTables, TableRecord};

pub use key_entry::KeyEntry;
pub(crate) use key_entry::ResolvedHolder;
pub use organizations::{ObjectRef, Organizations};
pub use retries::{CommittedRequest, LIFE as RETRY_LIFE, RetryEvent};

/// The default organization for suggestions (spec/write-api.md, 5.15).
pub const SUGGESTION_ORG: OrgId = OrgId::new(20_525);

/// People, keys and permissions.
///
/// ```
/// use peerage_access::People;
/// use peerage_registry::Record;
///
/// let mut people = People::default();
/// let user = r#"{"id":1,"username":"ann","emails":[],"verified":true,"created":"2027-01-15T08:00:00.000000Z",
///     "first_name":"Ann","last_name":"Example"}"#;
/// people.put(Record::User, 1, Some(user), 1).expect("a valid record");
/// assert!(people.user_named("Ann").is_some());
/// assert!(people.put(Record::User, 2, Some("{}"), 2).is_err());
/// ```
#[derive(Clone)]
pub struct People {
    /// Verified users can suggest objects to this organization.
    pub suggestion_org: OrgId,
    tables: RecordTables,
    indexes: PeopleIndexes,
    retries: retries::RetryIndex,
}

impl Default for People {
    fn default() -> People {
        People {
            suggestion_org: SUGGESTION_ORG,
            tables: RecordTables::default(),
            indexes: PeopleIndexes::default(),
            retries: retries::RetryIndex::default(),
        }
    }
}

/// A record that cannot be parsed: it was written by another program, or the log is damaged.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", self.describe())]
pub struct UnreadableRecord {
    /// The event with the record; `None` if it was read from the table.
    pub event: Option<u64>,
    pub record: Record,
    pub id: u32,
    pub why: String,
}

impl UnreadableRecord {
    /// Names what cannot be parsed.
    pub fn describe(&self) -> String {
        let record = format!("{} {}", self.record.name(), self.id);
        self.event.map_or(record.clone(), |event| format!("event {event} ({record})"))
    }
}

impl People {
    /// Applies events. Events about rows are ignored.
    ///
    /// # Errors
    /// [`UnreadableRecord`]. The events before it have been applied.
    pub fn apply(&mut self, events: &[Event]) -> Result<(), UnreadableRecord> {
        for event in events {
            self.note_retry(RetryEvent {
                sequence: event.sequence,
                at: event.entry.at,
                actor: &event.entry.actor,
                subject: event.entry.subject(),
                id: event.entry.id,
            });
            if let EventChange::Record { record, after, .. } = &event.entry.change
                && event.entry.action != Action::Note
            {
                let put = self.put(*record, event.entry.id, after.as_deref(), event.sequence);
                put.map_err(|error| UnreadableRecord { event: Some(event.sequence), ..error })?;
            }
        }
        Ok(())
    }

    /// Remembers an event of a request that can be retried. Others are ignored.
    pub fn note_retry(&mut self, noted: RetryEvent<'_>) {
        self.retries.note(noted);
    }

    /// The request that was carried out with this digest of caller and key within the last day.
    pub fn landed(&self, key: &str, now: Moment) -> Option<&Arc<CommittedRequest>> {
        self.retries.get(key, now)
    }

    /// Replaces one record. `sequence` is the event with the change; permissions are recomputed afterwards.
    ///
    /// # Errors
    /// [`UnreadableRecord`]. The record stays as it was.
    pub fn put(&mut self, record: Record, id: u32, text: Option<&str>, sequence: u64) -> Result<(), UnreadableRecord> {
        with_kind!(record, Kind => self.put_kind::<Kind>(Id::new(id), text, sequence))
    }

    fn put_kind<T: IndexedRecord>(
        &mut self,
        id: T::Id,
        text: Option<&str>,
        sequence: u64,
    ) -> Result<(), UnreadableRecord> {
        T::table_mut(&mut self.tables).take_id(id);
        if T::CHANGES_RIGHTS {
            self.indexes.rights.renew(sequence);
        }
        let after = text.map(|text| read::<T>(id, text).map(Arc::new)).transpose()?;
        let before = T::table_mut(&mut self.tables).put(id, after.clone());
        T::index(&mut self.indexes, &ReplacedRecord { id, before: before.as_ref(), after: after.as_ref(), sequence });
        Ok(())
    }

    /// An id that no record of this kind has had.
    pub fn free_id<T: TableRecord>(&self) -> T::Id {
        T::table(&self.tables).free_id()
    }

    fn get<T: TableRecord>(&self, id: T::Id) -> Option<&Arc<T>> {
        T::table(&self.tables).get(id)
    }

    pub(crate) fn all<T: TableRecord>(&self) -> impl Iterator<Item = &Arc<T>> {
        T::table(&self.tables).all()
    }

    /// Changes whenever somebody's permissions may have changed.
    pub fn generation(&self) -> u64 {
        self.indexes.rights.generation
    }

    /// The same pointer for as long as nobody's permissions have changed.
    pub(crate) fn rights(&self) -> &Arc<()> {
        &self.indexes.rights.state
    }

    /// The texts of all records, for exports and comparisons.
    pub fn texts(&self) -> Vec<(Record, u32, Arc<str>)> {
        let mut texts = Vec::new();
        for record in Record::ALL {
            with_kind!(record, Kind => texts.extend(Kind::table(&self.tables).texts()));
        }
        texts
    }
}

fn read<T: StoredRecord>(id: T::Id, text: &str) -> Result<T, UnreadableRecord> {
    let unreadable = |why: String| UnreadableRecord { event: None, record: T::RECORD, id: id.get(), why };
    let kept: T = serde_json::from_str(text).map_err(|error| unreadable(without_values(&error.to_string())))?;
    if kept.id() == id { Ok(kept) } else { Err(unreadable("names another id".to_owned())) }
}

/// A parser's message without the values that it quotes: records contain secrets, and the message is shown to everyone.
fn without_values(message: &str) -> String {
    let mut parts = message.split('"');
    let mut text = parts.next().unwrap_or_default().to_owned();
    // A value can contain quotes itself, so everything between the first and the last one is removed.
    if let Some(rest) = parts.next_back() {
        text.push_str("\"…\"");
        text.push_str(rest);
    }
    text
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (users, keys) = (User::table(&self.tables).len(), self.indexes.keys.len());
        write!(f, "People({users} users, {keys} keys)")
    }
}
