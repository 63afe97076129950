//! Exchange.

use crate::choices::{IXF_STATUS, REGIONS, SERVICE_LEVEL, TERMS};
use crate::field::{
    Derivation, Shown, children, choice, count, country, created, email, flag, id, integer, linked, logo, one, phone,
    reference, social, status, status_dashboard, text, time, updated, url, version,
};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A place where networks exchange traffic over a shared LAN.
pub static TABLE: Table = Table {
    resource: Resource::Ix,
    tag: "ix",
    title: "Exchange",
    title_plural: "Exchanges",
    model: "InternetExchange",
    about: "A place where networks exchange traffic over a shared LAN.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(4_095),
    fields: &[
        id(),
        reference("org_id", Resource::Org, "Organization").required(),
        one("org", Resource::Org, "org_id", "Organization"),
        text("name", 64, "Name").required().unique().taken("Internet Exchange with this Name already exists."),
        text("aka", 255, "Also known as"),
        text("name_long", 255, "Long name"),
        text("city", 192, "City").required(),
        country("country").required(),
        choice("region_continent", REGIONS, "Region").required(),
        text("media", 128, "Media").read_only().default_text("Ethernet").shown(Shown::Always("Ethernet")),
        text("notes", 0, "Notes").help("Markdown."),
        flag("proto_unicast", "Unicast IPv4").read_only().shown(Shown::HasPrefix("IPv4")),
        flag("proto_multicast", "Multicast").read_only(),
        flag("proto_ipv6", "Unicast IPv6").read_only().shown(Shown::HasPrefix("IPv6")),
        url("website", 255, "Website").shown(Shown::OrOrganization),
        social(),
        url("url_stats", 255, "Traffic statistics"),
        email("tech_email", "Technical e-mail").required(),
        phone("tech_phone", 192, "Technical phone").reset(),
        email("policy_email", "Policy e-mail"),
        phone("policy_phone", 192, "Policy phone").reset(),
        phone("sales_phone", 192, "Sales phone").reset(),
        email("sales_email", "Sales e-mail").reset(),
        linked("fac_set", Resource::Fac, Resource::Ixfac, "ix_id", "fac_id"),
        children("ixlan_set", Resource::Ixlan, "ix_id", &["ix_id", "ix"]),
        count(
            "net_count",
            Derivation::CountDistinct { child: Resource::Netixlan, by: "ix_id", of: "net_id" },
            "Networks",
        ),
        count("fac_count", Derivation::Count { child: Resource::Ixfac, by: "ix_id" }, "Facilities"),
        integer("ixf_net_count", 0, 2_147_483_647, "Networks in the member list")
            .read_only()
            .help("As of the last import."),
        time("ixf_last_import", "Last import of the member list").nullable(),
        time("ixf_import_request", "Last requested import").nullable(),
        choice("ixf_import_request_status", IXF_STATUS, "State of the requested import")
            .read_only()
            .default_text("queued"),
        choice("service_level", SERVICE_LEVEL, "Service level").default_text("Not Disclosed"),
        choice("terms", TERMS, "Terms").default_text("Not Disclosed"),
        status_dashboard(),
        logo(),
        created(),
        updated(),
        status(),
        version(),
    ],
};
