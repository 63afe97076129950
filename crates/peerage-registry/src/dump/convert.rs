//! Converts the cells of a document to a stored row, field by field as the table says.

use std::borrow::Cow;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use peerage_schema::choices::RIR_OK;
use peerage_schema::choices::STATUS;
use peerage_schema::{DisplayForm, EmptyValue, Field, FieldIndex, FieldKind, ResourceTable, ValueStorage};
use serde_json::Value as Json;

use crate::dump::cells::{DumpCell, DumpCells};
use crate::moment::{self, Moment};
use crate::row::{Row, RowBuilder, Value};
use crate::stored;

/// Maximum id: the largest number in a signed 32-bit column, which every database supports.
const ID_MAX: i64 = 2_147_483_647;
/// Minimum integer, for the same reason.
const INT_MIN: i64 = -2_147_483_648;
/// Maximum length of a text, in bytes. The longest real one has 140 kB.
const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Maximum length of an indexed text, in bytes: PostgreSQL does not index longer keys.
const INDEXED_BYTES_MAX: usize = 2000;
/// Years 0 to 9999, which every database supports, up to the last second that the store takes.
const TIMES: RangeInclusive<Moment> =
    Moment::from_seconds(-62_167_219_200)..=Moment::from_microseconds(253_402_207_199_999_999);
/// Degrees have up to three digits before the decimal point.
const DEGREES_MAX: f64 = 999.0;
/// The stored state of an AS number that a listing shows as `ok`.
const RIR_ASSIGNED: &str = "assigned";

/// A row of a document after conversion.
#[derive(Debug)]
pub(super) struct ConvertedRow {
    pub id: Option<u32>,
    /// `None` if a problem makes the row unusable.
    pub row: Option<Row>,
    /// One bit for each field, by position: whether the document has it.
    pub named: u64,
    /// Whether the row is taken literally, because [`super::push_row`] has written it.
    pub exact: bool,
    pub problems: Vec<FieldProblem>,
}

/// A problem with one field.
#[derive(Debug)]
pub(super) struct FieldProblem {
    pub field: &'static str,
    pub reason: Cow<'static, str>,
    pub value: String,
    pub refused: bool,
}

/// The value of a cell, in stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum AcceptedCell<'a> {
    Null,
    Int(i64),
    Time(Moment),
    Bool(bool),
    Text(Cow<'a, str>),
}

/// Why a value cannot be taken unchanged.
enum CellFault<'a> {
    Refused(Cow<'static, str>),
    /// A different value was taken; the reason says which.
    Mended(Cow<'static, str>, AcceptedCell<'a>),
}

type CellResult<'a> = Result<AcceptedCell<'a>, CellFault<'a>>;

fn refused<'a>(reason: &'static str) -> CellResult<'a> {
    Err(CellFault::Refused(Cow::Borrowed(reason)))
}

/// Converts a row. Reports all problems, not only the first.
pub(super) fn convert(cells: &DumpCells) -> ConvertedRow {
    let table = cells.table;
    let exact =
        table.fields.iter().enumerate().any(|(at, field)| field.shown == DisplayForm::Never && cells.is_named(at));
    let mut problems = Vec::new();
    let mut builder = RowBuilder::new(table);
    let mut named = 0;
    let mut id = None;
    for (position, field) in table.fields.iter().enumerate() {
        if !field.is_stored() {
            builder.push(Value::Null);
            continue;
        }
        if cells.is_named(position) || first_of(table, field).is_some_and(|first| cells.is_named(first)) {
            named |= 1 << position;
        }
        let taken = match take(cells, position, field, exact) {
            Ok(taken) => taken,
            Err(fault) => {
                let (reason, refused, instead) = match fault {
                    CellFault::Refused(reason) => (reason, true, AcceptedCell::Null),
                    CellFault::Mended(reason, instead) => (reason, false, instead),
                };
                let value = super::complaint::shortened(&cells.show(position));
                problems.push(FieldProblem { field: field.name, reason, value, refused });
                instead
            }
        };
        if let (FieldKind::Id, AcceptedCell::Int(number)) = (field.kind, &taken) {
            id = u32::try_from(*number).ok();
        }
        builder.push(taken.as_value());
    }
    let row = problems.iter().all(|problem| !problem.refused).then(|| builder.finish());
    ConvertedRow { id, row, named, exact, problems }
}

