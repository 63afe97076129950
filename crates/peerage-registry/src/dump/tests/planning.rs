//! Rows in relation to each other and to existing ones.

use peerage_schema::Resource;

use super::{after, batch, imported, world};
use crate::dump::{ImportMode, plan};
use crate::moment::SignedDuration;
use crate::snapshot::Snapshot;

#[test]
fn a_second_import_of_the_same_files_changes_nothing() {
    let batch = world("");
    let snapshot = imported(&batch);
    assert_eq!(snapshot.count(Resource::Ixlan), 1);
    for mode in [ImportMode::Merge, ImportMode::Replace] {
        let plan = plan(&snapshot, &batch, mode);
        assert!(plan.changes.is_empty(), "{:?}", plan.changes);
        assert_eq!(plan.report.total().unchanged, 5);
    }
}

/// Checks the complaints about rows that are read after [`world`], and whether the rows were refused.
fn check(more: &str, expected: &[(&str, bool)]) {
    let batch = world(more);
    let plan = plan(&Snapshot::default(), &batch, ImportMode::Merge);
    let found: Vec<(String, bool)> =
        plan.report.complaints.iter().map(|complaint| (complaint.to_string(), complaint.refused)).collect();
    let expected: Vec<(String, bool)> =
        expected.iter().map(|(text, refused)| (format!("more.json: {text}"), *refused)).collect();
    assert_eq!(found, expected);
    let refused = found.iter().filter(|(_, refused)| *refused).count() as u64;
    assert_eq!(plan.report.total().refused, refused, "each refused row has one complaint here");
}

#[test]
fn rows_that_point_nowhere_are_refused_and_what_depends_on_them_too() {
    check(
        r#"{"net":[{"id":2,"org_id":9,"name":"b","asn":2}],"poc":[{"id":1,"net_id":2,"role":"NOC"}]}"#,
        &[
            ("net 2 (row 1), org_id: 9 names no org that is there", true),
            ("poc 1 (row 1), net_id: 2 names no net that is there", true),
        ],
    );
    check(
        r#"{"fac":[{"id":2,"org_id":1,"name":"b","campus_id":5}]}"#,
        &[("fac 2 (row 1), campus_id: 5 names no campus that is there; taken as null", false)],
    );
    check(
        r#"{"ix":[{"id":2,"org_id":1,"name":"b"}],"ixlan":[{"id":3,"ix_id":2}]}"#,
        &[("ixlan 3 (row 1), ix_id: 2 is not the id of its exchange, as it should be; taken as it is", false)],
    );
}

