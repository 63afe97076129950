//! Opens, loads and imports registries for the commands.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use peerage_access::People;
use peerage_engine::LoadedState;
use peerage_engine::bulk::{BulkChange, BulkRejected, commit_bulk};
use peerage_registry::dump::{
    self, DumpBatch, ImportMode, ImportPlan, ImportReport, NotPruned, obey, plan, plan_pruning,
};
use peerage_registry::moment::Moment;
use peerage_registry::{Actor, Cause, EventChange, LogEntry, LogHead, Snapshot};
use peerage_store::{Store, StoreError, StoreLocation};

use crate::accounts::{AccountRecords, RecordChange};
use crate::chance::{SystemRandom, now};
use crate::failure::usage;
use crate::operator::act::actor;
use crate::progress::ProgressLine;
use crate::server_key;
use crate::settings::Config;

/// Runs a command's asynchronous part. The store has its own threads, so one thread is enough here.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a thread")?.block_on(work)
}

/// Returns the location of the registry.
pub fn location(config: &Config) -> anyhow::Result<StoreLocation> {
    let location: StoreLocation = config.database.parse().map_err(|error| usage(format!("database: {error}")))?;
    Ok(location.with_deadline(Duration::from_millis(config.database_timeout_ms)))
}

/// Whether a registry may exist. A database server would have to be asked.
fn may_exist(location: &StoreLocation) -> bool {
    location.path().is_none_or(std::path::Path::exists)
}

/// Whether a registry may be created although its server key exists and its database does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCreation {
    /// Only if nothing indicates that there was one.
    Unless,
    /// The operator has requested it.
    Anyway,
}

/// Opens the registry, and creates it if there is none.
///
/// # Errors
/// The server key exists but the database does not. Then it was removed, or the path is wrong, and an empty registry in
/// its place would look as if everything was lost.
pub async fn open(location: &StoreLocation, making: KeyCreation, chance: &mut SystemRandom) -> anyhow::Result<Store> {
    if let Some(database) = location.path().filter(|_| making == KeyCreation::Unless) {
        let key = server_key::beside(database);
        let is_missing = std::fs::metadata(database).map_or(true, |found| found.is_file() && found.len() == 0);
        if is_missing && key.exists() {
            return Err(usage(format!(
                "{} is missing or empty, but its server key {} exists. The database was removed, or the path is wrong. \
                 Restore the database or a backup. To create a new registry with this key, run \
                 `peerage serve --new-registry`, or move the key away",
                database.display(),
                key.display()
            )));
        }
    }
    Ok(Store::open(location, &chance.id()).await?)
}

/// Opens a registry that has to exist.
pub async fn open_existing(location: &StoreLocation, chance: &mut SystemRandom) -> anyhow::Result<Store> {
    anyhow::ensure!(may_exist(location), "{location}: there is no registry here");
    open(location, KeyCreation::Unless, chance).await
}

/// Loads all rows, and all records of people, keys and permissions.
pub async fn load_all(store: &Store, progress: &Arc<ProgressLine>) -> Result<(Snapshot, People), StoreError> {
    progress.stage("loading the registry");
    peerage_engine::load_readable(store, counter(progress)).await
}

/// Loads everything that can be read, with the faults of everything else.
pub async fn load_with_faults(store: &Store, progress: &Arc<ProgressLine>) -> Result<LoadedState, StoreError> {
    progress.stage("loading the registry");
    peerage_engine::load_with_faults(store, counter(progress)).await
}

/// Shows the number of rows that were loaded.
fn counter(progress: &Arc<ProgressLine>) -> impl Fn(u64) + Clone + Send + 'static {
    let progress = Arc::clone(progress);
    move |rows| progress.set_rows(rows)
}

/// Loads all rows.
pub async fn load(store: &Store, progress: &Arc<ProgressLine>) -> Result<Snapshot, StoreError> {
    Ok(load_all(store, progress).await?.0)
}

