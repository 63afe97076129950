//! The SQL that follows from the table of fields: definitions and statements of the thirteen row tables; and what both
//! engines say alike of the log and of records.
//!
//! A resource is one table, named by its tag; its columns are the stored fields, in their order and by their names.
//!
//! What the constraints mean, and where they are weaker than the rules:
//!
//! - *Unique* texts ignore the case of ASCII letters only: SQLite knows no other, and a PostgreSQL server's collation
//!   may think otherwise than the rules about the rest (Turkish has a dotless i). The rules compare all letters, so no
//!   constraint is ever stricter than they are. Null and the empty text do not count.
//! - *Foreign keys* are looked at when a transaction ends, so that its entries may come in any order. So is what is
//!   unique: PostgreSQL has deferrable constraints for it, and on SQLite the store lets rows wait whose value is still
//!   another's (`sqlite/rows.rs`); two rows may swap their names.
//! - Lists of choices are not constrained: rows that are older than a list may hold other values.

use std::borrow::Cow;

use peerage_schema::{Field, Index, Kind, Resource, Storage, Table};

/// The columns of the log, in the order in which they are written and read.
macro_rules! event_columns {
    () => {
        "\"sequence\", \"at\", \"actor\", \"action\", \"resource\", \"object\", \"salt\", \"before\", \"after\", \
         \"actor_digest\", \"rows_digest\", \"hash\", \"org\", \"person\", \"key_id\""
    };
}
pub(crate) use event_columns;

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// How the `n`th value of a statement is written, from 1.
    pub fn value(self, n: usize) -> String {
        match self {
            Dialect::Sqlite => format!("?{n}"),
            Dialect::Postgres => format!("${n}"),
        }
    }

    /// A statement that both engines have. It is written as PostgreSQL takes it.
    pub fn text(self, sql: &str) -> Cow<'_, str> {
        match self {
            Dialect::Sqlite => Cow::Owned(sql.replace('$', "?").replace("strpos(", "instr(")),
            Dialect::Postgres => Cow::Borrowed(sql),
        }
    }
}

/// The columns with commas between: `"id", "org_id", …`.
pub fn names(table: &Table) -> String {
    let quoted: Vec<String> = table.stored().map(|(_, field)| format!("\"{}\"", field.name)).collect();
    quoted.join(", ")
}

/// Reads all rows, ascending by id.
pub fn select(table: &Table) -> String {
    format!("SELECT {} FROM \"{}\" ORDER BY \"id\"", names(table), table.tag)
}

/// Adds a row; its values in the order of the columns.
pub fn insert(dialect: Dialect, table: &Table) -> String {
    let values: Vec<String> = (1..=table.stored().count()).map(|n| dialect.value(n)).collect();
    format!("INSERT INTO \"{}\" ({}) VALUES ({})", table.tag, names(table), values.join(", "))
}

/// Replaces a row; its values in the order of the columns, of which the id is the first.
pub fn update(dialect: Dialect, table: &Table) -> String {
    update_some(dialect, table, &(1..table.stored().count()).collect::<Vec<_>>())
}

/// Replaces some columns of a row, given by their place among the stored fields; the same values as [`update`] takes.
pub fn update_some(dialect: Dialect, table: &Table, changed: &[usize]) -> String {
    let columns = table.stored().enumerate().filter(|(at, _)| changed.contains(at));
    let assigned: Vec<String> =
        columns.map(|(at, (_, field))| format!("\"{}\" = {}", field.name, dialect.value(at + 1))).collect();
    format!("UPDATE \"{}\" SET {} WHERE \"id\" = {}", table.tag, assigned.join(", "), dialect.value(1))
}

/// Erases the row with an id.
pub fn delete(dialect: Dialect, table: &Table) -> String {
    format!("DELETE FROM \"{}\" WHERE \"id\" = {}", table.tag, dialect.value(1))
}

/// A value that no two rows share.
#[derive(Debug)]
pub struct Unique {
    pub constraint: String,
    pub columns: Vec<&'static Field>,
    /// Rows that are deleted do not count.
    pub is_live: bool,
}

impl Unique {
    /// What is compared, by column.
    pub fn expressions(&self, dialect: Dialect) -> Vec<String> {
        let expression = |field: &&'static Field| match (dialect, field.kind.storage()) {
            (Dialect::Sqlite, Storage::Text) => format!("lower(\"{}\")", field.name),
            (Dialect::Postgres, Storage::Text) => format!("lower(\"{}\" COLLATE \"C\")", field.name),
            _ => format!("\"{}\"", field.name),
        };
        self.columns.iter().map(expression).collect()
    }

    /// Which rows count; none: all. Nulls never do.
    pub fn condition(&self) -> Option<String> {
        let texts = self.columns.iter().filter(|field| field.kind.storage() == Storage::Text);
        let mut conditions: Vec<String> = texts.map(|field| format!("\"{}\" <> ''", field.name)).collect();
        if self.is_live {
            conditions.push("\"status\" <> 'deleted'".to_owned());
        }
        (!conditions.is_empty()).then(|| conditions.join(" AND "))
    }
}

/// What is unique in a table, the id aside.
pub fn uniques(table: &'static Table) -> Vec<Unique> {
    let single = table.stored().filter_map(|(_, field)| {
        let is_live = match field.index {
            Index::Unique => false,
            Index::UniqueLive => true,
            Index::None | Index::Many => return None,
        };
        Some(Unique { constraint: format!("{}_{}_key", table.tag, field.name), columns: vec![field], is_live })
    });
    let pair = table.unique_pair.map(|(one, other)| Unique {
        constraint: format!("{}_{one}_{other}_key", table.tag),
        columns: [one, other].into_iter().filter_map(|name| table.field(name)).collect(),
        is_live: false,
    });
    single.chain(pair).collect()
}

/// Stored foreign keys: the name of the constraint, the column, and what it points to.
pub fn references(table: &'static Table) -> impl Iterator<Item = (String, &'static Field, Resource)> {
    table.stored().filter_map(|(_, field)| match field.kind {
        Kind::Ref(of) => Some((format!("{}_{}_fkey", table.tag, field.name), field, of)),
        _ => None,
    })
}

/// Finds a row whose foreign key points nowhere: its id.
pub fn dangling(table: &Table, field: &Field, of: Resource) -> String {
    format!(
        "SELECT \"id\" FROM \"{}\" AS \"child\" WHERE \"{1}\" IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM \"{2}\" AS \"parent\" WHERE \"parent\".\"id\" = \"child\".\"{1}\") LIMIT 1",
        table.tag,
        field.name,
        of.tag()
    )
}

/// Finds a row whose value is another's: the later one's id.
pub fn doubled(dialect: Dialect, table: &Table, unique: &Unique) -> String {
    let expressions = unique.expressions(dialect);
    let mut conditions: Vec<String> =
        unique.columns.iter().map(|field| format!("\"{}\" IS NOT NULL", field.name)).collect();
    conditions.extend(unique.condition());
    format!(
        "SELECT max(\"id\") FROM \"{}\" WHERE {} GROUP BY {} HAVING count(*) > 1 LIMIT 1",
        table.tag,
        conditions.join(" AND "),
        expressions.join(", ")
    )
}
