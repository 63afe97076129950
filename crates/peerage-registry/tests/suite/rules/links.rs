//! Links between networks, exchanges, carriers and facilities.

use peerage_registry::rules::WriteAction;
use peerage_schema::Resource::{Carrierfac, Ix, Ixfac, Ixpfx, Net, Netfac, Netixlan};
use peerage_schema::{DefaultValue, FieldKind, Resource, ValueStorage};
use serde_json::{Value as Json, json};

use crate::rules::registry::{RuleCaller, RuleOutcome, RuleRegistry};

#[test]
fn a_pair_exists_once() {
    let mut registry = RuleRegistry::new();
    let twice = |fields: &str| {
        RuleOutcome(400, json!({"non_field_errors": [format!("The fields {fields} must make a unique set.")]}))
    };
    assert_eq!(registry.post(Netfac, json!({"net_id": 1, "fac_id": 1})), twice("net_id, fac_id"));
    assert_eq!(registry.post(Ixfac, json!({"ix_id": 1, "fac_id": 1})), twice("ix_id, fac_id"));
    assert_eq!(registry.post(Carrierfac, json!({"carrier_id": 1, "fac_id": 1})), twice("carrier_id, fac_id"));
    assert_eq!(registry.put(Netfac, "1", json!({"net_id": 1, "fac_id": 2})), twice("net_id, fac_id"));
    assert_eq!(registry.put(Netfac, "1", json!({"net_id": 1, "fac_id": 1})).0, 200);
}

#[test]
fn a_deleted_pair_comes_back() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.post(Netfac, json!({"net_id": 1, "fac_id": 2}));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(2), &json!("ok")));
    assert_eq!(row["created"], json!("2024-01-01T00:00:00.000000Z"));
    assert!(registry.is_touched(Net, 1, "netfac_updated"));
}

/// A deleted row of a former owner, in which every field has a value that the API or the registry may set.
fn full(resource: Resource, fields: &Json) -> Json {
    let mut row = fields.clone();
    for (_, field) in resource.table().stored() {
        if row.get(field.name).is_some() || matches!(field.name, "created" | "updated" | "version" | "status") {
            continue;
        }
        let value = match field.kind {
            FieldKind::Ref(_) => json!(1),
            FieldKind::Choice(choices) => json!(choices.last().map_or("", |choice| choice.value)),
            FieldKind::Ip4 => json!("195.69.144.77"),
            FieldKind::Ip6 => json!("2001:7f8:1::77"),
            _ => match field.kind.storage() {
                ValueStorage::Bool => json!(!matches!(field.default, DefaultValue::Bool(true))),
                ValueStorage::Int | ValueStorage::Degrees => json!(77),
                ValueStorage::Time => json!("2024-01-01T00:00:00Z"),
                ValueStorage::Text => json!("the former owner's"),
                ValueStorage::None => continue,
            },
        };
        row[field.name] = value;
    }
    row["status"] = json!("deleted");
    row
}

/// For every kind, a restored row equals the row that a POST would have created if there had been none, except for its
/// id and its creation time.
#[test]
fn n12_a_revived_row_has_nothing_of_its_former_owner() {
    let port = json!({"net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.50", "ipaddr6": ""});
    let cases = [
        (Netfac, json!({"net_id": 1, "fac_id": 3}), json!({})),
        (Ixfac, json!({"ix_id": 1, "fac_id": 2}), json!({})),
        (Carrierfac, json!({"carrier_id": 1, "fac_id": 3}), json!({})),
        (Netixlan, port, json!({"net_id": 3, "ixlan_id": 3})),
        (Ixpfx, json!({"ixlan_id": 1, "protocol": "IPv4", "prefix": "194.59.170.0/24"}), json!({"ixlan_id": 3})),
    ];
    for (resource, body, former) in cases {
        let tag = resource.tag();
        let mut untouched = RuleRegistry::new();
        let RuleOutcome(status, mut new) = untouched.post(resource, body.clone());
        assert_eq!(status, 201, "{tag}: {new}");
        let mut registry = RuleRegistry::new();
        let mut fields = body.clone();
        fields["id"] = json!(99);
        for (name, value) in former.as_object().expect("fields") {
            fields[name] = value.clone();
        }
        if resource == Netixlan {
            fields["ipaddr6"] = json!("2001:7f8:1::77");
        }
        registry.put_row(resource, full(resource, &fields));
        let RuleOutcome(status, mut back) = registry.post(resource, body);
        assert_eq!((status, &back["id"]), (201, &json!(99)), "{tag}: {back}");
        assert_eq!(back["created"], json!("2024-01-01T00:00:00.000000Z"), "{tag}");
        // A change is later than the one before it in the log.
        for name in ["id", "created", "updated", "version"] {
            new.as_object_mut().expect("a row").shift_remove(name);
            back.as_object_mut().expect("a row").shift_remove(name);
        }
        // A link to someone else's facility is pending, whether it is new or not.
        assert_eq!(back["status"], new["status"], "{tag}");
        assert_eq!(back, new, "{tag}");
    }
}

