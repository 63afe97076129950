//! `peerage restore`: fills an empty database from a backup.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use peerage_registry::LogHead;
use peerage_registry::moment::{Moment, print_seconds};
use peerage_registry::snapshot::AHEAD_MAX;
use peerage_store::{BackupItem, Store, StoreError, StoreLocation};

use super::reader::{BackupFileError, BackupReader, is_standard};
use super::verify;
use crate::chance::now;
use crate::failure::usage;
use crate::progress::{ProgressLine, grouped};
use crate::server_key;
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::store;

const EXAMPLES: &str = "\
Examples:
  peerage restore registry.backup --database restored.db
  peerage restore registry.backup monday.backup tuesday.backup --database new.db
                              a backup and its increments, in order
  peerage restore full.age next.age --identity ops.key --database decrypted.db
                              encrypted ones, with your key of age

Files are read completely and checked before anything is written; standard input
is checked while it is read. The restored registry has the same id, the same log
and the same hash at its end, which is verified at the end. To start it, you need
its server key, which is not in the backup.

Exit status: 0 restored and verified; 1 a file is damaged or the restore failed,
and the database is as empty as before, unless the message says otherwise; 2
invalid arguments.";

/// Restore a backup into an empty database.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// A backup, and then the increments that follow it. - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Restore events with times in the future. All later changes get times after them.
    #[arg(long)]
    accept_future_times: bool,
    /// File with your key of age, for encrypted backups. Those of GnuPG are decrypted with its keys.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    #[command(flatten)]
    common: CommonFlags,
}

impl RestoreArgs {
    fn open(&self, path: &Path) -> Result<BackupReader, BackupFileError> {
        BackupReader::open(path, self.identity.as_deref())
    }

    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &ServerFlags::default())?;
        crate::logging::start(&config.log)?;
        let location = store::location(&config)?;
        if self.files.iter().filter(|path| is_standard(path)).count() > 1 {
            return Err(usage("standard input can only be read once"));
        }
        let progress = ProgressLine::new();
        for path in self.files.iter().filter(|path| !is_standard(path)) {
            let checked = self.open(path).map_err(Into::into).and_then(|reader| verify(reader, &progress));
            checked.context("nothing was changed")?;
        }
        let readers: Result<VecDeque<_>, _> = self.files.iter().map(|path| self.open(path)).collect();
        let readers = readers.context("nothing was changed")?;
        let is_new = location.path().is_some_and(|path| !path.exists());
        let restored =
            store::block_on(async { Ok(restore(&location, readers, self.accept_future_times, &progress).await) })?;
        if let (Some(path), Err(RestoreFailure { is_filled: false, .. })) =
            (location.path().filter(|_| is_new), &restored)
        {
            remove(path);
        }
        let proven = restored.map_err(|failure| failure.error).and_then(|(expected, head)| {
            let proof = prove(&location, expected, head, &progress);
            store::block_on(proof)
                .context("the database was filled, but do not use it: delete it, and restore again")?;
            Ok(head)
        });
        progress.end();
        let head = proven?;
        let mut out = std::io::stdout().lock();
        let (position, hash) = (grouped(head.sequence), peerage_registry::event::hex(&head.hash));
        writeln!(out, "Restored into {location} and verified (log position {position}, hash {hash})")?;
        if let Some(path) = server_key::missing(&config, &location) {
            writeln!(out, "Before you start the server, put this registry's server key at {}", path.display())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Why a database was not restored.
struct RestoreFailure {
    error: anyhow::Error,
    /// Whether the database may have the content of the backup.
    is_filled: bool,
}

impl From<anyhow::Error> for RestoreFailure {
    fn from(error: anyhow::Error) -> RestoreFailure {
        RestoreFailure { error, is_filled: false }
    }
}

/// Fills a database. Returns the head that it should have, and the one that it has.
async fn restore(
    location: &StoreLocation,
    mut readers: VecDeque<BackupReader>,
    accepts_future: bool,
    progress: &Arc<ProgressLine>,
) -> Result<(LogHead, LogHead), RestoreFailure> {
    let (Some(first), Some(last)) = (readers.front(), readers.back()) else {
        return Err(usage("name a backup").into());
    };
    if first.is_increment() {
        return Err(usage(format!(
            "{} has only what came after log position {}. Name the backup before it first",
            first.name(),
            first.header.after.event
        ))
        .into());
    }
    let id = first.header.registry.clone();
    let expected = last.header.head.head().map_err(usage)?;
    let database = Store::open(location, &id).await.map_err(anyhow::Error::from)?;
    progress.stage("restoring");
    let counted = Arc::clone(progress);
    let mut items = 0;
    let next = move || -> Result<Option<BackupItem>, StoreError> {
        while let Some(reader) = readers.front_mut() {
            if let Some(item) = reader.next()? {
                if let BackupItem::Event(event) = &item
                    && !accepts_future
                {
                    refuse_future(event.sequence, event.at, now())?;
                }
                items += 1;
                counted.set_rows(items);
                // A backup has no leases. A file with one would keep the next server waiting.
                if !matches!(&item, BackupItem::Value(name, _) if peerage_server::LEASES.contains(&name.as_str())) {
                    return Ok(Some(item));
                }
                continue;
            }
            readers.pop_front();
        }
        Ok(None)
    };
    let head = match database.restore(next).await {
        Ok(head) => head,
        Err(error @ StoreError::Unknown(_)) => return Err(RestoreFailure { error: error.into(), is_filled: true }),
        Err(error) => return Err(anyhow::Error::new(error).context("nothing was changed").into()),
    };
    database.settle().await;
    Ok((expected, head))
}

/// Refuses an event from the future: every later change would get a time after it.
fn refuse_future(sequence: u64, at: Moment, now: Moment) -> Result<(), StoreError> {
    if at - now <= AHEAD_MAX {
        return Ok(());
    }
    let (at, now) = (print_seconds(at), print_seconds(now));
    let why = format!(
        "event {sequence} has the time {at}, which is in the future, and all later changes would get times after it. This \
         machine's clock says {now}: set it if it is wrong. To restore the backup anyway, pass --accept-future-times"
    );
    Err(StoreError::Backup(why.into()))
}

/// Checks that the database has what the backup has.
async fn prove(
    location: &StoreLocation,
    expected: LogHead,
    head: LogHead,
    progress: &Arc<ProgressLine>,
) -> anyhow::Result<()> {
    // Opened again, because it can have another id now.
    let store = Store::open(location, "").await?;
    anyhow::ensure!(
        head == expected && store.head().await? == expected,
        "the database has another log than the backup. Do not use it"
    );
    let counted = || {
        let progress = Arc::clone(progress);
        move |count| progress.set_rows(count)
    };
    progress.stage("verifying the log");
    let mut findings = store.verify_chain(counted()).await?;
    progress.stage("verifying the rows");
    findings.extend(store.verify_rows(counted()).await?);
    match findings.first() {
        None => Ok(()),
        Some(finding) => anyhow::bail!("the restored registry is damaged: {finding}"),
    }
}

/// Removes a database that this command has made.
fn remove(database: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut path = database.as_os_str().to_owned();
        path.push(end);
        // What cannot be removed is an empty database.
        let _ = std::fs::remove_file(path);
    }
}
