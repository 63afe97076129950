//! Fields that name one of a few objects, and lists of which a form sets only such a field: the facilities at both sides of a
//! port, and the campus of a facility.

use peerage_engine::object::side_action;
use peerage_registry::fold::fold;
use peerage_registry::place;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{EditScope, edit_scope};
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{campus, fac, ixfac, ixlan, netfac, netixlan};
use peerage_schema::{Column, Field, Resource};

use super::entry::RowEntry;
use super::{is_there, name_of};
use crate::objects::lists::ObjectList;
use crate::visit::Visit;

/// Choices of one field. Where there are more, the name is entered: a form has up to 100 rows with them.
const CHOICES_MAX: usize = 30;

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

/// Whether the person may set a field of a row, as far as that takes more than the permission to change the row: for a
/// port's side, to create objects of the side's owner.
pub fn may_assign(visit: &Visit, entry: &RowEntry, field: &Field) -> bool {
    let table = entry.resource.table();
    let is_side = table.position(field.name).is_some_and(|at| side_action(entry.resource, at).is_some());
    if !is_side {
        return true;
    }
    let snapshot = &visit.state.snapshot;
    let (of, via) = if field.name == netixlan::NET_SIDE_ID.name() {
        (Resource::Net, netixlan::NET_ID)
    } else {
        (Resource::Ix, netixlan::IX_ID)
    };
    let row = entry.id.and_then(|id| snapshot.row(entry.resource, id));
    let owner = row.and_then(|row| u32::try_from(row.int(via)?).ok());
    let namespace = owner.and_then(|id| place::of_id(snapshot, of, id));
    namespace.is_some_and(|namespace| visit.principal().may(&namespace, Permissions::CREATE))
}

/// The objects that a field of a row can name, by name; `None` if it can name any, or one of many.
pub fn assignable(visit: &Visit, entry: &RowEntry, field: &Field) -> Option<Vec<(u32, String)>> {
    let snapshot = &*visit.state.snapshot;
    let row = snapshot.row(entry.resource, entry.id?)?;
    let named = |column: Column| entry.resource == column.resource() && field.name == column.name();
    let owned = |by: Column, owner: Column| {
        let id = row.int(owner).and_then(|id| u32::try_from(id).ok())?;
        (snapshot.pointing(by, id).len() <= CHOICES_MAX).then(|| there(snapshot, by, id))
    };
    let facility = |at: Column| move |link: &Row| snapshot.row(Resource::Fac, u32::try_from(link.int(at)?).ok()?);
    let (of, rows): (Resource, Vec<&Row>) = if named(netixlan::NET_SIDE_ID) {
        let links = owned(netfac::NET_ID, netixlan::NET_ID)?;
        (Resource::Fac, links.filter_map(facility(netfac::FAC_ID)).collect())
    } else if named(netixlan::IX_SIDE_ID) {
        let links = owned(ixfac::IX_ID, netixlan::IX_ID)?;
        (Resource::Fac, links.filter_map(facility(ixfac::FAC_ID)).collect())
    } else if named(fac::CAMPUS_ID) {
        // One that waits for its second facility is known to those who may change it.
        let is_known = |row: &&Row| {
            snapshot.is_live(Resource::Campus, row)
                || edit_scope(&**visit.principal(), snapshot, Resource::Campus, row).is_some()
        };
        (Resource::Campus, owned(campus::ORG_ID, fac::ORG_ID)?.filter(is_known).collect())
    } else {
        return None;
    };
    let mut choices: Vec<(u32, String)> = rows.into_iter().map(|row| (row.id(), name_of(of, row))).collect();
    choices.sort_by_cached_key(|(id, name)| (fold(name).into_owned(), *id));
    Some(choices)
}

/// Whether an entry puts a facility into the campus of another organization, in which its people would not find it.
pub fn is_foreign_campus(snapshot: &Snapshot, entry: &RowEntry, field: &Field) -> bool {
    if entry.resource != Resource::Fac || field.name != fac::CAMPUS_ID.name() || !entry.is_touched(field.name) {
        return false;
    }
    let text = |name: &str| entry.entered.get(name).and_then(|texts| texts.first()).map_or("", String::as_str);
    let campus = text(field.name).parse().ok().and_then(|id| snapshot.row(Resource::Campus, id));
    campus.is_some_and(|campus| campus.int(campus::ORG_ID) != text(fac::ORG_ID.name()).parse().ok())
}

/// The live and pending rows that point to an object.
fn there(snapshot: &Snapshot, by: Column, id: u32) -> impl Iterator<Item = &Row> {
    let of = by.resource();
    let ids: Vec<u32> = snapshot.pointing(by, id).to_vec();
    ids.into_iter().filter_map(move |id| snapshot.row(of, id)).filter(move |row| is_there(snapshot, of, row))
}
