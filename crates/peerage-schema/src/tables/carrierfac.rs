//! Carrier at a facility.

use crate::field::{Derivation, created, id, one, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A carrier is present in a facility.
pub static TABLE: Table = Table {
    resource: Resource::Carrierfac,
    tag: "carrierfac",
    title: "Carrier at a facility",
    title_plural: "Carriers at facilities",
    model: "CarrierFacility",
    about: "A carrier is present in a facility.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: Some(("carrier_id", "fac_id")),
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: &[
        id(),
        text("name", 255, "Facility").derived(Derivation::Parent { via: "fac_id", field: "name" }).not_filterable(),
        reference("carrier_id", Resource::Carrier, "Carrier").required(),
        one("carrier", Resource::Carrier, "carrier_id", "Carrier"),
        reference("fac_id", Resource::Fac, "Facility").required(),
        one("fac", Resource::Fac, "fac_id", "Facility"),
        created(),
        updated(),
        status(),
        version(),
    ],
};
