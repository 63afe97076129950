//! Rows that come of the word of a registry of numbers or of the registry's staff, and not of a body (spec/accounts.md,
//! 11; spec/web.md, the queue).

use peerage_schema::tables::{self, ixpfx, org};
use peerage_schema::{Column, Resource, Status};

use super::cell::Cell;
use super::delete;
use super::steps::Steps;
use super::{Step, fac, ix, unique};
use crate::ids::OrgId;
use crate::moment::Micros;
use crate::snapshot::Snapshot;

/// Letters of a name, at most.
const NAME_LETTERS_MAX: usize = 255;

/// Makes an organization of which only the name is known, by the staff's word.
pub fn found_organization(state: &Snapshot, name: &str, now: Micros) -> (OrgId, Vec<Step>) {
    let mut steps = Steps::new(state, now);
    let org = steps.next_id(Resource::Org);
    let name = free_name(state, org::NAME, name, &format!("#{org}"), None);
    steps.create(Resource::Org, org, &[(org::NAME, name), (org::STATUS, Cell::text(Status::Live.text()))]);
    (OrgId::new(org), steps.finish())
}

/// A name that no row of the kind has, with single blanks; `mark` tells it apart where it has to be.
/// `own`: the row that gets the name, whose present one does not count.
pub(super) fn free_name(state: &Snapshot, column: Column, wanted: &str, mark: &str, own: Option<u32>) -> Cell {
    let words = wanted.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut tail = String::new();
    loop {
        let kept: String = words.chars().take(NAME_LETTERS_MAX.saturating_sub(tail.chars().count())).collect();
        let name = Cell::Text(format!("{kept}{tail}"));
        if unique::holder(state, column, &name, own).is_none() {
            return name;
        }
        tail.push_str(&format!(" ({mark})"));
    }
}

/// The organization with a name, of whatever status; one that lives before others.
pub fn organization_named(state: &Snapshot, name: &str) -> Option<OrgId> {
    unique::holder(state, org::NAME, &Cell::text(name), None).map(|row| OrgId::new(row.id()))
}

/// Rows that wait become live, and their organizations with them; the rest is passed over.
pub fn approve(state: &Snapshot, rows: &[(Resource, u32)], now: Micros) -> Vec<Step> {
    let mut steps = Steps::new(state, now);
    for (resource, id) in rows {
        settle(&mut steps, *resource, *id);
    }
    steps.finish()
}

fn settle(steps: &mut Steps<'_>, resource: Resource, id: u32) {
    if steps.status(resource, id) != Some(Status::Pending) {
        return;
    }
    let columns = &resource.table().columns;
    let number =
        |steps: &Steps<'_>, at: Option<Column>| steps.row(resource, id).zip(at).and_then(|(row, at)| row.int(at));
    if let Some(org) = number(steps, columns.org_id).and_then(|org| u32::try_from(org).ok()) {
        settle(steps, Resource::Org, org);
    }
    steps.change(resource, id, &[(columns.status, Cell::text(Status::Live.text()))]);
    match resource {
        Resource::Ix => {
            if let Some(row) = steps.row(resource, id).cloned() {
                ix::follow(steps, &row);
            }
            for prefix in steps.pointing(ixpfx::IXLAN_ID, id) {
                if steps.status(Resource::Ixpfx, prefix) == Some(Status::Pending) {
                    steps.change(Resource::Ixpfx, prefix, &[(ixpfx::STATUS, Cell::text(Status::Live.text()))]);
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

/// Rows that wait are deleted, with what belongs to them; the rest is passed over.
pub fn refuse(state: &Snapshot, rows: &[(Resource, u32)], now: Micros) -> Vec<Step> {
    let mut steps = Steps::new(state, now);
    for (resource, id) in rows {
        if steps.status(*resource, *id) == Some(Status::Pending) {
            delete::remove(&mut steps, *resource, *id);
        }
    }
    steps.finish()
}
