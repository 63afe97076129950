//! Rows that a complete dump no longer contains.

use peerage_schema::Status;

use super::*;

/// A complete dump: the given kinds, and empty lists of all others.
fn whole(text: &str) -> DumpBatch {
    let mut document: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).expect("a document");
    for kind in Resource::ALL {
        document.entry(kind.tag()).or_insert_with(|| serde_json::json!([]));
    }
    let mut batch = DumpBatch::new();
    read_as(&mut batch, "all.json", &serde_json::Value::Object(document).to_string()).expect("a readable document");
    batch
}

const FULL: &str = r#"{
    "org": [{"id": 1, "name": "One"}, {"id": 2, "name": "Two"}, {"id": 3, "name": "Three", "status": "pending"}],
    "net": [{"id": 1, "org_id": 1, "name": "Net One", "asn": 63500}, {"id": 2, "org_id": 2, "name": "Net Two", "asn": 63501}],
    "ix": [{"id": 1, "org_id": 1, "name": "IX"}],
    "ixlan": [{"id": 1, "ix_id": 1}],
    "netixlan": [{"id": 1, "net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.10"},
                 {"id": 2, "net_id": 2, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.20"}],
    "poc": [{"id": 1, "net_id": 2, "role": "NOC", "email": "noc@two.example"}]
}"#;

const NOW: Moment = Moment::from_seconds(1_900_000_000);

fn pruned(state: &Snapshot, text: &str, confirmed: Option<usize>) -> Result<ImportPlan, NotPruned> {
    plan_pruning(state, &whole(text), confirmed, NOW).map_err(|(_, why)| why)
}

fn status(state: &Snapshot, resource: Resource, id: u32) -> &str {
    state.row(resource, id).and_then(|row| state.status(resource, row)).map_or("none", Status::text)
}

fn without(kind: &str, ids: &[u64]) -> String {
    let mut document: serde_json::Value = serde_json::from_str(FULL).expect("JSON");
    let rows = document[kind].as_array_mut().expect("a list");
    rows.retain(|row| !ids.contains(&row["id"].as_u64().expect("an id")));
    document.to_string()
}

#[test]
fn i12_18_rows_that_vanished_become_deleted_with_what_hangs_on_them() {
    let state = imported(&whole(FULL));
    // The dump was made while the network was being deleted, and still contains its contact and port.
    let text = without("net", &[2]);
    let Err(NotPruned::TooMany { kinds, total }) = pruned(&state, &text, None) else {
        panic!("one of one contact goes")
    };
    assert_eq!((kinds, total), (vec![(Resource::Poc, 1, 1)], 3));
    assert!(pruned(&state, &text, Some(2)).is_err(), "the very number");
    let plan = pruned(&state, &text, Some(3)).expect("confirmed");
    let order: Vec<Resource> = plan.changes.iter().map(|change| change.resource).collect();
    assert!(order.iter().position(|kind| *kind == Resource::Net) == Some(2), "children before parents: {order:?}");
    assert_eq!((plan.report.count(Resource::Net).deleted, plan.report.total().deleted), (1, 3));
    let next = after(&state, &plan);
    for (kind, id) in [(Resource::Net, 2), (Resource::Poc, 1), (Resource::Netixlan, 2)] {
        assert_eq!(status(&next, kind, id), "deleted", "{kind:?}");
    }
    let row = next.row(Resource::Net, 2).expect("the row stays");
    let table = Resource::Net.table();
    assert_eq!((row.text(table.column("name")), row.time(table.column("updated"))), (Some("Net Two"), Some(NOW)));
    assert_eq!((status(&next, Resource::Net, 1), status(&next, Resource::Netixlan, 1)), ("ok", "ok"));
    assert_eq!(status(&next, Resource::Org, 3), "pending", "public lists do not hold what waits");
    // The second time, nothing is left to do.
    let again = pruned(&next, &text, None).expect("nothing goes");
    assert!(again.changes.is_empty(), "{:?}", again.changes.len());
}

#[test]
fn i12_18_an_address_passes_on_and_a_network_moves_in_the_same_dump() {
    let state = imported(&whole(FULL));
    // Organization 2 was merged into 1, and the port of network 2 was recreated.
    let text = FULL
        .replace(r#"{"id": 2, "name": "Two"}, "#, "")
        .replace(r#""org_id": 2"#, r#""org_id": 1"#)
        .replace(r#"{"id": 2, "net_id": 2"#, r#"{"id": 3, "net_id": 2"#);
    let next = after(&state, &pruned(&state, &text, None).expect("few go"));
    assert_eq!((status(&next, Resource::Org, 2), status(&next, Resource::Net, 2)), ("deleted", "ok"));
    assert_eq!((status(&next, Resource::Netixlan, 2), status(&next, Resource::Netixlan, 3)), ("deleted", "ok"));
    assert_eq!(status(&next, Resource::Poc, 1), "ok");
}

#[test]
fn i12_18_a_dump_that_may_not_be_whole_prunes_nothing() {
    let state = imported(&whole(FULL));
    let mut partial = DumpBatch::new();
    read_as(&mut partial, "net.json", r#"{"data": []}"#).expect("a readable document");
    let why = plan_pruning(&state, &partial, Some(1), NOW).expect_err("no other kind").1;
    assert!(matches!(&why, NotPruned::Incomplete(kinds) if kinds.len() == 12), "{why}");
    let why =
        pruned(&state, &FULL.replace(r#"{"id": 1, "net_id": 2, "role""#, r#"{"id": "x", "net_id": 2, "role""#), None);
    assert_eq!(why.err(), Some(NotPruned::Nameless(Resource::Poc, 1)));
    // A row that cannot be imported is not missing.
    let plan = pruned(&state, &FULL.replace(r#""asn": 63501"#, r#""asn": "x""#), None).expect("nothing goes");
    assert_eq!((plan.report.total().deleted, plan.report.count(Resource::Net).refused), (0, 1));
    let text = "--prune would delete many rows: 2 of 2 net";
    let why = pruned(&state, &without("net", &[1, 2]), None).expect_err("all networks").to_string();
    assert!(why.starts_with(text), "{why}");
}

#[test]
fn i12_18_the_guard_counts_each_kind() {
    let nets = |ids: std::ops::Range<u32>| {
        let row = |id: u32| serde_json::json!({"id": id, "org_id": 1, "name": format!("N{id}"), "asn": 1000 + id});
        serde_json::json!({"org": [{"id": 1, "name": "One"}], "net": ids.map(row).collect::<Vec<_>>()}).to_string()
    };
    let state = imported(&whole(&nets(1..201)));
    for (left, is_fine) in [(1..181, true), (1..180, false), (1..200, true)] {
        assert_eq!(pruned(&state, &nets(left.clone()), None).is_ok(), is_fine, "{left:?}");
    }
    let state = imported(&whole(&nets(1..21)));
    for (left, is_fine) in [(1..11, true), (1..10, false)] {
        assert_eq!(pruned(&state, &nets(left.clone()), None).is_ok(), is_fine, "{left:?}");
    }
}

#[test]
fn the_depth_of_a_dump_stands_in_its_name() {
    for (name, expected) in
        [("net-0.json", Some(0)), ("dump/net-3.json.gz", Some(3)), ("net.json", None), ("all-3.json", None)]
    {
        assert_eq!(depth_of_file(name), expected, "{name}");
    }
}
