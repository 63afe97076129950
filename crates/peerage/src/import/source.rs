//! Finds the documents to import and decompresses them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use peerage_registry::dump::kind_of_file;
use peerage_schema::Resource;

use crate::failure::usage;
use crate::progress::ProgressLine;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Bytes read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// A document to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSource {
    /// Name for messages: the path, or `standard input`.
    pub name: String,
    /// `None`: standard input.
    path: Option<PathBuf>,
    /// The kind of its rows, if the document does not tell.
    pub kind: Option<Resource>,
}

/// Finds the documents of the arguments: a file stands for itself, `-` for standard input, and a folder for the files
/// in it that are named after a kind. If a folder has several files for one kind, such as dumps of all depths, the one
/// with the lowest depth is used, because it contains everything.
pub fn find(arguments: &[PathBuf], kind: Option<Resource>) -> anyhow::Result<Vec<ImportSource>> {
    let mut sources = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            sources.push(ImportSource { name: "standard input".to_owned(), path: None, kind });
            continue;
        }
        let metadata =
            std::fs::metadata(argument).map_err(|error| usage(format!("{}: {error}", argument.display())))?;
        if metadata.is_dir() {
            sources.extend(in_folder(argument)?);
        } else {
            sources.push(file(argument, kind));
        }
    }
    Ok(sources)
}

fn file(path: &Path, kind: Option<Resource>) -> ImportSource {
    let name = path.display().to_string();
    let kind = kind.or_else(|| kind_of_file(&name));
    ImportSource { name, path: Some(path.to_owned()), kind }
}

fn in_folder(folder: &Path) -> anyhow::Result<Vec<ImportSource>> {
    let mut found: BTreeMap<usize, PathBuf> = BTreeMap::new();
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_document = [".json", ".json.gz", ".json.zst"].iter().any(|ending| name.ends_with(ending));
        let Some(kind) = kind_of_file(name).filter(|_| is_document) else { continue };
        // `net.json` comes before `net-0.json`, and that before `net-1.json`.
        let rank = |path: &Path| path.file_name().map(|name| (name.to_string_lossy().contains('-'), name.to_owned()));
        let best = found.entry(kind.index()).or_insert_with(|| path.clone());
        if rank(&path) < rank(best) {
            *best = path;
        }
    }
    if found.is_empty() {
        return Err(usage(format!(
            "{}: the folder has no file named after a kind, such as org.json, net.json.gz or fac-0.json.zst",
            folder.display()
        )));
    }
    Ok(found.into_values().map(|path| file(&path, None)).collect())
}

type SniffedReader<R> = Chain<Cursor<Vec<u8>>, R>;

/// The decompressed bytes of a document.
pub enum OpenedSource<R: Read> {
    Plain(SniffedReader<R>),
    Gzip(Box<flate2::bufread::MultiGzDecoder<BufReader<SniffedReader<R>>>>),
    Zstd(zstd::Decoder<'static, BufReader<SniffedReader<R>>>),
}

impl<R: Read> Read for OpenedSource<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            OpenedSource::Plain(input) => input.read(buffer),
            OpenedSource::Gzip(input) => input.read(buffer),
            OpenedSource::Zstd(input) => input.read(buffer),
        }
    }
}

/// Detects the compression from the first bytes, whatever the file name.
pub fn unpack<R: Read>(mut input: R) -> io::Result<OpenedSource<R>> {
    let mut head = Vec::with_capacity(ZSTD.len());
    input.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(&GZIP), head.starts_with(&ZSTD));
    let whole = Cursor::new(head).chain(input);
    Ok(if is_gzip {
        let input = BufReader::with_capacity(BUFFER_BYTES, whole);
        OpenedSource::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(input)))
    } else if is_zstd {
        OpenedSource::Zstd(zstd::Decoder::with_buffer(BufReader::with_capacity(BUFFER_BYTES, whole))?)
    } else {
        OpenedSource::Plain(whole)
    })
}

/// Reports the number of bytes read to the progress line.
pub struct CountingReader<'a, R> {
    pub input: R,
    pub progress: &'a ProgressLine,
}

impl<R: Read> Read for CountingReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.progress.add_bytes(count as u64);
        Ok(count)
    }
}

impl ImportSource {
    pub fn is_stdin(&self) -> bool {
        self.path.is_none()
    }

    /// The decompressed bytes, counted before decompression.
    pub fn open<'a>(&self, progress: &'a ProgressLine) -> anyhow::Result<Box<dyn Read + 'a>> {
        let input: Box<dyn Read> = match &self.path {
            Some(path) => Box::new(File::open(path).with_context(|| self.name.clone())?),
            None => Box::new(io::stdin().lock()),
        };
        let opened = unpack(CountingReader { input, progress }).with_context(|| self.name.clone())?;
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, opened)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        unpack(bytes)?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn packed_bytes_are_known_by_their_beginning() {
        let text = b"{\"data\": []}".to_vec();
        assert_eq!(unpacked(&text).expect("plain"), text);
        assert_eq!(unpacked(b"").expect("empty"), b"");
        assert_eq!(unpacked(b"[]").expect("shorter than a mark"), b"[]");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).expect("in memory");
        let gzip = gzip.finish().expect("in memory");
        assert_eq!(unpacked(&gzip).expect("gzip"), text);
        assert_eq!(unpacked(&[gzip.clone(), gzip.clone()].concat()).expect("two members"), [&text[..], &text].concat());
        let zstd = zstd::encode_all(&text[..], 3).expect("in memory");
        assert_eq!(unpacked(&zstd).expect("zstd"), text);
        assert!(unpacked(&gzip[..gzip.len() - 3]).is_err(), "cut off");
        assert!(unpacked(&zstd[..zstd.len() - 3]).is_err(), "cut off");
    }

    #[test]
    fn a_folder_stands_for_its_files_with_the_name_of_a_kind() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(find(&[folder.path().to_owned()], None).is_err());
        for name in ["net-3.json", "net-0.json", "org.json.gz", "org-0.json", "accounts.json", "ix.txt", "fac.json.bak"]
        {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        let sources = find(&[folder.path().to_owned()], None).expect("sources");
        let names: Vec<&str> = sources.iter().filter_map(|source| source.name.rsplit('/').next()).collect();
        assert_eq!(names, ["org.json.gz", "net-0.json"]);
        assert!(find(&[folder.path().join("missing.json")], None).is_err());
    }
}
