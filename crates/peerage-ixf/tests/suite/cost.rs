//! What the largest lists cost.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use peerage_ixf::{GuardLimits, Lan, clean, compare, parse, validate};

use crate::{lan, port};

/// Generous: an unoptimized build on a busy machine. Optimized, reading, cleaning and comparing take about half a second
/// of processor time; anything quadratic in 100,000 rows would take minutes.
const DEADLINE: Duration = Duration::from_secs(20);

#[track_caller]
fn check_cost(list: &str, lan: &Lan) -> usize {
    assert!(list.len() <= peerage_ixf::bounds::LIST_BYTES_MAX, "{}", list.len());
    let begin = Instant::now();
    let parsed = parse(list.as_bytes());
    let read = begin.elapsed();
    let plan = parsed
        .ok()
        .and_then(|file| clean(&file).ok())
        .and_then(|list| compare(&list, lan, &GuardLimits::default()).ok());
    let compared = begin.elapsed();
    let _ = validate(list.as_bytes());
    let taken = begin.elapsed();
    println!("{} bytes: read {read:?}, compared {compared:?}, with validation {taken:?}", list.len());
    assert!(taken < DEADLINE, "{taken:?}");
    plan.map_or(0, |plan| plan.changes.len() + plan.errors.len())
}

fn wide_lan(ports: u32) -> Lan {
    let all: Vec<_> = (0..ports)
        .map(|id| {
            let address = IpAddr::from([10, 200, (id >> 8) as u8, id as u8]);
            port(id + 1, 64500 + id % 10, &address.to_string(), "")
        })
        .collect();
    Lan {
        prefixes: vec!["10.0.0.0/8".parse().expect("a prefix"), "2001:db8::/32".parse().expect("a prefix")],
        ..lan(&all)
    }
}

fn list(members: &str) -> String {
    format!(r#"{{"member_list":[{members}]}}"#)
}

#[test]
fn a_list_with_all_connections_and_entries_that_are_possible() {
    let mut members = String::new();
    for number in 0..10_000_u32 {
        let separator = if number > 0 { "," } else { "" };
        write!(members, r#"{separator}{{"asnum":{},"connection_list":["#, 64500 + number % 10).unwrap();
        for connection in 0..5 {
            let separator = if connection > 0 { "," } else { "" };
            let id = number * 5 + connection;
            let (a, b, c) = (id >> 16, (id >> 8) & 255, id & 255);
            write!(
                members,
                r#"{separator}{{"if_list":[{{"if_speed":10000}}],"vlan_list":[{{"vlan_id":1,"ipv4":{{"address":"10.{a}.{b}.{c}"}}}},{{"vlan_id":1,"ipv6":{{"address":"2001:db8::{id:x}"}}}}]}}"#
            )
            .unwrap();
        }
        members.push_str("]}");
    }
    let changed = check_cost(&list(&members), &wide_lan(50_000));
    assert!(changed > 90_000, "{changed}");
}

#[test]
fn one_connection_with_all_entries_and_interfaces() {
    let interfaces: Vec<String> =
        (0..100_000).map(|id| format!(r#"{{"if_speed":50,"pdb_facility_id":{id}}}"#)).collect();
    let entries = (0..100_000_u32)
        .map(|id| format!(r#"{{"ipv4":{{"address":"10.{}.{}.{}"}}}}"#, id >> 16, (id >> 8) & 255, id & 255));
    let entries: Vec<String> = entries.collect();
    let (interfaces, entries) = (interfaces.join(","), entries.join(","));
    let members =
        format!(r#"{{"asnum":64500,"connection_list":[{{"if_list":[{interfaces}],"vlan_list":[{entries}]}}]}}"#);
    check_cost(&list(&members), &wide_lan(50_000));
}

#[test]
fn one_address_everywhere() {
    let entries = vec![r#"{"ipv4":{"address":"10.0.0.1"},"ipv6":{"address":"2001:db8::1"}}"#; 100_000].join(",");
    let members = format!(r#"{{"asnum":64500,"connection_list":[{{"vlan_list":[{entries}]}}]}}"#);
    check_cost(&list(&members), &wide_lan(50_000));
}

#[test]
fn halves_that_do_not_fit() {
    // Each connection has other speeds, so none is joined.
    let connections: Vec<String> = (0..50_000_u32)
        .map(|id| {
            let family = if id % 2 == 0 { "ipv4" } else { "ipv6" };
            let address =
                if id % 2 == 0 { format!("10.0.{}.{}", id >> 8, id & 255) } else { format!("2001:db8::{id:x}") };
            format!(r#"{{"if_list":[{{"if_speed":{id}}},{{"if_speed":99}}],"vlan_list":[{{"{family}":{{"address":"{address}"}}}}]}}"#)
        })
        .collect();
    check_cost(
        &list(&format!(r#"{{"asnum":64500,"connection_list":[{}]}}"#, connections.join(","))),
        &wide_lan(50_000),
    );
}

#[test]
fn lists_of_nothing_and_lines_without_end() {
    check_cost(&list(&vec!["{}"; 3_400_000].join(",")), &wide_lan(10));
    check_cost(&list(&vec!["[]"; 19_999].join(&format!(",{}", "\n".repeat(500)))), &wide_lan(10));
    // Objects with many fields that nobody reads, and long members that only differ at their end.
    let fields: Vec<String> = (0..600_000).map(|id| format!(r#""{id}":[]"#)).collect();
    check_cost(&list(&format!(r"{{{}}}", fields.join(","))), &wide_lan(10));
    let members: Vec<String> = (0..90).map(|id| format!(r#"{{"x":"{}{id}"}}"#, "x".repeat(100_000))).collect();
    check_cost(&list(&members.join(",")), &wide_lan(10));
}
