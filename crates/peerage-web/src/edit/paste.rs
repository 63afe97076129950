//! Rows that a person pastes from a spreadsheet, or from a list in a mail.

use peerage_pages::PageTexts;
use peerage_registry::fold::fold;
use peerage_schema::choices::FieldChoice;
use peerage_schema::{Field, FieldKind};

use super::values::{EnteredTexts, YES};

/// Bytes that can be pasted at once.
pub const BYTES_MAX: usize = 64 * 1024;

/// A pasted row: the values of the fields that it has.
pub type PastedRow = Vec<(&'static Field, EnteredTexts)>;

/// Reads pasted rows: separated by tabs, semicolons or commas. A first line with names or labels of fields says what the
/// columns are; without one, they are in the order of `fields`.
///
/// # Errors
/// A line that cannot be read, with its number.
pub fn read(
    texts: PageTexts,
    fields: &[&'static Field],
    pasted: &str,
    rows_max: usize,
) -> Result<Vec<PastedRow>, String> {
    if pasted.len() > BYTES_MAX {
        return Err(texts.with("edit-paste-too-long", &[("bytes", &BYTES_MAX)]));
    }
    let delimiter = if pasted.contains('\t') {
        b'\t'
    } else if pasted.contains(';') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(pasted.as_bytes());
    let mut columns: Vec<Option<&'static Field>> = fields.iter().copied().map(Some).collect();
    let mut rows = Vec::new();
    for (line, record) in reader.records().enumerate() {
        let number = line + 1;
        let record = record.map_err(|_| texts.with("edit-paste-line", &[("line", &number)]))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if line == 0
            && let Some(named) = header(texts, fields, record.iter())
        {
            columns = named;
            continue;
        }
        if rows.len() >= rows_max {
            return Err(texts.with("edit-paste-too-many", &[("count", &rows_max)]));
        }
        if record.len() > columns.len() {
            let (have, most) = (record.len(), columns.len());
            return Err(texts.with("edit-paste-columns", &[("line", &number), ("have", &have), ("most", &most)]));
        }
        let cells = columns.iter().zip(record.iter()).filter_map(|(field, text)| Some(((*field)?, text)));
        rows.push(cells.map(|(field, text)| (field, entered(texts, field, text))).collect());
    }
    Ok(rows)
}

/// The fields that a header names; none if its first cells name none. A column without a field is skipped.
fn header<'a>(
    texts: PageTexts,
    fields: &[&'static Field],
    cells: impl Iterator<Item = &'a str>,
) -> Option<Vec<Option<&'static Field>>> {
    let find = |cell: &str| {
        let is_named = |field: &&&'static Field| {
            let folded = fold(cell);
            folded == field.name || folded == fold(field.label) || folded == fold(&texts.message(field.label))
        };
        fields.iter().find(is_named).copied()
    };
    let named: Vec<Option<&'static Field>> = cells.map(find).collect();
    (named.iter().flatten().count() * 2 > named.len()).then_some(named)
}

/// A value as the form has it.
fn entered(texts: PageTexts, field: &Field, text: &str) -> EnteredTexts {
    let choice = |choices: &[FieldChoice], text: &str| {
        let folded = fold(text);
        let is_it = |choice: &&FieldChoice| {
            choice.value == text
                || fold(choice.value) == folded
                || fold(choice.label) == folded
                || fold(&texts.message(choice.label)) == folded
        };
        choices.iter().find(is_it).map_or_else(|| text.to_owned(), |choice| choice.value.to_owned())
    };
    match field.kind {
        FieldKind::Bool => {
            let is_yes = matches!(&*fold(text), "yes" | "y" | "true" | "1" | "x" | "on" | "ja" | "✓")
                || fold(text) == fold(&texts.get("object-yes"));
            if is_yes { vec![YES.to_owned()] } else { Vec::new() }
        }
        FieldKind::Choice(choices) => vec![choice(choices, text)],
        FieldKind::Choices(choices) | FieldKind::Words(choices) => {
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| choice(choices, item)).collect()
        }
        _ => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use peerage_schema::tables::{netixlan, poc};

    use super::*;

    fn ports() -> [&'static Field; 4] {
        [netixlan::IXLAN_ID.field(), netixlan::IPADDR4.field(), netixlan::SPEED.field(), netixlan::IS_RS_PEER.field()]
    }

    fn texts(rows: &[PastedRow]) -> Vec<Vec<(&str, String)>> {
        rows.iter().map(|row| row.iter().map(|(field, texts)| (field.name, texts.join("|"))).collect()).collect()
    }

    #[test]
    fn columns_are_in_order_or_named_by_a_header() {
        let english = PageTexts::english();
        let rows = read(english, &ports(), "Alpha-IX\t192.0.2.1\t10G\tyes\n\nBeta-IX\t\t1G\n", 10).expect("rows");
        assert_eq!(
            texts(&rows)[0],
            [
                ("ixlan_id", "Alpha-IX".to_owned()),
                ("ipaddr4", "192.0.2.1".to_owned()),
                ("speed", "10G".to_owned()),
                ("is_rs_peer", YES.to_owned())
            ]
        );
        assert_eq!(texts(&rows)[1].len(), 3);
        let rows = read(english, &ports(), "Speed;Colour;ipv4 address\n10G;red;192.0.2.1\n", 10).expect("rows");
        assert_eq!(texts(&rows), [[("speed", "10G".to_owned()), ("ipaddr4", "192.0.2.1".to_owned())]]);
        let rows = read(english, &[poc::ROLE.field(), poc::NAME.field()], "noc,\"Night, shift\"\n", 10).expect("rows");
        assert_eq!(texts(&rows), [[("role", "NOC".to_owned()), ("name", "Night, shift".to_owned())]]);
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let english = PageTexts::english();
        assert!(read(english, &ports(), "a\nb\nc\n", 2).is_err());
        assert!(read(english, &ports(), "a,b,c,d,e\n", 2).is_err());
        assert!(read(english, &ports(), &"x".repeat(BYTES_MAX + 1), 2).is_err());
        assert!(read(english, &ports(), "", 2).expect("nothing").is_empty());
    }
}
