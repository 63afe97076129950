//! Network contact.

use crate::choices;
use crate::field::{
    DisplayForm, choice, created, email, id, one, phone, reference, status, text, updated, url, version,
};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// A contact of a network.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Poc,
    tag: "poc",
    title: "Network contact",
    title_plural: "Network contacts",
    model: "NetworkContact",
    about: "Whom to reach at a network.",
    owner: Some(NET_ID),
    namespace: "poc_set",
    first_status: Status::Live,
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: FIELDS,
    columns: COLUMNS,
};

columns!(
    Poc,
    ID = id(),
    NET_ID = reference("net_id", Resource::Net, "Network").required(),
    NET = one("net", Resource::Net, "net_id", "Network"),
    ROLE = choice("role", choices::POC_ROLES, "Role").required(),
    VISIBLE = choice("visible", choices::VISIBILITY, "Visible to")
        .default_text("Public")
        .without("Private", "Private contacts are no longer supported."),
    NAME = text("name", 254, "Name").shown_as(DisplayForm::BlankWhenDeleted),
    PHONE = phone("phone", 100, "Phone").shown_as(DisplayForm::BlankWhenDeleted),
    EMAIL = email("email", "E-mail").shown_as(DisplayForm::BlankWhenDeleted).indexed(),
    URL = url("url", 255, "URL").shown_as(DisplayForm::BlankWhenDeleted),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VERSION = version(),
);
