//! How each kind of value in a document is read.

use peerage_schema::Resource;

use super::batch;
use crate::stored;

/// One cell of the stored row that a document's row becomes, or the complaint if it is refused.
fn cell(kind: &str, row: &str, field: &str) -> String {
    let batch = batch(kind, &format!("[{row}]"));
    let resource = Resource::from_tag(kind).expect("a kind");
    match batch.rows[resource.index()].first() {
        Some(incoming) => {
            let json: serde_json::Value =
                serde_json::from_str(&stored::to_json(resource, &incoming.row)).expect("JSON of ours");
            json[field].to_string()
        }
        None => batch.complaints[0].to_string(),
    }
}

#[test]
fn values_are_taken_as_real_data_has_them() {
    let net = |rest: &str| format!(r#"{{"id":1,"org_id":1,"name":"a","asn":1{rest}}}"#);
    let fac = |rest: &str| format!(r#"{{"id":1,"org_id":1,"name":"a"{rest}}}"#);
    for (kind, row, field, expected) in [
        // Null and the empty text, as each field stores them.
        ("net", net(r#","aka":null"#), "aka", r#""""#),
        ("net", net(r#","info_prefixes4":"""#), "info_prefixes4", "null"),
        ("net", net(r#","status_dashboard":"""#), "status_dashboard", r#""""#),
        ("net", net(r#","status_dashboard":null"#), "status_dashboard", "null"),
        ("net", net(r#","logo":"""#), "logo", "null"),
        ("net", net(r#","info_unicast":null"#), "info_unicast", "false"),
        ("net", net(r#","social_media":null"#), "social_media", r#""[]""#),
        // Fields that a row does not have.
        ("net", net(""), "info_ratio", r#""Not Disclosed""#),
        ("net", net(""), "status", r#""ok""#),
        ("net", net(""), "version", "1"),
        ("fac", fac(""), "campus_id", "null"),
        // Numbers as texts and texts as numbers.
        ("net", r#"{"id":"1","org_id":"7","name":"a","asn":"63500"}"#.to_owned(), "asn", "63500"),
        ("net", r#"{"id":1.0,"org_id":7,"name":5,"asn":1}"#.to_owned(), "name", r#""5""#),
        ("net", net(r#","info_unicast":1"#), "info_unicast", "true"),
        ("fac", fac(r#","zipcode":8005"#), "zipcode", r#""8005""#),
        // Degrees in millionths, rounded.
        ("fac", fac(r#","latitude":47.3902341"#), "latitude", "47390234"),
        ("fac", fac(r#","latitude":"-0.0000005""#), "latitude", "-1"),
        ("fac", fac(r#","latitude":47"#), "latitude", "47000000"),
        // Times with and without fraction and zone.
        ("net", net(r#","created":"2024-01-02T03:04:05Z""#), "created", r#""2024-01-02T03:04:05.000000Z""#),
        ("net", net(r#","created":"2024-01-02T03:04:05.25""#), "created", r#""2024-01-02T03:04:05.250000Z""#),
        ("net", net(r#","created":"2024-01-02 05:04:05+02:00""#), "created", r#""2024-01-02T03:04:05.000000Z""#),
        // Values that are not on their list.
        ("net", net(r#","info_traffic":"100 Gbps""#), "info_traffic", r#""100 Gbps""#),
        ("net", net(r#","info_types":["Bygone"]"#), "info_types", r#""Bygone""#),
        // The order of types, which a listing shows sorted.
        ("net", net(r#","info_type":"NSP","info_types":["Content","NSP"]"#), "info_types", r#""NSP,Content""#),
        ("net", net(r#","info_types":["Content","NSP"],"info_type":"Bygone""#), "info_types", r#""Content,NSP""#),
        ("net", net(r#","info_type":"NSP""#), "info_types", r#""NSP""#),
        ("net", net(r#","info_type":"Not Disclosed""#), "info_types", r#""""#),
        // The RIR's state, as shown and as stored.
        ("net", net(r#","rir_status":"ok""#), "rir_status", r#""assigned""#),
        ("net", net(r#","rir_status":"reserved""#), "rir_status", r#""reserved""#),
        ("net", net(r#","rir_status":"ok","version":1"#), "rir_status", r#""ok""#),
        // Lists that are stored as JSON.
        (
            "net",
            net(r#","social_media":[{"identifier":"é","service":"x","other":1}]"#),
            "social_media",
            r#""[{\"service\":\"x\",\"identifier\":\"é\"}]""#,
        ),
        (
            "net",
            net(r#","ixp_update_exclude":["speed", "operational"]"#),
            "ixp_update_exclude",
            r#""[\"speed\",\"operational\"]""#,
        ),
        // Derived fields, relations and unknown keys are ignored.
        (
            "net",
            net(r#","ix_count":"many","org":{"id":9},"poc_set":[{}],"stranger":[[1]],"notes":"n""#),
            "notes",
            r#""n""#,
        ),
        // Addresses in canonical form.
        (
            "netixlan",
            r#"{"id":1,"net_id":1,"ixlan_id":1,"ipaddr6":"2F00:0:0:0::A"}"#.to_owned(),
            "ipaddr6",
            r#""2f00::a""#,
        ),
        ("netixlan", r#"{"id":1,"net_id":1,"ixlan_id":1,"ipaddr4":""}"#.to_owned(), "ipaddr4", "null"),
        ("ixpfx", r#"{"id":1,"ixlan_id":1,"prefix":"2F00:0::1/64"}"#.to_owned(), "prefix", r#""2f00::/64""#),
        // Invalid values that the row can do without.
        ("fac", fac(r#","campus_id":0"#), "campus_id", "null"),
        ("net", net(r#","notes":"a\u0000b""#), "notes", r#""ab""#),
    ] {
        assert_eq!(cell(kind, &row, field), expected, "{kind} {row}");
    }
}

#[test]
fn each_value_that_cannot_be_taken_is_named_with_its_reason() {
    let net = |rest: &str| format!(r#"{{"id":1,"org_id":1,"name":"a","asn":1{rest}}}"#);
    for (kind, row, expected) in [
        ("net", "7".to_owned(), "row 1: is not an object"),
        ("org", r#"{"name":"a"}"#.to_owned(), "row 1, id: is missing"),
        ("org", r#"{"id":null,"name":"a"}"#.to_owned(), "row 1, id: null is missing"),
        ("org", r#"{"id":0,"name":"a"}"#.to_owned(), "row 1, id: 0 is no id; expected 1 to 2147483647"),
        (
            "org",
            r#"{"id":2147483648,"name":"a"}"#.to_owned(),
            "row 1, id: 2147483648 is no id; expected 1 to 2147483647",
        ),
        ("org", r#"{"id":1.5,"name":"a"}"#.to_owned(), "row 1, id: 1.5 is not a whole number"),
        ("org", r#"{"id":1,"name":""}"#.to_owned(), r#"1 (row 1), name: "" is missing"#),
        ("net", r#"{"id":1,"org_id":1,"name":"a"}"#.to_owned(), "1 (row 1), asn: is missing"),
        ("net", r#"{"id":1,"org_id":null,"name":"a","asn":1}"#.to_owned(), "1 (row 1), org_id: null is missing"),
        (
            "net",
            net(r#","asn":4294967296"#),
            "1 (row 1), asn: 4294967296 is not an AS number; expected 0 to 4294967295",
        ),
        ("net", net(r#","asn":"AS1""#), r#"1 (row 1), asn: "AS1" is not a whole number"#),
        ("net", net(r#","aka":["a"]"#), r#"1 (row 1), aka: ["a"] is not a text"#),
        ("net", net(r#","info_ipv6":"maybe""#), r#"1 (row 1), info_ipv6: "maybe" is neither true nor false"#),
        (
            "net",
            net(r#","info_prefixes4":2147483648"#),
            "1 (row 1), info_prefixes4: 2147483648 is out of range; expected at most 2147483647",
        ),
        (
            "net",
            net(r#","updated":1700000000"#),
            "1 (row 1), updated: 1700000000 is no time; expected a text such as 2024-01-02T03:04:05Z",
        ),
        (
            "net",
            net(r#","updated":"-000001-01-01T00:00:00Z""#),
            r#"1 (row 1), updated: "-000001-01-01T00:00:00Z" is no time; expected a text such as 2024-01-02T03:04:05Z"#,
        ),
        (
            "net",
            net(r#","status":"hidden""#),
            r#"1 (row 1), status: "hidden" is not a status; expected ok, pending or deleted"#,
        ),
        ("net", net(r#","status":"""#), r#"1 (row 1), status: "" is not a status; expected ok, pending or deleted"#),
        ("net", net(r#","info_types":[1]"#), "1 (row 1), info_types: [1] is not a list of texts"),
        ("net", net(r#","social_media":{}"#), "1 (row 1), social_media: {} is not a list"),
        (
            "fac",
            r#"{"id":1,"org_id":1,"name":"a","latitude":"north"}"#.to_owned(),
            r#"1 (row 1), latitude: "north" is no number of degrees"#,
        ),
        (
            "netixlan",
            r#"{"id":1,"net_id":1,"ixlan_id":1,"ipaddr4":"2f00::1"}"#.to_owned(),
            r#"1 (row 1), ipaddr4: "2f00::1" is no IPv4 address"#,
        ),
        (
            "netixlan",
            r#"{"id":1,"net_id":1,"ixlan_id":1,"ipaddr6":"11.0.0.1"}"#.to_owned(),
            r#"1 (row 1), ipaddr6: "11.0.0.1" is no IPv6 address"#,
        ),
        (
            "ixpfx",
            r#"{"id":1,"ixlan_id":1,"prefix":"11.0.0.0"}"#.to_owned(),
            r#"1 (row 1), prefix: "11.0.0.0" is no prefix; expected a text such as 2001:db8::/64"#,
        ),
    ] {
        assert_eq!(cell(kind, &row, "id"), format!("{kind}.json: {kind} {expected}"), "{row}");
    }
}
