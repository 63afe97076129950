//! Network at a facility.

use crate::field::{Derivation, asn, country, created, flag, id, one, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// The presence of a network in a facility.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Netfac,
    tag: "netfac",
    title: "Network at a facility",
    title_plural: "Networks at facilities",
    model: "NetworkFacility",
    about: "A network has equipment in a facility.",
    owner: Some(NET_ID),
    namespace: "netfac",
    first_status: Status::Live,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: Some(("net_id", "fac_id")),
    searchable: false,
    always: &[],
    grouped_by: Some("fac_id"),
    since_pending: false,
    own_default: None,
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Netfac,
    ID = id(),
    NAME = text("name", 255, "Facility").derived(Derivation::Parent { via: "fac_id", field: "name" }).not_filterable(),
    CITY = text("city", 255, "City").derived(Derivation::Parent { via: "fac_id", field: "city" }).not_filterable(),
    COUNTRY = country("country").derived(Derivation::Parent { via: "fac_id", field: "country" }).not_filterable(),
    NET_ID = reference("net_id", Resource::Net, "Network").required(),
    NET = one("net", Resource::Net, "net_id", "Network"),
    FAC_ID = reference("fac_id", Resource::Fac, "Facility").required(),
    FAC = one("fac", Resource::Fac, "fac_id", "Facility"),
    LOCAL_ASN = asn("local_asn", "Local ASN")
        .derived(Derivation::Parent { via: "net_id", field: "asn" })
        .indexed()
        .not_filterable(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    AVAIL_SONET = flag("avail_sonet", "SONET").nullable().hidden(),
    AVAIL_ETHERNET = flag("avail_ethernet", "Ethernet").nullable().hidden(),
    AVAIL_ATM = flag("avail_atm", "ATM").nullable().hidden(),
    VERSION = version(),
);
