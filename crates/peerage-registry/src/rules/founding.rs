//! Rows that result from a registration at an RIR or from a decision of staff, rather than from a body
//! (spec/accounts.md, 11; spec/web.md, the queue).

use peerage_schema::tables::{self, ixpfx, org};
use peerage_schema::{Column, Resource, Status};

use super::cell::StoredCell;
use super::delete;
use super::steps::StepBuilder;
use super::{RowStep, fac, ix, unique};
use crate::ids::OrgId;
use crate::moment::Moment;
use crate::snapshot::Snapshot;

/// Maximum length of a name, in characters.
const NAME_LETTERS_MAX: usize = 255;

/// Creates an organization of which only the name is known, on a decision of staff.
pub fn found_organization(state: &Snapshot, name: &str, now: Moment) -> (OrgId, Vec<RowStep>) {
    let mut steps = StepBuilder::new(state, now);
    let org = steps.next_id(Resource::Org);
    let name = free_name(state, org::NAME, name, &format!("#{org}"), None);
    steps.create(Resource::Org, org, &[(org::NAME, name), (org::STATUS, StoredCell::text(Status::Live.text()))]);
    (OrgId::new(org), steps.finish())
}

/// Returns a name that no row of the kind has, with single spaces. `mark` is added if the name is taken.
/// `own`: the row that gets the name, whose current name does not count as taken.
pub(super) fn free_name(state: &Snapshot, column: Column, wanted: &str, mark: &str, own: Option<u32>) -> StoredCell {
    let words = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut tail = String::new();
    loop {
        let kept: String = words.chars().take(NAME_LETTERS_MAX.saturating_sub(tail.chars().count())).collect();
        let name = StoredCell::Text(format!("{kept}{tail}"));
        if unique::holder(state, column, &name, own).is_none() {
            return name;
        }
        tail.push_str(&format!(" ({mark})"));
    }
}

/// The organization with this name, whatever its status. Live ones come first.
pub fn organization_named(state: &Snapshot, name: &str) -> Option<OrgId> {
    unique::holder(state, org::NAME, &StoredCell::text(name), None).map(|row| OrgId::new(row.id()))
}

/// Makes pending rows live, and their organizations with them. Ignores all other rows.
pub fn approve(state: &Snapshot, rows: &[(Resource, u32)], now: Moment) -> Vec<RowStep> {
    let mut steps = StepBuilder::new(state, now);
    for (resource, id) in rows {
        settle(&mut steps, *resource, *id);
    }
    steps.finish()
}

fn settle(steps: &mut StepBuilder<'_>, resource: Resource, id: u32) {
    if steps.status(resource, id) != Some(Status::Pending) {
        return;
    }
    let columns = &resource.table().columns;
    let number =
        |steps: &StepBuilder<'_>, at: Option<Column>| steps.row(resource, id).zip(at).and_then(|(row, at)| row.int(at));
    if let Some(org) = number(steps, columns.org_id).and_then(|org| u32::try_from(org).ok()) {
        settle(steps, Resource::Org, org);
    }
    steps.change(resource, id, &[(columns.status, StoredCell::text(Status::Live.text()))]);
    match resource {
        Resource::Ix => {
            if let Some(row) = steps.row(resource, id).cloned() {
                ix::follow(steps, &row);
            }
            for prefix in steps.pointing(ixpfx::IXLAN_ID, id) {
                if steps.status(Resource::Ixpfx, prefix) == Some(Status::Pending) {
                    steps.change(Resource::Ixpfx, prefix, &[(ixpfx::STATUS, StoredCell::text(Status::Live.text()))]);
                }
            }
        }
        Resource::Fac => {
            let campus = number(steps, Some(tables::fac::CAMPUS_ID));
            fac::follow(steps, [None, campus]);
        }
        _ => {}
    }
}

/// Deletes pending rows, and everything that belongs to them. Ignores all other rows.
pub fn refuse(state: &Snapshot, rows: &[(Resource, u32)], now: Moment) -> Vec<RowStep> {
    let mut steps = StepBuilder::new(state, now);
    for (resource, id) in rows {
        if steps.status(*resource, *id) == Some(Status::Pending) {
            delete::remove(&mut steps, *resource, *id);
        }
    }
    steps.finish()
}