#[test]
fn of_two_rows_with_one_unique_value_the_later_is_refused() {
    check(
        r#"{"org":[{"id":2,"name":"ACME "}]}"#,
        &[(r#"org 2 (row 1), name: "ACME " is already that of org 1"#, true)],
    );
    check(r#"{"org":[{"id":2,"name":"Ácme"}]}"#, &[]);
    check(
        r#"{"net":[{"id":2,"org_id":1,"name":"b","asn":63500}]}"#,
        &[("net 2 (row 1), asn: 63500 is already that of net 1", true)],
    );
    check(
        r#"{"netfac":[{"id":1,"net_id":1,"fac_id":1,"status":"deleted"},{"id":2,"net_id":1,"fac_id":1}]}"#,
        &[("netfac 2 (row 2), net_id: 1 with fac_id 1 is already netfac 1", true)],
    );
    check(
        r#"{"netixlan":[{"id":1,"net_id":1,"ixlan_id":1,"ipaddr4":"11.0.0.1","status":"deleted"},
                        {"id":2,"net_id":1,"ixlan_id":1,"ipaddr4":"11.0.0.1"},
                        {"id":3,"net_id":1,"ixlan_id":1,"ipaddr4":"11.0.0.1"}]}"#,
        &[(r#"netixlan 3 (row 3), ipaddr4: "11.0.0.1" is already that of netixlan 2"#, true)],
    );
    check(
        r#"{"org":[{"id":1,"name":"Other"}]}"#,
        &[("org 1 (row 1), id: 1 stands also in row 1 of world.json, with other values", true)],
    );
}

#[test]
fn rows_may_exchange_unique_values_and_a_refused_row_keeps_its_own() {
    let orgs = |rows: &str| batch("org", rows);
    let snapshot = imported(&orgs(r#"[{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":3,"name":"c"}]"#));
    let swapped = plan(&snapshot, &orgs(r#"[{"id":1,"name":"b"},{"id":2,"name":"a"}]"#), ImportMode::Merge);
    assert_eq!((swapped.changes.len(), swapped.report.complaints.len()), (2, 0));
    // 2 cannot become "c", so it stays "b", so 1 cannot become "b".
    let blocked = plan(&snapshot, &orgs(r#"[{"id":1,"name":"b"},{"id":2,"name":"c"}]"#), ImportMode::Merge);
    assert_eq!((blocked.changes.len(), blocked.report.total().refused), (0, 2));
    assert_eq!(
        blocked.report.complaints[1].to_string(),
        r#"org.json: org 1 (row 1), name: "b" is already that of org 2"#
    );
}

#[test]
fn what_a_listing_hides_stays() {
    let full = r#"[{"id":1,"name":"a","created":"2024-01-02T03:04:05.5Z","notes":"n","version":7}]"#;
    let snapshot = imported(&batch("org", full));
    let listed =
        plan(&snapshot, &batch("org", r#"[{"id":1,"name":"a","created":"2024-01-02T03:04:05Z"}]"#), ImportMode::Merge);
    assert!(listed.changes.is_empty());
    let changed =
        plan(&snapshot, &batch("org", r#"[{"id":1,"name":"b","created":"2024-01-02T03:04:05Z"}]"#), ImportMode::Merge);
    let row = after(&snapshot, &changed).row(Resource::Org, 1).cloned().expect("the row");
    let table = Resource::Org.table();
    assert_eq!(row.text(table.column("notes")), Some("n"));
    assert_eq!(row.int(table.column("version")), Some(7));
    let created = row.time(table.column("created")).expect("a time");
    assert_eq!(created - created.in_whole_seconds(), SignedDuration::from_millis(500));
}

#[test]
fn a_website_that_is_the_organizations_is_not_the_rows_own() {
    let own = |social: &str, more: &str| {
        let row = format!(
            r#"{{"net":[{{"id":2,"org_id":1,"name":"b","asn":2,"website":"https://acme.example","social_media":[{social}]{more}}}]}}"#
        );
        let snapshot = imported(&world(&row));
        let table = Resource::Net.table();
        snapshot.row(Resource::Net, 2).and_then(|row| row.text(table.column("website"))).map(str::to_owned)
    };
    let repeated = r#"{"service":"website","identifier":"https://acme.example"}"#;
    assert_eq!(own("", "").as_deref(), Some(""));
    assert_eq!(own(repeated, "").as_deref(), Some("https://acme.example"));
    assert_eq!(own("", r#","version":1"#).as_deref(), Some("https://acme.example"));
}

#[test]
fn replacing_erases_what_the_files_do_not_hold_children_first() {
    let snapshot = imported(&world(r#"{"poc":[{"id":1,"net_id":1,"role":"NOC"}]}"#));
    let plan = plan(&snapshot, &batch("org", r#"[{"id":2,"name":"Acme"}]"#), ImportMode::Replace);
    let order: Vec<(&str, bool)> =
        plan.changes.iter().map(|change| (change.resource.tag(), change.after.is_none())).collect();
    assert_eq!(order.first(), Some(&("poc", true)));
    assert_eq!(order.last(), Some(&("org", false)));
    assert_eq!(plan.report.total().erased, 6);
    let next = after(&snapshot, &plan);
    assert_eq!(Resource::ALL.map(|resource| next.count(resource)).iter().sum::<usize>(), 1);
}
