//! Derived cells: what a row takes from other rows, and what must be made anew when another row changes.

use std::collections::BTreeSet;

use peerage_schema::{Derivation, Kind, Origin, Resource};

use crate::row::{Row, Value};
use crate::snapshot::layout::{self, Echo};
use crate::snapshot::{Snapshot, Work, page};

impl Snapshot {
    /// The row with the cells that follow other rows one step away.
    pub(super) fn with_parents(&self, resource: Resource, row: &Row) -> Row {
        let table = resource.table();
        let mut texts: Vec<(usize, String)> = Vec::new();
        let mut changes: Vec<(usize, Value<'_>)> = Vec::new();
        for (position, field) in table.fields.iter().enumerate() {
            let Origin::Derived(derivation) = field.origin else { continue };
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
                Origin::Derived(Derivation::Count { child, by }) => {
                    let rows = self.pointing(child, by, row.id());
                    rows.iter().filter(|id| self.row(child, **id).is_some_and(|row| self.is_live(child, row))).count()
                }
                Origin::Derived(Derivation::CountDistinct { child, by, of }) => {
                    let of = child.table().at(of);
                    let rows = self.pointing(child, by, row.id());
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
    pub(crate) fn parent(&self, resource: Resource, row: &Row, via: &str) -> Option<(Resource, &Row)> {
        let table = resource.table();
        let position = table.position(via)?;
        let Kind::Ref(of) = table.fields[position].kind else { return None };
        Some((of, self.row(of, row.int(position)? as u32)?))
    }

    fn parent_value(&self, resource: Resource, row: &Row, via: &str, taken: &str) -> Value<'_> {
        let Some((of, parent)) = self.parent(resource, row, via) else { return Value::Null };
        let table = of.table();
        let position = table.at(taken);
        parent.value(position, table.fields[position].kind.storage())
    }

    /// `<exchange>` or `<exchange>: <LAN>` (spec/read-api.md, 1.7).
    fn port_name(&self, row: &Row) -> String {
        let Some((_, lan)) = self.parent(Resource::Netixlan, row, "ixlan_id") else { return String::new() };
        let lan_name = lan.text_or_empty(Resource::Ixlan.table().at("name"));
        let exchange = self.parent(Resource::Ixlan, lan, "ix_id").map(|(_, ix)| ix);
        let name = exchange.map_or("", |ix| ix.text_or_empty(Resource::Ix.table().at("name")));
        if lan_name.is_empty() { name.to_owned() } else { format!("{name}: {lan_name}") }
    }

    /// The address of a campus is that of its first facility, live ones before others (spec/read-api.md, 1.11).
    fn campus_value(&self, row: &Row, taken: &str) -> Value<'_> {
        let facilities = self.pointing(Resource::Fac, "campus_id", row.id());
        let rows = || facilities.iter().filter_map(|id| self.row(Resource::Fac, *id));
        let first = rows().find(|row| self.is_live(Resource::Fac, row)).or_else(|| rows().next());
        match first {
            Some(facility) => Value::Text(facility.text_or_empty(Resource::Fac.table().at(taken))),
            None => Value::Text(""),
        }
    }

    /// Notes the rows and pages that a changed row makes out of date.
    pub(super) fn note_dependents(&self, resource: Resource, old: Option<&Row>, new: Option<&Row>, work: &mut Work) {
        let table = resource.table();
        let Some(id) = new.or(old).map(Row::id) else { return };
        let differs = |name: &str| {
            let position = table.at(name);
            let storage = table.fields[position].kind.storage();
            let value = |row: Option<&Row>| row.map(|row| row.value(position, storage)) == Some(Value::Null);
            match (old, new) {
                (Some(old), Some(new)) => old.value(position, storage) != new.value(position, storage),
                _ => !value(old) || !value(new),
            }
        };
        for Echo { child, via, field, cell } in layout::echoes(resource) {
            if differs(field) {
                for follower in self.pointing(*child, via, id).iter() {
                    if *cell {
                        work.derive.insert((*child, *follower));
                    }
                    work.json.insert((*child, follower / page::PAGE_ROWS as u32));
                }
            }
        }
        for tally in layout::tallies(resource) {
            let counts = differs(tally.by) || differs("status") || tally.of.is_some_and(differs);
            if counts {
                let position = table.at(tally.by);
                for parent in [old, new].into_iter().flatten().filter_map(|row| row.int(position)) {
                    work.count.insert((tally.parent, parent as u32));
                }
            }
        }
        match resource {
            Resource::Fac => {
                let campus = table.at("campus_id");
                for parent in [old, new].into_iter().flatten().filter_map(|row| row.int(campus)) {
                    work.derive.insert((Resource::Campus, parent as u32));
                }
            }
            // An exchange shows what its LAN has, also when the LAN goes or comes.
            Resource::Ixlan => {
                let ix = table.at("ix_id");
                for parent in [old, new].into_iter().flatten().filter_map(|row| row.int(ix)) {
                    work.json.insert((Resource::Ix, parent as u32 / page::PAGE_ROWS as u32));
                }
            }
            // An exchange shows whether it has live prefixes of each family.
            Resource::Ixpfx => {
                let exchanges =
                    [old, new].into_iter().flatten().filter_map(|row| self.parent(resource, row, "ixlan_id"));
                for (_, lan) in exchanges {
                    if let Some(ix) = lan.int(Resource::Ixlan.table().at("ix_id")) {
                        work.json.insert((Resource::Ix, ix as u32 / page::PAGE_ROWS as u32));
                    }
                }
            }
            _ => {}
        }
    }
}
