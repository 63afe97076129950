//! The filters of the form, for each kind: the API's own parameters (spec/web.md, 6).

use peerage_schema::tables::{carrier, fac, ix, net, org};
use peerage_schema::{Column, Resource};

/// A filter of a kind.
#[derive(Clone, Copy, Debug)]
pub struct FilterSpec {
    /// The parameter of the API.
    pub name: &'static str,
    pub label: FilterLabel,
    pub input: FilterValues,
    /// The key of a text, or empty.
    pub help: &'static str,
}

/// Where the label of a filter comes from.
#[derive(Clone, Copy, Debug)]
pub enum FilterLabel {
    Field(Column),
    Text(&'static str),
}

/// What a filter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterValues {
    Text,
    /// A number of at least 0.
    Number,
    /// An AS number in any form.
    Asn,
    /// `1` or nothing.
    Tick,
    /// Yes, no, or nothing.
    YesNo,
    /// Several values of a field with choices, joined by commas.
    Several(Column),
    /// One value of a field with choices.
    One(Column),
    /// Several countries.
    Countries,
    /// One object.
    Object(Resource),
    /// Several objects.
    Objects(Resource),
    /// Organizations of the reader, or others by name.
    Organizations,
}

impl FilterValues {
    /// Whether repeated values are joined by commas.
    pub fn is_list(self) -> bool {
        matches!(
            self,
            FilterValues::Several(_) | FilterValues::Countries | FilterValues::Objects(_) | FilterValues::Organizations
        )
    }

    /// The kind of objects that are named.
    pub fn target(self) -> Option<Resource> {
        match self {
            FilterValues::Object(resource) | FilterValues::Objects(resource) => Some(resource),
            FilterValues::Organizations => Some(Resource::Org),
            _ => None,
        }
    }
}

/// Filters that belong together: the key of their title, and the filters.
pub type FilterSection = (&'static str, &'static [FilterSpec]);

const fn spec(name: &'static str, label: FilterLabel, input: FilterValues) -> FilterSpec {
    FilterSpec { name, label, input, help: "" }
}

const fn helped(name: &'static str, label: FilterLabel, input: FilterValues, help: &'static str) -> FilterSpec {
    FilterSpec { name, label, input, help }
}

use FilterLabel::{Field, Text as Label};
use FilterValues::{Asn, Countries, Number, Object, Objects, One, Organizations, Several, Text, Tick, YesNo};

/// The sections of a kind. Empty for kinds that are not searched.
pub fn of(resource: Resource) -> &'static [FilterSection] {
    match resource {
        Resource::Net => NET,
        Resource::Ix => IX,
        Resource::Fac => FAC,
        Resource::Org => ORG,
        Resource::Campus => CAMPUS,
        Resource::Carrier => CARRIER,
        _ => &[],
    }
}

/// The filter of a kind with this parameter.
pub fn find(resource: Resource, name: &str) -> Option<&'static FilterSpec> {
    of(resource).iter().flat_map(|(_, filters)| filters.iter()).find(|filter| filter.name == name)
}

const NAME: FilterSpec = helped("name_search", Label("advanced-name"), Text, "advanced-name-help");
const OWNER: FilterSpec = helped("org_id", Label("kind-org"), Object(Resource::Org), "advanced-object-help");

static NET: &[FilterSection] = &[
    (
        "advanced-main",
        &[NAME, spec("asn", Field(net::ASN), Asn), spec("irr_as_set__startswith", Field(net::IRR_AS_SET), Text), OWNER],
    ),
    (
        "advanced-about",
        &[
            spec("info_type__in", Field(net::INFO_TYPE), Several(net::INFO_TYPE)),
            spec("info_traffic__in", Field(net::INFO_TRAFFIC), Several(net::INFO_TRAFFIC)),
            spec("info_ratio__in", Field(net::INFO_RATIO), Several(net::INFO_RATIO)),
            spec("info_scope__in", Field(net::INFO_SCOPE), Several(net::INFO_SCOPE)),
            spec("policy_general__in", Field(net::POLICY_GENERAL), Several(net::POLICY_GENERAL)),
        ],
    ),
    (
        "advanced-presence",
        &[
            helped("ix", Label("advanced-at-ix"), Object(Resource::Ix), "advanced-object-help"),
            spec("not_ix", Label("advanced-not-at-ix"), Object(Resource::Ix)),
            spec("fac", Label("advanced-at-fac"), Object(Resource::Fac)),
            spec("not_fac", Label("advanced-not-at-fac"), Object(Resource::Fac)),
        ],
    ),
];

