//! `peerage doctor --repair`: makes rows and records again from the log.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use anyhow::Context;
use peerage_registry::LogHead;
use peerage_registry::moment::Moment;
use peerage_store::{LogFinding, RepairCounts, Store, objects_to_repair};

use super::SHOWN_MAX;
use crate::chance::now;
use crate::failure::usage;
use crate::progress::{ProgressLine, grouped};

/// How many times rows are repaired: a report is bounded, so many differences need several.
const ROUNDS_MAX: usize = 1_000;

/// Checks the log, says what differs from it, asks, and makes it again from the log. Returns whether anything was changed.
///
/// # Errors
/// The log is damaged, a server is running, or the operator does not agree. Nothing was changed then.
pub async fn repair(store: &Store, is_agreed: bool, progress: &Arc<ProgressLine>) -> anyhow::Result<bool> {
    let counted = || {
        let progress = Arc::clone(progress);
        move |count| progress.set_rows(count)
    };
    progress.stage("log");
    let head = sound_log(store, counted()).await?;
    progress.stage("rows");
    let mut findings = store.verify_rows(counted()).await.context("the check of the rows")?;
    progress.end();
    let objects = objects_to_repair(&findings);
    if objects.is_empty() {
        return Ok(false);
    }
    refuse_running(store).await.context("nothing was changed")?;
    announce(&findings, objects.len())?;
    if !is_agreed && !agrees()? {
        anyhow::bail!("nothing was changed");
    }
    let mut sum = RepairCounts::default();
    for _ in 0..ROUNDS_MAX {
        let so_far = match sum.written + sum.removed {
            0 => "nothing was changed".to_owned(),
            count => format!("{} were repaired before that; repair again", grouped(count)),
        };
        // Again, because the answer can have taken long.
        refuse_running(store).await.context(so_far.clone())?;
        let objects = objects_to_repair(&findings);
        let counts = store.repair(head, objects).await.context(so_far.clone())?;
        let counts = counts.with_context(|| format!("another process has written to the log meanwhile; {so_far}"))?;
        sum.written += counts.written;
        sum.removed += counts.removed;
        sum.unknown = counts.unknown;
        if !findings.contains(&LogFinding::More) || counts.written + counts.removed == 0 {
            break;
        }
        findings = store.verify_rows(counted()).await.context("the check of the rows")?;
        progress.end();
    }
    store.settle().await;
    let mut out = std::io::stderr().lock();
    writeln!(out, "{} made again from the log, {} removed", grouped(sum.written), grouped(sum.removed))?;
    if sum.unknown > 0 {
        let unknown = grouped(sum.unknown);
        writeln!(
            out,
            "{unknown} cannot be made again, because their values were erased from the log; restore a backup"
        )?;
    }
    Ok(true)
}

/// Checks the database and the log, and returns the end of the log.
async fn sound_log(store: &Store, counted: impl FnMut(u64) + Send + 'static) -> anyhow::Result<LogHead> {
    let head = store.head().await?;
    let engine = store.check_engine().await.context("the check of the engine")?;
    let log = store.verify_chain(counted).await.context("the check of the log")?;
    // A row that violates a constraint may be one that differs from the log.
    let beyond_rows = engine.into_iter().filter(|finding| !matches!(finding, LogFinding::Constraint(_)));
    match beyond_rows.chain(log).next() {
        None => Ok(head),
        Some(finding) => anyhow::bail!(
            "the log or the database itself is damaged, so rows cannot be made again from it: {finding}. Nothing was changed. \
             Restore a backup"
        ),
    }
}

/// A running server would keep what it has read from the damaged tables, so all have to be stopped.
async fn refuse_running(store: &Store) -> anyhow::Result<()> {
    let now = store.database_time().unwrap_or_else(now);
    for name in peerage_server::LEASES {
        let held = store.value(name).await?;
        let until = held.as_deref().and_then(|held| held.split_once(' ')?.1.parse().ok()).map(Moment::from_seconds);
        if until.is_some_and(|until| until > now) {
            anyhow::bail!(
                "a server is running, or has run within the last minute. It would keep what it has read from the damaged \
                 tables. Stop all servers, wait a minute, and repair again"
            );
        }
    }
    Ok(())
}

fn announce(findings: &[LogFinding], count: usize) -> std::io::Result<()> {
    let mut out = std::io::stderr().lock();
    let more = if findings.contains(&LogFinding::More) { "at least " } else { "" };
    let what = if count == 1 { "row or record differs" } else { "rows and records differ" };
    writeln!(out, "{more}{} {what} from the log, and will be made again as the log says:", grouped(count as u64))?;
    for finding in findings.iter().take(SHOWN_MAX) {
        writeln!(out, "  - {finding}")?;
    }
    if findings.len() > SHOWN_MAX {
        writeln!(out, "  - … and more; `peerage doctor --json` lists all")?;
    }
    Ok(())
}

fn agrees() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(usage("--repair: pass --yes, or run the command on a terminal. Nothing was changed"));
    }
    write!(std::io::stderr(), "Repair? [y/N] ")?;
    std::io::stderr().flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
