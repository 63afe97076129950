//! Updating a row (spec/write-api.md, 1, 5 and 6).

use peerage_schema::{Resource, Status, tables};

use super::cell::StoredCell;
use super::reach::{self, EditScope};
use super::request::SaveRequest;
use super::save;
use super::steps::StepBuilder;
use super::{WriteDecision, WriteRefusal, WriteRequest, campus, fac, ix, net, netixlan, parent};
use crate::place;
use crate::rights::Permissions;
use crate::row::Row;
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// The row with an id from a path, if it is not deleted.
///
/// # Errors
/// There is no such row.
pub fn find<'a>(state: &'a Snapshot, resource: Resource, id: &str) -> Result<&'a Row, WriteRefusal> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WriteRefusal::NotFound("Not found.".to_owned()));
    }
    let row = id.parse().ok().and_then(|id| state.row(resource, id));
    let row = row.filter(|row| matches!(state.status(resource, row), Some(Status::Live | Status::Pending)));
    row.ok_or_else(|| WriteRefusal::NotFound(format!("No {} matches the given query.", resource.table().model)))
}

/// Decides about a PUT.
pub fn update(write: &WriteRequest<'_>, state: &Snapshot, id: &str) -> Result<WriteDecision, WriteRefusal> {
    let resource = write.resource;
    let before = find(state, resource, id)?;
    let may = |row: &Row| {
        place::of_row(state, resource, row)
            .is_some_and(|namespace| write.authority.may(&namespace, Permissions::UPDATE))
    };
    let Some(reach) = reach::edit_scope(write.authority, state, resource, before) else {
        return Err(WriteRefusal::NotYours);
    };
    let body = save::prepared(write, state, false)?;
    let request =
        SaveRequest { write, state, before: Some(before), body, is_form: write.body.is_form, taken_over: None };
    let mut read = save::read(&request)?;
    save::holder_of_pair(&request, &read.draft)?;
    let ports = save::across(&request, &mut read)?;
    let table = resource.table();
    let changes = read.draft.changes();
    let after = stored_cells(table, before)
        .with(table, &changes.iter().map(|(at, cell)| (*at, cell.as_value())).collect::<Vec<_>>());
    if matches!(reach, EditScope::Whole) && !may(&after) {
        return Err(WriteRefusal::NotPermitted);
    }
    reach.check(&request, before, &mut read.draft, &after)?;
    if resource == Resource::Net {
        net::check_change(&request, &read.draft)?;
    }
    parent::check(&request, &read.draft)?;
    let mut steps = StepBuilder::new(state, write.now);
    netixlan::release(&mut steps, &read.draft, &ports);
    for taken in &read.draft.taken {
        steps.change_silently(resource, taken.holder, &[(table.column(taken.field), StoredCell::Null)]);
    }
    if resource == Resource::Fac {
        fac::derive(&request, &mut read.draft);
    }
    let has_moved = matches!(resource, Resource::Fac | Resource::Org) && fac::has_moved(&request, &read.draft);
    if has_moved {
        fac::lose_place(&mut read.draft);
    }
    if resource == Resource::Campus {
        let status = campus::status(&steps, before.id());
        read.draft.set(table.columns.status, StoredCell::text(status.text()));
    }
    steps.change(resource, before.id(), &read.draft.changes());
    let mut decided = WriteDecision {
        shown: Some((resource, before.id())),
        instead: save::nulls(&request),
        ..WriteDecision::default()
    };
    match resource {
        Resource::Fac => {
            let campus = tables::fac::CAMPUS_ID;
            fac::follow(&mut steps, [before.int(campus), after.int(campus)]);
        }
        Resource::Ix => ix::follow(&mut steps, before),
        _ => {}
    }
    if has_moved {
        decided.meta.push(fac::warning(&request));
    }
    if let Some(net) = table.columns.net_id {
        save::touch(&mut steps, resource, &[before.int(net), after.int(net)]);
    }
    decided.steps = steps.finish();
    Ok(decided)
}
