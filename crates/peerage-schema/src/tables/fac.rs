//! Facility.

use crate::choices;
use crate::field::{
    Derivation, DisplayForm, choice, choices, count, country, created, degrees, email, flag, floor, id, logo, one,
    phone, reference, social, status, status_dashboard, text, updated, url, version,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// A building in which networks and exchanges have equipment.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Fac,
    tag: "fac",
    title: "Facility",
    title_plural: "Facilities",
    model: "Facility",
    about: "A building in which networks and exchanges have equipment.",
    owner: Some(ORG_ID),
    namespace: "facility",
    first_status: Status::Pending,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["available_voltage_services", "website"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(13_346),
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Fac,
    ID = id(),
    ORG_ID = reference("org_id", Resource::Org, "Organization").required(),
    ORG_NAME = text("org_name", 255, "Organization")
        .derived(Derivation::Parent { via: "org_id", field: "name" })
        .filterable_from_neighbours(),
    ORG = one("org", Resource::Org, "org_id", "Organization"),
    CAMPUS_ID = reference("campus_id", Resource::Campus, "Campus").nullable(),
    CAMPUS = one("campus", Resource::Campus, "campus_id", "Campus"),
    NAME = text("name", 255, "Name").required().unique().taken("Facility with this Name already exists."),
    AKA = text("aka", 255, "Also known as"),
    NAME_LONG = text("name_long", 255, "Long name"),
    WEBSITE = url("website", 200, "Website").shown_as(DisplayForm::OrOrganization),
    SOCIAL_MEDIA = social(),
    CLLI = text("clli", 18, "CLLI code"),
    RENCODE = text("rencode", 18, "Rencode").read_only().help("Historical."),
    NPANXX = text("npanxx", 21, "NPA-NXX"),
    NOTES = text("notes", 0, "Notes").help("Markdown."),
    NET_COUNT = count("net_count", Derivation::Count { child: Resource::Netfac, by: "fac_id" }, "Networks"),
    IX_COUNT = count("ix_count", Derivation::Count { child: Resource::Ixfac, by: "fac_id" }, "Exchanges"),
    CARRIER_COUNT = count("carrier_count", Derivation::Count { child: Resource::Carrierfac, by: "fac_id" }, "Carriers"),
    SALES_EMAIL = email("sales_email", "Sales e-mail"),
    SALES_PHONE = phone("sales_phone", 192, "Sales phone").reset(),
    TECH_EMAIL = email("tech_email", "Technical e-mail"),
    TECH_PHONE = phone("tech_phone", 192, "Technical phone").reset(),
    AVAILABLE_VOLTAGE_SERVICES = choices("available_voltage_services", choices::VOLTAGE, "Voltage services")
        .shown_as(DisplayForm::InChoiceOrder),
    DIVERSE_SERVING_SUBSTATIONS = flag("diverse_serving_substations", "Diverse serving substations")
        .nullable()
        .help("Two separate paths lead to individual substations."),
    PROPERTY = choice("property", choices::PROPERTY, "Property")
        .null_or_blank()
        .help("Whether the operator owns or leases the building."),
    REGION_CONTINENT =
        choice("region_continent", choices::REGIONS, "Region").nullable().read_only().help("Follows the country."),
    STATUS_DASHBOARD = status_dashboard(),
    LOGO = logo(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    ADDRESS1 = text("address1", 255, "Address 1").required(),
    ADDRESS2 = text("address2", 255, "Address 2"),
    CITY = text("city", 255, "City").required(),
    COUNTRY = country("country").named(),
    STATE = text("state", 255, "State"),
    ZIPCODE = text("zipcode", 48, "Zip-Code").reset(),
    FLOOR = floor(),
    SUITE = text("suite", 255, "Suite"),
    LATITUDE = degrees("latitude", "Latitude").on_update(),
    LONGITUDE = degrees("longitude", "Longitude").on_update(),
    VERSION = version(),
);
