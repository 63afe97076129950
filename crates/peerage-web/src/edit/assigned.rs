//! Fields that name one of a few objects, and lists of which a form sets only such a field: the facilities at both sides of a
//! port, and the campus of a facility.

use peerage_registry::fold::fold;
use peerage_registry::rules::{EditScope, edit_scope};
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{campus, fac, ixfac, ixlan, netfac, netixlan};
use peerage_schema::{Column, Field, Resource};

use super::entry::RowEntry;
use super::{is_there, name_of};
use crate::objects::lists::ObjectList;
use crate::visit::Visit;

/// The field that the form of a list sets, if its rows are not the object's own.
pub fn assigned_field(list: &ObjectList) -> Option<Column> {
    match list.by {
        by if by == netixlan::IX_ID => Some(netixlan::IX_SIDE_ID),
        by if by == fac::CAMPUS_ID => Some(fac::CAMPUS_ID),
        _ => None,
    }
}

/// The rows of such a form: the ports of an exchange, or the facilities of the campus's organization that the person may
/// change.
pub fn assigned_rows<'r>(visit: &'r Visit, field: Column, object: &Row) -> Vec<&'r Row> {
    let snapshot = &visit.state.snapshot;
    if field == netixlan::IX_SIDE_ID {
        let lans = snapshot.pointing(ixlan::IX_ID, object.id());
        return lans.iter().flat_map(|lan| there(snapshot, netixlan::IXLAN_ID, *lan)).collect();
    }
    let org = object.int(campus::ORG_ID).and_then(|org| u32::try_from(org).ok());
    let may =
        |row: &&Row| matches!(edit_scope(&**visit.principal(), snapshot, Resource::Fac, row), Some(EditScope::Whole));
    org.into_iter().flat_map(|org| there(snapshot, fac::ORG_ID, org)).filter(may).collect()
}

/// The objects that a field of a row can name, by name; `None` if it can name any.
pub fn assignable(snapshot: &Snapshot, entry: &RowEntry, field: &Field) -> Option<Vec<(u32, String)>> {
    let row = snapshot.row(entry.resource, entry.id?)?;
    let owned = |by: Column, owner: Column| {
        let id = row.int(owner).and_then(|id| u32::try_from(id).ok());
        id.into_iter().flat_map(move |id| there(snapshot, by, id))
    };
    let facility = |at: Column| move |link: &Row| snapshot.row(Resource::Fac, u32::try_from(link.int(at)?).ok()?);
    let named = |column: Column| entry.resource == column.resource() && field.name == column.name();
    let (of, rows): (Resource, Vec<&Row>) = if named(netixlan::NET_SIDE_ID) {
        let links = owned(netfac::NET_ID, netixlan::NET_ID);
        (Resource::Fac, links.filter_map(facility(netfac::FAC_ID)).collect())
    } else if named(netixlan::IX_SIDE_ID) {
        let links = owned(ixfac::IX_ID, netixlan::IX_ID);
        (Resource::Fac, links.filter_map(facility(ixfac::FAC_ID)).collect())
    } else if named(fac::CAMPUS_ID) {
        (Resource::Campus, owned(campus::ORG_ID, fac::ORG_ID).collect())
    } else {
        return None;
    };
    let mut choices: Vec<(u32, String)> = rows.into_iter().map(|row| (row.id(), name_of(of, row))).collect();
    choices.sort_by_cached_key(|(id, name)| (fold(name).into_owned(), *id));
    Some(choices)
}

/// The live and pending rows that point to an object.
fn there<'r>(snapshot: &'r Snapshot, by: Column, id: u32) -> impl Iterator<Item = &'r Row> {
    let of = by.resource();
    let ids: Vec<u32> = snapshot.pointing(by, id).to_vec();
    ids.into_iter().filter_map(move |id| snapshot.row(of, id)).filter(move |row| is_there(snapshot, of, row))
}
