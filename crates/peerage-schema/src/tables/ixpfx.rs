//! LAN prefix.

use crate::choices;
use crate::field::{choice, created, flag, id, one, prefix, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, ResourceTable};
use crate::status::Status;

/// An address prefix of an exchange LAN.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Ixpfx,
    tag: "ixpfx",
    title: "LAN prefix",
    title_plural: "LAN prefixes",
    model: "IXLanPrefix",
    about: "A network prefix of an exchange LAN.",
    owner: Some(IXLAN_ID),
    namespace: "prefix",
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
    Ixpfx,
    ID = id(),
    IXLAN = one("ixlan", Resource::Ixlan, "ixlan_id", "Exchange LAN"),
    IXLAN_ID = reference("ixlan_id", Resource::Ixlan, "Exchange LAN").required(),
    PROTOCOL = choice("protocol", choices::PROTOCOLS, "Protocol").required(),
    PREFIX = prefix("prefix", "Prefix").required().unique(),
    IN_DFZ = flag("in_dfz", "Announced").default_true().reset().help("No longer used."),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    NOTES = text("notes", 255, "Notes").hidden(),
    VERSION = version(),
);
