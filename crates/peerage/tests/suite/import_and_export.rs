//! Imports and exports, on both engines.

use crate::support::{demo, on_both};

/// A document with one invalid row.
const HALF_GOOD: &str = r#"{"org":{"data":[{"id":1,"name":"a"},{"id":"x","name":"b"}]}}"#;

on_both! {
    fn by_the_rules_an_import_takes_what_the_write_api_takes(world) {
        let file = world.file("all.json", r#"{
            "org": {"data": [{"id": 1, "name": "One", "website": "https://one.example", "status": "ok"}]},
            "net": {"data": [
                {"id": 1, "org_id": 1, "asn": 63500, "name": "Good", "status": "ok"},
                {"id": 2, "org_id": 1, "asn": 63501, "name": "Bad", "info_traffic": "lots", "irr_as_set": "nonsense", "status": "ok"}]},
            "poc": {"data": [
                {"id": 1, "net_id": 1, "role": "NOC", "visible": "Public", "email": "noc@one.example", "status": "ok"},
                {"id": 2, "net_id": 1, "role": "NOC", "visible": "Private", "email": "x@one.example", "status": "ok"},
                {"id": 3, "net_id": 2, "role": "NOC", "visible": "Public", "email": "noc@one.example", "status": "ok"}]}
        }"#);
        let import_report = world.import(&["--rules", "--dry-run", &file]);
        let by_rules = world.import(&["--rules", &file]);
        assert_eq!(import_report["total"], by_rules["total"], "{by_rules}");
        assert_eq!(by_rules["total"]["new"], 3, "{by_rules}");
        assert_eq!(by_rules["total"]["refused"], 3, "{by_rules}");
        let said = by_rules.to_string();
        for text in ["is not a valid choice", "An IRR source prefix is required", "Private contacts are no longer supported"] {
            assert!(said.contains(text), "{said}");
        }
        assert_eq!(world.import(&[&file])["total"]["new"], 3, "a mirror accepts them unchanged");
    }

    fn a_second_import_changes_nothing(world) {
        let file = world.file("demo.json", demo());
        let first = world.import(&[&file]);
        assert_eq!(first["total"]["new"], first["total"]["read"], "{first}");
        assert_eq!(first["complaints"].as_array().map(Vec::len), Some(0), "{first}");
        assert_eq!(first["head"], first["total"]["new"]);
        let second = world.import(&[&file]);
        assert_eq!(second["total"]["unchanged"], first["total"]["read"]);
        assert_eq!(second["head"], first["head"]);
    }

    fn what_is_exported_and_imported_is_exported_alike(world) {
        world.import(&[&world.file("demo.json", demo())]);
        world.ok(&["export", "one.json.zst"]);
        world.ok(&["export", "two.json.gz"]);
        world.ok(&["export", "folder"]);
        let text = world.export();
        for files in ["one.json.zst", "two.json.gz", "folder"] {
            let other = crate::support::TestRegistry::sqlite();
            let files = world.path(files).display().to_string();
            other.import(&[&files]);
            assert_eq!(other.export(), text);
            // Importing it into the original registry changes nothing either.
            assert_eq!(world.import(&[&files])["total"]["changed"], 0);
        }
        assert!(text.contains(".032721Z"), "times are kept to the microsecond");
    }

    fn a_file_replaces_what_it_names_and_leaves_the_rest(world) {
        world.import(&[&world.file("demo.json", demo())]);
        let summary = world.import(&[&world.file("org.json", r#"{"data":[{"id":1,"name":"Another Name"},{"id":99,"name":"New"}]}"#)]);
        assert_eq!((&summary["kinds"]["org"]["changed"], &summary["kinds"]["org"]["new"]), (&1.into(), &1.into()));
        let text = world.export();
        assert!(text.contains("\"name\":\"Another Name\",\"aka\":\"GLEX\""), "fields missing from the file stay");
        assert_eq!(text.matches("\"org_name\":\"Another Name\"").count(), 1);
    }

    fn rows_that_cannot_be_taken_are_reported_and_stop_a_strict_import(world) {
        let file = world.file("rows.json", HALF_GOOD);
        let import_report = world.fails(1, &["import", "--strict", &file]);
        assert!(import_report.contains("org row 2, id: \"x\" is not a whole number"), "{import_report}");
        assert!(import_report.contains("nothing was changed"), "{import_report}");
        assert_eq!(world.import(&[&world.file("org.json", "[]")])["head"], 0);
        let summary = world.import(&[&file, "--report", "report.jsonl"]);
        assert_eq!((&summary["total"]["new"], &summary["total"]["refused"]), (&1.into(), &1.into()));
        let report = std::fs::read_to_string(world.path("report.jsonl")).expect("a report");
        let complaint: serde_json::Value = serde_json::from_str(report.trim()).expect("one line");
        assert_eq!((&complaint["field"], &complaint["refused"]), (&"id".into(), &true.into()));
        world.ok(&["import", "--strict", &world.file("good.json", r#"{"org":[{"id":1,"name":"a"}]}"#)]);
    }

    fn a_trial_run_tells_and_does_not_change(world) {
        let file = world.file("demo.json", demo());
        let tried = world.import(&["--dry-run", &file]);
        assert_eq!((&tried["applied"], &tried["total"]["new"]), (&false.into(), &tried["total"]["read"]));
        let done = world.import(&[&file]);
        assert_eq!((&done["applied"], &done["total"]), (&true.into(), &tried["total"]));
        let again = world.import(&["--dry-run", &file]);
        assert_eq!(again["total"]["new"], 0);
    }

    fn i12_18_pruning_deletes_what_a_whole_dump_lacks(world) {
        let file = world.file("demo.json", demo());
        world.import(&[&file]);
        let mut dump: serde_json::Value = serde_json::from_str(&demo()).expect("JSON");
        let contacts = dump["poc"]["data"].as_array_mut().expect("rows");
        let at = contacts.iter().position(|row| row["status"] == "ok").expect("a live contact");
        let gone = contacts.remove(at)["id"].clone();
        let shorter = world.file("shorter.json", dump.to_string());
        let import_report = world.import(&[&shorter]);
        assert_eq!((&import_report["total"]["changed"], &import_report["total"]["deleted"]), (&0.into(), &0.into()), "{import_report}");
        let tried = world.import(&["--dry-run", "--prune", &shorter]);
        assert_eq!((&tried["applied"], &tried["total"]["deleted"]), (&false.into(), &1.into()), "{tried}");
        let import_report = world.import(&["--prune", &shorter]);
        assert_eq!((&import_report["kinds"]["poc"]["deleted"], &import_report["total"]["changed"]), (&1.into(), &0.into()), "{import_report}");
        assert_eq!(world.import(&["--prune", &shorter])["head"], import_report["head"], "once");
        let exported: serde_json::Value = serde_json::from_str(&world.export()).expect("JSON");
        let row = exported["poc"]["data"].as_array().and_then(|rows| rows.iter().find(|row| row["id"] == gone).cloned());
        assert_eq!(row.expect("the row stays")["status"], "deleted");
        world.ok(&["audit", "export", "trail.jsonl"]);
        let audit_log = std::fs::read_to_string(world.path("trail.jsonl")).expect("a trail");
        assert_eq!(audit_log.matches("pruned").count(), 1, "the cause of one event");
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
        // The guard: a dump without its networks is refused.
        dump["net"]["data"] = serde_json::json!([]);
        let empty = world.file("empty.json", dump.to_string());
        let import_report = world.fails(1, &["import", "--prune", &empty]);
        assert!(import_report.contains("nothing was changed") && import_report.contains("--prune-confirm"), "{import_report}");
        let count = import_report.rsplit("--prune-confirm ").next().unwrap_or_default().trim().to_owned();
        assert_eq!(world.import(&["--dry-run", &shorter])["total"]["changed"], 0, "nothing was changed");
        world.import(&["--prune", "--prune-confirm", &count, &empty]);
        let import_report = world.fails(1, &["import", "--prune", &world.file("net.json", "[]")]);
        assert!(import_report.contains("these kinds are missing: org"), "{import_report}");
        let import_report = world.fails(2, &["import", "--prune", &world.file("net-2.json", "[]")]);
        assert!(import_report.contains("depth 0"), "{import_report}");
    }

    fn a_reset_leaves_exactly_the_files(world) {
        let file = world.file("demo.json", demo());
        world.import(&[&file]);
        let pristine = world.export();
        world.import(&[&world.file("org.json", r#"[{"id":1,"name":"Changed"},{"id":500,"name":"Glacier Exchange Association"}]"#)]);
        assert_ne!(world.export(), pristine);
        let import_report = world.fails(2, &["import", "--reset", &file]);
        assert!(import_report.contains("--yes-erase-everything"), "{import_report}");
        let summary = world.import(&[&file, "--reset", "--yes-erase-everything"]);
        assert_eq!((&summary["total"]["erased"], &summary["total"]["changed"]), (&1.into(), &1.into()));
        assert_eq!(world.export(), pristine);
        world.import(&[&world.file("none.json", r#"{"org":[]}"#), "--reset", "--yes-erase-everything"]);
        assert_eq!(world.export().matches("\"id\"").count(), 0);
        world.import(&[&file, "--reset", "--yes-erase-everything"]);
        assert_eq!(world.export(), pristine);
        assert!(world.ok(&["doctor"]).contains("\nhealthy"));
    }

    fn rows_may_exchange_names(world) {
        world.import(&[&world.file("org.json", r#"[{"id":1,"name":"a"},{"id":2,"name":"b"}]"#)]);
        let summary = world.import(&[&world.file("org.json", r#"[{"id":1,"name":"b"},{"id":2,"name":"a"}]"#)]);
        assert_eq!(summary["total"]["changed"], 2);
    }

    fn a_broken_document_changes_nothing(world) {
        world.import(&[&world.file("demo.json", demo())]);
        let before = world.export();
        let text = registry_cut_off();
        for (name, content) in [("cut.json", text.as_bytes()), ("cut.json.gz", &packed(&text)[..2000])] {
            let import_report = world.fails(1, &["import", &world.file(name, content)]);
            assert!(import_report.contains(name), "{import_report}");
        }
        assert_eq!(world.export(), before);
    }
}

fn registry_cut_off() -> String {
    let mut text = crate::support::registry(2000, "x");
    text.truncate(text.len() - 100);
    text
}

fn packed(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 3).expect("in memory")
}

#[test]
fn standard_input_is_read_packed_or_not() {
    let world = crate::support::TestRegistry::sqlite();
    world.ok_with_input(&["import", "-"], &packed(&demo()));
    let text = world.export();
    let other = crate::support::TestRegistry::sqlite();
    other.ok_with_input(&["import", "-"], text.as_bytes());
    assert_eq!(other.export(), text);
    other.ok_with_input(&["import", "-", "--kind", "org"], br#"{"data":[{"id":77,"name":"By flag"}]}"#);
    assert!(other.export().contains("By flag"));
}

#[test]
fn mistakes_of_the_caller_are_told_with_status_two() {
    let world = crate::support::TestRegistry::sqlite();
    for (arguments, expected) in [
        (&["import", "missing.json"][..], "missing.json: No such file"),
        (&["import", "."], "named after a kind"),
        (&["import", "a.json", "--config", "missing.toml"], "configuration file missing.toml"),
        (&["import"], "required arguments"),
        (&["export", "-", "--format", "dir"], "standard output"),
        (&["export", "x", "--kind", "nat"], "unknown kind"),
        (&["nonsense"], "unrecognized subcommand"),
    ] {
        let import_report = world.fails(2, arguments);
        assert!(import_report.contains(expected), "{arguments:?}: {import_report}");
    }
    assert!(!world.path("registry.db").exists(), "none of these creates a registry");
    let import_report = world.fails(1, &["export", "-"]);
    assert!(import_report.contains("registry.db: there is no registry"), "{import_report}");
    assert!(!world.path("registry.db").exists());
}
