//! The operator's own pages: Markdown files of a folder, which are read once, at the start.

use std::io::Read;
use std::path::Path;

use peerage_server::OWN_PAGES;

use crate::failure::usage;

/// The largest file, in bytes.
const BYTES_MAX: u64 = 256 * 1024;

/// Reads those files that exist.
///
/// # Errors
/// The folder does not exist, or a file is too large, cannot be read or is not UTF-8.
pub fn read(folder: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    if folder.is_empty() {
        return Ok(Vec::new());
    }
    let folder = Path::new(folder);
    let fault = |path: &Path, why: &dyn std::fmt::Display| usage(format!("pages_folder: {}: {why}", path.display()));
    if !folder.is_dir() {
        return Err(fault(folder, &"is not a folder"));
    }
    let mut pages = Vec::new();
    for name in OWN_PAGES {
        let path = folder.join(name).with_extension("md");
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(fault(&path, &error)),
        };
        let mut text = String::new();
        file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| fault(&path, &error))?;
        if text.len() as u64 > BYTES_MAX {
            return Err(fault(&path, &format!("has more than {BYTES_MAX} bytes")));
        }
        pages.push((name, text));
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_exist_are_read_and_wrong_ones_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let read = || read(folder.path().to_str().expect("a path"));
        assert_eq!(read().expect("an empty folder"), []);
        std::fs::write(path("privacy.md"), "# Privacy").expect("a file");
        std::fs::write(path("other.md"), "# Other").expect("a file");
        assert_eq!(read().expect("a file"), [("privacy", "# Privacy".to_owned())]);
        std::fs::write(path("terms.md"), vec![b'x'; BYTES_MAX as usize + 1]).expect("a file");
        assert!(read().expect_err("too large").to_string().contains("terms.md: has more than"));
        std::fs::write(path("terms.md"), [0xff]).expect("a file");
        assert!(read().expect_err("not UTF-8").to_string().contains("terms.md"));
        assert!(super::read("/nowhere/at/all").expect_err("no folder").to_string().contains("is not a folder"));
    }
}
