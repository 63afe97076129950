//! `peerage audit verify`: verifies the chain of the log, the rows against the log, and an earlier checkpoint.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::failure::FOUND;
use crate::operator::act::{OutputArgs, open_store};
use crate::operator::audit::checkpoint::CheckpointFile;
use crate::operator::table;
use crate::progress::grouped;
use crate::store::block_on;

/// The maximum number of findings that are printed.
const SHOWN_MAX: usize = 50;

#[derive(Debug, Args)]
pub struct VerifyLog {
    /// Checkpoint file. Verify that no event before the checkpoint has been rewritten.
    #[arg(long, value_name = "FILE")]
    from_checkpoint: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

impl VerifyLog {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let checkpoint = self.from_checkpoint.as_deref().map(CheckpointFile::read).transpose()?;
        let (head, findings) = block_on(async {
            let (store, _, _, progress) = open_store(&self.output.common).await?;
            let counted = || {
                let progress = Arc::clone(&progress);
                move |count| progress.set_rows(count)
            };
            progress.stage("log");
            let chain = store.verify_chain(counted()).await?;
            progress.stage("rows");
            let rows = store.verify_rows(counted()).await?;
            let mut findings: Vec<String> = chain.iter().chain(&rows).map(ToString::to_string).collect();
            if let Some(checkpoint) = &checkpoint {
                findings.extend(checkpoint.compare(&store).await?);
            }
            progress.end();
            Ok((store.head().await?, findings))
        })?;
        let holds = findings.is_empty();
        if self.output.json {
            let hash = peerage_registry::event::hex(&head.hash);
            let from = checkpoint.as_ref().map(|checkpoint| checkpoint.sequence);
            table::value(&json!({
                "holds": holds,
                "head": head.sequence,
                "hash": hash,
                "checkpoint": from,
                "findings": findings,
            }))?;
        } else if holds {
            let events = grouped(head.sequence);
            let since = checkpoint.as_ref().map_or_else(String::new, |checkpoint| {
                let (at, time) = (grouped(checkpoint.sequence), table::plain(&checkpoint.time));
                format!("; none of the first {at} events was changed since {time}")
            });
            table::text(&format!(
                "the audit log is valid: {events} events in one chain, and every row matches{since}\n"
            ))?;
        } else {
            for finding in findings.iter().take(SHOWN_MAX) {
                table::text(&format!("- {}\n", table::plain(finding)))?;
            }
            let more = findings.len().saturating_sub(SHOWN_MAX);
            if more > 0 {
                table::text(&format!("- … and {} more; --json lists all\n", grouped(more as u64)))?;
            }
            table::text("\nthe audit log is NOT valid\n")?;
        }
        Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
    }
}
