//! One file for each resource: its description, and its fields in output order. Data, no functions.
//!
//! Each field is declared with the constant by which code refers to it: [`net::ASN`].

/// The fields of a resource in output order, each with its [`Column`](crate::Column).
macro_rules! columns {
    ($resource:ident, $($constant:ident = $field:expr),+ $(,)?) => {
        static FIELDS: &[$crate::field::Field] = &[$($field),+];

        const COLUMNS: $crate::column::CommonColumns =
            $crate::column::CommonColumns::of($crate::resource::Resource::$resource, FIELDS);

        $(
            pub const $constant: $crate::column::Column = $crate::column::Column::of_constant(
                $crate::resource::Resource::$resource,
                FIELDS,
                stringify!($constant),
            );
        )+
    };
}

pub mod campus;
pub mod carrier;
pub mod carrierfac;
pub mod fac;
pub mod ix;
pub mod ixfac;
pub mod ixlan;
pub mod ixpfx;
pub mod net;
pub mod netfac;
pub mod netixlan;
pub mod org;
pub mod poc;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::{Derivation, DisplayForm, FieldKind, Resource, ResourceTable, SetRelation, ValueOrigin};

    /// Every name of another field that a table mentions. Code looks these up and relies on them to exist.
    fn names_of_others(table: &'static ResourceTable) -> Vec<(Resource, &'static str)> {
        let resource = table.resource;
        let mut names: Vec<(Resource, &str)> = table.always.iter().map(|name| (resource, *name)).collect();
        names.extend(table.grouped_by.map(|name| (resource, name)));
        names.extend(table.unique_pair.into_iter().flat_map(|(one, other)| [(resource, one), (resource, other)]));
        for field in table.fields {
            match field.kind {
                FieldKind::One { via, .. } => names.push((resource, via)),
                FieldKind::Set(set) => {
                    names.extend(set.without.iter().map(|name| (set.of, *name)));
                    match set.through {
                        SetRelation::Child(by) => names.push((set.of, by)),
                        SetRelation::Link { link, here, there } => names.extend([(link, here), (link, there)]),
                    }
                }
                _ => {}
            }
            if let DisplayForm::FirstOf(list) = field.shown {
                names.push((resource, list));
            }
            match field.origin {
                ValueOrigin::Derived(Derivation::Parent { via, field }) => {
                    let target = table.column(via).target().expect("a foreign key");
                    names.extend([(resource, via), (target, field)]);
                }
                ValueOrigin::Derived(Derivation::Count { child, by }) => names.push((child, by)),
                ValueOrigin::Derived(Derivation::CountDistinct { child, by, of }) => {
                    names.extend([(child, by), (child, of)]);
                }
                ValueOrigin::Derived(Derivation::CampusFacility { field }) => names.push((Resource::Fac, field)),
                _ => {}
            }
        }
        names
    }

    #[test]
    fn each_name_that_a_table_states_is_a_field() {
        for resource in Resource::ALL {
            for (of, name) in names_of_others(resource.table()) {
                assert!(of.table().position(name).is_some(), "{}: {} has no field {name}", resource.tag(), of.tag());
            }
        }
    }

    #[test]
    fn a_resource_has_no_two_fields_of_one_name_and_its_id_first() {
        for resource in Resource::ALL {
            let table = resource.table();
            let names: HashSet<&str> = table.fields.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), table.fields.len(), "{}", table.tag);
            assert_eq!((table.resource, table.columns.id.position()), (resource, 0), "{}", table.tag);
        }
    }

    #[test]
    fn what_belongs_to_a_row_leads_to_an_organization() {
        for resource in Resource::ALL {
            let mut at = resource;
            while let Some(owner) = at.table().owner {
                assert_eq!(owner.resource(), at);
                let of = owner.target().expect("an owner is named by a foreign key");
                assert!(of < at, "{} stands before {}", of.tag(), at.tag());
                at = of;
            }
            assert_eq!(at, Resource::Org, "{}", resource.tag());
        }
    }
}
