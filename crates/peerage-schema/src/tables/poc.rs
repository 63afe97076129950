//! Network contact.

use crate::choices::{POC_ROLES, VISIBILITY};
use crate::field::{Shown, choice, created, email, id, one, phone, reference, status, text, updated, url, version};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// Whom to reach at a network.
pub static TABLE: Table = Table {
    resource: Resource::Poc,
    tag: "poc",
    title: "Network contact",
    title_plural: "Network contacts",
    model: "NetworkContact",
    about: "Whom to reach at a network.",
    list_methods: LIST,
    object_methods: OBJECT,
    unique_pair: None,
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: &[
        id(),
        reference("net_id", Resource::Net, "Network").required(),
        one("net", Resource::Net, "net_id", "Network"),
        choice("role", POC_ROLES, "Role").required(),
        choice("visible", VISIBILITY, "Visible to")
            .default_text("Public")
            .without("Private", "Private contacts are no longer supported."),
        text("name", 254, "Name").shown(Shown::BlankWhenDeleted),
        phone("phone", 100, "Phone").shown(Shown::BlankWhenDeleted),
        email("email", "E-mail").shown(Shown::BlankWhenDeleted).indexed(),
        url("url", 255, "URL").shown(Shown::BlankWhenDeleted),
        created(),
        updated(),
        status(),
        version(),
    ],
};
