//! Ports, LANs, prefixes and exchanges.

use peerage_registry::rules::{MemberList, NumberRegistration, WriteAction};
use peerage_schema::Resource::{Ix, Ixfac, Ixlan, Ixpfx, Net, Netixlan};
use serde_json::{Value as Json, json};

use crate::rules::registry::{RuleOutcome, RuleRegistry, but};

fn port() -> Json {
    json!({"net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.50", "ipaddr6": ""})
}

#[track_caller]
fn refused(changes: Json, expected: Json) {
    assert_eq!(RuleRegistry::new().post(Netixlan, but(&port(), changes)), RuleOutcome(400, expected));
}

#[test]
fn addresses_of_ports() {
    let both = |text: &str| json!({"ipaddr4": [text], "ipaddr6": [text]});
    assert_eq!(
        RuleRegistry::new().post(Netixlan, json!({"net_id": 1, "ixlan_id": 1, "speed": 0})),
        RuleOutcome(400, both("This field is required."))
    );
    let nulls = json!({"net_id": 1, "ixlan_id": 1, "speed": 0, "ipaddr4": null, "ipaddr6": null});
    assert_eq!(RuleRegistry::new().post(Netixlan, nulls), RuleOutcome(400, both("This field may not be null.")));
    refused(json!({"ipaddr4": ""}), both("Input required for IPv4 or IPv6"));
    refused(json!({"ipaddr4": "bad"}), json!({"ipaddr4": ["Expected 4 octets in 'bad'"]}));
    refused(json!({"ipaddr6": "zz::1"}), json!({"ipaddr6": ["Only hex digits permitted in 'zz' in 'zz::1'"]}));
    let outside = json!({"ipaddr4": ["IPv4 address outside of prefix"]});
    for address in ["10.0.0.1", "195.69.144.0", "195.69.147.255", "193.242.98.1"] {
        refused(json!({"ipaddr4": address}), outside.clone());
    }
    refused(json!({"ipaddr6": "2001:7f8:1::"}), json!({"ipaddr6": ["IPv6 address outside of prefix"]}));
    refused(json!({"ixlan_id": 2}), outside);
    refused(json!({"ipaddr4": "195.69.144.10"}), json!({"ipaddr4": ["IP already exists"]}));
    refused(json!({"ipaddr4": "195.69.144.10", "ipaddr6": "2001:7F8:1:0::10"}), both("IP already exists"));
}

#[test]
fn other_fields_of_ports() {
    refused(json!({"speed": 49}), json!({"speed": ["Minimum speed: 50M"]}));
    refused(json!({"speed": 5_000_001}), json!({"speed": ["Maximum speed: 5T"]}));
    refused(json!({"speed": -1}), json!({"speed": ["Ensure this value is greater than or equal to 0."]}));
    refused(json!({"net_side_id": 999}), json!({"net_side_id": ["Invalid pk \"999\" - object does not exist."]}));
    refused(
        json!({"net_id": 999}),
        json!({"net_id": ["Invalid pk \"999\" - object does not exist."], "asn": ["This field is required."]}),
    );
    let contact =
        "Network must have a Technical, NOC, or Policy point of contact with valid email before adding exchange point.";
    refused(json!({"net_id": 3}), json!({"non_field_errors": [contact]}));
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) =
        registry.post(Netixlan, but(&port(), json!({"speed": 0, "net_side_id": 1, "asn": 1})));
    assert_eq!(
        (status, &row["net_side_id"], &row["operational"], &row["id"]),
        (201, &Json::Null, &json!(true), &json!(4))
    );
    assert!(registry.is_touched(Net, 1, "netixlan_updated") && !registry.is_touched(Net, 1, "updated"));
}

#[test]
fn a_deleted_port_comes_back_with_its_address() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) =
        registry.post(Netixlan, but(&port(), json!({"ipaddr4": "195.69.144.20", "ipaddr6": "2001:7f8:1::30"})));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(2), &json!("ok")));
    assert_eq!(row["created"], json!("2024-01-01T00:00:00.000000Z"));
    assert_eq!(registry.get(Netixlan, 3, "ipaddr6"), Json::Null);
    assert_eq!(registry.get(Netixlan, 3, "ipaddr4"), json!("195.69.144.30"));
}

#[test]
fn an_update_takes_the_address_of_a_deleted_port() {
    let mut registry = RuleRegistry::new();
    let body = but(&port(), json!({"ipaddr4": "195.69.144.20", "ipaddr6": "2001:7f8:1::10"}));
    let RuleOutcome(status, row) = registry.put(Netixlan, "1", body.clone());
    assert_eq!((status, &row["ipaddr4"]), (200, &json!("195.69.144.20")));
    assert_eq!(registry.get(Netixlan, 2, "ipaddr4"), Json::Null);
    assert_eq!(registry.status(Netixlan, 2), "deleted");
    assert_eq!(registry.put(Netixlan, "1", body).0, 200);
}

