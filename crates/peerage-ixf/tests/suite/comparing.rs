//! What an import changes: identity, consent, reassignment, exclusions, facilities, and the order of changes.

use peerage_ixf::{
    ChangeAction, DecidedBy, Family, GuardLimits, Lan, LanPort, Reason, StopReason, clean, compare, parse,
};

use crate::{asking_lan, check, connection, entry, lan, list_of, member, plan_of, port, simple};

const A: &str = "192.0.2.1";
const B: &str = "192.0.2.2";
const A6: &str = "2001:db8::1";
const B6: &str = "2001:db8::2";

fn without_consent(mut lan: Lan, asn: u32) -> Lan {
    lan.networks.get_mut(&asn).expect("a network").allows_update = false;
    lan
}

#[test]
fn ports_are_added_changed_and_removed_with_consent() {
    let ports = [port(1, 64500, A, ""), port(2, 64501, B, ""), port(3, 64502, "192.0.2.3", A6)];
    let members = [
        member(64500, &connection(1000, &entry(A, ""))),
        simple(64502, "192.0.2.3", A6),
        simple(64503, "192.0.2.4", B6),
    ];
    let expected = [
        "delete AS64501 192.0.2.2 - 10000",
        "modify AS64500 192.0.2.1 - 1000",
        "add AS64503 192.0.2.4 2001:db8::2 10000",
    ];
    check(&members.join(","), &lan(&ports), &expected);
    let plan = plan_of(&members.join(","), &lan(&ports));
    assert!(plan.changes.iter().all(|change| change.decided_by == DecidedBy::Consent));
    assert_eq!(plan.changes.iter().map(|change| change.port_id).collect::<Vec<_>>(), [Some(2), Some(1), None]);
    assert_eq!((plan.noops.len(), plan.noops[0].port_id, &plan.noops[0].reason), (1, 3, &Reason::Equal));
    assert_eq!(plan.as_numbers, 3);
    assert_eq!(plan.changes[1].reason.to_string(), "The exchange's member list has other values: speed 10000 → 1000.");
    let source = plan.changes[2].source.unwrap().to_string();
    assert_eq!(source, "member_list[2].connection_list[0].vlan_list[0] (line 4)");
}

#[test]
fn all_as_numbers_of_the_list_count() {
    let members = [simple(64500, A, ""), simple(64500, B, ""), simple(65000, "203.0.113.1", "")].join(",");
    assert_eq!(plan_of(&members, &lan(&[])).as_numbers, 2);
}

#[test]
fn unknown_networks_and_those_that_are_not_ok_are_ignored() {
    let mut lan = lan(&[port(1, 64501, B, "")]);
    lan.networks.get_mut(&64501).unwrap().is_ok = false;
    let members = [simple(65000, A, ""), simple(64501, B, "")].join(",");
    check(&members, &lan, &["ignore AS64501 network-not-ok", "ignore AS65000 unknown-network"]);
}

