//! Derived cells: what a row takes from other rows, and what must be recomputed when another row changes.

use std::collections::BTreeSet;

use peerage_schema::tables::{fac, ix, ixlan, ixpfx, netixlan};
use peerage_schema::{Column, Derivation, Resource, ValueOrigin};

use crate::row::{Row, Value};
use crate::snapshot::layout::{self, ParentEcho};
use crate::snapshot::{Snapshot, StaleRows, page};

impl Snapshot {
    /// The row with the cells that are copied from rows one step away.
    pub(super) fn with_parents(&self, resource: Resource, row: &Row) -> Row {
        let table = resource.table();
        let mut texts: Vec<(usize, String)> = Vec::new();
        let mut changes: Vec<(usize, Value<'_>)> = Vec::new();
        for (position, field) in table.fields.iter().enumerate() {
            let ValueOrigin::Derived(derivation) = field.origin else { continue };
            let value = match derivation {
                Derivation::Parent { via, field: taken } => self.parent_value(resource, row, via, taken),
                Derivation::PortName => {
                    texts.push((position, self.port_name(row)));
                    continue;
                }
                Derivation::CampusFacility { field: taken } => self.campus_value(row, taken),
                Derivation::Count { .. } | Derivation::CountDistinct { .. } => continue,
            };
            if value != row.value(position, field.kind.storage()) {
                changes.push((position, value));
            }
        }
        for (position, text) in &texts {
            if row.text(*position) != Some(text) {
                changes.push((*position, Value::Text(text)));
            }
        }
        if changes.is_empty() { row.clone() } else { row.with(table, &changes) }
    }

    /// The row with its counters.
    pub(super) fn with_counts(&self, resource: Resource, row: &Row) -> Row {
        let table = resource.table();
        let mut changes = Vec::new();
        for (position, field) in table.fields.iter().enumerate() {
            let count = match field.origin {
                ValueOrigin::Derived(Derivation::Count { child, by }) => {
                    let rows = self.pointing_by_name(child, by, row.id());
                    rows.iter().filter(|id| self.row(child, **id).is_some_and(|row| self.is_live(child, row))).count()
                }
                ValueOrigin::Derived(Derivation::CountDistinct { child, by, of }) => {
                    let of = child.table().column(of);
                    let rows = self.pointing_by_name(child, by, row.id());
                    let live = rows.iter().filter_map(|id| self.row(child, *id)).filter(|row| self.is_live(child, row));
                    live.filter_map(|row| row.int(of)).collect::<BTreeSet<i64>>().len()
                }
                _ => continue,
            };
            if row.int(position) != Some(count as i64) {
                changes.push((position, Value::Int(count as i64)));
            }
        }
        if changes.is_empty() { row.clone() } else { row.with(table, &changes) }
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

    fn parent_value(&self, resource: Resource, row: &Row, via: &str, taken: &str) -> Value<'_> {
        let Some((of, parent)) = self.parent_by_name(resource, row, via) else { return Value::Null };
        let taken = of.table().column(taken);
        parent.value(taken, taken.field().kind.storage())
    }

    /// `<exchange>` or `<exchange>: <LAN>` (spec/read-api.md, 1.7).
    fn port_name(&self, row: &Row) -> String {
        let Some((_, lan)) = self.parent(row, netixlan::IXLAN_ID) else { return String::new() };
        let lan_name = lan.text_or_empty(ixlan::NAME);
        let exchange = self.parent(lan, ixlan::IX_ID).map(|(_, ix)| ix);
        let name = exchange.map_or("", |ix| ix.text_or_empty(ix::NAME));
        if lan_name.is_empty() { name.to_owned() } else { format!("{name}: {lan_name}") }
    }

    /// The address of a campus is that of its first facility, with live ones first (spec/read-api.md, 1.11).
    fn campus_value(&self, row: &Row, taken: &str) -> Value<'_> {
        let facilities = self.pointing(fac::CAMPUS_ID, row.id());
        let rows = || facilities.iter().filter_map(|id| self.row(Resource::Fac, *id));
        let first = rows().find(|row| self.is_live(Resource::Fac, row)).or_else(|| rows().next());
        match first {
            Some(facility) => Value::Text(facility.text_or_empty(Resource::Fac.table().column(taken))),
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
