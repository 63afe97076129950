//! Exchange at a facility.

use crate::field::{Derivation, country, created, id, one, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// An exchange has equipment in a facility.
pub static TABLE: Table = Table {
    resource: Resource::Ixfac,
    tag: "ixfac",
    title: "Exchange at a facility",
    title_plural: "Exchanges at facilities",
    model: "InternetExchangeFacility",
    about: "An exchange has equipment in a facility.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: Some(("ix_id", "fac_id")),
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: &[
        id(),
        text("name", 255, "Facility").derived(Derivation::Parent { via: "fac_id", field: "name" }).not_filterable(),
        text("city", 255, "City").derived(Derivation::Parent { via: "fac_id", field: "city" }).not_filterable(),
        country("country").derived(Derivation::Parent { via: "fac_id", field: "country" }).not_filterable(),
        reference("ix_id", Resource::Ix, "Exchange").required(),
        one("ix", Resource::Ix, "ix_id", "Exchange"),
        reference("fac_id", Resource::Fac, "Facility").required(),
        one("fac", Resource::Fac, "fac_id", "Facility"),
        created(),
        updated(),
        status(),
        version(),
    ],
};