impl AcceptedCell<'_> {
    fn as_value(&self) -> Value<'_> {
        match self {
            AcceptedCell::Null => Value::Null,
            AcceptedCell::Int(number) => Value::Int(*number),
            AcceptedCell::Time(time) => Value::Time(*time),
            AcceptedCell::Bool(flag) => Value::Bool(*flag),
            AcceptedCell::Text(text) => Value::Text(text),
        }
    }

    fn from_stored(value: Value<'static>) -> AcceptedCell<'static> {
        match value {
            Value::Null => AcceptedCell::Null,
            Value::Int(number) => AcceptedCell::Int(number),
            Value::Time(time) => AcceptedCell::Time(time),
            Value::Bool(flag) => AcceptedCell::Bool(flag),
            Value::Text(text) => AcceptedCell::Text(Cow::Borrowed(text)),
        }
    }
}

/// The value of an absent or empty cell.
fn blank(field: &Field, cell: &DumpCell) -> AcceptedCell<'static> {
    match (field.empty, cell) {
        (EmptyValue::Null | EmptyValue::Either, DumpCell::Null) | (EmptyValue::Null, DumpCell::Text(_)) => {
            AcceptedCell::Null
        }
        (EmptyValue::Blank | EmptyValue::Either, DumpCell::Text(_)) if is_plain_text(field) => {
            AcceptedCell::Text(Cow::Borrowed(""))
        }
        _ => AcceptedCell::from_stored(stored::empty(field)),
    }
}

/// Whether the text is stored unchanged. Lists are stored as texts as well, but have a format.
fn is_plain_text(field: &Field) -> bool {
    field.kind.storage() == ValueStorage::Text
        && !matches!(field.kind, FieldKind::Social | FieldKind::Words(_) | FieldKind::Choices(_))
}

/// Whether a row is unusable without this value: what makes it unique, and what it belongs to.
fn is_essential(field: &Field) -> bool {
    let is_key = matches!(field.kind, FieldKind::Id | FieldKind::Ref(_)) && field.empty == EmptyValue::Blank;
    is_key || (field.required && matches!(field.index, FieldIndex::Unique | FieldIndex::UniqueLive))
}

