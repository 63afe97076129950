//! A file of breached passwords in the format in which such lists are published: SHA-1 hashes of 40 hexadecimal digits,
//! one per line, followed by `:count`, sorted. It is searched on disk; nothing of it is kept in memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use peerage_server::BreachedPasswords;

use crate::failure::usage;

/// Digits of a hash.
const DIGITS: usize = 40;

/// Maximum size of a line in bytes: the hash, a count, the line end.
const LINE_BYTES_MAX: usize = 80;

/// A file up to this size is checked completely at the start. In a larger file, [`LOOKS`] lines are checked.
const WHOLE_BYTES_MAX: u64 = 8 * 1024 * 1024;
const LOOKS: u64 = 2_000;

/// A hash as in a line.
type HashDigits = [u8; DIGITS];

struct BreachedList {
    file: File,
    bytes: u64,
}

/// Opens the configured file, if any.
///
/// # Errors
/// It cannot be read, has another format, or is not sorted.
pub fn open(path: &str) -> anyhow::Result<Option<Arc<dyn BreachedPasswords>>> {
    if path.is_empty() {
        return Ok(None);
    }
    let fault = |why: &dyn std::fmt::Display| usage(format!("breached_passwords: {path}: {why}"));
    let file = File::open(path).map_err(|error| fault(&error))?;
    let bytes = file.metadata().map_err(|error| fault(&error))?.len();
    let breached = BreachedList { file, bytes };
    match breached.check() {
        Ok(None) => Ok(Some(Arc::new(breached))),
        Ok(Some(why)) => Err(fault(&why)),
        Err(error) => Err(fault(&error)),
    }
}

impl BreachedList {
    /// Returns the first line that starts at or after a byte, and where the next one starts, or `None` at the end. The
    /// hash is `None` if the line has another format.
    fn line_from(&self, from: u64) -> io::Result<Option<(Option<HashDigits>, u64)>> {
        // The byte before shows whether a line starts here.
        let mut at = from.saturating_sub(1);
        let mut buffer = [0; LINE_BYTES_MAX * 2];
        let read = self.read(at, &mut buffer)?;
        let piece = &buffer[..read];
        let skipped = match (from, piece.iter().position(|byte| *byte == b'\n')) {
            (0, _) => 0,
            (_, Some(end)) => end + 1,
            (_, None) => return Ok(if read < buffer.len() { None } else { Some((None, self.bytes)) }),
        };
        let rest = &piece[skipped..];
        at += skipped as u64;
        if at >= self.bytes || rest.is_empty() {
            return Ok(None);
        }
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = &rest[..end.unwrap_or(rest.len())];
        Ok(Some((hash_of(line), at + end.map_or(line.len(), |end| end + 1) as u64)))
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Returns what is wrong with the file, if anything.
    fn check(&self) -> io::Result<Option<String>> {
        let step = if self.bytes <= WHOLE_BYTES_MAX { 0 } else { self.bytes / LOOKS };
        let (mut at, mut before, mut count) = (0, None::<HashDigits>, 0_u64);
        while let Some((hash, next)) = self.line_from(at)? {
            let Some(hash) = hash else {
                return Ok(Some(format!(
                    "expected lines of a SHA-1 hash in 40 hexadecimal digits and \":count\", and found another one about \
                     byte {at}"
                )));
            };
            if before.is_some_and(|before| before > hash) {
                return Ok(Some(format!("expected the hashes in ascending order; about byte {at} they are not")));
            }
            (before, count) = (Some(hash), count + 1);
            at = next.max(at + step);
        }
        Ok((count == 0).then(|| "it is empty".to_owned()))
    }

    fn find(&self, wanted: &HashDigits) -> io::Result<bool> {
        // Lines that start before `low` are smaller; those that start at or after `high` are greater.
        let (mut low, mut high) = (0, self.bytes);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.line_from(middle)? {
                None => high = middle,
                Some((None, _)) => return Err(io::Error::other("the file of breached passwords has changed")),
                Some((Some(hash), next)) => match hash.cmp(wanted) {
                    std::cmp::Ordering::Equal => return Ok(true),
                    std::cmp::Ordering::Less => low = next,
                    std::cmp::Ordering::Greater => high = middle,
                },
            }
        }
        Ok(false)
    }
}

/// Returns the hash at the start of a line, in upper case.
fn hash_of(line: &[u8]) -> Option<HashDigits> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (hash, rest) = line.split_at_checked(DIGITS)?;
    let is_count = rest.is_empty() || (rest[0] == b':' && rest[1..].iter().all(u8::is_ascii_digit));
    let hash: HashDigits = hash.try_into().ok()?;
    (is_count && hash.iter().all(u8::is_ascii_hexdigit)).then(|| hash.map(|digit| digit.to_ascii_uppercase()))
}

fn digits_of(password: &str) -> HashDigits {
    let text = data_encoding::HEXUPPER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref());
    text.as_bytes().try_into().expect("SHA-1 has 20 bytes")
}

impl BreachedPasswords for BreachedList {
    fn holds(&self, password: &str) -> bool {
        self.find(&digits_of(password)).unwrap_or_else(|error| {
            tracing::error!(error = %error, "cannot read the file of breached passwords; a password was not checked");
            false
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.txt");
        std::fs::write(&path, text).expect("written");
        let path = path.display().to_string();
        (folder, path)
    }

    fn list(passwords: &[String], end: &str) -> String {
        let mut lines: Vec<String> = passwords
            .iter()
            .enumerate()
            .map(|(at, password)| {
                format!("{}:{}{end}", String::from_utf8_lossy(&digits_of(password)), 10_u64.pow((at % 9) as u32))
            })
            .collect();
        lines.sort();
        lines.concat()
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        for count in [1, 2, 3, 10, 1000] {
            for end in ["\n", "\r\n"] {
                let passwords: Vec<String> = (0..count).map(|at| format!("stolen password {at}")).collect();
                for text in [
                    list(&passwords, end),
                    list(&passwords, end).trim_end().to_owned(),
                    list(&passwords, end).to_lowercase(),
                ] {
                    let (_folder, path) = file(&text);
                    let list = open(&path).expect("sound").expect("a list");
                    assert!(passwords.iter().all(|password| list.holds(password)), "{count}");
                    assert!(!(0..count).any(|at| list.holds(&format!("own password {at}"))), "{count}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_sorted_list_is_a_mistake_that_names_the_setting() {
        let two = list(&["a".to_owned(), "b".to_owned()], "\n");
        let mut lines: Vec<&str> = two.lines().collect();
        lines.reverse();
        let unsorted = lines.join("\n");
        let long = format!("{}\n", "A".repeat(500));
        for (text, expected) in [
            ("", "it is empty"),
            ("password\n123456\n", "expected lines of a SHA-1 hash"),
            (&format!("{two}x\n"), "expected lines of a SHA-1 hash"),
            (&long, "expected lines of a SHA-1 hash"),
            (&unsorted, "ascending order"),
        ] {
            let (_folder, path) = file(text);
            let error = open(&path).err().expect("a mistake").to_string();
            assert!(error.starts_with("breached_passwords: ") && error.contains(expected), "{error}");
        }
        let missing = open("/nowhere/list.txt").err().expect("a mistake").to_string();
        assert!(missing.starts_with("breached_passwords: /nowhere/list.txt: "), "{missing}");
        assert!(open("").expect("nothing is wrong").is_none());
    }
}
