//! `peerage doctor`: checks the registry for inconsistencies.

mod against;
mod people;
mod repair;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use peerage_access::People;
use peerage_engine::LoadedState;
use peerage_registry::Snapshot;
use peerage_registry::dump::{clashes_within, dangling_within, same_stored};
use peerage_registry::moment::print_seconds;
use peerage_registry::snapshot::AHEAD_MAX;
use peerage_schema::Resource;
use peerage_store::{AuditQuery, FoundLayout, LoadedItem, LogFinding, Store};
use serde_json::json;

use crate::chance::{SystemRandom, now};
use crate::failure::{FOUND, usage};
use crate::progress::{ProgressLine, grouped};
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::store;

/// Maximum number of findings shown for each check.
const SHOWN_MAX: usize = 20;
/// How often the comparison is retried when others write at the same time.
const ATTEMPTS_MAX: u32 = 3;

const EXPLAINED: &str = "\
What is checked:
  engine       the database's own integrity check, and all our SQL statements
  log          the hash chain of events
  rows         each row in the tables matches the log
  snapshot     the data in memory matches the tables
  people       accounts, keys and permissions can be read, and their owners exist
  references   every object that a row refers to exists
  unique       names, AS numbers, addresses and pairs that must be unique
  against      with --against: both databases have the same events, rows, people,
               keys, permissions, usage of keys and shared values

Without --repair, the command changes nothing, and you can run it while a
server is running. --repair makes rows, people, keys and permissions that
differ from the log again from the log, and then checks everything. Up to
10,000 differences are one transaction. It is refused while a server is running, and if the log itself is
damaged: restore a backup then.

Exit status: 0 healthy; 1 problems were found, or the check failed.";

/// Check the registry for inconsistencies.
#[derive(Debug, Args)]
#[command(after_help = EXPLAINED)]
pub struct DoctorArgs {
    /// Print the result as one JSON object, with all findings.
    #[arg(long)]
    json: bool,
    /// Also compare everything with another database: the path of a file, or postgres://…. Nothing should be written to
    /// either meanwhile. For example after a restore, or a move between SQLite and PostgreSQL.
    #[arg(long, value_name = "DATABASE", conflicts_with = "repair")]
    against: Option<String>,
    /// Make rows and records that differ from the log again from the log, after asking.
    #[arg(long)]
    repair: bool,
    /// With --repair: do not ask.
    #[arg(long, requires = "repair")]
    yes: bool,
    #[command(flatten)]
    common: CommonFlags,
}

/// One check and its findings.
struct DoctorCheck {
    name: &'static str,
    /// What was checked.
    scope: String,
    findings: Vec<String>,
}

impl DoctorArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &ServerFlags::default())?;
        crate::logging::start(&config.log)?;
        let location = store::location(&config)?;
        let progress = ProgressLine::new();
        let (checks, head) = store::block_on(async {
            let store = store::open_existing(&location, &mut SystemRandom::new()?).await?;
            if self.repair && !repair::repair(&store, self.yes, &progress).await? {
                writeln!(std::io::stderr(), "nothing differs from the log, so nothing was repaired")?;
            }
            let is_outdated = matches!(Store::layout(&location).await?, FoundLayout::Readable(_));
            let mut checks = examine(&store, is_outdated, &progress).await?;
            if let Some(other) = &self.against {
                let other = other.parse().map_err(|error| usage(format!("--against: {error}")))?;
                let other = store::open_existing(&other, &mut SystemRandom::new()?).await?;
                checks.push(against::against(&store, &other, &progress).await?);
            }
            Ok((checks, store.head().await?))
        })?;
        progress.end();
        let healthy = checks.iter().all(|check| check.findings.is_empty());
        let mut out = std::io::stdout().lock();
        if self.json {
            let checks: Vec<_> = checks
                .iter()
                .map(|check| json!({ "check": check.name, "scope": check.scope, "findings": check.findings }))
                .collect();
            writeln!(out, "{}", json!({ "healthy": healthy, "head": head.sequence, "checks": checks }))?;
        } else {
            writeln!(out, "{location}, log position {}\n", grouped(head.sequence))?;
            for check in &checks {
                print_check(&mut out, check)?;
            }
            writeln!(
                out,
                "\n{}",
                if healthy {
                    "healthy"
                } else {
                    "NOT healthy: restore a backup, or ask for help and include the lines above. What differs between rows and \
                     log can be repaired: `peerage doctor --repair`"
                }
            )?;
        }
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
    }
}

fn print_check(out: &mut impl Write, check: &DoctorCheck) -> std::io::Result<()> {
    let DoctorCheck { name, scope, findings } = check;
    if findings.is_empty() {
        return writeln!(out, "{name:<11} ok: {scope}");
    }
    writeln!(out, "{name:<11} {} findings: {scope}", grouped(findings.len() as u64))?;
    for finding in findings.iter().take(SHOWN_MAX) {
        writeln!(out, "            - {finding}")?;
    }
    let more = findings.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        writeln!(out, "            - … and {} more; --json lists all", grouped(more as u64))?;
    }
    Ok(())
}

