//! `peerage doctor`: is what is kept what should be kept?

mod people;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use peerage_access::People;
use peerage_engine::LoadedState;
use peerage_registry::Snapshot;
use peerage_registry::dump::{clashes_within, dangling_within, same_stored};
use peerage_schema::Resource;
use peerage_store::{Finding, Loaded, Store};
use serde_json::json;

use crate::chance::Chance;
use crate::failure::FOUND;
use crate::progress::{Progress, grouped};
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};
use crate::store;

/// Findings of one check that are shown on the screen.
const SHOWN_MAX: usize = 20;
/// How often the rows are compared anew because somebody writes meanwhile.
const ATTEMPTS_MAX: u32 = 3;

const EXPLAINED: &str = "\
What is checked:
  engine       the database's own check of itself, and every statement of ours
  log          every event follows from the one before it, to the last byte
  rows         each row in the tables is what the log says of it
  snapshot     what the server would answer from is what the tables hold
  people       accounts, keys and rights can be read, and whom or what a key
               belongs to is there
  references   what a row points to is there
  unique       names, AS numbers, addresses and pairs that belong to one row only

Nothing is changed, and a server may run meanwhile.

Exit status: 0 healthy; 1 something was found, or the check could not be made.";

/// Check that the log, the rows and the answers made from them hold together.
#[derive(Debug, Args)]
#[command(after_help = EXPLAINED)]
pub struct DoctorArgs {
    /// Print the verdict as one JSON object, with all findings.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// One check and what it found.
struct Check {
    name: &'static str,
    /// What was looked at.
    scope: String,
    findings: Vec<String>,
}

impl DoctorArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &Serving::default())?;
        crate::logging::start(&config.log)?;
        let location = store::location(&config)?;
        let progress = Progress::new();
        let (checks, head) = store::block_on(async {
            let store = store::open_existing(&location, &mut Chance::new()?).await?;
            let checks = examine(&store, &progress).await?;
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
                tell(&mut out, check)?;
            }
            writeln!(
                out,
                "\n{}",
                if healthy { "healthy" } else { "NOT healthy: restore a backup, or ask for help with the lines above" }
            )?;
        }
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
    }
}

fn tell(out: &mut impl Write, check: &Check) -> std::io::Result<()> {
    let Check { name, scope, findings } = check;
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

async fn examine(store: &Store, progress: &Arc<Progress>) -> anyhow::Result<Vec<Check>> {
    let counted = || {
        let progress = Arc::clone(progress);
        move |count| progress.set_rows(count)
    };
    let texts = |findings: Vec<Finding>| findings.iter().map(ToString::to_string).collect::<Vec<_>>();
    let events = grouped(store.head().await?.sequence);

    progress.stage("engine");
    let engine = store.check_engine().await.context("the check of the engine")?;
    progress.stage("log");
    let log = store.verify_chain(counted()).await.context("the check of the log")?;
    progress.stage("rows");
    let rows = store.verify_rows(counted()).await.context("the check of the rows")?;
    let mut checks = vec![
        Check { name: "engine", scope: "the database and our statements".to_owned(), findings: texts(engine) },
        Check { name: "log", scope: format!("{events} events in one chain"), findings: texts(log) },
        Check { name: "rows", scope: "tables and log agree".to_owned(), findings: texts(rows) },
    ];

    let Compared { snapshot, people, differing, mut unreadable } = compare(store, progress).await?;
    progress.stage("constraints");
    let rows: usize = Resource::ALL.iter().map(|resource| snapshot.count(*resource)).sum();
    let scope = format!("{} rows in memory", grouped(rows as u64));
    checks.push(Check { name: "snapshot", scope, findings: differing });
    unreadable.extend(people::dangling(&people, &snapshot));
    let scope = format!("{} accounts, {} keys, and rights", count(people.users()), count(people.keys()));
    checks.push(Check { name: "people", scope, findings: unreadable });
    checks.push(references(&snapshot));
    checks.push(unique(&snapshot));
    Ok(checks)
}

fn count<T>(items: impl Iterator<Item = T>) -> String {
    grouped(items.count() as u64)
}

/// The registry in memory, and where it is not as in its tables.
struct Compared {
    snapshot: Snapshot,
    people: People,
    /// Rows.
    differing: Vec<String>,
    /// Records of people, keys and rights.
    unreadable: Vec<String>,
}

/// Loads the registry and compares it with the tables, row by row and record by record.
async fn compare(store: &Store, progress: &Arc<Progress>) -> anyhow::Result<Compared> {
    for _ in 0..ATTEMPTS_MAX {
        let LoadedState { snapshot, people, faults } = store::load_with_faults(store, progress).await?;
        let mut unreadable: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let snapshot = Arc::new(snapshot);
        progress.stage("snapshot");
        let (known, counted) = (Arc::clone(&snapshot), Arc::clone(progress));
        let records = people::Records::of(&people);
        let mut rows = 0;
        let (mut findings, head) = store
            .load_into((Vec::new(), records), move |(findings, records), loaded| {
                rows += 1;
                counted.set_rows(rows);
                match loaded {
                    Loaded::Row(resource, row) => {
                        let is_same =
                            known.row(resource, row.id()).is_some_and(|other| same_stored(resource, other, &row));
                        if !is_same {
                            findings.push(format!("{} {} is not in memory as in its table", resource.tag(), row.id()));
                        }
                    }
                    Loaded::Record(record, id, text) => records.compare(record, id, &text),
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
        return Ok(Compared { snapshot, people, differing: findings, unreadable });
    }
    anyhow::bail!("others write without a pause, so that memory and tables cannot be compared; try again later")
}

fn references(snapshot: &Snapshot) -> Check {
    let mut findings = Vec::new();
    for resource in Resource::ALL {
        for (id, field, target) in dangling_within(snapshot, resource) {
            findings.push(format!("{} {id}, {field}: there is no {target}", resource.tag()));
        }
    }
    Check { name: "references", scope: "every foreign key leads somewhere".to_owned(), findings }
}

fn unique(snapshot: &Snapshot) -> Check {
    let mut findings = Vec::new();
    for resource in Resource::ALL {
        let tag = resource.tag();
        for (rule, holder, id) in clashes_within(snapshot, resource) {
            findings.push(format!("{tag} {id} has the {rule} of {tag} {holder}"));
        }
    }
    Check { name: "unique", scope: "no two rows share what belongs to one".to_owned(), findings }
}