fn prefix() -> Json {
    json!({"ixlan_id": 1, "protocol": "IPv4", "prefix": "194.59.170.0/24"})
}

#[test]
fn prefixes() {
    let check = |changes: Json, expected: Json| {
        assert_eq!(RuleRegistry::new().post(Ixpfx, but(&prefix(), changes)), RuleOutcome(400, expected));
    };
    check(
        json!({"prefix": "bad"}),
        json!({"prefix": ["Invalid prefix: bad", "'bad' does not appear to be an IPv4 or IPv6 network"]}),
    );
    check(
        json!({"prefix": "194.59.170.1/24"}),
        json!({"prefix": ["Invalid prefix: 194.59.170.1/24", "194.59.170.1/24 has host bits set"]}),
    );
    check(json!({"prefix": "10.0.0.0/24"}), json!({"prefix": ["Address space invalid: 10.0.0.0/24"]}));
    check(json!({"prefix": "195.69.144.0/22"}), json!({"prefix": ["This field must be unique."]}));
    let protocol = "Prefix address invalid, needs to be valid according to the selected protocol";
    check(json!({"prefix": "2001:7f8:99::/64"}), json!({"non_field_errors": [protocol]}));
    let announced = "The `in_dfz` property has been deprecated and setting it to `False` is no longer supported";
    check(json!({"in_dfz": false}), json!({"non_field_errors": [announced]}));
    let overlap = "Prefix overlaps with prefix 195.69.144.0/22 on IXP 'BX'";
    check(json!({"ixlan_id": 2, "prefix": "195.69.145.0/24"}), json!({"non_field_errors": [overlap]}));
    check(
        json!({"ixlan_id": 2}),
        json!("Object of type 'ixpfx' cannot be saved because its parent entity 'ixlan/2' has been marked as deleted"),
    );
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.post(Ixpfx, but(&prefix(), json!({"prefix": "193.242.98.0/24"})));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(3), &json!("ok")));
    assert_eq!(registry.post(Ixpfx, but(&prefix(), json!({"prefix": "195.69.145.0/24"}))).0, 201);
}

#[test]
fn a_prefix_in_use() {
    let mut registry = RuleRegistry::new();
    let mut put = |prefix: &str| registry.put(Ixpfx, "1", json!({"ixlan_id": 1, "protocol": "IPv4", "prefix": prefix}));
    assert_eq!(put("195.69.144.0/22").0, 200);
    assert_eq!(put("195.69.144.0/21").0, 200);
    assert_eq!(put("195.69.144.0/24").0, 200);
    let lost = "Cannot change prefix because at least one peer still uses an IP address in the original block.";
    assert_eq!(put("195.69.144.128/25"), RuleOutcome(400, json!({"non_field_errors": [lost]})));
    let used = "Cannot delete prefix 195.69.144.0/24: IP address 195.69.144.10 from network ASN 63311 is still using this prefix";
    assert_eq!(put("194.59.180.0/24"), RuleOutcome(400, json!({"non_field_errors": [used]})));
    let text = format!("{used} - Please contact help@registry.example to help with the deletion of this object");
    assert_eq!(registry.delete(Ixpfx, "1"), RuleOutcome(403, json!(text)));
    let mut registry = RuleRegistry::new();
    let mut shift = |id: &str, body: Json| registry.put(Ixpfx, id, but(&prefix(), body)).0;
    assert_eq!(shift("1", json!({"ixlan_id": 3, "prefix": "195.69.144.0/22"})), 400);
    assert_eq!(shift("4", json!({"ixlan_id": 3, "prefix": "194.59.160.0/23"})), 200);
    assert_eq!(registry.delete(Ixpfx, "4"), RuleOutcome(204, Json::Null));
}

