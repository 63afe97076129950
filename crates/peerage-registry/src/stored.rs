//! A row as JSON text with all its stored fields, the format of events.
//!
//! Unlike the API's JSON it contains what is stored, not what is shown: times with their fraction, lists in stored
//! order, the row's own website, hidden fields.

use peerage_schema::{Field, Resource, ResourceTable, ValueStorage};
use serde_json::{Map, Value as Json};

use crate::moment;
use crate::row::{Row, RowBuilder, Value};

/// Why a stored row could not be parsed.
#[derive(Debug, thiserror::Error)]
#[error("{resource}.{field}: {what}")]
pub struct StoredError {
    pub resource: &'static str,
    pub field: String,
    pub what: &'static str,
}

/// Serializes the stored fields of a row as a JSON object, in table order.
pub fn to_json(resource: Resource, row: &Row) -> String {
    let mut out = String::with_capacity(row.size() * 2);
    out.push('{');
    for (position, field) in resource.table().stored() {
        if out.len() > 1 {
            out.push(',');
        }
        push_string(&mut out, field.name);
        out.push(':');
        match row.value(position, field.kind.storage()) {
            Value::Null => out.push_str("null"),
            Value::Bool(flag) => out.push_str(if flag { "true" } else { "false" }),
            Value::Time(time) => {
                out.push('"');
                out.push_str(&moment::print_exact(time));
                out.push('"');
            }
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::Text(text) => push_string(&mut out, text),
        }
    }
    out.push('}');
    out
}

/// Parses the output of [`to_json`]. Missing fields get their empty value, so that the log of an older program stays
/// readable.
///
/// ```
/// use peerage_registry::stored;
/// use peerage_schema::Resource;
///
/// let row = stored::from_json(Resource::Ixfac, r#"{"id": 1, "ix_id": 2, "fac_id": 3}"#).expect("a row");
/// let text = stored::to_json(Resource::Ixfac, &row);
/// assert!(text.starts_with(r#"{"id":1,"ix_id":2,"fac_id":3,"#), "{text}");
/// assert_eq!(stored::from_json(Resource::Ixfac, &text).expect("the same row"), row);
/// assert!(stored::from_json(Resource::Ixfac, r#"{"id": "one"}"#).is_err());
/// ```
pub fn from_json(resource: Resource, text: &str) -> Result<Row, StoredError> {
    let object: Map<String, Json> = serde_json::from_str(text).map_err(|_| StoredError {
        resource: resource.tag(),
        field: String::new(),
        what: "is no JSON object",
    })?;
    from_object(resource, &object)
}

/// Parses the object in such a text.
pub fn from_object(resource: Resource, object: &Map<String, Json>) -> Result<Row, StoredError> {
    let fail = |field: &str, what| StoredError { resource: resource.tag(), field: field.to_owned(), what };
    let table = resource.table();
    let mut builder = RowBuilder::new(table);
    for field in table.fields {
        if !field.is_stored() {
            builder.push(Value::Null);
            continue;
        }
        let value = match (object.get(field.name), field.kind.storage()) {
            (None, _) => empty(field),
            (Some(Json::Null), _) => Value::Null,
            (Some(Json::Bool(flag)), ValueStorage::Bool) => Value::Bool(*flag),
            (Some(Json::Number(number)), ValueStorage::Int | ValueStorage::Degrees) => {
                Value::Int(number.as_i64().ok_or_else(|| fail(field.name, "is no whole number"))?)
            }
            (Some(Json::String(text)), ValueStorage::Text) => Value::Text(text),
            (Some(Json::String(text)), ValueStorage::Time) => {
                Value::Time(moment::parse(text).ok_or_else(|| fail(field.name, "is no time"))?)
            }
            _ => return Err(fail(field.name, "has a value of another type")),
        };
        builder.push(value);
    }
    Ok(builder.finish())
}

/// The row without its derived cells, as a store has it.
pub fn stored_cells(table: &ResourceTable, row: &Row) -> Row {
    let mut builder = RowBuilder::new(table);
    for (position, field) in table.fields.iter().enumerate() {
        let is_stored = field.is_stored();
        builder.push(if is_stored { row.value(position, field.kind.storage()) } else { Value::Null });
    }
    builder.finish()
}

/// The value of a stored field that is missing.
pub fn empty(field: &Field) -> Value<'static> {
    use peerage_schema::{DefaultValue, EmptyValue};
    match field.default {
        DefaultValue::Text(text) => return Value::Text(text),
        DefaultValue::Int(number) => return Value::Int(number),
        DefaultValue::Bool(flag) => return Value::Bool(flag),
        DefaultValue::None => {}
    }
    match (field.empty, field.kind.storage()) {
        (EmptyValue::Null | EmptyValue::Either, _)
        | (EmptyValue::Blank, ValueStorage::Degrees | ValueStorage::Time | ValueStorage::None) => Value::Null,
        (EmptyValue::Blank, ValueStorage::Bool) => Value::Bool(false),
        (EmptyValue::Blank, ValueStorage::Int) => Value::Int(0),
        (EmptyValue::Blank, ValueStorage::Text) => Value::Text(
            if matches!(field.kind, peerage_schema::FieldKind::Social | peerage_schema::FieldKind::Words(_)) {
                "[]"
            } else {
                ""
            },
        ),
    }
}

fn push_string(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).expect("a str is always valid JSON"));
}
