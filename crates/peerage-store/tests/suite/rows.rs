//! What is appended is read back unchanged.

use std::sync::Arc;

use peerage_registry::moment::Moment;
use peerage_registry::{EventSubject, LogHead, Row, Value};
use peerage_schema::{EmptyValue, FieldIndex, FieldKind, Resource, ResourceTable, ValueStorage};

use crate::support::{StoreCheck, TestDatabase, append, created, everything, is_sound, load, row};

on_both_engines!(every_column_of_every_resource_comes_back, rows_come_in_order_and_with_their_head);

/// In microseconds.
const TIMES: [i64; 5] =
    [-62_167_219_200_000_000, -1, 1_704_164_645_000_006, 253_402_207_199_999_999, 951_782_400_999_999];
const DEGREES: [i64; 6] = [180_000_000, -180_000_000, 1, -1, 0, 52_370_216];
const TEXTS: [&str; 7] = [
    "Ærø 東京 🌍 e\u{301}",
    "a,b\t\"c\"\\d\r\n\u{1}",
    "' OR 1=1; --",
    "\\N",
    " blank ",
    "\u{feff}\u{200d}\u{10ffff}",
    "%_*?",
];

/// Values that are difficult to store, by kind of column. The variant selects one of them.
fn awkward(table: &ResourceTable, name: &str, variant: usize) -> Value<'static> {
    let field = table.field(name).expect("a field");
    let is_nullable =
        field.empty != EmptyValue::Blank || matches!(field.kind.storage(), ValueStorage::Time | ValueStorage::Degrees);
    if is_nullable && variant.is_multiple_of(3) {
        return Value::Null;
    }
    match field.kind.storage() {
        ValueStorage::Bool => Value::Bool(variant % 2 == 1),
        ValueStorage::Time => Value::Time(Moment::from_microseconds(TIMES[variant % TIMES.len()])),
        ValueStorage::Degrees => Value::Int(DEGREES[variant % DEGREES.len()]),
        ValueStorage::Int => Value::Int([0, i64::MAX, i64::MIN, 4_294_967_295, -1][variant % 5]),
        ValueStorage::Text if variant % 3 == 1 => Value::Text(""),
        ValueStorage::Text => Value::Text(TEXTS[variant % TEXTS.len()]),
        ValueStorage::None => Value::Null,
    }
}

/// Returns a row full of difficult values that satisfy the constraints.
pub fn awkward_row(resource: Resource, id: u32) -> Row {
    let table = resource.table();
    let unique_text = format!("Unique {id} ÄÖ");
    let values: Vec<(&str, Value<'_>)> = table
        .stored()
        .enumerate()
        .map(|(at, (_, field))| {
            let value = match field.kind {
                FieldKind::Id => Value::Int(i64::from(id)),
                // All point to the first row, except if two columns form a unique pair.
                FieldKind::Ref(_) if table.unique_pair.is_some_and(|(_, second)| second == field.name) => {
                    Value::Int(i64::from(id))
                }
                FieldKind::Ref(_) if field.empty == EmptyValue::Null && id.is_multiple_of(2) => Value::Null,
                FieldKind::Ref(_) => Value::Int(1),
                _ if field.name == "status" => Value::Text(["ok", "pending", "deleted"][id as usize % 3]),
                _ if field.index == FieldIndex::Unique || field.index == FieldIndex::UniqueLive => {
                    match field.kind.storage() {
                        ValueStorage::Int => Value::Int(i64::from(id)),
                        _ => Value::Text(&unique_text),
                    }
                }
                _ => awkward(table, field.name, at + id as usize),
            };
            (field.name, value)
        })
        .collect();
    row(resource, id, &values)
}

fn every_column_of_every_resource_comes_back(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let mut entries = Vec::new();
        for resource in Resource::ALL {
            entries.extend((1..=12).map(|id| created(resource, &awkward_row(resource, id))));
        }
        let count = entries.len() as u64;
        let expected: Vec<(EventSubject, u32, String)> = entries
            .iter()
            .filter_map(|entry| Some((entry.subject(), entry.id, entry.change.texts().1?.into_owned())))
            .collect();
        let head = append(&store, entries.clone()).await;
        assert_eq!(head.sequence, count);
        assert_eq!(everything(&store).await, expected);

        let events = store.tail(LogHead::EMPTY, 1_000).await.expect("the log");
        assert_eq!(events.last().map(|event| event.hash), Some(head.hash));
        for ((at, event), entry) in events.iter().enumerate().zip(&entries) {
            assert_eq!(event.sequence, at as u64 + 1);
            assert_eq!((event.entry.at, &event.entry.actor, event.entry.salt), (entry.at, &entry.actor, entry.salt));
            assert_eq!((event.entry.action, event.entry.id, event.entry.org), (entry.action, entry.id, entry.org));
            assert!(event.entry.change == entry.change, "{} {}", entry.subject().name(), entry.id);
        }
        is_sound(&store).await;
    })
}

fn rows_come_in_order_and_with_their_head(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = database.open().await;
        let entries: Vec<_> =
            [7, 3, 900_000, 5].map(|id| created(Resource::Org, &awkward_row(Resource::Org, id))).into();
        let head = append(&store, entries).await;
        let (rows, loaded) = load(&store).await;
        assert_eq!(loaded, head);
        let ids: Vec<u32> = everything(&store).await.into_iter().map(|(_, id, _)| id).collect();
        assert_eq!((rows.len(), ids), (4, vec![3, 5, 7, 900_000]));
    })
}