#[test]
fn lans() {
    let lan = json!({"ix_id": 1, "mtu": 9000, "rs_asn": 63311});
    let mut registry = RuleRegistry::new();
    assert_eq!(registry.put(Ixlan, "1", lan.clone()).0, 200);
    assert_eq!(registry.put(Ixlan, "1", json!({"ix_id": 1})).0, 200);
    assert_eq!((registry.get(Ixlan, 1, "mtu"), registry.get(Ixlan, 1, "rs_asn")), (json!(1500), json!(63311)));
    let mut check = |changes: Json, expected: Json| {
        assert_eq!(registry.put(Ixlan, "1", but(&lan, changes)), RuleOutcome(400, expected));
    };
    check(json!({"mtu": 1400}), json!({"mtu": ["\"1400\" is not a valid choice."]}));
    check(json!({"arp_sponge": "bad"}), json!({"arp_sponge": ["Enter a valid value."]}));
    let import = "Cannot enable IX-F import without specifying the IX-F member list url";
    check(json!({"ixf_ixp_import_enabled": true}), json!({"non_field_errors": [import]}));
    check(json!({"ix_id": 2}), json!({"ix_id": ["Invalid pk \"2\" - a LAN belongs to the exchange of the same id."]}));
    let form =
        json!({"ix_id": "1", "ixf_ixp_member_list_url": "https://list.example/x", "ixf_ixp_import_enabled": "on"});
    assert_eq!(registry.act(Ixlan, WriteAction::Update("1"), form, true).0, 200);
    assert_eq!(registry.act(Ixlan, WriteAction::Update("1"), json!({"ix_id": "1"}), true).0, 200);
    assert_eq!(registry.get(Ixlan, 1, "ixf_ixp_import_enabled"), json!(false));
    let taken = json!({"ix_id": 1, "arp_sponge": "00:11:22:33:44:66"});
    assert_eq!(registry.put(Ixlan, "1", taken).0, 200);
    assert_eq!(registry.get(Ixlan, 2, "arp_sponge"), Json::Null);
}

fn exchange() -> Json {
    json!({"org_id": 1, "name": "CX", "city": "Bern", "country": "CH", "region_continent": "Europe",
           "tech_email": "noc@cx.example", "website": "https://cx.example", "prefix": "194.59.180.0/24"})
}

#[test]
fn fields_of_exchanges() {
    let check = |changes: Json, expected: Json| {
        assert_eq!(RuleRegistry::new().post(Ix, but(&exchange(), changes)), RuleOutcome(400, expected));
    };
    check(json!({"prefix": null}), json!({"prefix": ["This field is required"]}));
    check(json!({"name": "a".repeat(65)}), json!({"name": ["Ensure this field has no more than 64 characters."]}));
    check(json!({"country": ""}), json!({"country": ["\"\" is not a valid choice."]}));
    check(json!({"country": "ch"}), json!({"country": ["\"ch\" is not a valid choice."]}));
    check(json!({"tech_email": ""}), json!({"tech_email": ["This field may not be blank."]}));
    check(json!({"sales_email": "unchecked"}), json!({"sales_email": ["Enter a valid email address."]}));
    check(json!({"tech_phone": "x"}), json!({"tech_phone": ["Not a valid phone number (E.164)"]}));
    check(json!({"website": null}), json!({"website": "This field may not be blank."}));
    let syntax = ["Invalid prefix: x", "Invalid prefix: x", "'x' does not appear to be an IPv4 or IPv6 network"];
    check(json!({"prefix": "x"}), json!({"prefix": syntax}));
    check(
        json!({"prefix": "194.59.160.0/24", "terms": "x"}),
        json!({"prefix": ["This field must be unique."], "terms": ["\"x\" is not a valid choice."]}),
    );
    check(
        json!({"prefix": "195.69.145.0/24"}),
        json!({"prefix": ["Prefix overlaps with prefix 195.69.144.0/22 on IXP 'BX'"]}),
    );
    let suggested = "User cannot create an internet exchange withits org set as the SUGGEST_ENTITY organization";
    check(json!({"org_id": 90}), json!({"org": suggested}));
}

#[test]
fn an_exchange_comes_with_its_lan_and_its_prefix() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) =
        registry.post(Ix, but(&exchange(), json!({"tech_phone": "031 123 45 67", "sales_email": "sales@cx.example"})));
    assert_eq!((status, &row["id"], &row["status"]), (201, &json!(4), &json!("pending")));
    assert_eq!(
        (&row["ixlan_id"], &row["ixpfx_id"], &row["tech_phone"]),
        (&json!(4), &json!(5), &json!("+41311234567"))
    );
    assert_eq!((registry.get(Ixlan, 4, "ix_id"), registry.get(Ixlan, 4, "mtu")), (json!(4), json!(1500)));
    assert_eq!((registry.status(Ixlan, 4), registry.status(Ixpfx, 5)), ("pending".to_owned(), "pending".to_owned()));
    assert_eq!(registry.get(Ixpfx, 5, "protocol"), json!("IPv4"));
    let RuleOutcome(_, row) = registry.post(Ix, but(&exchange(), json!({"name": "DX", "prefix": "193.242.98.0/24"})));
    assert_eq!((&row["ixlan_id"], &row["ixpfx_id"]), (&json!(5), &json!(3)));
    assert_eq!((registry.status(Ixpfx, 3), registry.get(Ixpfx, 3, "ixlan_id")), ("pending".to_owned(), json!(5)));
}

