//! Network at a facility.

use crate::field::{Derivation, asn, country, created, flag, id, one, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A network has equipment in a facility.
pub static TABLE: Table = Table {
    resource: Resource::Netfac,
    tag: "netfac",
    title: "Network at a facility",
    title_plural: "Networks at facilities",
    model: "NetworkFacility",
    about: "A network has equipment in a facility.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: Some(("net_id", "fac_id")),
    searchable: false,
    always: &[],
    grouped_by: Some("fac_id"),
    since_pending: false,
    own_default: None,
    fields: &[
        id(),
        text("name", 255, "Facility").derived(Derivation::Parent { via: "fac_id", field: "name" }).not_filterable(),
        text("city", 255, "City").derived(Derivation::Parent { via: "fac_id", field: "city" }).not_filterable(),
        country("country").derived(Derivation::Parent { via: "fac_id", field: "country" }).not_filterable(),
        reference("net_id", Resource::Net, "Network").required(),
        one("net", Resource::Net, "net_id", "Network"),
        reference("fac_id", Resource::Fac, "Facility").required(),
        one("fac", Resource::Fac, "fac_id", "Facility"),
        asn("local_asn", "Local ASN")
            .derived(Derivation::Parent { via: "net_id", field: "asn" })
            .indexed()
            .not_filterable(),
        created(),
        updated(),
        status(),
        flag("avail_sonet", "SONET").nullable().hidden(),
        flag("avail_ethernet", "Ethernet").nullable().hidden(),
        flag("avail_atm", "ATM").nullable().hidden(),
        version(),
    ],
};
