//! `peerage backup` and `peerage restore`.

mod cipher;
mod file;
mod line;
mod reader;
mod restore;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use peerage_registry::LogHead;
use peerage_registry::moment::print_exact;
use peerage_store::{BackupItem, Store, StoreError};

use crate::chance::{SystemRandom, now};
use crate::failure::usage;
use crate::progress::{ProgressLine, grouped};
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::store;

use crate::operator::CheckpointFile;
use cipher::Encryption;
use file::PieceWriter;
use line::{BackupCounts, BackupLine, EndLine, LineDigest};
use reader::{BackupFileError, BackupReader, is_standard};

pub use restore::RestoreArgs;

const EXAMPLES: &str = "\
Examples:
  peerage backup registry.backup              everything, while the server runs
  peerage backup --verify registry.backup     read it and check every byte
  peerage backup tuesday.backup --after registry.backup
                                              only what came after registry.backup
  peerage backup registry.gpg --recipient ops@example.net
                                              encrypted by GnuPG
  peerage backup full.age --recipient $(cat ops.pub) --checkpoint full.json
  peerage backup next.age --recipient $(cat ops.pub) --after full.json
                                              encrypted by age, and an increment that
                                              is made where nobody can decrypt

A backup has the objects, people, keys, permissions and the whole audit log of
one moment. It does not have the server key: store a copy of that apart from the
backups. An increment (--after) is useful only together with the backup before it;
restore them in order. Encryption needs the program age or gpg; restoring and
--verify decrypt with it. Files are readable by their owner only. They contain
personal data: when data is erased from the log, replace older backups as well.

Backups of SQLite and of PostgreSQL are the same: restore either into either.";

/// Back up everything to one file, while servers run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// File to write, which must not exist, or - for standard output. With --verify: files to read.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write only what came after this backup or increment, or after the position in this checkpoint.
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    after: Option<PathBuf>,
    /// Encrypt for this recipient: a public key of age (age1…) or SSH, or a key of GnuPG by its fingerprint or e-mail
    /// address. Can be repeated.
    #[arg(long = "recipient", value_name = "KEY", conflicts_with = "verify")]
    recipients: Vec<String>,
    /// Also write where the log ends to this file, for --after.
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    checkpoint: Option<PathBuf>,
    /// File with your key of age, to read encrypted backups. Those of GnuPG are decrypted with its keys.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Read backups and check that they are complete and undamaged. Needs no database.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    common: CommonFlags,
}

impl BackupArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &ServerFlags::default())?;
        crate::logging::start(&config.log)?;
        let progress = ProgressLine::new();
        if self.verify {
            let mut out = io::stdout().lock();
            for path in &self.files {
                let (header, counts) = verify(self.open(path)?, &progress)?;
                progress.end();
                let what = if header.after.event > 0 {
                    format!("increment after log position {}", grouped(header.after.event))
                } else {
                    "backup".to_owned()
                };
                let (counts, head) = (described(&counts), grouped(header.head.event));
                writeln!(out, "{}: sound {what}, of {}: {counts} (log position {head})", path.display(), header.made)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let [target] = self.files.as_slice() else {
            return Err(usage("name one file to write; only --verify takes several"));
        };
        let written = self.write(&config, target, &progress)?;
        progress.end();
        if let Some(path) = &self.checkpoint {
            CheckpointFile::of(&written.registry, written.head).write(path)?;
        }
        let (counts, head) = (described(&written.counts), grouped(written.head.sequence));
        writeln!(io::stderr(), "wrote {counts} to {} (log position {head})", target.display())?;
        Ok(ExitCode::SUCCESS)
    }

    fn open(&self, path: &Path) -> Result<BackupReader, BackupFileError> {
        BackupReader::open(path, self.identity.as_deref())
    }

    fn write(&self, config: &Config, target: &Path, progress: &Arc<ProgressLine>) -> anyhow::Result<WrittenBackup> {
        if self.checkpoint.as_deref().is_some_and(|path| is_standard(path) || path == target) {
            return Err(usage("--checkpoint: name a file of its own"));
        }
        let location = store::location(config)?;
        let earlier = self.after.as_deref().map(|path| self.earlier(path)).transpose()?;
        let back_up = |out: BackupOutput| {
            let (out, encryption) = out.encrypted_for(&self.recipients)?;
            let outcome = store::block_on(async {
                let database = store::open_existing(&location, &mut SystemRandom::new()?).await?;
                back_up(&database, earlier.as_ref(), out, progress).await
            });
            match encryption {
                Some(encryption) => encryption.finish(outcome),
                None => outcome,
            }
        };
        if is_standard(target) {
            return back_up(BackupOutput::Standard);
        }
        let named = || target.display().to_string();
        if target.exists() {
            return Err(usage(format!("{}: the file exists. Name a new one", target.display())));
        }
        let folder = crate::export::folder_of(target);
        // Readable by its owner only, and removed if the backup fails.
        let file = tempfile::Builder::new().prefix(".peerage-backup-").tempfile_in(folder).with_context(named)?;
        let done = back_up(BackupOutput::File(file.as_file().try_clone().with_context(named)?))?;
        file.as_file().sync_all().with_context(named)?;
        file.persist_noclobber(target).map_err(|error| error.error).with_context(named)?;
        crate::export::sync_folder(folder).with_context(named)?;
        Ok(done)
    }

    /// Reads where an earlier backup ends, or the position of a checkpoint.
    fn earlier(&self, path: &Path) -> anyhow::Result<EarlierBackup> {
        let name = path.display().to_string();
        if !is_standard(path) && CheckpointFile::is_one(path) {
            let checkpoint = CheckpointFile::read(path)?;
            let head = checkpoint.head(path)?;
            return Ok(EarlierBackup { name, registry: checkpoint.registry, head });
        }
        let header = self.open(path)?.header;
        let head = header.head.head().map_err(|why| usage(format!("{name}: {why}")))?;
        Ok(EarlierBackup { name, registry: header.registry, head })
    }
}

