//! The lists of each kind of object: of which rows, with which columns.

use peerage_registry::Snapshot;
use peerage_schema::tables::{campus, carrier, carrierfac, fac, ix, ixfac, ixlan, ixpfx, net, netfac, netixlan, poc};
use peerage_schema::{Column, Resource};

use crate::table::cells::{
    CellOf, ColumnLabel, ListColumn, address, asn, code, count, country, flag, int, named, own, policy, policy_of,
    port_name, port_speed, text, there,
};

/// A list of an object: the rows that the API finds with one filter.
pub struct ObjectList {
    pub key: &'static str,
    pub title: &'static str,
    pub of: Resource,
    /// The field by which the API finds its rows.
    pub by: Column,
    pub columns: &'static [ListColumn],
    /// The column that it is sorted by if the reader chose none.
    pub order: &'static str,
}

const fn column(key: &'static str, label: ColumnLabel, cell: CellOf) -> ListColumn {
    ListColumn { key, label, is_number: false, is_count: false, cell }
}

const fn number(key: &'static str, label: ColumnLabel, cell: CellOf) -> ListColumn {
    ListColumn { key, label, is_number: true, is_count: false, cell }
}

const fn counted(key: &'static str, label: ColumnLabel, cell: CellOf) -> ListColumn {
    ListColumn { key, label, is_number: true, is_count: true, cell }
}

impl ObjectList {
    /// The rows that are or were in the list of an object, whatever their status. Linear in their number.
    pub fn rows_ever(&self, snapshot: &Snapshot, id: u32) -> Vec<u32> {
        let by = if self.of == Resource::Netixlan && self.by == netixlan::IX_ID { netixlan::IXLAN_ID } else { self.by };
        if by.target() != Some(Resource::Ixlan) {
            return snapshot.pointing(by, id).to_vec();
        }
        let lans = snapshot.pointing(ixlan::IX_ID, id);
        lans.iter().flat_map(|lan| snapshot.pointing(by, *lan).to_vec()).collect()
    }
}

use ColumnLabel::{Field, Kind, Text};

/// The lists of a kind, in the order of its page.
pub fn of(resource: Resource) -> &'static [ObjectList] {
    match resource {
        Resource::Net => NET,
        Resource::Ix => IX,
        Resource::Fac => FAC,
        Resource::Org => ORG,
        Resource::Carrier => CARRIER,
        Resource::Campus => CAMPUS,
        _ => &[],
    }
}

static NET: &[ObjectList] = &[
    ObjectList {
        key: "ports",
        title: "object-ports",
        of: Resource::Netixlan,
        by: netixlan::NET_ID,
        order: "exchange",
        columns: &[
            column("exchange", Kind(Resource::Ix), |at, row| port_name(at, row, Resource::Ix, netixlan::IX_ID)),
            number("speed", Field(netixlan::SPEED), port_speed),
            column("ipaddr4", Text("object-ipv4"), |_, row| code(row, netixlan::IPADDR4)),
            column("ipaddr6", Text("object-ipv6"), |_, row| code(row, netixlan::IPADDR6)),
            column("rs", Text("object-rs"), |_, row| flag(row, netixlan::IS_RS_PEER)),
            column("bfd", Text("object-bfd"), |_, row| flag(row, netixlan::BFD_SUPPORT)),
            column("location", Text("object-location"), |at, row| named(at, row, Resource::Fac, netixlan::NET_SIDE_ID)),
        ],
    },
    ObjectList {
        key: "facilities",
        title: "object-facilities",
        of: Resource::Netfac,
        by: netfac::NET_ID,
        order: "facility",
        columns: &[
            column("facility", Kind(Resource::Fac), |at, row| named(at, row, Resource::Fac, netfac::FAC_ID)),
            column("city", Field(netfac::CITY), |_, row| text(row, netfac::CITY)),
            column("country", Field(netfac::COUNTRY), |_, row| country(row, netfac::COUNTRY)),
            counted("networks", Text("object-networks-here"), |at, row| count(at, row, netfac::FAC_ID, fac::NET_COUNT)),
        ],
    },
    ObjectList {
        key: "contacts",
        title: "object-contacts",
        of: Resource::Poc,
        by: poc::NET_ID,
        order: "role",
        columns: &[
            column("role", Field(poc::ROLE), |_, row| text(row, poc::ROLE)),
            column("name", Field(poc::NAME), |_, row| text(row, poc::NAME)),
            column("email", Field(poc::EMAIL), |_, row| address(row, poc::EMAIL, "mailto:")),
            column("phone", Field(poc::PHONE), |_, row| address(row, poc::PHONE, "tel:")),
            column("url", Field(poc::URL), |_, row| address(row, poc::URL, "")),
            column("visible", Field(poc::VISIBLE), |_, row| text(row, poc::VISIBLE)),
        ],
    },
];

