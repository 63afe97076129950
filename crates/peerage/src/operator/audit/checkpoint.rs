//! `peerage audit checkpoint`: records where the log ends. The hash covers every event up to there, so anyone who keeps
//! the file can detect later whether an event was rewritten.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use peerage_registry::event::hex;
use peerage_registry::moment::print_seconds;
use peerage_store::Store;
use serde::{Deserialize, Serialize};

use crate::chance::now;
use crate::export::{OutputFormat, write_file};
use crate::failure::usage;
use crate::operator::act::open_store;
use crate::operator::table;
use crate::progress::grouped;
use crate::settings::flags::CommonFlags;
use crate::store::block_on;

#[derive(Debug, Args)]
pub struct MakeCheckpoint {
    /// Output file; - is standard output. Store it, perhaps signed, where operators of the registry cannot change
    /// it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: CommonFlags,
}

/// The file: one JSON object.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckpointFile {
    /// The ID of the registry.
    pub registry: String,
    pub sequence: u64,
    /// The hash of that event, in hexadecimal. Zeros before the first event.
    pub hash: String,
    pub time: String,
}

impl MakeCheckpoint {
    pub fn run(self) -> anyhow::Result<()> {
        let checkpoint = block_on(async {
            let (store, _, _, progress) = open_store(&self.common).await?;
            progress.end();
            let head = store.head().await?;
            let (registry, hash) = (store.id().to_owned(), hex(&head.hash));
            Ok(CheckpointFile { registry, sequence: head.sequence, hash, time: print_seconds(now()) })
        })?;
        let text = serde_json::to_string(&checkpoint)?;
        if self.file.as_os_str() == "-" {
            return table::text(&format!("{text}\n"));
        }
        write_file(&self.file, OutputFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        let at = grouped(checkpoint.sequence);
        table::text(&format!("wrote {}: the log ends with event {at}\n", self.file.display()))
    }
}

impl CheckpointFile {
    pub fn read(path: &Path) -> anyhow::Result<CheckpointFile> {
        let named = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| usage(format!("{}: {error}", named())))?;
        let checkpoint: CheckpointFile =
            serde_json::from_str(&text).map_err(|error| usage(format!("{}: not a checkpoint: {error}", named())))?;
        let is_hash = checkpoint.hash.len() == 64 && checkpoint.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash { Ok(checkpoint) } else { Err(usage(format!("{}: hash: expected 64 digits", named()))) }
    }

    /// Returns how the log differs from the checkpoint. An empty list means that the events up to there are the
    /// original ones, if the chain of the log is valid.
    pub async fn compare(&self, store: &Store) -> anyhow::Result<Vec<String>> {
        let mut findings = Vec::new();
        if store.id() != self.registry {
            let (id, other) = (store.id(), &self.registry);
            findings.push(format!("checkpoint: it belongs to registry {other}, but this is registry {id}"));
        }
        let there = store.event_at(self.sequence).await.context("the event of the checkpoint")?;
        match there {
            None => findings.push(format!("checkpoint: event {} is missing from the log", self.sequence)),
            Some(event) if hex(&event.hash).eq_ignore_ascii_case(&self.hash) => {}
            Some(_) => findings.push(format!(
                "checkpoint: event {} has another hash: the history up to it was rewritten after {}",
                self.sequence,
                table::plain(&self.time)
            )),
        }
        Ok(findings)
    }
}
