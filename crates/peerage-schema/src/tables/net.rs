//! Network.

use crate::choices;
use crate::field::{
    Derivation, DisplayForm, asn, children, choice, choices, count, created, flag, id, integer, logo, one, reference,
    social, status, status_dashboard, text, time, updated, url, url_any_scheme, version, words,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// An autonomous system and how it peers.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Net,
    tag: "net",
    title: "Network",
    title_plural: "Networks",
    model: "Network",
    about: "An autonomous system and how it peers.",
    owner: Some(ORG_ID),
    namespace: "network",
    first_status: Status::Live,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website", "info_types", "info_type"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(666),
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Net,
    ID = id(),
    ORG_ID = reference("org_id", Resource::Org, "Organization").required(),
    ORG = one("org", Resource::Org, "org_id", "Organization"),
    NAME = text("name", 255, "Name").required().unique().taken("Network with this Name already exists."),
    AKA = text("aka", 255, "Also known as"),
    NAME_LONG = text("name_long", 255, "Long name"),
    WEBSITE = url("website", 255, "Website").shown_as(DisplayForm::OrOrganization),
    SOCIAL_MEDIA = social(),
    ASN = asn("asn", "ASN").required().on_create().unique().taken("Network with this ASN already exists."),
    LOOKING_GLASS = url_any_scheme("looking_glass", 255, "Looking glass"),
    ROUTE_SERVER = url_any_scheme("route_server", 255, "Route server"),
    IRR_AS_SET =
        text("irr_as_set", 255, "IRR as-set").help(
            "An as-set of an Internet routing registry, such as RIPE::AS-EXAMPLE; several with blanks between them.",
        ),
    INFO_TYPE = choice("info_type", choices::NET_TYPES, "Network type")
        .shown_as(DisplayForm::FirstOf("info_types"))
        .not_filterable()
        .help("The first of the types; kept for old clients."),
    INFO_TYPES = choices("info_types", choices::NET_TYPES, "Network types").shown_as(DisplayForm::Sorted),
    INFO_PREFIXES4 = integer("info_prefixes4", 0, 2_147_483_647, "IPv4 prefixes").nullable().limit(1_200_000),
    INFO_PREFIXES6 = integer("info_prefixes6", 0, 2_147_483_647, "IPv6 prefixes").nullable().limit(180_000),
    INFO_TRAFFIC = choice("info_traffic", choices::TRAFFIC, "Traffic levels")
        .help("Total traffic in and out, as the network itself says."),
    INFO_RATIO = choice("info_ratio", choices::RATIOS, "Traffic ratio").default_text("Not Disclosed"),
    INFO_SCOPE = choice("info_scope", choices::SCOPES, "Geographic scope").default_text("Not Disclosed"),
    INFO_UNICAST = flag("info_unicast", "Unicast IPv4"),
    INFO_MULTICAST = flag("info_multicast", "Multicast"),
    INFO_IPV6 = flag("info_ipv6", "Unicast IPv6"),
    INFO_NEVER_VIA_ROUTE_SERVERS = flag("info_never_via_route_servers", "Never via route servers")
        .help("The network does not announce its routes through route servers."),
    IX_COUNT = count(
        "ix_count",
        Derivation::CountDistinct { child: Resource::Netixlan, by: "net_id", of: "ix_id" },
        "Exchanges",
    ),
    FAC_COUNT = count("fac_count", Derivation::Count { child: Resource::Netfac, by: "net_id" }, "Facilities"),
    NOTES = text("notes", 0, "Notes").help("Markdown."),
    NETIXLAN_UPDATED = time("netixlan_updated", "Last change of a port").nullable(),
    NETFAC_UPDATED = time("netfac_updated", "Last change of a facility presence").nullable(),
    POC_UPDATED = time("poc_updated", "Last change of a contact").nullable(),
    POLICY_URL = url("policy_url", 255, "Peering policy"),
    POLICY_GENERAL = choice("policy_general", choices::POLICY_GENERAL, "General policy"),
    POLICY_LOCATIONS = choice("policy_locations", choices::POLICY_LOCATIONS, "Multiple locations"),
    POLICY_RATIO = flag("policy_ratio", "Ratio requirement"),
    POLICY_CONTRACTS = choice("policy_contracts", choices::POLICY_CONTRACTS, "Contract requirement"),
    NETFAC_SET = children("netfac_set", Resource::Netfac, "net_id", &["net_id", "net"]),
    NETIXLAN_SET = children("netixlan_set", Resource::Netixlan, "net_id", &["net_id", "net"]),
    POC_SET = children("poc_set", Resource::Poc, "net_id", &["net_id", "net"]),
    ALLOW_IXP_UPDATE = flag("allow_ixp_update", "Exchanges may update ports")
        .help("An exchange may add and change ports of this network by its member list."),
    IXP_UPDATE_EXCLUDE = words("ixp_update_exclude", choices::IXP_EXCLUDE, "Not updated by exchanges"),
    STATUS_DASHBOARD = status_dashboard(),
    RIR_STATUS = text("rir_status", 32, "RIR status").nullable().read_only().shown_as(DisplayForm::RirOk),
    RIR_STATUS_UPDATED = time("rir_status_updated", "Last change of the RIR status").nullable(),
    LOGO = logo(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
