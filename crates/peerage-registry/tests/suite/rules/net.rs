//! Networks and their contacts.

use peerage_registry::rules::NumberRegistration;
use peerage_schema::Resource::{Net, Org, Poc};
use serde_json::{Value as Json, json};

use crate::rules::registry::{RuleCaller, RuleOutcome, RuleRegistry, SUGGESTIONS, but};

fn network() -> Json {
    json!({"org_id": 1, "name": "New Net", "asn": 63500, "website": "https://net.example"})
}

#[track_caller]
fn refused(changes: Json, expected: Json) {
    assert_eq!(RuleRegistry::new().post(Net, but(&network(), changes)), RuleOutcome(400, expected));
}

#[track_caller]
fn made(changes: Json, field: &str, expected: Json) {
    let RuleOutcome(status, row) = RuleRegistry::new().post(Net, but(&network(), changes));
    assert_eq!((status, row[field].clone()), (201, expected), "{row}");
}

#[test]
fn fields_of_a_new_network() {
    refused(json!({"name": null}), json!({"name": ["This field is required."]}));
    refused(json!({"name": ""}), json!({"name": ["This field may not be blank."]}));
    refused(json!({"name": "a".repeat(256)}), json!({"name": ["Ensure this field has no more than 255 characters."]}));
    refused(json!({"name": "a  b"}), json!({"name": ["Name cannot contain consecutive whitespace characters."]}));
    refused(json!({"name": "ALPHA NET "}), json!({"name": ["Network with this Name already exists."]}));
    refused(json!({"name": true}), json!({"name": ["Not a valid string."]}));
    refused(json!({"org_id": 999}), json!({"org_id": ["Invalid pk \"999\" - object does not exist."]}));
    refused(json!({"org_id": "x"}), json!({"org_id": ["Incorrect type. Expected pk value, received str."]}));
    refused(json!({"info_prefixes4": -1}), json!({"info_prefixes4": ["Negative value not allowed"]}));
    refused(json!({"info_prefixes4": 1_200_001}), json!({"info_prefixes4": ["Maximum value allowed 1200000"]}));
    refused(json!({"info_prefixes6": 180_001}), json!({"info_prefixes6": ["Maximum value allowed 180000"]}));
    refused(json!({"info_traffic": "lots"}), json!({"info_traffic": ["\"lots\" is not a valid choice."]}));
    refused(json!({"info_types": "NSP"}), json!({"info_types": ["Expected a list of items but got type \"str\"."]}));
    refused(json!({"info_types": ["NSP", "X"]}), json!({"info_types": ["\"X\" is not a valid choice."]}));
    refused(json!({"info_type": "X"}), json!({"info_type": ["\"X\" is not a valid choice."]}));
    refused(json!({"looking_glass": "ftp://x.example"}), json!({"looking_glass": ["Enter a valid URL."]}));
    refused(json!({"info_ipv6": "maybe"}), json!({"info_ipv6": ["Must be a valid boolean."]}));
    refused(json!({"ixp_update_exclude": "speed"}), json!({"ixp_update_exclude": ["Must be a list."]}));
    refused(
        json!({"ixp_update_exclude": ["bogus"]}),
        json!({"ixp_update_exclude": ["Invalid field(s): bogus. Valid values: is_rs_peer, operational, speed"]}),
    );
    refused(
        json!({"social_media": [{"service": "x"}]}),
        json!({"social_media": [{"identifier": ["This field is required."]}]}),
    );
    refused(
        json!({"social_media": [{"service": "facebook", "identifier": "nln"}]}),
        json!({"non_field_errors": ["Invalid identifier nln for service facebook!"]}),
    );
    refused(
        json!({"name": "Alpha Net", "website": "bad", "notes": true}),
        json!({"name": ["Network with this Name already exists."], "website": ["Enter a valid URL."], "notes": ["Not a valid string."]}),
    );
}

