//! Unique values (spec/write-api.md, 4.6).
//!
//! Compared as in imports: without regard to case and to spaces at the end, but with accents.

use peerage_schema::{Column, FieldKind, Resource, Status};

use super::cell::StoredCell;
use super::value::mac;
use crate::fold::fold;
use crate::row::Row;
use crate::snapshot::{IndexKey, Snapshot};

/// The row that has the value of an indexed field, whatever its status. Live rows come first. The row `but` is not
/// considered.
pub fn holder<'a>(state: &'a Snapshot, column: Column, cell: &StoredCell, but: Option<u32>) -> Option<&'a Row> {
    let resource = column.resource();
    if let (FieldKind::Mac, StoredCell::Text(text)) = (column.field().kind, cell) {
        return holder_of_mac(state, column, text, but);
    }
    let (key, folded) = match cell {
        StoredCell::Int(number) => (IndexKey::Int(*number), None),
        StoredCell::Text(text) if !text.is_empty() => (IndexKey::text(&fold(text)), Some(lowered(text))),
        _ => return None,
    };
    let ids = state.holding(column, &key)?;
    let rows = ids.iter().filter(|id| but != Some(**id)).filter_map(|id| state.row(resource, *id));
    let is_same = |row: &&Row| match &folded {
        Some(folded) => row.text(column).map(lowered).as_ref() == Some(folded),
        None => true,
    };
    rows.filter(is_same).min_by_key(|row| state.status(resource, row) == Some(Status::Deleted))
}

/// The same for a MAC address, in whatever form: imported rows keep theirs.
///
/// Cost: a scan of all rows of the kind. There are few, and such addresses are seldom written.
fn holder_of_mac<'a>(state: &'a Snapshot, column: Column, text: &str, but: Option<u32>) -> Option<&'a Row> {
    let resource = column.resource();
    let wanted = mac(text)?;
    let rows = state.rows(resource).filter(|row| but != Some(row.id()));
    rows.filter(|row| row.text(column).and_then(mac).as_ref() == Some(&wanted))
        .min_by_key(|row| state.status(resource, row) == Some(Status::Deleted))
}

fn lowered(text: &str) -> String {
    text.trim_end_matches(' ').to_lowercase()
}

/// The row with the same two foreign keys, those of [`peerage_schema::ResourceTable::unique_pair`], whatever its status.
pub fn holder_of_pair(state: &Snapshot, resource: Resource, keys: (u32, u32), but: Option<u32>) -> Option<&Row> {
    let table = resource.table();
    let (one, other) = table.unique_pair?;
    let other = table.column(other);
    let ids = state.pointing(table.column(one), keys.0);
    let rows = ids.iter().filter(|id| but != Some(**id)).filter_map(|id| state.row(resource, *id));
    rows.filter(|row| row.int(other) == Some(i64::from(keys.1)))
        .min_by_key(|row| state.status(resource, row) == Some(Status::Deleted))
}
