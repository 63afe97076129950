//! The permissions that callers need (spec/write-api.md, 3.1 and 3.4).

use peerage_registry::rules::WriteAction;
use peerage_schema::Resource::{self, Carrierfac, Fac, Ix, Ixlan, Net, Netixlan, Org, Poc};
use serde_json::{Value as Json, json};

use crate::rules::registry::{RuleCaller, RuleOutcome, RuleRegistry};

const OK: u16 = 200;

#[track_caller]
fn check(namespace: &'static str, bits: u8, resource: Resource, act: WriteAction<'_>, body: &Json, expected: u16) {
    let mut registry = RuleRegistry::by(RuleCaller::with(namespace, bits));
    let RuleOutcome(status, said) = registry.act(resource, act, body.clone(), false);
    assert_eq!(status, expected, "{namespace} {bits} {act:?}: {said}");
}

#[test]
fn making_needs_the_right_to_the_kind() {
    let network = json!({"org_id": 1, "name": "New", "asn": 63500});
    check("peeringdb.organization.1", 15, Net, WriteAction::Create, &network, 201);
    check("peeringdb.organization.1.network", 4, Net, WriteAction::Create, &network, 201);
    check("peeringdb.organization.1.network.1", 15, Net, WriteAction::Create, &network, 403);
    check("peeringdb.organization.1", 3, Net, WriteAction::Create, &network, 403);
    check("peeringdb.organization.2", 15, Net, WriteAction::Create, &network, 403);
    check("peeringdb.organization.1", 15, Org, WriteAction::Create, &json!({"name": "Newer"}), 403);
    check("peeringdb.organization.1", 15, Ixlan, WriteAction::Create, &json!({"ix_id": 2}), 403);
}

#[test]
fn a_contact_belongs_to_its_network() {
    let contact = json!({"net_id": 1, "role": "NOC", "email": "a@alpha.example", "visible": "Users"});
    check("peeringdb.organization.1.network.1", 4, Poc, WriteAction::Create, &contact, 201);
    check("peeringdb.organization.1.network.1.poc_set", 15, Poc, WriteAction::Create, &contact, 403);
    check("peeringdb.organization.1.network.1", 2, Poc, WriteAction::Update("1"), &contact, OK);
    check("peeringdb.organization.1.network.1.poc_set.public", 2, Poc, WriteAction::Update("1"), &contact, 403);
    check("peeringdb.organization.1.network.1.poc_set.users", 2, Poc, WriteAction::Update("1"), &contact, 401);
}

#[test]
fn changing_needs_the_right_on_both_sides() {
    let body = json!({"org_id": 2, "name": "Alpha Net", "asn": 63311, "website": "https://x.example"});
    check("peeringdb.organization.1", 15, Net, WriteAction::Update("1"), &body, 403);
    check("peeringdb.organization.2", 15, Net, WriteAction::Update("1"), &body, 401);
    check("peeringdb.organization", 2, Net, WriteAction::Update("1"), &body, OK);
    check("peeringdb.organization.1", 15, Net, WriteAction::Update("1"), &json!({}), 400);
}

#[test]
fn taking_away_needs_the_right_before_protection_is_told() {
    check("peeringdb.organization.1", 7, Org, WriteAction::Delete("1"), &Json::Null, 403);
    let mut registry = RuleRegistry::by(RuleCaller::with("peeringdb.organization.1", 7));
    assert_eq!(registry.delete(Org, "1"), RuleOutcome(403, Json::Null));
    check("peeringdb.organization.1.network.1.ixlan", 8, Netixlan, WriteAction::Delete("1"), &Json::Null, 204);
    check("peeringdb.organization.2", 15, Netixlan, WriteAction::Delete("1"), &Json::Null, 403);
    check("peeringdb.organization.2", 15, Ixlan, WriteAction::Delete("1"), &Json::Null, 403);
}

#[test]
fn calls_ask_for_creation_too() {
    let import = WriteAction::RequestImport("1");
    check("peeringdb.organization.2.internetexchange.1", 6, Ix, import, &Json::Null, OK);
    check("peeringdb.organization.2.internetexchange.1", 3, Ix, import, &Json::Null, 401);
    check("peeringdb.organization.2.internetexchange.1", 4, Ix, import, &Json::Null, 403);
    let add = WriteAction::AddFacility("1", "2");
    check("peeringdb.organization.1", 6, Fac, add, &Json::Null, OK);
    check("peeringdb.organization.1.facility", 15, Fac, add, &Json::Null, 401);
    check("peeringdb.organization.1.campus", 15, Fac, add, &Json::Null, 403);
    check("peeringdb.organization.1.facility", 4, Carrierfac, WriteAction::Approve("1"), &Json::Null, OK);
    check("peeringdb.organization.1.carrier", 15, Carrierfac, WriteAction::Approve("1"), &Json::Null, 403);
    let side = json!({"fac_id": 1});
    check("peeringdb.organization.1.network.1", 4, Netixlan, WriteAction::SetNetSide("1"), &side, OK);
    check("peeringdb.organization.2", 15, Netixlan, WriteAction::SetIxSide("1"), &side, OK);
    let mut registry = RuleRegistry::by(RuleCaller::with("peeringdb.organization.2", 15));
    let text = "Only admins of net can set or unset the net_side";
    assert_eq!(registry.act(Netixlan, WriteAction::SetNetSide("1"), side, false), RuleOutcome(403, json!(text)));
}

#[test]
fn a_right_on_fields_changes_these_fields_and_no_other() {
    let field = "peeringdb.organization.1.network.1.field.policy_url";
    let mut registry = RuleRegistry::by(RuleCaller::with(field, 3));
    let RuleOutcome(status, shown) = registry.put(Net, "1", json!({"org_id": 1, "name": "Alpha Net", "asn": 63311}));
    assert_eq!(status, OK, "nothing else is changed: {shown}");
    let body = json!({"org_id": 1, "name": "Alpha Net", "asn": 63311, "policy_url": "https://p.example"});
    check(field, 3, Net, WriteAction::Update("1"), &body, OK);
    check(field, 1, Net, WriteAction::Update("1"), &body, 401);
    let other = json!({"org_id": 1, "name": "Other", "asn": 63311, "policy_url": "https://p.example"});
    check(field, 3, Net, WriteAction::Update("1"), &other, 403);
    let moved = json!({"org_id": 2, "name": "Alpha Net", "asn": 63311, "website": "https://x.example"});
    check(field, 3, Net, WriteAction::Update("1"), &moved, 403);
    check(field, 15, Net, WriteAction::Delete("1"), &Json::Null, 403);
}

#[test]
fn a_right_on_contacts_of_a_role_changes_these_contacts_alone() {
    let (noc, abuse) =
        ("peeringdb.organization.1.network.1.contact.noc", "peeringdb.organization.1.network.1.contact.abuse");
    let body = json!({"net_id": 1, "role": "NOC", "email": "a@alpha.example", "visible": "Users"});
    check(noc, 3, Poc, WriteAction::Update("1"), &body, OK);
    check(abuse, 3, Poc, WriteAction::Update("1"), &body, 401);
    let another = json!({"net_id": 1, "role": "Abuse", "email": "a@alpha.example", "visible": "Users"});
    check(noc, 3, Poc, WriteAction::Update("1"), &another, 403);
    check(noc, 15, Poc, WriteAction::Create, &body, 403);
    check(noc, 15, Poc, WriteAction::Delete("1"), &Json::Null, 403);
}
