//! Tables of rows of the registry, as pages and files show them.

pub mod cells;
pub mod csv;

use peerage_pages::PageTexts;
use peerage_pages::object::{CellKind, ObjectCell, SortKey};

use cells::{ColumnLabel, ListColumn};

/// The label of a column.
pub fn label(texts: PageTexts, column: &ListColumn) -> String {
    match column.label {
        ColumnLabel::Kind(resource) => texts.get(&format!("kind-{}", resource.tag())).into_owned(),
        ColumnLabel::Field(column) => texts.message(column.field().label),
        ColumnLabel::Text(key) => texts.get(key).into_owned(),
    }
}

/// How a table is sorted by a column, in the words of `aria-sort`. Empty if it is sorted by another one.
pub fn order_word(is_by: bool, is_descending: bool) -> &'static str {
    match (is_by, is_descending) {
        (false, _) => "",
        (true, false) => "ascending",
        (true, true) => "descending",
    }
}

/// Splits `-speed` into the key of a column and whether the order is descending.
pub fn split_order(wanted: &str) -> (&str, bool) {
    wanted.strip_prefix('-').map_or((wanted, false), |key| (key, true))
}

/// Words the badges, and compares speeds with the largest of the rows.
pub fn finish(texts: PageTexts, columns: &[&ListColumn], rows: &mut [Vec<ObjectCell>]) {
    let at = columns.iter().position(|column| column.key == "speed");
    translate_cells(texts, rows);
    if let Some(at) = at {
        compare(rows, &[at]);
    }
}

/// Puts countries and badges into the language of the page.
pub fn translate_cells(texts: PageTexts, rows: &mut [Vec<ObjectCell>]) {
    for cell in rows.iter_mut().flatten() {
        translate_cell(texts, cell);
    }
}

/// What a cell is sorted by, in the language of the page.
pub fn sort_key(texts: PageTexts, mut cell: ObjectCell) -> SortKey {
    translate_cell(texts, &mut cell);
    cell.sort
}

/// The same for one cell. Countries are codes until then, and badges are keys of texts, or messages.
pub fn translate_cell(texts: PageTexts, cell: &mut ObjectCell) {
    if cell.kind == CellKind::Country {
        cell.text = texts.country(&cell.text);
        cell.sort = SortKey::Text(cell.text.to_lowercase());
    }
    if let Some((text, _)) = cell.badge.as_mut() {
        *text = match text.strip_prefix("object-") {
            Some(_) => texts.get(text).into_owned(),
            None => texts.message(text),
        };
    }
}

/// Gives the numbers in these columns bars that compare them with the largest of all.
pub fn compare(rows: &mut [Vec<ObjectCell>], columns: &[usize]) {
    let number = |row: &[ObjectCell], at: usize| row.get(at).and_then(|cell| cell.plain().parse::<i64>().ok());
    let each = rows.iter().flat_map(|row| columns.iter().filter_map(|at| number(row, *at)));
    let most = each.max().unwrap_or(0).max(1);
    for row in rows {
        for at in columns {
            let size = number(row, *at).unwrap_or(0);
            if let Some(cell) = row.get_mut(*at).filter(|_| size > 0) {
                cell.bar = (size.saturating_mul(10) / most).clamp(1, 10) as u8;
            }
        }
    }
}