/// Loads the registry. If there is none, returns an empty one without creating it.
pub async fn load_or_empty(location: &StoreLocation, progress: &Arc<ProgressLine>) -> anyhow::Result<Snapshot> {
    if !may_exist(location) {
        return Ok(Snapshot::default());
    }
    let store = open(location, KeyCreation::Unless, &mut SystemRandom::new()?).await?;
    Ok(load(&store, progress).await?)
}

/// A requested import.
pub struct ImportRequest {
    pub batch: Arc<DumpBatch>,
    pub mode: ImportMode,
    /// Refuse the whole import if any row is refused.
    pub strict: bool,
    /// Refuse the whole import if anything was ever written to the registry.
    pub only_into_empty: bool,
    /// Refuse rows that the write API would refuse.
    pub obeys_rules: bool,
    /// Delete rows that the documents do not contain.
    pub prunes: Option<PruneOptions>,
    /// People and keys to import.
    pub accounts: Option<Arc<AccountRecords>>,
    /// The command that requests it, for the log.
    pub command: &'static str,
    /// The time of its events, if not now.
    pub at: Option<Moment>,
}

/// How rows that a full dump does not contain are deleted.
#[derive(Debug, Clone, Copy, Default)]
pub struct PruneOptions {
    /// The number of rows that may be deleted, if they are more than usual.
    pub confirmed: Option<usize>,
}

/// The result of an import.
pub struct ImportResult {
    pub report: ImportReport,
    /// The head of the log after it.
    pub head: LogHead,
    /// Whether the registry now matches the report.
    pub applied: bool,
    /// Why nothing was pruned. Then nothing was imported either.
    pub not_pruned: Option<NotPruned>,
}

/// Plans an import at a state.
fn planned(
    snapshot: &Snapshot,
    batch: &DumpBatch,
    mode: ImportMode,
    obeys_rules: bool,
    prunes: Option<PruneOptions>,
    now: Moment,
) -> (ImportPlan, Option<NotPruned>) {
    let planned = match prunes {
        None => Ok(plan(snapshot, batch, mode)),
        Some(input) => plan_pruning(snapshot, batch, input.confirmed, now),
    };
    match planned {
        Err((report, why)) => (ImportPlan { report, ..ImportPlan::default() }, Some(why)),
        Ok(mut plan) => {
            if obeys_rules {
                obey(snapshot, batch, &mut plan, now);
            }
            (plan, None)
        }
    }
}

/// Compares an import with the registry and changes nothing.
pub fn try_import(import: &ImportRequest, snapshot: &Snapshot) -> ImportResult {
    let (plan, not_pruned) = planned(snapshot, &import.batch, import.mode, import.obeys_rules, import.prunes, now());
    ImportResult { report: plan.report, head: snapshot.head(), applied: false, not_pruned }
}

/// Makes an import, in one transaction.
pub async fn import(
    store: &Store,
    import: &ImportRequest,
    progress: &Arc<ProgressLine>,
) -> anyhow::Result<ImportResult> {
    let actor = Actor { cause: Some(Cause::Imported), ..actor(import.command)? };
    let pruner: Arc<str> = serde_json::to_string(&Actor { cause: Some(Cause::Pruned), ..actor.clone() })?.into();
    let actor: Arc<str> = serde_json::to_string(&actor)?.into();
    // Report an unreadable random source before anything begins.
    SystemRandom::new()?;
    progress.stage("loading the registry");
    let committed = commit_bulk(store, counter(progress), || ImportChange {
        batch: Arc::clone(&import.batch),
        mode: import.mode,
        strict: import.strict,
        only_into_empty: import.only_into_empty,
        at: import.at.unwrap_or_else(|| store.database_time().unwrap_or_else(now)),
        is_dated: import.at.is_some(),
        actor: Arc::clone(&actor),
        pruner: Arc::clone(&pruner),
        progress: Arc::clone(progress),
        plan: ImportPlan::default(),
        obeys_rules: import.obeys_rules,
        prunes: import.prunes,
        accounts: import.accounts.clone(),
        records: Vec::new(),
    });
    match committed.await {
        Ok((change, head)) => Ok(ImportResult { report: change.plan.report, head, applied: true, not_pruned: None }),
        Err(BulkRejected::Refused { refusal, head }) => {
            let (report, not_pruned) = match refusal {
                ImportRefusal::Rows(report) => (report, None),
                ImportRefusal::NotPruned(report, why) => (report, Some(why)),
            };
            Ok(ImportResult { report: *report, head, applied: false, not_pruned })
        }
        // The text says that it is unknown whether the change was made.
        Err(BulkRejected::Store(error @ StoreError::Unknown(_))) => Err(error.into()),
        Err(BulkRejected::Store(error)) => Err(anyhow::Error::new(error).context("nothing was changed")),
        Err(BulkRejected::Busy) => {
            anyhow::bail!("other processes write to the registry without a pause; nothing was changed")
        }
    }
}

