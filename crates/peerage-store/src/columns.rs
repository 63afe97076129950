//! SQL that is generated from the tables of fields: definitions and statements of the thirteen row tables. Also the
//! statements on the log and on records that both engines share.
//!
//! A resource is one table, named by its tag. Its columns are the stored fields, with their order and names.
//!
//! What the constraints mean, and where they are weaker than the rules:
//!
//! - *Unique* texts ignore the case of ASCII letters only: SQLite knows no other, and the collation of a PostgreSQL
//!   server may differ from the rules for the rest (Turkish has a dotless i). The rules ignore the case of all letters,
//!   so no constraint is ever stricter than the rules. Null and the empty text do not count.
//! - *Foreign keys* are checked at the end of a transaction, so that its entries can come in any order. The same is
//!   true of uniqueness: PostgreSQL has deferrable constraints for it. On SQLite, the store holds back rows whose
//!   unique value still belongs to another row (`sqlite/rows.rs`). So two rows can swap their names.
//! - Lists of choices are not constrained: rows that are older than a list can have other values.

use std::borrow::Cow;

use peerage_schema::{Field, FieldIndex, FieldKind, Resource, ResourceTable, ValueStorage};

/// The columns of the log, in the order in which they are written and read.
macro_rules! event_columns {
    () => {
        "\"sequence\", \"at\", \"actor\", \"action\", \"resource\", \"object\", \"salt\", \"before\", \"after\", \
         \"actor_digest\", \"rows_digest\", \"hash\", \"org\", \"person\", \"key_id\""
    };
}
pub(crate) use event_columns;

/// An SQL dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The placeholder of the `n`th parameter, counted from 1.
    pub fn value(self, n: usize) -> String {
        match self {
            Dialect::Sqlite => format!("?{n}"),
            Dialect::Postgres => format!("${n}"),
        }
    }

    /// Converts a statement from PostgreSQL's syntax to this dialect.
    pub fn text(self, sql: &str) -> Cow<'_, str> {
        match self {
            Dialect::Sqlite => Cow::Owned(sql.replace('$', "?").replace("strpos(", "instr(")),
            Dialect::Postgres => Cow::Borrowed(sql),
        }
    }
}

/// The columns, separated by commas: `"id", "org_id", …`.
pub fn names(table: &ResourceTable) -> String {
    let quoted: Vec<String> = table.stored().map(|(_, field)| format!("\"{}\"", field.name)).collect();
    quoted.join(", ")
}

/// Selects all rows, ascending by id.
pub fn select(table: &ResourceTable) -> String {
    format!("SELECT {} FROM \"{}\" ORDER BY \"id\"", names(table), table.tag)
}

/// Inserts a row. Parameters are the columns in order.
pub fn insert(dialect: Dialect, table: &ResourceTable) -> String {
    let values: Vec<String> = (1..=table.stored().count()).map(|n| dialect.value(n)).collect();
    format!("INSERT INTO \"{}\" ({}) VALUES ({})", table.tag, names(table), values.join(", "))
}

/// Updates a row. Parameters are the columns in order, with the id first.
pub fn update(dialect: Dialect, table: &ResourceTable) -> String {
    update_some(dialect, table, &(1..table.stored().count()).collect::<Vec<_>>())
}

/// Updates some columns of a row, given by their positions among the stored fields. Same parameters as [`update`].
pub fn update_some(dialect: Dialect, table: &ResourceTable, changed: &[usize]) -> String {
    let columns = table.stored().enumerate().filter(|(at, _)| changed.contains(at));
    let assigned: Vec<String> =
        columns.map(|(at, (_, field))| format!("\"{}\" = {}", field.name, dialect.value(at + 1))).collect();
    format!("UPDATE \"{}\" SET {} WHERE \"id\" = {}", table.tag, assigned.join(", "), dialect.value(1))
}

/// Deletes the row with an id.
pub fn delete(dialect: Dialect, table: &ResourceTable) -> String {
    format!("DELETE FROM \"{}\" WHERE \"id\" = {}", table.tag, dialect.value(1))
}

/// A uniqueness constraint.
#[derive(Debug)]
pub struct UniqueColumn {
    pub constraint: String,
    pub columns: Vec<&'static Field>,
    /// Deleted rows do not count.
    pub is_live: bool,
}

impl UniqueColumn {
    /// The compared expressions, by column.
    pub fn expressions(&self, dialect: Dialect) -> Vec<String> {
        let expression = |field: &&'static Field| match (dialect, field.kind.storage()) {
            (Dialect::Sqlite, ValueStorage::Text) => format!("lower(\"{}\")", field.name),
            (Dialect::Postgres, ValueStorage::Text) => format!("lower(\"{}\" COLLATE \"C\")", field.name),
            _ => format!("\"{}\"", field.name),
        };
        self.columns.iter().map(expression).collect()
    }

    /// Which rows count; `None`: all. Nulls never do.
    pub fn condition(&self) -> Option<String> {
        let texts = self.columns.iter().filter(|field| field.kind.storage() == ValueStorage::Text);
        let mut conditions: Vec<String> = texts.map(|field| format!("\"{}\" <> ''", field.name)).collect();
        if self.is_live {
            conditions.push("\"status\" <> 'deleted'".to_owned());
        }
        (!conditions.is_empty()).then(|| conditions.join(" AND "))
    }
}

/// The uniqueness constraints of a table, except that on the id.
pub fn uniques(table: &'static ResourceTable) -> Vec<UniqueColumn> {
    let single = table.stored().filter_map(|(_, field)| {
        let is_live = match field.index {
            FieldIndex::Unique => false,
            FieldIndex::UniqueLive => true,
            FieldIndex::None | FieldIndex::Many => return None,
        };
        Some(UniqueColumn { constraint: format!("{}_{}_key", table.tag, field.name), columns: vec![field], is_live })
    });
    let pair = table.unique_pair.map(|(one, other)| UniqueColumn {
        constraint: format!("{}_{one}_{other}_key", table.tag),
        columns: [one, other].into_iter().filter_map(|name| table.field(name)).collect(),
        is_live: false,
    });
    single.chain(pair).collect()
}

/// Stored foreign keys: name of the constraint, column, and the resource that it points to.
pub fn references(table: &'static ResourceTable) -> impl Iterator<Item = (String, &'static Field, Resource)> {
    table.stored().filter_map(|(_, field)| match field.kind {
        FieldKind::Ref(of) => Some((format!("{}_{}_fkey", table.tag, field.name), field, of)),
        _ => None,
    })
}

/// Finds a row whose foreign key points nowhere. Returns its id.
pub fn dangling(table: &ResourceTable, field: &Field, of: Resource) -> String {
    format!(
        "SELECT \"id\" FROM \"{}\" AS \"child\" WHERE \"{1}\" IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM \"{2}\" AS \"parent\" WHERE \"parent\".\"id\" = \"child\".\"{1}\") LIMIT 1",
        table.tag,
        field.name,
        of.tag()
    )
}

/// Finds a row whose unique value another row has as well. Returns the higher id.
pub fn doubled(dialect: Dialect, table: &ResourceTable, unique: &UniqueColumn) -> String {
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
