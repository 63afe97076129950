//! Compares the tables that the migrations make with the tables that the fields require, and writes the migration from
//! one to the other.
//!
//! Both are compared in SQLite, by structure: tables, columns, types, nullability, defaults, checks, references and
//! indexes. A column that a later migration added comes last and has a default, which makes no difference. The
//! migration is then written for each dialect from the same definitions ([`crate::definitions`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use peerage_schema::{Field, FieldIndex, ResourceTable, ValueStorage};
use rusqlite::Connection;

use crate::columns::{Dialect, references, uniques};
use crate::definitions::{add_column, add_unique, default, define, is_nullable, plain_indexes};
use crate::migrate::{ALL, Migration};

/// A migration that has not been written to a file yet.
#[derive(Debug)]
pub struct MigrationDraft {
    pub version: u32,
    /// The oldest layout whose programs can read the tables.
    pub readable_since: u32,
    pub sqlite: String,
    pub postgres: String,
}

/// Why no migration could be written.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// Some changes lose or reinterpret data, or need values that only a person can know.
    #[error("these changes need a migration that a person writes:\n{}", .0.join("\n"))]
    ByHand(Vec<String>),
    #[error("a migration does not work: {0}")]
    Engine(#[from] rusqlite::Error),
}

/// Drafts the migration that brings the program's tables to the fields of `tables`. Returns `None` if none is needed.
///
/// # Errors
/// [`LayoutError::ByHand`] lists each change that is not merely an addition.
pub fn draft(tables: &[&'static ResourceTable]) -> Result<Option<MigrationDraft>, LayoutError> {
    draft_after(ALL, tables)
}

/// The same for a program that has the migrations `migrations`.
pub fn draft_after(
    migrations: &[Migration],
    tables: &[&'static ResourceTable],
) -> Result<Option<MigrationDraft>, LayoutError> {
    let found = DatabaseLayout::of_migrations(migrations)?;
    let wanted = DatabaseLayout::of_fields(tables)?;
    let mut additions = LayoutAdditions::default();
    for table in tables {
        match (found.tables.get(table.tag), &wanted.tables[table.tag]) {
            (None, _) => additions.tables.push(table),
            (Some(found), wanted) => additions.compare(table, found, wanted),
        }
    }
    if !additions.by_hand.is_empty() {
        return Err(LayoutError::ByHand(additions.by_hand));
    }
    let version = migrations.len() as u32 + 1;
    Ok((!additions.is_empty()).then(|| MigrationDraft {
        version,
        readable_since: if additions.tables.is_empty() { (version - 1).max(1) } else { version },
        sqlite: additions.sql(Dialect::Sqlite),
        postgres: additions.sql(Dialect::Postgres),
    }))
}

/// All tables of a database.
struct DatabaseLayout {
    tables: BTreeMap<String, TableLayout>,
}

/// Structure of a table.
#[derive(Debug, Default, PartialEq, Eq)]
struct TableLayout {
    columns: BTreeMap<String, ColumnLayout>,
    /// Columns, and the tables that they refer to.
    references: BTreeSet<(String, String)>,
    /// SQL of each index, by name.
    indexes: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Eq)]
struct ColumnLayout {
    of: String,
    is_nullable: bool,
    is_key: bool,
    default: Option<String>,
    /// The check constraint on its values.
    check: Option<String>,
}

impl DatabaseLayout {
    fn of_migrations(migrations: &[Migration]) -> rusqlite::Result<DatabaseLayout> {
        DatabaseLayout::made_by(migrations.iter().map(|migration| migration.sqlite))
    }

    fn of_fields(tables: &[&'static ResourceTable]) -> rusqlite::Result<DatabaseLayout> {
        let mut sql = String::new();
        for table in tables {
            define(&mut sql, Dialect::Sqlite, table);
        }
        DatabaseLayout::made_by([sql.as_str()])
    }

    fn made_by<'a>(scripts: impl IntoIterator<Item = &'a str>) -> rusqlite::Result<DatabaseLayout> {
        let connection = Connection::open_in_memory()?;
        for script in scripts {
            connection.execute_batch(script)?;
        }
        let mut statement =
            connection.prepare("SELECT \"name\", \"sql\" FROM sqlite_schema WHERE \"type\" = 'table'")?;
        let tables = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let tables: Vec<(String, String)> = tables.collect::<Result<_, _>>()?;
        let read = |(name, sql): (String, String)| {
            let table = TableLayout::read(&connection, &name, &sql)?;
            Ok((name, table))
        };
        Ok(DatabaseLayout { tables: tables.into_iter().map(read).collect::<rusqlite::Result<_>>()? })
    }
}

impl TableLayout {
    fn read(connection: &Connection, table: &str, sql: &str) -> rusqlite::Result<TableLayout> {
        let mut layout = TableLayout::default();
        let mut statement = connection
            .prepare("SELECT \"name\", \"type\", \"notnull\", \"pk\", \"dflt_value\" FROM pragma_table_info(?1)")?;
        let mut rows = statement.query([table])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let column = ColumnLayout {
                of: row.get(1)?,
                is_nullable: !row.get::<_, bool>(2)?,
                is_key: row.get::<_, i64>(3)? > 0,
                default: row.get(4)?,
                check: check(sql, &format!("{table}_{name}_check")),
            };
            layout.columns.insert(name, column);
        }
        let mut statement = connection.prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1)")?;
        let references = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        layout.references = references.collect::<Result<_, _>>()?;
        let indexes = "SELECT \"name\", \"sql\" FROM sqlite_schema WHERE \"type\" = 'index' AND \"tbl_name\" = ?1 \
                       AND \"sql\" IS NOT NULL";
        let mut statement = connection.prepare(indexes)?;
        let indexes = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        layout.indexes = indexes.collect::<Result<_, _>>()?;
        Ok(layout)
    }
}

