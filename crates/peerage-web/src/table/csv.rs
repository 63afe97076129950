//! Tables as files.

use peerage_charts::{CsvForm, csv_table};
use peerage_pages::object::ObjectTable;

/// The rows of a table as CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, unless
/// the reader wants the values as they are.
pub fn csv(table: &ObjectTable, is_defused: bool) -> Vec<u8> {
    let form = if is_defused { CsvForm::Safe } else { CsvForm::Raw };
    let header: Vec<&str> = table.columns.iter().map(|column| column.key.as_ref()).collect();
    csv_table(form, &header, table.rows.iter().map(|row| row.iter().map(peerage_pages::object::ObjectCell::plain)))
}
