//! Properties of a resource's table that are computed once: positions that every request needs.

use std::sync::LazyLock;

use peerage_schema::tables::{ix, ixlan, netixlan, org};
use peerage_schema::{Column, CommonColumns, Derivation, DisplayForm, FieldKind, Resource, ResourceTable, ValueOrigin};

use crate::moment::Moment;
use crate::row::Row;
use crate::snapshot::is_value_indexed;

/// Positions within one table.
pub struct SnapshotLayout {
    columns: &'static CommonColumns,
    /// Foreign keys, in table order.
    pub references: Vec<usize>,
    /// Fields indexed by value, in table order.
    pub indexed: Vec<usize>,
    /// Derived fields, in table order.
    pub derived: Vec<(usize, DerivedCell)>,
    /// Fields before which the JSON of a row can be cut, ascending: where relations are inserted, and around fields
    /// that are left out.
    pub cuts: Vec<usize>,
    /// Position of the field that is not public, if there is one.
    pub restricted: Option<usize>,
    /// Fields of the answer that are not relations, in order.
    pub flat: Vec<usize>,
    reference_names: Vec<&'static str>,
}

impl SnapshotLayout {
    fn new(resource: Resource) -> SnapshotLayout {
        let table = resource.table();
        let mut cuts = Vec::new();
        for (position, field) in table.fields.iter().enumerate() {
            if field.kind.is_relation() {
                cuts.push(position);
            }
            if field.shown == DisplayForm::ToWhoMaySee || is_left_out_somewhere(resource, field.name) {
                cuts.extend([position, position + 1]);
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        assert!(cuts.len() + 2 <= crate::snapshot::json::MARKS_MAX, "{} has more relations than expected", table.tag);
        let positions = |wanted: &dyn Fn(&peerage_schema::Field) -> bool| -> Vec<usize> {
            table.fields.iter().enumerate().filter(|(_, field)| wanted(field)).map(|(position, _)| position).collect()
        };
        SnapshotLayout {
            columns: &table.columns,
            references: positions(&|field| matches!(field.kind, FieldKind::Ref(_))),
            indexed: positions(&is_value_indexed),
            derived: derived_cells(table),
            cuts,
            restricted: table.fields.iter().position(|field| field.shown == DisplayForm::ToWhoMaySee),
            flat: positions(&|field| field.is_shown() && !field.kind.is_relation()),
            reference_names: table.references().map(|(_, field, _)| field.name).collect(),
        }
    }

    /// Position of a foreign key among [`SnapshotLayout::references`].
    pub fn reference(&self, name: &str) -> Option<usize> {
        self.reference_names.iter().position(|known| *known == name)
    }

    /// The later of `created` and `updated`.
    pub fn changed(&self, row: &Row) -> Moment {
        let time = |column| row.time(column).unwrap_or(Moment::EPOCH);
        time(self.columns.created).max(time(self.columns.updated))
    }
}

/// A derivation with its columns.
pub enum DerivedCell {
    Parent { via: Column, taken: Column },
    PortName,
    CampusFacility { taken: Column },
    Count { by: Column },
    CountDistinct { by: Column, of: Column },
}

fn derived_cells(table: &ResourceTable) -> Vec<(usize, DerivedCell)> {
    let derived = table.fields.iter().enumerate().filter_map(|(position, field)| {
        let ValueOrigin::Derived(derivation) = field.origin else { return None };
        let cell = match derivation {
            Derivation::Parent { via, field: taken } => {
                let via = table.column(via);
                DerivedCell::Parent { via, taken: via.target()?.table().column(taken) }
            }
            Derivation::PortName => DerivedCell::PortName,
            Derivation::CampusFacility { field: taken } => {
                DerivedCell::CampusFacility { taken: Resource::Fac.table().column(taken) }
            }
            Derivation::Count { child, by } => DerivedCell::Count { by: child.table().column(by) },
            Derivation::CountDistinct { child, by, of } => {
                DerivedCell::CountDistinct { by: child.table().column(by), of: child.table().column(of) }
            }
        };
        Some((position, cell))
    });
    derived.collect()
}

/// Whether some set leaves this field out of its objects.
fn is_left_out_somewhere(resource: Resource, name: &str) -> bool {
    Resource::ALL.iter().flat_map(|other| other.table().fields).any(|field| match field.kind {
        FieldKind::Set(set) => set.of == resource && set.without.contains(&name),
        _ => false,
    })
}

/// The layout of a resource.
pub fn of(resource: Resource) -> &'static SnapshotLayout {
    static LAYOUTS: LazyLock<[SnapshotLayout; Resource::COUNT]> =
        LazyLock::new(|| Resource::ALL.map(SnapshotLayout::new));
    &LAYOUTS[resource.index()]
}

/// A derivation of a child that reads `field` of the row to which `via` points.
pub struct ParentEcho {
    /// Foreign key of the child.
    pub via: Column,
    /// Field of the row to which it points.
    pub field: Column,
    /// Whether a cell depends on it; otherwise only the JSON does.
    pub cell: bool,
}

/// What other tables derive from rows of this resource.
pub fn echoes(resource: Resource) -> &'static [ParentEcho] {
    static ECHOES: LazyLock<[Vec<ParentEcho>; Resource::COUNT]> = LazyLock::new(|| Resource::ALL.map(find_echoes));
    &ECHOES[resource.index()]
}

