//! Imports of exchanges' member lists, from a request to the ports, on both stores; and the validator.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::keeper::wait_for;
use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer};
use crate::support::list_server::ListServer;
use crate::support::mail_folder::mails_in;
use crate::visitor::Visitor;

struct ImportWorld {
    fixture: ServerFixture,
    server: TestServer,
    lists: ListServer,
}

impl ImportWorld {
    fn of(place: RegistryPlace) -> ImportWorld {
        let fixture = ServerFixture::new(place);
        let mails = format!("file:{}", fixture.folder.path().join("mails").display());
        let server = fixture.serve(&[
            "--mail",
            &mails,
            "--allow-private",
            "true",
            "--pages-per-minute",
            "0",
            "--member-lists",
            "requested",
            "--member-lists-delay-ms",
            "0",
        ]);
        let lists = ListServer::start();
        let world = ImportWorld { fixture, server, lists };
        let url = world.lists.url.clone();
        world.change("ixlan", 1, &[("ixf_ixp_member_list_url", json!(url)), ("ixf_ixp_import_enabled", json!(true))]);
        world.change("net", 1, &[("allow_ixp_update", json!(true))]);
        world.change("net", 2, &[("allow_ixp_update", json!(true))]);
        world
    }

    fn call(&self, method: &str, path: &str, body: &Json) -> Json {
        let answer = self.server.call(&self.fixture.key, method, path, body);
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.json());
        answer.json()["data"][0].clone()
    }

    fn change(&self, kind: &str, id: u32, values: &[(&str, Json)]) {
        let path = format!("/api/{kind}/{id}");
        let mut row = self.call("GET", &format!("{path}?depth=0"), &Json::Null);
        for (field, value) in values {
            row[*field] = value.clone();
        }
        self.call("PUT", &path, &row);
    }

    /// Requests an import and waits for its end. Returns the state.
    fn import(&self) -> String {
        let asked = self.call("POST", "/api/ix/1/request_ixf_import", &Json::Null);
        assert_eq!(asked["ixf_import_request_status"], "queued");
        let begun = Instant::now();
        loop {
            let state = self.call("GET", "/api/ix/1?depth=0", &Json::Null)["ixf_import_request_status"].clone();
            if !matches!(state.as_str(), Some("queued" | "importing")) {
                return state.as_str().unwrap_or_default().to_owned();
            }
            assert!(begun.elapsed().as_secs() < 30, "the import does not end: {state}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The ports of the exchange: AS number, address and speed.
    fn ports(&self) -> Vec<(u64, String, u64)> {
        let answer = self.server.call(&self.fixture.key, "GET", "/api/netixlan?ixlan_id=1", &Json::Null).json();
        let rows = answer["data"].as_array().expect("rows");
        let mut ports: Vec<(u64, String, u64)> = rows
            .iter()
            .map(|row| {
                let number = |name: &str| row[name].as_u64().expect("a number");
                (number("asn"), row["ipaddr4"].as_str().unwrap_or_default().to_owned(), number("speed"))
            })
            .collect();
        ports.sort();
        ports
    }

    /// Waits for a mail with all these words.
    fn mail(&self, words: &[&str]) {
        let has = |mail: &String| words.iter().all(|word| mail.contains(word));
        wait_for(&format!("a mail with {words:?}"), || self.mails().iter().any(has));
    }

    fn mails(&self) -> Vec<String> {
        mails_in(&self.fixture.folder.path().join("mails"))
    }

    fn admin(&self) -> Visitor<'_> {
        self.fixture.visitor(&self.server, 1)
    }
}

fn port(asn: u64, address: &str, speed: u64) -> (u64, String, u64) {
    (asn, address.to_owned(), speed)
}

fn an_import_changes_ports_of_networks_that_consent(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    assert_eq!(world.ports(), [port(63_001, "195.69.147.1", 1_000), port(63_101, "195.69.147.2", 1_000)]);
    // Network 1 is faster, 2 is new, 101 belongs to others and did not consent, 64500 is unknown.
    world.lists.lists(&[
        (63_001, "195.69.147.1", 10_000),
        (63_002, "195.69.147.9", 100_000),
        (63_101, "195.69.147.2", 400_000),
        (64_500, "195.69.147.3", 1_000),
    ]);
    assert_eq!(world.import(), "finished");
    let expected = [
        port(63_001, "195.69.147.1", 10_000),
        port(63_002, "195.69.147.9", 100_000),
        port(63_101, "195.69.147.2", 1_000),
    ];
    assert_eq!(world.ports(), expected);
    let ix = world.call("GET", "/api/ix/1?depth=0", &Json::Null);
    assert_eq!(ix["ixf_net_count"], 4);
    assert!(ix["ixf_last_import"].is_string(), "{ix}");
    // The history names the import, and says nothing of a person.
    let admin = world.admin();
    let history: Json = serde_json::from_str(&admin.get("/net/1/history?format=json").text).expect("JSON");
    assert_eq!(history["data"][0]["by"], "import", "{history}");
    assert!(history["data"][0]["note"].as_str().unwrap_or_default().starts_with("1 added, 1 changed, 0 removed"));

    // A second import of the same list changes nothing.
    let updated = |world: &ImportWorld| world.call("GET", "/api/netixlan/1", &Json::Null)["updated"].clone();
    let before = updated(&world);
    assert_eq!(world.import(), "finished");
    assert_eq!((world.ports(), updated(&world)), (expected.to_vec(), before));
}

fn a_port_does_not_go_if_its_replacement_is_refused(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    world.call(
        "POST",
        "/api/ixpfx",
        &json!({"ixlan_id": 1, "protocol": "IPv6", "prefix": "2001:7f8:1::/64", "in_dfz": true}),
    );
    let second = json!({"net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "", "ipaddr6": "2001:7f8:1::9"});
    world.call("POST", "/api/netixlan", &second);
    // The rules refuse changes of ports of a network without a contact for them.
    world.change("poc", 1, &[("role", json!("Sales"))]);
    // The list has both addresses at one port, so one of the two would go and the other would get its address.
    world.lists.says(
        json!({"version": "1.0", "timestamp": "2026-01-01T00:00:00Z", "ixp_list": [], "member_list": [
            {"asnum": 63_001, "connection_list": [{"ixp_id": 1, "state": "active", "if_list": [{"if_speed": 10_000}],
             "vlan_list": [{"vlan_id": 7, "ipv4": {"address": "195.69.147.1"}, "ipv6": {"address": "2001:7f8:1::9"}}]}]},
            {"asnum": 63_101, "connection_list": [{"ixp_id": 1, "state": "active", "if_list": [{"if_speed": 1_000}],
             "vlan_list": [{"vlan_id": 7, "ipv4": {"address": "195.69.147.2"}}]}]}]})
        .to_string(),
    );
    let before = world.ports();
    assert_eq!((world.import().as_str(), before.len()), ("finished", 3));
    assert_eq!(world.ports(), before);
}

fn what_is_wrong_with_a_list_is_an_error_and_changes_nothing(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    let before = world.ports();
    for list in ["<html>not found</html>", "", "{\"member_list\": [1, ]}"] {
        world.lists.says(list);
        assert_eq!(world.import(), "error", "{list}");
        assert_eq!(world.ports(), before);
    }
    // An empty list would remove every port of networks that consent: of the only two, more than may go.
    world.call(
        "POST",
        "/api/netixlan",
        &json!({"net_id": 2, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.9",
        "ipaddr6": ""}),
    );
    let before = world.ports();
    world.lists.lists(&[]);
    assert_eq!(world.import(), "error");
    assert_eq!(world.ports(), before);
    let admin = world.admin();
    let history = admin.get("/ix/1/import");
    history.shows("error");
}

fn a_preview_says_what_an_import_would_do(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    world.lists.lists(&[(63_001, "195.69.147.1", 10_000), (63_101, "195.69.147.2", 400_000)]);
    let admin = world.admin();
    let answer = admin.get("/import/ixlan/1/ixf/preview");
    let preview: Json = serde_json::from_str(&answer.text).expect("JSON");
    let actions: Vec<(u64, &str)> = preview["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["peer"]["asn"].as_u64().expect("a number"), row["action"].as_str().expect("a text")))
        .collect();
    assert!(actions.contains(&(63_001, "modify")), "{preview}");
    assert_eq!(preview["data"][0]["peer"]["ix_name"], "Exchange 1");
    assert_eq!(world.ports()[0].2, 1_000, "a preview changes nothing");
    admin.get("/ix/1/import");
    let page = admin.post("/ix/1/import", &[("step", "preview")]);
    page.shows("AS63001");
    assert_eq!(admin.get("/import/ixlan/99/ixf/preview").status(), 404);
    // Others learn nothing, not even the address of the list.
    let other = Visitor::new(&world.server);
    assert_eq!(other.get("/import/ixlan/1/ixf/preview").status(), 303);
    assert_eq!(other.get("/ix/1/import").status(), 303);
    // Requesting an import on the page.
    admin.get("/ix/1/import");
    let asked = admin.post("/ix/1/import", &[("step", "request")]);
    assert_eq!(asked.location(), "/ix/1/import");
}

/// A list in which AS63101, which did not consent, is not operational, and has one port more.
fn list_of_others(world: &ImportWorld, speed: u32, more: &[&str]) {
    let member = |asn: u32, address: &str, state: &str| {
        json!({"asnum": asn, "connection_list": [{"ixp_id": 1, "state": state, "if_list": [{"if_speed": speed}],
            "vlan_list": [{"vlan_id": 7, "ipv4": {"address": address, "routeserver": false}}]}]})
    };
    let mut members = vec![member(63_001, "195.69.147.1", "active"), member(63_101, "195.69.147.2", "inactive")];
    members.extend(more.iter().map(|address| member(63_101, address, "active")));
    world.lists.says(
        json!({"version": "1.0", "timestamp": "2026-01-01T00:00:00Z", "ixp_list": [], "member_list": members})
            .to_string(),
    );
}

fn a_network_decides_about_what_lists_propose(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    list_of_others(&world, 1_000, &["195.69.147.9", "195.69.147.10"]);
    assert_eq!(world.import(), "finished");
    assert_eq!(world.ports(), [port(63_001, "195.69.147.1", 1_000), port(63_101, "195.69.147.2", 1_000)]);
    let owner = &world.fixture.foreign_key;
    let path = "/api/net/101/proposals";
    let list = |key: &str| world.server.call(key, "GET", path, &Json::Null);
    let open = list(owner).json();
    let rows = open["data"].as_array().expect("rows").clone();
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| {
            let values = if row["before"].is_null() { &row["after"] } else { &row["before"] };
            (row["action"].as_str().expect("a text"), values["ipaddr4"].as_str().expect("a text"))
        })
        .collect();
    assert_eq!(told, [("modify", "195.69.147.2"), ("add", "195.69.147.9"), ("add", "195.69.147.10")], "{open}");
    assert_eq!((&rows[0]["before"]["operational"], &rows[0]["after"]["operational"]), (&json!(true), &json!(false)));
    // Only who may change the network learns of them, and decides.
    assert_eq!(list(&world.fixture.key).status, 403);
    let decide = |key: &str, body: Json| world.server.call(key, "POST", path, &body);
    let ids: Vec<&Json> = rows.iter().map(|row| &row["id"]).collect();
    assert_eq!(decide(&world.fixture.key, json!({"action": "accept", "proposals": [ids[0]]})).status, 403);
    for wrong in [
        json!({"action": "eat", "proposals": [ids[0]]}),
        json!({"action": "accept"}),
        json!({"action": "accept", "proposals": []}),
        json!({"action": "accept", "proposals": ["1"]}),
        json!({"action": "accept", "ix_id": "1"}),
    ] {
        assert_eq!(decide(owner, wrong.clone()).status, 400, "{wrong}");
    }
    assert_eq!(decide(owner, json!({"action": "accept", "proposals": [4_000]})).status, 404);
    // One is dismissed, one accepted.
    let left = decide(owner, json!({"action": "dismiss", "proposals": [ids[0]]}));
    assert_eq!(left.status, 200, "{}", left.json());
    assert!(left.json()["data"][0]["dismissed"].is_string());
    let left = decide(owner, json!({"action": "accept", "proposals": [ids[1]]}));
    assert_eq!((left.status, &left.json()["meta"]["decided"]), (200, &json!(1)), "{}", left.json());
    let expected =
        [port(63_001, "195.69.147.1", 1_000), port(63_101, "195.69.147.2", 1_000), port(63_101, "195.69.147.9", 1_000)];
    assert_eq!(world.ports(), expected);
    assert_eq!(decide(owner, json!({"action": "accept", "proposals": [ids[1]]})).status, 404, "it is done");
    // The next import of the same list proposes nothing new, and what was dismissed stays so.
    let before = list(owner).json();
    assert_eq!(world.import(), "finished");
    assert_eq!(list(owner).json(), before);
    // A list that states something else shows it again. A resolved one is gone.
    list_of_others(&world, 2_000, &["195.69.147.9"]);
    assert_eq!(world.import(), "finished");
    let after = list(owner).json();
    assert_eq!(after["data"].as_array().map(Vec::len), Some(1), "{after}");
    assert_eq!(after["data"][0]["dismissed"], Json::Null, "{after}");
}

fn proposals_are_decided_on_a_page(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    world.change("net", 1, &[("allow_ixp_update", json!(false))]);
    world.lists.lists(&[
        (63_001, "195.69.147.1", 1_000),
        (63_001, "195.69.147.9", 2_000),
        (63_101, "195.69.147.2", 1_000),
    ]);
    assert_eq!(world.import(), "finished");
    let admin = world.admin();
    let page = admin.get("/net/1/proposals");
    page.shows("195.69.147.9");
    let shown = page.text.split("name=\"chosen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let shown = shown.expect("a proposal").to_owned();
    assert_eq!(admin.post("/net/1/proposals", &[("step", "accept")]).status(), 400, "nothing is chosen");
    admin.get("/net/1/proposals");
    let stale = format!("{}@2020-01-01T00:00:00Z", shown.split('@').next().unwrap_or_default());
    assert_eq!(admin.post("/net/1/proposals", &[("step", "accept"), ("chosen", &stale)]).status(), 409);
    assert_eq!(world.ports().len(), 2);
    // In the reference's form for scripts.
    let preview: Json = serde_json::from_str(&admin.get("/import/net/1/ixf/preview").text).expect("JSON");
    assert_eq!(preview["data"][0]["action"], "suggest-add", "{preview}");
    assert_eq!(preview["data"][0]["peer"]["ipaddr4"], "195.69.147.9", "{preview}");
    admin.get("/net/1/proposals");
    let id = shown.split('@').next().unwrap_or_default();
    assert_eq!(admin.post(&format!("/net/1/dismiss-ixf-proposal/{id}/"), &[]).location(), "/net/1/proposals");
    let preview: Json = serde_json::from_str(&admin.get("/import/net/1/ixf/preview").text).expect("JSON");
    assert_eq!(preview["data"], json!([]));
    admin.get("/net/1/proposals");
    assert_eq!(admin.post("/net/1/reset-ixf-proposals", &[]).status(), 303);
    let page = admin.get("/net/1/proposals");
    let shown = page.text.split("name=\"chosen\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let shown = shown.expect("a proposal").to_owned();
    let done = admin.post("/net/1/proposals", &[("step", "accept-all"), ("shown", &shown)]);
    assert_eq!(done.location(), "/net/1/proposals", "{}", done.text);
    assert_eq!(world.ports().len(), 3);
    admin.get("/net/1/proposals").shows("No member list proposes a change");
    // The exchange sees what its list proposes to others, and a post-mortem what imports did.
    admin.get("/ix/1/proposals");
    world.change("net", 1, &[("allow_ixp_update", json!(true))]);
    world.lists.lists(&[
        (63_001, "195.69.147.1", 5_000),
        (63_001, "195.69.147.9", 2_000),
        (63_101, "195.69.147.2", 1_000),
    ]);
    assert_eq!(world.import(), "finished");
    let rows: Json = serde_json::from_str(&admin.get("/import/net/1/ixf/postmortem?limit=5").text).expect("JSON");
    assert_eq!(rows["data"][0]["action"], "modify", "{rows}");
    assert_eq!(rows["data"][0]["changes"]["speed"], json!({"from": 1_000, "to": 5_000}), "{rows}");
    assert_eq!(admin.get("/import/net/1/ixf/postmortem?limit=x").status(), 400);
}

fn a_key_counts_at_the_addresses_of_scripts(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    let preview = |key: &str| world.server.call(key, "GET", "/import/net/1/ixf/preview", &Json::Null).status;
    assert_eq!((preview(&world.fixture.key), preview(&world.fixture.foreign_key)), (200, 403));
    wait_for("the use of the key", || {
        let keys = world.server.call(&world.fixture.admin_key, "GET", "/api/org/1/keys", &Json::Null).json();
        keys["data"].as_array().is_some_and(|keys| keys.iter().any(|key| !key["last_used"].is_null()))
    });
}

fn an_import_that_the_guard_stops_goes_on_after_a_confirmation(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    let second = json!({"net_id": 2, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.9", "ipaddr6": ""});
    world.call("POST", "/api/netixlan", &second);
    world.lists.lists(&[(63_101, "195.69.147.2", 1_000)]);
    let before = world.ports();
    assert_eq!((world.import().as_str(), world.ports()), ("error", before.clone()));
    let admin = world.admin();
    admin.get("/ix/1/import").shows("without a confirmation");
    let page = admin.post("/ix/1/import", &[("step", "preview")]);
    let mark = page.text.split("name=\"mark\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let mark = mark.expect("something to confirm").to_owned();
    let confirm = |fields: &[(&str, &str)]| {
        admin.get("/ix/1/import");
        admin.post("/ix/1/import", fields)
    };
    assert_eq!(confirm(&[("step", "confirm"), ("mark", &mark)]).status(), 400, "nobody looked");
    assert_eq!(confirm(&[("step", "confirm"), ("mark", "x"), ("looked", "yes")]).status(), 409);
    // What would be removed is not what was looked at.
    world.lists.lists(&[]);
    assert_eq!(confirm(&[("step", "confirm"), ("mark", &mark), ("looked", "yes")]).status(), 409);
    assert_eq!(world.ports(), before);
    world.lists.lists(&[(63_101, "195.69.147.2", 1_000)]);
    let done = confirm(&[("step", "confirm"), ("mark", &mark), ("looked", "yes")]);
    assert_eq!(done.location(), "/ix/1/import", "{}", done.text);
    assert_eq!(world.ports(), [port(63_101, "195.69.147.2", 1_000)]);
    assert!(!admin.get("/ix/1/import").text.contains("without a confirmation"), "the failure has ended");
}

fn networks_and_exchanges_hear_of_imports_in_one_mail(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    list_of_others(&world, 1_000, &["195.69.147.9"]);
    assert_eq!(world.import(), "finished");
    // One mail to the network's contact has all of its ports, and one tells the exchange.
    world.mail(&["To: noc101@net.example", "proposes 2 changes", "195.69.147.2", "195.69.147.9", "/net/101/proposals"]);
    world.mail(&["To: noc@ix.example", "proposes 2 changes of ports to one network", "/ix/1/proposals"]);
    // A list that changes back and forth sends no other, and leaves no rows behind.
    for more in [&[][..], &["195.69.147.9"][..], &["195.69.147.10"][..]] {
        list_of_others(&world, 1_000, more);
        assert_eq!(world.import(), "finished");
    }
    world.lists.says("<html>");
    assert_eq!(world.import(), "error");
    world.mail(&["To: noc@ix.example", "was not imported", "/ix/1/import"]);
    assert_eq!(world.import(), "error");
    let count = |words: &str| world.mails().iter().filter(|mail| mail.contains(words)).count();
    assert_eq!((count("To: noc101@net.example"), count("was not imported")), (1, 1));
    let open = world.server.call(&world.fixture.foreign_key, "GET", "/api/net/101/proposals", &Json::Null).json();
    assert_eq!(open["data"].as_array().map(Vec::len), Some(2), "{open}");
}

fn a_lan_is_renumbered_in_one_change(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    let second = json!({"net_id": 2, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.9", "ipaddr6": ""});
    world.call("POST", "/api/netixlan", &second);
    let admin = world.admin();
    let send = |fields: &[(&str, &str)]| {
        admin.get("/ix/1/renumber");
        admin.post("/ix/1/renumber", fields)
    };
    let prefixes = [("from", "195.69.144.0/22"), ("to", "80.249.208.0/21"), ("removes_old", "yes")];
    let with = |more: &[(&'static str, &'static str)]| [&prefixes[..], more].concat();
    // The port of another organization's network needs a permission that an exchange does not have.
    let before = world.ports();
    assert_eq!(send(&with(&[("step", "preview")])).status(), 400);
    let gone = world.server.call(&world.fixture.foreign_key, "DELETE", "/api/netixlan/2", &Json::Null);
    assert_eq!(gone.status, 204);
    for wrong in [
        &[("step", "preview"), ("from", "195.69.144.0"), ("to", "80.249.208.0/21")][..],
        &[("step", "preview"), ("from", "195.69.144.0/22"), ("to", "80.249.208.0/24")],
        &[("step", "preview"), ("list", "195.69.147.1")],
        &[("step", "preview"), ("list", "195.69.147.200 195.69.147.201")],
        &with(&[("step", "save"), ("shown", "x")]),
    ] {
        assert!(matches!(send(wrong).status(), 400 | 409), "{wrong:?}");
    }
    let page = send(&with(&[("step", "preview")]));
    page.shows("80.249.211.1");
    let shown = page.text.split("name=\"shown\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let shown = shown.expect("a mark").to_owned();
    assert_eq!(world.ports(), [before[0].clone(), port(63_002, "195.69.147.9", 1_000)], "a preview changes nothing");
    let mut fields = with(&[("step", "save")]);
    fields.push(("shown", &shown));
    assert_eq!(send(&fields).location(), "/ix/1");
    assert_eq!(world.ports(), [port(63_001, "80.249.211.1", 1_000), port(63_002, "80.249.211.9", 1_000)]);
    let prefixes = world.server.call(&world.fixture.key, "GET", "/api/ixpfx?ixlan_id=1", &Json::Null).json();
    assert_eq!(prefixes["data"][0]["prefix"], "80.249.208.0/21", "{prefixes}");
    assert_eq!(prefixes["data"].as_array().map(Vec::len), Some(1), "{prefixes}");
    // By a list: a port goes to the address that another one leaves.
    let page = send(&[("step", "preview"), ("list", "80.249.211.1 80.249.211.9\n80.249.211.9 80.249.211.10")]);
    page.shows("80.249.211.10");
}

fn anyone_can_check_a_list(place: RegistryPlace) {
    let world = ImportWorld::of(place);
    let visitor = Visitor::new(&world.server);
    visitor.get("/ixf/validate").shows("Check a member list");
    let list = r#"{"version": "0.6", "member_list": [
        {"asnum": 63001, "connection_list": [{"ixp_id": 1, "state": null, "if_list": [{"if_speed": "10000"}],
         "vlan_list": [{"vlan_id": 1, "ipv4": {"address": "195.69.147.1/22"}}]}]}]}"#;
    let page = visitor.post("/ixf/validate", &[("list", list)]);
    assert_eq!(page.status(), 200);
    page.shows("member_list[0].connection_list[0]");
    let page = visitor.post("/ixf/validate", &[("list", "<script>alert(1)</script>")]);
    page.shows("cannot be imported");
    assert!(!page.text.contains("<script>alert"), "it is escaped");
    let answer: Json =
        serde_json::from_str(&visitor.post_for_json("/ixf/validate", &[("list", list)]).text).expect("JSON");
    assert_eq!((&answer["is_importable"], &answer["members"]), (&json!(true), &json!(1)), "{answer}");
}

crate::support::on_both_stores!(
    an_import_changes_ports_of_networks_that_consent,
    a_port_does_not_go_if_its_replacement_is_refused,
    what_is_wrong_with_a_list_is_an_error_and_changes_nothing,
    a_preview_says_what_an_import_would_do,
    a_network_decides_about_what_lists_propose,
    proposals_are_decided_on_a_page,
    a_key_counts_at_the_addresses_of_scripts,
    an_import_that_the_guard_stops_goes_on_after_a_confirmation,
    networks_and_exchanges_hear_of_imports_in_one_mail,
    a_lan_is_renumbered_in_one_change,
    anyone_can_check_a_list,
);
