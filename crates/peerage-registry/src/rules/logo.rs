//! The URL of an object's logo in its row.

use peerage_schema::Resource;

use super::RowStep;
use super::cell::StoredCell;
use super::steps::StepBuilder;
use crate::moment::Moment;
use crate::snapshot::Snapshot;

/// The steps that set or remove the URL of a row's logo. None if nothing changes. `updated` stays the same
/// (spec/write-api.md, 5.14).
pub fn show_logo(state: &Snapshot, resource: Resource, id: u32, address: Option<&str>, now: Moment) -> Vec<RowStep> {
    let Some(logo) = resource.table().columns.logo else { return Vec::new() };
    let Some(row) = state.row(resource, id).filter(|row| row.text(logo) != address) else { return Vec::new() };
    let mut steps = StepBuilder::new(state, now);
    steps.change_silently(resource, row.id(), &[(logo, address.map_or(StoredCell::Null, StoredCell::text))]);
    steps.finish()
}
