//! A node of this version beside one of the next version, on one log. The next version is played by statements.

use peerage_access::RecordStep;
use peerage_registry::ids::UserId;
use serde_json::json;

use crate::keeper::{OpenConnection, RegistryKeeper, UNBOUND, row, wait_for};
use crate::server::{RegistryPlace, TestServer, peerage};

/// What a newer program does when it starts first: it adds a column, and says that older programs can read the result.
fn migrate_to_next(place: &RegistryPlace) {
    let ours = peerage_store::layout_version();
    place.sql(&format!(
        "INSERT INTO schema_version (version, name) VALUES ({}, 'colour'); \
         UPDATE registry SET value = '{ours}' WHERE key = 'readable-since'; \
         ALTER TABLE net ADD COLUMN colour INTEGER NOT NULL DEFAULT 7",
        ours + 1
    ));
}

fn readiness(node: &TestServer) -> (u16, String) {
    let ready = node.get("/readyz");
    (ready.status, String::from_utf8_lossy(&ready.body).into_owned())
}

fn versions_together(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&json!({
        "org": {"data": [row(1, &json!({"name": "One", "website": "https://one.example"}))]},
        "net": {"data": [row(1, &json!({"org_id": 1, "name": "Net 1", "asn": 63_001, "website": "https://one.example"}))]},
    }));
    let user = keeper.user(1, true, false);
    let key = format!("Api-Key {}", keeper.org_key(1, 1, &[("peeringdb.organization.1", 15)]));
    let node = keeper.serve(place, &UNBOUND);
    keeper.settle(&node);

    // A record with a field that this program does not know is read, and the rest of it counts.
    let mut later = serde_json::to_value(&user).expect("JSON");
    later["pronouns"] = json!("they");
    later["first_name"] = json!("Later");
    let before = serde_json::to_string(&user).expect("JSON");
    let step = RecordStep::create(&user);
    let changed = RecordStep {
        action: peerage_registry::Action::Update,
        before: Some(before.into()),
        after: Some(later.to_string().into()),
        ..step
    };
    keeper.append(vec![changed]);
    keeper.settle(&node);
    assert_eq!(readiness(&node).0, 200);
    let (_, people) = keeper.load();
    assert_eq!(people.user(UserId::new(1)).map(|user| user.first_name.as_str()), Some("Later"));

    // The first node is updated. The others read, check keys, and refuse changes before they are made.
    migrate_to_next(place);
    let contact = json!({"net_id": 1, "role": "NOC", "visible": "Public", "email": "a@b.example", "name": "x"});
    let started = keeper.serve(place, &UNBOUND);
    let head = keeper.head();
    for node in [&node, &started] {
        wait_for("the node says so before it refuses a change", || {
            readiness(node).1.contains("layout_newer: a newer program")
        });
        let answer = OpenConnection::of(node).send("POST", "/api/poc", &key, Some(&contact));
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(
            answer.error().contains("newer program") && answer.error().contains("nothing was changed"),
            "{answer:?}"
        );
        assert!(answer.header("retry-after").is_some());
        assert_eq!(readiness(node).0, 200, "it still reads");
        let read = OpenConnection::of(node).get("/api/net/1", &key);
        assert_eq!((read.status, read.rows()[0]["name"].as_str()), (200, Some("Net 1")));
    }
    assert_eq!(keeper.head(), head, "nothing was changed");

    let run = |arguments: &[&str]| {
        let mut command = peerage();
        command.args(arguments).args([
            "--database",
            &place.database(),
            "--server-key-file",
            &keeper.path("server.key"),
        ]);
        let output = command.output().expect("the program runs");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        (output.status.code(), said)
    };
    let (status, said) = run(&["serve", "--check", "--listen", "127.0.0.1:0", "--rdap", "off"]);
    assert!(status == Some(0) && said.contains("refuses all changes"), "{said}");
    let (status, said) = run(&["user", "create", "--username", "late", "--email", "late@one.example"]);
    assert!(status == Some(1) && said.contains("update it"), "{said}");
    let backup = keeper.path("old.backup");
    let (status, said) = run(&["backup", &backup]);
    assert!(status == Some(1) && said.contains("update it"), "{said}");
    let (status, said) = run(&["doctor"]);
    assert!(status == Some(0), "{said}");

    // A version that only newer programs can read.
    place.sql(&format!(
        "UPDATE registry SET value = '{}' WHERE key = 'readable-since'",
        peerage_store::layout_version() + 1
    ));
    let (status, said) = run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(status == Some(1) && said.contains("written by a newer program"), "{said}");
    assert_eq!(node.get("/api/net/1").status, 200, "a node that runs goes on reading");
}

#[test]
fn an_older_node_reads_beside_a_newer_one_and_changes_nothing_on_sqlite() {
    versions_together(&RegistryPlace::sqlite());
}

#[test]
fn an_older_node_reads_beside_a_newer_one_and_changes_nothing_on_postgres() {
    versions_together(&RegistryPlace::postgres());
}
