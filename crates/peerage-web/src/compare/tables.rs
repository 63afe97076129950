//! The result of a comparison as tables.

use peerage_pages::PageTexts;
use peerage_pages::object::{CellKind, ObjectCell, ObjectColumn, ObjectTable, SortKey, speed};
use peerage_registry::Snapshot;
use peerage_registry::fold::fold;
use peerage_schema::tables::{fac, ix, net};
use peerage_schema::{Column, Resource};

use super::ROWS_A_PAGE;
use super::question::CompareQuestion;
use super::sets::{MatrixLine, PresenceSum};
use crate::table::cells::field_cell;
use crate::table::{compare, order_word, sort_key, split_order, translate_cells};

/// How the cells of a column are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellShape {
    /// The sum of port speeds.
    Speed,
    /// That the object is there.
    Yes,
    /// How often it is there.
    Count,
}

/// A column of the lines' cells.
#[derive(Clone, Debug)]
pub struct CellHeading {
    /// Its name in addresses and files.
    pub key: String,
    pub label: String,
    pub shape: CellShape,
}

/// A table to make of lines.
pub struct TableSource<'a> {
    pub key: &'static str,
    pub title: &'static str,
    /// The kind of the rows.
    pub of: Resource,
    /// The columns of the lines' cells.
    pub cells: &'a [CellHeading],
    /// The column that counts the objects that are present, if there is one.
    pub count: Option<&'static str>,
    pub lines: Vec<MatrixLine>,
}

/// What tables are made with.
pub struct TableMaker<'a> {
    pub snapshot: &'a Snapshot,
    pub texts: PageTexts,
    pub question: &'a CompareQuestion,
    /// Whether all rows are wanted at once.
    pub is_whole: bool,
}

/// The fields that name a row.
pub fn fields(of: Resource) -> &'static [Column] {
    match of {
        Resource::Ix => &[ix::NAME, ix::CITY, ix::COUNTRY],
        Resource::Fac => &[fac::NAME, fac::CITY, fac::COUNTRY],
        _ => &[net::NAME, net::ASN, net::POLICY_GENERAL],
    }
}

/// The key of the column that counts the present objects, and of the one that lists them.
const PRESENT: &str = "present";
const WHO: &str = "who";