static IX: &[ObjectList] = &[
    ObjectList {
        key: "peers",
        title: "object-peers",
        of: Resource::Netixlan,
        by: netixlan::IX_ID,
        order: "network",
        columns: &[
            column("network", Kind(Resource::Net), |at, row| port_name(at, row, Resource::Net, netixlan::NET_ID)),
            number("asn", Field(netixlan::ASN), |_, row| asn(row, netixlan::ASN)),
            number("speed", Field(netixlan::SPEED), port_speed),
            column("ipaddr4", Text("object-ipv4"), |_, row| code(row, netixlan::IPADDR4)),
            column("ipaddr6", Text("object-ipv6"), |_, row| code(row, netixlan::IPADDR6)),
            column("policy", Text("object-policy"), |at, row| policy_of(at, row, netixlan::NET_ID)),
            column("rs", Text("object-rs"), |_, row| flag(row, netixlan::IS_RS_PEER)),
            column("bfd", Text("object-bfd"), |_, row| flag(row, netixlan::BFD_SUPPORT)),
            column("location", Text("object-location"), |at, row| named(at, row, Resource::Fac, netixlan::IX_SIDE_ID)),
        ],
    },
    ObjectList {
        key: "facilities",
        title: "object-local-facilities",
        of: Resource::Ixfac,
        by: ixfac::IX_ID,
        order: "facility",
        columns: &[
            column("facility", Kind(Resource::Fac), |at, row| named(at, row, Resource::Fac, ixfac::FAC_ID)),
            column("city", Field(ixfac::CITY), |_, row| text(row, ixfac::CITY)),
            column("country", Field(ixfac::COUNTRY), |_, row| country(row, ixfac::COUNTRY)),
            counted("networks", Text("object-networks-here"), |at, row| count(at, row, ixfac::FAC_ID, fac::NET_COUNT)),
        ],
    },
    ObjectList {
        key: "prefixes",
        title: "object-prefixes",
        of: Resource::Ixpfx,
        by: ixpfx::IXLAN_ID,
        order: "protocol",
        columns: &[
            column("prefix", Field(ixpfx::PREFIX), |_, row| code(row, ixpfx::PREFIX)),
            column("protocol", Field(ixpfx::PROTOCOL), |_, row| text(row, ixpfx::PROTOCOL)),
        ],
    },
];

static FAC: &[ObjectList] = &[
    ObjectList {
        key: "networks",
        title: "object-networks",
        of: Resource::Netfac,
        by: netfac::FAC_ID,
        order: "network",
        columns: &[
            column("network", Kind(Resource::Net), |at, row| named(at, row, Resource::Net, netfac::NET_ID)),
            number("asn", Field(netfac::LOCAL_ASN), |_, row| asn(row, netfac::LOCAL_ASN)),
            column("policy", Text("object-policy"), |at, row| policy_of(at, row, netfac::NET_ID)),
            counted("exchanges", Field(net::IX_COUNT), |at, row| count(at, row, netfac::NET_ID, net::IX_COUNT)),
        ],
    },
    ObjectList {
        key: "exchanges",
        title: "object-exchanges",
        of: Resource::Ixfac,
        by: ixfac::FAC_ID,
        order: "exchange",
        columns: &[
            column("exchange", Kind(Resource::Ix), |at, row| named(at, row, Resource::Ix, ixfac::IX_ID)),
            counted("networks", Field(ix::NET_COUNT), |at, row| count(at, row, ixfac::IX_ID, ix::NET_COUNT)),
        ],
    },
    ObjectList {
        key: "carriers",
        title: "object-carriers",
        of: Resource::Carrierfac,
        by: carrierfac::FAC_ID,
        order: "carrier",
        columns: &[
            column("carrier", Kind(Resource::Carrier), |at, row| {
                named(at, row, Resource::Carrier, carrierfac::CARRIER_ID)
            }),
            counted("facilities", Field(carrier::FAC_COUNT), |at, row| {
                count(at, row, carrierfac::CARRIER_ID, carrier::FAC_COUNT)
            }),
        ],
    },
];

