//! Appending in one transaction: decide at the head, write events and rows, commit.

use peerage_registry::{Action, ErasedEvents, Event, EventSubject, LogHead};
use peerage_schema::Resource;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::aside;
use crate::cell;
use crate::chain::HashChain;
use crate::columns::{self, Dialect};
use crate::decide::{AppendDecider, AppendPace, AppendedEvents, EVENTS_MISSED_MAX, ReturnedEvents};
use crate::erase::{ErasureCounts, ErasureWitness};
use crate::error::{AppendError, ConstraintViolation, StoreError};
use crate::everything::BackupItem;
use crate::migrate;
use crate::repair::{self, RepairCounts};
use crate::restore;
use crate::sqlite::error::{is_dangling, is_doubtful};
use crate::sqlite::files::DatabaseFiles;
use crate::sqlite::local::{LocalConnection, now};
use crate::sqlite::rows::RowWriter;
use crate::sqlite::{BUSY_LONG, SqliteStore, erase, log, records, write_ahead_log};
use crate::values::SCRUB;

/// Number of events after which the write-ahead log is emptied at once, since it may be larger than the database.
const EVENTS_BEFORE_CHECKPOINT: u64 = 5_000;

/// Appends. Also erases payload, if any is specified and an appended entry records it.
pub fn append<J: AppendDecider>(
    connection: &mut Connection,
    files: &DatabaseFiles,
    known: LogHead,
    decide_at_head: J,
    erasure: Option<&ErasedEvents>,
) -> Result<(AppendedEvents<J>, ErasureCounts), AppendError<J::Refusal>> {
    let pace = if erasure.is_some() { AppendPace::Long } else { decide_at_head.pace() };
    let usual = write_ahead_log::busy_timeout(connection)?;
    if pace == AppendPace::Long {
        connection.busy_timeout(BUSY_LONG)?;
    }
    let outcome = write(connection, files, known, decide_at_head, erasure);
    connection.busy_timeout(usual)?;
    let (appended, counts) = outcome?;
    if appended.head.sequence - appended.before.sequence > EVENTS_BEFORE_CHECKPOINT {
        write_ahead_log::empty(connection);
    }
    Ok((appended, counts))
}

fn write<J: AppendDecider>(
    connection: &mut Connection,
    files: &DatabaseFiles,
    known: LogHead,
    mut decide_at_head: J,
    erasure: Option<&ErasedEvents>,
) -> Result<(AppendedEvents<J>, ErasureCounts), AppendError<J::Refusal>> {
    // Dropping the transaction rolls it back, after an error or a panic of the decider.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    check_writable(&transaction)?;
    let before = log::head(&transaction)?;
    let missed = log::missed(&transaction, known, before, EVENTS_MISSED_MAX)?;
    let mut chain = HashChain::new(before);
    let mut returned = ReturnedEvents::new();
    let mut witness = ErasureWitness::new(erasure);
    {
        let entries = decide_at_head.decide(before, missed).map_err(AppendError::Refused)?;
        let mut insert = transaction.prepare_cached(&Dialect::Sqlite.text(crate::log::INSERT))?;
        let mut rows = RowWriter::new(&transaction);
        for entry in entries {
            cell::check(&entry)?;
            witness.observe(&entry);
            let link = chain.seal(&entry);
            log::insert(&mut insert, &entry, &link)?;
            if entry.action != Action::Note {
                rows.write(&entry)?;
                records::write(&transaction, &entry)?;
            }
            returned.push(|| Event { sequence: link.sequence, entry, hash: link.hash });
        }
        rows.finish()?;
    }
    let head = chain.head;
    let mut counts = ErasureCounts::default();
    if head != before || decide_at_head.confirms() {
        if head != before
            && let Some(erasure) = witness.erasure(before.sequence)?
        {
            counts = erase::erase(&transaction, erasure)?;
        }
        log::set_head(&transaction, head)?;
        if let Err(error) = transaction.execute_batch("COMMIT") {
            return Err(if is_dangling(&error) {
                dangling(&transaction)?
            } else if is_doubtful(&error) {
                StoreError::Unknown(error.to_string())
            } else {
                error.into()
            }
            .into());
        }
        files.note_head(head);
        // A write to a file that has been removed or replaced meanwhile would be lost.
        if let Err(error) = files.check() {
            return Err(StoreError::Unknown(error.to_string()).into());
        }
    }
    drop(transaction);
    Ok((AppendedEvents { decide_at_head, before, head, events: returned.into_events() }, counts))
}

/// Fills an empty database, in one transaction.
pub fn restore(
    connection: &mut Connection,
    files: &DatabaseFiles,
    next: &mut (impl FnMut() -> Result<Option<BackupItem>, StoreError> + Send),
) -> Result<LogHead, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    check_writable(&transaction)?;
    let local = &mut LocalConnection(&transaction);
    let restored = now(restore::write(local, [erase::ERASE_ACTOR, erase::ERASE_ROWS], next))?;
    if restored.has_erased {
        now(aside::swap_value(local, SCRUB, None, "due", false))?;
    }
    if let Err(error) = transaction.execute_batch("COMMIT") {
        return Err(if is_dangling(&error) { dangling(&transaction)? } else { error.into() });
    }
    drop(transaction);
    files.note_head(restored.head);
    write_ahead_log::empty(connection);
    erase::try_scrub(connection);
    Ok(restored.head)
}

impl SqliteStore {
    /// Makes rows and records again from the log, in one transaction.
    pub async fn repair(
        &self,
        checked: LogHead,
        objects: Vec<(EventSubject, u32)>,
    ) -> Result<Option<RepairCounts>, StoreError> {
        self.write(AppendPace::Long, move |connection, _| repair(connection, checked, &objects)).await
    }
}

fn repair(
    connection: &mut Connection,
    checked: LogHead,
    objects: &[(EventSubject, u32)],
) -> Result<Option<RepairCounts>, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    check_writable(&transaction)?;
    let counts = now(repair::write(&mut LocalConnection(&transaction), checked, objects))?;
    if let Err(error) = transaction.execute_batch("COMMIT") {
        return Err(if is_dangling(&error) { dangling(&transaction)? } else { error.into() });
    }
    drop(transaction);
    Ok(counts)
}

/// Refuses to write to tables that a newer program has changed. It would drop what it does not know.
fn check_writable(transaction: &Connection) -> Result<(), StoreError> {
    migrate::check_writable(transaction.prepare_cached(migrate::READ_VERSION)?.query_row([], |row| row.get(0))?)
}

/// Finds the foreign key that points nowhere, within the transaction that could not be committed.
fn dangling(connection: &Connection) -> Result<StoreError, StoreError> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(StoreError::Engine("a foreign key points nowhere".to_owned())) };
    let (tag, id, key) = (row.get::<_, String>(0)?, row.get::<_, Option<u32>>(1)?, row.get::<_, i64>(3)?);
    let Some(resource) = Resource::from_tag(&tag) else {
        return Ok(StoreError::Engine(format!("a foreign key of {tag} points nowhere")));
    };
    let sql = "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE \"id\" = ?2";
    let column: Option<String> = connection.query_row(sql, params![tag, key], |row| row.get(0)).optional()?;
    let found = columns::references(resource.table()).find(|(_, field, _)| column.as_deref() == Some(field.name));
    let (constraint, of) = found.map_or(("a foreign key".to_owned(), None), |(name, _, of)| (name, Some(of.tag())));
    let detail = of.map_or_else(String::new, |of| format!("it names no {of} that is there"));
    Ok(ConstraintViolation { subject: EventSubject::Row(resource), id, constraint, detail }.into())
}
