//! Between the commands and the store: opening, loading, and imports as judges.

use std::sync::Arc;

use anyhow::Context;
use peerage_access::{People, Unreadable};
use peerage_registry::dump::{self, Batch, Mode, NotPruned, Plan, Report, obey, plan, plan_pruning};
use peerage_registry::{Actor, Cause, Change, Entry, Event, Head, Loader, Snapshot};
use peerage_server::follow;
use peerage_store::{AppendError, Judge, Loaded, Location, Pace, Store, StoreError};

use crate::accounts::{RecordChange, Records};
use crate::chance::{Chance, now};
use crate::failure::usage;
use crate::progress::Progress;
use crate::server_key;
use crate::settings::Config;

/// How often an import begins anew because others write meanwhile.
const ATTEMPTS_MAX: u32 = 5;

/// Runs a command's asynchronous part. The store has threads of its own, so one thread is enough here.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a thread")?.block_on(work)
}

/// Where the registry is kept.
pub fn location(config: &Config) -> anyhow::Result<Location> {
    config.database.parse().map_err(|error| usage(format!("database: {error}")))
}

/// Whether there may be a registry; a server has to be asked.
fn may_exist(location: &Location) -> bool {
    location.path().is_none_or(std::path::Path::exists)
}

/// Whether a registry may be made where its server key is found and it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// Only where nothing tells that there was one.
    Unless,
    /// The operator has said so.
    Anyway,
}

