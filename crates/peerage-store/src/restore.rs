//! Writes everything that a registry had into an empty database, within one transaction.

use std::collections::HashSet;

use peerage_registry::{Action, ErasedEvents, EventSubject, LogHead};
use peerage_schema::Resource;

use crate::cell::{self, SqlCell};
use crate::columns;
use crate::error::StoreError;
use crate::everything::{BackupChain, BackupEvent, BackupItem, BackupStart, SealedEvent};
use crate::sql::{SqlConnection, SqlRow, one};
use crate::values::SCRUB;
use crate::{aside, erase, log, records};

/// Items that are written at a time, and bytes of their texts.
const PIECE_ITEMS: usize = 1_000;
const PIECE_BYTES: usize = 4 << 20;

const READ_USED: &str = "SELECT count(*) FROM \"registry\" WHERE \"key\" NOT IN ('id', 'readable-since')";
const READ_RECORDS: &str = "SELECT count(*) FROM \"record\"";
const WRITE_ID: &str = "UPDATE \"registry\" SET \"value\" = $1 WHERE \"key\" = 'id'";

/// For the check that the database accepts all statements.
pub const STATEMENTS: &[&str] = &[READ_USED, READ_RECORDS, WRITE_ID];

/// A table that is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilledTable {
    Events,
    Rows(Resource),
    Records,
    KeyUses,
    Values,
}

/// What an engine needs to know after everything has been written.
pub(crate) struct RestoredLog {
    pub head: LogHead,
    /// Whether payload was written and then erased.
    pub has_erased: bool,
}

/// Items that wait to be written to one table.
struct Piece {
    table: FilledTable,
    items: Vec<(BackupItem, Option<SealedEvent>)>,
    bytes: usize,
}

/// Writes the items of a backup and of the increments that follow it. `next` returns `None` after the last one.
///
/// # Errors
/// [`StoreError::Backup`] if the database is not empty, or if an increment does not continue what is before it. Any
/// error has to end the transaction without a commit.
pub(crate) async fn write<S: SqlConnection>(
    sql: &mut S,
    erasing: [&str; 2],
    next: &mut (impl FnMut() -> Result<Option<BackupItem>, StoreError> + Send),
) -> Result<RestoredLog, S::Error> {
    check_empty(sql).await?;
    let mut writer = RestoreWriter::new();
    while let Some(item) = next()? {
        writer.take(sql, erasing, item).await?;
    }
    writer.end_part(sql, erasing).await?;
    let head = writer.chain.head();
    if head != LogHead::EMPTY {
        sql.execute(log::WRITE_HEAD, &log::head_cells(&head)).await?;
    }
    Ok(RestoredLog { head, has_erased: writer.has_erased })
}

async fn check_empty<S: SqlConnection>(sql: &mut S) -> Result<(), S::Error> {
    let head = log::head(sql).await?;
    let mut found = head.sequence as i64;
    for statement in [READ_USED, READ_RECORDS] {
        found += one(sql, statement, &[], |row| row.get::<i64>(0)).await?.unwrap_or_default();
    }
    if found == 0 {
        return Ok(());
    }
    let why = format!(
        "the database is in use: its log has {} events. Name an empty database, or a file that does not exist",
        head.sequence
    );
    Err(StoreError::Backup(why.into()).into())
}

struct RestoreWriter {
    start: Option<BackupStart>,
    chain: BackupChain,
    piece: Option<Piece>,
    /// Rows and records that the events of an increment are about.
    touched: HashSet<(&'static str, u32)>,
    are_removed: bool,
    erasures: Vec<ErasedEvents>,
    has_erased: bool,
}

impl RestoreWriter {
    fn new() -> RestoreWriter {
        RestoreWriter {
            start: None,
            chain: BackupChain::after(LogHead::EMPTY),
            piece: None,
            touched: HashSet::new(),
            are_removed: false,
            erasures: Vec::new(),
            has_erased: false,
        }
    }

    async fn take<S: SqlConnection>(
        &mut self,
        sql: &mut S,
        erasing: [&str; 2],
        item: BackupItem,
    ) -> Result<(), S::Error> {
        let (table, sealed, bytes) = match &item {
            BackupItem::Start(start) => {
                self.end_part(sql, erasing).await?;
                return self.begin_part(sql, start.clone()).await;
            }
            BackupItem::Event(event) => {
                let sealed = self.chain.seal(event)?;
                self.note(event);
                let texts = [&event.actor, &event.before, &event.after];
                (FilledTable::Events, Some(sealed), texts.into_iter().flatten().map(String::len).sum())
            }
            BackupItem::Row(resource, row) => (FilledTable::Rows(*resource), None, row.size()),
            BackupItem::Record(_, _, body) => (FilledTable::Records, None, body.len()),
            BackupItem::KeyUse(_, body) => (FilledTable::KeyUses, None, body.len()),
            BackupItem::Value(name, _) if matches!(name.as_str(), "id" | SCRUB) => {
                return Err(StoreError::Backup(format!("{name} is a value that no backup has").into()).into());
            }
            BackupItem::Value(_, value) => (FilledTable::Values, None, value.len()),
        };
        if self.start.is_none() {
            return Err(StoreError::Backup("the backup has no beginning".into()).into());
        }
        let is_other = |piece: &Piece| piece.table != table || piece.items.len() >= PIECE_ITEMS;
        if self.piece.as_ref().is_some_and(|piece| is_other(piece) || piece.bytes > PIECE_BYTES) {
            self.flush(sql).await?;
        }
        if table != FilledTable::Events {
            self.remove_touched(sql).await?;
        }
        let piece = self.piece.get_or_insert_with(|| Piece { table, items: Vec::new(), bytes: 0 });
        piece.bytes += bytes;
        piece.items.push((item, sealed));
        Ok(())
    }