/// Why an import is not carried out.
enum ImportRefusal {
    /// Rows are refused.
    Rows(Box<ImportReport>),
    /// Too many rows would be pruned, or it is not clear which.
    NotPruned(Box<ImportReport>, NotPruned),
}

/// Plans an import at the head of the log.
struct ImportChange {
    batch: Arc<DumpBatch>,
    mode: ImportMode,
    strict: bool,
    only_into_empty: bool,
    at: Moment,
    /// Whether the time was requested.
    is_dated: bool,
    actor: Arc<str>,
    /// The actor for rows that are pruned.
    pruner: Arc<str>,
    progress: Arc<ProgressLine>,
    plan: ImportPlan,
    obeys_rules: bool,
    prunes: Option<PruneOptions>,
    accounts: Option<Arc<AccountRecords>>,
    records: Vec<RecordChange>,
}

impl BulkChange for ImportChange {
    type Refusal = ImportRefusal;

    fn plan(&mut self, head: LogHead, registry: &Snapshot, people: &People) -> Result<(), ImportRefusal> {
        if self.only_into_empty && head != LogHead::EMPTY {
            return Err(ImportRefusal::Rows(Box::default()));
        }
        if !self.is_dated {
            self.at = registry.stamp(self.at);
        }
        self.progress.stage("comparing");
        let not_pruned;
        (self.plan, not_pruned) = planned(registry, &self.batch, self.mode, self.obeys_rules, self.prunes, self.at);
        if let Some(why) = not_pruned {
            return Err(ImportRefusal::NotPruned(Box::new(std::mem::take(&mut self.plan.report)), why));
        }
        if self.strict && self.plan.report.total().refused > 0 {
            return Err(ImportRefusal::Rows(Box::new(std::mem::take(&mut self.plan.report))));
        }
        if let Some(accounts) = &self.accounts {
            self.records = accounts.changes(people, self.mode == ImportMode::Replace);
        }
        let count = (self.plan.changes.len() + self.records.len()) as u64;
        self.progress.stage_of(format!("writing {} changes", crate::progress::grouped(count)), count);
        Ok(())
    }

    fn entries(&mut self) -> Box<dyn Iterator<Item = LogEntry> + '_> {
        let progress = &self.progress;
        let (at, actor) = (self.at, Arc::clone(&self.actor));
        let mut own_chance = SystemRandom::new().expect("a random source that worked keeps working");
        let records = self.records.iter().map(move |change| LogEntry {
            at,
            actor: Arc::clone(&actor),
            action: change.action,
            id: change.id,
            change: EventChange::Record {
                record: change.record,
                before: change.before.clone(),
                after: change.after.clone(),
            },
            org: change.org,
            salt: own_chance.salt(),
        });
        let mut chance = SystemRandom::new().expect("a random source that worked keeps working");
        let (by, pruner) = (&self.actor, &self.pruner);
        let actor = move |change: &dump::PlannedChange| Arc::clone(if change.is_pruned { pruner } else { by });
        let entries = self.plan.entries(self.at, actor, move || chance.salt()).chain(records);
        Box::new(entries.zip(1..).map(|(entry, rows)| {
            progress.set_rows(rows);
            entry
        }))
    }
}