/// Opens the registry, made if there is none.
///
/// # Errors
/// The database is missing beside its server key: then it was removed, or is named wrongly, and an empty registry in its
/// place would look as if everything was lost.
pub async fn open(location: &Location, making: Making, chance: &mut Chance) -> anyhow::Result<Store> {
    if let Some(database) = location.path().filter(|_| making == Making::Unless) {
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

/// Opens a registry that has to be there.
pub async fn open_existing(location: &Location, chance: &mut Chance) -> anyhow::Result<Store> {
    anyhow::ensure!(may_exist(location), "{location}: there is no registry here");
    open(location, Making::Unless, chance).await
}

/// Rows and people on their way out of a store.
#[derive(Default)]
struct Loading {
    rows: Loader,
    people: People,
    faults: Vec<Unreadable>,
    count: u64,
}

/// Loads all rows, and all that is kept of people, keys and rights.
pub async fn load_all(store: &Store, progress: &Arc<Progress>) -> Result<(Snapshot, People), StoreError> {
    let (snapshot, people, faults) = load_with_faults(store, progress).await?;
    store.check_kinds().await?;
    match faults.into_iter().next() {
        Some(fault) => Err(follow::unreadable(store, fault).await),
        None => Ok((snapshot, people)),
    }
}

/// Loads as much as can be read, with what is wrong with the rest.
pub async fn load_with_faults(
    store: &Store,
    progress: &Arc<Progress>,
) -> Result<(Snapshot, People, Vec<Unreadable>), StoreError> {
    progress.stage("loading the registry");
    let counted = Arc::clone(progress);
    let (loading, head) = store
        .load_into(Loading::default(), move |loading: &mut Loading, item| match item {
            Loaded::Row(resource, row) => {
                loading.count += 1;
                counted.set_rows(loading.count);
                loading.rows.push(resource, row);
            }
            Loaded::Record(record, id, text) => {
                if let Err(error) = loading.people.put(record, id, Some(&text), 0) {
                    loading.faults.push(error);
                }
            }
        })
        .await?;
    Ok((loading.rows.finish(head), loading.people, loading.faults))
}

/// Loads all rows.
pub async fn load(store: &Store, progress: &Arc<Progress>) -> Result<Snapshot, StoreError> {
    Ok(load_all(store, progress).await?.0)
}

/// The registry as it is; an empty one if there is none, which is not made then.
pub async fn load_or_empty(location: &Location, progress: &Arc<Progress>) -> anyhow::Result<Snapshot> {
    if !may_exist(location) {
        return Ok(Snapshot::default());
    }
    let store = open(location, Making::Unless, &mut Chance::new()?).await?;
    Ok(load(&store, progress).await?)
}

/// An import that waits to be made.
pub struct Import {
    pub batch: Arc<Batch>,
    pub mode: Mode,
    /// Refuse the whole if any row is refused.
    pub strict: bool,
    /// Refuse the whole if anything was ever written to the registry.
    pub only_into_empty: bool,
    /// Refuse rows that the write API would refuse.
    pub obeys_rules: bool,
    /// Delete rows that the documents do not hold.
    pub prunes: Option<Prune>,
    /// People and keys that come along.
    pub accounts: Option<Arc<Records>>,
    /// Command that asks for it; stands in the log.
    pub command: &'static str,
}

/// How rows are pruned that a whole dump does not hold.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prune {
    /// How many rows may go, where that is more than usual.
    pub confirmed: Option<usize>,
}

/// What became of an import.
pub struct Imported {
    pub report: Report,
    /// The head of the log after it.
    pub head: Head,
    /// Whether the registry is now as the report says.
    pub applied: bool,
    /// Why nothing was pruned, and nothing else done.
    pub not_pruned: Option<NotPruned>,
}

/// What an import comes to, at a state.
fn planned(
    snapshot: &Snapshot,
    batch: &Batch,
    mode: Mode,
    obeys_rules: bool,
    prunes: Option<Prune>,
    now: i64,
) -> (Plan, Option<NotPruned>) {
    let planned = match prunes {
        None => Ok(plan(snapshot, batch, mode)),
        Some(wish) => plan_pruning(snapshot, batch, wish.confirmed, now),
    };
    match planned {
        Err((report, why)) => (Plan { report, ..Plan::default() }, Some(why)),
        Ok(mut plan) => {
            if obeys_rules {
                obey(snapshot, batch, &mut plan, now);
            }
            (plan, None)
        }
    }
}

/// Compares an import with the registry and changes nothing.
pub fn try_import(import: &Import, snapshot: &Snapshot) -> Imported {
    let (plan, not_pruned) = planned(snapshot, &import.batch, import.mode, import.obeys_rules, import.prunes, now());
    Imported { report: plan.report, head: snapshot.head(), applied: false, not_pruned }
}

/// Makes an import, in one transaction.
pub async fn import(store: &Store, import: &Import, progress: &Arc<Progress>) -> anyhow::Result<Imported> {
    let actor = Actor {
        name: "command line".to_owned(),
        agent: Some(format!("peerage/{} {}", env!("CARGO_PKG_VERSION"), import.command)),
        request: Some(Chance::new()?.id()),
        ..Actor::default()
    };
    let pruner: Arc<str> = serde_json::to_string(&Actor { cause: Some(Cause::Pruned), ..actor.clone() })?.into();
    let actor: Arc<str> = serde_json::to_string(&actor)?.into();
    for _ in 0..ATTEMPTS_MAX {
        let (known, people) = load_all(store, progress).await?;
        let head = known.head();
        let judge = ImportJudge {
            batch: Arc::clone(&import.batch),
            mode: import.mode,
            strict: import.strict,
            only_into_empty: import.only_into_empty,
            at: now(),
            actor: Arc::clone(&actor),
            pruner: Arc::clone(&pruner),
            chance: Chance::new()?,
            progress: Arc::clone(progress),
            plan: Plan::default(),
            obeys_rules: import.obeys_rules,
            prunes: import.prunes,
            accounts: import.accounts.clone(),
            records: Vec::new(),
            known,
            people,
        };
        match store.append(head, judge).await {
            Ok(appended) => {
                let report = appended.judge.plan.report;
                return Ok(Imported { report, head: appended.head, applied: true, not_pruned: None });
            }
            Err(AppendError::Refused(Refusal::Rows(report))) => {
                return Ok(Imported { report: *report, head, applied: false, not_pruned: None });
            }
            Err(AppendError::Refused(Refusal::NotPruned(report, why))) => {
                return Ok(Imported { report: *report, head, applied: false, not_pruned: Some(why) });
            }
            Err(AppendError::Refused(Refusal::Unreadable(fault))) => {
                let error = follow::unreadable(store, fault).await;
                return Err(anyhow::Error::new(error).context("nothing was changed"));
            }
            // Others have written more than can be followed: the rows are loaded anew.
            Err(AppendError::Store(StoreError::Reload(_))) => {}
            // Its words say that nobody knows whether it is done.
            Err(AppendError::Store(error @ StoreError::Unknown(_))) => return Err(error.into()),
            Err(AppendError::Store(error)) => return Err(anyhow::Error::new(error).context("nothing was changed")),
        }
    }
    anyhow::bail!("nothing was changed: other processes are writing to the registry all the time. Try again later")
}

/// Why an import is not made.
enum Refusal {
    /// Rows that are refused.
    Rows(Box<Report>),
    /// Rows that would be pruned are too many, or cannot be told.
    NotPruned(Box<Report>, NotPruned),
    /// Another process has written something that this program cannot read.
    Unreadable(Unreadable),
}

/// Plans an import at the head of the log.
struct ImportJudge {
    batch: Arc<Batch>,
    mode: Mode,
    strict: bool,
    only_into_empty: bool,
    at: i64,
    actor: Arc<str>,
    /// The same, for rows that are pruned.
    pruner: Arc<str>,
    chance: Chance,
    progress: Arc<Progress>,
    plan: Plan,
    obeys_rules: bool,
    prunes: Option<Prune>,
    accounts: Option<Arc<Records>>,
    records: Vec<RecordChange>,
    /// The registry when the import began.
    known: Snapshot,
    people: People,
}

impl Judge for ImportJudge {
    type Refusal = Refusal;

    fn pace(&self) -> Pace {
        Pace::Long
    }

    fn judge(&mut self, head: Head, missed: Vec<Event>) -> Result<Box<dyn Iterator<Item = Entry> + '_>, Refusal> {
        if self.only_into_empty && head != Head::EMPTY {
            return Err(Refusal::Rows(Box::default()));
        }
        let mut people = self.people.clone();
        people.apply(&missed).map_err(Refusal::Unreadable)?;
        self.progress.stage("comparing");
        let mut snapshot = self.known.clone();
        snapshot.apply(&missed);
        let not_pruned;
        (self.plan, not_pruned) = planned(&snapshot, &self.batch, self.mode, self.obeys_rules, self.prunes, self.at);
        if let Some(why) = not_pruned {
            return Err(Refusal::NotPruned(Box::new(std::mem::take(&mut self.plan.report)), why));
        }
        if self.strict && self.plan.report.total().refused > 0 {
            return Err(Refusal::Rows(Box::new(std::mem::take(&mut self.plan.report))));
        }
        self.progress.stage(format!("writing {} changes", crate::progress::grouped(self.plan.changes.len() as u64)));
        if let Some(accounts) = &self.accounts {
            self.records = accounts.changes(&people, self.mode == Mode::Replace);
        }
        let progress = &self.progress;
        let (at, actor) = (self.at, Arc::clone(&self.actor));
        let mut own_chance = Chance::new().expect("a random source that worked goes on working");
        let records = self.records.iter().map(move |change| Entry {
            at,
            actor: Arc::clone(&actor),
            action: change.action,
            id: change.id,
            change: Change::Record {
                record: change.record,
                before: change.before.clone(),
                after: change.after.clone(),
            },
            org: change.org,
            salt: own_chance.salt(),
        });
        let chance = &mut self.chance;
        let (by, pruner) = (&self.actor, &self.pruner);
        let actor = move |change: &dump::Change| Arc::clone(if change.is_pruned { pruner } else { by });
        let entries = self.plan.entries(self.at, actor, || chance.salt()).chain(records);
        Ok(Box::new(entries.zip(1..).map(|(entry, rows)| {
            progress.set_rows(rows);
            entry
        })))
    }
}
