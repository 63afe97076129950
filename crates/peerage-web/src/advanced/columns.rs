//! The columns of the results: fields of the kind, some of which are shown unless the reader chooses others.

use peerage_schema::tables::{campus, carrier, fac, ix, net, org};
use peerage_schema::{Column, Resource};

/// The columns that are shown by default, and the others that can be chosen.
pub fn of(resource: Resource) -> (&'static [Column], &'static [Column]) {
    match resource {
        Resource::Net => (NET, NET_MORE),
        Resource::Ix => (IX, IX_MORE),
        Resource::Fac => (FAC, FAC_MORE),
        Resource::Org => (ORG, ORG_MORE),
        Resource::Campus => (CAMPUS, CAMPUS_MORE),
        Resource::Carrier => (CARRIER, CARRIER_MORE),
        _ => (&[], &[]),
    }
}

/// All columns of a kind, in their order.
pub fn all(resource: Resource) -> impl Iterator<Item = Column> {
    let (shown, more) = of(resource);
    shown.iter().chain(more).copied()
}

/// The columns that a list of keys names, in the order of the kind. The first one names the row and is always there. No
/// known key means the columns that are shown by default.
pub fn chosen(resource: Resource, keys: &str) -> Vec<Column> {
    let wanted: Vec<&str> = keys.split(',').collect();
    let is_wanted = |column: &Column| wanted.contains(&column.name());
    if !all(resource).any(|column| is_wanted(&column)) {
        return of(resource).0.to_vec();
    }
    all(resource).enumerate().filter(|(at, column)| *at == 0 || is_wanted(column)).map(|(_, column)| column).collect()
}

const NET: &[Column] = &[
    net::NAME,
    net::AKA,
    net::ASN,
    net::POLICY_GENERAL,
    net::INFO_TYPES,
    net::INFO_SCOPE,
    net::INFO_TRAFFIC,
    net::INFO_RATIO,
    net::IX_COUNT,
    net::FAC_COUNT,
];
const NET_MORE: &[Column] = &[
    net::NAME_LONG,
    net::ORG_ID,
    net::WEBSITE,
    net::IRR_AS_SET,
    net::INFO_PREFIXES4,
    net::INFO_PREFIXES6,
    net::INFO_UNICAST,
    net::INFO_IPV6,
    net::INFO_MULTICAST,
    net::INFO_NEVER_VIA_ROUTE_SERVERS,
    net::LOOKING_GLASS,
    net::ROUTE_SERVER,
    net::POLICY_URL,
    net::POLICY_LOCATIONS,
    net::POLICY_RATIO,
    net::POLICY_CONTRACTS,
    net::CREATED,
    net::UPDATED,
];
const IX: &[Column] = &[ix::NAME, ix::COUNTRY, ix::CITY, ix::NET_COUNT];
const IX_MORE: &[Column] = &[
    ix::AKA,
    ix::NAME_LONG,
    ix::ORG_ID,
    ix::REGION_CONTINENT,
    ix::FAC_COUNT,
    ix::SERVICE_LEVEL,
    ix::TERMS,
    ix::WEBSITE,
    ix::URL_STATS,
    ix::TECH_EMAIL,
    ix::TECH_PHONE,
    ix::POLICY_EMAIL,
    ix::POLICY_PHONE,
    ix::CREATED,
    ix::UPDATED,
];
const FAC: &[Column] = &[
    fac::NAME,
    fac::ORG_ID,
    fac::CLLI,
    fac::NPANXX,
    fac::CITY,
    fac::COUNTRY,
    fac::STATE,
    fac::ZIPCODE,
    fac::NET_COUNT,
];
const FAC_MORE: &[Column] = &[
    fac::AKA,
    fac::NAME_LONG,
    fac::CAMPUS_ID,
    fac::ADDRESS1,
    fac::ADDRESS2,
    fac::REGION_CONTINENT,
    fac::IX_COUNT,
    fac::CARRIER_COUNT,
    fac::PROPERTY,
    fac::DIVERSE_SERVING_SUBSTATIONS,
    fac::AVAILABLE_VOLTAGE_SERVICES,
    fac::WEBSITE,
    fac::TECH_EMAIL,
    fac::TECH_PHONE,
    fac::SALES_EMAIL,
    fac::SALES_PHONE,
    fac::CREATED,
    fac::UPDATED,
];
const ORG: &[Column] = &[org::NAME, org::COUNTRY, org::CITY];
const ORG_MORE: &[Column] = &[
    org::AKA,
    org::NAME_LONG,
    org::ADDRESS1,
    org::ADDRESS2,
    org::STATE,
    org::ZIPCODE,
    org::WEBSITE,
    org::CREATED,
    org::UPDATED,
];
const CAMPUS: &[Column] =
    &[campus::NAME, campus::ORG_ID, campus::CITY, campus::COUNTRY, campus::STATE, campus::ZIPCODE];
const CAMPUS_MORE: &[Column] = &[campus::AKA, campus::NAME_LONG, campus::WEBSITE, campus::CREATED, campus::UPDATED];
const CARRIER: &[Column] = &[carrier::NAME, carrier::NAME_LONG, carrier::ORG_ID, carrier::FAC_COUNT];
const CARRIER_MORE: &[Column] = &[carrier::AKA, carrier::WEBSITE, carrier::CREATED, carrier::UPDATED];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_columns_keep_their_order_and_the_name() {
        let names =
            |keys: &str| -> Vec<&str> { chosen(Resource::Ix, keys).iter().map(|column| column.name()).collect() };
        assert_eq!(names("net_count,city"), ["name", "city", "net_count"]);
        assert_eq!(names("nothing"), names(""));
        assert_eq!(names("updated"), ["name", "updated"]);
        for resource in super::super::KINDS {
            assert_eq!(all(resource).next(), resource.table().columns.name);
            assert!(all(resource).all(|column| column.resource() == resource && column.field().is_shown()));
        }
    }
}