#[test]
fn an_exchange_that_proves_itself_is_approved() {
    let mut registry = RuleRegistry::new();
    registry.policy.approves_exchanges = true;
    let body = but(&exchange(), json!({"ixf_ixp_member_list_url": "https://list.example/x"}));
    assert_eq!(registry.post(Ix, body.clone()), RuleOutcome(0, json!("Network(194.59.180.0/24)")));
    registry.outside.network =
        Some(NumberRegistration::Found { mails: vec!["noc@alpha.example".to_owned()], holder: None });
    assert_eq!(registry.post(Ix, body.clone()), RuleOutcome(0, json!("MemberList(\"https://list.example/x\")")));
    let mut pending = |name: &str, prefix: &str, list: MemberList| {
        registry.outside.member_list = Some(list);
        let RuleOutcome(_, row) = registry.post(Ix, but(&body, json!({"name": name, "prefix": prefix})));
        (row["status"].clone(), row["ixf_pending_reason"].clone())
    };
    let few = pending("E1", "194.59.181.0/24", MemberList::Members(vec![1, 2, 2]));
    assert_eq!(few, (json!("pending"), json!("IX-F feed contains 2 unique ASN(s); at least 3 are required")));
    let own = pending("E2", "194.59.182.0/24", MemberList::Members(vec![1, 2, 63311]));
    assert_eq!(own, (json!("pending"), json!("IX-F feed contains an ASN belonging to the submitting organization")));
    let failed = pending("E3", "194.59.183.0/24", MemberList::Failed("no JSON".to_owned()));
    assert_eq!(failed, (json!("pending"), json!("IX-F feed error: no JSON")));
    let good = pending("E4", "194.59.184.0/24", MemberList::Members(vec![1, 2, 3]));
    assert_eq!(good, (json!("ok"), Json::Null));
    assert_eq!(registry.get(Ixlan, 7, "ixf_ixp_member_list_url"), json!("https://list.example/x"));
    assert_eq!(registry.status(Ixpfx, 8), "ok");
}

#[test]
fn an_exchange_with_connections_stays() {
    let mut registry = RuleRegistry::new();
    let tail = "- Please contact help@registry.example to help with the deletion of this object";
    let facilities = format!("Exchange has active facility connection(s): One ... {tail}");
    assert_eq!(registry.delete(Ix, "1"), RuleOutcome(403, json!(facilities)));
    assert_eq!(registry.delete(Ixfac, "1").0, 204);
    assert_eq!(registry.delete(Ix, "1"), RuleOutcome(403, json!(format!("Exchange has active peer(s) {tail}"))));
    assert_eq!(registry.delete(Netixlan, "1").0, 204);
    assert_eq!(registry.delete(Ix, "1").0, 204);
    assert_eq!((registry.status(Ixlan, 1), registry.status(Ixpfx, 2)), ("deleted".to_owned(), "deleted".to_owned()));
}

#[test]
fn an_import_is_requested() {
    let mut registry = RuleRegistry::new();
    let RuleOutcome(status, row) = registry.act(Ix, WriteAction::RequestImport("1"), Json::Null, false);
    assert_eq!((status, &row["ixf_import_request_status"]), (200, &json!("queued")));
    assert!(registry.is_touched(Ix, 1, "ixf_import_request") && !registry.is_touched(Ix, 1, "updated"));
}

#[test]
fn sides_of_a_port() {
    let mut registry = RuleRegistry::new();
    let mut set = |act, body: Json| registry.act(Netixlan, act, body, false);
    let RuleOutcome(status, row) = set(WriteAction::SetNetSide("1"), json!({"fac_id": 1}));
    assert_eq!((status, &row["net_side_id"]), (200, &json!(1)));
    assert_eq!(set(WriteAction::SetNetSide("1"), json!({"fac_id": 2})), RuleOutcome(404, json!("Facility not found.")));
    assert_eq!(
        set(WriteAction::SetIxSide("1"), json!({"fac_id": "x"})),
        RuleOutcome(400, json!("['invalid facility']"))
    );
    assert_eq!(
        set(WriteAction::SetIxSide("9"), json!({"fac_id": 1})),
        RuleOutcome(404, json!("NetworkIXLan not found."))
    );
    assert_eq!(set(WriteAction::SetIxSide("1"), json!({"fac_id": 1})).0, 200);
    let RuleOutcome(_, row) = set(WriteAction::SetNetSide("1"), json!({"fac_id": null}));
    assert_eq!((&row["net_side_id"], &row["ix_side_id"]), (&Json::Null, &json!(1)));
}

