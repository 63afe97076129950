//! Exchange LAN.

use crate::choices::{MTUS, VISIBILITY};
use crate::field::{
    Shown, children, choice, created, flag, id, integer, linked, mac, number_choice, one, reference, status, text,
    updated, url, version,
};
use crate::resource::{Resource, Table};
/// The LAN of an exchange; there is exactly one each, with the id and status of its exchange.
pub static TABLE: Table = Table {
    resource: Resource::Ixlan,
    tag: "ixlan",
    title: "Exchange LAN",
    title_plural: "Exchange LANs",
    model: "IXLan",
    about: "The LAN of an exchange; there is exactly one each, with the id and status of its exchange.",
    list_methods: "GET",
    object_methods: "GET, PUT",
    unique_pair: None,
    searchable: false,
    always: &[],
    grouped_by: None,
    since_pending: false,
    own_default: None,
    fields: &[
        id(),
        reference("ix_id", Resource::Ix, "Exchange").required(),
        one("ix", Resource::Ix, "ix_id", "Exchange"),
        text("name", 255, "Name"),
        text("descr", 0, "Description"),
        number_choice("mtu", MTUS, "MTU").default_int(1500).reset().help("Bytes."),
        flag("dot1q_support", "802.1Q").read_only().shown(Shown::AlwaysFalse),
        integer("rs_asn", 0, 4_294_967_295, "Route server ASN").nullable().default_int(0),
        mac("arp_sponge", "ARP sponge").unique().taken("ix lan with this ARP sponging MAC already exists."),
        linked("net_set", Resource::Net, Resource::Netixlan, "ixlan_id", "net_id"),
        children("ixpfx_set", Resource::Ixpfx, "ixlan_id", &["ixlan_id", "ixlan"]),
        url("ixf_ixp_member_list_url", 200, "Member list")
            .null_or_blank()
            .shown(Shown::ToWhoMaySee)
            .help("IX-F export of the exchange."),
        choice("ixf_ixp_member_list_url_visible", VISIBILITY, "Member list visible to").default_text("Private"),
        flag("ixf_ixp_import_enabled", "Import from the member list"),
        created(),
        updated(),
        status(),
        integer("vlan", 0, 4095, "VLAN").nullable().hidden(),
        version(),
    ],
};