async fn examine(store: &Store, is_outdated: bool, progress: &Arc<ProgressLine>) -> anyhow::Result<Vec<DoctorCheck>> {
    let counted = || {
        let progress = Arc::clone(progress);
        move |count| progress.set_rows(count)
    };
    let texts = |findings: Vec<LogFinding>| findings.iter().map(ToString::to_string).collect::<Vec<_>>();
    let events = grouped(store.head().await?.sequence);

    progress.stage("engine");
    let engine = store.check_engine().await.context("the check of the engine")?;
    progress.stage("log");
    let mut log = texts(store.verify_chain(counted()).await.context("the check of the log")?);
    log.extend(future(store).await?);
    progress.stage("rows");
    let rows = store.verify_rows(counted()).await.context("the check of the rows")?;
    let mut checks = vec![
        DoctorCheck { name: "engine", scope: "database and SQL statements".to_owned(), findings: texts(engine) },
        DoctorCheck { name: "log", scope: format!("{events} events in one chain"), findings: log },
        DoctorCheck { name: "rows", scope: "tables and log agree".to_owned(), findings: texts(rows) },
    ];

    let ComparedRegistry { snapshot, people, differing, mut unreadable } =
        compare(store, is_outdated, progress).await?;
    progress.stage("constraints");
    let rows: usize = Resource::ALL.iter().map(|resource| snapshot.count(*resource)).sum();
    let scope = format!("{} rows in memory", grouped(rows as u64));
    checks.push(DoctorCheck { name: "snapshot", scope, findings: differing });
    unreadable.extend(people::dangling(&people, &snapshot));
    let scope = format!("{} accounts, {} keys, and permissions", count(people.users()), count(people.keys()));
    checks.push(DoctorCheck { name: "people", scope, findings: unreadable });
    checks.push(references(&snapshot));
    checks.push(unique(&snapshot));
    Ok(checks)
}

/// Names the newest event if it is from the future: times never go back in the log, so no other is later.
async fn future(store: &Store) -> anyhow::Result<Option<String>> {
    let query = AuditQuery { newest_first: true, limit: 1, ..AuditQuery::default() };
    let newest = store.audit_log(&query).await.ok().and_then(|events| events.into_iter().next());
    let now = store.database_time().unwrap_or_else(now);
    Ok(newest.filter(|event| event.at - now > AHEAD_MAX).map(|event| {
        let (sequence, at) = (event.sequence, print_seconds(event.at));
        format!("log: event {sequence} has the time {at}, which is in the future; all later changes get times after it")
    }))
}

fn count<T>(items: impl Iterator<Item = T>) -> String {
    grouped(items.count() as u64)
}

/// The registry in memory, and where it differs from its tables.
struct ComparedRegistry {
    snapshot: Snapshot,
    people: People,
    /// Rows that differ from their tables.
    differing: Vec<String>,
    /// Records of people, keys and permissions that cannot be read.
    unreadable: Vec<String>,
}

/// Loads the registry and compares it with the tables, row by row and record by record.
async fn compare(store: &Store, is_outdated: bool, progress: &Arc<ProgressLine>) -> anyhow::Result<ComparedRegistry> {
    for _ in 0..ATTEMPTS_MAX {
        let LoadedState { snapshot, people, faults } = store::load_with_faults(store, progress).await?;
        let mut unreadable: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let snapshot = Arc::new(snapshot);
        progress.stage("snapshot");
        let (known, counted) = (Arc::clone(&snapshot), Arc::clone(progress));
        let records = people::MemoryRecords::of(&people, is_outdated);
        let mut rows = 0;
        let (mut findings, head) = store
            .load_into((Vec::new(), records), move |(findings, records), loaded| {
                rows += 1;
                counted.set_rows(rows);
                match loaded {
                    LoadedItem::Row(resource, row) => {
                        let is_same =
                            known.row(resource, row.id()).is_some_and(|other| same_stored(resource, other, &row));
                        if !is_same {
                            findings.push(format!("{} {} differs between memory and table", resource.tag(), row.id()));
                        }
                    }
                    LoadedItem::Record(record, id, text) => records.compare(record, id, &text),
                }
            })
            .await
            .map(|((findings, records), head)| {
                unreadable.extend(records.into_findings());
                (findings, head)
            })?;
        if head != snapshot.head() {
            continue;
        }
        let snapshot = Arc::into_inner(snapshot).context("the comparison has ended")?;
        for resource in Resource::ALL {
            let rows = || snapshot.rows(resource);
            let live = rows().filter(|row| snapshot.is_live(resource, row)).count();
            if rows().count() != snapshot.count(resource) || live != snapshot.count_live(resource) {
                findings.push(format!("{}: the number of rows in memory is wrong", resource.tag()));
            }
        }
        return Ok(ComparedRegistry { snapshot, people, differing: findings, unreadable });
    }
    anyhow::bail!(
        "memory and tables cannot be compared, because other processes are writing all the time. Try again later"
    )
}

fn references(snapshot: &Snapshot) -> DoctorCheck {
    let mut findings = Vec::new();
    for resource in Resource::ALL {
        for (id, field, target) in dangling_within(snapshot, resource) {
            findings.push(format!("{} {id}, {field}: there is no {target}", resource.tag()));
        }
    }
    DoctorCheck { name: "references", scope: "every referenced object exists".to_owned(), findings }
}

fn unique(snapshot: &Snapshot) -> DoctorCheck {
    let mut findings = Vec::new();
    for resource in Resource::ALL {
        let tag = resource.tag();
        for (rule, holder, id) in clashes_within(snapshot, resource) {
            findings.push(format!("{tag} {id} has the {rule} of {tag} {holder}"));
        }
    }
    DoctorCheck { name: "unique", scope: "unique values occur only once".to_owned(), findings }
}
