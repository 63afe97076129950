//! Restoring a deleted row, to undo its deletion. A restored row passes the rules of a change, and needs live owners.

use peerage_schema::Status;

use super::cell::StoredCell;
use super::update;
use super::{WriteDecision, WriteRefusal, WriteRequest, parent};
use crate::event::Action;
use crate::place;
use crate::rights::Permissions;
use crate::row::Row;
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// Decides about a deleted row that gets a status and the values in the body. Its rows are not restored with it, except
/// for the LAN of an exchange.
///
/// # Errors
/// A value or the place of the row was taken since, an owner is not there, or the caller lacks a permission.
pub fn restore(
    write: &WriteRequest<'_>,
    state: &Snapshot,
    id: &str,
    status: Status,
) -> Result<WriteDecision, WriteRefusal> {
    let resource = write.resource;
    let table = resource.table();
    let row = id.parse().ok().and_then(|id| state.row(resource, id));
    let is_gone = |row: &&Row| state.status(resource, row) == Some(Status::Deleted);
    let row = row.filter(is_gone).ok_or_else(|| WriteRefusal::NotFound("This is not deleted.".to_owned()))?;
    let namespace = place::of_row(state, resource, row);
    if !namespace.is_some_and(|namespace| write.authority.may(&namespace, Permissions::CREATE)) {
        return Err(WriteRefusal::NotPermitted);
    }
    let cell = StoredCell::text(status.text());
    let risen = row.with(table, &[(table.columns.status, cell.as_value())]);
    // The rules of a change compare with the row as if it had never been deleted.
    let with_row = state.with(std::iter::once((resource, risen)));
    let mut decided = update::update(write, &with_row, id)?;
    let before = stored_cells(table, row);
    for step in decided.steps.iter_mut().filter(|step| step.resource == resource && step.id == row.id()).take(1) {
        step.before = Some(before.clone());
        step.action = Action::Update;
        if let Some(after) = &step.after {
            parent::check_owners(state, resource, after, status)?;
        }
    }
    Ok(decided)
}
