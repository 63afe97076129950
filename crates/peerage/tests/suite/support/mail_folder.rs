//! Mails that a server stores in a folder.

/// Returns the texts of all mails in a folder.
pub fn mails_in(folder: &std::path::Path) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = folder.filter_map(Result::ok).map(|entry| entry.path());
    // A file that is still being written has another extension.
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
    files.sort();
    files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).map(|text| unfold(&text)).collect()
}

/// Returns a mail's text with folded lines joined.
fn unfold(text: &str) -> String {
    text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
}
