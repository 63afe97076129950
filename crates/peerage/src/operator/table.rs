//! Prints tables for people and JSON for programs.

use std::io::Write;

use serde_json::Value as Json;

/// The maximum number of letters in a cell. Longer texts are cut; `--json` prints them completely.
const CELL_LETTERS_MAX: usize = 60;

/// Rows under headings. Each column is as wide as its widest cell.
pub struct TextTable {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub fn new(heads: &[&'static str]) -> TextTable {
        TextTable { heads: heads.to_vec(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| cut(&plain(&cell))).collect();
        debug_assert_eq!(cells.len(), self.heads.len(), "a cell for each heading");
        self.rows.push(cells);
    }

    pub fn print(&self) -> String {
        let mut widths: Vec<usize> = self.heads.iter().map(|head| head.chars().count()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let mut out = String::new();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            out.push_str(cells.join("  ").trim_end());
            out.push('\n');
        }
        out
    }
}

/// Replaces control characters, so that texts written by others cannot control the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CELL_LETTERS_MAX {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(CELL_LETTERS_MAX - 1).collect();
    short.push('…');
    short
}

/// Formats a JSON value as a cell: empty for null, words for lists.
pub fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(true) => "yes".to_owned(),
        Json::Bool(false) => "no".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Json::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", cell(value))).collect::<Vec<_>>().join(", ")
        }
        Json::Number(number) => number.to_string(),
    }
}

/// Formats one object, with a line for each field that is not empty.
pub fn object(value: &Json) -> String {
    let fields = value.as_object().into_iter().flatten().map(|(name, value)| (name, plain(&cell(value))));
    let fields: Vec<_> = fields.filter(|(_, text)| !text.is_empty()).collect();
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    fields.into_iter().map(|(name, text)| format!("{name:<width$}  {text}\n")).collect::<Vec<_>>().concat()
}

/// Prints rows: as one JSON list, or as a table of some of their fields.
pub fn rows(json: bool, rows: Vec<Json>, columns: &[(&'static str, &'static str)]) -> anyhow::Result<()> {
    if json {
        return value(&Json::Array(rows));
    }
    let heads: Vec<&'static str> = columns.iter().map(|(head, _)| *head).collect();
    let mut table = TextTable::new(&heads);
    for row in &rows {
        table.row(columns.iter().map(|(_, field)| cell(&row[*field])));
    }
    text(&table.print())
}

/// Prints one object: as JSON, or line by line.
pub fn one(json: bool, row: &Json) -> anyhow::Result<()> {
    if json { value(row) } else { text(&object(row)) }
}

pub fn value(value: &Json) -> anyhow::Result<()> {
    text(&format!("{value}\n"))
}

pub fn text(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    // Text that stays in the buffer is written when the program ends, where a failure goes unnoticed.
    Ok(out.write_all(text.as_bytes()).and_then(|()| out.flush())?)
}

/// Prints text that contains a new secret. If that fails, nobody has the secret: `remedy` says what to do then.
///
/// # Errors
/// The text could not be printed. Unlike elsewhere, a closed output is an error, too.
pub fn secret(print: impl FnOnce() -> anyhow::Result<()>, remedy: &str) -> anyhow::Result<()> {
    print().map_err(|error| anyhow::anyhow!("standard output: {error:#}; the new secret could not be shown. {remedy}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_steers_the_terminal() {
        let mut table = TextTable::new(&["id", "name"]);
        table.row(["1".to_owned(), "a\u{1b}[31m".to_owned()]);
        table.row(["1000".to_owned(), "x".repeat(100)]);
        let printed = table.print();
        assert_eq!(printed.lines().nth(1), Some("1     a [31m"));
        assert!(printed.ends_with("x…\n"), "{printed}");
    }

    #[test]
    fn an_object_shows_what_it_says() {
        let shown = object(&json!({"id": "k", "email": null, "networks": ["192.0.2.0/24"], "grants": {"net.5": 3}}));
        assert_eq!(shown, "id        k\nnetworks  192.0.2.0/24\ngrants    net.5=3\n");
    }
}
