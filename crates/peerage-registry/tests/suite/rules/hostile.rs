//! Any body results in an answer, never in a panic. Whatever is accepted is a row that can be stored.

use peerage_registry::rules::WriteAction;
use peerage_schema::Resource;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::rules::registry::RuleRegistry;

/// Keys in addition to those of the tables.
const EXTRA: [&str; 8] = [
    "suggest",
    "prefix",
    "ixf_ixp_member_list_url",
    "ixp_update_exclude_speed",
    "fac_id",
    "asn",
    "info_type",
    "nonsense",
];

fn any_value() -> impl Strategy<Value = Json> {
    let texts = [
        "",
        " ",
        "x",
        "1",
        "1.0",
        "-1",
        "AS63500",
        "true",
        "NSP",
        "DE",
        "IPv4",
        "Public",
        "NOC",
        "Europe",
        "195.69.144.77",
        "2001:7f8:1::77",
        "194.59.170.0/24",
        "::/0",
        "0.0.0.0/0",
        "a@alpha.example",
        "https://x.example",
        "+4930123456",
        "00:11:22:33:44:77",
        "RIPE::AS-X",
        "::",
        "@",
        "é\u{0}\u{fffd}",
        "𝟙",
        "Old Net",
        "a  b",
        "%s{}\\",
    ];
    prop_oneof![
        4 => prop::sample::select(texts.to_vec()).prop_map(|text| json!(text)),
        1 => any::<String>().prop_map(|text| json!(text)),
        2 => prop::sample::select(vec![0_i64, 1, 2, 3, 90, 1000, 63500, -1, i64::MAX, i64::MIN]).prop_map(|number| json!(number)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => Just(Json::Null),
        1 => Just(json!([])),
        1 => Just(json!(["NSP", "48 VDC", "speed", 7, null])),
        1 => Just(json!([{"service": "x", "identifier": "peer"}, {"service": 1}, "x"])),
        1 => Just(json!({"a": {"b": [1]}})),
    ]
}

/// A valid body, as a basis for variations.
fn good(resource: Resource) -> Json {
    match resource {
        Resource::Org => json!({"name": "N"}),
        Resource::Campus | Resource::Carrier => json!({"org_id": 1, "name": "N"}),
        Resource::Fac => {
            json!({"org_id": 1, "name": "N", "address1": "a", "city": "c", "country": "DE", "zipcode": "1",
                                "latitude": 52.52, "longitude": 13.405})
        }
        Resource::Net => json!({"org_id": 1, "name": "N", "asn": 63311}),
        Resource::Ix => json!({"org_id": 1, "name": "N", "city": "c", "country": "DE", "region_continent": "Europe",
                               "tech_email": "a@alpha.example", "website": "https://x.example"}),
        Resource::Carrierfac => json!({"carrier_id": 1, "fac_id": 3}),
        Resource::Ixfac => json!({"ix_id": 1, "fac_id": 3}),
        Resource::Netfac => json!({"net_id": 1, "fac_id": 3}),
        Resource::Ixlan => json!({"ix_id": 1}),
        Resource::Ixpfx => json!({"ixlan_id": 1, "protocol": "IPv4", "prefix": "195.69.144.0/22"}),
        Resource::Netixlan => {
            json!({"net_id": 1, "ixlan_id": 1, "speed": 100, "ipaddr4": "195.69.144.10", "ipaddr6": ""})
        }
        Resource::Poc => json!({"net_id": 1, "role": "NOC", "visible": "Public", "email": "a@alpha.example"}),
    }
}

fn any_body(resource: Resource) -> impl Strategy<Value = Map<String, Json>> {
    let names: Vec<&str> = resource.table().fields.iter().map(|field| field.name).chain(EXTRA).collect();
    let changes = prop::collection::vec((prop::sample::select(names), any_value()), 0..6);
    (any::<bool>(), changes).prop_map(move |(is_good, changes)| {
        let mut body = if is_good { good(resource).as_object().cloned().unwrap_or_default() } else { Map::new() };
        body.extend(changes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        body
    })
}

fn any_request() -> impl Strategy<Value = (Resource, bool, Map<String, Json>, bool)> {
    prop::sample::select(Resource::ALL.to_vec())
        .prop_flat_map(|resource| (Just(resource), any::<bool>(), any_body(resource), any::<bool>()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn every_body_gets_an_answer((resource, is_new, body, is_form) in any_request()) {
        let mut registry = RuleRegistry::new();
        let act = if is_new { WriteAction::Create } else { WriteAction::Update("1") };
        let said = registry.act(resource, act, Json::Object(body), is_form);
        prop_assert!([200, 201, 400, 403, 404].contains(&said.0), "{said:?}");
        for kind in Resource::ALL {
            prop_assert!(peerage_registry::dump::clashes_within(&registry.state, kind).is_empty(), "{said:?}");
            prop_assert!(peerage_registry::dump::dangling_within(&registry.state, kind).is_empty(), "{said:?}");
        }
    }
}
