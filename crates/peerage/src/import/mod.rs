//! `peerage import`: imports files into the registry as one change.

mod source;
mod summary;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use peerage_registry::dump::{DumpBatch, DumpReader, ImportMode, ImportReport, depth_of_file};
use peerage_schema::Resource;
use peerage_store::StoreLocation;

use crate::chance::SystemRandom;
use crate::export::{OutputFormat, write_file};
use crate::failure::{FOUND, usage};
use crate::progress::ProgressLine;
use crate::schema::kind;
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::store::{self, ImportRequest, ImportResult, PruneOptions};
use crate::{accounts, server_key};

use source::ImportSource;

const EXAMPLES: &str = "\
Examples:
  peerage import dump/                   a folder with org.json, net.json.gz …
  peerage import peeringdb.json.zst      one file: {\"org\": {\"data\": [ … ]}, …}
  curl -s https://dump.example/all.json | peerage import -
  peerage import dump/ --dry-run --report report.jsonl
  peerage import dump/ --prune           also delete rows that the dump lacks

A row is identified by its kind and ID, and is added or updated. Rows that are
not in the files stay as they are, unless --prune deletes them. Values that a
listing cannot show (fractions of seconds, hidden fields) stay, too. Invalid rows
are reported and skipped. A running server shows the change within a second.

Exit status: 0 success; 1 the import failed, or there were invalid rows and
--strict was given, and nothing was changed; 2 invalid arguments.";

/// Import rows from files, as one change that succeeds or fails as a whole.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Files and folders, plain or compressed with gzip or zstd. - is standard input.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
    /// Kind of the rows (org, net, fac …), if neither the file name nor the content tells it.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Resource>,
    /// Change nothing if any row is invalid.
    #[arg(long)]
    strict: bool,
    /// Apply all rules of the write API, for example to move your own registry. Do not use this for a mirror: older rows
    /// may break newer rules.
    #[arg(long)]
    rules: bool,
    /// Show what would change without changing anything.
    #[arg(long)]
    dry_run: bool,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
    /// Write all warnings and errors to this file, one JSON object per line.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Delete rows that are not in the files, for a mirror that imports full dumps. The files must hold every kind, at
    /// depth 0. Refused if this would delete more than a tenth of a kind, unless --prune-confirm gives the number.
    #[arg(long, conflicts_with = "reset")]
    prune: bool,
    /// Confirm that --prune deletes this many rows.
    #[arg(long, value_name = "ROWS", requires = "prune")]
    prune_confirm: Option<usize>,
    /// Replace the registry with the files: all other rows are erased permanently. Meant for tests.
    #[arg(long, requires = "yes_erase_everything")]
    reset: bool,
    /// Import people and keys for a test registry, with plain passwords and key strings. With --reset, all others are
    /// erased.
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Confirm --reset.
    #[arg(long)]
    yes_erase_everything: bool,
    #[command(flatten)]
    common: CommonFlags,
}

impl ImportArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let began = Instant::now();
        let config = Config::resolve(&self.common, &ServerFlags::default())?;
        crate::logging::start(&config.log)?;
        let sources = source::find(&self.files, self.kind)?;
        if let Some(deep) = sources.iter().find(|source| self.prune && depth_of_file(&source.name).unwrap_or(0) > 0) {
            return Err(usage(format!("{}: --prune needs lists of depth 0, such as net-0.json", deep.name)));
        }
        if sources.iter().filter(|source| source.is_stdin()).count() > 1 {
            return Err(usage("standard input can only be read once"));
        }
        let location = store::location(&config)?;
        let progress = ProgressLine::new();
        let batch = Arc::new(read(&sources, &progress)?);
        let mode = if self.reset { ImportMode::Replace } else { ImportMode::Merge };
        let accounts = self.accounts.as_deref().map(accounts::read).transpose()?;
        let mut import = ImportRequest {
            batch,
            mode,
            strict: self.strict,
            only_into_empty: false,
            obeys_rules: self.rules,
            prunes: self.prune.then_some(PruneOptions { confirmed: self.prune_confirm }),
            accounts: None,
            command: "import",
            at: None,
        };
        let imported = store::block_on(async {
            if self.dry_run {
                return Ok(store::try_import(&import, &store::load_or_empty(&location, &progress).await?));
            }
            let store = store::open(&location, store::KeyCreation::Unless, &mut SystemRandom::new()?).await?;
            if let Some(accounts) = accounts {
                let server_key = server_key::load(&config, &location, &store).await?;
                import.accounts = Some(Arc::new(accounts.into_records(&server_key, &mut SystemRandom::new()?)?));
            }
            let imported = store::import(&store, &import, &progress).await?;
            progress.stage("settling");
            store.settle().await;
            Ok(imported)
        })?;
        progress.end();
        self.print_result(&location, &imported, &import.batch, began.elapsed().as_secs_f64())
    }

    fn print_result(
        &self,
        place: &StoreLocation,
        imported: &ImportResult,
        batch: &DumpBatch,
        seconds: f64,
    ) -> anyhow::Result<ExitCode> {
        let ImportResult { report, head, applied, not_pruned } = imported;
        if let Some(path) = &self.report {
            let lines = summary::lines(&report.complaints)?;
            write_file(path, OutputFormat::Json, |out| Ok(out.write_all(&lines)?))?;
        }
        let mut stderr = std::io::stderr().lock();
        let mut stdout = std::io::stdout().lock();
        let refused = self.strict && report.total().refused > 0;
        if self.json {
            writeln!(stdout, "{}", summary::as_json(report, head.sequence, seconds, *applied))?;
        } else {
            stdout.write_all(summary::table(report).as_bytes())?;
            for key in batch.unknown() {
                writeln!(stderr, "skipped: {key:?} is not a kind of object")?;
            }
        }
        if !self.json || refused {
            stderr.write_all(summary::complaints(report, self.report.is_some()).as_bytes())?;
        }
        if refused {
            writeln!(stderr, "peerage: nothing was changed, because there are invalid rows and --strict was given")?;
            return Ok(ExitCode::from(FOUND));
        }
        if let Some(why) = not_pruned {
            writeln!(stderr, "peerage: nothing was changed: {why}")?;
            return Ok(ExitCode::from(FOUND));
        }
        if !self.json {
            let what = what_happened(report, self.dry_run);
            writeln!(stdout, "{what} {place} in {seconds:.1} s (log position {})", head.sequence)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn what_happened(report: &ImportReport, dry_run: bool) -> &'static str {
    let total = report.total();
    match (dry_run, total.new + total.changed + total.erased + total.deleted) {
        (true, _) => "Dry run, nothing was changed. Compared with",
        (false, 0) => "Nothing to change. Compared with",
        (false, _) => "Imported into",
    }
}

/// Reads all documents.
fn read(sources: &[ImportSource], progress: &ProgressLine) -> anyhow::Result<DumpBatch> {
    let mut batch = DumpBatch::new();
    for source in sources {
        progress.stage(format!("reading {}", source.name));
        let input = source.open(progress)?;
        let progress = &mut |rows| progress.set_rows(rows);
        batch
            .read(input, DumpReader { file: &source.name, kind: source.kind, progress })
            .context("nothing was changed")?;
    }
    Ok(batch)
}
