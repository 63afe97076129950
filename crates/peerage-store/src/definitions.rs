//! The definitions of the row tables as they follow from the table of fields. Migrations are written from them, once, and
//! a test holds what migrations have made against them.

use std::fmt::Write;

use peerage_schema::{Empty, Field, Kind, Resource, Storage, Table};

use crate::columns::{Dialect, Unique, references, uniques};
use crate::migrate::{self, Migration};

/// The type of a column.
fn type_of(dialect: Dialect, storage: Storage) -> &'static str {
    match (dialect, storage) {
        (Dialect::Sqlite, Storage::Int | Storage::Bool) => "INTEGER",
        (Dialect::Sqlite, Storage::Degrees) => "REAL",
        (Dialect::Sqlite, Storage::Text | Storage::Time) | (Dialect::Postgres, Storage::Text) => "TEXT",
        (Dialect::Postgres, Storage::Int) => "BIGINT",
        (Dialect::Postgres, Storage::Bool) => "BOOLEAN",
        (Dialect::Postgres, Storage::Degrees) => "DOUBLE PRECISION",
        (Dialect::Postgres, Storage::Time) => "TIMESTAMPTZ",
        (_, Storage::None) => unreachable!("a relation is no column"),
    }
}

/// Whether the column may be null. Times and degrees have no other way to say "nothing".
fn is_nullable(field: &Field) -> bool {
    field.empty != Empty::Blank || matches!(field.kind.storage(), Storage::Time | Storage::Degrees)
}

/// Definitions of the thirteen tables: what the first migration of each dialect holds.
fn definitions(dialect: Dialect) -> String {
    let mut out = String::new();
    for resource in Resource::ALL {
        define(&mut out, dialect, resource.table());
    }
    out
}

/// Defines one table and its indexes.
fn define(out: &mut String, dialect: Dialect, table: &'static Table) {
    let tag = table.tag;
    let mut parts = Vec::new();
    for (_, field) in table.stored() {
        let storage = field.kind.storage();
        let mut column = format!("\"{}\" {}", field.name, type_of(dialect, storage));
        if matches!(field.kind, Kind::Id) {
            column.push_str(" PRIMARY KEY");
        } else if !is_nullable(field) {
            column.push_str(" NOT NULL");
        }
        if storage == Storage::Bool && dialect == Dialect::Sqlite {
            let _ = write!(column, " CONSTRAINT {tag}_{0}_check CHECK (\"{0}\" IN (0, 1))", field.name);
        }
        if field.name == "status" {
            let _ = write!(column, " CONSTRAINT {tag}_status_check CHECK (\"status\" IN ('ok', 'pending', 'deleted'))");
        }
        parts.push(column);
    }
    for (constraint, field, of) in references(table) {
        parts.push(format!(
            "CONSTRAINT {constraint} FOREIGN KEY (\"{}\") REFERENCES \"{}\" (\"id\") DEFERRABLE INITIALLY DEFERRED",
            field.name,
            of.tag()
        ));
    }
    let mut indexes = String::new();
    for unique in uniques(table) {
        match dialect {
            Dialect::Sqlite => {
                let columns = unique.expressions(dialect).join(", ");
                let _ = write!(indexes, "CREATE UNIQUE INDEX {} ON \"{tag}\" ({columns})", unique.constraint);
                if let Some(condition) = unique.condition() {
                    let _ = write!(indexes, " WHERE {condition}");
                }
                indexes.push_str(";\n");
            }
            Dialect::Postgres => parts.push(deferrable(&unique)),
        }
    }
    let referring = references(table).map(|(_, field, _)| field.name);
    let updated = table.field("updated").map(|field| field.name);
    for name in referring.chain(updated) {
        let _ = writeln!(indexes, "CREATE INDEX {tag}_{name}_idx ON \"{tag}\" (\"{name}\");");
    }
    let strict = if dialect == Dialect::Sqlite { " STRICT" } else { "" };
    let _ = write!(out, "\n-- {}\nCREATE TABLE \"{tag}\" (\n    {}\n){strict};\n", table.about, parts.join(",\n    "));
    out.push_str(&indexes);
}

/// A constraint that is looked at when the transaction ends. Only plain columns can be `UNIQUE` in that way; an
/// exclusion by equality says the same of expressions.
fn deferrable(unique: &Unique) -> String {
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

/// What the fields say and no migration does is what the next migration has to add.
#[test]
fn each_line_of_each_definition_stands_in_a_migration() {
    for (dialect, sql) in [
        (Dialect::Sqlite, (|migration| migration.sqlite) as fn(&Migration) -> &'static str),
        (Dialect::Postgres, |migration| migration.postgres),
    ] {
        let migrations: Vec<&str> = migrate::ALL.iter().map(sql).collect();
        let missing: Vec<String> = definitions(dialect)
            .lines()
            .map(|line| line.trim_end_matches(',').to_owned())
            .filter(|line| migrations.iter().all(|migration| !migration.contains(line)))
            .collect();
        assert!(missing.is_empty(), "{dialect:?}: no migration says\n{}", missing.join("\n"));
    }
}