/// The condition of a named check constraint in the SQL of a table.
fn check(sql: &str, constraint: &str) -> Option<String> {
    let (_, rest) = sql.split_once(&format!("CONSTRAINT {constraint} CHECK ("))?;
    let mut depth = 1;
    let end = rest.find(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth == 0
    })?;
    Some(rest[..end].to_owned())
}

/// What a migration adds.
#[derive(Default)]
struct LayoutAdditions {
    tables: Vec<&'static ResourceTable>,
    columns: Vec<(&'static ResourceTable, &'static Field)>,
    uniques: Vec<(&'static ResourceTable, String)>,
    indexes: Vec<(&'static ResourceTable, String)>,
    /// Changes that are not merely additions.
    by_hand: Vec<String>,
}

impl LayoutAdditions {
    fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty() && self.uniques.is_empty() && self.indexes.is_empty()
    }

    fn compare(&mut self, table: &'static ResourceTable, found: &TableLayout, wanted: &TableLayout) {
        let tag = table.tag;
        for (_, field) in table.stored() {
            match (found.columns.get(field.name), &wanted.columns[field.name]) {
                (None, _) => self.add_column(table, field),
                (Some(found), wanted) => self.compare_column(tag, field, found, wanted),
            }
        }
        for name in found.columns.keys().filter(|name| !wanted.columns.contains_key(*name)) {
            self.by_hand.push(format!("{tag}.{name}: the table has this column, and no field needs it"));
        }
        // A new column includes its reference.
        let refers_anew = |(column, _): &&(String, String)| found.columns.contains_key(column);
        for (column, of) in wanted.references.difference(&found.references).filter(refers_anew) {
            self.by_hand.push(format!("{tag}.{column}: does not refer to {of} yet"));
        }
        for (column, of) in found.references.difference(&wanted.references) {
            self.by_hand.push(format!("{tag}.{column}: no longer refers to {of}"));
        }
        for (name, sql) in &found.indexes {
            if wanted.indexes.get(name) != Some(sql) {
                self.by_hand.push(format!("{tag}: the index {name} is no longer as it was made"));
            }
        }
        let is_new = |name: &String| !found.indexes.contains_key(name);
        let uniques = uniques(table).into_iter().map(|unique| unique.constraint).filter(is_new);
        self.uniques.extend(uniques.map(|name| (table, name)));
        self.indexes.extend(plain_indexes(table).filter(|(name, _)| is_new(name)).map(|(name, _)| (table, name)));
    }

    fn add_column(&mut self, table: &'static ResourceTable, field: &'static Field) {
        let (tag, name) = (table.tag, field.name);
        if references(table).any(|(_, referring, _)| referring.name == name) && !is_nullable(field) {
            self.by_hand
                .push(format!("{tag}.{name}: a reference that is never null needs a row for each that is there"));
        } else if field.index != FieldIndex::None
            && !is_nullable(field)
            && field.index != FieldIndex::Many
            && field.kind.storage() != ValueStorage::Text
        {
            self.by_hand.push(format!("{tag}.{name}: unique values that are never null need one for each row"));
        } else if name == "status" || name == "id" {
            self.by_hand.push(format!("{tag}.{name}: each row needs one"));
        } else {
            self.columns.push((table, field));
        }
    }

    fn compare_column(&mut self, tag: &str, field: &Field, found: &ColumnLayout, wanted: &ColumnLayout) {
        let name = field.name;
        let mut differ = |what: &str, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug| {
            self.by_hand.push(format!("{tag}.{name}: {what}: the table has {found:?}, the field needs {wanted:?}"));
        };
        if found.of != wanted.of {
            differ("type", &found.of, &wanted.of);
        }
        if found.is_nullable != wanted.is_nullable {
            differ("may be null", &found.is_nullable, &wanted.is_nullable);
        }
        if found.is_key != wanted.is_key {
            differ("primary key", &found.is_key, &wanted.is_key);
        }
        if found.check != wanted.check {
            differ("check", &found.check, &wanted.check);
        }
        // A column of a new table needs no default, because inserts list all columns.
        let of_field = default(Dialect::Sqlite, field);
        if found.default.is_some() && found.default != of_field {
            differ("default", &found.default, &of_field);
        }
    }

    fn sql(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().map(|(table, field)| format!("{}.{}", table.tag, field.name));
        let indexes = self.uniques.iter().chain(&self.indexes).map(|(_, name)| name.clone());
        let names: Vec<String> =
            self.tables.iter().map(|table| table.tag.to_owned()).chain(columns).chain(indexes).collect();
        let mut out = format!("-- Adds {}.\n", names.join(", "));
        for table in &self.tables {
            define(&mut out, dialect, table);
        }
        if !self.tables.is_empty() && !self.columns.is_empty() {
            out.push('\n');
        }
        for (table, field) in &self.columns {
            out.push_str(&add_column(dialect, table, field));
        }
        for (table, name) in &self.uniques {
            for unique in uniques(table).iter().filter(|unique| unique.constraint == *name) {
                out.push_str(&add_unique(dialect, table, unique));
            }
        }
        for (table, name) in &self.indexes {
            for (_, sql) in plain_indexes(table).filter(|(known, _)| known == name) {
                let _ = write!(out, "{sql}");
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use peerage_schema::Resource;

    use super::*;
    use crate::sqlite::migrate::migrate_to;

    fn own_tables() -> Vec<&'static ResourceTable> {
        Resource::ALL.map(Resource::table).to_vec()
    }

    /// The tables, with changed fields in one of them.
    fn changed(resource: Resource, change: impl FnOnce(&mut Vec<Field>)) -> Vec<&'static ResourceTable> {
        let mut tables = own_tables();
        let table = resource.table();
        let mut fields: Vec<Field> = table.fields.to_vec();
        change(&mut fields);
        tables[resource.index()] =
            Box::leak(Box::new(ResourceTable { fields: Box::leak(fields.into_boxed_slice()), ..*table }));
        tables
    }

    fn refused(tables: &[&'static ResourceTable]) -> String {
        draft(tables).expect_err("a person has to write it").to_string()
    }

    fn leaked(draft: MigrationDraft) -> Migration {
        let MigrationDraft { version, readable_since, sqlite, postgres } = draft;
        Migration { version, name: "next", readable_since, sqlite: sqlite.leak(), postgres: postgres.leak() }
    }

    #[test]
    fn migrations_make_what_the_fields_say() {
        let draft = draft(&own_tables()).expect("a migration that the program can write");
        assert!(
            draft.is_none(),
            "run `cargo run -p peerage -- schema migration NAME` to write what is missing: {draft:?}"
        );
    }

    #[test]
    fn fields_of_each_kind_are_added_to_tables_that_hold_rows() {
        use peerage_schema::field::{degrees, email, flag, integer, ip4, mac, reference, text, time, words};
        let tables = changed(Resource::Carrier, |fields| {
            fields.extend([
                text("colour", 20, "Colour"),
                text("quoted", 20, "Quoted").default_text("it's"),
                text("motto", 20, "Motto").nullable().unique(),
                email("desk_email", "Desk"),
                integer("floors", 0, 9, "Floors"),
                integer("rooms", 0, 9, "Rooms").default_int(3),
                flag("lit", "Lit"),
                flag("dark", "Dark").default_true(),
                degrees("height", "Height"),
                time("opened", "Opened"),
                mac("card", "Card"),
                ip4("address", "Address").nullable().unique_live(),
                words("colours", &[], "Colours"),
                reference("fac_id", Resource::Fac, "Home").nullable(),
            ]);
        });
        let draft = draft(&tables).expect("a migration that the program can write").expect("something is missing");
        assert_eq!(draft.version as usize, ALL.len() + 1);
        let mut connection = Connection::open_in_memory().expect("a database");
        connection.pragma_update(None, "foreign_keys", true).expect("a setting");
        migrate_to(ALL, &mut connection, "registry.db", "one").expect("the first layout");
        let org = "INSERT INTO \"carrier\" (\"id\", \"org_id\", \"name\", \"aka\", \"name_long\", \"website\", \
                   \"social_media\", \"notes\", \"status\", \"version\") VALUES (1, 1, 'One', '', '', '', '[]', '', 'ok', 1)";
        connection.pragma_update(None, "foreign_keys", false).expect("a setting");
        connection.execute_batch(org).expect("a row");
        connection.pragma_update(None, "foreign_keys", true).expect("a setting");

        let mut all = ALL.to_vec();
        all.push(leaked(draft));
        assert_eq!(migrate_to(&all, &mut connection, "registry.db", "two").expect("the second layout"), "one");
        let sql = "SELECT concat_ws('|', \"colour\", \"quoted\", ifnull(\"motto\", '-'), \"floors\", \"rooms\", \"lit\", \
                   \"dark\", ifnull(\"height\", '-'), \"colours\", ifnull(\"fac_id\", '-')) FROM \"carrier\"";
        let values: String = connection.query_row(sql, [], |row| row.get(0)).expect("the row");
        assert_eq!(values, "|it's|-|0|3|0|1|-|[]|-");
        // The newer program opens the file again, and has nothing to change.
        migrate_to(&all, &mut connection, "registry.db", "three").expect("nothing is done");
        assert!(draft_after(&all, &tables).expect("compared").is_none());
        // The older program can read what the newer one has migrated, because only columns were added.
        assert_eq!(migrate_to(ALL, &mut connection, "registry.db", "four").expect("readable"), "one");
        all.push(Migration { version: 3, name: "kind", readable_since: 3, sqlite: "", postgres: "" });
        migrate_to(&all, &mut connection, "registry.db", "five").expect("the third layout");
        let error = migrate_to(ALL, &mut connection, "registry.db", "six").expect_err("refused").to_string();
        assert!(error.contains("written by a newer program"), "{error}");
    }

    #[test]
    fn a_new_table_is_added_whole() {
        let table = Resource::Carrier.table();
        let new: &'static ResourceTable =
            Box::leak(Box::new(ResourceTable { tag: "cable", about: "A cable.", ..*table }));
        let mut tables = own_tables();
        tables.push(new);
        let draft = draft(&tables).expect("a migration that the program can write").expect("something is missing");
        for sql in [&draft.sqlite, &draft.postgres] {
            assert!(sql.starts_with("-- Adds cable.\n\n-- A cable.\nCREATE TABLE \"cable\" (\n"), "{sql}");
            assert!(sql.contains("cable_org_id_fkey") && sql.contains("cable_updated_idx"), "{sql}");
        }
        let all: Vec<Migration> = ALL.iter().copied().chain([leaked(draft)]).collect();
        assert!(draft_after(&all, &tables).expect("compared").is_none());
    }

    #[test]
    fn the_first_migration_is_what_a_draft_from_nothing_says() {
        let tables = own_tables();
        let draft = draft_after(&[], &tables).expect("a migration that the program can write").expect("everything");
        assert_eq!(draft.version, 1);
        for (sql, first) in [(draft.sqlite, ALL[0].sqlite), (draft.postgres, ALL[0].postgres)] {
            let (_, definitions) = sql.split_once('\n').expect("a line");
            // A column that was added later is in a migration of its own.
            assert!(ALL.len() > 1 || first.contains(definitions), "{definitions}");
        }
    }

    #[test]
    fn changes_that_are_no_additions_are_left_to_a_person() {
        use peerage_schema::field::{asn, integer, reference, text};
        for (change, expected) in [
            (
                (|fields| fields.retain(|field| field.name != "aka")) as fn(&mut Vec<Field>),
                "carrier.aka: the table has this column, and no field needs it",
            ),
            (|fields| fields.iter_mut().filter(|field| field.name == "aka").for_each(|aka| *aka = aka.unique()), ""),
            (
                |fields| {
                    let aka = fields.iter_mut().find(|field| field.name == "aka").expect("a field");
                    *aka = integer("aka", 0, 9, "Aka");
                },
                "carrier.aka: type: the table has \"TEXT\", the field needs \"INTEGER\"",
            ),
            (
                |fields| {
                    let aka = fields.iter_mut().find(|field| field.name == "aka").expect("a field");
                    *aka = text("aka", 9, "Aka").nullable();
                },
                "carrier.aka: may be null: the table has false, the field needs true",
            ),
            (
                |fields| fields.push(reference("fac_id", Resource::Fac, "Home")),
                "carrier.fac_id: a reference that is never null needs a row for each that is there",
            ),
            (
                |fields| fields.push(asn("as_number", "AS number").unique()),
                "carrier.as_number: unique values that are never null need one for each row",
            ),
        ] {
            let tables = changed(Resource::Carrier, change);
            if expected.is_empty() {
                let draft = draft(&tables).expect("a migration that the program can write").expect("an index");
                assert!(draft.sqlite.contains("CREATE UNIQUE INDEX carrier_aka_key"), "{}", draft.sqlite);
                assert!(draft.postgres.contains("ADD CONSTRAINT carrier_aka_key EXCLUDE"), "{}", draft.postgres);
            } else {
                let error = refused(&tables);
                assert!(error.ends_with(expected), "{error}");
            }
        }
    }
}
