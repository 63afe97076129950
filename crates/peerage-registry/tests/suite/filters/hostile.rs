//! Parameters that no honest client sends.

use peerage_registry::Viewer;
use peerage_schema::Resource;

use crate::world::{StoredRows, ask, snapshot};

const VALUES: [&str; 33] = [
    "",
    " ",
    "x",
    "-1",
    "0",
    "1.5",
    "1e9",
    "nan",
    "inf",
    "null",
    "true",
    "'",
    "\"",
    "%",
    "\\",
    "\u{0}",
    "ü",
    "東京",
    "1,x",
    ",",
    ",,",
    "1,2,,3",
    "2024-13-45",
    "2024-02-30T99:99:99",
    "0000-00-00",
    "9999-12-31",
    "10000-01-01",
    "::1",
    "fe80::1%eth0",
    "1.2.3.4/33",
    "999.1.1.1",
    "-99999999999999999999",
    "4294967296",
];

/// Parameters that are no field, with or without the end of an operator.
const NAMES: [&str; 40] = [
    "ix",
    "net",
    "fac",
    "ixlan",
    "netixlan__speed",
    "ix__org__name",
    "ix__",
    "__in",
    "_id",
    "__",
    "fac__zzz",
    "not_ix",
    "not_net",
    "all_net",
    "asn_overlap",
    "org_present",
    "org_not_present",
    "capacity",
    "capacity__in",
    "ipblock",
    "whereis",
    "asn",
    "info_type__in",
    "hide_ix_no_fac",
    "since",
    "limit",
    "skip",
    "depth",
    "page",
    "per_page",
    "fields",
    "name_search",
    "pretty",
    "distance",
    "carrierfac_set__facility_id",
    "poc_set",
    "poc_set__role",
    "org__name__in",
    "facility__id",
    "q",
];

#[test]
fn hostile_values_give_an_error_or_an_answer_and_never_a_panic() {
    let rows: StoredRows = Vec::new();
    let snapshot = snapshot(&rows);
    let long = "9".repeat(400);
    for resource in Resource::ALL {
        let mut names: Vec<String> = NAMES.map(str::to_owned).to_vec();
        for field in resource.table().fields {
            names.push(field.name.to_owned());
            for suffix in peerage_registry::query::FilterOperator::suffixes() {
                names.push(format!("{}{suffix}", field.name));
            }
        }
        for name in &names {
            for value in VALUES.into_iter().chain([long.as_str()]) {
                let query = format!("{name}={}", value.replace('%', "%25").replace('&', "%26"));
                for viewer in [Viewer::Anonymous, Viewer::Verified] {
                    if let Err(error) = ask(&snapshot, &viewer, resource, &query) {
                        assert!(!error.to_string().is_empty(), "{query}");
                    }
                }
            }
        }
    }
}
