//! Defects that feeds have (spec/ixf.md, 3): what validation says about each, and what an import makes of it.

use peerage_ixf::{ParseProblem, bounds, clean, parse, validate};

use crate::{asking_lan, check, connection, entry, lan, list_of, member, plan_of, port, rules, simple};

const ONE: &str = "add AS64500 192.0.2.1 - 10000";

/// Checks what validation and import say about an element of `member_list`, on an empty LAN.
#[track_caller]
fn check_member(members: &str, expected_rules: &[&str], expected: &[&str]) {
    assert_eq!(rules(list_of(members).as_bytes()), expected_rules, "{members}");
    check(members, &lan(&[]), expected);
}

#[track_caller]
fn check_refused(bytes: &[u8], rule: &str, expected: &str) {
    assert_eq!(parse(bytes).expect_err("a list that is refused").to_string(), expected);
    let found = validate(bytes);
    assert!(!found.is_importable && found.has_errors());
    assert_eq!(found.findings[0].defect.name(), rule);
}

#[test]
fn a_good_list_has_no_findings() {
    check_member(&simple(64500, "192.0.2.1", ""), &[], &[ONE]);
}

#[test]
fn empty_page_with_status_200() {
    let text =
        "The file is empty. Check the exporter's log: some answer with status 200 when they fail (line 1, column 1).";
    check_refused(b"", "empty-file", text);
    check_refused(b" \n\n", "empty-file", text);
    check_refused(b"\xef\xbb\xbf", "empty-file", text);
}

#[test]
fn html_error_page() {
    let page = b"\n<!DOCTYPE html><html><body>secret</body></html>";
    check_refused(
        page,
        "html-page",
        "The file is an HTML page, not a member list. Check the address (line 1, column 1).",
    );
}

#[test]
fn broken_json_has_line_and_column() {
    let list = "{\"member_list\":[\n  {\"asnum\":64500,\n   \"connection_list\":[],},\n]}";
    check_refused(
        list.as_bytes(),
        "trailing-comma",
        "The file is not JSON: comma after the last element (line 3, column 25).",
    );
    check_refused(
        b"{\"member_list\":[\n1,]}",
        "trailing-comma",
        "The file is not JSON: comma after the last element (line 2, column 3).",
    );
    check_refused(
        b"{\"a\":[[1 ,\n ]]}",
        "trailing-comma",
        "The file is not JSON: comma after the last element (line 2, column 2).",
    );
    check_refused(b"{\"member_list\":[", "not-json", "The file ends too early (line 1, column 16).");
    check_refused(b"secret", "not-json", "The file is not JSON: expected value (line 1, column 1).");
    check_refused(b"{\"a\":\n\"\xff\"}", "not-utf8", "The file is not UTF-8 (line 2, column 2).");
    check_refused(
        b"[]",
        "not-member-list",
        "The document is not a member list: it is not an object (line 1, column 0).",
    );
    check_refused(
        b"\n{}",
        "not-member-list",
        "The document is not a member list: member_list is missing (line 2, column 0).",
    );
    check_refused(
        b"{\n\"member_list\":7}",
        "not-member-list",
        "The document is not a member list: member_list is not a list (line 2, column 0).",
    );
}

#[test]
fn byte_order_mark() {
    let list = format!("\u{feff}{}", list_of(&simple(64500, "192.0.2.1", "")));
    assert_eq!(rules(list.as_bytes()), ["byte-order-mark"]);
    assert_eq!(parse(list.as_bytes()).unwrap().members.len(), 1);
}

