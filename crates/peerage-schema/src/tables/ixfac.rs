//! Exchange at a facility.

use crate::field::{Derivation, country, created, id, one, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// The presence of an exchange in a facility.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Ixfac,
    tag: "ixfac",
    title: "Exchange at a facility",
    title_plural: "Exchanges at facilities",
    model: "InternetExchangeFacility",
    about: "An exchange has equipment in a facility.",
    owner: Some(IX_ID),
    namespace: "ixfac",
    first_status: Status::Live,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: Some(("ix_id", "fac_id")),
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Ixfac,
    ID = id(),
    NAME = text("name", 255, "Facility").derived(Derivation::Parent { via: "fac_id", field: "name" }).not_filterable(),
    CITY = text("city", 255, "City").derived(Derivation::Parent { via: "fac_id", field: "city" }).not_filterable(),
    COUNTRY = country("country").derived(Derivation::Parent { via: "fac_id", field: "country" }).not_filterable(),
    IX_ID = reference("ix_id", Resource::Ix, "Exchange").required(),
    IX = one("ix", Resource::Ix, "ix_id", "Exchange"),
    FAC_ID = reference("fac_id", Resource::Fac, "Facility").required(),
    FAC = one("fac", Resource::Fac, "fac_id", "Facility"),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
