//! Exchange LAN.

use crate::choices;
use crate::field::{
    DisplayForm, children, choice, created, flag, id, integer, linked, mac, number_choice, one, reference, status,
    text, updated, url, version,
};
use crate::resource::{Resource, ResourceTable};
use crate::status::Status;

/// The LAN of an exchange. Each exchange has exactly one, with the same id and status.
pub static TABLE: ResourceTable = ResourceTable {
    resource: Resource::Ixlan,
    tag: "ixlan",
    title: "Exchange LAN",
    title_plural: "Exchange LANs",
    model: "IXLan",
    about: "The LAN of an exchange; there is exactly one each, with the id and status of its exchange.",
    owner: Some(IX_ID),
    namespace: "ixlan",
    first_status: Status::Live,
    list_methods: "GET",
    object_methods: "GET, PUT",
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
    Ixlan,
    ID = id(),
    IX_ID = reference("ix_id", Resource::Ix, "Exchange").required(),
    IX = one("ix", Resource::Ix, "ix_id", "Exchange"),
    NAME = text("name", 255, "Name"),
    DESCR = text("descr", 0, "Description"),
    MTU = number_choice("mtu", choices::MTUS, "MTU").default_int(1500).reset().help("Bytes."),
    DOT1Q_SUPPORT = flag("dot1q_support", "802.1Q").read_only().shown_as(DisplayForm::AlwaysFalse),
    RS_ASN = integer("rs_asn", 0, 4_294_967_295, "Route server ASN").nullable().default_int(0),
    ARP_SPONGE = mac("arp_sponge", "ARP sponge").unique().taken("ix lan with this ARP sponging MAC already exists."),
    NET_SET = linked("net_set", Resource::Net, Resource::Netixlan, "ixlan_id", "net_id"),
    IXPFX_SET = children("ixpfx_set", Resource::Ixpfx, "ixlan_id", &["ixlan_id", "ixlan"]),
    IXF_IXP_MEMBER_LIST_URL = url("ixf_ixp_member_list_url", 200, "Member list")
        .null_or_blank()
        .shown_as(DisplayForm::ToWhoMaySee)
        .help("IX-F export of the exchange."),
    IXF_IXP_MEMBER_LIST_URL_VISIBLE =
        choice("ixf_ixp_member_list_url_visible", choices::VISIBILITY, "Member list visible to")
            .default_text("Private"),
    IXF_IXP_IMPORT_ENABLED = flag("ixf_ixp_import_enabled", "Import from the member list"),
    CREATED = created(),
    UPDATED = updated(),
    STATUS = status(),
    VLAN = integer("vlan", 0, 4095, "VLAN").nullable().hidden(),
    VERSION = version(),
);
