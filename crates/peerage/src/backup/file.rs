//! The file of a backup: lines of text in compressed pieces, each with a checksum.
//!
//! A piece is a zstd frame. Before it comes a frame that zstd programs skip; it has the length of the piece and the
//! SHA-256 of the previous checksum, the length and the piece. So `zstd -dc` shows the lines, and every byte of the
//! file is covered: a changed one is found in its piece, and a file that was cut lacks the piece that says it is the last.

use std::io::{self, Read, Write};

use aws_lc_rs::digest::{Context, SHA256};

/// The beginning of a frame that zstd programs skip, and the size of its content.
const SKIPPED: [u8; 8] = [0x50, 0x2a, 0x4d, 0x18, 37, 0, 0, 0];

/// Length of the piece, whether it is the last, checksum.
const CONTENT_BYTES: usize = 4 + 1 + 32;

/// Text that is compressed at a time.
const PIECE_BYTES: usize = 4 << 20;

/// The largest piece that is read, compressed or not. A line is never cut, so a piece can be longer than usual.
const PIECE_BYTES_MAX: u64 = 128 << 20;

const LEVEL: i32 = 3;

type Checksum = [u8; 32];

/// What is wrong with the file of a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is not a backup. Only files of `peerage backup` can be restored")]
    Foreign,
    #[error("is encrypted. Name the file with your key: --identity FILE")]
    Encrypted,
    #[error("cannot be decrypted: {0}")]
    Decryption(String),
    #[error("is damaged at byte {0}. Use another copy of it")]
    Damaged(u64),
    #[error("ends after {0} bytes and is incomplete. Copy it again")]
    Cut(u64),
    #[error("continues after its end, at byte {0}. Use another copy of it")]
    Trailing(u64),
    #[error("line {line}: {why}")]
    Line { line: u64, why: String },
    #[error("has backup format {0}, written by a newer program. Update this program")]
    Format(u32),
    #[error("has table layout {found}, written by a newer program. This one knows layouts up to {known}: update it")]
    Layout { found: u32, known: u32 },
}

