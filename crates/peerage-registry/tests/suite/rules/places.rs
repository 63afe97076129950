//! Organizations, facilities, campuses and carriers.

use peerage_registry::rules::WriteAction;
use peerage_schema::Resource::{Campus, Carrier, Carrierfac, Fac, Ixfac, Net, Netfac, Org};
use serde_json::{Value as Json, json};

use crate::rules::registry::{RuleOutcome, RuleRegistry, but};

fn facility() -> Json {
    json!({"org_id": 1, "name": "Three", "address1": "Street 3", "city": "Berlin", "country": "DE", "zipcode": "10115"})
}

fn existing() -> Json {
    but(
        &facility(),
        json!({"name": "One", "address1": "Street 1", "latitude": 52.52, "longitude": 13.405,
                            "address2": "", "state": ""}),
    )
}

#[test]
fn fields_of_facilities() {
    let check = |changes: Json, expected: Json| {
        assert_eq!(RuleRegistry::new().post(Fac, but(&facility(), changes)), RuleOutcome(400, expected));
    };
    check(json!({"country": null}), json!({"country": ["This field is required."]}));
    check(json!({"country": "XX"}), json!({"country": ["\"XX\" is not a valid choice."]}));
    check(json!({"address1": ""}), json!({"address1": ["This field may not be blank."]}));
    check(json!({"zipcode": null}), json!({"zipcode": ["Input required"]}));
    check(json!({"tech_phone": "x"}), json!({"tech_phone": ["Not a valid phone number (E.164)"]}));
    check(json!({"clli": "a".repeat(19)}), json!({"clli": ["Ensure this field has no more than 18 characters."]}));
    let floor = "Field is being deprecated. Please move this data to the suite field and remove it from here.";
    check(json!({"floor": "2"}), json!({"floor": [floor]}));
    check(json!({"org_id": 2}), json!({"website": ["Website required"]}));
    check(json!({"suggest": 1}), json!({"website": ["Website required"]}));
    check(json!({"campus_id": 9}), json!({"campus_id": ["Invalid pk \"9\" - object does not exist."]}));
    let pending = "Object of type 'fac' cannot be saved because its parent entity 'org/4' has not yet been approved";
    check(json!({"org_id": 4}), json!(pending));
}

#[test]
fn values_of_facilities() {
    let made = |changes: Json, field: &str, expected: Json| {
        let RuleOutcome(status, row) = RuleRegistry::new().post(Fac, but(&facility(), changes));
        assert_eq!((status, &row[field]), (201, &expected), "{row}");
    };
    made(json!({}), "status", json!("pending"));
    made(json!({}), "region_continent", json!("Europe"));
    made(json!({"country": ""}), "region_continent", Json::Null);
    made(json!({"country": "HK", "zipcode": "123"}), "zipcode", json!(""));
    made(json!({"tech_phone": "030 123456"}), "tech_phone", json!("+4930123456"));
    made(json!({"latitude": 52.5, "longitude": 13.4}), "latitude", Json::Null);
    made(json!({"website": Json::Null}), "website", json!(""));
    made(json!({"name": "Shut"}), "name", json!("Shut"));
    made(json!({"diverse_serving_substations": "yes"}), "diverse_serving_substations", json!(true));
}

#[test]
fn coordinates_stay_and_stay_near() {
    let mut registry = RuleRegistry::new();
    let mut put = |changes: Json| registry.put(Fac, "1", but(&existing(), changes));
    assert_eq!(put(json!({"latitude": null})), RuleOutcome(400, json!({"latitude": ["Valid latitude is required"]})));
    assert_eq!(put(json!({"latitude": 100})), RuleOutcome(400, json!({"latitude": ["Invalid 100.0 latitude!"]})));
    assert_eq!(put(json!({"longitude": -181})), RuleOutcome(400, json!({"longitude": ["Invalid -181.0 longitude!"]})));
    let far = "exceeds the maximum distance of 1KM from the previous geocode";
    assert_eq!(put(json!({"latitude": 52.6})), RuleOutcome(400, json!({"latitude": [far], "longitude": [far]})));
    let RuleOutcome(status, row) = put(json!({"latitude": 52.521_234_567_8, "campus_id": 1}));
    assert_eq!((status, &row["latitude"], &row["tech_phone"]), (200, &json!(52_521_235), &json!("")));
    let RuleOutcome(_, row) = put(json!({"address1": "Street 9"}));
    assert_eq!(row["latitude"], Json::Null);
}