/// The prefix of a new exchange may have belonged to someone else.
#[test]
fn n12_a_prefix_that_moves_to_a_new_exchange_has_nothing_of_its_former_owner() {
    let mut registry = RuleRegistry::new();
    let former = json!({"id": 99, "ixlan_id": 1, "protocol": "IPv4", "prefix": "194.59.170.0/24"});
    registry.put_row(Ixpfx, full(Ixpfx, &former));
    let body = json!({"org_id": 1, "name": "Z-IX", "city": "Wien", "country": "AT", "region_continent": "Europe",
                      "media": "Ethernet", "website": "https://z.example", "tech_email": "noc@z.example",
                      "tech_phone": "", "policy_email": "noc@z.example", "policy_phone": "",
                      "prefix": "194.59.170.0/24"});
    let RuleOutcome(status, row) = registry.post(Ix, body);
    assert_eq!((status, &row["ixpfx_id"]), (201, &json!(99)), "{row}");
    for (_, field) in Ixpfx.table().stored() {
        let value = registry.get(Ixpfx, 99, field.name);
        assert_ne!(value, json!("the former owner's"), "{}", field.name);
        assert_ne!(value, json!(77), "{}", field.name);
    }
}

#[test]
fn coming_back_is_an_update() {
    let link = json!({"net_id": 1, "fac_id": 2});
    let post = |bits: u8| {
        RuleRegistry::by(RuleCaller::with("peeringdb.organization.1.network.1", bits)).post(Netfac, link.clone()).0
    };
    assert_eq!((post(2), post(4)), (201, 403));
}

#[test]
fn parents_live() {
    let mut registry = RuleRegistry::new();
    let gone = "Object of type 'netfac' cannot be saved because its parent entity 'fac/4' has been marked as deleted";
    assert_eq!(registry.post(Netfac, json!({"net_id": 1, "fac_id": 4})), RuleOutcome(400, json!(gone)));
    assert_eq!(registry.put(Netfac, "1", json!({"net_id": 1, "fac_id": 4})), RuleOutcome(400, json!(gone)));
    assert_eq!(registry.post(Netfac, json!({"net_id": 1, "fac_id": 3})).0, 201);
}

#[test]
fn a_carrier_that_comes_back_to_a_foreign_facility_waits() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.post(Carrierfac, json!({"carrier_id": 1, "fac_id": 5}));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(2), &json!("pending")));
    let RuleOutcome(status, row) = registry.act(Carrierfac, WriteAction::Approve("2"), Json::Null, false);
    assert_eq!((status, &row["status"]), (200, &json!("ok")));
    let RuleOutcome(status, row) = registry.act(Carrierfac, WriteAction::Reject("2"), Json::Null, false);
    assert_eq!((status, &row["status"]), (200, &json!("ok")));
    assert_eq!(registry.status(Carrierfac, 2), "deleted");
    assert_eq!(registry.act(Carrierfac, WriteAction::Approve("9"), Json::Null, false).0, 404);
}
