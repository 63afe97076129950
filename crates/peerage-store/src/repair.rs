//! Makes rows and records again from the log, within one transaction.

use peerage_registry::{EventSubject, LogHead, stored};

use crate::cell::{self, SqlCell};
use crate::columns;
use crate::error::StoreError;
use crate::restore::FilledTable;
use crate::sql::{SqlConnection, SqlRow, one};
use crate::verify::{LogFinding, RecordedState};
use crate::{Store, StoreEngine, log, records};

/// Finds what the log says about an object. Notes do not change their object, so they are left out.
const LAST_STATE: &str = "SELECT \"action\", \"salt\", \"after\" FROM \"event\" WHERE \"resource\" = $1 AND \"object\" = $2 \
     AND \"action\" <> 'note' ORDER BY \"sequence\" DESC LIMIT 1";

/// For the check that the database accepts all statements.
pub const STATEMENTS: &[&str] = &[LAST_STATE];

/// What a repair has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairCounts {
    /// Rows and records that were made again from the log.
    pub written: u64,
    /// Rows and records that were removed, because the log does not have them.
    pub removed: u64,
    /// Rows and records that cannot be made again, because their values were erased from the log.
    pub unknown: u64,
}

/// The rows and records that differ from the log, each once.
pub fn objects_of(findings: &[LogFinding]) -> Vec<(EventSubject, u32)> {
    let objects = findings.iter().filter_map(|finding| match finding {
        LogFinding::RowMissing { subject, id }
        | LogFinding::RowExtra { subject, id }
        | LogFinding::Cell { subject, id, .. } => Some((*subject, *id)),
        _ => None,
    });
    let mut known = std::collections::HashSet::new();
    objects.filter(|(subject, id)| known.insert((subject.name(), *id))).collect()
}

impl Store {
    /// Makes rows and records again from the log, in one transaction: see [`crate::objects_to_repair`]. The log has to be
    /// sound, and `checked` is the end that it had when it was checked. `None` if it has another end by now; nothing has
    /// changed then. No server may be running, because it would keep what it has read before.
    pub async fn repair(
        &self,
        checked: LogHead,
        objects: Vec<(EventSubject, u32)>,
    ) -> Result<Option<RepairCounts>, StoreError> {
        match &self.engine {
            StoreEngine::Sqlite(store) => store.repair(checked, objects).await,
            StoreEngine::Postgres(store) => store.repair(checked, objects).await,
        }
    }
}

/// Makes these rows and records again. `None` if the log does not end with the event that the caller has checked: nothing
/// was changed then.
///
/// # Errors
/// Any error has to end the transaction without a commit.
pub(crate) async fn write<S: SqlConnection>(
    sql: &mut S,
    checked: LogHead,
    objects: &[(EventSubject, u32)],
) -> Result<Option<RepairCounts>, S::Error> {
    if log::head(sql).await? != checked {
        return Ok(None);
    }
    let mut counts = RepairCounts::default();
    let mut states = Vec::with_capacity(objects.len());
    for (subject, id) in objects {
        let read = |row: &S::Row<'_>| {
            let (action, salt, after): (String, Option<Vec<u8>>, Option<String>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(RecordedState::of(&action, salt.as_deref(), after))
        };
        let values = [SqlCell::Text(subject.name()), SqlCell::Int(i64::from(*id))];
        let state = one(sql, LAST_STATE, &values, read).await?.unwrap_or(RecordedState::Gone);
        if matches!(state, RecordedState::Unknown) {
            counts.unknown += 1;
        } else {
            states.push((*subject, *id, state));
        }
    }
    // All wrong rows go first, because they may hold names and addresses that are unique.
    for (subject, id, _) in &states {
        let id = SqlCell::Int(i64::from(*id));
        match subject {
            EventSubject::Row(resource) => sql.execute(&columns::delete(S::DIALECT, resource.table()), &[id]).await?,
            EventSubject::Record(record) => sql.execute(records::DELETE, &[SqlCell::Text(record.name()), id]).await?,
        };
    }
    for (subject, id, state) in &states {
        let RecordedState::There(text) = state else {
            counts.removed += 1;
            continue;
        };
        insert(sql, *subject, *id, text).await?;
        counts.written += 1;
    }
    Ok(Some(counts))
}

async fn insert<S: SqlConnection>(sql: &mut S, subject: EventSubject, id: u32, text: &str) -> Result<(), S::Error> {
    match subject {
        EventSubject::Row(resource) => {
            let row = stored::from_json(resource, text).map_err(|error| StoreError::Unreadable {
                what: format!("the last event about {} {id}", resource.tag()),
                why: error.to_string(),
            })?;
            let cells = cell::values(resource, &row).map(|(storage, value)| SqlCell::of(storage, value)).collect();
            sql.fill(FilledTable::Rows(resource), &[cells]).await
        }
        EventSubject::Record(record) => {
            let cells = vec![SqlCell::Text(record.name()), SqlCell::Int(i64::from(id)), SqlCell::Text(text)];
            sql.fill(FilledTable::Records, &[cells]).await
        }
    }
}
