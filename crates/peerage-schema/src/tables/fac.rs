//! Facility.

use crate::choices::{PROPERTY, REGIONS, VOLTAGE};
use crate::field::{
    Derivation, Shown, choice, choices, count, country, created, degrees, email, flag, floor, id, logo, one, phone,
    reference, social, status, status_dashboard, text, updated, url, version,
};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A building in which networks and exchanges have equipment.
pub static TABLE: Table = Table {
    resource: Resource::Fac,
    tag: "fac",
    title: "Facility",
    title_plural: "Facilities",
    model: "Facility",
    about: "A building in which networks and exchanges have equipment.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["available_voltage_services", "website"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(13_346),
    fields: &[
        id(),
        reference("org_id", Resource::Org, "Organization").required(),
        text("org_name", 255, "Organization")
            .derived(Derivation::Parent { via: "org_id", field: "name" })
            .filterable_from_neighbours(),
        one("org", Resource::Org, "org_id", "Organization"),
        reference("campus_id", Resource::Campus, "Campus").nullable(),
        one("campus", Resource::Campus, "campus_id", "Campus"),
        text("name", 255, "Name").required().unique().taken("Facility with this Name already exists."),
        text("aka", 255, "Also known as"),
        text("name_long", 255, "Long name"),
        url("website", 200, "Website").shown(Shown::OrOrganization),
        social(),
        text("clli", 18, "CLLI code"),
        text("rencode", 18, "Rencode").read_only().help("Historical."),
        text("npanxx", 21, "NPA-NXX"),
        text("notes", 0, "Notes").help("Markdown."),
        count("net_count", Derivation::Count { child: Resource::Netfac, by: "fac_id" }, "Networks"),
        count("ix_count", Derivation::Count { child: Resource::Ixfac, by: "fac_id" }, "Exchanges"),
        count("carrier_count", Derivation::Count { child: Resource::Carrierfac, by: "fac_id" }, "Carriers"),
        email("sales_email", "Sales e-mail"),
        phone("sales_phone", 192, "Sales phone").reset(),
        email("tech_email", "Technical e-mail"),
        phone("tech_phone", 192, "Technical phone").reset(),
        choices("available_voltage_services", VOLTAGE, "Voltage services").shown(Shown::InChoiceOrder),
        flag("diverse_serving_substations", "Diverse serving substations")
            .nullable()
            .help("Two separate paths lead to individual substations."),
        choice("property", PROPERTY, "Property")
            .null_or_blank()
            .help("Whether the operator owns or leases the building."),
        choice("region_continent", REGIONS, "Region").nullable().read_only().help("Follows the country."),
        status_dashboard(),
        logo(),
        created(),
        updated(),
        status(),
        text("address1", 255, "Address 1").required(),
        text("address2", 255, "Address 2"),
        text("city", 255, "City").required(),
        country("country").named(),
        text("state", 255, "State"),
        text("zipcode", 48, "Zip-Code").reset(),
        floor(),
        text("suite", 255, "Suite"),
        degrees("latitude", "Latitude").on_update(),
        degrees("longitude", "Longitude").on_update(),
        version(),
    ],
};
