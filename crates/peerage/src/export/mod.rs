//! `peerage export`: writes the registry to files that `peerage import` reads.

mod target;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use peerage_registry::Snapshot;
use peerage_registry::dump::write_kind;
use peerage_schema::Resource;

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::progress::{ProgressLine, grouped};
use crate::schema::kind;
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::store;

pub use target::{OutputFormat, folder_of, sync_folder, write_file};

const EXAMPLES: &str = "\
Examples:
  peerage export registry.json.zst           all rows in one compressed file
  peerage export dump                        a folder with org.json, net.json …
  peerage export - --kind net | less         networks, to standard output

The files contain every stored value of every row, including private contacts.
Protect them like the registry itself. An export is not a backup: it has no
accounts, keys, permissions or audit log. See `peerage help backup`.";

/// Export all rows to files that `peerage import` can read without loss. The files do not contain accounts, keys and the
/// audit log.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Folder, file that ends with .json, .json.gz or .json.zst, or - for standard output.
    target: PathBuf,
    /// Export only this kind (org, net, fac …). Can be given several times. [default: all]
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<Resource>,
    /// Output format, if the target name does not tell it.
    #[arg(long, value_name = "FORMAT")]
    format: Option<OutputFormat>,
    #[command(flatten)]
    common: CommonFlags,
}

impl ExportArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &ServerFlags::default())?;
        crate::logging::start(&config.log)?;
        let kinds: Vec<Resource> =
            Resource::ALL.into_iter().filter(|kind| self.kinds.is_empty() || self.kinds.contains(kind)).collect();
        let format = self.format.unwrap_or_else(|| OutputFormat::of(&self.target));
        let to_stdout = self.target.as_os_str() == "-";
        if to_stdout && format == OutputFormat::Dir {
            return Err(usage("cannot write a folder to standard output"));
        }
        let progress = ProgressLine::new();
        let location = store::location(&config)?;
        let snapshot = store::block_on(async {
            let store = store::open_existing(&location, &mut SystemRandom::new()?).await?;
            Ok(store::load(&store, &progress).await?)
        })?;
        progress.stage("writing");
        if to_stdout {
            let out = target::packed(std::io::stdout().lock(), format, |out| write_all(out, &snapshot, &kinds))?;
            drop(out);
        } else if format == OutputFormat::Dir {
            target::write_folder(&self.target, |folder| write_each(folder, &snapshot, &kinds))?;
        } else {
            write_file(&self.target, format, |out| write_all(out, &snapshot, &kinds))?;
        }
        progress.end();
        let rows: usize = kinds.iter().map(|kind| snapshot.count(*kind)).sum();
        let (rows, at) = (grouped(rows as u64), snapshot.head().sequence);
        writeln!(std::io::stderr(), "wrote {rows} rows to {} (log position {at})", self.target.display())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// One object of kind → rows.
fn write_all(out: &mut dyn Write, snapshot: &Snapshot, kinds: &[Resource]) -> anyhow::Result<()> {
    let mut out = out;
    for (at, kind) in kinds.iter().enumerate() {
        write!(out, "{}\"{}\":", if at == 0 { "{" } else { ",\n" }, kind.tag())?;
        write_kind(&mut out, snapshot, *kind)?;
    }
    out.write_all(b"}\n")?;
    Ok(())
}

fn write_each(folder: &std::path::Path, snapshot: &Snapshot, kinds: &[Resource]) -> anyhow::Result<()> {
    for kind in kinds {
        write_file(&target::file_in(folder, kind.tag()), OutputFormat::Json, |out| {
            let mut out = out;
            write_kind(&mut out, snapshot, *kind)?;
            Ok(out.write_all(b"\n")?)
        })?;
    }
    Ok(())
}
