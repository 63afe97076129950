//! A row of a document, cell by cell, before its values are interpreted.
//!
//! Texts share one buffer that is reused for every row: a full-size registry has five million cells, and allocating
//! each would dominate the running time.

use std::fmt;
use std::ops::Range;

use peerage_schema::{DisplayForm, Field, ResourceTable};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

/// The value of a cell in a document.
#[derive(Debug, Default)]
pub(super) enum DumpCell {
    #[default]
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Range of the text in [`DumpCells::texts`].
    Text(Range<usize>),
    Json(Json),
}

/// Cells of one row, at the positions of their fields.
#[derive(Debug)]
pub(super) struct DumpCells {
    pub table: &'static ResourceTable,
    pub values: Vec<DumpCell>,
    pub texts: String,
}

impl DumpCells {
    pub fn new(table: &'static ResourceTable) -> DumpCells {
        DumpCells { table, values: table.fields.iter().map(|_| DumpCell::Missing).collect(), texts: String::new() }
    }

    fn clear(&mut self) {
        self.values.fill_with(DumpCell::default);
        self.texts.clear();
    }

    pub fn is_named(&self, position: usize) -> bool {
        !matches!(self.values[position], DumpCell::Missing)
    }

    /// The text of a cell, or `None` if it is not a text.
    pub fn text(&self, position: usize) -> Option<&str> {
        match &self.values[position] {
            DumpCell::Text(range) => Some(&self.texts[range.clone()]),
            _ => None,
        }
    }

    /// A cell as JSON, for complaints.
    pub fn show(&self, position: usize) -> String {
        match &self.values[position] {
            DumpCell::Missing => String::new(),
            DumpCell::Null => "null".to_owned(),
            DumpCell::Bool(flag) => flag.to_string(),
            DumpCell::Int(number) => number.to_string(),
            DumpCell::Float(number) => number.to_string(),
            DumpCell::Text(range) => Json::from(&self.texts[range.clone()]).to_string(),
            DumpCell::Json(json) => json.to_string(),
        }
    }
}

/// Whether an import uses this field.
fn is_wanted(field: &Field) -> bool {
    field.is_stored() || matches!(field.shown, DisplayForm::FirstOf(_))
}

/// The JSON type of a list item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowShape {
    Row,
    Null,
    Other,
}

/// Reads one item of a list into the cells.
impl<'de> DeserializeSeed<'de> for &mut DumpCells {
    type Value = RowShape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RowShape, D::Error> {
        self.clear();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut DumpCells {
    type Value = RowShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {}", self.table.tag)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RowShape, A::Error> {
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
        Ok(RowShape::Row)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RowShape, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RowShape::Other)
    }

    fn visit_unit<E>(self) -> Result<RowShape, E> {
        Ok(RowShape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<RowShape, E> {
        Ok(RowShape::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<RowShape, E> {
        Ok(RowShape::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<RowShape, E> {
        Ok(RowShape::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<RowShape, E> {
        Ok(RowShape::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<RowShape, E> {
        Ok(RowShape::Other)
    }
}

/// Finds a field by its name. Most documents have the order of the table, so the search starts at the field that is
/// expected next.
struct FieldName {
    table: &'static ResourceTable,
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
    type Value = DumpCell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<DumpCell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed<'_> {
    type Value = DumpCell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<DumpCell, E> {
        Ok(DumpCell::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<DumpCell, E> {
        Ok(DumpCell::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<DumpCell, E> {
        Ok(DumpCell::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<DumpCell, E> {
        // Out of range for every field. As a float it is refused like any other number that is too large.
        Ok(i64::try_from(number).map_or(DumpCell::Float(number as f64), DumpCell::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<DumpCell, E> {
        Ok(DumpCell::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<DumpCell, E> {
        let start = self.texts.len();
        self.texts.push_str(text);
        Ok(DumpCell::Text(start..self.texts.len()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<DumpCell, A::Error> {
        Json::deserialize(SeqAccessDeserializer::new(items)).map(DumpCell::Json)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DumpCell, A::Error> {
        Json::deserialize(MapAccessDeserializer::new(map)).map(DumpCell::Json)
    }
}