impl TableMaker<'_> {
    /// A table of the lines: filtered, sorted, and one page of them.
    pub fn table(&self, mut source: TableSource<'_>) -> ObjectTable {
        let (key, title, lines) = (source.key, source.title, std::mem::take(&mut source.lines));
        let total = lines.len();
        let is_chosen = self.question.table == key || self.question.table.is_empty();
        let wanted = fold(&self.question.filter).into_owned();
        let is_wanted = |line: &MatrixLine| wanted.is_empty() || self.names(source.of, line.id).contains(&wanted);
        let (by, is_descending) = split_order(if is_chosen { &self.question.sort } else { "" });
        let by = if self.columns(&source).iter().any(|(key, ..)| key == by) { by } else { "name" };
        let keyed = lines.into_iter().filter(is_wanted);
        let mut keyed: Vec<(SortKey, MatrixLine)> =
            keyed.map(|line| (self.sort_key(&source, by, &line), line)).collect();
        keyed.sort_by(|(one, of), (other, than)| {
            let by = if is_descending { other.cmp(one) } else { one.cmp(other) };
            by.then(of.id.cmp(&than.id))
        });
        let count = keyed.len();
        let pages = count.div_ceil(ROWS_A_PAGE).max(1);
        let page = if is_chosen { self.question.page.min(pages) } else { 1 };
        let (skipped, taken) = if self.is_whole { (0, count) } else { ((page - 1) * ROWS_A_PAGE, ROWS_A_PAGE) };
        let shown = keyed.iter().skip(skipped).take(taken);
        let mut rows: Vec<Vec<ObjectCell>> = shown.map(|(_, line)| self.cells(&source, line)).collect();
        translate_cells(self.texts, &mut rows);
        if !self.question.is_list {
            let first = fields(source.of).len() + usize::from(source.count.is_some());
            let speeds = source.cells.iter().enumerate().filter(|(_, cell)| cell.shape == CellShape::Speed);
            compare(&mut rows, &speeds.map(|(at, _)| first + at).collect::<Vec<_>>());
        }
        let address = self.question.address().with("page", "").with("table", key);
        let column = |(of, label, is_number): (String, String, bool)| {
            let is_by = of == by;
            let next = if is_by && !is_descending { format!("-{of}") } else { of.clone() };
            ObjectColumn {
                link: format!("{}#{key}", address.with("sort", &next).text()),
                key: of.into(),
                label,
                is_number,
                order: order_word(is_by, is_descending),
            }
        };
        let at_page = |page: usize| {
            let number = if page > 1 { page.to_string() } else { String::new() };
            format!("{}#{key}", address.with("page", &number).text())
        };
        ObjectTable {
            key,
            title: self.texts.get(title).into_owned(),
            columns: self.columns(&source).into_iter().map(column).collect(),
            rows,
            count,
            total,
            filter: self.question.filter.clone(),
            page,
            pages: if self.is_whole { 1 } else { pages },
            newer: (page > 1).then(|| at_page(page - 1)),
            older: (page < pages).then(|| at_page(page + 1)),
            csv: address.with("format", "csv").text(),
            api: address.with("table", "").with("sort", "").with("format", "json").text(),
            kept: Vec::new(),
            note: String::new(),
        }
    }

    /// Keys, labels, and whether they are numbers.
    fn columns(&self, source: &TableSource<'_>) -> Vec<(String, String, bool)> {
        let of_field =
            |column: &Column| (column.name().to_owned(), self.texts.message(column.field().label), *column == net::ASN);
        let mut all: Vec<_> = fields(source.of).iter().map(of_field).collect();
        all.extend(source.count.map(|label| (PRESENT.to_owned(), self.texts.get(label).into_owned(), true)));
        if self.question.is_list {
            all.push((WHO.to_owned(), self.texts.get("compare-who").into_owned(), false));
        } else {
            let is_number = |cell: &CellHeading| cell.shape != CellShape::Yes;
            all.extend(source.cells.iter().map(|cell| (cell.key.clone(), cell.label.clone(), is_number(cell))));
        }
        all
    }

    fn cells(&self, source: &TableSource<'_>, line: &MatrixLine) -> Vec<ObjectCell> {
        let row = self.snapshot.row(source.of, line.id);
        let of_field = |column: &Column| row.map(|row| field_cell(self.snapshot, row, *column)).unwrap_or_default();
        let mut cells: Vec<ObjectCell> = fields(source.of).iter().map(of_field).collect();
        cells.extend(source.count.map(|_| ObjectCell::number(line.count() as i64)));
        if self.question.is_list {
            let present = line.cells.iter().zip(source.cells).filter_map(|(cell, heading)| {
                let (sum, label) = ((*cell)?, &heading.label);
                Some(if sum.mbit > 0 { format!("{label} ({})", speed(sum.mbit)) } else { label.clone() })
            });
            cells.push(ObjectCell::text(present.collect::<Vec<_>>().join(", ")));
        } else {
            let each = line.cells.iter().zip(source.cells);
            cells.extend(each.map(|(cell, heading)| presence_cell(*cell, heading.shape)));
        }
        cells
    }

    fn sort_key(&self, source: &TableSource<'_>, by: &str, line: &MatrixLine) -> SortKey {
        if by == PRESENT || by == WHO {
            return SortKey::Number(line.count() as i64);
        }
        if let Some(at) = source.cells.iter().position(|cell| cell.key == by) {
            let is_speed = source.cells[at].shape == CellShape::Speed;
            let size = |sum: PresenceSum| if is_speed { sum.mbit } else { sum.presences as i64 };
            // The largest come first.
            return SortKey::Number(line.cells.get(at).copied().flatten().map_or(i64::MAX, |sum| -size(sum)));
        }
        let column = fields(source.of).iter().find(|column| column.name() == by);
        let row = self.snapshot.row(source.of, line.id);
        column
            .zip(row)
            .map(|(column, row)| sort_key(self.texts, field_cell(self.snapshot, row, *column)))
            .unwrap_or_default()
    }

    /// What the filter looks in, folded.
    fn names(&self, of: Resource, id: u32) -> String {
        let row = self.snapshot.row(of, id);
        let texts = row.into_iter().flat_map(|row| fields(of).iter().map(move |column| (row, column)));
        let shown = texts.map(|(row, column)| {
            let cell = field_cell(self.snapshot, row, *column);
            format!("{} {}", cell.text, cell.plain())
        });
        fold(&shown.collect::<Vec<_>>().join("\n")).into_owned()
    }
}

/// What an object has in a row.
fn presence_cell(cell: Option<PresenceSum>, shape: CellShape) -> ObjectCell {
    match (cell, shape) {
        (None, CellShape::Count) => ObjectCell::number(0),
        (None, _) => ObjectCell::default(),
        (Some(sum), CellShape::Count) => ObjectCell::number(sum.presences as i64),
        (Some(sum), CellShape::Speed) => {
            let shown = if sum.mbit > 0 { speed(sum.mbit) } else { "0".to_owned() };
            let kind = CellKind::Number;
            ObjectCell { text: shown, raw: Some(sum.mbit.to_string()), kind, ..ObjectCell::default() }
        }
        (Some(_), CellShape::Yes) => ObjectCell {
            raw: Some("true".to_owned()),
            badge: Some(("object-yes".to_owned(), "yes")),
            ..ObjectCell::default()
        },
    }
}
