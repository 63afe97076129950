//! Network.

use crate::choices::{
    IXP_EXCLUDE, NET_TYPES, POLICY_CONTRACTS, POLICY_GENERAL, POLICY_LOCATIONS, RATIOS, SCOPES, TRAFFIC,
};
use crate::field::{
    Derivation, Shown, asn, children, choice, choices, count, created, flag, id, integer, logo, one, reference, social,
    status, status_dashboard, text, time, updated, url, url_any_scheme, version, words,
};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// An autonomous system and how it peers.
pub static TABLE: Table = Table {
    resource: Resource::Net,
    tag: "net",
    title: "Network",
    title_plural: "Networks",
    model: "Network",
    about: "An autonomous system and how it peers.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website", "info_types", "info_type"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(666),
    fields: &[
        id(),
        reference("org_id", Resource::Org, "Organization").required(),
        one("org", Resource::Org, "org_id", "Organization"),
        text("name", 255, "Name").required().unique().taken("Network with this Name already exists."),
        text("aka", 255, "Also known as"),
        text("name_long", 255, "Long name"),
        url("website", 255, "Website").shown(Shown::OrOrganization),
        social(),
        asn("asn", "ASN").required().on_create().unique().taken("Network with this ASN already exists."),
        url_any_scheme("looking_glass", 255, "Looking glass"),
        url_any_scheme("route_server", 255, "Route server"),
        text("irr_as_set", 255, "IRR as-set").help(
            "An as-set of an Internet routing registry, such as RIPE::AS-EXAMPLE; several with blanks between them.",
        ),
        choice("info_type", NET_TYPES, "Network type")
            .shown(Shown::FirstOf("info_types"))
            .not_filterable()
            .help("The first of the types; kept for old clients."),
        choices("info_types", NET_TYPES, "Network types").shown(Shown::Sorted),
        integer("info_prefixes4", 0, 2_147_483_647, "IPv4 prefixes").nullable().limit(1_200_000),
        integer("info_prefixes6", 0, 2_147_483_647, "IPv6 prefixes").nullable().limit(180_000),
        choice("info_traffic", TRAFFIC, "Traffic levels").help("Total traffic in and out, as the network itself says."),
        choice("info_ratio", RATIOS, "Traffic ratio").default_text("Not Disclosed"),
        choice("info_scope", SCOPES, "Geographic scope").default_text("Not Disclosed"),
        flag("info_unicast", "Unicast IPv4"),
        flag("info_multicast", "Multicast"),
        flag("info_ipv6", "Unicast IPv6"),
        flag("info_never_via_route_servers", "Never via route servers")
            .help("The network does not announce its routes through route servers."),
        count(
            "ix_count",
            Derivation::CountDistinct { child: Resource::Netixlan, by: "net_id", of: "ix_id" },
            "Exchanges",
        ),
        count("fac_count", Derivation::Count { child: Resource::Netfac, by: "net_id" }, "Facilities"),
        text("notes", 0, "Notes").help("Markdown."),
        time("netixlan_updated", "Last change of a port").nullable(),
        time("netfac_updated", "Last change of a facility presence").nullable(),
        time("poc_updated", "Last change of a contact").nullable(),
        url("policy_url", 255, "Peering policy"),
        choice("policy_general", POLICY_GENERAL, "General policy"),
        choice("policy_locations", POLICY_LOCATIONS, "Multiple locations"),
        flag("policy_ratio", "Ratio requirement"),
        choice("policy_contracts", POLICY_CONTRACTS, "Contract requirement"),
        children("netfac_set", Resource::Netfac, "net_id", &["net_id", "net"]),
        children("netixlan_set", Resource::Netixlan, "net_id", &["net_id", "net"]),
        children("poc_set", Resource::Poc, "net_id", &["net_id", "net"]),
        flag("allow_ixp_update", "Exchanges may update ports")
            .help("An exchange may add and change ports of this network by its member list."),
        words("ixp_update_exclude", IXP_EXCLUDE, "Not updated by exchanges"),
        status_dashboard(),
        text("rir_status", 32, "RIR status").nullable().read_only().shown(Shown::RirOk),
        time("rir_status_updated", "Last change of the RIR status").nullable(),
        logo(),
        created(),
        updated(),
        status(),
        version(),
    ],
};
