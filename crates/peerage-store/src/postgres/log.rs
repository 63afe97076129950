//! The log and its head.

use std::pin::pin;

use futures_util::TryStreamExt;
use peerage_registry::{Entry, Event, Head};
use tokio_postgres::Row;

use crate::chain::{self, Link, Stored};
use crate::columns::event_columns;
use crate::error::{Reload, StoreError};
use crate::postgres::cells::{Cell, Time};
use crate::postgres::error::Fault;
use crate::postgres::line::Live;

pub const READ_HEAD: &str = "SELECT \"sequence\", \"hash\" FROM \"head\"";
/// Takes the lock under which the log grows.
pub const LOCK_HEAD: &str = "SELECT \"sequence\", \"hash\" FROM \"head\" FOR UPDATE";
pub const WRITE_HEAD: &str = "UPDATE \"head\" SET \"sequence\" = $1, \"hash\" = $2";
pub const READ_HASH: &str = "SELECT \"hash\" FROM \"event\" WHERE \"sequence\" = $1";
pub const INSERT: &str = concat!(
    "INSERT INTO \"event\" (",
    event_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
);
pub const COPY: &str = concat!("COPY \"event\" (", event_columns!(), ") FROM STDIN (FORMAT binary)");
pub const TAIL: &str =
    concat!("SELECT ", event_columns!(), " FROM \"event\" WHERE \"sequence\" > $1 ORDER BY \"sequence\" LIMIT $2");

/// Number of the columns of an event.
pub const COLUMNS: usize = 15;

pub async fn head(live: &mut Live) -> Result<Head, Fault> {
    let statement = live.prepared(READ_HEAD).await?;
    head_of(live.client.query_opt(&statement, &[]).await?.as_ref())
}

/// The head that an answer holds.
pub fn head_of(row: Option<&Row>) -> Result<Head, Fault> {
    let Some(row) = row else { return Err(StoreError::Broken("the log has no head".to_owned()).into()) };
    let hash: &[u8] = row.try_get(1)?;
    let hash = hash.try_into().map_err(|_| StoreError::Broken("the head's hash has another length".to_owned()))?;
    Ok(Head { sequence: row.try_get::<_, i64>(0)? as u64, hash })
}

/// The events after `known`, at most `limit`.
pub async fn tail(live: &mut Live, known: Head, limit: u64) -> Result<Vec<Event>, Fault> {
    confirm(live, known).await?;
    let statement = live.prepared(TAIL).await?;
    let limit = limit.min(i64::MAX as u64) as i64;
    let rows = live.client.query_raw(&statement, [known.sequence as i64, limit]).await?;
    let mut rows = pin!(rows);
    let mut events = Vec::new();
    while let Some(row) = rows.try_next().await? {
        events.push(stored(&row)?.into_event()?);
    }
    Ok(events)
}

/// The events between what is known and the head.
pub async fn missed(live: &mut Live, known: Head, head: Head, limit: u64) -> Result<Vec<Event>, Fault> {
    match chain::missed(known, head, limit)? {
        0 => Ok(Vec::new()),
        missed => tail(live, known, missed).await,
    }
}

/// Looks whether the log holds what is known.
async fn confirm(live: &mut Live, known: Head) -> Result<(), Fault> {
    if known == Head::EMPTY || holds(live, known).await? {
        return Ok(());
    }
    Err(Reload::Forked { sequence: known.sequence }.into())
}

/// Whether an event with this number and hash is in the log.
pub async fn holds(live: &mut Live, head: Head) -> Result<bool, Fault> {
    let statement = live.prepared(READ_HASH).await?;
    let found = live.client.query_opt(&statement, &[&(head.sequence as i64)]).await?;
    let hash = found.map(|row| row.try_get::<_, Vec<u8>>(0)).transpose()?;
    Ok(hash.as_deref() == Some(&head.hash))
}

/// An event as its columns hold it.
pub fn stored(row: &Row) -> Result<Stored, Fault> {
    Ok(Stored {
        sequence: row.try_get(0)?,
        at: row.try_get::<_, Time>(1).ok().map(|time| time.0),
        actor: row.try_get(2)?,
        action: row.try_get(3)?,
        resource: row.try_get(4)?,
        object: row.try_get(5)?,
        salt: row.try_get(6)?,
        before: row.try_get(7)?,
        after: row.try_get(8)?,
        actor_digest: row.try_get(9)?,
        rows_digest: row.try_get(10)?,
        hash: row.try_get(11)?,
        org: row.try_get(12)?,
        person: row.try_get(13)?,
        key: row.try_get(14)?,
    })
}

/// The columns of an event to be.
pub fn cells<'a>(entry: &'a Entry, link: &'a Link) -> [Cell<'a>; COLUMNS] {
    [
        Cell::Int(link.sequence as i64),
        Cell::Time(entry.at),
        Cell::Text(&entry.actor),
        Cell::Text(entry.action.name()),
        Cell::Text(entry.subject().name()),
        Cell::Int(i64::from(entry.id)),
        Cell::Bytes(&entry.salt),
        Cell::text_or_null(link.before.as_deref()),
        Cell::text_or_null(link.after.as_deref()),
        Cell::Bytes(&link.actor_digest),
        Cell::Bytes(&link.rows_digest),
        Cell::Bytes(&link.hash),
        Cell::id_or_null(entry.org),
        Cell::id_or_null(link.who.person),
        Cell::text_or_null(link.who.key.as_deref()),
    ]
}
