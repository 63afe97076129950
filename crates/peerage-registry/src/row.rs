//! A row: the values of one object, packed into one allocation.
//!
//! A cell is at the position of its field in the resource's table; relations have an empty cell. The same type is used
//! for stored rows (derived cells are null) and for rows of a snapshot (derived cells are filled).
//!
//! Layout: one byte with the width of an offset (2 or 4), `fields + 1` offsets, then the cells. A null is an empty
//! cell; a text is one marker byte and UTF-8; a number is as few bytes as it needs, little endian, with its sign; a flag
//! is one byte. A full-size registry has five million cells, so a general value type of 24 bytes per cell would take more
//! memory than the JSON of the rows.

use std::sync::Arc;

use peerage_schema::{CellPosition, Resource, ResourceTable, ValueStorage};

use crate::moment::Moment;

const TEXT_MARK: u8 = b'"';

/// The largest width of a number.
const INT_BYTES: usize = size_of::<i64>();

/// Widths of an offset, in bytes.
const SHORT: u8 = 2;
const LONG: u8 = 4;

/// The values of one object. Cloning is cheap.
///
/// ```
/// use peerage_registry::{Row, Value, stored};
/// use peerage_schema::{Resource, tables::net};
///
/// let row = stored::from_json(Resource::Net, r#"{"id": 5, "asn": 64500, "name": "Example"}"#).expect("a row");
/// assert_eq!((row.id(), row.int(net::ASN), row.text(net::NAME)), (5, Some(64500), Some("Example")));
///
/// let renamed = row.with(&net::TABLE, &[(net::NAME, Value::Text("Sample"))]);
/// assert_eq!(renamed.text(net::NAME), Some("Sample"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    cells: Arc<[u8]>,
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    /// Numbers; degrees in millionths.
    Int(i64),
    Time(Moment),
    Bool(bool),
    Text(&'a str),
}

impl Row {
    /// Where a cell begins and ends.
    fn bounds(&self, position: usize) -> (usize, usize) {
        if self.cells[0] == SHORT {
            let at = 1 + position * 2;
            let offset = |at: usize| usize::from(u16::from_le_bytes([self.cells[at], self.cells[at + 1]]));
            (offset(at), offset(at + 2))
        } else {
            let at = 1 + position * 4;
            let offset = |at: usize| {
                let bytes = [self.cells[at], self.cells[at + 1], self.cells[at + 2], self.cells[at + 3]];
                u32::from_le_bytes(bytes) as usize
            };
            (offset(at), offset(at + 4))
        }
    }

    fn cell(&self, position: usize) -> &[u8] {
        let (from, to) = self.bounds(position);
        &self.cells[from..to]
    }

    pub fn is_null(&self, at: impl CellPosition) -> bool {
        self.cell(at.position()).is_empty()
    }

    /// A number, or degrees in millionths.
    pub fn int(&self, at: impl CellPosition) -> Option<i64> {
        let (from, to) = self.bounds(at.position());
        let unused = INT_BYTES.checked_sub(to - from).filter(|unused| *unused < INT_BYTES)?;
        // What follows the cell is shifted out.
        let eight = self.cells.get(from..from + INT_BYTES).and_then(|eight| eight.try_into().ok());
        let eight = eight.unwrap_or_else(|| {
            let mut eight = [0; INT_BYTES];
            eight[..to - from].copy_from_slice(&self.cells[from..to]);
            eight
        });
        Some((i64::from_le_bytes(eight) << (unused * 8)) >> (unused * 8))
    }

    pub fn time(&self, at: impl CellPosition) -> Option<Moment> {
        self.int(at).map(Moment::from_microseconds)
    }

    pub fn bool(&self, at: impl CellPosition) -> Option<bool> {
        self.cell(at.position()).first().map(|byte| *byte == 1)
    }

    pub fn text(&self, at: impl CellPosition) -> Option<&str> {
        let (_, text) = self.cell(at.position()).split_first()?;
        Some(std::str::from_utf8(text).expect("a text cell is built from a str"))
    }

    /// The text, or an empty one for null.
    pub fn text_or_empty(&self, at: impl CellPosition) -> &str {
        self.text(at).unwrap_or_default()
    }

    pub fn value(&self, at: impl CellPosition, storage: ValueStorage) -> Value<'_> {
        match storage {
            _ if self.is_null(at) => Value::Null,
            ValueStorage::Int | ValueStorage::Degrees => self.int(at).map_or(Value::Null, Value::Int),
            ValueStorage::Time => self.time(at).map_or(Value::Null, Value::Time),
            ValueStorage::Bool => self.bool(at).map_or(Value::Null, Value::Bool),
            ValueStorage::Text => self.text(at).map_or(Value::Null, Value::Text),
            ValueStorage::None => Value::Null,
        }
    }

    /// The id, which is the first field of every table.
    pub fn id(&self) -> u32 {
        self.int(0).map_or(0, |id| id as u32)
    }

    /// Size of the cells in bytes.
    pub fn size(&self) -> usize {
        self.cells.len()
    }

    /// A copy with some cells replaced.
    pub fn with<'a>(&'a self, table: &ResourceTable, changes: &[(impl CellPosition, Value<'a>)]) -> Row {
        let mut builder = RowBuilder::new(table);
        for position in 0..table.fields.len() {
            match changes.iter().find(|(at, _)| at.position() == position) {
                Some((_, value)) => builder.push(*value),
                None => builder.push_cell(self.cell(position)),
            }
        }
        builder.finish()
    }

    /// Each field with its value, for debugging and tests.
    pub fn values(&self, resource: Resource) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        let fields = resource.table().fields.iter().enumerate();
        fields.map(|(position, field)| (field.name, self.value(position, field.kind.storage())))
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({} bytes)", self.cells.len())
    }
}

