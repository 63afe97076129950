//! What is written can be read without loss.

use peerage_schema::{DefaultValue, FieldKind, Resource, ValueStorage};
use proptest::prelude::*;

use super::batch;
use crate::dump::push_row;
use crate::moment::Moment;
use crate::row::{Row, RowBuilder, Value};
use crate::stored;

/// A row that a store might contain: every stored cell has a value that its field can hold.
fn any_row(resource: Resource) -> impl Strategy<Value = Row> {
    let seeds =
        proptest::collection::vec((any::<i64>(), "[^\\x00,]{0,12}", any::<u8>()), resource.table().fields.len());
    (1_u32..=2_147_483_647, seeds).prop_map(move |(id, seeds)| {
        let mut builder = RowBuilder::new(resource.table());
        for (field, (number, text, kind)) in resource.table().fields.iter().zip(&seeds) {
            if !field.is_stored() {
                builder.push(Value::Null);
                continue;
            }
            let may_be_null = field.empty != peerage_schema::EmptyValue::Blank;
            let is_text = field.kind.storage() == ValueStorage::Text;
            let scaled = |min: i64, max: i64| min + (number.unsigned_abs() % (max - min + 1).unsigned_abs()) as i64;
            let within = |min, max| Value::Int(scaled(min, max));
            let filled = if text.is_empty() { "x" } else { text.as_str() };
            let written;
            let value = match field.kind {
                FieldKind::Id => Value::Int(i64::from(id)),
                _ if may_be_null && kind % 4 == 0 => Value::Null,
                FieldKind::Ref(_) => within(1, 2_147_483_647),
                FieldKind::Asn => within(0, 4_294_967_295),
                FieldKind::Int { max, .. } => within(-2_147_483_648, max.min(2_147_483_647)),
                FieldKind::NumberChoice(_) => within(-2_147_483_648, 2_147_483_647),
                FieldKind::Bool => Value::Bool(kind % 2 == 0),
                FieldKind::Degrees => within(-999_000_000, 999_000_000),
                FieldKind::Time => {
                    Value::Time(Moment::from_microseconds(scaled(-2_208_988_800_000_000, 4_102_444_800_000_000)))
                }
                FieldKind::Social => {
                    let entries = [("x", filled), ("website", text.as_str())];
                    let entries = entries.map(|(service, identifier)| {
                        format!(r#"{{"service":"{service}","identifier":{}}}"#, serde_json::Value::from(identifier))
                    });
                    written = format!("[{}]", entries[..usize::from(kind % 3)].join(","));
                    Value::Text(&written)
                }
                FieldKind::Words(_) => {
                    written = format!("[{}]", serde_json::Value::from(filled));
                    Value::Text(if kind % 2 == 0 { "[]" } else { &written })
                }
                FieldKind::Choices(_) => {
                    written = format!("{filled},b{filled},a");
                    Value::Text(if kind % 3 == 0 { "" } else { &written })
                }
                FieldKind::Ip4 => {
                    written = std::net::Ipv4Addr::from(*number as u32).to_string();
                    Value::Text(&written)
                }
                FieldKind::Ip6 => {
                    written = std::net::Ipv6Addr::from((i128::from(*number) << 64) as u128).to_string();
                    Value::Text(&written)
                }
                FieldKind::Prefix => Value::Text(if kind % 2 == 0 { "11.0.0.0/22" } else { "2f00:5::/64" }),
                FieldKind::Choice(choices) if field.name == "status" => {
                    Value::Text(choices[usize::from(*kind) % 3].value)
                }
                // Null replaces the empty text in fields without an empty text, and names are never empty.
                _ if is_text && (field.empty == peerage_schema::EmptyValue::Null || field.required) => {
                    Value::Text(filled)
                }
                _ => Value::Text(text),
            };
            builder.push(value);
        }
        builder.finish()
    })
}

fn any_kind_of_row() -> impl Strategy<Value = (Resource, Row)> {
    (0..Resource::ALL.len()).prop_flat_map(|at| (Just(Resource::ALL[at]), any_row(Resource::ALL[at])))
}

proptest! {
    #[test]
    fn what_is_written_is_read_without_loss((resource, row) in any_kind_of_row()) {
        let mut text = Vec::new();
        push_row(&mut text, resource, &row);
        let text = String::from_utf8(text).expect("UTF-8");
        let read = batch(resource.tag(), &format!("[{text}]"));
        prop_assert!(read.complaints.is_empty(), "{:?}", read.complaints);
        let incoming = &read.rows[resource.index()][0];
        prop_assert!(incoming.exact);
        prop_assert_eq!(stored::to_json(resource, &incoming.row), stored::to_json(resource, &row));
    }
}

#[test]
fn every_table_fits_the_mask_of_named_fields() {
    for resource in Resource::ALL {
        assert!(resource.table().fields.len() <= 64, "{}", resource.tag());
        // `exact` relies on this.
        assert!(resource.table().fields.iter().any(|field| field.name == "version" && !field.is_shown()));
        assert!(matches!(resource.table().field("status").map(|field| field.default), Some(DefaultValue::Text("ok"))));
    }
}
