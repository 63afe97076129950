//! Carrier at a facility.

use crate::field::{Derivation, created, id, one, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// The presence of a carrier in a facility.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Carrierfac,
    tag: "carrierfac",
    title: "Carrier at a facility",
    title_plural: "Carriers at facilities",
    model: "CarrierFacility",
    about: "A carrier is present in a facility.",
    owner: Some(CARRIER_ID),
    namespace: "carrierfac",
    first_status: Status::Live,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: Some(("carrier_id", "fac_id")),
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Carrierfac,
    ID = id(),
    NAME = text("name", 255, "Facility").derived(Derivation::Parent { via: "fac_id", field: "name" }).not_filterable(),
    CARRIER_ID = reference("carrier_id", Resource::Carrier, "Carrier").required(),
    CARRIER = one("carrier", Resource::Carrier, "carrier_id", "Carrier"),
    FAC_ID = reference("fac_id", Resource::Fac, "Facility").required(),
    FAC = one("fac", Resource::Fac, "fac_id", "Facility"),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
