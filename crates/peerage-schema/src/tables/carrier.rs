//! Carrier.

use crate::field::{
    Derivation, DisplayForm, children, count, created, id, logo, one, reference, social, status, text, updated, url,
    version,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// A company that sells transport between facilities.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Carrier,
    tag: "carrier",
    title: "Carrier",
    title_plural: "Carriers",
    model: "Carrier",
    about: "A company that sells transport between facilities.",
    owner: Some(ORG_ID),
    namespace: "carrier",
    first_status: Status::Pending,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website"],
    grouped_by: None,
    since_pending: false,
    own_default: Some(66),
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Carrier,
    ID = id(),
    ORG_ID = reference("org_id", Resource::Org, "Organization").required(),
    ORG_NAME = text("org_name", 255, "Organization")
        .derived(Derivation::Parent { via: "org_id", field: "name" })
        .not_filterable(),
    ORG = one("org", Resource::Org, "org_id", "Organization"),
    NAME = text("name", 255, "Name").required().unique().taken("Carrier with this Name already exists."),
    AKA = text("aka", 255, "Also known as"),
    NAME_LONG = text("name_long", 255, "Long name"),
    WEBSITE = url("website", 255, "Website").shown_as(DisplayForm::OrOrganization),
    SOCIAL_MEDIA = social(),
    NOTES = text("notes", 0, "Notes").help("Markdown."),
    CARRIERFAC_SET = children("carrierfac_set", Resource::Carrierfac, "carrier_id", &["fac"]),
    FAC_COUNT = count("fac_count", Derivation::Count { child: Resource::Carrierfac, by: "carrier_id" }, "Facilities")
        .filterable_from_neighbours(),
    LOGO = logo(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
