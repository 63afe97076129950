//! Tables as files.

use peerage_pages::object::ObjectTable;

/// The rows of a table as CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, unless
/// the reader wants the values as they are.
pub fn csv(table: &ObjectTable, is_defused: bool) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory cannot fail, and all rows have a cell for each column.
    let _ = writer.write_record(table.columns.iter().map(|column| column.key.as_ref()));
    for row in &table.rows {
        let _ = writer.write_record(
            row.iter().map(|cell| if is_defused { defused(cell.plain()) } else { cell.plain().to_owned() }),
        );
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn defused(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_takes_for_a_formula_is_defused() {
        for (text, expected) in [("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("@x", "'@x"), ("a-b", "a-b"), ("", "")] {
            assert_eq!(defused(text), expected);
        }
    }
}
