//! Previews, in the shape that scripts read.

use peerage_ixf::{ExchangeLabel, network_preview, preview};

use crate::{connection, entry, lan, member, network, plan_of, port, simple};

const LABEL: ExchangeLabel<'static> = ExchangeLabel { ixlan_id: 3, ix_id: 2, ix_name: "EX" };

#[test]
fn previews_have_the_shape_of_the_reference() {
    let mut lan = lan(&[port(1, 64500, "192.0.2.1", "2001:db8::1"), port(2, 64501, "192.0.2.2", "")]);
    lan.networks.get_mut(&64501).unwrap().allows_update = false;
    let members = [
        simple(64500, "192.0.2.1", "2001:db8::1"),
        simple(64502, "", "2001:db8::3"),
        simple(65000, "192.0.2.9", ""),
        simple(64503, "192.0.2.4", "2001:db8:1::1"),
    ];
    let plan = plan_of(&members.join(","), &lan);
    let expected = r#"{
  "data": [
    {
      "peer": {
        "ixlan_id": 3,
        "ix_id": 2,
        "ix_name": "EX",
        "asn": 64502,
        "net_id": 502,
        "ipaddr4": "",
        "ipaddr6": "2001:db8::3",
        "speed": 10000,
        "is_rs_peer": false,
        "operational": true
      },
      "action": "add",
      "reason": "The exchange's member list has this port, and the registry does not."
    },
    {
      "peer": {
        "ixlan_id": 3,
        "ix_id": 2,
        "ix_name": "EX",
        "asn": 64501,
        "net_id": 501,
        "ipaddr4": "192.0.2.2",
        "ipaddr6": "",
        "speed": 10000,
        "is_rs_peer": false,
        "operational": true
      },
      "action": "suggest-delete",
      "reason": "The exchange's member list does not have this port."
    },
    {
      "peer": {
        "ixlan_id": 3,
        "ix_id": 2,
        "ix_name": "EX",
        "asn": 64500,
        "net_id": 500,
        "ipaddr4": "192.0.2.1",
        "ipaddr6": "2001:db8::1",
        "speed": 10000,
        "is_rs_peer": false,
        "operational": true
      },
      "action": "noop",
      "reason": "The registry agrees with the exchange's member list."
    },
    {
      "peer": {
        "ixlan_id": 3,
        "ix_id": 2,
        "ix_name": "EX",
        "asn": 65000
      },
      "action": "ignore",
      "reason": "No network has this AS number."
    }
  ],
  "errors": [
    "member_list[3].connection_list[0].vlan_list[0].ipv6.address (line 4): AS64503: 2001:db8:1::1 does not match any prefix of the LAN."
  ]
}"#;
    assert_eq!(serde_json::to_string_pretty(&preview(LABEL, &plan)).unwrap(), expected);
}

#[test]
fn hidden_and_required_proposals_are_not_shown() {
    let mut lan = crate::asking_lan(&[port(1, 64500, "192.0.2.1", ""), port(2, 64500, "", "2001:db8::1")]);
    let members = simple(64500, "192.0.2.1", "2001:db8::1");
    let actions = |lan: &_| {
        let plan = plan_of(&members, lan);
        preview(LABEL, &plan).data.iter().map(|row| row.action).collect::<Vec<_>>()
    };
    assert_eq!(actions(&lan), ["suggest-modify"]);
    let known = plan_of(&members, &lan)
        .proposals
        .iter()
        .zip(1..)
        .map(|(proposal, id)| peerage_ixf::KnownProposal {
            id,
            action: proposal.action,
            identity: proposal.identity,
            stated: proposal.stated,
            is_dismissed: true,
        })
        .collect();
    lan.proposals = known;
    assert_eq!(actions(&lan), [""; 0]);
}

#[test]
fn networks_see_their_own_rows_without_proposals() {
    let mut lan = lan(&[port(1, 64500, "192.0.2.1", "")]);
    lan.networks.insert(64501, peerage_ixf::LanNetwork { allows_update: false, speaks_ipv6: false, ..network(64501) });
    lan.elsewhere.insert("192.0.2.8".parse().unwrap(), 9);
    let down = connection(10_000, &entry("192.0.2.5", "")).replacen('{', r#"{"state":"ceased","#, 1);
    let members = [
        member(64500, &[down, connection(10_000, &entry("192.0.2.7", ""))].join(",")),
        simple(64500, "192.0.2.0", ""),
        simple(64500, "192.0.2.8", ""),
        simple(64501, "192.0.2.2", "2001:db8::2"),
    ];
    let plan = plan_of(&members.join(","), &lan);
    let other = ExchangeLabel { ixlan_id: 4, ix_id: 4, ix_name: "Other" };
    let shown = |asn| {
        let preview = network_preview([(LABEL, &plan), (other, &plan)], asn);
        let rows: Vec<String> = preview.data.iter().map(|row| format!("{} {}", row.peer.ix_name, row.action)).collect();
        (rows.join(", "), preview.errors)
    };
    let (rows, errors) = shown(64500);
    assert_eq!(rows, "EX delete, EX add, EX ignore, Other delete, Other add, Other ignore");
    // What only the exchange can correct is not shown.
    assert_eq!(errors.len(), 2);
    assert!(errors[0].ends_with("AS64500: 192.0.2.8 belongs to a port of another LAN (ID 9)."), "{errors:?}");
    let (rows, errors) = shown(64501);
    assert_eq!(rows, "");
    assert!(
        errors[0].ends_with("AS64501: The list has 2001:db8::2, but the network says that it does not speak IPv6.")
    );
}
