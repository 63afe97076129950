//! Campus.

use crate::field::{
    Derivation, DisplayForm, children, country, created, id, logo, one, reference, social, status, text, updated, url,
    version,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// Facilities of one operator that are close enough to each other to count as one location.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Campus,
    tag: "campus",
    title: "Campus",
    title_plural: "Campuses",
    model: "Campus",
    about: "Facilities of one operator that stand so close together that they count as one place.",
    owner: Some(ORG_ID),
    namespace: "campus",
    first_status: Status::Pending,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &["website"],
    grouped_by: None,
    since_pending: true,
    own_default: Some(25),
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Campus,
    ID = id(),
    ORG_ID = reference("org_id", Resource::Org, "Organization").required(),
    ORG_NAME = text("org_name", 255, "Organization")
        .derived(Derivation::Parent { via: "org_id", field: "name" })
        .not_filterable(),
    ORG = one("org", Resource::Org, "org_id", "Organization"),
    STATUS = status(),
    CREATED = created(),
    UPDATED = updated(),
    NAME = text("name", 255, "Name").required().unique().taken("Campus with this Campus Name already exists."),
    NAME_LONG = text("name_long", 255, "Long name").null_or_blank(),
    NOTES = text("notes", 0, "Notes").help("Markdown."),
    AKA = text("aka", 255, "Also known as").null_or_blank(),
    WEBSITE = url("website", 255, "Website").shown_as(DisplayForm::OrOrganization),
    SOCIAL_MEDIA = social(),
    FAC_SET = children("fac_set", Resource::Fac, "campus_id", &["org_id", "org"]),
    COUNTRY = country("country").derived(Derivation::CampusFacility { field: "country" }).not_filterable(),
    CITY = text("city", 255, "City").derived(Derivation::CampusFacility { field: "city" }).not_filterable(),
    ZIPCODE = text("zipcode", 48, "Zip-Code").derived(Derivation::CampusFacility { field: "zipcode" }).not_filterable(),
    STATE = text("state", 255, "State").derived(Derivation::CampusFacility { field: "state" }).not_filterable(),
    LOGO = logo(),
    VERSION = version(),
);
