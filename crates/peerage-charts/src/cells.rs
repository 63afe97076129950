//! Tables as CSV, for programs and for spreadsheets.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

/// Whom a file of values is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CsvForm {
    /// Spreadsheets: no cell can be a formula.
    #[default]
    Safe,
    /// Programs: cells are as they are stored.
    Raw,
}

/// Returns a cell that no spreadsheet reads as a formula: one that begins with `=`, `+`, `-`, `@`, a tab, a carriage return
/// or a line feed gets an apostrophe before it, which spreadsheets take as the sign of a text. Numbers stay numbers.
///
/// ```
/// use peerage_charts::csv_safe;
///
/// assert_eq!(csv_safe("=HYPERLINK(\"https://example.org\")"), "'=HYPERLINK(\"https://example.org\")");
/// assert_eq!(csv_safe("-12.5"), "-12.5");
/// ```
pub fn csv_safe(cell: &str) -> Cow<'_, str> {
    // The full-width forms begin formulas in East Asian locales.
    let begins_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins_formula && !is_number(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// Whether a text is a decimal number. What else Rust reads as one, such as `-inf`, spreadsheets do not.
fn is_number(cell: &str) -> bool {
    cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        && cell.parse::<f64>().is_ok()
}

/// Writes a header and rows as CSV in UTF-8, with lines that end in carriage return and line feed (RFC 4180).
///
/// Rows can have any number of cells. Cost: linear; the caller bounds the rows.
pub fn csv_table<R, C>(form: CsvForm, header: &[&str], rows: R) -> Vec<u8>
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item: AsRef<str>>,
{
    const IN_MEMORY: &str = "writing to memory cannot fail";
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(Vec::new());
    writer.write_record(header).expect(IN_MEMORY);
    for row in rows {
        for cell in row {
            let cell = cell.as_ref();
            let cell = if form == CsvForm::Safe { csv_safe(cell) } else { cell.into() };
            writer.write_field(cell.as_bytes()).expect(IN_MEMORY);
        }
        writer.write_record(None::<&[u8]>).expect(IN_MEMORY);
    }
    writer.into_inner().expect(IN_MEMORY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        let check = |cell: &str, expected: &str| assert_eq!(csv_safe(cell), expected, "{cell:?}");
        for formula in
            ["=1+1", "+SUM(A1)", "-2+3", "@A1", "\t=1", "\r=1", "\n=1", "-", "=", "+49 30 123", "-inf", "-nan", "＝1"]
        {
            check(formula, &format!("'{formula}"));
        }
        for other in ["", "1", "-1", "+1.5", "-1e9", "-.5", "a=1", " =1", "AS64500", "'=1", "2001:db8::/32"] {
            check(other, other);
        }
    }

    #[test]
    fn a_table_is_read_back() {
        let rows = [vec!["a,b", "say \"x\"", "=1+1"], vec!["1\n2", "ü", "-1.5"], vec![]];
        let safe = csv_table(CsvForm::Safe, &["A", "B", "C"], rows.clone());
        let expected = "A,B,C\r\n\"a,b\",\"say \"\"x\"\"\",'=1+1\r\n\"1\n2\",ü,-1.5\r\n\"\"\r\n";
        assert_eq!(String::from_utf8_lossy(&safe), expected);
        let raw = csv_table(CsvForm::Raw, &["A", "B", "C"], rows);
        assert_eq!(String::from_utf8_lossy(&raw), expected.replace('\'', ""));
    }

    proptest! {
        #[test]
        fn no_cell_begins_a_formula(cell in "[=+@\t\r\n-]?[0-9a-z.,;|'\"-]{0,8}") {
            let bytes = csv_table(CsvForm::Safe, &["A"], [[&cell]]);
            let mut reader = csv::Reader::from_reader(&*bytes);
            let record = reader.records().next().expect("a row").expect("CSV");
            let begins = record[0].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            prop_assert!(!begins || record[0].parse::<f64>().is_ok_and(f64::is_finite), "{record:?}");
            prop_assert_eq!(record[0].strip_prefix('\'').filter(|_| !cell.starts_with('\'')).unwrap_or(&record[0]), &cell);
        }
    }
}