fn find_echoes(resource: Resource) -> Vec<ParentEcho> {
    let mut found = Vec::new();
    let column = |name: &str| resource.table().column(name);
    for child in Resource::ALL {
        let table = child.table();
        for (_, reference, _) in table.references().filter(|(_, _, of)| *of == resource) {
            for field in table.fields {
                match field.origin {
                    ValueOrigin::Derived(Derivation::Parent { via, field: taken }) if via == reference.name => {
                        found.push(ParentEcho { via: table.column(via), field: column(taken), cell: true });
                    }
                    ValueOrigin::Derived(Derivation::PortName) if reference.name == "ixlan_id" => {
                        found.push(ParentEcho { via: netixlan::IXLAN_ID, field: ixlan::NAME, cell: true });
                    }
                    ValueOrigin::Derived(Derivation::PortName) if reference.name == "ix_id" => {
                        found.push(ParentEcho { via: netixlan::IX_ID, field: ix::NAME, cell: true });
                    }
                    _ => {}
                }
                if field.shown == DisplayForm::OrOrganization
                    && let Some(via) = table.columns.org_id.filter(|via| via.name() == reference.name)
                {
                    found.push(ParentEcho { via, field: org::WEBSITE, cell: false });
                }
            }
        }
    }
    found
}

/// A counter in another table that counts rows of this one.
pub struct ChildTally {
    pub parent: Resource,
    /// Foreign key of the counted row.
    pub by: Column,
    /// The field whose distinct values are counted, if not the rows.
    pub of: Option<Column>,
}

/// The counters that count rows of this resource.
pub fn tallies(resource: Resource) -> &'static [ChildTally] {
    static TALLIES: LazyLock<[Vec<ChildTally>; Resource::COUNT]> = LazyLock::new(|| {
        Resource::ALL.map(|counted| {
            let mut found = Vec::new();
            let column = |name: &str| counted.table().column(name);
            for parent in Resource::ALL {
                for field in parent.table().fields {
                    match field.origin {
                        ValueOrigin::Derived(Derivation::Count { child, by }) if child == counted => {
                            found.push(ChildTally { parent, by: column(by), of: None });
                        }
                        ValueOrigin::Derived(Derivation::CountDistinct { child, by, of }) if child == counted => {
                            found.push(ChildTally { parent, by: column(by), of: Some(column(of)) });
                        }
                        _ => {}
                    }
                }
            }
            found
        })
    });
    &TALLIES[resource.index()]
}
