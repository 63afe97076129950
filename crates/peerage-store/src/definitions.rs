//! SQL definitions of the row tables, generated from the tables of fields. Migrations are written from them
//! ([`crate::layout`]).

use std::fmt::Write;

use peerage_registry::{Value, moment, stored};
use peerage_schema::{EmptyValue, Field, FieldKind, Resource, ResourceTable, ValueStorage};

use crate::columns::{Dialect, UniqueColumn, references, uniques};

/// The SQL type of a column.
fn type_of(dialect: Dialect, storage: ValueStorage) -> &'static str {
    match (dialect, storage) {
        (Dialect::Sqlite, ValueStorage::Int | ValueStorage::Bool) => "INTEGER",
        (Dialect::Sqlite, ValueStorage::Degrees) => "REAL",
        (Dialect::Sqlite, ValueStorage::Text | ValueStorage::Time) | (Dialect::Postgres, ValueStorage::Text) => "TEXT",
        (Dialect::Postgres, ValueStorage::Int) => "BIGINT",
        (Dialect::Postgres, ValueStorage::Bool) => "BOOLEAN",
        (Dialect::Postgres, ValueStorage::Degrees) => "DOUBLE PRECISION",
        (Dialect::Postgres, ValueStorage::Time) => "TIMESTAMPTZ",
        (_, ValueStorage::None) => unreachable!("a relation is no column"),
    }
}

/// Whether the column can be null. Times and degrees have no other empty value.
pub fn is_nullable(field: &Field) -> bool {
    field.empty != EmptyValue::Blank || matches!(field.kind.storage(), ValueStorage::Time | ValueStorage::Degrees)
}

/// Name, type and constraints of a column, without default and reference.
fn column(dialect: Dialect, tag: &str, field: &Field) -> String {
    let storage = field.kind.storage();
    let mut column = format!("\"{}\" {}", field.name, type_of(dialect, storage));
    if matches!(field.kind, FieldKind::Id) {
        column.push_str(" PRIMARY KEY");
    } else if !is_nullable(field) {
        column.push_str(" NOT NULL");
    }
    if storage == ValueStorage::Bool && dialect == Dialect::Sqlite {
        let _ = write!(column, " CONSTRAINT {tag}_{0}_check CHECK (\"{0}\" IN (0, 1))", field.name);
    }
    if field.name == "status" {
        let _ = write!(column, " CONSTRAINT {tag}_status_check CHECK (\"status\" IN ('ok', 'pending', 'deleted'))");
    }
    column
}

/// Writes the definition of one table and its indexes.
pub fn define(out: &mut String, dialect: Dialect, table: &'static ResourceTable) {
    let tag = table.tag;
    let mut parts: Vec<String> = table.stored().map(|(_, field)| column(dialect, tag, field)).collect();
    for (constraint, field, of) in references(table) {
        parts.push(format!("CONSTRAINT {constraint} FOREIGN KEY (\"{}\") {}", field.name, reference(of)));
    }
    let mut indexes = String::new();
    for unique in uniques(table) {
        match dialect {
            Dialect::Sqlite => indexes.push_str(&unique_index(tag, &unique)),
            Dialect::Postgres => parts.push(deferrable(&unique)),
        }
    }
    for (_, index) in plain_indexes(table) {
        indexes.push_str(&index);
    }
    let strict = if dialect == Dialect::Sqlite { " STRICT" } else { "" };
    let _ = write!(out, "\n-- {}\nCREATE TABLE \"{tag}\" (\n    {}\n){strict};\n", table.about, parts.join(",\n    "));
    out.push_str(&indexes);
}

fn reference(of: Resource) -> String {
    format!("REFERENCES \"{}\" (\"id\") DEFERRABLE INITIALLY DEFERRED", of.tag())
}

/// Adds a column to an existing table. Existing rows get the same value as a row that was read from an event without
/// the field ([`stored::empty`]).
pub fn add_column(dialect: Dialect, table: &'static ResourceTable, field: &'static Field) -> String {
    let mut column = column(dialect, table.tag, field);
    if let Some(default) = default(dialect, field) {
        let _ = write!(column, " DEFAULT {default}");
    }
    if let Some((constraint, _, of)) = references(table).find(|(_, referring, _)| referring.name == field.name) {
        let _ = write!(column, " CONSTRAINT {constraint} {}", reference(of));
    }
    format!("ALTER TABLE \"{}\" ADD COLUMN {column};\n", table.tag)
}

/// The default of a field as an SQL expression, or `None` if it is null.
pub fn default(dialect: Dialect, field: &Field) -> Option<String> {
    match stored::empty(field) {
        Value::Null => None,
        Value::Bool(flag) if dialect == Dialect::Sqlite => Some(u8::from(flag).to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Time(time) => Some(format!("'{}'", moment::print_exact(time))),
        Value::Text(text) => Some(format!("'{}'", text.replace('\'', "''"))),
    }
}

/// Adds a uniqueness constraint to a table.
pub fn add_unique(dialect: Dialect, table: &ResourceTable, unique: &UniqueColumn) -> String {
    match dialect {
        Dialect::Sqlite => unique_index(table.tag, unique),
        Dialect::Postgres => format!("ALTER TABLE \"{}\" ADD {};\n", table.tag, deferrable(unique)),
    }
}

/// A uniqueness constraint as an index in SQLite.
fn unique_index(tag: &str, unique: &UniqueColumn) -> String {
    let columns = unique.expressions(Dialect::Sqlite).join(", ");
    let condition = unique.condition().map_or_else(String::new, |condition| format!(" WHERE {condition}"));
    format!("CREATE UNIQUE INDEX {} ON \"{tag}\" ({columns}){condition};\n", unique.constraint)
}

/// The other indexes of a table with their names: on foreign keys, and on the time of the last change.
pub fn plain_indexes(table: &'static ResourceTable) -> impl Iterator<Item = (String, String)> {
    let referring = references(table).map(|(_, field, _)| field.name);
    let updated = table.field("updated").map(|field| field.name);
    referring.chain(updated).map(|column| {
        let (tag, name) = (table.tag, format!("{}_{column}_idx", table.tag));
        let index = format!("CREATE INDEX {name} ON \"{tag}\" (\"{column}\");\n");
        (name, index)
    })
}

/// A constraint that is checked at the end of the transaction. `UNIQUE` can do that for plain columns only; for
/// expressions, an exclusion constraint with equality has the same effect.
fn deferrable(unique: &UniqueColumn) -> String {
    let columns = unique.expressions(Dialect::Postgres);
    let Some(condition) = unique.condition() else {
        let columns = columns.join(", ");
        return format!("CONSTRAINT {} UNIQUE ({columns}) DEFERRABLE INITIALLY DEFERRED", unique.constraint);
    };
    let compared: Vec<String> = columns.iter().map(|column| format!("{column} WITH =")).collect();
    format!(
        "CONSTRAINT {} EXCLUDE USING btree ({}) WHERE ({condition}) DEFERRABLE INITIALLY DEFERRED",
        unique.constraint,
        compared.join(", ")
    )
}
