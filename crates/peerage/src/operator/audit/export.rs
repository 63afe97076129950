//! `peerage audit export`: writes the audit log to a file, page by page, so that it can be larger than memory. Newer
//! events can be appended later.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use peerage_access::People;
use peerage_engine::live::position;
use peerage_registry::LogHead;
use peerage_server::audit_log;
use peerage_store::{AuditQuery, Store};

use crate::failure::usage;
use crate::operator::act::open_store;
use crate::operator::audit::AuditFilters;
use crate::progress::{ProgressLine, grouped};
use crate::settings::flags::CommonFlags;
use crate::store::{self, block_on};

/// The number of events in one query to the store.
const PAGE: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EventFormat {
    /// One JSON object per line, with all fields.
    Jsonl,
    /// A table, without the states before and after.
    Csv,
}

#[derive(Debug, Args)]
pub struct ExportEvents {
    /// New file, or, with --after, an existing file to append to. - is standard output.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Output format. [default: by the file name, else jsonl]
    #[arg(long, value_name = "jsonl|csv", hide_possible_values = true)]
    format: Option<EventFormat>,
    /// Export only events after this one, to append them to an earlier export. Pass an event number, or the position that
    /// the last export printed. The position is refused if a restored database has lost that event.
    #[arg(long, value_name = "SEQUENCE")]
    after: Option<String>,
    #[command(flatten)]
    filters: AuditFilters,
    #[command(flatten)]
    common: CommonFlags,
}

/// The result of writing.
struct WrittenEvents {
    events: u64,
    /// The position from which to continue.
    up_to: LogHead,
}

impl ExportEvents {
    pub fn run(self) -> anyhow::Result<()> {
        let is_csv = self.file.extension().is_some_and(|extension| extension == "csv");
        let form = self.format.unwrap_or(if is_csv { EventFormat::Csv } else { EventFormat::Jsonl });
        let (wrote, place) = block_on(async {
            let (store, _, _, progress) = open_store(&self.common).await?;
            let people = if self.filters.needs_people() {
                store::load_all(&store, &progress).await?.1
            } else {
                People::default()
            };
            let query = self.filters.query(&people)?;
            let wrote = if self.file.as_os_str() == "-" {
                let mut out = BufWriter::new(std::io::stdout());
                if form == EventFormat::Csv && self.after.is_none() {
                    out.write_all(&line(audit_log::COLUMNS)?)?;
                }
                self.write(&store, query, form, &mut out, &progress).await?
            } else {
                let named = || self.file.display().to_string();
                let (file, is_empty) = open(&self.file, self.after.is_some())?;
                let mut out = BufWriter::new(file);
                if form == EventFormat::Csv && is_empty {
                    out.write_all(&line(audit_log::COLUMNS)?).with_context(named)?;
                }
                let wrote = self.write(&store, query, form, &mut out, &progress).await.with_context(named)?;
                out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all().with_context(named)?;
                wrote
            };
            progress.end();
            Ok((wrote, self.file.display().to_string()))
        })?;
        writeln!(
            std::io::stderr(),
            "wrote {} events to {place}, up to log position {}; to continue later: --after {}",
            grouped(wrote.events),
            grouped(wrote.up_to.sequence),
            position(wrote.up_to)
        )?;
        Ok(())
    }

    /// Returns the event after which the export begins.
    async fn start(&self, store: &Store) -> anyhow::Result<u64> {
        let Some(after) = &self.after else { return Ok(0) };
        let number = after.split('-').next().and_then(|text| text.parse().ok());
        let number =
            number.ok_or_else(|| usage("after: expected an event number, or the position that an export printed"))?;
        let is_there =
            !after.contains('-') || store.event_at(number).await?.is_some_and(|head| position(head) == *after);
        if is_there {
            return Ok(number);
        }
        Err(usage(format!(
            "after: event {after} is no longer in the log, because a backup was restored or a failover lost it. Export \
             to another file"
        )))
    }

    /// Writes page by page up to the head of the log at the start, so that it ends.
    async fn write(
        &self,
        store: &Store,
        mut query: AuditQuery,
        form: EventFormat,
        out: &mut impl Write,
        progress: &ProgressLine,
    ) -> anyhow::Result<WrittenEvents> {
        let up_to = store.head().await?;
        let (head, after) = (up_to.sequence, self.start(store).await?);
        if after > head {
            return Err(usage(format!("after: the log ends with event {head}, before event {after}")));
        }
        query.after = Some(after);
        query.before = Some(head + 1);
        query.limit = PAGE;
        progress.stage("exporting");
        let mut events = 0;
        loop {
            let page = store.audit_log(&query).await?;
            for event in &page {
                let row = audit_log::show(event, true);
                match form {
                    EventFormat::Jsonl => writeln!(out, "{row}")?,
                    EventFormat::Csv => out.write_all(&line(audit_log::cells(&row))?)?,
                }
            }
            events += page.len() as u64;
            progress.set_rows(events);
            let Some(last) = page.last().filter(|_| page.len() == PAGE) else { break };
            query.after = Some(last.sequence);
        }
        out.flush()?;
        Ok(WrittenEvents { events, up_to })
    }
}

/// Formats one line of a table.
fn line<T: AsRef<[u8]>>(cells: impl IntoIterator<Item = T>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}

/// Opens the file and returns whether it is empty. An earlier export is never overwritten.
fn open(path: &Path, adds: bool) -> anyhow::Result<(File, bool)> {
    let named = || path.display().to_string();
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    // An audit log names people.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut file = options.open(path).with_context(named)?;
    let bytes = file.metadata().with_context(named)?.len();
    if bytes > 0 && !adds {
        return Err(usage(format!(
            "{}: the file exists. Name another file, or append to it by passing its last event as --after",
            named()
        )));
    }
    if bytes > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).with_context(named)?;
        if last != *b"\n" {
            return Err(usage(format!(
                "{}: the last line is incomplete. Remove it and continue after the line before it",
                named()
            )));
        }
    }
    Ok((file, bytes == 0))
}
