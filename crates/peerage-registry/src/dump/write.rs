//! Writes complete stored rows in the format of the API. [`DumpBatch::read`](super::DumpBatch::read) reads them without loss.

use peerage_schema::{DisplayForm, FieldKind, Resource};

use crate::json::{push_degrees, push_int};
use crate::moment::{self, Moment};
use crate::row::{Row, Value};
use crate::snapshot::Snapshot;

/// Appends a row as a compact JSON object in UTF-8.
///
/// Fields come in the order of answers, without relations. Values that answers show differently are written as stored
/// (the row's own website, lists in stored order, times with their fraction), and fields that answers never show come
/// last. Derived cells are written if the row has them; reading ignores them.
///
/// ```
/// use peerage_registry::{dump::push_row, stored};
/// use peerage_schema::Resource;
///
/// let row = stored::from_json(Resource::Net, r#"{"id": 5, "org_id": 7, "name": "Zürich"}"#).expect("a row");
/// let mut out = Vec::new();
/// push_row(&mut out, Resource::Net, &row);
/// let text = String::from_utf8(out).expect("UTF-8");
/// assert!(text.starts_with(r#"{"id":5,"org_id":7,"name":"Zürich","#), "{text}");
/// ```
pub fn push_row(out: &mut Vec<u8>, resource: Resource, row: &Row) {
    let table = resource.table();
    let mut first = true;
    for (position, field) in table.fields.iter().enumerate() {
        if field.kind.is_relation() {
            continue;
        }
        out.push(if first { b'{' } else { b',' });
        first = false;
        push_text(out, field.name);
        out.push(b':');
        if let DisplayForm::FirstOf(list) = field.shown {
            let list = row.text_or_empty(table.column(list));
            push_text(out, list.split(',').next().unwrap_or_default());
            continue;
        }
        match (row.value(position, field.kind.storage()), field.kind) {
            (Value::Null, _) => out.extend_from_slice(b"null"),
            (Value::Bool(flag), _) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
            (Value::Time(time), _) => push_time(out, time),
            (Value::Int(millionths), FieldKind::Degrees) => push_degrees(out, millionths),
            (Value::Int(number), _) => push_int(out, number),
            // Stored as JSON text.
            (Value::Text(json), FieldKind::Social | FieldKind::Words(_)) => out.extend_from_slice(json.as_bytes()),
            (Value::Text(list), FieldKind::Choices(_)) => push_list(out, list),
            (Value::Text(text), _) => push_text(out, text),
        }
    }
    out.push(b'}');
}

/// Writes `{"data":[…]}` with all rows of one kind, one in each line.
pub fn write_kind(out: &mut impl std::io::Write, snapshot: &Snapshot, resource: Resource) -> std::io::Result<()> {
    let mut line = Vec::new();
    out.write_all(b"{\"data\":[")?;
    for (at, row) in snapshot.rows(resource).enumerate() {
        line.clear();
        line.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
        push_row(&mut line, resource, row);
        out.write_all(&line)?;
    }
    out.write_all(b"\n]}")
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    // Writing to a Vec cannot fail, and a str is always valid JSON.
    let _ = serde_json::to_writer(out, text);
}

fn push_time(out: &mut Vec<u8>, time: Moment) {
    let exact = time != time.in_whole_seconds();
    out.push(b'"');
    let text = if exact { moment::print_exact(time) } else { moment::print_seconds(time) };
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn push_list(out: &mut Vec<u8>, list: &str) {
    out.push(b'[');
    for (at, item) in list.split(',').filter(|_| !list.is_empty()).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_text(out, item);
    }
    out.push(b']');
}