static ORG: &[ObjectList] = &[
    ObjectList {
        key: "networks",
        title: "object-networks",
        of: Resource::Net,
        by: net::ORG_ID,
        order: "network",
        columns: &[
            column("network", Kind(Resource::Net), |_, row| own(row, Resource::Net, net::NAME)),
            number("asn", Field(net::ASN), |_, row| asn(row, net::ASN)),
            column("policy", Text("object-policy"), |_, row| policy(row)),
            counted("exchanges", Field(net::IX_COUNT), |_, row| int(row, net::IX_COUNT)),
            counted("facilities", Field(net::FAC_COUNT), |_, row| int(row, net::FAC_COUNT)),
        ],
    },
    ObjectList {
        key: "exchanges",
        title: "object-exchanges",
        of: Resource::Ix,
        by: ix::ORG_ID,
        order: "exchange",
        columns: &[
            column("exchange", Kind(Resource::Ix), |_, row| own(row, Resource::Ix, ix::NAME)),
            column("city", Field(ix::CITY), |_, row| text(row, ix::CITY)),
            column("country", Field(ix::COUNTRY), |_, row| country(row, ix::COUNTRY)),
            counted("networks", Field(ix::NET_COUNT), |_, row| int(row, ix::NET_COUNT)),
        ],
    },
    ObjectList {
        key: "facilities",
        title: "object-facilities",
        of: Resource::Fac,
        by: fac::ORG_ID,
        order: "facility",
        columns: FACILITIES,
    },
    ObjectList {
        key: "carriers",
        title: "object-carriers",
        of: Resource::Carrier,
        by: carrier::ORG_ID,
        order: "carrier",
        columns: &[
            column("carrier", Kind(Resource::Carrier), |_, row| own(row, Resource::Carrier, carrier::NAME)),
            counted("facilities", Field(carrier::FAC_COUNT), |_, row| int(row, carrier::FAC_COUNT)),
        ],
    },
    ObjectList {
        key: "campuses",
        title: "object-campuses",
        of: Resource::Campus,
        by: campus::ORG_ID,
        order: "campus",
        columns: &[
            column("campus", Kind(Resource::Campus), |_, row| own(row, Resource::Campus, campus::NAME)),
            column("city", Field(campus::CITY), |_, row| text(row, campus::CITY)),
            column("country", Field(campus::COUNTRY), |_, row| country(row, campus::COUNTRY)),
        ],
    },
];

static CARRIER: &[ObjectList] = &[ObjectList {
    key: "facilities",
    title: "object-facilities",
    of: Resource::Carrierfac,
    by: carrierfac::CARRIER_ID,
    order: "facility",
    columns: &[
        column("facility", Kind(Resource::Fac), |at, row| named(at, row, Resource::Fac, carrierfac::FAC_ID)),
        column("city", Field(fac::CITY), |at, row| there(at, row, carrierfac::FAC_ID, |fac| text(fac, fac::CITY))),
        column("country", Field(fac::COUNTRY), |at, row| {
            there(at, row, carrierfac::FAC_ID, |fac| country(fac, fac::COUNTRY))
        }),
        counted("networks", Text("object-networks-here"), |at, row| count(at, row, carrierfac::FAC_ID, fac::NET_COUNT)),
    ],
}];

static CAMPUS: &[ObjectList] = &[ObjectList {
    key: "facilities",
    title: "object-facilities",
    of: Resource::Fac,
    by: fac::CAMPUS_ID,
    order: "facility",
    columns: FACILITIES,
}];

static FACILITIES: &[ListColumn] = &[
    column("facility", Kind(Resource::Fac), |_, row| own(row, Resource::Fac, fac::NAME)),
    column("city", Field(fac::CITY), |_, row| text(row, fac::CITY)),
    column("country", Field(fac::COUNTRY), |_, row| country(row, fac::COUNTRY)),
    counted("networks", Field(fac::NET_COUNT), |_, row| int(row, fac::NET_COUNT)),
    counted("exchanges", Field(fac::IX_COUNT), |_, row| int(row, fac::IX_COUNT)),
];