#[test]
fn values_of_a_new_network() {
    made(json!({}), "status", json!("ok"));
    made(json!({}), "rir_status", json!("pending"));
    made(json!({}), "info_ratio", json!("Not Disclosed"));
    made(json!({"status": "deleted", "id": 77, "version": 9}), "id", json!(4));
    made(json!({"asn": "AS63500"}), "asn", json!(63500));
    made(json!({"info_prefixes4": ""}), "info_prefixes4", Json::Null);
    made(json!({"info_prefixes4": "80"}), "info_prefixes4", json!(80));
    made(json!({"info_types": ["Content", "NSP", "Content"]}), "info_types", json!("Content,NSP"));
    made(json!({"info_types": ["Content"], "info_type": "NSP"}), "info_types", json!("NSP"));
    made(json!({"info_types": ["Content", "NSP"], "info_type": "NSP"}), "info_types", json!("NSP,Content"));
    made(json!({"ixp_update_exclude_speed": true}), "ixp_update_exclude", json!("[\"speed\"]"));
    made(json!({"irr_as_set": "ripe::as-new"}), "irr_as_set", json!("RIPE::AS-NEW"));
    made(json!({"website": null}), "website", json!(""));
    made(json!({"org_id": "1"}), "org_id", json!(1));
}

#[test]
fn the_number_comes_before_all_else() {
    refused(json!({"asn": null, "name": null}), json!({"asn": ["ASN contains invalid value"]}));
    refused(json!({"asn": -5}), json!({"asn": ["ASN contains invalid value"]}));
    refused(json!({"asn": 63311}), json!({"asn": ["Network with this ASN already exists."]}));
    refused(
        json!({"asn": 4_294_967_296_i64}),
        json!({"asn": ["Ensure this value is less than or equal to 4294967295."]}),
    );
    refused(
        json!({"asn": 63400, "name": null}),
        json!({"asn": "Network has been deleted. Please contact help@registry.example"}),
    );
}

#[test]
fn a_website_is_somewhere() {
    refused(json!({"org_id": 2, "website": null}), json!({"website": ["Website required"]}));
}

#[test]
fn the_registry_is_asked_for_who_may_create_only() {
    let found = |mail: &str| Some(NumberRegistration::Found { mails: vec![mail.to_owned()], holder: None });
    let ask = |caller: RuleCaller, autnum, changes: Json| {
        RuleRegistry::asking(caller, autnum).post(Net, but(&network(), changes))
    };
    assert_eq!(ask(RuleCaller::root(), None, json!({})), RuleOutcome(0, json!("Autnum(63500)")));
    assert_eq!(ask(RuleCaller::root(), found("NOC@alpha.example"), json!({})).0, 201);
    let stranger = || RuleCaller::with("peeringdb.organization.2", 15);
    assert_eq!(ask(stranger(), None, json!({})), RuleOutcome(403, Json::Null));
    assert_eq!(ask(stranger(), None, json!({"name": ""})).0, 400);
    let parent = "Object of type 'net' cannot be saved because its parent entity 'org/3' has been marked as deleted";
    assert_eq!(ask(stranger(), None, json!({"org_id": 3})), RuleOutcome(400, json!(parent)));
    let reserved = json!({"asn": ["ASNs in this range are private or reserved"]});
    assert_eq!(ask(RuleCaller::root(), None, json!({"asn": 64512})), RuleOutcome(400, reserved));
    let unassigned = json!({"asn": ["This ASN is not assigned by any RIR"]});
    assert_eq!(ask(RuleCaller::root(), Some(NumberRegistration::Unassigned), json!({})), RuleOutcome(400, unassigned));
    let silent = "Unable to retrieve RDAP data. If the issue persists, please contact help@registry.example.";
    assert_eq!(
        ask(RuleCaller::root(), Some(NumberRegistration::Unavailable), json!({})),
        RuleOutcome(400, json!({"asn": [silent]}))
    );
    let RuleOutcome(status, body) = ask(RuleCaller::root(), found("other@example.com"), json!({}));
    assert_eq!((status, &body["asn"]), (400, &json!("Your email address and ASN emails mismatch")));
    assert_eq!(body["meta"], json!({"ignore_field_error": "True", "error": "Bad Request"}));
}

#[test]
fn suggestions_go_to_their_organization_and_wait() {
    let mut registry = RuleRegistry::asking(
        RuleCaller::with("peeringdb.organization.90", 4),
        Some(NumberRegistration::Found { mails: vec![], holder: None }),
    );
    let RuleOutcome(status, row) = registry.post(Net, but(&network(), json!({"suggest": false, "org_id": 1})));
    assert_eq!((status, &row["org_id"], &row["status"]), (201, &json!(SUGGESTIONS), &json!("pending")));
}

