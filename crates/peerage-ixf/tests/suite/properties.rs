//! Properties that hold for all lists and LANs.
//!
//! A case is a LAN and a list that mostly agrees with it: each port has a fate in the list, and there are new rows,
//! rows of other LANs, and nonsense.

use std::collections::BTreeMap;
use std::net::IpAddr;

use peerage_ixf::{
    ChangeAction, DecidedBy, ExcludedFields, GuardLimits, KnownProposal, Lan, LanNetwork, LanPort, Plan, PortValues,
    clean, compare, parse, validate,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;

use crate::{asking_lan, list_of, network, port};

#[derive(Debug, Clone, Copy)]
enum PortFate {
    Same,
    Gone,
    OtherFour(u8),
    OtherSix(u8),
    OnlyFour,
    OnlySix,
    TwoEntries,
    TwoConnections,
    BadSpeed,
    BadFour,
    BadSix,
    OtherAsn(u8),
    Twice,
}

fn fates() -> impl Strategy<Value = PortFate> {
    prop_oneof![
        4 => Just(PortFate::Same),
        2 => Just(PortFate::Gone),
        2 => (0..24_u8).prop_map(PortFate::OtherFour),
        2 => (0..24_u8).prop_map(PortFate::OtherSix),
        1 => Just(PortFate::OnlyFour),
        1 => Just(PortFate::OnlySix),
        1 => Just(PortFate::TwoEntries),
        1 => Just(PortFate::TwoConnections),
        1 => Just(PortFate::BadSpeed),
        1 => Just(PortFate::BadFour),
        1 => Just(PortFate::BadSix),
        2 => (0..6_u8).prop_map(PortFate::OtherAsn),
        1 => Just(PortFate::Twice),
    ]
}

fn address4(number: u8) -> String {
    match number {
        0 => String::new(),
        // Of another LAN.
        23 => "198.51.100.1".to_owned(),
        _ => format!("192.0.2.{number}"),
    }
}

fn address6(number: u8) -> String {
    if number == 0 { String::new() } else { format!("2001:db8::{number:x}") }
}

#[derive(Debug, Clone)]
struct ListedRow {
    asn: u32,
    /// Elements of `vlan_list`.
    entries: Vec<(String, String)>,
    speed: String,
    state: &'static str,
    routeserver: Option<bool>,
    facility: u8,
}

impl ListedRow {
    fn json(&self) -> String {
        let flag = self.routeserver.map(|flag| format!(r#","routeserver":{flag}"#)).unwrap_or_default();
        let family = |name: &str, address: &str| {
            if address.is_empty() { String::new() } else { format!(r#","{name}":{{"address":"{address}"{flag}}}"#) }
        };
        let entry = |(four, six): &(String, String)| {
            format!(r#"{{"vlan_id":1{}{}}}"#, family("ipv4", four), family("ipv6", six))
        };
        let entries: Vec<String> = self.entries.iter().map(entry).collect();
        let (state, speed, facility) = (self.state, &self.speed, self.facility);
        format!(
            r#"{{"state":"{state}","if_list":[{{"if_speed":{speed},"pdb_facility_id":{facility}}}],"vlan_list":[{}]}}"#,
            entries.join(",")
        )
    }
}

fn rows(port: &LanPort, fate: PortFate, style: &ListedRow) -> Vec<ListedRow> {
    let text = |address: Option<IpAddr>| address.map(|address| address.to_string()).unwrap_or_default();
    let (four, six) = (text(port.values.ipaddr4.map(Into::into)), text(port.values.ipaddr6.map(Into::into)));
    let row = |entries: &[(&str, &str)]| ListedRow {
        asn: port.asn,
        entries: entries.iter().map(|(four, six)| ((*four).to_owned(), (*six).to_owned())).collect(),
        ..style.clone()
    };
    match fate {
        PortFate::Gone => vec![],
        PortFate::Same => vec![row(&[(&four, &six)])],
        PortFate::OtherFour(number) => vec![row(&[(&address4(number), &six)])],
        PortFate::OtherSix(number) => vec![row(&[(&four, &address6(number))])],
        PortFate::OnlyFour => vec![row(&[(&four, "")])],
        PortFate::OnlySix => vec![row(&[("", &six)])],
        PortFate::TwoEntries => vec![row(&[("", &six), (&four, "")])],
        PortFate::TwoConnections => vec![row(&[("", &six)]), row(&[(&four, "")])],
        PortFate::BadSpeed => vec![ListedRow { speed: "\"10G\"".to_owned(), ..row(&[(&four, &six)]) }],
        PortFate::BadFour => vec![row(&[("192.0.2.x", ""), ("", &six)])],
        PortFate::BadSix => vec![row(&[(&four, "2001:db8::x")])],
        PortFate::OtherAsn(number) => vec![ListedRow { asn: 64500 + u32::from(number), ..row(&[(&four, &six)]) }],
        // The second entries are not compared when the whole list is cleaned.
        PortFate::Twice => vec![row(&[("192.0.2.77", ""), (&four, &six)]), row(&[("192.0.2.78", ""), (&four, &six)])],
    }
}

fn styles() -> impl Strategy<Value = ListedRow> {
    let speeds = prop::sample::select(vec!["10000", "10000", "1000", "0", "null", "\"20000\"", "7", "[]"]);
    let states = prop::sample::select(vec!["active", "active", "Inactive", "", "ceased"]);
    (speeds, states, any::<Option<bool>>(), 10..14_u8).prop_map(|(speed, state, routeserver, facility)| ListedRow {
        asn: 0,
        entries: Vec::new(),
        speed: speed.to_owned(),
        state,
        routeserver,
        facility,
    })
}

fn networks() -> impl Strategy<Value = BTreeMap<u32, LanNetwork>> {
    let flags = (any::<[bool; 4]>(), 0..6_u8, 0..9_u8);
    prop::collection::vec(flags, 6).prop_map(|all| {
        let of = |(asn, (flags, families, status)): (u32, ([bool; 4], u8, u8))| {
            let network = LanNetwork {
                is_ok: status != 1,
                allows_update: flags[0],
                excluded: ExcludedFields {
                    speed: flags[1] && flags[2],
                    is_rs_peer: flags[2] && flags[3],
                    operational: flags[1] && flags[3],
                },
                speaks_ipv4: families != 1,
                speaks_ipv6: families != 2,
                ..network(asn)
            };
            (status != 0).then_some((asn, network))
        };
        (64500..).zip(all).filter_map(of).collect()
    })
}

#[derive(Debug, Clone)]
struct Case {
    lan: Lan,
    rows: Vec<ListedRow>,
}

impl Case {
    /// The list, with members and connections ordered by `order`.
    fn list(&self, order: &[Index]) -> String {
        let mut rows: Vec<&ListedRow> = self.rows.iter().collect();
        for (at, with) in order.iter().enumerate().take(rows.len()) {
            let with = with.index(rows.len());
            rows.swap(at, with);
        }
        let mut members: Vec<(u32, Vec<String>)> = Vec::new();
        for row in rows {
            match members.iter_mut().find(|(asn, _)| *asn == row.asn) {
                Some((_, connections)) => connections.push(row.json()),
                None => members.push((row.asn, vec![row.json()])),
            }
        }
        let members: Vec<String> =
            members.iter().map(|(asn, connections)| crate::member(*asn, &connections.join(",\n"))).collect();
        list_of(&members.join(",\n"))
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let ports = prop::collection::vec((0..6_u32, 0..20_u8, 0..20_u8, fates(), styles(), 0..4_u8), 0..9);
    let extra = prop::collection::vec((0..7_u32, 0..24_u8, 0..24_u8, styles()), 0..5);
    let elsewhere = prop::collection::vec(20..23_u8, 0..2);
    (ports, extra, networks(), elsewhere).prop_map(|(ports, extra, networks, elsewhere)| {
        let mut lan = Lan { networks, ..asking_lan(&[]) };
        lan.elsewhere = elsewhere.iter().map(|number| (address4(*number).parse().expect("an address"), 9)).collect();
        let mut rows_of_list = Vec::new();
        for (asn, four, six, fate, style, side) in ports {
            let taken = |address: &str| {
                let mut addresses = lan.ports.iter().flat_map(|port| port.identity().addresses());
                address.is_empty() || addresses.any(|known| known.to_string() == address)
            };
            let (four, six) = (address4(four), address6(six));
            let (four, six) = (if taken(&four) { "" } else { &four }, if taken(&six) { "" } else { &six });
            if four.is_empty() && six.is_empty() {
                continue;
            }
            let mut port = port(lan.ports.len() as u32 + 1, 64500 + asn, four, six);
            port.values.ix_side_id = (side > 0).then(|| u32::from(side) + 10);
            port.values.operational = side != 2;
            rows_of_list.extend(rows(&port, fate, &style));
            lan.ports.push(port);
        }
        rows_of_list.extend(extra.into_iter().map(|(asn, four, six, style)| ListedRow {
            asn: 64500 + asn,
            entries: vec![(address4(four), address6(six))],
            ..style
        }));
        Case { lan, rows: rows_of_list }
    })
}

fn plan(list: &str, lan: &Lan) -> Option<Plan> {
    let list = clean(&parse(list.as_bytes()).expect("the list is JSON")).ok()?;
    Some(compare(&list, lan, &GuardLimits::default()).expect("the LAN has prefixes and one VLAN"))
}

/// Applies the changes one by one, as the registry would: no address is ever on two ports.
fn applied(lan: &Lan, plan: &Plan) -> Lan {
    let mut after = lan.clone();
    for change in &plan.changes {
        match change.action {
            ChangeAction::Delete => {
                let before = after.ports.len();
                after.ports.retain(|port| Some(port.id) != change.port_id);
                assert_eq!(after.ports.len() + 1, before, "{change:?}");
            }
            ChangeAction::Modify => {
                let port =
                    after.ports.iter_mut().find(|port| Some(port.id) == change.port_id).expect("the port exists");
                assert_eq!(change.before, Some(port.values), "each change begins where the ones before it end");
                port.values = change.after.expect("a modification has values");
            }
            ChangeAction::Add => {
                let id = 1000 + after.ports.len() as u32 + after.ports.iter().map(|port| port.id).max().unwrap_or(0);
                let values = change.after.expect("an addition has values");
                after.ports.push(LanPort { id, net_id: change.net_id, asn: change.asn, values });
            }
        }
        assert_unique(&after);
    }
    after.proposals.retain(|known| !plan.resolved.contains(&known.id));
    for proposal in plan.proposals.iter().filter(|proposal| proposal.is_new()) {
        let id = after.proposals.iter().map(|known| known.id).max().unwrap_or(0) + 1;
        let (action, identity, stated) = (proposal.action, proposal.identity, proposal.stated);
        after.proposals.push(KnownProposal { id, action, identity, stated, is_dismissed: id % 2 == 0 });
    }
    after
}

fn assert_unique(lan: &Lan) {
    let mut all: Vec<IpAddr> = lan.ports.iter().flat_map(|port| port.identity().addresses()).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "an address is on two ports");
}

fn after_values(plan: &Plan) -> Vec<PortValues> {
    let changes = plan.changes.iter().filter_map(|change| change.after);
    changes.chain(plan.proposals.iter().filter_map(|proposal| proposal.after)).collect()
}

/// Without what depends on the order of the list.
fn without_sources(mut plan: Plan) -> String {
    plan.conflicts.clear();
    let ignored: Vec<_> = plan.ignored.drain(..).map(|row| (row.identity, row.reason)).collect();
    let errors: Vec<_> = plan.errors.drain(..).map(|row| (row.asn, row.ipaddr4, row.ipaddr6, row.problem)).collect();
    let noops: Vec<_> = plan.noops.drain(..).map(|noop| (noop.port_id, noop.reason)).collect();
    plan.changes.iter_mut().for_each(|change| change.source = None);
    plan.proposals.iter_mut().for_each(|proposal| proposal.source = None);
    format!("{plan:?} {ignored:?} {errors:?} {noops:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn importing_twice_changes_nothing(case in cases()) {
        let list = case.list(&[]);
        if let Some(first) = plan(&list, &case.lan) {
            let after = applied(&case.lan, &first);
            let second = plan(&list, &after).expect("the list is the same");
            prop_assert_eq!(&second.changes, &Vec::new());
            prop_assert!(second.proposals.iter().all(|proposal| !proposal.is_new()), "{:?}", second.proposals);
            prop_assert_eq!(&second.resolved, &Vec::<u64>::new());
            prop_assert_eq!(second.errors.len(), first.errors.len());
            prop_assert_eq!(second.conflicts, first.conflicts);
        }
    }

    #[test]
    fn the_order_of_members_and_connections_does_not_matter(case in cases(), order in prop::collection::vec(any::<Index>(), 16)) {
        let (one, other) = (plan(&case.list(&[]), &case.lan), plan(&case.list(&order), &case.lan));
        prop_assert_eq!(one.map(without_sources), other.map(without_sources));
    }

    #[test]
    fn no_port_is_without_an_address_or_has_one_of_another_lan(case in cases()) {
        let Some(plan) = plan(&case.list(&[]), &case.lan) else { return Ok(()) };
        for values in after_values(&plan) {
            let addresses: Vec<IpAddr> =
                values.ipaddr4.map(IpAddr::V4).into_iter().chain(values.ipaddr6.map(IpAddr::V6)).collect();
            prop_assert!(!addresses.is_empty());
            for address in addresses {
                prop_assert!(case.lan.prefixes.iter().any(|prefix| prefix.contains(&address)));
                prop_assert!(!case.lan.elsewhere.contains_key(&address));
            }
        }
    }

    #[test]
    fn only_ports_of_the_lan_are_touched(case in cases()) {
        let Some(plan) = plan(&case.list(&[]), &case.lan) else { return Ok(()) };
        let changed = plan.changes.iter().filter(|change| change.decided_by != DecidedBy::ExchangeSide);
        let changed = changed.map(|change| (change.action, change.asn, change.port_id, change.before));
        let proposed = plan.proposals.iter();
        let proposed = proposed.map(|proposal| (proposal.action, proposal.identity.asn, proposal.port_id, proposal.before));
        for (action, asn, port_id, before) in changed.chain(proposed) {
            let Some(port_id) = port_id else {
                prop_assert_eq!((action, before), (ChangeAction::Add, None));
                continue;
            };
            let port = case.lan.ports.iter().find(|port| port.id == port_id);
            prop_assert_eq!(port.map(|port| (port.asn, Some(port.values))), Some((asn, before)));
        }
    }

    #[test]
    fn a_network_without_consent_loses_a_port_only_by_reassignment(case in cases()) {
        let Some(plan) = plan(&case.list(&[]), &case.lan) else { return Ok(()) };
        let consents = |asn: u32| case.lan.networks.get(&asn).is_some_and(|network| network.allows_update);
        for change in plan.changes.iter().filter(|change| !consents(change.asn)) {
            match change.decided_by {
                DecidedBy::Consent => prop_assert!(false, "{change:?}"),
                DecidedBy::Reassignment => prop_assert_eq!(change.action, ChangeAction::Delete),
                DecidedBy::ExchangeSide => {
                    let (before, after) = (change.before.unwrap(), change.after.unwrap());
                    prop_assert_eq!(PortValues { ix_side_id: after.ix_side_id, ..before }, after);
                }
            }
        }
        prop_assert!(plan.proposals.iter().all(|proposal| !consents(proposal.identity.asn)));
        // Nothing is both changed and proposed, and no port is in a plan twice.
        let removed = plan.changes.iter().filter(|change| change.action == ChangeAction::Delete);
        let removed = removed.chain(plan.changes.iter().filter(|change| change.decided_by == DecidedBy::Consent));
        let mut ids: Vec<u32> = plan.proposals.iter().filter_map(|proposal| proposal.port_id).collect();
        let mut of_changes: Vec<u32> = removed.filter_map(|change| change.port_id).collect();
        of_changes.sort_unstable();
        of_changes.dedup();
        ids.extend(of_changes);
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        everything(&bytes);
    }

    #[test]
    fn mutated_lists_never_panic(
        case in cases(),
        cuts in prop::collection::vec((any::<Index>(), any::<Index>(), 0..6_u8), 1..4),
    ) {
        let mut bytes = case.list(&[]).into_bytes();
        for (from, to, kind) in cuts {
            let (from, to) = (from.index(bytes.len().max(1)), to.index(bytes.len().max(1)));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 40));
            match kind {
                0 => drop(bytes.drain(from..to)),
                1 => bytes.insert(from, b'"'),
                2 => bytes.insert(from, b'\\'),
                3 => drop(bytes.splice(from..to, *b"null")),
                4 => drop(bytes.splice(from..to, *b"{}")),
                _ => {
                    let part = bytes[from..to].to_vec();
                    drop(bytes.splice(from..from, part));
                }
            }
        }
        everything(&bytes);
    }

    /// One token is replaced by another, so the list stays JSON more often.
    #[test]
    fn lists_with_other_values_never_panic(
        case in cases(),
        value in prop::sample::select(vec!["null", "[]", "{}", "\"\"", "\"\\ud800\"", "1e999", "-0", "[[]]", "true", "\"\\u0000\""]),
        at in any::<Index>(),
    ) {
        let list = case.list(&[]);
        let colons: Vec<usize> = list.match_indices(':').map(|(at, _)| at + 1).collect();
        let begin = colons[at.index(colons.len())];
        let length = serde_json::Deserializer::from_str(&list[begin..]).into_iter::<serde_json::Value>();
        let mut length = length;
        let end = begin + if length.next().is_some_and(|value| value.is_ok()) { length.byte_offset() } else { 0 };
        everything(format!("{}{value}{}", &list[..begin], &list[end..]).as_bytes());
    }
}

/// Runs everything on some bytes. Findings and errors are short, whatever the bytes are.
fn everything(bytes: &[u8]) {
    let found = validate(bytes);
    assert!(found.findings.iter().all(|finding| finding.to_string().chars().count() < 300));
    let Ok(file) = parse(bytes) else { return assert!(found.has_errors()) };
    let Ok(list) = clean(&file) else { return };
    if let Ok(plan) =
        compare(&list, &asking_lan(&[port(1, 64500, "192.0.2.1", "2001:db8::1")]), &GuardLimits::default())
    {
        assert!(plan.errors.iter().all(|error| error.to_string().chars().count() < 300));
    }
}

#[test]
fn cases_are_worth_testing() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut changes, mut proposals, mut refused, mut held) = (0, 0, 0, 0);
    for _ in 0..300 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let Some(plan) = plan(&case.list(&[]), &case.lan) else {
            refused += 1;
            continue;
        };
        changes += plan.changes.len();
        proposals += plan.proposals.len();
        held += plan.errors.iter().filter(|error| error.problem.key() == "held-by-unclear-port").count();
    }
    assert!(changes > 200 && proposals > 150 && refused < 150 && held > 3, "{changes} {proposals} {refused} {held}");
}