    /// Remembers what an event means for what was written before it.
    fn note(&mut self, event: &BackupEvent) {
        if event.action != Action::Note {
            self.touched.insert((event.subject.name(), event.id));
        }
        let is_increment = self.start.as_ref().is_some_and(|start| start.after != LogHead::EMPTY);
        if let Some(named) = event.actor.as_deref().filter(|_| is_increment).and_then(erase::named) {
            self.erasures.push(named);
        }
    }

    async fn begin_part<S: SqlConnection>(&mut self, sql: &mut S, start: BackupStart) -> Result<(), S::Error> {
        let refused = |why: String| Err(StoreError::Backup(why.into()).into());
        match &self.start {
            Some(first) if first.registry != start.registry => {
                return refused("the increment is of another registry".to_owned());
            }
            _ if start.after != self.chain.head() => {
                let (due, after) = (self.chain.head().sequence, start.after.sequence);
                return refused(format!(
                    "the increment continues another backup: it follows event {after}, and the last event so far is {due}"
                ));
            }
            _ => {}
        }
        sql.execute(WRITE_ID, &[SqlCell::Text(&start.registry)]).await?;
        sql.execute(aside::CLEAR_USES, &[]).await?;
        sql.execute(aside::CLEAR_VALUES, &[]).await?;
        self.touched.clear();
        // A full backup goes into empty tables.
        self.are_removed = start.after == LogHead::EMPTY;
        self.start = Some(start);
        Ok(())
    }

    /// Writes what waits, erases what was erased since, and checks the end of the log.
    async fn end_part<S: SqlConnection>(&mut self, sql: &mut S, erasing: [&str; 2]) -> Result<(), S::Error> {
        let Some(start) = &self.start else { return Ok(()) };
        let expected = start.head;
        self.flush(sql).await?;
        self.remove_touched(sql).await?;
        for named in std::mem::take(&mut self.erasures) {
            erase::erase(sql, erasing[0], erasing[1], &named).await?;
            self.has_erased = true;
        }
        if self.chain.head() != expected {
            let why = format!("its log does not end with event {} as its beginning says", expected.sequence);
            return Err(StoreError::Backup(why.into()).into());
        }
        Ok(())
    }

    /// Removes the earlier state of what an increment has anew, or has deleted.
    async fn remove_touched<S: SqlConnection>(&mut self, sql: &mut S) -> Result<(), S::Error> {
        if std::mem::replace(&mut self.are_removed, true) {
            return Ok(());
        }
        self.flush(sql).await?;
        for (name, id) in std::mem::take(&mut self.touched) {
            let id = SqlCell::Int(i64::from(id));
            match EventSubject::from_name(name) {
                Some(EventSubject::Row(resource)) => {
                    sql.execute(&columns::delete(S::DIALECT, resource.table()), &[id]).await?;
                }
                Some(EventSubject::Record(record)) => {
                    sql.execute(records::DELETE, &[SqlCell::Text(record.name()), id]).await?;
                }
                None => {}
            }
        }
        Ok(())
    }

    async fn flush<S: SqlConnection>(&mut self, sql: &mut S) -> Result<(), S::Error> {
        let Some(piece) = self.piece.take() else { return Ok(()) };
        let cells: Vec<Vec<SqlCell<'_>>> =
            piece.items.iter().map(|(item, sealed)| cells(item, sealed.as_ref())).collect();
        sql.fill(piece.table, &cells).await
    }
}

/// The columns of an item.
fn cells<'a>(item: &'a BackupItem, sealed: Option<&'a SealedEvent>) -> Vec<SqlCell<'a>> {
    match item {
        BackupItem::Start(_) => Vec::new(),
        BackupItem::Event(event) => sealed.map(|sealed| sealed.cells(event).to_vec()).unwrap_or_default(),
        BackupItem::Row(resource, row) => {
            cell::values(*resource, row).map(|(storage, value)| SqlCell::of(storage, value)).collect()
        }
        BackupItem::Record(record, id, body) => {
            vec![SqlCell::Text(record.name()), SqlCell::Int(i64::from(*id)), SqlCell::Text(body)]
        }
        BackupItem::KeyUse(key, body) => vec![SqlCell::Int(i64::from(key.get())), SqlCell::Text(body)],
        BackupItem::Value(name, value) => vec![SqlCell::Text(name), SqlCell::Text(value)],
    }
}
