//! A row of a document, cell by cell, before its values are interpreted.
//!
//! Texts share one buffer that is reused for every row: a full-size registry has five million cells, and allocating
//! each would dominate the running time.

use std::fmt;
use std::ops::Range;

use peerage_schema::{Field, Shown, Table};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

/// The value of a cell in a document.
#[derive(Debug, Default)]
pub(super) enum Cell {
    #[default]
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Range of the text in [`Cells::texts`].
    Text(Range<usize>),
    Json(Json),
}

/// Cells of one row, at the positions of their fields.
#[derive(Debug)]
pub(super) struct Cells {
    pub table: &'static Table,
    pub values: Vec<Cell>,
    pub texts: String,
}

impl Cells {
    pub fn new(table: &'static Table) -> Cells {
        Cells { table, values: table.fields.iter().map(|_| Cell::Missing).collect(), texts: String::new() }
    }

    fn clear(&mut self) {
        self.values.fill_with(Cell::default);
        self.texts.clear();
    }

    pub fn is_named(&self, position: usize) -> bool {
        !matches!(self.values[position], Cell::Missing)
    }

    /// The text of a cell, or `None` if it is not a text.
    pub fn text(&self, position: usize) -> Option<&str> {
        match &self.values[position] {
            Cell::Text(range) => Some(&self.texts[range.clone()]),
            _ => None,
        }
    }

    /// A cell as JSON, for complaints.
    pub fn show(&self, position: usize) -> String {
        match &self.values[position] {
            Cell::Missing => String::new(),
            Cell::Null => "null".to_owned(),
            Cell::Bool(flag) => flag.to_string(),
            Cell::Int(number) => number.to_string(),
            Cell::Float(number) => number.to_string(),
            Cell::Text(range) => Json::from(&self.texts[range.clone()]).to_string(),
            Cell::Json(json) => json.to_string(),
        }
    }
}

/// Whether an import uses this field.
fn is_wanted(field: &Field) -> bool {
    field.is_stored() || matches!(field.shown, Shown::FirstOf(_))
}

/// The JSON type of a list item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Row,
    Null,
    Other,
}

/// Reads one item of a list into the cells.
impl<'de> DeserializeSeed<'de> for &mut Cells {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        self.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Cells {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {}", self.table.tag)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut next = 0;
        while let Some(position) = map.next_key_seed(FieldName { table: self.table, next })? {
            match position {
                Some(position) => {
                    next = position + 1;
                    if is_wanted(&self.table.fields[position]) {
                        self.values[position] = map.next_value_seed(CellSeed { texts: &mut self.texts })?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Shape::Row)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shape::Other)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Other)
    }
}

/// Finds a field by its name. Most documents have the order of the table, so the search starts at the field that is
/// expected next.
struct FieldName {
    table: &'static Table,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        let (before, after) = self.table.fields.split_at(self.next);
        let ahead = after.iter().position(|field| field.name == name).map(|at| self.next + at);
        Ok(ahead.or_else(|| before.iter().position(|field| field.name == name)))
    }
}

struct CellSeed<'a> {
    texts: &'a mut String,
}

impl<'de> DeserializeSeed<'de> for CellSeed<'_> {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed<'_> {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Cell, E> {
        Ok(Cell::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
        // Out of range for every field. As a float it is refused like any other number that is too large.
        Ok(i64::try_from(number).map_or(Cell::Float(number as f64), Cell::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
        Ok(Cell::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        let start = self.texts.len();
        self.texts.push_str(text);
        Ok(Cell::Text(start..self.texts.len()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Cell, A::Error> {
        Json::deserialize(SeqAccessDeserializer::new(items)).map(Cell::Json)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Cell, A::Error> {
        Json::deserialize(MapAccessDeserializer::new(map)).map(Cell::Json)
    }
}
