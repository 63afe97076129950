//! Values in PostgreSQL's binary format: as parameters, in bulk transfers, and in results.

use bytes::{BufMut, Bytes, BytesMut};
use peerage_registry::moment::Moment;
use peerage_registry::row::RowBuilder;
use peerage_registry::{Row, Value};
use peerage_schema::{Resource, ValueStorage};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::cell::{self, SqlCell};
use crate::error::StoreError;
use crate::postgres::error::PostgresFault;

type CellError = Box<dyn std::error::Error + Sync + Send>;

/// 2000-01-01T00:00:00Z, the server's epoch.
const EPOCH: Moment = Moment::from_seconds(946_684_800);

/// Writes the binary form of a value.
fn put(cell: SqlCell<'_>, out: &mut BytesMut) -> IsNull {
    match cell {
        SqlCell::Null => return IsNull::Yes,
        SqlCell::Int(number) => out.put_i64(number),
        SqlCell::Bool(flag) => out.put_u8(u8::from(flag)),
        SqlCell::Text(text) => out.put_slice(text.as_bytes()),
        SqlCell::Time(time) => out.put_i64(time.as_microseconds() - EPOCH.as_microseconds()),
        SqlCell::Degrees(millionths) => out.put_f64(cell::degrees(millionths)),
        SqlCell::Bytes(bytes) => out.put_slice(bytes),
    }
    IsNull::No
}

impl ToSql for SqlCell<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, CellError> {
        let expected = match self {
            SqlCell::Null => return Ok(IsNull::Yes),
            SqlCell::Int(_) => Type::INT8,
            SqlCell::Bool(_) => Type::BOOL,
            SqlCell::Text(_) => Type::TEXT,
            SqlCell::Time(_) => Type::TIMESTAMPTZ,
            SqlCell::Degrees(_) => Type::FLOAT8,
            SqlCell::Bytes(_) => Type::BYTEA,
        };
        if *of == expected { Ok(put(*self, out)) } else { Err(format!("the column is {of}, not {expected}").into()) }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Rows in the binary format of `COPY`.
pub struct CopyBuffer {
    out: BytesMut,
}

impl CopyBuffer {
    pub fn new() -> CopyBuffer {
        let mut out = BytesMut::new();
        // Signature, no flags, no extension.
        out.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
        CopyBuffer { out }
    }

    /// Adds a row.
    pub fn push<'a>(&mut self, columns: usize, cells: impl Iterator<Item = SqlCell<'a>>) {
        self.out.put_i16(columns as i16);
        for cell in cells {
            let at = self.out.len();
            self.out.put_i32(-1);
            if let IsNull::No = put(cell, &mut self.out) {
                let length = (self.out.len() - at - 4) as i32;
                self.out[at..at + 4].copy_from_slice(&length.to_be_bytes());
            }
        }
    }

    pub fn finish(mut self) -> Bytes {
        self.out.put_i16(-1);
        self.out.freeze()
    }
}

/// A value of a result in its binary form.
struct RawCell<'a>(&'a [u8]);

impl<'a> FromSql<'a> for RawCell<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<RawCell<'a>, CellError> {
        Ok(RawCell(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A time in a result.
pub struct SqlTime(pub Moment);

impl FromSql<'_> for SqlTime {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<SqlTime, CellError> {
        time(raw).map(SqlTime).ok_or_else(|| "no time".into())
    }

    fn accepts(of: &Type) -> bool {
        *of == Type::TIMESTAMPTZ
    }
}

/// Parses a time. The smallest and largest integers mean infinity, which is not a time.
fn time(raw: &[u8]) -> Option<Moment> {
    let since_epoch = i64::from_be_bytes(raw.try_into().ok()?);
    let is_infinite = since_epoch == i64::MAX || since_epoch == i64::MIN;
    (!is_infinite).then(|| Moment::from_microseconds(since_epoch.saturating_add(EPOCH.as_microseconds())))
}

/// Decodes a row of a result, column by column.
pub fn decode(
    resource: Resource,
    plan: &[Option<ValueStorage>],
    row: &tokio_postgres::Row,
) -> Result<Row, PostgresFault> {
    let mut builder = RowBuilder::new(resource.table());
    let mut column = 0;
    for storage in plan {
        let Some(storage) = storage else {
            builder.push(Value::Null);
            continue;
        };
        let value = match row.try_get::<_, Option<RawCell<'_>>>(column)? {
            None => Some(Value::Null),
            Some(RawCell(raw)) => match storage {
                ValueStorage::Int => raw.try_into().ok().map(i64::from_be_bytes).map(Value::Int),
                ValueStorage::Bool => raw.first().map(|flag| Value::Bool(*flag != 0)),
                ValueStorage::Degrees => {
                    raw.try_into().ok().map(f64::from_be_bytes).map(cell::millionths).map(Value::Int)
                }
                ValueStorage::Text => std::str::from_utf8(raw).ok().map(Value::Text),
                ValueStorage::Time => time(raw).map(Value::Time),
                ValueStorage::None => None,
            },
        };
        builder.push(value.ok_or_else(|| unreadable(resource, row, column))?);
        column += 1;
    }
    Ok(builder.finish())
}

fn unreadable(resource: Resource, row: &tokio_postgres::Row, column: usize) -> StoreError {
    let id = row.try_get::<_, i64>(0).unwrap_or_default();
    let field = row.columns().get(column).map_or("?", |column| column.name());
    StoreError::Unreadable {
        what: format!("{} {id}", resource.tag()),
        why: format!("the column {field} holds what is no value of it"),
    }
}