static IX: &[FilterSection] = &[
    (
        "advanced-main",
        &[
            NAME,
            spec("city", Field(ix::CITY), Text),
            spec("country__in", Field(ix::COUNTRY), Countries),
            spec("region_continent__in", Field(ix::REGION_CONTINENT), Several(ix::REGION_CONTINENT)),
            OWNER,
        ],
    ),
    (
        "advanced-about",
        &[
            helped("ipblock", Label("advanced-ipblock"), Text, "advanced-ipblock-help"),
            helped("capacity__gte", Label("advanced-capacity"), Number, "advanced-capacity-help"),
            spec("service_level__in", Field(ix::SERVICE_LEVEL), Several(ix::SERVICE_LEVEL)),
            spec("terms__in", Field(ix::TERMS), Several(ix::TERMS)),
            spec("hide_ix_no_fac", Label("advanced-no-fac"), Tick),
        ],
    ),
    ("advanced-presence", PRESENCE),
];

/// Who is at an exchange or facility.
const PRESENCE: &[FilterSpec] = &[
    helped("all_net", Label("advanced-all-net"), Objects(Resource::Net), "advanced-objects-help"),
    spec("net__in", Label("advanced-any-net"), Objects(Resource::Net)),
    spec("not_net", Label("advanced-not-net"), Objects(Resource::Net)),
    helped("org_present", Label("advanced-org-present"), Organizations, "advanced-organizations-help"),
    spec("org_not_present", Label("advanced-org-not-present"), Organizations),
];

static FAC: &[FilterSection] = &[
    ("advanced-main", &[NAME, OWNER]),
    (
        "advanced-location",
        &[
            spec("address1", Label("object-address"), Text),
            spec("city", Field(fac::CITY), Text),
            spec("state", Field(fac::STATE), Text),
            spec("zipcode", Field(fac::ZIPCODE), Text),
            spec("country__in", Field(fac::COUNTRY), Countries),
            spec("region_continent__in", Field(fac::REGION_CONTINENT), Several(fac::REGION_CONTINENT)),
            helped("distance", Label("advanced-distance"), Number, "advanced-distance-help"),
        ],
    ),
    ("advanced-presence", PRESENCE),
    (
        "advanced-about",
        &[
            spec("clli", Field(fac::CLLI), Text),
            spec("npanxx", Field(fac::NPANXX), Text),
            spec("property__in", Field(fac::PROPERTY), Several(fac::PROPERTY)),
            spec("diverse_serving_substations", Field(fac::DIVERSE_SERVING_SUBSTATIONS), YesNo),
            spec(
                "available_voltage_services__contains",
                Field(fac::AVAILABLE_VOLTAGE_SERVICES),
                One(fac::AVAILABLE_VOLTAGE_SERVICES),
            ),
        ],
    ),
];

static ORG: &[FilterSection] = &[
    ("advanced-main", &[NAME, spec("asn", Field(net::ASN), Asn)]),
    (
        "advanced-location",
        &[
            spec("address1", Label("object-address"), Text),
            spec("city", Field(org::CITY), Text),
            spec("state", Field(org::STATE), Text),
            spec("zipcode", Field(org::ZIPCODE), Text),
            spec("country__in", Field(org::COUNTRY), Countries),
            helped("distance", Label("advanced-distance"), Number, "advanced-distance-help"),
        ],
    ),
];

static CAMPUS: &[FilterSection] = &[
    ("advanced-main", &[NAME, OWNER]),
    (
        "advanced-location",
        &[
            spec("facility__address1", Label("object-address"), Text),
            spec("facility__city", Field(fac::CITY), Text),
            spec("facility__state", Field(fac::STATE), Text),
            spec("facility__zipcode", Field(fac::ZIPCODE), Text),
            spec("facility__country__in", Field(fac::COUNTRY), Countries),
            spec("facility__region_continent__in", Field(fac::REGION_CONTINENT), Several(fac::REGION_CONTINENT)),
        ],
    ),
];

static CARRIER: &[FilterSection] = &[
    ("advanced-main", &[NAME, spec("name_long__contains", Field(carrier::NAME_LONG), Text), OWNER]),
    (
        "advanced-presence",
        &[helped(
            "carrierfac_set__facility_id",
            Label("advanced-at-fac"),
            Object(Resource::Fac),
            "advanced-object-help",
        )],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_parameter_is_there_once_in_its_kind() {
        for resource in super::super::KINDS {
            let names: Vec<&str> = of(resource).iter().flat_map(|(_, all)| all.iter()).map(|spec| spec.name).collect();
            let different: BTreeSet<&&str> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "{}", resource.tag());
            assert!(names.iter().all(|name| find(resource, name).is_some()));
        }
    }
}
