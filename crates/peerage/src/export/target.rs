//! Writes an export completely or not at all.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use peerage_registry::dump::kind_of_file;
use tempfile::NamedTempFile;

use crate::failure::usage;

/// The zstd level: a third of the size, at the speed of a disk.
const ZSTD_LEVEL: i32 = 3;

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// A folder with one uncompressed file per kind.
    Dir,
    /// One file with all kinds.
    #[value(name = "json")]
    Json,
    /// One file with all kinds, compressed with gzip.
    #[value(name = "json.gz")]
    Gzip,
    /// One file with all kinds, compressed with zstd.
    #[value(name = "json.zst")]
    Zstd,
}

impl OutputFormat {
    /// Returns the format of a target name. A name without a known suffix is a folder.
    pub fn of(target: &Path) -> OutputFormat {
        let name = target.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if target.as_os_str() == "-" || name.ends_with(".json") {
            OutputFormat::Json
        } else if name.ends_with(".gz") {
            OutputFormat::Gzip
        } else if name.ends_with(".zst") {
            OutputFormat::Zstd
        } else {
            OutputFormat::Dir
        }
    }
}

/// Compresses the output of `write` into `out`.
pub fn packed<W: Write>(
    out: W,
    format: OutputFormat,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<W> {
    let mut out = BufWriter::with_capacity(256 * 1024, out);
    match format {
        OutputFormat::Dir | OutputFormat::Json => write(&mut out)?,
        OutputFormat::Gzip => {
            let mut packer = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            write(&mut packer)?;
            out = packer.finish()?;
        }
        OutputFormat::Zstd => {
            let mut packer = zstd::Encoder::new(out, ZSTD_LEVEL)?;
            packer.include_checksum(true)?;
            write(&mut packer)?;
            out = packer.finish()?;
        }
    }
    out.into_inner().map_err(|error| error.into_error().into())
}

/// Returns the parent folder of a path.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a temporary file and moves it into place when it is complete and on disk.
pub fn write_file(
    path: &Path,
    format: OutputFormat,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    let file = NamedTempFile::new_in(folder_of(path)).with_context(named)?;
    let file = packed(file, format, write).with_context(named)?;
    file.as_file().sync_all().with_context(named)?;
    allow_reading(file.as_file()).with_context(named)?;
    file.persist(path).map_err(|error| error.error).with_context(named)?;
    sync_folder(folder_of(path)).with_context(named)
}

/// Writes a temporary folder and moves it into place when it is complete. An existing folder is replaced only if it
/// contains nothing but an earlier export.
pub fn write_folder(path: &Path, write: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    let is_there = path.exists();
    if is_there && !is_export(path).with_context(named)? {
        return Err(usage(format!(
            "{}: the folder exists and contains other files. Name another folder",
            path.display()
        )));
    }
    let parent = folder_of(path);
    let folder = tempfile::Builder::new().prefix(".peerage-export-").tempdir_in(parent).with_context(named)?;
    let fresh = folder.path().join("new");
    std::fs::create_dir(&fresh).with_context(named)?;
    write(&fresh)?;
    sync_folder(&fresh).with_context(named)?;
    if is_there {
        std::fs::rename(path, folder.path().join("old")).with_context(named)?;
    }
    std::fs::rename(&fresh, path).with_context(named)?;
    sync_folder(parent).with_context(named)
}

/// Whether a folder contains only files named after kinds.
fn is_export(path: &Path) -> io::Result<bool> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.ends_with(".json") && kind_of_file(name).is_some());
        if !is_ours || !entry.file_type()?.is_file() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Temporary files are readable only by their owner. The export gets the usual permissions of new files, as far as they
/// are known.
fn allow_reading(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o640))?;
    }
    Ok(())
}

/// Syncs a folder, so that renames in it are durable.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Returns the path of a kind's file in an exported folder.
pub fn file_in(folder: &Path, tag: &str) -> PathBuf {
    folder.join(format!("{tag}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_format() {
        for (name, format) in [
            ("-", OutputFormat::Json),
            ("backup.json", OutputFormat::Json),
            ("/tmp/backup.json.gz", OutputFormat::Gzip),
            ("backup.json.zst", OutputFormat::Zstd),
            ("backup", OutputFormat::Dir),
            ("dump.d/", OutputFormat::Dir),
        ] {
            assert_eq!(OutputFormat::of(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_completed_leaves_the_old_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        let put = |text: &'static str, fails: bool| {
            write_file(&path, OutputFormat::Json, |out| {
                out.write_all(text.as_bytes())?;
                if fails { Err(anyhow::anyhow!("no")) } else { Ok(()) }
            })
        };
        put("one", false).expect("written");
        put("two", true).expect_err("failed");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "one");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
    }

    #[test]
    fn a_folder_with_other_things_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("dump");
        let put = || write_folder(&target, |path| Ok(std::fs::write(file_in(path, "net"), "{}")?));
        put().expect("made");
        put().expect("replaced");
        std::fs::write(target.join("diary.txt"), "").expect("written");
        assert!(put().expect_err("refused").to_string().contains("contains other files"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");
    }
}