fn take<'c>(cells: &'c DumpCells, position: usize, field: &'static Field, exact: bool) -> CellResult<'c> {
    let cell = &cells.values[position];
    let is_blank = match cell {
        DumpCell::Missing | DumpCell::Null => true,
        DumpCell::Text(range) => range.is_empty(),
        _ => false,
    };
    if is_blank && is_essential(field) {
        return refused("is missing");
    }
    if let FieldKind::Choices(_) = field.kind {
        return choices(cells, position, field);
    }
    let is_blank_status = field.name == "status" && matches!(cell, DumpCell::Text(_));
    if is_blank && !is_blank_status {
        return Ok(blank(field, cell));
    }
    match field.kind {
        FieldKind::Id => match whole(cells, position)? {
            id @ 1..=ID_MAX => Ok(AcceptedCell::Int(id)),
            _ => refused("is no id; expected 1 to 2147483647"),
        },
        FieldKind::Ref(_) => match whole(cells, position)? {
            id @ 1..=ID_MAX => Ok(AcceptedCell::Int(id)),
            _ if field.empty == EmptyValue::Blank => refused("is no id; expected 1 to 2147483647"),
            _ => Err(CellFault::Mended("is no id; taken as null".into(), AcceptedCell::Null)),
        },
        FieldKind::Asn => match whole(cells, position)? {
            asn @ 0..=4_294_967_295 => Ok(AcceptedCell::Int(asn)),
            _ => refused("is not an AS number; expected 0 to 4294967295"),
        },
        FieldKind::Int { max, .. } => match whole(cells, position)? {
            number if (INT_MIN..=max).contains(&number) => Ok(AcceptedCell::Int(number)),
            _ => Err(CellFault::Refused(format!("is out of range; expected at most {max}").into())),
        },
        FieldKind::NumberChoice(_) | FieldKind::Count => match whole(cells, position)? {
            number @ INT_MIN..=ID_MAX => Ok(AcceptedCell::Int(number)),
            _ => refused("is out of range"),
        },
        FieldKind::Bool => flag(cells, position),
        FieldKind::Degrees => degrees(cells, position),
        FieldKind::Time => match cells.text(position).and_then(|text| moment::parse(text.trim())) {
            Some(time) if TIMES.contains(&time) => Ok(AcceptedCell::Time(time)),
            _ => refused("is no time; expected a text such as 2024-01-02T03:04:05Z"),
        },
        FieldKind::Ip4 => match cells.text(position).and_then(|text| text.trim().parse::<Ipv4Addr>().ok()) {
            Some(address) => Ok(AcceptedCell::Text(address.to_string().into())),
            None => refused("is no IPv4 address"),
        },
        FieldKind::Ip6 => match cells.text(position).and_then(|text| text.trim().parse::<Ipv6Addr>().ok()) {
            Some(address) => Ok(AcceptedCell::Text(address.to_string().into())),
            None => refused("is no IPv6 address"),
        },
        FieldKind::Prefix => match cells.text(position).and_then(|text| text.trim().parse::<IpNet>().ok()) {
            Some(network) => Ok(AcceptedCell::Text(network.trunc().to_string().into())),
            None => refused("is no prefix; expected a text such as 2001:db8::/64"),
        },
        FieldKind::Social => social(cells, position),
        FieldKind::Words(_) => words(cells, position),
        FieldKind::One { .. } | FieldKind::Set(_) => Ok(AcceptedCell::Null),
        _ => text(cells, position, field, exact),
    }
}

/// An integer, or a text with an integer, possibly with an empty fraction.
fn whole<'a>(cells: &DumpCells, position: usize) -> Result<i64, CellFault<'a>> {
    let number = match &cells.values[position] {
        DumpCell::Int(number) => Some(*number),
        DumpCell::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Some(*number as i64),
        DumpCell::Text(range) => cells.texts[range.clone()].trim().parse().ok(),
        _ => None,
    };
    number.ok_or(CellFault::Refused("is not a whole number".into()))
}

fn flag<'a>(cells: &DumpCells, position: usize) -> CellResult<'a> {
    match (&cells.values[position], cells.text(position)) {
        (DumpCell::Bool(flag), _) => Ok(AcceptedCell::Bool(*flag)),
        (DumpCell::Int(0), _) | (_, Some("false" | "False" | "0")) => Ok(AcceptedCell::Bool(false)),
        (DumpCell::Int(1), _) | (_, Some("true" | "True" | "1")) => Ok(AcceptedCell::Bool(true)),
        _ => refused("is neither true nor false"),
    }
}

fn degrees<'a>(cells: &DumpCells, position: usize) -> CellResult<'a> {
    let number = match &cells.values[position] {
        DumpCell::Int(number) => Some(*number as f64),
        DumpCell::Float(number) => Some(*number),
        DumpCell::Text(range) => cells.texts[range.clone()].trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(degrees) if degrees.abs() <= DEGREES_MAX => Ok(AcceptedCell::Int((degrees * 1e6).round() as i64)),
        _ => refused("is no number of degrees"),
    }
}

