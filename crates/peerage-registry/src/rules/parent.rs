//! A live row needs live parents (spec/write-api.md, 6.2).

use peerage_schema::{FieldKind, Resource, Status};

use super::WriteRefusal;
use super::draft::RowDraft;
use super::request::SaveRequest;
use crate::row::Row;
use crate::snapshot::Snapshot;

/// Whether every save checks the parent's status. For the other resources, only the creation does.
fn is_held_for_life(resource: Resource) -> bool {
    match resource {
        Resource::Net
        | Resource::Ix
        | Resource::Fac
        | Resource::Poc
        | Resource::Netfac
        | Resource::Netixlan
        | Resource::Ixfac => true,
        Resource::Org
        | Resource::Campus
        | Resource::Carrier
        | Resource::Carrierfac
        | Resource::Ixlan
        | Resource::Ixpfx => false,
    }
}

/// Whether a field is a reference to an owner, and not to a mere neighbour.
fn is_parent(name: &str) -> bool {
    !matches!(name, "campus_id" | "net_side_id" | "ix_side_id")
}

/// Checks that the row can be live under its resulting parents.
///
/// # Errors
/// Names the first parent that is deleted or pending.
pub fn check(request: &SaveRequest<'_>, draft: &RowDraft) -> Result<(), WriteRefusal> {
    let resource = request.resource();
    let is_new = request.creates();
    if !is_new && !is_held_for_life(resource) {
        return Ok(());
    }
    let is_live = request.before.is_none_or(|row| request.state.is_live(resource, row));
    check_each(request.state, resource, is_live, |position| draft.int_over(request.before, position))
}

/// Checks that a deleted row can get a status under its owners.
///
/// # Errors
/// Names the first owner that is deleted or pending.
pub fn check_owners(state: &Snapshot, resource: Resource, row: &Row, status: Status) -> Result<(), WriteRefusal> {
    check_each(state, resource, status == Status::Live, |position| row.int(position))
}

fn check_each(
    state: &Snapshot,
    resource: Resource,
    is_live: bool,
    owner: impl Fn(usize) -> Option<i64>,
) -> Result<(), WriteRefusal> {
    let table = resource.table();
    for (position, field) in table.stored().filter(|(_, field)| is_parent(field.name)) {
        let FieldKind::Ref(of) = field.kind else { continue };
        let Some(id) = owner(position) else { continue };
        let Some(parent) = state.row(of, id as u32) else { continue };
        let what = match state.status(of, parent) {
            Some(Status::Pending) if is_live => "has not yet been approved",
            Some(Status::Live | Status::Pending) => continue,
            _ => "has been marked as deleted",
        };
        let (tag, parent) = (table.tag, of.tag());
        return Err(WriteRefusal::Impossible(format!(
            "Object of type '{tag}' cannot be saved because its parent entity '{parent}/{id}' {what}"
        )));
    }
    Ok(())
}
