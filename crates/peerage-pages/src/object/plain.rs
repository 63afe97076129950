//! An object as text, for terminals of 80 to 100 columns.

use super::{FactGroup, ObjectCell, ObjectTable, ObjectView};
use crate::PageTexts;

/// The widest line, in characters.
const WIDTH: usize = 100;
/// The widest column of a table but the last one, in characters.
const COLUMN_MAX: usize = 34;

/// The whole page as text: name, facts, then each list.
pub fn plain(object: &ObjectView, texts: PageTexts) -> String {
    let mut out = String::new();
    let mark = object.mark.as_deref().unwrap_or_default();
    let title = format!("{mark} {}", object.name).trim().to_owned();
    line(&mut out, &title);
    line(&mut out, &"=".repeat(title.chars().count().min(WIDTH)));
    let owner: Vec<&str> = object.crumbs.iter().map(|(name, _)| name.as_str()).collect();
    line(&mut out, &owner.join(" > "));
    if !object.badges.is_empty() {
        line(&mut out, &object.badges.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", "));
    }
    let figures: Vec<(String, String)> =
        object.figures.iter().map(|of| (of.label.clone(), format!("{} {}", of.value, of.aside))).collect();
    out.push('\n');
    pairs(&mut out, object.line.iter().map(|(label, cell)| (label.as_str(), of_cell(cell))));
    pairs(&mut out, figures.iter().map(|(label, value)| (label.as_str(), value.trim().to_owned())));
    for group in &object.groups {
        facts(&mut out, group);
    }
    if !object.notes.is_empty() {
        heading(&mut out, &texts.get("object-notes"));
        for paragraph in object.notes.lines() {
            wrap(&mut out, paragraph);
        }
    }
    for table in &object.tables {
        list(&mut out, table, texts);
    }
    out.push('\n');
    line(&mut out, &format!("{}  {}", texts.get("object-api"), object.forms.api));
    line(&mut out, &object.forms.canonical);
    out
}

/// One table as text.
pub fn plain_table(table: &ObjectTable, texts: PageTexts) -> String {
    let mut out = String::new();
    list(&mut out, table, texts);
    if table.total == 0 {
        line(&mut out, &texts.get("object-none"));
    }
    out.push('\n');
    line(&mut out, &format!("{}  {}", texts.get("object-api"), table.api));
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

fn heading(out: &mut String, text: &str) {
    out.push('\n');
    line(out, text);
    line(out, &"-".repeat(text.chars().count()));
}

/// A value as one line: where it leads to another site, its address.
fn of_cell(cell: &ObjectCell) -> String {
    let away = cell.link.as_deref().filter(|link| link.starts_with("http"));
    let text = away.unwrap_or(&cell.text).replace('\n', ", ");
    match &cell.badge {
        Some((badge, _)) if text.is_empty() => badge.clone(),
        Some((badge, _)) => format!("{text} ({badge})"),
        None => text,
    }
}

fn pairs<'a>(out: &mut String, all: impl Iterator<Item = (&'a str, String)>) {
    let all: Vec<(&str, String)> = all.collect();
    let width = all.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    for (label, value) in &all {
        line(out, &format!("{}  {value}", padded(label, width, false)));
    }
}

fn facts(out: &mut String, group: &FactGroup) {
    heading(out, &group.title);
    pairs(out, group.facts.iter().map(|(label, cell)| (label.as_str(), of_cell(cell))));
}

fn list(out: &mut String, table: &ObjectTable, texts: PageTexts) {
    if table.total == 0 && table.note.is_empty() {
        return;
    }
    heading(out, &format!("{} ({})", table.title, table.count));
    let cells: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(of_cell).collect()).collect();
    let width = |at: usize| {
        let widest = cells.iter().filter_map(|row| row.get(at)).map(|text| text.chars().count()).max().unwrap_or(0);
        widest.max(table.columns[at].label.chars().count()).min(COLUMN_MAX)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let row = |texts: &[&str]| {
        let each = texts.iter().zip(&widths).zip(&table.columns);
        each.map(|((text, width), column)| padded(text, *width, column.is_number)).collect::<Vec<_>>().join("  ")
    };
    if !cells.is_empty() {
        line(out, &row(&table.columns.iter().map(|column| column.label.as_str()).collect::<Vec<_>>()));
    }
    for cells in &cells {
        line(out, &row(&cells.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    if table.pages > 1 {
        line(out, &texts.with("paging-page", &[("page", &table.page), ("pages", &table.pages)]));
    }
    if !table.note.is_empty() {
        wrap(out, &table.note);
    }
}

/// The text in a column: cut with an ellipsis where it is too long.
fn padded(text: &str, width: usize, at_end: bool) -> String {
    let length = text.chars().count();
    if length > width {
        let cut: String = text.chars().take(width.saturating_sub(1)).collect();
        return format!("{cut}…");
    }
    let space = " ".repeat(width - length);
    if at_end { format!("{space}{text}") } else { format!("{text}{space}") }
}

/// Breaks a paragraph at blanks. A word that is longer than a line stands alone.
fn wrap(out: &mut String, text: &str) {
    let mut at = String::new();
    for word in text.split_whitespace() {
        if !at.is_empty() && at.chars().count() + 1 + word.chars().count() > WIDTH {
            line(out, &at);
            at.clear();
        }
        if !at.is_empty() {
            at.push(' ');
        }
        at.push_str(word);
    }
    line(out, &at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_long_words_are_cut() {
        assert_eq!(padded("ab", 4, false), "ab  ");
        assert_eq!(padded("ab", 4, true), "  ab");
        assert_eq!(padded("Zürich West", 6, false), "Züric…");
    }

    #[test]
    fn paragraphs_are_wrapped_at_blanks() {
        let mut out = String::new();
        wrap(&mut out, &"word ".repeat(50));
        assert!(out.lines().count() > 2 && out.lines().all(|line| line.chars().count() <= WIDTH));
    }
}
