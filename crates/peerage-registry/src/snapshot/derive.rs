//! Derived cells: what a row takes from other rows, and what must be recomputed when another row changes.

use std::collections::BTreeSet;

use peerage_schema::tables::{fac, ix, ixlan, ixpfx, netixlan};
use peerage_schema::{Column, Resource};

use crate::row::{Row, Value};
use crate::snapshot::layout::{self, DerivedCell, ParentEcho};
use crate::snapshot::{Snapshot, StaleRows, page};

fn with_changes(resource: Resource, row: &Row, changes: &[(usize, Value<'_>)]) -> Row {
    if changes.is_empty() { row.clone() } else { row.with(resource.table(), changes) }
}

impl Snapshot {
    /// The row with all derived cells.
    pub(super) fn with_derived(&self, resource: Resource, row: &Row) -> Row {
        let name = self.port_name(resource, row);
        let mut changes = self.parent_changes(resource, row, name.as_deref());
        changes.extend(self.count_changes(resource, row));
        with_changes(resource, row, &changes)
    }

    /// The row with the cells that are copied from rows one step away.
    pub(super) fn with_parents(&self, resource: Resource, row: &Row) -> Row {
        let name = self.port_name(resource, row);
        with_changes(resource, row, &self.parent_changes(resource, row, name.as_deref()))
    }

    /// The row with its counters.
    pub(super) fn with_counts(&self, resource: Resource, row: &Row) -> Row {
        with_changes(resource, row, &self.count_changes(resource, row))
    }

    fn parent_changes<'a>(
        &'a self,
        resource: Resource,
        row: &Row,
        port_name: Option<&'a str>,
    ) -> Vec<(usize, Value<'a>)> {
        let fields = resource.table().fields;
        let mut changes = Vec::new();
        for (position, cell) in &layout::of(resource).derived {
            let value = match cell {
                DerivedCell::Parent { via, taken } => {
                    let parent = self.parent(row, *via);
                    parent.map_or(Value::Null, |(_, parent)| parent.value(*taken, taken.field().kind.storage()))
                }
                DerivedCell::PortName => port_name.map_or(Value::Null, Value::Text),
                DerivedCell::CampusFacility { taken } => self.campus_value(row, *taken),
                DerivedCell::Count { .. } | DerivedCell::CountDistinct { .. } => continue,
            };
            if value != row.value(*position, fields[*position].kind.storage()) {
                changes.push((*position, value));
            }
        }
        changes
    }

    fn count_changes(&self, resource: Resource, row: &Row) -> Vec<(usize, Value<'static>)> {
        let mut changes = Vec::new();
        for (position, cell) in &layout::of(resource).derived {
            let (DerivedCell::Count { by } | DerivedCell::CountDistinct { by, .. }) = cell else { continue };
            let (child, ids) = (by.resource(), self.pointing(*by, row.id()));
            let live = ids.iter().filter_map(|id| self.row(child, *id)).filter(|row| self.is_live(child, row));
            let count = match cell {
                DerivedCell::CountDistinct { of, .. } => {
                    live.filter_map(|row| row.int(*of)).collect::<BTreeSet<i64>>().len()
                }
                _ => live.count(),
            };
            if row.int(*position) != Some(count as i64) {
                changes.push((*position, Value::Int(count as i64)));
            }
        }
        changes
    }

    /// The row that a foreign key points to.
    pub(crate) fn parent(&self, row: &Row, via: Column) -> Option<(Resource, &Row)> {
        let of = via.target()?;
        Some((of, self.row(of, row.int(via)? as u32)?))
    }

    /// The same, by the name of the foreign key in a table.
    pub(crate) fn parent_by_name(&self, resource: Resource, row: &Row, via: &str) -> Option<(Resource, &Row)> {
        self.parent(row, resource.table().column(via))
    }

    /// `<exchange>` or `<exchange>: <LAN>` (spec/read-api.md, 1.7).
    fn port_name(&self, resource: Resource, row: &Row) -> Option<String> {
        if resource != Resource::Netixlan {
            return None;
        }
        let Some((_, lan)) = self.parent(row, netixlan::IXLAN_ID) else { return Some(String::new()) };
        let lan_name = lan.text_or_empty(ixlan::NAME);
        let exchange = self.parent(lan, ixlan::IX_ID).map(|(_, ix)| ix);
        let name = exchange.map_or("", |ix| ix.text_or_empty(ix::NAME));
        Some(if lan_name.is_empty() { name.to_owned() } else { format!("{name}: {lan_name}") })
    }

    /// The address of a campus is that of its first facility, with live ones first (spec/read-api.md, 1.11).
    fn campus_value(&self, row: &Row, taken: Column) -> Value<'_> {
        let facilities = self.pointing(fac::CAMPUS_ID, row.id());
        let rows = || facilities.iter().filter_map(|id| self.row(Resource::Fac, *id));
        let first = rows().find(|row| self.is_live(Resource::Fac, row)).or_else(|| rows().next());
        match first {
            Some(facility) => Value::Text(facility.text_or_empty(taken)),
            None => Value::Text(""),
        }
    }

    /// Marks the rows and pages that must be recomputed after a row has changed.
    pub(super) fn note_dependents(
        &self,
        resource: Resource,
        old: Option<&Row>,
        new: Option<&Row>,
        work: &mut StaleRows,
    ) {
        let table = resource.table();
        let Some(id) = new.or(old).map(Row::id) else { return };
        let differs = |column: Column| {
            let storage = column.field().kind.storage();
            let value = |row: Option<&Row>| row.map(|row| row.value(column, storage)) == Some(Value::Null);
            match (old, new) {
                (Some(old), Some(new)) => old.value(column, storage) != new.value(column, storage),
                _ => !value(old) || !value(new),
            }
        };
        for ParentEcho { via, field, cell } in layout::echoes(resource) {
            if differs(*field) {
                for follower in self.pointing(*via, id).iter() {
                    if *cell {
                        work.derive.insert((via.resource(), *follower));
                    }
                    work.json.insert((via.resource(), follower / page::PAGE_ROWS as u32));
                }
            }
        }
        for tally in layout::tallies(resource) {
            let counts = differs(tally.by) || differs(table.columns.status) || tally.of.is_some_and(differs);
            if counts {
                for parent in [old, new].into_iter().flatten().filter_map(|row| row.int(tally.by)) {
                    work.count.insert((tally.parent, parent as u32));
                }
            }
        }
        match resource {
            Resource::Fac => {
                for parent in [old, new].into_iter().flatten().filter_map(|row| row.int(fac::CAMPUS_ID)) {
                    work.derive.insert((Resource::Campus, parent as u32));
                }
            }
            // An exchange shows values of its LAN, so it changes when the LAN is created or deleted.
            Resource::Ixlan => {
                for parent in [old, new].into_iter().flatten().filter_map(|row| row.int(ixlan::IX_ID)) {
                    work.json.insert((Resource::Ix, parent as u32 / page::PAGE_ROWS as u32));
                }
            }
            // An exchange shows whether it has live prefixes of each family.
            Resource::Ixpfx => {
                let exchanges = [old, new].into_iter().flatten().filter_map(|row| self.parent(row, ixpfx::IXLAN_ID));
                for (_, lan) in exchanges {
                    if let Some(ix) = lan.int(ixlan::IX_ID) {
                        work.json.insert((Resource::Ix, ix as u32 / page::PAGE_ROWS as u32));
                    }
                }
            }
            _ => {}
        }
    }
}