#[test]
fn a_campus_follows_its_facilities() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.act(Fac, WriteAction::RemoveFacility("1", "2"), Json::Null, false);
    assert_eq!((status, &row["campus_id"]), (200, &Json::Null));
    assert_eq!(registry.status(Campus, 1), "pending");
    assert!(registry.is_touched(Campus, 1, "updated"));
    assert_eq!(registry.act(Fac, WriteAction::AddFacility("1", "2"), Json::Null, false).0, 200);
    assert_eq!(registry.status(Campus, 1), "ok");
    let far = json!({"non_field_errors": ["Facility out of campus bounds (max. 50km)"]});
    assert_eq!(registry.act(Fac, WriteAction::AddFacility("1", "3"), Json::Null, false), RuleOutcome(400, far));
    assert_eq!(registry.act(Fac, WriteAction::AddFacility("1", "5"), Json::Null, false), RuleOutcome(400, Json::Null));
    assert_eq!(registry.act(Fac, WriteAction::AddFacility("9", "2"), Json::Null, false).0, 404);
    assert_eq!(registry.act(Fac, WriteAction::RemoveFacility("1", "3"), Json::Null, false).0, 404);
    let body = but(&existing(), json!({"name": "Two", "address1": "Street 2", "latitude": 52.53, "campus_id": ""}));
    assert_eq!(registry.put(Fac, "2", body).0, 200);
    assert_eq!(registry.status(Campus, 1), "pending");
    assert_eq!(registry.delete(Campus, "1").0, 204);
    assert_eq!(registry.get(Fac, 1, "campus_id"), Json::Null);
}

#[test]
fn a_facility_with_presences_stays() {
    let mut registry = RuleRegistry::new();
    let tail = "- Please contact help@registry.example to help with the deletion of this object";
    let exchange = format!("Facility has active exchange presence(s): BX ... {tail}");
    assert_eq!(registry.delete(Fac, "1"), RuleOutcome(403, json!(exchange)));
    assert_eq!(registry.delete(Ixfac, "1").0, 204);
    let network = format!("Facility has active network presence(s): Alpha Net ... {tail}");
    assert_eq!(registry.delete(Fac, "1"), RuleOutcome(403, json!(network)));
    assert_eq!(registry.delete(Netfac, "1").0, 204);
    assert!(registry.is_touched(Net, 1, "netfac_updated"));
    assert_eq!(registry.delete(Fac, "1").0, 204);
    assert_eq!(
        (registry.status(Carrierfac, 1), registry.status(Campus, 1)),
        ("deleted".to_owned(), "pending".to_owned())
    );
}

#[test]
fn organizations() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.post(Org, json!({"name": "Delta", "country": "DE"}));
    assert_eq!((status, &row["status"]), (201, &json!("pending")));
    assert_eq!(
        registry.post(Org, json!({"name": "delta"})),
        RuleOutcome(400, json!({"name": ["Organization with this Name already exists."]}))
    );
    assert_eq!(registry.post(Org, json!({"name": "E", "zipcode": "1".repeat(49)})).0, 400);
    let text = "Organization has active objects under it. - Please contact help@registry.example to help with the deletion \
                of this object";
    assert_eq!(registry.delete(Org, "1"), RuleOutcome(403, json!(text)));
}

#[test]
fn carriers_and_campuses_do_not_protect_their_organization() {
    let mut registry = RuleRegistry::new();
    assert_eq!(registry.post(Carrier, json!({"org_id": 90, "name": "Sole"})).0, 201);
    assert_eq!(registry.post(Campus, json!({"org_id": 90, "name": "Lone"})).0, 201);
    assert_eq!(registry.delete(Org, "90").0, 204);
    assert_eq!((registry.status(Carrier, 2), registry.status(Campus, 2)), ("deleted".to_owned(), "deleted".to_owned()));
    let taken = json!({"name": ["Campus with this Campus Name already exists."]});
    assert_eq!(registry.post(Campus, json!({"org_id": 1, "name": "Grounds"})), RuleOutcome(400, taken));
    let RuleOutcome(status, row) = registry.post(Campus, json!({"org_id": 1, "name": "Lone", "aka": null}));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(3), &json!("pending")));
    assert_eq!(registry.get(Campus, 2, "name"), json!("Lone #2"));
}

#[test]
fn i12_02_no_power_is_taken_where_the_operator_says_so() {
    let post = |takes: bool, services: Json| {
        let mut registry = RuleRegistry::new();
        registry.policy.takes_no_power = takes;
        registry.post(Fac, but(&facility(), json!({"available_voltage_services": services})))
    };
    let refused = |text: &str| RuleOutcome(400, json!({"available_voltage_services": [text]}));
    assert_eq!(post(false, json!(["No Power"])), refused("\"No Power\" is not a valid choice."));
    assert_eq!(post(false, json!(["48 VDC"])).0, 201);
    assert_eq!(post(true, json!(["No Power"])).0, 201);
    let exclusive = "\"No Power\" is mutually exclusive with other voltage options.";
    assert_eq!(post(true, json!(["No Power", "48 VDC"])), refused(exclusive));
    // A stored value stays, and can be sent back.
    let mut registry = RuleRegistry::new();
    let stored = json!({"id": 3, "org_id": 1, "name": "Far", "address1": "Street 3", "city": "Zürich", "country": "CH",
        "zipcode": "8005", "available_voltage_services": "No Power"});
    registry.put_row(Fac, stored.clone());
    assert_eq!(registry.put(Fac, "3", but(&stored, json!({"available_voltage_services": ["No Power"]}))).0, 200);
    assert_eq!(registry.get(Fac, 3, "available_voltage_services"), json!("No Power"));
}
