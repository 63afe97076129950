//! Reads a backup, and checks that it is complete.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use peerage_registry::LogHead;
use peerage_store::{BackupChain, BackupItem, StoreError};

use super::cipher::decrypted;
use super::file::{BackupFault, PieceReader};
use super::line::{BackupCounts, BackupLine, EndLine, HeaderLine, LineDigest};

/// What is wrong with a named file.
#[derive(Debug, thiserror::Error)]
#[error("{file} {fault}")]
pub struct BackupFileError {
    pub file: String,
    pub fault: BackupFault,
}

impl From<BackupFileError> for StoreError {
    fn from(error: BackupFileError) -> StoreError {
        StoreError::Backup(Box::new(error))
    }
}

/// Whether a path means standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// An open backup, after its first line.
pub struct BackupReader {
    name: String,
    pieces: PieceReader,
    pub header: HeaderLine,
    /// The first item, until it has been returned.
    first: Option<BackupItem>,
    digest: LineDigest,
    pub counts: BackupCounts,
    line: u64,
}

impl BackupReader {
    /// Opens a file, or standard input for `-`, and reads its first line. `identity` is a file with keys of age.
    pub fn open(path: &Path, identity: Option<&Path>) -> Result<BackupReader, BackupFileError> {
        let name = if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() };
        let named = |fault| BackupFileError { file: name.clone(), fault };
        let input: Box<dyn Read + Send> = if is_standard(path) {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).map_err(|error| named(error.into()))?)
        };
        let mut pieces = PieceReader::new(decrypted(input, identity).map_err(named)?);
        let mut digest = LineDigest::new();
        let read = || -> Result<(HeaderLine, BackupItem), BackupFault> {
            let line = pieces.line()?.ok_or(BackupFault::Foreign)?;
            let header = HeaderLine::read(line)?;
            digest.add(line);
            let start = header.start().map_err(|why| BackupFault::Line { line: 1, why })?;
            Ok((header, BackupItem::Start(start)))
        };
        let (header, first) = { read }().map_err(named)?;
        let counts = BackupCounts::default();
        Ok(BackupReader { name, pieces, header, first: Some(first), digest, counts, line: 1 })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has only what came after an earlier backup.
    pub fn is_increment(&self) -> bool {
        self.header.after.event > 0
    }

    /// Returns the next item, or `None` if the backup is complete.
    pub fn next(&mut self) -> Result<Option<BackupItem>, BackupFileError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        self.read().map_err(|fault| BackupFileError { file: self.name.clone(), fault })
    }

    fn read(&mut self) -> Result<Option<BackupItem>, BackupFault> {
        self.line += 1;
        let wrong = |line, why: String| BackupFault::Line { line, why };
        let Some(line) = self.pieces.line()? else {
            return Err(wrong(self.line, "the end is missing".to_owned()));
        };
        let parsed: BackupLine = serde_json::from_slice(line).map_err(|error| wrong(self.line, error.to_string()))?;
        if let BackupLine::End(end) = parsed {
            let found = EndLine { counts: self.counts, sha256: self.digest.text() };
            if end != found {
                return Err(wrong(self.line, "the end does not match what is before it".to_owned()));
            }
            return match self.pieces.line()? {
                None => Ok(None),
                Some(_) => Err(wrong(self.line + 1, "there is something after the end".to_owned())),
            };
        }
        self.digest.add(line);
        let item = parsed.item().map_err(|why| wrong(self.line, why))?;
        if matches!(item, BackupItem::Start(_)) {
            return Err(wrong(self.line, "there is another beginning".to_owned()));
        }
        self.counts.add(&item);
        Ok(Some(item))
    }

    /// Reads everything, and checks that the events lead from the position before the backup to its head.
    pub fn verify(mut self, mut progress: impl FnMut(u64)) -> Result<(HeaderLine, BackupCounts), StoreError> {
        let mut chain = BackupChain::after(LogHead::EMPTY);
        let mut head = LogHead::EMPTY;
        while let Some(item) = self.next()? {
            match &item {
                BackupItem::Start(start) => {
                    chain = BackupChain::after(start.after);
                    head = start.head;
                }
                BackupItem::Event(event) => chain.append(event)?,
                _ => {}
            }
            progress(self.counts.total());
        }
        if chain.head() != head {
            let why = format!(
                "{}: its log does not lead to event {} with the hash of its beginning",
                self.name, head.sequence
            );
            return Err(StoreError::Backup(why.into()));
        }
        Ok((self.header, self.counts))
    }
}