#[test]
fn unstated_values_never_change_a_port() {
    let mut rs = port(1, 64500, A, "");
    rs.values.is_rs_peer = true;
    let members = member(64500, &format!(r#"{{"vlan_list":[{}]}}"#, entry(A, "")));
    check(&members, &lan(&[rs]), &[]);
}

#[test]
fn the_flag_of_ipv4_comes_first() {
    let with = |four: &str, six: &str| {
        let entry = format!(r#"{{"vlan_id":1,"ipv4":{{"address":"{A}"{four}}},"ipv6":{{"address":"{A6}"{six}}}}}"#);
        member(64500, &connection(10_000, &entry))
    };
    let (yes, no) = (r#","routeserver":true"#, r#","routeserver":false"#);
    let ports = [port(1, 64500, A, A6)];
    let rs = ["modify AS64500 192.0.2.1 2001:db8::1 10000 rs"];
    check(&with(yes, no), &lan(&ports), &rs);
    check(&with("", yes), &lan(&ports), &rs);
    check(&with(no, yes), &lan(&ports), &[]);
}

#[test]
fn a_port_that_changes_one_address_is_modified() {
    for (ipv4, ipv6) in [(B, A6), (A, B6), (A, ""), ("", A6)] {
        let plan = plan_of(&simple(64500, ipv4, ipv6), &lan(&[port(1, 64500, A, A6)]));
        let [change] = plan.changes.as_slice() else { panic!("{plan:?}") };
        assert_eq!((change.action, change.port_id), (ChangeAction::Modify, Some(1)));
        assert!(matches!(change.reason, Reason::Renumbered(_)));
        assert!(plan.guard.removals.is_empty());
    }
    // If both change, it is another port.
    let expected = ["delete AS64500 192.0.2.1 2001:db8::1 10000", "add AS64500 192.0.2.2 2001:db8::2 10000"];
    check(&simple(64500, B, B6), &lan(&[port(1, 64500, A, A6)]), &expected);
}

#[test]
fn two_ports_become_one() {
    let ports = [port(1, 64500, A, ""), port(2, 64500, "", A6)];
    let expected = ["delete AS64500 - 2001:db8::1 10000", "modify AS64500 192.0.2.1 2001:db8::1 10000"];
    check(&simple(64500, A, A6), &lan(&ports), &expected);
}

#[test]
fn ports_that_swap_addresses_are_removed_and_added_where_needed() {
    let ports = [port(1, 64500, A, A6), port(2, 64500, B, B6)];
    let connections = [connection(10_000, &entry(A, B6)), connection(10_000, &entry(B, A6))].join(",");
    let expected = [
        "delete AS64500 192.0.2.1 2001:db8::1 10000",
        "modify AS64500 192.0.2.2 2001:db8::1 10000",
        "add AS64500 192.0.2.1 2001:db8::2 10000",
    ];
    check(&member(64500, &connections), &lan(&ports), &expected);
}

#[test]
fn an_address_at_another_as_number_is_taken_whatever_the_switch() {
    let members = [simple(64501, A, ""), simple(64500, "", A6)].join(",");
    let ports = [port(1, 64500, A, A6)];
    let plan = plan_of(&members, &without_consent(lan(&ports), 64500));
    let expected = [
        "delete AS64500 192.0.2.1 2001:db8::1 10000",
        "add AS64501 192.0.2.1 - 10000",
        "suggest-add AS64500 - 2001:db8::1 10000",
    ];
    assert_eq!(crate::summary(&plan), expected);
    assert_eq!(plan.changes[0].decided_by, DecidedBy::Reassignment);
    let text = "The exchange's member list has 192.0.2.1 at AS64501.";
    assert_eq!(plan.changes[0].reason.to_string(), text);
    assert!(plan.changes[0].source.is_some());
    // Also if the other network decides about its own ports.
    let expected = [
        "delete AS64500 192.0.2.1 2001:db8::1 10000",
        "suggest-add AS64500 - 2001:db8::1 10000",
        "suggest-add AS64501 192.0.2.1 - 10000",
    ];
    check(&members, &asking_lan(&ports), &expected);
    // But not for an AS number that no network of the registry has.
    let members = simple(65000, A, "");
    let expected = ["suggest-delete AS64500 192.0.2.1 2001:db8::1 10000", "ignore AS65000 unknown-network"];
    check(&members, &asking_lan(&ports), &expected);
}

#[test]
fn a_row_in_an_unknown_state_does_not_count() {
    let members = simple(64500, A, "").replacen(r#"{"ixp_id""#, r#"{"state":"ceased","ixp_id""#, 1);
    let expected = ["delete AS64500 192.0.2.1 - 10000", "ignore AS64500 state-unknown"];
    check(&members, &lan(&[port(1, 64500, A, "")]), &expected);
}

#[test]
fn excluded_fields_are_never_taken() {
    let mut excluding = lan(&[]);
    let excluded = &mut excluding.networks.get_mut(&64500).unwrap().excluded;
    (excluded.speed, excluded.is_rs_peer, excluded.operational) = (true, true, true);
    let entry = entry(A, "").replace(r#""192.0.2.1""#, r#""192.0.2.1","routeserver":true"#);
    let connection = connection(1000, &entry).replacen('{', r#"{"state":"inactive","#, 1);
    let members = member(64500, &connection);
    // In a new port, they have the values of a new port.
    check(&members, &excluding, &["add AS64500 192.0.2.1 - 0"]);
    excluding.ports = vec![port(1, 64500, A, "")];
    check(&members, &excluding, &[]);
    let plan = plan_of(&members, &excluding);
    let text = "The network does not let exchanges change this: speed 10000 → 1000, route server peer false → true, \
                operational true → false.";
    assert_eq!(plan.noops[0].reason.to_string(), text);
    // One at a time.
    let excluded = &mut excluding.networks.get_mut(&64500).unwrap().excluded;
    (excluded.speed, excluded.is_rs_peer, excluded.operational) = (true, false, false);
    check(&members, &excluding, &["modify AS64500 192.0.2.1 - 10000 rs down"]);
}

fn at_facilities(interfaces: &str) -> String {
    member(64500, &format!(r#"{{"if_list":[{interfaces}],"vlan_list":[{}]}}"#, entry(A, "")))
}

#[test]
fn the_facility_is_the_interfaces_or_its_switches() {
    let with = |interfaces: &str, expected: &[&str]| {
        let mut port = port(1, 64500, A, "");
        port.values.ix_side_id = Some(99);
        for lan in [lan(&[port]), asking_lan(&[port])] {
            check(&at_facilities(interfaces), &lan, expected);
        }
    };
    let (at_11, at_12) =
        (&["modify AS64500 192.0.2.1 - 10000 at 11"][..], &["modify AS64500 192.0.2.1 - 10000 at 12"][..]);
    with(r#"{"pdb_facility_id":11}"#, at_11);
    with(r#"{"switch_id":2}"#, at_12);
    with(r#"{"switch_id":"2"}"#, at_12);
    // The interface's own comes first.
    with(r#"{"switch_id":2,"pdb_facility_id":11}"#, at_11);
    // Several interfaces in one facility, or others where it is unknown.
    with(r#"{"pdb_facility_id":11},{"switch_id":1},{"switch_id":3},{}"#, at_11);
    // Several facilities: unknown. Only those that exist count.
    with(r#"{"switch_id":1},{"switch_id":2}"#, &[]);
    with(r#"{"switch_id":1},{"pdb_facility_id":77}"#, at_11);
    // Unknown never removes what is there.
    with(r#"{"pdb_facility_id":77}"#, &[]);
    with("", &[]);
}

#[test]
fn the_exchanges_side_is_applied_without_consent() {
    let mut side = port(1, 64500, A, "");
    side.values.ix_side_id = Some(12);
    let members = at_facilities(r#"{"pdb_facility_id":11,"if_speed":1000}"#);
    let plan = plan_of(&members, &asking_lan(&[side]));
    assert_eq!(crate::summary(&plan), ["modify AS64500 192.0.2.1 - 10000 at 11"]);
    assert_eq!(plan.changes[0].decided_by, DecidedBy::ExchangeSide);
    // With consent, it is a change of its own after the others, and a part of a new port.
    let expected = ["modify AS64500 192.0.2.1 - 1000 at 12", "modify AS64500 192.0.2.1 - 1000 at 11"];
    check(&members, &lan(&[side]), &expected);
    check(&members, &lan(&[]), &["add AS64500 192.0.2.1 - 1000 at 11"]);
}

#[test]
fn families_that_a_network_does_not_speak_are_left_out() {
    let mut silent = lan(&[]);
    silent.networks.get_mut(&64500).unwrap().speaks_ipv6 = false;
    let members = [simple(64500, A, A6), simple(64500, B, B6)].join(",");
    check(&members, &silent, &["add AS64500 192.0.2.1 - 10000", "add AS64500 192.0.2.2 - 10000"]);
    let plan = plan_of(&members, &silent);
    let [conflict] = plan.conflicts.as_slice() else { panic!("{:?}", plan.conflicts) };
    assert_eq!((conflict.asn, conflict.family, conflict.address.to_string().as_str()), (64500, Family::V6, A6));
    // A row without an address is not made, and not removed either.
    check(&simple(64500, "", A6), &silent, &["ignore AS64500 no-family-left"]);
    silent.ports = vec![port(1, 64500, "", A6)];
    check(&simple(64500, "", A6), &silent, &["ignore AS64500 no-family-left"]);
    // A network that says nothing speaks both.
    let network = silent.networks.get_mut(&64500).unwrap();
    (network.speaks_ipv4, network.speaks_ipv6) = (false, false);
    silent.ports.clear();
    check(&simple(64500, A, A6), &silent, &["add AS64500 192.0.2.1 2001:db8::1 10000"]);
}

#[test]
fn an_address_of_another_lan_is_an_error() {
    let mut lan = lan(&[port(1, 64500, "", B6)]);
    lan.elsewhere.insert(A.parse().unwrap(), 7);
    check(&simple(64500, A, B6), &lan, &["error AS64500 in-another-lan"]);
    let plan = plan_of(&simple(64500, A, B6), &lan);
    assert!(plan.errors[0].to_string().ends_with("AS64500: 192.0.2.1 belongs to a port of another LAN (ID 7)."));
    assert_eq!(plan.errors[0].net_id, Some(500));
}

#[test]
fn a_row_waits_while_its_address_is_on_a_port_that_the_list_is_unclear_about() {
    // The IPv6 half of port 1 cannot be read, so the row with its IPv4 half is not the whole port.
    let halves = member(64500, &connection(10_000, &[entry(A, ""), entry("", "2001:db8::x")].join(",")));
    let expected = ["error AS64500 address-unreadable", "error AS64500 held-by-unclear-port"];
    let mut found = crate::summary(&plan_of(&halves, &lan(&[port(1, 64500, A, A6)])));
    found.sort_unstable();
    assert_eq!(found, expected);
    // Other networks are not affected.
    let members = [halves, simple(64501, B, "")].join(",");
    assert!(crate::summary(&plan_of(&members, &lan(&[]))).contains(&"add AS64501 192.0.2.2 - 10000".to_owned()));
}

#[test]
fn a_lan_without_prefix_imports_nothing() {
    let cleaned = clean(&parse(list_of(&simple(64500, A, "")).as_bytes()).unwrap()).unwrap();
    let empty = Lan { prefixes: Vec::new(), ..lan(&[]) };
    assert_eq!(compare(&cleaned, &empty, &GuardLimits::default()), Err(StopReason::NoPrefix));
}

fn guarded(ports: u32, gone: u32) -> bool {
    let address = |id: u32| format!("192.0.{}.{}", 2 + id / 250, 1 + id % 250);
    let all: Vec<LanPort> = (0..ports).map(|id| port(id + 1, 64500, &address(id), "")).collect();
    let entries: Vec<String> = (gone..ports).map(|id| connection(10_000, &entry(&address(id), ""))).collect();
    let mut lan = lan(&all);
    lan.prefixes = vec!["192.0.0.0/16".parse().expect("a prefix")];
    let plan = plan_of(&member(64500, &entries.join(",")), &lan);
    assert_eq!((plan.guard.ports as u32, plan.guard.removals.len() as u32), (ports, gone));
    plan.guard.stops()
}

#[test]
fn the_guard_stops_mass_removals() {
    // More than 5 %, or more than 50.
    assert!(!guarded(200, 10) && guarded(200, 11));
    assert!(!guarded(1000, 50) && guarded(1000, 51));
    assert!(!guarded(3000, 50) && guarded(3000, 51));
    // On a small LAN, three; but never more than half.
    assert!(!guarded(60, 3) && guarded(60, 4));
    assert!(!guarded(6, 3) && guarded(6, 4));
    assert!(!guarded(4, 2) && guarded(4, 3));
    assert!(!guarded(2, 1) && guarded(2, 2));
    assert!(!guarded(1, 0) && guarded(1, 1));
    assert!(!guarded(0, 0));
}
