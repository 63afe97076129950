//! LAN prefix.

use crate::choices::PROTOCOLS;
use crate::field::{choice, created, flag, id, one, prefix, reference, status, text, updated, version};
use crate::resource::{LIST, OBJECT, Resource, Table};
/// A network prefix of an exchange LAN.
pub static TABLE: Table = Table {
    resource: Resource::Ixpfx,
    tag: "ixpfx",
    title: "LAN prefix",
    title_plural: "LAN prefixes",
    model: "IXLanPrefix",
    about: "A network prefix of an exchange LAN.",
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
        one("ixlan", Resource::Ixlan, "ixlan_id", "Exchange LAN"),
        reference("ixlan_id", Resource::Ixlan, "Exchange LAN").required(),
        choice("protocol", PROTOCOLS, "Protocol").required(),
        prefix("prefix", "Prefix").required().unique(),
        flag("in_dfz", "Announced").default_true().reset().help("No longer used."),
        created(),
        updated(),
        status(),
        text("notes", 255, "Notes").hidden(),
        version(),
    ],
};
