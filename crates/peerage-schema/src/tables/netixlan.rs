//! Network at an exchange.

use crate::field::{
    Derivation, asn, created, flag, id, integer, ip4, ip6, one, reference, status, text, updated, version,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// A port of a network on an exchange LAN.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Netixlan,
    tag: "netixlan",
    title: "Network at an exchange",
    title_plural: "Networks at exchanges",
    model: "NetworkIXLan",
    about: "A port of a network on an exchange LAN.",
    owner: Some(NET_ID),
    namespace: "ixlan",
    first_status: Status::Live,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: false,
    always: &[],
    grouped_by: Some("ixlan_id"),
    since_pending: false,
    own_default: None,
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Netixlan,
    ID = id(),
    NET_ID = reference("net_id", Resource::Net, "Network").required(),
    NET = one("net", Resource::Net, "net_id", "Network"),
    IX_ID = reference("ix_id", Resource::Ix, "Exchange")
        .derived(Derivation::Parent { via: "ixlan_id", field: "ix_id" })
        .not_filterable(),
    NAME = text("name", 512, "Name").derived(Derivation::PortName).not_filterable(),
    IXLAN_ID = reference("ixlan_id", Resource::Ixlan, "Exchange LAN").required(),
    IXLAN = one("ixlan", Resource::Ixlan, "ixlan_id", "Exchange LAN"),
    NOTES = text("notes", 255, "Notes"),
    SPEED = integer("speed", 0, 2_147_483_647, "Speed").required().help("Mbit/s."),
    ASN = asn("asn", "ASN").derived(Derivation::Parent { via: "net_id", field: "asn" }).indexed(),
    IPADDR4 = ip4("ipaddr4", "IPv4 address").unique_live().named(),
    IPADDR6 = ip6("ipaddr6", "IPv6 address").unique_live().named(),
    IS_RS_PEER = flag("is_rs_peer", "Route server peer"),
    BFD_SUPPORT = flag("bfd_support", "BFD support"),
    OPERATIONAL = flag("operational", "Operational").default_true(),
    NET_SIDE_ID = reference("net_side_id", Resource::Fac, "Network side").nullable().read_only(),
    IX_SIDE_ID = reference("ix_side_id", Resource::Fac, "Exchange side").nullable().read_only(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
