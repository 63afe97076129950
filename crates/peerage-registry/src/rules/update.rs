//! Updating a row (spec/write-api.md, 1, 5 and 6).

use peerage_schema::{Resource, Status, tables};

use super::asked::Asked;
use super::cell::Cell;
use super::reach::{self, Reach};
use super::save;
use super::steps::Steps;
use super::{Judged, Refusal, Write, campus, fac, ix, net, netixlan, parent};
use crate::place;
use crate::rights::Rights;
use crate::row::Row;
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// The row with an id from a path, if it is not deleted.
///
/// # Errors
/// There is no such row.
pub fn find<'a>(state: &'a Snapshot, resource: Resource, id: &str) -> Result<&'a Row, Refusal> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::NotFound("Not found.".to_owned()));
    }
    let row = id.parse().ok().and_then(|id| state.row(resource, id));
    let row = row.filter(|row| matches!(state.status(resource, row), Some(Status::Live | Status::Pending)));
    row.ok_or_else(|| Refusal::NotFound(format!("No {} matches the given query.", resource.table().model)))
}

/// Decides about a PUT.
pub fn update(write: &Write<'_>, state: &Snapshot, id: &str) -> Result<Judged, Refusal> {
    let resource = write.resource;
    let before = find(state, resource, id)?;
    let may = |row: &Row| {
        place::of_row(state, resource, row).is_some_and(|namespace| write.authority.may(&namespace, Rights::UPDATE))
    };
    let Some(reach) = reach::of(write, state, before) else { return Err(Refusal::NotYours) };
    let body = save::prepared(write, state, false)?;
    let asked = Asked { write, state, before: Some(before), body, is_form: write.body.is_form, taken_over: None };
    let mut read = save::read(&asked)?;
    save::holder_of_pair(&asked, &read.draft)?;
    let ports = save::across(&asked, &mut read)?;
    let table = resource.table();
    let changes = read.draft.changes();
    let after = stored_cells(table, before)
        .with(table, &changes.iter().map(|(at, cell)| (*at, cell.as_value())).collect::<Vec<_>>());
    if matches!(reach, Reach::Whole) && !may(&after) {
        return Err(Refusal::NotPermitted);
    }
    reach.check(&asked, before, &mut read.draft, &after)?;
    if resource == Resource::Net {
        net::check_change(&asked, &read.draft)?;
    }
    parent::check(&asked, &read.draft)?;
    let mut steps = Steps::new(state, write.now);
    netixlan::release(&mut steps, &read.draft, &ports);
    for taken in &read.draft.taken {
        steps.change_silently(resource, taken.holder, &[(table.column(taken.field), Cell::Null)]);
    }
    if resource == Resource::Fac {
        fac::derive(&asked, &mut read.draft);
    }
    let has_moved = matches!(resource, Resource::Fac | Resource::Org) && fac::has_moved(&asked, &read.draft);
    if has_moved {
        fac::lose_place(&mut read.draft);
    }
    if resource == Resource::Campus {
        let status = campus::status(&steps, before.id());
        read.draft.set(table.columns.status, Cell::text(status.text()));
    }
    steps.change(resource, before.id(), &read.draft.changes());
    let mut judged = Judged { shown: Some((resource, before.id())), instead: save::nulls(&asked), ..Judged::default() };
    match resource {
        Resource::Fac => {
            let campus = tables::fac::CAMPUS_ID;
            fac::follow(&mut steps, [before.int(campus), after.int(campus)]);
        }
        Resource::Ix => ix::follow(&mut steps, before),
        _ => {}
    }
    if has_moved {
        judged.meta.push(fac::warning(&asked));
    }
    if let Some(net) = table.columns.net_id {
        save::touch(&mut steps, resource, &[before.int(net), after.int(net)]);
    }
    judged.steps = steps.finish();
    Ok(judged)
}