fn checksum(previous: &Checksum, length: &[u8], is_last: u8, piece: &[u8]) -> Checksum {
    let mut context = Context::new(&SHA256);
    for part in [previous.as_slice(), length, &[is_last], piece] {
        context.update(part);
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Writes lines.
pub struct PieceWriter<W> {
    out: W,
    text: Vec<u8>,
    previous: Checksum,
}

impl<W: Write> PieceWriter<W> {
    pub fn new(out: W) -> PieceWriter<W> {
        PieceWriter { out, text: Vec::with_capacity(PIECE_BYTES + (1 << 16)), previous: Checksum::default() }
    }

    /// Writes a line, without its end.
    pub fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        if self.text.len() >= PIECE_BYTES { self.piece(false) } else { Ok(()) }
    }

    /// Writes the last piece.
    pub fn finish(mut self) -> io::Result<W> {
        self.piece(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn piece(&mut self, is_last: bool) -> io::Result<()> {
        let piece = zstd::bulk::compress(&self.text, LEVEL)?;
        self.text.clear();
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?.to_le_bytes();
        self.previous = checksum(&self.previous, &length, is_last.into(), &piece);
        for part in [SKIPPED.as_slice(), &length, &[is_last.into()], &self.previous, &piece] {
            self.out.write_all(part)?;
        }
        Ok(())
    }
}

/// Reads lines, and checks each piece before the first of its lines is returned.
pub struct PieceReader {
    input: Box<dyn Read + Send>,
    /// Bytes that were read.
    at: u64,
    text: Vec<u8>,
    /// Where the next line begins.
    next: usize,
    is_last: bool,
    previous: Checksum,
}

impl PieceReader {
    pub fn new(input: Box<dyn Read + Send>) -> PieceReader {
        PieceReader { input, at: 0, text: Vec::new(), next: 0, is_last: false, previous: Checksum::default() }
    }

    /// Returns the next line without its end, or `None` if there are no more.
    pub fn line(&mut self) -> Result<Option<&[u8]>, BackupFault> {
        while self.next == self.text.len() {
            if self.is_last {
                let at = self.at;
                return if self.fill(&mut [0]).is_ok() { Err(BackupFault::Trailing(at)) } else { Ok(None) };
            }
            self.piece()?;
        }
        let rest = &self.text[self.next..];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or(BackupFault::Damaged(self.at))?;
        let line = &self.text[self.next..self.next + length];
        self.next += length + 1;
        Ok(Some(line))
    }

    fn piece(&mut self) -> Result<(), BackupFault> {
        let begin = self.at;
        let mut head = [0; SKIPPED.len() + CONTENT_BYTES];
        if let Err(fault) = self.fill(&mut head) {
            let known = (self.at - begin).min(SKIPPED.len() as u64) as usize;
            let is_begun = known > 0 && head[..known] == SKIPPED[..known];
            let is_foreign = matches!(fault, BackupFault::Cut(_)) && begin == 0 && !is_begun;
            return Err(if is_foreign { BackupFault::Foreign } else { fault });
        }
        let (skipped, content) = head.split_at(SKIPPED.len());
        if skipped != SKIPPED {
            return Err(if begin == 0 { BackupFault::Foreign } else { BackupFault::Damaged(begin) });
        }
        let (length, rest) = content.split_at(4);
        let (is_last, expected) = (rest[0], &rest[1..]);
        let size = u64::from(u32::from_le_bytes([length[0], length[1], length[2], length[3]]));
        if size > PIECE_BYTES_MAX || is_last > 1 {
            return Err(BackupFault::Damaged(begin));
        }
        let mut piece = Vec::new();
        self.at += (&mut self.input).take(size).read_to_end(&mut piece)? as u64;
        if (piece.len() as u64) < size {
            return Err(BackupFault::Cut(self.at));
        }
        self.previous = checksum(&self.previous, length, is_last, &piece);
        if self.previous != *expected {
            return Err(BackupFault::Damaged(begin));
        }
        self.text.clear();
        self.next = 0;
        self.is_last = is_last == 1;
        let text = zstd::Decoder::new(piece.as_slice())?;
        let read = text.take(PIECE_BYTES_MAX + 1).read_to_end(&mut self.text);
        read.map_err(|_| BackupFault::Damaged(begin))?;
        if self.text.len() as u64 > PIECE_BYTES_MAX {
            return Err(BackupFault::Damaged(begin));
        }
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupFault> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.input.read(&mut bytes[filled..]) {
                Ok(0) => return Err(BackupFault::Cut(self.at)),
                Ok(read) => {
                    filled += read;
                    self.at += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lines: &[&str]) -> Vec<u8> {
        let mut writer = PieceWriter::new(Vec::new());
        for (at, line) in lines.iter().enumerate() {
            writer.line(line.as_bytes()).expect("in memory");
            if at % 2 == 1 {
                writer.piece(false).expect("in memory");
            }
        }
        writer.finish().expect("in memory")
    }

    fn read(bytes: &[u8]) -> Result<Vec<String>, BackupFault> {
        let mut reader = PieceReader::new(Box::new(io::Cursor::new(bytes.to_vec())));
        let mut lines = Vec::new();
        while let Some(line) = reader.line()? {
            lines.push(String::from_utf8_lossy(line).into_owned());
        }
        Ok(lines)
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_found() {
        let lines = ["one", "two", "", "four", "five"];
        let whole = written(&lines);
        assert_eq!(read(&whole).expect("sound"), lines);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                assert!(read(&changed).is_err(), "bit {bit} of byte {at}");
            }
            assert!(read(&whole[..at]).is_err(), "cut after {at} bytes");
        }
        let longer = [whole.as_slice(), b"x"].concat();
        assert!(matches!(read(&longer), Err(BackupFault::Trailing(at)) if at == whole.len() as u64));
        let twice = [whole.as_slice(), &whole].concat();
        assert!(matches!(read(&twice), Err(BackupFault::Trailing(_))));
        assert!(matches!(read(b"{\"net\":[]}"), Err(BackupFault::Foreign)));
    }

    #[test]
    fn the_lines_are_those_that_zstd_programs_show() {
        let text = zstd::decode_all(written(&["one", "two", "three"]).as_slice()).expect("zstd frames");
        assert_eq!(text, b"one\ntwo\nthree\n");
    }
}