/// What an increment continues.
struct EarlierBackup {
    name: String,
    registry: String,
    head: LogHead,
}

/// A backup that was written to its end.
struct WrittenBackup {
    registry: String,
    head: LogHead,
    counts: BackupCounts,
}

/// Where a backup is written.
enum BackupOutput {
    Standard,
    File(File),
}

impl BackupOutput {
    fn encrypted_for(self, recipients: &[String]) -> anyhow::Result<(Box<dyn Write + Send>, Option<Encryption>)> {
        if recipients.is_empty() {
            return Ok(match self {
                BackupOutput::Standard => (Box::new(io::stdout()), None),
                BackupOutput::File(file) => (Box::new(file), None),
            });
        }
        let out = match self {
            BackupOutput::Standard => Stdio::inherit(),
            BackupOutput::File(file) => Stdio::from(file),
        };
        let (encryption, input) = Encryption::start(recipients, out)?;
        Ok((Box::new(input), Some(encryption)))
    }
}

/// Reads a backup to its end.
fn verify(reader: BackupReader, progress: &ProgressLine) -> anyhow::Result<(line::HeaderLine, BackupCounts)> {
    progress.stage(format!("checking {}", reader.name()));
    Ok(reader.verify(|items| progress.set_rows(items))?)
}

fn described(counts: &BackupCounts) -> String {
    let BackupCounts { events, rows, records, .. } = counts;
    format!("{} events, {} rows and {} records", grouped(*events), grouped(*rows), grouped(*records))
}

/// A backup that is being written.
struct BackupWriter {
    pieces: PieceWriter<Box<dyn Write + Send>>,
    digest: LineDigest,
    counts: BackupCounts,
    registry: String,
    head: LogHead,
    made: String,
    progress: Arc<ProgressLine>,
}

impl BackupWriter {
    fn line(&mut self, line: &BackupLine) -> io::Result<()> {
        let text = serde_json::to_vec(line)?;
        self.digest.add(&text);
        self.pieces.line(&text)
    }

    fn push(&mut self, item: BackupItem) -> Result<(), StoreError> {
        // A lease belongs to a running server, and would keep its successor waiting.
        if matches!(&item, BackupItem::Value(name, _) if peerage_server::LEASES.contains(&name.as_str())) {
            return Ok(());
        }
        if let BackupItem::Start(start) = &item {
            self.head = start.head;
        }
        self.counts.add(&item);
        self.progress.set_rows(self.counts.total());
        let line = BackupLine::of(item, &self.made);
        self.line(&line).map_err(|error| StoreError::Backup(format!("cannot write the backup: {error}").into()))
    }

    fn finish(mut self) -> io::Result<WrittenBackup> {
        let end = EndLine { counts: self.counts, sha256: self.digest.text() };
        self.line(&BackupLine::End(end))?;
        self.pieces.finish()?;
        Ok(WrittenBackup { registry: self.registry, head: self.head, counts: self.counts })
    }
}

/// Writes a backup of the registry.
async fn back_up(
    store: &Store,
    earlier: Option<&EarlierBackup>,
    out: Box<dyn Write + Send>,
    progress: &Arc<ProgressLine>,
) -> anyhow::Result<WrittenBackup> {
    let mut after = LogHead::EMPTY;
    if let Some(earlier) = earlier {
        if earlier.registry != store.id() {
            return Err(usage(format!("{} belongs to another registry", earlier.name)));
        }
        after = earlier.head;
    }
    progress.stage("writing the backup");
    let writer = BackupWriter {
        pieces: PieceWriter::new(out),
        digest: LineDigest::new(),
        counts: BackupCounts::default(),
        registry: store.id().to_owned(),
        head: LogHead::EMPTY,
        made: print_exact(now()),
        progress: Arc::clone(progress),
    };
    match store.read_everything(after, writer, BackupWriter::push).await {
        // A closed pipe is an error here, so it is not the cause but a text.
        Ok(writer) => Ok(writer.finish().map_err(|error| anyhow::anyhow!("cannot write the backup: {error}"))?),
        Err(error @ StoreError::Broken(_)) => Err(anyhow::Error::new(error).context(
            "this registry cannot be backed up, because it could not be restored. Run `peerage doctor`, and copy the \
             database with its own tools before you repair it",
        )),
        Err(error) => Err(error.into()),
    }
}
