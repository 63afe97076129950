//! Lists against LANs: each defect of feeds, each rule of the import, and properties that hold for all lists.

use std::net::{Ipv4Addr, Ipv6Addr};

use peerage_ixf::{
    Defect, ExcludedFields, GuardLimits, Lan, LanNetwork, LanPort, Plan, PortIdentity, PortValues, clean, compare,
    parse, validate,
};

mod comparing;
mod cost;
mod defects;
mod previews;
mod properties;
mod proposing;

/// A list with these elements of `member_list`.
fn list_of(members: &str) -> String {
    format!(
        r#"{{"version":"1.0","timestamp":"2026-01-01T00:00:00Z","ixp_list":[{{"ixp_id":1,"ixf_id":1,"shortname":"EX",
"switch":[{{"id":1,"pdb_facility_id":11}},{{"id":2,"pdb_facility_id":12}},{{"id":3}}],
"vlan":[{{"id":1,"ipv4":{{"prefix":"192.0.2.0","mask_length":24}}}}]}}],
"member_list":[{members}]}}"#
    )
}

/// A member with these elements of `connection_list`.
fn member(asn: u32, connections: &str) -> String {
    format!(r#"{{"asnum":{asn},"name":"AS{asn}","connection_list":[{connections}]}}"#)
}

/// A connection with these elements of `vlan_list`, and a speed.
fn connection(speed: u32, entries: &str) -> String {
    format!(r#"{{"ixp_id":1,"if_list":[{{"if_speed":{speed}}}],"vlan_list":[{entries}]}}"#)
}

/// An entry of VLAN 1. Empty addresses are left out.
fn entry(ipv4: &str, ipv6: &str) -> String {
    let family = |name: &str, address: &str| {
        if address.is_empty() { String::new() } else { format!(r#","{name}":{{"address":"{address}"}}"#) }
    };
    format!(r#"{{"vlan_id":1{}{}}}"#, family("ipv4", ipv4), family("ipv6", ipv6))
}

/// A member with one connection of 10 Gbit/s and one entry.
fn simple(asn: u32, ipv4: &str, ipv6: &str) -> String {
    member(asn, &connection(10_000, &entry(ipv4, ipv6)))
}

fn v4(text: &str) -> Option<Ipv4Addr> {
    (!text.is_empty()).then(|| text.parse().expect("an address"))
}

fn v6(text: &str) -> Option<Ipv6Addr> {
    (!text.is_empty()).then(|| text.parse().expect("an address"))
}

fn identity(asn: u32, ipv4: &str, ipv6: &str) -> PortIdentity {
    PortIdentity { asn, ipaddr4: v4(ipv4), ipaddr6: v6(ipv6) }
}

/// A port of 10 Gbit/s. The network's ID is its AS number without 64000.
fn port(id: u32, asn: u32, ipv4: &str, ipv6: &str) -> LanPort {
    let values = PortValues {
        ipaddr4: v4(ipv4),
        ipaddr6: v6(ipv6),
        speed: 10_000,
        is_rs_peer: false,
        operational: true,
        ix_side_id: None,
    };
    LanPort { id, net_id: asn - 64000, asn, values }
}

fn network(asn: u32) -> LanNetwork {
    LanNetwork {
        net_id: asn - 64000,
        is_ok: true,
        allows_update: true,
        excluded: ExcludedFields::default(),
        speaks_ipv4: true,
        speaks_ipv6: true,
    }
}

/// The LAN 192.0.2.0/24 and `2001:db8::/64`, with networks 64500 to 64509, which let exchanges update their ports, and the
/// facilities 11 and 12.
fn lan(ports: &[LanPort]) -> Lan {
    Lan {
        id: 1,
        prefixes: vec!["192.0.2.0/24".parse().expect("a prefix"), "2001:db8::/64".parse().expect("a prefix")],
        ports: ports.to_vec(),
        networks: (64500..64510).map(|asn| (asn, network(asn))).collect(),
        facilities: [11, 12].into(),
        ..Lan::default()
    }
}

/// The same, without anybody's consent.
fn asking_lan(ports: &[LanPort]) -> Lan {
    let mut lan = lan(ports);
    lan.networks.values_mut().for_each(|network| network.allows_update = false);
    lan
}

fn plan_of(members: &str, lan: &Lan) -> Plan {
    let file = parse(list_of(members).as_bytes()).expect("a list");
    compare(&clean(&file).expect("no address twice"), lan, &GuardLimits::default()).expect("a prefix and one VLAN")
}

/// One line for each change, proposal, error and ignored row: `add AS64500 192.0.2.1 - 10000`.
fn summary(plan: &Plan) -> Vec<String> {
    fn text(address: Option<impl ToString>) -> String {
        address.map_or_else(|| "-".to_owned(), |address| address.to_string())
    }
    let values = |values: Option<PortValues>| {
        let values = values.expect("a change has values");
        let side = values.ix_side_id.map(|side| format!(" at {side}")).unwrap_or_default();
        let flags =
            format!("{}{}", if values.is_rs_peer { " rs" } else { "" }, if values.operational { "" } else { " down" });
        format!("{} {} {}{flags}{side}", text(values.ipaddr4), text(values.ipaddr6), values.speed)
    };
    let changes = plan.changes.iter().map(|change| {
        let action = format!("{:?}", change.action).to_lowercase();
        format!("{action} AS{} {}", change.asn, values(change.after.or(change.before)))
    });
    let proposals = plan.proposals.iter().map(|proposal| {
        let action = format!("{:?}", proposal.action).to_lowercase();
        let hidden = if proposal.is_hidden { " hidden" } else { "" };
        let after = values(proposal.after.or(proposal.before));
        format!("suggest-{action} AS{} {after}{hidden}", proposal.identity.asn)
    });
    let ignored = plan.ignored.iter().map(|row| format!("ignore AS{} {}", row.identity.asn, row.reason.key()));
    let errors = plan.errors.iter().map(|error| {
        format!("error {} {}", error.asn.map_or_else(|| "-".to_owned(), |asn| format!("AS{asn}")), error.problem.key())
    });
    changes.chain(proposals).chain(errors).chain(ignored).collect()
}

/// Compares a list with a LAN, and the plan's summary with what is expected.
#[track_caller]
fn check(members: &str, lan: &Lan, expected: &[&str]) {
    assert_eq!(summary(&plan_of(members, lan)), expected, "{members}");
}

/// Rules that a list violates, each once, without those of the frame around the tests.
fn rules(list: &[u8]) -> Vec<&'static str> {
    let found = validate(list);
    let mut names: Vec<&str> =
        found.findings.iter().filter(|finding| finding.defect != Defect::AsnPrivate).map(|f| f.defect.name()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