#[test]
fn null_and_missing_lists() {
    let bare = |fields: &str| format!(r#"{{"asnum":64500,"name":"A"{fields}}}"#);
    check_member(&bare(""), &["member-without-address"], &[]);
    let rules_of_null = &["member-without-address", "null-list"][..];
    check_member(&bare(r#","connection_list":null"#), rules_of_null, &[]);
    let null_lists = r#","connection_list":[{"if_list":null,"vlan_list":null},null]"#;
    check_member(&bare(null_lists), rules_of_null, &[]);
    let null_families = member(64500, r#"{"if_list":[null],"vlan_list":[{"vlan_id":1,"ipv4":null,"ipv6":null},null]}"#);
    check_member(&null_families, &["member-without-address"], &[]);
    let list = br#"{"version":null,"timestamp":null,"ixp_list":null,"member_list":[]}"#;
    assert_eq!(rules(list), ["no-members", "null-list", "timestamp-missing", "version-missing"]);
    assert!(rules(br#"{"member_list":[]}"#).contains(&"ixp-list-missing"));
}

#[test]
fn null_speed_and_missing_speed() {
    let with = |interfaces: &str| {
        let entry = entry("192.0.2.1", "");
        member(64500, &format!(r#"{{"if_list":{interfaces},"vlan_list":[{entry}]}}"#))
    };
    let unknown = &["add AS64500 192.0.2.1 - 0"][..];
    check_member(&with(r#"[{"if_speed":null}]"#), &["speed-missing", "speed-null"], unknown);
    check_member(&with("null"), &["null-list", "speed-missing"], unknown);
    check_member(&with("[{}]"), &["speed-missing"], unknown);
    check_member(&with(r#"[{"if_speed":""}]"#), &["speed-missing"], unknown);
    check_member(&with(r#"[{"if_speed":0}]"#), &["speed-zero"], unknown);
    check_member(&with(r#"[{"if_speed":"10000"}]"#), &["speed-text"], &[ONE]);
    check_member(&with(r#"[{"if_speed":" 1e4 "}]"#), &["speed-text"], &[ONE]);
    check_member(&with(r#"[{"if_speed":10000.0},{"if_speed":null}]"#), &["speed-null"], &[ONE]);
    // A port with several interfaces has the sum of their speeds.
    check_member(&with(r#"[{"if_speed":4000},{"if_speed":6000}]"#), &[], &[ONE]);
}

#[test]
fn speeds_that_are_errors() {
    let with = |speed: &str| {
        let entry = entry("192.0.2.1", "");
        member(64500, &format!(r#"{{"if_list":[{{"if_speed":{speed}}}],"vlan_list":[{entry}]}}"#))
    };
    let unreadable = &["error AS64500 speed-unreadable"][..];
    for speed in ["\"10G\"", "-1", "0.5", "true", "{}", "[1]", "\"10 Gbit/s\""] {
        check_member(&with(speed), &["speed-unreadable"], unreadable);
    }
    check_member(&with("10"), &["speed-gbit"], &["error AS64500 speed-too-low"]);
    check_member(&with("10000000000"), &["speed-too-high"], &["error AS64500 speed-too-high"]);
    check_member(&with("18446744073709551615"), &["speed-too-high"], &["error AS64500 speed-too-high"]);
    let plan = plan_of(&with("\"10G\""), &lan(&[]));
    let text = "member_list[0].connection_list[0].if_list[0].if_speed (line 4): AS64500: The speed 10G is not a whole \
                number of Mbit/s.";
    assert_eq!(plan.errors[0].to_string(), text);
    // The port that the row stands for stays.
    check(&with("\"10G\""), &lan(&[port(1, 64500, "192.0.2.1", "")]), unreadable);
    check(&with("\"10G\""), &lan(&[port(1, 64500, "192.0.2.1", "2001:db8::1")]), unreadable);
}

fn in_state(state: &str) -> String {
    member(
        64500,
        &format!(r#"{{"state":{state},"if_list":[{{"if_speed":10000}}],"vlan_list":[{}]}}"#, entry("192.0.2.1", "")),
    )
}

#[test]
fn states() {
    for state in ["\"\"", "\"active\"", "\"connected\"", "\"operational\""] {
        check_member(&in_state(state), &[], &[ONE]);
    }
    check_member(&in_state("\"inactive\""), &[], &["add AS64500 192.0.2.1 - 10000 down"]);
    // Null is missing.
    check_member(&in_state("null"), &["state-null"], &[ONE]);
    // Case does not matter, not even for what is operational.
    check_member(&in_state("\"Inactive\""), &["state-upper-case"], &["add AS64500 192.0.2.1 - 10000 down"]);
    check_member(&in_state("\"ACTIVE \""), &["state-upper-case"], &[ONE]);
    check_member(&in_state("\"ceased\""), &["state-unknown"], &["ignore AS64500 state-unknown"]);
    check_member(&in_state("1"), &["state-unknown"], &["ignore AS64500 state-unknown"]);
}

#[test]
fn same_address_twice_refuses_the_list() {
    let list = list_of(&[simple(64500, "192.0.2.1", ""), simple(64501, "192.0.2.1", "2001:db8::1")].join(",\n"));
    let error = clean(&parse(list.as_bytes()).unwrap()).unwrap_err();
    let text = "192.0.2.1 is in two connections: member_list[0].connection_list[0].vlan_list[0].ipv4.address (line 4) and \
                member_list[1].connection_list[0].vlan_list[0].ipv4.address (line 5). Remove one of them.";
    assert_eq!(error.to_string(), text);
    let found = validate(list.as_bytes());
    assert!(!found.is_importable);
    assert_eq!(rules(list.as_bytes()), ["address-twice"]);
    // Only the first row of each connection is compared; the import refuses the others one by one.
    let second = |asn, own: &str| member(asn, &connection(10_000, &[entry(own, ""), entry("192.0.2.9", "")].join(",")));
    let members = [second(64500, "192.0.2.1"), second(64501, "192.0.2.2")].join(",");
    let expected = [ONE, "add AS64501 192.0.2.2 - 10000", "error AS64500 address-twice", "error AS64501 address-twice"];
    check(&members, &lan(&[port(1, 64501, "192.0.2.9", "")]), &expected);
}

#[test]
fn equal_members_count_once() {
    let one = simple(64500, "192.0.2.1", "");
    check_member(&[one.as_str(); 3].join(","), &["member-twice"], &[ONE]);
    // Equal but for one unknown field: these are two, so their address is listed twice (issue 847).
    let other = one.replacen('{', r#"{"id":2,"#, 1);
    let list = list_of(&[one, other].join(","));
    assert!(clean(&parse(list.as_bytes()).unwrap()).is_err());
    assert_eq!(rules(list.as_bytes()), ["address-twice", "asn-twice"]);
    let members = [simple(64500, "192.0.2.1", ""), simple(64500, "192.0.2.2", "")].join(",");
    check_member(&members, &["asn-twice"], &[ONE, "add AS64500 192.0.2.2 - 10000"]);
}

const BOTH: &str = "add AS64500 192.0.2.1 2001:db8::1 10000";

#[test]
fn families_as_two_entries_are_joined() {
    let two = [entry("192.0.2.1", ""), entry("", "2001:db8::1")].join(",");
    check_member(&member(64500, &connection(10_000, &two)), &["families-in-two-entries"], &[BOTH]);
    // Without vlan_id, too.
    let two = two.replace(r#""vlan_id":1,"#, "");
    let rules = ["families-in-two-entries", "vlan-id-missing"];
    check_member(&member(64500, &connection(10_000, &two)), &rules, &[BOTH]);
    // In order, as far as there are partners.
    let three = [entry("192.0.2.1", ""), entry("192.0.2.2", ""), entry("", "2001:db8::1")].join(",");
    let expected = [BOTH, "add AS64500 192.0.2.2 - 10000"];
    let mut sorted = expected;
    sorted.sort_unstable();
    let mut found = crate::summary(&plan_of(&member(64500, &connection(10_000, &three)), &lan(&[])));
    found.sort_unstable();
    assert_eq!(found, sorted);
}

#[test]
fn families_as_two_connections_are_joined() {
    let four = connection(10_000, &entry("192.0.2.1", ""));
    let six = connection(10_000, &entry("", "2001:db8::1"));
    let two = |four: &str, six: &str| member(64500, &[four, six].join(","));
    check_member(&two(&four, &six), &["families-in-two-connections"], &[BOTH]);
    check_member(&two(&six, &four), &["families-in-two-connections"], &[BOTH]);
    // Speeds and state have to agree.
    let halves = ["add AS64500 - 2001:db8::1 1000", "add AS64500 192.0.2.1 - 10000"];
    check_member(&two(&four, &six.replace("10000", "1000")), &[], &halves);
    let down = six.replacen('{', r#"{"state":"inactive","#, 1);
    check_member(&two(&four, &down), &[], &["add AS64500 - 2001:db8::1 10000 down", ONE]);
    // The same speeds in another order are the same; the same sum is not.
    let speeds = |connection: &str, speeds: &str| connection.replace(r#"[{"if_speed":10000}]"#, speeds);
    let (up, upside_down) = (r#"[{"if_speed":4000},{"if_speed":6000}]"#, r#"[{"if_speed":6000},{"if_speed":4000}]"#);
    check_member(&two(&speeds(&four, up), &speeds(&six, upside_down)), &["families-in-two-connections"], &[BOTH]);
    check_member(&two(&speeds(&four, up), &six), &[], &["add AS64500 - 2001:db8::1 10000", ONE]);
    // Several pairs are joined from the lowest addresses on; if there are more of one family, none is.
    let more =
        [four.clone(), connection(10_000, &entry("192.0.2.2", "")), connection(10_000, &entry("", "2001:db8::2"))];
    let three = member(64500, &more.join(","));
    check_member(&three, &[], &["add AS64500 - 2001:db8::2 10000", ONE, "add AS64500 192.0.2.2 - 10000"]);
    let pairs = member(64500, &[more.as_slice(), &[six]].concat().join(","));
    check_member(&pairs, &["families-in-two-connections"], &[BOTH, "add AS64500 192.0.2.2 2001:db8::2 10000"]);
}

#[test]
fn families_in_different_vlans_stop_the_import() {
    let two = [entry("192.0.2.1", ""), entry("", "2001:db8::1").replace(r#""vlan_id":1"#, r#""vlan_id":"v6""#)];
    let list = list_of(&member(64500, &connection(10_000, &two.join(","))));
    assert_eq!(rules(list.as_bytes()), ["families-in-two-vlans", "several-vlans"]);
    let cleaned = clean(&parse(list.as_bytes()).unwrap()).unwrap();
    let stopped = peerage_ixf::compare(&cleaned, &lan(&[]), &peerage_ixf::GuardLimits::default()).unwrap_err();
    let text = "The LAN's prefixes contain addresses of several VLANs: member_list[0].connection_list[0].vlan_list[0] \
                (line 4) has vlan_id 1, and member_list[0].connection_list[0].vlan_list[1] (line 4) has vlan_id v6. A LAN \
                can be one VLAN only.";
    assert_eq!(stopped.to_string(), text);
}

#[test]
fn several_lans_in_one_list() {
    let other = entry("198.51.100.1", "").replace(r#""vlan_id":1"#, r#""vlan_id":2"#);
    let members = member(64500, &connection(10_000, &[entry("192.0.2.1", ""), other].join(",")));
    check_member(&members, &["several-vlans"], &[ONE]);
    assert_eq!(plan_of(&members, &lan(&[])).outside, 1);
}

#[test]
fn missing_vlan_id_counts_as_0() {
    let entry = |vlan: &str, address: &str| format!(r#"{{{vlan}"ipv4":{{"address":"{address}"}}}}"#);
    let members = |first: &str, second: &str| {
        let entries = [entry(first, "192.0.2.1"), entry(second, "192.0.2.2")].join(",");
        member(64500, &connection(10_000, &entries))
    };
    let two = [ONE, "add AS64500 192.0.2.2 - 10000"];
    check_member(&members("", r#""vlan_id":null,"#), &["vlan-id-missing"], &two);
    check_member(&members("", r#""vlan_id":0,"#), &["vlan-id-missing"], &two);
    check_member(&members(r#""vlan_id":"7","#, r#""vlan_id":7,"#), &[], &two);
}

#[test]
fn addresses_in_unusual_forms() {
    check_member(&simple(64500, "192.0.2.1/24", ""), &["address-with-mask"], &[ONE]);
    check_member(&simple(64500, " 192.0.2.1 ", ""), &["address-with-spaces"], &[ONE]);
    let six = &["add AS64500 - 2001:db8::a 10000"][..];
    check_member(&simple(64500, "", "2001:DB8::A"), &["address-not-canonical"], six);
    check_member(&simple(64500, "", "2001:0db8:0:0:0:0:0:000a"), &["address-not-canonical"], six);
    check_member(&simple(64500, "", "2001:db8::a/64"), &["address-with-mask"], six);
    let empty = member(64500, &connection(10_000, r#"{"vlan_id":1,"ipv4":{"address":""},"ipv6":{"address":null}}"#));
    check_member(&empty, &["member-without-address"], &[]);
}

#[test]
fn addresses_that_are_errors() {
    let error = &["error AS64500 address-unreadable"][..];
    for address in ["192.0.2.1/33", "192.0.2.1/x", "192.0.2.256", "192.0.2.001", "2001:db8::1", "none", "fe80::1%eth0"]
    {
        check_member(&simple(64500, address, ""), &["address-unreadable"], error);
    }
    // It is unclear which port is meant, so none of the member is removed.
    let ports = [port(1, 64500, "192.0.2.7", ""), port(2, 64501, "192.0.2.8", "")];
    let expected = ["delete AS64501 192.0.2.8 - 10000", "error AS64500 address-unreadable"];
    check(&simple(64500, "192.0.2.x", ""), &lan(&ports), &expected);
    // Nor is a half of a port.
    let halves = [entry("192.0.2.7", ""), entry("", "2001:db8::x")].join(",");
    let expected = ["error AS64500 address-unreadable", "error AS64500 held-by-unclear-port"];
    check(&member(64500, &connection(10_000, &halves)), &lan(&[port(1, 64500, "192.0.2.7", "2001:db8::7")]), &expected);
    // What is repeated is short.
    let plan = plan_of(&simple(64500, &"x".repeat(5000), ""), &lan(&[]));
    assert!(plan.errors[0].to_string().len() < 250, "{}", plan.errors[0]);
}

#[test]
fn addresses_outside_of_the_prefixes() {
    // Both: skipped without an error, since the row belongs to another LAN.
    check_member(&simple(64500, "203.0.113.1", "2001:db8:1::1"), &["address-outside-prefix"], &[]);
    // One of two: an error for the exchange, and the port stays.
    let one = simple(64500, "192.0.2.1", "2001:db8:1::1");
    check_member(&one, &[], &["error AS64500 outside-prefix"]);
    check(&one, &lan(&[port(1, 64500, "192.0.2.1", "2001:db8::1")]), &["error AS64500 outside-prefix"]);
    let text = "member_list[0].connection_list[0].vlan_list[0].ipv6.address (line 4): AS64500: 2001:db8:1::1 does not match \
                any prefix of the LAN.";
    assert_eq!(plan_of(&one, &lan(&[])).errors[0].to_string(), text);
    // No port can have the first or last address of a prefix.
    check_member(&simple(64500, "192.0.2.0", ""), &[], &["error AS64500 edge-of-prefix"]);
    check_member(&simple(64500, "192.0.2.255", ""), &[], &["error AS64500 edge-of-prefix"]);
}

#[test]
fn members_without_addresses_or_names() {
    check_member(&member(64500, &connection(10_000, "")), &["member-without-address"], &[]);
    check_member(&simple(64500, "192.0.2.1", "").replace(r#""name":"AS64500","#, ""), &["names-missing"], &[ONE]);
}

#[test]
fn missing_ixf_id_and_other_frames() {
    let frame = |exchanges: &str| {
        let members = simple(64500, "192.0.2.1", "");
        format!(r#"{{"version":"1.0","timestamp":"now","ixp_list":{exchanges},"member_list":[{members}]}}"#)
    };
    assert_eq!(rules(frame(r#"[{"ixp_id":1}]"#).as_bytes()), ["ixf-id-missing"]);
    assert_eq!(rules(frame(r#"[{"ixf_id":1},{"ixf_id":2}]"#).as_bytes()), ["several-exchanges"]);
    assert_eq!(rules(frame(r#"{"ixf_id":1}"#).as_bytes()), ["wrong-type"]);
    assert_eq!(rules(frame(r"[1]").as_bytes()), ["ixf-id-missing", "wrong-type"]);
    assert_eq!(rules(frame("[]").replace("1.0", "2.0").as_bytes()), ["version-unknown"]);
    // Version 0.3 has one exchange.
    let old = frame(r#"{"ixp_id":"EX","ixf_id":1,"switch":[{"id":1}]}"#).replace("ixp_list", "ixp_info");
    assert_eq!(rules(old.replace("1.0", "0.3").as_bytes()), [""; 0]);
    assert_eq!(parse(old.as_bytes()).unwrap().exchanges[0].switches.len(), 1);
}

#[test]
fn as_numbers_that_are_errors() {
    for asn in ["0", "-1", "4294967295", "1.5", "\"AS64500\"", "true", "[]", "null"] {
        let members = simple(64500, "192.0.2.1", "").replace("\"asnum\":64500", &format!("\"asnum\":{asn}"));
        let key = if asn == "null" { "error - asn-missing" } else { "error - asn-unreadable" };
        check_member(&members, &["asn-unreadable"], &[key]);
        // The port with this address stays.
        check(&members, &lan(&[port(1, 64501, "192.0.2.1", "")]), &[key]);
    }
    let text = simple(64500, "192.0.2.1", "").replace("\"asnum\":64500", "\"asnum\":\" 64500 \"");
    check_member(&text, &["asn-text"], &[ONE]);
}

#[test]
fn private_as_numbers_and_route_servers() {
    let list = list_of(&simple(4_200_000_001, "192.0.2.1", ""));
    assert!(validate(list.as_bytes()).findings.iter().any(|finding| finding.defect.name() == "asn-private"));
    check(&simple(4_200_000_001, "192.0.2.1", ""), &lan(&[]), &["ignore AS4200000001 unknown-network"]);
    let server = simple(64500, "192.0.2.1", "").replacen('{', r#"{"member_type":"RouteServer","#, 1);
    check_member(&server, &["route-server-member"], &[ONE]);
}

#[test]
fn elements_of_the_wrong_type() {
    let malformed = &["error AS64500 malformed"][..];
    let with = |field: &str| format!(r#"{{"asnum":64500,"name":"A",{field}}}"#);
    check_member(&with(r#""connection_list":{}"#), &["wrong-type"], malformed);
    check_member(&with(r#""connection_list":[7]"#), &["wrong-type"], malformed);
    check_member(
        &with(r#""connection_list":[{"vlan_list":{}}]"#),
        &["member-without-address", "wrong-type"],
        malformed,
    );
    let entry_list = r#""connection_list":[{"if_list":[{"if_speed":1000}],"vlan_list":["x"]}]"#;
    check_member(&with(entry_list), &["member-without-address", "wrong-type"], malformed);
    let family = member(64500, &connection(10_000, r#"{"vlan_id":1,"ipv4":"192.0.2.1"}"#));
    check_member(&family, &["member-without-address", "wrong-type"], malformed);
    let interfaces = member(64500, &format!(r#"{{"if_list":7,"vlan_list":[{}]}}"#, entry("192.0.2.1", "")));
    check_member(&interfaces, &["wrong-type"], &["error AS64500 speed-malformed"]);
    check_member("7", &["member-without-address", "names-missing", "wrong-type"], &["error - asn-unreadable"]);
    // None of the member's ports is removed.
    check(&with(r#""connection_list":{}"#), &lan(&[port(1, 64500, "192.0.2.7", "")]), malformed);
}

#[test]
fn switches_and_facilities_that_are_unknown() {
    let with = |interface: &str| {
        let entry = entry("192.0.2.1", "");
        member(64500, &format!(r#"{{"if_list":[{{"if_speed":10000,{interface}}}],"vlan_list":[{entry}]}}"#))
    };
    check_member(&with(r#""switch_id":9"#), &["switch-unknown"], &[ONE]);
    check_member(&with(r#""pdb_facility_id":"DC 1""#), &["facility-unreadable"], &[ONE]);
    check_member(&with(r#""pdb_facility_id":0"#), &[], &[ONE]);
}

#[test]
fn route_server_flags() {
    let with = |flag: &str| {
        let entry = entry("192.0.2.1", "").replace(r#""192.0.2.1""#, &format!(r#""192.0.2.1","routeserver":{flag}"#));
        member(64500, &connection(10_000, &entry))
    };
    check_member(&with("true"), &[], &["add AS64500 192.0.2.1 - 10000 rs"]);
    check_member(&with("null"), &[], &[ONE]);
    check_member(&with("1"), &["route-server-flag"], &["add AS64500 192.0.2.1 - 10000 rs"]);
    check_member(&with("\"maybe\""), &["route-server-flag"], &[ONE]);
}

#[test]
fn half_empty_list_is_stopped_by_the_guard() {
    let ports: Vec<_> = (1..=100).map(|id| port(id, 64500 + id % 10, &format!("192.0.2.{id}"), "")).collect();
    let rest: Vec<String> =
        ports[..50].iter().map(|port| simple(port.asn, &port.values.ipaddr4.unwrap().to_string(), "")).collect();
    let plan = plan_of(&rest.join(","), &lan(&ports));
    assert!(plan.guard.stops_removals() && !plan.guard.stops_proposals());
    assert_eq!((plan.guard.allowed, plan.guard.removals.len()), (5, 50));
    // Without consent, it would have been a mail to everybody.
    let plan = plan_of(&rest.join(","), &asking_lan(&ports));
    assert!(!plan.guard.stops_removals() && plan.guard.stops_proposals());
    assert_eq!(plan.guard.proposed_removals, (51..=100).collect::<Vec<u32>>());
}

#[test]
fn small_files_do_not_become_large_structures() {
    let refused = |members: &str, expected: &str| {
        let list = format!("{{\"member_list\":[\n{members}]}}");
        let error = parse(&list.as_bytes()[..list.len().min(bounds::LIST_BYTES_MAX)]).unwrap_err();
        assert_eq!(error.problem.to_string(), expected);
        error
    };
    let many = |one: &str, times: usize| vec![one; times].join(",");
    refused(&many("{}", 3_000_000), "The list has more than 20000 members");
    let lists = format!("{{\"connection_list\":[{}]}}", many("{}", 50_001));
    refused(&lists, "The list has more than 50000 connections");
    let entries = format!("{{\"connection_list\":[{{\"vlan_list\":[{}]}}]}}", many("{}", 100_001));
    refused(&entries, "The list has more than 100000 entries in vlan_list");
    let interfaces = format!("{{\"connection_list\":[{{\"if_list\":[{}]}}]}}", many("{}", 100_001));
    assert_eq!(refused(&interfaces, "The list has more than 100000 interfaces").line, 2);
    let too_large = vec![b' '; bounds::LIST_BYTES_MAX + 1];
    assert_eq!(parse(&too_large).unwrap_err().problem, ParseProblem::TooLarge);
}

#[test]
fn deep_nesting_needs_no_stack() {
    let depth = 4_000_000;
    assert_eq!(parse(&vec![b'['; depth]).unwrap_err().problem, ParseProblem::EndsEarly);
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(parse(deep.as_bytes()).unwrap_err().problem, ParseProblem::NotAnObject);
    let inside = format!(r#"{{"member_list":[{{"asnum":64500,"x":{deep}}}]}}"#);
    assert_eq!(parse(inside.as_bytes()).unwrap().members.len(), 1);
}

#[test]
fn findings_are_bounded_and_the_rest_is_counted() {
    let members: Vec<String> = (0..1000).map(|number| member(64500 + number, "")).collect();
    let found = validate(list_of(&members.join(",\n")).as_bytes());
    let listed = found.findings.iter().filter(|finding| finding.defect.name() == "member-without-address").count();
    assert_eq!(listed, bounds::FINDINGS_PER_DEFECT_MAX);
    let left_out: Vec<(&str, usize)> = found.left_out.iter().map(|(defect, count)| (defect.name(), *count)).collect();
    assert!(left_out.contains(&("member-without-address", 950)), "{left_out:?}");
}

#[test]
fn findings_as_json() {
    let list = list_of(&format!("\n{}", simple(64500, "192.0.2.1/24", "")));
    let found = validate(list.as_bytes());
    let finding = found.findings.iter().find(|finding| finding.defect.name() == "address-with-mask").unwrap();
    let expected = r#"{"rule":"address-with-mask","severity":"warning","path":"member_list[0].connection_list[0].vlan_list[0].ipv4.address","line":5,"value":"192.0.2.1/24","text":"The address has a mask: 192.0.2.1/24"}"#;
    assert_eq!(serde_json::to_string(finding).unwrap(), expected);
    let whole = serde_json::to_value(&found).unwrap();
    assert_eq!((&whole["is_importable"], &whole["ports"]), (&true.into(), &1.into()));
}