/// Builds a row cell by cell, in table order, and then perhaps another one.
pub struct RowBuilder {
    offsets: Vec<u32>,
    payload: Vec<u8>,
    cells: Vec<u8>,
    fields: usize,
}

impl RowBuilder {
    pub fn new(table: &ResourceTable) -> RowBuilder {
        let fields = table.fields.len();
        let (offsets, payload) = (Vec::with_capacity(fields + 1), Vec::with_capacity(256));
        RowBuilder { offsets, payload, cells: Vec::with_capacity(256), fields }
    }

    /// Appends a cell of another row.
    fn push_cell(&mut self, cell: &[u8]) {
        self.offsets.push(self.payload.len() as u32);
        self.payload.extend_from_slice(cell);
    }

    pub fn push(&mut self, value: Value<'_>) {
        self.offsets.push(self.payload.len() as u32);
        match value {
            Value::Null => {}
            Value::Int(number) => self.push_int(number),
            Value::Time(time) => self.push_int(time.as_microseconds()),
            Value::Bool(flag) => self.payload.push(u8::from(flag)),
            Value::Text(text) => {
                self.payload.push(TEXT_MARK);
                self.payload.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn push_int(&mut self, number: i64) {
        // The bits that differ from the sign, and one for the sign.
        let bits = 1 + i64::BITS - (number ^ (number >> (i64::BITS - 1))).leading_zeros();
        self.payload.extend_from_slice(&number.to_le_bytes()[..bits.div_ceil(8) as usize]);
    }

    /// Returns the row. The builder is then empty.
    pub fn finish(&mut self) -> Row {
        debug_assert_eq!(self.offsets.len(), self.fields, "one value a field");
        self.offsets.push(self.payload.len() as u32);
        let is_short = u16::try_from(1 + self.offsets.len() * 2 + self.payload.len()).is_ok();
        let mark = if is_short { SHORT } else { LONG };
        let width = usize::from(mark);
        let head = 1 + self.offsets.len() * width;
        self.cells.clear();
        self.cells.push(mark);
        for offset in self.offsets.drain(..) {
            self.cells.extend_from_slice(&(offset + head as u32).to_le_bytes()[..width]);
        }
        self.cells.append(&mut self.payload);
        Row { cells: self.cells.as_slice().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_each_width_come_back() {
        let table = Resource::Ixpfx.table();
        let around = (0..63).flat_map(|bits| [-1, 0, 1].map(|more| (1_i64 << bits).wrapping_add(more)));
        let numbers: Vec<i64> = around.flat_map(|number| [number, -number]).chain([i64::MIN, i64::MAX]).collect();
        for number in numbers {
            let mut builder = RowBuilder::new(table);
            // The last cell has nothing after it.
            (0..table.fields.len()).for_each(|_| builder.push(Value::Int(number)));
            let row = builder.finish();
            assert!((0..table.fields.len()).all(|at| row.int(at) == Some(number)), "{number}");
        }
    }

    #[test]
    fn a_cell_comes_back_as_it_was_pushed_and_null_is_not_empty() {
        let table = Resource::Ixpfx.table();
        let values = [
            Value::Int(7),
            Value::Null,
            Value::Int(-1),
            Value::Text(""),
            Value::Text("2001:db8::/32"),
            Value::Bool(false),
            Value::Time(Moment::from_microseconds(1)),
            Value::Null,
            Value::Text("ok"),
            Value::Null,
            Value::Int(1),
        ];
        let mut builder = RowBuilder::new(table);
        for value in values {
            builder.push(value);
        }
        let row = builder.finish();
        for ((position, field), value) in table.fields.iter().enumerate().zip(values) {
            assert_eq!(row.value(position, field.kind.storage()), value, "{}", field.name);
        }
        let changed = row.with(table, &[(3, Value::Text("IPv6")), (5, Value::Null)]);
        assert_eq!(changed.text(3), Some("IPv6"));
        assert_eq!(changed.bool(5), None);
        assert_eq!(changed.text(4), Some("2001:db8::/32"));
        let long = "n".repeat(70_000);
        let grown = row.with(table, &[(3, Value::Text(&long))]);
        assert_eq!(grown.text(3), Some(long.as_str()));
        assert_eq!((grown.id(), grown.text(8)), (7, Some("ok")));
    }
}
