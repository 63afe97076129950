//! The store on both engines: the same tests run on each.

/// Makes two tests of each function: one on SQLite, one on PostgreSQL.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            #[test]
            fn on_sqlite() {
                crate::support::on_sqlite(super::$name);
            }

            #[test]
            fn on_postgres() {
                crate::support::on_postgres(super::$name);
            }
        }
    )* };
}

mod append;
mod aside;
mod audit_log;
mod bulk;
mod damage;
mod deadlines;
mod erase;
mod file;
mod nodes;
mod open;
mod pages;
mod records;
mod rows;
mod server;
mod support;
