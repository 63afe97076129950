//! Exchange.

use crate::choices;
use crate::field::{
    Derivation, DisplayForm, children, choice, count, country, created, email, flag, id, integer, linked, logo, one,
    phone, reference, social, status, status_dashboard, text, time, updated, url, version,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// An exchange point, where networks exchange traffic over a shared LAN.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Ix,
    tag: "ix",
    title: "Exchange",
    title_plural: "Exchanges",
    model: "InternetExchange",
    about: "A place where networks exchange traffic over a shared LAN.",
    owner: Some(ORG_ID),
    namespace: "internetexchange",
    first_status: Status::Pending,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(4_095),
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Ix,
    ID = id(),
    ORG_ID = reference("org_id", Resource::Org, "Organization").required(),
    ORG = one("org", Resource::Org, "org_id", "Organization"),
    NAME = text("name", 64, "Name").required().unique().taken("Internet Exchange with this Name already exists."),
    AKA = text("aka", 255, "Also known as"),
    NAME_LONG = text("name_long", 255, "Long name"),
    CITY = text("city", 192, "City").required(),
    COUNTRY = country("country").required(),
    REGION_CONTINENT = choice("region_continent", choices::REGIONS, "Region").required(),
    MEDIA = text("media", 128, "Media").read_only().default_text("Ethernet").shown_as(DisplayForm::Always("Ethernet")),
    NOTES = text("notes", 0, "Notes").help("Markdown."),
    PROTO_UNICAST = flag("proto_unicast", "Unicast IPv4").read_only().shown_as(DisplayForm::HasPrefix("IPv4")),
    PROTO_MULTICAST = flag("proto_multicast", "Multicast").read_only(),
    PROTO_IPV6 = flag("proto_ipv6", "Unicast IPv6").read_only().shown_as(DisplayForm::HasPrefix("IPv6")),
    WEBSITE = url("website", 255, "Website").shown_as(DisplayForm::OrOrganization),
    SOCIAL_MEDIA = social(),
    URL_STATS = url("url_stats", 255, "Traffic statistics"),
    TECH_EMAIL = email("tech_email", "Technical e-mail").required(),
    TECH_PHONE = phone("tech_phone", 192, "Technical phone").reset(),
    POLICY_EMAIL = email("policy_email", "Policy e-mail"),
    POLICY_PHONE = phone("policy_phone", 192, "Policy phone").reset(),
    SALES_PHONE = phone("sales_phone", 192, "Sales phone").reset(),
    SALES_EMAIL = email("sales_email", "Sales e-mail").reset(),
    FAC_SET = linked("fac_set", Resource::Fac, Resource::Ixfac, "ix_id", "fac_id"),
    IXLAN_SET = children("ixlan_set", Resource::Ixlan, "ix_id", &["ix_id", "ix"]),
    NET_COUNT = count(
        "net_count",
        Derivation::CountDistinct { child: Resource::Netixlan, by: "ix_id", of: "net_id" },
        "Networks",
    ),
    FAC_COUNT = count("fac_count", Derivation::Count { child: Resource::Ixfac, by: "ix_id" }, "Facilities"),
    IXF_NET_COUNT = integer("ixf_net_count", 0, 2_147_483_647, "Networks in the member list")
        .read_only()
        .help("As of the last import."),
    IXF_LAST_IMPORT = time("ixf_last_import", "Last import of the member list").nullable(),
    IXF_IMPORT_REQUEST = time("ixf_import_request", "Last requested import").nullable(),
    IXF_IMPORT_REQUEST_STATUS =
        choice("ixf_import_request_status", choices::IXF_STATUS, "State of the requested import")
            .read_only()
            .default_text("queued"),
    SERVICE_LEVEL = choice("service_level", choices::SERVICE_LEVEL, "Service level").default_text("Not Disclosed"),
    TERMS = choice("terms", choices::TERMS, "Terms").default_text("Not Disclosed"),
    STATUS_DASHBOARD = status_dashboard(),
    LOGO = logo(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
