//! Reading, planning and writing together.

mod planning;
mod pruning;
mod roundtrip;
mod values;

use crate::moment::Moment;
use peerage_schema::Resource;

use super::*;
use crate::event::Event;
use crate::snapshot::Snapshot;

fn read_as(batch: &mut DumpBatch, file: &str, text: &str) -> Result<(), ReadError> {
    batch.read(text.as_bytes(), DumpReader { file, kind: kind_of_file(file), progress: &mut |_| {} })
}

/// A batch with one document that contains rows of one kind.
fn batch(kind: &str, rows: &str) -> DumpBatch {
    let mut batch = DumpBatch::new();
    read_as(&mut batch, &format!("{kind}.json"), &format!("{{\"data\":{rows}}}")).expect("a readable document");
    batch
}

/// A document with an organization, a facility, a network, an exchange with its LAN, and the rows in `more`.
fn world(more: &str) -> DumpBatch {
    let mut batch = DumpBatch::new();
    let text = r#"{"org":{"data":[{"id":1,"name":"Acme","website":"https://acme.example"}]},
            "fac":[{"id":1,"org_id":1,"name":"Hall","city":"Zürich"}],
            "net":{"data":[{"id":1,"org_id":1,"name":"Acme Net","asn":63500}]},
            "ix":{"data":[{"id":1,"org_id":1,"name":"Acme IX"}]},
            "ixlan":{"data":[{"id":1,"ix_id":1}]}}"#
        .to_string();
    read_as(&mut batch, "world.json", &text).expect("a readable document");
    if !more.is_empty() {
        read_as(&mut batch, "more.json", more).expect("a readable document");
    }
    batch
}

/// The snapshot after the plan, as if it had been appended to a store.
fn after(snapshot: &Snapshot, plan: &ImportPlan) -> Snapshot {
    let mut next = snapshot.clone();
    let first = snapshot.head().sequence + 1;
    let entries = plan.entries(Moment::EPOCH, |_| "{}".into(), || [0; 32]);
    let events: Vec<Event> =
        entries.zip(first..).map(|(entry, sequence)| Event { sequence, entry, hash: [0; 32] }).collect();
    next.apply(&events);
    next
}

fn imported(batch: &DumpBatch) -> Snapshot {
    after(&Snapshot::default(), &plan(&Snapshot::default(), batch, ImportMode::Merge))
}

#[test]
fn all_forms_of_a_document_are_read() {
    let row = r#"{"id":1,"name":"Acme"}"#;
    for (file, text) in [
        ("org.json", format!(r#"{{"meta":{{"generated":1.5}},"data":[{row},null]}}"#)),
        ("dump/org-0.json.gz", format!("[{row}]")),
        (
            "all.json",
            format!(r#"{{"as_set":{{"data":[{{}}]}},"org":{{"meta":{{}},"data":[{row}]}},"net":{{"data":[]}}}}"#),
        ),
        ("all.json", format!(r#"{{"org":[{row}],"poc":null}}"#)),
    ] {
        let mut batch = DumpBatch::new();
        read_as(&mut batch, file, &text).expect(file);
        assert_eq!(batch.rows_read(), 1, "{text}");
        assert_eq!(imported(&batch).count(Resource::Org), 1, "{text}");
    }
}

#[test]
fn a_document_that_cannot_be_read_says_why_and_where() {
    for (file, text, expected) in [
        (
            "org.json",
            r#"{"data":[{"id":1"#,
            "org.json: is broken JSON: EOF while parsing an object at line 1 column 16",
        ),
        ("org.json", "", "org.json: is broken JSON: EOF while parsing a value at line 1 column 0"),
        ("org.json", r#"{"data":[]} x"#, "org.json: is broken JSON: trailing characters at line 1 column 13"),
        (
            "org.json",
            r#"{"data":7}"#,
            "org.json: invalid type: integer `7`, expected the list of org rows at line 1 column 10",
        ),
        ("x.json", r#"{"a":1}"#, "x.json: holds no list of rows: neither \"data\" nor a kind such as \"net\""),
    ] {
        let error = read_as(&mut DumpBatch::new(), file, text).expect_err(text);
        assert_eq!(error.to_string(), expected);
    }
    let error = read_as(&mut DumpBatch::new(), "x.json", r#"{"data":[]}"#).expect_err("no kind");
    assert!(error.to_string().contains("does not say which"), "{error}");
}
