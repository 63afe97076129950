//! Small registries for the tests of this module.

use std::sync::Arc;

use peerage_registry::{LogHead, Snapshot, SnapshotLoader, stored};
use peerage_schema::Resource;
use serde_json::{Value as Json, json};

/// Makes a registry of these rows. Fields that a row does not name are empty. Status is `ok` unless named.
pub fn snapshot(rows: &[(Resource, Json)]) -> Arc<Snapshot> {
    let mut loader = SnapshotLoader::default();
    for (resource, fields) in rows {
        let row = stored::from_json(*resource, &fields.to_string()).expect("a row that the test made");
        loader.push(*resource, row);
    }
    Arc::new(loader.finish(LogHead::EMPTY))
}

/// Makes two organizations, two networks, an exchange with ports, and three facilities, one of them on a campus.
pub fn small() -> Arc<Snapshot> {
    use Resource::{Campus, Carrier, Carrierfac, Fac, Ix, Ixfac, Ixlan, Net, Netfac, Netixlan, Org, Poc};
    let at = "2024-01-02T03:04:05.6Z";
    let mut rows = vec![
        (
            Org,
            json!({"id": 1, "name": "Alpha Org", "website": "https://alpha.example", "country": "DE", "city": "Köln"}),
        ),
        (Org, json!({"id": 2, "name": "Beta Org", "latitude": 1_500_000, "longitude": -2_000_000})),
        (Campus, json!({"id": 1, "org_id": 1, "name": "Alpha Campus"})),
        (
            Fac,
            json!({"id": 1, "org_id": 1, "campus_id": 1, "name": "Alpha Hall <1>", "city": "Köln", "country": "DE",
            "latitude": 50_937_500, "longitude": 6_960_300, "notes": "a & b <i>c</i>", "zipcode": "50667"}),
        ),
        (Fac, json!({"id": 2, "org_id": 2, "name": "beta, \"House\"", "city": "Bonn", "country": "DE"})),
        (Fac, json!({"id": 3, "org_id": 2, "name": "Gone", "status": "deleted", "latitude": 1, "longitude": 1})),
        (
            Net,
            json!({"id": 1, "org_id": 1, "name": "Alpha Net", "asn": 64500, "info_types": "NSP,Content",
            "policy_general": "Open", "info_prefixes4": 10, "irr_as_set": "AS-ALPHA", "policy_url": "https://p.example"}),
        ),
        (Net, json!({"id": 2, "org_id": 1, "name": "Beta Net", "asn": 64499, "website": "https://beta.example"})),
        (Ix, json!({"id": 4, "org_id": 1, "name": "ALPHA-IX", "city": "Köln", "country": "DE"})),
        (Ixlan, json!({"id": 4, "ix_id": 4})),
        (Ixfac, json!({"id": 1, "ix_id": 4, "fac_id": 2})),
        (Ixfac, json!({"id": 2, "ix_id": 4, "fac_id": 1})),
        (
            Netixlan,
            json!({"id": 1, "net_id": 1, "ixlan_id": 4, "speed": 10000, "ipaddr4": "192.0.2.1",
            "ipaddr6": "2001:db8::1", "is_rs_peer": true}),
        ),
        (Netixlan, json!({"id": 2, "net_id": 2, "ixlan_id": 4, "speed": 1000, "ipaddr6": "2001:db8::2"})),
        (Netixlan, json!({"id": 3, "net_id": 1, "ixlan_id": 4, "speed": 100})),
        (Netixlan, json!({"id": 4, "net_id": 1, "ixlan_id": 4, "speed": 1, "status": "deleted"})),
        (Netfac, json!({"id": 1, "net_id": 1, "fac_id": 1})),
        (Netfac, json!({"id": 2, "net_id": 2, "fac_id": 1})),
        (Netfac, json!({"id": 3, "net_id": 1, "fac_id": 2})),
        (Netfac, json!({"id": 4, "net_id": 2, "fac_id": 2, "status": "deleted"})),
        (Carrier, json!({"id": 1, "org_id": 2, "name": "Alpha Carrier"})),
        (Carrierfac, json!({"id": 1, "carrier_id": 1, "fac_id": 1})),
        (
            Poc,
            json!({"id": 1, "net_id": 1, "role": "NOC", "visible": "Public", "email": "noc@a.example", "phone": "+1"}),
        ),
        (Poc, json!({"id": 2, "net_id": 1, "role": "NOC", "visible": "Users", "email": "secret@a.example"})),
        (Poc, json!({"id": 3, "net_id": 1, "role": "NOC", "visible": "Public", "status": "deleted", "email": "x@a"})),
    ];
    for (_, fields) in &mut rows {
        let fields = fields.as_object_mut().expect("an object");
        for time in ["created", "updated"] {
            fields.insert(time.to_owned(), json!(at));
        }
    }
    snapshot(&rows)
}
