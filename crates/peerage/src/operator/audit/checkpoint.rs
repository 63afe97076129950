//! `peerage audit checkpoint`: records where the log ends. The hash covers every event up to there, so anyone who keeps
//! the file can detect later whether an event was rewritten.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use data_encoding::HEXLOWER_PERMISSIVE;
use peerage_registry::LogHead;
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
            Ok(CheckpointFile::of(store.id(), store.head().await?))
        })?;
        if self.file.as_os_str() == "-" {
            return table::text(&format!("{}\n", serde_json::to_string(&checkpoint)?));
        }
        checkpoint.write(&self.file)?;
        let at = grouped(checkpoint.sequence);
        table::text(&format!("wrote {}: the log ends with event {at}\n", self.file.display()))
    }
}

impl CheckpointFile {
    /// The checkpoint of this head, made now.
    pub fn of(registry: &str, head: LogHead) -> CheckpointFile {
        let (registry, hash) = (registry.to_owned(), hex(&head.hash));
        CheckpointFile { registry, sequence: head.sequence, hash, time: print_seconds(now()) }
    }

    /// Writes the file, or replaces it.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string(self)?;
        write_file(path, OutputFormat::Json, |out| Ok(writeln!(out, "{text}")?))
    }

    /// Whether a file begins like one.
    pub fn is_one(path: &Path) -> bool {
        let mut first = [0];
        File::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok()) && first == *b"{"
    }

    /// The position.
    ///
    /// # Errors
    /// A usage error that names `path`: the hash is not one.
    pub fn head(&self, path: &Path) -> anyhow::Result<LogHead> {
        let bytes = HEXLOWER_PERMISSIVE.decode(self.hash.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        let hash = bytes.ok_or_else(|| usage(format!("{}: hash: expected 64 digits", path.display())))?;
        Ok(LogHead { sequence: self.sequence, hash })
    }

    pub fn read(path: &Path) -> anyhow::Result<CheckpointFile> {
        let named = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| usage(format!("{}: {error}", named())))?;
        let checkpoint: CheckpointFile =
            serde_json::from_str(&text).map_err(|error| usage(format!("{}: not a checkpoint: {error}", named())))?;
        checkpoint.head(path)?;
        Ok(checkpoint)
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
