//! The log and its head.

use peerage_registry::{Event, LogEntry, LogHead};

use crate::cell::SqlCell;
use crate::chain::{self, ChainLink, StoredEvent};
use crate::columns::event_columns;
use crate::error::{ReloadReason, StoreError};
use crate::sql::{SqlConnection, SqlRow, all, one};

pub const READ_HEAD: &str = "SELECT \"sequence\", \"hash\" FROM \"head\"";
pub const WRITE_HEAD: &str = "UPDATE \"head\" SET \"sequence\" = $1, \"hash\" = $2";
const READ_HASH: &str = "SELECT \"hash\" FROM \"event\" WHERE \"sequence\" = $1";
pub const INSERT: &str = concat!(
    "INSERT INTO \"event\" (",
    event_columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
);
pub const TAIL: &str =
    concat!("SELECT ", event_columns!(), " FROM \"event\" WHERE \"sequence\" > $1 ORDER BY \"sequence\" LIMIT $2");
/// Reads all events.
pub const ALL_EVENTS: &str = concat!("SELECT ", event_columns!(), " FROM \"event\" ORDER BY \"sequence\"");

/// For the check that the database accepts all statements.
pub const STATEMENTS: &[&str] = &[READ_HEAD, WRITE_HEAD, READ_HASH, INSERT, TAIL, ALL_EVENTS];

/// Number of columns of an event.
pub const COLUMNS: usize = 15;

pub async fn head<S: SqlConnection>(sql: &mut S) -> Result<LogHead, S::Error> {
    one(sql, READ_HEAD, &[], |row| head_of(Some(row))).await?.ok_or_else(no_head)
}

/// Reads the head from its row.
pub fn head_of<A: SqlRow>(row: Option<&A>) -> Result<LogHead, A::Error> {
    let row = row.ok_or_else(no_head)?;
    let hash: Vec<u8> = row.get(1)?;
    let hash = hash.try_into().map_err(|_| StoreError::Broken("the head's hash has another length".to_owned()))?;
    Ok(LogHead { sequence: row.get::<i64>(0)? as u64, hash })
}

pub fn no_head<E: From<StoreError>>() -> E {
    StoreError::Broken("the log has no head".to_owned()).into()
}

/// Parameters of [`WRITE_HEAD`].
pub fn head_cells(head: &LogHead) -> [SqlCell<'_>; 2] {
    [SqlCell::Int(head.sequence as i64), SqlCell::Bytes(&head.hash)]
}

/// Returns the events after `known`, at most `limit`.
///
/// # Errors
/// [`ReloadReason`] if `known` is not in this log, or if the rows of an event were erased.
pub async fn tail<S: SqlConnection>(sql: &mut S, known: LogHead, limit: u64) -> Result<Vec<Event>, S::Error> {
    confirm(sql, known).await?;
    let values = [SqlCell::Int(known.sequence as i64), SqlCell::Int(limit.min(i64::MAX as u64) as i64)];
    all(sql, TAIL, &values, |row| Ok(stored(row)?.into_event()?)).await
}

/// Returns the events between the known position and the head.
pub async fn missed<S: SqlConnection>(
    sql: &mut S,
    known: LogHead,
    head: LogHead,
    limit: u64,
) -> Result<Vec<Event>, S::Error> {
    match chain::missed(known, head, limit).map_err(StoreError::from)? {
        0 => Ok(Vec::new()),
        missed => tail(sql, known, missed).await,
    }
}

/// Checks that the known position is in the log.
async fn confirm<S: SqlConnection>(sql: &mut S, known: LogHead) -> Result<(), S::Error> {
    if known == LogHead::EMPTY || holds(sql, known).await? {
        return Ok(());
    }
    Err(StoreError::from(ReloadReason::Forked { sequence: known.sequence }).into())
}

/// Whether the log has an event with this number and hash.
pub async fn holds<S: SqlConnection>(sql: &mut S, head: LogHead) -> Result<bool, S::Error> {
    let hash = one(sql, READ_HASH, &[SqlCell::Int(head.sequence as i64)], |row| row.get::<Vec<u8>>(0)).await?;
    Ok(hash.as_deref() == Some(&head.hash))
}

/// Reads the columns of an event. A time that is not in the store's own format is read as `None`, so that any changed
/// byte is noticed.
pub fn stored<A: SqlRow>(row: &A) -> Result<StoredEvent, A::Error> {
    Ok(StoredEvent {
        sequence: row.get(0)?,
        at: row.time(1),
        actor: row.get(2)?,
        action: row.get(3)?,
        resource: row.get(4)?,
        object: row.get(5)?,
        salt: row.get(6)?,
        before: row.get(7)?,
        after: row.get(8)?,
        actor_digest: row.get(9)?,
        rows_digest: row.get(10)?,
        hash: row.get(11)?,
        org: row.get(12)?,
        person: row.get(13)?,
        key: row.get(14)?,
    })
}

/// Columns of a new event.
pub fn cells<'a>(entry: &'a LogEntry, link: &'a ChainLink) -> [SqlCell<'a>; COLUMNS] {
    [
        SqlCell::Int(link.sequence as i64),
        SqlCell::Time(entry.at),
        SqlCell::Text(&entry.actor),
        SqlCell::Text(entry.action.name()),
        SqlCell::Text(entry.subject().name()),
        SqlCell::Int(i64::from(entry.id)),
        SqlCell::Bytes(&entry.salt),
        SqlCell::text_or_null(link.before.as_deref()),
        SqlCell::text_or_null(link.after.as_deref()),
        SqlCell::Bytes(&link.actor_digest),
        SqlCell::Bytes(&link.rows_digest),
        SqlCell::Bytes(&link.hash),
        SqlCell::id_or_null(entry.org),
        SqlCell::id_or_null(link.who.person),
        SqlCell::text_or_null(link.who.key.as_deref()),
    ]
}
