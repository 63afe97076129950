//! Links between networks, exchanges, carriers and facilities.

use peerage_registry::rules::Act;
use peerage_schema::Resource::{Carrierfac, Ixfac, Net, Netfac};
use serde_json::{Value as Json, json};

use crate::registry::{Caller, Registry, Said};

#[test]
fn a_pair_exists_once() {
    let mut registry = Registry::new();
    let twice =
        |fields: &str| Said(400, json!({"non_field_errors": [format!("The fields {fields} must make a unique set.")]}));
    assert_eq!(registry.post(Netfac, json!({"net_id": 1, "fac_id": 1})), twice("net_id, fac_id"));
    assert_eq!(registry.post(Ixfac, json!({"ix_id": 1, "fac_id": 1})), twice("ix_id, fac_id"));
    assert_eq!(registry.post(Carrierfac, json!({"carrier_id": 1, "fac_id": 1})), twice("carrier_id, fac_id"));
    assert_eq!(registry.put(Netfac, "1", json!({"net_id": 1, "fac_id": 2})), twice("net_id, fac_id"));
    assert_eq!(registry.put(Netfac, "1", json!({"net_id": 1, "fac_id": 1})).0, 200);
}

#[test]
fn a_deleted_pair_comes_back() {
    let mut registry = Registry::new();
    let Said(status, row) = registry.post(Netfac, json!({"net_id": 1, "fac_id": 2}));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(2), &json!("ok")));
    assert_eq!(row["created"], json!("2024-01-01T00:00:00.000000Z"));
    assert!(registry.is_touched(Net, 1, "netfac_updated"));
}

#[test]
fn coming_back_is_an_update() {
    let link = json!({"net_id": 1, "fac_id": 2});
    let post =
        |bits: u8| Registry::by(Caller::with("peeringdb.organization.1.network.1", bits)).post(Netfac, link.clone()).0;
    assert_eq!((post(2), post(4)), (201, 403));
}

#[test]
fn parents_live() {
    let mut registry = Registry::new();
    let gone = "Object of type 'netfac' cannot be saved because its parent entity 'fac/4' has been marked as deleted";
    assert_eq!(registry.post(Netfac, json!({"net_id": 1, "fac_id": 4})), Said(400, json!(gone)));
    assert_eq!(registry.put(Netfac, "1", json!({"net_id": 1, "fac_id": 4})), Said(400, json!(gone)));
    assert_eq!(registry.post(Netfac, json!({"net_id": 1, "fac_id": 3})).0, 201);
}

#[test]
fn a_carrier_that_comes_back_to_a_foreign_facility_waits() {
    let mut registry = Registry::new();
    let Said(status, row) = registry.post(Carrierfac, json!({"carrier_id": 1, "fac_id": 5}));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(2), &json!("pending")));
    let Said(status, row) = registry.act(Carrierfac, Act::Approve("2"), Json::Null, false);
    assert_eq!((status, &row["status"]), (200, &json!("ok")));
    let Said(status, row) = registry.act(Carrierfac, Act::Reject("2"), Json::Null, false);
    assert_eq!((status, &row["status"]), (200, &json!("ok")));
    assert_eq!(registry.status(Carrierfac, 2), "deleted");
    assert_eq!(registry.act(Carrierfac, Act::Approve("9"), Json::Null, false).0, 404);
}
