//! `peerage import`: files into the registry, as one change.

mod source;
mod summary;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use peerage_registry::dump::{Batch, Mode, Reading, Report, depth_of_file};
use peerage_schema::Resource;
use peerage_store::Location;

use crate::chance::Chance;
use crate::export::{Format, write_file};
use crate::failure::{FOUND, usage};
use crate::progress::Progress;
use crate::schema::kind;
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};
use crate::store::{self, Import, Imported, Prune};
use crate::{accounts, server_key};

use source::Source;

const EXAMPLES: &str = "\
Examples:
  peerage import dump/                   a folder with org.json, net.json.gz …
  peerage import peeringdb.json.zst      one file: {\"org\": {\"data\": [ … ]}, …}
  curl -s https://dump.example/all.json | peerage import -
  peerage import dump/ --dry-run --report report.jsonl
  peerage import dump/ --prune           and delete what a whole dump lacks

A row is known by its kind and id: it is added or changed, and rows that the
files do not name stay as they are, unless --prune deletes them. What a listing cannot show (fractions of
seconds, hidden fields) stays, too. Rows that cannot be taken are reported and
left out. A running server shows the change within a second.

Exit status: 0 done; 1 failed, or refused rows with --strict, and nothing was
changed; 2 wrong arguments.";

/// Take rows over from files, as one change that is made as a whole or not at all.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Files and folders, plain or packed by gzip or zstd; - is standard input.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
    /// The kind of the rows (org, net, fac …) if neither a file's name nor its content says it.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Resource>,
    /// Change nothing if any row cannot be taken.
    #[arg(long)]
    strict: bool,
    /// Refuse rows that the write API would refuse, with its words: for moving a registry of your own. A mirror takes
    /// rows as they are, since older ones break younger rules.
    #[arg(long)]
    rules: bool,
    /// Tell what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
    /// Write every complaint into this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Delete the rows that the files do not hold: for a mirror that follows whole dumps. The files have to hold every
    /// kind, at depth 0. Refused where more than a tenth of a kind would go, unless --prune-confirm says how many.
    #[arg(long, conflicts_with = "reset")]
    prune: bool,
    /// Confirms that --prune deletes this many rows, where it would refuse to.
    #[arg(long, value_name = "ROWS", requires = "prune")]
    prune_confirm: Option<usize>,
    /// Make the registry exactly what the files hold: all other rows are erased for good. Meant for tests.
    #[arg(long, requires = "yes_erase_everything")]
    reset: bool,
    /// People and keys of a registry for tests, with plain passwords and key strings, taken over beside the rows; with
    /// --reset, all others are erased.
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Confirms --reset.
    #[arg(long)]
    yes_erase_everything: bool,
    #[command(flatten)]
    common: Common,
}

impl ImportArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let began = Instant::now();
        let config = Config::resolve(&self.common, &Serving::default())?;
        crate::logging::start(&config.log)?;
        let sources = source::find(&self.files, self.kind)?;
        if let Some(deep) = sources.iter().find(|source| self.prune && depth_of_file(&source.name).unwrap_or(0) > 0) {
            return Err(usage(format!("{}: --prune needs lists of depth 0, such as net-0.json", deep.name)));
        }
        if sources.iter().filter(|source| source.is_stdin()).count() > 1 {
            return Err(usage("standard input can be read only once"));
        }
        let location = store::location(&config)?;
        let progress = Progress::new();
        let batch = Arc::new(read(&sources, &progress)?);
        let mode = if self.reset { Mode::Replace } else { Mode::Merge };
        let accounts = self.accounts.as_deref().map(accounts::read).transpose()?;
        let mut import = Import {
            batch,
            mode,
            strict: self.strict,
            only_into_empty: false,
            obeys_rules: self.rules,
            prunes: self.prune.then_some(Prune { confirmed: self.prune_confirm }),
            accounts: None,
            command: "import",
        };
        let imported = store::block_on(async {
            if self.dry_run {
                return Ok(store::try_import(&import, &store::load_or_empty(&location, &progress).await?));
            }
            let store = store::open(&location, store::Making::Unless, &mut Chance::new()?).await?;
            if let Some(accounts) = accounts {
                let server_key = server_key::load(&config, &location, &store).await?;
                import.accounts = Some(Arc::new(accounts.into_records(&server_key, &mut Chance::new()?)?));
            }
            let imported = store::import(&store, &import, &progress).await?;
            progress.stage("settling");
            store.settle().await;
            Ok(imported)
        })?;
        progress.end();
        self.tell(&location, &imported, &import.batch, began.elapsed().as_secs_f64())
    }

    fn tell(&self, place: &Location, imported: &Imported, batch: &Batch, seconds: f64) -> anyhow::Result<ExitCode> {
        let Imported { report, head, applied, not_pruned } = imported;
        if let Some(path) = &self.report {
            let lines = summary::lines(&report.complaints)?;
            write_file(path, Format::Json, |out| Ok(out.write_all(&lines)?))?;
        }
        let mut stderr = std::io::stderr().lock();
        let mut stdout = std::io::stdout().lock();
        let refused = self.strict && report.total().refused > 0;
        if self.json {
            writeln!(stdout, "{}", summary::as_json(report, head.sequence, seconds, *applied))?;
        } else {
            stdout.write_all(summary::table(report).as_bytes())?;
            for key in batch.unknown() {
                writeln!(stderr, "passed over: {key:?} is no kind of object")?;
            }
        }
        if !self.json || refused {
            stderr.write_all(summary::complaints(report, self.report.is_some()).as_bytes())?;
        }
        if refused {
            writeln!(
                stderr,
                "peerage: nothing was changed: there are rows that cannot be taken, and --strict was given"
            )?;
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

fn what_happened(report: &Report, dry_run: bool) -> &'static str {
    let total = report.total();
    match (dry_run, total.new + total.changed + total.erased + total.deleted) {
        (true, _) => "Nothing was changed (--dry-run): compared with",
        (false, 0) => "Nothing to change: compared with",
        (false, _) => "Imported into",
    }
}

/// Reads all documents.
fn read(sources: &[Source], progress: &Progress) -> anyhow::Result<Batch> {
    let mut batch = Batch::new();
    for source in sources {
        progress.stage(format!("reading {}", source.name));
        let input = source.open(progress)?;
        let progress = &mut |rows| progress.set_rows(rows);
        batch
            .read(input, Reading { file: &source.name, kind: source.kind, progress })
            .context("nothing was changed")?;
    }
    Ok(batch)
}