#[test]
fn n03_a_suggestion_gives_way_to_whoever_holds_the_number() {
    let found = |mail: &str| Some(NumberRegistration::Found { mails: vec![mail.to_owned()], holder: None });
    let suggested = || {
        let mut registry = RuleRegistry::asking(RuleCaller::with("peeringdb.organization.90", 4), found(""));
        let request = json!({"suggest": true, "notes": "what a stranger wrote"});
        let RuleOutcome(status, row) = registry.post(Net, but(&network(), request));
        assert_eq!(status, 201, "{row}");
        let id = row["id"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("an id");
        let contact = json!({"net_id": id, "role": "NOC", "visible": "Public", "email": "noc@stranger.example"});
        registry.caller = RuleCaller::with("peeringdb.organization.90", 15);
        assert_eq!(registry.post(Poc, contact).0, 400, "nothing is added below what waits");
        registry.caller = RuleCaller::root();
        (registry, id)
    };
    let (mut registry, id) = suggested();
    registry.outside.autnum = found("somebody@else.example");
    let RuleOutcome(status, body) = registry.post(Net, network());
    assert_eq!((status, &body["asn"]), (400, &json!("Your email address and ASN emails mismatch")));
    registry.caller = RuleCaller::with("peeringdb.organization.2", 15);
    assert_eq!(registry.post(Net, network()), RuleOutcome(403, Json::Null), "not their organization");
    registry.caller = RuleCaller::root();
    registry.outside.autnum = found("noc@alpha.example");
    let RuleOutcome(status, again) = registry.post(Net, but(&network(), json!({"suggest": true})));
    assert_eq!((status, &again["asn"][0]), (400, &json!("Network with this ASN already exists.")), "no second one");
    let RuleOutcome(status, row) = registry.post(Net, network());
    assert_eq!((status, row["id"].as_u64()), (201, Some(u64::from(id))), "{row}");
    assert_eq!((&row["org_id"], &row["status"], &row["notes"]), (&json!(1), &json!("ok"), &json!("")));
    assert_eq!(registry.post(Net, network()).0, 400, "it is nobody's to take any more");
    // Without lookups of registrations, a suggestion does not obstruct anyone either.
    let (mut registry, _) = suggested();
    registry.policy.checks_rir = false;
    assert_eq!(registry.post(Net, network()).0, 201);
}

#[test]
fn n03_a_deleted_network_is_created_anew_elsewhere_by_its_holder_alone() {
    let found = |mail: &str| Some(NumberRegistration::Found { mails: vec![mail.to_owned()], holder: None });
    let body = json!({"org_id": 2, "name": "Old Net", "asn": 63400, "website": "https://net.example"});
    let gone = RuleOutcome(400, json!({"asn": "Network has been deleted. Please contact help@registry.example"}));
    let ask = |caller: RuleCaller, autnum, body: &Json| RuleRegistry::asking(caller, autnum).post(Net, body.clone());
    assert_eq!(ask(RuleCaller::root(), None, &body), RuleOutcome(0, json!("Autnum(63400)")));
    assert_eq!(ask(RuleCaller::root(), found("somebody@else.example"), &body), gone);
    assert_eq!(ask(RuleCaller::root(), Some(NumberRegistration::Unassigned), &body), gone);
    assert_eq!(ask(RuleCaller::with("peeringdb.organization.1", 15), None, &body), gone, "nobody is asked for them");
    // The recorded answer to an organization that has deleted its own network.
    assert_eq!(ask(RuleCaller::root(), found("noc@alpha.example"), &but(&body, json!({"org_id": 1}))), gone);
    assert_eq!(ask(RuleCaller::root(), found("noc@alpha.example"), &but(&body, json!({"suggest": true}))), gone);
    let RuleOutcome(status, row) = ask(RuleCaller::root(), found("noc@alpha.example"), &body);
    assert_eq!(
        (status, &row["id"], &row["org_id"], &row["status"]),
        (201, &json!(2), &json!(2), &json!("ok")),
        "{row}"
    );
}

#[test]
fn a_deleted_name_gives_way() {
    let mut registry = RuleRegistry::new();
    assert_eq!(registry.post(Net, but(&network(), json!({"name": "Old Net"}))).0, 201);
    assert_eq!(registry.get(Net, 2, "name"), json!("Old Net #2"));
    assert_eq!(registry.post(Org, json!({"name": "Gone #3"})).0, 201);
    assert_eq!(registry.post(Org, json!({"name": "Gone"})).0, 201);
    assert_eq!(registry.get(Org, 3, "name"), json!("Gone #3 #3"));
}

#[test]
fn an_update_keeps_what_it_does_not_name() {
    let mut registry = RuleRegistry::new();
    let body = json!({"org_id": 1, "name": "Alpha Net", "asn": "AS63311", "status": "deleted"});
    let RuleOutcome(status, row) = registry.put(Net, "1", body.clone());
    assert_eq!((status, &row["notes"], &row["info_types"]), (200, &json!("n"), &json!("NSP")));
    assert_eq!((&row["status_dashboard"], &row["status"]), (&json!(""), &json!("ok")));
    assert!(registry.is_touched(Net, 1, "updated"));
    let mut refused = |changes: Json, expected: Json| {
        assert_eq!(registry.put(Net, "1", but(&body, changes)), RuleOutcome(400, expected));
    };
    refused(json!({"asn": 63501}), json!({"asn": "ASN cannot be changed."}));
    refused(json!({"asn": 63312}), json!({"asn": ["Network with this ASN already exists."]}));
    refused(json!({"name": "Beta Net"}), json!({"name": ["Network with this Name already exists."]}));
    refused(json!({"name": "Old Net"}), json!({"name": ["Network with this Name already exists."]}));
    assert_eq!(registry.put(Net, "2", body.clone()), RuleOutcome(404, json!("No Network matches the given query.")));
    assert_eq!(registry.put(Net, "abc", body.clone()), RuleOutcome(404, json!("Not found.")));
    assert_eq!(registry.put(Net, "1", but(&body, json!({"allow_ixp_update": true}))).0, 200);
    let beta = json!({"org_id": 2, "name": "Beta Net", "asn": 63312, "allow_ixp_update": true});
    let text = "Cannot be enabled - must have a Technical, NOC, or Policy point of contact with valid email.";
    assert_eq!(registry.put(Net, "3", beta), RuleOutcome(400, json!({"allow_ixp_update": text})));
}

#[test]
fn contacts() {
    let contact = json!({"net_id": 1, "role": "Technical", "visible": "Users", "phone": "+49 30 123456", "email": ""});
    let check = |changes: Json, expected: Json| {
        assert_eq!(RuleRegistry::new().post(Poc, but(&contact, changes)), RuleOutcome(400, expected));
    };
    check(json!({"role": null}), json!({"role": ["This field is required."]}));
    check(json!({"role": ""}), json!({"role": ["\"\" is not a valid choice."]}));
    check(json!({"visible": "Private"}), json!({"visible": ["Private contacts are no longer supported."]}));
    check(json!({"phone": "123"}), json!({"phone": ["Not a valid phone number (E.164)"]}));
    check(json!({"email": "bad"}), json!({"email": ["Enter a valid email address."]}));
    check(json!({"phone": null}), json!({"phone": ["Phone or email required"], "email": ["Phone or email required"]}));
    check(json!({"url": "bad"}), json!({"url": ["Enter a valid URL."]}));
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.post(Poc, but(&contact, json!({"visible": null})));
    assert_eq!((status, &row["phone"], &row["visible"]), (201, &json!("+4930123456"), &json!("Public")));
    assert!(registry.is_touched(Net, 1, "poc_updated") && !registry.is_touched(Net, 1, "updated"));
    let private = json!({"net_id": 1, "role": "Sales", "email": "s@alpha.example"});
    let old = json!({"visible": ["Private contacts are no longer supported."]});
    assert_eq!(registry.put(Poc, "2", private.clone()), RuleOutcome(400, old));
    assert_eq!(registry.put(Poc, "2", but(&private, json!({"visible": "Users"}))).0, 200);
}

#[test]
fn the_last_contact_of_a_network_with_ports_stays() {
    let mut registry = RuleRegistry::new();
    let text = "Last technical contact point for network with active peers - Please contact help@registry.example to help \
                with the deletion of this object";
    assert_eq!(registry.delete(Poc, "1"), RuleOutcome(403, json!(text)));
    assert_eq!(registry.delete(Poc, "2"), RuleOutcome(204, Json::Null));
    assert!(registry.is_touched(Net, 1, "poc_updated"));
}

#[test]
fn a_network_takes_its_children_along() {
    use peerage_schema::Resource::{Netfac, Netixlan};
    let mut registry = RuleRegistry::new();
    assert_eq!(registry.delete(Net, "1"), RuleOutcome(204, Json::Null));
    for (resource, id) in [(Net, 1), (Poc, 1), (Poc, 2), (Netfac, 1), (Netixlan, 1)] {
        assert_eq!(registry.status(resource, id), "deleted");
    }
    assert_eq!(registry.delete(Net, "1"), RuleOutcome(204, Json::Null));
    assert_eq!(registry.delete(Net, "999"), RuleOutcome(204, json!("nothing there")));
    assert_eq!(registry.delete(Net, "abc"), RuleOutcome(400, json!({"extra": "Invalid id"})));
}

#[test]
fn i12_03_no_text_holds_what_is_not_seen() {
    let message = "Characters that are not visible are not allowed: U+202E at position 2.";
    refused(json!({"name": "N\u{202e}teN"}), json!({"name": [message]}));
    refused(json!({"aka": "a\nb"}), json!({"aka": ["Line breaks are not allowed here: U+000A at position 2."]}));
    refused(json!({"notes": "N\u{202e}teN"}), json!({"notes": [message]}));
    let entry = json!([{"service": "x", "identifier": "alpha"}, {"service": "wechat", "identifier": "a\u{202e}b"}]);
    refused(json!({"social_media": entry}), json!({"social_media": [{}, {"identifier": [message]}]}));
    made(json!({"notes": "one\r\n\ttwo"}), "notes", json!("one\r\n\ttwo"));
    // Every single-line text, of every kind.
    for resource in peerage_schema::Resource::ALL {
        for field in resource.table().fields {
            let is_free = matches!(field.kind, peerage_schema::FieldKind::Text { max: 0 });
            assert_eq!(field.has_lines(), is_free, "{}.{}", resource.tag(), field.name);
        }
    }
    // Imported values stay until somebody changes them.
    let mut registry = RuleRegistry::new();
    let stored =
        json!({"id": 3, "org_id": 2, "name": "Beta\u{200b} Net", "asn": 63312, "website": "https://beta.example"});
    registry.put_row(Net, stored.clone());
    assert_eq!(registry.put(Net, "3", but(&stored, json!({"aka": "B"}))).0, 200);
    let message = "Characters that are not visible are not allowed: U+200B at position 2.";
    let changed = registry.put(Net, "3", but(&stored, json!({"name": "B\u{200b}eta"})));
    assert_eq!(changed, RuleOutcome(400, json!({"name": [message]})));
}

#[test]
fn i12_03_a_block_or_a_reserved_number_is_no_assignment() {
    let block =
        || Some(NumberRegistration::Block { first: 63488, last: 64098, mails: vec!["noc@holder.example".to_owned()] });
    let ask = |registration, changes: Json| {
        RuleRegistry::asking(RuleCaller::root(), registration).post(Net, but(&network(), changes))
    };
    let text = "The registration of AS63500 covers the block AS63488 to AS64098 and does not show who holds AS63500. \
                Contact help@registry.example to have it checked.";
    assert_eq!(ask(block(), json!({})), RuleOutcome(400, json!({"asn": [text]})));
    let own = NumberRegistration::Block { first: 63488, last: 64098, mails: vec!["noc@alpha.example".to_owned()] };
    assert_eq!(ask(Some(own), json!({})).0, 201, "whoever is named in a block holds it");
    let unassigned = json!({"asn": ["This ASN is not assigned by any RIR"]});
    assert_eq!(ask(Some(NumberRegistration::Reserved), json!({})), RuleOutcome(400, unassigned.clone()));
    // Staff decide about a suggestion.
    let RuleOutcome(status, row) = ask(block(), json!({"suggest": true}));
    assert_eq!((status, &row["status"]), (201, &json!("pending")));
    assert_eq!(ask(Some(NumberRegistration::Reserved), json!({"suggest": true})), RuleOutcome(400, unassigned));
}
