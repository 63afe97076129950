//! Campus.

use crate::field::{
    Derivation, Shown, children, country, created, id, logo, one, reference, social, status, text, updated, url,
    version,
};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// Facilities of one operator that stand so close together that they count as one place.
pub static TABLE: Table = Table {
    resource: Resource::Campus,
    tag: "campus",
    title: "Campus",
    title_plural: "Campuses",
    model: "Campus",
    about: "Facilities of one operator that stand so close together that they count as one place.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website"],
    grouped_by: None,
    since_pending: true,
    own_default: Some(25),
    fields: &[
        id(),
        reference("org_id", Resource::Org, "Organization").required(),
        text("org_name", 255, "Organization")
            .derived(Derivation::Parent { via: "org_id", field: "name" })
            .not_filterable(),
        one("org", Resource::Org, "org_id", "Organization"),
        status(),
        created(),
        updated(),
        text("name", 255, "Name").required().unique().taken("Campus with this Campus Name already exists."),
        text("name_long", 255, "Long name").null_or_blank(),
        text("notes", 0, "Notes").help("Markdown."),
        text("aka", 255, "Also known as").null_or_blank(),
        url("website", 255, "Website").shown(Shown::OrOrganization),
        social(),
        children("fac_set", Resource::Fac, "campus_id", &["org_id", "org"]),
        country("country").derived(Derivation::CampusFacility { field: "country" }).not_filterable(),
        text("city", 255, "City").derived(Derivation::CampusFacility { field: "city" }).not_filterable(),
        text("zipcode", 48, "Zip-Code").derived(Derivation::CampusFacility { field: "zipcode" }).not_filterable(),
        text("state", 255, "State").derived(Derivation::CampusFacility { field: "state" }).not_filterable(),
        logo(),
        version(),
    ],
};
