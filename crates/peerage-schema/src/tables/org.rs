//! Organization.

use crate::field::{children, country, created, degrees, floor, id, logo, social, status, text, updated, url, version};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// A company or other body that owns networks, exchanges, facilities, carriers and campuses.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Org,
    tag: "org",
    title: "Organization",
    title_plural: "Organizations",
    model: "Organization",
    about: "The body that owns networks, exchanges, facilities, carriers and campuses.",
    owner: None,
    namespace: "organization",
    first_status: Status::Pending,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: true,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: Some(25_554),
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Org,
    ID = id(),
    NAME = text("name", 255, "Name").required().unique().taken("Organization with this Name already exists."),
    AKA = text("aka", 255, "Also known as"),
    NAME_LONG = text("name_long", 255, "Long name"),
    WEBSITE = url("website", 255, "Website"),
    SOCIAL_MEDIA = social(),
    NOTES = text("notes", 0, "Notes").help("Markdown."),
    NET_SET = children("net_set", Resource::Net, "org_id", &["org_id", "org"]),
    FAC_SET = children("fac_set", Resource::Fac, "org_id", &["org_id", "org"]),
    IX_SET = children("ix_set", Resource::Ix, "org_id", &["org_id", "org"]),
    CARRIER_SET = children("carrier_set", Resource::Carrier, "org_id", &["org_id", "org"]),
    CAMPUS_SET = children("campus_set", Resource::Campus, "org_id", &["org_id", "org"]),
    LOGO = logo(),
    ADDRESS1 = text("address1", 255, "Address 1"),
    ADDRESS2 = text("address2", 255, "Address 2"),
    CITY = text("city", 255, "City"),
    COUNTRY = country("country"),
    STATE = text("state", 255, "State"),
    ZIPCODE = text("zipcode", 48, "Zip-Code"),
    FLOOR = floor(),
    SUITE = text("suite", 255, "Suite"),
    LATITUDE = degrees("latitude", "Latitude").read_only(),
    LONGITUDE = degrees("longitude", "Longitude").read_only(),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
