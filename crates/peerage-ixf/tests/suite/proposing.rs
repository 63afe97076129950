//! Proposals: what they are made for, how removals and additions fold, and what becomes of earlier ones.

use peerage_ixf::{ChangeAction, KnownProposal, Lan, Plan, Proposal, StatedValues};

use crate::{asking_lan, check, connection, entry, identity, member, plan_of, port, simple};

const A: &str = "192.0.2.1";
const B: &str = "192.0.2.2";
const A6: &str = "2001:db8::1";
const B6: &str = "2001:db8::2";

#[test]
fn without_consent_everything_is_proposed() {
    let ports = [port(1, 64500, A, "")];
    let members = [simple(64500, B, ""), simple(64501, "192.0.2.3", "")].join(",");
    let expected = [
        "suggest-delete AS64500 192.0.2.1 - 10000",
        "suggest-add AS64500 192.0.2.2 - 10000",
        "suggest-add AS64501 192.0.2.3 - 10000",
    ];
    check(&members, &asking_lan(&ports), &expected);
    let plan = plan_of(&members, &asking_lan(&ports));
    assert!(plan.proposals.iter().all(Proposal::is_new));
    let present: Vec<bool> = plan.proposals.iter().map(|proposal| proposal.network_is_present).collect();
    assert_eq!(present, [true, true, false]);
}

#[test]
fn only_operational_is_proposed_for_an_existing_port() {
    let inactive = |speed| connection(speed, &entry(A, "")).replacen('{', r#"{"state":"inactive","#, 1);
    let ports = [port(1, 64500, A, "")];
    check(&member(64500, &inactive(1000)), &asking_lan(&ports), &["suggest-modify AS64500 192.0.2.1 - 10000 down"]);
    check(&member(64500, &connection(1000, &entry(A, ""))), &asking_lan(&ports), &[]);
    let mut excluding = asking_lan(&ports);
    excluding.networks.get_mut(&64500).unwrap().excluded.operational = true;
    check(&member(64500, &inactive(10_000)), &excluding, &[]);
}

#[test]
fn a_removal_and_an_addition_that_share_an_address_are_one_modification() {
    let ports = [port(1, 64500, A, A6)];
    check(&simple(64500, A, B6), &asking_lan(&ports), &["suggest-modify AS64500 192.0.2.1 2001:db8::2 10000"]);
    let plan = plan_of(&simple(64500, A, B6), &asking_lan(&ports));
    let proposal = &plan.proposals[0];
    assert_eq!((proposal.port_id, proposal.identity), (Some(1), identity(64500, A, B6)));
    let text = "The exchange's member list has another address for this port: IPv6 address 2001:db8::1 → 2001:db8::2.";
    assert_eq!(proposal.reason.to_string(), text);
    assert!(plan.guard.proposed_removals.is_empty());
    // Of another network: two proposals, and the port is reassigned.
    let expected = ["delete AS64500 192.0.2.1 2001:db8::1 10000", "suggest-add AS64501 192.0.2.1 2001:db8::2 10000"];
    check(&simple(64501, A, B6), &asking_lan(&ports), &expected);
}

#[test]
fn a_removal_that_another_proposal_needs_is_part_of_it() {
    let ports = [port(1, 64500, A, ""), port(2, 64500, "", A6)];
    let plan = plan_of(&simple(64500, A, A6), &asking_lan(&ports));
    let [removal, modification] = plan.proposals.as_slice() else { panic!("{plan:?}") };
    assert_eq!((removal.action, removal.port_id), (ChangeAction::Delete, Some(2)));
    assert_eq!(removal.requirement_of, Some(identity(64500, A, A6)));
    assert_eq!((modification.action, modification.port_id), (ChangeAction::Modify, Some(1)));
    assert_eq!(modification.requirement_of, None);
    assert!(plan.guard.proposed_removals.is_empty());
}

fn stored(id: u64, proposal: &Proposal) -> KnownProposal {
    KnownProposal {
        id,
        action: proposal.action,
        identity: proposal.identity,
        stated: proposal.stated,
        is_dismissed: false,
    }
}

fn dismissed(lan: &Lan, plan: &Plan) -> Lan {
    let known = plan
        .proposals
        .iter()
        .zip(1..)
        .map(|(proposal, id)| KnownProposal { is_dismissed: true, ..stored(id, proposal) });
    Lan { proposals: known.collect(), ..lan.clone() }
}

#[test]
fn dismissed_proposals_stay_hidden_until_the_list_changes() {
    let lan = asking_lan(&[port(1, 64501, B, "")]);
    let list = |speed: u32, rs: bool, state: &str| {
        let entry = entry(A, "").replace(r#""192.0.2.1""#, &format!(r#""192.0.2.1","routeserver":{rs}"#));
        member(64500, &connection(speed, &entry).replacen('{', &format!(r#"{{"state":"{state}","#), 1))
    };
    let before = list(10_000, false, "active");
    let lan = dismissed(&lan, &plan_of(&before, &lan));
    let hidden = ["suggest-delete AS64501 192.0.2.2 - 10000 hidden", "suggest-add AS64500 192.0.2.1 - 10000 hidden"];
    check(&before, &lan, &hidden);
    check(&list(10_000, false, "connected"), &lan, &hidden);
    assert!(plan_of(&before, &lan).resolved.is_empty());
    for (members, shown) in [
        (list(1000, false, "active"), "suggest-add AS64500 192.0.2.1 - 1000"),
        (list(10_000, true, "active"), "suggest-add AS64500 192.0.2.1 - 10000 rs"),
        (list(10_000, false, "inactive"), "suggest-add AS64500 192.0.2.1 - 10000 down"),
    ] {
        check(&members, &lan, &[hidden[0], shown]);
        // It is the same proposal all the same.
        assert!(plan_of(&members, &lan).proposals.iter().all(|proposal| !proposal.is_new()));
    }
}

#[test]
fn proposals_that_no_longer_apply_are_resolved() {
    let lan = asking_lan(&[port(1, 64501, B, "")]);
    let known = |id, action, identity| KnownProposal { id, action, identity, stated: None, is_dismissed: false };
    let stated = Some(StatedValues { speed: 10_000, is_rs_peer: false, operational: true });
    let lan = Lan {
        proposals: vec![
            KnownProposal { stated, ..known(1, ChangeAction::Add, identity(64500, A, "")) },
            KnownProposal { stated, ..known(2, ChangeAction::Add, identity(64501, B, "")) },
            known(3, ChangeAction::Delete, identity(64501, B, "")),
            known(4, ChangeAction::Delete, identity(64502, "", B6)),
            // Twice the same.
            KnownProposal { stated, ..known(5, ChangeAction::Add, identity(64500, A, "")) },
        ],
        ..lan
    };
    let members = [simple(64500, A, ""), simple(64501, B, "")].join(",");
    let plan = plan_of(&members, &lan);
    assert_eq!((plan.proposals.len(), plan.proposals[0].known), (1, Some(5)));
    assert_eq!(plan.resolved, [1, 2, 3, 4]);
    // Where the list is unclear, they wait.
    let unclear = [simple(64500, A, ""), simple(64501, "192.0.2.x", "")].join(",");
    assert_eq!(plan_of(&unclear, &lan).resolved, [1, 4]);
}
