//! Writes tables as JSON and as comma-separated values.

use peerage_registry::json::push_value;
use serde_json::Value as Json;

use crate::tools::export::TableWriter;
use crate::tools::json::{ObjectWriter, push_list};

/// `{"results": [{"<column>": …}, …]}`.
pub fn json(table: TableWriter<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = ObjectWriter::new(&mut out);
    push_list(object.member("results"), table.rows, |out, cells| {
        let mut row = ObjectWriter::new(out);
        for (column, cell) in table.columns.iter().zip(cells) {
            row.value(column, cell);
        }
        row.end();
    });
    object.end();
    out
}

/// Writes a header and the rows, ended by carriage return and line feed (RFC 4180), in UTF-8. Cells are not changed,
/// even if a spreadsheet would read them as formulas.
pub fn csv(table: TableWriter<'_>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut write = |cells: &mut dyn Iterator<Item = String>| {
        writer.write_record(cells).expect("writing to memory cannot fail and rows are equally long");
    };
    write(&mut table.columns.iter().map(ToString::to_string));
    for cells in table.rows {
        write(&mut cells.iter().map(plain));
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

/// Formats a cell as text: empty for null, JSON for lists.
pub fn plain(cell: &Json) -> String {
    match cell {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => {
            let mut out = Vec::new();
            push_value(&mut out, other);
            String::from_utf8(out).expect("JSON is text")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_with_commas_quotes_and_line_breaks_are_quoted() {
        let rows = vec![
            vec![json!("a,b"), json!("say \"x\""), json!("1\n2")],
            vec![json!(null), json!(true), json!([1, 2])],
            vec![json!("=1+1"), json!("ü"), json!(-1.5)],
        ];
        let columns = ["A", "B", "C"].map(Into::into).to_vec();
        let bytes = csv(TableWriter { columns, rows: Box::new(rows.into_iter()) });
        let expected = "A,B,C\r\n\"a,b\",\"say \"\"x\"\"\",\"1\n2\"\r\n,true,\"[1, 2]\"\r\n=1+1,ü,-1.5\r\n";
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }
}