fn text<'c>(cells: &'c DumpCells, position: usize, field: &Field, exact: bool) -> CellResult<'c> {
    let text = match &cells.values[position] {
        DumpCell::Text(range) => Cow::Borrowed(&cells.texts[range.clone()]),
        DumpCell::Int(number) => Cow::Owned(number.to_string()),
        DumpCell::Float(number) => Cow::Owned(number.to_string()),
        _ => return refused("is not a text"),
    };
    if text.len() > TEXT_BYTES_MAX {
        return refused("is longer than 16 MiB");
    }
    if field.index != FieldIndex::None && text.len() > INDEXED_BYTES_MAX {
        return refused("is longer than 2000 bytes");
    }
    if field.name == "status" && !STATUS.iter().any(|status| status.value == text) {
        return refused("is not a status; expected ok, pending or deleted");
    }
    if field.shown == DisplayForm::RirOk && !exact && text == RIR_OK {
        return Ok(AcceptedCell::Text(RIR_ASSIGNED.into()));
    }
    if memchr::memchr(0, text.as_bytes()).is_some() {
        let clean = text.replace('\0', "");
        return Err(CellFault::Mended(
            "holds NUL characters, which were removed".into(),
            AcceptedCell::Text(clean.into()),
        ));
    }
    Ok(AcceptedCell::Text(text))
}

/// Position of the field that shows the first item of this list.
fn first_of(table: &ResourceTable, list: &Field) -> Option<usize> {
    if !matches!(list.kind, FieldKind::Choices(_)) {
        return None;
    }
    table.fields.iter().position(|field| field.shown == DisplayForm::FirstOf(list.name))
}

/// A list of choices. A listing shows it sorted; the field that shows its first item says which one is stored first.
fn choices<'c>(cells: &'c DumpCells, position: usize, field: &Field) -> CellResult<'c> {
    let first = first_of(cells.table, field).and_then(|first| cells.text(first)).unwrap_or_default();
    let list = match &cells.values[position] {
        // Old listings had the single value only.
        DumpCell::Missing if first == "Not Disclosed" => return Ok(AcceptedCell::Text(Cow::Borrowed(""))),
        DumpCell::Missing => return Ok(AcceptedCell::Text(Cow::Borrowed(first))),
        DumpCell::Null => return Ok(AcceptedCell::from_stored(stored::empty(field))),
        DumpCell::Text(range) => return Ok(AcceptedCell::Text(Cow::Borrowed(&cells.texts[range.clone()]))),
        DumpCell::Json(Json::Array(items)) => texts(items),
        _ => None,
    };
    let Some(mut list) = list else { return refused("is not a list of texts") };
    if let Some(at) = list.iter().position(|item| *item == first) {
        list[..=at].rotate_right(1);
    }
    Ok(AcceptedCell::Text(list.join(",").into()))
}

/// The items, if all are texts.
fn texts(items: &[Json]) -> Option<Vec<&str>> {
    items.iter().map(Json::as_str).collect()
}

fn words<'a>(cells: &DumpCells, position: usize) -> CellResult<'a> {
    let DumpCell::Json(Json::Array(items)) = &cells.values[position] else { return refused("is not a list of texts") };
    match texts(items) {
        Some(_) => Ok(AcceptedCell::Text(Json::Array(items.clone()).to_string().into())),
        None => refused("is not a list of texts"),
    }
}

/// `[{"service":"x","identifier":"peerage"}]`, with the keys in this order.
fn social<'a>(cells: &DumpCells, position: usize) -> CellResult<'a> {
    let DumpCell::Json(Json::Array(items)) = &cells.values[position] else { return refused("is not a list") };
    let mut out = String::from("[");
    let mut left_out = false;
    for item in items {
        let (Some(Json::String(service)), Some(Json::String(identifier))) =
            (item.get("service"), item.get("identifier"))
        else {
            left_out = true;
            continue;
        };
        if out.len() > 1 {
            out.push(',');
        }
        let (service, identifier) = (Json::from(service.as_str()), Json::from(identifier.as_str()));
        // Writing to a String cannot fail.
        let _ = write!(out, "{{\"service\":{service},\"identifier\":{identifier}}}");
    }
    out.push(']');
    let taken = AcceptedCell::Text(out.into());
    if left_out {
        return Err(CellFault::Mended("has entries without service or identifier, which were left out".into(), taken));
    }
    Ok(taken)
}
