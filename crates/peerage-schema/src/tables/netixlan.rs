//! Network at an exchange.

use crate::field::{
    Derivation, asn, created, flag, id, integer, ip4, ip6, one, reference, status, text, updated, version,
};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A port of a network on an exchange LAN.
pub static TABLE: Table = Table {
    resource: Resource::Netixlan,
    tag: "netixlan",
    title: "Network at an exchange",
    title_plural: "Networks at exchanges",
    model: "NetworkIXLan",
    about: "A port of a network on an exchange LAN.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: false,
    always: &[],
    grouped_by: Some("ixlan_id"),
    since_pending: false,
    own_default: None,
    fields: &[
        id(),
        reference("net_id", Resource::Net, "Network").required(),
        one("net", Resource::Net, "net_id", "Network"),
        reference("ix_id", Resource::Ix, "Exchange")
            .derived(Derivation::Parent { via: "ixlan_id", field: "ix_id" })
            .not_filterable(),
        text("name", 512, "Name").derived(Derivation::PortName).not_filterable(),
        reference("ixlan_id", Resource::Ixlan, "Exchange LAN").required(),
        one("ixlan", Resource::Ixlan, "ixlan_id", "Exchange LAN"),
        text("notes", 255, "Notes"),
        integer("speed", 0, 2_147_483_647, "Speed").required().help("Mbit/s."),
        asn("asn", "ASN").derived(Derivation::Parent { via: "net_id", field: "asn" }).indexed(),
        ip4("ipaddr4", "IPv4 address").unique_live().named(),
        ip6("ipaddr6", "IPv6 address").unique_live().named(),
        flag("is_rs_peer", "Route server peer"),
        flag("bfd_support", "BFD support"),
        flag("operational", "Operational").default_true(),
        reference("net_side_id", Resource::Fac, "Network side").nullable().read_only(),
        reference("ix_side_id", Resource::Fac, "Exchange side").nullable().read_only(),
        created(),
        updated(),
        status(),
        version(),
    ],
};