#[test]
fn i12_03_every_field_that_holds_an_address_of_mail_is_checked_as_one() {
    for resource in peerage_schema::Resource::ALL {
        for field in resource.table().fields.iter().filter(|field| field.name.ends_with("email")) {
            assert!(matches!(field.kind, peerage_schema::FieldKind::Email), "{}.{}", resource.tag(), field.name);
        }
    }
    // Imported values stay until somebody changes them.
    let mut registry = RuleRegistry::new();
    let stored = json!({"id": 3, "org_id": 1, "name": "YX", "city": "Berlin", "country": "DE",
        "region_continent": "Europe", "tech_email": "noc@yx.example", "website": "https://yx.example",
        "sales_email": "call us"});
    registry.put_row(Ix, stored.clone());
    assert_eq!(registry.put(Ix, "3", stored.clone()).0, 200);
    let wrong = json!({"sales_email": ["Enter a valid email address."]});
    assert_eq!(registry.put(Ix, "3", but(&stored, json!({"sales_email": "ring us"}))), RuleOutcome(400, wrong));
}

#[test]
fn i12_03_hardware_addresses_are_the_same_in_every_form() {
    let mut registry = RuleRegistry::new();
    let put = |registry: &mut RuleRegistry, id: &str, mac: &str| {
        registry.put(Ixlan, id, json!({"ix_id": id.parse::<u32>().expect("an id"), "arp_sponge": mac}))
    };
    assert_eq!(put(&mut registry, "1", "0A-1B-2C-3D-4E-5F").0, 200);
    assert_eq!(registry.get(Ixlan, 1, "arp_sponge"), json!("0a:1b:2c:3d:4e:5f"));
    let taken = json!({"arp_sponge": ["ix lan with this ARP sponging MAC already exists."]});
    for form in ["0a:1b:2c:3d:4e:5f", "0A:1B:2C:3D:4E:5F", "0a-1b-2c-3d-4e-5f"] {
        assert_eq!(put(&mut registry, "3", form), RuleOutcome(400, taken.clone()), "{form}");
    }
    // Imported rows keep their format, and are found in it.
    registry.put_row(Ixlan, json!({"id": 1, "ix_id": 1, "arp_sponge": "0A-1B-2C-3D-4E-5F"}));
    assert_eq!(put(&mut registry, "3", "0a:1b:2c:3d:4e:5f"), RuleOutcome(400, taken));
    registry.put_row(Ixlan, json!({"id": 3, "ix_id": 3, "arp_sponge": "0a:1b:2c:3d:4e:5f"}));
    assert_eq!(put(&mut registry, "3", "0a:1b:2c:3d:4e:5f").0, 200, "what is stored already stays");
    assert_eq!(put(&mut registry, "1", "0A-1B-2C-3D-4E-5F").0, 200);
    assert_eq!(registry.get(Ixlan, 1, "arp_sponge"), json!("0A-1B-2C-3D-4E-5F"));
}

#[test]
fn i12_03_a_prefix_does_not_shrink_to_where_a_port_has_its_first_or_last_address() {
    let mut registry = RuleRegistry::new();
    let body = |prefix: &str| json!({"ixlan_id": 1, "protocol": "IPv4", "prefix": prefix});
    let port = |registry: &mut RuleRegistry, address: &str| {
        registry.put_row(
            Netixlan,
            json!({"id": 1, "net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": address, "asn": 63311}),
        );
    };
    for (address, prefix, which) in
        [("195.69.144.127", "195.69.144.0/25", "last"), ("195.69.144.128", "195.69.144.128/25", "first")]
    {
        port(&mut registry, address);
        let text = format!(
            "Cannot change prefix to {prefix}: IP address {address} from network ASN 63311 would be its {which} \
             address, which no port can have."
        );
        assert_eq!(registry.put(Ixpfx, "1", body(prefix)), RuleOutcome(400, json!({"prefix": [text]})));
    }
    port(&mut registry, "195.69.144.126");
    assert_eq!(registry.put(Ixpfx, "1", body("195.69.144.0/25")).0, 200);
    // Another prefix of the LAN contains the address.
    port(&mut registry, "195.69.144.63");
    registry.put_row(Ixpfx, json!({"id": 3, "ixlan_id": 1, "protocol": "IPv4", "prefix": "195.69.144.0/24"}));
    assert_eq!(registry.put(Ixpfx, "1", body("195.69.144.0/26")).0, 200);
}
