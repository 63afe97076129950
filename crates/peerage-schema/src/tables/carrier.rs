//! Carrier.

use crate::field::{
    Derivation, Shown, children, count, created, id, logo, one, reference, social, status, text, updated, url, version,
};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A company that sells transport between facilities.
pub static TABLE: Table = Table {
    resource: Resource::Carrier,
    tag: "carrier",
    title: "Carrier",
    title_plural: "Carriers",
    model: "Carrier",
    about: "A company that sells transport between facilities.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(66),
    fields: &[
        id(),
        reference("org_id", Resource::Org, "Organization").required(),
        text("org_name", 255, "Organization")
            .derived(Derivation::Parent { via: "org_id", field: "name" })
            .not_filterable(),
        one("org", Resource::Org, "org_id", "Organization"),
        text("name", 255, "Name").required().unique().taken("Carrier with this Name already exists."),
        text("aka", 255, "Also known as"),
        text("name_long", 255, "Long name"),
        url("website", 255, "Website").shown(Shown::OrOrganization),
        social(),
        text("notes", 0, "Notes").help("Markdown."),
        children("carrierfac_set", Resource::Carrierfac, "carrier_id", &["fac"]),
        count("fac_count", Derivation::Count { child: Resource::Carrierfac, by: "carrier_id" }, "Facilities")
            .filterable_from_neighbours(),
        logo(),
        created(),
        updated(),
        status(),
        version(),
    ],
};
